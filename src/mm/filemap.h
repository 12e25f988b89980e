/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/wait.h"
#include "mm/readahead.h"
#include "mm/vm.h"

/*
 * Files by their page cache, of folios of order 0 up to MAX_PAGECACHE_ORDER. A file is as long as
 * what was read or written of it; its data are on vm->disk. Positions and lengths in pages.
 */
struct journal;
enum wb_list { WB_CLEAN, WB_DIRTY, WB_IO, WB_MORE_IO, NR_WB_LISTS };

struct file {
	struct vm *vm;
	struct file *next;	   /* of all, newest first */
	struct vm_node_map pages;  /* kernel: address_space.i_pages */
	struct mem_cgroup *memcg;  /* that its folios are charged to; NULL: the root */
	u64 size;		   /* i_size */
	u64 nr_cached, nr_dirty, nr_writeback;
	struct vm_area_struct *i_mmap; /* regions that map it; through i_mmap_next */
	void (*emptied)(struct file *file); /* its last page left the cache; NULL: nobody asks */
	struct journal *journal;	    /* of a file of metadata; NULL: writes make it dirty */
	u32 host;			    /* of a small file: its number. mm/dcache.c */

	/* mm/flusher.c */
	struct file *wb_next, *wb_prev; /* on the list wb_list */
	enum wb_list wb_list;
	u64 dirtied_when;    /* ns */
	u64 writeback_index; /* where the flusher goes on */
};

#define MAX_PAGECACHE_ORDER 9u
/* One bit, two meanings, as in the kernel: of a folio that is not under write-back it is the mark
   that asks for the next window. */
#define PG_readahead PG_reclaim

/* mapping_gfp_mask() of a regular file; readahead_gfp_mask() adds that it is not urgent. */
#define MAPPING_GFP   GFP_HIGHUSER_MOVABLE
#define READAHEAD_GFP (MAPPING_GFP | __GFP_NORETRY | __GFP_NOWARN)

enum file_result { FILE_OK, FILE_NO_MEMORY, FILE_KILLED };

/* NULL: host memory. Lives as long as the vm. */
struct file *file_create(struct vm *vm);

/*
 * Reads pages [index, index + nr) as one call of a reader with the state ra, of a file of at least
 * `end` pages. What is missing is read ahead as the kernel would, the rest of a window without
 * waiting for it. Needs vm->disk and a context. FILE_KILLED: a fatal signal.
 * mm/filemap.c:filemap_read
 */
enum file_result filemap_read(struct file *file, struct task_struct *current,
			      struct file_ra_state *ra, u64 index, u64 nr, u64 end);

/*
 * Writes whole pages into the cache and marks them dirty, or tells the journal; pauses as
 * balance_dirty_pages() says. mm/filemap.c:generic_perform_write
 */
enum file_result filemap_write(struct file *file, struct task_struct *current, u64 index, u64 nr);

/* Writes all dirty pages to the disk and waits. mm/filemap.c:filemap_write_and_wait_range */
void filemap_write_and_wait(struct file *file, struct task_struct *current);

/* Removes all pages, dirty ones too, from the cache and from regions: the file is gone.
   mm/truncate.c:truncate_inode_pages */
void truncate_inode_pages(struct file *file, struct task_struct *current);
/* The same of pages [index, index + nr) and what the file remembers of pages evicted there. Large
   folios are not split: one that reaches beyond goes whole. How many were cached. O(nr) */
u64 truncate_inode_range(struct file *file, struct task_struct *current, u64 index, u64 nr);

/* Is the page cached? O(1) */
bool filemap_cached(const struct file *file, u64 index);
/* The folio that holds the page, PFN_NONE if it is not cached. O(max order) */
u32 filemap_get_folio(const struct file *file, u64 index);
/* First page of a cached folio in its file. O(64) */
u64 folio_index(const struct vm *vm, u32 folio);
/* The file of a cached folio; NULL if it is none of a file. O(1) */
struct file *folio_file(const struct vm *vm, u32 folio);

/*
 * Adds a new folio at a multiple of its size, charged to the file's group: evaluates a shadow that
 * stands there and puts it before the LRU. False, and the folio is freed: no room in the group, a
 * page of the range is cached, or host memory. Time can pass. mm/filemap.c:filemap_add_folio
 */
bool filemap_add_folio(struct file *file, struct task_struct *current, u32 folio, u64 index,
		       gfp_t gfp);
/*
 * Takes a folio that is neither mapped, locked nor under write-back out of the cache, leaving
 * shadows where it was unless 0. A dirty one no longer counts. The folio is then the caller's to
 * free. O(pages). mm/filemap.c:__filemap_remove_folio
 */
void filemap_remove_folio(struct vm *vm, u32 folio, u32 shadow);

/*
 * Waits for folios: sleeps once, until somebody unlocks or ends write-back of this one or of
 * another that shares its queue; the caller looks again. Time charged so far passes first, so the
 * state may have changed even if nobody waits. The wait is of `cause`. mm/filemap.c:folio_wait_bit
 */
void folio_wait(struct vm *vm, struct task_struct *current, u32 folio, enum stall_cause cause);
void folio_wake(struct vm *vm, u32 folio);
/* No longer on its way from the disk: wakes who waits for it. mm/filemap.c:folio_unlock */
void folio_unlock(struct vm *vm, u32 folio);

/*
 * Starts one request for consecutive cached folios [index, index + nr): a read unlocks them when it
 * is complete, a write ends their write-back. mm/filemap.c and fs/mpage.c
 */
void file_submit(struct file *file, struct task_struct *current, bool write, u64 index, u64 nr);
#define FILE_REQUEST_PAGES_MAX 256u /* BIO_MAX_VECS; a larger folio goes alone */

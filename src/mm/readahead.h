/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

struct file;
struct task_struct;

/*
 * What a reader of a file read ahead last, one per open file. Zeroed but for prev_end: see
 * file_ra_state_init(). In pages; [start, start + size) is the last window, its last async_size
 * pages begin with the folio that asks for the next. include/linux/fs.h:struct file_ra_state (7.2)
 */
struct file_ra_state {
	u64 start, size, async_size;
	u64 prev_end;	/* page after the last one read */
	u32 order;	/* of the folios of the last window */
	u32 mmap_miss; /* faults that missed less those that hit */
};

/* Nothing was read yet. mm/readahead.c:file_ra_state_init */
static inline void file_ra_state_init(struct file_ra_state *ra)
{
	*ra = (struct file_ra_state){.prev_end = UINT64_MAX};
}

/* Largest window, pages (vm.read_ahead_kb). */
u64 file_ra_pages(const struct file *file);

/* Page `index` is not cached and `nr` pages from it on are wanted: starts reading, perhaps more of
   them, perhaps none. mm/readahead.c:page_cache_sync_ra (7.2) */
void page_cache_sync_ra(struct file *file, struct task_struct *current, struct file_ra_state *ra,
			u64 index, u64 nr);
/* The marked `folio`, which begins at index, was met: starts reading the next window.
   mm/readahead.c:page_cache_async_ra (7.2) */
void page_cache_async_ra(struct file *file, struct task_struct *current, struct file_ra_state *ra,
			 u32 folio, u64 index, u64 nr);
/* A fault at `index`: the window around it. mm/filemap.c:do_sync_mmap_readahead */
void page_cache_read_around(struct file *file, struct task_struct *current,
			    struct file_ra_state *ra, u64 index);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/wait.h"
#include "mm/vm.h"

/*
 * Files by their page cache. A file is as long as what was read or written of it; its data are on
 * vm->disk. Positions and lengths in pages.
 */
struct file {
	struct vm *vm;
	struct file *next;	  /* of all, newest first */
	struct vm_node_map pages; /* kernel: address_space.i_pages */
	u64 nr_cached, nr_dirty;
	struct vm_area_struct *i_mmap; /* regions that map it; through i_mmap_next */
	struct wait_queue unlocked; /* readers of pages that are on their way from the disk */
};

#define VM_READAHEAD_BYTES (128u << 10) /* read_ahead_kb's default */

enum file_result { FILE_OK, FILE_NO_MEMORY };

/* NULL: host memory. Lives as long as the vm. */
struct file *file_create(struct vm *vm);

/*
 * Reads pages [index, index + nr) as one call: present ones are copied; of the others each run is
 * read from the disk in one request. With `seq` a request goes on to the read-ahead window, but not
 * to end. needs vm->disk. mm/filemap.c:filemap_read, mm/readahead.c
 */
enum file_result filemap_read(struct file *file, struct task_struct *current, u64 index, u64 nr,
			      u64 end, bool seq);

/* Writes whole pages into the cache and marks them dirty. mm/filemap.c:generic_perform_write */
enum file_result filemap_write(struct file *file, struct task_struct *current, u64 index, u64 nr);

/* Writes all dirty pages to the disk and waits. mm/filemap.c:filemap_write_and_wait_range */
void filemap_write_and_wait(struct file *file, struct task_struct *current);

/* Removes all pages, dirty ones too: the file is gone. mm/truncate.c:truncate_inode_pages */
void truncate_inode_pages(struct file *file, struct task_struct *current);

/* Is the page cached? O(1) */
bool filemap_cached(const struct file *file, u64 index);

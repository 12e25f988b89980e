/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/filemap.h"

/*
 * Dirty pages: the thresholds, the throttling of those who dirty, the flusher of the disk.
 * mm/page-writeback.c, fs/fs-writeback.c
 */
struct writeback; /* one backing device's: bandwidth, rate limits, dirty files in order, flusher */

/*
 * vm->disk's write-back; its flusher becomes a context on the machine's CPUs when it has first work
 * to do. Without clock or CPUs pages only get dirty. False: host memory.
 */
bool vm_writeback_create(struct vm *vm);
void vm_writeback_destroy(struct vm *vm);

/* Dirty folio of a file: counters, tags, the file on the flusher's list. mm/page-writeback.c */
void folio_mark_dirty(struct vm *vm, struct task_struct *current, u32 folio);
/* Dirty -> under write-back, and back: counters, tags. The folio may be one of the swap cache. */
void folio_start_writeback(struct vm *vm, u32 folio);
/* Completion, also of swap-out: rotates a folio with PG_reclaim, ends throttled reclaimers' waits,
   wakes who waits for the folio. mm/filemap.c:folio_end_writeback */
void folio_end_writeback(struct vm *vm, u32 folio);
/* Until the folio is not under write-back; it may be gone then. */
void folio_wait_writeback(struct vm *vm, struct task_struct *current, u32 folio);
/* A file's folio in the page cache: it was written once, so it has a buffer head for each block.
   fs/buffer.c:create_empty_buffers, as ext4's writes do */
bool folio_has_buffers(const struct vm *vm, u32 folio);
/* The folio is gone (truncated): a dirty one no longer counts. */
void folio_account_cleaned(struct vm *vm, u32 folio);

/* After folio_mark_dirty(): sleeps as long as the task must. mm/page-writeback.c */
void balance_dirty_pages_ratelimited(struct vm *vm, struct task_struct *current);
/* Reclaim met only dirty pages. fs/fs-writeback.c:wakeup_flusher_threads */
void wakeup_flusher_threads(struct vm *vm);

struct dirty_limits {
	u64 dirtyable, thresh, bg_thresh; /* pages */
};
/* For an ordinary task. O(zones). mm/page-writeback.c:global_dirty_limits */
struct dirty_limits global_dirty_limits(const struct vm *vm);
/* May page cache for writing still come from this node? mm/page-writeback.c:node_dirty_ok */
bool node_dirty_ok(const struct vm *vm, u32 nid);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/writeback.h"

/* Shared by page_writeback.c, dirty_throttle.c and flusher.c. Rates in pages a second, times in
   jiffies unless named otherwise. include/linux/backing-dev-defs.h:struct bdi_writeback */
struct writeback {
	struct vm *vm;
	u64 hz;

	/* dirty_throttle.c */
	u64 nr_dirtied, nr_written; /* file pages, ever */
	u64 nr_writeback;	    /* file pages now */
	u64 bw_stamp, dirtied_stamp, written_stamp;
	u64 write_bandwidth, avg_write_bandwidth;
	u64 dirty_ratelimit, balanced_dirty_ratelimit;
	u64 dirty_limit, dirty_limit_stamp;
	bool dirty_exceeded;
	u64 ratelimit_pages;
	u32 *ratelimits; /* [nr_cpus]: dirtied since the last check */

	/* flusher.c */
	struct list_of_files {
		struct file *first, *last; /* oldest first */
	} lists[NR_WB_LISTS];
	struct task_struct task;
	struct wait_queue wait;
	struct event timer;  /* of the periodic wake-up */
	u64 last_old_flush_ns;
	bool exists, woken, running, start_all;
};

static inline u64 wb_jiffies(const struct writeback *wb)
{
	return engine_now(wb->vm->mm->engine) / (NSEC_PER_SEC / wb->hz);
}

/* For current; NULL: an ordinary task. mm/page-writeback.c:domain_dirty_limits */
struct dirty_limits domain_dirty_limits(const struct vm *vm, const struct task_struct *current);

/* The share of the disk in a threshold. mm/page-writeback.c:__wb_calc_thresh */
u64 wb_calc_thresh(const struct writeback *wb, u64 thresh, u64 dirty);
/* mm/page-writeback.c:wb_over_bg_thresh */
bool wb_over_bg_thresh(struct writeback *wb);
/* mm/page-writeback.c:wb_update_bandwidth */
void wb_update_bandwidth(struct writeback *wb);
/* A file is about to be written after a pause. mm/page-writeback.c:wb_bandwidth_estimate_start */
void wb_bandwidth_estimate_start(struct writeback *wb);
/* mm/page-writeback.c:writeback_set_ratelimit */
void writeback_set_ratelimit(struct writeback *wb);

/* The file has dirty pages from now on. fs/fs-writeback.c:__mark_inode_dirty */
void wb_file_dirtied(struct writeback *wb, struct file *file);
/* Wakes the flusher, which finds work if there is some. fs/fs-writeback.c:wb_wakeup */
void wb_wakeup(struct writeback *wb);

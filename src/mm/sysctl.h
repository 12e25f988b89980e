/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "machine/machine.h"

/*
 * /sys/kernel/mm/transparent_hugepage/khugepaged. -1: the kernel's default, by the size of a huge
 * page: eight of them, all but one of its pages, an eighth, a half.
 */
struct khugepaged_knobs {
	bool defrag;
	s64 pages_to_scan;
	u64 scan_sleep_millisecs, alloc_sleep_millisecs;
	s64 max_ptes_none, max_ptes_swap, max_ptes_shared;
};

/*
 * Knobs under vm., named as /proc/sys/vm spells them. Those of reclaim, compaction and the OOM
 * killer come with their rooms; a config that sets one that is not here is refused.
 */
struct mm_sysctl {
	s64 min_free_kbytes;	    /* -1: computed (calculate_min_free_kbytes, khugepaged) */
	u64 watermark_scale_factor; /* 1/10000 of managed, 1..3000 */
	u64 watermark_boost_factor; /* 1/10000 of the high watermark; 0: no boost */
	u64 lowmem_reserve_ratio[MAX_NR_ZONES];
	u64 percpu_pagelist_high_fraction; /* 0: automatic; else at least 8 */
	u64 defrag_mode;		   /* 0, 1 */
	u64 stat_interval_ns;		   /* vmstat worker; default 1 s; 0: never */
	u64 extfrag_threshold;		   /* default 500 */
	u64 zone_reclaim_mode;		   /* RECLAIM_*: 1 on, 2 write, 4 unmap */
	u64 min_unmapped_ratio, min_slab_ratio; /* % of a node */
	u64 swappiness;			   /* 0..200 */
	u64 page_cluster;		   /* log2 of swap read-ahead */
	u64 vfs_cache_pressure;		   /* % */
	u64 dirty_ratio, dirty_background_ratio; /* % of dirtyable memory */
	u64 dirty_bytes, dirty_background_bytes; /* 0: the ratio counts */
	u64 dirty_writeback_centisecs, dirty_expire_centisecs;
	u64 overcommit_memory, overcommit_ratio; /* 0 heuristic, 1 always, 2 never; % */
	u64 panic_on_oom, oom_kill_allocating_task, oom_dump_tasks;
	s64 lru_gen; /* 1: multi-generational LRU (/sys/kernel/mm/lru_gen); -1: the profile's */
	u64 lru_gen_min_ttl_ms;
	u64 compaction_proactiveness;	   /* 0..100 */
	u64 compact_unevictable_allowed;
	u64 read_ahead_kb;		   /* of the disk (/sys/block/<disk>/queue) */
	u32 thp_enabled, thp_defrag;	   /* enum thp_enabled, thp_defrag: huge_memory.h */
	struct khugepaged_knobs khugepaged;
	bool transparent_hugepage;	   /* khugepaged raises min_free_kbytes at boot */
	bool page_group_by_mobility;	   /* false: forced off; true: decided by memory size */
	bool exact_counters;		   /* no per-CPU counter differences (simulator's own) */
	bool init_on_alloc;		   /* every allocation is zeroed: it takes time only */
};

void mm_sysctl_default(struct mm_sysctl *sysctl);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"

/*
 * What the slow path asks of the rooms behind it. A NULL entry means that the room is absent: the
 * slow path then goes the way the kernel goes when the room makes no progress, and counts it, so
 * that the result can say how often that mattered.
 */
enum compact_priority { COMPACT_PRIO_SYNC_FULL, COMPACT_PRIO_SYNC_LIGHT, COMPACT_PRIO_ASYNC };

/* Ordered: the best of several zones is the maximum. include/linux/compaction.h */
enum compact_result {
	COMPACT_NOT_SUITABLE_ZONE,
	COMPACT_SKIPPED,
	COMPACT_DEFERRED,
	COMPACT_NO_SUITABLE_PAGE,
	COMPACT_CONTINUE,
	COMPACT_COMPLETE,
	COMPACT_PARTIAL_SKIPPED,
	COMPACT_CONTENDED,
	COMPACT_SUCCESS,
};

/* One pass over a node. mm/vmscan.c:struct scan_control */
struct scan_control {
	u32 order, highest_zoneidx, priority;
	gfp_t gfp;
	struct mem_cgroup *target_mem_cgroup; /* NULL: global */
	bool may_writepage, may_swap, may_unmap;
	bool ignore_references; /* no matter who used them lately (contiguous ranges) */
	bool is_kswapd;
	bool force_deactivate, skipped_deactivate;
	bool may_deactivate_anon, may_deactivate_file;
	bool cache_trim_mode, no_cache_trim_mode, cache_trim_mode_failed;
	bool file_is_tiny;
	bool memcg_full_walk;
	bool memcg_low_reclaim, memcg_low_skipped; /* memory.low is given up; has spared pages */
	bool compaction_ready; /* a zone has enough for compaction */
	u64 nr_to_reclaim, nr_scanned, nr_reclaimed;
	u64 anon_cost, file_cost; /* of the target, when the pass began */
	struct scan_nr { /* of the pass over a node, for throttling */
		u64 dirty, unqueued_dirty, congested, writeback, immediate, file_taken, taken;
	} nr;
};

struct pressure_ops {
	/* kswapd's pass over its node; adds to nr_scanned and nr_reclaimed.
	   mm/vmscan.c:shrink_node */
	void (*shrink_node)(struct mm *mm, struct task_struct *current, u32 nid,
			    struct scan_control *sc);
	/* Pages reclaimed; 0: no progress. mm/vmscan.c:try_to_free_pages */
	u64 (*try_to_free_pages)(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order,
				 const struct alloc_context *ac);
	/* Pages of a zone that reclaim could still get. mm/vmscan.c:zone_reclaimable_pages */
	u64 (*zone_reclaimable_pages)(const struct zone *zone);
	/* *captured: a block of 2^wanted pages handed over on the way, or PFN_NONE; wanted is what
	   the request is for, order what zones are compacted for.
	   mm/compaction.c:try_to_compact_pages */
	enum compact_result (*try_to_compact_pages)(struct mm *mm, struct task_struct *current,
						    gfp_t gfp, u32 order, u32 alloc_flags,
						    const struct alloc_context *ac,
						    enum compact_priority prio, u32 wanted,
						    u32 *captured);
	/* mm/compaction.c:compaction_zonelist_suitable */
	bool (*compaction_zonelist_suitable)(struct mm *mm, const struct alloc_context *ac,
					     u32 order, u32 alloc_flags);
	/* A success in this zone. mm/compaction.c:compaction_defer_reset */
	void (*compaction_defer_reset)(struct zone *zone, u32 order, bool alloc_success);
	/* True if somebody was killed or is dying. mm/oom_kill.c:out_of_memory */
	bool (*out_of_memory)(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order,
			      const struct alloc_context *ac);
};

/* All rooms absent. */
extern const struct pressure_ops pressure_none;

/* SPDX-License-Identifier: GPL-2.0-only */
/* Profile linux-6.1: switches and shapes, no code. Checked against 6.1.192, 6.12.107, 7.2.13. */
#include "mm/fallback.h"
#include "mm/page_alloc.h"
#include "mm/pcp.h"
#include "policy/profiles.h"

#include "policy/gfp_names.h"

#define ATOMIC (__GFP_HIGH | __GFP_KSWAPD_RECLAIM | __GFP_ATOMIC)
#define NOWAIT (__GFP_KSWAPD_RECLAIM)

static const struct gfp_name composites[] = {COMPOSITES, {NULL, 0}};

static const struct gfp_name order[] = {
	COMPOSITES,
	BIT_NAME(__GFP_HIGHMEM), {"GFP_DMA32", __GFP_DMA32}, BIT_NAME(__GFP_HIGH),
	BIT_NAME(__GFP_ATOMIC),
	GFP_BITS_BEFORE_7,
	{NULL, 0},
};

const struct mm_profile profile_linux_6_1 = {
	.name = "linux-6.1",
	.doc = "Linux 6.1.y (stable, with its backports)",
	.cpu_online_refreshes_thresholds = true,
	.boost_bypass_needs_atomic = true,
	.alloc_nofragment = true,
	.pcp_remembers_type = true,
	.pcp_skips_movable_without_cma = true,
	.pcp_drain_narrows = true,
	.release_pages_reversed = true,
	.thp_pcp_two_lists = true,
	.khugepaged_needs_writable = true,
	.compact_unfinished_retries = true,
	.reclaim_writes_files = true,
	.any_reclaim_clears_kswapd_failures = true,
	.reclaimable_counts_free = true,
	.swap_slot_cache = true,
	.pgd_doubled = true,
	.fault_counts_retry = true,
	.throttle_skips_empty_zones = true,
	.compact_proactive_floor = true,
	.folio_batch_size = 15,
	.pcp_batch_scale_max = 5,
	.gfp_composites = composites,
	.gfp_order = order,
	.rmqueue = rmqueue_move_fallback,
	.nr_pcp_alloc = nr_pcp_alloc_fixed,
	.pcp_free_commit = pcp_free_commit_fixed,
	.alloc_slowpath = alloc_slowpath_classic,
};

/* SPDX-License-Identifier: GPL-2.0-only */
/* Profile linux-6.12: switches and shapes, no code. Checked against 6.1.192, 6.12.107, 7.2.13. */
#include "mm/fallback.h"
#include "mm/page_alloc.h"
#include "mm/pcp.h"
#include "policy/profiles.h"

#include "policy/gfp_names.h"

#define ATOMIC (__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define NOWAIT (__GFP_KSWAPD_RECLAIM | __GFP_NOWARN)

static const struct gfp_name composites[] = {COMPOSITES, {NULL, 0}};

static const struct gfp_name order[] = {
	COMPOSITES,
	BIT_NAME(__GFP_HIGHMEM), {"GFP_DMA32", __GFP_DMA32}, BIT_NAME(__GFP_HIGH),
	GFP_BITS_BEFORE_7,
	{NULL, 0},
};

const struct mm_profile profile_linux_6_12 = {
	.name = "linux-6.12",
	.doc = "Linux 6.12.y (stable, with its backports)",
	.movable_zone_min_clamped = true,
	.cpu_online_refreshes_thresholds = true,
	.highatomic_free_exact = true,
	.highatomic_size_gate = true,
	.highatomic_order_sized = true,
	.boosted_wake_needs_kswapd = true,
	.below_high_mark = true,
	.alloc_nofragment = true,
	.freelist_hygiene = true,
	.account_per_page = true,
	.pcp_autotune = true,
	.isolate_bypass_counts_pgfree = true,
	.boosted_kswapd_run_counts_failure = true,
	.thp_pcp_two_lists = true,
	.khugepaged_needs_writable = true,
	.khugepaged_counts_reclaim = true,
	.zoneinfo_promo = true,
	.lru_gen_default = true,
	.lru_cost_weighs_io = true,
	.reclaim_full_memcg_walk = true,
	.memcg_stats_lag = true,
	.reclaim_writes_files = true,
	.any_reclaim_clears_kswapd_failures = true,
	.reclaimable_counts_free = true,
	.cache_trim_can_fail = true,
	.swap_slot_cache = true,
	.sched_eevdf = true,
	.pgd_doubled = true,
	.throttle_skips_empty_zones = true,
	.oom_tasks_split_rss = true,
	.compact_takes_large_folios = true,
	.compact_targets_by_order = true,
	.contig_compound = true,
	.compact_proactive_floor = true,
	.folio_batch_size = 31,
	.pcp_batch_scale_max = 5,
	.gfp_composites = composites,
	.gfp_order = order,
	.rmqueue = rmqueue_claim_or_steal,
	.nr_pcp_alloc = nr_pcp_alloc_auto,
	.pcp_free_commit = pcp_free_commit_auto,
	.decay_pcp_high = decay_pcp_high,
	.alloc_slowpath = alloc_slowpath_classic,
};

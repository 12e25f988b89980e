/* SPDX-License-Identifier: GPL-2.0-only */
/* Profile linux-7.2: switches and shapes, no code. Checked against 6.1.192, 6.12.107, 7.2.13. */
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
	{"GFP_DMA32", __GFP_DMA32},
	BIT_NAME(__GFP_RECLAIM), BIT_NAME(__GFP_DMA), BIT_NAME(__GFP_HIGHMEM),
	BIT_NAME(__GFP_DMA32),
	BIT_NAME(__GFP_MOVABLE), BIT_NAME(__GFP_RECLAIMABLE), BIT_NAME(__GFP_HIGH),
	BIT_NAME(__GFP_IO), BIT_NAME(__GFP_FS), BIT_NAME(__GFP_ZERO),
	BIT_NAME(__GFP_DIRECT_RECLAIM), BIT_NAME(__GFP_KSWAPD_RECLAIM), BIT_NAME(__GFP_WRITE),
	BIT_NAME(__GFP_NOWARN), BIT_NAME(__GFP_RETRY_MAYFAIL), BIT_NAME(__GFP_NOFAIL),
	BIT_NAME(__GFP_NORETRY), BIT_NAME(__GFP_MEMALLOC), BIT_NAME(__GFP_COMP),
	BIT_NAME(__GFP_NOMEMALLOC), BIT_NAME(__GFP_HARDWALL), BIT_NAME(__GFP_THISNODE),
	BIT_NAME(__GFP_ACCOUNT), BIT_NAME(__GFP_ZEROTAGS), BIT_NAME(__GFP_SKIP_ZERO),
	BIT_NAME(__GFP_SKIP_KASAN), BIT_NAME(__GFP_NOLOCKDEP), BIT_NAME(__GFP_NO_OBJ_EXT),
	{NULL, 0},
};

const struct mm_profile profile_linux_7_2 = {
	.name = "linux-7.2",
	.doc = "Linux 7.2",
	.movable_zone_min_clamped = true,
	.managed_change_updates_reserves = true,
	.late_threshold_refresh = true,
	.highatomic_free_exact = true,
	.highatomic_size_gate = true,
	.highatomic_order_sized = true,
	.highatomic_in_buddy = true,
	.boosted_wake_needs_kswapd = true,
	.below_high_mark = true,
	.alloc_nofragment = true,
	.skip_awake_kswapd_node = true,
	.defrag_mode_known = true,
	.freelist_hygiene = true,
	.account_per_page = true,
	.free_pages_blocks = true,
	.pcp_autotune = true,
	.pcp_needs_smp = true,
	.pcp_free_chunks = true,
	.pcp_free_high_half_min = true,
	.pcp_batch_256k = true,
	.zoneinfo_promo = true,
	.zoneinfo_pcp_limits = true,
	.isolate_bypass_counts_pgfree = true,
	.isolate_is_bit = true,
	.zonelist_needs_local_memory = true,
	.thp_pcp_two_lists = true,
	.compact_deferred_not_counted = true,
	.slab_sheaves = true,
	.compact_gap_capped = true,
	.free_clears_kswapd_failures = true,
	.large_folios = true,
	.lru_gen_default = true,
	.lru_gen_marks_first = true,
	.lru_gen_small_batches = true,
	.lru_cost_weighs_io = true,
	.reclaim_full_memcg_walk = true,
	.memcg_stats_lag = true,
	.shadow_limit_misses_lru_gen = true,
	.cache_trim_can_fail = true,
	.drop_behind_batch_frees = true,
	.oom_tasks_split_rss = true,
	.show_mem_more = true,
	.sched_eevdf = true,
	.sched_hrtick = true,
	.swapin_keeps_slot = true,
	.virtio_desc_shadow = true,
	.khugepaged_counts_entries = true,
	.khugepaged_counts_reclaim = true,
	.compact_takes_large_folios = true,
	.compact_targets_by_order = true,
	.contig_compound = true,
	.contig_frees_blocks = true,
	.cma_lock_per_area = true,
	.compact_wmark_of_caller = true,
	.folio_batch_size = 31,
	.pcp_batch_scale_max = 5,
	.gfp_composites = composites,
	.gfp_order = order,
	.rmqueue = rmqueue_claim_or_steal,
	.nr_pcp_alloc = nr_pcp_alloc_auto,
	.pcp_free_commit = pcp_free_commit_auto,
	.decay_pcp_high = decay_pcp_high,
	.alloc_slowpath = alloc_slowpath_compact_first,
};

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/gfp.h"
#include "mm/zone.h"

struct mm;
struct zone;
struct alloc_context;
struct task_struct;
struct per_cpu_pages;

/*
 * A kernel profile: switches and limits as data, and functions where kernels differ in shape. The
 * mechanism in mm/ asks only for these; no file of mm/ knows a version. Each row of the X-macro
 * names the kernel release that brought the behaviour, and is printed by `mempress list profiles`.
 *
 * X(type, name, doc)
 */
#define MM_PROFILE_SWITCHES(X)                                                                     \
	X(bool, movable_zone_min_clamped,                                                          \
	  "Movable zones take the small clamped min watermark, as HighMem does (6.12)")            \
	X(bool, managed_change_updates_reserves,                                                   \
	  "each change of managed pages recomputes lowmem_reserve and totalreserve (7.2)")         \
	X(bool, cpu_online_refreshes_thresholds,                                                   \
	  "secondary CPUs coming up at boot refresh the vmstat thresholds (6.1, 6.12)")            \
	X(bool, late_threshold_refresh,                                                            \
	  "vmstat thresholds are refreshed once more at late_initcall (7.2)")                      \
	X(bool, highatomic_free_exact,                                                             \
	  "watermark checks set aside the free part of the highatomic reserve, not all (6.12)")    \
	X(bool, highatomic_size_gate,                                                              \
	  "no highatomic reserve where 1% of a zone is below a pageblock; limit rounded up (6.12)")\
	X(bool, highatomic_order_sized,                                                            \
	  "orders above a pageblock reserve and release all their pageblocks (6.12)")              \
	X(bool, highatomic_in_buddy,                                                               \
	  "reserved in rmqueue_buddy; such requests do not refill per-CPU lists (7.2)")            \
	X(bool, boost_bypass_needs_atomic,                                                         \
	  "ignoring the boost for min takes __GFP_ATOMIC, not ALLOC_MIN_RESERVE (6.1)")            \
	X(bool, boosted_wake_needs_kswapd,                                                         \
	  "a boosted zone wakes kswapd only for requests with ALLOC_KSWAPD (6.12)")                \
	X(bool, below_high_mark, "zones are marked below high by allocations (6.7)")               \
	X(bool, alloc_nofragment,                                                                  \
	  "mixing migratetypes in the Normal zone is put off to the zone below (4.20)")            \
	X(bool, skip_awake_kswapd_node,                                                            \
	  "nodes whose kswapd is awake are skipped in the first round (7.2)")                      \
	X(bool, defrag_mode_known, "vm.defrag_mode exists (6.15)")                                 \
	X(bool, freelist_hygiene,                                                                  \
	  "free list type equals pageblock type; accounted per moved block (6.10)")                \
	X(bool, account_per_page, "refills account NR_FREE_PAGES page by page (6.10)")             \
	X(bool, free_pages_blocks, "NR_FREE_PAGES_BLOCKS is counted (7.2)")                        \
	X(bool, pcp_autotune, "per-CPU high moves between high_min and high_max (6.7)")            \
	X(bool, pcp_remembers_type, "a page on a per-CPU list keeps the type it came with (6.1)")  \
	X(bool, pcp_skips_movable_without_cma,                                                     \
	  "movable requests without ALLOC_CMA bypass the per-CPU lists if CMA is built in (6.1)")  \
	X(bool, pcp_needs_smp, "without SMP the per-CPU lists are never used (7.2)")               \
	X(bool, pcp_free_chunks, "large drains go in slices of batch (7.2)")                       \
	X(bool, pcp_free_high_half_min,                                                            \
	  "draining after high-order frees waits for batch + high_min/2, not batch (7.2)")         \
	X(bool, pcp_drain_narrows,                                                                 \
	  "free_pcppages_bulk narrows the range of lists it cycles through (6.1)")                 \
	X(bool, pcp_drain_in_one, "drain_pages_zone empties a per-CPU set in one call (6.1.0)")    \
	X(bool, pcp_batch_256k, "batch from managed/4096, at most 256 KiB (7.2)")                  \
	X(bool, zoneinfo_promo, "/proc/zoneinfo prints the promo mark (6.12)")                     \
	X(bool, zoneinfo_pcp_limits,                                                               \
	  "/proc/zoneinfo prints per-CPU limits and the highatomic reserve (7.2)")                 \
	X(bool, release_pages_reversed, "release_pages frees its last page first (6.1)")           \
	X(bool, isolate_bypass_counts_pgfree, "frees to isolated blocks count as pgfree (6.12)")   \
	X(bool, isolate_is_bit, "isolation is a bit beside the pageblock type (6.17)")             \
	X(bool, zonelist_needs_local_memory, "a memoryless node does not head its zonelist (7.2)") \
	X(bool, thp_pcp_two_lists, "the THP order has two per-CPU lists, not one (6.1.y)")         \
	X(bool, compact_deferred_not_counted,                                                      \
	  "a deferred direct compaction does not count as a stall (7.2)")                          \
	X(bool, compact_unfinished_retries,                                                        \
	  "compaction that found no page or was cut short is retried (6.1)")                       \
	X(bool, boosted_kswapd_run_counts_failure,                                                 \
	  "a boosted kswapd run without progress counts towards hopeless (6.12)")                  \
	X(bool, slab_sheaves, "slab caches have sheaves of free objects for each CPU (7.0)")       \
	X(bool, compact_gap_capped, "compact_gap is at most 32 pages (7.2)")                       \
	X(bool, free_clears_kswapd_failures, "frees above high clear hopeless kswapd (7.2)")       \
	X(bool, large_folios, "the page cache takes folios up to the read-ahead size (7.2)")       \
	X(bool, lru_gen_default, "the multi-generational LRU is on unless a config says (6.12)")   \
	X(bool, lru_gen_marks_first,                                                               \
	  "lru_gen: a first access marks a folio, only a second promotes it (6.14)")               \
	X(bool, lru_gen_small_batches,                                                             \
	  "lru_gen: evicts by 64 folios, dirty ones too, and ages on the way (7.2)")               \
	X(bool, lru_cost_weighs_io, "an I/O costs as 32 pages and rotations count (6.12)")         \
	X(bool, reclaim_full_memcg_walk, "a fruitless direct reclaim sweeps once more (6.12)")     \
	X(bool, reclaim_writes_files, "kswapd may write dirty file pages (6.12)")                  \
	X(bool, any_reclaim_clears_kswapd_failures,                                                \
	  "reclaim by anyone clears hopeless kswapd, balanced or not (6.12)")                      \
	X(bool, cache_trim_can_fail, "kswapd restarts without cache trim mode (6.10)")             \
	X(bool, drop_behind_batch_frees, "a batch frees folios that only it still holds (6.12)")   \
	X(bool, oom_tasks_split_rss, "the OOM task table has three more rss columns (6.12)")       \
	X(bool, show_mem_more,                                                                     \
	  "the memory report has zspages, balloon, GPU and free highatomic pages (7.2)")           \
	X(bool, swap_slot_cache, "per-CPU caches of 64 swap slots (6.1)")                          \
	X(bool, throttle_skips_empty_zones,                                                        \
	  "throttling skips zones with nothing reclaimable even if some is free (6.12)") \
	X(bool, memcg_stats_lag,                                                                   \
	  "reclaim sees list sizes and refaults as they were up to two seconds ago (6.7)")         \
	X(bool, shadow_limit_misses_lru_gen,                                                       \
	  "with lru_gen the limit of shadow nodes overlooks evictable pages (7.2)")                \
	X(bool, reclaimable_counts_free,                                                           \
	  "a zone with nothing reclaimable counts its free pages as such (6.1.y, 6.12.y)")         \
	X(bool, compact_takes_large_folios, "compaction isolates large folios (6.8)")              \
	X(bool, compact_targets_by_order, "compaction's free lists are kept by order (6.8)")       \
	X(bool, compact_wmark_of_caller, "compaction's suitability takes the caller's mark (7.2)") \
	X(bool, contig_compound, "a contiguous range can be one large folio (6.12)")               \
	X(bool, contig_frees_blocks, "contiguous pages are freed by aligned blocks (7.2)")         \
	X(bool, cma_lock_per_area, "allocations from different CMA areas do not wait (6.15)")      \
	X(bool, compact_proactive_floor, "proactive compaction: low score at least 5 (6.12)")      \
	X(bool, swapin_keeps_slot, "a write that brings a page in leaves its swapped copy (7.2)")  \
	X(bool, khugepaged_needs_writable,                                                         \
	  "khugepaged passes over ranges without a writable page (6.12)")                          \
	X(bool, khugepaged_counts_entries,                                                         \
	  "a pass of khugepaged counts the entries it looked at, not whole ranges (7.2)")          \
	X(bool, khugepaged_counts_reclaim,                                                         \
	  "what khugepaged reclaims is counted apart from direct reclaim (6.2)")                   \
	X(bool, virtio_desc_shadow, "virtio keeps a copy of each descriptor of a table (7.2)")     \
	X(bool, fault_counts_retry, "a fault on a file counts again after its I/O (6.1)")          \
	X(bool, pgd_doubled, "an x86-64 process's root table takes two pages (6.1, 6.12)")         \
	X(bool, sched_eevdf, "who wakes waits for the slice's end, whatever others used (6.6+)")   \
	X(bool, sched_hrtick, "a time slice ends by a timer of its own, not at a tick (7.2)")      \
	X(u32, folio_batch_size, "folios of a per-CPU LRU batch (PAGEVEC_SIZE)")                   \
	X(u32, pcp_batch_scale_max,\
	  "largest shift of batch in per-CPU refills and drains (PCP_BATCH_SCALE_MAX)")

enum rmqueue_mode { RMQUEUE_NORMAL, RMQUEUE_CMA, RMQUEUE_CLAIM, RMQUEUE_STEAL };

struct mm_profile {
	const char *name; /* "linux-7.2" */
	const char *doc;
#define X(type, field, text) type field;
	MM_PROFILE_SWITCHES(X)
#undef X
	const struct gfp_name *gfp_composites; /* names accepted by gfp_parse, with their values */
	const struct gfp_name *gfp_order;      /* what show_gfp_flags tries, in order */

	/*
	 * A free block of `order` for migratetype mt, from its own lists or another's. mode is kept
	 * across a refill. PFN_NONE if there is none. mm/page_alloc.c:__rmqueue
	 */
	u32 (*rmqueue)(struct zone *zone, struct task_struct *current, u32 order,
		       enum migratetype mt, u32 alloc_flags, enum rmqueue_mode *mode);
	/* Blocks of one refill, with its side effects on the set. mm/page_alloc.c:nr_pcp_alloc */
	s32 (*nr_pcp_alloc)(struct zone *zone, struct per_cpu_pages *pcp, u32 order);
	/* After a block of `order` was put on list pindex: bookkeeping, and a drain if due.
	   mm/page_alloc.c:free_frozen_page_commit (7.2), free_unref_page_commit (6.x) */
	void (*pcp_free_commit)(struct zone *zone, struct task_struct *current, u32 order,
				u32 pindex);
	/* The vmstat worker's visit; NULL: the kernel has none.
	   True if there is more to do later. mm/page_alloc.c:decay_pcp_high */
	bool (*decay_pcp_high)(struct zone *zone, struct task_struct *current);
	/* mm/page_alloc.c:__alloc_pages_slowpath; PFN_NONE: the request fails */
	u32 (*alloc_slowpath)(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order,
			      struct alloc_context *ac);
};

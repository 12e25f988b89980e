/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/probe.h"
#include "mm/gfp.h"
#include "mm/page.h"

struct zone;
struct task_struct;

/*
 * Where the time of a request goes. Times of one request over all causes sum to its latency.
 */
enum stall_cause {
	CAUSE_PCP,	  /* per-CPU list hit */
	CAUSE_REFILL,	  /* refill or drain of a per-CPU list */
	CAUSE_BUDDY,	  /* buddy lists: split, merge, direct allocation */
	CAUSE_FALLBACK,	  /* claim or steal from another migratetype */
	CAUSE_LOCK,	  /* waiting for zone->lock */
	CAUSE_ZERO,	  /* zeroing */
	CAUSE_SLOWPATH,	  /* zonelist walks and decisions of the slow path */
	CAUSE_FAULT,	  /* page fault entry, page tables, copies */
	CAUSE_RECLAIM,	  /* direct reclaim: scanning */
	CAUSE_COMPACTION, /* direct compaction */
	CAUSE_WRITEBACK,  /* waiting for write-back */
	CAUSE_THROTTLE,	  /* throttled */
	CAUSE_SWAP_IN,	  /* waiting for swap or file reads */
	CAUSE_OOM,	  /* waiting for the OOM killer */
	CAUSE_CPU,	  /* waiting for the CPU */
	NR_STALL_CAUSES
};

extern const char *const stall_cause_names[NR_STALL_CAUSES];

/* How a request was served. */
enum alloc_path { ALLOC_PATH_PCP, ALLOC_PATH_REFILL, ALLOC_PATH_BUDDY, ALLOC_PATH_SLOW,
		  ALLOC_PATH_FAIL, NR_ALLOC_PATHS };

extern const char *const alloc_path_names[NR_ALLOC_PATHS];

/* X(probe): struct trace_<probe> holds its fields. Kernel names where the kernel has the event. */
#define MM_PROBES(X)                                                                              \
	X(mm_page_alloc)                                                                           \
	X(mm_page_free)                                                                            \
	X(mm_page_free_batched)                                                                    \
	X(mm_page_alloc_zone_locked)                                                               \
	X(mm_page_pcpu_drain)                                                                      \
	X(mm_page_alloc_extfrag)                                                                   \
	X(mm_vmscan_wakeup_kswapd)                                                                 \
	X(mm_vmscan_kswapd_wake)                                                                   \
	X(mm_vmscan_kswapd_sleep)                                                                  \
	X(mm_vmscan_direct_reclaim_begin)                                                          \
	X(mm_vmscan_direct_reclaim_end)                                                            \
	X(mm_vmscan_balance_pgdat_begin)                                                           \
	X(mm_vmscan_balance_pgdat_end)                                                             \
	X(mm_vmscan_lru_shrink_inactive)                                                           \
	X(mm_vmscan_lru_shrink_active)                                                             \
	X(mm_vmscan_throttled)                                                                     \
	X(mm_vmscan_write_folio)                                                                   \
	X(mm_shrink_slab_end)                                                                      \
	X(mark_victim)                                                                             \
	X(oom_report)                                                                              \
	X(mm_compaction_begin)                                                                     \
	X(mm_compaction_end)                                                                       \
	X(mm_compaction_try_to_compact_pages)                                                      \
	X(mm_compaction_kcompactd_wake)                                                            \
	X(mm_compaction_kcompactd_sleep)                                                           \
	X(mm_compaction_migratepages)                                                              \
	X(mm_folio_moved)                                                                          \
	X(mm_contig_end)                                                                           \
	X(mm_cma_alloc)                                                                            \
	X(mm_fault_done)                                                                           \
	X(mm_alloc_done)                                                                           \
	X(mm_alloc_failed)                                                                         \
	X(mm_watermark_refused)                                                                    \
	X(mm_pageblock_type)                                                                       \
	X(mm_boost)                                                                                \
	X(mm_zone_allowed)                                                                         \
	X(mm_zone_skipped)                                                                         \
	X(mm_walk_again)                                                                           \
	X(mm_slow_try)                                                                             \
	X(mm_pcp_refill)                                                                           \
	X(mm_pcp_drain)                                                                            \
	X(mm_claim_refused)                                                                        \
	X(mm_highatomic_reserve)                                                                   \
	X(mm_block_freed)

enum mm_probe {
#define X(name) PROBE_##name,
	MM_PROBES(X)
#undef X
	NR_MM_PROBES
};

/* Kernel events carry `current` so that a listener can name the task and CPU (NULL: nobody's, a
   timer's); the time is engine_now(mm->engine). */
struct trace_mm_page_alloc { /* every request, also failed: pfn PFN_NONE */
	const struct task_struct *current;
	u32 pfn, order;
	gfp_t gfp;
	enum migratetype migratetype;
};
struct trace_mm_page_free {
	const struct task_struct *current;
	u32 pfn, order;
};
struct trace_mm_page_free_batched {
	const struct task_struct *current;
	u32 pfn;
};
struct trace_mm_page_alloc_zone_locked {
	const struct task_struct *current;
	u32 pfn, order;
	enum migratetype migratetype;
	bool percpu_refill;
};
struct trace_mm_page_pcpu_drain {
	const struct task_struct *current;
	u32 pfn, order;
	enum migratetype migratetype;
};
struct trace_mm_page_alloc_extfrag {
	const struct task_struct *current;
	const struct zone *zone;
	u32 pfn, alloc_order, fallback_order;
	enum migratetype alloc_migratetype, fallback_migratetype;
	bool fragmenting, change_ownership;
};
struct trace_mm_vmscan_wakeup_kswapd {
	const struct task_struct *current;
	u32 nid, zid, order;
	gfp_t gfp;
};
struct trace_mm_vmscan_kswapd_wake {
	const struct task_struct *current;
	u32 nid, zid, order;
};
struct trace_mm_vmscan_kswapd_sleep {
	const struct task_struct *current;
	u32 nid;
};
struct trace_mm_vmscan_direct_reclaim_begin {
	const struct task_struct *current;
	u32 order;
	gfp_t gfp;
};
struct trace_mm_vmscan_direct_reclaim_end {
	const struct task_struct *current;
	u64 nr_reclaimed, start_ns;
};
struct trace_mm_vmscan_balance_pgdat_begin {
	const struct task_struct *current;
	u32 nid, order, zid;
};
struct trace_mm_vmscan_balance_pgdat_end {
	const struct task_struct *current;
	u32 nid, order; /* order: what it still worked for */
	u64 nr_reclaimed, start_ns;
};
struct trace_mm_vmscan_lru_shrink_inactive {
	const struct task_struct *current;
	u32 nid, priority;
	u64 nr_scanned, nr_reclaimed;
	bool file;
};
struct trace_mm_vmscan_lru_shrink_active {
	const struct task_struct *current;
	u32 nid, priority;
	u64 nr_taken, nr_active, nr_deactivated;
	bool file;
};
struct trace_mm_vmscan_throttled {
	const struct task_struct *current;
	u32 nid, reason; /* enum vmscan_throttle_state */
	u64 timeout_ns, waited_ns;
};
struct trace_mm_vmscan_write_folio {
	const struct task_struct *current;
	u32 pfn;
};
struct trace_mm_shrink_slab_end {
	const struct task_struct *current;
	const char *name;
	u32 nid, priority;
	u64 scanned, freed;
};
#define OOM_CANDIDATES 5
struct oom_choice { /* ours: why this victim */
	gfp_t gfp;
	u32 order;
	const char *constraint;
	u64 totalpages;	   /* that oom_score_adj is thousandths of */
	u32 nr_candidates; /* in all; those with most points come first */
	struct {
		char comm[16];
		u32 pid;
		s32 oom_score_adj;
		s64 points; /* badness: pages and what oom_score_adj adds */
	} best[OOM_CANDIDATES];
};
struct trace_mark_victim {
	const struct task_struct *current, *victim;
	u64 total_vm, anon_rss, file_rss, shmem_rss, pgtables; /* pages */
	s32 oom_score_adj;
	const struct oom_choice *choice; /* NULL: it was dying already */
};
struct trace_oom_report { /* ours: the text that the kernel logs, whole */
	const struct task_struct *current;
	const char *text;
};
struct trace_mm_compaction_begin {
	const struct task_struct *current;
	const struct zone *zone;
	u64 migrate_pfn, free_pfn;
	bool sync;
};
struct trace_mm_compaction_end { /* why: one word for what started it */
	const struct task_struct *current;
	const struct zone *zone;
	u64 migrate_pfn, free_pfn, start_ns;
	s32 order;
	u32 status; /* enum compact_result */
	const char *why, *mode;
	u64 migrate_scanned, free_scanned, nr_migrated;
	u64 nr_pinned, nr_busy, nr_no_target; /* pages that did not move */
	/* free memory before and after, for blocks of the order (-1: of a pageblock): pages in such
	   blocks, and the unusable index in thousandths */
	u64 usable_before, usable_after;
	u32 unusable_before, unusable_after;
};
struct trace_mm_compaction_try_to_compact_pages {
	const struct task_struct *current;
	u32 order, priority;
	gfp_t gfp;
};
struct trace_mm_compaction_kcompactd_wake {
	const struct task_struct *current;
	u32 nid, order, zid;
};
struct trace_mm_compaction_kcompactd_sleep {
	const struct task_struct *current;
	u32 nid;
};
struct trace_mm_compaction_migratepages {
	const struct task_struct *current;
	u64 nr_migrated, nr_failed;
};
struct trace_mm_folio_moved { /* ours: the contents of 2^order pages are elsewhere now */
	const struct task_struct *current;
	u32 from, to, order;
};
struct trace_mm_contig_end { /* ours: an attempt to take a range is over */
	const struct task_struct *current;
	const struct zone *zone;
	u64 start_pfn, end_pfn, start_ns;
	const char *why;
	u32 result, cause; /* enum contig_result, contig_cause */
	u64 page;	   /* that did not go; of a cause other than none */
	u64 nr_scanned, nr_migrated, nr_reclaimed, nr_failed;
};
struct trace_mm_cma_alloc { /* pfn PFN_NONE: the area has no such range that can be emptied */
	const struct task_struct *current;
	const char *area;
	u32 pfn, align;
	u64 count, start_ns;
	u32 tries, cause; /* ranges that were tried; enum contig_cause of the last */
};
struct trace_mm_fault_done { /* ours: a page fault is over */
	const struct task_struct *current;
	u64 latency_ns;
	bool major;
	const u64 *cause_ns; /* [NR_STALL_CAUSES] */
};
struct trace_mm_alloc_done { /* ours: latency and its parts, once a request is over */
	const struct task_struct *current;
	u32 pfn, order;
	gfp_t gfp;
	enum alloc_path path;
	const u64 *cause_ns; /* [NR_STALL_CAUSES] */
};
struct trace_mm_alloc_failed { /* ours: why no zone gave a page (the state warn_alloc prints) */
	const struct task_struct *current;
	u32 order;
	gfp_t gfp;
	const char *reason; /* name of the slow path step that gave up */
};
struct trace_mm_watermark_refused { /* ours: a zone said no */
	const struct zone *zone;
	u32 order, alloc_flags;
	s64 mark, free_pages;
};
struct trace_mm_pageblock_type { /* ours: a pageblock changed its type */
	const struct zone *zone;
	u32 pfn;
	enum migratetype from, to;
};
struct trace_mm_boost { /* ours: watermark boost raised or lowered, value after */
	const struct zone *zone;
	s64 boost;
};

/* The steps of one request or free, for who asks why (all ours). */
struct trace_mm_zone_allowed { /* a zone passed its mark (or needs none) and is tried */
	const struct zone *zone;
	u32 order, alloc_flags;
	s64 mark, free_pages;
	bool high; /* by the high mark, which ends the test early */
};
struct trace_mm_zone_skipped { /* its node's kswapd is awake: other nodes first */
	const struct zone *zone;
};
struct trace_mm_walk_again { /* the walk over the zones starts over */
	const char *reason;
	u32 alloc_flags;
};
struct trace_mm_slow_try { /* the slow path walks the zones */
	u32 order, alloc_flags;
};
struct trace_mm_pcp_refill {
	const struct zone *zone;
	u32 cpu, order;
	enum migratetype migratetype;
	s32 wanted, got; /* blocks */
};
struct trace_mm_pcp_drain { /* before it happens; list: where it begins */
	const struct zone *zone;
	u32 cpu, list;
	s32 pages;
};
struct trace_mm_claim_refused { /* a pageblock stays with its type */
	const struct zone *zone;
	u32 pfn, order;
	u32 free, alike; /* pages of the pageblock; both 0 if it is not wholly in the zone */
};
struct trace_mm_highatomic_reserve {
	const struct zone *zone;
	u32 pfn, order;
	s64 reserved, limit; /* before */
	bool allowed;
};
struct trace_mm_block_freed { /* a block reaches its free list, merged as far as it went */
	const struct zone *zone;
	u32 pfn, order;
	enum migratetype migratetype;
	bool tail;
};

/* TRACE(mm, mm_page_free, .pfn = pfn, .order = order) */
#define TRACE(mm, name, ...)                                                                      \
	do {                                                                                       \
		if (unlikely((mm)->probes[PROBE_##name]))                                          \
			probe_fire((mm)->probes[PROBE_##name],                                     \
				   &(struct trace_##name){__VA_ARGS__});                           \
	} while (0)

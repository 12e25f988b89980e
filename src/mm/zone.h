/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/lock.h"
#include "engine/wait.h"
#include "mm/page.h"
#include "mm/vmstat_items.h"

struct mm;

#define MAX_PAGE_ORDER_LIMIT 13 /* largest of any architecture: arm64 with 64K pages */
#define NR_PAGE_ORDERS_LIMIT (MAX_PAGE_ORDER_LIMIT + 1)

enum zone_watermarks { WMARK_MIN, WMARK_LOW, WMARK_HIGH, WMARK_PROMO, NR_WMARK };

/* zone->flags, numbered as in the kernel (include/linux/mmzone.h:enum zone_flags) */
#define ZONE_BOOSTED_WATERMARK BIT(0)
#define ZONE_RECLAIM_ACTIVE    BIT(1)
#define ZONE_BELOW_HIGH	       BIT(2)

/* Free blocks of one order: a list per migratetype; list order decides which PFN comes next. */
struct free_area {
	struct page_list free_list[MIGRATE_TYPES];
	u32 nr_list[MIGRATE_TYPES]; /* blocks on each */
	u32 nr_free;		    /* blocks on all */
};

#define NR_PCP_LISTS 14 /* 3 types for orders 0..3, then 2 for the THP order */
#define NR_PCP_THP   12

/* pcp->flags */
#define PCPF_PREV_FREE_HIGH_ORDER BIT(0)
#define PCPF_FREE_HIGH_BATCH	  BIT(1)

/* Pages of one zone that one CPU keeps at hand, and that CPU's share of the zone's counters. */
struct per_cpu_pages {
	s32 count;	  /* pages on all lists */
	s32 high;	  /* 6.12+: moves between high_min and high_max */
	s32 high_min, high_max;
	s32 batch;
	s32 free_count;	  /* pages freed in a row, halved by each allocation */
	u8 flags;	  /* PCPF_* */
	u8 alloc_factor;  /* 6.12+: batches of a refill, as a shift */
	u8 free_factor;	  /* 6.1: batches of a drain, as a shift */
	u8 numa_event;	  /* NUMA_LOCAL or NUMA_OTHER: the CPU against the zone */
	u8 expire;	  /* ticks until a remote node's pages are drained */
	s32 stat_threshold;
	s32 vm_stat_diff[NR_VM_ZONE_STAT_ITEMS];
	struct page_list lists[NR_PCP_LISTS];
};

struct zone {
	struct mm *mm;
	/* read by every allocation */
	s64 _watermark[NR_WMARK];
	s64 watermark_boost;
	s64 nr_reserved_highatomic, nr_free_highatomic;
	s64 lowmem_reserve[MAX_NR_ZONES];
	s64 vm_stat[NR_VM_ZONE_STAT_ITEMS]; /* without the per-CPU differences */
	u32 flags;
	u16 idx;  /* in mm->zones */
	u8 type;  /* enum zone_type */
	u8 nid;
	struct per_cpu_pages *pageset; /* [nr_cpus] */

	/* the buddy lists */
	u32 free_orders[MIGRATE_TYPES]; /* bit o: free_area[o].free_list[mt] is not empty */
	struct free_area free_area[NR_PAGE_ORDERS_LIMIT];

	/* extent */
	u64 start_pfn, spanned_pages, present_pages;
	u64 managed_pages; /* handed to the allocator */
	u64 cma_pages;

	s64 percpu_drift_mark;
	s32 pageset_high_min, pageset_high_max, pageset_batch; /* defaults; 6.1: high = high_min */
	u32 nr_isolate_pageblock;
	u64 vm_numa_event[NR_VM_NUMA_EVENT_ITEMS];
	struct timed_lock lock; /* zone->lock */

	u64 totalreserve; /* this zone's part, for the dirty limits */
	struct zone_compact *compact; /* mm/compaction*.c's; NULL: not set up */
};

static inline bool populated_zone(const struct zone *zone)
{
	return zone->present_pages != 0;
}

static inline bool managed_zone(const struct zone *zone)
{
	return zone->managed_pages != 0;
}

static inline u64 zone_end_pfn(const struct zone *zone)
{
	return zone->start_pfn + zone->spanned_pages;
}

static inline bool zone_spans_pfn(const struct zone *zone, u64 pfn)
{
	return pfn - zone->start_pfn < zone->spanned_pages;
}

/* One node: its zonelists and its kswapd. */
struct pglist_data {
	u32 node_id;
	bool has_memory, has_cpus;
	/* fallback[0..nr_fallback): zone indices, the way a request walks; the first
	   nr_nofallback-entry list holds this node's zones only (__GFP_THISNODE) */
	u16 *fallback, *nofallback;
	u32 nr_fallback, nr_nofallback;
	struct zone *first_zone[MAX_NR_ZONES]; /* of fallback, up to a zone type; NULL: none */
	u64 totalreserve_pages;

	struct wait_queue kswapd_wait;
	bool kswapd_waiting; /* on its wait queue: can be woken, and counts as asleep */
	s32 kswapd_order;
	u32 kswapd_highest_zoneidx; /* MAX_NR_ZONES: none asked for */
	u32 kswapd_failures;

	struct wait_queue pfmemalloc_wait;
	struct wait_queue reclaim_wait[4]; /* enum vmscan_throttle_state */
	u32 nr_writeback_throttled;
	u64 nr_reclaim_start; /* NR_WRITTEN-like count when the first was throttled */
	u64 nr_throttled_written;
	bool pgdat_writeback, pgdat_congested, pgdat_dirty; /* pgdat->flags */
	bool reclaim_locked; /* node_reclaim is at work */
	u32 reclaim_memcg;   /* where direct reclaimers' walk over the memory groups goes on */
	bool kswapd_running; /* between wake and sleep */
	struct kcompactd *kcompactd;
};

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"

/*
 * Compaction's scanners over one zone, for whoever tells when and how much is compacted: one walks
 * up from the zone's start and finds movable pages in use, the other down from its end and finds
 * free ones. Where they meet, the zone is compact.
 */
struct compact_scan {
	u64 migrate_pfn; /* where the search for pages to move goes on */
	u64 free_block;	 /* pageblock in which free pages are taken */
	u64 free_pfn;	 /* where in it the search goes on */
	u64 last_block;	 /* pageblock that pages were moved out of last; UINT64_MAX: none */
};

/*
 * A run begins: pages to move are looked for from the pageblock of pfn on (below the zone: from its
 * start), free ones from the zone's end. mm/compaction.c:compact_zone
 */
void compact_scan_begin(struct compact_scan *scan, const struct zone *zone, u64 pfn);

/*
 * The head of the next movable block in use that may be moved, its order in *order; scan goes on
 * behind it. PFN_NONE: the scanners have met. Passed over: what is not movable (PG_lru), pinned,
 * or of a pageblock's order or more. Amortised O(pages of the zone) over a run.
 * mm/compaction.c:isolate_migratepages_block
 */
u32 compact_next_source(struct compact_scan *scan, const struct zone *zone, u32 *order);

/*
 * The block at `from` is to move: once the scanner has left a pageblock that it moved pages out of,
 * this CPU's list of freed ones is drained, so that they can merge. Stands for the kernel's drain
 * when it leaves a block of the order that it compacts for, which a recording does not tell.
 * mm/compaction.c:compact_zone (check_drain)
 */
void compact_pass_block(struct compact_scan *scan, struct zone *zone, struct task_struct *current,
			u32 from);

/*
 * Takes a free block of 2^order pages out of a pageblock above the one of pfn `low`, as a place to
 * move to: PAGE_ISOLATED, the caller's. Only MOVABLE and CMA pageblocks serve, none that is free as
 * a whole, and only as long as the zone keeps its min mark. PFN_NONE if there is no place.
 * Amortised as above. mm/compaction.c:isolate_freepages, compaction_alloc
 */
u32 compact_take_target(struct compact_scan *scan, struct zone *zone, struct task_struct *current,
			u64 low, u32 order);

/*
 * Takes the free block of 2^order pages at pfn off its list; false if the zone would fall below its
 * min mark. A half pageblock or more makes its pageblocks MOVABLE.
 * mm/page_alloc.c:__isolate_free_page
 */
bool __isolate_free_page(struct zone *zone, struct task_struct *current, u32 pfn, u32 order);

/* Gives back what __isolate_free_page took, or a part. mm/page_alloc.c:__putback_isolated_page */
void __putback_isolated_page(struct zone *zone, struct task_struct *current, u32 pfn, u32 order);

/*
 * The contents of the used block at `from` go to the isolated one of the same order at `to`, and
 * `from` is freed by the ordinary way. mm/migrate.c:migrate_pages
 */
void migrate_block(struct mm *mm, struct task_struct *current, u32 from, u32 to);

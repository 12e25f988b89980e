/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Moving pages to make free memory contiguous: compaction's two scanners and the taking of free
 * pages out of the buddy lists.
 *
 * Left out: who decides to compact and when it ends (the recording does, in a replay), skip bits,
 * the fast searches by free list, batches (a page is isolated when its turn comes, so the zone's
 * count of free pages never dips by a batch), and moves that fail.
 */
#include "mm/isolate.h"

#include <assert.h>

#include "mm/alloc.h"
#include "mm/buddy.h"
#include "mm/watermark.h"

void compact_scan_begin(struct compact_scan *scan, const struct zone *zone, u64 pfn)
{
	u64 in_block = zone->mm->pageblock_nr_pages - 1;

	scan->migrate_pfn = max_u64(pfn & ~in_block, zone->start_pfn);
	scan->free_block = (zone_end_pfn(zone) - 1) & ~in_block;
	scan->free_pfn = max_u64(scan->free_block, zone->start_pfn);
	scan->last_block = UINT64_MAX;
}

/* The frame behind what begins at pfn. */
static u64 step_over(const struct mm *mm, u64 pfn)
{
	const struct page *page = pfn_to_page(mm, pfn);
	s32 order = buddy_order(mm, pfn);

	if (order < 0)
		order = page->state == PAGE_NONE ? 0 : page->order;
	return pfn + (1ull << order);
}

static bool may_move(const struct mm *mm, const struct page *page)
{
	return page->state == PAGE_USED && (page->flags & PG_lru) && !(page->flags & PG_pinned) &&
	       page->order < mm->pageblock_order;
}

u32 compact_next_source(struct compact_scan *scan, const struct zone *zone, u32 *order)
{
	const struct mm *mm = zone->mm;

	while (scan->migrate_pfn < scan->free_block) {
		u64 pfn = scan->migrate_pfn;
		const struct page *page = pfn_to_page(mm, pfn);

		scan->migrate_pfn = step_over(mm, pfn);
		if (may_move(mm, page) && pfn_zone(mm, pfn) == zone) {
			*order = page->order;
			return (u32)pfn;
		}
	}
	return PFN_NONE;
}

void compact_pass_block(struct compact_scan *scan, struct zone *zone, struct task_struct *current,
			u32 from)
{
	u64 block = from >> zone->mm->pageblock_order;

	if (scan->last_block != UINT64_MAX && scan->last_block != block)
		drain_local_pages(zone->mm, current, zone);
	scan->last_block = block;
}

/* Its mergeable pageblocks are for movable pages from now on, with all that is free in them. */
static void make_movable(struct zone *zone, u32 cpu, u32 pfn, u32 order)
{
	struct mm *mm = zone->mm;
	u64 end = pfn + (1ull << order), start;

	for (u64 at = pfn; at < end; at += mm->pageblock_nr_pages) {
		if (!migratetype_is_mergeable(get_pageblock_migratetype(mm, at)))
			continue;
		if (mm->profile->freelist_hygiene) {
			if (!prep_move_freepages_block(zone, at, &start, NULL, NULL))
				continue;
			move_freepages(zone, cpu, start, start + mm->pageblock_nr_pages,
				       MIGRATE_MOVABLE, NULL);
		}
		set_pageblock_migratetype(zone, at, MIGRATE_MOVABLE);
	}
}

bool __isolate_free_page(struct zone *zone, struct task_struct *current, u32 pfn, u32 order)
{
	struct mm *mm = zone->mm;
	enum migratetype mt = get_pageblock_migratetype(mm, pfn);

	if (mt != MIGRATE_ISOLATE &&
	    !zone_watermark_ok(zone, 0, zone->_watermark[WMARK_MIN] + (s64)(1u << order), 0,
			       ALLOC_CMA))
		return false;
	__del_page_from_free_list(zone, current->cpu, pfn, order);
	account_freepages(zone, current->cpu, -(s64)(1u << order), mt);
	pfn_to_page(mm, pfn)->state = PAGE_ISOLATED;
	pfn_to_page(mm, pfn)->order = order & 0xf;
	if (order + 1 >= mm->pageblock_order)
		make_movable(zone, current->cpu, pfn, order);
	return true;
}

void __putback_isolated_page(struct zone *zone, struct task_struct *current, u32 pfn, u32 order)
{
	free_one_page(zone, current, pfn, order, FPI_SKIP_REPORT_NOTIFY | FPI_TO_TAIL);
}

/* May free pages of this pageblock be moved to? mm/compaction.c:suitable_migration_target */
static bool suitable_target(const struct mm *mm, u64 block)
{
	enum migratetype mt = get_pageblock_migratetype(mm, block);

	return (mt == MIGRATE_MOVABLE || mt == MIGRATE_CMA) &&
	       buddy_order(mm, block) < (s32)mm->pageblock_order;
}

/* A free block of 2^order pages or more in the pageblock under the free scanner, from `pfn` on. */
static u32 find_free(const struct compact_scan *scan, const struct zone *zone, u64 pfn, u32 order)
{
	const struct mm *mm = zone->mm;
	u64 end = min_u64(scan->free_block + mm->pageblock_nr_pages, zone_end_pfn(zone));

	for (; pfn < end; pfn = step_over(mm, pfn))
		if (buddy_order(mm, pfn) >= (s32)order && pfn_zone(mm, pfn) == zone)
			return (u32)pfn;
	return PFN_NONE;
}

/* Moves the free scanner down to the next free block in a pageblock above low_block. */
static bool find_target(struct compact_scan *scan, const struct zone *zone, u64 low_block)
{
	const struct mm *mm = zone->mm;

	while (scan->free_block > low_block) {
		u32 pfn = suitable_target(mm, scan->free_block)
				  ? find_free(scan, zone, scan->free_pfn, 0)
				  : PFN_NONE;

		if (pfn != PFN_NONE) {
			scan->free_pfn = pfn;
			return true;
		}
		scan->free_block -= mm->pageblock_nr_pages;
		scan->free_pfn = max_u64(scan->free_block, zone->start_pfn);
	}
	return false;
}

u32 compact_take_target(struct compact_scan *scan, struct zone *zone, struct task_struct *current,
			u64 low, u32 order)
{
	struct mm *mm = zone->mm;
	u32 pfn, high;

	if (!find_target(scan, zone, low & ~(u64)(mm->pageblock_nr_pages - 1)))
		return PFN_NONE;
	pfn = find_free(scan, zone, scan->free_pfn, order);
	if (pfn == PFN_NONE)
		return PFN_NONE;
	high = (u32)buddy_order(mm, pfn);
	if (!__isolate_free_page(zone, current, pfn, high))
		return PFN_NONE;
	while (high > order) {
		high--;
		__putback_isolated_page(zone, current, pfn + (1u << high), high);
	}
	pfn_to_page(mm, pfn)->order = order & 0xf;
	return pfn;
}

void migrate_block(struct mm *mm, struct task_struct *current, u32 from, u32 to)
{
	struct page *source = pfn_to_page(mm, from), *target = pfn_to_page(mm, to);
	enum free_result result;

	assert(source->state == PAGE_USED && target->state == PAGE_ISOLATED &&
	       source->order == target->order);
	target->state = PAGE_USED;
	target->mt = source->mt;
	target->flags = source->flags;
	target->owner = source->owner;
	result = free_pages(mm, current, from, source->order);
	assert(result == FREE_OK);
}

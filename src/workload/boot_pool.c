/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which page of before the simulation goes when a trace frees one that it did not allocate.
 * A boot from /proc text places such pages one by one (order 0), so a block of a higher order is
 * given back page by page by the caller; larger held blocks are split here. A page whose
 * pageblock changed its type behind a cursor is found by the cursor of the whole zone.
 */
#include "workload/boot_pool.h"

#include <assert.h>
#include <stdlib.h>

#include "mm/alloc.h"

#define ANY_TYPE MIGRATE_TYPES

static u64 *cursor_of(struct boot_pool *pool, const struct zone *zone, u32 mt)
{
	return &pool->cursor[zone->idx * (MIGRATE_TYPES + 1u) + mt];
}

bool boot_pool_init(struct boot_pool *pool, struct mm *mm, struct err *err)
{
	pool->mm = mm;
	pool->cursor = calloc(mm->nr_zones * (MIGRATE_TYPES + 1u), sizeof(*pool->cursor));
	if (!pool->cursor)
		return err_set(err, ERR_HOST_RES, "no memory for the replay");
	for_each_zone(mm, zone)
		for (u32 mt = 0; mt <= ANY_TYPE; mt++)
			*cursor_of(pool, zone, mt) = zone->start_pfn;
	return true;
}

void boot_pool_finish(struct boot_pool *pool)
{
	free(pool->cursor);
	pool->cursor = NULL;
}

static bool is_boot_head(const struct mm *mm, u64 pfn)
{
	const struct page *page = pfn_to_page(mm, pfn);

	return page->state == PAGE_USED && page->owner == MM_OWNER_BOOT;
}

/* The frame behind what begins at pfn. */
static u64 step_over(const struct mm *mm, u64 pfn)
{
	const struct page *page;

	if (!(pfn & ((1ull << mm->max_order) - 1)) && pfn_to_top(mm, pfn)->free)
		return pfn + (1ull << mm->max_order);
	page = pfn_to_page(mm, pfn);
	return pfn + (page->state == PAGE_NONE ? 1 : 1ull << page->order);
}

static u32 search(struct boot_pool *pool, const struct zone *zone, u32 mt)
{
	const struct mm *mm = pool->mm;
	u64 *cursor = cursor_of(pool, zone, mt), end = zone_end_pfn(zone), pfn = *cursor;

	while (pfn < end) {
		if (mt != ANY_TYPE && pfn_to_pageblock(mm, pfn)->mt != mt) {
			pfn = (pfn | (mm->pageblock_nr_pages - 1)) + 1;
			continue;
		}
		if (is_boot_head(mm, pfn) && pfn_zone(mm, pfn) == zone) {
			*cursor = pfn;
			return (u32)pfn;
		}
		pfn = step_over(mm, pfn);
	}
	*cursor = end;
	return PFN_NONE;
}

static u32 search_zone(struct boot_pool *pool, const struct zone *zone, u32 mt)
{
	u32 pfn = mt == ANY_TYPE ? PFN_NONE : search(pool, zone, mt);

	return pfn == PFN_NONE ? search(pool, zone, ANY_TYPE) : pfn;
}

/* A held block of boot as pages: mm hands out larger ones only from exact lists. */
static u32 split_head(struct boot_pool *pool, u32 pfn)
{
	u32 order = pfn_to_page(pool->mm, pfn)->order;

	if (order) {
		enum free_result result = split_page(pool->mm, pfn, order, 0);

		assert(result == FREE_OK);
	}
	return pfn;
}

u32 boot_pool_take(struct boot_pool *pool, u32 hint, bool *exact)
{
	struct mm *mm = pool->mm;
	const struct zone *home = NULL;
	u32 mt = ANY_TYPE, pfn;

	*exact = false;
	if (hint != PFN_NONE && pfn_in_map(mm, hint))
		home = pfn_zone(mm, hint);
	if (home) {
		if (is_boot_head(mm, hint)) {
			*exact = true;
			return split_head(pool, hint);
		}
		mt = pfn_to_pageblock(mm, hint)->mt;
		pfn = search_zone(pool, home, mt);
		if (pfn != PFN_NONE)
			return split_head(pool, pfn);
	}
	for (u32 i = mm->nr_zones; i-- > 0;) {
		if (&mm->zones[i] == home || !populated_zone(&mm->zones[i]))
			continue;
		pfn = search_zone(pool, &mm->zones[i], mt);
		if (pfn != PFN_NONE)
			return split_head(pool, pfn);
	}
	return PFN_NONE;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recounts the slow truth and compares it with the fast state: list links and counts, buddies that
 * should have merged, counters with their per-CPU parts, each page frame in exactly one place.
 */
#include "mm/check.h"

#include <stdlib.h>
#include <string.h>

#include "mm/buddy.h"
#include "mm/pcp.h"
#include "mm/vmstat.h"

struct mm_checker {
	enum check_level level;
	u32 every, countdown;
	struct page_census *start; /* [nr_zones] */
	struct err err;
};

static bool broken(const struct zone *zone, struct err *err, const char *what, u64 where, s64 want,
		   s64 got)
{
	return err_set(err, ERR_BUG,
		       "invariant broken: node %u zone %s: %s at %llu: expected %lld, found %lld",
		       zone->nid, zone_name((enum zone_type)zone->type), what,
		       (unsigned long long)where, (long long)want, (long long)got);
}

/* One free list: linked both ways, of the right blocks, as long as counted. */
static bool check_list(struct zone *zone, u32 order, enum migratetype mt, struct err *err)
{
	const struct mm *mm = zone->mm;
	const struct free_area *area = &zone->free_area[order];
	u32 n = 0, prev = PFN_NONE;

	for (u32 pfn = area->free_list[mt].head; pfn != PFN_NONE;
	     prev = pfn, pfn = free_list_next(mm, pfn, order)) {
		if (n++ == area->nr_list[mt])
			return broken(zone, err, "free list longer than counted", pfn,
				      area->nr_list[mt], n);
		if (pfn & ((1u << order) - 1))
			return broken(zone, err, "free block misaligned", pfn, 0, order);
		if (!page_is_buddy(zone, pfn, order))
			return broken(zone, err, "block on a free list is not free", pfn, order,
				      buddy_order(mm, pfn));
		if (buddy_list_type(mm, pfn, order) != mt)
			return broken(zone, err, "block on the list of another type", pfn, mt,
				      buddy_list_type(mm, pfn, order));
		/* With grouping off the kernel moves pages to Movable lists all the same when
		   they are isolated, and lets the pageblock be Unmovable. */
		if (mm->profile->freelist_hygiene && !mm->page_group_by_mobility_disabled &&
		    get_pageblock_migratetype(mm, pfn) != mt)
			return broken(zone, err, "list type is not the pageblock's", pfn,
				      get_pageblock_migratetype(mm, pfn), mt);
	}
	if (n != area->nr_list[mt] || area->free_list[mt].tail != prev)
		return broken(zone, err, "free list count", order, area->nr_list[mt], n);
	if ((zone->free_orders[mt] >> order & 1) != (n != 0))
		return broken(zone, err, "order bitmap", order, n != 0,
			      zone->free_orders[mt] >> order & 1);
	return true;
}

static s64 with_diffs(const struct zone *zone, enum zone_stat_item item)
{
	s64 x = zone->vm_stat[item];

	for (u32 cpu = 0; cpu < zone->mm->nr_cpus; cpu++)
		x += zone->pageset[cpu].vm_stat_diff[item];
	return x;
}

/* Counters against the counts of blocks. */
static bool check_counters(struct zone *zone, struct err *err)
{
	const struct mm *mm = zone->mm;
	s64 pages = 0, blocks = 0, cma = 0, highatomic = 0;

	for (u32 o = 0; o <= mm->max_order; o++) {
		const struct free_area *area = &zone->free_area[o];
		u64 sum = 0;

		for (u32 mt = 0; mt < MIGRATE_TYPES; mt++)
			sum += area->nr_list[mt];
		if (sum != area->nr_free)
			return broken(zone, err, "nr_free of order", o, (s64)sum, area->nr_free);
		sum -= area->nr_list[MIGRATE_ISOLATE];
		pages += (s64)sum << o;
		blocks += o >= mm->pageblock_order ? (s64)sum << o : 0;
		cma += (s64)area->nr_list[MIGRATE_CMA] << o;
		highatomic += (s64)area->nr_list[MIGRATE_HIGHATOMIC] << o;
	}
	if (with_diffs(zone, NR_FREE_PAGES) != pages)
		return broken(zone, err, "nr_free_pages", 0, pages,
			      with_diffs(zone, NR_FREE_PAGES));
	if (with_diffs(zone, NR_FREE_CMA_PAGES) != cma)
		return broken(zone, err, "nr_free_cma", 0, cma,
			      with_diffs(zone, NR_FREE_CMA_PAGES));
	if (mm->profile->free_pages_blocks && with_diffs(zone, NR_FREE_PAGES_BLOCKS) != blocks)
		return broken(zone, err, "nr_free_pages_blocks", 0, blocks,
			      with_diffs(zone, NR_FREE_PAGES_BLOCKS));
	if (mm->profile->highatomic_free_exact && zone->nr_free_highatomic != highatomic)
		return broken(zone, err, "nr_free_highatomic", 0, highatomic,
			      zone->nr_free_highatomic);
	return true;
}

static bool check_pcp(struct zone *zone, u32 cpu, struct err *err)
{
	const struct mm *mm = zone->mm;
	const struct per_cpu_pages *pcp = &zone->pageset[cpu];
	s64 pages = 0;

	for (u32 i = 0; i < NR_PCP_LISTS; i++) {
		u32 order = pindex_to_order(mm, i), prev = PFN_NONE;

		for (u32 pfn = pcp->lists[i].head; pfn != PFN_NONE;
		     prev = pfn, pfn = pfn_to_page(mm, pfn)->link.next) {
			const struct page *page = pfn_to_page(mm, pfn);

			if (page->state != PAGE_PCP || page->order != order ||
			    !zone_spans_pfn(zone, pfn) ||
			    (prev != PFN_NONE && page->link.prev != prev))
				return broken(zone, err, "page on a per-CPU list", pfn, PAGE_PCP,
					      page->state);
			pages += 1ll << order;
			if (pages > pcp->count)
				return broken(zone, err, "per-CPU count", cpu, pcp->count, pages);
		}
		if (pcp->lists[i].tail != prev)
			return broken(zone, err, "per-CPU list tail", cpu, prev,
				      pcp->lists[i].tail);
	}
	if (pages != pcp->count)
		return broken(zone, err, "per-CPU count", cpu, pcp->count, pages);
	return true;
}

/* A free block whose buddy is free too, of a type it merges with, should not exist. */
static bool unmerged(const struct zone *zone, u64 pfn, u32 order)
{
	const struct mm *mm = zone->mm;
	u64 buddy = pfn ^ (1ull << order);
	enum migratetype a, b;

	if (order >= mm->max_order || !page_is_buddy(zone, buddy, order))
		return false;
	a = get_pageblock_migratetype(mm, pfn);
	b = get_pageblock_migratetype(mm, buddy);
	/* Pageblocks that are being isolated one by one are left in pieces. */
	if (order >= mm->pageblock_order && a == MIGRATE_ISOLATE)
		return false;
	return order < mm->pageblock_order || a == b ||
	       (migratetype_is_mergeable(a) && migratetype_is_mergeable(b));
}

/* Walks the zone from head to head; counts each block once. */
static bool check_frames(struct zone *zone, struct page_census *c, struct err *err)
{
	const struct mm *mm = zone->mm;
	u64 pfn = zone->start_pfn, blocks[NR_PAGE_ORDERS_LIMIT] = {0};

	while (pfn < zone_end_pfn(zone)) {
		const struct page *page = pfn_to_page(mm, pfn);
		s32 order = buddy_order(mm, pfn);

		if (order >= 0) {
			if (unmerged(zone, pfn, (u32)order))
				return broken(zone, err, "two free buddies did not merge", pfn, 0,
					      order);
			blocks[order]++;
			c->free += 1ull << order;
		} else if (page->state == PAGE_NONE) {
			pfn++;
			continue;
		} else {
			order = page->order;
			if (pfn & ((1ull << order) - 1) ||
			    pfn + (1ull << order) > zone_end_pfn(zone))
				return broken(zone, err, "block misplaced", pfn, 0, order);
			if (page->state == PAGE_PCP)
				c->pcp += 1ull << order;
			else if (page->state == PAGE_USED)
				c->used += 1ull << order;
			else
				c->isolated += 1ull << order;
		}
		for (u64 p = pfn + 1; (u32)order < mm->max_order && p < pfn + (1ull << order); p++)
			if (pfn_to_page(mm, p)->state != PAGE_NONE)
				return broken(zone, err, "a block begins inside another", p,
					      PAGE_NONE, pfn_to_page(mm, p)->state);
		pfn += 1ull << order;
	}
	for (u32 o = 0; o <= mm->max_order; o++)
		if (blocks[o] != zone->free_area[o].nr_free)
			return broken(zone, err, "free blocks found in memory, order", o,
				      zone->free_area[o].nr_free, (s64)blocks[o]);
	return true;
}

static bool check_zone_full(struct zone *zone, struct page_census *census, struct err *err)
{
	struct mm *mm = zone->mm;
	struct page_census c = {0};
	u64 pcp = 0, known;

	for (u32 o = 0; o <= mm->max_order; o++)
		for (u32 mt = 0; mt < MIGRATE_TYPES; mt++)
			if (!check_list(zone, o, (enum migratetype)mt, err))
				return false;
	for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++) {
		if (!check_pcp(zone, cpu, err))
			return false;
		pcp += (u64)zone->pageset[cpu].count;
	}
	if (!check_frames(zone, &c, err))
		return false;
	if (c.pcp != pcp)
		return broken(zone, err, "pages on per-CPU lists", 0, (s64)pcp, (s64)c.pcp);
	known = c.free + c.pcp + c.used + c.isolated;
	if (known > zone->managed_pages)
		return broken(zone, err, "more pages than managed", 0, (s64)zone->managed_pages,
			      (s64)known);
	c.other = zone->managed_pages - known;
	if (census)
		*census = c;
	return true;
}

bool mm_check(struct mm *mm, enum check_level level, struct page_census *census, struct err *err)
{
	for_each_populated_zone(mm, zone) {
		if (level != CHECK_OFF && !check_counters(zone, err))
			return false;
		if (level == CHECK_FULL &&
		    !check_zone_full(zone, census ? &census[zone->idx] : NULL, err))
			return false;
	}
	return level != CHECK_FULL || !mm->vm || mm_check_lru(mm, err);
}

/* Pages nobody knows of stay nobody's: none is lost, none appears. */
static bool conserved(struct mm *mm, const struct page_census *start,
		      const struct page_census *now, struct err *err)
{
	for_each_populated_zone(mm, zone)
		if (start[zone->idx].other != now[zone->idx].other)
			return broken(zone, err, "pages lost or found", 0,
				      (s64)start[zone->idx].other, (s64)now[zone->idx].other);
	return true;
}

static void check_now(struct mm *mm)
{
	struct mm_checker *checker = mm->checker;
	struct page_census *now = NULL;
	bool ok;

	if (--checker->countdown || checker->err.kind != ERR_NONE)
		return;
	checker->countdown = checker->every;
	if (checker->level == CHECK_FULL)
		now = calloc(mm->nr_zones, sizeof(*now));
	ok = mm_check(mm, checker->level, now, &checker->err);
	if (ok && now)
		ok = conserved(mm, checker->start, now, &checker->err);
	free(now);
	if (!ok && mm->engine)
		engine_stop(mm->engine);
}

bool mm_check_start(struct mm *mm, enum check_level level, u32 every, struct err *err)
{
	struct mm_checker *checker;

	if (level == CHECK_OFF)
		return true;
	checker = calloc(1, sizeof(*checker));
	if (checker)
		checker->start = calloc(mm->nr_zones, sizeof(*checker->start));
	if (!checker || !checker->start) {
		free(checker);
		return err_set(err, ERR_HOST_RES, "no memory for the checks");
	}
	checker->level = level;
	checker->every = checker->countdown = every ? every : 1024;
	mm->checker = checker;
	mm->op_check = check_now;
	mm_choose_paths(mm);
	return mm_check(mm, level, checker->start, err);
}

void mm_check_stop(struct mm *mm)
{
	if (!mm->checker)
		return;
	err_clear(&mm->checker->err);
	free(mm->checker->start);
	free(mm->checker);
	mm->checker = NULL;
	mm->op_check = NULL;
	mm_choose_paths(mm);
}

bool mm_check_result(const struct mm *mm, struct err *err)
{
	if (!mm->checker || mm->checker->err.kind == ERR_NONE)
		return true;
	return err_set(err, ERR_BUG, "%s", mm->checker->err.text);
}

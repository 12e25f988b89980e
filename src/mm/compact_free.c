/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The free scanner: walks down from a zone's end and isolates free pages for others to move to; for
 * an allocation it first looks at the free lists of lower orders, which is faster.
 * mm/compaction.c (7.2): isolate_freepages, fast_isolate_freepages, compaction_alloc. The zone's
 * lock is held from the first free block of 32 frames looked at to the last.
 */
#include "mm/alloc.h"
#include "mm/compact_internal.h"
#include "mm/isolate.h"
#include "mm/vmstat.h"

/* Keeps a free block for this run. False: the zone would fall below its min mark. */
static bool isolate_free(struct compact_control *cc, u32 pfn, u32 order)
{
	struct mm *mm = cc->mm;
	u32 piece = mm->profile->compact_targets_by_order ? order : 0;

	if (!__isolate_free_page(cc->zone, cc->current, pfn, order))
		return false;
	for (u32 at = pfn; at < pfn + (1u << order); at += 1u << piece) {
		pfn_to_page(mm, at)->state = PAGE_ISOLATED;
		pfn_to_page(mm, at)->order = piece & 0xf;
		page_list_add_tail(mm, &cc->freepages[piece], at);
	}
	cc->nr_freepages += 1u << order;
	count_vm_events(mm, COMPACTISOLATED, 1u << order);
	task_charge(cc->current, CAUSE_COMPACTION, mm->costs.compact_isolate);
	return true;
}

/* The time of what was looked at and not paid for yet. */
static void charge_scan(struct compact_control *cc, u64 scanned, u64 *charged)
{
	task_charge(cc->current, CAUSE_COMPACTION,
		    (scanned - *charged) * cc->mm->costs.compact_scan);
	*charged = scanned;
}

/*
 * Isolates free blocks of [*start, end), looking at each stride-th page; *start is where it
 * stopped. Returns pages taken. mm/compaction.c:isolate_freepages_block
 */
static u64 isolate_freepages_block(struct compact_control *cc, u64 *start, u64 end, u32 stride)
{
	struct mm *mm = cc->mm;
	u64 pfn = *start, scanned = 0, taken = 0, charged = 0;

	for (; pfn < end; pfn += stride) {
		const struct page *page = pfn_to_page(mm, pfn);
		s32 order = buddy_order(mm, pfn);

		if (!(pfn % COMPACT_CLUSTER_MAX)) {
			charge_scan(cc, scanned, &charged);
			compact_unlock(cc);
		}
		scanned++;
		if (order < 0) {
			if (page->state == PAGE_USED && page->order &&
			    pfn + (1ull << page->order) <= end) {
				scanned += (1ull << page->order) - 1;
				pfn += (1ull << page->order) - stride;
			}
			continue;
		}
		if (pfn_zone(mm, pfn) != cc->zone)
			continue;
		compact_lock(cc, &cc->zone->lock);
		if (!isolate_free(cc, (u32)pfn, (u32)order))
			break;
		taken += 1ull << order;
		if (cc->nr_migratepages <= cc->nr_freepages) {
			pfn += 1ull << order;
			break;
		}
		pfn += (1ull << order) - stride;
	}
	*start = min_u64(pfn, end);
	cc->total_free_scanned += scanned;
	charge_scan(cc, scanned, &charged);
	compact_unlock(cc);
	return taken;
}

/* mm/compaction.c:suitable_migration_target */
static bool suitable_migration_target(const struct compact_control *cc, u64 block)
{
	const struct mm *mm = cc->mm;
	s32 order = cc->order > 0 ? cc->order : (s32)mm->pageblock_order;
	enum migratetype mt = get_pageblock_migratetype(mm, block);

	if (buddy_order(mm, block) >= order)
		return false;
	return cc->ignore_block_suitable || mt == MIGRATE_MOVABLE || mt == MIGRATE_CMA;
}

/*
 * The part of a free list that was passed on the way from its tail to pfn comes to the front.
 * mm/compaction.c:move_freelist_head
 */
static void move_freelist_head(struct mm *mm, struct page_list *list, u32 pfn)
{
	u32 before;

	if (list->head == pfn)
		return;
	before = pfn_to_page(mm, pfn)->link.prev;
	pfn_to_page(mm, list->tail)->link.next = list->head;
	pfn_to_page(mm, list->head)->link.prev = list->tail;
	pfn_to_page(mm, pfn)->link.prev = PFN_NONE;
	pfn_to_page(mm, before)->link.next = PFN_NONE;
	list->head = pfn;
	list->tail = before;
}

/* mm/compaction.c:next_search_order; -1: all were searched */
static s32 next_search_order(struct compact_control *cc, s32 order)
{
	if (--order < 0)
		order = cc->order - 1;
	if (order != (s32)cc->search_order)
		return order;
	cc->search_order = cc->search_order ? cc->search_order - 1 : (u32)cc->order - 1;
	return -1;
}

struct fast_search {
	u64 low_pfn, min_pfn, highest;
	u32 limit;
	u64 scanned;
};

/* One free list, from its tail: a block high enough, or the best there is. */
static u32 search_order_list(struct compact_control *cc, struct fast_search *s, u32 order,
			     u32 *looked)
{
	struct mm *mm = cc->mm;
	struct page_list *list = &cc->zone->free_area[order].free_list[MIGRATE_MOVABLE];
	u32 found = PFN_NONE, best = PFN_NONE, pfn = list->tail, last = pfn;

	for (; pfn != PFN_NONE; pfn = pfn == list->head ? PFN_NONE
							: pfn_to_page(mm, pfn)->link.prev) {
		last = pfn;
		(*looked)++;
		s->scanned++;
		if (pfn >= s->highest)
			s->highest = max_u64(block_start_pfn(mm, pfn), cc->zone->start_pfn);
		if (pfn >= s->low_pfn) {
			cc->fast_search_fail = 0;
			cc->search_order = order;
			found = pfn;
			break;
		}
		if (pfn >= s->min_pfn && (best == PFN_NONE || pfn > best)) {
			best = pfn;
			s->limit >>= 1;
		}
		if (*looked >= s->limit)
			break;
	}
	if (found == PFN_NONE)
		found = best;
	if (last != PFN_NONE)
		move_freelist_head(mm, list, last);
	return found;
}

/* The rest of the pageblock of a block that was found. mm/compaction.c:fast_isolate_around */
static void fast_isolate_around(struct compact_control *cc, u64 pfn)
{
	u64 start = max_u64(block_start_pfn(cc->mm, pfn), cc->zone->start_pfn);
	u64 end = min_u64(block_end_pfn(cc->mm, pfn), zone_end_pfn(cc->zone));

	if (cc->nr_freepages >= cc->nr_migratepages ||
	    (cc->direct_compaction && cc->mode == MIGRATE_ASYNC))
		return;
	isolate_freepages_block(cc, &start, end, 1);
	if (start == end)
		set_pageblock_skip(cc, pfn);
}

/* Nothing on the lists is high enough: at the start of a scan jump near to what there is. */
static u64 fast_search_failed(struct compact_control *cc, const struct fast_search *s,
			      bool scan_start)
{
	cc->fast_search_fail++;
	if (!scan_start)
		return 0;
	if (s->highest >= s->min_pfn && s->highest)
		cc->free_pfn = s->highest;
	else if (cc->direct_compaction && zone_spans_pfn(cc->zone, s->min_pfn))
		cc->free_pfn = s->min_pfn; /* no frame if the scanners have passed each other */
	else
		return 0;
	return cc->free_pfn;
}

/* mm/compaction.c:fast_isolate_freepages */
static void fast_isolate_freepages(struct compact_control *cc)
{
	struct mm *mm = cc->mm;
	struct zone_compact *zc = cc->zone->compact;
	u64 distance = cc->free_pfn - cc->migrate_pfn, at;
	u32 fail = cc->fast_search_fail < 15 ? cc->fast_search_fail : 15;
	struct fast_search s = {.limit = ((COMPACT_CLUSTER_MAX >> fail) + 1) / 2};
	bool scan_start = cc->free_pfn >= zc->init_free_pfn;
	u32 pfn = PFN_NONE;

	if (cc->order <= 0)
		return;
	s.limit = scan_start ? mm->pageblock_nr_pages / 2 : s.limit ? s.limit : 1;
	s.low_pfn = block_start_pfn(mm, cc->free_pfn - distance / 4);
	s.min_pfn = block_start_pfn(mm, cc->free_pfn - distance / 2);
	cc->search_order = cc->search_order < (u32)cc->order - 1 ? cc->search_order
								 : (u32)cc->order - 1;
	for (s32 order = (s32)cc->search_order; pfn == PFN_NONE && order >= 0;
	     order = next_search_order(cc, order)) {
		u32 looked = 0;

		if (!cc->zone->free_area[order].nr_free)
			continue;
		pfn = search_order_list(cc, &s, (u32)order, &looked);
		if (pfn != PFN_NONE && !isolate_free(cc, pfn, (u32)order)) {
			pfn = PFN_NONE;
			order = (s32)cc->search_order + 1; /* too little memory: give up */
		} else if (pfn != PFN_NONE) {
			s.scanned += (1ull << order) - 1;
		}
		if (looked >= s.limit)
			s.limit = s.limit > 1 ? s.limit / 2 : 1;
	}
	at = pfn == PFN_NONE ? fast_search_failed(cc, &s, scan_start) : pfn;
	if (s.highest && s.highest >= zc->cached_free_pfn)
		zc->cached_free_pfn = s.highest - mm->pageblock_nr_pages;
	cc->total_free_scanned += s.scanned;
	task_charge(cc->current, CAUSE_COMPACTION, s.scanned * mm->costs.compact_scan);
	if (s.scanned)
		task_lock_zone(cc->zone, cc->current, s.scanned * mm->costs.compact_scan);
	if (at)
		fast_isolate_around(cc, at);
}

/* The pageblock is exhausted. mm/compaction.c:update_pageblock_skip */
static void update_pageblock_skip(struct compact_control *cc, u64 block)
{
	set_pageblock_skip(cc, block);
	if (block < cc->zone->compact->cached_free_pfn)
		cc->zone->compact->cached_free_pfn = block;
}

/* mm/compaction.c:isolate_freepages */
static void isolate_freepages(struct compact_control *cc)
{
	struct mm *mm = cc->mm;
	u64 at, block, end, low = block_end_pfn(mm, cc->migrate_pfn);
	u32 stride = cc->mode == MIGRATE_ASYNC ? COMPACT_CLUSTER_MAX : 1;

	fast_isolate_freepages(cc);
	if (cc->nr_freepages)
		return;
	at = cc->free_pfn;
	block = block_start_pfn(mm, at);
	end = min_u64(block + mm->pageblock_nr_pages, zone_end_pfn(cc->zone));
	for (; block >= low; end = block, block -= mm->pageblock_nr_pages, at = block) {
		u64 taken;

		task_charge(cc->current, CAUSE_COMPACTION, mm->costs.compact_skip);
		if (!suitable_migration_target(cc, block) || !isolation_suitable(cc, block))
			continue;
		taken = isolate_freepages_block(cc, &at, end, stride);
		if (at >= end)
			update_pageblock_skip(cc, block);
		if (cc->nr_freepages >= cc->nr_migratepages) {
			if (at >= end)
				at = block - mm->pageblock_nr_pages;
			break;
		}
		if (at < end)
			break; /* the zone is short of memory */
		stride = taken ? 1 : stride < COMPACT_CLUSTER_MAX ? stride * 2 : stride;
	}
	cc->free_pfn = at;
}

/* The smallest block that fits, cut to size. */
static u32 take_free(struct compact_control *cc, u32 order)
{
	struct mm *mm = cc->mm;
	u32 pfn, o;

	for (o = order; o < NR_PAGE_ORDERS_LIMIT && cc->freepages[o].head == PFN_NONE;)
		o++;
	if (o == NR_PAGE_ORDERS_LIMIT)
		return PFN_NONE;
	pfn = page_list_del_head(mm, &cc->freepages[o]);
	while (o > order) {
		u32 half = pfn + (1u << --o);

		pfn_to_page(mm, half)->state = PAGE_ISOLATED;
		pfn_to_page(mm, half)->order = o & 0xf;
		page_list_add(mm, &cc->freepages[o], half);
	}
	pfn_to_page(mm, pfn)->order = order & 0xf;
	cc->nr_freepages -= 1u << order;
	return pfn;
}

u32 compaction_alloc(struct compact_control *cc, u32 order)
{
	u32 pfn = take_free(cc, order);

	if (pfn == PFN_NONE) {
		isolate_freepages(cc);
		pfn = take_free(cc, order);
	}
	return pfn;
}

u64 release_free_list(struct compact_control *cc)
{
	struct mm *mm = cc->mm;
	u64 high_pfn = 0;

	for (u32 order = 0; order < NR_PAGE_ORDERS_LIMIT; order++) {
		while (cc->freepages[order].head != PFN_NONE) {
			u32 pfn = page_list_del_head(mm, &cc->freepages[order]);

			high_pfn = max_u64(high_pfn, pfn);
			/* Pages of their own, freed as any: over the CPU's lists. */
			pfn_to_page(mm, pfn)->state = PAGE_USED;
			pfn_to_page(mm, pfn)->flags = 0;
			pfn_to_page(mm, pfn)->owner = 0;
			(void)free_pages(mm, cc->current, pfn, order);
		}
	}
	cc->nr_freepages = 0;
	return high_pfn;
}

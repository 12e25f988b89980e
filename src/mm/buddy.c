/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The buddy lists. A block that is taken is split so that its lowest part goes out and the upper
 * halves stay; a block that comes back merges with its free buddy as long as it can. Blocks of the
 * top order live in mm->top so that untouched memory needs no page descriptors.
 */
#include "mm/buddy.h"

#include <assert.h>

#include "mm/compaction.h"
#include "mm/pcp.h"
#include "mm/vmstat.h"

static inline struct page_link *list_link(const struct mm *mm, u64 pfn, u32 order)
{
	return order == mm->max_order ? &pfn_to_top(mm, pfn)->link : &pfn_to_page(mm, pfn)->link;
}

void page_list_init(struct page_list *list)
{
	list->head = list->tail = PFN_NONE;
}

/* Inserts at the head or tail; links of blocks of `order`. */
static inline void link_add(struct mm *mm, struct page_list *list, u32 pfn, u32 order, bool tail)
{
	struct page_link *link = list_link(mm, pfn, order);

	if (tail) {
		link->prev = list->tail;
		link->next = PFN_NONE;
		if (list->tail != PFN_NONE)
			list_link(mm, list->tail, order)->next = pfn;
		else
			list->head = pfn;
		list->tail = pfn;
		return;
	}
	link->next = list->head;
	link->prev = PFN_NONE;
	if (list->head != PFN_NONE)
		list_link(mm, list->head, order)->prev = pfn;
	else
		list->tail = pfn;
	list->head = pfn;
}

static inline void link_del(struct mm *mm, struct page_list *list, u32 pfn, u32 order)
{
	struct page_link *link = list_link(mm, pfn, order);

	if (link->prev != PFN_NONE)
		list_link(mm, link->prev, order)->next = link->next;
	else
		list->head = link->next;
	if (link->next != PFN_NONE)
		list_link(mm, link->next, order)->prev = link->prev;
	else
		list->tail = link->prev;
}

void page_list_add_tail(struct mm *mm, struct page_list *list, u32 pfn)
{
	struct page_link *link = &pfn_to_page(mm, pfn)->link;

	link->next = PFN_NONE;
	link->prev = list->tail;
	if (list->tail != PFN_NONE)
		pfn_to_page(mm, list->tail)->link.next = pfn;
	else
		list->head = pfn;
	list->tail = pfn;
}

u32 page_list_del_tail(struct mm *mm, struct page_list *list)
{
	u32 pfn = list->tail;

	if (pfn != list->head) {
		list->tail = pfn_to_page(mm, pfn)->link.prev;
		pfn_to_page(mm, list->tail)->link.next = PFN_NONE;
	} else {
		list->head = list->tail = PFN_NONE;
	}
	return pfn;
}

void set_pageblock_migratetype(struct zone *zone, u64 pfn, enum migratetype mt)
{
	struct mm *mm = zone->mm;
	struct pageblock *block = pfn_to_pageblock(mm, pfn);
	enum migratetype old = get_pageblock_migratetype(mm, pfn);

	if (mm->page_group_by_mobility_disabled && mt < MIGRATE_PCPTYPES)
		mt = MIGRATE_UNMOVABLE;
	if (mt == MIGRATE_ISOLATE && mm->profile->isolate_is_bit) {
		block->flags |= PB_isolate;
	} else {
		block->flags &= (u8)~PB_isolate;
		block->mt = (u8)mt;
	}
	if (old != mt)
		TRACE(mm, mm_pageblock_type, .zone = zone, .pfn = (u32)pfn, .from = old, .to = mt);
}

void change_pageblock_range(struct zone *zone, u64 pfn, u32 order, enum migratetype mt)
{
	struct mm *mm = zone->mm;
	u64 end = pfn + (1ull << order);

	for (; pfn < end; pfn += mm->pageblock_nr_pages)
		set_pageblock_migratetype(zone, pfn, mt);
}

s32 buddy_order(const struct mm *mm, u64 pfn)
{
	const struct page *page = pfn_to_page(mm, pfn);

	if (page->state == PAGE_BUDDY)
		return page->order;
	if (!(pfn & ((1ull << mm->max_order) - 1)) && pfn_to_top(mm, pfn)->free)
		return (s32)mm->max_order;
	return -1;
}

bool page_is_buddy(const struct zone *zone, u64 pfn, u32 order)
{
	const struct mm *mm = zone->mm;

	if (!zone_spans_pfn(zone, pfn))
		return false;
	if (order == mm->max_order)
		return pfn_to_top(mm, pfn)->free;
	return pfn_to_page(mm, pfn)->state == PAGE_BUDDY && pfn_to_page(mm, pfn)->order == order;
}

enum migratetype buddy_list_type(const struct mm *mm, u64 pfn, u32 order)
{
	return order == mm->max_order ? (enum migratetype)pfn_to_top(mm, pfn)->mt
				      : (enum migratetype)pfn_to_page(mm, pfn)->mt;
}

u32 free_list_next(const struct mm *mm, u32 pfn, u32 order)
{
	return list_link(mm, pfn, order)->next;
}

/* Free pages in whole pageblocks are counted apart. mm/page_alloc.c:__add_to_free_list (7.2) */
static inline void account_blocks(struct zone *zone, u32 cpu, u32 order, enum migratetype mt,
				  s64 sign)
{
	if (order >= zone->mm->pageblock_order && mt != MIGRATE_ISOLATE &&
	    zone->mm->profile->free_pages_blocks)
		mod_zone_page_state(zone, cpu, NR_FREE_PAGES_BLOCKS, sign * (s64)(1u << order));
}

static void block_link(struct zone *zone, u32 pfn, u32 order, enum migratetype mt, bool tail)
{
	struct mm *mm = zone->mm;
	struct free_area *area = &zone->free_area[order];

	if (order == mm->max_order) {
		pfn_to_top(mm, pfn)->free = 1;
		pfn_to_top(mm, pfn)->mt = (u8)mt;
	} else {
		struct page *page = pfn_to_page(mm, pfn);

		page->state = PAGE_BUDDY;
		page->order = order & 0xf;
		page->mt = mt & 0xf;
	}
	link_add(mm, &area->free_list[mt], pfn, order, tail);
	area->nr_list[mt]++;
	area->nr_free++;
	zone->free_orders[mt] |= BIT(order);
}

static enum migratetype block_unlink(struct zone *zone, u32 pfn, u32 order)
{
	struct mm *mm = zone->mm;
	struct free_area *area = &zone->free_area[order];
	enum migratetype mt = buddy_list_type(mm, pfn, order);

	link_del(mm, &area->free_list[mt], pfn, order);
	if (order == mm->max_order)
		pfn_to_top(mm, pfn)->free = 0;
	else
		pfn_to_page(mm, pfn)->state = PAGE_NONE;
	area->nr_free--;
	if (!--area->nr_list[mt])
		zone->free_orders[mt] &= ~BIT(order);
	return mt;
}

void __add_to_free_list(struct zone *zone, u32 cpu, u32 pfn, u32 order, enum migratetype mt,
			bool tail)
{
	block_link(zone, pfn, order, mt, tail);
	account_blocks(zone, cpu, order, mt, 1);
}

void __del_page_from_free_list(struct zone *zone, u32 cpu, u32 pfn, u32 order)
{
	account_blocks(zone, cpu, order, block_unlink(zone, pfn, order), -1);
}

void account_freepages(struct zone *zone, u32 cpu, s64 nr, enum migratetype mt)
{
	if (mt == MIGRATE_ISOLATE)
		return;
	mod_zone_page_state(zone, cpu, NR_FREE_PAGES, nr);
	if (mt == MIGRATE_CMA)
		mod_zone_page_state(zone, cpu, NR_FREE_CMA_PAGES, nr);
	else if (mt == MIGRATE_HIGHATOMIC)
		zone->nr_free_highatomic += nr;
}

u64 expand(struct zone *zone, struct task_struct *current, u32 pfn, u32 low, u32 high,
	   enum migratetype mt)
{
	u64 added = 0;

	if (low != high)
		task_charge(current, CAUSE_BUDDY, (high - low) * zone->mm->costs.buddy_split);
	while (high > low) {
		high--;
		__add_to_free_list(zone, current->cpu, pfn + (1u << high), high, mt, false);
		added += 1u << high;
	}
	return added;
}

void page_del_and_expand(struct zone *zone, struct task_struct *current, u32 pfn, u32 low, u32 high,
			 enum migratetype mt)
{
	s64 nr = (s64)(1u << high);

	__del_page_from_free_list(zone, current->cpu, pfn, high);
	nr -= (s64)expand(zone, current, pfn, low, high, mt);
	if (zone->mm->profile->account_per_page)
		account_freepages(zone, current->cpu, -nr, mt);
}

u32 __rmqueue_smallest(struct zone *zone, struct task_struct *current, u32 order,
		       enum migratetype mt)
{
	u32 orders = zone->free_orders[mt] >> order, o, pfn;

	if (!orders)
		return PFN_NONE;
	o = order + (u32)__builtin_ctz(orders);
	pfn = zone->free_area[o].free_list[mt].head;
	page_del_and_expand(zone, current, pfn, order, o, mt);
	TRACE(zone->mm, mm_page_alloc_zone_locked, .current = current, .pfn = pfn, .order = order,
	      .migratetype = mt,
	      .percpu_refill = pcp_allowed_order(zone->mm, order) && mt < MIGRATE_PCPTYPES);
	return pfn;
}

/* Types that may not merge into others keep whole pageblocks to themselves. */
static bool may_merge(struct zone *zone, u64 buddy, u32 order, enum migratetype mt,
		      enum migratetype *buddy_mt)
{
	if (order < zone->mm->pageblock_order)
		return true;
	*buddy_mt = get_pageblock_migratetype(zone->mm, buddy);
	return mt == *buddy_mt ||
	       (migratetype_is_mergeable(mt) && migratetype_is_mergeable(*buddy_mt));
}

/* Would the block one order up be completed by a buddy that is free already? Then this one should
   wait at the tail. mm/page_alloc.c:buddy_merge_likely */
static bool buddy_merge_likely(const struct zone *zone, u64 pfn, u32 order)
{
	u64 combined, higher_buddy;

	if (order + 1 >= zone->mm->max_order)
		return false;
	combined = pfn & ~(1ull << order);
	higher_buddy = combined ^ (1ull << (order + 1));
	return page_is_buddy(zone, higher_buddy, order + 1);
}

void __free_one_page(struct zone *zone, struct task_struct *current, u64 pfn, u32 order,
		     enum migratetype mt, u32 fpi_flags)
{
	struct mm *mm = zone->mm;
	bool hygiene = mm->profile->freelist_hygiene, tail;
	u32 first = order;

	account_freepages(zone, current->cpu, (s64)(1u << order), mt);
	pfn_to_page(mm, pfn)->state = PAGE_NONE;
	while (order < mm->max_order) {
		u64 buddy = pfn ^ (1ull << order);
		enum migratetype buddy_mt = mt;

		if (unlikely(current->capture) &&
		    compaction_capture(current->capture, zone, (u32)pfn, order, mt)) {
			account_freepages(zone, current->cpu, -(s64)(1u << order), mt);
			return;
		}
		if (!page_is_buddy(zone, buddy, order) ||
		    !may_merge(zone, buddy, order, mt, &buddy_mt))
			break;
		__del_page_from_free_list(zone, current->cpu, (u32)buddy, order);
		if (hygiene && buddy_mt != mt)
			change_pageblock_range(zone, buddy, order, mt);
		pfn &= ~(1ull << order);
		order++;
	}
	if (order != first)
		task_charge(current, CAUSE_BUDDY, (order - first) * mm->costs.buddy_merge);
	tail = (fpi_flags & FPI_TO_TAIL) || buddy_merge_likely(zone, pfn, order);
	__add_to_free_list(zone, current->cpu, (u32)pfn, order, mt, tail);
	TRACE(mm, mm_block_freed, .zone = zone, .pfn = (u32)pfn, .order = order,
	      .migratetype = mt, .tail = tail);
}

void free_one_page(struct zone *zone, struct task_struct *current, u64 pfn, u32 order,
		   u32 fpi_flags)
{
	struct mm *mm = zone->mm;
	u64 end = pfn + (1ull << order);

	pfn_to_page(mm, pfn)->state = PAGE_NONE;
	if (!mm->profile->freelist_hygiene || order <= mm->pageblock_order) {
		__free_one_page(zone, current, pfn, order, get_pageblock_migratetype(mm, pfn),
				fpi_flags);
		return;
	}
	for (; pfn < end; pfn += mm->pageblock_nr_pages)
		__free_one_page(zone, current, pfn, mm->pageblock_order,
				get_pageblock_migratetype(mm, pfn), fpi_flags);
}

u32 count_movable(const struct mm *mm, u64 start, u64 end, u32 *num_free)
{
	u32 movable = 0;

	for (u64 pfn = start; pfn < end;) {
		const struct page *page = pfn_to_page(mm, pfn);
		s32 order = buddy_order(mm, pfn);

		if (order >= 0) {
			if (num_free)
				*num_free += 1u << order;
			pfn += 1ull << order;
			continue;
		}
		if (page->state == PAGE_USED) {
			u64 next = pfn + (1ull << page->order);

			if (page->flags & (PG_lru | PG_movable_ops))
				movable += (u32)(min_u64(next, end) - pfn);
			pfn = next;
			continue;
		}
		pfn++;
	}
	return movable;
}

bool prep_move_freepages_block(struct zone *zone, u64 pfn, u64 *start, u32 *num_free,
			       u32 *num_movable)
{
	struct mm *mm = zone->mm;
	u64 s = pfn & ~(u64)(mm->pageblock_nr_pages - 1);
	u64 e = s + mm->pageblock_nr_pages;

	if (!zone_spans_pfn(zone, s) || !zone_spans_pfn(zone, e - 1))
		return false;
	*start = s;
	if (num_free) {
		*num_free = 0;
		*num_movable = count_movable(mm, s, e, num_free);
	}
	return true;
}

static void move_to_free_list(struct zone *zone, u32 cpu, u32 pfn, u32 order, enum migratetype mt)
{
	enum migratetype old = block_unlink(zone, pfn, order);

	block_link(zone, pfn, order, mt, true);
	if ((old == MIGRATE_ISOLATE) != (mt == MIGRATE_ISOLATE)) {
		account_blocks(zone, cpu, order, old, -1);
		account_blocks(zone, cpu, order, mt, 1);
	}
	if (zone->mm->profile->freelist_hygiene) {
		account_freepages(zone, cpu, -(s64)(1u << order), old);
		account_freepages(zone, cpu, (s64)(1u << order), mt);
	}
}

u32 move_freepages(struct zone *zone, u32 cpu, u64 start, u64 end, enum migratetype mt,
		   u32 *num_movable)
{
	struct mm *mm = zone->mm;
	u32 moved = 0;

	if (num_movable)
		*num_movable = count_movable(mm, start, end, NULL);
	for (u64 pfn = start; pfn < end;) {
		s32 order = buddy_order(mm, pfn);

		if (order < 0) {
			pfn++;
			continue;
		}
		move_to_free_list(zone, cpu, (u32)pfn, (u32)order, mt);
		pfn += 1ull << order;
		moved += 1u << order;
	}
	return moved;
}

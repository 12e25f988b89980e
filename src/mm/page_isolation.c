/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Isolation of pageblocks, after mm/page_isolation.c and mm/page_alloc.c (7.2, 6.12, 6.1). Where
 * lists follow the pageblocks' types, a free block larger than a pageblock is cut as soon as a part
 * of it is isolated; older kernels move it whole and cut it at the range's ends afterwards. Left
 * out: memory hotplug with its offline and poisoned pages, and in 6.1 the moving of blocks in use
 * that reach across an end of the range (LRU folios are never larger than a pageblock).
 */
#include "mm/page_isolation.h"

#include "mm/buddy.h"
#include "mm/isolate.h"
#include "mm/vm.h"

struct isolation {
	struct mm *mm;
	struct zone *zone;
	struct task_struct *current;
	enum migratetype mt; /* that of the range before and after */
	u32 page;	     /* cannot move */
};

u64 find_large_buddy(const struct mm *mm, u64 pfn)
{
	u64 head = pfn;
	u32 tries = 0;
	s32 order;

	while ((order = buddy_order(mm, head)) < 0) {
		if (++tries > mm->max_order)
			return pfn;
		head &= ~0ull << tries;
	}
	return head + (1ull << order) > pfn ? head : pfn;
}

/* The head of what holds a frame: a block in use, on a per-CPU list or isolated. PFN_NONE: nothing
   does, it is reserved. */
static u32 holder_of(const struct mm *mm, u64 pfn)
{
	for (u32 order = 0; order <= mm->max_order; order++) {
		u64 head = pfn & ~((1ull << order) - 1);
		const struct page *page = pfn_to_page(mm, head);

		if (page->state != PAGE_NONE)
			return pfn - head < 1ull << page->order ? (u32)head : PFN_NONE;
	}
	return PFN_NONE;
}

static bool movable(const struct page *page)
{
	return page->state != PAGE_USED || (page->flags & (PG_lru | PG_movable_ops)) ||
	       page_owner_kind(page) == OWNER_HUGETLB;
}

u32 has_unmovable_pages(const struct mm *mm, u64 start, u64 end, enum migratetype mt)
{
	const struct zone *zone = pfn_zone(mm, start);

	if (pfn_to_pageblock(mm, start)->mt == MIGRATE_CMA)
		return mt == MIGRATE_CMA ? PFN_NONE : (u32)start;
	for (u64 pfn = start; pfn < end;) {
		u64 head = find_large_buddy(mm, pfn);
		s32 order = buddy_order(mm, head);
		u32 holder;

		if (order >= 0) {
			pfn = head + (1ull << order);
			continue;
		}
		holder = holder_of(mm, pfn);
		if (holder == PFN_NONE ||
		    (zone->type != ZONE_MOVABLE && !movable(pfn_to_page(mm, holder))))
			return (u32)pfn;
		pfn = holder + (1ull << pfn_to_page(mm, holder)->order);
	}
	return PFN_NONE;
}

/* Cuts a free block into its pageblocks, each to the list of its type now. */
static void cut_free_block(struct isolation *iso, u64 head, enum migratetype from)
{
	u32 order = (u32)buddy_order(iso->mm, head);

	__del_page_from_free_list(iso->zone, iso->current->cpu, (u32)head, order);
	account_freepages(iso->zone, iso->current->cpu, -(s64)(1u << order), from);
	for (u64 pfn = head; pfn < head + (1ull << order); pfn += iso->mm->pageblock_nr_pages)
		__free_one_page(iso->zone, iso->current, pfn, iso->mm->pageblock_order,
				get_pageblock_migratetype(iso->mm, pfn), FPI_NONE);
}

/* Is the pageblock at `pfn` a part of a larger free block? Then that one's head. */
static bool in_larger_block(const struct mm *mm, u64 pfn, u64 *head)
{
	*head = find_large_buddy(mm, pfn);
	return buddy_order(mm, *head) > (s32)mm->pageblock_order;
}

/* The pageblock gets the type, and what is free in it goes to that type's lists.
   mm/page_alloc.c:move_freepages_block_isolate; 6.1: move_freepages_block */
static bool retype_block(struct isolation *iso, u64 pfn, enum migratetype to)
{
	bool hygiene = iso->mm->profile->freelist_hygiene;
	struct zone *zone = iso->zone;
	u32 cpu = iso->current->cpu, moved;
	enum migratetype from = get_pageblock_migratetype(iso->mm, pfn);
	u64 start, head;

	if (!prep_move_freepages_block(zone, pfn, &start, NULL, NULL))
		return false;
	if (hygiene && in_larger_block(iso->mm, start, &head)) {
		enum migratetype list = buddy_list_type(iso->mm, head,
							(u32)buddy_order(iso->mm, head));

		set_pageblock_migratetype(zone, start, to);
		cut_free_block(iso, head, list);
		return true;
	}
	moved = move_freepages(zone, cpu, start, start + iso->mm->pageblock_nr_pages, to, NULL);
	set_pageblock_migratetype(zone, start, to);
	if (!hygiene) {
		account_freepages(zone, cpu, -(s64)moved, from);
		account_freepages(zone, cpu, (s64)moved, to);
	}
	return true;
}

static void charge(struct isolation *iso, u64 ns)
{
	task_charge(iso->current, CAUSE_COMPACTION, ns);
	task_lock_zone(iso->zone, iso->current, ns);
}

/* [start, end) bounds what is looked at. mm/page_isolation.c:set_migratetype_isolate */
static bool set_migratetype_isolate(struct isolation *iso, u64 pfn, u64 start, u64 end)
{
	struct mm *mm = iso->mm;

	start = max_u64(pfn, start);
	end = min_u64(pfn + mm->pageblock_nr_pages, end);
	charge(iso, mm->costs.isolate_block);
	if (get_pageblock_migratetype(mm, pfn) == MIGRATE_ISOLATE)
		return false;
	iso->page = has_unmovable_pages(mm, start, end, iso->mt);
	if (iso->page != PFN_NONE || !retype_block(iso, pfn, MIGRATE_ISOLATE))
		return false;
	iso->zone->nr_isolate_pageblock++;
	return true;
}

/* A free block of a pageblock or more beside one that is free too merges with it.
   mm/page_isolation.c:unset_migratetype_isolate */
static void unset_migratetype_isolate(struct isolation *iso, u64 pfn)
{
	struct mm *mm = iso->mm;
	s32 order = buddy_order(mm, pfn);
	u64 buddy = pfn ^ (1ull << (order < 0 ? 0 : order));
	enum migratetype to = mm->profile->isolate_is_bit
				      ? (enum migratetype)pfn_to_pageblock(mm, pfn)->mt
				      : iso->mt;

	if (get_pageblock_migratetype(mm, pfn) != MIGRATE_ISOLATE)
		return;
	charge(iso, mm->costs.isolate_block);
	if (order >= (s32)mm->pageblock_order && order < (s32)mm->max_order &&
	    page_is_buddy(iso->zone, buddy, (u32)order) &&
	    get_pageblock_migratetype(mm, buddy) != MIGRATE_ISOLATE) {
		(void)__isolate_free_page(iso->zone, iso->current, (u32)pfn, (u32)order);
		set_pageblock_migratetype(iso->zone, pfn, to);
		__putback_isolated_page(iso->zone, iso->current, (u32)pfn, (u32)order);
	} else {
		(void)retype_block(iso, pfn, to);
	}
	iso->zone->nr_isolate_pageblock--;
}

/* Does a block in use reach across the border? Huge pages of the pool may. */
static bool used_across(const struct mm *mm, u64 border)
{
	const struct page *page;
	u32 holder;

	if (!pfn_in_map(mm, border) || buddy_order(mm, find_large_buddy(mm, border)) >= 0)
		return false;
	holder = holder_of(mm, border);
	if (holder == PFN_NONE || holder == border)
		return false;
	page = pfn_to_page(mm, holder);
	return page->state == PAGE_USED && page_owner_kind(page) != OWNER_HUGETLB;
}

/* Older kernels: a free block that reaches across the border is cut.
   mm/page_alloc.c:split_free_page (6.1) */
static void cut_at_border(struct isolation *iso, u64 border)
{
	u64 head;

	if (!pfn_in_map(iso->mm, border))
		return;
	head = find_large_buddy(iso->mm, border);
	if (head == border || buddy_order(iso->mm, head) <= (s32)iso->mm->pageblock_order)
		return;
	cut_free_block(iso, head, get_pageblock_migratetype(iso->mm, head));
}

/* The pageblock at an end of the range. mm/page_isolation.c:isolate_single_pageblock */
static bool isolate_end_block(struct isolation *iso, u64 pfn, u64 border, bool isolated)
{
	if (!isolated &&
	    !set_migratetype_isolate(iso, pfn, pfn, pfn + iso->mm->pageblock_nr_pages))
		return false;
	if (used_across(iso->mm, border)) {
		iso->page = (u32)border;
		if (!isolated)
			unset_migratetype_isolate(iso, pfn);
		return false;
	}
	if (!iso->mm->profile->freelist_hygiene)
		cut_at_border(iso, border);
	return true;
}

static void undo(struct isolation *iso, u64 start, u64 end)
{
	for (u64 pfn = start; pfn < end; pfn += iso->mm->pageblock_nr_pages)
		unset_migratetype_isolate(iso, pfn);
}

bool start_isolate_page_range(struct mm *mm, struct task_struct *current, u64 start, u64 end,
			      enum migratetype mt, u32 *page)
{
	u64 block = mm->pageblock_nr_pages, first = start & ~(block - 1);
	u64 behind = (end + block - 1) & ~(block - 1), last = behind - block;
	struct isolation iso = {mm, pfn_zone(mm, start), current, mt, PFN_NONE};
	bool ok = isolate_end_block(&iso, first, first, false);

	if (ok && !isolate_end_block(&iso, last, behind, first == last)) {
		unset_migratetype_isolate(&iso, first);
		ok = false;
	}
	for (u64 pfn = first + block; ok && pfn < last; pfn += block) {
		if (set_migratetype_isolate(&iso, pfn, start, end))
			continue;
		undo(&iso, first, pfn);
		unset_migratetype_isolate(&iso, last);
		ok = false;
	}
	*page = iso.page;
	return ok;
}

void undo_isolate_page_range(struct mm *mm, struct task_struct *current, u64 start, u64 end,
			     enum migratetype mt)
{
	u64 block = mm->pageblock_nr_pages;
	struct isolation iso = {mm, pfn_zone(mm, start), current, mt, PFN_NONE};

	undo(&iso, start & ~(block - 1), (end + block - 1) & ~(block - 1));
}

u64 test_pages_isolated(const struct mm *mm, u64 start, u64 end)
{
	u64 pfn = start;

	while (pfn < end) {
		s32 order = buddy_order(mm, pfn);

		if (order < 0 || get_pageblock_migratetype(mm, pfn) != MIGRATE_ISOLATE)
			return pfn;
		pfn += 1ull << order;
	}
	return pfn;
}

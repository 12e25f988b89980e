/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reserve for high-order atomic requests: pageblocks set aside after such a request succeeded,
 * given back when others can find nothing else.
 */
#include "mm/fallback.h"

#include "mm/vmstat.h"

static u64 highatomic_max(const struct zone *zone)
{
	u64 block = zone->mm->pageblock_nr_pages, percent = zone->managed_pages / 100;

	if (!zone->mm->profile->highatomic_size_gate)
		return percent + block;
	return percent < block ? 0 : (percent + block - 1) / block * block;
}

/* Moves the pageblock's free pages and sets its type; false if it is not wholly in the zone. */
static bool move_freepages_block(struct zone *zone, u32 cpu, u64 pfn, enum migratetype mt)
{
	u64 block = zone->mm->pageblock_nr_pages, start;

	if (!prep_move_freepages_block(zone, pfn, &start, NULL, NULL))
		return false;
	move_freepages(zone, cpu, start, start + block, mt, NULL);
	set_pageblock_migratetype(zone, start, mt);
	return true;
}

/* 6.1 sets the type first and moves what lies inside the zone. */
static u32 retype_then_move(struct zone *zone, u32 cpu, u64 pfn, enum migratetype mt)
{
	u64 start = pfn & ~(u64)(zone->mm->pageblock_nr_pages - 1);
	u64 end = start + zone->mm->pageblock_nr_pages;

	set_pageblock_migratetype(zone, pfn, mt);
	if (!zone_spans_pfn(zone, start))
		start = pfn;
	if (!zone_spans_pfn(zone, end - 1))
		return 0;
	return move_freepages(zone, cpu, start, end, mt, NULL);
}

void reserve_highatomic_pageblock(struct zone *zone, struct task_struct *current, u32 pfn,
				  u32 order)
{
	struct mm *mm = zone->mm;
	u64 max = highatomic_max(zone);
	bool allowed;

	allowed = max && zone->nr_reserved_highatomic < (s64)max &&
		  migratetype_is_mergeable(get_pageblock_migratetype(mm, pfn));
	TRACE(mm, mm_highatomic_reserve, .zone = zone, .pfn = pfn, .order = order,
	      .reserved = zone->nr_reserved_highatomic, .limit = (s64)max, .allowed = allowed);
	if (!allowed)
		return;
	if (!mm->profile->freelist_hygiene) {
		zone->nr_reserved_highatomic += mm->pageblock_nr_pages;
		retype_then_move(zone, current->cpu, pfn, MIGRATE_HIGHATOMIC);
		return;
	}
	if (order < mm->pageblock_order) {
		if (move_freepages_block(zone, current->cpu, pfn, MIGRATE_HIGHATOMIC))
			zone->nr_reserved_highatomic += mm->pageblock_nr_pages;
		return;
	}
	change_pageblock_range(zone, pfn, order, MIGRATE_HIGHATOMIC);
	zone->nr_reserved_highatomic += 1 << order;
}

/* Converts the reserved block at the head of a list to mt. True if pages moved. */
static bool unreserve_block(struct zone *zone, struct task_struct *current, u32 pfn, u32 order,
			    enum migratetype mt)
{
	struct mm *mm = zone->mm;
	s64 size = mm->pageblock_nr_pages;

	if (get_pageblock_migratetype(mm, pfn) == MIGRATE_HIGHATOMIC) {
		if (mm->profile->highatomic_order_sized)
			size = max_s64(size, 1 << order);
		zone->nr_reserved_highatomic -= min_s64(zone->nr_reserved_highatomic, size);
	}
	if (!mm->profile->freelist_hygiene)
		return retype_then_move(zone, current->cpu, pfn, mt) != 0;
	if (order < mm->pageblock_order)
		return move_freepages_block(zone, current->cpu, pfn, mt);
	/* The one free block above a pageblock moves as a whole. */
	move_freepages(zone, current->cpu, pfn, pfn + 1, mt, NULL);
	change_pageblock_range(zone, pfn, order, mt);
	return true;
}

bool unreserve_highatomic_pageblock(struct mm *mm, struct task_struct *current,
				    const struct alloc_context *ac, bool force)
{
	for (u32 i = 0; i < ac->nr_zonelist; i++) {
		struct zone *zone = &mm->zones[ac->zonelist[i]];

		if (zone->type > ac->highest_zoneidx ||
		    (ac->nodemask && !(ac->nodemask >> zone->nid & 1)))
			continue;
		/* The last pageblock stays unless the caller is about to give up. */
		if (!force && zone->nr_reserved_highatomic <= mm->pageblock_nr_pages)
			continue;
		for (u32 o = 0; o <= mm->max_order; o++) {
			u32 pfn = zone->free_area[o].free_list[MIGRATE_HIGHATOMIC].head;

			if (pfn != PFN_NONE &&
			    unreserve_block(zone, current, pfn, o, ac->migratetype))
				return true;
		}
	}
	return false;
}

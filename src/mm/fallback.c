/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fallback between migratetypes. Two shapes exist: modern kernels claim a pageblock (or steal a
 * page and leave the rest where it was), 6.1 moves blocks to the wanted lists and searches again.
 * Both boost the watermarks when types mix below pageblock size.
 */
#include "mm/fallback.h"

#include "mm/vmstat.h"
#include "mm/watermark.h"

/* mm/page_alloc.c:fallbacks */
static const enum migratetype fallbacks[MIGRATE_PCPTYPES][MIGRATE_PCPTYPES - 1] = {
	[MIGRATE_UNMOVABLE] = {MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE},
	[MIGRATE_MOVABLE] = {MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE},
	[MIGRATE_RECLAIMABLE] = {MIGRATE_UNMOVABLE, MIGRATE_MOVABLE},
};

enum migratetype find_fallback_type(const struct zone *zone, u32 order, enum migratetype mt)
{
	for (u32 i = 0; i < MIGRATE_PCPTYPES - 1; i++)
		if (zone->free_orders[fallbacks[mt][i]] & BIT(order))
			return fallbacks[mt][i];
	return MIGRATE_TYPES;
}

/* Is a block of this order worth taking over its whole pageblock for?
   mm/page_alloc.c:should_try_claim_block (7.2), can_steal_fallback (6.1) */
static bool should_try_claim_block(const struct mm *mm, u32 order, enum migratetype mt)
{
	return order >= mm->pageblock_order / 2 || mt == MIGRATE_RECLAIMABLE ||
	       mt == MIGRATE_UNMOVABLE || mm->page_group_by_mobility_disabled;
}

bool fallback_claimable(const struct zone *zone, u32 order, enum migratetype mt)
{
	return should_try_claim_block(zone->mm, order, mt) &&
	       find_fallback_type(zone, order, mt) != MIGRATE_TYPES;
}

static u32 first_block(const struct zone *zone, u32 order, enum migratetype mt)
{
	return zone->free_area[order].free_list[mt].head;
}

static u32 min_claim_order(const struct mm *mm, u32 order, u32 alloc_flags)
{
	return order < mm->pageblock_order && (alloc_flags & ALLOC_NOFRAGMENT) ? mm->pageblock_order
									      : order;
}

static void trace_extfrag(struct zone *zone, struct task_struct *current, u32 pfn, u32 order,
			  u32 fallback_order, enum migratetype mt,
			  enum migratetype fallback_mt)
{
	struct mm *mm = zone->mm;
	bool fragmenting = fallback_order < mm->pageblock_order;

	count_vm_events(mm, SIM_EXTFRAG, 1);
	count_vm_events(mm, SIM_EXTFRAG_FRAGMENTING, fragmenting);
	TRACE(mm, mm_page_alloc_extfrag, .current = current, .zone = zone, .pfn = pfn,
	      .alloc_order = order, .fallback_order = fallback_order, .alloc_migratetype = mt,
	      .fallback_migratetype = fallback_mt, .fragmenting = fragmenting,
	      .change_ownership = get_pageblock_migratetype(mm, pfn) == mt);
}

static void boost_and_flag(struct zone *zone, u32 alloc_flags)
{
	if (boost_watermark(zone) && (alloc_flags & ALLOC_KSWAPD))
		zone->flags |= ZONE_BOOSTED_WATERMARK;
}

/* Pages in use that would suit the new type: for movable requests the movable ones; for others,
   taking over a movable block, those that are neither free nor movable. */
static u32 alike_pages(const struct mm *mm, enum migratetype mt, enum migratetype block_mt,
		       u32 free, u32 movable)
{
	if (mt == MIGRATE_MOVABLE)
		return movable;
	return block_mt == MIGRATE_MOVABLE ? mm->pageblock_nr_pages - (free + movable) : 0;
}

static bool claim_worthwhile(const struct mm *mm, u32 free, u32 alike)
{
	return free + alike >= BIT(mm->pageblock_order - 1) || mm->page_group_by_mobility_disabled;
}

/* The block at pfn, of order >= pageblock_order, changes sides whole. */
static u32 claim_whole(struct zone *zone, struct task_struct *current, u32 pfn, u32 block_order,
		       u32 order, enum migratetype mt, enum migratetype block_mt)
{
	u32 cpu = current->cpu;
	u64 added;

	__del_page_from_free_list(zone, cpu, pfn, block_order);
	account_freepages(zone, cpu, -(s64)(1u << block_order), block_mt);
	change_pageblock_range(zone, pfn, block_order, mt);
	added = expand(zone, current, pfn, order, block_order, mt);
	account_freepages(zone, cpu, (s64)added, mt);
	return pfn;
}

static u32 claim_refused(struct zone *zone, u32 pfn, u32 order, u32 free, u32 alike)
{
	TRACE(zone->mm, mm_claim_refused, .zone = zone, .pfn = pfn, .order = order, .free = free,
	      .alike = alike);
	return PFN_NONE;
}

/* mm/page_alloc.c:try_to_claim_block (7.2) */
static u32 try_to_claim_block(struct zone *zone, struct task_struct *current, u32 pfn,
			      u32 block_order, u32 order, enum migratetype mt,
			      enum migratetype block_mt, u32 alloc_flags)
{
	struct mm *mm = zone->mm;
	u32 free, movable, alike;
	u64 start;

	if (block_order >= mm->pageblock_order)
		return claim_whole(zone, current, pfn, block_order, order, mt, block_mt);
	boost_and_flag(zone, alloc_flags);
	task_charge(current, CAUSE_FALLBACK, mm->costs.fallback_claim);
	if (!prep_move_freepages_block(zone, pfn, &start, &free, &movable))
		return claim_refused(zone, pfn, block_order, 0, 0);
	alike = alike_pages(mm, mt, block_mt, free, movable);
	if (!claim_worthwhile(mm, free, alike))
		return claim_refused(zone, pfn, block_order, free, alike);
	move_freepages(zone, current->cpu, start, start + mm->pageblock_nr_pages, mt, NULL);
	set_pageblock_migratetype(zone, start, mt);
	return __rmqueue_smallest(zone, current, order, mt);
}

/* mm/page_alloc.c:__rmqueue_claim (7.2) */
static u32 rmqueue_claim(struct zone *zone, struct task_struct *current, u32 order,
			 enum migratetype mt, u32 alloc_flags)
{
	struct mm *mm = zone->mm;
	s32 min_order = (s32)min_claim_order(mm, order, alloc_flags);

	for (s32 o = (s32)mm->max_order; o >= min_order; o--) {
		enum migratetype block_mt;
		u32 pfn;

		if (!should_try_claim_block(mm, (u32)o, mt))
			break;
		block_mt = find_fallback_type(zone, (u32)o, mt);
		if (block_mt == MIGRATE_TYPES)
			continue;
		pfn = try_to_claim_block(zone, current, first_block(zone, (u32)o, block_mt), (u32)o,
					 order, mt, block_mt, alloc_flags);
		if (pfn == PFN_NONE)
			continue;
		count_vm_events(mm, SIM_CLAIM, 1);
		trace_extfrag(zone, current, pfn, order, (u32)o, mt, block_mt);
		return pfn;
	}
	return PFN_NONE;
}

/* mm/page_alloc.c:__rmqueue_steal (7.2) */
static u32 rmqueue_steal(struct zone *zone, struct task_struct *current, u32 order,
			 enum migratetype mt)
{
	for (u32 o = order; o <= zone->mm->max_order; o++) {
		enum migratetype block_mt = find_fallback_type(zone, o, mt);
		u32 pfn;

		if (block_mt == MIGRATE_TYPES)
			continue;
		pfn = first_block(zone, o, block_mt);
		task_charge(current, CAUSE_FALLBACK, zone->mm->costs.fallback_steal);
		page_del_and_expand(zone, current, pfn, order, o, block_mt);
		count_vm_events(zone->mm, SIM_STEAL, 1);
		trace_extfrag(zone, current, pfn, order, o, mt, block_mt);
		return pfn;
	}
	return PFN_NONE;
}

/* Movable requests use CMA memory up to balance while it is more than half of what is free. */
static bool cma_first(const struct zone *zone, u32 alloc_flags)
{
	return zone->mm->cma_configured && (alloc_flags & ALLOC_CMA) &&
	       zone_page_state(zone, NR_FREE_CMA_PAGES) > zone_page_state(zone, NR_FREE_PAGES) / 2;
}

u32 rmqueue_claim_or_steal(struct zone *zone, struct task_struct *current, u32 order,
			   enum migratetype mt, u32 alloc_flags, enum rmqueue_mode *mode)
{
	u32 pfn;

	if (cma_first(zone, alloc_flags)) {
		pfn = __rmqueue_smallest(zone, current, order, MIGRATE_CMA);
		if (pfn != PFN_NONE)
			return pfn;
	}
	switch (*mode) {
	case RMQUEUE_NORMAL:
		pfn = __rmqueue_smallest(zone, current, order, mt);
		if (pfn != PFN_NONE)
			return pfn;
		/* fall through */
	case RMQUEUE_CMA:
		if (alloc_flags & ALLOC_CMA) {
			pfn = __rmqueue_smallest(zone, current, order, MIGRATE_CMA);
			if (pfn != PFN_NONE) {
				*mode = RMQUEUE_CMA;
				return pfn;
			}
		}
		/* fall through */
	case RMQUEUE_CLAIM:
		pfn = rmqueue_claim(zone, current, order, mt, alloc_flags);
		if (pfn != PFN_NONE) {
			*mode = RMQUEUE_NORMAL;
			return pfn;
		}
		/* fall through */
	case RMQUEUE_STEAL:
		break;
	}
	if (alloc_flags & ALLOC_NOFRAGMENT)
		return PFN_NONE;
	pfn = rmqueue_steal(zone, current, order, mt);
	if (pfn != PFN_NONE)
		*mode = RMQUEUE_STEAL;
	return pfn;
}

/* The range of a pageblock that 6.1 works on: trimmed at the zone's low edge, given up at its high
   one. mm/page_alloc.c:move_freepages_block (6.1) */
static u32 move_freepages_block_trimmed(struct zone *zone, u32 cpu, u64 pfn, enum migratetype mt,
					u32 *movable)
{
	u64 start = pfn & ~(u64)(zone->mm->pageblock_nr_pages - 1);
	u64 end = start + zone->mm->pageblock_nr_pages;

	*movable = 0;
	if (!zone_spans_pfn(zone, start))
		start = pfn;
	if (!zone_spans_pfn(zone, end - 1))
		return 0;
	return move_freepages(zone, cpu, start, end, mt, movable);
}

/* The found block joins the wanted lists, alone or with its pageblock's other free pages.
   mm/page_alloc.c:steal_suitable_fallback (6.1) */
static void steal_suitable_fallback(struct zone *zone, struct task_struct *current, u32 pfn,
				    u32 block_order, enum migratetype mt, u32 alloc_flags,
				    bool whole_block)
{
	struct mm *mm = zone->mm;
	enum migratetype old = get_pageblock_migratetype(mm, pfn);
	u32 free = 0, movable, alike, cpu = current->cpu;

	if (old == MIGRATE_HIGHATOMIC)
		goto single;
	if (block_order >= mm->pageblock_order) {
		change_pageblock_range(zone, pfn, block_order, mt);
		goto single;
	}
	boost_and_flag(zone, alloc_flags);
	if (!whole_block)
		goto single;
	task_charge(current, CAUSE_FALLBACK, mm->costs.fallback_claim);
	free = move_freepages_block_trimmed(zone, cpu, pfn, mt, &movable);
	if (!free)
		goto single;
	count_vm_events(mm, SIM_CLAIM, 1);
	alike = alike_pages(mm, mt, old, free, movable);
	if (claim_worthwhile(mm, free, alike))
		set_pageblock_migratetype(zone, pfn, mt);
	else
		claim_refused(zone, pfn, block_order, free, alike);
	return;
single:
	count_vm_events(mm, SIM_STEAL, 1);
	task_charge(current, CAUSE_FALLBACK, mm->costs.fallback_steal);
	__del_page_from_free_list(zone, cpu, pfn, block_order);
	__add_to_free_list(zone, cpu, pfn, block_order, mt, true);
}

/* mm/page_alloc.c:__rmqueue_fallback (6.1): true if the wanted lists have something now. */
static bool rmqueue_fallback(struct zone *zone, struct task_struct *current, u32 order,
			     enum migratetype mt, u32 alloc_flags)
{
	struct mm *mm = zone->mm;
	s32 min_order = (s32)min_claim_order(mm, order, alloc_flags), o;
	enum migratetype fallback_mt = MIGRATE_TYPES;
	bool whole_block = false;
	u32 pfn;

	for (o = (s32)mm->max_order; o >= min_order; o--) {
		fallback_mt = find_fallback_type(zone, (u32)o, mt);
		if (fallback_mt == MIGRATE_TYPES)
			continue;
		whole_block = should_try_claim_block(mm, (u32)o, mt);
		/* A movable request that cannot have the block takes the smallest page instead. */
		if (!whole_block && mt == MIGRATE_MOVABLE && o > (s32)order)
			for (o = (s32)order;; o++) {
				fallback_mt = find_fallback_type(zone, (u32)o, mt);
				if (fallback_mt != MIGRATE_TYPES)
					break;
			}
		break;
	}
	if (o < min_order && fallback_mt == MIGRATE_TYPES)
		return false;
	pfn = first_block(zone, (u32)o, fallback_mt);
	steal_suitable_fallback(zone, current, pfn, (u32)o, mt, alloc_flags, whole_block);
	trace_extfrag(zone, current, pfn, order, (u32)o, mt, fallback_mt);
	return true;
}

u32 rmqueue_move_fallback(struct zone *zone, struct task_struct *current, u32 order,
			  enum migratetype mt, u32 alloc_flags, enum rmqueue_mode *mode)
{
	u32 pfn;

	(void)mode; /* each search starts anew */
	if (cma_first(zone, alloc_flags)) {
		pfn = __rmqueue_smallest(zone, current, order, MIGRATE_CMA);
		if (pfn != PFN_NONE)
			return pfn;
	}
	for (;;) {
		pfn = __rmqueue_smallest(zone, current, order, mt);
		if (pfn == PFN_NONE && (alloc_flags & ALLOC_CMA))
			pfn = __rmqueue_smallest(zone, current, order, MIGRATE_CMA);
		if (pfn != PFN_NONE ||
		    !rmqueue_fallback(zone, current, order, mt, alloc_flags))
			return pfn;
	}
}

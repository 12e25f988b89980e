/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is compaction of a zone worth trying? Deferral after failures, suitability by free memory and
 * fragmentation, scores for proactive runs, and where runs begin again. mm/compaction.c (7.2)
 */
#include "mm/compact_internal.h"
#include "mm/fragindex.h"
#include "mm/page_alloc.h"
#include "mm/watermark.h"

/* Deferral. */

bool compaction_deferred(struct zone *zone, s32 order)
{
	struct zone_compact *zc = zone->compact;

	if (order < zc->order_failed)
		return false;
	if (++zc->considered >= 1u << zc->defer_shift) {
		zc->considered = 1u << zc->defer_shift;
		return false;
	}
	return true;
}

void defer_compaction(struct zone *zone, s32 order)
{
	struct zone_compact *zc = zone->compact;

	zc->considered = 0;
	if (zc->defer_shift < COMPACT_MAX_DEFER_SHIFT)
		zc->defer_shift++;
	if (order < zc->order_failed)
		zc->order_failed = order;
}

void compaction_defer_reset(struct zone *zone, u32 order, bool alloc_success)
{
	struct zone_compact *zc = zone->compact;

	if (!zc)
		return;
	if (alloc_success) {
		zc->considered = 0;
		zc->defer_shift = 0;
		zc->blockskip_flush = false; /* what was skipped did no harm */
	}
	if ((s32)order >= zc->order_failed)
		zc->order_failed = (s32)order + 1;
}

bool compaction_restarting(const struct zone_compact *zc, s32 order)
{
	return order >= zc->order_failed && zc->defer_shift == COMPACT_MAX_DEFER_SHIFT &&
	       zc->considered >= 1u << zc->defer_shift;
}

/* Gates. */

u64 compact_gap(const struct mm *mm, u32 order)
{
	u64 gap = 2ull << order;

	return mm->profile->compact_gap_capped ? min_u64(gap, COMPACT_CLUSTER_MAX) : gap;
}

/* The order-0 part of the test, with pages that are free or could be. */
static bool suitable_order0(const struct zone *zone, u32 order, u64 watermark, u32 highest_zoneidx,
			    s64 free_pages)
{
	const struct mm *mm = zone->mm;
	s64 mark = (s64)watermark;

	if (!mm->profile->compact_wmark_of_caller)
		mark = order > PAGE_ALLOC_COSTLY_ORDER ? wmark_pages(zone, WMARK_LOW)
						       : wmark_pages(zone, WMARK_MIN);
	mark += (s64)compact_gap(mm, order);
	if (mm->profile->compact_wmark_of_caller && order > PAGE_ALLOC_COSTLY_ORDER)
		mark += zone->_watermark[WMARK_LOW] - zone->_watermark[WMARK_MIN];
	return __zone_watermark_ok(zone, 0, mark, highest_zoneidx, ALLOC_CMA, free_pages);
}

bool compaction_suitable(const struct zone *zone, u32 order, u64 watermark, u32 highest_zoneidx)
{
	struct contig_page_info info;
	s32 index;

	if (!suitable_order0(zone, order, watermark, highest_zoneidx,
			     zone_page_state(zone, NR_FREE_PAGES)))
		return false;
	if (order <= PAGE_ALLOC_COSTLY_ORDER)
		return true;
	zone_contig_page_info(zone, order, &info);
	index = fragmentation_index(&info, order);
	return index < 0 || index > (s32)zone->mm->sysctl.extfrag_threshold;
}

enum compact_result compaction_suit_allocation_order(struct zone *zone, u32 order,
						     u32 highest_zoneidx, u32 alloc_flags,
						     bool async, bool kcompactd)
{
	struct mm *mm = zone->mm;
	s64 mark = wmark_pages(zone, alloc_flags & ALLOC_WMARK_MASK);
	enum zone_stat_item item = kcompactd && mm->sysctl.defrag_mode ? NR_FREE_PAGES_BLOCKS
								       : NR_FREE_PAGES;

	if (__zone_watermark_ok(zone, order, mark, highest_zoneidx, alloc_flags,
				zone_page_state(zone, item)))
		return COMPACT_SUCCESS;
	/* An asynchronous run for a large block must not end with movable pages in CMA only. */
	if (order > PAGE_ALLOC_COSTLY_ORDER && async && !(alloc_flags & ALLOC_CMA) &&
	    !__zone_watermark_ok(zone, 0, mark + (s64)compact_gap(mm, order), highest_zoneidx, 0,
				 zone_page_state(zone, NR_FREE_PAGES)))
		return COMPACT_SKIPPED;
	if (!compaction_suitable(zone, order, (u64)mark, highest_zoneidx))
		return COMPACT_SKIPPED;
	return COMPACT_CONTINUE;
}

bool compaction_zonelist_suitable(struct mm *mm, const struct alloc_context *ac, u32 order,
				  u32 alloc_flags)
{
	(void)alloc_flags;
	for (u32 i = next_zonelist_index(mm, ac, 0); i < ac->nr_zonelist;
	     i = next_zonelist_index(mm, ac, i + 1)) {
		const struct zone *zone = &mm->zones[ac->zonelist[i]];
		s64 available = zone_page_state_snapshot(zone, NR_FREE_PAGES);

		if (mm->pressure->zone_reclaimable_pages)
			available += (s64)mm->pressure->zone_reclaimable_pages(zone) / order;
		if (suitable_order0(zone, order, (u64)wmark_pages(zone, WMARK_MIN),
				    ac->highest_zoneidx, available))
			return true;
	}
	return false;
}

/* Scores for proactive compaction. */

u32 fragmentation_score_zone(const struct zone *zone)
{
	struct contig_page_info info;

	zone_contig_page_info(zone, zone->mm->pageblock_order, &info);
	return extfrag_for_order(&info, zone->mm->pageblock_order);
}

u32 fragmentation_score_node(const struct mm *mm, u32 nid)
{
	u64 present = 0, score = 0;

	for (u32 i = 0; i < MAX_NR_ZONES; i++)
		present += mm->zones[nid * MAX_NR_ZONES + i].present_pages;
	for (u32 i = 0; i < MAX_NR_ZONES; i++) {
		const struct zone *zone = &mm->zones[nid * MAX_NR_ZONES + i];

		if (populated_zone(zone))
			score += zone->present_pages * fragmentation_score_zone(zone) /
				 (present + 1);
	}
	return (u32)score;
}

u32 fragmentation_score_wmark(const struct mm *mm, bool low)
{
	u64 wmark_low = 100 - mm->sysctl.compaction_proactiveness;

	if (mm->profile->compact_proactive_floor) {
		wmark_low = max_u64(wmark_low, 5);
		return (u32)(low ? wmark_low : min_u64(wmark_low + 10, 100));
	}
	return (u32)(low ? wmark_low : min_u64(wmark_low + min_u64(10, wmark_low / 2), 100));
}

/* Where runs begin, after kswapd saw that there is something to find. */

static bool reset_isolation_pfn(const struct zone *zone, u64 pfn, bool source, bool target)
{
	struct mm *mm = zone->mm;
	struct pageblock *block = pfn_to_pageblock(mm, pfn);
	u64 end = min_u64(block_end_pfn(mm, pfn), zone_end_pfn(zone));

	if (pfn_zone(mm, pfn) != zone || (pfn_to_page(mm, pfn)->state == PAGE_USED &&
					  pfn_to_page(mm, pfn)->order >= mm->pageblock_order))
		return false;
	if (source && target && !(block->flags & PB_migrate_skip))
		return true;
	if (!source && target && get_pageblock_migratetype(mm, pfn) != MIGRATE_MOVABLE)
		return false;
	/* A sample of pages: is there one to move, or one to move to? */
	for (u64 at = max_u64(block_start_pfn(mm, pfn), zone->start_pfn); at < end;
	     at += 1u << PAGE_ALLOC_COSTLY_ORDER) {
		const struct page *page = pfn_to_page(mm, at);

		if ((source && page->state == PAGE_USED && (page->flags & PG_lru)) ||
		    (target && buddy_order(mm, at) >= 0)) {
			block->flags &= (u8)~PB_migrate_skip;
			return true;
		}
	}
	return false;
}

void reset_zone_isolation(struct zone *zone)
{
	struct zone_compact *zc = zone->compact;
	u64 step = zone->mm->pageblock_nr_pages;
	u64 migrate = zone->start_pfn, free = zone_end_pfn(zone) - 1;
	u64 reset_migrate = free, reset_free = migrate;
	bool source_set = false, free_set = false;

	if (!zc->blockskip_flush)
		return;
	zc->blockskip_flush = false;
	for (; migrate < free; migrate += step, free -= step) {
		if (reset_isolation_pfn(zone, migrate, true, source_set) &&
		    migrate < reset_migrate) {
			source_set = true;
			reset_migrate = migrate;
			zc->init_migrate_pfn = reset_migrate;
			zc->cached_migrate_pfn[0] = zc->cached_migrate_pfn[1] = reset_migrate;
		}
		if (reset_isolation_pfn(zone, free, free_set, true) && free > reset_free) {
			free_set = true;
			reset_free = free;
			zc->init_free_pfn = reset_free;
			zc->cached_free_pfn = reset_free;
		}
	}
	if (reset_migrate >= reset_free) {
		zc->cached_migrate_pfn[0] = zc->cached_migrate_pfn[1] = migrate;
		zc->cached_free_pfn = free;
	}
}

void reset_isolation_suitable(struct mm *mm, u32 nid)
{
	for (u32 i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = &mm->zones[nid * MAX_NR_ZONES + i];

		if (populated_zone(zone) && zone->compact)
			reset_zone_isolation(zone);
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/vmstat.h"

/* Watermarks and reserves. All in pages. */

/* With the boost, min included. include/linux/mmzone.h:wmark_pages */
static inline s64 wmark_pages(const struct zone *zone, enum zone_watermarks w)
{
	return zone->_watermark[w] + zone->watermark_boost;
}

/* Free pages that a request may not count on. mm/page_alloc.c:__zone_watermark_unusable_free */
static inline s64 unusable_free(const struct zone *zone, u32 order, u32 alloc_flags)
{
	const struct mm *mm = zone->mm;
	s64 unusable = (s64)(1u << order) - 1;

	if (!(alloc_flags & ALLOC_RESERVES))
		unusable += mm->profile->highatomic_free_exact ? zone->nr_free_highatomic
							       : zone->nr_reserved_highatomic;
	if (mm->cma_configured && !(alloc_flags & ALLOC_CMA))
		unusable += zone_page_state(zone, NR_FREE_CMA_PAGES);
	return unusable;
}

/* The early accept of single pages: discounts and the boost rule may still allow what it does not.
   mm/page_alloc.c:zone_watermark_fast */
static inline bool zone_watermark_order0(const struct zone *zone, s64 mark, u32 highest_zoneidx,
					 u32 alloc_flags)
{
	s64 free_pages = zone_page_state(zone, NR_FREE_PAGES);
	s64 usable = free_pages - min_s64(free_pages, unusable_free(zone, 0, alloc_flags));

	return usable > mark + zone->lowmem_reserve[highest_zoneidx];
}

/*
 * May a request of `order` for zones up to highest_zoneidx take pages from this zone and leave it
 * above mark? free_pages is the count to test. mm/page_alloc.c:__zone_watermark_ok
 */
bool __zone_watermark_ok(const struct zone *zone, u32 order, s64 mark, u32 highest_zoneidx,
			 u32 alloc_flags, s64 free_pages);

static inline bool zone_watermark_ok(const struct zone *zone, u32 order, s64 mark,
				     u32 highest_zoneidx, u32 alloc_flags)
{
	return __zone_watermark_ok(zone, order, mark, highest_zoneidx, alloc_flags,
				   zone_page_state(zone, NR_FREE_PAGES));
}

/* Same outcome, with the early accept of order 0 and the rule that lets some requests ignore the
   boost. mm/page_alloc.c:zone_watermark_fast */
bool zone_watermark_fast(const struct zone *zone, u32 order, s64 mark, u32 highest_zoneidx,
			 u32 alloc_flags, gfp_t gfp);

/* Raises the boost by a pageblock up to its limit; true if it is in force.
   mm/page_alloc.c:boost_watermark */
bool boost_watermark(struct zone *zone);

/* Pages above the high mark in the zones of node nid's list up to type `offset`.
   mm/page_alloc.c:nr_free_zone_pages */
u64 nr_free_zone_pages(const struct mm *mm, u32 nid, enum zone_type offset);

/* min_free_kbytes by the square root rule. mm/page_alloc.c:calculate_min_free_kbytes */
s64 calculate_min_free_kbytes(const struct mm *mm);
/* What khugepaged asks for. mm/khugepaged.c:set_recommended_min_free_kbytes */
s64 khugepaged_min_free_kbytes(const struct mm *mm);

/* Marks of all zones from min_free_kbytes, then totalreserve and per-CPU limits.
   mm/page_alloc.c:setup_per_zone_wmarks */
void setup_per_zone_wmarks(struct mm *mm, s64 min_free_kbytes);
/* mm/page_alloc.c:setup_per_zone_lowmem_reserve (recomputes totalreserve too) */
void setup_per_zone_lowmem_reserve(struct mm *mm);
/* mm/page_alloc.c:calculate_totalreserve_pages */
void calculate_totalreserve_pages(struct mm *mm);

/* floor(sqrt(x)), integers only. */
u64 int_sqrt(u64 x);

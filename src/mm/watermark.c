/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watermarks, boost and reserves: when a zone may still give a page, and to whom. Formulas follow
 * mm/page_alloc.c of the profile's kernel; integer steps matter and are kept one by one.
 */
#include "mm/watermark.h"

#include "mm/pcp.h"

/* A block of at least `order` on a list this request may take from? */
static bool suitable_block(const struct zone *zone, u32 order, u32 alloc_flags)
{
	u32 orders = zone->free_orders[MIGRATE_UNMOVABLE] | zone->free_orders[MIGRATE_MOVABLE] |
		     zone->free_orders[MIGRATE_RECLAIMABLE];

	if (alloc_flags & ALLOC_CMA)
		orders |= zone->free_orders[MIGRATE_CMA];
	if (alloc_flags & (ALLOC_HIGHATOMIC | ALLOC_OOM))
		orders |= zone->free_orders[MIGRATE_HIGHATOMIC];
	return orders >> order != 0;
}

bool __zone_watermark_ok(const struct zone *zone, u32 order, s64 mark, u32 highest_zoneidx,
			 u32 alloc_flags, s64 free_pages)
{
	s64 min = mark;

	free_pages -= unusable_free(zone, order, alloc_flags);
	if (alloc_flags & ALLOC_RESERVES) {
		if (alloc_flags & ALLOC_MIN_RESERVE) {
			min -= min / 2;
			if (alloc_flags & ALLOC_NON_BLOCK)
				min -= min / 4;
		}
		if (alloc_flags & ALLOC_OOM)
			min -= min / 2;
	}
	if (free_pages <= min + zone->lowmem_reserve[highest_zoneidx])
		return false;
	return !order || suitable_block(zone, order, alloc_flags);
}

bool zone_watermark_fast(const struct zone *zone, u32 order, s64 mark, u32 highest_zoneidx,
			 u32 alloc_flags, gfp_t gfp)
{
	s64 free_pages = zone_page_state(zone, NR_FREE_PAGES);
	bool bypass;

	if (!order && likely(zone_watermark_order0(zone, mark, highest_zoneidx, alloc_flags)))
		return true;
	if (__zone_watermark_ok(zone, order, mark, highest_zoneidx, alloc_flags, free_pages))
		return true;
	/* Atomic order-0 requests may go below a boosted min: the boost is not their concern. */
	if (order || !zone->watermark_boost ||
	    (alloc_flags & ALLOC_WMARK_MASK) != ALLOC_WMARK_MIN)
		return false;
	if (zone->mm->profile->boost_bypass_needs_atomic)
		bypass = (gfp & __GFP_ATOMIC) != 0;
	else
		bypass = (alloc_flags & ALLOC_MIN_RESERVE) != 0;
	return bypass && __zone_watermark_ok(zone, order, zone->_watermark[WMARK_MIN],
					     highest_zoneidx, alloc_flags, free_pages);
}

/* x * n / d without overflow. include/linux/math.h:mult_frac */
static u64 mult_frac(u64 x, u64 n, u64 d)
{
	return x / d * n + x % d * n / d;
}

bool boost_watermark(struct zone *zone)
{
	struct mm *mm = zone->mm;
	u64 factor = mm->sysctl.watermark_boost_factor;
	s64 max_boost, block = (s64)mm->pageblock_nr_pages;

	/* Small zones would be boosted out of existence. */
	if (!factor || (u64)block * 4 > zone->managed_pages)
		return false;
	max_boost = (s64)mult_frac((u64)zone->_watermark[WMARK_HIGH], factor, 10000);
	if (!max_boost)
		return false;
	max_boost = max_s64(block, max_boost);
	zone->watermark_boost = min_s64(zone->watermark_boost + block, max_boost);
	count_vm_events(mm, SIM_BOOST, 1);
	TRACE(mm, mm_boost, .zone = zone, .boost = zone->watermark_boost);
	return true;
}

u64 nr_free_zone_pages(const struct mm *mm, u32 nid, enum zone_type offset)
{
	const struct pglist_data *pgdat = &mm->nodes[nid];
	u64 sum = 0;

	for (u32 i = 0; i < pgdat->nr_fallback; i++) {
		const struct zone *zone = &mm->zones[pgdat->fallback[i]];
		s64 size = (s64)zone->managed_pages;
		s64 high = wmark_pages(zone, WMARK_HIGH);

		if (zone->type <= offset && size > high)
			sum += (u64)(size - high);
	}
	return sum;
}

u64 int_sqrt(u64 x)
{
	u64 r = 0;

	for (u64 bit = 1ull << 31; bit; bit >>= 1)
		if ((r + bit) * (r + bit) <= x)
			r += bit;
	return r;
}

s64 calculate_min_free_kbytes(const struct mm *mm)
{
	u64 lowmem_kbytes = nr_free_zone_pages(mm, 0, ZONE_NORMAL)
			    << (mm->page_shift - 10);
	u64 kbytes = int_sqrt(lowmem_kbytes * 16);

	return (s64)min_u64(max_u64(kbytes, 128), 262144);
}

s64 khugepaged_min_free_kbytes(const struct mm *mm)
{
	u64 nr_zones = 0, pages, cap;

	for_each_populated_zone(mm, zone)
		nr_zones += zone->type <= ZONE_NORMAL;
	/* Two free pageblocks a zone, and one more for each pair of types that may mix. */
	pages = mm->pageblock_nr_pages * nr_zones * (2 + MIGRATE_PCPTYPES * MIGRATE_PCPTYPES);
	cap = nr_free_zone_pages(mm, 0, ZONE_NORMAL) / 20;
	return (s64)(min_u64(pages, cap) << (mm->page_shift - 10));
}

/* Do this zone's pages count as low memory, out of which min_free_kbytes is cut? */
static bool is_lowmem(const struct mm *mm, const struct zone *zone)
{
	if (zone->type == ZONE_HIGHMEM)
		return false;
	if (zone->type != ZONE_MOVABLE)
		return true;
	if (mm->profile->movable_zone_min_clamped)
		return false;
	return !mm->machine->zone_configured[ZONE_HIGHMEM];
}

static void setup_zone_wmarks(struct mm *mm, struct zone *zone, u64 pages_min, u64 lowmem)
{
	u64 t = lowmem ? (u64)((unsigned __int128)pages_min * zone->managed_pages / lowmem) : 0;
	u64 scale = mm->sysctl.watermark_scale_factor;
	s64 *mark = zone->_watermark, delta;

	mark[WMARK_MIN] = is_lowmem(mm, zone)
				  ? (s64)t
				  : (s64)min_u64(max_u64(zone->managed_pages / 1024, 32), 128);
	delta = (s64)max_u64(t >> 2, mult_frac(zone->managed_pages, scale, 10000));
	zone->watermark_boost = 0;
	mark[WMARK_LOW] = mark[WMARK_MIN] + delta;
	mark[WMARK_HIGH] = mark[WMARK_LOW] + delta;
	mark[WMARK_PROMO] = mark[WMARK_HIGH] + delta;
}

void setup_per_zone_wmarks(struct mm *mm, s64 min_free_kbytes)
{
	u64 pages_min = (u64)min_free_kbytes >> (mm->page_shift - 10);
	u64 lowmem = 0;

	for_each_zone(mm, zone)
		lowmem += is_lowmem(mm, zone) ? zone->managed_pages : 0;
	for_each_zone(mm, zone)
		setup_zone_wmarks(mm, zone, pages_min, lowmem);
	calculate_totalreserve_pages(mm);
	for_each_populated_zone(mm, zone)
		zone_set_pageset_high_and_batch(zone);
}

void setup_per_zone_lowmem_reserve(struct mm *mm)
{
	for (u32 nid = 0; nid < mm->nr_nodes; nid++) {
		struct zone *zones = &mm->zones[nid * MAX_NR_ZONES];

		for (u32 i = 0; i < MAX_NR_ZONES; i++) {
			u64 ratio = mm->sysctl.lowmem_reserve_ratio[i];
			bool clear = !ratio || !zones[i].managed_pages;
			u64 managed = 0;

			for (u32 j = i + 1; j < MAX_NR_ZONES; j++) {
				managed += zones[j].managed_pages;
				zones[i].lowmem_reserve[j] = clear ? 0 : (s64)(managed / ratio);
			}
		}
	}
	calculate_totalreserve_pages(mm);
}

void calculate_totalreserve_pages(struct mm *mm)
{
	mm->totalreserve_pages = 0;
	for (u32 nid = 0; nid < mm->nr_nodes; nid++) {
		struct pglist_data *pgdat = &mm->nodes[nid];

		pgdat->totalreserve_pages = 0;
		for (u32 i = 0; i < MAX_NR_ZONES; i++) {
			struct zone *zone = &mm->zones[nid * MAX_NR_ZONES + i];
			s64 max = 0;

			for (u32 j = i; j < MAX_NR_ZONES; j++)
				max = max_s64(max, zone->lowmem_reserve[j]);
			max += wmark_pages(zone, WMARK_HIGH);
			zone->totalreserve = min_u64((u64)max, zone->managed_pages);
			pgdat->totalreserve_pages += zone->totalreserve;
		}
		mm->totalreserve_pages += pgdat->totalreserve_pages;
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Fragmentation indices. Both divisions of the fragmentation index truncate, as in the kernel. */
#include "mm/fragindex.h"

void fill_contig_page_info(const u64 *nr_free, u32 nr_orders, u32 order,
			   struct contig_page_info *info)
{
	*info = (struct contig_page_info){0};
	for (u32 o = 0; o < nr_orders; o++) {
		info->free_blocks_total += nr_free[o];
		info->free_pages += nr_free[o] << o;
		if (o >= order)
			info->free_blocks_suitable += nr_free[o] << (o - order);
	}
}

void zone_contig_page_info(const struct zone *zone, u32 order, struct contig_page_info *info)
{
	u64 nr_free[NR_PAGE_ORDERS_LIMIT];

	for (u32 o = 0; o < NR_PAGE_ORDERS_LIMIT; o++)
		nr_free[o] = zone->free_area[o].nr_free;
	fill_contig_page_info(nr_free, NR_PAGE_ORDERS_LIMIT, order, info);
}

s32 fragmentation_index(const struct contig_page_info *info, u32 order)
{
	u64 requested = 1ull << order;

	if (!info->free_blocks_total)
		return 0;
	if (info->free_blocks_suitable)
		return -1000;
	return 1000 - (s32)((1000 + info->free_pages * 1000 / requested) / info->free_blocks_total);
}

u32 unusable_free_index(const struct contig_page_info *info, u32 order)
{
	u64 unusable = info->free_pages - (info->free_blocks_suitable << order);

	return info->free_pages ? (u32)(unusable * 1000 / info->free_pages) : 1000;
}

u32 extfrag_for_order(const struct contig_page_info *info, u32 order)
{
	u64 unusable = info->free_pages - (info->free_blocks_suitable << order);

	return info->free_pages ? (u32)(unusable * 100 / info->free_pages) : 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/zone.h"

/*
 * How fragmented a zone's free memory is, for blocks of one order: computed from the counts of free
 * blocks alone. O(orders). mm/vmstat.c (7.2)
 */

/* mm/vmstat.c:struct contig_page_info */
struct contig_page_info {
	u64 free_pages;
	u64 free_blocks_total;
	u64 free_blocks_suitable; /* blocks of the wanted order that the free ones hold */
};

/* nr_free[o]: free blocks of order o; nr_orders of them. mm/vmstat.c:fill_contig_page_info */
void fill_contig_page_info(const u64 *nr_free, u32 nr_orders, u32 order,
			   struct contig_page_info *info);

/* As above, of a zone. */
void zone_contig_page_info(const struct zone *zone, u32 order, struct contig_page_info *info);

/*
 * Why would an allocation of this order fail? Towards 0: lack of memory; towards 1000:
 * fragmentation; -1000: it would not fail. mm/vmstat.c:__fragmentation_index
 */
s32 fragmentation_index(const struct contig_page_info *info, u32 order);

/* Share of free memory, in 1/1000, that blocks of this order can not be cut from.
   mm/vmstat.c:unusable_free_index */
u32 unusable_free_index(const struct contig_page_info *info, u32 order);

/* The same in percent, for proactive compaction. mm/vmstat.c:extfrag_for_order */
u32 extfrag_for_order(const struct contig_page_info *info, u32 order);

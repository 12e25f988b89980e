/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/fragindex.h"

/*
 * The kernel's two indices, in thousandths, from counts of free blocks as samples and observed
 * data hold them. nr_free[0..orders).
 */
static inline s32 index_unusable(const u64 *nr_free, u32 orders, u32 order)
{
	struct contig_page_info info;

	fill_contig_page_info(nr_free, orders, order, &info);
	return (s32)unusable_free_index(&info, order);
}

static inline s32 index_extfrag(const u64 *nr_free, u32 orders, u32 order)
{
	struct contig_page_info info;

	fill_contig_page_info(nr_free, orders, order, &info);
	return fragmentation_index(&info, order);
}

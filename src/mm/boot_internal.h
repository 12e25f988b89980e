/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/boot.h"
#include "mm/buddy.h"

/* Shared by the ways to boot. */

/*
 * Types of all pageblocks as memmap init leaves them: MOVABLE where the block's first frame is
 * memory, UNMOVABLE elsewhere. O(pageblocks). mm/mm_init.c:memmap_init_range
 */
void boot_init_pageblocks(struct mm *mm);

/* Is there too little memory to keep types apart? All pages count, none is handed over yet.
   mm/page_alloc.c:build_all_zonelists */
void boot_decide_grouping(struct mm *mm);

/* Per-CPU sets of CPUs with a large share of cache hold on to high-order frees.
   mm/page_alloc.c:zone_pcp_update_cacheinfo */
void boot_apply_cacheinfo(struct mm *mm);

/* The simulation starts at its own time 0: forgets time charged and locks held during boot. */
void boot_finish(struct mm *mm);

/*
 * Places the free blocks, per-CPU pages and pages in use of one zone as `proc` counts them; the
 * zone's lists are empty before. Pageblock types are set. err: the counts do not fit, or no memory.
 * O(pages of the zone * orders).
 */
bool boot_place_zone(struct zone *zone, const struct proc_zone *proc,
		     const struct proc_state *state, u64 seed, struct err *err);

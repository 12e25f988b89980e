/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"

/*
 * How many pageblocks of each zone hold a page that cannot move, whatever their type: nobody counts
 * that, so page frames are looked at. Looks come with samples, on an interval of their own that
 * doubles as they become many, and are put off where they would cost too much.
 */
#define MOBILITY_LOOKS	   256u
#define MOBILITY_FREE_WALK (8u << 20) /* frames, besides one for each page that was moved */

struct mobility {
	const struct mm *mm;
	u32 *blocks; /* [mm->nr_zones]: at the last look */
	u64 interval_ns;
	u32 looks, put_off;
	u64 walked, last_walk;
};

/* False: no memory. */
bool mobility_init(struct mobility *m, const struct mm *mm, u64 interval_ns);
void mobility_finish(struct mobility *m);

/* Looks if it is time, or `last`. O(blocks in use) */
void mobility_take(struct mobility *m, u64 now, u64 min_interval_ns, u64 pages_moved, bool last);

/* Pageblocks that a zone's managed memory fills. */
u64 mobility_pageblocks(const struct zone *zone);

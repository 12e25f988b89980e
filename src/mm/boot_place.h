/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/rng.h"
#include "mm/boot_internal.h"

/*
 * State of placing one zone's blocks. The map has a byte per frame of the zone; blocks are the
 * pageblocks it touches. Only the boot from /proc includes this.
 */
#define MAP_AVAIL     BIT(0) /* memory that the allocator may own, nothing placed there yet */
#define MAP_HINT_FREE BIT(1)
#define MAP_HINT_USED BIT(2)
#define MAP_HINT_LRU  (MAP_HINT_FREE | MAP_HINT_USED) /* in use, on an LRU list */
#define MAP_SOFT      BIT(3) /* likely unmanaged: used last */
#define MAP_ORDER     4	     /* shift: order + 1 of the free block placed here */

#define BLOCK_OPEN 0xff

struct place_block {
	u8 type;	 /* enum migratetype; BLOCK_OPEN: not decided */
	bool preset;	 /* decided by the config or by a neighbouring zone */
	u32 avail;	 /* frames with MAP_AVAIL at the start */
	u32 nr_placed;	 /* free blocks placed here */
	u32 votes[MIGRATE_PCPTYPES]; /* hinted frames by type */
};

struct placer {
	struct mm *mm;
	struct zone *zone;
	const struct proc_zone *proc;
	struct err *err;
	struct rng rng;
	u8 *map;
	struct place_block *blocks;
	u64 nr_blocks, first_pfn; /* first_pfn: of blocks[0] */
	u64 nr_avail;		  /* frames the allocator may own */
	bool hinted;		  /* a hint lies in this zone */
	bool lru_hinted;	  /* and tells which pages are on LRU lists */
	u64 want[MIGRATE_TYPES][NR_PAGE_ORDERS_LIMIT]; /* free blocks to place */
	s64 left[MIGRATE_TYPES];		       /* pageblocks still to get the type */
};

static inline u8 *placer_map(const struct placer *p, u64 pfn)
{
	return &p->map[pfn - p->zone->start_pfn];
}

static inline struct place_block *placer_block(const struct placer *p, u64 pfn)
{
	return &p->blocks[(pfn - p->first_pfn) >> p->mm->pageblock_order];
}

/* Fills map, blocks, want and left from the machine, the hints and the counts. */
bool placer_survey(struct placer *p, const struct proc_state *state);
/* Places the free blocks: whole pageblocks first, the types of the rest, then the small ones. */
bool placer_place_free(struct placer *p);

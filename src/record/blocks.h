/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdio.h>

#include "mm/mm.h"
#include "record/jsonw.h"

/*
 * The physical memory map over time. Memory is cut into cells of one or more pageblocks so that no
 * machine has more than BLOCKS_MAX_CELLS; a picture keeps each cell's most common pageblock type
 * and how much of it is in use, in eighths. Kept pictures are thinned as samples are.
 */
#define BLOCKS_MAX_CELLS    1024u
#define BLOCKS_MAX_PICTURES 256u
#define BLOCKS_LEVELS	    8u /* 0: all free (in the buddy lists) ... 8: all in use */

struct block_cell {
	u64 start_pfn, end_pfn; /* inside one run of memory; end exclusive */
	u64 present;
};

struct block_state {
	u8 type;  /* enum migratetype */
	u8 level; /* 0..BLOCKS_LEVELS, rounded to the nearest */
	u8 moved; /* share that moved away since the picture before: eighths, rounded up */
};

struct blocks {
	const struct mm *mm;
	struct block_cell *cell;
	u32 nr_cells;
	u64 pages_per_cell;
	u64 *free_pages;	     /* [nr_cells], of the picture being taken */
	u32 (*types)[MIGRATE_TYPES]; /* [nr_cells], likewise */
	u64 *moved_pages;	     /* [nr_cells], since the last picture */
	u64 interval_ns;
	u32 n;
	u64 *t_ns;		   /* [BLOCKS_MAX_PICTURES] */
	struct block_state *state; /* [BLOCKS_MAX_PICTURES][nr_cells] */
	u64 walked;		   /* free blocks looked at by all pictures */
	u32 put_off;		   /* pictures left out because walking would have cost too much */
};

bool blocks_init(struct blocks *b, const struct mm *mm, u64 interval_ns, struct err *err);
void blocks_finish(struct blocks *b);

/*
 * Takes a picture if now lies on the interval (which follows min_interval_ns upwards) or `last` is
 * set. Walks the free lists: O(free blocks + pageblocks). To keep that a small part of a run, a
 * picture is put off while the blocks walked so far exceed BLOCKS_FREE_WALK + pages_moved.
 */
#define BLOCKS_FREE_WALK (8u << 20)
void blocks_take(struct blocks *b, u64 now, u64 min_interval_ns, u64 pages_moved, bool last);

/* The contents of pages moved to others. */
void blocks_moved(struct blocks *b, u64 pfn, u64 pages);

/* blocks.csv: runs of cells that changed since the picture before. See docs/results.md. */
void blocks_write_csv(const struct blocks *b, FILE *out);
/* Member "map" of summary.json: geometry and what was left out. */
void blocks_write_json(const struct blocks *b, struct jsonw *w);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm_fixture.h"

/*
 * A second allocator for tests: one zone of one node, all in arrays searched from end to end, each
 * rule written once more and as plainly as possible. Kernels with auto-tuned per-CPU sets (7.2 and
 * 6.12); no boost, no reserve, no CMA, no movable pages.
 */
#define NAIVE_CPUS 2

struct naive_set {
	s32 count, high, high_min, high_max, batch, free_count, alloc_factor;
	bool previous_was_large;
	GArray *lists[NR_PCP_LISTS];
};

struct naive {
	bool drains_in_slices, large_waits_for_half_min; /* 7.2 */
	bool thp;
	u32 pages, max_order, block_order;
	s64 high_mark;
	GArray *free[NR_PAGE_ORDERS_LIMIT][MIGRATE_PCPTYPES]; /* u32 page frames, head first */
	u8 *block_type;
	s64 nr_free;
	bool below_high;
	struct naive_set sets[NAIVE_CPUS];
};

void naive_init(struct naive *n);
void naive_finish(struct naive *n);
/* A free block at the tail of its list. */
void naive_add(struct naive *n, u32 pfn, u32 order, u32 mt);
u32 naive_alloc(struct naive *n, u32 cpu, u32 order, u32 mt);
void naive_release(struct naive *n, u32 cpu, u32 pfn, u32 order);
void naive_drain(struct naive *n, u32 cpu);
void naive_decay(struct naive *n, u32 cpu);

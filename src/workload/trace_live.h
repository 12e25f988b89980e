/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "workload/trace.h"

/*
 * Which ids of a trace are live, and where their blocks are: a dense array of 8 bytes an id that
 * grows with use, and a bitmap for each block that was freed in part. Memory is O(largest number
 * of live blocks) for traces whose ids are dense; ids that run ahead of the allocations are
 * refused, so that one line cannot ask for gigabytes.
 */
struct trace_slot {
	u32 pfn; /* the owner's; TRACE_NO_PFN after the alloc */
	u32 info; /* order, state, index of the bitmap: trace_live.c's own */
};

struct trace_parts; /* a block freed in part */

struct trace_live {
	struct trace_slot *slots;
	u32 cap;
	u64 allocs;
	struct trace_parts *parts;
	u32 nr_parts, parts_cap;
	u32 parts_free; /* 1 + index of an unused one; 0: none */
	u64 blocks, pages, blocks_peak, pages_peak; /* live */
};

/* What a free or a move found. */
struct trace_freed {
	u32 pfn;   /* of the block */
	u8 order;  /* of the block */
	bool last; /* nothing of it is left */
};

/*
 * Performs one event: an alloc makes its id live, a free ends it. Moves, compact, free_boot and
 * failed allocs change nothing. *freed is filled for frees and moves. False and a located error if
 * the id is not live, is live already, runs ahead, or the part is not there any more. O(1); parts
 * O(2^order / 64).
 */
bool trace_live_apply(struct trace_live *live, const struct trace_reader *reader,
		      const struct trace_event *event, struct trace_freed *freed,
		      struct err *err);

/* Notes where an allocated block is. */
static inline void trace_live_set(struct trace_live *live, u32 id, u32 pfn)
{
	live->slots[id].pfn = pfn;
}

/* The order of a live block. */
u32 trace_live_order(const struct trace_live *live, u32 id);

/* Where it is, if the id is known; for prefetching: may be stale, never out of bounds. */
static inline u32 trace_live_peek(const struct trace_live *live, u32 id)
{
	return id < live->cap ? live->slots[id].pfn : TRACE_NO_PFN;
}

static inline void trace_live_prefetch(const struct trace_live *live, u32 id)
{
	if (id < live->cap)
		__builtin_prefetch(&live->slots[id], 1);
}

void trace_live_finish(struct trace_live *live);

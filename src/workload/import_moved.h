/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/zone.h"
#include "workload/umap.h"

/*
 * Blocks that compaction moved to a place which no event tells. They stay held under their ids;
 * when a free comes for a page that nobody is known to hold, it is taken for the new place of one
 * of these: first of the same process, then the one that was moved longest ago.
 */
struct moved_piece {
	u32 id;
	u32 owner;	 /* process */
	u16 offset;	 /* in the block, pages */
	u8 order;
	u32 prev, next;	 /* of this order, oldest first; 1 + index, 0: none */
	u32 oprev, onext; /* of this owner and order */
};

struct moved_queue {
	u32 head, tail; /* 1 + index; head: the next unused queue, while unused */
};

struct moved {
	struct moved_piece *piece;
	u32 nr_piece, piece_cap, piece_free; /* free: 1 + index, linked by next */
	struct moved_queue by_order[NR_PAGE_ORDERS_LIMIT];
	struct umap queue_of; /* owner and order -> queue */
	struct moved_queue *queue;
	u32 nr_queue, queue_cap, queue_free;
	u64 pages;
};

/* False if the host has no memory. O(1). */
bool moved_add(struct moved *moved, u32 id, u32 owner, u32 offset, u32 order);

/*
 * Takes out a piece for a free of 2^order pages by owner: of that order if there is one, else a
 * larger one, else the largest smaller one. False if there is none. O(orders).
 */
bool moved_take(struct moved *moved, u32 owner, u32 order, struct moved_piece *out);

/* A piece of this order waits. */
static inline bool moved_any(const struct moved *moved, u32 order)
{
	return moved->by_order[order].head != 0;
}

/* Takes out the piece of this order that has waited longest; moved_any() has said there is one. */
void moved_take_oldest(struct moved *moved, u32 order, struct moved_piece *out);

void moved_finish(struct moved *moved);

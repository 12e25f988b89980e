/* SPDX-License-Identifier: GPL-2.0-only */
/* The queue of blocks that compaction moved out of sight, by order and by owner and order. */
#include "workload/import_moved.h"

#include <stdlib.h>

static u64 queue_key(u32 owner, u32 order)
{
	return (u64)owner << 4 | order;
}

static bool grow(void **array, u32 *cap, size_t size)
{
	u32 want = *cap ? *cap * 2 : 64;
	void *bigger = want ? realloc(*array, want * size) : NULL;

	if (!bigger)
		return false;
	*array = bigger;
	*cap = want;
	return true;
}

/* 1 + index of an unused piece, 0: no memory. */
static u32 new_piece(struct moved *m)
{
	u32 at = m->piece_free;

	if (at) {
		m->piece_free = m->piece[at - 1].next;
		return at;
	}
	if (m->nr_piece == m->piece_cap &&
	    !grow((void **)&m->piece, &m->piece_cap, sizeof(*m->piece)))
		return 0;
	return ++m->nr_piece;
}

/* Index of the queue of an owner and order, made if need be; UMAP_NONE: no memory. */
static u32 owner_queue(struct moved *m, u32 owner, u32 order)
{
	u32 at = umap_get(&m->queue_of, queue_key(owner, order));

	if (at != UMAP_NONE)
		return at;
	if (m->queue_free) {
		at = m->queue_free - 1;
		if (!umap_put(&m->queue_of, queue_key(owner, order), at))
			return UMAP_NONE;
		m->queue_free = m->queue[at].head;
	} else {
		if (m->nr_queue == m->queue_cap &&
		    !grow((void **)&m->queue, &m->queue_cap, sizeof(*m->queue)))
			return UMAP_NONE;
		at = m->nr_queue;
		if (!umap_put(&m->queue_of, queue_key(owner, order), at))
			return UMAP_NONE;
		m->nr_queue++;
	}
	m->queue[at] = (struct moved_queue){0};
	return at;
}

bool moved_add(struct moved *m, u32 id, u32 owner, u32 offset, u32 order)
{
	u32 q = owner_queue(m, owner, order), at = q == UMAP_NONE ? 0 : new_piece(m);
	struct moved_queue *all = &m->by_order[order], *own;
	struct moved_piece *piece;

	if (!at)
		return false;
	own = &m->queue[q];
	piece = &m->piece[at - 1];
	*piece = (struct moved_piece){
		.id = id,
		.owner = owner,
		.offset = (u16)offset,
		.order = (u8)order,
		.prev = all->tail,
		.oprev = own->tail,
	};
	if (all->tail)
		m->piece[all->tail - 1].next = at;
	else
		all->head = at;
	all->tail = at;
	if (own->tail)
		m->piece[own->tail - 1].onext = at;
	else
		own->head = at;
	own->tail = at;
	m->pages += 1ull << order;
	return true;
}

static void unlink_owner(struct moved *m, const struct moved_piece *piece)
{
	u32 q = umap_get(&m->queue_of, queue_key(piece->owner, piece->order));
	struct moved_queue *own = &m->queue[q];

	if (piece->oprev)
		m->piece[piece->oprev - 1].onext = piece->onext;
	else
		own->head = piece->onext;
	if (piece->onext)
		m->piece[piece->onext - 1].oprev = piece->oprev;
	else
		own->tail = piece->oprev;
	if (own->head)
		return;
	umap_remove(&m->queue_of, queue_key(piece->owner, piece->order));
	own->head = m->queue_free;
	m->queue_free = q + 1;
}

static void take_out(struct moved *m, u32 at, struct moved_piece *out)
{
	struct moved_piece *piece = &m->piece[at - 1];
	struct moved_queue *all = &m->by_order[piece->order];

	*out = *piece;
	if (piece->prev)
		m->piece[piece->prev - 1].next = piece->next;
	else
		all->head = piece->next;
	if (piece->next)
		m->piece[piece->next - 1].prev = piece->prev;
	else
		all->tail = piece->prev;
	unlink_owner(m, piece);
	piece->next = m->piece_free;
	m->piece_free = at;
	m->pages -= 1ull << out->order;
}

/* The oldest of an order, the owner's first. 0: none. */
static u32 oldest(const struct moved *m, u32 owner, u32 order)
{
	u32 q = umap_get(&m->queue_of, queue_key(owner, order));

	return q == UMAP_NONE ? m->by_order[order].head : m->queue[q].head;
}

bool moved_take(struct moved *m, u32 owner, u32 order, struct moved_piece *out)
{
	u32 at = 0;

	for (u32 o = order; !at && o < NR_PAGE_ORDERS_LIMIT; o++)
		at = oldest(m, owner, o);
	for (u32 o = order; !at && o-- > 0;)
		at = oldest(m, owner, o);
	if (!at)
		return false;
	take_out(m, at, out);
	return true;
}

void moved_take_oldest(struct moved *m, u32 order, struct moved_piece *out)
{
	take_out(m, m->by_order[order].head, out);
}

void moved_finish(struct moved *m)
{
	umap_finish(&m->queue_of);
	free(m->piece);
	free(m->queue);
	*m = (struct moved){0};
}

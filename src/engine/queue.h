/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/engine.h"

/*
 * The pending events of one engine: a timing wheel without overflow and without memory of its
 * own. Eight levels of 256 lists cover all of u64; an event lies on the level of the highest byte
 * in which its time differs from `base`, in the list of that byte's value. Level 0 lists hold one
 * instant each.
 *
 *   insert, remove   O(1)
 *   pop              at most 8 moves over the life of an event, in practice 2 or 3
 *   due              O(1), amortised: see queue_due()
 *
 * Equal times come out in the order of insertion: they always share a list, lists are appended
 * to, and a list is spread over lower levels front to back.
 */
#define QUEUE_BYTE   8
#define QUEUE_LISTS  (1u << QUEUE_BYTE)
#define QUEUE_LEVELS (64 / QUEUE_BYTE)

struct event_list {
	struct event *head, *tail;
};

struct queue {
	u64 base;   /* no pending event is earlier, nor will be */
	u64 low;    /* nothing is due before; UINT64_MAX if empty */
	bool exact; /* an event is due at low */
	u32 levels; /* bit per level with events */
	u64 pending;
	u64 used[QUEUE_LEVELS][QUEUE_LISTS / 64]; /* bit per list with events */
	struct event_list lists[QUEUE_LEVELS][QUEUE_LISTS];
};

void queue_init(struct queue *q);
/* ev is not queued, and ev->time is not before the clock. */
void queue_insert(struct queue *q, struct event *ev);
/* ev is queued. */
void queue_remove(struct queue *q, struct event *ev);

/* Raises `low`, a mere bound, until it is exact or after `time`. Internal to queue_due(). */
void queue_refine(struct queue *q, u64 time, u64 now);

/*
 * True if an event is due at or before `time`. Nothing may be due before `now`. Most calls are a
 * comparison. One that has to search a list is followed by the clock moving into the span of that
 * list, and so by the list being spread for good: hence the amortised cost.
 */
static inline bool queue_due(struct queue *q, u64 time, u64 now)
{
	if (likely(q->low > time))
		return false;
	if (!q->exact)
		queue_refine(q, time, now);
	return q->exact && q->low <= time;
}

/*
 * Takes out the earliest event if it is due at or before `limit`, else NULL: then the caller must
 * move the clock to `limit` before it inserts anything.
 */
struct event *queue_pop_due(struct queue *q, u64 limit);

/* The earliest time without changing the queue; UINT64_MAX if empty. O(length of one list). */
u64 queue_peek_time(const struct queue *q);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pending events as a hierarchical wheel keyed by the bytes in which a time differs from the
 * base (the idea of a radix heap: Ahuja, Mehlhorn, Orlin and Tarjan, "Faster algorithms for the
 * shortest path problem", 1990, with the lists of Varghese and Lauck, "Hashed and hierarchical
 * timing wheels", 1987). It asks for a clock that never goes back, which a simulation has.
 *
 * Why it is right: all pending times are >= base. If time and base first differ in byte L, then
 * time is later than everything on the levels below L, and on one level a list with a higher
 * byte is later than one with a lower. So the first used list of the first used level holds the
 * earliest event. Moving the base to t (no later than the earliest event) changes the level of
 * those events only that share t's byte on the level where t leaves the old base: one list.
 */
#include "engine/queue.h"

#include <assert.h>
#include <string.h>

void queue_init(struct queue *q)
{
	memset(q, 0, sizeof(*q));
	q->low = UINT64_MAX;
}

/* The level on which an event at `time` lies. */
static u32 level_of(const struct queue *q, u64 time)
{
	u64 differ = (time ^ q->base) | 1;

	return (63u - (u32)__builtin_clzll(differ)) / QUEUE_BYTE;
}

static u32 byte_of(u64 time, u32 level)
{
	return (u32)(time >> (level * QUEUE_BYTE)) & (QUEUE_LISTS - 1);
}

static void list_append(struct queue *q, struct event *ev)
{
	u32 level = level_of(q, ev->time);
	u32 byte = byte_of(ev->time, level);
	struct event_list *list = &q->lists[level][byte];

	ev->slot = level * QUEUE_LISTS + byte + 1;
	ev->next = NULL;
	ev->prev = list->tail;
	if (list->tail) {
		list->tail->next = ev;
	} else {
		list->head = ev;
		q->used[level][byte / 64] |= 1ull << byte % 64;
		q->levels |= BIT(level);
	}
	list->tail = ev;
}

static void list_emptied(struct queue *q, u32 level, u32 byte)
{
	u64 *used = q->used[level];

	used[byte / 64] &= ~(1ull << byte % 64);
	if (!(used[0] | used[1] | used[2] | used[3]))
		q->levels &= ~BIT(level);
}

void queue_insert(struct queue *q, struct event *ev)
{
	assert(ev->time >= q->base);
	list_append(q, ev);
	q->pending++;
	if (ev->time <= q->low) {
		q->low = ev->time;
		q->exact = true;
	}
}

void queue_remove(struct queue *q, struct event *ev)
{
	u32 level = (ev->slot - 1) / QUEUE_LISTS;
	u32 byte = (ev->slot - 1) % QUEUE_LISTS;
	struct event_list *list = &q->lists[level][byte];

	assert(ev->slot && level < QUEUE_LEVELS);
	if (ev->prev)
		ev->prev->next = ev->next;
	else
		list->head = ev->next;
	if (ev->next)
		ev->next->prev = ev->prev;
	else
		list->tail = ev->prev;
	if (!list->head)
		list_emptied(q, level, byte);
	ev->slot = 0;
	q->pending--;
	if (ev->time == q->low)
		q->exact = false; /* low stays true as a bound */
}

/* Moves the base to `time`, no later than any pending event, and spreads the list it enters. */
static void move_base(struct queue *q, u64 time)
{
	u32 level = level_of(q, time);
	u32 byte = byte_of(time, level);
	struct event_list *list = &q->lists[level][byte];
	struct event *ev = list->head;

	q->base = time;
	if (!level || !ev)
		return;
	list->head = NULL;
	list->tail = NULL;
	list_emptied(q, level, byte);
	while (ev) {
		struct event *next = ev->next;

		list_append(q, ev);
		ev = next;
	}
}

/* The list that holds the earliest event, of a queue that is not empty. */
static void first_list(const struct queue *q, u32 *level, u32 *byte)
{
	const u64 *used;
	u32 word = 0;

	*level = (u32)__builtin_ctz(q->levels);
	used = q->used[*level];
	while (!used[word])
		word++;
	*byte = word * 64 + (u32)__builtin_ctzll(used[word]);
}

/* The start of that list's span, on level 0 its very time: nothing is due before. */
static u64 first_bound(const struct queue *q, u32 *level)
{
	u32 shift, byte;

	first_list(q, level, &byte);
	shift = *level * QUEUE_BYTE;
	return (((q->base >> shift) & ~(u64)(QUEUE_LISTS - 1)) | byte) << shift;
}

u64 queue_peek_time(const struct queue *q)
{
	u64 time = UINT64_MAX;
	u32 level, byte;

	if (q->exact)
		return q->low;
	if (!q->pending)
		return UINT64_MAX;
	first_list(q, &level, &byte);
	if (!level)
		return q->lists[0][byte].head->time;
	for (const struct event *ev = q->lists[level][byte].head; ev; ev = ev->next)
		time = min_u64(time, ev->time);
	return time;
}

void queue_refine(struct queue *q, u64 time, u64 now)
{
	u32 level;

	if (!q->pending) {
		q->low = UINT64_MAX;
		return;
	}
	if (now > q->base)
		move_base(q, now);
	q->low = first_bound(q, &level);
	q->exact = level == 0;
	if (q->exact || q->low > time)
		return;
	q->low = queue_peek_time(q);
	q->exact = true;
}

/*
 * Brings the earliest event to level 0 and makes low exact, unless it turns out to be after
 * `limit`. Base may come to lie between the clock and `limit`.
 */
static void descend(struct queue *q, u64 limit)
{
	while (q->pending) {
		u32 level;

		q->low = first_bound(q, &level);
		q->exact = level == 0;
		if (q->exact || q->low > limit)
			return;
		move_base(q, q->low);
	}
	q->low = UINT64_MAX;
}

struct event *queue_pop_due(struct queue *q, u64 limit)
{
	struct event_list *list;
	struct event *ev;
	u32 level, byte;

	if (q->low > limit)
		return NULL;
	if (!q->exact)
		descend(q, limit);
	if (!q->exact || q->low > limit)
		return NULL;
	if (q->low != q->base)
		move_base(q, q->low);
	byte = byte_of(q->low, 0);
	list = &q->lists[0][byte];
	ev = list->head;
	list->head = ev->next;
	ev->slot = 0;
	q->pending--;
	if (list->head) { /* another at the same instant: low stays exact */
		list->head->prev = NULL;
		return ev;
	}
	list->tail = NULL;
	list_emptied(q, 0, byte);
	q->low = q->pending ? first_bound(q, &level) : UINT64_MAX;
	q->exact = q->pending && level == 0;
	return ev;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * Clock and event queue. Time is u64 nanoseconds. Events fire in the total order (time, seq):
 * seq counts schedulings, so equal times fire in the order they were asked for. Nothing here
 * knows of memory. Complexities: schedule and cancel O(1), next O(1) amortised (engine/queue.h).
 */
struct engine;
struct event;
struct fiber;

typedef void (*event_fn)(struct engine *eng, struct event *ev);

struct event { /* embedded in its owner; zeroed = not scheduled */
	u64 time;
	struct event *next, *prev; /* queue's own, as is slot: 0 = not scheduled */
	event_fn fire;
	u64 seq;
	u32 slot;
};

enum engine_stop {
	ENGINE_IDLE,	    /* nothing left to do */
	ENGINE_TIME_LIMIT,  /* `until` reached */
	ENGINE_STOPPED,	    /* engine_stop() */
	ENGINE_NO_PROGRESS, /* more than ENGINE_SAME_TIME_MAX events at one instant */
	ENGINE_NO_MEMORY,   /* the host has none for the queue or a stack */
};

#define ENGINE_SAME_TIME_MAX 10000000ull

/* NULL if the host has no memory. */
struct engine *engine_create(void);
void engine_destroy(struct engine *eng);

u64 engine_now(const struct engine *eng);
u64 engine_events(const struct engine *eng); /* fired so far, arrivals included */

/* Schedules ev (not scheduled now) at max(time, now). */
void engine_at(struct engine *eng, struct event *ev, u64 time);
/* True if it was scheduled. */
bool engine_cancel(struct engine *eng, struct event *ev);
static inline bool event_pending(const struct event *ev)
{
	return ev->slot != 0;
}

/* a + b, at most UINT64_MAX: times far off must not come round to the past. */
static inline u64 time_add(u64 a, u64 b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/*
 * Earliest due time of events and arrivals; UINT64_MAX if none. Usually O(1), at worst O(pending):
 * to pass time ask engine_advance(), which needs no exact answer.
 */
u64 engine_next_time(const struct engine *eng);

/*
 * Moves the clock forward without firing anything: only if nothing is due at or before `time`.
 * This is how cpu_spend() passes time when nobody else waits. False (clock unmoved) otherwise,
 * and whenever engine_run() has to get a look in: `time` is past its limit, a stop or interrupt
 * is wanted, or the clock has been advanced by 0 for too long. The caller then schedules itself.
 */
bool engine_advance(struct engine *eng, u64 time);

/*
 * Arrivals: a stream already in time order (a trace), merged with the queue instead of pushed
 * through it. next_time says when the next one is due (UINT64_MAX: none); fire performs it and
 * moves on. An arrival and an event at the same time: the event goes first.
 */
struct arrivals {
	u64 next_time;
	void (*fire)(struct engine *eng, struct arrivals *arr);
};
void engine_set_arrivals(struct engine *eng, struct arrivals *arr); /* NULL: none */

/*
 * Runs until `until` (inclusive) or a stop. The clock reads `until` after ENGINE_TIME_LIMIT, the
 * time of the last event after the others. Arrivals do not count against ENGINE_SAME_TIME_MAX:
 * each of them uses up input. May be called again to go on, except after ENGINE_NO_MEMORY.
 */
enum engine_stop engine_run(struct engine *eng, u64 until);
/* Makes engine_run() return ENGINE_STOPPED after the current event. */
void engine_stop(struct engine *eng);
/* Same with ENGINE_NO_MEMORY: for rooms that cannot go on without memory of the host. */
void engine_out_of_memory(struct engine *eng);
/* A flag (non-zero: stop as by engine_stop()) that a signal handler may set; looked at every few
 * thousand events. */
void engine_set_interrupt(struct engine *eng, const volatile int *flag);

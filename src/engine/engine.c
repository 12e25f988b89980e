/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock and the loop that fires what is due: events from the queue, arrivals from a stream
 * that is already in order. Between two events the clock jumps; a fiber that nobody waits for may
 * also push it itself with engine_advance().
 */
#include "engine/internal.h"

#include <assert.h>
#include <stdlib.h>

#define INTERRUPT_EVERY 4096u /* events and advances between looks at the flag */

struct engine *engine_create(void)
{
	struct engine *eng = calloc(1, sizeof(*eng));

	if (!eng)
		return NULL;
	queue_init(&eng->queue);
	eng->until = UINT64_MAX;
	eng->credit = INTERRUPT_EVERY;
	return eng;
}

void engine_destroy(struct engine *eng)
{
	if (!eng)
		return;
	assert(!eng->fibers.current);
	fiber_set_finish(&eng->fibers);
	free(eng);
}

u64 engine_now(const struct engine *eng)
{
	return eng->now;
}

u64 engine_events(const struct engine *eng)
{
	return eng->fired;
}

void engine_at(struct engine *eng, struct event *ev, u64 time)
{
	assert(!event_pending(ev) && ev->fire);
	ev->time = max_u64(time, eng->now);
	ev->seq = ++eng->seq;
	queue_insert(&eng->queue, ev);
}

bool engine_cancel(struct engine *eng, struct event *ev)
{
	if (!event_pending(ev))
		return false;
	queue_remove(&eng->queue, ev);
	return true;
}

u64 engine_next_time(const struct engine *eng)
{
	u64 time = queue_peek_time(&eng->queue);

	if (eng->arrivals && eng->arrivals->next_time != UINT64_MAX)
		time = min_u64(time, max_u64(eng->arrivals->next_time, eng->now));
	return time;
}

static void move_clock(struct engine *eng, u64 time)
{
	if (time != eng->now) {
		eng->now = time;
		eng->same = 0;
	}
}

/* Looks at the interrupt flag once in a while. True: the loop has to look at eng->stop. */
static bool must_stop(struct engine *eng)
{
	if (unlikely(!--eng->credit)) {
		eng->credit = INTERRUPT_EVERY;
		if (eng->interrupt && *eng->interrupt && !eng->stop)
			eng->stop = ENGINE_STOPPED;
	}
	return unlikely(eng->stop != ENGINE_IDLE);
}

bool engine_advance(struct engine *eng, u64 time)
{
	assert(time >= eng->now);
	if (must_stop(eng) || time > eng->until || eng->same > ENGINE_SAME_TIME_MAX)
		return false;
	if (eng->arrivals && eng->arrivals->next_time <= time)
		return false;
	if (queue_due(&eng->queue, time, eng->now))
		return false;
	move_clock(eng, time);
	eng->same++;
	return true;
}

void engine_set_arrivals(struct engine *eng, struct arrivals *arr)
{
	eng->arrivals = arr;
}

void engine_stop(struct engine *eng)
{
	if (!eng->stop)
		eng->stop = ENGINE_STOPPED;
}

void engine_out_of_memory(struct engine *eng)
{
	eng->stop = ENGINE_NO_MEMORY;
}

void engine_set_interrupt(struct engine *eng, const volatile int *flag)
{
	eng->interrupt = flag;
}

/*
 * Fires the next arrival or event. False: nothing is due by eng->until. An overdue arrival (its
 * stream was set late) is performed now.
 */
static bool step(struct engine *eng)
{
	struct arrivals *arr = eng->arrivals;
	u64 limit = eng->until;
	bool arrival = false;
	struct event *ev;

	if (arr && arr->next_time <= limit && arr->next_time != UINT64_MAX) {
		limit = max_u64(arr->next_time, eng->now);
		arrival = true;
	}
	ev = queue_pop_due(&eng->queue, limit);
	if (ev) {
		move_clock(eng, ev->time);
		eng->same++;
		eng->fired++;
		ev->fire(eng, ev);
		return true;
	}
	if (!arrival)
		return false;
	move_clock(eng, limit);
	eng->fired++;
	arr->fire(eng, arr);
	return true;
}

/* Why a loop that found nothing due ends. */
static enum engine_stop ending(struct engine *eng)
{
	bool more = eng->queue.pending || (eng->arrivals && eng->arrivals->next_time != UINT64_MAX);

	if (!more)
		return ENGINE_IDLE;
	move_clock(eng, max_u64(eng->now, eng->until));
	return ENGINE_TIME_LIMIT;
}

enum engine_stop engine_run(struct engine *eng, u64 until)
{
	enum engine_stop why;

	assert(!eng->fibers.current);
	if (eng->stop != ENGINE_NO_MEMORY)
		eng->stop = ENGINE_IDLE;
	eng->until = until;
	eng->credit = 1; /* an interrupt from before the start counts */
	eng->same = 0;
	for (;;) {
		if (must_stop(eng)) {
			why = eng->stop;
			break;
		}
		if (unlikely(eng->same > ENGINE_SAME_TIME_MAX)) {
			why = ENGINE_NO_PROGRESS;
			break;
		}
		if (!step(eng)) {
			why = ending(eng);
			break;
		}
	}
	eng->until = UINT64_MAX;
	return why;
}

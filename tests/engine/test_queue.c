/* SPDX-License-Identifier: GPL-2.0-only */
/* The event queue against an array that is searched from end to end. */
#include <glib.h>

#include "engine/engine.h"
#include "engine/rng.h"

#define EVENTS 300u

struct model_event {
	struct event event;
	struct model *model;
	bool pending;
	u64 time, seq; /* as the model has them */
};

struct model {
	struct engine *eng;
	struct rng rng;
	u64 seq, fired;
	struct model_event events[EVENTS];
};

static struct model_event *model_first(struct model *m)
{
	struct model_event *first = NULL;

	for (u32 i = 0; i < EVENTS; i++) {
		struct model_event *e = &m->events[i];

		if (e->pending && (!first || e->time < first->time ||
				   (e->time == first->time && e->seq < first->seq)))
			first = e;
	}
	return first;
}

static u64 model_next_time(struct model *m)
{
	struct model_event *first = model_first(m);

	return first ? first->time : UINT64_MAX;
}

/* Delays of all sizes, many of them 0 or equal. */
static u64 draw_delay(struct model *m)
{
	u32 bits = (u32)rng_below(&m->rng, 62);

	switch (rng_below(&m->rng, 8)) {
	case 0:
		return 0;
	case 1:
		return 64ull << rng_below(&m->rng, 20);
	case 2:
		return rng_below(&m->rng, 1ull << bits);
	default:
		return rng_below(&m->rng, 5000);
	}
}

static void random_schedule(struct model *m)
{
	struct model_event *e = &m->events[rng_below(&m->rng, EVENTS)];
	u64 time = time_add(engine_now(m->eng), draw_delay(m));

	if (e->pending)
		return;
	if (rng_ppm(&m->rng, 20000))
		time = rng_below(&m->rng, engine_now(m->eng) + 1); /* in the past: means now */
	engine_at(m->eng, &e->event, time);
	e->pending = true;
	e->time = max_u64(time, engine_now(m->eng));
	e->seq = ++m->seq;
}

static void random_cancel(struct model *m)
{
	struct model_event *e = &m->events[rng_below(&m->rng, EVENTS)];

	if (rng_ppm(&m->rng, 300000) && model_first(m))
		e = model_first(m);
	g_assert_cmpint(event_pending(&e->event), ==, e->pending);
	g_assert_cmpint(engine_cancel(m->eng, &e->event), ==, e->pending);
	e->pending = false;
}

static void random_advance(struct model *m)
{
	u64 time = time_add(engine_now(m->eng), draw_delay(m));
	u64 now = engine_now(m->eng);
	bool moved = engine_advance(m->eng, time);

	g_assert_cmpint(moved, ==, model_next_time(m) > time);
	g_assert_cmpuint(engine_now(m->eng), ==, moved ? time : now);
}

static void model_fire(struct engine *eng, struct event *ev)
{
	struct model_event *e = container_of(ev, struct model_event, event);
	struct model *m = e->model;

	g_assert_true(e == model_first(m));
	g_assert_cmpuint(engine_now(eng), ==, e->time);
	g_assert_false(event_pending(ev));
	e->pending = false;
	m->fired++;
	for (u64 n = rng_below(&m->rng, 3); n; n--)
		random_schedule(m);
	if (rng_ppm(&m->rng, 200000))
		random_cancel(m);
}

static void random_run(struct model *m)
{
	u64 until = time_add(engine_now(m->eng), rng_below(&m->rng, 20000));
	enum engine_stop why;

	if (rng_ppm(&m->rng, 50000) && model_first(m))
		until = max_u64(model_next_time(m), until);
	why = engine_run(m->eng, until);
	g_assert_cmpuint(model_next_time(m), >, until);
	g_assert_cmpint(why, ==, model_first(m) ? ENGINE_TIME_LIMIT : ENGINE_IDLE);
	if (model_first(m))
		g_assert_cmpuint(engine_now(m->eng), ==, until);
}

static void check_random(u64 seed, u64 start)
{
	struct model *m = g_new0(struct model, 1);

	m->eng = engine_create();
	rng_init(&m->rng, seed, "test_queue");
	g_assert_true(engine_advance(m->eng, start));
	for (u32 i = 0; i < EVENTS; i++) {
		m->events[i].model = m;
		m->events[i].event.fire = model_fire;
	}
	for (u32 i = 0; i < 6000 && engine_now(m->eng) < UINT64_MAX / 8 * 7; i++) {
		switch (rng_below(&m->rng, 8)) {
		case 0:
			random_run(m);
			break;
		case 1:
			random_cancel(m);
			break;
		case 2:
			random_advance(m);
			break;
		default:
			random_schedule(m);
		}
		if (i % 3 == 0)
			g_assert_cmpuint(engine_next_time(m->eng), ==, model_next_time(m));
	}
	g_assert_cmpuint(m->fired, >, 50);
	engine_destroy(m->eng);
	g_free(m);
}

static void test_random(void)
{
	for (u64 seed = 0; seed < 20; seed++)
		check_random(seed, 0);
	for (u64 seed = 0; seed < 10; seed++)
		check_random(seed, 1ull << (10 + 5 * seed));
}

/* Events at one instant, asked for from near and far, in the order of asking. */
struct tie {
	struct event event;
	u32 number, *next;
};

static void tie_fire(struct engine *eng, struct event *ev)
{
	struct tie *tie = container_of(ev, struct tie, event);

	(void)eng;
	g_assert_cmpuint(tie->number, ==, *tie->next);
	++*tie->next;
}

static void test_ties(void)
{
	struct engine *eng = engine_create();
	struct tie *ties = g_new0(struct tie, 1000);
	u64 at = 0x0102030405060708;
	u32 next = 0;

	for (u32 i = 0; i < 1000; i++) {
		/* the way to `at` is cut in half again and again */
		if (i % 15 == 14)
			g_assert_true(
			    engine_advance(eng, engine_now(eng) + (at - engine_now(eng)) / 2));
		ties[i].number = i;
		ties[i].next = &next;
		ties[i].event.fire = tie_fire;
		engine_at(eng, &ties[i].event, at);
		if (i > 0)
			g_assert_cmpuint(ties[i].event.seq, >, ties[i - 1].event.seq);
	}
	g_assert_cmpint(engine_run(eng, at - 1), ==, ENGINE_TIME_LIMIT);
	g_assert_cmpuint(next, ==, 0);
	g_assert_cmpint(engine_run(eng, at), ==, ENGINE_IDLE);
	g_assert_cmpuint(next, ==, 1000);
	engine_destroy(eng);
	g_free(ties);
}

/* The last instant there is. */
static void test_end_of_time(void)
{
	struct engine *eng = engine_create();
	u32 next = 0;
	struct tie ties[2] = {{{.fire = tie_fire}, 0, &next}, {{.fire = tie_fire}, 1, &next}};

	engine_at(eng, &ties[0].event, UINT64_MAX - 1);
	engine_at(eng, &ties[1].event, UINT64_MAX);
	g_assert_cmpint(engine_run(eng, UINT64_MAX - 1), ==, ENGINE_TIME_LIMIT);
	g_assert_cmpuint(next, ==, 1);
	g_assert_cmpint(engine_run(eng, UINT64_MAX), ==, ENGINE_IDLE);
	g_assert_cmpuint(next, ==, 2);
	engine_destroy(eng);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/queue/random", test_random);
	g_test_add_func("/queue/ties", test_ties);
	g_test_add_func("/queue/end-of-time", test_end_of_time);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Wait queues: order, time-outs, and both at once. */
#include <glib.h>

#include "engine/rng.h"
#include "engine/wait.h"

struct scene {
	struct engine *eng;
	struct wait_queue wq;
	GString *log;
};

struct waiter {
	struct scene *scene;
	char letter;
	u64 timeout;
};

static void waiter_run(void *arg)
{
	struct waiter *w = arg;
	struct scene *s = w->scene;
	bool woken = wait_on(s->eng, &s->wq, w->timeout);

	g_string_append_printf(s->log, "%c%s%" G_GUINT64_FORMAT " ", w->letter, woken ? "+" : "-",
			       engine_now(s->eng));
}

static void wait_from(struct waiter *w, struct scene *s, char letter, u64 start, u64 timeout)
{
	*w = (struct waiter){s, letter, timeout};
	fiber_unpark_at(s->eng, fiber_create(s->eng, "waiter", waiter_run, w), start);
}

struct waker {
	struct event event;
	struct scene *scene;
	u32 n, expect;
};

static void waker_fire(struct engine *eng, struct event *ev)
{
	struct waker *w = container_of(ev, struct waker, event);

	g_assert_cmpuint(wake_up(eng, &w->scene->wq, w->n), ==, w->expect);
}

static void wake_at(struct waker *w, struct scene *s, u64 time, u32 n, u32 expect)
{
	*w = (struct waker){{.fire = waker_fire}, s, n, expect};
	engine_at(s->eng, &w->event, time);
}

static void finish(struct scene *s, const char *expect)
{
	g_assert_cmpint(engine_run(s->eng, UINT64_MAX), ==, ENGINE_IDLE);
	g_assert_cmpstr(s->log->str, ==, expect);
	g_assert_false(waitqueue_active(&s->wq));
	engine_destroy(s->eng);
	g_string_free(s->log, TRUE);
}

static void test_order(void)
{
	struct scene s = {engine_create(), {0}, g_string_new(NULL)};
	struct waiter w[5];
	struct waker k[3];

	for (u64 i = 0; i < 5; i++)
		wait_from(&w[i], &s, (char)('a' + i), 4 - i, WAIT_FOREVER);
	wake_at(&k[0], &s, 10, 2, 2);
	wake_at(&k[1], &s, 20, UINT32_MAX, 3);
	wake_at(&k[2], &s, 30, UINT32_MAX, 0);
	finish(&s, "e+10 d+10 c+20 b+20 a+20 ");
}

static void test_timeout(void)
{
	struct scene s = {engine_create(), {0}, g_string_new(NULL)};
	struct waiter w[4];
	struct waker k[2];

	wait_from(&w[0], &s, 'a', 0, 100);
	wait_from(&w[1], &s, 'b', 0, 50); /* leaves from the middle */
	wait_from(&w[2], &s, 'c', 0, 0);
	wait_from(&w[3], &s, 'd', 0, WAIT_FOREVER - 1);
	wake_at(&k[0], &s, 60, 1, 1);
	wake_at(&k[1], &s, 150, UINT32_MAX, 1);
	finish(&s, "c-0 b-50 a+60 d+150 ");
}

/* At one instant, whatever was asked for first goes first. */
static void test_equal_times(void)
{
	struct scene s = {engine_create(), {0}, g_string_new(NULL)};
	struct waiter w[2];
	struct waker k[2];

	wake_at(&k[0], &s, 100, 1, 1); /* before the time-out: woken */
	wait_from(&w[0], &s, 'a', 0, 100);
	wait_from(&w[1], &s, 'b', 100, 100);
	engine_run(s.eng, 150);
	wake_at(&k[1], &s, 200, 1, 0); /* after it: nobody is left */
	finish(&s, "a+100 b-200 ");
}

struct ponger {
	struct scene *scene;
	u64 woken, timeouts;
};

static void ponger_run(void *arg)
{
	struct ponger *p = arg;

	for (u64 i = 0; i < 50; i++) {
		if (wait_on(p->scene->eng, &p->scene->wq, 10 + i % 20))
			p->woken++;
		else
			p->timeouts++;
	}
}

struct metronome {
	struct event event;
	struct scene *scene;
	u64 left, woken;
	struct rng rng;
};

static void metronome_fire(struct engine *eng, struct event *ev)
{
	struct metronome *m = container_of(ev, struct metronome, event);

	m->woken += wake_up(eng, &m->scene->wq, (u32)rng_below(&m->rng, 40));
	if (--m->left)
		engine_at(eng, ev, engine_now(eng) + rng_below(&m->rng, 12));
}

/* Every wait ends once, by one of the two. */
static void test_many(void)
{
	struct scene s = {engine_create(), {0}, g_string_new(NULL)};
	struct metronome m = {.event.fire = metronome_fire, .scene = &s, .left = 80};
	struct ponger *p = g_new0(struct ponger, 1000);
	u64 woken = 0, timeouts = 0;

	rng_init(&m.rng, 1, "metronome");
	engine_at(s.eng, &m.event, 5);
	for (u32 i = 0; i < 1000; i++) {
		p[i].scene = &s;
		fiber_unpark(s.eng, fiber_create(s.eng, "ponger", ponger_run, &p[i]));
	}
	g_assert_cmpint(engine_run(s.eng, UINT64_MAX), ==, ENGINE_IDLE);
	for (u32 i = 0; i < 1000; i++) {
		g_assert_cmpuint(p[i].woken + p[i].timeouts, ==, 50);
		woken += p[i].woken;
		timeouts += p[i].timeouts;
	}
	g_assert_cmpuint(woken, ==, m.woken);
	g_assert_cmpuint(woken, >, 1000);
	g_assert_cmpuint(timeouts, >, 1000);
	g_free(p);
	finish(&s, "");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wait/order", test_order);
	g_test_add_func("/wait/timeout", test_timeout);
	g_test_add_func("/wait/equal-times", test_equal_times);
	g_test_add_func("/wait/many", test_many);
	return g_test_run();
}

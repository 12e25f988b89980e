/* SPDX-License-Identifier: GPL-2.0-only */
/* The loop: limits, stops, arrivals, and the clock. */
#include <glib.h>

#include "engine/engine.h"

struct note {
	struct event event;
	GString *log;
	char letter;
	void (*then)(struct engine *eng, struct note *note);
};

static void note_fire(struct engine *eng, struct event *ev)
{
	struct note *note = container_of(ev, struct note, event);

	g_string_append_printf(note->log, "%c%" G_GUINT64_FORMAT " ", note->letter,
			       engine_now(eng));
	if (note->then)
		note->then(eng, note);
}

/* Arrivals at the given times, 0-terminated except for a first 0. */
struct stream {
	struct arrivals arrivals;
	GString *log;
	const u64 *times;
};

static void stream_fire(struct engine *eng, struct arrivals *arr)
{
	struct stream *s = container_of(arr, struct stream, arrivals);

	g_string_append_printf(s->log, "x%" G_GUINT64_FORMAT " ", engine_now(eng));
	s->times++;
	arr->next_time = *s->times ? *s->times : UINT64_MAX;
}

static void test_arrivals(void)
{
	const u64 times[] = {5, 10, 10, 11, 20, 0};
	struct engine *eng = engine_create();
	GString *log = g_string_new(NULL);
	struct note a = {{.fire = note_fire}, log, 'a', NULL};
	struct note b = {{.fire = note_fire}, log, 'b', NULL};
	struct stream s = {{times[0], stream_fire}, log, times};

	engine_at(eng, &a.event, 10);
	engine_at(eng, &b.event, 12);
	engine_set_arrivals(eng, &s.arrivals);
	g_assert_cmpuint(engine_next_time(eng), ==, 5);
	g_assert_false(engine_advance(eng, 5));
	g_assert_true(engine_advance(eng, 4));
	g_assert_cmpint(engine_run(eng, 11), ==, ENGINE_TIME_LIMIT);
	g_assert_cmpstr(log->str, ==, "x5 a10 x10 x10 x11 ");
	g_assert_cmpuint(engine_events(eng), ==, 5);
	g_assert_cmpint(engine_run(eng, 15), ==, ENGINE_TIME_LIMIT);
	g_assert_cmpuint(engine_now(eng), ==, 15);
	g_assert_cmpint(engine_run(eng, UINT64_MAX), ==, ENGINE_IDLE);
	g_assert_cmpstr(log->str, ==, "x5 a10 x10 x10 x11 b12 x20 ");
	g_assert_cmpuint(engine_now(eng), ==, 20);
	g_assert_cmpuint(engine_next_time(eng), ==, UINT64_MAX);
	engine_destroy(eng);
	g_string_free(log, TRUE);
}

/* A stream that is set when its first entries are past, and one taken away. */
static void test_arrivals_late(void)
{
	const u64 times[] = {5, 10, 40, 0};
	struct engine *eng = engine_create();
	GString *log = g_string_new(NULL);
	struct stream s = {{times[0], stream_fire}, log, times};

	g_assert_true(engine_advance(eng, 30));
	engine_set_arrivals(eng, &s.arrivals);
	g_assert_cmpuint(engine_next_time(eng), ==, 30);
	g_assert_cmpint(engine_run(eng, 35), ==, ENGINE_TIME_LIMIT);
	g_assert_cmpstr(log->str, ==, "x30 x30 ");
	engine_set_arrivals(eng, NULL);
	g_assert_cmpint(engine_run(eng, 50), ==, ENGINE_IDLE);
	g_assert_cmpuint(engine_now(eng), ==, 35);
	engine_destroy(eng);
	g_string_free(log, TRUE);
}

/*
 * An event may be asked for in front of everything after the queue has been searched past that
 * place: the search must not move what the queue takes for the present.
 */
static void test_insert_before_searched(void)
{
	const u64 times[] = {2000, 0};
	struct engine *eng = engine_create();
	GString *log = g_string_new(NULL);
	struct note a = {{.fire = note_fire}, log, 'a', NULL};
	struct note b = {{.fire = note_fire}, log, 'b', NULL};
	struct note c = {{.fire = note_fire}, log, 'c', NULL};
	struct stream s = {{times[0], stream_fire}, log, times};

	engine_at(eng, &a.event, 70000);
	engine_at(eng, &b.event, 65000);
	engine_cancel(eng, &b.event);
	g_assert_false(engine_advance(eng, 80000));
	g_assert_true(engine_advance(eng, 66000));
	engine_set_arrivals(eng, &s.arrivals); /* overdue: now */
	g_assert_cmpint(engine_run(eng, 67000), ==, ENGINE_TIME_LIMIT);
	engine_at(eng, &b.event, 67000);
	engine_at(eng, &c.event, 67001);
	g_assert_cmpint(engine_run(eng, UINT64_MAX), ==, ENGINE_IDLE);
	g_assert_cmpstr(log->str, ==, "x66000 b67000 c67001 a70000 ");
	engine_destroy(eng);
	g_string_free(log, TRUE);
}

static void stop_here(struct engine *eng, struct note *note)
{
	(void)note;
	engine_stop(eng);
	/* a stop wanted: whoever spends time has to come back to the loop */
	g_assert_false(engine_advance(eng, engine_now(eng)));
}

static void no_memory_here(struct engine *eng, struct note *note)
{
	(void)note;
	engine_out_of_memory(eng);
}

static void test_stop(void)
{
	struct engine *eng = engine_create();
	GString *log = g_string_new(NULL);
	struct note a = {{.fire = note_fire}, log, 'a', stop_here};
	struct note b = {{.fire = note_fire}, log, 'b', no_memory_here};
	struct note c = {{.fire = note_fire}, log, 'c', NULL};

	engine_at(eng, &a.event, 7);
	engine_at(eng, &b.event, 7);
	engine_at(eng, &c.event, 8);
	g_assert_cmpint(engine_run(eng, UINT64_MAX), ==, ENGINE_STOPPED);
	g_assert_cmpstr(log->str, ==, "a7 ");
	g_assert_cmpint(engine_run(eng, UINT64_MAX), ==, ENGINE_NO_MEMORY);
	g_assert_cmpint(engine_run(eng, UINT64_MAX), ==, ENGINE_NO_MEMORY);
	g_assert_cmpstr(log->str, ==, "a7 b7 ");
	engine_destroy(eng);
	g_string_free(log, TRUE);
}

static void beyond_limit(struct engine *eng, struct note *note)
{
	(void)note;
	g_assert_true(engine_advance(eng, 100));
	g_assert_false(engine_advance(eng, 101));
	g_assert_cmpuint(engine_now(eng), ==, 100);
}

/* A fiber must not carry the clock past the end of the run. */
static void test_advance_limit(void)
{
	struct engine *eng = engine_create();
	GString *log = g_string_new(NULL);
	struct note a = {{.fire = note_fire}, log, 'a', beyond_limit};

	engine_at(eng, &a.event, 7);
	g_assert_cmpint(engine_run(eng, 100), ==, ENGINE_IDLE);
	g_assert_true(engine_advance(eng, 101));
	engine_destroy(eng);
	g_string_free(log, TRUE);
}

struct again {
	struct event event;
	u64 step, times;
	volatile int *flag;
};

static void again_fire(struct engine *eng, struct event *ev)
{
	struct again *again = container_of(ev, struct again, event);

	if (++again->times == 10000 && again->flag)
		*again->flag = 1;
	engine_at(eng, ev, engine_now(eng) + again->step);
}

static void test_interrupt(void)
{
	struct engine *eng = engine_create();
	volatile int flag = 0;
	struct again again = {{.fire = again_fire}, 1, 0, &flag};

	engine_set_interrupt(eng, &flag);
	engine_at(eng, &again.event, 0);
	g_assert_cmpint(engine_run(eng, UINT64_MAX), ==, ENGINE_STOPPED);
	g_assert_cmpuint(again.times, >=, 10000);
	g_assert_cmpuint(again.times, <, 20000);
	/* still set: nothing more happens */
	again.times = 0;
	g_assert_cmpint(engine_run(eng, UINT64_MAX), ==, ENGINE_STOPPED);
	g_assert_cmpuint(again.times, ==, 0);
	engine_destroy(eng);
}

static void spin(struct engine *eng, struct note *note)
{
	u64 advances = 0;

	(void)note;
	while (engine_advance(eng, engine_now(eng)))
		g_assert_cmpuint(++advances, <, ENGINE_SAME_TIME_MAX + 10);
}

static void test_no_progress(void)
{
	struct engine *eng = engine_create();
	GString *log = g_string_new(NULL);
	struct note a = {{.fire = note_fire}, log, 'a', spin};
	struct again again = {{.fire = again_fire}, 0, 0, NULL};

	engine_at(eng, &again.event, 3);
	g_assert_cmpint(engine_run(eng, UINT64_MAX), ==, ENGINE_NO_PROGRESS);
	g_assert_cmpuint(again.times, ==, ENGINE_SAME_TIME_MAX + 1);
	g_assert_cmpuint(engine_now(eng), ==, 3);
	engine_cancel(eng, &again.event);
	/* the same from inside one event */
	engine_at(eng, &a.event, 4);
	g_assert_cmpint(engine_run(eng, UINT64_MAX), ==, ENGINE_NO_PROGRESS);
	engine_destroy(eng);
	g_string_free(log, TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/engine/arrivals", test_arrivals);
	g_test_add_func("/engine/arrivals-late", test_arrivals_late);
	g_test_add_func("/engine/insert-before-searched", test_insert_before_searched);
	g_test_add_func("/engine/stop", test_stop);
	g_test_add_func("/engine/advance-limit", test_advance_limit);
	g_test_add_func("/engine/interrupt", test_interrupt);
	g_test_add_func("/engine/no-progress", test_no_progress);
	return g_test_run();
}

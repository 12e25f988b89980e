/* SPDX-License-Identifier: GPL-2.0-only */
/* Fibers: many, parked, dropped, deep; built once more with the ucontext switch. */
#include <glib.h>
#include <string.h>

#include "engine/fiber.h"

struct worker {
	struct engine *eng;
	struct fiber *fiber;
	u64 number, rounds, sum;
};

/* Many values stay alive across the switch, in registers where there are enough. */
static void worker_run(void *arg)
{
	struct worker *w = arg;
	u64 a = w->number, b = a * 3, c = a * 5, d = a * 7, e = a * 11, f = a * 13;

	g_assert_true(fiber_current(w->eng) == w->fiber);
	for (u64 i = 0; i < w->rounds; i++) {
		fiber_unpark_at(w->eng, w->fiber, engine_now(w->eng) + 1 + (w->number + i) % 7);
		fiber_park(w->eng);
		g_assert_true(fiber_current(w->eng) == w->fiber);
		a++, b += 3, c += 5, d += 7, e += 11, f += 13;
	}
	g_assert_cmpuint(b, ==, a * 3);
	g_assert_cmpuint(c, ==, a * 5);
	g_assert_cmpuint(d, ==, a * 7);
	g_assert_cmpuint(e, ==, a * 11);
	g_assert_cmpuint(f, ==, a * 13);
	w->sum = a;
}

static void start(struct engine *eng, struct worker *w, u64 number, u64 rounds)
{
	*w = (struct worker){.eng = eng, .number = number, .rounds = rounds};
	w->fiber = fiber_create(eng, "worker", worker_run, w);
	g_assert_nonnull(w->fiber);
	fiber_unpark(eng, w->fiber);
}

static void test_thousands(void)
{
	struct engine *eng = engine_create();
	struct worker *workers = g_new0(struct worker, 5000);

	for (u64 i = 0; i < 5000; i++)
		start(eng, &workers[i], i, 10);
	g_assert_cmpint(engine_run(eng, UINT64_MAX), ==, ENGINE_IDLE);
	for (u64 i = 0; i < 5000; i++)
		g_assert_cmpuint(workers[i].sum, ==, i + 10);
	g_assert_null(fiber_current(eng));
	/* once more on the stacks of the first */
	for (u64 i = 0; i < 5000; i++)
		start(eng, &workers[i], i, 3);
	engine_run(eng, UINT64_MAX);
	for (u64 i = 0; i < 5000; i++)
		g_assert_cmpuint(workers[i].sum, ==, i + 3);
	engine_destroy(eng);
	g_free(workers);
}

static void sleeper_run(void *arg)
{
	char frame[2000];

	memset(frame, 1, sizeof(frame));
	fiber_park(arg);
	g_assert_cmpint(frame[1999], ==, 1);
}

/* Dropped before its start, while parked, while due; by hand and by the engine's end. */
static void test_destroy(void)
{
	struct engine *eng = engine_create();
	struct fiber *fibers[300];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 300; i++) {
			fibers[i] = fiber_create(eng, "sleeper", sleeper_run, eng);
			if (i % 3)
				fiber_unpark(eng, fibers[i]);
		}
		g_assert_cmpint(engine_run(eng, UINT64_MAX), ==, ENGINE_IDLE);
		for (int i = 0; i < 300; i++) {
			if (i % 3 == 2)
				fiber_unpark_at(eng, fibers[i], 1000);
			if (round < 2)
				fiber_destroy(fibers[i]);
		}
		if (round < 2)
			g_assert_cmpuint(engine_next_time(eng), ==, UINT64_MAX);
	}
	fiber_destroy(NULL);
	engine_destroy(eng);
}

/* Uses `depth` KiB of stack and checks it on the way back. */
static u32 dig(struct engine *eng, u32 depth)
{
	volatile u8 frame[900];
	u32 below;

	for (u32 i = 0; i < sizeof(frame); i++)
		frame[i] = (u8)(i + depth);
	if (!depth) {
		fiber_unpark_at(eng, fiber_current(eng), engine_now(eng) + 5);
		fiber_park(eng);
		return 0;
	}
	below = dig(eng, depth - 1);
	for (u32 i = 0; i < sizeof(frame); i++)
		g_assert_cmpuint(frame[i], ==, (u8)(i + depth));
	return below + 1;
}

static void dig_run(void *arg)
{
	g_assert_cmpuint(dig(arg, 48), ==, 48);
}

static void test_deep(void)
{
	struct engine *eng = engine_create();

	for (int i = 0; i < 200; i++)
		fiber_unpark_at(eng, fiber_create(eng, "digger", dig_run, eng), (u64)i);
	g_assert_cmpint(engine_run(eng, UINT64_MAX), ==, ENGINE_IDLE);
	g_assert_cmpuint(engine_now(eng), ==, 204);
	engine_destroy(eng);
}

static void overflow_run(void *arg)
{
	dig(arg, 100000);
}

/* The page below the stack turns an overflow into a crash. */
static void test_overflow(void)
{
	if (g_test_subprocess()) {
		struct engine *eng = engine_create();

		fiber_unpark(eng, fiber_create(eng, "digger", overflow_run, eng));
		engine_run(eng, UINT64_MAX);
		return;
	}
	g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_failed();
}

struct order {
	struct engine *eng;
	struct fiber *fiber;
	GString *log;
	char letter;
};

static void order_run(void *arg)
{
	struct order *o = arg;

	g_string_append_printf(o->log, "%c%" G_GUINT64_FORMAT " ", o->letter, engine_now(o->eng));
	fiber_park(o->eng);
	g_string_append_printf(o->log, "%c%" G_GUINT64_FORMAT " ", o->letter, engine_now(o->eng));
}

static void test_order(void)
{
	struct engine *eng = engine_create();
	GString *log = g_string_new(NULL);
	struct order o[3];

	for (int i = 0; i < 3; i++) {
		o[i] = (struct order){eng, NULL, log, (char)('a' + i)};
		o[i].fiber = fiber_create(eng, "order", order_run, &o[i]);
	}
	fiber_unpark(eng, o[2].fiber);
	fiber_unpark(eng, o[0].fiber);
	fiber_unpark(eng, o[2].fiber); /* due already: keeps its place */
	fiber_unpark_at(eng, o[1].fiber, 10);
	g_assert_cmpint(engine_run(eng, UINT64_MAX), ==, ENGINE_IDLE);
	g_assert_cmpstr(log->str, ==, "c0 a0 b10 ");
	g_string_truncate(log, 0);
	fiber_unpark_at(eng, o[0].fiber, 50);
	fiber_unpark_at(eng, o[1].fiber, 40);
	fiber_unpark_at(eng, o[0].fiber, 30); /* instead of 50 */
	fiber_unpark_at(eng, o[2].fiber, 20);
	fiber_unpark(eng, o[2].fiber); /* instead of 20 */
	engine_run(eng, UINT64_MAX);
	g_assert_cmpstr(log->str, ==, "c10 a30 b40 ");
	g_assert_cmpuint(engine_now(eng), ==, 40);
	engine_destroy(eng);
	g_string_free(log, TRUE);
}

static void test_names(void)
{
	struct engine *eng = engine_create();
	struct fiber *fiber =
	    fiber_create(eng, "a name of more than thirty-one bytes", sleeper_run, eng);

	g_assert_cmpstr(fiber_name(fiber), ==, "a name of more than thirty-one ");
	g_assert_null(fiber_owner(fiber));
	fiber_set_owner(fiber, eng);
	g_assert_true(fiber_owner(fiber) == eng);
	engine_destroy(eng);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fiber/thousands", test_thousands);
	g_test_add_func("/fiber/destroy", test_destroy);
	g_test_add_func("/fiber/deep", test_deep);
	g_test_add_func("/fiber/overflow", test_overflow);
	g_test_add_func("/fiber/order", test_order);
	g_test_add_func("/fiber/names", test_names);
	return g_test_run();
}

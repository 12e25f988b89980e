/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs that share one CPU of the host: turns computed by hand, and random ones checked for loss. */
#include <glib.h>

#include "engine/rng.h"
#include "machine/cpu.h"

#define ACTORS 7u
#define CPUS   3u

struct scene {
	struct engine *eng;
	struct cpus *cpus;
	GString *log;
};

static struct cpus *interrupted;

struct actor {
	struct scene *scene;
	char letter;
	u64 spend, sleep, spent, seed;
	u32 times;
	struct cpu_ctx *ctx, *wakes;
	bool over;
};

static void scene_start_ticking(struct scene *s, u32 cpus, u64 turn_ns, u32 hz)
{
	const struct cpu_sched_params params = {.slice_ns = 1000,
						.context_switch_ns = 10,
						.wakeup_ns = 5,
						.turn_ns = turn_ns,
						.hz = hz};

	*s = (struct scene){.eng = engine_create(), .log = g_string_new(NULL)};
	s->cpus = cpus_create(s->eng, cpus, &params);
}

static void scene_start(struct scene *s, u32 cpus, u64 turn_ns)
{
	scene_start_ticking(s, cpus, turn_ns, 0);
}

static void scene_end(struct scene *s)
{
	cpus_destroy(s->cpus);
	engine_destroy(s->eng);
	g_string_free(s->log, TRUE);
}

static void note(struct actor *a)
{
	g_string_append_printf(a->scene->log, "%c@%" G_GUINT64_FORMAT " ", a->letter,
			       engine_now(a->scene->eng));
}

static void actor_run(void *arg)
{
	struct actor *a = arg;
	struct cpu_ctx *ctx = cpu_current(a->scene->cpus);

	note(a);
	for (u32 i = 0; i < a->times; i++) {
		cpu_spend(ctx, a->spend);
		note(a);
		if (a->sleep) {
			cpu_sleep(ctx, a->sleep);
			note(a);
		}
	}
}

static void act(struct scene *s, struct actor *a, u32 cpu, u64 start, fiber_fn fn)
{
	a->scene = s;
	a->ctx = cpu_ctx_create(s->cpus, "actor", cpu, CPU_CLASS_TASK, start, fn, a);
	g_assert_nonnull(a->ctx);
}

static void run(struct scene *s, const char *expect)
{
	g_assert_cmpint(engine_run(s->eng, UINT64_MAX), ==, ENGINE_IDLE);
	g_assert_cmpstr(s->log->str, ==, expect);
}

/* b is there from 100 on, its first turn begins at 300; then they alternate. */
static void test_two(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .spend = 1000, .times = 1};
	struct actor b = {.letter = 'b', .spend = 500, .times = 1};
	struct cpu_stats st;

	scene_start(&s, 2, 300);
	act(&s, &a, 0, 0, actor_run);
	act(&s, &b, 1, 100, actor_run);
	run(&s, "a@5 b@300 b@1100 a@1505 ");
	cpu_stats(s.cpus, 0, &st);
	g_assert_cmpuint(st.task_ns, ==, 1000);
	g_assert_cmpuint(st.idle_ns, ==, 505);
	cpu_stats(s.cpus, 1, &st);
	g_assert_cmpuint(st.task_ns, ==, 500);
	g_assert_cmpuint(st.idle_ns, ==, 1005);
	scene_end(&s);
}

/* Who sleeps gives its turn back; the timer that ends the sleep interrupts the other's. */
static void test_sleeper(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .spend = 1000, .times = 1};
	struct actor b = {.letter = 'b', .spend = 20, .sleep = 200, .times = 2};

	scene_start(&s, 2, 300);
	act(&s, &a, 0, 0, actor_run);
	act(&s, &b, 1, 100, actor_run);
	/* b: 300 to 320, 520 to 545, and 745 to 750; a: the rest */
	run(&s, "a@5 b@300 b@320 b@525 b@545 b@750 a@1055 ");
	scene_end(&s);
}

/* A tick ends the turn of the second CPU, for the first; that one's is not ended so. */
static void test_tick(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .spend = 1500, .times = 1};
	struct actor b = {.letter = 'b', .spend = 700, .times = 2};

	scene_start_ticking(&s, 2, 100000, 1000000);
	act(&s, &b, 1, 0, actor_run);
	act(&s, &a, 0, 100, actor_run);
	/* a has been awake since 105: from 1000 to 2500 it works, over the tick at 2000 */
	run(&s, "b@5 b@705 a@1000 a@2500 b@2905 ");
	scene_end(&s);
}

static void interrupt(struct engine *eng, struct event *ev)
{
	(void)ev;
	(void)eng;
	cpu_device_interrupt(interrupted, 0, 20);
}

/* The end of what nobody waits for hands the turn on. */
static void test_device(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .spend = 1000, .times = 1};
	struct actor b = {.letter = 'b', .spend = 300, .times = 1};
	struct event ev = {.fire = interrupt};

	scene_start(&s, 2, 100000);
	interrupted = s.cpus;
	engine_at(s.eng, &ev, 400);
	act(&s, &a, 0, 0, actor_run);
	act(&s, &b, 1, 100, actor_run);
	/* a works for 395, is away while b works from 400 to 700, and for the other 605 */
	run(&s, "a@5 b@400 b@700 a@1305 ");
	scene_end(&s);
}

static void await_run(void *arg)
{
	struct actor *a = arg;
	struct cpu_ctx *ctx = cpu_current(a->scene->cpus);

	cpu_spend(ctx, a->spend);
	note(a);
	cpu_await_others(ctx);
	cpu_spend(ctx, a->spend);
	note(a);
}

/* Who waits for the others' answer goes on when their turn is over. */
static void test_await(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .spend = 200};
	struct actor b = {.letter = 'b', .spend = 300, .times = 1};

	scene_start(&s, 2, 100000);
	act(&s, &a, 0, 0, await_run);
	act(&s, &b, 1, 100, actor_run);
	run(&s, "a@205 b@205 b@505 a@705 ");
	scene_end(&s);
}

/* Without turns both run at once. */
static void test_none(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .spend = 1000, .times = 1};
	struct actor b = {.letter = 'b', .spend = 500, .times = 1};

	scene_start(&s, 2, 0);
	act(&s, &a, 0, 0, actor_run);
	act(&s, &b, 1, 100, actor_run);
	run(&s, "a@5 b@105 b@605 a@1005 ");
	scene_end(&s);
}

static void random_run(void *arg)
{
	struct actor *a = arg;
	struct cpu_ctx *ctx = cpu_current(a->scene->cpus);
	struct rng rng;

	rng_init(&rng, a->seed, "actor");
	for (u32 i = 0; i < 200; i++) {
		u64 ns = rng_below(&rng, 700), begun = engine_now(a->scene->eng), waited;

		switch (rng_below(&rng, 8)) {
		case 0:
			cpu_sleep(ctx, rng_below(&rng, 900));
			break;
		case 1:
			cpu_migrate(ctx, (u32)rng_below(&rng, CPUS));
			break;
		case 2:
			cpu_interrupt(a->scene->cpus, (u32)rng_below(&rng, CPUS), ns / 10);
			break;
		case 3:
			cpu_await_others(ctx);
			break;
		default:
			waited = cpu_spend(ctx, ns);
			g_assert_cmpuint(engine_now(a->scene->eng), ==, begun + ns + waited);
			a->spent += ns;
		}
	}
	g_assert_cmpuint(cpu_ctx_runtime(ctx), >=, a->spent);
	a->over = true;
}

/* All come to their end, and no two CPUs work at the same time. */
static void test_random(void)
{
	for (u64 seed = 1; seed < 60; seed++) {
		struct actor a[ACTORS] = {0};
		u64 spent = 0, worked = 0, now;
		struct scene s;

		scene_start_ticking(&s, CPUS, seed % 5 * 150 + 1, 5000000);
		for (u32 i = 0; i < ACTORS; i++) {
			a[i].seed = seed * 100 + i;
			act(&s, &a[i], i % CPUS, i * 37, random_run);
		}
		g_assert_cmpint(engine_run(s.eng, UINT64_MAX), ==, ENGINE_IDLE);
		now = engine_now(s.eng);
		for (u32 i = 0; i < ACTORS; i++) {
			g_assert_true(a[i].over);
			spent += a[i].spent;
		}
		for (u32 i = 0; i < CPUS; i++) {
			struct cpu_stats st;

			cpu_stats(s.cpus, i, &st);
			worked += st.task_ns;
			g_assert_cmpuint(st.task_ns + st.kthread_ns + st.irq_ns + st.idle_ns, ==,
					 now);
		}
		g_assert_cmpuint(worked, >=, spent);
		g_assert_cmpuint(worked, <=, now);
		scene_end(&s);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/turns/two", test_two);
	g_test_add_func("/turns/sleeper", test_sleeper);
	g_test_add_func("/turns/tick", test_tick);
	g_test_add_func("/turns/device", test_device);
	g_test_add_func("/turns/await", test_await);
	g_test_add_func("/turns/none", test_none);
	g_test_add_func("/turns/random", test_random);
	return g_test_run();
}

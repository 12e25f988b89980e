/* SPDX-License-Identifier: GPL-2.0-only */
/* Sleeps and waits that end early, and what is not ended so. Switch 10 ns, wake-up 5 ns. */
#include <glib.h>

#include "engine/device.h"
#include "machine/cpu.h"

struct scene {
	struct engine *eng;
	struct cpus *cpus;
	struct wait_queue wq;
	struct cpu_ctx *ctx;
	u64 done;
};

struct waker {
	struct event event;
	struct scene *scene;
};

static void fire_wake(struct engine *eng, struct event *ev)
{
	(void)eng;
	cpu_wake(container_of(ev, struct waker, event)->scene->ctx);
}

/* Asleep from 5 to 1005 but for the wake-up at 300; then at work until 1305: no effect there. */
static void wait_and_be_woken(void *arg)
{
	const struct device_params p = {.read_latency_ns = 100, .depth = 1};
	struct scene *s = arg;
	struct device *dev = device_create(s->eng, "disk", &p);

	cpu_sleep(s->ctx, 1000);
	g_assert_cmpuint(engine_now(s->eng), ==, 305);
	cpu_spend(s->ctx, 1000);
	g_assert_cmpuint(engine_now(s->eng), ==, 1305);
	g_assert_false(cpu_wait(s->ctx, &s->wq, WAIT_FOREVER));
	g_assert_cmpuint(engine_now(s->eng), ==, 2005);
	g_assert_false(waitqueue_active(&s->wq));
	g_assert_false(cpu_wait_io(s->ctx, &s->wq, 1000));
	g_assert_cmpuint(engine_now(s->eng), ==, 2055);
	/* A request under way cannot be given up. */
	g_assert_cmpuint(cpu_io(s->ctx, dev, false, 0), ==, 105);
	device_destroy(dev);
	s->done = engine_now(s->eng);
}

static void test_wake(void)
{
	const struct cpu_sched_params params = {100, 10, 5};
	const u64 at[] = {300, 700, 2000, 2050, 2100};
	struct waker wakers[G_N_ELEMENTS(at)];
	struct scene s = {.eng = engine_create()};

	s.cpus = cpus_create(s.eng, 1, &params);
	s.ctx = cpu_ctx_create(s.cpus, "a", 0, CPU_CLASS_TASK, 0, wait_and_be_woken, &s);
	for (u32 i = 0; i < G_N_ELEMENTS(at); i++) {
		wakers[i] = (struct waker){.event.fire = fire_wake, .scene = &s};
		engine_at(s.eng, &wakers[i].event, at[i]);
	}
	g_assert_cmpint(engine_run(s.eng, UINT64_MAX), ==, ENGINE_IDLE);
	g_assert_cmpuint(s.done, ==, 2160);
	cpus_destroy(s.cpus);
	engine_destroy(s.eng);
}

struct roamer {
	struct cpus *cpus;
	struct cpu_ctx *ctx;
	u32 where, seen[3];
};

static void work(void *arg)
{
	struct roamer *r = arg;

	cpu_spend(r->ctx, 1000);
	cpu_sleep(r->ctx, 1000);
	cpu_spend(r->ctx, 10000);
}

static void sleep_and_look(void *arg)
{
	struct roamer *r = arg;

	for (u32 i = 0; i < G_N_ELEMENTS(r->seen); i++) {
		cpu_sleep(r->ctx, i ? 1000 : 100);
		g_assert_cmpuint(cpu_ctx_cpu(r->ctx), ==, r->where);
		r->seen[i] = r->where;
	}
}

/*
 * CPU 1 is at work but from about 1000 to 2000, CPU 3 is none of its. Waking at about 100 it goes
 * to CPU 2, the first idle one, and stays there at 1100 although CPU 1 is idle too; from 1500 on
 * CPU 2 has work, so at 2100, when CPU 1 is at work again, the idle one is CPU 0.
 */
static void test_roam(void)
{
	const struct cpu_sched_params params = {100, 10, 5};
	struct engine *eng = engine_create();
	struct cpus *cpus = cpus_create(eng, 4, &params);
	struct roamer busy = {cpus}, late = {cpus}, roamer = {.cpus = cpus, .where = 1};

	busy.ctx = cpu_ctx_create(cpus, "busy", 1, CPU_CLASS_TASK, 0, work, &busy);
	late.ctx = cpu_ctx_create(cpus, "late", 2, CPU_CLASS_TASK, 1500, work, &late);
	roamer.ctx = cpu_ctx_create(cpus, "roamer", 1, CPU_CLASS_TASK, 0, sleep_and_look, &roamer);
	cpu_roam(roamer.ctx, 0, 3, &roamer.where);
	g_assert_cmpint(engine_run(eng, UINT64_MAX), ==, ENGINE_IDLE);
	g_assert_cmpuint(roamer.seen[0], ==, 2);
	g_assert_cmpuint(roamer.seen[1], ==, 2);
	g_assert_cmpuint(roamer.seen[2], ==, 0);
	cpus_destroy(cpus);
	engine_destroy(eng);
}

struct sleeper {
	struct engine *eng;
	struct cpu_ctx *ctx;
	u64 use, sleep; /* ns of its CPU, then asleep */
	bool moves;	/* to CPU 1, in its sleep */
	u64 delay;	/* from waking to running */
};

static void use_and_sleep(void *arg)
{
	struct sleeper *s = arg;
	u64 due;

	if (s->use)
		cpu_spend(s->ctx, s->use);
	if (s->moves)
		cpu_migrate(s->ctx, 1);
	due = engine_now(s->eng) + s->sleep;
	cpu_sleep(s->ctx, s->sleep);
	s->delay = engine_now(s->eng) - due;
}

static void use_long(void *arg)
{
	cpu_spend(*(struct cpu_ctx **)arg, 100000);
}

/* How long the sleeper waits for a CPU on which another one has worked since 0; slices of 10000. */
static u64 delay_of(struct cpu_sched_params params, struct sleeper s, u32 cpu)
{
	struct engine *eng = engine_create();
	struct cpus *cpus;
	struct cpu_ctx *busy;

	params.slice_ns = 10000;
	params.context_switch_ns = 10;
	params.wakeup_ns = 5;
	cpus = cpus_create(eng, 2, &params);
	s.eng = eng;
	s.ctx = cpu_ctx_create(cpus, "sleeper", cpu, CPU_CLASS_TASK, 0, use_and_sleep, &s);
	busy = cpu_ctx_create(cpus, "busy", 1, CPU_CLASS_TASK, 0, use_long, &busy);
	g_assert_cmpint(engine_run(eng, UINT64_MAX), ==, ENGINE_IDLE);
	cpus_destroy(cpus);
	engine_destroy(eng);
	return s.delay;
}

/* Who has used less by more than 100 runs at once; sleep is worth 500 at most. */
static void test_preempt_by_use(void)
{
	const struct cpu_sched_params none = {0}, fair = {.latency_ns = 1000,
							  .wakeup_granularity_ns = 100};

	g_assert_cmpuint(delay_of(none, (struct sleeper){.sleep = 3000}, 1), >, 6000);
	g_assert_cmpuint(delay_of(fair, (struct sleeper){.sleep = 3000}, 1), ==, 10);
	g_assert_cmpuint(delay_of(fair, (struct sleeper){.sleep = 50}, 1), >, 9000);
	/* it was there first and used 2000; after 1500 of the other it has still used more */
	g_assert_cmpuint(delay_of(fair, (struct sleeper){.use = 2000, .sleep = 1500}, 1), >, 6000);
	g_assert_cmpuint(delay_of(fair, (struct sleeper){.use = 2000, .sleep = 2500}, 1), ==, 10);
	/* it comes from a CPU where it was neither ahead nor behind: so it is here */
	g_assert_cmpuint(delay_of(fair, (struct sleeper){.use = 20000, .sleep = 1500,
							 .moves = true}, 0), >, 6000);
}

/* Who has run for 1000 is preempted; before, his slice is his. */
static void test_preempt_by_slice(void)
{
	const struct cpu_sched_params slices = {.base_slice_ns = 1000};

	g_assert_cmpuint(delay_of(slices, (struct sleeper){.sleep = 900}, 1), >, 9000);
	g_assert_cmpuint(delay_of(slices, (struct sleeper){.sleep = 1100}, 1), ==, 10);
}

struct pair {
	struct engine *eng;
	struct cpu_ctx *waker, *woken;
	u64 ran;
};

static void wait_long(void *arg)
{
	struct pair *p = arg;

	cpu_sleep(p->woken, 1000000);
	p->ran = engine_now(p->eng);
}

static void wake_after_use(void *arg)
{
	struct pair *p = arg;

	cpu_spend(p->waker, 3000);
	cpu_wake(p->woken);
	cpu_spend(p->waker, 3000);
	g_assert_cmpuint(p->ran, <, 3100);
}

/* A waker who runs on gives way when he next uses time. */
static void test_preempt_waker(void)
{
	const struct cpu_sched_params params = {.slice_ns = 10000, .context_switch_ns = 10,
						.wakeup_ns = 5, .latency_ns = 1000,
						.wakeup_granularity_ns = 100};
	struct pair p = {.eng = engine_create()};
	struct cpus *cpus = cpus_create(p.eng, 1, &params);

	p.woken = cpu_ctx_create(cpus, "woken", 0, CPU_CLASS_KTHREAD, 0, wait_long, &p);
	p.waker = cpu_ctx_create(cpus, "waker", 0, CPU_CLASS_TASK, 0, wake_after_use, &p);
	g_assert_cmpint(engine_run(p.eng, UINT64_MAX), ==, ENGINE_IDLE);
	g_assert_cmpuint(p.ran, >, 3000);
	cpus_destroy(cpus);
	engine_destroy(p.eng);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cpu-wake/wake", test_wake);
	g_test_add_func("/cpu-wake/roam", test_roam);
	g_test_add_func("/cpu-wake/preempt-by-use", test_preempt_by_use);
	g_test_add_func("/cpu-wake/preempt-by-slice", test_preempt_by_slice);
	g_test_add_func("/cpu-wake/preempt-waker", test_preempt_waker);
	return g_test_run();
}

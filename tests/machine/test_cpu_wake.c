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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cpu-wake/wake", test_wake);
	g_test_add_func("/cpu-wake/roam", test_roam);
	return g_test_run();
}

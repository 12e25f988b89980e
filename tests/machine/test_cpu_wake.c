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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cpu-wake/wake", test_wake);
	return g_test_run();
}

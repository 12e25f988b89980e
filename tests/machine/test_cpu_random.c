/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Thousands of contexts do as they please; no nanosecond may get lost or be counted twice, and
 * the same seed must give the same story.
 */
#include <glib.h>

#include "engine/device.h"
#include "engine/rng.h"
#include "machine/cpu.h"

#define CPUS	 8u
#define CONTEXTS 2000u
#define STEPS	 25u

/* Who wakes waits, or preempts by use, or by slice: by the tens of the seed. */
static const struct cpu_sched_params params[] = {
	{5000, 18, 50},
	{5000, 18, 50, .latency_ns = 3000, .wakeup_granularity_ns = 200},
	{5000, 18, 50, .base_slice_ns = 700},
};

struct world {
	struct engine *eng;
	struct cpus *cpus;
	struct device *dev;
	struct wait_queue wq;
	struct event irq, sample;
	struct rng rng; /* of the interrupts and samples */
	struct actor *actors;
	u64 hash;
	u32 alive, samples;
	u64 ended_runtime; /* of contexts that are gone */
};

struct actor {
	struct world *w;
	struct cpu_ctx *ctx; /* NULL: gone */
	struct rng rng;
	u32 number;
	u64 spent;
};

static void story(struct world *w, u64 what)
{
	w->hash = (w->hash ^ what ^ engine_now(w->eng) << 20) * 0x100000001b3ull;
	w->hash ^= w->hash >> 29;
}

static void spend(struct actor *a, u64 ns)
{
	u64 begun = engine_now(a->w->eng), runtime = cpu_ctx_runtime(a->ctx), waited, used;

	waited = cpu_spend(a->ctx, ns);
	used = cpu_ctx_runtime(a->ctx) - runtime;
	g_assert_cmpuint(engine_now(a->w->eng), ==, begun + ns + waited);
	/* its CPU time is what it asked for and the switches on the way */
	g_assert_cmpuint(used, >=, ns);
	g_assert_cmpuint((used - ns) % params[0].context_switch_ns, ==, 0);
	g_assert_cmpuint(used - ns, <=, waited);
	a->spent += ns;
	story(a->w, a->number + waited);
}

static void some_step(struct actor *a)
{
	struct world *w = a->w;
	struct actor *other = &w->actors[rng_below(&a->rng, CONTEXTS)];
	u32 cpu;

	switch (rng_below(&a->rng, 9)) {
	case 0:
		cpu_sleep(a->ctx, rng_exp(&a->rng, 20000));
		break;
	case 1:
		story(w, cpu_wait(a->ctx, &w->wq, rng_below(&a->rng, 100000)));
		break;
	case 2:
		story(w, wake_up(w->eng, &w->wq, (u32)rng_below(&a->rng, 20)));
		break;
	case 3:
		story(w, cpu_io(a->ctx, w->dev, rng_ppm(&a->rng, 300000), 4096));
		break;
	case 4:
		if (other->ctx)
			cpu_migrate(other->ctx, (u32)rng_below(&a->rng, CPUS));
		break;
	case 5:
		cpu_sleep(a->ctx, 0);
		break;
	case 6:
		cpu = (u32)rng_below(&a->rng, CPUS);
		cpu_interrupt(w->cpus, cpu, rng_below(&a->rng, 300));
		break;
	default:
		spend(a, rng_ppm(&a->rng, 50000) ? 0 : rng_exp(&a->rng, 3000));
	}
	g_assert_true(cpu_current(w->cpus) == a->ctx);
	story(w, cpu_ctx_cpu(a->ctx));
}

static void actor_run(void *arg)
{
	struct actor *a = arg;
	u64 runtime;

	for (u32 i = 0; i < STEPS; i++) {
		some_step(a);
		spend(a, rng_below(&a->rng, 100));
	}
	runtime = cpu_ctx_runtime(a->ctx);
	g_assert_cmpuint((runtime - a->spent) % params[0].context_switch_ns, ==, 0);
	a->w->ended_runtime += runtime;
	a->w->alive--;
	a->ctx = NULL;
}

/* Each CPU's time adds up; so do those of the contexts. Returns the switches. */
static u64 check_time(struct world *w)
{
	u64 used = 0, runtimes = w->ended_runtime, switches = 0;

	for (u32 i = 0; i < CPUS; i++) {
		struct cpu_stats st;

		cpu_stats(w->cpus, i, &st);
		g_assert_cmpuint(st.task_ns + st.kthread_ns + st.irq_ns + st.idle_ns, ==,
				 engine_now(w->eng));
		used += st.task_ns + st.kthread_ns;
		switches += st.switches;
	}
	for (u32 i = 0; i < CONTEXTS; i++) {
		if (w->actors[i].ctx)
			runtimes += cpu_ctx_runtime(w->actors[i].ctx);
	}
	g_assert_cmpuint(used, ==, runtimes);
	return switches;
}

static void irq_fire(struct engine *eng, struct event *ev)
{
	struct world *w = container_of(ev, struct world, irq);
	u32 cpu = (u32)rng_below(&w->rng, CPUS);

	cpu_interrupt(w->cpus, cpu, rng_exp(&w->rng, 400));
	if (w->alive)
		engine_at(eng, ev, engine_now(eng) + rng_exp(&w->rng, 2000));
}

static void sample_fire(struct engine *eng, struct event *ev)
{
	struct world *w = container_of(ev, struct world, sample);

	w->samples++;
	check_time(w);
	if (w->alive)
		engine_at(eng, ev, engine_now(eng) + rng_exp(&w->rng, 100000));
}

static void populate(struct world *w, u64 seed)
{
	for (u32 i = 0; i < CONTEXTS; i++) {
		struct actor *a = &w->actors[i];
		enum cpu_class cls = i % 5 == 0	   ? CPU_CLASS_KTHREAD
				     : i % 50 == 1 ? CPU_CLASS_RT
						   : CPU_CLASS_TASK;

		a->w = w;
		a->number = i;
		rng_init(&a->rng, seed + i, "actor");
		a->ctx = cpu_ctx_create(w->cpus, "actor", i % CPUS, cls,
					rng_below(&a->rng, 1000000), actor_run, a);
		g_assert_nonnull(a->ctx);
	}
	w->alive = CONTEXTS;
}

static void world_start(struct world *w, u64 seed)
{
	struct device_params p = {8000, 2000, 2000000000, 1000000000, 16};

	*w = (struct world){.eng = engine_create(), .hash = 1};
	w->cpus = cpus_create(w->eng, CPUS, &params[seed / 10 % G_N_ELEMENTS(params)]);
	w->dev = device_create(w->eng, "disk", &p);
	w->actors = g_new0(struct actor, CONTEXTS);
	rng_init(&w->rng, seed, "world");
	populate(w, seed);
	w->irq.fire = irq_fire;
	w->sample.fire = sample_fire;
	engine_at(w->eng, &w->irq, 0);
	engine_at(w->eng, &w->sample, 0);
}

static void world_end(struct world *w)
{
	cpus_destroy(w->cpus);
	device_destroy(w->dev);
	engine_destroy(w->eng);
	g_free(w->actors);
}

static u64 live(u64 seed)
{
	struct world w;
	u64 hash;

	world_start(&w, seed);
	g_assert_cmpint(engine_run(w.eng, UINT64_MAX), ==, ENGINE_IDLE);
	g_assert_cmpuint(w.alive, ==, 0);
	g_assert_cmpuint(w.samples, >, 100);
	g_assert_false(waitqueue_active(&w.wq));
	story(&w, check_time(&w));
	hash = w.hash;
	world_end(&w);
	return hash;
}

static void test_conservation(void)
{
	/* Pinned: the same on every host and compiler. A change to the scheduler changes it. */
	const u64 hash = 0x9e8bfa1521d0cfe7;

	g_assert_cmphex(live(1), ==, hash);
	g_assert_cmphex(live(1), ==, hash);
	g_assert_cmphex(live(2), !=, hash);
	g_assert_cmphex(live(11), ==, live(11));
	g_assert_cmphex(live(21), !=, live(22));
}

/* Stopped in the middle, with contexts in every state; and the run in pieces is the same run. */
static void test_pieces(void)
{
	struct world w;
	u64 hash = live(3);

	world_start(&w, 3);
	while (engine_run(w.eng, engine_now(w.eng) + 77777) == ENGINE_TIME_LIMIT)
		check_time(&w);
	story(&w, check_time(&w));
	g_assert_cmphex(w.hash, ==, hash);
	world_end(&w);
	world_start(&w, 3);
	g_assert_cmpint(engine_run(w.eng, 5000000), ==, ENGINE_TIME_LIMIT);
	g_assert_cmpuint(w.alive, >, CONTEXTS / 2);
	world_end(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cpu-random/conservation", test_conservation);
	g_test_add_func("/cpu-random/pieces", test_pieces);
	return g_test_run();
}

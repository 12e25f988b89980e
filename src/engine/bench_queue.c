/* SPDX-License-Identifier: GPL-2.0-only */
/* How long the event queue takes; see bench_queue.h. Times are drawn before the clock runs. */
#include "engine/bench_queue.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "engine/engine.h"
#include "engine/rng.h"

#define BENCH_DRAWS   4096u
#define BENCH_MEAN_NS 1000000ull

struct hold {
	u64 left;
	u32 draw;
	u64 delays[BENCH_DRAWS];
};

struct hold_event {
	struct event event;
	struct hold *hold;
};

static void hold_fire(struct engine *eng, struct event *ev)
{
	struct hold *hold = container_of(ev, struct hold_event, event)->hold;

	engine_at(eng, ev, engine_now(eng) + hold->delays[hold->draw++ % BENCH_DRAWS]);
	if (!--hold->left)
		engine_stop(eng);
}

static double host_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* Host ns to fire `ops` events. */
static double run_for(struct engine *eng, struct hold *hold, u64 ops)
{
	double begun = host_ns();
	enum engine_stop why;

	hold->left = ops;
	why = engine_run(eng, UINT64_MAX);
	assert(why == ENGINE_STOPPED);
	(void)why;
	return host_ns() - begun;
}

static void hold_start(struct engine *eng, struct hold *hold, struct hold_event *events,
		       u32 pending)
{
	struct rng rng;

	rng_init(&rng, 1, "bench_queue");
	for (u32 i = 0; i < BENCH_DRAWS; i++)
		hold->delays[i] = rng_exp(&rng, BENCH_MEAN_NS);
	for (u32 i = 0; i < pending; i++) {
		events[i].event.fire = hold_fire;
		events[i].hold = hold;
		engine_at(eng, &events[i].event, rng_exp(&rng, BENCH_MEAN_NS));
	}
}

double engine_bench_hold(u32 pending, u64 ops)
{
	struct engine *eng = engine_create();
	struct hold *hold = calloc(1, sizeof(*hold));
	struct hold_event *events = calloc(pending, sizeof(*events));
	double ns = -1;

	assert(pending && ops);
	if (eng && hold && events) {
		hold_start(eng, hold, events, pending);
		run_for(eng, hold, 2ull * pending); /* until the queue has its usual shape */
		ns = run_for(eng, hold, ops) / (double)ops;
	}
	engine_destroy(eng);
	free(hold);
	free(events);
	return ns;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Something to record. */
#include "small_run.h"

#include <glib.h>
#include <stdlib.h>

static void note(struct small_run *run, u64 value)
{
	run->decisions = (run->decisions ^ value) * 0x9e3779b97f4a7c15ull;
	run->decisions ^= run->decisions >> 29;
}

static void allocate(struct small_task *t)
{
	static const gfp_t gfps[] = {GFP_HIGHUSER_MOVABLE,
				     GFP_HIGHUSER_MOVABLE | __GFP_ZERO,
				     GFP_KERNEL,
				     GFP_KERNEL | __GFP_RECLAIMABLE,
				     GFP_NOFS,
				     __GFP_HIGH | __GFP_KSWAPD_RECLAIM};
	static const u32 orders[] = {0, 0, 0, 0, 0, 0, 1, 2, 3, 4};
	bool huge = rng_below(&t->rng, 60) == 0;
	u32 order = huge ? 9 : orders[rng_below(&t->rng, G_N_ELEMENTS(orders))];
	gfp_t gfp = gfps[rng_below(&t->rng, G_N_ELEMENTS(gfps))] | __GFP_NORETRY;
	u32 pfn = alloc_pages(t->run->w.mm, &t->task, gfp | __GFP_COMP, order);

	note(t->run, pfn);
	note(t->run, engine_now(t->run->w.engine));
	if (pfn == PFN_NONE)
		return;
	t->pfn[t->held] = pfn;
	t->order[t->held] = (u8)order;
	t->held++;
}

static void release(struct small_task *t)
{
	u32 i = (u32)rng_below(&t->rng, t->held);
	enum free_result result = free_pages(t->run->w.mm, &t->task, t->pfn[i], t->order[i]);

	g_assert_cmpint(result, ==, FREE_OK);
	t->held--;
	t->pfn[i] = t->pfn[t->held];
	t->order[i] = t->order[t->held];
}

static void work(void *arg)
{
	struct small_task *t = arg;

	for (u32 i = 0; i < t->run->steps; i++) {
		/* more and more, then less and less */
		u32 chance = i < t->run->steps * 2 / 3 ? 62 : 45;

		if (!t->held || (t->held < SMALL_RUN_HELD && rng_below(&t->rng, 100) < chance))
			allocate(t);
		else
			release(t);
		cpu_spend(t->task.sched, rng_below(&t->rng, 2000));
	}
}

void small_run_create(struct small_run *run, u32 steps)
{
	*run = (struct small_run){.steps = steps};
	small_world_create(&run->w, NULL, &profile_linux_7_2);
	run->task = calloc(SMALL_RUN_TASKS, sizeof(*run->task));
	g_assert_nonnull(run->task);
	for (u32 i = 0; i < SMALL_RUN_TASKS; i++) {
		struct small_task *t = &run->task[i];

		t->run = run;
		t->task.comm = "worker \x1b[31m";
		t->task.pid = 100 + i;
		t->task.cpu = i % 2;
		rng_init(&t->rng, i, "small run");
		t->task.sched =
		    cpu_ctx_create(run->w.cpus, "worker", i % 2, CPU_CLASS_TASK, 0, work, t);
		g_assert_nonnull(t->task.sched);
	}
}

void small_run_go(struct small_run *run)
{
	g_assert_cmpint(engine_run(run->w.engine, UINT64_MAX), ==, ENGINE_IDLE);
}

void small_run_destroy(struct small_run *run)
{
	small_world_destroy(&run->w);
	free(run->task);
}

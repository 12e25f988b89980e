/* SPDX-License-Identifier: GPL-2.0-only */
/* Contexts and CPUs come and go. What they do in between is cpu.c's. */
#include <assert.h>
#include <stdlib.h>

#include "machine/cpu_internal.h"

#define SLICE_NS_DEFAULT	  (3 * NSEC_PER_MSEC)
#define CONTEXT_SWITCH_NS_DEFAULT 1800
#define WAKEUP_NS_DEFAULT	  5000
#define HZ_DEFAULT		  250
#define PSI_WINDOW_NS_DEFAULT	  (200 * NSEC_PER_MSEC)

static void ctx_free(struct cpu_ctx *ctx)
{
	if (ctx->prev_all)
		ctx->prev_all->next_all = ctx->next_all;
	else
		ctx->cpus->all = ctx->next_all;
	if (ctx->next_all)
		ctx->next_all->prev_all = ctx->prev_all;
	free(ctx);
}

static void ctx_main(void *arg)
{
	struct cpu_ctx *ctx = arg;

	cpu_acquire(ctx, false);
	ctx->fn(ctx->arg);
	assert(!ctx->psi.depth);
	cpu_release(ctx, false);
	ctx_free(ctx);
}

struct cpu_ctx *cpu_ctx_create(struct cpus *cpus, const char *name, u32 cpu, enum cpu_class cls,
			       u64 start_time, fiber_fn fn, void *arg)
{
	struct cpu_ctx *ctx = calloc(1, sizeof(*ctx));

	assert(cpu < cpus->nr);
	if (!ctx)
		return NULL;
	ctx->fiber = fiber_create(cpus->eng, name, ctx_main, ctx);
	if (!ctx->fiber) {
		free(ctx);
		return NULL;
	}
	fiber_set_owner(ctx->fiber, ctx);
	ctx->cpus = cpus;
	ctx->cpu = &cpus->cpu[cpu];
	ctx->target = ctx->cpu;
	ctx->counted_on = ctx->cpu;
	ctx->vruntime = ctx->cpu->min_vruntime;
	ctx->id = ++cpus->contexts;
	ctx->class = cls;
	ctx->fn = fn;
	ctx->arg = arg;
	ctx->next_all = cpus->all;
	if (cpus->all)
		cpus->all->prev_all = ctx;
	cpus->all = ctx;
	fiber_unpark_at(cpus->eng, ctx->fiber, start_time);
	return ctx;
}

struct cpus *cpus_create(struct engine *eng, u32 nr_cpus, const struct cpu_sched_params *params)
{
	struct cpus *cpus = calloc(1, sizeof(*cpus) + nr_cpus * sizeof(cpus->cpu[0]));

	if (!cpus)
		return NULL;
	cpus->eng = eng;
	cpus->nr = nr_cpus;
	cpus->params = (struct cpu_sched_params){
	    .slice_ns = SLICE_NS_DEFAULT,
	    .context_switch_ns = CONTEXT_SWITCH_NS_DEFAULT,
	    .wakeup_ns = WAKEUP_NS_DEFAULT,
	};
	if (params)
		cpus->params = *params;
	assert(cpus->params.slice_ns);
	if (!cpus->params.hz)
		cpus->params.hz = HZ_DEFAULT;
	if (!cpus->params.psi_window_ns)
		cpus->params.psi_window_ns = PSI_WINDOW_NS_DEFAULT;
	cpus->psi = psi_create(engine_now(eng), nr_cpus, cpus->params.hz,
			       cpus->params.psi_window_ns);
	if (!cpus->psi) {
		free(cpus);
		return NULL;
	}
	cpus->turn.fire = cpu_turn_fire;
	for (u32 i = 0; i < nr_cpus; i++) {
		struct cpu *cpu = &cpus->cpu[i];

		cpu->cpus = cpus;
		cpu->id = i;
		cpu->timer.fire = cpu_timer_fire;
		cpu->mark = engine_now(eng);
	}
	return cpus;
}

void cpus_destroy(struct cpus *cpus)
{
	if (!cpus)
		return;
	while (cpus->all) {
		fiber_destroy(cpus->all->fiber);
		ctx_free(cpus->all);
	}
	for (u32 i = 0; i < cpus->nr; i++)
		engine_cancel(cpus->eng, &cpus->cpu[i].timer);
	engine_cancel(cpus->eng, &cpus->turn);
	psi_destroy(cpus->psi);
	free(cpus);
}

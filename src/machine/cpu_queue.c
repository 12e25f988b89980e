/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Run queues of a CPU, and who among equals runs at once when it wakes.
 *
 * Modelled of the completely fair scheduler (until 6.5): a context that has used less of its CPU
 * than the one that runs there, by more than a granularity, takes the CPU on waking; sleep counts
 * as having used half a latency less than those who wait, at most. Of EEVDF (6.6 on): who wakes
 * takes the CPU if the one that runs has used up its slice, though no tick has told it yet. Left
 * out: the order of the queue by use or deadline, which goes round here, and lag.
 */
#include "machine/cpu_internal.h"

void cpu_psi_set(struct cpu_ctx *ctx, u32 flags)
{
	struct cpus *cpus = ctx->cpus;

	psi_task_change(cpus->psi, engine_now(cpus->eng), &ctx->psi, ctx->cpu->id,
			flags | (ctx->psi.flags & PSI_TASK_MEMSTALL));
}

static void queued(struct run_queue *rq, struct cpu_ctx *ctx)
{
	ctx->queue = rq;
	ctx->state = CTX_QUEUED;
	cpu_psi_set(ctx, PSI_TASK_RUNNING);
}

void cpu_queue_add_tail(struct run_queue *rq, struct cpu_ctx *ctx)
{
	ctx->next = NULL;
	ctx->prev = rq->tail;
	if (rq->tail)
		rq->tail->next = ctx;
	else
		rq->head = ctx;
	rq->tail = ctx;
	queued(rq, ctx);
}

void cpu_queue_add_head(struct run_queue *rq, struct cpu_ctx *ctx)
{
	ctx->prev = NULL;
	ctx->next = rq->head;
	if (rq->head)
		rq->head->prev = ctx;
	else
		rq->tail = ctx;
	rq->head = ctx;
	queued(rq, ctx);
}

void cpu_queue_del(struct cpu_ctx *ctx)
{
	struct run_queue *rq = ctx->queue;

	if (ctx->prev)
		ctx->prev->next = ctx->next;
	else
		rq->head = ctx->next;
	if (ctx->next)
		ctx->next->prev = ctx->prev;
	else
		rq->tail = ctx->prev;
}

void cpu_update_min_vruntime(struct cpu *cpu)
{
	u64 least = cpu->fair.head ? cpu->fair.head->vruntime : UINT64_MAX;

	if (!cpu->cpus->params.latency_ns)
		return;
	if (cpu->curr && cpu->curr->class != CPU_CLASS_RT)
		least = min_u64(least, cpu->curr->vruntime);
	if (least != UINT64_MAX)
		cpu->min_vruntime = max_u64(cpu->min_vruntime, least);
}

/* What it is ahead of those who wait, it stays on another CPU.
   kernel/sched/fair.c:migrate_task_rq_fair (6.1) */
static void count_here(struct cpu *cpu, struct cpu_ctx *ctx)
{
	s64 ahead = (s64)(ctx->vruntime - ctx->counted_on->min_vruntime);

	ctx->vruntime = (u64)max_s64((s64)cpu->min_vruntime + ahead, 0);
	ctx->counted_on = cpu;
}

bool cpu_arrives(struct cpu *cpu, struct cpu_ctx *ctx, bool woken)
{
	const struct cpu_sched_params *params = &cpu->cpus->params;
	const struct cpu_ctx *curr = cpu->curr;
	u64 credit = params->latency_ns / 2;

	if (ctx->class == CPU_CLASS_RT)
		return false;
	if (params->latency_ns) {
		cpu_update_min_vruntime(cpu);
		if (ctx->counted_on != cpu)
			count_here(cpu, ctx);
		if (woken && cpu->min_vruntime > credit)
			ctx->vruntime = max_u64(ctx->vruntime, cpu->min_vruntime - credit);
	}
	if (!woken || !curr || curr->class == CPU_CLASS_RT)
		return false;
	if (params->latency_ns)
		return curr->vruntime > ctx->vruntime + params->wakeup_granularity_ns;
	return params->base_slice_ns && curr->vruntime - curr->begun >= params->base_slice_ns;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUs, run queues and time slices.
 *
 * A context is in one of four states: it executes (its fiber is the one that runs, simulated time
 * stands still), it works (its fiber is parked in cpu_spend() while the CPU works off the ns it
 * asked for), it is on the run queue, or it sleeps. A CPU has at most one context that executes
 * or works: `curr`. While it works, the CPU's timer stands at the end of its segment: the end of
 * the work, or of the slice if somebody waits. Whatever happens in between first attributes the
 * time since `mark`. A wake-up may shorten the segment, so it is planned anew; an interrupt or
 * somebody's leaving the run queue can only lengthen it, which the timer finds out when it fires.
 *
 * Modelled: round robin among tasks and kernel threads alike, RT contexts before them, the cost
 * of a switch and of waking an idle CPU, interrupts that delay what runs. Left out: weights and
 * lag of the kernel's fair scheduler, wake-up preemption among tasks, load balancing (a context
 * stays where it is put), frequency scaling, hyper-threads.
 */
#include "machine/cpu.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/device.h"

#define SLICE_NS_DEFAULT	  (3 * NSEC_PER_MSEC)
#define CONTEXT_SWITCH_NS_DEFAULT 1800
#define WAKEUP_NS_DEFAULT	  5000

enum ctx_state { CTX_ASLEEP, CTX_QUEUED, CTX_CURRENT };

struct cpu_ctx {
	struct cpus *cpus;
	struct cpu *cpu;
	struct cpu *target; /* where it has to move to; mostly cpu */
	struct fiber *fiber;
	u64 id; /* from 1, never used again */
	enum cpu_class class;
	enum ctx_state state;
	u64 need;    /* ns of CPU until its fiber goes on */
	u64 slice;   /* ns left of its slice */
	u64 runtime; /* ns, up to its CPU's mark */
	fiber_fn fn;
	void *arg;
	struct cpu_ctx *next, *prev;	     /* on a run queue */
	struct cpu_ctx *next_all, *prev_all; /* of cpus */
};

struct run_queue {
	struct cpu_ctx *head, *tail;
};

struct cpu {
	struct cpus *cpus;
	u32 id;
	struct cpu_ctx *curr;
	u64 last; /* id of the context that ran last */
	struct run_queue rt, fair;
	bool working;	    /* curr works, and */
	struct event timer; /* is due here next */
	u64 mark;	    /* time is attributed up to here */
	u64 irq_until;	    /* interrupt work keeps the CPU until then */
	u64 awake_at;	    /* a CPU woken from idle runs from then on */
	struct cpu_stats stats;
};

struct cpus {
	struct engine *eng;
	struct cpu_sched_params params;
	struct cpu_ctx *all;
	u64 contexts; /* ever created */
	u32 nr;
	struct cpu cpu[];
};

/* Run queues. */

static struct run_queue *queue_of(struct cpu *cpu, const struct cpu_ctx *ctx)
{
	return ctx->class == CPU_CLASS_RT ? &cpu->rt : &cpu->fair;
}

static void queue_add_tail(struct run_queue *rq, struct cpu_ctx *ctx)
{
	ctx->next = NULL;
	ctx->prev = rq->tail;
	if (rq->tail)
		rq->tail->next = ctx;
	else
		rq->head = ctx;
	rq->tail = ctx;
	ctx->state = CTX_QUEUED;
}

static void queue_add_head(struct run_queue *rq, struct cpu_ctx *ctx)
{
	ctx->prev = NULL;
	ctx->next = rq->head;
	if (rq->head)
		rq->head->prev = ctx;
	else
		rq->tail = ctx;
	rq->head = ctx;
	ctx->state = CTX_QUEUED;
}

static void queue_del(struct run_queue *rq, struct cpu_ctx *ctx)
{
	if (ctx->prev)
		ctx->prev->next = ctx->next;
	else
		rq->head = ctx->next;
	if (ctx->next)
		ctx->next->prev = ctx->prev;
	else
		rq->tail = ctx->prev;
}

/* Somebody who may take turns with curr is waiting. */
static bool others_wait(struct cpu *cpu)
{
	return cpu->rt.head || queue_of(cpu, cpu->curr)->head;
}

/* Where the time went. */

struct share {
	u64 irq, idle, work;
};

/* What [mark, now) was used for: interrupts first, then the way out of idle, then the work. */
static struct share time_share(const struct cpu *cpu)
{
	u64 now = engine_now(cpu->cpus->eng), t = cpu->mark, until;
	struct share share = {0};

	until = min_u64(max_u64(cpu->irq_until, t), now);
	share.irq = until - t;
	t = until;
	until = cpu->working ? min_u64(max_u64(cpu->awake_at, t), now) : now;
	share.idle = until - t;
	share.work = now - until;
	return share;
}

static void charge(struct cpu_ctx *ctx, struct cpu_stats *stats, u64 ns)
{
	if (ctx->class == CPU_CLASS_KTHREAD)
		stats->kthread_ns += ns;
	else
		stats->task_ns += ns;
	ctx->runtime += ns;
	/* A slice that ran out while nobody waited was renewed on the spot. */
	if (ns > ctx->slice) {
		u64 over = (ns - ctx->slice) % ctx->cpus->params.slice_ns;

		ctx->slice = over ? ctx->cpus->params.slice_ns - over : 0;
	} else {
		ctx->slice -= ns;
	}
}

static void attribute_time(struct cpu *cpu)
{
	struct share share = time_share(cpu);

	cpu->stats.irq_ns += share.irq;
	cpu->stats.idle_ns += share.idle;
	if (share.work) {
		assert(share.work <= cpu->curr->need);
		cpu->curr->need -= share.work;
		charge(cpu->curr, &cpu->stats, share.work);
	}
	cpu->mark = engine_now(cpu->cpus->eng);
}

/* Who runs. */

/* Sets the timer for the current context's segment. Time is attributed. */
static void plan(struct cpu *cpu)
{
	struct engine *eng = cpu->cpus->eng;
	struct cpu_ctx *ctx = cpu->curr;
	u64 start = max_u64(engine_now(eng), max_u64(cpu->irq_until, cpu->awake_at));
	u64 length = ctx->need;

	if (others_wait(cpu))
		length = min_u64(length, ctx->slice);
	engine_cancel(eng, &cpu->timer);
	engine_at(eng, &cpu->timer, time_add(start, length));
	cpu->working = true;
}

static void run_ctx(struct cpu *cpu, struct cpu_ctx *ctx, bool from_idle)
{
	struct cpus *cpus = cpu->cpus;

	assert(!cpu->curr);
	cpu->curr = ctx;
	ctx->state = CTX_CURRENT;
	if (!ctx->slice)
		ctx->slice = cpus->params.slice_ns;
	if (from_idle)
		cpu->awake_at = time_add(engine_now(cpus->eng), cpus->params.wakeup_ns);
	else
		ctx->need = time_add(ctx->need, cpus->params.context_switch_ns);
	if (cpu->last != ctx->id)
		cpu->stats.switches++;
	cpu->last = ctx->id;
	plan(cpu);
}

/* The CPU has lost its context: the next one, if any, takes over. */
static void run_next(struct cpu *cpu)
{
	struct run_queue *rq = cpu->rt.head ? &cpu->rt : &cpu->fair;
	struct cpu_ctx *ctx = rq->head;

	if (!ctx)
		return;
	queue_del(rq, ctx);
	run_ctx(cpu, ctx, false);
}

/* Takes the CPU away from curr, which is left in no queue. Time is attributed. */
static struct cpu_ctx *take_off(struct cpu *cpu)
{
	struct cpu_ctx *ctx = cpu->curr;

	engine_cancel(cpu->cpus->eng, &cpu->timer);
	cpu->curr = NULL;
	cpu->working = false;
	ctx->state = CTX_ASLEEP;
	return ctx;
}

/* Interrupts the segment of a context that has to give way to an RT one. */
static void preempt(struct cpu *cpu)
{
	struct cpu_ctx *ctx = take_off(cpu);

	queue_add_head(&cpu->fair, ctx);
	run_next(cpu);
}

/* A context that sleeps, or has just lost its CPU, waits for (or gets) its target CPU. */
static void make_runnable(struct cpu_ctx *ctx)
{
	struct cpu *cpu = ctx->target;

	ctx->cpu = cpu;
	attribute_time(cpu);
	if (!cpu->curr) {
		run_ctx(cpu, ctx, true);
		return;
	}
	queue_add_tail(queue_of(cpu, ctx), ctx);
	if (!cpu->working)
		return; /* curr executes; its next cpu_spend() will see */
	if (ctx->class == CPU_CLASS_RT && cpu->curr->class != CPU_CLASS_RT)
		preempt(cpu);
	else
		plan(cpu);
}

/*
 * True if curr, which is about to work, has to let others run first: it must move, an RT context
 * waits, or its slice is over. Renews a slice that nobody else wants.
 */
static bool must_give_way(struct cpu *cpu)
{
	struct cpu_ctx *ctx = cpu->curr;

	if (ctx->target != cpu || (cpu->rt.head && ctx->class != CPU_CLASS_RT))
		return true;
	if (ctx->slice)
		return false;
	if (others_wait(cpu))
		return true;
	ctx->slice = cpu->cpus->params.slice_ns;
	return false;
}

/* Curr goes to where must_give_way() sends it. Time is attributed. */
static void give_way(struct cpu *cpu)
{
	struct cpu_ctx *ctx = take_off(cpu);

	if (ctx->target != cpu) {
		run_next(cpu);
		make_runnable(ctx);
		return;
	}
	if (ctx->slice)
		queue_add_head(&cpu->fair, ctx);
	else
		queue_add_tail(queue_of(cpu, ctx), ctx);
	run_next(cpu);
}

/* The end of a segment: the work is done, or the slice, or neither after an interrupt. */
static void timer_fire(struct engine *eng, struct event *ev)
{
	struct cpu *cpu = container_of(ev, struct cpu, timer);

	attribute_time(cpu);
	cpu->working = false;
	if (!cpu->curr->need)
		fiber_resume(eng, cpu->curr->fiber);
	else if (must_give_way(cpu))
		give_way(cpu);
	else
		plan(cpu);
}

/* A context's own doings. */

/* Gets the target CPU for a context that slept; its fiber is the one that executes. */
static void acquire(struct cpu_ctx *ctx)
{
	ctx->need = 0;
	make_runnable(ctx);
	fiber_park(ctx->cpus->eng);
}

/* Gives up the CPU; others run as soon as the fiber parks. A sleeper wakes with a new slice. */
static void release(struct cpu_ctx *ctx)
{
	struct cpu *cpu = ctx->cpu;

	assert(cpu->curr == ctx && !cpu->working);
	attribute_time(cpu);
	take_off(cpu);
	ctx->slice = 0;
	run_next(cpu);
}

u64 cpu_spend(struct cpu_ctx *ctx, u64 ns)
{
	struct engine *eng = ctx->cpus->eng;
	struct cpu *cpu = ctx->cpu;
	u64 begun = engine_now(eng);
	bool give;

	assert(cpu->curr == ctx && !cpu->working && cpu->mark == begun);
	give = must_give_way(cpu);
	if (!give && cpu->irq_until <= begun && (ns <= ctx->slice || !others_wait(cpu)) &&
	    engine_advance(eng, time_add(begun, ns))) {
		charge(ctx, &cpu->stats, ns);
		cpu->mark = begun + ns;
		return 0;
	}
	ctx->need = ns;
	if (give)
		give_way(cpu);
	else
		plan(cpu);
	fiber_park(eng);
	return engine_now(eng) - begun - ns;
}

bool cpu_wait(struct cpu_ctx *ctx, struct wait_queue *wq, u64 timeout_ns)
{
	bool woken;

	release(ctx);
	woken = wait_on(ctx->cpus->eng, wq, timeout_ns);
	acquire(ctx);
	return woken;
}

void cpu_sleep(struct cpu_ctx *ctx, u64 ns)
{
	struct engine *eng = ctx->cpus->eng;

	if (!ns) {
		ctx->slice = 0;
		cpu_spend(ctx, 0);
		return;
	}
	release(ctx);
	fiber_unpark_at(eng, ctx->fiber, time_add(engine_now(eng), ns));
	fiber_park(eng);
	acquire(ctx);
}

u64 cpu_io(struct cpu_ctx *ctx, struct device *dev, bool write, u64 bytes)
{
	u64 begun = engine_now(ctx->cpus->eng);

	release(ctx);
	device_io(dev, write, bytes);
	acquire(ctx);
	return engine_now(ctx->cpus->eng) - begun;
}

void cpu_migrate(struct cpu_ctx *ctx, u32 cpu)
{
	struct cpus *cpus = ctx->cpus;
	struct cpu *from = ctx->cpu;

	assert(cpu < cpus->nr);
	ctx->target = &cpus->cpu[cpu];
	if (ctx->target == from)
		return;
	if (ctx->state == CTX_ASLEEP)
		ctx->cpu = ctx->target;
	if (ctx->state != CTX_QUEUED)
		return;
	queue_del(queue_of(from, ctx), ctx);
	make_runnable(ctx);
}

void cpu_interrupt(struct cpus *cpus, u32 cpu, u64 ns)
{
	struct cpu *c = &cpus->cpu[cpu];

	assert(cpu < cpus->nr);
	attribute_time(c);
	/* What works there finds at its timer that it has not got all it needs, and goes on. */
	c->irq_until = time_add(max_u64(c->irq_until, engine_now(cpus->eng)), ns);
}

/* Birth and death. */

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

	acquire(ctx);
	ctx->fn(ctx->arg);
	release(ctx);
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
	    SLICE_NS_DEFAULT,
	    CONTEXT_SWITCH_NS_DEFAULT,
	    WAKEUP_NS_DEFAULT,
	};
	if (params)
		cpus->params = *params;
	assert(cpus->params.slice_ns);
	for (u32 i = 0; i < nr_cpus; i++) {
		struct cpu *cpu = &cpus->cpu[i];

		cpu->cpus = cpus;
		cpu->id = i;
		cpu->timer.fire = timer_fire;
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
	free(cpus);
}

/* Questions. */

u32 cpus_count(const struct cpus *cpus)
{
	return cpus->nr;
}

struct cpu_ctx *cpu_current(struct cpus *cpus)
{
	struct fiber *fiber = fiber_current(cpus->eng);
	struct cpu_ctx *ctx = fiber ? fiber_owner(fiber) : NULL;

	return ctx && ctx->cpus == cpus ? ctx : NULL;
}

u32 cpu_ctx_cpu(const struct cpu_ctx *ctx)
{
	return ctx->cpu->id;
}

const char *cpu_ctx_name(const struct cpu_ctx *ctx)
{
	return fiber_name(ctx->fiber);
}

u64 cpu_ctx_runtime(const struct cpu_ctx *ctx)
{
	return ctx->runtime + (ctx->cpu->curr == ctx ? time_share(ctx->cpu).work : 0);
}

void cpu_stats(const struct cpus *cpus, u32 cpu, struct cpu_stats *stats)
{
	const struct cpu *c = &cpus->cpu[cpu];
	struct share share;

	assert(cpu < cpus->nr);
	share = time_share(c);
	*stats = c->stats;
	stats->irq_ns += share.irq;
	stats->idle_ns += share.idle;
	if (share.work && c->curr->class == CPU_CLASS_KTHREAD)
		stats->kthread_ns += share.work;
	else
		stats->task_ns += share.work;
}

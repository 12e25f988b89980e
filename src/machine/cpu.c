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
 * CPUs of an emulated machine can share one CPU of the host, as QEMU's do with counted
 * instructions: they take turns, which end when the CPU idles or spins for another one's answer, at
 * given times, and at ticks, but for the first CPU's, where a tick begins the round anew. A timer
 * or a device that wakes a CPU and the end of a write end the turn at once, for they interrupt the
 * emulator; a CPU woken by another one waits for its turn. Out of turn a CPU stands still: what it
 * works on keeps its need, and its timer is not set.
 *
 * Modelled: round robin among tasks and kernel threads alike, RT contexts before them, preemption
 * on waking (cpu_queue.c), the cost of a switch and of waking an idle CPU, interrupts that delay
 * what runs. Left out: weights and lag of the kernel's fair scheduler, load balancing (a context
 * stays where it is put, or goes to an idle CPU on waking), frequency scaling, hyper-threads.
 */
#include <assert.h>

#include "engine/device.h"
#include "machine/cpu_internal.h"

static struct run_queue *queue_of(struct cpu *cpu, const struct cpu_ctx *ctx)
{
	return ctx->class == CPU_CLASS_RT ? &cpu->rt : &cpu->fair;
}

/* Somebody who may take turns with curr is waiting. */
static bool others_wait(struct cpu *cpu)
{
	return cpu->rt.head ||
	       (cpu->curr->class != CPU_CLASS_RT && (cpu->woken.head || cpu->fair.head));
}

/* Turns. */

static bool has_turn(const struct cpu *cpu)
{
	return !cpu->cpus->params.turn_ns || cpu->cpus->host == cpu;
}

/* The next CPU in the round that has something to do; NULL: none but perhaps `after`. */
static struct cpu *next_in_round(struct cpus *cpus, const struct cpu *after)
{
	for (u32 i = 1; i < cpus->nr; i++) {
		struct cpu *cpu = &cpus->cpu[(after->id + i) % cpus->nr];

		if (cpu->curr)
			return cpu;
	}
	return NULL;
}

/*
 * Sets the end of the turn if somebody waits for it. With a tick the round begins anew, at the
 * first CPU. QEMU 7.2, accel/tcg/tcg-accel-ops-rr.c:rr_cpu_thread_fn
 */
static void limit_turn(struct cpus *cpus)
{
	u64 now = engine_now(cpus->eng), tick = cpus->params.turn_ns;

	if (event_pending(&cpus->turn) || !next_in_round(cpus, cpus->host))
		return;
	if (cpus->host != &cpus->cpu[0])
		tick = min_u64(tick, NSEC_PER_SEC / cpus->params.hz);
	engine_at(cpus->eng, &cpus->turn, time_add(now, tick - now % tick));
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

	if (!has_turn(cpu)) {
		share.idle = now - t;
		return share;
	}
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
	ctx->vruntime += ns;
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
	cpu->working = true;
	if (has_turn(cpu))
		engine_at(eng, &cpu->timer, time_add(start, length));
	if (cpu->cpus->params.turn_ns)
		limit_turn(cpu->cpus);
}

/* Gives the turn to a CPU (NULL: nobody). Who had it stands still. */
static void give_turn(struct cpus *cpus, struct cpu *to)
{
	struct cpu *from = cpus->host;

	engine_cancel(cpus->eng, &cpus->turn);
	if (from) {
		attribute_time(from);
		engine_cancel(cpus->eng, &from->timer);
	}
	if (to)
		attribute_time(to);
	cpus->host = to;
	if (to && to->working)
		plan(to);
	else if (to)
		limit_turn(cpus);
}

void cpu_turn_fire(struct engine *eng, struct event *ev)
{
	struct cpus *cpus = container_of(ev, struct cpus, turn);
	struct cpu *next = next_in_round(cpus, cpus->host);

	(void)eng;
	if (next)
		give_turn(cpus, next);
}

/* A CPU that has nothing left to do leaves the turn to the others. */
static void pass_turn(struct cpu *cpu)
{
	struct cpus *cpus = cpu->cpus;

	if (cpus->params.turn_ns && cpus->host == cpu && !cpu->curr)
		give_turn(cpus, next_in_round(cpus, cpu));
}

static void run_ctx(struct cpu *cpu, struct cpu_ctx *ctx, bool from_idle)
{
	struct cpus *cpus = cpu->cpus;

	assert(!cpu->curr);
	cpu->curr = ctx;
	ctx->begun = ctx->vruntime;
	ctx->state = CTX_CURRENT;
	cpu_psi_set(ctx, PSI_TASK_RUNNING | PSI_TASK_ONCPU);
	if (!ctx->slice)
		ctx->slice = cpus->params.slice_ns;
	if (cpus->params.turn_ns && !cpus->host)
		give_turn(cpus, cpu);
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
	struct cpu_ctx *ctx = cpu->rt.head	? cpu->rt.head :
			      cpu->woken.head ? cpu->woken.head :
						cpu->fair.head;

	if (!ctx) {
		pass_turn(cpu);
		return;
	}
	cpu_queue_del(ctx);
	run_ctx(cpu, ctx, false);
}

/* Takes the CPU away from curr, which is left in no queue. Time is attributed. */
static struct cpu_ctx *take_off(struct cpu *cpu)
{
	struct cpu_ctx *ctx = cpu->curr;

	engine_cancel(cpu->cpus->eng, &cpu->timer);
	cpu_update_min_vruntime(cpu);
	cpu->curr = NULL;
	cpu->working = false;
	ctx->state = CTX_ASLEEP;
	return ctx;
}

/* Somebody waits whom curr must not keep waiting. */
static bool preempted(const struct cpu *cpu)
{
	return cpu->curr->class != CPU_CLASS_RT && (cpu->rt.head || cpu->woken.head);
}

/* Interrupts the segment of a context that has to give way. */
static void preempt(struct cpu *cpu)
{
	struct cpu_ctx *ctx = take_off(cpu);

	cpu_queue_add_head(&cpu->fair, ctx);
	run_next(cpu);
}

/* A context that sleeps (woken), or has just lost its CPU, waits for (or gets) its target CPU. */
static void make_runnable(struct cpu_ctx *ctx, bool woken)
{
	struct cpu *cpu = ctx->target;
	bool at_once;

	ctx->cpu = cpu;
	attribute_time(cpu);
	at_once = cpu_arrives(cpu, ctx, woken);
	if (!cpu->curr) {
		run_ctx(cpu, ctx, true);
		return;
	}
	cpu_queue_add_tail(at_once ? &cpu->woken : queue_of(cpu, ctx), ctx);
	if (!cpu->working)
		return; /* curr executes; its next cpu_spend() will see */
	if (preempted(cpu))
		preempt(cpu);
	else
		plan(cpu);
}

/*
 * True if curr, which is about to work, has to let others run first: it must move, somebody
 * preempts it, or its slice is over. Renews a slice that nobody else wants.
 */
static bool must_give_way(struct cpu *cpu)
{
	struct cpu_ctx *ctx = cpu->curr;

	if (ctx->target != cpu || preempted(cpu))
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
		make_runnable(ctx, false);
		return;
	}
	if (ctx->slice)
		cpu_queue_add_head(&cpu->fair, ctx);
	else
		cpu_queue_add_tail(queue_of(cpu, ctx), ctx);
	run_next(cpu);
}

void cpu_timer_fire(struct engine *eng, struct event *ev)
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

/* On waking: where it ran last if that CPU is idle, else the next idle one, if there is one.
   kernel/sched/fair.c:select_idle_sibling */
static void choose_cpu(struct cpu_ctx *ctx)
{
	struct cpus *cpus = ctx->cpus;

	if (!ctx->nr_cpus || !ctx->target->curr)
		return;
	for (u32 i = 1; i < ctx->nr_cpus; i++) {
		u32 n = (ctx->target->id - ctx->first_cpu + i) % ctx->nr_cpus;
		struct cpu *cpu = &cpus->cpu[ctx->first_cpu + n];

		if (!cpu->curr) {
			ctx->target = cpu;
			return;
		}
	}
}

void cpu_acquire(struct cpu_ctx *ctx, bool interrupts)
{
	struct cpus *cpus = ctx->cpus;

	ctx->need = 0;
	choose_cpu(ctx);
	make_runnable(ctx, true);
	if (interrupts && cpus->params.turn_ns && cpus->host != ctx->cpu && ctx->cpu->curr == ctx)
		give_turn(cpus, ctx->cpu);
	fiber_park(ctx->cpus->eng);
	if (ctx->where)
		*ctx->where = ctx->cpu->id;
}

void cpu_release(struct cpu_ctx *ctx, bool iowait)
{
	struct cpu *cpu = ctx->cpu;

	assert(cpu->curr == ctx && !cpu->working);
	attribute_time(cpu);
	take_off(cpu);
	cpu_psi_set(ctx, iowait ? PSI_TASK_IOWAIT : 0);
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
	if (!give && has_turn(cpu) && cpu->irq_until <= begun &&
	    (ns <= ctx->slice || !others_wait(cpu)) &&
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

static bool wait_for(struct cpu_ctx *ctx, struct wait_queue *wq, u64 timeout_ns, bool iowait)
{
	bool woken;

	cpu_release(ctx, iowait);
	ctx->in_wait = true;
	woken = wait_on(ctx->cpus->eng, wq, timeout_ns);
	ctx->in_wait = false;
	cpu_acquire(ctx, iowait || !woken);
	return woken;
}

bool cpu_wait(struct cpu_ctx *ctx, struct wait_queue *wq, u64 timeout_ns)
{
	return wait_for(ctx, wq, timeout_ns, false);
}

bool cpu_wait_io(struct cpu_ctx *ctx, struct wait_queue *wq, u64 timeout_ns)
{
	return wait_for(ctx, wq, timeout_ns, true);
}

void cpu_sleep(struct cpu_ctx *ctx, u64 ns)
{
	struct engine *eng = ctx->cpus->eng;

	if (!ns) {
		ctx->slice = 0;
		cpu_spend(ctx, 0);
		return;
	}
	cpu_release(ctx, false);
	ctx->in_wait = true;
	fiber_unpark_at(eng, ctx->fiber, time_add(engine_now(eng), ns));
	fiber_park(eng);
	ctx->in_wait = false;
	cpu_acquire(ctx, true);
}

void cpu_wake(struct cpu_ctx *ctx)
{
	if (ctx->in_wait)
		fiber_unpark(ctx->cpus->eng, ctx->fiber);
}

u64 cpu_io(struct cpu_ctx *ctx, struct device *dev, bool write, u64 bytes)
{
	u64 begun = engine_now(ctx->cpus->eng);

	cpu_release(ctx, true);
	device_io(dev, write, bytes);
	cpu_acquire(ctx, true);
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
	cpu_queue_del(ctx);
	make_runnable(ctx, false);
}

void cpu_roam(struct cpu_ctx *ctx, u32 first, u32 nr, u32 *where)
{
	assert(first <= ctx->cpu->id && ctx->cpu->id < first + nr && first + nr <= ctx->cpus->nr);
	ctx->first_cpu = first;
	ctx->nr_cpus = nr;
	ctx->where = where;
}

void cpu_interrupt(struct cpus *cpus, u32 cpu, u64 ns)
{
	struct cpu *c = &cpus->cpu[cpu];

	assert(cpu < cpus->nr);
	attribute_time(c);
	/* What works there finds at its timer that it has not got all it needs, and goes on. */
	c->irq_until = time_add(max_u64(c->irq_until, engine_now(cpus->eng)), ns);
}

void cpu_device_interrupt(struct cpus *cpus, u32 cpu, u64 ns)
{
	struct cpu *next = cpus->params.turn_ns && cpus->host ? next_in_round(cpus, cpus->host)
							      : NULL;

	cpu_interrupt(cpus, cpu, ns);
	if (next)
		give_turn(cpus, next);
}

void cpu_await_others(struct cpu_ctx *ctx)
{
	struct cpus *cpus = ctx->cpu->cpus;
	struct cpu *next = NULL;

	if (cpus->params.turn_ns && cpus->host == ctx->cpu)
		next = next_in_round(cpus, ctx->cpu);
	if (next && next->curr->class == CPU_CLASS_TASK)
		give_turn(cpus, next);
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

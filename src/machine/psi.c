/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pressure stall information after kernel/sched/psi.c: each CPU counts its tasks by what they do,
 * adds up the time that each state holds, and an aggregator weighs the CPUs by the time they had
 * something to do. The kernel aggregates when somebody reads /proc/pressure and every two seconds;
 * here windows have a fixed length, so that reading changes nothing, and are closed when the next
 * change or reading comes, which gives the same sums since nothing changed meanwhile. Left out:
 * groups, triggers, interrupts as a resource.
 */
#include "machine/psi.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "machine/cpu_internal.h"

#define PSI_NONIDLE NR_PSI_STATES

#define FIXED_1		  2048u
#define NR_AVGS		  3
#define IDENTICAL_PERIODS 8192u /* after that many an average no longer moves */

static const u32 avg_exp[NR_AVGS] = {1677, 1981, 2034}; /* of 10, 60, 300 s */

struct psi_cpu {
	u32 running, memstall, memstall_running, iowait, oncpu, oncpu_memstall;
	u32 states; /* bit per state that holds now, PSI_NONIDLE included */
	u64 since;  /* times are added up to here */
	u64 times[NR_PSI_STATES + 1]; /* ns in this window */
};

struct psi {
	u32 nr_cpus;
	u64 jiffy, window, period; /* ns */
	u64 window_end, avg_next;
	u64 total[NR_PSI_STATES]; /* of closed windows, ns */
	u64 avg_total[NR_PSI_STATES];
	u32 avg[NR_PSI_STATES][NR_AVGS];
	struct psi_cpu cpu[];
};

struct psi *psi_create(u64 now, u32 nr_cpus, u32 hz, u64 window_ns)
{
	struct psi *psi = calloc(1, sizeof(*psi) + nr_cpus * sizeof(psi->cpu[0]));

	assert(hz && window_ns);
	if (!psi)
		return NULL;
	psi->nr_cpus = nr_cpus;
	psi->jiffy = NSEC_PER_SEC / hz;
	psi->window = window_ns;
	psi->period = (2ull * hz + 1) * psi->jiffy; /* PSI_FREQ */
	psi->window_end = now + window_ns;
	psi->avg_next = now + psi->period;
	for (u32 i = 0; i < nr_cpus; i++)
		psi->cpu[i].since = now;
	return psi;
}

void psi_destroy(struct psi *psi)
{
	free(psi);
}

/* kernel/sched/psi.c:test_states */
static u32 test_states(const struct psi_cpu *c)
{
	u32 states = 0;

	if (c->memstall) {
		states |= BIT(PSI_MEM_SOME);
		/* Nobody works, or the one who runs is reclaiming itself. */
		if (c->running == c->memstall_running || c->oncpu_memstall)
			states |= BIT(PSI_MEM_FULL);
	}
	if (c->iowait)
		states |= c->running ? BIT(PSI_IO_SOME) : BIT(PSI_IO_SOME) | BIT(PSI_IO_FULL);
	if (c->running > c->oncpu)
		states |= BIT(PSI_CPU_SOME);
	if (c->running || c->memstall || c->iowait)
		states |= BIT(PSI_NONIDLE);
	return states;
}

/* kernel/sched/psi.c:record_times */
static void record_times(struct psi_cpu *c, u64 now)
{
	u64 passed = now - c->since;

	for (u32 states = c->states; states; states &= states - 1)
		c->times[__builtin_ctz(states)] += passed;
	c->since = now;
}

/* What the window so far, up to now, would add. kernel/sched/psi.c:collect_percpu_times */
static void weigh(const struct psi *psi, u64 now, u64 delta[NR_PSI_STATES])
{
	unsigned __int128 sum[NR_PSI_STATES] = {0};
	u64 nonidle_total = 0;

	for (u32 i = 0; i < psi->nr_cpus; i++) {
		struct psi_cpu c = psi->cpu[i];
		u64 nonidle;

		record_times(&c, now);
		nonidle = c.times[PSI_NONIDLE] / psi->jiffy;
		nonidle_total += nonidle;
		for (u32 s = 0; s < NR_PSI_STATES; s++)
			sum[s] += (unsigned __int128)c.times[s] * nonidle;
	}
	for (u32 s = 0; s < NR_PSI_STATES; s++)
		delta[s] = (u64)(sum[s] / max_u64(nonidle_total, 1));
}

/* Ends the window at `now`. A CPU that was busy for less than a jiffy weighs nothing, as in the
   kernel. */
static void close_window(struct psi *psi, u64 now)
{
	u64 delta[NR_PSI_STATES];

	weigh(psi, now, delta);
	for (u32 s = 0; s < NR_PSI_STATES; s++)
		psi->total[s] += delta[s];
	for (u32 i = 0; i < psi->nr_cpus; i++) {
		struct psi_cpu *c = &psi->cpu[i];

		record_times(c, now);
		for (u32 s = 0; s <= PSI_NONIDLE; s++)
			c->times[s] = 0;
	}
}

/* kernel/sched/loadavg.c:calc_load */
static u32 calc_load(u32 load, u32 exp, u32 active)
{
	u32 next = load * exp + active * (FIXED_1 - exp);

	if (active >= load)
		next += FIXED_1 - 1;
	return next / FIXED_1;
}

/* kernel/sched/psi.c:update_averages */
static void update_averages(struct psi *psi)
{
	for (u32 s = 0; s < NR_PSI_STATES; s++) {
		u64 sample = min_u64(psi->total[s] - psi->avg_total[s], psi->period);
		u32 pct = (u32)(sample * 100 / psi->period) * FIXED_1;

		/* What exceeds a period counts in the next. */
		psi->avg_total[s] += sample;
		for (u32 a = 0; a < NR_AVGS; a++)
			psi->avg[s][a] = calc_load(psi->avg[s][a], avg_exp[a], pct);
	}
}

/*
 * Many periods without a change: the averages have settled, so all but the last of them are one
 * window. Keeps a century of idleness from costing a billion steps.
 */
static void skip_still_periods(struct psi *psi, u64 now)
{
	u64 skipped = now < psi->avg_next ? 0 : (now - psi->avg_next) / psi->period;
	u64 before[NR_PSI_STATES];

	if (skipped < 2)
		return;
	psi->avg_next += (skipped - 1) * psi->period;
	memcpy(before, psi->total, sizeof(before));
	close_window(psi, psi->avg_next);
	for (u32 s = 0; s < NR_PSI_STATES; s++)
		psi->avg_total[s] =
			psi->total[s] - min_u64(psi->total[s] - before[s], psi->period);
	update_averages(psi);
	psi->avg_next += psi->period;
	psi->window_end += (psi->avg_next - psi->window_end) / psi->window * psi->window;
}

/* Closes the windows that have ended by now. */
static void catch_up(struct psi *psi, u64 now)
{
	u32 periods = 0;

	while (unlikely(now >= min_u64(psi->window_end, psi->avg_next))) {
		if (psi->window_end < psi->avg_next) {
			close_window(psi, psi->window_end);
			psi->window_end += psi->window;
			continue;
		}
		close_window(psi, psi->avg_next);
		update_averages(psi);
		psi->avg_next += psi->period;
		if (++periods == IDENTICAL_PERIODS)
			skip_still_periods(psi, now);
	}
}

/* Adds the task to its CPU's counts, or takes it out (sign -1). */
static void count_task(struct psi *psi, const struct psi_task *task, s32 sign)
{
	struct psi_cpu *c = &psi->cpu[task->cpu];
	u32 n = (u32)sign, flags = task->flags;
	bool memstall = (flags & PSI_TASK_MEMSTALL) != 0;

	c->running += flags & PSI_TASK_RUNNING ? n : 0;
	c->oncpu += flags & PSI_TASK_ONCPU ? n : 0;
	c->iowait += flags & PSI_TASK_IOWAIT ? n : 0;
	c->memstall += memstall ? n : 0;
	c->memstall_running += memstall && (flags & PSI_TASK_RUNNING) ? n : 0;
	c->oncpu_memstall += memstall && (flags & PSI_TASK_ONCPU) ? n : 0;
}

void psi_task_change(struct psi *psi, u64 now, struct psi_task *task, u32 cpu, u32 flags)
{
	u32 from = task->cpu;

	if (task->flags == flags && from == cpu)
		return;
	catch_up(psi, now);
	record_times(&psi->cpu[from], now);
	count_task(psi, task, -1);
	task->flags = flags;
	task->cpu = cpu;
	record_times(&psi->cpu[cpu], now);
	count_task(psi, task, 1);
	psi->cpu[from].states = test_states(&psi->cpu[from]);
	psi->cpu[cpu].states = test_states(&psi->cpu[cpu]);
}

void psi_memstall_enter(struct cpu_ctx *ctx)
{
	if (!ctx || ctx->psi.depth++)
		return;
	psi_task_change(ctx->cpus->psi, engine_now(ctx->cpus->eng), &ctx->psi, ctx->psi.cpu,
			ctx->psi.flags | PSI_TASK_MEMSTALL);
}

void psi_memstall_leave(struct cpu_ctx *ctx)
{
	if (!ctx)
		return;
	assert(ctx->psi.depth);
	if (--ctx->psi.depth)
		return;
	psi_task_change(ctx->cpus->psi, engine_now(ctx->cpus->eng), &ctx->psi, ctx->psi.cpu,
			ctx->psi.flags & ~(u32)PSI_TASK_MEMSTALL);
}

u64 psi_total(const struct cpus *cpus, enum psi_state state)
{
	u64 now = engine_now(cpus->eng), delta[NR_PSI_STATES];

	catch_up(cpus->psi, now);
	weigh(cpus->psi, now, delta);
	return cpus->psi->total[state] + delta[state];
}

void psi_averages(const struct cpus *cpus, enum psi_state state, u32 avg[3])
{
	catch_up(cpus->psi, engine_now(cpus->eng));
	for (u32 a = 0; a < NR_AVGS; a++) {
		u32 load = cpus->psi->avg[state][a];

		avg[a] = load / FIXED_1 * 100 + load % FIXED_1 * 100 / FIXED_1;
	}
}

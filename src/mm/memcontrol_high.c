/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory.high: who charges above it has to reclaim as much, and sleeps when that does not help.
 * Modelled after mm/memcontrol.c; the excess of swap is left out, as its limit is.
 */
#include "mm/memcontrol.h"

#include "machine/psi.h"
#include "mm/oom.h"
#include "mm/vmscan.h"

#define MAX_RECLAIM_RETRIES 16
#define MEMCG_DELAY_PRECISION_SHIFT 20
#define MEMCG_DELAY_SCALING_SHIFT 14
#define MEMCG_MAX_HIGH_DELAY_S 2

/* By how much it is above, in 2^-20 of `high`. mm/memcontrol.c:calculate_overage */
static u64 find_overage(const struct mem_cgroup *memcg)
{
	if (memcg->usage <= memcg->high)
		return 0;
	return ((memcg->usage - memcg->high) << MEMCG_DELAY_PRECISION_SHIFT) /
	       max_u64(memcg->high, 1);
}

/* Jiffies, for a task that charged nr_pages. mm/memcontrol.c:calculate_high_delay */
static u64 calculate_high_delay(const struct mm *mm, u64 overage, u64 nr_pages)
{
	u64 hz = mm->machine->hz, longest = MEMCG_MAX_HIGH_DELAY_S * hz;
	unsigned __int128 penalty = (unsigned __int128)overage * overage * hz;

	penalty >>= MEMCG_DELAY_PRECISION_SHIFT + MEMCG_DELAY_SCALING_SHIFT;
	penalty = penalty * nr_pages / MEMCG_CHARGE_BATCH;
	return penalty < longest ? (u64)penalty : longest;
}

static void sleep_off(struct vm *vm, struct task_struct *current, u64 jiffies)
{
	struct mm *mm = vm->mm;
	u64 from;

	task_spend_partly(mm, current);
	from = engine_now(mm->engine);
	psi_memstall_enter(current->sched);
	(void)sleep_killable(current, jiffies * (NSEC_PER_SEC / mm->machine->hz));
	psi_memstall_leave(current->sched);
	current->total_ns[CAUSE_THROTTLE] += engine_now(mm->engine) - from;
}

void mem_cgroup_handle_over_high(struct vm *vm, struct task_struct *current, gfp_t gfp)
{
	u32 retries = MAX_RECLAIM_RETRIES;
	u64 nr_pages = current->memcg_nr_pages_over_high, target = nr_pages, jiffies;
	struct mem_cgroup *memcg = current->memcg_over_high;

	current->memcg_nr_pages_over_high = 0;
	for (;;) {
		u64 reclaimed = 0;

		if (fatal_signal_pending(current))
			return;
		if (memcg->usage > memcg->high) {
			memcg->nr_high_events++;
			psi_memstall_enter(current->sched);
			reclaimed = try_to_free_mem_cgroup_pages(vm, current, memcg, target, gfp);
			psi_memstall_leave(current->sched);
		}
		jiffies = calculate_high_delay(vm->mm, find_overage(memcg), nr_pages);
		if (jiffies <= vm->mm->machine->hz / 100)
			return;
		target = SWAP_CLUSTER_MAX;
		/* As long as it gets somewhere it need not sleep. */
		if (!reclaimed && !retries--)
			break;
	}
	if (current->sched)
		sleep_off(vm, current, jiffies);
}

void mem_cgroup_note_over_high(struct vm *vm, struct task_struct *current,
			       struct mem_cgroup *memcg, u64 nr_pages, gfp_t gfp)
{
	current->memcg_over_high = memcg;
	current->memcg_nr_pages_over_high += nr_pages;
	if (current->memcg_nr_pages_over_high > MEMCG_CHARGE_BATCH &&
	    !(current->flags & PF_MEMALLOC) && (gfp & __GFP_DIRECT_RECLAIM))
		mem_cgroup_handle_over_high(vm, current, gfp);
}

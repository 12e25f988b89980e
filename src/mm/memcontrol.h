/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/lru.h"

/*
 * Memory groups in simple form: a flat set, each with limits and with what is left to it when
 * others need memory; anonymous pages are charged to the group of their address space, cached ones
 * to that of the file. A folio knows
 * its group, as in the kernel: whoever owns it, it leaves when it is freed (folios_put()).
 * Group 0 is the root: unlimited, uncharged. mm/memcontrol.c (7.2)
 */
#define MEMCG_CHARGE_BATCH 64u /* pages */
#define MEM_CGROUPS_MAX 64u /* shadow entries name groups by six bits */

struct mem_cgroup {
	const char *name;
	u32 id;
	u64 max, high; /* pages; UINT64_MAX: none */
	u64 low, min;  /* pages, protected as far as possible, or altogether; 0: none */
	u64 usage, peak; /* pages, the stocks included, as memory.current */
	u64 nr_oom_kills, nr_max_events, nr_high_events, nr_low_events;
	u32 *stock; /* [nr_cpus] pages charged beforehand */
	bool oom_group;
	struct lruvec *lruvecs; /* [nr_nodes] */
};

/* NULL: host memory, or MEM_CGROUPS_MAX. Lives as long as the vm; the name must too. */
struct mem_cgroup *mem_cgroup_create(struct vm *vm, const char *name, u64 max, u64 high);
void vm_memcg_destroy(struct vm *vm);

/*
 * A new folio joins the group (NULL: root), before it is mapped or cached. Makes room if it must:
 * reclaims, then kills within the group; time can pass. False: no room; the folio is the caller's
 * to free. Above `high` it is let in and reclaim follows: here, and
 * before the task goes on in user mode. The root always has room: O(1).
 * mm/memcontrol.c:mem_cgroup_charge, try_charge_memcg
 */
bool mem_cgroup_charge(struct vm *vm, struct task_struct *current, u32 folio,
		       struct mem_cgroup *memcg, gfp_t gfp);
/* The folio is freed. folios_put() does it. mm/memcontrol.c:mem_cgroup_uncharge */
void mem_cgroup_uncharge(struct vm *vm, u32 folio);
/* Contents and group move from one to the other; the old one has none then.
   mm/memcontrol.c:mem_cgroup_migrate */
void mem_cgroup_migrate(struct vm *vm, u32 from, u32 to);

/*
 * The task has charged nr_pages while the group was above `high`: it is to reclaim as many and to
 * sleep if that is no use, at once when it has a batch to answer for and may wait, else by
 * mem_cgroup_return_to_user(). mm/memcontrol.c:try_charge_memcg
 */
void mem_cgroup_note_over_high(struct vm *vm, struct task_struct *current,
			       struct mem_cgroup *memcg, u64 nr_pages, gfp_t gfp);
/*
 * Reclaims what was charged above `high`; while the group stays far above, sleeps by the square of
 * the excess, two seconds at most. Time can pass. mm/memcontrol.c:mem_cgroup_handle_over_high
 */
void mem_cgroup_handle_over_high(struct vm *vm, struct task_struct *current, gfp_t gfp);
/* At the end of a fault or a system call. kernel/entry: resume_user_mode_work */
static inline void mem_cgroup_return_to_user(struct vm *vm, struct task_struct *current)
{
	if (unlikely(current->memcg_nr_pages_over_high))
		mem_cgroup_handle_over_high(vm, current, GFP_KERNEL);
}

/*
 * Reclaim on behalf of `target` (NULL: of all) leaves the group alone: what it uses is within what
 * it is promised. mm: mem_cgroup_below_min, mem_cgroup_below_low
 */
static inline bool mem_cgroup_below_min(const struct mem_cgroup *target,
					const struct mem_cgroup *memcg)
{
	return memcg->id && memcg != target && memcg->min >= memcg->usage;
}

static inline bool mem_cgroup_below_low(const struct mem_cgroup *target,
					const struct mem_cgroup *memcg)
{
	return memcg->id && memcg != target && memcg->low >= memcg->usage;
}

/* The root for what was never charged. O(1) */
static inline struct mem_cgroup *folio_memcg(const struct vm *vm, u32 folio)
{
	return vm->memcgs[likely(!vm->folio_memcg) ? 0 : vm->folio_memcg[folio]];
}

/*
 * From now on lruvec_page_state() and the counts of activated refaults are what they are now, until
 * the next call: groups' statistics are kept per CPU and summed up every two seconds.
 * mm/memcontrol.c:flush_memcg_stats_dwork
 */
#define MEMCG_FLUSH_NS (2 * NSEC_PER_SEC)
void mem_cgroup_flush_stats(struct vm *vm);

static inline struct lruvec *node_lruvec(const struct vm *vm, u32 nid)
{
	return &vm->memcgs[0]->lruvecs[nid];
}

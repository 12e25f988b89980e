/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory groups: their limits and what is charged to them. Modelled after mm/memcontrol.c, with a
 * flat set of groups instead of a tree. Charges are taken in batches, what is not used yet stays in
 * a stock of the CPU (the kernel has room for the stocks of one group a CPU, or seven; here each
 * group has its own). Left out: swap limits, charges of kernel memory.
 */
#include "mm/memcontrol.h"

#include <assert.h>
#include <stdlib.h>

#include "machine/psi.h"
#include "mm/oom.h"
#include "mm/vmscan.h"

#define MAX_RECLAIM_RETRIES 16

static bool memcg_alloc(struct vm *vm, struct mem_cgroup *memcg)
{
	memcg->lruvecs = calloc(vm->mm->nr_nodes, sizeof(*memcg->lruvecs));
	memcg->stock = calloc(vm->mm->nr_cpus, sizeof(*memcg->stock));
	if (!memcg->lruvecs || !memcg->stock)
		return false;
	for (u32 nid = 0; nid < vm->mm->nr_nodes; nid++) {
		struct lruvec *lruvec = &memcg->lruvecs[nid];

		lruvec->memcg = memcg;
		lruvec->nid = nid;
		for (u32 lru = 0; lru < NR_LRU_LISTS; lru++)
			lruvec->lists[lru].head = lruvec->lists[lru].tail = PFN_NONE;
		lru_gen_init_lruvec(vm, lruvec);
	}
	return true;
}

static void memcg_free(struct mem_cgroup *memcg)
{
	if (memcg) {
		free(memcg->lruvecs);
		free(memcg->stock);
	}
	free(memcg);
}

/* From the second group on folios must tell theirs. */
static bool folio_memcg_create(struct vm *vm)
{
	if (!vm->folio_memcg)
		vm->folio_memcg = calloc(vm->mm->end_pfn, 1);
	return vm->folio_memcg != NULL;
}

struct mem_cgroup *mem_cgroup_create(struct vm *vm, const char *name, u64 max, u64 high)
{
	struct mem_cgroup **grown, *memcg;

	if (vm->nr_memcgs == MEM_CGROUPS_MAX || (vm->nr_memcgs && !folio_memcg_create(vm)))
		return NULL;
	grown = reallocarray(vm->memcgs, vm->nr_memcgs + 1ull, sizeof(struct mem_cgroup *));
	if (!grown)
		return NULL;
	vm->memcgs = grown;
	memcg = calloc(1, sizeof(*memcg));
	if (!memcg || !memcg_alloc(vm, memcg)) {
		memcg_free(memcg);
		return NULL;
	}
	memcg->name = name;
	memcg->id = vm->nr_memcgs;
	memcg->max = max;
	memcg->high = high;
	vm->memcgs[vm->nr_memcgs++] = memcg;
	return memcg;
}

void vm_memcg_destroy(struct vm *vm)
{
	for (u32 i = 0; i < vm->nr_memcgs; i++)
		memcg_free(vm->memcgs[i]);
	free(vm->memcgs);
	free(vm->folio_memcg);
	vm->memcgs = NULL;
	vm->folio_memcg = NULL;
	vm->nr_memcgs = 0;
}

/* mm/memcontrol.c:mem_cgroup_out_of_memory */
static bool memcg_oom(struct vm *vm, struct task_struct *current, struct mem_cgroup *memcg,
		      gfp_t gfp, u32 order)
{
	struct oom_control oc = {.memcg = memcg, .gfp = gfp, .order = order};
	bool ok;

	if (!oom_mutex_lock_killable(vm, current))
		return true;
	/* Whoever had the lock may have made room. */
	ok = memcg->usage + (1ull << order) <= memcg->max || out_of_memory(vm, current, &oc);
	oom_mutex_unlock(vm);
	return ok;
}

/* mm/memcontrol.c:drain_all_stock. True: there was something. */
static bool drain_all_stock(const struct vm *vm, struct mem_cgroup *memcg)
{
	u64 before = memcg->usage;

	for (u32 cpu = 0; cpu < vm->mm->nr_cpus; cpu++) {
		memcg->usage -= memcg->stock[cpu];
		memcg->stock[cpu] = 0;
	}
	return memcg->usage < before;
}

/* Until nr_pages fit below `max`. mm/memcontrol.c:try_charge_memcg */
static bool make_room(struct vm *vm, struct task_struct *current, struct mem_cgroup *memcg,
		      u64 nr_pages, u32 order, gfp_t gfp)
{
	u32 retries = MAX_RECLAIM_RETRIES;

	while (memcg->usage + nr_pages > memcg->max) {
		u64 reclaimed;

		/* Who frees memory, or is about to, may not wait for some. */
		if (current->flags & PF_MEMALLOC || fatal_signal_pending(current))
			return true;
		memcg->nr_max_events++;
		if (!(gfp & __GFP_DIRECT_RECLAIM))
			return false;
		psi_memstall_enter(current->sched);
		reclaimed = try_to_free_mem_cgroup_pages(vm, current, memcg,
							 max_u64(nr_pages, SWAP_CLUSTER_MAX), gfp);
		psi_memstall_leave(current->sched);
		if (memcg->usage + nr_pages <= memcg->max || drain_all_stock(vm, memcg) ||
		    reclaimed >= nr_pages)
			continue;
		if (retries--)
			continue;
		if (order > PAGE_ALLOC_COSTLY_ORDER ||
		    !memcg_oom(vm, current, memcg, gfp, order))
			return false;
		retries = MAX_RECLAIM_RETRIES;
	}
	return true;
}

/* A batch if there is room for one, else what is needed: that many pages; 0: there is no room.
   mm/memcontrol.c:try_charge_memcg */
static u64 charge_batch(struct vm *vm, struct task_struct *current, struct mem_cgroup *memcg,
			u32 order, gfp_t gfp)
{
	u64 nr_pages = 1ull << order, batch = max_u64(nr_pages, MEMCG_CHARGE_BATCH);

	if (memcg->usage + batch > memcg->max) {
		batch = nr_pages;
		if (!make_room(vm, current, memcg, nr_pages, order, gfp))
			return 0;
	}
	memcg->usage += batch;
	memcg->peak = max_u64(memcg->peak, memcg->usage);
	/* Time can have passed: on whichever CPU it is now. */
	memcg->stock[current->cpu] += (u32)(batch - nr_pages);
	if (memcg->stock[current->cpu] > MEMCG_CHARGE_BATCH) {
		memcg->usage -= memcg->stock[current->cpu];
		memcg->stock[current->cpu] = 0;
	}
	return batch;
}

bool mem_cgroup_charge(struct vm *vm, struct task_struct *current, u32 folio,
		       struct mem_cgroup *memcg, gfp_t gfp)
{
	u32 order = pfn_to_page(vm->mm, folio)->order;
	u64 nr_pages = 1ull << order, batch = 0;

	if (likely(!memcg || !memcg->id))
		return true;
	assert(!vm->folio_memcg[folio]);
	if (memcg->stock[current->cpu] >= nr_pages)
		memcg->stock[current->cpu] -= (u32)nr_pages;
	else if (!(batch = charge_batch(vm, current, memcg, order, gfp)))
		return false;
	vm->folio_memcg[folio] = (u8)memcg->id;
	/* Time can pass, when the folio is the group's already. */
	if (batch && memcg->usage > memcg->high && current->context == IN_TASK)
		mem_cgroup_note_over_high(vm, current, memcg, batch, gfp);
	return true;
}

void mem_cgroup_uncharge(struct vm *vm, u32 folio)
{
	if (likely(!vm->folio_memcg))
		return;
	vm->memcgs[vm->folio_memcg[folio]]->usage -=
		vm->folio_memcg[folio] ? folio_nr_pages(vm->mm, folio) : 0;
	vm->folio_memcg[folio] = 0;
}

void mem_cgroup_migrate(struct vm *vm, u32 from, u32 to)
{
	if (likely(!vm->folio_memcg))
		return;
	vm->folio_memcg[to] = vm->folio_memcg[from];
	vm->folio_memcg[from] = 0;
}

static void flush_lruvec(const struct vm *vm, struct lruvec *lruvec)
{
	for (enum lru_list lru = 0; lru < NR_LRU_LISTS; lru++)
		lruvec->flushed_size[lru] = lruvec_page_state(vm, lruvec, lru);
	for (enum lru_type type = 0; type < NR_LRU_TYPES; type++)
		lruvec->flushed_activations[type] = lruvec->activations[type];
}

void mem_cgroup_flush_stats(struct vm *vm)
{
	vm->stats_lag = false;
	for (u32 i = 0; i < vm->nr_memcgs; i++)
		for (u32 nid = 0; nid < vm->mm->nr_nodes; nid++)
			flush_lruvec(vm, &vm->memcgs[i]->lruvecs[nid]);
	vm->stats_lag = true;
}

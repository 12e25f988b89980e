/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who reclaims for itself: a request that found no page, a memory group over its limit, a node
 * before the next one is tried. mm/vmscan.c:do_try_to_free_pages, node_reclaim (7.2)
 */
#include "mm/vmscan.h"

#include "machine/psi.h"
#include "mm/alloc.h"
#include "mm/compaction.h"
#include "mm/memcontrol.h"
#include "mm/oom.h"
#include "mm/page_alloc.h"
#include "mm/vmstat.h"
#include "mm/watermark.h"

/* Compaction could go ahead already, or the request succeed: no need to reclaim from the zone. */
static bool compaction_ready(const struct zone *zone, const struct scan_control *sc)
{
	const struct mm *mm = zone->mm;
	s64 high = wmark_pages(zone, WMARK_HIGH), free;

	if (!(sc->gfp & __GFP_IO))
		return false;
	if (zone_watermark_ok(zone, sc->order, wmark_pages(zone, WMARK_MIN), sc->highest_zoneidx,
			      0))
		return true;
	if (mm->profile->compact_wmark_of_caller)
		return compaction_suitable(zone, sc->order, (u64)high, sc->highest_zoneidx);
	if (!compaction_suitable(zone, sc->order, (u64)wmark_pages(zone, WMARK_MIN),
				 sc->highest_zoneidx))
		return false;
	/* Others may use what compaction needs: leave a margin. */
	free = zone_page_state(zone, NR_FREE_PAGES);
	if (zone->percpu_drift_mark && free < zone->percpu_drift_mark)
		free = zone_page_state_snapshot(zone, NR_FREE_PAGES);
	return __zone_watermark_ok(zone, 0, high + (s64)compact_gap(mm, sc->order),
				   sc->highest_zoneidx, 0, free);
}

/* Progress lets those go on who wait for it; none at the last but one priority makes wait.
   mm/vmscan.c:consider_reclaim_throttle */
static void consider_reclaim_throttle(struct vm *vm, struct task_struct *current, u32 nid,
				      const struct scan_control *sc)
{
	struct wait_queue *wait = &vm->mm->nodes[nid].reclaim_wait[VMSCAN_THROTTLE_NOPROGRESS];

	if (sc->nr_reclaimed > sc->nr_scanned >> 3) {
		if (waitqueue_active(wait))
			wake_up(vm->mm->engine, wait, UINT32_MAX);
		return;
	}
	if (!sc->is_kswapd && !sc->target_mem_cgroup && sc->priority == 1 && !sc->nr_reclaimed)
		reclaim_throttle(vm, current, nid, VMSCAN_THROTTLE_NOPROGRESS);
}

/* Each node that the request may use, once. */
static void shrink_zones(struct vm *vm, struct task_struct *current,
			 const struct alloc_context *ac, struct scan_control *sc)
{
	struct mm *mm = vm->mm;
	s32 first_nid = NUMA_NO_NODE, last_nid = NUMA_NO_NODE;

	for (u32 i = next_zonelist_index(mm, ac, 0); i < ac->nr_zonelist;
	     i = next_zonelist_index(mm, ac, i + 1)) {
		const struct zone *zone = &mm->zones[ac->zonelist[i]];

		if (!sc->target_mem_cgroup && sc->order > PAGE_ALLOC_COSTLY_ORDER &&
		    compaction_ready(zone, sc)) {
			sc->compaction_ready = true;
			continue;
		}
		if (first_nid == NUMA_NO_NODE)
			first_nid = zone->nid;
		if (last_nid == zone->nid)
			continue;
		last_nid = zone->nid;
		shrink_node(mm, current, zone->nid, sc);
	}
	if (first_nid != NUMA_NO_NODE)
		consider_reclaim_throttle(vm, current, (u32)first_nid, sc);
}

static void snapshot_zonelist(struct vm *vm, const struct alloc_context *ac,
			      const struct scan_control *sc)
{
	s32 last_nid = NUMA_NO_NODE;

	for (u32 i = next_zonelist_index(vm->mm, ac, 0); i < ac->nr_zonelist;
	     i = next_zonelist_index(vm->mm, ac, i + 1)) {
		const struct zone *zone = &vm->mm->zones[ac->zonelist[i]];

		if (last_nid == zone->nid)
			continue;
		last_nid = zone->nid;
		snapshot_refaults(vm, sc->target_mem_cgroup, zone->nid);
	}
}

/* Harder and harder, until enough is free. */
static void priority_sweep(struct vm *vm, struct task_struct *current,
			   const struct alloc_context *ac, struct scan_control *sc)
{
	if (!sc->target_mem_cgroup)
		count_vm_events(vm->mm, ALLOCSTALL_DMA + sc->highest_zoneidx, 1);
	for (sc->priority = DEF_PRIORITY;; sc->priority--) {
		sc->nr_scanned = 0;
		shrink_zones(vm, current, ac, sc);
		if (sc->nr_reclaimed >= sc->nr_to_reclaim || sc->compaction_ready || !sc->priority)
			break;
	}
	snapshot_zonelist(vm, ac, sc);
}

/*
 * Sweeps; without a result once more over all groups, once more with active lists that were spared
 * before, and in the end with the groups that memory.low protects. mm/vmscan.c:do_try_to_free_pages
 */
static u64 do_try_to_free_pages(struct vm *vm, struct task_struct *current,
				const struct alloc_context *ac, struct scan_control *sc)
{
	for (;;) {
		priority_sweep(vm, current, ac, sc);
		if (sc->nr_reclaimed)
			return sc->nr_reclaimed;
		if (sc->compaction_ready)
			return 1;
		if (vm->mm->profile->reclaim_full_memcg_walk && !sc->memcg_full_walk) {
			sc->memcg_full_walk = true;
		} else if (sc->skipped_deactivate) {
			sc->force_deactivate = true;
			sc->skipped_deactivate = false;
		} else if (sc->memcg_low_skipped) {
			sc->force_deactivate = false;
			sc->memcg_low_reclaim = true;
			sc->memcg_low_skipped = false;
		} else {
			return 0;
		}
	}
}

u64 try_to_free_pages(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order,
		      const struct alloc_context *ac)
{
	struct scan_control sc = {
		.nr_to_reclaim = SWAP_CLUSTER_MAX,
		.gfp = current_gfp_context(current, gfp),
		.highest_zoneidx = ac->highest_zoneidx,
		.order = order,
		.may_writepage = true,
		.may_unmap = true,
		.may_swap = true,
	};
	u64 nr_reclaimed, start;

	/* One page of progress: who is about to die must not be the reason for a kill. */
	if (throttle_direct_reclaim(mm->vm, current, sc.gfp, ac))
		return 1;
	count_vm_events(mm, SIM_DIRECT_RECLAIM, 1);
	task_spend_partly(mm, current);
	start = mm->engine ? engine_now(mm->engine) : 0;
	TRACE(mm, mm_vmscan_direct_reclaim_begin, .current = current, .order = order,
	      .gfp = sc.gfp);
	nr_reclaimed = do_try_to_free_pages(mm->vm, current, ac, &sc);
	task_charge(current, CAUSE_RECLAIM, mm->costs.direct_reclaim);
	task_spend_partly(mm, current);
	TRACE(mm, mm_vmscan_direct_reclaim_end, .current = current, .nr_reclaimed = nr_reclaimed,
	      .start_ns = start);
	return nr_reclaimed;
}

u64 try_to_free_mem_cgroup_pages(struct vm *vm, struct task_struct *current,
				 struct mem_cgroup *memcg, u64 nr_pages, gfp_t gfp)
{
	struct mm *mm = vm->mm;
	struct scan_control sc = {
		.nr_to_reclaim = max_u64(nr_pages, SWAP_CLUSTER_MAX),
		.gfp = current_gfp_context(current, gfp),
		.highest_zoneidx = MAX_NR_ZONES - 1,
		.target_mem_cgroup = memcg,
		.may_writepage = true,
		.may_unmap = true,
		.may_swap = true,
	};
	u32 memalloc = current->flags & PF_MEMALLOC;
	struct alloc_context ac;
	u64 nr_reclaimed;

	if (!prepare_alloc_pages(mm, GFP_HIGHUSER_MOVABLE, mm->cpu_node[current->cpu], 0, &ac))
		return 0;
	current->flags |= PF_MEMALLOC;
	nr_reclaimed = do_try_to_free_pages(vm, current, &ac, &sc);
	current->flags = (current->flags & ~(u32)PF_MEMALLOC) | memalloc;
	return nr_reclaimed;
}

#define NODE_RECLAIM_PRIORITY 4
#define RECLAIM_WRITE	      BIT(1)
#define RECLAIM_UNMAP	      BIT(2)

/* Page cache that the mode lets go. mm/vmscan.c:node_pagecache_reclaimable */
static u64 pagecache_reclaimable(const struct vm *vm, u32 nid)
{
	u64 mode = vm->mm->sysctl.zone_reclaim_mode;
	s64 pages = node_page_state(vm, nid, NR_FILE_PAGES);

	if (!(mode & RECLAIM_UNMAP))
		pages = node_page_state(vm, nid, NR_INACTIVE_FILE) +
			node_page_state(vm, nid, NR_ACTIVE_FILE) -
			node_page_state(vm, nid, NR_FILE_MAPPED);
	if (!(mode & RECLAIM_WRITE))
		pages -= node_page_state(vm, nid, NR_FILE_DIRTY);
	return (u64)max_s64(pages, 0);
}

/* More page cache or slab than the limits leave to the node. */
static bool node_has_reclaimable(const struct vm *vm, u32 nid)
{
	const struct mm *mm = vm->mm;
	u64 managed = 0;

	for (u32 i = 0; i < MAX_NR_ZONES; i++)
		managed += mm->zones[nid * MAX_NR_ZONES + i].managed_pages;
	return pagecache_reclaimable(vm, nid) > managed * mm->sysctl.min_unmapped_ratio / 100 ||
	       (u64)node_page_state(vm, nid, NR_SLAB_RECLAIMABLE) >
		       managed * mm->sysctl.min_slab_ratio / 100;
}

static bool reclaim_from_node(struct vm *vm, struct task_struct *current, u32 nid, gfp_t gfp,
			      u32 order)
{
	struct mm *mm = vm->mm;
	u64 wanted = 1ull << order;
	struct scan_control sc = {
		.nr_to_reclaim = max_u64(wanted, SWAP_CLUSTER_MAX),
		.gfp = current_gfp_context(current, gfp),
		.order = order,
		.highest_zoneidx = mm->gfp_zone[gfp & 0xf],
		.may_writepage = (mm->sysctl.zone_reclaim_mode & RECLAIM_WRITE) != 0,
		.may_unmap = (mm->sysctl.zone_reclaim_mode & RECLAIM_UNMAP) != 0,
		.may_swap = true,
	};

	psi_memstall_enter(current->sched);
	current->flags |= PF_MEMALLOC;
	for (sc.priority = NODE_RECLAIM_PRIORITY;; sc.priority--) {
		shrink_node(mm, current, nid, &sc);
		if (sc.nr_reclaimed >= wanted || !sc.priority)
			break;
	}
	current->flags &= ~(u32)PF_MEMALLOC;
	psi_memstall_leave(current->sched);
	return sc.nr_reclaimed >= wanted;
}

enum node_reclaim_result node_reclaim(struct mm *mm, struct task_struct *current, u32 nid,
				      gfp_t gfp, u32 order)
{
	struct pglist_data *pgdat = &mm->nodes[nid];
	bool success;

	if (!node_has_reclaimable(mm->vm, nid))
		return NODE_RECLAIM_FULL;
	if (!(gfp & __GFP_DIRECT_RECLAIM) || (current->flags & PF_MEMALLOC))
		return NODE_RECLAIM_NOSCAN;
	if ((pgdat->has_cpus && nid != mm->cpu_node[current->cpu]) || pgdat->reclaim_locked)
		return NODE_RECLAIM_NOSCAN;
	pgdat->reclaim_locked = true;
	success = reclaim_from_node(mm->vm, current, nid, gfp, order);
	pgdat->reclaim_locked = false;
	count_vm_events(mm, success ? ZONE_RECLAIM_SUCCESS : ZONE_RECLAIM_FAILED, 1);
	return success ? NODE_RECLAIM_SUCCESS : NODE_RECLAIM_SOME;
}

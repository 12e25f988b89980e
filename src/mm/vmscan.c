/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Passes of reclaim: over a node, by a task that found no page (direct reclaim) and for a memory
 * group. mm/vmscan.c (7.2). kswapd's loop is in kswapd.c, the multi-generational LRU in mglru*.c.
 * Left out: cpusets, soft limits and protection of memory groups, demotion.
 */
#include "mm/vmscan.h"

#include "mm/compaction.h"
#include "mm/kswapd.h"
#include "mm/memcontrol.h"
#include "mm/oom.h"
#include "mm/shrinker.h"
#include "mm/vmstat.h"
#include "mm/watermark.h"

enum vm_event_item reclaim_event(const struct mm *mm, const struct task_struct *current,
				 const struct scan_control *sc, enum vm_event_item kswapd)
{
	if (sc->is_kswapd)
		return kswapd;
	if (current->flags & PF_KHUGEPAGED && mm->profile->khugepaged_counts_reclaim)
		return kswapd + (PGSCAN_KHUGEPAGED - PGSCAN_KSWAPD);
	return kswapd + (PGSCAN_DIRECT - PGSCAN_KSWAPD);
}

static struct lruvec *target_lruvec(const struct vm *vm, const struct scan_control *sc, u32 nid)
{
	return sc->target_mem_cgroup ? &sc->target_mem_cgroup->lruvecs[nid] : node_lruvec(vm, nid);
}

/* Refaults that were activated, of the lruvec or for the root of all of its node. */
static u64 lruvec_activations(const struct vm *vm, const struct lruvec *lruvec, enum lru_type type)
{
	return vm->stats_lag ? lruvec->flushed_activations[type] : lruvec->activations[type];
}

void snapshot_refaults(struct vm *vm, struct mem_cgroup *memcg, u32 nid)
{
	struct lruvec *lruvec = memcg ? &memcg->lruvecs[nid] : node_lruvec(vm, nid);

	for (enum lru_type type = 0; type < NR_LRU_TYPES; type++)
		lruvec->refaults[type] = lruvec_activations(vm, lruvec, type);
}

/* Active pages may be taken on if workingset pages come back, or too few are inactive. */
static bool may_deactivate(const struct vm *vm, const struct scan_control *sc,
			   const struct lruvec *lruvec, enum lru_type type)
{
	enum lru_list inactive = type == LRU_TYPE_FILE ? LRU_INACTIVE_FILE : LRU_INACTIVE_ANON;

	return sc->force_deactivate ||
	       lruvec->refaults[type] != lruvec_activations(vm, lruvec, type) ||
	       inactive_is_low(vm, lruvec, inactive);
}

/* So little page cache is left that only anonymous pages can help. */
static bool file_is_tiny(const struct vm *vm, u32 nid, const struct scan_control *sc)
{
	s64 pages = node_page_state(vm, nid, NR_ACTIVE_FILE) +
		    node_page_state(vm, nid, NR_INACTIVE_FILE);
	s64 high = 0;

	for (u32 i = 0; i < MAX_NR_ZONES; i++) {
		const struct zone *zone = &vm->mm->zones[nid * MAX_NR_ZONES + i];

		if (!managed_zone(zone))
			continue;
		pages += zone_page_state(zone, NR_FREE_PAGES);
		high += wmark_pages(zone, WMARK_HIGH);
	}
	return pages <= high && !sc->may_deactivate_anon &&
	       node_page_state(vm, nid, NR_INACTIVE_ANON) >> sc->priority;
}

void prepare_scan_control(struct vm *vm, u32 nid, struct scan_control *sc)
{
	const struct lruvec *lruvec = target_lruvec(vm, sc, nid);

	if (vm->lru_gen)
		return;
	sc->anon_cost = lruvec->anon_cost;
	sc->file_cost = lruvec->file_cost;
	sc->may_deactivate_anon = may_deactivate(vm, sc, lruvec, LRU_TYPE_ANON);
	sc->may_deactivate_file = may_deactivate(vm, sc, lruvec, LRU_TYPE_FILE);
	sc->cache_trim_mode = lruvec_page_state(vm, lruvec, LRU_INACTIVE_FILE) >> sc->priority &&
			      !sc->may_deactivate_file && !sc->no_cache_trim_mode;
	if (!sc->target_mem_cgroup)
		sc->file_is_tiny = file_is_tiny(vm, nid, sc);
}

/* What protects the group from this pass? mm/vmscan.c:shrink_node_memcgs */
static bool memcg_protected(struct mem_cgroup *memcg, struct scan_control *sc)
{
	if (mem_cgroup_below_min(sc->target_mem_cgroup, memcg))
		return true;
	if (!mem_cgroup_below_low(sc->target_mem_cgroup, memcg))
		return false;
	if (!sc->memcg_low_reclaim) {
		sc->memcg_low_skipped = true;
		return true;
	}
	memcg->nr_low_events++;
	return false;
}

/* One group's pages and, with the root's, the slabs. */
static void shrink_one(struct vm *vm, struct task_struct *current, struct mem_cgroup *memcg,
		       u32 nid, struct scan_control *sc)
{
	struct lruvec *lruvec = &memcg->lruvecs[nid];

	if (memcg_protected(memcg, sc))
		return;
	if (vm->lru_gen)
		lru_gen_shrink_lruvec(vm, current, lruvec, sc);
	else
		shrink_lruvec(vm, current, lruvec, sc);
	if (memcg == vm->memcgs[0])
		shrink_slab(vm, current, sc->gfp, nid, sc->priority);
	sc->nr_reclaimed += current->reclaimed_slab;
	current->reclaimed_slab = 0;
}

/*
 * The groups in order, the root first. kswapd visits all; direct reclaimers share one walk and
 * leave it when they have enough. mm/vmscan.c:shrink_node_memcgs
 */
static void shrink_node_memcgs(struct vm *vm, struct task_struct *current, u32 nid,
			       struct scan_control *sc)
{
	struct pglist_data *pgdat = &vm->mm->nodes[nid];
	bool whole = sc->is_kswapd || sc->memcg_full_walk ||
		     !vm->mm->profile->reclaim_full_memcg_walk;

	if (sc->target_mem_cgroup) {
		shrink_one(vm, current, sc->target_mem_cgroup, nid, sc);
		return;
	}
	if (whole) {
		for (u32 i = 0; i < vm->nr_memcgs; i++)
			shrink_one(vm, current, vm->memcgs[i], nid, sc);
		return;
	}
	if (pgdat->reclaim_memcg >= vm->nr_memcgs)
		pgdat->reclaim_memcg = 0;
	while (pgdat->reclaim_memcg < vm->nr_memcgs) {
		shrink_one(vm, current, vm->memcgs[pgdat->reclaim_memcg++], nid, sc);
		if (sc->nr_reclaimed >= sc->nr_to_reclaim)
			break;
	}
}

/* Reclaim for compaction's sake. mm/vmscan.c:in_reclaim_compaction */
static bool in_reclaim_compaction(const struct scan_control *sc)
{
	return (sc->gfp & __GFP_IO) && sc->order &&
	       (sc->order > PAGE_ALLOC_COSTLY_ORDER || sc->priority < DEF_PRIORITY - 2);
}

/* With the pages of this pass compaction has enough to work with, or could have it. */
static bool should_continue_reclaim(const struct vm *vm, u32 nid, u64 nr_reclaimed,
				    const struct scan_control *sc)
{
	s64 inactive;

	if (!in_reclaim_compaction(sc) || !nr_reclaimed)
		return false;
	for (u32 i = 0; i <= sc->highest_zoneidx && i < MAX_NR_ZONES; i++) {
		const struct zone *zone = &vm->mm->zones[nid * MAX_NR_ZONES + i];
		s64 mark = wmark_pages(zone, WMARK_MIN);

		if (managed_zone(zone) &&
		    (zone_watermark_ok(zone, sc->order, mark, sc->highest_zoneidx, 0) ||
		     compaction_suitable(zone, sc->order, (u64)mark, sc->highest_zoneidx)))
			return false;
	}
	inactive = node_page_state(vm, nid, NR_INACTIVE_FILE);
	if (can_reclaim_anon_pages(vm))
		inactive += node_page_state(vm, nid, NR_INACTIVE_ANON);
	return inactive > (s64)compact_gap(vm->mm, sc->order);
}

/* What was met at the ends of the lists tells whether disks keep up. */
static void throttle_after_pass(struct vm *vm, struct task_struct *current, u32 nid,
				const struct scan_control *sc)
{
	struct pglist_data *pgdat = &vm->mm->nodes[nid];

	if (sc->is_kswapd) {
		if (sc->nr.writeback && sc->nr.writeback == sc->nr.taken)
			pgdat->pgdat_writeback = true;
		if (sc->nr.unqueued_dirty == sc->nr.file_taken)
			pgdat->pgdat_dirty = true;
		if (sc->nr.immediate)
			reclaim_throttle(vm, current, nid, VMSCAN_THROTTLE_WRITEBACK);
		if (sc->nr.dirty && sc->nr.dirty == sc->nr.congested)
			pgdat->pgdat_congested = true;
	} else if (pgdat->pgdat_congested) {
		reclaim_throttle(vm, current, nid, VMSCAN_THROTTLE_CONGESTED);
	}
}

void shrink_node(struct mm *mm, struct task_struct *current, u32 nid, struct scan_control *sc)
{
	struct vm *vm = mm->vm;
	bool reclaimable = false;
	u64 before;

	task_charge(current, CAUSE_RECLAIM, mm->costs.shrink_node);
	if (vm->lru_gen && !sc->target_mem_cgroup) {
		lru_gen_shrink_node(vm, current, nid, sc);
		return;
	}
	do {
		sc->nr = (struct scan_nr){0};
		before = sc->nr_reclaimed;
		prepare_scan_control(vm, nid, sc);
		shrink_node_memcgs(vm, current, nid, sc);
		task_spend_partly(mm, current);
		reclaimable |= sc->nr_reclaimed > before;
		throttle_after_pass(vm, current, nid, sc);
	} while (should_continue_reclaim(vm, nid, sc->nr_reclaimed - before, sc));
	if (reclaimable)
		kswapd_try_clear_hopeless(mm, nid, sc->order, sc->highest_zoneidx);
	else if (sc->cache_trim_mode)
		sc->cache_trim_mode_failed = true;
}

u64 zone_reclaimable_pages(const struct zone *zone)
{
	const struct vm *vm = zone->mm->vm;
	u64 pages = 0;

	for (u32 i = 0; i < vm->nr_memcgs; i++) {
		const struct lruvec *lruvec = &vm->memcgs[i]->lruvecs[zone->nid];
		const u64 *size = lruvec->lru_zone_size[zone->type];

		pages += size[LRU_ACTIVE_FILE] + size[LRU_INACTIVE_FILE];
		if (can_reclaim_anon_pages(vm))
			pages += size[LRU_ACTIVE_ANON] + size[LRU_INACTIVE_ANON];
	}
	if (!pages && zone->mm->profile->reclaimable_counts_free)
		pages = (u64)zone_page_state_snapshot(zone, NR_FREE_PAGES);
	return pages;
}

const struct pressure_ops pressure_linux = {
	.shrink_node = shrink_node,
	.try_to_free_pages = try_to_free_pages,
	.zone_reclaimable_pages = zone_reclaimable_pages,
	.try_to_compact_pages = try_to_compact_pages,
	.compaction_zonelist_suitable = compaction_zonelist_suitable,
	.compaction_defer_reset = compaction_defer_reset,
	.out_of_memory = oom_out_of_memory,
};

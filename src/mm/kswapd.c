/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kswapd: when it is asked for, when a node is balanced, its sleep and its balancing loop. The pass
 * over a node's pages is behind mm->pressure; without that room each run goes as one that finds
 * nothing: it takes back the boost, and after 16 failures the node counts as hopeless. Left out:
 * soft limits of memory groups, freezing.
 */
#include "mm/kswapd.h"

#include "machine/psi.h"
#include "mm/compaction.h"
#include "mm/memcontrol.h"
#include "mm/page_alloc.h"
#include "mm/swap.h"
#include "mm/vmscan.h"
#include "mm/vmstat.h"
#include "mm/watermark.h"

bool pgdat_balanced(const struct mm *mm, u32 nid, u32 order, u32 highest_zoneidx)
{
	enum zone_stat_item item = NR_FREE_PAGES;
	bool managed = false;

	if (mm->sysctl.defrag_mode && order)
		item = NR_FREE_PAGES_BLOCKS;
	for (u32 i = 0; i <= highest_zoneidx && i < MAX_NR_ZONES; i++) {
		const struct zone *zone = &mm->zones[nid * MAX_NR_ZONES + i];
		s64 free;

		if (!managed_zone(zone))
			continue;
		managed = true;
		free = zone_page_state(zone, item);
		if (zone->percpu_drift_mark && free < zone->percpu_drift_mark)
			free = zone_page_state_snapshot(zone, item);
		if (__zone_watermark_ok(zone, order, wmark_pages(zone, WMARK_HIGH), highest_zoneidx,
					0, free))
			return true;
	}
	return !managed;
}

/* mm/vmscan.c:pgdat_watermark_boosted */
static bool pgdat_watermark_boosted(const struct mm *mm, u32 nid, u32 highest_zoneidx)
{
	for (u32 i = 0; i <= highest_zoneidx && i < MAX_NR_ZONES; i++)
		if (mm->zones[nid * MAX_NR_ZONES + i].watermark_boost)
			return true;
	return false;
}

void wakeup_kswapd(struct zone *zone, struct task_struct *current, gfp_t gfp, u32 order,
		   u32 highest_zoneidx)
{
	struct mm *mm = zone->mm;
	struct pglist_data *pgdat = &mm->nodes[zone->nid];

	if (!managed_zone(zone))
		return;
	if (pgdat->kswapd_highest_zoneidx == MAX_NR_ZONES ||
	    pgdat->kswapd_highest_zoneidx < highest_zoneidx)
		pgdat->kswapd_highest_zoneidx = highest_zoneidx;
	if (pgdat->kswapd_order < (s32)order)
		pgdat->kswapd_order = (s32)order;
	if (!pgdat->kswapd_waiting)
		return;
	if (pgdat->kswapd_failures >= MAX_RECLAIM_RETRIES ||
	    (pgdat_balanced(mm, zone->nid, order, highest_zoneidx) &&
	     !pgdat_watermark_boosted(mm, zone->nid, highest_zoneidx))) {
		/* There may be enough, in pieces; who cannot compact has it done. */
		if (!(gfp & __GFP_DIRECT_RECLAIM))
			wakeup_kcompactd(mm, zone->nid, order, highest_zoneidx);
		return;
	}
	count_vm_events(mm, SIM_KSWAPD_WAKE, 1);
	TRACE(mm, mm_vmscan_wakeup_kswapd, .current = current, .nid = zone->nid,
	      .zid = highest_zoneidx, .order = order, .gfp = gfp);
	pgdat->kswapd_waiting = false;
	if (mm->engine)
		wake_up(mm->engine, &pgdat->kswapd_wait, UINT32_MAX);
}

void wake_all_kswapds(struct mm *mm, struct task_struct *current, u32 order, gfp_t gfp,
		      const struct alloc_context *ac)
{
	s32 last_nid = -1;

	for (u32 i = next_zonelist_index(mm, ac, 0); i < ac->nr_zonelist;
	     i = next_zonelist_index(mm, ac, i + 1)) {
		struct zone *zone = &mm->zones[ac->zonelist[i]];

		if (!managed_zone(zone) || last_nid == zone->nid)
			continue;
		wakeup_kswapd(zone, current, gfp, order, ac->highest_zoneidx);
		last_nid = zone->nid;
	}
}

void kswapd_try_clear_hopeless(struct mm *mm, u32 nid, u32 order, u32 highest_zoneidx)
{
	if (mm->profile->any_reclaim_clears_kswapd_failures ||
	    pgdat_balanced(mm, nid, order, highest_zoneidx))
		mm->nodes[nid].kswapd_failures = 0;
}

/* Asleep means on the wait queue: it can be woken, and the allocator sees it there. */
static bool kswapd_wait(struct kswapd *k, u64 timeout_ns)
{
	struct pglist_data *pgdat = &k->mm->nodes[k->nid];
	bool woken;

	pgdat->kswapd_waiting = true;
	woken = cpu_wait(k->task.sched, &pgdat->kswapd_wait, timeout_ns);
	pgdat->kswapd_waiting = false;
	return woken;
}

/* mm/vmscan.c:prepare_kswapd_sleep */
static bool may_sleep(const struct kswapd *k, u32 order, u32 highest_zoneidx)
{
	struct pglist_data *pgdat = &k->mm->nodes[k->nid];

	/* While kswapd sleeps nobody would tell those who wait for it. */
	wake_up(k->mm->engine, &pgdat->pfmemalloc_wait, UINT32_MAX);
	if (pgdat->kswapd_failures >= MAX_RECLAIM_RETRIES)
		return true;
	if (!pgdat_balanced(k->mm, k->nid, order, highest_zoneidx))
		return false;
	pgdat->pgdat_congested = pgdat->pgdat_writeback = pgdat->pgdat_dirty = false;
	return true;
}

static void set_node_thresholds(const struct kswapd *k, bool pressure)
{
	struct mm *mm = k->mm;

	for (u32 i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = &mm->zones[k->nid * MAX_NR_ZONES + i];

		if (!populated_zone(zone) || !zone->percpu_drift_mark)
			continue;
		for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++)
			zone->pageset[cpu].stat_threshold =
				pressure ? calculate_pressure_threshold(mm, zone)
					 : calculate_normal_threshold(mm, zone, mm->nr_cpus);
	}
}

/* The highest zone asked for since, or what it was. mm/vmscan.c:kswapd_highest_zoneidx */
static u32 requested_zoneidx(const struct kswapd *k, u32 zoneidx)
{
	u32 requested = k->mm->nodes[k->nid].kswapd_highest_zoneidx;

	return requested == MAX_NR_ZONES ? zoneidx : requested;
}

/* A short nap first; only a node that is still balanced after it lets kswapd sleep.
   mm/vmscan.c:kswapd_try_to_sleep */
static void kswapd_try_to_sleep(struct kswapd *k, u32 alloc_order, u32 reclaim_order, u32 zoneidx)
{
	struct mm *mm = k->mm;
	struct pglist_data *pgdat = &mm->nodes[k->nid];

	task_spend(mm, &k->task);
	if (may_sleep(k, reclaim_order, zoneidx)) {
		if (mm->vm)
			reset_isolation_suitable(mm, k->nid);
		wakeup_kcompactd(mm, k->nid, alloc_order, zoneidx);
		if (kswapd_wait(k, NSEC_PER_SEC / mm->machine->hz * (mm->machine->hz / 10))) {
			count_vm_events(mm, KSWAPD_LOW_WMARK_HIT_QUICKLY, 1);
			pgdat->kswapd_highest_zoneidx = requested_zoneidx(k, zoneidx);
			if (pgdat->kswapd_order < (s32)reclaim_order)
				pgdat->kswapd_order = (s32)reclaim_order;
			return;
		}
		if (may_sleep(k, reclaim_order, zoneidx)) {
			TRACE(mm, mm_vmscan_kswapd_sleep, .current = &k->task, .nid = k->nid);
			set_node_thresholds(k, false);
			kswapd_wait(k, WAIT_FOREVER);
			set_node_thresholds(k, true);
			return;
		}
	}
	count_vm_events(mm, KSWAPD_HIGH_WMARK_HIT_QUICKLY, 1);
}

/* Zones a run works for: how much to get, and whether their pages should stay off CPU lists. */
static u64 prepare_zones(const struct kswapd *k, u32 zoneidx, bool active)
{
	u64 target = 0;

	for (u32 i = 0; i <= zoneidx && i < MAX_NR_ZONES; i++) {
		struct zone *zone = &k->mm->zones[k->nid * MAX_NR_ZONES + i];

		if (!managed_zone(zone))
			continue;
		target += max_u64((u64)wmark_pages(zone, WMARK_HIGH), SWAP_CLUSTER_MAX);
		zone->flags &= ~ZONE_RECLAIM_ACTIVE;
		if (active)
			zone->flags |= ZONE_RECLAIM_ACTIVE;
	}
	return target;
}

/* Anonymous pages get old even while nothing of them is reclaimed. mm/vmscan.c:kswapd_age_node */
static void kswapd_age_node(struct kswapd *k, struct scan_control *sc)
{
	struct vm *vm = k->mm->vm;

	if (vm->lru_gen) {
		lru_gen_age_node(vm, &k->task, k->nid, sc);
		return;
	}
	if (!total_swap_pages(vm) ||
	    !inactive_is_low(vm, node_lruvec(vm, k->nid), LRU_INACTIVE_ANON))
		return;
	for (u32 i = 0; i < vm->nr_memcgs; i++)
		shrink_active_list(vm, &k->task, &vm->memcgs[i]->lruvecs[k->nid], SWAP_CLUSTER_MAX,
				   LRU_ACTIVE_ANON, sc);
}

/* mm/vmscan.c:kswapd_shrink_node: true if enough was looked at that trying harder can wait. */
static bool kswapd_shrink_node(struct kswapd *k, struct scan_control *sc)
{
	struct mm *mm = k->mm;
	u64 before = sc->nr_reclaimed, gap = 2ull << sc->order;

	sc->nr_to_reclaim = prepare_zones(k, sc->highest_zoneidx, true);
	sc->nr_scanned = 0;
	task_charge(&k->task, CAUSE_RECLAIM, mm->costs.slowpath_loop);
	if (mm->pressure->shrink_node)
		mm->pressure->shrink_node(mm, &k->task, k->nid, sc);
	else
		count_vm_events(mm, SIM_NO_RECLAIM, 1);
	task_spend(mm, &k->task);
	if (mm->profile->compact_gap_capped)
		gap = min_u64(gap, SWAP_CLUSTER_MAX);
	if (sc->order && sc->nr_reclaimed >= gap)
		sc->order = 0;
	return max_u64(sc->nr_scanned, sc->nr_reclaimed - before) >= sc->nr_to_reclaim;
}

/* What is left of the boost when a run begins; afterwards that much is taken back. */
struct boosts {
	s64 zone[MAX_NR_ZONES];
	u64 left;
	bool any;
};

static void boosts_note(const struct kswapd *k, u32 zoneidx, struct boosts *b)
{
	*b = (struct boosts){0};
	for (u32 i = 0; i <= zoneidx && i < MAX_NR_ZONES; i++) {
		b->zone[i] = k->mm->zones[k->nid * MAX_NR_ZONES + i].watermark_boost;
		b->left += (u64)b->zone[i];
	}
	b->any = b->left != 0;
}

static void boosts_take_back(const struct kswapd *k, const struct boosts *b, u32 zoneidx)
{
	for (u32 i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = &k->mm->zones[k->nid * MAX_NR_ZONES + i];

		if (!b->zone[i])
			continue;
		zone->watermark_boost -= min_s64(zone->watermark_boost, b->zone[i]);
		TRACE(k->mm, mm_boost, .zone = zone, .boost = zone->watermark_boost);
	}
	if (b->any)
		wakeup_kcompactd(k->mm, k->nid, k->mm->pageblock_order, zoneidx);
}

/* One step of the loop: a pass at the current priority. Pages it got. */
static u64 balance_step(struct kswapd *k, struct scan_control *sc, const struct boosts *boosts)
{
	struct mm *mm = k->mm;
	struct pglist_data *pgdat = &mm->nodes[k->nid];
	u64 before = sc->nr_reclaimed;
	/* Boosted reclaim does no I/O; harder than this it would find nothing else. */
	bool raise_priority = !(boosts->left && sc->priority == DEF_PRIORITY - 2);
	u64 got;

	sc->may_writepage = sc->may_swap = !boosts->left;
	if (mm->vm)
		kswapd_age_node(k, sc);
	if (kswapd_shrink_node(k, sc))
		raise_priority = false;
	if (mm->vm && waitqueue_active(&pgdat->pfmemalloc_wait) &&
	    allow_direct_reclaim(mm->vm, k->nid))
		wake_up(mm->engine, &pgdat->pfmemalloc_wait, UINT32_MAX);
	got = sc->nr_reclaimed - before;
	if (raise_priority || !got)
		sc->priority--;
	return got;
}

/* The priority loop of one run; true if it ended because the node is balanced. */
static bool balance_loop(struct kswapd *k, struct scan_control *sc, struct boosts *boosts)
{
	sc->priority = DEF_PRIORITY;
	while (sc->priority >= 1) {
		bool balanced = pgdat_balanced(k->mm, k->nid, sc->order, sc->highest_zoneidx);
		u64 got;

		if (!balanced && boosts->left) {
			boosts->left = 0;
			prepare_zones(k, sc->highest_zoneidx, true);
			sc->priority = DEF_PRIORITY;
			continue;
		}
		if (!boosts->left && balanced)
			return true;
		got = balance_step(k, sc, boosts);
		boosts->left -= min_u64(boosts->left, got);
		if (boosts->left && !got)
			return false;
	}
	return false;
}

/* The loop, and once more without cache trim mode if that was why it found nothing. */
static void balance(struct kswapd *k, struct scan_control *sc, struct boosts *boosts)
{
	const struct mm_profile *profile = k->mm->profile;

	while (!balance_loop(k, sc, boosts)) {
		if (!sc->nr_reclaimed && sc->priority < 1 && profile->cache_trim_can_fail &&
		    !sc->no_cache_trim_mode && sc->cache_trim_mode_failed) {
			sc->no_cache_trim_mode = true;
			continue;
		}
		if (!sc->nr_reclaimed &&
		    (!boosts->any || profile->boosted_kswapd_run_counts_failure))
			k->mm->nodes[k->nid].kswapd_failures++;
		return;
	}
}

/* mm/vmscan.c:balance_pgdat; returns the order it still worked for. */
static u32 balance_pgdat(struct kswapd *k, u32 order, u32 zoneidx)
{
	struct mm *mm = k->mm;
	struct scan_control sc = {.gfp = GFP_KERNEL, .order = order, .highest_zoneidx = zoneidx,
				  .may_unmap = true, .is_kswapd = true};
	u64 start = engine_now(mm->engine);
	struct boosts boosts;

	psi_memstall_enter(k->task.sched);
	count_vm_events(mm, PAGEOUTRUN, 1);
	TRACE(mm, mm_vmscan_balance_pgdat_begin, .current = &k->task, .nid = k->nid,
	      .order = order, .zid = zoneidx);
	boosts_note(k, zoneidx, &boosts);
	prepare_zones(k, zoneidx, true);
	balance(k, &sc, &boosts);
	prepare_zones(k, zoneidx, false);
	boosts_take_back(k, &boosts, zoneidx);
	if (mm->vm)
		snapshot_refaults(mm->vm, NULL, k->nid);
	TRACE(mm, mm_vmscan_balance_pgdat_end, .current = &k->task, .nid = k->nid,
	      .order = sc.order, .nr_reclaimed = sc.nr_reclaimed, .start_ns = start);
	psi_memstall_leave(k->task.sched);
	return sc.order;
}

void kswapd(void *arg)
{
	struct kswapd *k = arg;
	struct mm *mm = k->mm;
	struct pglist_data *pgdat = &mm->nodes[k->nid];
	u32 alloc_order = 0, reclaim_order = 0, zoneidx = MAX_NR_ZONES - 1;

	k->task.sched = cpu_current(mm->cpus);
	for (;;) {
		/* Gave up on a high order: try to sleep on what it worked for, then take more. */
		if (reclaim_order >= alloc_order) {
			alloc_order = reclaim_order = (u32)pgdat->kswapd_order;
			zoneidx = requested_zoneidx(k, zoneidx);
		}
		kswapd_try_to_sleep(k, alloc_order, reclaim_order, zoneidx);
		alloc_order = (u32)pgdat->kswapd_order;
		zoneidx = requested_zoneidx(k, zoneidx);
		pgdat->kswapd_order = 0;
		pgdat->kswapd_highest_zoneidx = MAX_NR_ZONES;
		TRACE(mm, mm_vmscan_kswapd_wake, .current = &k->task, .nid = k->nid,
		      .zid = zoneidx, .order = alloc_order);
		pgdat->kswapd_running = true;
		reclaim_order = balance_pgdat(k, alloc_order, zoneidx);
		pgdat->kswapd_running = false;
	}
}

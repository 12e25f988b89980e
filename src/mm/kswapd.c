/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kswapd: when it is asked for, when a node is balanced, its sleep and its balancing loop. The pass
 * over a node's pages is behind mm->pressure; without that room each run goes as one that finds
 * nothing: it takes back the boost, and after 16 failures the node counts as hopeless.
 */
#include "mm/kswapd.h"

#include "mm/page_alloc.h"
#include "mm/pressure.h"
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
	     !pgdat_watermark_boosted(mm, zone->nid, highest_zoneidx)))
		return;
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

#define DEF_PRIORITY	 12
#define SWAP_CLUSTER_MAX 32

/* Asleep means on the wait queue: it can be woken, and the allocator sees it there. */
static bool kswapd_wait(struct kswapd *k, u64 timeout_ns)
{
	struct pglist_data *pgdat = &k->mm->nodes[k->nid];
	bool woken;

	task_spend(k->mm, &k->task);
	pgdat->kswapd_waiting = true;
	woken = cpu_wait(k->task.sched, &pgdat->kswapd_wait, timeout_ns);
	pgdat->kswapd_waiting = false;
	return woken;
}

/* mm/vmscan.c:prepare_kswapd_sleep */
static bool may_sleep(const struct kswapd *k, u32 order, u32 highest_zoneidx)
{
	if (k->mm->nodes[k->nid].kswapd_failures >= MAX_RECLAIM_RETRIES)
		return true;
	return pgdat_balanced(k->mm, k->nid, order, highest_zoneidx) &&
	       !pgdat_watermark_boosted(k->mm, k->nid, highest_zoneidx);
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

/* A short nap first; only a node that is still balanced after it lets kswapd sleep.
   mm/vmscan.c:kswapd_try_to_sleep */
static void kswapd_try_to_sleep(struct kswapd *k, u32 alloc_order, u32 reclaim_order, u32 zoneidx)
{
	struct mm *mm = k->mm;
	struct pglist_data *pgdat = &mm->nodes[k->nid];

	if (may_sleep(k, reclaim_order, zoneidx)) {
		if (kswapd_wait(k, NSEC_PER_SEC / mm->machine->hz * (mm->machine->hz / 10))) {
			count_vm_events(mm, KSWAPD_LOW_WMARK_HIT_QUICKLY, 1);
			if (pgdat->kswapd_highest_zoneidx == MAX_NR_ZONES ||
			    pgdat->kswapd_highest_zoneidx < zoneidx)
				pgdat->kswapd_highest_zoneidx = zoneidx;
			if (pgdat->kswapd_order < (s32)alloc_order)
				pgdat->kswapd_order = (s32)alloc_order;
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

static void boosts_take_back(const struct kswapd *k, const struct boosts *b)
{
	for (u32 i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = &k->mm->zones[k->nid * MAX_NR_ZONES + i];

		if (!b->zone[i])
			continue;
		zone->watermark_boost -= min_s64(zone->watermark_boost, b->zone[i]);
		TRACE(k->mm, mm_boost, .zone = zone, .boost = zone->watermark_boost);
	}
}

/* The priority loop of one run; true if it ended because the node is balanced. */
static bool balance_loop(struct kswapd *k, struct scan_control *sc, struct boosts *boosts)
{
	sc->priority = DEF_PRIORITY;
	while (sc->priority >= 1) {
		u64 before = sc->nr_reclaimed, got;
		bool balanced = pgdat_balanced(k->mm, k->nid, sc->order, sc->highest_zoneidx);
		bool raise_priority;

		if (!balanced && boosts->left) {
			boosts->left = 0;
			sc->priority = DEF_PRIORITY;
			continue;
		}
		if (!boosts->left && balanced)
			return true;
		raise_priority = !(boosts->left && sc->priority == DEF_PRIORITY - 2);
		sc->may_writepage = sc->may_swap = !boosts->left;
		if (kswapd_shrink_node(k, sc))
			raise_priority = false;
		got = sc->nr_reclaimed - before;
		boosts->left -= min_u64(boosts->left, got);
		if (boosts->left && !got)
			return false;
		if (raise_priority || !got)
			sc->priority--;
	}
	return false;
}

/* mm/vmscan.c:balance_pgdat; returns the order it still worked for. */
static u32 balance_pgdat(struct kswapd *k, u32 order, u32 zoneidx)
{
	struct mm *mm = k->mm;
	struct scan_control sc = {.order = order, .highest_zoneidx = zoneidx};
	struct boosts boosts;

	count_vm_events(mm, PAGEOUTRUN, 1);
	boosts_note(k, zoneidx, &boosts);
	prepare_zones(k, zoneidx, true);
	if (!balance_loop(k, &sc, &boosts) && !sc.nr_reclaimed &&
	    (!boosts.any || mm->profile->boosted_kswapd_run_counts_failure))
		mm->nodes[k->nid].kswapd_failures++;
	prepare_zones(k, zoneidx, false);
	boosts_take_back(k, &boosts);
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
		kswapd_try_to_sleep(k, alloc_order, reclaim_order, zoneidx);
		alloc_order = (u32)pgdat->kswapd_order;
		if (pgdat->kswapd_highest_zoneidx != MAX_NR_ZONES)
			zoneidx = pgdat->kswapd_highest_zoneidx;
		pgdat->kswapd_order = 0;
		pgdat->kswapd_highest_zoneidx = MAX_NR_ZONES;
		TRACE(mm, mm_vmscan_kswapd_wake, .current = &k->task, .nid = k->nid,
		      .zid = zoneidx, .order = alloc_order);
		reclaim_order = balance_pgdat(k, alloc_order, zoneidx);
		/* Gave up on a high order: try to sleep on what it worked for, then take more. */
		if (reclaim_order < alloc_order)
			kswapd_try_to_sleep(k, alloc_order, reclaim_order, zoneidx);
	}
}

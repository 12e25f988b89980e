/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reclaimers that wait: for write-back, for isolated pages to return, for progress of others; and
 * tasks that may not even begin while the reserves are low. mm/vmscan.c:reclaim_throttle,
 * throttle_direct_reclaim (7.2)
 */
#include "mm/vmscan.h"

#include "mm/kswapd.h"
#include "mm/oom.h"
#include "mm/page_alloc.h"
#include "mm/swap.h"
#include "mm/vmstat.h"
#include "mm/watermark.h"

static u64 jiffies_to_ns(const struct mm *mm, u64 jiffies)
{
	return jiffies * (NSEC_PER_SEC / mm->machine->hz);
}

/* Waiting for others' progress is no use: the node is hopeless, or little of what could be
   reclaimed is on its way to a disk. mm/vmscan.c:skip_throttle_noprogress */
static bool skip_throttle_noprogress(const struct vm *vm, u32 nid)
{
	const struct mm *mm = vm->mm;
	u64 reclaimable = 0;
	s64 pending;

	if (mm->nodes[nid].kswapd_failures >= MAX_RECLAIM_RETRIES)
		return true;
	for (u32 i = 0; i < MAX_NR_ZONES; i++) {
		const struct zone *zone = &mm->zones[nid * MAX_NR_ZONES + i];

		if (managed_zone(zone))
			reclaimable += zone_reclaimable_pages(zone);
	}
	pending = node_page_state(vm, nid, NR_FILE_DIRTY) + node_page_state(vm, nid, NR_WRITEBACK);
	return 2 * (u64)max_s64(pending, 0) <= reclaimable;
}

void reclaim_throttle(struct vm *vm, struct task_struct *current, u32 nid,
		      enum vmscan_throttle_state reason)
{
	struct mm *mm = vm->mm;
	struct pglist_data *pgdat = &mm->nodes[nid];
	u64 timeout_ns = 0, from;

	swap_plug_flush(vm, current);
	task_spend_partly(mm, current);
	if (!current->sched ||
	    ((current->flags & PF_KTHREAD) && !(current->flags & PF_KSWAPD)))
		return;
	switch (reason) {
	case VMSCAN_THROTTLE_WRITEBACK:
		timeout_ns = jiffies_to_ns(mm, mm->machine->hz / 10);
		if (pgdat->nr_writeback_throttled++ == 0)
			pgdat->nr_reclaim_start = pgdat->nr_throttled_written;
		break;
	case VMSCAN_THROTTLE_ISOLATED:
		timeout_ns = jiffies_to_ns(mm, mm->machine->hz / 50);
		break;
	default:
		if (skip_throttle_noprogress(vm, nid))
			return;
		timeout_ns = jiffies_to_ns(mm, 1);
		break;
	}
	from = engine_now(mm->engine);
	cpu_wait(current->sched, &pgdat->reclaim_wait[reason], timeout_ns);
	if (reason == VMSCAN_THROTTLE_WRITEBACK)
		pgdat->nr_writeback_throttled--;
	current->cpu = cpu_ctx_cpu(current->sched);
	current->total_ns[CAUSE_THROTTLE] += engine_now(mm->engine) - from;
	TRACE(mm, mm_vmscan_throttled, .current = current, .nid = nid, .reason = reason,
	      .timeout_ns = timeout_ns, .waited_ns = engine_now(mm->engine) - from);
}

void acct_reclaim_writeback(struct vm *vm, u32 nid, u64 nr_pages)
{
	struct pglist_data *pgdat = &vm->mm->nodes[nid];

	if (!pgdat->nr_writeback_throttled)
		return;
	pgdat->nr_throttled_written += nr_pages;
	if (pgdat->nr_throttled_written - pgdat->nr_reclaim_start >
	    (u64)SWAP_CLUSTER_MAX * pgdat->nr_writeback_throttled)
		wake_up(vm->mm->engine, &pgdat->reclaim_wait[VMSCAN_THROTTLE_WRITEBACK],
			UINT32_MAX);
}

/* Half of the reserve is free, or waiting for kswapd is no use. */
static bool pfmemalloc_watermark_ok(const struct mm *mm, u32 nid)
{
	s64 reserve = 0, free = 0;

	if (mm->nodes[nid].kswapd_failures >= MAX_RECLAIM_RETRIES)
		return true;
	for (u32 i = 0; i <= ZONE_NORMAL; i++) {
		const struct zone *zone = &mm->zones[nid * MAX_NR_ZONES + i];
		s64 zone_free;

		if (!managed_zone(zone))
			continue;
		zone_free = zone_page_state_snapshot(zone, NR_FREE_PAGES);
		if ((zone_free || mm->profile->throttle_skips_empty_zones) &&
		    !zone_reclaimable_pages(zone))
			continue;
		reserve += wmark_pages(zone, WMARK_MIN);
		free += zone_free;
	}
	return !reserve || free > reserve / 2;
}

bool allow_direct_reclaim(const struct vm *vm, u32 nid)
{
	struct mm *mm = vm->mm;
	struct pglist_data *pgdat = &mm->nodes[nid];

	if (pfmemalloc_watermark_ok(mm, nid))
		return true;
	if (pgdat->kswapd_waiting) {
		if (pgdat->kswapd_highest_zoneidx > ZONE_NORMAL)
			pgdat->kswapd_highest_zoneidx = ZONE_NORMAL;
		pgdat->kswapd_waiting = false;
		wake_up(mm->engine, &pgdat->kswapd_wait, UINT32_MAX);
	}
	return false;
}

/* Sleeps until the reserves are better: for ever, if the task may wait for file systems too. */
static void wait_for_reserves(struct vm *vm, struct task_struct *current, u32 nid, gfp_t gfp)
{
	struct mm *mm = vm->mm;
	u64 from = engine_now(mm->engine), end = from + NSEC_PER_SEC;

	task_spend_partly(mm, current);
	while (!fatal_signal_pending(current) && !allow_direct_reclaim(vm, nid)) {
		u64 now = engine_now(mm->engine), left = WAIT_FOREVER;

		if (!(gfp & __GFP_FS)) {
			if (now >= end)
				break;
			left = end - now;
		}
		wait_killable(current, &mm->nodes[nid].pfmemalloc_wait, left);
	}
	current->cpu = cpu_ctx_cpu(current->sched);
	current->total_ns[CAUSE_THROTTLE] += engine_now(mm->engine) - from;
	TRACE(mm, mm_vmscan_throttled, .current = current, .nid = nid,
	      .reason = VMSCAN_THROTTLE_PFMEMALLOC, .waited_ns = engine_now(mm->engine) - from);
}

bool throttle_direct_reclaim(struct vm *vm, struct task_struct *current, gfp_t gfp,
			     const struct alloc_context *ac)
{
	struct mm *mm = vm->mm;

	if ((current->flags & PF_KTHREAD) || fatal_signal_pending(current) || !current->sched)
		return false;
	for (u32 i = next_zonelist_index(mm, ac, 0); i < ac->nr_zonelist;
	     i = next_zonelist_index(mm, ac, i + 1)) {
		const struct zone *zone = &mm->zones[ac->zonelist[i]];

		if (zone->type > ZONE_NORMAL)
			continue;
		if (allow_direct_reclaim(vm, zone->nid))
			return false;
		count_vm_events(mm, PGSCAN_DIRECT_THROTTLE, 1);
		wait_for_reserves(vm, current, zone->nid, gfp);
		return fatal_signal_pending(current);
	}
	return false;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When kswapd is asked for, and when a node is balanced. What kswapd does once awake belongs to
 * reclaim: without that room it stays awake, as a kswapd that never gets a CPU would.
 */
#include "mm/kswapd.h"

#include "mm/page_alloc.h"
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

void wakeup_kswapd(struct zone *zone, struct task_struct *current, gfp_t gfp, u32 order, u32 highest_zoneidx)
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
	TRACE(mm, mm_vmscan_wakeup_kswapd, .current = current, .nid = zone->nid, .zid = highest_zoneidx, .order = order,
	      .gfp = gfp);
	pgdat->kswapd_waiting = false;
	if (mm->engine)
		wake_up(mm->engine, &pgdat->kswapd_wait, UINT32_MAX);
}

void wake_all_kswapds(struct mm *mm, struct task_struct *current, u32 order, gfp_t gfp, const struct alloc_context *ac)
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

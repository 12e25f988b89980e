/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot from the /proc files of a running machine: checks that they describe this machine, lets each
 * zone's pages be placed, and takes over marks, reserves and per-CPU limits as they are printed.
 * What /proc does not tell is as after a boot: free_count, alloc_factor, the state of kswapd.
 */
#include "mm/boot_internal.h"
#include "mm/pcp.h"
#include "mm/watermark.h"

/* Rows and columns of pagetypeinfo are used as migrate types. */
_Static_assert((int)PROC_HIGHATOMIC == MIGRATE_HIGHATOMIC && (int)PROC_CMA == MIGRATE_CMA &&
		       (int)NR_PROC_TYPES == MIGRATE_TYPES && (int)PROC_MOVABLE == MIGRATE_MOVABLE,
	       "proc types are migrate types");
_Static_assert(PROC_NR_ORDERS == NR_PAGE_ORDERS_LIMIT, "orders of buddyinfo");

static bool check_zone(const struct mm *mm, const struct zone *zone, const struct proc_zone *proc,
		       struct err *err)
{
	const char *name = zone_name(zone->type);

	if (!proc)
		return err_set(err, ERR_INPUT,
			       "zoneinfo has no zone %s of node %u, which the machine has", name,
			       zone->nid);
	if (proc->start_pfn != zone->start_pfn || (u64)proc->spanned != zone->spanned_pages)
		return err_set(err, ERR_INPUT,
			       "zone %s of node %u: zoneinfo spans %lld page frames from %llu on, "
			       "the machine's memory %llu from %llu on", name, zone->nid,
			       (long long)proc->spanned, (unsigned long long)proc->start_pfn,
			       (unsigned long long)zone->spanned_pages,
			       (unsigned long long)zone->start_pfn);
	if (!proc->have_buddy && !proc->have_types)
		return err_set(err, ERR_INPUT, "zone %s of node %u: buddyinfo does not name it",
			       name, zone->nid);
	if (proc->nr_pcp > mm->nr_cpus)
		return err_set(err, ERR_INPUT,
			       "zone %s of node %u: zoneinfo has %u CPUs, the machine %u", name,
			       zone->nid, proc->nr_pcp, mm->nr_cpus);
	return true;
}

static bool check_state(const struct mm *mm, const struct proc_state *state, struct err *err)
{
	if (state->nr_orders && state->nr_orders != mm->max_order + 1)
		return err_set(err, ERR_INPUT, "buddyinfo has orders 0 to %u, the machine 0 to %u",
			       state->nr_orders - 1, mm->max_order);
	if (state->pageblock_order >= 0 && state->pageblock_order != (s32)mm->pageblock_order)
		return err_set(err, ERR_INPUT,
			       "pagetypeinfo has pageblock order %d, the machine %u",
			       state->pageblock_order, mm->pageblock_order);
	for_each_populated_zone(mm, zone)
		if (!check_zone(mm, zone, procfs_zone(state, zone->nid, zone->type), err))
			return false;
	for (u32 i = 0; i < state->nr_zones; i++) {
		const struct proc_zone *proc = &state->zones[i];

		if (proc->node >= mm->nr_nodes ||
		    !populated_zone(&mm->zones[proc->node * MAX_NR_ZONES + proc->type]))
			return err_set(err, ERR_INPUT,
				       "zoneinfo has zone %s of node %u, the machine has not",
				       zone_name(proc->type), proc->node);
	}
	return true;
}

/* Printed marks include the boost. */
static void take_marks(struct zone *zone, const struct proc_zone *proc)
{
	zone->watermark_boost = max_s64(0, proc->boost);
	zone->_watermark[WMARK_MIN] = proc->min - zone->watermark_boost;
	zone->_watermark[WMARK_LOW] = proc->low - zone->watermark_boost;
	zone->_watermark[WMARK_HIGH] = proc->high - zone->watermark_boost;
	zone->_watermark[WMARK_PROMO] = proc->promo >= 0 ? proc->promo - zone->watermark_boost
							 : 2 * proc->high - proc->low -
								   zone->watermark_boost;
}

/* Computed first, then replaced where printed. A type that the kernel lacks has the reserve of the
   one below it. */
static void take_reserves(struct zone *zone, const struct proc_zone *proc)
{
	const bool *configured = zone->mm->machine->zone_configured;

	for (u32 type = 0; type < MAX_NR_ZONES; type++) {
		if (proc->protection[type] >= 0)
			zone->lowmem_reserve[type] = proc->protection[type];
		else if (!configured[type] && type > zone->type)
			zone->lowmem_reserve[type] = zone->lowmem_reserve[type - 1];
	}
}

static void take_pcp(struct per_cpu_pages *pcp, const struct proc_pcp *proc)
{
	if (proc->high >= 0)
		pcp->high = (s32)proc->high;
	if (proc->batch >= 0)
		pcp->batch = (s32)proc->batch;
	if (proc->high_min >= 0)
		pcp->high_min = (s32)proc->high_min;
	if (proc->high_max >= 0)
		pcp->high_max = (s32)proc->high_max;
}

static void take_pcps(struct zone *zone, const struct proc_zone *proc)
{
	struct mm *mm = zone->mm;

	zone_set_pageset_high_and_batch(zone);
	for (u32 cpu = 0; cpu < proc->nr_pcp; cpu++)
		take_pcp(&zone->pageset[cpu], &proc->pcp[cpu]);
	if (mm->nr_cpus <= proc->nr_pcp && mm->profile->pcp_autotune) {
		zone->pageset_batch = zone->pageset[0].batch;
		zone->pageset_high_min = zone->pageset[0].high_min;
		zone->pageset_high_max = zone->pageset[0].high_max;
	}
}

static void take_thresholds(struct zone *zone, const struct proc_zone *proc)
{
	if (zone->mm->sysctl.exact_counters)
		return;
	for (u32 cpu = 0; cpu < proc->nr_pcp; cpu++)
		if (proc->pcp[cpu].stat_threshold >= 0)
			zone->pageset[cpu].stat_threshold = (s32)proc->pcp[cpu].stat_threshold;
}

/* The printed counter lacks what the CPUs have not folded yet: the lists hold the truth. More than
   the CPUs may hide is the time between the reading of two files. */
static void take_drift(struct zone *zone, const struct proc_zone *proc)
{
	s64 hidden = zone->vm_stat[NR_FREE_PAGES] - proc->free;

	for (u32 cpu = 0; cpu < zone->mm->nr_cpus; cpu++) {
		struct per_cpu_pages *pcp = &zone->pageset[cpu];
		s64 diff = max_s64(-pcp->stat_threshold, min_s64(pcp->stat_threshold, hidden));

		pcp->vm_stat_diff[NR_FREE_PAGES] = (s32)diff;
		zone->vm_stat[NR_FREE_PAGES] -= diff;
		hidden -= diff;
	}
}

/* What the marks were cut from: pages_min of the low zones, in kB. */
static s64 guess_min_free_kbytes(const struct mm *mm, const struct proc_state *state)
{
	s64 pages = 0;

	for (u32 i = 0; i < state->nr_zones; i++)
		if (state->zones[i].type <= ZONE_NORMAL)
			pages += state->zones[i].min - max_s64(0, state->zones[i].boost);
	return max_s64(0, pages) << (mm->page_shift - 10);
}

static void take_zone(struct zone *zone, const struct proc_zone *proc)
{
	const struct mm *mm = zone->mm;

	zone->cma_pages = (u64)max_s64(0, proc->cma);
	zone->nr_reserved_highatomic =
		proc->reserved_highatomic >= 0
			? proc->reserved_highatomic
			: (s64)(proc->type_blocks[PROC_HIGHATOMIC] * mm->pageblock_nr_pages);
	take_marks(zone, proc);
	take_reserves(zone, proc);
	take_pcps(zone, proc);
	/* An allocation would have found the zone below and marked it. */
	if (mm->profile->below_high_mark &&
	    zone_page_state(zone, NR_FREE_PAGES) <= wmark_pages(zone, WMARK_HIGH))
		zone->flags |= ZONE_BELOW_HIGH;
}

bool mm_boot_proc(struct mm *mm, const struct proc_state *state, u64 seed, struct err *err)
{
	if (!check_state(mm, state, err))
		return false;
	boot_init_pageblocks(mm);
	boot_decide_grouping(mm);
	for_each_populated_zone(mm, zone) {
		const struct proc_zone *proc = procfs_zone(state, zone->nid, zone->type);

		zone->managed_pages = (u64)proc->managed;
		if (!boot_place_zone(zone, proc, state, seed, err))
			return false;
	}
	if (mm->sysctl.min_free_kbytes < 0)
		mm->sysctl.min_free_kbytes = guess_min_free_kbytes(mm, state);
	/* For zones without memory; the others' numbers are replaced. */
	setup_per_zone_wmarks(mm, mm->sysctl.min_free_kbytes);
	setup_per_zone_lowmem_reserve(mm);
	for_each_populated_zone(mm, zone)
		take_zone(zone, procfs_zone(state, zone->nid, zone->type));
	boot_apply_cacheinfo(mm);
	refresh_zone_stat_thresholds(mm, mm->nr_cpus);
	for_each_populated_zone(mm, zone) {
		const struct proc_zone *proc = procfs_zone(state, zone->nid, zone->type);

		take_thresholds(zone, proc);
		take_drift(zone, proc);
	}
	calculate_totalreserve_pages(mm);
	boot_finish(mm);
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters and their drift. Modelled: per-CPU differences of the free-page counters, thresholds,
 * drift marks, the worker that folds them. NUMA events are kept whole: nothing decides by them.
 */
#include "mm/vmstat.h"

#include <assert.h>

#include "mm/pcp.h"

#define X(e, n) n,
const char *const zone_stat_names[NR_VM_ZONE_STAT_ITEMS] = {ZONE_STAT_ITEMS(X)};
const char *const numa_stat_names[NR_VM_NUMA_EVENT_ITEMS] = {NUMA_STAT_ITEMS(X)};
const char *const vm_event_names[NR_VM_EVENT_ITEMS] = {VM_EVENT_ITEMS(X) SIM_EVENT_ITEMS(X)};
#undef X

s64 zone_page_state_snapshot(const struct zone *zone, enum zone_stat_item item)
{
	s64 x = zone->vm_stat[item];

	for (u32 cpu = 0; cpu < zone->mm->nr_cpus; cpu++)
		x += zone->pageset[cpu].vm_stat_diff[item];
	return max_s64(0, x);
}

/* Index of the highest set bit, from 1; 0 for 0: the kernel's fls(). */
static s32 fls64_(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

s32 calculate_normal_threshold(const struct mm *mm, const struct zone *zone, u32 online_cpus)
{
	u64 mem = zone->managed_pages >> (27 - mm->page_shift);
	s32 threshold = 2 * fls64_(online_cpus) * (1 + fls64_(mem));

	if (mm->sysctl.exact_counters)
		return 0;
	return threshold < 125 ? threshold : 125;
}

s32 calculate_pressure_threshold(const struct mm *mm, const struct zone *zone)
{
	s64 distance = zone->_watermark[WMARK_LOW] - zone->_watermark[WMARK_MIN];

	if (mm->sysctl.exact_counters)
		return 0;
	return (s32)max_s64(1, min_s64(125, distance / (s64)mm->nr_cpus));
}

void refresh_zone_stat_thresholds(struct mm *mm, u32 online_cpus)
{
	for_each_populated_zone(mm, zone) {
		s32 threshold = calculate_normal_threshold(mm, zone, online_cpus);
		s64 max_drift = (s64)online_cpus * threshold;

		for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++)
			zone->pageset[cpu].stat_threshold = threshold;
		if (max_drift > zone->_watermark[WMARK_LOW] - zone->_watermark[WMARK_MIN])
			zone->percpu_drift_mark = zone->_watermark[WMARK_HIGH] + max_drift;
	}
}

static bool fold_diffs(struct zone *zone, struct per_cpu_pages *pcp)
{
	bool folded = false;

	for (u32 i = 0; i < NR_VM_ZONE_STAT_ITEMS; i++) {
		if (!pcp->vm_stat_diff[i])
			continue;
		zone->vm_stat[i] += pcp->vm_stat_diff[i];
		pcp->vm_stat_diff[i] = 0;
		folded = true;
	}
	return folded;
}

/* A node's pages on a far CPU's lists go home after three idle ticks. True if it drained. */
static bool expire_remote(struct zone *zone, struct per_cpu_pages *pcp, struct task_struct *kworker)
{
	s32 count = pcp->count;

	if (!pcp->expire || !count)
		return false;
	if (zone->nid == zone->mm->machine->cpu_node[kworker->cpu]) {
		pcp->expire = 0;
		return false;
	}
	if (--pcp->expire)
		return true;
	drain_zone_pages(zone, kworker);
	return true;
}

bool refresh_cpu_vm_stats(struct mm *mm, struct task_struct *kworker)
{
	bool changed = false;

	for_each_populated_zone(mm, zone) {
		struct per_cpu_pages *pcp = &zone->pageset[kworker->cpu];

		if (fold_diffs(zone, pcp)) {
			pcp->expire = 3;
			changed = true;
		}
		if (mm->profile->decay_pcp_high)
			changed |= mm->profile->decay_pcp_high(zone, kworker);
		changed |= expire_remote(zone, pcp, kworker);
	}
	return changed;
}

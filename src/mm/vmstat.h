/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"

/*
 * Zone counters with per-CPU differences: a change is kept on the CPU until its magnitude exceeds
 * the CPU's threshold, then folded as a whole. Watermarks see the global part only, so how a change
 * is cut into calls decides. mm/vmstat.c:mod_zone_state (7.2)
 */
static inline void mod_zone_page_state(struct zone *zone, u32 cpu, enum zone_stat_item item,
				       s64 delta)
{
	struct per_cpu_pages *pcp = &zone->pageset[cpu];
	s64 x = pcp->vm_stat_diff[item] + delta;

	if (x > pcp->stat_threshold || -x > pcp->stat_threshold) {
		zone->vm_stat[item] += x;
		x = 0;
	}
	pcp->vm_stat_diff[item] = (s32)x;
}

/* As the watermark tests see it: differences missing, never negative. */
static inline s64 zone_page_state(const struct zone *zone, enum zone_stat_item item)
{
	return max_s64(0, zone->vm_stat[item]);
}

/* With all CPUs' differences. O(CPUs). include/linux/vmstat.h */
s64 zone_page_state_snapshot(const struct zone *zone, enum zone_stat_item item);

static inline void count_vm_events(struct mm *mm, enum vm_event_item item, u64 n)
{
	mm->vm_event[item] += n;
}

/* mm/vmstat.c:calculate_normal_threshold */
s32 calculate_normal_threshold(const struct mm *mm, const struct zone *zone, u32 online_cpus);
/* mm/vmstat.c:calculate_pressure_threshold */
s32 calculate_pressure_threshold(const struct mm *mm, const struct zone *zone);

/* Sets all CPUs' thresholds and the drift marks. mm/vmstat.c:refresh_zone_stat_thresholds */
void refresh_zone_stat_thresholds(struct mm *mm, u32 online_cpus);

/*
 * The vmstat worker's work on one CPU: folds differences, lets per-CPU lists decay or expire.
 * True if anything changed. mm/vmstat.c:refresh_cpu_vm_stats
 */
bool refresh_cpu_vm_stats(struct mm *mm, struct task_struct *kworker);

/* Allocation of n blocks on another node than wanted? mm/page_alloc.c:zone_statistics */
static inline void zone_statistics(struct zone *preferred, struct zone *zone, u32 cpu, u32 n)
{
	if (zone->nid == preferred->nid) {
		zone->vm_numa_event[NUMA_HIT] += n;
	} else {
		zone->vm_numa_event[NUMA_MISS] += n;
		preferred->vm_numa_event[NUMA_FOREIGN] += n;
	}
	zone->vm_numa_event[zone->pageset[cpu].numa_event] += n;
}

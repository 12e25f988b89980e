/* SPDX-License-Identifier: GPL-2.0-only */
/* What all ways to boot have in common: pageblock types, mobility grouping, cache sizes. */
#include "mm/boot_internal.h"
#include "mm/watermark.h"

void boot_init_pageblocks(struct mm *mm)
{
	const struct machine *machine = mm->machine;
	u64 n = mm->pageblock_nr_pages;

	for (u32 i = 0; i < machine->nr_memory; i++) {
		u64 start = (machine->memory[i].start + n - 1) & ~(n - 1);

		for (u64 pfn = start; pfn < machine->memory[i].end; pfn += n)
			pfn_to_pageblock(mm, pfn)->mt = MIGRATE_MOVABLE;
	}
}

void boot_decide_grouping(struct mm *mm)
{
	u64 types = MIGRATE_HIGHATOMIC + 1u + mm->machine->cma_configured +
		    mm->machine->isolation_configured;

	for_each_zone(mm, zone)
		zone->managed_pages = zone->present_pages;
	mm->page_group_by_mobility_disabled =
		!mm->sysctl.page_group_by_mobility ||
		nr_free_zone_pages(mm, 0, ZONE_MOVABLE) < mm->pageblock_nr_pages * types;
	for_each_zone(mm, zone)
		zone->managed_pages = 0;
	mm_choose_paths(mm);
}

void boot_apply_cacheinfo(struct mm *mm)
{
	u64 slice = mm->machine->cache_slice_bytes >> mm->page_shift;

	for_each_populated_zone(mm, zone)
		for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++)
			if (slice > 3 * (u64)zone->pageset[cpu].batch)
				zone->pageset[cpu].flags |= PCPF_FREE_HIGH_BATCH;
}

void boot_finish(struct mm *mm)
{
	struct task_struct *kworker = &mm->kworker[0];

	task_spend(mm, kworker);
	for (u32 c = 0; c < NR_STALL_CAUSES; c++)
		kworker->total_ns[c] = 0;
	for_each_populated_zone(mm, zone)
		zone->lock = (struct timed_lock){0};
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A cold boot, in the kernel's order of events: handover of memblock's free ranges, per-CPU sets,
 * CMA areas, watermarks and reserves, khugepaged's recommendation, release of initrd and init
 * sections, sysctl writes. Left out: deferred page initialisation, list shuffling, and everything
 * that the booting kernel allocates for itself (a config's reserved ranges stand for it).
 */
#include <assert.h>
#include <stdlib.h>

#include "mm/alloc.h"
#include "mm/boot_internal.h"
#include "mm/khugepaged.h"
#include "mm/pcp.h"
#include "mm/watermark.h"

/* A block never crosses the border of a zone: borders need not be aligned (i386's low memory). */
static void free_range(struct mm *mm, struct zone *zone, u64 start, u64 end)
{
	struct task_struct *boot_cpu = &mm->kworker[0];

	while (start < end) {
		u32 order = start ? (u32)__builtin_ctzll(start) : mm->max_order;

		if (order > mm->max_order)
			order = mm->max_order;
		while (start + (1ull << order) > end)
			order--;
		zone->managed_pages += 1ull << order;
		if (order == mm->max_order) {
			/* Can not merge, and all its pageblocks are movable: no page is touched. */
			account_freepages(zone, 0, (s64)(1ull << order), MIGRATE_MOVABLE);
			__add_to_free_list(zone, 0, (u32)start, order, MIGRATE_MOVABLE, true);
		} else {
			free_one_page(zone, boot_cpu, start, order, FPI_TO_TAIL);
		}
		start += 1ull << order;
	}
}

static void free_memory(struct mm *mm, u64 start, u64 end)
{
	while (start < end) {
		struct zone *zone = pfn_zone(mm, start);
		u64 stop = min_u64(end, zone_end_pfn(zone));

		free_range(mm, zone, start, stop);
		start = stop;
	}
}

static int range_cmp(const void *a, const void *b)
{
	const struct pfn_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Memory that memblock keeps back, ascending; *n ranges. NULL: no host memory. */
static struct pfn_range *kept_ranges(const struct machine *machine, u32 *n)
{
	struct pfn_range *kept;

	*n = 0;
	kept = calloc(machine->nr_reserved + machine->nr_late_free + machine->nr_cma + 1ull,
		      sizeof(*kept));
	if (!kept)
		return NULL;
	for (u32 i = 0; i < machine->nr_reserved; i++)
		kept[(*n)++] = machine->reserved[i];
	for (u32 i = 0; i < machine->nr_late_free; i++)
		kept[(*n)++] = machine->late_free[i];
	for (u32 i = 0; i < machine->nr_cma; i++)
		kept[(*n)++] = (struct pfn_range){machine->cma[i].start, machine->cma[i].end, 0};
	qsort(kept, *n, sizeof(*kept), range_cmp);
	return kept;
}

/* mm/memblock.c:memblock_free_all, free_low_memory_core_early */
static bool memblock_free_all(struct mm *mm, struct err *err)
{
	const struct machine *machine = mm->machine;
	u32 nr_kept, k = 0;
	struct pfn_range *kept = kept_ranges(machine, &nr_kept);

	if (!kept)
		return err_set(err, ERR_HOST_RES, "no memory for the boot's ranges");
	for (u32 i = 0; i < machine->nr_memory; i++) {
		u64 start = machine->memory[i].start, end = machine->memory[i].end;

		/* Each kept range lies inside one range of memory. */
		for (; k < nr_kept && kept[k].start < end; k++) {
			free_memory(mm, start, kept[k].start);
			start = kept[k].end;
		}
		free_memory(mm, start, end);
	}
	free(kept);
	return true;
}

/* mm/page_alloc.c:adjust_managed_page_count. Nothing reads the reserves between the single pages of
   a range, so one call stands for all. */
static void managed_changed(struct mm *mm)
{
	if (mm->profile->managed_change_updates_reserves)
		setup_per_zone_lowmem_reserve(mm);
}

/* Frees a block that so far belonged to the boot, the ordinary way. */
static void free_reserved(struct mm *mm, struct zone *zone, u64 pfn, u32 order)
{
	struct page *page = pfn_to_page(mm, pfn);
	enum free_result result;

	page->state = PAGE_USED;
	page->order = order & 0xf;
	result = free_pages(mm, &mm->kworker[0], (u32)pfn, order);
	assert(result == FREE_OK);
	zone->managed_pages += 1ull << order;
}

/* mm/mm_init.c:init_cma_reserved_pageblock */
static void activate_cma(struct mm *mm)
{
	for (u32 i = 0; i < mm->machine->nr_cma; i++) {
		const struct cma_area *area = &mm->machine->cma[i];

		for (u64 pfn = area->start; pfn < area->end; pfn += mm->pageblock_nr_pages) {
			struct zone *zone = pfn_zone(mm, pfn);

			set_pageblock_migratetype(zone, pfn, MIGRATE_CMA);
			free_reserved(mm, zone, pfn, mm->pageblock_order);
			zone->cma_pages += mm->pageblock_nr_pages;
		}
		managed_changed(mm);
	}
}

/* initrd and init sections. mm/page_alloc.c:free_reserved_area */
static void free_late(struct mm *mm)
{
	for (u32 i = 0; i < mm->machine->nr_late_free; i++) {
		const struct pfn_range *range = &mm->machine->late_free[i];

		for (u64 pfn = range->start; pfn < range->end; pfn++)
			free_reserved(mm, pfn_zone(mm, pfn), pfn, 0);
		managed_changed(mm);
	}
}

static u64 managed_bytes(const struct mm *mm)
{
	u64 pages = 0;

	for_each_populated_zone(mm, zone)
		pages += zone->managed_pages;
	return pages << mm->page_shift;
}

/* Below this transparent huge pages start disabled. mm/huge_memory.c:hugepage_init */
#define THP_LEAST_MEMORY (512ull << 20)

/* mm/page_alloc.c:init_per_zone_wmark_min, then khugepaged; returns min_free_kbytes. */
static s64 setup_marks(struct mm *mm)
{
	s64 min_free_kbytes = calculate_min_free_kbytes(mm), recommended;

	setup_per_zone_wmarks(mm, min_free_kbytes);
	refresh_zone_stat_thresholds(mm, mm->nr_cpus);
	setup_per_zone_lowmem_reserve(mm);
	if (!hugepage_pmd_enabled(mm) || !mm->sysctl.transparent_hugepage ||
	    managed_bytes(mm) < THP_LEAST_MEMORY)
		return min_free_kbytes;
	recommended = khugepaged_min_free_kbytes(mm);
	if (recommended > min_free_kbytes) {
		min_free_kbytes = recommended;
		setup_per_zone_wmarks(mm, min_free_kbytes);
	}
	return min_free_kbytes;
}

/* Knobs that differ from the kernel's defaults are written once the machine is up. */
static void write_sysctls(struct mm *mm, const struct mm_sysctl *wanted, s64 min_free_kbytes)
{
	bool fraction = wanted->percpu_pagelist_high_fraction !=
			mm->sysctl.percpu_pagelist_high_fraction;
	bool marks = wanted->min_free_kbytes >= 0 ||
		     wanted->watermark_scale_factor != mm->sysctl.watermark_scale_factor;
	bool reserves = false;

	for (u32 i = 0; i < MAX_NR_ZONES; i++)
		reserves |= wanted->lowmem_reserve_ratio[i] != mm->sysctl.lowmem_reserve_ratio[i];
	mm->sysctl = *wanted;
	if (wanted->min_free_kbytes < 0)
		mm->sysctl.min_free_kbytes = min_free_kbytes;
	if (reserves)
		setup_per_zone_lowmem_reserve(mm);
	if (marks)
		setup_per_zone_wmarks(mm, mm->sysctl.min_free_kbytes);
	if (fraction)
		for_each_populated_zone(mm, zone)
			zone_set_pageset_high_and_batch(zone);
}

bool mm_boot_cold(struct mm *mm, struct err *err)
{
	struct mm_sysctl wanted = mm->sysctl, defaults;
	s64 min_free_kbytes;

	mm_sysctl_default(&defaults);
	mm->sysctl.watermark_scale_factor = defaults.watermark_scale_factor;
	mm->sysctl.percpu_pagelist_high_fraction = defaults.percpu_pagelist_high_fraction;
	for (u32 i = 0; i < MAX_NR_ZONES; i++)
		mm->sysctl.lowmem_reserve_ratio[i] = defaults.lowmem_reserve_ratio[i];

	boot_init_pageblocks(mm);
	boot_decide_grouping(mm);
	if (!memblock_free_all(mm, err))
		return false;
	for_each_populated_zone(mm, zone)
		zone_set_pageset_high_and_batch(zone);
	boot_apply_cacheinfo(mm);
	/* Marks are 0 yet: each further CPU leaves a larger drift mark behind. */
	if (mm->profile->cpu_online_refreshes_thresholds && mm->nr_cpus > 1)
		refresh_zone_stat_thresholds(mm, mm->nr_cpus);
	activate_cma(mm);
	min_free_kbytes = setup_marks(mm);
	if (mm->profile->late_threshold_refresh)
		refresh_zone_stat_thresholds(mm, mm->nr_cpus);
	free_late(mm);
	write_sysctls(mm, &wanted, min_free_kbytes);
	boot_finish(mm);
	return true;
}

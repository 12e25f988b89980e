/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole of memory management of one machine: creation and the few things that belong to no
 * subject of their own. The page map is reserved, not touched: what a simulation never uses costs
 * address space only.
 */
#include "mm/mm.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "mm/buddy.h"
#include "mm/check.h"
#include "mm/huge_memory.h"
#include "mm/pressure.h"
#include "mm/zonelist.h"

static const char *const migratetype_names[MIGRATE_TYPES] = {
	"Unmovable", "Movable", "Reclaimable", "HighAtomic", "CMA", "Isolate",
};

const char *const stall_cause_names[NR_STALL_CAUSES] = {
	[CAUSE_PCP] = "pcp",
	[CAUSE_REFILL] = "refill",
	[CAUSE_BUDDY] = "buddy",
	[CAUSE_FALLBACK] = "fallback",
	[CAUSE_LOCK] = "lock",
	[CAUSE_ZERO] = "zero",
	[CAUSE_SLOWPATH] = "slowpath",
	[CAUSE_FAULT] = "fault",
	[CAUSE_RECLAIM] = "reclaim",
	[CAUSE_COMPACTION] = "compaction",
	[CAUSE_WRITEBACK] = "writeback",
	[CAUSE_THROTTLE] = "throttle",
	[CAUSE_SWAP_IN] = "swap_in",
	[CAUSE_OOM] = "oom",
	[CAUSE_CPU] = "cpu",
};

const char *const alloc_path_names[NR_ALLOC_PATHS] = {
	[ALLOC_PATH_PCP] = "pcp",     [ALLOC_PATH_REFILL] = "refill", [ALLOC_PATH_BUDDY] = "buddy",
	[ALLOC_PATH_SLOW] = "slow",   [ALLOC_PATH_FAIL] = "fail",
};

const char *migratetype_name(enum migratetype mt)
{
	return migratetype_names[mt];
}

void mm_sysctl_default(struct mm_sysctl *sysctl)
{
	*sysctl = (struct mm_sysctl){
		.min_free_kbytes = -1,
		.watermark_scale_factor = 10,
		.watermark_boost_factor = 15000,
		.lowmem_reserve_ratio = {[ZONE_DMA] = 256, [ZONE_DMA32] = 256, [ZONE_NORMAL] = 32},
		.stat_interval_ns = NSEC_PER_SEC,
		.extfrag_threshold = 500,
		.min_unmapped_ratio = 1,
		.min_slab_ratio = 5,
		.swappiness = 60,
		.page_cluster = 3,
		.vfs_cache_pressure = 100,
		.dirty_ratio = 20,
		.dirty_background_ratio = 10,
		.dirty_writeback_centisecs = 500,
		.dirty_expire_centisecs = 3000,
		.overcommit_ratio = 50,
		.oom_dump_tasks = 1,
		.lru_gen = -1,
		.compaction_proactiveness = 20,
		.compact_unevictable_allowed = 1,
		.read_ahead_kb = 128,
		.thp_enabled = THP_MADVISE,
		.thp_defrag = THP_DEFRAG_MADVISE,
		.khugepaged = {.defrag = true, .pages_to_scan = -1,
			       .scan_sleep_millisecs = 10000, .alloc_sleep_millisecs = 60000,
			       .max_ptes_none = -1, .max_ptes_swap = -1, .max_ptes_shared = -1},
		.transparent_hugepage = true,
		.page_group_by_mobility = true,
	};
}

/* Lazily backed, zeroed; huge host pages for large maps, they are worth a factor of two. */
static void *map_lazily(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (bytes >= 64u << 20)
		(void)madvise(p, bytes, MADV_HUGEPAGE);
	return p;
}

static bool map_arrays(struct mm *mm, struct err *err)
{
	u64 pages = mm->end_pfn; /* indices are PFNs: what is below the first zone stays unused */

	mm->map_bytes = pages * sizeof(struct page);
	mm->top_bytes = (pages >> mm->max_order) * sizeof(struct top_block);
	mm->block_bytes = (pages >> mm->pageblock_order) * sizeof(struct pageblock);
	mm->mem_map = map_lazily(mm->map_bytes);
	mm->top = map_lazily(mm->top_bytes);
	mm->block = map_lazily(mm->block_bytes);
	if (!mm->mem_map || !mm->top || !mm->block)
		return err_set(err, ERR_HOST_RES,
			       "the page map of %llu page frames needs %llu MiB of address space",
			       (unsigned long long)pages,
			       (unsigned long long)(mm->map_bytes >> 20));
	return true;
}

/* A pageblock that only this zone has pages in knows it; one that zones share is searched. */
static void mark_blocks(struct mm *mm, const struct zone *zone)
{
	u64 n = mm->pageblock_nr_pages, end = zone_end_pfn(zone);

	for (u64 pfn = zone->start_pfn & ~(n - 1); pfn < end; pfn += n) {
		struct pageblock *block = pfn_to_pageblock(mm, pfn);
		bool shared = false;

		if (pfn < zone->start_pfn || pfn + n > end)
			for_each_zone(mm, other)
				shared |= other != zone && other->spanned_pages &&
					  pfn < zone_end_pfn(other) && other->start_pfn < pfn + n;
		if (!shared)
			block->zone = zone->idx;
	}
}

static bool zone_init(struct mm *mm, struct zone *zone, struct err *err)
{
	for (u32 o = 0; o < NR_PAGE_ORDERS_LIMIT; o++)
		for (u32 mt = 0; mt < MIGRATE_TYPES; mt++)
			page_list_init(&zone->free_area[o].free_list[mt]);
	if (!zone->spanned_pages)
		return true;
	zone->pageset = calloc(mm->nr_cpus, sizeof(*zone->pageset));
	if (!zone->pageset)
		return err_set(err, ERR_HOST_RES, "no memory for the per-CPU lists of %u CPUs",
			       mm->nr_cpus);
	for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++) {
		/* boot_pageset: each allocation refills one page, each free is drained at once */
		zone->pageset[cpu].batch = 1;
		zone->pageset[cpu].numa_event =
			mm->cpu_node[cpu] == zone->nid ? NUMA_LOCAL : NUMA_OTHER;
		for (u32 i = 0; i < NR_PCP_LISTS; i++)
			page_list_init(&zone->pageset[cpu].lists[i]);
	}
	mark_blocks(mm, zone);
	return true;
}

static bool zones_init(struct mm *mm, struct err *err)
{
	const struct machine *machine = mm->machine;

	for (u32 i = 0; i < mm->nr_zones; i++) {
		struct zone *zone = &mm->zones[i];

		zone->mm = mm;
		zone->idx = (u16)i;
		zone->nid = (u8)(i / MAX_NR_ZONES);
		zone->type = (u8)(i % MAX_NR_ZONES);
	}
	for (u32 i = 0; i < machine->nr_zones; i++) {
		const struct machine_zone *mz = &machine->zones[i];
		struct zone *zone = &mm->zones[mz->node * MAX_NR_ZONES + mz->type];

		zone->start_pfn = mz->start_pfn;
		zone->spanned_pages = mz->spanned;
		zone->present_pages = mz->present;
	}
	for (u32 i = 0; i < mm->nr_zones; i++)
		if (!zone_init(mm, &mm->zones[i], err))
			return false;
	return true;
}

/* Which zone the low four gfp bits may reach at most. include/linux/gfp.h:gfp_zone */
static void gfp_zone_init(struct mm *mm)
{
	const bool *has = mm->machine->zone_configured;
	u8 dma = has[ZONE_DMA] ? ZONE_DMA : ZONE_NORMAL;
	u8 dma32 = has[ZONE_DMA32] ? ZONE_DMA32 : ZONE_NORMAL;
	u8 high = has[ZONE_HIGHMEM] ? ZONE_HIGHMEM : ZONE_NORMAL;

	for (u32 bits = 0; bits < 16; bits++) {
		u8 zone = ZONE_NORMAL;

		if (bits & __GFP_DMA)
			zone = dma;
		else if (bits & __GFP_DMA32)
			zone = dma32;
		else if ((bits & __GFP_MOVABLE) && (bits & __GFP_HIGHMEM))
			zone = ZONE_MOVABLE;
		else if (bits & __GFP_HIGHMEM)
			zone = high;
		mm->gfp_zone[bits] = zone;
	}
}

static bool nodes_init(struct mm *mm, struct err *err)
{
	mm->nodes = calloc(mm->nr_nodes, sizeof(*mm->nodes));
	mm->kworker = calloc(mm->nr_cpus, sizeof(*mm->kworker));
	if (!mm->nodes || !mm->kworker)
		return err_set(err, ERR_HOST_RES, "no memory for %u nodes", mm->nr_nodes);
	for (u32 nid = 0; nid < mm->nr_nodes; nid++) {
		mm->nodes[nid].node_id = nid;
		mm->nodes[nid].kswapd_waiting = true;
		mm->nodes[nid].kswapd_highest_zoneidx = MAX_NR_ZONES;
	}
	for (u32 i = 0; i < mm->machine->nr_zones; i++) {
		struct pglist_data *pgdat = &mm->nodes[mm->machine->zones[i].node];

		mm->nr_online_nodes += !pgdat->has_memory;
		pgdat->has_memory = true;
	}
	for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++) {
		mm->nodes[mm->machine->cpu_node[cpu]].has_cpus = true;
		mm->kworker[cpu] = (struct task_struct){.comm = "kworker", .cpu = cpu,
							.flags = PF_KTHREAD};
	}
	return true;
}

void mm_choose_paths(struct mm *mm)
{
	const struct mm_profile *profile = mm->profile;

	mm->fast_free = mm->machine->smp && profile->pcp_autotune && !mm->op_check &&
			!mm->probes[PROBE_mm_page_free];
	mm->fast_alloc = mm->machine->smp && !mm->op_check &&
			 !mm->page_group_by_mobility_disabled &&
			 !(profile->pcp_skips_movable_without_cma && mm->cma_configured) &&
			 !mm->probes[PROBE_mm_page_alloc] && !mm->probes[PROBE_mm_alloc_done];
}

void mm_listen(struct mm *mm, enum mm_probe probe, struct probe_listener *listener)
{
	probe_attach(&mm->probes[probe], listener);
	mm_choose_paths(mm);
}

struct mm *mm_create(const struct machine *machine, const struct mm_profile *profile,
		     const struct mm_sysctl *sysctl, struct engine *engine, struct cpus *cpus,
		     struct err *err)
{
	struct mm *mm = calloc(1, sizeof(*mm));
	u64 top = 1ull << machine->max_order;

	if (!mm) {
		err_set(err, ERR_HOST_RES, "no memory");
		return NULL;
	}
	mm->profile = profile;
	mm->sysctl = *sysctl;
	mm->machine = machine;
	mm->engine = engine;
	mm->cpus = cpus;
	mm->pressure = &pressure_none;
	mm->costs = machine->costs;
	mm->max_order = machine->max_order;
	mm->pageblock_order = machine->pageblock_order;
	mm->pageblock_nr_pages = 1u << machine->pageblock_order;
	mm->page_shift = machine->page_shift;
	mm->cma_configured = machine->cma_configured;
	mm->thp_configured = machine->thp_configured;
	mm->zone_dma32_configured = machine->zone_configured[ZONE_DMA32];
	mm->thp_pcp_order = machine->thp_configured ? (s32)machine->pageblock_order : -1;
	mm->base_pfn = machine->start_pfn & ~(top - 1);
	mm->end_pfn = (machine->end_pfn + top - 1) & ~(top - 1);
	mm->nr_nodes = machine->nr_nodes;
	mm->nr_cpus = machine->nr_cpus;
	mm->cpu_node = machine->cpu_node;
	mm->single_mark = profile->below_high_mark ? WMARK_HIGH : WMARK_LOW;
	mm->nr_zones = machine->nr_nodes * MAX_NR_ZONES;
	mm->zones = calloc(mm->nr_zones, sizeof(*mm->zones));
	gfp_zone_init(mm);
	if (!mm->zones)
		err_set(err, ERR_HOST_RES, "no memory for %u zones", mm->nr_zones);
	if (mm->zones && map_arrays(mm, err)) {
		for (u64 i = 0; i < mm->block_bytes / sizeof(*mm->block); i++)
			mm->block[i] = (struct pageblock){
				.mt = MIGRATE_UNMOVABLE, .zone = ZONE_MIXED};
		if (zones_init(mm, err) && nodes_init(mm, err) && build_all_zonelists(mm, err)) {
			mm_choose_paths(mm);
			return mm;
		}
	}
	mm_destroy(mm);
	return NULL;
}

void mm_destroy(struct mm *mm)
{
	if (!mm)
		return;
	if (mm->mem_map)
		munmap(mm->mem_map, mm->map_bytes);
	if (mm->top)
		munmap(mm->top, mm->top_bytes);
	if (mm->block)
		munmap(mm->block, mm->block_bytes);
	for (u32 i = 0; mm->zones && i < mm->nr_zones; i++)
		free(mm->zones[i].pageset);
	mm_check_stop(mm);
	free_zonelists(mm);
	free(mm->zones);
	free(mm->nodes);
	free(mm->kworker);
	free(mm);
}

struct zone *pfn_zone_search(const struct mm *mm, u64 pfn)
{
	for (u32 i = 0; i < mm->nr_zones; i++)
		if (mm->zones[i].spanned_pages && zone_spans_pfn(&mm->zones[i], pfn))
			return &mm->zones[i];
	return NULL;
}

void task_lock_zone(struct zone *zone, struct task_struct *current, u64 hold_ns)
{
	struct mm *mm = zone->mm;
	u64 now, wait;

	if (!mm->engine || mm->nr_cpus == 1)
		return;
	now = engine_now(mm->engine) + current->charged_ns - current->spent_ns;
	wait = timed_lock_take(&zone->lock, now - hold_ns, hold_ns);
	if (wait)
		task_charge(current, CAUSE_LOCK, wait);
}

bool task_roam(const struct mm *mm, struct task_struct *task, struct cpu_ctx *ctx)
{
	const u32 *node = mm->machine->cpu_node;
	u32 first = task->cpu, end = task->cpu + 1;

	if (!ctx)
		return false;
	while (first && node[first - 1] == node[task->cpu])
		first--;
	while (end < mm->nr_cpus && node[end] == node[task->cpu])
		end++;
	cpu_roam(ctx, first, end - first, &task->cpu);
	return true;
}

void task_spend_partly(struct mm *mm, struct task_struct *current)
{
	u64 ns = current->charged_ns - current->spent_ns, wait = 0;

	(void)mm;
	if (!ns || !current->sched)
		return;
	current->spent_ns = current->charged_ns;
	for (; current->tlb_ipis; current->tlb_ipis--) {
		u64 part = ns / (current->tlb_ipis + 1);

		wait += cpu_spend(current->sched, part);
		cpu_await_others(current->sched);
		ns -= part;
	}
	wait += cpu_spend(current->sched, ns);
	current->total_ns[CAUSE_CPU] += wait;
	current->cpu = cpu_ctx_cpu(current->sched);
}

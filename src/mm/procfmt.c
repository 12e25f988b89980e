/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text as /proc prints it, blanks included, so that tools made for the real files read it. Zone
 * Device is not modelled, nor many of the per-node statistics, and without address spaces none of
 * them: their lines are missing, not zero.
 */
#include "mm/procfmt.h"

#include <stdio.h>
#include <stdlib.h>

#include "mm/buddy.h"
#include "mm/fragindex.h"
#include "mm/kswapd.h"
#include "mm/memcontrol.h"
#include "mm/text.h"
#include "mm/vmstat.h"
#include "mm/watermark.h"

static void put_zone(struct text *out, const struct zone *zone)
{
	text_put(out, "Node %u, zone %8s ", zone->nid, zone_name(zone->type));
}

char *procfmt_buddyinfo(const struct mm *mm)
{
	struct text out = {0};

	for_each_populated_zone(mm, zone) {
		put_zone(&out, zone);
		for (u32 o = 0; o <= mm->max_order; o++)
			text_put(&out, "%6u ", zone->free_area[o].nr_free);
		text_put(&out, "\n");
	}
	return text_finish(&out);
}

static bool type_exists(const struct mm *mm, u32 mt)
{
	return (mt != MIGRATE_CMA || mm->cma_configured) &&
	       (mt != MIGRATE_ISOLATE || mm->machine->isolation_configured);
}

#define CAP 100000u

static void put_free_types(struct text *out, const struct zone *zone)
{
	const struct mm *mm = zone->mm;

	for (u32 mt = 0; mt < MIGRATE_TYPES; mt++) {
		if (!type_exists(mm, mt))
			continue;
		text_put(out, "Node %4u, zone %8s, type %12s ", zone->nid, zone_name(zone->type),
		    migratetype_name((enum migratetype)mt));
		for (u32 o = 0; o <= mm->max_order; o++) {
			u32 n = zone->free_area[o].nr_list[mt];

			text_put(out, "%s%6u ", n > CAP ? ">" : "", n > CAP ? CAP : n);
		}
		text_put(out, "\n");
	}
}

/* Samples one frame every pageblock from the zone's start on, aligned or not. */
static void put_block_types(struct text *out, const struct zone *zone)
{
	const struct mm *mm = zone->mm;
	u64 count[MIGRATE_TYPES] = {0};

	for (u64 pfn = zone->start_pfn; pfn < zone_end_pfn(zone); pfn += mm->pageblock_nr_pages)
		if (pfn_zone(mm, pfn) == zone && machine_section_present(mm->machine, pfn))
			count[get_pageblock_migratetype(mm, pfn)]++;
	put_zone(out, zone);
	for (u32 mt = 0; mt < MIGRATE_TYPES; mt++)
		if (type_exists(mm, mt))
			text_put(out, "%12llu ", (unsigned long long)count[mt]);
	text_put(out, "\n");
}

static void put_node_types(struct text *out, const struct mm *mm, u32 nid)
{
	text_put(out, "Page block order: %u\n", mm->pageblock_order);
	text_put(out, "Pages per block:  %u\n\n", mm->pageblock_nr_pages);
	text_put(out, "%-43s ", "Free pages count per migrate type at order");
	for (u32 o = 0; o <= mm->max_order; o++)
		text_put(out, "%6u ", o);
	text_put(out, "\n");
	for_each_populated_zone(mm, zone)
		if (zone->nid == nid)
			put_free_types(out, zone);
	text_put(out, "\n%-23s", "Number of blocks type ");
	for (u32 mt = 0; mt < MIGRATE_TYPES; mt++)
		if (type_exists(mm, mt))
			text_put(out, "%12s ", migratetype_name((enum migratetype)mt));
	text_put(out, "\n");
	for_each_populated_zone(mm, zone)
		if (zone->nid == nid)
			put_block_types(out, zone);
}

char *procfmt_pagetypeinfo(const struct mm *mm)
{
	struct text out = {0};

	for (u32 nid = 0; nid < mm->nr_nodes; nid++)
		if (mm->nodes[nid].has_memory)
			put_node_types(&out, mm, nid);
	return text_finish(&out);
}

/* Pages of a zone on a list, of all memory groups. */
static u64 zone_lru_pages(const struct zone *zone, u32 lru)
{
	const struct vm *vm = zone->mm->vm;
	u64 pages = 0;

	for (u32 i = 0; i < vm->nr_memcgs; i++)
		pages += vm->memcgs[i]->lruvecs[zone->nid].lru_zone_size[zone->type][lru];
	return pages;
}

static void put_zone_lru(struct text *out, const struct zone *zone)
{
	static const char *const names[NR_LRU_LISTS] = {
		"nr_zone_inactive_anon", "nr_zone_active_anon", "nr_zone_inactive_file",
		"nr_zone_active_file", "nr_zone_unevictable",
	};

	for (u32 lru = 0; zone->mm->vm && lru < NR_LRU_LISTS; lru++)
		text_put(out, "\n      %-12s %llu", names[lru],
			 (unsigned long long)zone_lru_pages(zone, lru));
}

static void put_node_stats(struct text *out, const struct vm *vm, u32 nid)
{
	text_put(out, "\n  per-node stats");
	for (u32 i = 0; vm && i < NR_VM_NODE_STAT_ITEMS; i++)
		text_put(out, "\n      %-12s %lld", node_stat_names[i],
			 (long long)node_page_state(vm, nid, (enum node_stat_item)i));
}

static void put_counters(struct text *out, const struct zone *zone)
{
	for (u32 i = 0; i < NR_VM_ZONE_STAT_ITEMS; i++)
		if (i != NR_FREE_PAGES_BLOCKS || zone->mm->profile->free_pages_blocks)
			text_put(out, "\n      %-12s %lld", zone_stat_names[i],
			    (long long)zone_page_state(zone, (enum zone_stat_item)i));
	put_zone_lru(out, zone);
	for (u32 i = 0; i < NR_VM_NUMA_EVENT_ITEMS; i++)
		text_put(out, "\n      %-12s %llu", numa_stat_names[i],
		    (unsigned long long)zone->vm_numa_event[i]);
}

static void put_pageset(struct text *out, const struct zone *zone, u32 cpu)
{
	const struct per_cpu_pages *pcp = &zone->pageset[cpu];

	text_put(out, "\n    cpu: %u", cpu);
	if (zone->mm->profile->zoneinfo_pcp_limits)
		text_put(out,
		    "\n              count:    %d\n              high:     %d"
		    "\n              batch:    %d\n              high_min: %d"
		    "\n              high_max: %d",
		    pcp->count, pcp->high, pcp->batch, pcp->high_min, pcp->high_max);
	else
		text_put(out,
		    "\n              count: %d\n              high:  %d"
		    "\n              batch: %d",
		    pcp->count, pcp->high, pcp->batch);
	if (zone->mm->machine->smp)
		text_put(out, "\n  vm stats threshold: %d", pcp->stat_threshold);
}

static void put_marks(struct text *out, const struct zone *zone)
{
	const bool *configured = zone->mm->machine->zone_configured;
	const char *separator = "";

	text_put(out, "\n  pages free     %lld", (long long)zone_page_state(zone, NR_FREE_PAGES));
	text_put(out, "\n        boost    %lld", (long long)zone->watermark_boost);
	text_put(out, "\n        min      %lld", (long long)wmark_pages(zone, WMARK_MIN));
	text_put(out, "\n        low      %lld", (long long)wmark_pages(zone, WMARK_LOW));
	text_put(out, "\n        high     %lld", (long long)wmark_pages(zone, WMARK_HIGH));
	if (zone->mm->profile->zoneinfo_promo)
		text_put(out, "\n        promo    %lld", (long long)wmark_pages(zone, WMARK_PROMO));
	text_put(out, "\n        spanned  %llu", (unsigned long long)zone->spanned_pages);
	text_put(out, "\n        present  %llu", (unsigned long long)zone->present_pages);
	text_put(out, "\n        managed  %llu", (unsigned long long)zone->managed_pages);
	text_put(out, "\n        cma      %llu", (unsigned long long)zone->cma_pages);
	text_put(out, "\n        protection: (");
	for (u32 i = 0; i < MAX_NR_ZONES; i++) {
		if (!configured[i])
			continue;
		text_put(out, "%s%lld", separator, (long long)zone->lowmem_reserve[i]);
		separator = ", ";
	}
	text_put(out, ")");
}

static void put_zoneinfo(struct text *out, const struct zone *zone, bool first_populated)
{
	text_put(out, "Node %u, zone %8s", zone->nid, zone_name(zone->type));
	if (first_populated)
		put_node_stats(out, zone->mm->vm, zone->nid);
	put_marks(out, zone);
	if (!populated_zone(zone)) {
		text_put(out, "\n");
		return;
	}
	put_counters(out, zone);
	text_put(out, "\n  pagesets");
	for (u32 cpu = 0; cpu < zone->mm->nr_cpus; cpu++)
		put_pageset(out, zone, cpu);
	text_put(out, "\n  node_unreclaimable:  %d",
	    zone->mm->nodes[zone->nid].kswapd_failures >= MAX_RECLAIM_RETRIES);
	text_put(out, "\n  start_pfn:           %llu", (unsigned long long)zone->start_pfn);
	if (zone->mm->profile->zoneinfo_pcp_limits) {
		text_put(out, "\n  reserved_highatomic: %lld",
			 (long long)zone->nr_reserved_highatomic);
		text_put(out, "\n  free_highatomic:     %lld", (long long)zone->nr_free_highatomic);
	}
	text_put(out, "\n");
}

char *procfmt_zoneinfo(const struct mm *mm)
{
	struct text out = {0};
	u32 node_shown = UINT32_MAX;

	for_each_zone(mm, zone) {
		bool first = populated_zone(zone) && zone->nid != node_shown;

		if (!mm->machine->zone_configured[zone->type] || !mm->nodes[zone->nid].has_memory)
			continue;
		if (first)
			node_shown = zone->nid;
		put_zoneinfo(&out, zone, first);
	}
	return text_finish(&out);
}

/* Per-zone events exist for configured zone types only. */
static bool event_exists(const struct mm *mm, u32 item)
{
	if (item - PGALLOC_DMA < MAX_NR_ZONES)
		return mm->machine->zone_configured[item - PGALLOC_DMA];
	if (item - ALLOCSTALL_DMA < MAX_NR_ZONES)
		return mm->machine->zone_configured[item - ALLOCSTALL_DMA];
	return true;
}

char *procfmt_vmstat(const struct mm *mm)
{
	struct text out = {0};

	for (u32 i = 0; i < NR_VM_ZONE_STAT_ITEMS; i++) {
		s64 sum = 0;

		for_each_populated_zone(mm, zone)
			sum += zone->vm_stat[i];
		if (i != NR_FREE_PAGES_BLOCKS || mm->profile->free_pages_blocks)
			text_put(&out, "%s %lld\n", zone_stat_names[i], (long long)max_s64(0, sum));
	}
	for (u32 i = 0; i < NR_VM_NUMA_EVENT_ITEMS; i++) {
		u64 sum = 0;

		for_each_populated_zone(mm, zone)
			sum += zone->vm_numa_event[i];
		text_put(&out, "%s %llu\n", numa_stat_names[i], (unsigned long long)sum);
	}
	for (u32 i = 0; mm->vm && i < NR_VM_NODE_STAT_ITEMS; i++)
		text_put(&out, "%s %lld\n", node_stat_names[i],
			 (long long)global_node_page_state(mm->vm, (enum node_stat_item)i));
	for (u32 i = 0; i < SIM_ALLOC_FAIL; i++)
		if (event_exists(mm, i))
			text_put(&out, "%s %llu\n", vm_event_names[i],
			    (unsigned long long)mm->vm_event[i]);
	text_put(&out, "nr_unstable 0\n");
	return text_finish(&out);
}

static char *put_indices(const struct mm *mm,
			 void (*put_one)(struct text *, const struct zone *, u32))
{
	struct text out = {0};

	for_each_populated_zone(mm, zone) {
		put_zone(&out, zone);
		for (u32 o = 0; o <= mm->max_order; o++)
			put_one(&out, zone, o);
		text_put(&out, "\n");
	}
	return text_finish(&out);
}

static void put_extfrag(struct text *out, const struct zone *zone, u32 order)
{
	struct contig_page_info info;
	s32 index;

	zone_contig_page_info(zone, order, &info);
	index = fragmentation_index(&info, order);
	text_put(out, "%2d.%03d ", index / 1000, index % 1000);
}

static void put_unusable(struct text *out, const struct zone *zone, u32 order)
{
	struct contig_page_info info;
	u32 index;

	zone_contig_page_info(zone, order, &info);
	index = unusable_free_index(&info, order);
	text_put(out, "%u.%03u ", index / 1000, index % 1000);
}

char *procfmt_extfrag_index(const struct mm *mm)
{
	return put_indices(mm, put_extfrag);
}

char *procfmt_unusable_index(const struct mm *mm)
{
	return put_indices(mm, put_unusable);
}

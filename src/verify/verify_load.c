/* SPDX-License-Identifier: GPL-2.0-only */
/* A recorded state becomes the state of the simulated allocator. */
#include <stdlib.h>
#include <string.h>

#include "mm/pcp.h"
#include "mm/zonelist.h"
#include "mm/zonelist.h"
#include "policy/profiles.h"
#include "verify/verify.h"

static struct zone *state_zone(struct mm *mm, const struct rec_zone *z)
{
	return &mm->zones[z->nid * MAX_NR_ZONES + z->type];
}

static void load_zone(struct mm *mm, const struct rec_zone *z)
{
	struct zone *zone = state_zone(mm, z);

	zone->managed_pages = z->managed;
	zone->cma_pages = z->cma_pages;
	memcpy(zone->_watermark, z->wmark, sizeof(zone->_watermark));
	zone->watermark_boost = z->boost;
	zone->nr_reserved_highatomic = z->nr_reserved_highatomic;
	zone->nr_free_highatomic = z->nr_free_highatomic;
	zone->flags = z->flags & (ZONE_BOOSTED_WATERMARK | ZONE_RECLAIM_ACTIVE | ZONE_BELOW_HIGH);
	if (!mm->profile->below_high_mark)
		zone->flags &= ~ZONE_BELOW_HIGH;
	zone->pageset_high_min = z->high_min;
	zone->pageset_high_max = z->high_max;
	zone->pageset_batch = z->batch;
	zone->percpu_drift_mark = z->drift_mark;
	memcpy(zone->lowmem_reserve, z->lowmem_reserve, sizeof(zone->lowmem_reserve));
}

static void load_list(struct zone *zone, const struct recording *rec, u32 cpu, u32 index,
		      const struct rec_pcp *r)
{
	struct mm *mm = zone->mm;
	const u32 *pfns = rec->pool + r->lists[index].off, *types = rec->pool + r->types[index].off;

	for (u32 j = 0; j < r->lists[index].n; j++) {
		struct page *page = pfn_to_page(mm, pfns[j]);

		page->state = PAGE_PCP;
		page->order = pindex_to_order(mm, index) & 0xf;
		page->mt = r->types[index].n ? types[j] & 0xf : MIGRATE_UNMOVABLE;
		page_list_add_tail(mm, &zone->pageset[cpu].lists[index], pfns[j]);
	}
}

static void load_pcp(struct zone *zone, const struct recording *rec, u32 cpu,
		     const struct rec_pcp *r)
{
	struct per_cpu_pages *pcp = &zone->pageset[cpu];

	pcp->count = r->count;
	pcp->high = r->high;
	pcp->batch = r->batch;
	pcp->high_min = r->high_min;
	pcp->high_max = r->high_max;
	pcp->flags = (u8)r->flags;
	pcp->alloc_factor = (u8)r->alloc_factor;
	pcp->free_count = r->free_count;
	pcp->free_factor = (u8)r->free_factor;
	pcp->expire = (u8)r->expire;
	pcp->stat_threshold = r->threshold;
	for (u32 i = 0; i < NR_PCP_LISTS; i++)
		load_list(zone, rec, cpu, i, r);
}

static void load_free_lists(struct zone *zone, const struct recording *rec,
			    const struct rec_zone *z)
{
	for (u32 o = 0; o <= zone->mm->max_order; o++)
		for (u32 mt = 0; mt < MIGRATE_TYPES; mt++) {
			const struct rec_list *l = &z->free_lists[o][mt];

			for (u32 j = 0; j < l->n; j++)
				__add_to_free_list(zone, 0, rec->pool[l->off + j], o,
						   (enum migratetype)mt, true);
		}
}

static void load_pages(struct zone *zone, const struct recording *rec, const struct rec_zone *z)
{
	struct mm *mm = zone->mm;
	const u32 *types = rec->pool + z->blocks.off, *runs = rec->pool + z->movable.off;

	for (u32 i = 0; i < z->blocks.n; i++) {
		u64 pfn = z->blocks_pfn + (u64)i * mm->pageblock_nr_pages;

		if (types[i] < MIGRATE_TYPES)
			set_pageblock_migratetype(zone, pfn, (enum migratetype)types[i]);
	}
	for (u32 i = 0; i < z->movable.n; i += 2)
		for (u32 k = 0; k < runs[i + 1]; k++) {
			struct page *page = pfn_to_page(mm, runs[i] + k);

			page->state = PAGE_USED;
			page->flags = PG_lru;
		}
}

static void load_nodes(struct mm *mm, const struct recording *rec, const struct rec_state *state)
{
	for (u32 nid = 0; nid < state->nr_nodes; nid++) {
		const struct rec_node *node = &state->nodes[nid];
		const u32 *entries = rec->pool + node->zonelist.off;
		struct pglist_data *pgdat = &mm->nodes[nid];

		if (node->line) {
			pgdat->kswapd_order = node->kswapd_order;
			pgdat->kswapd_highest_zoneidx = node->kswapd_highest_zoneidx;
			pgdat->kswapd_waiting = node->kswapd_waiting;
			pgdat->kswapd_failures = node->kswapd_failures;
		}
		if (node->zonelist.line)
			pgdat->nr_fallback = node->zonelist.n;
		for (u32 i = 0; i < node->zonelist.n; i++)
			pgdat->fallback[i] =
			    (u16)((entries[i] >> 8) * MAX_NR_ZONES + (entries[i] & 0xff));
	}
	zonelists_note_first(mm);
}

/* Counters last: filling the lists moved them. */
static void load_counters(struct zone *zone, const struct rec_zone *z, const struct rec_pcp *pcps)
{
	memcpy(zone->vm_stat, z->vm_stat, sizeof(z->vm_stat));
	for (u32 cpu = 0; cpu < zone->mm->nr_cpus; cpu++)
		memcpy(zone->pageset[cpu].vm_stat_diff, pcps[cpu].diff, sizeof(pcps[cpu].diff));
}

void verify_sysctl(const struct recording *rec, struct mm_sysctl *sysctl)
{
	mm_sysctl_default(sysctl);
	sysctl->watermark_boost_factor = rec->watermark_boost_factor;
	sysctl->watermark_scale_factor = rec->watermark_scale_factor;
	sysctl->percpu_pagelist_high_fraction = rec->percpu_pagelist_high_fraction;
	sysctl->min_free_kbytes = rec->min_free_kbytes;
	sysctl->defrag_mode = rec->defrag_mode;
	memcpy(sysctl->lowmem_reserve_ratio, rec->lowmem_reserve_ratio,
	       sizeof(sysctl->lowmem_reserve_ratio));
}

void verify_load_state(struct mm *mm, const struct recording *rec)
{
	const struct rec_state *state = &rec->states[0];

	mm->page_group_by_mobility_disabled = rec->page_group_by_mobility_disabled;
	mm_choose_paths(mm);
	for (u32 i = 0; i < state->nr_zones; i++) {
		const struct rec_pcp *pcps = &state->pcps[i * mm->nr_cpus];
		struct zone *zone = state_zone(mm, &state->zones[i]);

		load_zone(mm, &state->zones[i]);
		load_free_lists(zone, rec, &state->zones[i]);
		for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++)
			load_pcp(zone, rec, cpu, &pcps[cpu]);
		load_pages(zone, rec, &state->zones[i]);
		load_counters(zone, &state->zones[i], pcps);
	}
	load_nodes(mm, rec, state);
}

struct mm *verify_load(const struct recording *rec, struct err *err)
{
	struct mm_sysctl sysctl;
	struct mm *mm;

	verify_sysctl(rec, &sysctl);
	mm = mm_create(&rec->machine, profile_find(rec->profile), &sysctl, NULL, NULL, err);
	if (mm)
		verify_load_state(mm, rec);
	return mm;
}

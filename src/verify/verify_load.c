/* SPDX-License-Identifier: GPL-2.0-only */
/* A recorded state becomes the state of the simulated allocator. */
#include <stdlib.h>
#include <string.h>

#include "mm/buddy.h"
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

static void load_pcp(struct mm *mm, const struct rec_state *state, const struct rec_pcp *r)
{
	struct per_cpu_pages *pcp = &state_zone(mm, &state->zones[r->zone])->pageset[r->cpu];

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
}

static void load_lists(struct mm *mm, const struct recording *rec, const struct rec_state *state)
{
	for (u32 i = 0; i < state->nr_free_lists; i++) {
		const struct rec_free_list *l = &state->free_lists[i];
		struct zone *zone = state_zone(mm, &state->zones[l->zone]);

		for (u32 j = 0; j < l->list.n; j++)
			__add_to_free_list(zone, 0, rec->pool[l->list.off + j], l->order, l->mt,
					   true);
	}
	for (u32 i = 0; i < state->nr_pcp_lists; i++) {
		const struct rec_pcp_list *l = &state->pcp_lists[i];
		struct zone *zone = state_zone(mm, &state->zones[l->zone]);
		u32 order = l->index >= NR_PCP_THP ? mm->pageblock_order
						   : l->index / MIGRATE_PCPTYPES;

		for (u32 j = 0; j < l->list.n; j++) {
			u32 pfn = rec->pool[l->list.off + j];
			struct page *page = pfn_to_page(mm, pfn);

			page->state = PAGE_PCP;
			page->order = (u8)order;
			page->mt = l->types.n ? (u8)rec->pool[l->types.off + j] : MIGRATE_UNMOVABLE;
			page_list_add_tail(mm, &zone->pageset[l->cpu].lists[l->index], pfn);
		}
	}
}

static void load_pages(struct mm *mm, const struct recording *rec, const struct rec_state *state)
{
	for (u32 i = 0; i < state->nr_blocks; i++) {
		const struct rec_blocks *b = &state->blocks[i];

		for (u32 j = 0; j < b->n; j++) {
			u64 pfn = b->first_pfn + (u64)j * mm->pageblock_nr_pages;

			if (rec->pool[b->off + j] < MIGRATE_TYPES && pfn_in_map(mm, pfn))
				set_pageblock_migratetype(state_zone(mm, &state->zones[b->zone]), pfn,
							  (enum migratetype)rec->pool[b->off + j]);
		}
	}
	for (u32 i = 0; i < state->nr_movable; i++) {
		const struct rec_list *l = &state->movable[i];

		for (u32 j = 0; j < l->n; j += 2)
			for (u32 k = 0; k < rec->pool[l->off + j + 1]; k++) {
				struct page *page = pfn_to_page(mm, rec->pool[l->off + j] + k);

				page->state = PAGE_USED;
				page->flags = PG_lru;
			}
	}
}

static void load_nodes(struct mm *mm, const struct recording *rec, const struct rec_state *state)
{
	for (u32 i = 0; i < state->nr_kswapds; i++) {
		const struct rec_kswapd *k = &state->kswapds[i];
		struct pglist_data *pgdat = &mm->nodes[k->nid];

		pgdat->kswapd_order = k->order;
		pgdat->kswapd_highest_zoneidx = k->highest_zoneidx;
		pgdat->kswapd_waiting = k->waiting;
		pgdat->kswapd_failures = k->failures;
	}
	for (u32 i = 0; i < state->nr_zonelists; i++) {
		const struct rec_zonelist *w = &state->zonelists[i];
		struct pglist_data *pgdat = &mm->nodes[w->nid];

		pgdat->nr_fallback = 0;
		for (u32 j = 0; j < w->n && j < mm->nr_zones; j++) {
			u32 entry = rec->pool[w->off + j];

			pgdat->fallback[pgdat->nr_fallback++] =
				(u16)((entry >> 8) * MAX_NR_ZONES + (entry & 0xff));
		}
	}
}

/* Counters last: filling the lists moved them. */
static void load_counters(struct mm *mm, const struct rec_state *state)
{
	for (u32 i = 0; i < state->nr_zones; i++)
		memcpy(state_zone(mm, &state->zones[i])->vm_stat, state->zones[i].vm_stat,
		       sizeof(state->zones[i].vm_stat));
	for (u32 i = 0; i < state->nr_pcps; i++) {
		const struct rec_pcp *r = &state->pcps[i];

		memcpy(state_zone(mm, &state->zones[r->zone])->pageset[r->cpu].vm_stat_diff, r->diff,
		       sizeof(r->diff));
	}
}

struct mm *verify_load(const struct recording *rec, struct err *err)
{
	const struct rec_state *state = &rec->states[0];
	struct mm_sysctl sysctl;
	struct mm *mm;

	mm_sysctl_default(&sysctl);
	sysctl.watermark_boost_factor = rec->watermark_boost_factor;
	sysctl.watermark_scale_factor = rec->watermark_scale_factor;
	sysctl.percpu_pagelist_high_fraction = rec->percpu_pagelist_high_fraction;
	sysctl.min_free_kbytes = rec->min_free_kbytes;
	sysctl.defrag_mode = rec->defrag_mode;
	memcpy(sysctl.lowmem_reserve_ratio, rec->lowmem_reserve_ratio,
	       sizeof(sysctl.lowmem_reserve_ratio));
	mm = mm_create(&rec->machine, profile_find(rec->profile), &sysctl, NULL, NULL, err);
	if (!mm)
		return NULL;
	for (u32 i = 0; i < state->nr_zones; i++)
		load_zone(mm, &state->zones[i]);
	for (u32 i = 0; i < state->nr_pcps; i++)
		load_pcp(mm, state, &state->pcps[i]);
	load_lists(mm, rec, state);
	load_pages(mm, rec, state);
	load_nodes(mm, rec, state);
	load_counters(mm, state);
	mm->page_group_by_mobility_disabled = rec->page_group_by_mobility_disabled;
	return mm;
}

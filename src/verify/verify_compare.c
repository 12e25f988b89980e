/* SPDX-License-Identifier: GPL-2.0-only */
/* A state of the simulated allocator against a recorded one, down to the order of each list. */
#include <stdarg.h>
#include <string.h>

#include "mm/buddy.h"
#include "mm/pcp.h"
#include "verify/verify_internal.h"

bool verify_differ(char *what, size_t len, const char *fmt, ...)
{
	va_list args;

	if (!what)
		return false;
	va_start(args, fmt);
	vsnprintf(what, len, fmt, args);
	va_end(args);
	return false;
}

struct compare {
	struct mm *mm;
	const struct recording *rec;
	const struct rec_state *state;
	char *what;
	size_t len;
	char where[64];
};

static struct zone *zone_of(const struct mm *mm, const struct rec_zone *z)
{
	return &mm->zones[z->nid * MAX_NR_ZONES + z->type];
}

static bool same(struct compare *c, const char *name, s64 recorded, s64 simulated)
{
	return recorded == simulated ||
	       verify_differ(c->what, c->len, "%s: %s: recorded %lld, simulated %lld", c->where,
			     name, (long long)recorded, (long long)simulated);
}

static u32 known_flags(const struct mm *mm)
{
	return ZONE_BOOSTED_WATERMARK | ZONE_RECLAIM_ACTIVE |
	       (mm->profile->below_high_mark ? ZONE_BELOW_HIGH : 0);
}

static bool compare_zone(struct compare *c, const struct rec_zone *z)
{
	const struct mm *mm = c->mm;
	const struct zone *zone = zone_of(mm, z);

	snprintf(c->where, sizeof(c->where), "node %u zone %s", z->nid,
		 zone_name((enum zone_type)zone->type));
	for (u32 i = 0; i < NR_WMARK; i++)
		if (!same(c, "watermark", z->wmark[i], zone->_watermark[i]))
			return false;
	for (u32 o = 0; o <= mm->max_order; o++)
		if (!same(c, "nr_free", (s64)z->nr_free[o], zone->free_area[o].nr_free))
			return false;
	if (mm->profile->highatomic_free_exact &&
	    !same(c, "nr_free_highatomic", z->nr_free_highatomic, zone->nr_free_highatomic))
		return false;
	if (mm->profile->free_pages_blocks &&
	    !same(c, "nr_free_pages_blocks", z->vm_stat[NR_FREE_PAGES_BLOCKS],
		  zone->vm_stat[NR_FREE_PAGES_BLOCKS]))
		return false;
	return same(c, "managed", (s64)z->managed, (s64)zone->managed_pages) &&
	       same(c, "watermark_boost", z->boost, zone->watermark_boost) &&
	       same(c, "nr_reserved_highatomic", z->nr_reserved_highatomic,
		    zone->nr_reserved_highatomic) &&
	       same(c, "flags", z->flags & known_flags(mm), zone->flags) &&
	       same(c, "nr_free_pages", z->vm_stat[NR_FREE_PAGES], zone->vm_stat[NR_FREE_PAGES]) &&
	       same(c, "nr_free_cma", z->vm_stat[NR_FREE_CMA_PAGES],
		    zone->vm_stat[NR_FREE_CMA_PAGES]);
}

/* The next few entries of both sides, from the one that differs. */
static bool list_differs(struct compare *c, const struct rec_list *list, u32 i, u32 pfn, u32 order)
{
	char recorded[64] = "its end", simulated[64] = "its end";
	size_t used = 0;

	for (u32 j = i; j < list->n && j < i + 4; j++)
		used += (size_t)snprintf(recorded + used, sizeof(recorded) - used, "%s%u",
					 j > i ? ", " : "", c->rec->pool[list->off + j]);
	used = 0;
	for (u32 j = i; pfn != PFN_NONE && j < i + 4; j++, pfn = free_list_next(c->mm, pfn, order))
		used += (size_t)snprintf(simulated + used, sizeof(simulated) - used, "%s%u",
					 j > i ? ", " : "", pfn);
	return verify_differ(c->what, c->len, "%s: from entry %u of %u: recorded %s, simulated %s",
			     c->where, i, list->n, recorded, simulated);
}

static bool compare_list(struct compare *c, const struct rec_list *list, u32 head, u32 order)
{
	u32 pfn = head;

	for (u32 i = 0; i < list->n; i++) {
		if (pfn != c->rec->pool[list->off + i])
			return list_differs(c, list, i, pfn, order);
		pfn = free_list_next(c->mm, pfn, order);
	}
	return pfn == PFN_NONE || list_differs(c, list, list->n, pfn, order);
}

static bool compare_free_lists(struct compare *c, const struct rec_zone *z)
{
	const struct zone *zone = zone_of(c->mm, z);

	for (u32 o = 0; o <= c->mm->max_order; o++) {
		for (u32 mt = 0; mt < MIGRATE_TYPES; mt++) {
			snprintf(c->where, sizeof(c->where),
				 "node %u zone %s free list order %u %s", zone->nid,
				 zone_name((enum zone_type)zone->type), o,
				 migratetype_name((enum migratetype)mt));
			if (!compare_list(c, &z->free_lists[o][mt],
					  zone->free_area[o].free_list[mt].head, o))
				return false;
		}
	}
	return true;
}

static bool compare_pcp(struct compare *c, const struct zone *zone, u32 cpu,
			const struct rec_pcp *r)
{
	const struct mm *mm = c->mm;
	const struct per_cpu_pages *pcp = &zone->pageset[cpu];

	snprintf(c->where, sizeof(c->where), "node %u zone %s CPU %u", zone->nid,
		 zone_name((enum zone_type)zone->type), cpu);
	if (mm->profile->pcp_autotune) {
		if (!same(c, "high_min", r->high_min, pcp->high_min) ||
		    !same(c, "high_max", r->high_max, pcp->high_max) ||
		    !same(c, "flags", r->flags, pcp->flags) ||
		    !same(c, "alloc_factor", r->alloc_factor, pcp->alloc_factor) ||
		    !same(c, "free_count", r->free_count, pcp->free_count))
			return false;
	} else if (!same(c, "free_factor", r->free_factor, pcp->free_factor)) {
		return false;
	}
	if (mm->profile->free_pages_blocks &&
	    !same(c, "diff_free_pages_blocks", r->diff[NR_FREE_PAGES_BLOCKS],
		  pcp->vm_stat_diff[NR_FREE_PAGES_BLOCKS]))
		return false;
	return same(c, "count", r->count, pcp->count) && same(c, "high", r->high, pcp->high) &&
	       same(c, "batch", r->batch, pcp->batch) &&
	       same(c, "expire", r->expire, pcp->expire) &&
	       same(c, "diff_free_pages", r->diff[NR_FREE_PAGES],
		    pcp->vm_stat_diff[NR_FREE_PAGES]) &&
	       same(c, "diff_free_cma", r->diff[NR_FREE_CMA_PAGES],
		    pcp->vm_stat_diff[NR_FREE_CMA_PAGES]);
}

static bool compare_pcp_types(struct compare *c, const struct rec_pcp *r, u32 index)
{
	const u32 *pfns = c->rec->pool + r->lists[index].off;
	const u32 *types = c->rec->pool + r->types[index].off;

	for (u32 i = 0; i < r->types[index].n; i++)
		if (!same(c, "remembered type", types[i], pfn_to_page(c->mm, pfns[i])->mt))
			return false;
	return true;
}

static bool compare_pcp_lists(struct compare *c, const struct zone *zone, u32 cpu,
			      const struct rec_pcp *r)
{
	for (u32 i = 0; i < NR_PCP_LISTS; i++) {
		snprintf(c->where, sizeof(c->where), "node %u zone %s CPU %u per-CPU list %u",
			 zone->nid, zone_name((enum zone_type)zone->type), cpu, i);
		if (!compare_list(c, &r->lists[i], zone->pageset[cpu].lists[i].head, 0))
			return false;
		if (c->mm->profile->pcp_remembers_type && !compare_pcp_types(c, r, i))
			return false;
	}
	return true;
}

static bool compare_blocks(struct compare *c, const struct rec_zone *z)
{
	for (u32 i = 0; i < z->blocks.n; i++) {
		u64 pfn = z->blocks_pfn + (u64)i * c->mm->pageblock_nr_pages;
		u32 recorded = c->rec->pool[z->blocks.off + i];

		snprintf(c->where, sizeof(c->where), "node %u zone %s pageblock at %llu", z->nid,
			 zone_name(z->type), (unsigned long long)pfn);
		if (recorded != MIGRATE_TYPES &&
		    !same(c, "migratetype", recorded, get_pageblock_migratetype(c->mm, pfn)))
			return false;
	}
	return true;
}

static bool compare_kswapd(struct compare *c, u32 nid)
{
	const struct pglist_data *pgdat = &c->mm->nodes[nid];
	const struct rec_node *node = &c->state->nodes[nid];

	snprintf(c->where, sizeof(c->where), "node %u", nid);
	return !node->line ||
	       (same(c, "kswapd_order", node->kswapd_order, pgdat->kswapd_order) &&
		same(c, "kswapd_highest_zoneidx", node->kswapd_highest_zoneidx,
		     pgdat->kswapd_highest_zoneidx) &&
		same(c, "kswapd_waiting", node->kswapd_waiting, pgdat->kswapd_waiting) &&
		same(c, "kswapd_failures", node->kswapd_failures, pgdat->kswapd_failures));
}

/* Events since the first state. */
static bool compare_events(struct compare *c)
{
	const struct rec_state *first = &c->rec->states[0];

	snprintf(c->where, sizeof(c->where), "vm events");
	if (!first->have_events || !c->state->have_events)
		return true;
	for (u32 i = 0; i < MAX_NR_ZONES; i++)
		if (!same(c, vm_event_names[PGALLOC_DMA + i],
			  (s64)(c->state->pgalloc[i] - first->pgalloc[i]),
			  (s64)c->mm->vm_event[PGALLOC_DMA + i]))
			return false;
	return same(c, "pgfree", (s64)(c->state->pgfree - first->pgfree),
		    (s64)c->mm->vm_event[PGFREE]);
}

bool verify_state(struct mm *mm, const struct recording *rec, const struct rec_state *state,
		  char *what, size_t len)
{
	struct compare c = {.mm = mm, .rec = rec, .state = state, .what = what, .len = len};

	for (u32 i = 0; i < state->nr_zones; i++) {
		const struct rec_pcp *pcps = &state->pcps[i * mm->nr_cpus];
		const struct zone *zone = zone_of(mm, &state->zones[i]);

		if (!compare_free_lists(&c, &state->zones[i]) ||
		    !compare_zone(&c, &state->zones[i]))
			return false;
		for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++)
			if (!compare_pcp_lists(&c, zone, cpu, &pcps[cpu]) ||
			    !compare_pcp(&c, zone, cpu, &pcps[cpu]))
				return false;
		if (!compare_blocks(&c, &state->zones[i]))
			return false;
	}
	for (u32 nid = 0; nid < state->nr_nodes; nid++)
		if (!compare_kswapd(&c, nid))
			return false;
	return compare_events(&c);
}

bool verify_check(const struct mm *mm, const struct rec_check *check, char *what, size_t len)
{
	struct compare c = {.mm = NULL, .what = what, .len = len};
	const struct zone *zone = &mm->zones[check->zone_nid * MAX_NR_ZONES + check->type];

	snprintf(c.where, sizeof(c.where), "node %u zone %s", zone->nid,
		 zone_name((enum zone_type)zone->type));
	if (check->pcp)
		return same(&c, "per-CPU count", check->count, zone->pageset[check->cpu].count) &&
		       same(&c, "per-CPU high", check->high, zone->pageset[check->cpu].high);
	return same(&c, "nr_free_pages", check->free_pages, zone->vm_stat[NR_FREE_PAGES]) &&
	       same(&c, "watermark_boost", check->boost, zone->watermark_boost) &&
	       same(&c, "nr_reserved_highatomic", check->reserved, zone->nr_reserved_highatomic) &&
	       same(&c, "flags", check->flags & known_flags(mm), zone->flags);
}

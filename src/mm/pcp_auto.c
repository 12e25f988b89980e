/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-CPU sets whose limits tune themselves: refills double while a CPU only allocates, `high`
 * follows how much it frees in a row, and a zone short of memory pulls it back. Linux 6.7 on; the
 * differences between 6.12 and 7.2 are switches of the profile.
 */
#include "mm/pcp.h"

#include "mm/vmstat.h"
#include "mm/watermark.h"

static inline s32 clamp_s32(s32 v, s32 lo, s32 hi)
{
	if (v >= hi)
		return hi;
	return v <= lo ? lo : v;
}

static inline s32 max_s32(s32 a, s32 b)
{
	return a > b ? a : b;
}

static inline s32 min_s32(s32 a, s32 b)
{
	return a < b ? a : b;
}

s32 nr_pcp_alloc_auto(struct zone *zone, struct per_cpu_pages *pcp, u32 order)
{
	s32 base = pcp->batch, batch = base, high;

	high = pcp->high = clamp_s32(pcp->high, pcp->high_min, pcp->high_max);
	if (high < base)
		return 1;
	if (!order)
		batch <<= pcp->alloc_factor;
	/* Room for the refill, unless the zone is short or the limit is fixed. */
	if (pcp->high_min != pcp->high_max && !(zone->flags & ZONE_BELOW_HIGH))
		high = pcp->high = min_s32(high + batch, pcp->high_max);
	if (!order) {
		s32 room = max_s32(high - pcp->count - base, base);

		if (batch <= room && pcp->alloc_factor < zone->mm->profile->pcp_batch_scale_max)
			pcp->alloc_factor++;
		batch = min_s32(batch, room);
	}
	return batch > 1 ? max_s32(batch >> order, 2) : batch;
}

/* How many pages the set may hold at this free. mm/page_alloc.c:nr_pcp_high */
static s32 nr_pcp_high(struct zone *zone, struct per_cpu_pages *pcp, bool free_high)
{
	u32 scale = zone->mm->profile->pcp_batch_scale_max;
	s32 high, floor_count;

	high = pcp->high = clamp_s32(pcp->high, pcp->high_min, pcp->high_max);
	if (!high)
		return 0;
	if (free_high) {
		pcp->high = max_s32(high - (pcp->batch << scale), pcp->high_min);
		return 0;
	}
	floor_count = max_s32(pcp->free_count, pcp->batch);
	/* Reclaim is at work: keep little. */
	if (zone->flags & ZONE_RECLAIM_ACTIVE) {
		pcp->high = max_s32(high - floor_count, pcp->high_min);
		return min_s32(pcp->batch << 2, pcp->high);
	}
	if (pcp->high_min == pcp->high_max)
		return high;
	if (zone->flags & ZONE_BELOW_HIGH) {
		pcp->high = max_s32(high - floor_count, pcp->high_min);
		return max_s32(pcp->count, pcp->high_min);
	}
	if (pcp->count >= high && pcp->high < pcp->free_count + pcp->batch)
		pcp->high = clamp_s32(pcp->free_count + pcp->batch, pcp->high_min, pcp->high_max);
	return high;
}

/* mm/page_alloc.c:nr_pcp_free */
static s32 nr_pcp_free(const struct mm *mm, const struct per_cpu_pages *pcp, s32 high,
		       bool free_high)
{
	if (free_high)
		return min_s32(pcp->count, pcp->batch << mm->profile->pcp_batch_scale_max);
	if (high < pcp->batch)
		return 1;
	return clamp_s32(pcp->free_count, pcp->batch, high - pcp->batch);
}

/* Does a run of order 1-3 frees send them on at once, for others to merge? */
static bool want_free_high(const struct mm *mm, struct per_cpu_pages *pcp, u32 order)
{
	s32 threshold = pcp->batch;
	bool free_high;

	if (!order || order > PAGE_ALLOC_COSTLY_ORDER) {
		pcp->flags &= (u8)~PCPF_PREV_FREE_HIGH_ORDER;
		return false;
	}
	if (mm->profile->pcp_free_high_half_min)
		threshold += pcp->high_min / 2;
	free_high = pcp->free_count >= threshold && (pcp->flags & PCPF_PREV_FREE_HIGH_ORDER) &&
		    (!(pcp->flags & PCPF_FREE_HIGH_BATCH) || pcp->count >= pcp->batch);
	pcp->flags |= PCPF_PREV_FREE_HIGH_ORDER;
	return free_high;
}

/* The zone has recovered: the mark goes, and a kswapd that had given up may try again. */
static void clear_below_high(struct zone *zone)
{
	struct mm *mm = zone->mm;

	if (!(zone->flags & ZONE_BELOW_HIGH) ||
	    !zone_watermark_ok(zone, 0, wmark_pages(zone, WMARK_HIGH), ZONE_MOVABLE, 0))
		return;
	zone->flags &= ~ZONE_BELOW_HIGH;
	if (!mm->profile->free_clears_kswapd_failures)
		return;
	for (u32 nid = zone->nid + 1u; nid < mm->nr_nodes; nid++)
		if (mm->nodes[nid].has_memory)
			mm->nodes[zone->nid].kswapd_failures = 0;
}

void pcp_free_commit_auto(struct zone *zone, struct task_struct *current, u32 order, u32 pindex)
{
	struct mm *mm = zone->mm;
	struct per_cpu_pages *pcp = &zone->pageset[current->cpu];
	bool free_high;
	s32 high, n;

	pcp->alloc_factor >>= 1;
	free_high = want_free_high(mm, pcp, order);
	if (pcp->free_count < pcp->batch << mm->profile->pcp_batch_scale_max)
		pcp->free_count += 1 << order;
	high = nr_pcp_high(zone, pcp, free_high);
	if (pcp->count < high)
		return;
	n = nr_pcp_free(mm, pcp, high, free_high);
	if (!mm->profile->pcp_free_chunks)
		free_pcppages_bulk(zone, current, current->cpu, n, pindex);
	while (mm->profile->pcp_free_chunks && n > 0 && pcp->count > 0) {
		free_pcppages_bulk(zone, current, current->cpu, min_s32(n, pcp->batch), pindex);
		n -= pcp->batch;
	}
	clear_below_high(zone);
}

bool decay_pcp_high(struct zone *zone, struct task_struct *current)
{
	struct per_cpu_pages *pcp = &zone->pageset[current->cpu];
	bool todo = false;
	s32 surplus;

	if (pcp->high > pcp->high_min) {
		s32 kept = pcp->count - (pcp->batch << zone->mm->profile->pcp_batch_scale_max);

		pcp->high = max_s32(max_s32(kept, pcp->high - (pcp->high >> 3)), pcp->high_min);
		todo = pcp->high > pcp->high_min;
	}
	for (surplus = pcp->count - pcp->high; surplus > 0; surplus -= pcp->batch) {
		free_pcppages_bulk(zone, current, current->cpu, min_s32(surplus, pcp->batch), 0);
		todo = true;
	}
	return todo;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Per-CPU sets with a fixed limit: 6.1. Only the size of a drain grows, by free_factor. */
#include "mm/pcp.h"

#include "mm/vmstat.h"

s32 nr_pcp_alloc_fixed(struct zone *zone, struct per_cpu_pages *pcp, u32 order)
{
	s32 n = pcp->batch;

	(void)zone;
	if (n > 1) {
		n >>= order;
		if (n < 2)
			n = 2;
	}
	return n;
}

/* mm/page_alloc.c:nr_pcp_high (6.1) */
static s32 nr_pcp_high(const struct zone *zone, const struct per_cpu_pages *pcp, bool free_high)
{
	if (!pcp->high || free_high)
		return 0;
	if ((zone->flags & ZONE_RECLAIM_ACTIVE) && pcp->batch << 2 < pcp->high)
		return pcp->batch << 2;
	return pcp->high;
}

/* mm/page_alloc.c:nr_pcp_free (6.1) */
static s32 nr_pcp_free(const struct mm *mm, struct per_cpu_pages *pcp, s32 high, bool free_high)
{
	s32 min = pcp->batch, max = high - pcp->batch, n;

	if (free_high)
		return pcp->count;
	if (high < pcp->batch)
		return 1;
	n = pcp->batch << pcp->free_factor;
	if (n < max && pcp->free_factor < mm->profile->pcp_batch_scale_max)
		pcp->free_factor++;
	if (n >= max)
		return max;
	return n <= min ? min : n;
}

void pcp_free_commit_fixed(struct zone *zone, struct task_struct *current, u32 order, u32 pindex)
{
	struct per_cpu_pages *pcp = &zone->pageset[current->cpu];
	bool free_high = pcp->free_factor && order && order <= PAGE_ALLOC_COSTLY_ORDER;
	s32 high = nr_pcp_high(zone, pcp, free_high);

	if (pcp->count >= high)
		free_pcppages_bulk(zone, current, current->cpu,
				   nr_pcp_free(zone->mm, pcp, high, free_high), pindex);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slow path of 6.12 and 6.1: one try with the min watermark, compaction for costly and
 * unmovable requests, then the retry loop. mm/page_alloc.c:__alloc_pages_slowpath (6.12, 6.1)
 */
#include "mm/slowpath.h"

/* Before the loop: a costly request may be served by compaction alone, or not be worth more. */
static enum slow_next first_compaction(struct slow_request *rq, u32 *pfn)
{
	if (!rq->can_direct_reclaim || !rq->can_compact ||
	    !(rq->costly_order || (rq->order && rq->ac->migratetype != MIGRATE_MOVABLE)) ||
	    gfp_pfmemalloc_flags(rq->current, rq->gfp))
		return SLOW_RETRY;
	rq->compact_priority = COMPACT_PRIO_ASYNC;
	*pfn = slow_direct_compact(rq);
	rq->compact_priority = COMPACT_PRIO_SYNC_LIGHT;
	if (*pfn != PFN_NONE)
		return SLOW_DONE;
	if (!rq->costly_order || !(rq->gfp & __GFP_NORETRY))
		return SLOW_RETRY;
	if (rq->compact_result == COMPACT_SKIPPED || rq->compact_result == COMPACT_DEFERRED)
		return slow_give_up(rq, "costly_noretry");
	if (rq->gfp & __GFP_THISNODE)
		return slow_give_up(rq, "noretry_thisnode");
	rq->compact_priority = COMPACT_PRIO_ASYNC;
	return SLOW_RETRY;
}

static enum slow_next slow_round(struct slow_request *rq, u32 *pfn)
{
	slow_wake_kswapds(rq);
	slow_apply_reserves(rq);
	*pfn = slow_try(rq);
	if (*pfn != PFN_NONE)
		return SLOW_DONE;
	if (!rq->can_direct_reclaim)
		return slow_give_up(rq, "no_direct_reclaim");
	if (rq->current->flags & PF_MEMALLOC)
		return slow_give_up(rq, "pf_memalloc");
	*pfn = slow_direct_reclaim(rq);
	if (*pfn == PFN_NONE)
		*pfn = slow_direct_compact(rq);
	return *pfn != PFN_NONE ? SLOW_DONE : slow_decide_retry(rq, pfn);
}

u32 alloc_slowpath_classic(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order,
			   struct alloc_context *ac)
{
	struct slow_request rq;
	enum slow_next next;
	bool again;
	u32 pfn;

	slow_begin(&rq, mm, current, gfp, order, ac);
	rq.alloc_flags = gfp_to_alloc_flags(mm, current, gfp, order, ac);
	ac->preferred = next_zonelist_index(mm, ac, 0);
	rq.gave_up = "no_zone";
	if (ac->preferred >= ac->nr_zonelist)
		return slow_fail(&rq);
	slow_wake_kswapds(&rq);
	pfn = slow_try(&rq);
	if (pfn != PFN_NONE)
		return pfn;
	for (next = first_compaction(&rq, &pfn);; next = SLOW_RETRY) {
		while (next == SLOW_RETRY)
			next = slow_round(&rq, &pfn);
		if (next == SLOW_DONE)
			return pfn;
		pfn = slow_nofail(&rq, &again);
		if (pfn != PFN_NONE)
			return pfn;
		if (!again)
			return slow_fail(&rq);
	}
}

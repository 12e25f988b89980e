/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slow path of 7.2: costly and unmovable requests go round once with compaction before they
 * reclaim. mm/page_alloc.c:__alloc_pages_slowpath (7.2)
 */
#include "mm/slowpath.h"

static bool wants_compaction_first(const struct slow_request *rq)
{
	return rq->can_direct_reclaim && rq->can_compact &&
	       (rq->costly_order || (rq->order && rq->ac->migratetype != MIGRATE_MOVABLE));
}

/* One round from the wake-up of kswapd to the decision. */
static enum slow_next slow_round(struct slow_request *rq, bool *compact_first, bool *reserves_once,
				 u32 *pfn)
{
	slow_wake_kswapds(rq);
	*pfn = slow_try(rq);
	if (*pfn != PFN_NONE)
		return SLOW_DONE;
	if (slow_apply_reserves(rq) && *reserves_once) {
		*reserves_once = false;
		return SLOW_RETRY;
	}
	if (!rq->can_direct_reclaim) {
		if ((rq->gfp & __GFP_KSWAPD_RECLAIM) && slow_drop_nofragment(rq))
			return SLOW_RETRY;
		return slow_give_up(rq, "no_direct_reclaim");
	}
	if (rq->current->flags & PF_MEMALLOC)
		return slow_give_up(rq, "pf_memalloc");
	if (!*compact_first) {
		*pfn = slow_direct_reclaim(rq);
		if (*pfn != PFN_NONE)
			return SLOW_DONE;
	}
	*pfn = slow_direct_compact(rq);
	if (*pfn != PFN_NONE)
		return SLOW_DONE;
	if (*compact_first) {
		if ((rq->gfp & __GFP_NORETRY) && (rq->gfp & __GFP_THISNODE))
			return slow_give_up(rq, "noretry_thisnode");
		if (!(rq->gfp & __GFP_NORETRY))
			rq->compact_priority = COMPACT_PRIO_SYNC_LIGHT;
		*compact_first = false;
		return SLOW_RETRY;
	}
	return slow_decide_retry(rq, pfn);
}

u32 alloc_slowpath_compact_first(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order,
				 struct alloc_context *ac)
{
	struct slow_request rq;
	bool compact_first, reserves_once = true, again;
	u32 pfn = PFN_NONE;

	slow_begin(&rq, mm, current, gfp, order, ac);
	compact_first = wants_compaction_first(&rq);
	if (compact_first)
		rq.compact_priority = COMPACT_PRIO_ASYNC;
	rq.alloc_flags = gfp_to_alloc_flags(mm, current, gfp, order, ac);
	ac->preferred = next_zonelist_index(mm, ac, 0);
	rq.gave_up = "no_zone";
	if (ac->preferred >= ac->nr_zonelist)
		return slow_fail(&rq);
	for (;;) {
		switch (slow_round(&rq, &compact_first, &reserves_once, &pfn)) {
		case SLOW_DONE:
			return pfn;
		case SLOW_RETRY:
			continue;
		case SLOW_NOPAGE:
			break;
		}
		pfn = slow_nofail(&rq, &again);
		if (pfn != PFN_NONE)
			return pfn;
		if (!again)
			return slow_fail(&rq);
	}
}

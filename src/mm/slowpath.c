/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steps of the slow path. Reclaim, compaction and the OOM killer are behind mm->pressure; where one
 * is absent the step behaves as if it had made no progress. Left out: cpusets, storage suspension.
 */
#include "mm/slowpath.h"

#include <string.h>

#include "machine/psi.h"
#include "mm/fallback.h"
#include "mm/kswapd.h"
#include "mm/oom.h"
#include "mm/vmstat.h"
#include "mm/watermark.h"

#define MAX_COMPACT_RETRIES 16

const struct pressure_ops pressure_none;

void slow_begin(struct slow_request *rq, struct mm *mm, struct task_struct *current, gfp_t gfp,
		u32 order, struct alloc_context *ac)
{
	memset(rq, 0, sizeof(*rq));
	rq->mm = mm;
	rq->current = current;
	rq->ac = ac;
	rq->gfp = gfp;
	rq->order = order;
	rq->can_direct_reclaim = (gfp & __GFP_DIRECT_RECLAIM) != 0;
	rq->can_compact = (gfp & __GFP_IO) != 0;
	rq->costly_order = order > PAGE_ALLOC_COSTLY_ORDER;
	rq->compact_priority = COMPACT_PRIO_SYNC_LIGHT;
	rq->compact_result = COMPACT_SKIPPED;
}

u32 gfp_to_alloc_flags(const struct mm *mm, const struct task_struct *current, gfp_t gfp, u32 order,
		       const struct alloc_context *ac)
{
	u32 flags = ALLOC_WMARK_MIN | ALLOC_CPUSET;

	if (gfp & __GFP_HIGH)
		flags |= ALLOC_MIN_RESERVE;
	if (gfp & __GFP_KSWAPD_RECLAIM)
		flags |= ALLOC_KSWAPD;
	if (!(gfp & __GFP_DIRECT_RECLAIM)) {
		if (!(gfp & __GFP_NOMEMALLOC)) {
			flags |= ALLOC_NON_BLOCK;
			if (order && (flags & ALLOC_MIN_RESERVE))
				flags |= ALLOC_HIGHATOMIC;
		}
		if (flags & ALLOC_MIN_RESERVE)
			flags &= ~ALLOC_CPUSET;
	} else if ((current->flags & PF_RT) && current->context == IN_TASK) {
		flags |= ALLOC_MIN_RESERVE;
	}
	flags |= gfp_to_alloc_flags_cma(mm, ac);
	if (mm->sysctl.defrag_mode)
		flags |= ALLOC_NOFRAGMENT;
	return flags;
}

u32 gfp_pfmemalloc_flags(const struct task_struct *current, gfp_t gfp)
{
	if (gfp & __GFP_NOMEMALLOC)
		return 0;
	if (gfp & __GFP_MEMALLOC)
		return ALLOC_NO_WATERMARKS;
	if (current->context == IN_SOFTIRQ && (current->flags & PF_MEMALLOC))
		return ALLOC_NO_WATERMARKS;
	if (current->context != IN_TASK)
		return 0;
	if (current->flags & PF_MEMALLOC)
		return ALLOC_NO_WATERMARKS;
	return current->flags & PF_OOM_VICTIM ? ALLOC_OOM : 0;
}

bool slow_apply_reserves(struct slow_request *rq)
{
	u32 reserve = gfp_pfmemalloc_flags(rq->current, rq->gfp);

	if (reserve)
		rq->alloc_flags = reserve | gfp_to_alloc_flags_cma(rq->mm, rq->ac) |
				  (rq->alloc_flags & ALLOC_KSWAPD);
	if ((rq->alloc_flags & ALLOC_CPUSET) && !reserve)
		return false;
	rq->ac->nodemask = 0;
	rq->ac->preferred = next_zonelist_index(rq->mm, rq->ac, 0);
	return true;
}

/* Requests that must not fragment ask for whole pageblocks in defrag_mode. */
static u32 defrag_order(const struct slow_request *rq)
{
	u32 block = rq->mm->pageblock_order;

	return rq->mm->sysctl.defrag_mode && rq->order < block ? block : rq->order;
}

static u32 reclaim_order(const struct slow_request *rq)
{
	bool nofragment = (rq->alloc_flags & ALLOC_NOFRAGMENT) != 0;

	return nofragment && rq->ac->migratetype != MIGRATE_MOVABLE ? defrag_order(rq) : rq->order;
}

void slow_wake_kswapds(struct slow_request *rq)
{
	if (rq->alloc_flags & ALLOC_KSWAPD)
		wake_all_kswapds(rq->mm, rq->current, defrag_order(rq), rq->gfp, rq->ac);
}

u32 slow_try(struct slow_request *rq)
{
	TRACE(rq->mm, mm_slow_try, .order = rq->order, .alloc_flags = rq->alloc_flags);
	task_charge(rq->current, CAUSE_SLOWPATH, rq->mm->costs.slowpath_loop);
	return get_page_from_freelist(rq->mm, rq->current, rq->gfp, rq->order, rq->alloc_flags,
				      rq->ac);
}

static u64 now(const struct mm *mm)
{
	return mm->engine ? engine_now(mm->engine) : 0;
}

u32 slow_direct_reclaim(struct slow_request *rq)
{
	struct mm *mm = rq->mm;
	bool drained = false;
	u64 begun;
	u32 pfn;

	rq->did_some_progress = 0;
	if (!mm->pressure->try_to_free_pages) {
		count_vm_events(mm, SIM_NO_RECLAIM, 1);
		task_spend_partly(mm, rq->current);
		return PFN_NONE;
	}
	psi_memstall_enter(rq->current->sched);
	rq->current->flags |= PF_MEMALLOC;
	begun = now(mm);
	rq->did_some_progress = mm->pressure->try_to_free_pages(mm, rq->current, rq->gfp,
								reclaim_order(rq), rq->ac);
	rq->current->stalled_ns += now(mm) - begun;
	rq->current->flags &= ~PF_MEMALLOC;
	for (pfn = PFN_NONE; rq->did_some_progress;) {
		pfn = slow_try(rq);
		if (pfn != PFN_NONE || drained)
			break;
		/* What was freed may sit on other CPUs' lists or in the reserve. */
		unreserve_highatomic_pageblock(mm, rq->current, rq->ac, false);
		drain_all_pages(mm, rq->current, NULL);
		drained = true;
	}
	psi_memstall_leave(rq->current->sched);
	return pfn;
}

u32 slow_direct_compact(struct slow_request *rq)
{
	struct mm *mm = rq->mm;
	u32 order = reclaim_order(rq), pfn = PFN_NONE;
	u64 begun;

	if (!order)
		return PFN_NONE;
	if (!mm->pressure->try_to_compact_pages) {
		count_vm_events(mm, SIM_NO_COMPACTION, 1);
		rq->compact_result = COMPACT_SKIPPED;
		return PFN_NONE;
	}
	psi_memstall_enter(rq->current->sched);
	rq->current->flags |= PF_MEMALLOC;
	begun = now(mm);
	rq->compact_result =
		mm->pressure->try_to_compact_pages(mm, rq->current, rq->gfp, order, rq->alloc_flags,
						   rq->ac, rq->compact_priority, rq->order, &pfn);
	rq->current->stalled_ns += now(mm) - begun;
	rq->current->flags &= ~PF_MEMALLOC;
	psi_memstall_leave(rq->current->sched);
	if (rq->compact_result == COMPACT_SKIPPED ||
	    (rq->compact_result == COMPACT_DEFERRED && mm->profile->compact_deferred_not_counted))
		return PFN_NONE;
	count_vm_events(mm, COMPACTSTALL, 1);
	if (pfn == PFN_NONE)
		pfn = slow_try(rq);
	if (pfn != PFN_NONE)
		mm->pressure->compaction_defer_reset(pfn_zone(mm, pfn), order, true);
	count_vm_events(mm, pfn != PFN_NONE ? COMPACTSUCCESS : COMPACTFAIL, 1);
	return pfn;
}

bool slow_should_reclaim_retry(struct slow_request *rq)
{
	struct mm *mm = rq->mm;
	const struct alloc_context *ac = rq->ac;

	if (rq->did_some_progress && !rq->costly_order)
		rq->no_progress_loops = 0;
	else
		rq->no_progress_loops++;
	if (rq->no_progress_loops <= MAX_RECLAIM_RETRIES) {
		for (u32 i = next_zonelist_index(mm, ac, 0); i < ac->nr_zonelist;
		     i = next_zonelist_index(mm, ac, i + 1)) {
			const struct zone *zone = &mm->zones[ac->zonelist[i]];
			s64 available = zone_page_state_snapshot(zone, NR_FREE_PAGES);

			if (mm->pressure->zone_reclaimable_pages)
				available += (s64)mm->pressure->zone_reclaimable_pages(zone);
			if (__zone_watermark_ok(zone, rq->order, wmark_pages(zone, WMARK_MIN),
						ac->highest_zoneidx, rq->alloc_flags, available)) {
				task_spend_partly(mm, rq->current);
				return true;
			}
		}
	}
	return unreserve_highatomic_pageblock(mm, rq->current, ac, true);
}

bool slow_should_compact_retry(struct slow_request *rq)
{
	struct mm *mm = rq->mm;
	u32 max_retries = rq->costly_order ? MAX_COMPACT_RETRIES / 4 : MAX_COMPACT_RETRIES;
	enum compact_priority min = rq->costly_order ? COMPACT_PRIO_SYNC_LIGHT
						     : COMPACT_PRIO_SYNC_FULL;
	enum compact_result result = rq->compact_result;

	if (!rq->order || fatal_signal_pending(rq->current))
		return false;
	if (result == COMPACT_SKIPPED)
		return mm->pressure->compaction_zonelist_suitable &&
		       mm->pressure->compaction_zonelist_suitable(mm, rq->ac, rq->order,
								  rq->alloc_flags);
	if (result == COMPACT_SUCCESS) {
		if (++rq->compaction_retries <= max_retries)
			return true;
	} else if ((result == COMPACT_NO_SUITABLE_PAGE || result == COMPACT_CONTINUE) &&
		   mm->profile->compact_unfinished_retries) {
		if (rq->compaction_retries <= max_retries)
			return true;
	}
	if (rq->compact_priority > min) {
		rq->compact_priority--;
		rq->compaction_retries = 0;
		return true;
	}
	return false;
}

/* mm/page_alloc.c:__alloc_pages_cpuset_fallback, the OOM killer's last try for NOFAIL */
static u32 oom_nofail(struct slow_request *rq)
{
	return get_page_from_freelist(rq->mm, rq->current, rq->gfp, rq->order, ALLOC_NO_WATERMARKS,
				      rq->ac);
}

/* With the OOM mutex held, if there is one. */
static u32 may_oom_locked(struct slow_request *rq)
{
	struct mm *mm = rq->mm;
	u32 pfn;

	/* A parallel kill may have freed enough: one more look, at the high mark. */
	pfn = get_page_from_freelist(mm, rq->current,
				     (rq->gfp | __GFP_HARDWALL) & ~__GFP_DIRECT_RECLAIM, rq->order,
				     ALLOC_WMARK_HIGH | ALLOC_CPUSET, rq->ac);
	if (pfn != PFN_NONE)
		return pfn;
	if (rq->costly_order || (rq->gfp & (__GFP_RETRY_MAYFAIL | __GFP_THISNODE)) ||
	    rq->ac->highest_zoneidx < ZONE_NORMAL)
		return PFN_NONE;
	if (!mm->pressure->out_of_memory) {
		count_vm_events(mm, SIM_NO_OOM, 1);
	} else if (mm->pressure->out_of_memory(mm, rq->current, rq->gfp, rq->order, rq->ac)) {
		rq->did_some_progress = 1;
	}
	if (!(rq->gfp & __GFP_NOFAIL))
		return PFN_NONE;
	return oom_nofail(rq);
}

/* Somebody else is about to kill: give the victim a moment. */
static void wait_for_oom_killer(struct slow_request *rq)
{
	struct mm *mm = rq->mm;
	struct task_struct *current = rq->current;
	u64 from;

	rq->did_some_progress = 1;
	task_spend_partly(mm, current);
	if (!current->sched)
		return;
	from = engine_now(mm->engine);
	cpu_sleep(current->sched, NSEC_PER_SEC / mm->machine->hz);
	current->cpu = cpu_ctx_cpu(current->sched);
	current->total_ns[CAUSE_OOM] += engine_now(mm->engine) - from;
}

u32 slow_may_oom(struct slow_request *rq)
{
	struct vm *vm = rq->mm->vm;
	u32 pfn;

	rq->did_some_progress = 0;
	if (!vm)
		return may_oom_locked(rq);
	if (!oom_mutex_trylock(vm)) {
		wait_for_oom_killer(rq);
		return PFN_NONE;
	}
	pfn = may_oom_locked(rq);
	oom_mutex_unlock(vm);
	return pfn;
}

u32 slow_nofail(struct slow_request *rq, bool *again)
{
	u32 pfn;

	*again = false;
	if (!(rq->gfp & __GFP_NOFAIL) || !rq->can_direct_reclaim)
		return PFN_NONE;
	pfn = get_page_from_freelist(rq->mm, rq->current, rq->gfp, rq->order,
				     ALLOC_MIN_RESERVE | ALLOC_CPUSET, rq->ac);
	if (pfn == PFN_NONE)
		pfn = get_page_from_freelist(rq->mm, rq->current, rq->gfp, rq->order,
					     ALLOC_MIN_RESERVE, rq->ac);
	if (pfn != PFN_NONE)
		return pfn;
	/* The kernel loops until somebody frees. Whoever replays without a context would loop for
	   ever: nobody else can run meanwhile. */
	*again = rq->current->sched != NULL;
	task_spend_partly(rq->mm, rq->current);
	if (*again)
		cpu_sleep(rq->current->sched, 0);
	else
		rq->gave_up = "nofail_without_context";
	return PFN_NONE;
}

u32 slow_fail(struct slow_request *rq)
{
	TRACE(rq->mm, mm_alloc_failed, .current = rq->current, .order = rq->order, .gfp = rq->gfp,
	      .reason = rq->gave_up);
	return PFN_NONE;
}

enum slow_next slow_give_up(struct slow_request *rq, const char *step)
{
	rq->gave_up = step;
	return SLOW_NOPAGE;
}

bool slow_drop_nofragment(struct slow_request *rq)
{
	if (!rq->mm->sysctl.defrag_mode || !(rq->alloc_flags & ALLOC_NOFRAGMENT))
		return false;
	rq->alloc_flags &= ~ALLOC_NOFRAGMENT;
	return true;
}

enum slow_next slow_decide_retry(struct slow_request *rq, u32 *pfn)
{
	if (rq->gfp & __GFP_NORETRY)
		return slow_give_up(rq, "noretry");
	if (rq->costly_order && (!rq->can_compact || !(rq->gfp & __GFP_RETRY_MAYFAIL)))
		return slow_give_up(rq, "costly_order");
	if (slow_should_reclaim_retry(rq))
		return SLOW_RETRY;
	if (rq->did_some_progress && rq->can_compact && slow_should_compact_retry(rq))
		return SLOW_RETRY;
	if (slow_drop_nofragment(rq))
		return SLOW_RETRY;
	*pfn = slow_may_oom(rq);
	if (*pfn != PFN_NONE)
		return SLOW_DONE;
	if ((rq->current->flags & PF_OOM_VICTIM) &&
	    ((rq->alloc_flags & ALLOC_OOM) || (rq->gfp & __GFP_NOMEMALLOC)))
		return slow_give_up(rq, "oom_victim");
	if (rq->did_some_progress) {
		rq->no_progress_loops = 0;
		return SLOW_RETRY;
	}
	return slow_give_up(rq, "out_of_memory");
}

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/page_alloc.h"
#include "mm/pressure.h"

/*
 * The slow path as named steps. Two shapes (slowpath_compact_first.c for 7.2, slowpath_classic.c
 * for 6.12 and 6.1) string them together.
 */
/* What a round leaves to do. */
enum slow_next { SLOW_DONE, SLOW_RETRY, SLOW_NOPAGE };

struct slow_request {
	struct mm *mm;
	struct task_struct *current;
	struct alloc_context *ac;
	gfp_t gfp;
	u32 order, alloc_flags;
	bool can_direct_reclaim, can_compact, costly_order;

	enum compact_priority compact_priority;
	enum compact_result compact_result;
	u32 compaction_retries;
	u32 no_progress_loops;
	u64 did_some_progress;
	u32 nofail_loops;
	const char *gave_up; /* step that ended the request */
};

void slow_begin(struct slow_request *rq, struct mm *mm, struct task_struct *current, gfp_t gfp,
		u32 order, struct alloc_context *ac);

/* mm/page_alloc.c:gfp_to_alloc_flags */
u32 gfp_to_alloc_flags(const struct mm *mm, const struct task_struct *current, gfp_t gfp, u32 order,
		       const struct alloc_context *ac);
/* Rights to dip into reserves; 0: none. mm/page_alloc.c:__gfp_pfmemalloc_flags */
u32 gfp_pfmemalloc_flags(const struct task_struct *current, gfp_t gfp);

/* Takes over reserve rights, and drops memory policy where the request may ignore it. True if the
   policy was dropped. */
bool slow_apply_reserves(struct slow_request *rq);

/* Wakes the kswapds of the request's nodes if it may. */
void slow_wake_kswapds(struct slow_request *rq);
/* One walk over the zones with the current flags. */
u32 slow_try(struct slow_request *rq);
/* mm/page_alloc.c:__alloc_pages_direct_reclaim */
u32 slow_direct_reclaim(struct slow_request *rq);
/* mm/page_alloc.c:__alloc_pages_direct_compact */
u32 slow_direct_compact(struct slow_request *rq);
/* mm/page_alloc.c:should_reclaim_retry */
bool slow_should_reclaim_retry(struct slow_request *rq);
/* mm/page_alloc.c:should_compact_retry */
bool slow_should_compact_retry(struct slow_request *rq);
/* mm/page_alloc.c:__alloc_pages_may_oom */
u32 slow_may_oom(struct slow_request *rq);
/* __GFP_NOFAIL: a last try into the reserves; *again: go round once more. */
u32 slow_nofail(struct slow_request *rq, bool *again);
/* The request fails. mm/page_alloc.c:warn_alloc */
u32 slow_fail(struct slow_request *rq);

/* Ends the request and notes the step that did. */
enum slow_next slow_give_up(struct slow_request *rq, const char *step);
/* Allows mixing types at last, where defrag_mode forbade it. */
bool slow_drop_nofragment(struct slow_request *rq);
/* After reclaim and compaction brought nothing: again, kill, or give up? */
enum slow_next slow_decide_retry(struct slow_request *rq, u32 *pfn);

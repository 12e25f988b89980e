/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"

/* kswapd's side of the allocator: who wakes it, when a node is balanced. One kswapd a node. */

#define MAX_RECLAIM_RETRIES 16

/*
 * Notes what is asked for and wakes the zone's kswapd unless it is awake, hopeless, or the node is
 * balanced and not boosted. mm/vmscan.c:wakeup_kswapd
 */
void wakeup_kswapd(struct zone *zone, struct task_struct *current, gfp_t gfp, u32 order,
		   u32 highest_zoneidx);

/* For each node of a request's zonelist. mm/page_alloc.c:wake_all_kswapds */
void wake_all_kswapds(struct mm *mm, struct task_struct *current, u32 order, gfp_t gfp,
		      const struct alloc_context *ac);

/* Any managed zone up to highest_zoneidx above its high mark for this order.
   mm/vmscan.c:pgdat_balanced */
bool pgdat_balanced(const struct mm *mm, u32 nid, u32 order, u32 highest_zoneidx);

/* Reclaim, anybody's, got pages: kswapd may try again, if the node is balanced (or always, by
   profile). mm/vmscan.c:kswapd_try_clear_hopeless */
void kswapd_try_clear_hopeless(struct mm *mm, u32 nid, u32 order, u32 highest_zoneidx);

/* The thread of one node, as the function of a context (arg: struct kswapd *). Never returns: it
   ends with its context. mm/vmscan.c:kswapd */
struct kswapd {
	struct mm *mm;
	u32 nid;
	struct task_struct task;
};
void kswapd(void *arg);

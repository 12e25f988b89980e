/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/buddy.h"

/* Pages for a migratetype out of blocks of another. Only mm/ and the profiles include this. */

/* rmqueue of profiles: claim whole pageblocks from the top, else steal from the smallest.
   mm/page_alloc.c:__rmqueue, __rmqueue_claim, __rmqueue_steal (7.2, 6.12.y) */
u32 rmqueue_claim_or_steal(struct zone *zone, struct task_struct *current, u32 order,
			   enum migratetype mt, u32 alloc_flags, enum rmqueue_mode *mode);

/* rmqueue of profiles: move blocks to the wanted lists first, then search those again.
   mm/page_alloc.c:__rmqueue, __rmqueue_fallback, steal_suitable_fallback (6.1) */
u32 rmqueue_move_fallback(struct zone *zone, struct task_struct *current, u32 order,
			  enum migratetype mt, u32 alloc_flags, enum rmqueue_mode *mode);

/* First of mt's fallback types with a block of exactly this order; MIGRATE_TYPES: none.
   mm/page_alloc.c:find_suitable_fallback */
enum migratetype find_fallback_type(const struct zone *zone, u32 order, enum migratetype mt);

/* Is there such a block, and may mt take over the whole pageblock for it?
   mm/page_alloc.c:find_suitable_fallback (claimable) */
bool fallback_claimable(const struct zone *zone, u32 order, enum migratetype mt);

/* Keeps the pageblock of a page for high-order atomic requests, if the limit allows.
   mm/page_alloc.c:reserve_highatomic_pageblock */
void reserve_highatomic_pageblock(struct zone *zone, struct task_struct *current, u32 pfn,
				  u32 order);
/* Gives one reserved pageblock back for the requester's type; true if pages moved. force: also the
   last one. mm/page_alloc.c:unreserve_highatomic_pageblock */
bool unreserve_highatomic_pageblock(struct mm *mm, struct task_struct *current,
				    const struct alloc_context *ac, bool force);

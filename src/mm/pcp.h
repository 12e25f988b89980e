/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/buddy.h"

/* Per-CPU page lists: refill, drain and the limits that move between them. */

/* Each allocation forgets half of the frees before it. A profile keeps one of the two; the other is
   always 0. mm/page_alloc.c:rmqueue_pcplist */
static inline void pcp_alloc_begin(struct per_cpu_pages *pcp)
{
	pcp->free_count >>= 1;
	pcp->free_factor >>= 1;
}

/* Orders 0..3 and the THP order have lists. mm/page_alloc.c:pcp_allowed_order */
static inline bool pcp_allowed_order(const struct mm *mm, u32 order)
{
	return order <= PAGE_ALLOC_COSTLY_ORDER || (s32)order == mm->thp_pcp_order;
}

/* mm/page_alloc.c:order_to_pindex */
static inline u32 order_to_pindex(const struct mm *mm, u32 order, enum migratetype mt)
{
	if (order > PAGE_ALLOC_COSTLY_ORDER)
		return mm->profile->thp_pcp_two_lists && mt == MIGRATE_MOVABLE ? NR_PCP_THP + 1
									       : NR_PCP_THP;
	return MIGRATE_PCPTYPES * order + (u32)mt;
}

/* mm/page_alloc.c:pindex_to_order */
static inline u32 pindex_to_order(const struct mm *mm, u32 pindex)
{
	return pindex >= NR_PCP_THP ? mm->pageblock_order : pindex / MIGRATE_PCPTYPES;
}

/*
 * One block from the list of (order, mt), refilled if empty; PFN_NONE if nothing can be had.
 * mm/page_alloc.c:__rmqueue_pcplist
 */
u32 __rmqueue_pcplist(struct zone *zone, struct task_struct *current, u32 order,
		      enum migratetype mt, u32 alloc_flags);

/* Puts a held block on its list; block_mt is its pageblock's type now (not ISOLATE). */
void pcp_free_page(struct zone *zone, struct task_struct *current, u32 pfn, u32 order,
		   enum migratetype block_mt);

/* Drains n pages, from list pindex on. mm/page_alloc.c:free_pcppages_bulk */
void free_pcppages_bulk(struct zone *zone, struct task_struct *current, u32 cpu, s32 n, u32 pindex);

/* All pages of one CPU's set. mm/page_alloc.c:drain_pages_zone */
void drain_pages_zone(struct zone *zone, struct task_struct *current, u32 cpu);
/* One batch of the own set, when a remote node's pages expired. mm/page_alloc.c:drain_zone_pages */
void drain_zone_pages(struct zone *zone, struct task_struct *current);

/* batch in pages. mm/page_alloc.c:zone_batchsize */
s32 zone_batchsize(const struct zone *zone);
/* Recomputes batch and limits and hands them to all sets.
   mm/page_alloc.c:zone_set_pageset_high_and_batch */
void zone_set_pageset_high_and_batch(struct zone *zone);

/* Hooks of the profiles; see struct mm_profile. Auto-tuned sets (7.2, 6.12): */
s32 nr_pcp_alloc_auto(struct zone *zone, struct per_cpu_pages *pcp, u32 order);
void pcp_free_commit_auto(struct zone *zone, struct task_struct *current, u32 order, u32 pindex);
bool decay_pcp_high(struct zone *zone, struct task_struct *current);
/* Fixed limits (6.1): */
s32 nr_pcp_alloc_fixed(struct zone *zone, struct per_cpu_pages *pcp, u32 order);
void pcp_free_commit_fixed(struct zone *zone, struct task_struct *current, u32 order, u32 pindex);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"

/*
 * The allocator's front door. PFNs are absolute; PFN_NONE is failure. Time used is charged to
 * `current` and, if it has a context, spent before returning: the slow path may block in the
 * middle.
 */

/* A block of 2^order pages near the task's node or by its policy. mm/mempolicy.c:alloc_pages */
u32 alloc_pages(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order);

/* Same from a node (NUMA_NO_NODE: the CPU's) and nodemask (0: all).
   mm/page_alloc.c:__alloc_pages */
u32 alloc_pages_node(struct mm *mm, struct task_struct *current, s32 nid, u64 nodemask, gfp_t gfp,
		     u32 order);

/*
 * Up to n single pages into pfns; returns how many. At least one unless nothing is left.
 * mm/page_alloc.c:alloc_pages_bulk
 */
u32 alloc_pages_bulk(struct mm *mm, struct task_struct *current, s32 nid, gfp_t gfp, u32 n,
		     u32 *pfns);

/* What was wrong with a free; nothing is changed unless FREE_OK. */
enum free_result { FREE_OK, FREE_NO_PAGE, FREE_DOUBLE, FREE_WRONG_ORDER, FREE_NOT_OWNED };
extern const char *const free_result_names[];

/* Frees a block as it was allocated. mm/page_alloc.c:__free_pages */
enum free_result free_pages(struct mm *mm, struct task_struct *current, u32 pfn, u32 order);

/*
 * Frees n blocks in one call (orders from their heads). Stops at a bad one, *bad its index.
 * mm/swap.c:release_pages -> mm/page_alloc.c:free_unref_folios
 */
enum free_result release_pages(struct mm *mm, struct task_struct *current, const u32 *pfns, u32 n,
			       u32 *bad);

/* Splits a held block into held pieces of new_order. mm/page_alloc.c:split_page */
enum free_result split_page(struct mm *mm, u32 pfn, u32 order, u32 new_order);

/* This CPU's lists of all zones (or one) back to the buddy. mm/page_alloc.c:drain_local_pages */
void drain_local_pages(struct mm *mm, struct task_struct *current, struct zone *zone);
/* Every CPU's. mm/page_alloc.c:drain_all_pages */
void drain_all_pages(struct mm *mm, struct task_struct *current, struct zone *zone);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"

/*
 * The buddy lists of a zone: blocks of 2^order pages, a list per order and migratetype, in an order
 * that decides every PFN. Only mm/ includes this.
 */

/* mm/internal.h: fpi_t */
#define FPI_NONE		0u
#define FPI_SKIP_REPORT_NOTIFY	BIT(0)
#define FPI_TO_TAIL		BIT(1)

/*
 * Lists of a per-CPU set, linked through page->link: in and out at both ends, never in the middle.
 * The head's `prev` and the tail's `next` mean nothing; taking the head touches no other page.
 * O(1).
 */
void page_list_init(struct page_list *list);
void page_list_add_tail(struct mm *mm, struct page_list *list, u32 pfn);
/* The list is not empty. */
u32 page_list_del_tail(struct mm *mm, struct page_list *list);

static inline void page_list_add(struct mm *mm, struct page_list *list, u32 pfn)
{
	u32 head = list->head;

	pfn_to_page(mm, pfn)->link.next = head;
	if (likely(head != PFN_NONE))
		pfn_to_page(mm, head)->link.prev = pfn;
	else
		list->tail = pfn;
	list->head = pfn;
}

/* The list is not empty. */
static inline u32 page_list_del_head(struct mm *mm, struct page_list *list)
{
	u32 pfn = list->head;

	if (likely(pfn != list->tail))
		list->head = pfn_to_page(mm, pfn)->link.next;
	else
		list->head = list->tail = PFN_NONE;
	return pfn;
}

/* ISOLATE while the block is isolated. mm/page_alloc.c:get_pfnblock_migratetype */
static inline enum migratetype get_pageblock_migratetype(const struct mm *mm, u64 pfn)
{
	const struct pageblock *block = pfn_to_pageblock(mm, pfn);

	return block->flags & PB_isolate ? MIGRATE_ISOLATE : (enum migratetype)block->mt;
}

static inline bool migratetype_is_mergeable(enum migratetype mt)
{
	return mt < MIGRATE_PCPTYPES;
}

/* mm/page_alloc.c:set_pageblock_migratetype: with grouping disabled all is unmovable. */
void set_pageblock_migratetype(struct zone *zone, u64 pfn, enum migratetype mt);
/* Every pageblock of a block of `order` >= pageblock_order.
   mm/page_alloc.c:change_pageblock_range */
void change_pageblock_range(struct zone *zone, u64 pfn, u32 order, enum migratetype mt);

/* Is pfn the head of a free block of exactly this order? mm/internal.h:page_is_buddy */
bool page_is_buddy(const struct zone *zone, u64 pfn, u32 order);
/* The order of the free block that begins at pfn, or -1. */
s32 buddy_order(const struct mm *mm, u64 pfn);
/* The list a free block is on. */
enum migratetype buddy_list_type(const struct mm *mm, u64 pfn, u32 order);
/* Next block of a free list, PFN_NONE at its end. */
u32 free_list_next(const struct mm *mm, u32 pfn, u32 order);

/* Puts a block on a list / takes it off, counting blocks but not pages (see account_freepages). */
void __add_to_free_list(struct zone *zone, u32 cpu, u32 pfn, u32 order, enum migratetype mt,
			bool tail);
void __del_page_from_free_list(struct zone *zone, u32 cpu, u32 pfn, u32 order);

/* Free pages of list type mt change by nr. mm/page_alloc.c:account_freepages */
void account_freepages(struct zone *zone, u32 cpu, s64 nr, enum migratetype mt);

/*
 * Splits the block at pfn from order `high` down to `low`: upper halves go to the lists of mt.
 * Returns the pages put there. mm/page_alloc.c:expand
 */
u64 expand(struct zone *zone, struct task_struct *current, u32 pfn, u32 low, u32 high,
	   enum migratetype mt);

/* Takes the block at pfn off its list and splits it; accounts -2^low unless the profile leaves that
   to the caller. mm/page_alloc.c:page_del_and_expand */
void page_del_and_expand(struct zone *zone, struct task_struct *current, u32 pfn, u32 low, u32 high,
			 enum migratetype mt);

/* Smallest fit on the lists of one type. mm/page_alloc.c:__rmqueue_smallest */
u32 __rmqueue_smallest(struct zone *zone, struct task_struct *current, u32 order,
		       enum migratetype mt);

/* Frees and merges one block; mt is its pageblock's type as the caller read it.
   mm/page_alloc.c:__free_one_page */
void __free_one_page(struct zone *zone, struct task_struct *current, u64 pfn, u32 order,
		     enum migratetype mt, u32 fpi_flags);

/* Frees a block straight to the lists; blocks above a pageblock go piece by piece where the profile
   does so. mm/page_alloc.c:free_one_page, split_large_buddy */
void free_one_page(struct zone *zone, struct task_struct *current, u64 pfn, u32 order,
		   u32 fpi_flags);

/* Start of a pageblock that lies wholly in the zone; false otherwise. On success counts its free
   and movable pages unless NULL. O(pageblock). mm/page_alloc.c:prep_move_freepages_block */
bool prep_move_freepages_block(struct zone *zone, u64 pfn, u64 *start, u32 *num_free,
			       u32 *num_movable);

/* Moves the free blocks of [start, end) to the list tails of mt; returns pages moved.
   num_movable as above. mm/page_alloc.c:__move_freepages_block, move_freepages (6.1) */
u32 move_freepages(struct zone *zone, u32 cpu, u64 start, u64 end, enum migratetype mt,
		   u32 *num_movable);

/* Movable pages of a block in use. */
u32 count_movable(const struct mm *mm, u64 start, u64 end, u32 *num_free);

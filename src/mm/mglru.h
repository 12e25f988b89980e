/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/memcontrol.h"
#include "mm/vmscan.h"

/* Shared by the files of the multi-generational LRU: mglru.c, mglru_age.c, mglru_evict.c. */

#define MIN_LRU_BATCH 64u
#define MAX_LRU_BATCH (MIN_LRU_BATCH * 64)
#define LRU_REFS_MAX  3u /* page->refs: two bits */

static inline u32 lru_gen_from_seq(u64 seq)
{
	return (u32)(seq % MAX_NR_GENS);
}

/* Of a folio on a list of generations. */
static inline u32 page_gen(const struct page *page)
{
	return ((u32)page->flags & PG_GEN_MASK) >> PG_GEN_SHIFT;
}

/* The folio's generation, -1 if it is on no list of one. include/linux/mm_inline.h */
static inline s32 folio_lru_gen(const struct page *page)
{
	if ((page->flags & (PG_lru | PG_unevictable)) != PG_lru)
		return -1;
	return (s32)page_gen(page);
}

static inline u32 get_nr_gens(const struct lru_gen_folio *lrugen, enum lru_type type)
{
	return (u32)(lrugen->max_seq - lrugen->min_seq[type] + 1);
}

/* The two youngest generations count as the active list. */
static inline bool lru_gen_is_active(const struct lru_gen_folio *lrugen, u32 gen)
{
	return gen == lru_gen_from_seq(lrugen->max_seq) ||
	       gen == lru_gen_from_seq(lrugen->max_seq - 1);
}

/* Anonymous pages are evictable unless swappiness is 0. */
static inline u32 lru_gen_min_type(u64 swappiness)
{
	return swappiness ? LRU_TYPE_ANON : LRU_TYPE_FILE;
}

static inline u64 evictable_min_seq(const struct lru_gen_folio *lrugen, u64 swappiness)
{
	return min_u64(lrugen->min_seq[lru_gen_min_type(swappiness)],
		       lrugen->min_seq[LRU_TYPE_FILE]);
}

/* Known uses of a folio, 0..4, and the tier they make. include/linux/mm_inline.h */
u32 folio_lru_refs(const struct mm *mm, const struct page *page);
u32 folio_lru_tier(const struct mm *mm, const struct page *page);
/* Hot for all that is known: it moves on without counting as protected. */
bool folio_lru_lazily_promoted(const struct mm *mm, const struct page *page);

/* The generation's number that a folio would join. include/linux/mm_inline.h:lru_gen_folio_seq */
u64 lru_gen_folio_seq(const struct mm *mm, const struct lruvec *lruvec, const struct page *page,
		      bool reclaiming);

/* Off its list for reclaim: no flag tells afterwards how young it was. O(1) */
void lru_gen_isolate_folio(struct vm *vm, struct lruvec *lruvec, u32 folio);
/* To the head or tail of the list of generation gen, which its flags name already. O(1) */
void lru_gen_move_folio(struct vm *vm, struct lruvec *lruvec, u32 folio, u32 gen, bool tail);

/* Counts the folio from one generation to another. include/linux/mm_inline.h */
void lru_gen_update_size(struct vm *vm, struct lruvec *lruvec, u32 folio, s32 old_gen, s32 new_gen);

/*
 * A young entry was found on the way: true if that makes the folio one of the youngest generation.
 * Its list position follows when eviction meets it. mm/vmscan.c:folio_update_gen
 */
bool lru_gen_promote_folio(struct vm *vm, struct lruvec *lruvec, u32 folio);
/* From the oldest generation to the next, unless it was promoted; its generation then.
   mm/vmscan.c:folio_inc_gen */
u32 lru_gen_inc_gen(struct vm *vm, struct lruvec *lruvec, u32 folio);

/* Refault rates of tiers. mm/vmscan.c:struct ctrl_pos */
struct ctrl_pos {
	u64 refaulted, total, gain;
};
/* Of a tier, or with MAX_NR_TIERS of all together. mm/vmscan.c:read_ctrl_pos */
struct ctrl_pos lru_gen_ctrl_pos(const struct lru_gen_folio *lrugen, enum lru_type type, u32 tier,
				 u64 gain);
/* Has pv few refaults, or a lower rate than sp? mm/vmscan.c:positive_ctrl_err */
bool positive_ctrl_err(const struct ctrl_pos *sp, const struct ctrl_pos *pv);

/* Drops empty oldest generations. mm/vmscan.c:try_to_inc_min_seq */
void lru_gen_try_to_inc_min_seq(const struct mm *mm, struct lruvec *lruvec, u64 swappiness);
/* The oldest generation of a type joins the next. O(its folios). mm/vmscan.c:inc_min_seq */
void lru_gen_inc_min_seq(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
			 enum lru_type type, u64 swappiness);

/* How much anonymous memory may be evicted, 0..200. mm/vmscan.c:get_swappiness */
u64 lru_gen_swappiness(const struct vm *vm, const struct scan_control *sc);
/* Pages of evictable types. mm/vmscan.c:lruvec_evictable_size */
u64 lru_gen_evictable_size(const struct lruvec *lruvec, u64 swappiness);

/*
 * Walks page tables, then begins a generation. Time passes on the way: others may join the walk,
 * and whoever finds all given out begins the generation. mm/vmscan.c:try_to_inc_max_seq
 */
void lru_gen_inc_max_seq(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
			 u64 swappiness);

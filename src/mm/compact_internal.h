/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/buddy.h"
#include "mm/compaction.h"

/* Shared by compaction.c, compact_migrate.c, compact_free.c, migrate.c and kcompactd.c. */

/* What a zone remembers between runs. include/linux/mmzone.h:struct zone */
struct zone_compact {
	u64 cached_migrate_pfn[2]; /* for asynchronous and other runs */
	u64 cached_free_pfn;
	u64 init_migrate_pfn, init_free_pfn;
	bool blockskip_flush; /* a direct run met its end */
	u32 considered, defer_shift;
	s32 order_failed;
};

/* One run. mm/internal.h:struct compact_control */
struct compact_control {
	struct mm *mm;
	struct task_struct *current;
	struct zone *zone;
	s32 order; /* -1: no allocation waits */
	u32 search_order;
	gfp_t gfp;
	u32 alloc_flags, highest_zoneidx;
	enum migratetype migratetype;
	enum migrate_mode mode;
	bool whole_zone, ignore_skip_hint, ignore_block_suitable;
	bool direct_compaction, proactive_compaction;
	bool finish_pageblock;
	bool contended; /* an asynchronous run found a lock taken: it gives up soon */
	struct timed_lock *locked; /* held now; NULL: none */
	u64 locked_charge;	   /* charged_ns when it was taken */
	const char *why;

	u64 migrate_pfn, free_pfn;
	u64 fast_start_pfn; /* 0: none yet; UINT64_MAX: used up */
	u32 fast_search_fail;
	struct page_list migratepages; /* isolated sources, the last one first */
	u64 nr_migratepages;
	struct page_list freepages[NR_PAGE_ORDERS_LIMIT]; /* isolated targets */
	u64 nr_freepages;
	u64 total_migrate_scanned, total_free_scanned;
	u64 nr_migrated, nr_pinned, nr_busy, nr_no_target; /* pages that moved or did not */
};

/* Where a direct run takes the block it made as it is freed. mm/internal.h */
struct capture_control {
	struct compact_control *cc;
	u32 order; /* the request's: cc may compact for a larger one */
	u32 pfn;   /* PFN_NONE: none yet */
};

static inline u64 block_start_pfn(const struct mm *mm, u64 pfn)
{
	return pfn & ~(u64)(mm->pageblock_nr_pages - 1);
}

static inline u64 block_end_pfn(const struct mm *mm, u64 pfn)
{
	return block_start_pfn(mm, pfn) + mm->pageblock_nr_pages;
}

/*
 * The LRU lock or the zone's, for what is charged until it is dropped. An asynchronous run that
 * finds it taken says so in cc->contended the first time, and waits like any other.
 * mm/compaction.c:compact_lock_irqsave
 */
void compact_lock(struct compact_control *cc, struct timed_lock *lock);
void compact_unlock(struct compact_control *cc);

/* May the pageblock be looked at, by its skip bit? mm/compaction.c:isolation_suitable */
bool isolation_suitable(const struct compact_control *cc, u64 pfn);
void set_pageblock_skip(const struct compact_control *cc, u64 pfn);

enum isolate_migrate { ISOLATE_ABORT, ISOLATE_NONE, ISOLATE_SUCCESS };
/* The next pages to move. mm/compaction.c:isolate_migratepages */
enum isolate_migrate isolate_migratepages(struct compact_control *cc);
/* Moves on the remembered place of the migrate scanner. mm/compaction.c:update_cached_migrate */
void update_cached_migrate(struct compact_control *cc, u64 pfn);
/* What was isolated goes back to the LRU. mm/migrate.c:putback_movable_pages */
void putback_movable_pages(struct compact_control *cc);

/* A free block of 2^order pages, PAGE_ISOLATED; PFN_NONE: none. mm/compaction.c:compaction_alloc */
u32 compaction_alloc(struct compact_control *cc, u32 order);
/* Gives back all isolated free pages; the highest of them, 0: there were none.
   mm/compaction.c:release_free_list */
u64 release_free_list(struct compact_control *cc);

enum migrate_result { MIGRATE_ALL, MIGRATE_SOME_FAILED, MIGRATE_NO_TARGET };
/*
 * The contents of an isolated folio go to the block of the same order at `to`, isolated or held,
 * and from there to the LRU. `from` is then nobody's, for the caller to free.
 * mm/migrate.c:migrate_folio_move
 */
void migrate_folio(struct mm *mm, struct task_struct *current, u32 from, u32 to);
/* Moves what is isolated; what fails is put back. mm/migrate.c:migrate_pages */
enum migrate_result migrate_pages(struct compact_control *cc);

/* mm/compaction.c:compact_zone; capture NULL: none wanted */
enum compact_result compact_zone(struct compact_control *cc, struct capture_control *capture);
bool compaction_deferred(struct zone *zone, s32 order);
void defer_compaction(struct zone *zone, s32 order);
/* Has the order waited for as long as it can? Then skip bits are dropped before the run.
   mm/compaction.c:compaction_restarting */
bool compaction_restarting(const struct zone_compact *zc, s32 order);
/* New starting points where there is something to find.
   mm/compaction.c:__reset_isolation_suitable */
void reset_zone_isolation(struct zone *zone);
/* Is there anything to do for an order and a mark?
   mm/compaction.c:compaction_suit_allocation_order */
enum compact_result compaction_suit_allocation_order(struct zone *zone, u32 order,
						     u32 highest_zoneidx, u32 alloc_flags,
						     bool async, bool kcompactd);
/* mm/compaction.c:fragmentation_score_zone, fragmentation_score_node */
u32 fragmentation_score_zone(const struct zone *zone);
u32 fragmentation_score_node(const struct mm *mm, u32 nid);
/* The score up to which (low) and from which proactive runs work. */
u32 fragmentation_score_wmark(const struct mm *mm, bool low);
/* All zones of a node, whatever order. mm/compaction.c:compact_node */
void compact_node(struct mm *mm, struct task_struct *current, u32 nid, bool proactive);

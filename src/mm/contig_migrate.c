/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Emptying a range: clean pages of files are dropped, other folios move to wherever the allocator
 * finds room, free huge pages of the pool are replaced. mm/page_alloc.c:
 * __alloc_contig_migrate_range, mm/vmscan.c:reclaim_clean_pages_from_list, mm/migrate.c:
 * alloc_migration_target. The kernel keeps folios isolated while it looks for room and waits for
 * I/O; here each is taken off the LRU only when it has where to go, so that nobody meets one that
 * is on no list. Left out: movable_ops pages, and splitting of a file's folio that finds no room.
 */
#include "mm/alloc.h"
#include "mm/buddy.h"
#include "mm/compact_internal.h"
#include "mm/contig_internal.h"
#include "mm/filemap.h"
#include "mm/huge_memory.h"
#include "mm/hugetlb.h"
#include "mm/lru.h"
#include "mm/oom.h"
#include "mm/vmscan.h"
#include "mm/vmstat.h"

#define CONTIG_TRIES 5u /* of one batch. mm/page_alloc.c:__alloc_contig_migrate_range */

/* A folio that can be asked to leave, as far as one sees. */
static bool can_leave(const struct page *page)
{
	enum page_owner_kind kind = page_owner_kind(page);

	return page->state == PAGE_USED && (page->flags & PG_lru) &&
	       (kind == OWNER_NODE || kind == OWNER_SWAP || kind == OWNER_HUGE);
}

/* Without a file behind it, references are seen before it is taken.
   mm/compaction.c:isolate_migratepages_block */
static bool held_by_others(const struct page *page)
{
	return (page->flags & (PG_pinned | PG_swapbacked)) == (PG_pinned | PG_swapbacked);
}

static void note(struct contig_control *cc, enum contig_cause cause, u64 page)
{
	cc->cause = cause;
	cc->page = page;
}

/* The frames that what is at pfn covers; what can leave joins the batch. *nr: pages in it. */
static u64 look_at(struct contig_control *cc, u64 pfn, u64 *nr)
{
	const struct page *page = pfn_to_page(cc->mm, pfn);
	s32 order = buddy_order(cc->mm, pfn);

	if (order >= 0)
		return 1ull << order;
	if (can_leave(page)) {
		if (held_by_others(page)) {
			note(cc, CONTIG_CAUSE_PINNED, pfn);
		} else {
			cc->folios[cc->nr++] = (u32)pfn;
			*nr += 1ull << page->order;
		}
	}
	return page->state == PAGE_NONE ? 1 : 1ull << page->order;
}

/* The next batch. mm/compaction.c:isolate_migratepages_range */
static enum contig_result gather(struct contig_control *cc)
{
	struct mm *mm = cc->mm;
	u64 from = cc->pfn, nr = 0;

	while (cc->pfn < cc->end && nr < CONTIG_BATCH && cc->nr < CONTIG_BATCH) {
		const struct page *page = pfn_to_page(mm, cc->pfn);

		if (page->state == PAGE_USED && page_owner_kind(page) == OWNER_HUGETLB) {
			if (!hugetlb_replace_page(mm->vm, cc->current, (u32)cc->pfn)) {
				note(cc, CONTIG_CAUSE_NO_TARGET, cc->pfn);
				return CONTIG_NO_MEMORY;
			}
			continue; /* time has passed: look again */
		}
		cc->pfn += look_at(cc, cc->pfn, &nr);
	}
	cc->nr_scanned += cc->pfn - from;
	task_charge(cc->current, CAUSE_COMPACTION,
		    (cc->pfn - from) * mm->costs.compact_scan);
	return CONTIG_OK;
}

static bool clean_file(const struct page *page)
{
	return can_leave(page) &&
	       !(page->flags & (PG_swapbacked | PG_dirty | PG_unevictable));
}

/* Dropping is cheaper than moving. mm/vmscan.c:reclaim_clean_pages_from_list */
static void reclaim_clean(struct contig_control *cc)
{
	struct scan_control sc = {.gfp = GFP_KERNEL, .may_unmap = true,
				  .ignore_references = true};
	u32 clean[CONTIG_BATCH], nr = 0, kept = 0;
	struct reclaim_stat stat;

	for (u32 i = 0; i < cc->nr; i++) {
		struct page *page = pfn_to_page(cc->mm, cc->folios[i]);

		if (!clean_file(page)) {
			cc->folios[kept++] = cc->folios[i];
			continue;
		}
		lruvec_del_folio(cc->mm->vm, cc->folios[i]);
		page->flags &= (u16)~PG_active;
		task_charge(cc->current, CAUSE_COMPACTION, cc->mm->costs.compact_isolate);
		clean[nr++] = cc->folios[i];
	}
	if (!nr)
		return;
	cc->nr_reclaimed += shrink_folio_list(cc->mm->vm, cc->current, clean, &nr,
					      cc->zone->nid, &sc, &stat);
	(void)move_folios_to_lru(cc->mm->vm, clean, nr);
	for (u32 i = 0; i < nr; i++)
		cc->folios[kept++] = clean[i];
	cc->nr = kept;
}

/* Read or written: waits. False: it is no longer the folio that was to move. */
static bool wait_until_idle(struct contig_control *cc, u32 folio, u32 order)
{
	const struct page *page = pfn_to_page(cc->mm, folio);

	while (can_leave(page) && page->order == order &&
	       (page->flags & (PG_locked | PG_writeback)) && cc->current->sched)
		folio_wait(cc->mm->vm, cc->current, folio, CAUSE_WRITEBACK);
	return can_leave(page) && page->order == order;
}

/* mm/migrate.c:alloc_migration_target */
static u32 alloc_target(struct contig_control *cc, u32 order)
{
	gfp_t gfp = (cc->gfp & (__GFP_IO | __GFP_FS | __GFP_RECLAIM | __GFP_NOWARN)) |
		    __GFP_HARDWALL | __GFP_MOVABLE | __GFP_RETRY_MAYFAIL;

	if (order)
		gfp = (gfp & ~__GFP_RECLAIM) | GFP_TRANSHUGE;
	if (cc->zone->type == ZONE_HIGHMEM || cc->zone->type == ZONE_MOVABLE)
		gfp |= __GFP_HIGHMEM;
	return alloc_pages_node(cc->mm, cc->current, cc->zone->nid, 0, gfp, order);
}

enum leave { LEAVE_GONE, LEAVE_STAYS, LEAVE_CHANGED, LEAVE_NO_TARGET };

/* Without room for a huge page its base pages may find some. */
static enum leave no_target(struct contig_control *cc, u32 folio, u32 order)
{
	struct huge_entry *huge;

	note(cc, CONTIG_CAUSE_NO_TARGET, folio);
	if (!wait_until_idle(cc, folio, order))
		return LEAVE_CHANGED;
	huge = folio_huge_entry(cc->mm->vm, folio);
	if (huge && split_huge_entry(cc->mm->vm, cc->current, huge))
		return LEAVE_CHANGED;
	return LEAVE_NO_TARGET;
}

/* Moves one folio. Time passes, also between the look at it and its move: it is looked at again. */
static enum leave leave(struct contig_control *cc, u32 folio)
{
	struct page *page = pfn_to_page(cc->mm, folio);
	u32 order = page->order, to;
	bool same;

	if (!wait_until_idle(cc, folio, order))
		return LEAVE_CHANGED;
	to = alloc_target(cc, order);
	if (to == PFN_NONE)
		return no_target(cc, folio, order);
	same = wait_until_idle(cc, folio, order);
	if (!same || (page->flags & (PG_pinned | PG_locked | PG_writeback))) {
		(void)free_pages(cc->mm, cc->current, to, order);
		if (!same)
			return LEAVE_CHANGED;
		note(cc, page->flags & PG_pinned ? CONTIG_CAUSE_PINNED : CONTIG_CAUSE_BUSY, folio);
		return LEAVE_STAYS;
	}
	lruvec_del_folio(cc->mm->vm, folio);
	migrate_folio(cc->mm, cc->current, folio, to);
	(void)free_pages(cc->mm, cc->current, folio, order);
	cc->nr_migrated += 1ull << order;
	return LEAVE_GONE;
}

/* What stays is left in the batch. mm/migrate.c:migrate_pages */
static enum contig_result migrate_batch(struct contig_control *cc)
{
	u32 kept = 0, n = cc->nr;
	u64 migrated = cc->nr_migrated, failed = 0;
	enum contig_result result = CONTIG_OK;

	for (u32 i = 0; i < n; i++) {
		u32 folio = cc->folios[i];
		enum leave done = result == CONTIG_OK ? leave(cc, folio) : LEAVE_STAYS;

		if (done == LEAVE_NO_TARGET)
			result = CONTIG_NO_MEMORY;
		if (done == LEAVE_CHANGED)
			cc->pfn = min_u64(cc->pfn, folio); /* whatever is there now */
		if (done == LEAVE_STAYS || done == LEAVE_NO_TARGET) {
			failed += folio_nr_pages(cc->mm, folio);
			cc->folios[kept++] = folio;
		}
	}
	cc->nr = kept;
	cc->nr_failed += failed;
	count_vm_events(cc->mm, PGMIGRATE_SUCCESS, cc->nr_migrated - migrated);
	count_vm_events(cc->mm, PGMIGRATE_FAIL, failed);
	return result;
}

enum contig_result contig_migrate_range(struct contig_control *cc)
{
	struct vm *vm = cc->mm->vm;
	enum contig_result result = CONTIG_OK;
	u32 tries = 0;

	if (!vm)
		return CONTIG_OK; /* nothing here moves */
	lru_cache_disable(vm, cc->current);
	while (result == CONTIG_OK && (cc->pfn < cc->end || cc->nr)) {
		if (fatal_signal_pending(cc->current)) {
			note(cc, CONTIG_CAUSE_SIGNAL, cc->pfn);
			result = CONTIG_INTERRUPTED;
			break;
		}
		if (!cc->nr) {
			result = gather(cc);
			tries = 0;
		} else if (++tries == CONTIG_TRIES) {
			result = CONTIG_BUSY;
		}
		if (result == CONTIG_OK) {
			reclaim_clean(cc);
			result = migrate_batch(cc);
		}
		task_spend_partly(cc->mm, cc->current);
	}
	lru_cache_enable(vm);
	return result;
}

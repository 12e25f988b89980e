/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Moving isolated folios to free blocks: mappings, page cache or swap cache entries, LRU position
 * and flags follow. mm/migrate.c (7.2): migrate_pages. What is written or read just now, or pinned,
 * stays. A batch moves between two points of time, so references that others take for a moment
 * (the kernel's retries) do not occur; a sync run that would wait for write-back fails there.
 */
#include <assert.h>

#include "mm/alloc.h"
#include "mm/compact_internal.h"
#include "mm/filemap.h"
#include "mm/lru.h"
#include "mm/rmap.h"
#include "mm/vmstat.h"

/* Why a folio cannot move now; NULL: it can. */
static u64 *hindrance(struct compact_control *cc, u32 pfn)
{
	u16 flags = pfn_to_page(cc->mm, pfn)->flags;

	if (flags & PG_pinned)
		return &cc->nr_pinned;
	return flags & (PG_locked | PG_writeback) ? &cc->nr_busy : NULL;
}

void migrate_folio(struct mm *mm, struct task_struct *current, u32 from, u32 to)
{
	struct page *target = pfn_to_page(mm, to);
	u64 nr = folio_nr_pages(mm, from);

	target->state = PAGE_USED;
	target->mt = MIGRATE_MOVABLE;
	target->flags = 0;
	folio_replace(mm->vm, from, to);
	lruvec_add_folio(mm->vm, to);
	TRACE(mm, mm_folio_moved, .current = current, .from = from, .to = to,
	      .order = target->order);
	pfn_to_page(mm, from)->flags = 0;
	pfn_to_page(mm, from)->owner = 0;
	task_charge(current, CAUSE_COMPACTION,
		    nr * (mm->costs.migrate_page + (mm->costs.copy_page << (mm->page_shift - 12))));
}

/* The sources are free once all of the batch has moved. */
static void free_sources(struct compact_control *cc, struct page_list *moved)
{
	struct mm *mm = cc->mm;

	while (moved->head != PFN_NONE) {
		u32 pfn = page_list_del_head(mm, moved);
		u32 order = pfn_to_page(mm, pfn)->order;
		enum free_result result = free_pages(mm, cc->current, pfn, order);

		assert(result == FREE_OK);
		(void)result;
	}
}

enum migrate_result migrate_pages(struct compact_control *cc)
{
	struct mm *mm = cc->mm;
	enum migrate_result result = MIGRATE_ALL;
	struct page_list moved, kept;
	u64 ok = 0, kept_pages = 0, failed = 0;

	page_list_init(&moved);
	page_list_init(&kept);
	while (cc->migratepages.head != PFN_NONE) {
		u32 from = page_list_del_head(mm, &cc->migratepages), to = PFN_NONE;
		u64 nr = folio_nr_pages(mm, from), *why = hindrance(cc, from);
		bool out_of_targets = result == MIGRATE_NO_TARGET;

		cc->nr_migratepages -= nr;
		if (!out_of_targets && !why) {
			cc->nr_migratepages += nr; /* the free scanner looks how many it needs */
			to = compaction_alloc(cc, pfn_to_page(mm, from)->order);
			cc->nr_migratepages -= nr;
			if (to == PFN_NONE)
				result = MIGRATE_NO_TARGET;
		}
		if (to == PFN_NONE) {
			kept_pages += nr;
			*(why ? why : &cc->nr_no_target) += nr;
			/* Behind the first one without a target nobody is tried. */
			if (!out_of_targets)
				failed += nr;
			if (result == MIGRATE_ALL)
				result = MIGRATE_SOME_FAILED;
			page_list_add_tail(mm, &kept, from);
			continue;
		}
		ok += nr;
		migrate_folio(mm, cc->current, from, to);
		page_list_add_tail(mm, &moved, from);
	}
	cc->migratepages = kept;
	putback_movable_pages(cc);
	count_vm_events(mm, PGMIGRATE_SUCCESS, ok);
	count_vm_events(mm, PGMIGRATE_FAIL, failed);
	cc->nr_migrated += ok;
	TRACE(mm, mm_compaction_migratepages, .current = cc->current, .nr_migrated = ok,
	      .nr_failed = kept_pages);
	free_sources(cc, &moved);
	return result;
}

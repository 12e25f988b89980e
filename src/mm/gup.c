/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that are to be pinned for long leave memory that has to stay movable, after mm/gup.c:
 * check_and_migrate_movable_pages, migrate_longterm_unpinnable_folios (7.2). Page by page, and each
 * only when there is where to go.
 */
#include "mm/alloc.h"
#include "mm/buddy.h"
#include "mm/compact_internal.h"
#include "mm/filemap.h"
#include "mm/lru.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"

/* include/linux/mm.h:folio_is_longterm_pinnable */
static bool longterm_pinnable(const struct mm *mm, u32 pfn)
{
	return pfn_to_pageblock(mm, pfn)->mt != MIGRATE_CMA &&
	       get_pageblock_migratetype(mm, pfn) != MIGRATE_ISOLATE &&
	       pfn_zone(mm, pfn)->type != ZONE_MOVABLE;
}

/* The single page at `index`; PFN_NONE: none is there. */
static u32 page_at(const struct vm_area_struct *vma, u64 index)
{
	u32 slot = (u32)(index % VM_NODE_SLOTS);
	const struct vm_node *node = vm_node_lookup(vma->vm_mm->vm, &vma->nodes, index);

	return node && node->present >> slot & 1 ? node->slot[slot] : PFN_NONE;
}

/* On a list, and neither read nor written. */
static bool can_go(const struct page *page)
{
	return (page->flags & PG_lru) && !(page->flags & (PG_locked | PG_writeback | PG_pinned));
}

bool vm_make_pinnable(struct vm_area_struct *vma, struct task_struct *current, u64 index)
{
	struct vm *vm = vma->vm_mm->vm;
	struct mm *mm = vm->mm;
	u32 pfn = page_at(vma, index), to;

	if (pfn == PFN_NONE || longterm_pinnable(mm, pfn))
		return true;
	if (!(pfn_to_page(mm, pfn)->flags & PG_lru))
		lru_add_drain_all(vm, current);
	while (page_at(vma, index) == pfn && current->sched &&
	       (pfn_to_page(mm, pfn)->flags & (PG_locked | PG_writeback)))
		folio_wait(vm, current, pfn, CAUSE_WRITEBACK);
	to = alloc_pages_node(mm, current, pfn_zone(mm, pfn)->nid, 0,
			      (GFP_USER & ~__GFP_MOVABLE) | __GFP_NOWARN, 0);
	if (to == PFN_NONE)
		return false;
	/* Time has passed: it may be gone, or about to be written. */
	if (page_at(vma, index) != pfn || !can_go(pfn_to_page(mm, pfn))) {
		(void)free_pages(mm, current, to, 0);
		return true;
	}
	lruvec_del_folio(vm, pfn);
	migrate_folio(mm, current, pfn, to);
	count_vm_events(mm, PGMIGRATE_SUCCESS, 1);
	(void)free_pages(mm, current, pfn, 0);
	return true;
}

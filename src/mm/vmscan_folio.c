/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of each folio that reclaim has taken off the LRU: kept, activated, sent to swap, or
 * freed. mm/vmscan.c:shrink_folio_list (7.2). Large folios go whole. Left out: demotion to slower
 * memory, lazily freed anonymous pages, private data of file systems but buffer heads. Huge
 * anonymous folios are split first, and their pages decided about in the same pass.
 */
#include "mm/vmscan.h"

#include <assert.h>

#include "mm/filemap.h"
#include "mm/huge_memory.h"
#include "mm/rmap.h"
#include "mm/swap.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"
#include "mm/writeback.h"

#define FREE_BATCH_MAX 64u

enum folio_fate { FOLIO_KEEP, FOLIO_ACTIVATE, FOLIO_FREE, FOLIO_SPLIT, FOLIO_GO_ON };
enum folio_verdict { FOLIOREF_RECLAIM, FOLIOREF_RECLAIM_CLEAN, FOLIOREF_KEEP, FOLIOREF_ACTIVATE };

/* One call of shrink_folio_list(). */
struct shrink_pass {
	struct vm *vm;
	struct task_struct *current;
	struct pglist_data *pgdat;
	struct scan_control *sc;
	struct reclaim_stat *stat;
	u32 freed[FREE_BATCH_MAX], nr_freed, batch;
	struct page_list split; /* the pages of a huge folio that was split */
	bool flush_pending; /* entries are gone whose translations CPUs may still hold */
	u64 nr_reclaimed;
};

/* Of a batch of unmapped pages. mm/rmap.c:try_to_unmap_flush */
static void unmap_flush(struct shrink_pass *pass)
{
	const struct mm *mm = pass->vm->mm;
	u64 ns = mm->costs.tlb_flush;

	if (!pass->flush_pending)
		return;
	pass->flush_pending = false;
	if (mm->nr_cpus > 1) {
		pass->current->tlb_ipis++;
		ns += mm->costs.tlb_flush_ipi + (mm->nr_cpus - 1) * mm->costs.tlb_flush_cpu;
	}
	task_charge(pass->current, CAUSE_RECLAIM, ns);
}

static void free_batch(struct shrink_pass *pass)
{
	if (!pass->nr_freed)
		return;
	unmap_flush(pass);
	folios_put(pass->vm, pass->current, pass->freed, pass->nr_freed);
	pass->nr_freed = 0;
}

/* What the page tables say about use since the last look. mm/vmscan.c:folio_check_references */
static enum folio_verdict folio_check_references(struct shrink_pass *pass, u32 folio)
{
	struct page *page = pfn_to_page(pass->vm->mm, folio);
	struct folio_references refs = folio_referenced(pass->vm, pass->current, folio);
	bool file = folio_lru_type(page) == LRU_TYPE_FILE;
	bool referenced;

	if (refs.vm_locked) {
		mlock_folio(pass->vm, pass->current, folio);
		return FOLIOREF_ACTIVATE;
	}
	if (pass->vm->lru_gen && pass->vm->mm->profile->lru_gen_marks_first) {
		if (!refs.young)
			return FOLIOREF_RECLAIM;
		return lru_gen_set_refs(pass->vm, folio) ? FOLIOREF_ACTIVATE : FOLIOREF_KEEP;
	}
	referenced = (page->flags & PG_referenced) != 0;
	page->flags &= (u16)~PG_referenced;
	if (refs.young) {
		page->flags |= PG_referenced;
		if (referenced || refs.young > 1 || (refs.vm_exec && file))
			return FOLIOREF_ACTIVATE;
		return FOLIOREF_KEEP;
	}
	return referenced && file ? FOLIOREF_RECLAIM_CLEAN : FOLIOREF_RECLAIM;
}

/* The share of dirty pages decides about flushers and throttling later; anonymous ones do not
   count. mm/vmscan.c:folio_check_dirty_writeback */
static void count_dirty(struct shrink_pass *pass, const struct page *page, u64 nr)
{
	bool dirty = (page->flags & PG_dirty) != 0, writeback = (page->flags & PG_writeback) != 0;

	if (folio_lru_type(page) != LRU_TYPE_FILE)
		return;
	if (dirty || writeback)
		pass->stat->nr_dirty += nr;
	if (dirty && !writeback)
		pass->stat->nr_unqueued_dirty += nr;
	if (writeback && (page->flags & PG_reclaim))
		pass->stat->nr_congested += nr;
}

static enum folio_fate under_writeback(struct shrink_pass *pass, struct page *page, u64 nr)
{
	if (pass->sc->is_kswapd && (page->flags & PG_reclaim) && pass->pgdat->pgdat_writeback) {
		pass->stat->nr_immediate += nr;
	} else {
		page->flags |= PG_reclaim;
		pass->stat->nr_writeback += nr;
	}
	return FOLIO_ACTIVATE;
}

/* mm/vmscan.c:may_enter_fs */
static bool may_enter_fs(const struct page *page, gfp_t gfp)
{
	return (gfp & __GFP_FS) || ((page->flags & PG_swapcache) && (gfp & __GFP_IO));
}

/* What is to be swapped goes page by page. mm/huge_memory.c:split_folio_to_list */
static enum folio_fate split_huge(struct shrink_pass *pass, u32 folio, u64 nr)
{
	struct vm *vm = pass->vm;

	if (!(pass->sc->gfp & __GFP_IO))
		return FOLIO_KEEP;
	if (!split_huge_entry_to_list(vm, pass->current, folio_huge_entry(vm, folio),
				      &pass->split))
		return FOLIO_ACTIVATE;
	pass->sc->nr_scanned -= nr; /* each is looked at again */
	return FOLIO_SPLIT;
}

/* Anonymous memory that has no place on a swap device gets one. */
static enum folio_fate give_swap_slot(struct shrink_pass *pass, u32 folio)
{
	const struct page *page = pfn_to_page(pass->vm->mm, folio);

	if (!(page->flags & PG_swapbacked) || (page->flags & PG_swapcache))
		return FOLIO_GO_ON;
	if (!(pass->sc->gfp & __GFP_IO) || (page->flags & PG_pinned))
		return FOLIO_KEEP;
	return folio_alloc_swap(pass->vm, pass->current, folio) ? FOLIO_GO_ON : FOLIO_ACTIVATE;
}

static enum folio_fate unmap_folio(struct shrink_pass *pass, u32 folio, u64 nr)
{
	if (!folio_mapped(pass->vm, folio))
		return FOLIO_GO_ON;
	pass->flush_pending = true;
	if (try_to_unmap(pass->vm, pass->current, folio))
		return FOLIO_GO_ON;
	pass->stat->nr_unmap_fail += nr;
	return FOLIO_ACTIVATE;
}

/* Begins to write an anonymous folio; a device that is done at once lets it go at once.
   mm/vmscan.c:pageout */
static enum folio_fate pageout(struct shrink_pass *pass, u32 folio, u64 nr)
{
	struct vm *vm = pass->vm;
	struct page *page = pfn_to_page(vm->mm, folio);

	unmap_flush(pass);
	page->flags |= PG_reclaim;
	swap_writeout(vm, pass->current, folio);
	if (!(page->flags & PG_writeback))
		page->flags &= (u16)~PG_reclaim;
	TRACE(vm->mm, mm_vmscan_write_folio, .current = pass->current, .pfn = folio);
	mod_node_page_state(vm, folio, NR_VMSCAN_WRITE, (s64)nr);
	pass->stat->nr_pageout += nr;
	return page->flags & (PG_writeback | PG_dirty) ? FOLIO_KEEP : FOLIO_GO_ON;
}

static enum folio_fate dirty_folio(struct shrink_pass *pass, u32 folio, enum folio_verdict verdict,
				   u64 nr)
{
	struct page *page = pfn_to_page(pass->vm->mm, folio);
	struct scan_control *sc = pass->sc;

	if (folio_lru_type(page) == LRU_TYPE_FILE) {
		/*
		 * Files are the flusher's business: single pages make poor requests. Kernels that
		 * let kswapd try find that the file system cannot write one page (ext4 since 6.2).
		 */
		if (pass->vm->mm->profile->reclaim_writes_files && sc->is_kswapd &&
		    (page->flags & PG_reclaim) && pass->pgdat->pgdat_dirty)
			return FOLIO_ACTIVATE;
		mod_node_page_state(pass->vm, folio, NR_VMSCAN_IMMEDIATE, (s64)nr);
		page->flags |= PG_reclaim;
		return FOLIO_ACTIVATE;
	}
	if (verdict == FOLIOREF_RECLAIM_CLEAN || !may_enter_fs(page, sc->gfp) ||
	    !sc->may_writepage)
		return FOLIO_KEEP;
	return pageout(pass, folio, nr);
}

/* Out of the page cache or the swap cache; a shadow stays. mm/vmscan.c:__remove_mapping */
static void remove_mapping(struct shrink_pass *pass, u32 folio)
{
	struct vm *vm = pass->vm;
	const struct page *page = pfn_to_page(vm->mm, folio);
	u32 shadow = workingset_eviction(vm, folio, pass->sc->target_mem_cgroup);

	task_charge(pass->current, CAUSE_RECLAIM,
		    vm->mm->costs.workingset_shadow +
			    folio_nr_pages(vm->mm, folio) * vm->mm->costs.page_cache_op);
	if (page->flags & PG_swapcache) {
		swap_cache_del_folio(vm, folio, shadow);
		return;
	}
	/* One for each block. fs/buffer.c:try_to_free_buffers */
	if (folio_has_buffers(vm, folio))
		task_charge(pass->current, CAUSE_RECLAIM,
			    folio_nr_pages(vm->mm, folio) * vm->mm->costs.free_buffer);
	filemap_remove_folio(vm, folio, shadow);
}

/* The first test that applies decides. */
static enum folio_fate decide(struct shrink_pass *pass, u32 folio)
{
	struct page *page = pfn_to_page(pass->vm->mm, folio);
	u64 nr = folio_nr_pages(pass->vm->mm, folio);
	enum folio_verdict verdict;
	enum folio_fate fate;

	if (page->flags & PG_locked)
		return FOLIO_KEEP;
	pass->sc->nr_scanned += nr;
	if (page->flags & PG_unevictable)
		return FOLIO_ACTIVATE;
	if (!pass->sc->may_unmap && folio_mapped(pass->vm, folio))
		return FOLIO_KEEP;
	/* A look around has just found it young. */
	if (pass->vm->lru_gen && !pass->vm->mm->profile->lru_gen_marks_first &&
	    !pass->sc->ignore_references && (page->flags & PG_referenced) &&
	    folio_mapped(pass->vm, folio))
		return FOLIO_KEEP;
	count_dirty(pass, page, nr);
	if (page->flags & PG_writeback)
		return under_writeback(pass, page, nr);
	verdict = pass->sc->ignore_references ? FOLIOREF_RECLAIM
					      : folio_check_references(pass, folio);
	if (verdict == FOLIOREF_ACTIVATE)
		return FOLIO_ACTIVATE;
	if (verdict == FOLIOREF_KEEP) {
		pass->stat->nr_ref_keep += nr;
		return FOLIO_KEEP;
	}
	if (page->order && folio_huge_entry(pass->vm, folio))
		return split_huge(pass, folio, nr);
	fate = give_swap_slot(pass, folio);
	if (fate == FOLIO_GO_ON)
		fate = unmap_folio(pass, folio, nr);
	if (fate == FOLIO_GO_ON && (page->flags & PG_pinned))
		fate = FOLIO_ACTIVATE;
	if (fate == FOLIO_GO_ON && (page->flags & PG_dirty))
		fate = dirty_folio(pass, folio, verdict, nr);
	if (fate != FOLIO_GO_ON)
		return fate;
	remove_mapping(pass, folio);
	return FOLIO_FREE;
}

/* Not to be swapped after all: a scarce slot goes back. */
static void activate(struct shrink_pass *pass, u32 folio)
{
	struct page *page = pfn_to_page(pass->vm->mm, folio);
	u64 nr = folio_nr_pages(pass->vm->mm, folio);

	/* One that nobody maps is nothing without its slot: it waits for its turn to be freed. */
	if ((page->flags & PG_swapcache) && folio_mapped(pass->vm, folio) &&
	    (vm_swap_full(pass->vm) || (page->flags & PG_unevictable)))
		folio_free_swap(pass->vm, folio);
	if (page->flags & PG_unevictable) {
		count_vm_events(pass->vm->mm, UNEVICTABLE_PGCULLED, nr);
		return;
	}
	page->flags |= PG_active;
	pass->stat->nr_activate[folio_lru_type(page)] += nr;
}

/* Decides about the folio and does it, but for what is to be kept: that is the caller's. */
static enum folio_fate shrink_folio(struct shrink_pass *pass, u32 folio)
{
	enum folio_fate fate;

	task_charge(pass->current, CAUSE_RECLAIM, pass->vm->mm->costs.reclaim_folio);
	fate = decide(pass, folio);
	if (fate == FOLIO_ACTIVATE)
		activate(pass, folio);
	if (fate != FOLIO_FREE)
		return fate;
	pass->nr_reclaimed += folio_nr_pages(pass->vm->mm, folio);
	pass->freed[pass->nr_freed++] = folio;
	if (pass->nr_freed == pass->batch)
		free_batch(pass);
	return fate;
}

/* The pages of a huge folio: those to be kept go back to the LRU here. */
static void shrink_split(struct shrink_pass *pass)
{
	while (pass->split.head != PFN_NONE) {
		u32 folio = pass->split.head;

		folio_list_del(pass->vm->mm, &pass->split, folio);
		if (shrink_folio(pass, folio) != FOLIO_FREE)
			(void)move_folios_to_lru(pass->vm, &folio, 1);
	}
}

u64 shrink_folio_list(struct vm *vm, struct task_struct *current, u32 *folios, u32 *n, u32 nid,
		      struct scan_control *sc, struct reclaim_stat *stat)
{
	struct shrink_pass pass = {.vm = vm, .current = current, .sc = sc, .stat = stat,
				   .pgdat = &vm->mm->nodes[nid],
				   .split = {PFN_NONE, PFN_NONE}};
	const struct mm_profile *profile = vm->mm->profile;
	u32 kept = 0;

	/* One list for all that is freed, or batches. */
	pass.batch = profile->release_pages_reversed ? FREE_BATCH_MAX : profile->folio_batch_size;
	assert(pass.batch <= FREE_BATCH_MAX);
	*stat = (struct reclaim_stat){0};
	for (u32 i = 0; i < *n; i++) {
		u32 folio = folios[i];
		enum folio_fate fate = shrink_folio(&pass, folio);

		if (fate == FOLIO_SPLIT)
			shrink_split(&pass);
		else if (fate != FOLIO_FREE)
			folios[kept++] = folio;
	}
	*n = kept;
	free_batch(&pass);
	unmap_flush(&pass);
	count_vm_events(vm->mm, PGACTIVATE,
			stat->nr_activate[LRU_TYPE_ANON] + stat->nr_activate[LRU_TYPE_FILE]);
	return pass.nr_reclaimed;
}

u64 move_folios_to_lru(struct vm *vm, const u32 *folios, u32 n)
{
	u64 active = 0;

	for (u32 i = 0; i < n; i++) {
		const struct page *page = pfn_to_page(vm->mm, folios[i]);
		u64 nr = folio_nr_pages(vm->mm, folios[i]);

		lruvec_add_folio(vm, folios[i]);
		if ((page->flags & PG_active) && !(page->flags & PG_unevictable)) {
			workingset_age_nonresident(vm, folio_lruvec(vm, folios[i]), nr);
			active += nr;
		}
	}
	return active;
}

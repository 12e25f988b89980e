/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * read() and write() through the page cache, modelled after mm/filemap.c: filemap_read and
 * generic_perform_write. Whole pages only; a write replaces what it covers, so it never reads.
 */
#include <assert.h>

#include "mm/alloc.h"
#include "mm/buffer_head.h"
#include "mm/journal.h"
#include "mm/lru.h"
#include "mm/memcontrol.h"
#include "mm/oom.h"
#include "mm/vm_internal.h"
#include "mm/writeback.h"

static void charge_copy(struct mm *mm, struct task_struct *current, u64 nr)
{
	task_charge(current, CAUSE_FAULT, nr * (mm->costs.copy_page << (mm->page_shift - 12)));
}

/* Read-ahead brought nothing: this one page. mm/filemap.c:filemap_create_folio */
static enum file_result create_folio(struct file *file, struct task_struct *current, u64 index)
{
	struct mm *mm = file->vm->mm;
	u32 folio = alloc_pages(mm, current, MAPPING_GFP, 0);

	if (folio == PFN_NONE)
		return FILE_NO_MEMORY;
	if (!filemap_add_folio(file, current, folio, index, GFP_KERNEL))
		return filemap_cached(file, index) ? FILE_OK : FILE_NO_MEMORY;
	pfn_to_page(mm, folio)->flags |= PG_locked;
	file_submit(file, current, false, index, 1);
	return FILE_OK;
}

static bool readahead_marked(const struct page *page)
{
	return (page->flags & (PG_readahead | PG_writeback)) == PG_readahead;
}

/* The folio of page `index`, read from the disk. mm/filemap.c:filemap_get_pages */
static enum file_result get_folio(struct file *file, struct task_struct *current,
				  struct file_ra_state *ra, u64 index, u64 end, u32 *folio)
{
	struct vm *vm = file->vm;

	for (;;) {
		enum file_result result;

		if (fatal_signal_pending(current))
			return FILE_KILLED;
		*folio = filemap_get_folio(file, index);
		if (*folio == PFN_NONE) {
			page_cache_sync_ra(file, current, ra, index, end - index);
			*folio = filemap_get_folio(file, index);
		}
		if (*folio == PFN_NONE) {
			result = create_folio(file, current, index);
			if (result != FILE_OK)
				return result;
			continue;
		}
		if (readahead_marked(pfn_to_page(vm->mm, *folio))) {
			u64 first = folio_index(vm, *folio);

			page_cache_async_ra(file, current, ra, *folio, first, end - first);
			continue;
		}
		if (!(pfn_to_page(vm->mm, *folio)->flags & PG_locked))
			return FILE_OK;
		folio_wait(vm, current, *folio, CAUSE_SWAP_IN);
	}
}

enum file_result filemap_read(struct file *file, struct task_struct *current,
			      struct file_ra_state *ra, u64 index, u64 nr, u64 end)
{
	struct mm *mm = file->vm->mm;
	u64 stop = index + nr;
	u32 last = PFN_NONE;

	assert(file->vm->disk && current->sched && stop <= end);
	file->size = max_u64(file->size, end);
	task_charge(current, CAUSE_FAULT, mm->costs.file_op);
	if (ra->prev_end && ra->prev_end != UINT64_MAX)
		last = filemap_get_folio(file, ra->prev_end - 1);
	while (index < stop) {
		u64 copied;
		u32 folio;
		enum file_result result = get_folio(file, current, ra, index, stop, &folio);

		if (result != FILE_OK) {
			task_spend(mm, current);
			return result;
		}
		/* Several reads of one folio in a row count as one access. */
		if (folio != last)
			folio_mark_accessed(file->vm, current, folio);
		last = folio;
		copied = folio_index(file->vm, folio) + folio_nr_pages(mm, folio) - index;
		copied = min_u64(copied, stop - index);
		charge_copy(mm, current, copied);
		index += copied;
		ra->prev_end = index;
	}
	task_spend(mm, current);
	mem_cgroup_return_to_user(file->vm, current);
	return FILE_OK;
}

static u32 floor_log2(u64 x)
{
	return 63u - (u32)__builtin_clzll(x);
}

/* The order to try for `nr` pages to be written at index. mm/filemap.c:__filemap_get_folio */
static u32 write_order(const struct file *file, u64 index, u64 nr)
{
	u32 order;

	if (!file->vm->mm->profile->large_folios)
		return 0;
	order = floor_log2(nr);
	if (order > MAX_PAGECACHE_ORDER)
		order = MAX_PAGECACHE_ORDER;
	if (index & ((1ull << order) - 1))
		order = (u32)__builtin_ctzll(index);
	return order;
}

/* A new folio for page `index`, of smaller order if there is none of the wanted one. */
static enum file_result new_folio(struct file *file, struct task_struct *current, u64 index,
				  u64 nr)
{
	struct mm *mm = file->vm->mm;

	for (u32 order = write_order(file, index, nr);; order--) {
		gfp_t gfp = MAPPING_GFP | __GFP_WRITE;
		u32 folio;

		if (order)
			gfp |= __GFP_NORETRY | __GFP_NOWARN | __GFP_COMP;
		folio = alloc_pages(mm, current, gfp, order);
		if (folio != PFN_NONE &&
		    filemap_add_folio(file, current, folio, index, gfp))
			return FILE_OK;
		if (filemap_cached(file, index))
			return FILE_OK;
		if (!order)
			return FILE_NO_MEMORY;
	}
}

/* The folio of page `index`, made if need be, not being read. */
static enum file_result get_write_folio(struct file *file, struct task_struct *current, u64 index,
					u64 nr, u32 *folio)
{
	for (;;) {
		*folio = filemap_get_folio(file, index);
		if (*folio == PFN_NONE) {
			enum file_result result = new_folio(file, current, index, nr);

			if (result != FILE_OK)
				return result;
		} else if (pfn_to_page(file->vm->mm, *folio)->flags & PG_locked) {
			folio_wait(file->vm, current, *folio, CAUSE_SWAP_IN);
		} else if (!folio_create_buffers(file->vm, current, *folio)) {
			return FILE_OK;
		}
	}
}

enum file_result filemap_write(struct file *file, struct task_struct *current, u64 index, u64 nr)
{
	struct vm *vm = file->vm;
	struct mm *mm = vm->mm;
	u64 stop = index + nr;

	file->size = max_u64(file->size, stop);
	task_charge(current, CAUSE_FAULT, mm->costs.file_op);
	while (index < stop) {
		u64 copied;
		u32 folio;
		enum file_result result =
			get_write_folio(file, current, index, stop - index, &folio);

		if (result == FILE_OK && fatal_signal_pending(current))
			result = FILE_KILLED;
		if (result != FILE_OK) {
			task_spend(mm, current);
			return result;
		}
		copied = folio_index(vm, folio) + folio_nr_pages(mm, folio) - index;
		copied = min_u64(copied, stop - index);
		charge_copy(mm, current, copied);
		if (file->journal)
			journal_dirty_metadata(file->journal, index);
		else
			folio_mark_dirty(vm, current, folio);
		index += copied;
		balance_dirty_pages_ratelimited(vm, current);
	}
	task_spend(mm, current);
	mem_cgroup_return_to_user(file->vm, current);
	return FILE_OK;
}

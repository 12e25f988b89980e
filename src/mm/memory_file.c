/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults of regions that map a file, modelled after mm/memory.c:do_fault and mm/filemap.c: what is
 * cached around the address is mapped along, what is not is read with a window around it. Left out:
 * mappings of whole large folios by one entry, MADV_RANDOM and MADV_SEQUENTIAL.
 */
#include <assert.h>

#include "mm/alloc.h"
#include "mm/lru.h"
#include "mm/oom.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"
#include "mm/writeback.h"

static bool marked(const struct page *page)
{
	return (page->flags & (PG_readahead | PG_writeback)) == PG_readahead;
}

/* Maps page `index` of the region if it is cached, read and not there yet. False: host memory.
   mm/filemap.c:filemap_map_folio_range */
static bool map_cached(struct vm_area_struct *vma, struct task_struct *current, u64 index)
{
	struct vm *vm = vma->vm_mm->vm;
	u64 pgoff = vma->pgoff + index;
	u32 i = (u32)(index % VM_NODE_SLOTS), folio = filemap_get_folio(vma->file, pgoff);
	const struct page *page;
	struct vm_node *node;

	if (folio == PFN_NONE)
		return true;
	page = pfn_to_page(vm->mm, folio);
	if (page->flags & PG_locked || marked(page))
		return true;
	node = vm_node_at(vm, &vma->nodes, index);
	if (!node)
		return false;
	node->vma = vma;
	if ((node->present | node->swapped) >> i & 1)
		return true;
	if (!set_file_pte(vm, node, i, folio + (u32)(pgoff - folio_index(vm, folio)), false))
		return false;
	task_charge(current, CAUSE_FAULT, vm->mm->costs.map_file_page);
	if (!(page->flags & PG_workingset) && vma->f_ra.mmap_miss)
		vma->f_ra.mmap_miss--;
	return true;
}

/* The aligned window around the address, as far as the region goes. mm/memory.c:do_fault_around */
static bool fault_around(struct vm_area_struct *vma, struct task_struct *current, u64 index)
{
	u64 pages = max_u64(1, FAULT_AROUND_BYTES >> vma->vm_mm->vm->mm->page_shift);
	u64 addr = vma->start + index, first = addr & ~(pages - 1);
	u64 from = max_u64(first, vma->start) - vma->start;
	u64 end = min_u64(first + pages - vma->start, vma->nr_pages);

	for (u64 i = from; i < end; i++)
		if (!map_cached(vma, current, i))
			return false;
	return true;
}

static bool entry_present(const struct vm_area_struct *vma, u64 index)
{
	const struct vm_node *node = vm_node_lookup(vma->vm_mm->vm, &vma->nodes, index);

	return node && node->present >> (index % VM_NODE_SLOTS) & 1;
}

/* The page is not cached: reads it, and more around it. False: no memory. */
static bool read_page(struct vm_area_struct *vma, struct task_struct *current, u64 pgoff)
{
	struct file *file = vma->file;
	struct mm *mm = file->vm->mm;
	u32 folio;

	page_cache_read_around(file, current, &vma->f_ra, pgoff);
	if (filemap_cached(file, pgoff))
		return true;
	folio = alloc_pages(mm, current, MAPPING_GFP, 0);
	if (folio == PFN_NONE)
		return false;
	if (!filemap_add_folio(file, current, folio, pgoff, MAPPING_GFP))
		return filemap_cached(file, pgoff);
	pfn_to_page(mm, folio)->flags |= PG_locked;
	file_submit(file, current, false, pgoff, 1);
	return true;
}

/* True: more is being read. mm/filemap.c:do_async_mmap_readahead */
static bool hit(struct vm_area_struct *vma, struct task_struct *current, u32 folio)
{
	struct vm *vm = vma->vm_mm->vm;

	if (vma->f_ra.mmap_miss)
		vma->f_ra.mmap_miss--;
	if (!marked(pfn_to_page(vm->mm, folio)))
		return false;
	page_cache_async_ra(vma->file, current, &vma->f_ra, folio, folio_index(vm, folio),
			    file_ra_pages(vma->file));
	return true;
}

/* A fault that starts I/O or waits for it gives up mmap_lock and is done anew.
   mm/memory.c:handle_mm_fault (6.1), mm_account_fault (6.12) */
static void count_retry(const struct vm *vm)
{
	if (vm->mm->profile->fault_counts_retry)
		count_vm_events(vm->mm, PGFAULT, 1);
}

/* Until the page is cached and read. mm/filemap.c:filemap_fault */
static enum vm_fault get_page(struct vm_area_struct *vma, struct task_struct *current, u64 pgoff,
			      bool *major, u32 *pfn)
{
	struct vm *vm = vma->vm_mm->vm;
	u32 folio = filemap_get_folio(vma->file, pgoff);

	if (folio == PFN_NONE) {
		if (!*major) {
			count_vm_events(vm->mm, PGMAJFAULT, 1);
			count_retry(vm);
		}
		*major = true;
		if (!read_page(vma, current, pgoff))
			return VM_FAULT_OOM;
	} else if (!*major && hit(vma, current, folio)) {
		count_retry(vm);
	}
	folio = filemap_get_folio(vma->file, pgoff);
	*pfn = PFN_NONE;
	if (folio == PFN_NONE)
		return VM_FAULT_NONE;
	if (pfn_to_page(vm->mm, folio)->flags & PG_locked) {
		folio_wait(vm, current, folio, CAUSE_SWAP_IN);
		return fatal_signal_pending(current) ? VM_FAULT_KILLED : VM_FAULT_NONE;
	}
	*pfn = folio + (u32)(pgoff - folio_index(vm, folio));
	return VM_FAULT_NONE;
}

/* A page of a shared region is about to be written. mm/memory.c:do_page_mkwrite */
static void make_writable(struct vm_area_struct *vma, struct task_struct *current, u64 index)
{
	struct vm *vm = vma->vm_mm->vm;
	struct vm_node *node = vm_node_lookup(vm, &vma->nodes, index);
	u32 i = (u32)(index % VM_NODE_SLOTS);

	node->wrprotect &= ~(1ull << i);
	node->dirty |= 1ull << i;
	node->young |= 1ull << i;
	folio_mark_dirty(vm, current, page_folio(vm->mm, node->slot[i]));
	balance_dirty_pages_ratelimited(vm, current);
}

enum vm_fault do_file_fault(struct vm_area_struct *vma, struct task_struct *current, u64 index,
			    bool write)
{
	struct vm *vm = vma->vm_mm->vm;
	u64 pgoff = vma->pgoff + index;
	bool major = false;

	vma->file->size = max_u64(vma->file->size, vma->pgoff + vma->nr_pages);
	while (!entry_present(vma, index)) {
		struct vm_node *node;
		enum vm_fault result;
		u32 pfn;

		/* What is written is mapped alone. */
		if (!write && !fault_around(vma, current, index))
			return VM_FAULT_OOM;
		if (entry_present(vma, index))
			break;
		result = get_page(vma, current, pgoff, &major, &pfn);
		if (result != VM_FAULT_NONE)
			return result;
		if (pfn == PFN_NONE)
			continue;
		node = vm_node_at(vm, &vma->nodes, index);
		if (!node)
			return VM_FAULT_OOM;
		node->vma = vma;
		/* Whoever waited may find the entry filled meanwhile. */
		if (!(node->present >> (index % VM_NODE_SLOTS) & 1) &&
		    !set_file_pte(vm, node, (u32)(index % VM_NODE_SLOTS), pfn, false))
			return VM_FAULT_OOM;
		task_charge(current, CAUSE_FAULT, vm->mm->costs.map_file_page);
	}
	if (write && vma->shared)
		make_writable(vma, current, index);
	return major ? VM_FAULT_MAJOR : VM_FAULT_MINOR;
}

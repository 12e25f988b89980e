/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unmapping, after mm/memory.c (zap_pte_range) and mm/mmu_gather.c: pages of which the last mapping
 * goes are gathered and freed in batches, and time passes between batches. Swap slots are given
 * back with the entries that name them. Left out: the pages that hold gather batches.
 */
#include <assert.h>

#include "mm/huge_memory.h"
#include "mm/lru.h"
#include "mm/swap.h"
#include "mm/vm_internal.h"
#include "mm/writeback.h"

void tlb_gather_mmu(struct mmu_gather *tlb, struct vm *vm, struct task_struct *current)
{
	tlb->vm = vm;
	tlb->current = current;
	tlb->nr = 0;
	tlb->max = MMU_GATHER_BUNDLE;
}

static void tlb_flush(struct mmu_gather *tlb)
{
	if (!tlb->nr)
		return;
	folios_put(tlb->vm, tlb->current, tlb->pages, tlb->nr);
	tlb->nr = 0;
	tlb->max = MAX_GATHER_BATCH;
}

void tlb_finish_mmu(struct mmu_gather *tlb)
{
	tlb_flush(tlb);
	task_spend(tlb->vm->mm, tlb->current);
}

/* What a file's page is told by the entry that goes. */
static void zap_file_page(struct mmu_gather *tlb, struct vm_node *node, u32 i)
{
	u32 folio = page_folio(tlb->vm->mm, node->slot[i]);

	if (node->dirty >> i & 1 && !(pfn_to_page(tlb->vm->mm, folio)->flags & PG_dirty))
		folio_mark_dirty(tlb->vm, tlb->current, folio);
	if (node->young >> i & 1)
		folio_mark_accessed(tlb->vm, tlb->current, folio);
	(void)clear_pte(tlb->vm, node, i);
	if (node->vma->locked)
		munlock_folio(tlb->vm, tlb->current, folio);
}

static void zap_anon_page(struct mmu_gather *tlb, struct vm_node *node, u32 i)
{
	u32 pfn = node->slot[i];

	if (clear_pte(tlb->vm, node, i) && free_swap_cache(tlb->vm, pfn))
		tlb->pages[tlb->nr++] = pfn;
	else if (node->vma->locked)
		munlock_folio(tlb->vm, tlb->current, pfn);
}

static void zap_swapped(struct mmu_gather *tlb, struct vm_node *node, u64 mask)
{
	for (mask &= node->swapped; mask; mask &= mask - 1) {
		u32 i = (u32)__builtin_ctzll(mask);

		node->swapped &= ~(1ull << i);
		node->vma->vm_mm->rss_stat[MM_SWAPENTS]--;
		swap_put(tlb->vm, tlb->current, node->slot[i]);
	}
}

static u64 unmap_node(struct mmu_gather *tlb, struct vm_node *node, u64 mask)
{
	const struct costs *costs = &tlb->vm->mm->costs;
	u64 nr = 0;

	node->zero &= ~mask;
	while (mask & (node->present | node->swapped)) {
		u32 i;

		/* Reclaim may have swapped pages out while a batch was freed. */
		zap_swapped(tlb, node, mask);
		if (!(mask & node->present))
			break;
		i = (u32)__builtin_ctzll(mask & node->present);
		nr++;
		/* The cost of a page is given with that of its free. */
		task_charge(tlb->current, CAUSE_FAULT,
			    costs->unmap_page - min_u64(costs->unmap_page, costs->pcp_free));
		if (page_is_anon(tlb->vm->mm, node->slot[i]))
			zap_anon_page(tlb, node, i);
		else
			zap_file_page(tlb, node, i);
		if (tlb->nr == tlb->max) {
			tlb_flush(tlb);
			task_settle(tlb->vm->mm, tlb->current);
		}
	}
	return nr;
}

/* What a huge page has in [index, end). The folio goes with its last page. Pages unmapped. */
static u64 unmap_huge(struct mmu_gather *tlb, struct vm_area_struct *vma, u64 index, u64 end)
{
	struct huge_entry *entry = huge_entry_of(vma, index);
	u32 folio = PFN_NONE;
	u64 nr;

	if (!entry)
		return 0;
	nr = unmap_huge_pages(tlb->vm, tlb->current, entry, index,
			      min_u64(end, entry->index + tlb->vm->mm->pageblock_nr_pages),
			      &folio);
	if (folio == PFN_NONE)
		return nr;
	tlb->pages[tlb->nr++] = folio;
	if (tlb->nr == tlb->max)
		tlb_flush(tlb);
	return nr;
}

u64 unmap_page_range(struct mmu_gather *tlb, struct vm_area_struct *vma, u64 index, u64 nr)
{
	u64 end = index + nr, unmapped = 0, huge = 0, stop;

	for (; index < end && (vma->huge_n || index >> VM_NODE_SHIFT < vma->nodes.n);
	     index = stop) {
		struct vm_node *node;

		stop = min_u64(end, (index | (VM_NODE_SLOTS - 1)) + 1);
		if (unlikely(vma->huge_n) && index >= huge) {
			unmapped += unmap_huge(tlb, vma, index, end);
			huge = (index | (tlb->vm->mm->pageblock_nr_pages - 1)) + 1;
		}
		node = vm_node_lookup(tlb->vm, &vma->nodes, index);
		if (node)
			unmapped += unmap_node(tlb, node,
					       ~0ull >> (VM_NODE_SLOTS - (stop - index))
						       << (index % VM_NODE_SLOTS));
	}
	return unmapped;
}

u64 zap_page_range(struct vm_area_struct *vma, struct task_struct *current, u64 index, u64 nr)
{
	struct mmu_gather tlb;
	u64 unmapped;

	assert(index + nr <= vma->nr_pages);
	mmap_read_lock(vma->vm_mm);
	lru_add_drain(vma->vm_mm->vm, current);
	tlb_gather_mmu(&tlb, vma->vm_mm->vm, current);
	unmapped = unmap_page_range(&tlb, vma, index, nr);
	tlb_finish_mmu(&tlb);
	mmap_read_unlock(vma->vm_mm);
	return unmapped;
}

u64 madvise_dontneed(struct vm_area_struct *vma, struct task_struct *current, u64 index, u64 nr)
{
	task_charge(current, CAUSE_FAULT, vma->vm_mm->vm->mm->costs.madvise);
	return zap_page_range(vma, current, index, nr);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page faults of anonymous memory and its unmapping, after mm/memory.c: the first write takes a
 * zeroed movable page (page tables before it), the first read the shared zero page, a write to a
 * page that fork shared copies it unless the others are gone. Unmapped pages are gathered and freed
 * in batches. Left out: huge pages on fault, fault-around, the pages that hold gather batches.
 */
#include <assert.h>

#include "mm/vm_internal.h"
#include "mm/vmstat.h"

static u64 page_scaled(const struct mm *mm, u64 cost_4k)
{
	return cost_4k << (mm->page_shift - 12);
}

/* The page leaves slot i of node, one mapping of it. True: that was the last one. */
static bool slot_unmap(struct vm *vm, struct vm_node *node, u32 i)
{
	u32 pfn = node->slot[i];
	struct vm_node *other;
	struct page *page;

	node->present &= ~(1ull << i);
	node->wrprotect &= ~(1ull << i);
	node->vma->nr_present--;
	node->vma->vm_mm->rss_stat[MM_ANONPAGES]--;
	if (likely(!page_refs_get(&vm->refs, pfn)))
		return true;
	page_refs_dec(&vm->refs, pfn);
	page = pfn_to_page(vm->mm, pfn);
	if ((page->owner & OWNER_NUMBER) != node->id)
		return false;
	/* The owner goes: another of the family that still has the page becomes it. */
	for (other = vm_node_get(vm, node->ring_next); other != node;
	     other = vm_node_get(vm, other->ring_next)) {
		if (other->present >> i & 1 && other->slot[i] == pfn) {
			page->owner = page_owner(OWNER_NODE, other->id);
			return false;
		}
	}
	assert(0 && "a shared page has another holder");
	return false;
}

static void slot_map(struct vm *vm, struct vm_node *node, u32 i, u32 pfn)
{
	struct page *page = pfn_to_page(vm->mm, pfn);
	struct mm_struct *mm = node->vma->vm_mm;

	node->slot[i] = pfn;
	node->present |= 1ull << i;
	node->zero &= ~(1ull << i);
	node->wrprotect &= ~(1ull << i);
	node->vma->nr_present++;
	mm->rss_stat[MM_ANONPAGES]++;
	mm->hiwater_rss = max_u64(mm->hiwater_rss, mm->rss_stat[MM_ANONPAGES]);
	page->owner = page_owner(OWNER_NODE, node->id);
	page->flags |= PG_lru;
	mod_node_page_state(vm, pfn, NR_ANON_MAPPED, 1);
}

/* The fault is over: its own part of the time, and the task waits for the CPU to spend it. */
static enum vm_fault fault_done(struct vm *vm, struct task_struct *current, u64 extra_ns)
{
	task_charge(current, CAUSE_FAULT, vm->mm->costs.fault + extra_ns);
	task_spend(vm->mm, current);
	return VM_FAULT_MINOR;
}

/* mm/memory.c:do_anonymous_page */
static enum vm_fault do_anonymous_page(struct vm_area_struct *vma, struct task_struct *current,
				       struct vm_node *node, u32 i, bool write)
{
	struct vm *vm = vma->vm_mm->vm;
	u32 pfn;

	if (!write) {
		node->zero |= 1ull << i;
		return fault_done(vm, current, 0);
	}
	pfn = alloc_pages(vm->mm, current, GFP_HIGHUSER_MOVABLE | __GFP_ZERO, 0);
	if (pfn == PFN_NONE)
		return VM_FAULT_OOM;
	slot_map(vm, node, i, pfn);
	if (vma->locked)
		mod_node_page_state(vm, pfn, NR_MLOCK, 1);
	return fault_done(vm, current, 0);
}

/* mm/memory.c:do_wp_page */
static enum vm_fault do_wp_page(struct vm_area_struct *vma, struct task_struct *current,
				struct vm_node *node, u32 i)
{
	struct vm *vm = vma->vm_mm->vm;
	bool last;
	u32 pfn;

	if (!page_refs_get(&vm->refs, node->slot[i])) {
		node->wrprotect &= ~(1ull << i);
		return fault_done(vm, current, 0);
	}
	pfn = alloc_pages(vm->mm, current, GFP_HIGHUSER_MOVABLE, 0);
	if (pfn == PFN_NONE)
		return VM_FAULT_OOM;
	/* Time has passed: the others may have gone, then the old page is freed as the last one. */
	if (vma->locked)
		mod_node_page_state(vm, node->slot[i], NR_MLOCK, -1);
	last = slot_unmap(vm, node, i);
	if (last) {
		mod_node_page_state(vm, node->slot[i], NR_ANON_MAPPED, -1);
		(void)free_pages(vm->mm, current, node->slot[i], 0);
	}
	slot_map(vm, node, i, pfn);
	if (vma->locked)
		mod_node_page_state(vm, pfn, NR_MLOCK, 1);
	return fault_done(vm, current, page_scaled(vm->mm, vm->mm->costs.copy_page));
}

bool vm_present(const struct vm_area_struct *vma, u64 index, bool write)
{
	const struct vm_node *node = vm_node_lookup(vma->vm_mm->vm, &vma->nodes, index);
	u64 bit = 1ull << (index % VM_NODE_SLOTS);

	if (!node)
		return false;
	if (write)
		return (node->present & ~node->wrprotect & bit) != 0;
	return ((node->present | node->zero) & bit) != 0;
}

enum vm_fault handle_mm_fault(struct vm_area_struct *vma, struct task_struct *current, u64 index,
			      bool write)
{
	struct vm *vm = vma->vm_mm->vm;
	u32 i = (u32)(index % VM_NODE_SLOTS);
	struct vm_node *node;

	assert(index < vma->nr_pages);
	if (likely(vm_present(vma, index, write)))
		return VM_FAULT_NONE;
	count_vm_events(vm->mm, PGFAULT, 1);
	node = vm_node_at(vm, &vma->nodes, index);
	if (!node)
		return VM_FAULT_OOM;
	node->vma = vma;
	if (!pgtable_alloc(vma->vm_mm, current, vma->start + index))
		return VM_FAULT_OOM;
	if (node->present >> i & 1)
		return do_wp_page(vma, current, node, i);
	return do_anonymous_page(vma, current, node, i, write);
}

void tlb_gather_mmu(struct mmu_gather *tlb, struct vm *vm, struct task_struct *current)
{
	tlb->vm = vm;
	tlb->current = current;
	tlb->nr = 0;
	tlb->max = MMU_GATHER_BUNDLE;
}

static void tlb_flush(struct mmu_gather *tlb)
{
	enum free_result result;
	u32 bad;

	if (!tlb->nr)
		return;
	result = release_pages(tlb->vm->mm, tlb->current, tlb->pages, tlb->nr, &bad);
	assert(result == FREE_OK);
	(void)result;
	tlb->nr = 0;
	tlb->max = MAX_GATHER_BATCH;
}

void tlb_finish_mmu(struct mmu_gather *tlb)
{
	tlb_flush(tlb);
	task_spend(tlb->vm->mm, tlb->current);
}

static u64 unmap_node(struct mmu_gather *tlb, struct vm_area_struct *vma, struct vm_node *node,
		      u64 mask)
{
	const struct costs *costs = &tlb->vm->mm->costs;
	u64 nr = 0;

	node->zero &= ~mask;
	for (mask &= node->present; mask; mask &= mask - 1) {
		u32 i = (u32)__builtin_ctzll(mask), pfn = node->slot[i];

		nr++;
		/* The cost of a page is given with that of its free. */
		task_charge(tlb->current, CAUSE_FAULT,
			    costs->unmap_page - min_u64(costs->unmap_page, costs->pcp_free));
		if (vma->locked)
			mod_node_page_state(tlb->vm, pfn, NR_MLOCK, -1);
		if (!slot_unmap(tlb->vm, node, i))
			continue;
		mod_node_page_state(tlb->vm, pfn, NR_ANON_MAPPED, -1);
		tlb->pages[tlb->nr++] = pfn;
		if (tlb->nr == tlb->max)
			tlb_flush(tlb);
	}
	return nr;
}

u64 unmap_page_range(struct mmu_gather *tlb, struct vm_area_struct *vma, u64 index, u64 nr)
{
	u64 end = index + nr, unmapped = 0;

	while (index < end && index >> VM_NODE_SHIFT < vma->nodes.n) {
		struct vm_node *node = vm_node_lookup(tlb->vm, &vma->nodes, index);
		u64 stop = min_u64(end, (index | (VM_NODE_SLOTS - 1)) + 1);
		u64 mask = ~0ull >> (VM_NODE_SLOTS - (stop - index)) << (index % VM_NODE_SLOTS);

		if (node)
			unmapped += unmap_node(tlb, vma, node, mask);
		index = stop;
	}
	return unmapped;
}

u64 zap_page_range(struct vm_area_struct *vma, struct task_struct *current, u64 index, u64 nr)
{
	struct mmu_gather tlb;
	u64 unmapped;

	assert(index + nr <= vma->nr_pages);
	tlb_gather_mmu(&tlb, vma->vm_mm->vm, current);
	unmapped = unmap_page_range(&tlb, vma, index, nr);
	tlb_finish_mmu(&tlb);
	return unmapped;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What khugepaged does with one range, after mm/khugepaged.c (7.2): looks whether the pages
 * qualify, gets a huge page on the node that most of them are on, brings back what is swapped,
 * copies all and maps the huge page in their place; the page table stays for the day it is split.
 * Left out: that the tasks of the address space wait while it copies, poisoned pages, userfaultfd.
 */
#include <string.h>

#include "mm/huge_internal.h"
#include "mm/khugepaged.h"
#include "mm/lru.h"
#include "mm/memcontrol.h"
#include "mm/swap.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"

#define NODE_RECLAIM_DISTANCE 30 /* include/linux/topology.h:RECLAIM_DISTANCE */

/* What the entries of a range are. */
struct range {
	struct vm *vm;
	struct vm_area_struct *vma;
	u64 first;
	u32 none, swapped, shared, referenced;
	bool writable, last_look; /* nothing may be swapped out any more */
};

static u64 limit(const struct range *range, s64 knob, u64 parts)
{
	u64 nr = hpage_nr(range->vm);

	return knob < 0 ? nr / parts - (parts == 1) : min_u64((u64)knob, nr - 1);
}

/* A page further off than another of the range, if reclaim by node is on.
   mm/khugepaged.c:collapse_scan_abort */
static bool too_far(const struct collapse_control *cc, const struct mm *mm, u32 nid)
{
	const struct machine *machine = mm->machine;

	if (!mm->sysctl.zone_reclaim_mode || cc->node_load[nid])
		return false;
	for (u32 i = 0; i < mm->nr_nodes; i++)
		if (cc->node_load[i] &&
		    machine->distance[nid * machine->nr_nodes + i] > NODE_RECLAIM_DISTANCE)
			return true;
	return false;
}

/* A present entry. */
static enum scan_result scan_page(struct collapse_control *cc, struct range *range, u32 folio,
				  bool shared, bool young)
{
	const struct khugepaged_knobs *knobs = &range->vm->mm->sysctl.khugepaged;
	const struct page *page = pfn_to_page(range->vm->mm, folio);
	u32 nid = pfn_zone(range->vm->mm, folio)->nid;

	if (shared && ++range->shared > limit(range, knobs->max_ptes_shared, 2)) {
		count_vm_events(range->vm->mm, THP_SCAN_EXCEED_SHARED_PTE, 1);
		return SCAN_EXCEED_SHARED_PTE;
	}
	if (too_far(cc, range->vm->mm, nid))
		return SCAN_SCAN_ABORT;
	cc->node_load[nid]++;
	if (!(page->flags & PG_lru))
		return SCAN_PAGE_LRU;
	if (page->flags & PG_locked)
		return SCAN_PAGE_LOCK;
	if (page->flags & PG_pinned)
		return SCAN_PAGE_COUNT;
	range->referenced += young || page->flags & PG_referenced;
	return SCAN_SUCCEED;
}

/* mm/khugepaged.c:collapse_scan_pmd, __collapse_huge_page_isolate */
static enum scan_result scan_entry(struct collapse_control *cc, struct range *range, u64 index)
{
	const struct khugepaged_knobs *knobs = &range->vm->mm->sysctl.khugepaged;
	const struct vm_node *node = vm_node_lookup(range->vm, &range->vma->nodes, index);
	const struct huge_entry *huge = huge_entry_maps(range->vma, index);
	u32 i = (u32)(index % VM_NODE_SLOTS);

	if (huge) {
		range->writable |= !huge->wrprotect;
		return scan_page(cc, range, huge->folio, huge_page_shared(range->vm, huge, index),
				 huge->young);
	}
	if (node && node->swapped >> i & 1) {
		if (range->last_look)
			return SCAN_PTE_NON_PRESENT;
		if (++range->swapped <= limit(range, knobs->max_ptes_swap, 8))
			return SCAN_SUCCEED;
		count_vm_events(range->vm->mm, THP_SCAN_EXCEED_SWAP_PTE, 1);
		return SCAN_EXCEED_SWAP_PTE;
	}
	if (!node || !(node->present >> i & 1)) {
		if (++range->none <= limit(range, knobs->max_ptes_none, 1))
			return SCAN_SUCCEED;
		count_vm_events(range->vm->mm, THP_SCAN_EXCEED_NONE_PTE, 1);
		return SCAN_EXCEED_NONE_PTE;
	}
	range->writable |= !(node->wrprotect >> i & 1);
	return scan_page(cc, range, node->slot[i],
			 page_refs_get(&range->vm->refs, node->slot[i]) != 0,
			 node->young >> i & 1);
}

/* All entries up to the first that does not qualify. */
static enum scan_result scan_entries(struct collapse_control *cc, struct range *range)
{
	const struct mm *mm = range->vm->mm;
	enum scan_result result = SCAN_SUCCEED;
	u64 end = range->first + hpage_nr(range->vm), index = range->first;

	memset(cc->node_load, 0, mm->nr_nodes * sizeof(*cc->node_load));
	while (index < end && result == SCAN_SUCCEED)
		result = scan_entry(cc, range, index++);
	cc->progress += index - range->first;
	task_charge(cc->current, CAUSE_FAULT, (index - range->first) * mm->costs.collapse_scan);
	if (result != SCAN_SUCCEED)
		return result;
	if (!range->writable && mm->profile->khugepaged_needs_writable)
		return SCAN_PAGE_RO;
	if (!range->referenced ||
	    (range->swapped && range->referenced < hpage_nr(range->vm) / 2))
		return SCAN_LACK_REFERENCED_PAGE;
	return SCAN_SUCCEED;
}

/* On the node with most of the pages, or another with as many.
   mm/khugepaged.c:collapse_find_target_node, alloc_charge_folio */
static enum scan_result alloc_charge(struct collapse_control *cc, struct vm *vm,
				     struct mem_cgroup *memcg, u32 *pfn)
{
	gfp_t gfp = vm->mm->sysctl.khugepaged.defrag ? GFP_TRANSHUGE : GFP_TRANSHUGE_LIGHT;
	u64 nodes = 0;
	u32 nid = 0;

	for (u32 i = 1; i < vm->mm->nr_nodes; i++)
		if (cc->node_load[i] > cc->node_load[nid])
			nid = i;
	for (u32 i = 0; i < vm->mm->nr_nodes; i++)
		if (cc->node_load[i] == cc->node_load[nid])
			nodes |= 1ull << i;
	*pfn = alloc_pages_node(vm->mm, cc->current, (s32)nid, nodes, gfp, hpage_order(vm));
	if (*pfn == PFN_NONE) {
		count_vm_events(vm->mm, THP_COLLAPSE_ALLOC_FAILED, 1);
		return SCAN_ALLOC_HUGE_PAGE_FAIL;
	}
	count_vm_events(vm->mm, THP_COLLAPSE_ALLOC, 1);
	if (mem_cgroup_charge(vm, cc->current, *pfn, memcg, gfp))
		return SCAN_SUCCEED;
	(void)free_pages(vm->mm, cc->current, *pfn, hpage_order(vm));
	return SCAN_CGROUP_CHARGE_FAIL;
}

/* The address space, if it still is one and nobody changes its regions. O(address spaces) */
static struct mm_struct *mm_get(const struct vm *vm, u32 id)
{
	for (struct mm_struct *mm = vm->first; mm; mm = mm->next)
		if (mm->id == id)
			return mm;
	return NULL;
}

/* Time has passed without the lock: the region as it is now; NULL: not for a huge page any more.
   mm/khugepaged.c:hugepage_vma_revalidate */
static struct vm_area_struct *revalidate(const struct vm *vm, const struct mm_struct *mm, u64 addr)
{
	struct vm_area_struct *vma = mm ? vma_lookup(mm, addr) : NULL;
	u64 nr = hpage_nr(vm);

	if (!vma || addr + nr > vma->start + vma->nr_pages || !thp_vma_allowable(vma) ||
	    !pgtable_present(mm, addr))
		return NULL;
	return vma;
}

/* mm/khugepaged.c:__collapse_huge_page_swapin */
static enum scan_result swap_in(struct collapse_control *cc, struct vm_area_struct *vma, u64 first)
{
	struct vm *vm = vma->vm_mm->vm;

	for (u64 index = first; index < first + hpage_nr(vm); index++) {
		const struct vm_node *node = vm_node_lookup(vm, &vma->nodes, index);

		if (node && node->swapped >> (index % VM_NODE_SLOTS) & 1 &&
		    !vm_swap_in(vma, cc->current, index))
			return SCAN_PAGE_LOCK;
	}
	lru_add_drain(vm, cc->current);
	return SCAN_SUCCEED;
}

/* Nobody else is at work in the address space: mmap_lock for writing. NULL: it is gone. */
static struct mm_struct *wait_alone(struct collapse_control *cc, struct vm *vm, u32 id)
{
	struct mm_struct *mm = mm_get(vm, id);

	while (mm && (mm->mmap_locked || mm->mmap_readers) && cc->current->sched) {
		task_spend(vm->mm, cc->current);
		cpu_wait(cc->current->sched, &vm->mmap_wait, WAIT_FOREVER);
		mm = mm_get(vm, id);
	}
	return mm;
}

/* The page of one entry is copied and let go of; what was not there is cleared.
   mm/khugepaged.c:__collapse_huge_page_copy */
static void move_page(struct collapse_control *cc, struct vm_area_struct *vma, u64 index)
{
	struct vm *vm = vma->vm_mm->vm;
	const struct costs *costs = &vm->mm->costs;
	struct vm_node *node = vm_node_lookup(vm, &vma->nodes, index);
	u32 i = (u32)(index % VM_NODE_SLOTS), shift = vm->mm->page_shift - 12, pfn;

	if (!node || !(node->present >> i & 1)) {
		if (node)
			node->zero &= ~(1ull << i);
		task_charge(cc->current, CAUSE_ZERO, costs->zero_page << shift);
		return;
	}
	pfn = node->slot[i];
	task_charge(cc->current, CAUSE_FAULT,
		    (costs->copy_page << shift) + costs->lru_isolate + costs->unmap_page -
			    min_u64(costs->unmap_page, costs->pcp_free));
	if (clear_pte(vm, node, i) && free_swap_cache(vm, pfn))
		folios_put(vm, cc->current, &pfn, 1);
}

/* All of the range to the huge page pfn. */
static void move_range(struct collapse_control *cc, struct vm_area_struct *vma, u64 first, u32 pfn)
{
	struct vm *vm = vma->vm_mm->vm;
	const struct costs *costs = &vm->mm->costs;
	struct huge_entry *old = huge_entry_of(vma, first);
	u32 parts = old ? old->nr_mapped : 0;
	u64 flush = costs->tlb_flush;

	if (vm->mm->nr_cpus > 1)
		flush += costs->tlb_flush_ipi + (vm->mm->nr_cpus - 1) * costs->tlb_flush_cpu;
	task_charge(cc->current, CAUSE_FAULT, flush);
	for (u64 index = first; index < first + hpage_nr(vm); index++)
		if (!huge_entry_maps(vma, index))
			move_page(cc, vma, index);
	if (old) {
		u32 folio = zap_huge_entry(vm, old);

		task_charge(cc->current, CAUSE_FAULT,
			    parts * (costs->copy_page << (vm->mm->page_shift - 12)));
		if (folio != PFN_NONE)
			folios_put(vm, cc->current, &folio, 1);
	}
	huge_entry_install(vma, first, pfn);
	folio_add_lru(vm, cc->current, pfn);
}

/* The last look, without time between it and the move. */
static enum scan_result collapse(struct collapse_control *cc, struct mm_struct *mm, u64 addr,
				 u32 pfn)
{
	struct vm_area_struct *vma = mm ? revalidate(mm->vm, mm, addr) : NULL;
	struct range range = {.vma = vma, .last_look = true};
	u64 progress = cc->progress;
	enum scan_result result;
	struct huge_entry *huge;

	if (!vma)
		return SCAN_VMA_CHECK;
	range.vm = mm->vm;
	range.first = addr - vma->start;
	huge = huge_entry_of(vma, range.first);
	if (huge && !huge->mapped)
		return SCAN_PMD_MAPPED;
	result = scan_entries(cc, &range);
	cc->progress = progress;
	if (result != SCAN_SUCCEED)
		return result;
	if (!huge_entry_reserve(vma, range.first))
		return SCAN_FAIL;
	move_range(cc, vma, range.first, pfn);
	return SCAN_SUCCEED;
}

/* mm/khugepaged.c:collapse_huge_page */
static enum scan_result collapse_huge_page(struct collapse_control *cc, struct mm_struct *mm,
					   u64 addr, bool swapped)
{
	struct vm *vm = mm->vm;
	enum scan_result result;
	u32 id = mm->id, pfn;

	mmap_read_unlock(mm);
	cc->lock_dropped = true;
	result = alloc_charge(cc, vm, mm->memcg, &pfn);
	if (result != SCAN_SUCCEED)
		return result;
	mm = mm_get(vm, id);
	if (swapped && mm) {
		struct vm_area_struct *vma = revalidate(vm, mm, addr);

		result = vma && mmap_read_trylock(mm) ? SCAN_SUCCEED : SCAN_VMA_CHECK;
		if (result == SCAN_SUCCEED) {
			result = swap_in(cc, vma, addr - vma->start);
			mmap_read_unlock(mm);
		}
	}
	if (result == SCAN_SUCCEED)
		result = collapse(cc, wait_alone(cc, vm, id), addr, pfn);
	if (result != SCAN_SUCCEED) {
		mem_cgroup_uncharge(vm, pfn);
		(void)free_pages(vm->mm, cc->current, pfn, hpage_order(vm));
	}
	return result;
}

enum scan_result collapse_scan_pmd(struct collapse_control *cc, struct vm_area_struct *vma,
				   u64 first)
{
	struct range range = {.vm = vma->vm_mm->vm, .vma = vma, .first = first};
	const struct huge_entry *huge = huge_entry_of(vma, first);
	enum scan_result result = SCAN_PMD_MAPPED;

	if (!pgtable_present(vma->vm_mm, vma->start + first))
		result = SCAN_NO_PTE_TABLE;
	if (result == SCAN_NO_PTE_TABLE || (huge && !huge->mapped)) {
		cc->progress++;
		task_charge(cc->current, CAUSE_FAULT, range.vm->mm->costs.collapse_scan);
		return result;
	}
	result = scan_entries(cc, &range);
	if (result != SCAN_SUCCEED)
		return result;
	return collapse_huge_page(cc, vma->vm_mm, vma->start + first, range.swapped != 0);
}

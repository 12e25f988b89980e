/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Huge pages on fault, after mm/huge_memory.c (7.2): which request is made for them, and how they
 * are mapped. Left out: sizes between a page and a pageblock, the huge zero page, huge pages in the
 * swap cache (they are split before), files, and regions that do not begin at a multiple of the
 * size (a large one always does). What an address space maps of a huge page by entries of base
 * pages has one accessed bit for all of them.
 */
#include "mm/huge_memory.h"

#include <assert.h>
#include <stdlib.h>

#include "mm/huge_internal.h"
#include "mm/khugepaged.h"
#include "mm/lru.h"
#include "mm/memcontrol.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"

/* A new chunk's entries join the free ones. False: host memory. */
static bool more_entries(struct vm *vm)
{
	struct huge_entry **chunks = reallocarray(vm->huge_chunks, vm->nr_huge_chunks + 1ull,
						  sizeof(*chunks));
	struct huge_entry *chunk;

	if (chunks)
		vm->huge_chunks = chunks;
	chunk = chunks ? calloc(HUGE_ENTRY_CHUNK, sizeof(*chunk)) : NULL;
	if (!chunk) {
		vm->no_host_memory = true;
		return false;
	}
	chunks[vm->nr_huge_chunks] = chunk;
	for (u32 i = HUGE_ENTRY_CHUNK; i-- > 0;) {
		chunk[i].next_free = vm->free_huge;
		vm->free_huge = vm->nr_huge_chunks * HUGE_ENTRY_CHUNK + i + 1;
	}
	vm->nr_huge_chunks++;
	return true;
}

/* Number of the huge page in its region, which begins at a multiple of the size. */
static u64 huge_number(const struct vm_area_struct *vma, u64 index)
{
	return index >> hpage_order(vma->vm_mm->vm);
}

struct huge_entry *huge_entry_of(const struct vm_area_struct *vma, u64 index)
{
	u64 i;

	if (likely(!vma->huge_n))
		return NULL;
	i = huge_number(vma, index);
	return i < vma->huge_n && vma->huge[i] ? huge_entry_get(vma->vm_mm->vm, vma->huge[i])
					       : NULL;
}

struct huge_entry *huge_entry_maps(const struct vm_area_struct *vma, u64 index)
{
	struct huge_entry *entry = huge_entry_of(vma, index);

	return entry && huge_entry_has(vma->vm_mm->vm, entry, index) ? entry : NULL;
}

struct huge_entry *folio_huge_entry(const struct vm *vm, u32 folio)
{
	const struct page *page = pfn_to_page(vm->mm, folio);

	return page_owner_kind(page) == OWNER_HUGE ? huge_entry_get(vm, page->owner & OWNER_NUMBER)
						   : NULL;
}

/* mm/huge_memory.c:vma_thp_gfp_mask */
static gfp_t vma_thp_gfp_mask(const struct vm_area_struct *vma)
{
	gfp_t light = GFP_TRANSHUGE_LIGHT;
	bool advised = vma->hugepage;

	switch ((enum thp_defrag)vma->vm_mm->vm->mm->sysctl.thp_defrag) {
	case THP_DEFRAG_ALWAYS:
		return light | __GFP_DIRECT_RECLAIM | (advised ? 0 : __GFP_NORETRY);
	case THP_DEFRAG_DEFER:
		return light | __GFP_KSWAPD_RECLAIM;
	case THP_DEFRAG_DEFER_MADVISE:
		return light | (advised ? __GFP_DIRECT_RECLAIM : __GFP_KSWAPD_RECLAIM);
	case THP_DEFRAG_MADVISE:
		return light | (advised ? __GFP_DIRECT_RECLAIM : 0);
	case THP_DEFRAG_NEVER:
		break;
	}
	return light;
}

bool thp_vma_allowable(const struct vm_area_struct *vma)
{
	const struct vm *vm = vma->vm_mm->vm;
	const struct mm_sysctl *sysctl = &vm->mm->sysctl;

	if (!vm->mm->thp_configured || vma->file || vma->shmem || vma->locked ||
	    vma->nohugepage || vma->start & (hpage_nr(vm) - 1) || vma->nr_pages < hpage_nr(vm))
		return false;
	return sysctl->thp_enabled == THP_ALWAYS ||
	       (sysctl->thp_enabled == THP_MADVISE && vma->hugepage);
}

void hugepage_madvise(struct vm_area_struct *vma, bool hugepage, bool nohugepage)
{
	vma->hugepage = hugepage;
	vma->nohugepage = nohugepage;
	if (hugepage)
		khugepaged_enter_vma(vma);
}

/* Nothing is mapped in the range yet. */
static bool range_empty(const struct vm_area_struct *vma, u64 first)
{
	const struct vm *vm = vma->vm_mm->vm;

	if (huge_entry_of(vma, first))
		return false;
	for (u64 i = first; i < first + hpage_nr(vm); i++) {
		const struct vm_node *node = vm_node_lookup(vm, &vma->nodes, i);
		u64 bit = 1ull << (i % VM_NODE_SLOTS);

		if (!node)
			i |= VM_NODE_SLOTS - 1;
		else if ((node->present | node->swapped | node->zero) & bit)
			return false;
	}
	return true;
}

/* The local node first, without trying hard. mm/mempolicy.c:alloc_pages_mpol */
static u32 alloc_huge(const struct vm *vm, struct task_struct *current, gfp_t gfp)
{
	struct mm *mm = vm->mm;
	u32 order = hpage_order(vm), pfn;

	gfp |= __GFP_ZERO;
	pfn = alloc_pages_node(mm, current, NUMA_NO_NODE, 0, gfp | __GFP_THISNODE | __GFP_NORETRY,
			       order);
	if (pfn == PFN_NONE && (gfp & __GFP_DIRECT_RECLAIM))
		pfn = alloc_pages(mm, current, gfp, order);
	return pfn;
}

/* Allocated and charged; PFN_NONE: base pages must do. mm/huge_memory.c:vma_alloc_anon_folio_pmd */
static u32 alloc_anon_huge(struct vm_area_struct *vma, struct task_struct *current)
{
	struct vm *vm = vma->vm_mm->vm;
	gfp_t gfp = vma_thp_gfp_mask(vma);
	u32 pfn = alloc_huge(vm, current, gfp);

	if (pfn == PFN_NONE) {
		count_vm_events(vm->mm, THP_FAULT_FALLBACK, 1);
		return PFN_NONE;
	}
	if (mem_cgroup_charge(vm, current, pfn, vma->vm_mm->memcg, gfp))
		return pfn;
	(void)free_pages(vm->mm, current, pfn, hpage_order(vm));
	count_vm_events(vm->mm, THP_FAULT_FALLBACK, 1);
	count_vm_events(vm->mm, THP_FAULT_FALLBACK_CHARGE, 1);
	return PFN_NONE;
}

bool huge_entry_reserve(struct vm_area_struct *vma, u64 first)
{
	struct vm *vm = vma->vm_mm->vm;

	return vm_grow_u32(vm, &vma->huge, &vma->huge_n, huge_number(vma, first), 0) &&
	       (vm->free_huge || more_entries(vm));
}

/* An entry out of the reserve. */
static struct huge_entry *new_entry(struct vm_area_struct *vma, u64 first, u32 folio)
{
	struct vm *vm = vma->vm_mm->vm;
	u32 id = vm->free_huge;
	struct huge_entry *entry = huge_entry_get(vm, id);

	assert(id && !vma->huge[huge_number(vma, first)]);
	vm->free_huge = entry->next_free;
	*entry = (struct huge_entry){.vma = vma, .index = first, .folio = folio,
				     .ring_next = id, .ring_prev = id};
	vma->huge[huge_number(vma, first)] = id;
	return entry;
}

/* nr pages of it are mapped. */
static void count_mapped(struct huge_entry *entry, u32 nr)
{
	struct mm_struct *mm = entry->vma->vm_mm;

	entry->nr_mapped = nr;
	entry->vma->nr_present += nr;
	mm->rss_stat[MM_ANONPAGES] += nr;
	mm->hiwater_rss = max_u64(mm->hiwater_rss, get_mm_rss(mm));
}

void huge_entry_install(struct vm_area_struct *vma, u64 first, u32 pfn)
{
	struct vm *vm = vma->vm_mm->vm;
	struct page *page = pfn_to_page(vm->mm, pfn);
	struct huge_entry *entry = new_entry(vma, first, pfn);
	u32 nr = (u32)hpage_nr(vm);

	entry->young = true;
	count_mapped(entry, nr);
	page->owner = page_owner(OWNER_HUGE, huge_entry_id(vm, entry));
	page->flags |= PG_swapbacked;
	mod_node_page_state(vm, pfn, NR_ANON_MAPPED, nr);
	mod_node_page_state(vm, pfn, NR_ANON_THPS, nr);
}

u32 huge_entry_copy(struct vm_area_struct *vma, const struct huge_entry *entry)
{
	struct huge_entry *copy = new_entry(vma, entry->index, entry->folio);

	copy->wrprotect = true;
	count_mapped(copy, entry->nr_mapped);
	return huge_entry_id(vma->vm_mm->vm, copy);
}

enum huge_fault do_huge_pmd_anonymous_page(struct vm_area_struct *vma, struct task_struct *current,
					   u64 index)
{
	struct vm *vm = vma->vm_mm->vm;
	u64 nr = hpage_nr(vm), first = index & ~(nr - 1);
	u32 pfn;

	if (!thp_vma_allowable(vma) || first + nr > vma->nr_pages || !range_empty(vma, first))
		return HUGE_FAULT_FALLBACK;
	khugepaged_enter_vma(vma);
	pfn = alloc_anon_huge(vma, current);
	if (pfn == PFN_NONE)
		return HUGE_FAULT_FALLBACK;
	/* A table for the day it is split. mm/huge_memory.c:__do_huge_pmd_anonymous_page */
	if (pgtable_alloc(vma->vm_mm, current, vma->start + first) && range_empty(vma, first) &&
	    huge_entry_reserve(vma, first)) {
		huge_entry_install(vma, first, pfn);
		count_vm_events(vm->mm, THP_FAULT_ALLOC, 1);
		folio_add_lru(vm, current, pfn);
		return HUGE_FAULT_DONE;
	}
	mem_cgroup_uncharge(vm, pfn);
	(void)free_pages(vm->mm, current, pfn, hpage_order(vm));
	return HUGE_FAULT_FALLBACK;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Huge pages on fault, after mm/huge_memory.c (7.2): which request is made for them, how they are
 * mapped, and how they are split. Left out: khugepaged, sizes between a page and a pageblock, the
 * huge zero page, huge pages in the swap cache (they are split before) or shared by fork, files,
 * and regions that do not begin at a multiple of the size (a large one always does).
 */
#include "mm/huge_memory.h"

#include <assert.h>
#include <stdlib.h>

#include "mm/lru.h"
#include "mm/memcontrol.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"

#define CHUNK 256u

static u32 hpage_order(const struct vm *vm)
{
	return vm->mm->pageblock_order;
}

static u64 hpage_nr(const struct vm *vm)
{
	return 1ull << hpage_order(vm);
}

static struct huge_entry *entry_get(const struct vm *vm, u32 id)
{
	return &vm->huge_chunks[(id - 1) / CHUNK][(id - 1) % CHUNK];
}

/* A new chunk's entries join the free ones. False: host memory. */
static bool more_entries(struct vm *vm)
{
	struct huge_entry **chunks = realloc(vm->huge_chunks,
					     (vm->nr_huge_chunks + 1) * sizeof(*chunks));
	struct huge_entry *chunk;

	if (chunks)
		vm->huge_chunks = chunks;
	chunk = chunks ? calloc(CHUNK, sizeof(*chunk)) : NULL;
	if (!chunk) {
		vm->no_host_memory = true;
		return false;
	}
	chunks[vm->nr_huge_chunks] = chunk;
	for (u32 i = CHUNK; i-- > 0;) {
		chunk[i].next_free = vm->free_huge;
		vm->free_huge = vm->nr_huge_chunks * CHUNK + i + 1;
	}
	vm->nr_huge_chunks++;
	return true;
}

void vm_huge_destroy(struct vm *vm)
{
	for (u32 i = 0; i < vm->nr_huge_chunks; i++)
		free(vm->huge_chunks[i]);
	free(vm->huge_chunks);
	vm->huge_chunks = NULL;
	vm->nr_huge_chunks = 0;
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
	return i < vma->huge_n && vma->huge[i] ? entry_get(vma->vm_mm->vm, vma->huge[i]) : NULL;
}

struct huge_entry *folio_huge_entry(const struct vm *vm, u32 folio)
{
	const struct page *page = pfn_to_page(vm->mm, folio);

	return page_owner_kind(page) == OWNER_HUGE ? entry_get(vm, page->owner & OWNER_NUMBER)
						   : NULL;
}

/* mm/huge_memory.c:vma_thp_gfp_mask */
static gfp_t vma_thp_gfp_mask(const struct vm_area_struct *vma)
{
	gfp_t light = (GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOMEMALLOC | __GFP_NOWARN) &
		      ~(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM);
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

/* mm/huge_memory.c:thp_vma_allowable_order */
static bool thp_allowed(const struct vm_area_struct *vma)
{
	const struct mm *mm = vma->vm_mm->vm->mm;

	if (!mm->thp_configured || vma->file || vma->shmem || vma->locked || vma->nohugepage)
		return false;
	return mm->sysctl.thp_enabled == THP_ALWAYS ||
	       (mm->sysctl.thp_enabled == THP_MADVISE && vma->hugepage);
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

/* False: host memory. */
static bool install(struct vm_area_struct *vma, u64 first, u32 pfn)
{
	struct vm *vm = vma->vm_mm->vm;
	struct page *page = pfn_to_page(vm->mm, pfn);
	struct mm_struct *mm = vma->vm_mm;
	struct huge_entry *entry;
	u32 id;

	if (!vm_grow_u32(vm, &vma->huge, &vma->huge_n, huge_number(vma, first), 0) ||
	    (!vm->free_huge && !more_entries(vm)))
		return false;
	id = vm->free_huge;
	entry = entry_get(vm, id);
	vm->free_huge = entry->next_free;
	*entry = (struct huge_entry){.vma = vma, .index = first, .folio = pfn, .young = true};
	vma->huge[huge_number(vma, first)] = id;
	vma->nr_present += hpage_nr(vm);
	mm->rss_stat[MM_ANONPAGES] += hpage_nr(vm);
	mm->hiwater_rss = max_u64(mm->hiwater_rss, get_mm_rss(mm));
	page->owner = page_owner(OWNER_HUGE, id);
	page->flags |= PG_swapbacked;
	mod_node_page_state(vm, pfn, NR_ANON_MAPPED, (s64)hpage_nr(vm));
	mod_node_page_state(vm, pfn, NR_ANON_THPS, (s64)hpage_nr(vm));
	return true;
}

enum huge_fault do_huge_pmd_anonymous_page(struct vm_area_struct *vma, struct task_struct *current,
					   u64 index)
{
	struct vm *vm = vma->vm_mm->vm;
	u64 nr = hpage_nr(vm), first = index & ~(nr - 1);
	bool kept;
	u32 pfn;

	if (!thp_allowed(vma) || vma->start & (nr - 1) || first + nr > vma->nr_pages ||
	    !range_empty(vma, first))
		return HUGE_FAULT_FALLBACK;
	pfn = alloc_huge(vm, current, vma_thp_gfp_mask(vma));
	if (pfn == PFN_NONE) {
		count_vm_events(vm->mm, THP_FAULT_FALLBACK, 1);
		return HUGE_FAULT_FALLBACK;
	}
	/* A table for the day it is split. mm/huge_memory.c:__do_huge_pmd_anonymous_page */
	kept = mem_cgroup_charge(vm, current, pfn, vma->vm_mm->memcg, GFP_KERNEL);
	if (kept && pgtable_alloc(vma->vm_mm, current, vma->start + first) &&
	    range_empty(vma, first) && install(vma, first, pfn)) {
		count_vm_events(vm->mm, THP_FAULT_ALLOC, 1);
		folio_add_lru(vm, current, pfn);
		return HUGE_FAULT_DONE;
	}
	if (kept)
		mem_cgroup_uncharge(vm, pfn);
	(void)free_pages(vm->mm, current, pfn, hpage_order(vm));
	return HUGE_FAULT_FALLBACK;
}

u32 zap_huge_entry(struct vm *vm, struct huge_entry *entry)
{
	struct vm_area_struct *vma = entry->vma;
	u64 i = huge_number(vma, entry->index);
	s64 nr = (s64)hpage_nr(vm);
	u32 id = vma->huge[i], folio = entry->folio;

	vma->huge[i] = 0;
	vma->nr_present -= (u64)nr;
	vma->vm_mm->rss_stat[MM_ANONPAGES] -= (u64)nr;
	mod_node_page_state(vm, folio, NR_ANON_MAPPED, -nr);
	mod_node_page_state(vm, folio, NR_ANON_THPS, -nr);
	*entry = (struct huge_entry){.next_free = vm->free_huge};
	vm->free_huge = id;
	return folio;
}

/* Nodes for all slots of the range before anything changes. */
static bool reserve_nodes(struct vm_area_struct *vma, u64 first)
{
	struct vm *vm = vma->vm_mm->vm;

	for (u64 i = first; i < first + hpage_nr(vm);) {
		struct vm_node *node = vm_node_at(vm, &vma->nodes, i);

		if (!node)
			return false;
		node->vma = vma;
		i = (i | (VM_NODE_SLOTS - 1)) + 1;
	}
	return true;
}

bool split_huge_entry(struct vm *vm, struct task_struct *current, struct huge_entry *entry)
{
	struct vm_area_struct *vma = entry->vma;
	u64 first = entry->index, nr = hpage_nr(vm);
	bool young = entry->young, on_lru;
	enum free_result result;
	u16 flags;
	u32 head;

	if (!reserve_nodes(vma, first))
		return false;
	head = zap_huge_entry(vm, entry);
	on_lru = pfn_to_page(vm->mm, head)->flags & PG_lru;
	if (on_lru)
		lruvec_del_folio(vm, head);
	flags = pfn_to_page(vm->mm, head)->flags & (u16)~PG_compound;
	result = split_page(vm->mm, head, hpage_order(vm), 0);
	assert(result == FREE_OK);
	for (u64 i = 0; i < nr; i++) {
		struct vm_node *node = vm_node_lookup(vm, &vma->nodes, first + i);
		u32 slot = (u32)((first + i) % VM_NODE_SLOTS), pfn = head + (u32)i;

		pfn_to_page(vm->mm, pfn)->flags = flags;
		if (vm->folio_memcg)
			vm->folio_memcg[pfn] = vm->folio_memcg[head];
		set_anon_pte(vm, node, slot, pfn, true);
		if (!young)
			node->young &= ~(1ull << slot);
		if (on_lru)
			lruvec_add_folio(vm, pfn);
		else if (i)
			lruvec_add_folio_tail(vm, pfn);
	}
	count_vm_events(vm->mm, THP_SPLIT_PAGE, 1);
	task_charge(current, CAUSE_FAULT, nr * vm->mm->costs.fork_pte);
	return true;
}

bool split_huge_range(struct vm_area_struct *vma, struct task_struct *current, u64 index, u64 nr)
{
	for (u64 i = index; vma->huge_n && i < index + nr;) {
		struct huge_entry *entry = huge_entry_of(vma, i);
		u64 size = hpage_nr(vma->vm_mm->vm);

		i = (i | (size - 1)) + 1;
		if (entry && !split_huge_entry(vma->vm_mm->vm, current, entry))
			return false;
	}
	return true;
}

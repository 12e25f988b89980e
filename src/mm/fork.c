/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fork's part of memory, after kernel/fork.c:dup_mmap and mm/memory.c:copy_page_range: the child
 * gets the parent's regions, its own page tables where there is something to map, and the same
 * anonymous pages and swapped ones, write-protected in both until one writes. Pages of files it
 * faults in again, and pinned ones it gets anew when it touches them (the kernel copies at once).
 * Locks (mlock) are not inherited.
 */
#include "mm/khugepaged.h"
#include "mm/swap.h"
#include "mm/vm_internal.h"

static bool no_host_memory(struct vm *vm)
{
	vm->no_host_memory = true;
	return false;
}

/* mm/memory.c:copy_present_pte; the child's entry was not accessed yet. False: host memory. */
static bool copy_present(struct vm_node *copy, struct vm_node *node, u32 i)
{
	struct vm *vm = copy->vma->vm_mm->vm;
	u64 bit = 1ull << i;

	if (!page_is_anon(vm->mm, node->slot[i]) ||
	    (pfn_to_page(vm->mm, node->slot[i])->flags & PG_pinned))
		return true;
	if (!page_refs_inc(&vm->refs, node->slot[i]))
		return no_host_memory(vm);
	copy->slot[i] = node->slot[i];
	copy->present |= bit;
	copy->wrprotect |= bit;
	copy->dirty |= node->dirty & bit;
	node->wrprotect |= bit;
	copy->vma->nr_present++;
	copy->vma->vm_mm->rss_stat[MM_ANONPAGES]++;
	return true;
}

/* mm/memory.c:copy_nonpresent_pte */
static void copy_swapped(struct vm_node *copy, const struct vm_node *node, u32 i)
{
	swap_dup(copy->vma->vm_mm->vm, node->slot[i]);
	copy->slot[i] = node->slot[i];
	copy->swapped |= 1ull << i;
	copy->vma->vm_mm->rss_stat[MM_SWAPENTS]++;
}

/* One node of 64 slots into the child; nothing is copied, only counted. False: host memory. */
static bool copy_node(struct vm_area_struct *dst, struct task_struct *current,
		      struct vm_node *node)
{
	struct vm *vm = dst->vm_mm->vm;
	struct vm_node *copy = vm_node_at(vm, &dst->nodes, (u64)node->index << VM_NODE_SHIFT);
	u64 there;

	if (!copy)
		return false;
	copy->vma = dst;
	/* Huge pages that both had and reclaim has split meanwhile are there already. */
	vm_node_ring_join(vm, node, copy);
	there = copy->present | copy->swapped;
	if (node->swap && !vm_node_swap(vm, copy))
		return false;
	for (u64 mask = (node->present | node->swapped) & ~there; mask; mask &= mask - 1) {
		u32 i = (u32)__builtin_ctzll(mask);

		if (node->swapped >> i & 1)
			copy_swapped(copy, node, i);
		else if (!copy_present(copy, node, i))
			return false;
		task_charge(current, CAUSE_FAULT, vm->mm->costs.fork_pte);
	}
	copy->zero = node->zero & ~there;
	return true;
}

/* mm/huge_memory.c:copy_huge_pmd; with a table for the day it is split */
static bool copy_huge(struct vm_area_struct *dst, struct task_struct *current,
		      const struct vm_area_struct *src)
{
	u64 step = src->vm_mm->vm->mm->pageblock_nr_pages;

	for (u64 i = 0; src->huge_n && i < src->nr_pages; i += step) {
		if (!huge_entry_of(src, i))
			continue;
		/* Time passes: it may be split then. */
		if (!pgtable_alloc(dst->vm_mm, current, dst->start + i))
			return false;
		if (huge_entry_of(src, i) && !huge_entry_share(dst, huge_entry_of(src, i)))
			return false;
		task_charge(current, CAUSE_FAULT, src->vm_mm->vm->mm->costs.fork_pte);
	}
	return true;
}

/* mm/memory.c:copy_page_range */
static bool copy_area(struct vm_area_struct *dst, struct vm_area_struct *src,
		      struct task_struct *current)
{
	struct vm *vm = dst->vm_mm->vm;
	struct mm_struct *mm = dst->vm_mm;

	if (!copy_huge(dst, current, src))
		return false;
	for (u64 i = 0; i < src->nodes.n; i++) {
		u64 vpn = dst->start + (i << VM_NODE_SHIFT), mapped;
		struct vm_node *node;

		if (!src->nodes.id[i])
			continue;
		node = vm_node_get(vm, src->nodes.id[i]);
		mapped = node->present | node->zero | node->swapped;
		if (!mapped)
			continue;
		/* A node may lie across two leaf tables. */
		if (!pgtable_alloc(mm, current, vpn + (u32)__builtin_ctzll(mapped)) ||
		    !pgtable_alloc(mm, current, vpn + 63 - (u32)__builtin_clzll(mapped)) ||
		    !copy_node(dst, current, node))
			return false;
		mm->hiwater_rss = max_u64(mm->hiwater_rss, get_mm_rss(mm));
	}
	task_spend(vm->mm, current);
	return true;
}

/* The child's region where the parent has it. NULL: no memory, or too much is promised already. */
static struct vm_area_struct *copy_vma(struct mm_struct *mm, struct task_struct *current,
				       const struct vm_area_struct *src)
{
	struct vm_area_struct *dst;

	/* Between holes the lowest gap is elsewhere. */
	mm->gap_from = src->start;
	if (src->file)
		dst = vm_mmap_file(mm, current, src->file, src->pgoff, src->nr_pages, src->shared);
	else
		dst = vm_mmap(mm, current, src->nr_pages);
	if (!dst)
		return NULL;
	dst->exec = src->exec;
	dst->hugepage = src->hugepage;
	dst->nohugepage = src->nohugepage;
	return dst;
}

struct mm_struct *dup_mm(struct mm_struct *parent, struct task_struct *current)
{
	struct mm_struct *mm = mm_alloc(parent->vm, current);

	if (!mm)
		return NULL;
	mm->memcg = parent->memcg;
	mm->oom_score_adj = parent->oom_score_adj;
	khugepaged_fork(mm, parent);
	mmap_write_lock(parent, current);
	mmap_write_lock(mm, current);
	for (u32 i = 0; i < parent->nr_areas; i++) {
		struct vm_area_struct *src = parent->areas[i];
		struct vm_area_struct *dst = copy_vma(mm, current, src);

		if (!dst || !copy_area(dst, src, current)) {
			mmap_write_unlock(parent);
			exit_mmap(mm, current);
			return NULL;
		}
	}
	mmap_write_unlock(parent);
	mmap_write_unlock(mm);
	mm->gap_from = 0;
	return mm;
}

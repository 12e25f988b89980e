/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fork's part of memory, after kernel/fork.c:dup_mmap and mm/memory.c:copy_page_range: the child
 * gets the parent's regions, its own page tables where there is something to map, and the same
 * pages, write-protected in both until one writes. Locks (mlock) are not inherited.
 */
#include "mm/vm_internal.h"

/* One node of 64 slots into the child; nothing is copied, only counted. False: host memory. */
static bool copy_node(struct vm_area_struct *dst, struct task_struct *current,
		      struct vm_node *node)
{
	struct vm *vm = dst->vm_mm->vm;
	struct vm_node *copy = vm_node_at(vm, &dst->nodes, (u64)node->index << VM_NODE_SHIFT);

	if (!copy)
		return false;
	copy->vma = dst;
	vm_node_ring_add(vm, node, copy);
	for (u64 mask = node->present; mask; mask &= mask - 1) {
		u32 i = (u32)__builtin_ctzll(mask);

		if (!page_refs_inc(&vm->refs, node->slot[i])) {
			vm->no_host_memory = true;
			return false;
		}
		copy->slot[i] = node->slot[i];
		copy->present |= 1ull << i;
		copy->wrprotect |= 1ull << i;
		node->wrprotect |= 1ull << i;
		dst->nr_present++;
		dst->vm_mm->rss_stat[MM_ANONPAGES]++;
		task_charge(current, CAUSE_FAULT, vm->mm->costs.fork_pte);
	}
	copy->zero = node->zero;
	return true;
}

/* mm/memory.c:copy_page_range */
static bool copy_area(struct vm_area_struct *dst, struct vm_area_struct *src,
		      struct task_struct *current)
{
	struct vm *vm = dst->vm_mm->vm;
	struct mm_struct *mm = dst->vm_mm;

	for (u64 i = 0; i < src->nodes.n; i++) {
		u64 vpn = dst->start + (i << VM_NODE_SHIFT), mapped;
		struct vm_node *node;

		if (!src->nodes.id[i])
			continue;
		node = vm_node_get(vm, src->nodes.id[i]);
		mapped = node->present | node->zero;
		if (!mapped)
			continue;
		/* A node may lie across two leaf tables. */
		if (!pgtable_alloc(mm, current, vpn + (u32)__builtin_ctzll(mapped)) ||
		    !pgtable_alloc(mm, current, vpn + 63 - (u32)__builtin_clzll(mapped)) ||
		    !copy_node(dst, current, node))
			return false;
		mm->hiwater_rss = max_u64(mm->hiwater_rss, mm->rss_stat[MM_ANONPAGES]);
	}
	task_spend(vm->mm, current);
	return true;
}

struct mm_struct *dup_mm(struct mm_struct *parent, struct task_struct *current)
{
	struct mm_struct *mm = mm_alloc(parent->vm, current);

	if (!mm)
		return NULL;
	mm->memcg = parent->memcg;
	mm->oom_score_adj = parent->oom_score_adj;
	mmap_write_lock(parent, current);
	for (u32 i = 0; i < parent->nr_areas; i++) {
		struct vm_area_struct *src = parent->areas[i], *dst;

		/* Between holes the lowest gap is elsewhere: place it where the parent has it. */
		mm->gap_from = src->start;
		dst = vm_mmap(mm, current, src->nr_pages);
		if (!dst || !copy_area(dst, src, current)) {
			mmap_write_unlock(parent);
			exit_mmap(mm, current);
			return NULL;
		}
	}
	mmap_write_unlock(parent);
	mm->gap_from = 0;
	return mm;
}

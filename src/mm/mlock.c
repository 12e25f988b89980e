/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is not reclaimed, after mm/mlock.c: its folios go to the unevictable list, those that
 * come later when they are mapped. Left out: unlocking a region, limits (RLIMIT_MEMLOCK).
 */
#include "mm/huge_memory.h"
#include "mm/lru.h"
#include "mm/vm_internal.h"

void mlock_vma(struct vm_area_struct *vma, struct task_struct *current)
{
	struct vm *vm = vma->vm_mm->vm;

	if (vma->locked)
		return;
	vma->locked = true;
	vma->vm_mm->locked_vm += vma->nr_pages;
	lru_add_drain(vm, current);
	if (!split_huge_range(vma, current, 0, vma->nr_pages))
		return;
	for (u64 i = 0; i < vma->nodes.n; i++) {
		const struct vm_node *node;

		if (!vma->nodes.id[i])
			continue;
		node = vm_node_get(vm, vma->nodes.id[i]);
		for (u64 mask = node->present; mask; mask &= mask - 1)
			mlock_folio(vm, current,
				    page_folio(vm->mm, node->slot[__builtin_ctzll(mask)]));
	}
	task_spend(vm->mm, current);
}

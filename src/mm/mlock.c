/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is not reclaimed: locked, after mm/mlock.c (its folios go to the unevictable list,
 * those that come later when they are mapped), or pinned for a device, mm/gup.c. Left out:
 * unlocking a region, limits (RLIMIT_MEMLOCK).
 */
#include <assert.h>

#include "mm/huge_memory.h"
#include "mm/lru.h"
#include "mm/vm_internal.h"

bool vm_pin_page(struct vm_area_struct *vma, u64 index)
{
	const struct vm *vm = vma->vm_mm->vm;
	u32 slot = (u32)(index % VM_NODE_SLOTS);
	const struct vm_node *node;

	assert(!vma->file && index < vma->nr_pages);
	node = vm_node_lookup(vm, &vma->nodes, index);
	if (!node || !(node->present >> slot & 1) || (node->wrprotect >> slot & 1))
		return false;
	pfn_to_page(vm->mm, node->slot[slot])->flags |= PG_pinned;
	return true;
}

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

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory that page tables take. Tables come with the first page of their range and go with the
 * last region in it; where an address leads is kept in the nodes (vm.h), not here. Left out: huge
 * leaf entries.
 */
#include <assert.h>
#include <stdlib.h>

#include "mm/vm_internal.h"

#define GFP_PGTABLE_USER (GFP_KERNEL_ACCOUNT | __GFP_ZERO) /* include/asm-generic/pgalloc.h */

static u32 table_alloc(struct mm_struct *mm, struct task_struct *current, u32 order)
{
	struct vm *vm = mm->vm;
	u32 pfn = alloc_pages(vm->mm, current, GFP_PGTABLE_USER, order);

	if (pfn == PFN_NONE)
		return PFN_NONE;
	pfn_to_page(vm->mm, pfn)->owner = page_owner(OWNER_PGTABLE, mm->id & OWNER_NUMBER);
	mod_node_page_state(vm, pfn, NR_PAGETABLE, 1 << order);
	return pfn;
}

static void table_free(struct mm_struct *mm, struct task_struct *current, u32 pfn, u32 order)
{
	enum free_result result;

	mod_node_page_state(mm->vm, pfn, NR_PAGETABLE, -(1 << order));
	result = free_pages(mm->vm->mm, current, pfn, order);
	assert(result == FREE_OK);
	(void)result;
}

/* Two pages where the kernel is built for page table isolation, used or not.
   arch/x86/mm/pgtable.c:PGD_ALLOCATION_ORDER (6.12) */
static u32 pgd_order(const struct mm *mm)
{
	return mm->profile->pgd_doubled && mm->machine->arch == ARCH_X86_64;
}

bool pgtable_init(struct mm_struct *mm, struct task_struct *current)
{
	const struct machine *machine = mm->vm->mm->machine;
	struct pgtable *pgt = &mm->pgtable;
	u32 address_bits = 47;

	/* Entries of 8 bytes, of 4 on i386 without PAE; 47 bits of user addresses, or 32. */
	pgt->bits = machine->page_shift - 3;
	if (machine->arch == ARCH_I386)
		pgt->bits = machine->page_shift - 2;
	if (machine->arch == ARCH_I386 || machine->arch == ARCH_I386_PAE)
		address_bits = 32;
	pgt->levels = (address_bits - machine->page_shift + pgt->bits - 1) / pgt->bits;
	assert(pgt->levels <= PGTABLE_LEVELS_MAX);
	pgt->root = table_alloc(mm, current, pgd_order(mm->vm->mm));
	return pgt->root != PFN_NONE;
}

bool pgtable_alloc(struct mm_struct *mm, struct task_struct *current, u64 vpn)
{
	struct pgtable *pgt = &mm->pgtable;

	for (u32 l = pgt->levels - 1; l-- > 0;) {
		struct pgtable_level *level = &pgt->level[l];
		u64 i = vpn >> (pgt->bits * (l + 1));

		if (likely(i < level->n && level->pfn[i] != PFN_NONE))
			continue;
		if (!vm_grow_u32(mm->vm, &level->pfn, &level->n, i, PFN_NONE))
			return false;
		level->pfn[i] = table_alloc(mm, current, 0);
		if (level->pfn[i] == PFN_NONE)
			return false;
		mm->nr_pgtables++;
	}
	return true;
}

bool pgtable_present(const struct mm_struct *mm, u64 vpn)
{
	const struct pgtable_level *level = &mm->pgtable.level[0];
	u64 i = vpn >> mm->pgtable.bits;

	return i < level->n && level->pfn[i] != PFN_NONE;
}

bool vm_fill_tables(struct vm_area_struct *vma, struct task_struct *current)
{
	struct mm_struct *mm = vma->vm_mm;
	u64 end = vma->start + vma->nr_pages, step = 1ull << mm->pgtable.bits;

	for (u64 vpn = vma->start; vpn < end; vpn = (vpn | (step - 1)) + 1) {
		if (!pgtable_alloc(mm, current, vpn))
			return false;
	}
	return true;
}

void pgtable_free_range(struct mm_struct *mm, struct task_struct *current, u64 start, u64 end,
			u64 floor, u64 ceiling)
{
	struct pgtable *pgt = &mm->pgtable;

	for (u32 l = 0; l + 1 < pgt->levels; l++) {
		struct pgtable_level *level = &pgt->level[l];
		u32 shift = pgt->bits * (l + 1);

		for (u64 i = start >> shift; i <= (end - 1) >> shift && i < level->n; i++) {
			if (level->pfn[i] == PFN_NONE || i << shift < floor ||
			    (i + 1) << shift > ceiling)
				continue;
			table_free(mm, current, level->pfn[i], 0);
			level->pfn[i] = PFN_NONE;
			mm->nr_pgtables--;
		}
	}
}

void pgtable_finish(struct mm_struct *mm, struct task_struct *current)
{
	struct pgtable *pgt = &mm->pgtable;

	for (u32 l = 0; l + 1 < pgt->levels; l++) {
		struct pgtable_level *level = &pgt->level[l];

		for (u64 i = 0; i < level->n; i++) {
			if (level->pfn[i] == PFN_NONE)
				continue;
			table_free(mm, current, level->pfn[i], 0);
			mm->nr_pgtables--;
		}
		vm_free_u32(mm->vm, &level->pfn, &level->n);
	}
	if (pgt->root != PFN_NONE)
		table_free(mm, current, pgt->root, pgd_order(mm->vm->mm));
	pgt->root = PFN_NONE;
}

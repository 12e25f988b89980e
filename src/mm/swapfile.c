/* SPDX-License-Identifier: GPL-2.0-only */
/* Skeleton: to be filled. */
#include "mm/swap.h"

bool swapon(struct vm *vm, struct device *dev, u64 nr_pages, s32 prio, bool rotational, bool synchronous)
{
	(void)vm;
	(void)dev;
	(void)nr_pages;
	(void)prio;
	(void)rotational;
	(void)synchronous;
	return false;
}

void vm_swap_destroy(struct vm *vm)
{
	(void)vm;
}

u64 get_nr_swap_pages(const struct vm *vm)
{
	(void)vm;
	return 0;
}

u64 total_swap_pages(const struct vm *vm)
{
	(void)vm;
	return 0;
}

bool vm_swap_full(const struct vm *vm)
{
	(void)vm;
	return false;
}

u64 total_swapcache_pages(const struct vm *vm)
{
	(void)vm;
	return 0;
}

swp_entry_t folio_swap_entry(const struct vm *vm, u32 folio)
{
	(void)vm;
	(void)folio;
	return 0;
}

bool folio_alloc_swap(struct vm *vm, struct task_struct *current, u32 folio)
{
	(void)vm;
	(void)current;
	(void)folio;
	return false;
}

void swap_writeout(struct vm *vm, struct task_struct *current, u32 folio)
{
	(void)vm;
	(void)current;
	(void)folio;
}

void swap_cache_del_folio(struct vm *vm, u32 folio, u32 shadow)
{
	(void)vm;
	(void)folio;
	(void)shadow;
}

bool folio_free_swap(struct vm *vm, u32 folio)
{
	(void)vm;
	(void)folio;
	return false;
}

void swap_dup(struct vm *vm, swp_entry_t entry)
{
	(void)vm;
	(void)entry;
}

void swap_put(struct vm *vm, struct task_struct *current, swp_entry_t entry)
{
	(void)vm;
	(void)current;
	(void)entry;
}

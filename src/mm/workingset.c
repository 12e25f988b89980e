/* SPDX-License-Identifier: GPL-2.0-only */
/* Skeleton: to be filled. */
#include "mm/lru.h"

u32 workingset_eviction(struct vm *vm, u32 folio)
{
	(void)vm;
	(void)folio;
	return 0;
}

void workingset_refault(struct vm *vm, struct task_struct *current, u32 folio, u32 shadow)
{
	(void)vm;
	(void)current;
	(void)folio;
	(void)shadow;
}

void workingset_age_nonresident(struct lruvec *lruvec, u64 nr_pages)
{
	(void)lruvec;
	(void)nr_pages;
}

void workingset_activation(struct vm *vm, u32 folio)
{
	(void)vm;
	(void)folio;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Skeleton: to be filled. */
#include "mm/rmap.h"

struct folio_references folio_referenced(struct vm *vm, struct task_struct *current, u32 folio)
{
	(void)vm;
	(void)current;
	(void)folio;
	return (struct folio_references){0};
}

bool try_to_unmap(struct vm *vm, struct task_struct *current, u32 folio)
{
	(void)vm;
	(void)current;
	(void)folio;
	return false;
}

bool folio_mapped(const struct vm *vm, u32 folio)
{
	(void)vm;
	(void)folio;
	return false;
}

u32 folio_mapcount(const struct vm *vm, u32 folio)
{
	(void)vm;
	(void)folio;
	return 0;
}

void folio_replace(struct vm *vm, u32 from, u32 to)
{
	(void)vm;
	(void)from;
	(void)to;
}

u32 folio_mkclean(struct vm *vm, struct task_struct *current, u32 folio)
{
	(void)vm;
	(void)current;
	(void)folio;
	return 0;
}

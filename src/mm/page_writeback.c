/* SPDX-License-Identifier: GPL-2.0-only */
/* Skeleton: to be filled. */
#include "mm/writeback.h"

bool vm_writeback_create(struct vm *vm)
{
	(void)vm;
	return true;
}

void vm_writeback_destroy(struct vm *vm)
{
	(void)vm;
}

void folio_mark_dirty(struct vm *vm, struct task_struct *current, u32 folio)
{
	(void)vm;
	(void)current;
	(void)folio;
}

void folio_start_writeback(struct vm *vm, u32 folio)
{
	(void)vm;
	(void)folio;
}

void folio_end_writeback(struct vm *vm, u32 folio)
{
	(void)vm;
	(void)folio;
}

void folio_wait_writeback(struct vm *vm, struct task_struct *current, u32 folio)
{
	(void)vm;
	(void)current;
	(void)folio;
}

void folio_account_cleaned(struct vm *vm, u32 folio)
{
	(void)vm;
	(void)folio;
}

void balance_dirty_pages_ratelimited(struct vm *vm, struct task_struct *current, u64 dirtied)
{
	(void)vm;
	(void)current;
	(void)dirtied;
}

void wakeup_flusher_threads(struct vm *vm)
{
	(void)vm;
}

struct dirty_limits global_dirty_limits(const struct vm *vm)
{
	(void)vm;
	return (struct dirty_limits){0};
}

bool node_dirty_ok(const struct vm *vm, u32 nid)
{
	(void)vm;
	(void)nid;
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Skeleton: to be filled. */
#include "mm/lru.h"
#include "mm/memcontrol.h"

bool vm_lru_create(struct vm *vm)
{
	(void)vm;
	return true;
}

void vm_lru_destroy(struct vm *vm)
{
	(void)vm;
}

u32 page_folio(const struct mm *mm, u32 pfn)
{
	(void)mm;
	(void)pfn;
	return PFN_NONE;
}

enum lru_list folio_lru_list(const struct page *page)
{
	(void)page;
	return 0;
}

struct lruvec *folio_lruvec(const struct vm *vm, u32 folio)
{
	(void)vm;
	(void)folio;
	return NULL;
}

u64 lruvec_lru_size(const struct lruvec *lruvec, enum lru_list lru, u32 zone_idx)
{
	(void)lruvec;
	(void)lru;
	(void)zone_idx;
	return 0;
}

void lruvec_add_folio(struct vm *vm, u32 folio)
{
	(void)vm;
	(void)folio;
}

void lruvec_add_folio_tail(struct vm *vm, u32 folio)
{
	(void)vm;
	(void)folio;
}

void lruvec_del_folio(struct vm *vm, u32 folio)
{
	(void)vm;
	(void)folio;
}

void folio_add_lru(struct vm *vm, struct task_struct *current, u32 folio)
{
	(void)vm;
	(void)current;
	(void)folio;
}

void folio_mark_accessed(struct vm *vm, struct task_struct *current, u32 folio)
{
	(void)vm;
	(void)current;
	(void)folio;
}

void folio_activate(struct vm *vm, struct task_struct *current, u32 folio)
{
	(void)vm;
	(void)current;
	(void)folio;
}

void folio_rotate_reclaimable(struct vm *vm, u32 cpu, u32 folio)
{
	(void)vm;
	(void)cpu;
	(void)folio;
}

void mlock_folio(struct vm *vm, struct task_struct *current, u32 folio)
{
	(void)vm;
	(void)current;
	(void)folio;
}

void munlock_folio(struct vm *vm, struct task_struct *current, u32 folio)
{
	(void)vm;
	(void)current;
	(void)folio;
}

void lru_add_drain(struct vm *vm, struct task_struct *current)
{
	(void)vm;
	(void)current;
}

void lru_add_drain_all(struct vm *vm, struct task_struct *current)
{
	(void)vm;
	(void)current;
}

void folios_put(struct vm *vm, struct task_struct *current, const u32 *folios, u32 n)
{
	(void)vm;
	(void)current;
	(void)folios;
	(void)n;
}

void lru_note_cost(struct lruvec *lruvec, struct vm *vm, enum lru_type type, u64 nr_io, u64 nr_rotated)
{
	(void)lruvec;
	(void)vm;
	(void)type;
	(void)nr_io;
	(void)nr_rotated;
}

s64 node_lru_pages(const struct vm *vm, u32 nid, enum lru_list lru)
{
	(void)vm;
	(void)nid;
	(void)lru;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Skeleton: to be filled. */
#include "mm/lru.h"

void lru_gen_init_lruvec(struct vm *vm, struct lruvec *lruvec)
{
	(void)vm;
	(void)lruvec;
}

void lru_gen_add_folio(struct vm *vm, struct lruvec *lruvec, u32 folio, bool reclaiming)
{
	(void)vm;
	(void)lruvec;
	(void)folio;
	(void)reclaiming;
}

void lru_gen_del_folio(struct vm *vm, struct lruvec *lruvec, u32 folio)
{
	(void)vm;
	(void)lruvec;
	(void)folio;
}

void lru_gen_inc_refs(struct vm *vm, u32 folio)
{
	(void)vm;
	(void)folio;
}

u32 lru_gen_eviction(struct vm *vm, u32 folio)
{
	(void)vm;
	(void)folio;
	return 0;
}

void lru_gen_refault(struct vm *vm, struct task_struct *current, u32 folio, u32 shadow)
{
	(void)vm;
	(void)current;
	(void)folio;
	(void)shadow;
}

void lru_gen_age_node(struct vm *vm, struct task_struct *current, u32 nid, struct scan_control *sc)
{
	(void)vm;
	(void)current;
	(void)nid;
	(void)sc;
}

void lru_gen_shrink_lruvec(struct vm *vm, struct task_struct *current, struct lruvec *lruvec, struct scan_control *sc)
{
	(void)vm;
	(void)current;
	(void)lruvec;
	(void)sc;
}

void lru_gen_look_around(struct vm *vm, struct task_struct *current, struct vm_node *node, u32 slot)
{
	(void)vm;
	(void)current;
	(void)node;
	(void)slot;
}

bool lru_gen_set_refs(struct vm *vm, u32 folio)
{
	(void)vm;
	(void)folio;
	return false;
}

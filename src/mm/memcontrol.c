/* SPDX-License-Identifier: GPL-2.0-only */
/* Skeleton: to be filled. */
#include "mm/memcontrol.h"

struct mem_cgroup *mem_cgroup_create(struct vm *vm, const char *name, u64 max, u64 high)
{
	(void)vm;
	(void)name;
	(void)max;
	(void)high;
	return NULL;
}

void vm_memcg_destroy(struct vm *vm)
{
	(void)vm;
}

bool mem_cgroup_charge(struct vm *vm, struct task_struct *current, struct mem_cgroup *memcg, u64 nr_pages)
{
	(void)vm;
	(void)current;
	(void)memcg;
	(void)nr_pages;
	return true;
}

void mem_cgroup_uncharge(struct vm *vm, struct mem_cgroup *memcg, u64 nr_pages)
{
	(void)vm;
	(void)memcg;
	(void)nr_pages;
}

struct mem_cgroup *folio_memcg(const struct vm *vm, u32 folio)
{
	(void)vm;
	(void)folio;
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Skeleton: to be filled. */
#include "mm/shrinker.h"

bool shrinker_register(struct vm *vm, struct shrinker *shrinker)
{
	(void)vm;
	(void)shrinker;
	return true;
}

void vm_shrinkers_destroy(struct vm *vm)
{
	(void)vm;
}

u64 shrink_slab(struct vm *vm, struct task_struct *current, gfp_t gfp, u32 nid, u32 priority)
{
	(void)vm;
	(void)current;
	(void)gfp;
	(void)nid;
	(void)priority;
	return 0;
}

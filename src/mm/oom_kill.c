/* SPDX-License-Identifier: GPL-2.0-only */
/* Skeleton: to be filled. */
#include "mm/oom.h"

s64 oom_badness(const struct mm_struct *mm, u64 totalpages)
{
	(void)mm;
	(void)totalpages;
	return 0;
}

bool out_of_memory(struct vm *vm, struct task_struct *current, struct oom_control *oc)
{
	(void)vm;
	(void)current;
	(void)oc;
	return false;
}

bool vm_oom_create(struct vm *vm)
{
	(void)vm;
	return true;
}

void vm_oom_destroy(struct vm *vm)
{
	(void)vm;
}

void send_sigkill(struct vm *vm, struct task_struct *task)
{
	(void)vm;
	(void)task;
}

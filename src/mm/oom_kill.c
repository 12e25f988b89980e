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

bool oom_out_of_memory(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order,
		       const struct alloc_context *ac)
{
	struct oom_control oc = {.ac = ac, .gfp = gfp, .order = order};

	return mm->vm && out_of_memory(mm->vm, current, &oc);
}

bool oom_mutex_trylock(struct vm *vm)
{
	(void)vm;
	return true;
}

bool oom_mutex_lock_killable(struct vm *vm, struct task_struct *current)
{
	(void)vm;
	return !fatal_signal_pending(current);
}

void oom_mutex_unlock(struct vm *vm)
{
	(void)vm;
}

bool oom_panicked(const struct vm *vm)
{
	(void)vm;
	return false;
}

bool wait_killable(struct task_struct *current, struct wait_queue *wq, u64 timeout_ns)
{
	return cpu_wait(current->sched, wq, timeout_ns);
}

bool sleep_killable(struct task_struct *current, u64 ns)
{
	cpu_sleep(current->sched, ns);
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fork step: a child keeps its parent's memory until it writes or unmaps it, or until exec.
 * Children do not inherit held blocks, which are the kernel's.
 */
#include <stdio.h>

#include "workload/task.h"

static u64 child_seed(struct task *parent)
{
	char name[32];
	struct rng rng;

	snprintf(name, sizeof(name), "child/%llu", (unsigned long long)parent->nr_forked++);
	rng_init(&rng, parent->seed, name);
	return rng_u64(&rng);
}

/* One child; that there is no memory for it is counted, and the parent goes on. */
static enum flow fork_one(struct task *task, const struct program *program)
{
	struct workload_run *run = task->run;
	u32 def = (u32)(task->def - workload_tasks(run->wl));
	struct mm_struct *copy;
	struct task *child;

	if (!task_operation(task))
		return FLOW_EXIT;
	if (run->alive >= run->wl->limits.tasks) {
		task->stats->fork_failed++;
		return FLOW_NEXT;
	}
	copy = task->process && !process_copy(task) ? NULL : dup_mm(task->mm, &task->ts);
	if (!copy && run->world.vm->no_host_memory)
		return task_no_host_memory(task);
	if (!copy) {
		process_drop(task, &task->spawning);
		task->stats->fork_failed++;
		return FLOW_NEXT;
	}
	child = task_create(run, def, program, child_seed(task), task);
	if (!child || !task_inherit(child, task, copy))
		return task_no_host_memory(task);
	if (task->spawning)
		child->killed = !process_inherit(child, task);
	if (!task_begin(child))
		return task_no_host_memory(task);
	if (process_touch(task))
		return FLOW_NEXT;
	task->killed = true;
	return run->world.vm->no_host_memory ? task_no_host_memory(task) : FLOW_EXIT;
}

enum flow task_fork(struct task *task, const struct step *step)
{
	u64 parallel = step->u.fork.parallel;
	struct pace pace;

	pace_begin(&pace, task, step->u.fork.rate);
	for (u64 i = 0; i < step->u.fork.count; i++) {
		u64 now = task_now(task);

		while (parallel && task->live_children >= parallel &&
		       !fatal_signal_pending(&task->ts))
			wait_killable(&task->ts, &task->child_ended, WAIT_FOREVER);
		if (fork_one(task, step->u.fork.run) == FLOW_EXIT)
			return FLOW_EXIT;
		pace_wait(&pace, task, 1);
		/* Forks that all fail take no time: let the clock's owner look up. */
		if (task_now(task) == now)
			cpu_sleep(task->ts.sched, 0);
	}
	while (step->u.fork.wait && task->live_children && !fatal_signal_pending(&task->ts))
		wait_killable(&task->ts, &task->child_ended, WAIT_FOREVER);
	return FLOW_NEXT;
}

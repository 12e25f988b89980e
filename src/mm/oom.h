/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/pressure.h"
#include "mm/vm.h"

/*
 * The OOM killer. A process is an address space with its task (mm_struct.owner). Killing sets the
 * task's SIGKILL and ends its sleeps; it frees its memory itself when it next runs.
 * mm/oom_kill.c (7.2)
 */
#define OOM_SCORE_ADJ_MIN (-1000)
#define OOM_SCORE_ADJ_MAX 1000

enum oom_constraint { CONSTRAINT_NONE, CONSTRAINT_CPUSET, CONSTRAINT_MEMORY_POLICY,
		      CONSTRAINT_MEMCG };

struct oom_control {
	const struct alloc_context *ac; /* NULL: of a memory group */
	struct mem_cgroup *memcg;	/* NULL: global */
	gfp_t gfp;
	u32 order;
	enum oom_constraint constraint;
	u64 totalpages;
	struct mm_struct *chosen;
	s64 chosen_points;
};

/* INT64_MIN: not to be killed. mm/oom_kill.c:oom_badness */
s64 oom_badness(const struct mm_struct *mm, u64 totalpages);

/* True: somebody is being killed, dies, or memory came back. mm/oom_kill.c:out_of_memory */
bool out_of_memory(struct vm *vm, struct task_struct *current, struct oom_control *oc);

/* The reaper's context. False: host memory. */
bool vm_oom_create(struct vm *vm);
void vm_oom_destroy(struct vm *vm);

/* SIGKILL: pending from now on; the task's killable sleeps end. kernel/signal.c */
void send_sigkill(struct vm *vm, struct task_struct *task);
static inline bool fatal_signal_pending(const struct task_struct *task)
{
	return task->sigkill;
}

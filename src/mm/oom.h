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

/*
 * True: somebody is being killed, dies, or memory came back. The OOM mutex is held (or nobody else
 * can run). Time passes: the report takes a while. mm/oom_kill.c:out_of_memory
 */
bool out_of_memory(struct vm *vm, struct task_struct *current, struct oom_control *oc);

/* The same for the page allocator: the entry of struct pressure_ops. Without address spaces there
   is nobody to kill: false. */
bool oom_out_of_memory(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order,
		       const struct alloc_context *ac);

/*
 * One kill at a time. The allocator tries, and else sleeps a jiffy and reports progress; a memory
 * group waits, unless a fatal signal comes (false). mm/oom_kill.c:oom_lock
 */
bool oom_mutex_trylock(struct vm *vm);
bool oom_mutex_lock_killable(struct vm *vm, struct task_struct *current);
void oom_mutex_unlock(struct vm *vm);

/* The kernel has panicked: panic_on_oom, or nobody was left to kill. The engine is stopped. */
bool oom_panicked(const struct vm *vm);

/* The reaper's context. False: host memory. */
bool vm_oom_create(struct vm *vm);
void vm_oom_destroy(struct vm *vm);

/* SIGKILL: pending from now on; the task's killable sleeps end. kernel/signal.c */
void send_sigkill(struct vm *vm, struct task_struct *task);

/* As cpu_wait() and cpu_sleep(), but SIGKILL ends them (and none begins once it is pending). True:
   woken up, or slept to the end. */
bool wait_killable(struct task_struct *current, struct wait_queue *wq, u64 timeout_ns);
bool sleep_killable(struct task_struct *current, u64 ns);

static inline bool fatal_signal_pending(const struct task_struct *task)
{
	return task->sigkill;
}

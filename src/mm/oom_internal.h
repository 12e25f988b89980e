/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/oom.h"
#include "mm/text.h"

/* What oom_kill.c, oom_reap.c and oom_report.c share; nobody else includes this. */
struct oom_state {
	bool locked; /* oom_lock */
	struct wait_queue lock_wait;
	bool panicked;
	struct text report; /* being printed by who holds the lock */
	u64 window_start; /* of the limit on reports, ns */
	u32 reports;	  /* in this window */
	bool window_open; /* one was begun */
	bool reaper_runs;
	struct task_struct reaper;
	struct wait_queue reaper_wait;
};

/* The address space of a task; NULL: it has none. O(address spaces) */
struct mm_struct *oom_mm_of(const struct vm *vm, const struct task_struct *task);

/* May it be looked at at all? mm/oom_kill.c:oom_unkillable_task, oom_cpuset_eligible */
bool oom_eligible(const struct oom_control *oc, const struct mm_struct *mm);

/* The victim is left to the reaper if it does not go by itself. mm/oom_kill.c:queue_oom_reaper */
void queue_oom_reaper(struct mm_struct *mm);

/* The report up to the table of tasks, and the lines about the victim. */
void oom_report_header(struct text *out, const struct vm *vm, const struct task_struct *current,
		       const struct oom_control *oc);
const char *oom_constraint_name(enum oom_constraint constraint);
void oom_report_summary(struct text *out, const struct oom_control *oc,
			const struct mm_struct *victim);
void oom_report_killed(struct text *out, const struct mm_struct *victim, const char *message);
/* mm/memcontrol.c:mem_cgroup_print_oom_group */
void oom_report_group(struct text *out, const struct vm *vm, const struct mem_cgroup *memcg);
void oom_report_reaped(struct text *out, const struct mm_struct *victim);
/* Hands the text to who listens, if there is any, and empties it. */
void oom_report_done(struct vm *vm, const struct task_struct *current, struct text *out);

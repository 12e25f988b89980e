/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The OOM killer: who is killed when nothing else brings memory back, after mm/oom_kill.c (7.2).
 * The constraint and the badness of each process decide; a victim gets SIGKILL and the right to
 * half of the min reserve, and frees its memory itself when it next runs. Left out: notifiers
 * (balloons), sysrq, frozen victims, processes that share an address space, cpusets, processes
 * that are to be killed first (swapoff).
 */
#include "mm/oom.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "mm/memcontrol.h"
#include "mm/oom_internal.h"
#include "mm/swap.h"
#include "mm/text.h"
#include "mm/vmstat.h"

#define REPORT_WINDOW_NS (5 * NSEC_PER_SEC) /* DEFAULT_RATELIMIT_INTERVAL */
#define REPORT_BURST	 10		    /* DEFAULT_RATELIMIT_BURST */

struct mm_struct *oom_mm_of(const struct vm *vm, const struct task_struct *task)
{
	for (struct mm_struct *mm = vm->first; mm; mm = mm->next)
		if (mm->owner == task)
			return mm;
	return NULL;
}

static struct mm_struct *mm_by_id(const struct vm *vm, u32 id)
{
	for (struct mm_struct *mm = vm->first; mm; mm = mm->next)
		if (mm->id == id)
			return mm;
	return NULL;
}

s64 oom_badness(const struct mm_struct *mm, u64 totalpages)
{
	if (mm->oom_score_adj == OOM_SCORE_ADJ_MIN || mm->oom_skip)
		return INT64_MIN;
	return (s64)(get_mm_rss(mm) + mm->rss_stat[MM_SWAPENTS] + mm->nr_pgtables) +
	       mm->oom_score_adj * (s64)(totalpages / 1000);
}

/* Constraints. */

/* Memory that the request could ever get: it scales oom_score_adj.
   mm/oom_kill.c:constrained_alloc */
static void find_constraint(const struct vm *vm, struct oom_control *oc)
{
	const struct mm *mm = vm->mm;
	u64 ram = 0, allowed = 0;
	bool all = true;

	if (oc->memcg) {
		oc->constraint = CONSTRAINT_MEMCG;
		oc->totalpages = max_u64(oc->memcg->max, 1);
		return;
	}
	for_each_populated_zone(mm, zone) {
		ram += zone->managed_pages;
		if (oc->ac && oc->ac->nodemask >> zone->nid & 1)
			allowed += zone->present_pages;
		else
			all = false;
	}
	oc->constraint = CONSTRAINT_NONE;
	oc->totalpages = ram + total_swap_pages(vm);
	if (mm->nr_online_nodes < 2 || !oc->ac || (oc->gfp & __GFP_THISNODE) ||
	    !oc->ac->nodemask || all)
		return;
	oc->constraint = CONSTRAINT_MEMORY_POLICY;
	oc->totalpages = allowed + total_swap_pages(vm);
}

/* mm/mempolicy.c:mempolicy_in_oom_domain */
static bool in_oom_domain(const struct oom_control *oc, const struct task_struct *task)
{
	return oc->constraint != CONSTRAINT_MEMORY_POLICY || task->mempolicy.mode != MPOL_BIND ||
	       (task->mempolicy.nodes & oc->ac->nodemask);
}

bool oom_eligible(const struct oom_control *oc, const struct mm_struct *mm)
{
	if (!mm->owner || mm->oom_unkillable || (mm->owner->flags & PF_KTHREAD))
		return false;
	return oc->memcg ? mm->memcg == oc->memcg : in_oom_domain(oc, mm->owner);
}

/* Selection. */

/* *aborted: an earlier victim is on its way. mm/oom_kill.c:select_bad_process */
static void select_bad_process(struct vm *vm, struct task_struct *current, struct oom_control *oc,
			       bool *aborted)
{
	oc->chosen = NULL;
	oc->chosen_points = INT64_MIN;
	*aborted = false;
	for (struct mm_struct *mm = vm->first; mm; mm = mm->next) {
		s64 points;

		task_charge(current, CAUSE_OOM, vm->mm->costs.oom_task);
		if (!oom_eligible(oc, mm))
			continue;
		if (mm->oom_victim && !mm->oom_skip) {
			oc->chosen = NULL;
			*aborted = true;
			return;
		}
		/* Who exits has given up its address space: there is nothing to kill it for. */
		if (mm->oom_victim || (mm->owner->flags & PF_EXITING))
			continue;
		points = oom_badness(mm, oc->totalpages);
		if (points == INT64_MIN || points < oc->chosen_points)
			continue;
		oc->chosen = mm;
		oc->chosen_points = points;
	}
}

/* One more candidate, in its place; of equals the younger one comes first. */
static void choice_add(struct oom_choice *choice, const struct mm_struct *mm, s64 points)
{
	u32 at = choice->nr_candidates < OOM_CANDIDATES ? choice->nr_candidates
							: OOM_CANDIDATES - 1;

	if (choice->nr_candidates++ >= OOM_CANDIDATES && choice->best[at].points > points)
		return;
	for (; at && choice->best[at - 1].points <= points; at--)
		choice->best[at] = choice->best[at - 1];
	snprintf(choice->best[at].comm, sizeof(choice->best[at].comm), "%s",
		 mm->owner->comm ? mm->owner->comm : "");
	choice->best[at].pid = mm->owner->pid;
	choice->best[at].oom_score_adj = mm->oom_score_adj;
	choice->best[at].points = points;
}

/* For who listens: the request, and the candidates with their points. O(address spaces) */
static void explain_choice(const struct vm *vm, const struct oom_control *oc,
			   struct oom_choice *choice)
{
	*choice = (struct oom_choice){
		.gfp = oc->gfp,
		.order = oc->order,
		.constraint = oom_constraint_name(oc->constraint),
		.totalpages = oc->totalpages,
	};
	for (const struct mm_struct *mm = vm->first; mm; mm = mm->next) {
		s64 points = oom_badness(mm, oc->totalpages);

		if (oom_eligible(oc, mm) && points != INT64_MIN && !mm->oom_victim &&
		    !(mm->owner->flags & PF_EXITING))
			choice_add(choice, mm, points);
	}
}

/* Reports. */

/* lib/ratelimit.c */
static bool may_report(struct vm *vm)
{
	struct oom_state *oom = vm->oom;
	u64 now = vm->mm->engine ? engine_now(vm->mm->engine) : 0;

	if (!oom->window_open || now - oom->window_start > REPORT_WINDOW_NS) {
		oom->window_open = true;
		oom->window_start = now;
		oom->reports = 0;
	}
	return oom->reports++ < REPORT_BURST;
}

/* What stands before the kill. Nobody reads it: only its time passes. */
static void dump_header(struct vm *vm, struct task_struct *current, const struct oom_control *oc,
			struct text *out)
{
	if (vm->mm->probes[PROBE_oom_report])
		oom_report_header(out, vm, current, oc);
	task_charge(current, CAUSE_OOM, vm->mm->costs.oom_dump);
}

/* The machine stops; whoever comes here never returns to its work. */
static void panic(struct vm *vm, struct task_struct *current, struct text *out, const char *why)
{
	if (vm->mm->probes[PROBE_oom_report])
		text_put(out, "Kernel panic - not syncing: %s\n", why);
	oom_report_done(vm, current, out);
	vm->oom->panicked = true;
	if (!vm->mm->engine)
		return;
	engine_stop(vm->mm->engine);
	if (current->sched)
		cpu_sleep(current->sched, UINT64_MAX);
}

/* mm/oom_kill.c:check_panic_on_oom. True: the machine has stopped. */
static bool check_panic_on_oom(struct vm *vm, struct task_struct *current, struct oom_control *oc)
{
	u64 mode = vm->mm->sysctl.panic_on_oom;
	struct text out = {0};

	if (!mode || (mode != 2 && oc->constraint != CONSTRAINT_NONE))
		return false;
	dump_header(vm, current, oc, &out);
	panic(vm, current, &out,
	      mode == 2 ? "Out of memory: compulsory panic_on_oom is enabled"
			: "Out of memory: system-wide panic_on_oom is enabled");
	return true;
}

/* Kills. */

void send_sigkill(struct vm *vm, struct task_struct *task)
{
	(void)vm;
	task->sigkill = true;
	if (task->sched && task->in_killable_sleep)
		cpu_wake(task->sched);
}

/* mm/oom_kill.c:mark_oom_victim */
static void mark_oom_victim(struct mm_struct *mm, const struct task_struct *current,
			    const struct oom_choice *choice)
{
	if (mm->oom_victim)
		return;
	mm->oom_victim = true;
	mm->owner->flags |= PF_OOM_VICTIM;
	TRACE(mm->vm->mm, mark_victim, .current = current, .victim = mm->owner,
	      .total_vm = mm->total_vm, .anon_rss = mm->rss_stat[MM_ANONPAGES],
	      .file_rss = mm->rss_stat[MM_FILEPAGES], .shmem_rss = mm->rss_stat[MM_SHMEMPAGES],
	      .pgtables = mm->nr_pgtables, .oom_score_adj = mm->oom_score_adj, .choice = choice);
}

/* It dies already and will free its memory. mm/oom_kill.c:task_will_free_mem */
static bool will_free_mem(const struct mm_struct *mm)
{
	return !mm->oom_skip &&
	       (fatal_signal_pending(mm->owner) || (mm->owner->flags & PF_EXITING));
}

/* mm/oom_kill.c:__oom_kill_process */
static void kill_one(struct mm_struct *mm, const struct task_struct *current,
		     const struct oom_choice *choice, const char *message, struct text *out)
{
	struct vm *vm = mm->vm;

	count_vm_events(vm->mm, OOM_KILL, 1);
	mm->memcg->nr_oom_kills++;
	send_sigkill(vm, mm->owner);
	mark_oom_victim(mm, current, choice);
	if (vm->mm->probes[PROBE_oom_report])
		oom_report_killed(out, mm, message);
	queue_oom_reaper(mm);
}

/* All of the victim's group, where the group wants that.
   mm/memcontrol.c:mem_cgroup_get_oom_group, mm/oom_kill.c:oom_kill_memcg_member */
static void kill_group(struct vm *vm, const struct task_struct *current,
		       const struct mem_cgroup *memcg, const struct oom_choice *choice,
		       const char *message, struct text *out)
{
	if (vm->mm->probes[PROBE_oom_report])
		oom_report_group(out, vm, memcg);
	for (struct mm_struct *mm = vm->first; mm; mm = mm->next) {
		if (mm->memcg == memcg && mm->owner && !mm->oom_unkillable && !mm->oom_victim &&
		    mm->oom_score_adj != OOM_SCORE_ADJ_MIN)
			kill_one(mm, current, choice, message, out);
	}
}

/* mm/oom_kill.c:oom_kill_process. Time passes while the report is printed. */
static void oom_kill_process(struct vm *vm, struct task_struct *current, struct oom_control *oc,
			     const char *message)
{
	struct text *out = &vm->oom->report;
	u32 id = oc->chosen->id;
	struct oom_choice choice;
	struct mm_struct *mm;

	if (will_free_mem(oc->chosen)) {
		mark_oom_victim(oc->chosen, current, NULL);
		queue_oom_reaper(oc->chosen);
		return;
	}
	if (vm->mm->probes[PROBE_mark_victim])
		explain_choice(vm, oc, &choice);
	if (may_report(vm)) {
		dump_header(vm, current, oc, out);
		if (vm->mm->probes[PROBE_oom_report])
			oom_report_summary(out, oc, oc->chosen);
		task_settle(vm->mm, current);
	}
	/* It may have ended by itself meanwhile. */
	mm = mm_by_id(vm, id);
	if (mm) {
		struct mem_cgroup *memcg = mm->memcg;

		kill_one(mm, current, &choice, message, out);
		if (memcg != vm->memcgs[0] && memcg->oom_group)
			kill_group(vm, current, memcg, &choice, message, out);
	}
	oom_report_done(vm, current, out);
}

/* Nobody may be killed. */
static bool nobody_left(struct vm *vm, struct task_struct *current, const struct oom_control *oc)
{
	struct text out = {0};

	dump_header(vm, current, oc, &out);
	if (vm->mm->probes[PROBE_oom_report])
		text_put(&out, "Out of memory and no killable processes...\n");
	if (oc->memcg)
		oom_report_done(vm, current, &out);
	else
		panic(vm, current, &out, "System is deadlocked on memory");
	return false;
}

/* oom_kill_allocating_task: the one who asks, if it may be killed. */
static bool kill_allocating_task(struct vm *vm, struct task_struct *current, struct oom_control *oc)
{
	struct mm_struct *mm;

	if (oc->memcg || !vm->mm->sysctl.oom_kill_allocating_task)
		return false;
	mm = oom_mm_of(vm, current);
	if (!mm || !oom_eligible(oc, mm) || mm->oom_score_adj == OOM_SCORE_ADJ_MIN)
		return false;
	oc->chosen = mm;
	oom_kill_process(vm, current, oc, "Out of memory (oom_kill_allocating_task)");
	return true;
}

bool out_of_memory(struct vm *vm, struct task_struct *current, struct oom_control *oc)
{
	bool aborted;

	if (fatal_signal_pending(current) || (current->flags & PF_EXITING)) {
		struct mm_struct *mm = oom_mm_of(vm, current);

		if (mm && will_free_mem(mm)) {
			mark_oom_victim(mm, current, NULL);
			queue_oom_reaper(mm);
			return true;
		}
	}
	if (!oc->memcg && !(oc->gfp & __GFP_FS))
		return true;
	find_constraint(vm, oc);
	if (check_panic_on_oom(vm, current, oc))
		return false;
	if (kill_allocating_task(vm, current, oc))
		return true;
	select_bad_process(vm, current, oc, &aborted);
	if (aborted) {
		count_vm_events(vm->mm, SIM_OOM_DEFERRED, 1);
		task_settle(vm->mm, current);
		return true;
	}
	if (!oc->chosen)
		return nobody_left(vm, current, oc);
	oom_kill_process(vm, current, oc,
			 oc->memcg ? "Memory cgroup out of memory" : "Out of memory");
	return true;
}

bool oom_out_of_memory(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order,
		       const struct alloc_context *ac)
{
	struct oom_control oc = {.ac = ac, .gfp = gfp, .order = order};

	return mm->vm && out_of_memory(mm->vm, current, &oc);
}

/* The mutex, and sleeps that SIGKILL ends. */

bool oom_mutex_trylock(struct vm *vm)
{
	if (vm->oom->locked)
		return false;
	vm->oom->locked = true;
	return true;
}

bool oom_mutex_lock_killable(struct vm *vm, struct task_struct *current)
{
	while (!oom_mutex_trylock(vm)) {
		if (fatal_signal_pending(current) || !current->sched)
			return false;
		wait_killable(current, &vm->oom->lock_wait, WAIT_FOREVER);
	}
	return true;
}

void oom_mutex_unlock(struct vm *vm)
{
	assert(vm->oom->locked);
	vm->oom->locked = false;
	if (vm->mm->engine)
		wake_up(vm->mm->engine, &vm->oom->lock_wait, 1);
}

bool wait_killable(struct task_struct *current, struct wait_queue *wq, u64 timeout_ns)
{
	bool woken;

	if (fatal_signal_pending(current))
		return false;
	current->in_killable_sleep = true;
	woken = cpu_wait(current->sched, wq, timeout_ns);
	current->in_killable_sleep = false;
	return woken;
}

bool sleep_killable(struct task_struct *current, u64 ns)
{
	if (fatal_signal_pending(current))
		return false;
	current->in_killable_sleep = true;
	cpu_sleep(current->sched, ns);
	current->in_killable_sleep = false;
	return !fatal_signal_pending(current);
}

bool oom_panicked(const struct vm *vm)
{
	return vm->oom->panicked;
}

bool vm_oom_create(struct vm *vm)
{
	vm->oom = calloc(1, sizeof(*vm->oom));
	return vm->oom != NULL;
}

void vm_oom_destroy(struct vm *vm)
{
	free(vm->oom->report.text);
	free(vm->oom);
	vm->oom = NULL;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The OOM reaper: a kernel thread that frees the memory of a victim which does not get to it
 * itself. mm/oom_kill.c:oom_reaper (7.2). It begins with the first victim and then waits for the
 * next ones. It comes two seconds after the kill, tries ten times, and afterwards the victim
 * counts no more, so that another one can be chosen. A victim that exits, or has its regions in
 * its hands otherwise, keeps the reaper off, and the reaper it. Left out: the kernel's reaper helps
 * with an exit under way.
 */
#include "mm/oom_internal.h"
#include "mm/text.h"

#define OOM_REAPER_DELAY_NS  (2 * NSEC_PER_SEC)
#define OOM_REAPER_PAUSE_NS  (NSEC_PER_SEC / 10)
#define MAX_OOM_REAP_RETRIES 10

/* The one that is due first. O(address spaces) */
static struct mm_struct *next_mm(const struct vm *vm)
{
	struct mm_struct *first = NULL;

	for (struct mm_struct *mm = vm->first; mm; mm = mm->next)
		if (mm->oom_reap_at && (!first || mm->oom_reap_at < first->oom_reap_at))
			first = mm;
	return first;
}

/* All that is the victim's own. Time passes. mm/oom_kill.c:__oom_reap_task_mm */
static void reap_areas(struct vm *vm, struct mm_struct *mm)
{
	struct text out = {0};

	for (u32 i = 0; i < mm->nr_areas; i++) {
		struct vm_area_struct *vma = mm->areas[i];

		if (!vma->file || !vma->shared)
			zap_page_range(vma, &vm->oom->reaper, 0, vma->nr_pages);
	}
	if (vm->mm->probes[PROBE_oom_report])
		oom_report_reaped(&out, mm);
	oom_report_done(vm, &vm->oom->reaper, &out);
}

/* mm/oom_kill.c:oom_reap_task */
static void reap(struct vm *vm, struct mm_struct *mm)
{
	bool busy = mm->mmap_locked;

	if (busy && ++mm->oom_reap_attempts < MAX_OOM_REAP_RETRIES) {
		mm->oom_reap_at = engine_now(vm->mm->engine) + OOM_REAPER_PAUSE_NS;
		return;
	}
	mm->oom_reap_at = 0;
	if (busy) {
		mm->oom_skip = true;
		return;
	}
	mmap_read_lock(mm);
	reap_areas(vm, mm);
	mm->oom_skip = true;
	mmap_read_unlock(mm);
}

static void oom_reaper(void *arg)
{
	struct vm *vm = arg;
	struct oom_state *oom = vm->oom;

	for (;;) {
		struct mm_struct *mm = next_mm(vm);
		u64 now = engine_now(vm->mm->engine);

		if (!mm)
			cpu_wait(oom->reaper.sched, &oom->reaper_wait, WAIT_FOREVER);
		else if (mm->oom_reap_at > now)
			cpu_wait(oom->reaper.sched, &oom->reaper_wait, mm->oom_reap_at - now);
		else
			reap(vm, mm);
	}
}

static void start_reaper(struct vm *vm)
{
	struct oom_state *oom = vm->oom;

	oom->reaper = (struct task_struct){.comm = "oom_reaper", .flags = PF_KTHREAD};
	oom->reaper.sched = cpu_ctx_create(vm->mm->cpus, "oom_reaper", 0, CPU_CLASS_KTHREAD,
					   engine_now(vm->mm->engine), oom_reaper, vm);
	oom->reaper_runs = oom->reaper.sched != NULL;
	vm->no_host_memory |= !oom->reaper_runs;
}

void queue_oom_reaper(struct mm_struct *mm)
{
	struct vm *vm = mm->vm;

	/* Queued once; without time there is nobody to do it. */
	if (mm->oom_reap_at || mm->oom_skip || !vm->mm->engine || !vm->mm->cpus)
		return;
	mm->oom_reap_at = engine_now(vm->mm->engine) + OOM_REAPER_DELAY_NS;
	if (!vm->oom->reaper_runs)
		start_reaper(vm);
	else
		wake_up(vm->mm->engine, &vm->oom->reaper_wait, UINT32_MAX);
}


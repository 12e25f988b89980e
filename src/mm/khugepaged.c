/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * khugepaged, after mm/khugepaged.c (7.2): which address spaces it knows, in what order and how far
 * it goes through them at a time, when it sleeps. It begins with the first address space; before
 * that it would only wait. What becomes of one range is in huge_collapse.c. Left out: regions of
 * files and shared memory, MADV_COLLAPSE, being stopped, its low priority (nice 19).
 */
#include "mm/khugepaged.h"

#include <stdlib.h>

#include "mm/huge_internal.h"
#include "mm/kthread.h"
#include "mm/lru.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"

struct khugepaged {
	struct vm *vm;
	struct task_struct task;
	struct wait_queue wait;
	bool idle;		      /* waits for an address space */
	struct mm_struct *head, *tail; /* all it knows */
	struct mm_struct *scan;	      /* where it goes on; NULL: at the head */
	u64 address;		      /* page there */
	struct collapse_control cc;
};

bool hugepage_pmd_enabled(const struct mm *mm)
{
	return mm->thp_configured && mm->sysctl.thp_enabled != THP_NEVER;
}

static void khugepaged(void *arg);

/* Nothing happens without time. False: host memory. */
static bool khugepaged_start(struct vm *vm)
{
	struct khugepaged *k = calloc(1, sizeof(*k));

	if (!k)
		return false;
	vm->khugepaged = k;
	k->vm = vm;
	k->task = (struct task_struct){.comm = "khugepaged", .flags = PF_KTHREAD | PF_KHUGEPAGED};
	k->cc.current = &k->task;
	k->cc.node_load = calloc(vm->mm->nr_nodes, sizeof(*k->cc.node_load));
	if (!k->cc.node_load)
		return false;
	if (!vm->mm->engine || !vm->mm->cpus)
		return true;
	k->task.sched = cpu_ctx_create(vm->mm->cpus, "khugepaged", 0, CPU_CLASS_KTHREAD,
				       engine_now(vm->mm->engine), khugepaged, k);
	return k->task.sched != NULL;
}

void vm_khugepaged_destroy(struct vm *vm)
{
	if (!vm->khugepaged)
		return;
	free(vm->khugepaged->cc.node_load);
	free(vm->khugepaged);
	vm->khugepaged = NULL;
}

static void khugepaged_enter(struct mm_struct *mm)
{
	struct vm *vm = mm->vm;
	struct khugepaged *k;

	if (!vm->khugepaged && !khugepaged_start(vm)) {
		vm->no_host_memory = true;
		return;
	}
	k = vm->khugepaged;
	mm->vm_hugepage = true;
	mm->khugepaged_next = NULL;
	mm->khugepaged_prev = k->tail;
	if (k->tail)
		k->tail->khugepaged_next = mm;
	else
		k->head = mm;
	k->tail = mm;
	if (k->idle)
		wake_up(vm->mm->engine, &k->wait, UINT32_MAX);
}

void khugepaged_enter_vma(const struct vm_area_struct *vma)
{
	if (unlikely(!vma->vm_mm->vm_hugepage) && thp_vma_allowable(vma))
		khugepaged_enter(vma->vm_mm);
}

void khugepaged_fork(struct mm_struct *mm, const struct mm_struct *parent)
{
	if (parent->vm_hugepage)
		khugepaged_enter(mm);
}

/* On to the next address space; a round is over behind the last. */
static void next_mm(struct khugepaged *k)
{
	k->scan = k->scan->khugepaged_next;
	k->address = 0;
	count_vm_events(k->vm->mm, SIM_FULL_SCANS, !k->scan);
}

void khugepaged_exit(struct mm_struct *mm)
{
	struct khugepaged *k = mm->vm->khugepaged;

	if (!mm->vm_hugepage)
		return;
	if (k->scan == mm)
		next_mm(k);
	if (mm->khugepaged_prev)
		mm->khugepaged_prev->khugepaged_next = mm->khugepaged_next;
	else
		k->head = mm->khugepaged_next;
	if (mm->khugepaged_next)
		mm->khugepaged_next->khugepaged_prev = mm->khugepaged_prev;
	else
		k->tail = mm->khugepaged_prev;
	mm->vm_hugepage = false;
}

static u64 pages_to_scan(const struct khugepaged *k)
{
	s64 pages = k->vm->mm->sysctl.khugepaged.pages_to_scan;

	return pages > 0 ? (u64)pages : 8 * hpage_nr(k->vm);
}

/* The huge page's range at the cursor, in the region if that has one left; time passes. True: the
   pass goes on in this address space. */
static bool scan_range(struct khugepaged *k, struct vm_area_struct *vma, u64 pages,
		       enum scan_result *result)
{
	u64 nr = hpage_nr(k->vm), counted = k->cc.progress;
	struct mm_struct *mm = vma->vm_mm;
	u32 id = mm->id;

	k->cc.lock_dropped = false;
	*result = collapse_scan_pmd(&k->cc, vma, k->address - vma->start);
	count_vm_events(k->vm->mm, SIM_PAGES_COLLAPSED, *result == SCAN_SUCCEED);
	if (!k->vm->mm->profile->khugepaged_counts_entries)
		k->cc.progress = counted + nr;
	/* Without the lock the address space may have gone, and with it the cursor's place. */
	if (!k->cc.lock_dropped || (k->scan && k->scan->id == id))
		k->address += nr;
	if (k->cc.lock_dropped) {
		task_spend(k->vm->mm, &k->task);
		return false;
	}
	task_spend_partly(k->vm->mm, &k->task);
	if (k->cc.progress < pages)
		return true;
	mmap_read_unlock(mm);
	return false;
}

/*
 * Goes on in the address space at the cursor until enough is looked at, or a huge page was asked
 * for: then the lock was given up. mm/khugepaged.c:khugepaged_scan_mm_slot
 */
static void scan_mm_slot(struct khugepaged *k, u64 pages, enum scan_result *result)
{
	struct mm_struct *mm = k->scan ? k->scan : k->head;
	u64 nr = hpage_nr(k->vm);
	u32 i = 0;

	if (!k->scan)
		k->address = 0;
	k->scan = mm;
	*result = SCAN_FAIL;
	if (!mmap_read_trylock(mm)) {
		next_mm(k);
		return;
	}
	k->cc.progress++;
	for (; i < mm->nr_areas; i++) {
		struct vm_area_struct *vma = mm->areas[i];
		u64 end = vma->start + (vma->nr_pages & ~(nr - 1));

		if (vma->start + vma->nr_pages <= k->address)
			continue;
		if (!thp_vma_allowable(vma) || k->address > end) {
			k->cc.progress++;
			continue;
		}
		k->address = max_u64(k->address, vma->start);
		while (k->address < end)
			if (!scan_range(k, vma, pages, result))
				return;
	}
	mmap_read_unlock(mm);
	next_mm(k);
}

static bool has_work(const struct khugepaged *k)
{
	return k->head && hugepage_pmd_enabled(k->vm->mm);
}

static u64 msecs(const struct khugepaged *k, u64 ms)
{
	return timer_wheel_ns(k->vm->mm, ms * k->vm->mm->machine->hz / 1000);
}

/* mm/khugepaged.c:khugepaged_do_scan */
static void do_scan(struct khugepaged *k)
{
	const struct khugepaged_knobs *knobs = &k->vm->mm->sysctl.khugepaged;
	enum scan_result result = SCAN_SUCCEED;
	u64 pages = pages_to_scan(k);
	u32 rounds = 0;
	bool wait = true;

	k->cc.progress = 0;
	lru_add_drain_all(k->vm, &k->task);
	for (;;) {
		task_spend(k->vm->mm, &k->task);
		rounds += !k->scan;
		if (!has_work(k) || rounds > 1)
			return;
		scan_mm_slot(k, pages, &result);
		if (k->cc.progress >= pages)
			return;
		/* The second time there is no huge page, the rest is for the next pass. */
		if (result != SCAN_ALLOC_HUGE_PAGE_FAIL)
			continue;
		if (!wait)
			return;
		wait = false;
		task_spend(k->vm->mm, &k->task);
		cpu_sleep(k->task.sched, msecs(k, knobs->alloc_sleep_millisecs));
	}
}

/* mm/khugepaged.c:khugepaged_wait_work */
static void wait_work(struct khugepaged *k)
{
	const struct khugepaged_knobs *knobs = &k->vm->mm->sysctl.khugepaged;

	task_spend(k->vm->mm, &k->task);
	if (has_work(k)) {
		if (knobs->scan_sleep_millisecs)
			cpu_sleep(k->task.sched, msecs(k, knobs->scan_sleep_millisecs));
		return;
	}
	k->idle = true;
	while (!k->head)
		cpu_wait(k->task.sched, &k->wait, WAIT_FOREVER);
	k->idle = false;
}

static void khugepaged(void *arg)
{
	struct khugepaged *k = arg;

	for (;;) {
		do_scan(k);
		wait_work(k);
	}
}

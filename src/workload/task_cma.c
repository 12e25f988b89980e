/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steps of a driver that takes buffers from a contiguous memory area (dma_alloc_contiguous() and
 * others call cma_alloc()). What is still held when the task ends is given back then.
 */
#include <assert.h>

#include "mm/cma.h"
#include "workload/task.h"

/* Every page of a buffer tells that it is held. */
static void own(struct task *task, u32 pfn, u64 pages)
{
	struct mm *mm = task->run->world.mm;

	for (u32 i = 0; i < pages; i++)
		pfn_to_page(mm, pfn + i)->owner =
			page_owner(OWNER_BLOCK, task->ts.pid & OWNER_NUMBER);
}

/* False: no host memory. *pfn PFN_NONE: no buffer was to be had. */
static bool take_buffer(struct task *task, const struct step *step, struct cma *cma, u32 *pfn)
{
	u64 pages = step->u.cma_alloc.pages;
	struct held *held;

	*pfn = cma_alloc(task->run->world.vm, &task->ts, cma, pages,
			 (u32)step->u.cma_alloc.align);
	if (*pfn != PFN_NONE)
		own(task, *pfn, pages);
	held = held_get(task, step->u.cma_alloc.name.id);
	if (!held)
		return false;
	held->sort = HELD_BUFFERS;
	if (*pfn == PFN_NONE) {
		held->failed++;
		task->stats->cma_failed++;
		return true;
	}
	task->stats->cma_ok++;
	return held_push(held, *pfn, (u32)pages);
}

enum flow task_cma_alloc(struct task *task, const struct step *step)
{
	struct cma *cma = cma_find(task->run->world.vm, step->u.cma_alloc.area);
	struct pace pace;

	if (!cma)
		return task_fail(task, "the machine has no CMA area \"%s\"",
				 step->u.cma_alloc.area);
	pace_begin(&pace, task, step->u.cma_alloc.rate);
	for (u64 i = 0; i < step->u.cma_alloc.count; i++) {
		enum flow flow;
		u32 pfn;

		if (!task_operation(task))
			return FLOW_EXIT;
		if (!take_buffer(task, step, cma, &pfn))
			return task_no_host_memory(task);
		if (pfn == PFN_NONE && task_give_up(step->u.cma_alloc.on_fail, &flow))
			return flow;
		pace_wait(&pace, task, 1);
	}
	return FLOW_NEXT;
}

void task_free_buffer(struct task *task, struct held_item item)
{
	struct vm *vm = task->run->world.vm;
	struct cma *cma = cma_of_page(vm, item.what);

	assert(cma);
	cma_release(vm, &task->ts, cma, item.what, item.kind);
	task->stats->cma_freed++;
}

enum flow task_cma_free(struct task *task, const struct step *step)
{
	struct held *held = held_get(task, step->u.cma_free.name.id);
	struct pace pace;
	u64 n;

	if (!held)
		return task_no_host_memory(task);
	if (task_count_held(task, held, step->u.cma_free.count, step->u.cma_free.name.text, &n) ==
	    FLOW_EXIT)
		return FLOW_EXIT;
	pace_begin(&pace, task, step->u.cma_free.rate);
	for (u64 i = 0; i < n; i++) {
		if (!task_operation(task))
			return FLOW_EXIT;
		task_free_buffer(task, held_take(held, step->u.cma_free.pick, &task->rng));
		pace_wait(&pace, task, 1);
	}
	return FLOW_NEXT;
}

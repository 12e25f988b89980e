/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Setting the pool of huge pages of a size, as writing to nr_hugepages does: it grows until the
 * first that cannot be had, and shrinks by giving pages back. mm/hugetlb.c:set_max_huge_pages
 */
#include "mm/hugetlb.h"
#include "workload/task.h"

static enum flow grow(struct task *task, struct hstate *h, u64 pages)
{
	struct vm *vm = task->run->world.vm;

	while (h->nr < pages) {
		if (!task_operation(task))
			return FLOW_EXIT;
		switch (hugetlb_grow(vm, &task->ts, h)) {
		case HUGETLB_GROWN:
			break;
		case HUGETLB_FAILED:
			return FLOW_NEXT;
		case HUGETLB_NO_HOST_MEMORY:
			return task_no_host_memory(task);
		}
	}
	return FLOW_NEXT;
}

enum flow task_hugetlb(struct task *task, const struct step *step)
{
	struct vm *vm = task->run->world.vm;
	u32 order = hugetlb_order(vm->mm->machine, step->u.hugetlb.size);
	struct hstate *h;

	if (!order)
		return task_fail(task, "the machine has no huge pages of %llu bytes",
				 (unsigned long long)step->u.hugetlb.size);
	h = hugetlb_hstate(vm, order);
	if (!h)
		return task_no_host_memory(task);
	hugetlb_resize(h);
	while (h->nr > step->u.hugetlb.pages) {
		if (!task_operation(task))
			return FLOW_EXIT;
		hugetlb_shrink(vm, &task->ts, h);
	}
	return grow(task, h, step->u.hugetlb.pages);
}

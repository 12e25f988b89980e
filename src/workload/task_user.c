/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps that use the task's address space: map, touch, punch, lock and unmap regions. */
#include <assert.h>
#include <stdlib.h>

#include "mm/huge_memory.h"
#include "workload/task.h"

static struct task_region *find_region(struct task *task, u32 name)
{
	for (u32 i = 0; i < task->nr_regions; i++) {
		if (task->regions[i].name == name)
			return &task->regions[i];
	}
	return NULL;
}

/* The region if it is mapped now; else the task fails. */
static struct task_region *mapped_region(struct task *task, const struct step_name *name)
{
	struct task_region *region = find_region(task, name->id);

	if (region && region->vma)
		return region;
	task_fail(task, "region \"%s\" is not mapped", name->text);
	return NULL;
}

/* A fault found no memory: as if the OOM killer had come for this task. */
static enum flow no_memory(struct task *task)
{
	if (task->run->world.vm->no_host_memory)
		return task_no_host_memory(task);
	task->killed = true;
	return FLOW_EXIT;
}

enum flow task_map(struct task *task, const struct step *step)
{
	const struct step_name *name = &step->u.map.region;
	u32 shift = task->run->world.mm->page_shift;
	u64 pages = (step->u.map.size + (1ull << shift) - 1) >> shift;
	struct task_region *region = find_region(task, name->id);

	if (region && region->vma)
		return task_fail(task, "region \"%s\" is mapped already", name->text);
	if (!region) {
		struct task_region *grown = reallocarray(task->regions, task->nr_regions + 1ull,
							 sizeof(*grown));

		if (!grown)
			return task_no_host_memory(task);
		task->regions = grown;
		region = &grown[task->nr_regions++];
	}
	*region = (struct task_region){.name = name->id};
	if (step->u.map.file.text) {
		struct file *file = task_file(task, step->u.map.file.id, 0);

		if (!file)
			return task_no_host_memory(task);
		region->vma = vm_mmap_file(task->mm, &task->ts, file, step->u.map.offset >> shift,
					   pages, !step->u.map.is_private);
	} else {
		region->vma = vm_mmap(task->mm, &task->ts, pages);
	}
	if (region->vma) {
		hugepage_madvise(region->vma, step->u.map.thp == MAP_THP_HUGE,
				 step->u.map.thp == MAP_THP_NEVER);
		return FLOW_NEXT;
	}
	if (task->run->world.vm->no_host_memory)
		return task_no_host_memory(task);
	/* ENOMEM: what a program does whose malloc() fails. */
	task->stats->map_failed++;
	return FLOW_EXIT;
}

enum flow task_unmap(struct task *task, const struct step *step)
{
	struct task_region *region = mapped_region(task, &step->u.unmap.region);

	if (!region)
		return FLOW_EXIT;
	vm_munmap(region->vma, &task->ts);
	region->vma = NULL;
	return FLOW_NEXT;
}

static u64 next_page(struct task *task, const struct step *step, struct task_region *region,
		     u64 hot)
{
	if (step->u.touch.cold && rng_ppm(&task->rng, step->u.touch.cold))
		return rng_below(&task->rng, region->vma->nr_pages);
	switch ((enum pattern)step->u.touch.pattern) {
	case PATTERN_RANDOM:
		return rng_below(&task->rng, hot);
	case PATTERN_ZIPF:
		return rng_zipf(&task->rng, hot);
	case PATTERN_SEQ:
		break;
	}
	if (region->next >= hot)
		region->next = 0;
	return region->next++;
}

static enum flow touch_page(struct task *task, struct task_region *region, u64 index, bool write)
{
	u64 access = task->run->world.mm->costs.touch_page, from = task_now(task);
	enum vm_fault fault;

	if (!task_operation(task))
		return FLOW_EXIT;
	task->stats->touches++;
	fault = task_fault(task, region->vma, index, write);
	task_latency(task, TASK_LATENCY_TOUCH, task_now(task) - from + access);
	task->stats->faults += fault != VM_FAULT_NONE;
	if (unlikely(fault == VM_FAULT_KILLED))
		return FLOW_EXIT;
	return fault == VM_FAULT_OOM ? no_memory(task) : FLOW_NEXT;
}

/* n accesses in a row, and their own time on top of the faults'. */
static enum flow touch_group(struct task *task, const struct step *step,
			     struct task_region *region, u64 hot, u64 n)
{
	for (u64 i = 0; i < n; i++) {
		if (touch_page(task, region, next_page(task, step, region, hot),
			       step->u.touch.write) == FLOW_EXIT)
			return FLOW_EXIT;
	}
	cpu_spend(task->ts.sched, n * task->run->world.mm->costs.touch_page);
	return FLOW_NEXT;
}

enum flow task_touch(struct task *task, const struct step *step)
{
	struct task_region *region = mapped_region(task, &step->u.touch.region);
	u64 begin = task_now(task), done = 0, hot, total;
	struct pace pace;

	if (!region)
		return FLOW_EXIT;
	hot = max_u64(1, region->vma->nr_pages * step->u.touch.hot / PPM);
	total = step->u.touch.pages ? step->u.touch.pages : hot;
	if (step->u.touch.for_ns)
		total = UINT64_MAX;
	else if (!step->u.touch.pages)
		region->next = 0;
	pace_begin(&pace, task, step->u.touch.rate);
	while (done < total) {
		u64 n = min_u64(step->u.touch.group, total - done);

		if (step->u.touch.for_ns && task_now(task) - begin >= step->u.touch.for_ns)
			break;
		if (touch_group(task, step, region, hot, n) == FLOW_EXIT)
			return FLOW_EXIT;
		done += n;
		pace_wait(&pace, task, n);
	}
	return FLOW_NEXT;
}

enum flow task_punch(struct task *task, const struct step *step)
{
	struct task_region *region = mapped_region(task, &step->u.punch.region);
	u64 run = step->u.punch.run, pages;
	u64 stride = step->u.punch.stride ? step->u.punch.stride : run;

	if (!region)
		return FLOW_EXIT;
	pages = region->vma->nr_pages;
	for (u64 at = 0; at < pages; at += stride) {
		u64 n = min_u64(run, pages - at);

		if (!task_operation(task))
			return FLOW_EXIT;
		if (rng_ppm(&task->rng, step->u.punch.share))
			madvise_dontneed(region->vma, &task->ts, at, n);
	}
	return FLOW_NEXT;
}

enum flow task_mlock(struct task *task, const struct step *step)
{
	struct task_region *region = mapped_region(task, &step->u.mlock.region);

	if (!region)
		return FLOW_EXIT;
	mlock_vma(region->vma, &task->ts);
	for (u64 i = 0; i < region->vma->nr_pages; i++) {
		if (touch_page(task, region, i, true) == FLOW_EXIT)
			return FLOW_EXIT;
	}
	return FLOW_NEXT;
}

/*
 * The page is the task's own once it is written, see vm_pin_page(). It may go again while the
 * fault's time passes. It leaves CMA areas before, and without memory for that is not pinned.
 * mm/gup.c:pin_user_pages with FOLL_LONGTERM
 */
static enum flow pin_page(struct task *task, struct task_region *region, u64 index)
{
	do {
		if (touch_page(task, region, index, true) == FLOW_EXIT)
			return FLOW_EXIT;
		if (!vm_make_pinnable(region->vma, &task->ts, index))
			return FLOW_NEXT;
	} while (!vm_pin_page(region->vma, index));
	return FLOW_NEXT;
}

enum flow task_pin(struct task *task, const struct step *step)
{
	struct task_region *region = mapped_region(task, &step->u.pin.region);
	u64 pages, run = step->u.pin.run;

	if (!region)
		return FLOW_EXIT;
	if (region->vma->file)
		return task_fail(task, "region \"%s\" is of a file: only anonymous memory is "
				 "pinned", step->u.pin.region.text);
	if (!split_huge_range(region->vma, &task->ts, 0, region->vma->nr_pages))
		return no_memory(task);
	/* What comes from now on comes in single pages, see vm_pin_page(). */
	region->vma->nohugepage = true;
	pages = region->vma->nr_pages;
	for (u64 at = 0; at < pages; at += run) {
		if (!rng_ppm(&task->rng, step->u.pin.share))
			continue;
		for (u64 i = at; i < min_u64(at + run, pages); i++)
			if (pin_page(task, region, i) == FLOW_EXIT)
				return FLOW_EXIT;
	}
	return FLOW_NEXT;
}

bool task_inherit(struct task *child, const struct task *parent, struct mm_struct *copy)
{
	child->mm = copy;
	copy->owner = &child->ts;
	child->regions = calloc(parent->nr_regions + 1ull, sizeof(*child->regions));
	if (!child->regions)
		return false;
	child->nr_regions = parent->nr_regions;
	for (u32 r = 0; r < parent->nr_regions; r++) {
		child->regions[r] = parent->regions[r];
		child->regions[r].vma = NULL;
		/* Both address spaces list their regions in the same order. */
		for (u32 i = 0; parent->regions[r].vma && i < parent->mm->nr_areas; i++) {
			if (parent->mm->areas[i] == parent->regions[r].vma)
				child->regions[r].vma = copy->areas[i];
		}
	}
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steps that call the page allocator and slab caches directly, as a driver or another part of the
 * kernel would. What is still held when the task ends is given back then.
 */
#include <assert.h>
#include <stdlib.h>

#include "mm/compaction.h"
#include "workload/task.h"

bool task_give_up(u32 on_fail, enum flow *flow)
{
	*flow = on_fail == ON_FAIL_EXIT ? FLOW_EXIT : FLOW_NEXT;
	return on_fail != ON_FAIL_CONTINUE;
}

static u32 alloc_block(struct task *task, const struct step *step)
{
	struct mm *mm = task->run->world.mm;
	u32 order = (u32)step->u.alloc.order, pfn;

	if (step->u.alloc.node >= 0)
		pfn = alloc_pages_node(mm, &task->ts, (s32)step->u.alloc.node, 0,
				       step->u.alloc.gfp, order);
	else
		pfn = alloc_pages(mm, &task->ts, step->u.alloc.gfp, order);
	if (pfn == PFN_NONE) {
		task->stats->alloc_failed[order]++;
		return PFN_NONE;
	}
	pfn_to_page(mm, pfn)->owner = page_owner(OWNER_BLOCK, task->ts.pid & OWNER_NUMBER);
	task->stats->alloc_ok[order]++;
	return pfn;
}

static bool keep_block(struct task *task, const struct step *step, u32 pfn)
{
	const struct dist *lifetime = &step->u.alloc.lifetime;
	u32 order = (u32)step->u.alloc.order;
	struct held *held;

	if (lifetime->kind != DIST_NONE)
		return expiries_add(task->run->expiries, dist_draw(lifetime, &task->rng), pfn,
				    order, task->ts.cpu, task->stats);
	held = held_get(task, step->u.alloc.name.id);
	return held && held_push(held, pfn, order);
}

enum flow task_alloc(struct task *task, const struct step *step)
{
	struct pace pace;

	if (step->u.alloc.order > task->run->world.mm->max_order)
		return task_fail(task, "order %llu is above the machine's largest, %u",
				 (unsigned long long)step->u.alloc.order,
				 task->run->world.mm->max_order);
	pace_begin(&pace, task, step->u.alloc.rate);
	for (u64 i = 0; i < step->u.alloc.count; i++) {
		enum flow flow;
		u32 pfn;

		if (!task_operation(task))
			return FLOW_EXIT;
		pfn = alloc_block(task, step);
		if (pfn != PFN_NONE && !keep_block(task, step, pfn))
			return task_no_host_memory(task);
		if (pfn == PFN_NONE && step->u.alloc.name.text) {
			struct held *held = held_get(task, step->u.alloc.name.id);

			if (!held)
				return task_no_host_memory(task);
			held->failed++;
		}
		if (pfn == PFN_NONE && task_give_up(step->u.alloc.on_fail, &flow))
			return flow;
		pace_wait(&pace, task, 1);
	}
	return FLOW_NEXT;
}

enum flow task_count_held(struct task *task, struct held *held, u64 wanted, const char *name,
			  u64 *n)
{
	u64 there = held->n - held->head;

	if (!wanted) {
		held->failed = 0;
		*n = there;
		return FLOW_NEXT;
	}
	*n = min_u64(wanted, there);
	if (wanted - *n > held->failed)
		return task_fail(task, "double free: %llu of \"%s\" are freed, %llu are held",
				 (unsigned long long)wanted, name, (unsigned long long)there);
	held->failed -= wanted - *n;
	return FLOW_NEXT;
}

static enum flow free_block(struct task *task, const struct step *step, struct held_item item)
{
	u32 order = step->u.free.order < 0 ? item.kind : (u32)step->u.free.order;
	enum free_result result = free_pages(task->run->world.mm, &task->ts, item.what, order);

	if (result != FREE_OK)
		return task_fail(task, "freeing page %u of \"%s\" at order %u: %s", item.what,
				 step->u.free.name.text, order, free_result_names[result]);
	task->stats->freed[order]++;
	return FLOW_NEXT;
}

enum flow task_free_blocks(struct task *task, const struct step *step)
{
	struct held *held = held_get(task, step->u.free.name.id);
	struct pace pace;
	u64 n;

	if (!held)
		return task_no_host_memory(task);
	if (task_count_held(task, held, step->u.free.count, step->u.free.name.text, &n) ==
	    FLOW_EXIT)
		return FLOW_EXIT;
	pace_begin(&pace, task, step->u.free.rate);
	for (u64 i = 0; i < n; i++) {
		if (!task_operation(task) ||
		    free_block(task, step, held_take(held, step->u.free.pick, &task->rng)) ==
			    FLOW_EXIT)
			return FLOW_EXIT;
		pace_wait(&pace, task, 1);
	}
	return FLOW_NEXT;
}

enum flow task_slab_alloc(struct task *task, const struct step *step)
{
	struct workload_run *run = task->run;
	struct held *held = held_get(task, step->u.slab_alloc.name.id);
	u32 cache = 0;
	struct pace pace;

	if (!held)
		return task_no_host_memory(task);
	held->sort = HELD_OBJECTS;
	while (((const struct cache_def *)run->wl->caches.items)[cache].name !=
	       run->wl->names[step->u.slab_alloc.cache.id])
		cache++;
	pace_begin(&pace, task, step->u.slab_alloc.rate);
	for (u64 i = 0; i < step->u.slab_alloc.count; i++) {
		enum flow flow;
		u32 slab;

		if (!task_operation(task))
			return FLOW_EXIT;
		slab = kmem_cache_alloc(run->caches[cache], &task->ts, step->u.slab_alloc.gfp);
		if (run->world.vm->no_host_memory)
			return task_no_host_memory(task);
		if (slab == SLAB_NONE) {
			task->stats->slab_failed++;
			held->failed++;
			if (task_give_up(step->u.slab_alloc.on_fail, &flow))
				return flow;
		} else if (!held_push(held, slab, cache)) {
			return task_no_host_memory(task);
		} else {
			task->stats->slab_ok++;
		}
		pace_wait(&pace, task, 1);
	}
	return FLOW_NEXT;
}

static void free_object(struct task *task, struct held_item item)
{
	bool ok = kmem_cache_free(task->run->caches[item.kind], &task->ts, item.what);

	assert(ok);
	(void)ok;
	task->stats->slab_freed++;
}

enum flow task_slab_free(struct task *task, const struct step *step)
{
	struct held *held = held_get(task, step->u.slab_free.name.id);
	struct pace pace;
	u64 n;

	if (!held)
		return task_no_host_memory(task);
	if (task_count_held(task, held, step->u.slab_free.count, step->u.slab_free.name.text, &n) ==
	    FLOW_EXIT)
		return FLOW_EXIT;
	pace_begin(&pace, task, step->u.slab_free.rate);
	for (u64 i = 0; i < n; i++) {
		if (!task_operation(task))
			return FLOW_EXIT;
		free_object(task, held_take(held, step->u.slab_free.pick, &task->rng));
		pace_wait(&pace, task, 1);
	}
	return FLOW_NEXT;
}

enum flow task_drain(struct task *task, const struct step *step)
{
	if (step->u.drain.scope == DRAIN_LOCAL)
		drain_local_pages(task->run->world.mm, &task->ts, NULL);
	else
		drain_all_pages(task->run->world.mm, &task->ts, NULL);
	task_spend(task->run->world.mm, &task->ts);
	return FLOW_NEXT;
}

/* mm/compaction.c:sysctl_compaction_handler */
enum flow task_compact(struct task *task, const struct step *step)
{
	(void)step;
	compact_nodes(task->run->world.mm, &task->ts);
	task_spend(task->run->world.mm, &task->ts);
	return FLOW_NEXT;
}

void task_release_held(struct task *task)
{
	struct mm *mm = task->run->world.mm;

	for (u32 i = 0; i < task->nr_held; i++) {
		struct held *held = &task->held[i];

		while (held->head < held->n) {
			struct held_item item = held_take(held, PICK_OLDEST, &task->rng);

			switch (held->sort) {
			case HELD_OBJECTS:
				free_object(task, item);
				break;
			case HELD_BUFFERS:
				task_free_buffer(task, item);
				break;
			case HELD_BLOCKS:
				(void)free_pages(mm, &task->ts, item.what, item.kind);
				task->stats->freed[item.kind]++;
				break;
			}
		}
	}
}

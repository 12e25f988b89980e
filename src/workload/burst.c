/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The burst step: frames arrive in bursts on one CPU, each an interrupt whose softirq takes a
 * block a frame. Interrupt work does not sleep and delays whatever runs on that CPU. The step's
 * task waits meanwhile; with drain_every it is the receiver and frees the frames that queued up.
 */
#include <stdlib.h>

#include "workload/task.h"

struct burst {
	struct event event; /* the next interrupt */
	struct task *task;
	const struct step *step;
	struct task_struct irq;
	u64 left; /* bursts to come */
	u64 fired; /* bursts since the last drain */
	struct held queue; /* frames not yet drained */
	struct wait_queue wake;
	bool no_host_memory;
};

void burst_free(struct burst *burst)
{
	if (!burst)
		return;
	engine_cancel(burst->task->run->world.engine, &burst->event);
	free(burst->queue.items);
	free(burst);
}

static u64 irq_time(const struct task_struct *irq)
{
	u64 sum = 0;

	for (u32 c = 0; c < NR_STALL_CAUSES; c++)
		sum += irq->total_ns[c];
	return sum;
}

/* One frame: a block, kept until drained or until its time has come. */
static void receive_frame(struct burst *burst)
{
	struct task *task = burst->task;
	struct workload_run *run = task->run;
	u32 order = (u32)burst->step->u.burst.order, pfn;
	bool kept;

	if (!task_operation(task))
		return;
	pfn = alloc_pages(run->world.mm, &burst->irq, burst->step->u.burst.gfp, order);
	if (pfn == PFN_NONE) {
		task->stats->frames_lost++;
		task->stats->alloc_failed[order]++;
		return;
	}
	task->stats->frames++;
	task->stats->alloc_ok[order]++;
	pfn_to_page(run->world.mm, pfn)->owner =
		page_owner(OWNER_BLOCK, task->ts.pid & OWNER_NUMBER);
	if (burst->step->u.burst.drain_every)
		kept = held_push(&burst->queue, pfn, order);
	else
		kept = expiries_add(run->expiries,
				    dist_draw(&burst->step->u.burst.lifetime, &task->rng), pfn,
				    order, burst->irq.cpu, task->stats);
	burst->no_host_memory |= !kept;
}

static void burst_fire(struct engine *eng, struct event *ev)
{
	struct burst *burst = container_of(ev, struct burst, event);
	const struct workload_world *world = &burst->task->run->world;
	u64 before = irq_time(&burst->irq), spent;

	for (u64 i = 0; i < burst->step->u.burst.frames && !burst->task->run->err.kind; i++)
		receive_frame(burst);
	spent = irq_time(&burst->irq) - before;
	cpu_interrupt(world->cpus, burst->irq.cpu, world->mm->costs.irq_entry + spent);
	burst->left--;
	burst->fired++;
	if (burst->left)
		engine_at(eng, ev, engine_now(eng) + burst->step->u.burst.gap_ns);
	if (!burst->left || burst->no_host_memory ||
	    (burst->step->u.burst.drain_every &&
	     burst->fired >= burst->step->u.burst.drain_every))
		wake_up(eng, &burst->wake, UINT32_MAX);
}

static void drain_queue(struct burst *burst)
{
	struct task *task = burst->task;

	burst->fired = 0;
	while (burst->queue.head < burst->queue.n) {
		struct held_item item = held_take(&burst->queue, PICK_OLDEST, &task->rng);

		(void)free_pages(task->run->world.mm, &task->ts, item.what, item.kind);
		task->stats->freed[item.kind]++;
	}
}

static struct burst *burst_create(struct task *task, const struct step *step)
{
	struct burst *burst = calloc(1, sizeof(*burst));

	if (!burst)
		return NULL;
	burst->event.fire = burst_fire;
	burst->task = task;
	burst->step = step;
	burst->left = step->u.burst.count;
	burst->irq.comm = task->ts.comm;
	burst->irq.pid = task->ts.pid;
	burst->irq.cpu = step->u.burst.cpu < 0 ? task->ts.cpu : (u32)step->u.burst.cpu;
	burst->irq.context = IN_SOFTIRQ;
	return burst;
}

enum flow task_burst(struct task *task, const struct step *step)
{
	struct engine *eng = task->run->world.engine;
	struct burst *burst;
	bool failed = false;

	if (step->u.burst.order > task->run->world.mm->max_order ||
	    (step->u.burst.cpu >= 0 && step->u.burst.cpu >= cpus_count(task->run->world.cpus)))
		return task_fail(task, "the machine has no such order or CPU");
	if (!step->u.burst.count)
		return FLOW_NEXT;
	burst = burst_create(task, step);
	if (!burst)
		return task_no_host_memory(task);
	task->burst = burst;
	engine_at(eng, &burst->event, engine_now(eng));
	while (burst->left && !task->run->err.kind && !failed &&
	       !fatal_signal_pending(&task->ts)) {
		wait_killable(&task->ts, &burst->wake, WAIT_FOREVER);
		drain_queue(burst);
		failed = burst->no_host_memory;
	}
	drain_queue(burst);
	task->burst = NULL;
	burst_free(burst);
	if (failed)
		return task_no_host_memory(task);
	return task->run->err.kind ? FLOW_EXIT : FLOW_NEXT;
}

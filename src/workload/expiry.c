/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Blocks with a lifetime: a binary heap by time (and order of arrival) with one event at its top.
 * They are freed from softirq context on the CPU that allocated them, as a driver's completion or
 * a timer would, whether or not the task still lives.
 */
#include <stdlib.h>

#include "workload/task.h"

struct expiry {
	u64 time, seq;
	u32 pfn, order, cpu;
	struct task_stats *stats;
};

struct expiries {
	struct event event;
	struct workload_run *run;
	struct expiry *heap;
	u64 n, cap, seq;
	struct task_struct softirq;
};

static bool before(const struct expiry *a, const struct expiry *b)
{
	return a->time != b->time ? a->time < b->time : a->seq < b->seq;
}

static void sift_up(struct expiry *heap, u64 i)
{
	struct expiry moving = heap[i];

	while (i && before(&moving, &heap[(i - 1) / 2])) {
		heap[i] = heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	heap[i] = moving;
}

static void sift_down(struct expiry *heap, u64 n, u64 i)
{
	struct expiry moving = heap[i];

	for (u64 child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && before(&heap[child + 1], &heap[child]))
			child++;
		if (!before(&heap[child], &moving))
			break;
		heap[i] = heap[child];
	}
	heap[i] = moving;
}

static struct expiry pop(struct expiries *ex)
{
	struct expiry top = ex->heap[0];

	ex->heap[0] = ex->heap[--ex->n];
	if (ex->n)
		sift_down(ex->heap, ex->n, 0);
	return top;
}

static u64 softirq_time(const struct expiries *ex)
{
	u64 sum = 0;

	for (u32 c = 0; c < NR_STALL_CAUSES; c++)
		sum += ex->softirq.total_ns[c];
	return sum;
}

static void expiries_fire(struct engine *eng, struct event *ev)
{
	struct expiries *ex = container_of(ev, struct expiries, event);
	const struct workload_world *world = &ex->run->world;

	while (ex->n && ex->heap[0].time <= engine_now(eng)) {
		struct expiry due = pop(ex);
		u64 from = softirq_time(ex);

		ex->softirq.cpu = due.cpu;
		(void)free_pages(world->mm, &ex->softirq, due.pfn, due.order);
		due.stats->freed[due.order]++;
		cpu_interrupt(world->cpus, due.cpu, softirq_time(ex) - from);
	}
	if (ex->n)
		engine_at(eng, ev, ex->heap[0].time);
}

struct expiries *expiries_create(struct workload_run *run)
{
	struct expiries *ex = calloc(1, sizeof(*ex));

	if (!ex)
		return NULL;
	ex->run = run;
	ex->event.fire = expiries_fire;
	ex->softirq = (struct task_struct){.comm = "softirq", .context = IN_SOFTIRQ};
	return ex;
}

void expiries_destroy(struct expiries *ex)
{
	if (!ex)
		return;
	engine_cancel(ex->run->world.engine, &ex->event);
	free(ex->heap);
	free(ex);
}

bool expiries_add(struct expiries *ex, u64 ns, u32 pfn, u32 order, u32 cpu,
		  struct task_stats *stats)
{
	struct engine *eng = ex->run->world.engine;

	if (ex->n == ex->cap) {
		u64 cap = ex->cap ? ex->cap * 2 : 64;
		struct expiry *heap = reallocarray(ex->heap, cap, sizeof(*heap));

		if (!heap)
			return false;
		ex->heap = heap;
		ex->cap = cap;
	}
	ex->heap[ex->n] = (struct expiry){engine_now(eng) + ns, ++ex->seq, pfn, order, cpu, stats};
	sift_up(ex->heap, ex->n++);
	if (event_pending(&ex->event) && ex->event.time <= ex->heap[0].time)
		return true;
	engine_cancel(eng, &ex->event);
	engine_at(eng, &ex->event, ex->heap[0].time);
	return true;
}

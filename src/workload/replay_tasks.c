/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tasks of a replay in a closed loop: their queues, clocks and contexts. Left out: what tasks
 * wait for that no page event shows (each other's output, locks, input), except that tasks which
 * hand pages to each other keep step.
 */
#include "workload/replay_tasks.h"

#include <assert.h>
#include <stdlib.h>

#include "machine/cpu.h"
#include "workload/replay_contents.h"
#include "workload/replay_internal.h"

/* A stall whose end is farther off than that may have none. */
#define STALL_MOST (10 * NSEC_PER_SEC)

struct replay_sync {
	struct wait_queue waiting;
	s64 clock; /* of the task that was waited for */
	bool done, one_left;
};

struct replay_tasks *replay_tasks_create(struct replay *r)
{
	struct replay_tasks *tasks = calloc(1, sizeof(*tasks));

	if (!tasks)
		return NULL;
	tasks->replay = r;
	tasks->cpu_t = calloc(r->mm->nr_cpus, sizeof(*tasks->cpu_t));
	if (tasks->cpu_t)
		return tasks;
	free(tasks);
	return NULL;
}

static void drop_sync(struct replay_sync *sync)
{
	if (!sync)
		return;
	if (sync->one_left)
		free(sync);
	else
		sync->one_left = true;
}

void replay_tasks_destroy(struct replay_tasks *tasks)
{
	struct replay_item *item;

	if (!tasks)
		return;
	for (u32 i = 0; i < tasks->nr; i++) {
		while ((item = tasks->task[i]->head)) {
			tasks->task[i]->head = item->next;
			drop_sync(item->sync);
			free(item);
		}
		free(tasks->task[i]);
	}
	while ((item = tasks->unused_item)) {
		tasks->unused_item = item->next;
		free(item);
	}
	engine_cancel(tasks->replay->engine, &tasks->reading);
	umap_finish(&tasks->by_pid);
	free(tasks->task);
	free(tasks->block);
	free(tasks->cpu_t);
	free(tasks);
}

static bool no_memory(struct replay *r)
{
	if (!r->err.kind)
		err_set(&r->err, ERR_HOST_RES, "no memory for the replay");
	return false;
}

static struct replay_task *new_task(struct replay_tasks *tasks)
{
	struct replay_task *task = calloc(1, sizeof(*task));

	if (tasks->nr == tasks->cap) {
		u32 cap = tasks->cap ? tasks->cap * 2 : 64;
		struct replay_task **more = realloc(tasks->task, cap * sizeof(*more));

		if (!more) {
			free(task);
			return NULL;
		}
		tasks->task = more;
		tasks->cap = cap;
	}
	if (!task)
		return NULL;
	task->replay = tasks->replay;
	task->index = tasks->nr;
	tasks->task[tasks->nr++] = task;
	return task;
}

struct replay_task *replay_task_of(struct replay_tasks *tasks, u16 number)
{
	const struct trace_names *names = trace_reader_names(tasks->replay->reader);
	u32 *at = &tasks->by_name[number], pid = 0, known = UMAP_NONE;
	struct replay_task *task;

	if (*at)
		return tasks->task[*at - 1];
	/* a program that another one replaced is still the same task */
	if (number != TRACE_NO_TASK)
		pid = names->task[number].pid;
	if (pid)
		known = umap_get(&tasks->by_pid, pid);
	if (known == UMAP_NONE) {
		task = new_task(tasks);
		if (!task || (pid && !umap_put(&tasks->by_pid, pid, task->index))) {
			no_memory(tasks->replay);
			return NULL;
		}
		known = task->index;
	}
	*at = 1 + known;
	return tasks->task[known];
}

static bool grow_blocks(struct replay_tasks *tasks)
{
	u32 cap = tasks->block_cap ? tasks->block_cap * 2 : 1024;
	struct replay_block *more = realloc(tasks->block, cap * sizeof(*more));

	if (!more)
		return no_memory(tasks->replay);
	tasks->block = more;
	tasks->block_cap = cap;
	return true;
}

u32 replay_block_new(struct replay_tasks *tasks, u32 order)
{
	u32 i = tasks->unused_block;

	if (i) {
		tasks->unused_block = tasks->block[i - 1].next;
	} else {
		if (tasks->nr_block == tasks->block_cap && !grow_blocks(tasks))
			return UINT32_MAX;
		i = ++tasks->nr_block;
	}
	tasks->block[i - 1] = (struct replay_block){
		.pfn = TRACE_NO_PFN, .order = (u8)order, .left = BIT(order)};
	return i - 1;
}

void replay_tasks_set_pfn(struct replay_tasks *tasks, u32 block, u32 pfn)
{
	tasks->block[block].pfn = pfn;
}

/* How far the task's clock is behind the trace's. */
static s64 clock_of(const struct replay_task *task)
{
	return task->shift - (s64)task->performed;
}

u64 replay_tasks_lead(const struct replay_tasks *tasks, u64 until)
{
	s64 lead = 0;

	for (u32 i = 0; i < tasks->nr; i++) {
		const struct replay_task *task = tasks->task[i];
		u64 held_up = task->held_up;

		if (task->stalled && until > task->stall_t)
			held_up += min_u64(until - task->stall_t, STALL_MOST);
		if (!task->ended && (s64)held_up - task->shift > lead)
			lead = (s64)held_up - task->shift;
	}
	return (u64)lead;
}

void replay_tasks_times(const struct replay_tasks *tasks, u64 cause_ns[NR_STALL_CAUSES])
{
	for (u32 i = 0; i < tasks->nr; i++)
		for (u32 c = 0; c < NR_STALL_CAUSES; c++)
			cause_ns[c] += tasks->task[i]->ts.total_ns[c];
}

/* Two tasks that hand pages to each other run in step: with the later one of them. */
static void keep_step(struct replay_task *a, struct replay_task *b)
{
	s64 behind = clock_of(a) - clock_of(b);

	if (a == b || !a->parent || !b->parent || a->ended || b->ended)
		return;
	if (behind > 0)
		b->shift += behind;
	else
		a->shift -= behind;
}

/*
 * Computes on its CPU and waits until the event is due. The recording tells only how long the task
 * can have computed at most, so one that is late does not compute: the work of others here, and
 * their waiting for each other, was in that time too.
 */
static void come_to(struct replay_task *task, const struct replay_item *item)
{
	struct replay *r = task->replay;
	struct cpu_ctx *ctx = task->ts.sched;
	u64 used = cpu_ctx_runtime(ctx) - task->runtime;
	s64 due = (s64)(r->zero + item->ev.t) + task->shift - (s64)item->held_up;
	s64 left = due - (s64)engine_now(r->engine);
	u64 now, compute = item->compute > used ? item->compute - used : 0;

	cpu_migrate(ctx, item->ev.cpu);
	compute = min_u64(compute, (u64)max_s64(left, 0));
	if (compute || cpu_ctx_cpu(ctx) != item->ev.cpu)
		cpu_spend(ctx, compute);
	task->runtime = cpu_ctx_runtime(ctx);
	now = engine_now(r->engine);
	if (due > (s64)now)
		cpu_sleep(ctx, (u64)due - now);
	else
		r->stats.late_ns = max_u64(r->stats.late_ns, now - (u64)max_s64(due, 0));
}

/* Whose block of the kernel the event frees; NULL: nobody's that would matter. */
static struct replay_task *giver_of(const struct replay_tasks *tasks, const struct trace_event *ev)
{
	const struct replay_block *block;

	if ((ev->op != TRACE_FREE && ev->op != TRACE_FREE_PART) ||
	    ev->flags & (TRACE_F_SOFTIRQ | TRACE_F_HARDIRQ | TRACE_F_MEMALLOC))
		return NULL;
	block = &tasks->block[ev->id];
	return block->content ? NULL : tasks->task[block->owner];
}

static void perform_event(struct replay_task *task, struct replay_item *item)
{
	struct replay *r = task->replay;
	u64 stalled = task->ts.stalled_ns;
	struct replay_task *giver = giver_of(r->tasks, &item->ev);

	come_to(task, item);
	task->performed = item->held_up;
	replay_closed_perform(r, task, &item->ev);
	task->shift += (s64)(task->ts.stalled_ns - stalled);
	if (giver)
		keep_step(giver, task);
	task->ended = item->ev.op == TRACE_EXIT;
	if (!item->sync)
		return;
	/* a fork or an exit that somebody waits for: here the task is now */
	item->sync->clock = item->ev.op == TRACE_FORK ? clock_of(task) :
			    (s64)engine_now(r->engine) - (s64)(r->zero + item->ev.t);
	item->sync->done = true;
	wake_up(r->engine, &item->sync->waiting, UINT32_MAX);
}

static void perform_item(struct replay_task *task, struct replay_item *item)
{
	if (item->todo == TODO_EVENT) {
		perform_event(task, item);
		return;
	}
	if (item->todo == TODO_USE) {
		/* should the number be another block's by now, that is no worse a guess */
		contents_use(task->replay, task, item->ev.id);
		return;
	}
	while (!item->sync->done)
		cpu_wait(task->ts.sched, &item->sync->waiting, WAIT_FOREVER);
	task->performed = item->held_up;
	task->shift = item->sync->clock + (s64)item->held_up;
}

static void run(void *arg)
{
	struct replay_task *task = arg;
	struct replay_tasks *tasks = task->replay->tasks;
	struct replay_item *item;

	task->ts.sched = cpu_current(task->replay->mm->cpus);
	task->runtime = cpu_ctx_runtime(task->ts.sched);
	while ((item = task->head) && !task->replay->err.kind) {
		perform_item(task, item);
		task->head = item->next;
		drop_sync(item->sync);
		item->next = tasks->unused_item;
		tasks->unused_item = item;
		replay_closed_done(task->replay);
	}
	task->ts.sched = NULL;
	task->running = false;
}

static struct replay_item *new_item(struct replay_task *task, const struct trace_event *ev)
{
	struct replay_tasks *tasks = task->replay->tasks;
	struct replay_item *item = tasks->unused_item;

	if (item)
		tasks->unused_item = item->next;
	else
		item = malloc(sizeof(*item));
	if (!item) {
		no_memory(task->replay);
		return NULL;
	}
	*item = (struct replay_item){.ev = *ev, .held_up = task->held_up};
	if (task->stalled)
		item->held_up += ev->t - task->stall_t;
	return item;
}

/* The item is the task's last. It gets a context if it has none. */
static bool add(struct replay_task *task, struct replay_item *item)
{
	struct replay *r = task->replay;

	if (task->head)
		task->tail->next = item;
	else
		task->head = item;
	task->tail = item;
	r->n++;
	if (task->running)
		return true;
	task->running = true;
	return cpu_ctx_create(r->mm->cpus, replay_program(r, &item->ev), item->ev.cpu,
			      CPU_CLASS_TASK, engine_now(r->engine), run, task) || no_memory(r);
}

bool replay_task_give(struct replay_task *task, const struct trace_event *ev, u64 compute)
{
	struct replay_item *item;

	if (ev->op == TRACE_STALL && !task->stalled) {
		task->stalled = true;
		task->stall_t = ev->t;
	} else if (ev->op == TRACE_RESUME && task->stalled) {
		task->stalled = false;
		task->held_up += ev->t - task->stall_t;
	}
	item = new_item(task, ev);
	if (!item)
		return false;
	item->compute = compute;
	return add(task, item);
}

bool replay_task_use(struct replay_task *task, u32 block, const struct trace_event *ev)
{
	struct replay_item *item = new_item(task, ev);

	if (!item)
		return false;
	item->todo = TODO_USE;
	item->ev.id = block;
	return add(task, item);
}

/* `who` has another item: to wait for the last one of `task`, which is an event at ev->t. */
static bool wait_for_last(struct replay_task *who, struct replay_task *task,
			  const struct trace_event *ev, enum replay_todo todo)
{
	struct replay_sync *sync = calloc(1, sizeof(*sync));
	struct replay_item *item = sync ? new_item(who, ev) : NULL;

	if (!item) {
		free(sync);
		return no_memory(who->replay);
	}
	item->sync = task->tail->sync = sync;
	item->todo = todo;
	return add(who, item);
}

bool replay_task_fork(struct replay_task *task, const struct trace_event *ev, u64 compute)
{
	struct replay_tasks *tasks = task->replay->tasks;
	struct replay_task *child = replay_task_of(tasks, ev->offset);

	if (!child || !replay_task_give(task, ev, compute))
		return false;
	if (child == task)
		return true;
	child->parent = 1 + task->index;
	child->born_t = child->last_t = ev->t;
	child->held_up = 0;
	child->stalled = child->gone = false;
	return wait_for_last(child, task, ev, TODO_BIRTH);
}

/*
 * A parent without an event during the last half of the child's life waits for its end: what it
 * does next, it does then.
 */
bool replay_task_exit(struct replay_task *task, const struct trace_event *ev, u64 compute)
{
	struct replay_tasks *tasks = task->replay->tasks;
	struct replay_task *parent = task->parent ? tasks->task[task->parent - 1] : NULL;

	if (!replay_task_give(task, ev, compute))
		return false;
	task->gone = true;
	if (!parent || parent->gone || parent->last_t > ev->t - (ev->t - task->born_t) / 2)
		return true;
	return wait_for_last(parent, task, ev, TODO_REAP);
}

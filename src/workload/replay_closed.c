/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replay of a trace in a closed loop: reads events ahead of their time, gives each to its task
 * (replay_tasks.h), and what each does when its turn has come.
 *
 * Left out are the events of the recording's reclaim and compaction. What its reclaim freed of the
 * kernel's own memory (slab, nodes of files) is freed here as well: nobody here could.
 */
#include "machine/cpu.h"
#include "workload/replay_contents.h"
#include "workload/replay_internal.h"
#include "workload/replay_tasks.h"
#include "workload/replay_uses.h"

#define READ_AHEAD NSEC_PER_SEC	      /* of the task whose clock is farthest on */
#define READ_EVERY (NSEC_PER_SEC / 4)
/* A CPU on which nobody has had an event for longer than that is taken to have been idle. */
#define COMPUTE_MOST (64 * NSEC_PER_MSEC)
#define ITEMS_MAX  (4u << 20) /* read but not performed; then reading waits */

static void perform_alloc(struct replay *r, struct replay_task *task, const struct trace_event *ev)
{
	struct replay_tasks *tasks = r->tasks;
	bool content = contents_wants(ev);
	struct replay_block *block;

	if (!content) {
		struct trace_freed none = {0};

		replay_perform(r, ev, &none);
	} else if (contents_alloc(r, task, ev)) {
		r->stats.allocs++;
	} else if (!r->err.kind) {
		r->stats.only_ours_failed++;
		r->stats.only_ours_failed_pages += 1ull << ev->order;
	}
	if (ev->id == TRACE_NO_ID)
		return;
	block = &tasks->block[ev->id];
	block->there = true;
	if (block->awaited)
		wake_up(r->engine, &tasks->arrival, UINT32_MAX);
	if (block->left)
		return;
	/* it is late: the recording's reclaim took it before it was here */
	if (contents_holds(r->contents, ev->id))
		contents_free(r, task, ev, true);
	tasks->block[ev->id].next = tasks->unused_block;
	tasks->unused_block = 1 + ev->id;
}

static void free_content(struct replay *r, struct replay_task *task, const struct trace_event *ev,
			 bool last)
{
	bool by_reclaim = ev->flags & TRACE_F_MEMALLOC;

	r->stats.skipped += by_reclaim;
	r->stats.frees += !by_reclaim && ev->op == TRACE_FREE;
	r->stats.part_frees += !by_reclaim && ev->op == TRACE_FREE_PART;
	/* a folio stays whole until nothing of it is left */
	if (last)
		contents_free(r, task, ev, by_reclaim);
}

static void perform_free(struct replay *r, struct replay_task *task, const struct trace_event *ev)
{
	struct replay_tasks *tasks = r->tasks;
	struct replay_block *block = &tasks->block[ev->id];
	u32 pages = BIT(ev->op == TRACE_FREE ? block->order : ev->order);
	struct trace_freed freed = {.order = block->order};

	if (!block->there && block->content && ev->flags & TRACE_F_MEMALLOC) {
		block->left -= pages;
		r->stats.skipped++;
		return;
	}
	while (!tasks->block[ev->id].there) {
		tasks->block[ev->id].awaited = true;
		cpu_wait(task->ts.sched, &tasks->arrival, WAIT_FOREVER);
	}
	block = &tasks->block[ev->id];
	block->left -= pages;
	freed.last = !block->left;
	freed.pfn = block->pfn;
	if (contents_holds(r->contents, ev->id)) {
		free_content(r, task, ev, freed.last);
	} else {
		r->acting = &task->ts;
		replay_perform(r, ev, &freed);
	}
	if (!freed.last)
		return;
	tasks->block[ev->id].next = tasks->unused_block;
	tasks->unused_block = 1 + ev->id;
}

void replay_closed_perform(struct replay *r, struct replay_task *task, const struct trace_event *ev)
{
	struct trace_freed none = {0};

	r->acting = &task->ts;
	/* who is current; what follows may happen in an interrupt, user pages' matters never do */
	replay_who(r, ev);
	task->ts.cpu = ev->cpu;
	r->stats.events++;
	r->stats.last_ns = max_u64(r->stats.last_ns, ev->t);
	switch ((enum trace_op)ev->op) {
	case TRACE_ALLOC:
		perform_alloc(r, task, ev);
		break;
	case TRACE_FREE:
	case TRACE_FREE_PART:
		perform_free(r, task, ev);
		break;
	case TRACE_FREE_BOOT:
		/* what reclaim took of before is on our own lists, or a slab's that shrank */
		if (ev->flags & TRACE_F_MEMALLOC)
			r->stats.skipped++;
		else
			replay_perform(r, ev, &none);
		break;
	case TRACE_EXIT:
		contents_exit(r, task);
		break;
	case TRACE_MOVE:
	case TRACE_MOVE_PART:
	case TRACE_COMPACT:
		r->stats.skipped++;
		break;
	default:
		break;
	}
}

void replay_closed_done(struct replay *r)
{
	r->n--;
	if (r->err.kind || (r->done && !r->n)) {
		r->done = true;
		replay_run_dry(r);
	}
}

/* The id of an event to the number of its block, which an allocation makes. False: host memory. */
static bool name_block(struct replay *r, struct trace_event *ev, struct replay_task *task,
		       const struct trace_freed *freed)
{
	u32 block;

	if (ev->id == TRACE_NO_ID)
		return true;
	if (ev->op != TRACE_ALLOC) {
		ev->id = freed->pfn;
		return true;
	}
	block = replay_block_new(r->tasks, ev->order);
	if (block == UINT32_MAX)
		return false;
	r->tasks->block[block].owner = task->index;
	r->tasks->block[block].content = contents_wants(ev);
	trace_live_set(&r->live, ev->id, block);
	ev->id = block;
	return true;
}

/* How long the task can have computed before its event. */
static u64 computed(struct replay_tasks *tasks, struct replay_task *task,
		    const struct trace_event *ev)
{
	u64 since = max_u64(tasks->cpu_t[ev->cpu], task->last_t);

	if (ev->flags & (TRACE_F_SOFTIRQ | TRACE_F_HARDIRQ))
		return 0;
	tasks->cpu_t[ev->cpu] = task->last_t = ev->t;
	return task->stalled || ev->flags & TRACE_F_MEMALLOC ? 0 :
	       min_u64(ev->t - since, COMPUTE_MOST);
}

/* What the event, just read, tells of uses. The task performs those that have come to light. */
static bool note_uses(struct replay *r, struct replay_task *task, const struct trace_event *ev)
{
	bool by_reclaim = ev->flags & TRACE_F_MEMALLOC, ok = true;
	u32 block;

	if (ev->op == TRACE_ALLOC && ev->id != TRACE_NO_ID && r->tasks->block[ev->id].content)
		ok = uses_alloc(r->uses, ev->id, contents_of_file(ev));
	else if (ev->op == TRACE_FREE || ev->op == TRACE_FREE_PART)
		ok = uses_free(r->uses, ev->id, ev->t, by_reclaim);
	if (!by_reclaim && !task->stalled &&
	    !(ev->flags & (TRACE_F_SOFTIRQ | TRACE_F_HARDIRQ)))
		while (ok && (block = uses_next(r->uses, ev->t)) != USES_NONE)
			ok = replay_task_use(task, block, ev);
	return ok || r->err.kind ||
	       err_set(&r->err, ERR_HOST_RES, "no memory for the replay");
}

static bool give(struct replay *r, struct trace_event *ev)
{
	struct trace_freed freed = {0};
	struct replay_task *task;
	u64 compute;

	if (!replay_admit(r, ev, &freed, &r->err))
		return false;
	task = replay_task_of(r->tasks, ev->task);
	if (!task || !name_block(r, ev, task, &freed))
		return false;
	if (!note_uses(r, task, ev))
		return false;
	compute = computed(r->tasks, task, ev);
	if (ev->op == TRACE_FORK)
		return replay_task_fork(task, ev, compute);
	if (ev->op == TRACE_EXIT)
		return replay_task_exit(task, ev, compute);
	return replay_task_give(task, ev, compute);
}

/* All events up to `until` on the trace's clock go to their tasks. */
static bool read_until(struct replay *r, u64 until)
{
	struct replay_tasks *tasks = r->tasks;

	while (r->n < ITEMS_MAX) {
		if (!tasks->has_ahead && !trace_next(r->reader, &tasks->ahead, &r->err))
			return false;
		tasks->has_ahead = tasks->ahead.t > until;
		if (tasks->has_ahead)
			return true;
		if (!give(r, &tasks->ahead))
			return false;
	}
	return true;
}

static void read_more(struct engine *eng, struct event *ev)
{
	struct replay_tasks *tasks = container_of(ev, struct replay_tasks, reading);
	struct replay *r = tasks->replay;
	u64 now = engine_now(eng), until = now - r->zero + READ_AHEAD, lead, next;
	bool more;

	do {
		lead = replay_tasks_lead(tasks, until);
		until = now - r->zero + READ_AHEAD + lead;
		more = read_until(r, until);
	} while (more && replay_tasks_lead(tasks, until) > lead && r->n < ITEMS_MAX);
	if (more) {
		next = tasks->has_ahead && !r->n ? tasks->ahead.t - until + now : now;
		engine_at(eng, &tasks->reading, next + READ_EVERY);
		return;
	}
	r->done = true;
	if (r->err.kind || !r->n)
		replay_run_dry(r);
}

void replay_closed_start(struct replay *r)
{
	r->tasks->reading.fire = read_more;
	engine_at(r->engine, &r->tasks->reading, r->zero);
}

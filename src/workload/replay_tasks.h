/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/wait.h"
#include "mm/mm.h"
#include "workload/trace.h"
#include "workload/umap.h"

/*
 * The tasks of a replay in a closed loop. Each recorded task performs its own events in their
 * order, on its CPU; it is a context of the machine whenever it has some to do. Who waits here
 * makes nobody else wait, except where the recording shows that somebody depends on it:
 *
 *  - a child begins when its parent has forked it;
 *  - a parent that stood still until a child's end goes on when the child ends here;
 *  - a block is freed when it has been allocated.
 *
 * A task's events are due at their recorded times, moved by how much longer or shorter it has been
 * held up in direct reclaim and compaction here than in the recording. Between two of them it
 * computes for as long as it can have had its CPU, which is since the last event of anyone there,
 * and waits for what is left of the time. If that time is over, it goes on at once.
 *
 * Events are read ahead of their time. What the trace calls by an id is here a block of its own
 * number, as an id may have been given to another block by the time that a late task comes to it.
 */
struct replay;
struct replay_sync; /* one task waits for an event of another one */

enum replay_todo { TODO_EVENT, TODO_BIRTH, TODO_REAP, TODO_USE };

/* Something that a task has to do. */
struct replay_item {
	struct replay_item *next;
	struct trace_event ev; /* id: number of the block */
	u64 compute;	       /* ns of its CPU before it */
	u64 held_up;	       /* ns that the recorded task had been held up by then */
	struct replay_sync *sync;
	enum replay_todo todo;
};

struct replay_task {
	struct task_struct ts;
	struct replay *replay;
	struct replay_item *head, *tail;
	u32 index;
	bool running; /* has a context */
	/* as read */
	u32 parent; /* 1 + index; 0: none that forked in the trace */
	u64 born_t, last_t, held_up, stall_t;
	bool stalled, gone;
	/* as performed */
	s64 shift; /* ns that its clock is behind the trace's; what it was held up not counted */
	u64 performed; /* held_up of its last item */
	u64 runtime;   /* CPU time when it last computed */
	bool ended;
};

/* A block of the trace. */
struct replay_block {
	u32 pfn;   /* as in struct trace_slot */
	u32 left;  /* pages that its tasks have yet to free */
	u32 owner; /* index of the task */
	u32 next;  /* while unused: 1 + the next unused one */
	u8 order;
	bool content; /* user pages: replay_contents.h */
	bool there;   /* its allocation was performed, with or without success */
	bool awaited;
};

struct replay_tasks {
	struct replay *replay;
	struct replay_task **task;
	u32 nr, cap;
	struct umap by_pid; /* pid -> index */
	u32 by_name[TRACE_TASKS_MAX + 1]; /* trace's number -> 1 + index; 0: not yet */
	struct replay_block *block;
	u32 nr_block, block_cap, unused_block; /* unused: 1 + index */
	struct replay_item *unused_item;
	struct wait_queue arrival; /* of awaited blocks */
	u64 *cpu_t; /* [nr_cpus] last event of a task, as read */
	struct event reading;
	struct trace_event ahead; /* read, but not due yet */
	bool has_ahead;
};

/* NULL: host memory. */
struct replay_tasks *replay_tasks_create(struct replay *r);
void replay_tasks_destroy(struct replay_tasks *tasks);

/* A new block of 2^order pages, or UINT32_MAX: host memory. */
u32 replay_block_new(struct replay_tasks *tasks, u32 order);

/*
 * The task of an event; made at its first one. NULL: host memory. A task without a number in the
 * trace is one of its own.
 */
struct replay_task *replay_task_of(struct replay_tasks *tasks, u16 number);

/* Takes over what the event, just read, asks of its task. False: host memory. */
bool replay_task_give(struct replay_task *task, const struct trace_event *ev, u64 compute);
/* child, of number ev->offset, has been forked by the task's event. */
bool replay_task_fork(struct replay_task *task, const struct trace_event *ev, u64 compute);
bool replay_task_exit(struct replay_task *task, const struct trace_event *ev, u64 compute);

/* With its next event the task uses the block's content. */
bool replay_task_use(struct replay_task *task, u32 block, const struct trace_event *ev);

/* The farthest that a task's clock is before the trace's, ns; what lasts is taken to last until
   `until` on the trace's. O(tasks). */
u64 replay_tasks_lead(const struct replay_tasks *tasks, u64 until);

/* Adds the time that all have used, by cause. */
void replay_tasks_times(const struct replay_tasks *tasks, u64 cause_ns[NR_STALL_CAUSES]);

void replay_tasks_set_pfn(struct replay_tasks *tasks, u32 block, u32 pfn);

/* replay_closed.c: what one event does, on the task's context. */
void replay_closed_perform(struct replay *r, struct replay_task *task,
			   const struct trace_event *ev);
/* An item is done: the trace may be over. */
void replay_closed_done(struct replay *r);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/isolate.h"
#include "mm/pressure.h"
#include "mm/vm.h"
#include "workload/boot_pool.h"
#include "workload/replay.h"
#include "workload/replay_scatter.h"
#include "workload/trace_live.h"

/* What replay.c (the order of events) and replay_pages.c (what each does) share. */
#define REPLAY_AHEAD 32u /* events read ahead; a power of two */
#define IN_PIECES    (PFN_NONE - 1) /* slot of a block in pieces: look in scatter */

struct replay {
	struct arrivals arrivals;
	struct pressure_ops pressure;	  /* in place of mm's own while the trace lasts */
	const struct pressure_ops *before; /* mm's own */
	u64 reclaimed;			  /* pages freed by the trace's reclaim, not yet told */
	struct mm *mm;
	struct engine *engine;
	struct trace_reader *reader;
	struct trace_event ring[REPLAY_AHEAD];
	u32 first, n;
	u64 zero; /* engine time of the trace's time 0 */
	struct trace_live live;
	struct boot_pool boot;
	struct scatter scatter;
	struct compact_scan *scan; /* [nr_zones] */
	s64 *owed;		   /* [nr_zones] pages that compaction has yet to move */
	struct umap compacting;	   /* task -> zone */
	struct task_struct *cpu; /* who runs on each CPU: [nr_cpus] */
	struct contents *contents; /* closed loop; NULL: open */
	const struct field_array *locked; /* the same: names of programs that lock their memory */
	struct replay_tasks *tasks; /* the same */
	struct replay_uses *uses;   /* the same */
	struct task_struct *acting; /* the same: whose event is being performed */
	struct replay_stats stats;
	struct err err;
	bool done;
	void (*over)(void *arg);
	void *over_arg;
};

/* replay_pages.c. The event's id is known to be right, *freed to say what a free is of. */
void replay_perform(struct replay *r, const struct trace_event *ev,
		    const struct trace_freed *freed);

/* Where the event's new block is. */
void replay_set_pfn(struct replay *r, u32 id, u32 pfn);

/* What the event says of this machine and its ids: false and err if it cannot be. */
bool replay_admit(struct replay *r, const struct trace_event *ev, struct trace_freed *freed,
		  struct err *err);
/* The trace is over, or (r->err) was found bad. */
void replay_run_dry(struct replay *r);

/* replay_closed.c: reads ahead and hands the events to their tasks. */
void replay_closed_start(struct replay *r);

/* A block of `order` at the watermarks of the event's request, or (insist) below them. */
u32 replay_ask(struct replay *r, struct task_struct *current, const struct trace_event *ev,
	       u32 order, bool insist);

/* Name of the program that an event's task is. */
const char *replay_program(const struct replay *r, const struct trace_event *ev);

/* The task of an event, as the allocator sees it. */
struct task_struct *replay_who(struct replay *r, const struct trace_event *ev);
/* page->owner of what the trace holds, so that a page tells whose it is. */
static inline void replay_own(struct replay *r, u32 id, u32 pfn)
{
	pfn_to_page(r->mm, pfn)->owner = page_owner(OWNER_BLOCK, id);
}

/* Order of the held piece that a frame lies in, and the piece's head. */
u32 replay_find_piece(struct replay *r, u32 pfn, u32 *head);
/* The same; pieces larger than order are halved first. */
u32 replay_cut_piece(struct replay *r, u32 pfn, u32 order, u32 *head);

/* replay_move.c: a move and the begin of a run of compaction */
void replay_move(struct replay *r, const struct trace_event *ev, const struct trace_freed *held);
void replay_compact(struct replay *r, const struct trace_event *ev);

/* mm's questions about reclaim, answered from the trace. */
extern const struct pressure_ops replay_pressure;

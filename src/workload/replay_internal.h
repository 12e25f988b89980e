/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/pressure.h"
#include "workload/boot_pool.h"
#include "workload/replay.h"
#include "workload/replay_scatter.h"
#include "workload/trace_live.h"

/* What replay.c (the order of events) and replay_pages.c (what each does) share. */
#define REPLAY_AHEAD 32u /* events read ahead; a power of two */

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
	struct task_struct *cpu; /* who runs on each CPU: [nr_cpus] */
	struct replay_stats stats;
	struct err err;
	bool done;
	void (*over)(void *arg);
	void *over_arg;
};

/* replay_pages.c. The event's id is known to be right, *freed to say what a free is of. */
void replay_perform(struct replay *r, const struct trace_event *ev,
		    const struct trace_freed *freed);

/* mm's questions about reclaim, answered from the trace. */
extern const struct pressure_ops replay_pressure;

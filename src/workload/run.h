/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/vm.h"
#include "workload/replay.h"
#include "workload/workload.h"

/* A workload being performed: its tasks as fibers on the machine's CPUs. */
struct workload_run;

/* What it runs on. All must outlive the run; vm's disk serves the files. */
struct workload_world {
	struct engine *engine;
	struct cpus *cpus;
	struct mm *mm;
	struct vm *vm;
	u64 seed; /* of all random streams */
};

#define TASK_ORDERS NR_PAGE_ORDERS_LIMIT

enum task_latency_kind {
	TASK_LATENCY_TOUCH, /* one access to a page, its fault included */
	TASK_LATENCY_READ,  /* one call */
	TASK_LATENCY_WRITE, /* one call */
	TASK_LATENCY_FILE,  /* one file created or looked up */
	NR_TASK_LATENCIES
};

#define TASK_LATENCY_BUCKETS 48u

/* How long operations took, in ns of simulated time; log2_ns[i]: from 2^i on, below 2^(i+1). */
struct task_latency {
	u64 n, sum_ns, max_ns;
	u64 log2_ns[TASK_LATENCY_BUCKETS];
};

/* Of all copies of one task and their forked children. */
struct task_stats {
	u64 started, forked, ended;
	u64 killed;	 /* of ended: by the OOM killer, or where there is none: no memory */
	u64 fork_failed; /* no memory, or limits.tasks */
	u64 map_failed;	 /* refused (vm.overcommit_memory), or no address space: the task ended */
	u64 alive, steps;
	u64 touches, faults; /* page accesses, and those that faulted */
	u64 alloc_ok[TASK_ORDERS], alloc_failed[TASK_ORDERS], freed[TASK_ORDERS]; /* blocks */
	u64 slab_ok, slab_failed, slab_freed;					  /* objects */
	u64 cma_ok, cma_failed, cma_freed;					  /* buffers */
	u64 read_bytes, written_bytes, io_failed;
	u64 frames, frames_lost; /* of bursts */
	u64 files_made, files_looked_up, files_failed;
	u64 datagrams, datagrams_failed;
	u64 cpu_ns, cause_ns[NR_STALL_CAUSES];
	struct task_latency latency[NR_TASK_LATENCIES];
};

/*
 * Creates the caches, opens the trace and schedules the first tasks; engine_run() does the rest.
 * The engine is stopped when all tasks and the trace have ended, or at once when something went
 * wrong that workload_result() tells. wl and the world must outlive the run. NULL and err if the
 * workload asks for what the machine does not have (a disk), the trace is refused, or the host has
 * no memory.
 */
struct workload_run *workload_start(const struct workload *wl, const struct workload_world *world,
				    struct err *err);

/* Stops what still runs and releases it; pages stay as they are. Before cpus and engine go. */
void workload_run_destroy(struct workload_run *run);

/* All tasks have ended and so has the trace. */
bool workload_over(const struct workload_run *run);

/* Kills the background tasks of a run that is over; engine_run() lets them exit. */
void workload_end_background(struct workload_run *run);

/* True if nothing went wrong so far; else false and what did: a bad call of a program or a bad
   trace (ERR_INPUT), a limit reached or host memory (ERR_HOST_RES). */
bool workload_result(const struct workload_run *run, struct err *err);

/* Of the workload's trace; NULL without one. */
struct replay *workload_replay(const struct workload_run *run);

/* By number of the task in the workload, as of now; valid until the next call. */
const struct task_stats *workload_task_stats(struct workload_run *run, u32 task);

struct workload_progress {
	u64 now_ns, duration_ns; /* 0: no end is set */
	u64 alive, ended, operations;
};
void workload_progress(const struct workload_run *run, struct workload_progress *progress);

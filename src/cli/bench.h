/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/err.h"
#include "engine/engine.h"
#include "machine/machine.h"
#include "mm/mm.h"

/*
 * Measurements of the simulator itself, in CPU time of this host. Absolute numbers are the host's;
 * the growth against the smallest size in the same run is ours. This and what it calls are the only
 * places that read a host clock beside the progress line.
 */
struct bench_row {
	const char *name;
	u64 memory;    /* simulated bytes; 0: not of a size */
	u64 ops;       /* operations timed */
	double ns;     /* host ns an operation */
	double rss_mib; /* resident memory that the case added; negative: not measured */
};

/* A machine of one node, four CPUs and `memory` bytes, booted cold. */
struct bench_machine {
	struct arena arena;
	struct machine machine;
	struct engine *engine;
	struct mm *mm;
	struct task_struct task;
};
bool bench_machine_create(struct bench_machine *bm, u64 memory, struct err *err);
void bench_machine_destroy(struct bench_machine *bm);

/* A measurement is cut into parts and their median told: others use the host too. */
#define BENCH_PARTS 9
double bench_median(double *parts);

/* CPU time in ns and resident memory of this process. */
u64 bench_now(void);
double bench_rss_mib(void);

/* One case: fills in row->ops, ns and rss. `ops` 0: the case's own choice. */
typedef bool (*bench_fn)(u64 memory, u64 ops, struct bench_row *row, struct err *err);

bool bench_order0_hot(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_order0_churn(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_order3(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_order9(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_mixed(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_boot(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_snapshot(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_trace_jsonl(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_trace_bin(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_read_jsonl(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_read_jansson(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_queue_1k(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_queue_1m(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_reclaim_file(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_reclaim_large(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_reclaim_anon(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_reclaim_mglru(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_compact_scan(u64 memory, u64 ops, struct bench_row *row, struct err *err);
bool bench_migrate(u64 memory, u64 ops, struct bench_row *row, struct err *err);

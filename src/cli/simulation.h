/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "cli/config.h"
#include "machine/procfs.h"
#include "mm/check.h"
#include "mm/kthread.h"
#include "record/ftrace.h"
#include "workload/run.h"

/*
 * One simulated machine with all that hangs off it. Two can live in one process: nothing is shared.
 */
#define SIM_MAX_TIME (30ull * 24 * 3600 * NSEC_PER_SEC) /* of a workload that sets no duration */

struct sim_options {
	u64 seed;
	enum check_level check;
	const char *observed; /* file of a real machine's samples; NULL: what the config says */
	FILE *ftrace;	      /* receives the kernel's event text; NULL: none */
	const volatile int *interrupt; /* non-zero: engine_run() returns soon; NULL: none */
};

enum sim_stop { SIM_DONE, SIM_TIME_LIMIT, SIM_INTERRUPTED, SIM_PANIC };

struct sim {
	const struct config *config;
	const struct workload *workload;
	struct sim_options opt;
	struct arena arena; /* of the boot */
	struct proc_state proc; /* booted from; empty: not from /proc */
	struct engine *engine;
	struct cpus *cpus;
	struct mm *mm;
	struct device *disk;
	struct device **swaps; /* [nr_swaps] */
	u32 nr_swaps;
	struct vm *vm;
	struct kthreads *kthreads;
	struct observed *observed;
	char *observed_path;
	struct recorder *recorder;
	struct ftrace ftrace;
	bool ftrace_on;
	struct workload_run *run;
};

/*
 * Builds the machine, boots it and gets the workload ready; the clock reads 0. config, workload
 * and what opt points to must outlive sim. False and err: sim is then empty.
 */
bool sim_create(struct sim *sim, const struct config *config, const struct workload *workload,
		const struct sim_options *opt, struct err *err);

/*
 * Runs to the end of the workload or its duration, or until opt.interrupt is set; then (and only
 * then: *stop SIM_INTERRUPTED) it may be called again to go on. False and err if there is no
 * result: the workload did something wrong, a limit or the host's memory is used up, or a check
 * failed. SIM_PANIC: the simulated kernel has panicked; that is a result like another.
 */
bool sim_run(struct sim *sim, enum sim_stop *stop, struct err *err);

/* Ends the ftrace text, if there is one. name is for messages. */
bool sim_finish_ftrace(struct sim *sim, const char *name, struct err *err);

/* What tasks and trace did: member workload_stats of summary.json. NULL without memory. */
json_t *sim_workload_stats(const struct sim *sim);

/* Frees everything; takes an empty one. */
void sim_destroy(struct sim *sim);

/* Words for --fail-on, NULL-terminated, and whether the condition holds for the run. */
extern const char *const sim_condition_names[];
bool sim_condition(const struct sim *sim, u32 condition);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "../mm/small_world.h"

/*
 * A small machine at work: three tasks on two CPUs that allocate and free blocks of several orders
 * and kinds at random for a while, until memory is short and fragmented.
 */
#define SMALL_RUN_TASKS 3
#define SMALL_RUN_HELD	6000

struct small_run;

struct small_task {
	struct small_run *run;
	struct task_struct task;
	struct rng rng;
	u32 pfn[SMALL_RUN_HELD];
	u8 order[SMALL_RUN_HELD];
	u32 held;
};

struct small_run {
	struct small_world w;
	struct small_task *task;
	u32 steps;
	u64 decisions; /* hash of every page frame and time */
};

void small_run_create(struct small_run *run, u32 steps);
/* Lets all tasks run to their end. */
void small_run_go(struct small_run *run);
void small_run_destroy(struct small_run *run);

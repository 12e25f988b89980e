/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdio.h>

#include "machine/psi.h"
#include "mm/vm.h"

/*
 * What a machine with address spaces shows as a whole at a moment: the counters of /proc/vmstat,
 * memory pressure, CPU time, and what tasks' time went into.
 */
struct machine_sample {
	s64 gauge[NR_VM_NODE_STAT_ITEMS];
	u64 event[OOM_KILL + 1]; /* since the machine was made */
	u64 swap_used, swap_total; /* pages */
	u64 psi_some_ns, psi_full_ns;
	u64 cause_ns[NR_STALL_CAUSES]; /* of all tasks so far */
	u64 cpu_task_ns, cpu_kthread_ns, cpu_irq_ns, cpu_idle_ns; /* all CPUs */
};

/* Sums up what tasks lost so far; asked at each sample. */
struct stall_source {
	void (*read)(void *arg, u64 cause_ns[NR_STALL_CAUSES]); /* NULL: nobody knows */
	void *arg;
};

/* O(counters + CPUs + tasks of the source) */
void sample_machine_read(const struct mm *mm, const struct stall_source *stalls,
			 struct machine_sample *out);

/* vmstat.csv: the header, and the row of one sample; events count from `start`. */
void sample_machine_header(FILE *out);
void sample_machine_row(u64 t_ns, const struct machine_sample *m, const u64 *start, FILE *out);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * Pressure stall information: how long tasks stood still for want of memory. kernel/sched/psi.c
 * (7.2). The CPUs report who runs and waits (cpu.c); code under memory pressure brackets itself.
 */
struct psi;
struct cpus;
struct cpu_ctx;

enum psi_state { PSI_MEM_SOME, PSI_MEM_FULL, PSI_IO_SOME, PSI_IO_FULL, PSI_CPU_SOME,
		 NR_PSI_STATES };

/* The context is stalled on memory from now on / no longer; sections nest. NULL ctx: nothing. */
void psi_memstall_enter(struct cpu_ctx *ctx);
void psi_memstall_leave(struct cpu_ctx *ctx);

/*
 * Up to now, ns. CPUs are weighed against each other at the end of each window (cpu_sched_params);
 * within one a total may still be corrected downwards where there are several CPUs, so whoever
 * takes differences reads at window ends.
 */
u64 psi_total(const struct cpus *cpus, enum psi_state state);
/* Averages over 10, 60, 300 s in 1/100 percent, as /proc/pressure prints them. */
void psi_averages(const struct cpus *cpus, enum psi_state state, u32 avg[3]);

/*
 * For cpu.c: what a context does, as PSI sees it. A context that never ran is zeroed.
 */
#define PSI_TASK_RUNNING  BIT(0) /* on a run queue or on the CPU */
#define PSI_TASK_ONCPU	  BIT(1)
#define PSI_TASK_IOWAIT	  BIT(2)
#define PSI_TASK_MEMSTALL BIT(3)

struct psi_task {
	u32 cpu;   /* counted there */
	u32 flags; /* PSI_TASK_* */
	u32 depth; /* of memstall sections */
};

/* Jiffies last 1/hz s; windows as in cpu_sched_params. NULL: host memory. O(CPUs) */
struct psi *psi_create(u64 now, u32 nr_cpus, u32 hz, u64 window_ns);
void psi_destroy(struct psi *psi);

/* The task's flags become `flags`, counted on `cpu`. O(1) but for windows that end meanwhile. */
void psi_task_change(struct psi *psi, u64 now, struct psi_task *task, u32 cpu, u32 flags);

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

/* Up to now, ns. */
u64 psi_total(const struct cpus *cpus, enum psi_state state);
/* Averages over 10, 60, 300 s in 1/100 percent, as /proc/pressure prints them. */
void psi_averages(const struct cpus *cpus, enum psi_state state, u32 avg[3]);

/* SPDX-License-Identifier: GPL-2.0-only */
/* Skeleton: to be filled. */
#include "machine/psi.h"

void psi_memstall_enter(struct cpu_ctx *ctx)
{
	(void)ctx;
}

void psi_memstall_leave(struct cpu_ctx *ctx)
{
	(void)ctx;
}

u64 psi_total(const struct cpus *cpus, enum psi_state state)
{
	(void)cpus;
	(void)state;
	return 0;
}

void psi_averages(const struct cpus *cpus, enum psi_state state, u32 avg[3])
{
	(void)cpus;
	(void)state;
	(void)avg;
}

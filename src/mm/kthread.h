/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"

/*
 * What memory management runs in the background of a simulation: the vmstat worker of each CPU with
 * the shepherd that re-arms it, and a kswapd a node. Needs mm->engine and mm->cpus.
 */
struct kthreads;

/* NULL and err without memory. Start after the boot. */
struct kthreads *kthreads_start(struct mm *mm, struct err *err);
/* At the end of a simulation; the engine must not run any more. NULL is fine. */
void kthreads_stop(struct kthreads *kthreads);

/*
 * Time until a timer of the kernel's wheel expires that is set for so many jiffies from now, in ns:
 * far ones stand in coarse slots and expire at the slot's end. kernel/time/timer.c:calc_index (7.2)
 */
u64 timer_wheel_ns(const struct mm *mm, u64 jiffies);

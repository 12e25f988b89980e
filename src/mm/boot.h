/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "machine/procfs.h"
#include "mm/mm.h"

/*
 * Three ways to hand memory to the allocator. Each leaves watermarks, reserves, per-CPU limits and
 * counters as the kernel's boot leaves them (spec of order: marks, khugepaged's recommendation,
 * late frees).
 */

/* Cold: memblock's free ranges, ascending, largest aligned blocks, to the list tails; then CMA
   areas, then the late frees through the per-CPU lists. mm/memblock.c:memblock_free_all */
bool mm_boot_cold(struct mm *mm, struct err *err);

/*
 * From the text of /proc of a running machine: the numbers are taken over exactly (free blocks by
 * order and type, pageblock types, per-CPU counts, marks); where each block lies is drawn from the
 * seed, within what the hints allow. Every other managed page is in use by MM_OWNER_BOOT.
 */
bool mm_boot_proc(struct mm *mm, const struct proc_state *state, u64 seed, struct err *err);

#define MM_OWNER_BOOT 1u /* page->owner of pages in use since before the simulation */

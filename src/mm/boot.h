/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"

/*
 * Three ways to hand memory to the allocator. Each leaves watermarks, reserves, per-CPU limits and
 * counters as the kernel's boot leaves them (spec of order: marks, khugepaged's recommendation,
 * late frees).
 */

/* Cold: memblock's free ranges, ascending, largest aligned blocks, to the list tails; then CMA
   areas, then the late frees through the per-CPU lists. mm/memblock.c:memblock_free_all */
bool mm_boot_cold(struct mm *mm, struct err *err);

/* What the /proc files of a real machine say of one zone; -1: not given. */
struct proc_zone {
	u32 node;
	enum zone_type type;
	s64 free, boost, min, low, high, promo, spanned, present, managed, cma;
	s64 protection[MAX_NR_ZONES];
	u64 start_pfn;
	s64 reserved_highatomic, free_highatomic;
	u32 nr_pcp; /* per CPU, from "pagesets" */
	struct proc_pcp {
		s64 count, high, batch, high_min, high_max;
	} *pcp;
	u64 nr_free[NR_PAGE_ORDERS_LIMIT];			   /* buddyinfo */
	u64 type_free[MIGRATE_TYPES][NR_PAGE_ORDERS_LIMIT]; /* pagetypeinfo; capped values kept */
	u64 type_blocks[MIGRATE_TYPES];
	bool have_types;
};

/* Runs of frames known to be free or in use at the start (from a trace); ascending. */
struct proc_hint {
	u64 pfn;
	u32 len;
	bool used;
};

struct proc_state {
	struct proc_zone *zones;
	u32 nr_zones;
	struct proc_hint *hints;
	u32 nr_hints;
};

/*
 * From the text of /proc of a running machine: the numbers are taken over exactly (free blocks by
 * order and type, pageblock types, per-CPU counts, marks); where each block lies is drawn from the
 * seed, within what the hints allow. Every other managed page is in use by MM_OWNER_BOOT.
 */
bool mm_boot_proc(struct mm *mm, const struct proc_state *state, u64 seed, struct err *err);

#define MM_OWNER_BOOT 1u /* page->owner of pages in use since before the simulation */

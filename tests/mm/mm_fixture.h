/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <glib.h>

#include "mm/alloc.h"
#include "mm/buddy.h"
#include "policy/profiles.h"

/*
 * An allocator laid out by hand, without boot: zones with given page frames, nothing free, all
 * watermarks 0, counters that fold at once. Tests put blocks where they need them.
 */
#define FIXTURE_MAX_ZONES 6
#define FIXTURE_MAX_CPUS  4

struct fixture_spec {
	const char *profile;
	u32 max_order, pageblock_order; /* 0: 10, 9 */
	u32 nr_cpus;			/* 0: 1 */
	bool cma, no_thp;
	struct mm_sysctl *sysctl;		      /* NULL: the defaults */
	struct machine_zone zones[FIXTURE_MAX_ZONES]; /* up to the first with spanned 0 */
};

struct mm_fixture {
	struct machine machine;
	struct machine_zone zones[FIXTURE_MAX_ZONES];
	struct pfn_range memory[FIXTURE_MAX_ZONES];
	u32 cpu_node[FIXTURE_MAX_CPUS];
	u32 distance[FIXTURE_MAX_ZONES * FIXTURE_MAX_ZONES];
	struct task_struct tasks[FIXTURE_MAX_CPUS];
	struct mm *mm;
};

void fixture_init(struct mm_fixture *f, const struct fixture_spec *spec);
void fixture_finish(struct mm_fixture *f);

struct zone *fixture_zone(struct mm_fixture *f, u32 node, enum zone_type type);

/* A free block at the tail of a list, counted in its zone. */
void fixture_free_block(struct mm_fixture *f, u32 pfn, u32 order, enum migratetype mt);
/* All of a zone, in blocks as large as fit, of one type with its pageblocks. */
void fixture_fill(struct zone *zone, enum migratetype mt);
/* A block in use. */
void fixture_use(struct mm_fixture *f, u32 pfn, u32 order, u8 flags);
/* One pageblock's type. */
void fixture_block_type(struct mm_fixture *f, u32 pfn, enum migratetype mt);

/* Lists in order: "520 521", "" when empty. g_assert_cmpstr with them frees nothing: static. */
const char *fixture_list(const struct zone *zone, u32 order, enum migratetype mt);
const char *fixture_pcp_list(const struct zone *zone, u32 cpu, u32 index);

/* Blocks on all free lists of the zone, for "nothing else is free". */
u32 fixture_free_blocks(const struct zone *zone);

/* The profile's search for a block; watermarks do not matter. */
u32 fixture_rmqueue(struct zone *zone, struct task_struct *task, u32 order, enum migratetype mt,
		    u32 alloc_flags);

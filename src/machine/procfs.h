/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/stream.h"
#include "machine/machine.h"

/*
 * What the /proc files of a real machine say of its memory: zoneinfo, buddyinfo and pagetypeinfo in
 * the layouts of Linux 6.1 to 7.2, and the hints of a trace. Sections may stand in one file among
 * other text ("==== before /proc/zoneinfo" and the like): lines that belong to none are skipped.
 * Source of the layouts: mm/vmstat.c (7.2, 6.12, 6.1).
 */
#define PROC_NR_ORDERS 14 /* orders 0..13: the most of any architecture */

/* Rows and columns of pagetypeinfo, numbered as enum migratetype. */
enum proc_type {
	PROC_UNMOVABLE,
	PROC_MOVABLE,
	PROC_RECLAIMABLE,
	PROC_HIGHATOMIC,
	PROC_CMA,
	PROC_ISOLATE,
	NR_PROC_TYPES
};

/* pagetypeinfo stops counting here and prints ">100000": read as PROC_CAPPED. */
#define PROC_CAPPED 100001u

struct proc_pcp { /* one CPU's page set; -1: not given */
	s64 count, high, batch, high_min, high_max, stat_threshold;
};

/* What of a zone's memory may be reclaimed; -1: not given. */
struct proc_lru {
	s64 inactive_anon, active_anon, inactive_file, active_file, unevictable;
};

/* "per-node stats", printed with the first zone of a node that has memory; -1: not given. */
struct proc_node_stats {
	s64 anon_pages, mapped, file_pages, shmem, swapcached, slab_reclaimable, slab_unreclaimable,
		page_table_pages, kernel_stack_kb;
};

/* One zone; -1: not given. All in pages. */
struct proc_zone {
	u32 node;
	enum zone_type type;
	s64 free, boost, min, low, high, promo, spanned, present, managed, cma;
	s64 protection[MAX_NR_ZONES]; /* by zone type; types the kernel lacks stay -1 */
	u64 start_pfn;
	s64 reserved_highatomic, free_highatomic;
	struct proc_lru lru;
	struct proc_node_stats node_stats; /* of its node, if this is the first zone */
	u32 nr_pcp; /* per CPU, from "pagesets" */
	struct proc_pcp *pcp;
	bool have_buddy, have_types;
	u64 nr_free[PROC_NR_ORDERS];		      /* buddyinfo */
	u64 type_free[NR_PROC_TYPES][PROC_NR_ORDERS]; /* pagetypeinfo */
	u64 type_blocks[NR_PROC_TYPES];
};

/* A run of frames known to be free or in use at the start (from a trace); runs ascend. */
struct proc_hint {
	u64 pfn;
	u32 len;
	bool used;
	bool lru; /* by pages on LRU lists */
	u8 type; /* enum proc_type + 1 of the request that took it first; 0: not known */
};

struct proc_state {
	struct proc_zone *zones; /* node ascending, type ascending; populated ones only */
	u32 nr_zones;
	u32 nr_orders;	     /* columns of buddyinfo or pagetypeinfo; 0: neither was read */
	s32 pageblock_order; /* pagetypeinfo; -1: not given */
	struct proc_hint *hints;
	u32 nr_hints;
};

#define PROC_ZONEINFO	  BIT(0)
#define PROC_BUDDYINFO	  BIT(1)
#define PROC_PAGETYPEINFO BIT(2)

/*
 * Adds the sections named by `which` that the stream holds to *state (starts zeroed). zoneinfo has
 * to come first, in this stream or an earlier one. A section that is asked for and missing, a zone
 * that comes twice, lacks a number or names an impossible one are errors at file and line. Memory
 * comes from the arena; O(text).
 */
bool procfs_read(struct proc_state *state, struct stream *s, u32 which, struct arena *arena,
		 struct err *err);

/*
 * Adds hints: lines "PFN+LEN free|used|lru [TYPE]", PFN and LEN decimal or 0x hex, TYPE as
 * pagetypeinfo spells it; '#' begins a comment. Runs must ascend and not overlap. If any says lru
 * (in use by pages on LRU lists), those that say used are the kernel's.
 */
bool procfs_read_hints(struct proc_state *state, struct stream *s, struct arena *arena,
		       struct err *err);

/* "Unmovable" ... as pagetypeinfo prints them. */
const char *proc_type_name(enum proc_type type);

/* NULL if there is none. O(zones). */
const struct proc_zone *procfs_zone(const struct proc_state *state, u32 node, enum zone_type type);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/err.h"
#include "machine/machine.h"
#include "mm/gfp.h"
#include "mm/zone.h"

/*
 * A recording of a real kernel's page allocator: its complete state, every operation with the page
 * frames it returned, further states to compare. Text, usually zstd; docs/verify.md has the format.
 * A loaded recording is checked for consistency: what it says of a page can only be one thing.
 */

/* Numbers in the recorder's order: list `off`..`off + n` of rec->pool. line 0: not in the file. */
struct rec_list {
	u32 line;
	u32 off, n;
};

struct rec_zone {
	u32 line, nid;
	enum zone_type type;
	u64 start_pfn, spanned, present, managed;
	s64 wmark[NR_WMARK], boost;
	s64 nr_reserved_highatomic, nr_free_highatomic;
	u32 flags, nr_isolate_pageblock;
	s32 high_min, high_max, batch;
	s64 drift_mark;
	s64 lowmem_reserve[MAX_NR_ZONES];
	s64 vm_stat[NR_VM_ZONE_STAT_ITEMS];
	u64 cma_pages;
	u64 nr_free[NR_PAGE_ORDERS_LIMIT];
	struct rec_list free_lists[NR_PAGE_ORDERS_LIMIT][MIGRATE_TYPES]; /* head first */
	struct rec_list blocks;	 /* pageblock types; MIGRATE_TYPES: no memory map */
	u64 blocks_pfn;		 /* first page frame of the first of them */
	struct rec_list movable; /* pairs page frame, length */
};

struct rec_pcp {
	u32 line;
	s32 count, high, batch, high_min, high_max, alloc_factor, free_count, free_factor, expire;
	u32 flags;
	s32 threshold;
	s32 diff[NR_VM_ZONE_STAT_ITEMS];
	struct rec_list lists[NR_PCP_LISTS]; /* head first */
	struct rec_list types[NR_PCP_LISTS]; /* remembered with each block */
};

struct rec_node {
	u32 line; /* of the K line */
	s32 kswapd_order;
	u32 kswapd_highest_zoneidx; /* MAX_NR_ZONES: none */
	u32 kswapd_waiting, kswapd_failures;
	struct rec_list zonelist; /* node << 8 | zone type */
};

struct rec_state {
	u64 op; /* the state before this operation */
	u32 line;
	struct rec_zone *zones; /* the same zones in the same order in each state */
	struct rec_pcp *pcps;	/* [nr_zones * nr_cpus], by zone, then CPU */
	struct rec_node *nodes; /* [nr_nodes] */
	u32 nr_zones, nr_pcps, nr_nodes;
	u64 pgalloc[MAX_NR_ZONES], pgfree;
	bool have_events;
};

/* Counters in passing: before operation op. */
struct rec_check {
	u64 op;
	u32 line;
	bool pcp; /* else zone */
	u32 cpu, zone_nid;
	enum zone_type type;
	s64 free_pages, boost, reserved; /* zone */
	u32 flags;
	s32 count, high; /* pcp */
};

enum rec_op_type { REC_ALLOC, REC_FREE, REC_BULK, REC_RELEASE, REC_DRAIN, REC_VMSTAT };

struct rec_op {
	u8 type; /* enum rec_op_type */
	u8 order;
	u8 nid;
	u16 cpu;
	gfp_t gfp;
	u32 pfn;    /* ALLOC: returned, PFN_NONE if it failed; FREE: freed */
	u32 off, n; /* BULK: returned; RELEASE: freed, then their operations; in rec->pool */
	u32 wanted; /* BULK: pages asked for; FREE: the operation that allocated */
	u32 line;
};

struct recording {
	char *name;
	char *kernel; /* release string */
	char *character;
	const char *profile; /* name of the profile that it belongs to */
	struct machine machine;
	u32 *cpu_node;
	s64 min_free_kbytes;
	u64 watermark_scale_factor, watermark_boost_factor, percpu_pagelist_high_fraction;
	u64 lowmem_reserve_ratio[MAX_NR_ZONES];
	u64 defrag_mode;
	bool page_group_by_mobility_disabled;

	struct rec_state *states;
	u32 nr_states;
	struct rec_check *checks;
	u32 nr_checks;
	struct rec_op *ops;
	u32 nr_ops;
	u32 *pool;
	u64 nr_pool;
};

/*
 * Reads and checks a recording (.txt or .txt.zst). Refused: text above RECORDING_MAX_TEXT, what
 * takes more than RECORDING_MAX_MEMORY when read, machines above RECORDING_MAX_PAGES or with
 * memory behind RECORDING_MAX_PFN.
 */
#define RECORDING_MAX_TEXT   (128ull << 20)
#define RECORDING_MAX_MEMORY (512ull << 20)
#define RECORDING_MAX_PAGES  (1ull << 24)
#define RECORDING_MAX_PFN    (1ull << 28)
bool recording_load(struct recording *rec, const char *path, struct err *err);
/* Same from text in memory; the text is changed while it is read. */
bool recording_parse(struct recording *rec, const char *name, char *text, size_t len,
		     struct err *err);
void recording_finish(struct recording *rec);

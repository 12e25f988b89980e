/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdio.h>

#include "mm/probes.h"
#include "mm/zone.h"
#include "record/hist.h"

/* What a request may do, told from its flags: the first that fits, in this order. */
enum gfp_class {
	GFP_CLASS_ATOMIC,      /* may not sleep, may use reserves: __GFP_HIGH, no direct reclaim */
	GFP_CLASS_NOWAIT,      /* may not sleep */
	GFP_CLASS_MOVABLE,     /* user and page cache pages: __GFP_MOVABLE */
	GFP_CLASS_RECLAIMABLE, /* shrinkable slabs: __GFP_RECLAIMABLE */
	GFP_CLASS_NOFS,	       /* may not enter file systems or start I/O */
	GFP_CLASS_USER,	       /* user memory that stays put: __GFP_HARDWALL */
	GFP_CLASS_KERNEL,      /* the rest */
	NR_GFP_CLASSES
};

extern const char *const gfp_class_names[NR_GFP_CLASSES];
enum gfp_class gfp_class(gfp_t gfp);

/*
 * Latencies of one kind of request. cell[g][s][c] is the time that the requests of bucket
 * g * HIST_SUB + s spent on cause c; groups are allocated when first hit.
 */
struct latency_key {
	struct hist hist;
	u64 cause_ns[NR_STALL_CAUSES];
	u64 max_cause_ns[NR_STALL_CAUSES]; /* of the first longest request */
	u64 (*cell[HIST_GROUPS])[NR_STALL_CAUSES];
};

#define LATENCY_MAX_GROUPS 4096 /* groups of cells over all keys: at most 32 MB */

struct latency { /* zeroed = empty */
	struct latency_key *key[NR_PAGE_ORDERS_LIMIT][NR_GFP_CLASSES][NR_ALLOC_PATHS];
	u32 groups;
	u64 without_cells; /* requests whose causes are in the totals only: groups ran out */
	bool no_memory;	   /* the host had none: the figures are incomplete */
};

/* One request; O(causes). Latency is the sum of its causes. */
void latency_add(struct latency *lat, u32 order, gfp_t gfp, enum alloc_path path,
		 const u64 *cause_ns);
void latency_finish(struct latency *lat);

/*
 * All keys of a class, of an order or of everything (NR_GFP_CLASSES, UINT32_MAX: all) as one;
 * released with latency_key_free(). NULL if the host has no memory. O(keys * buckets)
 */
struct latency_key *latency_select(const struct latency *lat, u32 gfp_class, u32 order);
void latency_key_free(struct latency_key *key);

/* A percentile and what it was made of: means over the requests of its bucket, so within 1/64. */
struct latency_point {
	u64 ns;
	u64 requests;		       /* in the percentile's bucket */
	u64 cause_ns[NR_STALL_CAUSES];
};
void latency_percentile(const struct latency_key *key, u64 num, u64 den,
			struct latency_point *point);

/* The percentiles that every report shows. */
struct latency_mark {
	u64 num, den;
	const char *name;
};
#define NR_LATENCY_MARKS 5
extern const struct latency_mark latency_marks[NR_LATENCY_MARKS];

/* latency.csv: one row a key and bucket. See docs/results.md. */
void latency_write_csv(const struct latency *lat, FILE *out);

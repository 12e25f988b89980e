/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdio.h>

#include "mm/mm.h"
#include "record/sample_machine.h"

/*
 * The state of every populated zone at points in time, read from the allocator's counters: O(zones
 * * orders) a sample, no page is looked at. Samples lie on multiples of an interval. When more
 * than the cap have been taken, every other one is dropped and the interval doubles: memory stays
 * bounded whatever a run's length, and what is kept does not depend on the host.
 */
#define SAMPLES_DEFAULT	     1000u		   /* kept at most: 500 to 1000 of a long run */
#define SAMPLES_MAX_BYTES    (64u << 20)	   /* of all samples together */
#define SAMPLES_MIN_INTERVAL (100 * NSEC_PER_USEC) /* what an automatic interval starts from */

/* What the recorder has counted so far; totals of the machine. */
struct sample_counts {
	u64 requests, failed; /* over, and those of them that got nothing */
	u64 slowpath;
	u64 pgalloc, pgfree; /* pages */
};

struct sample_zone_counts {
	u64 extfrag,
	    fragmenting; /* fallbacks to another migratetype, and those that split a block */
};

struct sample_zone {
	s64 free;		   /* NR_FREE_PAGES as /proc/zoneinfo shows it */
	s64 boost, min, low, high; /* the marks include the boost */
	s64 pcp;		   /* pages on all per-CPU lists */
	struct sample_zone_counts counts;
	u32 kswapd_awake;
	u32 unmovable_blocks; /* at the last look: mobility.h */
	u64 nr_free[NR_PAGE_ORDERS_LIMIT]; /* blocks of all types: /proc/buddyinfo */
	u32 by_type[];			   /* [MIGRATE_TYPES][orders] */
};

struct samples {
	const struct mm *mm;
	u16 *zone; /* index in mm->zones of each populated zone */
	u32 nr_zones;
	u32 orders;
	size_t zone_bytes, sample_bytes;
	u64 interval_ns;
	u64 start_interval_ns;
	u32 cap, n, room;
	char *store;
	struct stall_source stalls;
	bool no_memory; /* the host had none for a sample: the series has a hole */
};

/* interval_ns 0: automatic; cap 0: SAMPLES_DEFAULT. */
bool samples_init(struct samples *s, const struct mm *mm, u64 interval_ns, u32 cap,
		  struct err *err);
void samples_finish(struct samples *s);

/* The first time after now at which a sample is due. */
u64 samples_next(const struct samples *s, u64 now);

/* zone_counts, unmovable: [mm->nr_zones]. Thins the samples if they have become too many. */
void samples_take(struct samples *s, u64 now, const struct sample_counts *counts,
		  const struct sample_zone_counts *zone_counts, const u32 *unmovable);

u64 samples_time(const struct samples *s, u32 i);
const struct sample_counts *samples_counts(const struct samples *s, u32 i);
const struct machine_sample *samples_machine(const struct samples *s, u32 i);
/* z counts populated zones. */
const struct sample_zone *samples_zone(const struct samples *s, u32 i, u32 z);

/* samples.csv: one row a sample and zone. See docs/results.md. */
void samples_write_csv(const struct samples *s, FILE *out);

/* vmstat.csv: one row a sample; events count from `start`. See docs/results.md. */
void samples_write_vmstat(const struct samples *s, const u64 *start, FILE *out);

/* Reads one zone's state now; the by_type part only if by_type is true. */
void sample_zone_read(const struct mm *mm, const struct zone *zone, bool by_type,
		      struct sample_zone *out);

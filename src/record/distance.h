/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdio.h>

#include "mm/mm.h"
#include "record/jsonw.h"
#include "record/observe.h"

/*
 * Compares row by row at the row's own time, so nothing is interpolated. The distances are those
 * of docs/results.md, "Distance from a real machine".
 */
struct distance_zone {
	u64 rows;
	u64 free_diff, free_sim, free_obs; /* sums over rows, pages */
	u64 min_free_sim, min_free_obs;
	u64 blocks_milli, blocks_milli_last;	 /* sum over rows, and the last row's */
	u64 unusable_diff[NR_PAGE_ORDERS_LIMIT]; /* sums over rows, thousandths */
	u64 unusable_sim[NR_PAGE_ORDERS_LIMIT], unusable_obs[NR_PAGE_ORDERS_LIMIT];
};

struct distance {
	const struct observed *obs;
	const struct mm *mm;
	u16 *sim_zone;		    /* [obs->nr_zones] index in mm->zones; UINT16_MAX: not there */
	struct distance_zone *zone; /* [obs->nr_zones] */
	u32 next;		    /* first row not yet compared */
	s64 extfrag_start, extfrag_obs;
	u64 extfrag_sim;
	u32 rows;
};

/* False with err if the observed zones are none of this machine's. */
bool distance_init(struct distance *d, const struct observed *obs, const struct mm *mm,
		   struct err *err);
void distance_finish(struct distance *d);

/* Time of the next row to compare, UINT64_MAX when there is none. Rows before 0 are skipped. */
u64 distance_next(const struct distance *d);
/* Compares the row that is due now with the state now; extfrag: fallbacks so far. */
void distance_take(struct distance *d, u64 extfrag);

/* Member "observed" of summary.json. */
void distance_write_json(const struct distance *d, struct jsonw *w);
/* A few lines of text. */
void distance_print(const struct distance *d, FILE *out);

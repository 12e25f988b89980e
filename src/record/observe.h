/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdio.h>

#include "base/err.h"
#include "mm/zone.h"

/*
 * What a real machine showed while the recorded workload ran on it. The file is a table with a
 * column t_ms (0: start of the workload; may be negative) and, for each zone, ZONE.free and
 * ZONE.order0 ... (the lines of zoneinfo and buddyinfo), with ZONE as /proc names it, prefixed by
 * "nodeN." on nodes other than 0. A column extfrag_events (fallbacks so far) is optional; other
 * columns are skipped. Indices are made here from the orders, by the same code as the simulated
 * ones.
 */
#define OBSERVED_MAX_BYTES (64u << 20)

struct observed_zone {
	u32 node;
	enum zone_type type;
	s32 free_column; /* -1: none */
	s32 order_column[NR_PAGE_ORDERS_LIMIT];
	u32 orders; /* columns order0..orders-1 are there */
};

struct observed {
	struct observed_zone *zone;
	u32 nr_zones;
	u32 orders; /* of the zone with most */
	bool have_extfrag;
	u32 n;
	s64 *t_ns;    /* [n], ascending */
	s64 *extfrag; /* [n] */
	s64 *free;    /* [n][nr_zones]; -1: not given */
	u64 *nr_free; /* [n][nr_zones][orders] */
};

/* Text or zstd. NULL and err if it is refused. */
struct observed *observed_load(const char *path, struct err *err);
struct observed *observed_load_mem(const char *name, const void *data, size_t len, struct err *err);
void observed_free(struct observed *obs);

/* observed.csv of a results folder: the same columns as samples.csv where known. */
void observed_write_csv(const struct observed *obs, FILE *out);

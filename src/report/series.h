/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/err.h"
#include "mm/zone.h"

/*
 * samples.csv or observed.csv of a results folder as series in memory: for each sample and zone a
 * row of values. What a file does not hold is SERIES_NONE.
 */
#define SERIES_NONE	 INT64_MIN
#define SERIES_MAX_ZONES (64u * MAX_NR_ZONES)
#define SERIES_MAX_BYTES (256u << 20)

enum series_value {
	SERIES_FREE,
	SERIES_MIN,
	SERIES_LOW,
	SERIES_HIGH,
	SERIES_EXTFRAG_EVENTS,
	SERIES_FRAGMENTING_EVENTS,
	SERIES_BOOST,
	SERIES_UNMOVABLE_BLOCKS,
	SERIES_REQUESTS, /* of the machine */
	SERIES_FAILED,	 /* of the machine */
	SERIES_ORDER,						 /* + order: blocks */
	SERIES_UNUSABLE = SERIES_ORDER + NR_PAGE_ORDERS_LIMIT,	 /* + order: thousandths */
	SERIES_EXTFRAG = SERIES_UNUSABLE + NR_PAGE_ORDERS_LIMIT, /* + order: thousandths */
	SERIES_UNMOVABLE = SERIES_EXTFRAG + NR_PAGE_ORDERS_LIMIT, /* share: thousandths */
	NR_SERIES_VALUES
};

struct series_zone {
	u32 node;
	enum zone_type type;
};

struct series {
	u32 orders; /* columns order0.. found */
	u32 nr_zones;
	struct series_zone zone[SERIES_MAX_ZONES];
	u32 n; /* samples */
	s64 *t_ns;
	s64 *value; /* [n][nr_zones][NR_SERIES_VALUES] */
};

/* NULL and a located err if the file is refused. */
struct series *series_load(const char *path, struct err *err);
void series_free(struct series *s);

static inline s64 series_get(const struct series *s, u32 i, u32 z, u32 value)
{
	return s->value[((size_t)i * s->nr_zones + z) * NR_SERIES_VALUES + value];
}

/* Index of the zone in s, -1 if it is not there. */
s32 series_find(const struct series *s, const struct series_zone *zone);

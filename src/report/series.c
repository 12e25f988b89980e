/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the time series of a results folder back. Rows of one time form a sample; every sample must
 * name the same zones in the same order as the first.
 */
#include "report/series.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/csv.h"

struct reader {
	struct csv csv;
	struct series *s;
	u32 room; /* samples */
	u32 time, node, zone;
	s32 column[NR_SERIES_VALUES]; /* -1: not in the file */
	u32 next_zone;		      /* of the sample being read */
};

static void find_columns(struct reader *r)
{
	static const struct {
		u32 value;
		const char *name;
	} plain[] = {
	    {SERIES_FREE, "free"},
	    {SERIES_MIN, "min"},
	    {SERIES_LOW, "low"},
	    {SERIES_HIGH, "high"},
	    {SERIES_EXTFRAG_EVENTS, "extfrag_events"},
	    {SERIES_FRAGMENTING_EVENTS, "fragmenting_events"},
	    {SERIES_BOOST, "boost"},
	    {SERIES_UNMOVABLE_BLOCKS, "unmovable_blocks"},
	    {SERIES_REQUESTS, "requests"},
	    {SERIES_FAILED, "failed"},
	    {SERIES_UNMOVABLE, "unmovable_share"},
	};
	static const struct {
		u32 value;
		const char *prefix;
	} by_order[] = {
	    {SERIES_ORDER, "order"},
	    {SERIES_UNUSABLE, "unusable"},
	    {SERIES_EXTFRAG, "extfrag"},
	};
	char name[32];

	for (u32 i = 0; i < ARRAY_SIZE(plain); i++)
		r->column[plain[i].value] = csv_column(&r->csv, plain[i].name);
	for (u32 i = 0; i < ARRAY_SIZE(by_order); i++) {
		for (u32 o = 0; o < NR_PAGE_ORDERS_LIMIT; o++) {
			snprintf(name, sizeof(name), "%s%u", by_order[i].prefix, o);
			r->column[by_order[i].value + o] = csv_column(&r->csv, name);
		}
	}
	while (r->s->orders < NR_PAGE_ORDERS_LIMIT && r->column[SERIES_ORDER + r->s->orders] >= 0)
		r->s->orders++;
}

static bool read_zone_name(struct reader *r, struct series_zone *zone, struct err *err)
{
	const char *name = r->csv.cell[r->zone];
	u64 node;

	if (!csv_count(&r->csv, r->node, MACHINE_MAX_NODES - 1, &node, err))
		return false;
	zone->node = (u32)node;
	for (u32 t = 0; t < MAX_NR_ZONES; t++) {
		if (!strcmp(zone_name(t), name)) {
			zone->type = t;
			return true;
		}
	}
	return csv_error(&r->csv, err, "column zone: there is no zone \"%.40s\"", name);
}

static bool grow(struct reader *r, struct err *err)
{
	struct series *s = r->s;
	/* the first sample, whose zones are not yet known, has room for all */
	u32 room = r->room ? r->room * 2 : 1;
	size_t zones = s->n ? s->nr_zones : SERIES_MAX_ZONES;
	size_t row = zones * NR_SERIES_VALUES * sizeof(*s->value);
	void *p;

	if (s->n < r->room)
		return true;
	if (room * row > SERIES_MAX_BYTES)
		return csv_error(&r->csv, err, "more than %u MiB of samples",
				 SERIES_MAX_BYTES >> 20);
	p = realloc(s->t_ns, room * sizeof(*s->t_ns));
	if (p)
		s->t_ns = p;
	if (p)
		p = realloc(s->value, room * row);
	if (!p)
		return err_set(err, ERR_HOST_RES, "no memory for the series of %s",
			       stream_name(r->csv.stream));
	s->value = p;
	r->room = room;
	return true;
}

/* Finds the place of a row: a new sample begins with another time. */
static bool place_row(struct reader *r, s64 t_ns, const struct series_zone *zone, struct err *err)
{
	struct series *s = r->s;

	if (!s->n || t_ns != s->t_ns[s->n - 1]) {
		if (s->n && t_ns < s->t_ns[s->n - 1])
			return csv_error(&r->csv, err, "t_ns is earlier than in the row before");
		if (s->n && r->next_zone != s->nr_zones)
			return csv_error(&r->csv, err, "the sample before lacks a zone");
		if (!grow(r, err))
			return false;
		s->t_ns[s->n++] = t_ns;
		r->next_zone = 0;
	}
	if (s->n == 1 && r->next_zone < SERIES_MAX_ZONES && series_find(s, zone) < 0)
		s->zone[s->nr_zones++] = *zone;
	if (r->next_zone >= s->nr_zones || s->zone[r->next_zone].node != zone->node ||
	    s->zone[r->next_zone].type != zone->type)
		return csv_error(&r->csv, err, "zones do not come as in the first sample");
	return true;
}

static bool read_row(struct reader *r, struct err *err)
{
	struct series *s = r->s;
	struct series_zone zone;
	s64 t_ns, *value;

	if (!csv_number(&r->csv, r->time, 0, &t_ns, err) || !read_zone_name(r, &zone, err) ||
	    !place_row(r, t_ns, &zone, err))
		return false;
	/* the first sample's zones follow each other without gaps, whatever their number */
	value = s->value + ((size_t)(s->n - 1) * s->nr_zones + r->next_zone) * NR_SERIES_VALUES;
	for (u32 v = 0; v < NR_SERIES_VALUES; v++) {
		s32 c = r->column[v];

		value[v] = SERIES_NONE;
		if (c >= 0 && r->csv.cell[c][0] &&
		    !csv_number(&r->csv, (u32)c, v >= SERIES_UNUSABLE ? 3 : 0, &value[v], err))
			return false;
	}
	r->next_zone++;
	return true;
}

static bool read_all(struct reader *r, struct err *err)
{
	while (csv_next(&r->csv, err))
		if (!read_row(r, err))
			return false;
	if (err->kind)
		return false;
	if (!r->s->n)
		return csv_error(&r->csv, err, "there are no rows");
	if (r->next_zone != r->s->nr_zones)
		return csv_error(&r->csv, err, "the last sample lacks a zone");
	return true;
}

struct series *series_load(const char *path, struct err *err)
{
	struct reader r = {0};
	bool ok;

	if (!csv_open(&r.csv, path, err))
		return NULL;
	r.s = calloc(1, sizeof(*r.s));
	ok = r.s || err_set(err, ERR_HOST_RES, "no memory for the series of %s", path);
	if (ok)
		find_columns(&r);
	ok = ok && csv_need(&r.csv, "t_ns", &r.time, err) &&
	     csv_need(&r.csv, "node", &r.node, err) && csv_need(&r.csv, "zone", &r.zone, err) &&
	     read_all(&r, err);
	csv_close(&r.csv);
	if (ok)
		return r.s;
	series_free(r.s);
	return NULL;
}

void series_free(struct series *s)
{
	if (!s)
		return;
	free(s->t_ns);
	free(s->value);
	free(s);
}

s32 series_find(const struct series *s, const struct series_zone *zone)
{
	for (u32 z = 0; z < s->nr_zones; z++)
		if (s->zone[z].node == zone->node && s->zone[z].type == zone->type)
			return (s32)z;
	return -1;
}

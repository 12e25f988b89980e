/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Series observed on a real machine, read into memory: free pages and free blocks by order, zone by
 * zone. What a file does not give stays unknown (-1 free pages, no orders); a row that is not
 * later than the one before is an error, so that later steps can walk in time order.
 */
#include "record/observe.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "record/index.h"
#include "record/csv.h"
#include "record/decimal.h"

#define OBSERVED_MAX_ZONES (64 * MAX_NR_ZONES)

struct loader {
	struct csv csv;
	struct observed *obs;
	u32 room;
	u32 time_column;
	s32 extfrag_column;
};

/* "node1.DMA32.order3" -> node, zone type and the rest; false if it names no zone. */
static bool split_column(const char *name, u32 *node, enum zone_type *type, const char **rest)
{
	const char *dot;

	*node = 0;
	if (!strncmp(name, "node", 4)) {
		char *end;
		unsigned long n = strtoul(name + 4, &end, 10);

		if (end == name + 4 || *end != '.' || n >= MACHINE_MAX_NODES)
			return false;
		*node = (u32)n;
		name = end + 1;
	}
	dot = strchr(name, '.');
	if (!dot)
		return false;
	*rest = dot + 1;
	for (u32 t = 0; t < MAX_NR_ZONES; t++) {
		const char *zone = zone_name(t);

		if (strlen(zone) == (size_t)(dot - name) && !memcmp(zone, name, strlen(zone))) {
			*type = t;
			return true;
		}
	}
	return false;
}

static struct observed_zone *find_zone(struct observed *obs, u32 node, enum zone_type type)
{
	struct observed_zone *zone;

	for (u32 z = 0; z < obs->nr_zones; z++)
		if (obs->zone[z].node == node && obs->zone[z].type == type)
			return &obs->zone[z];
	if (obs->nr_zones == OBSERVED_MAX_ZONES)
		return NULL;
	zone = &obs->zone[obs->nr_zones++];
	*zone = (struct observed_zone){.node = node, .type = type, .free_column = -1};
	for (u32 o = 0; o < NR_PAGE_ORDERS_LIMIT; o++)
		zone->order_column[o] = -1;
	return zone;
}

static void note_column(struct observed *obs, const char *name, s32 column)
{
	struct observed_zone *zone;
	enum zone_type type;
	const char *rest;
	char *end;
	u32 node;

	if (!split_column(name, &node, &type, &rest))
		return;
	if (!strcmp(rest, "free")) {
		zone = find_zone(obs, node, type);
		if (zone)
			zone->free_column = column;
	} else if (!strncmp(rest, "order", 5) && rest[5] >= '0' && rest[5] <= '9') {
		unsigned long order = strtoul(rest + 5, &end, 10);

		zone = *end == '\0' && order < NR_PAGE_ORDERS_LIMIT ? find_zone(obs, node, type)
								    : NULL;
		if (zone)
			zone->order_column[order] = column;
	}
}

static bool read_columns(struct loader *ld, struct err *err)
{
	struct observed *obs = ld->obs;

	if (!csv_need(&ld->csv, "t_ms", &ld->time_column, err))
		return false;
	ld->extfrag_column = csv_column(&ld->csv, "extfrag_events");
	obs->have_extfrag = ld->extfrag_column >= 0;
	obs->zone = calloc(OBSERVED_MAX_ZONES, sizeof(*obs->zone));
	if (!obs->zone)
		return err_set(err, ERR_HOST_RES, "no memory for observed data");
	for (u32 c = 0; c < ld->csv.n; c++)
		note_column(obs, ld->csv.column[c], (s32)c);
	for (u32 z = 0; z < obs->nr_zones; z++) {
		struct observed_zone *zone = &obs->zone[z];

		while (zone->orders < NR_PAGE_ORDERS_LIMIT && zone->order_column[zone->orders] >= 0)
			zone->orders++;
		obs->orders = (u32)max_u64(obs->orders, zone->orders);
	}
	if (!obs->nr_zones)
		return csv_error(&ld->csv, err,
				 "no column names a zone (\"DMA32.free\", \"DMA32.order0\")");
	return true;
}

static bool grow(struct loader *ld, struct err *err)
{
	struct observed *obs = ld->obs;
	u32 room = ld->room ? ld->room * 2 : 256;
	size_t row = sizeof(*obs->t_ns) + sizeof(*obs->extfrag) +
		     obs->nr_zones * (sizeof(*obs->free) + obs->orders * sizeof(*obs->nr_free));
	void *p;

	if (obs->n < ld->room)
		return true;
	if (room * row > OBSERVED_MAX_BYTES)
		return csv_error(&ld->csv, err, "more than %u MiB of observed data",
				 OBSERVED_MAX_BYTES >> 20);
#define GROW(array, per_row)                                                                       \
	do {                                                                                       \
		p = realloc((array), (size_t)room * (per_row) * sizeof(*(array)) + 1);             \
		if (!p)                                                                            \
			return err_set(err, ERR_HOST_RES, "no memory for observed data");          \
		(array) = p;                                                                       \
	} while (0)
	GROW(obs->t_ns, 1);
	GROW(obs->extfrag, 1);
	GROW(obs->free, obs->nr_zones);
	GROW(obs->nr_free, obs->nr_zones * obs->orders);
#undef GROW
	ld->room = room;
	return true;
}

static bool read_zone(struct loader *ld, u32 z, struct err *err)
{
	struct observed *obs = ld->obs;
	const struct observed_zone *zone = &obs->zone[z];
	size_t at = (size_t)obs->n * obs->nr_zones + z;
	u64 count;

	obs->free[at] = -1;
	if (zone->free_column >= 0) {
		if (!csv_count(&ld->csv, (u32)zone->free_column, MACHINE_MAX_PAGES, &count, err))
			return false;
		obs->free[at] = (s64)count;
	}
	for (u32 o = 0; o < obs->orders; o++) {
		count = 0;
		if (o < zone->orders && !csv_count(&ld->csv, (u32)zone->order_column[o],
						   MACHINE_MAX_PAGES >> o, &count, err))
			return false;
		obs->nr_free[at * obs->orders + o] = count;
	}
	return true;
}

static bool read_row(struct loader *ld, struct err *err)
{
	struct observed *obs = ld->obs;
	u64 extfrag = 0;
	s64 t_ns;

	if (!grow(ld, err) || !csv_number(&ld->csv, ld->time_column, 6, &t_ns, err))
		return false;
	if (obs->n && t_ns <= obs->t_ns[obs->n - 1])
		return csv_error(&ld->csv, err, "t_ms is not later than in the row before");
	if (obs->have_extfrag &&
	    !csv_count(&ld->csv, (u32)ld->extfrag_column, INT64_MAX, &extfrag, err))
		return false;
	obs->t_ns[obs->n] = t_ns;
	obs->extfrag[obs->n] = (s64)extfrag;
	for (u32 z = 0; z < obs->nr_zones; z++)
		if (!read_zone(ld, z, err))
			return false;
	obs->n++;
	return true;
}

/* Takes over an open csv and closes it. */
static struct observed *load(struct loader *ld, struct err *err)
{
	bool ok;

	ld->obs = calloc(1, sizeof(*ld->obs));
	ok = ld->obs ? read_columns(ld, err)
		     : err_set(err, ERR_HOST_RES, "no memory for observed data");
	while (ok && csv_next(&ld->csv, err))
		ok = read_row(ld, err);
	if (ok && !err->kind && !ld->obs->n)
		csv_error(&ld->csv, err, "there are no rows");
	csv_close(&ld->csv);
	if (ok && !err->kind)
		return ld->obs;
	observed_free(ld->obs);
	return NULL;
}

struct observed *observed_load(const char *path, struct err *err)
{
	struct loader ld = {0};

	return csv_open(&ld.csv, path, err) ? load(&ld, err) : NULL;
}

struct observed *observed_load_mem(const char *name, const void *data, size_t len, struct err *err)
{
	struct loader ld = {0};

	return csv_open_mem(&ld.csv, name, data, len, err) ? load(&ld, err) : NULL;
}

void observed_free(struct observed *obs)
{
	if (!obs)
		return;
	free(obs->zone);
	free(obs->t_ns);
	free(obs->extfrag);
	free(obs->free);
	free(obs->nr_free);
	free(obs);
}

static void write_indices(const struct observed_zone *zone, const u64 *nr_free, u32 orders,
			  FILE *out)
{
	char buf[DECIMAL_LEN];

	for (u32 o = 0; o < orders; o++) {
		fputc(',', out);
		if (o < zone->orders)
			fprintf(out, "%" PRIu64, nr_free[o]);
	}
	for (u32 o = 0; o < orders; o++)
		fprintf(out, ",%s",
			o < zone->orders
			    ? decimal_fixed(index_unusable(nr_free, zone->orders, o), 3, buf)
			    : "");
	for (u32 o = 0; o < orders; o++)
		fprintf(out, ",%s",
			o < zone->orders
			    ? decimal_fixed(index_extfrag(nr_free, zone->orders, o), 3, buf)
			    : "");
}

void observed_write_csv(const struct observed *obs, FILE *out)
{
	static const char *const blocks[] = {"order", "unusable", "extfrag"};

	fputs("t_ns,node,zone,free,extfrag_events", out);
	for (u32 b = 0; b < ARRAY_SIZE(blocks); b++)
		for (u32 o = 0; o < obs->orders; o++)
			fprintf(out, ",%s%u", blocks[b], o);
	fputc('\n', out);
	for (u32 i = 0; i < obs->n; i++) {
		for (u32 z = 0; z < obs->nr_zones; z++) {
			size_t at = (size_t)i * obs->nr_zones + z;

			fprintf(out, "%" PRId64 ",%u,%s,", obs->t_ns[i], obs->zone[z].node,
				zone_name(obs->zone[z].type));
			if (obs->free[at] >= 0)
				fprintf(out, "%" PRId64, obs->free[at]);
			fputc(',', out);
			if (obs->have_extfrag)
				fprintf(out, "%" PRId64, obs->extfrag[i]);
			write_indices(&obs->zone[z], obs->nr_free + at * obs->orders, obs->orders,
				      out);
			fputc('\n', out);
		}
	}
}

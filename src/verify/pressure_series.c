/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Samples over time, and the figures that follow from them. The columns are those of a recorded
 * samples.csv; a simulated run fills in as many of them as it has.
 */
#include <glib.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/stream.h"
#include "mm/fragindex.h"
#include "verify/pressure.h"

#define MAX_COLUMNS 1024u
#define MAX_ROWS    100000u

bool pressure_series_columns(struct pressure_series *s, const char *const *names, u32 n)
{
	s->column = calloc(n, sizeof(*s->column));
	if (!s->column)
		return false;
	s->nr_columns = n;
	for (u32 i = 0; i < n; i++)
		snprintf(s->column[i], PRESSURE_NAME_LEN, "%s", names[i]);
	return true;
}

double *pressure_series_row(struct pressure_series *s)
{
	double *row;

	if (s->n == s->cap) {
		u32 cap = s->cap ? s->cap * 2 : 128;
		double *more = realloc(s->v, (size_t)cap * s->nr_columns * sizeof(*more));

		if (!more)
			return NULL;
		s->v = more;
		s->cap = cap;
	}
	row = &s->v[(size_t)s->n++ * s->nr_columns];
	for (u32 i = 0; i < s->nr_columns; i++)
		row[i] = NAN;
	return row;
}

s32 pressure_series_find(const struct pressure_series *s, const char *column)
{
	for (u32 i = 0; i < s->nr_columns; i++)
		if (!strcmp(s->column[i], column))
			return (s32)i;
	return -1;
}

void pressure_series_finish(struct pressure_series *s)
{
	free(s->column);
	free(s->v);
	*s = (struct pressure_series){0};
}

static bool bad_line(const struct stream *in, struct err *err, const char *what)
{
	return err_at(err, ERR_INPUT, stream_name(in), stream_line_number(in), 0, NULL, "%s", what);
}

static bool read_header(struct pressure_series *s, struct stream *in, char *line, struct err *err)
{
	const char *names[MAX_COLUMNS];
	char *rest = line, *word;
	u32 n = 0;

	while ((word = strsep(&rest, ","))) {
		if (n == MAX_COLUMNS)
			return bad_line(in, err, "more than 1024 columns");
		names[n++] = word;
	}
	if (strcmp(names[0], "t_ms") != 0)
		return bad_line(in, err, "expected a header line that begins with t_ms");
	return pressure_series_columns(s, names, n) ||
	       err_set(err, ERR_HOST_RES, "no memory for %s", stream_name(in));
}

static bool read_row(struct pressure_series *s, struct stream *in, char *line, struct err *err)
{
	double *row = pressure_series_row(s);
	char *rest = line, *word, *end;
	u32 n = 0;

	if (!row)
		return err_set(err, ERR_HOST_RES, "no memory for %s", stream_name(in));
	if (s->n > MAX_ROWS)
		return bad_line(in, err, "more than 100000 samples");
	while ((word = strsep(&rest, ","))) {
		double v = g_ascii_strtod(word, &end);

		if (n == s->nr_columns)
			return bad_line(in, err, "more fields than the header has");
		if ((*word && *end) || (*word && !isfinite(v)))
			return bad_line(in, err, "a field is not a number");
		if (*word)
			row[n] = v;
		n++;
	}
	if (n < s->nr_columns || isnan(row[0]))
		return bad_line(in, err, "fewer fields than the header has");
	return true;
}

bool pressure_series_load(struct pressure_series *s, const char *path, struct err *err)
{
	struct stream *in = stream_open(path, 64u << 20, err);
	unsigned int before = err->count;
	size_t len;
	bool ok = true;
	char *line;

	if (!in)
		return false;
	while (ok && (line = stream_line(in, &len, err))) {
		if (len && line[len - 1] == '\r')
			line[len - 1] = '\0';
		ok = s->column ? read_row(s, in, line, err) : read_header(s, in, line, err);
	}
	if (ok && err->count == before && !s->n)
		ok = bad_line(in, err, "there are no samples");
	stream_close(in);
	return ok && err->count == before;
}

/* Of the samples within the workload. */
struct span {
	const struct pressure_series *s;
	u32 from, to; /* rows */
};

static double at(const struct span *w, u32 row, s32 column)
{
	return w->s->v[(size_t)row * w->s->nr_columns + (u32)column];
}

/* What the run has already (the recording's own figure) stays. */
static bool offer(struct pressure_run *run, double v, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static bool offer(struct pressure_run *run, double v, const char *fmt, ...)
{
	char name[PRESSURE_NAME_LEN];
	va_list args;

	va_start(args, fmt);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	return isnan(v) || !isnan(pressure_get(run, name)) || pressure_set(run, name, v);
}

static bool derive_gauge(const struct span *w, struct pressure_run *run, s32 column)
{
	const char *name = w->s->column[column];
	double min = INFINITY, max = -INFINITY, sum = 0;

	for (u32 i = w->from; i < w->to; i++) {
		double v = at(w, i, column);

		min = fmin(min, v);
		max = fmax(max, v);
		sum += v;
	}
	return offer(run, min, "%s.min", name) && offer(run, max, "%s.max", name) &&
	       offer(run, sum / (w->to - w->from), "%s.mean", name) &&
	       offer(run, at(w, w->to - 1, column), "%s.end", name);
}

static s32 zone_column(const struct span *w, const char *zone, const char *what, s32 number)
{
	char name[PRESSURE_NAME_LEN];

	if (number < 0)
		snprintf(name, sizeof(name), "%s.%s", zone, what);
	else
		snprintf(name, sizeof(name), "%s.%s%d", zone, what, number);
	return pressure_series_find(w->s, name);
}

static bool derive_free(const struct span *w, struct pressure_run *run, const char *zone)
{
	s32 free = zone_column(w, zone, "free", -1), boost = zone_column(w, zone, "boost", -1);
	double min = INFINITY, sum = 0, most = 0;

	if (free < 0)
		return true;
	for (u32 i = w->from; i < w->to; i++) {
		min = fmin(min, at(w, i, free));
		sum += at(w, i, free);
		most = boost >= 0 ? fmax(most, at(w, i, boost)) : 0;
	}
	return offer(run, min, "min_free_pages_%s", zone) &&
	       offer(run, sum / (w->to - w->from), "mean_free_pages_%s", zone) &&
	       offer(run, most, "max_boost_%s", zone);
}

/* Samples of the largest zone below a mark. */
static bool derive_below(const struct span *w, struct pressure_run *run, const char *zone,
			 const char *mark)
{
	s32 free = zone_column(w, zone, "free", -1), level = zone_column(w, zone, mark, -1);
	u32 n = 0;

	if (free < 0 || level < 0)
		return true;
	for (u32 i = w->from; i < w->to; i++)
		n += at(w, i, free) < at(w, i, level);
	return offer(run, n, "samples_below_%s_wmark", mark);
}

/* Free blocks of the zone in one sample; the number of orders, 0: not recorded. */
static u32 read_orders(const struct span *w, const char *zone, u32 row,
		       u64 nr_free[NR_PAGE_ORDERS_LIMIT])
{
	u32 orders = 0;
	s32 column;

	while (orders < NR_PAGE_ORDERS_LIMIT &&
	       (column = zone_column(w, zone, "order", (s32)orders)) >= 0) {
		double v = at(w, row, column);

		nr_free[orders++] = v > 0 ? (u64)v : 0;
	}
	return orders;
}

static bool derive_orders(const struct span *w, struct pressure_run *run, const char *zone)
{
	double sum[NR_PAGE_ORDERS_LIMIT] = {0};
	u64 nr_free[NR_PAGE_ORDERS_LIMIT];
	u32 orders = read_orders(w, zone, w->to - 1, nr_free);

	for (u32 o = 0; o < orders; o++)
		if (!offer(run, (double)nr_free[o], "blocks.%s.%u", zone, o))
			return false;
	for (u32 i = w->from; i < w->to; i++) {
		read_orders(w, zone, i, nr_free);
		for (u32 o = 0; o < orders; o++) {
			struct contig_page_info info;

			fill_contig_page_info(nr_free, orders, o, &info);
			sum[o] += unusable_free_index(&info, o) / 1000.0;
		}
	}
	for (u32 o = 0; o < orders; o++)
		if (!offer(run, sum[o] / (w->to - w->from), "unusable.%s.%u", zone, o))
			return false;
	return true;
}

/* A counter at a time (ms), by the straight line between samples. */
static double counter_at(const struct pressure_series *s, s32 column, double t)
{
	const struct span all = {s, 0, s->n};

	for (u32 i = 1; i < s->n; i++) {
		double t0 = at(&all, i - 1, 0), t1 = at(&all, i, 0);

		if (t1 >= t && t1 > t0)
			return at(&all, i - 1, column) +
			       (at(&all, i, column) - at(&all, i - 1, column)) *
				       fmax(0, t - t0) / (t1 - t0);
	}
	return at(&all, s->n - 1, column);
}

/* The share of a counter's rise that falls into the first `ms` of pressure. */
static bool derive_early(struct pressure_run *run, const char *counter, double ms, const char *name)
{
	const struct pressure_series *s = &run->series;
	double start = pressure_get(run, "first_kswapd_wake_ms"), first, last;
	s32 column = pressure_series_find(s, counter);

	if (column < 0 || isnan(start))
		return true;
	first = s->v[(u32)column];
	last = s->v[(size_t)(s->n - 1) * s->nr_columns + (u32)column];
	if (last <= first)
		return true;
	return offer(run, (counter_at(s, column, start + ms) - first) / (last - first), "%s", name);
}

static const char *largest_zone(const struct pressure_scenario *sc)
{
	u32 best = 0;

	for (u32 z = 1; z < sc->nr_zones; z++)
		if (sc->zone[z].managed > sc->zone[best].managed)
			best = z;
	return sc->zone[best].name;
}

/*
 * The median page fault, from the histogram of touches by log2 of their ns. An access to a page
 * that is there takes less than a microsecond even on the slowest of these machines.
 */
static bool derive_fault(struct pressure_run *run)
{
	double n[64] = {0}, all = 0, below = 0;
	char name[16];

	for (u32 i = 10; i < ARRAY_SIZE(n); i++) {
		snprintf(name, sizeof(name), "touch.%u", i);
		n[i] = pressure_eval(run, name, NULL);
		all += n[i];
	}
	for (u32 i = 10; i < ARRAY_SIZE(n) && all > 0; i++) {
		if (below + n[i] >= all / 2)
			return offer(run, exp2(i + (all / 2 - below) / n[i]) / 1000, "fault_us");
		below += n[i];
	}
	return true;
}

bool pressure_derive(const struct pressure_scenario *sc, struct pressure_run *run)
{
	struct span w = {.s = &run->series};
	double end = pressure_get(run, "workload_ms");
	const char *largest = largest_zone(sc);
	bool ok = derive_fault(run);

	for (u32 z = 0; ok && z < sc->nr_zones; z++)
		ok = offer(run, sc->zone[z].managed, "managed.%s", sc->zone[z].name);
	while (w.from < w.s->n && w.s->v[(size_t)w.from * w.s->nr_columns] < 0)
		w.from++;
	w.to = w.from;
	while (w.to < w.s->n &&
	       !(w.s->v[(size_t)w.to * w.s->nr_columns] > end)) /* no end known: all */
		w.to++;
	if (!ok || w.to == w.from)
		return ok;
	for (s32 i = 1; ok && i < (s32)w.s->nr_columns; i++)
		if (!strncmp(w.s->column[i], "nr_", 3))
			ok = derive_gauge(&w, run, i);
	for (u32 z = 0; ok && z < sc->nr_zones; z++)
		ok = derive_free(&w, run, sc->zone[z].name) &&
		     derive_orders(&w, run, sc->zone[z].name);
	return ok && derive_below(&w, run, largest, "low") &&
	       derive_below(&w, run, largest, "min") &&
	       derive_early(run, "pswpin", 4000, "early_swap_in") &&
	       derive_early(run, "allocstall_movable", 2000, "early_allocstall");
}

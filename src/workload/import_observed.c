/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the real machine showed: free pages and free blocks by order out of its samples, moved to
 * the trace's clock and cut to its stretch, with the fallbacks between migratetypes counted from
 * mm_page_alloc_extfrag events. Read twice: once for the times, once to copy.
 */
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "workload/import_internal.h"

#define MAX_COLUMNS 4096u
#define MAX_ROWS    (1u << 22)

struct import_observed {
	s64 *t; /* [n] on the trace's clock, ns, ascending */
	u64 *extfrag; /* [n] since the start */
	u32 n, cap;
	u32 at;	   /* first row not yet passed */
	u64 count; /* fallbacks so far */
	u8 *keep;  /* [columns] */
	u32 columns;
};

/* "t_ms", "DMA32.free", "node1.Normal.order10". */
static bool wanted(const char *name, size_t len)
{
	static const char *const zones[] = {"DMA", "DMA32", "Normal", "HighMem", "Movable"};

	if (len == 4 && !memcmp(name, "t_ms", 4))
		return true;
	if (len > 4 && !memcmp(name, "node", 4)) {
		const char *dot = memchr(name, '.', len);

		if (!dot)
			return false;
		len -= (size_t)(dot + 1 - name);
		name = dot + 1;
	}
	for (u32 i = 0; i < ARRAY_SIZE(zones); i++) {
		size_t n = strlen(zones[i]);
		const char *what = name + n + 1;

		if (len <= n + 1 || memcmp(name, zones[i], n) || name[n] != '.')
			continue;
		if (len - n - 1 == 4 && !memcmp(what, "free", 4))
			return true;
		return len - n - 1 >= 6 && len - n - 1 <= 7 && !memcmp(what, "order", 5) &&
		       strspn(what + 5, "0123456789") >= len - n - 6;
	}
	return false;
}

static bool refuse(struct import *im, struct stream *in, const char *what)
{
	return err_at(im->err, ERR_INPUT, stream_name(in), stream_line_number(in), 0, NULL, "%s",
		      what);
}

/* Milliseconds with up to six decimals to ns. */
static bool parse_ms(const char *text, size_t len, s64 *ns)
{
	bool minus = len && *text == '-';
	s64 whole = 0, unit = 1000000;
	size_t i = minus, digits = 0;

	*ns = 0;
	for (; i < len && g_ascii_isdigit(text[i]); i++, digits++) {
		if (whole > INT64_MAX / 100000000)
			return false;
		whole = whole * 10 + (text[i] - '0');
	}
	if (!digits)
		return false;
	if (i < len && text[i] == '.') {
		for (i++; i < len && g_ascii_isdigit(text[i]); i++) {
			unit /= 10;
			*ns += (text[i] - '0') * unit;
		}
	}
	*ns += whole * 1000000;
	if (minus)
		*ns = -*ns;
	return i == len;
}

/* First cell is t_ms: that is how the columns are checked. */
static bool read_columns(struct import *im, struct stream *in)
{
	struct import_observed *obs = im->observed;
	unsigned int before = im->err->count;
	u32 kept = 0;
	size_t len;
	const char *line = stream_line(in, &len, im->err), *p = line;

	if (!line)
		return im->err->count == before ? refuse(im, in, "no line with column names")
						: false;
	obs->keep = calloc(MAX_COLUMNS, 1);
	if (!obs->keep)
		return err_set(im->err, ERR_HOST_RES, "no memory for %s", stream_name(in));
	for (;;) {
		size_t n = strcspn(p, ",\r");

		if (obs->columns == MAX_COLUMNS)
			return refuse(im, in, "more than 4096 columns");
		obs->keep[obs->columns] = wanted(p, n);
		kept += obs->keep[obs->columns++];
		if (p[n] != ',')
			break;
		p += n + 1;
	}
	if (strncmp(line, "t_ms,", 5) || kept < 2)
		return refuse(im, in, "the columns are to be t_ms, then ZONE.free and ZONE.orderN");
	return true;
}

static bool add_row(struct import *im, struct stream *in, s64 t)
{
	struct import_observed *obs = im->observed;

	if (obs->n && t <= obs->t[obs->n - 1])
		return refuse(im, in, "t_ms is not later than in the row before");
	if (obs->n == obs->cap) {
		u32 cap = obs->cap ? obs->cap * 2 : 1024;
		s64 *more = cap > MAX_ROWS ? NULL : realloc(obs->t, cap * sizeof(*more));

		if (!more)
			return err_set(im->err, ERR_HOST_RES, "no memory for %s", stream_name(in));
		obs->t = more;
		obs->cap = cap;
	}
	obs->t[obs->n++] = t;
	return true;
}

/* Times are kept as they are printed until the trace's zero is known. */
static bool read_times(struct import *im, struct stream *in)
{
	unsigned int before = im->err->count;
	size_t len;
	char *line;
	s64 t;

	while ((line = stream_line(in, &len, im->err)))
		if (!parse_ms(line, strcspn(line, ",\r"), &t))
			return refuse(im, in, "t_ms is no number of milliseconds");
		else if (!add_row(im, in, t))
			return false;
	return im->err->count == before;
}

bool import_observed_open(struct import *im)
{
	struct stream *in;
	bool ok;

	if (!im->opt->observed)
		return true;
	in = stream_open(im->opt->observed, im->opt->max_bytes, im->err);
	if (!in)
		return false;
	im->observed = calloc(1, sizeof(*im->observed));
	ok = im->observed ? read_columns(im, in) && read_times(im, in)
			  : err_set(im->err, ERR_HOST_RES, "no memory for %s", stream_name(in));
	if (ok) {
		im->observed->extfrag = calloc(im->observed->n + 1u, sizeof(u64));
		if (!im->observed->extfrag)
			ok = err_set(im->err, ERR_HOST_RES, "no memory for %s", stream_name(in));
	}
	stream_close(in);
	return ok;
}

/* From the samples' clock to the trace's. */
static s64 shift(const struct import *im)
{
	if (im->opt->observed_zero_ns == UINT64_MAX)
		return 0;
	return (s64)im->opt->observed_zero_ns - (s64)im->zero;
}

void import_observed_extfrag(struct import *im, u64 t)
{
	struct import_observed *obs = im->observed;
	s64 at = (s64)t - (s64)im->zero - shift(im);

	if (!obs)
		return;
	while (obs->at < obs->n && obs->t[obs->at] < at)
		obs->extfrag[obs->at++] = obs->count;
	obs->count++;
}

static void put_time(FILE *file, s64 ns)
{
	u64 n = ns < 0 ? 0 - (u64)ns : (u64)ns;

	fprintf(file, "%s%llu.%06llu", ns < 0 ? "-" : "", (unsigned long long)(n / 1000000),
		(unsigned long long)(n % 1000000));
}

static bool copy_row(struct import *im, struct stream *in, const char *line, FILE *file)
{
	struct import_observed *obs = im->observed;
	const char *p = line;
	u32 column = 0;

	for (;; column++) {
		size_t n = strcspn(p, ",\r");

		if (column == obs->columns || strspn(p, "0123456789.-") < n)
			return refuse(im, in, "not a row of numbers, one a column");
		if (column && obs->keep[column])
			fprintf(file, ",%.*s", (int)n, p);
		if (p[n] != ',')
			break;
		p += n + 1;
	}
	return column + 1 == obs->columns || refuse(im, in, "fewer columns than names");
}

static void copy_names(struct import *im, const char *line, FILE *file)
{
	u32 column = 0;

	for (const char *p = line;; column++) {
		size_t n = strcspn(p, ",\r");

		if (im->observed->keep[column])
			fprintf(file, "%s%.*s", column ? "," : "", (int)n, p);
		if (p[n] != ',')
			break;
		p += n + 1;
	}
	fputs(",extfrag_events\n", file);
}

static bool copy_rows(struct import *im, struct stream *in, FILE *file)
{
	struct import_observed *obs = im->observed;
	s64 first = (s64)im->stats->kept_first_ns, last = (s64)im->stats->kept_last_ns;
	size_t len;
	char *line = stream_line(in, &len, im->err);

	if (!line)
		return refuse(im, in, "the file has changed");
	copy_names(im, line, file);
	for (u32 row = 0; row < obs->n; row++) {
		s64 t = obs->t[row] + shift(im), clock = t + (s64)im->zero;

		line = stream_line(in, &len, im->err);
		if (!line)
			return refuse(im, in, "the file has changed");
		if (clock < first - (s64)NSEC_PER_SEC || clock > last)
			continue;
		put_time(file, t);
		if (!copy_row(im, in, line, file))
			return false;
		fprintf(file, ",%llu\n", (unsigned long long)obs->extfrag[row]);
	}
	return true;
}

bool import_observed_write(struct import *im)
{
	struct import_observed *obs = im->observed;
	struct stream *in;
	FILE *file;
	bool ok;

	if (!obs)
		return true;
	while (obs->at < obs->n)
		obs->extfrag[obs->at++] = obs->count;
	in = stream_open(im->opt->observed, im->opt->max_bytes, im->err);
	if (!in)
		return false;
	file = outdir_open(&im->dir, "observed.csv", im->err);
	ok = file && copy_rows(im, in, file);
	if (file)
		ok = outdir_close(&im->dir, file, "observed.csv", im->err) && ok;
	stream_close(in);
	return ok;
}

void import_observed_free(struct import_observed *obs)
{
	if (!obs)
		return;
	free(obs->t);
	free(obs->extfrag);
	free(obs->keep);
	free(obs);
}

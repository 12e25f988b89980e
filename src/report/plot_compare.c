/* SPDX-License-Identifier: GPL-2.0-only */
/* Several runs over each other: the same series and the same distribution, a curve a run. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/outdir.h"
#include "base/safe_text.h"
#include "record/csv.h"
#include "record/decimal.h"
#include "record/hist.h"
#include "report/figure.h"
#include "report/plot.h"
#include "report/table.h"

#define MAX_RUNS 16u /* beyond, curves cannot be told apart */
#define ORDER	 9u  /* whose unusable index is drawn */

struct comparison {
	const char *dir;
	FILE *out;
	char *text;
	size_t len;
};

static bool write_file(const struct comparison *c, const char *name, const char *text, size_t len,
		       struct err *err)
{
	char *path;
	bool ok;

	if (asprintf(&path, "%s/plots/%s", c->dir, name) < 0)
		return err_set(err, ERR_HOST_RES, "no memory for plots");
	ok = file_write_whole(path, text, len, true, err);
	free(path);
	return ok;
}

static bool begin(struct comparison *c, struct err *err)
{
	c->out = open_memstream(&c->text, &c->len);
	return c->out || err_set(err, ERR_HOST_RES, "no memory for plots");
}

static bool end(struct comparison *c, const char *name, bool ok, struct err *err)
{
	ok = fclose(c->out) == 0 && ok && write_file(c, name, c->text, c->len, err);
	free(c->text);
	c->text = NULL;
	return ok;
}

static char *path_in(const char *folder, const char *name, struct err *err)
{
	char *path;

	if (asprintf(&path, "%s/%s", folder, name) >= 0)
		return path;
	err_set(err, ERR_HOST_RES, "no memory for plots");
	return NULL;
}

/* Free memory of all zones, and the largest unusable index among zones with free memory. */
static void put_zones(const struct series *s, u32 i, FILE *out)
{
	s64 free_pages = 0, unusable = 0;
	char buf[DECIMAL_LEN];

	for (u32 z = 0; z < s->nr_zones; z++) {
		s64 index = ORDER < s->orders ? series_get(s, i, z, SERIES_UNUSABLE + ORDER) : 0;

		free_pages += max_s64(0, series_get(s, i, z, SERIES_FREE));
		unusable = max_s64(unusable, index);
	}
	fprintf(out, " %" PRId64 " %s", free_pages, decimal_fixed(unusable, 3, buf));
}

static s64 cell_of(const struct table *t, u32 row, const char *name)
{
	s32 column = table_column(t, name);

	return column < 0 ? 0 : table_get(t, row, (u32)column);
}

/*
 * Rows of: seconds, free pages, unusable index, pages in swap, pressure in % since the row before.
 */
static bool put_series(struct comparison *c, const char *run, struct err *err)
{
	char *a = path_in(run, "samples.csv", err), *b = path_in(run, "vmstat.csv", err);
	struct series *s = a && b ? series_load(a, err) : NULL;
	struct table *t = s ? table_load(b, err) : NULL;
	u32 n = t ? (u32)min_u64(s->n, t->n) : 0, stride = n / PLOT_MAX_POINTS + 1, last = 0;
	char buf[DECIMAL_LEN];

	for (u32 i = 0; i < n; i += stride) {
		s64 ns = s->t_ns[i] - s->t_ns[last];
		s64 psi = cell_of(t, i, "psi_memory_some_ns") -
			  cell_of(t, last, "psi_memory_some_ns");

		fputs(decimal_ratio((u64)s->t_ns[i], NSEC_PER_SEC, 6, buf), c->out);
		put_zones(s, i, c->out);
		fprintf(c->out, " %" PRId64, cell_of(t, i, "swap_used"));
		fprintf(c->out, " %s\n",
			ns > 0 ? decimal_ratio((u64)max_s64(psi, 0) * 100, (u64)ns, 3, buf) : "0");
		last = i;
	}
	fputs("\n\n", c->out);
	table_free(t);
	series_free(s);
	free(a);
	free(b);
	return t != NULL;
}

/* Adds up latency.csv over kinds of requests, by bucket. */
static bool add_latency(const char *path, u64 *count, struct err *err)
{
	struct csv csv;
	u32 from, requests;
	u64 ns, n;
	bool ok;

	if (!csv_open(&csv, path, err))
		return false;
	ok = csv_need(&csv, "from_ns", &from, err) && csv_need(&csv, "requests", &requests, err);
	while (ok && csv_next(&csv, err)) {
		ok = csv_count(&csv, from, UINT64_MAX / 2, &ns, err) &&
		     csv_count(&csv, requests, UINT64_MAX / 2, &n, err);
		if (ok)
			count[hist_bucket(ns)] += n;
	}
	csv_close(&csv);
	return ok && !err->kind;
}

/* Rows of: us, share of requests that took longer. */
static bool put_latency(struct comparison *c, const char *run, struct err *err)
{
	u64 *count = calloc(HIST_BUCKETS, sizeof(*count)), total = 0, below = 0;
	char *path = path_in(run, "latency.csv", err), x[DECIMAL_LEN], y[DECIMAL_LEN];
	bool ok = count && path && add_latency(path, count, err);

	if (!count)
		err_set(err, ERR_HOST_RES, "no memory for plots");
	for (u32 b = 0; ok && b < HIST_BUCKETS; b++)
		total += count[b];
	for (u32 b = 0; ok && b < HIST_BUCKETS; b++) {
		if (!count[b])
			continue;
		fprintf(c->out, "%s %s\n", decimal_ratio(hist_bucket_high(b), NSEC_PER_USEC, 3, x),
			decimal_ratio(total - below, total, 9, y));
		below += count[b];
	}
	fputs("\n\n", c->out);
	free(count);
	free(path);
	return ok;
}

static bool write_data(struct comparison *c, const char *const *runs, u32 n, struct err *err)
{
	bool ok = begin(c, err);

	if (!ok)
		return false;
	for (u32 i = 0; ok && i < n; i++)
		ok = put_series(c, runs[i], err);
	if (!end(c, "compare.dat", ok, err) || !begin(c, err))
		return false;
	for (u32 i = 0; ok && i < n; i++)
		ok = put_latency(c, runs[i], err);
	return end(c, "compare-latency.dat", ok, err);
}

/* Labels as words: blanks within one become '_'. */
static char *join_labels(const char *const *labels, u32 n)
{
	size_t len = 1;
	char *all;

	for (u32 i = 0; i < n; i++)
		len += strlen(labels[i]) + 1;
	all = calloc(1, len);
	for (u32 i = 0; all && i < n; i++) {
		size_t at = strlen(all);

		if (i)
			all[at++] = ' ';
		for (const char *p = labels[i]; *p; p++)
			all[at++] = *p <= ' ' ? '_' : *p;
	}
	return all;
}

static bool draw(const struct comparison *c, const char *labels, struct err *err)
{
	static const char *const figures[] = {"compare", "compare-latency"};
	static const char *const types[] = {"svg", "png"};
	char *program = gnuplot_find(), *folder = path_in(c->dir, "plots", err);
	const struct gnuplot gp = {.program = program, .timeout_s = GNUPLOT_TIMEOUT_S};
	bool ok = folder != NULL;

	if (ok && !program)
		ok = err_set(err, ERR_HOST_FILE, "gnuplot is not installed: no pictures");
	for (u32 f = 0; ok && f < ARRAY_SIZE(figures); f++) {
		for (u32 t = 0; ok && t < ARRAY_SIZE(types); t++) {
			char script[32], file[32];
			const char *args[] = {types[t], file, labels, NULL};

			snprintf(script, sizeof(script), "%s.gp", figures[f]);
			snprintf(file, sizeof(file), "%s.%s", figures[f], types[t]);
			ok = gnuplot_run(&gp, folder, script, args, err);
		}
	}
	free(program);
	free(folder);
	return ok;
}

bool plot_compare(const char *dir, const char *const *runs, const char *const *labels, u32 n,
		  struct err *err)
{
	struct comparison c = {.dir = dir};
	char *folder = path_in(dir, "plots", err), *all = NULL;
	bool ok = folder != NULL;

	n = (u32)min_u64(n, MAX_RUNS);
	if (ok && mkdir(folder, 0777) && errno != EEXIST)
		ok = err_set(err, ERR_HOST_FILE, "%s: cannot be made: %s", folder,
			     strerror(errno));
	ok = ok && write_data(&c, runs, n, err);
	for (u32 i = 0; ok && i < nr_plot_scripts; i++)
		ok = write_file(&c, plot_scripts[i].name, plot_scripts[i].text,
				plot_scripts[i].len, err);
	all = ok ? join_labels(labels, n) : NULL;
	if (ok && !all)
		ok = err_set(err, ERR_HOST_RES, "no memory for plots");
	ok = ok && draw(&c, all, err);
	free(all);
	free(folder);
	return ok;
}

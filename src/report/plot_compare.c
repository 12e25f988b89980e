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

#define MAX_RUNS 16u  /* beyond, curves cannot be told apart */
#define ORDER	 9u   /* whose unusable index is drawn */
#define PANELS	 12u  /* of a picture of metrics */
#define POINTS	 300u /* a curve of a small panel */

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
 * A stall is counted when it ends or is looked at, perhaps after the interval: what exceeds that
 * goes to the next, as in the kernel's averages (kernel/sched/psi.c:update_averages).
 */
static void put_series(const struct series *s, const struct table *t, FILE *out)
{
	u32 n = (u32)min_u64(s->n, t->n), stride = n / PLOT_MAX_POINTS + 1, last = 0;
	s64 told = n ? cell_of(t, 0, "psi_memory_some_ns") : 0;
	char buf[DECIMAL_LEN];

	for (u32 i = 0; i < n; i += stride) {
		s64 ns = s->t_ns[i] - s->t_ns[last];
		s64 psi = max_s64(0, cell_of(t, i, "psi_memory_some_ns") - told);

		psi = psi < ns ? psi : ns;
		told += psi;
		fputs(decimal_ratio((u64)s->t_ns[i], NSEC_PER_SEC, 6, buf), out);
		put_zones(s, i, out);
		fprintf(out, " %" PRId64, cell_of(t, i, "swap_used"));
		fprintf(out, " %s\n",
			ns > 0 ? decimal_ratio((u64)psi * 100, (u64)ns, 3, buf) : "0");
		last = i;
	}
	fputs("\n\n", out);
}

static s64 metric_at(const struct plot_source *source, const struct series *s,
		     const struct table *t, u32 i)
{
	s64 sum = 0;

	if (source->kind == PLOT_COLUMNS) {
		for (const char *const *name = source->columns; *name; name++)
			sum += cell_of(t, i, *name);
		return sum;
	}
	for (u32 z = 0; z < (source->kind == PLOT_ZONES ? s->nr_zones : 1); z++)
		sum += max_s64(0, series_get(s, i, z, source->value));
	return sum;
}

/* For each metric rows of: seconds, value. */
static void put_metrics(const struct plot_runs *runs, const struct series *s, const struct table *t,
			FILE *out)
{
	u32 n = (u32)min_u64(s->n, t->n), stride = n / POINTS + 1;
	char buf[DECIMAL_LEN];

	for (u32 m = 0; m < runs->nr_metrics; m++) {
		const struct plot_metric *metric = &runs->metrics[m];

		for (u32 i = 0, next; i < n; i = next) {
			s64 value = metric_at(&metric->source, s, t, i);

			fputs(decimal_ratio((u64)s->t_ns[i], NSEC_PER_SEC, 6, buf), out);
			fprintf(out, " %s\n",
				decimal_ratio((u64)max_s64(0, value), metric->divisor, 3, buf));
			/* The last one is what the table has. */
			next = i + 1 < n && i + stride >= n ? n - 1 : i + stride;
		}
		fputs("\n\n", out);
	}
}

static bool put_run(const struct plot_runs *runs, u32 i, FILE *series, FILE *metrics,
		    struct err *err)
{
	char *a = path_in(runs->dirs[i], "samples.csv", err);
	char *b = path_in(runs->dirs[i], "vmstat.csv", err);
	struct series *s = a && b ? series_load(a, err) : NULL;
	struct table *t = s ? table_load(b, err) : NULL;
	bool ok = t != NULL;

	if (ok) {
		put_series(s, t, series);
		put_metrics(runs, s, t, metrics);
	}
	table_free(t);
	series_free(s);
	free(a);
	free(b);
	return ok;
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

static bool write_series(const char *dir, const struct plot_runs *runs, struct err *err)
{
	struct comparison series = {.dir = dir}, metrics = {.dir = dir};
	bool ok = begin(&series, err);

	if (ok && !begin(&metrics, err))
		return end(&series, "compare.dat", false, err);
	for (u32 i = 0; ok && i < runs->n; i++)
		ok = put_run(runs, i, series.out, metrics.out, err);
	if (series.out)
		ok = end(&series, "compare.dat", ok, err);
	if (metrics.out)
		ok = end(&metrics, "compare-metrics.dat", ok, err);
	return ok;
}

static bool write_latency(const char *dir, const struct plot_runs *runs, struct err *err)
{
	struct comparison c = {.dir = dir};
	bool ok = begin(&c, err);

	if (!ok)
		return false;
	for (u32 i = 0; ok && i < runs->n; i++)
		ok = put_latency(&c, runs->dirs[i], err);
	return end(&c, "compare-latency.dat", ok, err);
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

/* What is to be drawn, and how gnuplot is called. */
struct pictures {
	struct gnuplot gp;
	const char *folder, *labels, *names; /* of runs, of metrics: words */
};

/* first: of the metrics */
static bool draw_figure(const struct pictures *p, const char *script, const char *figure, u32 first,
			struct err *err)
{
	static const char *const types[] = {"svg", "png"};
	bool ok = true;

	for (u32 t = 0; ok && t < ARRAY_SIZE(types); t++) {
		char file[48], number[16];
		const char *args[] = {types[t], file, p->labels, number, p->names, NULL};

		snprintf(file, sizeof(file), "%s.%s", figure, types[t]);
		snprintf(number, sizeof(number), "%u", (unsigned int)first);
		ok = gnuplot_run(&p->gp, p->folder, script, args, err);
	}
	return ok;
}

static bool draw(struct pictures *p, u32 nr_metrics, struct err *err)
{
	char *program = gnuplot_find();
	bool ok;

	p->gp = (struct gnuplot){.program = program, .timeout_s = GNUPLOT_TIMEOUT_S};
	if (!program)
		return err_set(err, ERR_HOST_FILE, "gnuplot is not installed: no pictures");
	ok = draw_figure(p, "compare.gp", "compare", 0, err) &&
	     draw_figure(p, "compare-latency.gp", "compare-latency", 0, err);
	for (u32 m = 0; ok && m < nr_metrics; m += PANELS) {
		char figure[32];

		snprintf(figure, sizeof(figure), "compare-metrics-%u",
			 (unsigned int)(m / PANELS + 1));
		ok = draw_figure(p, "compare-metrics.gp", figure, m, err);
	}
	free(program);
	return ok;
}

static bool write_scripts(const char *dir, struct err *err)
{
	const struct comparison c = {.dir = dir};
	bool ok = true;

	for (u32 i = 0; ok && i < nr_plot_scripts; i++)
		ok = write_file(&c, plot_scripts[i].name, plot_scripts[i].text, plot_scripts[i].len,
				err);
	return ok;
}

static char *metric_names(const struct plot_runs *runs)
{
	const char **labels = calloc(runs->nr_metrics + 1ull, sizeof(*labels));
	char *all;

	if (!labels)
		return NULL;
	for (u32 m = 0; m < runs->nr_metrics; m++)
		labels[m] = runs->metrics[m].label;
	all = join_labels(labels, runs->nr_metrics);
	free(labels);
	return all;
}

bool plot_compare(const char *dir, const struct plot_runs *all, struct err *err)
{
	struct plot_runs runs = *all;
	char *folder = path_in(dir, "plots", err), *labels = NULL, *names = NULL;
	bool ok = folder != NULL;

	runs.n = (u32)min_u64(runs.n, MAX_RUNS);
	if (ok && mkdir(folder, 0777) && errno != EEXIST)
		ok = err_set(err, ERR_HOST_FILE, "%s: cannot be made: %s", folder, strerror(errno));
	ok = ok && write_series(dir, &runs, err) && write_latency(dir, &runs, err) &&
	     write_scripts(dir, err);
	if (ok) {
		struct pictures p = {.folder = folder};

		p.labels = labels = join_labels(runs.labels, runs.n);
		p.names = names = metric_names(&runs);
		ok = labels && names ? draw(&p, runs.nr_metrics, err)
				     : err_set(err, ERR_HOST_RES, "no memory for plots");
	}
	free(labels);
	free(names);
	free(folder);
	return ok;
}

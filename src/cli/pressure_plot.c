/* SPDX-License-Identifier: GPL-2.0-only */
/* Pictures of a scenario: simulated series over those of the real runs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/outdir.h"
#include "base/safe_text.h"
#include "cli/pressure.h"
#include "report/figure.h"
#include "report/gnuplot.h"

#define MAX_PANELS 12u

struct panel {
	const char *name, *columns; /* whose sum is shown */
	bool counter;		    /* since the workload's start */
};

static const struct panel all_panels[] = {
	{"free_pages", "nr_free_pages", false},
	{"active_anon", "nr_active_anon", false},
	{"inactive_anon", "nr_inactive_anon", false},
	{"active_file", "nr_active_file", false},
	{"inactive_file", "nr_inactive_file", false},
	{"pgscan", "pgscan_kswapd pgscan_direct", true},
	{"pgsteal", "pgsteal_kswapd pgsteal_direct", true},
	{"pgsteal_direct", "pgsteal_direct", true},
	{"swapped_out", "pswpout", true},
	{"swapped_in", "pswpin", true},
	{"file_refaults", "workingset_refault_file", true},
	{"slab_reclaimable", "nr_slab_reclaimable", false},
	{"migrated", "pgmigrate_success", true},
	{"stall_us", "psi_some_total_us", true},
};

struct drawing {
	const struct pressure_run *run[PRESSURE_MAX_RUNS + 1]; /* real ones, then the simulated */
	u32 nr_runs;
	const struct panel *panel[MAX_PANELS];
	u32 nr_panels;
	char names[MAX_PANELS * 24];
};

/* The panel's value in a sample, NAN if the run does not have it. */
static double value(const struct pressure_series *s, const struct panel *p, u32 row)
{
	const char *words = p->columns;
	double sum = 0;

	while (*words) {
		size_t len = strcspn(words, " ");
		char name[PRESSURE_NAME_LEN];
		s32 c;

		snprintf(name, sizeof(name), "%.*s", (int)len, words);
		c = pressure_series_find(s, name);
		sum += c < 0 ? NAN : s->v[(size_t)row * s->nr_columns + (u32)c];
		words += len;
		words += strspn(words, " ");
	}
	return p->counter && row ? sum - value(s, p, 0) : sum;
}

static double time_of(const struct pressure_series *s, u32 row)
{
	return s->v[(size_t)row * s->nr_columns] / 1000;
}

/* Is there something to see? */
static bool moves(const struct drawing *d, const struct panel *p)
{
	for (u32 r = 0; r < d->nr_runs; r++)
		for (u32 i = 1; i < d->run[r]->series.n; i++)
			if (value(&d->run[r]->series, p, i) > 100)
				return true;
	return false;
}

static void choose(struct drawing *d)
{
	for (u32 i = 0; i < ARRAY_SIZE(all_panels) && d->nr_panels < MAX_PANELS; i++) {
		size_t used = strlen(d->names);

		if (!moves(d, &all_panels[i]))
			continue;
		d->panel[d->nr_panels++] = &all_panels[i];
		snprintf(d->names + used, sizeof(d->names) - used, "%s%s", used ? " " : "",
			 all_panels[i].name);
	}
}

static void write_block(FILE *out, const struct pressure_series *s, const struct panel *p)
{
	bool any = false;

	for (u32 i = 1; i < s->n; i++) {
		double v = value(s, p, i), t = time_of(s, i);

		if (t < 0 || isnan(v))
			continue;
		fprintf(out, "%.3f %.6g\n", t, v);
		any = true;
	}
	fputs(any ? "\n\n" : "0 NaN\n\n\n", out);
}

static bool write_data(const struct drawing *d, struct outdir *dir, struct err *err)
{
	FILE *out = outdir_open(dir, "series.dat", err);

	for (u32 p = 0; out && p < d->nr_panels; p++)
		for (u32 r = 0; r < d->nr_runs; r++)
			write_block(out, &d->run[r]->series, d->panel[p]);
	return out && outdir_close(dir, out, "series.dat", err);
}

/* All that was sampled of the simulated run, as recorded runs have it. */
static bool write_samples(const struct pressure_series *s, struct outdir *dir, struct err *err)
{
	FILE *out = outdir_open(dir, "samples.csv", err);

	if (!out)
		return false;
	for (u32 c = 0; c < s->nr_columns; c++)
		fprintf(out, "%s%s", c ? "," : "", s->column[c]);
	fputc('\n', out);
	for (u32 i = 0; i < s->n; i++)
		for (u32 c = 0; c < s->nr_columns; c++)
			fprintf(out, "%.15g%c", s->v[(size_t)i * s->nr_columns + c],
				c + 1 < s->nr_columns ? ',' : '\n');
	return outdir_close(dir, out, "samples.csv", err);
}

static bool write_script(struct outdir *dir, const char *name, struct err *err)
{
	for (u32 i = 0; i < nr_plot_scripts; i++) {
		FILE *out;

		if (strcmp(plot_scripts[i].name, name) != 0)
			continue;
		out = outdir_open(dir, name, err);
		if (!out)
			return false;
		fwrite(plot_scripts[i].text, 1, plot_scripts[i].len, out);
		return outdir_close(dir, out, name, err);
	}
	return err_set(err, ERR_BUG, "there is no script %s", name);
}

/* Marks the folder as one of results, which may be replaced. */
static bool write_manifest(const char *title, struct outdir *dir, struct err *err)
{
	FILE *out = outdir_open(dir, "manifest.json", err);

	if (!out)
		return false;
	fprintf(out, "{\"format\": \"pressure-plot/1\", \"scenario\": \"%s\"}\n", title);
	return outdir_close(dir, out, "manifest.json", err);
}

static bool draw(const struct drawing *d, const char *title, const char *folder, struct err *err)
{
	static const char *const types[] = {"svg", "png"};
	char *program = gnuplot_find(), runs[16];
	const struct gnuplot gp = {.program = program, .timeout_s = GNUPLOT_TIMEOUT_S};
	bool ok = program != NULL;

	if (!ok)
		err_set(err, ERR_HOST_FILE,
			"gnuplot is not installed: script and data are in %s, no pictures", folder);
	snprintf(runs, sizeof(runs), "%u", d->nr_runs - 1);
	for (u32 t = 0; ok && t < ARRAY_SIZE(types); t++) {
		char file[16];
		const char *args[] = {types[t], file, title, runs, d->names, NULL};

		snprintf(file, sizeof(file), "series.%s", types[t]);
		ok = gnuplot_run(&gp, folder, "pressure.gp", args, err);
	}
	free(program);
	return ok;
}

static bool write_folder(const struct drawing *d, const char *title, const char *path,
			 struct err *err)
{
	struct outdir dir = {.lock_fd = -1};
	bool ok = outdir_begin(&dir, path, true, err) && write_data(d, &dir, err) &&
		  write_samples(&d->run[d->nr_runs - 1]->series, &dir, err) &&
		  write_script(&dir, "style.gp", err) && write_script(&dir, "pressure.gp", err) &&
		  write_manifest(title, &dir, err) && outdir_commit(&dir, err);

	outdir_abort(&dir);
	return ok;
}

bool pressure_plot(const struct pressure_scenario *sc, const struct pressure_run *sim,
		   const char *dir, struct err *err)
{
	struct drawing d = {.nr_runs = sc->nr_runs + 1};
	char title[128], *path = NULL;
	bool ok;

	for (u32 i = 0; i < sc->nr_runs; i++)
		d.run[i] = &sc->run[i];
	d.run[sc->nr_runs] = sim;
	choose(&d);
	if (!d.nr_panels)
		return true;
	safe_text_title(sc->name, title, sizeof(title));
	for (char *c = title; *c; c++) /* it goes into JSON */
		*c = *c == '"' || *c == '\\' ? '\'' : *c;
	if (asprintf(&path, "%s/%s", dir, sc->name) < 0)
		return err_set(err, ERR_HOST_RES, "no memory for pictures");
	ok = write_folder(&d, title, path, err) && draw(&d, title, path, err);
	free(path);
	return ok;
}

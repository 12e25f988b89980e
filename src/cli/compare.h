/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <glib.h>
#include <stdio.h>

#include "base/err.h"
#include "base/json.h"
#include "report/plot.h"
#include "report/series.h"

/*
 * `mempress compare`: a grid of runs. Variants are all combinations of configs, kernels and varied
 * values; each runs once a seed, as a process of its own; what summary.json says is compared.
 */
#define COMPARE_MAX_VARIANTS 64u
#define COMPARE_MAX_SEEDS    1000u

struct compare_variant {
	char *label;  /* what sets it apart from the others */
	char *config; /* word of the command line */
	char *profile; /* NULL: the config's */
	GPtrArray *sets; /* "path=value" */
};

enum cell_state { CELL_WAITING, CELL_RUNNING, CELL_DONE, CELL_REUSED, CELL_FAILED };

struct compare_cell {
	u32 variant;
	u64 seed;
	char *dir; /* its results */
	enum cell_state state;
	char *error;   /* of a failed one, its last line */
	json_t *summary;
};

struct compare {
	/* as asked for; g_free() */
	char *out, *profiles, *seeds_text, *jobs_text, *json, *csv, *only;
	char **vary, **sets;
	gboolean force, plot;
	char *configs, *workload;

	struct compare_variant variant[COMPARE_MAX_VARIANTS];
	u32 nr_variants;
	u64 seed[COMPARE_MAX_SEEDS];
	u32 nr_seeds, jobs;
	struct compare_cell *cell; /* [nr_variants][nr_seeds] */
};

static inline struct compare_cell *compare_cell(const struct compare *c, u32 variant, u32 seed)
{
	return &c->cell[variant * c->nr_seeds + seed];
}

/* Reads the options into variants, seeds and cells. Every cell's config and workload are loaded
   once, so that a mistake is told before anything runs. */
bool compare_plan(struct compare *c, struct err *err);
void compare_finish(struct compare *c);

/* Runs what is not there yet, c->jobs at a time. A cell that fails does not stop the rest; false
   and err only if none can be run. */
bool compare_run(struct compare *c, struct err *err);

/* One figure of a run. */
struct compare_metric {
	const char *name, *unit, *doc;
	const char *const *paths; /* in summary.json, NULL-terminated; their values are added */
	s32 better;		  /* 1: more is better, -1: less is, 0: neither */
	struct plot_source over_time;
};
extern const struct compare_metric compare_metrics[];
extern const u32 nr_compare_metrics;

/* A metric over the seeds of one variant. */
struct compare_stat {
	u32 n; /* runs that have it */
	double median, low, high; /* with a 95 % confidence interval; all equal for one run */
	double change;		  /* percent against the first variant; NAN: it has 0 */
	bool noise;		  /* the difference from the first may be chance */
};
/* stat[nr_variants]. False: no run has the metric, or all are 0. */
bool compare_metric_stats(const struct compare *c, const struct compare_metric *metric,
			  struct compare_stat *stat);

/* The metric is asked for, and the table has a line for it. */
bool compare_shows(const struct compare *c, const struct compare_metric *metric);

/* The table; the same as JSON (new reference) and CSV. */
void compare_print(const struct compare *c, FILE *out);
json_t *compare_json(const struct compare *c);
void compare_csv(const struct compare *c, FILE *out);


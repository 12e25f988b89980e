/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "base/err.h"
#include "base/json.h"
#include "mm/zone.h"

/*
 * Recordings of real kernels under memory pressure, and what a simulated run is held against: both
 * sides are runs of the same shape, named figures and series of samples, so that every metric and
 * every fact is computed by the same code on both. docs/verify.md has the format of a scenario.
 */
#define PRESSURE_MAX_RUNS  32u
#define PRESSURE_NAME_LEN  56u
#define PRESSURE_MAX_ZONES 8u
#define PRESSURE_SAMPLE_MS 200u

struct pressure_value {
	char name[PRESSURE_NAME_LEN];
	double v;
};

/* Samples: columns named as in samples.csv, the first is t_ms. Counters run since boot. */
struct pressure_series {
	char (*column)[PRESSURE_NAME_LEN];
	u32 nr_columns, n, cap;
	double *v; /* [n][nr_columns] */
};

struct pressure_run {
	struct pressure_value *value;
	u32 nr_values, cap_values;
	struct pressure_series series;
	char victims[256]; /* "keeper > ramp" in the order of the kills */
};

struct pressure_zone {
	char name[16];
	double managed, batch;
};

struct pressure_scenario {
	char *path, *name;
	struct json_doc expected, machine, workload;
	char *state_path; /* /proc text before the workload */
	char *trace_path; /* page events to replay instead of a workload; NULL: none */
	u32 cpus, nr_zones;
	struct pressure_zone zone[PRESSURE_MAX_ZONES];
	bool classic; /* two-list LRU */
	bool paced;   /* every step that moves memory has a rate */
	bool chaotic; /* judged by facts and level C only */
	u32 nr_runs;
	struct pressure_run run[PRESSURE_MAX_RUNS];
};

/*
 * Reads a folder. Files may be compressed (NAME.zst). False and located errors: sc is then empty.
 * Needed are expected.json, machine.json, workload.json and state_before.txt; a run's samples.csv,
 * event_summary.json and kernel_log_oom.txt add to it where they are. With kmem.txt it is a single
 * run whose page events are replayed: observed.json stands for expected.json.
 */
bool pressure_load(struct pressure_scenario *sc, const char *path, struct err *err);
void pressure_finish(struct pressure_scenario *sc);

/* FOLDER/FILE or FOLDER/FILE.zst, whichever is there; NULL: neither. free() it. */
char *pressure_file(const char *folder, const char *file);

/* pressure_run.c: figures by name. Host memory: false. */
bool pressure_set(struct pressure_run *run, const char *name, double v);
/* value + v, or v. */
bool pressure_add(struct pressure_run *run, const char *name, double v);
/* NAN if the run has none. */
double pressure_get(const struct pressure_run *run, const char *name);
/* Its place, to walk over all of a kind; -1: none. from: where to begin. */
s32 pressure_next(const struct pressure_run *run, const char *prefix, s32 from);
void pressure_run_finish(struct pressure_run *run);

/*
 * Sum of the figures that `sum` names (words; "-word" is taken off; a counter that a run does not
 * have is 0), divided by that of `by` (NULL: 1). NAN if the divisor is not positive, or all of sum
 * are times and some are missing (names that end in _ms).
 */
double pressure_eval(const struct pressure_run *run, const char *sum, const char *by);

/* pressure_series.c */
bool pressure_series_columns(struct pressure_series *s, const char *const *names, u32 n);
/* A new row, all NAN; NULL: host memory. */
double *pressure_series_row(struct pressure_series *s);
s32 pressure_series_find(const struct pressure_series *s, const char *column);
bool pressure_series_load(struct pressure_series *s, const char *path, struct err *err);
void pressure_series_finish(struct pressure_series *s);

/*
 * Adds the figures that follow from the samples (those within the workload: 0 to workload_ms), as
 * far as the run does not have them: gauges, free pages, samples below the marks, indices, free
 * blocks at the end, shares over time. False: host memory.
 */
bool pressure_derive(const struct pressure_scenario *sc, struct pressure_run *run);

enum pressure_level { LEVEL_A, LEVEL_B, LEVEL_C, LEVEL_EXACT, NR_PRESSURE_LEVELS };
extern const char *const pressure_level_names[NR_PRESSURE_LEVELS];

struct pressure_verdict { /* one metric, or one fact */
	char name[96];
	enum pressure_level level;
	bool fact, holds;
	double mean, sd, simulated, tolerance; /* metric */
	char real[64], got[64];		       /* fact: what was recorded, what was simulated */
};

struct pressure_result {
	struct pressure_verdict *list;
	u32 n, cap;
	bool no_memory;
};

/* Compares simulated runs with the recorded ones. False: host memory. */
bool pressure_compare(const struct pressure_scenario *sc, const struct pressure_run *sim,
		      u32 nr_sim, struct pressure_result *result, struct err *err);
void pressure_result_finish(struct pressure_result *result);

struct pressure_tally { /* over scenarios */
	u32 facts, facts_held;
	u32 metrics[NR_PRESSURE_LEVELS], within[NR_PRESSURE_LEVELS];
};
void pressure_tally_add(struct pressure_tally *tally, const struct pressure_result *result);
/* All facts and exact metrics; 95 % of level A, 85 % of B, 70 % of C. */
bool pressure_tally_passes(const struct pressure_tally *tally);

void pressure_print(const struct pressure_scenario *sc, const struct pressure_result *result,
		    bool all, FILE *out);
/* With all figures of both sides. New reference; NULL: host memory. */
json_t *pressure_json(const struct pressure_scenario *sc, const struct pressure_run *sim,
		      u32 nr_sim, const struct pressure_result *result);

/* Parts of pressure_compare(). */
bool pressure_metrics(const struct pressure_scenario *sc, const struct pressure_run *sim,
		      u32 nr_sim, struct pressure_result *result);
bool pressure_facts(const struct pressure_scenario *sc, const struct pressure_run *sim, u32 nr_sim,
		    struct pressure_result *result);
/* Room for one more; NULL: host memory. */
struct pressure_verdict *pressure_verdict_new(struct pressure_result *result);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "cli/config.h"
#include "cli/simulation.h"
#include "verify/pressure.h"

/* `mempress verify --pressure`: the parts that build and watch a simulation. */

/* The scenario's machine; hints: path of a file that says which pages were in use, or NULL. False
   and err: c is then empty. */
bool pressure_config(struct config *c, const struct pressure_scenario *sc, const char *hints,
		     struct err *err);

/* pressure_trace.c: a scenario's page events, imported into a folder of their own. */
struct pressure_trace {
	char *folder; /* NULL: none */
	char *hints;  /* path; NULL: none */
	u64 begin_ns; /* time in the trace that the recording calls 0 */
};
/* False and err; pressure_trace_finish() in every case. */
bool pressure_trace_import(struct pressure_trace *trace, const struct pressure_scenario *sc,
			   struct err *err);
/* The closed-loop replay of it. */
bool pressure_trace_workload(const struct pressure_trace *trace, const struct workload_env *env,
			     struct workload *workload, struct err *err);
void pressure_trace_finish(struct pressure_trace *trace);

/*
 * Watches a simulation and fills in a run as a recording would have: counters since the start,
 * first events, durations, samples. It never changes the simulation. begin() after sim_create(),
 * begin_ns: what the recording calls 0; first_sample_ns: when its sampler looked first after that;
 * end() before sim_destroy(), in every case.
 */
struct pressure_watch;
struct pressure_watch *pressure_watch_begin(struct sim *sim, struct pressure_run *run, u64 begin_ns,
					    u64 first_sample_ns, struct err *err);
bool pressure_watch_end(struct pressure_watch *watch, const struct pressure_scenario *sc,
			struct err *err);

struct pressure_options {
	u32 seeds;
	bool json, misses; /* misses: print only what does not agree */
	const char *plot;  /* folder for pictures; NULL: none */
	char **paths;
	int nr_paths;
};

/* Runs, compares and prints; the exit status. */
int pressure_verify(const struct pressure_options *options);

/* pressure_plot.c: simulated and real series of one scenario into dir/NAME. */
bool pressure_plot(const struct pressure_scenario *sc, const struct pressure_run *sim,
		   const char *dir, struct err *err);

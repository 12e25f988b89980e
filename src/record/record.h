/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "base/outdir.h"
#include "mm/mm.h"
#include "record/observe.h"
#include "record/sample_machine.h"

/*
 * The recorder: listens to the allocator's probes, samples its counters on an interval of simulated
 * time and writes a results folder. It never changes a simulation: a run with it and a run
 * without take the same decisions at the same times.
 */
struct recorder;

struct record_options {		/* zeroed = defaults */
	u64 sample_interval_ns; /* 0: automatic, so that 500 to 1000 samples cover a long run */
	u32 max_samples;	/* kept at most; beyond, the interval doubles; 0: 1000 */
	u32 max_events;		/* of each kind in events.jsonl; 0: 2000 */
	bool no_latency, no_events, no_map; /* leave these out: less work for each request */
	struct stall_source stalls;	    /* what tasks' time went into */
	const struct observed *observed;    /* a real machine's series to compare with, or NULL */
};

/*
 * Attaches to mm and takes the first sample now. With mm->engine NULL only what the caller asks for
 * with recorder_sample() is sampled. observed must outlive the recorder. NULL and err if the host
 * has no memory or the observed zones are not this machine's.
 */
struct recorder *recorder_create(struct mm *mm, const struct record_options *opt, struct err *err);
/* Detaches and frees; mm must still be there. */
void recorder_destroy(struct recorder *rec);

/* Takes a sample now, whatever the interval. */
void recorder_sample(struct recorder *rec);

struct run_input {
	const char *role;   /* "config", "workload", "trace", "observed", "snapshot" */
	const char *path;   /* as the user wrote it */
	const char *sha256; /* NULL: the file is read again */
};

/* What only the caller knows about a run. Strings may be NULL where nothing is known. */
struct run_info {
	const char *title; /* free text, shown as it is */
	const char *machine, *workload;
	const char *dir;  /* where the results will be found */
	const char *next; /* command to type next */
	const char *stop; /* why the run ended: "done", "time limit", "interrupted" */
	bool interrupted;
	u64 seed;
	const json_t *workload_stats; /* member "workload" of summary.json */
	const struct run_input *inputs;
	u32 nr_inputs;
	const json_t *effective; /* manifest: config and workload after defaults and --set */
};

/*
 * Writes manifest.json, summary.json, samples.csv, latency.csv, blocks.csv, events.jsonl and, if
 * there is something to compare with, observed.csv. Takes a last sample first.
 */
bool recorder_write(struct recorder *rec, struct outdir *dir, const struct run_info *info,
		    struct err *err);

/* The short text at the end of a run: about 12 lines, the last one the command to type next. */
void recorder_print(struct recorder *rec, const struct run_info *info, FILE *out);

/* For --fail-on and tests: totals so far. */
struct record_totals {
	u64 requests, failed, extfrag;
	u32 samples;
};
void recorder_totals(const struct recorder *rec, struct record_totals *totals);

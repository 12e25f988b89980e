/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scenario whose page events were recorded: the importer makes a trace of them in a temporary
 * folder, and the workload is the closed-loop replay of that.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/pressure.h"
#include "workload/import.h"
#include "workload/import_line.h"

/* The program that runs the recordings' workloads and samples, in locked memory. */
#define RECORDER "mpdrv"

/* The recording's clock at an event's first line. False and err; *found: there is one. */
static bool first_line(const char *path, const char *event, bool *found, u64 *t, struct err *err)
{
	struct stream *in = stream_open(path, 0, err);
	unsigned int before = err->count;
	struct import_line line;
	size_t len;
	char *text;

	*found = false;
	if (!in)
		return false;
	while (!*found && (text = stream_line(in, &len, err))) {
		*found = *text != '#' && import_line_parse(text, &line) &&
			 import_line_is(&line, event);
		*t = line.t;
	}
	stream_close(in);
	return err->count == before;
}

/* Samples and figures count from when the workload began, the trace from its first event. What the
   two clocks have in common is when kswapd woke up first. */
static bool find_begin(struct pressure_trace *trace, const struct pressure_scenario *sc,
		       u64 first_ns, struct err *err)
{
	double wake_ms = pressure_get(&sc->run[0], "first_kswapd_wake_ms");
	bool found;
	u64 t;

	if (!first_line(sc->trace_path, "mm_vmscan_kswapd_wake", &found, &t, err))
		return false;
	if (found && !isnan(wake_ms) && (double)(t - first_ns) > wake_ms * 1e6)
		trace->begin_ns = t - first_ns - (u64)(wake_ms * 1e6);
	return true;
}

bool pressure_trace_import(struct pressure_trace *trace, const struct pressure_scenario *sc,
			   struct err *err)
{
	struct import_options opt = {
		.events = sc->trace_path,
		.states = {sc->state_path},
		.nr_states = 1,
		.observed_zero_ns = UINT64_MAX,
		.form = TRACE_FORM_BIN,
		.force = true, /* the folder is there, empty */
	};
	struct import_stats stats;

	*trace = (struct pressure_trace){.folder = g_dir_make_tmp("mempress-XXXXXX", NULL)};
	if (!trace->folder)
		return err_set(err, ERR_HOST_FILE, "no temporary folder can be made");
	opt.out = trace->folder;
	if (!import_ftrace(&opt, &stats, err))
		return false;
	trace->hints = stats.hints ? g_build_filename(trace->folder, "hints.txt", NULL) : NULL;
	return find_begin(trace, sc, stats.first_ns, err);
}

bool pressure_trace_workload(const struct pressure_trace *trace, const struct workload_env *env,
			     struct workload *workload, struct err *err)
{
	char *name = g_build_filename(trace->folder, "closed.json", NULL);
	json_t *root = json_pack("{s{ss sb s[s]}}", "trace", "file", "trace.bin",
				 "closed_loop", 1, "locked", RECORDER);
	char *text = root ? json_dumps(root, 0) : NULL;
	bool ok = text ? workload_parse(workload, name, text, strlen(text), env, err) :
			 err_set(err, ERR_HOST_RES, "no memory for the workload");

	json_decref(root);
	free(text);
	g_free(name);
	return ok;
}

void pressure_trace_finish(struct pressure_trace *trace)
{
	GDir *dir = trace->folder ? g_dir_open(trace->folder, 0, NULL) : NULL;
	const char *file;

	while (dir && (file = g_dir_read_name(dir))) {
		char *path = g_build_filename(trace->folder, file, NULL);

		g_unlink(path);
		g_free(path);
	}
	if (dir)
		g_dir_close(dir);
	if (trace->folder)
		g_rmdir(trace->folder);
	g_free(trace->folder);
	g_free(trace->hints);
	*trace = (struct pressure_trace){0};
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* `mempress import`: recordings of real machines become configs, workloads and traces. */
#include <inttypes.h>
#include <string.h>

#include "base/units.h"
#include "cli/cli.h"
#include "policy/profiles.h"
#include "workload/import.h"

static const char description[] =
	"ftrace FILE  kmem events (ftrace, trace-cmd, perf) become a folder for `mempress run`:\n"
	"             workload, trace and, with --proc, the machine and its state\n"
	"trace FILE   a trace is rewritten in the form of -o's name: .jsonl, .jsonl.zst, .bin\n"
	"Example: mempress import ftrace kmem.txt.zst --proc state.txt -o imported";

struct import_args {
	char *out, *observed, *name, *title, *form, *profile, *from, *to, *zero, *max_events;
	char **procs;
	gboolean force;
};

static bool find_profile(const char *name, const struct mm_profile **profile, struct err *err)
{
	char hint[128];

	*profile = name ? profile_find(name) : mm_profiles[0];
	if (*profile)
		return true;
	return err_set(err, ERR_USAGE, "no profile \"%s\"%s", name,
		       cli_near(name, mm_profile_names, hint, sizeof(hint)));
}

static bool parse_times(const struct import_args *a, struct import_options *opt, struct err *err)
{
	opt->observed_zero_ns = UINT64_MAX;
	if ((a->from && !parse_time(a->from, &opt->from_ns)) ||
	    (a->to && !parse_time(a->to, &opt->to_ns)) ||
	    (a->zero && !parse_time(a->zero, &opt->observed_zero_ns)))
		return err_set(err, ERR_USAGE,
			       "--from, --to and --observed-zero take times such as 1.5s");
	if (a->to && opt->to_ns <= opt->from_ns)
		return err_set(err, ERR_USAGE, "--to has to be later than --from");
	if (a->max_events && !cli_number(a->max_events, INT64_MAX, &opt->max_events))
		return err_set(err, ERR_USAGE, "--max-events takes a number");
	return true;
}

static bool parse_form(const char *word, enum trace_form *form, struct err *err)
{
	static const struct {
		const char *word;
		enum trace_form form;
	} forms[] = {
		{"zstd", TRACE_FORM_ZSTD}, {"jsonl", TRACE_FORM_JSONL}, {"bin", TRACE_FORM_BIN}};

	for (u32 i = 0; i < ARRAY_SIZE(forms); i++) {
		if (!word || !strcmp(word, forms[i].word)) {
			*form = forms[i].form;
			return true;
		}
	}
	return err_set(err, ERR_USAGE, "--form takes zstd, jsonl or bin");
}

static bool run_ftrace(const struct import_args *a, const char *file, struct err *err)
{
	struct import_options opt = {
		.events = file,
		.observed = a->observed,
		.out = a->out,
		.force = a->force,
		.name = a->name,
		.title = a->title,
	};
	struct import_stats stats;

	for (u32 i = 0; a->procs && a->procs[i]; i++) {
		if (i == IMPORT_MAX_STATES)
			return err_set(err, ERR_USAGE, "at most %u --proc files",
				       IMPORT_MAX_STATES);
		opt.states[opt.nr_states++] = a->procs[i];
	}
	if (!parse_times(a, &opt, err) || !parse_form(a->form, &opt.form, err) ||
	    !find_profile(a->profile, &opt.profile, err) || !import_ftrace(&opt, &stats, err))
		return false;
	import_stats_print(&stats, stdout);
	return true;
}

static bool run_trace(const struct import_args *a, const char *file, struct err *err)
{
	const struct mm_profile *profile;
	struct trace_stats s;

	if (!find_profile(a->profile, &profile, err) ||
	    !trace_compile(file, a->out, profile, 0, a->force, &s, err))
		return false;
	printf("%" PRIu64 " events, %" PRIu64 " allocations, %" PRIu64 " frees\n", s.events,
	       s.allocs, s.frees + s.part_frees + s.boot_frees);
	return true;
}

static int perform(const struct import_args *a, int argc, char **argv)
{
	static const char *const sources[] = {"ftrace", "trace", NULL};
	struct err err = {0};
	char hint[128];
	bool ok;

	if (argc != 3)
		return cli_usage("import", "expected ftrace FILE or trace FILE");
	if (!a->out)
		return cli_usage("import", "-o is missing: where to write");
	if (!strcmp(argv[1], "ftrace")) {
		ok = run_ftrace(a, argv[2], &err);
	} else if (!strcmp(argv[1], "trace")) {
		ok = run_trace(a, argv[2], &err);
	} else {
		return cli_usage("import", "cannot import \"%s\"%s", argv[1],
				 cli_near(argv[1], sources, hint, sizeof(hint)));
	}
	return ok ? CLI_DONE : cli_fail(&err);
}

int cmd_import(int argc, char **argv)
{
	struct import_args a = {0};
	const GOptionEntry entries[] = {
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &a.out, "Folder or file to write", "OUT"},
		{"force", 'f', 0, G_OPTION_ARG_NONE, &a.force, "Replace it", NULL},
		{"proc", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &a.procs,
		 "Text of the machine's /proc files before the recording", "FILE"},
		{"observed", 0, 0, G_OPTION_ARG_FILENAME, &a.observed,
		 "Samples of the real machine to compare with", "FILE"},
		{"observed-zero", 0, 0, G_OPTION_ARG_FILENAME, &a.zero,
		 "Trace clock at the samples' t_ms 0", "TIME"},
		{"name", 0, 0, G_OPTION_ARG_FILENAME, &a.name, "Of the machine", "NAME"},
		{"title", 0, 0, G_OPTION_ARG_FILENAME, &a.title, "Of the workload", "TEXT"},
		{"form", 0, 0, G_OPTION_ARG_FILENAME, &a.form, "zstd (default), jsonl, bin",
		 "FORM"},
		{"profile", 'p', 0, G_OPTION_ARG_FILENAME, &a.profile, "Kernel recorded", "NAME"},
		{"from", 0, 0, G_OPTION_ARG_FILENAME, &a.from, "Leave out what is before", "TIME"},
		{"to", 0, 0, G_OPTION_ARG_FILENAME, &a.to, "Leave out what is after", "TIME"},
		{"max-events", 0, 0, G_OPTION_ARG_FILENAME, &a.max_events, "Stop there", "N"},
		{NULL},
	};
	int status = 0;

	if (cli_parse(&argc, &argv, entries, "ftrace|trace FILE", description, &status))
		status = perform(&a, argc, argv);
	g_free(a.out);
	g_strfreev(a.procs);
	g_free(a.observed);
	g_free(a.zero);
	g_free(a.name);
	g_free(a.title);
	g_free(a.form);
	g_free(a.profile);
	g_free(a.from);
	g_free(a.to);
	g_free(a.max_events);
	return cli_finish(status);
}

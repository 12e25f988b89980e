/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mempress verify: recordings of real kernels, replayed by the allocator that `run` uses and
 * compared page frame by page frame. One line a recording, an explanation at its first difference.
 * With --pressure: recorded scenarios, simulated and compared by their metrics (pressure_verify.c).
 */
#include <jansson.h>
#include <string.h>

#include "base/field.h"
#include "base/safe_text.h"
#include "cli/cli.h"
#include "cli/pressure.h"
#include "policy/profiles.h"
#include "verify/verify.h"

struct verify_options {
	gboolean json;
	char *profile; /* instead of the recording's own */
	gboolean pressure, misses;
	char *seeds, *plot;
	char **paths;
	int nr_paths;
};

struct verify_total {
	u32 recordings, exact;
	u64 ops, exact_ops;
	int status;   /* of the worst so far */
	json_t *list; /* NULL: text */
};

static u64 ops_per_second(const struct verify_result *result)
{
	return result->host_ns ? result->exact_ops * NSEC_PER_SEC / result->host_ns : 0;
}

static void print_line(const struct recording *rec, const struct verify_result *r)
{
	char name[256];

	printf("%s: %s, %s, %llu of %llu operations, %u of %u states, %.1f M operations/s\n",
	       safe_text(rec->name, name, sizeof(name)), r->difference.found ? "differs" : "exact",
	       rec->profile, (unsigned long long)r->exact_ops, (unsigned long long)r->ops,
	       r->exact_states, rec->nr_states, (double)ops_per_second(r) / 1e6);
}

static json_t *result_json(const struct recording *rec, const struct verify_result *r)
{
	char name[256];

	return json_pack("{ss ss ss sb sI sI si si sI}", "recording",
			 safe_text(rec->name, name, sizeof(name)), "kernel", rec->kernel, "profile",
			 rec->profile, "exact", !r->difference.found, "operations",
			 (json_int_t)r->ops, "exact_operations", (json_int_t)r->exact_ops, "states",
			 rec->nr_states, "exact_states", r->exact_states, "operations_per_second",
			 (json_int_t)ops_per_second(r));
}

/* Prints or stores the result, with the explanation of a difference. */
static bool report(struct verify_total *total, const struct recording *rec,
		   const struct verify_result *r, struct err *err)
{
	json_t *out, *why;

	if (!total->list) {
		print_line(rec, r);
		if (!r->difference.found)
			return true;
		fputc('\n', stdout);
		if (!verify_explain(rec, r, stdout, err))
			return false;
		fputc('\n', stdout);
		return true;
	}
	out = result_json(rec, r);
	if (r->difference.found) {
		why = verify_explain_json(rec, r, err);
		if (!why)
			return json_decref(out), false;
		json_object_set_new(out, "explanation", why);
	}
	json_array_append_new(total->list, out);
	return true;
}

static bool verify_loaded(struct verify_total *total, const struct recording *rec, struct err *err)
{
	struct verify_result result;

	if (!verify_run(rec, &result, err))
		return false;
	total->ops += result.ops;
	total->exact_ops += result.exact_ops;
	total->exact += !result.difference.found;
	if (result.difference.found && total->status == CLI_DONE)
		total->status = CLI_CONDITION_MET;
	return report(total, rec, &result, err);
}

/* One recording; what cannot be used does not keep the others from being verified. */
static void verify_path(struct verify_total *total, const struct verify_options *options,
			const char *path)
{
	struct recording rec;
	struct err err = {0};
	char name[256];
	int status;
	bool ok;

	total->recordings++;
	ok = recording_load(&rec, path, &err);
	if (ok) {
		if (options->profile)
			rec.profile = profile_find(options->profile)->name;
		ok = verify_loaded(total, &rec, &err);
		recording_finish(&rec);
	}
	if (ok)
		return;
	if (total->list)
		json_array_append_new(total->list, json_pack("{ss ss}", "recording",
							     safe_text(path, name, sizeof(name)),
							     "error", err_text(&err)));
	status = cli_fail(&err);
	if (total->status <= CLI_CONDITION_MET)
		total->status = status;
}

static void print_json(const struct verify_total *total, json_t *list)
{
	json_t *root = json_pack("{ss si si sI sI so}", "format", "verify/1", "recordings_total",
				 total->recordings, "recordings_exact", total->exact,
				 "operations_total", (json_int_t)total->ops, "operations_exact",
				 (json_int_t)total->exact_ops, "recordings", list);

	json_dumpf(root, stdout, JSON_INDENT(2));
	fputc('\n', stdout);
	json_decref(root);
}

static int verify_all(const struct verify_options *options)
{
	struct verify_total total = {.list = options->json ? json_array() : NULL};
	const char *near;

	if (options->profile && !profile_find(options->profile)) {
		near = nearest_name(options->profile, mm_profile_names);
		return cli_usage("verify", "no profile \"%s\"%s%s%s", options->profile,
				 near ? " (did you mean \"" : "", near ? near : "",
				 near ? "\"?)" : "");
	}
	if (!options->nr_paths)
		return cli_usage("verify", "no recording is given");
	for (int i = 0; i < options->nr_paths; i++)
		verify_path(&total, options, options->paths[i]);
	if (total.list)
		print_json(&total, total.list);
	else
		printf("verify: %u of %u recordings exact, %llu of %llu operations\n", total.exact,
		       total.recordings, (unsigned long long)total.exact_ops,
		       (unsigned long long)total.ops);
	return cli_finish(total.status);
}

static int verify_pressure(const struct verify_options *options)
{
	struct pressure_options opt = {
	    .json = options->json,
	    .misses = options->misses,
	    .plot = options->plot,
	    .paths = options->paths,
	    .nr_paths = options->nr_paths,
	};
	u64 seeds = 1;

	if (options->profile)
		return cli_usage("verify", "--profile does not go with --pressure");
	if (options->seeds && (!cli_number(options->seeds, PRESSURE_MAX_RUNS, &seeds) || !seeds))
		return cli_usage("verify", "--seeds takes a number from 1 to %u",
				 PRESSURE_MAX_RUNS);
	if (!options->nr_paths)
		return cli_usage("verify", "no scenario is given");
	opt.seeds = (u32)seeds;
	return pressure_verify(&opt);
}

static int perform(const struct verify_options *options)
{
	if (options->pressure)
		return verify_pressure(options);
	if (options->misses || options->seeds || options->plot)
		return cli_usage("verify", "--seeds, --misses and --plot go with --pressure");
	return verify_all(options);
}

static const char description[] =
    "Replays recordings of real kernels (.txt, .txt.zst) with the allocator that `run` uses and\n"
    "compares every page frame, failure and state; explains the first difference. Exits 0 only\n"
    "if all are exact, 1 if one differs. With --pressure: simulates recorded scenarios (folders)\n"
    "and compares their metrics with the real kernel's mean and spread.\n"
    "Example: mempress verify tests/data/recordings/*.zst";

int cmd_verify(int argc, char **argv)
{
	struct verify_options options = {0};
	const GOptionEntry entries[] = {
	    {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print the results as JSON", NULL},
	    {"profile", 0, 0, G_OPTION_ARG_FILENAME, &options.profile,
	     "Replay with another kernel's rules, to see where they part", "NAME"},
	    {"pressure", 0, 0, G_OPTION_ARG_NONE, &options.pressure,
	     "The arguments are scenarios under memory pressure", NULL},
	    {"seeds", 0, 0, G_OPTION_ARG_FILENAME, &options.seeds,
	     "Simulated runs of each scenario (default 1): their mean counts", "N"},
	    {"misses", 0, 0, G_OPTION_ARG_NONE, &options.misses,
	     "Print only what is not in tolerance", NULL},
	    {"plot", 0, 0, G_OPTION_ARG_FILENAME, &options.plot,
	     "Draw simulated over real series into DIR", "DIR"},
	    {NULL},
	};
	int status = 0;

	if (cli_parse(&argc, &argv, entries, "RECORDING...|SCENARIO...", description, &status)) {
		options.paths = argv + 1;
		options.nr_paths = argc - 1;
		status = perform(&options);
	}
	g_free(options.seeds);
	g_free(options.plot);
	g_free(options.profile);
	return status;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `mempress verify --pressure`: recorded scenarios simulated and compared. A scenario that cannot
 * be run says why and counts as failed; the others go on.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/safe_text.h"
#include "cli/cli.h"
#include "cli/pressure.h"
#include "cli/progress.h"
#include "workload/recorded.h"

#define TIME_LIMIT 4 /* times the recorded duration: what hangs comes to an end */

struct pressure_total {
	struct pressure_tally tally;
	u32 scenarios, done;
	int status;
	json_t *list; /* NULL: text */
};

/* When the recorded sampler looked first within the workload, ns. */
static u64 first_sample(const struct pressure_scenario *sc, u32 seed)
{
	const struct pressure_series *s = &sc->run[(seed - 1) % sc->nr_runs].series;

	for (u32 i = 0; i < s->n; i++)
		if (s->v[(size_t)i * s->nr_columns] > 0)
			return (u64)(s->v[(size_t)i * s->nr_columns] * 1e6);
	return PRESSURE_SAMPLE_MS * NSEC_PER_MSEC / 2;
}

/* The guest's clock at the start of the simulated run; 0: not recorded. */
static u64 uptime(const struct pressure_scenario *sc, u64 begin_ns, u32 seed)
{
	double s = pressure_get(&sc->run[(seed - 1) % sc->nr_runs], "begin_s");

	return s * 1e9 > (double)begin_ns && s < 86400 ? (u64)(s * 1e9) - begin_ns : 0;
}

static void limit_time(struct workload *workload, const struct pressure_scenario *sc)
{
	double ms = pressure_get(&sc->run[0], "workload_ms");

	if (ms > 0 && ms < 1e9)
		workload->duration_ns = (u64)(ms * 1e6) * TIME_LIMIT;
}

static bool run_seed(const struct pressure_scenario *sc, const struct config *config,
		     const struct workload *workload, u64 begin_ns, u32 seed,
		     struct pressure_run *run, struct err *err)
{
	const struct sim_options opt = {
		.seed = seed,
		.check = CHECK_CHEAP,
		.interrupt = progress_interrupt,
	};
	struct config own = *config;
	struct pressure_watch *watch;
	enum sim_stop stop;
	struct sim sim;
	bool ok;

	own.machine.uptime_ns = uptime(sc, begin_ns, seed);
	if (!sim_create(&sim, &own, workload, &opt, err))
		return false;
	watch = pressure_watch_begin(&sim, run, begin_ns, first_sample(sc, seed), err);
	ok = watch && progress_run(&sim, &stop, err);
	if (watch)
		ok = pressure_watch_end(watch, sc, err) && ok;
	sim_destroy(&sim);
	if (ok && stop == SIM_INTERRUPTED)
		ok = err_set(err, ERR_INTERRUPTED, "interrupted");
	return ok;
}

static bool simulate_on(const struct pressure_scenario *sc, const struct config *config,
			const struct pressure_trace *trace, u32 seeds, struct pressure_run *runs,
			struct err *err)
{
	const struct workload_env env = {.profile = &config->profile, .machine = &config->machine};
	u64 begin_ns = trace->folder ? trace->begin_ns : RECORDED_BEGIN_MS * NSEC_PER_MSEC;
	struct workload workload;
	bool ok = true;

	if (trace->folder ? !pressure_trace_workload(trace, &env, &workload, err) :
			    !workload_from_recorded(&workload, sc->workload.name, &env, err))
		return false;
	limit_time(&workload, sc);
	for (u32 i = 0; ok && i < seeds; i++)
		ok = run_seed(sc, config, &workload, begin_ns, i + 1, &runs[i], err);
	workload_finish(&workload);
	return ok;
}

static bool simulate(const struct pressure_scenario *sc, u32 seeds, struct pressure_run *runs,
		     struct err *err)
{
	struct pressure_trace trace = {0};
	struct config config = {0};
	bool ok = (!sc->trace_path || pressure_trace_import(&trace, sc, err)) &&
		  pressure_config(&config, sc, trace.hints, err);

	ok = ok && simulate_on(sc, &config, &trace, seeds, runs, err);
	config_finish(&config);
	pressure_trace_finish(&trace);
	return ok;
}

static bool compare(struct pressure_total *total, const struct pressure_options *options,
		    const struct pressure_scenario *sc, const struct pressure_run *runs,
		    struct err *err)
{
	struct pressure_result result;

	if (!pressure_compare(sc, runs, options->seeds, &result, err))
		return false;
	pressure_tally_add(&total->tally, &result);
	if (total->list)
		json_array_append_new(total->list,
				      pressure_json(sc, runs, options->seeds, &result));
	else
		pressure_print(sc, &result, !options->misses, stdout);
	pressure_result_finish(&result);
	return !options->plot || pressure_plot(sc, &runs[0], options->plot, err);
}

static void fail(struct pressure_total *total, const char *path, struct err *err)
{
	char name[256];
	int status;

	if (total->list)
		json_array_append_new(total->list,
				      json_pack("{ss ss}", "scenario",
						safe_text(path, name, sizeof(name)), "error",
						err_text(err)));
	else
		printf("%s: not run\n", safe_text(path, name, sizeof(name)));
	fflush(stdout);
	status = cli_fail(err);
	if (total->status == CLI_DONE || status == ERR_INTERRUPTED)
		total->status = status;
}

static void verify_scenario(struct pressure_total *total, const struct pressure_options *options,
			    const char *path)
{
	struct pressure_run *runs = calloc(options->seeds, sizeof(*runs));
	struct pressure_scenario sc = {0};
	struct err err = {0};
	bool ok = runs || err_set(&err, ERR_HOST_RES, "no host memory for the runs");

	total->scenarios++;
	ok = ok && pressure_load(&sc, path, &err) && simulate(&sc, options->seeds, runs, &err) &&
	     compare(total, options, &sc, runs, &err);
	total->done += ok;
	if (!ok)
		fail(total, path, &err);
	fflush(stdout);
	for (u32 i = 0; runs && i < options->seeds; i++)
		pressure_run_finish(&runs[i]);
	free(runs);
	pressure_finish(&sc);
}

static double percent(const struct pressure_tally *t, enum pressure_level level)
{
	return t->metrics[level] ? 100.0 * t->within[level] / t->metrics[level] : 100;
}

static void print_total(const struct pressure_total *total)
{
	const struct pressure_tally *t = &total->tally;
	u32 metrics = 0, within = 0;

	for (u32 i = 0; i < NR_PRESSURE_LEVELS; i++) {
		metrics += t->metrics[i];
		within += t->within[i];
	}
	printf("pressure: %u of %u scenarios, facts %u of %u, metrics %u of %u in tolerance\n",
	       total->done, total->scenarios, t->facts_held, t->facts, within, metrics);
	for (u32 i = 0; i < NR_PRESSURE_LEVELS; i++) {
		printf("%s%s%s: ", i ? ", " : "", i == LEVEL_EXACT ? "exact ones" : "level ",
		       i == LEVEL_EXACT ? "" : pressure_level_names[i]);
		if (t->metrics[i])
			printf("%u of %u (%.1f %%)", t->within[i], t->metrics[i], percent(t, i));
		else
			fputs("none", stdout);
	}
	fputc('\n', stdout);
}

static void print_json(struct pressure_total *total)
{
	const struct pressure_tally *t = &total->tally;
	json_t *levels = json_object(), *root;

	for (u32 i = 0; i < NR_PRESSURE_LEVELS; i++)
		json_object_set_new(levels, pressure_level_names[i],
				    json_pack("{si si}", "metrics", t->metrics[i], "in_tolerance",
					      t->within[i]));
	root = json_pack("{ss si si si si sb so so}", "format", "verify-pressure/1",
			 "scenarios_total", total->scenarios, "scenarios_run", total->done,
			 "facts_total", t->facts, "facts_held", t->facts_held, "passed",
			 total->status == CLI_DONE, "levels", levels, "scenarios", total->list);
	json_dumpf(root, stdout, JSON_INDENT(2));
	fputc('\n', stdout);
	json_decref(root);
}

int pressure_verify(const struct pressure_options *options)
{
	struct pressure_total total = {.list = options->json ? json_array() : NULL};

	for (int i = 0; i < options->nr_paths && total.status != ERR_INTERRUPTED; i++)
		verify_scenario(&total, options, options->paths[i]);
	if (total.status == CLI_DONE && !pressure_tally_passes(&total.tally))
		total.status = CLI_CONDITION_MET;
	if (total.list)
		print_json(&total);
	else
		print_total(&total);
	return cli_finish(total.status);
}

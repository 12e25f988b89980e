/* SPDX-License-Identifier: GPL-2.0-only */
/* `mempress run`: a config and a workload in, a results folder out. */
#include <stdlib.h>
#include <string.h>

#include "base/outdir.h"
#include "base/safe_text.h"
#include "cli/cli.h"
#include "cli/data.h"
#include "cli/inputs.h"
#include "cli/progress.h"
#include "cli/run_plan.h"
#include "cli/save_state.h"
#include "report/plot.h"

static const char description[] =
	"Simulates a machine (CONFIG) under a workload and writes results/NAME.\n"
	"CONFIG and WORKLOAD are JSON files or names that `mempress list` shows; FOLDER holds\n"
	"config.json and workload.json. Without arguments a bundled demo runs.\n"
	"Example: mempress run pc-512m hello --set machine.hz=1000 -o results/hz1000";

static const GOptionEntry *run_entries(struct run_plan *p)
{
	static const GOptionEntry none = {NULL};
	GOptionEntry *entries;
	const GOptionEntry list[] = {
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &p->out, "Results folder", "DIR"},
		{"seed", 's', 0, G_OPTION_ARG_FILENAME, &p->seed_text,
		 "Seed of all random streams (default 1)", "N"},
		{"set", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &p->sets,
		 "Override a value of the config, or of the workload: workload.PATH=VALUE",
		 "PATH=VALUE"},
		{"profile", 'p', 0, G_OPTION_ARG_FILENAME, &p->profile, "Kernel", "NAME"},
		{"duration", 'd', 0, G_OPTION_ARG_FILENAME, &p->duration,
		 "Most simulated time", "TIME"},
		{"force", 'f', 0, G_OPTION_ARG_NONE, &p->force, "Replace existing results", NULL},
		{"plot", 0, 0, G_OPTION_ARG_NONE, &p->plot, "Draw the results too", NULL},
		{"check", 0, 0, G_OPTION_ARG_FILENAME, &p->check_text,
		 "Recount invariants: off, cheap (default), full", "LEVEL"},
		{"ftrace", 0, 0, G_OPTION_ARG_FILENAME, &p->ftrace,
		 "Write the kernel's event text, - for standard output", "FILE"},
		{"save-state", 0, 0, G_OPTION_ARG_FILENAME, &p->save_state,
		 "Write the end as a machine to start from: mempress run DIR/config.json ...",
		 "DIR"},
		{"observed", 0, 0, G_OPTION_ARG_FILENAME, &p->observed,
		 "Compare with samples of a real machine", "FILE"},
		{"fail-on", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &p->fail_on,
		 "Exit status 1 on alloc-failure, oom, task-killed or extfrag", "WORD"},
		none,
	};

	entries = g_new(GOptionEntry, ARRAY_SIZE(list));
	memcpy(entries, list, sizeof(list));
	return entries;
}

/* A command for the user's shell. g_free(). */
static char *plot_command(const char *dir)
{
	const char *plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
			    "._-/+@%=:,";
	char *quoted = dir[strspn(dir, plain)] ? g_shell_quote(dir) : g_strdup(dir);
	char *command = g_strconcat("mempress plot ", quoted, NULL);

	g_free(quoted);
	return command;
}

static const char *stop_word(enum sim_stop stop)
{
	static const char *const words[] = {
		[SIM_DONE] = "done",
		[SIM_TIME_LIMIT] = "time limit",
		[SIM_INTERRUPTED] = "interrupted",
		[SIM_PANIC] = "kernel panic",
	};

	return words[stop];
}

/* Writes the folder and tells about it. */
static bool write_results(struct run_plan *p, struct sim *sim, struct outdir *dir,
			  enum sim_stop stop, struct err *err)
{
	struct inputs inputs;
	char *next = plot_command(p->out);
	json_t *stats = sim_workload_stats(sim), *effective = run_plan_effective(p);
	struct run_info info = {
		.title = p->workload.title ? p->workload.title : p->name,
		.machine = p->config.machine.name,
		.workload = p->name,
		.dir = p->out,
		.next = next,
		.stop = stop_word(stop),
		.interrupted = stop == SIM_INTERRUPTED,
		.seed = p->seed,
		.workload_stats = stats,
		.effective = effective,
	};
	bool ok = stats && effective;

	if (!ok)
		err_set(err, ERR_HOST_RES, "no host memory for the summary");
	ok = ok && inputs_list(&inputs, sim, p->config_word, p->workload_word, err);
	info.inputs = inputs.list;
	info.nr_inputs = ok ? inputs.n : 0;
	ok = ok && recorder_write(sim->recorder, dir, &info, err) && outdir_commit(dir, err);
	if (ok)
		recorder_print(sim->recorder, &info, p->ftrace_on_stdout ? stderr : stdout);
	json_decref(stats);
	json_decref(effective);
	g_free(next);
	return ok;
}

static void draw(const struct run_plan *p, struct err *err)
{
	struct err warnings = {0};
	const struct plot_options opt = {.warnings = &warnings};

	plot_results(p->out, &opt, err);
	if (warnings.count)
		cli_warn(&warnings);
}

/* The folders that a run writes. */
struct run_dirs {
	struct outdir results, state;
};

static bool begin_dirs(struct run_dirs *dirs, const struct run_plan *p, struct err *err)
{
	if (p->save_state && !save_state_possible(&p->config, err))
		return false;
	return outdir_begin(&dirs->results, p->out, p->force, err) &&
	       (!p->save_state || outdir_begin(&dirs->state, p->save_state, p->force, err));
}

static void abort_dirs(struct run_dirs *dirs)
{
	outdir_abort(&dirs->results);
	outdir_abort(&dirs->state);
}

/* From a checked plan to results. Fills *status, or err. */
static void perform(struct run_plan *p, struct sim *sim, struct run_dirs *dirs, int *status,
		    struct err *err)
{
	struct sim_options opt = {
		.seed = p->seed,
		.check = p->check,
		.observed = p->observed,
		.ftrace = p->ftrace ? p->ftrace_out.file : NULL,
		.interrupt = progress_interrupt,
	};
	enum sim_stop stop;
	bool ok;

	if (!sim_create(sim, &p->config, &p->workload, &opt, err))
		return;
	ok = progress_run(sim, &stop, err);
	if (!ok || !sim_finish_ftrace(sim, p->ftrace, err))
		return;
	if (p->save_state && !save_state(sim, p->workload_word, &dirs->state, err))
		return;
	if (!write_results(p, sim, &dirs->results, stop, err))
		return;
	if (p->ftrace && !outfile_commit(&p->ftrace_out, err))
		return;
	if (stop == SIM_INTERRUPTED)
		*status = 128 + progress_signal();
	else if (run_plan_condition(p, sim))
		*status = CLI_CONDITION_MET;
	if (p->plot && stop != SIM_INTERRUPTED)
		draw(p, err);
}

/* A broken invariant is a bug of ours: what it takes to see it again. */
static void tell_bug(const char *command)
{
	char shown[2048];

	fprintf(stderr, "This is a bug in mempress %s. To see it again: mempress %s\n",
		MEMPRESS_VERSION, safe_text(command, shown, sizeof(shown)));
}

int cmd_run(int argc, char **argv)
{
	char *command = g_strjoinv(" ", argv);
	struct run_plan plan = {0};
	const GOptionEntry *entries = run_entries(&plan);
	struct run_dirs dirs = {.results.lock_fd = -1, .state.lock_fd = -1};
	struct err err = {0};
	struct sim sim = {0};
	int status = 0;

	if (cli_parse(&argc, &argv, entries, "[CONFIG WORKLOAD | FOLDER]", description, &status)) {
		if (run_plan_make(&plan, argc, argv, &err) && begin_dirs(&dirs, &plan, &err))
			perform(&plan, &sim, &dirs, &status, &err);
		abort_dirs(&dirs);
		if (err.count)
			status = cli_fail(&err);
		if (status == ERR_BUG)
			tell_bug(command);
	}
	sim_destroy(&sim);
	run_plan_finish(&plan);
	g_free((void *)entries);
	g_free(command);
	return cli_finish(status);
}

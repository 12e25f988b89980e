/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <glib.h>

#include "base/outfile.h"
#include "cli/simulation.h"

/* What `mempress run` was asked to do, read and checked before anything is simulated. */
struct run_plan {
	/* the options as given; g_free() */
	char *out, *seed_text, *profile, *duration, *check_text, *ftrace, *observed;
	char *save_state;
	char **sets, **fail_on;
	gboolean force, plot;

	/* made from them */
	char *config_word, *workload_word; /* as the user wrote them */
	char *config_path, *workload_path;
	char *name; /* of the run: the folder's or CONFIG-WORKLOAD */
	u64 seed;
	enum check_level check;
	u32 fail_mask; /* bit: index in sim_condition_names */
	struct config config;
	struct workload workload;
	struct outfile ftrace_out;
	bool ftrace_on_stdout; /* nothing else may go there */
};

/* argv[1..]: nothing, a folder, or a config and a workload. False and err; finish in any case. */
bool run_plan_make(struct run_plan *plan, int argc, char **argv, struct err *err);
void run_plan_finish(struct run_plan *plan);

/* Config and workload after defaults and overrides. New reference, NULL without memory. */
json_t *run_plan_effective(const struct run_plan *plan);

/* Does a condition of --fail-on hold? */
bool run_plan_condition(const struct run_plan *plan, const struct sim *sim);

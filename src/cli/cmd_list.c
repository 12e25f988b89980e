/* SPDX-License-Identifier: GPL-2.0-only */
/* `mempress list`: what is bundled, what can be set, where the limits are. */
#include <inttypes.h>
#include <string.h>

#include "base/safe_text.h"
#include "base/stream.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/config.h"
#include "cli/data.h"
#include "cli/simulation.h"
#include "policy/profiles.h"
#include "workload/trace.h"
#include "workload/workload.h"

static const char description[] =
	"configs    bundled machines          knobs   what a config's \"policy\" takes\n"
	"workloads  bundled workloads         limits  the largest inputs\n"
	"profiles   kernels; NAME: its switches; --diff A B: those that differ\n"
	"Example: mempress list profiles --diff linux-6.1 linux-7.2";

/* A member of a JSON file as text, "" if it has none. */
static void member(const char *path, const char *section, const char *field, char *buf, size_t len)
{
	struct err err = {0};
	struct json_doc doc;
	const char *text;

	*buf = '\0';
	if (!json_doc_load(&doc, path, &err)) {
		err_clear(&err);
		return;
	}
	text = json_string_value(
		json_object_get(section ? json_object_get(doc.root, section) : doc.root, field));
	safe_text(text ? text : "", buf, len);
	json_doc_finish(&doc);
}

static int list_bundled(enum data_kind kind)
{
	char **names = data_names(kind);

	for (u32 i = 0; names[i]; i++) {
		char *path = NULL, *folder = NULL, what[512];
		struct err err = {0};

		path = data_find(kind, names[i], &err);
		if (!path && (folder = data_find_folder(names[i])))
			path = g_build_filename(folder, "workload.json", NULL);
		err_clear(&err);
		member(path ? path : "", NULL, kind == DATA_CONFIG ? "comment" : "title", what,
		       sizeof(what));
		printf("%-14s %s\n", names[i], what);
		g_free(path);
		g_free(folder);
	}
	g_strfreev(names);
	return CLI_DONE;
}

static const struct mm_profile *find_profile(const char *name)
{
	const struct mm_profile *profile = profile_find(name);
	char hint[128];

	if (!profile)
		cli_usage("list", "no profile \"%s\"%s", name,
			  cli_near(name, mm_profile_names, hint, sizeof(hint)));
	return profile;
}

static void print_profile(const struct mm_profile *profile)
{
	for (u32 i = 0; i < profile_rows(); i++) {
		struct profile_row row;

		profile_row(profile, i, &row);
		printf("%-34s %-28s %s\n", row.name, row.value, row.doc);
	}
}

static int list_profiles(const char *name)
{
	const struct mm_profile *profile;

	if (name) {
		profile = find_profile(name);
		if (!profile)
			return ERR_USAGE;
		print_profile(profile);
		return CLI_DONE;
	}
	for (u32 i = 0; mm_profiles[i]; i++)
		printf("%-14s %s%s\n", mm_profiles[i]->name, mm_profiles[i]->doc,
		       i ? "" : " (the default)");
	return CLI_DONE;
}

static int diff_profiles(const char *name_a, const char *name_b)
{
	const struct mm_profile *a = find_profile(name_a);
	const struct mm_profile *b = a ? find_profile(name_b) : NULL;

	if (!b)
		return ERR_USAGE;
	printf("%-34s %-28s %-28s\n", "", a->name, b->name);
	for (u32 i = 0; i < profile_rows(); i++) {
		struct profile_row ra, rb;

		profile_row(a, i, &ra);
		profile_row(b, i, &rb);
		if (strcmp(ra.value, rb.value) != 0)
			printf("%-34s %-28s %-28s %s\n", ra.name, ra.value, rb.value, ra.doc);
	}
	return CLI_DONE;
}

static int list_knobs(void)
{
	fields_reference(&policy_table, false, stdout);
	return CLI_DONE;
}

static void print_limit(const char *what, u64 value, const char *unit)
{
	printf("%-38s %" PRIu64 "%s%s\n", what, value, *unit ? " " : "", unit);
}

static int list_limits(void)
{
	char time[32];

	print_limit("nodes", MACHINE_MAX_NODES, "");
	print_limit("CPUs", MACHINE_MAX_CPUS, "");
	print_limit("memory", MACHINE_MAX_PAGES, "pages (1 TiB of 4 KiB)");
	print_limit("page frame numbers below", MACHINE_MAX_PFN, "");
	print_limit("configs that extend each other", CONFIG_MAX_EXTENDS, "");
	print_limit("tasks", WORKLOAD_MAX_TASKS, "");
	print_limit("loops and forks inside one another", PROGRAM_MAX_DEPTH, "");
	print_limit("live blocks of a trace", TRACE_IDS, "");
	print_limit("JSON document", JSON_LIMIT_BYTES, "bytes");
	print_limit("JSON nesting", JSON_LIMIT_DEPTH, "");
	print_limit("JSON values in a document", JSON_LIMIT_VALUES, "");
	print_limit("line of a trace", STREAM_LINE_MAX, "bytes");
	print_limit("events at one instant", ENGINE_SAME_TIME_MAX, "");
	printf("%-38s %s\n", "simulated time without a duration",
	       format_time(SIM_MAX_TIME, time, sizeof(time)));
	return CLI_DONE;
}

static int perform(int argc, char **argv, bool diff)
{
	static const char *const topics[] = {"configs", "workloads", "profiles",
					     "knobs",   "limits",    NULL};
	char hint[128];

	if (argc < 2)
		return cli_usage("list", "list what? configs, workloads, profiles, knobs, limits");
	if (!strcmp(argv[1], "profiles")) {
		if (diff && argc == 4)
			return diff_profiles(argv[2], argv[3]);
		if (diff || argc > 3)
			return cli_usage("list", "expected one profile, or --diff and two");
		return list_profiles(argc == 3 ? argv[2] : NULL);
	}
	if (diff || argc > 2)
		return cli_usage("list", "%s takes nothing else", argv[1]);
	if (!strcmp(argv[1], "configs"))
		return list_bundled(DATA_CONFIG);
	if (!strcmp(argv[1], "workloads"))
		return list_bundled(DATA_WORKLOAD);
	if (!strcmp(argv[1], "knobs"))
		return list_knobs();
	if (!strcmp(argv[1], "limits"))
		return list_limits();
	return cli_usage("list", "no list of \"%s\"%s", argv[1],
			 cli_near(argv[1], topics, hint, sizeof(hint)));
}

int cmd_list(int argc, char **argv)
{
	gboolean diff = FALSE;
	const GOptionEntry entries[] = {
		{"diff", 0, 0, G_OPTION_ARG_NONE, &diff, "Two profiles: only what differs", NULL},
		{NULL},
	};
	int status = 0;

	if (cli_parse(&argc, &argv, entries, "WHAT [NAME...]", description, &status))
		status = perform(argc, argv, diff);
	return cli_finish(status);
}

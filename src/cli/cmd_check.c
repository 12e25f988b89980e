/* SPDX-License-Identifier: GPL-2.0-only */
/* `mempress check`: validates input files and says what they hold. */
#include <inttypes.h>
#include <string.h>

#include "base/safe_text.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/config.h"
#include "policy/profiles.h"
#include "workload/trace.h"
#include "workload/workload.h"

static const char description[] =
	"Validates configs, workloads and traces without running anything. What a file is shows\n"
	"in its name (.jsonl, .jsonl.zst, .bin: a trace) or in its fields.\n"
	"Example: mempress check configs/pc-512m.json workloads/hello.json";

enum kind { KIND_AUTO, KIND_CONFIG, KIND_WORKLOAD, KIND_TRACE };
static const char *const kind_words[] = {"auto", "config", "workload", "trace", NULL};

/* A workload has one of these; a config none. */
static bool is_workload(const json_t *root)
{
	return json_object_get(root, "tasks") || json_object_get(root, "trace") ||
	       json_object_get(root, "programs");
}

static bool is_trace_name(const char *path)
{
	return g_str_has_suffix(path, ".jsonl") || g_str_has_suffix(path, ".jsonl.zst") ||
	       g_str_has_suffix(path, ".bin");
}

static bool find_kind(const char *path, enum kind *kind, struct err *err)
{
	struct json_doc doc;

	if (is_trace_name(path)) {
		*kind = KIND_TRACE;
		return true;
	}
	if (!json_doc_load(&doc, path, err))
		return false;
	*kind = is_workload(doc.root) ? KIND_WORKLOAD : KIND_CONFIG;
	json_doc_finish(&doc);
	return true;
}

static bool check_config(const char *path, struct err *err)
{
	const struct config_overrides none = {0};
	struct config c;
	char size[32];
	u64 present = 0;

	if (!config_load(&c, path, &none, err))
		return false;
	for (u32 i = 0; i < c.machine.nr_zones; i++)
		present += c.machine.zones[i].present;
	printf("config, %s: %s, %u nodes, %u zones, %u CPUs\n", c.profile.name,
	       format_size(present << c.machine.page_shift, size, sizeof(size)),
	       c.machine.nr_nodes, c.machine.nr_zones, c.machine.nr_cpus);
	config_finish(&c);
	return true;
}

static bool check_trace(const char *path, const struct mm_profile *profile, struct err *err)
{
	struct trace_stats s;
	char time[32];

	if (!trace_check(path, profile, 0, &s, err))
		return false;
	printf("trace: %" PRIu64 " events in %s; %" PRIu64 " allocations, %" PRIu64
	       " frees; at most %" PRIu64 " blocks, %" PRIu64 " pages live\n",
	       s.events, format_time(s.last_ns - s.first_ns, time, sizeof(time)), s.allocs,
	       s.frees + s.part_frees + s.boot_frees, s.live_blocks_peak, s.live_pages_peak);
	return true;
}

/* on: a config to check against, NULL: none. */
static bool check_workload(const char *path, const char *on, struct err *err)
{
	struct workload_env env = {.profile = mm_profiles[0]};
	const struct config_overrides none = {0};
	struct config c = {0};
	struct workload wl;
	char time[32];
	bool ok;

	if (on && !config_load(&c, on, &none, err))
		return false;
	if (on)
		env = (struct workload_env){&c.profile, &c.machine};
	ok = workload_load(&wl, path, &env, err);
	if (ok) {
		printf("workload: %u tasks, %u programs, %u slab caches, %s\n", wl.tasks.n,
		       wl.programs.n, wl.caches.n,
		       wl.duration_ns ? format_time(wl.duration_ns, time, sizeof(time)) :
					"no end set");
		if (wl.trace_path) {
			printf("  its ");
			ok = check_trace(wl.trace_path, env.profile, err);
		}
		workload_finish(&wl);
	}
	config_finish(&c);
	return ok;
}

static bool check_file(const char *path, enum kind kind, const char *on, struct err *err)
{
	char shown[256];
	bool ok = kind != KIND_AUTO || find_kind(path, &kind, err);

	if (!ok)
		return false;
	printf("%s: ", safe_text(path, shown, sizeof(shown)));
	if (kind == KIND_CONFIG)
		ok = check_config(path, err);
	else if (kind == KIND_WORKLOAD)
		ok = check_workload(path, on, err);
	else
		ok = check_trace(path, mm_profiles[0], err);
	if (!ok)
		puts("refused");
	return ok;
}

/* The index of a word of --as. */
static bool parse_kind(const char *word, enum kind *kind)
{
	for (u32 i = 0; kind_words[i]; i++) {
		if (word && !strcmp(word, kind_words[i])) {
			*kind = (enum kind)i;
			return true;
		}
	}
	return !word;
}

int cmd_check(int argc, char **argv)
{
	char *as = NULL, *on = NULL;
	const GOptionEntry entries[] = {
		{"as", 0, 0, G_OPTION_ARG_FILENAME, &as, "config, workload or trace", "KIND"},
		{"on", 0, 0, G_OPTION_ARG_FILENAME, &on,
		 "Check workloads against this config's machine", "CONFIG"},
		{NULL},
	};
	enum kind kind = KIND_AUTO;
	int status = 0;

	if (cli_parse(&argc, &argv, entries, "FILE...", description, &status)) {
		if (!parse_kind(as, &kind))
			status = cli_usage("check", "--as takes config, workload or trace");
		else if (argc < 2)
			status = cli_usage("check", "no file is given");
		for (int i = 1; i < argc && status != ERR_USAGE; i++) {
			struct err err = {0};

			if (!check_file(argv[i], kind, on, &err)) {
				int refused = cli_fail(&err);

				status = status ? status : refused;
			}
		}
	}
	g_free(as);
	g_free(on);
	return cli_finish(status);
}

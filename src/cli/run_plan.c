/* SPDX-License-Identifier: GPL-2.0-only */
/* From the words of `mempress run` to a config and a workload, loaded and checked. */
#include "cli/run_plan.h"

#include <string.h>

#include "base/field.h"
#include "cli/cli.h"
#include "cli/data.h"
#include "policy/profiles.h"

#define DEMO	      "k1-excerpt"
#define WORKLOAD_SETS "workload."

/* "configs/pc-512m.json" -> "pc-512m". g_free(). */
static char *stem(const char *path)
{
	char *name = strcmp(path, "-") ? g_path_get_basename(path) : g_strdup("stdin");

	if (g_str_has_suffix(name, ".json") && strlen(name) > 5)
		name[strlen(name) - 5] = '\0';
	return name;
}

/* What a name may hold without surprising a shell or a file system; everything else is '_'. */
static char *safe_name(char *name)
{
	g_strcanon(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", '_');
	if (*name == '.' || *name == '-')
		*name = '_';
	if (strlen(name) > 100)
		name[100] = '\0';
	return name;
}

static bool use_folder(struct run_plan *p, const char *word, struct err *err)
{
	char *folder = data_find_folder(word), *whole;

	if (!folder)
		return err_set(err, ERR_USAGE,
			       "%s: no folder with a config.json and a workload.json, nor a "
			       "bundled one of that name; give a config and a workload",
			       word);
	p->config_path = g_build_filename(folder, "config.json", NULL);
	p->workload_path = g_build_filename(folder, "workload.json", NULL);
	p->config_word = g_build_filename(word, "config.json", NULL);
	p->workload_word = g_build_filename(word, "workload.json", NULL);
	whole = g_canonicalize_filename(folder, NULL);
	p->name = safe_name(g_path_get_basename(whole));
	if (!p->observed) {
		p->observed = g_build_filename(folder, "observed.csv", NULL);
		if (!g_file_test(p->observed, G_FILE_TEST_IS_REGULAR))
			g_clear_pointer(&p->observed, g_free);
	}
	g_free(whole);
	g_free(folder);
	return true;
}

static bool use_files(struct run_plan *p, const char *config, const char *workload,
		      struct err *err)
{
	char *a, *b;

	if (!strcmp(config, "-") && !strcmp(workload, "-"))
		return err_set(err, ERR_USAGE, "only one of the two can be standard input");
	p->config_word = g_strdup(config);
	p->workload_word = g_strdup(workload);
	p->config_path = data_find(DATA_CONFIG, config, err);
	p->workload_path = data_find(DATA_WORKLOAD, workload, err);
	if (!p->config_path || !p->workload_path)
		return false;
	a = stem(p->config_path);
	b = stem(p->workload_path);
	p->name = safe_name(g_strconcat(a, "-", b, NULL));
	g_free(a);
	g_free(b);
	return true;
}

static bool find_inputs(struct run_plan *p, int argc, char **argv, struct err *err)
{
	if (argc == 3)
		return use_files(p, argv[1], argv[2], err);
	if (argc <= 2)
		return use_folder(p, argc == 2 ? argv[1] : DEMO, err);
	return err_set(err, ERR_USAGE, "expected a config and a workload, got %d arguments",
		       argc - 1);
}

static bool unknown_word(const char *option, const char *word, const char *const *names,
			 struct err *err)
{
	char hint[128];

	return err_set(err, ERR_USAGE, "%s: unknown word \"%s\"%s", option, word,
		       cli_near(word, names, hint, sizeof(hint)));
}

static bool word_index(const char *option, const char *word, const char *const *names, u32 *index,
		       struct err *err)
{
	for (u32 i = 0; names[i]; i++) {
		if (!strcmp(names[i], word)) {
			*index = i;
			return true;
		}
	}
	return unknown_word(option, word, names, err);
}

static bool parse_fail_on(struct run_plan *p, const char *text, struct err *err)
{
	char **words = g_strsplit(text, ",", -1);
	bool ok = true;

	for (u32 i = 0; ok && words[i]; i++) {
		u32 condition = 0;

		ok = word_index("--fail-on", words[i], sim_condition_names, &condition, err);
		if (ok)
			p->fail_mask |= BIT(condition);
	}
	g_strfreev(words);
	return ok;
}

static bool parse_options(struct run_plan *p, struct err *err)
{
	static const char *const levels[] = {
		[CHECK_OFF] = "off", [CHECK_CHEAP] = "cheap", [CHECK_FULL] = "full", NULL};
	u32 level = CHECK_CHEAP, ignored;

	p->seed = 1;
	if (p->seed_text && !cli_number(p->seed_text, INT64_MAX, &p->seed))
		return err_set(err, ERR_USAGE, "--seed takes a number from 0 to 2^63-1");
	if (p->check_text && !word_index("--check", p->check_text, levels, &level, err))
		return false;
	p->check = (enum check_level)level;
	if (p->profile && !word_index("--profile", p->profile, mm_profile_names, &ignored, err))
		return false;
	for (u32 i = 0; p->fail_on && p->fail_on[i]; i++)
		if (!parse_fail_on(p, p->fail_on[i], err))
			return false;
	return true;
}

static bool load(struct run_plan *p, struct err *err)
{
	GPtrArray *of_config = g_ptr_array_new(), *of_workload = g_ptr_array_new();
	char *duration = p->duration ? g_strconcat("duration=", p->duration, NULL) : NULL;
	struct config_overrides over = {.profile = p->profile};
	struct workload_env env;
	bool ok;

	for (u32 i = 0; p->sets && p->sets[i]; i++) {
		if (g_str_has_prefix(p->sets[i], WORKLOAD_SETS))
			g_ptr_array_add(of_workload, p->sets[i] + strlen(WORKLOAD_SETS));
		else
			g_ptr_array_add(of_config, p->sets[i]);
	}
	if (duration)
		g_ptr_array_add(of_workload, duration);
	g_ptr_array_add(of_workload, NULL);
	over.sets = (const char *const *)of_config->pdata;
	over.nr_sets = of_config->len;
	ok = config_load(&p->config, p->config_path, &over, err);
	env = (struct workload_env){&p->config.profile, &p->config.machine};
	ok = ok && workload_load_set(&p->workload, p->workload_path,
				     (const char *const *)of_workload->pdata, &env, err);
	g_ptr_array_free(of_config, TRUE);
	g_ptr_array_free(of_workload, TRUE);
	g_free(duration);
	return ok;
}

bool run_plan_make(struct run_plan *p, int argc, char **argv, struct err *err)
{
	if (!parse_options(p, err) || !find_inputs(p, argc, argv, err) || !load(p, err))
		return false;
	if (!p->out)
		p->out = g_build_filename("results", p->name, NULL);
	p->ftrace_on_stdout = p->ftrace && !strcmp(p->ftrace, "-");
	return !p->ftrace || outfile_begin(&p->ftrace_out, p->ftrace, p->force, err);
}

void run_plan_finish(struct run_plan *p)
{
	outfile_abort(&p->ftrace_out);
	workload_finish(&p->workload);
	config_finish(&p->config);
	g_strfreev(p->sets);
	g_strfreev(p->fail_on);
	g_free(p->out);
	g_free(p->seed_text);
	g_free(p->profile);
	g_free(p->duration);
	g_free(p->check_text);
	g_free(p->ftrace);
	g_free(p->observed);
	g_free(p->save_state);
	g_free(p->config_word);
	g_free(p->workload_word);
	g_free(p->config_path);
	g_free(p->workload_path);
	g_free(p->name);
	*p = (struct run_plan){0};
}

json_t *run_plan_effective(const struct run_plan *p)
{
	json_t *config = config_effective(&p->config);
	json_t *workload = fields_write(&workload_table, &p->workload);
	json_t *both = json_object();

	if (config && workload && both && !json_object_set(both, "config", config) &&
	    !json_object_set(both, "workload", workload)) {
		json_decref(config);
		json_decref(workload);
		return both;
	}
	json_decref(config);
	json_decref(workload);
	json_decref(both);
	return NULL;
}

bool run_plan_condition(const struct run_plan *p, const struct sim *sim)
{
	for (u32 i = 0; sim_condition_names[i]; i++)
		if ((p->fail_mask & BIT(i)) && sim_condition(sim, i))
			return true;
	return false;
}

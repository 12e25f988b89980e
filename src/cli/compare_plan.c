/* SPDX-License-Identifier: GPL-2.0-only */
/* From the words of `mempress compare` to variants, seeds and the cells of the grid. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "cli/cli.h"
#include "cli/compare.h"
#include "cli/inputs.h"
#include "cli/run_plan.h"

#define MAX_JOBS 256u

/* "1..20" or "1,5,9" or both. */
static bool parse_seeds(struct compare *c, struct err *err)
{
	char **parts = g_strsplit(c->seeds_text ? c->seeds_text : "1..5", ",", -1);
	bool ok = true;

	for (u32 i = 0; ok && parts[i]; i++) {
		char *dots = strstr(parts[i], "..");
		u64 first, last;

		if (dots)
			*dots = '\0';
		ok = cli_number(parts[i], INT64_MAX, &first) &&
		     cli_number(dots ? dots + 2 : parts[i], INT64_MAX, &last) && first <= last &&
		     last - first < COMPARE_MAX_SEEDS - c->nr_seeds;
		for (u64 seed = first; ok && seed <= last; seed++)
			c->seed[c->nr_seeds++] = seed;
	}
	g_strfreev(parts);
	ok = ok && c->nr_seeds;
	return ok || err_set(err, ERR_USAGE,
			     "--seeds takes numbers and ranges, such as 1..20 or 1,7: at most %u",
			     COMPARE_MAX_SEEDS);
}

static bool parse_jobs(struct compare *c, struct err *err)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	u64 jobs = cores > 0 ? (u64)cores : 1;

	if (c->jobs_text && (!cli_number(c->jobs_text, MAX_JOBS, &jobs) || !jobs))
		return err_set(err, ERR_USAGE, "--jobs takes a number from 1 to %u", MAX_JOBS);
	c->jobs = (u32)min_u64(jobs, MAX_JOBS);
	return true;
}

static bool add_variant(struct compare *c, const char *config, const char *profile,
			const GPtrArray *sets, const char *label, struct err *err)
{
	struct compare_variant *v = &c->variant[c->nr_variants];

	if (c->nr_variants == COMPARE_MAX_VARIANTS)
		return err_set(err, ERR_USAGE, "more than %u variants", COMPARE_MAX_VARIANTS);
	c->nr_variants++;
	v->label = g_strdup(*label ? label : config);
	v->config = g_strdup(config);
	v->profile = g_strdup(profile);
	v->sets = g_ptr_array_new_with_free_func(g_free);
	for (u32 i = 0; i < sets->len; i++)
		g_ptr_array_add(v->sets, g_strdup(sets->pdata[i]));
	return true;
}

/* What comes after the last dot names a varied value well enough. */
static char *short_name(const char *path)
{
	const char *dot = strrchr(path, '.');

	return g_strdup(dot ? dot + 1 : path);
}

/* All combinations of the values from c->vary[level] on. */
static bool add_levels(struct compare *c, const char *config, const char *profile, GPtrArray *sets,
		       const char *label, u32 level, struct err *err)
{
	char *equals, *path, *name, **values;
	bool ok = true;

	if (!c->vary || !c->vary[level])
		return add_variant(c, config, profile, sets, label, err);
	equals = strchr(c->vary[level], '=');
	if (!equals || equals == c->vary[level] || !equals[1])
		return err_set(err, ERR_USAGE, "--vary takes PATH=VALUE,VALUE...: \"%s\"",
			       c->vary[level]);
	path = g_strndup(c->vary[level], (gsize)(equals - c->vary[level]));
	name = short_name(path);
	values = g_strsplit(equals + 1, ",", -1);
	for (u32 i = 0; ok && values[i]; i++) {
		char *more = g_strdup_printf("%s%s%s=%s", label, *label ? " " : "", name,
					     values[i]);

		g_ptr_array_add(sets, g_strdup_printf("%s=%s", path, values[i]));
		ok = add_levels(c, config, profile, sets, more, level + 1, err);
		g_ptr_array_remove_index(sets, sets->len - 1);
		g_free(more);
	}
	g_strfreev(values);
	g_free(name);
	g_free(path);
	return ok;
}

static bool make_variants(struct compare *c, struct err *err)
{
	char **configs = g_strsplit(c->configs, ",", -1);
	char **profiles = g_strsplit(c->profiles ? c->profiles : "", ",", -1);
	GPtrArray *sets = g_ptr_array_new_with_free_func(g_free);
	bool ok = true;

	for (u32 i = 0; c->sets && c->sets[i]; i++)
		g_ptr_array_add(sets, g_strdup(c->sets[i]));
	for (u32 i = 0; ok && configs[i]; i++) {
		const char *word = g_strv_length(configs) > 1 ? configs[i] : "";

		for (u32 k = 0; ok && (k == 0 || profiles[k]); k++) {
			const char *profile = profiles[0] && *profiles[0] ? profiles[k] : NULL;
			char *label = g_strdup_printf("%s%s%s", word, *word && profile ? " " : "",
						      profile ? profile : "");

			ok = add_levels(c, configs[i], profile, sets, label, 0, err);
			g_free(label);
			if (!profile)
				break;
		}
	}
	g_ptr_array_free(sets, TRUE);
	g_strfreev(profiles);
	g_strfreev(configs);
	return ok;
}

/* Everything that decides a run's results, as one text. NULL and err. */
static char *identity(const struct run_plan *plan, struct err *err)
{
	struct sim sim = {.config = &plan->config, .workload = &plan->workload};
	json_t *effective = run_plan_effective(plan);
	char *text = effective ? json_dumps(effective, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	GString *all = g_string_new(MEMPRESS_VERSION " ");
	struct inputs inputs;
	bool ok = text != NULL || err_set(err, ERR_HOST_RES, "no host memory for a comparison");

	ok = ok && inputs_list(&inputs, &sim, "config", "workload", err);
	if (ok)
		g_string_append(all, text);
	for (u32 i = 0; ok && i < inputs.n; i++) {
		/* The documents are in the effective text already; their comments do not count. */
		if (strstr(inputs.list[i].role, "config") ||
		    !strcmp(inputs.list[i].role, "workload"))
			continue;
		g_string_append_printf(all, " %s", inputs.hex[i]);
	}
	free(text);
	json_decref(effective);
	return g_string_free(all, !ok);
}

/* Loads a variant as its runs will, and names its cells' folders. */
static bool plan_variant(struct compare *c, u32 variant, struct err *err)
{
	const struct compare_variant *v = &c->variant[variant];
	char *argv[] = {(char *)"run", v->config, c->workload, NULL};
	struct run_plan plan = {.profile = g_strdup(v->profile)};
	char *text = NULL;
	bool ok;

	plan.sets = g_new0(char *, v->sets->len + 1);
	for (u32 i = 0; i < v->sets->len; i++)
		plan.sets[i] = g_strdup(v->sets->pdata[i]);
	ok = run_plan_make(&plan, 3, argv, err);
	if (ok && !c->out)
		c->out = g_strdup_printf("results/compare-%s", plan.name);
	if (ok)
		text = identity(&plan, err);
	for (u32 s = 0; text && s < c->nr_seeds; s++) {
		struct compare_cell *cell = compare_cell(c, variant, s);
		char *key = g_strdup_printf("%s seed %llu", text, (unsigned long long)c->seed[s]);
		char hex[65];

		hash_sha256(key, strlen(key), hex);
		cell->variant = variant;
		cell->seed = c->seed[s];
		cell->dir = g_strdup_printf("%s/cells/%.16s", c->out, hex);
		g_free(key);
	}
	g_free(text);
	run_plan_finish(&plan);
	return text != NULL;
}

bool compare_plan(struct compare *c, struct err *err)
{
	if (!parse_seeds(c, err) || !parse_jobs(c, err) || !make_variants(c, err))
		return false;
	c->cell = g_new0(struct compare_cell, c->nr_variants * c->nr_seeds);
	for (u32 v = 0; v < c->nr_variants; v++)
		if (!plan_variant(c, v, err))
			return false;
	return true;
}

void compare_finish(struct compare *c)
{
	for (u32 i = 0; c->cell && i < c->nr_variants * c->nr_seeds; i++) {
		g_free(c->cell[i].dir);
		g_free(c->cell[i].error);
		json_decref(c->cell[i].summary);
	}
	g_free(c->cell);
	for (u32 v = 0; v < c->nr_variants; v++) {
		g_free(c->variant[v].label);
		g_free(c->variant[v].config);
		g_free(c->variant[v].profile);
		g_ptr_array_free(c->variant[v].sets, TRUE);
	}
	g_free(c->out);
	g_free(c->profiles);
	g_free(c->seeds_text);
	g_free(c->jobs_text);
	g_free(c->json);
	g_free(c->csv);
	g_free(c->only);
	g_free(c->configs);
	g_free(c->workload);
	g_strfreev(c->vary);
	g_strfreev(c->sets);
	*c = (struct compare){0};
}

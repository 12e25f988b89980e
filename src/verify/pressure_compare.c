/* SPDX-License-Identifier: GPL-2.0-only */
/* Metrics and facts of one scenario together: the list, the tally over scenarios, text and JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/safe_text.h"
#include "verify/pressure.h"

struct pressure_verdict *pressure_verdict_new(struct pressure_result *result)
{
	if (result->n == result->cap) {
		u32 cap = result->cap ? result->cap * 2 : 64;
		struct pressure_verdict *more = realloc(result->list, cap * sizeof(*more));

		if (!more)
			return NULL;
		result->list = more;
		result->cap = cap;
	}
	result->list[result->n] = (struct pressure_verdict){.level = LEVEL_EXACT};
	return &result->list[result->n++];
}

bool pressure_compare(const struct pressure_scenario *sc, const struct pressure_run *sim,
		      u32 nr_sim, struct pressure_result *result, struct err *err)
{
	*result = (struct pressure_result){0};
	if (pressure_facts(sc, sim, nr_sim, result) && pressure_metrics(sc, sim, nr_sim, result))
		return true;
	pressure_result_finish(result);
	return err_set(err, ERR_HOST_RES, "no memory to compare %s", sc->name);
}

void pressure_result_finish(struct pressure_result *result)
{
	free(result->list);
	*result = (struct pressure_result){0};
}

void pressure_tally_add(struct pressure_tally *tally, const struct pressure_result *result)
{
	for (u32 i = 0; i < result->n; i++) {
		const struct pressure_verdict *v = &result->list[i];

		if (v->fact) {
			tally->facts++;
			tally->facts_held += v->holds;
		} else {
			tally->metrics[v->level]++;
			tally->within[v->level] += v->holds;
		}
	}
}

bool pressure_tally_passes(const struct pressure_tally *tally)
{
	static const u32 percent[NR_PRESSURE_LEVELS] = {95, 85, 70, 100};

	for (u32 i = 0; i < NR_PRESSURE_LEVELS; i++)
		if (tally->within[i] * 100 < tally->metrics[i] * percent[i])
			return false;
	return tally->facts_held == tally->facts;
}

/* Short, and readable at any size. */
static const char *number(double v, char buf[24])
{
	if (isnan(v))
		return "none";
	if (fabs(v) >= 100 || v == 0)
		snprintf(buf, 24, "%.0f", v);
	else
		snprintf(buf, 24, "%.3g", v);
	return buf;
}

static void print_metric(const struct pressure_verdict *v, FILE *out)
{
	char mean[24], sd[24], sim[24], tolerance[24];

	fprintf(out, "  %-5s %-32s %10s +- %-8s %10s  (+- %s) %s\n", pressure_level_names[v->level],
		v->name, number(v->mean, mean), number(v->sd, sd), number(v->simulated, sim),
		number(v->tolerance, tolerance), v->holds ? "ok" : "MISSED");
}

void pressure_print(const struct pressure_scenario *sc, const struct pressure_result *result,
		    bool all, FILE *out)
{
	struct pressure_tally tally = {0};
	u32 metrics = 0, within = 0;
	char name[128];

	pressure_tally_add(&tally, result);
	for (u32 i = 0; i < NR_PRESSURE_LEVELS; i++) {
		metrics += tally.metrics[i];
		within += tally.within[i];
	}
	fprintf(out, "%s: facts %u of %u, metrics %u of %u in tolerance\n",
		safe_text(sc->name, name, sizeof(name)), tally.facts_held, tally.facts, within,
		metrics);
	for (u32 i = 0; i < result->n; i++) {
		const struct pressure_verdict *v = &result->list[i];

		if (v->fact && (all || !v->holds))
			fprintf(out, "  fact  %s: real %s, simulated %s: %s\n", v->name, v->real,
				v->got, v->holds ? "holds" : "DOES NOT HOLD");
	}
	if (all || within < metrics)
		fprintf(out, "  level %-32s %10s    %-8s %10s\n", "metric", "real", "sd",
			"simulated");
	for (u32 i = 0; i < result->n; i++)
		if (!result->list[i].fact && (all || !result->list[i].holds))
			print_metric(&result->list[i], out);
}

static json_t *real_or_null(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *verdict_json(const struct pressure_verdict *v)
{
	if (v->fact)
		return json_pack("{ss sb ss ss}", "fact", v->name, "holds", v->holds, "real",
				 v->real, "simulated", v->got);
	return json_pack("{ss ss so so so so sb}", "metric", v->name, "level",
			 pressure_level_names[v->level], "mean", real_or_null(v->mean), "sd",
			 real_or_null(v->sd), "simulated", real_or_null(v->simulated), "tolerance",
			 real_or_null(v->tolerance), "in_tolerance", v->holds);
}

static json_t *values_json(const struct pressure_run *runs, u32 n, const char *name)
{
	json_t *list = json_array();

	for (u32 i = 0; i < n; i++)
		json_array_append_new(list, real_or_null(pressure_get(&runs[i], name)));
	return list;
}

/* Every figure of the first real and the first simulated run. */
static json_t *figures_json(const struct pressure_scenario *sc, const struct pressure_run *sim,
			    u32 nr_sim)
{
	const struct pressure_run *sides[] = {&sc->run[0], sim};
	json_t *figures = json_object();

	for (u32 s = 0; s < ARRAY_SIZE(sides); s++)
		for (u32 i = 0; i < sides[s]->nr_values; i++) {
			const char *name = sides[s]->value[i].name;

			json_object_set_new(figures, name,
					    json_pack("{so so}", "real",
						      values_json(sc->run, sc->nr_runs, name),
						      "simulated", values_json(sim, nr_sim, name)));
		}
	return figures;
}

json_t *pressure_json(const struct pressure_scenario *sc, const struct pressure_run *sim,
		      u32 nr_sim, const struct pressure_result *result)
{
	json_t *facts = json_array(), *metrics = json_array();
	char name[256];

	for (u32 i = 0; i < result->n; i++)
		json_array_append_new(result->list[i].fact ? facts : metrics,
				      verdict_json(&result->list[i]));
	return json_pack("{ss so so so}", "scenario", safe_text(sc->name, name, sizeof(name)),
			 "facts", facts, "metrics", metrics, "figures",
			 figures_json(sc, sim, nr_sim));
}

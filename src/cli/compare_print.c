/* SPDX-License-Identifier: GPL-2.0-only */
/* A comparison as a table for people, as JSON and as CSV. */
#include <math.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/compare.h"

#define NAME_WIDTH 24

/* Up to four digits that count. */
static void format_value(double v, char *buf, size_t len)
{
	double size = fabs(v);

	if (v == floor(v) && size < 1e7)
		snprintf(buf, len, "%.0f", v);
	else if (size >= 1e7)
		snprintf(buf, len, "%.3g", v);
	else
		snprintf(buf, len, "%.*f", size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3,
			 v);
}

static void format_cell(const struct compare_stat *stat, bool first, char *buf, size_t len)
{
	char median[32], low[32], high[32], change[32] = "";

	format_value(stat->median, median, sizeof(median));
	format_value(stat->low, low, sizeof(low));
	format_value(stat->high, high, sizeof(high));
	if (!first && !isnan(stat->change))
		snprintf(change, sizeof(change), " %+.0f%%", stat->change);
	if (!stat->n)
		snprintf(buf, len, "-");
	else if (stat->low == stat->high)
		snprintf(buf, len, "%s%s%s", median, change, stat->noise ? "" : " *");
	else
		snprintf(buf, len, "%s [%s..%s]%s%s", median, low, high, change,
			 stat->noise ? "" : " *");
}

static bool wanted(const struct compare *c, const struct compare_metric *metric)
{
	char **words;
	bool found = false;

	if (!c->only)
		return true;
	words = g_strsplit(c->only, ",", -1);
	for (u32 i = 0; words[i]; i++)
		found = found || !strcmp(words[i], metric->name);
	g_strfreev(words);
	return found;
}

static void print_head(const struct compare *c, const u32 *width, FILE *out)
{
	fprintf(out, "%-*s", NAME_WIDTH, "median [95 % interval]");
	for (u32 v = 0; v < c->nr_variants; v++)
		fprintf(out, "  %-*s", (int)width[v], c->variant[v].label);
	fputc('\n', out);
}

static void print_failures(const struct compare *c, FILE *out)
{
	for (u32 i = 0; i < c->nr_variants * c->nr_seeds; i++) {
		const struct compare_cell *cell = &c->cell[i];

		if (cell->state == CELL_FAILED)
			fprintf(out, "failed: %s, seed %llu: %s\n",
				c->variant[cell->variant].label, (unsigned long long)cell->seed,
				cell->error ? cell->error : "");
	}
}

bool compare_shows(const struct compare *c, const struct compare_metric *metric)
{
	struct compare_stat stat[COMPARE_MAX_VARIANTS];

	return wanted(c, metric) && compare_metric_stats(c, metric, stat);
}

/* Columns as wide as what they hold. */
static void measure(const struct compare *c, const struct compare_stat *stat, u32 *width)
{
	char text[128];

	for (u32 v = 0; v < c->nr_variants; v++) {
		format_cell(&stat[v], v == 0, text, sizeof(text));
		width[v] = (u32)max_u64(width[v], strlen(text));
	}
}

void compare_print(const struct compare *c, FILE *out)
{
	struct compare_stat stat[COMPARE_MAX_VARIANTS];
	u32 width[COMPARE_MAX_VARIANTS];
	char text[128], name[64];

	for (u32 v = 0; v < c->nr_variants; v++)
		width[v] = (u32)strlen(c->variant[v].label);
	for (u32 m = 0; m < nr_compare_metrics; m++)
		if (wanted(c, &compare_metrics[m]) &&
		    compare_metric_stats(c, &compare_metrics[m], stat))
			measure(c, stat, width);
	print_head(c, width, out);
	for (u32 m = 0; m < nr_compare_metrics; m++) {
		const struct compare_metric *metric = &compare_metrics[m];

		if (!wanted(c, metric) || !compare_metric_stats(c, metric, stat))
			continue;
		snprintf(name, sizeof(name), "%s%s%s", metric->name, *metric->unit ? ", " : "",
			 metric->unit);
		fprintf(out, "%-*s", NAME_WIDTH, name);
		for (u32 v = 0; v < c->nr_variants; v++) {
			format_cell(&stat[v], v == 0, text, sizeof(text));
			fprintf(out, "  %-*s", (int)width[v], text);
		}
		fputc('\n', out);
	}
	fprintf(out, "%u seeds; change against the first column; * more than noise "
		     "(Mann-Whitney, p < 0.05)\n",
		c->nr_seeds);
	print_failures(c, out);
}

static json_t *stat_json(const struct compare *c, u32 variant, const struct compare_stat *stat)
{
	json_t *o = json_object();

	json_object_set_new(o, "variant", json_string(c->variant[variant].label));
	json_object_set_new(o, "runs", json_integer(stat->n));
	json_object_set_new(o, "median", json_real(stat->median));
	json_object_set_new(o, "low", json_real(stat->low));
	json_object_set_new(o, "high", json_real(stat->high));
	if (variant && !isnan(stat->change))
		json_object_set_new(o, "change_percent", json_real(stat->change));
	if (variant)
		json_object_set_new(o, "more_than_noise", json_boolean(!stat->noise));
	return o;
}

json_t *compare_json(const struct compare *c)
{
	struct compare_stat stat[COMPARE_MAX_VARIANTS];
	json_t *root = json_object(), *metrics = json_array(), *cells = json_array();

	for (u32 m = 0; m < nr_compare_metrics; m++) {
		const struct compare_metric *metric = &compare_metrics[m];
		json_t *o, *values;

		if (!wanted(c, metric) || !compare_metric_stats(c, metric, stat))
			continue;
		o = json_object();
		values = json_array();
		json_object_set_new(o, "name", json_string(metric->name));
		json_object_set_new(o, "unit", json_string(metric->unit));
		json_object_set_new(o, "what", json_string(metric->doc));
		json_object_set_new(o, "better", json_integer(metric->better));
		for (u32 v = 0; v < c->nr_variants; v++)
			json_array_append_new(values, stat_json(c, v, &stat[v]));
		json_object_set_new(o, "values", values);
		json_array_append_new(metrics, o);
	}
	for (u32 i = 0; i < c->nr_variants * c->nr_seeds; i++) {
		const struct compare_cell *cell = &c->cell[i];
		json_t *o = json_object();

		json_object_set_new(o, "variant", json_string(c->variant[cell->variant].label));
		json_object_set_new(o, "seed", json_integer((json_int_t)cell->seed));
		json_object_set_new(o, "results", json_string(cell->dir));
		if (cell->state == CELL_FAILED)
			json_object_set_new(o, "failed", json_string(cell->error));
		json_array_append_new(cells, o);
	}
	json_object_set_new(root, "format", json_string("compare/1"));
	json_object_set_new(root, "metrics", metrics);
	json_object_set_new(root, "runs", cells);
	return root;
}

/* Text of a label in a field of its own. */
static void put_quoted(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

void compare_csv(const struct compare *c, FILE *out)
{
	struct compare_stat stat[COMPARE_MAX_VARIANTS];

	fputs("metric,unit,variant,runs,median,low,high,change_percent,more_than_noise\n", out);
	for (u32 m = 0; m < nr_compare_metrics; m++) {
		const struct compare_metric *metric = &compare_metrics[m];

		if (!wanted(c, metric) || !compare_metric_stats(c, metric, stat))
			continue;
		for (u32 v = 0; v < c->nr_variants; v++) {
			fprintf(out, "%s,%s,", metric->name, metric->unit);
			put_quoted(c->variant[v].label, out);
			fprintf(out, ",%u,%.17g,%.17g,%.17g,", stat[v].n, stat[v].median,
				stat[v].low, stat[v].high);
			if (v && !isnan(stat[v].change))
				fprintf(out, "%.6g", stat[v].change);
			fprintf(out, ",%d\n", !stat[v].noise);
		}
	}
}

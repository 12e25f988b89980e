/* SPDX-License-Identifier: GPL-2.0-only */
/* `mempress compare`: the same workload under several policies, machines and kernels. */
#include <string.h>

#include "base/outdir.h"
#include "cli/cli.h"
#include "cli/compare.h"

static const char description[] =
	"Runs WORKLOAD once for each config, kernel, varied value and seed, and shows where they\n"
	"differ. Finished runs are kept and used again.\n"
	"Example: mempress compare pc-512m network-bursts --vary policy.min_free_kbytes=-1,65536\n"
	"         --profile linux-7.2,linux-6.1 --seeds 1..10";

static const GOptionEntry *entries_of(struct compare *c)
{
	const GOptionEntry list[] = {
		{"vary", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &c->vary,
		 "Values of the config (or workload.PATH) to compare; repeated: all combinations",
		 "PATH=V1,V2"},
		{"profile", 'p', 0, G_OPTION_ARG_FILENAME, &c->profiles, "Kernels", "A,B"},
		{"seeds", 0, 0, G_OPTION_ARG_FILENAME, &c->seeds_text, "Seeds (default 1..5)",
		 "1..20"},
		{"set", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &c->sets, "Override for all runs",
		 "PATH=VALUE"},
		{"jobs", 'j', 0, G_OPTION_ARG_FILENAME, &c->jobs_text,
		 "Runs at a time (default: as many as cores)", "N"},
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &c->out, "Folder of runs and pictures",
		 "DIR"},
		{"metrics", 0, 0, G_OPTION_ARG_FILENAME, &c->only, "Show only these", "A,B"},
		{"force", 'f', 0, G_OPTION_ARG_NONE, &c->force, "Run finished ones again", NULL},
		{"plot", 0, 0, G_OPTION_ARG_NONE, &c->plot, "Draw all variants over each other",
		 NULL},
		{"json", 0, 0, G_OPTION_ARG_FILENAME, &c->json, "Write JSON too", "FILE"},
		{"csv", 0, 0, G_OPTION_ARG_FILENAME, &c->csv, "Write CSV too", "FILE"},
		{NULL},
	};
	GOptionEntry *entries = g_new(GOptionEntry, ARRAY_SIZE(list));

	memcpy(entries, list, sizeof(list));
	return entries;
}

static bool check_metrics(const struct compare *c, struct err *err)
{
	char **words = g_strsplit(c->only ? c->only : "", ",", -1);
	bool ok = true;

	for (u32 i = 0; ok && c->only && words[i]; i++) {
		bool known = false;

		for (u32 m = 0; m < nr_compare_metrics; m++)
			known = known || !strcmp(words[i], compare_metrics[m].name);
		if (!known)
			ok = err_set(err, ERR_USAGE, "--metrics: there is no metric \"%s\"",
				     words[i]);
	}
	g_strfreev(words);
	return ok;
}

static bool write_json(const struct compare *c, struct err *err)
{
	json_t *root = compare_json(c);
	char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
	bool ok = text ? file_write_whole(c->json, text, strlen(text), true, err)
		       : err_set(err, ERR_HOST_RES, "no host memory for the comparison");

	free(text);
	json_decref(root);
	return ok;
}

static bool write_csv(const struct compare *c, struct err *err)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool ok;

	if (!out)
		return err_set(err, ERR_HOST_RES, "no host memory for the comparison");
	compare_csv(c, out);
	ok = fclose(out) == 0 && file_write_whole(c->csv, text, len, true, err);
	free(text);
	return ok;
}

/* The metrics of the table that have a series. *n: how many; their labels are the caller's, too. */
static struct plot_metric *table_metrics(const struct compare *c, u32 *n)
{
	struct plot_metric *metrics = g_new0(struct plot_metric, nr_compare_metrics);

	*n = 0;
	for (u32 m = 0; m < nr_compare_metrics; m++) {
		const struct compare_metric *metric = &compare_metrics[m];

		if (metric->over_time.kind != PLOT_NOWHERE && compare_shows(c, metric))
			metrics[(*n)++] = (struct plot_metric){
			    .label = g_strdup_printf(*metric->unit ? "%s[%s]" : "%s%s",
						     metric->name, metric->unit),
			    .source = metric->over_time,
			    .divisor = strcmp(metric->unit, "us") ? 1 : NSEC_PER_USEC,
			};
	}
	return metrics;
}

static bool draw(const struct compare *c, struct err *err)
{
	const char **dirs = g_new0(const char *, c->nr_variants);
	const char **labels = g_new0(const char *, c->nr_variants);
	struct plot_runs runs = {.dirs = dirs, .labels = labels};
	struct plot_metric *metrics = table_metrics(c, &runs.nr_metrics);
	bool ok;

	/* The first seed that ran stands for a variant. */
	for (u32 v = 0; v < c->nr_variants; v++)
		for (u32 s = 0; s < c->nr_seeds; s++)
			if (compare_cell(c, v, s)->summary) {
				dirs[runs.n] = compare_cell(c, v, s)->dir;
				labels[runs.n++] = c->variant[v].label;
				break;
			}
	runs.metrics = metrics;
	ok = plot_compare(c->out, &runs, err);
	g_free(dirs);
	g_free(labels);
	for (u32 m = 0; m < runs.nr_metrics; m++)
		g_free((char *)metrics[m].label);
	g_free(metrics);
	if (ok)
		printf("pictures: %s/plots\n", c->out);
	return ok;
}

static bool perform(struct compare *c, struct err *err)
{
	if (!check_metrics(c, err) || !compare_plan(c, err) || !compare_run(c, err))
		return false;
	compare_print(c, stdout);
	return (!c->json || write_json(c, err)) && (!c->csv || write_csv(c, err)) &&
	       (!c->plot || draw(c, err));
}

int cmd_compare(int argc, char **argv)
{
	struct compare c = {0};
	const GOptionEntry *entries = entries_of(&c);
	struct err err = {0};
	int status = 0;

	if (cli_parse(&argc, &argv, entries, "CONFIG[,CONFIG...] WORKLOAD", description,
		      &status)) {
		if (argc != 3) {
			status = cli_usage("compare", "expected configs and a workload");
		} else {
			c.configs = g_strdup(argv[1]);
			c.workload = g_strdup(argv[2]);
			if (!perform(&c, &err))
				status = cli_fail(&err);
		}
	}
	compare_finish(&c);
	g_free((void *)entries);
	return cli_finish(status);
}

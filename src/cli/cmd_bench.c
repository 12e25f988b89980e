/* SPDX-License-Identifier: GPL-2.0-only */
/* `mempress bench`: speed and memory of the simulator itself, over sizes of simulated memory. */
#include <glib.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "cli/bench.h"
#include "cli/cli.h"

static const u64 sizes[] = {1ull << 30, 64ull << 30, 1ull << 40};

static const struct bench_case {
	const char *name, *what;
	bench_fn run;
	bool sized; /* repeated over the sizes */
	u64 memory; /* not repeated, but of this size unless another is asked for */
} cases[] = {
	{"order0-hot", "allocate and free one page, again and again", bench_order0_hot, true},
	{"order0-churn", "replace a random page, half of memory in use", bench_order0_churn, true},
	{"order3", "the same with blocks of order 3", bench_order3, true},
	{"order9", "the same with blocks of order 9", bench_order9, true},
	{"mixed", "the same with orders 0 to 4 mixed", bench_mixed, true},
	{"trace-jsonl", "replay of a trace, JSON lines", bench_trace_jsonl, true},
	{"trace-bin", "replay of a trace, compiled", bench_trace_bin, true},
	{"read-jsonl", "read one JSON line of a trace", bench_read_jsonl, false},
	{"read-jansson", "parse the same line with jansson", bench_read_jansson, false},
	{"queue-1k", "event queue, 1,000 pending", bench_queue_1k, false},
	{"queue-1m", "event queue, 1,000,000 pending", bench_queue_1m, false},
	{"snapshot", "fragmentation indices of all zones and orders", bench_snapshot, true},
	{"boot", "cold boot of the machine", bench_boot, true},
	{"reclaim-file", "page operation, file read through memory, linux-6.12", bench_reclaim_file,
	 false, 256u << 20},
	{"reclaim-large", "the same with large folios, linux-7.2", bench_reclaim_large, false,
	 256u << 20},
	{"reclaim-anon", "page operation, swapping, active and inactive list", bench_reclaim_anon,
	 false, 256u << 20},
	{"reclaim-mglru", "the same with the multi-generational LRU", bench_reclaim_mglru, false,
	 256u << 20},
	{"compact-scan", "compaction, a page scanned", bench_compact_scan, false, 1u << 30},
	{"migrate", "compaction, a page moved", bench_migrate, false, 1u << 30},
};

struct bench_options {
	char *only, *memory;
	gint64 ops;
	gboolean json;
};

static json_t *row_json(const struct bench_row *row, double growth)
{
	json_t *o = json_pack("{s:s, s:I, s:I, s:f, s:f}", "name", row->name, "memory_bytes",
			      (json_int_t)row->memory, "ops", (json_int_t)row->ops, "ns_per_op",
			      row->ns, "ops_per_second", row->ns > 0 ? 1e9 / row->ns : 0);

	if (row->rss_mib >= 0)
		json_object_set_new(o, "resident_mib", json_real(row->rss_mib));
	if (growth > 0)
		json_object_set_new(o, "growth", json_real(growth));
	return o;
}

static void row_print(const struct bench_row *row, double growth, const char *what)
{
	char size[32] = "-";

	if (row->memory)
		format_size(row->memory, size, sizeof(size));
	printf("%-13s %9s %12.1f", row->name, size, row->ns);
	if (growth > 0)
		printf(" %7.2fx", growth);
	else
		printf(" %8s", "");
	if (row->rss_mib >= 0)
		printf(" %9.1f MiB", row->rss_mib);
	else
		printf(" %13s", "");
	printf("  %s\n", what);
	fflush(stdout);
}

/* One case over its sizes. */
static bool bench_case(const struct bench_case *c, const struct bench_options *opt, u64 memory,
		       json_t *rows, struct err *err)
{
	u32 n = c->sized && !memory ? (u32)ARRAY_SIZE(sizes) : 1;
	double first = 0;

	for (u32 i = 0; i < n; i++) {
		struct bench_row row = {.name = c->name, .rss_mib = -1};
		double growth;

		row.memory = c->sized ? sizes[i] : c->memory;
		if (memory && row.memory)
			row.memory = memory;
		if (!c->run(row.memory, (u64)opt->ops, &row, err))
			return false;
		if (!i)
			first = row.ns;
		growth = i ? row.ns / first : 0;
		if (rows)
			json_array_append_new(rows, row_json(&row, growth));
		else
			row_print(&row, growth, i ? "" : c->what);
	}
	return true;
}

static bool known_case(const char *name, struct err *err)
{
	const char *names[ARRAY_SIZE(cases) + 1] = {NULL};
	const char *near;

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		names[i] = cases[i].name;
		if (!strcmp(cases[i].name, name))
			return true;
	}
	near = nearest_name(name, names);
	return err_set(err, ERR_USAGE, "no benchmark \"%s\"%s%s%s", name,
		       near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
}

static bool run_cases(const struct bench_options *opt, struct err *err)
{
	json_t *rows = opt->json ? json_array() : NULL;
	u64 memory = 0;
	bool ok = true;

	if (opt->memory && (!parse_size(opt->memory, &memory) || memory < 64u << 20 ||
			    memory > 1ull << 40))
		ok = err_set(err, ERR_USAGE, "--memory takes a size from 64MiB to 1TiB");
	if (opt->ops < 0 || opt->ops > 10000000000)
		ok = err_set(err, ERR_USAGE, "--ops takes a number from 1 to 10^10");
	if (opt->only)
		ok = known_case(opt->only, err) && ok;
	if (ok && !rows)
		printf("%-13s %9s %12s %8s %13s\n", "benchmark", "memory", "host ns/op", "growth",
		       "resident");
	for (u32 i = 0; ok && i < ARRAY_SIZE(cases); i++)
		if (!opt->only || !strcmp(opt->only, cases[i].name))
			ok = bench_case(&cases[i], opt, memory, rows, err);
	if (ok && rows) {
		json_t *doc = json_pack("{s:o}", "benchmarks", json_incref(rows));

		json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
		putchar('\n');
		json_decref(doc);
	}
	json_decref(rows);
	return ok;
}

int cmd_bench(int argc, char **argv)
{
	struct bench_options opt = {0};
	const GOptionEntry entries[] = {
		{"only", 0, 0, G_OPTION_ARG_STRING, &opt.only, "Run one benchmark", "NAME"},
		{"memory", 0, 0, G_OPTION_ARG_STRING, &opt.memory,
		 "Simulated memory instead of 1GiB, 64GiB and 1TiB", "SIZE"},
		{"ops", 0, 0, G_OPTION_ARG_INT64, &opt.ops, "Operations to time", "N"},
		{"json", 0, 0, G_OPTION_ARG_NONE, &opt.json, "Print JSON", NULL},
		{NULL},
	};
	struct err err = {0};
	int status = 0;

	if (!cli_parse(&argc, &argv, entries, "",
		       "Measures the simulator on this host: ns an operation, growth with memory,\n"
		       "resident memory. Example: mempress bench --only order0-churn --json",
		       &status))
		return status;
	if (!run_cases(&opt, &err))
		status = cli_fail(&err);
	g_free(opt.only);
	g_free(opt.memory);
	return status;
}

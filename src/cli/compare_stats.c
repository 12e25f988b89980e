/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The figures of a comparison. Runs of two seeds differ by chance, so each variant shows its median
 * with a 95 % confidence interval by order statistics (no assumption about the distribution; with
 * fewer than six runs it is their range), and a difference from the first variant counts as more
 * than noise if the Mann-Whitney U test with tie correction says p < 0.05.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compare.h"

#define PATHS(...) ((const char *const[]){__VA_ARGS__, NULL})
/* Where it is over time: columns of vmstat.csv, or of samples.csv. */
#define COLUMNS(...) {PATHS(__VA_ARGS__), 0, PLOT_COLUMNS}
#define ZONES(value) {NULL, value, PLOT_ZONES}
#define MACHINE(value) {NULL, value, PLOT_MACHINE}
#define COUNTER(name, better, doc) {name, "", doc, PATHS("counters." name), better, COLUMNS(name)}

const struct compare_metric compare_metrics[] = {
	{"requests", "", "allocations asked for", PATHS("requests.total"), 0,
	 MACHINE(SERIES_REQUESTS)},
	{"failed", "", "allocations that got nothing", PATHS("requests.failed"), -1,
	 MACHINE(SERIES_FAILED)},
	{"alloc_p50", "us", "median allocation", PATHS("latency.all.p50.ns"), -1},
	{"alloc_p99", "us", "99th percentile of allocations", PATHS("latency.all.p99.ns"), -1},
	{"alloc_max", "us", "longest allocation", PATHS("latency.all.max.ns"), -1},
	{"fault_p50", "us", "median minor page fault", PATHS("pressure.page_faults.minor.p50_ns"),
	 -1},
	{"fault_p99", "us", "99th percentile of minor page faults",
	 PATHS("pressure.page_faults.minor.p99_ns"), -1},
	{"major_faults", "", "page faults that waited for a device",
	 PATHS("pressure.page_faults.major.faults"), -1, COLUMNS("pgmajfault")},
	{"stall_reclaim", "us", "tasks' time in direct reclaim",
	 PATHS("pressure.task_time_ns.reclaim"), -1, COLUMNS("time_reclaim_ns")},
	{"stall_compaction", "us", "tasks' time in direct compaction",
	 PATHS("pressure.task_time_ns.compaction"), -1, COLUMNS("time_compaction_ns")},
	{"stall_io", "us", "tasks' time waiting for swap, file reads and write-back",
	 PATHS("pressure.task_time_ns.swap_in", "pressure.task_time_ns.writeback"), -1,
	 COLUMNS("time_swap_in_ns", "time_writeback_ns")},
	{"stall_throttle", "us", "tasks' time throttled", PATHS("pressure.task_time_ns.throttle"),
	 -1, COLUMNS("time_throttle_ns")},
	{"psi_some", "us", "memory pressure, some", PATHS("pressure.psi_memory_some.total_us"),
	 -1, COLUMNS("psi_memory_some_ns")},
	{"psi_full", "us", "memory pressure, full", PATHS("pressure.psi_memory_full.total_us"),
	 -1, COLUMNS("psi_memory_full_ns")},
	{"kernel_threads", "us", "CPU time of kswapd, kcompactd and others",
	 PATHS("pressure.cpu_ns.kernel_threads"), -1, COLUMNS("cpu_kthread_ns")},
	COUNTER("pgscan_kswapd", 0, "pages scanned by kswapd"),
	COUNTER("pgscan_direct", -1, "pages scanned by tasks themselves"),
	COUNTER("pgsteal_kswapd", 0, "pages reclaimed by kswapd"),
	COUNTER("pgsteal_direct", -1, "pages reclaimed by tasks themselves"),
	COUNTER("pswpin", -1, "pages read from swap"),
	COUNTER("pswpout", -1, "pages written to swap"),
	COUNTER("workingset_refault_anon", -1, "anonymous pages that were needed again"),
	COUNTER("workingset_refault_file", -1, "file pages that were needed again"),
	COUNTER("pageoutrun", 0, "runs of kswapd"),
	COUNTER("oom_kill", -1, "processes killed"),
	COUNTER("compact_stall", 0, "direct compactions"),
	COUNTER("compact_success", 1, "direct compactions that helped"),
	COUNTER("compact_fail", -1, "direct compactions that did not"),
	COUNTER("compact_daemon_wake", 0, "wake-ups of kcompactd"),
	COUNTER("pgmigrate_success", 0, "pages moved"),
	COUNTER("thp_fault_alloc", 1, "huge pages got on fault"),
	COUNTER("thp_fault_fallback", -1, "huge pages not got on fault"),
	COUNTER("thp_collapse_alloc", 1, "huge pages got by khugepaged"),
	COUNTER("htlb_buddy_alloc_success", 1, "huge pages got for the pool"),
	{"order9", "", "blocks of order 9 that were had", PATHS("requests.got_by_order.9"), 1},
	{"unmovable_blocks", "", "pageblocks with pages that cannot move at the end, largest zone",
	 PATHS("zones.-1.unmovable_blocks"), -1, ZONES(SERIES_UNMOVABLE_BLOCKS)},
	{"fallbacks", "", "requests served with another type's pages", PATHS("events.fallback"),
	 -1, ZONES(SERIES_EXTFRAG_EVENTS)},
	{"fragmenting", "", "of these, the ones that split a pageblock",
	 PATHS("simulator.extfrag_fragmenting"), -1, ZONES(SERIES_FRAGMENTING_EVENTS)},
	{"boost_max", "pages", "largest watermark boost",
	 PATHS("events.watermark_boost_max_pages"), 0, ZONES(SERIES_BOOST)},
	{"free_end", "pages", "free at the end", PATHS("counters.nr_free_pages"), 0,
	 ZONES(SERIES_FREE)},
	{"unusable9", "", "unusable free space index of order 9 at the end, largest zone",
	 PATHS("zones.-1.unusable_index.9"), -1},
};
const u32 nr_compare_metrics = ARRAY_SIZE(compare_metrics);

/* The zone with most pages. */
static json_t *largest(json_t *zones)
{
	json_t *best = NULL, *zone;
	size_t i;

	json_array_foreach (zones, i, zone)
		if (!best || json_integer_value(json_object_get(zone, "managed_pages")) >
				     json_integer_value(json_object_get(best, "managed_pages")))
			best = zone;
	return best;
}

/* "a.b.2": members and places; -1 is the largest zone. */
static bool value_at(json_t *root, const char *path, double *value)
{
	char **words = g_strsplit(path, ".", -1);
	json_t *at = root;

	for (u32 i = 0; at && words[i]; i++) {
		if (json_is_object(at))
			at = json_object_get(at, words[i]);
		else if (!strcmp(words[i], "-1"))
			at = largest(at);
		else
			at = json_array_get(at, (size_t)g_ascii_strtoull(words[i], NULL, 10));
	}
	g_strfreev(words);
	if (!json_is_number(at))
		return false;
	*value = json_number_value(at);
	return true;
}

static bool metric_of(const struct compare_cell *cell, const struct compare_metric *metric,
		      double *value)
{
	double part;

	*value = 0;
	if (!cell->summary)
		return false;
	for (u32 i = 0; metric->paths[i]; i++) {
		/* What did not occur is left out of a summary: it counts as 0. */
		if (value_at(cell->summary, metric->paths[i], &part))
			*value += part;
	}
	if (!strcmp(metric->unit, "us") && !strstr(metric->paths[0], "_us"))
		*value /= 1000;
	return true;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Ranks k and n+1-k bound the median with at least 95 %: the binomial tail below k is <= 2.5 %. */
static u32 interval_rank(u32 n)
{
	double p = pow(0.5, n), tail = p;
	u32 k = 0;

	while (k < n / 2 && tail <= 0.025) {
		k++;
		p = p * (n - k + 1) / k;
		tail += p;
	}
	return k ? k : 1;
}

static void summarize(double *v, u32 n, struct compare_stat *stat)
{
	u32 k;

	stat->n = n;
	if (!n)
		return;
	qsort(v, n, sizeof(*v), by_value);
	k = interval_rank(n);
	stat->median = n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
	stat->low = v[k - 1];
	stat->high = v[n - k];
}

/* Two-sided p of the Mann-Whitney U test by its normal approximation, corrected for ties. */
static double mann_whitney(const double *a, u32 na, const double *b, u32 nb)
{
	double u = 0, ties = 0, n = na + nb, mean = na * (double)nb / 2, deviation, z;
	double *all = g_new(double, na + nb);

	for (u32 i = 0; i < na; i++)
		for (u32 k = 0; k < nb; k++)
			u += a[i] > b[k] ? 1 : a[i] == b[k] ? 0.5 : 0;
	memcpy(all, a, na * sizeof(*all));
	memcpy(all + na, b, nb * sizeof(*all));
	qsort(all, na + nb, sizeof(*all), by_value);
	for (u32 i = 0; i < na + nb;) {
		u32 k = i;

		while (k < na + nb && all[k] == all[i])
			k++;
		ties += (double)(k - i) * (k - i) * (k - i) - (k - i);
		i = k;
	}
	g_free(all);
	deviation = sqrt(na * (double)nb / 12 * (n + 1 - ties / (n * (n - 1))));
	if (deviation <= 0)
		return 1;
	z = (fabs(u - mean) - 0.5) / deviation;
	return z <= 0 ? 1 : erfc(z / sqrt(2));
}

bool compare_metric_stats(const struct compare *c, const struct compare_metric *metric,
			  struct compare_stat *stat)
{
	double *v = g_new0(double, c->nr_variants * c->nr_seeds);
	bool any = false;

	for (u32 i = 0; i < c->nr_variants; i++) {
		double *mine = v + i * c->nr_seeds;
		u32 n = 0;

		stat[i] = (struct compare_stat){0};
		for (u32 s = 0; s < c->nr_seeds; s++) {
			if (!metric_of(compare_cell(c, i, s), metric, &mine[n]))
				continue;
			any = any || mine[n] != 0;
			n++;
		}
		summarize(mine, n, &stat[i]);
		stat[i].change = stat[0].median != 0
					 ? (stat[i].median / stat[0].median - 1) * 100
					 : (double)NAN;
		stat[i].noise = i == 0 || !n || !stat[0].n ||
				mann_whitney(v, stat[0].n, mine, n) >= 0.05;
	}
	g_free(v);
	return any;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The figures of the recorded runs: from expected.json, which has one number a run for each, and
 * from the runs' event_summary.json, samples.csv and kernel_log_oom.txt.
 *
 * Figures are named as the recording names them; those of nested members are joined:
 * "nr_free_pages.min", "first.mm_vmscan_wakeup_kswapd", "touch.12", "wakeups.5",
 * "extfrag.0>1" (from the type asked for to the one it came from), "oom_free.DMA32".
 */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/stream.h"
#include "verify/pressure_internal.h"

static bool no_memory(const struct pressure_scenario *sc, struct err *err)
{
	return err_set(err, ERR_HOST_RES, "no memory for %s", sc->name);
}

/* {"mean": ..., "runs": [...]}: one number a run. */
static bool put_runs(struct pressure_scenario *sc, const char *name, const json_t *figure)
{
	const json_t *runs = json_object_get(figure, "runs");

	for (u32 i = 0; i < sc->nr_runs; i++) {
		const json_t *v = json_array_get(runs, i);

		if (json_is_number(v) && !pressure_set(&sc->run[i], name, json_number_value(v)))
			return false;
	}
	return true;
}

static bool put_group(struct pressure_scenario *sc, const char *group)
{
	json_t *figure;
	const char *name;

	json_object_foreach(json_object_get(sc->expected.root, group), name, figure)
		if (!put_runs(sc, name, figure))
			return false;
	return true;
}

static bool put_gauges(struct pressure_scenario *sc)
{
	json_t *gauge, *figure;
	const char *name, *kind;
	char joined[128];

	json_object_foreach(json_object_get(sc->expected.root, "gauges"), name, gauge)
		json_object_foreach(gauge, kind, figure)
		{
			snprintf(joined, sizeof(joined), "%s.%s", name, kind);
			if (!put_runs(sc, joined, figure))
				return false;
		}
	return true;
}

/* Members of a group by run: {"1": ..., "2": ...}. */
static const json_t *of_run(const struct pressure_scenario *sc, const char *group, u32 run)
{
	char key[16];

	snprintf(key, sizeof(key), "%u", run + 1);
	return json_object_get(json_object_get(sc->expected.root, group), key);
}

static bool put_numbers(struct pressure_run *run, const char *prefix, const json_t *object)
{
	const char *name;
	json_t *v;
	char joined[160];

	json_object_foreach((json_t *)object, name, v)
	{
		snprintf(joined, sizeof(joined), "%s.%s", prefix, name);
		if (json_is_number(v) && !pressure_set(run, joined, json_number_value(v)))
			return false;
	}
	return true;
}

static bool put_touches(struct pressure_run *run, const json_t *histogram)
{
	char name[32];
	json_t *v;
	size_t i;

	json_array_foreach((json_t *)histogram, i, v)
	{
		snprintf(name, sizeof(name), "touch.%zu", i);
		if (json_is_number(v) && !pressure_set(run, name, json_number_value(v)))
			return false;
	}
	return true;
}

static void put_victims(struct pressure_run *run, const json_t *victims)
{
	size_t used = 0, i;
	json_t *victim;

	json_array_foreach((json_t *)victims, i, victim)
	{
		const char *comm = json_string_value(json_object_get(victim, "comm"));

		if (comm && used < sizeof(run->victims))
			used += (size_t)snprintf(run->victims + used, sizeof(run->victims) - used,
						 "%s%s", i ? " > " : "", comm);
	}
}

bool pressure_read_expected(struct pressure_scenario *sc, struct err *err)
{
	bool ok = put_group(sc, "counters_delta") && put_group(sc, "derived") && put_gauges(sc);

	for (u32 i = 0; ok && i < sc->nr_runs; i++) {
		struct pressure_run *run = &sc->run[i];

		put_victims(run, of_run(sc, "oom_victims_by_run", i));
		ok = put_numbers(run, "first", of_run(sc, "first_event_ms_by_run", i)) &&
		     put_touches(run, of_run(sc, "touch_latency_log2_ns_by_run", i));
	}
	return ok || no_memory(sc, err);
}

bool pressure_read_observed(struct pressure_scenario *sc, struct err *err)
{
	static const char *const groups[] = {"counters_delta", "derived"};
	const char *name;
	json_t *v;

	for (u32 i = 0; i < ARRAY_SIZE(groups); i++)
		json_object_foreach(json_object_get(sc->expected.root, groups[i]), name, v)
			if (json_is_number(v) &&
			    !pressure_set(&sc->run[0], name, json_number_value(v)))
				return no_memory(sc, err);
	return true;
}

/* The number behind a word of a text. False: the word is not there. */
static bool number_after(const char *text, const char *word, u64 *n)
{
	const char *at = strstr(text, word);
	char *end;

	if (!at)
		return false;
	at += strlen(word);
	*n = g_ascii_strtoull(at, &end, 10);
	return end != at;
}

/* "alloc_mt=0 fallback_mt=1 fragmenting=0 own=1": 6 */
static bool put_extfrag(struct pressure_run *run, const json_t *extfrag)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)extfrag, key, v)
	{
		u64 from, to, fragmenting, own;
		double n = json_number_value(v);
		char name[32];

		if (!number_after(key, "alloc_mt=", &from) || from >= MIGRATE_TYPES ||
		    !number_after(key, "fallback_mt=", &to) || to >= MIGRATE_TYPES ||
		    !number_after(key, "fragmenting=", &fragmenting) ||
		    !number_after(key, "own=", &own))
			continue;
		snprintf(name, sizeof(name), "extfrag.%u>%u", (u32)from, (u32)to);
		if (!pressure_add(run, name, n) ||
		    !pressure_add(run, "extfrag_fragmenting", fragmenting ? n : 0) ||
		    !pressure_add(run, "extfrag_owned", own ? n : 0))
			return false;
	}
	return true;
}

static bool put_page_alloc(struct pressure_run *run, const json_t *page_alloc)
{
	const char *gfp;
	double atomic = 0;
	json_t *v;

	if (!page_alloc)
		return true;
	json_object_foreach(json_object_get(page_alloc, "by_gfp_top"), gfp, v)
		if (strstr(gfp, "GFP_ATOMIC"))
			atomic += json_number_value(v);
	return pressure_set(run, "allocs_atomic", atomic) &&
	       pressure_set(run, "allocs_failed", pressure_number(page_alloc, "failed", 0));
}

static bool put_events(struct pressure_run *run, const json_t *root)
{
	const json_t *kswapd = json_object_get(root, "kswapd");

	const json_t *balance = json_object_get(kswapd, "balance_runs_us");

	return pressure_set(run, "has_events", 1) &&
	       pressure_set(run, "balance_us_sum", pressure_number(balance, "sum", 0)) &&
	       put_numbers(run, "wakeups", json_object_get(kswapd, "wakeup_requests_by_order")) &&
	       put_extfrag(run, json_object_get(root, "extfrag")) &&
	       put_page_alloc(run, json_object_get(root, "page_alloc"));
}

static bool read_events(struct pressure_run *run, const char *path, struct err *err)
{
	struct json_doc doc = {0};
	bool ok = pressure_json_load(&doc, path, err);

	if (ok && !put_events(run, doc.root))
		ok = err_set(err, ERR_HOST_RES, "no memory for %s", path);
	json_doc_finish(&doc);
	return ok;
}

/* "Node 0 DMA32 free:8232kB boost:0kB min:9836kB ...", into pages of 4 KiB. */
static bool put_kill_zone(struct pressure_run *run, const char *line)
{
	const char *zone = strstr(line, "Node ");
	char name[PRESSURE_NAME_LEN];
	u64 free_kb, min_kb;
	size_t len;

	if (!zone || !number_after(zone, " free:", &free_kb) ||
	    !number_after(zone, " min:", &min_kb))
		return true;
	zone += strlen("Node ");
	zone += strspn(zone, "0123456789 ");
	len = strcspn(zone, " ");
	snprintf(name, sizeof(name), "oom_free.%.*s", (int)min_u64(len, 16), zone);
	if (!pressure_set(run, name, (double)(free_kb / 4)))
		return false;
	snprintf(name, sizeof(name), "oom_min.%.*s", (int)min_u64(len, 16), zone);
	return pressure_set(run, name, (double)(min_kb / 4));
}

/* The kernel's report of the first kill. */
static bool read_kill(struct pressure_run *run, const char *path, struct err *err)
{
	struct stream *in = stream_open(path, 16u << 20, err);
	unsigned int before = err->count;
	bool ok = true;
	size_t len;
	char *line;

	if (!in)
		return false;
	while (ok && (line = stream_line(in, &len, err)) && !strstr(line, "Killed process"))
		ok = put_kill_zone(run, line);
	stream_close(in);
	if (!ok)
		return err_set(err, ERR_HOST_RES, "no memory for %s", path);
	return err->count == before;
}

/* The driver's log begins with the guest's clock at t_ms 0. */
static bool read_begin(struct pressure_run *run, const char *path, struct err *err)
{
	struct stream *in = stream_open(path, 16u << 20, err);
	struct json_doc doc = {0};
	char *line;
	size_t len;
	bool ok;

	if (!in)
		return false;
	line = stream_line(in, &len, err);
	ok = line && json_doc_parse(&doc, path, line, len, err);
	stream_close(in);
	if (ok && !pressure_set(run, "begin_s", pressure_number(doc.root, "t0_s", 0)))
		ok = err_set(err, ERR_HOST_RES, "no memory for %s", path);
	json_doc_finish(&doc);
	return ok;
}

/* A file of the run's own folder; NULL: it is not there. */
static char *run_file(const struct pressure_scenario *sc, u32 run, const char *file)
{
	char name[64];

	if (sc->trace_path)
		return pressure_file(sc->path, file);
	snprintf(name, sizeof(name), "run%u/%s", run + 1, file);
	return pressure_file(sc->path, name);
}

bool pressure_read_run(struct pressure_scenario *sc, u32 run, struct err *err)
{
	struct pressure_run *r = &sc->run[run];
	char *events = run_file(sc, run, "event_summary.json");
	char *samples = run_file(sc, run, "samples.csv");
	char *kill = run_file(sc, run, "kernel_log_oom.txt");
	char *begin = run_file(sc, run, "processes.jsonl");
	bool ok = (!events || read_events(r, events, err)) &&
		  (!samples || pressure_series_load(&r->series, samples, err)) &&
		  (!kill || read_kill(r, kill, err)) && (!begin || read_begin(r, begin, err));

	free(events);
	free(samples);
	free(kill);
	free(begin);
	return ok;
}

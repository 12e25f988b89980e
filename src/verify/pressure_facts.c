/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The facts: what must hold whatever the numbers. Each row of the table is a figure with bands that
 * mean different things ("swapped" and "not swapped"). A fact is stated of a scenario when all real
 * runs lie in one band; it holds when all simulated runs lie in that band too, whose borders are
 * wider for them. So a scenario brings its own facts, whatever it is called.
 *
 * Three more are no bands: who is killed in which order, which event came first, and which order
 * most wake-ups of kswapd asked for.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mm/probes.h"
#include "verify/pressure_internal.h"

struct band {
	const char *text;
	double low, high;	  /* of the real runs */
	double sim_low, sim_high; /* of the simulated ones */
};

struct fact {
	const char *sum, *by; /* pressure_eval() */
	const char *if_sum;   /* stated only if this is at least if_least in all real runs; NULL */
	double if_least;
	struct band band[3];
	bool of_trace; /* a replay of page events can show it too */
	/* That it occurs is stated if it did so often in all real runs together: fewer is within
	   the tolerance of none (METRICS of the recordings, their absolute floors). */
	double floor;
	bool steady; /* a rate or a time: not stated where the real kernel differs from itself */
};

#define ALL	 INFINITY
#define STEAL	 "pgsteal_kswapd pgsteal_direct"
#define SCAN	 "pgscan_kswapd pgscan_direct"
#define STALLS	 "allocstall_dma allocstall_dma32 allocstall_normal allocstall_movable"
#define SCANNED(least) SCAN, (least)

static const struct fact facts[] = {
	/* what occurs at all */
	{"pswpout", NULL, NULL, 0,
	 {{"pages are swapped out", 1, ALL, 1, ALL}, {"nothing is swapped out", 0, 0, 0, 0}}, true,
	 .floor = 300},
	{"pswpin", NULL, "pswpout", 1,
	 {{"pages are swapped in", 1, ALL, 1, ALL}, {"nothing is swapped in", 0, 0, 0, 0}}, true,
	 .floor = 300},
	{"kswapd_wakes", NULL, NULL, 0,
	 {{"kswapd is needed", 1, ALL, 1, ALL}, {"kswapd is not needed", 0, 0, 0, 0}}, true},
	{"direct_reclaim_calls", NULL, NULL, 0,
	 {{"there is direct reclaim", 1, ALL, 1, ALL}, {"there is no direct reclaim", 0, 0, 0, 0}},
	 true},
	{"compaction_runs", NULL, NULL, 0,
	 {{"there is compaction", 1, ALL, 1, ALL}, {"there is no compaction", 0, 0, 0, 0}}, true,
	 .floor = 5},
	{"compact_stall", NULL, "compaction_runs", 1,
	 {{"requests stall for compaction", 1, ALL, 1, ALL},
	  {"no request stalls for compaction", 0, 0, 0, 0}}, .floor = 5},
	{"compact_success", "compact_stall", "compact_stall", 4,
	 {{"direct compaction practically always fails", 0, 0.05, 0, 0.15},
	  {"direct compaction sometimes succeeds", 0.15, ALL, 0.05, ALL}}},
	{SCAN, NULL, "kswapd_wakes", 1,
	 {{"pages are scanned", 100, ALL, 1, ALL}, {"no page is even scanned", 0, 0, 0, 0}}},
	{"allocs_failed", NULL, "allocs_atomic", 100,
	 {{"no allocation fails", 0, 0, 0, 0}}},

	/* what is reclaimed, and by whom */
	{"pgscan_anon", "pgscan_anon pgscan_file", SCANNED(1000),
	 {{"only anonymous pages are scanned", 0.99, 1, 0.95, 1},
	  {"only file pages are scanned", 0, 0.01, 0, 0.05},
	  {"both kinds of pages are scanned", 0.1, 0.9, 0.03, 0.97}}},
	{"pgsteal_direct", STEAL, SCANNED(1000),
	 {{"kswapd reclaims all", 0, 0, 0, 0},
	  {"direct reclaim has a small share", 0.01, 0.25, 0.003, 0.35},
	  {"direct reclaim has a large share", 0.28, 1, 0.2, 1}}},
	{STEAL, SCAN, SCANNED(1000),
	 {{"every scanned page is reclaimed", 0.99, ALL, 0.97, ALL},
	  {"most scanning is in vain", 0, 0.6, 0, 0.75},
	  {"part of the scanning is in vain", 0.65, 0.96, 0.4, 0.985}}},
	{STEAL, "kswapd_wakes", "pgsteal_kswapd", 20000,
	 {{"a balance run reclaims hundreds of pages", 100, 800, 50, 1100},
	  {"a balance run reclaims more than a thousand pages", 1000, 4000, 800, 5000}},
	 .steady = true},
	{"workingset_refault_file", NULL, "pgsteal_file", 1000,
	 {{"no reclaimed file page is missed", 0, 10, 0, 50},
	  {"reclaimed file pages are missed", 500, ALL, 200, ALL}}},
	{"nr_active_file.max", NULL, "workingset_refault_file", 500,
	 {{"missed file pages become active", 1000, ALL, 500, ALL}}},
	{"nr_active_anon.mean", "nr_anon_pages.mean", "pswpout", 1000,
	 {{"nearly all anonymous pages are inactive", 0, 0.08, 0, 0.2},
	  {"many anonymous pages are active", 0.2, 1, 0.1, 1}}},
	{"pgalloc_dma", "managed.DMA", NULL, 0,
	 {{"zone DMA is filled once and left alone", 0, 1.15, 0, 1.5},
	  {"zone DMA takes part in the turn-over", 2.5, ALL, 1.8, ALL}}},

	/* kswapd */
	{"pageoutrun", NULL, NULL, 0,
	 {{"kswapd gives up after 16 runs", 16, 16, 16, 16}}},
	{"kswapd_sleeps", NULL, "kswapd_wakes", 60,
	 {{"kswapd hardly ever sleeps fully", 0, 3, 0, 5},
	  {"kswapd sleeps between", 5, ALL, 4, ALL}}, .steady = true},
	{"kswapd_sleeps", NULL, "oom_kills", 1, {{"kswapd sleeps for good", 1, 1, 1, 1}}},
	{"samples_below_min_wmark", NULL, "kswapd_wakes", 20,
	 {{"free memory stays above the min mark", 0, 0, 0, 0}}},

	/* direct reclaim */
	{"first_direct_reclaim_ms -first_kswapd_wake_ms", NULL, "kswapd_wakes", 1,
	 {{"direct reclaim follows kswapd at once", 0, 5, 0, 15},
	  {"direct reclaim follows kswapd within 60 ms", 5, 60, 1, 120},
	  {"direct reclaim follows kswapd by tenths of a second", 60, 200, 25, 300}}},
	{"early_allocstall", NULL, "direct_reclaim_calls", 20,
	 {{"direct reclaim happens in the first 2 s of pressure only", 0.97, 1, 0.9, 1}},
	 .steady = true},
	{STALLS, "direct_reclaim_calls", "direct_reclaim_calls", 1,
	 {{"a call of direct reclaim counts as one stall", 0.95, 1.1, 0.9, 1.25},
	  {"a fruitless call of direct reclaim counts as two stalls", 1.8, 2.2, 1.6, 2.4}}},

	/* OOM */
	{"first_oom_ms -first_direct_reclaim_ms", NULL, "oom_kills", 1,
	 {{"the first kill follows direct reclaim at once", 0, 10, 0, 50}}},
	{"oom_free.DMA32", "oom_min.DMA32", "oom_kills", 1,
	 {{"the free lists are below min at the kill", 0, 0.9999, 0.5, 0.9999}}},

	/* swap */
	{"pswpin", "workingset_refault_anon", "pswpin", 1000,
	 {{"each page swapped in is a refault", 0.99, 1.01, 0.97, 1.03}}},
	{"pgmajfault", "pswpin", "pswpin", 1000,
	 {{"each page swapped in is a major fault", 0.98, 1.02, 0.95, 1.05}}},
	{"swap_ra_hit", "pswpin", "pswpin", 1000,
	 {{"swap read-ahead does next to nothing", 0, 0.015, 0, 0.03}}},
	{"early_swap_in", NULL, "pswpin", 1000,
	 {{"most swap-ins fall in the first 4 s of pressure", 0.55, 0.85, 0.45, 0.95}}},

	/* files, slab, fallbacks */
	{"nr_vmscan_immediate_reclaim", "pgsteal_file", "nr_dirtied", 10000,
	 {{"reclaim hardly meets dirty pages", 0, 0.01, 0, 0.02}}},
	{"nr_slab_reclaimable.end", "nr_slab_reclaimable.max", "slabs_scanned", 5000,
	 {{"reclaimable slab stays once it has grown", 0.9, 1, 0.85, 1}}},
	{"extfrag_owned", "extfrag_events", "extfrag_events", 5,
	 {{"most fallbacks take the pageblock over", 0.6, 1, 0.4, 1},
	  {"few fallbacks take the pageblock over", 0, 0.4, 0, 0.6}}},
	{"extfrag_fragmenting", "extfrag_events", "extfrag_events", 5,
	 {{"few fallbacks fragment", 0, 0.4, 0, 0.6}, {"most fallbacks fragment", 0.6, 1, 0.4, 1}}},
};

struct facts {
	const struct pressure_scenario *sc;
	const struct pressure_run *sim;
	u32 nr_sim;
	struct pressure_result *result;
};

static struct pressure_verdict *state_fact(const struct facts *f, const char *text, bool holds)
{
	struct pressure_verdict *v = pressure_verdict_new(f->result);

	if (!v)
		return NULL;
	snprintf(v->name, sizeof(v->name), "%s", text);
	v->fact = true;
	v->holds = holds;
	return v;
}

static void write_values(const struct pressure_run *runs, u32 n, const struct fact *fact, char *buf,
			 size_t len)
{
	size_t used = 0;

	buf[0] = '\0';
	for (u32 i = 0; i < n && used < len; i++) {
		double v = pressure_eval(&runs[i], fact->sum, fact->by);

		if (isnan(v))
			used += (size_t)snprintf(buf + used, len - used, "%snone", i ? " " : "");
		else
			used += (size_t)snprintf(buf + used, len - used, "%s%.4g", i ? " " : "", v);
	}
}

static bool all_within(const struct pressure_run *runs, u32 n, const struct fact *fact, double low,
		       double high)
{
	for (u32 i = 0; i < n; i++) {
		double v = pressure_eval(&runs[i], fact->sum, fact->by);

		if (!(v >= low && v <= high))
			return false;
	}
	return true;
}

static bool is_stated(const struct facts *f, const struct fact *fact)
{
	for (u32 i = 0; fact->if_sum && i < f->sc->nr_runs; i++)
		if (!(pressure_eval(&f->sc->run[i], fact->if_sum, NULL) >= fact->if_least))
			return false;
	return (fact->of_trace || !f->sc->trace_path) && !(fact->steady && f->sc->chaotic);
}

/* It occurs in the real runs, but so rarely that a run without it agrees with them. */
static bool is_rare(const struct facts *f, const struct fact *fact)
{
	double sum = 0;

	for (u32 i = 0; i < f->sc->nr_runs; i++)
		sum += pressure_eval(&f->sc->run[i], fact->sum, fact->by);
	return sum > 0 && sum < fact->floor;
}

static bool judge_bands(const struct facts *f, const struct fact *fact)
{
	bool stated = is_stated(f, fact) && !is_rare(f, fact);

	for (u32 b = 0; stated && b < ARRAY_SIZE(fact->band); b++) {
		const struct band *band = &fact->band[b];
		struct pressure_verdict *v;

		if (!band->text ||
		    !all_within(f->sc->run, f->sc->nr_runs, fact, band->low, band->high))
			continue;
		v = state_fact(f, band->text,
			       all_within(f->sim, f->nr_sim, fact, band->sim_low, band->sim_high));
		if (!v)
			return false;
		write_values(f->sc->run, f->sc->nr_runs, fact, v->real, sizeof(v->real));
		write_values(f->sim, f->nr_sim, fact, v->got, sizeof(v->got));
		return true;
	}
	return true;
}

/* Who is killed, in which order, if that is the same in all real runs. */
static bool judge_victims(const struct facts *f)
{
	const char *victims = f->sc->run[0].victims, *other = NULL;
	struct pressure_verdict *v;
	char text[96];

	for (u32 i = 1; i < f->sc->nr_runs; i++)
		if (strcmp(f->sc->run[i].victims, victims) != 0)
			return true;
	for (u32 i = 0; i < f->nr_sim && !other; i++)
		if (strcmp(f->sim[i].victims, victims) != 0)
			other = f->sim[i].victims;
	snprintf(text, sizeof(text), "%s%.64s", *victims ? "killed: " : "nobody is killed",
		 victims);
	v = state_fact(f, text, !other);
	if (!v)
		return false;
	snprintf(v->real, sizeof(v->real), "%.60s", *victims ? victims : "nobody");
	other = other ? other : victims;
	snprintf(v->got, sizeof(v->got), "%.60s", *other ? other : "nobody");
	return true;
}

static bool is_probed(const char *event)
{
	static const char *const probes[] = {
#define X(name) #name,
		MM_PROBES(X)
#undef X
	};

	for (u32 i = 0; i < ARRAY_SIZE(probes); i++)
		if (!strcmp(probes[i], event))
			return true;
	return false;
}

/* The events that came in this order in all real runs; false: it is another one here. */
static bool same_order(const json_t *events, const struct pressure_run *run, char *late, size_t len)
{
	double before = -INFINITY;
	json_t *event;
	size_t i;

	json_array_foreach((json_t *)events, i, event)
	{
		const char *name = json_string_value(event);
		char figure[96];
		double t;

		if (!name || !is_probed(name))
			continue;
		snprintf(figure, sizeof(figure), "first.%s", name);
		t = pressure_get(run, figure);
		if (!(t >= before)) {
			snprintf(late, len, "%s: %.50s", isnan(t) ? "none" : "too early", name);
			return false;
		}
		before = t;
	}
	return true;
}

static bool judge_order(const struct facts *f)
{
	const json_t *events = json_object_get(f->sc->expected.root,
					       "first_event_order_same_in_all_runs");
	struct pressure_verdict *v;
	char late[64] = "as recorded";
	bool holds = true;

	if (json_array_size(events) < 2)
		return true;
	for (u32 i = 0; i < f->nr_sim && holds; i++)
		holds = same_order(events, &f->sim[i], late, sizeof(late));
	v = state_fact(f, "first events come in the recorded order", holds);
	if (!v)
		return false;
	snprintf(v->real, sizeof(v->real), "%zu events", json_array_size(events));
	snprintf(v->got, sizeof(v->got), "%s", late);
	return true;
}

/* Which order most requests to wake kswapd asked for; -1: no more than `least` of them agree. */
static s32 usual_order(const struct pressure_run *run, double least)
{
	double most = 0, all = 0;
	s32 order = -1;

	for (s32 i = pressure_next(run, "wakeups.", 0); i >= 0;
	     i = pressure_next(run, "wakeups.", i + 1)) {
		all += run->value[i].v;
		if (run->value[i].v <= most)
			continue;
		most = run->value[i].v;
		order = (s32)strtol(run->value[i].name + strlen("wakeups."), NULL, 10);
	}
	return all > 0 && most > least * all ? order : -1;
}

static bool judge_wakeups(const struct facts *f)
{
	s32 order = usual_order(&f->sc->run[0], 0.65), got = order;
	struct pressure_verdict *v;
	char text[64];

	for (u32 i = 1; i < f->sc->nr_runs; i++)
		if (usual_order(&f->sc->run[i], 0.65) != order)
			return true;
	if (order < 0)
		return true;
	for (u32 i = 0; i < f->nr_sim && got == order; i++)
		got = usual_order(&f->sim[i], 0.5);
	snprintf(text, sizeof(text), "most wake-ups of kswapd are for order %d", order);
	v = state_fact(f, text, got == order);
	if (!v)
		return false;
	snprintf(v->real, sizeof(v->real), "order %d", order);
	snprintf(v->got, sizeof(v->got), got < 0 ? "no order" : "order %d", got);
	return true;
}

bool pressure_facts(const struct pressure_scenario *sc, const struct pressure_run *sim, u32 nr_sim,
		    struct pressure_result *result)
{
	const struct facts f = {sc, sim, nr_sim, result};
	bool ok = judge_victims(&f) && judge_order(&f) && judge_wakeups(&f);

	for (u32 i = 0; ok && i < ARRAY_SIZE(facts); i++)
		ok = judge_bands(&f, &facts[i]);
	return ok;
}

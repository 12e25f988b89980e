/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The metrics: which figures are compared, and how close is close enough. A simulated value x
 * agrees with the mean m and standard deviation s of the real runs when |x - m| is at most
 * max(3 s, r m, a): r follows from the level, a is the metric's floor. Distances and shares have
 * an absolute tolerance in the place of r m and count as level B.
 *
 * What is smaller than its floor on both sides says nothing and is not counted.
 */
#include <math.h>
#include <string.h>

#include "verify/pressure_internal.h"

#define SPREAD 3.0 /* standard deviations of the real kernel */

const char *const pressure_level_names[NR_PRESSURE_LEVELS] = {"A", "B", "C", "exact"};

static const double relative[NR_PRESSURE_LEVELS] = {0.05, 0.15, 0.50, 0};

/* RULE_SHARE: absolute, and nothing is said where both sides are below the floor. */
enum rule { RULE_RELATIVE, RULE_ABSOLUTE, RULE_SHARE, RULE_FACTOR };

/* Which level, where the table's depends on the scenario. */
enum level_if {
	ALWAYS,
	B_WITH_SWAP,  /* A; B if pages are swapped */
	C_IF_CLASSIC, /* B; C with two lists */
	C_IF_UNPACED, /* A; C if a step goes as fast as it can */
};

struct metric {
	const char *name, *sum, *by; /* pressure_eval() */
	enum pressure_level level;
	double floor;
	enum rule rule;
	enum level_if level_if;
	bool not_of_trace; /* depends on what a trace of page events does not tell */
};

static const struct metric metrics[] = {
	{"first kswapd wake-up, ms", "first_kswapd_wake_ms", NULL, LEVEL_A, 50, RULE_RELATIVE,
	 C_IF_UNPACED},
	{"first OOM kill, ms", "first_oom_ms", NULL, LEVEL_A, 50, RULE_RELATIVE, C_IF_UNPACED},
	{"OOM kills", "oom_kills", NULL, LEVEL_EXACT, 0, RULE_RELATIVE, ALWAYS},
	{"pgalloc", "pgalloc_dma pgalloc_dma32 pgalloc_normal pgalloc_movable", NULL, LEVEL_A, 200,
	 RULE_RELATIVE, ALWAYS},
	{"pgfree", "pgfree", NULL, LEVEL_A, 200, RULE_RELATIVE, ALWAYS},
	{"pgfault", "pgfault", NULL, LEVEL_A, 200, RULE_RELATIVE, ALWAYS, true},
	{"thp_fault_alloc", "thp_fault_alloc", NULL, LEVEL_A, 200, RULE_RELATIVE, ALWAYS},
	{"pgsteal", "pgsteal_kswapd pgsteal_direct", NULL, LEVEL_A, 300, RULE_RELATIVE,
	 B_WITH_SWAP},
	{"direct share of steal", "pgsteal_direct", "pgsteal_kswapd pgsteal_direct", LEVEL_B, 0.05,
	 RULE_ABSOLUTE, ALWAYS},
	{"pgscan", "pgscan_kswapd pgscan_direct", NULL, LEVEL_B, 1000, RULE_RELATIVE,
	 C_IF_CLASSIC},
	{"steal / scan", "pgsteal_kswapd pgsteal_direct", "pgscan_kswapd pgscan_direct", LEVEL_B, 0,
	 RULE_RELATIVE, C_IF_CLASSIC},
	{"pswpout", "pswpout", NULL, LEVEL_B, 300, RULE_RELATIVE, ALWAYS},
	{"pswpin", "pswpin", NULL, LEVEL_B, 300, RULE_RELATIVE, ALWAYS},
	{"workingset_refault_anon", "workingset_refault_anon", NULL, LEVEL_B, 300, RULE_RELATIVE,
	 ALWAYS},
	{"workingset_refault_file", "workingset_refault_file", NULL, LEVEL_B, 300, RULE_RELATIVE,
	 ALWAYS},
	{"kswapd balance runs", "kswapd_wakes", NULL, LEVEL_B, 5, RULE_RELATIVE, ALWAYS},
	{"order-9 success", "thp_fault_alloc", "thp_fault_alloc thp_fault_fallback", LEVEL_B, 0.15,
	 RULE_ABSOLUTE, ALWAYS},
	{"huge pages in the pool", "htlb_buddy_alloc_success", NULL, LEVEL_B, 2, RULE_RELATIVE,
	 ALWAYS},
	{"compact_stall", "compact_stall", NULL, LEVEL_C, 5, RULE_RELATIVE, ALWAYS},
	{"compact_success", "compact_success", NULL, LEVEL_C, 5, RULE_RELATIVE, ALWAYS},
	{"compact_fail", "compact_fail", NULL, LEVEL_C, 5, RULE_RELATIVE, ALWAYS},
	{"pgmigrate_success", "pgmigrate_success", NULL, LEVEL_B, 500, RULE_RELATIVE, ALWAYS},
	{"compact_migrate_scanned", "compact_migrate_scanned", NULL, LEVEL_C, 500, RULE_RELATIVE,
	 ALWAYS},
	{"compact_free_scanned", "compact_free_scanned", NULL, LEVEL_C, 500, RULE_RELATIVE, ALWAYS},
	{"extfrag events", "extfrag_events", NULL, LEVEL_C, 5, RULE_RELATIVE, ALWAYS},
	{"slabs_scanned", "slabs_scanned", NULL, LEVEL_C, 500, RULE_RELATIVE, ALWAYS, true},
	{"pgrefill", "pgrefill", NULL, LEVEL_C, 500, RULE_RELATIVE, ALWAYS, true},
	{"pgactivate", "pgactivate", NULL, LEVEL_C, 500, RULE_RELATIVE, ALWAYS, true},
	{"direct reclaim / fault", "direct_reclaim_us_p50", "fault_us", LEVEL_C, 0, RULE_FACTOR,
	 ALWAYS, true},
	{"compaction / fault", "compaction_us_p50", "fault_us", LEVEL_C, 0, RULE_FACTOR,
	 ALWAYS, true},
	{"pressure stall some, us", "psi_some_us", NULL, LEVEL_C, 50000, RULE_RELATIVE,
	 ALWAYS, true},
	{"pressure stall full, us", "psi_full_us", NULL, LEVEL_C, 50000, RULE_RELATIVE,
	 ALWAYS, true},
};

struct compare {
	const struct pressure_scenario *sc;
	const struct pressure_run *sim;
	u32 nr_sim;
	struct pressure_result *result;
};

struct spread { /* of one figure over runs */
	u32 n;	/* runs that have it */
	double mean, sd, v[PRESSURE_MAX_RUNS];
};

static void spread_add(struct spread *s, double v)
{
	if (!isnan(v))
		s->v[s->n++] = v;
}

static void spread_end(struct spread *s)
{
	double sum = 0, squares = 0;

	for (u32 i = 0; i < s->n; i++)
		sum += s->v[i];
	s->mean = s->n ? sum / s->n : NAN;
	for (u32 i = 0; i < s->n; i++)
		squares += (s->v[i] - s->mean) * (s->v[i] - s->mean);
	s->sd = s->n > 1 ? sqrt(squares / (s->n - 1)) : 0;
}

static struct spread spread_of(const struct pressure_run *runs, u32 n, const struct metric *m)
{
	struct spread s = {0};

	for (u32 i = 0; i < n; i++)
		spread_add(&s, pressure_eval(&runs[i], m->sum, m->by));
	spread_end(&s);
	return s;
}

/* Of a trace there is one run: how far the real kernel is from itself nobody knows. */
static enum pressure_level level_of(const struct compare *c, const struct metric *m)
{
	const struct pressure_run *first = &c->sc->run[0];

	if (c->sc->trace_path && m->level == LEVEL_A)
		return LEVEL_B;
	switch (m->level_if) {
	case B_WITH_SWAP:
		return pressure_get(first, "pswpout") > 0 ? LEVEL_B : LEVEL_A;
	case C_IF_CLASSIC:
		return c->sc->classic ? LEVEL_C : LEVEL_B;
	case C_IF_UNPACED:
		return c->sc->paced ? LEVEL_A : LEVEL_C;
	case ALWAYS:
		break;
	}
	return m->level;
}

static double tolerance_of(const struct metric *m, enum pressure_level level,
			   const struct spread *real)
{
	double least = m->rule == RULE_RELATIVE ? fabs(real->mean) * relative[level] : 0;

	return fmax(fmax(SPREAD * real->sd, least), m->floor);
}

static bool agrees(const struct metric *m, double tolerance, const struct spread *real, double x)
{
	if (fabs(x - real->mean) <= tolerance)
		return true;
	return m->rule == RULE_FACTOR && x >= real->mean / 3 && x <= real->mean * 3;
}

static bool add(const struct compare *c, const struct metric *m, const struct spread *real,
		const struct spread *sim)
{
	enum pressure_level level = level_of(c, m);
	double tolerance = tolerance_of(m, level, real);
	bool small = (m->rule == RULE_RELATIVE || m->rule == RULE_SHARE) &&
		     fabs(real->mean) <= m->floor;
	bool holds = sim->n && agrees(m, tolerance, real, sim->mean);
	struct pressure_verdict *v;

	if (c->sc->chaotic && level != LEVEL_C && level != LEVEL_EXACT)
		return true;
	if (c->sc->trace_path && m->not_of_trace)
		return true;
	if (small && holds && fabs(sim->mean) <= m->floor)
		return true;
	v = pressure_verdict_new(c->result);
	if (!v)
		return false;
	snprintf(v->name, sizeof(v->name), "%s", m->name);
	v->level = level;
	v->holds = holds;
	v->mean = real->mean;
	v->sd = real->sd;
	v->simulated = sim->mean;
	v->tolerance = tolerance;
	return true;
}

/* What the kernel has in some runs only, or what makes no sense without the other, says nothing. */
static bool compare_one(const struct compare *c, const struct metric *m)
{
	struct spread real = spread_of(c->sc->run, c->sc->nr_runs, m);
	struct spread sim = spread_of(c->sim, c->nr_sim, m);

	return real.n < c->sc->nr_runs || add(c, m, &real, &sim);
}

/* One metric for each name with this prefix that either side has. */
static bool compare_all(const struct compare *c, const char *prefix, const char *words,
			struct metric m)
{
	char name[PRESSURE_NAME_LEN + 48];

	m.name = name;
	for (u32 r = 0; r < c->sc->nr_runs + c->nr_sim; r++) {
		const struct pressure_run *run =
			r < c->sc->nr_runs ? &c->sc->run[r] : &c->sim[r - c->sc->nr_runs];

		for (s32 i = pressure_next(run, prefix, 0); i >= 0;
		     i = pressure_next(run, prefix, i + 1)) {
			bool seen = false;

			m.sum = run->value[i].name;
			for (u32 k = 0; k < r && !seen; k++)
				seen = !isnan(pressure_get(k < c->sc->nr_runs
								   ? &c->sc->run[k]
								   : &c->sim[k - c->sc->nr_runs],
							   m.sum));
			snprintf(name, sizeof(name), "%s %s", words, m.sum + strlen(prefix));
			if (!seen && !compare_one(c, &m))
				return false;
		}
	}
	return true;
}

static bool compare_zone(const struct compare *c, const struct pressure_zone *zone)
{
	char name[64], figure[48];
	struct metric m = {.name = name, .sum = figure, .level = LEVEL_A};

	snprintf(name, sizeof(name), "free at the first kill, %s", zone->name);
	snprintf(figure, sizeof(figure), "oom_free.%s", zone->name);
	m.floor = zone->batch * c->sc->cpus + 64;
	if (!isnan(pressure_get(&c->sc->run[0], figure)) && !compare_one(c, &m))
		return false;
	snprintf(name, sizeof(name), "least free, %s", zone->name);
	snprintf(figure, sizeof(figure), "min_free_pages_%s", zone->name);
	m.floor = 200;
	if (!isnan(pressure_get(&c->sc->run[0], figure)) && !compare_one(c, &m))
		return false;
	snprintf(name, sizeof(name), "mean free, %s", zone->name);
	snprintf(figure, sizeof(figure), "mean_free_pages_%s", zone->name);
	m.floor = 300;
	m.level = LEVEL_B;
	return isnan(pressure_get(&c->sc->run[0], figure)) || compare_one(c, &m);
}

#define SIDE_MEAN PRESSURE_MAX_RUNS /* in the place of a run: the mean of the real ones */

/* Figure NAME.zone.order of a run, or the mean of the real runs but for `leave_out`. */
static double by_order(const struct compare *c, const struct pressure_run *run, u32 leave_out,
		       const char *name, const char *zone, u32 order)
{
	char figure[48];
	double sum = 0;
	u32 n = 0;

	snprintf(figure, sizeof(figure), "%s.%s.%u", name, zone, order);
	if (run)
		return pressure_get(run, figure);
	for (u32 i = 0; i < c->sc->nr_runs; i++) {
		if (i == leave_out && c->sc->nr_runs > 1)
			continue;
		sum += pressure_get(&c->sc->run[i], figure);
		n++;
	}
	return sum / n;
}

/* Sum over orders of the pages by which the blocks differ, as a share of the free ones. */
static double blocks_distance(const struct compare *c, const struct pressure_run *run, u32 out,
			      const char *zone)
{
	double free = 0, apart = 0;

	for (u32 o = 0; o < NR_PAGE_ORDERS_LIMIT; o++) {
		double real = by_order(c, NULL, out, "blocks", zone, o);
		double other = by_order(c, run, 0, "blocks", zone, o);

		if (isnan(real) && o)
			break;
		free += real * (double)(1u << o);
		apart += fabs(real - other) * (double)(1u << o);
	}
	return free > 0 ? apart / free : NAN;
}

/* Distance of the simulated runs from the mean of the real ones; how far each of those is from the
   others is the real kernel's spread. */
static bool compare_blocks(const struct compare *c, const char *zone)
{
	struct metric m = {.level = LEVEL_B, .floor = 0.25, .rule = RULE_ABSOLUTE};
	struct spread real = {0}, sim = {0};
	char name[64];

	for (u32 i = 0; c->sc->nr_runs > 1 && i < c->sc->nr_runs; i++)
		spread_add(&real, blocks_distance(c, &c->sc->run[i], i, zone));
	for (u32 i = 0; i < c->nr_sim; i++)
		spread_add(&sim, blocks_distance(c, &c->sim[i], SIDE_MEAN, zone));
	spread_end(&real);
	spread_end(&sim);
	for (u32 i = 0; i < real.n; i++)
		m.floor = fmax(m.floor, real.v[i]);
	if (isnan(by_order(c, NULL, SIDE_MEAN, "blocks", zone, 0)))
		return true;
	real.mean = real.sd = 0;
	snprintf(name, sizeof(name), "free blocks at the end, %s", zone);
	m.name = name;
	return add(c, &m, &real, &sim);
}

/* The unusable free space index of each order, mean over samples. */
static bool compare_unusable(const struct compare *c, const char *zone)
{
	char name[64], figure[48];
	struct metric m = {.name = name, .sum = figure, .level = LEVEL_B, .floor = 0.10,
			   .rule = RULE_SHARE};

	for (u32 o = 1; o < NR_PAGE_ORDERS_LIMIT; o++) {
		snprintf(name, sizeof(name), "unusable index of order %u, %s", o, zone);
		snprintf(figure, sizeof(figure), "unusable.%s.%u", zone, o);
		if (!isnan(pressure_get(&c->sc->run[0], figure)) && !compare_one(c, &m))
			return false;
	}
	return true;
}

static bool compare_events(const struct compare *c)
{
	return isnan(pressure_get(&c->sc->run[0], "has_events")) ||
	       (compare_all(c, "wakeups.", "wake-ups of order",
			    (struct metric){.level = LEVEL_B, .floor = 5, .not_of_trace = true}) &&
		compare_all(c, "extfrag.", "extfrag, types",
			    (struct metric){.level = LEVEL_C, .floor = 5}));
}

bool pressure_metrics(const struct pressure_scenario *sc, const struct pressure_run *sim,
		      u32 nr_sim, struct pressure_result *result)
{
	const struct compare c = {sc, sim, nr_sim, result};
	bool ok = true;

	for (u32 i = 0; ok && i < ARRAY_SIZE(metrics); i++) {
		struct metric m = metrics[i];

		if (!strcmp(m.name, "direct share of steal") && sc->cpus > 1)
			m.floor = 0.10; /* kswapd and the allocator really race */
		ok = compare_one(&c, &m);
	}
	ok = ok && compare_events(&c);
	for (u32 z = 0; ok && z < sc->nr_zones; z++)
		ok = compare_zone(&c, &sc->zone[z]) &&
		     compare_blocks(&c, sc->zone[z].name) &&
		     compare_unusable(&c, sc->zone[z].name);
	return ok;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a recording's tracer and sampler did, done to a simulated run: counters, first occurrences,
 * durations and samples every 200 ms, under the names that recordings use (docs/verify.md).
 */
#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/pressure.h"
#include "machine/psi.h"
#include "mm/vmstat.h"
#include "record/listen.h"
#include "record/sample.h"

#define MAX_COLUMNS    512u
#define DRIVER_EXIT_NS (200 * NSEC_PER_MSEC)
#define ATOMIC	       (__GFP_HIGH | __GFP_KSWAPD_RECLAIM)

struct durations { /* us */
	double *v, sum;
	u32 n, cap;
};

struct first { /* of one kind of event */
	struct pressure_watch *watch;
	bool seen;
	u64 t_ns;
};

struct pressure_watch {
	struct sim *sim;
	struct mm *mm;
	struct pressure_run *run;
	bool no_memory;
	u64 start_ns, begin_ns; /* begin: from the start on */
	u64 vm_event[NR_VM_EVENT_ITEMS]; /* at the start, as all that follow */
	s64 node_stat[NR_VM_NODE_STAT_ITEMS];
	u64 psi_some, psi_full;

	struct first first[NR_MM_PROBES];
	struct probe_listener first_listener[NR_MM_PROBES], listener[NR_MM_PROBES];
	u64 wakeups[NR_PAGE_ORDERS_LIMIT];
	u64 extfrag[MIGRATE_TYPES][MIGRATE_TYPES], owned, fragmenting, extfrags;
	u64 touches[64];
	u64 kswapd_wakes, kswapd_sleeps, awake_since_ns, awake_ns;
	u64 allocs_failed, allocs_atomic;
	struct durations reclaim, compaction, balance;
	bool killed;
	struct event tick;
};

static double ms(const struct pressure_watch *w, u64 t_ns)
{
	return ((double)t_ns - (double)(w->start_ns + w->begin_ns)) / 1e6;
}

static void put(struct pressure_watch *w, double v, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void put(struct pressure_watch *w, double v, const char *fmt, ...)
{
	char name[PRESSURE_NAME_LEN];
	va_list args;

	va_start(args, fmt);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	w->no_memory = !pressure_set(w->run, name, v) || w->no_memory;
}

static void add_duration(struct pressure_watch *w, struct durations *d, u64 ns)
{
	if (d->n == d->cap) {
		u32 cap = d->cap ? d->cap * 2 : 256;
		double *more = realloc(d->v, cap * sizeof(*more));

		if (!more) {
			w->no_memory = true;
			return;
		}
		d->v = more;
		d->cap = cap;
	}
	d->v[d->n++] = (double)ns / 1e3;
	d->sum += (double)ns / 1e3;
}

/* Listeners. */

static void on_first(void *data, const void *args)
{
	struct first *first = data;

	(void)args;
	if (first->seen)
		return;
	first->seen = true;
	first->t_ns = engine_now(first->watch->sim->engine);
}

static void on_wakeup(void *data, const void *args)
{
	const struct trace_mm_vmscan_wakeup_kswapd *t = args;
	struct pressure_watch *w = data;

	if (t->order < NR_PAGE_ORDERS_LIMIT)
		w->wakeups[t->order]++;
}

/* The machine's own start-up is no event: the recorded ones had long been up. */
static void on_first_sleep(void *data, const void *args)
{
	struct first *first = data;

	if (first->watch->kswapd_wakes)
		on_first(data, args);
}

static void on_kswapd_wake(void *data, const void *args)
{
	struct pressure_watch *w = data;

	(void)args;
	w->kswapd_wakes++;
	if (!w->awake_since_ns)
		w->awake_since_ns = engine_now(w->sim->engine);
}

static void on_kswapd_sleep(void *data, const void *args)
{
	struct pressure_watch *w = data;

	(void)args;
	if (!w->awake_since_ns) /* it came from the start-up of the machine */
		return;
	w->kswapd_sleeps++;
	w->awake_ns += engine_now(w->sim->engine) - w->awake_since_ns;
	w->awake_since_ns = 0;
}

static void on_reclaim_end(void *data, const void *args)
{
	const struct trace_mm_vmscan_direct_reclaim_end *t = args;
	struct pressure_watch *w = data;

	add_duration(w, &w->reclaim, engine_now(w->sim->engine) - t->start_ns);
}

static void on_balance_end(void *data, const void *args)
{
	const struct trace_mm_vmscan_balance_pgdat_end *t = args;
	struct pressure_watch *w = data;

	add_duration(w, &w->balance, engine_now(w->sim->engine) - t->start_ns);
}

static void on_compaction_end(void *data, const void *args)
{
	const struct trace_mm_compaction_end *t = args;
	struct pressure_watch *w = data;

	add_duration(w, &w->compaction, engine_now(w->sim->engine) - t->start_ns);
}

static void on_extfrag(void *data, const void *args)
{
	const struct trace_mm_page_alloc_extfrag *t = args;
	struct pressure_watch *w = data;

	w->extfrags++;
	w->extfrag[t->alloc_migratetype][t->fallback_migratetype]++;
	w->owned += t->change_ownership;
	w->fragmenting += t->fragmenting;
}

static void on_alloc(void *data, const void *args)
{
	const struct trace_mm_page_alloc *t = args;
	struct pressure_watch *w = data;

	w->allocs_failed += t->pfn == PFN_NONE;
	w->allocs_atomic += (t->gfp & (ATOMIC | __GFP_DIRECT_RECLAIM)) == ATOMIC;
}

static void on_fault(void *data, const void *args)
{
	const struct trace_mm_fault_done *t = args;
	struct pressure_watch *w = data;

	w->touches[63 - __builtin_clzll(t->latency_ns | 1)]++;
}

/* The report begins with the state of the zones; the kill comes when it has been written. */
static void on_kill_report(void *data, const void *args)
{
	struct pressure_watch *w = data;

	(void)args;
	if (w->killed)
		return;
	w->killed = true;
	for_each_populated_zone (w->mm, zone) {
		put(w, (double)zone_page_state(zone, NR_FREE_PAGES), "oom_free.%s",
		    zone_name(zone->type));
		put(w, (double)(zone->_watermark[WMARK_MIN] + zone->watermark_boost), "oom_min.%s",
		    zone_name(zone->type));
	}
}

static void on_victim(void *data, const void *args)
{
	const struct trace_mark_victim *t = args;
	struct pressure_watch *w = data;
	char *text = w->run->victims;
	size_t used = strlen(text);

	on_kill_report(data, NULL);
	snprintf(text + used, sizeof(w->run->victims) - used, "%s%s", used ? " > " : "",
		 t->victim->comm);
}

static const listen_fn on_event[NR_MM_PROBES] = {
	[PROBE_mm_vmscan_wakeup_kswapd] = on_wakeup,
	[PROBE_mm_vmscan_kswapd_wake] = on_kswapd_wake,
	[PROBE_mm_vmscan_kswapd_sleep] = on_kswapd_sleep,
	[PROBE_mm_vmscan_direct_reclaim_end] = on_reclaim_end,
	[PROBE_mm_vmscan_balance_pgdat_end] = on_balance_end,
	[PROBE_mm_compaction_end] = on_compaction_end,
	[PROBE_mm_page_alloc_extfrag] = on_extfrag,
	[PROBE_mm_page_alloc] = on_alloc,
	[PROBE_mm_fault_done] = on_fault,
	[PROBE_oom_report] = on_kill_report,
	[PROBE_mark_victim] = on_victim,
};

/* Events whose first occurrence recordings give. */
static const listen_fn on_first_event[NR_MM_PROBES] = {
	[PROBE_mm_page_pcpu_drain] = on_first,
	[PROBE_mm_page_alloc_extfrag] = on_first,
	[PROBE_mm_vmscan_wakeup_kswapd] = on_first,
	[PROBE_mm_vmscan_kswapd_wake] = on_first,
	[PROBE_mm_vmscan_kswapd_sleep] = on_first_sleep,
	[PROBE_mm_vmscan_direct_reclaim_begin] = on_first,
	[PROBE_mm_vmscan_direct_reclaim_end] = on_first,
	[PROBE_mm_vmscan_balance_pgdat_begin] = on_first,
	[PROBE_mm_vmscan_balance_pgdat_end] = on_first,
	[PROBE_mm_vmscan_lru_shrink_inactive] = on_first,
	[PROBE_mm_vmscan_lru_shrink_active] = on_first,
	[PROBE_mm_vmscan_throttled] = on_first,
	[PROBE_mm_vmscan_write_folio] = on_first,
	[PROBE_mm_shrink_slab_end] = on_first,
	[PROBE_mark_victim] = on_first,
	[PROBE_mm_compaction_begin] = on_first,
	[PROBE_mm_compaction_end] = on_first,
	[PROBE_mm_compaction_try_to_compact_pages] = on_first,
	[PROBE_mm_compaction_kcompactd_wake] = on_first,
	[PROBE_mm_compaction_kcompactd_sleep] = on_first,
	[PROBE_mm_compaction_migratepages] = on_first,
};

static const char *const probe_names[NR_MM_PROBES] = {
#define X(name) #name,
	MM_PROBES(X)
#undef X
};

/* Samples. */

/* Walks over all columns of a sample in their order: with names they are noted, else the row is
   filled in. */
struct columns {
	char (*name)[PRESSURE_NAME_LEN];
	double *row;
	u32 n;
};

static void column(struct columns *c, double v, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void column(struct columns *c, double v, const char *fmt, ...)
{
	va_list args;

	if (c->name) {
		assert(c->n < MAX_COLUMNS);
		va_start(args, fmt);
		vsnprintf(c->name[c->n], PRESSURE_NAME_LEN, fmt, args);
		va_end(args);
	} else {
		c->row[c->n] = v;
	}
	c->n++;
}

static s64 zone_columns(const struct pressure_watch *w, const struct zone *zone, struct columns *c)
{
	union {
		struct sample_zone zone;
		char room[sizeof(struct sample_zone) +
			  MIGRATE_TYPES * NR_PAGE_ORDERS_LIMIT * sizeof(u32)];
	} s;
	const char *name = zone_name(zone->type);

	sample_zone_read(w->mm, zone, false, &s.zone);
	column(c, (double)s.zone.free, "%s.free", name);
	column(c, (double)s.zone.min, "%s.min", name);
	column(c, (double)s.zone.low, "%s.low", name);
	column(c, (double)s.zone.high, "%s.high", name);
	column(c, (double)s.zone.boost, "%s.boost", name);
	column(c, (double)s.zone.pcp, "%s.pcp_count", name);
	for (u32 o = 0; o <= w->mm->max_order; o++)
		column(c, (double)s.zone.nr_free[o], "%s.order%u", name, o);
	return s.zone.free;
}

static void all_columns(const struct pressure_watch *w, struct columns *c)
{
	const struct cpus *cpus = w->sim->cpus;
	s64 free = 0;

	column(c, ms(w, engine_now(w->sim->engine)), "t_ms");
	for_each_populated_zone (w->mm, zone)
		if (zone->nid == 0)
			free += zone_columns(w, zone, c);
	column(c, (double)free, "nr_free_pages");
	column(c, (double)(psi_total(cpus, PSI_MEM_SOME) - w->psi_some) / 1e3,
	       "psi_some_total_us");
	column(c, (double)(psi_total(cpus, PSI_MEM_FULL) - w->psi_full) / 1e3,
	       "psi_full_total_us");
	for (u32 i = 0; i < NR_VM_NODE_STAT_ITEMS; i++)
		column(c, (double)node_page_state(w->sim->vm, 0, i), "%s", node_stat_names[i]);
	for (u32 i = 0; i < NR_VM_EVENT_ITEMS; i++)
		column(c, (double)w->mm->vm_event[i], "%s", vm_event_names[i]);
}

static bool name_columns(struct pressure_watch *w)
{
	char (*names)[PRESSURE_NAME_LEN] = calloc(MAX_COLUMNS, sizeof(*names));
	struct columns c = {.name = names};

	if (!names)
		return false;
	all_columns(w, &c);
	w->run->series.column = names;
	w->run->series.nr_columns = c.n;
	return true;
}

static void take_sample(struct pressure_watch *w)
{
	struct columns c = {.row = pressure_series_row(&w->run->series)};

	if (c.row)
		all_columns(w, &c);
	else
		w->no_memory = true;
}

static void on_tick(struct engine *eng, struct event *ev)
{
	struct pressure_watch *w = container_of(ev, struct pressure_watch, tick);

	take_sample(w);
	engine_at(eng, ev, engine_now(eng) + PRESSURE_SAMPLE_MS * NSEC_PER_MSEC);
}

struct pressure_watch *pressure_watch_begin(struct sim *sim, struct pressure_run *run, u64 begin_ns,
					    u64 first_sample_ns, struct err *err)
{
	struct pressure_watch *w = calloc(1, sizeof(*w));

	if (!w || !(w->sim = sim, w->mm = sim->mm, w->run = run, name_columns(w))) {
		free(w);
		err_set(err, ERR_HOST_RES, "no host memory to watch the run");
		return NULL;
	}
	w->start_ns = engine_now(sim->engine);
	w->begin_ns = begin_ns;
	memcpy(w->vm_event, w->mm->vm_event, sizeof(w->vm_event));
	for (u32 i = 0; i < NR_VM_NODE_STAT_ITEMS; i++)
		w->node_stat[i] = node_page_state(sim->vm, 0, i);
	w->psi_some = psi_total(sim->cpus, PSI_MEM_SOME);
	w->psi_full = psi_total(sim->cpus, PSI_MEM_FULL);
	listen_attach(w->mm, w->listener, on_event, w);
	listen_attach(w->mm, w->first_listener, on_first_event, NULL);
	for (u32 i = 0; i < NR_MM_PROBES; i++) {
		w->first[i].watch = w;
		w->first_listener[i].data = &w->first[i];
	}
	w->tick.fire = on_tick;
	engine_at(sim->engine, &w->tick, w->start_ns + begin_ns + first_sample_ns);
	return w;
}

/* The end. */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void put_durations(struct pressure_watch *w, struct durations *d, const char *name)
{
	if (!d->n)
		return;
	qsort(d->v, d->n, sizeof(*d->v), by_size);
	put(w, d->v[d->n / 2], "%s_us_p50", name);
	put(w, d->v[min_u64(d->n - 1, d->n * 99ull / 100)], "%s_us_p99", name);
	put(w, d->sum, "%s_us_sum", name);
}

static void put_first(struct pressure_watch *w, enum mm_probe probe, const char *name)
{
	if (w->first[probe].seen)
		put(w, ms(w, w->first[probe].t_ns), "%s", name);
}

static void put_counters(struct pressure_watch *w)
{
	for (u32 i = 0; i < NR_VM_EVENT_ITEMS; i++)
		put(w, (double)(w->mm->vm_event[i] - w->vm_event[i]), "%s", vm_event_names[i]);
	/* the counters among the node's numbers */
	for (u32 i = 0; i < NR_VM_NODE_STAT_ITEMS; i++)
		if (i == NR_VMSCAN_WRITE || i == NR_VMSCAN_IMMEDIATE || i == NR_DIRTIED ||
		    i == NR_WRITTEN)
			put(w, (double)(node_page_state(w->sim->vm, 0, i) - w->node_stat[i]), "%s",
			    node_stat_names[i]);
}

static void put_events(struct pressure_watch *w)
{
	for (u32 i = 0; i < NR_MM_PROBES; i++)
		if (w->first[i].seen)
			put(w, ms(w, w->first[i].t_ns), "first.%s", probe_names[i]);
	put(w, (double)(psi_total(w->sim->cpus, PSI_MEM_SOME) - w->psi_some) / 1e3, "psi_some_us");
	put(w, (double)(psi_total(w->sim->cpus, PSI_MEM_FULL) - w->psi_full) / 1e3, "psi_full_us");
	put_first(w, PROBE_mm_vmscan_kswapd_wake, "first_kswapd_wake_ms");
	put_first(w, PROBE_mm_vmscan_direct_reclaim_begin, "first_direct_reclaim_ms");
	put_first(w, PROBE_mm_compaction_begin, "first_compaction_ms");
	put_first(w, PROBE_mark_victim, "first_oom_ms");
	put(w, (double)w->kswapd_wakes, "kswapd_wakes");
	put(w, (double)w->kswapd_sleeps, "kswapd_sleeps");
	put(w, (double)w->awake_ns / 1e6, "kswapd_awake_ms");
	put(w, w->reclaim.n, "direct_reclaim_calls");
	put(w, w->compaction.n, "compaction_runs");
	put_durations(w, &w->reclaim, "direct_reclaim");
	put_durations(w, &w->compaction, "compaction");
	put_durations(w, &w->balance, "balance");
	put(w, (double)w->mm->vm_event[OOM_KILL] - (double)w->vm_event[OOM_KILL], "oom_kills");
	put(w, (double)w->allocs_failed, "allocs_failed");
	put(w, (double)w->allocs_atomic, "allocs_atomic");
	for (u32 o = 0; o < NR_PAGE_ORDERS_LIMIT; o++)
		if (w->wakeups[o])
			put(w, (double)w->wakeups[o], "wakeups.%u", o);
	for (u32 i = 0; i < ARRAY_SIZE(w->touches); i++)
		put(w, (double)w->touches[i], "touch.%u", i);
}

static void put_extfrag(struct pressure_watch *w)
{
	put(w, (double)w->extfrags, "extfrag_events");
	put(w, (double)w->owned, "extfrag_owned");
	put(w, (double)w->fragmenting, "extfrag_fragmenting");
	for (u32 from = 0; from < MIGRATE_TYPES; from++)
		for (u32 to = 0; to < MIGRATE_TYPES; to++)
			if (w->extfrag[from][to])
				put(w, (double)w->extfrag[from][to], "extfrag.%u>%u", from, to);
}

bool pressure_watch_end(struct pressure_watch *watch, const struct pressure_scenario *sc,
			struct err *err)
{
	struct pressure_watch *w = watch;
	bool ok;

	put(w, ms(w, engine_now(w->sim->engine)), "workload_ms");
	put_events(w);
	put_extfrag(w);
	/* counters were read once the recording's driver was gone too */
	workload_end_background(w->sim->run);
	engine_run(w->sim->engine, engine_now(w->sim->engine) + DRIVER_EXIT_NS);
	put_counters(w);
	engine_cancel(w->sim->engine, &w->tick);
	listen_detach(w->mm, w->listener, on_event);
	listen_detach(w->mm, w->first_listener, on_first_event);
	ok = !w->no_memory && pressure_derive(sc, w->run);
	free(w->reclaim.v);
	free(w->compaction.v);
	free(w->balance.v);
	free(w);
	return ok || err_set(err, ERR_HOST_RES, "no host memory to watch the run");
}

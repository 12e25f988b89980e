/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The recorder's heart: listeners that count, an engine event that samples, and the writing of a
 * results folder.
 *
 * The event does not move those of the model: it schedules, wakes and charges nothing but itself,
 * and the order of all other events is that of their own scheduling. It stops by itself when
 * nothing else is left to happen, so that a recorded run ends as an unrecorded one does.
 */
#include "record/record.h"

#include <stdlib.h>
#include <string.h>

#include "record/listen.h"
#include "record/recorder.h"

u64 recorder_pgalloc(const struct recorder *rec)
{
	u64 sum = 0;

	for (u32 i = PGALLOC_DMA; i <= PGALLOC_MOVABLE; i++)
		sum += recorder_event(rec, i);
	return sum;
}

static void on_alloc_done(void *data, const void *args)
{
	const struct trace_mm_alloc_done *t = args;
	struct recorder *rec = data;

	rec->requests++;
	rec->failed += t->pfn == PFN_NONE;
	if (t->pfn == PFN_NONE)
		rec->failed_by_order[t->order]++;
	else
		rec->got_by_order[t->order]++;
	rec->by_path[t->path]++;
	if (!rec->opt.no_latency)
		latency_add(&rec->latency, t->order, t->gfp, t->path, t->cause_ns);
	events_request_over(&rec->events);
}

static void on_extfrag(void *data, const void *args)
{
	const struct trace_mm_page_alloc_extfrag *t = args;
	struct recorder *rec = data;

	rec->extfrag++;
	rec->zone_counts[t->zone->idx].extfrag++;
	rec->zone_counts[t->zone->idx].fragmenting += t->fragmenting;
	events_fallback(&rec->events, recorder_now(rec), t);
}

static void on_failed(void *data, const void *args)
{
	struct recorder *rec = data;

	events_failed(&rec->events, recorder_now(rec), args);
}

static void on_refused(void *data, const void *args)
{
	struct recorder *rec = data;

	events_refused(&rec->events, args);
}

static void on_wakeup(void *data, const void *args)
{
	struct recorder *rec = data;

	(void)args;
	rec->events.wakeup_requests++;
}

static void on_kswapd_wake(void *data, const void *args)
{
	const struct trace_mm_vmscan_kswapd_wake *t = args;
	struct recorder *rec = data;

	events_kswapd_wake(&rec->events, recorder_now(rec), t->nid, t->order);
}

static void on_kswapd_sleep(void *data, const void *args)
{
	const struct trace_mm_vmscan_kswapd_sleep *t = args;
	struct recorder *rec = data;

	events_kswapd_sleep(&rec->events, recorder_now(rec), t->nid);
}

static void on_boost(void *data, const void *args)
{
	struct recorder *rec = data;

	events_boost(&rec->events, recorder_now(rec), args);
}

/* Isolation and its end are no change: contiguous ranges are told as such. */
static void on_pageblock(void *data, const void *args)
{
	const struct trace_mm_pageblock_type *t = args;
	struct recorder *rec = data;

	if (t->from == MIGRATE_ISOLATE || t->to == MIGRATE_ISOLATE)
		return;
	events_pageblock(&rec->events, recorder_now(rec), args);
}

static void on_fault_done(void *data, const void *args)
{
	struct recorder *rec = data;

	faults_add(&rec->faults, args);
}

static void on_kswapd_run(void *data, const void *args)
{
	struct recorder *rec = data;

	events_kswapd_run(&rec->events, recorder_now(rec), args);
}

static void on_direct_reclaim(void *data, const void *args)
{
	const struct trace_mm_vmscan_direct_reclaim_end *t = args;
	struct recorder *rec = data;

	hist_add(&rec->direct_reclaim, recorder_now(rec) - t->start_ns);
	events_direct_reclaim(&rec->events, recorder_now(rec), t);
}

static void on_throttled(void *data, const void *args)
{
	const struct trace_mm_vmscan_throttled *t = args;
	struct recorder *rec = data;

	rec->throttled[t->reason]++;
	rec->throttled_ns[t->reason] += t->waited_ns;
	events_throttled(&rec->events, recorder_now(rec), t);
}

static void on_compaction(void *data, const void *args)
{
	struct recorder *rec = data;

	compactions_add(&rec->compactions, recorder_now(rec), args);
	if (!rec->opt.no_events)
		events_compaction(&rec->events, recorder_now(rec), args);
}

static void on_contig(void *data, const void *args)
{
	struct recorder *rec = data;

	compactions_add_contig(&rec->compactions, recorder_now(rec), args);
	if (!rec->opt.no_events)
		events_contig(&rec->events, recorder_now(rec), args);
}

static void on_cma(void *data, const void *args)
{
	struct recorder *rec = data;

	events_cma(&rec->events, recorder_now(rec), args);
}

static void on_moved(void *data, const void *args)
{
	const struct trace_mm_folio_moved *t = args;
	struct recorder *rec = data;

	if (!rec->opt.no_map)
		blocks_moved(&rec->blocks, t->from, 1ull << t->order);
}

static void on_victim(void *data, const void *args)
{
	struct recorder *rec = data;

	events_oom_kill(&rec->events, recorder_now(rec), args);
}

/* Keeps the text; a storm of kills is cut off whole reports at a time. */
static void on_oom_report(void *data, const void *args)
{
	const struct trace_oom_report *t = args;
	struct recorder *rec = data;
	size_t len = strlen(t->text);
	char *grown;

	if (rec->oom_len + len > RECORD_OOM_TEXT_MAX)
		return;
	grown = realloc(rec->oom_text, rec->oom_len + len + 1);
	if (!grown) {
		rec->events.no_memory = true;
		return;
	}
	memcpy(grown + rec->oom_len, t->text, len + 1);
	rec->oom_text = grown;
	rec->oom_len += len;
}

static const listen_fn always[NR_MM_PROBES] = {
    [PROBE_mm_alloc_done] = on_alloc_done,
    [PROBE_mm_fault_done] = on_fault_done,
    [PROBE_mm_vmscan_direct_reclaim_end] = on_direct_reclaim,
    [PROBE_mm_vmscan_throttled] = on_throttled,
    [PROBE_mark_victim] = on_victim,
    [PROBE_oom_report] = on_oom_report,
    [PROBE_mm_page_alloc_extfrag] = on_extfrag,
    [PROBE_mm_compaction_end] = on_compaction,
    [PROBE_mm_contig_end] = on_contig,
    [PROBE_mm_folio_moved] = on_moved,
};

static const listen_fn when_events[NR_MM_PROBES] = {
    [PROBE_mm_alloc_failed] = on_failed,
    [PROBE_mm_watermark_refused] = on_refused,
    [PROBE_mm_vmscan_wakeup_kswapd] = on_wakeup,
    [PROBE_mm_vmscan_kswapd_wake] = on_kswapd_wake,
    [PROBE_mm_vmscan_kswapd_sleep] = on_kswapd_sleep,
    [PROBE_mm_vmscan_balance_pgdat_end] = on_kswapd_run,
    [PROBE_mm_cma_alloc] = on_cma,
    [PROBE_mm_boost] = on_boost,
    [PROBE_mm_pageblock_type] = on_pageblock,
};

static void take_sample(struct recorder *rec, bool last)
{
	u64 now = recorder_now(rec);
	struct sample_counts counts = {
	    .requests = rec->requests,
	    .failed = rec->failed,
	    .slowpath = recorder_event(rec, SIM_ALLOC_SLOWPATH),
	    .pgalloc = recorder_pgalloc(rec),
	    .pgfree = recorder_event(rec, PGFREE),
	};

	mobility_take(&rec->mobility, now, rec->samples.interval_ns,
		      counts.pgalloc + counts.pgfree, last);
	samples_take(&rec->samples, now, &counts, rec->zone_counts, rec->mobility.blocks);
	for_each_populated_zone (rec->mm, zone) {
		u64 free = (u64)max_s64(0, zone->vm_stat[NR_FREE_PAGES]);

		if (free < rec->lowest_free[zone->idx]) {
			rec->lowest_free[zone->idx] = free;
			rec->lowest_free_at[zone->idx] = now;
		}
	}
	if (!rec->opt.no_map)
		blocks_take(&rec->blocks, now, rec->samples.interval_ns,
			    counts.pgalloc + counts.pgfree, last);
}

void recorder_sample(struct recorder *rec)
{
	take_sample(rec, true);
}

/* When there is something to sample or to compare next. */
static u64 next_tick(const struct recorder *rec)
{
	return min_u64(rec->next_sample, distance_next(&rec->distance));
}

/* One event for both, so that an empty queue means that the model has nothing left to do. */
static void on_tick(struct engine *eng, struct event *ev)
{
	struct recorder *rec = container_of(ev, struct recorder, tick);
	u64 now = engine_now(eng);

	if (now >= distance_next(&rec->distance))
		distance_take(&rec->distance, rec->extfrag);
	if (now >= rec->next_sample) {
		take_sample(rec, false);
		rec->next_sample = samples_next(&rec->samples, now);
	}
	if (engine_next_time(eng) != UINT64_MAX)
		engine_at(eng, ev, next_tick(rec));
}

static void start(struct recorder *rec)
{
	struct mm *mm = rec->mm;

	rec->start_ns = recorder_now(rec);
	memcpy(rec->start_event, mm->vm_event, sizeof(rec->start_event));
	for_each_zone (mm, zone) {
		rec->lowest_free[zone->idx] = UINT64_MAX;
		for (u32 i = 0; i < NR_VM_NUMA_EVENT_ITEMS; i++)
			rec->start_numa[i] += zone->vm_numa_event[i];
	}
	listen_attach(mm, rec->listener, always, rec);
	if (!rec->opt.no_events)
		listen_attach(mm, rec->listener, when_events, rec);
	take_sample(rec, false);
	if (!mm->engine)
		return;
	rec->tick.fire = on_tick;
	rec->next_sample = samples_next(&rec->samples, rec->start_ns);
	engine_at(mm->engine, &rec->tick, next_tick(rec));
}

struct recorder *recorder_create(struct mm *mm, const struct record_options *opt, struct err *err)
{
	struct recorder *rec = calloc(1, sizeof(*rec));
	bool ok = rec != NULL;

	if (ok) {
		rec->mm = mm;
		rec->opt = *opt;
		rec->zone_counts = calloc(mm->nr_zones + 1, sizeof(*rec->zone_counts));
		rec->lowest_free = calloc(mm->nr_zones + 1, sizeof(*rec->lowest_free));
		rec->lowest_free_at = calloc(mm->nr_zones + 1, sizeof(*rec->lowest_free_at));
		ok = rec->zone_counts && rec->lowest_free && rec->lowest_free_at;
	}
	if (!ok)
		err_set(err, ERR_HOST_RES, "no memory for the recorder");
	ok = ok && samples_init(&rec->samples, mm, opt->sample_interval_ns, opt->max_samples, err);
	if (ok && !mobility_init(&rec->mobility, mm, rec->samples.interval_ns))
		ok = err_set(err, ERR_HOST_RES, "no memory for the recorder");
	ok = ok && (opt->no_map || blocks_init(&rec->blocks, mm, rec->samples.interval_ns, err));
	ok = ok && (!opt->observed || distance_init(&rec->distance, opt->observed, mm, err));
	if (!ok) {
		recorder_destroy(rec);
		return NULL;
	}
	rec->samples.stalls = opt->stalls;
	events_init(&rec->events, mm, opt->max_events);
	start(rec);
	return rec;
}

void recorder_destroy(struct recorder *rec)
{
	if (!rec)
		return;
	listen_detach(rec->mm, rec->listener, always);
	listen_detach(rec->mm, rec->listener, when_events);
	if (rec->mm->engine)
		engine_cancel(rec->mm->engine, &rec->tick);
	latency_finish(&rec->latency);
	samples_finish(&rec->samples);
	blocks_finish(&rec->blocks);
	mobility_finish(&rec->mobility);
	events_finish(&rec->events);
	distance_finish(&rec->distance);
	free(rec->oom_text);
	free(rec->zone_counts);
	free(rec->lowest_free);
	free(rec->lowest_free_at);
	free(rec);
}

void recorder_totals(const struct recorder *rec, struct record_totals *totals)
{
	*totals = (struct record_totals){
	    .requests = rec->requests,
	    .failed = rec->failed,
	    .extfrag = rec->extfrag,
	    .samples = rec->samples.n,
	};
}

typedef bool (*file_writer)(const struct recorder *rec, const struct run_info *info, FILE *out,
			    struct err *err);

#define WRITER(name, call)                                                                         \
	static bool name(const struct recorder *rec, const struct run_info *info, FILE *out,       \
			 struct err *err)                                                          \
	{                                                                                          \
		(void)info, (void)err;                                                             \
		call;                                                                              \
		return true;                                                                       \
	}
WRITER(write_samples, samples_write_csv(&rec->samples, out))
WRITER(write_vmstat, samples_write_vmstat(&rec->samples, rec->start_event, out))
WRITER(write_latency, latency_write_csv(&rec->latency, out))
WRITER(write_blocks, blocks_write_csv(&rec->blocks, out))
WRITER(write_events, events_write_jsonl(&rec->events, out))
WRITER(write_oom, fputs(rec->oom_text, out))
WRITER(write_observed, observed_write_csv(rec->opt.observed, out))
#undef WRITER

bool recorder_write(struct recorder *rec, struct outdir *dir, const struct run_info *info,
		    struct err *err)
{
	const struct {
		const char *name;
		file_writer write;
		bool wanted;
	} files[] = {
	    {"samples.csv", write_samples, true},
	    {"vmstat.csv", write_vmstat, true},
	    {"latency.csv", write_latency, !rec->opt.no_latency},
	    {"blocks.csv", write_blocks, !rec->opt.no_map},
	    {"events.jsonl", write_events, !rec->opt.no_events},
	    {"observed.csv", write_observed, rec->opt.observed != NULL},
	    {"oom.txt", write_oom, rec->oom_text != NULL},
	    {"summary.json", summary_write, true},
	    {"manifest.json", manifest_write, true},
	};

	recorder_sample(rec);
	if (rec->latency.no_memory || rec->samples.no_memory || rec->events.no_memory)
		return err_set(err, ERR_HOST_RES,
			       "the host ran out of memory for what was to be recorded");
	for (u32 i = 0; i < ARRAY_SIZE(files); i++) {
		FILE *out;
		bool ok;

		if (!files[i].wanted)
			continue;
		out = outdir_open(dir, files[i].name, err);
		if (!out)
			return false;
		ok = files[i].write(rec, info, out, err);
		if (!outdir_close(dir, out, files[i].name, err) || !ok)
			return false;
	}
	return true;
}

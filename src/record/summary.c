/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * summary.json: the counters of a run under the names of /proc/vmstat, the simulator's own apart
 * from them, latencies with their causes, the zones as they were at the end, and what the model
 * had to leave out. docs/results.md tells each member.
 */
#include <stdlib.h>

#include "record/index.h"
#include "mm/memcontrol.h"
#include "mm/vmstat.h"
#include "record/decimal.h"
#include "record/recorder.h"

const struct record_gap record_gaps[NR_RECORD_GAPS] = {
    {SIM_NO_RECLAIM, "reclaim",
     "a request would have reclaimed pages; it went on as if nothing could be reclaimed"},
    {SIM_NO_COMPACTION, "compaction",
     "a request would have compacted memory; it went on as if that had been put off"},
    {SIM_NO_OOM, "oom_killer",
     "a request would have called the OOM killer; it went on as if nobody could be killed"},
};

static void write_text(struct jsonw *w, const char *key, const char *text)
{
	if (text)
		jsonw_string(w, key, text);
}

static void write_run(const struct recorder *rec, const struct run_info *info, struct jsonw *w)
{
	jsonw_string(w, "format", "summary/1");
	write_text(w, "title", info->title);
	write_text(w, "machine", info->machine);
	write_text(w, "workload", info->workload);
	jsonw_string(w, "profile", rec->mm->profile->name);
	jsonw_u64(w, "seed", info->seed);
	jsonw_u64(w, "simulated_ns", recorder_now(rec) - rec->start_ns);
	write_text(w, "stop", info->stop);
	jsonw_bool(w, "interrupted", info->interrupted);
	jsonw_u64(w, "page_bytes", 1ull << rec->mm->page_shift);
	jsonw_u64(w, "pageblock_order", rec->mm->pageblock_order);
	jsonw_u64(w, "max_order", rec->mm->max_order);
}

static void write_orders(const struct recorder *rec, const char *key, const u64 *n,
			 struct jsonw *w)
{
	jsonw_array_inline(w, key);
	for (u32 o = 0; o <= rec->mm->max_order; o++)
		jsonw_u64(w, NULL, n[o]);
	jsonw_end(w);
}

static void write_requests(const struct recorder *rec, struct jsonw *w)
{
	jsonw_object(w, "requests");
	jsonw_u64(w, "total", rec->requests);
	jsonw_u64(w, "failed", rec->failed);
	jsonw_object_inline(w, "by_path");
	for (u32 p = 0; p < NR_ALLOC_PATHS; p++)
		jsonw_u64(w, alloc_path_names[p], rec->by_path[p]);
	jsonw_end(w);
	write_orders(rec, "got_by_order", rec->got_by_order, w);
	write_orders(rec, "failed_by_order", rec->failed_by_order, w);
	jsonw_end(w);
}

/* Things a run can be judged by; true is what one may want to fail on. */
static void write_verdicts(const struct recorder *rec, struct jsonw *w)
{
	bool below_min = false;

	for (u32 i = 0; i < rec->samples.n; i++) {
		for (u32 z = 0; z < rec->samples.nr_zones; z++) {
			const struct sample_zone *zone = samples_zone(&rec->samples, i, z);

			below_min = below_min || zone->free < zone->min;
		}
	}
	jsonw_object(w, "verdicts");
	jsonw_bool(w, "allocation_failed", rec->failed != 0);
	jsonw_bool(w, "oom_kill", recorder_event(rec, OOM_KILL) != 0);
	jsonw_bool(w, "sampled_below_min_watermark", below_min);
	jsonw_bool(w, "fell_back_to_other_type", rec->extfrag != 0);
	jsonw_end(w);
}

static void write_counters(const struct recorder *rec, struct jsonw *w)
{
	jsonw_object(w, "counters");
	for (u32 i = 0; i < NR_VM_ZONE_STAT_ITEMS; i++) {
		s64 sum = 0;

		for_each_populated_zone (rec->mm, zone)
			sum += zone_page_state(zone, i);
		jsonw_s64(w, zone_stat_names[i], sum);
	}
	for (u32 i = 0; rec->mm->vm && i < NR_VM_NODE_STAT_ITEMS; i++)
		jsonw_s64(w, node_stat_names[i], global_node_page_state(rec->mm->vm, i));
	for (u32 i = 0; i < NR_VM_NUMA_EVENT_ITEMS; i++) {
		u64 sum = 0;

		for_each_zone (rec->mm, zone)
			sum += zone->vm_numa_event[i];
		jsonw_u64(w, numa_stat_names[i], sum - rec->start_numa[i]);
	}
	for (u32 i = 0; i <= OOM_KILL; i++)
		jsonw_u64(w, vm_event_names[i], recorder_event(rec, i));
	jsonw_end(w);
	jsonw_object(w, "simulator");
	for (u32 i = OOM_KILL + 1; i < NR_VM_EVENT_ITEMS; i++)
		jsonw_u64(w, vm_event_names[i], recorder_event(rec, i));
	jsonw_end(w);
}

static void write_throttles(const struct recorder *rec, struct jsonw *w)
{
	jsonw_object(w, "throttled");
	for (u32 i = 0; i < NR_RECORD_THROTTLES; i++) {
		if (!rec->throttled[i])
			continue;
		jsonw_object_inline(w, throttle_names[i]);
		jsonw_u64(w, "times", rec->throttled[i]);
		jsonw_u64(w, "ns", rec->throttled_ns[i]);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void write_psi(const struct recorder *rec, const char *name, enum psi_state state,
		      struct jsonw *w)
{
	u32 avg[3];

	psi_averages(rec->mm->cpus, state, avg);
	jsonw_object_inline(w, name);
	jsonw_fixed(w, "avg10", avg[0], 2);
	jsonw_fixed(w, "avg60", avg[1], 2);
	jsonw_fixed(w, "avg300", avg[2], 2);
	jsonw_u64(w, "total_us", psi_total(rec->mm->cpus, state) / NSEC_PER_USEC);
	jsonw_end(w);
}

/* What memory cost the machine: stalls by cause, pressure, CPU time. */
static void write_pressure(const struct recorder *rec, struct jsonw *w)
{
	const struct machine_sample *last = samples_machine(&rec->samples, rec->samples.n - 1);

	jsonw_object(w, "pressure");
	jsonw_object_inline(w, "task_time_ns");
	for (u32 c = 0; c < NR_STALL_CAUSES; c++)
		if (last->cause_ns[c])
			jsonw_u64(w, stall_cause_names[c], last->cause_ns[c]);
	jsonw_end(w);
	faults_write_json(&rec->faults, w);
	if (rec->direct_reclaim.count) {
		jsonw_object_inline(w, "direct_reclaim");
		jsonw_u64(w, "times", rec->direct_reclaim.count);
		jsonw_u64(w, "sum_ns", rec->direct_reclaim.sum);
		jsonw_u64(w, "p50_ns", hist_percentile(&rec->direct_reclaim, 1, 2));
		jsonw_u64(w, "p99_ns", hist_percentile(&rec->direct_reclaim, 99, 100));
		jsonw_u64(w, "max_ns", rec->direct_reclaim.max);
		jsonw_end(w);
	}
	write_throttles(rec, w);
	if (rec->mm->cpus) {
		write_psi(rec, "psi_memory_some", PSI_MEM_SOME, w);
		write_psi(rec, "psi_memory_full", PSI_MEM_FULL, w);
		jsonw_object_inline(w, "cpu_ns");
		jsonw_u64(w, "tasks", last->cpu_task_ns);
		jsonw_u64(w, "kernel_threads", last->cpu_kthread_ns);
		jsonw_u64(w, "interrupts", last->cpu_irq_ns);
		jsonw_u64(w, "idle", last->cpu_idle_ns);
		jsonw_end(w);
	}
	jsonw_end(w);
}

/* memory.current, memory.peak and memory.events of each group but the root. */
static void write_memory_groups(const struct recorder *rec, struct jsonw *w)
{
	const struct vm *vm = rec->mm->vm;

	if (!vm || vm->nr_memcgs < 2)
		return;
	jsonw_object(w, "memory_groups");
	for (u32 i = 1; i < vm->nr_memcgs; i++) {
		const struct mem_cgroup *memcg = vm->memcgs[i];

		jsonw_object_inline(w, memcg->name);
		jsonw_u64(w, "current_pages", memcg->usage);
		jsonw_u64(w, "peak_pages", memcg->peak);
		jsonw_u64(w, "low", memcg->nr_low_events);
		jsonw_u64(w, "high", memcg->nr_high_events);
		jsonw_u64(w, "max", memcg->nr_max_events);
		jsonw_u64(w, "oom_kill", memcg->nr_oom_kills);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void write_gaps(const struct recorder *rec, struct jsonw *w)
{
	jsonw_array(w, "not_modelled");
	for (u32 i = 0; i < NR_RECORD_GAPS; i++) {
		u64 times = recorder_event(rec, record_gaps[i].item);

		if (!times)
			continue;
		jsonw_object(w, NULL);
		jsonw_string(w, "what", record_gaps[i].name);
		jsonw_u64(w, "times", times);
		jsonw_string(w, "meaning", record_gaps[i].meaning);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void write_point(const struct latency_key *key, const struct latency_mark *p,
			struct jsonw *w)
{
	struct latency_point point;

	latency_percentile(key, p->num, p->den, &point);
	jsonw_object_inline(w, p->name);
	jsonw_u64(w, "ns", point.ns);
	jsonw_object(w, "causes_ns");
	for (u32 c = 0; c < NR_STALL_CAUSES; c++)
		if (point.cause_ns[c])
			jsonw_u64(w, stall_cause_names[c], point.cause_ns[c]);
	jsonw_end(w);
	jsonw_end(w);
}

static bool write_latency(const struct recorder *rec, u32 class, u32 order, const char *name,
			  struct jsonw *w, struct err *err)
{
	struct latency_key *key = latency_select(&rec->latency, class, order);

	if (!key)
		return err_set(err, ERR_HOST_RES, "no memory for the summary of latencies");
	if (key->hist.count) {
		jsonw_object(w, name);
		jsonw_u64(w, "requests", key->hist.count);
		jsonw_u64(w, "sum_ns", key->hist.sum);
		jsonw_u64(w, "min_ns", key->hist.min);
		for (u32 i = 0; i < NR_LATENCY_MARKS; i++)
			write_point(key, &latency_marks[i], w);
		jsonw_object_inline(w, "causes_sum_ns");
		for (u32 c = 0; c < NR_STALL_CAUSES; c++)
			if (key->cause_ns[c])
				jsonw_u64(w, stall_cause_names[c], key->cause_ns[c]);
		jsonw_end(w);
		jsonw_end(w);
	}
	latency_key_free(key);
	return true;
}

static bool write_latencies(const struct recorder *rec, struct jsonw *w, struct err *err)
{
	char name[16];
	bool ok;

	jsonw_object(w, "latency");
	ok = write_latency(rec, NR_GFP_CLASSES, UINT32_MAX, "all", w, err);
	jsonw_object(w, "by_class");
	for (u32 c = 0; ok && c < NR_GFP_CLASSES; c++)
		ok = write_latency(rec, c, UINT32_MAX, gfp_class_names[c], w, err);
	jsonw_end(w);
	jsonw_object(w, "by_order");
	for (u32 o = 0; ok && o <= rec->mm->max_order; o++) {
		snprintf(name, sizeof(name), "%u", o);
		ok = write_latency(rec, NR_GFP_CLASSES, o, name, w, err);
	}
	jsonw_end(w);
	jsonw_u64(w, "requests_without_causes_by_bucket", rec->latency.without_cells);
	jsonw_end(w);
	return ok;
}

static void write_zone(const struct recorder *rec, const struct zone *zone, struct jsonw *w)
{
	u32 orders = rec->mm->max_order + 1;
	struct sample_zone now;

	sample_zone_read(rec->mm, zone, false, &now);
	jsonw_object(w, NULL);
	jsonw_u64(w, "node", zone->nid);
	jsonw_string(w, "zone", zone_name(zone->type));
	jsonw_u64(w, "start_pfn", zone->start_pfn);
	jsonw_u64(w, "spanned_pages", zone->spanned_pages);
	jsonw_u64(w, "present_pages", zone->present_pages);
	jsonw_u64(w, "managed_pages", zone->managed_pages);
	jsonw_s64(w, "free_pages", now.free);
	jsonw_u64(w, "free_pages_lowest_sampled", rec->lowest_free[zone->idx]);
	jsonw_u64(w, "free_pages_lowest_at_ns", rec->lowest_free_at[zone->idx]);
	jsonw_s64(w, "pcp_pages", now.pcp);
	jsonw_s64(w, "boost", now.boost);
	jsonw_s64(w, "min", now.min);
	jsonw_s64(w, "low", now.low);
	jsonw_s64(w, "high", now.high);
	jsonw_u64(w, "extfrag_events", rec->zone_counts[zone->idx].extfrag);
	jsonw_u64(w, "fragmenting_events", rec->zone_counts[zone->idx].fragmenting);
	jsonw_u64(w, "pageblocks", mobility_pageblocks(zone));
	jsonw_u64(w, "unmovable_blocks", rec->mobility.blocks[zone->idx]);
	jsonw_array_inline(w, "free_blocks");
	for (u32 o = 0; o < orders; o++)
		jsonw_u64(w, NULL, now.nr_free[o]);
	jsonw_end(w);
	jsonw_array_inline(w, "unusable_index");
	for (u32 o = 0; o < orders; o++)
		jsonw_fixed(w, NULL, index_unusable(now.nr_free, orders, o), 3);
	jsonw_end(w);
	jsonw_array_inline(w, "extfrag_index");
	for (u32 o = 0; o < orders; o++)
		jsonw_fixed(w, NULL, index_extfrag(now.nr_free, orders, o), 3);
	jsonw_end(w);
	jsonw_end(w);
}

static void write_recording(const struct recorder *rec, struct jsonw *w)
{
	jsonw_object(w, "recording");
	jsonw_u64(w, "samples", rec->samples.n);
	jsonw_u64(w, "sample_interval_ns", rec->samples.interval_ns);
	jsonw_bool(w, "samples_thinned",
		   rec->samples.interval_ns != rec->samples.start_interval_ns);
	jsonw_end(w);
	if (!rec->opt.no_map)
		blocks_write_json(&rec->blocks, w);
}

bool summary_write(const struct recorder *rec, const struct run_info *info, FILE *out,
		   struct err *err)
{
	bool ok = true;
	struct jsonw w;

	jsonw_begin(&w, out, false);
	jsonw_object(&w, NULL);
	write_run(rec, info, &w);
	write_requests(rec, &w);
	write_verdicts(rec, &w);
	write_gaps(rec, &w);
	write_counters(rec, &w);
	write_pressure(rec, &w);
	compactions_write_json(&rec->compactions, rec->mm, &w);
	write_memory_groups(rec, &w);
	if (!rec->opt.no_latency)
		ok = write_latencies(rec, &w, err);
	jsonw_array(&w, "zones");
	for_each_populated_zone (rec->mm, zone)
		write_zone(rec, zone, &w);
	jsonw_end(&w);
	events_write_json(&rec->events, &w);
	if (rec->opt.observed)
		distance_write_json(&rec->distance, &w);
	write_recording(rec, &w);
	if (info->workload_stats)
		jsonw_value(&w, "workload_stats", info->workload_stats);
	jsonw_end(&w);
	jsonw_finish(&w);
	return ok;
}

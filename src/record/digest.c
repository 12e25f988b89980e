/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dozen lines shown when a run is over: what was asked, how long it took and why, what memory
 * looks like now, what the model left out, and what to type next.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/safe_text.h"
#include "base/units.h"
#include "record/index.h"
#include "record/decimal.h"
#include "record/recorder.h"

#define MAX_ZONE_LINES 4

static void print_head(const struct recorder *rec, const struct run_info *info, FILE *out)
{
	char title[128], machine[128], time[32];

	fprintf(out, "%s", safe_text(info->title ? info->title : "run", title, sizeof(title)));
	if (info->machine)
		fprintf(out, " on %s", safe_text(info->machine, machine, sizeof(machine)));
	fprintf(out, ", %s, seed %" PRIu64 ": %s simulated", rec->mm->profile->name, info->seed,
		format_time(recorder_now(rec) - rec->start_ns, time, sizeof(time)));
	if (info->stop)
		fprintf(out, " (%s)", info->stop);
	fputc('\n', out);
}

static void print_requests(const struct recorder *rec, FILE *out)
{
	char a[DECIMAL_LEN], b[DECIMAL_LEN], c[DECIMAL_LEN], d[DECIMAL_LEN];

	fprintf(out,
		"  requests    %s, %s failed; %s from per-CPU lists, %s through the slow path\n",
		decimal_grouped(rec->requests, a), decimal_grouped(rec->failed, b),
		decimal_grouped(rec->by_path[ALLOC_PATH_PCP], c),
		decimal_grouped(recorder_event(rec, SIM_ALLOC_SLOWPATH), d));
}

/* The three causes that took most of the time. */
static void print_causes(const struct latency_key *all, FILE *out)
{
	bool told[NR_STALL_CAUSES] = {false};
	char share[DECIMAL_LEN];

	fputs("  time        ", out);
	for (u32 i = 0; i < 3; i++) {
		u32 most = NR_STALL_CAUSES;

		for (u32 c = 0; c < NR_STALL_CAUSES; c++)
			if (!told[c] && all->cause_ns[c] &&
			    (most == NR_STALL_CAUSES || all->cause_ns[c] > all->cause_ns[most]))
				most = c;
		if (most == NR_STALL_CAUSES)
			break;
		told[most] = true;
		fprintf(out, "%s%s %% %s", i ? ", " : "",
			decimal_ratio(all->cause_ns[most] * 100, all->hist.sum, 1, share),
			stall_cause_names[most]);
	}
	fputc('\n', out);
}

static void print_latency(const struct recorder *rec, FILE *out)
{
	struct latency_key *all = latency_select(&rec->latency, NR_GFP_CLASSES, UINT32_MAX);
	struct latency_point point;
	char time[32];

	if (all && all->hist.count) {
		fputs("  latency     ", out);
		for (u32 i = 0; i < NR_LATENCY_MARKS; i++) {
			latency_percentile(all, latency_marks[i].num, latency_marks[i].den, &point);
			fprintf(out, "%s%s %s", i ? ", " : "", latency_marks[i].name,
				format_time(point.ns, time, sizeof(time)));
		}
		fputc('\n', out);
		if (all->hist.sum)
			print_causes(all, out);
	}
	latency_key_free(all);
}

static void print_zone(const struct recorder *rec, const struct zone *zone, FILE *out)
{
	u32 orders = rec->mm->max_order + 1;
	u32 block = (u32)min_u64(rec->mm->pageblock_order, orders - 1);
	char a[DECIMAL_LEN], b[DECIMAL_LEN], c[DECIMAL_LEN], d[DECIMAL_LEN];
	char index[DECIMAL_LEN], name[32];
	struct sample_zone now;

	sample_zone_read(rec->mm, zone, false, &now);
	if (rec->mm->nr_nodes > 1)
		snprintf(name, sizeof(name), "%u/%s", (unsigned int)zone->nid,
			 zone_name(zone->type));
	else
		snprintf(name, sizeof(name), "%s", zone_name(zone->type));
	fprintf(out,
		"  %-11s %s of %s pages free (low mark %s, lowest %s); "
		"unusable index %s at order %u",
		name, decimal_grouped((u64)now.free, a), decimal_grouped(zone->managed_pages, b),
		decimal_grouped((u64)now.low, c), decimal_grouped(rec->lowest_free[zone->idx], d),
		decimal_fixed(index_unusable(now.nr_free, orders, 3), 3, index), 3u);
	fprintf(out, ", %s at %u\n",
		decimal_fixed(index_unusable(now.nr_free, orders, block), 3, a), block);
}

static void print_zones(const struct recorder *rec, FILE *out)
{
	u32 shown = 0, populated = 0;

	for_each_populated_zone (rec->mm, zone) {
		populated++;
		if (shown < MAX_ZONE_LINES && zone->managed_pages) {
			print_zone(rec, zone, out);
			shown++;
		}
	}
	if (populated > MAX_ZONE_LINES)
		fprintf(out, "              and %u more zones in summary.json\n",
			populated - shown);
}

static void print_events(const struct recorder *rec, FILE *out)
{
	char a[DECIMAL_LEN], b[DECIMAL_LEN], c[DECIMAL_LEN], d[DECIMAL_LEN];
	u64 fragmenting = 0;

	for_each_zone (rec->mm, zone)
		fragmenting += rec->zone_counts[zone->idx].fragmenting;
	fprintf(out,
		"  fallbacks   %s to another migratetype, %s of them split a pageblock; "
		"%s pageblocks changed type, kswapd woken %s times\n",
		decimal_grouped(rec->extfrag, a), decimal_grouped(fragmenting, b),
		decimal_grouped(rec->events.count[EVENT_PAGEBLOCK], c),
		decimal_grouped(rec->events.count[EVENT_KSWAPD_WAKE], d));
}

/* What memory pressure made the kernel do; nothing if there was none. */
static void print_reclaim(const struct recorder *rec, FILE *out)
{
	u64 kswapd = recorder_event(rec, PGSTEAL_KSWAPD);
	u64 direct = recorder_event(rec, PGSTEAL_DIRECT);
	u64 outs = recorder_event(rec, PSWPOUT), ins = recorder_event(rec, PSWPIN);
	char a[DECIMAL_LEN], b[DECIMAL_LEN], c[DECIMAL_LEN], d[DECIMAL_LEN];

	if (kswapd + direct + outs + ins)
		fprintf(out,
			"  reclaim     %s pages by kswapd, %s by tasks; %s written to swap, "
			"%s read back\n",
			decimal_grouped(kswapd, a), decimal_grouped(direct, b),
			decimal_grouped(outs, c), decimal_grouped(ins, d));
}

/* Tasks that did not end by their own will. */
static void print_ends(const struct recorder *rec, const struct run_info *info, FILE *out)
{
	const json_t *tasks = json_object_get(info->workload_stats, "tasks");
	u64 killed = 0, refused = 0;
	char a[DECIMAL_LEN], b[DECIMAL_LEN];
	json_t *task;
	size_t i;

	json_array_foreach (tasks, i, task) {
		killed += (u64)json_integer_value(json_object_get(task, "killed"));
		refused += (u64)json_integer_value(json_object_get(task, "map_failed"));
	}
	if (killed)
		fprintf(out, "  killed      %s tasks, %s chosen by the OOM killer\n",
			decimal_grouped(killed, a),
			decimal_grouped(recorder_event(rec, OOM_KILL), b));
	if (refused)
		fprintf(out,
			"  refused     %s mappings, by overcommit_memory or for want of addresses: "
			"their tasks ended\n",
			decimal_grouped(refused, a));
}

static void print_gaps(const struct recorder *rec, FILE *out)
{
	char times[DECIMAL_LEN];
	bool any = false;

	for (u32 i = 0; i < NR_RECORD_GAPS; i++) {
		u64 n = recorder_event(rec, record_gaps[i].item);

		if (!n)
			continue;
		fprintf(out, "%s%s wanted %s times", any ? ", " : "  not modelled ",
			record_gaps[i].name, decimal_grouped(n, times));
		any = true;
	}
	if (any)
		fputs(": taken as making no progress\n", out);
}

void recorder_print(struct recorder *rec, const struct run_info *info, FILE *out)
{
	char text[512];

	print_head(rec, info, out);
	print_requests(rec, out);
	if (!rec->opt.no_latency)
		print_latency(rec, out);
	print_zones(rec, out);
	print_events(rec, out);
	print_reclaim(rec, out);
	print_ends(rec, info, out);
	print_gaps(rec, out);
	if (rec->opt.observed)
		distance_print(&rec->distance, out);
	if (info->dir)
		fprintf(out, "  results     %s\n", safe_text(info->dir, text, sizeof(text)));
	if (info->next)
		fprintf(out, "  next        %s\n", safe_text(info->next, text, sizeof(text)));
}

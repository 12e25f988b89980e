/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "record/blocks.h"
#include "record/compactions.h"
#include "record/distance.h"
#include "record/events.h"
#include "record/faults.h"
#include "record/latency.h"
#include "record/mobility.h"
#include "record/record.h"
#include "record/sample.h"

#define NR_RECORD_THROTTLES NR_THROTTLE_NAMES
#define RECORD_OOM_TEXT_MAX (4u << 20)

/* Inside of the recorder, shared by the files that fill and print it. */
struct recorder {
	struct mm *mm;
	struct record_options opt;
	struct latency latency;
	struct samples samples;
	struct blocks blocks;
	struct events events;
	struct compactions compactions;
	struct mobility mobility;
	struct distance distance;
	struct faults faults;
	char *oom_text; /* reports of kills as the kernel logs them; NULL: none */
	size_t oom_len;
	u64 throttled_ns[NR_RECORD_THROTTLES], throttled[NR_RECORD_THROTTLES];
	struct hist direct_reclaim; /* durations */

	u64 start_ns;
	u64 requests, failed;
	u64 got_by_order[NR_PAGE_ORDERS_LIMIT], failed_by_order[NR_PAGE_ORDERS_LIMIT];
	u64 by_path[NR_ALLOC_PATHS];
	u64 extfrag;
	struct sample_zone_counts *zone_counts; /* [mm->nr_zones] */
	u64 *lowest_free;			/* [mm->nr_zones], of all samples taken */
	u64 *lowest_free_at;			/* ns */
	u64 start_event[NR_VM_EVENT_ITEMS];	/* counters when the recorder began */
	u64 start_numa[NR_VM_NUMA_EVENT_ITEMS];

	struct event tick;
	u64 next_sample; /* ns */
	struct probe_listener listener[NR_MM_PROBES];
};

static inline u64 recorder_now(const struct recorder *rec)
{
	return rec->mm->engine ? engine_now(rec->mm->engine) : 0;
}

/* A counter since the recorder began (boot excluded). */
static inline u64 recorder_event(const struct recorder *rec, enum vm_event_item item)
{
	return rec->mm->vm_event[item] - rec->start_event[item];
}

/* Pages handed out, all zones. */
u64 recorder_pgalloc(const struct recorder *rec);

/* One line on something that the model leaves out: the counter, and what it means. */
struct record_gap {
	enum vm_event_item item;
	const char *name, *meaning;
};
#define NR_RECORD_GAPS 3
extern const struct record_gap record_gaps[NR_RECORD_GAPS];

/* summary.c, manifest.c */
bool summary_write(const struct recorder *rec, const struct run_info *info, FILE *out,
		   struct err *err);
bool manifest_write(const struct recorder *rec, const struct run_info *info, FILE *out,
		    struct err *err);

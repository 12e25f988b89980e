/* SPDX-License-Identifier: GPL-2.0-only */
/* Events of memory pressure: each a task, one or two words, and named values. */
#include <string.h>

#include "mm/pressure.h"
#include "mm/vmscan.h"
#include "record/events.h"

static const char *const value_names[NR_EVENT_KINDS][EVENT_VALUES] = {
	[EVENT_KSWAPD_RUN] = {"node", "order", "reclaimed", "ns"},
	[EVENT_DIRECT_RECLAIM] = {"reclaimed", "ns"},
	[EVENT_THROTTLED] = {"node", "timeout_ns", "ns"},
	[EVENT_COMPACTION] = {"order", "migrate_scanned", "free_scanned", "moved", "failed", "ns",
			      "node"},
	[EVENT_OOM_KILL] = {"total_vm", "anon_rss", "file_rss", "shmem_rss", "page_tables"},
};

const char *const throttle_names[NR_THROTTLE_NAMES] = {
	[VMSCAN_THROTTLE_WRITEBACK] = "writeback",
	[VMSCAN_THROTTLE_ISOLATED] = "isolated",
	[VMSCAN_THROTTLE_NOPROGRESS] = "noprogress",
	[VMSCAN_THROTTLE_CONGESTED] = "congested",
	[VMSCAN_THROTTLE_PFMEMALLOC] = "pfmemalloc",
};

const char *const compact_names[] = {
	[COMPACT_NOT_SUITABLE_ZONE] = "not_suitable_zone",
	[COMPACT_SKIPPED] = "skipped",
	[COMPACT_DEFERRED] = "deferred",
	[COMPACT_NO_SUITABLE_PAGE] = "no_suitable_page",
	[COMPACT_CONTINUE] = "continue",
	[COMPACT_COMPLETE] = "complete",
	[COMPACT_PARTIAL_SKIPPED] = "partial_skipped",
	[COMPACT_CONTENDED] = "contended",
	[COMPACT_SUCCESS] = "success",
};

static struct event_record *add_task(struct events *ev, enum event_kind kind, u64 now,
				     const struct task_struct *task)
{
	struct event_record *r = events_add(ev, kind, now);

	if (r && task) {
		const char *comm = task->comm ? task->comm : "";

		memcpy(r->pressure.comm, comm, strnlen(comm, sizeof(r->pressure.comm) - 1));
		r->pressure.pid = task->pid;
	}
	return r;
}

void events_kswapd_run(struct events *ev, u64 now,
		       const struct trace_mm_vmscan_balance_pgdat_end *t)
{
	struct event_record *r = add_task(ev, EVENT_KSWAPD_RUN, now, t->current);

	if (!r)
		return;
	r->pressure.value[0] = t->nid;
	r->pressure.value[1] = t->order;
	r->pressure.value[2] = t->nr_reclaimed;
	r->pressure.value[3] = now - t->start_ns;
}

void events_direct_reclaim(struct events *ev, u64 now,
			   const struct trace_mm_vmscan_direct_reclaim_end *t)
{
	struct event_record *r = add_task(ev, EVENT_DIRECT_RECLAIM, now, t->current);

	if (!r)
		return;
	r->pressure.value[0] = t->nr_reclaimed;
	r->pressure.value[1] = now - t->start_ns;
}

void events_throttled(struct events *ev, u64 now, const struct trace_mm_vmscan_throttled *t)
{
	struct event_record *r = add_task(ev, EVENT_THROTTLED, now, t->current);

	if (!r)
		return;
	r->pressure.word = throttle_names[t->reason];
	r->pressure.value[0] = t->nid;
	r->pressure.value[1] = t->timeout_ns;
	r->pressure.value[2] = t->waited_ns;
}

void events_compaction(struct events *ev, u64 now, const struct trace_mm_compaction_end *t)
{
	struct event_record *r = add_task(ev, EVENT_COMPACTION, now, t->current);

	if (!r)
		return;
	r->pressure.word = t->why;
	r->pressure.status = compact_names[t->status];
	r->pressure.value[0] = (u64)max_s64(t->order, 0);
	r->pressure.value[1] = t->migrate_scanned;
	r->pressure.value[2] = t->free_scanned;
	r->pressure.value[3] = t->nr_migrated;
	r->pressure.value[4] = t->nr_failed;
	r->pressure.value[5] = now - t->start_ns;
	r->pressure.value[6] = t->zone->nid;
}

void events_oom_kill(struct events *ev, u64 now, const struct trace_mark_victim *t)
{
	struct event_record *r = add_task(ev, EVENT_OOM_KILL, now, t->victim);

	if (!r)
		return;
	r->pressure.value[0] = t->total_vm;
	r->pressure.value[1] = t->anon_rss;
	r->pressure.value[2] = t->file_rss;
	r->pressure.value[3] = t->shmem_rss;
	r->pressure.value[4] = t->pgtables;
}

void events_put_pressure(struct jsonw *w, enum event_kind kind, const struct event_record *r)
{
	jsonw_string(w, "task", r->pressure.comm);
	jsonw_u64(w, "pid", r->pressure.pid);
	if (r->pressure.word)
		jsonw_string(w, "why", r->pressure.word);
	if (r->pressure.status)
		jsonw_string(w, "result", r->pressure.status);
	for (u32 i = 0; i < EVENT_VALUES && value_names[kind][i]; i++)
		jsonw_u64(w, value_names[kind][i], r->pressure.value[i]);
}

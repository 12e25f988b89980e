/* SPDX-License-Identifier: GPL-2.0-only */
/* Events of memory pressure: each a task, one or two words, and named values. */
#include <stdlib.h>

#include "mm/vmscan.h"
#include "record/events.h"

static const char *const value_names[NR_EVENT_KINDS][EVENT_VALUES] = {
	[EVENT_KSWAPD_RUN] = {"node", "order", "reclaimed", "ns"},
	[EVENT_DIRECT_RECLAIM] = {"reclaimed", "ns"},
	[EVENT_THROTTLED] = {"node", "timeout_ns", "ns"},
	[EVENT_OOM_KILL] = {"total_vm", "anon_rss", "file_rss", "shmem_rss", "page_tables"},
};

const char *const throttle_names[NR_THROTTLE_NAMES] = {
	[VMSCAN_THROTTLE_WRITEBACK] = "writeback",
	[VMSCAN_THROTTLE_ISOLATED] = "isolated",
	[VMSCAN_THROTTLE_NOPROGRESS] = "noprogress",
	[VMSCAN_THROTTLE_CONGESTED] = "congested",
	[VMSCAN_THROTTLE_PFMEMALLOC] = "pfmemalloc",
};

static struct event_record *add_task(struct events *ev, enum event_kind kind, u64 now,
				     const struct task_struct *task)
{
	struct event_record *r = events_add(ev, kind, now);

	if (r)
		event_task_set(&r->pressure.task, task);
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
	if (!t->choice)
		return;
	r->pressure.choice = calloc(1, sizeof(*r->pressure.choice));
	if (!r->pressure.choice) {
		ev->no_memory = true;
		return;
	}
	event_task_set(&r->pressure.choice->task, t->current);
	r->pressure.choice->why = *t->choice;
}

static void put_choice(const struct events *ev, struct jsonw *w, const struct event_choice *choice)
{
	const struct oom_choice *why = &choice->why;
	char gfp[512];

	jsonw_string(w, "asked_by", choice->task.comm);
	jsonw_u64(w, "asked_by_pid", choice->task.pid);
	jsonw_u64(w, "order", why->order);
	jsonw_string(w, "gfp", gfp_format(ev->mm->profile, why->gfp, gfp, sizeof(gfp)));
	jsonw_string(w, "constraint", why->constraint);
	jsonw_u64(w, "of_pages", why->totalpages);
	jsonw_u64(w, "candidates", why->nr_candidates);
	jsonw_array(w, "scores");
	for (u32 i = 0; i < why->nr_candidates && i < OOM_CANDIDATES; i++) {
		jsonw_object(w, NULL);
		jsonw_string(w, "task", why->best[i].comm);
		jsonw_u64(w, "pid", why->best[i].pid);
		jsonw_s64(w, "score", why->best[i].points);
		jsonw_s64(w, "oom_score_adj", why->best[i].oom_score_adj);
		jsonw_end(w);
	}
	jsonw_end(w);
}

void events_put_pressure(const struct events *ev, struct jsonw *w, enum event_kind kind,
			 const struct event_record *r)
{
	jsonw_string(w, "task", r->pressure.task.comm);
	jsonw_u64(w, "pid", r->pressure.task.pid);
	if (r->pressure.word)
		jsonw_string(w, "why", r->pressure.word);
	for (u32 i = 0; i < EVENT_VALUES && value_names[kind][i]; i++)
		jsonw_u64(w, value_names[kind][i], r->pressure.value[i]);
	if (r->pressure.choice)
		put_choice(ev, w, r->pressure.choice);
}

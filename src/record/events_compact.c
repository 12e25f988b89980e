/* SPDX-License-Identifier: GPL-2.0-only */
/* Events of what makes memory contiguous: runs of compaction, ranges taken, requests to CMA. */
#include <string.h>

#include "mm/contig.h"
#include "mm/pressure.h"
#include "record/events.h"

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

static const char *const contig_names[] = {
	[CONTIG_OK] = "success",
	[CONTIG_BUSY] = "busy",
	[CONTIG_NO_MEMORY] = "no_memory",
	[CONTIG_INTERRUPTED] = "interrupted",
};

static void put_who(struct jsonw *w, const struct event_task *task)
{
	jsonw_string(w, "task", task->comm);
	jsonw_u64(w, "pid", task->pid);
}

static void put_zone(struct jsonw *w, const struct mm *mm, u16 idx)
{
	jsonw_u64(w, "node", mm->zones[idx].nid);
	jsonw_string(w, "zone", zone_name((enum zone_type)mm->zones[idx].type));
}

void events_compaction(struct events *ev, u64 now, const struct trace_mm_compaction_end *t)
{
	struct event_record *r = events_add(ev, EVENT_COMPACTION, now);

	if (!r)
		return;
	event_task_set(&r->compaction.task, t->current);
	r->compaction.zone = t->zone->idx;
	r->compaction.ns = now - t->start_ns;
	r->compaction.end = *t;
}

void events_put_compaction(const struct events *ev, struct jsonw *w, const struct event_record *r)
{
	const struct trace_mm_compaction_end *t = &r->compaction.end;

	put_who(w, &r->compaction.task);
	jsonw_string(w, "why", t->why);
	jsonw_string(w, "mode", t->mode);
	jsonw_string(w, "result", compact_names[t->status]);
	jsonw_u64(w, "order", (u64)max_s64(t->order, 0));
	jsonw_u64(w, "migrate_scanned", t->migrate_scanned);
	jsonw_u64(w, "free_scanned", t->free_scanned);
	jsonw_u64(w, "moved", t->nr_migrated);
	jsonw_u64(w, "failed", t->nr_pinned + t->nr_busy + t->nr_no_target);
	jsonw_u64(w, "pinned", t->nr_pinned);
	jsonw_u64(w, "busy", t->nr_busy);
	jsonw_u64(w, "no_target", t->nr_no_target);
	jsonw_s64(w, "freed", (s64)t->usable_after - (s64)t->usable_before);
	jsonw_u64(w, "unusable_before", t->unusable_before);
	jsonw_u64(w, "unusable_after", t->unusable_after);
	jsonw_u64(w, "ns", r->compaction.ns);
	put_zone(w, ev->mm, r->compaction.zone);
}

void events_contig(struct events *ev, u64 now, const struct trace_mm_contig_end *t)
{
	struct event_record *r = events_add(ev, EVENT_CONTIG, now);

	if (!r)
		return;
	event_task_set(&r->contig.task, t->current);
	r->contig.zone = t->zone->idx;
	r->contig.ns = now - t->start_ns;
	r->contig.end = *t;
}

void events_put_contig(const struct events *ev, struct jsonw *w, const struct event_record *r)
{
	const struct trace_mm_contig_end *t = &r->contig.end;

	put_who(w, &r->contig.task);
	jsonw_string(w, "why", t->why);
	jsonw_string(w, "result", contig_names[t->result]);
	if (t->cause != CONTIG_CAUSE_NONE)
		jsonw_string(w, "cause", contig_cause_names[t->cause]);
	if (t->cause != CONTIG_CAUSE_NONE && t->page != PFN_NONE)
		jsonw_u64(w, "page", t->page);
	jsonw_u64(w, "start_pfn", t->start_pfn);
	jsonw_u64(w, "end_pfn", t->end_pfn);
	jsonw_u64(w, "scanned", t->nr_scanned);
	jsonw_u64(w, "moved", t->nr_migrated);
	jsonw_u64(w, "reclaimed", t->nr_reclaimed);
	jsonw_u64(w, "failed", t->nr_failed);
	jsonw_u64(w, "ns", r->contig.ns);
	put_zone(w, ev->mm, r->contig.zone);
}

void events_cma(struct events *ev, u64 now, const struct trace_mm_cma_alloc *t)
{
	struct event_record *r = events_add(ev, EVENT_CMA, now);

	if (!r)
		return;
	event_task_set(&r->cma.task, t->current);
	r->cma.ns = now - t->start_ns;
	r->cma.alloc = *t;
}

void events_put_cma(struct jsonw *w, const struct event_record *r)
{
	const struct trace_mm_cma_alloc *t = &r->cma.alloc;

	put_who(w, &r->cma.task);
	jsonw_string(w, "area", t->area);
	jsonw_string(w, "result", t->pfn == PFN_NONE ? "failed" : "success");
	if (t->pfn == PFN_NONE && t->tries)
		jsonw_string(w, "cause", contig_cause_names[t->cause]);
	if (t->pfn != PFN_NONE)
		jsonw_u64(w, "pfn", t->pfn);
	jsonw_u64(w, "pages", t->count);
	jsonw_u64(w, "align", t->align);
	jsonw_u64(w, "tries", t->tries);
	jsonw_u64(w, "ns", r->cma.ns);
}

void event_task_set(struct event_task *to, const struct task_struct *task)
{
	const char *comm = task && task->comm ? task->comm : "";

	memcpy(to->comm, comm, strnlen(comm, sizeof(to->comm) - 1));
	to->pid = task ? task->pid : 0;
}

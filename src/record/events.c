/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log of decisions. Each kind has its own bounded store, so that a storm of one (fallbacks on a
 * fragmented machine) cannot push out the rare ones (failures); they are merged again when
 * written. What exceeds a store is still counted.
 */
#include "record/events.h"

#include <stdlib.h>
#include <string.h>

const char *const event_names[NR_EVENT_KINDS] = {
    [EVENT_FALLBACK] = "fallback",	 [EVENT_ALLOC_FAILED] = "alloc_failed",
    [EVENT_KSWAPD_WAKE] = "kswapd_wake", [EVENT_KSWAPD_SLEEP] = "kswapd_sleep",
    [EVENT_BOOST] = "watermark_boost",	 [EVENT_PAGEBLOCK] = "pageblock_type",
    [EVENT_KSWAPD_RUN] = "kswapd_run",	 [EVENT_DIRECT_RECLAIM] = "direct_reclaim",
    [EVENT_THROTTLED] = "throttled",	 [EVENT_COMPACTION] = "compaction",
    [EVENT_CONTIG] = "contiguous",	 [EVENT_CMA] = "cma_alloc",
    [EVENT_OOM_KILL] = "oom_kill",
};

void events_init(struct events *ev, const struct mm *mm, u32 cap)
{
	*ev = (struct events){.mm = mm, .cap = cap ? cap : EVENTS_DEFAULT};
}

void events_finish(struct events *ev)
{
	for (u32 i = 0; i < ev->n[EVENT_OOM_KILL]; i++)
		free(ev->kept[EVENT_OOM_KILL][i].pressure.choice);
	for (u32 k = 0; k < NR_EVENT_KINDS; k++)
		free(ev->kept[k]);
	free(ev->refusals);
	free(ev->refusal_counts);
	*ev = (struct events){0};
}

struct event_record *events_add(struct events *ev, enum event_kind kind, u64 now)
{
	struct event_record *record;

	ev->count[kind]++;
	ev->seq++;
	if (ev->n[kind] == ev->cap)
		return NULL;
	if (ev->n[kind] == ev->room[kind]) {
		u32 room = ev->room[kind] ? ev->room[kind] * 2 : 64;
		struct event_record *grown = realloc(ev->kept[kind], room * sizeof(*grown));

		if (!grown) {
			ev->no_memory = true;
			return NULL;
		}
		ev->kept[kind] = grown;
		ev->room[kind] = room;
	}
	record = &ev->kept[kind][ev->n[kind]++];
	memset(record, 0, sizeof(*record));
	record->t_ns = now;
	record->seq = ev->seq;
	return record;
}

void events_fallback(struct events *ev, u64 now, const struct trace_mm_page_alloc_extfrag *t)
{
	struct event_record *r = events_add(ev, EVENT_FALLBACK, now);

	ev->fallback_pairs[t->alloc_migratetype][t->fallback_migratetype]++;
	if (!r)
		return;
	r->fallback.pfn = t->pfn;
	r->fallback.order = t->alloc_order;
	r->fallback.block_order = t->fallback_order;
	r->fallback.zone = t->zone->idx;
	r->fallback.from = (u8)t->fallback_migratetype;
	r->fallback.to = (u8)t->alloc_migratetype;
	r->fallback.fragmenting = t->fragmenting;
	r->fallback.change_ownership = t->change_ownership;
}

/* Keeps the zones' refusals of a failed request; their index or UINT32_MAX. */
static u32 keep_refusals(struct events *ev)
{
	if (!ev->nr_refusals)
		return UINT32_MAX;
	if (ev->nr_details == ev->room_details) {
		u32 room = ev->room_details ? ev->room_details * 2 : 64;
		void *refusals = realloc(ev->refusals, room * sizeof(*ev->refusals));
		u32 *counts;

		if (refusals)
			ev->refusals = refusals;
		counts = realloc(ev->refusal_counts, room * sizeof(*counts));
		if (counts)
			ev->refusal_counts = counts;
		if (!refusals || !counts) {
			ev->no_memory = true;
			return UINT32_MAX;
		}
		ev->room_details = room;
	}
	memcpy(ev->refusals[ev->nr_details], ev->refusal, sizeof(ev->refusal));
	ev->refusal_counts[ev->nr_details] = ev->nr_refusals;
	return ev->nr_details++;
}

void events_failed(struct events *ev, u64 now, const struct trace_mm_alloc_failed *t)
{
	struct event_record *r = events_add(ev, EVENT_ALLOC_FAILED, now);

	if (t->order < NR_PAGE_ORDERS_LIMIT)
		ev->failed_by_order[t->order]++;
	if (!r)
		return;
	r->failed.reason = t->reason;
	r->failed.order = t->order;
	r->failed.gfp = t->gfp;
	r->failed.detail = keep_refusals(ev);
	if (t->current) {
		const char *comm = t->current->comm ? t->current->comm : "";

		memcpy(r->failed.comm, comm, strnlen(comm, sizeof(r->failed.comm) - 1));
		r->failed.pid = t->current->pid;
		r->failed.cpu = t->current->cpu;
	}
}

void events_refused(struct events *ev, const struct trace_mm_watermark_refused *t)
{
	struct event_refusal refusal = {
	    .zone = t->zone->idx,
	    .order = t->order,
	    .mark = t->mark,
	    .free = t->free_pages,
	};

	for (u32 i = 0; i < ev->nr_refusals; i++) {
		if (ev->refusal[i].zone == refusal.zone) {
			ev->refusal[i] = refusal;
			return;
		}
	}
	if (ev->nr_refusals < EVENT_REFUSALS)
		ev->refusal[ev->nr_refusals++] = refusal;
}

void events_kswapd_wake(struct events *ev, u64 now, u32 nid, u32 order)
{
	struct event_record *r = events_add(ev, EVENT_KSWAPD_WAKE, now);

	if (!r)
		return;
	r->kswapd.nid = nid;
	r->kswapd.order = order;
}

void events_kswapd_sleep(struct events *ev, u64 now, u32 nid)
{
	struct event_record *r = events_add(ev, EVENT_KSWAPD_SLEEP, now);

	if (r)
		r->kswapd.nid = nid;
}

void events_boost(struct events *ev, u64 now, const struct trace_mm_boost *t)
{
	struct event_record *r = events_add(ev, EVENT_BOOST, now);

	ev->max_boost = max_u64(ev->max_boost, (u64)max_s64(t->boost, 0));
	if (!r)
		return;
	r->boost.zone = t->zone->idx;
	r->boost.boost = t->boost;
}

void events_pageblock(struct events *ev, u64 now, const struct trace_mm_pageblock_type *t)
{
	struct event_record *r = events_add(ev, EVENT_PAGEBLOCK, now);

	if (!r)
		return;
	r->pageblock.pfn = t->pfn;
	r->pageblock.zone = t->zone->idx;
	r->pageblock.from = (u8)t->from;
	r->pageblock.to = (u8)t->to;
}

static void put_zone(const struct events *ev, struct jsonw *w, u16 idx)
{
	const struct zone *zone = &ev->mm->zones[idx];

	jsonw_u64(w, "node", zone->nid);
	jsonw_string(w, "zone", zone_name(zone->type));
}

static void put_fallback(const struct events *ev, struct jsonw *w, const struct event_record *r)
{
	put_zone(ev, w, r->fallback.zone);
	jsonw_u64(w, "pfn", r->fallback.pfn);
	jsonw_u64(w, "order", r->fallback.order);
	jsonw_u64(w, "block_order", r->fallback.block_order);
	jsonw_string(w, "for", migratetype_name(r->fallback.to));
	jsonw_string(w, "from", migratetype_name(r->fallback.from));
	jsonw_bool(w, "fragmenting", r->fallback.fragmenting);
	jsonw_bool(w, "change_ownership", r->fallback.change_ownership);
}

static void put_failed(const struct events *ev, struct jsonw *w, const struct event_record *r)
{
	char gfp[512];

	jsonw_string(w, "task", r->failed.comm);
	jsonw_u64(w, "pid", r->failed.pid);
	jsonw_u64(w, "cpu", r->failed.cpu);
	jsonw_u64(w, "order", r->failed.order);
	jsonw_string(w, "gfp", gfp_format(ev->mm->profile, r->failed.gfp, gfp, sizeof(gfp)));
	jsonw_string(w, "why", r->failed.reason ? r->failed.reason : "");
	if (r->failed.detail == UINT32_MAX)
		return;
	jsonw_array(w, "refused");
	for (u32 i = 0; i < ev->refusal_counts[r->failed.detail]; i++) {
		const struct event_refusal *refusal = &ev->refusals[r->failed.detail][i];

		jsonw_object(w, NULL);
		put_zone(ev, w, refusal->zone);
		jsonw_s64(w, "free", refusal->free);
		jsonw_s64(w, "mark", refusal->mark);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void put_event(const struct events *ev, struct jsonw *w, enum event_kind kind,
		      const struct event_record *r)
{
	jsonw_object(w, NULL);
	jsonw_u64(w, "t_ns", r->t_ns);
	jsonw_string(w, "event", event_names[kind]);
	switch (kind) {
	case EVENT_FALLBACK:
		put_fallback(ev, w, r);
		break;
	case EVENT_ALLOC_FAILED:
		put_failed(ev, w, r);
		break;
	case EVENT_KSWAPD_WAKE:
		jsonw_u64(w, "order", r->kswapd.order);
		/* fall through */
	case EVENT_KSWAPD_SLEEP:
		jsonw_u64(w, "node", r->kswapd.nid);
		break;
	case EVENT_BOOST:
		put_zone(ev, w, r->boost.zone);
		jsonw_s64(w, "pages", r->boost.boost);
		break;
	case EVENT_PAGEBLOCK:
		put_zone(ev, w, r->pageblock.zone);
		jsonw_u64(w, "pfn", r->pageblock.pfn);
		jsonw_string(w, "from", migratetype_name(r->pageblock.from));
		jsonw_string(w, "to", migratetype_name(r->pageblock.to));
		break;
	case EVENT_COMPACTION:
		events_put_compaction(ev, w, r);
		break;
	case EVENT_CONTIG:
		events_put_contig(ev, w, r);
		break;
	case EVENT_CMA:
		events_put_cma(w, r);
		break;
	default:
		events_put_pressure(ev, w, kind, r);
		break;
	}
	jsonw_end(w);
}

void events_write_jsonl(const struct events *ev, FILE *out)
{
	u32 next[NR_EVENT_KINDS] = {0};
	struct jsonw w;

	for (;;) {
		u32 first = NR_EVENT_KINDS;

		for (u32 k = 0; k < NR_EVENT_KINDS; k++) {
			if (next[k] < ev->n[k] &&
			    (first == NR_EVENT_KINDS ||
			     ev->kept[k][next[k]].seq < ev->kept[first][next[first]].seq))
				first = k;
		}
		if (first == NR_EVENT_KINDS)
			break;
		jsonw_begin(&w, out, true);
		put_event(ev, &w, first, &ev->kept[first][next[first]++]);
		jsonw_finish(&w);
	}
	for (u32 k = 0; k < NR_EVENT_KINDS; k++) {
		if (ev->count[k] == ev->n[k])
			continue;
		jsonw_begin(&w, out, true);
		jsonw_object(&w, NULL);
		jsonw_string(&w, "event", "not_kept");
		jsonw_string(&w, "of", event_names[k]);
		jsonw_u64(&w, "count", ev->count[k] - ev->n[k]);
		jsonw_end(&w);
		jsonw_finish(&w);
	}
}

void events_write_json(const struct events *ev, struct jsonw *w)
{
	jsonw_object(w, "events");
	for (u32 k = 0; k < NR_EVENT_KINDS; k++)
		jsonw_u64(w, event_names[k], ev->count[k]);
	jsonw_u64(w, "kswapd_wakeup_requests", ev->wakeup_requests);
	jsonw_u64(w, "watermark_boost_max_pages", ev->max_boost);
	jsonw_array(w, "fallbacks_by_type");
	for (u32 to = 0; to < MIGRATE_TYPES; to++) {
		for (u32 from = 0; from < MIGRATE_TYPES; from++) {
			if (!ev->fallback_pairs[to][from])
				continue;
			jsonw_object_inline(w, NULL);
			jsonw_string(w, "for", migratetype_name(to));
			jsonw_string(w, "from", migratetype_name(from));
			jsonw_u64(w, "count", ev->fallback_pairs[to][from]);
			jsonw_end(w);
		}
	}
	jsonw_end(w);
	jsonw_array_inline(w, "failed_by_order");
	for (u32 o = 0; o <= ev->mm->max_order; o++)
		jsonw_u64(w, NULL, ev->failed_by_order[o]);
	jsonw_end(w);
	jsonw_end(w);
}

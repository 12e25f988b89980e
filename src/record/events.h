/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdio.h>

#include "mm/mm.h"
#include "record/jsonw.h"

/*
 * Decisions worth telling one by one. The first EVENTS_DEFAULT of a kind are kept whole; all are
 * counted, fallbacks by the pair of types, so that memory stays bounded and no number is lost.
 */
#define EVENTS_DEFAULT 2000u

enum event_kind {
	EVENT_FALLBACK,	    /* a request took pages of another migratetype */
	EVENT_ALLOC_FAILED, /* a request got nothing, and why */
	EVENT_KSWAPD_WAKE,  /* kswapd begins to work */
	EVENT_KSWAPD_SLEEP,
	EVENT_BOOST,	 /* a zone's watermark boost changed */
	EVENT_PAGEBLOCK, /* a pageblock changed its type */
	EVENT_KSWAPD_RUN,
	EVENT_DIRECT_RECLAIM,
	EVENT_THROTTLED,
	EVENT_COMPACTION,
	EVENT_CONTIG, /* a contiguous range was taken, or could not be */
	EVENT_CMA,
	EVENT_OOM_KILL,
	NR_EVENT_KINDS
};

extern const char *const event_names[NR_EVENT_KINDS];

#define EVENT_REFUSALS 4
#define EVENT_VALUES   5

struct event_task {
	char comm[16];
	u32 pid;
};

struct event_refusal { /* a zone said no */
	u16 zone;
	u32 order;
	s64 mark, free;
};

struct event_choice { /* who asked, and among whom was chosen */
	struct event_task task;
	struct oom_choice why;
};

struct event_record {
	u64 t_ns;
	u64 seq; /* among all kinds */
	union {
		struct {
			u32 pfn, order, block_order;
			u16 zone;
			u8 from, to; /* from whose lists, for whom */
			bool fragmenting, change_ownership;
		} fallback;
		struct {
			const char *reason;
			char comm[16];
			u32 pid, cpu, order;
			gfp_t gfp;
			u32 detail; /* index in events->refusals, UINT32_MAX: none */
		} failed;
		struct {
			u32 nid, order;
		} kswapd;
		struct {
			u16 zone;
			s64 boost;
		} boost;
		struct {
			u32 pfn;
			u16 zone;
			u8 from, to;
		} pageblock;
		struct {
			struct event_task task;
			const char *word;	 /* NULL: none */
			u64 value[EVENT_VALUES]; /* named in events_pressure.c */
			struct event_choice *choice; /* of a kill, else NULL */
		} pressure;
		struct { /* current and zone of what ended are not followed any more */
			struct event_task task;
			u16 zone;
			u64 ns;
			struct trace_mm_compaction_end end;
		} compaction;
		struct {
			struct event_task task;
			u16 zone;
			u64 ns;
			struct trace_mm_contig_end end;
		} contig;
		struct {
			struct event_task task;
			u64 ns;
			struct trace_mm_cma_alloc alloc;
		} cma;
	};
};

struct events {
	const struct mm *mm;
	u32 cap;
	u64 seq;
	struct event_record *kept[NR_EVENT_KINDS]; /* in time order; grown to cap */
	u32 n[NR_EVENT_KINDS], room[NR_EVENT_KINDS];
	u64 count[NR_EVENT_KINDS];
	u64 fallback_pairs[MIGRATE_TYPES][MIGRATE_TYPES]; /* [for whom][from whom] */
	u64 failed_by_order[NR_PAGE_ORDERS_LIMIT];
	u64 wakeup_requests; /* wakeup_kswapd() calls, asleep or not */
	u64 max_boost;

	struct event_refusal refusal[EVENT_REFUSALS]; /* since the last request was over */
	u32 nr_refusals;
	struct event_refusal (*refusals)[EVENT_REFUSALS];
	u32 *refusal_counts;
	u32 nr_details, room_details;
	bool no_memory;
};

/* cap 0: EVENTS_DEFAULT. Memory is taken as events come. */
void events_init(struct events *ev, const struct mm *mm, u32 cap);
void events_finish(struct events *ev);

void events_fallback(struct events *ev, u64 now, const struct trace_mm_page_alloc_extfrag *t);
void events_failed(struct events *ev, u64 now, const struct trace_mm_alloc_failed *t);
void events_refused(struct events *ev, const struct trace_mm_watermark_refused *t);
/* A request is over: earlier refusals no longer explain a failure. */
static inline void events_request_over(struct events *ev)
{
	ev->nr_refusals = 0;
}
void events_kswapd_wake(struct events *ev, u64 now, u32 nid, u32 order);
void events_kswapd_sleep(struct events *ev, u64 now, u32 nid);
void events_boost(struct events *ev, u64 now, const struct trace_mm_boost *t);
void events_pageblock(struct events *ev, u64 now, const struct trace_mm_pageblock_type *t);

/* NULL: nobody's. */
void event_task_set(struct event_task *to, const struct task_struct *task);

/* Compaction and contiguous ranges: events_compact.c. */
extern const char *const compact_names[9]; /* enum compact_result */
void events_compaction(struct events *ev, u64 now, const struct trace_mm_compaction_end *t);
void events_contig(struct events *ev, u64 now, const struct trace_mm_contig_end *t);
void events_cma(struct events *ev, u64 now, const struct trace_mm_cma_alloc *t);
void events_put_compaction(const struct events *ev, struct jsonw *w, const struct event_record *r);
void events_put_contig(const struct events *ev, struct jsonw *w, const struct event_record *r);
void events_put_cma(struct jsonw *w, const struct event_record *r);

/* Reclaim and kills: events_pressure.c. */
#define NR_THROTTLE_NAMES 5
extern const char *const throttle_names[NR_THROTTLE_NAMES]; /* enum vmscan_throttle_state */
void events_kswapd_run(struct events *ev, u64 now,
		       const struct trace_mm_vmscan_balance_pgdat_end *t);
void events_direct_reclaim(struct events *ev, u64 now,
			   const struct trace_mm_vmscan_direct_reclaim_end *t);
void events_throttled(struct events *ev, u64 now, const struct trace_mm_vmscan_throttled *t);
void events_oom_kill(struct events *ev, u64 now, const struct trace_mark_victim *t);
void events_put_pressure(const struct events *ev, struct jsonw *w, enum event_kind kind,
			 const struct event_record *r);
/* Counts an event; its record to fill in, or NULL if it is one too many. */
struct event_record *events_add(struct events *ev, enum event_kind kind, u64 now);

/* events.jsonl: all kinds merged by time, then one line for each kind that lost lines. */
void events_write_jsonl(const struct events *ev, FILE *out);
/* Member "events" of summary.json: the counts. */
void events_write_json(const struct events *ev, struct jsonw *w);

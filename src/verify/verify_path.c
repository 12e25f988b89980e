/* SPDX-License-Identifier: GPL-2.0-only */
/* The path of one operation through the allocator, taken down from its probes. */
#include <stdarg.h>
#include <string.h>

#include "mm/pcp.h"
#include "mm/watermark.h"
#include "verify/verify_internal.h"

#define IN_A_ROW_MAX 12 /* steps of one kind; the rest is counted */

static const char *zone_text(const struct zone *zone)
{
	return zone_name((enum zone_type)zone->type);
}

/* Adds a step; fields are the json_pack of what it is about, taken over. */
static void step(struct verify_path *path, const char *kind, json_t *fields, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void end_run(struct verify_path *path)
{
	char text[48];

	if (path->left_out) {
		snprintf(text, sizeof(text), "... and %u more like this", path->left_out);
		json_array_append_new(path->steps,
				      json_pack("{ss si ss}", "step", "left_out", "count",
						path->left_out, "text", text));
	}
	path->left_out = path->in_a_row = 0;
}

static void step(struct verify_path *path, const char *kind, json_t *fields, const char *fmt, ...)
{
	json_t *s = json_pack("{ss}", "step", kind);
	char text[320];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (path->last != kind)
		end_run(path);
	path->last = kind;
	json_object_set_new(s, "text", json_string(text));
	json_object_update_new(s, fields);
	if (++path->in_a_row <= IN_A_ROW_MAX) {
		json_array_append_new(path->steps, s);
		return;
	}
	path->left_out++;
	json_decref(s);
}

static const char *flags_text(u32 flags, char *buf, size_t len)
{
	static const char *const marks[] = {"min", "low", "high", "promo"};
	static const struct {
		u32 flag;
		const char *name;
	} names[] = {
	    {ALLOC_OOM, "oom"},
	    {ALLOC_NON_BLOCK, "non_block"},
	    {ALLOC_MIN_RESERVE, "min_reserve"},
	    {ALLOC_CMA, "cma"},
	    {ALLOC_NOFRAGMENT, "nofragment"},
	    {ALLOC_HIGHATOMIC, "highatomic"},
	    {ALLOC_KSWAPD, "kswapd"},
	};
	size_t used = (size_t)snprintf(
	    buf, len, "%s",
	    flags & ALLOC_NO_WATERMARKS ? "no_watermarks" : marks[flags & ALLOC_WMARK_MASK]);

	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if ((flags & names[i].flag) && used < len)
			used += (size_t)snprintf(buf + used, len - used, "|%s", names[i].name);
	return buf;
}

/* A block that reached its list outside a drain. */
static void flush_freed(struct verify_path *path)
{
	const struct trace_mm_block_freed *f = &path->freed;

	if (!path->have_freed)
		return;
	path->have_freed = false;
	step(path, "freed",
	     json_pack("{ss sI si ss sb}", "zone", zone_text(f->zone), "pfn", (json_int_t)f->pfn,
		       "order", f->order, "type", migratetype_name(f->migratetype), "tail",
		       f->tail),
	     "%s: a block reaches the %s of the order-%u %s list as page frame %u",
	     zone_text(f->zone), f->tail ? "tail" : "head", f->order,
	     migratetype_name(f->migratetype), f->pfn);
}

#define LISTENER(name)                                                                             \
	static void on_##name(void *data, const void *args)                                        \
	{                                                                                          \
		struct verify_path *path = data;                                                   \
		const struct trace_##name *t = args;                                               \
                                                                                                   \
		flush_freed(path);                                                                 \
		name##_step(path, t);                                                              \
	}

static void mm_zone_allowed_step(struct verify_path *path, const struct trace_mm_zone_allowed *t)
{
	char flags[128];

	flags_text(t->alloc_flags, flags, sizeof(flags));
	step(path, "zone_allowed",
	     json_pack("{ss si ss sI sI sb}", "zone", zone_text(t->zone), "node", t->zone->nid,
		       "alloc_flags", flags, "mark", (json_int_t)t->mark, "free",
		       (json_int_t)t->free_pages, "high", t->high),
	     "%s of node %u is tried (%s): %lld pages free, %s %lld%s", zone_text(t->zone),
	     t->zone->nid, flags, (long long)t->free_pages,
	     t->alloc_flags & ALLOC_NO_WATERMARKS && !t->high ? "whatever the mark of"
							      : "which passes the mark of",
	     (long long)t->mark, t->high ? " (high)" : "");
}
LISTENER(mm_zone_allowed)

static void mm_watermark_refused_step(struct verify_path *path,
				      const struct trace_mm_watermark_refused *t)
{
	s64 aside = unusable_free(t->zone, t->order, t->alloc_flags);
	s64 reserve = t->zone->lowmem_reserve[path->highest_zoneidx];
	char flags[128];

	flags_text(t->alloc_flags, flags, sizeof(flags));
	step(
	    path, "zone_refused",
	    json_pack("{ss si ss sI sI sI sI}", "zone", zone_text(t->zone), "node", t->zone->nid,
		      "alloc_flags", flags, "mark", (json_int_t)t->mark, "free",
		      (json_int_t)t->free_pages, "set_aside", (json_int_t)aside, "lowmem_reserve",
		      (json_int_t)reserve),
	    "%s of node %u refuses (%s): %lld pages free, %lld of them set aside, against the mark "
	    "of %lld and a lowmem reserve of %lld%s",
	    zone_text(t->zone), t->zone->nid, flags, (long long)t->free_pages, (long long)aside,
	    (long long)t->mark, (long long)reserve, t->order ? ", or no block large enough" : "");
}
LISTENER(mm_watermark_refused)

static void mm_zone_skipped_step(struct verify_path *path, const struct trace_mm_zone_skipped *t)
{
	step(path, "zone_skipped",
	     json_pack("{ss si}", "zone", zone_text(t->zone), "node", t->zone->nid),
	     "%s of node %u is left for later: its kswapd is awake", zone_text(t->zone),
	     t->zone->nid);
}
LISTENER(mm_zone_skipped)

static void mm_walk_again_step(struct verify_path *path, const struct trace_mm_walk_again *t)
{
	step(path, "walk_again", json_pack("{ss}", "reason", t->reason),
	     "the walk over the zones starts anew: %s", t->reason);
}
LISTENER(mm_walk_again)

static void mm_slow_try_step(struct verify_path *path, const struct trace_mm_slow_try *t)
{
	char flags[128];

	flags_text(t->alloc_flags, flags, sizeof(flags));
	step(path, "slow_path", json_pack("{ss}", "alloc_flags", flags),
	     "slow path: walks the zones with %s", flags);
}
LISTENER(mm_slow_try)

static void mm_alloc_failed_step(struct verify_path *path, const struct trace_mm_alloc_failed *t)
{
	step(path, "gave_up", json_pack("{ss}", "reason", t->reason), "slow path: gives up: %s",
	     t->reason);
}
LISTENER(mm_alloc_failed)

static void mm_pcp_refill_step(struct verify_path *path, const struct trace_mm_pcp_refill *t)
{
	step(path, "refill",
	     json_pack("{ss si si ss si si}", "zone", zone_text(t->zone), "cpu", t->cpu, "order",
		       t->order, "type", migratetype_name(t->migratetype), "wanted", t->wanted,
		       "got", t->got),
	     "%s: refill of CPU %u's order-%u %s list ends: %d blocks wanted, %d got",
	     zone_text(t->zone), t->cpu, t->order, migratetype_name(t->migratetype), t->wanted,
	     t->got);
}
LISTENER(mm_pcp_refill)

static void mm_page_alloc_zone_locked_step(struct verify_path *path,
					   const struct trace_mm_page_alloc_zone_locked *t)
{
	step(path, "taken",
	     json_pack("{sI si ss}", "pfn", (json_int_t)t->pfn, "order", t->order, "type",
		       migratetype_name(t->migratetype)),
	     "page frame %u order %u comes off the %s lists", t->pfn, t->order,
	     migratetype_name(t->migratetype));
}
LISTENER(mm_page_alloc_zone_locked)

static void mm_page_alloc_extfrag_step(struct verify_path *path,
				       const struct trace_mm_page_alloc_extfrag *t)
{
	step(path, "fallback",
	     json_pack("{ss sI si ss si ss sb}", "zone", zone_text(t->zone), "pfn",
		       (json_int_t)t->pfn, "order", t->alloc_order, "type",
		       migratetype_name(t->alloc_migratetype), "fallback_order", t->fallback_order,
		       "fallback_type", migratetype_name(t->fallback_migratetype),
		       "change_ownership", t->change_ownership),
	     "%s: an order-%u block of %s serves %s order %u: page frame %u, its pageblock is %s's",
	     zone_text(t->zone), t->fallback_order, migratetype_name(t->fallback_migratetype),
	     migratetype_name(t->alloc_migratetype), t->alloc_order, t->pfn,
	     t->change_ownership ? "the request" : "another type");
}
LISTENER(mm_page_alloc_extfrag)

static void mm_claim_refused_step(struct verify_path *path, const struct trace_mm_claim_refused *t)
{
	u32 needed = BIT(path->mm->pageblock_order - 1);
	json_t *fields =
	    json_pack("{ss sI si si si si}", "zone", zone_text(t->zone), "pfn", (json_int_t)t->pfn,
		      "order", t->order, "free", t->free, "alike", t->alike, "needed", needed);

	if (!t->free && !t->alike)
		step(path, "claim_refused", fields,
		     "%s: the pageblock of the order-%u block at %u lies partly outside the zone",
		     zone_text(t->zone), t->order, t->pfn);
	else
		step(path, "claim_refused", fields,
		     "%s: the pageblock of the order-%u block at %u keeps its type: %u pages free "
		     "and %u alike, %u needed",
		     zone_text(t->zone), t->order, t->pfn, t->free, t->alike, needed);
}
LISTENER(mm_claim_refused)

static void mm_pageblock_type_step(struct verify_path *path,
				   const struct trace_mm_pageblock_type *t)
{
	step(path, "pageblock_type",
	     json_pack("{sI ss ss}", "pfn", (json_int_t)t->pfn, "from", migratetype_name(t->from),
		       "to", migratetype_name(t->to)),
	     "the pageblock of page frame %u changes from %s to %s", t->pfn,
	     migratetype_name(t->from), migratetype_name(t->to));
}
LISTENER(mm_pageblock_type)

static void mm_boost_step(struct verify_path *path, const struct trace_mm_boost *t)
{
	step(path, "boost",
	     json_pack("{ss sI}", "zone", zone_text(t->zone), "boost", (json_int_t)t->boost),
	     "%s: the watermark boost is set to %lld", zone_text(t->zone), (long long)t->boost);
}
LISTENER(mm_boost)

static void mm_highatomic_reserve_step(struct verify_path *path,
				       const struct trace_mm_highatomic_reserve *t)
{
	step(path, "highatomic_reserve",
	     json_pack("{ss sI sI sI sb}", "zone", zone_text(t->zone), "pfn", (json_int_t)t->pfn,
		       "reserved", (json_int_t)t->reserved, "limit", (json_int_t)t->limit,
		       "allowed", t->allowed),
	     "%s: the pageblock of page frame %u %s the high-atomic reserve (%lld of at most %lld "
	     "pages)",
	     zone_text(t->zone), t->pfn, t->allowed ? "may join" : "does not join",
	     (long long)t->reserved, (long long)t->limit);
}
LISTENER(mm_highatomic_reserve)

static void mm_vmscan_wakeup_kswapd_step(struct verify_path *path,
					 const struct trace_mm_vmscan_wakeup_kswapd *t)
{
	step(path, "wakeup_kswapd",
	     json_pack("{si si ss}", "node", t->nid, "order", t->order, "highest_zone",
		       zone_name((enum zone_type)t->zid)),
	     "kswapd of node %u is woken for order %u up to %s", t->nid, t->order,
	     zone_name((enum zone_type)t->zid));
}
LISTENER(mm_vmscan_wakeup_kswapd)

static void mm_pcp_drain_step(struct verify_path *path, const struct trace_mm_pcp_drain *t)
{
	step(path, "drain",
	     json_pack("{ss si si si}", "zone", zone_text(t->zone), "cpu", t->cpu, "list", t->list,
		       "pages", t->pages),
	     "%s: CPU %u's set gives back %d pages, beginning with list %u", zone_text(t->zone),
	     t->cpu, t->pages, t->list);
}
LISTENER(mm_pcp_drain)

static void mm_alloc_done_step(struct verify_path *path, const struct trace_mm_alloc_done *t)
{
	if (t->pfn == PFN_NONE)
		step(path, "result", json_pack("{sn ss}", "pfn", "path", alloc_path_names[t->path]),
		     "the request fails");
	else
		step(path, "result",
		     json_pack("{sI ss}", "pfn", (json_int_t)t->pfn, "path",
			       alloc_path_names[t->path]),
		     "the request gets page frame %u (path: %s)", t->pfn,
		     alloc_path_names[t->path]);
}
LISTENER(mm_alloc_done)

static void on_mm_block_freed(void *data, const void *args)
{
	struct verify_path *path = data;

	flush_freed(path);
	path->freed = *(const struct trace_mm_block_freed *)args;
	path->have_freed = true;
}

/* Comes after the block reached its list: both make one step. */
static void on_mm_page_pcpu_drain(void *data, const void *args)
{
	const struct trace_mm_page_pcpu_drain *t = args;
	struct verify_path *path = data;
	const struct trace_mm_block_freed *f = &path->freed;

	if (!path->have_freed)
		return;
	path->have_freed = false;
	step(path, "drained",
	     json_pack("{ss sI si ss sI si sb}", "zone", zone_text(f->zone), "pfn",
		       (json_int_t)t->pfn, "order", t->order, "type",
		       migratetype_name(t->migratetype), "block", (json_int_t)f->pfn, "block_order",
		       f->order, "tail", f->tail),
	     "page frame %u order %u leaves as %s: %s of the order-%u list, as page frame %u",
	     t->pfn, t->order, migratetype_name(t->migratetype), f->tail ? "tail" : "head",
	     f->order, f->pfn);
}

static void (*const on[NR_MM_PROBES])(void *data, const void *args) = {
#define ON(name) [PROBE_##name] = on_##name
    ON(mm_zone_allowed),       ON(mm_watermark_refused),
    ON(mm_zone_skipped),       ON(mm_walk_again),
    ON(mm_slow_try),	       ON(mm_alloc_failed),
    ON(mm_pcp_refill),	       ON(mm_page_alloc_zone_locked),
    ON(mm_page_alloc_extfrag), ON(mm_claim_refused),
    ON(mm_pageblock_type),     ON(mm_boost),
    ON(mm_highatomic_reserve), ON(mm_vmscan_wakeup_kswapd),
    ON(mm_pcp_drain),	       ON(mm_alloc_done),
    ON(mm_block_freed),	       ON(mm_page_pcpu_drain),
#undef ON
};

void verify_path_begin(struct verify_path *path, struct mm *mm, u32 highest_zoneidx)
{
	memset(path, 0, sizeof(*path));
	path->mm = mm;
	path->highest_zoneidx = highest_zoneidx;
	path->steps = json_array();
	for (u32 i = 0; i < NR_MM_PROBES; i++) {
		if (!on[i])
			continue;
		path->listener[i].fn = on[i];
		path->listener[i].data = path;
		mm_listen(mm, (enum mm_probe)i, &path->listener[i]);
	}
}

json_t *verify_path_end(struct verify_path *path)
{
	flush_freed(path);
	end_run(path);
	/* They were attached last: nothing else listens to a replay. */
	memset(path->mm->probes, 0, sizeof(path->mm->probes));
	return path->steps;
}

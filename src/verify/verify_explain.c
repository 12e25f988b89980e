/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why did the simulation differ from the kernel? The recording is loaded again and replayed in
 * silence up to the operation; then the state it finds is taken down, listeners are attached, and
 * it is performed the long way, without the short cut of single pages.
 */
#include <stdlib.h>
#include <string.h>

#include "base/safe_text.h"
#include "mm/pcp.h"
#include "verify/verify_internal.h"

#define MAX_ZONES 8 /* described */

struct explain {
	const struct recording *rec;
	const struct verify_result *result;
	struct mm *mm;
	struct task_struct *tasks;
	u32 *pfns;
	const struct rec_op *op; /* NULL: the first state itself differs */
	u32 op_index;
	u32 highest_zoneidx;
	const struct zone *zones[MAX_ZONES];
	u32 nr_zones;
};

static const char *const op_names[] = {
    [REC_ALLOC] = "allocation",
    [REC_FREE] = "free",
    [REC_BULK] = "bulk allocation",
    [REC_RELEASE] = "release of single pages",
    [REC_DRAIN] = "drain of the CPU's lists",
    [REC_VMSTAT] = "statistics work of the CPU",
};

static void add_zone(struct explain *e, const struct zone *zone)
{
	for (u32 i = 0; i < e->nr_zones; i++)
		if (e->zones[i] == zone)
			return;
	if (zone && e->nr_zones < MAX_ZONES)
		e->zones[e->nr_zones++] = zone;
}

/* The zones that could have had a say, in the order in which they are tried. */
static void collect_zones(struct explain *e)
{
	const struct rec_op *op = e->op;
	const struct pglist_data *pgdat;

	if (op && op->type == REC_FREE)
		add_zone(e, pfn_zone(e->mm, op->pfn));
	for (u32 i = 0; op && op->type == REC_RELEASE && i < op->n; i++)
		add_zone(e, pfn_zone(e->mm, e->rec->pool[op->off + i]));
	if (op && (op->type == REC_ALLOC || op->type == REC_BULK)) {
		pgdat = &e->mm->nodes[op->nid];
		for (u32 i = 0; i < pgdat->nr_fallback; i++)
			if (e->mm->zones[pgdat->fallback[i]].type <= e->highest_zoneidx)
				add_zone(e, &e->mm->zones[pgdat->fallback[i]]);
	}
	if (e->result->difference.in_state || !e->nr_zones)
		for_each_populated_zone (e->mm, zone)
			add_zone(e, zone);
}

static json_t *pfn_list(const u32 *pfns, u32 n)
{
	json_t *list = json_array();

	for (u32 i = 0; i < n; i++)
		json_array_append_new(list, json_integer((json_int_t)pfns[i]));
	return list;
}

static json_t *pfn_or_null(u32 pfn)
{
	return pfn == PFN_NONE ? json_null() : json_integer((json_int_t)pfn);
}

static json_t *operation_json(const struct explain *e)
{
	const struct rec_op *op = e->op;
	json_t *out = json_pack("{si si ss si}", "index", e->op_index, "line", op->line, "type",
				op_names[op->type], "cpu", op->cpu);
	char gfp[256];

	if (op->type == REC_ALLOC || op->type == REC_BULK) {
		gfp_format(e->mm->profile, op->gfp, gfp, sizeof(gfp));
		json_object_update_new(
		    out, json_pack("{si ss ss}", "node", op->nid, "gfp", gfp, "highest_zone",
				   zone_name((enum zone_type)e->highest_zoneidx)));
	}
	if (op->type == REC_ALLOC || op->type == REC_FREE)
		json_object_set_new(out, "order", json_integer(op->order));
	if (op->type == REC_BULK)
		json_object_set_new(out, "wanted", json_integer((json_int_t)op->wanted));
	if (op->type == REC_FREE)
		json_object_set_new(out, "pfn", pfn_or_null(op->pfn));
	if (op->type == REC_RELEASE)
		json_object_set_new(out, "pfns", pfn_list(e->rec->pool + op->off, op->n));
	return out;
}

static json_t *zones_json(const struct explain *e)
{
	json_t *zones = json_array();

	for (u32 i = 0; i < e->nr_zones; i++)
		json_array_append_new(zones, verify_zone_json(e->zones[i], e->op ? e->op->cpu : 0,
							      e->highest_zoneidx));
	return zones;
}

/* What the operation left behind, beside its result. */
static json_t *after_json(const struct explain *e)
{
	json_t *after = json_array();

	for (u32 i = 0; i < e->nr_zones; i++) {
		const struct zone *zone = e->zones[i];

		json_array_append_new(
		    after, json_pack("{si ss sI sI so}", "node", zone->nid, "zone",
				     zone_name((enum zone_type)zone->type), "nr_free_pages",
				     (json_int_t)zone->vm_stat[NR_FREE_PAGES], "watermark_boost",
				     (json_int_t)zone->watermark_boost, "set",
				     verify_set_json(zone, e->op->cpu)));
	}
	return after;
}

/* The first page in which both sides differ, on each side. */
static void differing_pages(const struct explain *e, u32 simulated_n, u32 *recorded, u32 *simulated)
{
	const struct rec_op *op = e->op;

	*recorded = *simulated = PFN_NONE;
	if (op->type == REC_ALLOC) {
		*recorded = op->pfn;
		*simulated = e->pfns[0];
		return;
	}
	for (u32 i = 0; op->type == REC_BULK && i < max_u64(op->n, simulated_n); i++) {
		*recorded = i < op->n ? e->rec->pool[op->off + i] : PFN_NONE;
		*simulated = i < simulated_n ? e->pfns[i] : PFN_NONE;
		if (*recorded != *simulated)
			return;
	}
}

/* Performs the operation and notes its way. Results of allocations are left in e->pfns. */
static void perform(struct explain *e, json_t *out)
{
	struct verify_path path;
	char what[512] = "";
	bool same;
	u32 n = 0;

	verify_path_begin(&path, e->mm, e->highest_zoneidx);
	e->mm->fast_alloc = e->mm->fast_free = false;
	same = verify_op(e->mm, e->tasks, e->rec, e->op_index, e->pfns, &n, what, sizeof(what));
	json_object_set_new(out, "path", verify_path_end(&path));
	json_object_set_new(out, "after", after_json(e));
	if (e->op->type == REC_ALLOC)
		json_object_set_new(out, "simulated", pfn_or_null(e->pfns[0]));
	if (e->op->type == REC_BULK)
		json_object_set_new(out, "simulated", pfn_list(e->pfns, n));
	if (!e->result->difference.in_state && strcmp(what, e->result->difference.what))
		json_object_set_new(
		    out, "short_cut",
		    json_sprintf("the long way ends otherwise: %s", same ? "as recorded" : what));
}

/* Where the pages of both sides lie before the operation: it is performed on a second copy. */
static void pages_json(const struct explain *e, u32 recorded, u32 simulated, json_t *out)
{
	if (recorded != PFN_NONE)
		json_object_set_new(out, "recorded_page", verify_page_json(e->mm, recorded));
	if (simulated != PFN_NONE)
		json_object_set_new(out, "simulated_page", verify_page_json(e->mm, simulated));
}

static void explain_finish(struct explain *e)
{
	mm_destroy(e->mm);
	free(e->tasks);
	free(e->pfns);
	e->mm = NULL;
	e->tasks = NULL;
	e->pfns = NULL;
}

/* Loads and replays up to the operation to look at. */
static bool explain_begin(struct explain *e, struct err *err)
{
	const struct verify_difference *d = &e->result->difference;
	u64 op = d->in_state && d->op ? d->op - 1 : d->op;
	u32 n;

	e->mm = verify_load(e->rec, err);
	e->tasks = verify_tasks(e->rec);
	e->pfns = verify_bulk_room(e->rec);
	if (!e->mm || !e->tasks || !e->pfns)
		return err->kind == ERR_NONE
			   ? err_set(err, ERR_HOST_RES, "%s: no memory", e->rec->name)
			   : false;
	e->op = d->in_state && !d->op ? NULL : &e->rec->ops[op];
	e->op_index = (u32)op;
	e->highest_zoneidx = e->op && (e->op->type == REC_ALLOC || e->op->type == REC_BULK)
				 ? e->mm->gfp_zone[e->op->gfp & 0xf]
				 : ZONE_MOVABLE;
	for (u64 i = 0; e->op && i < op; i++)
		verify_op(e->mm, e->tasks, e->rec, (u32)i, e->pfns, &n, NULL, 0);
	e->nr_zones = 0;
	collect_zones(e);
	return true;
}

/* Before which operation the recorded counters and the full state agreed last; -1: never. */
static void agreed_last(const struct explain *e, json_t *out)
{
	const struct verify_difference *d = &e->result->difference;
	s64 counters = -1, state = -1;

	for (u32 i = 0; i < e->rec->nr_checks && e->rec->checks[i].op <= d->op; i++)
		if (!d->in_state || e->rec->checks[i].op < d->op)
			counters = (s64)e->rec->checks[i].op;
	for (u32 i = 0; i < e->rec->nr_states && e->rec->states[i].op <= d->op; i++)
		if (!d->in_state || e->rec->states[i].op < d->op)
			state = (s64)e->rec->states[i].op;
	json_object_set_new(out, "counters_agreed_before", json_integer(max_s64(counters, state)));
	json_object_set_new(out, "state_agreed_before", json_integer(state));
}

static json_t *difference_json(const struct explain *e)
{
	const struct verify_difference *d = &e->result->difference;
	char name[256];
	json_t *out = json_pack(
	    "{ss ss ss s{sI si sb ss}}", "recording", safe_text(e->rec->name, name, sizeof(name)),
	    "kernel", e->rec->kernel, "profile", e->rec->profile, "difference", "operation",
	    (json_int_t)d->op, "line", d->line, "in_state", d->in_state, "what", d->what);

	agreed_last(e, json_object_get(out, "difference"));
	return out;
}

json_t *verify_explain_json(const struct recording *rec, const struct verify_result *result,
			    struct err *err)
{
	struct explain e = {.rec = rec, .result = result};
	u32 recorded = PFN_NONE, simulated = PFN_NONE;
	bool ok = explain_begin(&e, err);
	json_t *out = ok ? difference_json(&e) : NULL, *zones;

	if (out && e.op) {
		json_object_set_new(out, "operation", operation_json(&e));
		if (e.op->type == REC_ALLOC)
			json_object_set_new(out, "recorded", pfn_or_null(e.op->pfn));
		if (e.op->type == REC_BULK)
			json_object_set_new(out, "recorded",
					    pfn_list(rec->pool + e.op->off, e.op->n));
	}
	zones = out ? zones_json(&e) : NULL;
	if (out && e.op) {
		json_t *got;

		perform(&e, out);
		got = json_object_get(out, "simulated");
		differing_pages(&e, (u32)json_array_size(got), &recorded, &simulated);
	}
	json_object_set_new(out, "zones", zones);
	/* The state has moved on: once more up to the operation, for the pages in question. */
	if (out && (recorded != PFN_NONE || simulated != PFN_NONE)) {
		explain_finish(&e);
		ok = explain_begin(&e, err);
		if (ok)
			pages_json(&e, recorded, simulated, out);
	}
	explain_finish(&e);
	if (ok && !out)
		err_set(err, ERR_HOST_RES, "%s: no memory", rec->name);
	if (ok)
		return out;
	json_decref(out);
	return NULL;
}

bool verify_explain(const struct recording *rec, const struct verify_result *result, FILE *out,
		    struct err *err)
{
	json_t *explanation = verify_explain_json(rec, result, err);

	if (!explanation)
		return false;
	verify_explain_print(explanation, out);
	json_decref(explanation);
	return true;
}

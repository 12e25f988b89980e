/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations of a recording, and the counters recorded between them. */
#include <string.h>

#include "verify/recording_internal.h"

static bool op_cpu(struct rec_parser *p, struct rec_op *op)
{
	u32 cpu = 0;

	if (!rec_u32(p, "CPU", p->nr_cpus - 1, &cpu))
		return false;
	op->cpu = (u16)cpu;
	return true;
}

static bool op_node(struct rec_parser *p, struct rec_op *op)
{
	u32 nid = 0;

	if (!rec_u32(p, "node", p->nr_nodes - 1, &nid))
		return false;
	op->nid = (u8)nid;
	return true;
}

static bool op_order(struct rec_parser *p, struct rec_op *op)
{
	u32 order = 0;

	if (!rec_u32(p, "order", p->rec->machine.max_order, &order))
		return false;
	op->order = (u8)order;
	return true;
}

/* Flags in the recorded kernel's bits -> ours, by name. */
static bool op_gfp(struct rec_parser *p, struct rec_op *op)
{
	u32 recorded = 0;

	if (!rec_u32(p, "gfp flags", UINT32_MAX, &recorded))
		return false;
	if (recorded & ~p->gfp_known)
		return rec_bad(p, "gfp flags 0x%x hold bits that no \"H gfpbit\" line names",
			       recorded);
	for (; recorded; recorded &= recorded - 1)
		op->gfp |= p->gfp_map[__builtin_ctz(recorded)];
	/* The two bits are a migratetype of 0..2. */
	if ((op->gfp & __GFP_MOVABLE) && (op->gfp & __GFP_RECLAIMABLE))
		return rec_bad(p, "gfp flags both movable and reclaimable");
	return true;
}

static bool op_pfn(struct rec_parser *p, bool may_fail, u32 *pfn)
{
	if (may_fail && p->next && !strcmp(p->next, "-")) {
		rec_token(p);
		*pfn = PFN_NONE;
		return true;
	}
	return rec_u32(p, "page frame", PFN_NONE - 1, pfn);
}

#define MAX_BULK (1u << 20)

static bool op_bulk(struct rec_parser *p, struct rec_op *op)
{
	u32 pfn = 0;

	op->type = REC_BULK;
	if (!op_node(p, op) || !op_gfp(p, op) ||
	    !rec_u32(p, "pages wanted", MAX_BULK, &op->wanted) ||
	    !rec_u32(p, "pages got", op->wanted, &op->n))
		return false;
	op->off = (u32)p->rec->nr_pool;
	for (u32 i = 0; i < op->n; i++)
		if (!op_pfn(p, false, &pfn) || !rec_push(p, pfn))
			return false;
	return true;
}

/* The pages go to the pool first, the operations that returned them behind. */
static bool op_release(struct rec_parser *p, struct rec_op *op)
{
	char *again;

	op->type = REC_RELEASE;
	if (!rec_u32(p, "number of pages", MAX_BULK, &op->n))
		return false;
	again = p->next;
	op->off = (u32)p->rec->nr_pool;
	for (u32 i = 0; i < op->n; i++) {
		char *word = rec_token(p), *colon = word ? strchr(word, ':') : NULL;
		s64 pfn = 0;

		if (!colon)
			return rec_bad(p, "expected %u entries pfn:operation, got %u", op->n, i);
		*colon = '\0';
		if (!rec_number(p, word, "page frame", 0, PFN_NONE - 1, &pfn) ||
		    !rec_push(p, (u32)pfn))
			return false;
	}
	for (u32 i = 0; i < op->n; i++) {
		s64 ref = 0;

		again += strlen(again) + 1;
		if (!rec_number(p, again, "operation that allocated", 0, p->rec->nr_ops - 1,
				&ref) ||
		    !rec_push(p, (u32)ref))
			return false;
		again += strlen(again) + 1;
	}
	return true;
}

static bool op_free(struct rec_parser *p, struct rec_op *op)
{
	op->type = REC_FREE;
	return op_order(p, op) && op_pfn(p, false, &op->pfn) &&
	       rec_u32(p, "operation that allocated", p->rec->nr_ops - 1, &op->wanted);
}

bool rec_op_line(struct rec_parser *p, char type)
{
	struct recording *rec = p->rec;
	struct rec_op *op;
	u64 index = 0;
	bool ok = true;

	if (!rec->nr_states || p->in_state)
		return rec_bad(p, "an operation before the first state is complete");
	if (!rec_u64(p, "operation number", UINT32_MAX, &index))
		return false;
	if (index != rec->nr_ops)
		return rec_bad(p, "operation %llu where %u is due", (unsigned long long)index,
			       rec->nr_ops);
	op = rec_grow(p, &rec->ops, &rec->nr_ops, &p->cap_ops, 1, sizeof(*op));
	if (!op || !op_cpu(p, op))
		return false;
	op->line = p->line_nr;
	op->pfn = PFN_NONE;
	switch (type) {
	case 'A':
		op->type = REC_ALLOC;
		ok =
		    op_node(p, op) && op_order(p, op) && op_gfp(p, op) && op_pfn(p, true, &op->pfn);
		break;
	case 'F':
		ok = op_free(p, op);
		break;
	case 'G':
		ok = op_bulk(p, op);
		break;
	case 'R':
		ok = op_release(p, op);
		break;
	case 'D':
		op->type = REC_DRAIN;
		break;
	default:
		op->type = REC_VMSTAT;
		break;
	}
	return ok && rec_line_end(p);
}

/* The numbers of one item: those of a zone or of a per-CPU set. */
static bool item_numbers(struct rec_parser *p, struct rec_check *check, const s64 *x)
{
	const s64 *zone = x + check->pcp, *values = zone + 2;

	if ((check->pcp && (x[0] < 0 || x[0] >= p->nr_cpus)) || zone[0] < 0 ||
	    zone[0] >= p->nr_nodes || zone[1] < 0 || zone[1] >= p->max_nr_zones ||
	    !rec_zone_type(p, (u32)zone[1], &check->type) ||
	    rec_find_zone(&p->rec->states[0], (u32)zone[0], check->type) < 0)
		return rec_bad(p, "an item of no known CPU or zone");
	check->zone_nid = (u32)zone[0];
	if (check->pcp) {
		check->cpu = (u32)x[0];
		check->count = (s32)values[0];
		check->high = (s32)values[1];
		return true;
	}
	check->free_pages = values[0];
	check->boost = values[1];
	check->reserved = values[2];
	check->flags = (u32)values[3];
	return true;
}

/* "z:NID:ZONE:free:boost:reserved:flags" or "p:CPU:NID:ZONE:count:high" */
static bool check_item(struct rec_parser *p, char *word, u64 op)
{
	struct recording *rec = p->rec;
	struct rec_check *check =
	    rec_grow(p, &rec->checks, &rec->nr_checks, &p->cap_checks, 1, sizeof(*check));
	char *save = NULL, *w = strtok_r(word, ":", &save);
	u32 wanted, n = 0;
	s64 x[6] = {0};

	if (!check)
		return false;
	if (!w || (strcmp(w, "z") && strcmp(w, "p")))
		return rec_bad(p, "unknown item \"%.40s\"", w ? w : "");
	check->pcp = w[0] == 'p';
	check->op = op;
	check->line = p->line_nr;
	wanted = check->pcp ? 5 : 6;
	for (; (w = strtok_r(NULL, ":", &save)) && n < wanted; n++)
		if (!rec_number(p, w, "item", INT32_MIN, INT32_MAX, &x[n]))
			return false;
	if (w || n != wanted)
		return rec_bad(p, "an item with another number of fields than %u", wanted + 1);
	return item_numbers(p, check, x);
}

bool rec_check_line(struct rec_parser *p)
{
	char *word;
	u64 op = 0;

	if (!rec_u64(p, "operation number", UINT32_MAX, &op))
		return false;
	if (op != p->rec->nr_ops || !p->rec->nr_states)
		return rec_bad(p, "counters before operation %llu where %u operations were made",
			       (unsigned long long)op, p->rec->nr_ops);
	while ((word = rec_token(p)))
		if (!check_item(p, word, op))
			return false;
	return true;
}

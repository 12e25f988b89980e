/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a recording says of single pages. The free pages of the first state are all that its
 * operations may hand out; a page is in one place at a time; only the operation that got a block
 * can be named by its free; each later state lists exactly what is not held. A byte or two a page
 * frame; work grows with the text, not with the machine.
 */
#include <stdlib.h>
#include <string.h>

#include "verify/recording_internal.h"

/* What a page is. Heads of held blocks: PLACE_HELD_HEAD + order. */
enum { PLACE_FOREIGN, PLACE_FREE, PLACE_MOVABLE, PLACE_HELD, PLACE_HELD_HEAD };

struct pages {
	struct rec_parser *p;
	u64 base, end;
	u8 *place;
	u8 *stamp;  /* state that listed it last, modulo 255, from 1 */
	u32 *owner; /* at heads: the operation that got it */
	u64 nr_free;
};

/* Are all n bytes the same as the first? */
static bool uniform(const u8 *bytes, u64 n)
{
	return n == 1 || !memcmp(bytes, bytes + 1, n - 1);
}

static bool in_machine(struct pages *pages, u64 pfn, u64 n)
{
	return (pfn >= pages->base && pfn + n <= pages->end) ||
	       rec_bad(pages->p, "page frame %llu lies in no zone", (unsigned long long)pfn);
}

/* A listed block lies in its zone, where its order allows. */
static bool well_placed(struct pages *pages, const struct rec_zone *zone, u64 pfn, u32 order)
{
	if (pfn & ((1ull << order) - 1))
		return rec_bad(pages->p, "page frame %llu is not aligned to order %u",
			       (unsigned long long)pfn, order);
	if (pfn < zone->start_pfn || pfn + (1ull << order) > zone->start_pfn + zone->spanned)
		return rec_bad(pages->p, "page frame %llu lies outside its zone",
			       (unsigned long long)pfn);
	return true;
}

/* First state: the block becomes free; it must not have been named before. */
static bool found(struct pages *pages, u64 pfn, u64 n, u8 place)
{
	u8 *first = pages->place + (pfn - pages->base);

	if (*first != PLACE_FOREIGN || !uniform(first, n))
		return rec_bad(pages->p, "a page of the block at %llu is in two places",
			       (unsigned long long)pfn);
	memset(first, place, n);
	return true;
}

/* Later states: the block must be free by what the operations did. */
static bool still_free(struct pages *pages, u64 pfn, u64 n, u8 stamp)
{
	u64 i = pfn - pages->base;

	if (memchr(pages->stamp + i, stamp, n))
		return rec_bad(pages->p, "a page of the block at %llu is in two places",
			       (unsigned long long)pfn);
	memset(pages->stamp + i, stamp, n);
	if (pages->place[i] != PLACE_FREE || !uniform(pages->place + i, n))
		return rec_bad(pages->p, "the block at %llu is listed as free but was not freed",
			       (unsigned long long)pfn);
	return true;
}

/* The blocks of one list; pages listed are added to *total. */
static bool walk_list(struct pages *pages, const struct rec_zone *zone, const struct rec_list *list,
		      u32 order, u8 stamp, u64 *total)
{
	u64 n = 1ull << order;

	pages->p->line_nr = list->line;
	*total += (u64)list->n << order;
	for (u32 i = 0; i < list->n; i++) {
		u64 pfn = pages->p->rec->pool[list->off + i];

		if (!well_placed(pages, zone, pfn, order))
			return false;
		if (!(stamp ? still_free(pages, pfn, n, stamp) : found(pages, pfn, n, PLACE_FREE)))
			return false;
	}
	return true;
}

static bool walk_movable(struct pages *pages, const struct rec_list *list)
{
	const u32 *runs = pages->p->rec->pool + list->off;

	pages->p->line_nr = list->line;
	for (u32 i = 0; i < list->n; i += 2)
		if (!in_machine(pages, runs[i], runs[i + 1]) ||
		    !found(pages, runs[i], runs[i + 1], PLACE_MOVABLE))
			return false;
	return true;
}

/* They belong to the rest of the system and stay. */
static bool same_movable(struct pages *pages, const struct rec_list *first,
			 const struct rec_list *list)
{
	const u32 *pool = pages->p->rec->pool;

	pages->p->line_nr = list->line;
	return (first->n == list->n &&
		!memcmp(pool + first->off, pool + list->off, list->n * sizeof(*pool))) ||
	       rec_bad(pages->p, "other movable pages than in the first state");
}

/* stamp 0: the first state. */
static bool walk_state(struct pages *pages, const struct rec_state *state, u8 stamp)
{
	const struct rec_state *first = &pages->p->rec->states[0];
	const struct recording *rec = pages->p->rec;
	u64 total = 0;

	for (u32 z = 0; z < state->nr_zones; z++) {
		const struct rec_zone *zone = &state->zones[z];

		for (u32 o = 0; o <= rec->machine.max_order; o++)
			for (u32 mt = 0; mt < MIGRATE_TYPES; mt++)
				if (!walk_list(pages, zone, &zone->free_lists[o][mt], o, stamp,
					       &total))
					return false;
		for (u32 i = 0; i < rec->machine.nr_cpus * NR_PCP_LISTS; i++) {
			u32 cpu = i / NR_PCP_LISTS, index = i % NR_PCP_LISTS;
			const struct rec_pcp *pcp = &state->pcps[z * rec->machine.nr_cpus + cpu];

			if (!walk_list(pages, zone, &pcp->lists[index],
				       rec_pcp_list_order(rec, index), stamp, &total))
				return false;
		}
		if (!(stamp ? same_movable(pages, &first->zones[z].movable, &zone->movable)
			    : walk_movable(pages, &zone->movable)))
			return false;
	}
	if (!stamp)
		pages->nr_free = total;
	pages->p->line_nr = state->line;
	return total == pages->nr_free ||
	       rec_bad(pages->p, "%llu pages are listed, %llu should be free",
		       (unsigned long long)total, (unsigned long long)pages->nr_free);
}

static bool take(struct pages *pages, u64 pfn, u32 order, u32 op)
{
	u64 n = 1ull << order;
	u8 *first = pages->place + (pfn - pages->base);

	if (pfn & (n - 1))
		return rec_bad(pages->p, "page frame %llu cannot be a block of order %u",
			       (unsigned long long)pfn, order);
	if (!in_machine(pages, pfn, n))
		return false;
	if (*first != PLACE_FREE || !uniform(first, n))
		return rec_bad(pages->p, "page frame %llu order %u is handed out but is not free",
			       (unsigned long long)pfn, order);
	memset(first, PLACE_HELD, n);
	*first = (u8)(PLACE_HELD_HEAD + order);
	pages->owner[pfn - pages->base] = op;
	pages->nr_free -= n;
	return true;
}

static bool give(struct pages *pages, u64 pfn, u32 order, u32 op)
{
	u64 n = 1ull << order;

	if (!in_machine(pages, pfn, n))
		return false;
	if (pages->place[pfn - pages->base] != PLACE_HELD_HEAD + order ||
	    pages->owner[pfn - pages->base] != op)
		return rec_bad(pages->p,
			       "free of page frame %llu order %u, which operation %u does not hold",
			       (unsigned long long)pfn, order, op);
	memset(pages->place + (pfn - pages->base), PLACE_FREE, n);
	pages->nr_free += n;
	return true;
}

static bool walk_op(struct pages *pages, u32 i)
{
	const struct recording *rec = pages->p->rec;
	const struct rec_op *op = &rec->ops[i];
	const u32 *list = rec->pool + op->off;

	pages->p->line_nr = op->line;
	switch ((enum rec_op_type)op->type) {
	case REC_ALLOC:
		return op->pfn == PFN_NONE || take(pages, op->pfn, op->order, i);
	case REC_FREE:
		return give(pages, op->pfn, op->order, op->wanted);
	case REC_BULK:
		for (u32 j = 0; j < op->n; j++)
			if (!take(pages, list[j], 0, i))
				return false;
		return true;
	case REC_RELEASE:
		for (u32 j = 0; j < op->n; j++)
			if (!give(pages, list[j], 0, list[op->n + j]))
				return false;
		return true;
	default:
		return true;
	}
}

static bool walk_all(struct pages *pages)
{
	const struct recording *rec = pages->p->rec;
	u32 state = 0;

	for (u32 i = 0; i <= rec->nr_ops; i++) {
		for (; state < rec->nr_states && rec->states[state].op == i; state++) {
			u8 stamp = state ? (u8)((state - 1) % 255 + 1) : 0;

			if (stamp == 1)
				memset(pages->stamp, 0, pages->end - pages->base);
			if (!walk_state(pages, &rec->states[state], stamp))
				return false;
		}
		if (i < rec->nr_ops && !walk_op(pages, i))
			return false;
	}
	return true;
}

bool rec_check_pages(struct rec_parser *p)
{
	const struct machine *m = &p->rec->machine;
	u64 n = m->end_pfn - m->start_pfn;
	struct pages pages = {
	    .p = p,
	    .base = m->start_pfn,
	    .end = m->end_pfn,
	    .place = calloc(n, 1),
	    .stamp = calloc(n, 1),
	    .owner = calloc(n, sizeof(u32)),
	};
	bool ok = pages.place && pages.stamp && pages.owner;

	if (ok)
		ok = walk_all(&pages);
	else
		err_set(p->err, ERR_HOST_RES, "%s: no memory to check the recording", p->name);
	free(pages.place);
	free(pages.stamp);
	free(pages.owner);
	return ok;
}

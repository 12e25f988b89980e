/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is a recording possible? A page can be in one place only, a free must name a block that is held,
 * announced numbers must agree with what is listed. A recording that fails is refused: it would
 * prove nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "verify/recording_internal.h"

/* A byte a page frame: where it is. */
enum place { PLACE_NONE, PLACE_FREE, PLACE_PCP, PLACE_MOVABLE };

struct page_set {
	u8 *place;
	u64 base, end;
};

static bool in_zone(const struct rec_zone *zone, u64 pfn, u64 n)
{
	return pfn >= zone->start_pfn && pfn + n <= zone->start_pfn + zone->spanned;
}

static bool occupy(struct rec_parser *p, struct page_set *set, const struct rec_zone *zone, u64 pfn,
		   u32 order, enum place place)
{
	u64 n = 1ull << order;

	if (pfn % n)
		return rec_bad(p, "page frame %llu is not aligned to order %u",
			       (unsigned long long)pfn, order);
	if (zone && !in_zone(zone, pfn, n))
		return rec_bad(p, "page frame %llu lies outside its zone", (unsigned long long)pfn);
	if (pfn < set->base || pfn + n > set->end)
		return rec_bad(p, "page frame %llu lies in no zone", (unsigned long long)pfn);
	for (u64 i = pfn - set->base; i < pfn - set->base + n; i++) {
		if (set->place[i])
			return rec_bad(p, "page frame %llu is in two places",
				       (unsigned long long)(i + set->base));
		set->place[i] = (u8)place;
	}
	return true;
}

static bool check_free_lists(struct rec_parser *p, struct rec_state *state, struct page_set *set)
{
	u64 nr_free[MACHINE_MAX_NODES * MAX_NR_ZONES][NR_PAGE_ORDERS_LIMIT];

	memset(nr_free, 0, sizeof(nr_free));
	for (u32 i = 0; i < state->nr_free_lists; i++) {
		const struct rec_free_list *l = &state->free_lists[i];

		p->line_nr = l->list.line;
		for (u32 j = 0; j < l->list.n; j++)
			if (!occupy(p, set, &state->zones[l->zone], p->rec->pool[l->list.off + j],
				    l->order, PLACE_FREE))
				return false;
		nr_free[l->zone][l->order] += l->list.n;
	}
	for (u32 z = 0; z < state->nr_zones; z++) {
		p->line_nr = state->zones[z].line;
		for (u32 o = 0; o <= p->rec->machine.max_order; o++)
			if (nr_free[z][o] != state->zones[z].nr_free[o])
				return rec_bad(p, "nr_free of order %u is %llu, %llu blocks are listed",
					       o, (unsigned long long)state->zones[z].nr_free[o],
					       (unsigned long long)nr_free[z][o]);
	}
	return true;
}

static u32 pcp_list_order(const struct rec_parser *p, u32 index)
{
	return index >= NR_PCP_THP ? p->rec->machine.pageblock_order : index / MIGRATE_PCPTYPES;
}

static bool check_pcp_lists(struct rec_parser *p, struct rec_state *state, struct page_set *set)
{
	for (u32 i = 0; i < state->nr_pcp_lists; i++) {
		const struct rec_pcp_list *l = &state->pcp_lists[i];

		p->line_nr = l->list.line;
		for (u32 j = 0; j < l->list.n; j++)
			if (!occupy(p, set, &state->zones[l->zone], p->rec->pool[l->list.off + j],
				    pcp_list_order(p, l->index), PLACE_PCP))
				return false;
	}
	for (u32 i = 0; i < state->nr_pcps; i++) {
		const struct rec_pcp *pcp = &state->pcps[i];
		u64 count = 0;

		p->line_nr = pcp->line;
		for (u32 j = 0; j < state->nr_pcp_lists; j++) {
			const struct rec_pcp_list *l = &state->pcp_lists[j];

			if (l->cpu == pcp->cpu && l->zone == pcp->zone)
				count += (u64)l->list.n << pcp_list_order(p, l->index);
		}
		if (count != (u64)pcp->count)
			return rec_bad(p, "count is %d, %llu pages are listed", pcp->count,
				       (unsigned long long)count);
	}
	return true;
}

static bool check_movable(struct rec_parser *p, struct rec_state *state, struct page_set *set)
{
	for (u32 i = 0; i < state->nr_movable; i++) {
		const struct rec_list *l = &state->movable[i];

		p->line_nr = l->line;
		for (u32 j = 0; j < l->n; j += 2)
			for (u64 k = 0; k < p->rec->pool[l->off + j + 1]; k++)
				if (!occupy(p, set, NULL, p->rec->pool[l->off + j] + k, 0,
					    PLACE_MOVABLE))
					return false;
	}
	return true;
}

static bool check_blocks(struct rec_parser *p, struct rec_state *state)
{
	u64 nr = 1ull << p->rec->machine.pageblock_order;

	for (u32 z = 0; z < state->nr_zones; z++) {
		const struct rec_zone *zone = &state->zones[z];
		bool covered = false;

		p->line_nr = zone->line;
		for (u32 i = 0; i < state->nr_blocks; i++) {
			const struct rec_blocks *b = &state->blocks[i];

			covered |= b->zone == z && b->first_pfn <= zone->start_pfn &&
				   b->first_pfn + b->n * nr >= zone->start_pfn + zone->spanned &&
				   b->first_pfn + (b->n - 1) * nr < zone->start_pfn + zone->spanned;
		}
		if (!covered)
			return rec_bad(p, "the pageblock types do not cover the zone");
	}
	return true;
}

static bool check_state(struct rec_parser *p, struct rec_state *state, struct page_set *set)
{
	memset(set->place, 0, set->end - set->base);
	return check_blocks(p, state) && check_free_lists(p, state, set) &&
	       check_pcp_lists(p, state, set) && check_movable(p, state, set);
}

/* Holders: order + 1 at the head of each held block, 0xff inside. */
static bool hold(struct rec_parser *p, struct page_set *set, u64 pfn, u32 order)
{
	u64 n = 1ull << order;

	if (pfn % n || pfn < set->base || pfn + n > set->end)
		return rec_bad(p, "page frame %llu cannot be a block of order %u",
			       (unsigned long long)pfn, order);
	for (u64 i = pfn - set->base; i < pfn - set->base + n; i++)
		if (set->place[i])
			return rec_bad(p, "page frame %llu is handed out while it is held",
				       (unsigned long long)(i + set->base));
	memset(set->place + (pfn - set->base), 0xff, n);
	set->place[pfn - set->base] = (u8)(order + 1);
	return true;
}

static bool let_go(struct rec_parser *p, struct page_set *set, u64 pfn, u32 order)
{
	if (pfn < set->base || pfn + (1ull << order) > set->end ||
	    set->place[pfn - set->base] != order + 1)
		return rec_bad(p, "free of page frame %llu order %u, which is not held",
			       (unsigned long long)pfn, order);
	memset(set->place + (pfn - set->base), 0, 1ull << order);
	return true;
}

static bool check_ops(struct rec_parser *p, struct page_set *set)
{
	const struct recording *rec = p->rec;

	memset(set->place, 0, set->end - set->base);
	for (u32 i = 0; i < rec->nr_ops; i++) {
		const struct rec_op *op = &rec->ops[i];

		p->line_nr = op->line;
		if (op->type == REC_ALLOC && op->pfn != PFN_NONE &&
		    !hold(p, set, op->pfn, op->order))
			return false;
		if (op->type == REC_FREE && !let_go(p, set, op->pfn, op->order))
			return false;
		for (u32 j = 0; j < op->n; j++)
			if (op->type == REC_BULK ? !hold(p, set, rec->pool[op->off + j], 0)
						 : !let_go(p, set, rec->pool[op->off + j], 0))
				return false;
	}
	return true;
}

static int by_start(const void *a, const void *b)
{
	const struct machine_zone *x = a, *y = b;

	return x->start_pfn < y->start_pfn ? -1 : x->start_pfn > y->start_pfn;
}

/* The machine's zones and memory, from the first state. */
static bool build_machine(struct rec_parser *p)
{
	struct rec_state *state = &p->rec->states[0];
	struct machine *m = &p->rec->machine;

	m->zones = calloc(state->nr_zones, sizeof(*m->zones));
	m->memory = calloc(state->nr_zones, sizeof(*m->memory));
	if (!m->zones || !m->memory)
		return err_set(p->err, ERR_HOST_RES, "no memory");
	for (u32 i = 0; i < state->nr_zones; i++) {
		const struct rec_zone *z = &state->zones[i];

		m->zones[i] = (struct machine_zone){z->nid, z->type, z->start_pfn, z->spanned,
						    z->present};
	}
	m->nr_zones = m->nr_memory = state->nr_zones;
	qsort(m->zones, m->nr_zones, sizeof(*m->zones), by_start);
	for (u32 i = 0; i < m->nr_zones; i++) {
		const struct machine_zone *z = &m->zones[i];

		m->memory[i] = (struct pfn_range){z->start_pfn, z->start_pfn + z->spanned, z->node};
		if (i && m->memory[i].start < m->memory[i - 1].end) {
			p->line_nr = state->line;
			return rec_bad(p, "zones overlap");
		}
	}
	m->start_pfn = m->memory[0].start;
	m->end_pfn = m->memory[m->nr_memory - 1].end;
	if (m->end_pfn - m->start_pfn > MACHINE_MAX_PAGES)
		return rec_bad(p, "the machine is larger than %llu pages", MACHINE_MAX_PAGES);
	costs_default(&m->costs);
	return true;
}

bool rec_consistent(struct rec_parser *p)
{
	struct page_set set;
	bool ok = true;

	if (!p->rec->nr_states || p->in_state)
		return rec_bad(p, "no complete state");
	if (!build_machine(p))
		return false;
	set.base = p->rec->machine.start_pfn;
	set.end = p->rec->machine.end_pfn;
	set.place = malloc(set.end - set.base);
	if (!set.place)
		return err_set(p->err, ERR_HOST_RES, "no memory");
	for (u32 i = 0; ok && i < p->rec->nr_states; i++)
		ok = check_state(p, &p->rec->states[i], &set);
	ok = ok && check_ops(p, &set);
	free(set.place);
	return ok;
}

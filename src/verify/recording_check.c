/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is a recording possible? Each state must be complete and describe the same machine; announced
 * numbers must agree with what is listed. What is said of single pages is in recording_pages.c. A
 * recording that fails is refused: it would prove nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "verify/recording_internal.h"

static bool same_zones(struct rec_parser *p, const struct rec_state *state)
{
	const struct rec_state *first = &p->rec->states[0];

	p->line_nr = state->line;
	if (state->nr_zones != first->nr_zones)
		return rec_bad(p, "%u zones instead of %u", state->nr_zones, first->nr_zones);
	for (u32 i = 0; i < state->nr_zones; i++) {
		const struct rec_zone *a = &first->zones[i], *b = &state->zones[i];

		p->line_nr = b->line;
		if (a->nid != b->nid || a->type != b->type || a->start_pfn != b->start_pfn ||
		    a->spanned != b->spanned || a->present != b->present)
			return rec_bad(p, "another zone than in the first state");
	}
	return true;
}

/* The page counters with the CPUs' differences, against the listed blocks. */
static bool check_counters(struct rec_parser *p, const struct rec_state *state, u32 z,
			   const u64 pages[MIGRATE_TYPES], u64 in_blocks)
{
	const struct rec_zone *zone = &state->zones[z];
	s64 counted[NR_VM_ZONE_STAT_ITEMS], listed[NR_VM_ZONE_STAT_ITEMS] = {0};

	memcpy(counted, zone->vm_stat, sizeof(counted));
	for (u32 cpu = 0; cpu < p->nr_cpus; cpu++)
		for (u32 i = 0; i < NR_VM_ZONE_STAT_ITEMS; i++)
			counted[i] += state->pcps[z * p->nr_cpus + cpu].diff[i];
	for (u32 mt = 0; mt < MIGRATE_TYPES; mt++)
		listed[NR_FREE_PAGES] += (s64)pages[mt];
	listed[NR_FREE_CMA_PAGES] = (s64)pages[MIGRATE_CMA];
	if (p->profile->free_pages_blocks)
		listed[NR_FREE_PAGES_BLOCKS] = (s64)in_blocks;
	for (u32 i = 0; i < NR_VM_ZONE_STAT_ITEMS; i++)
		if (counted[i] != listed[i])
			return rec_bad(
			    p, "%s with the CPUs' differences is %lld, %lld pages are listed",
			    zone_stat_names[i], (long long)counted[i], (long long)listed[i]);
	if (p->profile->highatomic_free_exact &&
	    zone->nr_free_highatomic != (s64)pages[MIGRATE_HIGHATOMIC])
		return rec_bad(p, "nr_free_highatomic is %lld, %llu pages are listed",
			       (long long)zone->nr_free_highatomic,
			       (unsigned long long)pages[MIGRATE_HIGHATOMIC]);
	return true;
}

static bool check_free_counts(struct rec_parser *p, const struct rec_state *state, u32 z)
{
	const struct rec_zone *zone = &state->zones[z];
	u64 pages[MIGRATE_TYPES] = {0}, in_blocks = 0;

	p->line_nr = zone->line;
	for (u32 o = 0; o <= p->rec->machine.max_order; o++) {
		u64 blocks = 0;

		for (u32 mt = 0; mt < MIGRATE_TYPES; mt++) {
			blocks += zone->free_lists[o][mt].n;
			pages[mt] += (u64)zone->free_lists[o][mt].n << o;
		}
		if (blocks != zone->nr_free[o])
			return rec_bad(p, "nr_free of order %u is %llu, %llu blocks are listed", o,
				       (unsigned long long)zone->nr_free[o],
				       (unsigned long long)blocks);
		if (o >= p->rec->machine.pageblock_order)
			in_blocks += blocks << o;
	}
	return check_counters(p, state, z, pages, in_blocks);
}

static bool check_pcp(struct rec_parser *p, const struct rec_pcp *pcp, u32 cpu)
{
	u64 count = 0;

	if (!pcp->line)
		return rec_bad(p, "the zone has no P line for CPU %u", cpu);
	for (u32 i = 0; i < NR_PCP_LISTS; i++) {
		const struct rec_list *list = &pcp->lists[i];

		count += (u64)list->n << rec_pcp_list_order(p->rec, i);
		p->line_nr = list->line;
		if (list->n && i >= NR_PCP_THP && !p->thp)
			return rec_bad(p,
				       "a list of huge pages without CONFIG_TRANSPARENT_HUGEPAGE");
		if (p->profile->pcp_remembers_type && list->n != pcp->types[i].n)
			return rec_bad(p, "%u types are given for %u blocks", pcp->types[i].n,
				       list->n);
	}
	p->line_nr = pcp->line;
	return count == (u64)pcp->count || rec_bad(p, "count is %d, %llu pages are listed",
						   pcp->count, (unsigned long long)count);
}

static bool check_blocks(struct rec_parser *p, const struct rec_zone *zone)
{
	u64 nr = 1ull << p->rec->machine.pageblock_order;
	u64 first = zone->start_pfn & ~(nr - 1);
	u64 n = (zone->start_pfn + zone->spanned - first + nr - 1) / nr;

	p->line_nr = zone->line;
	if (!zone->blocks.line)
		return rec_bad(p, "the zone has no B line");
	p->line_nr = zone->blocks.line;
	return (zone->blocks_pfn == first && zone->blocks.n == n) ||
	       rec_bad(p, "%u pageblocks from %llu do not cover the zone: %llu from %llu do",
		       zone->blocks.n, (unsigned long long)zone->blocks_pfn, (unsigned long long)n,
		       (unsigned long long)first);
}

/* A zonelist names zones that there are, each once. */
static bool check_zonelist(struct rec_parser *p, const struct rec_state *state,
			   const struct rec_list *list)
{
	p->line_nr = list->line;
	for (u32 i = 0; i < list->n; i++) {
		u32 entry = p->rec->pool[list->off + i];

		if (i >= state->nr_zones)
			return rec_bad(p, "more zones than there are");
		if (rec_find_zone(state, entry >> 8, (enum zone_type)(entry & 0xff)) < 0)
			return rec_bad(p, "entry %u of the zonelist is no zone with memory", i);
		for (u32 j = 0; j < i; j++)
			if (p->rec->pool[list->off + j] == entry)
				return rec_bad(p, "a zone stands twice on the zonelist");
	}
	return true;
}

/* Nodes with memory have a kswapd and a zonelist. */
static bool check_nodes(struct rec_parser *p, const struct rec_state *state)
{
	for (u32 i = 0; i < state->nr_zones; i++) {
		const struct rec_node *node = &state->nodes[state->zones[i].nid];

		p->line_nr = state->line;
		if (!node->line || !node->zonelist.n)
			return rec_bad(p, "node %u lacks its %s line", state->zones[i].nid,
				       node->line ? "W" : "K");
	}
	for (u32 nid = 0; nid < state->nr_nodes; nid++)
		if (!check_zonelist(p, state, &state->nodes[nid].zonelist))
			return false;
	return true;
}

static bool check_state(struct rec_parser *p, const struct rec_state *state)
{
	if (!same_zones(p, state) || !check_nodes(p, state))
		return false;
	for (u32 z = 0; z < state->nr_zones; z++) {
		if (!check_blocks(p, &state->zones[z]))
			return false;
		for (u32 cpu = 0; cpu < p->nr_cpus; cpu++) {
			p->line_nr = state->zones[z].line;
			if (!check_pcp(p, &state->pcps[z * p->nr_cpus + cpu], cpu))
				return false;
		}
		if (!check_free_counts(p, state, z))
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

	p->line_nr = state->line;
	m->zones = calloc(state->nr_zones, sizeof(*m->zones));
	m->memory = calloc(state->nr_zones, sizeof(*m->memory));
	if (!m->zones || !m->memory)
		return err_set(p->err, ERR_HOST_RES, "no memory");
	for (u32 i = 0; i < state->nr_zones; i++) {
		const struct rec_zone *z = &state->zones[i];

		m->zones[i] =
		    (struct machine_zone){z->nid, z->type, z->start_pfn, z->spanned, z->present};
	}
	m->nr_zones = m->nr_memory = state->nr_zones;
	qsort(m->zones, m->nr_zones, sizeof(*m->zones), by_start);
	for (u32 i = 0; i < m->nr_zones; i++) {
		const struct machine_zone *z = &m->zones[i];

		m->memory[i] = (struct pfn_range){z->start_pfn, z->start_pfn + z->spanned, z->node};
		if (i && m->memory[i].start < m->memory[i - 1].end)
			return rec_bad(p, "zones overlap");
	}
	m->start_pfn = m->memory[0].start;
	m->end_pfn = m->memory[m->nr_memory - 1].end;
	if (m->end_pfn - m->start_pfn > RECORDING_MAX_PAGES)
		return rec_bad(p, "the machine is larger than %llu pages", RECORDING_MAX_PAGES);
	costs_default(&m->costs);
	return true;
}

bool rec_consistent(struct rec_parser *p)
{
	if (!p->rec->nr_states || p->in_state)
		return rec_bad(p, "no complete state");
	if (!build_machine(p))
		return false;
	for (u32 i = 0; i < p->rec->nr_states; i++)
		if (!check_state(p, &p->rec->states[i]))
			return false;
	return rec_check_pages(p);
}

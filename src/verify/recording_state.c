/* SPDX-License-Identifier: GPL-2.0-only */
/* The states of a recording: zones, lists in order, per-CPU sets, pageblock types, counters. */
#include <stdlib.h>
#include <string.h>

#include "verify/recording_internal.h"

#define MAX_COUNT ((s64)MACHINE_MAX_PFN) /* of pages; keeps every sum far from overflow */

s32 rec_find_zone(const struct rec_state *state, u32 nid, enum zone_type type)
{
	/* Lines of a zone stand together: look at the last one first. */
	for (u32 i = state->nr_zones; i-- > 0;)
		if (state->zones[i].nid == nid && state->zones[i].type == type)
			return (s32)i;
	return -1;
}

/* "NID ZONE" -> index of a zone of this state. */
static bool state_zone(struct rec_parser *p, u32 *zone)
{
	enum zone_type type;
	u32 nid = 0, idx = 0;
	s32 found;

	if (!rec_u32(p, "node", p->nr_nodes - 1, &nid) ||
	    !rec_u32(p, "zone", p->max_nr_zones - 1, &idx))
		return false;
	if (!rec_zone_type(p, idx, &type))
		return rec_bad(p, "zone %u is not modelled", idx);
	found = rec_find_zone(p->state, nid, type);
	if (found < 0)
		return rec_bad(p, "zone %u of node %u has no Z line before", idx, nid);
	*zone = (u32)found;
	return true;
}

/* "CPU NID ZONE" -> a per-CPU set of this state. */
static bool state_pcp(struct rec_parser *p, struct rec_pcp **pcp)
{
	u32 cpu = 0, zone = 0;

	if (!rec_u32(p, "CPU", p->nr_cpus - 1, &cpu) || !state_zone(p, &zone))
		return false;
	*pcp = &p->state->pcps[zone * p->nr_cpus + cpu];
	return true;
}

/* lowmem_reserve and nr_free hold a number a zone index or order. */
static bool zone_array(struct rec_parser *p, char *key, char *value, void *out)
{
	struct rec_zone *zone = out;
	s64 values[NR_PAGE_ORDERS_LIMIT];
	u32 n = 0;

	if (!strcmp(key, "nr_free")) {
		if (!rec_number_list(p, key, value, p->rec->machine.max_order + 1, MAX_COUNT,
				     values, &n))
			return false;
		for (u32 i = 0; i < n; i++)
			zone->nr_free[i] = (u64)values[i];
	} else if (!strcmp(key, "lowmem_reserve")) {
		if (!rec_number_list(p, key, value, p->max_nr_zones, MAX_COUNT, values, &n))
			return false;
		for (u32 i = 0; i < n; i++) {
			enum zone_type type;

			if (rec_zone_type(p, i, &type))
				zone->lowmem_reserve[type] = values[i];
		}
	}
	return true;
}

static const struct rec_kv zone_fields[] = {
#define Z(key, need, field, min, max) REC_KV(key, need, struct rec_zone, field, min, max)
    Z("start_pfn", KV_NEEDED, start_pfn, 0, MAX_COUNT),
    Z("spanned", KV_NEEDED, spanned, 1, (s64)RECORDING_MAX_PAGES),
    Z("present", KV_NEEDED, present, 1, (s64)RECORDING_MAX_PAGES),
    Z("managed", KV_NEEDED, managed, 0, (s64)RECORDING_MAX_PAGES),
    Z("wmark_min", KV_NEEDED, wmark[WMARK_MIN], 0, MAX_COUNT),
    Z("wmark_low", KV_NEEDED, wmark[WMARK_LOW], 0, MAX_COUNT),
    Z("wmark_high", KV_NEEDED, wmark[WMARK_HIGH], 0, MAX_COUNT),
    Z("wmark_promo", KV_NEEDED, wmark[WMARK_PROMO], 0, MAX_COUNT),
    Z("watermark_boost", KV_NEEDED, boost, 0, MAX_COUNT),
    Z("nr_reserved_highatomic", KV_NEEDED, nr_reserved_highatomic, 0, MAX_COUNT),
    Z("nr_free_highatomic", KV_NEEDED_AUTO, nr_free_highatomic, 0, MAX_COUNT),
    Z("flags", KV_NEEDED, flags, 0, UINT32_MAX),
    Z("pageset_high_min", KV_NEEDED_AUTO, high_min, 0, RECORDING_MAX_PAGES),
    Z("pageset_high", KV_NEEDED_FIXED, high_min, 0, RECORDING_MAX_PAGES),
    Z("pageset_high_max", KV_NEEDED_AUTO, high_max, 0, RECORDING_MAX_PAGES),
    Z("pageset_batch", KV_NEEDED, batch, 1, 1 << 16),
    Z("percpu_drift_mark", KV_OPTIONAL, drift_mark, 0, MAX_COUNT),
    Z("nr_free_pages", KV_NEEDED, vm_stat[NR_FREE_PAGES], -MAX_COUNT, MAX_COUNT),
    Z("nr_free_pages_blocks", KV_OPTIONAL, vm_stat[NR_FREE_PAGES_BLOCKS], -MAX_COUNT, MAX_COUNT),
    Z("nr_free_cma", KV_NEEDED, vm_stat[NR_FREE_CMA_PAGES], -MAX_COUNT, MAX_COUNT),
    Z("cma_pages", KV_OPTIONAL, cma_pages, 0, MAX_COUNT),
    /* Isolation is made by others than the allocator: nothing in a recording ends it. */
    Z("nr_isolate_pageblock", KV_OPTIONAL, nr_isolate_pageblock, 0, 0),
#undef Z
};

static bool line_zone(struct rec_parser *p)
{
	struct rec_state *state = p->state;
	u32 idx = 0, nid = 0;
	enum zone_type type;
	struct rec_zone *zone;

	if (!rec_u32(p, "node", p->nr_nodes - 1, &nid) ||
	    !rec_u32(p, "zone", p->max_nr_zones - 1, &idx))
		return false;
	if (!rec_token(p))
		return rec_bad(p, "the zone has no name");
	if (!rec_zone_type(p, idx, &type))
		return rec_bad(p, "zone %u is not modelled", idx);
	if (rec_find_zone(state, nid, type) >= 0)
		return rec_bad(p, "zone %u of node %u twice", idx, nid);
	zone = rec_grow(p, &state->zones, &state->nr_zones, &p->cap_zones, 1, sizeof(*zone));
	if (!zone || !rec_grow(p, &state->pcps, &state->nr_pcps, &p->cap_pcps, p->nr_cpus,
			       sizeof(struct rec_pcp)))
		return false;
	zone->line = p->line_nr;
	zone->nid = nid;
	zone->type = type;
	if (!rec_fields(p, zone_fields, ARRAY_SIZE(zone_fields), zone, zone_array))
		return false;
	if (zone->start_pfn + zone->spanned > RECORDING_MAX_PFN || zone->present > zone->spanned ||
	    zone->managed > zone->present)
		return rec_bad(p, "the zone's extent is impossible");
	return true;
}

/* N numbers into the pool. */
static bool pool_list(struct rec_parser *p, const char *what, u64 max, struct rec_list *list)
{
	u32 value = 0;

	if (list->line)
		return rec_bad(p, "the list stands on line %u already", list->line);
	list->line = p->line_nr;
	if (!rec_u32(p, "number of entries", RECORDING_MAX_PAGES, &list->n))
		return false;
	list->off = (u32)p->rec->nr_pool;
	for (u32 i = 0; i < list->n; i++)
		if (!rec_u32(p, what, max, &value) || !rec_push(p, value))
			return false;
	return rec_line_end(p);
}

static bool line_free_list(struct rec_parser *p)
{
	u32 type = 0, order = 0, zone = 0;

	if (!state_zone(p, &zone) || !rec_u32(p, "order", p->rec->machine.max_order, &order) ||
	    !rec_u32(p, "type", p->nr_types - 1, &type))
		return false;
	if (p->types[type] == MIGRATE_ISOLATE)
		return rec_bad(p, "isolated pageblocks are not modelled here");
	return pool_list(p, "page frame", PFN_NONE - 1,
			 &p->state->zones[zone].free_lists[order][p->types[type]]);
}

static const struct rec_kv pcp_fields[] = {
#define P(key, need, field, min, max) REC_KV(key, need, struct rec_pcp, field, min, max)
    P("count", KV_NEEDED, count, 0, RECORDING_MAX_PAGES),
    P("high", KV_NEEDED, high, 0, RECORDING_MAX_PAGES),
    P("batch", KV_NEEDED, batch, 1, 1 << 16),
    P("high_min", KV_NEEDED_AUTO, high_min, 0, RECORDING_MAX_PAGES),
    P("high_max", KV_NEEDED_AUTO, high_max, 0, RECORDING_MAX_PAGES),
    P("flags", KV_NEEDED_AUTO, flags, 0, UINT8_MAX),
    P("alloc_factor", KV_NEEDED_AUTO, alloc_factor, 0, 5),
    P("free_count", KV_NEEDED_AUTO, free_count, 0, RECORDING_MAX_PAGES),
    P("free_factor", KV_NEEDED_FIXED, free_factor, 0, 5),
    P("expire", KV_NEEDED, expire, 0, UINT8_MAX),
    P("stat_threshold", KV_NEEDED, threshold, 0, INT16_MAX),
    P("diff_free_pages", KV_NEEDED, diff[NR_FREE_PAGES], INT16_MIN, INT16_MAX),
    P("diff_free_pages_blocks", KV_OPTIONAL, diff[NR_FREE_PAGES_BLOCKS], INT16_MIN, INT16_MAX),
    P("diff_free_cma", KV_NEEDED, diff[NR_FREE_CMA_PAGES], INT16_MIN, INT16_MAX),
#undef P
};

static bool line_pcp(struct rec_parser *p)
{
	struct rec_pcp *pcp = NULL;

	if (!state_pcp(p, &pcp))
		return false;
	if (pcp->line)
		return rec_bad(p, "the per-CPU set stands on line %u already", pcp->line);
	pcp->line = p->line_nr;
	return rec_fields(p, pcp_fields, ARRAY_SIZE(pcp_fields), pcp, NULL);
}

/* A list of a set (`p`) or the types remembered with its blocks (`i`). */
static bool line_pcp_list(struct rec_parser *p, bool types)
{
	struct rec_pcp *pcp = NULL;
	struct rec_list *list;
	u32 index = 0;

	if (!state_pcp(p, &pcp) || !rec_u32(p, "list", NR_PCP_LISTS - 1, &index))
		return false;
	if (!pcp->line)
		return rec_bad(p, "a per-CPU list before the P line of its set");
	if (!types)
		return pool_list(p, "page frame", PFN_NONE - 1, &pcp->lists[index]);
	list = &pcp->types[index];
	if (!pool_list(p, "type", p->nr_types - 1, list))
		return false;
	for (u32 i = 0; i < list->n; i++) {
		u32 *type = &p->rec->pool[list->off + i];

		*type = p->types[*type];
	}
	return true;
}

static bool line_blocks(struct rec_parser *p)
{
	struct rec_list *list;
	struct rec_zone *z;
	u32 zone = 0;
	char *s;

	if (!state_zone(p, &zone))
		return false;
	z = &p->state->zones[zone];
	list = &z->blocks;
	if (list->line)
		return rec_bad(p, "the pageblocks stand on line %u already", list->line);
	if (!rec_u64(p, "first page frame", PFN_NONE, &z->blocks_pfn))
		return false;
	s = rec_token(p);
	if (!s || z->blocks_pfn % (1u << p->rec->machine.pageblock_order))
		return rec_bad(p, "expected a pageblock boundary and one character a pageblock");
	list->line = p->line_nr;
	list->off = (u32)p->rec->nr_pool;
	for (; *s; s++, list->n++) {
		u32 type = (u32)(*s - '0');

		if (*s != '.' && (*s < '0' || type >= p->nr_types))
			return rec_bad(p, "\"%c\" is no pageblock type", *s);
		if (*s != '.' && p->types[type] == MIGRATE_ISOLATE)
			return rec_bad(p, "isolated pageblocks are not modelled here");
		if (!rec_push(p, *s == '.' ? MIGRATE_TYPES : p->types[type]))
			return false;
	}
	return rec_line_end(p);
}

static bool line_movable(struct rec_parser *p)
{
	struct rec_list *list;
	u32 zone;
	char *word;

	if (!state_zone(p, &zone))
		return false;
	list = &p->state->zones[zone].movable;
	if (list->line)
		return rec_bad(p, "the movable pages stand on line %u already", list->line);
	list->line = p->line_nr;
	list->off = (u32)p->rec->nr_pool;
	while ((word = rec_token(p))) {
		char *plus = strchr(word, '+');
		s64 pfn = 0, len = 0;

		if (!plus)
			return rec_bad(p, "expected PFN+LENGTH, got \"%.40s\"", word);
		*plus = '\0';
		if (!rec_number(p, word, "page frame", 0, PFN_NONE - 1, &pfn) ||
		    !rec_number(p, plus + 1, "length", 1, (s64)RECORDING_MAX_PAGES, &len) ||
		    !rec_push(p, (u32)pfn) || !rec_push(p, (u32)len))
			return false;
		list->n += 2;
	}
	return true;
}

static const struct rec_kv kswapd_fields[] = {
#define K(key, field, min, max) REC_KV(key, KV_NEEDED, struct rec_node, field, min, max)
    K("kswapd_order", kswapd_order, -1, MAX_PAGE_ORDER_LIMIT),
    K("kswapd_highest_zoneidx", kswapd_highest_zoneidx, 0, 16),
    K("kswapd_waiting", kswapd_waiting, 0, 1),
    K("kswapd_failures", kswapd_failures, 0, INT32_MAX),
#undef K
};

static bool line_kswapd(struct rec_parser *p)
{
	enum zone_type type;
	struct rec_node *node;
	u32 nid = 0;

	if (!rec_u32(p, "node", p->nr_nodes - 1, &nid))
		return false;
	node = &p->state->nodes[nid];
	if (node->line)
		return rec_bad(p, "kswapd of node %u stands on line %u already", nid, node->line);
	node->line = p->line_nr;
	if (!rec_fields(p, kswapd_fields, ARRAY_SIZE(kswapd_fields), node, NULL))
		return false;
	node->kswapd_highest_zoneidx =
	    rec_zone_type(p, node->kswapd_highest_zoneidx, &type) ? type : MAX_NR_ZONES;
	return true;
}

static bool line_zonelist(struct rec_parser *p)
{
	struct rec_list *list;
	u32 nid = 0;
	char *word;

	if (!rec_u32(p, "node", p->nr_nodes - 1, &nid))
		return false;
	list = &p->state->nodes[nid].zonelist;
	if (list->line)
		return rec_bad(p, "the zonelist stands on line %u already", list->line);
	list->line = p->line_nr;
	list->off = (u32)p->rec->nr_pool;
	while ((word = rec_token(p))) {
		char *colon = strchr(word, ':');
		enum zone_type type;
		s64 zone_nid = 0, idx = 0;

		if (!colon)
			return rec_bad(p, "expected NODE:ZONE, got \"%.40s\"", word);
		*colon = '\0';
		if (!rec_number(p, word, "node", 0, p->nr_nodes - 1, &zone_nid) ||
		    !rec_number(p, colon + 1, "zone", 0, p->max_nr_zones - 1, &idx))
			return false;
		if (!rec_zone_type(p, (u32)idx, &type))
			return rec_bad(p, "zone %lld is not modelled", (long long)idx);
		if (!rec_push(p, (u32)zone_nid << 8 | type))
			return false;
		list->n++;
	}
	return true;
}

static bool event(struct rec_parser *p, char *key, char *value, void *out)
{
	static const char *const names[MAX_NR_ZONES] = {
	    "pgalloc_dma", "pgalloc_dma32", "pgalloc_normal", "pgalloc_high", "pgalloc_movable"};
	struct rec_state *state = out;
	s64 x = 0;

	if (!rec_number(p, value, key, 0, INT64_MAX, &x))
		return false;
	for (u32 i = 0; i < MAX_NR_ZONES; i++)
		if (!strcmp(names[i], key))
			state->pgalloc[i] = (u64)x;
	if (!strcmp(key, "pgfree"))
		state->pgfree = (u64)x;
	return true;
}

static bool line_events(struct rec_parser *p)
{
	p->state->have_events = true;
	return rec_fields(p, NULL, 0, p->state, event);
}

bool rec_state_line(struct rec_parser *p, char type)
{
	switch (type) {
	case 'Z':
		return line_zone(p);
	case 'L':
		return line_free_list(p);
	case 'P':
		return line_pcp(p);
	case 'p':
		return line_pcp_list(p, false);
	case 'i':
		return line_pcp_list(p, true);
	case 'B':
		return line_blocks(p);
	case 'M':
		return line_movable(p);
	case 'K':
		return line_kswapd(p);
	case 'W':
		return line_zonelist(p);
	case 'E':
		return line_events(p);
	default:
		return rec_bad(p, "record \"%c\" inside a state", type);
	}
}

bool rec_state_begin(struct rec_parser *p)
{
	struct recording *rec = p->rec;
	u64 op = 0;
	u32 cap = 0;

	if (!rec_u64(p, "operation number", UINT32_MAX, &op))
		return false;
	if (op != rec->nr_ops || (!rec->nr_states && op))
		return rec_bad(p, "a state before operation %llu where %u operations were made",
			       (unsigned long long)op, rec->nr_ops);
	p->state = rec_grow(p, &rec->states, &rec->nr_states, &p->cap_states, 1, sizeof(*p->state));
	if (!p->state || !rec_grow(p, &p->state->nodes, &p->state->nr_nodes, &cap, p->nr_nodes,
				   sizeof(struct rec_node)))
		return false;
	p->cap_zones = p->cap_pcps = 0;
	p->state->op = op;
	p->state->line = p->line_nr;
	p->in_state = true;
	return rec_line_end(p);
}

bool rec_state_end(struct rec_parser *p)
{
	u64 op = 0;

	if (!p->in_state)
		return rec_bad(p, "the end of a state that did not begin");
	if (!rec_u64(p, "operation number", UINT32_MAX, &op))
		return false;
	if (op != p->state->op)
		return rec_bad(p, "the end of another state");
	if (!p->state->nr_zones)
		return rec_bad(p, "a state without zones");
	p->in_state = false;
	return rec_line_end(p);
}

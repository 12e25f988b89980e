/* SPDX-License-Identifier: GPL-2.0-only */
/* The states of a recording: zones, lists in order, per-CPU sets, pageblock types, counters. */
#include <stdlib.h>
#include <string.h>

#include "verify/recording_internal.h"

s32 rec_find_zone(const struct rec_parser *p, u32 nid, enum zone_type type)
{
	for (u32 i = 0; i < p->state->nr_zones; i++)
		if (p->state->zones[i].nid == nid && p->state->zones[i].type == type)
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
	found = rec_find_zone(p, nid, type);
	if (found < 0)
		return rec_bad(p, "zone %u of node %u has no Z line before", idx, nid);
	*zone = (u32)found;
	return true;
}

/* key=value pairs into fields of a struct. */
enum kv_type { KV_S64, KV_S32, KV_U32, KV_END };

struct kv {
	const char *key;
	enum kv_type type;
	size_t offset;
};

static bool kv_store(struct rec_parser *p, const struct kv *table, char *key, char *value, void *out)
{
	s64 x = 0;

	for (const struct kv *kv = table; kv->key; kv++) {
		if (strcmp(kv->key, key))
			continue;
		if (!rec_number(p, value, key, kv->type == KV_S64 ? INT64_MIN + 1 : INT32_MIN,
				kv->type == KV_S64   ? INT64_MAX
				: kv->type == KV_U32 ? UINT32_MAX
						     : INT32_MAX,
				&x))
			return false;
		if (kv->type == KV_S64)
			*(s64 *)((char *)out + kv->offset) = x;
		else
			*(s32 *)((char *)out + kv->offset) = (s32)x;
		return true;
	}
	return true; /* keys we do not use */
}

static bool next_pair(struct rec_parser *p, char **key, char **value)
{
	*key = rec_token(p);
	if (!*key)
		return false;
	*value = strchr(*key, '=');
	if (!*value) {
		rec_bad(p, "expected key=value, got \"%.40s\"", *key);
		return false;
	}
	*(*value)++ = '\0';
	return true;
}

/* "a,b,c" indexed by the recorder's zone index or by order. */
static bool number_list(struct rec_parser *p, const char *key, char *value, u32 cap, s64 *out, u32 *n)
{
	char *save = NULL;

	*n = 0;
	for (char *w = strtok_r(value, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		if (*n == cap)
			return rec_bad(p, "%s has more than %u values", key, cap);
		if (!rec_number(p, w, key, 0, INT64_MAX, &out[(*n)++]))
			return false;
	}
	return true;
}

static bool zone_arrays(struct rec_parser *p, struct rec_zone *zone, char *key, char *value)
{
	s64 values[NR_PAGE_ORDERS_LIMIT];
	u32 n = 0;

	if (!strcmp(key, "nr_free")) {
		if (!number_list(p, key, value, NR_PAGE_ORDERS_LIMIT, values, &n))
			return false;
		for (u32 i = 0; i < n; i++)
			zone->nr_free[i] = (u64)values[i];
	} else if (!strcmp(key, "lowmem_reserve")) {
		if (!number_list(p, key, value, NR_PAGE_ORDERS_LIMIT, values, &n))
			return false;
		for (u32 i = 0; i < n; i++) {
			enum zone_type type;

			if (rec_zone_type(p, i, &type))
				zone->lowmem_reserve[type] = values[i];
		}
	}
	return true;
}

static bool line_zone(struct rec_parser *p)
{
	static const struct kv table[] = {
#define Z(key, type, field) {key, type, offsetof(struct rec_zone, field)}
		Z("start_pfn", KV_S64, start_pfn),
		Z("spanned", KV_S64, spanned),
		Z("present", KV_S64, present),
		Z("managed", KV_S64, managed),
		Z("wmark_min", KV_S64, wmark[WMARK_MIN]),
		Z("wmark_low", KV_S64, wmark[WMARK_LOW]),
		Z("wmark_high", KV_S64, wmark[WMARK_HIGH]),
		Z("wmark_promo", KV_S64, wmark[WMARK_PROMO]),
		Z("watermark_boost", KV_S64, boost),
		Z("nr_reserved_highatomic", KV_S64, nr_reserved_highatomic),
		Z("nr_free_highatomic", KV_S64, nr_free_highatomic),
		Z("flags", KV_U32, flags),
		Z("pageset_high_min", KV_S32, high_min),
		Z("pageset_high", KV_S32, high_min),
		Z("pageset_high_max", KV_S32, high_max),
		Z("pageset_batch", KV_S32, batch),
		Z("percpu_drift_mark", KV_S64, drift_mark),
		Z("nr_free_pages", KV_S64, vm_stat[NR_FREE_PAGES]),
		Z("nr_free_pages_blocks", KV_S64, vm_stat[NR_FREE_PAGES_BLOCKS]),
		Z("nr_free_cma", KV_S64, vm_stat[NR_FREE_CMA_PAGES]),
		Z("cma_pages", KV_S64, cma_pages),
#undef Z
		{NULL, KV_END, 0},
	};
	struct rec_state *state = p->state;
	char *key, *value;
	u32 idx = 0, nid = 0;
	enum zone_type type;
	struct rec_zone *zone;

	if (!rec_u32(p, "node", p->nr_nodes - 1, &nid) ||
	    !rec_u32(p, "zone", p->max_nr_zones - 1, &idx) || !rec_token(p))
		return rec_bad(p, "expected Z NODE ZONE NAME key=value...");
	if (!rec_zone_type(p, idx, &type))
		return rec_bad(p, "zone %u is not modelled", idx);
	if (rec_find_zone(p, nid, type) >= 0)
		return rec_bad(p, "zone %u of node %u twice", idx, nid);
	zone = rec_grow(p, &state->zones, &state->nr_zones, &p->cap_zones, sizeof(*zone));
	if (!zone)
		return false;
	zone->line = p->line_nr;
	zone->nid = nid;
	zone->type = type;
	while (next_pair(p, &key, &value))
		if (!kv_store(p, table, key, value, zone) || !zone_arrays(p, zone, key, value))
			return false;
	if (p->err->kind != ERR_NONE)
		return false;
	if (!zone->spanned || zone->start_pfn + zone->spanned > MACHINE_MAX_PFN ||
	    zone->spanned > MACHINE_MAX_PAGES || zone->present > zone->spanned ||
	    zone->managed > zone->present)
		return rec_bad(p, "the zone's extent is impossible");
	return true;
}

/* N numbers into the pool. */
static bool pool_list(struct rec_parser *p, const char *what, u64 max, struct rec_list *list)
{
	u32 value = 0;

	list->line = p->line_nr;
	if (!rec_u32(p, "number of entries", MACHINE_MAX_PAGES, &list->n))
		return false;
	list->off = (u32)p->rec->nr_pool;
	for (u32 i = 0; i < list->n; i++)
		if (!rec_u32(p, what, max, &value) || !rec_push(p, value))
			return false;
	if (p->next && *p->next)
		return rec_bad(p, "more than the %u entries announced", list->n);
	return true;
}

static bool line_free_list(struct rec_parser *p)
{
	struct rec_state *state = p->state;
	struct rec_free_list *list = rec_grow(p, &state->free_lists, &state->nr_free_lists,
					      &p->cap_free_lists, sizeof(*list));
	u32 type = 0;

	if (!list || !state_zone(p, &list->zone) ||
	    !rec_u32(p, "order", p->rec->machine.max_order, &list->order) ||
	    !rec_u32(p, "type", p->nr_types - 1, &type))
		return false;
	list->mt = p->types[type];
	return pool_list(p, "page frame", PFN_NONE - 1, &list->list);
}

static bool line_pcp(struct rec_parser *p)
{
	static const struct kv table[] = {
#define P(key, field) {key, KV_S32, offsetof(struct rec_pcp, field)}
		P("count", count),
		P("high", high),
		P("batch", batch),
		P("high_min", high_min),
		P("high_max", high_max),
		P("flags", flags),
		P("alloc_factor", alloc_factor),
		P("free_count", free_count),
		P("free_factor", free_factor),
		P("expire", expire),
		P("stat_threshold", threshold),
		P("diff_free_pages", diff[NR_FREE_PAGES]),
		P("diff_free_pages_blocks", diff[NR_FREE_PAGES_BLOCKS]),
		P("diff_free_cma", diff[NR_FREE_CMA_PAGES]),
#undef P
		{NULL, KV_END, 0},
	};
	struct rec_state *state = p->state;
	struct rec_pcp *pcp = rec_grow(p, &state->pcps, &state->nr_pcps, &p->cap_pcps, sizeof(*pcp));
	char *key, *value;

	if (!pcp || !rec_u32(p, "CPU", p->nr_cpus - 1, &pcp->cpu) || !state_zone(p, &pcp->zone))
		return false;
	pcp->line = p->line_nr;
	while (next_pair(p, &key, &value))
		if (!kv_store(p, table, key, value, pcp))
			return false;
	if (pcp->batch < 1 || pcp->batch > 1 << 16 || pcp->alloc_factor < 0 ||
	    pcp->alloc_factor > 30 || pcp->free_factor < 0 || pcp->free_factor > 30 ||
	    pcp->count < 0)
		return p->err->kind == ERR_NONE && rec_bad(p, "impossible per-CPU values");
	return p->err->kind == ERR_NONE;
}

static bool line_pcp_list(struct rec_parser *p)
{
	struct rec_state *state = p->state;
	struct rec_pcp_list *list = rec_grow(p, &state->pcp_lists, &state->nr_pcp_lists,
					     &p->cap_pcp_lists, sizeof(*list));

	return list && rec_u32(p, "CPU", p->nr_cpus - 1, &list->cpu) &&
	       state_zone(p, &list->zone) && rec_u32(p, "list", NR_PCP_LISTS - 1, &list->index) &&
	       pool_list(p, "page frame", PFN_NONE - 1, &list->list);
}

/* The remembered types of the list on the line before. */
static bool line_pcp_types(struct rec_parser *p)
{
	struct rec_state *state = p->state;
	struct rec_pcp_list *list;
	u32 cpu = 0, zone = 0, index = 0;

	if (!state->nr_pcp_lists || !rec_u32(p, "CPU", p->nr_cpus - 1, &cpu) ||
	    !state_zone(p, &zone) || !rec_u32(p, "list", NR_PCP_LISTS - 1, &index))
		return rec_bad(p, "an i line without its p line");
	list = &state->pcp_lists[state->nr_pcp_lists - 1];
	if (list->cpu != cpu || list->zone != zone || list->index != index || list->types.n)
		return rec_bad(p, "an i line that is not of the p line before");
	if (!pool_list(p, "type", p->nr_types - 1, &list->types))
		return false;
	if (list->types.n != list->list.n)
		return rec_bad(p, "%u types for %u blocks", list->types.n, list->list.n);
	for (u32 i = 0; i < list->types.n; i++) {
		u32 *type = &p->rec->pool[list->types.off + i];

		*type = p->types[*type];
	}
	return true;
}

static bool line_blocks(struct rec_parser *p)
{
	struct rec_state *state = p->state;
	struct rec_blocks *b = rec_grow(p, &state->blocks, &state->nr_blocks, &p->cap_blocks,
					sizeof(*b));
	char *s;

	if (!b || !state_zone(p, &b->zone) || !rec_u64(p, "first page frame", PFN_NONE, &b->first_pfn))
		return false;
	s = rec_token(p);
	if (!s || b->first_pfn % (1u << p->rec->machine.pageblock_order))
		return rec_bad(p, "expected a pageblock boundary and one character a pageblock");
	b->line = p->line_nr;
	b->off = (u32)p->rec->nr_pool;
	for (; *s; s++, b->n++) {
		u32 type = *s == '.' ? p->nr_types : (u32)(*s - '0');

		if (type > p->nr_types || (*s != '.' && type == p->nr_types))
			return rec_bad(p, "\"%c\" is no pageblock type", *s);
		if (!rec_push(p, *s == '.' ? MIGRATE_TYPES : p->types[type]))
			return false;
	}
	return true;
}

static bool line_movable(struct rec_parser *p)
{
	struct rec_state *state = p->state;
	struct rec_list *list = rec_grow(p, &state->movable, &state->nr_movable, &p->cap_movable,
					 sizeof(*list));
	u32 zone;
	char *word;

	if (!list || !state_zone(p, &zone))
		return false;
	list->line = p->line_nr;
	list->off = (u32)p->rec->nr_pool;
	while ((word = rec_token(p))) {
		char *plus = strchr(word, '+');
		s64 pfn = 0, len = 0;

		if (!plus)
			return rec_bad(p, "expected PFN+LENGTH, got \"%.40s\"", word);
		*plus = '\0';
		if (!rec_number(p, word, "page frame", 0, PFN_NONE - 1, &pfn) ||
		    !rec_number(p, plus + 1, "length", 1, MACHINE_MAX_PAGES, &len) ||
		    !rec_push(p, (u32)pfn) || !rec_push(p, (u32)len))
			return false;
		list->n += 2;
	}
	return true;
}

static bool line_kswapd(struct rec_parser *p)
{
	static const struct kv table[] = {
		{"kswapd_order", KV_S32, offsetof(struct rec_kswapd, order)},
		{"kswapd_highest_zoneidx", KV_U32, offsetof(struct rec_kswapd, highest_zoneidx)},
		{"kswapd_failures", KV_U32, offsetof(struct rec_kswapd, failures)},
		{NULL, KV_END, 0},
	};
	struct rec_state *state = p->state;
	struct rec_kswapd *k = rec_grow(p, &state->kswapds, &state->nr_kswapds, &p->cap_kswapds,
					sizeof(*k));
	char *key, *value;
	enum zone_type type;

	if (!k || !rec_u32(p, "node", p->nr_nodes - 1, &k->nid))
		return false;
	while (next_pair(p, &key, &value)) {
		if (!strcmp(key, "kswapd_waiting"))
			k->waiting = !strcmp(value, "1");
		else if (!kv_store(p, table, key, value, k))
			return false;
	}
	k->highest_zoneidx = rec_zone_type(p, k->highest_zoneidx, &type) ? type : MAX_NR_ZONES;
	return p->err->kind == ERR_NONE;
}

static bool line_zonelist(struct rec_parser *p)
{
	struct rec_state *state = p->state;
	struct rec_zonelist *w = rec_grow(p, &state->zonelists, &state->nr_zonelists,
					  &p->cap_zonelists, sizeof(*w));
	char *word;

	if (!w || !rec_u32(p, "node", p->nr_nodes - 1, &w->nid))
		return false;
	w->line = p->line_nr;
	w->off = (u32)p->rec->nr_pool;
	while ((word = rec_token(p))) {
		char *colon = strchr(word, ':');
		enum zone_type type;
		s64 nid = 0, idx = 0;

		if (!colon)
			return rec_bad(p, "expected NODE:ZONE, got \"%.40s\"", word);
		*colon = '\0';
		if (!rec_number(p, word, "node", 0, p->nr_nodes - 1, &nid) ||
		    !rec_number(p, colon + 1, "zone", 0, p->max_nr_zones - 1, &idx))
			return false;
		if (!rec_zone_type(p, (u32)idx, &type))
			return rec_bad(p, "zone %lld is not modelled", (long long)idx);
		if (!rec_push(p, (u32)nid << 8 | type))
			return false;
		w->n++;
	}
	return true;
}

static bool line_events(struct rec_parser *p)
{
	static const char *const names[MAX_NR_ZONES] = {"pgalloc_dma", "pgalloc_dma32",
							"pgalloc_normal", "pgalloc_high",
							"pgalloc_movable"};
	struct rec_state *state = p->state;
	char *key, *value;

	while (next_pair(p, &key, &value)) {
		s64 x = 0;

		if (!rec_number(p, value, key, 0, INT64_MAX, &x))
			return false;
		for (u32 i = 0; i < MAX_NR_ZONES; i++)
			if (!strcmp(names[i], key))
				state->pgalloc[i] = (u64)x;
		if (!strcmp(key, "pgfree"))
			state->pgfree = (u64)x;
	}
	state->have_events = true;
	return p->err->kind == ERR_NONE;
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
		return line_pcp_list(p);
	case 'i':
		return line_pcp_types(p);
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
		return rec_bad(p, "\"%.16s\" inside a state", p->line);
	}
}

bool rec_state_begin(struct rec_parser *p)
{
	struct recording *rec = p->rec;
	u64 op = 0;

	if (!rec_u64(p, "operation number", UINT32_MAX, &op))
		return false;
	if (op != rec->nr_ops || (!rec->nr_states && op))
		return rec_bad(p, "a state before operation %llu where %u operations were made",
			       (unsigned long long)op, rec->nr_ops);
	p->state = rec_grow(p, &rec->states, &rec->nr_states, &p->cap_states, sizeof(*p->state));
	if (!p->state)
		return false;
	p->cap_zones = p->cap_free_lists = p->cap_pcps = p->cap_pcp_lists = 0;
	p->cap_blocks = p->cap_kswapds = p->cap_zonelists = p->cap_movable = 0;
	p->state->op = op;
	p->state->line = p->line_nr;
	p->in_state = true;
	return true;
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
	return true;
}

/* "z:NID:ZONE:free:boost:reserved:flags" or "p:CPU:NID:ZONE:count:high" */
static bool check_item(struct rec_parser *p, char *word, u64 op)
{
	struct recording *rec = p->rec;
	struct rec_check *check =
		rec_grow(p, &rec->checks, &rec->nr_checks, &p->cap_checks, sizeof(*check));
	char *save = NULL, *w = strtok_r(word, ":", &save);
	u32 wanted, n = 0;
	s64 x[6] = {0};

	if (!check || !w || (strcmp(w, "z") && strcmp(w, "p")))
		return check && rec_bad(p, "unknown item \"%.40s\"", w ? w : "");
	check->pcp = w[0] == 'p';
	wanted = check->pcp ? 5 : 6;
	while ((w = strtok_r(NULL, ":", &save)) && n < wanted)
		if (!rec_number(p, w, "item", INT32_MIN, INT64_MAX, &x[n++]))
			return false;
	if (n != wanted)
		return rec_bad(p, "an item with %u numbers instead of %u", n, wanted);
	check->op = op;
	check->line = p->line_nr;
	check->cpu = check->pcp ? (u32)x[0] : 0;
	check->zone_nid = (u32)x[check->pcp];
	if (check->cpu >= p->nr_cpus || check->zone_nid >= p->nr_nodes ||
	    !rec_zone_type(p, (u32)x[check->pcp + 1], &check->type))
		return rec_bad(p, "an item of no known CPU or zone");
	check->count = (s32)x[3];
	check->high = (s32)x[4];
	check->free_pages = x[2];
	check->boost = x[3];
	check->reserved = x[4];
	check->flags = (u32)x[5];
	return true;
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

/* SPDX-License-Identifier: GPL-2.0-only */
/* The header of a recording: which kernel, which machine, its flags and names by number. */
#include <stdlib.h>
#include <string.h>

#include "mm/mm.h"
#include "policy/profiles.h"
#include "verify/recording_internal.h"

/* Which profile stands for a kernel release. */
static const struct {
	const char *prefix, *profile;
} releases[] = {
    {"7.2.", "linux-7.2"},
    {"6.12.", "linux-6.12"},
    {"6.1.", "linux-6.1"},
};

static const struct gfp_name gfp_bits[] = {
#define BIT_NAME(flag)                                                                             \
	{                                                                                          \
#flag, flag                                                                        \
	}
    BIT_NAME(__GFP_DMA),
    BIT_NAME(__GFP_HIGHMEM),
    BIT_NAME(__GFP_DMA32),
    BIT_NAME(__GFP_MOVABLE),
    BIT_NAME(__GFP_RECLAIMABLE),
    BIT_NAME(__GFP_HIGH),
    BIT_NAME(__GFP_IO),
    BIT_NAME(__GFP_FS),
    BIT_NAME(__GFP_ZERO),
    BIT_NAME(__GFP_ATOMIC),
    BIT_NAME(__GFP_DIRECT_RECLAIM),
    BIT_NAME(__GFP_KSWAPD_RECLAIM),
    BIT_NAME(__GFP_WRITE),
    BIT_NAME(__GFP_NOWARN),
    BIT_NAME(__GFP_RETRY_MAYFAIL),
    BIT_NAME(__GFP_NOFAIL),
    BIT_NAME(__GFP_NORETRY),
    BIT_NAME(__GFP_MEMALLOC),
    BIT_NAME(__GFP_COMP),
    BIT_NAME(__GFP_NOMEMALLOC),
    BIT_NAME(__GFP_HARDWALL),
    BIT_NAME(__GFP_THISNODE),
    BIT_NAME(__GFP_ACCOUNT),
#undef BIT_NAME
};

static bool h_kernel(struct rec_parser *p, char *value)
{
	for (const char *s = value; *s; s++)
		if (*s <= ' ' || *s > '~')
			return rec_bad(p, "the kernel's release is no plain word");
	p->rec->kernel = strdup(value);
	if (!p->rec->kernel)
		return err_set(p->err, ERR_HOST_RES, "no memory");
	for (u32 i = 0; i < ARRAY_SIZE(releases); i++)
		if (!strncmp(value, releases[i].prefix, strlen(releases[i].prefix)))
			p->rec->profile = releases[i].profile;
	if (!p->rec->profile)
		return rec_bad(p, "kernel \"%.64s\" is of no known version (7.2, 6.12, 6.1)",
			       value);
	p->profile = profile_find(p->rec->profile);
	return true;
}

static bool h_gfpbit(struct rec_parser *p, char *value)
{
	char *bits = rec_token(p);
	s64 mask = 0;

	if (!bits)
		return rec_bad(p, "gfpbit %s has no value", value);
	if (!rec_number(p, bits, value, 1, UINT32_MAX, &mask))
		return false;
	if (mask & (mask - 1))
		return rec_bad(p, "gfpbit %s is not one bit", value);
	if (p->gfp_known & (u32)mask)
		return rec_bad(p, "gfpbit %s: the bit has a name already", value);
	for (u32 i = 0; i < ARRAY_SIZE(gfp_bits); i++) {
		if (strcmp(gfp_bits[i].name, value))
			continue;
		p->gfp_map[__builtin_ctz((u32)mask)] = gfp_bits[i].mask;
	}
	p->gfp_known |= (u32)mask;
	return true;
}

static bool h_migrate_types(struct rec_parser *p, char *value)
{
	s64 n = 0;

	if (!rec_number(p, value, "migrate_types", 1, ARRAY_SIZE(p->types), &n))
		return false;
	p->nr_types = (u32)n;
	for (u32 i = 0; i < p->nr_types; i++) {
		char *name = rec_token(p);
		u32 mt;

		for (mt = 0; name && mt < MIGRATE_TYPES; mt++)
			if (!strcmp(migratetype_name((enum migratetype)mt), name))
				break;
		if (!name || mt == MIGRATE_TYPES)
			return rec_bad(p, "unknown migratetype \"%s\"", name ? name : "");
		p->types[i] = (enum migratetype)mt;
	}
	return true;
}

/* Options that the states depend on; the others are for information. */
static bool h_config(struct rec_parser *p, char *value)
{
	const struct {
		const char *name;
		bool *yes;
	} options[] = {
	    {"CONFIG_SMP", &p->smp},
	    {"CONFIG_CMA", &p->cma},
	    {"CONFIG_ZONE_DMA", &p->zone_dma},
	    {"CONFIG_ZONE_DMA32", &p->zone_dma32},
	    {"CONFIG_TRANSPARENT_HUGEPAGE", &p->thp},
	};
	char *equals = strchr(value, '=');

	if (!equals)
		return rec_bad(p, "config line without \"=\"");
	*equals++ = '\0';
	for (u32 i = 0; i < ARRAY_SIZE(options); i++) {
		if (strcmp(value, options[i].name))
			continue;
		if (p->config_seen & BIT(i))
			return rec_bad(p, "%s is given twice", value);
		if (strcmp(equals, "y") && strcmp(equals, "n"))
			return rec_bad(p, "%s is neither y nor n", value);
		p->config_seen |= BIT(i);
		*options[i].yes = *equals == 'y';
	}
	return true;
}
#define ALL_CONFIG 0x1fu

/* The kernel's zone index counts configured zones only. */
bool rec_zone_type(const struct rec_parser *p, u32 idx, enum zone_type *type)
{
	static const enum zone_type order[] = {ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, ZONE_MOVABLE};
	const bool has[] = {p->zone_dma, p->zone_dma32, true, true};

	for (u32 i = 0; i < ARRAY_SIZE(order); i++) {
		if (!has[i])
			continue;
		if (!idx--) {
			*type = order[i];
			return true;
		}
	}
	return false;
}

static bool h_lowmem_reserve_ratio(struct rec_parser *p, char *value)
{
	char *save = NULL;
	u32 idx = 0;

	for (char *w = strtok_r(value, ",", &save); w; w = strtok_r(NULL, ",", &save), idx++) {
		/* The configuration lines come later; ratios are per zone type all the same. */
		static const enum zone_type types[] = {ZONE_DMA, ZONE_DMA32, ZONE_NORMAL,
						       ZONE_MOVABLE};
		s64 ratio = 0;

		if (!rec_number(p, w, "lowmem_reserve_ratio", 0, INT32_MAX, &ratio))
			return false;
		if (idx < ARRAY_SIZE(types))
			p->rec->lowmem_reserve_ratio[types[idx]] = (u64)ratio;
	}
	return true;
}

static bool h_cpu_node(struct rec_parser *p, char *value)
{
	s64 cpu = 0;
	u32 nid = 0;

	if (!p->nr_cpus || !p->nr_nodes)
		return rec_bad(p, "cpu_node before cpus and nodes");
	if (!rec_number(p, value, "cpu", 0, p->nr_cpus - 1, &cpu) ||
	    !rec_u32(p, "node", p->nr_nodes - 1, &nid))
		return false;
	p->rec->cpu_node[cpu] = nid;
	return true;
}

static bool h_order(struct rec_parser *p, const char *key, const char *value, u32 *order)
{
	s64 x = 0;

	if (!rec_number(p, value, key, PAGE_ALLOC_COSTLY_ORDER + 1, MAX_PAGE_ORDER_LIMIT, &x))
		return false;
	*order = (u32)x;
	return true;
}

static bool h_max_order(struct rec_parser *p, char *value)
{
	return h_order(p, "max_order", value, &p->rec->machine.max_order);
}

static bool h_pageblock_order(struct rec_parser *p, char *value)
{
	return h_order(p, "pageblock_order", value, &p->rec->machine.pageblock_order);
}

static bool h_defrag_mode(struct rec_parser *p, char *value)
{
	s64 x = 0;

	if (!strcmp(value, "n/a"))
		return true;
	if (!rec_number(p, value, "defrag_mode", 0, 1, &x))
		return false;
	p->rec->defrag_mode = (u64)x;
	return true;
}

static bool h_no_grouping(struct rec_parser *p, char *value)
{
	s64 x = 0;

	if (!rec_number(p, value, "page_group_by_mobility_disabled", 0, 1, &x))
		return false;
	p->rec->page_group_by_mobility_disabled = x != 0;
	return true;
}

/* Keys with a form of their own. */
static const struct {
	const char *key;
	bool (*read)(struct rec_parser *p, char *value);
	bool repeated, optional;
} h_keys[] = {
    {"kernel", h_kernel, false, false},
    {"cpu_node", h_cpu_node, true, false},
    {"max_order", h_max_order, false, false},
    {"pageblock_order", h_pageblock_order, false, false},
    {"migrate_types", h_migrate_types, false, false},
    {"gfpbit", h_gfpbit, true, false},
    {"config", h_config, true, false},
    {"lowmem_reserve_ratio", h_lowmem_reserve_ratio, false, false},
    {"defrag_mode", h_defrag_mode, false, true},
    {"page_group_by_mobility_disabled", h_no_grouping, false, false},
};

/* Headers that are one number; `must` is a value the simulator models (-1: any). */
struct h_number {
	const char *key;
	s64 min, max, must;
	size_t offset;
	bool in_parser; /* offset in the parser, u32; else in the recording, s64 or u64 */
	bool optional;
};

static const struct h_number h_numbers[] = {
#define PARSER(key, min, max, field)                                                               \
	{                                                                                          \
		key, min, max, -1, offsetof(struct rec_parser, field), true, false                 \
	}
#define REC(key, min, max, field)                                                                  \
	{                                                                                          \
		key, min, max, -1, offsetof(struct recording, field), false, false                 \
	}
#define MUST(key, value)                                                                           \
	{                                                                                          \
		key, INT32_MIN, INT32_MAX, value, 0, true, true                                    \
	}
    PARSER("cpus", 1, MACHINE_MAX_CPUS, nr_cpus),
    PARSER("nodes", 1, MACHINE_MAX_NODES, nr_nodes),
    PARSER("max_nr_zones", 2, 6, max_nr_zones),
    REC("min_free_kbytes", 0, INT32_MAX, min_free_kbytes),
    REC("watermark_scale_factor", 1, 3000, watermark_scale_factor),
    REC("watermark_boost_factor", 0, INT32_MAX, watermark_boost_factor),
    REC("percpu_pagelist_high_fraction", 0, INT32_MAX, percpu_pagelist_high_fraction),
    MUST("page_size", 4096),
    MUST("nr_pcp_lists", NR_PCP_LISTS),
    MUST("shuffle", 0),
    MUST("node_reclaim_mode", 0),
    MUST("check_pages_enabled", 0),
    MUST("cpusets_enabled", 0),
    MUST("deferred_pages", 0),
    MUST("pcp_batch_scale_max", 5),
#undef PARSER
#undef REC
#undef MUST
};

static bool h_number(struct rec_parser *p, const struct h_number *h, const char *value)
{
	s64 x = 0;

	if (h->must >= 0 && !strcmp(value, "n/a"))
		return true;
	if (!rec_number(p, value, h->key, h->min, h->max, &x))
		return false;
	if (h->must >= 0)
		return x == h->must || rec_bad(p, "%s is %lld; only %lld is modelled", h->key,
					       (long long)x, (long long)h->must);
	if (h->in_parser)
		*(u32 *)((char *)p + h->offset) = (u32)x;
	else
		*(s64 *)((char *)p->rec + h->offset) = x;
	return true;
}

/* Notes that a row of the two tables was read. */
static bool h_once(struct rec_parser *p, const char *key, u32 row, bool repeated)
{
	if (!repeated && (p->h_seen >> row & 1))
		return rec_bad(p, "%s is given twice", key);
	p->h_seen |= 1ull << row;
	return true;
}

bool rec_header(struct rec_parser *p)
{
	char *key = rec_token(p), *value = rec_token(p);
	u32 i;

	if (p->rec->nr_states || p->in_state)
		return rec_bad(p, "a header line after the first state");
	if (!key)
		return rec_bad(p, "empty header line");
	for (i = 0; i < ARRAY_SIZE(h_numbers); i++)
		if (!strcmp(key, h_numbers[i].key))
			return value ? h_once(p, key, i, false) && h_number(p, &h_numbers[i], value)
				     : rec_bad(p, "%s has no value", key);
	for (i = 0; i < ARRAY_SIZE(h_keys); i++)
		if (!strcmp(key, h_keys[i].key))
			return value ? h_once(p, key, (u32)ARRAY_SIZE(h_numbers) + i,
					      h_keys[i].repeated) &&
					   h_keys[i].read(p, value)
				     : rec_bad(p, "%s has no value", key);
	return true; /* for information */
}

/* Is all there that the states need? */
static bool h_complete(struct rec_parser *p)
{
	const struct machine *m = &p->rec->machine;

	for (u32 i = 0; i < ARRAY_SIZE(h_numbers); i++)
		if (!h_numbers[i].optional && !(p->h_seen >> i & 1))
			return rec_bad(p, "the header lacks \"%s\"", h_numbers[i].key);
	for (u32 i = 0; i < ARRAY_SIZE(h_keys); i++)
		if (!h_keys[i].optional && !(p->h_seen >> (ARRAY_SIZE(h_numbers) + i) & 1))
			return rec_bad(p, "the header lacks \"%s\"", h_keys[i].key);
	if (p->config_seen != ALL_CONFIG)
		return rec_bad(p, "the header lacks a config line of CONFIG_SMP, _CMA, _ZONE_DMA, "
				  "_ZONE_DMA32 or _TRANSPARENT_HUGEPAGE");
	if (m->pageblock_order > m->max_order)
		return rec_bad(p, "pageblock_order is above max_order");
	for (u32 i = 0; i < p->nr_types; i++) {
		for (u32 j = 0; j < i; j++)
			if (p->types[i] == p->types[j])
				return rec_bad(p, "a migratetype is named twice");
		if (p->types[i] == MIGRATE_CMA && !p->cma)
			return rec_bad(p, "type CMA, but CONFIG_CMA is not set");
	}
	return true;
}

bool rec_header_done(struct rec_parser *p)
{
	struct machine *m = &p->rec->machine;

	if (!h_complete(p))
		return false;
	m->distance = calloc((size_t)p->nr_nodes * p->nr_nodes, sizeof(u32));
	if (!m->distance)
		return err_set(p->err, ERR_HOST_RES, "no memory");
	for (u32 a = 0; a < p->nr_nodes; a++)
		for (u32 b = 0; b < p->nr_nodes; b++)
			m->distance[a * p->nr_nodes + b] = a == b ? 10 : 20;
	m->name = p->rec->name;
	m->arch = ARCH_X86_64;
	m->page_shift = 12;
	m->hz = 250;
	m->smp = p->smp;
	m->cma_configured = p->cma;
	m->thp_configured = p->thp;
	m->isolation_configured = true;
	m->zone_configured[ZONE_DMA] = p->zone_dma;
	m->zone_configured[ZONE_DMA32] = p->zone_dma32;
	m->zone_configured[ZONE_NORMAL] = m->zone_configured[ZONE_MOVABLE] = true;
	m->nr_nodes = p->nr_nodes;
	m->nr_cpus = p->nr_cpus;
	m->cpu_node = p->rec->cpu_node;
	return true;
}

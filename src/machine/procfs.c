/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads /proc/zoneinfo, buddyinfo and pagetypeinfo line by line. Which section a line belongs to
 * shows in its shape: zoneinfo's zones open with a bare "Node N, zone NAME", buddyinfo has numbers
 * behind that, pagetypeinfo a type or a heading. Left out: of the statistics all
 * but the sizes of the LRU lists and what they consist of, and of the slabs.
 */
#include "machine/procfs.h"

#include <stdlib.h>
#include <string.h>

#include "machine/procfs_text.h"

enum section {
	IN_NONE,
	IN_ZONE,
	IN_SKIPPED_ZONE,
	IN_BLOCKS,
	IN_SKIPPED_TABLE,
};

#define MAX_PROTECTION 8u

/* What zoneinfo says of a zone before all zones of its node are known. */
struct raw_zone {
	struct proc_zone zone;
	u32 slot; /* place among the node's zones: index in "protection" */
	u32 nr_protection;
	s64 protection[MAX_PROTECTION];
	u64 line;
	bool device; /* ZONE_DEVICE: only its place counts */
};

struct reader {
	struct proc_state *state;
	struct arena *arena;
	struct text t; /* the current line */
	u32 which, seen;
	enum section section;
	struct raw_zone *raw;
	u32 nr_raw, cap_raw;
	struct proc_pcp *pcp; /* of the "cpu: N" last read; NULL: none yet */
	u32 nr_cap_pcp;
	enum proc_type column[NR_PROC_TYPES]; /* of "Number of blocks type" */
	u32 nr_columns;
};

static const char *const proc_type_names[NR_PROC_TYPES + 1] = {
    "Unmovable", "Movable", "Reclaimable", "HighAtomic", "CMA", "Isolate", NULL,
};

const char *proc_type_name(enum proc_type type)
{
	return proc_type_names[type];
}

static bool parse_type(struct text *t, enum proc_type *type)
{
	for (u32 i = 0; i < NR_PROC_TYPES; i++) {
		if (text_word(t, proc_type_names[i])) {
			*type = (enum proc_type)i;
			return true;
		}
	}
	return text_error(t, "expected a migrate type (Unmovable, Movable, ...)");
}

const struct proc_zone *procfs_zone(const struct proc_state *state, u32 node, enum zone_type type)
{
	for (u32 i = 0; i < state->nr_zones; i++)
		if (state->zones[i].node == node && state->zones[i].type == type)
			return &state->zones[i];
	return NULL;
}

/* "Node N, zone NAME"; type is MAX_NR_ZONES for Device. */
static bool parse_zone(struct text *t, u32 *node, u32 *type)
{
	u64 n;

	if (!text_word(t, "Node") || !text_u64(t, MACHINE_MAX_NODES - 1, &n))
		return text_error(t, "expected \"Node N, zone NAME\" with N below %u",
				  MACHINE_MAX_NODES);
	if (!text_char(t, ',') || !text_word(t, "zone"))
		return text_error(t, "expected \", zone NAME\" after the node");
	*node = (u32)n;
	for (*type = 0; *type < MAX_NR_ZONES; (*type)++)
		if (text_word(t, zone_name((enum zone_type) * type)))
			return true;
	if (text_word(t, "Device"))
		return true;
	return text_error(t, "unknown zone name");
}

/* The populated zone that a line of buddyinfo or pagetypeinfo speaks of. */
static bool find_zone(struct reader *r, u32 node, u32 type, struct proc_zone **zone)
{
	*zone = NULL;
	if (type == MAX_NR_ZONES)
		return true;
	for (u32 i = 0; i < r->nr_raw && !*zone; i++)
		if (!r->raw[i].device && r->raw[i].zone.node == node && r->raw[i].zone.type == type)
			*zone = &r->raw[i].zone;
	for (u32 i = 0; i < r->state->nr_zones && !*zone; i++)
		if (r->state->zones[i].node == node && r->state->zones[i].type == type)
			*zone = &r->state->zones[i];
	return *zone || text_error(&r->t, "zoneinfo did not name this zone before");
}

static struct raw_zone *add_raw(struct reader *r)
{
	if (r->nr_raw == r->cap_raw) {
		u32 cap = r->cap_raw ? r->cap_raw * 2 : 8;
		struct raw_zone *raw = arena_alloc_array(r->arena, cap, sizeof(*raw));

		if (!raw)
			return NULL;
		if (r->nr_raw)
			memcpy(raw, r->raw, r->nr_raw * sizeof(*raw));
		r->raw = raw;
		r->cap_raw = cap;
	}
	return &r->raw[r->nr_raw++];
}

static bool start_zone(struct reader *r, u32 node, u32 type)
{
	struct raw_zone *raw, *last = r->nr_raw ? &r->raw[r->nr_raw - 1] : NULL;
	u32 last_type = last ? (last->device ? MAX_NR_ZONES : last->zone.type) : 0;

	if (procfs_zone(r->state, node, (enum zone_type)type))
		return text_error(&r->t, "this zone was read before");
	if (last && (last->zone.node > node || (last->zone.node == node && last_type >= type)))
		return text_error(&r->t, "zones have to ascend and come once");
	raw = add_raw(r);
	if (!raw)
		return text_no_memory(&r->t);
	*raw = (struct raw_zone){.line = r->t.line, .device = type == MAX_NR_ZONES};
	/* add_raw() may have moved the array: look again. */
	if (r->nr_raw > 1 && raw[-1].zone.node == node)
		raw->slot = raw[-1].slot + 1;
	raw->zone = (struct proc_zone){
	    .node = node,
	    .type = (enum zone_type)type,
	    .free = -1,
	    .boost = -1,
	    .min = -1,
	    .low = -1,
	    .high = -1,
	    .promo = -1,
	    .spanned = -1,
	    .present = -1,
	    .managed = -1,
	    .cma = -1,
	    .reserved_highatomic = -1,
	    .free_highatomic = -1,
	};
	memset(&raw->zone.lru, 0xff, sizeof(raw->zone.lru)); /* every field -1 */
	memset(&raw->zone.node_stats, 0xff, sizeof(raw->zone.node_stats));
	for (u32 i = 0; i < MAX_NR_ZONES; i++)
		raw->zone.protection[i] = -1;
	r->section = IN_ZONE;
	r->seen |= PROC_ZONEINFO;
	r->pcp = NULL;
	r->nr_cap_pcp = 0;
	return true;
}

static bool parse_protection(struct reader *r, struct raw_zone *raw)
{
	u64 n;

	if (!text_char(&r->t, '('))
		return text_error(&r->t, "expected \"(N, N, ...)\" after protection");
	do {
		if (raw->nr_protection == MAX_PROTECTION)
			return text_error(&r->t, "more than %u protection values", MAX_PROTECTION);
		if (!text_u64(&r->t, MACHINE_MAX_PFN, &n))
			return text_error(&r->t, "expected a number of pages");
		raw->protection[raw->nr_protection++] = (s64)n;
	} while (text_char(&r->t, ','));
	if (!text_char(&r->t, ')') || !text_end(&r->t))
		return text_error(&r->t, "expected \")\" at the end of the line");
	return true;
}

/* "cpu: N": room for its page set, with those between marked as not given. */
static bool start_cpu(struct reader *r, struct proc_zone *zone)
{
	u64 cpu;

	if (!text_u64(&r->t, MACHINE_MAX_CPUS - 1, &cpu) || !text_end(&r->t))
		return text_error(&r->t, "expected a CPU number below %u", MACHINE_MAX_CPUS);
	if (cpu < zone->nr_pcp)
		return text_error(&r->t, "CPUs have to ascend");
	if (cpu >= r->nr_cap_pcp) {
		u32 cap = 4;
		struct proc_pcp *pcp;

		while (cap <= cpu)
			cap *= 2;
		pcp = arena_alloc_array(r->arena, cap, sizeof(*pcp));
		if (!pcp)
			return text_no_memory(&r->t);
		memset(pcp, 0xff, cap * sizeof(*pcp)); /* every field -1 */
		if (zone->nr_pcp)
			memcpy(pcp, zone->pcp, zone->nr_pcp * sizeof(*pcp));
		zone->pcp = pcp;
		r->nr_cap_pcp = cap;
	}
	zone->nr_pcp = (u32)cpu + 1;
	r->pcp = &zone->pcp[cpu];
	return true;
}

/* A line "key value" whose value belongs at an offset of some struct. */
struct key {
	const char *words;
	size_t offset;
};

#define ZKEY(words, field)                                                                         \
	{                                                                                          \
		words, offsetof(struct proc_zone, field)                                           \
	}
static const struct key zone_keys[] = {
    ZKEY("pages free", free),
    ZKEY("boost", boost),
    ZKEY("min", min),
    ZKEY("low", low),
    ZKEY("high", high),
    ZKEY("promo", promo),
    ZKEY("spanned", spanned),
    ZKEY("present", present),
    ZKEY("managed", managed),
    ZKEY("cma", cma),
    ZKEY("reserved_highatomic:", reserved_highatomic),
    ZKEY("free_highatomic:", free_highatomic),
    ZKEY("nr_zone_inactive_anon", lru.inactive_anon),
    ZKEY("nr_zone_active_anon", lru.active_anon),
    ZKEY("nr_zone_inactive_file", lru.inactive_file),
    ZKEY("nr_zone_active_file", lru.active_file),
    ZKEY("nr_zone_unevictable", lru.unevictable),
    ZKEY("nr_anon_pages", node_stats.anon_pages),
    ZKEY("nr_mapped", node_stats.mapped),
    ZKEY("nr_file_pages", node_stats.file_pages),
    ZKEY("nr_shmem", node_stats.shmem),
    ZKEY("nr_swapcached", node_stats.swapcached),
    ZKEY("nr_slab_reclaimable", node_stats.slab_reclaimable),
    ZKEY("nr_slab_unreclaimable", node_stats.slab_unreclaimable),
    ZKEY("nr_page_table_pages", node_stats.page_table_pages),
    ZKEY("nr_kernel_stack", node_stats.kernel_stack_kb),
};

#define PKEY(words, field)                                                                         \
	{                                                                                          \
		words, offsetof(struct proc_pcp, field)                                            \
	}
static const struct key pcp_keys[] = {
    PKEY("count:", count),	 PKEY("high:", high),
    PKEY("batch:", batch),	 PKEY("high_min:", high_min),
    PKEY("high_max:", high_max), PKEY("vm stats threshold:", stat_threshold),
};

/* True if one of the keys matched; *ok tells whether its value was good. */
static bool read_key(struct text *t, const struct key *keys, size_t n, void *base, bool *ok)
{
	u64 value;

	for (size_t i = 0; i < n; i++) {
		s64 *slot = (s64 *)((char *)base + keys[i].offset);

		if (!text_words(t, keys[i].words))
			continue;
		if (*slot >= 0)
			*ok = text_error(t, "\"%s\" is given twice", keys[i].words);
		else if (!text_u64(t, MACHINE_MAX_PFN, &value) || !text_end(t))
			*ok = text_error(t, "expected one number of pages after \"%s\"",
					 keys[i].words);
		else
			*slot = (s64)value;
		return true;
	}
	return false;
}

static bool zone_line(struct reader *r)
{
	struct raw_zone *raw = &r->raw[r->nr_raw - 1];
	struct proc_zone *zone = &raw->zone;
	bool ok = true;

	if (raw->device)
		return true;
	if (read_key(&r->t, zone_keys, ARRAY_SIZE(zone_keys), zone, &ok))
		return ok;
	if (text_word(&r->t, "protection:"))
		return parse_protection(r, raw);
	if (text_words(&r->t, "start_pfn:"))
		return (text_u64(&r->t, MACHINE_MAX_PFN, &zone->start_pfn) && text_end(&r->t)) ||
		       text_error(&r->t, "expected a page frame number");
	if (text_word(&r->t, "cpu:"))
		return start_cpu(r, zone);
	if (r->pcp && read_key(&r->t, pcp_keys, ARRAY_SIZE(pcp_keys), r->pcp, &ok))
		return ok;
	return true; /* statistics */
}

/* Numbers to the end of the line, at most n; all lines of a file have to agree on how many. */
static bool read_orders(struct reader *r, u64 *out)
{
	u32 n = 0;

	while (!text_end(&r->t)) {
		bool capped = text_char(&r->t, '>');

		if (n == PROC_NR_ORDERS)
			return text_error(&r->t, "more than %u orders", PROC_NR_ORDERS);
		if (!text_u64(&r->t, MACHINE_MAX_PFN, &out[n]))
			return text_error(&r->t, "expected a number of free blocks");
		if (capped)
			out[n] = PROC_CAPPED;
		n++;
	}
	if (!n || (r->state->nr_orders && r->state->nr_orders != n))
		return text_error(&r->t, "%u orders where %u were expected", n,
				  r->state->nr_orders);
	r->state->nr_orders = n;
	return true;
}

static bool buddy_line(struct reader *r, struct proc_zone *zone)
{
	if (!zone)
		return true;
	if (zone->have_buddy)
		return text_error(&r->t, "buddyinfo of this zone was read before");
	zone->have_buddy = true;
	r->seen |= PROC_BUDDYINFO;
	return read_orders(r, zone->nr_free);
}

static bool type_line(struct reader *r, struct proc_zone *zone)
{
	enum proc_type type = PROC_UNMOVABLE;

	if (!parse_type(&r->t, &type))
		return false;
	return !zone || read_orders(r, zone->type_free[type]);
}

static bool blocks_heading(struct reader *r)
{
	r->section = IN_BLOCKS;
	r->nr_columns = 0;
	while (!text_end(&r->t)) {
		if (r->nr_columns == NR_PROC_TYPES)
			return text_error(&r->t, "more than %u migrate types", NR_PROC_TYPES);
		if (!parse_type(&r->t, &r->column[r->nr_columns]))
			return false;
		r->nr_columns++;
	}
	return true;
}

static bool blocks_line(struct reader *r, struct proc_zone *zone)
{
	if (!zone)
		return true;
	if (zone->have_types)
		return text_error(&r->t, "pageblocks of this zone were read before");
	zone->have_types = true;
	r->seen |= PROC_PAGETYPEINFO;
	for (u32 i = 0; i < r->nr_columns; i++)
		if (!text_u64(&r->t, MACHINE_MAX_PFN, &zone->type_blocks[r->column[i]]))
			return text_error(&r->t, "expected %u numbers of pageblocks",
					  r->nr_columns);
	return text_end(&r->t) || text_error(&r->t, "more numbers than migrate types");
}

static bool node_line(struct reader *r)
{
	struct proc_zone *zone;
	u32 node = 0, type = 0, kind;

	if (r->section == IN_SKIPPED_TABLE)
		return true;
	if (!parse_zone(&r->t, &node, &type))
		return false;
	if (text_end(&r->t)) {
		r->section = IN_SKIPPED_ZONE;
		return !(r->which & PROC_ZONEINFO) || start_zone(r, node, type);
	}
	if (text_words(&r->t, ", type"))
		kind = PROC_PAGETYPEINFO;
	else if (r->section == IN_BLOCKS)
		kind = PROC_PAGETYPEINFO;
	else
		kind = PROC_BUDDYINFO;
	if (r->section != IN_BLOCKS)
		r->section = IN_NONE;
	/* debugfs extfrag files look the same but for decimal points. */
	if (!(r->which & kind) || (kind == PROC_BUDDYINFO && strchr(r->t.at, '.')))
		return true;
	if (!find_zone(r, node, type, &zone))
		return false;
	if (kind == PROC_BUDDYINFO)
		return buddy_line(r, zone);
	return r->section == IN_BLOCKS ? blocks_line(r, zone) : type_line(r, zone);
}

static bool one_line(struct reader *r)
{
	bool indented = *r->t.at == ' ';
	u64 n;

	if (text_end(&r->t) || text_starts(&r->t, "====")) {
		r->section = IN_NONE;
		return true;
	}
	if (text_starts(&r->t, "Node "))
		return node_line(r);
	if (r->section == IN_ZONE && indented)
		return zone_line(r);
	if (r->section == IN_SKIPPED_ZONE && indented)
		return true;
	r->section = IN_NONE;
	if (text_starts(&r->t, "Number of ") && !(r->which & PROC_PAGETYPEINFO))
		r->section = IN_SKIPPED_TABLE;
	if (!(r->which & PROC_PAGETYPEINFO))
		return true;
	if (text_words(&r->t, "Page block order:")) {
		if (!text_u64(&r->t, PROC_NR_ORDERS - 1, &n) || !text_end(&r->t))
			return text_error(&r->t, "expected an order");
		r->state->pageblock_order = (s32)n;
	} else if (text_words(&r->t, "Number of blocks type")) {
		return blocks_heading(r);
	} else if (text_words(&r->t, "Number of mixed blocks")) {
		r->section = IN_SKIPPED_TABLE;
	}
	return true;
}

static bool require(struct text *t, const struct proc_zone *z, u64 line)
{
	const char *missing = z->free < 0      ? "pages free"
			      : z->min < 0     ? "min"
			      : z->low < 0     ? "low"
			      : z->high < 0    ? "high"
			      : z->spanned < 0 ? "spanned"
			      : z->present < 0 ? "present"
			      : z->managed < 0 ? "managed"
					       : NULL;

	t->line = line;
	if (missing)
		return text_error(t, "zone %s of node %u has no \"%s\"", zone_name(z->type),
				  z->node, missing);
	if (z->present > z->spanned || z->managed > z->present || z->free > z->managed)
		return text_error(t,
				  "zone %s of node %u: free <= managed <= present <= spanned "
				  "does not hold",
				  zone_name(z->type), z->node);
	return true;
}

/* Zone type at place `slot` among the zones of a node; MAX_NR_ZONES if it is Device or missing. */
static u32 slot_type(const struct reader *r, u32 node, u32 slot)
{
	for (u32 i = 0; i < r->nr_raw; i++)
		if (r->raw[i].zone.node == node && r->raw[i].slot == slot && !r->raw[i].device)
			return r->raw[i].zone.type;
	return MAX_NR_ZONES;
}

/* All zones are known: keep the populated ones, with their reserves by zone type. */
static bool finish_zones(struct reader *r)
{
	struct proc_zone *zones = arena_alloc_array(r->arena, r->nr_raw, sizeof(*zones));
	u32 n = 0;

	if (!zones)
		return text_no_memory(&r->t);
	for (u32 i = 0; i < r->nr_raw; i++) {
		struct raw_zone *raw = &r->raw[i];

		if (raw->device || raw->zone.present == 0)
			continue;
		if (!require(&r->t, &raw->zone, raw->line))
			return false;
		for (u32 k = 0; k < raw->nr_protection; k++) {
			u32 type = slot_type(r, raw->zone.node, k);

			if (type < MAX_NR_ZONES)
				raw->zone.protection[type] = raw->protection[k];
		}
		zones[n++] = raw->zone;
	}
	r->state->zones = zones;
	r->state->nr_zones = n;
	return n || text_error(&r->t, "no zone of zoneinfo has memory");
}

static bool all_seen(struct reader *r)
{
	static const char *const names[] = {"zoneinfo", "buddyinfo", "pagetypeinfo"};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (r->which & ~r->seen & BIT(i))
			return text_error(&r->t, "holds no text of /proc/%s", names[i]);
	return true;
}

bool procfs_read(struct proc_state *state, struct stream *s, u32 which, struct arena *arena,
		 struct err *err)
{
	struct reader r = {
	    .state = state,
	    .arena = arena,
	    .which = which,
	    .t = {.file = stream_name(s), .err = err},
	};
	u32 errors = err->count;
	size_t len;

	if (!state->nr_zones)
		state->pageblock_order = -1;
	while ((r.t.at = stream_line(s, &len, err))) {
		r.t.line = stream_line_number(s);
		if (!one_line(&r))
			return false;
	}
	if (err->count != errors)
		return false;
	r.t.line = 0;
	if ((which & PROC_ZONEINFO & r.seen) && !finish_zones(&r))
		return false;
	r.t.line = 0;
	return all_seen(&r);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Field table of a config's section "policy". The knobs land in struct mm_sysctl; the profile's
 * switches are listed by the same X-macro that declares them, so that each can be overridden.
 * Knobs of rooms that are not modelled yet are unknown fields and refused.
 */
#include "policy/policy_fields.h"

#include "mm/huge_memory.h"

#define AT(member)  .offset = offsetof(struct policy_config, sysctl.member)
#define RATIO(type) .offset = sizeof(u64) * (type)

static const struct field_table ratio_table = {
	.name = "lowmem_reserve_ratio",
	.doc = "One part in so many of the higher zones' memory is kept free of their requests.",
	.size = sizeof(((struct mm_sysctl *)NULL)->lowmem_reserve_ratio),
	.fields = (const struct field[]){
		{"DMA", FIELD_U64, RATIO(ZONE_DMA), .def = "256", .max = INT32_MAX,
		 .doc = "in zone DMA; 0: none is kept"},
		{"DMA32", FIELD_U64, RATIO(ZONE_DMA32), .def = "256", .max = INT32_MAX,
		 .doc = "in zone DMA32"},
		{"Normal", FIELD_U64, RATIO(ZONE_NORMAL), .def = "32", .max = INT32_MAX,
		 .doc = "in zone Normal"},
		{"HighMem", FIELD_U64, RATIO(ZONE_HIGHMEM), .def = "0", .max = INT32_MAX,
		 .doc = "in zone HighMem"},
		{"Movable", FIELD_U64, RATIO(ZONE_MOVABLE), .def = "0", .max = INT32_MAX,
		 .doc = "in zone Movable: no zone is above it"},
		{NULL},
	},
};

/* As in /sys/kernel/mm/transparent_hugepage. */
static const char *const thp_enabled_words[] = {
	[THP_NEVER] = "never", [THP_MADVISE] = "madvise", [THP_ALWAYS] = "always", NULL};
static const char *const thp_defrag_words[] = {[THP_DEFRAG_ALWAYS] = "always",
					       [THP_DEFRAG_DEFER] = "defer",
					       [THP_DEFRAG_DEFER_MADVISE] = "defer+madvise",
					       [THP_DEFRAG_MADVISE] = "madvise",
					       [THP_DEFRAG_NEVER] = "never", NULL};

static bool check_khugepaged(struct field_ctx *ctx, void *object)
{
	const struct khugepaged_knobs *knobs = object;

	return knobs->pages_to_scan ||
	       field_error(ctx, "pages_to_scan", "expected at least 1, or -1: the default");
}

#define KNOB(member) .offset = offsetof(struct khugepaged_knobs, member)
static const struct field_table khugepaged_table = {
	.name = "khugepaged",
	.doc = "As /sys/kernel/mm/transparent_hugepage/khugepaged spells them.",
	.size = sizeof(struct khugepaged_knobs),
	.check = check_khugepaged,
	.fields = (const struct field[]){
		{"defrag", FIELD_BOOL, KNOB(defrag), .def = "true",
		 .doc = "huge pages are reclaimed and compacted for"},
		{"pages_to_scan", FIELD_S64, KNOB(pages_to_scan), .def = "-1", .min = -1,
		 .max = INT32_MAX, .doc = "in one pass; -1: eight huge pages"},
		{"scan_sleep_millisecs", FIELD_U64, KNOB(scan_sleep_millisecs), .def = "10000",
		 .max = INT32_MAX, .unit = "ms", .doc = "between passes"},
		{"alloc_sleep_millisecs", FIELD_U64, KNOB(alloc_sleep_millisecs),
		 .def = "60000", .max = INT32_MAX, .unit = "ms",
		 .doc = "in a pass, after the first huge page that could not be had"},
		{"max_ptes_none", FIELD_S64, KNOB(max_ptes_none), .def = "-1", .min = -1,
		 .max = INT32_MAX, .doc = "pages that may be missing; -1: all but one"},
		{"max_ptes_swap", FIELD_S64, KNOB(max_ptes_swap), .def = "-1", .min = -1,
		 .max = INT32_MAX, .doc = "pages brought back from swap; -1: an eighth"},
		{"max_ptes_shared", FIELD_S64, KNOB(max_ptes_shared), .def = "-1", .min = -1,
		 .max = INT32_MAX, .doc = "pages shared with other tasks; -1: a half"},
		{NULL},
	},
};

/* A switch: what its C type holds. */
static bool parse_switch_bool(struct field_ctx *ctx, json_t *value, void *out,
			      const struct field *field)
{
	struct policy_switch *sw = out;
	json_int_t n = json_is_integer(value) ? json_integer_value(value) : -1;

	(void)field;
	sw->given = true;
	sw->value = json_is_true(value) || n == 1;
	return json_is_boolean(value) || n == 0 || n == 1 ||
	       field_error(ctx, NULL, "expected true or false");
}

static json_t *write_switch_bool(const void *in, const struct field *field)
{
	const struct policy_switch *sw = in;

	(void)field;
	return sw->given ? json_boolean(sw->value) : NULL;
}

#define SWITCH_U32_MAX 31 /* a shift of batch; folios of an LRU batch */

static bool parse_switch_u32(struct field_ctx *ctx, json_t *value, void *out,
			     const struct field *field)
{
	struct policy_switch *sw = out;
	json_int_t n = json_is_integer(value) ? json_integer_value(value) : -1;

	(void)field;
	if (n < 0 || n > SWITCH_U32_MAX)
		return field_error(ctx, NULL, "expected integer 0..%d", SWITCH_U32_MAX);
	*sw = (struct policy_switch){.given = true, .value = (u32)n};
	return true;
}

static json_t *write_switch_u32(const void *in, const struct field *field)
{
	const struct policy_switch *sw = in;

	(void)field;
	return sw->given ? json_integer(sw->value) : NULL;
}

#define SCHEMA_bool "{\"type\": \"boolean\"}"
#define SCHEMA_u32  "{\"type\": \"integer\", \"minimum\": 0, \"maximum\": 31}"

#define SWITCH(switch_type, field, text)                                                           \
	{#field, FIELD_CUSTOM, .offset = offsetof(struct policy_config, switches.field),           \
	 .doc = text, .parse = SWITCH_PARSE(switch_type), .write = SWITCH_WRITE(switch_type),      \
	 .schema = SWITCH_SCHEMA(switch_type)},
#define SWITCH_PARSE(t)	 _Generic((t)0, bool: parse_switch_bool, u32: parse_switch_u32)
#define SWITCH_WRITE(t)	 _Generic((t)0, bool: write_switch_bool, u32: write_switch_u32)
#define SWITCH_SCHEMA(t) _Generic((t)0, bool: SCHEMA_bool, u32: SCHEMA_u32)

static bool check_policy(struct field_ctx *ctx, void *object)
{
	const struct policy_config *policy = object;
	const struct mm_sysctl *s = &policy->sysctl;

	if (s->percpu_pagelist_high_fraction && s->percpu_pagelist_high_fraction < 8)
		return field_error(ctx, "percpu_pagelist_high_fraction",
				   "expected 0 (automatic) or at least 8");
	if (s->stat_interval_ns && s->stat_interval_ns < NSEC_PER_MSEC)
		return field_error(ctx, "stat_interval",
				   "below 1 ms; a number without unit is nanoseconds: \"1s\"");
	return true;
}

const struct field_table policy_table = {
	.name = "policy",
	.doc = "Knobs as /proc/sys/vm spells them, then switches of the profile by name.",
	.size = sizeof(struct policy_config),
	.check = check_policy,
	.fields = (const struct field[]){
		{"min_free_kbytes", FIELD_S64, AT(min_free_kbytes), .def = "-1", .min = -1,
		 .max = INT32_MAX, .unit = "kB",
		 .doc = "all min watermarks together; -1: computed from the size of memory"},
		{"watermark_scale_factor", FIELD_U64, AT(watermark_scale_factor), .def = "10",
		 .min = 1, .max = 3000, .unit = "1/10000 of managed",
		 .doc = "least distance between the watermarks"},
		{"watermark_boost_factor", FIELD_U64, AT(watermark_boost_factor), .def = "15000",
		 .max = INT32_MAX, .unit = "1/10000 of high",
		 .doc = "how far marks rise when types mix; 0: never"},
		{"lowmem_reserve_ratio", FIELD_OBJECT, AT(lowmem_reserve_ratio),
		 .sub = &ratio_table,
		 .doc = "What lower zones keep from requests for higher ones."},
		{"percpu_pagelist_high_fraction", FIELD_U64, AT(percpu_pagelist_high_fraction),
		 .def = "0", .max = INT32_MAX,
		 .doc = "a zone's share on per-CPU lists is one in this; 0: automatic; else 8 up"},
		{"defrag_mode", FIELD_U64, AT(defrag_mode), .def = "0", .min = 0, .max = 1,
		 .doc = "1: types do not mix before reclaim and compaction were tried"},
		{"stat_interval", FIELD_TIME, AT(stat_interval_ns), .def = "\"1s\"",
		 .max = 3600 * NSEC_PER_SEC,
		 .doc = "between visits of the vmstat worker; 0: none"},
		{"extfrag_threshold", FIELD_U64, AT(extfrag_threshold), .def = "500", .max = 1000,
		 .unit = "1/1000",
		 .doc = "fragmentation index up to which compaction is not tried"},
		{"swappiness", FIELD_U64, AT(swappiness), .def = "60", .max = 200,
		 .doc = "how readily anonymous pages go before cached ones; 0: only in need"},
		{"page-cluster", FIELD_U64, AT(page_cluster), .def = "3", .max = 5,
		 .doc = "swap read-ahead, log2 of pages"},
		{"vfs_cache_pressure", FIELD_U64, AT(vfs_cache_pressure), .def = "100",
		 .max = INT32_MAX, .unit = "%",
		 .doc = "how readily dentries and inodes go"},
		{"dirty_ratio", FIELD_U64, AT(dirty_ratio), .def = "20", .max = 100, .unit = "%",
		 .doc = "of dirtyable memory, from which writers are throttled"},
		{"dirty_background_ratio", FIELD_U64, AT(dirty_background_ratio), .def = "10",
		 .max = 100, .unit = "%",
		 .doc = "of dirtyable memory, from which the flusher works"},
		{"dirty_bytes", FIELD_SIZE, AT(dirty_bytes), .def = "0", .max = 1ll << 50,
		 .doc = "instead of dirty_ratio; 0: the ratio counts"},
		{"dirty_background_bytes", FIELD_SIZE, AT(dirty_background_bytes), .def = "0",
		 .max = 1ll << 50,
		 .doc = "instead of dirty_background_ratio; 0: the ratio counts"},
		{"dirty_writeback_centisecs", FIELD_U64, AT(dirty_writeback_centisecs),
		 .def = "500", .max = INT32_MAX, .unit = "1/100 s",
		 .doc = "between periodic visits of the flusher; 0: none"},
		{"dirty_expire_centisecs", FIELD_U64, AT(dirty_expire_centisecs), .def = "3000",
		 .max = INT32_MAX, .unit = "1/100 s",
		 .doc = "age from which the periodic visit writes"},
		{"overcommit_memory", FIELD_U64, AT(overcommit_memory), .def = "0", .max = 2,
		 .doc = "0: refuse obvious excess, 1: never refuse, 2: commit limit"},
		{"overcommit_ratio", FIELD_U64, AT(overcommit_ratio), .def = "50",
		 .max = INT32_MAX, .unit = "%", .doc = "of memory in the commit limit"},
		{"zone_reclaim_mode", FIELD_U64, AT(zone_reclaim_mode), .def = "0", .max = 7,
		 .doc = "1: reclaim here before other nodes, 2: also write, 4: also unmap"},
		{"min_unmapped_ratio", FIELD_U64, AT(min_unmapped_ratio), .def = "1", .max = 100,
		 .unit = "%", .doc = "of a node: cache that node reclaim leaves"},
		{"min_slab_ratio", FIELD_U64, AT(min_slab_ratio), .def = "5", .max = 100,
		 .unit = "%", .doc = "of a node: reclaimable slab that node reclaim leaves"},
		{"panic_on_oom", FIELD_U64, AT(panic_on_oom), .def = "0", .max = 2,
		 .doc = "1: stop the machine instead of killing, 2: also when constrained"},
		{"oom_kill_allocating_task", FIELD_U64, AT(oom_kill_allocating_task), .def = "0",
		 .max = 1, .doc = "1: kill who asked"},
		{"oom_dump_tasks", FIELD_U64, AT(oom_dump_tasks), .def = "1", .max = 1,
		 .doc = "1: the report of a kill lists all tasks"},
		{"lru_gen", FIELD_S64, AT(lru_gen), .def = "-1", .min = -1, .max = 1,
		 .doc = "1: multi-generational LRU, 0: two lists, -1: as the profile has it"},
		{"lru_gen_min_ttl_ms", FIELD_U64, AT(lru_gen_min_ttl_ms), .def = "0",
		 .max = INT32_MAX, .unit = "ms",
		 .doc = "age of the working set to protect; 0: off"},
		{"compaction_proactiveness", FIELD_U64, AT(compaction_proactiveness), .def = "20",
		 .max = 100, .doc = "how far kcompactd works ahead; 0: not at all"},
		{"compact_unevictable_allowed", FIELD_U64, AT(compact_unevictable_allowed),
		 .def = "1", .max = 1, .doc = "1: compaction moves mlocked pages too"},
		{"read_ahead_kb", FIELD_U64, AT(read_ahead_kb), .def = "128", .max = 65536,
		 .unit = "kB", .doc = "read-ahead window of the disk"},
		{"thp_enabled", FIELD_ENUM, AT(thp_enabled), .def = "\"madvise\"",
		 .allowed = thp_enabled_words, .doc = "who gets huge pages on fault"},
		{"thp_defrag", FIELD_ENUM, AT(thp_defrag), .def = "\"madvise\"",
		 .allowed = thp_defrag_words, .doc = "how hard a fault tries for a huge page"},
		{"khugepaged", FIELD_OBJECT, AT(khugepaged), .sub = &khugepaged_table,
		 .doc = "Huge pages made of base pages, in the background."},
		{"transparent_hugepage", FIELD_BOOL, AT(transparent_hugepage), .def = "true",
		 .doc = "khugepaged raises min_free_kbytes at boot, unless thp_enabled is never"},
		{"page_group_by_mobility", FIELD_BOOL, AT(page_group_by_mobility), .def = "true",
		 .doc = "false: migratetypes are not told apart, whatever the size of memory"},
		{"exact_counters", FIELD_BOOL, AT(exact_counters), .def = "false",
		 .doc = "the simulator's own: no per-CPU differences of counters"},
		{"init_on_alloc", FIELD_BOOL, AT(init_on_alloc), .def = "false",
		 .doc = "every allocation is zeroed: takes time, moves nothing"},
		MM_PROFILE_SWITCHES(SWITCH)
		{NULL},
	},
};

void policy_apply(const struct policy_config *policy, const struct mm_profile *base,
		  struct mm_profile *profile)
{
	*profile = *base;
#define X(type, field, text)                                                                       \
	if (policy->switches.field.given)                                                          \
		profile->field = (type)policy->switches.field.value;
	MM_PROFILE_SWITCHES(X)
#undef X
}

void policy_effective(struct policy_config *policy, const struct mm_profile *profile)
{
#define X(type, field, text)                                                                       \
	policy->switches.field = (struct policy_switch){.given = true, .value = profile->field};
	MM_PROFILE_SWITCHES(X)
#undef X
}

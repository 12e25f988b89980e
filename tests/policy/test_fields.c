/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of knobs and switches: sound, with the defaults of the model, laid over a profile. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_fields.h"
#include "policy/profiles.h"

/* Reads a policy section; false if it is refused. */
static bool read_policy(const char *text, struct policy_config *policy)
{
	struct arena arena = {0};
	struct err err = {0};
	struct json_doc doc;
	bool ok;

	g_assert_true(json_doc_parse(&doc, "policy", text, strlen(text), &err));
	ok = fields_read(&policy_table, &doc, doc.root, "", policy, &arena, NULL, &err);
	g_assert_true(ok == !err.count);
	json_doc_finish(&doc);
	arena_finish(&arena);
	err_clear(&err);
	return ok;
}

static void test_sound(void)
{
	fields_assert_table(&policy_table);
}

static void test_defaults(void)
{
	struct policy_config policy;
	struct mm_sysctl def;

	mm_sysctl_default(&def);
	g_assert_true(read_policy("{}", &policy));
	g_assert_cmpint(policy.sysctl.min_free_kbytes, ==, def.min_free_kbytes);
	g_assert_cmpuint(policy.sysctl.watermark_scale_factor, ==, def.watermark_scale_factor);
	g_assert_cmpuint(policy.sysctl.watermark_boost_factor, ==, def.watermark_boost_factor);
	for (u32 i = 0; i < MAX_NR_ZONES; i++)
		g_assert_cmpuint(policy.sysctl.lowmem_reserve_ratio[i], ==,
				 def.lowmem_reserve_ratio[i]);
	g_assert_cmpuint(policy.sysctl.percpu_pagelist_high_fraction, ==,
			 def.percpu_pagelist_high_fraction);
	g_assert_cmpuint(policy.sysctl.defrag_mode, ==, def.defrag_mode);
	g_assert_cmpuint(policy.sysctl.stat_interval_ns, ==, def.stat_interval_ns);
	g_assert_cmpuint(policy.sysctl.extfrag_threshold, ==, def.extfrag_threshold);
	g_assert_cmpuint(policy.sysctl.zone_reclaim_mode, ==, def.zone_reclaim_mode);
	g_assert_true(policy.sysctl.transparent_hugepage == def.transparent_hugepage);
	g_assert_true(policy.sysctl.page_group_by_mobility == def.page_group_by_mobility);
	g_assert_true(policy.sysctl.exact_counters == def.exact_counters);
	g_assert_true(policy.sysctl.init_on_alloc == def.init_on_alloc);
}

static void test_refused(void)
{
	static const char *const bad[] = {
		"{\"min_free_kbytes\": -2}",
		"{\"watermark_scale_factor\": 0}",
		"{\"watermark_scale_factor\": 3001}",
		"{\"percpu_pagelist_high_fraction\": 7}",
		"{\"defrag_mode\": 2}",
		"{\"stat_interval\": 1}",
		"{\"extfrag_threshold\": 1001}",
		"{\"lowmem_reserve_ratio\": {\"DMA64\": 1}}",
		"{\"zone_reclaim_mode\": 8}",
		"{\"swappiness\": 201}",
		"{\"pcp_autotune\": \"yes\"}",
		"{\"pcp_autotune\": 2}",
		"{\"pcp_batch_scale_max\": 32}",
		"{\"pcp_batch_scale_max\": -1}",
		"{\"pcp_batch_scale_max\": true}",
	};
	struct policy_config policy;

	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		if (read_policy(bad[i], &policy))
			g_error("accepted: %s", bad[i]);
	g_assert_true(read_policy("{\"percpu_pagelist_high_fraction\": 8}", &policy));
	g_assert_true(read_policy("{\"stat_interval\": 0}", &policy));
	g_assert_cmpuint(policy.sysctl.stat_interval_ns, ==, 0);
}

static void test_switches(void)
{
	const struct mm_profile *base = &profile_linux_7_2;
	struct policy_config policy;
	struct mm_profile profile;

	g_assert_true(read_policy("{}", &policy));
	policy_apply(&policy, base, &profile);
	g_assert_true(!memcmp(&profile, base, sizeof(profile)));

	g_assert_true(base->pcp_autotune && !base->pcp_drain_narrows);
	g_assert_true(read_policy("{\"pcp_autotune\": false, \"pcp_drain_narrows\": true,"
				  " \"pcp_batch_scale_max\": 3}", &policy));
	policy_apply(&policy, base, &profile);
	g_assert_false(profile.pcp_autotune);
	g_assert_true(profile.pcp_drain_narrows);
	g_assert_cmpuint(profile.pcp_batch_scale_max, ==, 3);
	g_assert_true(profile.account_per_page == base->account_per_page);
	g_assert_true(profile.rmqueue == base->rmqueue);
}

/* What took effect, written and read again, is the same on whatever profile. */
static void test_effective(void)
{
	struct policy_config policy, again;
	struct mm_profile profile, other;
	json_t *json;
	char *text;

	g_assert_true(read_policy("{\"pcp_batch_scale_max\": 0, \"min_free_kbytes\": 77}", &policy));
	policy_apply(&policy, &profile_linux_6_1, &profile);
	policy_effective(&policy, &profile);
	json = fields_write(&policy_table, &policy);
	text = json_dumps(json, 0);
	g_assert_true(read_policy(text, &again));
	g_assert_cmpint(again.sysctl.min_free_kbytes, ==, 77);
	policy_apply(&again, &profile_linux_7_2, &other);
#define X(type, field, doc) g_assert_true(other.field == profile.field);
	MM_PROFILE_SWITCHES(X)
#undef X
	free(text);
	json_decref(json);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/policy-fields/sound", test_sound);
	g_test_add_func("/policy-fields/defaults", test_defaults);
	g_test_add_func("/policy-fields/refused", test_refused);
	g_test_add_func("/policy-fields/switches", test_switches);
	g_test_add_func("/policy-fields/effective", test_effective);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* A rule that is wrong is found, at an operation, with what decided. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "small.h"

static void load(struct recording *rec, const char *file)
{
	char *path = g_test_build_filename(G_TEST_DIST, "data", "recordings", file, NULL);
	struct err err = {0};

	if (!recording_load(rec, path, &err))
		g_error("%s", err_text(&err));
	g_free(path);
}

static bool has_step(const json_t *explanation, const char *kind)
{
	const json_t *step;
	size_t i;

	json_array_foreach(
	    json_object_get(explanation, "path"), i,
	    step) if (!strcmp(json_string_value(json_object_get(step, "step")), kind)) return true;
	return false;
}

static char *as_text(const struct recording *rec, const struct verify_result *result)
{
	struct err err = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	g_assert_true(verify_explain(rec, result, f, &err));
	fclose(f);
	return text;
}

/* Runs, requires a difference, and checks what every explanation must hold. */
static json_t *explain(const struct recording *rec, struct verify_result *result)
{
	const struct verify_difference *d = &result->difference;
	const json_t *json_difference;
	struct err err = {0};
	json_t *out;
	char *text;

	g_assert_true(verify_run(rec, result, &err));
	g_assert_true(d->found);
	g_assert_cmpstr(d->what, !=, "");
	g_assert_cmpuint(d->op, <, rec->nr_ops);
	g_assert_cmpuint(result->exact_ops, ==, d->op);
	if (!d->in_state)
		g_assert_cmpuint(d->line, ==, rec->ops[d->op].line);
	out = verify_explain_json(rec, result, &err);
	g_assert_nonnull(out);
	json_difference = json_object_get(out, "difference");
	g_assert_cmpstr(json_string_value(json_object_get(json_difference, "what")), ==, d->what);
	g_assert_cmpuint(json_array_size(json_object_get(out, "zones")), >, 0);
	/* The listeners took the same decision as the silent replay. */
	g_assert_null(json_object_get(out, "short_cut"));
	text = as_text(rec, result);
	g_assert_nonnull(strstr(text, d->what));
	g_assert_nonnull(strstr(text, "the state before it"));
	free(text);
	return out;
}

/* Without the boost the low mark is lower: a zone is used that the kernel refused. */
static void test_no_boost(void)
{
	struct verify_result result;
	struct recording rec;
	json_t *why;

	load(&rec, "7.2-fallback-512m.txt.zst");
	rec.watermark_boost_factor = 0;
	why = explain(&rec, &result);
	g_assert_false(result.difference.in_state);
	g_assert_true(has_step(why, "zone_allowed"));
	g_assert_true(has_step(why, "result"));
	g_assert_nonnull(json_object_get(why, "recorded_page"));
	g_assert_nonnull(json_object_get(why, "simulated_page"));
	json_decref(why);
	recording_finish(&rec);
}

/* The rules of another kernel do not fit, whichever. */
static void test_other_profile(void)
{
	static const struct {
		const char *file, *profile;
	} pairs[] = {
	    {"7.2-light-256m.txt.zst", "linux-6.12"}, {"7.2-smp2-512m.txt.zst", "linux-6.1"},
	    {"6.12-zero-384m.txt.zst", "linux-7.2"},  {"6.12-reclaim-320m.txt.zst", "linux-6.1"},
	    {"6.1-misc-384m.txt.zst", "linux-7.2"},   {"6.1-exhaust-1g.txt.zst", "linux-6.12"},
	};

	for (u32 i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct verify_result result;
		struct recording rec;

		load(&rec, pairs[i].file);
		rec.profile = pairs[i].profile;
		json_decref(explain(&rec, &result));
		recording_finish(&rec);
	}
}

static void test_other_mark(void)
{
	struct verify_result result;
	struct recording rec;
	json_t *why;

	load(&rec, "7.2-exhaust-1g.txt.zst");
	for (u32 i = 0; i < rec.states[0].nr_zones; i++)
		rec.states[0].zones[i].lowmem_reserve[ZONE_NORMAL] += 100;
	why = explain(&rec, &result);
	g_assert_true(has_step(why, "zone_refused") || has_step(why, "zone_allowed"));
	json_decref(why);
	recording_finish(&rec);
}

/* The results agree and a state does not: said which, with the operation before it. */
static void test_in_state(void)
{
	char *text = small_replace(small_recording(), "watermark_boost=0", "watermark_boost=5", 1);
	struct verify_result result;
	struct recording rec;
	struct err err = {0};
	char *message;
	json_t *why;

	g_assert_true(small_parse(&rec, text, &message));
	g_assert_true(verify_run(&rec, &result, &err));
	g_assert_true(result.difference.found && result.difference.in_state);
	g_assert_cmpstr(result.difference.what, ==,
			"node 0 zone DMA32: watermark_boost: recorded 5, simulated 0");
	g_assert_cmpuint(result.exact_ops, ==, 2);
	g_assert_cmpuint(result.exact_states, ==, 1);
	why = verify_explain_json(&rec, &result, &err);
	g_assert_nonnull(why);
	g_assert_cmpint(
	    json_integer_value(json_object_get(json_object_get(why, "operation"), "index")), ==, 1);
	g_assert_true(has_step(why, "freed"));
	json_decref(why);
	recording_finish(&rec);
	g_free(text);
}

/* A list in another order than the operations left it. */
static void test_list_order(void)
{
	char *text = small_cut("7.2-light-256m.txt.zst", 20000), *message, *list, *blank;
	struct verify_result result;
	struct recording rec;
	struct err err = {0};
	u32 *pool, first;

	g_assert_true(small_parse(&rec, text, &message));
	g_assert_cmpuint(rec.nr_states, >, 1);
	list = blank = NULL;
	for (u32 i = 0; i < rec.states[1].nr_zones && !list; i++) {
		const struct rec_list *l = &rec.states[1].zones[i].free_lists[0][MIGRATE_MOVABLE];

		if (l->n < 2)
			continue;
		pool = rec.pool + l->off;
		first = pool[l->n - 2];
		pool[l->n - 2] = pool[l->n - 1];
		pool[l->n - 1] = first;
		list = g_strdup_printf("free list order 0 Movable: from entry %u of %u", l->n - 2,
				       l->n);
	}
	g_assert_nonnull(list);
	g_assert_true(verify_run(&rec, &result, &err));
	g_assert_true(result.difference.found && result.difference.in_state);
	g_assert_nonnull(strstr(result.difference.what, list));
	blank = as_text(&rec, &result);
	g_assert_nonnull(strstr(blank, list));
	free(blank);
	g_free(list);
	recording_finish(&rec);
	g_free(text);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/verify/explain/no-boost", test_no_boost);
	g_test_add_func("/verify/explain/other-profile", test_other_profile);
	g_test_add_func("/verify/explain/other-mark", test_other_mark);
	g_test_add_func("/verify/explain/in-state", test_in_state);
	g_test_add_func("/verify/explain/list-order", test_list_order);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading by table: every type at its edges, what is missing, unknown or wrong, and the words. */
#include <glib.h>
#include <string.h>

#include "sample.h"

/* Reads text (single quotes stand for double ones) as a sample. */
static bool read_sample(const char *text, struct sample *out, struct arena *arena, struct err *err)
{
	char *json = g_strdelimit(g_strdup(text), "'", '"');
	struct json_doc doc;
	bool ok;

	if (!json_doc_parse(&doc, "t", json, strlen(json), err))
		g_error("%s: %s", text, err_text(err));
	memset(out, 0x55, sizeof(*out));
	ok = fields_read(&sample_table, &doc, doc.root, "", out, arena, NULL, err);
	g_assert_true(ok == (err->count == 0));
	json_doc_finish(&doc);
	g_free(json);
	return ok;
}

static void must_read(const char *text, struct sample *out, struct arena *arena)
{
	struct err err = {0};

	if (!read_sample(text, out, arena, &err))
		g_error("%s: %s", text, err_text(&err));
}

static void check_refused(const char *text, const char *message)
{
	struct arena arena = {0};
	struct err err = {0};
	struct sample out;

	if (read_sample(text, &out, &arena, &err))
		g_error("%s accepted", text);
	g_assert_cmpint(err.kind, ==, ERR_INPUT);
	g_assert_cmpstr(err.text, ==, message);
	err_clear(&err);
	arena_finish(&arena);
}

static void test_defaults(void)
{
	struct arena arena = {0};
	struct sample s;

	must_read("{}", &s, &arena);
	g_assert_true(s.swap);
	g_assert_cmpuint(s.order, ==, 0);
	g_assert_cmpuint(s.memory, ==, 512u << 20);
	g_assert_cmpuint(s.duration, ==, 10 * NSEC_PER_SEC);
	g_assert_null(s.title);
	g_assert_cmpstr(s.host, ==, "localhost");
	g_assert_cmpuint(s.arch, ==, 1);
	/* An absent object has its defaults; what it requires is not asked for. */
	g_assert_null(s.trace.path);
	g_assert_cmpuint(s.trace.from, ==, NSEC_PER_SEC);
	g_assert_cmpuint(s.sizes.n, ==, 2);
	g_assert_cmpuint(((u64 *)s.sizes.items)[0], ==, 4096);
	g_assert_cmpuint(s.zones.n, ==, 0);
	g_assert_null(s.zones.items);
	arena_finish(&arena);
}

static void test_values(void)
{
	struct arena arena = {0};
	struct sample s;

	must_read(
	    "{'comment': {'any': ['thing']}, 'swap': 0, 'order': 10,"
	    "'offset': -9223372036854775808, 'memory': '1.5GiB', 'duration': 3600000000000,"
	    "'title': 'T', 'host': 'a.B-9_', 'arch': 'riscv64', 'gfp': 'acz',"
	    "'trace': {'path': 'p'}, 'zones': [{'pages': 2}, {'pages': 0, 'label': '12345678'}],"
	    "'sizes': [], 'words': ['', 'w'], 'arches': ['riscv64', 'x86_64']}",
	    &s, &arena);
	g_assert_false(s.swap);
	g_assert_cmpuint(s.order, ==, 10);
	g_assert_cmpint(s.offset, ==, INT64_MIN);
	g_assert_cmpuint(s.memory, ==, 3u << 29);
	g_assert_cmpuint(s.duration, ==, 3600 * NSEC_PER_SEC);
	g_assert_cmpstr(s.title, ==, "T");
	g_assert_cmpstr(s.host, ==, "a.B-9_");
	g_assert_cmpuint(s.arch, ==, 2);
	g_assert_cmpuint(s.gfp, ==, 1 | 4 | 1 << 25);
	g_assert_cmpstr(s.trace.path, ==, "p");
	g_assert_cmpuint(s.trace.from, ==, NSEC_PER_SEC);
	g_assert_cmpuint(s.zones.n, ==, 2);
	g_assert_cmpstr(((struct sample_zone *)s.zones.items)[0].label, ==, "none");
	g_assert_cmpstr(((struct sample_zone *)s.zones.items)[1].label, ==, "12345678");
	g_assert_cmpuint(s.sizes.n, ==, 0);
	g_assert_cmpstr(((const char **)s.words.items)[1], ==, "w");
	g_assert_cmpuint(((u32 *)s.arches.items)[0], ==, 2);
	must_read("{'swap': true, 'memory': 7, 'offset': 9223372036854775807, 'duration': '1us'}",
		  &s, &arena);
	g_assert_cmpuint(s.memory, ==, 7);
	g_assert_cmpint(s.offset, ==, INT64_MAX);
	g_assert_cmpuint(s.duration, ==, 1000);
	arena_finish(&arena);
}

static void test_nested(void)
{
	struct arena arena = {0};
	const struct sample_task *tasks;
	const struct sample_op *ops;
	struct sample s;

	must_read("{'tasks': {'comment': 'two', 'b': {'nice': -20}, 'a.1': {'program': ["
		  "{'op': 'loop', 'count': 3, 'program': [{'op': 'map', 'size': '1M'},"
		  "{'op': 'loop', 'program': []}]}, {'size': 4096, 'op': 'map', 'comment': 1}]}}}",
		  &s, &arena);
	g_assert_cmpuint(s.tasks.n, ==, 2);
	tasks = s.tasks.items;
	g_assert_cmpstr(tasks[0].name, ==, "b");
	g_assert_cmpint(tasks[0].nice, ==, -20);
	g_assert_cmpuint(tasks[0].after, ==, 1500000);
	g_assert_cmpstr(tasks[1].name, ==, "a.1");
	g_assert_cmpuint(tasks[1].program.n, ==, 2);
	ops = tasks[1].program.items;
	g_assert_cmpuint(ops[0].which, ==, 1);
	g_assert_cmpuint(ops[0].count, ==, 3);
	g_assert_cmpuint(ops[1].which, ==, 0);
	g_assert_cmpuint(ops[1].size, ==, 4096);
	ops = ops[0].program.items;
	g_assert_cmpuint(ops[0].size, ==, 1 << 20);
	g_assert_cmpuint(ops[1].which, ==, 1);
	g_assert_cmpuint(ops[1].count, ==, 2);
	arena_finish(&arena);
}

static void test_wrong(void)
{
	check_refused("[]", "t:1:1: expected object, got an array");
	check_refused("{'swap': 2}", "t:1:10: swap: expected true or false, got 2");
	check_refused("{'swap': 'true'}", "t:1:10: swap: expected true or false, got \"true\"");
	check_refused("{'order': 'four'}",
		      "t:1:11: order: expected integer 0..10 (log2 pages), got \"four\"");
	check_refused("{'order': 11}",
		      "t:1:11: order: expected integer 0..10 (log2 pages), got 11");
	check_refused("{'order': -1}",
		      "t:1:11: order: expected integer 0..10 (log2 pages), got -1");
	check_refused("{'order': 1e0}",
		      "t:1:11: order: expected integer 0..10 (log2 pages), got 1.0");
	check_refused("{'order': -0.0}",
		      "t:1:11: order: expected integer 0..10 (log2 pages), got -0.0");
	check_refused("{'order': null}",
		      "t:1:11: order: expected integer 0..10 (log2 pages), got null");
	check_refused("{'offset': 1.5}", "t:1:12: offset: expected integer, got 1.5");
	check_refused("{'memory': -1}",
		      "t:1:12: memory: expected size in bytes or such as \"512MiB\", got -1");
	check_refused("{'memory': '1MB'}",
		      "t:1:12: memory: expected size in bytes or such as \"512MiB\", got \"1MB\"");
	check_refused("{'duration': '999ns'}", "t:1:14: duration: expected time in ns or such as "
					       "\"10ms\", 1us..3600s, got \"999ns\"");
	check_refused("{'duration': '1'}", "t:1:14: duration: expected time in ns or such as "
					   "\"10ms\", 1us..3600s, got \"1\"");
	check_refused("{'title': 7}",
		      "t:1:11: title: expected string of at most 4096 bytes, got 7");
	check_refused("{'arch': 'x86-65'}",
		      "t:1:10: arch: expected one of \"x86_64\", \"aarch64\", \"riscv64\", got "
		      "\"x86-65\" (did you mean \"x86_64\"?)");
	check_refused("{'gfp': 'aB'}", "t:1:9: gfp: expected letters a-z");
	check_refused("{'trace': []}", "t:1:11: trace: expected object, got an array");
	check_refused("{'trace': {}}", "t:1:11: trace: missing field \"path\" (string of at most "
				       "4096 bytes)");
	check_refused("{'zones': {}}",
		      "t:1:11: zones: expected array of at most 4 entries, got an object");
	check_refused("{'zones': [1,1,1,1,1]}",
		      "t:1:11: zones: expected array of at most 4 entries, got 5");
	check_refused("{'words': ['a']}",
		      "t:1:11: words: expected array of at least 2 entries, got 1");
	check_refused("{'words': ['a', 2]}",
		      "t:1:17: words[1]: expected string of at most 4096 bytes, got 2");
	check_refused("{'zones': [{'pages': 3}]}",
		      "t:1:22: zones[0].pages: expected an even number, got 3");
	/* check() does not run on an object that is wrong already. */
	check_refused("{'zones': [{'pages': 3, 'label': '123456789'}]}",
		      "t:1:34: zones[0].label: expected string of at most 8 bytes, got "
		      "\"123456789\"");
	check_refused("{'title': '"
		      "0123456789012345678901234567890123456789"
		      "01234567890123456789', 'order': {}}",
		      "t:1:84: order: expected integer 0..10 (log2 pages), got an object");
	check_refused("{'order': '"
		      "0123456789012345678901234567890123456789"
		      "01234567890'}",
		      "t:1:11: order: expected integer 0..10 (log2 pages), got "
		      "\"012345678901234567890123456789012345678...\"");
}

static void test_unknown(void)
{
	check_refused("{'ordre': 1}",
		      "t:1:2: ordre: unknown field of sample (did you mean \"order\"?)");
	check_refused("{'Memory': 1}",
		      "t:1:2: Memory: unknown field of sample (did you mean \"memory\"?)");
	check_refused("{'zones': [{'pages': 2, 'zzzzzzzz': 3}]}",
		      "t:1:25: zones[0].zzzzzzzz: unknown field of zone (known here: comment, "
		      "pages, label)");
	check_refused("{'tasks': {'a': {'name': 'b'}}}",
		      "t:1:18: tasks.a.name: unknown field of task (did you mean \"nice\"?)");
	check_refused("{'tasks': {'a/b': {}}}", "t:1:12: tasks[\"a/b\"]: expected name of 1..64 "
						"letters, digits, '.', '_' or '-'");
	check_refused("{'tasks': {'..': {}}}", "t:1:12: tasks[\"..\"]: expected name of 1..64 "
					       "letters, digits, '.', '_' or '-'");
	check_refused("{'tasks': {'a': 3}}", "t:1:17: tasks.a: expected object, got 3");
	check_refused("{'tasks': []}", "t:1:11: tasks: expected object of names of at most 1000 "
				       "entries, got an array");
	check_refused("{'tasks': {'a': {'program': [{'op': 'mpa', 'size': 1}]}}}",
		      "t:1:37: tasks.a.program[0].op: expected one of \"map\", \"loop\", got "
		      "\"mpa\" (did you mean \"map\"?)");
	check_refused(
	    "{'tasks': {'a': {'program': [{'size': 1}]}}}",
	    "t:1:30: tasks.a.program[0]: missing field \"op\" (one of \"map\", \"loop\")");
	check_refused("{'tasks': {'a': {'program': [7]}}}",
		      "t:1:30: tasks.a.program[0]: expected object, got 7");
	check_refused("{'tasks': {'a': {'program': [{'op': 'map', 'count': 7}]}}}",
		      "t:1:44: tasks.a.program[0].count: unknown field of map (known here: "
		      "comment, op, size)\n"
		      "t:1:30: tasks.a.program[0]: missing field \"size\" (size in bytes or such "
		      "as \"512MiB\", 4KiB..1TiB)");
	check_refused("{'tasks': {'a': {'program': []}}}",
		      "t:1:29: tasks.a.program: expected array of at least 1 entries, got 0");
}

static void test_name_rule(void)
{
	static const char *const bad[] = {"",	 ".",	 "..",	   ".a",    "-a", "a/b",
					  "a b", "a\\n", "\u00e4", "a\\\\", "=a"};
	struct arena arena = {0};
	struct sample s;
	char *name = g_strnfill(64, 'n'), *text = g_strdup_printf("{'host': '%s'}", name);

	must_read(text, &s, &arena);
	g_assert_cmpstr(s.host, ==, name);
	g_free(text);
	for (gsize i = 0; i <= ARRAY_SIZE(bad); i++) {
		struct err err = {0};

		text = i < ARRAY_SIZE(bad) ? g_strdup_printf("{'host': '%s'}", bad[i])
					   : g_strdup_printf("{'host': '%sn'}", name);
		g_assert_false(read_sample(text, &s, &arena, &err));
		err_clear(&err);
		g_free(text);
	}
	g_free(name);
	arena_finish(&arena);
}

/* As many errors as are kept come out; hostile masses of them cost no more than their number. */
static void test_many_errors(void)
{
	GString *text = g_string_new("{");
	struct arena arena = {0};
	struct err err = {0};
	struct sample s;
	gint64 start;

	for (int i = 0; i < 100000; i++)
		g_string_append_printf(text, "%s'ordre%d':0", i ? "," : "", i);
	g_string_append(text, "}");
	start = g_get_monotonic_time();
	g_assert_false(read_sample(text->str, &s, &arena, &err));
	g_assert_cmpint(g_get_monotonic_time() - start, <, 4 * G_USEC_PER_SEC);
	g_assert_cmpuint(err.count, ==, 100000);
	g_assert_true(g_str_has_suffix(err.text, "and 99980 more"));
	err_clear(&err);
	g_string_free(text, TRUE);
	arena_finish(&arena);
}

static void test_deep(void)
{
	/* root, tasks, a, then two levels a loop: 30 loops are 63 levels, the last one's [] is 64
	 */
	for (int loops = 28; loops <= 31; loops++) {
		GString *text = g_string_new("{\"tasks\":{\"a\":{\"program\":[");
		struct arena arena = {0};
		struct err err = {0};
		struct json_doc doc;
		struct sample s;
		bool ok;

		for (int i = 0; i < loops; i++)
			g_string_append(text, "{\"op\":\"loop\",\"program\":[");
		for (int i = 0; i < loops; i++)
			g_string_append(text, "]}");
		g_string_append(text, "]}}}");
		ok = json_doc_parse(&doc, "t", text->str, text->len, &err);
		g_assert_true(ok == (4 + 2 * loops <= 64));
		if (ok)
			g_assert_true(
			    fields_read(&sample_table, &doc, doc.root, "", &s, &arena, NULL, &err));
		json_doc_finish(&doc);
		err_clear(&err);
		arena_finish(&arena);
		g_string_free(text, TRUE);
	}
}

/* A tree that a program built, deeper than any text may be. */
static void test_deep_tree(void)
{
	json_t *inner = json_pack("{s:s,s:[]}", "op", "loop", "program"), *root;
	struct json_doc doc = {.name = g_strdup("t")};
	struct arena arena = {0};
	struct err err = {0};
	struct sample s;

	for (int i = 0; i < 200; i++)
		inner = json_pack("{s:s,s:[o]}", "op", "loop", "program", inner);
	root = json_pack("{s:{s:{s:[o]}}}", "tasks", "a", "program", inner);
	doc.root = root;
	g_assert_false(fields_read(&sample_table, &doc, root, "", &s, &arena, NULL, &err));
	g_assert_nonnull(strstr(err.text, "more than 64 levels"));
	err_clear(&err);
	arena_finish(&arena);
	json_decref(root);
	g_free(doc.name);
}

static void test_no_memory(void)
{
	struct arena arena = {.cap = 64};
	struct err err = {0};
	struct sample s;

	g_assert_false(read_sample("{'sizes': [1,2,3,4,5,6,7,8,9]}", &s, &arena, &err));
	g_assert_cmpint(err.kind, ==, ERR_HOST_RES);
	g_assert_true(g_str_has_prefix(err.text, "t: sizes: no memory"));
	err_clear(&err);
	arena_finish(&arena);
}

static void test_base_path(void)
{
	static const char text[] = "{\"x\": [{\"order\": 99}]}";
	struct arena arena = {0};
	struct err err = {0};
	struct json_doc doc;
	struct sample s;
	json_t *inner;

	g_assert_true(json_doc_parse(&doc, "t", text, strlen(text), &err));
	inner = json_array_get(json_object_get(doc.root, "x"), 0);
	g_assert_false(fields_read(&sample_table, &doc, inner, "x[0]", &s, &arena, NULL, &err));
	g_assert_true(g_str_has_prefix(err.text, "t:1:18: x[0].order: expected integer 0..10"));
	err_clear(&err);
	json_doc_finish(&doc);
	arena_finish(&arena);
}

static void test_nearest(void)
{
	static const char *const names[] = {"cpu",   "memory", "min_free_kbytes",
					    "nodes", "mode",   NULL};

	g_assert_cmpstr(nearest_name("memroy", names), ==, "memory");
	g_assert_cmpstr(nearest_name("MEMORY", names), ==, "memory");
	g_assert_cmpstr(nearest_name("min-free-kbytes", names), ==, "min_free_kbytes");
	g_assert_cmpstr(nearest_name("min", names), ==, "min_free_kbytes");
	g_assert_cmpstr(nearest_name("node", names), ==, "nodes");
	g_assert_cmpstr(nearest_name("cup", names), ==, "cpu");
	g_assert_cmpstr(nearest_name("xxx", names), ==, NULL);
	g_assert_cmpstr(nearest_name("mxxxry", names), ==, NULL);
	g_assert_cmpstr(nearest_name("", names), ==, NULL);
	g_assert_cmpstr(nearest_name("c", names), ==, NULL);
	g_assert_cmpstr(nearest_name("qq", names), ==, NULL);
	/* One edit of a single letter leaves nothing in common. */
	g_assert_cmpstr(nearest_name("x", (const char *const[]){"y", NULL}), ==, NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/field/defaults", test_defaults);
	g_test_add_func("/field/values", test_values);
	g_test_add_func("/field/nested", test_nested);
	g_test_add_func("/field/wrong", test_wrong);
	g_test_add_func("/field/unknown", test_unknown);
	g_test_add_func("/field/name-rule", test_name_rule);
	g_test_add_func("/field/many-errors", test_many_errors);
	g_test_add_func("/field/deep", test_deep);
	g_test_add_func("/field/deep-tree", test_deep_tree);
	g_test_add_func("/field/no-memory", test_no_memory);
	g_test_add_func("/field/base-path", test_base_path);
	g_test_add_func("/field/nearest", test_nearest);
	return g_test_run();
}

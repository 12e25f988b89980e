/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON-lines traces as files: what is refused, with which words and where; conversions. */
#include "trace_file.h"

#include "policy/profiles.h"

#define HEADER "{\"format\":\"mempress-trace/1\"}\n"
#define ALLOC(t, id)                                                                               \
	"{\"t\":" #t ",\"cpu\":0,\"op\":\"alloc\",\"id\":" #id                                     \
	",\"order\":3,\"gfp\":\"GFP_KERNEL\"}\n"
#define FREE(t, id) "{\"t\":" #t ",\"cpu\":0,\"op\":\"free\",\"id\":" #id "}\n"
#define PART(t, id, offset, order)                                                                 \
	"{\"t\":" #t ",\"cpu\":0,\"op\":\"free\",\"id\":" #id ",\"offset\":" #offset               \
	",\"order\":" #order "}\n"

static struct trace_folder folder;

static bool check(const char *text, size_t len, struct trace_stats *stats, struct err *err)
{
	char *path = trace_folder_write(&folder, "t.jsonl", text, len);
	bool ok = trace_check(path, &profile_linux_7_2, 0, stats, err);

	g_free(path);
	return ok;
}

#define MOVE(t, id, part) "{\"t\":" #t ",\"cpu\":0,\"op\":\"move\",\"id\":" #id part "}\n"
#define PART_OF(offset, order) ",\"offset\":" #offset ",\"order\":" #order

static void refused(const char *text, const char *expected)
{
	struct trace_stats stats;
	struct err err = {0};

	g_assert_false(check(text, strlen(text), &stats, &err));
	g_assert_cmpuint(err.count, ==, 1);
	g_assert_cmpint(err.kind, ==, ERR_INPUT);
	if (!strstr(err_text(&err), expected))
		g_error("\"%s\" is not in \"%s\"", expected, err_text(&err));
	err_clear(&err);
}

static void test_refused(void)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"", "empty"},
		{"{}\n", "format"},
		{"[1]\n", "t.jsonl:1"},
		{"{\"format\":\"mempress-trace/2\"}\n", "mempress-trace/1"},
		{"{\"format\":\"mempress-trace/1\",\"evnts\":3}\n", "events"},
		{"{\"format\":\"mempress-trace/1\",\"clock\":\"us\"}\n", "ns"},
		{HEADER ALLOC(1, 0) ALLOC(2, 0), "t.jsonl:3: id 0 is in use already"},
		{HEADER FREE(1, 0), "t.jsonl:2: id 0 is not in use"},
		{HEADER ALLOC(1, 0) FREE(2, 0) FREE(3, 0), "t.jsonl:4: id 0 is not in use"},
		{HEADER ALLOC(2, 0) FREE(1, 0), "t.jsonl:3: time goes back from 2 to 1 ns"},
		{HEADER ALLOC(1, 268435455), "ids are to be dense"},
		{HEADER ALLOC(1, 268435456), "t.jsonl:2:34"},
		{HEADER ALLOC(1, 0) PART(2, 0, 0, 3), "t.jsonl:3: 8 pages at 0 are no part"},
		{HEADER ALLOC(1, 0) PART(2, 0, 8, 2), "no part"},
		{HEADER ALLOC(1, 0) PART(2, 0, 4, 1) PART(3, 0, 5, 0), "given back before"},
		{HEADER ALLOC(1, 0) PART(2, 0, 4, 1) FREE(3, 0), "goes in parts too"},
		{HEADER ALLOC(1, 0) PART(2, 0, 0, 2) PART(3, 0, 4, 2) FREE(4, 0), "not in use"},
		{HEADER MOVE(1, 0, ""), "t.jsonl:2: id 0 is not in use"},
		{HEADER ALLOC(1, 0) MOVE(2, 0, PART_OF(8, 2)), "no part"},
		{HEADER ALLOC(1, 0) PART(2, 0, 4, 1) MOVE(3, 0, ""), "goes in parts too"},
		{HEADER ALLOC(1, 0) PART(2, 0, 4, 1) MOVE(3, 0, PART_OF(5, 0)),
		 "1 pages at 5 of id 0 were given back before"},
		{HEADER "{\"t\":1,\"cpu\":0,\"op\":\"alloc\",\"id\":0,\"order\":0,"
			"\"gfp\":\"GFP_KERNEL|__GFP_ZER\"}\n",
		 "t.jsonl:2:64: unknown GFP flag"},
		{HEADER "{\"t\":1,\"cpu\":0,\"op\":\"free_boot\",\"order\":64}\n", "order"},
		{HEADER "{\"t\":1,\"cpu\":0,\"op\":\"free_boot\",\"order\":0,\"task\":0}\n",
		 "no line with op task"},
		{HEADER "{\"op\":\"task\",\"task\":1,\"comm\":\"x\"}\n", "numbered"},
		{HEADER "{\"op\":\"end\",\"events\":1}\n", "not the number of events"},
		{HEADER "{\"op\":\"end\",\"events\":0}\n" ALLOC(1, 0), "more after"},
		{"{\"format\":\"mempress-trace/1\",\"end\":true}\n" ALLOC(1, 0), "cut off"},
		{"{\"format\":\"mempress-trace/1\",\"events\":2}\n" ALLOC(1, 0), "there are 1"},
		{"{\"format\":\"mempress-trace/1\",\"ids\":1}\n" ALLOC(1, 0) ALLOC(1, 1), "ids"},
		{"{\"format\":\"mempress-trace/1\",\"cpus\":1}\n"
		 "{\"t\":1,\"cpu\":1,\"op\":\"free_boot\",\"order\":0}\n", "cpus"},
		{HEADER ALLOC(1, 0) "{\"t\":2,\"cpu\":0,\"op\":\"fr", "t.jsonl:3:"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		g_autofree char *shown = g_strescape(cases[i].text, NULL);

		g_test_message("%s", shown);
		refused(cases[i].text, cases[i].expected);
	}
}

static void test_accepted(void)
{
	static const char text[] =
	    "{\"format\":\"mempress-trace/1\",\"clock\":\"ns\",\"end\":true,\"comment\":\"x\"}\n"
	    "\n"
	    "{\"op\":\"task\",\"task\":0,\"pid\":7,\"comm\":\"cc1\"}\n" ALLOC(5, 0) ALLOC(5, 70)
		PART(6, 0, 4, 1) PART(7, 0, 0, 2) PART(8, 0, 7, 0) PART(9, 0, 6, 0) ALLOC(
		    9, 0) " \t\n"
			  "{\"t\":9,\"cpu\":3,\"op\":\"alloc\",\"failed\":true,\"order\":9,"
			  "\"gfp\":\"GFP_KERNEL\",\"node\":1}\n" FREE(
			      10, 70) "{\"t\":11,\"cpu\":0,\"op\":\"free_boot\",\"pfn\":4294967294,"
				      "\"order\":2}\n"
				      "{\"op\":\"end\",\"events\":10}"; /* no newline at the end */
	struct trace_stats stats;
	struct err err = {0};

	g_assert_true(check(text, sizeof(text) - 1, &stats, &err));
	g_assert_cmpuint(stats.events, ==, 10);
	g_assert_cmpuint(stats.allocs, ==, 3);
	g_assert_cmpuint(stats.failed_allocs, ==, 1);
	g_assert_cmpuint(stats.frees, ==, 1);
	g_assert_cmpuint(stats.part_frees, ==, 4);
	g_assert_cmpuint(stats.boot_frees, ==, 1);
	g_assert_cmpuint(stats.first_ns, ==, 5);
	g_assert_cmpuint(stats.last_ns, ==, 11);
	g_assert_cmpuint(stats.live_blocks, ==, 1);
	g_assert_cmpuint(stats.live_pages, ==, 8);
	g_assert_cmpuint(stats.live_pages_peak, ==, 16);
	g_assert_cmpuint(stats.ids, ==, 71);
	g_assert_cmpuint(stats.cpus, ==, 4);
	g_assert_cmpuint(stats.nodes, ==, 2);
}

/* A move changes nothing of what is live. */
static void test_moves(void)
{
	static const char text[] =
	    HEADER ALLOC(1, 0) MOVE(2, 0, "") MOVE(2, 0, PART_OF(2, 1)) PART(3, 0, 4, 1)
		MOVE(4, 0, PART_OF(6, 0)) MOVE(4, 0, PART_OF(0, 2))
		"{\"t\":5,\"cpu\":0,\"op\":\"compact\",\"pfn\":4096}\n"
		"{\"t\":5,\"cpu\":0,\"op\":\"compact\"}\n";
	struct trace_stats stats;
	struct err err = {0};

	g_assert_true(check(text, sizeof(text) - 1, &stats, &err));
	g_assert_cmpuint(stats.events, ==, 8);
	g_assert_cmpuint(stats.moves, ==, 4);
	g_assert_cmpuint(stats.compactions, ==, 2);
	g_assert_cmpuint(stats.live_blocks, ==, 1);
	g_assert_cmpuint(stats.live_pages, ==, 6);
}

/* What tasks do, in both forms. */
static void test_tasks(void)
{
	static const char text[] =
	    HEADER "{\"op\":\"task\",\"task\":0,\"pid\":7,\"comm\":\"sh\"}\n"
		   "{\"op\":\"task\",\"task\":1,\"pid\":8,\"comm\":\"sh\"}\n"
		   "{\"t\":5,\"cpu\":0,\"op\":\"fork\",\"child\":1,\"task\":0}\n"
		   "{\"t\":6,\"cpu\":0,\"op\":\"stall\",\"task\":1}\n"
		   "{\"t\":7,\"cpu\":0,\"op\":\"resume\",\"task\":1}\n"
		   "{\"t\":8,\"cpu\":0,\"op\":\"exit\",\"task\":1}\n";
	static const char unknown[] =
	    HEADER "{\"op\":\"task\",\"task\":0,\"pid\":7,\"comm\":\"sh\"}\n"
		   "{\"t\":5,\"cpu\":0,\"op\":\"fork\",\"child\":1,\"task\":0}\n";
	char *from = trace_folder_write(&folder, "tasks.jsonl", text, sizeof(text) - 1);
	char *bin = trace_folder_file(&folder, "tasks.bin");
	char *back = trace_folder_file(&folder, "back.jsonl"), *all;
	struct trace_stats stats;
	struct err err = {0};

	g_assert_true(trace_compile(from, bin, NULL, 0, true, &stats, &err));
	g_assert_true(trace_compile(bin, back, NULL, 0, true, &stats, &err));
	g_assert_cmpuint(stats.forks, ==, 1);
	g_assert_cmpuint(stats.exits, ==, 1);
	g_assert_cmpuint(stats.stalls, ==, 1);
	g_assert_true(g_file_get_contents(back, &all, NULL, NULL));
	/* the header says more, the end is told */
	g_assert_true(g_str_has_prefix(strchr(all, '\n') + 1, strchr(text, '\n') + 1));
	g_assert_false(check(unknown, sizeof(unknown) - 1, &stats, &err));
	g_assert_nonnull(strstr(err_text(&err), ":3:"));
	err_clear(&err);
	g_free(all);
	g_free(from);
	g_free(bin);
	g_free(back);
}

/* Blocks larger than a word of the bitmap of parts. */
static void test_large_parts(void)
{
	static const char start[] = HEADER
	    "{\"t\":1,\"cpu\":0,\"op\":\"alloc\",\"id\":0,\"order\":9,\"gfp\":\"GFP_KERNEL\"}\n";
	GString *s = g_string_new(start);
	struct trace_stats stats;
	struct err err = {0};

	for (u32 at = 0; at < 512; at += 128)
		g_string_append_printf(s,
				       "{\"t\":2,\"cpu\":0,\"op\":\"free\",\"id\":0,\"offset\":%u,"
				       "\"order\":7}\n",
				       at);
	g_assert_true(check(s->str, s->len, &stats, &err));
	g_assert_cmpuint(stats.live_pages, ==, 0);
	g_assert_cmpuint(stats.live_blocks, ==, 0);
	g_string_assign(s, start);
	g_string_append(s, PART(2, 0, 128, 7) PART(2, 0, 192, 6));
	refused(s->str, "given back before");
	g_string_free(s, TRUE);
}

static bool same_event(const struct trace_event *a, const struct trace_names *an,
		       const struct trace_event *b, const struct trace_names *bn)
{
	if (a->op == TRACE_ALLOC && strcmp(an->gfp[a->gfp_name].text, bn->gfp[b->gfp_name].text))
		return false;
	if ((a->task == TRACE_NO_TASK) != (b->task == TRACE_NO_TASK))
		return false;
	if (a->task != TRACE_NO_TASK && (strcmp(an->task[a->task].comm, bn->task[b->task].comm) ||
					 an->task[a->task].pid != bn->task[b->task].pid))
		return false;
	return a->t == b->t && a->id == b->id && a->pfn == b->pfn && a->cpu == b->cpu &&
	       a->offset == b->offset && a->op == b->op && a->order == b->order &&
	       a->node == b->node && a->flags == b->flags;
}

/* A file against what was written into it. */
static void compare(const char *path, u32 n)
{
	struct trace_event want, got;
	struct trace_reader *reader;
	struct trace_maker maker;
	struct err err = {0};

	trace_maker_init(&maker, 1, 4, 9);
	maker.boot_pfns = UINT32_MAX;
	reader = trace_open(path, &profile_linux_7_2, 0, &err);
	if (!reader)
		g_error("%s", err_text(&err));
	g_assert_cmpstr(trace_reader_header(reader)->source, ==, "made \"for\" a test\t");
	g_assert_cmpuint(trace_reader_header(reader)->zero_ns, ==, 12345);
	for (u32 i = 0; i < n; i++) {
		trace_maker_next(&maker, &want);
		if (!trace_next(reader, &got, &err))
			g_error("%s", err_text(&err));
		g_assert_true(same_event(&want, &maker.names, &got, trace_reader_names(reader)));
	}
	g_assert_false(trace_next(reader, &got, &err));
	g_assert_cmpuint(err.count, ==, 0);
	trace_close(reader);
	trace_maker_finish(&maker);
}

static void test_forms(void)
{
	static const char *const names[] = {"a.jsonl", "b.bin", "c.jsonl.zst", "d.bin", "e.jsonl"};
	char *path[ARRAY_SIZE(names)], *text[2];
	struct trace_stats stats, first;
	struct trace_maker maker;
	struct err err = {0};
	gsize len[2];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		path[i] = trace_folder_file(&folder, names[i]);
	trace_maker_init(&maker, 1, 4, 9);
	maker.boot_pfns = UINT32_MAX;
	trace_make_file(&maker, path[0], 20000);
	trace_maker_finish(&maker);
	compare(path[0], 20000);
	g_assert_true(trace_check(path[0], &profile_linux_7_2, 0, &first, &err));
	for (size_t i = 1; i < ARRAY_SIZE(names); i++) {
		if (!trace_compile(path[i - 1], path[i], &profile_linux_7_2, 0, false, &stats,
				   &err))
			g_error("%s", err_text(&err));
		g_assert_true(!memcmp(&stats, &first, sizeof(stats)));
		compare(path[i], 20000);
	}
	/* what went through the binary form knows its counts: the header says more, no event does
	 */
	g_assert_true(g_file_get_contents(path[0], &text[0], &len[0], NULL));
	g_assert_true(g_file_get_contents(path[4], &text[1], &len[1], NULL));
	g_assert_cmpstr(strchr(text[0], '\n'), ==, strchr(text[1], '\n'));
	/* an existing file stays, another name is no trace */
	g_assert_false(trace_compile(path[0], path[1], &profile_linux_7_2, 0, false, &stats, &err));
	g_assert_cmpint(err.kind, ==, ERR_HOST_FILE);
	err_clear(&err);
	g_assert_true(trace_compile(path[0], path[1], &profile_linux_7_2, 0, true, &stats, &err));
	g_assert_false(trace_compile(path[0], "x.txt", NULL, 0, false, &stats, &err));
	g_assert_cmpint(err.kind, ==, ERR_USAGE);
	err_clear(&err);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		g_free(path[i]);
	g_free(text[0]);
	g_free(text[1]);
}

/* A compile that fails leaves nothing behind. */
static void test_nothing_left(void)
{
	static const char bad[] = HEADER ALLOC(1, 0) FREE(2, 1);
	char *from = trace_folder_write(&folder, "bad.jsonl", bad, sizeof(bad) - 1);
	char *to = trace_folder_file(&folder, "bad.bin");
	char *partial = g_strconcat(to, ".partial", NULL);
	struct trace_stats stats;
	struct err err = {0};

	g_assert_false(trace_compile(from, to, NULL, 0, false, &stats, &err));
	g_assert_false(g_file_test(to, G_FILE_TEST_EXISTS));
	g_assert_false(g_file_test(partial, G_FILE_TEST_EXISTS));
	err_clear(&err);
	g_free(from);
	g_free(to);
	g_free(partial);
}

/* Damaged files: refused or still right, never worse. */
static void test_mutations(void)
{
	char *path = trace_folder_file(&folder, "m.jsonl"), *text;
	struct trace_maker maker;
	u32 refusals = 0;
	struct rng rng;
	gsize len;

	trace_maker_init(&maker, 3, 4, 9);
	trace_make_file(&maker, path, 60);
	trace_maker_finish(&maker);
	g_assert_true(g_file_get_contents(path, &text, &len, NULL));
	rng_init(&rng, 1, "mutations");
	for (u32 i = 0; i < 2000; i++) {
		char *copy = g_memdup2(text, len);
		u64 at = rng_below(&rng, len), n = len;
		struct trace_stats stats;
		struct err err = {0};

		if (i % 2)
			copy[at] ^= (char)(1 << rng_below(&rng, 8));
		else
			n = at;
		if (!check(copy, n, &stats, &err)) {
			refusals++;
			g_assert_cmpuint(err.count, >=, 1); /* a header may have several */
			g_assert_cmpint(err.kind, ==, ERR_INPUT);
		}
		err_clear(&err);
		g_free(copy);
	}
	/* a cut shows always, a flipped bit often */
	g_assert_cmpuint(refusals, >, 1500);
	g_free(text);
	g_free(path);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	trace_folder_create(&folder);
	g_test_add_func("/workload/trace_jsonl/refused", test_refused);
	g_test_add_func("/workload/trace_jsonl/moves", test_moves);
	g_test_add_func("/workload/trace_jsonl/tasks", test_tasks);
	g_test_add_func("/workload/trace_jsonl/accepted", test_accepted);
	g_test_add_func("/workload/trace_jsonl/large_parts", test_large_parts);
	g_test_add_func("/workload/trace_jsonl/forms", test_forms);
	g_test_add_func("/workload/trace_jsonl/nothing_left", test_nothing_left);
	g_test_add_func("/workload/trace_jsonl/mutations", test_mutations);
	status = g_test_run();
	trace_folder_remove(&folder);
	return status;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The log of decisions and the kernel's event text. */
#include <glib.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm/pressure.h"
#include "record/compactions.h"
#include "record/events.h"
#include "record/ftrace.h"
#include "record/listen.h"
#include "small_run.h"

/* All lines as JSON, checked; the number of them. */
static u32 parse_lines(char *text, json_t **lines, u32 max)
{
	char *save = NULL, *line = strtok_r(text, "\n", &save);
	u32 n = 0;

	for (; line; line = strtok_r(NULL, "\n", &save)) {
		json_error_t error;

		g_assert_cmpuint(n, <, max);
		lines[n] = json_loads(line, JSON_REJECT_DUPLICATES, &error);
		if (!lines[n])
			g_error("%s: %s", error.text, line);
		n++;
	}
	return n;
}

static s64 number(json_t *line, const char *name)
{
	return json_integer_value(json_object_get(line, name));
}

static const char *word(json_t *line, const char *name)
{
	return json_string_value(json_object_get(line, name));
}

/* A run of compaction, a range and a request to CMA, each with all that is known of it; sums. */
static void test_compaction(void)
{
	struct compactions sums = {0};
	struct small_world w;
	struct events ev;
	json_t *line[8], *root, *order;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct trace_mm_compaction_end run = {.order = 9, .status = COMPACT_SUCCESS,
					      .why = "direct", .mode = "async", .start_ns = 40,
					      .migrate_scanned = 700, .free_scanned = 300,
					      .nr_migrated = 90, .nr_pinned = 3, .nr_busy = 2,
					      .nr_no_target = 1, .usable_before = 1024,
					      .usable_after = 512, .unusable_before = 900,
					      .unusable_after = 950};
	struct trace_mm_contig_end range = {.why = "cma", .result = CONTIG_BUSY,
					    .cause = CONTIG_CAUSE_PINNED, .page = 77,
					    .start_pfn = 64, .end_pfn = 128, .nr_scanned = 64,
					    .nr_migrated = 5, .nr_reclaimed = 6, .nr_failed = 1};
	struct trace_mm_cma_alloc cma = {.area = "camera", .pfn = PFN_NONE, .align = 4,
					 .count = 64, .tries = 2, .cause = CONTIG_CAUSE_PINNED};
	struct jsonw jw;

	small_world_create(&w, NULL, &profile_linux_7_2);
	w.current.pid = 7;
	run.current = range.current = cma.current = &w.current;
	run.zone = range.zone = &w.mm->zones[ZONE_DMA32];
	events_init(&ev, w.mm, 5);
	events_compaction(&ev, 100, &run);
	events_contig(&ev, 110, &range);
	events_cma(&ev, 120, &cma);
	events_write_jsonl(&ev, out);
	fclose(out);
	g_assert_cmpuint(parse_lines(text, line, 8), ==, 3);
	g_assert_cmpstr(word(line[0], "event"), ==, "compaction");
	g_assert_cmpstr(word(line[0], "task"), ==, "test");
	g_assert_cmpint(number(line[0], "pid"), ==, 7);
	g_assert_cmpstr(word(line[0], "why"), ==, "direct");
	g_assert_cmpstr(word(line[0], "mode"), ==, "async");
	g_assert_cmpstr(word(line[0], "result"), ==, "success");
	g_assert_cmpstr(word(line[0], "zone"), ==, "DMA32");
	g_assert_cmpint(number(line[0], "failed"), ==, 6);
	g_assert_cmpint(number(line[0], "pinned"), ==, 3);
	g_assert_cmpint(number(line[0], "freed"), ==, -512);
	g_assert_cmpint(number(line[0], "unusable_after"), ==, 950);
	g_assert_cmpint(number(line[0], "ns"), ==, 60);
	g_assert_cmpstr(word(line[1], "result"), ==, "busy");
	g_assert_cmpstr(word(line[1], "cause"), ==, "pinned");
	g_assert_cmpint(number(line[1], "page"), ==, 77);
	g_assert_cmpint(number(line[1], "reclaimed"), ==, 6);
	g_assert_cmpstr(word(line[2], "result"), ==, "failed");
	g_assert_cmpstr(word(line[2], "area"), ==, "camera");
	g_assert_null(json_object_get(line[2], "pfn"));
	for (u32 i = 0; i < 3; i++)
		json_decref(line[i]);
	free(text);

	compactions_add(&sums, 100, &run);
	run.status = COMPACT_COMPLETE;
	compactions_add(&sums, 140, &run);
	run.order = -1;
	compactions_add(&sums, 40, &run);
	compactions_add_contig(&sums, 10, &range);
	out = open_memstream(&text, &len);
	jsonw_begin(&jw, out, false);
	jsonw_object(&jw, NULL);
	compactions_write_json(&sums, w.mm, &jw);
	jsonw_end(&jw);
	jsonw_finish(&jw);
	fclose(out);
	root = json_loads(text, 0, NULL);
	g_assert_cmpuint(json_array_size(json_object_get(root, "compaction")), ==, 2);
	order = json_array_get(json_object_get(root, "compaction"), 1);
	g_assert_cmpint(number(order, "order"), ==, 9);
	g_assert_cmpint(number(order, "runs"), ==, 2);
	g_assert_cmpint(number(order, "success"), ==, 1);
	g_assert_cmpfloat(json_number_value(json_object_get(order, "success_rate")), ==, 0.5);
	g_assert_cmpfloat(json_number_value(json_object_get(order, "unusable_after_mean")), ==,
			  0.95);
	g_assert_cmpint(number(order, "sum_ns"), ==, 160);
	g_assert_cmpint(number(order, "busy"), ==, 4);
	g_assert_cmpint(number(json_object_get(json_object_get(root, "contiguous"),
					       "failed_by_cause"), "pinned"), ==, 1);
	json_decref(root);
	free(text);
	events_finish(&ev);
	small_world_destroy(&w);
}

static void test_log(void)
{
	struct small_world w;
	struct events ev;
	struct zone *zone;
	json_t *line[64], *refused;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	u32 n;

	small_world_create(&w, NULL, &profile_linux_7_2);
	zone = &w.mm->zones[ZONE_DMA32];
	events_init(&ev, w.mm, 5);
	w.current.comm = "a\x1b[31m\"b\xff";
	w.current.pid = 77;
	for (u32 i = 0; i < 8; i++) { /* three more than are kept */
		struct trace_mm_page_alloc_extfrag t = {.zone = zone,
							.pfn = 512 * i,
							.alloc_order = 1,
							.fallback_order = 9,
							.alloc_migratetype = MIGRATE_UNMOVABLE,
							.fallback_migratetype = MIGRATE_MOVABLE,
							.change_ownership = true};

		events_fallback(&ev, 10 + i, &t);
	}
	events_refused(&ev, &(struct trace_mm_watermark_refused){.zone = zone, .mark = 9});
	events_request_over(&ev);
	events_refused(
	    &ev, &(struct trace_mm_watermark_refused){.zone = zone, .mark = 40, .free_pages = 30});
	events_refused(
	    &ev, &(struct trace_mm_watermark_refused){.zone = zone, .mark = 50, .free_pages = 31});
	events_failed(
	    &ev, 20,
	    &(struct trace_mm_alloc_failed){
		.current = &w.current, .order = 3, .gfp = GFP_KERNEL, .reason = "no_progress"});
	events_boost(&ev, 20, &(struct trace_mm_boost){.zone = zone, .boost = 512});
	events_kswapd_wake(&ev, 20, 0, 4);
	events_boost(&ev, 21, &(struct trace_mm_boost){.zone = zone, .boost = 0});
	events_pageblock(
	    &ev, 21,
	    &(struct trace_mm_pageblock_type){
		.zone = zone, .pfn = 1024, .from = MIGRATE_MOVABLE, .to = MIGRATE_RECLAIMABLE});
	events_kswapd_sleep(&ev, 22, 0);
	events_write_jsonl(&ev, out);
	fclose(out);

	n = parse_lines(text, line, 64);
	g_assert_cmpuint(n, ==, 5 + 6 + 1);
	for (u32 i = 0; i < 5; i++) {
		g_assert_cmpstr(word(line[i], "event"), ==, "fallback");
		g_assert_cmpint(number(line[i], "t_ns"), ==, 10 + i);
		g_assert_cmpint(number(line[i], "pfn"), ==, 512 * i);
		g_assert_cmpstr(word(line[i], "for"), ==, "Unmovable");
		g_assert_cmpstr(word(line[i], "from"), ==, "Movable");
	}
	g_assert_cmpstr(word(line[5], "event"), ==, "alloc_failed");
	g_assert_cmpstr(word(line[5], "task"), ==, "a\x1b[31m\"b\xef\xbf\xbd");
	g_assert_cmpstr(word(line[5], "why"), ==, "no_progress");
	g_assert_cmpstr(word(line[5], "gfp"), ==, "GFP_KERNEL");
	refused = json_object_get(line[5], "refused");
	g_assert_cmpuint(json_array_size(refused), ==, 1); /* one a zone, the last */
	g_assert_cmpint(number(json_array_get(refused, 0), "mark"), ==, 50);
	g_assert_cmpint(number(json_array_get(refused, 0), "free"), ==, 31);
	/* what happened at one instant keeps its order across kinds */
	g_assert_cmpstr(word(line[6], "event"), ==, "watermark_boost");
	g_assert_cmpstr(word(line[7], "event"), ==, "kswapd_wake");
	g_assert_cmpint(number(line[8], "pages"), ==, 0);
	g_assert_cmpstr(word(line[9], "to"), ==, "Reclaimable");
	g_assert_cmpstr(word(line[10], "event"), ==, "kswapd_sleep");
	g_assert_cmpstr(word(line[11], "event"), ==, "not_kept");
	g_assert_cmpint(number(line[11], "count"), ==, 3);
	g_assert_cmpuint(ev.fallback_pairs[MIGRATE_UNMOVABLE][MIGRATE_MOVABLE], ==, 8);
	g_assert_cmpuint(ev.failed_by_order[3], ==, 1);
	g_assert_cmpuint(ev.max_boost, ==, 512);
	for (u32 i = 0; i < n; i++)
		json_decref(line[i]);
	free(text);
	events_finish(&ev);
	small_world_destroy(&w);
}

static void test_ftrace_text(void)
{
	struct small_world w;
	struct ftrace ft;
	struct err err = {0};
	char text[8192];
	FILE *out = tmpfile();
	u32 pfn;
	char *expected;

	small_world_create(&w, NULL, &profile_linux_7_2);
	w.current.comm = "my task\n";
	w.current.pid = 42;
	g_assert_true(engine_advance(w.engine, 28 * NSEC_PER_SEC + 784500));
	ftrace_begin(&ft, w.mm, out);
	pfn = alloc_pages(w.mm, &w.current, GFP_KERNEL | __GFP_ZERO, 2);
	w.current.context = IN_SOFTIRQ;
	g_assert_cmpint(free_pages(w.mm, &w.current, pfn, 2), ==, FREE_OK);
	alloc_pages(w.mm, &w.current, __GFP_NORETRY | __GFP_NOWARN, 11); /* too large */
	g_assert_true(ftrace_end(&ft, "x", &err));
	rewind(out);
	text[fread(text, 1, sizeof(text) - 1, out)] = '\0';
	fclose(out);
	g_assert_true(g_str_has_prefix(text, "# tracer: nop\n#\n# entries-in-buffer/"));
	expected = g_strdup_printf("        my_task_-42      [000] ..... %5d.%06d: mm_page_alloc: "
				   "page=%016" G_GINT64_MODIFIER "x pfn=0x%x order=2 "
				   "migratetype=0 gfp_flags=GFP_KERNEL|__GFP_ZERO\n"
				   "        my_task_-42      [000] ..s.. ",
				   28, 785, UINT64_C(0xffffea0000000000) + pfn * UINT64_C(64), pfn);
	if (!strstr(text, expected))
		g_error("no line\n%s in\n%s", expected, text);
	g_assert_nonnull(strstr(text, " order=2\n"));
	for (u32 p = 0; p < NR_MM_PROBES; p++)
		g_assert_null(w.mm->probes[p]);
	g_free(expected);
	small_world_destroy(&w);
}

static u64 seen[NR_MM_PROBES];

static void count(void *data, const void *args)
{
	(void)args;
	++*(u64 *)data;
}

/* Every event is one line, and the header tells how many there are. */
static void test_ftrace_count(void)
{
	struct small_run run;
	struct ftrace ft;
	struct err err = {0};
	FILE *out = tmpfile();
	char line[1024];
	u64 lines[4] = {0}, total = 0, header = 0;

	static const listen_fn fn[NR_MM_PROBES] = {
	    [PROBE_mm_page_alloc] = count,
	    [PROBE_mm_page_free] = count,
	    [PROBE_mm_page_pcpu_drain] = count,
	    [PROBE_mm_page_alloc_extfrag] = count,
	};
	static const char *const names[] = {": mm_page_alloc: ", ": mm_page_free: ",
					    ": mm_page_pcpu_drain: ", ": mm_page_alloc_extfrag: "};
	static const u32 probes[] = {PROBE_mm_page_alloc, PROBE_mm_page_free,
				     PROBE_mm_page_pcpu_drain, PROBE_mm_page_alloc_extfrag};
	struct probe_listener listener[NR_MM_PROBES] = {0};

	small_run_create(&run, 2000);
	listen_attach(run.w.mm, listener, fn, NULL);
	for (u32 i = 0; i < G_N_ELEMENTS(probes); i++)
		listener[probes[i]].data = &seen[probes[i]];
	ftrace_begin(&ft, run.w.mm, out);
	small_run_go(&run);
	g_assert_true(ftrace_end(&ft, "x", &err));
	rewind(out);
	while (fgets(line, sizeof(line), out)) {
		g_assert_nonnull(strchr(line, '\n'));
		if (g_str_has_prefix(line, "# entries-in-buffer/entries-written: "))
			header = g_ascii_strtoull(line + 37, NULL, 10);
		total += line[0] != '#';
		for (u32 i = 0; i < G_N_ELEMENTS(names); i++)
			lines[i] += strstr(line, names[i]) != NULL;
	}
	g_assert_cmpuint(total, >, 6000);
	g_assert_cmpuint(header, ==, total);
	for (u32 i = 0; i < G_N_ELEMENTS(probes); i++) {
		g_assert_cmpuint(lines[i], ==, seen[probes[i]]);
		g_assert_cmpuint(lines[i], >, 0);
	}
	fclose(out);
	small_run_destroy(&run);
}

/* A full disk is told when the text ends. */
static void test_ftrace_full(void)
{
	struct small_world w;
	struct ftrace ft;
	struct err err = {0};
	FILE *out = fopen("/dev/full", "w");

	if (!out) {
		g_test_skip("no /dev/full");
		return;
	}
	small_world_create(&w, NULL, &profile_linux_7_2);
	ftrace_begin(&ft, w.mm, out);
	alloc_pages(w.mm, &w.current, GFP_KERNEL, 0);
	g_assert_false(ftrace_end(&ft, "trace.txt", &err));
	g_assert_cmpint(err.kind, ==, ERR_HOST_FILE);
	g_assert_nonnull(strstr(err_text(&err), "trace.txt"));
	err_clear(&err);
	fclose(out);
	small_world_destroy(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/record/events/compaction", test_compaction);
	g_test_add_func("/record/events/log", test_log);
	g_test_add_func("/record/ftrace/text", test_ftrace_text);
	g_test_add_func("/record/ftrace/count", test_ftrace_count);
	g_test_add_func("/record/ftrace/full", test_ftrace_full);
	return g_test_run();
}

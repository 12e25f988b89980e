/* SPDX-License-Identifier: GPL-2.0-only */
/* The recorder as a whole: it changes nothing, writes the same bytes twice, and tells the truth. */
#include <glib.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "record/csv.h"
#include "record/ftrace.h"
#include "record/record.h"
#include "small_run.h"

#define STEPS 5000

static const char observed_text[] = "t_ms,DMA32.free,DMA32.order0,DMA32.order1,extfrag_events\n"
				    "0,9000,100,50,0\n"
				    "2.5,8000,200,60,5\n"
				    "6,4000,300,70,9\n"
				    "60000,4000,300,70,9\n"; /* long after the end */

/* The same run without a recorder, with one, and with everything on: same decisions. */
static void test_changes_nothing(void)
{
	struct record_options options[] = {
	    {0},
	    {.sample_interval_ns = 1000, .max_samples = 50},
	    {.no_latency = true, .no_events = true, .no_map = true},
	};
	u64 decisions, end;
	struct small_run run;
	struct err err = {0};

	small_run_create(&run, STEPS);
	small_run_go(&run);
	decisions = run.decisions;
	end = engine_now(run.w.engine);
	small_run_destroy(&run);
	for (u32 i = 0; i < G_N_ELEMENTS(options); i++) {
		struct observed *obs =
		    observed_load_mem("observed", observed_text, sizeof(observed_text) - 1, &err);
		struct recorder *rec;
		struct ftrace ft;
		FILE *text = tmpfile();

		options[i].observed = i ? NULL : obs;
		small_run_create(&run, STEPS);
		rec = recorder_create(run.w.mm, &options[i], &err);
		g_assert_nonnull(rec);
		ftrace_begin(&ft, run.w.mm, text);
		small_run_go(&run);
		g_assert_cmpuint(run.decisions, ==, decisions);
		/* the recorder stops by itself, soon after the last task */
		g_assert_cmpuint(engine_now(run.w.engine), <=, end + 10 * NSEC_PER_MSEC);
		g_assert_true(ftrace_end(&ft, "text", &err));
		recorder_destroy(rec);
		for (u32 p = 0; p < NR_MM_PROBES; p++)
			g_assert_null(run.w.mm->probes[p]);
		small_run_destroy(&run);
		observed_free(obs);
		fclose(text);
	}
}

struct folder {
	char *base, *path;
};

static struct folder folder_new(void)
{
	struct folder f;
	GError *error = NULL;

	f.base = g_dir_make_tmp("mempress-record-XXXXXX", &error);
	g_assert_no_error(error);
	f.path = g_build_filename(f.base, "result", NULL);
	return f;
}

static void folder_free(struct folder *f)
{
	GDir *dir = g_dir_open(f->path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		char *path = g_build_filename(f->path, name, NULL);

		g_remove(path);
		g_free(path);
	}
	if (dir)
		g_dir_close(dir);
	g_rmdir(f->path);
	g_rmdir(f->base);
	g_free(f->path);
	g_free(f->base);
}

static char *slurp(const struct folder *f, const char *name, size_t *len)
{
	char *path = g_build_filename(f->path, name, NULL), *text;

	if (!g_file_get_contents(path, &text, len, NULL))
		g_error("no %s", path);
	g_free(path);
	return text;
}

/* Records a run into a folder; the printed text is returned. */
static char *record_run(struct folder *f, struct record_totals *totals)
{
	struct run_input input = {"config", "x.json", "00ff"};
	json_t *effective = json_pack("{s{sisb}}", "config", "nodes", 1, "smp", 1);
	struct run_info info = {.title = "A \"title\" `id`\n",
				.machine = "small",
				.stop = "done",
				.seed = 7,
				.dir = "results/x",
				.next = "mempress plot results/x",
				.inputs = &input,
				.nr_inputs = 1,
				.effective = effective};
	struct record_options opt = {.sample_interval_ns = 100000};
	struct outdir dir;
	struct small_run run;
	struct err err = {0};
	struct recorder *rec;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct observed *obs =
	    observed_load_mem("observed", observed_text, sizeof(observed_text) - 1, &err);

	opt.observed = obs;
	*f = folder_new();
	small_run_create(&run, STEPS);
	rec = recorder_create(run.w.mm, &opt, &err);
	g_assert_nonnull(rec);
	small_run_go(&run);
	g_assert_true(outdir_begin(&dir, f->path, false, &err));
	g_assert_true(recorder_write(rec, &dir, &info, &err));
	g_assert_true(outdir_commit(&dir, &err));
	outdir_abort(&dir);
	recorder_print(rec, &info, out);
	fclose(out);
	recorder_totals(rec, totals);
	recorder_destroy(rec);
	small_run_destroy(&run);
	observed_free(obs);
	json_decref(effective);
	return text;
}

static void test_same_bytes(void)
{
	static const char *const names[] = {"manifest.json", "summary.json", "samples.csv",
					    "latency.csv",   "blocks.csv",   "events.jsonl",
					    "observed.csv"};
	struct record_totals totals;
	struct folder a, b;
	char *text_a = record_run(&a, &totals), *text_b = record_run(&b, &totals);

	g_assert_cmpstr(text_a, ==, text_b);
	for (u32 i = 0; i < G_N_ELEMENTS(names); i++) {
		size_t len_a, len_b;
		char *one = slurp(&a, names[i], &len_a), *two = slurp(&b, names[i], &len_b);

		g_assert_cmpuint(len_a, >, 50);
		if (len_a != len_b || memcmp(one, two, len_a))
			g_error("%s differs", names[i]);
		g_free(one);
		g_free(two);
	}
	free(text_a);
	free(text_b);
	folder_free(&a);
	folder_free(&b);
}

static u64 at(json_t *root, const char *a, const char *b)
{
	json_t *value = json_object_get(root, a);

	if (b)
		value = json_object_get(value, b);
	if (!json_is_integer(value))
		g_error("no %s %s", a, b);
	return (u64)json_integer_value(value);
}

/* Sums of one column over the rows of a table. */
static u64 sum_column(const struct folder *f, const char *name, const char *column)
{
	char *path = g_build_filename(f->path, name, NULL);
	struct err err = {0};
	struct csv csv;
	u64 sum = 0, value;
	u32 index;

	g_assert_true(csv_open(&csv, path, &err));
	g_assert_true(csv_need(&csv, column, &index, &err));
	while (csv_next(&csv, &err)) {
		g_assert_true(csv_count(&csv, index, INT64_MAX, &value, &err));
		sum += value;
	}
	g_assert_cmpint(err.kind, ==, ERR_NONE);
	csv_close(&csv);
	g_free(path);
	return sum;
}

/* What the files say agrees with each other. */
static u64 sum_of(const json_t *object, const char *key)
{
	const json_t *numbers = json_object_get(object, key);
	u64 sum = 0;

	for (size_t i = 0; i < json_array_size(numbers); i++)
		sum += (u64)json_integer_value(json_array_get(numbers, i));
	return sum;
}

static void test_agrees(void)
{
	struct record_totals totals;
	struct folder f;
	char *text = record_run(&f, &totals), *json, *events;
	size_t len;
	json_error_t error;
	json_t *root, *zone, *observed;
	u64 by_path = 0, lines = 0, fallbacks = 0;
	const char *path;
	json_t *count;

	json = slurp(&f, "summary.json", &len);
	root = json_loads(json, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		g_error("%s line %d", error.text, error.line);
	g_assert_cmpuint(at(root, "requests", "total"), ==, totals.requests);
	g_assert_cmpuint(at(root, "requests", "failed"), ==, totals.failed);
	g_assert_cmpuint(totals.failed, >, 0);
	g_assert_cmpuint(totals.extfrag, >, 0);
	g_assert_cmpuint(at(root, "simulator", "extfrag"), ==, totals.extfrag);
	g_assert_cmpuint(at(root, "events", "fallback"), ==, totals.extfrag);
	json_object_foreach(json_object_get(json_object_get(root, "requests"), "by_path"), path,
			    count) by_path += (u64)json_integer_value(count);
	g_assert_cmpuint(by_path, ==, totals.requests);
	g_assert_cmpuint(sum_of(json_object_get(root, "requests"), "got_by_order"), ==,
			 totals.requests - totals.failed);
	g_assert_cmpuint(sum_of(json_object_get(root, "requests"), "failed_by_order"), ==,
			 totals.failed);
	g_assert_cmpuint(sum_column(&f, "latency.csv", "requests"), ==, totals.requests);
	g_assert_cmpint(json_integer_value(json_object_get(
			    json_object_get(json_object_get(root, "latency"), "all"), "sum_ns")),
			>, 0);
	/* pages handed out and not freed are missing from the zone */
	zone = json_array_get(json_object_get(root, "zones"), 1);
	g_assert_cmpstr(json_string_value(json_object_get(zone, "zone")), ==, "DMA32");
	g_assert_cmpuint(json_array_size(json_object_get(zone, "free_blocks")), ==, 11);
	g_assert_true(json_is_real(json_array_get(json_object_get(zone, "unusable_index"), 3)));
	g_assert_cmpuint(at(root, "counters", "pgalloc_dma") + at(root, "counters", "pgalloc_dma32"),
			 >, at(root, "counters", "pgfree"));
	observed = json_object_get(root, "observed");
	g_assert_cmpuint(at(observed, "rows_compared", NULL), ==, 3);
	g_assert_cmpuint(at(observed, "extfrag_events_observed", NULL), ==, 9);

	events = slurp(&f, "events.jsonl", &len);
	for (char *p = events; (p = strstr(p, "\"event\": \"fallback\"")); p++)
		fallbacks++;
	g_assert_cmpuint(fallbacks, ==, min_u64(totals.extfrag, 2000));
	for (char *p = text; *p; p++) {
		lines += *p == '\n';
		g_assert_true(*p == '\n' || (unsigned char)*p >= 0x20);
	}
	g_assert_cmpuint(lines, <=, 14);
	g_assert_true(g_str_has_suffix(text, "  next        mempress plot results/x\n"));
	json_decref(root);
	g_free(json);
	g_free(events);
	free(text);
	folder_free(&f);
}

/* Too long a run for the cap: thinned, and said so. */
static void test_bounded(void)
{
	struct record_options opt = {
	    .sample_interval_ns = 1000, .max_samples = 64, .max_events = 3};
	struct record_totals totals;
	struct small_run run;
	struct err err = {0};
	struct recorder *rec;

	small_run_create(&run, STEPS);
	rec = recorder_create(run.w.mm, &opt, &err);
	small_run_go(&run);
	recorder_totals(rec, &totals);
	g_assert_cmpuint(totals.samples, <=, 64);
	g_assert_cmpuint(totals.samples, >=, 32);
	recorder_destroy(rec);
	small_run_destroy(&run);
}

/* A disk that is full, or a folder that cannot be written, is told; nothing has the name. */
static void test_cannot_write(void)
{
	struct run_input input = {"config", "/nonexistent/config.json", NULL};
	struct run_info info = {.inputs = &input, .nr_inputs = 1};
	struct record_options opt = {0};
	struct folder f = folder_new();
	struct small_run run;
	struct err err = {0};
	struct outdir dir;
	struct recorder *rec;

	small_run_create(&run, 10);
	rec = recorder_create(run.w.mm, &opt, &err);
	small_run_go(&run);
	g_assert_true(outdir_begin(&dir, f.path, false, &err));
	g_assert_false(recorder_write(rec, &dir, &info, &err));
	g_assert_cmpint(err.kind, ==, ERR_HOST_FILE);
	g_assert_nonnull(strstr(err_text(&err), "/nonexistent/config.json"));
	outdir_abort(&dir);
	g_assert_false(g_file_test(f.path, G_FILE_TEST_EXISTS));
	err_clear(&err);
	recorder_destroy(rec);
	small_run_destroy(&run);
	folder_free(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/record/changes-nothing", test_changes_nothing);
	g_test_add_func("/record/same-bytes", test_same_bytes);
	g_test_add_func("/record/agrees", test_agrees);
	g_test_add_func("/record/bounded", test_bounded);
	g_test_add_func("/record/cannot-write", test_cannot_write);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plots: pictures of a recorded run, hostile words that must stay words, damaged results, and a
 * gnuplot that is missing, fails, hangs or talks too much.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../record/small_run.h"
#include "record/record.h"
#include "report/gnuplot.h"
#include "report/plot.h"
#include "report/series.h"

static char *base, *result; /* a folder for all tests, and in it a recorded run */
static char *gnuplot;

static char *in_base(const char *name)
{
	return g_build_filename(base, name, NULL);
}

static void run_command(const char *const *argv)
{
	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
				   NULL, NULL, NULL));
}

/* A run recorded under a title, with a real machine's series beside it. */
static void record_into(const char *path, const char *title)
{
	static const char observed[] = "t_ms,DMA32.free,DMA32.order0,DMA32.order1,DMA32.order2\n"
				       "0,9000,100,50,7\n1,8000,100,60,5\n3,7000,90,40,2\n";
	struct run_info info = {.title = title, .stop = "done"};
	struct record_options opt = {0};
	struct small_run run;
	struct err err = {0};
	struct outdir dir;
	struct recorder *rec;

	opt.observed = observed_load_mem("observed", observed, sizeof(observed) - 1, &err);
	small_run_create(&run, 3000);
	rec = recorder_create(run.w.mm, &opt, &err);
	small_run_go(&run);
	if (!outdir_begin(&dir, path, true, &err) || !recorder_write(rec, &dir, &info, &err) ||
	    !outdir_commit(&dir, &err))
		g_error("%s", err_text(&err));
	outdir_abort(&dir);
	recorder_destroy(rec);
	small_run_destroy(&run);
	observed_free((struct observed *)opt.observed);
}

static char *slurp_plot(const char *dir, const char *name, size_t *len)
{
	char *path = g_build_filename(dir, "plots", name, NULL), *text = NULL;

	if (!g_file_get_contents(path, &text, len, NULL))
		g_error("there is no %s", path);
	g_free(path);
	return text;
}

static bool have_gnuplot(void)
{
	if (!gnuplot)
		g_test_skip("gnuplot is not installed");
	return gnuplot != NULL;
}

static const char *const pictures[] = {"free", "orders-0-DMA32", "orders-0-DMA", "indices",
				       "map",  "latency", "mobility"};

/* All pictures are drawn, whole, and the same when drawn again. */
static void test_pictures(void)
{
	struct plot_options opt = {.require_pictures = true};
	char *first[G_N_ELEMENTS(pictures)][2];
	size_t len[G_N_ELEMENTS(pictures)][2];
	struct err err = {0};

	if (!have_gnuplot())
		return;
	for (u32 round = 0; round < 2; round++) {
		if (!plot_results(result, &opt, &err))
			g_error("%s", err_text(&err));
		for (u32 i = 0; i < 2 * G_N_ELEMENTS(pictures); i++) {
			char *name = g_strconcat(pictures[i / 2], i % 2 ? ".png" : ".svg", NULL);
			size_t n;
			char *data = slurp_plot(result, name, &n);

			g_assert_cmpuint(n, >, 2000);
			if (i % 2)
				g_assert_cmpint(memcmp(data, "\x89PNG", 4), ==, 0);
			else
				g_assert_nonnull(strstr(data, "</svg>"));
			if (!round) {
				first[i / 2][i % 2] = data;
				len[i / 2][i % 2] = n;
			} else {
				g_assert_cmpuint(n, ==, len[i / 2][i % 2]);
				g_assert_cmpint(memcmp(data, first[i / 2][i % 2], n), ==, 0);
				g_free(data);
			}
			g_free(name);
		}
	}
	for (u32 i = 0; i < 2 * G_N_ELEMENTS(pictures); i++)
		g_free(first[i / 2][i % 2]);
}

/* Words that a shell, gnuplot or XML would act on, and what they would leave behind. */
static char *payload(u32 i, const char *canary)
{
	static const char *const forms[] = {
	    "`touch @`",
	    "$(touch @)",
	    "\"; system('touch @'); \"",
	    "'; system(\"touch @\"); '",
	    "\\\"; !touch @",
	    "< touch @",
	    "'< touch @'",
	    "|touch @",
	    "; touch @",
	    "\n!touch @\n",
	    "\nsystem 'touch @'\n",
	    "@ARG1 `touch @`",
	    "\"\nset output \"@\"\nplot x\n",
	    "' . system('touch @') . '",
	    "%n%n%s `touch @`",
	    "${IFS}`touch @`",
	    "\\`touch @\\`",
	    "{/:Bold `touch @`}",
	    "]]><script>`touch @`",
	    "&`touch @`;",
	    "@{`touch @`}",
	    "\x01\x1b]0;`touch @`\x07",
	    "\xff\xfe`touch @`",
	    "print > '@'",
	    "save '@'",
	};
	static const char *const around[] = {"%s",     "\"%s\"", "'%s'", "`%s`",
					     "a %s b", "\\%s\\", "{%s}", "%s\"'`"};
	const char *form = forms[i % G_N_ELEMENTS(forms)];
	const char *shell = around[i / G_N_ELEMENTS(forms) % G_N_ELEMENTS(around)];
	char **parts = g_strsplit(form, "@", -1);
	char *words = g_strjoinv(canary, parts), **sides = g_strsplit(shell, "%s", 2);
	char *text = g_strconcat(sides[0], words, sides[1], NULL);

	g_strfreev(parts);
	g_strfreev(sides);
	g_free(words);
	return text;
}

static void run_script(const char *script, const char *const *args)
{
	char *plots = g_build_filename(result, "plots", NULL);
	struct gnuplot gp = {.program = gnuplot, .timeout_s = 30};
	struct err err = {0};

	if (!gnuplot_run(&gp, plots, script, args, &err))
		g_error("%s\n%s", args[2], err_text(&err));
	g_free(plots);
}

/* 204 of them as arguments to scripts that we ship, on real data: nothing is done. */
static void test_injection_arguments(void)
{
	struct plot_options opt = {0};
	struct err err = {0};
	char *canary = in_base("canary");

	if (!have_gnuplot())
		return;
	g_assert_true(plot_results(result, &opt, &err));
	for (u32 i = 0; i < 204; i += 3) {
		char *a = payload(i, canary), *b = payload(i + 1, canary);
		char *c = payload(i + 2, canary);

		run_script("free.gp", (const char *const[]){"svg", ".try.svg", a, b, "DMA DMA32", c,
							    "1", NULL});
		if (i % 60 == 0) {
			run_script("map.gp", (const char *const[]){"svg", ".try.svg", a, b, "5", c,
								   "64", "Movable", "0", NULL});
			run_script("mobility.gp", (const char *const[]){"svg", ".try.svg", a, b,
									"DMA DMA32", NULL});
			run_script("latency.gp",
				   (const char *const[]){"svg", ".try.svg", a, "1", "pcp", NULL});
			run_script("indices.gp", (const char *const[]){"svg", ".try.svg", a, b,
								       "DMA", "3", "0", NULL});
			run_script("orders.gp", (const char *const[]){"svg", ".try.svg", a, b,
								      "orders-0-DMA.dat", c, "11",
								      "4", "0", NULL});
		}
		if (g_file_test(canary, G_FILE_TEST_EXISTS))
			g_error("executed one of:\n%s\n%s\n%s", a, b, c);
		g_free(a);
		g_free(b);
		g_free(c);
	}
	g_free(canary);
}

/* And on the whole way: as the title of a run. The pictures stay sound XML. */
static void test_injection_title(void)
{
	struct plot_options opt = {.require_pictures = true};
	char *canary = in_base("canary2"), *dir = in_base("hostile");

	if (!have_gnuplot())
		return;
	for (u32 i = 0; i < 2; i++) { /* control characters; bytes that are not UTF-8 */
		char *title = payload(i ? 97 : 21, canary), *svg;
		struct err err = {0};
		size_t len;

		record_into(dir, title);
		if (!plot_results(dir, &opt, &err))
			g_error("%s\n%s", title, err_text(&err));
		g_assert_false(g_file_test(canary, G_FILE_TEST_EXISTS));
		svg = slurp_plot(dir, "free.svg", &len);
		for (size_t k = 0; k < len; k++)
			g_assert_true((unsigned char)svg[k] >= 0x20 || strchr("\n\t", svg[k]));
		g_assert_true(g_utf8_validate(svg, (gssize)len, NULL));
		g_assert_null(strstr(svg, "<script>`"));
		g_free(svg);
		g_free(title);
	}
	g_free(canary);
	g_free(dir);
}

/* A program that plays gnuplot. */
static char *play(const char *name, const char *script)
{
	char *path = in_base(name);
	char *text = g_strconcat("#!/bin/sh\n", script, "\n", NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_cmpint(g_chmod(path, 0755), ==, 0);
	g_free(text);
	return path;
}

static void test_bad_gnuplot(void)
{
	static const struct {
		const char *script, *told;
	} cases[] = {
	    {"exit 1", "failed (status 1)"},
	    {"echo 'no \033[31mluck'; exit 3", "no \\x1b[31mluck"},
	    {"kill -9 $$", "signal 9"},
	    {"exit 0", "drew no picture"},
	    {": > \"$5\"", "drew no picture"},
	    {"ln -s /etc/passwd \"$5\"", "drew no picture"},
	    {"yes | head -c 3000000; exit 2", "failed (status 2)"},
	};

	for (u32 i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct err warnings = {0}, err = {0};
		char *program = play("player", cases[i].script);
		struct plot_options opt = {.gnuplot = program, .warnings = &warnings};
		char *path = g_build_filename(result, "plots", "free.dat", NULL);

		g_assert_true(plot_results(result, &opt, &err)); /* data is kept */
		g_assert_cmpuint(warnings.count, ==, 1);
		if (!strstr(err_text(&warnings), cases[i].told))
			g_error("case %u: %s", i, err_text(&warnings));
		g_assert_true(g_file_test(path, G_FILE_TEST_IS_REGULAR));
		opt.require_pictures = true;
		g_assert_false(plot_results(result, &opt, &err));
		g_assert_cmpint(err.kind, ==, ERR_HOST_FILE);
		err_clear(&err);
		err_clear(&warnings);
		g_free(program);
		g_free(path);
	}
	{
		struct err warnings = {0}, err = {0};
		struct plot_options opt = {.gnuplot = "/nonexistent/gnuplot",
					   .warnings = &warnings};

		g_assert_true(plot_results(result, &opt, &err));
		g_assert_cmpuint(warnings.count, ==, 1);
		err_clear(&warnings);
	}
}

/* One that hangs is ended in time, with what it started. */
static void test_hanging_gnuplot(void)
{
	char *mark = in_base("mark");
	char *script = g_strconcat("(sleep 3; touch ", mark, ") & sleep 60", NULL);
	char *program = play("hang", script);
	struct plot_options opt = {.gnuplot = program, .require_pictures = true, .timeout_s = 1};
	struct err err = {0};

	g_assert_false(plot_results(result, &opt, &err));
	g_assert_cmpint(err.kind, ==, ERR_HOST_FILE);
	g_assert_nonnull(strstr(err_text(&err), "not done after 1 s"));
	g_usleep(3 * G_USEC_PER_SEC);
	g_assert_false(g_file_test(mark, G_FILE_TEST_EXISTS));
	err_clear(&err);
	g_free(program);
	g_free(script);
	g_free(mark);
}

/* Results that are not sound are refused with the place. */
static void test_damaged(void)
{
	static const struct {
		const char *file, *text, *told;
	} cases[] = {
	    {"summary.json", "{", "summary.json:1"},
	    {"summary.json", "{}", "page_bytes"},
	    {"summary.json", "{\"page_bytes\": -1, \"pageblock_order\": 9}", "page_bytes"},
	    {"summary.json", "{\"page_bytes\": 4096, \"pageblock_order\": 99}", "pageblock_order"},
	    {"samples.csv", "", "samples.csv"},
	    {"samples.csv", "t_ns,node,zone,free\n", "no rows"},
	    {"samples.csv", "t_ns,node,free\n1,0,3\n", "no column \"zone\""},
	    {"samples.csv", "t_ns,node,zone,free\n1,0,`id`,3\n", "there is no zone"},
	    {"samples.csv", "t_ns,node,zone,free\n1,99,DMA,3\n", "expected 0 to 63"},
	    {"samples.csv", "t_ns,node,zone,free\n1,0,DMA,3\n1,0,DMA,3\n", "as in the first"},
	    {"samples.csv", "t_ns,node,zone,free\n1,0,DMA,3\n0,0,DMA,3\n", "earlier"},
	    {"samples.csv",
	     "t_ns,node,zone,free\n1,0,DMA,3\n1,0,Normal,3\n2,0,DMA,3\n"
	     "3,0,DMA,1\n",
	     "the sample before lacks a zone"},
	    {"samples.csv", "t_ns,node,zone,free\n1,0,DMA,3\n1,0,Normal,3\n2,0,DMA,3\n",
	     "the last sample lacks a zone"},
	    {"samples.csv", "t_ns,node,zone,free\n1,0,DMA,x\n", "expected a number"},
	    {"blocks.csv", "t_ns,start_pfn,end_pfn,type,used_eighths\n0,5,5,Movable,3\n",
	     "ends before"},
	    {"blocks.csv", "t_ns,start_pfn,end_pfn,type,used_eighths\n0,5,9,Movabel,3\n",
	     "no migratetype"},
	    {"blocks.csv", "t_ns,start_pfn,end_pfn,type,used_eighths\n0,5,9,Movable,9\n",
	     "expected 0 to 8"},
	    {"blocks.csv",
	     "t_ns,start_pfn,end_pfn,type,used_eighths\n0,5,9,Movable,1\n"
	     "0,8,10,Movable,1\n",
	     "not ascending"},
	};
	char *dir = in_base("damaged");

	for (u32 i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct plot_options opt = {.gnuplot = "/bin/true"};
		char *path = g_build_filename(dir, cases[i].file, NULL);
		struct err err = {0};

		run_command((const char *const[]){"rm", "-rf", dir, NULL});
		run_command((const char *const[]){"cp", "-r", result, dir, NULL});
		g_assert_true(g_file_set_contents(path, cases[i].text, -1, NULL));
		g_assert_false(plot_results(dir, &opt, &err));
		g_assert_cmpint(err.kind, ==, ERR_INPUT);
		if (!strstr(err_text(&err), cases[i].told))
			g_error("case %u: %s", i, err_text(&err));
		err_clear(&err);
		g_free(path);
	}
	g_free(dir);
}

/* Extreme but sound tables: one sample, no time at all, many nodes, huge numbers. */
static void test_extremes(void)
{
	static const char *const samples[] = {
	    "t_ns,node,zone,free,min,low,high,order0\n0,0,DMA,0,0,0,0,0\n",
	    "t_ns,node,zone,free,min,low,high,order0\n"
	    "9223372036854775807,0,Normal,268435456,1,2,3,268435456\n",
	    "t_ns,node,zone,free,order0,order1,unusable0,unusable1,extfrag0,extfrag1\n"
	    "0,0,DMA,7,1,3,0.000,0.142,-1.000,0.500\n0,0,Normal,9,1,4,0,0,0,0\n"
	    "0,1,Normal,9,1,4,0,0,0,0\n0,2,Normal,9,1,4,0,0,0,0\n"
	    "50,0,DMA,7,1,3,0.000,0.142,-1.000,0.500\n50,0,Normal,9,1,4,0,0,0,0\n"
	    "50,1,Normal,9,1,4,0,0,0,0\n50,2,Normal,9,1,4,0,0,0,0\n",
	};
	char *dir = in_base("extreme"), *path = g_build_filename(dir, "samples.csv", NULL);
	char *blocks = g_build_filename(dir, "blocks.csv", NULL);

	if (!have_gnuplot())
		return;
	run_command((const char *const[]){"cp", "-r", result, dir, NULL});
	run_command((const char *const[]){"rm", blocks, NULL});
	for (u32 i = 0; i < G_N_ELEMENTS(samples); i++) {
		struct plot_options opt = {.require_pictures = true};
		struct err err = {0};

		g_assert_true(g_file_set_contents(path, samples[i], -1, NULL));
		if (!plot_results(dir, &opt, &err))
			g_error("case %u: %s", i, err_text(&err));
	}
	g_free(dir);
	g_free(path);
	g_free(blocks);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	base = g_dir_make_tmp("mempress-plot-XXXXXX", NULL);
	g_assert_nonnull(base);
	result = in_base("result");
	record_into(result, "A run");
	gnuplot = gnuplot_find();
	g_test_add_func("/report/plot/pictures", test_pictures);
	g_test_add_func("/report/plot/injection-arguments", test_injection_arguments);
	g_test_add_func("/report/plot/injection-title", test_injection_title);
	g_test_add_func("/report/plot/bad-gnuplot", test_bad_gnuplot);
	g_test_add_func("/report/plot/hanging-gnuplot", test_hanging_gnuplot);
	g_test_add_func("/report/plot/damaged", test_damaged);
	g_test_add_func("/report/plot/extremes", test_extremes);
	status = g_test_run();
	run_command((const char *const[]){"rm", "-rf", base, NULL});
	free(gnuplot);
	g_free(result);
	g_free(base);
	return status;
}

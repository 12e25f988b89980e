/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenarios under pressure: reading them, and the comparison. A real run held against all real
 * runs of its scenario must agree; held against those of another scenario, or bent, it must not.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "verify/pressure.h"

static char *scenario_path(const char *name)
{
	return g_build_filename(g_getenv("G_TEST_SRCDIR"), "data", "pressure", name, NULL);
}

static void load(struct pressure_scenario *sc, const char *name)
{
	char *path = scenario_path(name);
	struct err err = {0};

	if (!pressure_load(sc, path, &err))
		g_error("%s", err_text(&err));
	g_free(path);
}

static struct pressure_tally tally_of(const struct pressure_scenario *sc,
				      const struct pressure_run *run)
{
	struct pressure_tally tally = {0};
	struct pressure_result result;
	struct err err = {0};

	g_assert_true(pressure_compare(sc, run, 1, &result, &err));
	pressure_tally_add(&tally, &result);
	pressure_result_finish(&result);
	return tally;
}

static const struct pressure_verdict *verdict(const struct pressure_result *result,
					      const char *name)
{
	for (u32 i = 0; i < result->n; i++)
		if (!strcmp(result->list[i].name, name))
			return &result->list[i];
	return NULL;
}

static void test_real_runs_agree(void)
{
	char *folder = scenario_path("");
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;
	u32 scenarios = 0;

	while ((name = g_dir_read_name(dir))) {
		struct pressure_scenario sc;

		if (*name != 's')
			continue;
		load(&sc, name);
		scenarios++;
		for (u32 i = 0; i < sc.nr_runs; i++) {
			struct pressure_tally t = tally_of(&sc, &sc.run[i]);

			g_assert_cmpuint(t.facts, >=, 10);
			g_assert_cmpuint(t.facts_held, ==, t.facts);
			g_assert_true(pressure_tally_passes(&t));
		}
		pressure_finish(&sc);
	}
	g_assert_cmpuint(scenarios, >=, 17);
	g_dir_close(dir);
	g_free(folder);
}

/* Swap with two lists is not swap with generations, and neither is a stream. */
static void test_others_do_not(void)
{
	struct pressure_scenario mglru, classic, stream;
	struct pressure_tally t;

	load(&mglru, "s3a-swap-1cpu");
	load(&classic, "s3b-swap-1cpu-classic");
	load(&stream, "s2a-stream-1cpu");
	t = tally_of(&mglru, &classic.run[0]);
	g_assert_cmpuint(t.facts_held, <, t.facts);
	g_assert_false(pressure_tally_passes(&t));
	t = tally_of(&mglru, &stream.run[0]);
	g_assert_cmpuint(t.facts_held * 2, <, t.facts);
	pressure_finish(&stream);
	pressure_finish(&classic);
	pressure_finish(&mglru);
}

static bool states(const struct pressure_scenario *sc, const char *fact)
{
	struct pressure_result result = {0};
	bool stated;

	g_assert_true(pressure_facts(sc, &sc->run[0], 1, &result));
	stated = verdict(&result, fact);
	pressure_result_finish(&result);
	return stated;
}

/* What is too rare to tell from nothing is no fact; nor are rates where the real runs differ. */
static void test_what_is_stated(void)
{
	struct pressure_scenario sc;

	load(&sc, "s3a-swap-1cpu");
	g_assert_true(states(&sc, "pages are swapped in"));
	g_assert_true(states(&sc, "direct reclaim happens in the first 2 s of pressure only"));
	for (u32 i = 0; i < sc.nr_runs; i++)
		g_assert_true(pressure_set(&sc.run[i], "pswpin", 300.0 / sc.nr_runs));
	g_assert_true(states(&sc, "pages are swapped in"));
	for (u32 i = 0; i < sc.nr_runs; i++)
		g_assert_true(pressure_set(&sc.run[i], "pswpin", 299.0 / sc.nr_runs));
	g_assert_false(states(&sc, "pages are swapped in"));
	g_assert_false(states(&sc, "nothing is swapped in"));
	sc.chaotic = true;
	g_assert_false(states(&sc, "direct reclaim happens in the first 2 s of pressure only"));
	pressure_finish(&sc);
}

/* What the samples say must be what expected.json says. */
static void test_derived(void)
{
	static const char *const names[] = {
		"min_free_pages_DMA32", "mean_free_pages_DMA32", "samples_below_low_wmark",
		"nr_inactive_anon.mean", "nr_file_pages.max", "nr_free_pages.min",
		"nr_swapcached.end",
	};
	struct pressure_scenario sc;

	load(&sc, "s3a-swap-1cpu");
	for (u32 i = 0; i < sc.nr_runs; i++) {
		struct pressure_run fresh = {.series = sc.run[i].series};

		pressure_set(&fresh, "workload_ms", pressure_get(&sc.run[i], "workload_ms"));
		g_assert_true(pressure_derive(&sc, &fresh));
		for (u32 k = 0; k < ARRAY_SIZE(names); k++)
			g_assert_cmpfloat_with_epsilon(pressure_get(&fresh, names[k]),
						       pressure_get(&sc.run[i], names[k]), 0.06);
		fresh.series = (struct pressure_series){0};
		pressure_run_finish(&fresh);
	}
	pressure_finish(&sc);
}

static void copy_run(struct pressure_run *to, const struct pressure_run *from)
{
	*to = (struct pressure_run){0};
	for (u32 i = 0; i < from->nr_values; i++)
		g_assert_true(pressure_set(to, from->value[i].name, from->value[i].v));
	memcpy(to->victims, from->victims, sizeof(to->victims));
}

/* Figures just within and just outside: max(3 sd, 5 %, 200) for pgfault. */
static void test_tolerance(void)
{
	struct pressure_result result;
	struct pressure_scenario sc;
	struct pressure_run run;
	struct err err = {0};

	load(&sc, "s3a-swap-1cpu");
	copy_run(&run, &sc.run[0]);
	for (u32 out = 0; out < 2; out++) {
		const struct pressure_verdict *v;

		pressure_set(&run, "pgfault", out ? 85617.667 + 5059 : 85617.667 + 5056);
		g_assert_true(pressure_compare(&sc, &run, 1, &result, &err));
		v = verdict(&result, "pgfault");
		g_assert_cmpint(v->level, ==, LEVEL_A);
		g_assert_cmpfloat_with_epsilon(v->mean, 85617.667, 0.01);
		g_assert_cmpfloat_with_epsilon(v->sd, 1685.816, 0.01);
		g_assert_true(v->holds == !out);
		pressure_result_finish(&result);
	}
	pressure_run_finish(&run);
	pressure_finish(&sc);
}

static void test_kills(void)
{
	struct pressure_scenario sc;
	struct pressure_result result;
	struct pressure_run run;
	struct err err = {0};

	load(&sc, "s1a-oom-1cpu");
	g_assert_cmpstr(sc.run[1].victims, ==, "keeper > ramp");
	g_assert_cmpfloat(pressure_get(&sc.run[0], "oom_free.DMA32"), ==, 8232 / 4);
	copy_run(&run, &sc.run[0]);
	strcpy(run.victims, "ramp > keeper");
	g_assert_true(pressure_compare(&sc, &run, 1, &result, &err));
	g_assert_false(verdict(&result, "killed: keeper > ramp")->holds);
	g_assert_true(verdict(&result, "there is direct reclaim")->holds);
	pressure_result_finish(&result);
	pressure_run_finish(&run);
	pressure_finish(&sc);
}

static void test_order(void)
{
	struct pressure_scenario sc;
	struct pressure_result result;
	struct pressure_run run;
	struct err err = {0};

	load(&sc, "s3b-swap-1cpu-classic");
	copy_run(&run, &sc.run[0]);
	pressure_set(&run, "first.mm_vmscan_direct_reclaim_begin", 1);
	g_assert_true(pressure_compare(&sc, &run, 1, &result, &err));
	g_assert_false(verdict(&result, "first events come in the recorded order")->holds);
	pressure_result_finish(&result);
	pressure_run_finish(&run);
	pressure_finish(&sc);
}

static void test_chaos(void)
{
	static const struct {
		const char *name;
		bool chaotic;
	} cases[] = {
		{"s2c-stream-2cpu-unpaced", true}, {"s5b-mixed-2cpu-classic", true},
		{"s4b-frag-2cpu", false},	   {"s1c-oom-2cpu", false},
		{"s3b-swap-1cpu-classic", false},
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pressure_scenario sc;
		struct pressure_tally t;

		load(&sc, cases[i].name);
		g_assert_true(sc.chaotic == cases[i].chaotic);
		t = tally_of(&sc, &sc.run[0]);
		g_assert_true((t.metrics[LEVEL_A] == 0) == cases[i].chaotic);
		pressure_finish(&sc);
	}
}

static void test_eval(void)
{
	struct pressure_run run = {0};

	pressure_set(&run, "a", 6);
	pressure_set(&run, "b", 2);
	pressure_set(&run, "t_ms", 10);
	g_assert_cmpfloat(pressure_eval(&run, "a b", NULL), ==, 8);
	g_assert_cmpfloat(pressure_eval(&run, "a -b", "b"), ==, 2);
	g_assert_cmpfloat(pressure_eval(&run, "a none", NULL), ==, 6);
	g_assert_true(isnan(pressure_eval(&run, "a", "none")));
	g_assert_true(isnan(pressure_eval(&run, "t_ms -none_ms", NULL)));
	pressure_run_finish(&run);
}

/* A folder with one file changed is refused, with the reason. */
static void refused(const char *file, const char *text, const char *expected)
{
	static const char *const files[] = {"machine.json", "workload.json", "expected.json",
					    "state_before.txt.zst"};
	char *from = scenario_path("s1c-oom-2cpu"), *dir = g_dir_make_tmp("pressure-XXXXXX", NULL);
	struct pressure_scenario sc;
	struct err err = {0};

	for (u32 i = 0; i < ARRAY_SIZE(files); i++) {
		char *a = g_build_filename(from, files[i], NULL);
		char *b = g_build_filename(dir, files[i], NULL), *data;
		gsize len;

		g_assert_true(g_file_get_contents(a, &data, &len, NULL));
		if (strcmp(files[i], file) != 0)
			g_assert_true(g_file_set_contents(b, data, (gssize)len, NULL));
		else if (text)
			g_assert_true(g_file_set_contents(b, text, -1, NULL));
		g_free(data);
		g_free(a);
		g_free(b);
	}
	g_assert_true(pressure_load(&sc, dir, &err) == !expected);
	if (expected && !strstr(err_text(&err), expected))
		g_error("expected \"%s\", got \"%s\"", expected, err_text(&err));
	if (!expected)
		pressure_finish(&sc);
	err_clear(&err);
	for (u32 i = 0; i < ARRAY_SIZE(files); i++) {
		char *b = g_build_filename(dir, files[i], NULL);

		g_unlink(b);
		g_free(b);
	}
	g_rmdir(dir);
	g_free(dir);
	g_free(from);
}

static void test_refused(void)
{
	refused("", NULL, NULL); /* runs without their own folders will do */
	refused("machine.json", NULL, "there is no machine.json");
	refused("state_before.txt.zst", NULL, "there is no state_before.txt");
	refused("machine.json", "{\"cpus\": 0}", "number of CPUs");
	refused("machine.json", "{\"cpus\": 1}", "expected zones");
	refused("machine.json", "[]", "expected an object");
	refused("expected.json", "{\"runs\": 0}", "expected 1 to 32 runs");
	refused("expected.json", "{\"runs\": 1e9}", "expected 1 to 32 runs");
	refused("expected.json", "{\"runs\": ", "expected.json:1");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pressure/eval", test_eval);
	g_test_add_func("/pressure/real-runs-agree", test_real_runs_agree);
	g_test_add_func("/pressure/others-do-not", test_others_do_not);
	g_test_add_func("/pressure/what-is-stated", test_what_is_stated);
	g_test_add_func("/pressure/derived", test_derived);
	g_test_add_func("/pressure/tolerance", test_tolerance);
	g_test_add_func("/pressure/kills", test_kills);
	g_test_add_func("/pressure/order", test_order);
	g_test_add_func("/pressure/chaos", test_chaos);
	g_test_add_func("/pressure/refused", test_refused);
	return g_test_run();
}

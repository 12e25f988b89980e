/* SPDX-License-Identifier: GPL-2.0-only */
/* Histograms against sorting; decimals against numbers written by hand. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "engine/rng.h"
#include "record/decimal.h"
#include "record/hist.h"

#define VALUES 20000

static int by_value(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* Every bucket begins where the one before ends, and finds its own ends. */
static void test_buckets(void)
{
	u64 next = 0;

	for (u32 b = 0; b < HIST_BUCKETS; b++) {
		u64 low = hist_bucket_low(b), high = hist_bucket_high(b);

		g_assert_cmpuint(low, ==, next);
		g_assert_cmpuint(high, >=, low);
		g_assert_cmpuint(hist_bucket(low), ==, b);
		g_assert_cmpuint(hist_bucket(high), ==, b);
		if (low >= HIST_SUB)
			g_assert_cmpuint((high - low) / 1, <=, low / HIST_SUB);
		next = high + 1;
	}
	g_assert_cmpuint(hist_bucket_high(HIST_BUCKETS - 1), ==, UINT64_MAX);
}

static void check_percentile(const struct hist *h, const u64 *sorted, u32 n, u64 num, u64 den)
{
	u64 exact = sorted[(n * num + den - 1) / den - 1];
	u64 got = hist_percentile(h, num, den);

	g_assert_cmpuint(got, >=, exact);
	g_assert_cmpuint(got - exact, <=, exact / HIST_SUB);
	g_assert_cmpuint(got, <=, sorted[n - 1]);
}

static void check_against_sorting(const char *name, u32 n, u32 shape)
{
	struct hist *h = calloc(1, sizeof(*h));
	u64 *values = calloc(n, sizeof(*values));
	u64 sum = 0;
	struct rng rng;

	rng_init(&rng, shape, name);
	for (u32 i = 0; i < n; i++) {
		values[i] = shape == 0	 ? rng_below(&rng, 100)
			    : shape == 1 ? rng_exp(&rng, 50000)
					 : rng_u64(&rng) >> (8 + rng_below(&rng, 56));
		sum += values[i];
		hist_add(h, values[i]);
	}
	qsort(values, n, sizeof(*values), by_value);
	g_assert_cmpuint(h->count, ==, n);
	g_assert_cmpuint(h->sum, ==, sum);
	g_assert_cmpuint(h->min, ==, values[0]);
	g_assert_cmpuint(h->max, ==, values[n - 1]);
	for (u64 p = 1; p <= 1000; p++)
		check_percentile(h, values, n, p, 1000);
	g_assert_cmpuint(hist_percentile(h, 1, 1), ==, values[n - 1]);
	free(values);
	free(h);
}

static void test_percentiles(void)
{
	for (u32 shape = 0; shape < 3; shape++) {
		check_against_sorting("one", 1, shape);
		check_against_sorting("few", 7, shape);
		check_against_sorting("many", VALUES, shape);
	}
}

static void test_merge(void)
{
	struct hist *parts = calloc(3, sizeof(*parts)), *all = calloc(1, sizeof(*all));
	struct rng rng;

	rng_init(&rng, 1, "merge");
	g_assert_cmpuint(hist_percentile(all, 1, 2), ==, 0); /* empty */
	for (u32 i = 0; i < 999; i++) {
		u64 v = rng_exp(&rng, 1000);

		hist_add(&parts[i % 2], v); /* the third stays empty */
		hist_add(all, v);
	}
	hist_merge(&parts[2], &parts[0]);
	hist_merge(&parts[2], &parts[1]);
	g_assert_cmpint(memcmp(&parts[2], all, sizeof(*all)), ==, 0);
	memset(&parts[1], 0, sizeof(parts[1]));
	hist_merge(&parts[2], &parts[1]);
	g_assert_cmpint(memcmp(&parts[2], all, sizeof(*all)), ==, 0);
	free(parts);
	free(all);
}

static void test_decimal_out(void)
{
	char buf[DECIMAL_LEN];

	g_assert_cmpstr(decimal_fixed(438, 3, buf), ==, "0.438");
	g_assert_cmpstr(decimal_fixed(-1000, 3, buf), ==, "-1.000");
	g_assert_cmpstr(decimal_fixed(-5, 3, buf), ==, "-0.005");
	g_assert_cmpstr(decimal_fixed(12, 0, buf), ==, "12");
	g_assert_cmpstr(decimal_fixed(INT64_MIN, 3, buf), ==, "-9223372036854775.808");
	g_assert_cmpstr(decimal_ratio(1, 3, 3, buf), ==, "0.333");
	g_assert_cmpstr(decimal_ratio(2, 3, 3, buf), ==, "0.667");
	g_assert_cmpstr(decimal_ratio(1, 2, 0, buf), ==, "1");
	g_assert_cmpstr(decimal_ratio(7, 0, 2, buf), ==, "0.00");
	g_assert_cmpstr(decimal_ratio(UINT64_MAX, UINT64_MAX, 9, buf), ==, "1.000000000");
	g_assert_cmpstr(decimal_grouped(0, buf), ==, "0");
	g_assert_cmpstr(decimal_grouped(999, buf), ==, "999");
	g_assert_cmpstr(decimal_grouped(1234567, buf), ==, "1,234,567");
	g_assert_cmpstr(decimal_grouped(UINT64_MAX, buf), ==, "18,446,744,073,709,551,615");
}

static void test_decimal_in(void)
{
	static const struct {
		const char *text;
		u32 digits;
		bool ok;
		s64 value;
	} cases[] = {
	    {"12", 0, true, 12},
	    {"-584.3", 3, true, -584300},
	    {"0.0019", 3, true, 1},
	    {"-0", 0, true, 0},
	    {".5", 1, true, 5},
	    {"5.", 1, true, 50},
	    {"", 0, false, 0},
	    {"-", 0, false, 0},
	    {".", 3, false, 0},
	    {"1e3", 0, false, 0},
	    {"1,5", 1, false, 0},
	    {"1.2.3", 3, false, 0},
	    {" 1", 0, false, 0},
	    {"+1", 0, false, 0},
	    {"9223372036854775807", 0, true, INT64_MAX},
	    {"9223372036854775808", 0, false, 0},
	    {"9223372036854776", 3, false, 0},
	};
	s64 value;

	for (u32 i = 0; i < G_N_ELEMENTS(cases); i++) {
		bool ok =
		    decimal_parse(cases[i].text, strlen(cases[i].text), cases[i].digits, &value);

		if (ok != cases[i].ok || (ok && value != cases[i].value))
			g_error("\"%s\": %d", cases[i].text, ok);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/record/hist/buckets", test_buckets);
	g_test_add_func("/record/hist/percentiles", test_percentiles);
	g_test_add_func("/record/hist/merge", test_merge);
	g_test_add_func("/record/decimal/out", test_decimal_out);
	g_test_add_func("/record/decimal/in", test_decimal_in);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the time went: classes, percentiles taken apart, the table. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/rng.h"
#include "record/latency.h"

static void test_classes(void)
{
	static const struct {
		gfp_t gfp;
		enum gfp_class class;
	} cases[] = {
	    {__GFP_HIGH | __GFP_KSWAPD_RECLAIM, GFP_CLASS_ATOMIC},
	    {__GFP_KSWAPD_RECLAIM, GFP_CLASS_NOWAIT},
	    {0, GFP_CLASS_NOWAIT},
	    {GFP_HIGHUSER_MOVABLE, GFP_CLASS_MOVABLE},
	    {GFP_HIGHUSER_MOVABLE & ~__GFP_DIRECT_RECLAIM, GFP_CLASS_NOWAIT},
	    {GFP_KERNEL | __GFP_RECLAIMABLE, GFP_CLASS_RECLAIMABLE},
	    {GFP_NOFS, GFP_CLASS_NOFS},
	    {GFP_NOIO, GFP_CLASS_NOFS},
	    {GFP_USER, GFP_CLASS_USER},
	    {GFP_KERNEL, GFP_CLASS_KERNEL},
	    {GFP_KERNEL_ACCOUNT | __GFP_ZERO, GFP_CLASS_KERNEL},
	};

	for (u32 i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(gfp_class(cases[i].gfp), ==, cases[i].class);
}

/* 98 fast requests, one slower, one slowest: each percentile tells its own causes. */
static void test_taken_apart(void)
{
	struct latency *lat = calloc(1, sizeof(*lat));
	u64 fast[NR_STALL_CAUSES] = {[CAUSE_PCP] = 40};
	u64 slow[NR_STALL_CAUSES] = {[CAUSE_REFILL] = 900, [CAUSE_LOCK] = 100};
	u64 worst[NR_STALL_CAUSES] = {[CAUSE_SLOWPATH] = 70000, [CAUSE_FALLBACK] = 30000};
	struct latency_point point;
	struct latency_key *all;

	for (u32 i = 0; i < 98; i++)
		latency_add(lat, 0, GFP_KERNEL, ALLOC_PATH_PCP, fast);
	latency_add(lat, 0, GFP_KERNEL, ALLOC_PATH_REFILL, slow);
	latency_add(lat, 3, GFP_NOFS, ALLOC_PATH_SLOW, worst);
	all = latency_select(lat, NR_GFP_CLASSES, UINT32_MAX);
	g_assert_cmpuint(all->hist.count, ==, 100);
	g_assert_cmpuint(all->hist.sum, ==, 98 * 40 + 1000 + 100000);
	g_assert_cmpuint(all->cause_ns[CAUSE_LOCK], ==, 100);

	latency_percentile(all, 50, 100, &point);
	g_assert_cmpuint(point.ns, ==, 40);
	g_assert_cmpuint(point.requests, ==, 98);
	g_assert_cmpuint(point.cause_ns[CAUSE_PCP], ==, 40);
	latency_percentile(all, 99, 100, &point);
	g_assert_cmpuint(point.requests, ==, 1);
	g_assert_cmpuint(point.cause_ns[CAUSE_REFILL], ==, 900);
	g_assert_cmpuint(point.cause_ns[CAUSE_LOCK], ==, 100);
	g_assert_cmpuint(point.cause_ns[CAUSE_PCP], ==, 0);
	latency_percentile(all, 1, 1, &point);
	g_assert_cmpuint(point.ns, ==, 100000);
	g_assert_cmpuint(point.cause_ns[CAUSE_SLOWPATH], ==, 70000);
	latency_key_free(all);

	all = latency_select(lat, GFP_CLASS_NOFS, UINT32_MAX);
	g_assert_cmpuint(all->hist.count, ==, 1);
	latency_key_free(all);
	all = latency_select(lat, NR_GFP_CLASSES, 0);
	g_assert_cmpuint(all->hist.count, ==, 99);
	latency_key_free(all);
	all = latency_select(lat, GFP_CLASS_USER, UINT32_MAX);
	g_assert_cmpuint(all->hist.count, ==, 0);
	latency_percentile(all, 99, 100, &point);
	g_assert_cmpuint(point.ns, ==, 0);
	latency_key_free(all);
	latency_finish(lat);
	free(lat);
}

/* 341 and 343 ns share a bucket with 340: its mean is told, and the parts sum to it. */
static void test_mean_of_bucket(void)
{
	struct latency *lat = calloc(1, sizeof(*lat));
	u64 a[NR_STALL_CAUSES] = {[CAUSE_PCP] = 41, [CAUSE_ZERO] = 300};
	u64 b[NR_STALL_CAUSES] = {[CAUSE_PCP] = 43, [CAUSE_ZERO] = 300};
	struct latency_point point;
	struct latency_key *all;

	latency_add(lat, 0, GFP_KERNEL, ALLOC_PATH_PCP, a);
	latency_add(lat, 0, GFP_KERNEL, ALLOC_PATH_PCP, b);
	all = latency_select(lat, NR_GFP_CLASSES, UINT32_MAX);
	latency_percentile(all, 50, 100, &point);
	g_assert_cmpuint(point.ns, ==, 342);
	g_assert_cmpuint(point.requests, ==, 2);
	g_assert_cmpuint(point.cause_ns[CAUSE_PCP] + point.cause_ns[CAUSE_ZERO], ==, 342);
	latency_percentile(all, 1, 1, &point);
	g_assert_cmpuint(point.ns, ==, 343);
	latency_key_free(all);
	/* of two longest requests the first is told */
	b[CAUSE_PCP] = 0;
	b[CAUSE_LOCK] = 43;
	latency_add(lat, 0, GFP_KERNEL, ALLOC_PATH_PCP, b);
	all = latency_select(lat, NR_GFP_CLASSES, UINT32_MAX);
	latency_percentile(all, 1, 1, &point);
	g_assert_cmpuint(point.cause_ns[CAUSE_PCP], ==, 43);
	latency_key_free(all);
	latency_finish(lat);
	free(lat);
}

/* The table holds every request and every nanosecond once. */
static void test_table(void)
{
	struct latency *lat = calloc(1, sizeof(*lat));
	u64 ns = 0, requests = 0, sum = 0;
	char *text = NULL, *line, *save = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct rng rng;

	rng_init(&rng, 1, "table");
	for (u32 i = 0; i < 5000; i++) {
		u64 causes[NR_STALL_CAUSES] = {0};

		for (u32 c = 0; c < 3; c++) {
			u64 part = rng_exp(&rng, 3000);

			causes[rng_below(&rng, NR_STALL_CAUSES)] += part;
			ns += part;
		}
		latency_add(lat, (u32)rng_below(&rng, 11), rng_below(&rng, 2) ? GFP_KERNEL : 0,
			    (enum alloc_path)rng_below(&rng, NR_ALLOC_PATHS), causes);
	}
	latency_write_csv(lat, out);
	fclose(out);
	line = strtok_r(text, "\n", &save);
	g_assert_true(g_str_has_prefix(line, "order,class,path,from_ns,to_ns,requests,pcp_ns,"));
	while ((line = strtok_r(NULL, "\n", &save))) {
		char **cell = g_strsplit(line, ",", -1);
		u64 from = g_ascii_strtoull(cell[3], NULL, 10);
		u64 to = g_ascii_strtoull(cell[4], NULL, 10);
		u64 n = g_ascii_strtoull(cell[5], NULL, 10), row = 0;

		g_assert_cmpuint(g_strv_length(cell), ==, 6 + NR_STALL_CAUSES);
		for (u32 c = 0; c < NR_STALL_CAUSES; c++)
			row += g_ascii_strtoull(cell[6 + c], NULL, 10);
		g_assert_cmpuint(row, >=, from * n);
		g_assert_cmpuint(row, <=, to * n);
		requests += n;
		sum += row;
		g_strfreev(cell);
	}
	g_assert_cmpuint(requests, ==, 5000);
	g_assert_cmpuint(sum, ==, ns);
	free(text);
	latency_finish(lat);
	free(lat);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/record/latency/classes", test_classes);
	g_test_add_func("/record/latency/taken-apart", test_taken_apart);
	g_test_add_func("/record/latency/mean-of-bucket", test_mean_of_bucket);
	g_test_add_func("/record/latency/table", test_table);
	return g_test_run();
}

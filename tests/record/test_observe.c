/* SPDX-License-Identifier: GPL-2.0-only */
/* Data observed on a real machine: reading it, refusing what is wrong, distances by hand. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/distance.h"
#include "small_run.h"

static struct observed *load(const char *text, struct err *err)
{
	return observed_load_mem("observed.csv", text, strlen(text), err);
}

static const char good[] = "t_ms,DMA32.free,DMA32.order0,DMA32.order1,node1.Normal.free,psi,"
			   "extfrag_events\n"
			   "-0.5,90,10,40,7,x y,3\n"
			   "0.25,50,10,20,8,?,4\n"
			   "1000,5,1,2,9,,10\n";

static void test_read(void)
{
	struct err err = {0};
	struct observed *obs = load(good, &err);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	g_assert_nonnull(obs);
	g_assert_cmpuint(obs->n, ==, 3);
	g_assert_cmpuint(obs->nr_zones, ==, 2);
	g_assert_cmpuint(obs->orders, ==, 2);
	g_assert_cmpint(obs->t_ns[0], ==, -500000);
	g_assert_cmpint(obs->t_ns[1], ==, 250000);
	g_assert_cmpint(obs->t_ns[2], ==, 1000000000);
	g_assert_cmpint(obs->free[2 * 2], ==, 5);
	g_assert_cmpint(obs->free[2 * 2 + 1], ==, 9);
	g_assert_cmpuint(obs->nr_free[1 * 2 * 2 + 1], ==, 20);
	g_assert_cmpuint(obs->zone[1].node, ==, 1);
	g_assert_cmpuint(obs->zone[1].orders, ==, 0);
	observed_write_csv(obs, out);
	fclose(out);
	g_assert_cmpstr(text, ==,
			"t_ns,node,zone,free,extfrag_events,order0,order1,unusable0,unusable1,"
			"extfrag0,extfrag1\n"
			"-500000,0,DMA32,90,3,10,40,0.000,0.111,-1.000,-1.000\n"
			"-500000,1,Normal,7,3,,,,,,\n"
			"250000,0,DMA32,50,4,10,20,0.000,0.200,-1.000,-1.000\n"
			"250000,1,Normal,8,4,,,,,,\n"
			"1000000000,0,DMA32,5,10,1,2,0.000,0.200,-1.000,-1.000\n"
			"1000000000,1,Normal,9,10,,,,,,\n");
	free(text);
	observed_free(obs);
}

static void test_refused(void)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
	    {"", "observed.csv"},
	    {"\n", "column names"},
	    {"time,DMA.free\n1,2\n", "observed.csv:1: there is no column \"t_ms\""},
	    {"t_ms,Dma.free\n1,2\n", "no column names a zone"},
	    {"t_ms,DMA.free\n", "no rows"},
	    {"t_ms,DMA.free\n1,2\n1,2\n", "observed.csv:3: t_ms is not later"},
	    {"t_ms,DMA.free\n2,2\n1,2\n", "observed.csv:3: t_ms is not later"},
	    {"t_ms,DMA.free\n1\n", "observed.csv:2: expected 2 columns"},
	    {"t_ms,DMA.free\n1,2,3\n", "at least 3"},
	    {"t_ms,DMA.free\n1,\n", "column DMA.free: expected a number, found \"\""},
	    {"t_ms,DMA.free\n1,-3\n", "expected 0 to"},
	    {"t_ms,DMA.free\n1,99999999999\n", "expected 0 to"},
	    {"t_ms,DMA.order0,DMA.order1\n1,0,134217729\n", "expected 0 to 134217728"},
	    {"t_ms,DMA.free\nnan,3\n", "column t_ms: expected a number, found \"nan\""},
	    {"t_ms,DMA.free\n99999999999999999999,3\n", "column t_ms"},
	    {"t_ms,DMA.free,extfrag_events\n1,1,-1\n", "extfrag_events"},
	};

	for (u32 i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct err err = {0};
		struct observed *obs = load(cases[i].text, &err);

		if (obs || err.kind != ERR_INPUT || !strstr(err_text(&err), cases[i].error))
			g_error("case %u: \"%s\"", i, err_text(&err));
		err_clear(&err);
	}
}

/* Cut anywhere, or with any byte changed, it is read or refused, never worse. */
static void test_damaged(void)
{
	char copy[sizeof(good)];

	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		for (u32 how = 0; how < 4; how++) {
			size_t len = how ? sizeof(good) - 1 : i;
			struct err err = {0};
			struct observed *obs;

			memcpy(copy, good, sizeof(good));
			if (how)
				copy[i] = "\0\xff,"[how - 1];
			obs = observed_load_mem("x", copy, len, &err);
			g_assert_true((obs == NULL) == (err.kind == ERR_INPUT));
			observed_free(obs);
			err_clear(&err);
		}
	}
}

/* Distances of the machine from a made-up neighbour, against sums made here. */
static void test_distance(void)
{
	struct small_world w;
	struct distance d;
	struct err err = {0};
	struct observed *obs;
	const struct zone *dma32 = NULL;
	char *text, *json = NULL, *end;
	GString *csv = g_string_new("t_ms,DMA32.free,extfrag_events");
	size_t len;
	FILE *out;
	struct jsonw j;

	small_world_create(&w, NULL, &profile_linux_7_2);
	for_each_populated_zone (w.mm, zone)
		dma32 = zone;
	for (u32 o = 0; o < 11; o++)
		g_string_append_printf(csv, ",DMA32.order%u", o);
	for (u32 row = 0; row < 3; row++) { /* the third is never compared */
		g_string_append_printf(csv, "\n%d,%" G_GINT64_FORMAT ",%u", (int)row * 5 - 5,
				       (gint64)dma32->vm_stat[NR_FREE_PAGES] + 100, 7 + row * 10);
		for (u32 o = 0; o < 11; o++)
			g_string_append_printf(csv, ",%u",
					       dma32->free_area[o].nr_free + (o == 3 ? 10 : 0));
	}
	text = g_string_free(csv, FALSE);
	obs = load(text, &err);
	g_assert_nonnull(obs);
	g_assert_true(distance_init(&d, obs, w.mm, &err));
	g_assert_cmpuint(distance_next(&d), ==, 0); /* the row before 0 is skipped */
	distance_take(&d, 12);
	g_assert_cmpuint(distance_next(&d), ==, 5000000);
	g_assert_cmpuint(d.rows, ==, 1);
	g_assert_cmpuint(d.zone[0].free_diff, ==, 100);
	{
		u64 pages = 80;

		for (u32 o = 0; o < 11; o++)
			pages += (u64)dma32->free_area[o].nr_free << o;
		g_assert_cmpuint(d.zone[0].blocks_milli_last, ==, (80 * 1000 + pages / 2) / pages);
	}
	out = open_memstream(&json, &len);
	jsonw_begin(&j, out, true);
	jsonw_object(&j, NULL);
	distance_write_json(&d, &j);
	jsonw_end(&j);
	jsonw_finish(&j);
	fclose(out);
	/* 17 observed so far, 7 of them before the start */
	end = strstr(json, "\"extfrag_events_simulated\": 12, \"extfrag_events_observed\": 10");
	g_assert_nonnull(end);
	g_assert_nonnull(strstr(json, "\"free_pages_difference_mean\": 100"));
	free(json);
	distance_finish(&d);
	observed_free(obs);
	g_free(text);

	obs = load("t_ms,HighMem.free\n0,1\n", &err);
	g_assert_nonnull(obs);
	g_assert_false(distance_init(&d, obs, w.mm, &err));
	g_assert_cmpint(err.kind, ==, ERR_INPUT);
	err_clear(&err);
	observed_free(obs);
	small_world_destroy(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/record/observe/read", test_read);
	g_test_add_func("/record/observe/refused", test_refused);
	g_test_add_func("/record/observe/damaged", test_damaged);
	g_test_add_func("/record/observe/distance", test_distance);
	return g_test_run();
}

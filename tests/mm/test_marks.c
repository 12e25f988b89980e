/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watermarks, reserves, per-CPU limits and thresholds of three machines whose managed pages are
 * given, against numbers worked out by hand from the kernels' formulas.
 */
#include <glib.h>

#include "boot_helper.h"
#include "mm/pcp.h"
#include "mm/watermark.h"

#define MACHINE_A(cpus)                                                                           \
	"{\"arch\":\"x86-64\",\"nodes\":[{\"cpus\":" cpus ",\"memory\":["                         \
	"{\"start\":\"4KiB\",\"end\":\"3145600KiB\"},{\"start\":\"4GiB\",\"end\":\"5GiB\"}]}]}"
#define MACHINE_B(page)                                                                           \
	"{\"arch\":\"arm64\",\"page_size\":\"" page "\",\"nodes\":[{\"cpus\":8,\"memory\":["      \
	"{\"start\":\"2MiB\",\"end\":\"3840MiB\"},{\"start\":\"4GiB\",\"end\":\"8GiB\"}]}]}"
#define MACHINE_C                                                                                 \
	"{\"arch\":\"i386\",\"nodes\":[{\"cpus\":1,\"memory\":["                                  \
	"{\"start\":\"4KiB\",\"end\":\"2100MiB\"}]}]}"

static void managed(struct booted *b, enum zone_type type, u64 pages)
{
	struct zone *zone = booted_zone(b, 0, type);

	g_assert_true(populated_zone(zone));
	zone->managed_pages = pages;
}

static void marks(struct booted *b, enum zone_type type, s64 min, s64 low, s64 high, s64 promo)
{
	const struct zone *zone = booted_zone(b, 0, type);

	g_assert_cmpint(zone->_watermark[WMARK_MIN], ==, min);
	g_assert_cmpint(zone->_watermark[WMARK_LOW], ==, low);
	g_assert_cmpint(zone->_watermark[WMARK_HIGH], ==, high);
	g_assert_cmpint(zone->_watermark[WMARK_PROMO], ==, promo);
}

static void reserve(struct booted *b, enum zone_type type, s64 dma, s64 dma32, s64 normal,
		    s64 highmem, s64 movable)
{
	const s64 want[] = {dma, dma32, normal, highmem, movable};

	for (u32 i = 0; i < MAX_NR_ZONES; i++)
		g_assert_cmpint(booted_zone(b, 0, type)->lowmem_reserve[i], ==, want[i]);
}

static void pcp(struct booted *b, enum zone_type type, s32 high_min, s32 high_max, s32 batch)
{
	const struct zone *zone = booted_zone(b, 0, type);

	g_assert_cmpint(zone->pageset_high_min, ==, high_min);
	g_assert_cmpint(zone->pageset[0].high_min, ==, high_min);
	g_assert_cmpint(zone->pageset[0].high_max, ==, high_max);
	g_assert_cmpint(zone->pageset[0].batch, ==, batch);
}

static void setup(struct booted *b)
{
	setup_per_zone_wmarks(b->mm, calculate_min_free_kbytes(b->mm));
	refresh_zone_stat_thresholds(b->mm, b->mm->nr_cpus);
	setup_per_zone_lowmem_reserve(b->mm);
}

static void create_a(struct booted *b, const char *json)
{
	booted_create_text(b, json, &profile_linux_7_2, NULL);
	managed(b, ZONE_DMA, 3840);
	managed(b, ZONE_DMA32, 760000);
	managed(b, ZONE_NORMAL, 250000);
	g_assert_cmpint(calculate_min_free_kbytes(b->mm), ==, 8055);
	setup(b);
}

static void test_a(void)
{
	struct booted b;

	create_a(&b, MACHINE_A("4"));
	marks(&b, ZONE_DMA, 7, 10, 13, 16);
	marks(&b, ZONE_DMA32, 1508, 2268, 3028, 3788);
	marks(&b, ZONE_NORMAL, 496, 746, 996, 1246);
	reserve(&b, ZONE_DMA, 0, 2968, 3945, 3945, 3945);
	reserve(&b, ZONE_DMA32, 0, 0, 976, 976, 976);
	reserve(&b, ZONE_NORMAL, 0, 0, 0, 0, 0);
	pcp(&b, ZONE_DMA, 4, 120, 1);
	pcp(&b, ZONE_DMA32, 567, 23750, 63);
	pcp(&b, ZONE_NORMAL, 252, 7812, 63);
	g_assert_cmpint(booted_zone(&b, 0, ZONE_DMA)->pageset[3].stat_threshold, ==, 6);
	g_assert_cmpint(booted_zone(&b, 0, ZONE_DMA32)->pageset[3].stat_threshold, ==, 36);
	g_assert_cmpint(booted_zone(&b, 0, ZONE_NORMAL)->pageset[3].stat_threshold, ==, 24);
	/* khugepaged: 3 zones * 512 * 11 pages, below a twentieth of memory. */
	g_assert_cmpint(khugepaged_min_free_kbytes(b.mm), ==, 67584);
	setup_per_zone_wmarks(b.mm, 67584);
	marks(&b, ZONE_DMA, 63, 78, 93, 108);
	marks(&b, ZONE_DMA32, 12665, 15831, 18997, 22163);
	marks(&b, ZONE_NORMAL, 4166, 5207, 6248, 7289);
	pcp(&b, ZONE_DMA, 19, 120, 1);
	pcp(&b, ZONE_DMA32, 3957, 23750, 63);
	pcp(&b, ZONE_NORMAL, 1301, 7812, 63);
	/* Thresholds stay as they are when only the marks change. */
	g_assert_cmpint(booted_zone(&b, 0, ZONE_DMA)->pageset[0].stat_threshold, ==, 6);
	booted_finish(&b);
}

static void test_a_one_cpu(void)
{
	struct booted b;

	create_a(&b, MACHINE_A("1"));
	setup_per_zone_wmarks(b.mm, 67584);
	pcp(&b, ZONE_DMA, 78, 480, 1);
	pcp(&b, ZONE_DMA32, 15831, 95000, 63);
	pcp(&b, ZONE_NORMAL, 5207, 31250, 63);
	booted_finish(&b);
}

static void test_b(void)
{
	struct booted b;

	booted_create_text(&b, MACHINE_B("4KiB"), &profile_linux_7_2, NULL);
	managed(&b, ZONE_DMA, 970000);
	managed(&b, ZONE_NORMAL, 1048576);
	g_assert_cmpint(calculate_min_free_kbytes(b.mm), ==, 11366);
	setup(&b);
	marks(&b, ZONE_DMA, 1365, 2335, 3305, 4275);
	marks(&b, ZONE_NORMAL, 1475, 2523, 3571, 4619);
	reserve(&b, ZONE_DMA, 0, 0, 4096, 4096, 4096);
	g_assert_cmpint(booted_zone(&b, 0, ZONE_DMA)->pageset[0].stat_threshold, ==, 48);
	g_assert_cmpint(booted_zone(&b, 0, ZONE_NORMAL)->pageset[0].stat_threshold, ==, 56);
	booted_finish(&b);
}

static void test_b_large_pages(void)
{
	struct booted b;

	booted_create_text(&b, MACHINE_B("16KiB"), &profile_linux_7_2, NULL);
	managed(&b, ZONE_DMA, 242500);
	managed(&b, ZONE_NORMAL, 262144);
	setup(&b);
	marks(&b, ZONE_DMA, 341, 583, 825, 1067);
	marks(&b, ZONE_NORMAL, 368, 630, 892, 1154);
	g_assert_cmpint(khugepaged_min_free_kbytes(b.mm), ==, 402336);
	booted_finish(&b);

	booted_create_text(&b, MACHINE_B("64KiB"), &profile_linux_7_2, NULL);
	managed(&b, ZONE_DMA, 60625);
	managed(&b, ZONE_NORMAL, 65536);
	setup(&b);
	marks(&b, ZONE_DMA, 85, 145, 205, 265);
	marks(&b, ZONE_NORMAL, 91, 156, 221, 286);
	g_assert_cmpint(khugepaged_min_free_kbytes(b.mm), ==, 402304);
	booted_finish(&b);
}

static void test_c(void)
{
	struct booted b;

	booted_create_text(&b, MACHINE_C, &profile_linux_7_2, NULL);
	managed(&b, ZONE_DMA, 3900);
	managed(&b, ZONE_NORMAL, 220000);
	managed(&b, ZONE_HIGHMEM, 290000);
	g_assert_cmpint(calculate_min_free_kbytes(b.mm), ==, 3785);
	setup(&b);
	marks(&b, ZONE_DMA, 16, 20, 24, 28);
	marks(&b, ZONE_NORMAL, 929, 1161, 1393, 1625);
	marks(&b, ZONE_HIGHMEM, 128, 434, 740, 1046);
	reserve(&b, ZONE_DMA, 0, 0, 859, 1992, 1992);
	reserve(&b, ZONE_NORMAL, 0, 0, 0, 9062, 9062);
	booted_finish(&b);
}

static void test_batch(void)
{
	static const struct {
		const char *page;
		u64 managed;
		s32 batch_7_2, batch_6;
	} rows[] = {
		{"4KiB", 3840, 1, 1},	  {"4KiB", 8192, 1, 1},
		{"4KiB", 16384, 3, 3},	  {"4KiB", 65536, 15, 15},
		{"4KiB", 262144, 63, 63}, {"4KiB", 1048576, 63, 63},
		{"16KiB", 16384, 3, 3},	  {"16KiB", 65536, 15, 15},
		{"16KiB", 262144, 15, 15}, {"64KiB", 16384, 3, 3},
		{"64KiB", 65536, 3, 3},
	};

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		g_autofree char *json = g_strdup_printf(
			"{\"arch\":\"arm64\",\"page_size\":\"%s\",\"nodes\":[{\"cpus\":1,"
			"\"memory\":[{\"start\":0,\"end\":\"3GiB\"}]}]}", rows[i].page);
		const struct mm_profile *old[] = {&profile_linux_6_12, &profile_linux_6_1};
		struct booted b;

		booted_create_text(&b, json, &profile_linux_7_2, NULL);
		managed(&b, ZONE_DMA, rows[i].managed);
		g_assert_cmpint(zone_batchsize(booted_zone(&b, 0, ZONE_DMA)), ==,
				rows[i].batch_7_2);
		booted_finish(&b);
		for (u32 k = 0; k < ARRAY_SIZE(old); k++) {
			booted_create_text(&b, json, old[k], NULL);
			managed(&b, ZONE_DMA, rows[i].managed);
			g_assert_cmpint(zone_batchsize(booted_zone(&b, 0, ZONE_DMA)), ==,
					rows[i].batch_6);
			booted_finish(&b);
		}
	}
}

static void zonelist(struct booted *b, u32 nid, const char *want)
{
	const struct pglist_data *pgdat = &b->mm->nodes[nid];
	g_autoptr(GString) got = g_string_new(NULL);

	for (u32 i = 0; i < pgdat->nr_fallback; i++) {
		const struct zone *zone = &b->mm->zones[pgdat->fallback[i]];

		g_string_append_printf(got, "%u:%s ", zone->nid, zone_name(zone->type));
	}
	g_assert_cmpstr(got->str, ==, want);
}

static void test_zonelists(void)
{
	struct booted b;

	booted_create(&b, "server-64g", &profile_linux_7_2, NULL);
	zonelist(&b, 0, "0:Normal 0:DMA32 0:DMA 1:Normal ");
	zonelist(&b, 1, "1:Normal 0:Normal 0:DMA32 0:DMA ");
	g_assert_cmpuint(b.mm->nodes[1].nr_nofallback, ==, 1);
	booted_finish(&b);
	/* Eight nodes: first the same socket, later numbers before earlier ones; the load counts
	   spread who is first on the other socket. */
	booted_create(&b, "server-1t", &profile_linux_7_2, NULL);
	zonelist(&b, 0, "0:Normal 0:DMA32 0:DMA 1:Normal 2:Normal 3:Normal 4:Normal 5:Normal "
			"6:Normal 7:Normal ");
	zonelist(&b, 2, "2:Normal 3:Normal 0:Normal 0:DMA32 0:DMA 1:Normal 6:Normal 7:Normal "
			"4:Normal 5:Normal ");
	booted_finish(&b);
	/* Memory at node 1 only: node 0's list begins there; i386's zones from HighMem down. */
	booted_create_text(&b, "{\"arch\":\"x86-64\",\"nodes\":[{\"cpus\":1},{\"cpus\":1,"
			       "\"memory\":[{\"start\":0,\"end\":\"1GiB\"}]}]}",
			   &profile_linux_7_2, NULL);
	zonelist(&b, 0, "1:DMA32 1:DMA ");
	booted_finish(&b);
	booted_create(&b, "i386-1g", &profile_linux_7_2, NULL);
	zonelist(&b, 0, "0:HighMem 0:Normal 0:DMA ");
	booted_finish(&b);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/marks/pc", test_a);
	g_test_add_func("/mm/marks/pc-one-cpu", test_a_one_cpu);
	g_test_add_func("/mm/marks/rk3588", test_b);
	g_test_add_func("/mm/marks/rk3588-large-pages", test_b_large_pages);
	g_test_add_func("/mm/marks/i386", test_c);
	g_test_add_func("/mm/marks/batch", test_batch);
	g_test_add_func("/mm/marks/zonelists", test_zonelists);
	return g_test_run();
}

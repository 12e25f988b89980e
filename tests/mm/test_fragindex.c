/* SPDX-License-Identifier: GPL-2.0-only */
/* Fragmentation indices: an example by hand, the edges, and a real machine's own values. */
#include <glib.h>

#include "mm/fragindex.h"

static void index_of(const u64 *nr_free, u32 n, u32 order, s32 fragmentation, u32 unusable,
		     u32 extfrag)
{
	struct contig_page_info info;

	fill_contig_page_info(nr_free, n, order, &info);
	g_assert_cmpint(fragmentation_index(&info, order), ==, fragmentation);
	g_assert_cmpuint(unusable_free_index(&info, order), ==, unusable);
	g_assert_cmpuint(extfrag_for_order(&info, order), ==, extfrag);
}

static void test_example(void)
{
	/* F = 5, B = 4, nothing fits: 1000 - (1000 + 1250) / 4 */
	static const u64 few[] = {3, 1};

	index_of(few, 2, 2, 438, 1000, 100);
	index_of(few, 2, 1, -1000, 600, 60);
	index_of(few, 2, 0, -1000, 0, 0);
}

static void test_empty(void)
{
	static const u64 none[11];

	index_of(none, 11, 0, 0, 1000, 0);
	index_of(none, 11, 9, 0, 1000, 0);
}

/* Lack of memory is near 0, fragmentation near 1000. */
static void test_ends(void)
{
	static const u64 one[] = {1}, many[] = {1000000};

	index_of(one, 1, 9, 1000 - 1001, 1000, 100);
	index_of(many, 1, 9, 1000 - (1000 + 1953125) / 1000000, 1000, 100);
}

/* A 7.2 machine's buddyinfo and its own debugfs values. */
static void test_real(void)
{
	static const u64 dma[] = {0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 3};
	static const u64 dma32[] = {2, 1, 3, 1, 0, 1, 6, 9, 4, 4, 33};
	static const u32 dma_unusable[] = {0, 0, 0, 0, 0, 0, 8, 25, 58, 58, 193};
	static const u32 dma32_unusable[] = {0, 0, 0, 0, 0, 0, 1, 11, 41, 68, 121};

	for (u32 o = 0; o < 11; o++) {
		struct contig_page_info info;

		fill_contig_page_info(dma, 11, o, &info);
		g_assert_cmpuint(unusable_free_index(&info, o), ==, dma_unusable[o]);
		g_assert_cmpint(fragmentation_index(&info, o), ==, -1000);
		fill_contig_page_info(dma32, 11, o, &info);
		g_assert_cmpuint(unusable_free_index(&info, o), ==, dma32_unusable[o]);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/fragindex/example", test_example);
	g_test_add_func("/mm/fragindex/empty", test_empty);
	g_test_add_func("/mm/fragindex/ends", test_ends);
	g_test_add_func("/mm/fragindex/real", test_real);
	return g_test_run();
}

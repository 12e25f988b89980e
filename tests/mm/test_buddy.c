/* SPDX-License-Identifier: GPL-2.0-only */
/* Splitting, merging and the order of the lists, traced by hand. */
#include "mm_fixture.h"

static const char *const profiles[] = {"linux-7.2", "linux-6.12", "linux-6.1"};

static void one_zone(struct mm_fixture *f, const char *profile, u64 pages)
{
	fixture_init(f, &(struct fixture_spec){.profile = profile,
					       .zones = {{0, ZONE_NORMAL, 0, pages, pages}}});
}

static void free_one(struct zone *zone, struct task_struct *task, u32 pfn, u32 order,
		     enum migratetype mt)
{
	__free_one_page(zone, task, pfn, order, mt, FPI_NONE);
}

/* A block of order 3 gives its first page; the halves that stay keep the order of addresses. */
static void test_split(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct mm_fixture f;
		struct zone *zone;

		one_zone(&f, profiles[i], 2048);
		zone = fixture_zone(&f, 0, ZONE_NORMAL);
		fixture_free_block(&f, 0, 3, MIGRATE_MOVABLE);
		g_assert_cmpuint(__rmqueue_smallest(zone, &f.tasks[0], 0, MIGRATE_UNMOVABLE), ==,
				 PFN_NONE);
		g_assert_cmpuint(__rmqueue_smallest(zone, &f.tasks[0], 0, MIGRATE_MOVABLE), ==, 0);
		g_assert_cmpstr(fixture_list(zone, 0, MIGRATE_MOVABLE), ==, "1");
		g_assert_cmpstr(fixture_list(zone, 1, MIGRATE_MOVABLE), ==, "2");
		g_assert_cmpstr(fixture_list(zone, 2, MIGRATE_MOVABLE), ==, "4");
		g_assert_cmpuint(fixture_free_blocks(zone), ==, 3);
		g_assert_cmpuint(zone->free_orders[MIGRATE_MOVABLE], ==, 7);
		/* Nothing to split: the next request takes what is left over. */
		g_assert_cmpuint(__rmqueue_smallest(zone, &f.tasks[0], 1, MIGRATE_MOVABLE), ==, 2);
		g_assert_cmpuint(__rmqueue_smallest(zone, &f.tasks[0], 3, MIGRATE_MOVABLE), ==,
				 PFN_NONE);
		/* It comes back: all merges to where it began. */
		free_one(zone, &f.tasks[0], 2, 1, MIGRATE_MOVABLE);
		g_assert_cmpuint(fixture_free_blocks(zone), ==, 3);
		free_one(zone, &f.tasks[0], 0, 0, MIGRATE_MOVABLE);
		g_assert_cmpstr(fixture_list(zone, 3, MIGRATE_MOVABLE), ==, "0");
		g_assert_cmpuint(fixture_free_blocks(zone), ==, 1);
		g_assert_cmpuint(zone->free_orders[MIGRATE_MOVABLE], ==, 8);
		fixture_finish(&f);
	}
}

/* Head, unless the block one order up is likely to be completed soon. */
static void test_head_or_tail(void)
{
	struct mm_fixture f;
	struct zone *zone;

	one_zone(&f, "linux-7.2", 2048);
	zone = fixture_zone(&f, 0, ZONE_NORMAL);
	fixture_free_block(&f, 100, 0, MIGRATE_MOVABLE);
	/* 13, 14 and 15 are in use. */
	free_one(zone, &f.tasks[0], 12, 0, MIGRATE_MOVABLE);
	g_assert_cmpstr(fixture_list(zone, 0, MIGRATE_MOVABLE), ==, "12 100");
	fixture_finish(&f);

	one_zone(&f, "linux-7.2", 2048);
	zone = fixture_zone(&f, 0, ZONE_NORMAL);
	fixture_free_block(&f, 100, 0, MIGRATE_MOVABLE);
	fixture_free_block(&f, 14, 1, MIGRATE_MOVABLE);
	free_one(zone, &f.tasks[0], 12, 0, MIGRATE_MOVABLE);
	g_assert_cmpstr(fixture_list(zone, 0, MIGRATE_MOVABLE), ==, "100 12");
	fixture_finish(&f);
}

/* The last order that can go to the tail is two below the top. */
static void test_tail_limit(void)
{
	for (u32 order = 8; order <= 9; order++) {
		struct mm_fixture f;
		struct zone *zone;
		u32 other = 4096, pfn = 0, upper = 2u << order;

		one_zone(&f, "linux-7.2", 8192);
		zone = fixture_zone(&f, 0, ZONE_NORMAL);
		fixture_free_block(&f, other, order, MIGRATE_MOVABLE);
		fixture_free_block(&f, upper, order + 1, MIGRATE_MOVABLE);
		free_one(zone, &f.tasks[0], pfn, order, MIGRATE_MOVABLE);
		g_assert_cmpstr(fixture_list(zone, order, MIGRATE_MOVABLE), ==,
				order == 8 ? "4096 0" : "0 4096");
		fixture_finish(&f);
	}
}

/* Blocks of the top order do not merge, nor do those of two zones. */
static void test_limits(void)
{
	struct mm_fixture f;
	struct zone *dma, *normal;

	fixture_init(&f, &(struct fixture_spec){.profile = "linux-7.2",
						.zones = {{0, ZONE_DMA, 0, 1536, 1536},
							  {0, ZONE_NORMAL, 1536, 2560, 2560}}});
	dma = fixture_zone(&f, 0, ZONE_DMA);
	normal = fixture_zone(&f, 0, ZONE_NORMAL);
	free_one(dma, &f.tasks[0], 1024, 9, MIGRATE_MOVABLE);
	free_one(normal, &f.tasks[0], 1536, 9, MIGRATE_MOVABLE);
	g_assert_cmpstr(fixture_list(dma, 9, MIGRATE_MOVABLE), ==, "1024");
	g_assert_cmpstr(fixture_list(normal, 9, MIGRATE_MOVABLE), ==, "1536");
	free_one(normal, &f.tasks[0], 2048, 10, MIGRATE_MOVABLE);
	free_one(normal, &f.tasks[0], 3072, 10, MIGRATE_MOVABLE);
	g_assert_cmpstr(fixture_list(normal, 10, MIGRATE_MOVABLE), ==, "3072 2048");
	g_assert_cmpint(dma->vm_stat[NR_FREE_PAGES], ==, 512);
	g_assert_cmpint(normal->vm_stat[NR_FREE_PAGES], ==, 2560);
	g_assert_cmpint(normal->vm_stat[NR_FREE_PAGES_BLOCKS], ==, 2560);
	fixture_finish(&f);
}

/* Pageblocks merge with their like, or among the three ordinary types; then the newer takes over
   the older in modern kernels and nobody changes in 6.1. */
static void test_types(void)
{
	static const struct {
		const char *profile;
		enum migratetype freed, there, after;
		bool merges;
	} cases[] = {
	    {"linux-7.2", MIGRATE_UNMOVABLE, MIGRATE_MOVABLE, MIGRATE_UNMOVABLE, true},
	    {"linux-6.12", MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE, true},
	    {"linux-6.1", MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE, MIGRATE_RECLAIMABLE, true},
	    {"linux-7.2", MIGRATE_MOVABLE, MIGRATE_HIGHATOMIC, MIGRATE_HIGHATOMIC, false},
	    {"linux-6.1", MIGRATE_HIGHATOMIC, MIGRATE_MOVABLE, MIGRATE_MOVABLE, false},
	    {"linux-7.2", MIGRATE_HIGHATOMIC, MIGRATE_HIGHATOMIC, MIGRATE_HIGHATOMIC, true},
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mm_fixture f;
		struct zone *zone;

		one_zone(&f, cases[i].profile, 2048);
		zone = fixture_zone(&f, 0, ZONE_NORMAL);
		fixture_block_type(&f, 0, cases[i].freed);
		fixture_block_type(&f, 512, cases[i].there);
		fixture_free_block(&f, 512, 9, cases[i].there);
		free_one(zone, &f.tasks[0], 0, 9, cases[i].freed);
		g_assert_cmpuint(fixture_free_blocks(zone), ==, cases[i].merges ? 1 : 2);
		g_assert_cmpstr(fixture_list(zone, cases[i].merges ? 10 : 9, cases[i].freed), ==,
				"0");
		g_assert_cmpuint(get_pageblock_migratetype(f.mm, 512), ==, cases[i].after);
		g_assert_cmpuint(get_pageblock_migratetype(f.mm, 0), ==, cases[i].freed);
		fixture_finish(&f);
	}
}

/* Below pageblock order types do not matter: the merged block is of the type freed last. */
static void test_small_types(void)
{
	struct mm_fixture f;
	struct zone *zone;

	one_zone(&f, "linux-6.1", 2048);
	zone = fixture_zone(&f, 0, ZONE_NORMAL);
	fixture_free_block(&f, 1, 0, MIGRATE_UNMOVABLE);
	free_one(zone, &f.tasks[0], 0, 0, MIGRATE_MOVABLE);
	g_assert_cmpstr(fixture_list(zone, 1, MIGRATE_MOVABLE), ==, "0");
	g_assert_cmpuint(fixture_free_blocks(zone), ==, 1);
	fixture_finish(&f);
}

/* A block above a pageblock: piece by piece with each piece's type, whole with the first's in 6.1.
 */
static void test_large_free(void)
{
	struct mm_fixture f;
	struct zone *zone;

	one_zone(&f, "linux-7.2", 2048);
	zone = fixture_zone(&f, 0, ZONE_NORMAL);
	fixture_block_type(&f, 0, MIGRATE_HIGHATOMIC);
	fixture_block_type(&f, 512, MIGRATE_MOVABLE);
	free_one_page(zone, &f.tasks[0], 0, 10, FPI_NONE);
	g_assert_cmpstr(fixture_list(zone, 9, MIGRATE_HIGHATOMIC), ==, "0");
	g_assert_cmpstr(fixture_list(zone, 9, MIGRATE_MOVABLE), ==, "512");
	g_assert_cmpint(zone->nr_free_highatomic, ==, 512);
	fixture_finish(&f);

	one_zone(&f, "linux-6.1", 2048);
	zone = fixture_zone(&f, 0, ZONE_NORMAL);
	fixture_block_type(&f, 0, MIGRATE_HIGHATOMIC);
	fixture_block_type(&f, 512, MIGRATE_MOVABLE);
	free_one_page(zone, &f.tasks[0], 0, 10, FPI_NONE);
	g_assert_cmpstr(fixture_list(zone, 10, MIGRATE_HIGHATOMIC), ==, "0");
	g_assert_cmpuint(fixture_free_blocks(zone), ==, 1);
	fixture_finish(&f);
}

/* A pageblock's free blocks move in order of address, each to the tail of its order's list. */
static void test_move(void)
{
	struct mm_fixture f;
	struct zone *zone;
	u32 movable = 0;

	one_zone(&f, "linux-7.2", 2048);
	zone = fixture_zone(&f, 0, ZONE_NORMAL);
	fixture_free_block(&f, 1600, 2, MIGRATE_UNMOVABLE);
	fixture_free_block(&f, 700, 2, MIGRATE_MOVABLE);
	fixture_free_block(&f, 600, 2, MIGRATE_MOVABLE);
	fixture_free_block(&f, 512, 4, MIGRATE_MOVABLE);
	fixture_free_block(&f, 40, 2, MIGRATE_MOVABLE);
	fixture_use(&f, 640, 3, PG_lru);
	fixture_use(&f, 768, 0, 0);
	g_assert_cmpuint(move_freepages(zone, 0, 512, 1024, MIGRATE_UNMOVABLE, &movable), ==, 24);
	g_assert_cmpuint(movable, ==, 8);
	g_assert_cmpstr(fixture_list(zone, 2, MIGRATE_UNMOVABLE), ==, "1600 600 700");
	g_assert_cmpstr(fixture_list(zone, 4, MIGRATE_UNMOVABLE), ==, "512");
	g_assert_cmpstr(fixture_list(zone, 2, MIGRATE_MOVABLE), ==, "40");
	g_assert_cmpint(zone->vm_stat[NR_FREE_PAGES], ==, 32);
	fixture_finish(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/buddy/split", test_split);
	g_test_add_func("/mm/buddy/head-or-tail", test_head_or_tail);
	g_test_add_func("/mm/buddy/tail-limit", test_tail_limit);
	g_test_add_func("/mm/buddy/limits", test_limits);
	g_test_add_func("/mm/buddy/types", test_types);
	g_test_add_func("/mm/buddy/small-types", test_small_types);
	g_test_add_func("/mm/buddy/large-free", test_large_free);
	g_test_add_func("/mm/buddy/move", test_move);
	return g_test_run();
}

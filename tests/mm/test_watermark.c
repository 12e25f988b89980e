/* SPDX-License-Identifier: GPL-2.0-only */
/* Who may take the last pages: marks, discounts, the boost, reserves, and counters that lag. */
#include "mm_fixture.h"

#include "mm/vmstat.h"
#include "mm/watermark.h"

static struct zone *one_zone(struct mm_fixture *f, const char *profile)
{
	struct zone *zone;

	fixture_init(f, &(struct fixture_spec){.profile = profile,
					       .nr_cpus = 2,
					       .cma = true,
					       .zones = {{0, ZONE_NORMAL, 0, 65536, 65536}}});
	zone = fixture_zone(f, 0, ZONE_NORMAL);
	zone->_watermark[WMARK_MIN] = 2013;
	return zone;
}

/* The smallest free count at which the request passes. */
static s64 needed(const struct zone *zone, u32 order, s64 mark, u32 flags)
{
	s64 free = 0;

	while (!__zone_watermark_ok(zone, order, mark, ZONE_NORMAL, flags, free))
		g_assert_cmpint(++free, <, 100000);
	return free;
}

/* GFP_ATOMIC in the slow path: half of the mark off, then a quarter of the rest. */
static void test_discounts(void)
{
	struct mm_fixture f;
	struct zone *zone = one_zone(&f, "linux-7.2");

	g_assert_cmpint(needed(zone, 0, 2013, 0), ==, 2014);
	g_assert_cmpint(needed(zone, 0, 2013, ALLOC_MIN_RESERVE), ==, 1007 + 1);
	g_assert_cmpint(needed(zone, 0, 2013, ALLOC_MIN_RESERVE | ALLOC_NON_BLOCK), ==, 756 + 1);
	/* Non-blocking alone has no discount; an OOM victim takes half. */
	g_assert_cmpint(needed(zone, 0, 2013, ALLOC_NON_BLOCK), ==, 2014);
	g_assert_cmpint(needed(zone, 0, 2013, ALLOC_OOM), ==, 1007 + 1);
	g_assert_cmpint(needed(zone, 0, 2013, ALLOC_OOM | ALLOC_MIN_RESERVE | ALLOC_NON_BLOCK), ==,
			378 + 1);
	zone->lowmem_reserve[ZONE_NORMAL] = 500;
	g_assert_cmpint(needed(zone, 0, 2013, ALLOC_MIN_RESERVE), ==, 1507 + 1);
	fixture_finish(&f);
}

/* Larger blocks: the pages beyond the first do not count, and one must be there. */
static void test_orders(void)
{
	struct mm_fixture f;
	struct zone *zone = one_zone(&f, "linux-7.2");

	g_assert_false(__zone_watermark_ok(zone, 3, 0, ZONE_NORMAL, 0, 60000));
	fixture_free_block(&f, 1024, 2, MIGRATE_MOVABLE);
	g_assert_false(__zone_watermark_ok(zone, 3, 0, ZONE_NORMAL, 0, 60000));
	fixture_free_block(&f, 2048, 5, MIGRATE_RECLAIMABLE);
	g_assert_cmpint(needed(zone, 3, 100, 0), ==, 100 + 7 + 1);
	g_assert_true(__zone_watermark_ok(zone, 5, 0, ZONE_NORMAL, 0, 60000));
	g_assert_false(__zone_watermark_ok(zone, 6, 0, ZONE_NORMAL, 0, 60000));
	/* Blocks of the reserve and of CMA are for those who may use them. */
	fixture_free_block(&f, 4096, 8, MIGRATE_HIGHATOMIC);
	fixture_free_block(&f, 8192, 7, MIGRATE_CMA);
	g_assert_false(__zone_watermark_ok(zone, 6, 0, ZONE_NORMAL, ALLOC_NON_BLOCK, 60000));
	g_assert_true(__zone_watermark_ok(zone, 8, 0, ZONE_NORMAL, ALLOC_HIGHATOMIC, 60000));
	g_assert_true(__zone_watermark_ok(zone, 8, 0, ZONE_NORMAL, ALLOC_OOM, 60000));
	g_assert_true(__zone_watermark_ok(zone, 7, 0, ZONE_NORMAL, ALLOC_CMA, 60000));
	g_assert_false(__zone_watermark_ok(zone, 8, 0, ZONE_NORMAL, ALLOC_CMA, 60000));
	fixture_finish(&f);
}

/* Pages set aside: of the reserve only what is free in modern kernels, all of it in 6.1. */
static void test_set_aside(void)
{
	static const struct {
		const char *profile;
		s64 aside;
	} cases[] = {{"linux-7.2", 30}, {"linux-6.12", 30}, {"linux-6.1", 512}};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mm_fixture f;
		struct zone *zone = one_zone(&f, cases[i].profile);

		zone->nr_reserved_highatomic = 512;
		zone->nr_free_highatomic = 30;
		zone->vm_stat[NR_FREE_CMA_PAGES] = 40;
		g_assert_cmpint(needed(zone, 0, 100, 0), ==, 100 + cases[i].aside + 40 + 1);
		g_assert_cmpint(needed(zone, 0, 100, ALLOC_CMA), ==, 100 + cases[i].aside + 1);
		/* Who may use reserves counts the reserve too. */
		g_assert_cmpint(needed(zone, 0, 0, ALLOC_NON_BLOCK), ==, 40 + 1);
		g_assert_cmpint(needed(zone, 0, 0, ALLOC_HIGHATOMIC | ALLOC_CMA), ==, 1);
		fixture_finish(&f);
	}
}

/* Each boost adds a pageblock up to half more than the high mark; small zones have none. */
static void test_boost(void)
{
	static const struct {
		s64 high;
		u32 times;
		s64 boost;
	} cases[] = {{1000, 1, 512},	  {1000, 2, 1024}, {1000, 3, 1500}, {1000, 9, 1500},
		     {12000, 100, 18000}, {100, 5, 512},   {0, 5, 0}};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mm_fixture f;
		struct zone *zone = one_zone(&f, "linux-7.2");

		zone->_watermark[WMARK_HIGH] = cases[i].high;
		for (u32 n = 0; n < cases[i].times; n++)
			g_assert_true(boost_watermark(zone) == (cases[i].high != 0));
		g_assert_cmpint(zone->watermark_boost, ==, cases[i].boost);
		g_assert_cmpint(wmark_pages(zone, WMARK_MIN), ==, 2013 + cases[i].boost);
		fixture_finish(&f);
	}
}

static void test_no_boost(void)
{
	struct mm_fixture f;
	struct zone *zone = one_zone(&f, "linux-7.2");

	zone->_watermark[WMARK_HIGH] = 1000;
	f.mm->sysctl.watermark_boost_factor = 0;
	g_assert_false(boost_watermark(zone));
	f.mm->sysctl.watermark_boost_factor = 15000;
	zone->managed_pages = 2047; /* below four pageblocks */
	g_assert_false(boost_watermark(zone));
	zone->managed_pages = 2048;
	g_assert_true(boost_watermark(zone));
	fixture_finish(&f);
}

/* Atomic single pages may ignore the boost of the min mark: by __GFP_HIGH, in 6.1 by
   __GFP_ATOMIC. */
static void test_boost_bypass(void)
{
	static const char *const profiles[] = {"linux-7.2", "linux-6.12", "linux-6.1"};

	for (u32 i = 0; i < ARRAY_SIZE(profiles); i++) {
		bool by_flag = i == 2;
		struct mm_fixture f;
		struct zone *zone = one_zone(&f, profiles[i]);
		u32 min = ALLOC_WMARK_MIN | ALLOC_MIN_RESERVE;
		gfp_t gfp = __GFP_HIGH | (by_flag ? __GFP_ATOMIC : 0);

		zone->watermark_boost = 4000;
		zone->vm_stat[NR_FREE_PAGES] = 1500; /* above 1007, below half of 6013 */
		g_assert_true(zone_watermark_fast(zone, 0, 6013, ZONE_NORMAL, min, gfp));
		g_assert_false(zone_watermark_fast(zone, 1, 6013, ZONE_NORMAL, min, gfp));
		g_assert_false(zone_watermark_fast(zone, 0, 6013, ZONE_NORMAL,
						   ALLOC_WMARK_LOW | ALLOC_MIN_RESERVE, gfp));
		g_assert_true(zone_watermark_fast(zone, 0, 6013, ZONE_NORMAL, min, __GFP_HIGH) ==
			      !by_flag);
		g_assert_false(zone_watermark_fast(zone, 0, 6013, ZONE_NORMAL, ALLOC_WMARK_MIN, 0));
		fixture_finish(&f);
	}
}

/* A change stays with the CPU until it exceeds the threshold, then goes as a whole; marks are
   tested against the global part, never below 0. */
static void test_counters_lag(void)
{
	struct mm_fixture f;
	struct zone *zone = one_zone(&f, "linux-7.2");

	zone->pageset[0].stat_threshold = zone->pageset[1].stat_threshold = 10;
	zone->vm_stat[NR_FREE_PAGES] = 20;
	mod_zone_page_state(zone, 0, NR_FREE_PAGES, -10);
	g_assert_cmpint(zone_page_state(zone, NR_FREE_PAGES), ==, 20);
	mod_zone_page_state(zone, 1, NR_FREE_PAGES, -4);
	g_assert_cmpint(zone_page_state_snapshot(zone, NR_FREE_PAGES), ==, 6);
	mod_zone_page_state(zone, 0, NR_FREE_PAGES, -1);
	g_assert_cmpint(zone->vm_stat[NR_FREE_PAGES], ==, 9);
	g_assert_cmpint(zone->pageset[0].vm_stat_diff[NR_FREE_PAGES], ==, 0);
	g_assert_cmpint(zone->pageset[1].vm_stat_diff[NR_FREE_PAGES], ==, -4);
	mod_zone_page_state(zone, 0, NR_FREE_PAGES, -12);
	g_assert_cmpint(zone->vm_stat[NR_FREE_PAGES], ==, -3);
	g_assert_cmpint(zone_page_state(zone, NR_FREE_PAGES), ==, 0);
	mod_zone_page_state(zone, 0, NR_FREE_PAGES, 10);
	g_assert_cmpint(zone->vm_stat[NR_FREE_PAGES], ==, -3);
	mod_zone_page_state(zone, 0, NR_FREE_PAGES, 1);
	g_assert_cmpint(zone->vm_stat[NR_FREE_PAGES], ==, 8);
	/* The statistics work folds what is left of its CPU. */
	g_assert_true(refresh_cpu_vm_stats(f.mm, &f.tasks[1]));
	g_assert_cmpint(zone->vm_stat[NR_FREE_PAGES], ==, 4);
	g_assert_cmpint(zone->pageset[1].expire, ==, 3);
	g_assert_false(refresh_cpu_vm_stats(f.mm, &f.tasks[1]));
	fixture_finish(&f);
}

/* While reclaim needs better counts the threshold is what the marks allow. */
static void test_pressure_threshold(void)
{
	struct mm_fixture f;
	struct zone *zone = one_zone(&f, "linux-7.2");

	zone->_watermark[WMARK_LOW] = 2013 + 100;
	g_assert_cmpint(calculate_pressure_threshold(f.mm, zone), ==, 50);
	zone->_watermark[WMARK_LOW] = 2013 + 1;
	g_assert_cmpint(calculate_pressure_threshold(f.mm, zone), ==, 1);
	zone->_watermark[WMARK_LOW] = 2013 + 5000;
	g_assert_cmpint(calculate_pressure_threshold(f.mm, zone), ==, 125);
	fixture_finish(&f);
}

/* The mark "below high": set by an allocation that misses it, cleared by a drain above it. */
static void test_below_high(void)
{
	struct mm_fixture f;
	struct zone *zone = one_zone(&f, "linux-7.2");
	u32 pfn;

	zone->_watermark[WMARK_MIN] = 0;
	zone->_watermark[WMARK_HIGH] = 1030;
	zone->pageset[0].batch = 1;
	fixture_free_block(&f, 1024, 10, MIGRATE_UNMOVABLE);
	pfn = alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, 0);
	g_assert_cmpuint(pfn, ==, 1024);
	g_assert_cmpuint(zone->flags, ==, ZONE_BELOW_HIGH);
	g_assert_cmpint(free_pages(f.mm, &f.tasks[0], pfn, 0), ==, FREE_OK);
	g_assert_cmpint(zone->vm_stat[NR_FREE_PAGES], ==, 1024);
	g_assert_cmpuint(zone->flags, ==, ZONE_BELOW_HIGH);
	fixture_free_block(&f, 4096, 4, MIGRATE_UNMOVABLE);
	pfn = alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, 0);
	g_assert_cmpint(free_pages(f.mm, &f.tasks[0], pfn, 0), ==, FREE_OK);
	g_assert_cmpuint(zone->flags, ==, 0);
	fixture_finish(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/watermark/discounts", test_discounts);
	g_test_add_func("/mm/watermark/orders", test_orders);
	g_test_add_func("/mm/watermark/set-aside", test_set_aside);
	g_test_add_func("/mm/watermark/boost", test_boost);
	g_test_add_func("/mm/watermark/no-boost", test_no_boost);
	g_test_add_func("/mm/watermark/boost-bypass", test_boost_bypass);
	g_test_add_func("/mm/watermark/counters-lag", test_counters_lag);
	g_test_add_func("/mm/watermark/pressure-threshold", test_pressure_threshold);
	g_test_add_func("/mm/watermark/below-high", test_below_high);
	return g_test_run();
}

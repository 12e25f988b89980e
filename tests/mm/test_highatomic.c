/* SPDX-License-Identifier: GPL-2.0-only */
/* The reserve for high-order atomic requests: how it grows, who may use it, how it is given back.
 */
#include "mm_fixture.h"

#include "mm/fallback.h"
#include "mm/page_alloc.h"
#include "mm/watermark.h"

static struct zone *one_zone(struct mm_fixture *f, const char *profile, u64 pages)
{
	fixture_init(f, &(struct fixture_spec){.profile = profile,
					       .zones = {{0, ZONE_NORMAL, 0, pages, pages}}});
	return fixture_zone(f, 0, ZONE_NORMAL);
}

/* A percent of the zone, rounded up to pageblocks; nothing if that is less than one. In 6.1 a
   percent and a pageblock. */
static void test_limit(void)
{
	static const struct {
		const char *profile;
		u64 pages;
		s64 reserved;
	} cases[] = {
	    {"linux-7.2", 65536, 1024}, {"linux-6.12", 65536, 1024}, {"linux-6.1", 65536, 1536},
	    {"linux-7.2", 51199, 0},	{"linux-7.2", 51200, 512},   {"linux-6.12", 40960, 0},
	    {"linux-6.1", 40960, 1024}, {"linux-6.1", 8192, 1024},   {"linux-6.1", 512, 512},
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mm_fixture f;
		struct zone *zone = one_zone(&f, cases[i].profile, cases[i].pages);

		for (u32 pfn = 0; pfn < cases[i].pages; pfn += 512)
			reserve_highatomic_pageblock(zone, &f.tasks[0], pfn + 8, 3);
		g_assert_cmpint(zone->nr_reserved_highatomic, ==, cases[i].reserved);
		fixture_finish(&f);
	}
}

/* The pageblock's free pages go with it. */
static void test_reserve(void)
{
	static const char *const profiles[] = {"linux-7.2", "linux-6.12", "linux-6.1"};

	for (u32 i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct mm_fixture f;
		struct zone *zone = one_zone(&f, profiles[i], 65536);

		fixture_free_block(&f, 520, 3, MIGRATE_UNMOVABLE);
		fixture_free_block(&f, 768, 8, MIGRATE_UNMOVABLE);
		fixture_free_block(&f, 1024, 8, MIGRATE_UNMOVABLE);
		reserve_highatomic_pageblock(zone, &f.tasks[0], 512, 3);
		g_assert_cmpuint(get_pageblock_migratetype(f.mm, 512), ==, MIGRATE_HIGHATOMIC);
		g_assert_cmpstr(fixture_list(zone, 3, MIGRATE_HIGHATOMIC), ==, "520");
		g_assert_cmpstr(fixture_list(zone, 8, MIGRATE_HIGHATOMIC), ==, "768");
		g_assert_cmpstr(fixture_list(zone, 8, MIGRATE_UNMOVABLE), ==, "1024");
		g_assert_cmpint(zone->nr_reserved_highatomic, ==, 512);
		g_assert_cmpint(zone->vm_stat[NR_FREE_PAGES], ==, 520);
		if (f.mm->profile->highatomic_free_exact)
			g_assert_cmpint(zone->nr_free_highatomic, ==, 264);
		/* A second page of the same pageblock changes nothing. */
		reserve_highatomic_pageblock(zone, &f.tasks[0], 640, 0);
		g_assert_cmpint(zone->nr_reserved_highatomic, ==, 512);
		fixture_finish(&f);
	}
}

/* CMA and a pageblock across the zone's edge cannot be reserved; 6.1 trims the edge. */
static void test_not_reserved(void)
{
	struct mm_fixture f;
	struct zone *zone = one_zone(&f, "linux-7.2", 65536);

	fixture_block_type(&f, 512, MIGRATE_CMA);
	reserve_highatomic_pageblock(zone, &f.tasks[0], 512, 3);
	g_assert_cmpint(zone->nr_reserved_highatomic, ==, 0);
	fixture_finish(&f);
	for (u32 i = 0; i < 2; i++) {
		fixture_init(&f,
			     &(struct fixture_spec){.profile = i ? "linux-6.1" : "linux-7.2",
						    .zones = {{0, ZONE_NORMAL, 8, 65528, 65528}}});
		zone = fixture_zone(&f, 0, ZONE_NORMAL);
		reserve_highatomic_pageblock(zone, &f.tasks[0], 16, 3);
		g_assert_cmpint(zone->nr_reserved_highatomic, ==, i ? 512 : 0);
		g_assert_cmpuint(get_pageblock_migratetype(f.mm, 16), ==,
				 i ? MIGRATE_HIGHATOMIC : MIGRATE_UNMOVABLE);
		fixture_finish(&f);
	}
}

/* A block above a pageblock reserves all its pageblocks, one in 6.1. */
static void test_reserve_large(void)
{
	struct mm_fixture f;
	struct zone *zone = one_zone(&f, "linux-7.2", 65536);

	reserve_highatomic_pageblock(zone, &f.tasks[0], 2048, 10);
	g_assert_cmpint(zone->nr_reserved_highatomic, ==, 1024);
	g_assert_cmpuint(get_pageblock_migratetype(f.mm, 2048), ==, MIGRATE_HIGHATOMIC);
	g_assert_cmpuint(get_pageblock_migratetype(f.mm, 2560), ==, MIGRATE_HIGHATOMIC);
	fixture_finish(&f);
	zone = one_zone(&f, "linux-6.1", 65536);
	reserve_highatomic_pageblock(zone, &f.tasks[0], 2048, 10);
	g_assert_cmpint(zone->nr_reserved_highatomic, ==, 512);
	g_assert_cmpuint(get_pageblock_migratetype(f.mm, 2560), ==, MIGRATE_UNMOVABLE);
	fixture_finish(&f);
}

static struct alloc_context request(struct mm_fixture *f, enum migratetype mt)
{
	struct alloc_context ac;

	g_assert_true(prepare_alloc_pages(f->mm, GFP_KERNEL, 0, 0, &ac));
	ac.migratetype = mt;
	return ac;
}

/* One pageblock stays unless the caller is about to give up; the smallest free block says which. */
static void test_unreserve(void)
{
	static const char *const profiles[] = {"linux-7.2", "linux-6.12", "linux-6.1"};

	for (u32 i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct mm_fixture f;
		struct zone *zone = one_zone(&f, profiles[i], 65536);
		struct alloc_context ac = request(&f, MIGRATE_RECLAIMABLE);

		fixture_free_block(&f, 520, 3, MIGRATE_UNMOVABLE);
		fixture_free_block(&f, 1032, 2, MIGRATE_UNMOVABLE);
		fixture_free_block(&f, 1280, 8, MIGRATE_UNMOVABLE);
		g_assert_false(unreserve_highatomic_pageblock(f.mm, &f.tasks[0], &ac, true));
		reserve_highatomic_pageblock(zone, &f.tasks[0], 512, 3);
		g_assert_false(unreserve_highatomic_pageblock(f.mm, &f.tasks[0], &ac, false));
		reserve_highatomic_pageblock(zone, &f.tasks[0], 1024, 3);
		g_assert_cmpint(zone->nr_reserved_highatomic, ==, 1024);

		g_assert_true(unreserve_highatomic_pageblock(f.mm, &f.tasks[0], &ac, false));
		g_assert_cmpint(zone->nr_reserved_highatomic, ==, 512);
		g_assert_cmpuint(get_pageblock_migratetype(f.mm, 1024), ==, MIGRATE_RECLAIMABLE);
		g_assert_cmpstr(fixture_list(zone, 2, MIGRATE_RECLAIMABLE), ==, "1032");
		g_assert_cmpstr(fixture_list(zone, 8, MIGRATE_RECLAIMABLE), ==, "1280");
		g_assert_cmpuint(get_pageblock_migratetype(f.mm, 512), ==, MIGRATE_HIGHATOMIC);

		g_assert_false(unreserve_highatomic_pageblock(f.mm, &f.tasks[0], &ac, false));
		g_assert_true(unreserve_highatomic_pageblock(f.mm, &f.tasks[0], &ac, true));
		g_assert_cmpint(zone->nr_reserved_highatomic, ==, 0);
		g_assert_cmpstr(fixture_list(zone, 3, MIGRATE_RECLAIMABLE), ==, "520");
		g_assert_cmpint(zone->nr_free_highatomic, ==, 0);
		g_assert_cmpint(zone->vm_stat[NR_FREE_PAGES], ==, 8 + 4 + 256);
		fixture_finish(&f);
	}
}

/* A reserve whose pages are all in use cannot be given back. */
static void test_unreserve_used(void)
{
	struct mm_fixture f;
	struct zone *zone = one_zone(&f, "linux-7.2", 65536);
	struct alloc_context ac = request(&f, MIGRATE_MOVABLE);

	reserve_highatomic_pageblock(zone, &f.tasks[0], 512, 3);
	reserve_highatomic_pageblock(zone, &f.tasks[0], 1024, 3);
	g_assert_false(unreserve_highatomic_pageblock(f.mm, &f.tasks[0], &ac, true));
	g_assert_cmpint(zone->nr_reserved_highatomic, ==, 1024);
	fixture_finish(&f);
}

/* A free block above a pageblock: all its pageblocks go back at once. */
static void test_unreserve_large(void)
{
	struct mm_fixture f;
	struct zone *zone = one_zone(&f, "linux-7.2", 65536);
	struct alloc_context ac = request(&f, MIGRATE_MOVABLE);

	reserve_highatomic_pageblock(zone, &f.tasks[0], 2048, 10);
	fixture_free_block(&f, 2048, 10, MIGRATE_HIGHATOMIC);
	g_assert_true(unreserve_highatomic_pageblock(f.mm, &f.tasks[0], &ac, false));
	g_assert_cmpint(zone->nr_reserved_highatomic, ==, 0);
	g_assert_cmpstr(fixture_list(zone, 10, MIGRATE_MOVABLE), ==, "2048");
	g_assert_cmpuint(get_pageblock_migratetype(f.mm, 2048), ==, MIGRATE_MOVABLE);
	g_assert_cmpuint(get_pageblock_migratetype(f.mm, 2560), ==, MIGRATE_MOVABLE);
	g_assert_cmpint(zone->nr_free_highatomic, ==, 0);
	fixture_finish(&f);
}

/* An atomic request that misses the low mark comes by the slow path and reserves; whatever path
   brought the page in 6.x, only the buddy lists in 7.2. */
static void test_request_reserves(void)
{
	static const char *const profiles[] = {"linux-7.2", "linux-6.12", "linux-6.1"};
	const gfp_t atomic = __GFP_HIGH | __GFP_KSWAPD_RECLAIM;

	for (u32 i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct mm_fixture f;
		struct zone *zone = one_zone(&f, profiles[i], 65536);
		u32 pfn;

		zone->_watermark[WMARK_LOW] = zone->_watermark[WMARK_HIGH] = 100000;
		zone->pageset[0].batch = 8;
		zone->pageset[0].high = zone->pageset[0].high_min = zone->pageset[0].high_max = 50;
		fixture_free_block(&f, 1024, 10, MIGRATE_UNMOVABLE);
		pfn = alloc_pages_node(f.mm, &f.tasks[0], 0, 0, atomic, 2);
		g_assert_cmpuint(pfn, ==, 1024);
		g_assert_cmpint(zone->nr_reserved_highatomic, ==, 512);
		g_assert_cmpuint(get_pageblock_migratetype(f.mm, 1024), ==, MIGRATE_HIGHATOMIC);
		/* Only 7.2 does not fill the list for such a request. */
		g_assert_cmpint(zone->pageset[0].count, ==, i ? 4 : 0);
		/* A single page, or a request that may wait, reserves nothing. */
		zone->nr_reserved_highatomic = 0;
		fixture_block_type(&f, 1024, MIGRATE_UNMOVABLE);
		fixture_block_type(&f, 1536, MIGRATE_UNMOVABLE);
		alloc_pages_node(f.mm, &f.tasks[0], 0, 0, atomic, 0);
		alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL | __GFP_HIGH, 3);
		alloc_pages_node(f.mm, &f.tasks[0], 0, 0, atomic | __GFP_NOMEMALLOC, 3);
		g_assert_cmpint(zone->nr_reserved_highatomic, ==, 0);
		fixture_finish(&f);
	}
}

/* When only the reserve is left: for those who cannot wait, not for others. */
static void test_last_resort(void)
{
	static const char *const profiles[] = {"linux-7.2", "linux-6.12", "linux-6.1"};

	for (u32 i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct mm_fixture f;
		struct zone *zone = one_zone(&f, profiles[i], 65536);
		u32 pfn;

		fixture_free_block(&f, 1024, 9, MIGRATE_UNMOVABLE);
		reserve_highatomic_pageblock(zone, &f.tasks[0], 1024, 3);
		zone->pageset[0].batch = 1;
		g_assert_cmpuint(alloc_pages_node(f.mm, &f.tasks[0], 0, 0,
						  __GFP_KSWAPD_RECLAIM | __GFP_NOMEMALLOC, 0),
				 ==, PFN_NONE);
		pfn = alloc_pages_node(f.mm, &f.tasks[0], 0, 0, __GFP_KSWAPD_RECLAIM, 0);
		g_assert_cmpuint(pfn, ==, 1024);
		/* Larger ones have to have asked for it with __GFP_HIGH. */
		g_assert_cmpuint(alloc_pages_node(f.mm, &f.tasks[0], 0, 0, __GFP_KSWAPD_RECLAIM, 2),
				 ==, PFN_NONE);
		g_assert_cmpuint(
		    alloc_pages_node(f.mm, &f.tasks[0], 0, 0, __GFP_KSWAPD_RECLAIM | __GFP_HIGH, 2),
		    !=, PFN_NONE);
		fixture_finish(&f);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/highatomic/limit", test_limit);
	g_test_add_func("/mm/highatomic/reserve", test_reserve);
	g_test_add_func("/mm/highatomic/not-reserved", test_not_reserved);
	g_test_add_func("/mm/highatomic/reserve-large", test_reserve_large);
	g_test_add_func("/mm/highatomic/unreserve", test_unreserve);
	g_test_add_func("/mm/highatomic/unreserve-used", test_unreserve_used);
	g_test_add_func("/mm/highatomic/unreserve-large", test_unreserve_large);
	g_test_add_func("/mm/highatomic/request-reserves", test_request_reserves);
	g_test_add_func("/mm/highatomic/last-resort", test_last_resort);
	return g_test_run();
}

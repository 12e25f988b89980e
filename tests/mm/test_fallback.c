/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages for one type out of another's blocks: claims, steals, and what is left behind. */
#include "mm_fixture.h"

#include "mm/fallback.h"

static void one_zone(struct mm_fixture *f, const char *profile)
{
	fixture_init(f, &(struct fixture_spec){.profile = profile,
					       .zones = {{0, ZONE_NORMAL, 0, 8192, 8192}}});
	fixture_zone(f, 0, ZONE_NORMAL)->_watermark[WMARK_HIGH] = 1000;
}

/* The pageblock at 512: one free block, some movable pages in use, the rest in use too. */
static struct zone *pageblock(struct mm_fixture *f, const char *profile, u32 free, u32 order,
			      u32 movable)
{
	one_zone(f, profile);
	fixture_block_type(f, 512, MIGRATE_UNMOVABLE);
	fixture_free_block(f, free, order, MIGRATE_UNMOVABLE);
	for (u32 pfn = 1023; pfn >= 512; pfn--) {
		if (pfn >= free && pfn < free + (1u << order))
			continue;
		fixture_use(f, pfn, 0, movable ? PG_lru : 0);
		movable -= movable != 0;
	}
	return fixture_zone(f, 0, ZONE_NORMAL);
}

/* Too small a block to take over for movable pages: stolen, the rest stays where it was. */
static void test_steal(void)
{
	struct mm_fixture f;
	struct zone *zone = pageblock(&f, "linux-7.2", 520, 3, 300);

	g_assert_cmpuint(fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, 0), ==, 520);
	g_assert_cmpstr(fixture_list(zone, 0, MIGRATE_UNMOVABLE), ==, "521");
	g_assert_cmpstr(fixture_list(zone, 1, MIGRATE_UNMOVABLE), ==, "522");
	g_assert_cmpstr(fixture_list(zone, 2, MIGRATE_UNMOVABLE), ==, "524");
	g_assert_cmpuint(fixture_free_blocks(zone), ==, 3);
	g_assert_cmpuint(get_pageblock_migratetype(f.mm, 520), ==, MIGRATE_UNMOVABLE);
	g_assert_cmpint(zone->watermark_boost, ==, 0);
	fixture_finish(&f);
}

/* Half of the pageblock is free or movable: it changes sides. */
static void test_claim(void)
{
	struct mm_fixture f;
	struct zone *zone = pageblock(&f, "linux-7.2", 544, 5, 300);

	g_assert_cmpuint(fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, 0), ==, 544);
	g_assert_cmpuint(get_pageblock_migratetype(f.mm, 544), ==, MIGRATE_MOVABLE);
	g_assert_cmpstr(fixture_list(zone, 0, MIGRATE_MOVABLE), ==, "545");
	g_assert_cmpstr(fixture_list(zone, 4, MIGRATE_MOVABLE), ==, "560");
	g_assert_cmpuint(fixture_free_blocks(zone), ==, 5);
	g_assert_cmpint(zone->watermark_boost, ==, 512);
	g_assert_cmpuint(zone->flags & ZONE_BOOSTED_WATERMARK, ==, 0); /* without ALLOC_KSWAPD */
	fixture_finish(&f);
}

/* Less than half: it keeps its type, the boost is raised all the same, the page is stolen. */
static void test_claim_refused(void)
{
	struct mm_fixture f;
	struct zone *zone = pageblock(&f, "linux-7.2", 544, 5, 100);

	g_assert_cmpuint(fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, ALLOC_KSWAPD), ==,
			 544);
	g_assert_cmpuint(get_pageblock_migratetype(f.mm, 544), ==, MIGRATE_UNMOVABLE);
	g_assert_cmpstr(fixture_list(zone, 0, MIGRATE_UNMOVABLE), ==, "545");
	g_assert_cmpstr(fixture_list(zone, 4, MIGRATE_UNMOVABLE), ==, "560");
	g_assert_cmpint(zone->watermark_boost, ==, 512);
	g_assert_cmpuint(zone->flags & ZONE_BOOSTED_WATERMARK, !=, 0);
	fixture_finish(&f);
}

/* The exact half decides: 32 free and 224 alike. */
static void test_half(void)
{
	struct mm_fixture f;
	struct zone *zone = pageblock(&f, "linux-7.2", 544, 5, 224);

	fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, 0);
	g_assert_cmpuint(get_pageblock_migratetype(f.mm, 544), ==, MIGRATE_MOVABLE);
	fixture_finish(&f);
	zone = pageblock(&f, "linux-7.2", 544, 5, 223);
	fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, 0);
	g_assert_cmpuint(get_pageblock_migratetype(f.mm, 544), ==, MIGRATE_UNMOVABLE);
	fixture_finish(&f);
}

/* An unmovable request takes over a movable pageblock by the pages that are not movable. */
static void test_alike_unmovable(void)
{
	struct mm_fixture f;
	struct zone *zone = pageblock(&f, "linux-7.2", 520, 0, 250);

	/* 1 free, 250 movable, 261 others: the others and the free one are more than half. */
	__del_page_from_free_list(zone, 0, 520, 0);
	__add_to_free_list(zone, 0, 520, 0, MIGRATE_MOVABLE, true);
	fixture_block_type(&f, 512, MIGRATE_MOVABLE);
	g_assert_cmpuint(fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_UNMOVABLE, 0), ==, 520);
	g_assert_cmpuint(get_pageblock_migratetype(f.mm, 520), ==, MIGRATE_UNMOVABLE);
	fixture_finish(&f);
	/* Into a reclaimable pageblock only free pages count. */
	zone = pageblock(&f, "linux-7.2", 520, 0, 250);
	__del_page_from_free_list(zone, 0, 520, 0);
	__add_to_free_list(zone, 0, 520, 0, MIGRATE_RECLAIMABLE, true);
	fixture_block_type(&f, 512, MIGRATE_RECLAIMABLE);
	g_assert_cmpuint(fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_UNMOVABLE, 0), ==, 520);
	g_assert_cmpuint(get_pageblock_migratetype(f.mm, 520), ==, MIGRATE_RECLAIMABLE);
	fixture_finish(&f);
}

/* Whole pageblocks change sides at once, without boost; the largest first, the preferred type. */
static void test_claim_whole(void)
{
	struct mm_fixture f;
	struct zone *zone;

	one_zone(&f, "linux-7.2");
	zone = fixture_zone(&f, 0, ZONE_NORMAL);
	fixture_block_type(&f, 512, MIGRATE_RECLAIMABLE);
	fixture_block_type(&f, 2048, MIGRATE_MOVABLE);
	fixture_block_type(&f, 2560, MIGRATE_MOVABLE);
	fixture_free_block(&f, 512, 9, MIGRATE_RECLAIMABLE);
	fixture_free_block(&f, 2048, 10, MIGRATE_MOVABLE);
	g_assert_cmpuint(fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_UNMOVABLE, 0), ==, 2048);
	g_assert_cmpuint(get_pageblock_migratetype(f.mm, 2048), ==, MIGRATE_UNMOVABLE);
	g_assert_cmpuint(get_pageblock_migratetype(f.mm, 2560), ==, MIGRATE_UNMOVABLE);
	g_assert_cmpstr(fixture_list(zone, 9, MIGRATE_UNMOVABLE), ==, "2560");
	g_assert_cmpstr(fixture_list(zone, 9, MIGRATE_RECLAIMABLE), ==, "512");
	g_assert_cmpint(zone->watermark_boost, ==, 0);
	fixture_finish(&f);
}

/* Types are tried in their order at each size: reclaimable before movable for unmovable. */
static void test_order_of_types(void)
{
	static const enum migratetype wanted[][3] = {
	    {MIGRATE_UNMOVABLE, MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE},
	    {MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE},
	    {MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE, MIGRATE_MOVABLE},
	};

	for (u32 i = 0; i < ARRAY_SIZE(wanted); i++) {
		const enum migratetype *w = wanted[i];
		struct mm_fixture f;
		struct zone *zone;

		one_zone(&f, "linux-7.2");
		zone = fixture_zone(&f, 0, ZONE_NORMAL);
		g_assert_cmpuint(find_fallback_type(zone, 3, w[0]), ==, MIGRATE_TYPES);
		fixture_free_block(&f, 8, 3, w[2]);
		g_assert_cmpuint(find_fallback_type(zone, 3, w[0]), ==, w[2]);
		fixture_free_block(&f, 16, 3, w[1]);
		g_assert_cmpuint(find_fallback_type(zone, 3, w[0]), ==, w[1]);
		g_assert_cmpuint(find_fallback_type(zone, 2, w[0]), ==, MIGRATE_TYPES);
		fixture_free_block(&f, 32, 2, MIGRATE_HIGHATOMIC);
		fixture_free_block(&f, 40, 2, MIGRATE_CMA);
		g_assert_cmpuint(find_fallback_type(zone, 2, w[0]), ==, MIGRATE_TYPES);
		fixture_finish(&f);
	}
}

/* While types must not mix, only whole pageblocks may be claimed and nothing is stolen. */
static void test_nofragment(void)
{
	struct mm_fixture f;
	struct zone *zone = pageblock(&f, "linux-7.2", 544, 5, 300);

	g_assert_cmpuint(fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, ALLOC_NOFRAGMENT),
			 ==, PFN_NONE);
	g_assert_cmpint(zone->watermark_boost, ==, 0);
	fixture_free_block(&f, 2048, 9, MIGRATE_UNMOVABLE);
	g_assert_cmpuint(fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, ALLOC_NOFRAGMENT),
			 ==, 2048);
	fixture_finish(&f);
}

/* A refill that has stolen once goes on stealing without looking at its own lists. */
static void test_mode(void)
{
	struct mm_fixture f;
	struct zone *zone = pageblock(&f, "linux-7.2", 520, 1, 0);
	enum rmqueue_mode mode = RMQUEUE_NORMAL;

	g_assert_cmpuint(rmqueue_claim_or_steal(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, 0, &mode),
			 ==, 520);
	g_assert_cmpuint(mode, ==, RMQUEUE_STEAL);
	fixture_free_block(&f, 4096, 0, MIGRATE_MOVABLE);
	g_assert_cmpuint(rmqueue_claim_or_steal(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, 0, &mode),
			 ==, 521);
	mode = RMQUEUE_NORMAL;
	g_assert_cmpuint(rmqueue_claim_or_steal(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, 0, &mode),
			 ==, 4096);
	fixture_finish(&f);
}

/* A pageblock that lies partly outside its zone cannot be claimed; 6.1 takes the part inside. */
static void test_zone_edge(void)
{
	static const char *const profiles[] = {"linux-7.2", "linux-6.1"};

	for (u32 i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct mm_fixture f;
		struct zone *zone;

		fixture_init(&f,
			     &(struct fixture_spec){.profile = profiles[i],
						    .zones = {{0, ZONE_NORMAL, 1, 8191, 8191}}});
		zone = fixture_zone(&f, 0, ZONE_NORMAL);
		zone->_watermark[WMARK_HIGH] = 1000;
		fixture_free_block(&f, 256, 8, MIGRATE_UNMOVABLE);
		fixture_free_block(&f, 128, 7, MIGRATE_UNMOVABLE);
		g_assert_cmpuint(fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, 0), ==,
				 i ? 256 : 128);
		g_assert_cmpuint(get_pageblock_migratetype(f.mm, 256), ==,
				 i ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE);
		/* 7.2 tried to claim by both blocks. */
		g_assert_cmpint(zone->watermark_boost, ==, i ? 512 : 1024);
		fixture_finish(&f);
	}
}

/* 6.1 moves blocks to the wanted lists first: what is left of them stays there, whatever becomes of
   the pageblock's type. */
static void test_move_first(void)
{
	struct mm_fixture f;
	struct zone *zone = pageblock(&f, "linux-6.1", 544, 5, 100);

	fixture_free_block(&f, 520, 0, MIGRATE_UNMOVABLE);
	g_assert_cmpuint(fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, 0), ==, 520);
	g_assert_cmpuint(get_pageblock_migratetype(f.mm, 544), ==, MIGRATE_UNMOVABLE);
	g_assert_cmpstr(fixture_list(zone, 5, MIGRATE_MOVABLE), ==, "544");
	g_assert_cmpstr(fixture_list(zone, 5, MIGRATE_UNMOVABLE), ==, "");
	g_assert_cmpint(zone->watermark_boost, ==, 512);
	fixture_finish(&f);
}

/* 6.1, movable: the largest block is too small to take its pageblock, so the smallest is moved. */
static void test_smallest_instead(void)
{
	struct mm_fixture f;
	struct zone *zone = pageblock(&f, "linux-6.1", 520, 3, 300);

	fixture_free_block(&f, 1024, 1, MIGRATE_UNMOVABLE);
	g_assert_cmpuint(fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, 0), ==, 1024);
	g_assert_cmpstr(fixture_list(zone, 0, MIGRATE_MOVABLE), ==, "1025");
	g_assert_cmpstr(fixture_list(zone, 3, MIGRATE_UNMOVABLE), ==, "520");
	fixture_finish(&f);
}

/* Movable requests draw on CMA first while it is more than half of what is free. */
static void test_cma(void)
{
	struct mm_fixture f;
	struct zone *zone;

	fixture_init(&f, &(struct fixture_spec){.profile = "linux-7.2",
						.cma = true,
						.zones = {{0, ZONE_NORMAL, 0, 8192, 8192}}});
	zone = fixture_zone(&f, 0, ZONE_NORMAL);
	fixture_block_type(&f, 512, MIGRATE_CMA);
	fixture_free_block(&f, 512, 1, MIGRATE_CMA);
	fixture_free_block(&f, 600, 0, MIGRATE_CMA);
	fixture_free_block(&f, 8, 1, MIGRATE_MOVABLE);
	g_assert_cmpint(zone->vm_stat[NR_FREE_CMA_PAGES], ==, 3);
	/* 3 of 5 free pages are CMA's. */
	g_assert_cmpuint(fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, ALLOC_CMA), ==,
			 600);
	g_assert_cmpint(zone->vm_stat[NR_FREE_CMA_PAGES], ==, 2);
	/* 2 of 4: its own first. */
	g_assert_cmpuint(fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, ALLOC_CMA), ==, 8);
	g_assert_cmpuint(fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, 0), ==, 9);
	/* Without the right to CMA there is nothing. */
	g_assert_cmpuint(fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, 0), ==, PFN_NONE);
	g_assert_cmpuint(fixture_rmqueue(zone, &f.tasks[0], 0, MIGRATE_MOVABLE, ALLOC_CMA), ==,
			 512);
	fixture_finish(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/fallback/steal", test_steal);
	g_test_add_func("/mm/fallback/claim", test_claim);
	g_test_add_func("/mm/fallback/claim-refused", test_claim_refused);
	g_test_add_func("/mm/fallback/half", test_half);
	g_test_add_func("/mm/fallback/alike-unmovable", test_alike_unmovable);
	g_test_add_func("/mm/fallback/claim-whole", test_claim_whole);
	g_test_add_func("/mm/fallback/order-of-types", test_order_of_types);
	g_test_add_func("/mm/fallback/nofragment", test_nofragment);
	g_test_add_func("/mm/fallback/mode", test_mode);
	g_test_add_func("/mm/fallback/zone-edge", test_zone_edge);
	g_test_add_func("/mm/fallback/move-first", test_move_first);
	g_test_add_func("/mm/fallback/smallest-instead", test_smallest_instead);
	g_test_add_func("/mm/fallback/cma", test_cma);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Compaction's scanners, and the taking of free pages out of the lists. */
#include "mm_fixture.h"

#include "mm/check.h"
#include "mm/isolate.h"

static const char *const profiles[] = {"linux-7.2", "linux-6.12", "linux-6.1"};

static struct zone *four_blocks(struct mm_fixture *f, const char *profile)
{
	struct zone *zone;

	fixture_init(f, &(struct fixture_spec){.profile = profile,
					       .zones = {{0, ZONE_NORMAL, 0, 2048, 2048}}});
	zone = fixture_zone(f, 0, ZONE_NORMAL);
	for (u32 pfn = 0; pfn < 2048; pfn += 512)
		fixture_block_type(f, pfn, MIGRATE_MOVABLE);
	return zone;
}

static void check(const struct mm_fixture *f)
{
	struct err err = {0};

	if (!mm_check(f->mm, CHECK_FULL, NULL, &err))
		g_error("%s", err_text(&err));
}

/* Upwards: what is on the LRU, not pinned, below a pageblock; not past the free scanner. */
static void test_sources(void)
{
	struct compact_scan scan;
	struct mm_fixture f;
	struct zone *zone = four_blocks(&f, "linux-7.2");
	u32 order;

	fixture_use(&f, 3, 0, 0);
	fixture_use(&f, 4, 2, PG_lru);
	fixture_use(&f, 9, 0, PG_lru | PG_pinned);
	fixture_free_block(&f, 16, 4, MIGRATE_MOVABLE);
	fixture_use(&f, 40, 0, PG_lru);
	fixture_use(&f, 512, 9, PG_lru);
	fixture_use(&f, 1030, 0, PG_lru);
	fixture_use(&f, 1600, 0, PG_lru);
	compact_scan_begin(&scan, zone, 0);
	g_assert_cmpuint(compact_next_source(&scan, zone, &order), ==, 4);
	g_assert_cmpuint(order, ==, 2);
	g_assert_cmpuint(compact_next_source(&scan, zone, &order), ==, 40);
	g_assert_cmpuint(order, ==, 0);
	g_assert_cmpuint(compact_next_source(&scan, zone, &order), ==, 1030);
	g_assert_cmpuint(compact_next_source(&scan, zone, &order), ==, PFN_NONE);
	compact_scan_begin(&scan, zone, 700);
	g_assert_cmpuint(compact_next_source(&scan, zone, &order), ==, 1030);
	fixture_finish(&f);
}

/* Downwards by pageblock, upwards in it; only movable ones that are not wholly free. */
static void test_targets(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct compact_scan scan;
		struct mm_fixture f;
		struct zone *zone = four_blocks(&f, profiles[i]);
		struct task_struct *task = &f.tasks[0];

		fixture_block_type(&f, 1024, MIGRATE_UNMOVABLE);
		fixture_free_block(&f, 8, 3, MIGRATE_MOVABLE);
		fixture_free_block(&f, 520, 0, MIGRATE_MOVABLE);
		fixture_free_block(&f, 528, 3, MIGRATE_MOVABLE);
		fixture_free_block(&f, 1032, 3, MIGRATE_UNMOVABLE);
		fixture_free_block(&f, 1536, 9, MIGRATE_MOVABLE);
		compact_scan_begin(&scan, zone, 0);
		/* too large for the first free block of the pageblock, and for the second */
		g_assert_cmpuint(compact_take_target(&scan, zone, task, 4, 4), ==, PFN_NONE);
		g_assert_cmpuint(compact_take_target(&scan, zone, task, 4, 2), ==, 528);
		g_assert_cmpstr(fixture_list(zone, 2, MIGRATE_MOVABLE), ==, "532");
		g_assert_cmpuint(compact_take_target(&scan, zone, task, 4, 0), ==, 520);
		g_assert_cmpuint(compact_take_target(&scan, zone, task, 4, 0), ==, 532);
		g_assert_cmpstr(fixture_list(zone, 0, MIGRATE_MOVABLE), ==, "533");
		g_assert_cmpstr(fixture_list(zone, 1, MIGRATE_MOVABLE), ==, "534");
		g_assert_cmpint(zone->vm_stat[NR_FREE_PAGES], ==, 8 + 3 + 8 + 512);
		check(&f);
		/* nothing below, nor in, the source's pageblock */
		g_assert_cmpuint(compact_take_target(&scan, zone, task, 600, 0), ==, PFN_NONE);
		fixture_finish(&f);
	}
}

/* Not below the min mark; back at the lists' tails, merged. */
static void test_isolate(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct mm_fixture f;
		struct zone *zone = four_blocks(&f, profiles[i]);
		struct task_struct *task = &f.tasks[0];

		fixture_free_block(&f, 528, 3, MIGRATE_MOVABLE);
		fixture_free_block(&f, 544, 3, MIGRATE_MOVABLE);
		zone->_watermark[WMARK_MIN] = 8;
		g_assert_false(__isolate_free_page(zone, task, 528, 3));
		zone->_watermark[WMARK_MIN] = 7;
		g_assert_true(__isolate_free_page(zone, task, 528, 3));
		g_assert_cmpint(pfn_to_page(f.mm, 528)->state, ==, PAGE_ISOLATED);
		g_assert_cmpstr(fixture_list(zone, 3, MIGRATE_MOVABLE), ==, "544");
		check(&f);
		__putback_isolated_page(zone, task, 528, 3);
		g_assert_cmpstr(fixture_list(zone, 3, MIGRATE_MOVABLE), ==, "544 528");
		g_assert_cmpint(zone->vm_stat[NR_FREE_PAGES], ==, 16);
		fixture_finish(&f);
	}
}

/* Half a pageblock makes the whole movable; lists follow where they are kept clean. */
static void test_converts(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct mm_fixture f;
		struct zone *zone = four_blocks(&f, profiles[i]);
		bool clean = f.mm->profile->freelist_hygiene;

		fixture_block_type(&f, 512, MIGRATE_UNMOVABLE);
		fixture_free_block(&f, 512, 8, MIGRATE_UNMOVABLE);
		fixture_free_block(&f, 800, 3, MIGRATE_UNMOVABLE);
		g_assert_true(__isolate_free_page(zone, &f.tasks[0], 512, 8));
		g_assert_cmpuint(get_pageblock_migratetype(f.mm, 512), ==, MIGRATE_MOVABLE);
		g_assert_cmpstr(fixture_list(zone, 3, MIGRATE_MOVABLE), ==, clean ? "800" : "");
		g_assert_cmpstr(fixture_list(zone, 3, MIGRATE_UNMOVABLE), ==, clean ? "" : "800");
		check(&f);
		fixture_finish(&f);
	}
}

/* All that a block is goes along; the old place is free. */
static void test_migrate(void)
{
	struct compact_scan scan;
	struct mm_fixture f;
	struct zone *zone = four_blocks(&f, "linux-7.2");
	struct per_cpu_pages *pcp = &zone->pageset[0];
	u32 to;

	pcp->high = pcp->high_min = pcp->high_max = 100;
	pcp->batch = 10;
	fixture_use(&f, 4, 2, PG_lru | PG_compound);
	pfn_to_page(f.mm, 4)->owner = 77;
	pfn_to_page(f.mm, 4)->mt = MIGRATE_MOVABLE;
	fixture_free_block(&f, 1544, 3, MIGRATE_MOVABLE);
	fixture_free_block(&f, 16, 4, MIGRATE_MOVABLE);
	compact_scan_begin(&scan, zone, 0);
	to = compact_take_target(&scan, zone, &f.tasks[0], 4, 2);
	g_assert_cmpuint(to, ==, 1544);
	migrate_block(f.mm, &f.tasks[0], 4, to);
	g_assert_cmpint(pfn_to_page(f.mm, to)->state, ==, PAGE_USED);
	g_assert_cmpuint(pfn_to_page(f.mm, to)->order, ==, 2);
	g_assert_cmpuint(pfn_to_page(f.mm, to)->owner, ==, 77);
	g_assert_cmpuint(pfn_to_page(f.mm, to)->flags, ==, PG_lru | PG_compound);
	g_assert_cmpuint(pfn_to_page(f.mm, to)->mt, ==, MIGRATE_MOVABLE);
	g_assert_cmpint(pfn_to_page(f.mm, 4)->state, !=, PAGE_USED);
	check(&f);
	/* what went to this CPU's list merges when the next pageblock's turn comes */
	compact_pass_block(&scan, zone, &f.tasks[0], 4);
	compact_pass_block(&scan, zone, &f.tasks[0], 5);
	g_assert_cmpint(pcp->count, ==, 4);
	compact_pass_block(&scan, zone, &f.tasks[0], 600);
	g_assert_cmpint(pcp->count, ==, 0);
	g_assert_cmpstr(fixture_list(zone, 2, MIGRATE_MOVABLE), ==, "4 1548");
	fixture_finish(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/isolate/sources", test_sources);
	g_test_add_func("/mm/isolate/targets", test_targets);
	g_test_add_func("/mm/isolate/isolate", test_isolate);
	g_test_add_func("/mm/isolate/converts", test_converts);
	g_test_add_func("/mm/isolate/migrate", test_migrate);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Isolation of pageblocks: what moves between lists, what is counted, what is undone. */
#include "mm_fixture.h"

#include "mm/check.h"
#include "mm/page_isolation.h"
#include "mm/vm.h"
#include "mm/vmstat.h"

static const char *const profiles[] = {"linux-7.2", "linux-6.12", "linux-6.1"};
#define EACH_PROFILE(i) for (u32 i = 0; i < ARRAY_SIZE(profiles); i++)

/* Eight free pageblocks in blocks of the largest order, of one type. */
static struct zone *eight_blocks(struct mm_fixture *f, const char *profile, enum migratetype mt)
{
	struct zone *zone;

	fixture_init(f, &(struct fixture_spec){.profile = profile, .cma = true,
					       .zones = {{0, ZONE_NORMAL, 0, 4096, 4096}}});
	zone = fixture_zone(f, 0, ZONE_NORMAL);
	fixture_fill(zone, mt);
	return zone;
}

static void check(const struct mm_fixture *f)
{
	struct err err = {0};

	if (!mm_check(f->mm, CHECK_FULL, NULL, &err))
		g_error("%s", err_text(&err));
}

static s64 nr_free(const struct zone *zone)
{
	return zone_page_state_snapshot(zone, NR_FREE_PAGES);
}

static bool isolate(struct mm_fixture *f, u64 start, u64 end, u32 *page)
{
	return start_isolate_page_range(f->mm, &f->tasks[0], start, end, MIGRATE_MOVABLE, page);
}

static void undo(struct mm_fixture *f, u64 start, u64 end)
{
	undo_isolate_page_range(f->mm, &f->tasks[0], start, end, MIGRATE_MOVABLE);
}

/* Either half of a free block twice as large as a pageblock, and back. */
static void test_halves(void)
{
	EACH_PROFILE(i) {
		for (u32 half = 0; half < 2; half++) {
			struct mm_fixture f;
			struct zone *zone = eight_blocks(&f, profiles[i], MIGRATE_MOVABLE);
			u64 at = 1024 + 512 * half;
			u32 page;

			/* a part of the pageblock is enough */
			g_assert_true(isolate(&f, at + 10, at + 20, &page));
			g_assert_cmpuint(zone->nr_isolate_pageblock, ==, 1);
			g_assert_cmpint(get_pageblock_migratetype(f.mm, at), ==, MIGRATE_ISOLATE);
			g_assert_cmpint(get_pageblock_migratetype(f.mm, at ^ 512), ==,
					MIGRATE_MOVABLE);
			g_assert_cmpint(nr_free(zone), ==, 4096 - 512);
			g_assert_cmpstr(fixture_list(zone, 9, MIGRATE_ISOLATE), ==,
					half ? "1536" : "1024");
			g_assert_cmpstr(fixture_list(zone, 9, MIGRATE_MOVABLE), ==,
					half ? "1024" : "1536");
			g_assert_cmpuint(test_pages_isolated(f.mm, at, at + 512), ==, at + 512);
			g_assert_cmpuint(test_pages_isolated(f.mm, 1024, 2048), ==,
					 half ? 1024 : 1536);
			check(&f);
			undo(&f, at + 10, at + 20);
			g_assert_cmpuint(zone->nr_isolate_pageblock, ==, 0);
			g_assert_cmpint(nr_free(zone), ==, 4096);
			g_assert_cmpuint(zone->free_area[10].nr_list[MIGRATE_MOVABLE], ==, 4);
			g_assert_cmpuint(fixture_free_blocks(zone), ==, 4);
			check(&f);
			fixture_finish(&f);
		}
	}
}

/* A block off the lists, counted. */
static u32 take(struct mm_fixture *f, struct zone *zone, u32 order)
{
	u32 pfn = fixture_rmqueue(zone, &f->tasks[0], order, MIGRATE_MOVABLE, 0);

	if (pfn != PFN_NONE && !f->mm->profile->account_per_page)
		account_freepages(zone, 0, -(s64)(1u << order), MIGRATE_MOVABLE);
	return pfn;
}

/* A range that begins and ends in the middle of large blocks. */
static void test_range(void)
{
	EACH_PROFILE(i) {
		struct mm_fixture f;
		struct zone *zone = eight_blocks(&f, profiles[i], MIGRATE_MOVABLE);
		u32 page;

		g_assert_true(isolate(&f, 600, 3000, &page));
		g_assert_cmpuint(zone->nr_isolate_pageblock, ==, 5);
		g_assert_cmpint(nr_free(zone), ==, 3 * 512);
		g_assert_cmpuint(test_pages_isolated(f.mm, 512, 3072), ==, 3072);
		g_assert_cmpuint(test_pages_isolated(f.mm, 512, 3073), ==, 3072);
		check(&f);
		/* nobody else gets a part of it meanwhile, whatever it wants */
		g_assert_false(isolate(&f, 3000, 3500, &page));
		g_assert_cmpuint(page, ==, PFN_NONE);
		g_assert_cmpuint(zone->nr_isolate_pageblock, ==, 5);
		g_assert_cmpuint(take(&f, zone, 10), ==, 3072);
		g_assert_cmpuint(take(&f, zone, 10), ==, PFN_NONE);
		g_assert_cmpuint(take(&f, zone, 9), ==, 0);
		g_assert_cmpuint(take(&f, zone, 0), ==, PFN_NONE);
		fixture_use(&f, 0, 9, 0);
		fixture_use(&f, 3072, 10, 0);
		g_assert_cmpint(free_pages(f.mm, &f.tasks[0], 0, 9), ==, FREE_OK);
		g_assert_cmpint(free_pages(f.mm, &f.tasks[0], 3072, 10), ==, FREE_OK);
		drain_all_pages(f.mm, &f.tasks[0], NULL);
		undo(&f, 600, 3000);
		g_assert_cmpint(nr_free(zone), ==, 4096);
		g_assert_cmpuint(zone->free_area[10].nr_list[MIGRATE_MOVABLE], ==, 4);
		check(&f);
		fixture_finish(&f);
	}
}

/* The free half of a pageblock in use is moved; what is on the LRU may stay where it is. */
static void use_some(struct mm_fixture *f, struct zone *zone)
{
	g_assert_cmpuint(take(f, zone, 8), ==, 0);
	fixture_use(f, 0, 8, PG_lru);
}

static void test_in_use(void)
{
	EACH_PROFILE(i) {
		struct mm_fixture f;
		struct zone *zone = eight_blocks(&f, profiles[i], MIGRATE_MOVABLE);
		u32 page;

		use_some(&f, zone);
		g_assert_cmpuint(has_unmovable_pages(f.mm, 0, 512, MIGRATE_MOVABLE), ==, PFN_NONE);
		g_assert_true(isolate(&f, 0, 512, &page));
		g_assert_cmpstr(fixture_list(zone, 8, MIGRATE_ISOLATE), ==, "256");
		g_assert_cmpuint(test_pages_isolated(f.mm, 0, 512), ==, 0);
		/* what is freed now stays in */
		g_assert_cmpint(nr_free(zone), ==, 4096 - 512);
		g_assert_cmpint(free_pages(f.mm, &f.tasks[0], 0, 8), ==, FREE_OK);
		g_assert_cmpint(nr_free(zone), ==, 4096 - 512);
		g_assert_cmpstr(fixture_list(zone, 9, MIGRATE_ISOLATE), ==, "0");
		g_assert_cmpuint(test_pages_isolated(f.mm, 0, 512), ==, 512);
		undo(&f, 0, 512);
		g_assert_cmpint(nr_free(zone), ==, 4096);
		g_assert_cmpuint(zone->free_area[10].nr_list[MIGRATE_MOVABLE], ==, 4);
		check(&f);
		fixture_finish(&f);
	}
}

/* One page that cannot move: nothing is isolated, before it and behind it. */
static void test_unmovable(void)
{
	EACH_PROFILE(i) {
		struct mm_fixture f;
		struct zone *zone = eight_blocks(&f, profiles[i], MIGRATE_MOVABLE);
		u32 page;

		use_some(&f, zone);
		pfn_to_page(f.mm, 0)->flags = 0;
		for (u32 blocks = 1; blocks <= 8; blocks *= 2) {
			g_assert_false(isolate(&f, 0, blocks * 512, &page));
			g_assert_cmpuint(page, ==, 0);
			g_assert_cmpuint(zone->nr_isolate_pageblock, ==, 0);
			g_assert_cmpint(nr_free(zone), ==, 4096 - 256);
			for (u32 pfn = 0; pfn < 4096; pfn += 512)
				g_assert_cmpint(get_pageblock_migratetype(f.mm, pfn), ==,
						MIGRATE_MOVABLE);
			check(&f);
		}
		/* in a zone for movable pages nothing is taken for unmovable */
		zone->type = ZONE_MOVABLE;
		g_assert_true(isolate(&f, 0, 512, &page));
		undo(&f, 0, 512);
		zone->type = ZONE_NORMAL;
		/* a free huge page of the pool can be replaced */
		pfn_to_page(f.mm, 0)->owner = page_owner(OWNER_HUGETLB, 0);
		g_assert_true(isolate(&f, 0, 512, &page));
		undo(&f, 0, 512);
		check(&f);
		fixture_finish(&f);
	}
}

/* In the middle of a range: what was isolated before it and at the far end goes back. */
static void test_unmovable_inside(void)
{
	EACH_PROFILE(i) {
		struct mm_fixture f;
		struct zone *zone = eight_blocks(&f, profiles[i], MIGRATE_MOVABLE);
		u32 page;

		for (u32 k = 0; k < 4; k++)
			g_assert_cmpuint(take(&f, zone, 9), ==, k * 512);
		for (u32 k = 0; k < 4; k++)
			fixture_use(&f, k * 512, 9, k == 2 ? 0 : (u8)PG_lru);
		g_assert_false(isolate(&f, 0, 4096, &page));
		g_assert_cmpuint(page, ==, 1024);
		g_assert_cmpuint(zone->nr_isolate_pageblock, ==, 0);
		g_assert_cmpint(nr_free(zone), ==, 2048);
		g_assert_cmpuint(zone->free_area[10].nr_list[MIGRATE_MOVABLE], ==, 2);
		check(&f);
		fixture_finish(&f);
	}
}

/* CMA pageblocks are for CMA only; what is in them does not matter, and stays counted apart. */
static void test_cma(void)
{
	EACH_PROFILE(i) {
		struct mm_fixture f;
		struct zone *zone = eight_blocks(&f, profiles[i], MIGRATE_CMA);
		struct task_struct *task = &f.tasks[0];
		u32 page;

		g_assert_false(isolate(&f, 1024, 1536, &page));
		g_assert_cmpuint(page, ==, 1024);
		g_assert_true(start_isolate_page_range(f.mm, task, 1024, 2560, MIGRATE_CMA, &page));
		g_assert_cmpint(nr_free(zone), ==, 4096 - 1536);
		g_assert_cmpint(zone_page_state_snapshot(zone, NR_FREE_CMA_PAGES), ==,
				4096 - 1536);
		check(&f);
		undo_isolate_page_range(f.mm, task, 1024, 2560, MIGRATE_CMA);
		g_assert_cmpint(nr_free(zone), ==, 4096);
		g_assert_cmpint(zone_page_state_snapshot(zone, NR_FREE_CMA_PAGES), ==, 4096);
		g_assert_cmpint(get_pageblock_migratetype(f.mm, 1024), ==, MIGRATE_CMA);
		g_assert_cmpuint(zone->free_area[10].nr_list[MIGRATE_CMA], ==, 4);
		check(&f);
		fixture_finish(&f);
	}
}

/* Where isolation is a bit, the type behind it comes back; older kernels are told what it was. */
static void test_type_behind(void)
{
	EACH_PROFILE(i) {
		struct mm_fixture f;
		struct zone *zone = eight_blocks(&f, profiles[i], MIGRATE_UNMOVABLE);
		enum migratetype mt = f.mm->profile->isolate_is_bit ? MIGRATE_UNMOVABLE
								    : MIGRATE_MOVABLE;
		u32 page;

		g_assert_true(isolate(&f, 0, 512, &page));
		undo(&f, 0, 512);
		g_assert_cmpint(get_pageblock_migratetype(f.mm, 0), ==, mt);
		g_assert_cmpint(nr_free(zone), ==, 4096);
		fixture_finish(&f);
	}
}

static void test_find(void)
{
	struct mm_fixture f;

	eight_blocks(&f, "linux-7.2", MIGRATE_MOVABLE);
	g_assert_cmpuint(find_large_buddy(f.mm, 1030), ==, 1024);
	g_assert_cmpuint(find_large_buddy(f.mm, 2047), ==, 1024);
	g_assert_cmpuint(find_large_buddy(f.mm, 2048), ==, 2048);
	use_some(&f, fixture_zone(&f, 0, ZONE_NORMAL));
	g_assert_cmpuint(find_large_buddy(f.mm, 10), ==, 10);
	g_assert_cmpuint(find_large_buddy(f.mm, 300), ==, 256);
	fixture_finish(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/page-isolation/halves", test_halves);
	g_test_add_func("/mm/page-isolation/range", test_range);
	g_test_add_func("/mm/page-isolation/in-use", test_in_use);
	g_test_add_func("/mm/page-isolation/unmovable", test_unmovable);
	g_test_add_func("/mm/page-isolation/unmovable-inside", test_unmovable_inside);
	g_test_add_func("/mm/page-isolation/cma", test_cma);
	g_test_add_func("/mm/page-isolation/type-behind", test_type_behind);
	g_test_add_func("/mm/page-isolation/find", test_find);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Wrong calls are named and change nothing. */
#include "mm_fixture.h"

static const char *const profiles[] = {"linux-7.2", "linux-6.12", "linux-6.1"};

static void init(struct mm_fixture *f, const char *profile)
{
	struct zone *zone;

	fixture_init(f, &(struct fixture_spec){.profile = profile,
					       .zones = {{0, ZONE_DMA, 1, 1023, 1023},
							 {0, ZONE_NORMAL, 4096, 4096, 4096}}});
	for_each_populated_zone (f->mm, z) {
		z->pageset[0].batch = 4;
		z->pageset[0].high = z->pageset[0].high_min = z->pageset[0].high_max = 40;
	}
	zone = fixture_zone(f, 0, ZONE_NORMAL);
	fixture_fill(zone, MIGRATE_MOVABLE);
}

/* The whole state as text: nothing may change. */
static char *state(struct mm_fixture *f)
{
	GString *text = g_string_new(NULL);

	for_each_populated_zone (f->mm, zone) {
		g_string_append_printf(text, "%lld %d:", (long long)zone->vm_stat[NR_FREE_PAGES],
				       zone->pageset[0].count);
		for (u32 o = 0; o <= f->mm->max_order; o++)
			for (u32 mt = 0; mt < MIGRATE_TYPES; mt++)
				g_string_append_printf(text, " [%s]",
						       fixture_list(zone, o, (enum migratetype)mt));
		for (u32 i = 0; i < NR_PCP_LISTS; i++)
			g_string_append_printf(text, " {%s}", fixture_pcp_list(zone, 0, i));
	}
	return g_string_free(text, FALSE);
}

static void refused(struct mm_fixture *f, u32 pfn, u32 order, enum free_result why)
{
	char *before = state(f), *after;

	g_assert_cmpstr(free_result_names[free_pages(f->mm, &f->tasks[0], pfn, order)], ==,
			free_result_names[why]);
	after = state(f);
	g_assert_cmpstr(before, ==, after);
	g_free(before);
	g_free(after);
}

static void test_free(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct mm_fixture f;
		u32 small, large;

		init(&f, profiles[i]);
		small = alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, 0);
		large = alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, 5);
		g_assert_cmpuint(small, !=, PFN_NONE);
		g_assert_cmpuint(large, !=, PFN_NONE);
		refused(&f, small, 1, FREE_WRONG_ORDER);
		refused(&f, large, 4, FREE_WRONG_ORDER);
		refused(&f, large, 200, FREE_WRONG_ORDER);
		refused(&f, large + 1, 0, FREE_NOT_OWNED);
		refused(&f, large + 16, 4, FREE_NOT_OWNED);
		refused(&f, 2000, 0, FREE_NO_PAGE); /* between the zones */
		refused(&f, 0, 0, FREE_NOT_OWNED);  /* before the first, in its pageblock */
		refused(&f, 8192, 0, FREE_NO_PAGE); /* behind the last */
		refused(&f, PFN_NONE, 0, FREE_NO_PAGE);
		refused(&f, 100, 0, FREE_NOT_OWNED); /* never handed over */
		g_assert_cmpint(free_pages(f.mm, &f.tasks[0], small, 0), ==, FREE_OK);
		refused(&f, small, 0, FREE_DOUBLE); /* on the per-CPU list */
		g_assert_cmpint(free_pages(f.mm, &f.tasks[0], large, 5), ==, FREE_OK);
		drain_local_pages(f.mm, &f.tasks[0], NULL);
		/* All has merged: the former heads are heads no more, but inside free blocks. */
		refused(&f, 4096, 10, FREE_DOUBLE);
		refused(&f, large + 1, 0, FREE_NOT_OWNED);
		fixture_finish(&f);
	}
}

static void release_refused(struct mm_fixture *f, const u32 *pfns, u32 n, u32 at,
			    enum free_result why)
{
	char *before = state(f), *after;
	u32 bad = UINT32_MAX;

	g_assert_cmpstr(free_result_names[release_pages(f->mm, &f->tasks[0], pfns, n, &bad)], ==,
			free_result_names[why]);
	g_assert_cmpuint(bad, ==, at);
	after = state(f);
	g_assert_cmpstr(before, ==, after);
	g_free(before);
	g_free(after);
}

static void test_release(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct mm_fixture f;
		u32 p[70], bad;

		init(&f, profiles[i]);
		for (u32 j = 0; j < ARRAY_SIZE(p); j++)
			p[j] = alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, 0);
		release_refused(&f, (u32[]){p[0], p[1], p[0]}, 3, 2, FREE_DOUBLE);
		release_refused(&f, (u32[]){p[0], p[0]}, 2, 1, FREE_DOUBLE);
		release_refused(&f, (u32[]){2000, p[0]}, 2, 0, FREE_NO_PAGE);
		release_refused(&f, (u32[]){p[0], p[1], PFN_NONE, p[2]}, 4, 2, FREE_NO_PAGE);
		release_refused(&f, (u32[]){p[0], 4096 + 4000}, 2, 1, FREE_NOT_OWNED);
		g_assert_cmpint(free_pages(f.mm, &f.tasks[0], p[3], 0), ==, FREE_OK);
		release_refused(&f, p, ARRAY_SIZE(p), 3, FREE_DOUBLE);
		p[3] = p[69];
		g_assert_cmpint(release_pages(f.mm, &f.tasks[0], p, 69, &bad), ==, FREE_OK);
		g_assert_cmpint(release_pages(f.mm, &f.tasks[0], p, 0, &bad), ==, FREE_OK);
		release_refused(&f, p, 69, 0, FREE_DOUBLE);
		fixture_finish(&f);
	}
}

/* In order with modern kernels, the last first with 6.1. */
static void test_release_order(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct mm_fixture f;
		struct zone *zone;
		u32 bad, pfns[] = {4104, 4120, 4112};

		init(&f, profiles[i]);
		zone = fixture_zone(&f, 0, ZONE_NORMAL);
		for (u32 j = 0; j < ARRAY_SIZE(pfns); j++)
			fixture_use(&f, pfns[j], 0, 0);
		g_assert_cmpint(release_pages(f.mm, &f.tasks[0], pfns, 3, &bad), ==, FREE_OK);
		g_assert_cmpstr(fixture_pcp_list(zone, 0, 1), ==,
				i == 2 ? "4104 4120 4112" : "4112 4120 4104");
		fixture_finish(&f);
	}
}

/* Blocks of all orders in one call: a large one goes at once and may merge into an order that has
   per-CPU lists; it is not to be freed again. */
static void test_release_mixed(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct mm_fixture f;
		u32 bad, pfns[] = {1, 512, 2, 256, 16};
		struct zone *zone;

		init(&f, profiles[i]);
		zone = fixture_zone(&f, 0, ZONE_DMA);
		fixture_free_block(&f, 768, 8, MIGRATE_UNMOVABLE);
		fixture_use(&f, 1, 0, 0);
		fixture_use(&f, 2, 1, 0);
		fixture_use(&f, 16, 4, 0);
		fixture_use(&f, 256, 8, 0);
		fixture_use(&f, 512, 8, 0);
		g_assert_cmpint(release_pages(f.mm, &f.tasks[0], pfns, 5, &bad), ==, FREE_OK);
		g_assert_cmpstr(fixture_list(zone, 9, MIGRATE_UNMOVABLE), ==, "512");
		g_assert_cmpint(zone->vm_stat[NR_FREE_PAGES], ==, 512 + 256 + 16);
		g_assert_cmpint(zone->pageset[0].count, ==, 1 + 2);
		drain_local_pages(f.mm, &f.tasks[0], NULL);
		g_assert_cmpint(zone->vm_stat[NR_FREE_PAGES], ==, 512 + 256 + 16 + 3);
		fixture_finish(&f);
	}
}

static void test_alloc(void)
{
	struct mm_fixture f;
	u32 pfns[4] = {1, 2, 3, 4};
	char *before, *after;

	init(&f, "linux-7.2");
	before = state(&f);
	g_assert_cmpuint(alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, 11), ==, PFN_NONE);
	g_assert_cmpuint(alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, 63), ==, PFN_NONE);
	/* A node mask without memory, a zone without pages. */
	g_assert_cmpuint(alloc_pages_node(f.mm, &f.tasks[0], 0, 2, GFP_KERNEL, 0), ==, PFN_NONE);
	g_assert_cmpuint(alloc_pages_node(f.mm, &f.tasks[0], 0, 0, __GFP_DMA, 0), ==, PFN_NONE);
	g_assert_cmpuint(alloc_pages_bulk(f.mm, &f.tasks[0], 0, GFP_KERNEL, 0, pfns), ==, 0);
	g_assert_cmpuint(pfns[0], ==, 1);
	after = state(&f);
	g_assert_cmpstr(before, ==, after);
	g_free(before);
	g_free(after);
	fixture_finish(&f);
}

static void test_split(void)
{
	struct mm_fixture f;
	u32 pfn, bad;

	init(&f, "linux-7.2");
	pfn = alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, 4);
	g_assert_cmpint(split_page(f.mm, pfn, 3, 0), ==, FREE_WRONG_ORDER);
	g_assert_cmpint(split_page(f.mm, pfn, 4, 5), ==, FREE_WRONG_ORDER);
	g_assert_cmpint(split_page(f.mm, pfn + 1, 0, 0), ==, FREE_NOT_OWNED);
	g_assert_cmpint(split_page(f.mm, 9000, 0, 0), ==, FREE_NO_PAGE);
	g_assert_cmpint(split_page(f.mm, pfn, 4, 2), ==, FREE_OK);
	refused(&f, pfn, 4, FREE_WRONG_ORDER);
	g_assert_cmpint(split_page(f.mm, pfn + 4, 2, 0), ==, FREE_OK);
	g_assert_cmpint(
	    release_pages(f.mm, &f.tasks[0],
			  (u32[]){pfn, pfn + 4, pfn + 5, pfn + 6, pfn + 7, pfn + 8, pfn + 12}, 7,
			  &bad),
	    ==, FREE_OK);
	drain_local_pages(f.mm, &f.tasks[0], NULL);
	g_assert_cmpint(fixture_zone(&f, 0, ZONE_NORMAL)->vm_stat[NR_FREE_PAGES], ==, 4096);
	fixture_finish(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/bad-calls/free", test_free);
	g_test_add_func("/mm/bad-calls/release", test_release);
	g_test_add_func("/mm/bad-calls/release-order", test_release_order);
	g_test_add_func("/mm/bad-calls/release-mixed", test_release_mixed);
	g_test_add_func("/mm/bad-calls/alloc", test_alloc);
	g_test_add_func("/mm/bad-calls/split", test_split);
	return g_test_run();
}

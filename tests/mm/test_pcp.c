/* SPDX-License-Identifier: GPL-2.0-only */
/* Per-CPU lists: how much a refill takes, when and what a free gives back. By hand. */
#include "mm_fixture.h"

#include "mm/pcp.h"
#include "mm/vmstat.h"
#include "mm/watermark.h"

/* x86-64 with 4 GiB and 4 CPUs: the marks that khugepaged asks for. */
static void machine_a(struct mm_fixture *f)
{
	fixture_init(f,
		     &(struct fixture_spec){.profile = "linux-7.2",
					    .nr_cpus = 4,
					    .zones = {{0, ZONE_DMA, 0, 4096, 3840},
						      {0, ZONE_DMA32, 4096, 782336, 760000},
						      {0, ZONE_NORMAL, 1048576, 250880, 250000}}});
	setup_per_zone_lowmem_reserve(f->mm);
	setup_per_zone_wmarks(f->mm, 67584);
}

/* Refills double while a CPU only allocates. */
static void test_refill_doubles(void)
{
	struct mm_fixture f;
	struct per_cpu_pages *pcp;
	struct zone *zone;

	machine_a(&f);
	zone = fixture_zone(&f, 0, ZONE_NORMAL);
	fixture_fill(zone, MIGRATE_UNMOVABLE);
	pcp = &zone->pageset[0];
	g_assert_cmpint(pcp->high_min, ==, 1301);
	g_assert_cmpint(pcp->high_max, ==, 7812);
	g_assert_cmpint(pcp->batch, ==, 63);

	alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, 0);
	g_assert_cmpint(pcp->count, ==, 62);
	g_assert_cmpint(pcp->high, ==, 1364);
	g_assert_cmpint(pcp->alloc_factor, ==, 1);
	for (u32 i = 0; i < 62; i++)
		alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, 0);
	g_assert_cmpint(pcp->count, ==, 0);
	alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, 0);
	g_assert_cmpint(pcp->count, ==, 125);
	g_assert_cmpint(pcp->high, ==, 1490);
	g_assert_cmpint(pcp->alloc_factor, ==, 2);
	/* Other CPUs have their own. */
	g_assert_cmpint(zone->pageset[1].count, ==, 0);
	g_assert_cmpint(zone->pageset[1].alloc_factor, ==, 0);
	fixture_finish(&f);
}

/* Every allocation, hit or refill, halves what was freed in a row. */
static void test_free_count_halves(void)
{
	struct mm_fixture f;
	struct zone *zone;

	machine_a(&f);
	zone = fixture_zone(&f, 0, ZONE_NORMAL);
	fixture_fill(zone, MIGRATE_UNMOVABLE);
	zone->pageset[0].free_count = 100;
	alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, 0);
	g_assert_cmpint(zone->pageset[0].free_count, ==, 50);
	alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, 0);
	g_assert_cmpint(zone->pageset[0].free_count, ==, 25);
	fixture_finish(&f);
}

/* A small zone, batch 1: one page, then two. */
static void test_batch_one(void)
{
	static const struct {
		s32 count, high, factor;
	} after[] = {{0, 20, 1}, {1, 22, 2}, {0, 22, 2}};
	struct mm_fixture f;
	struct per_cpu_pages *pcp;
	struct zone *zone;

	machine_a(&f);
	zone = fixture_zone(&f, 0, ZONE_DMA);
	fixture_fill(zone, MIGRATE_UNMOVABLE);
	pcp = &zone->pageset[0];
	g_assert_cmpint(pcp->high_min, ==, 19);
	g_assert_cmpint(pcp->high_max, ==, 120);
	for (u32 i = 0; i < ARRAY_SIZE(after); i++) {
		alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL | __GFP_DMA, 0);
		g_assert_cmpint(pcp->count, ==, after[i].count);
		g_assert_cmpint(pcp->high, ==, after[i].high);
		g_assert_cmpint(pcp->alloc_factor, ==, after[i].factor);
	}
	fixture_finish(&f);
}

/* Orders above 0: batch >> order, at least two, and the factor stays. */
static void test_refill_orders(void)
{
	static const u32 blocks[] = {63, 31, 15, 7};

	for (u32 order = 1; order <= PAGE_ALLOC_COSTLY_ORDER; order++) {
		struct mm_fixture f;
		struct zone *zone;

		machine_a(&f);
		zone = fixture_zone(&f, 0, ZONE_NORMAL);
		fixture_fill(zone, MIGRATE_UNMOVABLE);
		alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, order);
		g_assert_cmpint(zone->pageset[0].count, ==, (blocks[order] - 1) << order);
		g_assert_cmpint(zone->pageset[0].alloc_factor, ==, 0);
		fixture_finish(&f);
	}
}

/* The THP order is refilled two at a time; what lies between bypasses the lists. */
static void test_orders_with_lists(void)
{
	struct mm_fixture f;
	struct zone *zone;

	machine_a(&f);
	zone = fixture_zone(&f, 0, ZONE_NORMAL);
	fixture_fill(zone, MIGRATE_UNMOVABLE);
	alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, 9);
	g_assert_cmpint(zone->pageset[0].count, ==, 512);
	g_assert_cmpuint(zone->pageset[0].lists[12].head, !=, PFN_NONE);
	for (u32 order = 4; order <= 10; order++)
		if (order != 9)
			alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, order);
	g_assert_cmpint(zone->pageset[0].count, ==, 512);
	fixture_finish(&f);
}

/* One zone with a set whose limits are given. */
static struct zone *small(struct mm_fixture *f, const char *profile, s32 high_min, s32 high_max,
			  s32 batch)
{
	struct per_cpu_pages *pcp;
	struct zone *zone;

	fixture_init(f, &(struct fixture_spec){.profile = profile,
					       .zones = {{0, ZONE_NORMAL, 0, 8192, 8192}}});
	zone = fixture_zone(f, 0, ZONE_NORMAL);
	pcp = &zone->pageset[0];
	pcp->batch = batch;
	pcp->high = pcp->high_min = high_min;
	pcp->high_max = high_max;
	/* Blocks that cannot merge: every other of each order. */
	for (u32 i = 0; i < 128; i++) {
		fixture_use(f, i * 2, 0, 0);
		fixture_use(f, 1024 + i * 4, 1, 0);
	}
	return zone;
}

static void free_singles(struct mm_fixture *f, u32 from, u32 to)
{
	for (u32 i = from; i < to; i++)
		g_assert_cmpint(free_pages(f->mm, &f->tasks[0], i * 2, 0), ==, FREE_OK);
}

/* The limit is reached: free_count pages go, within batch and high - batch, the oldest first. */
static void test_drain_at_high(void)
{
	struct mm_fixture f;
	struct zone *zone = small(&f, "linux-7.2", 10, 10, 3);

	free_singles(&f, 0, 9);
	g_assert_cmpint(zone->pageset[0].count, ==, 9);
	g_assert_cmpuint(fixture_free_blocks(zone), ==, 0);
	free_singles(&f, 9, 10);
	g_assert_cmpint(zone->pageset[0].count, ==, 3);
	g_assert_cmpstr(fixture_pcp_list(zone, 0, 0), ==, "18 16 14");
	g_assert_cmpstr(fixture_list(zone, 0, MIGRATE_UNMOVABLE), ==, "12 10 8 6 4 2 0");
	g_assert_cmpint(zone->vm_stat[NR_FREE_PAGES], ==, 7);
	fixture_finish(&f);
}

/* A drain begins with the list of the page just freed and goes round. */
static void test_drain_order(void)
{
	struct mm_fixture f;
	struct zone *zone = small(&f, "linux-7.2", 100, 100, 3);

	fixture_block_type(&f, 512, MIGRATE_MOVABLE);
	for (u32 i = 0; i < 3; i++) {
		fixture_use(&f, 600 + 2 * i, 0, 0);
		free_pages(f.mm, &f.tasks[0], 600 + 2 * i, 0);
	}
	free_pages(f.mm, &f.tasks[0], 1024, 1);
	free_singles(&f, 0, 2);
	g_assert_cmpstr(fixture_pcp_list(zone, 0, 0), ==, "2 0");
	g_assert_cmpstr(fixture_pcp_list(zone, 0, 1), ==, "604 602 600");
	g_assert_cmpstr(fixture_pcp_list(zone, 0, 3), ==, "1024");
	free_pcppages_bulk(zone, &f.tasks[0], 0, 4, 1);
	g_assert_cmpstr(fixture_pcp_list(zone, 0, 1), ==, "");
	/* One page was left to drain: the next list gives a whole block of two. */
	g_assert_cmpstr(fixture_pcp_list(zone, 0, 3), ==, "");
	g_assert_cmpstr(fixture_pcp_list(zone, 0, 0), ==, "2 0");
	g_assert_cmpint(zone->pageset[0].count, ==, 2);
	free_pcppages_bulk(zone, &f.tasks[0], 0, 1, 1);
	g_assert_cmpstr(fixture_pcp_list(zone, 0, 0), ==, "2");
	drain_local_pages(f.mm, &f.tasks[0], NULL);
	g_assert_cmpint(zone->pageset[0].count, ==, 0);
	g_assert_cmpint(zone->vm_stat[NR_FREE_PAGES], ==, 7);
	fixture_finish(&f);
}

static void free_pairs(struct mm_fixture *f, u32 from, u32 to)
{
	for (u32 i = from; i < to; i++)
		g_assert_cmpint(free_pages(f->mm, &f->tasks[0], 1024 + i * 4, 1), ==, FREE_OK);
}

/* A run of order-1 frees is sent on at once: after a batch in 6.12, later in 7.2. */
static void test_high_order_run(void)
{
	struct mm_fixture f;
	struct zone *zone = small(&f, "linux-6.12", 100, 100, 3);

	free_pairs(&f, 0, 2);
	g_assert_cmpint(zone->pageset[0].count, ==, 4);
	free_pairs(&f, 2, 3);
	g_assert_cmpint(zone->pageset[0].count, ==, 0);
	fixture_finish(&f);

	zone = small(&f, "linux-7.2", 100, 100, 3);
	free_pairs(&f, 0, 27); /* free_count 54 reaches 3 + 100 / 2 only now */
	g_assert_cmpint(zone->pageset[0].count, ==, 54);
	free_pairs(&f, 27, 28);
	g_assert_cmpint(zone->pageset[0].count, ==, 0);
	fixture_finish(&f);

	/* A single page in between ends the run. */
	zone = small(&f, "linux-6.12", 100, 100, 3);
	free_pairs(&f, 0, 2);
	free_singles(&f, 0, 1);
	free_pairs(&f, 2, 3);
	g_assert_cmpint(zone->pageset[0].count, ==, 7);
	free_pairs(&f, 3, 4);
	g_assert_cmpint(zone->pageset[0].count, ==, 0);
	fixture_finish(&f);
}

/* While reclaim is at work: at most four batches, and the limit shrinks. */
static void test_reclaim_active(void)
{
	static const s32 high[] = {47, 44, 41, 37, 32, 26, 19, 11, 10, 10};
	struct mm_fixture f;
	struct zone *zone = small(&f, "linux-7.2", 10, 100, 3);

	zone->pageset[0].high = 50;
	zone->flags |= ZONE_RECLAIM_ACTIVE;
	for (u32 i = 0; i < ARRAY_SIZE(high); i++) {
		free_singles(&f, i, i + 1);
		g_assert_cmpint(zone->pageset[0].high, ==, high[i]);
	}
	g_assert_cmpint(zone->pageset[0].count, ==, 3);
	fixture_finish(&f);
}

/* ... whatever the limit allows: the tenth page is one too many for batch 3, not for batch 8. */
static void test_reclaim_batches(void)
{
	for (s32 batch = 3; batch <= 8; batch += 5) {
		struct mm_fixture f;
		struct zone *zone = small(&f, "linux-7.2", 60, 60, batch);

		zone->flags |= ZONE_RECLAIM_ACTIVE;
		free_singles(&f, 0, 11);
		g_assert_cmpint(zone->pageset[0].count, ==, 11);
		free_singles(&f, 11, 12);
		/* free_count is 12; no more than 12 - batch go. */
		g_assert_cmpint(zone->pageset[0].count, ==, batch == 3 ? 3 : 12);
		fixture_finish(&f);
	}
}

/* The statistics work lowers the limit by an eighth and drains down to it. */
static void test_decay(void)
{
	struct mm_fixture f;
	struct zone *zone = small(&f, "linux-6.12", 10, 200, 3);
	struct per_cpu_pages *pcp = &zone->pageset[0];

	pcp->high = 100;
	free_singles(&f, 0, 80);
	g_assert_cmpint(pcp->count, ==, 80);
	g_assert_cmpint(pcp->high, ==, 100);
	g_assert_true(decay_pcp_high(zone, &f.tasks[0]));
	g_assert_cmpint(pcp->high, ==, 88);
	g_assert_cmpint(pcp->count, ==, 80);
	g_assert_true(decay_pcp_high(zone, &f.tasks[0]));
	g_assert_cmpint(pcp->high, ==, 77);
	g_assert_cmpint(pcp->count, ==, 77);
	for (u32 i = 0; i < 40; i++)
		decay_pcp_high(zone, &f.tasks[0]);
	g_assert_cmpint(pcp->high, ==, 10);
	g_assert_cmpint(pcp->count, ==, 10);
	g_assert_false(decay_pcp_high(zone, &f.tasks[0]));
	fixture_finish(&f);
}

/* 6.1: drains double with each, an allocation halves the factor. */
static void test_fixed(void)
{
	static const s32 drained[] = {3, 6, 12, 17, 17};
	struct mm_fixture f;
	struct zone *zone = small(&f, "linux-6.1", 20, 20, 3);
	struct per_cpu_pages *pcp = &zone->pageset[0];
	u32 at = 0;

	for (u32 i = 0; i < ARRAY_SIZE(drained); i++) {
		u32 n = (u32)(20 - pcp->count);

		free_singles(&f, at, at + n - 1);
		g_assert_cmpint(pcp->count, ==, 19);
		free_singles(&f, at + n - 1, at + n);
		g_assert_cmpint(pcp->count, ==, 20 - drained[i]);
		at += n;
	}
	g_assert_cmpint(pcp->free_factor, ==, 3);
	alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, 0);
	g_assert_cmpint(pcp->free_factor, ==, 1);
	/* A larger block while the factor is not zero: all goes. */
	free_pairs(&f, 0, 1);
	g_assert_cmpint(pcp->count, ==, 0);
	alloc_pages_node(f.mm, &f.tasks[0], 0, 0, GFP_KERNEL, 1);
	g_assert_cmpint(pcp->free_factor, ==, 0);
	free_pairs(&f, 1, 4);
	g_assert_cmpint(pcp->count, >, 0);
	fixture_finish(&f);
}

/* 6.1 drains a page to the list of the type it came with, others to its pageblock's now. */
static void test_remembered_type(void)
{
	static const char *const profiles[] = {"linux-6.1", "linux-6.12"};

	for (u32 i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct mm_fixture f;
		struct zone *zone = small(&f, profiles[i], 100, 100, 3);

		free_singles(&f, 0, 1);
		fixture_block_type(&f, 0, MIGRATE_MOVABLE);
		drain_local_pages(f.mm, &f.tasks[0], NULL);
		g_assert_cmpstr(fixture_list(zone, 0, i ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE), ==,
				"0");
		fixture_finish(&f);
	}
}

/* Pages of the reserve and of CMA wait on the movable list. */
static void test_other_types(void)
{
	struct mm_fixture f;
	struct zone *zone = small(&f, "linux-7.2", 100, 100, 3);

	fixture_block_type(&f, 0, MIGRATE_HIGHATOMIC);
	fixture_block_type(&f, 1024, MIGRATE_CMA);
	free_pages(f.mm, &f.tasks[0], 1024, 1);
	g_assert_cmpstr(fixture_pcp_list(zone, 0, 4), ==, "1024");
	free_singles(&f, 0, 2);
	g_assert_cmpstr(fixture_pcp_list(zone, 0, 1), ==, "2 0");
	drain_local_pages(f.mm, &f.tasks[0], NULL);
	g_assert_cmpstr(fixture_list(zone, 0, MIGRATE_HIGHATOMIC), ==, "2 0");
	g_assert_cmpint(zone->nr_free_highatomic, ==, 2);
	fixture_finish(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/pcp/refill-doubles", test_refill_doubles);
	g_test_add_func("/mm/pcp/free-count-halves", test_free_count_halves);
	g_test_add_func("/mm/pcp/batch-one", test_batch_one);
	g_test_add_func("/mm/pcp/refill-orders", test_refill_orders);
	g_test_add_func("/mm/pcp/orders-with-lists", test_orders_with_lists);
	g_test_add_func("/mm/pcp/drain-at-high", test_drain_at_high);
	g_test_add_func("/mm/pcp/drain-order", test_drain_order);
	g_test_add_func("/mm/pcp/high-order-run", test_high_order_run);
	g_test_add_func("/mm/pcp/reclaim-active", test_reclaim_active);
	g_test_add_func("/mm/pcp/reclaim-batches", test_reclaim_batches);
	g_test_add_func("/mm/pcp/decay", test_decay);
	g_test_add_func("/mm/pcp/fixed", test_fixed);
	g_test_add_func("/mm/pcp/remembered-type", test_remembered_type);
	g_test_add_func("/mm/pcp/other-types", test_other_types);
	return g_test_run();
}

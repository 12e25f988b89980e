/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Properties: random operations against a second, naive allocator in lock step, on zones of many
 * shapes; and, for every kernel, that no page is lost, doubled or given to two owners.
 */
#include "mm/check.h"
#include "mm/vmstat.h"
#include "naive.h"

static u32 below(u64 *seed, u64 n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (u32)(*seed % n);
}

struct held {
	u32 pfn, order;
};

struct pair {
	struct mm_fixture f;
	struct zone *zone;
	struct naive n;
	GArray *held; /* struct held */
	u64 seed;
};

static void random_set(struct pair *p, u32 cpu)
{
	struct per_cpu_pages *pcp = &p->zone->pageset[cpu];
	struct naive_set *s = &p->n.sets[cpu];

	s->batch = pcp->batch = 1 + (s32)below(&p->seed, 8);
	s->high_min = pcp->high_min = (s32)below(&p->seed, 40);
	s->high_max = pcp->high_max = s->high_min + (s32)below(&p->seed, 3) * 60;
	s->high = pcp->high = (s32)below(&p->seed, 100);
}

static void pair_init(struct pair *p, const char *profile, u64 seed)
{
	struct mm_sysctl sysctl;
	u32 max_order, block_order, blocks;

	p->seed = seed;
	max_order = 4 + below(&p->seed, 6);
	block_order = 4 + below(&p->seed, max_order - 3);
	blocks = 3 + below(&p->seed, 12);
	p->n = (struct naive){.pages = blocks << block_order,
			      .max_order = max_order,
			      .block_order = block_order,
			      .thp = below(&p->seed, 2) != 0,
			      .high_mark = (s64)below(&p->seed, 2) * below(&p->seed, 100)};
	p->n.drains_in_slices = p->n.large_waits_for_half_min = !g_strcmp0(profile, "linux-7.2");
	naive_init(&p->n);
	mm_sysctl_default(&sysctl);
	sysctl.watermark_boost_factor = 0;
	fixture_init(
	    &p->f, &(struct fixture_spec){.profile = profile,
					  .max_order = max_order,
					  .pageblock_order = block_order,
					  .nr_cpus = NAIVE_CPUS,
					  .no_thp = !p->n.thp,
					  .sysctl = &sysctl,
					  .zones = {{0, ZONE_NORMAL, 0, p->n.pages, p->n.pages}}});
	p->zone = fixture_zone(&p->f, 0, ZONE_NORMAL);
	p->zone->_watermark[WMARK_HIGH] = p->n.high_mark;
	fixture_fill(p->zone, MIGRATE_MOVABLE);
	memset(p->n.block_type, MIGRATE_MOVABLE, p->n.pages >> block_order);
	for (u32 o = 0; o <= max_order; o++)
		for (u32 pfn = p->zone->free_area[o].free_list[MIGRATE_MOVABLE].head;
		     pfn != PFN_NONE; pfn = free_list_next(p->f.mm, pfn, o))
			naive_add(&p->n, pfn, o, MIGRATE_MOVABLE);
	for (u32 cpu = 0; cpu < NAIVE_CPUS; cpu++)
		random_set(p, cpu);
	p->held = g_array_new(FALSE, FALSE, sizeof(struct held));
}

static void pair_finish(struct pair *p)
{
	fixture_finish(&p->f);
	naive_finish(&p->n);
	g_array_free(p->held, TRUE);
}

static void same_list(const struct pair *p, const GArray *list, u32 head, u32 order)
{
	for (u32 i = 0; i < list->len; i++, head = free_list_next(p->f.mm, head, order))
		g_assert_cmpuint(head, ==, g_array_index(list, u32, i));
	g_assert_cmpuint(head, ==, PFN_NONE);
}

static void same_state(struct pair *p)
{
	struct err err = {0};

	for (u32 o = 0; o <= p->n.max_order; o++)
		for (u32 mt = 0; mt < MIGRATE_PCPTYPES; mt++)
			same_list(p, p->n.free[o][mt], p->zone->free_area[o].free_list[mt].head, o);
	for (u32 cpu = 0; cpu < NAIVE_CPUS; cpu++) {
		const struct per_cpu_pages *pcp = &p->zone->pageset[cpu];
		const struct naive_set *s = &p->n.sets[cpu];

		for (u32 i = 0; i < NR_PCP_LISTS; i++)
			same_list(p, s->lists[i], pcp->lists[i].head, 0);
		g_assert_cmpint(pcp->count, ==, s->count);
		g_assert_cmpint(pcp->high, ==, s->high);
		g_assert_cmpint(pcp->free_count, ==, s->free_count);
		g_assert_cmpint(pcp->alloc_factor, ==, s->alloc_factor);
	}
	for (u32 b = 0; b < p->n.pages >> p->n.block_order; b++)
		g_assert_cmpuint(get_pageblock_migratetype(p->f.mm, (u64)b << p->n.block_order), ==,
				 p->n.block_type[b]);
	g_assert_cmpint(p->zone->vm_stat[NR_FREE_PAGES], ==, p->n.nr_free);
	g_assert_true((p->zone->flags == ZONE_BELOW_HIGH) == p->n.below_high);
	if (!mm_check(p->f.mm, CHECK_FULL, NULL, &err))
		g_error("%s", err_text(&err));
}

static void alloc_one(struct pair *p, u32 cpu)
{
	static const gfp_t gfps[] = {0, __GFP_MOVABLE | __GFP_HIGHMEM, __GFP_RECLAIMABLE};
	u32 mt = below(&p->seed, 3),
	    order = below(&p->seed, 3) ? 0 : below(&p->seed, p->n.max_order + 1);
	u32 pfn = alloc_pages_node(p->f.mm, &p->f.tasks[cpu], 0, 0, gfps[mt], order);
	struct held held = {pfn, order};

	g_assert_cmpuint(pfn, ==, naive_alloc(&p->n, cpu, order, mt));
	if (pfn != PFN_NONE)
		g_array_append_val(p->held, held);
}

static void free_one(struct pair *p, u32 cpu)
{
	u32 i = p->held->len ? below(&p->seed, p->held->len) : 0;
	struct held held;

	if (!p->held->len)
		return;
	held = g_array_index(p->held, struct held, i);
	g_array_remove_index_fast(p->held, i);
	g_assert_cmpint(free_pages(p->f.mm, &p->f.tasks[cpu], held.pfn, held.order), ==, FREE_OK);
	naive_release(&p->n, cpu, held.pfn, held.order);
}

/* More allocations than frees for a while, then the other way round. */
static void run_pair(struct pair *p, u32 rounds)
{
	for (u32 i = 0; i < rounds; i++) {
		u32 cpu = below(&p->seed, NAIVE_CPUS), what = below(&p->seed, 100);

		if (what < 2) {
			drain_local_pages(p->f.mm, &p->f.tasks[cpu], NULL);
			naive_drain(&p->n, cpu);
		} else if (what < 5) {
			refresh_cpu_vm_stats(p->f.mm, &p->f.tasks[cpu]);
			naive_decay(&p->n, cpu);
		} else if (what < (i / 200 % 2 ? 35 : 70)) {
			alloc_one(p, cpu);
		} else {
			free_one(p, cpu);
		}
		if (i % 20 == 0)
			same_state(p);
	}
	while (p->held->len)
		free_one(p, 0);
	for (u32 cpu = 0; cpu < NAIVE_CPUS; cpu++) {
		drain_local_pages(p->f.mm, &p->f.tasks[cpu], NULL);
		naive_drain(&p->n, cpu);
	}
	same_state(p);
	g_assert_cmpint(p->zone->vm_stat[NR_FREE_PAGES], ==, p->n.pages);
}

static void test_lock_step(const void *profile)
{
	for (u32 i = 0; i < 150; i++) {
		struct pair p;

		pair_init(&p, profile, 0x9e3779b97f4a7c15ull * (i + 1));
		run_pair(&p, 1500);
		pair_finish(&p);
	}
}

/* Two nodes, all flags: every page belongs to one holder, and all come back. */
struct world {
	struct mm_fixture f;
	GArray *held;
	u8 *owned; /* by page frame */
	u64 seed;
};

static void world_own(struct world *w, u32 pfn, u32 order)
{
	struct held held = {pfn, order};

	for (u32 i = 0; i < 1u << order; i++) {
		g_assert_false(w->owned[pfn + i]);
		w->owned[pfn + i] = 1;
	}
	g_array_append_val(w->held, held);
}

static struct held world_disown(struct world *w)
{
	u32 i = below(&w->seed, w->held->len);
	struct held held = g_array_index(w->held, struct held, i);

	g_array_remove_index_fast(w->held, i);
	memset(w->owned + held.pfn, 0, 1u << held.order);
	return held;
}

static void world_alloc(struct world *w, struct task_struct *task)
{
	static const gfp_t gfps[] = {
	    GFP_KERNEL,
	    GFP_HIGHUSER_MOVABLE,
	    __GFP_KSWAPD_RECLAIM | __GFP_HIGH,
	    __GFP_RECLAIMABLE,
	    __GFP_DMA,
	    GFP_KERNEL | __GFP_MEMALLOC,
	    __GFP_HIGH | __GFP_ATOMIC | __GFP_KSWAPD_RECLAIM,
	    __GFP_THISNODE,
	    GFP_KERNEL | __GFP_NOFAIL,
	    __GFP_MOVABLE | __GFP_HIGHMEM,
	};
	gfp_t gfp = gfps[below(&w->seed, ARRAY_SIZE(gfps))];
	u32 order = below(&w->seed, 4) ? 0 : below(&w->seed, 11), n, pfns[40], pfn;

	if (below(&w->seed, 16)) {
		pfn = alloc_pages_node(w->f.mm, task, (s32)below(&w->seed, 2), 0, gfp, order);
		if (pfn != PFN_NONE)
			world_own(w, pfn, order);
		return;
	}
	n = alloc_pages_bulk(w->f.mm, task, (s32)below(&w->seed, 2), gfp, ARRAY_SIZE(pfns), pfns);
	for (u32 i = 0; i < n; i++)
		world_own(w, pfns[i], 0);
}

static void world_free(struct world *w, struct task_struct *task)
{
	struct held held;
	u32 pfns[40], n = 0, bad;

	if (!w->held->len)
		return;
	held = world_disown(w);
	if (held.order || below(&w->seed, 4)) {
		g_assert_cmpint(free_pages(w->f.mm, task, held.pfn, held.order), ==, FREE_OK);
		return;
	}
	for (pfns[n++] = held.pfn; n < ARRAY_SIZE(pfns) && w->held->len;) {
		held = world_disown(w);
		pfns[n++] = held.pfn;
	}
	g_assert_cmpint(release_pages(w->f.mm, task, pfns, n, &bad), ==, FREE_OK);
}

static void world_checked(struct world *w)
{
	struct err err = {0};

	if (!mm_check(w->f.mm, CHECK_FULL, NULL, &err))
		g_error("%s", err_text(&err));
}

static void world_init(struct world *w, const char *profile, u64 seed)
{
	*w = (struct world){.seed = seed,
			    .held = g_array_new(FALSE, FALSE, sizeof(struct held)),
			    .owned = g_malloc0(65536)};
	fixture_init(&w->f,
		     &(struct fixture_spec){.profile = profile,
					    .nr_cpus = 4,
					    .zones = {{0, ZONE_DMA, 1, 4095, 4095},
						      {0, ZONE_NORMAL, 4096, 16384, 16384},
						      {1, ZONE_NORMAL, 20480, 8192, 8192},
						      {1, ZONE_MOVABLE, 28672, 4096, 4096}}});
	w->f.cpu_node[2] = w->f.cpu_node[3] = 1;
	for_each_populated_zone (w->f.mm, zone) {
		fixture_fill(zone, zone->type == ZONE_MOVABLE
				       ? MIGRATE_MOVABLE
				       : (enum migratetype)below(&w->seed, 3));
		zone->_watermark[WMARK_MIN] = 64;
		zone->_watermark[WMARK_LOW] = 96;
		zone->_watermark[WMARK_HIGH] = 128 + below(&w->seed, 2000);
		for (u32 cpu = 0; cpu < 4; cpu++) {
			struct per_cpu_pages *pcp = &zone->pageset[cpu];

			pcp->batch = 1 + (s32)below(&w->seed, 31);
			pcp->high = pcp->high_min = 4 * pcp->batch;
			pcp->high_max = w->f.mm->profile->pcp_autotune ? 600 : pcp->high;
		}
	}
}

static void test_conserved(const void *profile)
{
	for (u32 i = 0; i < 6; i++) {
		struct world w;

		world_init(&w, profile, 0x2545f4914f6cdd1dull * (i + 1));
		for (u32 j = 0; j < 20000; j++) {
			struct task_struct *task = &w.f.tasks[below(&w.seed, 4)];
			u32 what = below(&w.seed, 1000);

			if (what < 2)
				drain_all_pages(w.f.mm, task, NULL);
			else if (what < 10)
				refresh_cpu_vm_stats(w.f.mm, task);
			else if (what < (j / 4000 % 2 ? 400u : 700u))
				world_alloc(&w, task);
			else
				world_free(&w, task);
			if (j % 500 == 0)
				world_checked(&w);
		}
		while (w.held->len)
			world_free(&w, &w.f.tasks[0]);
		drain_all_pages(w.f.mm, &w.f.tasks[0], NULL);
		world_checked(&w);
		for_each_populated_zone (w.f.mm, zone)
			g_assert_cmpint(zone_page_state_snapshot(zone, NR_FREE_PAGES), ==,
					(s64)zone->present_pages);
		fixture_finish(&w.f);
		g_array_free(w.held, TRUE);
		g_free(w.owned);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/mm/model/lock-step/linux-7.2", "linux-7.2", test_lock_step);
	g_test_add_data_func("/mm/model/lock-step/linux-6.12", "linux-6.12", test_lock_step);
	g_test_add_data_func("/mm/model/conserved/linux-7.2", "linux-7.2", test_conserved);
	g_test_add_data_func("/mm/model/conserved/linux-6.12", "linux-6.12", test_conserved);
	g_test_add_data_func("/mm/model/conserved/linux-6.1", "linux-6.1", test_conserved);
	return g_test_run();
}

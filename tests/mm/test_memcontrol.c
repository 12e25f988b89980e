/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory groups: what is charged and given back, whose lists a folio is on, what happens at the
 * limits. Groups without anything to reclaim or kill refuse; full ones reclaim their own pages.
 */
#include <glib.h>

#include "mm/page_alloc.h"
#include "mm/filemap.h"
#include "mm/memcontrol.h"
#include "mm/vmscan.h"
#include "small_world.h"

#define GFP_NOWAIT_HIGH (__GFP_HIGH | __GFP_KSWAPD_RECLAIM)

static u32 folio_new(struct small_world *w, u32 order)
{
	u32 pfn = alloc_pages(w->mm, &w->current, GFP_HIGHUSER_MOVABLE | (order ? __GFP_COMP : 0),
			      order);

	g_assert_cmpuint(pfn, !=, PFN_NONE);
	return pfn;
}

static void test_usage(void)
{
	struct small_world w;
	struct mem_cgroup *a, *b;
	u32 root, one, large;

	small_world_create(&w, NULL, &profile_linux_7_2);
	root = folio_new(&w, 0);
	g_assert_true(mem_cgroup_charge(w.vm, &w.current, root, NULL, GFP_KERNEL));
	a = mem_cgroup_create(w.vm, "a", UINT64_MAX, UINT64_MAX);
	b = mem_cgroup_create(w.vm, "b", UINT64_MAX, UINT64_MAX);
	g_assert_true(folio_memcg(w.vm, root) == w.vm->memcgs[0]);
	one = folio_new(&w, 0);
	large = folio_new(&w, 3);
	g_assert_true(mem_cgroup_charge(w.vm, &w.current, one, a, GFP_KERNEL));
	g_assert_true(mem_cgroup_charge(w.vm, &w.current, large, b, GFP_KERNEL));
	g_assert_true(folio_memcg(w.vm, one) == a);
	g_assert_true(folio_memcg(w.vm, large) == b);
	/* A batch each, of which one and eight pages are used so far. */
	g_assert_cmpuint(a->usage, ==, MEMCG_CHARGE_BATCH);
	g_assert_cmpuint(a->stock[0], ==, MEMCG_CHARGE_BATCH - 1);
	g_assert_cmpuint(b->usage, ==, MEMCG_CHARGE_BATCH);
	g_assert_cmpuint(b->stock[0], ==, MEMCG_CHARGE_BATCH - 8);
	/* Contents move: the group with them. */
	mem_cgroup_migrate(w.vm, one, root);
	g_assert_true(folio_memcg(w.vm, root) == a);
	g_assert_cmpuint(a->usage, ==, MEMCG_CHARGE_BATCH);
	folios_put(w.vm, &w.current, (u32[]){one, root, large}, 3);
	g_assert_cmpuint(a->usage, ==, a->stock[0]);
	g_assert_cmpuint(b->usage, ==, b->stock[0]);
	g_assert_cmpuint(b->peak, ==, MEMCG_CHARGE_BATCH);
	g_assert_cmpuint(w.vm->memcgs[0]->usage, ==, 0);
	small_world_destroy(&w);
}

/* A folio goes on its group's lists, and the node's counters hold all. */
static void test_lists(void)
{
	struct small_world w;
	struct mem_cgroup *memcg;
	u32 mine, other;

	small_world_create(&w, NULL, &profile_linux_7_2);
	w.vm->lru_gen = false;
	memcg = mem_cgroup_create(w.vm, "group", UINT64_MAX, UINT64_MAX);
	mine = folio_new(&w, 0);
	other = folio_new(&w, 0);
	g_assert_true(mem_cgroup_charge(w.vm, &w.current, mine, memcg, GFP_KERNEL));
	folio_add_lru(w.vm, &w.current, mine);
	folio_add_lru(w.vm, &w.current, other);
	lru_add_drain(w.vm, &w.current);
	g_assert_true(folio_lruvec(w.vm, mine) == &memcg->lruvecs[0]);
	g_assert_true(folio_lruvec(w.vm, other) == node_lruvec(w.vm, 0));
	g_assert_cmpuint(memcg->lruvecs[0].lists[LRU_INACTIVE_FILE].head, ==, mine);
	g_assert_cmpuint(lruvec_page_state(w.vm, &memcg->lruvecs[0], LRU_INACTIVE_FILE), ==, 1);
	g_assert_cmpuint(lruvec_page_state(w.vm, node_lruvec(w.vm, 0), LRU_INACTIVE_FILE), ==, 2);
	/* What its reclaim costs, the machine's does too. */
	lru_note_cost(&memcg->lruvecs[0], w.vm, LRU_TYPE_FILE, 1, 0);
	g_assert_cmpuint(memcg->lruvecs[0].file_cost, ==, node_lruvec(w.vm, 0)->file_cost);
	folios_put(w.vm, &w.current, (u32[]){mine, other}, 2);
	g_assert_cmpuint(memcg->lruvecs[0].lists[LRU_INACTIVE_FILE].head, ==, PFN_NONE);
	small_world_destroy(&w);
}

/* Nothing to reclaim: who may not wait is refused at once, who dies is let in. */
static void test_max(void)
{
	struct small_world w;
	struct mem_cgroup *memcg;
	u32 folios[3];

	small_world_create(&w, NULL, &profile_linux_7_2);
	memcg = mem_cgroup_create(w.vm, "group", 1, UINT64_MAX);
	for (u32 i = 0; i < ARRAY_SIZE(folios); i++)
		folios[i] = folio_new(&w, 0);
	g_assert_true(mem_cgroup_charge(w.vm, &w.current, folios[0], memcg, GFP_NOWAIT_HIGH));
	g_assert_false(mem_cgroup_charge(w.vm, &w.current, folios[1], memcg, GFP_NOWAIT_HIGH));
	g_assert_cmpuint(memcg->usage, ==, 1);
	g_assert_cmpuint(memcg->nr_max_events, ==, 1);
	g_assert_true(folio_memcg(w.vm, folios[1]) == w.vm->memcgs[0]);
	w.current.sigkill = true;
	g_assert_true(mem_cgroup_charge(w.vm, &w.current, folios[1], memcg, GFP_KERNEL));
	w.current.sigkill = false;
	w.current.flags = PF_MEMALLOC;
	g_assert_true(mem_cgroup_charge(w.vm, &w.current, folios[2], memcg, GFP_KERNEL));
	g_assert_cmpuint(memcg->usage, ==, 3);
	g_assert_cmpuint(memcg->nr_max_events, ==, 1);
	small_world_destroy(&w);
}

/* Clean file pages of the group make room for more of them; others' are left alone. */
static void reclaim_at_limit(bool lru_gen, u64 max, u64 high)
{
	struct small_world w;
	struct mem_cgroup *memcg;
	struct file *file, *foreign;

	small_world_create(&w, NULL, &profile_linux_7_2);
	w.vm->lru_gen = lru_gen;
	memcg = mem_cgroup_create(w.vm, "group", max, high);
	foreign = file_create(w.vm);
	file = file_create(w.vm);
	file->memcg = memcg;
	for (u32 i = 0; i < 1000; i++) {
		struct file *into = i % 2 ? file : foreign;
		u32 folio = folio_new(&w, 0);

		g_assert_true(filemap_add_folio(into, &w.current, folio, i / 2, GFP_KERNEL));
		pfn_to_page(w.mm, folio)->flags &= (u16)~PG_locked;
		g_assert_cmpuint(memcg->usage, <=, max);
	}
	g_assert_cmpuint(foreign->nr_cached, ==, 500);
	g_assert_cmpuint(file->nr_cached, ==, memcg->usage - memcg->stock[0]);
	g_assert_cmpuint(file->nr_cached, <, 300);
	g_assert_cmpuint(file->nr_cached, >, 100);
	g_assert_cmpuint(memcg->nr_oom_kills, ==, 0);
	if (max == UINT64_MAX)
		g_assert_cmpuint(memcg->nr_high_events, >, 0);
	else
		g_assert_cmpuint(memcg->nr_max_events, >, 0);
	small_world_check_books(&w);
	small_world_destroy(&w);
}

static void test_reclaim(void)
{
	reclaim_at_limit(false, 256, UINT64_MAX);
	reclaim_at_limit(true, 256, UINT64_MAX);
	reclaim_at_limit(false, UINT64_MAX, 200);
}

/* One page more than there is room for takes what lies in stock on another CPU. */
static void test_stock(void)
{
	struct small_world w;
	struct mem_cgroup *memcg;

	small_world_create(&w, NULL, &profile_linux_7_2);
	memcg = mem_cgroup_create(w.vm, "group", MEMCG_CHARGE_BATCH, UINT64_MAX);
	g_assert_true(mem_cgroup_charge(w.vm, &w.current, folio_new(&w, 0), memcg, GFP_KERNEL));
	g_assert_cmpuint(memcg->usage, ==, MEMCG_CHARGE_BATCH);
	memcg->stock[1] = memcg->stock[0];
	memcg->stock[0] = 0;
	g_assert_true(mem_cgroup_charge(w.vm, &w.current, folio_new(&w, 0), memcg, GFP_KERNEL));
	g_assert_cmpuint(memcg->usage, ==, 2);
	g_assert_cmpuint(memcg->stock[1], ==, 0);
	g_assert_cmpuint(memcg->nr_max_events, ==, 1);
	small_world_destroy(&w);
}

/* What is charged above `high` is answered for on the way back to user mode, or at once by the
   second batch. Without anything to reclaim the debt is gone after a while all the same. */
static void test_high(void)
{
	struct small_world w;
	struct mem_cgroup *memcg;

	small_world_create(&w, NULL, &profile_linux_7_2);
	memcg = mem_cgroup_create(w.vm, "group", UINT64_MAX, MEMCG_CHARGE_BATCH);
	for (u32 i = 0; i < MEMCG_CHARGE_BATCH; i++)
		g_assert_true(mem_cgroup_charge(w.vm, &w.current, folio_new(&w, 0), memcg,
						GFP_KERNEL));
	g_assert_cmpuint(w.current.memcg_nr_pages_over_high, ==, 0);
	g_assert_true(mem_cgroup_charge(w.vm, &w.current, folio_new(&w, 0), memcg, GFP_KERNEL));
	g_assert_cmpuint(w.current.memcg_nr_pages_over_high, ==, MEMCG_CHARGE_BATCH);
	g_assert_cmpuint(memcg->nr_high_events, ==, 0);
	mem_cgroup_return_to_user(w.vm, &w.current);
	g_assert_cmpuint(w.current.memcg_nr_pages_over_high, ==, 0);
	g_assert_cmpuint(memcg->nr_high_events, ==, 17);
	memcg->stock[0] = 0;
	w.current.memcg_nr_pages_over_high = MEMCG_CHARGE_BATCH;
	g_assert_true(mem_cgroup_charge(w.vm, &w.current, folio_new(&w, 0), memcg, GFP_KERNEL));
	g_assert_cmpuint(w.current.memcg_nr_pages_over_high, ==, 0);
	g_assert_cmpuint(memcg->nr_high_events, ==, 34);
	/* Who may not wait leaves it for later, an interrupt to others. */
	memcg->stock[0] = 0;
	w.current.memcg_nr_pages_over_high = MEMCG_CHARGE_BATCH;
	g_assert_true(
	    mem_cgroup_charge(w.vm, &w.current, folio_new(&w, 0), memcg, GFP_NOWAIT_HIGH));
	g_assert_cmpuint(w.current.memcg_nr_pages_over_high, ==, 2 * MEMCG_CHARGE_BATCH);
	memcg->stock[0] = 0;
	w.current.context = IN_SOFTIRQ;
	g_assert_true(
	    mem_cgroup_charge(w.vm, &w.current, folio_new(&w, 0), memcg, GFP_NOWAIT_HIGH));
	g_assert_cmpuint(w.current.memcg_nr_pages_over_high, ==, 2 * MEMCG_CHARGE_BATCH);
	g_assert_cmpuint(memcg->nr_high_events, ==, 34);
	small_world_destroy(&w);
}

/* Two groups of clean file pages; the machine reclaims. Pages that are left to the first. */
static u64 left_to_protected(bool lru_gen, u64 min, u64 low, bool other_empty)
{
	struct small_world w;
	struct mem_cgroup *groups[2];
	struct file *files[2];
	struct alloc_context ac;
	u64 left;

	small_world_create(&w, NULL, &profile_linux_7_2);
	w.vm->lru_gen = lru_gen;
	for (u32 g = 0; g < 2; g++) {
		groups[g] = mem_cgroup_create(w.vm, "group", UINT64_MAX, UINT64_MAX);
		files[g] = file_create(w.vm);
		files[g]->memcg = groups[g];
		for (u32 i = 0; i < 500 && !(g && other_empty); i++) {
			u32 folio = folio_new(&w, 0);

			g_assert_true(filemap_add_folio(files[g], &w.current, folio, i,
							GFP_KERNEL));
			pfn_to_page(w.mm, folio)->flags &= (u16)~PG_locked;
		}
	}
	lru_add_drain(w.vm, &w.current);
	groups[0]->min = min;
	groups[0]->low = low;
	g_assert_true(prepare_alloc_pages(w.mm, GFP_HIGHUSER_MOVABLE, 0, 0, &ac));
	for (u32 i = 0; i < 4; i++)
		(void)try_to_free_pages(w.mm, &w.current, GFP_HIGHUSER_MOVABLE, 0,
						&ac);
	left = files[0]->nr_cached;
	if (!other_empty)
		g_assert_cmpuint(files[1]->nr_cached, <, min || low ? left : 500);
	if (low)
		g_assert_true((groups[0]->nr_low_events > 0) == (left < 500));
	small_world_destroy(&w);
	return left;
}

static void test_protection(void)
{
	for (u32 lru_gen = 0; lru_gen < 2; lru_gen++) {
		g_assert_cmpuint(left_to_protected(lru_gen, 0, 0, false), <, 500);
		g_assert_cmpuint(left_to_protected(lru_gen, 1000, 0, false), ==, 500);
		g_assert_cmpuint(left_to_protected(lru_gen, 1000, 0, true), ==, 500);
		/* Generations: the protected one only comes last. */
		g_assert_cmpuint(left_to_protected(lru_gen, 0, 1000, false), >=,
				 lru_gen ? 400 : 500);
		/* Nobody else has anything. */
		g_assert_cmpuint(left_to_protected(lru_gen, 0, 1000, true), <, 500);
	}
}

static void test_too_many(void)
{
	struct small_world w;

	small_world_create(&w, NULL, &profile_linux_7_2);
	for (u32 i = 1; i < MEM_CGROUPS_MAX; i++)
		g_assert_nonnull(mem_cgroup_create(w.vm, "one", 100, 100));
	g_assert_null(mem_cgroup_create(w.vm, "one too many", 100, 100));
	small_world_destroy(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/memcontrol/usage", test_usage);
	g_test_add_func("/memcontrol/lists", test_lists);
	g_test_add_func("/memcontrol/max", test_max);
	g_test_add_func("/memcontrol/reclaim", test_reclaim);
	g_test_add_func("/memcontrol/stock", test_stock);
	g_test_add_func("/memcontrol/high", test_high);
	g_test_add_func("/memcontrol/protection", test_protection);
	g_test_add_func("/memcontrol/too-many", test_too_many);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory groups: what is charged and given back, whose lists a folio is on, what happens at the
 * limits. Groups without anything to reclaim or kill refuse; full ones reclaim their own pages.
 */
#include <glib.h>

#include "mm/filemap.h"
#include "mm/memcontrol.h"
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
	g_assert_cmpuint(a->usage, ==, 1);
	g_assert_cmpuint(b->usage, ==, 8);
	/* Contents move: the group with them. */
	mem_cgroup_migrate(w.vm, one, root);
	g_assert_true(folio_memcg(w.vm, root) == a);
	g_assert_cmpuint(a->usage, ==, 1);
	folios_put(w.vm, &w.current, (u32[]){one, root, large}, 3);
	g_assert_cmpuint(a->usage, ==, 0);
	g_assert_cmpuint(b->usage, ==, 0);
	g_assert_cmpuint(b->peak, ==, 8);
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
	g_assert_cmpuint(file->nr_cached, ==, memcg->usage);
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
	g_test_add_func("/memcontrol/too-many", test_too_many);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shadow entries: what they keep, and which refaults make a page active. Distances are set by the
 * age of the lruvec, sizes by folios on its lists.
 */
#include <glib.h>

#include "mm/memcontrol.h"
#include "small_world.h"

static void create(struct small_world *w)
{
	small_world_create(w, NULL, &profile_linux_7_2);
	w->vm->lru_gen = false;
}

static u32 folio_new(struct small_world *w, u16 flags)
{
	u32 pfn = alloc_pages(w->mm, &w->current, GFP_HIGHUSER_MOVABLE, 0);

	g_assert_cmpuint(pfn, !=, PFN_NONE);
	pfn_to_page(w->mm, pfn)->flags |= flags;
	return pfn;
}

static void fill(struct small_world *w, u32 n, u16 flags)
{
	while (n--)
		lruvec_add_folio(w->vm, folio_new(w, flags));
}

static u64 events(struct small_world *w, enum vm_event_item item)
{
	return w->mm->vm_event[item];
}

/* A folio is evicted, `distance` pages later it is read again: does it come back active? */
static bool refault_active(struct small_world *w, u16 flags, u64 distance)
{
	u32 old = folio_new(w, flags), again = folio_new(w, flags & PG_swapbacked);
	u32 shadow = workingset_eviction(w->vm, old, NULL);

	/* The eviction itself counts for one. */
	workingset_age_nonresident(w->vm, node_lruvec(w->vm, 0), distance - 1);
	workingset_refault(w->vm, &w->current, again, shadow);
	return pfn_to_page(w->mm, again)->flags & PG_active;
}

static void test_pack(void)
{
	struct small_world w;
	u32 bits;

	create(&w);
	bits = workingset_token_bits(w.vm);
	g_assert_cmpuint(bits, ==, 23);
	for (u32 i = 0; i < 64; i++) {
		struct workingset_shadow in = {.memcg_id = i, .token = (1u << bits) - 1 - i,
					       .workingset = i & 1}, out;
		u32 shadow = pack_shadow(w.vm, &in);

		g_assert_cmpuint(shadow >> 31, ==, 0);
		g_assert_cmpuint(shadow, !=, 0);
		out = unpack_shadow(w.vm, shadow);
		g_assert_cmpuint(out.memcg_id, ==, i);
		g_assert_cmpuint(out.nid, ==, 0);
		g_assert_cmpuint(out.token, ==, in.token);
		g_assert_cmpint(out.workingset, ==, i & 1);
	}
	small_world_destroy(&w);
}

/* A node more takes a bit of the age; entries of both are told apart. */
static void test_nodes(void)
{
	static const char machine[] =
		"{\"name\":\"two\",\"arch\":\"x86-64\",\"nodes\":["
		"{\"cpus\":1,\"memory\":[{\"start\":\"0\",\"end\":\"64MiB\"}]},"
		"{\"cpus\":1,\"memory\":[{\"start\":\"64MiB\",\"end\":\"128MiB\"}]}]}";
	struct small_world w;
	struct workingset_shadow out;
	u32 shadow;

	small_world_create(&w, machine, &profile_linux_7_2);
	g_assert_cmpuint(workingset_token_bits(w.vm), ==, 22);
	shadow = pack_shadow(w.vm, &(struct workingset_shadow){.nid = 1, .token = 5});
	out = unpack_shadow(w.vm, shadow);
	g_assert_cmpuint(out.nid, ==, 1);
	g_assert_cmpuint(out.token, ==, 5);
	small_world_destroy(&w);
}

/* A file page competes with active file pages (without swap: with them only). */
static void test_file(void)
{
	struct small_world w;

	create(&w);
	fill(&w, 100, PG_active);
	fill(&w, 50, 0);
	fill(&w, 70, PG_active | PG_swapbacked);
	g_assert_true(refault_active(&w, 0, 1));
	g_assert_true(refault_active(&w, 0, 100));
	g_assert_false(refault_active(&w, 0, 101));
	g_assert_cmpuint(events(&w, WORKINGSET_REFAULT_FILE), ==, 3);
	g_assert_cmpuint(events(&w, WORKINGSET_ACTIVATE_FILE), ==, 2);
	g_assert_cmpuint(events(&w, WORKINGSET_RESTORE_FILE), ==, 0);
	g_assert_cmpuint(node_lruvec(w.vm, 0)->activations[LRU_TYPE_FILE], ==, 2);
	g_assert_cmpuint(node_lruvec(w.vm, 0)->activations[LRU_TYPE_ANON], ==, 0);
	small_world_destroy(&w);
}

/* An anonymous one with all file pages. */
static void test_anon(void)
{
	struct small_world w;

	create(&w);
	fill(&w, 100, PG_active);
	fill(&w, 50, 0);
	fill(&w, 70, PG_active | PG_swapbacked);
	g_assert_true(refault_active(&w, PG_swapbacked, 150));
	g_assert_false(refault_active(&w, PG_swapbacked, 151));
	g_assert_cmpuint(events(&w, WORKINGSET_REFAULT_ANON), ==, 2);
	g_assert_cmpuint(events(&w, WORKINGSET_ACTIVATE_ANON), ==, 1);
	small_world_destroy(&w);
}

/* What was active once comes back as such and costs. */
static void test_restore(void)
{
	struct small_world w;
	struct lruvec *lruvec;
	u64 age;

	create(&w);
	lruvec = node_lruvec(w.vm, 0);
	fill(&w, 400, PG_active);
	age = lruvec->nonresident_age;
	g_assert_true(refault_active(&w, PG_workingset, 10));
	/* Ten till it came back, one for its activation. */
	g_assert_cmpuint(lruvec->nonresident_age, ==, age + 11);
	g_assert_cmpuint(events(&w, WORKINGSET_RESTORE_FILE), ==, 1);
	g_assert_cmpuint(lruvec->file_cost, ==, 32);
	/* Too far: neither. */
	g_assert_false(refault_active(&w, PG_workingset, 401));
	g_assert_cmpuint(events(&w, WORKINGSET_RESTORE_FILE), ==, 1);
	g_assert_cmpuint(lruvec->file_cost, ==, 32);
	small_world_destroy(&w);
}

/* Ages count on when they no longer fit a shadow entry. */
static void test_wrap(void)
{
	struct small_world w;

	create(&w);
	fill(&w, 100, PG_active);
	node_lruvec(w.vm, 0)->nonresident_age = (1ull << workingset_token_bits(w.vm)) - 30;
	g_assert_true(refault_active(&w, 0, 90));
	g_assert_cmpuint(node_lruvec(w.vm, 0)->nonresident_age, >,
			 1ull << workingset_token_bits(w.vm));
	g_assert_false(refault_active(&w, 0, 110));
	small_world_destroy(&w);
}

/* Reclaim on behalf of a group uses the group's age, and the machine's goes with it. */
static void test_group(void)
{
	struct small_world w;
	struct mem_cgroup *memcg;
	struct workingset_shadow shadow;
	u32 folio;

	create(&w);
	memcg = mem_cgroup_create(w.vm, "group", 1000, UINT64_MAX);
	node_lruvec(w.vm, 0)->nonresident_age = 500;
	memcg->lruvecs[0].nonresident_age = 7;
	folio = folio_new(&w, 0);
	g_assert_true(mem_cgroup_charge(w.vm, &w.current, folio, memcg, GFP_KERNEL));
	shadow = unpack_shadow(w.vm, workingset_eviction(w.vm, folio, memcg));
	g_assert_cmpuint(shadow.memcg_id, ==, 1);
	g_assert_cmpuint(shadow.token, ==, 7);
	g_assert_cmpuint(memcg->lruvecs[0].nonresident_age, ==, 8);
	g_assert_cmpuint(node_lruvec(w.vm, 0)->nonresident_age, ==, 501);
	shadow = unpack_shadow(w.vm, workingset_eviction(w.vm, folio, NULL));
	g_assert_cmpuint(shadow.memcg_id, ==, 0);
	g_assert_cmpuint(shadow.token, ==, 501);
	g_assert_cmpuint(memcg->lruvecs[0].nonresident_age, ==, 8);
	small_world_destroy(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/workingset/pack", test_pack);
	g_test_add_func("/workingset/nodes", test_nodes);
	g_test_add_func("/workingset/file", test_file);
	g_test_add_func("/workingset/anon", test_anon);
	g_test_add_func("/workingset/restore", test_restore);
	g_test_add_func("/workingset/wrap", test_wrap);
	g_test_add_func("/workingset/group", test_group);
	return g_test_run();
}

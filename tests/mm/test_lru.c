/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LRU lists and the batches before them: where folios wait and when they move, what is counted, how
 * accesses make a folio active, what the last put does with one that waits, and what reclaim costs.
 */
#include <glib.h>

#include "mm/memcontrol.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"
#include "small_world.h"

static void create(struct small_world *w, const struct mm_profile *profile)
{
	small_world_create(w, NULL, profile);
	w->vm->lru_gen = false;
}

/* A block in use that nobody owns. flags: PG_* */
static u32 block(struct small_world *w, u32 order, u16 flags)
{
	u32 pfn = alloc_pages(w->mm, &w->current, GFP_HIGHUSER_MOVABLE | (order ? __GFP_COMP : 0),
			      order);

	g_assert_cmpuint(pfn, !=, PFN_NONE);
	pfn_to_page(w->mm, pfn)->flags |= flags;
	return pfn;
}

/* A file folio on its list, past the batches. */
static u32 listed(struct small_world *w, u16 flags)
{
	u32 folio = block(w, 0, flags);

	lruvec_add_folio(w->vm, folio);
	return folio;
}

static bool has(struct small_world *w, u32 folio, u16 flag)
{
	return pfn_to_page(w->mm, folio)->flags & flag;
}

static struct lruvec *lruvec(struct small_world *w)
{
	return node_lruvec(w->vm, 0);
}

static s64 pages_on(struct small_world *w, enum lru_list lru)
{
	u64 size = lruvec_lru_size(lruvec(w), lru, MAX_NR_ZONES - 1);

	g_assert_cmpint((s64)size, ==, node_lru_pages(w->vm, 0, lru));
	g_assert_cmpuint(size, ==, lruvec_page_state(w->vm, lruvec(w), lru));
	return (s64)size;
}

static u64 events(struct small_world *w, enum vm_event_item item)
{
	return w->mm->vm_event[item];
}

static void test_page_folio(void)
{
	struct small_world w;
	u32 head, single;

	create(&w, &profile_linux_7_2);
	head = block(&w, 3, 0);
	single = block(&w, 0, 0);
	for (u32 i = 0; i < 8; i++)
		g_assert_cmpuint(page_folio(w.mm, head + i), ==, head);
	g_assert_cmpuint(page_folio(w.mm, head + 8), !=, head);
	g_assert_cmpuint(page_folio(w.mm, head - 1), !=, head);
	g_assert_cmpuint(page_folio(w.mm, single), ==, single);
	free_pages(w.mm, &w.current, head, 3);
	drain_all_pages(w.mm, &w.current, NULL);
	for (u32 i = 0; i < 8; i++)
		g_assert_cmpuint(page_folio(w.mm, head + i), ==, PFN_NONE);
	small_world_destroy(&w);
}

/* Folios come to the list when the batch is full, the last one youngest. */
static void test_add_batch(void)
{
	static const struct {
		const struct mm_profile *profile;
		u32 size;
	} cases[] = {{&profile_linux_7_2, 31}, {&profile_linux_6_1, 15}};

	for (u32 c = 0; c < ARRAY_SIZE(cases); c++) {
		struct small_world w;
		u32 folios[31], at;
		u64 ns = 0;

		create(&w, cases[c].profile);
		for (u32 i = 0; i < cases[c].size; i++) {
			folios[i] = block(&w, 0, PG_swapbacked);
			ns = w.current.charged_ns;
			folio_add_lru(w.vm, &w.current, folios[i]);
			if (i == cases[c].size - 1)
				break;
			g_assert_false(has(&w, folios[i], PG_lru));
			g_assert_true(folio_in_batch(pfn_to_page(w.mm, folios[i])));
			g_assert_cmpuint(lru_batched(w.vm), ==, i + 1);
			g_assert_cmpuint(w.current.charged_ns, ==, ns);
		}
		g_assert_cmpuint(lru_batched(w.vm), ==, 0);
		g_assert_cmpuint(w.current.charged_ns - ns, ==,
				 cases[c].size * w.mm->costs.lru_add);
		g_assert_cmpint(pages_on(&w, LRU_INACTIVE_ANON), ==, cases[c].size);
		at = lruvec(&w)->lists[LRU_INACTIVE_ANON].head;
		for (u32 i = cases[c].size; i-- > 0; at = pfn_to_page(w.mm, at)->link.next) {
			g_assert_cmpuint(at, ==, folios[i]);
			g_assert_true(has(&w, at, PG_lru));
			g_assert_false(folio_in_batch(pfn_to_page(w.mm, at)));
		}
		g_assert_cmpuint(at, ==, PFN_NONE);
		g_assert_cmpuint(lruvec(&w)->lists[LRU_INACTIVE_ANON].tail, ==, folios[0]);
		small_world_destroy(&w);
	}
}

/* A large folio does not wait, nor do those before it in the batch. */
static void test_large(void)
{
	struct small_world w;
	u32 single, large;

	create(&w, &profile_linux_7_2);
	single = block(&w, 0, 0);
	folio_add_lru(w.vm, &w.current, single);
	large = block(&w, 4, PG_active);
	folio_add_lru(w.vm, &w.current, large);
	g_assert_true(has(&w, single, PG_lru));
	g_assert_true(has(&w, large, PG_lru));
	g_assert_cmpint(pages_on(&w, LRU_INACTIVE_FILE), ==, 1);
	g_assert_cmpint(pages_on(&w, LRU_ACTIVE_FILE), ==, 16);
	g_assert_cmpuint(lruvec_lru_size(lruvec(&w), LRU_ACTIVE_FILE,
					 pfn_zone(w.mm, large)->type), ==, 16);
	g_assert_cmpuint(folio_nr_pages(w.mm, large), ==, 16);
	lruvec_del_folio(w.vm, large);
	g_assert_cmpint(pages_on(&w, LRU_ACTIVE_FILE), ==, 0);
	small_world_destroy(&w);
}

/* The batch is the CPU's own; another CPU's is emptied by draining all. */
static void test_drain(void)
{
	struct small_world w;
	struct task_struct other;
	u32 a, b;

	create(&w, &profile_linux_7_2);
	other = w.current;
	other.cpu = 1;
	a = block(&w, 0, 0);
	b = block(&w, 0, 0);
	folio_add_lru(w.vm, &w.current, a);
	folio_add_lru(w.vm, &other, b);
	lru_add_drain(w.vm, &other);
	g_assert_false(has(&w, a, PG_lru));
	g_assert_true(has(&w, b, PG_lru));
	lru_add_drain_all(w.vm, &other);
	g_assert_true(has(&w, a, PG_lru));
	g_assert_cmpint(pages_on(&w, LRU_INACTIVE_FILE), ==, 2);
	small_world_destroy(&w);
}

/* inactive -> inactive, referenced -> active -> active, referenced. mm/swap.c */
static void test_mark_accessed(void)
{
	struct small_world w;
	u64 age;
	u32 folio;

	create(&w, &profile_linux_7_2);
	folio = listed(&w, 0);
	age = lruvec(&w)->nonresident_age;
	folio_mark_accessed(w.vm, &w.current, folio);
	g_assert_true(has(&w, folio, PG_referenced));
	g_assert_cmpuint(lruvec(&w)->nonresident_age, ==, age);
	folio_mark_accessed(w.vm, &w.current, folio);
	g_assert_false(has(&w, folio, PG_referenced));
	g_assert_cmpuint(lruvec(&w)->nonresident_age, ==, age + 1);
	g_assert_cmpuint(events(&w, PGACTIVATE), ==, 0);
	lru_add_drain(w.vm, &w.current);
	g_assert_cmpuint(events(&w, PGACTIVATE), ==, 1);
	g_assert_true(has(&w, folio, PG_active));
	g_assert_cmpint(pages_on(&w, LRU_ACTIVE_FILE), ==, 1);
	folio_mark_accessed(w.vm, &w.current, folio);
	folio_mark_accessed(w.vm, &w.current, folio);
	g_assert_true(has(&w, folio, PG_referenced));
	g_assert_cmpuint(lruvec(&w)->nonresident_age, ==, age + 1);
	folio = listed(&w, PG_unevictable | PG_referenced);
	folio_mark_accessed(w.vm, &w.current, folio);
	g_assert_true(has(&w, folio, PG_referenced));
	g_assert_cmpuint(lru_batched(w.vm), ==, 0);
	small_world_destroy(&w);
}

/* Still in the CPU's own add batch: marked there; in another CPU's: not found. */
static void test_mark_in_batch(void)
{
	struct small_world w;
	struct task_struct other;
	u32 folio, far;

	create(&w, &profile_linux_7_2);
	other = w.current;
	other.cpu = 1;
	folio = block(&w, 0, PG_referenced);
	far = block(&w, 0, PG_referenced);
	folio_add_lru(w.vm, &w.current, folio);
	folio_add_lru(w.vm, &other, far);
	folio_mark_accessed(w.vm, &w.current, folio);
	folio_mark_accessed(w.vm, &w.current, far);
	g_assert_true(has(&w, folio, PG_active));
	g_assert_false(has(&w, folio, PG_referenced));
	g_assert_false(has(&w, far, PG_active));
	g_assert_false(has(&w, far, PG_referenced));
	lru_add_drain_all(w.vm, &w.current);
	g_assert_cmpint(pages_on(&w, LRU_ACTIVE_FILE), ==, 1);
	g_assert_cmpint(pages_on(&w, LRU_INACTIVE_FILE), ==, 1);
	g_assert_cmpuint(events(&w, PGACTIVATE), ==, 0);
	small_world_destroy(&w);
}

static void test_rotate(void)
{
	static const u16 refused[] = {PG_dirty, PG_locked, PG_unevictable};
	struct small_world w;
	u32 a, b;

	create(&w, &profile_linux_7_2);
	a = listed(&w, 0);
	b = listed(&w, 0);
	g_assert_cmpuint(lruvec(&w)->lists[LRU_INACTIVE_FILE].tail, ==, a);
	folio_rotate_reclaimable(w.vm, 1, b);
	g_assert_cmpuint(lru_batched(w.vm), ==, 1);
	lru_add_drain_all(w.vm, &w.current);
	g_assert_cmpuint(lruvec(&w)->lists[LRU_INACTIVE_FILE].tail, ==, b);
	g_assert_cmpuint(lruvec(&w)->lists[LRU_INACTIVE_FILE].head, ==, a);
	g_assert_cmpuint(events(&w, PGROTATED), ==, 1);
	for (u32 i = 0; i < ARRAY_SIZE(refused); i++) {
		u32 folio = listed(&w, refused[i]);

		folio_rotate_reclaimable(w.vm, 0, folio);
		g_assert_cmpuint(lru_batched(w.vm), ==, 0);
	}
	small_world_destroy(&w);
}

static void test_mlock(void)
{
	struct small_world w;
	u32 folio, waiting;

	create(&w, &profile_linux_7_2);
	folio = listed(&w, PG_swapbacked | PG_active);
	waiting = block(&w, 0, PG_swapbacked);
	folio_add_lru(w.vm, &w.current, waiting);
	mlock_folio(w.vm, &w.current, folio);
	mlock_folio(w.vm, &w.current, folio);
	mlock_folio(w.vm, &w.current, waiting);
	g_assert_cmpint(node_page_state(w.vm, 0, NR_MLOCK), ==, 2);
	g_assert_cmpint(pages_on(&w, LRU_UNEVICTABLE), ==, 1);
	g_assert_cmpint(pages_on(&w, LRU_ACTIVE_ANON), ==, 0);
	g_assert_cmpuint(events(&w, UNEVICTABLE_PGMLOCKED), ==, 2);
	lru_add_drain(w.vm, &w.current);
	g_assert_cmpint(pages_on(&w, LRU_UNEVICTABLE), ==, 2);
	g_assert_cmpuint(events(&w, UNEVICTABLE_PGCULLED), ==, 2);
	munlock_folio(w.vm, &w.current, folio);
	munlock_folio(w.vm, &w.current, folio);
	g_assert_cmpint(node_page_state(w.vm, 0, NR_MLOCK), ==, 1);
	g_assert_cmpint(pages_on(&w, LRU_UNEVICTABLE), ==, 1);
	g_assert_cmpint(pages_on(&w, LRU_INACTIVE_ANON), ==, 1);
	/* The last put of a locked one. */
	folios_put(w.vm, &w.current, &waiting, 1);
	g_assert_cmpint(node_page_state(w.vm, 0, NR_MLOCK), ==, 0);
	g_assert_cmpint(pages_on(&w, LRU_UNEVICTABLE), ==, 0);
	small_world_destroy(&w);
}

static void test_put(void)
{
	struct small_world w;
	u32 folios[3];
	u64 free, ns;

	create(&w, &profile_linux_7_2);
	folios[0] = listed(&w, 0);
	folios[1] = block(&w, 0, 0); /* as isolated by reclaim */
	folios[2] = block(&w, 0, 0);
	folio_add_lru(w.vm, &w.current, folios[2]);
	free = small_world_free_pages(&w);
	ns = w.current.spent_ns;
	folios_put(w.vm, &w.current, folios, 3);
	g_assert_cmpuint(small_world_free_pages(&w), ==, free + 2);
	g_assert_cmpuint(w.current.spent_ns, ==, ns);
	g_assert_cmpuint(w.current.charged_ns, >, ns);
	g_assert_cmpint(pages_on(&w, LRU_INACTIVE_FILE), ==, 0);
	g_assert_cmpint(pfn_to_page(w.mm, folios[2])->state, ==, PAGE_USED);
	/* Only the batch still holds it. */
	lru_add_drain(w.vm, &w.current);
	g_assert_cmpuint(small_world_free_pages(&w), ==, free + 3);
	g_assert_cmpint(pages_on(&w, LRU_INACTIVE_FILE), ==, 0);
	small_world_destroy(&w);
}

/* More than one cut of a batch, some of them waiting. */
static void test_put_many(void)
{
	static const struct mm_profile *const profiles[] = {&profile_linux_7_2,
							    &profile_linux_6_1};

	for (u32 p = 0; p < ARRAY_SIZE(profiles); p++) {
		struct small_world w;
		u32 folios[1200];
		u64 free;

		create(&w, profiles[p]);
		free = small_world_free_pages(&w);
		for (u32 i = 0; i < ARRAY_SIZE(folios); i++) {
			folios[i] = block(&w, 0, i % 3 ? PG_swapbacked : 0);
			folio_add_lru(w.vm, &w.current, folios[i]);
		}
		folios_put(w.vm, &w.current, folios, ARRAY_SIZE(folios));
		g_assert_cmpuint(small_world_free_pages(&w), ==, free - lru_batched(w.vm));
		lru_add_drain(w.vm, &w.current);
		g_assert_cmpuint(small_world_free_pages(&w), ==, free);
		for (u32 lru = 0; lru < NR_LRU_LISTS; lru++) {
			g_assert_cmpint(pages_on(&w, (enum lru_list)lru), ==, 0);
			g_assert_cmpuint(lruvec(&w)->lists[lru].head, ==, PFN_NONE);
		}
		small_world_destroy(&w);
	}
}

static void test_cost(void)
{
	struct small_world w;

	create(&w, &profile_linux_7_2);
	for (u32 i = 0; i < 400; i++)
		listed(&w, PG_swapbacked);
	lru_note_cost(lruvec(&w), w.vm, LRU_TYPE_ANON, 2, 5);
	g_assert_cmpuint(lruvec(&w)->anon_cost, ==, 69);
	lru_note_cost(lruvec(&w), w.vm, LRU_TYPE_FILE, 0, 31);
	g_assert_cmpuint(lruvec(&w)->file_cost, ==, 31);
	/* Above a quarter of the lists: both halve. */
	lru_note_cost(lruvec(&w), w.vm, LRU_TYPE_FILE, 0, 1);
	g_assert_cmpuint(lruvec(&w)->file_cost, ==, 16);
	g_assert_cmpuint(lruvec(&w)->anon_cost, ==, 34);
	small_world_destroy(&w);

	create(&w, &profile_linux_6_1);
	for (u32 i = 0; i < 400; i++)
		listed(&w, PG_swapbacked);
	lru_note_cost(lruvec(&w), w.vm, LRU_TYPE_ANON, 2, 5);
	g_assert_cmpuint(lruvec(&w)->anon_cost, ==, 2);
	small_world_destroy(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lru/page-folio", test_page_folio);
	g_test_add_func("/lru/add-batch", test_add_batch);
	g_test_add_func("/lru/large", test_large);
	g_test_add_func("/lru/drain", test_drain);
	g_test_add_func("/lru/mark-accessed", test_mark_accessed);
	g_test_add_func("/lru/mark-in-batch", test_mark_in_batch);
	g_test_add_func("/lru/rotate", test_rotate);
	g_test_add_func("/lru/mlock", test_mlock);
	g_test_add_func("/lru/put", test_put);
	g_test_add_func("/lru/put-many", test_put_many);
	g_test_add_func("/lru/cost", test_cost);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The full check of LRU lists and owners: a machine at work passes, and each kind of damage is
 * found and named.
 */
#include <glib.h>
#include <string.h>

#include "mm/check.h"
#include "mm/memcontrol.h"
#include "mm/vm_internal.h"
#include "small_world.h"

static struct vm_area_struct *create(struct small_world *w, bool lru_gen)
{
	struct vm_area_struct *vma;
	struct mm_struct *mm;

	small_world_create(w, NULL, &profile_linux_7_2);
	w->vm->lru_gen = lru_gen;
	mm = mm_alloc(w->vm, &w->current);
	vma = vm_mmap(mm, &w->current, 500);
	for (u64 i = 0; i < 500; i++)
		g_assert_cmpint(handle_mm_fault(vma, &w->current, i, true), ==, VM_FAULT_MINOR);
	return vma;
}

/* The check fails and says what; all is well again afterwards. */
static void expect(struct small_world *w, const char *what)
{
	struct err err = {0};

	if (mm_check_lru(w->mm, &err))
		g_error("not found: %s", what);
	g_assert_cmpint(err.kind, ==, ERR_BUG);
	if (!strstr(err_text(&err), what))
		g_error("expected \"%s\", found \"%s\"", what, err_text(&err));
	err_clear(&err);
}

static void passes(struct small_world *w)
{
	struct err err = {0};

	if (!mm_check_lru(w->mm, &err))
		g_error("%s", err_text(&err));
}

static void test_sound(void)
{
	for (u32 lru_gen = 0; lru_gen < 2; lru_gen++) {
		struct small_world w;
		struct vm_area_struct *vma = create(&w, lru_gen);

		passes(&w);
		g_assert_cmpuint(lru_batched(w.vm), >, 0);
		zap_page_range(vma, &w.current, 100, 300);
		passes(&w);
		exit_mmap(vma->vm_mm, &w.current);
		passes(&w);
		small_world_destroy(&w);
	}
}

/* A locked page that is let go of while it waits in another CPU's batch still counts as locked. */
static void test_locked_in_batch(void)
{
	struct small_world w;
	struct vm_area_struct *vma;

	small_world_create(&w, NULL, &profile_linux_7_2);
	vma = vm_mmap(mm_alloc(w.vm, &w.current), &w.current, 4);
	mlock_vma(vma, &w.current);
	w.current.cpu = 1;
	g_assert_cmpint(handle_mm_fault(vma, &w.current, 0, true), ==, VM_FAULT_MINOR);
	w.current.cpu = 0;
	g_assert_cmpuint(zap_page_range(vma, &w.current, 0, 1), ==, 1);
	g_assert_cmpuint(lru_batched(w.vm), ==, 1);
	g_assert_cmpint(global_node_page_state(w.vm, NR_MLOCK), ==, 1);
	passes(&w);
	lru_add_drain_all(w.vm, &w.current);
	g_assert_cmpint(global_node_page_state(w.vm, NR_MLOCK), ==, 0);
	small_world_destroy(&w);
}

/* Each damage is done and undone. */
static void test_damage(void)
{
	struct small_world w;
	struct vm_area_struct *vma = create(&w, false);
	struct lruvec *lruvec = node_lruvec(w.vm, 0);
	u32 folio = vm_node_lookup(w.vm, &vma->nodes, 5)->slot[5];
	struct page *page = pfn_to_page(w.mm, folio), kept = *page;
	struct vm_node *node = vm_node_lookup(w.vm, &vma->nodes, 5);

	lruvec->lru_zone_size[pfn_zone(w.mm, folio)->type][LRU_INACTIVE_ANON]++;
	expect(&w, "size of an LRU list");
	lruvec->lru_zone_size[pfn_zone(w.mm, folio)->type][LRU_INACTIVE_ANON]--;

	page->flags |= PG_active;
	expect(&w, "another LRU list");
	*page = kept;
	page->flags &= (u16)~PG_lru;
	expect(&w, "flags of a folio on an LRU list");
	*page = kept;
	page->link.prev = folio;
	expect(&w, "backward link");
	*page = kept;

	page->owner = page_owner(OWNER_NODE, vma->nodes.id[1]);
	expect(&w, "owner does not hold its folio");
	*page = kept;
	page->owner = page_owner(OWNER_OTHER, OWNER_BATCH);
	expect(&w, "in no batch");
	*page = kept;
	page->owner = page_owner(OWNER_SWAP, 1);
	page->flags &= (u16)~PG_swapcache;
	expect(&w, "folio of the swap cache");
	*page = kept;

	node->swapped |= 1ull << 5;
	expect(&w, "both present and swapped out");
	node->swapped &= ~(1ull << 5);
	vma->nr_present++;
	expect(&w, "present pages of a region");
	vma->nr_present--;

	for (u32 i = 0; i <= NR_UNEVICTABLE; i++) {
		w.vm->node_stat[0][i]--;
		expect(&w, node_stat_names[i]);
		w.vm->node_stat[0][i]++;
	}
	w.vm->node_stat[0][NR_ANON_MAPPED]++;
	expect(&w, "nr_anon_pages");
	w.vm->node_stat[0][NR_ANON_MAPPED]--;
	w.vm->node_stat[0][NR_MLOCK]++;
	expect(&w, "nr_mlock");
	w.vm->node_stat[0][NR_MLOCK]--;
	lruvec_del_folio(w.vm, folio);
	expect(&w, "on no list and in no batch");
	lruvec_add_folio(w.vm, folio);
	passes(&w);
	small_world_destroy(&w);
}

static void test_generations(void)
{
	struct small_world w;
	struct lru_gen_folio *lrugen;

	create(&w, true);
	lrugen = &node_lruvec(w.vm, 0)->lrugen;
	passes(&w);
	lrugen->nr_pages[1][LRU_TYPE_ANON][ZONE_DMA]++;
	expect(&w, "pages of a generation");
	lrugen->nr_pages[1][LRU_TYPE_ANON][ZONE_DMA]--;
	passes(&w);
	small_world_destroy(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/check-lru/sound", test_sound);
	g_test_add_func("/check-lru/damage", test_damage);
	g_test_add_func("/check-lru/locked-in-batch", test_locked_in_batch);
	g_test_add_func("/check-lru/generations", test_generations);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Huge pages on fault: who gets one, what splits it, and that nothing is lost on the way. */
#include "small_world.h"

#include <glib.h>

#include "mm/check.h"
#include "mm/huge_memory.h"
#include "mm/mglru.h"
#include "mm/shrinker.h"
#include "mm/swap.h"
#include "mm/vm_internal.h"
#include "mm/vmscan.h"
#include "mm/vmstat.h"

#define HUGE 512u

static void check(const struct small_world *w)
{
	struct err err = {0};

	if (!mm_check(w->mm, CHECK_FULL, NULL, &err))
		g_error("%s", err_text(&err));
}

static struct vm_area_struct *region(struct small_world *w, struct mm_struct *mm, u64 pages,
				     bool advised)
{
	struct vm_area_struct *vma = vm_mmap(mm, &w->current, pages);

	vma->hugepage = advised;
	return vma;
}

static void touch(struct small_world *w, struct vm_area_struct *vma, u64 index)
{
	enum vm_fault fault = handle_mm_fault(vma, &w->current, index, true);

	g_assert_true(fault == VM_FAULT_NONE || fault == VM_FAULT_MINOR);
}

/* With advice one fault maps 512 pages; without, or with other policies, one. */
static void test_policy(void)
{
	static const struct {
		u32 enabled;
		bool advised, huge;
	} cases[] = {
		{THP_MADVISE, true, true},  {THP_MADVISE, false, false}, {THP_ALWAYS, false, true},
		{THP_NEVER, true, false},
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct small_world w;
		struct vm_area_struct *vma;
		struct mm_struct *mm;

		small_world_create(&w, NULL, mm_profiles[0]);
		w.mm->sysctl.thp_enabled = cases[i].enabled;
		mm = mm_alloc(w.vm, &w.current);
		/* The region begins at a multiple of the size if huge pages are on. */
		vma = region(&w, mm, 2 * HUGE, cases[i].advised);
		touch(&w, vma, 700);
		g_assert_cmpuint(vma->nr_present, ==, cases[i].huge ? HUGE : 1);
		g_assert_cmpuint(w.mm->vm_event[THP_FAULT_ALLOC], ==, cases[i].huge);
		g_assert_cmpuint(mm->rss_stat[MM_ANONPAGES], ==, vma->nr_present);
		check(&w);
		exit_mmap(mm, &w.current);
		g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
		small_world_destroy(&w);
	}
}

/* The rest of a region too small, or of a range in use, gets base pages. */
static void test_fallback(void)
{
	struct small_world w;
	struct vm_area_struct *vma;
	struct mm_struct *mm;

	small_world_create(&w, NULL, mm_profiles[0]);
	mm = mm_alloc(w.vm, &w.current);
	vma = region(&w, mm, HUGE + 100, true);
	touch(&w, vma, HUGE + 5);
	g_assert_cmpuint(vma->nr_present, ==, 1);
	vma->hugepage = false;
	touch(&w, vma, 17);
	vma->hugepage = true;
	touch(&w, vma, 18);
	g_assert_cmpuint(vma->nr_present, ==, 3);
	g_assert_cmpuint(w.mm->vm_event[THP_FAULT_ALLOC], ==, 0);
	check(&w);
	exit_mmap(mm, &w.current);
	small_world_destroy(&w);
}

/* A hole takes nothing apart: what is left is mapped and accounted as before, a page less, and the
   folio waits to be split. */
static void test_hole(void)
{
	struct small_world w;
	struct vm_area_struct *vma;
	struct mm_struct *mm;

	small_world_create(&w, NULL, mm_profiles[0]);
	mm = mm_alloc(w.vm, &w.current);
	vma = region(&w, mm, 2 * HUGE, true);
	touch(&w, vma, 0);
	touch(&w, vma, HUGE);
	g_assert_cmpuint(zap_page_range(vma, &w.current, 100, 1), ==, 1);
	g_assert_cmpuint(w.mm->vm_event[THP_SPLIT_PAGE], ==, 0);
	g_assert_cmpuint(w.mm->vm_event[THP_SPLIT_PMD], ==, 1);
	g_assert_cmpuint(w.mm->vm_event[THP_DEFERRED_SPLIT_PAGE], ==, 1);
	g_assert_cmpint(global_node_page_state(w.vm, NR_ANON_THPS), ==, HUGE);
	g_assert_cmpint(global_node_page_state(w.vm, NR_ANON_MAPPED), ==, 2 * HUGE - 1);
	g_assert_cmpuint(vma->nr_present, ==, 2 * HUGE - 1);
	g_assert_false(vm_present(vma, 100, false));
	g_assert_true(vm_present(vma, 101, true));
	check(&w);
	/* The other one goes whole. */
	g_assert_cmpuint(zap_page_range(vma, &w.current, HUGE, HUGE), ==, HUGE);
	g_assert_cmpuint(w.mm->vm_event[THP_SPLIT_PMD], ==, 1);
	check(&w);
	/* A page of its own in the hole; then both go. */
	touch(&w, vma, 100);
	check(&w);
	g_assert_cmpuint(vma->nr_present, ==, HUGE);
	g_assert_null(huge_entry_maps(vma, 100));
	g_assert_cmpuint(zap_page_range(vma, &w.current, 0, HUGE), ==, HUGE);
	g_assert_null(huge_entry_of(vma, 0));
	check(&w);
	exit_mmap(mm, &w.current);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	small_world_destroy(&w);
}

/* fork shares huge pages; a write copies a page, of who is left alone nothing. */
static void test_fork(void)
{
	struct small_world w;
	struct vm_area_struct *vma, *other;
	struct mm_struct *mm, *child, *third;
	u64 free_pages;
	u32 folio;

	small_world_create(&w, NULL, mm_profiles[0]);
	mm = mm_alloc(w.vm, &w.current);
	vma = region(&w, mm, HUGE, true);
	touch(&w, vma, 3);
	folio = huge_entry_of(vma, 0)->folio;
	child = dup_mm(mm, &w.current);
	other = child->areas[0];
	g_assert_cmpuint(w.mm->vm_event[THP_SPLIT_PAGE] + w.mm->vm_event[THP_SPLIT_PMD], ==, 0);
	g_assert_cmpuint(huge_entry_of(other, 0)->folio, ==, folio);
	g_assert_cmpuint(other->nr_present, ==, HUGE);
	g_assert_cmpint(global_node_page_state(w.vm, NR_ANON_MAPPED), ==, HUGE);
	g_assert_cmpint(global_node_page_state(w.vm, NR_ANON_THPS), ==, HUGE);
	g_assert_true(vm_present(other, 9, false));
	g_assert_false(vm_present(other, 9, true));
	check(&w);
	/* The child writes: one page is its own; the folio is still whole in the parent. */
	free_pages = small_world_free_pages(&w);
	touch(&w, other, 9);
	g_assert_cmpuint(free_pages - small_world_free_pages(&w), <=, 2);
	g_assert_null(huge_entry_maps(other, 9));
	g_assert_cmpuint(huge_entry_maps(other, 8)->folio, ==, folio);
	g_assert_cmpuint(w.mm->vm_event[THP_DEFERRED_SPLIT_PAGE], ==, 0);
	g_assert_cmpint(global_node_page_state(w.vm, NR_ANON_MAPPED), ==, HUGE + 1);
	check(&w);
	third = dup_mm(child, &w.current);
	check(&w);
	/* The parent goes: now page 9 of the folio is nobody's. */
	exit_mmap(mm, &w.current);
	g_assert_cmpuint(w.mm->vm_event[THP_DEFERRED_SPLIT_PAGE], ==, 1);
	g_assert_cmpint(global_node_page_state(w.vm, NR_ANON_THPS), ==, 0);
	check(&w);
	/* Split, the two still share all but what they write. */
	g_assert_true(split_huge_entry(w.vm, &w.current, huge_entry_of(other, 0)));
	check(&w);
	g_assert_cmpuint(other->nr_present + third->areas[0]->nr_present, ==, 2 * HUGE);
	g_assert_cmpuint(page_mapcount(w.vm, folio + 8), ==, 2);
	touch(&w, other, 8);
	g_assert_cmpuint(page_mapcount(w.vm, folio + 8), ==, 1);
	check(&w);
	exit_mmap(child, &w.current);
	check(&w);
	exit_mmap(third, &w.current);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	small_world_destroy(&w);
}

/* Who is alone again may write without a copy; a part that both give up waits to be split. */
static void test_fork_alone(void)
{
	struct small_world w;
	struct vm_area_struct *vma, *other;
	struct mm_struct *mm, *child;
	u64 free_pages;

	small_world_create(&w, NULL, mm_profiles[0]);
	mm = mm_alloc(w.vm, &w.current);
	vma = region(&w, mm, HUGE, true);
	touch(&w, vma, 3);
	child = dup_mm(mm, &w.current);
	other = child->areas[0];
	zap_page_range(other, &w.current, 5, 2);
	check(&w);
	zap_page_range(vma, &w.current, 6, 2);
	g_assert_cmpuint(w.mm->vm_event[THP_DEFERRED_SPLIT_PAGE], ==, 1);
	g_assert_cmpint(global_node_page_state(w.vm, NR_ANON_MAPPED), ==, HUGE - 1);
	check(&w);
	exit_mmap(child, &w.current);
	g_assert_cmpint(global_node_page_state(w.vm, NR_ANON_MAPPED), ==, HUGE - 2);
	check(&w);
	free_pages = small_world_free_pages(&w);
	touch(&w, vma, 10);
	g_assert_cmpuint(small_world_free_pages(&w), ==, free_pages);
	g_assert_true(vm_present(vma, 11, true));
	exit_mmap(mm, &w.current);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	small_world_destroy(&w);
}

/* mlock sees base pages, also of what fork shared. */
static void test_fork_mlock(void)
{
	struct small_world w;
	struct vm_area_struct *vma;
	struct mm_struct *mm, *child;

	small_world_create(&w, NULL, mm_profiles[0]);
	mm = mm_alloc(w.vm, &w.current);
	vma = region(&w, mm, HUGE, true);
	touch(&w, vma, 3);
	child = dup_mm(mm, &w.current);
	g_assert_cmpuint(child->areas[0]->nr_present, ==, HUGE);
	check(&w);
	exit_mmap(child, &w.current);
	mlock_vma(vma, &w.current);
	g_assert_cmpint(global_node_page_state(w.vm, NR_UNEVICTABLE), ==, HUGE);
	check(&w);
	exit_mmap(mm, &w.current);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	small_world_destroy(&w);
}

/* Reclaim splits what it has taken off the lists and swaps its pages in the same pass. */
static void test_reclaim(void)
{
	struct scan_control sc = {.gfp = GFP_KERNEL, .priority = DEF_PRIORITY, .may_unmap = true,
				  .may_swap = true, .may_writepage = true};
	struct reclaim_stat stat;
	struct small_world w;
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	u32 folio, n = 1;

	small_world_create(&w, NULL, mm_profiles[0]);
	g_assert_true(swapon(w.vm, w.disk, 4096, 0, false, true));
	mm = mm_alloc(w.vm, &w.current);
	vma = region(&w, mm, HUGE, true);
	touch(&w, vma, 0);
	folio = huge_entry_of(vma, 0)->folio;
	huge_entry_of(vma, 0)->young = false;
	/* All but the pages that were given up before. */
	g_assert_cmpuint(zap_page_range(vma, &w.current, 0, 12), ==, 12);
	lruvec_del_folio(w.vm, folio);
	g_assert_cmpuint(shrink_folio_list(w.vm, &w.current, &folio, &n, 0, &sc, &stat), ==,
			 HUGE - 12);
	g_assert_cmpuint(n, ==, 0);
	g_assert_cmpuint(sc.nr_scanned, ==, HUGE - 12);
	g_assert_cmpuint(w.mm->vm_event[THP_SPLIT_PAGE], ==, 1);
	g_assert_cmpuint(vma->nr_present, ==, 0);
	g_assert_cmpuint(mm->rss_stat[MM_SWAPENTS], ==, HUGE - 12);
	g_assert_cmpuint(lru_batched(w.vm), ==, 0);
	check(&w);
	exit_mmap(mm, &w.current);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	small_world_destroy(&w);
}

/* The memory of holes comes back when the shrinker splits what waits, oldest first. */
static void test_deferred(void)
{
	struct small_world w;
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	u64 free_pages;

	small_world_create(&w, NULL, mm_profiles[0]);
	mm = mm_alloc(w.vm, &w.current);
	vma = region(&w, mm, 3 * HUGE, true);
	for (u64 i = 0; i < 3; i++)
		touch(&w, vma, i * HUGE);
	free_pages = small_world_free_pages(&w);
	zap_page_range(vma, &w.current, HUGE, 10);
	zap_page_range(vma, &w.current, 20, HUGE - 21);
	zap_page_range(vma, &w.current, HUGE + 20, 1);
	zap_page_range(vma, &w.current, 2 * HUGE + 7, 1);
	zap_page_range(vma, &w.current, 2 * HUGE, HUGE);
	g_assert_cmpuint(w.mm->vm_event[THP_DEFERRED_SPLIT_PAGE], ==, 3);
	/* The last one is gone, of the others nothing. */
	g_assert_cmpuint(small_world_free_pages(&w), ==, free_pages + HUGE);
	check(&w);
	for (u32 priority = DEF_PRIORITY; priority; priority--)
		shrink_slab(w.vm, &w.current, GFP_KERNEL, 0, priority);
	g_assert_cmpuint(w.mm->vm_event[THP_SPLIT_PAGE], ==, 2);
	g_assert_cmpuint(small_world_free_pages(&w), ==, free_pages + HUGE + 11 + HUGE - 21);
	check(&w);
	g_assert_cmpuint(vma->nr_present, ==, HUGE - 11 + 21);
	exit_mmap(mm, &w.current);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	small_world_destroy(&w);
}

/* The base pages are where the huge one was, and as young: the first of them nearest to the end. */
static void test_place(void)
{
	for (u32 lru_gen = 0; lru_gen < 2; lru_gen++) {
		struct small_world w;
		struct vm_area_struct *vma;
		struct mm_struct *mm;
		struct page *page;
		u32 before, after, folio;

		small_world_create(&w, NULL, mm_profiles[0]);
		w.vm->lru_gen = lru_gen;
		lru_gen_init_lruvec(w.vm, node_lruvec(w.vm, 0));
		mm = mm_alloc(w.vm, &w.current);
		vma = region(&w, mm, HUGE + 10, true);
		touch(&w, vma, HUGE);
		lru_add_drain(w.vm, &w.current);
		touch(&w, vma, 0);
		touch(&w, vma, HUGE + 1);
		lru_add_drain(w.vm, &w.current);
		before = vm_node_lookup(w.vm, &vma->nodes, HUGE)->slot[0];
		after = vm_node_lookup(w.vm, &vma->nodes, HUGE)->slot[1];
		folio = huge_entry_of(vma, 0)->folio;
		pfn_to_page(w.mm, folio)->refs = 2;
		g_assert_true(split_huge_entry(w.vm, &w.current, huge_entry_of(vma, 0)));
		page = pfn_to_page(w.mm, before);
		g_assert_cmpuint(page->link.prev, ==, folio);
		for (u32 i = HUGE - 1; i; i--) {
			page = pfn_to_page(w.mm, page->link.prev);
			g_assert_cmpuint(page->link.prev, ==, folio + i);
			g_assert_cmpuint(page->refs, ==, 2);
		}
		g_assert_cmpuint(pfn_to_page(w.mm, folio + 1)->link.prev, ==, after);
		check(&w);
		exit_mmap(mm, &w.current);
		small_world_destroy(&w);
	}
}

/* The entry of a huge page is walked as any other: who was used is young when a generation begins,
   and the mark is gone. */
static void test_aging(void)
{
	struct small_world w;
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	struct lruvec *lruvec;
	struct page *page;

	small_world_create(&w, NULL, mm_profiles[0]);
	w.vm->lru_gen = true;
	lruvec = node_lruvec(w.vm, 0);
	lru_gen_init_lruvec(w.vm, lruvec);
	mm = mm_alloc(w.vm, &w.current);
	vma = region(&w, mm, 2 * HUGE, true);
	touch(&w, vma, 0);
	touch(&w, vma, HUGE);
	huge_entry_of(vma, HUGE)->young = false;
	page = pfn_to_page(w.mm, huge_entry_of(vma, 0)->folio);
	for (u32 i = 0; i < 2; i++) {
		huge_entry_of(vma, 0)->young = true;
		lru_gen_inc_max_seq(w.vm, &w.current, lruvec, 60);
		g_assert_false(huge_entry_of(vma, 0)->young);
	}
	g_assert_cmpuint(page_gen(page), ==, lru_gen_from_seq(lruvec->lrugen.max_seq - 1));
	page = pfn_to_page(w.mm, huge_entry_of(vma, HUGE)->folio);
	g_assert_cmpuint(page_gen(page), !=, lru_gen_from_seq(lruvec->lrugen.max_seq - 1));
	check(&w);
	exit_mmap(mm, &w.current);
	small_world_destroy(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/huge_memory/policy", test_policy);
	g_test_add_func("/huge_memory/fallback", test_fallback);
	g_test_add_func("/huge_memory/hole", test_hole);
	g_test_add_func("/huge_memory/fork", test_fork);
	g_test_add_func("/huge_memory/fork-alone", test_fork_alone);
	g_test_add_func("/huge_memory/fork-mlock", test_fork_mlock);
	g_test_add_func("/huge_memory/reclaim", test_reclaim);
	g_test_add_func("/huge_memory/deferred", test_deferred);
	g_test_add_func("/huge_memory/place", test_place);
	g_test_add_func("/huge_memory/aging", test_aging);
	return g_test_run();
}

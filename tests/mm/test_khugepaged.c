/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Huge pages made of base pages: which ranges qualify, that what is mapped before is mapped after
 * and nothing is lost on the way, and the pace of the thread that does it.
 */
#include <glib.h>

#include "mm/check.h"
#include "mm/khugepaged.h"
#include "mm/lru.h"
#include "mm/memcontrol.h"
#include "mm/swap.h"
#include "mm/vm_internal.h"
#include "mm/vmscan.h"
#include "mm/vmstat.h"
#include "small_world.h"

#define HUGE 512u

/* An address space with one region whose pages are base pages, ready for huge ones. */
struct stage {
	struct small_world w;
	struct mm_struct *mm;
	struct vm_area_struct *vma;
	u32 node_load[4];
	struct collapse_control cc;
};

static void check(const struct stage *s)
{
	struct err err = {0};

	if (!mm_check(s->w.mm, CHECK_FULL, NULL, &err))
		g_error("%s", err_text(&err));
}

static void touch(struct stage *s, u64 from, u64 nr)
{
	for (u64 i = from; i < from + nr; i++)
		g_assert_cmpint(handle_mm_fault(s->vma, &s->w.current, i, true), <=,
				VM_FAULT_MAJOR);
}

/* pages of the region are there; on the LRU. */
static void create_on(struct stage *s, const char *machine, u64 region, u64 pages)
{
	*s = (struct stage){0};
	small_world_create(&s->w, machine, mm_profiles[0]);
	s->cc.current = &s->w.current;
	s->cc.node_load = s->node_load;
	s->mm = mm_alloc(s->w.vm, &s->w.current);
	s->vma = vm_mmap(s->mm, &s->w.current, region);
	touch(s, 0, pages);
	lru_add_drain(s->w.vm, &s->w.current);
	s->vma->hugepage = true;
}

static void create(struct stage *s, u64 pages)
{
	create_on(s, NULL, HUGE, pages);
}

static void destroy(struct stage *s)
{
	check(s);
	exit_mmap(s->mm, &s->w.current);
	g_assert_cmpuint(small_world_free_pages(&s->w), ==, s->w.boot_free);
	small_world_destroy(&s->w);
}

static enum scan_result scan(struct stage *s)
{
	enum scan_result result;

	s->cc.lock_dropped = false;
	mmap_read_lock(s->mm);
	result = collapse_scan_pmd(&s->cc, s->vma, 0);
	if (!s->cc.lock_dropped)
		mmap_read_unlock(s->mm);
	g_assert_cmpuint(s->mm->mmap_readers, ==, 0);
	check(s);
	return result;
}

static u64 event(const struct stage *s, enum vm_event_item item)
{
	return s->w.mm->vm_event[item];
}

/* All base pages, then some: the rest is filled, and accounted from then on. */
static void test_collapse(void)
{
	static const u32 present[] = {HUGE, 100, 1};

	for (u32 i = 0; i < ARRAY_SIZE(present); i++) {
		u64 free_pages, tables;
		struct stage s;

		create(&s, present[i]);
		free_pages = small_world_free_pages(&s.w);
		tables = s.mm->nr_pgtables;
		g_assert_cmpint(scan(&s), ==, SCAN_SUCCEED);
		g_assert_nonnull(huge_entry_of(s.vma, 0));
		g_assert_cmpuint(s.vma->nr_present, ==, HUGE);
		g_assert_cmpuint(s.mm->rss_stat[MM_ANONPAGES], ==, HUGE);
		g_assert_cmpuint(s.mm->nr_pgtables, ==, tables);
		g_assert_cmpuint(small_world_free_pages(&s.w), ==,
				 free_pages + present[i] - HUGE);
		g_assert_cmpuint(event(&s, THP_COLLAPSE_ALLOC), ==, 1);
		for (u64 k = 0; k < HUGE; k++)
			g_assert_true(vm_present(s.vma, k, true));
		g_assert_cmpint(scan(&s), ==, SCAN_PMD_MAPPED);
		destroy(&s);
	}
}

/* The limit itself is still good, one more is too many; the entry that is too many ends the look. */
static void test_none(void)
{
	struct stage s;

	create(&s, 100);
	s.w.mm->sysctl.khugepaged.max_ptes_none = HUGE - 101;
	g_assert_cmpint(scan(&s), ==, SCAN_EXCEED_NONE_PTE);
	g_assert_cmpuint(s.cc.progress, ==, HUGE);
	g_assert_cmpuint(event(&s, THP_SCAN_EXCEED_NONE_PTE), ==, 1);
	g_assert_false(s.cc.lock_dropped);
	s.w.mm->sysctl.khugepaged.max_ptes_none = HUGE - 100;
	g_assert_cmpint(scan(&s), ==, SCAN_SUCCEED);
	destroy(&s);
	/* No page table, no look. */
	create(&s, 0);
	g_assert_cmpint(scan(&s), ==, SCAN_NO_PTE_TABLE);
	g_assert_cmpuint(s.cc.progress, ==, 1);
	destroy(&s);
}

/* What fork shared counts; the child's pages are the same ones afterwards. */
static void test_shared(void)
{
	struct mm_struct *child;
	u32 before[HUGE];
	struct stage s;

	create(&s, HUGE);
	child = dup_mm(s.mm, &s.w.current);
	g_assert_cmpint(scan(&s), ==, SCAN_EXCEED_SHARED_PTE);
	touch(&s, 0, HUGE / 2);
	lru_add_drain(s.w.vm, &s.w.current);
	for (u32 i = 0; i < HUGE; i++)
		before[i] = vm_node_lookup(s.w.vm, &child->areas[0]->nodes, i)->slot[i % 64];
	g_assert_cmpint(scan(&s), ==, SCAN_SUCCEED);
	for (u32 i = 0; i < HUGE; i++) {
		const struct vm_node *node =
			vm_node_lookup(s.w.vm, &child->areas[0]->nodes, i);

		g_assert_cmpuint(node->slot[i % 64], ==, before[i]);
		g_assert_true(node->present >> (i % 64) & 1);
		g_assert_cmpuint(page_mapcount(s.w.vm, before[i]), ==, 1);
	}
	exit_mmap(child, &s.w.current);
	destroy(&s);
}

/* Nobody used it lately; a page is pinned, or waits in a batch. */
static void test_pages(void)
{
	struct vm_node *node;
	struct page *page;
	struct stage s;

	create(&s, 10);
	node = vm_node_lookup(s.w.vm, &s.vma->nodes, 0);
	page = pfn_to_page(s.w.mm, node->slot[3]);
	for (u32 i = 0; i < 10; i++)
		pfn_to_page(s.w.mm, node->slot[i])->flags &= (u16)~PG_referenced;
	node->young = 0;
	g_assert_cmpint(scan(&s), ==, SCAN_LACK_REFERENCED_PAGE);
	node->young = 1;
	page->flags |= PG_pinned;
	g_assert_cmpint(scan(&s), ==, SCAN_PAGE_COUNT);
	page->flags &= (u16)~PG_pinned;
	touch(&s, 10, 1);
	g_assert_cmpint(scan(&s), ==, SCAN_PAGE_LRU);
	lru_add_drain(s.w.vm, &s.w.current);
	g_assert_cmpint(scan(&s), ==, SCAN_SUCCEED);
	destroy(&s);
}

/* Without a writable page: from 6.18 on no reason to pass it over. */
static void test_read_only(void)
{
	struct mm_profile profile = *mm_profiles[0];
	struct vm_node *node;
	struct stage s;

	create(&s, 10);
	node = vm_node_lookup(s.w.vm, &s.vma->nodes, 0);
	node->wrprotect = node->present;
	profile.khugepaged_needs_writable = true;
	s.w.mm->profile = &profile;
	g_assert_cmpint(scan(&s), ==, SCAN_PAGE_RO);
	s.w.mm->profile = mm_profiles[0];
	g_assert_cmpint(scan(&s), ==, SCAN_SUCCEED);
	destroy(&s);
}

/* No huge page is to be had: all is as it was. */
static void test_no_memory(void)
{
	u32 blocks[64], n = 0;
	struct stage s;

	create(&s, 20);
	s.w.mm->sysctl.khugepaged.defrag = false;
	while (n < ARRAY_SIZE(blocks) &&
	       (blocks[n] = alloc_pages(s.w.mm, &s.w.current, GFP_TRANSHUGE_LIGHT, 9)) != PFN_NONE)
		n++;
	g_assert_cmpint(scan(&s), ==, SCAN_ALLOC_HUGE_PAGE_FAIL);
	g_assert_true(s.cc.lock_dropped);
	g_assert_cmpuint(event(&s, THP_COLLAPSE_ALLOC_FAILED), ==, 1);
	g_assert_cmpuint(event(&s, THP_COLLAPSE_ALLOC), ==, 0);
	g_assert_cmpuint(s.vma->nr_present, ==, 20);
	g_assert_null(huge_entry_of(s.vma, 0));
	while (n)
		g_assert_cmpint(free_pages(s.w.mm, &s.w.current, blocks[--n], 9), ==, FREE_OK);
	g_assert_cmpint(scan(&s), ==, SCAN_SUCCEED);
	destroy(&s);
}

/* The group must have room for the huge page before it gets rid of the others. */
static void test_charge(void)
{
	struct mem_cgroup *group;
	struct stage s;

	create(&s, 0);
	group = mem_cgroup_create(s.w.vm, "group", 600, UINT64_MAX);
	s.mm->memcg = group;
	s.vma->hugepage = false;
	touch(&s, 0, 100);
	lru_add_drain(s.w.vm, &s.w.current);
	s.vma->hugepage = true;
	g_assert_cmpuint(group->usage - group->stock[0], ==, 100);
	group->max = 611;
	g_assert_cmpint(scan(&s), ==, SCAN_CGROUP_CHARGE_FAIL);
	g_assert_cmpuint(group->usage - group->stock[0], ==, 100);
	g_assert_cmpuint(s.vma->nr_present, ==, 100);
	group->max = 612;
	g_assert_cmpint(scan(&s), ==, SCAN_SUCCEED);
	g_assert_cmpuint(group->usage - group->stock[0], ==, HUGE);
	g_assert_cmpuint(group->peak, ==, 612);
	destroy(&s);
}

/* Swaps out the first nr pages, to a device that is done at once. */
static void swap_out(struct stage *s, u32 nr)
{
	struct scan_control sc = {.gfp = GFP_KERNEL, .priority = DEF_PRIORITY, .may_unmap = true,
				  .may_swap = true, .may_writepage = true};
	struct reclaim_stat stat;

	for (u32 i = 0; i < nr; i++) {
		struct vm_node *node = vm_node_lookup(s->w.vm, &s->vma->nodes, i);
		u32 folio = node->slot[i % 64], n = 1;

		node->young &= ~(1ull << (i % 64));
		pfn_to_page(s->w.mm, folio)->flags &= (u16)~PG_referenced;
		lruvec_del_folio(s->w.vm, folio);
		g_assert_cmpuint(shrink_folio_list(s->w.vm, &s->w.current, &folio, &n, 0, &sc,
						   &stat),
				 ==, 1);
	}
}

/* Swapped pages come back if they are few and half of the others were used. */
static void test_swap(void)
{
	struct stage s;

	create(&s, HUGE);
	g_assert_true(swapon(s.w.vm, s.w.disk, 4096, 0, false, true));
	swap_out(&s, 65);
	g_assert_cmpint(scan(&s), ==, SCAN_EXCEED_SWAP_PTE);
	g_assert_cmpuint(event(&s, THP_SCAN_EXCEED_SWAP_PTE), ==, 1);
	touch(&s, 0, 1);
	lru_add_drain(s.w.vm, &s.w.current);
	g_assert_cmpuint(s.mm->rss_stat[MM_SWAPENTS], ==, 64);
	g_assert_cmpint(scan(&s), ==, SCAN_SUCCEED);
	g_assert_cmpuint(s.mm->rss_stat[MM_SWAPENTS], ==, 0);
	g_assert_cmpuint(get_nr_swap_pages(s.w.vm), ==, 4096);
	g_assert_cmpuint(s.vma->nr_present, ==, HUGE);
	destroy(&s);
	create(&s, HUGE / 2 - 1);
	g_assert_true(swapon(s.w.vm, s.w.disk, 4096, 0, false, true));
	swap_out(&s, 1);
	g_assert_cmpint(scan(&s), ==, SCAN_LACK_REFERENCED_PAGE);
	destroy(&s);
}

/* Room for the huge page is made at the cost of the very pages: then it is not to be after all. */
static void test_charge_in_vain(void)
{
	struct mem_cgroup *group;
	struct vm_node *node;
	struct stage s;

	create(&s, 0);
	g_assert_true(swapon(s.w.vm, s.w.disk, 4096, 0, false, true));
	group = mem_cgroup_create(s.w.vm, "group", 560, UINT64_MAX);
	s.mm->memcg = group;
	s.vma->hugepage = false;
	touch(&s, 0, 100);
	lru_add_drain(s.w.vm, &s.w.current);
	s.vma->hugepage = true;
	for (u64 i = 0; i < 100; i += 64) {
		node = vm_node_lookup(s.w.vm, &s.vma->nodes, i);
		node->young = i ? 0 : 1;
	}
	g_assert_cmpint(scan(&s), ==, SCAN_PTE_NON_PRESENT);
	g_assert_cmpuint(event(&s, THP_COLLAPSE_ALLOC), ==, 1);
	g_assert_cmpuint(s.mm->rss_stat[MM_SWAPENTS], >=, 52);
	g_assert_cmpuint(group->usage - group->stock[0], ==, s.vma->nr_present);
	g_assert_null(huge_entry_of(s.vma, 0));
	destroy(&s);
}

/* A huge page with a hole, and a page of its own in another hole, become one again. */
static void test_holes(void)
{
	struct stage s;
	u32 old;

	create(&s, 0);
	touch(&s, 0, 1);
	old = huge_entry_of(s.vma, 0)->folio;
	g_assert_cmpuint(zap_page_range(s.vma, &s.w.current, 5, 20), ==, 20);
	touch(&s, 10, 1);
	lru_add_drain(s.w.vm, &s.w.current);
	g_assert_cmpuint(s.vma->nr_present, ==, HUGE - 19);
	g_assert_cmpint(scan(&s), ==, SCAN_SUCCEED);
	g_assert_cmpuint(s.vma->nr_present, ==, HUGE);
	g_assert_cmpuint(huge_entry_of(s.vma, 0)->folio, !=, old);
	g_assert_cmpint(global_node_page_state(s.w.vm, NR_ANON_THPS), ==, HUGE);
	destroy(&s);
}

#define TWO_NODES                                                                                 \
	"{\"name\":\"two\",\"arch\":\"x86-64\",\"nodes\":["                                        \
	"{\"cpus\":1,\"distances\":[10,40],"                                                       \
	"\"memory\":[{\"start\":\"0\",\"end\":\"64MiB\"}]},"                                       \
	"{\"cpus\":1,\"distances\":[40,10],"                                                       \
	"\"memory\":[{\"start\":\"64MiB\",\"end\":\"128MiB\"}]}]}"

/* The huge page lies where most pages did; too far apart is only too far with zone_reclaim_mode. */
static void test_nodes(void)
{
	struct stage s;

	create_on(&s, TWO_NODES, HUGE, 100);
	s.vma->hugepage = false;
	s.w.current.cpu = 1;
	touch(&s, 100, 101);
	lru_add_drain_all(s.w.vm, &s.w.current);
	s.vma->hugepage = true;
	s.w.current.cpu = 0;
	s.w.mm->sysctl.zone_reclaim_mode = 1;
	g_assert_cmpint(scan(&s), ==, SCAN_SCAN_ABORT);
	s.w.mm->sysctl.zone_reclaim_mode = 0;
	g_assert_cmpint(scan(&s), ==, SCAN_SUCCEED);
	g_assert_cmpuint(pfn_zone(s.w.mm, huge_entry_of(s.vma, 0)->folio)->nid, ==, 1);
	destroy(&s);
}

/* Eight huge pages' worth of entries a pass, a pass every ten seconds; then it has been round. */
static void test_pace(void)
{
	struct stage s;

	create_on(&s, NULL, 10 * HUGE, 10 * HUGE);
	khugepaged_enter_vma(s.vma);
	g_assert_true(s.mm->vm_hugepage);
	engine_run(s.w.engine, 5 * NSEC_PER_SEC);
	/* Eight, and one for each turn at the address space, are more than the limit. */
	g_assert_cmpuint(event(&s, SIM_PAGES_COLLAPSED), ==, 8);
	g_assert_cmpuint(event(&s, SIM_FULL_SCANS), ==, 0);
	engine_run(s.w.engine, 9 * NSEC_PER_SEC);
	g_assert_cmpuint(event(&s, SIM_PAGES_COLLAPSED), ==, 8);
	engine_run(s.w.engine, 12 * NSEC_PER_SEC);
	g_assert_cmpuint(event(&s, SIM_PAGES_COLLAPSED), ==, 10);
	g_assert_cmpuint(event(&s, SIM_FULL_SCANS), ==, 2);
	g_assert_cmpint(global_node_page_state(s.w.vm, NR_ANON_THPS), ==, 10 * HUGE);
	destroy(&s);
}

/* Ranges that do not qualify count as far as they are looked at. */
static void test_pace_in_vain(void)
{
	struct stage s;

	create_on(&s, NULL, 20 * HUGE, 0);
	s.vma->hugepage = false;
	s.w.mm->sysctl.khugepaged.max_ptes_none = 0;
	for (u64 i = 0; i < 20; i++)
		touch(&s, i * HUGE, HUGE - 1);
	lru_add_drain(s.w.vm, &s.w.current);
	s.vma->hugepage = true;
	khugepaged_enter_vma(s.vma);
	for (u64 pass = 1; pass < 3; pass++) {
		engine_run(s.w.engine, (pass * 10 - 5) * NSEC_PER_SEC);
		g_assert_cmpuint(event(&s, THP_SCAN_EXCEED_NONE_PTE), ==, pass * 8);
	}
	g_assert_cmpuint(event(&s, SIM_PAGES_COLLAPSED), ==, 0);
	destroy(&s);
}

/* One that goes takes the cursor along; the next in order is looked at then. */
static void test_exit(void)
{
	struct mm_struct *other;
	struct vm_area_struct *vma;
	struct stage s;

	create_on(&s, NULL, 10 * HUGE, 10 * HUGE);
	khugepaged_enter_vma(s.vma);
	other = mm_alloc(s.w.vm, &s.w.current);
	vma = vm_mmap(other, &s.w.current, HUGE);
	g_assert_cmpint(handle_mm_fault(vma, &s.w.current, 0, true), ==, VM_FAULT_MINOR);
	hugepage_madvise(vma, true, false);
	engine_run(s.w.engine, 5 * NSEC_PER_SEC);
	g_assert_cmpuint(event(&s, SIM_PAGES_COLLAPSED), ==, 8);
	exit_mmap(s.mm, &s.w.current);
	engine_run(s.w.engine, 12 * NSEC_PER_SEC);
	g_assert_cmpuint(event(&s, SIM_PAGES_COLLAPSED), ==, 9);
	g_assert_nonnull(huge_entry_of(vma, 0));
	s.mm = other;
	destroy(&s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/khugepaged/collapse", test_collapse);
	g_test_add_func("/khugepaged/none", test_none);
	g_test_add_func("/khugepaged/shared", test_shared);
	g_test_add_func("/khugepaged/pages", test_pages);
	g_test_add_func("/khugepaged/read-only", test_read_only);
	g_test_add_func("/khugepaged/no-memory", test_no_memory);
	g_test_add_func("/khugepaged/charge", test_charge);
	g_test_add_func("/khugepaged/charge-in-vain", test_charge_in_vain);
	g_test_add_func("/khugepaged/swap", test_swap);
	g_test_add_func("/khugepaged/holes", test_holes);
	g_test_add_func("/khugepaged/nodes", test_nodes);
	g_test_add_func("/khugepaged/pace", test_pace);
	g_test_add_func("/khugepaged/pace-in-vain", test_pace_in_vain);
	g_test_add_func("/khugepaged/exit", test_exit);
	return g_test_run();
}

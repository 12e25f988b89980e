/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reclaim by two lists: how much of which list is looked at, what becomes of each kind of folio,
 * and what fruitless direct reclaim counts.
 */
#include <glib.h>

#include "mm/filemap.h"
#include "mm/kswapd.h"
#include "mm/memcontrol.h"
#include "mm/page_alloc.h"
#include "mm/rmap.h"
#include "mm/swap.h"
#include "mm/vm_internal.h"
#include "mm/vmscan.h"
#include "mm/vmstat.h"
#include "small_world.h"

struct fixture {
	struct small_world w;
	struct file *file;
	u64 next_index;
	struct scan_control sc;
	struct reclaim_stat stat;
};

static void create(struct fixture *f, const struct mm_profile *profile, u64 swap_pages)
{
	*f = (struct fixture){0};
	small_world_create(&f->w, NULL, profile);
	f->w.vm->lru_gen = false;
	f->file = file_create(f->w.vm);
	if (swap_pages)
		g_assert_true(swapon(f->w.vm, NULL, swap_pages, 0, false, true));
	f->sc = (struct scan_control){.gfp = GFP_KERNEL, .highest_zoneidx = MAX_NR_ZONES - 1,
				      .priority = DEF_PRIORITY, .may_unmap = true,
				      .may_swap = true, .may_writepage = true,
				      .nr_to_reclaim = SWAP_CLUSTER_MAX};
}

static struct page *page_of(struct fixture *f, u32 folio)
{
	return pfn_to_page(f->w.mm, folio);
}

/* A cached folio on its list. */
static u32 cached(struct fixture *f, gfp_t gfp, u32 order)
{
	u32 pfn = alloc_pages(f->w.mm, &f->w.current, gfp | (order ? __GFP_COMP : 0), order);

	g_assert_cmpuint(pfn, !=, PFN_NONE);
	f->next_index = (f->next_index + (1u << order) - 1) >> order << order;
	g_assert_true(filemap_add_folio(f->file, &f->w.current, pfn, f->next_index, 0));
	f->next_index += 1u << order;
	lru_add_drain(f->w.vm, &f->w.current);
	g_assert_true(page_of(f, pfn)->flags & PG_lru);
	return pfn;
}

/* An anonymous page, mapped and not accessed lately. */
static u32 mapped(struct fixture *f, struct vm_area_struct **vma)
{
	struct mm_struct *mm = mm_alloc(f->w.vm, &f->w.current);
	struct vm_node *node;
	u32 slot;

	*vma = vm_mmap(mm, &f->w.current, 1);
	g_assert_cmpint(handle_mm_fault(*vma, &f->w.current, 0, true), ==, VM_FAULT_MINOR);
	lru_add_drain(f->w.vm, &f->w.current);
	node = vm_node_get(f->w.vm, (*vma)->nodes.id[0]);
	node->young = 0;
	g_assert_nonnull(page_node(f->w.vm, node->slot[0], &slot));
	return node->slot[0];
}

enum outcome { FREED, KEPT, ACTIVATED };

static enum outcome shrink(struct fixture *f, u32 folio)
{
	u32 folios[1] = {folio}, n = 1;
	u64 freed, nr = folio_nr_pages(f->w.mm, folio);

	if (page_of(f, folio)->flags & PG_lru)
		lruvec_del_folio(f->w.vm, folio);
	freed = shrink_folio_list(f->w.vm, &f->w.current, folios, &n, 0, &f->sc, &f->stat);
	if (!n) {
		g_assert_cmpuint(freed, ==, nr);
		return FREED;
	}
	g_assert_cmpuint(n, ==, 1);
	g_assert_cmpuint(folios[0], ==, folio);
	g_assert_cmpuint(freed, ==, 0);
	return page_of(f, folio)->flags & PG_active ? ACTIVATED : KEPT;
}

static void test_clean_file(void)
{
	struct fixture f;
	u32 folio;

	create(&f, &profile_linux_7_2, 0);
	folio = cached(&f, GFP_HIGHUSER_MOVABLE, 0);
	g_assert_cmpint(shrink(&f, folio), ==, FREED);
	g_assert_cmpint(page_of(&f, folio)->state, !=, PAGE_USED);
	g_assert_false(filemap_cached(f.file, 0));
	g_assert_cmpuint(vm_node_get(f.w.vm, f.file->pages.id[0])->shadow, ==, 1);
	g_assert_cmpuint(f.sc.nr_scanned, ==, 1);
	/* A large one goes whole. */
	folio = cached(&f, GFP_HIGHUSER_MOVABLE, 4);
	g_assert_cmpint(shrink(&f, folio), ==, FREED);
	g_assert_cmpuint(vm_node_get(f.w.vm, f.file->pages.id[0])->shadow, ==, 0xffff0001u);
	g_assert_cmpuint(f.sc.nr_scanned, ==, 17);
	g_assert_cmpint(node_page_state(f.w.vm, 0, NR_FILE_PAGES), ==, 0);
	small_world_destroy(&f.w);
}

static void test_flags_of_file(void)
{
	struct fixture f;
	u32 folio;

	create(&f, &profile_linux_7_2, 0);
	folio = cached(&f, GFP_HIGHUSER_MOVABLE, 0);
	page_of(&f, folio)->flags |= PG_locked;
	g_assert_cmpint(shrink(&f, folio), ==, KEPT);
	g_assert_cmpuint(f.sc.nr_scanned, ==, 0);

	page_of(&f, folio)->flags = (u16)((page_of(&f, folio)->flags & ~PG_locked) | PG_pinned);
	g_assert_cmpint(shrink(&f, folio), ==, ACTIVATED);
	g_assert_cmpuint(f.stat.nr_activate[LRU_TYPE_FILE], ==, 1);

	/* Used by read() and nothing else: the first time it is only not written. */
	page_of(&f, folio)->flags &= (u16)~(PG_pinned | PG_active);
	page_of(&f, folio)->flags |= PG_referenced;
	g_assert_cmpint(shrink(&f, folio), ==, FREED);

	folio = cached(&f, GFP_HIGHUSER_MOVABLE, 0);
	mlock_folio(f.w.vm, &f.w.current, folio);
	lruvec_del_folio(f.w.vm, folio);
	g_assert_cmpint(shrink(&f, folio), ==, KEPT);
	g_assert_cmpuint(f.stat.nr_activate[LRU_TYPE_FILE], ==, 0);
	move_folios_to_lru(f.w.vm, &folio, 1);
	g_assert_cmpint(node_lru_pages(f.w.vm, 0, LRU_UNEVICTABLE), ==, 1);
	small_world_destroy(&f.w);
}

static void test_dirty_file(void)
{
	struct fixture f;
	u32 folio;

	create(&f, &profile_linux_7_2, 0);
	folio = cached(&f, GFP_HIGHUSER_MOVABLE, 0);
	page_of(&f, folio)->flags |= PG_dirty;
	g_assert_cmpint(shrink(&f, folio), ==, ACTIVATED);
	g_assert_true(page_of(&f, folio)->flags & PG_reclaim);
	g_assert_cmpint(node_page_state(f.w.vm, 0, NR_VMSCAN_IMMEDIATE), ==, 1);
	g_assert_cmpuint(f.stat.nr_dirty, ==, 1);
	g_assert_cmpuint(f.stat.nr_unqueued_dirty, ==, 1);

	page_of(&f, folio)->flags &= (u16)~(PG_dirty | PG_active | PG_reclaim);
	page_of(&f, folio)->flags |= PG_writeback;
	g_assert_cmpint(shrink(&f, folio), ==, ACTIVATED);
	g_assert_true(page_of(&f, folio)->flags & PG_reclaim);
	g_assert_cmpuint(f.stat.nr_writeback, ==, 1);
	g_assert_cmpuint(f.stat.nr_unqueued_dirty, ==, 0);
	g_assert_cmpuint(f.stat.nr_congested, ==, 0);

	/* kswapd meets it again, at a node where all is under write-back. */
	page_of(&f, folio)->flags &= (u16)~PG_active;
	f.sc.is_kswapd = true;
	f.w.mm->nodes[0].pgdat_writeback = true;
	g_assert_cmpint(shrink(&f, folio), ==, ACTIVATED);
	g_assert_cmpuint(f.stat.nr_immediate, ==, 1);
	g_assert_cmpuint(f.stat.nr_writeback, ==, 0);
	g_assert_cmpuint(f.stat.nr_congested, ==, 1);
	page_of(&f, folio)->flags &= (u16)~PG_writeback;
	small_world_destroy(&f.w);
}

static void test_anon_references(void)
{
	struct fixture f;
	struct vm_area_struct *vma;
	struct vm_node *node;
	u32 folio;

	create(&f, &profile_linux_7_2, 64);
	folio = mapped(&f, &vma);
	node = vm_node_get(f.w.vm, vma->nodes.id[0]);
	f.sc.may_unmap = false;
	g_assert_cmpint(shrink(&f, folio), ==, KEPT);
	f.sc.may_unmap = true;
	node->young = 1;
	g_assert_cmpint(shrink(&f, folio), ==, KEPT);
	g_assert_cmpuint(f.stat.nr_ref_keep, ==, 1);
	g_assert_cmpuint(node->young, ==, 0);
	node->young = 1;
	g_assert_cmpint(shrink(&f, folio), ==, ACTIVATED);
	g_assert_cmpuint(f.stat.nr_activate[LRU_TYPE_ANON], ==, 1);
	small_world_destroy(&f.w);
}

/* A pinned page that nobody maps any more keeps its slot, though swap is full: it has no other
   owner. */
static void test_pinned_orphan(void)
{
	struct vm_area_struct *vma;
	struct fixture f;
	u32 folio;

	create(&f, &profile_linux_7_2, 1);
	folio = mapped(&f, &vma);
	g_assert_true(folio_alloc_swap(f.w.vm, &f.w.current, folio));
	g_assert_true(try_to_unmap(f.w.vm, &f.w.current, folio));
	page_of(&f, folio)->flags |= PG_writeback;
	exit_mmap(vma->vm_mm, &f.w.current);
	page_of(&f, folio)->flags = (u16)((page_of(&f, folio)->flags & ~PG_writeback) | PG_pinned);
	g_assert_cmpint(page_owner_kind(page_of(&f, folio)), ==, OWNER_SWAP);
	g_assert_true(vm_swap_full(f.w.vm));
	g_assert_cmpint(shrink(&f, folio), ==, ACTIVATED);
	g_assert_cmpint(page_owner_kind(page_of(&f, folio)), ==, OWNER_SWAP);
	g_assert_true(page_of(&f, folio)->flags & PG_swapcache);
	page_of(&f, folio)->flags &= (u16)~(PG_pinned | PG_active | PG_dirty);
	g_assert_cmpint(shrink(&f, folio), ==, FREED);
	g_assert_cmpuint(get_nr_swap_pages(f.w.vm), ==, 1);
	small_world_check_books(&f.w);
	small_world_destroy(&f.w);
}

static void test_anon_swap(void)
{
	struct fixture f;
	struct vm_area_struct *vma;
	u32 folio;

	create(&f, &profile_linux_7_2, 64);
	folio = mapped(&f, &vma);
	f.sc.gfp = GFP_NOIO;
	g_assert_cmpint(shrink(&f, folio), ==, KEPT);
	g_assert_false(page_of(&f, folio)->flags & PG_swapcache);
	f.sc.gfp = GFP_NOFS;
	f.sc.may_writepage = false;
	g_assert_cmpint(shrink(&f, folio), ==, KEPT);
	g_assert_true(page_of(&f, folio)->flags & PG_swapcache);
	g_assert_false(folio_mapped(f.w.vm, folio));
	/* The device is done at once, and so is the page. */
	f.sc.may_writepage = true;
	g_assert_cmpint(shrink(&f, folio), ==, FREED);
	g_assert_cmpuint(f.stat.nr_pageout, ==, 1);
	g_assert_cmpint(node_page_state(f.w.vm, 0, NR_VMSCAN_WRITE), ==, 1);
	g_assert_cmpuint(get_nr_swap_pages(f.w.vm), ==, 63);
	g_assert_cmpint(handle_mm_fault(vma, &f.w.current, 0, false), !=, VM_FAULT_NONE);
	small_world_destroy(&f.w);

	create(&f, &profile_linux_7_2, 0);
	folio = mapped(&f, &vma);
	g_assert_cmpint(shrink(&f, folio), ==, ACTIVATED);
	g_assert_true(folio_mapped(f.w.vm, folio));
	small_world_destroy(&f.w);
}

/* Sizes of the four lists, as if there were pages. */
static void sizes(struct fixture *f, u64 ia, u64 aa, u64 inf, u64 af)
{
	u64 *size = node_lruvec(f->w.vm, 0)->lru_zone_size[ZONE_DMA32];

	size[LRU_INACTIVE_ANON] = ia;
	size[LRU_ACTIVE_ANON] = aa;
	size[LRU_INACTIVE_FILE] = inf;
	size[LRU_ACTIVE_FILE] = af;
}

static void assert_scan(struct fixture *f, u64 ia, u64 aa, u64 inf, u64 af)
{
	u64 nr[NR_LRU_LISTS];

	get_scan_count(f->w.vm, node_lruvec(f->w.vm, 0), &f->sc, nr);
	g_assert_cmpuint(nr[LRU_INACTIVE_ANON], ==, ia);
	g_assert_cmpuint(nr[LRU_ACTIVE_ANON], ==, aa);
	g_assert_cmpuint(nr[LRU_INACTIVE_FILE], ==, inf);
	g_assert_cmpuint(nr[LRU_ACTIVE_FILE], ==, af);
}

static void test_scan_count(void)
{
	struct fixture f;

	create(&f, &profile_linux_7_2, 0);
	sizes(&f, 40960, 81920, 122880, 163840);
	assert_scan(&f, 0, 0, 30, 40); /* no swap */
	sizes(&f, 0, 0, 0, 0);
	small_world_destroy(&f.w);

	create(&f, &profile_linux_7_2, 64);
	sizes(&f, 40960, 81920, 122880, 163840);
	f.sc.may_swap = false;
	assert_scan(&f, 0, 0, 30, 40);
	f.sc.may_swap = true;
	f.sc.cache_trim_mode = true;
	assert_scan(&f, 0, 0, 30, 40);
	f.sc.file_is_tiny = true;
	assert_scan(&f, 10, 20, 0, 0);
	f.sc.priority = 0;
	assert_scan(&f, 40960, 81920, 122880, 163840);
	f.sc.file_is_tiny = f.sc.cache_trim_mode = false;
	/* Without costs by swappiness: 60 to 140. */
	f.sc.priority = 6;
	assert_scan(&f, 192, 384, 1344, 1792);
	/* File reclaim has cost all: two thirds against one, times swappiness. T = 100, A' = 100,
	   F' = 200; ap = 60 * 301 / 101 = 178, fp = 140 * 301 / 201 = 209. */
	f.sc.file_cost = 100;
	assert_scan(&f, 640 * 178 / 387, 1280 * 178 / 387, 1920 * 209 / 387, 2560 * 209 / 387);
	f.sc.highest_zoneidx = ZONE_DMA;
	assert_scan(&f, 0, 0, 0, 0);
	f.sc.highest_zoneidx = ZONE_DMA32;
	f.w.mm->sysctl.swappiness = 0;
	f.sc.target_mem_cgroup = f.w.vm->memcgs[0];
	assert_scan(&f, 0, 0, 1920, 2560);
	sizes(&f, 0, 0, 0, 0);
	small_world_destroy(&f.w);
}

static void test_proportional(void)
{
	u64 targets[NR_LRU_LISTS] = {100, 50, 1000, 500};
	u64 nr[NR_LRU_LISTS] = {30, 20, 900, 450};

	/* 50 of 151 left: 33 %; the files' targets become 67 %, less what is done. */
	g_assert_true(shrink_proportionally(nr, targets));
	g_assert_cmpuint(nr[LRU_INACTIVE_ANON], ==, 0);
	g_assert_cmpuint(nr[LRU_ACTIVE_ANON], ==, 0);
	g_assert_cmpuint(nr[LRU_INACTIVE_FILE], ==, 670 - 100);
	g_assert_cmpuint(nr[LRU_ACTIVE_FILE], ==, 335 - 50);
	g_assert_false(shrink_proportionally(nr, targets));
}

static void test_ratio(void)
{
	struct fixture f;

	create(&f, &profile_linux_7_2, 0);
	g_assert_false(inactive_ratio_is_low(f.w.vm, 100, 100));
	g_assert_true(inactive_ratio_is_low(f.w.vm, 99, 100));
	/* 1 GiB: three to one; 100 GiB: 31 to one. */
	g_assert_false(inactive_ratio_is_low(f.w.vm, 65536, 196608));
	g_assert_true(inactive_ratio_is_low(f.w.vm, 65535, 196609));
	g_assert_false(inactive_ratio_is_low(f.w.vm, 819200, 819200ull * 31));
	g_assert_true(inactive_ratio_is_low(f.w.vm, 819199, 819200ull * 31 + 1));
	small_world_destroy(&f.w);
}

static void test_zone_skip(void)
{
	struct fixture f;
	struct lruvec *lruvec;
	u32 dma, high[2];

	create(&f, &profile_linux_7_2, 0);
	lruvec = node_lruvec(f.w.vm, 0);
	high[0] = cached(&f, GFP_HIGHUSER_MOVABLE, 0);
	high[1] = cached(&f, GFP_HIGHUSER_MOVABLE, 0);
	dma = cached(&f, GFP_KERNEL | __GFP_DMA, 0);
	g_assert_cmpint(pfn_zone(f.w.mm, dma)->type, ==, ZONE_DMA);
	f.sc.highest_zoneidx = ZONE_DMA;
	f.sc.priority = 0;
	shrink_lruvec(f.w.vm, &f.w.current, lruvec, &f.sc);
	g_assert_cmpuint(f.sc.nr_reclaimed, ==, 1);
	g_assert_cmpint(page_of(&f, dma)->state, !=, PAGE_USED);
	g_assert_cmpuint(f.w.mm->vm_event[PGSKIP_DMA32], ==, 2);
	g_assert_cmpuint(f.w.mm->vm_event[PGSCAN_DIRECT], ==, 3);
	g_assert_cmpuint(f.w.mm->vm_event[PGSCAN_FILE], ==, 3);
	g_assert_cmpuint(f.w.mm->vm_event[PGSTEAL_DIRECT], ==, 1);
	/* Set aside and back at the head, in their order. */
	g_assert_cmpuint(lruvec->lists[LRU_INACTIVE_FILE].tail, ==, high[0]);
	g_assert_cmpuint(lruvec->lists[LRU_INACTIVE_FILE].head, ==, high[1]);
	small_world_destroy(&f.w);
}

static void test_deactivate(void)
{
	struct fixture f;
	struct vm_area_struct *vma;
	struct lruvec *lruvec;
	u32 folio, page;

	create(&f, &profile_linux_7_2, 64);
	lruvec = node_lruvec(f.w.vm, 0);
	folio = cached(&f, GFP_HIGHUSER_MOVABLE, 0);
	page = mapped(&f, &vma);
	folio_activate(f.w.vm, &f.w.current, folio);
	folio_activate(f.w.vm, &f.w.current, page);
	lru_add_drain(f.w.vm, &f.w.current);
	vm_node_get(f.w.vm, vma->nodes.id[0])->young = 1;
	shrink_active_list(f.w.vm, &f.w.current, lruvec, 32, LRU_ACTIVE_FILE, &f.sc);
	shrink_active_list(f.w.vm, &f.w.current, lruvec, 32, LRU_ACTIVE_ANON, &f.sc);
	/* An access does not save: the second chance is on the inactive list. */
	g_assert_cmpuint(lruvec->lists[LRU_INACTIVE_FILE].head, ==, folio);
	g_assert_cmpuint(lruvec->lists[LRU_INACTIVE_ANON].head, ==, page);
	g_assert_true(page_of(&f, page)->flags & PG_workingset);
	g_assert_cmpuint(vm_node_get(f.w.vm, vma->nodes.id[0])->young, ==, 0);
	g_assert_cmpuint(f.w.mm->vm_event[PGDEACTIVATE], ==, 2);
	g_assert_cmpuint(f.w.mm->vm_event[PGREFILL], ==, 2);
	g_assert_cmpint(node_page_state(f.w.vm, 0, NR_ISOLATED_ANON), ==, 0);
	small_world_destroy(&f.w);
}

static u64 fruitless_stalls(const struct mm_profile *profile, bool lru_gen)
{
	struct fixture f;
	struct alloc_context ac;
	u64 stalls;

	create(&f, profile, 0);
	f.w.vm->lru_gen = lru_gen;
	g_assert_true(prepare_alloc_pages(f.w.mm, GFP_KERNEL, 0, 0, &ac));
	g_assert_cmpuint(try_to_free_pages(f.w.mm, &f.w.current, GFP_KERNEL, 0, &ac), ==, 0);
	g_assert_cmpuint(f.w.mm->vm_event[SIM_DIRECT_RECLAIM], ==, 1);
	stalls = f.w.mm->vm_event[ALLOCSTALL_NORMAL];
	small_world_destroy(&f.w);
	return stalls;
}

static void test_direct(void)
{
	struct fixture f;
	struct alloc_context ac;

	g_assert_cmpuint(fruitless_stalls(&profile_linux_7_2, false), ==, 2);
	g_assert_cmpuint(fruitless_stalls(&profile_linux_7_2, true), ==, 2);
	g_assert_cmpuint(fruitless_stalls(&profile_linux_6_1, false), ==, 1);

	create(&f, &profile_linux_7_2, 0);
	for (u32 i = 0; i < 200; i++)
		cached(&f, GFP_HIGHUSER_MOVABLE, 0);
	f.w.mm->nodes[0].kswapd_failures = MAX_RECLAIM_RETRIES;
	g_assert_true(prepare_alloc_pages(f.w.mm, GFP_HIGHUSER_MOVABLE, 0, 0, &ac));
	g_assert_cmpuint(try_to_free_pages(f.w.mm, &f.w.current, GFP_HIGHUSER_MOVABLE, 0, &ac),
			 >=, SWAP_CLUSTER_MAX);
	g_assert_cmpuint(f.w.mm->vm_event[ALLOCSTALL_MOVABLE], ==, 1);
	/* Somebody made progress, and memory is not short: kswapd may try again. */
	g_assert_cmpuint(f.w.mm->nodes[0].kswapd_failures, ==, 0);
	small_world_check_books(&f.w);
	small_world_destroy(&f.w);
}

static void test_node_reclaim(void)
{
	struct fixture f;
	u64 managed = 0;

	create(&f, &profile_linux_7_2, 0);
	for_each_zone(f.w.mm, zone)
		managed += zone->managed_pages;
	f.w.mm->sysctl.zone_reclaim_mode = 1;
	g_assert_cmpint(node_reclaim(f.w.mm, &f.w.current, 0, GFP_HIGHUSER_MOVABLE, 0), ==,
			NODE_RECLAIM_FULL);
	for (u64 i = 0; i < managed / 50; i++)
		cached(&f, GFP_HIGHUSER_MOVABLE, 0);
	g_assert_cmpint(node_reclaim(f.w.mm, &f.w.current, 0, __GFP_KSWAPD_RECLAIM, 0), ==,
			NODE_RECLAIM_NOSCAN);
	f.w.current.flags |= PF_MEMALLOC;
	g_assert_cmpint(node_reclaim(f.w.mm, &f.w.current, 0, GFP_HIGHUSER_MOVABLE, 0), ==,
			NODE_RECLAIM_NOSCAN);
	f.w.current.flags = 0;
	g_assert_cmpint(node_reclaim(f.w.mm, &f.w.current, 0, GFP_HIGHUSER_MOVABLE, 3), ==,
			NODE_RECLAIM_SUCCESS);
	g_assert_cmpuint(f.w.mm->vm_event[ZONE_RECLAIM_SUCCESS], ==, 1);
	small_world_destroy(&f.w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/vmscan/clean-file", test_clean_file);
	g_test_add_func("/vmscan/flags-of-file", test_flags_of_file);
	g_test_add_func("/vmscan/dirty-file", test_dirty_file);
	g_test_add_func("/vmscan/anon-references", test_anon_references);
	g_test_add_func("/vmscan/anon-swap", test_anon_swap);
	g_test_add_func("/vmscan/pinned-orphan", test_pinned_orphan);
	g_test_add_func("/vmscan/scan-count", test_scan_count);
	g_test_add_func("/vmscan/proportional", test_proportional);
	g_test_add_func("/vmscan/inactive-ratio", test_ratio);
	g_test_add_func("/vmscan/zone-skip", test_zone_skip);
	g_test_add_func("/vmscan/deactivate", test_deactivate);
	g_test_add_func("/vmscan/direct", test_direct);
	g_test_add_func("/vmscan/node-reclaim", test_node_reclaim);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The multi-generational LRU: where folios begin, what an access does to them, that counts equal
 * lists, that aging finds what page tables know, and whom eviction takes.
 */
#include <glib.h>

#include "engine/rng.h"
#include "mm/filemap.h"
#include "mm/mglru.h"
#include "mm/swap.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"
#include "small_world.h"

struct gen_world {
	struct small_world w;
	struct lruvec *lruvec;
	struct lru_gen_folio *lrugen;
	struct file *file;
	u64 next_index;
};

static void create(struct gen_world *g, const struct mm_profile *profile)
{
	small_world_create(&g->w, NULL, profile);
	g->w.vm->lru_gen = true;
	g->lruvec = node_lruvec(g->w.vm, 0);
	g->lrugen = &g->lruvec->lrugen;
	g->file = file_create(g->w.vm);
	g->next_index = 0;
}

static struct page *page_of(struct gen_world *g, u32 folio)
{
	return pfn_to_page(g->w.mm, folio);
}

/* A page that nobody owns, for tests of lists only. */
static u32 bare_folio(struct gen_world *g, u32 flags)
{
	u32 folio = alloc_pages(g->w.mm, &g->w.current, GFP_HIGHUSER_MOVABLE, 0);

	page_of(g, folio)->flags |= (u16)flags;
	page_of(g, folio)->link.next = page_of(g, folio)->link.prev = PFN_NONE;
	return folio;
}

/* A clean page of the file, on the LRU. */
static u32 file_folio(struct gen_world *g)
{
	u32 folio = alloc_pages(g->w.mm, &g->w.current, MAPPING_GFP, 0);

	g_assert_true(filemap_add_folio(g->file, &g->w.current, folio, g->next_index++,
					MAPPING_GFP));
	lru_add_drain(g->w.vm, &g->w.current);
	return folio;
}

/* Every list is linked well, and folios by their generation are as many as is counted. */
static void check_counts(struct gen_world *g)
{
	s64 pages[MAX_NR_GENS][NR_LRU_TYPES][MAX_NR_ZONES] = {0};
	s64 sizes[MAX_NR_ZONES][NR_LRU_LISTS] = {0};

	for (u32 i = 0; i < MAX_NR_GENS * NR_LRU_TYPES * MAX_NR_ZONES; i++) {
		u32 zone = i % MAX_NR_ZONES, type = i / MAX_NR_ZONES % NR_LRU_TYPES;
		const struct page_list *list =
			&g->lrugen->folios[i / MAX_NR_ZONES / NR_LRU_TYPES][type][zone];
		u32 prev = PFN_NONE;

		for (u32 f = list->head; f != PFN_NONE; f = page_of(g, f)->link.next) {
			const struct page *page = page_of(g, f);
			u32 gen = page_gen(page);
			u32 lru = (u32)(type ? LRU_INACTIVE_FILE : LRU_INACTIVE_ANON) +
				  (lru_gen_is_active(g->lrugen, gen) ? LRU_ACTIVE : 0u);

			g_assert_cmpuint(page->link.prev, ==, prev);
			g_assert_cmpuint(folio_lru_type(page), ==, type);
			g_assert_cmpuint(pfn_zone(g->w.mm, f)->type, ==, zone);
			g_assert_true(page->flags & PG_lru);
			g_assert_false(page->flags & PG_active);
			pages[gen][type][zone]++;
			sizes[zone][lru]++;
			prev = f;
		}
		g_assert_cmpuint(list->tail, ==, prev);
	}
	for (u32 i = 0; i < MAX_NR_GENS * NR_LRU_TYPES * MAX_NR_ZONES; i++)
		g_assert_cmpint((&pages[0][0][0])[i], ==, (&g->lrugen->nr_pages[0][0][0])[i]);
	for (u32 zone = 0; zone < MAX_NR_ZONES; zone++)
		for (u32 lru = 0; lru < NR_EVICTABLE_LRU_LISTS; lru++)
			g_assert_cmpint(sizes[zone][lru], ==,
					(s64)g->lruvec->lru_zone_size[zone][lru]);
}

/* The generation's number, by the flags; -1: it is on no list. */
static s64 seq_of(struct gen_world *g, u32 folio)
{
	for (u64 seq = g->lrugen->max_seq + 1; seq-- > 0;)
		if (folio_lru_gen(page_of(g, folio)) == (s32)lru_gen_from_seq(seq))
			return (s64)seq;
	return -1;
}

static void test_placement(void)
{
	static const struct {
		u32 flags;
		bool reclaiming;
		s64 seq, seq_6_12;
	} cases[] = {
		{0, false, 0, 1},
		{PG_referenced, false, 1, 1},
		{PG_workingset, false, 1, 1},
		{PG_swapbacked, false, 2, 2},
		{PG_swapbacked | PG_swapcache, false, 0, 1},
		{PG_swapbacked | PG_swapcache | PG_reclaim | PG_writeback, false, 2, 2},
		{PG_reclaim | PG_dirty, false, 2, 2},
		{PG_active, false, 2, 3},
		{PG_active | PG_workingset, false, 3, 3},
		{PG_active | PG_swapbacked, false, 2, 3},
		{PG_swapbacked | PG_swapcache, true, 0, 0},
		{0, true, 0, 0},
	};

	for (u32 old = 0; old < 2; old++) {
		struct gen_world g;

		create(&g, old ? &profile_linux_6_12 : &profile_linux_7_2);
		g_assert_cmpuint(g.lrugen->max_seq, ==, 3);
		for (u32 i = 0; i < G_N_ELEMENTS(cases); i++) {
			u32 folio = bare_folio(&g, cases[i].flags);

			if (cases[i].reclaiming)
				lruvec_add_folio_tail(g.w.vm, folio);
			else
				lruvec_add_folio(g.w.vm, folio);
			g_assert_cmpint(seq_of(&g, folio), ==,
					old ? cases[i].seq_6_12 : cases[i].seq);
			check_counts(&g);
		}
		small_world_destroy(&g.w);
	}
}

static void test_uses(void)
{
	static const struct {
		u32 refs, tier;
		bool workingset;
	} after[] = {{0, 0, false}, {1, 0, false}, {2, 1, false}, {3, 2, false}, {4, 2, false},
		     {4, 3, true}, {4, 3, true}};
	struct gen_world g;
	u32 folio;

	create(&g, &profile_linux_7_2);
	folio = file_folio(&g);
	for (u32 i = 0; i < G_N_ELEMENTS(after); i++) {
		const struct page *page = page_of(&g, folio);

		g_assert_cmpuint(folio_lru_refs(g.w.mm, page), ==, after[i].refs);
		g_assert_cmpuint(folio_lru_tier(g.w.mm, page), ==, after[i].tier);
		g_assert_cmpint((page->flags & PG_workingset) != 0, ==, after[i].workingset);
		g_assert_cmpint(seq_of(&g, folio), ==, 0);
		folio_mark_accessed(g.w.vm, &g.w.current, folio);
	}
	/* Young entries: the first marks, the next are worth an activation, the third a workingset. */
	folio = file_folio(&g);
	g_assert_false(lru_gen_set_refs(g.w.vm, folio));
	g_assert_true(lru_gen_set_refs(g.w.vm, folio));
	g_assert_false(page_of(&g, folio)->flags & PG_workingset);
	g_assert_true(lru_gen_set_refs(g.w.vm, folio));
	g_assert_true(page_of(&g, folio)->flags & PG_workingset);
	small_world_destroy(&g.w);
}

/* One random step on a folio, which may be off the lists. */
static void random_step(struct gen_world *g, struct rng *rng, u32 folio)
{
	struct page *page = page_of(g, folio);

	if (!(page->flags & PG_lru)) {
		page->flags &= (u16)~PG_active;
		if (rng_below(rng, 3) == 0)
			page->flags |= PG_active;
		if (rng_below(rng, 4) == 0)
			lruvec_add_folio_tail(g->w.vm, folio);
		else
			lruvec_add_folio(g->w.vm, folio);
		return;
	}
	switch (rng_below(rng, 4)) {
	case 0:
		lruvec_del_folio(g->w.vm, folio);
		break;
	case 1:
		lru_gen_isolate_folio(g->w.vm, g->lruvec, folio);
		break;
	case 2:
		lru_gen_promote_folio(g->w.vm, g->lruvec, folio);
		break;
	default:
		lru_gen_inc_refs(g->w.vm, folio);
	}
}

/* Folios whose lists and generations differ, the window of generations moving over them. */
static void test_counts(void)
{
	for (u32 run = 0; run < 4; run++) {
		struct gen_world g;
		struct rng rng;
		u32 folios[60];

		create(&g, run & 1 ? &profile_linux_6_12 : &profile_linux_7_2);
		rng_init(&rng, run, "test");
		for (u32 i = 0; i < G_N_ELEMENTS(folios); i++)
			folios[i] = bare_folio(&g, i & 1 ? PG_swapbacked : 0);
		for (u32 step = 0; step < 6000; step++) {
			u64 swappiness = run & 2 ? 60 : 0;

			random_step(&g, &rng, folios[rng_below(&rng, G_N_ELEMENTS(folios))]);
			if (step % 40 == 17)
				lru_gen_try_to_inc_min_seq(g.w.mm, g.lruvec, swappiness);
			if (step % 100 == 50)
				lru_gen_inc_max_seq(g.w.vm, &g.w.current, g.lruvec, swappiness);
			if (step % 10 == 0)
				check_counts(&g);
			for (u32 type = 0; type < NR_LRU_TYPES; type++) {
				g_assert_cmpuint(get_nr_gens(g.lrugen, type), >=, MIN_NR_GENS);
				g_assert_cmpuint(get_nr_gens(g.lrugen, type), <=, MAX_NR_GENS);
			}
		}
		g_assert_cmpuint(g.lrugen->max_seq, ==, 3 + 60);
		small_world_destroy(&g.w);
	}
}

/* An address space with one region of anonymous pages, all written once. */
static struct vm_area_struct *anon_region(struct gen_world *g, u64 nr_pages)
{
	struct mm_struct *mm = mm_alloc(g->w.vm, &g->w.current);
	struct vm_area_struct *vma = vm_mmap(mm, &g->w.current, nr_pages);

	for (u64 i = 0; i < nr_pages; i++)
		g_assert_cmpint(handle_mm_fault(vma, &g->w.current, i, true), ==, VM_FAULT_MINOR);
	lru_add_drain(g->w.vm, &g->w.current);
	return vma;
}

static u32 page_at(struct gen_world *g, const struct vm_area_struct *vma, u64 index)
{
	return vm_node_lookup(g->w.vm, &vma->nodes, index)->slot[index % VM_NODE_SLOTS];
}

static bool is_young(struct gen_world *g, const struct vm_area_struct *vma, u64 index)
{
	return vm_node_lookup(g->w.vm, &vma->nodes, index)->young >> (index % VM_NODE_SLOTS) & 1;
}

static void touch(struct gen_world *g, struct vm_area_struct *vma, u64 index)
{
	g_assert_cmpint(handle_mm_fault(vma, &g->w.current, index, false), ==, VM_FAULT_NONE);
}

static void age(struct gen_world *g)
{
	lru_gen_inc_max_seq(g->w.vm, &g->w.current, g->lruvec, 60);
}

static void test_aging(void)
{
	struct vm_area_struct *vma;
	struct gen_world g;
	s64 first;

	create(&g, &profile_linux_7_2);
	vma = anon_region(&g, 128);
	first = seq_of(&g, page_at(&g, vma, 0));
	g_assert_cmpint(first, ==, 2);
	/* The fault itself was a use, the young entry it left is the second: all are promoted. */
	age(&g);
	for (u64 i = 0; i < 128; i++) {
		g_assert_false(is_young(&g, vma, i));
		g_assert_cmpint(seq_of(&g, page_at(&g, vma, i)), ==, 3);
	}
	/* From now on the touched half stays with the youngest. */
	for (u32 round = 0; round < 2; round++) {
		for (u64 i = 0; i < 64; i++)
			touch(&g, vma, i);
		age(&g);
	}
	g_assert_cmpint(seq_of(&g, page_at(&g, vma, 5)), ==, 5);
	g_assert_true(page_of(&g, page_at(&g, vma, 5))->flags & PG_workingset);
	g_assert_cmpint(seq_of(&g, page_at(&g, vma, 100)), ==, 3);
	g_assert_cmpuint(g.lrugen->max_seq, ==, 6);
	g_assert_cmpuint(g.lrugen->min_seq[LRU_TYPE_ANON], ==, 3);
	check_counts(&g);
	/* A locked region is not walked. */
	touch(&g, vma, 100);
	mlock_vma(vma, &g.w.current);
	age(&g);
	g_assert_true(is_young(&g, vma, 100));
	small_world_destroy(&g.w);
}

/* Tables with few young entries are passed over, until a look around finds them dense. */
static void test_filter(void)
{
	struct vm_area_struct *vma, *other;
	struct vm_node *node;
	struct gen_world g;

	create(&g, &profile_linux_7_2);
	vma = anon_region(&g, 512);
	age(&g);
	/* Many young entries of the table: it was worth it. */
	touch(&g, vma, 500);
	age(&g);
	g_assert_false(is_young(&g, vma, 500));
	/* There was one: now it is not. */
	touch(&g, vma, 500);
	age(&g);
	g_assert_true(is_young(&g, vma, 500));
	/* A new address space is walked whatever the filter says. */
	other = anon_region(&g, 1);
	age(&g);
	g_assert_false(is_young(&g, other, 0));
	g_assert_true(is_young(&g, vma, 500));
	/* Reclaim meets a young entry among others. */
	for (u64 i = 64; i < 128; i++)
		touch(&g, vma, i);
	node = vm_node_lookup(g.w.vm, &vma->nodes, 100);
	lru_gen_isolate_folio(g.w.vm, g.lruvec, page_at(&g, vma, 100));
	g.w.current.flags |= PF_KSWAPD;
	lru_gen_look_around(g.w.vm, &g.w.current, node, 100 % VM_NODE_SLOTS);
	g.w.current.flags &= ~PF_KSWAPD;
	for (u64 i = 68; i < 128; i++)
		g_assert_false(is_young(&g, vma, i));
	g_assert_true(is_young(&g, vma, 67)); /* the window is 68..131 */
	g_assert_cmpint(seq_of(&g, page_at(&g, vma, 101)), ==, (s64)g.lrugen->max_seq);
	g_assert_cmpint(seq_of(&g, page_at(&g, vma, 67)), <, (s64)g.lrugen->max_seq);
	lruvec_add_folio(g.w.vm, page_at(&g, vma, 100));
	age(&g);
	g_assert_false(is_young(&g, vma, 500));
	check_counts(&g);
	small_world_destroy(&g.w);
}

static void evict(struct gen_world *g, u64 nr_to_reclaim, u32 priority, u32 zone)
{
	struct scan_control sc = {.gfp = GFP_KERNEL, .priority = priority, .highest_zoneidx = zone,
				  .may_writepage = true, .may_unmap = true, .may_swap = true,
				  .nr_to_reclaim = nr_to_reclaim};

	lru_gen_shrink_lruvec(g->w.vm, &g->w.current, g->lruvec, &sc);
	check_counts(g);
}

static u64 event(struct gen_world *g, enum vm_event_item item)
{
	return g->w.mm->vm_event[item];
}

/* A stream of files goes, oldest first, and only it; what is mapped and used stays. */
static void test_stream(void)
{
	struct vm_area_struct *vma;
	struct gen_world g;
	u32 folios[256];

	create(&g, &profile_linux_7_2);
	vma = anon_region(&g, 200);
	for (u32 i = 0; i < G_N_ELEMENTS(folios); i++)
		folios[i] = file_folio(&g);
	evict(&g, 128, 0, ZONE_MOVABLE);
	g_assert_cmpuint(event(&g, PGSTEAL_FILE), ==, 128);
	g_assert_cmpuint(event(&g, PGSCAN_FILE), ==, 128);
	g_assert_cmpuint(event(&g, PGSTEAL_DIRECT), ==, 128);
	g_assert_cmpuint(event(&g, PGSCAN_ANON), ==, 0);
	for (u32 i = 0; i < G_N_ELEMENTS(folios); i++)
		g_assert_cmpint(filemap_cached(g.file, i), ==, i >= 128);
	g_assert_cmpuint(vma->nr_present, ==, 200);
	/* A scan as large as the priority says: 1/64 of the 128 that may go. */
	evict(&g, 128, 6, ZONE_MOVABLE);
	g_assert_cmpuint(event(&g, PGSCAN_FILE), ==, 128 + 2);
	small_world_destroy(&g.w);
}

/* Used twice by read(): evicted like the rest, unless such folios came back more often. */
static void test_tiers(void)
{
	for (u32 refaulting = 0; refaulting < 2; refaulting++) {
		struct gen_world g;

		create(&g, &profile_linux_7_2);
		for (u32 i = 0; i < 64; i++) {
			u32 folio = file_folio(&g);

			for (u32 use = 0; use < (i % 2 ? 2 : 1); use++)
				folio_mark_accessed(g.w.vm, &g.w.current, folio);
		}
		g.lrugen->evicted[LRU_TYPE_FILE][0] = 1000;
		g.lrugen->evicted[LRU_TYPE_FILE][1] = 1000;
		g.lrugen->refaulted[LRU_TYPE_FILE][0] = 100;
		g.lrugen->refaulted[LRU_TYPE_FILE][1] = refaulting ? 200 : 100;
		evict(&g, 1000, 0, ZONE_MOVABLE);
		g_assert_cmpuint(event(&g, PGSTEAL_FILE), ==, refaulting ? 32 : 64);
		g_assert_cmpuint(event(&g, PGREFILL), ==, refaulting ? 32 : 0);
		for (u32 i = 0; i < 64; i++)
			g_assert_cmpint(filemap_cached(g.file, i), ==, refaulting && i % 2);
		small_world_destroy(&g.w);
	}
}

/* The type that refaults less goes first, weighed by swappiness. */
static void test_types(void)
{
	static const struct {
		u64 refaulted[NR_LRU_TYPES], swappiness;
		bool anon;
	} cases[] = {
		{{0, 0}, 60, false},	   {{0, 63}, 60, false},   {{0, 400}, 60, true},
		{{400, 400}, 60, false},   {{400, 400}, 150, true}, {{0, 400}, 0, false},
		{{0, 400}, 1, false},	   {{400, 0}, 200, true},
	};

	for (u32 i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct gen_world g;

		create(&g, &profile_linux_7_2);
		g_assert_true(swapon(g.w.vm, g.w.disk, 1024, 0, false, true));
		g.w.mm->sysctl.swappiness = cases[i].swappiness;
		anon_region(&g, 64);
		for (u32 n = 0; n < 64; n++)
			file_folio(&g);
		/* Until both types have folios in the oldest generation, and none is young. */
		age(&g);
		age(&g);
		age(&g);
		for (u32 type = 0; type < NR_LRU_TYPES; type++) {
			g.lrugen->avg_total[type][0] = 1000;
			g.lrugen->avg_refaulted[type][0] = cases[i].refaulted[type];
		}
		evict(&g, 16, 2, ZONE_MOVABLE);
		g_assert_cmpint(event(&g, PGSCAN_ANON) != 0, ==, cases[i].anon);
		g_assert_cmpint(event(&g, PGSCAN_FILE) != 0, ==, !cases[i].anon);
		small_world_destroy(&g.w);
	}
}

/* Folios of zones above the wanted ones become younger. */
static void test_zones(void)
{
	struct gen_world g;
	u32 folios[32];

	create(&g, &profile_linux_7_2);
	for (u32 i = 0; i < G_N_ELEMENTS(folios); i++)
		folios[i] = file_folio(&g);
	g_assert_cmpint(pfn_zone(g.w.mm, folios[0])->type, ==, ZONE_DMA32);
	evict(&g, 32, 0, ZONE_DMA);
	g_assert_cmpuint(event(&g, PGSTEAL_FILE), ==, 0);
	for (u32 i = 0; i < G_N_ELEMENTS(folios); i++)
		g_assert_cmpint(seq_of(&g, folios[i]), ==, 1);
	small_world_destroy(&g.w);
}

static void test_refault(void)
{
	struct gen_world g;
	u32 folio, shadow, back;

	create(&g, &profile_linux_7_2);
	folio = bare_folio(&g, PG_workingset);
	shadow = lru_gen_eviction(g.w.vm, folio);
	g_assert_cmpuint(g.lrugen->evicted[LRU_TYPE_FILE][3], ==, 1);
	/* Back at once, by a page fault: it counts against its tier, and begins among the youngest. */
	back = bare_folio(&g, 0);
	g.w.current.in_lru_fault = true;
	lru_gen_refault(g.w.vm, &g.w.current, back, shadow);
	g_assert_cmpuint(g.lrugen->refaulted[LRU_TYPE_FILE][3], ==, 1);
	g_assert_cmpuint(event(&g, WORKINGSET_REFAULT_FILE), ==, 1);
	g_assert_cmpuint(event(&g, WORKINGSET_RESTORE_FILE), ==, 1);
	g_assert_cmpuint(event(&g, WORKINGSET_ACTIVATE_FILE), ==, 1);
	folio_add_lru(g.w.vm, &g.w.current, back);
	lru_add_drain(g.w.vm, &g.w.current);
	g_assert_cmpint(seq_of(&g, back), ==, 3);
	/* One that was not of the workingset is only marked. */
	shadow = lru_gen_eviction(g.w.vm, bare_folio(&g, 0));
	back = bare_folio(&g, 0);
	lru_gen_refault(g.w.vm, &g.w.current, back, shadow);
	folio_add_lru(g.w.vm, &g.w.current, back);
	lru_add_drain(g.w.vm, &g.w.current);
	g_assert_cmpint(seq_of(&g, back), ==, 1);
	g_assert_cmpuint(event(&g, WORKINGSET_ACTIVATE_FILE), ==, 1);
	/* Too late: four generations on. */
	for (u32 i = 0; i < 4; i++)
		age(&g);
	lru_gen_refault(g.w.vm, &g.w.current, bare_folio(&g, 0), shadow);
	g_assert_cmpuint(event(&g, WORKINGSET_REFAULT_FILE), ==, 3);
	g_assert_cmpuint(g.lrugen->refaulted[LRU_TYPE_FILE][0], ==, 0);
	small_world_destroy(&g.w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mglru/placement", test_placement);
	g_test_add_func("/mglru/uses", test_uses);
	g_test_add_func("/mglru/counts", test_counts);
	g_test_add_func("/mglru/aging", test_aging);
	g_test_add_func("/mglru/filter", test_filter);
	g_test_add_func("/mglru/stream", test_stream);
	g_test_add_func("/mglru/tiers", test_tiers);
	g_test_add_func("/mglru/types", test_types);
	g_test_add_func("/mglru/zones", test_zones);
	g_test_add_func("/mglru/refault", test_refault);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Slab caches: the order rule, where objects come from and go, fallback, random use. */
#include <glib.h>

#include "engine/rng.h"
#include "mm/slab.h"
#include "small_world.h"

/*
 * By hand for two CPUs, so at least 4 * (fls(2) + 1) = 12 objects a slab if order 3 holds them:
 * the smallest order from there on that wastes at most a sixteenth.
 */
static void test_order(void)
{
	static const u32 by_hand[][2] = {
		{8, 0},	   /* 512 objects */
		{192, 0},  /* 21 objects, 64 of 4096 bytes wasted */
		{256, 0},  /* 16 fit exactly */
		{632, 2},  /* 12 need order 1, which wastes 608 of 8192; order 2: 584 of 16384 */
		{1024, 2}, /* 12 need 12288 */
		{1088, 2}, /* 15 objects, 64 wasted */
		{4096, 3}, /* only 8 fit at order 3 */
		{8192, 3},
		{32768, 3},
		{32776, 4}, /* above order 3: what holds one */
		{70000, 5},
	};
	struct small_world w;

	small_world_create(&w, NULL, &profile_linux_7_2);
	for (size_t i = 0; i < G_N_ELEMENTS(by_hand); i++) {
		u32 order = slab_calculate_order(w.mm, by_hand[i][0]);

		if (order != by_hand[i][1])
			g_error("size %u: order %u, not %u", by_hand[i][0], order, by_hand[i][1]);
	}
	small_world_destroy(&w);
}

static void test_life(void)
{
	struct small_world w;
	struct kmem_cache *cache;
	u32 slabs[64];

	small_world_create(&w, NULL, &profile_linux_6_12);
	cache = kmem_cache_create(w.vm, 250, 8, true, false);
	g_assert_cmpuint(cache->size, ==, 256);
	g_assert_cmpuint(cache->order, ==, 0);
	for (u32 i = 0; i < 33; i++)
		slabs[i] = kmem_cache_alloc(cache, &w.current, GFP_KERNEL);
	/* 16 to a slab: two full ones and one with one object. */
	g_assert_cmpuint(slabs[0], ==, slabs[15]);
	g_assert_cmpuint(slabs[15], !=, slabs[16]);
	g_assert_cmpuint(cache->nr_slabs, ==, 3);
	g_assert_cmpuint(cache->nr_objects, ==, 33);
	g_assert_cmpint(global_node_page_state(w.vm, NR_SLAB_RECLAIMABLE), ==, 3);
	g_assert_cmpint(global_node_page_state(w.vm, NR_SLAB_UNRECLAIMABLE), ==, 0);

	/* An object of a full slab goes: the slab is partial, and next when the CPU's is full. */
	g_assert_true(kmem_cache_free(cache, &w.current, slabs[3]));
	g_assert_cmpuint(cache->nr_partial[0], ==, 1);
	for (u32 i = 33; i < 48; i++)
		g_assert_cmpuint(kmem_cache_alloc(cache, &w.current, GFP_KERNEL), ==, slabs[32]);
	g_assert_cmpuint(kmem_cache_alloc(cache, &w.current, GFP_KERNEL), ==, slabs[0]);
	g_assert_cmpuint(cache->nr_slabs, ==, 3);

	/* Frees of what is not there are refused. */
	g_assert_false(kmem_cache_free(cache, &w.current, SLAB_NONE));
	g_assert_false(kmem_cache_free(cache, &w.current, 9999));
	g_assert_false(kmem_cache_free(cache, &w.current, slabs[32] + 1));
	small_world_destroy(&w);
}

/* Empty slabs are kept up to min_partial, then returned. */
/* What is there from before is given out first, takes no page and never goes. */
static void test_stock(void)
{
	struct small_world w;
	struct kmem_cache *cache;
	u32 slabs[17];

	small_world_create(&w, NULL, &profile_linux_6_12);
	cache = kmem_cache_create(w.vm, 256, 8, false, false);
	g_assert_true(kmem_cache_stock(cache, 0));
	for (u32 i = 0; i < 16; i++)
		slabs[i] = kmem_cache_alloc(cache, &w.current, GFP_KERNEL);
	g_assert_cmpuint(slabs[0], ==, slabs[15]);
	g_assert_cmpint(global_node_page_state(w.vm, NR_SLAB_UNRECLAIMABLE), ==, 0);
	slabs[16] = kmem_cache_alloc(cache, &w.current, GFP_KERNEL);
	g_assert_cmpuint(slabs[16], !=, slabs[0]);
	g_assert_cmpint(global_node_page_state(w.vm, NR_SLAB_UNRECLAIMABLE), ==, 1);
	for (u32 i = 0; i < 17; i++)
		g_assert_true(kmem_cache_free(cache, &w.current, slabs[i]));
	g_assert_cmpuint(cache->nr_slabs, ==, 2);
	g_assert_cmpuint(cache->nr_objects, ==, 0);
	small_world_destroy(&w);
}

static void test_discard(void)
{
	u32 slabs[20 * 16];
	struct small_world w;
	struct kmem_cache *cache;

	small_world_create(&w, NULL, &profile_linux_6_12);
	cache = kmem_cache_create(w.vm, 256, 8, false, true);
	for (u32 i = 0; i < G_N_ELEMENTS(slabs); i++)
		slabs[i] = kmem_cache_alloc(cache, &w.current, GFP_KERNEL);
	g_assert_cmpuint(cache->nr_slabs, ==, 20);
	for (u32 i = 0; i < G_N_ELEMENTS(slabs); i++)
		g_assert_true(kmem_cache_free(cache, &w.current, slabs[i]));
	g_assert_cmpuint(cache->nr_objects, ==, 0);
	g_assert_cmpuint(cache->min_partial, ==, 5);
	/* Four partial ones (the fifth saw itself on the list) and the CPU's own. */
	g_assert_cmpuint(cache->nr_partial[0], ==, 4);
	g_assert_cmpuint(cache->nr_slabs, ==, 5);
	g_assert_cmpint(global_node_page_state(w.vm, NR_SLAB_UNRECLAIMABLE), ==, 5);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free - 5);
	small_world_destroy(&w);
}

/* Without blocks of the wanted order a slab of the smallest serves. */
static void test_fallback(void)
{
	struct small_world w;
	struct kmem_cache *cache;
	struct slab *slab = NULL;
	u32 id, pfn, pages = 0;

	small_world_create(&w, NULL, &profile_linux_6_12);
	cache = kmem_cache_create(w.vm, 1024, 8, false, false);
	g_assert_cmpuint(cache->order, ==, 2);
	g_assert_cmpuint(cache->min_order, ==, 0);
	id = kmem_cache_alloc(cache, &w.current, GFP_KERNEL);
	g_assert_cmpuint(id, !=, SLAB_NONE);
	/* Take everything, give single pages back that have no neighbours. */
	while (alloc_pages(w.mm, &w.current, GFP_KERNEL | __GFP_MEMALLOC, 0) != PFN_NONE)
		pages++;
	for (pfn = (u32)w.mm->base_pfn; pfn < w.mm->end_pfn; pfn += 4) {
		const struct page *page = pfn_to_page(w.mm, pfn);

		if (page->state == PAGE_USED && !page->order && !page->owner)
			g_assert_cmpint(free_pages(w.mm, &w.current, pfn, 0), ==, FREE_OK);
	}
	for (u32 i = 0; i < 15; i++)
		g_assert_cmpuint(kmem_cache_alloc(cache, &w.current, GFP_KERNEL), ==, id);
	id = kmem_cache_alloc(cache, &w.current, GFP_KERNEL);
	g_assert_cmpuint(id, !=, SLAB_NONE);
	for (pfn = (u32)w.mm->base_pfn; pfn < w.mm->end_pfn; pfn++) {
		slab = pfn_to_page(w.mm, pfn)->state == PAGE_USED ? page_slab(w.vm, pfn) : NULL;
		if (slab && slab->id == id)
			break;
	}
	g_assert_nonnull(slab);
	g_assert_cmpuint(slab->order, ==, 0);
	g_assert_cmpuint(slab->objects, ==, 4);
	g_assert_cmpuint(pages, >, 10000);
	small_world_destroy(&w);
}

static const struct slab *slab_of(const struct small_world *w, u32 id)
{
	for (u32 pfn = (u32)w->mm->base_pfn; pfn < w->mm->end_pfn; pfn++) {
		const struct page *page = pfn_to_page(w->mm, pfn);
		const struct slab *slab = page->state == PAGE_USED ? page_slab(w->vm, pfn) : NULL;

		if (slab && slab->id == id)
			return slab;
	}
	return NULL;
}

/* By hand: 26 pointers and the header of 32 bytes are 240, kmalloc makes 256 of it, so 28 fit. */
static void test_sheaf_capacity(void)
{
	static const u32 by_hand[][2] = {{8, 60},   {248, 60},	{256, 28}, {584, 28},
					 {1016, 28}, {1024, 12}, {4088, 12}, {4096, 4}};
	struct small_world w;

	small_world_create(&w, NULL, &profile_linux_7_2);
	for (size_t i = 0; i < G_N_ELEMENTS(by_hand); i++) {
		struct kmem_cache *cache = kmem_cache_create(w.vm, by_hand[i][0], 8, true, false);

		g_assert_cmpuint(cache->sheaf_capacity, ==, by_hand[i][1]);
	}
	small_world_destroy(&w);
	small_world_create(&w, NULL, &profile_linux_6_12);
	g_assert_cmpuint(kmem_cache_create(w.vm, 256, 8, true, false)->sheaf_capacity, ==, 0);
	small_world_destroy(&w);
}

/* An empty sheaf is filled at once: 28 objects of 14 a slab bring two slabs, then none for long. */
static void test_sheaf_refill(void)
{
	struct small_world w;
	struct kmem_cache *cache;

	small_world_create(&w, NULL, &profile_linux_7_2);
	cache = kmem_cache_create(w.vm, 584, 8, true, false);
	for (u32 i = 0; i < 3 * 28; i++) {
		g_assert_cmpuint(kmem_cache_alloc(cache, &w.current, GFP_KERNEL), !=, SLAB_NONE);
		g_assert_cmpuint(cache->nr_slabs, ==, 2 * (i / 28 + 1));
		g_assert_cmpuint(cache->nr_objects, ==, i + 1);
	}
	g_assert_cmpint(global_node_page_state(w.vm, NR_SLAB_RECLAIMABLE), ==, 6 << cache->order);
	small_world_destroy(&w);
}

/* Freed objects stay in the CPU's two sheaves and the barn; what they cannot hold goes back. */
static void test_sheaf_flush(void)
{
	const u32 kept = (2 + 10) * 28, all = kept + 3 * 28;
	struct small_world w;
	struct kmem_cache *cache;
	g_autofree u32 *slabs = g_new(u32, all);

	small_world_create(&w, NULL, &profile_linux_7_2);
	cache = kmem_cache_create(w.vm, 256, 8, true, false);
	for (u32 i = 0; i < all; i++)
		slabs[i] = kmem_cache_alloc(cache, &w.current, GFP_KERNEL);
	for (u32 i = 0; i < kept; i++)
		g_assert_true(kmem_cache_free(cache, &w.current, slabs[i]));
	g_assert_cmpuint(cache->nr_slabs, ==, (all + 15) / 16);
	g_assert_cmpuint(cache->nr_partial[0], <=, 1);
	for (u32 i = kept; i < all; i++)
		g_assert_true(kmem_cache_free(cache, &w.current, slabs[i]));
	g_assert_cmpuint(cache->nr_objects, ==, 0);
	/* Three sheaves were flushed, 84 objects: five slabs' worth, of which four may stay. */
	g_assert_cmpuint(cache->nr_partial[0], >=, 4);
	g_assert_cmpuint(cache->nr_slabs, <=, (all + 15) / 16);
	/* All that is in sheaves has been freed: once more is refused. */
	for (u32 i = 0; i < all; i++)
		g_assert_false(kmem_cache_free(cache, &w.current, slabs[i]));
	/* They are handed out again without a new slab. */
	for (u32 i = 0; i < kept; i++)
		g_assert_cmpuint(kmem_cache_alloc(cache, &w.current, GFP_KERNEL), !=, SLAB_NONE);
	g_assert_cmpuint(cache->nr_slabs, <=, (all + 15) / 16);
	small_world_destroy(&w);
}

/* Each CPU has its own sheaves; one that is empty takes a full one from the barn. */
static void test_sheaf_barn(void)
{
	struct small_world w;
	struct kmem_cache *cache;
	u32 slabs[3 * 28];
	u64 nr_slabs;

	small_world_create(&w, NULL, &profile_linux_7_2);
	g_assert_cmpuint(w.mm->nr_cpus, ==, 2);
	cache = kmem_cache_create(w.vm, 256, 8, true, false);
	for (u32 i = 0; i < G_N_ELEMENTS(slabs); i++)
		slabs[i] = kmem_cache_alloc(cache, &w.current, GFP_KERNEL);
	for (u32 i = 0; i < G_N_ELEMENTS(slabs); i++)
		g_assert_true(kmem_cache_free(cache, &w.current, slabs[i]));
	nr_slabs = cache->nr_slabs;
	w.current.cpu = 1;
	for (u32 i = 0; i < 28; i++)
		g_assert_nonnull(slab_of(&w, kmem_cache_alloc(cache, &w.current, GFP_KERNEL)));
	g_assert_cmpuint(cache->nr_slabs, ==, nr_slabs);
	/* The other two are the first CPU's: now new slabs are needed. */
	(void)kmem_cache_alloc(cache, &w.current, GFP_KERNEL);
	g_assert_cmpuint(cache->nr_slabs, >, nr_slabs);
	small_world_destroy(&w);
}

static void random_use(const struct mm_profile *profile)
{
	struct small_world w;
	struct kmem_cache *caches[3];
	GArray *held[3];
	struct rng rng;
	u64 owned[NR_OWNER_KINDS];

	small_world_create(&w, NULL, profile);
	rng_init(&rng, 5, "slab");
	for (u32 c = 0; c < 3; c++) {
		caches[c] = kmem_cache_create(w.vm, 100u << (2 * c), 64, c == 1, false);
		held[c] = g_array_new(FALSE, FALSE, sizeof(u32));
	}
	for (u32 op = 0; op < 50000; op++) {
		u32 c = (u32)rng_below(&rng, 3), id;

		w.current.cpu = (u32)rng_below(&rng, 2);
		if (rng_below(&rng, op < 25000 ? 3 : 2)) {
			id = kmem_cache_alloc(caches[c], &w.current, GFP_KERNEL);
			g_assert_cmpuint(id, !=, SLAB_NONE);
			g_array_append_val(held[c], id);
		} else if (held[c]->len) {
			u32 at = (u32)rng_below(&rng, held[c]->len);

			g_assert_true(kmem_cache_free(caches[c], &w.current,
						      g_array_index(held[c], u32, at)));
			g_array_remove_index_fast(held[c], at);
		}
		g_assert_cmpuint(caches[c]->nr_objects, ==, held[c]->len);
	}
	small_world_count_owners(&w, owned);
	g_assert_cmpuint(owned[OWNER_SLAB], ==,
			 (u64)(global_node_page_state(w.vm, NR_SLAB_RECLAIMABLE) +
			       global_node_page_state(w.vm, NR_SLAB_UNRECLAIMABLE)));
	g_assert_cmpuint(small_world_free_pages(&w) + owned[OWNER_SLAB], ==, w.boot_free);
	for (u32 c = 0; c < 3; c++) {
		for (u32 i = 0; i < held[c]->len; i++)
			kmem_cache_free(caches[c], &w.current, g_array_index(held[c], u32, i));
		g_assert_cmpuint(caches[c]->nr_objects, ==, 0);
		if (!caches[c]->sheaf_capacity)
			g_assert_cmpuint(caches[c]->nr_slabs, <=, caches[c]->min_partial + 2);
		g_array_unref(held[c]);
	}
	small_world_destroy(&w);
}

static void test_random(void)
{
	random_use(&profile_linux_6_12);
	random_use(&profile_linux_7_2);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/slab/sheaf-capacity", test_sheaf_capacity);
	g_test_add_func("/mm/slab/sheaf-refill", test_sheaf_refill);
	g_test_add_func("/mm/slab/sheaf-flush", test_sheaf_flush);
	g_test_add_func("/mm/slab/sheaf-barn", test_sheaf_barn);
	g_test_add_func("/mm/slab/order", test_order);
	g_test_add_func("/mm/slab/life", test_life);
	g_test_add_func("/mm/slab/stock", test_stock);
	g_test_add_func("/mm/slab/discard", test_discard);
	g_test_add_func("/mm/slab/fallback", test_fallback);
	g_test_add_func("/mm/slab/random", test_random);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shrinkers: how much a cache is asked for by priority and seeks, what is too little for a batch
 * and owed, and the shrinker of nodes with nothing but shadow entries.
 */
#include <glib.h>

#include "mm/filemap.h"
#include "mm/lru.h"
#include "mm/shadow_nodes.h"
#include "mm/shrinker.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"
#include "small_world.h"

struct cache {
	struct shrinker shrinker;
	u64 objects, asked, calls;
	bool stop;
};

static u64 count_objects(struct shrinker *shrinker, struct vm *vm, u32 nid)
{
	(void)vm;
	(void)nid;
	return ((struct cache *)shrinker->arg)->objects;
}

static u64 scan_objects(struct shrinker *shrinker, struct vm *vm, struct task_struct *current,
			gfp_t gfp, u32 nid, u64 nr)
{
	struct cache *cache = shrinker->arg;

	(void)vm;
	(void)current;
	(void)nid;
	g_assert_cmpuint(gfp, ==, GFP_KERNEL);
	cache->calls++;
	if (cache->stop)
		return SHRINK_STOP;
	cache->asked += nr;
	return nr / 2;
}

static void create(struct small_world *w, struct cache *cache, u32 seeks, u32 batch, u64 objects)
{
	small_world_create(w, NULL, &profile_linux_7_2);
	*cache = (struct cache){.objects = objects};
	cache->shrinker = (struct shrinker){.name = "test", .seeks = seeks, .batch = batch,
					    .count_objects = count_objects,
					    .scan_objects = scan_objects, .arg = cache};
	g_assert_true(shrinker_register(w->vm, &cache->shrinker));
}

static u64 shrink(struct small_world *w, u32 priority)
{
	return shrink_slab(w->vm, &w->current, GFP_KERNEL, 0, priority);
}

static void test_share(void)
{
	struct small_world w;
	struct cache cache;

	create(&w, &cache, DEFAULT_SEEKS, 0, 1 << 20);
	/* 2^20 >> 12 = 256, times 4 over 2 seeks: 512 in batches of 128. */
	g_assert_cmpuint(shrink(&w, 12), ==, 256);
	g_assert_cmpuint(cache.asked, ==, 512);
	g_assert_cmpuint(cache.calls, ==, 4);
	g_assert_cmpuint(w.mm->vm_event[SLABS_SCANNED], ==, 512);
	g_assert_cmpuint(cache.shrinker.nr_deferred[0], ==, 0);
	small_world_destroy(&w);

	/* No seeks: half, whatever the priority. */
	create(&w, &cache, 0, 0, 1000);
	shrink(&w, 12);
	g_assert_cmpuint(cache.asked, ==, 3 * 128);
	g_assert_cmpuint(cache.shrinker.nr_deferred[0], ==, 500 - 3 * 128);
	small_world_destroy(&w);

	create(&w, &cache, DEFAULT_SEEKS, 0, 0);
	g_assert_cmpuint(shrink(&w, 0), ==, 0);
	g_assert_cmpuint(cache.calls, ==, 0);
	small_world_destroy(&w);
}

static void test_deferred(void)
{
	struct small_world w;
	struct cache cache;

	create(&w, &cache, DEFAULT_SEEKS, 1024, 204800);
	/* 100 a call: owed, but at priority 12 a debt counts next to nothing. */
	for (u32 i = 1; i <= 5; i++) {
		shrink(&w, 12);
		g_assert_cmpuint(cache.calls, ==, 0);
		g_assert_cmpuint(cache.shrinker.nr_deferred[0], ==, 100 * i);
	}
	/* (500 >> 3) + 4 * (204800 >> 3) / 2 = 62 + 51200: 50 batches of 1024, 62 left. */
	shrink(&w, 3);
	g_assert_cmpuint(cache.asked, ==, 50 * 1024);
	g_assert_cmpuint(cache.shrinker.nr_deferred[0], ==, 500);
	small_world_destroy(&w);

	/* Fewer than a batch, but nearly all are wanted. */
	create(&w, &cache, DEFAULT_SEEKS, 1024, 100);
	shrink(&w, 1);
	g_assert_cmpuint(cache.asked, ==, 100);
	g_assert_cmpuint(cache.calls, ==, 1);
	/* A debt never exceeds twice the objects. */
	cache.stop = true;
	for (u32 i = 0; i < 10; i++)
		shrink(&w, 1);
	g_assert_cmpuint(cache.shrinker.nr_deferred[0], ==, 200);
	g_assert_cmpuint(w.mm->vm_event[SLABS_SCANNED], ==, 100);
	small_world_destroy(&w);
}

/* A page of the file comes, and goes to reclaim. */
static void evict(struct small_world *w, struct file *file, u64 index)
{
	u32 folio = alloc_pages(w->mm, &w->current, GFP_HIGHUSER_MOVABLE, 0);

	g_assert_true(filemap_add_folio(file, &w->current, folio, index, 0));
	lru_add_drain(w->vm, &w->current);
	lruvec_del_folio(w->vm, folio);
	filemap_remove_folio(w->vm, folio, workingset_eviction(w->vm, folio, NULL));
	folios_put(w->vm, &w->current, &folio, 1);
}

static void test_shadow_nodes(void)
{
	struct small_world w;
	struct file *file;
	u32 kept;

	small_world_create(&w, NULL, &profile_linux_7_2);
	w.vm->lru_gen = false;
	file = file_create(w.vm);
	for (u64 i = 0; i < 1000; i++)
		evict(&w, file, i * VM_NODE_SLOTS);
	/* One node has a page beside its shadow: it does not count. */
	kept = alloc_pages(w.mm, &w.current, GFP_HIGHUSER_MOVABLE, 0);
	g_assert_true(filemap_add_folio(file, &w.current, kept, 1, 0));
	lru_add_drain(w.vm, &w.current);
	g_assert_cmpuint(w.vm->nr_nodes, ==, 1000);
	/* One page on the lists: all 999 are too many; half of them, in batches, oldest first. */
	shrink(&w, 12);
	g_assert_cmpuint(w.mm->vm_event[WORKINGSET_NODERECLAIM], ==, 3 * SHRINK_BATCH);
	g_assert_cmpuint(w.vm->nr_nodes, ==, 1000 - 3 * SHRINK_BATCH);
	g_assert_cmpuint(file->pages.id[0], !=, 0);
	g_assert_cmpuint(file->pages.id[1], ==, 0);
	g_assert_cmpuint(file->pages.id[3 * SHRINK_BATCH], ==, 0);
	g_assert_cmpuint(file->pages.id[3 * SHRINK_BATCH + 1], !=, 0);
	/* What is left is worth keeping where there are enough pages. */
	w.vm->node_stat[0][NR_SLAB_UNRECLAIMABLE] += 8 * 700;
	shrink(&w, 12);
	g_assert_cmpuint(w.mm->vm_event[WORKINGSET_NODERECLAIM], ==, 3 * SHRINK_BATCH);
	w.vm->node_stat[0][NR_SLAB_UNRECLAIMABLE] -= 8 * 700;
	truncate_inode_pages(file, &w.current);
	g_assert_cmpuint(w.vm->nr_nodes, ==, 0);
	shrink(&w, 0);
	g_assert_cmpuint(w.mm->vm_event[WORKINGSET_NODERECLAIM], ==, 3 * SHRINK_BATCH);
	small_world_destroy(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/shrinker/share", test_share);
	g_test_add_func("/shrinker/deferred", test_deferred);
	g_test_add_func("/shrinker/shadow-nodes", test_shadow_nodes);
	return g_test_run();
}

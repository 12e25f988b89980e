/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nodes of files as memory: the slab object that each one is, a list, oldest first, of those that
 * hold nothing but shadow entries, and the shrinker that drops them when there are more than
 * refaults could profit from. lib/xarray.c:xas_alloc; mm/workingset.c: workingset_update_node,
 * count_shadow_nodes, shadow_lru_isolate (7.2). Left out: nodes above the lowest level; as for the
 * limit, all nodes count as memory of node 0.
 */
#include "mm/shadow_nodes.h"

#include <stdlib.h>

#include "mm/filemap.h"
#include "mm/lru.h"
#include "mm/memcontrol.h"
#include "mm/shrinker.h"
#include "mm/slab.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"

/* A node may hold as little as one entry in eight that matters. */
#define WORST_DENSITY_SHIFT 3

#define XA_NODE_BYTES	    584u /* with its part of obj_exts */
#define NOWAIT_GFP	    (__GFP_KSWAPD_RECLAIM | __GFP_NOWARN)
#define RECLAIM_GFP                                                                               \
	(__GFP_RECLAIM | __GFP_HIGH | __GFP_IO | __GFP_FS | __GFP_NOWARN | __GFP_RETRY_MAYFAIL |   \
	 __GFP_NOFAIL | __GFP_NORETRY | __GFP_MEMALLOC | __GFP_NOMEMALLOC)

struct shadow_nodes {
	struct kmem_cache *cache; /* radix_tree_node */
	struct shrinker shrinker;
	struct vm_node *list; /* stands for the list; its ring: from the oldest to the youngest */
	u64 nr;
};

bool file_node_alloc(struct file *file, struct task_struct *current, u64 index, gfp_t gfp)
{
	struct vm *vm = file->vm;
	struct kmem_cache *cache = vm->shadow_nodes->cache;
	struct vm_node *node = vm_node_lookup(vm, &file->pages, index);
	u32 slab;

	if (node && node->slab)
		return true;
	/* An only entry at index 0 stands where the root of the tree does. */
	if (!index && !file->nr_cached && !node)
		return vm_node_at(vm, &file->pages, 0) != NULL;
	slab = kmem_cache_alloc(cache, current, NOWAIT_GFP);
	if (slab == SLAB_NONE)
		slab = kmem_cache_alloc(cache, current, gfp & RECLAIM_GFP);
	if (slab == SLAB_NONE)
		return false;
	/* Time has passed: somebody else may have done the same. */
	node = vm_node_at(vm, &file->pages, index);
	if (node && !node->slab)
		node->slab = slab;
	else
		kmem_cache_free(cache, current, slab);
	return node != NULL;
}

void file_node_free(struct vm *vm, struct task_struct *current, struct vm_node *node)
{
	u32 slab = node->slab;

	node->shadow = 0;
	workingset_update_node(vm, node);
	node->file->pages.id[node->index] = 0;
	vm_node_free(vm, node);
	if (slab)
		kmem_cache_free(vm->shadow_nodes->cache, current, slab);
}

static bool listed(const struct vm_node *node)
{
	return node->ring_next != node->id;
}

static void unlist(struct vm *vm, struct vm_node *node)
{
	vm_node_get(vm, node->ring_next)->ring_prev = node->ring_prev;
	vm_node_get(vm, node->ring_prev)->ring_next = node->ring_next;
	node->ring_next = node->ring_prev = node->id;
	vm->shadow_nodes->nr--;
}

void workingset_update_node(struct vm *vm, struct vm_node *node)
{
	struct shadow_nodes *nodes = vm->shadow_nodes;
	bool only_shadows = node->slab && node->shadow && !node->present;

	if (!nodes || only_shadows == listed(node))
		return;
	if (!only_shadows) {
		unlist(vm, node);
		return;
	}
	/* Behind the youngest. */
	vm_node_ring_add(vm, vm_node_get(vm, nodes->list->ring_prev), node);
	nodes->nr++;
}

/* Pages whose refaults could be told early from late; more nodes than for these are a waste. */
static u64 lru_and_slab_pages(const struct vm *vm, u32 nid)
{
	s64 pages = node_page_state(vm, nid, NR_SLAB_RECLAIMABLE) +
		    node_page_state(vm, nid, NR_SLAB_UNRECLAIMABLE);

	/* Sizes of lists are kept by group for the lists of old only: with generations 7.2 reads
	   nothing but the unevictable one. */
	for (enum lru_list lru = 0; lru < NR_LRU_LISTS; lru++)
		if (lru == LRU_UNEVICTABLE || !vm->lru_gen ||
		    !vm->mm->profile->shadow_limit_misses_lru_gen)
			pages += node_lru_pages(vm, nid, lru);
	return (u64)max_s64(pages, 0);
}

static u64 count_shadow_nodes(struct shrinker *shrinker, struct vm *vm, u32 nid)
{
	const struct shadow_nodes *nodes = shrinker->arg;
	u64 max;

	if (nid || !nodes->nr)
		return 0;
	max = lru_and_slab_pages(vm, nid) >> (VM_NODE_SHIFT - WORST_DENSITY_SHIFT);
	return nodes->nr > max ? nodes->nr - max : 0;
}

static u64 scan_shadow_nodes(struct shrinker *shrinker, struct vm *vm, struct task_struct *current,
			     gfp_t gfp, u32 nid, u64 nr)
{
	struct shadow_nodes *nodes = shrinker->arg;
	u64 freed = 0;

	(void)gfp;
	(void)nid;
	for (; freed < nr && nodes->nr; freed++)
		file_node_free(vm, current, vm_node_get(vm, nodes->list->ring_next));
	count_vm_events(vm->mm, WORKINGSET_NODERECLAIM, freed);
	task_charge(current, CAUSE_RECLAIM, freed * vm->mm->costs.shrink_shadow_node);
	return freed;
}

bool vm_shadow_nodes_create(struct vm *vm)
{
	struct shadow_nodes *nodes = calloc(1, sizeof(*nodes));

	if (!nodes)
		return false;
	nodes->shrinker = (struct shrinker){
		.name = "mm-shadow",
		.count_objects = count_shadow_nodes,
		.scan_objects = scan_shadow_nodes,
		.arg = nodes,
	};
	nodes->cache = kmem_cache_create(vm, XA_NODE_BYTES, 8, true, true);
	nodes->list = vm_node_alloc(vm);
	if (!nodes->cache || !nodes->list || !shrinker_register(vm, &nodes->shrinker)) {
		free(nodes);
		return false;
	}
	vm->nr_nodes--; /* that one holds no pages */
	vm->shadow_nodes = nodes;
	return true;
}

void vm_shadow_nodes_destroy(struct vm *vm)
{
	free(vm->shadow_nodes);
	vm->shadow_nodes = NULL;
}

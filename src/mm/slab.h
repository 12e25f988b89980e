/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/vm.h"

/*
 * Slab caches: objects of one size on slabs of a few pages. An object is known by its slab; which
 * of the slab's objects it is does not matter to anything modelled.
 */
#define SLAB_NONE	 0u
#define SLAB_OBJECTS_MAX 32767u /* of one slab: mm/slub.c:MAX_OBJS_PER_PAGE */

struct slab_list {
	u32 first, last; /* SLAB_NONE: empty */
};

struct slab {
	struct kmem_cache *cache;
	u32 pfn, id;
	u32 next, prev; /* on a partial list, or free descriptors */
	u16 inuse, objects; /* inuse: given out, or in a sheaf */
	u16 in_sheaves;
	u8 order;
	u8 nid;
	bool frozen; /* some CPU allocates from it */
};

struct slab_sheaf;
struct slab_barn;

struct cpu_sheaves {
	struct slab_sheaf *main, *spare; /* spare: NULL, or full or empty */
};

struct kmem_cache {
	struct vm *vm;
	struct kmem_cache *next;
	u32 size;		/* of an object with its alignment, bytes */
	u32 order, min_order;	/* wanted, and when that fails */
	u32 min_partial;	/* empty slabs kept a node */
	gfp_t allocflags;
	bool reclaimable;
	u32 *cpu_slab;		/* [mm->nr_cpus]; without sheaves */
	u32 sheaf_capacity;	/* objects, 0 without sheaves */
	struct cpu_sheaves *sheaves; /* [mm->nr_cpus] */
	struct slab_barn *barn;	/* [mm->nr_nodes] */
	struct slab_sheaf *in_hand; /* being filled or flushed, while time passes */
	struct slab_list *partial; /* [mm->nr_nodes] */
	u32 *nr_partial;	/* [mm->nr_nodes] */
	u64 nr_slabs, nr_objects; /* objects: given out */
};

/*
 * A cache for objects of `size` bytes at multiples of `align` (a power of two, at least 8). size is
 * at most a slab of the largest order. NULL: host memory. Lives as long as the vm.
 * mm/slab_common.c:kmem_cache_create
 */
struct kmem_cache *kmem_cache_create(struct vm *vm, u32 size, u32 align, bool reclaimable,
				     bool account);

/* The order of slabs for a size, by the waste it leaves. mm/slub.c:calculate_order (7.2) */
u32 slab_calculate_order(const struct mm *mm, u32 size);

/*
 * The cache has been in use since before the simulation, and has room for the next objects: a sheaf
 * or a slab full of them. What they lie on is among the node's pages that were in use at the start;
 * an object that is never freed keeps it there. False: host memory. O(1)
 */
bool kmem_cache_stock(struct kmem_cache *cache, u32 nid);

/*
 * An object's slab, SLAB_NONE if the page allocator gives none. O(1), or O(sheaf) when one is
 * filled. mm/slub.c:slab_alloc_node, allocate_slab
 */
u32 kmem_cache_alloc(struct kmem_cache *cache, struct task_struct *current, gfp_t gfp);

/* An object of the slab goes. False: the slab has none of this cache. mm/slub.c:__slab_free */
bool kmem_cache_free(struct kmem_cache *cache, struct task_struct *current, u32 slab);

/* It must exist. O(1) */
struct slab *slab_by_id(const struct vm *vm, u32 id);

/* The slab that a page belongs to, NULL if to none. O(1) */
struct slab *page_slab(const struct vm *vm, u32 pfn);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/slab.h"

/* What slab caches and the sheaves before them share; for slab.c and slab_sheaf.c only. */

/*
 * Takes up to n objects, from partial slabs of this CPU's node first, then from new ones, into
 * slabs[]; returns how many. Less than n only if the page allocator gives no more. Time may pass.
 * mm/slub.c:refill_objects (7.2)
 */
u32 slab_take_objects(struct kmem_cache *cache, struct task_struct *current, gfp_t gfp, u32 *slabs,
		      u32 n);

/* Gives one back; a slab that holds none more may go. mm/slub.c:__slab_free */
void slab_put_object(struct kmem_cache *cache, struct task_struct *current, u32 id);

/* Sheaves for a new cache whose object size is set; false: host memory. */
bool slab_sheaves_create(struct kmem_cache *cache);
void slab_sheaves_destroy(struct kmem_cache *cache);

/* An object from the CPU's sheaves, SLAB_NONE if there is none and no more can be had. */
u32 slab_sheaf_alloc(struct kmem_cache *cache, struct task_struct *current, gfp_t gfp);

/* Takes an object into the CPU's sheaves, maybe at the price of flushing a full one. */
void slab_sheaf_free(struct kmem_cache *cache, struct task_struct *current, u32 id);

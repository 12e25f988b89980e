/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory by size, from a slab cache for each class of sizes, after mm/slab_common.c. Left out:
 * sizes above the largest class, which are pages of their own; caches by caller; most of what is
 * free on slabs that were there before the simulation began.
 */
#include "mm/kmalloc.h"

#include <assert.h>

#include "mm/vm_internal.h"

static const u32 class_bytes[KMALLOC_CLASSES] = {8,   16,  32,	64,   96,   128, 192,
						 256, 512, 1024, 2048, 4096, 8192};

static struct kmem_cache *class_cache(struct vm *vm, u32 bytes)
{
	u32 i = 0;

	while (class_bytes[i] < bytes)
		i++;
	if (!vm->kmalloc[i])
		vm->kmalloc[i] = kmem_cache_create(vm, class_bytes[i], 8, false, false);
	return vm->kmalloc[i];
}

u32 kmalloc(struct vm *vm, struct task_struct *current, u32 bytes, gfp_t gfp)
{
	struct kmem_cache *cache;

	assert(bytes <= KMALLOC_MAX_BYTES);
	cache = class_cache(vm, bytes);
	if (!cache) {
		vm->no_host_memory = true;
		return SLAB_NONE;
	}
	return kmem_cache_alloc(cache, current, gfp);
}

void kfree(struct vm *vm, struct task_struct *current, u32 slab)
{
	bool ok = slab == SLAB_NONE || kmem_cache_free(slab_by_id(vm, slab)->cache, current, slab);

	assert(ok);
	(void)ok;
}

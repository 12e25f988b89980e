/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffer heads as memory, after fs/buffer.c (7.2): slab objects that a written page of a file has,
 * one for each block. Left out: those of pages that are written through a mapping only, and of
 * metadata that are only read; their states (a page is dirty or written as a whole).
 */
#include "mm/buffer_head.h"

#include <stdlib.h>

#include "mm/lru.h"
#include "mm/slab.h"
#include "mm/vm_internal.h"

#define BUFFER_HEAD_BYTES 96u /* /proc/slabinfo of 7.2 on x86-64 */
#define BUFFER_GFP	  (GFP_NOFS | __GFP_NOFAIL)

struct buffer_heads {
	struct kmem_cache *cache;
	u32 per_page;
	u32 *dropped; /* slab objects of pages that are gone */
	u64 nr_dropped, cap;
};

u32 buffer_heads_per_page(const struct vm *vm)
{
	return vm->buffer_heads->per_page;
}

u64 nr_buffer_heads(const struct vm *vm)
{
	return vm->buffer_heads->cache->nr_objects;
}

/* The objects of a page; NULL: there is no room for them. */
static u32 *page_heads(const struct vm *vm, const struct vm_node *node, u32 slot)
{
	return node->heads ? &node->heads[slot * vm->buffer_heads->per_page] : NULL;
}

static bool node_has_room(struct vm *vm, struct vm_node *node)
{
	u64 n = (u64)VM_NODE_SLOTS * vm->buffer_heads->per_page, bytes = n * sizeof(*node->heads);

	/* Stays with the node when that is used again: entries are 0 by then. */
	if (node->heads)
		return true;
	if (vm->host_bytes + bytes <= VM_HOST_BYTES_MAX)
		node->heads = calloc(n, sizeof(*node->heads));
	if (node->heads)
		vm->host_bytes += bytes;
	else
		vm->no_host_memory = true;
	return node->heads != NULL;
}

static bool make_room(struct vm *vm)
{
	struct buffer_heads *bh = vm->buffer_heads;
	u64 cap = bh->cap ? bh->cap * 2 : 256;
	u32 *dropped;

	if (bh->nr_dropped < bh->cap)
		return true;
	dropped = reallocarray(bh->dropped, cap, sizeof(*dropped));
	if (!dropped) {
		vm->no_host_memory = true;
		return false;
	}
	bh->dropped = dropped;
	bh->cap = cap;
	return true;
}

static void drop(struct vm *vm, u32 slab)
{
	if (make_room(vm))
		vm->buffer_heads->dropped[vm->buffer_heads->nr_dropped++] = slab;
}

void page_drop_buffers(struct vm *vm, struct vm_node *node, u32 slot)
{
	u32 *heads = page_heads(vm, node, slot);

	for (u32 i = 0; heads && i < vm->buffer_heads->per_page; i++) {
		if (heads[i] != SLAB_NONE)
			drop(vm, heads[i]);
		heads[i] = SLAB_NONE;
	}
}

void free_buffer_heads(struct vm *vm, struct task_struct *current)
{
	struct buffer_heads *bh = vm->buffer_heads;

	while (bh->nr_dropped)
		kmem_cache_free(bh->cache, current, bh->dropped[--bh->nr_dropped]);
}

/* Of a page that was cached a moment ago. False: no memory. */
static bool create_buffers(struct vm *vm, struct task_struct *current, struct file *file,
			   u64 index)
{
	struct buffer_heads *bh = vm->buffer_heads;
	u32 slot = (u32)(index % VM_NODE_SLOTS);

	for (u32 i = 0; i < bh->per_page; i++) {
		u32 slab = kmem_cache_alloc(bh->cache, current, BUFFER_GFP);
		struct vm_node *node;
		u32 *heads;

		if (slab == SLAB_NONE)
			return false;
		node = vm_node_lookup(vm, &file->pages, index);
		heads = node && node->present >> slot & 1 && node_has_room(vm, node)
				? page_heads(vm, node, slot)
				: NULL;
		if (heads && heads[i] == SLAB_NONE)
			heads[i] = slab;
		else
			drop(vm, slab);
	}
	return true;
}

static bool has_buffers(const struct vm *vm, const struct file *file, u64 index)
{
	const struct vm_node *node = vm_node_lookup(vm, &file->pages, index);
	const u32 *heads = node ? page_heads(vm, node, (u32)(index % VM_NODE_SLOTS)) : NULL;

	return heads && heads[vm->buffer_heads->per_page - 1] != SLAB_NONE;
}

bool folio_create_buffers(struct vm *vm, struct task_struct *current, u32 folio)
{
	struct file *file = folio_file(vm, folio);
	u64 first = folio_index(vm, folio);

	/* The first page comes last: when it has them, all have. */
	if (has_buffers(vm, file, first))
		return false;
	for (u64 i = folio_nr_pages(vm->mm, folio); i-- > 0;)
		if (!create_buffers(vm, current, file, first + i))
			return false;
	free_buffer_heads(vm, current);
	return true;
}

bool vm_buffer_heads_create(struct vm *vm)
{
	u64 page = 1ull << vm->mm->page_shift, block = 0;
	struct buffer_heads *bh = calloc(1, sizeof(*bh));

	if (!bh)
		return false;
	vm->buffer_heads = bh;
	if (vm->disk)
		block = device_get_params(vm->disk)->block_size;
	bh->per_page = block && block < page ? (u32)(page / block) : 1;
	bh->cache = kmem_cache_create(vm, BUFFER_HEAD_BYTES, 8, true, true);
	return bh->cache != NULL;
}

void vm_buffer_heads_destroy(struct vm *vm)
{
	if (!vm->buffer_heads)
		return;
	free(vm->buffer_heads->dropped);
	free(vm->buffer_heads);
	vm->buffer_heads = NULL;
}

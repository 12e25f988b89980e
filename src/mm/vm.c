/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The common ground of address spaces, files and slabs: nodes of 64 page slots, the reference
 * counts of pages in several address spaces, and the counters of owned pages.
 */
#include "mm/vm.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mm/buffer_head.h"
#include "mm/cma.h"
#include "mm/compaction.h"
#include "mm/dcache.h"
#include "mm/huge_memory.h"
#include "mm/hugetlb.h"
#include "mm/khugepaged.h"
#include "mm/memcontrol.h"
#include "mm/shadow_nodes.h"
#include "mm/shrinker.h"
#include "mm/swap.h"
#include "mm/oom.h"
#include "mm/vm_internal.h"
#include "mm/vmscan.h"
#include "mm/writeback.h"

#define NODE_CHUNK 256u

const char *const node_stat_names[NR_VM_NODE_STAT_ITEMS] = {
#define X(e, n) n,
	NODE_STAT_ITEMS(X)
#undef X
};

struct vm *vm_create(struct mm *mm, struct device *disk)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	if (!vm)
		return NULL;
	vm->mm = mm;
	mm->vm = vm;
	vm->disk = disk;
	vm->lru_gen = mm->sysctl.lru_gen < 0 ? mm->profile->lru_gen_default : mm->sysctl.lru_gen;
	vm->node_stat = calloc(mm->nr_nodes, sizeof(*vm->node_stat));
	if (!vm->node_stat || !mem_cgroup_create(vm, "", UINT64_MAX, UINT64_MAX) ||
	    !vm_lru_create(vm) || !vm_oom_create(vm) || !vm_huge_create(vm) ||
	    !vm_shadow_nodes_create(vm) ||
	    !vm_buffer_heads_create(vm) ||
	    !vm_compaction_create(vm) || !vm_cma_create(vm) || !vm_writeback_create(vm)) {
		vm_destroy(vm);
		return NULL;
	}
	if (mm->pressure == &pressure_none)
		mm->pressure = &pressure_linux;
	return vm;
}

static void mm_struct_forget(struct mm_struct *mm)
{
	for (u32 i = 0; i < mm->nr_areas; i++) {
		free(mm->areas[i]->nodes.id);
		free(mm->areas[i]->huge);
		free(mm->areas[i]);
	}
	for (u32 l = 0; l + 1 < PGTABLE_LEVELS_MAX; l++)
		free(mm->pgtable.level[l].pfn);
	free(mm->areas);
	free(mm);
}

void vm_destroy(struct vm *vm)
{
	if (!vm)
		return;
	while (vm->first) {
		struct mm_struct *mm = vm->first;

		vm->first = mm->next;
		mm_struct_forget(mm);
	}
	vm_hugetlb_destroy(vm);
	vm_cma_destroy(vm);
	vm_writeback_destroy(vm);
	vm_file_requests_destroy(vm);
	vm_files_destroy(vm);
	vm_slabs_destroy(vm);
	vm_swap_destroy(vm);
	vm_lru_destroy(vm);
	vm_memcg_destroy(vm);
	vm_oom_destroy(vm);
	vm_shrinkers_destroy(vm);
	vm_huge_destroy(vm);
	vm_khugepaged_destroy(vm);
	vm_super_block_destroy(vm);
	vm_shadow_nodes_destroy(vm);
	vm_buffer_heads_destroy(vm);
	vm_compaction_destroy(vm);
	vm->mm->vm = NULL;
	if (vm->mm->pressure == &pressure_linux)
		vm->mm->pressure = &pressure_none;
	for (u32 i = 0; i < vm->nr_node_chunks; i++) {
		for (u32 k = 0; k < NODE_CHUNK; k++) {
			free(vm->node_chunks[i][k].swap);
			free(vm->node_chunks[i][k].heads);
		}
		free(vm->node_chunks[i]);
	}
	free(vm->node_chunks);
	free(vm->refs.slots);
	free(vm->node_stat);
	free(vm);
}

s64 global_node_page_state(const struct vm *vm, enum node_stat_item item)
{
	s64 sum = 0;

	for (u32 nid = 0; nid < vm->mm->nr_nodes; nid++)
		sum += vm->node_stat[nid][item];
	return sum;
}

void mod_node_page_state(struct vm *vm, u32 pfn, enum node_stat_item item, s64 delta)
{
	vm->node_stat[pfn_zone(vm->mm, pfn)->nid][item] += delta;
}

/* A chunk more of nodes, put on the free list. Number 0 stays unused: it means none. */
static bool grow_nodes(struct vm *vm)
{
	struct vm_node **chunks, *chunk;
	u32 first = vm->nr_node_chunks * NODE_CHUNK;

	if (first + NODE_CHUNK > OWNER_NUMBER)
		return false;
	chunk = calloc(NODE_CHUNK, sizeof(*chunk));
	chunks = reallocarray(vm->node_chunks, vm->nr_node_chunks + 1ull, sizeof(*chunks));
	if (chunks)
		vm->node_chunks = chunks;
	if (!chunk || !chunks) {
		free(chunk);
		return false;
	}
	chunks[vm->nr_node_chunks++] = chunk;
	for (u32 i = NODE_CHUNK; i-- > (first ? 0u : 1u);) {
		chunk[i].id = first + i;
		chunk[i].ring_next = vm->free_node;
		vm->free_node = first + i;
	}
	return true;
}

struct vm_node *vm_node_alloc(struct vm *vm)
{
	struct vm_node *node;
	u32 id;

	if (!vm->free_node && !grow_nodes(vm)) {
		vm->no_host_memory = true;
		return NULL;
	}
	id = vm->free_node;
	node = vm_node_get(vm, id);
	vm->free_node = node->ring_next;
	memset(node, 0, offsetof(struct vm_node, slot));
	node->id = node->ring_next = node->ring_prev = id;
	vm->nr_nodes++;
	return node;
}

void vm_node_free(struct vm *vm, struct vm_node *node)
{
	assert(!node->present && (node->is_file || !node->swapped));
	vm_node_get(vm, node->ring_next)->ring_prev = node->ring_prev;
	vm_node_get(vm, node->ring_prev)->ring_next = node->ring_next;
	node->ring_next = vm->free_node;
	vm->free_node = node->id;
	vm->nr_nodes--;
}

u32 *vm_node_swap(struct vm *vm, struct vm_node *node)
{
	/* Stays with the node when that is used again: entries are 0 by then. */
	if (!node->swap && vm->host_bytes + sizeof(node->slot) <= VM_HOST_BYTES_MAX)
		node->swap = calloc(VM_NODE_SLOTS, sizeof(*node->swap));
	else if (node->swap)
		return node->swap;
	if (node->swap)
		vm->host_bytes += sizeof(node->slot);
	else
		vm->no_host_memory = true;
	return node->swap;
}

void vm_node_ring_add(struct vm *vm, struct vm_node *node, struct vm_node *other)
{
	assert(other->ring_next == other->id);
	other->ring_prev = node->id;
	other->ring_next = node->ring_next;
	vm_node_get(vm, node->ring_next)->ring_prev = other->id;
	node->ring_next = other->id;
}

void vm_node_ring_join(struct vm *vm, struct vm_node *node, struct vm_node *other)
{
	u32 node_next = node->ring_next, other_next = other->ring_next;

	for (const struct vm_node *n = vm_node_get(vm, node_next); n != node;
	     n = vm_node_get(vm, n->ring_next))
		if (n == other)
			return;
	node->ring_next = other_next;
	vm_node_get(vm, other_next)->ring_prev = node->id;
	other->ring_next = node_next;
	vm_node_get(vm, node_next)->ring_prev = other->id;
}

bool vm_grow_u32(struct vm *vm, u32 **array, u64 *n, u64 i, u32 fill)
{
	u64 cap = *n ? *n : 1;
	u32 *grown;

	if (likely(i < *n))
		return true;
	while (cap <= i)
		cap *= 2;
	if (vm->host_bytes + (cap - *n) * sizeof(u32) > VM_HOST_BYTES_MAX ||
	    !(grown = reallocarray(*array, cap, sizeof(u32)))) {
		vm->no_host_memory = true;
		return false;
	}
	for (u64 j = *n; j < cap; j++)
		grown[j] = fill;
	vm->host_bytes += (cap - *n) * sizeof(u32);
	*array = grown;
	*n = cap;
	return true;
}

void vm_free_u32(struct vm *vm, u32 **array, u64 *n)
{
	vm->host_bytes -= *n * sizeof(u32);
	free(*array);
	*array = NULL;
	*n = 0;
}

struct vm_node *vm_node_at(struct vm *vm, struct vm_node_map *map, u64 index)
{
	u64 i = index >> VM_NODE_SHIFT;
	struct vm_node *node;

	if (!vm_grow_u32(vm, &map->id, &map->n, i, 0))
		return NULL;
	if (likely(map->id[i]))
		return vm_node_get(vm, map->id[i]);
	node = vm_node_alloc(vm);
	if (!node)
		return NULL;
	node->index = (u32)i;
	map->id[i] = node->id;
	return node;
}

void vm_node_map_finish(struct vm *vm, struct vm_node_map *map)
{
	for (u64 i = 0; i < map->n; i++) {
		if (map->id[i])
			vm_node_free(vm, vm_node_get(vm, map->id[i]));
	}
	vm_free_u32(vm, &map->id, &map->n);
}

struct vm_node *page_node(const struct vm *vm, u32 pfn, u32 *slot)
{
	const struct page *page = pfn_to_page(vm->mm, pfn);
	struct vm_node *node;

	if (page_owner_kind(page) != OWNER_NODE)
		return NULL;
	node = vm_node_get(vm, page->owner & OWNER_NUMBER);
	for (u32 i = 0; i < VM_NODE_SLOTS; i++) {
		if (node->slot[i] == pfn && node->present >> i & 1) {
			*slot = i;
			return node;
		}
	}
	assert(0 && "the owner of a page holds it");
	return NULL;
}

u32 page_mapcount(const struct vm *vm, u32 pfn)
{
	return 1 + page_refs_get(&vm->refs, pfn);
}

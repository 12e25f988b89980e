/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page cache of a file: which folio holds which page, what comes in and goes out, and who waits
 * for a folio. Modelled after mm/filemap.c. A folio being read is locked; others who want it wait.
 * Left out: partial pages, errors of the disk.
 */
#include "mm/filemap.h"

#include <assert.h>
#include <stdlib.h>

#include "machine/psi.h"
#include "mm/buffer_head.h"
#include "mm/lru.h"
#include "mm/memcontrol.h"
#include "mm/shadow_nodes.h"
#include "mm/vm_internal.h"
#include "mm/writeback.h"

struct file *file_create(struct vm *vm)
{
	struct file *file = calloc(1, sizeof(*file));

	if (!file) {
		vm->no_host_memory = true;
		return NULL;
	}
	file->vm = vm;
	file->next = vm->files;
	vm->files = file;
	return file;
}

void vm_files_destroy(struct vm *vm)
{
	while (vm->files) {
		struct file *file = vm->files;

		vm->files = file->next;
		free(file->pages.id);
		free(file);
	}
}

static u64 slot_bit(u64 index)
{
	return 1ull << (index % VM_NODE_SLOTS);
}

bool filemap_cached(const struct file *file, u64 index)
{
	const struct vm_node *node = vm_node_lookup(file->vm, &file->pages, index);

	return node && node->present & slot_bit(index);
}

u32 filemap_get_folio(const struct file *file, u64 index)
{
	const struct vm_node *node = vm_node_lookup(file->vm, &file->pages, index);

	if (!node || !(node->present & slot_bit(index)))
		return PFN_NONE;
	return page_folio(file->vm->mm, node->slot[index % VM_NODE_SLOTS]);
}

struct file *folio_file(const struct vm *vm, u32 folio)
{
	const struct page *page = pfn_to_page(vm->mm, folio);
	const struct vm_node *node;

	if (page_owner_kind(page) != OWNER_NODE)
		return NULL;
	node = vm_node_get(vm, page->owner & OWNER_NUMBER);
	return node->is_file ? node->file : NULL;
}

u64 folio_index(const struct vm *vm, u32 folio)
{
	u32 slot;
	const struct vm_node *node = page_node(vm, folio, &slot);

	assert(node && node->is_file);
	return ((u64)node->index << VM_NODE_SHIFT) + slot;
}

/* The slots of [*index, end) that lie in one node, as a mask; *index moves behind them. */
static u64 next_mask(u64 *index, u64 end)
{
	u64 stop = min_u64(end, (*index | (VM_NODE_SLOTS - 1)) + 1);
	u64 mask = ~0ull >> (VM_NODE_SLOTS - (stop - *index)) << (*index % VM_NODE_SLOTS);

	*index = stop;
	return mask;
}

/* Nodes for the range, all of it empty. False: some page is cached, or host memory. */
static bool range_ready(struct file *file, u64 index, u64 nr)
{
	u64 end = index + nr;

	while (index < end) {
		struct vm_node *node = vm_node_at(file->vm, &file->pages, index);

		if (!node)
			return false;
		node->file = file;
		node->is_file = true;
		if (node->present & next_mask(&index, end))
			return false;
	}
	return true;
}

/* Returns the last shadow that stood in the range, 0: none. mm/filemap.c:__filemap_add_folio */
static u32 store_folio(struct file *file, u64 index, u32 folio, u64 nr)
{
	u64 end = index + nr;
	u32 shadow = 0;

	while (index < end) {
		struct vm_node *node = vm_node_lookup(file->vm, &file->pages, index);
		u64 mask = next_mask(&index, end), old = mask & node->shadow;

		if (old)
			shadow = node->slot[63 - __builtin_clzll(old)];
		node->present |= mask;
		node->shadow &= ~mask;
		for (; mask; mask &= mask - 1)
			node->slot[__builtin_ctzll(mask)] = folio++;
		workingset_update_node(file->vm, node);
	}
	return shadow;
}

bool filemap_add_folio(struct file *file, struct task_struct *current, u32 folio, u64 index,
		       gfp_t gfp)
{
	struct vm *vm = file->vm;
	struct page *page = pfn_to_page(vm->mm, folio);
	u64 nr = folio_nr_pages(vm->mm, folio);
	u32 shadow;

	assert(index % nr == 0);
	if (!mem_cgroup_charge(vm, current, folio, file->memcg, gfp) ||
	    (nr < VM_NODE_SLOTS && !file_node_alloc(file, current, index, gfp)) ||
	    !range_ready(file, index, nr)) {
		folios_put(vm, current, &folio, 1);
		return false;
	}
	shadow = store_folio(file, index, folio, nr);
	page->owner = page_owner(OWNER_NODE, vm_node_lookup(vm, &file->pages, index)->id);
	file->nr_cached += nr;
	mod_node_page_state(vm, folio, NR_FILE_PAGES, (s64)nr);
	task_charge(current, CAUSE_FAULT, vm->mm->costs.page_cache_op);
	/* What is overwritten at once was not missed. */
	if (shadow && !(gfp & __GFP_WRITE))
		workingset_refault(vm, current, folio, shadow);
	folio_add_lru(vm, current, folio);
	return true;
}

void filemap_remove_folio(struct vm *vm, u32 folio, u32 shadow)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	struct file *file = folio_file(vm, folio);
	u64 index = folio_index(vm, folio), nr = folio_nr_pages(vm->mm, folio), end = index + nr;

	assert(!(page->flags & (PG_locked | PG_writeback)));
	if (page->flags & PG_dirty)
		folio_account_cleaned(vm, folio);
	while (index < end) {
		struct vm_node *node = vm_node_lookup(vm, &file->pages, index);
		u64 mask = next_mask(&index, end);

		node->present &= ~mask;
		node->buffers &= ~mask;
		for (u64 m = node->heads ? mask : 0; m; m &= m - 1)
			page_drop_buffers(vm, node, (u32)__builtin_ctzll(m));
		if (shadow)
			node->shadow |= mask;
		for (; shadow && mask; mask &= mask - 1)
			node->slot[__builtin_ctzll(mask)] = shadow;
		/* A large folio's entry stands higher in the kernel's tree: no such node. */
		if (nr < VM_NODE_SLOTS)
			workingset_update_node(vm, node);
	}
	page->owner = 0;
	file->nr_cached -= nr;
	if (!file->nr_cached && file->emptied)
		file->emptied(file);
	mod_node_page_state(vm, folio, NR_FILE_PAGES, -(s64)nr);
}

static struct wait_queue *folio_waitqueue(struct vm *vm, u32 folio)
{
	return &vm->folio_wait[(folio * 0x9e3779b97f4a7c15ull >> 32) % FOLIO_WAIT_QUEUES];
}

void folio_wait(struct vm *vm, struct task_struct *current, u32 folio, enum stall_cause cause)
{
	const struct page *page = pfn_to_page(vm->mm, folio);
	bool thrashing;
	u64 from;

	assert(current->sched);
	task_spend(vm->mm, current);
	if (!(page->flags & (PG_locked | PG_writeback)))
		return;
	from = engine_now(vm->mm->engine);
	thrashing = (page->flags & (PG_locked | PG_workingset)) == (PG_locked | PG_workingset);
	if (thrashing)
		psi_memstall_enter(current->sched);
	cpu_wait_io(current->sched, folio_waitqueue(vm, folio), WAIT_FOREVER);
	if (thrashing)
		psi_memstall_leave(current->sched);
	current->total_ns[cause] += engine_now(vm->mm->engine) - from;
}

void folio_wake(struct vm *vm, u32 folio)
{
	wake_up(vm->mm->engine, folio_waitqueue(vm, folio), UINT32_MAX);
}

void folio_unlock(struct vm *vm, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);

	assert(page->flags & PG_locked);
	page->flags &= (u16)~PG_locked;
	folio_wake(vm, folio);
}

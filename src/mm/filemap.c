/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page cache, after mm/filemap.c: reads fill it page by page (order 0) in requests as long as
 * the read-ahead window, writes dirty it, fsync cleans it, deletion empties it. A page being read
 * is locked; others who want it wait. Left out: large folios, growing windows, write-back in the
 * background, partial pages (a write replaces whole ones), mapped files.
 */
#include "mm/filemap.h"

#include <assert.h>
#include <stdlib.h>

#include "mm/vm_internal.h"

/* mapping_gfp_mask() of a regular file; readahead_gfp_mask() adds that it is not urgent. */
#define MAPPING_GFP   GFP_HIGHUSER_MOVABLE
#define READAHEAD_GFP (MAPPING_GFP | __GFP_NORETRY | __GFP_NOWARN)
#define WRITE_GFP     (MAPPING_GFP | __GFP_WRITE)

#define TRUNCATE_BATCH 31u /* PAGEVEC_SIZE */

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

static bool page_locked(const struct vm *vm, const struct vm_node *node, u64 slot)
{
	return (node->present >> slot & 1) &&
	       (pfn_to_page(vm->mm, node->slot[slot])->flags & PG_locked);
}

bool filemap_cached(const struct file *file, u64 index)
{
	const struct vm_node *node = vm_node_lookup(file->vm, &file->pages, index);

	return node && node->present & slot_bit(index);
}

/* mm/filemap.c:filemap_add_folio; the page may have come from elsewhere meanwhile: then false. */
static bool add_page(struct file *file, struct task_struct *current, u64 index, u32 pfn,
		     bool locked)
{
	struct vm *vm = file->vm;
	struct vm_node *node = vm_node_at(vm, &file->pages, index);
	struct page *page = pfn_to_page(vm->mm, pfn);

	if (!node || node->present & slot_bit(index)) {
		(void)free_pages(vm->mm, current, pfn, 0);
		return false;
	}
	node->file = file;
	node->is_file = true;
	node->slot[index % VM_NODE_SLOTS] = pfn;
	node->present |= slot_bit(index);
	if (locked)
		page->flags |= PG_locked;
	page->owner = page_owner(OWNER_NODE, node->id);
	page->flags |= PG_lru;
	file->nr_cached++;
	mod_node_page_state(vm, pfn, NR_FILE_PAGES, 1);
	task_charge(current, CAUSE_FAULT, vm->mm->costs.page_cache_op);
	return true;
}

/* Waits until nobody reads the page from the disk. True: it is cached. */
static bool wait_on_page(struct file *file, struct task_struct *current, u64 index)
{
	struct vm_node *node;

	while ((node = vm_node_lookup(file->vm, &file->pages, index)) &&
	       page_locked(file->vm, node, index % VM_NODE_SLOTS)) {
		u64 from = engine_now(file->vm->mm->engine);

		cpu_wait(current->sched, &file->unlocked, WAIT_FOREVER);
		current->total_ns[CAUSE_SWAP_IN] += engine_now(file->vm->mm->engine) - from;
	}
	return filemap_cached(file, index);
}

static void unlock_range(struct file *file, u64 index, u64 nr)
{
	for (u64 i = index; i < index + nr; i++) {
		struct vm_node *node = vm_node_lookup(file->vm, &file->pages, i);

		pfn_to_page(file->vm->mm, node->slot[i % VM_NODE_SLOTS])->flags &= (u16)~PG_locked;
	}
	wake_up(file->vm->mm->engine, &file->unlocked, UINT32_MAX);
}

/* Takes pages for the missing ones from index on, until one is there or none is left. How many. */
static u64 fill_run(struct file *file, struct task_struct *current, u64 index, u64 nr)
{
	struct mm *mm = file->vm->mm;
	u64 got;

	for (got = 0; got < nr && !filemap_cached(file, index + got); got++) {
		u32 pfn = alloc_pages(mm, current, READAHEAD_GFP, 0);

		/* What was asked for (not read ahead) is worth more effort. */
		if (pfn == PFN_NONE && !got)
			pfn = alloc_pages(mm, current, MAPPING_GFP, 0);
		if (pfn == PFN_NONE || !add_page(file, current, index + got, pfn, true))
			break;
	}
	return got;
}

static enum file_result read_missing(struct file *file, struct task_struct *current, u64 index,
				     u64 nr)
{
	struct mm *mm = file->vm->mm;
	u64 got = fill_run(file, current, index, nr);

	task_spend(mm, current);
	if (!got)
		return filemap_cached(file, index) ? FILE_OK : FILE_NO_MEMORY;
	current->total_ns[CAUSE_SWAP_IN] +=
		cpu_io(current->sched, file->vm->disk, false, got << mm->page_shift);
	unlock_range(file, index, got);
	return FILE_OK;
}

static void charge_copy(struct mm *mm, struct task_struct *current)
{
	task_charge(current, CAUSE_FAULT, mm->costs.copy_page << (mm->page_shift - 12));
}

enum file_result filemap_read(struct file *file, struct task_struct *current, u64 index, u64 nr,
			      u64 end, bool seq)
{
	struct mm *mm = file->vm->mm;
	u64 window = max_u64(1, VM_READAHEAD_BYTES >> mm->page_shift);

	assert(file->vm->disk && current->sched && index + nr <= end);
	for (u64 i = index; i < index + nr; i++) {
		while (!wait_on_page(file, current, i)) {
			u64 wanted = min_u64(index + nr - i, window);

			if (seq)
				wanted = min_u64(end - i, window);
			if (read_missing(file, current, i, wanted) != FILE_OK)
				return FILE_NO_MEMORY;
		}
		charge_copy(mm, current);
	}
	task_spend(mm, current);
	return FILE_OK;
}

static void set_page_dirty(struct file *file, u64 index)
{
	struct vm_node *node = vm_node_lookup(file->vm, &file->pages, index);
	u32 pfn = node->slot[index % VM_NODE_SLOTS];

	if (node->dirty & slot_bit(index))
		return;
	node->dirty |= slot_bit(index);
	file->nr_dirty++;
	mod_node_page_state(file->vm, pfn, NR_FILE_DIRTY, 1);
	mod_node_page_state(file->vm, pfn, NR_DIRTIED, 1);
}

enum file_result filemap_write(struct file *file, struct task_struct *current, u64 index, u64 nr)
{
	struct mm *mm = file->vm->mm;

	for (u64 i = index; i < index + nr; i++) {
		while (!wait_on_page(file, current, i)) {
			u32 pfn = alloc_pages(mm, current, WRITE_GFP, 0);

			if (pfn == PFN_NONE || (!add_page(file, current, i, pfn, false) &&
						!filemap_cached(file, i))) {
				task_spend(mm, current);
				return FILE_NO_MEMORY;
			}
		}
		set_page_dirty(file, i);
		charge_copy(mm, current);
	}
	task_spend(mm, current);
	return FILE_OK;
}

/* Cleans the run of dirty pages that begins at or behind *index; its length, 0: none left. */
static u64 clean_run(struct file *file, u64 *index)
{
	u64 end = file->pages.n << VM_NODE_SHIFT, nr = 0;

	for (u64 i = *index; i < end; i++) {
		struct vm_node *node = vm_node_lookup(file->vm, &file->pages, i);
		u32 pfn;

		if (!node && !nr) {
			i |= VM_NODE_SLOTS - 1;
			continue;
		}
		if (!node || !(node->dirty & slot_bit(i))) {
			if (nr)
				break;
			continue;
		}
		pfn = node->slot[i % VM_NODE_SLOTS];
		node->dirty &= ~slot_bit(i);
		file->nr_dirty--;
		mod_node_page_state(file->vm, pfn, NR_FILE_DIRTY, -1);
		mod_node_page_state(file->vm, pfn, NR_WRITTEN, 1);
		if (!nr++)
			*index = i;
	}
	return nr;
}

void filemap_write_and_wait(struct file *file, struct task_struct *current)
{
	u64 index = 0, nr;

	assert(file->vm->disk && current->sched);
	while (file->nr_dirty && (nr = clean_run(file, &index))) {
		current->total_ns[CAUSE_WRITEBACK] += cpu_io(
			current->sched, file->vm->disk, true, nr << file->vm->mm->page_shift);
		index += nr;
	}
}

/* Takes a page out of the cache; mm/filemap.c:delete_from_page_cache_batch */
static u32 remove_page(struct file *file, struct vm_node *node, u32 i)
{
	u32 pfn = node->slot[i];

	if (node->dirty >> i & 1) {
		file->nr_dirty--;
		mod_node_page_state(file->vm, pfn, NR_FILE_DIRTY, -1);
	}
	node->dirty &= ~(1ull << i);
	node->present &= ~(1ull << i);
	file->nr_cached--;
	mod_node_page_state(file->vm, pfn, NR_FILE_PAGES, -1);
	return pfn;
}

static void release_batch(struct vm *vm, struct task_struct *current, const u32 *pfns, u32 nr)
{
	enum free_result result;
	u32 bad;

	if (!nr)
		return;
	task_charge(current, CAUSE_FAULT, nr * vm->mm->costs.page_cache_op);
	result = release_pages(vm->mm, current, pfns, nr, &bad);
	assert(result == FREE_OK);
	(void)result;
}

void truncate_inode_pages(struct file *file, struct task_struct *current)
{
	struct vm *vm = file->vm;
	u32 pfns[TRUNCATE_BATCH], nr = 0;

	for (u64 i = 0; i < file->pages.n; i++) {
		struct vm_node *node;

		/* Others may add and lock pages while this one waits: look again each time. */
		while (file->pages.id[i] &&
		       (node = vm_node_get(vm, file->pages.id[i]))->present) {
			u32 slot = (u32)__builtin_ctzll(node->present);

			if (page_locked(vm, node, slot)) {
				wait_on_page(file, current, (i << VM_NODE_SHIFT) + slot);
				continue;
			}
			pfns[nr++] = remove_page(file, node, slot);
			if (nr < TRUNCATE_BATCH)
				continue;
			release_batch(vm, current, pfns, nr);
			nr = 0;
		}
		if (!file->pages.id[i])
			continue;
		vm_node_free(vm, vm_node_get(vm, file->pages.id[i]));
		file->pages.id[i] = 0;
	}
	release_batch(vm, current, pfns, nr);
	task_spend(vm->mm, current);
}

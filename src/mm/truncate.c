/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a file's pages, modelled after mm/truncate.c: those that are on their way from or to
 * the disk are waited for, mapped ones are unmapped first. Left out: truncation to a length;
 * large folios are not split.
 */
#include "mm/buffer_head.h"
#include "mm/lru.h"
#include "mm/rmap.h"
#include "mm/shadow_nodes.h"
#include "mm/vm_internal.h"
#include "mm/writeback.h"

struct release {
	struct vm *vm;
	struct task_struct *current;
	bool drained;
	u32 nr;
	u32 folios[31];
};

/* mm/swap.c:__folio_batch_release */
static void release_batch(struct release *release)
{
	struct vm *vm = release->vm;

	if (!release->nr)
		return;
	if (!release->drained)
		lru_add_drain(vm, release->current);
	release->drained = true;
	task_charge(release->current, CAUSE_FAULT, release->nr * vm->mm->costs.page_cache_op);
	folios_put(vm, release->current, release->folios, release->nr);
	release->nr = 0;
	free_buffer_heads(vm, release->current);
	task_settle(vm->mm, release->current);
}

/* mm/memory.c:unmap_mapping_folio */
static void unmap_folio(struct file *file, struct task_struct *current, u32 folio)
{
	u64 first = folio_index(file->vm, folio), end = first + folio_nr_pages(file->vm->mm, folio);

	for (struct vm_area_struct *vma = file->i_mmap; vma; vma = vma->i_mmap_next) {
		u64 from = max_u64(first, vma->pgoff);
		u64 to = min_u64(end, vma->pgoff + vma->nr_pages);

		if (from >= to)
			continue;
		/* Time passes: regions may come and go, the caller looks again. */
		if (zap_page_range(vma, current, from - vma->pgoff, to - from))
			return;
	}
}

/* A folio goes, or what keeps it is waited for. */
static void truncate_folio(struct file *file, struct release *release, u32 folio)
{
	struct vm *vm = file->vm;
	u16 flags = pfn_to_page(vm->mm, folio)->flags;

	bool busy = flags & (PG_locked | PG_writeback);

	if ((busy || (file->i_mmap && folio_mapped(vm, folio))) && release->nr) {
		release_batch(release); /* time passes: look again */
	} else if (busy) {
		folio_wait(vm, release->current, folio,
			   flags & PG_locked ? CAUSE_SWAP_IN : CAUSE_WRITEBACK);
	} else if (file->i_mmap && folio_mapped(vm, folio)) {
		unmap_folio(file, release->current, folio);
	} else {
		filemap_remove_folio(vm, folio, 0);
		release->folios[release->nr++] = folio;
		if (release->nr == vm->mm->profile->folio_batch_size)
			release_batch(release);
	}
}

/* Nodes that hold nothing or only shadows. Freeing their slab objects lets time pass. */
static void free_nodes(struct file *file, struct task_struct *current)
{
	for (u64 i = 0; i < file->pages.n; i++) {
		struct vm_node *node = file->pages.id[i] ? vm_node_get(file->vm, file->pages.id[i])
							 : NULL;

		if (!node || node->present)
			continue;
		node->file = file;
		file_node_free(file->vm, current, node);
	}
}

void truncate_inode_pages(struct file *file, struct task_struct *current)
{
	struct vm *vm = file->vm;
	struct release release = {.vm = vm, .current = current};

	file->size = 0;
	for (u64 i = 0; i < file->pages.n; i++) {
		struct vm_node *node;

		/* Others may add and lock pages while this one waits: look again each time. */
		while (file->pages.id[i] && (node = vm_node_get(vm, file->pages.id[i]))->present)
			truncate_folio(file, &release,
				       page_folio(vm->mm,
						  node->slot[__builtin_ctzll(node->present)]));
	}
	release_batch(&release);
	free_nodes(file, current);
	task_spend(vm->mm, current);
}

/* Where a page is not in memory nobody asks any more when it was. A node left empty goes. */
static void forget_shadow(struct file *file, struct task_struct *current, u64 index)
{
	struct vm_node *node = vm_node_lookup(file->vm, &file->pages, index);

	if (!node)
		return;
	node->shadow &= ~(1ull << (index % VM_NODE_SLOTS));
	if (node->present | node->shadow) {
		workingset_update_node(file->vm, node);
		return;
	}
	node->file = file;
	file_node_free(file->vm, current, node);
}

u64 truncate_inode_range(struct file *file, struct task_struct *current, u64 index, u64 nr)
{
	struct release release = {.vm = file->vm, .current = current};
	u64 pages = 0;
	u32 folio;

	for (u64 i = index; i < index + nr; i++)
		pages += filemap_cached(file, i);
	for (u64 i = index; i < index + nr; i++)
		while ((folio = filemap_get_folio(file, i)) != PFN_NONE)
			truncate_folio(file, &release, folio);
	release_batch(&release);
	for (u64 i = index; i < index + nr; i++)
		forget_shadow(file, current, i);
	task_spend(file->vm->mm, current);
	return pages;
}

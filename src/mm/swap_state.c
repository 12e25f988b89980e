/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The swap cache, after mm/swap_state.c: which folio is the copy of which slot. The slot knows its
 * folio (swapfile.c); the folio finds its slot through its node, or is owned by it (OWNER_SWAP)
 * when no entry maps it. The cache counts as file pages, as in the kernel.
 */
#include <assert.h>
#include <stdlib.h>

#include "mm/memcontrol.h"
#include "mm/rmap.h"
#include "mm/swap_internal.h"
#include "mm/vm_internal.h"

u64 total_swapcache_pages(const struct vm *vm)
{
	return vm->swap ? vm->swap->nr_cached : 0;
}

swp_entry_t folio_swap_entry(const struct vm *vm, u32 folio)
{
	const struct page *page = pfn_to_page(vm->mm, folio);
	const struct vm_node *node;
	u32 i;

	if (!(page->flags & PG_swapcache))
		return 0;
	if (page_owner_kind(page) == OWNER_SWAP)
		return page->owner & OWNER_NUMBER;
	node = page_node(vm, folio, &i);
	return node->swap[i];
}

static void count_cached(struct vm *vm, u32 folio, s64 delta)
{
	vm->swap->nr_cached += (u64)delta;
	mod_node_page_state(vm, folio, NR_FILE_PAGES, delta);
	mod_node_page_state(vm, folio, NR_SWAPCACHE, delta);
}

/* Each node that maps the page has room for its slot, whoever becomes its owner. */
static bool nodes_reserve(struct vm *vm, struct vm_node *node, u32 i, u32 pfn)
{
	struct vm_node *other = node;

	do {
		if (other->present >> i & 1 && other->slot[i] == pfn && !vm_node_swap(vm, other))
			return false;
		other = vm_node_get(vm, other->ring_next);
	} while (other != node);
	return true;
}

bool swap_cache_add_folio(struct vm *vm, u32 folio, swp_entry_t entry)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	u32 i;

	if (page_owner_kind(page) == OWNER_NODE) {
		struct vm_node *node = page_node(vm, folio, &i);

		if (!nodes_reserve(vm, node, i, folio))
			return false;
		node->swap[i] = entry;
	} else {
		page->owner = page_owner(OWNER_SWAP, entry);
	}
	swap_slot_set_cache(vm, entry, folio);
	page->flags |= PG_swapcache;
	count_cached(vm, folio, 1);
	return true;
}

/* Out of the cache; its slot is free if no entry names it. */
static void cache_del(struct vm *vm, u32 folio, u32 shadow)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	swp_entry_t entry = folio_swap_entry(vm, folio);
	u32 i;

	assert(!(page->flags & PG_writeback));
	if (page_owner_kind(page) == OWNER_SWAP) {
		page->owner = 0;
	} else {
		struct vm_node *node = page_node(vm, folio, &i);

		node->swap[i] = 0;
	}
	page->flags &= (u16)~PG_swapcache;
	count_cached(vm, folio, -1);
	swap_slot_clear_cache(vm, entry, shadow);
}

bool folio_alloc_swap(struct vm *vm, struct task_struct *current, u32 folio)
{
	swp_entry_t entry = swap_slot_alloc(vm, current);

	if (!entry)
		return false;
	if (!swap_slot_set_memcg(vm, entry, folio_memcg(vm, folio)) ||
	    !swap_cache_add_folio(vm, folio, entry)) {
		vm->no_host_memory = true;
		swap_slot_clear_cache(vm, entry, 0);
		return false;
	}
	pfn_to_page(vm->mm, folio)->flags |= PG_dirty;
	return true;
}

void swap_cache_del_folio(struct vm *vm, u32 folio, u32 shadow)
{
	assert(!folio_mapped(vm, folio));
	cache_del(vm, folio, shadow);
}

bool folio_free_swap(struct vm *vm, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);

	/* One that is being read is locked, and not the kernel's to try either. */
	if (!(page->flags & PG_swapcache) || (page->flags & (PG_writeback | PG_locked)) ||
	    swap_count(vm, folio_swap_entry(vm, folio)))
		return false;
	cache_del(vm, folio, 0);
	page->flags |= PG_dirty;
	return true;
}

bool free_swap_cache(struct vm *vm, u32 folio)
{
	if (pfn_to_page(vm->mm, folio)->flags & PG_swapcache)
		return folio_free_swap(vm, folio);
	return true;
}

void swap_cache_replace_folio(struct vm *vm, u32 from, u32 to)
{
	swp_entry_t entry = folio_swap_entry(vm, from);

	swap_slot_set_cache(vm, entry, to);
	count_cached(vm, from, -1);
	count_cached(vm, to, 1);
	if (page_owner_kind(pfn_to_page(vm->mm, from)) == OWNER_SWAP)
		pfn_to_page(vm->mm, to)->owner = page_owner(OWNER_SWAP, entry);
}

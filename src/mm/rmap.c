/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From folios to the entries that map them, after mm/rmap.c: an anonymous page's are in the ring of
 * its node, in the same slot of each; a file's folio is looked for in the regions that map the
 * file.
 * Here an entry is made, cleared, looked at and redirected, with all that counts it. Entries of a
 * file's page are counted by PFN (vm->refs), as are those of an anonymous page beyond the first.
 * Huge pages have one entry (huge_memory.c).
 */
#include "mm/rmap.h"

#include <assert.h>

#include "mm/filemap.h"
#include "mm/huge_internal.h"
#include "mm/lru.h"
#include "mm/memcontrol.h"
#include "mm/swap.h"
#include "mm/vm_internal.h"
#include "mm/writeback.h"

static u64 bit(u32 i)
{
	return 1ull << i;
}

static enum mm_counter rss_kind(const struct vm_area_struct *vma, bool anon)
{
	if (vma->shmem)
		return MM_SHMEMPAGES;
	return anon ? MM_ANONPAGES : MM_FILEPAGES;
}

/* Entry i comes to map pfn: what is the same for all kinds of pages. */
static void set_pte(struct vm_node *node, u32 i, u32 pfn, bool anon)
{
	struct vm_area_struct *vma = node->vma;
	struct mm_struct *mm = vma->vm_mm;

	assert(!(node->present >> i & 1));
	node->slot[i] = pfn;
	node->present |= bit(i);
	node->young |= bit(i);
	node->zero &= ~bit(i);
	node->swapped &= ~bit(i);
	node->wrprotect &= ~bit(i);
	node->dirty &= ~bit(i);
	vma->nr_present++;
	mm->rss_stat[rss_kind(vma, anon)]++;
	mm->hiwater_rss = max_u64(mm->hiwater_rss, get_mm_rss(mm));
}

void set_anon_pte(struct vm *vm, struct vm_node *node, u32 i, u32 pfn, bool dirty)
{
	struct page *page = pfn_to_page(vm->mm, pfn);

	set_pte(node, i, pfn, true);
	if (dirty)
		node->dirty |= bit(i);
	page->owner = page_owner(OWNER_NODE, node->id);
	page->flags |= PG_swapbacked;
	count_region_page(vm, node->vma, pfn, 1);
}

bool set_shared_pte(struct vm *vm, struct vm_node *node, u32 i, u32 pfn)
{
	if (!page_refs_inc(&vm->refs, pfn))
		return false;
	set_pte(node, i, pfn, true);
	node->wrprotect |= bit(i);
	return true;
}

bool set_swapped_in_pte(struct vm *vm, struct vm_node *node, u32 i, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	swp_entry_t entry = folio_swap_entry(vm, folio);

	if (!vm_node_swap(vm, node))
		return false;
	if (page_owner_kind(page) == OWNER_NODE) {
		if (!page_refs_inc(&vm->refs, folio)) {
			vm->no_host_memory = true;
			return false;
		}
		set_pte(node, i, folio, true);
		return true;
	}
	set_anon_pte(vm, node, i, folio, false);
	node->swap[i] = entry;
	return true;
}

bool set_file_pte(struct vm *vm, struct vm_node *node, u32 i, u32 pfn, bool writable)
{
	if (!page_refs_inc(&vm->refs, pfn)) {
		vm->no_host_memory = true;
		return false;
	}
	if (page_refs_get(&vm->refs, pfn) == 1)
		mod_node_page_state(vm, pfn, NR_FILE_MAPPED, 1);
	set_pte(node, i, pfn, false);
	if (!writable)
		node->wrprotect |= bit(i);
	return true;
}

/* The owner goes: another of the family that still has the page becomes it. */
static void pass_on(struct vm *vm, struct vm_node *node, u32 i, u32 pfn)
{
	struct page *page = pfn_to_page(vm->mm, pfn);
	struct vm_node *other = vm_node_get(vm, node->ring_next);

	while (!(other->present >> i & 1) || other->slot[i] != pfn) {
		assert(other != node && "a shared page has another holder");
		other = vm_node_get(vm, other->ring_next);
	}
	page->owner = page_owner(OWNER_NODE, other->id);
	if (page->flags & PG_swapcache) {
		other->swap[i] = node->swap[i];
		node->swap[i] = 0;
	}
}

static bool clear_anon_pte(struct vm *vm, struct vm_node *node, u32 i, u32 pfn)
{
	struct page *page = pfn_to_page(vm->mm, pfn);

	if (unlikely(page_refs_get(&vm->refs, pfn))) {
		page_refs_dec(&vm->refs, pfn);
		if ((page->owner & OWNER_NUMBER) == node->id)
			pass_on(vm, node, i, pfn);
		return false;
	}
	count_region_page(vm, node->vma, pfn, -1);
	if (page->flags & PG_swapcache) {
		page->owner = page_owner(OWNER_SWAP, node->swap[i]);
		node->swap[i] = 0;
	}
	return true;
}

bool clear_pte(struct vm *vm, struct vm_node *node, u32 i)
{
	struct vm_area_struct *vma = node->vma;
	u32 pfn = node->slot[i];
	bool anon = page_is_anon(vm->mm, pfn);

	node->present &= ~bit(i);
	node->young &= ~bit(i);
	node->wrprotect &= ~bit(i);
	node->dirty &= ~bit(i);
	vma->nr_present--;
	vma->vm_mm->rss_stat[rss_kind(vma, anon)]--;
	if (anon)
		return clear_anon_pte(vm, node, i, pfn);
	page_refs_dec(&vm->refs, pfn);
	if (page_refs_get(&vm->refs, pfn))
		return false;
	mod_node_page_state(vm, pfn, NR_FILE_MAPPED, -1);
	return true;
}

/*
 * A walk over the entries that map a folio. An anonymous page has one in each node of its ring that
 * holds it; a file's folio has up to its size in each region of the file.
 */
struct rmap_walk {
	struct vm *vm;
	u32 folio;
	struct vm_node *node; /* the entry: NULL at the end */
	u32 i;
	struct vm_node *last;	    /* anonymous: where the round ends; NULL: before the first */
	struct vm_area_struct *vma; /* file: the region, and */
	u64 index, end;		    /* the pages of it that are left */
	u64 first, nr;		    /* of the folio, in the file */
};

static void walk_begin(struct rmap_walk *walk, struct vm *vm, u32 folio)
{
	u32 i;
	struct vm_node *node = page_node(vm, folio, &i);

	*walk = (struct rmap_walk){.vm = vm, .folio = folio, .i = i};
	if (!node)
		return;
	if (!node->is_file) {
		walk->node = node;
		return;
	}
	walk->vma = node->file->i_mmap;
	walk->first = ((u64)node->index << VM_NODE_SHIFT) + i;
	walk->nr = folio_nr_pages(vm->mm, folio);
	walk->node = NULL;
}

/* The pages of the region that can show the folio. False: none. */
static bool walk_region(struct rmap_walk *walk)
{
	const struct vm_area_struct *vma = walk->vma;
	u64 from = max_u64(walk->first, vma->pgoff);
	u64 to = min_u64(walk->first + walk->nr, vma->pgoff + vma->nr_pages);

	walk->index = from - vma->pgoff;
	walk->end = from < to ? to - vma->pgoff : walk->index;
	return from < to;
}

static bool walk_file(struct rmap_walk *walk)
{
	while (walk->vma) {
		if (walk->node)
			walk->index++;
		else if (!walk_region(walk))
			walk->end = walk->index;
		for (; walk->index < walk->end; walk->index++) {
			u32 pfn = walk->folio +
				  (u32)(walk->vma->pgoff + walk->index - walk->first);

			walk->i = (u32)(walk->index % VM_NODE_SLOTS);
			walk->node = vm_node_lookup(walk->vm, &walk->vma->nodes, walk->index);
			if (walk->node && walk->node->present >> walk->i & 1 &&
			    walk->node->slot[walk->i] == pfn)
				return true;
		}
		walk->node = NULL;
		walk->vma = walk->vma->i_mmap_next;
	}
	return false;
}

/* To the next entry. The one before may have been cleared meanwhile. */
static bool walk_next(struct rmap_walk *walk)
{
	struct vm_node *node;

	if (walk->nr)
		return walk_file(walk);
	if (!walk->node)
		return false;
	if (!walk->last) {
		walk->last = walk->node;
		return true;
	}
	for (node = vm_node_get(walk->vm, walk->node->ring_next); node != walk->last;
	     node = vm_node_get(walk->vm, node->ring_next)) {
		if (node->present >> walk->i & 1 && node->slot[walk->i] == walk->folio) {
			walk->node = node;
			return true;
		}
	}
	walk->node = NULL;
	return false;
}

static struct folio_references huge_referenced(struct vm *vm, struct task_struct *current,
					       struct huge_entry *first)
{
	struct folio_references refs = {0};
	struct huge_entry *huge = first;

	do {
		task_charge(current, CAUSE_RECLAIM, vm->mm->costs.rmap_reference);
		refs.mapped++;
		refs.young += huge->young;
		huge->young = false;
		huge = huge_entry_next(vm, huge);
	} while (huge != first);
	return refs;
}

struct folio_references folio_referenced(struct vm *vm, struct task_struct *current, u32 folio)
{
	struct folio_references refs = {0};
	const struct vm_area_struct *young = NULL;
	struct huge_entry *huge = folio_huge_entry(vm, folio);
	struct rmap_walk walk;

	if (huge)
		return huge_referenced(vm, current, huge);
	walk_begin(&walk, vm, folio);
	while (walk_next(&walk)) {
		struct vm_area_struct *vma = walk.node->vma;

		task_charge(current, CAUSE_RECLAIM, vm->mm->costs.rmap_reference);
		refs.mapped++;
		if (vma->locked) {
			refs.vm_locked = true;
			break;
		}
		if (!(walk.node->young >> walk.i & 1))
			continue;
		walk.node->young &= ~bit(walk.i);
		if (vm->lru_gen)
			lru_gen_look_around(vm, current, walk.node, walk.i);
		/* A region counts once, however many pages of the folio it used. */
		refs.young += vma != young;
		refs.vm_exec |= vma->exec;
		young = vma;
	}
	return refs;
}

/* The entry of a page in the swap cache becomes the slot's. */
static void swap_out_pte(struct vm *vm, struct vm_node *node, u32 i, swp_entry_t entry)
{
	swap_dup(vm, entry);
	(void)clear_pte(vm, node, i);
	node->slot[i] = entry;
	node->swapped |= bit(i);
	node->vma->vm_mm->rss_stat[MM_SWAPENTS]++;
}

bool try_to_unmap(struct vm *vm, struct task_struct *current, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	swp_entry_t entry = folio_swap_entry(vm, folio);
	struct rmap_walk walk;

	walk_begin(&walk, vm, folio);
	while (walk_next(&walk)) {
		struct vm_node *node = walk.node;
		bool dirty = node->dirty >> walk.i & 1;

		task_charge(current, CAUSE_RECLAIM, vm->mm->costs.rmap_unmap);
		if (node->vma->locked)
			return false;
		if (page->flags & PG_swapbacked) {
			assert(entry && "anonymous memory is unmapped into the swap cache");
			page->flags |= dirty ? PG_dirty : 0;
			swap_out_pte(vm, node, walk.i, entry);
			continue;
		}
		(void)clear_pte(vm, node, walk.i);
		if (dirty && !(page->flags & PG_dirty))
			folio_mark_dirty(vm, current, folio);
	}
	return true;
}

u32 folio_mkclean(struct vm *vm, struct task_struct *current, u32 folio)
{
	struct rmap_walk walk;
	u32 nr = 0;

	walk_begin(&walk, vm, folio);
	while (walk_next(&walk)) {
		if (!walk.node->vma->shared || walk.node->wrprotect >> walk.i & 1)
			continue;
		task_charge(current, CAUSE_WRITEBACK, vm->mm->costs.rmap_reference);
		walk.node->wrprotect |= bit(walk.i);
		walk.node->dirty &= ~bit(walk.i);
		nr++;
	}
	return nr;
}

bool folio_mapped(const struct vm *vm, u32 folio)
{
	const struct page *page = pfn_to_page(vm->mm, folio);
	const struct vm_node *node;

	if (page_owner_kind(page) != OWNER_NODE)
		return page_owner_kind(page) == OWNER_HUGE;
	node = vm_node_get(vm, page->owner & OWNER_NUMBER);
	if (!node->is_file)
		return true;
	for (u64 k = 0; node->file->i_mmap && k < 1ull << page->order; k++) {
		if (page_refs_get(&vm->refs, folio + (u32)k))
			return true;
	}
	return false;
}

u32 folio_mapcount(const struct vm *vm, u32 folio)
{
	const struct page *page = pfn_to_page(vm->mm, folio);
	const struct vm_node *node;
	u32 nr = 0;

	if (page_owner_kind(page) != OWNER_NODE)
		return page_owner_kind(page) == OWNER_HUGE;
	node = vm_node_get(vm, page->owner & OWNER_NUMBER);
	if (!node->is_file)
		return 1 + page_refs_get(&vm->refs, folio);
	for (u64 k = 0; k < 1ull << page->order; k++)
		nr += page_refs_get(&vm->refs, folio + (u32)k);
	return nr;
}

/* What is counted by node (the NUMA kind) goes with the contents. */
static void move_counters(struct vm *vm, u32 from, u32 to, bool anon)
{
	const struct page *page = pfn_to_page(vm->mm, from);
	s64 nr = (s64)1 << page->order;

	if (pfn_zone(vm->mm, from)->nid == pfn_zone(vm->mm, to)->nid)
		return;
	if (page->flags & PG_unevictable) {
		mod_node_page_state(vm, from, NR_MLOCK, -nr);
		mod_node_page_state(vm, to, NR_MLOCK, nr);
	}
	if (anon)
		return;
	mod_node_page_state(vm, from, NR_FILE_PAGES, -nr);
	mod_node_page_state(vm, to, NR_FILE_PAGES, nr);
	if (page->flags & PG_dirty) {
		mod_node_page_state(vm, from, NR_FILE_DIRTY, -nr);
		mod_node_page_state(vm, to, NR_FILE_DIRTY, nr);
	}
	for (s64 k = 0; k < nr; k++) {
		if (!page_refs_get(&vm->refs, from + (u32)k))
			continue;
		mod_node_page_state(vm, from, NR_FILE_MAPPED, -1);
		mod_node_page_state(vm, to, NR_FILE_MAPPED, 1);
	}
}

/* The file's slots. */
static void replace_cached(struct vm *vm, u32 from, u32 to)
{
	u32 i;
	struct vm_node *node = page_node(vm, from, &i);
	u64 index = ((u64)node->index << VM_NODE_SHIFT) + i;
	const struct file *file = node->file;

	for (u32 k = 0; k < 1u << pfn_to_page(vm->mm, from)->order; k++) {
		node = vm_node_lookup(vm, &file->pages, index + k);
		node->slot[(index + k) % VM_NODE_SLOTS] = to + k;
	}
}

void folio_replace(struct vm *vm, u32 from, u32 to)
{
	struct page *page = pfn_to_page(vm->mm, from), *target = pfn_to_page(vm->mm, to);
	bool anon = page->flags & PG_swapbacked;
	struct rmap_walk walk;

	assert(!(page->flags & (PG_lru | PG_locked | PG_writeback)));
	assert(page->order == target->order);
	if (page_owner_kind(page) == OWNER_HUGE)
		huge_entry_move(vm, from, to);
	move_counters(vm, from, to, anon);
	if (page->flags & PG_swapcache)
		swap_cache_replace_folio(vm, from, to);
	walk_begin(&walk, vm, from);
	while (walk_next(&walk)) {
		u32 pfn = walk.node->slot[walk.i];

		walk.node->slot[walk.i] = to + (pfn - from);
		if (anon && walk.node->id == (page->owner & OWNER_NUMBER) &&
		    pfn_zone(vm->mm, from)->nid != pfn_zone(vm->mm, to)->nid) {
			count_region_page(vm, walk.node->vma, from, -1);
			count_region_page(vm, walk.node->vma, to, 1);
		}
	}
	target->owner = page->owner;
	target->flags = page->flags;
	target->refs = page->refs;
	if (!anon)
		replace_cached(vm, from, to);
	for (u32 k = 0; vm->refs.nr && k < 1u << page->order; k++)
		page_refs_move(&vm->refs, from + k, to + k);
	mem_cgroup_migrate(vm, from, to);
}

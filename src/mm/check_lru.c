/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recounts what belongs to address spaces, files and the swap cache: each folio on one list or in
 * one batch, where its flags say, held by the owner it names; list sizes, node counters and the
 * counts of swap slots. Left out: counters of slabs, page tables and stacks, which a boot from
 * /proc sets without pages, and what the nodes of shared mappings hold in detail.
 */
#include <stdlib.h>

#include "mm/check.h"
#include "mm/filemap.h"
#include "mm/huge_internal.h"
#include "mm/memcontrol.h"
#include "mm/mglru.h"
#include "mm/swap.h"
#include "mm/vm_internal.h"

typedef s64 node_stats[NR_VM_NODE_STAT_ITEMS];

struct lru_check {
	const struct mm *mm;
	const struct vm *vm;
	struct err *err;
	node_stats *want;	/* [nr_nodes], by the folios found */
	u64 listed;		/* folios on lists */
	u64 waiting, on_lru;	/* folios found in batches; with PG_lru */
	u64 mapped_anon, extra; /* entries that owned anonymous folios should have */
	u32 *named;		/* by swap entry: page table entries that name it */
	u64 nr_named;
};

static bool broken(const struct lru_check *c, const char *what, u64 where, s64 want, s64 got)
{
	return err_set(c->err, ERR_BUG,
		       "invariant broken: %s at %llu: expected %lld, found %lld", what,
		       (unsigned long long)where, (long long)want, (long long)got);
}

struct list_sizes {
	u64 pages[MAX_NR_ZONES][NR_LRU_LISTS];
	s64 gen_pages[MAX_NR_GENS][NR_LRU_TYPES][MAX_NR_ZONES];
};

/* What a listed folio's flags make of it; lru: the list it should be on, generations aside. */
static bool count_listed(struct lru_check *c, const struct lruvec *lruvec, u32 folio,
			 struct list_sizes *sizes)
{
	const struct page *page = pfn_to_page(c->mm, folio);
	u32 zone = pfn_zone(c->mm, folio)->type, type = folio_lru_type(page);
	enum lru_list lru = folio_lru_list(page);
	u32 nr = 1u << page->order;

	if (page->state != PAGE_USED || !(page->flags & PG_lru))
		return broken(c, "flags of a folio on an LRU list", folio, PG_lru, page->flags);
	if (folio_lruvec(c->vm, folio) != lruvec)
		return broken(c, "folio on the lists of another node or group", folio,
			      lruvec->nid, pfn_zone(c->mm, folio)->nid);
	if (c->vm->lru_gen && lru != LRU_UNEVICTABLE) {
		sizes->gen_pages[page_gen(page)][type][zone] += nr;
		lru = type * LRU_FILE + lru_gen_is_active(&lruvec->lrugen, page_gen(page));
	}
	sizes->pages[zone][lru] += nr;
	c->listed++;
	return true;
}

/* limit: more folios than there are frames make a loop. */
static bool check_list(struct lru_check *c, const struct lruvec *lruvec,
		       const struct page_list *list, s32 lru, struct list_sizes *sizes)
{
	u32 prev = PFN_NONE;
	u64 limit = c->mm->end_pfn;

	for (u32 folio = list->head; folio != PFN_NONE;
	     prev = folio, folio = pfn_to_page(c->mm, folio)->link.next) {
		const struct page *page = pfn_to_page(c->mm, folio);

		if (!limit--)
			return broken(c, "LRU list without end", folio, 0, lru);
		if (page->link.prev != prev)
			return broken(c, "backward link of an LRU list", folio, prev,
				      page->link.prev);
		if (!count_listed(c, lruvec, folio, sizes))
			return false;
		if (lru >= 0 && folio_lru_list(page) != (enum lru_list)lru)
			return broken(c, "folio on another LRU list than its flags say", folio,
				      folio_lru_list(page), lru);
	}
	return list->tail == prev || broken(c, "tail of an LRU list", prev, prev, list->tail);
}

static bool check_generations(struct lru_check *c, const struct lruvec *lruvec,
			      struct list_sizes *sizes)
{
	const struct lru_gen_folio *lrugen = &lruvec->lrugen;

	for (u32 gen = 0; gen < MAX_NR_GENS; gen++)
		for (u32 type = 0; type < NR_LRU_TYPES; type++)
			for (u32 zone = 0; zone < MAX_NR_ZONES; zone++)
				if (!check_list(c, lruvec, &lrugen->folios[gen][type][zone], -1,
						sizes))
					return false;
	for (u32 gen = 0; gen < MAX_NR_GENS; gen++)
		for (u32 type = 0; type < NR_LRU_TYPES; type++)
			for (u32 zone = 0; zone < MAX_NR_ZONES; zone++)
				if (lrugen->nr_pages[gen][type][zone] !=
				    sizes->gen_pages[gen][type][zone])
					return broken(c, "pages of a generation", gen,
						      sizes->gen_pages[gen][type][zone],
						      lrugen->nr_pages[gen][type][zone]);
	return true;
}

static bool check_lruvec(struct lru_check *c, const struct lruvec *lruvec)
{
	struct list_sizes sizes = {0};

	for (u32 lru = 0; lru < NR_LRU_LISTS; lru++)
		if (!check_list(c, lruvec, &lruvec->lists[lru], (s32)lru, &sizes))
			return false;
	if (c->vm->lru_gen && !check_generations(c, lruvec, &sizes))
		return false;
	for (u32 zone = 0; zone < MAX_NR_ZONES; zone++) {
		for (u32 lru = 0; lru < NR_LRU_LISTS; lru++) {
			if (lruvec->lru_zone_size[zone][lru] != sizes.pages[zone][lru])
				return broken(c, "size of an LRU list", zone * NR_LRU_LISTS + lru,
					      (s64)sizes.pages[zone][lru],
					      (s64)lruvec->lru_zone_size[zone][lru]);
			c->want[lruvec->nid][NR_INACTIVE_ANON + lru] +=
				(s64)sizes.pages[zone][lru];
		}
	}
	return true;
}

/* The slot of the owning node, -1 if it does not hold the folio. */
static s32 owner_slot(const struct vm_node *node, u32 folio)
{
	for (u32 i = 0; i < VM_NODE_SLOTS; i++)
		if (node->slot[i] == folio && node->present >> i & 1)
			return (s32)i;
	return -1;
}

static bool check_file_folio(struct lru_check *c, u32 folio, const struct vm_node *node,
			     s64 *want)
{
	const struct page *page = pfn_to_page(c->mm, folio);
	s64 nr = (s64)1 << page->order;

	if (page->flags & (PG_swapbacked | PG_swapcache))
		return broken(c, "flags of a file's folio", folio, 0, page->flags);
	for (u32 k = 0; k < 1u << page->order; k++) {
		u64 index = ((u64)node->index << VM_NODE_SHIFT) +
			    (u32)owner_slot(node, folio) + k;
		const struct vm_node *at = vm_node_lookup(c->vm, &node->file->pages, index);
		u32 i = (u32)(index % VM_NODE_SLOTS);

		if (!at || !(at->present >> i & 1) || at->slot[i] != folio + k)
			return broken(c, "page of a large folio is not in its file", folio + k,
				      (s64)index, at ? (s64)at->slot[i] : -1);
		want[NR_FILE_MAPPED] += page_refs_get(&c->vm->refs, folio + k) != 0;
	}
	want[NR_FILE_PAGES] += nr;
	want[NR_FILE_DIRTY] += page->flags & PG_dirty ? nr : 0;
	return true;
}

static bool check_region_folio(struct lru_check *c, u32 folio, const struct vm_node *node,
			       s64 *want)
{
	const struct page *page = pfn_to_page(c->mm, folio);
	u32 extra = page_refs_get(&c->vm->refs, folio);
	u32 i = (u32)owner_slot(node, folio);

	if (!(page->flags & PG_swapbacked) || page->order)
		return broken(c, "flags of an anonymous folio", folio, PG_swapbacked,
			      page->flags);
	if (page->flags & PG_swapcache &&
	    (!node->swap || swap_cache_folio(c->vm, node->swap[i]) != folio))
		return broken(c, "slot of a folio of the swap cache", folio, folio,
			      node->swap ? node->swap[i] : 0);
	c->mapped_anon += 1 + extra;
	if (node->vma->shmem) {
		want[NR_SHMEM]++;
		want[NR_FILE_PAGES]++;
		want[NR_FILE_MAPPED] += node->vma->shmem_mapped;
	} else {
		want[NR_ANON_MAPPED]++;
	}
	return true;
}

/* One entry of a huge folio. */
static bool check_huge_entry(struct lru_check *c, u32 folio, const struct huge_entry *entry)
{
	u32 nr = 0;

	if (!entry->vma || entry->folio != folio ||
	    huge_entry_of(entry->vma, entry->index) != entry)
		return broken(c, "entry of a huge folio", folio, folio, entry->folio);
	for (u64 i = 0; i < c->mm->pageblock_nr_pages; i++)
		nr += huge_entry_maps(entry->vma, entry->index + i) == entry;
	if (entry->nr_mapped != nr || !nr)
		return broken(c, "pages that an entry of a huge folio maps", folio, nr,
			      entry->nr_mapped);
	c->mapped_anon += nr;
	return true;
}

static bool check_huge_folio(struct lru_check *c, u32 folio, s64 *want)
{
	const struct huge_entry *owner = folio_huge_entry(c->vm, folio), *e = owner;
	s64 nr = (s64)1 << pfn_to_page(c->mm, folio)->order, mapped, whole = 0;

	do {
		if (!check_huge_entry(c, folio, e))
			return false;
		if (e != owner && e->deferred)
			return broken(c, "waits to be split by an entry", folio, 0, 1);
		whole |= e->mapped ? 0 : nr;
		e = huge_entry_next(c->vm, e);
	} while (e != owner);
	mapped = huge_folio_mapped(c->vm, owner);
	if (owner->deferred != (mapped < nr))
		return broken(c, "waits to be split", folio, mapped < nr, owner->deferred);
	want[NR_ANON_MAPPED] += mapped;
	want[NR_ANON_THPS] += whole;
	return true;
}

/* A block in use that a region, a file or the swap cache holds, or held. */
static bool check_folio(struct lru_check *c, u32 folio)
{
	const struct page *page = pfn_to_page(c->mm, folio);
	s64 *want = c->want[pfn_zone(c->mm, folio)->nid], nr = (s64)1 << page->order;
	enum page_owner_kind kind = page_owner_kind(page);
	bool batched = folio_in_batch(page), on_lru = page->flags & PG_lru;

	c->waiting += batched;
	if (page->owner == page_owner(OWNER_OTHER, OWNER_BATCH)) {
		/* It is unlocked when the batch frees it. */
		want[NR_MLOCK] += page->flags & PG_unevictable ? nr : 0;
		return batched || broken(c, "folio let go of but in no batch", folio, 1, 0);
	}
	if (kind != OWNER_NODE && kind != OWNER_SWAP && kind != OWNER_HUGE)
		return true;
	c->on_lru += on_lru;
	if (!batched && !on_lru)
		return broken(c, "folio on no list and in no batch", folio, PG_lru, page->flags);
	want[NR_WRITEBACK] += page->flags & PG_writeback ? nr : 0;
	want[NR_MLOCK] += page->flags & PG_unevictable ? nr : 0;
	if (page->flags & PG_swapcache) {
		want[NR_SWAPCACHE] += nr;
		want[NR_FILE_PAGES] += nr;
	}
	if (kind == OWNER_HUGE)
		return check_huge_folio(c, folio, want);
	if (kind == OWNER_SWAP)
		return (page->flags & PG_swapcache &&
			swap_cache_folio(c->vm, page->owner & OWNER_NUMBER) == folio) ||
		       broken(c, "folio of the swap cache is not in it", folio, 1, 0);
	const struct vm_node *node = vm_node_get(c->vm, page->owner & OWNER_NUMBER);

	if (owner_slot(node, folio) < 0)
		return broken(c, "owner does not hold its folio", folio, node->id, -1);
	return node->is_file ? check_file_folio(c, folio, node, want)
			     : check_region_folio(c, folio, node, want);
}

static bool check_folios(struct lru_check *c)
{
	for_each_populated_zone(c->mm, zone) {
		for (u64 pfn = zone->start_pfn; pfn < zone_end_pfn(zone); pfn++) {
			if (pfn_to_page(c->mm, pfn)->state != PAGE_USED)
				continue;
			if (!check_folio(c, (u32)pfn))
				return false;
			pfn += (1ull << pfn_to_page(c->mm, pfn)->order) - 1;
		}
	}
	if (c->listed != c->on_lru)
		return broken(c, "folios on LRU lists", 0, (s64)c->on_lru, (s64)c->listed);
	if (c->waiting != lru_batched(c->vm))
		return broken(c, "folios in batches", 0, (s64)c->waiting,
			      (s64)lru_batched(c->vm));
	return true;
}

/* What an entry of a huge page maps, no other one does. */
static bool check_no_overlap(const struct vm_area_struct *vma, const struct vm_node *node)
{
	for (u64 mask = node->present | node->swapped | node->zero; mask; mask &= mask - 1)
		if (huge_entry_maps(vma, ((u64)node->index << VM_NODE_SHIFT) +
						 (u32)__builtin_ctzll(mask)))
			return false;
	return true;
}

/* The entries of one region: how many map anonymous pages, which swap slots they name. */
static bool check_region(struct lru_check *c, const struct vm_area_struct *vma, u64 *mapped)
{
	u64 present = 0;

	for (u64 i = 0; i < vma->huge_n; i++) {
		const struct huge_entry *entry =
			huge_entry_of(vma, i << c->mm->pageblock_order);

		present += entry ? entry->nr_mapped : 0;
	}
	*mapped += present;
	for (u64 i = 0; i < vma->nodes.n; i++) {
		const struct vm_node *node;

		if (!vma->nodes.id[i])
			continue;
		node = vm_node_get(c->vm, vma->nodes.id[i]);
		if (node->present & node->swapped)
			return broken(c, "entry both present and swapped out", node->id, 0, 1);
		if (vma->huge_n && !check_no_overlap(vma, node))
			return broken(c, "page mapped by a huge entry and another", node->id, 0,
				      1);
		present += (u64)__builtin_popcountll(node->present);
		for (u64 mask = node->present; mask; mask &= mask - 1)
			*mapped += pfn_to_page(c->mm, node->slot[__builtin_ctzll(mask)])->flags &
					   PG_swapbacked
					   ? 1
					   : 0;
		for (u64 mask = node->swapped; mask; mask &= mask - 1) {
			u32 entry = node->slot[__builtin_ctzll(mask)];

			if (!entry || entry >= c->nr_named)
				return broken(c, "swap entry", node->id, 1, entry);
			c->named[entry]++;
		}
	}
	return present == vma->nr_present ||
	       broken(c, "present pages of a region", vma->start, (s64)present,
		      (s64)vma->nr_present);
}

static bool check_regions(struct lru_check *c)
{
	u64 mapped = 0;

	for (const struct mm_struct *mm = c->vm->first; mm; mm = mm->next)
		for (u32 i = 0; i < mm->nr_areas; i++)
			if (!check_region(c, mm->areas[i], &mapped))
				return false;
	if (mapped != c->mapped_anon)
		return broken(c, "entries that map anonymous pages", 0, (s64)c->mapped_anon,
			      (s64)mapped);
	for (u64 entry = 1; entry < c->nr_named; entry++)
		if (swap_count(c->vm, (swp_entry_t)entry) != c->named[entry])
			return broken(c, "entries that name a swap slot", entry, c->named[entry],
				      swap_count(c->vm, (swp_entry_t)entry));
	return true;
}

static bool check_counters(const struct lru_check *c)
{
	static const enum node_stat_item items[] = {
		NR_INACTIVE_ANON, NR_ACTIVE_ANON, NR_INACTIVE_FILE, NR_ACTIVE_FILE,
		NR_UNEVICTABLE,	  NR_ANON_MAPPED, NR_ANON_THPS, NR_FILE_MAPPED,   NR_SHMEM,
		NR_WRITEBACK,	  NR_SWAPCACHE,	  NR_FILE_PAGES,    NR_FILE_DIRTY,
		NR_MLOCK,
	};

	for (u32 nid = 0; nid < c->mm->nr_nodes; nid++)
		for (u32 i = 0; i < ARRAY_SIZE(items); i++)
			if (c->want[nid][items[i]] != c->vm->node_stat[nid][items[i]])
				return broken(c, node_stat_names[items[i]], nid,
					      c->want[nid][items[i]],
					      c->vm->node_stat[nid][items[i]]);
	return true;
}

/* What groups are charged for: their folios, and stocks. */
static bool check_memcgs(const struct lru_check *c)
{
	u64 charged[MEM_CGROUPS_MAX] = {0};

	for (u32 pfn = 0; c->vm->folio_memcg && pfn < c->mm->end_pfn; pfn++)
		if (c->vm->folio_memcg[pfn])
			charged[c->vm->folio_memcg[pfn]] += folio_nr_pages(c->mm, pfn);
	for (u32 i = 1; i < c->vm->nr_memcgs; i++) {
		const struct mem_cgroup *memcg = c->vm->memcgs[i];

		for (u32 cpu = 0; cpu < c->mm->nr_cpus; cpu++)
			charged[i] += memcg->stock[cpu];
		if (charged[i] != memcg->usage)
			return broken(c, "pages charged to a group", i, (s64)charged[i],
				      (s64)memcg->usage);
	}
	return true;
}

static bool check_all(struct lru_check *c)
{
	for (u32 i = 0; i < c->vm->nr_memcgs; i++)
		for (u32 nid = 0; nid < c->mm->nr_nodes; nid++)
			if (!check_lruvec(c, &c->vm->memcgs[i]->lruvecs[nid]))
				return false;
	return check_folios(c) && check_regions(c) && check_counters(c) && check_memcgs(c);
}

bool mm_check_lru(const struct mm *mm, struct err *err)
{
	struct lru_check c = {.mm = mm, .vm = mm->vm, .err = err};
	bool ok;

	c.nr_named = c.vm->swap ? total_swap_pages(c.vm) + 1 : 0;
	c.want = calloc(mm->nr_nodes, sizeof(*c.want));
	c.named = calloc(c.nr_named + 1, sizeof(*c.named));
	ok = c.want && c.named ? check_all(&c)
			       : err_set(err, ERR_HOST_RES, "no memory for the checks");
	free(c.want);
	free(c.named);
	return ok;
}

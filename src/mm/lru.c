/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lists of evictable pages and what is counted with them: a set of lists for each memory group
 * and node, sizes by zone, and what reclaim of either type has cost. Modelled after mm/swap.c and
 * include/linux/mm_inline.h. The batches before the lists are in lru_batch.c.
 */
#include "mm/lru.h"

#include <assert.h>

#include "mm/memcontrol.h"

void folio_list_add(struct mm *mm, struct page_list *list, u32 folio)
{
	struct page *page = pfn_to_page(mm, folio);

	page->link.prev = PFN_NONE;
	page->link.next = list->head;
	if (list->head != PFN_NONE)
		pfn_to_page(mm, list->head)->link.prev = folio;
	else
		list->tail = folio;
	list->head = folio;
}

void folio_list_add_tail(struct mm *mm, struct page_list *list, u32 folio)
{
	struct page *page = pfn_to_page(mm, folio);

	page->link.next = PFN_NONE;
	page->link.prev = list->tail;
	if (list->tail != PFN_NONE)
		pfn_to_page(mm, list->tail)->link.next = folio;
	else
		list->head = folio;
	list->tail = folio;
}

void folio_list_del(struct mm *mm, struct page_list *list, u32 folio)
{
	struct page *page = pfn_to_page(mm, folio);

	if (page->link.prev != PFN_NONE)
		pfn_to_page(mm, page->link.prev)->link.next = page->link.next;
	else
		list->head = page->link.next;
	if (page->link.next != PFN_NONE)
		pfn_to_page(mm, page->link.next)->link.prev = page->link.prev;
	else
		list->tail = page->link.prev;
	page->link.next = page->link.prev = PFN_NONE;
}

u32 page_folio(const struct mm *mm, u32 pfn)
{
	for (u32 order = 0; order <= mm->max_order; order++) {
		u32 head = pfn & ~((1u << order) - 1);
		const struct page *page = pfn_to_page(mm, head);

		/* The first block that begins at or before the frame holds it or ends before. */
		if (page->state != PAGE_NONE)
			return page->state == PAGE_USED && pfn - head < 1u << page->order
				       ? head
				       : PFN_NONE;
	}
	return PFN_NONE;
}

static struct lruvec *lruvec_of(const struct vm *vm, u32 folio, const struct zone *zone)
{
	return &folio_memcg(vm, folio)->lruvecs[zone->nid];
}

struct lruvec *folio_lruvec(const struct vm *vm, u32 folio)
{
	return lruvec_of(vm, folio, pfn_zone(vm->mm, folio));
}

u64 lruvec_lru_size(const struct lruvec *lruvec, enum lru_list lru, u32 zone_idx)
{
	u64 size = 0;

	for (u32 z = 0; z <= zone_idx && z < MAX_NR_ZONES; z++)
		size += lruvec->lru_zone_size[z][lru];
	return size;
}

s64 node_lru_pages(const struct vm *vm, u32 nid, enum lru_list lru)
{
	return node_page_state(vm, nid, (enum node_stat_item)(NR_INACTIVE_ANON + (u32)lru));
}

u64 lruvec_page_state(const struct vm *vm, const struct lruvec *lruvec, enum lru_list lru)
{
	if (vm->stats_lag)
		return lruvec->flushed_size[lru];
	if (likely(lruvec->memcg->id == 0))
		return (u64)node_lru_pages(vm, lruvec->nid, lru);
	return lruvec_lru_size(lruvec, lru, MAX_NR_ZONES - 1);
}

void update_lru_size(struct vm *vm, struct lruvec *lruvec, enum lru_list lru, enum zone_type zone,
		     s64 nr_pages)
{
	lruvec->lru_zone_size[zone][lru] += (u64)nr_pages;
	vm->node_stat[lruvec->nid][NR_INACTIVE_ANON + (u32)lru] += nr_pages;
}

static bool on_lru_gen(const struct vm *vm, const struct page *page)
{
	return vm->lru_gen && !(page->flags & PG_unevictable);
}

static void add_folio(struct vm *vm, u32 folio, bool tail)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	const struct zone *zone = pfn_zone(vm->mm, folio);
	struct lruvec *lruvec = lruvec_of(vm, folio, zone);
	enum lru_list lru;

	assert(page->state == PAGE_USED && !(page->flags & PG_lru));
	page->flags |= PG_lru;
	if (on_lru_gen(vm, page)) {
		lru_gen_add_folio(vm, lruvec, folio, tail);
		return;
	}
	lru = folio_lru_list(page);
	update_lru_size(vm, lruvec, lru, (enum zone_type)zone->type, (s64)1 << page->order);
	if (tail)
		folio_list_add_tail(vm->mm, &lruvec->lists[lru], folio);
	else
		folio_list_add(vm->mm, &lruvec->lists[lru], folio);
}

void lruvec_add_folio(struct vm *vm, u32 folio)
{
	add_folio(vm, folio, false);
}

void lruvec_add_folio_tail(struct vm *vm, u32 folio)
{
	add_folio(vm, folio, true);
}

void lruvec_del_folio(struct vm *vm, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	const struct zone *zone = pfn_zone(vm->mm, folio);
	struct lruvec *lruvec = lruvec_of(vm, folio, zone);
	enum lru_list lru;

	assert(page->flags & PG_lru);
	page->flags &= (u16)~PG_lru;
	if (on_lru_gen(vm, page)) {
		lru_gen_del_folio(vm, lruvec, folio);
		return;
	}
	lru = folio_lru_list(page);
	update_lru_size(vm, lruvec, lru, (enum zone_type)zone->type, -((s64)1 << page->order));
	folio_list_del(vm->mm, &lruvec->lists[lru], folio);
}

void lruvec_split_folio(struct vm *vm, u32 folio, u32 nr)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	struct lruvec *lruvec = folio_lruvec(vm, folio);
	struct page_list *list = on_lru_gen(vm, page)
					 ? lru_gen_linked_list(vm, lruvec, folio)
					 : &lruvec->lists[folio_lru_list(page)];
	u32 prev = page->link.prev;

	assert(page->flags & PG_lru && !page->order);
	for (u32 i = 1; i < nr; i++) {
		pfn_to_page(vm->mm, folio + i)->link =
			(struct page_link){.next = i + 1 < nr ? folio + i + 1 : folio,
					   .prev = i > 1 ? folio + i - 1 : prev};
	}
	if (nr < 2)
		return;
	if (prev == PFN_NONE)
		list->head = folio + 1;
	else
		pfn_to_page(vm->mm, prev)->link.next = folio + 1;
	page->link.prev = folio + nr - 1;
}

static void note_cost(const struct vm *vm, struct lruvec *lruvec, enum lru_type type, u64 cost)
{
	u64 size = 0;

	if (type == LRU_TYPE_FILE)
		lruvec->file_cost += cost;
	else
		lruvec->anon_cost += cost;
	for (u32 lru = 0; lru < NR_EVICTABLE_LRU_LISTS; lru++)
		size += lruvec_page_state(vm, lruvec, (enum lru_list)lru);
	/* Old events fade, or the balance could never turn. */
	if (lruvec->file_cost + lruvec->anon_cost > size / 4) {
		lruvec->file_cost /= 2;
		lruvec->anon_cost /= 2;
	}
}

void lru_note_cost(struct lruvec *lruvec, struct vm *vm, enum lru_type type, u64 nr_io,
		   u64 nr_rotated)
{
	u64 cost = nr_io;

	if (vm->mm->profile->lru_cost_weighs_io)
		cost = nr_io * SWAP_CLUSTER_MAX + nr_rotated;
	note_cost(vm, lruvec, type, cost);
	if (lruvec->memcg->id)
		note_cost(vm, node_lruvec(vm, lruvec->nid), type, cost);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Splitting huge pages, after mm/huge_memory.c (7.2): into base pages, for whoever wants such; and
 * later, by a shrinker, those of which only a part is mapped any more, for the memory of the rest.
 * Left out: queues of memory groups (there is one a node), huge pages that are mapped but were
 * never filled (the kernel splits them only if max_ptes_none is below its default).
 */
#include <assert.h>
#include <stdlib.h>

#include "mm/huge_internal.h"
#include "mm/lru.h"
#include "mm/memcontrol.h"
#include "mm/shrinker.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"

struct split_queue {
	u32 head, tail; /* numbers of entries, 0: none */
	u64 nr;
};

struct deferred_split {
	struct shrinker shrinker;
	struct split_queue queues[]; /* [nr_nodes] */
};

static struct split_queue *queue_of(const struct vm *vm, const struct huge_entry *entry)
{
	return &vm->deferred_split->queues[pfn_zone(vm->mm, entry->folio)->nid];
}

static void enqueue(struct vm *vm, struct huge_entry *entry)
{
	struct split_queue *queue = queue_of(vm, entry);
	u32 id = huge_entry_id(vm, entry);

	entry->deferred = true;
	entry->deferred_prev = queue->tail;
	entry->deferred_next = 0;
	if (queue->tail)
		huge_entry_get(vm, queue->tail)->deferred_next = id;
	else
		queue->head = id;
	queue->tail = id;
	queue->nr++;
}

void deferred_split_add(struct vm *vm, struct huge_entry *entry)
{
	if (entry->deferred)
		return;
	enqueue(vm, entry);
	count_vm_events(vm->mm, THP_DEFERRED_SPLIT_PAGE, 1);
}

void deferred_split_del(struct vm *vm, struct huge_entry *entry)
{
	struct split_queue *queue = queue_of(vm, entry);

	if (!entry->deferred)
		return;
	if (entry->deferred_prev)
		huge_entry_get(vm, entry->deferred_prev)->deferred_next = entry->deferred_next;
	else
		queue->head = entry->deferred_next;
	if (entry->deferred_next)
		huge_entry_get(vm, entry->deferred_next)->deferred_prev = entry->deferred_prev;
	else
		queue->tail = entry->deferred_prev;
	queue->nr--;
	entry->deferred = false;
}

void huge_entry_move(struct vm *vm, u32 from, u32 to)
{
	struct huge_entry *owner = folio_huge_entry(vm, from), *e = owner;
	s64 mapped = huge_folio_mapped(vm, owner), whole = 0;
	bool deferred = owner->deferred;

	/* Queues are of nodes. */
	deferred_split_del(vm, owner);
	do {
		e->folio = to;
		whole |= e->mapped ? 0 : (s64)hpage_nr(vm);
		e = huge_entry_next(vm, e);
	} while (e != owner);
	if (deferred)
		enqueue(vm, owner);
	mod_node_page_state(vm, from, NR_ANON_MAPPED, -mapped);
	mod_node_page_state(vm, to, NR_ANON_MAPPED, mapped);
	mod_node_page_state(vm, from, NR_ANON_THPS, -whole);
	mod_node_page_state(vm, to, NR_ANON_THPS, whole);
}

void deferred_split_pass(struct vm *vm, struct huge_entry *from, struct huge_entry *to)
{
	deferred_split_del(vm, from);
	enqueue(vm, to);
}

/* mm/huge_memory.c:deferred_split_count */
static u64 count_deferred(struct shrinker *shrinker, struct vm *vm, u32 nid)
{
	(void)shrinker;
	return vm->deferred_split->queues[nid].nr;
}

/* mm/huge_memory.c:deferred_split_scan */
static u64 scan_deferred(struct shrinker *shrinker, struct vm *vm, struct task_struct *current,
			 gfp_t gfp, u32 nid, u64 nr)
{
	const struct split_queue *queue = &vm->deferred_split->queues[nid];
	u64 split = 0;

	(void)shrinker;
	(void)gfp;
	while (nr-- && queue->head &&
	       split_huge_entry(vm, current, huge_entry_get(vm, queue->head)))
		split++;
	return split || queue->head ? split : SHRINK_STOP;
}

bool vm_huge_create(struct vm *vm)
{
	vm->deferred_split = calloc(1, sizeof(*vm->deferred_split) +
					       vm->mm->nr_nodes * sizeof(struct split_queue));
	if (!vm->deferred_split)
		return false;
	vm->deferred_split->shrinker = (struct shrinker){
		.name = "deferred_split_scan",
		.seeks = DEFAULT_SEEKS,
		.count_objects = count_deferred,
		.scan_objects = scan_deferred,
	};
	return shrinker_register(vm, &vm->deferred_split->shrinker);
}

void vm_huge_destroy(struct vm *vm)
{
	for (u32 i = 0; i < vm->nr_huge_chunks; i++) {
		for (u32 k = 0; k < HUGE_ENTRY_CHUNK; k++)
			free(vm->huge_chunks[i][k].mapped);
		free(vm->huge_chunks[i]);
	}
	free(vm->huge_chunks);
	free(vm->deferred_split);
	vm->huge_chunks = NULL;
	vm->deferred_split = NULL;
	vm->nr_huge_chunks = 0;
}

/* Nodes for all slots of the range before anything changes. */
static bool reserve_nodes(struct vm_area_struct *vma, u64 first)
{
	struct vm *vm = vma->vm_mm->vm;

	for (u64 i = first; i < first + hpage_nr(vm);) {
		struct vm_node *node = vm_node_at(vm, &vma->nodes, i);

		if (!node)
			return false;
		node->vma = vma;
		i = (i | (VM_NODE_SLOTS - 1)) + 1;
	}
	return true;
}

/* What an entry was when it went. */
struct gone_entry {
	struct vm_area_struct *vma;
	u64 first;
	u64 *mapped;
	bool young, wrprotect;
};

/* A folio and all that mapped it. */
struct split {
	struct gone_entry *entries;
	u32 nr, head;
};

static bool had_page(const struct gone_entry *entry, u32 i)
{
	return !entry->mapped || (entry->mapped[i / 64] >> (i % 64) & 1);
}

/* Base page i that was mapped is mapped by an entry of its own; who comes later shares it. False:
   host memory. */
static bool map_base_page(struct vm *vm, const struct gone_entry *entry, u32 head, u32 i)
{
	struct vm_node *node = vm_node_lookup(vm, &entry->vma->nodes, entry->first + i);
	u32 slot = (u32)((entry->first + i) % VM_NODE_SLOTS);

	if (!pfn_to_page(vm->mm, head + i)->owner)
		set_anon_pte(vm, node, slot, head + i, true);
	else if (!set_shared_pte(vm, node, slot, head + i))
		return false;
	if (!entry->young)
		node->young &= ~(1ull << slot);
	if (entry->wrprotect)
		node->wrprotect |= 1ull << slot;
	return true;
}

/* Whoever shares pages finds the others. */
static void join_rings(struct vm *vm, const struct split *split)
{
	const struct gone_entry *first = &split->entries[0];

	for (u32 k = 1; k < split->nr; k++)
		for (u64 i = 0; i < hpage_nr(vm); i += VM_NODE_SLOTS)
			vm_node_ring_join(
				vm, vm_node_lookup(vm, &first->vma->nodes, first->first + i),
				vm_node_lookup(vm, &split->entries[k].vma->nodes,
					       split->entries[k].first + i));
}

/* Each page is one of its own, with what the huge one was, where that was on the LRU.
   mm/huge_memory.c:__split_folio_to_order */
static void split_pages(struct vm *vm, u32 head)
{
	struct page *first = pfn_to_page(vm->mm, head);
	enum free_result result;

	first->flags &= (u16)~PG_compound;
	first->owner = 0;
	result = split_page(vm->mm, head, hpage_order(vm), 0);
	assert(result == FREE_OK);
	(void)result;
	for (u32 i = 1; i < hpage_nr(vm); i++) {
		struct page *page = pfn_to_page(vm->mm, head + i);

		page->refs = first->refs;
		page->link = (struct page_link){PFN_NONE, PFN_NONE};
		if (vm->folio_memcg)
			vm->folio_memcg[head + i] = vm->folio_memcg[head];
	}
	if (first->flags & PG_lru)
		lruvec_split_folio(vm, head, (u32)hpage_nr(vm));
}

/* What was mapped is mapped by entries of its own, and on `list` if there is one; what nothing maps
   nobody holds: it is free. mm/huge_memory.c:__folio_split, remap_page */
static void map_base_pages(struct vm *vm, struct task_struct *current, const struct split *split,
			   struct page_list *list)
{
	join_rings(vm, split);
	for (u32 i = 0; i < hpage_nr(vm); i++)
		for (u32 k = 0; k < split->nr; k++)
			if (had_page(&split->entries[k], i) &&
			    !map_base_page(vm, &split->entries[k], split->head, i))
				vm->no_host_memory = true;
	for (u32 i = 0; i < hpage_nr(vm); i++) {
		u32 pfn = split->head + i;

		if (!pfn_to_page(vm->mm, pfn)->owner)
			folios_put(vm, current, &pfn, 1);
		else if (list)
			folio_list_add_tail(vm->mm, list, pfn);
	}
}

/* Room for all that maps the folio, in one address space after the other. False: host memory. */
static bool split_prepare(struct vm *vm, struct huge_entry *entry, struct split *split)
{
	struct huge_entry *e = entry;

	*split = (struct split){.head = entry->folio};
	do {
		if (!reserve_nodes(e->vma, e->index))
			return false;
		split->nr++;
		e = huge_entry_next(vm, e);
	} while (e != entry);
	split->entries = calloc(split->nr, sizeof(*split->entries));
	vm->no_host_memory |= !split->entries;
	return split->entries != NULL;
}

static bool split_entry(struct vm *vm, struct task_struct *current, struct huge_entry *entry,
			struct page_list *list)
{
	struct split split;

	if (!split_prepare(vm, entry, &split))
		return false;
	for (u32 k = 0; k < split.nr; k++) {
		struct gone_entry *gone = &split.entries[k];

		*gone = (struct gone_entry){.vma = entry->vma, .first = entry->index,
					    .young = entry->young,
					    .wrprotect = entry->wrprotect};
		count_vm_events(vm->mm, THP_SPLIT_PMD, !entry->mapped);
		entry = huge_entry_forget(vm, entry, &gone->mapped);
	}
	assert(!entry);
	split_pages(vm, split.head);
	map_base_pages(vm, current, &split, list);
	for (u32 k = 0; k < split.nr; k++)
		free(split.entries[k].mapped);
	free(split.entries);
	count_vm_events(vm->mm, THP_SPLIT_PAGE, 1);
	task_charge(current, CAUSE_FAULT, split.nr * hpage_nr(vm) * vm->mm->costs.fork_pte);
	return true;
}

bool split_huge_entry(struct vm *vm, struct task_struct *current, struct huge_entry *entry)
{
	assert(pfn_to_page(vm->mm, entry->folio)->flags & PG_lru);
	return split_entry(vm, current, entry, NULL);
}

bool split_huge_entry_to_list(struct vm *vm, struct task_struct *current,
			      struct huge_entry *entry, struct page_list *list)
{
	assert(!(pfn_to_page(vm->mm, entry->folio)->flags & PG_lru));
	return split_entry(vm, current, entry, list);
}

bool split_huge_range(struct vm_area_struct *vma, struct task_struct *current, u64 index, u64 nr)
{
	for (u64 i = index; vma->huge_n && i < index + nr;) {
		struct huge_entry *entry = huge_entry_of(vma, i);
		u64 size = hpage_nr(vma->vm_mm->vm);

		i = (i | (size - 1)) + 1;
		if (entry && !split_huge_entry(vma->vm_mm->vm, current, entry))
			return false;
	}
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of huge pages that come by fork, and how they go, after mm/huge_memory.c and mm/rmap.c
 * (7.2): as a whole, or a part of their pages, which leaves the folio whole until somebody splits
 * it. Counted by folio is what any entry maps, by address space what its own does.
 */
#include "mm/huge_memory.h"

#include <stdlib.h>
#include <string.h>

#include "mm/huge_internal.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"

bool huge_page_shared(const struct vm *vm, const struct huge_entry *entry, u64 index)
{
	for (const struct huge_entry *e = huge_entry_next(vm, entry); e != entry;
	     e = huge_entry_next(vm, e))
		if (huge_entry_has(vm, e, index))
			return true;
	return false;
}

u32 huge_folio_mapped(const struct vm *vm, const struct huge_entry *entry)
{
	u32 nr = 0;

	for (u64 i = 0; i < hpage_nr(vm); i++)
		nr += huge_entry_has(vm, entry, i) || huge_page_shared(vm, entry, i);
	return nr;
}

/* Does an entry but this one map the folio as a whole? */
static bool others_whole(const struct vm *vm, const struct huge_entry *entry)
{
	for (const struct huge_entry *e = huge_entry_next(vm, entry); e != entry;
	     e = huge_entry_next(vm, e))
		if (!e->mapped)
			return true;
	return false;
}

static u64 map_words(const struct vm *vm)
{
	return (hpage_nr(vm) + 63) / 64;
}

static bool no_host_memory(struct vm *vm)
{
	vm->no_host_memory = true;
	return false;
}

bool huge_entry_share(struct vm_area_struct *vma, struct huge_entry *entry)
{
	struct vm *vm = vma->vm_mm->vm;
	u64 *mapped = NULL;
	u32 id;

	if (entry->mapped) {
		mapped = malloc(map_words(vm) * sizeof(*mapped));
		if (!mapped)
			return no_host_memory(vm);
		memcpy(mapped, entry->mapped, map_words(vm) * sizeof(*mapped));
	}
	if (!huge_entry_reserve(vma, entry->index)) {
		free(mapped);
		return false;
	}
	id = huge_entry_copy(vma, entry);
	huge_entry_get(vm, id)->mapped = mapped;
	entry->wrprotect = true;
	huge_entry_get(vm, id)->ring_next = entry->ring_next;
	huge_entry_get(vm, id)->ring_prev = huge_entry_id(vm, entry);
	huge_entry_next(vm, entry)->ring_prev = id;
	entry->ring_next = id;
	return true;
}

bool huge_entry_reuse(const struct vm *vm, struct huge_entry *entry)
{
	if (huge_entry_next(vm, entry) != entry)
		return false;
	entry->wrprotect = false;
	entry->young = true;
	return true;
}

/* The entry maps nr pages fewer, of which `last` are mapped by nobody else either. */
static void count_unmapped(struct vm *vm, struct huge_entry *entry, u32 nr, u32 last)
{
	entry->nr_mapped -= nr;
	entry->vma->nr_present -= nr;
	entry->vma->vm_mm->rss_stat[MM_ANONPAGES] -= nr;
	mod_node_page_state(vm, entry->folio, NR_ANON_MAPPED, -(s64)last);
}

/* Pages that only this entry maps. */
static u32 own_pages(const struct vm *vm, const struct huge_entry *entry)
{
	u32 nr = 0;

	if (huge_entry_next(vm, entry) == entry)
		return entry->nr_mapped;
	if (others_whole(vm, entry))
		return 0;
	for (u64 i = 0; i < hpage_nr(vm); i++)
		nr += huge_entry_has(vm, entry, i) && !huge_page_shared(vm, entry, i);
	return nr;
}

/* Off the ring; another entry stands for the folio if this one did. NULL: there is no other. */
static struct huge_entry *leave_ring(struct vm *vm, struct huge_entry *entry)
{
	struct page *page = pfn_to_page(vm->mm, entry->folio);
	struct huge_entry *next = huge_entry_next(vm, entry);

	if (next == entry) {
		deferred_split_del(vm, entry);
		return NULL;
	}
	huge_entry_get(vm, entry->ring_prev)->ring_next = entry->ring_next;
	next->ring_prev = entry->ring_prev;
	if (folio_huge_entry(vm, entry->folio) == entry) {
		page->owner = page_owner(OWNER_HUGE, entry->ring_next);
		if (entry->deferred)
			deferred_split_pass(vm, entry, next);
	}
	return folio_huge_entry(vm, entry->folio);
}

struct huge_entry *huge_entry_forget(struct vm *vm, struct huge_entry *entry, u64 **mapped)
{
	struct vm_area_struct *vma = entry->vma;
	struct huge_entry *other;
	u32 id = huge_entry_id(vm, entry);

	if (!entry->mapped && !others_whole(vm, entry))
		mod_node_page_state(vm, entry->folio, NR_ANON_THPS, -(s64)hpage_nr(vm));
	count_unmapped(vm, entry, entry->nr_mapped, own_pages(vm, entry));
	other = leave_ring(vm, entry);
	*mapped = entry->mapped;
	vma->huge[entry->index >> hpage_order(vm)] = 0;
	*entry = (struct huge_entry){.next_free = vm->free_huge};
	vm->free_huge = id;
	return other;
}

u32 zap_huge_entry(struct vm *vm, struct huge_entry *entry)
{
	u32 folio = entry->folio;
	u64 *mapped;
	struct huge_entry *other = huge_entry_forget(vm, entry, &mapped);

	free(mapped);
	if (!other)
		return folio;
	if (other->mapped && !others_whole(vm, other) &&
	    huge_folio_mapped(vm, other) < hpage_nr(vm))
		deferred_split_add(vm, other);
	return PFN_NONE;
}

/* From now on its pages are mapped one by one. False: host memory.
   mm/huge_memory.c:__split_huge_pmd */
static bool split_pmd(struct vm *vm, struct task_struct *current, struct huge_entry *entry)
{
	u64 *mapped;

	if (entry->mapped)
		return true;
	mapped = malloc(map_words(vm) * sizeof(*mapped));
	if (!mapped)
		return no_host_memory(vm);
	for (u64 i = 0; i < map_words(vm); i++)
		mapped[i] = ~0ull;
	if (!others_whole(vm, entry))
		mod_node_page_state(vm, entry->folio, NR_ANON_THPS, -(s64)hpage_nr(vm));
	entry->mapped = mapped;
	count_vm_events(vm->mm, THP_SPLIT_PMD, 1);
	task_charge(current, CAUSE_FAULT, hpage_nr(vm) * vm->mm->costs.fork_pte);
	return true;
}

/* Clears the bits of [from, to). Returns how many there were; *last: of which nobody has one. */
static u32 clear_bits(const struct vm *vm, struct huge_entry *entry, u64 from, u64 to, u32 *last)
{
	u32 nr = 0;

	for (u64 i = from; i < to; i++) {
		if (!huge_entry_has(vm, entry, i))
			continue;
		entry->mapped[(i & (hpage_nr(vm) - 1)) / 64] &= ~(1ull << (i % 64));
		*last += !huge_page_shared(vm, entry, i);
		nr++;
	}
	return nr;
}

u64 unmap_huge_pages(struct vm *vm, struct task_struct *current, struct huge_entry *entry,
		     u64 from, u64 to, u32 *folio)
{
	const struct costs *costs = &vm->mm->costs;
	u64 in_page = hpage_nr(vm) - 1;
	u32 nr, last = 0;

	if (!entry->mapped && !(from & in_page) && !(to & in_page)) {
		task_charge(current, CAUSE_FAULT, costs->unmap_page);
		*folio = zap_huge_entry(vm, entry);
		return in_page + 1;
	}
	if (!split_pmd(vm, current, entry))
		return 0;
	nr = clear_bits(vm, entry, from, to, &last);
	/* The cost of a page is given with that of its free. */
	task_charge(current, CAUSE_FAULT,
		    nr * (costs->unmap_page - min_u64(costs->unmap_page, costs->pcp_free)));
	count_unmapped(vm, entry, nr, last);
	if (!entry->nr_mapped)
		*folio = zap_huge_entry(vm, entry);
	else if (last)
		deferred_split_add(vm, folio_huge_entry(vm, entry->folio));
	return nr;
}

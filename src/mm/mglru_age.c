/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Aging of the multi-generational LRU: a walk over the page tables of all address spaces promotes
 * what was accessed, then a generation begins; and the look around an entry that reclaim found
 * young (mm/vmscan.c, 7.2). Page tables where young entries are rare are passed over until a look
 * around finds them worth it; the entry of a huge page is always looked at. Left out: the accessed
 * bits of upper levels (a table without young entries is passed over), address spaces passed over
 * because they have not run, entries that a walk must leave for a lock, dirty entries (files are
 * dirtied when they are first written).
 */
#include "mm/huge_memory.h"
#include "mm/mglru.h"
#include "mm/memcontrol.h"
#include "mm/oom.h"
#include "mm/vm_internal.h"

/* Young entries are worth a walk when there is one a cache line of eight. */
#define PTES_PER_CACHE_LINE 8

struct mm_walk {
	struct vm *vm;
	struct task_struct *current;
	struct lruvec *lruvec;
	u64 seq, swappiness;
	bool force; /* the filter is not asked */
	u64 total, young; /* entries of the page table at hand */
};

/* Two bits of a filter for a page table. mm/vmscan.c:get_item_key */
static void filter_keys(u32 mm_id, u64 table, u32 key[2])
{
	u64 hash = ((table << 20 ^ mm_id) * 0x9e3779b97f4a7c15ull) >> 34;

	key[0] = (u32)(hash % LRU_GEN_FILTER_BITS);
	key[1] = (u32)(hash / LRU_GEN_FILTER_BITS);
}

static bool filter_test(const struct lru_gen_folio *lrugen, u64 seq, u32 mm_id, u64 table)
{
	const u64 *filter = lrugen->filters[seq % 2];
	u32 key[2];

	if (!lrugen->filter_used[seq % 2])
		return true;
	filter_keys(mm_id, table, key);
	return filter[key[0] / 64] >> (key[0] % 64) & filter[key[1] / 64] >> (key[1] % 64) & 1;
}

static void filter_add(struct lru_gen_folio *lrugen, u64 seq, u32 mm_id, u64 table)
{
	u64 *filter = lrugen->filters[seq % 2];
	u32 key[2];

	if (!lrugen->filter_used[seq % 2])
		return;
	filter_keys(mm_id, table, key);
	filter[key[0] / 64] |= 1ull << (key[0] % 64);
	filter[key[1] / 64] |= 1ull << (key[1] % 64);
}

static void filter_reset(struct lru_gen_folio *lrugen, u64 seq)
{
	for (u32 i = 0; i < LRU_GEN_FILTER_BITS / 64; i++)
		lrugen->filters[seq % 2][i] = 0;
	lrugen->filter_used[seq % 2] = true;
}

/* mm/vmscan.c:suitable_to_scan */
static bool suitable_to_scan(u64 total, u64 young)
{
	return young * PTES_PER_CACHE_LINE >= total;
}

/* The folio of a young entry if it is one of the lruvec and, from 6.14 on, on a list.
   mm/vmscan.c:get_pfn_folio */
static u32 folio_of_entry(const struct vm *vm, const struct lruvec *lruvec, u32 pfn)
{
	u32 folio = pfn_to_page(vm->mm, pfn)->state == PAGE_USED ? pfn : page_folio(vm->mm, pfn);

	if (folio == PFN_NONE || folio_lruvec(vm, folio) != lruvec)
		return PFN_NONE;
	if (vm->mm->profile->lru_gen_marks_first &&
	    folio_lru_gen(pfn_to_page(vm->mm, folio)) < 0)
		return PFN_NONE;
	return folio;
}

/* Entries of node under mask that were accessed: each folio's is told once a run. */
static u64 harvest_young(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
			 struct vm_node *node, u64 mask,
			 void (*found)(struct vm *vm, struct task_struct *current,
				       struct lruvec *lruvec, u32 folio))
{
	u32 last = PFN_NONE;
	u64 young = 0;

	for (mask &= node->young & node->present; mask; mask &= mask - 1) {
		u32 i = (u32)__builtin_ctzll(mask);
		u32 folio = folio_of_entry(vm, lruvec, node->slot[i]);

		if (folio == PFN_NONE)
			continue;
		node->young &= ~(1ull << i);
		task_charge(current, CAUSE_RECLAIM, vm->mm->costs.lru_gen_young_pte);
		young++;
		if (folio != last)
			found(vm, current, lruvec, folio);
		last = folio;
	}
	return young;
}

static void promote(struct vm *vm, struct task_struct *current, struct lruvec *lruvec, u32 folio)
{
	(void)current;
	lru_gen_promote_folio(vm, lruvec, folio);
}

/* Without a walk of its own a direct reclaimer moves what it finds.
   mm/vmscan.c:walk_update_folio */
static void activate(struct vm *vm, struct task_struct *current, struct lruvec *lruvec, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);

	if (vm->mm->profile->lru_gen_marks_first && !lru_gen_set_refs(vm, folio))
		return;
	if (folio_lru_gen(page) < 0)
		page->flags |= PG_referenced;
	else if (folio_lru_gen(page) != (s32)lru_gen_from_seq(lruvec->lrugen.max_seq))
		folio_activate(vm, current, folio);
}

static u64 node_mask(u64 index, u64 stop)
{
	return ~0ull >> (VM_NODE_SLOTS - (stop - index)) << (index % VM_NODE_SLOTS);
}

/* The part [index, end) of a region that one page table maps. */
static void walk_pte_range(struct mm_walk *walk, const struct vm_area_struct *vma, u64 index,
			   u64 end)
{
	struct vm *vm = walk->vm;

	task_charge(walk->current, CAUSE_RECLAIM, (end - index) * vm->mm->costs.lru_gen_walk_pte);
	for (u64 stop; index < end; index = stop) {
		struct vm_node *node = vm_node_lookup(vm, &vma->nodes, index);

		stop = min_u64(end, (index | (VM_NODE_SLOTS - 1)) + 1);
		if (node && node->young)
			walk->young += harvest_young(vm, walk->current, walk->lruvec, node,
						     node_mask(index, stop), promote);
	}
}

/* Is anything there, and is anything of it young? */
static bool range_present(const struct vm *vm, const struct vm_area_struct *vma, u64 index, u64 end,
			  bool *young)
{
	bool present = false;

	*young = false;
	for (u64 stop; index < end; index = stop) {
		const struct vm_node *node = vm_node_lookup(vm, &vma->nodes, index);
		u64 mask;

		stop = min_u64(end, (index | (VM_NODE_SLOTS - 1)) + 1);
		if (!node)
			continue;
		mask = node->present & node_mask(index, stop);
		present |= mask != 0;
		*young |= (mask & node->young) != 0;
	}
	return present;
}

/* Where the pages of a region that were ever touched end. */
static u64 touched_end(const struct vm_area_struct *vma)
{
	u64 huge = vma->huge_n << vma->vm_mm->vm->mm->pageblock_order;

	return vma->start + min_u64(vma->nr_pages, max_u64(vma->nodes.n << VM_NODE_SHIFT, huge));
}

/*
 * A huge page in the table at hand. One entry of an upper level maps it, which no filter tells of;
 * of one that is mapped in parts the entries are in the table. mm/vmscan.c:walk_pmd_range_locked
 */
static void walk_huge(struct mm_walk *walk, struct huge_entry *entry)
{
	const struct costs *costs = &walk->vm->mm->costs;
	u32 folio = PFN_NONE;

	task_charge(walk->current, CAUSE_RECLAIM, costs->lru_gen_walk_pte);
	if (entry->young)
		folio = folio_of_entry(walk->vm, walk->lruvec, entry->folio);
	if (folio == PFN_NONE)
		return;
	entry->young = false;
	task_charge(walk->current, CAUSE_RECLAIM, costs->lru_gen_young_pte);
	walk->young += entry->mapped ? entry->nr_mapped : 0;
	promote(walk->vm, walk->current, walk->lruvec, folio);
}

/* Pages [index, end) of a region, which one page table maps; scan: it is worth a look. */
static void walk_area(struct mm_walk *walk, const struct vm_area_struct *vma, u64 index, u64 end,
		      bool scan)
{
	struct huge_entry *huge = huge_entry_of(vma, index);
	bool young, present;

	if (huge && (scan || !huge->mapped))
		walk_huge(walk, huge);
	if (!scan)
		return;
	present = range_present(walk->vm, vma, index, end, &young);
	if (present || (huge && huge->mapped))
		walk->total += end - index;
	if (present && (young || walk->force))
		walk_pte_range(walk, vma, index, end);
}

/* The regions from number *i on as far as they lie in the page table. */
static void walk_table(struct mm_walk *walk, const struct mm_struct *mm, u32 *i, u64 table)
{
	struct lru_gen_folio *lrugen = &walk->lruvec->lrugen;
	u64 from = table << mm->pgtable.bits, to = (table + 1) << mm->pgtable.bits;
	bool scan = walk->force || filter_test(lrugen, walk->seq, mm->id, table);

	walk->total = walk->young = 0;
	for (; *i < mm->nr_areas && mm->areas[*i]->start < to; (*i)++) {
		const struct vm_area_struct *vma = mm->areas[*i];

		/* mm/vmscan.c:should_skip_vma */
		if (touched_end(vma) > from && !vma->locked && (vma->file || walk->swappiness))
			walk_area(walk, vma, max_u64(from, vma->start) - vma->start,
				  min_u64(to, touched_end(vma)) - vma->start, scan);
		if (vma->start + vma->nr_pages > to)
			break;
	}
	if (walk->young && suitable_to_scan(walk->total, walk->young))
		filter_add(lrugen, walk->seq + 1, mm->id, table);
}

/* First region that ends above addr. O(log regions) */
static u32 area_after(const struct mm_struct *mm, u64 addr)
{
	u32 low = 0, high = mm->nr_areas;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (touched_end(mm->areas[mid]) > addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* From mm on, the first address space of the group with a number above id; NULL: none. Numbers rise
   along the list. O(address spaces passed over) */
static const struct mm_struct *next_mm(const struct mm_struct *mm, const struct lruvec *lruvec,
				       u32 id)
{
	while (mm && (mm->id <= id || mm->memcg != lruvec->memcg))
		mm = mm->next;
	return mm;
}

/* While this number stays, no address space has gone. */
static u32 nr_mm_gone(const struct vm *vm)
{
	return vm->next_mm_id - vm->nr_mm;
}

/* Time passes after each page table: then the address space may be gone, or other regions there.
   mm/vmscan.c:walk_mm */
static void walk_mm(struct mm_walk *walk, const struct mm_struct *mm)
{
	const struct vm *vm = walk->vm;
	u32 id = mm->id, gone = nr_mm_gone(vm), i = 0;
	u64 table = 0;

	for (;;) {
		while (i < mm->nr_areas && touched_end(mm->areas[i]) <= table << mm->pgtable.bits)
			i++;
		if (i == mm->nr_areas)
			return;
		table = max_u64(table, mm->areas[i]->start >> mm->pgtable.bits);
		walk_table(walk, mm, &i, table++);
		if (walk->current->charged_ns == walk->current->spent_ns)
			continue;
		task_spend_partly(vm->mm, walk->current);
		if (gone != nr_mm_gone(vm)) {
			mm = next_mm(vm->first, walk->lruvec, id - 1);
			if (!mm || mm->id != id)
				return;
			gone = nr_mm_gone(vm);
		}
		i = area_after(mm, table << mm->pgtable.bits);
	}
}

/*
 * The next address space of the walk over all, oldest first; new ones, and from the first of them
 * on all, are walked whatever the filter says. NULL: none; *last: nobody had found that before.
 * mm/vmscan.c:iterate_mm_list
 */
static const struct mm_struct *iterate_mm_list(struct mm_walk *walk, bool *last)
{
	struct lru_gen_folio *lrugen = &walk->lruvec->lrugen;
	const struct vm *vm = walk->vm;
	const struct mm_struct *mm;

	*last = false;
	if (walk->seq <= lrugen->mm_seq)
		return NULL;
	if (lrugen->mm_head && lrugen->mm_gone == nr_mm_gone(vm))
		mm = next_mm(lrugen->mm_at, walk->lruvec, lrugen->mm_head);
	else
		mm = next_mm(vm->first, walk->lruvec, lrugen->mm_head);
	if (!mm) {
		lrugen->mm_seq++;
		lrugen->mm_head = 0;
		*last = true;
		return NULL;
	}
	if (!lrugen->mm_head)
		filter_reset(lrugen, walk->seq + 1);
	if (mm->id > lrugen->mm_tail) {
		lrugen->mm_tail = mm->id;
		walk->force = true;
	}
	lrugen->mm_head = mm->id;
	lrugen->mm_at = mm;
	lrugen->mm_gone = nr_mm_gone(vm);
	return mm;
}

/* What was the second youngest is no longer active; the number of the next generation may still be
   that of pages that cannot be evicted. */
static void count_inactive(struct vm *vm, struct lruvec *lruvec)
{
	struct lru_gen_folio *lrugen = &lruvec->lrugen;
	u32 prev = lru_gen_from_seq(lrugen->max_seq - 1);
	u32 next = lru_gen_from_seq(lrugen->max_seq + 1);

	for (u32 type = 0; type < NR_LRU_TYPES; type++) {
		enum lru_list lru = type == LRU_TYPE_FILE ? LRU_INACTIVE_FILE : LRU_INACTIVE_ANON;

		for (u32 zone = 0; zone < MAX_NR_ZONES; zone++) {
			s64 delta = lrugen->nr_pages[prev][type][zone] -
				    lrugen->nr_pages[next][type][zone];

			if (!delta)
				continue;
			update_lru_size(vm, lruvec, lru, (enum zone_type)zone, delta);
			update_lru_size(vm, lruvec, lru + LRU_ACTIVE, (enum zone_type)zone, -delta);
		}
	}
}

/* mm/vmscan.c:inc_max_seq */
static void begin_generation(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
			     u64 swappiness)
{
	struct lru_gen_folio *lrugen = &lruvec->lrugen;

	for (u32 type = 0; type < NR_LRU_TYPES; type++)
		if (get_nr_gens(lrugen, type) == MAX_NR_GENS)
			lru_gen_inc_min_seq(vm, current, lruvec, type, swappiness);
	count_inactive(vm, lruvec);
	lrugen->max_seq++;
	lrugen->birth_ns[lru_gen_from_seq(lrugen->max_seq)] =
		vm->mm->engine ? engine_now(vm->mm->engine) : 0;
}

void lru_gen_inc_max_seq(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
			 u64 swappiness)
{
	struct mm_walk walk = {
		.vm = vm,
		.current = current,
		.lruvec = lruvec,
		.seq = lruvec->lrugen.max_seq,
		.swappiness = swappiness,
	};
	const struct mm_struct *mm;
	bool last;

	while ((mm = iterate_mm_list(&walk, &last)))
		walk_mm(&walk, mm);
	if (last)
		begin_generation(vm, current, lruvec, swappiness);
}

void lru_gen_look_around(struct vm *vm, struct task_struct *current, struct vm_node *node, u32 slot)
{
	const struct vm_area_struct *vma = node->vma;
	u64 index = ((u64)node->index << VM_NODE_SHIFT) + slot, addr = vma->start + index;
	u64 entries = 1ull << vma->vm_mm->pgtable.bits, table = addr / entries;
	u64 start = max_u64(table * entries, vma->start);
	u64 end = min_u64((table + 1) * entries, vma->start + vma->nr_pages), young = 1, total;
	struct lruvec *lruvec = folio_lruvec(vm, page_folio(vm->mm, node->slot[slot]));

	node->young &= ~(1ull << slot);
	if (end - start == 1)
		return;
	if (end - start > MIN_LRU_BATCH) {
		if (addr - start < MIN_LRU_BATCH / 2)
			end = start + MIN_LRU_BATCH;
		else if (end - addr < MIN_LRU_BATCH / 2)
			start = end - MIN_LRU_BATCH;
		else
			start = addr - MIN_LRU_BATCH / 2, end = addr + MIN_LRU_BATCH / 2;
	}
	total = end - start;
	task_charge(current, CAUSE_RECLAIM, total * vm->mm->costs.lru_gen_walk_pte);
	end -= vma->start;
	for (u64 i = start - vma->start, stop; i < end; i = stop) {
		struct vm_node *near = vm_node_lookup(vm, &vma->nodes, i);

		stop = min_u64(end, (i | (VM_NODE_SLOTS - 1)) + 1);
		if (near && near->young)
			young += harvest_young(vm, current, lruvec, near, node_mask(i, stop),
					       current->flags & PF_KSWAPD ? promote : activate);
	}
	if (suitable_to_scan(total, young))
		filter_add(&lruvec->lrugen, lruvec->lrugen.max_seq, vma->vm_mm->id, table);
}

/* mm/vmscan.c:lruvec_is_reclaimable */
static bool lruvec_is_reclaimable(const struct vm *vm, const struct lruvec *lruvec,
				  const struct scan_control *sc, u64 min_ttl_ns)
{
	u64 swappiness = lru_gen_swappiness(vm, sc);
	u32 gen = lru_gen_from_seq(evictable_min_seq(&lruvec->lrugen, swappiness));

	if (mem_cgroup_below_min(NULL, lruvec->memcg) ||
	    !(lru_gen_evictable_size(lruvec, swappiness) >> sc->priority))
		return false;
	return lruvec->lrugen.birth_ns[gen] + min_ttl_ns < engine_now(vm->mm->engine);
}

void lru_gen_age_node(struct vm *vm, struct task_struct *current, u32 nid, struct scan_control *sc)
{
	u64 min_ttl_ns = vm->mm->sysctl.lru_gen_min_ttl_ms * NSEC_PER_MSEC;
	const struct pglist_data *pgdat = &vm->mm->nodes[nid];
	struct alloc_context ac = {
		.zonelist = pgdat->fallback,
		.nr_zonelist = pgdat->nr_fallback,
		.preferred_nid = nid,
		.highest_zoneidx = MAX_NR_ZONES - 1,
	};
	struct oom_control oc = {.ac = &ac, .gfp = sc->gfp};

	if (!min_ttl_ns || !vm->mm->engine)
		return;
	for (u32 i = 0; i < vm->nr_memcgs; i++)
		if (lruvec_is_reclaimable(vm, &vm->memcgs[i]->lruvecs[nid], sc, min_ttl_ns))
			return;
	if (oom_mutex_trylock(vm)) {
		out_of_memory(vm, current, &oc);
		oom_mutex_unlock(vm);
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The multi-generational LRU: lists by generation, use counts and tiers, what a refault tells, and
 * the ends of the window of generations (mm/vmscan.c, mm/workingset.c, include/linux/mm_inline.h,
 * 7.2). A promoted folio only changes its flags; it stays where it is linked until eviction or
 * aging meets it, as in the kernel. Left out: statistics per generation.
 */
#include "mm/mglru.h"

#include <assert.h>

#include "mm/vmstat.h"

void lru_gen_init_lruvec(struct vm *vm, struct lruvec *lruvec)
{
	struct lru_gen_folio *lrugen = &lruvec->lrugen;
	u64 now = vm->mm->engine ? engine_now(vm->mm->engine) : 0;

	*lrugen = (struct lru_gen_folio){.max_seq = MIN_NR_GENS + 1, .mm_seq = MIN_NR_GENS};
	for (u32 gen = 0; gen < MAX_NR_GENS; gen++) {
		lrugen->birth_ns[gen] = now;
		for (u32 type = 0; type < NR_LRU_TYPES; type++)
			for (u32 zone = 0; zone < MAX_NR_ZONES; zone++)
				lrugen->folios[gen][type][zone] =
					(struct page_list){PFN_NONE, PFN_NONE};
	}
}

u32 folio_lru_refs(const struct mm *mm, const struct page *page)
{
	if (!mm->profile->lru_gen_marks_first)
		return page->refs + (page->flags & PG_workingset ? 1u : 0u);
	/* Older counts say nothing once the mark of the first use is gone. */
	return page->flags & PG_referenced ? page->refs + 1u : 0;
}

/* Rounded up log2; refs <= 5. */
static u32 tier_from_refs(const struct mm *mm, u32 refs, bool workingset)
{
	if (mm->profile->lru_gen_marks_first && workingset)
		return MAX_NR_TIERS - 1;
	if (!mm->profile->lru_gen_marks_first)
		refs++;
	return refs <= 1 ? 0 : 32 - (u32)__builtin_clz(refs - 1);
}

u32 folio_lru_tier(const struct mm *mm, const struct page *page)
{
	return tier_from_refs(mm, folio_lru_refs(mm, page), page->flags & PG_workingset);
}

bool folio_lru_lazily_promoted(const struct mm *mm, const struct page *page)
{
	return mm->profile->lru_gen_marks_first && page->flags & PG_workingset &&
	       folio_lru_refs(mm, page) == LRU_REFS_MAX + 1;
}

static bool waits_for_io(const struct page *page)
{
	return page->flags & PG_reclaim && page->flags & (PG_dirty | PG_writeback);
}

/* 6.12: lru_gen_add_folio. */
static u64 folio_seq_by_oldest(const struct lru_gen_folio *lrugen, const struct page *page,
			       bool reclaiming)
{
	enum lru_type type = folio_lru_type(page);

	if (page->flags & PG_active)
		return lrugen->max_seq;
	if ((type == LRU_TYPE_ANON && !(page->flags & PG_swapcache)) || waits_for_io(page))
		return lrugen->max_seq - 1;
	if (reclaiming || lrugen->min_seq[type] + MIN_NR_GENS >= lrugen->max_seq)
		return lrugen->min_seq[type];
	return lrugen->min_seq[type] + 1;
}

u64 lru_gen_folio_seq(const struct mm *mm, const struct lruvec *lruvec, const struct page *page,
		      bool reclaiming)
{
	const struct lru_gen_folio *lrugen = &lruvec->lrugen;
	enum lru_type type = folio_lru_type(page);
	u32 gen;

	if (!mm->profile->lru_gen_marks_first)
		return folio_seq_by_oldest(lrugen, page, reclaiming);
	if (page->flags & PG_active)
		gen = MIN_NR_GENS - (page->flags & PG_workingset ? 1 : 0);
	else if (reclaiming)
		gen = MAX_NR_GENS;
	else if ((type == LRU_TYPE_ANON && !(page->flags & PG_swapcache)) || waits_for_io(page))
		gen = MIN_NR_GENS;
	else
		gen = MAX_NR_GENS - (page->flags & (PG_workingset | PG_referenced) ? 1 : 0);
	return max_u64(lrugen->max_seq + 1 - min_u64(gen, lrugen->max_seq + 1),
		       lrugen->min_seq[type]);
}

void lru_gen_update_size(struct vm *vm, struct lruvec *lruvec, u32 folio, s32 old_gen, s32 new_gen)
{
	const struct page *page = pfn_to_page(vm->mm, folio);
	struct lru_gen_folio *lrugen = &lruvec->lrugen;
	enum zone_type zone = (enum zone_type)pfn_zone(vm->mm, folio)->type;
	enum lru_type type = folio_lru_type(page);
	enum lru_list lru = type == LRU_TYPE_FILE ? LRU_INACTIVE_FILE : LRU_INACTIVE_ANON;
	s64 nr = (s64)folio_nr_pages(vm->mm, folio);
	bool was_active = old_gen >= 0 && lru_gen_is_active(lrugen, (u32)old_gen);
	bool is_active = new_gen >= 0 && lru_gen_is_active(lrugen, (u32)new_gen);

	if (old_gen >= 0)
		lrugen->nr_pages[old_gen][type][zone] -= nr;
	if (new_gen >= 0)
		lrugen->nr_pages[new_gen][type][zone] += nr;
	if (old_gen >= 0 && new_gen >= 0 && was_active == is_active)
		return;
	if (old_gen >= 0)
		update_lru_size(vm, lruvec, lru + (was_active ? LRU_ACTIVE : 0), zone, -nr);
	if (new_gen >= 0)
		update_lru_size(vm, lruvec, lru + (is_active ? LRU_ACTIVE : 0), zone, nr);
}

static void set_gen(struct page *page, u32 gen)
{
	page->flags = (u16)((page->flags & ~PG_GEN_MASK) | gen << PG_GEN_SHIFT);
}

struct page_list *lru_gen_linked_list(const struct vm *vm, struct lruvec *lruvec, u32 folio)
{
	const struct page *page = pfn_to_page(vm->mm, folio);
	u32 zone = pfn_zone(vm->mm, folio)->type;
	enum lru_type type = folio_lru_type(page);
	struct page_list *list;

	for (u32 i = 0; i < MAX_NR_GENS; i++) {
		list = &lruvec->lrugen.folios[(page_gen(page) + i) % MAX_NR_GENS][type][zone];
		if ((page->link.prev != PFN_NONE && page->link.next != PFN_NONE) ||
		    list->head == folio || list->tail == folio)
			return list;
	}
	assert(0 && "a folio with PG_lru is linked on a list of some generation");
	return NULL;
}

void lru_gen_add_folio(struct vm *vm, struct lruvec *lruvec, u32 folio, bool reclaiming)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	u32 gen = lru_gen_from_seq(lru_gen_folio_seq(vm->mm, lruvec, page, reclaiming));
	struct page_list *list = &lruvec->lrugen.folios[gen][folio_lru_type(page)]
						       [pfn_zone(vm->mm, folio)->type];

	if (!vm->mm->profile->lru_gen_marks_first && page->flags & PG_active) {
		page->flags &= (u16)~PG_referenced;
		page->refs = 0;
	}
	page->flags = (u16)((page->flags & ~PG_active) | PG_lru);
	set_gen(page, gen);
	lru_gen_update_size(vm, lruvec, folio, -1, (s32)gen);
	if (reclaiming)
		folio_list_add_tail(vm->mm, list, folio);
	else
		folio_list_add(vm->mm, list, folio);
}

void lru_gen_isolate_folio(struct vm *vm, struct lruvec *lruvec, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);

	lru_gen_update_size(vm, lruvec, folio, (s32)page_gen(page), -1);
	folio_list_del(vm->mm, lru_gen_linked_list(vm, lruvec, folio), folio);
	page->flags &= (u16)~(PG_lru | PG_GEN_MASK);
}

void lru_gen_del_folio(struct vm *vm, struct lruvec *lruvec, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	bool active = lru_gen_is_active(&lruvec->lrugen, page_gen(page));

	lru_gen_isolate_folio(vm, lruvec, folio);
	if (active)
		page->flags |= PG_active;
}

void lru_gen_move_folio(struct vm *vm, struct lruvec *lruvec, u32 folio, u32 gen, bool tail)
{
	struct page_list *from = lru_gen_linked_list(vm, lruvec, folio);
	struct page_list *to =
		&lruvec->lrugen.folios[gen][folio_lru_type(pfn_to_page(vm->mm, folio))]
				      [pfn_zone(vm->mm, folio)->type];

	folio_list_del(vm->mm, from, folio);
	if (tail)
		folio_list_add_tail(vm->mm, to, folio);
	else
		folio_list_add(vm->mm, to, folio);
}

/* mm/swap.c:lru_gen_inc_refs */
void lru_gen_inc_refs(struct vm *vm, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	bool marks_first = vm->mm->profile->lru_gen_marks_first;

	if (page->flags & PG_unevictable)
		return;
	if (!(page->flags & PG_referenced)) {
		page->flags |= PG_referenced;
		if (marks_first)
			page->refs = 0;
	} else if (!marks_first && !(page->flags & PG_workingset)) {
		page->flags |= PG_workingset;
	} else if (page->refs < LRU_REFS_MAX) {
		page->refs = (page->refs + 1u) & LRU_REFS_MAX;
	} else {
		page->flags |= PG_workingset;
	}
}

/* mm/vmscan.c:lru_gen_set_refs */
bool lru_gen_set_refs(struct vm *vm, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);

	if (!(page->flags & (PG_referenced | PG_workingset))) {
		page->flags |= PG_referenced;
		page->refs = 0;
		return false;
	}
	if (folio_lru_refs(vm->mm, page) > 1) {
		page->flags = (u16)((page->flags & ~PG_referenced) | PG_workingset);
		page->refs = 0;
	} else {
		lru_gen_inc_refs(vm, folio);
	}
	return true;
}

void lru_gen_new_folio(struct vm *vm, const struct task_struct *current, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);

	if (page->flags & PG_unevictable || !current->in_lru_fault ||
	    current->flags & PF_MEMALLOC)
		return;
	if (page->flags & PG_workingset || !vm->mm->profile->lru_gen_marks_first)
		page->flags |= PG_active;
	else if (!(page->flags & PG_referenced))
		lru_gen_inc_refs(vm, folio);
}

bool lru_gen_promote_folio(struct vm *vm, struct lruvec *lruvec, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	u32 gen = lru_gen_from_seq(lruvec->lrugen.max_seq);
	s32 old_gen = folio_lru_gen(page);
	bool marks_first = vm->mm->profile->lru_gen_marks_first;

	if (marks_first && !(page->flags & (PG_referenced | PG_workingset))) {
		page->flags |= PG_referenced;
		page->refs = 0;
		return false;
	}
	if (old_gen < 0) { /* isolated: for shrink_folio_list() */
		page->flags |= PG_referenced;
		return false;
	}
	page->flags &= (u16)~(PG_referenced | PG_workingset);
	if (marks_first)
		page->flags |= PG_workingset;
	page->refs = 0;
	set_gen(page, gen);
	if (old_gen != (s32)gen)
		lru_gen_update_size(vm, lruvec, folio, old_gen, (s32)gen);
	return true;
}

u32 lru_gen_inc_gen(struct vm *vm, struct lruvec *lruvec, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	u32 old_gen = lru_gen_from_seq(lruvec->lrugen.min_seq[folio_lru_type(page)]);
	u32 gen = page_gen(page);

	if (gen != old_gen)
		return gen;
	gen = (old_gen + 1) % MAX_NR_GENS;
	page->flags &= (u16)~PG_referenced;
	if (!vm->mm->profile->lru_gen_marks_first)
		page->flags &= (u16)~PG_workingset;
	page->refs = 0;
	set_gen(page, gen);
	lru_gen_update_size(vm, lruvec, folio, (s32)old_gen, (s32)gen);
	return gen;
}

struct ctrl_pos lru_gen_ctrl_pos(const struct lru_gen_folio *lrugen, enum lru_type type, u32 tier,
				 u64 gain)
{
	struct ctrl_pos pos = {.gain = gain};

	for (u32 i = tier % MAX_NR_TIERS; i <= min_u64(tier, MAX_NR_TIERS - 1); i++) {
		pos.refaulted += lrugen->avg_refaulted[type][i] + lrugen->refaulted[type][i];
		pos.total += lrugen->avg_total[type][i] + lrugen->protected[type][i] +
			     lrugen->evicted[type][i];
	}
	return pos;
}

bool positive_ctrl_err(const struct ctrl_pos *sp, const struct ctrl_pos *pv)
{
	return pv->refaulted < MIN_LRU_BATCH ||
	       pv->refaulted * (sp->total + MIN_LRU_BATCH) * sp->gain <=
		       (sp->refaulted + 1) * pv->total * pv->gain;
}

/* The oldest generation is over: its counts go into the averages. mm/vmscan.c:reset_ctrl_pos */
static void carry_over(struct lru_gen_folio *lrugen, u32 type)
{
	for (u32 tier = 0; tier < MAX_NR_TIERS; tier++) {
		lrugen->avg_refaulted[type][tier] =
			(lrugen->avg_refaulted[type][tier] + lrugen->refaulted[type][tier]) / 2;
		lrugen->avg_total[type][tier] =
			(lrugen->avg_total[type][tier] + lrugen->protected[type][tier] +
			 lrugen->evicted[type][tier]) /
			2;
		lrugen->refaulted[type][tier] = 0;
		lrugen->protected[type][tier] = 0;
		lrugen->evicted[type][tier] = 0;
	}
}

/* The oldest generation from `seq` on that has folios, or the last that may be evicted. */
static u64 oldest_populated(const struct lru_gen_folio *lrugen, u32 type)
{
	u64 seq = lrugen->min_seq[type];

	for (; seq + MIN_NR_GENS <= lrugen->max_seq; seq++) {
		u32 gen = lru_gen_from_seq(seq);

		for (u32 zone = 0; zone < MAX_NR_ZONES; zone++)
			if (lrugen->folios[gen][type][zone].head != PFN_NONE)
				return seq;
	}
	return seq;
}

/* 6.12: anonymous pages may lag behind, those of files may not. */
static void bound_by_types(const struct mm *mm, const struct lru_gen_folio *lrugen, u64 *min_seq)
{
	u64 floor = lrugen->max_seq - MIN_NR_GENS;

	if (!mm->profile->lru_gen_marks_first) {
		min_seq[LRU_TYPE_ANON] =
			min_u64(min_seq[LRU_TYPE_ANON], min_seq[LRU_TYPE_FILE]);
		min_seq[LRU_TYPE_FILE] =
			max_u64(min_seq[LRU_TYPE_ANON], lrugen->min_seq[LRU_TYPE_FILE]);
		return;
	}
	if (min_seq[LRU_TYPE_ANON] > floor && min_seq[LRU_TYPE_FILE] < floor)
		min_seq[LRU_TYPE_ANON] = floor;
	else if (min_seq[LRU_TYPE_FILE] > floor && min_seq[LRU_TYPE_ANON] < floor)
		min_seq[LRU_TYPE_FILE] = floor;
}

void lru_gen_try_to_inc_min_seq(const struct mm *mm, struct lruvec *lruvec, u64 swappiness)
{
	struct lru_gen_folio *lrugen = &lruvec->lrugen;
	u64 min_seq[NR_LRU_TYPES] = {lrugen->min_seq[LRU_TYPE_ANON],
				     lrugen->min_seq[LRU_TYPE_FILE]};

	for (u32 type = lru_gen_min_type(swappiness); type < NR_LRU_TYPES; type++)
		min_seq[type] = oldest_populated(lrugen, type);
	if (swappiness)
		bound_by_types(mm, lrugen, min_seq);
	for (u32 type = lru_gen_min_type(swappiness); type < NR_LRU_TYPES; type++) {
		if (min_seq[type] <= lrugen->min_seq[type])
			continue;
		carry_over(lrugen, type);
		lrugen->min_seq[type] = min_seq[type];
	}
}

void lru_gen_inc_min_seq(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
			 enum lru_type type, u64 swappiness)
{
	struct lru_gen_folio *lrugen = &lruvec->lrugen;
	u32 gen = lru_gen_from_seq(lrugen->min_seq[type]);

	/* Pages that cannot be evicted anyway may become young by the wrap of numbers. */
	for (u32 zone = 0; type >= lru_gen_min_type(swappiness) && zone < MAX_NR_ZONES; zone++) {
		struct page_list *list = &lrugen->folios[gen][type][zone];

		while (list->tail != PFN_NONE) {
			u32 folio = list->tail;
			const struct page *page = pfn_to_page(vm->mm, folio);
			u32 tier = folio_lru_tier(vm->mm, page);
			bool lazily = folio_lru_lazily_promoted(vm->mm, page);

			lru_gen_move_folio(vm, lruvec, folio, lru_gen_inc_gen(vm, lruvec, folio),
					   true);
			if (!lazily)
				lrugen->protected[type][tier] += folio_nr_pages(vm->mm, folio);
			task_charge(current, CAUSE_RECLAIM, vm->mm->costs.lru_deactivate);
		}
	}
	carry_over(lrugen, type);
	lrugen->min_seq[type]++;
}

/* mm/workingset.c:lru_gen_eviction */
u32 lru_gen_eviction(struct vm *vm, u32 folio)
{
	const struct page *page = pfn_to_page(vm->mm, folio);
	struct lruvec *lruvec = folio_lruvec(vm, folio);
	enum lru_type type = folio_lru_type(page);
	u32 refs = folio_lru_refs(vm->mm, page);
	struct workingset_shadow shadow = {
		.memcg_id = lruvec->memcg->id,
		.nid = lruvec->nid,
		.workingset = vm->mm->profile->lru_gen_marks_first
				      ? (page->flags & PG_workingset) != 0
				      : refs != 0,
	};

	shadow.token = lruvec->lrugen.min_seq[type] << 2 | (refs ? refs - 1 : 0);
	shadow.token &= (1ull << workingset_token_bits(vm)) - 1;
	lruvec->lrugen.evicted[type][folio_lru_tier(vm->mm, page)] += folio_nr_pages(vm->mm, folio);
	return pack_shadow(vm, &shadow);
}

/* Was it evicted within the last generations? mm/workingset.c:lru_gen_test_recent */
static bool test_recent(const struct vm *vm, const struct lruvec *lruvec, enum lru_type type,
			u64 token)
{
	u64 mask = (1ull << (workingset_token_bits(vm) - 2)) - 1, max_seq, seq = token >> 2;

	if (!vm->mm->profile->lru_gen_marks_first)
		return seq == (lruvec->lrugen.min_seq[type] & mask);
	max_seq = lruvec->lrugen.max_seq & mask;
	return (max_seq > seq ? max_seq - seq : seq - max_seq) < MAX_NR_GENS;
}

/* mm/workingset.c:lru_gen_refault */
void lru_gen_refault(struct vm *vm, struct task_struct *current, u32 folio, u32 packed)
{
	struct workingset_shadow shadow = unpack_shadow(vm, packed);
	struct lruvec *lruvec = folio_lruvec(vm, folio);
	struct page *page = pfn_to_page(vm->mm, folio);
	enum lru_type type = folio_lru_type(page);
	u64 nr = folio_nr_pages(vm->mm, folio);
	bool marks_first = vm->mm->profile->lru_gen_marks_first, restore;
	u32 refs = (u32)(shadow.token & LRU_REFS_MAX);

	if (shadow.memcg_id != lruvec->memcg->id || shadow.nid != lruvec->nid)
		return;
	count_vm_events(vm->mm, WORKINGSET_REFAULT_ANON + type, nr);
	if (!test_recent(vm, lruvec, type, shadow.token))
		return;
	refs += marks_first || shadow.workingset ? 1 : 0;
	lruvec->lrugen.refaulted[type][tier_from_refs(vm->mm, refs, shadow.workingset)] += nr;
	restore = marks_first ? shadow.workingset : current->in_lru_fault || refs >= LRU_REFS_MAX;
	if (!marks_first || (restore && current->in_lru_fault))
		workingset_count_activate(vm, lruvec, type, nr);
	if (restore) {
		page->flags |= PG_workingset;
		count_vm_events(vm->mm, WORKINGSET_RESTORE_ANON + type, nr);
	}
	if (marks_first && !restore)
		page->refs = (refs - 1) & LRU_REFS_MAX;
	else if (!marks_first && restore)
		page->refs = LRU_REFS_MAX;
}

u64 lru_gen_evictable_size(const struct lruvec *lruvec, u64 swappiness)
{
	const struct lru_gen_folio *lrugen = &lruvec->lrugen;
	s64 total = 0;

	for (u32 type = lru_gen_min_type(swappiness); type < NR_LRU_TYPES; type++)
		for (u64 seq = lrugen->min_seq[type]; seq <= lrugen->max_seq; seq++)
			for (u32 zone = 0; zone < MAX_NR_ZONES; zone++)
				total += lrugen->nr_pages[lru_gen_from_seq(seq)][type][zone];
	return (u64)max_s64(0, total);
}

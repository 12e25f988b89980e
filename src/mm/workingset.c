/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Was a page that comes back evicted too early? Its shadow entry says how old its lruvec was when
 * it went; the evictions and activations since are the room that it would have needed to stay.
 * Modelled after mm/workingset.c. Left out: the shrinker of nodes that hold nothing but shadow
 * entries.
 */
#include <assert.h>

#include "mm/memcontrol.h"
#include "mm/swap.h"
#include "mm/vmstat.h"

/*
 * A shadow entry from the top: a one, so that it is never 0; the workingset flag; the group; the
 * node; the token.
 */
#define SHADOW_BITS	    31u
#define WORKINGSET_SHIFT    (SHADOW_BITS - 2)
#define MEMCG_BITS	    6u
#define MEMCG_SHIFT	    (WORKINGSET_SHIFT - MEMCG_BITS)

_Static_assert(MEM_CGROUPS_MAX == 1u << MEMCG_BITS, "a shadow entry names any group");

static u32 fls64_(u64 x)
{
	return x ? 64 - (u32)__builtin_clzll(x) : 0;
}

u32 workingset_token_bits(const struct vm *vm)
{
	return MEMCG_SHIFT - fls64_(vm->mm->nr_nodes - 1);
}

u32 pack_shadow(const struct vm *vm, const struct workingset_shadow *shadow)
{
	u32 bits = workingset_token_bits(vm);

	return 1u << (SHADOW_BITS - 1) | (u32)shadow->workingset << WORKINGSET_SHIFT |
	       shadow->memcg_id << MEMCG_SHIFT | shadow->nid << bits |
	       (u32)(shadow->token & ((1ull << bits) - 1));
}

struct workingset_shadow unpack_shadow(const struct vm *vm, u32 shadow)
{
	u32 bits = workingset_token_bits(vm);

	return (struct workingset_shadow){
		.workingset = shadow >> WORKINGSET_SHIFT & 1,
		.memcg_id = shadow >> MEMCG_SHIFT & (MEM_CGROUPS_MAX - 1),
		.nid = (shadow & ((1u << MEMCG_SHIFT) - 1)) >> bits,
		.token = shadow & ((1u << bits) - 1),
	};
}

/* How coarse ages are, so that one round of all memory fits. mm/workingset.c:workingset_init */
static u32 bucket_order(const struct vm *vm)
{
	u32 bits = workingset_token_bits(vm), needed;
	u64 pages = 0;

	for_each_zone(vm->mm, zone)
		pages += zone->managed_pages;
	needed = fls64_(pages - 1);
	return needed > bits ? needed - bits : 0;
}

void workingset_age_nonresident(struct vm *vm, struct lruvec *lruvec, u64 nr_pages)
{
	lruvec->nonresident_age += nr_pages;
	if (lruvec->memcg->id)
		node_lruvec(vm, lruvec->nid)->nonresident_age += nr_pages;
}

void workingset_activation(struct vm *vm, u32 folio)
{
	workingset_age_nonresident(vm, folio_lruvec(vm, folio), folio_nr_pages(vm->mm, folio));
}

u32 workingset_eviction(struct vm *vm, u32 folio, const struct mem_cgroup *target)
{
	const struct page *page = pfn_to_page(vm->mm, folio);
	struct workingset_shadow shadow = {
		.workingset = page->flags & PG_workingset,
		.memcg_id = target ? target->id : 0,
		.nid = pfn_zone(vm->mm, folio)->nid,
	};
	struct lruvec *lruvec;

	if (vm->lru_gen)
		return lru_gen_eviction(vm, folio);
	lruvec = &vm->memcgs[shadow.memcg_id]->lruvecs[shadow.nid];
	shadow.token = lruvec->nonresident_age >> bucket_order(vm);
	workingset_age_nonresident(vm, lruvec, 1ull << page->order);
	return pack_shadow(vm, &shadow);
}

/* What the page competes with: the sizes of the lists that it could have displaced. */
static u64 workingset_size(const struct vm *vm, const struct lruvec *lruvec, enum lru_type type)
{
	u64 size = lruvec_page_state(vm, lruvec, LRU_ACTIVE_FILE);

	if (type == LRU_TYPE_ANON)
		size += lruvec_page_state(vm, lruvec, LRU_INACTIVE_FILE);
	if (get_nr_swap_pages(vm)) {
		size += lruvec_page_state(vm, lruvec, LRU_ACTIVE_ANON);
		if (type == LRU_TYPE_FILE)
			size += lruvec_page_state(vm, lruvec, LRU_INACTIVE_ANON);
	}
	return size;
}

/* mm/workingset.c:workingset_test_recent */
static bool is_recent(const struct vm *vm, const struct workingset_shadow *shadow,
		      enum lru_type type)
{
	const struct lruvec *lruvec = &vm->memcgs[shadow->memcg_id]->lruvecs[shadow->nid];
	u32 order = bucket_order(vm);
	u64 mask = (1ull << (workingset_token_bits(vm) + order)) - 1;
	u64 distance = (lruvec->nonresident_age - (shadow->token << order)) & mask;

	return distance <= workingset_size(vm, lruvec, type);
}

void workingset_count_activate(struct vm *vm, struct lruvec *lruvec, enum lru_type type,
			       u64 nr_pages)
{
	lruvec->activations[type] += nr_pages;
	if (lruvec->memcg->id)
		node_lruvec(vm, lruvec->nid)->activations[type] += nr_pages;
	count_vm_events(vm->mm, WORKINGSET_ACTIVATE_ANON + (u32)type, nr_pages);
}

void workingset_refault(struct vm *vm, struct task_struct *current, u32 folio, u32 shadow)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	enum lru_type type = folio_lru_type(page);
	struct lruvec *lruvec = folio_lruvec(vm, folio);
	u64 nr_pages = 1ull << page->order;
	struct workingset_shadow was;

	assert(shadow);
	task_charge(current, CAUSE_FAULT, vm->mm->costs.workingset_shadow);
	if (vm->lru_gen) {
		lru_gen_refault(vm, current, folio, shadow);
		return;
	}
	was = unpack_shadow(vm, shadow);
	count_vm_events(vm->mm, WORKINGSET_REFAULT_ANON + (u32)type, nr_pages);
	if (!is_recent(vm, &was, type))
		return;
	page->flags |= PG_active;
	workingset_age_nonresident(vm, lruvec, nr_pages);
	workingset_count_activate(vm, lruvec, type, nr_pages);
	if (!was.workingset)
		return;
	page->flags |= PG_workingset;
	lru_note_cost(lruvec, vm, type, nr_pages, 0);
	count_vm_events(vm->mm, WORKINGSET_RESTORE_ANON + (u32)type, nr_pages);
}

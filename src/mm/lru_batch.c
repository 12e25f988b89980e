/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The per-CPU batches before the LRU lists, and the moves that go through them: adding, activating,
 * rotating, locking in memory, and the last put. Modelled after mm/swap.c and mm/mlock.c.
 *
 * A folio is in at most one batch. While it waits there it is on no list and PG_lru is clear; in
 * the kernel one that waits to be moved keeps its place, but nobody can take it away for the
 * reference that the batch holds, which comes to the same but for the few pages not counted
 * meanwhile. Its link tells that it waits: `next` is LRU_IN_BATCH and `prev` the batch. Left out:
 * the batches of MADV_COLD, MADV_FREE and invalidation, and those of mlock, which acts at once.
 */
#include <assert.h>
#include <stdlib.h>

#include "mm/memcontrol.h"
#include "mm/page_alloc.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"

#define BATCH_MAX	 31u
#define RELEASE_MAX	 512u /* blocks that are freed as one call at most */

enum batch_kind { BATCH_ADD, BATCH_ACTIVATE, BATCH_ROTATE, NR_BATCHES };

struct lru_batches {
	struct lru_batch {
		u32 nr;
		u32 folio[BATCH_MAX];
	} of[NR_BATCHES];
};

bool vm_lru_create(struct vm *vm)
{
	assert(vm->mm->profile->folio_batch_size <= BATCH_MAX);
	vm->batches = calloc(vm->mm->nr_cpus, sizeof(*vm->batches));
	return vm->batches != NULL;
}

void vm_lru_destroy(struct vm *vm)
{
	free(vm->batches);
	vm->batches = NULL;
}

u64 lru_batched(const struct vm *vm)
{
	u64 n = 0;

	for (u32 cpu = 0; cpu < vm->mm->nr_cpus; cpu++)
		for (u32 kind = 0; kind < NR_BATCHES; kind++)
			n += vm->batches[cpu].of[kind].nr;
	return n;
}

/* The lock is held for what was just charged; another holder costs a wait. */
static void lock_lruvec(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
			u64 hold_ns)
{
	const struct mm *mm = vm->mm;
	u64 now, wait;

	if (!mm->engine || mm->nr_cpus == 1)
		return;
	now = engine_now(mm->engine) + current->charged_ns - current->spent_ns;
	wait = timed_lock_take(&lruvec->lru_lock, now - hold_ns, hold_ns);
	if (wait)
		task_charge(current, CAUSE_LOCK, wait);
}

/* Nobody holds them any more and they are on no list. mm/swap.c:folios_put_refs */
static void free_folios(struct vm *vm, struct task_struct *current, const u32 *folios, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		struct page *page = pfn_to_page(vm->mm, folios[i]);

		if (unlikely(page->flags & PG_unevictable))
			mod_node_page_state(vm, folios[i], NR_MLOCK, -((s64)1 << page->order));
		mem_cgroup_uncharge(vm, folios[i]);
		page->flags &= PG_compound;
		page->owner = 0;
	}
	free_unref_folios(vm->mm, current, folios, n);
}

static void activate(struct vm *vm, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);

	if (!(page->flags & (PG_active | PG_unevictable))) {
		page->flags |= PG_active;
		count_vm_events(vm->mm, PGACTIVATE, 1ull << page->order);
	}
	lruvec_add_folio(vm, folio);
}

static void rotate(struct vm *vm, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);

	if (page->flags & PG_unevictable) {
		lruvec_add_folio(vm, folio);
		return;
	}
	page->flags &= (u16)~PG_active;
	lruvec_add_folio_tail(vm, folio);
	count_vm_events(vm->mm, PGROTATED, 1ull << page->order);
}

static void add(struct vm *vm, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);

	if (page->flags & PG_unevictable) {
		page->flags &= (u16)~PG_active;
		count_vm_events(vm->mm, UNEVICTABLE_PGCULLED, 1ull << page->order);
	}
	lruvec_add_folio(vm, folio);
}

static void (*const batch_move[NR_BATCHES])(struct vm *vm, u32 folio) = {
	[BATCH_ADD] = add,
	[BATCH_ACTIVATE] = activate,
	[BATCH_ROTATE] = rotate,
};

/* mm/swap.c:folio_batch_move_lru */
static void flush(struct vm *vm, struct task_struct *current, struct lru_batch *batch,
		  enum batch_kind kind)
{
	u64 cost = vm->mm->costs.lru_add, held = 0;
	struct lruvec *locked = NULL;
	u32 gone[BATCH_MAX], nr_gone = 0;

	for (u32 i = 0; i < batch->nr; i++) {
		struct page *page = pfn_to_page(vm->mm, batch->folio[i]);
		struct lruvec *lruvec;

		page->link.next = page->link.prev = PFN_NONE;
		if (page->owner == page_owner(OWNER_OTHER, OWNER_BATCH)) {
			gone[nr_gone++] = batch->folio[i];
			continue;
		}
		lruvec = folio_lruvec(vm, batch->folio[i]);
		if (lruvec != locked && locked) {
			lock_lruvec(vm, current, locked, held);
			held = 0;
		}
		locked = lruvec;
		task_charge(current, CAUSE_RECLAIM, cost);
		held += cost;
		batch_move[kind](vm, batch->folio[i]);
	}
	if (locked)
		lock_lruvec(vm, current, locked, held);
	batch->nr = 0;
	if (nr_gone)
		free_folios(vm, current, gone, nr_gone);
}

static void batch_add(struct vm *vm, struct task_struct *current, u32 cpu, u32 folio,
		      enum batch_kind kind)
{
	struct lru_batch *batch = &vm->batches[cpu].of[kind];
	struct page *page = pfn_to_page(vm->mm, folio);

	batch->folio[batch->nr++] = folio;
	page->link.next = LRU_IN_BATCH;
	page->link.prev = cpu * NR_BATCHES + (u32)kind;
	if (batch->nr == vm->mm->profile->folio_batch_size || page->order ||
	    vm->lru_cache_disabled)
		flush(vm, current, batch, kind);
}

void folio_add_lru(struct vm *vm, struct task_struct *current, u32 folio)
{
	const struct page *page = pfn_to_page(vm->mm, folio);

	assert(page->state == PAGE_USED && !(page->flags & PG_lru));
	if (vm->lru_gen)
		lru_gen_new_folio(vm, current, folio);
	batch_add(vm, current, current->cpu, folio, BATCH_ADD);
}

void folio_activate(struct vm *vm, struct task_struct *current, u32 folio)
{
	const struct page *page = pfn_to_page(vm->mm, folio);

	if ((page->flags & (PG_active | PG_unevictable)) || !(page->flags & PG_lru))
		return;
	lruvec_del_folio(vm, folio);
	if (vm->mm->machine->smp)
		batch_add(vm, current, current->cpu, folio, BATCH_ACTIVATE);
	else
		activate(vm, folio);
}

void folio_rotate_reclaimable(struct vm *vm, u32 cpu, u32 folio)
{
	const struct page *page = pfn_to_page(vm->mm, folio);

	if ((page->flags & (PG_locked | PG_dirty | PG_unevictable)) || !(page->flags & PG_lru))
		return;
	lruvec_del_folio(vm, folio);
	batch_add(vm, &vm->mm->kworker[cpu], cpu, folio, BATCH_ROTATE);
}

/* mm/swap.c:__lru_cache_activate_folio: only the CPU's own batch is looked at. */
static void activate_in_batch(struct vm *vm, const struct task_struct *current, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);

	if (folio_in_batch(page) && page->link.prev == current->cpu * NR_BATCHES + BATCH_ADD)
		page->flags |= PG_active;
}

void folio_mark_accessed(struct vm *vm, struct task_struct *current, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);

	if (vm->lru_gen) {
		lru_gen_inc_refs(vm, folio);
		return;
	}
	if (!(page->flags & PG_referenced)) {
		page->flags |= PG_referenced;
		return;
	}
	if (page->flags & (PG_unevictable | PG_active))
		return;
	if (page->flags & PG_lru)
		folio_activate(vm, current, folio);
	else
		activate_in_batch(vm, current, folio);
	page->flags &= (u16)~PG_referenced;
	workingset_activation(vm, folio);
}

void mlock_folio(struct vm *vm, struct task_struct *current, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	u64 nr_pages = 1ull << page->order;
	bool on_lru = page->flags & PG_lru;

	if (page->flags & PG_unevictable)
		return;
	if (on_lru)
		lruvec_del_folio(vm, folio);
	page->flags |= PG_unevictable;
	mod_node_page_state(vm, folio, NR_MLOCK, (s64)nr_pages);
	count_vm_events(vm->mm, UNEVICTABLE_PGMLOCKED, nr_pages);
	if (!on_lru)
		return;
	task_charge(current, CAUSE_FAULT, vm->mm->costs.lru_add);
	add(vm, folio);
}

void munlock_folio(struct vm *vm, struct task_struct *current, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	u64 nr_pages = 1ull << page->order;
	bool on_lru = page->flags & PG_lru;

	if (!(page->flags & PG_unevictable))
		return;
	if (on_lru)
		lruvec_del_folio(vm, folio);
	page->flags &= (u16)~PG_unevictable;
	mod_node_page_state(vm, folio, NR_MLOCK, -(s64)nr_pages);
	count_vm_events(vm->mm, UNEVICTABLE_PGMUNLOCKED, nr_pages);
	if (!on_lru)
		return;
	task_charge(current, CAUSE_FAULT, vm->mm->costs.lru_add);
	lruvec_add_folio(vm, folio);
}

static void drain_cpu(struct vm *vm, struct task_struct *current, u32 cpu)
{
	for (u32 kind = 0; kind < NR_BATCHES; kind++) {
		struct lru_batch *batch = &vm->batches[cpu].of[kind];

		if (batch->nr)
			flush(vm, current, batch, (enum batch_kind)kind);
	}
}

void lru_add_drain(struct vm *vm, struct task_struct *current)
{
	drain_cpu(vm, current, current->cpu);
}

void lru_add_drain_all(struct vm *vm, struct task_struct *current)
{
	const struct costs *costs = &vm->mm->costs;

	task_charge(current, CAUSE_RECLAIM,
		    costs->lru_drain_all + vm->mm->nr_cpus * costs->lru_drain_all_cpu);
	for (u32 cpu = 0; cpu < vm->mm->nr_cpus; cpu++)
		drain_cpu(vm, current, cpu);
}

void lru_cache_disable(struct vm *vm, struct task_struct *current)
{
	vm->lru_cache_disabled++;
	lru_add_drain_all(vm, current);
}

void lru_cache_enable(struct vm *vm)
{
	assert(vm->lru_cache_disabled);
	vm->lru_cache_disabled--;
}

/* Lists of pages to free are cut as the kernel cuts them, because free pages come out in order. */
void folios_put(struct vm *vm, struct task_struct *current, const u32 *folios, u32 n)
{
	u32 cut = vm->mm->profile->release_pages_reversed ? RELEASE_MAX : BATCH_MAX;
	u32 ready[RELEASE_MAX], nr_ready = 0;

	for (u32 i = 0; i < n; i++) {
		struct page *page = pfn_to_page(vm->mm, folios[i]);

		assert(page->state == PAGE_USED);
		assert(!(page->flags & (PG_locked | PG_writeback)));
		if (folio_in_batch(page)) {
			page->owner = page_owner(OWNER_OTHER, OWNER_BATCH);
		} else {
			if (page->flags & PG_lru)
				lruvec_del_folio(vm, folios[i]);
			ready[nr_ready++] = folios[i];
		}
		if (i % cut == cut - 1 || i == n - 1) {
			free_folios(vm, current, ready, nr_ready);
			nr_ready = 0;
		}
	}
}

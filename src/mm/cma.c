/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contiguous memory allocator, after mm/cma.c (7.2, 6.12, 6.1): a bitmap says what the owner of
 * an area has; the rest serves movable allocations until a range is wanted. Left out: areas of
 * several ranges, bits of more than one page.
 */
#include "mm/cma.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mm/alloc.h"
#include "mm/vmstat.h"

bool vm_cma_create(struct vm *vm)
{
	const struct machine *machine = vm->mm->machine;

	if (!machine->nr_cma)
		return true;
	vm->cma = calloc(machine->nr_cma, sizeof(*vm->cma));
	for (u32 i = 0; vm->cma && i < machine->nr_cma; i++) {
		struct cma *cma = &vm->cma[i];

		cma->name = machine->cma[i].name;
		cma->base_pfn = machine->cma[i].start;
		cma->count = cma->available = machine->cma[i].end - machine->cma[i].start;
		cma->bitmap = calloc((cma->count + 63) / 64, sizeof(*cma->bitmap));
		if (!cma->bitmap)
			return false;
	}
	return vm->cma != NULL;
}

void vm_cma_destroy(struct vm *vm)
{
	for (u32 i = 0; vm->cma && i < vm->mm->machine->nr_cma; i++)
		free(vm->cma[i].bitmap);
	free(vm->cma);
	vm->cma = NULL;
}

struct cma *cma_find(const struct vm *vm, const char *name)
{
	for (u32 i = 0; vm->cma && i < vm->mm->machine->nr_cma; i++)
		if (!strcmp(vm->cma[i].name, name))
			return &vm->cma[i];
	return NULL;
}

struct cma *cma_of_page(const struct vm *vm, u32 pfn)
{
	for (u32 i = 0; vm->cma && i < vm->mm->machine->nr_cma; i++)
		if (pfn - vm->cma[i].base_pfn < vm->cma[i].count)
			return &vm->cma[i];
	return NULL;
}

static bool bit_is_set(const struct cma *cma, u64 i)
{
	return cma->bitmap[i / 64] >> (i % 64) & 1;
}

static void set_bits(struct cma *cma, u64 first, u64 n, bool value)
{
	for (u64 i = first; i < first + n; i++) {
		assert(bit_is_set(cma, i) != value);
		cma->bitmap[i / 64] ^= 1ull << (i % 64);
	}
	cma->available += value ? -n : n;
}

/* The first clear run of n bits from `from` on whose page is aligned; cma->count: none.
   lib/bitmap.c:bitmap_find_next_zero_area_off */
static u64 find_clear(const struct cma *cma, u64 from, u64 n, u64 mask)
{
	for (;;) {
		u64 first = ((cma->base_pfn + from + mask) & ~mask) - cma->base_pfn, i;

		if (first + n > cma->count)
			return cma->count;
		for (i = first + n; i > first && !bit_is_set(cma, i - 1);)
			i--;
		if (i == first)
			return first;
		from = i;
	}
}

/* One range at a time is emptied: of the area or, in older kernels, of all. cma_mutex */
static struct cma *lock_of(const struct vm *vm, struct cma *cma)
{
	return vm->mm->profile->cma_lock_per_area ? cma : vm->cma;
}

static void alloc_lock(struct vm *vm, struct task_struct *current, struct cma *lock)
{
	while (lock->alloc_locked) {
		u64 from;

		assert(current->sched && "who holds the mutex waits on a CPU");
		task_spend(vm->mm, current);
		if (!lock->alloc_locked)
			break;
		from = engine_now(vm->mm->engine);
		(void)cpu_wait(current->sched, &lock->alloc_wait, WAIT_FOREVER);
		current->total_ns[CAUSE_LOCK] += engine_now(vm->mm->engine) - from;
	}
	lock->alloc_locked = true;
}

static void alloc_unlock(struct vm *vm, struct cma *lock)
{
	lock->alloc_locked = false;
	if (vm->mm->engine)
		wake_up(vm->mm->engine, &lock->alloc_wait, 1);
}

/* What became of the tries at one request. */
struct cma_tries {
	u32 n;
	enum contig_cause cause;
};

/* mm/cma.c:cma_range_alloc */
static u32 alloc_in_area(struct vm *vm, struct task_struct *current, struct cma *cma, u64 count,
			 u64 mask, struct cma_tries *tries)
{
	struct cma *lock = lock_of(vm, cma);
	u64 first = 0;

	for (;; first += mask + 1) {
		enum contig_result result;
		u64 pfn;

		first = find_clear(cma, first, count, mask);
		if (first == cma->count)
			return PFN_NONE;
		set_bits(cma, first, count, true);
		pfn = cma->base_pfn + first;
		tries->n++;
		alloc_lock(vm, current, lock);
		result = alloc_contig_range(vm->mm, current, pfn, pfn + count, MIGRATE_CMA,
					    GFP_KERNEL | __GFP_NOWARN, "cma", &tries->cause);
		alloc_unlock(vm, lock);
		if (result == CONTIG_OK)
			return (u32)pfn;
		set_bits(cma, first, count, false);
		if (result != CONTIG_BUSY)
			return PFN_NONE;
	}
}

u32 cma_alloc(struct vm *vm, struct task_struct *current, struct cma *cma, u64 count, u32 align)
{
	u64 begin = vm->mm->engine ? engine_now(vm->mm->engine) : 0;
	struct cma_tries tries = {0};
	u32 pfn = PFN_NONE;

	if (count && count <= cma->available)
		pfn = alloc_in_area(vm, current, cma, count, (1ull << align) - 1, &tries);
	count_vm_events(vm->mm, pfn == PFN_NONE ? CMA_ALLOC_FAIL : CMA_ALLOC_SUCCESS, 1);
	if (pfn == PFN_NONE)
		cma->nr_fail += count;
	else
		cma->nr_success += count;
	task_spend_partly(vm->mm, current);
	TRACE(vm->mm, mm_cma_alloc, .current = current, .area = cma->name, .pfn = pfn,
	      .align = align, .count = count, .start_ns = begin, .tries = tries.n,
	      .cause = tries.cause);
	return pfn;
}

void cma_release(struct vm *vm, struct task_struct *current, struct cma *cma, u32 pfn, u64 count)
{
	assert(cma_of_page(vm, pfn) == cma);
	free_contig_range(vm->mm, current, pfn, count);
	set_bits(cma, pfn - cma->base_pfn, count, false);
	cma->nr_released += count;
}

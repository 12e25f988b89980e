/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address spaces and their regions, after mm/mmap.c and mm/vma.c. Addresses only serve to tell
 * which regions share page tables: a region goes into the lowest gap that fits, so neighbours are
 * close as they are in the kernel (which goes from the top down). Regions are unmapped whole.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mm/filemap.h"
#include "mm/khugepaged.h"
#include "mm/lru.h"
#include "mm/swap.h"
#include "mm/vm_internal.h"

#define TASK_SIZE_PAGES (1ull << 30) /* 4 TiB of 4 KiB pages: more than any workload may map */

/* Its pages may all become the address space's own. mm/vma.c:accountable_mapping */
static bool vma_accountable(const struct vm_area_struct *vma)
{
	return !vma->file || !vma->shared;
}

/* Kept back from what may be promised: for root, and for a user to act on what grows too large;
   mm/util.c, mm/mmap.c:init_admin_reserve, init_user_reserve */
#define ADMIN_RESERVE_KIB 8192u
#define USER_RESERVE_KIB  131072u

static u64 reserve(const struct vm *vm, u64 total, u64 kib)
{
	return min_u64(total / 32, kib << 10 >> vm->mm->page_shift);
}

/* mm/util.c:__vm_enough_memory */
static bool enough_memory(const struct mm_struct *mm, u64 nr_pages)
{
	const struct vm *vm = mm->vm;
	const struct mm_sysctl *sysctl = &vm->mm->sysctl;
	u64 total = 0, allowed, kept;

	for_each_populated_zone(vm->mm, zone)
		total += zone->managed_pages;
	if (sysctl->overcommit_memory == 1)
		return true;
	if (sysctl->overcommit_memory == 0)
		return nr_pages <= total + total_swap_pages(vm);
	allowed = total * sysctl->overcommit_ratio / 100 + total_swap_pages(vm);
	kept = reserve(vm, total, ADMIN_RESERVE_KIB) +
	       min_u64(mm->total_vm / 32, reserve(vm, total, USER_RESERVE_KIB));
	return vm->committed + nr_pages + kept < allowed;
}

void mmap_wake(struct vm *vm)
{
	wake_up(vm->mm->engine, &vm->mmap_wait, UINT32_MAX);
}

void mmap_write_lock(struct mm_struct *mm, struct task_struct *current)
{
	while (mm->mmap_readers && current->sched)
		cpu_wait(current->sched, &mm->vm->mmap_wait, WAIT_FOREVER);
	mm->mmap_locked = true;
}

void mmap_write_unlock(struct mm_struct *mm)
{
	mm->mmap_locked = false;
	if (unlikely(waitqueue_active(&mm->vm->mmap_wait)))
		mmap_wake(mm->vm);
}

static void mm_link(struct mm_struct *mm)
{
	struct vm *vm = mm->vm;

	mm->prev = vm->last;
	if (vm->last)
		vm->last->next = mm;
	else
		vm->first = mm;
	vm->last = mm;
	vm->nr_mm++;
}

static void mm_unlink(struct mm_struct *mm)
{
	struct vm *vm = mm->vm;

	if (mm->prev)
		mm->prev->next = mm->next;
	else
		vm->first = mm->next;
	if (mm->next)
		mm->next->prev = mm->prev;
	else
		vm->last = mm->prev;
	vm->nr_mm--;
}

struct mm_struct *mm_new(struct vm *vm)
{
	struct mm_struct *mm = calloc(1, sizeof(*mm));

	if (!mm) {
		vm->no_host_memory = true;
		return NULL;
	}
	mm->vm = vm;
	mm->memcg = vm->memcgs[0];
	mm->id = ++vm->next_mm_id;
	mm->memcg = vm->memcgs[0];
	mm_link(mm);
	return mm;
}

struct mm_struct *mm_alloc(struct vm *vm, struct task_struct *current)
{
	/* Known before time passes: the simulation may end in the middle. */
	struct mm_struct *mm = mm_new(vm);

	if (!mm)
		return NULL;
	if (!pgtable_init(mm, current)) {
		mm_unlink(mm);
		free(mm);
		return NULL;
	}
	return mm;
}

static void i_mmap_add(struct file *file, struct vm_area_struct *vma)
{
	vma->file = file;
	vma->i_mmap_next = file->i_mmap;
	if (file->i_mmap)
		file->i_mmap->i_mmap_prev = vma;
	file->i_mmap = vma;
}

static void i_mmap_del(struct vm_area_struct *vma)
{
	if (vma->i_mmap_next)
		vma->i_mmap_next->i_mmap_prev = vma->i_mmap_prev;
	if (vma->i_mmap_prev)
		vma->i_mmap_prev->i_mmap_next = vma->i_mmap_next;
	else
		vma->file->i_mmap = vma->i_mmap_next;
}

static void vma_free(struct vm_area_struct *vma)
{
	struct vm *vm = vma->vm_mm->vm;

	if (vma->file)
		i_mmap_del(vma);
	if (vma_accountable(vma))
		vm->committed -= vma->nr_pages;
	vm_node_map_finish(vm, &vma->nodes);
	vm_free_u32(vm, &vma->huge, &vma->huge_n);
	free(vma);
}

void exit_mmap(struct mm_struct *mm, struct task_struct *current)
{
	struct mmu_gather tlb;

	khugepaged_exit(mm);
	mmap_write_lock(mm, current);
	lru_add_drain(mm->vm, current);
	tlb_gather_mmu(&tlb, mm->vm, current);
	for (u32 i = 0; i < mm->nr_areas; i++)
		unmap_page_range(&tlb, mm->areas[i], 0, mm->areas[i]->nr_pages);
	tlb_finish_mmu(&tlb);
	/* No use in waiting for this one any more, thinks the OOM killer. */
	mm->oom_skip = true;
	pgtable_finish(mm, current);
	for (u32 i = 0; i < mm->nr_areas; i++)
		vma_free(mm->areas[i]);
	mm_unlink(mm);
	mmap_write_unlock(mm);
	free(mm->areas);
	free(mm);
}

static u64 area_end(const struct vm_area_struct *vma)
{
	return vma->start + vma->nr_pages;
}

/* Index of the first region that ends above addr; nr_areas: none. O(log regions) */
static u32 area_after(const struct mm_struct *mm, u64 addr)
{
	u32 low = 0, high = mm->nr_areas;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (area_end(mm->areas[mid]) > addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

struct vm_area_struct *vma_lookup(const struct mm_struct *mm, u64 addr)
{
	u32 at = area_after(mm, addr);

	return at < mm->nr_areas && mm->areas[at]->start <= addr ? mm->areas[at] : NULL;
}

/* Of a region large enough for huge pages. mm/huge_memory.c:thp_get_unmapped_area (6.7) */
static u64 thp_alignment(const struct vm *vm, u64 nr_pages)
{
	u64 huge = vm->mm->pageblock_nr_pages;

	return vm->mm->thp_configured && vm->mm->sysctl.thp_enabled && nr_pages >= huge ? huge : 1;
}

/* Where the region goes among the others; its address in *start. */
static u32 find_gap(struct mm_struct *mm, u64 nr_pages, u64 *start)
{
	u32 i = area_after(mm, mm->gap_from);
	u64 at = mm->gap_from, align = thp_alignment(mm->vm, nr_pages) - 1;
	bool first = true;

	for (; i < mm->nr_areas; i++) {
		u64 room = mm->areas[i]->start - at, lost = -at & align;

		if (room >= nr_pages + lost)
			break;
		/* A gap too small for this one may fit a later one: stay before it. */
		first = first && !room;
		at = area_end(mm->areas[i]);
		if (first)
			mm->gap_from = at;
	}
	*start = (at + align) & ~align;
	return i;
}

static bool areas_reserve(struct mm_struct *mm)
{
	u32 cap = mm->cap_areas ? mm->cap_areas * 2 : 4;
	struct vm_area_struct **areas;

	if (mm->nr_areas < mm->cap_areas)
		return true;
	areas = reallocarray(mm->areas, cap, sizeof(*areas));
	if (!areas)
		return false;
	mm->areas = areas;
	mm->cap_areas = cap;
	return true;
}

/* An empty region in the lowest gap. */
static struct vm_area_struct *map_region(struct mm_struct *mm, u64 nr_pages)
{
	struct vm_area_struct *vma;
	u64 start;
	u32 at;

	assert(nr_pages);
	if (mm->nr_areas >= VM_MAX_MAP_COUNT)
		return NULL;
	at = find_gap(mm, nr_pages, &start);
	if (nr_pages > TASK_SIZE_PAGES || start > TASK_SIZE_PAGES - nr_pages)
		return NULL;
	vma = calloc(1, sizeof(*vma));
	if (!vma || !areas_reserve(mm)) {
		mm->vm->no_host_memory = true;
		free(vma);
		return NULL;
	}
	vma->vm_mm = mm;
	vma->start = start;
	vma->nr_pages = nr_pages;
	memmove(&mm->areas[at + 1], &mm->areas[at], (mm->nr_areas - at) * sizeof(*mm->areas));
	mm->areas[at] = vma;
	mm->nr_areas++;
	mm->total_vm += nr_pages;
	return vma;
}

struct vm_area_struct *vm_mmap(struct mm_struct *mm, struct task_struct *current, u64 nr_pages)
{
	struct vm_area_struct *vma;

	(void)current;
	if (!enough_memory(mm, nr_pages))
		return NULL;
	vma = map_region(mm, nr_pages);
	if (vma)
		mm->vm->committed += nr_pages;
	return vma;
}

struct vm_area_struct *vm_mmap_file(struct mm_struct *mm, struct task_struct *current,
				    struct file *file, u64 pgoff, u64 nr_pages, bool shared)
{
	struct vm_area_struct *vma;

	(void)current;
	if (!shared && !enough_memory(mm, nr_pages))
		return NULL;
	vma = map_region(mm, nr_pages);
	if (!vma)
		return NULL;
	vma->pgoff = pgoff;
	vma->shared = shared;
	i_mmap_add(file, vma);
	mm->vm->committed += shared ? 0 : nr_pages;
	return vma;
}

void vm_munmap(struct vm_area_struct *vma, struct task_struct *current)
{
	struct mm_struct *mm = vma->vm_mm;
	u32 at = area_after(mm, vma->start);
	struct mmu_gather tlb;
	u64 floor, ceiling;

	assert(at < mm->nr_areas && mm->areas[at] == vma);
	floor = at ? area_end(mm->areas[at - 1]) : 0;
	ceiling = at + 1 < mm->nr_areas ? mm->areas[at + 1]->start : UINT64_MAX;
	mmap_write_lock(mm, current);
	lru_add_drain(mm->vm, current);
	tlb_gather_mmu(&tlb, mm->vm, current);
	unmap_page_range(&tlb, vma, 0, vma->nr_pages);
	tlb_finish_mmu(&tlb);
	pgtable_free_range(mm, current, vma->start, area_end(vma), floor, ceiling);
	mm->total_vm -= vma->nr_pages;
	if (vma->locked)
		mm->locked_vm -= vma->nr_pages;
	mm->gap_from = min_u64(mm->gap_from, vma->start);
	memmove(&mm->areas[at], &mm->areas[at + 1],
		(mm->nr_areas - at - 1) * sizeof(*mm->areas));
	mm->nr_areas--;
	vma_free(vma);
	mmap_write_unlock(mm);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading of swapped pages, after mm/page_io.c, and read-ahead, after mm/swap_state.c: around the
 * address of the fault, or around the slot where a device seeks. One request a page; a synchronous
 * device (zram) takes CPU time instead. Left out: zeroed pages that need no I/O, zswap, reads of
 * whole large folios.
 */
#include <assert.h>
#include <stdlib.h>

#include "machine/psi.h"
#include "mm/alloc.h"
#include "mm/filemap.h"
#include "mm/lru.h"
#include "mm/memcontrol.h"
#include "mm/swap_internal.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"
#include "mm/writeback.h"

#define SWAP_RA_ORDER_CEILING 5u   /* mm/swap_state.c */
#define SWAP_RA_HITS_MAX      63u  /* half a page's bits */
#define SWAP_RA_REGION	      512u /* pages of a leaf page table on x86-64 */

static void end_swap_read(void *arg)
{
	struct swap_io *io = arg;
	struct vm *vm = io->vm;

	folio_unlock(vm, io->folio);
	swap_io_put(io);
}

static void read_page(struct vm *vm, struct swap_info *si, u32 folio)
{
	struct swap_io *io = swap_io_get(vm, folio);

	if (io)
		device_submit(si->dev, false, 1ull << vm->mm->page_shift, end_swap_read, io);
}

/* Starting it is a stall if the page was in the working set. mm/page_io.c:swap_read_folio */
static void swap_read_folio(struct vm *vm, struct task_struct *current, u32 folio,
			    swp_entry_t entry)
{
	struct swap_info *si = swap_entry_info(vm, entry);
	bool workingset = pfn_to_page(vm->mm, folio)->flags & PG_workingset;

	if (workingset)
		psi_memstall_enter(current->sched);
	count_vm_events(vm->mm, PSWPIN, 1);
	task_charge(current, CAUSE_SWAP_IN, vm->mm->costs.swap_in);
	if (si->synchronous) {
		task_charge(current, CAUSE_SWAP_IN, vm->mm->costs.zram_load);
		task_settle(vm->mm, current);
		folio_unlock(vm, folio);
	} else {
		read_page(vm, si, folio);
	}
	if (workingset)
		psi_memstall_leave(current->sched);
}

/* A new folio, charged to who pays for the slot. PFN_NONE: no memory. Time passes. */
static u32 new_folio(struct vm *vm, struct task_struct *current, swp_entry_t entry)
{
	u32 pfn = alloc_pages(vm->mm, current, GFP_HIGHUSER_MOVABLE, 0);

	if (pfn == PFN_NONE)
		return PFN_NONE;
	/* The slot may be another's by now: then the folio is not used. */
	if (mem_cgroup_charge(vm, current, pfn, swap_slot_memcg(vm, entry), GFP_KERNEL))
		return pfn;
	(void)free_pages(vm->mm, current, pfn, 0);
	return PFN_NONE;
}

/*
 * The slot's folio; *is_new: just made, locked, on its way to the LRU, and to be read. PFN_NONE: no
 * memory, or nobody needs the slot. Time passes. mm/swap_state.c:__read_swap_cache_async
 */
static u32 read_swap_cache_async(struct vm *vm, struct task_struct *current, swp_entry_t entry,
				 bool *is_new)
{
	u32 folio = swap_cache_folio(vm, entry), shadow;

	*is_new = false;
	if (folio != PFN_NONE || !swap_count(vm, entry))
		return folio;
	folio = new_folio(vm, current, entry);
	if (folio == PFN_NONE)
		return PFN_NONE;
	if (swap_cache_folio(vm, entry) != PFN_NONE || !swap_count(vm, entry)) {
		mem_cgroup_uncharge(vm, folio);
		(void)free_pages(vm->mm, current, folio, 0);
		return swap_cache_folio(vm, entry);
	}
	shadow = swap_slot_shadow(vm, entry);
	pfn_to_page(vm->mm, folio)->flags |= PG_locked | PG_swapbacked;
	swap_cache_add_folio(vm, folio, entry);
	if (shadow)
		workingset_refault(vm, current, folio, shadow);
	folio_add_lru(vm, current, folio);
	*is_new = true;
	return folio;
}

/* One page of a window. */
static u32 read_one(struct vm *vm, struct task_struct *current, swp_entry_t entry, bool ahead)
{
	bool is_new;
	u32 folio = read_swap_cache_async(vm, current, entry, &is_new);

	if (!is_new)
		return folio;
	if (ahead) {
		/* PG_readahead is this bit too: no write-back is under way. */
		pfn_to_page(vm->mm, folio)->flags |= PG_reclaim;
		count_vm_events(vm->mm, SWAP_RA, 1);
	}
	swap_read_folio(vm, current, folio, entry);
	return folio;
}

/* Pages to read. mm/swap_state.c:__swapin_nr_pages */
static u32 swapin_nr_pages(u64 prev, u64 at, u32 hits, u32 max, u32 prev_window)
{
	u32 pages = hits + 2;

	if (!hits) {
		if (at != prev + 1 && at + 1 != prev)
			pages = 1;
	} else {
		for (pages = 4; pages < hits + 2;)
			pages *= 2;
	}
	if (pages > max)
		pages = max;
	return pages < prev_window / 2 ? prev_window / 2 : pages;
}

static bool use_vma_readahead(const struct vm *vm)
{
	return !vm->swap->nr_rotational;
}

/* A region that was never read ahead begins with some credit. mm/swap_state.c:GET_SWAP_RA_VAL */
static u32 vma_ra_hits(const struct vm_area_struct *vma)
{
	return vma->swap_ra_addr || vma->swap_ra_win || vma->swap_ra_hits ? vma->swap_ra_hits : 4;
}

void swap_update_readahead(struct vm *vm, struct vm_area_struct *vma, u64 index, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	bool ahead = (page->flags & (PG_reclaim | PG_writeback)) == PG_reclaim;

	if (ahead)
		page->flags &= (u16)~PG_reclaim;
	if (use_vma_readahead(vm)) {
		vma->swap_ra_hits = vma_ra_hits(vma);
		if (ahead && vma->swap_ra_hits < SWAP_RA_HITS_MAX)
			vma->swap_ra_hits++;
		vma->swap_ra_addr = vma->start + index + 1;
	}
	if (!ahead)
		return;
	count_vm_events(vm->mm, SWAP_RA_HIT, 1);
	if (!use_vma_readahead(vm))
		vm->swap->readahead_hits++;
}

struct window {
	u64 start, end; /* page indices of the region */
};

/* mm/swap_state.c:swap_vma_ra_win */
static struct window vma_window(const struct vm *vm, struct vm_area_struct *vma, u64 index)
{
	u32 max = 1u << min_u64(vm->mm->sysctl.page_cluster, SWAP_RA_ORDER_CEILING);
	u64 addr = vma->start + index + 1, prev = vma->swap_ra_addr, left; /* + 1: 0 is none */
	u64 first = vma->start + 1, table = (addr - 1) / SWAP_RA_REGION * SWAP_RA_REGION + 1;
	u32 win;

	if (max == 1)
		return (struct window){index, index + 1};
	win = swapin_nr_pages(prev, addr, vma_ra_hits(vma), max, vma->swap_ra_win);
	vma->swap_ra_addr = addr;
	vma->swap_ra_win = win;
	vma->swap_ra_hits = 0;
	if (addr == prev + 1)
		left = addr;
	else if (prev == addr + 1)
		left = addr + 1 > win ? addr + 1 - win : 0;
	else
		left = addr > (win - 1) / 2 ? addr - (win - 1) / 2 : 0;
	return (struct window){
		max_u64(max_u64(left, first), table) - first,
		min_u64(min_u64(left + win, first + vma->nr_pages), table + SWAP_RA_REGION) -
			first,
	};
}

/* The entry that names the page's slot, 0: it is none. */
static swp_entry_t region_entry(const struct vm_area_struct *vma, u64 index)
{
	const struct vm_node *node = vm_node_lookup(vma->vm_mm->vm, &vma->nodes, index);
	u32 i = (u32)(index % VM_NODE_SLOTS);

	return node && node->swapped >> i & 1 ? node->slot[i] : 0;
}

static u32 swap_vma_readahead(struct vm *vm, struct task_struct *current,
			      struct vm_area_struct *vma, u64 index, swp_entry_t entry)
{
	struct window win = vma_window(vm, vma, index);

	if (win.end - win.start <= 1)
		return read_one(vm, current, entry, false);
	for (u64 i = win.start; i < win.end; i++) {
		swp_entry_t other = region_entry(vma, i);

		if (other)
			read_one(vm, current, other, i != index);
	}
	lru_add_drain(vm, current);
	return region_entry(vma, index) == entry ? read_one(vm, current, entry, false) : PFN_NONE;
}

/* mm/swap_state.c:swap_cluster_readahead */
static u32 swap_cluster_readahead(struct vm *vm, struct task_struct *current, swp_entry_t entry)
{
	const struct swap_info *si = swap_entry_info(vm, entry);
	struct swap_state *swap = vm->swap;
	u32 max = 1u << vm->mm->sysctl.page_cluster, slot = entry - si->base, pages = 1, first, end;

	if (max > 1) {
		pages = swapin_nr_pages(swap->prev_entry, entry, swap->readahead_hits, max,
					swap->prev_window);
		if (!swap->readahead_hits)
			swap->prev_entry = entry;
		swap->readahead_hits = 0;
		swap->prev_window = pages;
	}
	if (pages <= 1)
		return read_one(vm, current, entry, false);
	first = slot / pages * pages;
	end = (u32)min_u64(first + pages, si->nr_pages);
	for (u32 s = first; s < end; s++)
		read_one(vm, current, si->base + s, s != slot);
	lru_add_drain(vm, current);
	return read_one(vm, current, entry, false);
}

u32 swapin_readahead(struct vm *vm, struct task_struct *current, struct vm_area_struct *vma,
		     u64 index, swp_entry_t entry)
{
	if (swap_synchronous(vm, entry) && swap_count(vm, entry) == 1)
		return read_one(vm, current, entry, false);
	if (use_vma_readahead(vm))
		return swap_vma_readahead(vm, current, vma, index, entry);
	return swap_cluster_readahead(vm, current, entry);
}

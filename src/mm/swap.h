/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/vm.h"

/*
 * Swap devices, their slots and the swap cache. A swap entry is the number of a slot over all
 * devices, from 1 on; 0: none. A slot lives as long as page table entries name it or a page of the
 * swap cache is its copy.
 */
typedef u32 swp_entry_t;

#define SWAPFILE_CLUSTER 512u /* slots of a cluster. mm/swapfile.c (7.2, THP swap) */

struct swap_info; /* one device */

/*
 * Adds a device of nr_pages slots; requests go to dev, or take CPU time only when it is
 * `synchronous` (zram). Higher prio first, equal ones in turn. False: host memory, or more slots
 * than entries. mm/swapfile.c:swapon
 */
bool swapon(struct vm *vm, struct device *dev, u64 nr_pages, s32 prio, bool rotational,
	    bool synchronous);
void vm_swap_destroy(struct vm *vm);

/* Slots free; of all. mm/swapfile.c:nr_swap_pages, total_swap_pages */
u64 get_nr_swap_pages(const struct vm *vm);
u64 total_swap_pages(const struct vm *vm);
/* More than half used. include/linux/swap.h:vm_swap_full */
bool vm_swap_full(const struct vm *vm);
/* Pages in the swap cache (nr_swapcached). */
u64 total_swapcache_pages(const struct vm *vm);

/* The folio's slot, 0 if it is not in the swap cache. O(1) */
swp_entry_t folio_swap_entry(const struct vm *vm, u32 folio);

/* A slot for an anonymous folio, which enters the swap cache, dirty. False: swap is full.
   mm/swapfile.c:folio_alloc_swap */
bool folio_alloc_swap(struct vm *vm, struct task_struct *current, u32 folio);
/*
 * Starts writing: clean, under write-back until it completes, then as folio_end_writeback().
 * With a synchronous device it is complete on return. mm/page_io.c:swap_writeout
 */
void swap_writeout(struct vm *vm, struct task_struct *current, u32 folio);
/* Nobody maps it: out of the cache, the slot keeps the shadow if entries name it. The folio is then
   the caller's to free. mm/swap_state.c:swap_cache_del_folio */
void swap_cache_del_folio(struct vm *vm, u32 folio, u32 shadow);
/* Gives up the slot if only the cache holds it: the folio is dirty anonymous memory again.
   mm/swapfile.c:folio_free_swap */
bool folio_free_swap(struct vm *vm, u32 folio);

/* One more, one fewer entry names the slot. mm/swapfile.c:swap_dup_entry, swap_put_entries_direct */
void swap_dup(struct vm *vm, swp_entry_t entry);
void swap_put(struct vm *vm, struct task_struct *current, swp_entry_t entry);

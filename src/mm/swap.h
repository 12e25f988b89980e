/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/vm.h"

/*
 * Swap devices, their slots and the swap cache. A swap entry is the number of a slot over all
 * devices, from 1 on; 0: none. A slot lives as long as page table entries name it or a page of the
 * swap cache is its copy.
 */
typedef u32 swp_entry_t;

#define SWAPFILE_CLUSTER 512u	      /* slots of a cluster. mm/swapfile.c (7.2, THP swap) */
#define SWAP_MAX_PAGES	 OWNER_NUMBER /* slots of all devices */

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
/* The slot's folio in the swap cache, PFN_NONE if there is none. O(1) */
u32 swap_cache_folio(const struct vm *vm, swp_entry_t entry);
/* Page table entries that name the slot. mm/swapfile.c:__swap_count */
u32 swap_count(const struct vm *vm, swp_entry_t entry);

/* A slot for an anonymous folio, which enters the swap cache, dirty. False: swap is full.
   mm/swapfile.c:folio_alloc_swap */
bool folio_alloc_swap(struct vm *vm, struct task_struct *current, u32 folio);
/*
 * Starts writing: clean, under write-back until it completes, then as folio_end_writeback().
 * With a synchronous device it is complete on return; if nobody needs the page it is only clean.
 * mm/page_io.c:swap_writeout
 */
void swap_writeout(struct vm *vm, struct task_struct *current, u32 folio);

/*
 * Between start and finish the task's writes wait for neighbours to go with. Those that need not
 * wait any more leave in send(), when no folio is isolated; all of them in flush(), before the task
 * sleeps. Not nested. block/blk-core.c:blk_start_plug, blk_finish_plug
 */
void swap_plug_start(struct task_struct *current);
void swap_plug_send(struct vm *vm, struct task_struct *current);
void swap_plug_flush(struct vm *vm, struct task_struct *current);
void swap_plug_finish(struct vm *vm, struct task_struct *current);
/* Nobody maps it: out of the cache, the slot keeps the shadow if entries name it. The folio is then
   the caller's to free. mm/swap_state.c:swap_cache_del_folio */
void swap_cache_del_folio(struct vm *vm, u32 folio, u32 shadow);
/* Gives up the slot if only the cache holds it: the folio is dirty anonymous memory again.
   mm/swapfile.c:folio_free_swap */
bool folio_free_swap(struct vm *vm, u32 folio);
/*
 * The last entry that mapped the folio is gone. True: it is the caller's to free. False: it stays
 * in the swap cache, for entries that name its slot, or until reclaim finds it because it is under
 * write-back. mm/swap_state.c:free_swap_cache
 */
bool free_swap_cache(struct vm *vm, u32 folio);
/* The contents moved: the swap cache's slot names `to`, which takes from's place as owner kind
   OWNER_SWAP too. mm/migrate.c:__folio_migrate_mapping */
void swap_cache_replace_folio(struct vm *vm, u32 from, u32 to);

/* One more, one fewer entry names the slot. swap_put() lets go of the cached copy too if nobody
   needs it; swap_free() leaves it. mm/swapfile.c:swap_dup_entry, swap_put_entries_direct */
void swap_dup(struct vm *vm, swp_entry_t entry);
void swap_put(struct vm *vm, struct task_struct *current, swp_entry_t entry);
void swap_free(struct vm *vm, swp_entry_t entry);

/* Reading takes CPU time only: no read-ahead, and the slot is given up at once. */
bool swap_synchronous(const struct vm *vm, swp_entry_t entry);
/* A fault found the folio in the cache: was it read ahead? mm/swap_state.c:swap_update_readahead */
void swap_update_readahead(struct vm *vm, struct vm_area_struct *vma, u64 index, u32 folio);
/*
 * Starts to read the slot that page `index` of the region names, and others around it. The folio,
 * still locked; PFN_NONE: no memory, or the entry is gone. Time passes.
 * mm/swap_state.c:swapin_readahead
 */
u32 swapin_readahead(struct vm *vm, struct task_struct *current, struct vm_area_struct *vma,
		     u64 index, swp_entry_t entry);

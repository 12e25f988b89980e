/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/alloc.h"
#include "mm/vm.h"

/* Shared by the files that keep owned pages: vm, mmap, memory, fork, pgtable, filemap, slab. */

#define VM_HOST_BYTES_MAX (8ull << 30)

/* Nodes: O(1). Allocation fails only if the host has no memory (vm->no_host_memory). */
struct vm_node *vm_node_alloc(struct vm *vm);
void vm_node_free(struct vm *vm, struct vm_node *node); /* takes it off its ring */

static inline struct vm_node *vm_node_get(const struct vm *vm, u32 id)
{
	return &vm->node_chunks[id >> 8][id & 255];
}

/* The ring of `node` gets `other`. */
void vm_node_ring_add(struct vm *vm, struct vm_node *node, struct vm_node *other);
/* The same of two that may have rings of their own, or one in common. O(ring) */
void vm_node_ring_join(struct vm *vm, struct vm_node *node, struct vm_node *other);

/* The node's room for slots of pages in the swap cache, made if need be. NULL: host memory. */
u32 *vm_node_swap(struct vm *vm, struct vm_node *node);

/* Grows an array of u32 (new entries are `fill`) to hold position i. False: host memory. */
bool vm_grow_u32(struct vm *vm, u32 **array, u64 *n, u64 i, u32 fill);
void vm_free_u32(struct vm *vm, u32 **array, u64 *n);

static inline struct vm_node *vm_node_lookup(const struct vm *vm, const struct vm_node_map *map,
					     u64 index)
{
	u64 i = index >> VM_NODE_SHIFT;

	return i < map->n && map->id[i] ? vm_node_get(vm, map->id[i]) : NULL;
}

/* The node of a page, made if need be; its holder is for the caller to set. NULL: host memory. */
struct vm_node *vm_node_at(struct vm *vm, struct vm_node_map *map, u64 index);

/* Releases all nodes of a map (their pages are gone) and the map. */
void vm_node_map_finish(struct vm *vm, struct vm_node_map *map);

/* Extra references by PFN: O(1) expected. */
u32 page_refs_get(const struct page_refs *refs, u32 pfn);
bool page_refs_inc(struct page_refs *refs, u32 pfn); /* false: host memory */
void page_refs_dec(struct page_refs *refs, u32 pfn); /* one must be there */
void page_refs_move(struct page_refs *refs, u32 from, u32 to); /* `to` has none */

void mod_node_page_state(struct vm *vm, u32 pfn, enum node_stat_item item, s64 delta);

/* mm/memory.c and include/asm-generic/tlb.h: pages on their way out, freed in batches. */
#define MMU_GATHER_BUNDLE 8u   /* first batch */
#define MAX_GATHER_BATCH  510u /* of 4 KiB batch pages */

struct mmu_gather {
	struct vm *vm;
	struct task_struct *current;
	u32 nr, max;
	u32 pages[MAX_GATHER_BATCH];
};

void tlb_gather_mmu(struct mmu_gather *tlb, struct vm *vm, struct task_struct *current);
void tlb_finish_mmu(struct mmu_gather *tlb);
/* Unmaps the present pages of [index, index + nr). Returns how many. */
u64 unmap_page_range(struct mmu_gather *tlb, struct vm_area_struct *vma, u64 index, u64 nr);

/*
 * Entries of a region's node; mm/rmap.c. A new one is accessed; it stands where none was. The folio
 * of a new anonymous page is for the caller to put before the LRU.
 */
void set_anon_pte(struct vm *vm, struct vm_node *node, u32 i, u32 pfn, bool dirty);
/* For a page that others of the family map already; it may not be written. False: host memory. */
bool set_shared_pte(struct vm *vm, struct vm_node *node, u32 i, u32 pfn);
/*
 * For a folio of the swap cache, also if it is mapped elsewhere in the family. False: host memory.
 */
bool set_swapped_in_pte(struct vm *vm, struct vm_node *node, u32 i, u32 folio);
/* For page `pfn` of the region's file, cached. False: host memory. mm/memory.c:set_pte_range */
bool set_file_pte(struct vm *vm, struct vm_node *node, u32 i, u32 pfn, bool writable);
/*
 * Entry i no longer maps its page. True: no entry does any more; an anonymous page is then the
 * caller's to free, or the swap cache's. mm/rmap.c:folio_remove_rmap_pte
 */
bool clear_pte(struct vm *vm, struct vm_node *node, u32 i);

/* Is the page, mapped by a region, anonymous? Only folios of one page are. */
static inline bool page_is_anon(const struct mm *mm, u32 pfn)
{
	return pfn_to_page(mm, pfn)->flags & PG_swapbacked;
}

/*
 * A fault of a region of a file: the entry is empty, or it is that of a shared region, maps a page
 * of the file and is to be written for the first time. After it the page is mapped as wanted; costs
 * of the fault are charged by the caller. mm/memory.c:do_fault, mm/memory_file.c
 */
enum vm_fault do_file_fault(struct vm_area_struct *vma, struct task_struct *current, u64 index,
			    bool write);

/* A page joins (delta 1) or leaves (-1) the last entry of a region without a file. */
static inline void count_region_page(struct vm *vm, const struct vm_area_struct *vma, u32 pfn,
				     s64 delta)
{
	if (likely(!vma->shmem)) {
		mod_node_page_state(vm, pfn, NR_ANON_MAPPED, delta);
		return;
	}
	mod_node_page_state(vm, pfn, NR_SHMEM, delta);
	mod_node_page_state(vm, pfn, NR_FILE_PAGES, delta);
	if (vma->shmem_mapped)
		mod_node_page_state(vm, pfn, NR_FILE_MAPPED, delta);
}

/* An address space of the root group without page tables. NULL: host memory. */
struct mm_struct *mm_new(struct vm *vm);

/* Page tables of an address space. */
bool pgtable_init(struct mm_struct *mm, struct task_struct *current);
/* Is there a table for the page's entry? O(1). mm/khugepaged.c:find_pmd_or_thp_or_none */
bool pgtable_present(const struct mm_struct *mm, u64 vpn);
/* All levels for one page. False: no memory. mm/memory.c:__pte_alloc and above */
bool pgtable_alloc(struct mm_struct *mm, struct task_struct *current, u64 vpn);
/* Tables of [start, end) that reach no lower than floor and no higher than ceiling.
   mm/memory.c:free_pgtables */
void pgtable_free_range(struct mm_struct *mm, struct task_struct *current, u64 start, u64 end,
			u64 floor, u64 ceiling);
void pgtable_finish(struct mm_struct *mm, struct task_struct *current); /* all that is left */

/* Releases what files and caches hold on the host. */
void vm_files_destroy(struct vm *vm);
void vm_file_requests_destroy(struct vm *vm);
void vm_slabs_destroy(struct vm *vm);

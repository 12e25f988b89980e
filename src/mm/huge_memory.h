/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/gfp.h"
#include "mm/vm.h"

/*
 * Huge pages of anonymous memory (THP): one entry maps a pageblock. Such a folio has the owner kind
 * OWNER_HUGE and the number of its entry. When a part of it is unmapped the folio stays whole, its
 * other pages mapped one by one, until somebody splits it for its memory: the entry here tells
 * which pages still are. fork shares it: then each address space has an entry. Whoever wants base
 * pages (swap, mlock) splits it first, for all who map it: all other code sees anonymous folios of
 * one page only. mm/huge_memory.c (7.2)
 */
enum thp_enabled { THP_NEVER, THP_MADVISE, THP_ALWAYS };
enum thp_defrag { THP_DEFRAG_ALWAYS, THP_DEFRAG_DEFER, THP_DEFRAG_DEFER_MADVISE,
		  THP_DEFRAG_MADVISE, THP_DEFRAG_NEVER };

/* include/linux/gfp_types.h */
#define GFP_TRANSHUGE_LIGHT                                                                       \
	((GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOMEMALLOC | __GFP_NOWARN) &                   \
	 ~(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM))
#define GFP_TRANSHUGE (GFP_TRANSHUGE_LIGHT | __GFP_DIRECT_RECLAIM)

struct huge_entry {
	struct vm_area_struct *vma; /* NULL: unused */
	u64 index;		    /* page of the region */
	u32 folio;
	bool young;
	bool wrprotect;		  /* shared by fork: a write copies */
	u32 ring_next, ring_prev; /* entries of the same folio; itself: there is no other */
	u32 next_free;
	u64 *mapped;   /* a bit a page that is mapped, if not all are; NULL: one entry maps all */
	u32 nr_mapped; /* pages */
	bool deferred; /* waits to be split, between these (0: none) */
	u32 deferred_next, deferred_prev;
};

/* The entry of the huge page that covers a page of the region; NULL: none. O(1) */
struct huge_entry *huge_entry_of(const struct vm_area_struct *vma, u64 index);
/* The same if the page is mapped by it. O(1) */
struct huge_entry *huge_entry_maps(const struct vm_area_struct *vma, u64 index);
/* Of a folio with OWNER_HUGE; NULL for any other. O(1) */
struct huge_entry *folio_huge_entry(const struct vm *vm, u32 folio);

/* May khugepaged, or a fault, make huge pages in the region: policy, advice, size and place.
   mm/huge_memory.c:thp_vma_allowable_order */
bool thp_vma_allowable(const struct vm_area_struct *vma);

/*
 * MADV_HUGEPAGE, MADV_NOHUGEPAGE: which of them counts for the region from now on.
 * mm/khugepaged.c:hugepage_madvise
 */
void hugepage_madvise(struct vm_area_struct *vma, bool hugepage, bool nohugepage);

enum huge_fault { HUGE_FAULT_FALLBACK, HUGE_FAULT_DONE, HUGE_FAULT_OOM };
/*
 * A fault in a range where nothing is mapped yet: tries for a huge page as policy and advice say.
 * Time passes. mm/huge_memory.c:do_huge_pmd_anonymous_page
 */
enum huge_fault do_huge_pmd_anonymous_page(struct vm_area_struct *vma, struct task_struct *current,
					   u64 index);

/* Host memory for an entry at `first`, before anything is changed for it. */
bool huge_entry_reserve(struct vm_area_struct *vma, u64 first);
/* One entry maps folio pfn from page `first` on, where nothing is mapped: counters and owner. The
   room was reserved, the LRU is the caller's. mm/huge_memory.c:map_anon_folio_pmd */
void huge_entry_install(struct vm_area_struct *vma, u64 first, u32 pfn);

/*
 * Base pages instead, each on the LRU where the huge one was; those that nothing maps are freed.
 * False: host memory; nothing changed. No time passes. O(pages).
 * mm/huge_memory.c:split_huge_page, __split_huge_pmd
 */
bool split_huge_entry(struct vm *vm, struct task_struct *current, struct huge_entry *entry);
/* The same of an isolated one: its base pages, in order, are on `list`, isolated too.
   mm/huge_memory.c:split_folio_to_list */
bool split_huge_entry_to_list(struct vm *vm, struct task_struct *current,
			      struct huge_entry *entry, struct page_list *list);
/* All that touch pages [index, index + nr) of the region. */
bool split_huge_range(struct vm_area_struct *vma, struct task_struct *current, u64 index, u64 nr);

/* fork: the child's region maps what the parent's entry maps; neither may write. False: host
   memory. mm/huge_memory.c:copy_huge_pmd */
bool huge_entry_share(struct vm_area_struct *vma, struct huge_entry *entry);
/* Is a page that the entry maps mapped by others as well? O(entries of the folio) */
bool huge_page_shared(const struct vm *vm, const struct huge_entry *entry, u64 index);
/*
 * A write to a page of an entry that may not: true, it is the only one of its folio and may from
 * now on. False: the page is shared, to be copied. mm/huge_memory.c:do_huge_pmd_wp_page
 */
bool huge_entry_reuse(const struct vm *vm, struct huge_entry *entry);

/* The entry goes. Its folio if that was the last of it: the caller's to free; else PFN_NONE.
   mm/huge_memory.c:zap_huge_pmd */
u32 zap_huge_entry(struct vm *vm, struct huge_entry *entry);
/*
 * Pages [from, to) of the region, which the entry covers, are unmapped; returns how many were
 * mapped by it. With the last of them the entry goes: *folio, if not PFN_NONE, is the caller's to
 * free. What is left of the folio, if nobody maps all of it, waits to be split.
 * mm/rmap.c:folio_remove_rmap_pte, mm/huge_memory.c:deferred_split_folio
 */
u64 unmap_huge_pages(struct vm *vm, struct task_struct *current, struct huge_entry *entry,
		     u64 from, u64 to, u32 *folio);

/* The contents of a huge folio moved. mm/rmap.c:folio_replace() */
void huge_entry_move(struct vm *vm, u32 from, u32 to);

/* The queue of those that wait to be split, and the shrinker that does it. False: host memory.
   mm/huge_memory.c:thp_shrinker_init */
bool vm_huge_create(struct vm *vm);
void vm_huge_destroy(struct vm *vm);

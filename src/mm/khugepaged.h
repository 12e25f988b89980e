/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/huge_memory.h"

/*
 * Huge pages made of base pages that are there already: khugepaged, a thread of the machine, looks
 * through the address spaces that have regions for them. mm/khugepaged.c (7.2)
 */

/* Does policy allow huge pages at all? mm/khugepaged.c:hugepage_pmd_enabled */
bool hugepage_pmd_enabled(const struct mm *mm);

/* The region may have huge pages: khugepaged comes to know its address space, and begins if that is
   the first. O(1). mm/khugepaged.c:khugepaged_enter_vma */
void khugepaged_enter_vma(const struct vm_area_struct *vma);
/* The child of an address space that khugepaged knows. mm/khugepaged.c:khugepaged_fork */
void khugepaged_fork(struct mm_struct *mm, const struct mm_struct *parent);
/* Before its regions go. mm/khugepaged.c:__khugepaged_exit */
void khugepaged_exit(struct mm_struct *mm);

void vm_khugepaged_destroy(struct vm *vm);

/* What came of a look at the pages that one huge page could hold. mm/khugepaged.c:scan_result */
enum scan_result {
	SCAN_SUCCEED,
	SCAN_NO_PTE_TABLE, /* nothing was ever mapped there */
	SCAN_PMD_MAPPED,   /* a huge page is */
	SCAN_EXCEED_NONE_PTE,
	SCAN_EXCEED_SWAP_PTE,
	SCAN_EXCEED_SHARED_PTE,
	SCAN_PTE_NON_PRESENT,
	SCAN_PAGE_RO,
	SCAN_LACK_REFERENCED_PAGE,
	SCAN_SCAN_ABORT, /* pages lie on nodes too far apart */
	SCAN_PAGE_COUNT, /* pinned */
	SCAN_PAGE_LRU,	 /* in a batch */
	SCAN_PAGE_LOCK,	 /* being read */
	SCAN_VMA_CHECK,	 /* the region has gone meanwhile */
	SCAN_ALLOC_HUGE_PAGE_FAIL,
	SCAN_CGROUP_CHARGE_FAIL,
	SCAN_FAIL, /* host memory */
};

struct collapse_control {
	struct task_struct *current;
	u64 progress;	    /* entries looked at, by which a pass is measured */
	u32 *node_load;	    /* [nr_nodes]: pages there */
	bool lock_dropped;  /* the address space may be gone */
};

/*
 * Looks at pages [first, first + size) of the region, first a multiple of the size, and makes a
 * huge page of them if they qualify. The caller holds the mmap_lock for reading; if it had to be
 * given up it says so. Time passes. mm/khugepaged.c:collapse_scan_pmd, collapse_huge_page
 */
enum scan_result collapse_scan_pmd(struct collapse_control *cc, struct vm_area_struct *vma,
				   u64 first);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/vm.h"

/*
 * Huge pages of anonymous memory (THP): one entry maps a pageblock. Such a folio has the owner kind
 * OWNER_HUGE and the number of its entry. Whoever wants a part of it (a hole, swap, fork, mlock)
 * splits it first: all other code sees anonymous folios of one page only. mm/huge_memory.c (7.2)
 */
enum thp_enabled { THP_NEVER, THP_MADVISE, THP_ALWAYS };
enum thp_defrag { THP_DEFRAG_ALWAYS, THP_DEFRAG_DEFER, THP_DEFRAG_DEFER_MADVISE,
		  THP_DEFRAG_MADVISE, THP_DEFRAG_NEVER };

struct huge_entry {
	struct vm_area_struct *vma; /* NULL: unused */
	u64 index;		    /* page of the region */
	u32 folio;
	bool young;
	u32 next_free;
};

/* The entry that maps a page of the region; NULL: none. O(1) */
struct huge_entry *huge_entry_of(const struct vm_area_struct *vma, u64 index);
/* Of a folio with OWNER_HUGE; NULL for any other. O(1) */
struct huge_entry *folio_huge_entry(const struct vm *vm, u32 folio);

enum huge_fault { HUGE_FAULT_FALLBACK, HUGE_FAULT_DONE, HUGE_FAULT_OOM };
/*
 * A fault in a range where nothing is mapped yet: tries for a huge page as policy and advice say.
 * Time passes. mm/huge_memory.c:do_huge_pmd_anonymous_page
 */
enum huge_fault do_huge_pmd_anonymous_page(struct vm_area_struct *vma, struct task_struct *current,
					   u64 index);

/*
 * Base pages instead, each on the LRU where the huge one was. Of one that is isolated the first
 * stays with who has it; the others go where reclaim comes next. False: host memory; nothing
 * changed. No time passes. O(pages). mm/huge_memory.c:split_huge_page, __split_huge_pmd
 */
bool split_huge_entry(struct vm *vm, struct task_struct *current, struct huge_entry *entry);
/* All that touch pages [index, index + nr) of the region. */
bool split_huge_range(struct vm_area_struct *vma, struct task_struct *current, u64 index, u64 nr);

/* The entry goes; its folio is the caller's to free. mm/huge_memory.c:zap_huge_pmd */
u32 zap_huge_entry(struct vm *vm, struct huge_entry *entry);

void vm_huge_destroy(struct vm *vm);

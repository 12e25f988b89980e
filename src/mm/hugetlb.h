/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/vm.h"

/*
 * Pools of huge pages (hugetlbfs), one a size; nobody maps them. A size above the largest free
 * block is gigantic: such pages are contiguous ranges. mm/hugetlb.c
 */
#define HUGETLB_SIZES_MAX 4u

struct hstate {
	u32 order; /* a page has 2^order page frames */
	u32 *pfns; /* [cap] */
	u64 nr, cap, most, failed;
	u32 next_nid;
	u64 noretry; /* nodes where a try that was hard has failed: bit per node */
};

/* The order of huge pages of that many bytes (0: of a pageblock); 0: the machine's architecture has
   none. arch/x86/mm/hugetlbpage.c, arch/arm64/mm/hugetlbpage.c */
u32 hugetlb_order(const struct machine *machine, u64 size);

/* The pool of a size, made when first asked for. NULL: host memory. */
struct hstate *hugetlb_hstate(struct vm *vm, u32 order);

/* The pool is about to be set to another size: nodes are tried hard again.
   mm/hugetlb.c:set_max_huge_pages */
static inline void hugetlb_resize(struct hstate *h)
{
	h->noretry = 0;
}

/* The i-th pool that was made; NULL: there are fewer. */
const struct hstate *hugetlb_pool(const struct vm *vm, u32 i);

enum hugetlb_grow { HUGETLB_GROWN, HUGETLB_FAILED, HUGETLB_NO_HOST_MEMORY };
/* One page more, from each node in turn. Time passes. mm/hugetlb.c:alloc_pool_huge_folio */
enum hugetlb_grow hugetlb_grow(struct vm *vm, struct task_struct *current, struct hstate *h);
/* The last one goes back; there is one. mm/hugetlb.c:remove_pool_hugetlb_folio */
void hugetlb_shrink(struct vm *vm, struct task_struct *current, struct hstate *h);

/*
 * Somebody wants the frames that the page at pfn lies in: another takes its place in the pool, and
 * they are free. False: there is none, or it is gigantic. Time passes; afterwards anything may be
 * there. mm/hugetlb.c:isolate_or_dissolve_huge_page
 */
bool hugetlb_replace_page(struct vm *vm, struct task_struct *current, u32 pfn);

void vm_hugetlb_destroy(struct vm *vm);

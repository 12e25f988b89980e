/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pools of huge pages, after mm/hugetlb.c (7.2, 6.1): a page of a pageblock's order may cost
 * reclaim and compaction, by hard tries on each node until one fails there; a gigantic one is
 * looked for zone by zone. Left out: surplus pages, reservations, and mappings.
 */
#include "mm/hugetlb.h"

#include <assert.h>
#include <stdlib.h>

#include "mm/alloc.h"
#include "mm/contig.h"
#include "mm/vmstat.h"

/* mm/hugetlb.c:htlb_alloc_mask, alloc_buddy_hugetlb_folio (7.2) */
#define HUGETLB_GFP                                                                               \
	(GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOWARN | __GFP_RETRY_MAYFAIL | __GFP_THISNODE)
#define NODES_MAX 64u /* bits of a set of nodes */

struct hugetlb {
	struct hstate sizes[HUGETLB_SIZES_MAX];
	u32 nr;
};

/* Sizes of the architecture, as orders: the first is that of a pageblock. Returns how many. */
static u32 arch_orders(const struct machine *machine, u32 orders[HUGETLB_SIZES_MAX])
{
	u32 table = machine->page_shift - 3; /* log2 of the entries of a page table */
	u32 n = 0;

	orders[n++] = machine->pageblock_order;
	if (machine->arch == ARCH_X86_64) {
		orders[n++] = 2 * table;
	} else if (machine->arch == ARCH_ARM64) {
		/* A level above, and runs of 16 or 32 entries that count as one. */
		if (machine->page_shift == 12)
			orders[n++] = table + 4;
		orders[n++] = machine->page_shift == 12 ? 2 * table : table + 5;
	}
	return n;
}

u32 hugetlb_order(const struct machine *machine, u64 size)
{
	u32 orders[HUGETLB_SIZES_MAX], n = arch_orders(machine, orders);

	if (!size)
		return orders[0];
	for (u32 i = 0; i < n; i++)
		if (1ull << (orders[i] + machine->page_shift) == size)
			return orders[i];
	return 0;
}

static struct hstate *find_hstate(const struct vm *vm, u32 order)
{
	struct hugetlb *pools = vm->hugetlb;

	for (u32 i = 0; pools && i < pools->nr; i++)
		if (pools->sizes[i].order == order)
			return &pools->sizes[i];
	return NULL;
}

struct hstate *hugetlb_hstate(struct vm *vm, u32 order)
{
	struct hstate *h = find_hstate(vm, order);
	struct hugetlb *pools;

	if (h)
		return h;
	if (!vm->hugetlb)
		vm->hugetlb = calloc(1, sizeof(*vm->hugetlb));
	pools = vm->hugetlb;
	if (!pools)
		return NULL;
	assert(pools->nr < HUGETLB_SIZES_MAX);
	pools->sizes[pools->nr] = (struct hstate){.order = order};
	return &pools->sizes[pools->nr++];
}

const struct hstate *hugetlb_pool(const struct vm *vm, u32 i)
{
	return vm->hugetlb && i < vm->hugetlb->nr ? &vm->hugetlb->sizes[i] : NULL;
}

void vm_hugetlb_destroy(struct vm *vm)
{
	for (u32 i = 0; vm->hugetlb && i < vm->hugetlb->nr; i++)
		free(vm->hugetlb->sizes[i].pfns);
	free(vm->hugetlb);
	vm->hugetlb = NULL;
}

static bool gigantic(const struct mm *mm, const struct hstate *h)
{
	return h->order > mm->max_order;
}

static bool pool_reserve(struct hstate *h)
{
	u64 cap = h->cap ? h->cap * 2 : 64;
	u32 *pfns;

	if (h->nr < h->cap)
		return true;
	pfns = reallocarray(h->pfns, cap, sizeof(*pfns));
	if (!pfns)
		return false;
	h->pfns = pfns;
	h->cap = cap;
	return true;
}

static u32 alloc_from(struct mm *mm, struct task_struct *current, const struct hstate *h, u32 nid)
{
	if (gigantic(mm, h))
		return alloc_contig_pages(mm, current, 1ull << h->order, HUGETLB_GFP, nid);
	return alloc_pages_node(mm, current, (s32)nid, 0, HUGETLB_GFP, h->order);
}

/* One page of a pool that grows. mm/hugetlb.c:alloc_buddy_hugetlb_folio */
static u32 alloc_to_grow(struct mm *mm, struct task_struct *current, struct hstate *h, u32 nid)
{
	u64 bit = 1ull << (nid % NODES_MAX);
	bool hard = !(h->noretry & bit);
	u32 pfn;

	if (gigantic(mm, h))
		return alloc_from(mm, current, h, nid);
	pfn = alloc_pages_node(mm, current, (s32)nid, 0,
			       hard ? HUGETLB_GFP : HUGETLB_GFP & ~__GFP_RETRY_MAYFAIL, h->order);
	/* Something has changed if an easy try succeeds. */
	if (pfn == PFN_NONE)
		h->noretry |= bit;
	else if (!hard)
		h->noretry &= ~bit;
	count_vm_events(mm, pfn == PFN_NONE ? HTLB_BUDDY_PGALLOC_FAIL : HTLB_BUDDY_PGALLOC, 1);
	return pfn;
}

/* From each node in turn; a node that has none is passed over. */
static u32 alloc_page(struct mm *mm, struct task_struct *current, struct hstate *h)
{
	for (u32 i = 0; i < mm->nr_nodes; i++) {
		u32 nid = h->next_nid, pfn;

		h->next_nid = (nid + 1) % mm->nr_nodes;
		pfn = alloc_to_grow(mm, current, h, nid);
		if (pfn != PFN_NONE)
			return pfn;
	}
	return PFN_NONE;
}

/* All its blocks say that they are of the pool, and of which page. */
static void own(struct mm *mm, const struct hstate *h, u64 i)
{
	u32 pfn = h->pfns[i];

	for (u64 p = pfn; p < pfn + (1ull << h->order);) {
		struct page *page = pfn_to_page(mm, p);

		page->owner = page_owner(OWNER_HUGETLB, (u32)i & OWNER_NUMBER);
		p += 1ull << page->order;
	}
}

static void free_page(struct mm *mm, struct task_struct *current, const struct hstate *h, u32 pfn)
{
	enum free_result result;

	if (gigantic(mm, h)) {
		free_contig_range(mm, current, pfn, 1ull << h->order);
		return;
	}
	result = free_pages(mm, current, pfn, h->order);
	assert(result == FREE_OK);
	(void)result;
}

enum hugetlb_grow hugetlb_grow(struct vm *vm, struct task_struct *current, struct hstate *h)
{
	struct mm *mm = vm->mm;
	u32 pfn = alloc_page(mm, current, h);

	if (pfn == PFN_NONE) {
		h->failed++;
		return HUGETLB_FAILED;
	}
	/* Time has passed: another task may have changed the pool. */
	if (!pool_reserve(h)) {
		free_page(mm, current, h, pfn);
		return HUGETLB_NO_HOST_MEMORY;
	}
	h->pfns[h->nr] = pfn;
	own(mm, h, h->nr++);
	h->most = max_u64(h->most, h->nr);
	return HUGETLB_GROWN;
}

void hugetlb_shrink(struct vm *vm, struct task_struct *current, struct hstate *h)
{
	free_page(vm->mm, current, h, h->pfns[--h->nr]);
}

bool hugetlb_replace_page(struct vm *vm, struct task_struct *current, u32 pfn)
{
	struct mm *mm = vm->mm;
	u64 i = pfn_to_page(mm, pfn)->owner & OWNER_NUMBER;
	struct hstate *h = find_hstate(vm, pfn_to_page(mm, pfn)->order);
	u32 other;

	if (!h || i >= h->nr || h->pfns[i] != pfn)
		return false; /* a part of a gigantic page */
	other = alloc_from(mm, current, h, pfn_zone(mm, pfn)->nid);
	count_vm_events(mm, other == PFN_NONE ? HTLB_BUDDY_PGALLOC_FAIL : HTLB_BUDDY_PGALLOC, 1);
	if (other == PFN_NONE)
		return false;
	/* The pool may have shrunk meanwhile. */
	if (i >= h->nr || h->pfns[i] != pfn) {
		free_page(mm, current, h, other);
		return true;
	}
	h->pfns[i] = other;
	own(mm, h, i);
	free_page(mm, current, h, pfn);
	return true;
}

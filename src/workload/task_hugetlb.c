/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pool of huge pages, after mm/hugetlb.c:set_max_huge_pages: each is a block of a pageblock's
 * order that may cost reclaim and compaction; growing ends with the first that cannot be had, the
 * pool shrinks by giving blocks back. Left out: gigantic pages, surplus pages and nobody maps them.
 */
#include <assert.h>
#include <stdlib.h>

#include "mm/vmstat.h"
#include "workload/task.h"

/* mm/hugetlb.c:htlb_alloc_mask, alloc_pool_huge_folio, alloc_buddy_hugetlb_folio (7.2) */
#define HUGETLB_GFP                                                                               \
	(GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOWARN | __GFP_RETRY_MAYFAIL | __GFP_THISNODE)

struct hugetlb {
	u32 *pfns; /* [cap] */
	u64 nr, cap, most, failed;
	u32 next_nid;
};

void hugetlb_destroy(struct hugetlb *pool)
{
	if (!pool)
		return;
	free(pool->pfns);
	free(pool);
}

static bool pool_reserve(struct hugetlb *pool)
{
	u64 cap = pool->cap ? pool->cap * 2 : 64;
	u32 *pfns;

	if (pool->nr < pool->cap)
		return true;
	pfns = reallocarray(pool->pfns, cap, sizeof(*pfns));
	if (!pfns)
		return false;
	pool->pfns = pfns;
	pool->cap = cap;
	return true;
}

/* From each node in turn; a node that has none is passed over. */
static u32 alloc_huge_page(struct task *task, struct hugetlb *pool)
{
	struct mm *mm = task->run->world.mm;

	for (u32 i = 0; i < mm->nr_nodes; i++) {
		u32 nid = pool->next_nid, pfn;

		pool->next_nid = (nid + 1) % mm->nr_nodes;
		pfn = alloc_pages_node(mm, &task->ts, (s32)nid, 0, HUGETLB_GFP,
				       mm->pageblock_order);
		if (pfn != PFN_NONE)
			return pfn;
	}
	return PFN_NONE;
}

static enum flow pool_grow(struct task *task, struct hugetlb *pool, u64 pages)
{
	struct mm *mm = task->run->world.mm;

	while (pool->nr < pages) {
		u32 pfn;

		if (!task_operation(task))
			return FLOW_EXIT;
		pfn = alloc_huge_page(task, pool);
		if (pfn == PFN_NONE) {
			count_vm_events(mm, HTLB_BUDDY_PGALLOC_FAIL, 1);
			pool->failed++;
			break;
		}
		count_vm_events(mm, HTLB_BUDDY_PGALLOC, 1);
		pfn_to_page(mm, pfn)->owner = page_owner(OWNER_BLOCK, 0);
		/* Time has passed: another task may have changed the pool. */
		if (!pool_reserve(pool))
			return task_no_host_memory(task);
		pool->pfns[pool->nr++] = pfn;
		pool->most = max_u64(pool->most, pool->nr);
	}
	return FLOW_NEXT;
}

enum flow task_hugetlb(struct task *task, const struct step *step)
{
	struct workload_run *run = task->run;
	struct mm *mm = run->world.mm;

	if (!run->hugetlb)
		run->hugetlb = calloc(1, sizeof(*run->hugetlb));
	if (!run->hugetlb)
		return task_no_host_memory(task);
	while (run->hugetlb->nr > step->u.hugetlb.pages) {
		enum free_result result;

		if (!task_operation(task))
			return FLOW_EXIT;
		result = free_pages(mm, &task->ts, run->hugetlb->pfns[--run->hugetlb->nr],
				    mm->pageblock_order);
		assert(result == FREE_OK);
		(void)result;
	}
	return pool_grow(task, run->hugetlb, step->u.hugetlb.pages);
}

void workload_hugetlb(const struct workload_run *run, struct workload_hugetlb *pool)
{
	*pool = (struct workload_hugetlb){0};
	if (!run->hugetlb)
		return;
	pool->pages = run->hugetlb->nr;
	pool->most = run->hugetlb->most;
	pool->failed = run->hugetlb->failed;
}

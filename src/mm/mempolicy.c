/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NUMA memory policy of a task: from which node a request starts and which nodes it may use. Left
 * out: policies of single regions, weighted interleave, cpusets.
 */
#include "mm/page_alloc.h"

/* Next node of the set after the one used last, in turn. mm/mempolicy.c:interleave_nodes */
static u32 interleave_next(struct mempolicy *policy)
{
	u64 above = policy->il_prev < 63 ? policy->nodes & ~((2ull << policy->il_prev) - 1) : 0;

	policy->il_prev = (u32)__builtin_ctzll(above ? above : policy->nodes);
	return policy->il_prev;
}

static u32 alloc_interleave(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order)
{
	u32 nid = interleave_next(&current->mempolicy);
	u32 pfn = alloc_pages_node(mm, current, (s32)nid, 0, gfp, order);
	struct zone *zone = pfn == PFN_NONE ? NULL : pfn_zone(mm, pfn);

	if (zone && zone->nid == nid)
		zone->vm_numa_event[NUMA_INTERLEAVE_HIT]++;
	return pfn;
}

/* The set first, without waiting or complaining; then anywhere.
   mm/mempolicy.c:alloc_pages_preferred_many */
static u32 alloc_preferred_many(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order)
{
	gfp_t first = (gfp | __GFP_NOWARN) & ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL);
	u32 pfn = alloc_pages_node(mm, current, NUMA_NO_NODE, current->mempolicy.nodes, first,
				   order);

	return pfn != PFN_NONE ? pfn : alloc_pages_node(mm, current, NUMA_NO_NODE, 0, gfp, order);
}

u32 alloc_pages(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order)
{
	const struct mempolicy *policy = &current->mempolicy;

	/* Interrupts have no policy, and a request for one node overrides it. */
	if (policy->mode == MPOL_DEFAULT || !policy->nodes || current->context != IN_TASK ||
	    (gfp & __GFP_THISNODE))
		return alloc_pages_node(mm, current, NUMA_NO_NODE, 0, gfp, order);
	switch (policy->mode) {
	case MPOL_PREFERRED:
		return alloc_pages_node(mm, current, (s32)__builtin_ctzll(policy->nodes), 0, gfp,
					order);
	case MPOL_PREFERRED_MANY:
		return alloc_preferred_many(mm, current, gfp, order);
	case MPOL_BIND:
		return alloc_pages_node(mm, current, NUMA_NO_NODE, policy->nodes, gfp, order);
	case MPOL_INTERLEAVE:
		return alloc_interleave(mm, current, gfp, order);
	case MPOL_DEFAULT:
	case MPOL_LOCAL:
		break;
	}
	return alloc_pages_node(mm, current, NUMA_NO_NODE, 0, gfp, order);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way back: checks, then the per-CPU list or the buddy lists. A wrong call changes nothing and
 * is named. References of pages are their owner's business: a free here is the last one.
 */
#include "mm/page_alloc.h"

#include "mm/pcp.h"
#include "mm/vmstat.h"

const char *const free_result_names[] = {
	[FREE_OK] = "ok",
	[FREE_NO_PAGE] = "no such page frame",
	[FREE_DOUBLE] = "double free: the block is free already",
	[FREE_WRONG_ORDER] = "freed with another order than it was allocated with",
	[FREE_NOT_OWNED] = "no block in use begins here",
};

/* Why a block that is not in use cannot be freed. */
static enum free_result why_not_free(const struct mm *mm, u32 pfn)
{
	if (!pfn_zone(mm, pfn))
		return FREE_NO_PAGE;
	switch ((enum page_state)pfn_to_page(mm, pfn)->state) {
	case PAGE_BUDDY:
	case PAGE_PCP:
		return FREE_DOUBLE;
	default:
		return buddy_order(mm, pfn) >= 0 ? FREE_DOUBLE : FREE_NOT_OWNED;
	}
}

static inline enum free_result check_free(const struct mm *mm, u32 pfn)
{
	if (unlikely(!pfn_in_map(mm, pfn)))
		return FREE_NO_PAGE;
	if (likely(pfn_to_page(mm, pfn)->state == PAGE_USED))
		return FREE_OK;
	return why_not_free(mm, pfn);
}

/* To the buddy lists, past the per-CPU ones. mm/page_alloc.c:__free_pages_ok */
static void free_pages_ok(struct zone *zone, struct task_struct *current, u32 pfn, u32 order,
			  bool count)
{
	struct mm *mm = zone->mm;
	u64 before = current->charged_ns;

	if (count)
		count_vm_events(mm, PGFREE, 1ull << order);
	task_charge(current, CAUSE_BUDDY, mm->costs.buddy_free);
	free_one_page(zone, current, pfn, order, FPI_NONE);
	task_lock_zone(zone, current, current->charged_ns - before);
}

/* mm/page_alloc.c:__free_frozen_pages */
static void free_checked(struct mm *mm, struct task_struct *current, u32 pfn, u32 order)
{
	struct zone *zone = pfn_zone(mm, pfn);
	enum migratetype mt;

	if (!pcp_allowed_order(mm, order) || (mm->profile->pcp_needs_smp && !mm->machine->smp)) {
		free_pages_ok(zone, current, pfn, order, true);
		return;
	}
	mt = get_pageblock_migratetype(mm, pfn);
	if (unlikely(mt == MIGRATE_ISOLATE)) {
		free_pages_ok(zone, current, pfn, order, mm->profile->isolate_bypass_counts_pgfree);
		return;
	}
	pcp_free_page(zone, current, pfn, order, mt);
}

/*
 * The common case, where nothing is due: a single page onto its CPU's list, whose limit is in range
 * and not reached, in a zone that is not short of memory. False in any other case, with nothing
 * changed; pcp_free_page then does the same and what else there is to do.
 */
static inline bool free_single_fast(struct mm *mm, struct task_struct *current, u32 pfn)
{
	const struct pageblock *block = pfn_to_pageblock(mm, pfn);
	struct page *page = pfn_to_page(mm, pfn);
	u32 mt = block->mt >= MIGRATE_PCPTYPES ? MIGRATE_MOVABLE : block->mt;
	struct per_cpu_pages *pcp;
	struct zone *zone;

	if (unlikely(block->zone == ZONE_MIXED || block->mt == MIGRATE_ISOLATE ||
		     (block->flags & PB_isolate)))
		return false;
	zone = &mm->zones[block->zone];
	pcp = &zone->pageset[current->cpu];
	if (unlikely((zone->flags & (ZONE_RECLAIM_ACTIVE | ZONE_BELOW_HIGH)) ||
		     pcp->count + 1 >= pcp->high || pcp->high < pcp->high_min ||
		     pcp->high > pcp->high_max))
		return false;
	count_vm_events(mm, PGFREE, 1);
	task_charge(current, CAUSE_PCP, mm->costs.pcp_free);
	page->state = PAGE_PCP; /* these profiles read the type when they drain */
	page_list_add(mm, &pcp->lists[mt], pfn);
	pcp->count++;
	pcp->alloc_factor >>= 1;
	pcp->flags &= (u8)~PCPF_PREV_FREE_HIGH_ORDER;
	if (pcp->free_count < pcp->batch << mm->profile->pcp_batch_scale_max)
		pcp->free_count++;
	return true;
}

static __attribute__((noinline)) enum free_result free_pages_checked(struct mm *mm,
								     struct task_struct *current,
								     u32 pfn, u32 order)
{
	enum free_result result = check_free(mm, pfn);

	if (unlikely(result != FREE_OK))
		return result;
	if (unlikely(pfn_to_page(mm, pfn)->order != order))
		return FREE_WRONG_ORDER;
	TRACE(mm, mm_page_free, .current = current, .pfn = pfn, .order = order);
	free_checked(mm, current, pfn, order);
	task_spend(mm, current);
	return FREE_OK;
}

enum free_result free_pages(struct mm *mm, struct task_struct *current, u32 pfn, u32 order)
{
	const struct page *page;

	if (unlikely(order || !mm->fast_free || !pfn_in_map(mm, pfn)))
		return free_pages_checked(mm, current, pfn, order);
	page = pfn_to_page(mm, pfn);
	if (unlikely(page->state != PAGE_USED || page->order ||
		     !free_single_fast(mm, current, pfn)))
		return free_pages_checked(mm, current, pfn, order);
	task_settle(mm, current);
	return FREE_OK;
}

#define RELEASE_BATCH 31 /* PAGEVEC_SIZE, include/linux/pagevec.h */

static void trace_frees(struct mm *mm, struct task_struct *current, const u32 *pfns, u32 n)
{
	for (u32 i = 0; i < n; i++)
		TRACE(mm, mm_page_free, .current = current, .pfn = pfns[i],
		      .order = pfn_to_page(mm, pfns[i])->order);
}

/* Blocks too large for the per-CPU lists go first. mm/page_alloc.c:free_unref_folios */
static void free_batch(struct mm *mm, struct task_struct *current, const u32 *pfns, u32 n)
{
	trace_frees(mm, current, pfns, n);
	for (u32 i = 0; i < n; i++)
		if (!pcp_allowed_order(mm, pfn_to_page(mm, pfns[i])->order))
			free_checked(mm, current, pfns[i], pfn_to_page(mm, pfns[i])->order);
	for (u32 i = 0; i < n; i++) {
		/* A large block has left PAGE_USED by now; its order says nothing any more. */
		if (pfn_to_page(mm, pfns[i])->state != PAGE_USED)
			continue;
		TRACE(mm, mm_page_free_batched, .current = current, .pfn = pfns[i]);
		free_checked(mm, current, pfns[i], pfn_to_page(mm, pfns[i])->order);
	}
}

/* Large blocks at once, then single ones, the last first.
   mm/page_alloc.c:free_unref_page_list (6.1) */
static void free_reversed(struct mm *mm, struct task_struct *current, const u32 *pfns, u32 n)
{
	trace_frees(mm, current, pfns, n);
	for (u32 i = 0; i < n; i++)
		if (pfn_to_page(mm, pfns[i])->order)
			free_checked(mm, current, pfns[i], pfn_to_page(mm, pfns[i])->order);
	for (u32 i = n; i-- > 0;) {
		/* A large block has left PAGE_USED by now. */
		if (pfn_to_page(mm, pfns[i])->state != PAGE_USED ||
		    pfn_to_page(mm, pfns[i])->order)
			continue;
		TRACE(mm, mm_page_free_batched, .current = current, .pfn = pfns[i]);
		free_checked(mm, current, pfns[i], 0);
	}
}

void free_unref_folios(struct mm *mm, struct task_struct *current, const u32 *pfns, u32 n)
{
	if (mm->profile->release_pages_reversed) {
		free_reversed(mm, current, pfns, n);
		return;
	}
	for (u32 i = 0; i < n; i += RELEASE_BATCH)
		free_batch(mm, current, pfns + i,
			   n - i < RELEASE_BATCH ? n - i : RELEASE_BATCH);
}

enum free_result release_pages(struct mm *mm, struct task_struct *current, const u32 *pfns, u32 n,
			       u32 *bad)
{
	enum free_result result = FREE_OK;
	u32 good;

	for (good = 0; good < n; good++) {
		struct page *page;

		result = check_free(mm, pfns[good]);
		if (result != FREE_OK)
			break;
		/* Marked, so that a page named twice shows. */
		page = pfn_to_page(mm, pfns[good]);
		page->state = PAGE_ISOLATED;
	}
	for (u32 i = 0; i < good; i++)
		pfn_to_page(mm, pfns[i])->state = PAGE_USED;
	if (result != FREE_OK) {
		*bad = good;
		return pfn_in_map(mm, pfns[good]) &&
				       pfn_to_page(mm, pfns[good])->state == PAGE_USED
			       ? FREE_DOUBLE
			       : result;
	}
	free_unref_folios(mm, current, pfns, n);
	task_spend(mm, current);
	return FREE_OK;
}

enum free_result split_page(struct mm *mm, u32 pfn, u32 order, u32 new_order)
{
	enum free_result result = check_free(mm, pfn);
	struct page *head;

	if (result != FREE_OK)
		return result;
	head = pfn_to_page(mm, pfn);
	if (head->order != order || new_order > order)
		return FREE_WRONG_ORDER;
	head->order = new_order & 0xf;
	for (u32 p = pfn + (1u << new_order); p < pfn + (1u << order); p += 1u << new_order) {
		struct page *page = pfn_to_page(mm, p);

		page->state = PAGE_USED;
		page->order = new_order & 0xf;
		page->mt = head->mt;
		page->flags = head->flags;
		page->owner = head->owner;
	}
	return FREE_OK;
}

void drain_local_pages(struct mm *mm, struct task_struct *current, struct zone *only)
{
	for_each_populated_zone(mm, zone)
		if (!only || zone == only)
			drain_pages_zone(zone, current, current->cpu);
	task_spend(mm, current);
}

static bool cpu_holds_pages(struct mm *mm, u32 cpu, const struct zone *only)
{
	for_each_populated_zone(mm, zone)
		if ((!only || zone == only) && zone->pageset[cpu].count)
			return true;
	return false;
}

void drain_all_pages(struct mm *mm, struct task_struct *current, struct zone *only)
{
	task_charge(current, CAUSE_RECLAIM,
		    mm->costs.drain_all + mm->nr_cpus * mm->costs.drain_all_cpu);
	for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++) {
		if (!cpu_holds_pages(mm, cpu, only))
			continue;
		for_each_populated_zone(mm, zone)
			if (!only || zone == only)
				drain_pages_zone(zone, current, cpu);
	}
	task_spend_partly(mm, current);
}

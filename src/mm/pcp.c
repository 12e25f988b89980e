/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-CPU page lists, the part that all kernels share: taking from the head, refilling at the tail,
 * draining the tail. How much is refilled and drained is in pcp_auto.c and pcp_fixed.c.
 */
#include "mm/pcp.h"

#include <assert.h>

#include "mm/vmstat.h"
#include "mm/watermark.h"

static inline s32 max_s32(s32 a, s32 b)
{
	return a > b ? a : b;
}

/* Takes n blocks off the buddy lists; the counters of profiles that account a refill as a whole are
   settled here. mm/page_alloc.c:rmqueue_bulk */
static s32 rmqueue_bulk(struct zone *zone, struct task_struct *current, struct page_list *list,
			u32 order, s32 n, enum migratetype mt, u32 alloc_flags)
{
	struct mm *mm = zone->mm;
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	s32 i;

	for (i = 0; i < n; i++) {
		u32 pfn = mm->profile->rmqueue(zone, current, order, mt, alloc_flags, &mode);
		struct page *page;

		if (pfn == PFN_NONE)
			break;
		page = pfn_to_page(mm, pfn);
		page->state = PAGE_PCP;
		page->order = order & 0xf;
		page->mt = mt & 0xf;
		if (!mm->profile->account_per_page &&
		    get_pageblock_migratetype(mm, pfn) == MIGRATE_CMA) {
			/* CMA pages come off CMA lists only. */
			page->mt = MIGRATE_CMA;
			mod_zone_page_state(zone, current->cpu, NR_FREE_CMA_PAGES,
					    -(s64)(1u << order));
		}
		page_list_add_tail(mm, list, pfn);
	}
	if (!mm->profile->account_per_page)
		mod_zone_page_state(zone, current->cpu, NR_FREE_PAGES, -((s64)i << order));
	return i;
}

static bool refill(struct zone *zone, struct task_struct *current, struct per_cpu_pages *pcp,
		   u32 order, enum migratetype mt, u32 alloc_flags)
{
	struct mm *mm = zone->mm;
	s32 n = mm->profile->nr_pcp_alloc(zone, pcp, order), got;
	u64 before = current->charged_ns;

	if (mm->profile->highatomic_in_buddy && (alloc_flags & ALLOC_HIGHATOMIC))
		return false;
	got = rmqueue_bulk(zone, current, &pcp->lists[order_to_pindex(mm, order, mt)], order, n, mt,
			   alloc_flags);
	pcp->count += got << order;
	count_vm_events(mm, SIM_PCP_REFILL, 1);
	TRACE(mm, mm_pcp_refill, .zone = zone, .cpu = current->cpu, .order = order,
	      .migratetype = mt, .wanted = n, .got = got);
	task_charge(current, CAUSE_REFILL,
		    mm->costs.pcp_refill + (u64)got * mm->costs.pcp_refill_page);
	task_lock_zone(zone, current, current->charged_ns - before);
	if (current->op_path == ALLOC_PATH_PCP)
		current->op_path = ALLOC_PATH_REFILL;
	return got != 0;
}

u32 __rmqueue_pcplist(struct zone *zone, struct task_struct *current, u32 order,
		      enum migratetype mt, u32 alloc_flags)
{
	struct mm *mm = zone->mm;
	struct per_cpu_pages *pcp = &zone->pageset[current->cpu];
	struct page_list *list = &pcp->lists[order_to_pindex(mm, order, mt)];
	u32 pfn;

	if (list->head == PFN_NONE && !refill(zone, current, pcp, order, mt, alloc_flags))
		return PFN_NONE;
	pfn = page_list_del_head(mm, list);
	pcp->count -= 1 << order;
	return pfn;
}

void pcp_free_page(struct zone *zone, struct task_struct *current, u32 pfn, u32 order,
		   enum migratetype block_mt)
{
	struct mm *mm = zone->mm;
	struct per_cpu_pages *pcp = &zone->pageset[current->cpu];
	struct page *page = pfn_to_page(mm, pfn);
	enum migratetype mt = block_mt >= MIGRATE_PCPTYPES ? MIGRATE_MOVABLE : block_mt;
	u32 pindex = order_to_pindex(mm, order, mt);

	count_vm_events(mm, PGFREE, 1ull << order);
	task_charge(current, CAUSE_PCP, mm->costs.pcp_free);
	page->state = PAGE_PCP;
	page->order = order & 0xf;
	page->mt = block_mt & 0xf;
	page_list_add(mm, &pcp->lists[pindex], pfn);
	pcp->count += 1 << order;
	mm->profile->pcp_free_commit(zone, current, order, pindex);
}

/*
 * The cursor over the lists: from the starting list on, cyclically, to the next that holds pages.
 * Some kernels stop looking at lists found empty at either end of the range.
 */
struct pcp_cursor {
	s32 pindex, min, max;
	bool narrows;
};

static struct page_list *next_list(struct per_cpu_pages *pcp, struct pcp_cursor *c)
{
	for (;;) {
		if (++c->pindex > c->max)
			c->pindex = c->min;
		if (pcp->lists[c->pindex].head != PFN_NONE)
			return &pcp->lists[c->pindex];
		if (!c->narrows)
			continue;
		if (c->pindex == c->max)
			c->max--;
		if (c->pindex == c->min)
			c->min++;
	}
}

void free_pcppages_bulk(struct zone *zone, struct task_struct *current, u32 cpu, s32 n, u32 pindex)
{
	struct mm *mm = zone->mm;
	struct per_cpu_pages *pcp = &zone->pageset[cpu];
	struct pcp_cursor cursor = {(s32)pindex - 1, 0, NR_PCP_LISTS - 1,
				    mm->profile->pcp_drain_narrows};
	u64 before = current->charged_ns;
	bool remembered = mm->profile->pcp_remembers_type && !zone->nr_isolate_pageblock;

	if (n > pcp->count)
		n = pcp->count;
	TRACE(mm, mm_pcp_drain, .zone = zone, .cpu = cpu, .list = pindex, .pages = n);
	while (n > 0) {
		struct page_list *list = next_list(pcp, &cursor);
		u32 order = pindex_to_order(mm, (u32)cursor.pindex);

		do {
			u32 pfn = page_list_del_tail(mm, list);
			enum migratetype mt = remembered
						      ? (enum migratetype)pfn_to_page(mm, pfn)->mt
						      : get_pageblock_migratetype(mm, pfn);

			n -= 1 << order;
			pcp->count -= 1 << order;
			count_vm_events(mm, SIM_PCP_DRAIN_PAGES, 1ull << order);
			task_charge(current, CAUSE_REFILL, mm->costs.pcp_drain_page);
			__free_one_page(zone, current, pfn, order, mt, FPI_NONE);
			TRACE(mm, mm_page_pcpu_drain, .current = current, .pfn = pfn,
			      .order = order, .migratetype = mt);
		} while (n > 0 && list->head != PFN_NONE);
	}
	task_lock_zone(zone, current, current->charged_ns - before);
}

void drain_pages_zone(struct zone *zone, struct task_struct *current, u32 cpu)
{
	struct per_cpu_pages *pcp = &zone->pageset[cpu];
	s32 chunk = pcp->batch << zone->mm->profile->pcp_batch_scale_max;

	while (pcp->count > 0) {
		s32 n = pcp->count < chunk || zone->mm->profile->pcp_drain_in_one ? pcp->count
										     : chunk;
		free_pcppages_bulk(zone, current, cpu, n, 0);
	}
}

void drain_zone_pages(struct zone *zone, struct task_struct *current)
{
	struct per_cpu_pages *pcp = &zone->pageset[current->cpu];

	free_pcppages_bulk(zone, current, current->cpu,
			   pcp->count < pcp->batch ? pcp->count : pcp->batch, 0);
}

/* Largest power of two <= x, x > 0. */
static s32 rounddown_pow_of_two(s32 x)
{
	return 1 << (31 - __builtin_clz((u32)x));
}

s32 zone_batchsize(const struct zone *zone)
{
	const struct mm *mm = zone->mm;
	u64 managed = zone->managed_pages;
	s32 batch;

	if (mm->profile->pcp_batch_256k) {
		batch = (s32)min_u64(managed >> 12, (256u << 10) >> mm->page_shift);
		return batch <= 1 ? 1 : rounddown_pow_of_two(batch + batch / 2) - 1;
	}
	batch = (s32)min_u64(managed >> 10, (1u << 20) >> mm->page_shift) / 4;
	if (batch < 1)
		batch = 1;
	return max_s32(1, rounddown_pow_of_two(batch + batch / 2) - 1);
}

/* Pages a CPU may keep: the low mark (or a share of the zone) divided among the CPUs near it.
   mm/page_alloc.c:zone_highsize */
static s32 zone_highsize(const struct zone *zone, s32 batch, u64 fraction)
{
	const struct mm *mm = zone->mm;
	u64 total = fraction ? zone->managed_pages / fraction : (u64)wmark_pages(zone, WMARK_LOW);
	u32 cpus = 0;

	for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++)
		cpus += mm->machine->cpu_node[cpu] == zone->nid;
	if (!cpus)
		cpus = mm->nr_cpus;
	return (s32)max_s64((s64)(total / cpus), 4 * (s64)batch);
}

void zone_set_pageset_high_and_batch(struct zone *zone)
{
	struct mm *mm = zone->mm;
	u64 fraction = mm->sysctl.percpu_pagelist_high_fraction;
	s32 batch = zone_batchsize(zone);

	zone->pageset_batch = batch;
	zone->pageset_high_min = zone_highsize(zone, batch, fraction);
	/* Auto-tuned, it may grow to an eighth of the zone (MIN_PERCPU_PAGELIST_HIGH_FRACTION). */
	zone->pageset_high_max = mm->profile->pcp_autotune
					 ? zone_highsize(zone, batch, fraction ? fraction : 8)
					 : zone->pageset_high_min;
	for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++) {
		struct per_cpu_pages *pcp = &zone->pageset[cpu];

		pcp->batch = batch;
		pcp->high_min = zone->pageset_high_min;
		pcp->high_max = zone->pageset_high_max;
		if (!mm->profile->pcp_autotune)
			pcp->high = pcp->high_min;
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Contiguous ranges: their pageblocks are isolated, what can move moves away (contig_migrate.c),
 * and what is then free is taken. mm/page_alloc.c:alloc_contig_range, alloc_contig_pages (7.2,
 * 6.12, 6.1). A range taken as a whole (__GFP_COMP) is held as blocks of the largest order, a page
 * frame at a time where the kernel does so. Left out: the search over several nodes in one call.
 */
#include "mm/contig.h"

#include <assert.h>

#include "mm/alloc.h"
#include "mm/buddy.h"
#include "mm/contig_internal.h"
#include "mm/isolate.h"
#include "mm/lru.h"
#include "mm/page_alloc.h"
#include "mm/page_isolation.h"
#include "mm/vm.h"

const char *const contig_cause_names[NR_CONTIG_CAUSES] = {
	[CONTIG_CAUSE_NONE] = "none",	       [CONTIG_CAUSE_UNMOVABLE] = "unmovable",
	[CONTIG_CAUSE_ISOLATED] = "isolated",  [CONTIG_CAUSE_NO_TARGET] = "no_target",
	[CONTIG_CAUSE_PINNED] = "pinned",      [CONTIG_CAUSE_BUSY] = "busy",
	[CONTIG_CAUSE_HELD] = "held",	       [CONTIG_CAUSE_SIGNAL] = "signal",
};

static enum contig_result fail(struct contig_control *cc, enum contig_result result,
			       enum contig_cause cause, u64 page)
{
	cc->cause = cause;
	cc->page = page;
	return result;
}

/* A held block of 2^order pages; nothing else begins inside. */
static void hold(struct mm *mm, u64 pfn, u32 order)
{
	for (u64 p = pfn; p < pfn + (1ull << order); p++) {
		struct page *page = pfn_to_page(mm, p);

		page->state = p == pfn ? PAGE_USED : PAGE_NONE;
		page->order = (p == pfn ? order : 0) & 0xf;
		page->mt = MIGRATE_MOVABLE;
		page->flags = 0;
		page->owner = 0;
	}
}

/* [start, end) in pieces of an order. */
static void hold_range(struct mm *mm, u64 start, u64 end, u32 order)
{
	for (u64 pfn = start; pfn < end; pfn += 1ull << order)
		hold(mm, pfn, order);
}

/*
 * Takes the free blocks of [start, end) off their lists. What they have beyond the ends goes back.
 * mm/compaction.c:isolate_freepages_range, mm/page_alloc.c:split_free_pages
 */
static enum contig_result take_range(struct contig_control *cc)
{
	struct mm *mm = cc->mm;
	u64 outer_start = find_large_buddy(mm, cc->start), outer_end;
	bool whole = (cc->gfp & __GFP_COMP) && mm->profile->contig_compound;
	u64 first = test_pages_isolated(mm, outer_start, cc->end);

	task_charge(cc->current, CAUSE_COMPACTION,
		    (cc->end - outer_start) / mm->pageblock_nr_pages * mm->costs.compact_skip);
	if (first < cc->end)
		return fail(cc, CONTIG_BUSY,
			    cc->cause == CONTIG_CAUSE_NONE ? CONTIG_CAUSE_HELD : cc->cause,
			    cc->cause == CONTIG_CAUSE_NONE ? first : cc->page);
	for (outer_end = outer_start; outer_end < cc->end;) {
		u32 order = (u32)buddy_order(mm, outer_end);
		bool ok = __isolate_free_page(cc->zone, cc->current, (u32)outer_end, order);

		assert(ok);
		(void)ok;
		task_charge(cc->current, CAUSE_COMPACTION, mm->costs.compact_isolate);
		outer_end += 1ull << order;
	}
	cc->cause = CONTIG_CAUSE_NONE;
	hold_range(mm, outer_start, outer_end, 0);
	if (whole && !((cc->start | cc->end) & ((1ull << mm->max_order) - 1)))
		hold_range(mm, cc->start, cc->end, mm->max_order);
	if (outer_start < cc->start)
		free_contig_range(mm, cc->current, outer_start, cc->start - outer_start);
	if (cc->end < outer_end)
		free_contig_range(mm, cc->current, cc->end, outer_end - cc->end);
	return CONTIG_OK;
}

static enum contig_result empty_and_take(struct contig_control *cc)
{
	enum contig_result result;

	drain_all_pages(cc->mm, cc->current, cc->zone);
	result = contig_migrate_range(cc);
	/* What was busy may be free by now: the test that follows tells. */
	if (result != CONTIG_OK && result != CONTIG_BUSY)
		return result;
	return take_range(cc);
}

enum contig_result alloc_contig_range(struct mm *mm, struct task_struct *current, u64 start,
				      u64 end, enum migratetype mt, gfp_t gfp, const char *why,
				      enum contig_cause *cause)
{
	struct contig_control cc = {.mm = mm, .current = current, .zone = pfn_zone(mm, start),
				    .start = start, .end = end, .pfn = start, .gfp = gfp};
	u64 begin = mm->engine ? engine_now(mm->engine) : 0;
	enum contig_result result;
	u32 page;

	assert(start < end && pfn_zone(mm, end - 1) == cc.zone);
	if (start_isolate_page_range(mm, current, start, end, mt, &page)) {
		result = empty_and_take(&cc);
		undo_isolate_page_range(mm, current, start, end, mt);
	} else {
		result = fail(&cc, CONTIG_BUSY,
			      page == PFN_NONE ? CONTIG_CAUSE_ISOLATED : CONTIG_CAUSE_UNMOVABLE,
			      page);
	}
	task_spend_partly(mm, current);
	TRACE(mm, mm_contig_end, .current = current, .zone = cc.zone, .start_pfn = start,
	      .end_pfn = end, .start_ns = begin, .why = why, .cause = cc.cause,
	      .page = cc.page, .result = result, .nr_scanned = cc.nr_scanned,
	      .nr_migrated = cc.nr_migrated, .nr_reclaimed = cc.nr_reclaimed,
	      .nr_failed = cc.nr_failed);
	if (cause)
		*cause = cc.cause;
	return result;
}

/* The largest aligned block that begins at pfn and has no more than nr pages. */
static u32 block_at(const struct mm *mm, u64 pfn, u64 nr)
{
	u32 order = 63u - (u32)__builtin_clzll(nr);

	if (pfn && (u32)__builtin_ctzll(pfn) < order)
		order = (u32)__builtin_ctzll(pfn);
	return order < mm->max_order ? order : mm->max_order;
}

void free_contig_range(struct mm *mm, struct task_struct *current, u64 pfn, u64 nr_pages)
{
	for (u64 end = pfn + nr_pages; pfn < end;) {
		u32 order = pfn_to_page(mm, pfn)->order;
		enum free_result result;

		if (!order && mm->profile->contig_frees_blocks) {
			order = block_at(mm, pfn, end - pfn);
			hold(mm, pfn, order);
		}
		result = free_pages(mm, current, (u32)pfn, order);
		assert(result == FREE_OK);
		(void)result;
		pfn += 1ull << order;
	}
}

/* Nothing in the range is reserved, of another zone or a huge page of the pool.
   mm/page_alloc.c:pfn_range_valid_contig */
static bool range_valid(const struct zone *zone, struct task_struct *current, u64 start, u64 nr)
{
	const struct mm *mm = zone->mm;
	u64 pfn = start, looked = 0;
	bool valid = true;

	while (valid && pfn < start + nr) {
		const struct page *page = pfn_to_page(mm, pfn);
		s32 order = buddy_order(mm, pfn);

		looked++;
		if (order < 0) {
			order = page->order;
			valid = page->state != PAGE_NONE &&
				page_owner_kind(page) != OWNER_HUGETLB;
		}
		valid &= pfn_zone(mm, pfn) == zone;
		pfn += 1ull << order;
	}
	task_charge(current, CAUSE_COMPACTION, looked * mm->costs.compact_scan);
	return valid;
}

static u32 alloc_in_zone(struct zone *zone, struct task_struct *current, u64 nr, gfp_t gfp)
{
	u64 pfn = (zone->start_pfn + nr - 1) & ~(nr - 1);

	for (; zone_spans_pfn(zone, pfn + nr - 1); pfn += nr)
		if (range_valid(zone, current, pfn, nr) &&
		    alloc_contig_range(zone->mm, current, pfn, pfn + nr, MIGRATE_MOVABLE, gfp,
				       "pages", NULL) == CONTIG_OK)
			return (u32)pfn;
	return PFN_NONE;
}

u32 alloc_contig_pages(struct mm *mm, struct task_struct *current, u64 nr_pages, gfp_t gfp,
		       u32 nid)
{
	struct alloc_context ac;

	assert(nr_pages && !(nr_pages & (nr_pages - 1)));
	if (!prepare_alloc_pages(mm, gfp, nid, 0, &ac))
		return PFN_NONE;
	for (u32 i = ac.preferred; i < ac.nr_zonelist; i = next_zonelist_index(mm, &ac, i + 1)) {
		u32 pfn = alloc_in_zone(&mm->zones[ac.zonelist[i]], current, nr_pages, gfp);

		if (pfn != PFN_NONE)
			return pfn;
	}
	return PFN_NONE;
}

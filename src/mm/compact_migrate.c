/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The migrate scanner: walks up from a zone's start and isolates pages that can move, a cluster at
 * a time. mm/compaction.c (7.2): isolate_migratepages, isolate_migratepages_block,
 * fast_find_migrateblock. The LRU lock is held from the first folio taken of 32 frames looked at to
 * the last. Left out: movable_ops pages; too_many_isolated cannot come true, because nobody keeps
 * folios isolated while time passes. Pages of the hugetlb pools are passed over.
 */
#include "mm/compact_internal.h"
#include "mm/lru.h"
#include "mm/oom.h"
#include "mm/vmstat.h"

bool isolation_suitable(const struct compact_control *cc, u64 pfn)
{
	return cc->ignore_skip_hint ||
	       !(pfn_to_pageblock(cc->mm, pfn)->flags & PB_migrate_skip);
}

void set_pageblock_skip(const struct compact_control *cc, u64 pfn)
{
	pfn_to_pageblock(cc->mm, pfn)->flags |= PB_migrate_skip;
}

void update_cached_migrate(struct compact_control *cc, u64 pfn)
{
	struct zone_compact *zc = cc->zone->compact;

	pfn = block_end_pfn(cc->mm, pfn);
	if (pfn > zc->cached_migrate_pfn[0])
		zc->cached_migrate_pfn[0] = pfn;
	if (cc->mode != MIGRATE_ASYNC && pfn > zc->cached_migrate_pfn[1])
		zc->cached_migrate_pfn[1] = pfn;
}

void putback_movable_pages(struct compact_control *cc)
{
	struct mm *mm = cc->mm;

	while (cc->migratepages.head != PFN_NONE)
		lruvec_add_folio(mm->vm, page_list_del_head(mm, &cc->migratepages));
	cc->nr_migratepages = 0;
}

/* The progress of one pageblock's scan. */
struct block_scan {
	u64 pfn, end;
	u64 scanned, isolated, charged; /* pages */
	u64 next_skip; /* end of the piece that has to go as a whole; 0: any page will do */
	bool at_start;	   /* it began at the first frame of the pageblock */
	bool skip_updated; /* the skip bit was set at the first page taken */
};

/* Can this page be taken? False: *step is how many frames to pass over. */
static bool can_isolate(const struct compact_control *cc, u64 pfn, u64 *step)
{
	const struct mm *mm = cc->mm;
	const struct page *page = pfn_to_page(mm, pfn);
	enum page_owner_kind kind = page_owner_kind(page);
	u32 limit = cc->order >= 0 ? (u32)cc->order : mm->pageblock_order;

	*step = 1;
	if (page->state != PAGE_USED)
		return false;
	if (page->order) {
		if (!mm->profile->compact_takes_large_folios || page->order >= limit ||
		    !(page->flags & PG_lru)) {
			*step = 1ull << page->order;
			return false;
		}
	}
	if (!(page->flags & PG_lru) || (kind != OWNER_NODE && kind != OWNER_SWAP))
		return false;
	/* References are looked for here if no file is behind it, else when it is to move. */
	if ((page->flags & PG_pinned) && (page->flags & PG_swapbacked))
		return false;
	if (!(page->flags & PG_swapbacked) && !(cc->gfp & __GFP_FS))
		return false;
	if ((page->flags & PG_unevictable) && !mm->sysctl.compact_unevictable_allowed)
		return false;
	return cc->mode == MIGRATE_SYNC || !(page->flags & PG_writeback);
}

static void isolate_one(struct compact_control *cc, struct block_scan *s)
{
	struct mm *mm = cc->mm;
	u64 nr = folio_nr_pages(mm, (u32)s->pfn);

	compact_lock(cc, &folio_lruvec(mm->vm, (u32)s->pfn)->lru_lock);
	lruvec_del_folio(mm->vm, (u32)s->pfn);
	page_list_add(mm, &cc->migratepages, (u32)s->pfn);
	cc->nr_migratepages += nr;
	s->isolated += nr;
	s->scanned += nr - 1;
	s->pfn += nr;
	task_charge(cc->current, CAUSE_COMPACTION, mm->costs.compact_isolate);
}

/* A piece that cannot be freed as a whole is left: on to the next one. */
static void skip_piece(struct compact_control *cc, struct block_scan *s)
{
	if (s->isolated) {
		compact_unlock(cc);
		putback_movable_pages(cc);
		s->isolated = 0;
	}
	if (s->pfn <= s->next_skip) {
		s->pfn = s->next_skip;
		s->next_skip += 1ull << cc->order;
	}
}

/* The first page to be taken marks the pageblock as visited. True: somebody has been here. */
static bool first_taken(struct compact_control *cc, struct block_scan *s)
{
	if (s->skip_updated || !s->at_start || cc->ignore_skip_hint)
		return false;
	s->skip_updated = true;
	if (!isolation_suitable(cc, s->pfn))
		return !cc->finish_pageblock;
	set_pageblock_skip(cc, s->pfn);
	return false;
}

/* The frame behind a free block that may be looked at without its lock. */
static u64 behind_buddy(const struct block_scan *s, s32 order)
{
	return min_u64(s->pfn + (1ull << order), s->end);
}

/* Pages that were looked at and not taken cost time; those taken do so as they are. */
static void charge_scan(struct compact_control *cc, struct block_scan *s)
{
	u64 passed = s->scanned - min_u64(s->scanned, s->isolated);

	task_charge(cc->current, CAUSE_COMPACTION,
		    (passed - s->charged) * cc->mm->costs.compact_scan);
	s->charged = passed;
}

static void scan_block(struct compact_control *cc, struct block_scan *s)
{
	const struct mm *mm = cc->mm;

	while (s->pfn < s->end) {
		s32 order = buddy_order(mm, s->pfn);
		u64 step;

		if (!(s->pfn % COMPACT_CLUSTER_MAX)) {
			charge_scan(cc, s);
			compact_unlock(cc);
		}

		if (s->next_skip && s->pfn >= s->next_skip) {
			if (s->isolated)
				return;
			s->next_skip = (s->pfn | ((1ull << cc->order) - 1)) + 1;
		}
		s->scanned++;
		if (order >= 0) {
			s->scanned += behind_buddy(s, order) - s->pfn - 1;
			s->pfn = behind_buddy(s, order);
			continue;
		}
		if (!can_isolate(cc, s->pfn, &step) || pfn_zone(mm, s->pfn) != cc->zone) {
			s->scanned += step - 1;
			s->pfn += step;
			if (s->next_skip)
				skip_piece(cc, s);
			continue;
		}
		if (first_taken(cc, s)) {
			s->pfn = s->end;
			return;
		}
		isolate_one(cc, s);
		/* A lock that others want is left alone the sooner the more is taken at once. */
		if (cc->nr_migratepages >= COMPACT_CLUSTER_MAX && !cc->finish_pageblock &&
		    !cc->contended)
			return;
	}
}

/* mm/compaction.c:isolate_migratepages_block */
static void isolate_migratepages_block(struct compact_control *cc, u64 low_pfn, u64 end)
{
	struct mm *mm = cc->mm;
	struct block_scan s = {.pfn = low_pfn, .end = end};

	s.at_start = low_pfn == block_start_pfn(mm, low_pfn) || low_pfn == cc->zone->start_pfn;
	if (cc->direct_compaction && cc->mode == MIGRATE_ASYNC && cc->order > 0)
		s.next_skip = (low_pfn | ((1ull << cc->order) - 1)) + 1;
	scan_block(cc, &s);
	s.pfn = min_u64(s.pfn, end);
	if (s.pfn == end && (!s.isolated || cc->finish_pageblock)) {
		if (s.at_start && !s.skip_updated)
			set_pageblock_skip(cc, low_pfn);
		update_cached_migrate(cc, end);
	}
	cc->total_migrate_scanned += s.scanned;
	cc->migrate_pfn = s.pfn;
	count_vm_events(mm, COMPACTISOLATED, s.isolated);
	charge_scan(cc, &s);
	compact_unlock(cc);
}

/* mm/compaction.c:suitable_migration_source */
static bool suitable_migration_source(const struct compact_control *cc, u64 pfn)
{
	const struct mm *mm = cc->mm;
	const struct page *page = pfn_to_page(mm, pfn);
	enum migratetype mt = get_pageblock_migratetype(mm, pfn);

	if (page->state == PAGE_USED && page->order >= mm->pageblock_order)
		return false;
	if (cc->mode != MIGRATE_ASYNC || !cc->direct_compaction)
		return true;
	if (cc->migratetype == MIGRATE_MOVABLE || cc->order >= (s32)mm->pageblock_order)
		return mt == MIGRATE_MOVABLE || mt == MIGRATE_CMA;
	return mt == cc->migratetype;
}

/* The part of a free list up to pfn goes behind the rest. mm/compaction.c:move_freelist_tail */
static void move_freelist_tail(struct mm *mm, struct page_list *list, u32 pfn)
{
	u32 after;

	if (list->tail == pfn)
		return;
	after = pfn_to_page(mm, pfn)->link.next;
	pfn_to_page(mm, list->tail)->link.next = list->head;
	pfn_to_page(mm, list->head)->link.prev = list->tail;
	pfn_to_page(mm, pfn)->link.next = PFN_NONE;
	pfn_to_page(mm, after)->link.prev = PFN_NONE;
	list->head = after;
	list->tail = pfn;
}

static void update_fast_start_pfn(struct compact_control *cc, u64 pfn)
{
	if (cc->fast_start_pfn == UINT64_MAX)
		return;
	if (!cc->fast_start_pfn || pfn < cc->fast_start_pfn)
		cc->fast_start_pfn = pfn;
}

/* mm/compaction.c:reinit_migrate_pfn */
static u64 reinit_migrate_pfn(struct compact_control *cc)
{
	if (!cc->fast_start_pfn || cc->fast_start_pfn == UINT64_MAX)
		return cc->migrate_pfn;
	cc->migrate_pfn = cc->fast_start_pfn;
	cc->fast_start_pfn = UINT64_MAX;
	return cc->migrate_pfn;
}

/* The first free block of one list whose pageblock is worth scanning, 0: none. */
static u64 search_source_list(struct compact_control *cc, u32 order, u64 high_pfn, u32 limit,
			      u32 *scanned)
{
	struct mm *mm = cc->mm;
	struct page_list *list = &cc->zone->free_area[order].free_list[MIGRATE_MOVABLE];

	for (u32 pfn = list->head; pfn != PFN_NONE; pfn = free_list_next(mm, pfn, order)) {
		if ((*scanned)++ >= limit) {
			move_freelist_tail(mm, list, pfn);
			return 0;
		}
		if (pfn >= high_pfn || (pfn_to_pageblock(mm, pfn)->flags & PB_migrate_skip))
			continue;
		move_freelist_tail(mm, list, pfn);
		update_fast_start_pfn(cc, pfn);
		return max_u64(block_start_pfn(mm, pfn), cc->zone->start_pfn);
	}
	return 0;
}

/* Where to look next: a pageblock with free pages, if there is a hint. True: it was found so. */
static bool fast_find_migrateblock(struct compact_control *cc, u64 *low_pfn)
{
	struct mm *mm = cc->mm;
	u64 pfn = cc->migrate_pfn, distance, high_pfn, found = 0;
	u32 fail = cc->fast_search_fail < 15 ? cc->fast_search_fail : 15;
	u32 limit = (COMPACT_CLUSTER_MAX >> fail) + 1, scanned = 0;

	*low_pfn = pfn;
	if (cc->ignore_skip_hint || cc->finish_pageblock ||
	    cc->order <= PAGE_ALLOC_COSTLY_ORDER)
		return false;
	if (pfn != cc->zone->start_pfn && pfn != block_start_pfn(mm, pfn))
		return false;
	if (cc->direct_compaction && cc->migratetype != MIGRATE_MOVABLE &&
	    cc->order < (s32)mm->pageblock_order)
		return false;
	distance = (cc->free_pfn - pfn) >> 1;
	if (pfn != cc->zone->start_pfn)
		distance >>= 2;
	high_pfn = block_start_pfn(mm, pfn + distance);
	for (s32 order = cc->order - 1;
	     order >= PAGE_ALLOC_COSTLY_ORDER && !found && scanned < limit; order--)
		if (order < (s32)mm->max_order)
			found = search_source_list(cc, (u32)order, high_pfn, limit, &scanned);
	cc->total_migrate_scanned += scanned;
	task_charge(cc->current, CAUSE_COMPACTION, scanned * mm->costs.compact_scan);
	if (scanned)
		task_lock_zone(cc->zone, cc->current, scanned * mm->costs.compact_scan);
	if (found) {
		cc->fast_search_fail = 0;
		*low_pfn = found;
		return found != pfn;
	}
	cc->fast_search_fail++;
	*low_pfn = reinit_migrate_pfn(cc);
	return false;
}

enum isolate_migrate isolate_migratepages(struct compact_control *cc)
{
	struct mm *mm = cc->mm;
	u64 low_pfn, end;
	bool fast = fast_find_migrateblock(cc, &low_pfn);

	for (end = block_end_pfn(mm, low_pfn); end <= cc->free_pfn;
	     cc->migrate_pfn = low_pfn = end, end += mm->pageblock_nr_pages, fast = false) {
		bool at_start = low_pfn == block_start_pfn(mm, low_pfn) ||
				low_pfn == cc->zone->start_pfn;

		/* Nothing is off the LRU yet: others may run. */
		if (!(low_pfn % (COMPACT_CLUSTER_MAX * mm->pageblock_nr_pages)))
			task_spend_partly(mm, cc->current);
		task_charge(cc->current, CAUSE_COMPACTION, mm->costs.compact_skip);
		if (at_start && !fast && !isolation_suitable(cc, low_pfn))
			continue;
		if (!suitable_migration_source(cc, low_pfn)) {
			update_cached_migrate(cc, end);
			continue;
		}
		if (fatal_signal_pending(cc->current)) {
			cc->contended = true;
			return ISOLATE_ABORT;
		}
		isolate_migratepages_block(cc, low_pfn, end);
		break;
	}
	return cc->nr_migratepages ? ISOLATE_SUCCESS : ISOLATE_NONE;
}

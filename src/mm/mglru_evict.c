/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Eviction from the multi-generational LRU: which type, which tiers, folios off the oldest
 * generation in batches, and how long a pass goes on (mm/vmscan.c, 7.2 and 6.12). Left out: memory
 * groups in generations of their own (they take turns, each pass begins with the next), proactive
 * reclaim, requests without __GFP_IO that pass over anonymous folios before they are taken (6.12;
 * reclaim keeps those).
 */
#include "mm/buffer_head.h"
#include "mm/compaction.h"
#include "mm/kswapd.h"
#include "mm/memcontrol.h"
#include "mm/mglru.h"
#include "mm/rmap.h"
#include "mm/shrinker.h"
#include "mm/swap.h"
#include "mm/vmstat.h"
#include "mm/watermark.h"
#include "mm/writeback.h"

/* Folios off the LRU, in the order they were taken. */
struct isolated {
	u32 folios[MIN_LRU_BATCH];
	u32 n;
	u64 pages;
	enum lru_type type;
};

u64 lru_gen_swappiness(const struct vm *vm, const struct scan_control *sc)
{
	if (!sc->may_swap || get_nr_swap_pages(vm) < MIN_LRU_BATCH)
		return 0;
	return vm->mm->sysctl.swappiness;
}

/* The next generation takes the folio: its list's head or, as all do in 6.12, its tail. */
static void protect(struct vm *vm, struct lruvec *lruvec, u32 folio, bool tail)
{
	u32 gen = lru_gen_inc_gen(vm, lruvec, folio);

	lru_gen_move_folio(vm, lruvec, folio, gen,
			   tail || !vm->mm->profile->lru_gen_marks_first);
}

/* True: it is not to be evicted now, and has moved. mm/vmscan.c:sort_folio */
static bool sort_folio(struct vm *vm, struct lruvec *lruvec, u32 folio,
		       const struct scan_control *sc, u32 tier_idx)
{
	const struct page *page = pfn_to_page(vm->mm, folio);
	struct lru_gen_folio *lrugen = &lruvec->lrugen;
	enum lru_type type = folio_lru_type(page);
	u32 gen = page_gen(page), tier = folio_lru_tier(vm->mm, page);
	bool lazily = folio_lru_lazily_promoted(vm->mm, page);

	if (gen != lru_gen_from_seq(lrugen->min_seq[type])) {
		lru_gen_move_folio(vm, lruvec, folio, gen, false);
		return true;
	}
	if (tier > tier_idx || lazily ||
	    (!vm->mm->profile->lru_gen_marks_first &&
	     folio_lru_refs(vm->mm, page) == LRU_REFS_MAX + 1)) {
		protect(vm, lruvec, folio, false);
		if (!lazily)
			lrugen->protected[type][tier] += folio_nr_pages(vm->mm, folio);
		return true;
	}
	if (pfn_zone(vm->mm, folio)->type > sc->highest_zoneidx) {
		protect(vm, lruvec, folio, true);
		return true;
	}
	return false;
}

/* mm/vmscan.c:isolate_folio */
static void isolate_folio(struct vm *vm, struct lruvec *lruvec, u32 folio, struct isolated *iso)
{
	struct page *page = pfn_to_page(vm->mm, folio);

	if (!(page->flags & PG_referenced)) {
		page->refs = 0;
		if (!vm->mm->profile->lru_gen_marks_first)
			page->flags &= (u16)~PG_workingset;
	}
	if (!vm->mm->profile->lru_gen_marks_first)
		page->flags &= (u16)~PG_referenced;
	lru_gen_isolate_folio(vm, lruvec, folio);
	iso->folios[iso->n++] = folio;
	iso->pages += folio_nr_pages(vm->mm, folio);
}

struct scan {
	u32 remaining; /* folios that may still be looked at */
	u64 scanned, sorted; /* pages */
};

static void scan_zone(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
		      const struct scan_control *sc, const struct page_list *list, u32 tier_idx,
		      struct scan *scan, struct isolated *iso)
{
	const struct costs *costs = &vm->mm->costs;

	while (list->tail != PFN_NONE && scan->remaining && iso->pages < MIN_LRU_BATCH) {
		u32 folio = list->tail;
		u64 nr = folio_nr_pages(vm->mm, folio);

		scan->remaining--;
		scan->scanned += nr;
		if (sort_folio(vm, lruvec, folio, sc, tier_idx)) {
			scan->sorted += nr;
			task_charge(current, CAUSE_RECLAIM, costs->lru_deactivate);
		} else {
			isolate_folio(vm, lruvec, folio, iso);
			task_charge(current, CAUSE_RECLAIM, costs->lru_isolate);
		}
	}
}

/* The oldest generation of a type, best zone first. Pages looked at. mm/vmscan.c:scan_folios */
static u64 scan_folios(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
		       const struct scan_control *sc, enum lru_type type, u32 tier_idx,
		       u64 nr_to_scan, struct isolated *iso)
{
	struct lru_gen_folio *lrugen = &lruvec->lrugen;
	u32 gen = lru_gen_from_seq(lrugen->min_seq[type]);
	struct scan scan = {.remaining = (u32)min_u64(nr_to_scan, MAX_LRU_BATCH)};

	if (get_nr_gens(lrugen, type) == MIN_NR_GENS)
		return 0;
	for (u32 i = MAX_NR_ZONES; i > 0; i--) {
		u32 zone = (sc->highest_zoneidx + i) % MAX_NR_ZONES;

		scan_zone(vm, current, lruvec, sc, &lrugen->folios[gen][type][zone], tier_idx,
			  &scan, iso);
		if (!scan.remaining || iso->pages >= MIN_LRU_BATCH)
			break;
	}
	if (!sc->target_mem_cgroup) {
		count_vm_events(vm->mm, reclaim_event(vm->mm, current, sc, PGSCAN_KSWAPD),
				iso->pages);
		count_vm_events(vm->mm, PGREFILL, scan.sorted);
	}
	count_vm_events(vm->mm, PGSCAN_ANON + type, iso->pages);
	iso->type = type;
	if (vm->mm->profile->lru_gen_small_batches || iso->n || !scan.remaining)
		return scan.scanned;
	return 0;
}

/* The last tier that may be evicted: those above have more refaults than the first, with a margin.
   mm/vmscan.c:get_tier_idx */
static u32 last_tier(const struct lru_gen_folio *lrugen, enum lru_type type,
		     const struct ctrl_pos *sp, u64 gain)
{
	u32 tier;

	for (tier = 1; tier < MAX_NR_TIERS; tier++) {
		struct ctrl_pos pv = lru_gen_ctrl_pos(lrugen, type, tier, gain);

		if (!positive_ctrl_err(sp, &pv))
			break;
	}
	return tier - 1;
}

static u32 get_tier_idx(const struct mm *mm, const struct lru_gen_folio *lrugen, enum lru_type type)
{
	bool marks_first = mm->profile->lru_gen_marks_first;
	struct ctrl_pos sp = lru_gen_ctrl_pos(lrugen, type, 0, marks_first ? 2 : 1);

	return last_tier(lrugen, type, &sp, marks_first ? 3 : 2);
}

/* The type that refaults less, weighed by swappiness. mm/vmscan.c:get_type_to_scan (7.2) */
static enum lru_type get_type_to_scan(const struct lru_gen_folio *lrugen, u64 swappiness)
{
	struct ctrl_pos sp, pv;

	if (swappiness <= 1)
		return LRU_TYPE_FILE;
	if (swappiness >= MAX_SWAPPINESS)
		return LRU_TYPE_ANON;
	sp = lru_gen_ctrl_pos(lrugen, LRU_TYPE_ANON, MAX_NR_TIERS, swappiness);
	pv = lru_gen_ctrl_pos(lrugen, LRU_TYPE_FILE, MAX_NR_TIERS, MAX_SWAPPINESS - swappiness);
	return positive_ctrl_err(&sp, &pv) ? LRU_TYPE_FILE : LRU_TYPE_ANON;
}

/* 6.12: the older type first; else by the first tiers, and the other type's first tier bounds the
   tiers (*tier_idx stays -1 where it does not). mm/vmscan.c:isolate_folios, get_type_to_scan */
static enum lru_type older_type_to_scan(const struct lru_gen_folio *lrugen, u64 swappiness,
					gfp_t gfp, s32 *tier_idx)
{
	const u64 gain[NR_LRU_TYPES] = {swappiness, MAX_SWAPPINESS - min_u64(swappiness,
									     MAX_SWAPPINESS)};
	struct ctrl_pos sp, pv;
	enum lru_type type;

	if (swappiness &&
	    lrugen->min_seq[LRU_TYPE_ANON] < lrugen->min_seq[LRU_TYPE_FILE])
		return LRU_TYPE_ANON;
	if (swappiness <= 1)
		return LRU_TYPE_FILE;
	if (swappiness >= MAX_SWAPPINESS)
		return LRU_TYPE_ANON;
	if (!(gfp & __GFP_IO))
		return LRU_TYPE_FILE;
	sp = lru_gen_ctrl_pos(lrugen, LRU_TYPE_ANON, 0, gain[LRU_TYPE_ANON]);
	pv = lru_gen_ctrl_pos(lrugen, LRU_TYPE_FILE, 0, gain[LRU_TYPE_FILE]);
	type = positive_ctrl_err(&sp, &pv) ? LRU_TYPE_FILE : LRU_TYPE_ANON;
	sp = lru_gen_ctrl_pos(lrugen, !type, 0, gain[!type]);
	*tier_idx = (s32)last_tier(lrugen, type, &sp, gain[type]);
	return type;
}

/* mm/vmscan.c:isolate_folios */
static u64 isolate_folios(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
			  const struct scan_control *sc, u64 swappiness, u64 nr_to_scan,
			  struct isolated *iso)
{
	const struct lru_gen_folio *lrugen = &lruvec->lrugen;
	bool small = vm->mm->profile->lru_gen_small_batches;
	u64 total = 0;
	s32 tier_idx = -1;
	enum lru_type type = small ? get_type_to_scan(lrugen, swappiness)
				   : older_type_to_scan(lrugen, swappiness, sc->gfp, &tier_idx);

	for (u32 i = lru_gen_min_type(swappiness); i < NR_LRU_TYPES; i++) {
		u64 scanned;

		if (tier_idx < 0)
			tier_idx = (s32)get_tier_idx(vm->mm, lrugen, type);
		scanned = scan_folios(vm, current, lruvec, sc, type, (u32)tier_idx, nr_to_scan,
				      iso);
		total += scanned;
		if (iso->n || (scanned && !small))
			break;
		/* A type that still has folios to look at stays the better one. */
		if (!scanned) {
			type = !type;
			tier_idx = -1;
		}
	}
	return total;
}

/* mm/vmscan.c:handle_reclaim_writeback */
static void note_writeback(struct vm *vm, struct scan_control *sc, const struct reclaim_stat *stat,
			   const struct isolated *iso)
{
	if (stat->nr_unqueued_dirty == iso->pages)
		wakeup_flusher_threads(vm);
	sc->nr.dirty += stat->nr_dirty;
	sc->nr.unqueued_dirty += stat->nr_unqueued_dirty;
	sc->nr.congested += stat->nr_congested;
	sc->nr.writeback += stat->nr_writeback;
	sc->nr.immediate += stat->nr_immediate;
	sc->nr.taken += iso->pages;
	if (iso->type == LRU_TYPE_FILE)
		sc->nr.file_taken += iso->pages;
}

/* Written while nobody could move it to the tail: worth another try. */
static bool is_clean(const struct vm *vm, u32 folio)
{
	const struct page *page = pfn_to_page(vm->mm, folio);

	if (!vm->mm->profile->lru_gen_marks_first && page->flags & (PG_referenced | PG_locked))
		return false;
	return !(page->flags & (PG_active | PG_dirty | PG_writeback)) && !folio_mapped(vm, folio);
}

/* What reclaim did not want does not go back where it came from. */
static void keep_off_oldest(const struct vm *vm, const struct lruvec *lruvec, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);

	if (!vm->mm->profile->lru_gen_marks_first) {
		if (page->flags & PG_reclaim && page->flags & (PG_dirty | PG_writeback)) {
			if (page->flags & PG_workingset)
				page->flags |= PG_referenced;
			return;
		}
		page->flags &= (u16)~PG_workingset;
	} else if (lru_gen_folio_seq(vm->mm, lruvec, page, false) !=
		   lruvec->lrugen.min_seq[folio_lru_type(page)]) {
		return;
	}
	page->flags = (u16)((page->flags & ~PG_referenced) | PG_active);
	page->refs = 0;
}

/* Puts back what is kept; leaves what is to be tried again in iso. */
static void put_back(struct vm *vm, const struct lruvec *lruvec, struct isolated *iso, bool retried)
{
	u32 kept[MIN_LRU_BATCH], nr_kept = 0, nr_clean = 0;

	for (u32 i = 0; i < iso->n; i++) {
		u32 folio = iso->folios[i];

		if (!(pfn_to_page(vm->mm, folio)->flags & PG_unevictable)) {
			if (!retried && is_clean(vm, folio)) {
				iso->folios[nr_clean++] = folio;
				continue;
			}
			keep_off_oldest(vm, lruvec, folio);
		}
		kept[nr_kept++] = folio;
	}
	move_folios_to_lru(vm, kept, nr_kept);
	iso->n = nr_clean;
}

/* Pages looked at; 0: there is nothing to get here. mm/vmscan.c:evict_folios */
static u64 evict_folios(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
			struct scan_control *sc, u64 swappiness, u64 nr_to_scan)
{
	bool small = vm->mm->profile->lru_gen_small_batches;
	struct isolated iso = {0};
	struct reclaim_stat stat;
	u64 scanned;

	if (small)
		lru_gen_try_to_inc_min_seq(vm->mm, lruvec, swappiness);
	scanned = isolate_folios(vm, current, lruvec, sc, swappiness, nr_to_scan, &iso);
	lru_gen_try_to_inc_min_seq(vm->mm, lruvec, swappiness);
	if (!small && evictable_min_seq(&lruvec->lrugen, swappiness) + MIN_NR_GENS >
			      lruvec->lrugen.max_seq)
		scanned = 0;
	for (bool retried = false; iso.n; retried = true) {
		u64 reclaimed = shrink_folio_list(vm, current, iso.folios, &iso.n, lruvec->nid, sc,
						  &stat);

		sc->nr_reclaimed += reclaimed;
		if (!retried)
			note_writeback(vm, sc, &stat, &iso);
		TRACE(vm->mm, mm_vmscan_lru_shrink_inactive, .current = current,
		      .nid = lruvec->nid, .priority = sc->priority, .nr_scanned = scanned,
		      .nr_reclaimed = reclaimed, .file = iso.type == LRU_TYPE_FILE);
		put_back(vm, lruvec, &iso, retried);
		if (!sc->target_mem_cgroup)
			count_vm_events(vm->mm, reclaim_event(vm->mm, current, sc, PGSTEAL_KSWAPD),
					reclaimed);
		count_vm_events(vm->mm, PGSTEAL_ANON + iso.type, reclaimed);
	}
	swap_plug_send(vm, current);
	free_buffer_heads(vm, current);
	task_spend_partly(vm->mm, current);
	return scanned;
}

/* Enough, or kswapd's zones are safe. mm/vmscan.c:should_abort_scan */
static bool should_abort_scan(const struct vm *vm, u32 nid, const struct scan_control *sc)
{
	if (sc->target_mem_cgroup)
		return false;
	if (sc->nr_reclaimed >= max_u64(sc->nr_to_reclaim, compact_gap(vm->mm, sc->order)))
		return true;
	if (!sc->is_kswapd || sc->order)
		return false;
	for (u32 i = 0; i <= sc->highest_zoneidx && i < MAX_NR_ZONES; i++) {
		const struct zone *zone = &vm->mm->zones[nid * MAX_NR_ZONES + i];

		if (managed_zone(zone) &&
		    !zone_watermark_ok(zone, 0, wmark_pages(zone, WMARK_HIGH) + MIN_LRU_BATCH,
				       sc->highest_zoneidx, 0))
			return false;
	}
	return true;
}

/* Nothing old is left, or little, and trying harder is in order.
   mm/vmscan.c:should_run_aging (7.2) */
static bool should_run_aging(const struct lruvec *lruvec, const struct scan_control *sc,
			     u64 swappiness)
{
	u64 min_seq = evictable_min_seq(&lruvec->lrugen, swappiness);

	if (min_seq + MIN_NR_GENS > lruvec->lrugen.max_seq)
		return true;
	return sc->priority != DEF_PRIORITY && min_seq + MIN_NR_GENS == lruvec->lrugen.max_seq;
}

/* mm/vmscan.c:try_to_shrink_lruvec (7.2) */
static void shrink_by_small_batches(struct vm *vm, struct task_struct *current,
				    struct lruvec *lruvec, struct scan_control *sc, u64 swappiness)
{
	s64 nr_to_scan = (s64)(lru_gen_evictable_size(lruvec, swappiness) >> sc->priority);
	bool aged = false;

	while (nr_to_scan > 0) {
		u64 delta;

		if (should_run_aging(lruvec, sc, swappiness)) {
			lru_gen_inc_max_seq(vm, current, lruvec, swappiness);
			aged = true;
		}
		delta = evict_folios(vm, current, lruvec, sc, swappiness,
				     min_u64((u64)nr_to_scan, MIN_LRU_BATCH));
		if (!delta || should_abort_scan(vm, lruvec->nid, sc) ||
		    (!sc->target_mem_cgroup && aged))
			break;
		nr_to_scan -= (s64)delta;
	}
}

/* 6.12: the generations should be even in size, three in number. mm/vmscan.c:should_run_aging */
static bool should_even_out(const struct lruvec *lruvec, u64 swappiness, u64 *total)
{
	const struct lru_gen_folio *lrugen = &lruvec->lrugen;
	u64 min_seq = lrugen->min_seq[lru_gen_min_type(swappiness)];
	u64 old = 0, young = 0;

	*total = 0;
	if (min_seq + MIN_NR_GENS > lrugen->max_seq)
		return true;
	*total = lru_gen_evictable_size(lruvec, swappiness);
	if (min_seq + MIN_NR_GENS < lrugen->max_seq)
		return false;
	for (u32 type = lru_gen_min_type(swappiness); type < NR_LRU_TYPES; type++) {
		u32 oldest = lru_gen_from_seq(lrugen->max_seq - MIN_NR_GENS);
		u32 youngest = lru_gen_from_seq(lrugen->max_seq);

		for (u32 zone = 0; zone < MAX_NR_ZONES; zone++) {
			young += (u64)max_s64(0, lrugen->nr_pages[youngest][type][zone]);
			if (lrugen->min_seq[type] + MIN_NR_GENS <= lrugen->max_seq)
				old += (u64)max_s64(0, lrugen->nr_pages[oldest][type][zone]);
		}
	}
	return young * MIN_NR_GENS > *total || old * (MIN_NR_GENS + 2) < *total;
}

/* mm/vmscan.c:try_to_shrink_lruvec, get_nr_to_scan (6.12) */
static void shrink_by_large_batches(struct vm *vm, struct task_struct *current,
				    struct lruvec *lruvec, struct scan_control *sc, u64 swappiness)
{
	u64 scanned = 0, nr_to_scan;

	for (;;) {
		bool age = should_even_out(lruvec, swappiness, &nr_to_scan);
		u64 delta;

		if (age && sc->priority != DEF_PRIORITY) {
			lru_gen_inc_max_seq(vm, current, lruvec, swappiness);
			break;
		}
		nr_to_scan >>= sc->priority;
		if (!nr_to_scan)
			break;
		delta = evict_folios(vm, current, lruvec, sc, swappiness, MAX_LRU_BATCH);
		scanned += delta;
		if (!delta || scanned >= nr_to_scan || should_abort_scan(vm, lruvec->nid, sc))
			break;
	}
}

static void shrink_lruvec_and_spend(struct vm *vm, struct task_struct *current,
				    struct lruvec *lruvec, struct scan_control *sc)
{
	u64 swappiness = lru_gen_swappiness(vm, sc);

	if (vm->mm->profile->lru_gen_small_batches)
		shrink_by_small_batches(vm, current, lruvec, sc, swappiness);
	else
		shrink_by_large_batches(vm, current, lruvec, sc, swappiness);
	task_spend_partly(vm->mm, current);
}

void lru_gen_shrink_lruvec(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
			   struct scan_control *sc)
{
	lru_add_drain(vm, current);
	swap_plug_start(current);
	shrink_lruvec_and_spend(vm, current, lruvec, sc);
	swap_plug_finish(vm, current);
}

static u32 fls(u64 x)
{
	return x ? 64 - (u32)__builtin_clzll(x) : 0;
}

/* The priority at which the inactive share of a scan would be just what is wanted.
   mm/vmscan.c:set_initial_priority */
static void set_initial_priority(const struct vm *vm, u32 nid, struct scan_control *sc)
{
	s64 reclaimable = node_page_state(vm, nid, NR_INACTIVE_FILE), priority;

	if (sc->priority != DEF_PRIORITY || sc->nr_to_reclaim < MIN_LRU_BATCH)
		return;
	if (can_reclaim_anon_pages(vm))
		reclaimable += node_page_state(vm, nid, NR_INACTIVE_ANON);
	priority = (s64)fls((u64)max_s64(reclaimable, 0)) - 1 - (s64)fls(sc->nr_to_reclaim - 1);
	sc->priority = (u32)min_s64(max_s64(priority, DEF_PRIORITY / 2), DEF_PRIORITY);
}

/* One turn of the groups that memory.low protects, or of those it does not. True: enough.
   mm/vmscan.c:shrink_many, shrink_one */
static bool shrink_groups(struct vm *vm, struct task_struct *current, u32 nid,
			  struct scan_control *sc, bool below_low)
{
	struct pglist_data *pgdat = &vm->mm->nodes[nid];

	for (u32 left = vm->nr_memcgs; left; left--) {
		u32 i = pgdat->reclaim_memcg % vm->nr_memcgs;
		struct mem_cgroup *memcg = vm->memcgs[i];

		pgdat->reclaim_memcg = i + 1;
		if (mem_cgroup_below_min(NULL, memcg) ||
		    mem_cgroup_below_low(NULL, memcg) != below_low)
			continue;
		memcg->nr_low_events += below_low;
		shrink_lruvec_and_spend(vm, current, &memcg->lruvecs[nid], sc);
		if (!i) {
			shrink_slab(vm, current, sc->gfp, nid, sc->priority);
			task_spend_partly(vm->mm, current);
		}
		sc->nr_reclaimed += current->reclaimed_slab;
		current->reclaimed_slab = 0;
		if (should_abort_scan(vm, nid, sc))
			return true;
	}
	return false;
}

void lru_gen_shrink_node(struct vm *vm, struct task_struct *current, u32 nid,
			 struct scan_control *sc)
{
	u64 before = sc->nr_reclaimed;

	sc->nr = (struct scan_nr){0};
	/* Clean unmapped folios go first anyway: to look for more of them would be in vain. */
	if (!sc->may_writepage || !sc->may_unmap) {
		task_spend_partly(vm->mm, current);
		return;
	}
	lru_add_drain(vm, current);
	set_initial_priority(vm, nid, sc);
	if (sc->is_kswapd)
		sc->nr_reclaimed = 0;
	swap_plug_start(current);
	/* Groups take turns; each pass begins where the last one had enough. */
	if (!shrink_groups(vm, current, nid, sc, false))
		shrink_groups(vm, current, nid, sc, true);
	swap_plug_finish(vm, current);
	if (sc->is_kswapd)
		sc->nr_reclaimed += before;
	if (sc->nr_reclaimed > before)
		kswapd_try_clear_hopeless(vm->mm, nid, sc->order, sc->highest_zoneidx);
}

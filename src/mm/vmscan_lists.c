/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two lists: how much of which list a pass looks at, the loop over them, ageing of the active lists
 * and reclaim from the inactive ones. mm/vmscan.c (7.2) without the multi-generational LRU. Left
 * out: protection of memory groups (memory.min, memory.low), proactive reclaim of one type only.
 */
#include "mm/vmscan.h"

#include <string.h>

#include "mm/buffer_head.h"
#include "mm/memcontrol.h"
#include "mm/oom.h"
#include "mm/rmap.h"
#include "mm/swap.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"
#include "mm/watermark.h"
#include "mm/writeback.h"

#define SWAP_CLUSTER_MAX_SKIPPED (SWAP_CLUSTER_MAX << 10)

static bool is_file_lru(enum lru_list lru)
{
	return lru == LRU_INACTIVE_FILE || lru == LRU_ACTIVE_FILE;
}

static bool is_active_lru(enum lru_list lru)
{
	return lru == LRU_ACTIVE_ANON || lru == LRU_ACTIVE_FILE;
}

bool can_reclaim_anon_pages(const struct vm *vm)
{
	return get_nr_swap_pages(vm) > 0;
}

bool inactive_ratio_is_low(const struct vm *vm, u64 inactive, u64 active)
{
	u64 gb = (inactive + active) >> (30 - vm->mm->page_shift);
	u64 ratio = gb ? int_sqrt(10 * gb) : 1;

	return inactive * ratio < active;
}

bool inactive_is_low(const struct vm *vm, const struct lruvec *lruvec, enum lru_list inactive)
{
	return inactive_ratio_is_low(vm, lruvec_page_state(vm, lruvec, inactive),
				     lruvec_page_state(vm, lruvec, inactive + LRU_ACTIVE));
}

enum scan_balance { SCAN_EQUAL, SCAN_FRACT, SCAN_ANON, SCAN_FILE };

static enum scan_balance choose_balance(const struct vm *vm, const struct scan_control *sc)
{
	if (!sc->may_swap || !can_reclaim_anon_pages(vm))
		return SCAN_FILE;
	if (sc->target_mem_cgroup && !vm->mm->sysctl.swappiness)
		return SCAN_FILE;
	if (!sc->priority && vm->mm->sysctl.swappiness)
		return SCAN_EQUAL;
	if (sc->file_is_tiny)
		return SCAN_ANON;
	return sc->cache_trim_mode ? SCAN_FILE : SCAN_FRACT;
}

/* Shares of both types: what reclaim of the other has cost lately, weighed by swappiness. */
static void fractions(const struct vm *vm, const struct scan_control *sc,
		      u64 fraction[NR_LRU_TYPES])
{
	u64 total = sc->anon_cost + sc->file_cost;
	u64 anon = total + sc->anon_cost, file = total + sc->file_cost;

	total = anon + file;
	fraction[LRU_TYPE_ANON] = vm->mm->sysctl.swappiness * (total + 1) / (anon + 1);
	fraction[LRU_TYPE_FILE] =
		(MAX_SWAPPINESS - vm->mm->sysctl.swappiness) * (total + 1) / (file + 1);
}

/* Of nr pages of the group those that its protection leaves. mm/vmscan.c:get_scan_count */
static u64 unprotected(const struct mem_cgroup *memcg, struct scan_control *sc, u64 nr)
{
	u64 protection;

	if (memcg == sc->target_mem_cgroup || !(memcg->min || memcg->low))
		return nr;
	if (!sc->memcg_low_reclaim && memcg->low > memcg->min) {
		protection = memcg->low;
		sc->memcg_low_skipped = true;
	} else {
		protection = memcg->min;
	}
	/* Usage is less than 2^32 pages: to promise more changes nothing. */
	protection = min_u64(protection, UINT32_MAX);
	nr -= nr * protection / (max_u64(memcg->usage, protection) + 1);
	return max_u64(nr, SWAP_CLUSTER_MAX);
}

void get_scan_count(const struct vm *vm, const struct lruvec *lruvec,
		    struct scan_control *sc, u64 nr[NR_LRU_LISTS])
{
	enum scan_balance balance = choose_balance(vm, sc);
	u64 fraction[NR_LRU_TYPES];

	fractions(vm, sc, fraction);
	for (enum lru_list lru = 0; lru < NR_EVICTABLE_LRU_LISTS; lru++) {
		bool file = is_file_lru(lru);

		nr[lru] = lruvec_lru_size(lruvec, lru, sc->highest_zoneidx);
		nr[lru] = unprotected(lruvec->memcg, sc, nr[lru]) >> sc->priority;
		if (balance == SCAN_FRACT)
			nr[lru] = nr[lru] * fraction[file ? LRU_TYPE_FILE : LRU_TYPE_ANON] /
				  (fraction[LRU_TYPE_ANON] + fraction[LRU_TYPE_FILE]);
		else if (balance != SCAN_EQUAL && (balance == SCAN_FILE) != file)
			nr[lru] = 0;
	}
}

/* What isolate_lru_folios() took. */
struct isolated {
	u32 folios[SWAP_CLUSTER_MAX], n;
	u64 nr_taken, nr_scanned; /* pages */
};

/* From the tail of a list, up to nr pages (the last folio may exceed it). Folios of zones that the
   request cannot use are passed over. */
static void isolate_lru_folios(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
			       u64 nr, enum lru_list lru, const struct scan_control *sc,
			       struct isolated *iso)
{
	struct mm *mm = vm->mm;
	struct page_list *list = &lruvec->lists[lru], skipped = {PFN_NONE, PFN_NONE};
	u64 nr_skipped[MAX_NR_ZONES] = {0}, skips = 0;

	*iso = (struct isolated){0};
	for (u64 scan = 0; scan < nr && list->tail != PFN_NONE;) {
		u32 folio = list->tail;
		u64 pages = folio_nr_pages(mm, folio);
		enum zone_type zone = pfn_zone(mm, folio)->type;

		iso->nr_scanned += pages;
		if (zone > sc->highest_zoneidx && skips < SWAP_CLUSTER_MAX_SKIPPED) {
			skips++;
			nr_skipped[zone] += pages;
			folio_list_del(mm, list, folio);
			folio_list_add(mm, &skipped, folio);
			continue;
		}
		scan += pages;
		if (!sc->may_unmap && folio_mapped(vm, folio)) {
			folio_list_del(mm, list, folio);
			folio_list_add(mm, list, folio);
			continue;
		}
		lruvec_del_folio(vm, folio);
		iso->nr_taken += pages;
		iso->folios[iso->n++] = folio;
	}
	while (skipped.tail != PFN_NONE) {
		u32 folio = skipped.tail;

		folio_list_del(mm, &skipped, folio);
		folio_list_add(mm, list, folio);
	}
	for (enum zone_type z = 0; z < MAX_NR_ZONES; z++)
		count_vm_events(mm, PGSKIP_DMA + z, nr_skipped[z]);
	task_charge(current, CAUSE_RECLAIM,
		    skips * mm->costs.lru_skip + iso->n * mm->costs.lru_isolate);
}

/* Isolated pages count as such until the time of the batch has passed: this is when others see
   them missing. */
static void spend_isolated(struct vm *vm, struct task_struct *current, u32 nid, bool file, u64 nr)
{
	s64 *isolated = &vm->node_stat[nid][file ? NR_ISOLATED_FILE : NR_ISOLATED_ANON];

	*isolated += (s64)nr;
	task_spend_partly(vm->mm, current);
	*isolated -= (s64)nr;
}

void shrink_active_list(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
			u64 nr_to_scan, enum lru_list lru, struct scan_control *sc)
{
	struct mm *mm = vm->mm;
	bool file = is_file_lru(lru);
	u32 inactive[SWAP_CLUSTER_MAX], active[SWAP_CLUSTER_MAX], nr_inactive = 0, nr_active = 0;
	u64 nr_rotated = 0, nr_deactivated = 0;
	struct isolated iso;

	lru_add_drain(vm, current);
	isolate_lru_folios(vm, current, lruvec, nr_to_scan, lru, sc, &iso);
	count_vm_events(mm, PGREFILL, iso.nr_scanned);
	for (u32 i = 0; i < iso.n; i++) {
		u32 folio = iso.folios[i];
		struct page *page = pfn_to_page(mm, folio);
		u64 nr = folio_nr_pages(mm, folio);
		struct folio_references refs;

		task_charge(current, CAUSE_RECLAIM, mm->costs.lru_deactivate);
		if (page->flags & PG_unevictable) {
			page->flags &= (u16)~PG_active;
			inactive[nr_inactive++] = folio;
			continue;
		}
		refs = folio_referenced(vm, current, folio);
		/* Programs' code that runs is kept: it costs the most to miss. */
		if (refs.young && refs.vm_exec && file) {
			nr_rotated += nr;
			active[nr_active++] = folio;
			continue;
		}
		page->flags = (u16)((page->flags & ~PG_active) | PG_workingset);
		nr_deactivated += nr;
		inactive[nr_inactive++] = folio;
	}
	move_folios_to_lru(vm, active, nr_active);
	move_folios_to_lru(vm, inactive, nr_inactive);
	count_vm_events(mm, PGDEACTIVATE, nr_deactivated);
	lru_note_cost(lruvec, vm, file ? LRU_TYPE_FILE : LRU_TYPE_ANON, 0, nr_rotated);
	TRACE(mm, mm_vmscan_lru_shrink_active, .current = current, .nid = lruvec->nid,
	      .priority = sc->priority, .nr_taken = iso.nr_taken, .nr_active = nr_rotated,
	      .nr_deactivated = nr_deactivated, .file = file);
	spend_isolated(vm, current, lruvec->nid, file, iso.nr_taken);
}

/* So many are off the lists already that one more would find the wrong ones. */
static bool too_many_isolated(const struct vm *vm, u32 nid, bool file,
			      const struct scan_control *sc)
{
	s64 inactive, isolated;

	if (sc->is_kswapd)
		return false;
	inactive = node_page_state(vm, nid, file ? NR_INACTIVE_FILE : NR_INACTIVE_ANON);
	isolated = node_page_state(vm, nid, file ? NR_ISOLATED_FILE : NR_ISOLATED_ANON);
	/* Who may do I/O waits sooner, so that who may not can get on. */
	if ((sc->gfp & (__GFP_IO | __GFP_FS)) == (__GFP_IO | __GFP_FS))
		inactive >>= 3;
	return isolated > inactive;
}

/* True: go on; false: return *ret instead. */
static bool wait_for_isolated(struct vm *vm, struct task_struct *current, u32 nid, bool file,
			      const struct scan_control *sc, u64 *ret)
{
	struct pglist_data *pgdat = &vm->mm->nodes[nid];

	*ret = 0;
	if (too_many_isolated(vm, nid, file, sc)) {
		reclaim_throttle(vm, current, nid, VMSCAN_THROTTLE_ISOLATED);
		if (fatal_signal_pending(current)) {
			*ret = SWAP_CLUSTER_MAX;
			return false;
		}
		if (too_many_isolated(vm, nid, file, sc))
			return false;
	}
	if (waitqueue_active(&pgdat->reclaim_wait[VMSCAN_THROTTLE_ISOLATED]))
		wake_up(vm->mm->engine, &pgdat->reclaim_wait[VMSCAN_THROTTLE_ISOLATED],
			UINT32_MAX);
	return true;
}

/* mm/vmscan.c:handle_reclaim_writeback */
static void note_writeback(struct vm *vm, struct scan_control *sc, const struct reclaim_stat *stat,
			   u64 nr_taken, bool file)
{
	if (stat->nr_unqueued_dirty == nr_taken)
		wakeup_flusher_threads(vm);
	sc->nr.dirty += stat->nr_dirty;
	sc->nr.congested += stat->nr_congested;
	sc->nr.unqueued_dirty += stat->nr_unqueued_dirty;
	sc->nr.writeback += stat->nr_writeback;
	sc->nr.immediate += stat->nr_immediate;
	sc->nr.taken += nr_taken;
	if (file)
		sc->nr.file_taken += nr_taken;
}

static u64 shrink_inactive_list(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
				u64 nr_to_scan, enum lru_list lru, struct scan_control *sc)
{
	struct mm *mm = vm->mm;
	bool file = is_file_lru(lru);
	struct reclaim_stat stat;
	struct isolated iso;
	u64 nr_reclaimed;

	if (!wait_for_isolated(vm, current, lruvec->nid, file, sc, &nr_reclaimed))
		return nr_reclaimed;
	lru_add_drain(vm, current);
	isolate_lru_folios(vm, current, lruvec, nr_to_scan, lru, sc, &iso);
	if (!sc->target_mem_cgroup)
		count_vm_events(mm, reclaim_event(mm, current, sc, PGSCAN_KSWAPD), iso.nr_scanned);
	count_vm_events(mm, file ? PGSCAN_FILE : PGSCAN_ANON, iso.nr_scanned);
	if (!iso.nr_taken)
		return 0;
	nr_reclaimed = shrink_folio_list(vm, current, iso.folios, &iso.n, lruvec->nid, sc, &stat);
	move_folios_to_lru(vm, iso.folios, iso.n);
	if (!sc->target_mem_cgroup)
		count_vm_events(mm, reclaim_event(mm, current, sc, PGSTEAL_KSWAPD), nr_reclaimed);
	count_vm_events(mm, file ? PGSTEAL_FILE : PGSTEAL_ANON, nr_reclaimed);
	lru_note_cost(lruvec, vm, file ? LRU_TYPE_FILE : LRU_TYPE_ANON, stat.nr_pageout,
		      iso.nr_scanned - nr_reclaimed);
	note_writeback(vm, sc, &stat, iso.nr_taken, file);
	TRACE(mm, mm_vmscan_lru_shrink_inactive, .current = current, .nid = lruvec->nid,
	      .priority = sc->priority, .nr_scanned = iso.nr_scanned,
	      .nr_reclaimed = nr_reclaimed, .file = file);
	swap_plug_send(vm, current);
	spend_isolated(vm, current, lruvec->nid, file, iso.nr_taken);
	free_buffer_heads(vm, current);
	return nr_reclaimed;
}

static u64 shrink_list(struct vm *vm, struct task_struct *current, struct lruvec *lruvec, u64 nr,
		       enum lru_list lru, struct scan_control *sc)
{
	if (!is_active_lru(lru))
		return shrink_inactive_list(vm, current, lruvec, nr, lru, sc);
	if (is_file_lru(lru) ? sc->may_deactivate_file : sc->may_deactivate_anon)
		shrink_active_list(vm, current, lruvec, nr, lru, sc);
	else
		sc->skipped_deactivate = true;
	return 0;
}

/* What is left of a list's target when the other type is done to `percentage` left. */
static u64 rescale(u64 target, u64 nr, u64 percentage)
{
	u64 left = target * (100 - percentage) / 100;

	return left - min_u64(left, target - nr);
}

bool shrink_proportionally(u64 nr[NR_LRU_LISTS], const u64 targets[NR_LRU_LISTS])
{
	u64 file = nr[LRU_INACTIVE_FILE] + nr[LRU_ACTIVE_FILE];
	u64 anon = nr[LRU_INACTIVE_ANON] + nr[LRU_ACTIVE_ANON];
	enum lru_list smaller = file > anon ? LRU_INACTIVE_ANON : LRU_INACTIVE_FILE;
	enum lru_list larger = file > anon ? LRU_INACTIVE_FILE : LRU_INACTIVE_ANON;
	u64 percentage;

	if (!file || !anon)
		return false;
	percentage = min_u64(file, anon) * 100 /
		     (targets[smaller] + targets[smaller + LRU_ACTIVE] + 1);
	nr[smaller] = nr[smaller + LRU_ACTIVE] = 0;
	for (enum lru_list lru = larger; lru <= larger + LRU_ACTIVE; lru++)
		nr[lru] = rescale(targets[lru], nr[lru], percentage);
	return true;
}

void shrink_lruvec(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
		   struct scan_control *sc)
{
	bool to_the_end = !sc->target_mem_cgroup && !sc->is_kswapd && sc->priority == DEF_PRIORITY;
	u64 nr[NR_LRU_LISTS] = {0}, targets[NR_LRU_LISTS], nr_reclaimed = 0;

	get_scan_count(vm, lruvec, sc, nr);
	memcpy(targets, nr, sizeof(nr));
	swap_plug_start(current);
	while (nr[LRU_INACTIVE_ANON] || nr[LRU_ACTIVE_FILE] || nr[LRU_INACTIVE_FILE]) {
		for (enum lru_list lru = 0; lru < NR_EVICTABLE_LRU_LISTS; lru++) {
			u64 n = min_u64(nr[lru], SWAP_CLUSTER_MAX);

			if (!n)
				continue;
			nr[lru] -= n;
			nr_reclaimed += shrink_list(vm, current, lruvec, n, lru, sc);
		}
		if (nr_reclaimed < sc->nr_to_reclaim || to_the_end)
			continue;
		if (!shrink_proportionally(nr, targets))
			break;
	}
	swap_plug_finish(vm, current);
	sc->nr_reclaimed += nr_reclaimed;
	/* Keeps the anonymous lists in proportion even while nothing of them is reclaimed. */
	if (total_swap_pages(vm) && inactive_is_low(vm, lruvec, LRU_INACTIVE_ANON))
		shrink_active_list(vm, current, lruvec, SWAP_CLUSTER_MAX, LRU_ACTIVE_ANON, sc);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compaction of a zone: the run, when it ends, and those who ask for it. mm/compaction.c (7.2).
 * Whether it is worth trying is in compact_gate.c, the scanners in compact_migrate.c and
 * compact_free.c, the moves in migrate.c, the thread in kcompactd.c; contiguous ranges are in
 * contig.c. Left out: giving up an asynchronous run because the CPU is wanted elsewhere, for it
 * lets others run between batches; hotplug.
 */
#include "mm/compact_internal.h"

#include <stdlib.h>

#include "mm/alloc.h"
#include "mm/fallback.h"
#include "mm/fragindex.h"
#include "mm/lru.h"
#include "mm/oom.h"
#include "mm/page_alloc.h"
#include "mm/watermark.h"

/* The run. */

void compact_lock(struct compact_control *cc, struct timed_lock *lock)
{
	struct mm *mm = cc->mm;
	struct task_struct *current = cc->current;
	u64 wait;

	if (cc->locked == lock || !mm->engine || mm->nr_cpus == 1)
		return;
	compact_unlock(cc);
	wait = timed_lock_take(lock,
			       engine_now(mm->engine) + current->charged_ns - current->spent_ns, 0);
	if (wait)
		task_charge(current, CAUSE_LOCK, wait);
	cc->contended |= wait && cc->mode == MIGRATE_ASYNC;
	cc->locked = lock;
	cc->locked_charge = current->charged_ns;
}

void compact_unlock(struct compact_control *cc)
{
	if (!cc->locked)
		return;
	timed_lock_extend(cc->locked, cc->current->charged_ns - cc->locked_charge);
	cc->locked = NULL;
}

static void reset_cached_positions(struct zone *zone)
{
	struct zone_compact *zc = zone->compact;

	zc->cached_migrate_pfn[0] = zc->cached_migrate_pfn[1] = zone->start_pfn;
	zc->cached_free_pfn = block_start_pfn(zone->mm, zone_end_pfn(zone) - 1);
}

static bool scanners_met(const struct compact_control *cc)
{
	return cc->free_pfn >> cc->mm->pageblock_order <=
	       cc->migrate_pfn >> cc->mm->pageblock_order;
}

static bool block_available(const struct compact_control *cc)
{
	const struct zone *zone = cc->zone;

	for (u32 order = (u32)cc->order; order <= cc->mm->max_order; order++) {
		const struct free_area *area = &zone->free_area[order];

		if (area->nr_list[cc->migratetype] ||
		    (cc->migratetype == MIGRATE_MOVABLE && area->nr_list[MIGRATE_CMA]) ||
		    fallback_claimable(zone, order, cc->migratetype))
			return true;
	}
	return false;
}

/* mm/compaction.c:compact_finished, __compact_finished */
static enum compact_result compact_finished(struct compact_control *cc)
{
	struct zone *zone = cc->zone;
	struct mm *mm = cc->mm;

	if (scanners_met(cc)) {
		reset_cached_positions(zone);
		if (cc->direct_compaction)
			zone->compact->blockskip_flush = true;
		return cc->whole_zone ? COMPACT_COMPLETE : COMPACT_PARTIAL_SKIPPED;
	}
	if (cc->proactive_compaction) {
		if (mm->nodes[zone->nid].kswapd_running)
			return COMPACT_PARTIAL_SKIPPED;
		return fragmentation_score_zone(zone) > fragmentation_score_wmark(mm, true)
			       ? COMPACT_CONTINUE
			       : COMPACT_SUCCESS;
	}
	if (cc->order < 0 || cc->migrate_pfn != block_start_pfn(mm, cc->migrate_pfn))
		return COMPACT_CONTINUE;
	if (mm->sysctl.defrag_mode && !cc->direct_compaction)
		return __zone_watermark_ok(zone, (u32)cc->order, wmark_pages(zone, WMARK_HIGH),
					   cc->highest_zoneidx, cc->alloc_flags,
					   zone_page_state(zone, NR_FREE_PAGES_BLOCKS))
			       ? COMPACT_SUCCESS
			       : COMPACT_CONTINUE;
	if (block_available(cc))
		return COMPACT_SUCCESS;
	return cc->contended || fatal_signal_pending(cc->current) ? COMPACT_CONTENDED
								  : COMPACT_CONTINUE;
}

static void set_start(struct compact_control *cc)
{
	struct zone *zone = cc->zone;
	struct zone_compact *zc = zone->compact;
	u64 start = zone->start_pfn, end = zone_end_pfn(zone);

	cc->migrate_pfn = start;
	cc->free_pfn = block_start_pfn(cc->mm, end - 1);
	if (cc->whole_zone)
		return;
	if (zc->cached_free_pfn < start || zc->cached_free_pfn >= end)
		zc->cached_free_pfn = cc->free_pfn;
	cc->free_pfn = block_start_pfn(cc->mm, zc->cached_free_pfn);
	cc->migrate_pfn = zc->cached_migrate_pfn[cc->mode != MIGRATE_ASYNC];
	if (cc->migrate_pfn < start || cc->migrate_pfn >= end) {
		cc->migrate_pfn = start;
		zc->cached_migrate_pfn[0] = zc->cached_migrate_pfn[1] = start;
	}
	if (cc->migrate_pfn <= zc->init_migrate_pfn)
		cc->whole_zone = true;
}

/* mm/swap.c:lru_add_drain_cpu_zone */
static void drain_behind(struct compact_control *cc, u64 *last_migrated)
{
	u64 start;

	if (cc->order <= 0 || !*last_migrated)
		return;
	start = cc->migrate_pfn & ~((1ull << cc->order) - 1);
	if (*last_migrated >= start)
		return;
	lru_add_drain(cc->mm->vm, cc->current);
	drain_local_pages(cc->mm, cc->current, cc->zone);
	*last_migrated = 0;
}

/* Isolates and moves once; *ret is set, and true returned, when the run is over. */
static bool compact_step(struct compact_control *cc, u64 *last_migrated, bool *keep_in_sync,
			 enum compact_result *ret)
{
	struct zone_compact *zc = cc->zone->compact;
	struct mm *mm = cc->mm;

	for (;;) {
		enum isolate_migrate isolated = isolate_migratepages(cc);
		enum migrate_result moved;

		if (isolated == ISOLATE_ABORT) {
			*ret = COMPACT_CONTENDED;
			return true;
		}
		if (isolated == ISOLATE_NONE) {
			if (*keep_in_sync)
				zc->cached_migrate_pfn[1] = zc->cached_migrate_pfn[0];
			return false;
		}
		*keep_in_sync = false;
		*last_migrated = max_u64(cc->zone->start_pfn,
					 block_start_pfn(mm, cc->migrate_pfn - 1));
		moved = migrate_pages(cc);
		if (moved == MIGRATE_ALL)
			return false;
		if (moved == MIGRATE_NO_TARGET && !scanners_met(cc)) {
			*ret = COMPACT_CONTENDED;
			return true;
		}
		if (cc->migrate_pfn == block_start_pfn(mm, cc->migrate_pfn) ||
		    cc->ignore_skip_hint || cc->finish_pageblock || cc->mode >= MIGRATE_SYNC)
			return false;
		cc->finish_pageblock = true;
		if (cc->order == (s32)mm->pageblock_order)
			*last_migrated = 0;
	}
}

static enum compact_result compact_loop(struct compact_control *cc,
					struct capture_control *capture)
{
	const struct zone_compact *zc = cc->zone->compact;
	bool keep_in_sync = cc->mode == MIGRATE_ASYNC &&
			    zc->cached_migrate_pfn[0] == zc->cached_migrate_pfn[1];
	enum compact_result ret;
	u64 last_migrated = 0;

	while ((ret = compact_finished(cc)) == COMPACT_CONTINUE) {
		cc->finish_pageblock = last_migrated &&
				       block_start_pfn(cc->mm, last_migrated) ==
					       block_start_pfn(cc->mm, cc->migrate_pfn);
		if (compact_step(cc, &last_migrated, &keep_in_sync, &ret))
			return ret;
		if (capture && capture->pfn != PFN_NONE)
			return COMPACT_SUCCESS;
		drain_behind(cc, &last_migrated);
		task_spend_partly(cc->mm, cc->current);
	}
	return ret;
}

/* Gives back what is left and accounts. */
static void compact_end(struct compact_control *cc, bool kcompactd)
{
	struct mm *mm = cc->mm;
	u64 free_pfn;

	if (cc->nr_freepages) {
		free_pfn = block_start_pfn(mm, release_free_list(cc));
		if (free_pfn > cc->zone->compact->cached_free_pfn)
			cc->zone->compact->cached_free_pfn = free_pfn;
	}
	count_vm_events(mm, COMPACTMIGRATE_SCANNED, cc->total_migrate_scanned);
	count_vm_events(mm, COMPACTFREE_SCANNED, cc->total_free_scanned);
	if (!kcompactd)
		return;
	count_vm_events(mm, KCOMPACTD_MIGRATE_SCANNED, cc->total_migrate_scanned);
	count_vm_events(mm, KCOMPACTD_FREE_SCANNED, cc->total_free_scanned);
}

static const char *const mode_names[] = {
	[MIGRATE_ASYNC] = "async",
	[MIGRATE_SYNC_LIGHT] = "sync_light",
	[MIGRATE_SYNC] = "sync",
};

enum compact_result compact_zone(struct compact_control *cc, struct capture_control *capture)
{
	struct mm *mm = cc->mm;
	u64 begin = mm->engine ? engine_now(mm->engine) : 0;
	u32 order = cc->order >= 0 ? (u32)cc->order : mm->pageblock_order;
	struct contig_page_info before, after;
	enum compact_result ret;

	if (cc->order >= 0) {
		ret = compaction_suit_allocation_order(cc->zone, (u32)cc->order,
						       cc->highest_zoneidx, cc->alloc_flags,
						       cc->mode == MIGRATE_ASYNC,
						       !cc->direct_compaction);
		if (ret != COMPACT_CONTINUE)
			return ret;
		if (compaction_restarting(cc->zone->compact, cc->order))
			reset_zone_isolation(cc->zone);
	}
	zone_contig_page_info(cc->zone, order, &before);
	page_list_init(&cc->migratepages);
	for (u32 o = 0; o < NR_PAGE_ORDERS_LIMIT; o++)
		page_list_init(&cc->freepages[o]);
	cc->search_order = cc->order > 0 ? (u32)cc->order : 0;
	set_start(cc);
	TRACE(mm, mm_compaction_begin, .current = cc->current, .zone = cc->zone,
	      .migrate_pfn = cc->migrate_pfn, .free_pfn = cc->free_pfn,
	      .sync = cc->mode != MIGRATE_ASYNC);
	task_charge(cc->current, CAUSE_COMPACTION, mm->costs.compact_run);
	lru_add_drain(mm->vm, cc->current);
	ret = compact_loop(cc, capture);
	compact_end(cc, !cc->direct_compaction && !(cc->current->flags & PF_EXITING) &&
				(cc->current->flags & PF_KTHREAD));
	task_spend_partly(mm, cc->current);
	zone_contig_page_info(cc->zone, order, &after);
	TRACE(mm, mm_compaction_end, .current = cc->current, .zone = cc->zone,
	      .migrate_pfn = cc->migrate_pfn, .free_pfn = cc->free_pfn, .start_ns = begin,
	      .order = cc->order, .status = ret, .why = cc->why, .mode = mode_names[cc->mode],
	      .migrate_scanned = cc->total_migrate_scanned,
	      .free_scanned = cc->total_free_scanned, .nr_migrated = cc->nr_migrated,
	      .nr_pinned = cc->nr_pinned, .nr_busy = cc->nr_busy,
	      .nr_no_target = cc->nr_no_target,
	      .usable_before = before.free_blocks_suitable << order,
	      .usable_after = after.free_blocks_suitable << order,
	      .unusable_before = unusable_free_index(&before, order),
	      .unusable_after = unusable_free_index(&after, order));
	return ret;
}

bool compaction_capture(struct capture_control *capture, const struct zone *zone, u32 pfn,
			u32 order, enum migratetype mt)
{
	const struct compact_control *cc = capture->cc;
	struct page *page = pfn_to_page(zone->mm, pfn);

	if (zone != cc->zone || order != capture->order || capture->pfn != PFN_NONE ||
	    mt == MIGRATE_CMA || mt == MIGRATE_ISOLATE)
		return false;
	/* Do not let others' small requests break up movable pageblocks. */
	if (order < zone->mm->pageblock_order && mt == MIGRATE_MOVABLE &&
	    cc->migratetype != MIGRATE_MOVABLE)
		return false;
	capture->pfn = pfn;
	page->state = PAGE_ISOLATED;
	page->order = order & 0xf;
	return true;
}

/* mm/compaction.c:compact_zone_order */
static enum compact_result compact_zone_order(struct zone *zone, struct task_struct *current,
					      gfp_t gfp, u32 order, u32 alloc_flags,
					      const struct alloc_context *ac,
					      enum compact_priority prio, u32 wanted,
					      u32 *captured)
{
	bool full = prio == COMPACT_PRIO_SYNC_FULL;
	struct compact_control cc = {
		.mm = zone->mm,
		.current = current,
		.zone = zone,
		.order = (s32)order,
		.gfp = gfp,
		.alloc_flags = alloc_flags,
		.highest_zoneidx = ac->highest_zoneidx,
		.migratetype = ac->migratetype,
		.mode = prio == COMPACT_PRIO_ASYNC ? MIGRATE_ASYNC : MIGRATE_SYNC_LIGHT,
		.direct_compaction = true,
		.whole_zone = full,
		.ignore_skip_hint = full,
		.ignore_block_suitable = full,
		.why = "direct",
	};
	struct capture_control capture = {.cc = &cc, .order = wanted, .pfn = PFN_NONE};
	enum compact_result ret;

	current->capture = &capture;
	ret = compact_zone(&cc, &capture);
	current->capture = NULL;
	*captured = capture.pfn;
	return ret;
}

enum compact_result try_to_compact_pages(struct mm *mm, struct task_struct *current, gfp_t gfp,
					 u32 order, u32 alloc_flags,
					 const struct alloc_context *ac,
					 enum compact_priority prio, u32 wanted, u32 *captured)
{
	enum compact_result rc = COMPACT_SKIPPED;

	*captured = PFN_NONE;
	if (!(gfp & __GFP_IO))
		return COMPACT_SKIPPED;
	TRACE(mm, mm_compaction_try_to_compact_pages, .current = current, .order = order,
	      .priority = prio, .gfp = gfp);
	for (u32 i = next_zonelist_index(mm, ac, 0); i < ac->nr_zonelist;
	     i = next_zonelist_index(mm, ac, i + 1)) {
		struct zone *zone = &mm->zones[ac->zonelist[i]];
		enum compact_result status;

		if (prio > COMPACT_PRIO_SYNC_FULL && compaction_deferred(zone, (s32)order)) {
			rc = rc > COMPACT_DEFERRED ? rc : COMPACT_DEFERRED;
			continue;
		}
		status = compact_zone_order(zone, current, gfp, order, alloc_flags, ac, prio,
					    wanted, captured);
		if (*captured != PFN_NONE)
			status = COMPACT_SUCCESS;
		rc = rc > status ? rc : status;
		if (status == COMPACT_SUCCESS) {
			compaction_defer_reset(zone, order, false);
			break;
		}
		if (prio != COMPACT_PRIO_ASYNC &&
		    (status == COMPACT_COMPLETE || status == COMPACT_PARTIAL_SKIPPED))
			defer_compaction(zone, (s32)order);
		if (fatal_signal_pending(current))
			break;
	}
	return rc;
}

void compact_node(struct mm *mm, struct task_struct *current, u32 nid, bool proactive)
{
	for (u32 i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = &mm->zones[nid * MAX_NR_ZONES + i];
		struct compact_control cc = {
			.mm = mm,
			.current = current,
			.zone = zone,
			.order = -1,
			.gfp = GFP_KERNEL,
			.mode = proactive ? MIGRATE_SYNC_LIGHT : MIGRATE_SYNC,
			.ignore_skip_hint = true,
			.whole_zone = true,
			.proactive_compaction = proactive,
			.why = proactive ? "proactive" : "requested",
		};

		if (populated_zone(zone))
			(void)compact_zone(&cc, NULL);
		if (fatal_signal_pending(current))
			return;
	}
}

void compact_nodes(struct mm *mm, struct task_struct *current)
{
	lru_add_drain_all(mm->vm, current);
	for (u32 nid = 0; nid < mm->nr_nodes; nid++)
		compact_node(mm, current, nid, false);
}

bool vm_compaction_create(struct vm *vm)
{
	struct mm *mm = vm->mm;

	for_each_zone(mm, zone) {
		if (!populated_zone(zone))
			continue;
		zone->compact = calloc(1, sizeof(*zone->compact));
		if (!zone->compact)
			return false;
	}
	return true;
}

void vm_compaction_destroy(struct vm *vm)
{
	for_each_zone(vm->mm, zone) {
		free(zone->compact);
		zone->compact = NULL;
	}
}

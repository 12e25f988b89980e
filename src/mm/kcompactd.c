/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kcompactd: the thread of a node that compacts for what kswapd made room for, and ahead of time
 * when the node's free memory is too much in pieces. mm/compaction.c (7.2)
 */
#include "machine/psi.h"
#include "mm/alloc.h"
#include "mm/compact_internal.h"
#include "mm/kthread.h"
#include "mm/vmstat.h"

#define HPAGE_FRAG_CHECK_INTERVAL_MSEC 500

static u64 check_interval(const struct mm *mm, u32 shift)
{
	return timer_wheel_ns(mm, (HPAGE_FRAG_CHECK_INTERVAL_MSEC * mm->machine->hz / 1000)
					  << shift);
}

static u32 kcompactd_wmark(const struct mm *mm)
{
	return mm->sysctl.defrag_mode ? ALLOC_WMARK_HIGH : ALLOC_WMARK_MIN;
}

/* mm/compaction.c:kcompactd_node_suitable */
static bool node_suitable(const struct kcompactd *k)
{
	struct mm *mm = k->mm;

	for (u32 i = 0; i <= k->highest_zoneidx && i < MAX_NR_ZONES; i++) {
		struct zone *zone = &mm->zones[k->nid * MAX_NR_ZONES + i];

		if (populated_zone(zone) &&
		    compaction_suit_allocation_order(zone, (u32)k->max_order, k->highest_zoneidx,
						     kcompactd_wmark(mm), false,
						     true) == COMPACT_CONTINUE)
			return true;
	}
	return false;
}

void wakeup_kcompactd(struct mm *mm, u32 nid, u32 order, u32 highest_zoneidx)
{
	struct kcompactd *k = mm->nodes[nid].kcompactd;

	if (!k || !order)
		return;
	if (k->max_order < (s32)order)
		k->max_order = (s32)order;
	if (k->highest_zoneidx > highest_zoneidx)
		k->highest_zoneidx = highest_zoneidx;
	if (!waitqueue_active(&k->wait) || !node_suitable(k))
		return;
	wake_up(mm->engine, &k->wait, UINT32_MAX);
}

static void compact_one(struct kcompactd *k, struct zone *zone, s32 order, u32 highest_zoneidx)
{
	struct compact_control cc = {
		.mm = k->mm,
		.current = &k->task,
		.zone = zone,
		.order = order,
		.gfp = GFP_KERNEL,
		.alloc_flags = kcompactd_wmark(k->mm),
		.highest_zoneidx = highest_zoneidx,
		.migratetype = MIGRATE_UNMOVABLE,
		.mode = MIGRATE_SYNC_LIGHT,
		.why = "kcompactd",
	};
	enum compact_result status;

	if (compaction_deferred(zone, order) ||
	    compaction_suit_allocation_order(zone, (u32)order, highest_zoneidx, cc.alloc_flags,
					     false, true) != COMPACT_CONTINUE)
		return;
	status = compact_zone(&cc, NULL);
	if (status == COMPACT_SUCCESS) {
		compaction_defer_reset(zone, (u32)order, false);
	} else if (status == COMPACT_COMPLETE || status == COMPACT_PARTIAL_SKIPPED) {
		drain_all_pages(k->mm, &k->task, zone);
		defer_compaction(zone, order);
	}
}

/* mm/compaction.c:kcompactd_do_work */
static void do_work(struct kcompactd *k)
{
	struct mm *mm = k->mm;
	s32 order = k->max_order;
	u32 highest_zoneidx = k->highest_zoneidx;

	TRACE(mm, mm_compaction_kcompactd_wake, .current = &k->task, .nid = k->nid,
	      .order = (u32)order, .zid = highest_zoneidx);
	count_vm_events(mm, KCOMPACTD_WAKE, 1);
	for (u32 i = 0; i <= highest_zoneidx && i < MAX_NR_ZONES; i++) {
		struct zone *zone = &mm->zones[k->nid * MAX_NR_ZONES + i];

		if (populated_zone(zone))
			compact_one(k, zone, order, highest_zoneidx);
	}
	/* Somebody may have asked for more meanwhile. */
	if (k->max_order <= order)
		k->max_order = 0;
	if (k->highest_zoneidx >= highest_zoneidx)
		k->highest_zoneidx = MAX_NR_ZONES - 1;
}

/* mm/compaction.c:should_proactive_compact_node */
static bool should_proactive_compact(const struct kcompactd *k)
{
	const struct mm *mm = k->mm;

	return mm->sysctl.compaction_proactiveness && !mm->nodes[k->nid].kswapd_running &&
	       fragmentation_score_node(mm, k->nid) > fragmentation_score_wmark(mm, false);
}

void kcompactd(void *arg)
{
	struct kcompactd *k = arg;
	struct mm *mm = k->mm;
	u32 backoff = 0;

	k->task.sched = cpu_current(mm->cpus);
	k->highest_zoneidx = MAX_NR_ZONES - 1;
	for (;;) {
		u64 timeout = mm->sysctl.compaction_proactiveness ? check_interval(mm, backoff)
								  : WAIT_FOREVER;
		bool woken;

		TRACE(mm, mm_compaction_kcompactd_sleep, .current = &k->task, .nid = k->nid);
		task_spend(mm, &k->task);
		woken = k->max_order > 0 || cpu_wait(k->task.sched, &k->wait, timeout);
		backoff = 0;
		/* Who asked while the node was not suitable did not wake us, but is heard now. */
		if (woken || k->max_order > 0) {
			psi_memstall_enter(k->task.sched);
			if (k->max_order > 0)
				do_work(k);
			task_spend_partly(mm, &k->task);
			psi_memstall_leave(k->task.sched);
			continue;
		}
		if (should_proactive_compact(k)) {
			u32 before = fragmentation_score_node(mm, k->nid);

			compact_node(mm, &k->task, k->nid, true);
			if (fragmentation_score_node(mm, k->nid) >= before)
				backoff = COMPACT_MAX_DEFER_SHIFT;
		}
	}
}

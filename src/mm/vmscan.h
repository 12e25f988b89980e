/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/lru.h"
#include "mm/pressure.h"

/*
 * Reclaim. mm/vmscan.c (7.2) split by subject: vmscan.c (node passes, direct reclaim),
 * vmscan_lists.c (two-list scanning), vmscan_folio.c (what becomes of each folio),
 * vmscan_throttle.c, mglru*.c, kswapd.c.
 */
#define DEF_PRIORITY	     12
#define MAX_SWAPPINESS	     200

/* What a pass met. include/linux/vmstat.h:struct reclaim_stat */
struct reclaim_stat {
	u64 nr_dirty, nr_unqueued_dirty, nr_congested, nr_writeback, nr_immediate, nr_pageout;
	u64 nr_activate[NR_LRU_TYPES], nr_ref_keep, nr_unmap_fail, nr_lazyfree_fail, nr_demoted;
};

/* The real mm->pressure of a machine with address spaces. */
extern const struct pressure_ops pressure_linux;

/*
 * Decides about folios off the LRU, in the order given, and frees what may go (in batches, after
 * one flush). Those to keep are left in the array, first to last, with PG_active where they are to
 * be activated; *n is how many. Returns pages freed. mm/vmscan.c:shrink_folio_list
 */
u64 shrink_folio_list(struct vm *vm, struct task_struct *current, u32 *folios, u32 *n, u32 nid,
		      struct scan_control *sc, struct reclaim_stat *stat);

/* Puts back what was kept: by flags, each to its list. Returns pages put back active.
   mm/vmscan.c:move_folios_to_lru */
u64 move_folios_to_lru(struct vm *vm, const u32 *folios, u32 n);

/* Two lists. mm/vmscan.c:shrink_lruvec, shrink_active_list, inactive_is_low */
void shrink_lruvec(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
		   struct scan_control *sc);
void shrink_active_list(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
			u64 nr_to_scan, enum lru_list lru, struct scan_control *sc);
bool inactive_is_low(const struct lruvec *lruvec, enum lru_list inactive);

/* May anonymous pages be reclaimed: is there swap? mm/vmscan.c:can_reclaim_anon_pages */
bool can_reclaim_anon_pages(const struct vm *vm);

enum vmscan_throttle_state {
	VMSCAN_THROTTLE_WRITEBACK,
	VMSCAN_THROTTLE_ISOLATED,
	VMSCAN_THROTTLE_NOPROGRESS,
	VMSCAN_THROTTLE_CONGESTED,
	NR_VMSCAN_THROTTLE,
};
/* mm/vmscan.c:reclaim_throttle */
void reclaim_throttle(struct vm *vm, struct task_struct *current, u32 nid,
		      enum vmscan_throttle_state reason);
/* A page was written while some are throttled. mm/vmscan.c:__acct_reclaim_writeback */
void acct_reclaim_writeback(struct vm *vm, u32 nid, u64 nr_pages);

/* True: a fatal signal came while throttled. mm/vmscan.c:throttle_direct_reclaim */
bool throttle_direct_reclaim(struct vm *vm, struct task_struct *current, gfp_t gfp,
			     const struct alloc_context *ac);
/* mm/vmscan.c:allow_direct_reclaim */
bool allow_direct_reclaim(const struct vm *vm, u32 nid);

/* zone_reclaim_mode: before another node is tried. mm/vmscan.c:node_reclaim */
enum node_reclaim_result { NODE_RECLAIM_NOSCAN, NODE_RECLAIM_FULL, NODE_RECLAIM_SOME,
			   NODE_RECLAIM_SUCCESS };
enum node_reclaim_result node_reclaim(struct mm *mm, struct task_struct *current, u32 nid,
				      gfp_t gfp, u32 order);

/* Reclaims from one memory group. Pages. mm/vmscan.c:try_to_free_mem_cgroup_pages */
u64 try_to_free_mem_cgroup_pages(struct vm *vm, struct task_struct *current,
				 struct mem_cgroup *memcg, u64 nr_pages, gfp_t gfp);

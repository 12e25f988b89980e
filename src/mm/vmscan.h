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

/* The counter of who reclaims, from kswapd's: PGSCAN_KSWAPD or PGSTEAL_KSWAPD.
   mm/vmscan.c:reclaimer_offset */
enum vm_event_item reclaim_event(const struct mm *mm, const struct task_struct *current,
				 const struct scan_control *sc, enum vm_event_item kswapd);

/* What a pass met. include/linux/vmstat.h:struct reclaim_stat */
struct reclaim_stat {
	u64 nr_dirty, nr_unqueued_dirty, nr_congested, nr_writeback, nr_immediate, nr_pageout;
	u64 nr_activate[NR_LRU_TYPES], nr_ref_keep, nr_unmap_fail, nr_lazyfree_fail, nr_demoted;
};

/* The real mm->pressure of a machine with address spaces. */
extern const struct pressure_ops pressure_linux;

/* Entries of it. mm/vmscan.c */
void shrink_node(struct mm *mm, struct task_struct *current, u32 nid, struct scan_control *sc);
u64 try_to_free_pages(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order,
		      const struct alloc_context *ac);
u64 zone_reclaimable_pages(const struct zone *zone);

/* What the pass may do, from the state of the lists. mm/vmscan.c:prepare_scan_control */
void prepare_scan_control(struct vm *vm, u32 nid, struct scan_control *sc);
/* Remembers how many refaults were activated (NULL: of the root). mm/vmscan.c:snapshot_refaults */
void snapshot_refaults(struct vm *vm, struct mem_cgroup *memcg, u32 nid);

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
/* For the root: of all groups on the node. */
bool inactive_is_low(const struct vm *vm, const struct lruvec *lruvec, enum lru_list inactive);
/* The rule itself: inactive pages times sqrt(10 * GiB) against active ones. */
bool inactive_ratio_is_low(const struct vm *vm, u64 inactive, u64 active);

/* Pages of each list to look at, less what is protected of the group (then sc->memcg_low_skipped
   may become true). mm/vmscan.c:get_scan_count */
void get_scan_count(const struct vm *vm, const struct lruvec *lruvec,
		    struct scan_control *sc, u64 nr[NR_LRU_LISTS]);
/* Enough is reclaimed: the type with less left is done, the other one in the same proportion of its
   target. False: nothing is left of one. mm/vmscan.c:shrink_lruvec */
bool shrink_proportionally(u64 nr[NR_LRU_LISTS], const u64 targets[NR_LRU_LISTS]);

/* May anonymous pages be reclaimed: is there swap? mm/vmscan.c:can_reclaim_anon_pages */
bool can_reclaim_anon_pages(const struct vm *vm);

enum vmscan_throttle_state {
	VMSCAN_THROTTLE_WRITEBACK,
	VMSCAN_THROTTLE_ISOLATED,
	VMSCAN_THROTTLE_NOPROGRESS,
	VMSCAN_THROTTLE_CONGESTED,
	NR_VMSCAN_THROTTLE,
	/* Ours, for who listens: throttle_direct_reclaim(). */
	VMSCAN_THROTTLE_PFMEMALLOC = NR_VMSCAN_THROTTLE,
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

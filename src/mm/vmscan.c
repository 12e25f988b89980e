/* SPDX-License-Identifier: GPL-2.0-only */
/* Skeleton: to be filled. */
#include "mm/vmscan.h"

const struct pressure_ops pressure_linux;

u64 shrink_folio_list(struct vm *vm, struct task_struct *current, u32 *folios, u32 *n, u32 nid, struct scan_control *sc, struct reclaim_stat *stat)
{
	(void)vm;
	(void)current;
	(void)folios;
	(void)n;
	(void)nid;
	(void)sc;
	(void)stat;
	return 0;
}

u64 move_folios_to_lru(struct vm *vm, const u32 *folios, u32 n)
{
	(void)vm;
	(void)folios;
	(void)n;
	return 0;
}

void shrink_lruvec(struct vm *vm, struct task_struct *current, struct lruvec *lruvec, struct scan_control *sc)
{
	(void)vm;
	(void)current;
	(void)lruvec;
	(void)sc;
}

void shrink_active_list(struct vm *vm, struct task_struct *current, struct lruvec *lruvec, u64 nr_to_scan, enum lru_list lru, struct scan_control *sc)
{
	(void)vm;
	(void)current;
	(void)lruvec;
	(void)nr_to_scan;
	(void)lru;
	(void)sc;
}

bool inactive_is_low(const struct lruvec *lruvec, enum lru_list inactive)
{
	(void)lruvec;
	(void)inactive;
	return false;
}

bool can_reclaim_anon_pages(const struct vm *vm)
{
	(void)vm;
	return false;
}

void reclaim_throttle(struct vm *vm, struct task_struct *current, u32 nid, enum vmscan_throttle_state reason)
{
	(void)vm;
	(void)current;
	(void)nid;
	(void)reason;
}

void acct_reclaim_writeback(struct vm *vm, u32 nid, u64 nr_pages)
{
	(void)vm;
	(void)nid;
	(void)nr_pages;
}

bool throttle_direct_reclaim(struct vm *vm, struct task_struct *current, gfp_t gfp, const struct alloc_context *ac)
{
	(void)vm;
	(void)current;
	(void)gfp;
	(void)ac;
	return false;
}

bool allow_direct_reclaim(const struct vm *vm, u32 nid)
{
	(void)vm;
	(void)nid;
	return true;
}

enum node_reclaim_result node_reclaim(struct mm *mm, struct task_struct *current, u32 nid, gfp_t gfp, u32 order)
{
	(void)mm;
	(void)current;
	(void)nid;
	(void)gfp;
	(void)order;
	return 0;
}

u64 try_to_free_mem_cgroup_pages(struct vm *vm, struct task_struct *current, struct mem_cgroup *memcg, u64 nr_pages, gfp_t gfp)
{
	(void)vm;
	(void)current;
	(void)memcg;
	(void)nr_pages;
	(void)gfp;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way of one request: which zones it may use, the walk over them, per-CPU list or buddy lists,
 * and the slow path behind. Names and order of steps follow mm/page_alloc.c.
 */
#include "mm/page_alloc.h"

#include <string.h>

#include "mm/fallback.h"
#include "mm/kswapd.h"
#include "mm/pcp.h"
#include "mm/vmscan.h"
#include "mm/vmstat.h"
#include "mm/watermark.h"
#include "mm/writeback.h"

gfp_t current_gfp_context(const struct task_struct *current, gfp_t gfp)
{
	u32 scope = current->flags & PF_MEMALLOC_SCOPES;

	if (likely(!scope))
		return gfp;
	if (scope & PF_MEMALLOC_NOIO)
		gfp &= ~(__GFP_IO | __GFP_FS);
	else if (scope & PF_MEMALLOC_NOFS)
		gfp &= ~__GFP_FS;
	if (scope & PF_MEMALLOC_PIN)
		gfp &= ~__GFP_MOVABLE;
	return gfp;
}

u32 next_zonelist_index(const struct mm *mm, const struct alloc_context *ac, u32 from)
{
	u32 i;

	for (i = from; i < ac->nr_zonelist; i++) {
		const struct zone *zone = &mm->zones[ac->zonelist[i]];

		if (zone->type <= ac->highest_zoneidx &&
		    (!ac->nodemask || ac->nodemask >> zone->nid & 1))
			break;
	}
	return i;
}

/* The type that the flags name. */
static enum migratetype gfp_mobility(gfp_t gfp)
{
	return (enum migratetype)((gfp & (__GFP_MOVABLE | __GFP_RECLAIMABLE)) >> 3);
}

/* mm/page_alloc.c:gfp_migratetype */
static enum migratetype gfp_migratetype(const struct mm *mm, gfp_t gfp)
{
	if (unlikely(mm->page_group_by_mobility_disabled))
		return MIGRATE_UNMOVABLE;
	return gfp_mobility(gfp);
}

bool prepare_alloc_pages(struct mm *mm, gfp_t gfp, u32 nid, u64 nodemask,
			 struct alloc_context *ac)
{
	const struct pglist_data *pgdat = &mm->nodes[nid];
	bool thisnode = (gfp & __GFP_THISNODE) != 0;

	ac->zonelist = thisnode ? pgdat->nofallback : pgdat->fallback;
	ac->nr_zonelist = thisnode ? pgdat->nr_nofallback : pgdat->nr_fallback;
	ac->nodemask = nodemask;
	ac->preferred_nid = nid;
	ac->highest_zoneidx = mm->gfp_zone[gfp & 0xf];
	ac->migratetype = gfp_migratetype(mm, gfp);
	ac->spread_dirty_pages = false;
	ac->preferred = next_zonelist_index(mm, ac, 0);
	return ac->preferred < ac->nr_zonelist;
}

u32 alloc_flags_nofragment(const struct mm *mm, const struct alloc_context *ac)
{
	const struct zone *zone = &mm->zones[ac->zonelist[ac->preferred]];

	if (mm->sysctl.defrag_mode)
		return ALLOC_NOFRAGMENT;
	/* Mixing is put off only where a lower zone could be tried first. */
	if (!mm->profile->alloc_nofragment || !mm->zone_dma32_configured ||
	    zone->type != ZONE_NORMAL)
		return 0;
	if (mm->nr_online_nodes > 1 &&
	    !populated_zone(&mm->zones[zone->nid * MAX_NR_ZONES + ZONE_DMA32]))
		return 0;
	return ALLOC_NOFRAGMENT;
}

/* mm/page_alloc.c:rmqueue_buddy */
static u32 rmqueue_buddy(struct zone *zone, struct task_struct *current, u32 order, u32 alloc_flags,
			 enum migratetype mt)
{
	struct mm *mm = zone->mm;
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	enum migratetype list_mt = mt;
	u64 before = current->charged_ns;
	u32 pfn = PFN_NONE;

	task_charge(current, CAUSE_BUDDY, mm->costs.buddy_alloc);
	current->op_path = ALLOC_PATH_BUDDY;
	if (alloc_flags & ALLOC_HIGHATOMIC) {
		list_mt = MIGRATE_HIGHATOMIC;
		pfn = __rmqueue_smallest(zone, current, order, MIGRATE_HIGHATOMIC);
	}
	if (pfn == PFN_NONE) {
		list_mt = mt;
		pfn = mm->profile->rmqueue(zone, current, order, mt, alloc_flags, &mode);
	}
	/* Requests that cannot wait may take the reserve as a last resort. */
	if (pfn == PFN_NONE && (alloc_flags & (ALLOC_OOM | ALLOC_NON_BLOCK))) {
		list_mt = MIGRATE_HIGHATOMIC;
		pfn = __rmqueue_smallest(zone, current, order, MIGRATE_HIGHATOMIC);
	}
	if (pfn == PFN_NONE)
		return PFN_NONE;
	if (!mm->profile->account_per_page) {
		if (list_mt == mt && get_pageblock_migratetype(mm, pfn) == MIGRATE_CMA)
			list_mt = MIGRATE_CMA;
		account_freepages(zone, current->cpu, -(s64)(1u << order), list_mt);
	}
	if (mm->profile->highatomic_in_buddy && (alloc_flags & ALLOC_HIGHATOMIC))
		reserve_highatomic_pageblock(zone, current, pfn, order);
	task_lock_zone(zone, current, current->charged_ns - before);
	return pfn;
}

/* mm/page_alloc.c:rmqueue_pcplist */
static u32 rmqueue_pcplist(struct zone *zone, struct task_struct *current, u32 order,
			   u32 alloc_flags, enum migratetype mt)
{
	struct mm *mm = zone->mm;

	pcp_alloc_begin(&zone->pageset[current->cpu]);
	task_charge(current, CAUSE_PCP,
		    order ? mm->costs.pcp_alloc_high_order : mm->costs.pcp_alloc);
	return __rmqueue_pcplist(zone, current, order, mt, alloc_flags);
}

static inline bool pcp_usable(const struct mm *mm, u32 order, u32 alloc_flags, enum migratetype mt)
{
	if (!pcp_allowed_order(mm, order))
		return false;
	if (mm->profile->pcp_needs_smp && !mm->machine->smp)
		return false;
	return !(mm->profile->pcp_skips_movable_without_cma && mm->cma_configured &&
		 mt == MIGRATE_MOVABLE && !(alloc_flags & ALLOC_CMA));
}

/* mm/page_alloc.c:rmqueue */
static u32 rmqueue(struct zone *preferred, struct zone *zone, struct task_struct *current,
		   u32 order, u32 alloc_flags, enum migratetype mt)
{
	struct mm *mm = zone->mm;
	u32 pfn = PFN_NONE;

	current->op_path = ALLOC_PATH_PCP;
	if (likely(pcp_usable(mm, order, alloc_flags, mt)))
		pfn = rmqueue_pcplist(zone, current, order, alloc_flags, mt);
	if (pfn == PFN_NONE)
		pfn = rmqueue_buddy(zone, current, order, alloc_flags, mt);
	if (likely(pfn != PFN_NONE)) {
		count_vm_events(mm, PGALLOC_DMA + zone->type, 1ull << order);
		zone_statistics(preferred, zone, current->cpu, 1);
	}
	if (unlikely(zone->flags & ZONE_BOOSTED_WATERMARK) &&
	    ((alloc_flags & ALLOC_KSWAPD) || !mm->profile->boosted_wake_needs_kswapd)) {
		zone->flags &= ~ZONE_BOOSTED_WATERMARK;
		wakeup_kswapd(zone, current, 0, 0, zone->type);
	}
	return pfn;
}

/* What one walk over the zonelist remembers from zone to zone. */
struct zone_walk {
	bool skip_kswapd, skipped; /* nodes whose kswapd is awake, first round */
	bool no_frag;
	s32 dirty_nid; /* node asked last whether it may take dirty pages; its answer */
	bool dirty_ok;
};

#define RECLAIM_DISTANCE 30u

/* A last resort before another node: does it pay to reclaim here first?
   mm/page_alloc.c:zone_allow_reclaim, node_reclaim() */
static bool node_reclaim_allows(struct mm *mm, struct task_struct *current, struct zone *zone,
				const struct zone *preferred, gfp_t gfp, u32 order,
				u32 alloc_flags, const struct alloc_context *ac)
{
	const struct machine *machine = mm->machine;

	if (likely(!mm->sysctl.zone_reclaim_mode) || !mm->vm ||
	    machine->distance[preferred->nid * machine->nr_nodes + zone->nid] > RECLAIM_DISTANCE)
		return false;
	if (node_reclaim(mm, current, zone->nid, gfp, order) <= NODE_RECLAIM_FULL)
		return false;
	return zone_watermark_ok(zone, order, wmark_pages(zone, alloc_flags & ALLOC_WMARK_MASK),
				 ac->highest_zoneidx, alloc_flags);
}

/* Pages for writing are spread over the nodes: none takes more than its share of dirty ones. */
static bool node_takes_dirty(const struct mm *mm, struct zone_walk *walk, u32 nid)
{
	if (walk->dirty_nid != (s32)nid) {
		walk->dirty_nid = (s32)nid;
		walk->dirty_ok = node_dirty_ok(mm->vm, nid);
	}
	return walk->dirty_ok;
}

static void trace_allowed(const struct zone *zone, u32 order, u32 alloc_flags, s64 mark, bool high)
{
	TRACE(zone->mm, mm_zone_allowed, .zone = zone, .order = order, .alloc_flags = alloc_flags,
	      .mark = mark, .free_pages = zone_page_state(zone, NR_FREE_PAGES), .high = high);
}

static void trace_again(struct mm *mm, const char *reason, u32 alloc_flags)
{
	TRACE(mm, mm_walk_again, .reason = reason, .alloc_flags = alloc_flags);
}

/* May the zone serve the request by its watermarks? Also keeps the below-high mark. */
static bool zone_allows(struct mm *mm, struct zone *zone, gfp_t gfp, u32 order, u32 alloc_flags,
			const struct alloc_context *ac)
{
	s64 mark;

	if (mm->profile->below_high_mark && !(zone->flags & ZONE_BELOW_HIGH)) {
		mark = wmark_pages(zone, WMARK_HIGH);
		if (likely(zone_watermark_fast(zone, order, mark, ac->highest_zoneidx, alloc_flags,
					       gfp))) {
			trace_allowed(zone, order, alloc_flags, mark, true);
			return true;
		}
		zone->flags |= ZONE_BELOW_HIGH;
	}
	mark = wmark_pages(zone, alloc_flags & ALLOC_WMARK_MASK);
	if (zone_watermark_fast(zone, order, mark, ac->highest_zoneidx, alloc_flags, gfp) ||
	    (alloc_flags & ALLOC_NO_WATERMARKS)) {
		trace_allowed(zone, order, alloc_flags, mark, false);
		return true;
	}
	TRACE(mm, mm_watermark_refused, .zone = zone, .order = order, .alloc_flags = alloc_flags,
	      .mark = mark, .free_pages = zone_page_state(zone, NR_FREE_PAGES));
	return false;
}

/* Must the walk start over with mixing allowed, because it would leave the preferred node? */
static bool leaves_node_unmixed(const struct mm *mm, const struct zone_walk *walk,
				const struct zone *zone, const struct zone *preferred)
{
	return walk->no_frag && !mm->sysctl.defrag_mode && mm->nr_online_nodes > 1 &&
	       zone != preferred && zone->nid != preferred->nid;
}

u32 get_page_from_freelist(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order,
			   u32 alloc_flags, struct alloc_context *ac)
{
	struct zone_walk walk = {
		.skip_kswapd = mm->profile->skip_awake_kswapd_node && mm->nr_online_nodes > 1,
		.dirty_nid = NUMA_NO_NODE,
	};
	struct zone *preferred;

	if (unlikely(ac->preferred >= ac->nr_zonelist))
		return PFN_NONE;
	preferred = &mm->zones[ac->zonelist[ac->preferred]];
start:
	walk.no_frag = (alloc_flags & ALLOC_NOFRAGMENT) != 0;
	for (u32 i = ac->preferred; i < ac->nr_zonelist; i = next_zonelist_index(mm, ac, i + 1)) {
		struct zone *zone = &mm->zones[ac->zonelist[i]];
		u32 pfn;

		if (unlikely(ac->spread_dirty_pages) && !node_takes_dirty(mm, &walk, zone->nid))
			continue;
		if (unlikely(leaves_node_unmixed(mm, &walk, zone, preferred))) {
			alloc_flags &= ~ALLOC_NOFRAGMENT;
			trace_again(mm, "it would leave the node: types may mix", alloc_flags);
			goto start;
		}
		if (walk.skip_kswapd && !mm->nodes[zone->nid].kswapd_waiting) {
			walk.skipped = true;
			TRACE(mm, mm_zone_skipped, .zone = zone);
			continue;
		}
		if (zone != preferred)
			task_charge(current, CAUSE_SLOWPATH, mm->costs.zone_walk);
		if (!zone_allows(mm, zone, gfp, order, alloc_flags, ac) &&
		    !node_reclaim_allows(mm, current, zone, preferred, gfp, order, alloc_flags, ac))
			continue;
		pfn = rmqueue(preferred, zone, current, order, alloc_flags, ac->migratetype);
		if (likely(pfn != PFN_NONE)) {
			if (unlikely(alloc_flags & ALLOC_HIGHATOMIC) &&
			    !mm->profile->highatomic_in_buddy)
				reserve_highatomic_pageblock(zone, current, pfn, order);
			return pfn;
		}
	}
	if (walk.skip_kswapd && walk.skipped) {
		walk.skip_kswapd = false;
		trace_again(mm, "with the nodes whose kswapd is awake", alloc_flags);
		goto start;
	}
	if (walk.no_frag && !mm->sysctl.defrag_mode) {
		alloc_flags &= ~ALLOC_NOFRAGMENT;
		trace_again(mm, "no zone could serve it unmixed: types may mix", alloc_flags);
		goto start;
	}
	return PFN_NONE;
}

/* Makes the block its owner's. mm/page_alloc.c:prep_new_page */
static inline void prep_new_page(struct mm *mm, struct task_struct *current, u32 pfn, u32 order,
				 gfp_t gfp, enum migratetype mt)
{
	struct page *page = pfn_to_page(mm, pfn);

	page->state = PAGE_USED;
	page->order = order & 0xf;
	page->mt = mt & 0xf;
	page->flags = order && (gfp & __GFP_COMP) ? PG_compound : 0;
	page->owner = 0;
	if ((gfp & __GFP_ZERO) || mm->sysctl.init_on_alloc)
		task_charge(current, CAUSE_ZERO,
			    (mm->costs.zero_page << order) << (mm->page_shift - 12));
}

/*
 * The common case, where there is nothing to decide: a single page from the first zone of the
 * node's list, which is above the mark that ends the walk at once, with a page at hand on this CPU.
 * In any other case PFN_NONE, nothing is changed, and get_page_from_freelist decides.
 */
static inline u32 alloc_single_fast(struct mm *mm, struct task_struct *current, u32 nid,
				    u32 highest_zoneidx, enum migratetype mt)
{
	struct zone *zone = mm->nodes[nid].first_zone[highest_zoneidx];
	struct per_cpu_pages *pcp;
	struct page_list *list;
	s64 usable;
	u32 pfn;

	if (unlikely(!zone))
		return PFN_NONE;
	pcp = &zone->pageset[current->cpu];
	list = &pcp->lists[mt];
	if (unlikely(list->head == PFN_NONE ||
		     (zone->flags & (ZONE_BELOW_HIGH | ZONE_BOOSTED_WATERMARK))))
		return PFN_NONE;
	if (mm->nr_online_nodes > 1 && !mm->nodes[zone->nid].kswapd_waiting)
		return PFN_NONE;
	/* Less than zone_watermark_fast would count on: what passes here passes there. */
	usable = zone->vm_stat[NR_FREE_PAGES] - zone->nr_reserved_highatomic - (s64)zone->cma_pages;
	if (unlikely(usable <= wmark_pages(zone, mm->single_mark) +
				       zone->lowmem_reserve[highest_zoneidx]))
		return PFN_NONE;
	pcp_alloc_begin(pcp);
	pfn = page_list_del_head(mm, list);
	pcp->count--;
	task_charge(current, CAUSE_PCP, mm->costs.pcp_alloc);
	count_vm_events(mm, PGALLOC_DMA + zone->type, 1);
	zone_statistics(zone, zone, current->cpu, 1);
	return pfn;
}

/* Latency of the request that began with op_start_ns, for who listens. */
static void trace_alloc_done(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order,
			     u32 pfn)
{
	u64 cause_ns[NR_STALL_CAUSES];

	for (u32 c = 0; c < NR_STALL_CAUSES; c++)
		cause_ns[c] = current->total_ns[c] - current->op_start_ns[c];
	TRACE(mm, mm_alloc_done, .current = current, .pfn = pfn, .order = order, .gfp = gfp,
	      .path = current->op_path, .cause_ns = cause_ns);
}

/* The request is over: tell listeners, spend its time. */
static u32 alloc_done(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order, u32 pfn,
		      enum migratetype mt)
{
	if (pfn == PFN_NONE) {
		count_vm_events(mm, SIM_ALLOC_FAIL, 1);
		current->op_path = ALLOC_PATH_FAIL;
	} else {
		prep_new_page(mm, current, pfn, order, gfp, mt);
	}
	TRACE(mm, mm_page_alloc, .current = current, .pfn = pfn, .order = order, .gfp = gfp,
	      .migratetype = mt);
	if (unlikely(mm->probes[PROBE_mm_alloc_done]))
		trace_alloc_done(mm, current, gfp, order, pfn);
	task_spend(mm, current);
	return pfn;
}

/* Any request: the walk over the zones, then the slow path. */
static __attribute__((noinline)) u32 alloc_pages_walk(struct mm *mm, struct task_struct *current,
						      u32 nid, u64 nodemask, gfp_t gfp,
						      u32 order)
{
	struct alloc_context ac;
	u32 pfn = PFN_NONE, alloc_flags;

	if (unlikely(order > mm->max_order)) {
		count_vm_events(mm, SIM_ALLOC_FAIL, 1);
		return PFN_NONE;
	}
	if (unlikely(mm->probes[PROBE_mm_alloc_done]))
		memcpy(current->op_start_ns, current->total_ns, sizeof(current->op_start_ns));
	gfp = current_gfp_context(current, gfp);
	if (prepare_alloc_pages(mm, gfp, nid, nodemask, &ac)) {
		alloc_flags = ALLOC_WMARK_LOW | gfp_to_alloc_flags_cma(mm, &ac) |
			      alloc_flags_nofragment(mm, &ac);
		if (gfp & __GFP_KSWAPD_RECLAIM)
			alloc_flags |= ALLOC_KSWAPD;
		ac.spread_dirty_pages = (gfp & __GFP_WRITE) && mm->vm;
		pfn = get_page_from_freelist(mm, current, gfp, order, alloc_flags, &ac);
		ac.spread_dirty_pages = false;
	}
	if (unlikely(pfn == PFN_NONE)) {
		count_vm_events(mm, SIM_ALLOC_SLOWPATH, 1);
		pfn = mm->profile->alloc_slowpath(mm, current, gfp, order, &ac);
		current->op_path = ALLOC_PATH_SLOW;
	}
	return alloc_done(mm, current, gfp, order, pfn, ac.migratetype);
}

u32 alloc_pages_node(struct mm *mm, struct task_struct *current, s32 nid, u64 nodemask, gfp_t gfp,
		     u32 order)
{
	u32 node = nid == NUMA_NO_NODE ? mm->cpu_node[current->cpu] : (u32)nid;
	enum migratetype mt;
	u32 pfn;

	if (unlikely(order || nodemask || !mm->fast_alloc ||
		     (gfp & (__GFP_THISNODE | __GFP_WRITE)) ||
		     (current->flags & PF_MEMALLOC_SCOPES)))
		return alloc_pages_walk(mm, current, node, nodemask, gfp, order);
	mt = gfp_mobility(gfp);
	pfn = alloc_single_fast(mm, current, node, mm->gfp_zone[gfp & 0xf], mt);
	if (unlikely(pfn == PFN_NONE))
		return alloc_pages_walk(mm, current, node, nodemask, gfp, order);
	prep_new_page(mm, current, pfn, 0, gfp, mt);
	task_settle(mm, current);
	return pfn;
}

/* The bulk path takes from the first zone that passes; false: use the single page path. */
static u32 alloc_bulk_pcp(struct mm *mm, struct task_struct *current, struct alloc_context *ac,
			  gfp_t gfp, u32 n, u32 *pfns)
{
	u32 alloc_flags = ALLOC_WMARK_LOW | gfp_to_alloc_flags_cma(mm, ac), got = 0;
	struct zone *preferred = &mm->zones[ac->zonelist[ac->preferred]];

	for (u32 i = ac->preferred; i < ac->nr_zonelist; i = next_zonelist_index(mm, ac, i + 1)) {
		struct zone *zone = &mm->zones[ac->zonelist[i]];
		s64 mark = wmark_pages(zone, WMARK_LOW) + n;

		if (mm->nr_online_nodes > 1 && zone != preferred && zone->nid != preferred->nid)
			return 0;
		if (!zone_watermark_fast(zone, 0, mark, preferred->type, alloc_flags, gfp))
			continue;
		while (got < n) {
			u32 pfn = __rmqueue_pcplist(zone, current, 0, ac->migratetype, alloc_flags);

			if (pfn == PFN_NONE)
				break;
			task_charge(current, CAUSE_PCP, mm->costs.pcp_alloc);
			prep_new_page(mm, current, pfn, 0, gfp, ac->migratetype);
			pfns[got++] = pfn;
		}
		if (got) {
			count_vm_events(mm, PGALLOC_DMA + zone->type, got);
			zone_statistics(preferred, zone, current->cpu, got);
		}
		return got;
	}
	return 0;
}

u32 alloc_pages_bulk(struct mm *mm, struct task_struct *current, s32 nid, gfp_t gfp, u32 n,
		     u32 *pfns)
{
	u32 node = nid == NUMA_NO_NODE ? mm->cpu_node[current->cpu] : (u32)nid, got = 0;
	gfp_t context_gfp = current_gfp_context(current, gfp);
	struct alloc_context ac;

	if (!n)
		return 0;
	if (n > 1 && prepare_alloc_pages(mm, context_gfp, node, 0, &ac))
		got = alloc_bulk_pcp(mm, current, &ac, context_gfp, n, pfns);
	if (got) {
		task_spend(mm, current);
		return got;
	}
	pfns[0] = alloc_pages_node(mm, current, nid, 0, gfp, 0);
	return pfns[0] != PFN_NONE;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The allocator's state around an operation, as data: what a decision was made from. */
#include "mm/pcp.h"
#include "mm/watermark.h"
#include "verify/verify_internal.h"

#define SHOWN	 8	/* entries of a list at its head */
#define SEARCHED 100000 /* entries looked through for one page */

static json_t *number(s64 x)
{
	return json_integer((json_int_t)x);
}

/* The first entries of a list; links of blocks of `order` (0: a per-CPU list). */
static json_t *list_head(const struct mm *mm, u32 pfn, u32 order)
{
	json_t *head = json_array();

	for (u32 i = 0; i < SHOWN && pfn != PFN_NONE; i++, pfn = free_list_next(mm, pfn, order))
		json_array_append_new(head, number(pfn));
	return head;
}

static json_t *free_lists(const struct zone *zone)
{
	const struct mm *mm = zone->mm;
	json_t *lists = json_array();

	for (u32 o = 0; o <= mm->max_order; o++)
		for (u32 mt = 0; mt < MIGRATE_TYPES; mt++) {
			const struct free_area *area = &zone->free_area[o];

			if (!area->nr_list[mt])
				continue;
			json_array_append_new(
			    lists, json_pack("{si ss si so}", "order", o, "type",
					     migratetype_name((enum migratetype)mt), "blocks",
					     area->nr_list[mt], "head",
					     list_head(mm, area->free_list[mt].head, o)));
		}
	return lists;
}

static u32 list_length(const struct mm *mm, u32 pfn)
{
	u32 n = 0;

	for (; pfn != PFN_NONE; pfn = free_list_next(mm, pfn, 0))
		n++;
	return n;
}

static json_t *pcp_lists(const struct zone *zone, u32 cpu)
{
	const struct mm *mm = zone->mm;
	json_t *lists = json_array();

	for (u32 i = 0; i < NR_PCP_LISTS; i++) {
		const struct page_list *list = &zone->pageset[cpu].lists[i];

		if (list->head == PFN_NONE)
			continue;
		json_array_append_new(
		    lists, json_pack("{si si si so sI}", "list", i, "order", pindex_to_order(mm, i),
				     "blocks", list_length(mm, list->head), "head",
				     list_head(mm, list->head, 0), "tail", (json_int_t)list->tail));
	}
	return lists;
}

json_t *verify_set_json(const struct zone *zone, u32 cpu)
{
	const struct per_cpu_pages *pcp = &zone->pageset[cpu];
	json_t *set =
	    json_pack("{si si si si si}", "cpu", cpu, "count", pcp->count, "high", pcp->high,
		      "batch", pcp->batch, "diff_free_pages", pcp->vm_stat_diff[NR_FREE_PAGES]);

	if (zone->mm->profile->pcp_autotune)
		json_object_update_new(set, json_pack("{si si si si si}", "high_min", pcp->high_min,
						      "high_max", pcp->high_max, "alloc_factor",
						      pcp->alloc_factor, "free_count",
						      pcp->free_count, "flags", pcp->flags));
	else
		json_object_set_new(set, "free_factor", number(pcp->free_factor));
	return set;
}

static json_t *zone_flags(const struct zone *zone)
{
	json_t *flags = json_array();

	if (zone->flags & ZONE_BOOSTED_WATERMARK)
		json_array_append_new(flags, json_string("boosted_watermark"));
	if (zone->flags & ZONE_RECLAIM_ACTIVE)
		json_array_append_new(flags, json_string("reclaim_active"));
	if (zone->flags & ZONE_BELOW_HIGH)
		json_array_append_new(flags, json_string("below_high"));
	return flags;
}

json_t *verify_zone_json(const struct zone *zone, u32 cpu, u32 highest_zoneidx)
{
	const struct pglist_data *pgdat = &zone->mm->nodes[zone->nid];
	const s64 *mark = zone->_watermark;
	json_t *set = verify_set_json(zone, cpu);

	json_object_set_new(set, "lists", pcp_lists(zone, cpu));
	return json_pack(
	    "{si ss sI sI sI so so sI sI sI sI sb so so}", "node", zone->nid, "zone",
	    zone_name((enum zone_type)zone->type), "nr_free_pages",
	    (json_int_t)zone->vm_stat[NR_FREE_PAGES], "nr_free_cma",
	    (json_int_t)zone->vm_stat[NR_FREE_CMA_PAGES], "managed",
	    (json_int_t)zone->managed_pages, "watermarks",
	    json_pack("{sI sI sI sI}", "min", (json_int_t)mark[WMARK_MIN], "low",
		      (json_int_t)mark[WMARK_LOW], "high", (json_int_t)mark[WMARK_HIGH], "promo",
		      (json_int_t)mark[WMARK_PROMO]),
	    "flags", zone_flags(zone), "watermark_boost", (json_int_t)zone->watermark_boost,
	    "nr_reserved_highatomic", (json_int_t)zone->nr_reserved_highatomic,
	    "nr_free_highatomic", (json_int_t)zone->nr_free_highatomic, "lowmem_reserve",
	    (json_int_t)zone->lowmem_reserve[highest_zoneidx], "kswapd_waiting",
	    pgdat->kswapd_waiting, "free_lists", free_lists(zone), "set", set);
}

/* How many entries stand before pfn on a list; -1: it is not on it. */
static s64 position(const struct mm *mm, u32 head, u32 order, u32 pfn)
{
	s64 i = 0;

	for (; head != PFN_NONE && i < SEARCHED; i++, head = free_list_next(mm, head, order))
		if (head == pfn)
			return i;
	return -1;
}

/* The free block that holds pfn: its order and head; -1: none. */
static s32 free_block_of(const struct mm *mm, u32 pfn, u32 *head)
{
	for (u32 o = 0; o <= mm->max_order; o++) {
		*head = pfn & ~((1u << o) - 1);
		if (buddy_order(mm, *head) == (s32)o)
			return (s32)o;
	}
	return -1;
}

static void add_pcp_place(const struct mm *mm, const struct zone *zone, u32 pfn, json_t *out)
{
	for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++)
		for (u32 i = 0; i < NR_PCP_LISTS; i++) {
			s64 at = position(mm, zone->pageset[cpu].lists[i].head, 0, pfn);

			if (at < 0)
				continue;
			json_object_update_new(
			    out, json_pack("{ss si si sI}", "is", "on a per-CPU list", "cpu", cpu,
					   "list", i, "position", (json_int_t)at));
			return;
		}
}

static void add_block(const struct mm *mm, u32 pfn, json_t *out)
{
	u32 start = pfn & ~(mm->pageblock_nr_pages - 1), free = 0;
	u32 movable = count_movable(mm, start, start + mm->pageblock_nr_pages, &free);

	json_object_set_new(out, "pageblock",
			    json_pack("{sI ss si si}", "start", (json_int_t)start, "type",
				      migratetype_name(get_pageblock_migratetype(mm, pfn)), "free",
				      free, "movable", movable));
}

json_t *verify_page_json(const struct mm *mm, u32 pfn)
{
	json_t *out = json_pack("{sI}", "pfn", (json_int_t)pfn);
	const struct zone *zone = pfn_in_map(mm, pfn) ? pfn_zone(mm, pfn) : NULL;
	u32 head = 0;
	s32 order;

	if (!zone) {
		json_object_set_new(out, "is", json_string("in no zone"));
		return out;
	}
	json_object_update_new(out, json_pack("{si ss}", "node", zone->nid, "zone",
					      zone_name((enum zone_type)zone->type)));
	order = free_block_of(mm, pfn, &head);
	if (order >= 0) {
		enum migratetype mt = buddy_list_type(mm, head, (u32)order);
		const struct page_list *list = &zone->free_area[order].free_list[mt];

		json_object_update_new(
		    out,
		    json_pack("{ss sI si ss sI}", "is", "in a free block", "block",
			      (json_int_t)head, "order", order, "type", migratetype_name(mt),
			      "position", (json_int_t)position(mm, list->head, (u32)order, head)));
	} else if (pfn_to_page(mm, pfn)->state == PAGE_PCP) {
		add_pcp_place(mm, zone, pfn, out);
	} else {
		json_object_set_new(out, "is", json_string("in use, or inside a block in use"));
	}
	add_block(mm, pfn, out);
	return out;
}

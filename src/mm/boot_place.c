/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One zone of a machine booted from /proc: free blocks first (boot_free.c), then pages on per-CPU
 * lists, then pages in use; what is left is not managed. Per-CPU pages are single pages here: /proc
 * does not tell their orders.
 */
#include "mm/boot_place.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "mm/boot_pick.h"
#include "mm/pcp.h"

/* Frames of movable pageblocks of which nothing is known; spare: what LRU lists leave of them.
   other: those of pageblocks of another type; left: pages of each such type on per-CPU lists. */
struct pcp_room {
	u64 all, spare, other[MIGRATE_TYPES], left;
};

/*
 * Pages on one CPU's lists of a type other than movable: half of the last refill, on average. The
 * refills of sets that tune themselves double while a CPU takes pages, and start again as it gives
 * some back: the more of those lie on its lists, the less was refilled.
 */
static u64 left_of_refill(const struct placer *p, const struct proc_pcp *pcp)
{
	const struct mm_profile *profile = p->mm->profile;
	u64 count = (u64)max_s64(0, pcp->count), high = (u64)max_s64(0, pcp->high);
	u64 left = (u64)max_s64(1, pcp->batch) / 2;

	if (profile->pcp_autotune && high)
		left = (left << profile->pcp_batch_scale_max) * (high - min_u64(count, high)) /
		       high;
	return min_u64(left, count / MIGRATE_PCPTYPES);
}

static struct pcp_room pcp_room(const struct placer *p)
{
	const struct proc_lru *lru = &p->proc->lru;
	const s64 lists[] = {lru->inactive_anon, lru->active_anon, lru->inactive_file,
			     lru->active_file, lru->unevictable};
	struct pcp_room room = {0};
	u64 listed = 0;

	for (u64 pfn = p->zone->start_pfn; pfn < zone_end_pfn(p->zone); pfn++) {
		if ((*placer_map(p, pfn) & (MAP_AVAIL | MAP_SOFT | MAP_HINT_USED)) != MAP_AVAIL)
			continue;
		if (placer_block(p, pfn)->type == MIGRATE_MOVABLE)
			room.all++;
		else
			room.other[placer_block(p, pfn)->type]++;
	}
	for (u32 i = 0; i < ARRAY_SIZE(lists); i++)
		listed += (u64)max_s64(0, lists[i]);
	room.spare = room.all - min_u64(room.all, listed);
	for (u32 cpu = 0; cpu < p->proc->nr_pcp; cpu++)
		room.left += left_of_refill(p, &p->proc->pcp[cpu]);
	return room;
}

/*
 * Pages that a trace saw free and that no free block covers were most likely on a per-CPU list.
 * Then those in movable pageblocks that are not needed for the pages on LRU lists: what the lists
 * hold is mostly what processes gave back, and a few of the other types.
 */
static s64 pcp_key(struct placer *p, const struct pcp_room *room, u64 pfn)
{
	u64 chance = rng_below(&p->rng, 1ull << 32);
	u8 map = *placer_map(p, pfn);
	s64 class = map & MAP_HINT_USED ? 0 : map & MAP_SOFT ? 1 : map & MAP_HINT_FREE ? 3 : 2;
	u8 type = placer_block(p, pfn)->type;
	s64 rank;

	if (type == MIGRATE_MOVABLE)
		rank = chance * room->all >= (room->all - room->spare) << 32 ? 2 : 0;
	else
		rank = (chance * room->other[type]) >> 32 < room->left ? 3 : 1;
	return (class * 4 + rank) * (1ll << 32) + (s64)chance;
}

static void put_on_pcp(struct placer *p, u32 cpu, u32 pfn)
{
	struct per_cpu_pages *pcp = &p->zone->pageset[cpu];
	enum migratetype mt = (enum migratetype)placer_block(p, pfn)->type;
	struct page *page = pfn_to_page(p->mm, pfn);
	enum migratetype list = mt >= MIGRATE_PCPTYPES ? MIGRATE_MOVABLE : mt;

	*placer_map(p, pfn) &= (u8)~MAP_AVAIL;
	page->state = PAGE_PCP;
	page->order = 0;
	page->mt = mt & 0xf;
	page_list_add_tail(p->mm, &pcp->lists[order_to_pindex(p->mm, 0, list)], pfn);
	pcp->count++;
}

static u64 free_pages_placed(const struct placer *p)
{
	u64 pages = 0;

	for (u32 order = 0; order <= p->mm->max_order; order++)
		pages += (u64)p->zone->free_area[order].nr_free << order;
	return pages;
}

/* CPUs draw from the chosen pages by chance, so that a list is in no order of address. */
static bool place_pcp(struct placer *p)
{
	u64 room = p->zone->managed_pages - free_pages_placed(p), n = 0, at;
	const struct pcp_room pcp = pcp_room(p);
	struct picker picker;

	for (u32 cpu = 0; cpu < p->proc->nr_pcp; cpu++)
		n += (u64)max_s64(0, p->proc->pcp[cpu].count);
	n = min_u64(n, room);
	if (!picker_init(&picker, n))
		return err_set(p->err, ERR_HOST_RES, "no memory to place per-CPU pages");
	for (u64 pfn = p->zone->start_pfn; n && pfn < zone_end_pfn(p->zone); pfn++)
		if (*placer_map(p, pfn) & MAP_AVAIL)
			picker_offer(&picker, pcp_key(p, &pcp, pfn), (u32)pfn);
	picker_sort(&picker);
	assert(picker.n == n);
	at = n;
	for (u32 cpu = 0; cpu < p->proc->nr_pcp; cpu++) {
		for (s64 i = p->proc->pcp[cpu].count; i > 0 && at; i--) {
			u64 k = rng_below(&p->rng, at--);
			struct pick t = picker.heap[k];

			picker.heap[k] = picker.heap[at];
			put_on_pcp(p, cpu, t.pfn);
		}
	}
	picker_finish(&picker);
	return true;
}

/* Takes n frames off the map, from the top down, of those with a flag set and another clear. */
static u64 leave_out(struct placer *p, u64 n, u8 set, u8 clear)
{
	for (u64 pfn = zone_end_pfn(p->zone); pfn-- > p->zone->start_pfn && n;) {
		u8 *map = placer_map(p, pfn);

		if (!(*map & MAP_AVAIL) || (*map & set) != set || (*map & clear))
			continue;
		*map &= (u8)~MAP_AVAIL;
		n--;
	}
	return n;
}

/* Frames that are memory but not the allocator's, the likely ones first. */
static void place_unmanaged(struct placer *p)
{
	u64 n = p->nr_avail - p->zone->managed_pages;

	n = leave_out(p, n, MAP_SOFT, 0);
	n = leave_out(p, n, 0, MAP_HINT_FREE | MAP_HINT_USED);
	n = leave_out(p, n, 0, MAP_HINT_USED);
	n = leave_out(p, n, 0, 0);
	assert(!n);
}

/* In movable blocks: mostly user pages, which count as movable when claiming. */
static bool likely_lru(const struct placer *p, u64 pfn, enum migratetype mt)
{
	if (p->lru_hinted)
		return (*placer_map(p, pfn) & MAP_HINT_LRU) == MAP_HINT_LRU;
	return mt == MIGRATE_MOVABLE || mt == MIGRATE_CMA;
}

/* Types: the pageblock's, but for pages that are known to be the kernel's or not. */
static enum migratetype used_type(const struct placer *p, enum migratetype mt, bool lru)
{
	if (!p->lru_hinted)
		return mt;
	if (lru)
		return MIGRATE_MOVABLE;
	return mt == MIGRATE_RECLAIMABLE ? MIGRATE_RECLAIMABLE : MIGRATE_UNMOVABLE;
}

static void place_used(struct placer *p)
{
	for (u64 pfn = p->zone->start_pfn; pfn < zone_end_pfn(p->zone); pfn++) {
		enum migratetype mt = (enum migratetype)placer_block(p, pfn)->type;
		bool lru = likely_lru(p, pfn, mt);

		if (!(*placer_map(p, pfn) & MAP_AVAIL))
			continue;
		*pfn_to_page(p->mm, pfn) = (struct page){
			.state = PAGE_USED,
			.mt = used_type(p, mt, lru) & 0xf,
			.flags = lru ? PG_lru : 0,
			.owner = MM_OWNER_BOOT,
		};
	}
}

bool boot_place_zone(struct zone *zone, const struct proc_zone *proc,
		     const struct proc_state *state, u64 seed, struct err *err)
{
	struct placer p = {.mm = zone->mm, .zone = zone, .proc = proc, .err = err};
	char stream[32];
	bool ok;

	snprintf(stream, sizeof(stream), "boot-%u-%s", zone->nid, zone_name(zone->type));
	rng_init(&p.rng, seed, stream);
	ok = placer_survey(&p, state) && placer_place_free(&p) && place_pcp(&p);
	if (ok) {
		place_unmanaged(&p);
		place_used(&p);
	}
	free(p.map);
	free(p.blocks);
	return ok;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Pageblocks that hold pages which cannot move: what compaction cannot make whole. */
#include "record/mobility.h"

#include <stdlib.h>

#include "mm/buddy.h"
#include "mm/vm.h"

bool mobility_init(struct mobility *m, const struct mm *mm, u64 interval_ns)
{
	*m = (struct mobility){.mm = mm, .interval_ns = interval_ns};
	m->blocks = calloc(mm->nr_zones + 1, sizeof(*m->blocks));
	return m->blocks != NULL;
}

void mobility_finish(struct mobility *m)
{
	free(m->blocks);
	*m = (struct mobility){0};
}

u64 mobility_pageblocks(const struct zone *zone)
{
	u64 pages = zone->mm->pageblock_nr_pages;

	return (zone->managed_pages + pages - 1) / pages;
}

/* In use, and neither on an LRU list nor on its way there. */
static bool holds_still(const struct page *page)
{
	enum page_owner_kind kind = page_owner_kind(page);

	return page->state == PAGE_USED &&
	       ((page->flags & PG_pinned) ||
		(!(page->flags & (PG_lru | PG_movable_ops)) && kind != OWNER_NODE &&
		 kind != OWNER_SWAP && kind != OWNER_HUGE));
}

static u32 look(struct mobility *m, const struct zone *zone)
{
	const struct mm *mm = zone->mm;
	u64 end = zone_end_pfn(zone);
	u32 blocks = 0;

	for (u64 pfn = zone->start_pfn; pfn < end; m->last_walk++) {
		const struct page *page = pfn_to_page(mm, pfn);
		s32 order = buddy_order(mm, pfn);

		if (order < 0 && holds_still(page)) {
			u64 last = pfn + (1ull << page->order) - 1;

			blocks += (u32)((last >> mm->pageblock_order) -
					(pfn >> mm->pageblock_order) + 1);
			pfn = ((last >> mm->pageblock_order) + 1) << mm->pageblock_order;
			continue;
		}
		if (order < 0)
			order = page->state == PAGE_NONE ? 0 : page->order;
		pfn += 1ull << order;
	}
	return blocks;
}

void mobility_take(struct mobility *m, u64 now, u64 min_interval_ns, u64 pages_moved, bool last)
{
	m->interval_ns = max_u64(m->interval_ns, min_interval_ns);
	if (!last && m->looks && now % m->interval_ns)
		return;
	if (!last && m->walked + m->last_walk > MOBILITY_FREE_WALK + pages_moved) {
		m->put_off++;
		return;
	}
	m->last_walk = 0;
	for_each_populated_zone(m->mm, zone)
		m->blocks[zone->idx] = look(m, zone);
	m->walked += m->last_walk;
	if (!(++m->looks % MOBILITY_LOOKS))
		m->interval_ns *= 2;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Booted machines for tests, and a slow recount of what a boot left behind. */
#include "boot_helper.h"

#include <glib.h>

#include "mm/buddy.h"
#include "mm/pcp.h"

static void create(struct booted *b, const struct mm_profile *profile,
		   const struct mm_sysctl *sysctl)
{
	struct mm_sysctl defaults;

	mm_sysctl_default(&defaults);
	b->mm = mm_create(&b->sample.machine, profile, sysctl ? sysctl : &defaults, NULL, NULL,
			  &b->sample.err);
	if (!b->mm)
		g_error("%s", err_text(&b->sample.err));
}

void booted_create(struct booted *b, const char *config, const struct mm_profile *profile,
		   const struct mm_sysctl *sysctl)
{
	if (!sample_machine_config(&b->sample, config))
		g_error("%s: %s", config, err_text(&b->sample.err));
	create(b, profile, sysctl);
}

void booted_create_text(struct booted *b, const char *json, const struct mm_profile *profile,
			const struct mm_sysctl *sysctl)
{
	if (!sample_machine_text(&b->sample, json))
		g_error("%s", err_text(&b->sample.err));
	create(b, profile, sysctl);
}

void booted_cold(struct booted *b, const char *config, const struct mm_profile *profile,
		 const struct mm_sysctl *sysctl)
{
	booted_create(b, config, profile, sysctl);
	if (!mm_boot_cold(b->mm, &b->sample.err))
		g_error("%s: %s", config, err_text(&b->sample.err));
}

void booted_finish(struct booted *b)
{
	mm_destroy(b->mm);
	sample_machine_finish(&b->sample);
}

struct zone *booted_zone(struct booted *b, u32 node, enum zone_type type)
{
	return &b->mm->zones[node * MAX_NR_ZONES + type];
}

static u64 recount_lists(struct booted *b, struct zone *zone)
{
	struct mm *mm = b->mm;
	u64 pages = 0;

	for (u32 o = 0; o < NR_PAGE_ORDERS_LIMIT; o++) {
		u32 all = 0;

		for (u32 mt = 0; mt < MIGRATE_TYPES; mt++) {
			const struct free_area *area = &zone->free_area[o];
			u32 n = 0;

			for (u32 pfn = area->free_list[mt].head; pfn != PFN_NONE;
			     pfn = free_list_next(mm, pfn, o), n++) {
				u64 buddy = pfn ^ (1ull << o);

				g_assert_cmpint(buddy_order(mm, pfn), ==, (s32)o);
				g_assert_cmpuint(pfn & ((1u << o) - 1), ==, 0);
				g_assert_true(pfn_zone(mm, pfn) == zone);
				g_assert_true(zone_spans_pfn(zone, pfn + (1u << o) - 1));
				if (mm->profile->freelist_hygiene)
					g_assert_cmpint(get_pageblock_migratetype(mm, pfn), ==,
							(int)mt);
				if (o < mm->pageblock_order)
					g_assert_false(page_is_buddy(zone, buddy, o));
			}
			g_assert_cmpuint(n, ==, area->nr_list[mt]);
			g_assert_cmpint(n != 0, ==, (zone->free_orders[mt] >> o) & 1);
			all += n;
		}
		g_assert_cmpuint(all, ==, zone->free_area[o].nr_free);
		pages += (u64)all << o;
	}
	return pages;
}

static u64 recount_pcp(struct booted *b, struct zone *zone)
{
	u64 pages = 0;

	for (u32 cpu = 0; cpu < b->mm->nr_cpus; cpu++) {
		const struct per_cpu_pages *pcp = &zone->pageset[cpu];
		s32 count = 0;

		for (u32 i = 0; i < NR_PCP_LISTS; i++) {
			for (u32 pfn = pcp->lists[i].head; pfn != PFN_NONE;
			     pfn = pfn_to_page(b->mm, pfn)->link.next) {
				g_assert_cmpint(pfn_to_page(b->mm, pfn)->state, ==, PAGE_PCP);
				g_assert_true(pfn_zone(b->mm, pfn) == zone);
				count += 1 << pindex_to_order(b->mm, i);
			}
		}
		g_assert_cmpint(count, ==, pcp->count);
		pages += (u64)count;
	}
	return pages;
}

/* Walks the map by blocks: heads must not lie inside other blocks. */
static void recount_map(struct booted *b, struct zone *zone, u64 sum[PAGE_ISOLATED + 1])
{
	u64 pfn = zone->start_pfn;

	while (pfn < zone_end_pfn(zone)) {
		const struct page *page = pfn_to_page(b->mm, pfn);
		s32 order = buddy_order(b->mm, pfn);
		u32 state = order >= 0 ? (u32)PAGE_BUDDY : page->state;

		if (state == PAGE_NONE) {
			pfn++;
			continue;
		}
		if (order < 0)
			order = page->order;
		/* The top order is described apart: the map below it stays clean, and unmapped. */
		for (u64 i = 1; order < (s32)b->mm->max_order && i < 1ull << order; i++)
			g_assert_cmpint(pfn_to_page(b->mm, pfn + i)->state, ==, PAGE_NONE);
		sum[state] += 1ull << order;
		pfn += 1ull << order;
	}
}

u64 booted_recount(struct booted *b)
{
	u64 used = 0;

	for_each_populated_zone(b->mm, zone) {
		u64 free = recount_lists(b, zone), pcp = recount_pcp(b, zone);
		u64 sum[PAGE_ISOLATED + 1] = {0};
		s64 counted = zone->vm_stat[NR_FREE_PAGES];

		recount_map(b, zone, sum);
		for (u32 cpu = 0; cpu < b->mm->nr_cpus; cpu++)
			counted += zone->pageset[cpu].vm_stat_diff[NR_FREE_PAGES];
		g_assert_cmpint(counted, ==, (s64)free);
		g_assert_cmpuint(sum[PAGE_BUDDY], ==, free);
		g_assert_cmpuint(sum[PAGE_PCP], ==, pcp);
		g_assert_cmpuint(free + pcp + sum[PAGE_USED], ==, zone->managed_pages);
		used += sum[PAGE_USED];
	}
	return used;
}

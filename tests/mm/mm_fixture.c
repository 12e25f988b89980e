/* SPDX-License-Identifier: GPL-2.0-only */
#include "mm_fixture.h"

#include <stdio.h>
#include <string.h>

#include "mm/page_alloc.h"
#include "mm/vmstat.h"

static void fixture_machine(struct mm_fixture *f, const struct fixture_spec *spec)
{
	struct machine *m = &f->machine;

	m->name = "fixture";
	m->page_shift = 12;
	m->hz = 250;
	m->max_order = spec->max_order ? spec->max_order : 10;
	m->pageblock_order = spec->pageblock_order ? spec->pageblock_order : 9;
	m->smp = true;
	m->cma_configured = spec->cma;
	m->thp_configured = !spec->no_thp;
	m->zone_configured[ZONE_NORMAL] = m->zone_configured[ZONE_MOVABLE] = true;
	m->nr_cpus = spec->nr_cpus ? spec->nr_cpus : 1;
	m->cpu_node = f->cpu_node;
	m->distance = f->distance;
	m->zones = f->zones;
	m->memory = f->memory;
	m->start_pfn = UINT64_MAX;
	for (; m->nr_zones < FIXTURE_MAX_ZONES && spec->zones[m->nr_zones].spanned; m->nr_zones++) {
		const struct machine_zone *z = &spec->zones[m->nr_zones];
		u64 end = z->start_pfn + z->spanned;

		f->zones[m->nr_zones] = *z;
		f->memory[m->nr_zones] = (struct pfn_range){z->start_pfn, end, z->node};
		m->zone_configured[z->type] = true;
		m->nr_nodes = z->node + 1 > m->nr_nodes ? z->node + 1 : m->nr_nodes;
		m->start_pfn = min_u64(m->start_pfn, z->start_pfn);
		m->end_pfn = max_u64(m->end_pfn, end);
	}
	m->nr_memory = m->nr_zones;
	for (u32 i = 0; i < m->nr_nodes * m->nr_nodes; i++)
		f->distance[i] = i / m->nr_nodes == i % m->nr_nodes ? 10 : 20;
	costs_default(&m->costs);
}

void fixture_init(struct mm_fixture *f, const struct fixture_spec *spec)
{
	struct mm_sysctl sysctl;
	struct err err = {0};

	memset(f, 0, sizeof(*f));
	fixture_machine(f, spec);
	mm_sysctl_default(&sysctl);
	f->mm = mm_create(&f->machine, profile_find(spec->profile),
			  spec->sysctl ? spec->sysctl : &sysctl, NULL, NULL, &err);
	if (!f->mm)
		g_error("%s", err_text(&err));
	for (u32 cpu = 0; cpu < FIXTURE_MAX_CPUS; cpu++)
		f->tasks[cpu] = (struct task_struct){.comm = "test", .cpu = cpu};
	for_each_populated_zone (f->mm, zone)
		zone->managed_pages = zone->present_pages;
}

void fixture_finish(struct mm_fixture *f)
{
	mm_destroy(f->mm);
}

struct zone *fixture_zone(struct mm_fixture *f, u32 node, enum zone_type type)
{
	return &f->mm->zones[node * MAX_NR_ZONES + type];
}

void fixture_free_block(struct mm_fixture *f, u32 pfn, u32 order, enum migratetype mt)
{
	struct zone *zone = pfn_zone(f->mm, pfn);

	g_assert_nonnull(zone);
	__add_to_free_list(zone, 0, pfn, order, mt, true);
	account_freepages(zone, 0, (s64)(1u << order), mt);
}

void fixture_fill(struct zone *zone, enum migratetype mt)
{
	struct mm *mm = zone->mm;
	u64 end = zone_end_pfn(zone), pfn;

	for (pfn = zone->start_pfn & ~(u64)(mm->pageblock_nr_pages - 1); pfn < end;
	     pfn += mm->pageblock_nr_pages)
		set_pageblock_migratetype(zone, pfn, mt);
	for (pfn = zone->start_pfn; pfn < end;) {
		u32 order = mm->max_order;

		while ((pfn & ((1u << order) - 1)) || pfn + (1u << order) > end)
			order--;
		__add_to_free_list(zone, 0, (u32)pfn, order, mt, true);
		account_freepages(zone, 0, (s64)(1u << order), mt);
		pfn += 1u << order;
	}
}

void fixture_use(struct mm_fixture *f, u32 pfn, u32 order, u8 flags)
{
	struct page *page = pfn_to_page(f->mm, pfn);

	page->state = PAGE_USED;
	page->order = order & 0xf;
	page->flags = flags;
}

void fixture_block_type(struct mm_fixture *f, u32 pfn, enum migratetype mt)
{
	set_pageblock_migratetype(pfn_zone(f->mm, pfn), pfn, mt);
}

/* Several texts are alive in one comparison. */
static const char *list_text(const struct mm *mm, u32 pfn, u32 order)
{
	static char texts[4][4096];
	static u32 turn;
	char *text = texts[turn++ % 4];
	size_t used = 0;

	text[0] = '\0';
	for (; pfn != PFN_NONE; pfn = free_list_next(mm, pfn, order)) {
		used += (size_t)snprintf(text + used, sizeof(texts[0]) - used, "%s%u",
					 used ? " " : "", pfn);
		g_assert_cmpuint(used, <, sizeof(texts[0]));
	}
	return text;
}

const char *fixture_list(const struct zone *zone, u32 order, enum migratetype mt)
{
	return list_text(zone->mm, zone->free_area[order].free_list[mt].head, order);
}

const char *fixture_pcp_list(const struct zone *zone, u32 cpu, u32 index)
{
	return list_text(zone->mm, zone->pageset[cpu].lists[index].head, 0);
}

u32 fixture_free_blocks(const struct zone *zone)
{
	u32 n = 0;

	for (u32 o = 0; o <= zone->mm->max_order; o++)
		n += zone->free_area[o].nr_free;
	return n;
}

u32 fixture_rmqueue(struct zone *zone, struct task_struct *task, u32 order, enum migratetype mt,
		    u32 alloc_flags)
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;

	return zone->mm->profile->rmqueue(zone, task, order, mt, alloc_flags, &mode);
}

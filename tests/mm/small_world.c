/* SPDX-License-Identifier: GPL-2.0-only */
/* A small machine for tests of what runs on one. */
#include "small_world.h"

#include <glib.h>

#include "mm/boot.h"
#include "mm/check.h"
#include "mm/lru.h"
#include "mm/vmstat.h"

void small_world_create(struct small_world *w, const char *machine,
			const struct mm_profile *profile)
{
	struct mm_sysctl sysctl;
	struct err err = {0};
	const struct machine *m;

	*w = (struct small_world){0};
	if (!sample_machine_text(&w->sample, machine ? machine : SMALL_MACHINE))
		g_error("%s", err_text(&w->sample.err));
	m = &w->sample.machine;
	w->engine = engine_create();
	w->cpus = cpus_create(w->engine, m->nr_cpus, NULL);
	mm_sysctl_default(&sysctl);
	w->mm = mm_create(m, profile, &sysctl, w->engine, w->cpus, &err);
	if (!w->mm || !mm_boot_cold(w->mm, &err))
		g_error("%s", err_text(&err));
	if (m->nr_devices)
		w->disk = device_create(w->engine, m->devices[0].name, &m->devices[0].params);
	w->vm = vm_create(w->mm, w->disk);
	g_assert_nonnull(w->vm);
	w->current = (struct task_struct){.comm = "test", .pid = 1};
	w->boot_free = small_world_free_pages(w);
	w->boot_nodes = w->vm->nr_nodes;
}

void small_world_destroy(struct small_world *w)
{
	vm_destroy(w->vm);
	cpus_destroy(w->cpus);
	device_destroy(w->disk);
	mm_destroy(w->mm);
	engine_destroy(w->engine);
	sample_machine_finish(&w->sample);
}

u64 small_world_free_pages(const struct small_world *w)
{
	s64 sum = 0;

	for_each_populated_zone(w->mm, zone) {
		sum += zone_page_state_snapshot(zone, NR_FREE_PAGES);
		for (u32 cpu = 0; cpu < w->mm->nr_cpus; cpu++)
			sum += zone->pageset[cpu].count;
	}
	return (u64)sum;
}

void small_world_count_owners(const struct small_world *w, u64 pages[NR_OWNER_KINDS])
{
	for (u32 kind = 0; kind < NR_OWNER_KINDS; kind++)
		pages[kind] = 0;
	for (u64 pfn = w->mm->base_pfn; pfn < w->mm->end_pfn; pfn++) {
		const struct page *page = pfn_to_page(w->mm, pfn);

		if (page->state == PAGE_USED)
			pages[page_owner_kind(page)] += 1ull << page->order;
	}
}

void small_world_check_books(const struct small_world *w)
{
	u64 owned[NR_OWNER_KINDS], anon = 0, tables = 0;
	struct err err = {0};

	lru_add_drain_all(w->vm, &w->mm->kworker[0]);
	if (!mm_check(w->mm, CHECK_FULL, NULL, &err))
		g_error("%s", err_text(&err));
	small_world_count_owners(w, owned);
	g_assert_cmpuint(owned[OWNER_NODE] + owned[OWNER_HUGE], ==,
			 (u64)(global_node_page_state(w->vm, NR_ANON_MAPPED) +
			       global_node_page_state(w->vm, NR_FILE_PAGES) -
			       global_node_page_state(w->vm, NR_SWAPCACHE)));
	g_assert_cmpuint(owned[OWNER_PGTABLE], ==,
			 (u64)global_node_page_state(w->vm, NR_PAGETABLE));
	for (struct mm_struct *mm = w->vm->first; mm; mm = mm->next) {
		u64 present = 0;

		for (u32 a = 0; a < mm->nr_areas; a++)
			present += mm->areas[a]->nr_present;
		g_assert_cmpuint(present, ==, mm->rss_stat[MM_ANONPAGES] +
						      mm->rss_stat[MM_FILEPAGES] +
						      mm->rss_stat[MM_SHMEMPAGES]);
		anon += present;
		tables += mm->nr_pgtables +
			  (1ull << pfn_to_page(w->mm, mm->pgtable.root)->order);
	}
	g_assert_cmpuint(anon, >=, (u64)global_node_page_state(w->vm, NR_ANON_MAPPED));
	g_assert_cmpuint(tables, ==, owned[OWNER_PGTABLE]);
	g_assert_cmpuint(small_world_free_pages(w) + owned[OWNER_NODE] + owned[OWNER_PGTABLE] +
				 owned[OWNER_SLAB] + owned[OWNER_BLOCK] + owned[OWNER_SWAP] +
				 owned[OWNER_HUGE] + owned[OWNER_HUGETLB],
			 ==, w->boot_free);
	/* Each page's owner is found, and holds it. */
	for (u64 pfn = w->mm->base_pfn; pfn < w->mm->end_pfn; pfn++) {
		const struct page *page = pfn_to_page(w->mm, pfn);
		u32 slot;

		if (page->state != PAGE_USED || page_owner_kind(page) != OWNER_NODE)
			continue;
		g_assert_nonnull(page_node(w->vm, (u32)pfn, &slot));
		g_assert_false(page_node(w->vm, (u32)pfn, &slot)->zero >> slot & 1);
		g_assert_true(page->flags & PG_lru);
	}
}

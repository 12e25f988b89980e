/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each bundled machine boots cold; what it then has is compared with a calculation of our own from
 * the ranges of the config, and the key numbers are pinned.
 */
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "boot_helper.h"
#include "mm/alloc.h"
#include "mm/buddy.h"
#include "mm/huge_memory.h"
#include "mm/vmstat.h"

struct expected {
	u64 early, managed; /* when the marks were made; at the end */
	s64 min, low, high;
};

static u64 overlap(const struct pfn_range *ranges, u32 n, const struct machine_zone *zone)
{
	u64 sum = 0;

	for (u32 i = 0; i < n; i++) {
		u64 start = MAX(ranges[i].start, zone->start_pfn);
		u64 end = MIN(ranges[i].end, zone->start_pfn + zone->spanned);

		sum += end > start ? end - start : 0;
	}
	return sum;
}

static u64 root(u64 x)
{
	u64 r = 0;

	while ((r + 1) * (r + 1) <= x)
		r++;
	return r;
}

static void expect_marks(const struct machine *m, struct expected *e, u64 min_kb)
{
	u64 lowmem = 0, pages_min = min_kb * 1024 >> m->page_shift;

	for (u32 i = 0; i < m->nr_zones; i++)
		lowmem += m->zones[i].type <= ZONE_NORMAL ? e[i].early : 0;
	for (u32 i = 0; i < m->nr_zones; i++) {
		u64 share = pages_min * e[i].early / lowmem;
		u64 step = MAX(share / 4, e[i].early / 1000); /* watermark_scale_factor 10 */

		/* 10 / 10000, with the remainder, is the same division. */
		g_assert_cmpuint(e[i].early / 10000 * 10 + e[i].early % 10000 * 10 / 10000, ==,
				 e[i].early / 1000);
		e[i].min = (s64)share;
		if (m->zones[i].type > ZONE_NORMAL)
			e[i].min = (s64)CLAMP(e[i].early / 1024, 32, 128);
		e[i].low = e[i].min + (s64)step;
		e[i].high = e[i].low + (s64)step;
	}
}

/* Returns min_free_kbytes. */
static u64 expect(const struct machine *m, struct expected *e)
{
	u64 low_kb = 0, total = 0, above_high = 0, recommended, min_kb, low_zones = 0;

	for (u32 i = 0; i < m->nr_zones; i++) {
		e[i].managed = m->zones[i].present -
			       overlap(m->reserved, m->nr_reserved, &m->zones[i]);
		e[i].early = e[i].managed - overlap(m->late_free, m->nr_late_free, &m->zones[i]);
		total += e[i].early << m->page_shift;
		if (m->zones[i].type <= ZONE_NORMAL)
			low_kb += e[i].early << m->page_shift >> 10;
	}
	min_kb = CLAMP(root(low_kb * 16), 128, 262144);
	expect_marks(m, e, min_kb);
	if (!m->thp_configured || total < 512u << 20)
		return min_kb;
	for (u32 i = 0; i < m->nr_zones; i++) {
		if (m->zones[i].type > ZONE_NORMAL)
			continue;
		low_zones++;
		above_high += e[i].early - (u64)e[i].high;
	}
	recommended = MIN((low_zones * 11) << m->pageblock_order, above_high / 20);
	recommended = recommended << m->page_shift >> 10;
	if (recommended <= min_kb)
		return min_kb;
	expect_marks(m, e, recommended);
	return recommended;
}

static void check_reserves(struct booted *b, const struct expected *e)
{
	static const u64 ratio[] = {256, 256, 32, 0, 0};
	const struct machine *m = &b->sample.machine;

	for (u32 i = 0; i < m->nr_zones; i++) {
		const struct machine_zone *zone = &m->zones[i];

		for (u32 type = 0; type < MAX_NR_ZONES; type++) {
			const struct zone *booted = booted_zone(b, zone->node, zone->type);
			u64 above = 0;

			for (u32 k = i + 1; k < m->nr_zones; k++)
				if (m->zones[k].node == zone->node && m->zones[k].type <= type)
					above += e[k].managed;
			if (!ratio[zone->type])
				above = 0;
			g_assert_cmpint(booted->lowmem_reserve[type], ==,
					above ? (s64)(above / ratio[zone->type]) : 0);
		}
	}
}

static void check_zone(struct booted *b, const struct machine_zone *mz, const struct expected *e)
{
	const struct zone *zone = booted_zone(b, mz->node, mz->type);
	u64 cma = 0;

	for (u32 i = 0; i < b->sample.machine.nr_cma; i++) {
		const struct cma_area *area = &b->sample.machine.cma[i];

		cma += area->start >= mz->start_pfn && area->end <= mz->start_pfn + mz->spanned
			       ? area->end - area->start
			       : 0;
	}
	g_assert_cmpuint(zone->present_pages, ==, mz->present);
	g_assert_cmpuint(zone->managed_pages, ==, e->managed);
	g_assert_cmpuint(zone->cma_pages, ==, cma);
	g_assert_cmpint(zone->_watermark[WMARK_MIN], ==, e->min);
	g_assert_cmpint(zone->_watermark[WMARK_LOW], ==, e->low);
	g_assert_cmpint(zone->_watermark[WMARK_HIGH], ==, e->high);
	g_assert_cmpint(zone->watermark_boost, ==, 0);
}

/* Config, min_free_kbytes, and of its first zone: managed, min, low, high. */
static const struct pinned {
	const char *config;
	s64 min_free_kbytes;
	u64 managed;
	s64 min, low, high;
	bool grouping_off;
} pinned[] = {
	{"router-64m", 905, 13056, 226, 282, 338, false},
	{"pc-512m", 2712, 3840, 22, 27, 32, false},
	{"i386-1g", 42832, 3840, 190, 237, 284, false},
	{"pc-4g", 67584, 3840, 64, 80, 96, false},
	{"rock5b-4k", 45056, 970752, 5480, 6850, 8220, false},
	{"rock5b-16k", 398816, 242688, 11978, 14972, 17966, false},
	{"rock5b-64k", 400000, 60672, 2994, 3742, 4490, false},
	{"server-64g", 90112, 3840, 5, 8, 11, false},
	{"server-1t", 225280, 3840, 0, 3, 6, false},
};

static void test_bundled(const void *data)
{
	const struct pinned *p = data;
	struct booted b;
	const struct machine *m = &b.sample.machine;
	struct expected e[MACHINE_MAX_NODES * MAX_NR_ZONES];
	const struct zone *first;

	booted_cold(&b, p->config, &profile_linux_7_2, NULL);
	g_assert_cmpstr(m->name, ==, p->config);
	g_assert_cmpint(b.mm->sysctl.min_free_kbytes, ==, (s64)expect(m, e));
	for (u32 i = 0; i < m->nr_zones; i++)
		check_zone(&b, &m->zones[i], &e[i]);
	check_reserves(&b, e);
	first = booted_zone(&b, m->zones[0].node, m->zones[0].type);
	g_assert_cmpint(b.mm->sysctl.min_free_kbytes, ==, p->min_free_kbytes);
	g_assert_cmpuint(first->managed_pages, ==, p->managed);
	g_assert_cmpint(first->_watermark[WMARK_MIN], ==, p->min);
	g_assert_cmpint(first->_watermark[WMARK_LOW], ==, p->low);
	g_assert_cmpint(first->_watermark[WMARK_HIGH], ==, p->high);
	g_assert_cmpint(b.mm->page_group_by_mobility_disabled, ==, p->grouping_off);
	/* Nothing is in use: all managed pages are free or on a per-CPU list. */
	if (m->end_pfn < 1u << 25)
		g_assert_cmpuint(booted_recount(&b), ==, 0);
	booted_finish(&b);
}

static u64 resident_bytes(void *map, size_t bytes)
{
	size_t pages = (bytes + (size_t)getpagesize() - 1) / (size_t)getpagesize();
	g_autofree unsigned char *in_core = g_malloc(pages);
	u64 resident = 0;

	g_assert_cmpint(mincore(map, bytes, in_core), ==, 0);
	for (size_t i = 0; i < pages; i++)
		resident += in_core[i] & 1;
	return resident * (u64)getpagesize();
}

/* A terabyte starts without touching its page map but where something is not a whole top block. */
static void test_lean(void)
{
	struct booted b;
	u64 resident;

	booted_cold(&b, "server-1t", &profile_linux_7_2, NULL);
	resident = resident_bytes(b.mm->mem_map, b.mm->map_bytes) +
		   resident_bytes(b.mm->top, b.mm->top_bytes) +
		   resident_bytes(b.mm->block, b.mm->block_bytes);
	g_test_message("resident: %llu KiB", (unsigned long long)resident >> 10);
	g_assert_cmpuint(resident, <, 64u << 20);
	booted_finish(&b);
}

/* Lists after the handover: ascending, block 0 of zone DMA on the unmovable lists. */
static void test_lists(void)
{
	struct booted b;
	struct zone *dma, *dma32;
	u32 last = 0, n = 0;

	booted_cold(&b, "pc-512m", &profile_linux_7_2, NULL);
	dma = booted_zone(&b, 0, ZONE_DMA);
	/* 1 MiB..2 MiB: one block; then 2 MiB..4 MiB in a movable pageblock. */
	g_assert_cmpuint(dma->free_area[8].free_list[MIGRATE_UNMOVABLE].head, ==, 256);
	g_assert_cmpuint(dma->free_area[8].nr_free, ==, 1);
	g_assert_cmpuint(dma->free_area[9].free_list[MIGRATE_MOVABLE].head, ==, 512);
	g_assert_cmpuint(dma->free_area[10].nr_list[MIGRATE_MOVABLE], ==, 3);
	dma32 = booted_zone(&b, 0, ZONE_DMA32);
	for (u32 pfn = dma32->free_area[10].free_list[MIGRATE_MOVABLE].head; pfn != PFN_NONE;
	     pfn = free_list_next(b.mm, pfn, 10), n++) {
		/* What the initrd's pages became when they were freed lies where it came. */
		if (pfn >= 480 * 256)
			continue;
		g_assert_cmpuint(pfn, >, last);
		last = pfn;
	}
	g_assert_cmpuint(n, ==, dma32->free_area[10].nr_free);
	booted_finish(&b);

	/* Memory starts to be used from below. */
	booted_create_text(&b, "{\"arch\":\"x86-64\",\"nodes\":[{\"cpus\":1,\"memory\":["
			       "{\"start\":\"1MiB\",\"end\":\"64MiB\"}]}]}",
			   &profile_linux_7_2, NULL);
	g_assert_true(mm_boot_cold(b.mm, &b.sample.err));
	g_assert_cmpuint(alloc_pages(b.mm, &b.mm->kworker[0], GFP_HIGHUSER_MOVABLE, 10), ==, 4096);
	g_assert_cmpuint(alloc_pages(b.mm, &b.mm->kworker[0], GFP_HIGHUSER_MOVABLE, 0), ==, 5120);
	booted_finish(&b);
}

/* Pieces of memory go to the list tails, ascending, however small. */
static void test_pieces(void)
{
	struct booted b;
	struct zone *zone;

	booted_create_text(&b, "{\"arch\":\"x86-64\",\"nodes\":[{\"cpus\":1,\"memory\":["
			       "{\"start\":\"16MiB\",\"end\":\"32MiB\"}]}],\"reserved\":["
			       "{\"start\":\"16388KiB\",\"end\":\"16392KiB\"},"
			       "{\"start\":\"17412KiB\",\"end\":\"17416KiB\"}]}",
			   &profile_linux_7_2, NULL);
	g_assert_true(mm_boot_cold(b.mm, &b.sample.err));
	zone = booted_zone(&b, 0, ZONE_DMA32);
	g_assert_cmpuint(zone->free_area[0].nr_free, ==, 2);
	g_assert_cmpuint(zone->free_area[0].free_list[MIGRATE_MOVABLE].head, ==, 4096);
	g_assert_cmpuint(zone->free_area[0].free_list[MIGRATE_MOVABLE].tail, ==, 4096 + 256);
	booted_finish(&b);
}

/* A share of cache above three batches makes CPUs hold on to high-order frees. */
static void test_cache(void)
{
	static const char machine[] =
		"{\"arch\":\"x86-64\",\"cache_slice\":\"16KiB\",\"nodes\":[{\"cpus\":2,\"memory\":["
		"{\"start\":0,\"end\":\"256MiB\"}]}]}";
	struct booted b;

	booted_create_text(&b, machine, &profile_linux_7_2, NULL);
	g_assert_true(mm_boot_cold(b.mm, &b.sample.err));
	g_assert_cmpuint(booted_zone(&b, 0, ZONE_DMA)->pageset[1].flags, ==, PCPF_FREE_HIGH_BATCH);
	g_assert_cmpuint(booted_zone(&b, 0, ZONE_DMA32)->pageset[1].flags, ==, 0);
	booted_finish(&b);
}

/* All profiles boot all machines; what differs is checked where it shows. */
static void test_profiles(void)
{
	for (u32 i = 0; mm_profiles[i]; i++) {
		for (u32 k = 0; k + 1 < ARRAY_SIZE(pinned); k++) {
			struct booted b;
			struct expected e[MACHINE_MAX_NODES * MAX_NR_ZONES];
			const struct zone *dma;

			booted_cold(&b, pinned[k].config, mm_profiles[i], NULL);
			g_assert_cmpint(b.mm->sysctl.min_free_kbytes, ==,
					(s64)expect(&b.sample.machine, e));
			g_assert_cmpuint(booted_recount(&b), ==, 0);
			dma = booted_zone(&b, 0, ZONE_DMA);
			if (!strcmp(pinned[k].config, "pc-4g")) {
				bool newest = mm_profiles[i] == &profile_linux_7_2;

				/* 4 CPUs may hide 6 pages each, more than low - min. Looked at with
				   the first marks (high 13); in 7.2 again with the last ones. */
				g_assert_cmpint(dma->percpu_drift_mark, ==,
						(newest ? 96 : 13) + 4 * 6);
				/* 7.2 counts the late frees into the reserves at once. */
				g_assert_cmpint(dma->lowmem_reserve[ZONE_NORMAL] ==
							(s64)((e[1].managed + e[2].managed) / 256),
						==, newest);
			}
			booted_finish(&b);
		}
	}
}

static void test_sysctls(void)
{
	struct mm_sysctl sysctl;
	struct booted b;
	struct zone *dma;
	u64 late;

	mm_sysctl_default(&sysctl);
	sysctl.min_free_kbytes = 8192;
	sysctl.watermark_scale_factor = 100;
	sysctl.percpu_pagelist_high_fraction = 8;
	sysctl.lowmem_reserve_ratio[ZONE_DMA] = 64;
	booted_cold(&b, "pc-512m", &profile_linux_7_2, &sysctl);
	dma = booted_zone(&b, 0, ZONE_DMA);
	late = booted_zone(&b, 0, ZONE_DMA32)->managed_pages;
	g_assert_cmpint(b.mm->sysctl.min_free_kbytes, ==, 8192);
	/* Written at the end: the initrd's pages count. */
	g_assert_cmpint(dma->_watermark[WMARK_MIN], ==, (s64)(2048 * 3840 / (3840 + late)));
	g_assert_cmpint(dma->_watermark[WMARK_LOW] - dma->_watermark[WMARK_MIN], ==, 38);
	g_assert_cmpint(dma->lowmem_reserve[ZONE_DMA32], ==, (s64)(late / 64));
	g_assert_cmpint(dma->pageset[0].high_min, ==, 3840 / 8 / 2);
	g_assert_cmpint(dma->pageset[0].high_max, ==, 3840 / 8 / 2);
	booted_finish(&b);

	/* khugepaged asks for more only if transparent huge pages are on. */
	mm_sysctl_default(&sysctl);
	sysctl.transparent_hugepage = false;
	booted_cold(&b, "pc-4g", &profile_linux_7_2, &sysctl);
	g_assert_cmpint(b.mm->sysctl.min_free_kbytes, <, 9000);
	booted_finish(&b);
	mm_sysctl_default(&sysctl);
	sysctl.thp_enabled = THP_NEVER;
	booted_cold(&b, "pc-4g", &profile_linux_7_2, &sysctl);
	g_assert_cmpint(b.mm->sysctl.min_free_kbytes, <, 9000);
	booted_finish(&b);
	sysctl.thp_enabled = THP_ALWAYS;
	booted_cold(&b, "pc-4g", &profile_linux_7_2, &sysctl);
	g_assert_cmpint(b.mm->sysctl.min_free_kbytes, ==, 67584);
	booted_finish(&b);
}

/* With less memory than a few pageblocks, types are not kept apart. */
static void test_grouping(void)
{
	static const struct {
		const char *end;
		bool off;
	} rows[] = {{"3GiB", false}, {"3071MiB", true}};

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		g_autofree char *json = g_strdup_printf(
			"{\"arch\":\"arm64\",\"page_size\":\"64KiB\",\"nodes\":[{\"cpus\":1,"
			"\"memory\":[{\"start\":0,\"end\":\"%s\"}]}]}", rows[i].end);
		struct booted b;

		booted_create_text(&b, json, &profile_linux_7_2, NULL);
		g_assert_true(mm_boot_cold(b.mm, &b.sample.err));
		g_assert_cmpint(b.mm->page_group_by_mobility_disabled, ==, rows[i].off);
		/* Blocks got their type before that was known. */
		g_assert_cmpint(get_pageblock_migratetype(b.mm, 0), ==, MIGRATE_MOVABLE);
		booted_finish(&b);
	}
}

/* CMA pages: on CMA lists, counted, and a few left on the boot CPU's list. */
static void test_cma(void)
{
	struct booted b;
	struct zone *zone;
	s64 cma;

	booted_cold(&b, "rock5b-4k", &profile_linux_7_2, NULL);
	zone = booted_zone(&b, 0, ZONE_DMA);
	g_assert_cmpuint(zone->cma_pages, ==, 65536);
	cma = zone_page_state_snapshot(zone, NR_FREE_CMA_PAGES);
	g_assert_cmpint(cma, >, 0);
	g_assert_cmpint(cma, <=, 65536);
	g_assert_cmpint(get_pageblock_migratetype(b.mm, 0x10000), ==, MIGRATE_CMA);
	g_assert_cmpint(get_pageblock_migratetype(b.mm, 0x1ffff), ==, MIGRATE_CMA);
	g_assert_cmpint(get_pageblock_migratetype(b.mm, 0x20000), ==, MIGRATE_MOVABLE);
	g_assert_cmpint(get_pageblock_migratetype(b.mm, 0xffff), ==, MIGRATE_MOVABLE);
	booted_finish(&b);
}

/* i386's low memory ends inside a pageblock: blocks stop there. */
static void test_unaligned_zone(void)
{
	struct booted b;
	struct zone *high;

	booted_cold(&b, "i386-1g", &profile_linux_7_2, NULL);
	high = booted_zone(&b, 0, ZONE_HIGHMEM);
	g_assert_cmphex(high->start_pfn, ==, 0x377fe);
	/* 0x377fe..0x377ff alone, then aligned blocks. */
	g_assert_cmphex(high->free_area[1].free_list[get_pageblock_migratetype(b.mm, 0x377fe)].head,
			==, 0x377fe);
	g_assert_true(pfn_zone(b.mm, 0x377fd) == booted_zone(&b, 0, ZONE_NORMAL));
	g_assert_true(pfn_zone(b.mm, 0x377fe) == high);
	booted_finish(&b);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (u32 i = 0; i < ARRAY_SIZE(pinned); i++) {
		g_autofree char *path = g_strconcat("/mm/boot/", pinned[i].config, NULL);

		g_test_add_data_func(path, &pinned[i], test_bundled);
	}
	g_test_add_func("/mm/boot/lean", test_lean);
	g_test_add_func("/mm/boot/lists", test_lists);
	g_test_add_func("/mm/boot/pieces", test_pieces);
	g_test_add_func("/mm/boot/cache", test_cache);
	g_test_add_func("/mm/boot/profiles", test_profiles);
	g_test_add_func("/mm/boot/sysctls", test_sysctls);
	g_test_add_func("/mm/boot/grouping", test_grouping);
	g_test_add_func("/mm/boot/cma", test_cma);
	g_test_add_func("/mm/boot/unaligned-zone", test_unaligned_zone);
	return g_test_run();
}

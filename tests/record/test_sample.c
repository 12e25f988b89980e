/* SPDX-License-Identifier: GPL-2.0-only */
/* Samples and memory map: what they hold, how they thin, what they cost. */
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm/vmstat.h"
#include "record/blocks.h"
#include "record/index.h"
#include "record/mobility.h"
#include "record/sample.h"
#include "small_run.h"

static const struct sample_zone_counts no_counts[64];
static const u32 no_blocks[64];

static void take(struct samples *s, u64 now)
{
	struct sample_counts counts = {.requests = now};

	samples_take(s, now, &counts, no_counts, no_blocks);
}

/* A long run keeps between half the cap and the cap, evenly spread, from its first instant on. */
static void test_thinning(void)
{
	struct small_world w;
	struct samples s;
	struct err err = {0};
	u64 now = 0;

	small_world_create(&w, NULL, &profile_linux_7_2);
	g_assert_true(samples_init(&s, w.mm, 0, 40, &err));
	g_assert_cmpuint(s.interval_ns, ==, SAMPLES_MIN_INTERVAL);
	for (u32 i = 0; i < 10000; i++) {
		take(&s, now);
		g_assert_cmpuint(s.n, <=, 40);
		g_assert_cmpuint(samples_next(&s, now), >, now);
		now = samples_next(&s, now);
		if (now > 3600 * NSEC_PER_SEC)
			break;
	}
	g_assert_cmpuint(now, >, 3600 * NSEC_PER_SEC); /* an hour in few samples */
	g_assert_cmpuint(s.n, >=, 20);
	for (u32 i = 0; i < s.n; i++) {
		g_assert_cmpuint(samples_time(&s, i), ==, i * s.interval_ns);
		g_assert_cmpuint(samples_counts(&s, i)->requests, ==, samples_time(&s, i));
	}
	take(&s, samples_time(&s, s.n - 1)); /* again at the same time: replaced */
	g_assert_cmpuint(samples_time(&s, s.n - 1), ==, (s.n - 1) * s.interval_ns);
	samples_finish(&s);

	g_assert_true(samples_init(&s, w.mm, 7, 0, &err));
	g_assert_cmpuint(samples_next(&s, 0), ==, 7);
	g_assert_cmpuint(samples_next(&s, 7), ==, 14);
	g_assert_cmpuint(samples_next(&s, 13), ==, 14);
	g_assert_cmpuint(samples_next(&s, UINT64_MAX), ==, UINT64_MAX);
	samples_finish(&s);
	small_world_destroy(&w);
}

static u64 cell(char **row, char **names, const char *name)
{
	for (u32 i = 0; names[i]; i++)
		if (!strcmp(names[i], name))
			return g_ascii_strtoull(row[i], NULL, 10);
	g_error("no column %s", name);
}

/* The table shows the lists as they are, the marks with the boost, all types adding up. */
static void test_table(void)
{
	struct small_run run;
	struct samples s;
	struct err err = {0};
	char *text = NULL, **lines, **names, **row;
	size_t len;
	FILE *out;
	const struct zone *last = NULL;
	u64 blocks = 0, by_type = 0, pages = 0;

	small_run_create(&run, 6000);
	small_run_go(&run);
	for_each_populated_zone (run.w.mm, zone) {
		zone->watermark_boost += 11;
		last = zone;
	}
	g_assert_true(samples_init(&s, run.w.mm, 0, 0, &err));
	take(&s, 5);
	out = open_memstream(&text, &len);
	samples_write_csv(&s, out);
	fclose(out);
	lines = g_strsplit(text, "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 1 + s.nr_zones + 1);
	names = g_strsplit(lines[0], ",", -1);
	row = g_strsplit(lines[s.nr_zones], ",", -1);
	g_assert_cmpuint(g_strv_length(row), ==, g_strv_length(names));
	g_assert_cmpuint(cell(row, names, "t_ns"), ==, 5);
	g_assert_cmpstr(row[2], ==, zone_name(last->type));
	g_assert_cmpuint(cell(row, names, "boost"), ==, (u64)last->watermark_boost);
	g_assert_cmpuint(cell(row, names, "low"), ==,
			 (u64)(last->_watermark[WMARK_LOW] + last->watermark_boost));
	g_assert_cmpuint(cell(row, names, "free"), ==, (u64)zone_page_state(last, NR_FREE_PAGES));
	for (u32 o = 0; o <= run.w.mm->max_order; o++) {
		static const char *const types[] = {"unmovable",  "movable", "reclaimable",
						    "highatomic", "cma",     "isolate"};
		char *name = g_strdup_printf("order%u", o);

		g_assert_cmpuint(cell(row, names, name), ==, last->free_area[o].nr_free);
		blocks += last->free_area[o].nr_free;
		pages += (u64)last->free_area[o].nr_free << o;
		g_free(name);
		for (u32 t = 0; t < G_N_ELEMENTS(types); t++) {
			name = g_strdup_printf("%s%u", types[t], o);
			by_type += cell(row, names, name);
			g_free(name);
		}
	}
	g_assert_cmpuint(blocks, ==, by_type);
	g_assert_cmpuint(pages, ==, (u64)zone_page_state_snapshot(last, NR_FREE_PAGES));
	g_strfreev(row);
	g_strfreev(names);
	g_strfreev(lines);
	free(text);
	samples_finish(&s);
	small_run_destroy(&run);
}

/* 3 blocks of order 0 and one of order 1, by hand. */
static void test_indices(void)
{
	u64 nr_free[11] = {3, 1};

	g_assert_cmpint(index_extfrag(nr_free, 11, 2), ==, 438);
	g_assert_cmpint(index_unusable(nr_free, 11, 2), ==, 1000);
	g_assert_cmpint(index_extfrag(nr_free, 11, 1), ==, -1000);
	g_assert_cmpint(index_unusable(nr_free, 11, 1), ==, 600);
}

/* Free pages of a cell counted page by page from the heads of free blocks. */
static u64 count_free(const struct mm *mm, const struct block_cell *cell)
{
	u64 sum = 0;

	for (u64 pfn = cell->start_pfn & ~((1ull << mm->max_order) - 1); pfn < cell->end_pfn;
	     pfn++) {
		u64 end = pfn;

		if (!(pfn & ((1ull << mm->max_order) - 1)) && pfn_to_top(mm, pfn)->free)
			end = pfn + (1ull << mm->max_order);
		else if (pfn_to_page(mm, pfn)->state == PAGE_BUDDY)
			end = pfn + (1ull << pfn_to_page(mm, pfn)->order);
		if (end > cell->start_pfn && end > pfn)
			sum += min_u64(end, cell->end_pfn) - max_u64(pfn, cell->start_pfn);
	}
	return sum;
}

static void test_map(void)
{
	struct small_run run;
	struct blocks b;
	struct err err = {0};
	u64 present = 0, levels = 0;

	small_run_create(&run, 6000);
	g_assert_true(blocks_init(&b, run.w.mm, 1000, &err));
	g_assert_cmpuint(b.nr_cells, ==, 32); /* 64 MiB of 2 MiB pageblocks */
	blocks_take(&b, 0, 1000, 0, false);   /* free blocks of the top order span two cells */
	for (u32 c = 0; c < b.nr_cells; c++)
		g_assert_cmpuint(b.free_pages[c], ==, count_free(run.w.mm, &b.cell[c]));
	small_run_go(&run);
	blocks_take(&b, 0, 1000, 0, false);
	g_assert_cmpuint(b.n, ==, 1);
	for (u32 c = 0; c < b.nr_cells; c++) {
		u64 free = count_free(run.w.mm, &b.cell[c]);
		u64 used = b.cell[c].present - free;
		const struct pageblock *pb = pfn_to_pageblock(run.w.mm, b.cell[c].start_pfn);

		g_assert_cmpuint(b.free_pages[c], ==, free);
		g_assert_cmpuint(b.state[c].type, ==, pb->mt);
		g_assert_cmpuint(b.state[c].level, ==, (used * 16 + 512) / 1024);
		present += b.cell[c].present;
		levels |= 1ull << b.state[c].level;
	}
	g_assert_cmpuint(present, ==, 64 * 256);
	g_assert_cmpint(__builtin_popcountll(levels), >, 2); /* the run left a mixed picture */

	blocks_take(&b, 999, 1000, 0, false); /* not on the interval */
	g_assert_cmpuint(b.n, ==, 1);
	for (u64 t = 1000; t < 3000000; t += b.interval_ns) {
		blocks_take(&b, t, 1000, UINT32_MAX, false);
		g_assert_cmpuint(b.n, <=, BLOCKS_MAX_PICTURES);
	}
	g_assert_cmpuint(b.n, >=, BLOCKS_MAX_PICTURES / 2);
	blocks_finish(&b);
	small_run_destroy(&run);
}

/* The table is a delta: replayed, it gives the pictures again. */
static void test_map_table(void)
{
	struct small_run run;
	struct blocks b;
	struct err err = {0};
	struct block_state now[64];
	char *text = NULL, *line, *save = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	u32 rows = 0;

	small_run_create(&run, 6000);
	g_assert_true(blocks_init(&b, run.w.mm, 1000, &err));
	for (u32 i = 0; i < 9; i++) {
		if (i == 4)
			blocks_moved(&b, 3 * 512 + 7, 100);
		blocks_take(&b, i * 1000, 1000, UINT32_MAX, false);
		engine_run(run.w.engine, i * NSEC_PER_MSEC);
	}
	memset(now, 0xff, sizeof(now));
	blocks_write_csv(&b, out);
	fclose(out);
	line = strtok_r(text, "\n", &save);
	g_assert_cmpstr(line, ==, "t_ns,start_pfn,end_pfn,type,used_eighths,moved_eighths");
	line = strtok_r(NULL, "\n", &save);
	for (u32 i = 0; i < b.n; i++) {
		for (; line; line = strtok_r(NULL, "\n", &save)) {
			char **row = g_strsplit(line, ",", -1);
			bool due = g_ascii_strtoull(row[0], NULL, 10) == b.t_ns[i];

			for (u32 c = 0; due && c < b.nr_cells; c++) {
				if (b.cell[c].start_pfn < g_ascii_strtoull(row[1], NULL, 10) ||
				    b.cell[c].end_pfn > g_ascii_strtoull(row[2], NULL, 10))
					continue;
				for (u8 mt = 0; mt < MIGRATE_TYPES; mt++)
					if (!strcmp(row[3], migratetype_name(mt)))
						now[c].type = mt;
				now[c].level = (u8)g_ascii_strtoull(row[4], NULL, 10);
				now[c].moved = (u8)g_ascii_strtoull(row[5], NULL, 10);
			}
			g_strfreev(row);
			if (!due)
				break;
			rows++;
		}
		g_assert_cmpint(
		    memcmp(now, b.state + (size_t)i * b.nr_cells, b.nr_cells * sizeof(*now)), ==,
		    0);
	}
	g_assert_null(line);
	g_assert_cmpuint(rows, >, b.n);
	g_assert_cmpuint(rows, <, b.n * b.nr_cells / 2); /* most of it did not change */
	free(text);
	blocks_finish(&b);
	small_run_destroy(&run);
}

/* Pages that moved away are told with the next picture that is kept, a little as an eighth. */
static void test_map_moves(void)
{
	struct small_world w;
	struct blocks b;
	struct err err = {0};
	u32 sum = 0;

	small_world_create(&w, NULL, &profile_linux_7_2);
	g_assert_true(blocks_init(&b, w.mm, 1000, &err));
	blocks_take(&b, 0, 1000, 0, false);
	blocks_moved(&b, 5 * 512, 1);
	blocks_moved(&b, 6 * 512 + 511, 64);
	blocks_moved(&b, 7 * 512, 512);
	blocks_moved(&b, 7 * 512, 512);
	blocks_take(&b, 1000, 1000, UINT32_MAX, false);
	for (u32 c = 0; c < b.nr_cells; c++)
		g_assert_cmpuint(b.state[b.nr_cells + c].moved, ==,
				 c == 5 || c == 6 ? 1 : c == 7 ? 8 : 0);
	/* a later one of the same instant takes its place */
	blocks_moved(&b, 6 * 512, 64);
	blocks_take(&b, 1000, 1000, UINT32_MAX, true);
	g_assert_cmpuint(b.n, ==, 2);
	g_assert_cmpuint(b.state[b.nr_cells + 6].moved, ==, 2);
	/* so that the picture at 1 us is dropped */
	for (u64 t = 2000; b.interval_ns == 1000; t += 1000)
		blocks_take(&b, t, 1000, UINT32_MAX, false);
	for (u32 i = 0; i < b.n; i++)
		sum += b.state[i * b.nr_cells + 7].moved;
	g_assert_cmpuint(b.t_ns[1], ==, 2000);
	g_assert_cmpuint(b.state[b.nr_cells + 7].moved, ==, 8);
	g_assert_cmpuint(sum, ==, 8);
	blocks_finish(&b);
	small_world_destroy(&w);
}

/* Pageblocks with kernel pages and pinned ones are counted; a walk too many is put off. */
static void test_mobility(void)
{
	struct vm_area_struct *vma;
	struct small_world w;
	struct mobility m;
	struct zone *zone;
	u32 before, pfn;

	small_world_create(&w, NULL, &profile_linux_7_2);
	zone = &w.mm->zones[ZONE_DMA32];
	vma = vm_mmap(mm_alloc(w.vm, &w.current), &w.current, 2000);
	for (u64 i = 0; i < 2000; i++)
		g_assert_cmpint(handle_mm_fault(vma, &w.current, i, true), ==, VM_FAULT_MINOR);
	g_assert_true(mobility_init(&m, w.mm, 1000));
	g_assert_cmpuint(mobility_pageblocks(zone), ==, (zone->managed_pages + 511) / 512);
	mobility_take(&m, 0, 1000, 0, false);
	before = m.blocks[zone->idx];
	g_assert_cmpuint(before, <=, 3); /* page tables */
	pfn = alloc_pages(w.mm, &w.current, GFP_KERNEL, 10);
	pfn_to_page(w.mm, pfn)->owner = page_owner(OWNER_BLOCK, 1);
	mobility_take(&m, 500, 1000, 0, false); /* not its time */
	g_assert_cmpuint(m.blocks[zone->idx], ==, before);
	mobility_take(&m, 1000, 1000, 0, false);
	g_assert_cmpuint(m.blocks[zone->idx], ==, before + 2);
	for (u64 i = 0; i < 2000; i++)
		g_assert_true(vm_pin_page(vma, i));
	mobility_take(&m, 2000, 1000, 0, false);
	g_assert_cmpuint(m.blocks[zone->idx], >=, before + 2 + 3);
	g_assert_cmpint(free_pages(w.mm, &w.current, pfn, 10), ==, FREE_OK);
	m.walked = MOBILITY_FREE_WALK;
	mobility_take(&m, 3000, 1000, 0, false);
	g_assert_cmpuint(m.put_off, ==, 1);
	before = m.blocks[zone->idx];
	mobility_take(&m, 3000, 1000, 0, true);
	g_assert_cmpuint(m.blocks[zone->idx], ==, before - 2);
	mobility_finish(&m);
	small_world_destroy(&w);
}

/* Holes have no cells, and a machine of any size has a bounded number. */
static void test_map_big(void)
{
	static const char machine[] =
	    "{\"name\":\"big\",\"arch\":\"x86-64\",\"nodes\":["
	    "{\"cpus\":1,\"memory\":[{\"start\":\"0\",\"end\":\"3GiB\"},"
	    "{\"start\":\"4GiB\",\"end\":\"65GiB\"}]},"
	    "{\"cpus\":1,\"memory\":[{\"start\":\"65GiB\",\"end\":\"128GiB\"}]}]}";
	struct small_world w;
	struct blocks b;
	struct err err = {0};
	u64 present = 0;
	char *text = NULL;
	size_t len;
	FILE *out;

	small_world_create(&w, machine, &profile_linux_7_2);
	g_assert_true(blocks_init(&b, w.mm, 1, &err));
	g_assert_cmpuint(b.nr_cells, <=, BLOCKS_MAX_CELLS);
	for (u32 c = 0; c < b.nr_cells; c++) {
		present += b.cell[c].present;
		g_assert_false(b.cell[c].start_pfn < 4 << 18 && b.cell[c].end_pfn > 3 << 18);
		if (c)
			g_assert_cmpuint(b.cell[c].start_pfn, >=, b.cell[c - 1].end_pfn);
	}
	g_assert_cmpuint(present, ==, 127ull << 18);
	blocks_take(&b, 0, 1, 0, false);
	g_assert_cmpuint(b.state[b.nr_cells / 2].level, ==, 0); /* all free */
	for (u32 c = 0; c < b.nr_cells; c++)
		g_assert_cmpuint(b.free_pages[c], <=, b.cell[c].present);
	out = open_memstream(&text, &len);
	blocks_write_csv(&b, out);
	fclose(out);
	for (char *line = strchr(text, '\n'); line[1]; line = strchr(line + 1, '\n')) {
		u64 start, end;

		g_assert_cmpint(sscanf(line, "\n0,%" SCNu64 ",%" SCNu64, &start, &end), ==, 2);
		g_assert_true(end <= 3 << 18 || start >= 4 << 18); /* not across the hole */
	}
	free(text);
	blocks_finish(&b);
	small_world_destroy(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/record/sample/map-moves", test_map_moves);
	g_test_add_func("/record/sample/mobility", test_mobility);
	g_test_add_func("/record/sample/thinning", test_thinning);
	g_test_add_func("/record/sample/table", test_table);
	g_test_add_func("/record/sample/indices", test_indices);
	g_test_add_func("/record/blocks/picture", test_map);
	g_test_add_func("/record/blocks/table", test_map_table);
	g_test_add_func("/record/blocks/big", test_map_big);
	return g_test_run();
}

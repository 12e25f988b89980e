/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pictures of physical memory. Free pages are found by walking the buddy's free lists, not the
 * page frames: a picture costs what fragmentation there is, and counts every page that is not in
 * the lists as in use, pages on per-CPU lists included, as the kernel's own files do.
 */
#include "record/blocks.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Length of the run of memory that begins at machine->memory[*i], merged with what touches it;
   rounded out to pageblocks. Moves *i behind it. */
static struct pfn_range next_run(const struct mm *mm, u32 *i)
{
	const struct pfn_range *memory = mm->machine->memory;
	u64 mask = mm->pageblock_nr_pages - 1;
	struct pfn_range run = memory[(*i)++];

	run.start &= ~mask;
	run.end = (run.end + mask) & ~mask;
	while (*i < mm->machine->nr_memory && (memory[*i].start & ~mask) <= run.end) {
		run.end = max_u64(run.end, (memory[*i].end + mask) & ~mask);
		(*i)++;
	}
	return run;
}

/* Cells needed when each has this many pages; fills them in if b->cell is there. */
static u32 lay_out(struct blocks *b, u64 pages)
{
	u32 n = 0;

	for (u32 i = 0; i < b->mm->machine->nr_memory;) {
		struct pfn_range run = next_run(b->mm, &i);

		for (u64 pfn = run.start; pfn < run.end; pfn += pages, n++) {
			if (b->cell)
				b->cell[n] = (struct block_cell){
				    .start_pfn = pfn,
				    .end_pfn = min_u64(pfn + pages, run.end),
				};
		}
	}
	return n;
}

static void count_present(struct blocks *b)
{
	const struct machine *machine = b->mm->machine;
	u32 c = 0;

	for (u32 i = 0; i < machine->nr_memory; i++) {
		const struct pfn_range *r = &machine->memory[i];

		while (c && b->cell[c].start_pfn > r->start)
			c--;
		for (; c < b->nr_cells && b->cell[c].start_pfn < r->end; c++) {
			u64 start = max_u64(b->cell[c].start_pfn, r->start);
			u64 end = min_u64(b->cell[c].end_pfn, r->end);

			if (start < end)
				b->cell[c].present += end - start;
		}
		if (c == b->nr_cells)
			c--;
	}
}

bool blocks_init(struct blocks *b, const struct mm *mm, u64 interval_ns, struct err *err)
{
	u64 pages = mm->pageblock_nr_pages;

	*b = (struct blocks){.mm = mm, .interval_ns = interval_ns};
	if (!mm->machine->nr_memory)
		return true;
	/* more runs than cells (each run needs one): the cap gives way */
	while (lay_out(b, pages) > BLOCKS_MAX_CELLS && pages < mm->end_pfn)
		pages *= 2;
	b->pages_per_cell = pages;
	b->nr_cells = lay_out(b, pages);
	b->cell = calloc(b->nr_cells, sizeof(*b->cell));
	b->free_pages = calloc(b->nr_cells, sizeof(*b->free_pages));
	b->types = calloc(b->nr_cells, sizeof(*b->types));
	b->moved_pages = calloc(b->nr_cells, sizeof(*b->moved_pages));
	b->t_ns = calloc(BLOCKS_MAX_PICTURES, sizeof(*b->t_ns));
	b->state = calloc((size_t)BLOCKS_MAX_PICTURES * b->nr_cells, sizeof(*b->state));
	if (!b->cell || !b->free_pages || !b->types || !b->moved_pages || !b->t_ns || !b->state) {
		blocks_finish(b);
		return err_set(err, ERR_HOST_RES, "no memory for the memory map");
	}
	lay_out(b, pages);
	count_present(b);
	return true;
}

void blocks_finish(struct blocks *b)
{
	free(b->cell);
	free(b->free_pages);
	free(b->types);
	free(b->moved_pages);
	free(b->t_ns);
	free(b->state);
	*b = (struct blocks){0};
}

static struct block_state *picture(const struct blocks *b, u32 i)
{
	return b->state + (size_t)i * b->nr_cells;
}

/* What moved before a picture that is dropped is told with the next. */
static void pass_on_moves(struct blocks *b, u32 i)
{
	for (u32 c = 0; c < b->nr_cells; c++) {
		u32 moved = picture(b, i)[c].moved;

		if (i + 1 == b->n)
			b->moved_pages[c] += moved * b->cell[c].present / BLOCKS_LEVELS;
		else
			picture(b, i + 1)[c].moved =
				(u8)min_u64(moved + picture(b, i + 1)[c].moved, BLOCKS_LEVELS);
	}
}

static void thin(struct blocks *b)
{
	u32 kept = 0;

	b->interval_ns *= 2;
	for (u32 i = 0; i < b->n; i++) {
		if (b->t_ns[i] % b->interval_ns && i) {
			pass_on_moves(b, i);
			continue;
		}
		b->t_ns[kept] = b->t_ns[i];
		memmove(picture(b, kept), picture(b, i), b->nr_cells * sizeof(*b->state));
		kept++;
	}
	b->n = kept;
}

/* The cell that holds a PFN: the last that starts at or below it. */
static u32 find_cell(const struct blocks *b, u64 pfn)
{
	u32 lo = 0, hi = b->nr_cells;

	while (hi - lo > 1) {
		u32 mid = lo + (hi - lo) / 2;

		if (b->cell[mid].start_pfn <= pfn)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

static void add_free(struct blocks *b, u64 pfn, u64 pages)
{
	u64 end = pfn + pages;

	for (u32 c = find_cell(b, pfn); c < b->nr_cells && b->cell[c].start_pfn < end; c++) {
		u64 from = max_u64(b->cell[c].start_pfn, pfn);

		b->free_pages[c] += min_u64(b->cell[c].end_pfn, end) - from;
	}
}

static u32 next_free(const struct mm *mm, u32 pfn, u32 order)
{
	return order == mm->max_order ? pfn_to_top(mm, pfn)->link.next
				      : pfn_to_page(mm, pfn)->link.next;
}

static void walk_free_lists(struct blocks *b)
{
	const struct mm *mm = b->mm;

	for_each_populated_zone (mm, zone) {
		for (u32 o = 0; o <= mm->max_order; o++) {
			for (u32 mt = 0; mt < MIGRATE_TYPES; mt++) {
				u32 pfn = zone->free_area[o].free_list[mt].head;

				for (; pfn != PFN_NONE; pfn = next_free(mm, pfn, o)) {
					add_free(b, pfn, 1ull << o);
					b->walked++;
				}
			}
		}
	}
}

static void count_types(struct blocks *b)
{
	const struct mm *mm = b->mm;

	for (u32 c = 0; c < b->nr_cells; c++) {
		for (u64 pfn = b->cell[c].start_pfn; pfn < b->cell[c].end_pfn;
		     pfn += mm->pageblock_nr_pages) {
			const struct pageblock *pb = pfn_to_pageblock(mm, pfn);

			b->types[c][pb->flags & PB_isolate ? MIGRATE_ISOLATE : pb->mt]++;
		}
	}
}

static struct block_state cell_state(const struct blocks *b, u32 c)
{
	u64 present = b->cell[c].present;
	u64 used = present - min_u64(present, b->free_pages[c]);
	struct block_state state = {0};

	for (u8 mt = 1; mt < MIGRATE_TYPES; mt++)
		if (b->types[c][mt] > b->types[c][state.type])
			state.type = mt;
	if (present) {
		state.level = (u8)((used * BLOCKS_LEVELS + present / 2) / present);
		state.moved = (u8)min_u64(BLOCKS_LEVELS, (b->moved_pages[c] * BLOCKS_LEVELS +
							  present - 1) / present);
	}
	return state;
}

static u64 free_blocks(const struct mm *mm)
{
	u64 n = 0;

	for_each_populated_zone (mm, zone)
		for (u32 o = 0; o <= mm->max_order; o++)
			n += zone->free_area[o].nr_free;
	return n;
}

void blocks_take(struct blocks *b, u64 now, u64 min_interval_ns, u64 pages_moved, bool last)
{
	bool again = b->n && b->t_ns[b->n - 1] == now;

	while (b->interval_ns < min_interval_ns)
		thin(b);
	if (!b->nr_cells || (!last && b->n && now % b->interval_ns))
		return;
	if (!last && b->walked + free_blocks(b->mm) > BLOCKS_FREE_WALK + pages_moved) {
		b->put_off++;
		return;
	}
	if (again) {
		pass_on_moves(b, b->n - 1);
		b->n--;
	}
	while (b->n == BLOCKS_MAX_PICTURES)
		thin(b);
	memset(b->free_pages, 0, b->nr_cells * sizeof(*b->free_pages));
	memset(b->types, 0, b->nr_cells * sizeof(*b->types));
	walk_free_lists(b);
	count_types(b);
	b->t_ns[b->n] = now;
	for (u32 c = 0; c < b->nr_cells; c++)
		picture(b, b->n)[c] = cell_state(b, c);
	memset(b->moved_pages, 0, b->nr_cells * sizeof(*b->moved_pages));
	b->n++;
}

void blocks_moved(struct blocks *b, u64 pfn, u64 pages)
{
	if (b->nr_cells)
		b->moved_pages[find_cell(b, pfn)] += pages;
}

static bool same(struct block_state a, struct block_state b)
{
	return a.type == b.type && a.level == b.level && a.moved == b.moved;
}

/* Cells from `first` on that are written as one row of picture i. */
static u32 run_length(const struct blocks *b, u32 i, u32 first)
{
	const struct block_state *now = picture(b, i);
	u32 c = first + 1;

	while (c < b->nr_cells && same(now[c], now[first]) &&
	       b->cell[c].start_pfn == b->cell[c - 1].end_pfn &&
	       (!i || !same(now[c], picture(b, i - 1)[c])))
		c++;
	return c - first;
}

void blocks_write_csv(const struct blocks *b, FILE *out)
{
	fputs("t_ns,start_pfn,end_pfn,type,used_eighths,moved_eighths\n", out);
	for (u32 i = 0; i < b->n; i++) {
		const struct block_state *now = picture(b, i);

		for (u32 c = 0; c < b->nr_cells;) {
			u32 run = 1;

			if (!i || !same(now[c], picture(b, i - 1)[c])) {
				run = run_length(b, i, c);
				fprintf(out, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%s,%u,%u\n",
					b->t_ns[i], b->cell[c].start_pfn,
					b->cell[c + run - 1].end_pfn, migratetype_name(now[c].type),
					(unsigned int)now[c].level,
					(unsigned int)now[c].moved);
			}
			c += run;
		}
	}
}

void blocks_write_json(const struct blocks *b, struct jsonw *w)
{
	jsonw_object(w, "map");
	jsonw_u64(w, "cells", b->nr_cells);
	jsonw_u64(w, "pages_per_cell", b->pages_per_cell);
	jsonw_u64(w, "pictures", b->n);
	jsonw_u64(w, "pictures_put_off", b->put_off);
	jsonw_u64(w, "interval_ns", b->interval_ns);
	jsonw_end(w);
}

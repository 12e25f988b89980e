/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of a zone before anything is placed: which frames the allocator may own, what a
 * trace told of them, which pageblocks have a type already, and how much of what is to be placed.
 */
#include <stdlib.h>

#include "mm/boot_place.h"

static bool zone_error(struct placer *p, const char *what)
{
	return err_set(p->err, ERR_INPUT, "zone %s of node %u: %s",
		       zone_name((enum zone_type)p->zone->type), p->zone->nid, what);
}

/* Sets and clears flags for the part of [start, end) that lies in the zone. */
static void mark(struct placer *p, u64 start, u64 end, u8 set, u8 clear)
{
	start = max_u64(start, p->zone->start_pfn);
	end = min_u64(end, zone_end_pfn(p->zone));
	for (u64 pfn = start; pfn < end; pfn++)
		*placer_map(p, pfn) = (u8)((*placer_map(p, pfn) & ~clear) | set);
}

static void survey_hints(struct placer *p, const struct proc_state *state)
{
	u64 zone_start = p->zone->start_pfn, zone_end = zone_end_pfn(p->zone);

	for (u32 i = 0; i < state->nr_hints; i++) {
		const struct proc_hint *hint = &state->hints[i];
		u64 start = max_u64(hint->pfn, zone_start);
		u64 end = min_u64(hint->pfn + hint->len, zone_end);

		if (start >= end)
			continue;
		p->hinted = true;
		p->lru_hinted = p->lru_hinted || hint->lru;
		if (hint->lru)
			mark(p, start, end, MAP_HINT_LRU, 0);
		else
			mark(p, start, end, hint->used ? MAP_HINT_USED : MAP_HINT_FREE, 0);
		if (!hint->type || hint->type > MIGRATE_PCPTYPES)
			continue;
		for (u64 pfn = start; pfn < end; pfn++)
			placer_block(p, pfn)->votes[hint->type - 1]++;
	}
}

static void survey_memory(struct placer *p)
{
	const struct machine *machine = p->mm->machine;

	for (u32 i = 0; i < machine->nr_memory; i++)
		mark(p, machine->memory[i].start, machine->memory[i].end, MAP_AVAIL, 0);
	for (u32 i = 0; i < machine->nr_reserved; i++)
		mark(p, machine->reserved[i].start, machine->reserved[i].end, 0, MAP_AVAIL);
	for (u64 pfn = p->zone->start_pfn; pfn < zone_end_pfn(p->zone); pfn++) {
		if (!(*placer_map(p, pfn) & MAP_AVAIL))
			continue;
		placer_block(p, pfn)->avail++;
		p->nr_avail++;
	}
}

static bool block_hinted(const struct placer *p, u64 start, u64 end)
{
	for (u64 pfn = start; pfn < end; pfn++)
		if (*placer_map(p, pfn) & (MAP_HINT_FREE | MAP_HINT_USED))
			return true;
	return false;
}

/* Frames that are memory but not managed: page descriptors and the like, which the boot takes from
   the top down. Whole pageblocks that no trace touched are the likely place. */
static void survey_unmanaged(struct placer *p)
{
	u64 n = p->mm->pageblock_nr_pages, left = p->nr_avail - p->zone->managed_pages;

	for (u64 i = p->nr_blocks; i-- > 0 && left;) {
		u64 start = max_u64(p->first_pfn + i * n, p->zone->start_pfn);
		u64 end = min_u64(p->first_pfn + (i + 1) * n, zone_end_pfn(p->zone));

		if (block_hinted(p, start, end))
			continue;
		for (u64 pfn = end; pfn-- > start && left;) {
			if (!(*placer_map(p, pfn) & MAP_AVAIL))
				continue;
			*placer_map(p, pfn) |= MAP_SOFT;
			left--;
		}
	}
}

/* A pageblock that begins in a lower zone got its type there. */
static bool shared_below(const struct placer *p, u64 block_start)
{
	if (block_start >= p->zone->start_pfn)
		return false;
	for_each_populated_zone(p->mm, zone)
		if (zone->idx < p->zone->idx && zone_spans_pfn(zone, p->zone->start_pfn - 1))
			return true;
	return false;
}

static void survey_types(struct placer *p)
{
	const struct machine *machine = p->mm->machine;
	u64 n = p->mm->pageblock_nr_pages;

	for (u32 mt = 0; mt < MIGRATE_TYPES; mt++)
		p->left[mt] = (s64)p->proc->type_blocks[mt];
	for (u64 i = 0; i < p->nr_blocks; i++) {
		u64 start = p->first_pfn + i * n;
		struct place_block *block = &p->blocks[i];

		block->type = BLOCK_OPEN;
		if (!machine_section_present(machine, start)) {
			/* The kernel does not know this block and does not count it. */
			block->type = pfn_to_pageblock(p->mm, start)->mt;
			block->preset = true;
			continue;
		}
		if (shared_below(p, start) || !p->proc->have_types) {
			block->type = pfn_to_pageblock(p->mm, start)->mt;
			block->preset = true;
		}
		for (u32 k = 0; k < machine->nr_cma; k++) {
			if (start < machine->cma[k].start || start >= machine->cma[k].end)
				continue;
			block->type = MIGRATE_CMA;
			block->preset = true;
		}
		if (block->preset)
			p->left[block->type]--;
	}
}

/* A count too large for pagetypeinfo is what buddyinfo has beyond the other types. */
static bool uncap(struct placer *p, u32 order)
{
	u64 others = 0;
	u32 capped = MIGRATE_TYPES;

	for (u32 mt = 0; mt < MIGRATE_TYPES; mt++) {
		if (p->want[mt][order] != PROC_CAPPED)
			others += min_u64(p->want[mt][order], p->zone->managed_pages);
		else if (capped < MIGRATE_TYPES)
			return zone_error(p, "pagetypeinfo caps two types of one order");
		else
			capped = mt;
	}
	if (capped == MIGRATE_TYPES)
		return true;
	if (!p->proc->have_buddy || p->proc->nr_free[order] < others)
		return zone_error(p, "pagetypeinfo caps a count that buddyinfo does not tell");
	p->want[capped][order] = p->proc->nr_free[order] - others;
	return true;
}

static bool survey_counts(struct placer *p)
{
	u64 pages = 0;

	for (u32 order = 0; order <= p->mm->max_order; order++) {
		for (u32 mt = 0; mt < MIGRATE_TYPES; mt++)
			p->want[mt][order] = p->proc->type_free[mt][order];
		if (!p->proc->have_types)
			p->want[MIGRATE_MOVABLE][order] = p->proc->nr_free[order];
		else if (!uncap(p, order))
			return false;
		/* Isolation is a passing state: what it held is movable again. */
		p->want[MIGRATE_MOVABLE][order] += p->want[MIGRATE_ISOLATE][order];
		p->want[MIGRATE_ISOLATE][order] = 0;
		for (u32 mt = 0; mt < MIGRATE_TYPES; mt++) {
			if (p->want[mt][order] > p->zone->managed_pages >> order)
				return zone_error(p, "more free blocks than memory");
			pages += p->want[mt][order] << order;
		}
	}
	p->left[MIGRATE_MOVABLE] += p->left[MIGRATE_ISOLATE];
	p->left[MIGRATE_ISOLATE] = 0;
	if (pages > p->zone->managed_pages)
		return zone_error(p, "more free pages than managed ones");
	return true;
}

bool placer_survey(struct placer *p, const struct proc_state *state)
{
	u64 n = p->mm->pageblock_nr_pages;

	p->first_pfn = p->zone->start_pfn & ~(n - 1);
	p->nr_blocks = (zone_end_pfn(p->zone) - p->first_pfn + n - 1) / n;
	p->map = calloc(p->zone->spanned_pages, 1);
	p->blocks = calloc(p->nr_blocks, sizeof(*p->blocks));
	if (!p->map || !p->blocks)
		return err_set(p->err, ERR_HOST_RES, "no memory to place %llu page frames",
			       (unsigned long long)p->zone->spanned_pages);
	survey_memory(p);
	if (p->nr_avail < p->zone->managed_pages)
		return zone_error(p, "zoneinfo has more managed pages than the config leaves "
				     "unreserved");
	survey_hints(p, state);
	survey_unmanaged(p);
	survey_types(p);
	return survey_counts(p);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compaction in a replay. The recording tells when it ran, in which zone, from where on and how
 * many pages it moved; in that measure it runs here, over this machine's memory: which pages are
 * in its way depends on where they lie, and they lie elsewhere than in the recorded machine. Moving
 * the recorded blocks instead would leave holes among pages that stay.
 *
 * Left out: pages in use since before the trace stay where they are.
 */
#include <assert.h>
#include <stdlib.h>

#include "mm/alloc.h"
#include "workload/replay_internal.h"

static struct zone *zone_of(const struct replay *r, u32 pfn)
{
	struct zone *zone = pfn_in_map(r->mm, pfn) ? pfn_zone(r->mm, pfn) : NULL;

	return zone && populated_zone(zone) ? zone : NULL;
}

void replay_compact(struct replay *r, const struct trace_event *ev)
{
	struct zone *zone = zone_of(r, ev->pfn);

	if (!zone) {
		umap_remove(&r->compacting, ev->task);
		return;
	}
	compact_scan_begin(&r->scan[zone->idx], zone, ev->pfn);
	r->owed[zone->idx] = min_s64(r->owed[zone->idx], 0);
	/* out of memory: the moved blocks' own zones serve */
	(void)umap_put(&r->compacting, ev->task, zone->idx);
}

/* Frames of a block that is where it was handed out: PFN_NONE for what was given back. */
static void note_held(const struct replay *r, u32 id, u32 pfn, u32 order, u32 *frames)
{
	u32 owner = page_owner(OWNER_BLOCK, id);

	for (u32 i = 0; i < BIT(order);) {
		const struct page *page = pfn_to_page(r->mm, pfn + i);
		bool held = page->state == PAGE_USED && page->owner == owner;
		u32 end = i + (held ? BIT(page->order) : 1u);

		for (; i < end; i++)
			frames[i] = held ? pfn + i : PFN_NONE;
	}
}

/* The block's list of frames, made if it is in one piece so far. NULL: no memory. */
static u32 *frames_of(struct replay *r, u32 id)
{
	u32 pfn = trace_live_peek(&r->live, id), order = trace_live_order(&r->live, id), *frames;

	if (pfn == IN_PIECES)
		return scatter_get(&r->scatter, id);
	frames = malloc(sizeof(*frames) << order);
	if (!frames)
		return NULL;
	note_held(r, id, pfn, order, frames);
	if (!scatter_add(&r->scatter, id, frames)) {
		free(frames);
		return NULL;
	}
	trace_live_set(&r->live, id, IN_PIECES);
	return frames;
}

/* The 2^order pages that block `id` has at `from` go to `to`. False: no memory. */
static bool note_move(struct replay *r, u32 id, u32 from, u32 order, u32 to)
{
	u32 *frames, i = 0;

	if (trace_live_peek(&r->live, id) == from && trace_live_order(&r->live, id) == order) {
		trace_live_set(&r->live, id, to);
		return true;
	}
	frames = frames_of(r, id);
	if (!frames)
		return false;
	while (frames[i] != from)
		i += BIT(order);
	for (u32 k = 0; k < BIT(order); k++)
		frames[i + k] = to + k;
	return true;
}

/*
 * The block at `from` moves up; a large one for which there is no place of its size goes page by
 * page, as the kernel splits it (mm/migrate.c:try_split_folio). Adds the pages to *moved. False:
 * there is no place any more.
 */
static bool move_block(struct replay *r, struct task_struct *current, struct zone *zone, u32 from,
		       u32 order, u32 *moved)
{
	struct compact_scan *scan = &r->scan[zone->idx];
	u32 id = pfn_to_page(r->mm, from)->owner & OWNER_NUMBER;
	u32 to = compact_take_target(scan, zone, current, from, order);
	enum free_result split;

	if (to != PFN_NONE) {
		if (!note_move(r, id, from, order, to)) {
			__putback_isolated_page(zone, current, to, order);
			return false;
		}
		migrate_block(r->mm, current, from, to);
		*moved += BIT(order);
		return true;
	}
	if (!order || !frames_of(r, id))
		return false;
	split = split_page(r->mm, from, order, 0);
	assert(split == FREE_OK);
	for (u32 i = 0; i < BIT(order); i++)
		if (!move_block(r, current, zone, from + i, 0, moved))
			return false;
	return true;
}

/* The next block in the way. False: the scanners have met, or there is no place. */
static bool move_next(struct replay *r, struct task_struct *current, struct zone *zone, u32 *moved)
{
	struct compact_scan *scan = &r->scan[zone->idx];
	u32 from, order;

	*moved = 0;
	do {
		from = compact_next_source(scan, zone, &order);
		if (from == PFN_NONE)
			return false;
	} while (page_owner_kind(pfn_to_page(r->mm, from)) != OWNER_BLOCK);
	compact_pass_block(scan, zone, current, from);
	return move_block(r, current, zone, from, order, moved);
}

/* The zone that the event's task compacts; if no event told, the one the block lies in. */
static struct zone *compacted_zone(struct replay *r, const struct trace_event *ev,
				   const struct trace_freed *held)
{
	u32 idx = umap_get(&r->compacting, ev->task), pfn = held->pfn;

	if (idx != UMAP_NONE)
		return &r->mm->zones[idx];
	if (pfn == IN_PIECES)
		pfn = scatter_get(&r->scatter, ev->id)[ev->offset];
	return zone_of(r, pfn);
}

void replay_move(struct replay *r, const struct trace_event *ev, const struct trace_freed *held)
{
	struct task_struct *current = replay_who(r, ev);
	u32 pages = BIT(ev->op == TRACE_MOVE_PART ? ev->order : held->order), moved;
	struct zone *zone = compacted_zone(r, ev, held);
	s64 *owed = zone ? &r->owed[zone->idx] : NULL;

	if (!zone) {
		r->stats.unmoved_pages += pages;
		return;
	}
	*owed += pages;
	while (*owed > 0) {
		bool more = move_next(r, current, zone, &moved);

		r->stats.moved_pages += moved;
		*owed -= moved;
		if (!more)
			break;
	}
	if (*owed > 0) {
		r->stats.unmoved_pages += (u64)*owed;
		*owed = 0;
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Follows page by page who holds what, turns the recording's page frames into dense ids, and
 * repairs what does not fit: frees of parts of a block, of pages that were in use before, of
 * pages that were handed out without an event, and allocations of pages whose free was missed.
 *
 * Compaction needs care. The kernel traces the free of the old place of a page that it moves but
 * not the taking of the new one, nor that it sets free pages aside first and puts the rest back
 * by ordinary frees. Taken literally, memory would leak away in a replay. So a free by a task
 * between mm_compaction_begin and _end does not end its block: the block stays held and waits
 * until the free of its new place, which nobody is known to hold, comes along (import_moved.h).
 * Page counts are then right at all times; where the moved pages lie is not known.
 */
#include <stdlib.h>

#include "workload/import_internal.h"

static bool no_memory(struct import *im)
{
	return err_set(im->err, ERR_HOST_RES, "no memory for the live pages of %s",
		       stream_name(im->in));
}

static bool emit(struct import *im, struct trace_event *ev)
{
	ev->t = im->now.t;
	ev->cpu = im->now.cpu;
	ev->task = im->now.task;
	ev->flags |= im->now.flags;
	im->stats->written++;
	return trace_write(im->writer, ev, im->err);
}

static bool grow_blocks(struct import_pages *pages)
{
	u32 cap = pages->block_cap ? pages->block_cap * 2 : 1024;
	struct import_block *bigger;

	if (cap > TRACE_IDS)
		return false;
	bigger = realloc(pages->block, cap * sizeof(*bigger));
	if (!bigger)
		return false;
	pages->block = bigger;
	pages->block_cap = cap;
	return true;
}

/* Index of a new block: the one given back last, so that ids stay few and warm. */
static bool new_block(struct import *im, u32 *id)
{
	struct import_pages *pages = &im->pages;

	if (pages->unused) {
		*id = pages->unused - 1;
		pages->unused = pages->block[*id].next;
		return true;
	}
	if (pages->nr_block == pages->block_cap && !grow_blocks(pages))
		return no_memory(im);
	*id = pages->nr_block++;
	return true;
}

/* The trace gives back a piece of a block: whole, if nothing of it was given back before. */
static bool emit_piece(struct import *im, u32 id, u32 offset, u32 order)
{
	struct import_block *block = &im->pages.block[id];
	struct trace_event ev = {.op = TRACE_FREE_PART, .id = id, .pfn = TRACE_NO_PFN,
				 .offset = (u16)offset, .order = (u8)order};

	if (order == block->order) {
		ev.op = TRACE_FREE;
		ev.order = 0;
	}
	block->left -= 1u << order;
	if (!block->left) {
		block->next = im->pages.unused;
		im->pages.unused = id + 1;
		im->stats->live_blocks--;
	}
	im->stats->live_pages -= 1ull << order;
	return emit(im, &ev);
}

/* Compaction takes a piece of a block elsewhere. */
static bool emit_move(struct import *im, u32 id, u32 offset, u32 order)
{
	bool whole = order == im->pages.block[id].order;
	struct trace_event ev = {.op = whole ? TRACE_MOVE : TRACE_MOVE_PART, .id = id,
				 .pfn = TRACE_NO_PFN, .node = TRACE_NO_NODE,
				 .offset = (u16)offset, .order = (u8)(whole ? 0 : order)};

	return emit(im, &ev);
}

bool import_compaction_begins(struct import *im, u32 pfn)
{
	struct trace_event ev = {.op = TRACE_COMPACT, .id = TRACE_NO_ID, .pfn = pfn,
				 .node = TRACE_NO_NODE};

	return emit(im, &ev);
}

bool import_task_event(struct import *im, enum trace_op op, u16 child)
{
	struct trace_event ev = {.op = (u8)op, .id = TRACE_NO_ID, .pfn = TRACE_NO_PFN,
				 .node = TRACE_NO_NODE, .offset = child};

	return emit(im, &ev);
}

/* Largest aligned piece that begins at offset and has at most n pages. */
static u32 piece_order(u32 offset, u32 n)
{
	u32 order = 31 - (u32)__builtin_clz(n);

	if (offset && (u32)__builtin_ctz(offset) < order)
		order = (u32)__builtin_ctz(offset);
	return order;
}

/* n pages of a block leave their frames: given back, or (moved) held on at an unknown place. */
static bool release(struct import *im, u32 id, u32 offset, u32 n, bool moved)
{
	struct import_pages *pages = &im->pages;

	for (u32 i = 0; i < n; i++)
		umap_remove(&pages->of, pages->block[id].key + (u64)(offset + i) * KEY_PAGE);
	while (n) {
		u32 order = piece_order(offset, n);

		if (moved) {
			im->stats->moved_pages += 1u << order;
			if (!moved_add(&pages->moved, id, pages->block[id].owner, offset, order))
				return no_memory(im);
			if (!emit_move(im, id, offset, order))
				return false;
		} else if (!emit_piece(im, id, offset, order)) {
			return false;
		}
		offset += 1u << order;
		n -= 1u << order;
	}
	return true;
}

/* How many pages from `at` on, at most n, lie in the same live block as it, one after another. */
static u32 run_in_block(const struct import *im, u64 key, u32 n, u32 *id, u32 *offset)
{
	const struct import_pages *pages = &im->pages;
	u32 run = 0;

	*id = umap_get(&pages->of, key);
	if (*id == UMAP_NONE)
		return 0;
	*offset = (u32)((key - pages->block[*id].key) / KEY_PAGE);
	while (run < n && umap_get(&pages->of, key + (u64)run * KEY_PAGE) == *id)
		run++;
	return run;
}

bool import_is_live(const struct import *im, u64 key)
{
	return umap_get(&im->pages.of, key) != UMAP_NONE;
}

/* Frames that are handed out though they are held: their frees were missed. */
static bool repair_missed_frees(struct import *im, const struct import_request *rq)
{
	u32 id, offset, n = 1u << rq->order;

	for (u32 i = 0; i < n;) {
		u32 run = run_in_block(im, rq->key + (u64)i * KEY_PAGE, n - i, &id, &offset);

		if (!run) {
			i++;
			continue;
		}
		im->stats->missed_frees++;
		if (!release(im, id, offset, run, false))
			return false;
		i += run;
	}
	return true;
}

static bool emit_alloc(struct import *im, const struct import_request *rq, u32 id)
{
	struct trace_event ev = {
		.op = TRACE_ALLOC,
		.id = id,
		.pfn = TRACE_NO_PFN,
		.gfp_name = rq->gfp_name,
		.order = (u8)rq->order,
		.node = TRACE_NO_NODE,
		.flags = rq->failed ? TRACE_F_FAILED : 0,
	};

	return emit(im, &ev);
}

bool import_alloc(struct import *im, const struct import_request *rq)
{
	bool seen;
	u32 id = 0;

	im->stats->allocs++;
	if (rq->failed) {
		im->stats->failed_allocs++;
		return emit_alloc(im, rq, TRACE_NO_ID);
	}
	im->stats->alloc_pages += 1ull << rq->order;
	if (!repair_missed_frees(im, rq) || !new_block(im, &id))
		return false;
	im->pages.block[id] = (struct import_block){
	    .key = rq->key, .owner = rq->owner, .left = 1u << rq->order, .order = (u8)rq->order};
	for (u32 i = 0; i < 1u << rq->order; i++)
		if (!umap_put(&im->pages.of, rq->key + (u64)i * KEY_PAGE, id))
			return no_memory(im);
	if (!import_seen_note(im, rq, import_first_of(rq), &seen))
		return false;
	im->stats->live_blocks++;
	im->stats->live_pages += 1ull << rq->order;
	im->stats->live_pages_peak = max_u64(im->stats->live_pages_peak, im->stats->live_pages);
	return emit_alloc(im, rq, id);
}

static bool emit_boot(struct import *im, const struct import_request *rq)
{
	struct trace_event ev = {
		.op = TRACE_FREE_BOOT,
		.id = TRACE_NO_ID,
		.pfn = rq->has_pfn ? (u32)rq->pfn : TRACE_NO_PFN,
		.order = (u8)rq->order,
	};

	return emit(im, &ev);
}

/*
 * The free of 2^order pages at a place where a moved block must be: of that block, or as much of
 * it as is freed; what is left of a larger one goes on waiting. *dropped pages found none.
 */
static bool free_moved(struct import *im, u32 owner, u32 order, u32 *dropped)
{
	struct moved *moved = &im->pages.moved;
	u32 left = 1u << order;
	struct moved_piece piece;

	while (left && moved_take(moved, owner, piece_order(0, left), &piece)) {
		u32 want = piece_order(0, left);

		while (piece.order > want) {
			piece.order--;
			if (!moved_add(moved, piece.id, piece.owner,
				       piece.offset + (1u << piece.order), piece.order))
				return no_memory(im);
		}
		left -= 1u << piece.order;
		if (!emit_piece(im, piece.id, piece.offset, piece.order))
			return false;
	}
	*dropped = left;
	return true;
}

/*
 * A compacting thread frees single pages that nobody is known to hold: pages of blocks that it
 * moves once more, or free ones that it had set aside and puts back. The latter comes last in a
 * run: if a move follows, these were moves.
 */
static bool move_again(struct import *im, u32 thread)
{
	struct moved *moved = &im->pages.moved;
	u32 n = umap_get(&im->pages.aside, thread);
	struct moved_piece piece;

	if (n == UMAP_NONE)
		return true;
	umap_remove(&im->pages.aside, thread);
	for (; n && moved_any(moved, 0); n--) {
		moved_take_oldest(moved, 0, &piece);
		if (!moved_add(moved, piece.id, piece.owner, piece.offset, 0))
			return no_memory(im);
		im->stats->unknown_again++;
		im->stats->unknown_compaction--;
		if (!emit_move(im, piece.id, piece.offset, 0))
			return false;
	}
	return true;
}

static bool set_aside(struct import *im, const struct import_request *rq)
{
	u32 n = umap_get(&im->pages.aside, rq->thread);

	im->stats->unknown_compaction++;
	if (rq->order)
		return true;
	return umap_put(&im->pages.aside, rq->thread, n == UMAP_NONE ? 1 : n + 1) || no_memory(im);
}

void import_compaction_ends(struct import *im, u32 thread)
{
	umap_remove(&im->pages.aside, thread);
}

/* A free of pages that nobody is known to hold. */
static bool free_unknown(struct import *im, const struct import_request *rq)
{
	u32 dropped = 0;
	bool seen;

	im->stats->unknown_frees++;
	if (!import_seen_note(im, rq, rq->compaction ? FIRST_UNKNOWN : FIRST_USED, &seen))
		return false;
	if (rq->compaction)
		return set_aside(im, rq);
	if (!seen) {
		im->stats->unknown_boot++;
		return emit_boot(im, rq);
	}
	if (!free_moved(im, rq->owner, rq->order, &dropped))
		return false;
	if (dropped == 1u << rq->order)
		im->stats->unknown_dropped++;
	else
		im->stats->unknown_moved++;
	return true;
}

/* A free that touches more than one block, or pages held and not held: events were missed. */
static bool free_mixed(struct import *im, const struct import_request *rq)
{
	u32 id, offset, n = 1u << rq->order;

	im->stats->mixed_frees++;
	for (u32 i = 0; i < n;) {
		u32 run = run_in_block(im, rq->key + (u64)i * KEY_PAGE, n - i, &id, &offset);

		if (run && !release(im, id, offset, run, rq->compaction))
			return false;
		i += run ? run : 1;
	}
	return true;
}

bool import_free(struct import *im, const struct import_request *rq)
{
	u32 id, offset, n = 1u << rq->order, run, live = 0;

	im->stats->frees++;
	im->stats->free_pages += n;
	run = run_in_block(im, rq->key, n, &id, &offset);
	if (run == n) {
		bool whole = im->pages.block[id].order == rq->order;

		im->stats->exact_frees += whole;
		im->stats->part_frees += !whole;
		im->stats->moved += rq->compaction;
		if (rq->compaction && !move_again(im, rq->thread))
			return false;
		return release(im, id, offset, n, rq->compaction);
	}
	for (u32 i = 0; i < n && !live; i++)
		live += import_is_live(im, rq->key + (u64)i * KEY_PAGE);
	if (live)
		return free_mixed(im, rq);
	return free_unknown(im, rq);
}

void import_pages_finish(struct import_pages *pages)
{
	umap_finish(&pages->of);
	moved_finish(&pages->moved);
	umap_finish(&pages->aside);
	free(pages->block);
}

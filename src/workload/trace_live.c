/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of live ids: the one place that says whether a free may come. The check of a file and
 * the replay share it; the replay keeps its frame numbers in it.
 */
#include "workload/trace_live.h"

#include <stdlib.h>
#include <string.h>

/* An id may be this far beyond four times the allocations so far. */
#define ID_AHEAD (64u << 10)

/* slot.info */
#define SLOT_LIVE	 BIT(0)
#define SLOT_PARTS	 BIT(1)
#define SLOT_ORDER_SHIFT 2
#define SLOT_PARTS_SHIFT 6
#define SLOT_PARTS_MAX	 (1u << (32 - SLOT_PARTS_SHIFT))

struct trace_parts {
	union {
		u64 word;   /* orders to 6; bit set: page given back */
		u64 *words; /* larger ones */
		u32 next;   /* while unused: 1 + index of the next unused one */
	};
	u32 left; /* pages still held */
};

static bool no_memory(const struct trace_reader *reader, struct err *err)
{
	return err_set(err, ERR_HOST_RES, "%s: no memory for its live blocks",
		       trace_reader_path(reader));
}

static bool make_room(struct trace_live *live, const struct trace_reader *reader,
		      const struct trace_event *event, struct err *err)
{
	u32 cap = live->cap ? live->cap : 1024;
	struct trace_slot *slots;

	if (event->id >= ID_AHEAD + 4 * live->allocs)
		return trace_error(reader, event, err,
				   "id %u after %llu allocations: ids are to be dense, the id of "
				   "a freed block used again", event->id,
				   (unsigned long long)live->allocs);
	while (cap <= event->id)
		cap *= 2;
	slots = realloc(live->slots, cap * sizeof(*slots));
	if (!slots)
		return no_memory(reader, err);
	memset(slots + live->cap, 0, (cap - live->cap) * sizeof(*slots));
	live->slots = slots;
	live->cap = cap;
	return true;
}

static bool apply_alloc(struct trace_live *live, const struct trace_reader *reader,
			const struct trace_event *event, struct err *err)
{
	struct trace_slot *slot;

	if (unlikely(event->id >= live->cap) && !make_room(live, reader, event, err))
		return false;
	slot = &live->slots[event->id];
	if (unlikely(slot->info & SLOT_LIVE))
		return trace_error(reader, event, err, "id %u is in use already", event->id);
	slot->pfn = TRACE_NO_PFN;
	slot->info = SLOT_LIVE | (u32)event->order << SLOT_ORDER_SHIFT;
	live->allocs++;
	live->blocks++;
	live->pages += 1ull << event->order;
	if (live->blocks > live->blocks_peak)
		live->blocks_peak = live->blocks;
	if (live->pages > live->pages_peak)
		live->pages_peak = live->pages;
	return true;
}

static u32 slot_order(const struct trace_slot *slot)
{
	return slot->info >> SLOT_ORDER_SHIFT & 15;
}

u32 trace_live_order(const struct trace_live *live, u32 id)
{
	return slot_order(&live->slots[id]);
}

/* An unused entry, or a new one at the end; 1 + its index, 0 if the host has no memory. */
static u32 parts_take(struct trace_live *live)
{
	u32 taken = live->parts_free, cap;
	struct trace_parts *parts;

	if (taken) {
		live->parts_free = live->parts[taken - 1].next;
		return taken;
	}
	if (live->nr_parts == live->parts_cap) {
		cap = live->parts_cap ? live->parts_cap * 2 : 64;
		if (cap > SLOT_PARTS_MAX)
			return 0;
		parts = realloc(live->parts, cap * sizeof(*parts));
		if (!parts)
			return 0;
		live->parts = parts;
		live->parts_cap = cap;
	}
	return ++live->nr_parts;
}

static void parts_give_back(struct trace_live *live, u32 taken)
{
	live->parts[taken - 1].next = live->parts_free;
	live->parts_free = taken;
}

static struct trace_parts *parts_new(struct trace_live *live, struct trace_slot *slot)
{
	u32 order = slot_order(slot), taken = parts_take(live);
	struct trace_parts *parts;

	if (!taken)
		return NULL;
	parts = &live->parts[taken - 1];
	if (order <= 6) {
		parts->word = 0;
	} else {
		parts->words = calloc(1u << (order - 6), sizeof(u64));
		if (!parts->words) {
			parts_give_back(live, taken);
			return NULL;
		}
	}
	parts->left = 1u << order;
	slot->info |= SLOT_PARTS | (taken - 1) << SLOT_PARTS_SHIFT;
	return parts;
}

static void parts_drop(struct trace_live *live, struct trace_slot *slot)
{
	u32 index = slot->info >> SLOT_PARTS_SHIFT;

	if (slot_order(slot) > 6)
		free(live->parts[index].words);
	parts_give_back(live, index + 1);
}

/* The bits of n pages from offset in a word: all of it if there are more. */
static u64 mask_of(u32 offset, u32 n)
{
	return n >= 64 ? UINT64_MAX : ((1ull << n) - 1) << (offset & 63);
}

/* Was any of n pages from offset given back before? */
static bool any_marked(const u64 *words, u32 offset, u32 n)
{
	for (u32 i = offset >> 6; i <= (offset + n - 1) >> 6; i++)
		if (words[i] & mask_of(offset, n))
			return true;
	return false;
}

/* Marks n pages from offset as given back; false if one was before. */
static bool mark(u64 *words, u32 offset, u32 n)
{
	if (any_marked(words, offset, n))
		return false;
	for (u32 i = offset >> 6; i <= (offset + n - 1) >> 6; i++)
		words[i] |= mask_of(offset, n);
	return true;
}

static bool part_error(const struct trace_reader *reader, const struct trace_event *event,
		       u32 order, struct err *err)
{
	return trace_error(reader, event, err,
			   "%u pages at %u are no part of id %u, a block of %u pages",
			   1u << event->order, event->offset, event->id, 1u << order);
}

static bool gone_error(const struct trace_reader *reader, const struct trace_event *event,
		       struct err *err)
{
	return trace_error(reader, event, err, "%u pages at %u of id %u were given back before",
			   1u << event->order, event->offset, event->id);
}

/* A part that moves: it has to be there still. */
static bool check_part(const struct trace_live *live, const struct trace_reader *reader,
		       const struct trace_event *event, const struct trace_slot *slot,
		       struct err *err)
{
	u32 order = slot_order(slot), n = 1u << event->order;
	const struct trace_parts *parts;

	if (event->order >= order || event->offset + n > 1u << order)
		return part_error(reader, event, order, err);
	if (!(slot->info & SLOT_PARTS))
		return true;
	parts = &live->parts[slot->info >> SLOT_PARTS_SHIFT];
	return !any_marked(order > 6 ? parts->words : &parts->word, event->offset, n) ||
	       gone_error(reader, event, err);
}

static bool apply_part(struct trace_live *live, const struct trace_reader *reader,
		       const struct trace_event *event, struct trace_slot *slot,
		       struct trace_freed *freed, struct err *err)
{
	u32 order = slot_order(slot), n = 1u << event->order;
	struct trace_parts *parts;

	if (event->order >= order || event->offset + n > 1u << order)
		return part_error(reader, event, order, err);
	parts = slot->info & SLOT_PARTS ? &live->parts[slot->info >> SLOT_PARTS_SHIFT]
					: parts_new(live, slot);
	if (!parts)
		return no_memory(reader, err);
	if (!mark(order > 6 ? parts->words : &parts->word, event->offset, n))
		return gone_error(reader, event, err);
	parts->left -= n;
	live->pages -= n;
	freed->last = parts->left == 0;
	if (freed->last) {
		parts_drop(live, slot);
		slot->info = 0;
		live->blocks--;
	}
	return true;
}

bool trace_live_apply(struct trace_live *live, const struct trace_reader *reader,
		      const struct trace_event *event, struct trace_freed *freed, struct err *err)
{
	struct trace_slot *slot;

	if (event->id == TRACE_NO_ID)
		return true;
	if (event->op == TRACE_ALLOC)
		return apply_alloc(live, reader, event, err);
	if (unlikely(event->id >= live->cap || !(live->slots[event->id].info & SLOT_LIVE)))
		return trace_error(reader, event, err, "id %u is not in use", event->id);
	slot = &live->slots[event->id];
	freed->pfn = slot->pfn;
	freed->order = (u8)slot_order(slot);
	freed->last = true;
	if (event->op == TRACE_MOVE_PART)
		return check_part(live, reader, event, slot, err);
	if (event->op == TRACE_FREE_PART)
		return apply_part(live, reader, event, slot, freed, err);
	if (unlikely(slot->info & SLOT_PARTS))
		return trace_error(reader, event, err,
				   "id %u was given back in part: the rest goes in parts too",
				   event->id);
	if (event->op == TRACE_MOVE)
		return true;
	slot->info = 0;
	live->blocks--;
	live->pages -= 1ull << freed->order;
	return true;
}

void trace_live_finish(struct trace_live *live)
{
	for (u32 id = 0; id < live->cap; id++) {
		struct trace_slot *slot = &live->slots[id];

		if (slot->info & SLOT_PARTS)
			parts_drop(live, slot);
	}
	free(live->slots);
	free(live->parts);
	*live = (struct trace_live){0};
}

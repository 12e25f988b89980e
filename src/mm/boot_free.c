/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the free blocks lie: from the largest order down, each time on the candidates that agree
 * best with the trace's hints, the seed deciding among equals. Two rules of a real free list hold
 * throughout: blocks are aligned, and no two free buddies stand side by side unmerged.
 */
#include <assert.h>
#include <stdlib.h>

#include "mm/boot_pick.h"
#include "mm/boot_place.h"

/* Above the frames of the largest block, so that guesses never add up to a hint. */
#define SCORE_HINT (1ll << MAX_PAGE_ORDER_LIMIT)

/* Which pageblocks a search may use. */
enum where {
	IN_TYPE,    /* those of the wanted type */
	IN_CONVERT, /* those of another type that hold nothing free yet */
	IN_ANY,
};

static bool block_allowed(const struct placer *p, const struct place_block *block,
			  enum migratetype mt, u32 order, enum where where)
{
	if (order >= p->mm->pageblock_order) {
		/* Where CMA lies is known if the config names the areas. */
		bool open = block->type == BLOCK_OPEN &&
			    (mt != MIGRATE_CMA || !p->mm->machine->nr_cma);

		return open || (block->type == mt && !block->nr_placed) || !p->proc->have_types;
	}
	if (where == IN_TYPE)
		return block->type == mt;
	if (where == IN_CONVERT)
		return !block->preset && !block->nr_placed && block->type != mt &&
		       (block->type == MIGRATE_MOVABLE || block->type == MIGRATE_UNMOVABLE ||
			block->type == MIGRATE_RECLAIMABLE);
	return true;
}

/*
 * How well a free block there agrees with what is known; false: it cannot lie there. A hint about
 * a single frame weighs more than a guess about all of them.
 */
static bool score(const struct placer *p, u64 pfn, u32 order, s64 *out)
{
	const u8 *map = placer_map(p, pfn);
	s64 sum = 0;

	for (u64 i = 0; i < 1ull << order; i++) {
		if (!(map[i] & MAP_AVAIL))
			return false;
		if (map[i] & MAP_HINT_USED)
			sum -= 16 * SCORE_HINT;
		else if (map[i] & MAP_HINT_FREE)
			sum += 4 * SCORE_HINT;
		if (map[i] & MAP_SOFT)
			sum--;
	}
	*out = sum;
	return true;
}

static bool buddy_placed(const struct placer *p, u64 pfn, u32 order)
{
	u64 buddy = pfn ^ (1ull << order);

	return order < p->mm->max_order && zone_spans_pfn(p->zone, buddy) &&
	       *placer_map(p, buddy) >> MAP_ORDER == order + 1;
}

/* Equal scores: the seed decides; whole pageblocks stay free rather high up, as a kernel that
   fills memory from below leaves them. */
static s64 pick_key(struct placer *p, u64 pfn, u32 order, s64 points)
{
	u64 low = rng_below(&p->rng, 1u << 30);

	if (order >= p->mm->pageblock_order && !p->hinted)
		low += ((pfn - p->zone->start_pfn) << 30) / p->zone->spanned_pages;
	return points * (1ll << 31) + (s64)low;
}

static void offer_candidates(struct placer *p, struct picker *picker, enum migratetype mt,
			     u32 order, enum where where)
{
	u64 step = 1ull << order, end = zone_end_pfn(p->zone);
	u64 pfn = (p->zone->start_pfn + step - 1) & ~(step - 1);
	u64 blocks = order > p->mm->pageblock_order ? 1ull << (order - p->mm->pageblock_order) : 1;
	s64 points;

	for (; pfn + step <= end; pfn += step) {
		const struct place_block *block = placer_block(p, pfn);
		bool allowed = true;

		for (u64 i = 0; i < blocks; i++)
			allowed &= block_allowed(p, &block[i], mt, order, where);
		if (allowed && !buddy_placed(p, pfn, order) && score(p, pfn, order, &points))
			picker_offer(picker, pick_key(p, pfn, order, points), (u32)pfn);
	}
}

/* The block takes its place, and where it covers pageblocks decides their type. */
static void occupy(struct placer *p, u64 pfn, u32 order, enum migratetype mt)
{
	u8 *map = placer_map(p, pfn);
	struct place_block *block = placer_block(p, pfn);
	u64 blocks = order > p->mm->pageblock_order ? 1ull << (order - p->mm->pageblock_order) : 1;

	for (u64 i = 0; i < 1ull << order; i++)
		map[i] &= (u8)~(MAP_AVAIL | MAP_SOFT);
	*map = (u8)(*map | (order + 1) << MAP_ORDER);
	for (u64 i = 0; i < blocks; i++) {
		block[i].nr_placed++;
		if (order < p->mm->pageblock_order || block[i].type != BLOCK_OPEN)
			continue;
		block[i].type = (u8)mt;
		p->left[mt]--;
	}
}

/* List type of a block: its pageblock's where lists are kept clean. */
static enum migratetype list_type(const struct placer *p, u64 pfn, enum migratetype mt)
{
	if (p->proc->have_types && !p->mm->profile->freelist_hygiene)
		return mt;
	return (enum migratetype)placer_block(p, pfn)->type;
}

static int pfn_cmp(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

/* Onto the lists: large blocks as the boot left them, ascending; small ones in no order. */
static void enlist(struct placer *p, u32 *pfns, u64 n, u32 order, enum migratetype mt)
{
	if (order >= p->mm->pageblock_order) {
		qsort(pfns, n, sizeof(*pfns), pfn_cmp);
	} else {
		for (u64 i = n; i > 1; i--) {
			u64 k = rng_below(&p->rng, i);
			u32 t = pfns[i - 1];

			pfns[i - 1] = pfns[k];
			pfns[k] = t;
		}
	}
	for (u64 i = 0; i < n; i++) {
		enum migratetype list = list_type(p, pfns[i], mt);

		account_freepages(p->zone, 0, (s64)(1ull << order), list);
		__add_to_free_list(p->zone, 0, pfns[i], order, list, true);
	}
}

/*
 * Places up to n blocks; returns how many, or -1 without host memory. Each block taken rules out at
 * most one further candidate, its buddy: the best 2n are enough to choose from.
 */
static s64 place_some(struct placer *p, enum migratetype mt, u32 order, u64 n, enum where where)
{
	struct picker picker;
	u64 placed = 0;
	u32 *pfns = calloc(n, sizeof(*pfns));

	if (!pfns || !picker_init(&picker, 2 * n)) {
		free(pfns);
		err_set(p->err, ERR_HOST_RES, "no memory to place free blocks");
		return -1;
	}
	offer_candidates(p, &picker, mt, order, where);
	picker_sort(&picker);
	for (u64 i = 0; i < picker.n && placed < n; i++) {
		if (buddy_placed(p, picker.heap[i].pfn, order))
			continue;
		occupy(p, picker.heap[i].pfn, order, mt);
		pfns[placed++] = picker.heap[i].pfn;
	}
	enlist(p, pfns, placed, order, mt);
	picker_finish(&picker);
	free(pfns);
	return (s64)placed;
}

/*
 * Pageblocks without free blocks become mt, enough of them for n blocks; returns how many, or -1.
 * The /proc files are read one after the other, so their counts need not agree to the last block.
 */
static s64 convert_blocks(struct placer *p, enum migratetype mt, u32 order, u64 n)
{
	u64 per_block = max_u64(1, p->mm->pageblock_nr_pages >> (order + 1)), converted = 0;
	u64 wanted = (n + per_block - 1) / per_block;
	struct picker picker;

	if (!picker_init(&picker, wanted * per_block * 2)) {
		err_set(p->err, ERR_HOST_RES, "no memory to place free blocks");
		return -1;
	}
	offer_candidates(p, &picker, mt, order, IN_CONVERT);
	picker_sort(&picker);
	for (u64 i = 0; i < picker.n && converted < wanted; i++) {
		struct place_block *block = placer_block(p, picker.heap[i].pfn);

		if (block->type == mt)
			continue;
		p->left[block->type]++;
		p->left[mt]--;
		block->type = (u8)mt;
		converted++;
	}
	picker_finish(&picker);
	return (s64)converted;
}

static bool place_all(struct placer *p, enum migratetype mt, u32 order)
{
	u64 left = p->want[mt][order];
	bool may_convert = p->proc->have_types && p->mm->profile->freelist_hygiene;
	enum where where = p->proc->have_types ? IN_TYPE : IN_ANY;

	while (left) {
		s64 n = place_some(p, mt, order, left, where);

		if (n < 0)
			return false;
		left -= (u64)n;
		if (!left || order >= p->mm->pageblock_order)
			break;
		if (where == IN_ANY)
			break;
		n = may_convert ? convert_blocks(p, mt, order, left) : 0;
		if (n < 0)
			return false;
		if (!n)
			where = IN_ANY;
	}
	if (!left)
		return true;
	return err_set(p->err, ERR_INPUT,
		       "zone %s of node %u: %llu free blocks of order %u do not fit in",
		       zone_name(p->zone->type), p->zone->nid, (unsigned long long)left, order);
}

static void assign(struct placer *p, struct place_block *block, enum migratetype mt)
{
	block->type = (u8)mt;
	p->left[mt]--;
}

/* Pageblocks that can not have changed since memmap init: nothing in them was ever free, or they
   cross the zone's edge and so can not be claimed. */
static void assign_unchanged(struct placer *p)
{
	u64 n = p->mm->pageblock_nr_pages;

	for (u64 i = 0; i < p->nr_blocks; i++) {
		u64 start = p->first_pfn + i * n;
		bool whole = start >= p->zone->start_pfn && start + n <= zone_end_pfn(p->zone);
		enum migratetype mt = (enum migratetype)pfn_to_pageblock(p->mm, start)->mt;

		if (p->blocks[i].type == BLOCK_OPEN && (!p->blocks[i].avail || !whole) &&
		    p->left[mt] > 0)
			assign(p, &p->blocks[i], mt);
	}
}

/* Pageblocks out of which a trace saw a type served, the clearest first. */
static bool assign_by_votes(struct placer *p)
{
	struct picker picker;

	if (!p->hinted)
		return true;
	if (!picker_init(&picker, p->nr_blocks * MIGRATE_PCPTYPES))
		return err_set(p->err, ERR_HOST_RES, "no memory to place pageblock types");
	for (u64 i = 0; i < p->nr_blocks; i++)
		for (u32 mt = 0; mt < MIGRATE_PCPTYPES; mt++)
			if (p->blocks[i].type == BLOCK_OPEN && p->blocks[i].votes[mt])
				picker_offer(&picker, p->blocks[i].votes[mt],
					     (u32)(i * MIGRATE_PCPTYPES + mt));
	picker_sort(&picker);
	for (u64 i = 0; i < picker.n; i++) {
		struct place_block *block = &p->blocks[picker.heap[i].pfn / MIGRATE_PCPTYPES];
		enum migratetype mt = (enum migratetype)(picker.heap[i].pfn % MIGRATE_PCPTYPES);

		if (block->type == BLOCK_OPEN && p->left[mt] > 0)
			assign(p, block, mt);
	}
	picker_finish(&picker);
	return true;
}

/* Draws a type for the next pageblock upwards: kernels claim movable blocks from below, so the
   other types weigh more as long as they last. */
static enum migratetype draw_type(struct placer *p)
{
	u64 weight[MIGRATE_TYPES], sum = 0, draw;

	for (u32 mt = 0; mt < MIGRATE_TYPES; mt++) {
		weight[mt] = p->left[mt] > 0 ? (u64)p->left[mt] : 0;
		if (mt != MIGRATE_MOVABLE)
			weight[mt] *= 4;
		sum += weight[mt];
	}
	if (!sum)
		return MIGRATE_MOVABLE;
	draw = rng_below(&p->rng, sum);
	for (u32 mt = 0;; mt++) {
		if (draw < weight[mt])
			return (enum migratetype)mt;
		draw -= weight[mt];
	}
}

static bool assign_types(struct placer *p)
{
	assign_unchanged(p);
	if (!assign_by_votes(p))
		return false;
	for (u64 i = 0; i < p->nr_blocks; i++)
		if (p->blocks[i].type == BLOCK_OPEN)
			assign(p, &p->blocks[i], draw_type(p));
	return true;
}

bool placer_place_free(struct placer *p)
{
	u32 pageblock_order = p->mm->pageblock_order;

	for (u32 order = p->mm->max_order + 1; order-- > pageblock_order;)
		for (u32 mt = 0; mt < MIGRATE_TYPES; mt++)
			if (!place_all(p, (enum migratetype)mt, order))
				return false;
	if (!assign_types(p))
		return false;
	for (u32 order = pageblock_order; order-- > 0;)
		for (u32 mt = 0; mt < MIGRATE_TYPES; mt++)
			if (!place_all(p, (enum migratetype)mt, order))
				return false;
	for (u64 i = 0; i < p->nr_blocks; i++) {
		assert(p->blocks[i].type != BLOCK_OPEN);
		p->mm->block[(p->first_pfn >> pageblock_order) + i].mt =
			p->blocks[i].type;
	}
	return true;
}

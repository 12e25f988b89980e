/* SPDX-License-Identifier: GPL-2.0-only */
#include "naive.h"

#include <string.h>

#define BATCH_SHIFT 5

static const u32 fallback[MIGRATE_PCPTYPES][2] = {
    {MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE},
    {MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE},
    {MIGRATE_UNMOVABLE, MIGRATE_MOVABLE},
};

static u32 at(const GArray *list, u32 i)
{
	return g_array_index(list, u32, i);
}

void naive_init(struct naive *n)
{
	for (u32 o = 0; o <= n->max_order; o++)
		for (u32 mt = 0; mt < MIGRATE_PCPTYPES; mt++)
			n->free[o][mt] = g_array_new(FALSE, FALSE, sizeof(u32));
	for (u32 cpu = 0; cpu < NAIVE_CPUS; cpu++)
		for (u32 i = 0; i < NR_PCP_LISTS; i++)
			n->sets[cpu].lists[i] = g_array_new(FALSE, FALSE, sizeof(u32));
	n->block_type = g_malloc0((n->pages >> n->block_order) + 1);
}

void naive_finish(struct naive *n)
{
	for (u32 o = 0; o <= n->max_order; o++)
		for (u32 mt = 0; mt < MIGRATE_PCPTYPES; mt++)
			g_array_free(n->free[o][mt], TRUE);
	for (u32 cpu = 0; cpu < NAIVE_CPUS; cpu++)
		for (u32 i = 0; i < NR_PCP_LISTS; i++)
			g_array_free(n->sets[cpu].lists[i], TRUE);
	g_free(n->block_type);
}

void naive_add(struct naive *n, u32 pfn, u32 order, u32 mt)
{
	g_array_append_val(n->free[order][mt], pfn);
	n->nr_free += 1 << order;
}

static u8 *type_of(struct naive *n, u32 pfn)
{
	return &n->block_type[pfn >> n->block_order];
}

static void set_types(struct naive *n, u32 pfn, u32 order, u32 mt)
{
	for (u32 p = pfn; p < pfn + (1u << order); p += 1u << n->block_order)
		*type_of(n, p) = (u8)mt;
}

/* Takes the block off whatever list it is on; false if it is not free with this order. */
static bool remove_free(struct naive *n, u32 pfn, u32 order)
{
	for (u32 mt = 0; mt < MIGRATE_PCPTYPES; mt++)
		for (u32 i = 0; i < n->free[order][mt]->len; i++)
			if (at(n->free[order][mt], i) == pfn) {
				g_array_remove_index(n->free[order][mt], i);
				return true;
			}
	return false;
}

static bool is_free(const struct naive *n, u32 pfn, u32 order)
{
	for (u32 mt = 0; mt < MIGRATE_PCPTYPES; mt++)
		for (u32 i = 0; i < n->free[order][mt]->len; i++)
			if (at(n->free[order][mt], i) == pfn)
				return true;
	return false;
}

/* The lower part goes out, the upper halves to the heads of their lists. */
static u32 split(struct naive *n, u32 pfn, u32 from, u32 to, u32 mt)
{
	while (from > to) {
		u32 upper = pfn + (1u << --from);

		g_array_prepend_val(n->free[from][mt], upper);
	}
	n->nr_free -= 1 << to;
	return pfn;
}

static u32 take_head(struct naive *n, u32 list_order, u32 mt, u32 order)
{
	u32 pfn = at(n->free[list_order][mt], 0);

	g_array_remove_index(n->free[list_order][mt], 0);
	return split(n, pfn, list_order, order, mt);
}

static u32 smallest(struct naive *n, u32 order, u32 mt)
{
	for (u32 o = order; o <= n->max_order; o++)
		if (n->free[o][mt]->len)
			return take_head(n, o, mt, order);
	return PFN_NONE;
}

/* Type to fall back to at this order; MIGRATE_PCPTYPES: none. */
static u32 other_type(const struct naive *n, u32 order, u32 mt)
{
	for (u32 i = 0; i < 2; i++)
		if (n->free[order][fallback[mt][i]]->len)
			return fallback[mt][i];
	return MIGRATE_PCPTYPES;
}

/* Moves the free blocks of a pageblock, lowest first; with mt PCPTYPES only counts their pages. */
static u32 move_block(struct naive *n, u32 start, u32 mt)
{
	u32 end = start + (1u << n->block_order), pages = 0;

	for (u32 pfn = start; pfn < end; pfn++)
		for (u32 o = 0; o < n->block_order; o++) {
			if ((pfn & ((1u << o) - 1)) || !is_free(n, pfn, o))
				continue;
			pages += 1u << o;
			if (mt == MIGRATE_PCPTYPES)
				continue;
			remove_free(n, pfn, o);
			g_array_append_val(n->free[o][mt], pfn);
		}
	return pages;
}

static u32 claim(struct naive *n, u32 order, u32 mt)
{
	u32 size = 1u << n->block_order;

	for (u32 o = n->max_order + 1; o-- > order;) {
		u32 from = other_type(n, o, mt), pfn, start, pages, alike;

		if (mt == MIGRATE_MOVABLE && o < n->block_order / 2)
			break;
		if (from == MIGRATE_PCPTYPES)
			continue;
		pfn = at(n->free[o][from], 0);
		if (o >= n->block_order) {
			remove_free(n, pfn, o);
			set_types(n, pfn, o, mt);
			return split(n, pfn, o, order, mt);
		}
		start = pfn & ~(size - 1);
		pages = move_block(n, start, MIGRATE_PCPTYPES);
		alike = mt != MIGRATE_MOVABLE && from == MIGRATE_MOVABLE ? size - pages : 0;
		if (pages + alike < size / 2)
			continue;
		move_block(n, start, mt);
		*type_of(n, start) = (u8)mt;
		return smallest(n, order, mt);
	}
	return PFN_NONE;
}

static u32 steal(struct naive *n, u32 order, u32 mt)
{
	for (u32 o = order; o <= n->max_order; o++) {
		u32 from = other_type(n, o, mt);

		if (from != MIGRATE_PCPTYPES)
			return take_head(n, o, from, order);
	}
	return PFN_NONE;
}

/* stolen: remembered within a refill. */
static u32 search(struct naive *n, u32 order, u32 mt, bool *stolen)
{
	u32 pfn = PFN_NONE;

	if (!*stolen)
		pfn = smallest(n, order, mt);
	if (pfn == PFN_NONE && !*stolen)
		pfn = claim(n, order, mt);
	if (pfn != PFN_NONE)
		return pfn;
	pfn = steal(n, order, mt);
	*stolen |= pfn != PFN_NONE;
	return pfn;
}

static bool above(const struct naive *n, u32 order, s64 mark)
{
	if (n->nr_free - ((1 << order) - 1) <= mark)
		return false;
	for (u32 o = order; o <= n->max_order; o++)
		for (u32 mt = 0; mt < MIGRATE_PCPTYPES; mt++)
			if (n->free[o][mt]->len)
				return true;
	return !order;
}

static s32 clamp(s32 x, s32 low, s32 high)
{
	return x >= high ? high : x <= low ? low : x;
}

static s32 refill_size(const struct naive *n, struct naive_set *s, u32 order)
{
	s32 pages = s->batch, room;

	s->high = clamp(s->high, s->high_min, s->high_max);
	if (s->high < s->batch)
		return 1;
	if (!order)
		pages <<= s->alloc_factor;
	if (s->high_min != s->high_max && !n->below_high)
		s->high = MIN(s->high + pages, s->high_max);
	if (!order) {
		room = MAX(s->high - s->count - s->batch, s->batch);
		if (pages <= room && s->alloc_factor < BATCH_SHIFT)
			s->alloc_factor++;
		pages = MIN(pages, room);
	}
	return pages > 1 ? MAX(pages >> order, 2) : pages;
}

/* The per-CPU list of an order and type; -1: none. */
static s32 list_of(const struct naive *n, u32 order, u32 mt)
{
	if (order <= 3)
		return (s32)(3 * order + mt);
	return n->thp && order == n->block_order ? 12 + (mt == MIGRATE_MOVABLE) : -1;
}

static u32 list_order(const struct naive *n, u32 list)
{
	return list >= 12 ? n->block_order : list / 3;
}

u32 naive_alloc(struct naive *n, u32 cpu, u32 order, u32 mt)
{
	struct naive_set *s = &n->sets[cpu];
	s32 list = list_of(n, order, mt);
	bool stolen = false;
	u32 pfn;

	if (n->below_high || !above(n, order, n->high_mark)) {
		n->below_high = true;
		if (!above(n, order, 0))
			return PFN_NONE;
	}
	if (list < 0)
		return search(n, order, mt, &stolen);
	s->free_count /= 2;
	if (!s->lists[list]->len) {
		s32 blocks = refill_size(n, s, order);

		while (blocks-- && (pfn = search(n, order, mt, &stolen)) != PFN_NONE) {
			g_array_append_val(s->lists[list], pfn);
			s->count += 1 << order;
		}
	}
	pfn = at(s->lists[list], 0);
	g_array_remove_index(s->lists[list], 0);
	s->count -= 1 << order;
	return pfn;
}

static void free_block(struct naive *n, u32 pfn, u32 order, u32 mt)
{
	n->nr_free += 1 << order;
	for (; order < n->max_order && remove_free(n, pfn ^ (1u << order), order); order++) {
		if (order >= n->block_order)
			set_types(n, pfn ^ (1u << order), order, mt);
		pfn &= ~(1u << order);
	}
	if (order + 1 < n->max_order &&
	    is_free(n, (pfn & ~(1u << order)) ^ (2u << order), order + 1))
		g_array_append_val(n->free[order][mt], pfn);
	else
		g_array_prepend_val(n->free[order][mt], pfn);
}

/* Gives back `pages`, beginning with a list and going round. */
static void give_back(struct naive *n, struct naive_set *s, s32 pages, u32 list)
{
	for (pages = MIN(pages, s->count); pages > 0; list = (list + 1) % NR_PCP_LISTS)
		while (pages > 0 && s->lists[list]->len) {
			u32 order = list_order(n, list), last = s->lists[list]->len - 1;
			u32 pfn = at(s->lists[list], last);

			g_array_remove_index(s->lists[list], last);
			pages -= 1 << order;
			s->count -= 1 << order;
			free_block(n, pfn, order, *type_of(n, pfn));
		}
}

/* Is this one of a run of large blocks that should merge at once? */
static bool large_run(const struct naive *n, struct naive_set *s, u32 order)
{
	s32 enough = s->batch + (n->large_waits_for_half_min ? s->high_min / 2 : 0);
	bool large = order >= 1 && order <= 3;
	bool run = large && s->previous_was_large && s->free_count >= enough;

	s->previous_was_large = large;
	return run;
}

/* How many pages may stay. */
static s32 limit(const struct naive *n, struct naive_set *s, bool run)
{
	s32 high = s->high = clamp(s->high, s->high_min, s->high_max);
	s32 pull = MAX(s->free_count, s->batch);

	if (!high)
		return 0;
	if (run) {
		s->high = MAX(high - (s->batch << BATCH_SHIFT), s->high_min);
		return 0;
	}
	if (s->high_min == s->high_max)
		return high;
	if (n->below_high) {
		s->high = MAX(high - pull, s->high_min);
		return MAX(s->count, s->high_min);
	}
	if (s->count >= high && s->high < s->free_count + s->batch)
		s->high = clamp(s->free_count + s->batch, s->high_min, s->high_max);
	return high;
}

static void release_to_set(struct naive *n, u32 cpu, u32 pfn, u32 order, u32 list)
{
	struct naive_set *s = &n->sets[cpu];
	s32 high, pages;
	bool run;

	g_array_prepend_val(s->lists[list], pfn);
	s->count += 1 << order;
	s->alloc_factor /= 2;
	run = large_run(n, s, order);
	if (s->free_count < s->batch << BATCH_SHIFT)
		s->free_count += 1 << order;
	high = limit(n, s, run);
	if (s->count < high)
		return;
	if (run)
		pages = MIN(s->count, s->batch << BATCH_SHIFT);
	else
		pages = high < s->batch ? 1 : clamp(s->free_count, s->batch, high - s->batch);
	if (!n->drains_in_slices)
		give_back(n, s, pages, list);
	for (; n->drains_in_slices && pages > 0 && s->count; pages -= s->batch)
		give_back(n, s, MIN(pages, s->batch), list);
	if (above(n, 0, n->high_mark))
		n->below_high = false;
}

void naive_release(struct naive *n, u32 cpu, u32 pfn, u32 order)
{
	s32 list = list_of(n, order, *type_of(n, pfn));
	u32 piece = MIN(order, n->block_order);

	if (list >= 0) {
		release_to_set(n, cpu, pfn, order, (u32)list);
		return;
	}
	for (u32 p = pfn; p < pfn + (1u << order); p += 1u << piece)
		free_block(n, p, piece, *type_of(n, p));
}

void naive_drain(struct naive *n, u32 cpu)
{
	struct naive_set *s = &n->sets[cpu];

	while (s->count)
		give_back(n, s, s->batch << BATCH_SHIFT, 0);
}

void naive_decay(struct naive *n, u32 cpu)
{
	struct naive_set *s = &n->sets[cpu];

	if (s->high > s->high_min)
		s->high = MAX(MAX(s->count - (s->batch << BATCH_SHIFT), s->high - s->high / 8),
			      s->high_min);
	for (s32 pages = s->count - s->high; pages > 0; pages -= s->batch)
		give_back(n, s, MIN(pages, s->batch), 0);
}

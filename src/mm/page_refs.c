/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * References of pages that fork shared, beyond the first: a table on the side, because most pages
 * have one. Open addressing with linear probing; deletion moves later entries back, so that no
 * marks of deleted ones pile up.
 */
#include <assert.h>
#include <stdlib.h>

#include "mm/vm_internal.h"

#define FIRST_SLOTS 256u

static u32 home(const struct page_refs *refs, u32 pfn)
{
	/* Fibonacci hashing: neighbours spread, the top bits are the best mixed. */
	return (u32)((pfn * 0x9e3779b97f4a7c15ull) >> 32) & refs->mask;
}

static u32 find(const struct page_refs *refs, u32 pfn)
{
	u32 i = home(refs, pfn);

	while (refs->slots[i].extra && refs->slots[i].pfn != pfn)
		i = (i + 1) & refs->mask;
	return i;
}

static bool grow(struct page_refs *refs)
{
	u32 old = refs->slots ? refs->mask + 1 : 0;
	struct page_refs bigger = {.nr = refs->nr, .mask = (old ? old * 2 : FIRST_SLOTS) - 1};

	if (old >= 1u << 30)
		return false;
	bigger.slots = calloc(bigger.mask + 1ull, sizeof(*bigger.slots));
	if (!bigger.slots)
		return false;
	for (u32 i = 0; i < old; i++) {
		if (refs->slots[i].extra)
			bigger.slots[find(&bigger, refs->slots[i].pfn)] = refs->slots[i];
	}
	free(refs->slots);
	*refs = bigger;
	return true;
}

u32 page_refs_get(const struct page_refs *refs, u32 pfn)
{
	return refs->nr ? refs->slots[find(refs, pfn)].extra : 0;
}

bool page_refs_inc(struct page_refs *refs, u32 pfn)
{
	u32 i;

	if ((!refs->slots || refs->nr > refs->mask / 2) && !grow(refs))
		return false;
	i = find(refs, pfn);
	refs->nr += !refs->slots[i].extra;
	refs->slots[i].pfn = pfn;
	refs->slots[i].extra++;
	return true;
}

void page_refs_dec(struct page_refs *refs, u32 pfn)
{
	u32 hole = find(refs, pfn);

	assert(refs->slots[hole].extra);
	if (--refs->slots[hole].extra)
		return;
	refs->nr--;
	for (u32 i = (hole + 1) & refs->mask; refs->slots[i].extra; i = (i + 1) & refs->mask) {
		u32 at = home(refs, refs->slots[i].pfn);

		/* May the entry at i move to the hole, or would a search for it stop before? */
		if (((i - at) & refs->mask) < ((i - hole) & refs->mask))
			continue;
		refs->slots[hole] = refs->slots[i];
		refs->slots[i].extra = 0;
		hole = i;
	}
}

void page_refs_move(struct page_refs *refs, u32 from, u32 to)
{
	u32 extra = page_refs_get(refs, from), i;

	if (!extra)
		return;
	refs->slots[find(refs, from)].extra = 1;
	page_refs_dec(refs, from);
	i = find(refs, to);
	assert(!refs->slots[i].extra);
	refs->slots[i] = (struct page_ref){.pfn = to, .extra = extra};
	refs->nr++;
}

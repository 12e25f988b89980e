/* SPDX-License-Identifier: GPL-2.0-only */
/* An open-addressing map for keys that are sparse: page frames and the like. */
#include "workload/umap.h"

#include <stdlib.h>

static u32 home(const struct umap *map, u64 key)
{
	return (u32)(key * 0x9e3779b97f4a7c15ull >> 32) & (map->cap - 1);
}

/* The entry of the key, or the empty one where it would go. */
static struct umap_entry *find(const struct umap *map, u64 key)
{
	u32 at = home(map, key);

	while (map->entries[at].value != UMAP_NONE && map->entries[at].key != key)
		at = (at + 1) & (map->cap - 1);
	return &map->entries[at];
}

u32 umap_get(const struct umap *map, u64 key)
{
	return map->cap ? find(map, key)->value : UMAP_NONE;
}

static bool grow(struct umap *map)
{
	struct umap bigger = {.cap = map->cap ? map->cap * 2 : 64, .n = map->n};

	if (!bigger.cap)
		return false;
	bigger.entries = malloc(bigger.cap * sizeof(*bigger.entries));
	if (!bigger.entries)
		return false;
	for (u32 i = 0; i < bigger.cap; i++)
		bigger.entries[i].value = UMAP_NONE;
	for (u32 i = 0; i < map->cap; i++)
		if (map->entries[i].value != UMAP_NONE)
			*find(&bigger, map->entries[i].key) = map->entries[i];
	free(map->entries);
	*map = bigger;
	return true;
}

bool umap_put(struct umap *map, u64 key, u32 value)
{
	struct umap_entry *entry;

	if (map->n >= map->cap / 2 && !grow(map))
		return false;
	entry = find(map, key);
	map->n += entry->value == UMAP_NONE;
	*entry = (struct umap_entry){.key = key, .value = value};
	return true;
}

u32 umap_remove(struct umap *map, u64 key)
{
	struct umap_entry *hole = map->cap ? find(map, key) : NULL;
	u32 value, mask = map->cap - 1, gap;

	if (!hole || hole->value == UMAP_NONE)
		return UMAP_NONE;
	value = hole->value;
	gap = (u32)(hole - map->entries);
	/* whoever probed past the gap moves into it */
	for (u32 at = (gap + 1) & mask; map->entries[at].value != UMAP_NONE; at = (at + 1) & mask) {
		if (((at - home(map, map->entries[at].key)) & mask) < ((at - gap) & mask))
			continue;
		map->entries[gap] = map->entries[at];
		gap = at;
	}
	map->entries[gap].value = UMAP_NONE;
	map->n--;
	return value;
}

void umap_finish(struct umap *map)
{
	free(map->entries);
	*map = (struct umap){0};
}

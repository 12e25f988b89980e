/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * A map from u64 to u32 by open addressing: linear probes, and removal moves entries back, so that
 * its memory follows what is in it now. Starts zeroed ({0}). Operations are O(1) on average.
 */
#define UMAP_NONE UINT32_MAX

struct umap_entry {
	u64 key;
	u32 value; /* UMAP_NONE: empty */
};

struct umap {
	struct umap_entry *entries;
	u32 cap; /* a power of two, or 0 */
	u32 n;
};

/* UMAP_NONE if the key is not in. */
u32 umap_get(const struct umap *map, u64 key);
/* value < UMAP_NONE; replaces. False if the host has no memory. */
bool umap_put(struct umap *map, u64 key, u32 value);
/* The value it had, UMAP_NONE if none. */
u32 umap_remove(struct umap *map, u64 key);
void umap_finish(struct umap *map);

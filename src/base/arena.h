/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * Memory of a set-up phase: allocated piece by piece, zeroed, freed at once.
 * NULL is returned when the host or the cap has no more; nothing aborts.
 * Starts zeroed ({0}); the pieces are aligned to 16 bytes.
 */
struct arena {
	struct arena_chunk *chunks;
	u64 used, cap; /* bytes; cap 0 means 1 GiB */
};

void *arena_alloc(struct arena *arena, size_t bytes);
/* n elements of size bytes; NULL too when the product overflows. */
void *arena_alloc_array(struct arena *arena, size_t n, size_t size);
char *arena_strdup(struct arena *arena, const char *s);
/* Frees all pieces; the arena can be used again. */
void arena_finish(struct arena *arena);

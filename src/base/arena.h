/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * Memory of a set-up phase: allocated piece by piece, zeroed, freed at once.
 * NULL is returned when the host or the cap has no more; nothing aborts.
 */
struct arena {
	struct arena_chunk *chunks;
	u64 used, cap; /* bytes; cap 0 means 1 GiB */
};

void *arena_alloc(struct arena *arena, size_t bytes);
char *arena_strdup(struct arena *arena, const char *s);
void arena_finish(struct arena *arena);

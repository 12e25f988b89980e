/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of a set-up phase. Pieces are cut from chunks that double in size up to 1 MiB; a piece
 * bigger than a chunk gets a chunk of its own. Chunks come zeroed from calloc(), which for big
 * ones costs nothing until they are touched. Single pieces are never freed.
 */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGN	  16u
#define ARENA_CHUNK_FIRST (4u << 10)
#define ARENA_CHUNK_MOST  (1u << 20)
#define ARENA_CAP_DEFAULT (1ull << 30)

struct arena_chunk {
	struct arena_chunk *next;
	size_t size, used;
	_Alignas(ARENA_ALIGN) u8 data[];
};

static struct arena_chunk *chunk_add(struct arena *arena, size_t bytes)
{
	struct arena_chunk *head = arena->chunks, *chunk;
	size_t size = ARENA_CHUNK_FIRST;

	if (head && head->size < ARENA_CHUNK_MOST)
		size = head->size * 2;
	else if (head)
		size = ARENA_CHUNK_MOST;
	if (size < bytes)
		size = bytes;
	chunk = calloc(1, sizeof(*chunk) + size);
	if (!chunk)
		return NULL;
	chunk->size = size;
	/* A chunk filled by one big piece goes second: the head may still have room. */
	if (head && size == bytes) {
		chunk->next = head->next;
		head->next = chunk;
	} else {
		chunk->next = head;
		arena->chunks = chunk;
	}
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
	u64 cap = arena->cap ? arena->cap : ARENA_CAP_DEFAULT;
	struct arena_chunk *chunk = arena->chunks;
	void *piece;

	if (bytes > SIZE_MAX / 2)
		return NULL;
	bytes = bytes ? (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN : ARENA_ALIGN;
	if (arena->used > cap || bytes > cap - arena->used)
		return NULL;
	if (!chunk || chunk->size - chunk->used < bytes)
		chunk = chunk_add(arena, bytes);
	if (!chunk)
		return NULL;
	piece = chunk->data + chunk->used;
	chunk->used += bytes;
	arena->used += bytes;
	return piece;
}

void *arena_alloc_array(struct arena *arena, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return arena_alloc(arena, bytes);
}

char *arena_strdup(struct arena *arena, const char *s)
{
	size_t len = strlen(s);
	char *copy = arena_alloc(arena, len + 1);

	if (copy)
		memcpy(copy, s, len);
	return copy;
}

void arena_finish(struct arena *arena)
{
	struct arena_chunk *chunk = arena->chunks;

	while (chunk) {
		struct arena_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
	arena->chunks = NULL;
	arena->used = 0;
}

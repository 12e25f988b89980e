/* SPDX-License-Identifier: GPL-2.0-only */
#include <glib.h>
#include <string.h>

#include "base/arena.h"

static void test_pieces(void)
{
	struct arena arena = {0};
	u8 *pieces[2000];

	/* Sizes that cross chunks; each piece is zero, aligned and not shared. */
	for (gsize i = 0; i < ARRAY_SIZE(pieces); i++) {
		gsize n = i * 7 % 9000;

		pieces[i] = arena_alloc(&arena, n);
		g_assert_nonnull(pieces[i]);
		g_assert_cmpuint((uintptr_t)pieces[i] % 16, ==, 0);
		for (gsize j = 0; j < n; j++)
			g_assert_cmpuint(pieces[i][j], ==, 0);
		memset(pieces[i], (int)(i % 251) + 1, n);
	}
	for (gsize i = 0; i < ARRAY_SIZE(pieces); i++) {
		for (gsize j = 0; j < i * 7 % 9000; j++)
			g_assert_cmpuint(pieces[i][j], ==, i % 251 + 1);
	}
	g_assert_cmpstr(arena_strdup(&arena, "text"), ==, "text");
	g_assert_cmpstr(arena_strdup(&arena, ""), ==, "");
	arena_finish(&arena);
	g_assert_null(arena.chunks);
	g_assert_cmpuint(arena.used, ==, 0);
	g_assert_nonnull(arena_alloc(&arena, 1));
	arena_finish(&arena);
}

static void test_big_piece_keeps_head(void)
{
	struct arena arena = {0};
	char *a = arena_alloc(&arena, 16), *big = arena_alloc(&arena, 3 << 20),
	     *b = arena_alloc(&arena, 16);

	/* The half-used chunk goes on serving after a piece of its own chunk. */
	g_assert_nonnull(big);
	g_assert_true(b == a + 16);
	arena_finish(&arena);
}

static void test_cap(void)
{
	struct arena arena = {.cap = 1000};

	g_assert_nonnull(arena_alloc(&arena, 500));
	g_assert_null(arena_alloc(&arena, 500));
	g_assert_nonnull(arena_alloc(&arena, 480));
	g_assert_null(arena_alloc(&arena, 16));
	g_assert_null(arena_strdup(&arena, "x"));
	arena_finish(&arena);
	arena.cap = 0;
	g_assert_null(arena_alloc(&arena, (1ull << 30) + 1));
	g_assert_null(arena_alloc(&arena, SIZE_MAX));
	g_assert_null(arena_alloc(&arena, SIZE_MAX - 15));
	g_assert_null(arena_alloc_array(&arena, SIZE_MAX / 2, 4));
	g_assert_null(arena_alloc_array(&arena, 1ull << 33, 1ull << 33));
	g_assert_nonnull(arena_alloc_array(&arena, 3, 5));
	arena_finish(&arena);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/arena/pieces", test_pieces);
	g_test_add_func("/arena/big-piece-keeps-head", test_big_piece_keeps_head);
	g_test_add_func("/arena/cap", test_cap);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The importer's and the replay's tables against naive models: content, and memory that follows it.
 */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "engine/rng.h"
#include "workload/import_moved.h"
#include "workload/replay_scatter.h"

/* Keys that meet in few places, put and removed at random. */
static void test_umap(void)
{
	u32 model[512];
	struct umap map = {0};
	struct rng rng;
	u32 n = 0;

	memset(model, 0xff, sizeof(model));
	g_assert_cmpuint(umap_get(&map, 1), ==, UMAP_NONE);
	g_assert_cmpuint(umap_remove(&map, 1), ==, UMAP_NONE);
	rng_init(&rng, 1, "umap");
	for (u32 i = 0; i < 200000; i++) {
		u32 key = (u32)rng_below(&rng, ARRAY_SIZE(model)),
		    value = (u32)rng_below(&rng, 1000);
		u64 spread = key * 0x100000001ull;

		if (rng_below(&rng, 2)) {
			n += model[key] == UMAP_NONE;
			model[key] = value;
			g_assert_true(umap_put(&map, spread, value));
		} else {
			n -= model[key] != UMAP_NONE;
			g_assert_cmpuint(umap_remove(&map, spread), ==, model[key]);
			model[key] = UMAP_NONE;
		}
		g_assert_cmpuint(map.n, ==, n);
		key = (u32)rng_below(&rng, ARRAY_SIZE(model));
		g_assert_cmpuint(umap_get(&map, key * 0x100000001ull), ==, model[key]);
	}
	g_assert_cmpuint(map.cap, <=, 2048);
	umap_finish(&map);
}

struct naive {
	u32 id, owner, order;
	bool in;
};

/* The oldest of the owner, else of anybody, by order: exact, larger, then the largest smaller. */
static u32 naive_take(struct naive *all, u32 n, u32 owner, u32 order)
{
	for (u32 step = 0; step < 2 * NR_PAGE_ORDERS_LIMIT; step++) {
		u32 o = step < NR_PAGE_ORDERS_LIMIT ? order + step
						    : order - 1 - (step - NR_PAGE_ORDERS_LIMIT);

		if (o >= NR_PAGE_ORDERS_LIMIT)
			continue;
		for (u32 pass = 0; pass < 2; pass++)
			for (u32 i = 0; i < n; i++)
				if (all[i].in && all[i].order == o &&
				    (pass || all[i].owner == owner))
					return i;
	}
	return UINT32_MAX;
}

static void test_moved(void)
{
	enum { N = 3000 };
	struct naive *all = g_new0(struct naive, N);
	struct moved moved = {0};
	struct moved_piece piece;
	u32 n = 0, in = 0;
	u64 pages = 0;
	struct rng rng;

	rng_init(&rng, 1, "moved");
	while (n < N) {
		u32 owner = (u32)rng_below(&rng, 5), order = (u32)rng_below(&rng, 4), at;

		if (in < 40 && rng_below(&rng, 2)) {
			all[n] = (struct naive){n, owner, order, true};
			g_assert_true(moved_add(&moved, n, owner, n & 7, order));
			n++;
			pages += 1ull << order;
			in++;
		} else {
			at = naive_take(all, n, owner, order);
			g_assert_cmpint(moved_take(&moved, owner, order, &piece), ==,
					at != UINT32_MAX);
			if (at != UINT32_MAX) {
				g_assert_cmpuint(piece.id, ==, at);
				g_assert_cmpuint(piece.offset, ==, at & 7);
				g_assert_cmpuint(piece.owner, ==, all[at].owner);
				all[at].in = false;
				pages -= 1ull << all[at].order;
				in--;
			}
		}
		g_assert_cmpuint(moved.pages, ==, pages);
	}
	/* as many as were in at once, not as many as ever were */
	g_assert_cmpuint(moved.nr_piece, <=, 40);
	g_assert_cmpuint(moved.nr_queue, <=, 20);
	moved_finish(&moved);
	g_free(all);
}

static void test_scatter(void)
{
	struct scatter scatter = {0};

	for (u32 round = 0; round < 100; round++) {
		for (u32 id = round; id < round + 100; id++) {
			u32 *frames = malloc(sizeof(*frames));

			*frames = id * 3;
			g_assert_true(scatter_add(&scatter, id, frames));
		}
		for (u32 id = round; id < round + 100; id++) {
			g_assert_cmpuint(*scatter_get(&scatter, id), ==, id * 3);
			scatter_drop(&scatter, id);
			g_assert_null(scatter_get(&scatter, id));
		}
	}
	g_assert_cmpuint(scatter.cap, <=, 128);
	scatter_finish(&scatter);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/workload/tables/umap", test_umap);
	g_test_add_func("/workload/tables/moved", test_moved);
	g_test_add_func("/workload/tables/scatter", test_scatter);
	return g_test_run();
}

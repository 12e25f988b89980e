/* SPDX-License-Identifier: GPL-2.0-only */
/* What survival tells of uses, against a slow model. */
#include <glib.h>

#include "engine/rng.h"
#include "workload/replay_uses.h"

#define LATE (10 * NSEC_PER_SEC)

static void test_order(void)
{
	struct replay_uses *uses = uses_create();

	for (u32 block = 0; block < 6; block++)
		g_assert_true(uses_alloc(uses, block, true));
	g_assert_true(uses_alloc(uses, 6, false));
	g_assert_true(uses_free(uses, 1, 1, false)); /* by its program: tells nothing */
	g_assert_true(uses_free(uses, 77, 1, true)); /* unknown */
	g_assert_cmpuint(uses_next(uses, LATE), ==, USES_NONE);
	g_assert_true(uses_free(uses, 3, LATE, true));
	g_assert_cmpuint(uses_next(uses, LATE + 3 * NSEC_PER_SEC), ==, USES_NONE);
	g_assert_cmpuint(uses_next(uses, LATE + 4 * NSEC_PER_SEC), ==, 0);
	g_assert_cmpuint(uses_next(uses, LATE + 4 * NSEC_PER_SEC), ==, 2);
	g_assert_cmpuint(uses_next(uses, LATE + 4 * NSEC_PER_SEC), ==, USES_NONE);
	/* now 4, 5, 0, 2; what is taken itself before anybody asks has not been used */
	g_assert_true(uses_free(uses, 0, 2 * LATE, true));
	g_assert_true(uses_free(uses, 5, 2 * LATE, true));
	g_assert_cmpuint(uses_next(uses, 3 * LATE), ==, 4);
	g_assert_cmpuint(uses_next(uses, 3 * LATE), ==, USES_NONE);
	uses_destroy(uses);
}

/* Blocks in order of last use; the slow way. */
struct model {
	u32 order[256], n;
};

static void model_drop(struct model *m, u32 block)
{
	u32 k = 0;

	for (u32 i = 0; i < m->n; i++)
		if (m->order[i] != block)
			m->order[k++] = m->order[i];
	m->n = k;
}

static void test_random(void)
{
	struct replay_uses *uses = uses_create();
	struct model m[2] = {0};
	bool live[256] = {false}, file[256] = {false};
	struct rng rng;

	rng_init(&rng, 1, "test/uses");
	for (u64 t = LATE, step = 0; step < 4000; step++, t += LATE) {
		u32 block = (u32)rng_below(&rng, G_N_ELEMENTS(live)), older = 0;
		struct model *of;

		if (!live[block]) {
			file[block] = rng_below(&rng, 2);
			of = &m[file[block]];
			g_assert_true(uses_alloc(uses, block, file[block]));
			of->order[of->n++] = block;
			live[block] = true;
			continue;
		}
		of = &m[file[block]];
		while (of->order[older] != block)
			older++;
		g_assert_true(uses_free(uses, block, t, step % 2));
		model_drop(of, block);
		live[block] = false;
		for (; older && step % 2; older--) {
			u32 first = of->order[0];

			g_assert_cmpuint(uses_next(uses, t + LATE), ==, first);
			model_drop(of, first);
			of->order[of->n++] = first;
		}
		g_assert_cmpuint(uses_next(uses, t + LATE), ==, USES_NONE);
	}
	uses_destroy(uses);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/workload/replay_uses/order", test_order);
	g_test_add_func("/workload/replay_uses/random", test_random);
	return g_test_run();
}

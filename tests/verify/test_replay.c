/* SPDX-License-Identifier: GPL-2.0-only */
/* Every recording of tests/data/recordings: exact to the page frame, for all three kernels. */
#include <glib.h>
#include <string.h>

#include "verify/verify.h"

static void replay(const void *path)
{
	struct verify_result result;
	struct recording rec;
	struct err err = {0};

	if (!recording_load(&rec, path, &err))
		g_error("%s", err_text(&err));
	g_assert_true(verify_run(&rec, &result, &err));
	if (result.difference.found)
		verify_explain(&rec, &result, stderr, &err);
	g_assert_false(result.difference.found);
	g_assert_cmpuint(result.exact_ops, ==, rec.nr_ops);
	g_assert_cmpuint(result.exact_states, ==, rec.nr_states);
	/* The kernel of the name is the kernel of the file. */
	g_assert_nonnull(strstr(path, rec.profile + strlen("linux-")));
	g_assert_cmpuint(rec.nr_ops, >, 10000);
	g_assert_cmpuint(rec.nr_states, >=, 3);
	recording_finish(&rec);
}

int main(int argc, char **argv)
{
	static const char *const kernels[] = {"7.2-", "6.12-", "6.1-"};
	u32 found[ARRAY_SIZE(kernels)] = {0};
	const char *name;
	char *dir;
	GDir *d;

	g_test_init(&argc, &argv, NULL);
	dir = g_test_build_filename(G_TEST_DIST, "data", "recordings", NULL);
	d = g_dir_open(dir, 0, NULL);
	g_assert_nonnull(d);
	while ((name = g_dir_read_name(d))) {
		char *test;

		if (!g_str_has_suffix(name, ".txt.zst"))
			continue;
		for (u32 i = 0; i < ARRAY_SIZE(kernels); i++)
			found[i] += g_str_has_prefix(name, kernels[i]) ? 1 : 0;
		test = g_strdup_printf("/verify/replay/%s", name);
		g_test_add_data_func_full(test, g_build_filename(dir, name, NULL),
					  (GTestDataFunc)replay, g_free);
		g_free(test);
	}
	g_dir_close(d);
	g_free(dir);
	for (u32 i = 0; i < ARRAY_SIZE(kernels); i++)
		g_assert_cmpuint(found[i], >=, 4);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include <glib.h>
#include <glib/gstdio.h>

#include "base/hash.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void test_data(void)
{
	char hex[65];

	hash_sha256("", 0, hex);
	g_assert_cmpstr(hex, ==, EMPTY);
	hash_sha256("abc", 3, hex);
	g_assert_cmpstr(hex, ==, ABC);
}

static void test_file(void)
{
	char *dir = g_dir_make_tmp("hash-XXXXXX", NULL), *path = g_build_filename(dir, "f", NULL);
	char *big = g_strnfill(100000, 'x'), hex[65], same[65];
	struct err err = {0};

	g_assert_false(hash_file_sha256(path, hex, &err));
	g_assert_cmpint(err.kind, ==, ERR_HOST_FILE);
	g_assert_true(g_str_has_prefix(err.text, path));
	err_clear(&err);
	g_assert_false(hash_file_sha256(dir, hex, &err));
	g_assert_cmpint(err.kind, ==, ERR_HOST_FILE);
	err_clear(&err);
	g_assert_true(g_file_set_contents(path, "abc", 3, NULL));
	g_assert_true(hash_file_sha256(path, hex, &err));
	g_assert_cmpstr(hex, ==, ABC);
	/* More than one buffer. */
	g_assert_true(g_file_set_contents(path, big, 100000, NULL));
	g_assert_true(hash_file_sha256(path, hex, &err));
	hash_sha256(big, 100000, same);
	g_assert_cmpstr(hex, ==, same);
	g_unlink(path);
	g_rmdir(dir);
	g_free(big);
	g_free(path);
	g_free(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/hash/data", test_data);
	g_test_add_func("/hash/file", test_file);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include <glib.h>
#include <string.h>

#include "base/err.h"

static void test_shape(void)
{
	struct err err = {0};

	g_assert_cmpstr(err_text(&err), ==, "");
	g_assert_false(err_at(&err, ERR_INPUT, "a.json", 14, 17, "tasks[2].order",
			      "expected integer %d..%d, got \"%s\"", 0, 10, "four"));
	g_assert_false(err_at(&err, ERR_HOST_FILE, "b", 3, 0, NULL, "x"));
	err_at(&err, ERR_INPUT, "c", 0, 9, "", "y");
	err_at(&err, ERR_INPUT, "d", 0, 0, "p", "z");
	g_assert_false(err_set(&err, ERR_USAGE, "w"));
	g_assert_cmpint(err.kind, ==, ERR_INPUT);
	g_assert_cmpuint(err.count, ==, 5);
	g_assert_cmpstr(err.text, ==,
			"a.json:14:17: tasks[2].order: expected integer 0..10, got \"four\"\n"
			"b:3: x\nc: y\nd: p: z\nw");
	err_clear(&err);
	g_assert_cmpuint(err.count, ==, 0);
	g_assert_cmpint(err.kind, ==, ERR_NONE);
	g_assert_null(err.text);
}

static void test_many(void)
{
	struct err err = {0};
	unsigned int lines = 1;

	for (int i = 0; i < ERR_MAX; i++)
		err_set(&err, ERR_INPUT, "m%d", i);
	g_assert_true(g_str_has_suffix(err.text, "\nm19"));
	err_set(&err, ERR_INPUT, "m20");
	g_assert_true(g_str_has_suffix(err.text, "\nm19\nand 1 more"));
	for (int i = 0; i < 99999; i++)
		err_set(&err, ERR_INPUT, "later");
	g_assert_true(g_str_has_suffix(err.text, "\nm19\nand 100000 more"));
	for (const char *p = err.text; *p; p++)
		lines += *p == '\n';
	g_assert_cmpuint(lines, ==, ERR_MAX + 1);
	g_assert_cmpuint(err.count, ==, ERR_MAX + 100000);
	err_clear(&err);
}

static void test_hostile(void)
{
	char *huge = g_strnfill(1 << 20, 'a');
	struct err err = {0};

	err_at(&err, ERR_INPUT, "x\033]0;t\007", 1, 1, "a\nb", "%s", "\xe2\x80\xae%n\xff");
	g_assert_cmpstr(err.text, ==, "x\\x1b]0;t\\x07:1:1: a\\x0ab: \\u202e%n\\xff");
	err_clear(&err);
	for (int i = 0; i < ERR_MAX; i++)
		err_at(&err, ERR_INPUT, huge, 1, 1, huge, "%s", huge);
	g_assert_cmpuint(strlen(err.text), <=, ERR_MAX * 4097);
	err_clear(&err);
	g_free(huge);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/err/shape", test_shape);
	g_test_add_func("/err/many", test_many);
	g_test_add_func("/err/hostile", test_hostile);
	return g_test_run();
}

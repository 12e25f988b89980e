/* SPDX-License-Identifier: GPL-2.0-only */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/safe_text.h"

static void check(const char *in, const char *shown, const char *title)
{
	char buf[256];

	g_assert_cmpstr(safe_text(in, buf, sizeof(buf)), ==, shown);
	g_assert_cmpstr(safe_text_title(in, buf, sizeof(buf)), ==, title);
}

static void test_characters(void)
{
	check("plain text, 100% \\n", "plain text, 100% \\n", "plain text, 100% \\n");
	check("gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xa7", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xa7",
	      "gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xa7");
	check("a\033[2Jb\x7f", "a\\x1b[2Jb\\x7f", "a[2Jb");
	check("tab\tline\nret\r\001", "tab\\x09line\\x0aret\\x0d\\x01", "tab line ret ");
	check("\xc2\x9b", "\\u009b", "");			 /* C1 control */
	check("\xe2\x80\xae\xe2\x81\xa6", "\\u202e\\u2066", ""); /* override, isolate */
	check("\xe2\x80\xa8\xef\xbb\xbf", "\\u2028\\ufeff", "");
	check("\xf3\xa0\x81\x81", "\\U000e0041", "");
	check("\xff\xc3", "\\xff\\xc3", "??");		 /* never UTF-8; cut short */
	check("\xed\xa0\x80", "\\xed\\xa0\\x80", "???"); /* surrogate */
	check("\xc0\xaf", "\\xc0\\xaf", "??");		 /* overlong '/' */
}

static void test_length(void)
{
	char buf[8], *dup;

	g_assert_cmpstr(safe_text("1234567", buf, 8), ==, "1234567");
	g_assert_cmpstr(safe_text("12345678", buf, 8), ==, "1234...");
	/* No piece of an escape or of a character is left behind. */
	g_assert_cmpstr(safe_text("12\033456789", buf, 8), ==, "12...");
	g_assert_cmpstr(safe_text("123\xc3\xbc\xc3\xbc\xc3\xbc", buf, 8), ==, "123...");
	g_assert_cmpstr(safe_text("abcdef", buf, 4), ==, "...");
	g_assert_cmpstr(safe_text("abc", buf, 4), ==, "abc");
	dup = safe_text_dup("a\0b", 3, 100);
	g_assert_cmpstr(dup, ==, "a\\x00b");
	free(dup);
	dup = safe_text_dup("\033\033\033\033", 4, 12);
	g_assert_cmpstr(dup, ==, "\\x1b\\x1b...");
	free(dup);
	dup = safe_text_dup("", 0, 100);
	g_assert_cmpstr(dup, ==, "");
	free(dup);
}

static void test_all_bytes(void)
{
	char in[3] = {0}, buf[32];

	for (int a = 1; a < 256; a++) {
		for (int b = 1; b < 256; b++) {
			in[0] = (char)a;
			in[1] = (char)b;
			safe_text(in, buf, sizeof(buf));
			g_assert_true(g_utf8_validate(buf, -1, NULL));
			for (const char *p = buf; *p; p++)
				g_assert_false(g_ascii_iscntrl(*p));
			safe_text_title(in, buf, sizeof(buf));
			g_assert_true(g_utf8_validate(buf, -1, NULL));
			for (const char *p = buf; *p; p++)
				g_assert_false(g_ascii_iscntrl(*p));
		}
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/safe-text/characters", test_characters);
	g_test_add_func("/safe-text/length", test_length);
	g_test_add_func("/safe-text/all-bytes", test_all_bytes);
	return g_test_run();
}

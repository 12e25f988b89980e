/* SPDX-License-Identifier: GPL-2.0-only */
/* Sizes and times: every unit, the edges of 64 bits, fractions, and shapes that are refused. */
#include <glib.h>
#include <locale.h>

#include "base/units.h"

static void check_size(const char *s, u64 bytes)
{
	u64 got = 1;

	g_assert_true(parse_size(s, &got));
	g_assert_cmpuint(got, ==, bytes);
}

static void check_time(const char *s, u64 ns)
{
	u64 got = 1;

	g_assert_true(parse_time(s, &got));
	g_assert_cmpuint(got, ==, ns);
}

static void test_size(void)
{
	check_size("0", 0);
	check_size("512", 512);
	check_size("512B", 512);
	check_size("64k", 65536);
	check_size("64K", 65536);
	check_size("64kiB", 65536);
	check_size("64KiB", 65536);
	check_size("64kB", 65536);
	check_size("512MiB", 512ull << 20);
	check_size("3M", 3ull << 20);
	check_size("1G", 1ull << 30);
	check_size("1GiB", 1ull << 30);
	check_size("2T", 2ull << 40);
	check_size("2TiB", 2ull << 40);
	check_size("16383P", 16383ull << 50);
	check_size("1PiB", 1ull << 50);
	check_size("1.5GiB", 3ull << 29);
	check_size("0.5k", 512);
	check_size("1.000000000000000000000000000000", 1);
	check_size("18446744073709551615", UINT64_MAX);
	check_size("007", 7);
}

static void test_time(void)
{
	check_time("0ns", 0);
	check_time("10ns", 10);
	check_time("10us", 10000);
	check_time("10ms", 10000000);
	check_time("1.5s", 1500000000);
	check_time("3m", 180000000000ull);
	check_time("2h", 7200000000000ull);
	check_time("40d", 3456000000000000ull);
	check_time("0.000000001s", 1);
	check_time("18446744073709551615ns", UINT64_MAX);
	check_time("18446744073.709551615s", UINT64_MAX);
}

static void test_refused(void)
{
	static const char *const sizes[] = {
	    "",
	    " 1",
	    "1 ",
	    "1 k",
	    "-1",
	    "+1",
	    "0x10",
	    "1e3",
	    "k",
	    ".5k",
	    "1.",
	    "1.k",
	    "1.5",
	    "1MB",
	    "1m",
	    "1g",
	    "1KB",
	    "1kib",
	    "1kk",
	    "1.2.3k",
	    "1,5k",
	    "18446744073709551616",
	    "16384P",
	    "16383.99999999999999999P",
	    "0.0000000000000000000000001k",
	    "nan",
	    "inf",
	    "99999999999999999999999999999999999999999999",
	    "1\xc2\xb5",
	    "1k\n",
	    "0.3k",
	};
	static const char *const times[] = {
	    "",
	    "10",
	    "1 s",
	    "-1s",
	    "1S",
	    "1msec",
	    "s",
	    ".5s",
	    "1.s",
	    "0.1ns",
	    "1w",
	    "18446744073709551616ns",
	    "18446744073.709551616s",
	    "213504d",
	    "1s1s",
	};
	u64 out = 77;

	for (gsize i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (parse_size(sizes[i], &out))
			g_error("size \"%s\" accepted", sizes[i]);
	}
	for (gsize i = 0; i < ARRAY_SIZE(times); i++) {
		if (parse_time(times[i], &out))
			g_error("time \"%s\" accepted", times[i]);
	}
	g_assert_cmpuint(out, ==, 77);
}

static void test_format(void)
{
	static const struct {
		u64 value;
		const char *size, *time;
	} rows[] = {
	    {0, "0 B", "0 ns"},
	    {999, "999 B", "999 ns"},
	    {1000, "1000 B", "1.00 us"},
	    {1023, "1023 B", "1.02 us"},
	    {1024, "1.00 KiB", "1.02 us"},
	    {9999, "9.76 KiB", "10.0 us"},
	    {99949, "97.6 KiB", "99.9 us"},
	    {99950, "97.6 KiB", "100 us"},
	    {999499, "976 KiB", "999 us"},
	    {999500, "976 KiB", "1.00 ms"},
	    {1048063, "1023 KiB", "1.05 ms"},
	    {1048064, "1.00 MiB", "1.05 ms"},
	    {12400000, "11.8 MiB", "12.4 ms"},
	    {3ull << 29, "1.50 GiB", "1.61 s"},
	    {999ull * NSEC_PER_SEC, "930 GiB", "999 s"},
	    {1000ull * NSEC_PER_SEC, "931 GiB", "16.7 m"},
	    {3599ull * NSEC_PER_SEC, "3.27 TiB", "1.00 h"},
	    {3540ull * NSEC_PER_SEC, "3.22 TiB", "59.0 m"},
	    {86400ull * NSEC_PER_SEC, "78.6 TiB", "1.00 d"},
	    {UINT64_MAX, "16.0 EiB", "213504 d"},
	};
	char buf[64];

	for (gsize i = 0; i < ARRAY_SIZE(rows); i++) {
		g_assert_cmpstr(format_size(rows[i].value, buf, sizeof(buf)), ==, rows[i].size);
		g_assert_cmpstr(format_time(rows[i].value, buf, sizeof(buf)), ==, rows[i].time);
	}
	g_assert_cmpstr(format_size(3ull << 29, buf, 5), ==, "1.50");
}

int main(int argc, char **argv)
{
	/* A decimal comma, where the host has such a locale, must change nothing. */
	setlocale(LC_ALL, "de_DE.UTF-8");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/units/size", test_size);
	g_test_add_func("/units/time", test_time);
	g_test_add_func("/units/refused", test_refused);
	g_test_add_func("/units/format", test_format);
	return g_test_run();
}

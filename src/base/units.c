/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sizes and times as people write them. All arithmetic is in integers, so the C locale's decimal
 * point and the host's rounding play no part.
 */
#include "base/units.h"

#include <stdio.h>
#include <string.h>

struct unit {
	const char *word;
	u64 scale;
};

static const struct unit size_units[] = {
    {"", 1},
    {"B", 1},
    {"k", 1ull << 10},
    {"K", 1ull << 10},
    {"kiB", 1ull << 10},
    {"KiB", 1ull << 10},
    {"kB", 1ull << 10}, /* as /proc spells it */
    {"M", 1ull << 20},
    {"MiB", 1ull << 20},
    {"G", 1ull << 30},
    {"GiB", 1ull << 30},
    {"T", 1ull << 40},
    {"TiB", 1ull << 40},
    {"P", 1ull << 50},
    {"PiB", 1ull << 50},
    {NULL, 0},
};

static const struct unit time_units[] = {
    {"ns", 1},
    {"us", NSEC_PER_USEC},
    {"ms", NSEC_PER_MSEC},
    {"s", NSEC_PER_SEC},
    {"m", 60 * NSEC_PER_SEC},
    {"h", 3600 * NSEC_PER_SEC},
    {"d", 86400 * NSEC_PER_SEC},
    {NULL, 0},
};

/* More digits than this behind the point can only be whole for exotic multiples of 2^-19. */
#define FRACTION_DIGITS 18u

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads ".5" at *s: the value is *frac / *denom. Trailing zeros do not count. */
static bool parse_fraction(const char **s, u64 *frac, u64 *denom)
{
	const char *p = *s + 1, *end = p;

	if (!is_digit(*p))
		return false;
	while (is_digit(*end))
		end++;
	*s = end;
	while (end > p && end[-1] == '0')
		end--;
	if ((size_t)(end - p) > FRACTION_DIGITS)
		return false;
	for (; p < end; p++) {
		*frac = *frac * 10 + (u64)(*p - '0');
		*denom *= 10;
	}
	return true;
}

static bool parse_units(const char *s, const struct unit *units, u64 *out)
{
	u64 whole = 0, frac = 0, denom = 1;
	unsigned __int128 part;

	if (!is_digit(*s))
		return false;
	for (; is_digit(*s); s++) {
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (u64)(*s - '0'), &whole))
			return false;
	}
	if (*s == '.' && !parse_fraction(&s, &frac, &denom))
		return false;
	while (units->word && strcmp(units->word, s))
		units++;
	if (!units->word || __builtin_mul_overflow(whole, units->scale, &whole))
		return false;
	part = (unsigned __int128)frac * units->scale;
	if (part % denom || __builtin_add_overflow(whole, (u64)(part / denom), &whole))
		return false;
	*out = whole;
	return true;
}

bool parse_size(const char *s, u64 *bytes)
{
	return parse_units(s, size_units, bytes);
}

bool parse_time(const char *s, u64 *ns)
{
	return parse_units(s, time_units, ns);
}

/* value / scale in three significant digits, halves rounded up. False if it rounds up to limit. */
static bool three_digits(u64 value, u64 scale, u64 limit, char *out, size_t len)
{
	u64 times = value / scale >= 100 ? 1 : value / scale >= 10 ? 10 : 100;
	u64 n =
	    (u64)(((unsigned __int128)value * times * 2 + scale) / ((unsigned __int128)scale * 2));

	/* 9.996 shown with two decimals would be 10.00: four digits. */
	if (times > 1 && n >= 1000) {
		times /= 10;
		n = (n + 5) / 10;
	}
	if (n >= limit * times)
		return false;
	if (times == 1)
		snprintf(out, len, "%llu", (unsigned long long)n);
	else
		snprintf(out, len, "%llu.%0*llu", (unsigned long long)(n / times),
			 times == 10 ? 1 : 2, (unsigned long long)(n % times));
	return true;
}

const char *format_size(u64 bytes, char *buf, size_t len)
{
	static const char *const words[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	char digits[32];

	if (bytes < 1024) {
		snprintf(buf, len, "%llu B", (unsigned long long)bytes);
		return buf;
	}
	for (unsigned int i = 1; i < ARRAY_SIZE(words); i++) {
		if ((i == 6 || bytes >> (10 * i) < 1024) &&
		    three_digits(bytes, 1ull << (10 * i), 1024, digits, sizeof(digits))) {
			snprintf(buf, len, "%s %s", digits, words[i]);
			break;
		}
	}
	return buf;
}

const char *format_time(u64 ns, char *buf, size_t len)
{
	/* Each unit serves up to its limit; seconds up to 999 s, then minutes. */
	static const struct {
		const char *word;
		u64 scale, limit;
	} steps[] = {
	    {"us", NSEC_PER_USEC, 1000},    {"ms", NSEC_PER_MSEC, 1000},
	    {"s", NSEC_PER_SEC, 1000},	    {"m", 60 * NSEC_PER_SEC, 60},
	    {"h", 3600 * NSEC_PER_SEC, 24}, {"d", 86400 * NSEC_PER_SEC, UINT32_MAX},
	};
	char digits[32];

	if (ns < 1000) {
		snprintf(buf, len, "%llu ns", (unsigned long long)ns);
		return buf;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(steps); i++) {
		if (ns / steps[i].scale < steps[i].limit &&
		    three_digits(ns, steps[i].scale, steps[i].limit, digits, sizeof(digits))) {
			snprintf(buf, len, "%s %s", digits, steps[i].word);
			break;
		}
	}
	return buf;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fixed-point numbers to text and back. Results carry ratios (indices, shares, percentages); they
 * are held as integers until the last moment and printed here, so that neither the locale nor the
 * rounding of a C library reaches a file.
 */
#include "record/decimal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static u64 power_of_ten(u32 digits)
{
	u64 power = 1;

	assert(digits <= 9);
	while (digits--)
		power *= 10;
	return power;
}

const char *decimal_fixed(s64 value, u32 digits, char *buf)
{
	u64 power = power_of_ten(digits);
	u64 magnitude = value < 0 ? 0 - (u64)value : (u64)value;
	const char *sign = value < 0 ? "-" : "";

	if (digits)
		snprintf(buf, DECIMAL_LEN, "%s%" PRIu64 ".%0*" PRIu64, sign, magnitude / power,
			 (int)digits, magnitude % power);
	else
		snprintf(buf, DECIMAL_LEN, "%s%" PRIu64, sign, magnitude);
	return buf;
}

u64 decimal_scaled(u64 num, u64 den, u32 digits)
{
	unsigned __int128 scaled;

	if (!den)
		return 0;
	scaled = ((unsigned __int128)num * power_of_ten(digits) + den / 2) / den;
	return scaled > INT64_MAX ? INT64_MAX : (u64)scaled;
}

const char *decimal_ratio(u64 num, u64 den, u32 digits, char *buf)
{
	return decimal_fixed((s64)decimal_scaled(num, den, digits), digits, buf);
}

const char *decimal_grouped(u64 value, char *buf)
{
	char plain[24];
	int len = snprintf(plain, sizeof(plain), "%" PRIu64, value);
	char *out = buf;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*out++ = ',';
		*out++ = plain[i];
	}
	*out = '\0';
	return buf;
}

bool decimal_parse(const char *text, size_t len, u32 digits, s64 *value)
{
	bool negative = len && text[0] == '-';
	size_t i = negative;
	u32 decimals = 0;
	bool point = false, any = false;
	s64 sum = 0;

	for (; i < len; i++) {
		if (text[i] == '.' && !point) {
			point = true;
			continue;
		}
		if (text[i] < '0' || text[i] > '9')
			return false;
		any = true;
		if (point && decimals == digits)
			continue;
		decimals += point;
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, text[i] - '0', &sum))
			return false;
	}
	for (; decimals < digits; decimals++)
		if (__builtin_mul_overflow(sum, 10, &sum))
			return false;
	*value = negative ? -sum : sum;
	return any;
}

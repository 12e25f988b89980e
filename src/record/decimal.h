/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

#define DECIMAL_LEN 48 /* large enough for any result below */

/*
 * Numbers for people, made from integers alone: no locale, no floating point, so the same bytes on
 * every host. All write into buf (DECIMAL_LEN bytes) and return it. digits: 0..9.
 */

/* value / 10^digits: (438, 3) is "0.438", (-1000, 3) is "-1.000". */
const char *decimal_fixed(s64 value, u32 digits, char *buf);

/* num / den rounded half up; "0" with its decimals when den is 0. */
const char *decimal_ratio(u64 num, u64 den, u32 digits, char *buf);

/* num / den in units of 10^-digits, rounded half up, as an integer (0 when den is 0). */
u64 decimal_scaled(u64 num, u64 den, u32 digits);

/* "1,234,567" */
const char *decimal_grouped(u64 value, char *buf);

/*
 * A decimal text ("-584.3", "12") times 10^digits as an integer; further digits must be zeros or
 * are cut off. False on anything else or on overflow.
 */
bool decimal_parse(const char *text, size_t len, u32 digits, s64 *value);

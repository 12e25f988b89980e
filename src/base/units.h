/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * "512MiB", "64k", "1GiB" -> bytes (k, M, G, T, P with or without iB are binary; "B" allowed);
 * "10ms", "1.5s", "2h", "40d" -> ns (ns, us, ms, s, m, h, d). Decimal fractions must come out
 * whole. False on anything else or on overflow. Locale plays no part.
 */
bool parse_size(const char *s, u64 *bytes);
bool parse_time(const char *s, u64 *ns);

/* Shortest text with three significant digits: "1.50 GiB", "12.4 ms". buf gets at most len. */
const char *format_size(u64 bytes, char *buf, size_t len);
const char *format_time(u64 ns, char *buf, size_t len);

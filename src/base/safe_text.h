/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * Text of unknown origin, made safe to show. Both write at most len bytes with the NUL (len >= 4)
 * into buf and return buf; text that does not fit ends in "..." at a character boundary.
 *
 * safe_text(): for a terminal. Control characters (ESC, newline and tab too) and bytes that are
 * not UTF-8 become \x1b; C1 controls, bidirectional controls, zero-width and line-separator
 * characters become \u202e (\U000e0001 beyond 16 bits). All else is kept.
 *
 * safe_text_title(): for a plot title or an XML text. The same characters are left out, white
 * space becomes one blank, bad bytes become '?'.
 */
const char *safe_text(const char *s, char *buf, size_t len);
const char *safe_text_title(const char *s, char *buf, size_t len);

/*
 * safe_text() of the n bytes at s (NUL is shown as \x00) into fresh memory, at most max bytes
 * with the NUL; free() it. NULL when the host has no memory.
 */
char *safe_text_dup(const char *s, size_t n, size_t max);

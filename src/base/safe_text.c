/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names and paths come from files that a stranger may have written. Shown raw they could move the
 * cursor, retitle the window or reorder a line on the reader's terminal, and make an SVG invalid.
 * The UTF-8 decoder is GLib's.
 */
#include "base/safe_text.h"

#include <assert.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct span {
	u32 first, last;
};

/* Characters that act instead of showing: sorted. The C0 range is handled as \x... */
static const struct span acting[] = {
    {0x80, 0x9f},	/* C1 controls: 0x9b starts an escape sequence */
    {0xad, 0xad},	/* soft hyphen */
    {0x61c, 0x61c},	/* Arabic letter mark */
    {0x200b, 0x200f},	/* zero-width, left-to-right and right-to-left marks */
    {0x2028, 0x202e},	/* line separators, bidirectional embeddings and overrides */
    {0x2060, 0x206f},	/* invisible operators, bidirectional isolates */
    {0xfeff, 0xfeff},	/* byte-order mark */
    {0xfff9, 0xfffb},	/* interlinear annotation */
    {0xfffe, 0xffff},	/* no characters; not allowed in XML */
    {0xe0000, 0xe007f}, /* invisible tags */
};

static bool is_acting(u32 c)
{
	for (size_t i = 0; i < ARRAY_SIZE(acting); i++) {
		if (c >= acting[i].first && c <= acting[i].last)
			return true;
	}
	return false;
}

/* Length in bytes of the character at s (n > 0 bytes left), 0 if it is not UTF-8. */
static size_t char_at(const char *s, size_t n, u32 *c)
{
	gunichar got;

	if ((u8)*s < 0x80) {
		*c = (u8)*s;
		return 1;
	}
	got = g_utf8_get_char_validated(s, n > 6 ? 6 : (gssize)n);
	if (got == (gunichar)-1 || got == (gunichar)-2)
		return 0;
	*c = got;
	return (size_t)g_unichar_to_utf8(got, NULL);
}

/* Writes the visible form of the character at s to out (16 bytes); returns bytes taken. */
static size_t show_char(const char *s, size_t n, char out[16])
{
	u32 c = 0;
	size_t taken = char_at(s, n, &c);

	if (!taken) {
		snprintf(out, 16, "\\x%02x", (unsigned int)(u8)*s);
		return 1;
	}
	if (c < 0x20 || c == 0x7f) {
		snprintf(out, 16, "\\x%02x", c);
	} else if (is_acting(c)) {
		snprintf(out, 16, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
	} else {
		memcpy(out, s, taken);
		out[taken] = '\0';
	}
	return taken;
}

static size_t title_char(const char *s, size_t n, char out[16])
{
	u32 c = 0;
	size_t taken = char_at(s, n, &c);

	out[0] = out[1] = '\0';
	if (!taken) {
		out[0] = '?';
		return 1;
	}
	if (c == '\t' || c == '\n' || c == '\r') {
		out[0] = ' ';
	} else if (c >= 0x20 && c != 0x7f && !is_acting(c)) {
		memcpy(out, s, taken);
		out[taken] = '\0';
	}
	return taken;
}

/* cut follows the last place from which "..." still fits. */
static void convert(const char *s, size_t n, char *buf, size_t len,
		    size_t (*one)(const char *, size_t, char[16]))
{
	size_t used = 0, cut = 0;

	assert(len >= 4);
	while (n) {
		char piece[16];
		size_t taken = one(s, n, piece), bytes = strlen(piece);

		if (used + bytes + 1 > len) {
			memcpy(buf + cut, "...", 4);
			return;
		}
		memcpy(buf + used, piece, bytes);
		used += bytes;
		if (used + 4 <= len)
			cut = used;
		s += taken;
		n -= taken;
	}
	buf[used] = '\0';
}

const char *safe_text(const char *s, char *buf, size_t len)
{
	convert(s, strlen(s), buf, len, show_char);
	return buf;
}

const char *safe_text_title(const char *s, char *buf, size_t len)
{
	convert(s, strlen(s), buf, len, title_char);
	return buf;
}

char *safe_text_dup(const char *s, size_t n, size_t max)
{
	size_t len = n < max ? n * 4 + 1 : max;
	char *buf;

	if (len > max)
		len = max;
	if (len < 4)
		len = 4;
	buf = malloc(len);
	if (buf)
		convert(s, n, buf, len, show_char);
	return buf;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small JSON writer. jansson writes trees, and reals through the C library; results are streams
 * and their ratios are integers until they are printed (record/decimal.h), hence this file.
 */
#include "record/jsonw.h"

#include <assert.h>
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "record/decimal.h"

void jsonw_begin(struct jsonw *w, FILE *out, bool flat)
{
	*w = (struct jsonw){.out = out, .flat = flat};
}

void jsonw_finish(struct jsonw *w)
{
	assert(!w->depth);
	fputc('\n', w->out);
}

static bool on_one_line(const struct jsonw *w)
{
	return w->flat || w->inline_depth;
}

static void newline(struct jsonw *w)
{
	fputc('\n', w->out);
	for (u32 i = 0; i < w->depth; i++)
		fputs("  ", w->out);
}

static void put_escaped(FILE *out, const char *s)
{
	fputc('"', out);
	while (*s) {
		gunichar c = g_utf8_get_char_validated(s, -1);

		if (c == (gunichar)-1 || c == (gunichar)-2) {
			fputs("\\ufffd", out);
			s++;
			continue;
		}
		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", (int)c);
		else if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
			fprintf(out, "\\u%04x", c);
		else
			fwrite(s, 1, (size_t)(g_utf8_next_char(s) - s), out);
		s = g_utf8_next_char(s);
	}
	fputc('"', out);
}

/* Comma, place and key of the next value. */
static void lead(struct jsonw *w, const char *key)
{
	if (w->depth) {
		bool *filled = &w->filled[w->depth - 1];

		assert((w->close[w->depth - 1] == '}') == (key != NULL));
		if (*filled)
			fputs(on_one_line(w) ? ", " : ",", w->out);
		*filled = true;
		if (!on_one_line(w))
			newline(w);
	}
	if (key) {
		put_escaped(w->out, key);
		fputs(": ", w->out);
	}
}

static void open_value(struct jsonw *w, const char *key, char open, char close, bool inlined)
{
	lead(w, key);
	assert(w->depth < JSONW_DEPTH);
	fputc(open, w->out);
	w->close[w->depth] = close;
	w->filled[w->depth] = false;
	w->depth++;
	if (inlined || w->inline_depth)
		w->inline_depth++;
}

void jsonw_object(struct jsonw *w, const char *key)
{
	open_value(w, key, '{', '}', false);
}

void jsonw_array(struct jsonw *w, const char *key)
{
	open_value(w, key, '[', ']', false);
}

void jsonw_object_inline(struct jsonw *w, const char *key)
{
	open_value(w, key, '{', '}', true);
}

void jsonw_array_inline(struct jsonw *w, const char *key)
{
	open_value(w, key, '[', ']', true);
}

void jsonw_end(struct jsonw *w)
{
	bool one_line = on_one_line(w);

	assert(w->depth);
	w->depth--;
	if (w->inline_depth)
		w->inline_depth--;
	if (w->filled[w->depth] && !one_line)
		newline(w);
	fputc(w->close[w->depth], w->out);
}

void jsonw_u64(struct jsonw *w, const char *key, u64 value)
{
	lead(w, key);
	fprintf(w->out, "%" PRIu64, value);
}

void jsonw_s64(struct jsonw *w, const char *key, s64 value)
{
	lead(w, key);
	fprintf(w->out, "%" PRId64, value);
}

void jsonw_bool(struct jsonw *w, const char *key, bool value)
{
	lead(w, key);
	fputs(value ? "true" : "false", w->out);
}

void jsonw_null(struct jsonw *w, const char *key)
{
	lead(w, key);
	fputs("null", w->out);
}

void jsonw_string(struct jsonw *w, const char *key, const char *value)
{
	lead(w, key);
	put_escaped(w->out, value);
}

void jsonw_fixed(struct jsonw *w, const char *key, s64 value, u32 digits)
{
	char buf[DECIMAL_LEN];

	lead(w, key);
	fputs(decimal_fixed(value, digits, buf), w->out);
}

static void put_container(struct jsonw *w, const char *key, const json_t *value)
{
	const char *member;
	json_t *child;
	size_t i;

	if (json_is_object(value)) {
		jsonw_object(w, key);
		json_object_foreach((json_t *)value, member, child) jsonw_value(w, member, child);
	} else {
		jsonw_array(w, key);
		json_array_foreach(value, i, child) jsonw_value(w, NULL, child);
	}
	jsonw_end(w);
}

void jsonw_value(struct jsonw *w, const char *key, const json_t *value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	switch (json_typeof(value)) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		put_container(w, key, value);
		break;
	case JSON_STRING:
		jsonw_string(w, key, json_string_value(value));
		break;
	case JSON_INTEGER:
		jsonw_s64(w, key, json_integer_value(value));
		break;
	case JSON_REAL:
		lead(w, key);
		fputs(g_ascii_dtostr(text, sizeof(text), json_real_value(value)), w->out);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		jsonw_bool(w, key, json_is_true(value));
		break;
	case JSON_NULL:
		jsonw_null(w, key);
		break;
	}
}

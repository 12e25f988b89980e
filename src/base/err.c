/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages for a person, collected. One message is one line of at most MESSAGE_MAX bytes, so that
 * a hostile name cannot fill the terminal; the whole text is bounded by ERR_MAX such lines. When
 * the host has no memory for a message its kind and count are still kept.
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/safe_text.h"

#define MESSAGE_MAX 4096u

/* Appends a line to the text; keeps the old text if memory runs out. */
static void append_line(struct err *err, const char *line)
{
	size_t old = err->text ? strlen(err->text) : 0, len = strlen(line);
	char *text = realloc(err->text, old + len + 2);

	if (!text)
		return;
	if (old)
		text[old++] = '\n';
	memcpy(text + old, line, len + 1);
	err->text = text;
}

/* The last line of a full text is "and N more": written anew each time. */
static void count_more(struct err *err)
{
	char line[64];
	char *last;

	if (err->count > ERR_MAX + 1 && err->text) {
		last = strrchr(err->text, '\n');
		if (last)
			*last = '\0';
	}
	snprintf(line, sizeof(line), "and %u more", err->count - ERR_MAX);
	append_line(err, line);
}

static bool add(struct err *err, enum err_kind kind, const char *raw)
{
	char *line;

	if (!err)
		return false;
	if (!err->count)
		err->kind = kind;
	err->count++;
	if (err->count > ERR_MAX) {
		count_more(err);
		return false;
	}
	line = safe_text_dup(raw, strlen(raw), MESSAGE_MAX);
	if (line)
		append_line(err, line);
	free(line);
	return false;
}

bool err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	char raw[MESSAGE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	return add(err, kind, raw);
}

/* snprintf at offset used of a buffer of MESSAGE_MAX bytes; returns the new offset. */
static size_t advance(size_t used, int printed)
{
	size_t to = printed < 0 ? used : used + (size_t)printed;

	return to < MESSAGE_MAX ? to : MESSAGE_MAX - 1;
}

bool err_at(struct err *err, enum err_kind kind, const char *file, u64 line, u64 col,
	    const char *json_path, const char *fmt, ...)
{
	char raw[MESSAGE_MAX];
	size_t used = 0;
	va_list ap;

	used = advance(used, snprintf(raw, sizeof(raw), "%s:", file));
	if (line)
		used = advance(used, snprintf(raw + used, sizeof(raw) - used,
					      "%llu:", (unsigned long long)line));
	if (line && col)
		used = advance(used, snprintf(raw + used, sizeof(raw) - used,
					      "%llu:", (unsigned long long)col));
	if (json_path && *json_path)
		used = advance(used, snprintf(raw + used, sizeof(raw) - used, " %s:", json_path));
	used = advance(used, snprintf(raw + used, sizeof(raw) - used, " "));
	va_start(ap, fmt);
	vsnprintf(raw + used, sizeof(raw) - used, fmt, ap);
	va_end(ap);
	return add(err, kind, raw);
}

const char *err_text(const struct err *err)
{
	if (err->text)
		return err->text;
	return err->count ? "out of memory while reporting an error" : "";
}

void err_clear(struct err *err)
{
	free(err->text);
	*err = (struct err){0};
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Small readers for the words and numbers of a line. */
#include "machine/procfs_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/safe_text.h"

static const char *skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t' || *s == '\r')
		s++;
	return s;
}

static bool is_word_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c == '.';
}

bool text_end(struct text *t)
{
	t->at = skip_blanks(t->at);
	return !*t->at;
}

bool text_starts(const struct text *t, const char *prefix)
{
	return !strncmp(t->at, prefix, strlen(prefix));
}

bool text_char(struct text *t, char c)
{
	const char *s = skip_blanks(t->at);

	if (*s != c)
		return false;
	t->at = s + 1;
	return true;
}

bool text_word(struct text *t, const char *word)
{
	const char *s = skip_blanks(t->at);
	size_t len = strlen(word);

	if (strncmp(s, word, len) || (is_word_char(s[len]) && is_word_char(word[len - 1])))
		return false;
	t->at = s + len;
	return true;
}

bool text_words(struct text *t, const char *words)
{
	const char *s = skip_blanks(t->at);

	while (*words) {
		if (*words == ' ') {
			if (*s != ' ' && *s != '\t')
				return false;
			s = skip_blanks(s);
			words++;
		} else if (*s++ != *words++) {
			return false;
		}
	}
	/* "high" is not "high:", nor "min" the beginning of "minimum". */
	if (is_word_char(*s) && is_word_char(words[-1]))
		return false;
	if (*s == ':' && words[-1] != ':')
		return false;
	t->at = s;
	return true;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

bool text_u64(struct text *t, u64 max, u64 *out)
{
	const char *s = skip_blanks(t->at), *first;
	unsigned int base = 10;
	u64 value = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	}
	first = s;
	for (; digit_value(*s) < (int)base; s++)
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, (u64)digit_value(*s), &value))
			return false;
	if (s == first || value > max || is_word_char(*s))
		return false;
	t->at = s;
	*out = value;
	return true;
}

bool text_error(const struct text *t, const char *fmt, ...)
{
	const char *rest = t->at ? skip_blanks(t->at) : "";
	char message[256], quoted[64];
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	if (*rest)
		return err_at(t->err, ERR_INPUT, t->file, t->line, 0, NULL, "%s, found \"%s\"",
			      message, safe_text(rest, quoted, sizeof(quoted)));
	return err_at(t->err, ERR_INPUT, t->file, t->line, 0, NULL, "%s", message);
}

bool text_no_memory(const struct text *t)
{
	return err_set(t->err, ERR_HOST_RES, "%s: the host has no memory for this file", t->file);
}

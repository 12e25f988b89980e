/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/err.h"

/*
 * A line of text being read from left to right. Each reader skips blanks first and moves on only if
 * it matched.
 */
struct text {
	const char *at;	  /* what is left of the line */
	const char *file; /* for messages */
	u64 line;
	struct err *err;
};

/* Is nothing but blanks left? */
bool text_end(struct text *t);
/* Does the rest begin with these very characters? Does not move. */
bool text_starts(const struct text *t, const char *prefix);
bool text_char(struct text *t, char c);
/* A word, ended by a blank, a comma or the line's end. */
bool text_word(struct text *t, const char *word);
/* Several words, whatever the blanks between them. */
bool text_words(struct text *t, const char *words);
/* Decimal or 0x hex, 0..max, ended by anything but a letter or digit. */
bool text_u64(struct text *t, u64 max, u64 *out);

/* Adds an input error at the line, quoting what is left of it; returns false. */
bool text_error(const struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool text_no_memory(const struct text *t);

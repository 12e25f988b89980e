/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * The words of a JSON text (RFC 8259, UTF-8), one at a time, in bounded memory and without a tree.
 * Every strict rule of a single word is checked here: escapes, surrogates, NUL, number grammar,
 * 64-bit integers, the limits of json.h on strings.
 */
enum json_token {
	JSON_TOKEN_END,
	JSON_TOKEN_OBJECT, /* { */
	JSON_TOKEN_OBJECT_END,
	JSON_TOKEN_ARRAY, /* [ */
	JSON_TOKEN_ARRAY_END,
	JSON_TOKEN_COLON,
	JSON_TOKEN_COMMA,
	JSON_TOKEN_STRING,
	JSON_TOKEN_NUMBER,
	JSON_TOKEN_WORD, /* true, false, null */
	JSON_TOKEN_BAD,	 /* problem tells why, bad where */
};

struct json_lexer {
	const char *text;
	size_t len;
	size_t start, end; /* of the last token; the next one is looked for at end */
	size_t decoded;	   /* bytes of the last string without quotes and escapes */
	size_t bad;
	const char *problem; /* static text */
};

enum json_token json_lexer_next(struct json_lexer *lexer);

/* True if the string token at [start, end) of text means exactly the n bytes at word. */
bool json_token_equals(const char *text, size_t start, size_t end, const char *word, size_t n);

/* Line and column of a byte offset, both from 1; a column is one UTF-8 character. O(offset). */
void json_position(const char *text, size_t len, size_t offset, u64 *line, u64 *col);

struct json_problem {
	size_t offset;
	char what[128];
};

/*
 * Checks grammar and limits of a whole text; any value may be the root. O(len), no allocation.
 * Duplicate keys are not looked for. Returns false and fills problem.
 */
bool json_scan(const char *text, size_t len, struct json_problem *problem);

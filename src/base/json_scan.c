/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scan that runs before jansson builds a tree. Jansson spends some 230 bytes on a value of
 * three characters and tells positions for its own errors only; the scan refuses what is too big
 * or too deep at the cost of one pass, and names the place of every error in the same words as
 * the rest of the program. Line and column of values found wrong later come from the same lexer
 * (json_path.c).
 */
#include "base/json_scan.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

static enum json_token bad(struct json_lexer *lexer, size_t at, const char *problem)
{
	lexer->bad = at;
	lexer->problem = problem;
	lexer->end = at;
	return JSON_TOKEN_BAD;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The character at offset, NUL behind the end. */
static char peek(const struct json_lexer *lexer, size_t at)
{
	return at < lexer->len ? lexer->text[at] : '\0';
}

/* Four hex digits at offset as a number, -1 if they are not there. */
static int hex4(const char *text, size_t len, size_t at)
{
	int value = 0;

	if (len < 4 || at > len - 4)
		return -1;
	for (size_t i = at; i < at + 4; i++) {
		int digit = g_ascii_xdigit_value(text[i]);

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

/*
 * Decodes the \u escape whose 'u' is at offset, with the second half of a surrogate pair.
 * Returns the number of bytes from 'u' on (5 or 11), or 0 and the problem.
 */
static size_t decode_u(const char *text, size_t len, size_t at, u32 *c, const char **problem)
{
	int high = hex4(text, len, at + 1), low;

	*problem = "\\u needs four hexadecimal digits";
	if (high < 0)
		return 0;
	*problem = "\\u0000 is not allowed in a string";
	if (high == 0)
		return 0;
	*c = (u32)high;
	if (high < 0xd800 || high > 0xdfff)
		return 5;
	*problem = "half of a surrogate pair";
	if (high > 0xdbff || at + 6 >= len || text[at + 5] != '\\' || text[at + 6] != 'u')
		return 0;
	low = hex4(text, len, at + 7);
	if (low < 0xdc00 || low > 0xdfff)
		return 0;
	*c = 0x10000u + (((u32)high - 0xd800u) << 10) + ((u32)low - 0xdc00u);
	return 11;
}

/*
 * Decodes one character of a string at offset into out (4 bytes at most). Returns the bytes of
 * text it took, *n those it means, or 0 and the problem.
 */
static size_t string_char(const char *text, size_t len, size_t at, char out[6], size_t *n,
			  const char **problem)
{
	static const char plain[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *found;
	gunichar wide;
	size_t taken;
	u32 c = 0;

	if (text[at] == '\\') {
		if (at + 1 < len && text[at + 1] == 'u') {
			taken = decode_u(text, len, at + 1, &c, problem);
			*n = taken ? (size_t)g_unichar_to_utf8(c, out) : 0;
			return taken ? taken + 1 : 0;
		}
		found = at + 1 < len && text[at + 1] ? strchr(plain, text[at + 1]) : NULL;
		*problem = "unknown escape in a string";
		out[0] = found ? means[found - plain] : '\0';
		*n = 1;
		return found ? 2 : 0;
	}
	*n = 1;
	out[0] = text[at];
	*problem = "control character in a string (use \\n, \\t or \\u00..)";
	if ((u8)text[at] < 0x80)
		return (u8)text[at] >= 0x20;
	*problem = "not UTF-8";
	wide = g_utf8_get_char_validated(text + at, len - at > 6 ? 6 : (gssize)(len - at));
	if (wide == (gunichar)-1 || wide == (gunichar)-2)
		return 0;
	*n = (size_t)g_unichar_to_utf8(wide, out);
	return *n;
}

static enum json_token lex_string(struct json_lexer *lexer)
{
	size_t at = lexer->start + 1, n;
	const char *problem;
	char out[6];

	lexer->decoded = 0;
	while (at < lexer->len && lexer->text[at] != '"') {
		size_t taken = string_char(lexer->text, lexer->len, at, out, &n, &problem);

		if (!taken)
			return bad(lexer, at, problem);
		at += taken;
		lexer->decoded += n;
		if (lexer->decoded > JSON_LIMIT_STRING)
			return bad(lexer, lexer->start, "string longer than 65536 bytes");
	}
	if (at >= lexer->len)
		return bad(lexer, lexer->start, "string without its closing quote");
	lexer->end = at + 1;
	return JSON_TOKEN_STRING;
}

/* Whether the integer text [start, end) fits 64 bits, sign included. */
static bool fits_s64(const char *text, size_t start, size_t end)
{
	bool negative = text[start] == '-';
	u64 value = 0;

	for (size_t at = start + negative; at < end; at++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (u64)(text[at] - '0'), &value))
			return false;
	}
	return value <= (u64)INT64_MAX + negative;
}

static enum json_token lex_number(struct json_lexer *lexer)
{
	size_t at = lexer->start + (peek(lexer, lexer->start) == '-');
	bool integer = true;

	if (!is_digit(peek(lexer, at)))
		return bad(lexer, lexer->start, "'-' without a number");
	if (peek(lexer, at) == '0' && is_digit(peek(lexer, at + 1)))
		return bad(lexer, lexer->start, "number with a leading zero");
	while (is_digit(peek(lexer, at)))
		at++;
	if (peek(lexer, at) == '.') {
		integer = false;
		if (!is_digit(peek(lexer, ++at)))
			return bad(lexer, lexer->start, "'.' without digits behind it");
		while (is_digit(peek(lexer, at)))
			at++;
	}
	if (peek(lexer, at) == 'e' || peek(lexer, at) == 'E') {
		integer = false;
		at++;
		if (peek(lexer, at) == '+' || peek(lexer, at) == '-')
			at++;
		if (!is_digit(peek(lexer, at)))
			return bad(lexer, lexer->start, "exponent without digits");
		while (is_digit(peek(lexer, at)))
			at++;
	}
	if (integer && !fits_s64(lexer->text, lexer->start, at))
		return bad(lexer, lexer->start, "integer outside 64 bits");
	lexer->end = at;
	return JSON_TOKEN_NUMBER;
}

static enum json_token lex_word(struct json_lexer *lexer)
{
	static const char *const words[] = {"true", "false", "null"};
	size_t at = lexer->start;

	while (g_ascii_isalnum(peek(lexer, at)) || peek(lexer, at) == '_')
		at++;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i]);

		if (at - lexer->start == n && !memcmp(lexer->text + lexer->start, words[i], n)) {
			lexer->end = at;
			return JSON_TOKEN_WORD;
		}
	}
	return bad(lexer, lexer->start,
		   at > lexer->start ? "unknown word (true, false, null or a quoted string?)"
				     : "not a JSON character");
}

enum json_token json_lexer_next(struct json_lexer *lexer)
{
	static const char marks[] = "{}[]:,";
	const char *mark;
	char c;

	while (lexer->end < lexer->len && lexer->text[lexer->end] &&
	       strchr(" \t\r\n", lexer->text[lexer->end]))
		lexer->end++;
	lexer->start = lexer->end;
	if (lexer->start >= lexer->len)
		return JSON_TOKEN_END;
	c = lexer->text[lexer->start];
	mark = c ? strchr(marks, c) : NULL;
	if (mark) {
		lexer->end++;
		return (enum json_token)(JSON_TOKEN_OBJECT + (mark - marks));
	}
	if (c == '"')
		return lex_string(lexer);
	if (c == '-' || is_digit(c))
		return lex_number(lexer);
	if (!c)
		return bad(lexer, lexer->start, "NUL byte");
	if (lexer->start == 0 && lexer->len >= 3 && !memcmp(lexer->text, "\xef\xbb\xbf", 3))
		return bad(lexer, 0, "byte-order mark (save as UTF-8 without it)");
	return lex_word(lexer);
}

bool json_token_equals(const char *text, size_t start, size_t end, const char *word, size_t n)
{
	size_t at = start + 1, bytes;
	const char *problem;
	char out[6];

	while (at + 1 < end) {
		size_t taken = string_char(text, end, at, out, &bytes, &problem);

		if (!taken || bytes > n || memcmp(out, word, bytes))
			return false;
		at += taken;
		word += bytes;
		n -= bytes;
	}
	return n == 0;
}

void json_position(const char *text, size_t len, size_t offset, u64 *line, u64 *col)
{
	*line = *col = 1;
	for (size_t at = 0; at < offset && at < len; at++) {
		if (text[at] == '\n') {
			(*line)++;
			*col = 1;
		} else if (((u8)text[at] & 0xc0) != 0x80) {
			(*col)++;
		}
	}
}

/* Where the scan stands between two tokens. */
enum expect {
	EXPECT_VALUE,
	EXPECT_VALUE_OR_END, /* behind '[' */
	EXPECT_KEY,
	EXPECT_KEY_OR_END, /* behind '{' */
	EXPECT_COLON,
	EXPECT_COMMA, /* or the end of the container */
	EXPECT_NOTHING,
};

struct scan {
	struct json_lexer lexer;
	enum expect expect;
	unsigned int depth, values;
	bool object[JSON_LIMIT_DEPTH];
};

static const char *const expect_text[] = {
    [EXPECT_VALUE] = "expected a value",
    [EXPECT_VALUE_OR_END] = "expected a value or ']'",
    [EXPECT_KEY] = "expected a quoted field name",
    [EXPECT_KEY_OR_END] = "expected a quoted field name or '}'",
    [EXPECT_COLON] = "expected ':'",
    [EXPECT_COMMA] = "expected ',' or the end of the object or array",
    [EXPECT_NOTHING] = "text behind the end of the document",
};

/* After a value: a comma inside a container, else nothing. */
static void value_done(struct scan *scan)
{
	scan->expect = scan->depth ? EXPECT_COMMA : EXPECT_NOTHING;
}

static const char *scan_value(struct scan *scan, enum json_token token)
{
	if (++scan->values > JSON_LIMIT_VALUES)
		return "more than 200000 values in one document";
	if (token != JSON_TOKEN_OBJECT && token != JSON_TOKEN_ARRAY) {
		value_done(scan);
		return NULL;
	}
	if (scan->depth >= JSON_LIMIT_DEPTH)
		return "nested more than 64 levels deep";
	scan->object[scan->depth++] = token == JSON_TOKEN_OBJECT;
	scan->expect = token == JSON_TOKEN_OBJECT ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
	return NULL;
}

static bool is_value(enum json_token token)
{
	return token == JSON_TOKEN_OBJECT || token == JSON_TOKEN_ARRAY ||
	       token == JSON_TOKEN_STRING || token == JSON_TOKEN_NUMBER || token == JSON_TOKEN_WORD;
}

/* Takes a token that ends or goes on with a container; false if it does not belong here. */
static bool scan_container(struct scan *scan, enum json_token token)
{
	bool object = scan->depth && scan->object[scan->depth - 1];
	enum expect open = object ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;

	if (!scan->depth)
		return false;
	if (token == JSON_TOKEN_COMMA && scan->expect == EXPECT_COMMA) {
		scan->expect = object ? EXPECT_KEY : EXPECT_VALUE;
		return true;
	}
	if (token != (object ? JSON_TOKEN_OBJECT_END : JSON_TOKEN_ARRAY_END) ||
	    (scan->expect != EXPECT_COMMA && scan->expect != open))
		return false;
	scan->depth--;
	value_done(scan);
	return true;
}

/* One step of the grammar; NULL or what is wrong with the token. */
static const char *scan_token(struct scan *scan, enum json_token token)
{
	enum expect expect = scan->expect;

	if (token == JSON_TOKEN_BAD)
		return scan->lexer.problem;
	if (is_value(token) && (expect == EXPECT_VALUE || expect == EXPECT_VALUE_OR_END))
		return scan_value(scan, token);
	if (token == JSON_TOKEN_STRING && (expect == EXPECT_KEY || expect == EXPECT_KEY_OR_END)) {
		scan->expect = EXPECT_COLON;
		return scan->lexer.decoded > JSON_LIMIT_KEY ? "field name longer than 256 bytes"
							    : NULL;
	}
	if (token == JSON_TOKEN_COLON && expect == EXPECT_COLON) {
		scan->expect = EXPECT_VALUE;
		return NULL;
	}
	if (scan_container(scan, token))
		return NULL;
	return expect_text[expect];
}

bool json_scan(const char *text, size_t len, struct json_problem *problem)
{
	struct scan scan = {.lexer = {.text = text, .len = len}};

	for (;;) {
		enum json_token token = json_lexer_next(&scan.lexer);
		const char *wrong;

		if (token == JSON_TOKEN_END && scan.expect == EXPECT_NOTHING)
			return true;
		wrong = scan_token(&scan, token);
		if (!wrong)
			continue;
		problem->offset = token == JSON_TOKEN_BAD ? scan.lexer.bad : scan.lexer.start;
		snprintf(problem->what, sizeof(problem->what), "%s%s", wrong,
			 token == JSON_TOKEN_END ? ", found the end of the text" : "");
		return false;
	}
}

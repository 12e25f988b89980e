/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "base/types.h"

#define JSONW_DEPTH 80 /* our own nesting plus that of an input (JSON_LIMIT_DEPTH) */

/*
 * Writes JSON as it goes: keys in call order, integers and fixed-point decimals only, strings
 * escaped to valid UTF-8 whatever they hold. Two-space indentation; a value opened with an
 * _inline function is kept on one line with all that it holds. Keys are given inside objects and
 * NULL inside arrays and at the root. Write errors stay in the stream (outdir_close() sees them).
 */
struct jsonw {
	FILE *out;
	u32 depth;
	u32 inline_depth; /* levels of the inline value being written; 0: none */
	bool flat;	  /* everything on one line, for JSON Lines */
	bool filled[JSONW_DEPTH];
	char close[JSONW_DEPTH];
};

void jsonw_begin(struct jsonw *w, FILE *out, bool flat);
/* Ends the document with a newline; everything must have been closed. */
void jsonw_finish(struct jsonw *w);

void jsonw_object(struct jsonw *w, const char *key);
void jsonw_array(struct jsonw *w, const char *key);
void jsonw_object_inline(struct jsonw *w, const char *key);
void jsonw_array_inline(struct jsonw *w, const char *key);
void jsonw_end(struct jsonw *w);

void jsonw_u64(struct jsonw *w, const char *key, u64 value);
void jsonw_s64(struct jsonw *w, const char *key, s64 value);
void jsonw_bool(struct jsonw *w, const char *key, bool value);
void jsonw_null(struct jsonw *w, const char *key);
void jsonw_string(struct jsonw *w, const char *key, const char *value);
/* value / 10^digits, see decimal_fixed() */
void jsonw_fixed(struct jsonw *w, const char *key, s64 value, u32 digits);
/* A jansson tree (manifest: effective values); nesting at most JSON_LIMIT_DEPTH. */
void jsonw_value(struct jsonw *w, const char *key, const json_t *value);

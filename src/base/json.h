/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <jansson.h>

#include "base/err.h"

/*
 * A JSON document with its text, so that errors found after parsing can name line and column.
 * Before jansson sees the text a scan enforces the limits below: a hostile file is refused
 * before it is amplified into a tree. Duplicate keys, NUL, lone surrogates, NaN and integers
 * outside 64 bits are errors.
 */
#define JSON_LIMIT_BYTES  (8u << 20)
#define JSON_LIMIT_DEPTH  64u
#define JSON_LIMIT_VALUES 200000u
#define JSON_LIMIT_STRING (64u << 10)
#define JSON_LIMIT_KEY	  256u

struct json_doc {
	char *name; /* as shown in errors: the path, or "--set" */
	char *text;
	size_t len;
	json_t *root;
	/* Where values of root come from that this text does not hold (a config it extends), and
	   so on; NULL: nowhere else. Only looked at to locate errors; not finished with the doc. */
	const struct json_doc *base;
};

/* Reads and parses a file ("-" is standard input). On failure doc is left empty. */
bool json_doc_load(struct json_doc *doc, const char *path, struct err *err);

/* Parses text held in memory; name is for messages. */
bool json_doc_parse(struct json_doc *doc, const char *name, const char *text, size_t len,
		    struct err *err);

void json_doc_finish(struct json_doc *doc);

/*
 * Adds an input error at the value that json_path names ("tasks[2].program[0].order"; "" is the
 * root). Rescans the text for the place: O(file). Always returns false.
 */
bool json_doc_error(const struct json_doc *doc, const char *json_path, struct err *err,
		    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The same, at the name of the field rather than at its value (unknown fields). */
bool json_doc_error_key(const struct json_doc *doc, const char *json_path, struct err *err,
			const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Checks and parses one text (any value may be the root) into a new reference. */
bool json_text_parse(const char *name, const char *text, size_t len, json_t **root,
		     struct err *err);

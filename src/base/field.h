/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/arena.h"
#include "base/json.h"

/*
 * Every JSON field is declared once, in a table. The table reads and checks the input, prints the
 * JSON Schema and the reference page, and serves --set. Values land in plain C structs.
 *
 *   type           C type at offset        JSON
 *   FIELD_BOOL     bool                    true, false (and 0, 1 as in sysctl files)
 *   FIELD_U64      u64                     integer min..max
 *   FIELD_S64      s64                     integer min..max (as s64)
 *   FIELD_SIZE     u64, bytes              integer of bytes or "512MiB", "64k" (binary units)
 *   FIELD_TIME     u64, ns                 "10ms", "3s", "2h", integer of ns
 *   FIELD_STRING   const char *            string, at most max bytes (default 4096)
 *   FIELD_NAME     const char *            [A-Za-z0-9_][A-Za-z0-9._-]{0,63}: safe as a file name
 *   FIELD_ENUM     u32, index into allowed string
 *   FIELD_GFP etc. are FIELD_CUSTOM: parse() reads the value itself
 *   FIELD_OBJECT   struct of sub, inline   object
 *   FIELD_ARRAY    struct field_array      array of sub objects (or of items, see item)
 *   FIELD_VARIANT  struct field_array      array of objects, key `variant_key` selects the table
 *   FIELD_MAP      struct field_array      object of name -> sub object; sub's first field must be
 *                                          FIELD_NAME and receives the key
 *
 * "comment" is allowed in every object and skipped. An unknown field is an error that names the
 * nearest known one. Errors carry file, line, column, JSON path, what was found, what is allowed.
 */
enum field_type {
	FIELD_END = 0,
	FIELD_BOOL,
	FIELD_U64,
	FIELD_S64,
	FIELD_SIZE,
	FIELD_TIME,
	FIELD_STRING,
	FIELD_NAME,
	FIELD_ENUM,
	FIELD_CUSTOM,
	FIELD_OBJECT,
	FIELD_ARRAY,
	FIELD_VARIANT,
	FIELD_MAP,
};

struct field_array {
	void *items;
	u32 n;
};

struct field_table;
struct field_ctx;

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	bool required;
	const char *def;  /* default as JSON text ("10", "\"1s\""); NULL: zero, stays unset */
	s64 min;	  /* numbers: allowed range; arrays: least and most entries */
	u64 max;	  /* 0: the type's own limit (2^63-1: what JSON integers hold) */
	const char *unit; /* "pages", "kB", "1/10000": for the reference only */
	const char *doc;  /* one line */
	const char *const *allowed;	/* FIELD_ENUM: NULL-terminated words */
	const struct field_table *sub;	/* OBJECT, ARRAY, MAP */
	enum field_type item;		/* ARRAY of scalars: U64, SIZE, TIME, STRING, NAME, ENUM;
					   items is then an array of that C type; sub is NULL */
	/* VARIANT: NULL-terminated; each table's size must be the same struct's size */
	const struct field_table *const *variants;
	const char *variant_key; /* for example "op"; the variant's table name is the value */
	size_t variant_tag;	 /* offset of a u32 that receives the index into variants */
	/* CUSTOM: false after reporting with field_error(); schema is JSON text of its type */
	bool (*parse)(struct field_ctx *ctx, json_t *value, void *out, const struct field *field);
	const char *schema;
	/* CUSTOM: the value at in as JSON, new reference, that parse() reads back to the same.
	   Without it (or if it gives NULL) fields_write() leaves the field out. */
	json_t *(*write)(const void *in, const struct field *field);
};

struct field_table {
	const char *name; /* of the object: "machine", or the variant's word */
	const char *doc;
	size_t size; /* of the C struct */
	const struct field *fields; /* ends with FIELD_END */
	/* Cross-field check after reading, may be NULL; reports with field_error(). */
	bool (*check)(struct field_ctx *ctx, void *object);
};

/* State of one reading, handed to parse() and check(). */
struct field_ctx {
	const struct json_doc *doc;
	struct arena *arena;
	struct err *err;
	const char *path; /* JSON path of the current value */
	void *user;	  /* the caller's */
};

/* Reports at ctx->path, or at ctx->path + "." + name if name is given. Returns false. */
bool field_error(struct field_ctx *ctx, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Reads obj into out (zeroed, then defaults, then the values). Reports as many errors as it finds.
 * base_path is obj's place in the document ("" for the root). Strings live in the arena.
 * An optional FIELD_OBJECT that is absent gets the defaults of its fields; its required fields are
 * not asked for and its check() does not run. check() runs after an object was read without error.
 */
bool fields_read(const struct field_table *table, const struct json_doc *doc, json_t *obj,
		 const char *base_path, void *out, struct arena *arena, void *user,
		 struct err *err);

/*
 * Writes the values in out back as a JSON object, every field, in table order (manifest); NULL if
 * memory runs out. Unset values are left out: NULL strings, zero outside the allowed range, and
 * an optional object with required fields that holds nothing but its defaults.
 */
json_t *fields_write(const struct field_table *table, const void *in);

/*
 * JSON Schema 2020-12 of the table; nested tables in place, those that contain themselves under
 * $defs. New reference; NULL if memory runs out.
 */
json_t *fields_schema(const struct field_table *table);

/* Plain-text or Markdown reference of the table and its sub-tables, to a stdio stream. */
struct _IO_FILE;
void fields_reference(const struct field_table *table, bool markdown, struct _IO_FILE *out);

/*
 * Asserts that the table and all below it are sound: defaults that read, ranges, a name first in a
 * map, sizes of variants. For the tests of the room that declares the table.
 */
void fields_assert_table(const struct field_table *table);

/*
 * Applies "path=value" (dots and [n], ["..."] for odd names) to a JSON tree before it is read: the
 * --set option. The value is JSON, or a bare word taken as a string. Creates missing objects.
 * Errors are ERR_USAGE (ERR_INPUT for a malformed JSON value); the tree may then be half-edited.
 */
bool json_set_path(json_t *root, const char *assignment, struct err *err);

/*
 * Nearest of NULL-terminated names by edit distance <= 2 (or one that begins with word), else NULL.
 * Case and '-' against '_' do not count. The first of equally near names wins.
 */
const char *nearest_name(const char *word, const char *const *names);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/field.h"

/* Shared by field_read.c, field_write.c, field_schema.c and field_reference.c only. */

#define FIELD_STRING_MAX 4096u
#define FIELD_NAME_MAX	 64u

/* Patterns of the JSON Schema; the readers are parse_size(), parse_time(), field_is_name(). */
#define FIELD_SIZE_PATTERN "^[0-9]+(\\.[0-9]+)?(B|kB|[kK](iB)?|[MGTP](iB)?)?$"
#define FIELD_TIME_PATTERN "^[0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h|d)$"
#define FIELD_NAME_PATTERN "^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$"

bool field_is_name(const char *s);

/* Whether the field is a number, and its limits as JSON integers. */
bool field_is_number(enum field_type type);
s64 field_least(const struct field *field);
u64 field_most(const struct field *field);

/* Bytes of one value of a scalar type in memory. */
size_t field_item_size(enum field_type type);

/* What an entry of an array of scalars looks like as a field of its own. */
struct field field_of_item(const struct field *field);

/* The bytes of one entry of an ARRAY, VARIANT or MAP. */
size_t field_entry_size(const struct field *field);

/* "integer 0..10 (pages)": what is allowed, for errors and the reference. Returns buf. */
const char *field_expect(const struct field *field, char *buf, size_t len);

/*
 * Fills out with what an optional FIELD_OBJECT of this table holds when it is absent. False if a
 * default is refused (a bug in the table) or memory runs out.
 */
bool field_read_absent(const struct field_table *table, void *out, struct arena *arena,
		       struct err *err);

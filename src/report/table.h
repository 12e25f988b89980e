/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/err.h"
#include "base/types.h"

/* A file of numbers by named column, such as vmstat.csv, in memory. */
#define TABLE_MAX_BYTES (256u << 20)

struct table {
	u32 n, columns;
	char **name;
	s64 *value; /* [n][columns] */
};

/* NULL and a located err if the file is refused. */
struct table *table_load(const char *path, struct err *err);
void table_free(struct table *t);

/* -1: there is no such column. O(columns) */
s32 table_column(const struct table *t, const char *name);

static inline s64 table_get(const struct table *t, u32 row, u32 column)
{
	return t->value[(size_t)row * t->columns + column];
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads a table of whole numbers back. */
#include "report/table.h"

#include <stdlib.h>
#include <string.h>

#include "record/csv.h"

static bool take_names(struct table *t, const struct csv *csv, struct err *err)
{
	t->name = calloc(csv->n, sizeof(*t->name));
	if (!t->name)
		return err_set(err, ERR_HOST_RES, "no memory for a table");
	for (t->columns = 0; t->columns < csv->n; t->columns++) {
		t->name[t->columns] = strdup(csv->column[t->columns]);
		if (!t->name[t->columns])
			return err_set(err, ERR_HOST_RES, "no memory for a table");
	}
	return true;
}

static bool take_row(struct table *t, struct csv *csv, u32 *room, struct err *err)
{
	size_t row = t->columns * sizeof(*t->value);

	if (t->n == *room) {
		s64 *grown;

		*room = *room ? *room * 2 : 64;
		if (*room * row > TABLE_MAX_BYTES)
			return csv_error(csv, err, "more than %u MiB", TABLE_MAX_BYTES >> 20);
		grown = realloc(t->value, *room * row);
		if (!grown)
			return err_set(err, ERR_HOST_RES, "no memory for a table");
		t->value = grown;
	}
	for (u32 c = 0; c < t->columns; c++)
		if (!csv_number(csv, c, 0, &t->value[(size_t)t->n * t->columns + c], err))
			return false;
	t->n++;
	return true;
}

struct table *table_load(const char *path, struct err *err)
{
	struct table *t = calloc(1, sizeof(*t));
	struct csv csv;
	u32 room = 0;
	bool ok;

	if (!t) {
		err_set(err, ERR_HOST_RES, "no memory for a table");
		return NULL;
	}
	if (!csv_open(&csv, path, err)) {
		free(t);
		return NULL;
	}
	ok = take_names(t, &csv, err);
	while (ok && csv_next(&csv, err))
		ok = take_row(t, &csv, &room, err);
	csv_close(&csv);
	if (ok && !err->kind && t->n)
		return t;
	if (ok && !err->kind)
		err_set(err, ERR_INPUT, "%s: there are no rows", path);
	table_free(t);
	return NULL;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	for (u32 c = 0; t->name && c < t->columns; c++)
		free(t->name[c]);
	free(t->name);
	free(t->value);
	free(t);
}

s32 table_column(const struct table *t, const char *name)
{
	for (u32 c = 0; c < t->columns; c++)
		if (!strcmp(t->name[c], name))
			return (s32)c;
	return -1;
}

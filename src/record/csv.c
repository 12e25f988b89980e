/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables of numbers. They come from our own results folder or from a recording, either of which
 * may have been edited by hand: every cell is checked.
 */
#include "record/csv.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/decimal.h"

bool csv_error(const struct csv *csv, struct err *err, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return err_at(err, ERR_INPUT, stream_name(csv->stream), stream_line_number(csv->stream), 0,
		      NULL, "%s", text);
}

/* Cuts line at its commas into cell[0..max); the number of cells, max + 1 if there are more. */
static u32 cut(char *line, const char **cell, u32 max)
{
	u32 n = 0;

	for (;;) {
		char *comma = strchr(line, ',');

		if (n == max)
			return max + 1;
		cell[n++] = line;
		if (!comma)
			return n;
		*comma = '\0';
		line = comma + 1;
	}
}

static void strip_return(char *line, size_t len)
{
	if (len && line[len - 1] == '\r')
		line[len - 1] = '\0';
}

static bool read_header(struct csv *csv, struct err *err)
{
	size_t len;
	char *line = stream_line(csv->stream, &len, err);

	if (!line && err->kind)
		return false;
	if (!line || !len)
		return csv_error(csv, err, "expected a line of column names, found nothing");
	strip_return(line, len);
	csv->names = strdup(line);
	csv->column = calloc(CSV_MAX_COLUMNS, sizeof(*csv->column));
	csv->cell = calloc(CSV_MAX_COLUMNS, sizeof(*csv->cell));
	if (!csv->names || !csv->column || !csv->cell)
		return err_set(err, ERR_HOST_RES, "no memory to read %s", stream_name(csv->stream));
	csv->n = cut(csv->names, csv->column, CSV_MAX_COLUMNS);
	if (csv->n > CSV_MAX_COLUMNS)
		return csv_error(csv, err, "more than %u columns", CSV_MAX_COLUMNS);
	return true;
}

static bool open_stream(struct csv *csv, struct stream *stream, struct err *err)
{
	*csv = (struct csv){.stream = stream};
	if (!stream)
		return false;
	if (read_header(csv, err))
		return true;
	csv_close(csv);
	return false;
}

bool csv_open(struct csv *csv, const char *path, struct err *err)
{
	return open_stream(csv, stream_open(path, 0, err), err);
}

bool csv_open_mem(struct csv *csv, const char *name, const void *data, size_t len, struct err *err)
{
	return open_stream(csv, stream_open_mem(name, data, len, 0, err), err);
}

void csv_close(struct csv *csv)
{
	if (csv->stream)
		stream_close(csv->stream);
	free(csv->names);
	free(csv->column);
	free(csv->cell);
	*csv = (struct csv){0};
}

s32 csv_column(const struct csv *csv, const char *name)
{
	for (u32 i = 0; i < csv->n; i++)
		if (!strcmp(csv->column[i], name))
			return (s32)i;
	return -1;
}

bool csv_need(const struct csv *csv, const char *name, u32 *index, struct err *err)
{
	s32 found = csv_column(csv, name);

	*index = (u32)found;
	return found >= 0 || csv_error(csv, err, "there is no column \"%s\"", name);
}

bool csv_next(struct csv *csv, struct err *err)
{
	size_t len;
	char *line = stream_line(csv->stream, &len, err);
	u32 n;

	if (!line)
		return false;
	strip_return(line, len);
	n = cut(line, csv->cell, csv->n);
	if (n == csv->n)
		return true;
	return csv_error(csv, err, "expected %u columns as in the first line, found %s%u", csv->n,
			 n > csv->n ? "at least " : "", n);
}

bool csv_number(const struct csv *csv, u32 column, u32 digits, s64 *value, struct err *err)
{
	const char *cell = csv->cell[column];

	if (decimal_parse(cell, strlen(cell), digits, value))
		return true;
	return csv_error(csv, err, "column %s: expected a number, found \"%.40s\"",
			 csv->column[column], cell);
}

bool csv_count(const struct csv *csv, u32 column, u64 max, u64 *value, struct err *err)
{
	s64 number;

	if (!csv_number(csv, column, 0, &number, err))
		return false;
	*value = (u64)number;
	if (number >= 0 && *value <= max)
		return true;
	return csv_error(csv, err, "column %s: expected 0 to %" PRIu64 ", found %" PRId64,
			 csv->column[column], max, number);
}

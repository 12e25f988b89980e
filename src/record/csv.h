/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/stream.h"

/*
 * Reads tables of comma-separated numbers and plain words with one line of names on top (no
 * quoting: no file of ours needs it). Text or zstd, row by row, in bounded memory. Errors name
 * file and line.
 */
#define CSV_MAX_COLUMNS 4096u

struct csv {
	struct stream *stream;
	char *names; /* the header line, cut into columns */
	const char **column;
	const char **cell; /* of the current row; valid until the next */
	u32 n;
};

/* False if the file cannot be read or has no sound header. */
bool csv_open(struct csv *csv, const char *path, struct err *err);
/* From memory; the data must outlive the reader. */
bool csv_open_mem(struct csv *csv, const char *name, const void *data, size_t len, struct err *err);
void csv_close(struct csv *csv);

/* Index of a column, -1 if there is none of that name. O(columns) */
s32 csv_column(const struct csv *csv, const char *name);
/* Same, an error if there is none. */
bool csv_need(const struct csv *csv, const char *name, u32 *index, struct err *err);

/* The next row; false at the end, and on an error (then err->kind is set). */
bool csv_next(struct csv *csv, struct err *err);

/* A cell of the row as a decimal number times 10^digits. */
bool csv_number(const struct csv *csv, u32 column, u32 digits, s64 *value, struct err *err);
/* An integer between 0 and max. */
bool csv_count(const struct csv *csv, u32 column, u64 max, u64 *value, struct err *err);

/* Adds an error at the current row; always false. */
bool csv_error(const struct csv *csv, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/err.h"

/*
 * Reads a text or zstd file (told apart by its magic) piece by piece in bounded memory.
 * Caps: a line of at most STREAM_LINE_MAX bytes; a zstd window of 128 MiB, what `zstd -d` takes
 * too; the output of a zstd stream at most `max_bytes` (0: 64 GiB) and, past 16 MiB, at most 1000
 * times its input.
 */
#define STREAM_LINE_MAX (64u << 10)

struct stream;

/* "-" is standard input. NULL and err on failure. */
struct stream *stream_open(const char *path, u64 max_bytes, struct err *err);
/* From memory; the data must outlive the stream. */
struct stream *stream_open_mem(const char *name, const void *data, size_t len, u64 max_bytes,
			       struct err *err);
void stream_close(struct stream *s);

/*
 * The next line without its newline, NUL-terminated in the stream's buffer (valid until the next
 * call); *len its length. NULL at the end or on error (err->kind tells). A last line without
 * newline is returned. NUL bytes inside a line are errors.
 */
char *stream_line(struct stream *s, size_t *len, struct err *err);
/* Up to n raw bytes; 0 at the end or on error. */
size_t stream_read(struct stream *s, void *buf, size_t n, struct err *err);

u64 stream_line_number(const struct stream *s); /* of the line last returned, from 1 */
const char *stream_name(const struct stream *s);
/* Compressed bytes consumed and their total (0 if unknown): for progress. */
void stream_progress(const struct stream *s, u64 *done, u64 *total);

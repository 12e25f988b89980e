/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdio.h>

#include "workload/trace.h"

/* Writes a trace event by event, in any of its forms. Memory: O(1) beside the names. */
enum trace_form { TRACE_FORM_JSONL, TRACE_FORM_ZSTD, TRACE_FORM_BIN };

/* The form that a file's name asks for: .jsonl, .jsonl.zst, .bin. False: none of them. */
bool trace_form_of(const char *path, enum trace_form *form);

struct trace_writer;

/*
 * Begins a trace in file (seekable for TRACE_FORM_BIN; stays the caller's to close), called name
 * in messages. events[].gfp_name and .task index names, which may grow while writing and must
 * outlive the writer. header may say less than the whole: the end is always marked.
 */
struct trace_writer *trace_writer_create(FILE *file, const char *name, enum trace_form form,
					 const struct trace_header *header,
					 const struct trace_names *names, struct err *err);

/* The caller keeps to trace.h (order of times, ranges). ERR_HOST_FILE if the file is full. */
bool trace_write(struct trace_writer *writer, const struct trace_event *event, struct err *err);

/* Writes what is left (nothing, if a write failed before) and frees the writer. */
bool trace_writer_finish(struct trace_writer *writer, struct err *err);
/* Frees the writer without completing the file. */
void trace_writer_abort(struct trace_writer *writer);

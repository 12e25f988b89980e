/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <zstd.h>

#include "workload/trace_write.h"

/* What trace_write.c and trace_write_bin.c share. */
#define TRACE_BUFFER (128u << 10)
/* Most bytes of one event or definition: a name of which each byte takes six, and the rest. */
#define TRACE_LINE_MOST (6 * TRACE_SOURCE_MAX + 1024)

struct trace_writer {
	FILE *file;
	char *name, *source;
	enum trace_form form;
	struct trace_header header;
	const struct trace_names *names;
	u32 tasks_written;
	u64 events, last_t, ids, cpus;
	u64 records, sum; /* binary */
	ZSTD_CCtx *zstd;
	size_t used; /* bytes in buf not yet in the file */
	char buf[TRACE_BUFFER];
	char packed[TRACE_BUFFER];
};

bool trace_writer_put(struct trace_writer *w, const void *data, size_t n, struct err *err);
/* Makes sure that TRACE_LINE_MOST bytes fit into buf. */
bool trace_writer_room(struct trace_writer *w, struct err *err);
bool trace_writer_flush(struct trace_writer *w, bool last, struct err *err);

bool trace_bin_begin(struct trace_writer *w, struct err *err);
bool trace_bin_write(struct trace_writer *w, const struct trace_event *ev, struct err *err);
bool trace_bin_finish(struct trace_writer *w, struct err *err);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "workload/trace.h"

/* What the forms of a trace share behind trace.h. */
struct trace_reader {
	const struct trace_reader_ops *ops;
	char *path;
	struct trace_header header;
	struct trace_names names;
	u64 last_t;
	u64 events; /* handed out so far */
	bool over;
};

struct trace_reader_ops {
	const char *place; /* what event.where counts: "" is a line, "record " a record */
	bool (*next)(struct trace_reader *reader, struct trace_event *event, struct err *err);
	void (*close)(struct trace_reader *reader); /* of its own; frees the reader */
};

#define TRACE_BIN_MAGIC "MPTRACE\x1a"

struct trace_reader *trace_jsonl_open(const char *path, const struct mm_profile *profile,
				      u64 max_bytes, struct err *err);
struct trace_reader *trace_bin_open(const char *path, const struct mm_profile *profile,
				    struct err *err);

/* Takes over path (copied) and profile; false if the host has no memory. */
bool trace_reader_init(struct trace_reader *reader, const struct trace_reader_ops *ops,
		       const char *path, const struct mm_profile *profile, struct err *err);

/* What the header promised of an event that is well formed in itself. */
bool trace_reader_admit(struct trace_reader *reader, const struct trace_event *event,
			struct err *err);
/* What the header promised of the whole. */
bool trace_reader_complete(const struct trace_reader *reader, struct err *err);

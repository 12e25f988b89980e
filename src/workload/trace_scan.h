/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * One line of a JSON-lines trace against its fixed schema, without a tree: fields in any order,
 * each once, of the right type and in range, and just those that the op takes.
 */
enum trace_key {
	KEY_T,
	KEY_OP,
	KEY_CPU,
	KEY_ID,
	KEY_ORDER,
	KEY_OFFSET,
	KEY_PFN,
	KEY_NODE,
	KEY_TASK,
	KEY_CHILD,
	KEY_PID,
	KEY_EVENTS,
	KEY_GFP,
	KEY_COMM,
	KEY_CTX,
	KEY_FAILED,
	KEY_MEMALLOC,
	NR_TRACE_KEYS
};

enum trace_line_op {
	LINE_ALLOC,
	LINE_FREE,
	LINE_FREE_BOOT,
	LINE_MOVE,
	LINE_COMPACT,
	LINE_FORK,
	LINE_EXIT,
	LINE_STALL,
	LINE_RESUME,
	LINE_TASK, /* defines a task */
	LINE_END,  /* closes the trace */
	NR_LINE_OPS
};

enum trace_line_ctx { LINE_CTX_TASK, LINE_CTX_SOFTIRQ, LINE_CTX_HARDIRQ };

struct trace_line {
	u32 have; /* bit per enum trace_key */
	enum trace_line_op op;
	enum trace_line_ctx ctx;
	bool failed, memalloc;
	u64 number[KEY_GFP]; /* those of the keys before KEY_GFP that are numbers */
	const char *gfp, *comm; /* unescaped, not terminated */
	size_t gfp_len, comm_len;
	const char *at[NR_TRACE_KEYS]; /* where the value begins */
};

struct trace_scan_error {
	const char *at; /* in the line */
	char what[120];
};

/*
 * Scans `line` (len bytes and a NUL; no newline). Escapes are resolved in place, so the text
 * changes, but no place moves. False and *error if the line is refused. O(len).
 */
bool trace_scan_line(char *line, size_t len, struct trace_line *out,
		     struct trace_scan_error *error);

/* The field as it is spelled, for messages. */
const char *trace_key_name(enum trace_key key);

/* The tables of the scanner, for the schema: the largest number a key takes (0: it takes none), and
   which keys a line of an op has. */
enum trace_key_use { KEY_REFUSED, KEY_OPTIONAL, KEY_REQUIRED };
u64 trace_key_max(enum trace_key key);
const char *trace_line_op_name(enum trace_line_op op);
enum trace_key_use trace_key_use(enum trace_line_op op, enum trace_key key);

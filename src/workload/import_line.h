/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * One line of event text: tracefs trace and trace_pipe, trace-cmd report, perf script.
 *
 *   TASK-PID [(TGID)] [CPU] [FLAGS] SECONDS: EVENT: FIELDS
 *   TASK PID[/TID]    [CPU]         SECONDS: [SYSTEM:]EVENT: FIELDS
 *
 * The task's name may hold blanks, dashes and brackets.
 */
struct import_line {
	const char *comm;
	size_t comm_len;
	u32 pid;  /* of the thread */
	u32 tgid; /* of the process; the pid where it is not printed */
	u32 cpu;
	bool softirq, hardirq;
	u64 t; /* ns */
	const char *event; /* without the system's name */
	size_t event_len;
	const char *fields;
};

/* False if the text is no event line. O(len). */
bool import_line_parse(const char *text, struct import_line *line);

static inline bool import_line_is(const struct import_line *line, const char *event)
{
	size_t i = 0;

	while (i < line->event_len && event[i] == line->event[i])
		i++;
	return i == line->event_len && !event[i];
}

/* The value of " name=value" among the fields, up to the next blank. NULL: there is none. */
const char *import_field(const char *fields, const char *name, size_t *len);

/* A decimal number, or hexadecimal with 0x. False if it is none, or beyond 64 bits. */
bool import_number(const char *text, size_t len, u64 *value);
/* The same, also hexadecimal digits without 0x: pointers. "(null)" is 0. */
bool import_pointer(const char *text, size_t len, u64 *value);

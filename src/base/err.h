/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * What went wrong, for a person. The kinds are the exit statuses of the command line.
 * A struct err starts zeroed ({0}), collects up to ERR_MAX messages (then counts "and N more"),
 * and is released with err_clear(). Functions that can fail for the user's reasons return bool
 * and take a struct err * as their last argument; assert() is for our own bugs.
 */
enum err_kind {
	ERR_NONE = 0,
	ERR_USAGE = 2,	     /* the command line */
	ERR_INPUT = 3,	     /* a config, workload, trace or recording is refused */
	ERR_HOST_FILE = 4,   /* a host file cannot be read or written */
	ERR_HOST_RES = 5,    /* host memory or a configured limit */
	ERR_BUG = 70,	     /* an invariant of ours broke */
	ERR_INTERRUPTED = 130,
};

#define ERR_MAX 20

struct err {
	enum err_kind kind; /* of the first message */
	unsigned int count; /* messages added, including those not kept */
	char *text;	    /* newline-separated messages, control characters made visible;
			       NULL if there are none or the host has no memory: see err_text() */
};

/* Adds one message, always returns false so that callers can `return err_set(...)`. */
bool err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Adds "FILE:LINE:COL: PATH: message". line or col 0 are left out, json_path NULL too.
 * Always returns false.
 */
bool err_at(struct err *err, enum err_kind kind, const char *file, u64 line, u64 col,
	    const char *json_path, const char *fmt, ...) __attribute__((format(printf, 7, 8)));

/* The messages, never NULL; "" if there are none. Valid until the next call on err. */
const char *err_text(const struct err *err);

/* Releases the text and makes err empty again. */
void err_clear(struct err *err);

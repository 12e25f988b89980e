/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/* Text that grows. Zeroed: empty. failed: the host had no more memory. */
struct text {
	char *text;
	size_t len, cap;
	bool failed;
};

void text_put(struct text *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The text, free() it; NULL if the host had no memory. out is used up. */
char *text_finish(struct text *out);

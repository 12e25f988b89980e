/* SPDX-License-Identifier: GPL-2.0-only */
/* Text in the layout of the kernel's files and log, put together piece by piece. */
#include "mm/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void text_put(struct text *out, const char *fmt, ...)
{
	va_list args;
	int n;

	if (out->failed)
		return;
	va_start(args, fmt);
	n = vsnprintf(out->text ? out->text + out->len : NULL, out->cap - out->len, fmt, args);
	va_end(args);
	if (out->len + (size_t)n >= out->cap) {
		size_t cap = (out->len + (size_t)n + 1) * 2;
		char *text = realloc(out->text, cap);

		if (!text) {
			out->failed = true;
			return;
		}
		out->text = text;
		out->cap = cap;
		va_start(args, fmt);
		vsnprintf(text + out->len, cap - out->len, fmt, args);
		va_end(args);
	}
	out->len += (size_t)n;
}

char *text_finish(struct text *out)
{
	text_put(out, "%s", "");
	if (!out->failed)
		return out->text;
	free(out->text);
	return NULL;
}

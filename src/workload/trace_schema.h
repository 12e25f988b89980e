/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdio.h>

#include "base/field.h"

/* Description of the JSON lines of a trace, from the tables that read them. */
extern const struct field_table trace_header_table;

/* JSON Schema 2020-12 of one line: the header or an event. New reference; NULL without memory. */
json_t *trace_schema(void);

/* The same as a page, in plain text or Markdown. */
void trace_reference(bool markdown, FILE *out);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/field.h"

/* A table with every type of field, nested in every way, for the tests of fields. */
struct sample_op {
	u32 which; /* map, loop */
	u64 size, count;
	struct field_array program; /* struct sample_op */
};

struct sample_task {
	const char *name;
	s64 nice;
	u64 after; /* ns */
	struct field_array program;
};

struct sample_zone {
	u64 pages;
	const char *label;
};

struct sample_trace {
	const char *path;
	u64 from;
};

struct sample {
	bool swap;
	u64 order;
	s64 offset;
	u64 memory;
	u64 duration;
	const char *title;
	const char *host;
	u32 arch;
	u64 gfp; /* custom: a list of letters */
	struct sample_trace trace;
	struct field_array zones;  /* struct sample_zone */
	struct field_array sizes;  /* u64 */
	struct field_array words;  /* const char * */
	struct field_array arches; /* u32 */
	struct field_array tasks;  /* map of struct sample_task */
	u64 optional;
};

extern const struct field_table sample_table;

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "verify/verify.h"

/* Writes the difference (unless what is NULL) and returns false. */
bool verify_differ(char *what, size_t len, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Room for the pages of the largest bulk operation; one task a CPU. free() both. */
u32 *verify_bulk_room(const struct recording *rec);
struct task_struct *verify_tasks(const struct recording *rec);

/* The steps that the allocator takes, as data: {"step", "text", what it is about...}. */
struct verify_path {
	struct mm *mm;
	u32 highest_zoneidx; /* of the request */
	json_t *steps;
	struct probe_listener listener[NR_MM_PROBES];
	const char *last; /* kind of the last step, and how many of it in a row */
	u32 in_a_row, left_out;
	struct trace_mm_block_freed freed; /* not written yet: may be part of a drain */
	bool have_freed;
};
void verify_path_begin(struct verify_path *path, struct mm *mm, u32 highest_zoneidx);
/* The steps; the caller owns them. */
json_t *verify_path_end(struct verify_path *path);

/* Parts of the state, as data. */
json_t *verify_zone_json(const struct zone *zone, u32 cpu, u32 highest_zoneidx);
json_t *verify_page_json(const struct mm *mm, u32 pfn);
/* What an operation can change, for before and after. */
json_t *verify_set_json(const struct zone *zone, u32 cpu);

/* Prints what verify_explain_json() built. */
void verify_explain_print(const json_t *explanation, FILE *out);

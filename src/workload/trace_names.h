/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "mm/gfp.h"

/*
 * Texts that recur in a trace, kept once: GFP flags and the tasks that asked. The pointers stay
 * valid while the table grows. Starts zeroed ({0}).
 */
#define TRACE_GFPS_MAX	   4096u
#define TRACE_GFP_TEXT_MAX 511u
#define TRACE_TASKS_MAX	   65535u
#define TRACE_COMM_MAX	   255u
#define TRACE_PID_MAX	   (1u << 22)
#define TRACE_NO_TASK	   UINT16_MAX

struct trace_gfp {
	const char *text;
	u32 len;
	gfp_t value; /* 0 without a profile */
};

struct trace_task {
	const char *comm;
	u32 pid;
};

struct trace_names {
	const struct mm_profile *profile; /* NULL: GFP texts are not looked up */
	struct arena arena;
	struct trace_gfp *gfp;
	struct trace_task *task;
	u32 nr_gfp, nr_task;
	u32 gfp_cap, task_cap;
	u16 *gfp_hash; /* [2 * TRACE_GFPS_MAX], 1 + index */
};

enum trace_name_result {
	TRACE_NAME_OK,
	TRACE_NAME_FULL, /* the table's cap */
	TRACE_NAME_NO_MEMORY,
	TRACE_NAME_BAD, /* not a GFP text, or unknown to the profile; *bad points at the place */
};

/* Index of a GFP text, entered at its first use. bad may be NULL. O(len). */
enum trace_name_result trace_names_gfp(struct trace_names *names, const char *text, size_t len,
				       u16 *index, const char **bad);

/* Enters a task; its index is the number of those before it. comm is copied, len bytes. */
enum trace_name_result trace_names_task(struct trace_names *names, u32 pid, const char *comm,
					size_t len, u16 *index);

void trace_names_finish(struct trace_names *names);

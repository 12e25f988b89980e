/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "workload/program.h"

/*
 * A workload as read from its file: tasks with their programs, slab caches, a trace to replay and
 * the limits of the run. Unchanged once loaded; run.h performs it.
 */
#define WORKLOAD_MAX_TASKS 100000u

enum mempolicy_word { MEMPOLICY_DEFAULT, MEMPOLICY_PREFERRED, MEMPOLICY_PREFERRED_MANY,
		      MEMPOLICY_BIND, MEMPOLICY_INTERLEAVE, MEMPOLICY_LOCAL };

struct task_def {
	const char *name;
	u64 count, start_ns, stagger_ns;
	struct field_array cpus; /* u64: instance i runs on cpus[i % n]; none: all in turn */
	u32 mempolicy;		 /* enum mempolicy_word */
	struct field_array nodes; /* u64 */
	bool realtime, kthread;
	bool background; /* the run does not wait for it */
	struct process_image image;
	s64 oom_score_adj;
	const char *memory_group; /* NULL: none */
	struct program program;
};

struct program_def { /* what fork's child names */
	const char *name;
	struct program program;
};

struct cache_def {
	const char *name;
	u64 size, align; /* bytes */
	bool reclaimable, account;
};

struct memory_group_def {
	const char *name;
	u64 max, high; /* bytes; 0: no limit */
	u64 low, min;  /* bytes; 0: no protection */
	bool oom_group;
};

struct workload {
	struct json_doc doc; /* kept: errors while running still name their line */
	struct arena arena;

	const char *title, *description;
	u64 duration_ns; /* 0: until all tasks have ended and the trace is over */
	struct field_array tasks;    /* struct task_def */
	struct field_array programs; /* struct program_def */
	struct field_array caches;   /* struct cache_def */
	struct field_array memory_groups; /* struct memory_group_def */
	struct {
		const char *file; /* as written; NULL: none */
		bool closed_loop;
		struct field_array locked; /* const char *: programs */
	} trace;
	struct {
		u64 tasks;	/* alive at once */
		u64 operations; /* page operations and steps of the whole run */
	} limits;

	const char *trace_path;	   /* trace.file as seen from the workload's folder */
	const char *const *names;  /* what steps name, by step_name.id */
	u32 nr_names;
};

extern const struct field_table workload_table; /* schema, reference, effective values */

static inline const struct task_def *workload_tasks(const struct workload *wl)
{
	return wl->tasks.items;
}

/*
 * Reads a workload file ("-" is standard input). False and located errors if it is refused; wl is
 * then empty. Names are checked: what is touched is mapped somewhere, what is freed is allocated.
 */
bool workload_load(struct workload *wl, const char *path, const struct workload_env *env,
		   struct err *err);
/* Same after putting sets ("path=value", NULL-terminated; NULL: none) over the file. */
bool workload_load_set(struct workload *wl, const char *path, const char *const *sets,
		       const struct workload_env *env, struct err *err);
/* Same from text in memory; name is for messages, a trace is looked for beside it. */
bool workload_parse(struct workload *wl, const char *name, const char *text, size_t len,
		    const struct workload_env *env, struct err *err);
/* Releases what wl holds; it is then empty. Takes an empty one. */
void workload_finish(struct workload *wl);

/*
 * Adds an error located at a step of wl's programs (NULL: at the root). Always returns false.
 * O(steps + file).
 */
bool workload_step_error(const struct workload *wl, const struct step *step, struct err *err,
			 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Gives names their numbers and checks their use; part of loading. */
bool program_resolve(struct workload *wl, struct err *err);

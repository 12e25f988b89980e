/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/field.h"
#include "mm/gfp.h"

/*
 * What a task does, step after step, as the workload file spells it. Each op is declared once in
 * program_fields.c: that table reads it, checks it and documents it. The vocabulary follows
 * rt-app's phases and the ops of the pressure recordings.
 */
struct machine;
struct mm_profile;

#define PROGRAM_MAX_DEPTH 16	   /* loops and forks inside one another */
#define PROGRAM_MAX_NAMES 4096	   /* different names in one workload */
#define PROGRAM_NO_NAME	  UINT32_MAX

/* In the order of step_variants[]. */
enum step_op {
	OP_MAP,
	OP_UNMAP,
	OP_TOUCH,
	OP_PUNCH,
	OP_MLOCK,
	OP_READ,
	OP_WRITE,
	OP_DROP,
	OP_ALLOC,
	OP_FREE,
	OP_SLAB_ALLOC,
	OP_SLAB_FREE,
	OP_SLEEP,
	OP_COMPUTE,
	OP_LOOP,
	OP_FORK,
	OP_BURST,
	OP_DRAIN,
	OP_EXIT,
	NR_STEP_OPS
};

enum pattern { PATTERN_SEQ, PATTERN_RANDOM, PATTERN_ZIPF };
enum pick { PICK_OLDEST, PICK_NEWEST, PICK_RANDOM };
enum on_fail { ON_FAIL_CONTINUE, ON_FAIL_STOP, ON_FAIL_EXIT };
enum drain_scope { DRAIN_LOCAL, DRAIN_ALL };

enum dist_kind { DIST_NONE, DIST_FIXED, DIST_EXP, DIST_UNIFORM, DIST_LOGNORMAL };

/* A length of time drawn anew each time, ns. */
struct dist {
	u32 kind;
	u64 mean;     /* fixed, exp */
	u64 min, max; /* uniform */
	u64 median;   /* lognormal */
	u64 spread;   /* lognormal: standard deviation of log2, percent */
};

/* A name of the file and, once the workload is resolved, its number. */
struct step_name {
	const char *text; /* NULL: not given */
	u32 id;
};

struct program { /* of struct step; the layout of struct field_array */
	struct step *items;
	u32 n;
};

struct step {
	u32 op; /* enum step_op */
	union {
		struct {
			struct step_name region;
			u64 size;
		} map;
		struct {
			struct step_name region;
		} unmap, mlock;
		struct {
			struct step_name region;
			u32 pattern;
			u64 pages, for_ns, rate, hot, cold;
			bool write;
		} touch;
		struct {
			struct step_name region;
			u64 percent, run;
		} punch;
		struct {
			struct step_name file;
			u64 files, size, chunk, passes, rate;
			u32 pattern;
			bool sync;
		} io;
		struct {
			struct step_name file;
			u64 files;
		} drop;
		struct {
			struct step_name name;
			u64 order, count, rate;
			s64 node;
			gfp_t gfp;
			u32 on_fail;
			struct dist lifetime;
		} alloc;
		struct {
			struct step_name name;
			u64 count, rate;
			s64 order;
			u32 pick;
		} free;
		struct {
			struct step_name cache, name;
			u64 count, rate;
			gfp_t gfp;
			u32 on_fail;
		} slab_alloc;
		struct {
			struct step_name name;
			u64 count, rate;
			u32 pick;
		} slab_free;
		struct {
			u64 for_ns;
			struct dist random;
		} pause; /* sleep and compute */
		struct {
			u64 count, for_ns;
			struct program program;
		} loop;
		struct {
			u64 count, rate, parallel;
			bool wait;
			struct step_name child;
			struct program program;
			const struct program *run; /* resolved: the child's steps */
		} fork;
		struct {
			u64 count, frames, order, gap_ns, drain_every;
			s64 cpu;
			gfp_t gfp;
			struct dist lifetime;
		} burst;
		struct {
			u32 scope;
		} drain;
	} u;
};

/* One table per op; NULL-terminated. */
extern const struct field_table *const step_variants[];

/*
 * What a workload is read for. Without a machine, orders are checked against the largest of any
 * and CPUs and nodes not at all.
 */
struct workload_env {
	const struct mm_profile *profile; /* names of GFP flags */
	const struct machine *machine;	  /* may be NULL */
};

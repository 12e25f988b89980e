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
	OP_PIN,
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
	OP_CMA_ALLOC,
	OP_CMA_FREE,
	OP_DRAIN,
	OP_COMPACT,
	OP_MKFILES,
	OP_STATFILES,
	OP_USOCK,
	OP_NETBURST,
	OP_HUGETLB,
	OP_EXEC,
	OP_EXIT,
	NR_STEP_OPS
};

enum pattern { PATTERN_SEQ, PATTERN_RANDOM, PATTERN_ZIPF };
enum pick { PICK_OLDEST, PICK_NEWEST, PICK_RANDOM };
enum on_fail { ON_FAIL_CONTINUE, ON_FAIL_STOP, ON_FAIL_EXIT };
enum drain_scope { DRAIN_LOCAL, DRAIN_ALL };
enum map_thp { MAP_THP_DEFAULT, MAP_THP_HUGE, MAP_THP_NEVER };

#define PPM 1000000u /* shares are kept in millionths */

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

/* What a process has before its program asks for anything; all zero: nothing is modelled. Bytes. */
struct process_image {
	u64 private;	 /* written at once: stack, data, buffers */
	u64 shared;	 /* resident and shared with processes of before the run */
	u64 mapped;	 /* of that: of files, which each process maps by faults of its own */
	u64 virtual_size; /* of all; its page tables are filled */
};

struct step {
	u32 op; /* enum step_op */
	union {
		struct {
			struct step_name region, file;
			u64 size, offset;
			u32 thp; /* enum map_thp */
			bool is_private;
		} map;
		struct {
			struct step_name region;
		} unmap, mlock;
		struct {
			struct step_name region;
			u32 pattern;
			u64 pages, for_ns, rate, group;
			u32 hot, cold; /* ppm */
			bool write;
		} touch;
		struct {
			struct step_name region;
			u64 run, stride;
			u32 share; /* ppm */
		} punch;
		struct {
			struct step_name region;
			u64 run;
			u32 share; /* ppm */
		} pin;
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
			struct step_name name;
			const char *area;
			u64 pages, align, count, rate;
			u32 on_fail;
		} cma_alloc;
		struct {
			struct step_name name;
			u64 count, rate;
			u32 pick;
		} cma_free;
		struct {
			u64 for_ns, until_ns; /* the latter of sleep only */
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
		struct {
			struct step_name dir;
			u64 count, size, rate;
			u32 pattern;
		} files; /* mkfiles and statfiles */
		struct {
			u64 count, size, rate, for_ns, repeat;
		} usock;
		struct {
			u64 count, frames, gap_ns, drain_every;
			u32 lost; /* ppm */
		} netburst;
		struct {
			u64 pages, size; /* size: bytes, 0: a pageblock's */
		} hugetlb;
		struct {
			struct process_image image;
		} exec;
	} u;
};

extern const struct field_table process_image_table;

static inline bool process_image_given(const struct process_image *image)
{
	return image->private || image->shared || image->virtual_size;
}

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

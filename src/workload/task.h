/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/rng.h"
#include "mm/alloc.h"
#include "mm/filemap.h"
#include "mm/slab.h"
#include "workload/run.h"

/* Inside the workload room: what the files that perform programs share. */

struct burst;
struct expiries;
struct files;

struct workload_run {
	const struct workload *wl;
	struct workload_world world;
	struct err err; /* what stopped the run */
	struct task *tasks; /* alive, newest first */
	struct spawner *spawners; /* [wl->tasks.n] */
	struct task_stats *stats; /* [wl->tasks.n], of ended tasks where it tells times */
	struct task_stats *shown; /* [wl->tasks.n], with tasks alive at... */
	u64 shown_now, shown_operations; /* ...this point */
	struct kmem_cache **caches; /* [wl->caches.n] */
	struct files *files;
	struct expiries *expiries;
	struct replay *replay; /* NULL: no trace */
	u64 alive, pending; /* tasks alive, tasks that have yet to start */
	u64 ended, operations;
	u32 next_pid, next_cpu;
	bool trace_over;
};

/* Blocks or objects held under a name; oldest first from head on. */
struct held {
	u32 name;
	u32 head, n, cap; /* items[head..n) are held */
	bool objects;	  /* of slab caches; else blocks */
	u64 failed;	  /* allocations that came to nothing, not yet freed by the program */
	struct held_item {
		u32 what; /* PFN, or slab */
		u32 kind; /* order, or cache */
	} *items;
};

struct task_region {
	u32 name;
	struct vm_area_struct *vma; /* NULL: not mapped now */
	u64 next;		    /* page that a sequential touch goes on with */
};

struct task {
	struct task_struct ts;
	struct workload_run *run;
	struct task_stats *stats;
	const struct task_def *def;
	const struct program *program;
	const struct step *step; /* under way */
	struct task *next, *prev;
	struct task *parent; /* alive; NULL: none */
	struct task *children, *sibling_next, *sibling_prev;
	u64 live_children, nr_forked;
	struct wait_queue child_ended;
	struct mm_struct *mm; /* NULL: kernel thread */
	struct task_region *regions;
	u32 nr_regions;
	struct held *held;
	u32 nr_held;
	struct burst *burst; /* under way */
	u64 seed;
	struct rng rng;
	bool killed;
};

enum flow { FLOW_NEXT, FLOW_EXIT };

/* task.c: life of a task */
struct task *task_create(struct workload_run *run, u32 def, const struct program *program,
			 u64 seed, struct task *parent);
bool task_begin(struct task *task); /* from now on it runs; false: host memory */
void task_free(struct task *task);
enum flow task_run_program(struct task *task, const struct program *program);

/* The program did what it may not: the run stops and names the step. Returns FLOW_EXIT. */
enum flow task_fail(struct task *task, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The host has no memory for what the task wants. */
enum flow task_no_host_memory(struct task *task);

/* Counts one operation against the run's limit. False: the task must end. */
bool task_operation(struct task *task);

/* Keeps to a rate of units a second; 0: none. */
struct pace {
	u64 start, done, rate;
};
void pace_begin(struct pace *pace, const struct task *task, u64 rate);
/* After n units more: sleeps until they are due. */
void pace_wait(struct pace *pace, struct task *task, u64 n);

u64 dist_draw(const struct dist *dist, struct rng *rng);
u64 task_now(const struct task *task);

/* task_user.c: address space */
enum flow task_map(struct task *task, const struct step *step);
enum flow task_unmap(struct task *task, const struct step *step);
enum flow task_touch(struct task *task, const struct step *step);
enum flow task_punch(struct task *task, const struct step *step);
enum flow task_mlock(struct task *task, const struct step *step);
/* The child gets a copy of the parent's address space, with its names; false: host memory. */
bool task_inherit(struct task *child, const struct task *parent, struct mm_struct *copy);

/* task_fork.c */
enum flow task_fork(struct task *task, const struct step *step);

/* task_file.c */
struct files *files_create(void);
void files_destroy(struct files *files);
enum flow task_read(struct task *task, const struct step *step);
enum flow task_write(struct task *task, const struct step *step);
enum flow task_drop(struct task *task, const struct step *step);

/* task_kernel.c: raw blocks and slab objects */
enum flow task_alloc(struct task *task, const struct step *step);
enum flow task_free_blocks(struct task *task, const struct step *step);
enum flow task_slab_alloc(struct task *task, const struct step *step);
enum flow task_slab_free(struct task *task, const struct step *step);
enum flow task_drain(struct task *task, const struct step *step);
void task_release_held(struct task *task); /* everything, at exit */

/* held.c */
struct held *held_get(struct task *task, u32 name); /* NULL: host memory */
bool held_push(struct held *held, u32 what, u32 kind);
/* Takes one of those held (n > head). */
struct held_item held_take(struct held *held, enum pick pick, struct rng *rng);

/* burst.c */
enum flow task_burst(struct task *task, const struct step *step);
void burst_free(struct burst *burst);

/* expiry.c: blocks that are freed by themselves */
struct expiries *expiries_create(struct workload_run *run);
void expiries_destroy(struct expiries *expiries);
/* Frees the block after ns, on `cpu`. False: host memory. O(log n) */
bool expiries_add(struct expiries *expiries, u64 ns, u32 pfn, u32 order, u32 cpu,
		  struct task_stats *stats);

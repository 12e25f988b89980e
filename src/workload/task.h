/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/rng.h"
#include "mm/alloc.h"
#include "mm/filemap.h"
#include "mm/oom.h"
#include "mm/slab.h"
#include "workload/run.h"

/* Inside the workload room: what the files that perform programs share. */

struct burst;
struct expiries;
struct files;
struct processes;
struct sockets;
struct vfs;

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
	struct mem_cgroup **groups; /* [wl->memory_groups.n] */
	struct files *files;
	struct vfs *vfs;	     /* small files; made when first used */
	struct processes *processes; /* caches of process structures; made when first used */
	struct sockets *sockets;     /* caches of sockets; made when first used */
	struct expiries *expiries;
	struct replay *replay; /* NULL: no trace */
	u64 alive, pending; /* tasks alive, tasks that have yet to start */
	u64 background;	    /* of alive: those that the run does not wait for */
	u64 ended, operations;
	u32 next_pid, next_cpu;
	bool trace_over;
};

enum held_sort { HELD_BLOCKS, HELD_OBJECTS, HELD_BUFFERS };

/* Blocks, slab objects or buffers of CMA held under a name; oldest first from head on. */
struct held {
	u32 name;
	u32 head, n, cap; /* items[head..n) are held */
	enum held_sort sort;
	u64 failed;	  /* allocations that came to nothing, not yet freed by the program */
	struct held_item {
		u32 what; /* PFN, or slab */
		u32 kind; /* order, cache, or pages */
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
	struct held kernel;  /* sockets, datagrams and frames of task_net.c */
	struct process *process;      /* kernel's part of it; NULL: none is modelled */
	struct process *spawning;     /* of a child that is being made */
	struct vm_area_struct *image; /* of process; NULL: none */
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

/* Counts one operation against the run's limit. False: the task must end, or was killed. */
bool task_operation(struct task *task);

/* Keeps to a rate of units a second; 0: none. */
struct pace {
	u64 start, done, rate;
};
void pace_begin(struct pace *pace, const struct task *task, u64 rate);
/* After n units more: sleeps until they are due. */
void pace_wait(struct pace *pace, struct task *task, u64 n);

static inline void task_latency(struct task *task, enum task_latency_kind kind, u64 ns)
{
	struct task_latency *latency = &task->stats->latency[kind];

	latency->n++;
	latency->sum_ns += ns;
	latency->max_ns = max_u64(latency->max_ns, ns);
	latency->log2_ns[min_u64(TASK_LATENCY_BUCKETS - 1,
				 ns ? 63u - (u32)__builtin_clzll(ns) : 0)]++;
}

/*
 * An access to a page of the task's memory. VM_FAULT_OOM only where nobody can be killed: else the
 * fault is tried again until there is memory or the task itself is killed (VM_FAULT_KILLED).
 * mm/oom_kill.c:pagefault_out_of_memory (7.2)
 */
enum vm_fault task_fault(struct task *task, struct vm_area_struct *vma, u64 index, bool write);

u64 dist_draw(const struct dist *dist, struct rng *rng);
u64 task_now(const struct task *task);

/* run.c: the memory group of that name, which there is. */
struct mem_cgroup *run_memory_group(const struct workload_run *run, const char *name);

/* task_user.c: address space */
enum flow task_map(struct task *task, const struct step *step);
enum flow task_unmap(struct task *task, const struct step *step);
enum flow task_touch(struct task *task, const struct step *step);
enum flow task_punch(struct task *task, const struct step *step);
enum flow task_mlock(struct task *task, const struct step *step);
enum flow task_pin(struct task *task, const struct step *step);
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
/* The file of a name and number, made when first named. NULL: host memory. */
struct file *task_file(struct task *task, u32 name, u64 number);

/* task_image.c: what a process has beside what it maps; only tasks with an image have it */
void processes_destroy(struct processes *processes);
/* At the start of a root task whose address space is there. False: no memory. */
bool process_begin(struct task *task, const struct process_image *image);
/* fork: kernel structures for a child, paid by the parent and kept in parent->spawning. */
bool process_copy(struct task *parent);
/* They become the child's; its address space is a copy that now gets the rest. False: no memory. */
bool process_inherit(struct task *child, struct task *parent);
/* Writes what every process writes on its way: after a fork both sides. False: no memory. */
bool process_touch(struct task *task);
/* Gives a process back; NULL is fine. */
void process_drop(struct task *payer, struct process **process);
void process_end(struct task *task); /* after its address space is gone */
enum flow task_exec(struct task *task, const struct step *step);

/* task_vfs.c */
void vfs_destroy(struct vfs *vfs);
enum flow task_mkfiles(struct task *task, const struct step *step);
enum flow task_statfiles(struct task *task, const struct step *step);

/* task_net.c */
void sockets_destroy(struct sockets *sockets);
enum flow task_usock(struct task *task, const struct step *step);
enum flow task_netburst(struct task *task, const struct step *step);
void task_release_kernel(struct task *task); /* what these still hold, at exit */

/* task_cma.c */
enum flow task_cma_alloc(struct task *task, const struct step *step);
enum flow task_cma_free(struct task *task, const struct step *step);
void task_free_buffer(struct task *task, struct held_item item);

/* task_hugetlb.c */
enum flow task_hugetlb(struct task *task, const struct step *step);

/* task_kernel.c: raw blocks and slab objects */
enum flow task_alloc(struct task *task, const struct step *step);
enum flow task_free_blocks(struct task *task, const struct step *step);
enum flow task_slab_alloc(struct task *task, const struct step *step);
enum flow task_slab_free(struct task *task, const struct step *step);
enum flow task_drain(struct task *task, const struct step *step);
enum flow task_compact(struct task *task, const struct step *step);
void task_release_held(struct task *task); /* everything, at exit */
/*
 * How many to free: all, or those asked for less the ones whose allocation failed. More than was
 * ever allocated is a double free. A failed request: the step goes on, stops, or ends the task;
 * true: leave the step with *flow.
 */
enum flow task_count_held(struct task *task, struct held *held, u64 wanted, const char *name,
			  u64 *n);
bool task_give_up(u32 on_fail, enum flow *flow);

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

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "machine/cpu.h"
#include "machine/psi.h"

/* What cpu.c, cpu_ctx.c and psi.c share; nobody else includes this. */

enum ctx_state { CTX_ASLEEP, CTX_QUEUED, CTX_CURRENT };

struct cpu_ctx {
	struct cpus *cpus;
	struct cpu *cpu;
	struct cpu *target; /* where it has to move to; mostly cpu */
	struct fiber *fiber;
	u64 id; /* from 1, never used again */
	enum cpu_class class;
	enum ctx_state state;
	u64 need;    /* ns of CPU until its fiber goes on */
	u64 slice;   /* ns left of its slice */
	u64 runtime; /* ns, up to its CPU's mark */
	u64 vruntime; /* the same, but a sleeper is not left far behind */
	u64 begun;    /* vruntime when it was last given its CPU */
	const struct cpu *counted_on; /* whose min_vruntime it compares with */
	fiber_fn fn;
	void *arg;
	u32 first_cpu, nr_cpus; /* among which it may choose on waking; 0: it stays */
	u32 *where;		/* told its CPU after each wait; may be NULL */
	bool in_wait;	     /* parked in a sleep or wait that cpu_wake() may end */
	struct psi_task psi;
	struct cpu_ctx *next, *prev;	     /* on its run queue */
	struct run_queue *queue;
	struct cpu_ctx *next_all, *prev_all; /* of cpus */
};

struct run_queue {
	struct cpu_ctx *head, *tail;
};

struct cpu {
	struct cpus *cpus;
	u32 id;
	struct cpu_ctx *curr;
	u64 last; /* id of the context that ran last */
	struct run_queue rt, woken, fair; /* who runs first; woken: they preempt those of fair */
	u64 min_vruntime;
	bool working;	    /* curr works, and */
	struct event timer; /* is due here next */
	u64 mark;	    /* time is attributed up to here */
	u64 irq_until;	    /* interrupt work keeps the CPU until then */
	u64 awake_at;	    /* a CPU woken from idle runs from then on */
	struct cpu_stats stats;
};

struct cpus {
	struct engine *eng;
	struct psi *psi;
	struct cpu_sched_params params;
	struct cpu_ctx *all;
	u64 contexts; /* ever created */
	u32 nr;
	struct cpu *host;  /* with turns: whose turn it is; NULL: nobody has anything to do */
	struct event turn; /* its end, if others wait for theirs */
	struct cpu cpu[];
};

/* cpu_queue.c. Each tells PSI. */
void cpu_psi_set(struct cpu_ctx *ctx, u32 flags);
void cpu_queue_add_tail(struct run_queue *rq, struct cpu_ctx *ctx);
void cpu_queue_add_head(struct run_queue *rq, struct cpu_ctx *ctx);
void cpu_queue_del(struct cpu_ctx *ctx); /* from the one it is on */
/* To the use of the one that runs or of the one that has waited longest, whichever is less; before
   they change. kernel/sched/fair.c:update_min_vruntime (6.1), which knows the least of all */
void cpu_update_min_vruntime(struct cpu *cpu);
/* ctx becomes runnable on the CPU. True: it has woken and is to run before the one that does.
   kernel/sched/fair.c:place_entity, wakeup_preempt_entity (6.1), pick_eevdf (6.12) */
bool cpu_arrives(struct cpu *cpu, struct cpu_ctx *ctx, bool woken);

/* Gets the target CPU for a context that slept; its fiber is the one that executes. interrupts: a
   timer or a device has woken it. */
void cpu_acquire(struct cpu_ctx *ctx, bool interrupts);
/* Gives up the CPU; others run as soon as the fiber parks. A sleeper wakes with a new slice. */
void cpu_release(struct cpu_ctx *ctx, bool iowait);
/* The end of a segment: the work is done, or the slice, or neither after an interrupt. */
void cpu_timer_fire(struct engine *eng, struct event *ev);
/* The turn of the CPU that has the host is over. */
void cpu_turn_fire(struct engine *eng, struct event *ev);

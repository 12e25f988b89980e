/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/wait.h"

/*
 * CPUs and who runs on them. One context runs per CPU, a run queue with a time slice behind it;
 * kernel threads compete with tasks; interrupt work pre-empts and never sleeps.
 *
 * A context is a fiber plus its scheduling state. Code that runs on it calls cpu_spend() to let
 * time pass; between two such points its state changes are atomic.
 */
enum cpu_class { CPU_CLASS_TASK, CPU_CLASS_KTHREAD, CPU_CLASS_RT };

struct cpus;	/* all CPUs of a machine */
struct cpu_ctx; /* one schedulable context */

struct cpu_sched_params {
	u64 slice_ns;	       /* > 0; default 3 ms */
	u64 context_switch_ns; /* from one context to another, used up by the next; default 1800 */
	u64 wakeup_ns;	       /* wake-up of a sleeper on an idle CPU until it runs; default 5000 */
	/* CPUs share one of the host, by turns that end at multiples of this and, but for the
	   first CPU's, at ticks; 0: they do not */
	u64 turn_ns;
	u32 hz;		       /* jiffies a second; 0: 250 */
	/* Who wakes preempts whoever has used more of the CPU than he by the granularity; who slept
	   gets at most half the latency ahead so. Latency 0: this is not done. */
	u64 latency_ns, wakeup_granularity_ns;
	u64 base_slice_ns; /* who wakes preempts whoever has run for so long; 0: this is not done */
	u64 psi_window_ns;     /* pressure of CPUs is weighed once a window; 0: 200 ms */
};

/* params NULL: the defaults. NULL if the host has no memory. */
struct cpus *cpus_create(struct engine *eng, u32 nr_cpus, const struct cpu_sched_params *params);
/* Drops all contexts as fiber_destroy() does. Before the engine's end. NULL is fine. */
void cpus_destroy(struct cpus *cpus);
u32 cpus_count(const struct cpus *cpus);

/*
 * A new context on `cpu`, runnable from start_time on: then it is woken as any sleeper is. fn runs
 * as its fiber. Freed when fn returns. NULL if the host has no memory.
 */
struct cpu_ctx *cpu_ctx_create(struct cpus *cpus, const char *name, u32 cpu, enum cpu_class cls,
			       u64 start_time, fiber_fn fn, void *arg);
/* The context whose fiber is running; NULL outside. */
struct cpu_ctx *cpu_current(struct cpus *cpus);
u32 cpu_ctx_cpu(const struct cpu_ctx *ctx);
const char *cpu_ctx_name(const struct cpu_ctx *ctx);
/* CPU time used so far, ns; switches to the context included, interrupts on top of it not. */
u64 cpu_ctx_runtime(const struct cpu_ctx *ctx);

/*
 * The running context uses ns of its CPU. If nothing else is due before then the clock just moves;
 * otherwise it yields to the event queue, to interrupts and, at the end of its slice, to others on
 * the run queue. Returns the ns of waiting for the CPU that this call included (interrupts and
 * switches too). cpu_spend(ctx, 0) lets happen what is due now.
 */
u64 cpu_spend(struct cpu_ctx *ctx, u64 ns);

/*
 * Gives up the CPU and waits; the CPU runs others meanwhile. Returns as wait_on(), after getting
 * the CPU back.
 */
bool cpu_wait(struct cpu_ctx *ctx, struct wait_queue *wq, u64 timeout_ns);
/* The same for I/O that another context or an event started: pressure counts it as such. */
bool cpu_wait_io(struct cpu_ctx *ctx, struct wait_queue *wq, u64 timeout_ns);
/* Sleeps; a sleep of 0 is a yield to the run queue. */
void cpu_sleep(struct cpu_ctx *ctx, u64 ns);
/* Ends the context's cpu_wait() as a time-out, or its cpu_sleep(), now; no effect elsewhere. */
void cpu_wake(struct cpu_ctx *ctx);
/* Blocks on a device request; returns ns waited, getting the CPU back included. */
struct device;
u64 cpu_io(struct cpu_ctx *ctx, struct device *dev, bool write, u64 bytes);
/*
 * Moves the context to another CPU at its next scheduling point: at once if it is on a run queue,
 * on waking if it sleeps, else with its next cpu_spend() or at the end of its slice.
 */
void cpu_migrate(struct cpu_ctx *ctx, u32 cpu);

/*
 * From now on the context goes to an idle one of the CPUs [first, first + nr), among which its own
 * is, when it wakes and where it ran last is busy; *where is set to its CPU after each wait. O(nr)
 * each time. kernel/sched/fair.c:select_task_rq_fair
 */
void cpu_roam(struct cpu_ctx *ctx, u32 first, u32 nr, u32 *where);

/*
 * Interrupt work of `ns` on a CPU, beginning now: whatever runs there is delayed by as much. Called
 * from an event, before or after the state change it stands for, or from a context on any CPU
 * (which is delayed at its next cpu_spend()). Nested interrupts queue.
 */
void cpu_interrupt(struct cpus *cpus, u32 cpu, u64 ns);
/*
 * The running context waits until a task on another CPU has answered, to a flush of TLBs: CPUs that
 * share one of the host go on with that one.
 */
void cpu_await_others(struct cpu_ctx *ctx);
/*
 * cpu_interrupt() of a device, from an event, at the end of what nobody waits for: it hands on the
 * turn of CPUs that share one of the host. QEMU 7.2, rr_kick_vcpu_thread
 */
void cpu_device_interrupt(struct cpus *cpus, u32 cpu, u64 ns);

/* Up to now; task_ns + kthread_ns + irq_ns + idle_ns is the time since cpus_create(). */
struct cpu_stats {
	u64 task_ns; /* CPU_CLASS_TASK and CPU_CLASS_RT */
	u64 kthread_ns, irq_ns;
	u64 idle_ns;  /* wake-ups included */
	u64 switches; /* times a context ran after another one */
};
void cpu_stats(const struct cpus *cpus, u32 cpu, struct cpu_stats *stats);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Background threads. The vmstat workers fold counters and let per-CPU lists decay about once a
 * second; they change page frames, so a run over time needs them. They are modelled as interrupt
 * work of their length on their CPU. kswapd and kcompactd are contexts of their own.
 */
#include "mm/kthread.h"

#include <stdio.h>
#include <stdlib.h>

#include "mm/compaction.h"
#include "mm/kswapd.h"
#include "mm/memcontrol.h"
#include "mm/vmstat.h"

struct vmstat_work {
	struct event event;
	struct mm *mm;
	u32 cpu;
};

struct kthreads {
	struct mm *mm;
	struct event shepherd, flush_stats;
	struct vmstat_work *works; /* [nr_cpus] */
	struct kswapd *kswapds;	   /* [nr_nodes] */
	struct kcompactd *kcompactds; /* [nr_nodes] */
};

#define JIFFY_SKEW 3 /* jiffies between CPUs' ticks. kernel/time/timer.c:round_jiffies_common */

/* A whole second of simulated time, a little apart from CPU to CPU. */
static u64 round_relative(const struct mm *mm, u64 delay, u32 cpu)
{
	u64 jiffy = NSEC_PER_SEC / mm->machine->hz;
	u64 skew = (u64)cpu * JIFFY_SKEW * jiffy % NSEC_PER_SEC;
	u64 due = engine_now(mm->engine) + delay;

	/* Less than a quarter into the second: round down, as the kernel does. */
	due = due % NSEC_PER_SEC < NSEC_PER_SEC / 4 ? due / NSEC_PER_SEC : due / NSEC_PER_SEC + 1;
	due = due * NSEC_PER_SEC + skew;
	return max_u64(due, engine_now(mm->engine) + jiffy);
}

static u64 kworker_time(const struct task_struct *kworker)
{
	u64 ns = 0;

	for (u32 i = 0; i < NR_STALL_CAUSES; i++)
		ns += kworker->total_ns[i];
	return ns;
}

/* mm/vmstat.c:vmstat_update */
static void vmstat_update(struct engine *engine, struct event *event)
{
	struct vmstat_work *work = container_of(event, struct vmstat_work, event);
	struct mm *mm = work->mm;
	struct task_struct *kworker = &mm->kworker[work->cpu];
	u64 before = kworker_time(kworker), used;
	bool changed = refresh_cpu_vm_stats(mm, kworker);

	task_spend(mm, kworker);
	used = kworker_time(kworker) - before;
	if (used && mm->cpus)
		cpu_interrupt(mm->cpus, work->cpu, used);
	if (changed)
		engine_at(engine, event,
			  round_relative(mm, mm->sysctl.stat_interval_ns, work->cpu));
}

/* mm/vmstat.c:need_update */
static bool need_update(struct mm *mm, u32 cpu)
{
	for_each_populated_zone(mm, zone)
		for (u32 i = 0; i < NR_VM_ZONE_STAT_ITEMS; i++)
			if (zone->pageset[cpu].vm_stat_diff[i])
				return true;
	return false;
}

/* mm/vmstat.c:vmstat_shepherd */
static void vmstat_shepherd(struct engine *engine, struct event *event)
{
	struct kthreads *kthreads = container_of(event, struct kthreads, shepherd);
	struct mm *mm = kthreads->mm;

	for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++) {
		struct event *work = &kthreads->works[cpu].event;

		if (!event_pending(work) && need_update(mm, cpu))
			engine_at(engine, work, engine_now(engine));
	}
	engine_at(engine, event, round_relative(mm, mm->sysctl.stat_interval_ns, 0));
}

static void start_vmstat(struct kthreads *kthreads)
{
	struct mm *mm = kthreads->mm;

	for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++) {
		kthreads->works[cpu].mm = mm;
		kthreads->works[cpu].cpu = cpu;
		kthreads->works[cpu].event.fire = vmstat_update;
	}
	kthreads->shepherd.fire = vmstat_shepherd;
	if (mm->sysctl.stat_interval_ns)
		engine_at(mm->engine, &kthreads->shepherd,
			  round_relative(mm, mm->sysctl.stat_interval_ns, 0));
}

/* Seen from a time of the clock that counts jiffies. */
static u64 wheel_ns_at(const struct mm *mm, u64 now, u64 jiffies)
{
	u64 jiffy = NSEC_PER_SEC / mm->machine->hz;
	u64 expires = now / jiffy + jiffies, shift = 0;

	while (jiffies >= 64ull << shift)
		shift += 3;
	return ((expires >> shift) + 1) * (jiffy << shift) - now;
}

u64 timer_wheel_ns(const struct mm *mm, u64 jiffies)
{
	return wheel_ns_at(mm, engine_now(mm->engine), jiffies);
}

static u64 flush_interval(const struct mm *mm, u64 ns)
{
	return timer_wheel_ns(mm, ns * mm->machine->hz / NSEC_PER_SEC);
}

/*
 * Time until the first flush within the run. The work asks for itself again since the kernel
 * booted; from its first time on it stands at ends of slots, equally far apart. Without an uptime
 * the last one is half an interval ago, as on average.
 */
static u64 first_flush(const struct mm *mm)
{
	u64 up = mm->machine->uptime_ns, at = mm->machine->boot_ns, period;
	u64 jiffies = MEMCG_FLUSH_NS * mm->machine->hz / NSEC_PER_SEC;

	if (up <= at)
		return flush_interval(mm, MEMCG_FLUSH_NS / 2);
	at += wheel_ns_at(mm, at, jiffies);
	period = wheel_ns_at(mm, at, jiffies);
	return at > up ? at - up : period - (up - at) % period;
}

/* mm/memcontrol.c:flush_memcg_stats_dwork */
static void flush_stats(struct engine *engine, struct event *event)
{
	struct kthreads *kthreads = container_of(event, struct kthreads, flush_stats);

	mem_cgroup_flush_stats(kthreads->mm->vm);
	engine_at(engine, event,
		  engine_now(engine) + flush_interval(kthreads->mm, MEMCG_FLUSH_NS));
}

static void start_flush(struct kthreads *kthreads)
{
	struct mm *mm = kthreads->mm;

	kthreads->flush_stats.fire = flush_stats;
	if (!mm->vm || !mm->profile->memcg_stats_lag)
		return;
	mem_cgroup_flush_stats(mm->vm);
	engine_at(mm->engine, &kthreads->flush_stats, engine_now(mm->engine) + first_flush(mm));
}

static u32 first_cpu(const struct mm *mm, u32 nid)
{
	for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++)
		if (mm->machine->cpu_node[cpu] == nid)
			return cpu;
	return 0;
}

static bool start_kswapds(struct kthreads *kthreads)
{
	struct mm *mm = kthreads->mm;

	for (u32 nid = 0; nid < mm->nr_nodes; nid++) {
		struct kswapd *k = &kthreads->kswapds[nid];
		char name[24];

		if (!mm->nodes[nid].has_memory)
			continue;
		snprintf(name, sizeof(name), "kswapd%u", nid);
		k->mm = mm;
		k->nid = nid;
		k->task = (struct task_struct){.comm = "kswapd", .cpu = first_cpu(mm, nid),
					       .flags = PF_KTHREAD | PF_MEMALLOC | PF_KSWAPD};
		if (!task_roam(mm, &k->task,
			       cpu_ctx_create(mm->cpus, name, k->task.cpu, CPU_CLASS_KTHREAD,
					      engine_now(mm->engine), kswapd, k)))
			return false;
	}
	return true;
}

/* Only a machine with address spaces has pages to move. */
static bool start_kcompactds(struct kthreads *kthreads)
{
	struct mm *mm = kthreads->mm;

	for (u32 nid = 0; mm->vm && nid < mm->nr_nodes; nid++) {
		struct kcompactd *k = &kthreads->kcompactds[nid];
		char name[24];

		if (!mm->nodes[nid].has_memory)
			continue;
		snprintf(name, sizeof(name), "kcompactd%u", nid);
		k->mm = mm;
		k->nid = nid;
		k->task = (struct task_struct){.comm = "kcompactd", .cpu = first_cpu(mm, nid),
					       .flags = PF_KTHREAD};
		mm->nodes[nid].kcompactd = k;
		if (!task_roam(mm, &k->task,
			       cpu_ctx_create(mm->cpus, name, k->task.cpu, CPU_CLASS_KTHREAD,
					      engine_now(mm->engine), kcompactd, k)))
			return false;
	}
	return true;
}

struct kthreads *kthreads_start(struct mm *mm, struct err *err)
{
	struct kthreads *kthreads = calloc(1, sizeof(*kthreads));

	if (kthreads) {
		kthreads->mm = mm;
		kthreads->works = calloc(mm->nr_cpus, sizeof(*kthreads->works));
		kthreads->kswapds = calloc(mm->nr_nodes, sizeof(*kthreads->kswapds));
		kthreads->kcompactds = calloc(mm->nr_nodes, sizeof(*kthreads->kcompactds));
		if (kthreads->works && kthreads->kswapds && kthreads->kcompactds &&
		    start_kswapds(kthreads) && start_kcompactds(kthreads)) {
			start_vmstat(kthreads);
			start_flush(kthreads);
			return kthreads;
		}
	}
	kthreads_stop(kthreads);
	err_set(err, ERR_HOST_RES, "no memory for the background threads");
	return NULL;
}

void kthreads_stop(struct kthreads *kthreads)
{
	if (!kthreads)
		return;
	for (u32 cpu = 0; kthreads->works && cpu < kthreads->mm->nr_cpus; cpu++)
		engine_cancel(kthreads->mm->engine, &kthreads->works[cpu].event);
	engine_cancel(kthreads->mm->engine, &kthreads->shepherd);
	engine_cancel(kthreads->mm->engine, &kthreads->flush_stats);
	for (u32 nid = 0; nid < kthreads->mm->nr_nodes; nid++)
		kthreads->mm->nodes[nid].kcompactd = NULL;
	free(kthreads->works);
	free(kthreads->kswapds);
	free(kthreads->kcompactds);
	free(kthreads);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A task: a fiber on a CPU that performs its program step by step, and what remains to be done
 * when it ends (its memory is freed by itself, as exit does).
 */
#include "workload/task.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

u64 task_now(const struct task *task)
{
	return engine_now(task->run->world.engine);
}

enum flow task_fail(struct task *task, const char *fmt, ...)
{
	struct workload_run *run = task->run;
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (run->err.kind == ERR_NONE)
		workload_step_error(run->wl, task->step, &run->err,
				    "at %llu ns, task %s (pid %u): %s",
				    (unsigned long long)task_now(task), task->ts.comm,
				    task->ts.pid, text);
	engine_stop(run->world.engine);
	return FLOW_EXIT;
}

enum flow task_no_host_memory(struct task *task)
{
	struct workload_run *run = task->run;

	if (run->err.kind == ERR_NONE)
		err_set(&run->err, ERR_HOST_RES, "no host memory for the memory of task %s",
			task->ts.comm);
	engine_stop(run->world.engine);
	return FLOW_EXIT;
}

bool task_operation(struct task *task)
{
	struct workload_run *run = task->run;

	if (unlikely(fatal_signal_pending(&task->ts)))
		return false;
	if (likely(run->operations++ < run->wl->limits.operations && !run->err.kind))
		return true;
	if (run->err.kind == ERR_NONE)
		err_set(&run->err, ERR_HOST_RES,
			"the workload's limit of %llu operations is reached at %llu ns",
			(unsigned long long)run->wl->limits.operations,
			(unsigned long long)task_now(task));
	engine_stop(run->world.engine);
	return false;
}

void pace_begin(struct pace *pace, const struct task *task, u64 rate)
{
	*pace = (struct pace){.start = task_now(task), .rate = rate};
}

void pace_wait(struct pace *pace, struct task *task, u64 n)
{
	u64 now = task_now(task), due;

	if (!pace->rate)
		return;
	pace->done += n;
	due = pace->start +
	      (u64)((unsigned __int128)pace->done * NSEC_PER_SEC / pace->rate);
	if (due > now)
		sleep_killable(&task->ts, due - now);
}

enum vm_fault task_fault(struct task *task, struct vm_area_struct *vma, u64 index, bool write)
{
	const struct workload_world *world = &task->run->world;

	for (;;) {
		enum vm_fault fault = handle_mm_fault(vma, &task->ts, index, write);

		if (likely(fault != VM_FAULT_OOM) || world->vm->no_host_memory)
			return fault;
		if (!world->mm->pressure->out_of_memory)
			return VM_FAULT_OOM;
		if (!task_operation(task))
			return VM_FAULT_KILLED;
	}
}

u64 dist_draw(const struct dist *dist, struct rng *rng)
{
	switch ((enum dist_kind)dist->kind) {
	case DIST_NONE:
		return 0;
	case DIST_FIXED:
		return dist->mean;
	case DIST_EXP:
		return rng_exp(rng, dist->mean);
	case DIST_UNIFORM:
		return rng_range(rng, dist->min, dist->max);
	case DIST_LOGNORMAL:
		return rng_lognormal(rng, dist->median, (u32)(dist->spread * 256 / 100));
	}
	return 0;
}

/* A signal reaches who computes at a tick. */
static void compute(struct task *task, u64 ns)
{
	u64 tick = NSEC_PER_SEC / task->run->world.mm->machine->hz;

	while (ns && !fatal_signal_pending(&task->ts)) {
		u64 part = min_u64(ns, tick);

		cpu_spend(task->ts.sched, part);
		ns -= part;
	}
}

static enum flow task_pause(struct task *task, const struct step *step)
{
	u64 ns = step->u.pause.for_ns;

	if (step->u.pause.random.kind != DIST_NONE)
		ns = dist_draw(&step->u.pause.random, &task->rng);
	else if (step->u.pause.until_ns)
		ns = step->u.pause.until_ns - min_u64(step->u.pause.until_ns, task_now(task));
	if (step->op == OP_COMPUTE)
		compute(task, ns);
	else if (ns)
		sleep_killable(&task->ts, ns);
	else
		cpu_sleep(task->ts.sched, 0);
	return FLOW_NEXT;
}

static enum flow task_loop(struct task *task, const struct step *step)
{
	u64 begin = task_now(task);

	for (u64 round = 0; !step->u.loop.count || round < step->u.loop.count; round++) {
		u64 now = task_now(task);

		if (step->u.loop.for_ns && now - begin >= step->u.loop.for_ns)
			break;
		if (task_run_program(task, &step->u.loop.program) == FLOW_EXIT)
			return FLOW_EXIT;
		/* A round that takes no time would never let the engine look up. */
		if (task_now(task) == now)
			cpu_sleep(task->ts.sched, 0);
	}
	return FLOW_NEXT;
}

static enum flow task_exit_step(struct task *task, const struct step *step)
{
	(void)task;
	(void)step;
	return FLOW_EXIT;
}

typedef enum flow (*op_fn)(struct task *task, const struct step *step);

static const op_fn ops[NR_STEP_OPS] = {
	[OP_MAP] = task_map,
	[OP_UNMAP] = task_unmap,
	[OP_TOUCH] = task_touch,
	[OP_PUNCH] = task_punch,
	[OP_MLOCK] = task_mlock,
	[OP_PIN] = task_pin,
	[OP_READ] = task_read,
	[OP_WRITE] = task_write,
	[OP_DROP] = task_drop,
	[OP_ALLOC] = task_alloc,
	[OP_FREE] = task_free_blocks,
	[OP_SLAB_ALLOC] = task_slab_alloc,
	[OP_SLAB_FREE] = task_slab_free,
	[OP_SLEEP] = task_pause,
	[OP_COMPUTE] = task_pause,
	[OP_LOOP] = task_loop,
	[OP_FORK] = task_fork,
	[OP_BURST] = task_burst,
	[OP_CMA_ALLOC] = task_cma_alloc,
	[OP_CMA_FREE] = task_cma_free,
	[OP_DRAIN] = task_drain,
	[OP_COMPACT] = task_compact,
	[OP_MKFILES] = task_mkfiles,
	[OP_STATFILES] = task_statfiles,
	[OP_USOCK] = task_usock,
	[OP_NETBURST] = task_netburst,
	[OP_HUGETLB] = task_hugetlb,
	[OP_EXEC] = task_exec,
	[OP_EXIT] = task_exit_step,
};

enum flow task_run_program(struct task *task, const struct program *program)
{
	for (u32 i = 0; i < program->n; i++) {
		const struct step *step = &program->items[i];

		task->step = step;
		task->stats->steps++;
		if (!task_operation(task) || ops[step->op](task, step) == FLOW_EXIT)
			return FLOW_EXIT;
	}
	return FLOW_NEXT;
}

static void task_unlink(struct task *task)
{
	struct workload_run *run = task->run;

	if (task->prev)
		task->prev->next = task->next;
	else
		run->tasks = task->next;
	if (task->next)
		task->next->prev = task->prev;
}

static void family_unlink(struct task *task)
{
	for (struct task *child = task->children; child; child = child->sibling_next)
		child->parent = NULL;
	if (!task->parent)
		return;
	if (task->sibling_prev)
		task->sibling_prev->sibling_next = task->sibling_next;
	else
		task->parent->children = task->sibling_next;
	if (task->sibling_next)
		task->sibling_next->sibling_prev = task->sibling_prev;
	task->parent->live_children--;
	wake_up(task->run->world.engine, &task->parent->child_ended, UINT32_MAX);
}

void task_free(struct task *task)
{
	for (u32 i = 0; i < task->nr_held; i++)
		free(task->held[i].items);
	burst_free(task->burst);
	free(task->held);
	free(task->kernel.items);
	free(task->process);
	free(task->spawning);
	free(task->regions);
	free(task);
}

/* kernel/exit.c:do_exit */
static void task_end(struct task *task)
{
	struct workload_run *run = task->run;
	struct task_stats *stats = task->stats;

	task->ts.flags |= PF_EXITING;
	if (task->ts.flags & PF_OOM_VICTIM) {
		task->killed = true;
		task_charge(&task->ts, CAUSE_OOM, run->world.mm->costs.oom_exit);
		task_spend(run->world.mm, &task->ts);
	}
	task_release_held(task);
	task_release_kernel(task);
	if (task->mm)
		exit_mmap(task->mm, &task->ts);
	process_end(task);
	family_unlink(task);
	task_unlink(task);
	for (u32 c = 0; c < NR_STALL_CAUSES; c++)
		stats->cause_ns[c] += task->ts.total_ns[c];
	stats->cpu_ns += cpu_ctx_runtime(task->ts.sched);
	stats->ended++;
	stats->killed += task->killed;
	stats->alive--;
	run->ended++;
	run->alive--;
	run->background -= task->def->background;
	task_free(task);
	if (workload_over(run))
		engine_stop(run->world.engine);
}

/* A root task gets its image, a forked one has it and begins to write it. */
static bool begin_process(struct task *task)
{
	if (task->process)
		return process_touch(task);
	return process_begin(task, &task->def->image);
}

/* What the OOM killer and memory groups know a process by. */
static void own_mm(struct task *task)
{
	const struct task_def *def = task->def;

	task->mm->owner = &task->ts;
	task->mm->oom_score_adj = (s32)def->oom_score_adj;
	if (def->memory_group)
		task->mm->memcg = run_memory_group(task->run, def->memory_group);
}

static void task_main(void *arg)
{
	struct task *task = arg;

	/* A forked task has its memory from its parent. */
	if (!task->def->kthread && !task->mm) {
		task->mm = mm_alloc(task->run->world.vm, &task->ts);
		if (!task->mm) {
			task->killed = true;
			if (task->run->world.vm->no_host_memory)
				task_no_host_memory(task);
		}
	}
	if (task->mm)
		own_mm(task);
	if (!task->killed && !begin_process(task)) {
		task->killed = true;
		if (task->run->world.vm->no_host_memory)
			task_no_host_memory(task);
	}
	if (!task->killed)
		task_run_program(task, task->program);
	task_end(task);
}

static void set_mempolicy(struct mempolicy *policy, const struct task_def *def)
{
	static const enum mempolicy_mode modes[] = {
		[MEMPOLICY_DEFAULT] = MPOL_DEFAULT,
		[MEMPOLICY_PREFERRED] = MPOL_PREFERRED,
		[MEMPOLICY_PREFERRED_MANY] = MPOL_PREFERRED_MANY,
		[MEMPOLICY_BIND] = MPOL_BIND,
		[MEMPOLICY_INTERLEAVE] = MPOL_INTERLEAVE,
		[MEMPOLICY_LOCAL] = MPOL_LOCAL,
	};
	const u64 *nodes = def->nodes.items;

	policy->mode = modes[def->mempolicy];
	for (u32 i = 0; i < def->nodes.n; i++)
		policy->nodes |= 1ull << nodes[i];
}

static u32 next_cpu(struct workload_run *run, const struct task_def *def, u64 instance)
{
	const u64 *cpus = def->cpus.items;

	if (def->cpus.n)
		return (u32)cpus[instance % def->cpus.n];
	return run->next_cpu++ % cpus_count(run->world.cpus);
}

struct task *task_create(struct workload_run *run, u32 def, const struct program *program,
			 u64 seed, struct task *parent)
{
	struct task *task = calloc(1, sizeof(*task));

	if (!task)
		return NULL;
	task->run = run;
	task->def = &workload_tasks(run->wl)[def];
	task->stats = &run->stats[def];
	task->program = program;
	task->seed = seed;
	rng_init(&task->rng, seed, "draws");
	task->ts.comm = task->def->name;
	task->ts.pid = run->next_pid++;
	task->ts.cpu = next_cpu(run, task->def, task->stats->started + task->stats->forked);
	task->ts.flags = (task->def->realtime ? PF_RT : 0) | (task->def->kthread ? PF_KTHREAD : 0);
	set_mempolicy(&task->ts.mempolicy, task->def);
	if (parent) {
		task->parent = parent;
		task->sibling_next = parent->children;
		if (parent->children)
			parent->children->sibling_prev = task;
		parent->children = task;
		parent->live_children++;
		task->stats->forked++;
	} else {
		task->stats->started++;
	}
	task->next = run->tasks;
	if (run->tasks)
		run->tasks->prev = task;
	run->tasks = task;
	run->alive++;
	run->background += task->def->background;
	task->stats->alive++;
	return task;
}

bool task_begin(struct task *task)
{
	struct workload_run *run = task->run;
	enum cpu_class cls = CPU_CLASS_TASK;

	if (task->def->kthread)
		cls = CPU_CLASS_KTHREAD;
	else if (task->def->realtime)
		cls = CPU_CLASS_RT;
	task->ts.sched = cpu_ctx_create(run->world.cpus, task->def->name, task->ts.cpu, cls,
					task_now(task), task_main, task);
	if (!task->def->cpus.n && cls == CPU_CLASS_TASK)
		return task_roam(run->world.mm, &task->ts, task->ts.sched);
	return task->ts.sched != NULL;
}

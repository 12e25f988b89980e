/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run of a workload: starts each copy of each task at its time, keeps the sums, and stops the
 * engine when everything has ended or something went wrong.
 */
#include "workload/run.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm/memcontrol.h"
#include "workload/task.h"

#define FIRST_PID 1000u

/* Starts the copies of one task, one after the other. */
struct spawner {
	struct event event;
	struct workload_run *run;
	u32 def;
	u64 next; /* copy to start */
};

static u64 root_seed(const struct workload_run *run, const struct task_def *def, u64 copy)
{
	char name[128];
	struct rng rng;

	snprintf(name, sizeof(name), "task/%s/%llu", def->name, (unsigned long long)copy);
	rng_init(&rng, run->world.seed, name);
	return rng_u64(&rng);
}

static void spawn(struct engine *eng, struct event *ev)
{
	struct spawner *spawner = container_of(ev, struct spawner, event);
	struct workload_run *run = spawner->run;
	const struct task_def *def = &workload_tasks(run->wl)[spawner->def];
	u64 copy = spawner->next++;
	struct task *task = task_create(run, spawner->def, &def->program,
					root_seed(run, def, copy), NULL);

	run->pending--;
	if (!task || !task_begin(task)) {
		if (run->err.kind == ERR_NONE)
			err_set(&run->err, ERR_HOST_RES,
				"no host memory (or too many mappings) for a stack of task %s: "
				"%llu tasks are alive",
				def->name, (unsigned long long)run->alive);
		engine_stop(eng);
		return;
	}
	if (spawner->next < def->count)
		engine_at(eng, ev, def->start_ns + spawner->next * def->stagger_ns);
}

static bool program_uses_disk(const struct program *program)
{
	for (u32 i = 0; i < program->n; i++) {
		const struct step *step = &program->items[i];

		if (step->op == OP_READ || step->op == OP_STATFILES ||
		    (step->op == OP_MAP && step->u.map.file.text) ||
		    (step->op == OP_WRITE && step->u.io.sync) ||
		    (step->op == OP_LOOP && program_uses_disk(&step->u.loop.program)) ||
		    (step->op == OP_FORK && program_uses_disk(&step->u.fork.program)))
			return true;
	}
	return false;
}

static bool check_disk(const struct workload *wl, struct err *err)
{
	const struct task_def *tasks = wl->tasks.items;
	const struct program_def *programs = wl->programs.items;
	const struct step *user = NULL;

	for (u32 i = 0; i < wl->tasks.n && !user; i++)
		user = program_uses_disk(&tasks[i].program) ? tasks[i].program.items : NULL;
	for (u32 i = 0; i < wl->programs.n && !user; i++)
		user = program_uses_disk(&programs[i].program) ? programs[i].program.items : NULL;
	if (!user)
		return true;
	return workload_step_error(wl, user, err,
				   "this program reads, maps or syncs files, but the machine has "
				   "no device \"disk\"");
}

static bool create_caches(struct workload_run *run, struct err *err)
{
	const struct cache_def *defs = run->wl->caches.items;
	const struct mm *mm = run->world.mm;

	for (u32 i = 0; i < run->wl->caches.n; i++) {
		if (defs[i].size > 1ull << (mm->page_shift + mm->max_order) ||
		    (defs[i].align & (defs[i].align - 1)))
			return workload_step_error(run->wl, NULL, err,
						   "cache %s: the size must fit the largest block "
						   "and the alignment be a power of two",
						   defs[i].name);
		run->caches[i] = kmem_cache_create(run->world.vm, (u32)defs[i].size,
						   (u32)defs[i].align, defs[i].reclaimable,
						   defs[i].account);
		if (!run->caches[i])
			return err_set(err, ERR_HOST_RES, "no host memory for cache %s",
				       defs[i].name);
	}
	return true;
}

struct mem_cgroup *run_memory_group(const struct workload_run *run, const char *name)
{
	const struct memory_group_def *defs = run->wl->memory_groups.items;

	for (u32 i = 0; i < run->wl->memory_groups.n; i++)
		if (!strcmp(defs[i].name, name))
			return run->groups[i];
	assert(0 && "loading a workload checks the names of groups");
	return NULL;
}

static u64 group_pages(const struct workload_run *run, u64 bytes)
{
	return bytes ? bytes >> run->world.mm->page_shift : UINT64_MAX;
}

static bool create_groups(struct workload_run *run, struct err *err)
{
	const struct memory_group_def *defs = run->wl->memory_groups.items;

	for (u32 i = 0; i < run->wl->memory_groups.n; i++) {
		run->groups[i] = mem_cgroup_create(run->world.vm, defs[i].name,
						   group_pages(run, defs[i].max),
						   group_pages(run, defs[i].high));
		if (!run->groups[i])
			return err_set(err, ERR_HOST_RES, "no host memory for memory group %s",
				       defs[i].name);
		run->groups[i]->oom_group = defs[i].oom_group;
		run->groups[i]->low = defs[i].low >> run->world.mm->page_shift;
		run->groups[i]->min = defs[i].min >> run->world.mm->page_shift;
	}
	return true;
}

static bool run_alloc(struct workload_run *run, struct err *err)
{
	u32 tasks = run->wl->tasks.n, caches = run->wl->caches.n;

	run->spawners = calloc(tasks + 1ull, sizeof(*run->spawners));
	run->stats = calloc(tasks + 1ull, sizeof(*run->stats));
	run->shown = calloc(tasks + 1ull, sizeof(*run->shown));
	run->caches = calloc(caches + 1ull, sizeof(*run->caches));
	run->groups = calloc(run->wl->memory_groups.n + 1ull, sizeof(*run->groups));
	run->files = files_create();
	run->expiries = expiries_create(run);
	if (run->spawners && run->stats && run->shown && run->caches && run->groups &&
	    run->files && run->expiries)
		return true;
	return err_set(err, ERR_HOST_RES, "no host memory for the workload's tasks");
}

static void trace_ended(void *arg)
{
	struct workload_run *run = arg;

	run->trace_over = true;
	if (workload_over(run))
		engine_stop(run->world.engine);
}

static bool start_trace(struct workload_run *run, struct err *err)
{
	struct trace_reader *reader;

	if (!run->wl->trace_path)
		return true;
	reader = trace_open(run->wl->trace_path, run->world.mm->profile, 0, err);
	if (!reader)
		return false;
	run->replay = replay_create(run->world.mm, run->world.engine, reader, err);
	if (!run->replay)
		return false;
	if (run->wl->trace.closed_loop &&
	    !replay_close_loop(run->replay, run->world.vm, &run->wl->trace.locked, run->world.seed,
			       err))
		return false;
	replay_start(run->replay, trace_ended, run);
	return true;
}

struct workload_run *workload_start(const struct workload *wl, const struct workload_world *world,
				    struct err *err)
{
	const struct task_def *tasks = wl->tasks.items;
	struct workload_run *run = calloc(1, sizeof(*run));

	if (!run) {
		err_set(err, ERR_HOST_RES, "no host memory for the workload");
		return NULL;
	}
	run->wl = wl;
	run->world = *world;
	run->next_pid = FIRST_PID;
	run->shown_now = UINT64_MAX;
	run->trace_over = !wl->trace_path;
	if (!run_alloc(run, err) || (!world->vm->disk && !check_disk(wl, err)) ||
	    !create_caches(run, err) || !create_groups(run, err) || !start_trace(run, err)) {
		workload_run_destroy(run);
		return NULL;
	}
	for (u32 i = 0; i < wl->tasks.n; i++) {
		run->spawners[i] = (struct spawner){.event.fire = spawn, .run = run, .def = i};
		run->pending += tasks[i].count;
		engine_at(world->engine, &run->spawners[i].event, tasks[i].start_ns);
	}
	return run;
}

void workload_run_destroy(struct workload_run *run)
{
	if (!run)
		return;
	for (u32 i = 0; run->spawners && i < run->wl->tasks.n; i++)
		engine_cancel(run->world.engine, &run->spawners[i].event);
	while (run->tasks) {
		struct task *task = run->tasks;

		run->tasks = task->next;
		task_free(task);
	}
	replay_destroy(run->replay);
	expiries_destroy(run->expiries);
	files_destroy(run->files);
	vfs_destroy(run->vfs);
	processes_destroy(run->processes);
	sockets_destroy(run->sockets);
	err_clear(&run->err);
	free(run->spawners);
	free(run->stats);
	free(run->shown);
	free(run->caches);
	free(run->groups);
	free(run);
}

bool workload_over(const struct workload_run *run)
{
	return run->alive == run->background && !run->pending && run->trace_over;
}

void workload_end_background(struct workload_run *run)
{
	for (struct task *task = run->tasks; task; task = task->next)
		if (task->def->background)
			send_sigkill(run->world.vm, &task->ts);
}

bool workload_result(const struct workload_run *run, struct err *err)
{
	struct replay_stats stats;

	if (run->err.kind != ERR_NONE)
		return err_set(err, run->err.kind, "%s", err_text(&run->err));
	return !run->replay || replay_result(run->replay, &stats, err);
}

struct replay *workload_replay(const struct workload_run *run)
{
	return run->replay;
}

/* The sums of ended tasks with those of tasks still alive; O(tasks) when time has passed. */
static void refresh_shown(struct workload_run *run)
{
	u64 now = engine_now(run->world.engine);

	if (run->shown_now == now && run->shown_operations == run->operations)
		return;
	run->shown_now = now;
	run->shown_operations = run->operations;
	memcpy(run->shown, run->stats, run->wl->tasks.n * sizeof(*run->shown));
	for (const struct task *task = run->tasks; task; task = task->next) {
		struct task_stats *shown = &run->shown[task->stats - run->stats];

		if (task->ts.sched)
			shown->cpu_ns += cpu_ctx_runtime(task->ts.sched);
		for (u32 c = 0; c < NR_STALL_CAUSES; c++)
			shown->cause_ns[c] += task->ts.total_ns[c];
	}
}

const struct task_stats *workload_task_stats(struct workload_run *run, u32 task)
{
	assert(task < run->wl->tasks.n);
	refresh_shown(run);
	return &run->shown[task];
}

void workload_progress(const struct workload_run *run, struct workload_progress *progress)
{
	*progress = (struct workload_progress){
		.now_ns = engine_now(run->world.engine),
		.duration_ns = run->wl->duration_ns,
		.alive = run->alive,
		.ended = run->ended,
		.operations = run->operations,
	};
}

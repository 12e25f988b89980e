/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run's tasks and trace did, as JSON, and the conditions of --fail-on. */
#include "cli/simulation.h"

#include "mm/oom.h"

/* One number; a counter beyond 2^63 is a bug elsewhere. */
static bool put(json_t *object, const char *name, u64 value)
{
	return !json_object_set_new(object, name, json_integer((json_int_t)value));
}

/* Blocks by order up to the machine's largest. */
static bool put_orders(json_t *object, const char *name, const u64 *n, u32 orders)
{
	json_t *array = json_array();
	bool ok = true;

	for (u32 i = 0; i < orders; i++)
		ok = !json_array_append_new(array, json_integer((json_int_t)n[i])) && ok;
	return !json_object_set_new(object, name, array) && ok;
}

/* Where time went, causes that took none left out. */
static bool put_causes(json_t *object, const char *name, const u64 *cause_ns)
{
	json_t *causes = json_object();
	bool ok = true;

	for (u32 i = 0; i < NR_STALL_CAUSES; i++)
		ok = (!cause_ns[i] || put(causes, stall_cause_names[i], cause_ns[i])) && ok;
	return !json_object_set_new(object, name, causes) && ok;
}

/* X(field): the plain numbers of struct task_stats */
#define TASK_NUMBERS(X)                                                                            \
	X(started) X(forked) X(ended) X(killed) X(fork_failed) X(alive) X(steps) X(touches)        \
	X(faults) X(slab_ok) X(slab_failed) X(slab_freed) X(cma_ok) X(cma_failed) X(cma_freed)     \
	X(read_bytes) X(written_bytes) X(io_failed) X(frames) X(frames_lost) X(cpu_ns)

/* X(field): the plain numbers of struct replay_stats */
#define TRACE_NUMBERS(X)                                                                           \
	X(events) X(allocs) X(both_failed) X(only_real_failed) X(only_ours_failed)                 \
	X(only_ours_failed_pages) X(frees) X(part_frees) X(lost_frees) X(boot_frees)               \
	X(boot_exact) X(boot_other) X(boot_none) X(live_blocks) X(live_pages)                      \
	X(live_blocks_peak) X(live_pages_peak) X(last_ns) X(moved_pages) X(unmoved_pages)

/* X(field): those that only a closed loop has */
#define CLOSED_NUMBERS(X)                                                                          \
	X(skipped) X(user_allocs) X(user_frees) X(left) X(returns) X(returned_here) X(gone_frees)  \
	X(uses) X(late_ns)

static bool add_task(json_t *tasks, const struct sim *sim, u32 i)
{
	const struct task_stats *s = workload_task_stats(sim->run, i);
	u32 orders = sim->mm->max_order + 1;
	json_t *task = json_object();
	bool ok = !json_object_set_new(task, "name",
				       json_string(workload_tasks(sim->workload)[i].name));

#define X(field) ok = put(task, #field, s->field) && ok;
	TASK_NUMBERS(X)
#undef X
	if (s->map_failed)
		ok = put(task, "map_failed", s->map_failed) && ok;
	ok = put_orders(task, "alloc_ok", s->alloc_ok, orders) && ok;
	ok = put_orders(task, "alloc_failed", s->alloc_failed, orders) && ok;
	ok = put_orders(task, "freed", s->freed, orders) && ok;
	ok = put_causes(task, "causes_ns", s->cause_ns) && ok;
	return !json_array_append_new(tasks, task) && ok;
}

static bool add_trace(json_t *root, const struct sim *sim)
{
	struct replay *replay = workload_replay(sim->run);
	json_t *trace = json_object();
	struct replay_stats s;
	struct err err = {0};
	bool ok;

	ok = replay_result(replay, &s, &err);
	err_clear(&err);
#define X(field) ok = put(trace, #field, s.field) && ok;
	TRACE_NUMBERS(X)
	if (sim->workload->trace.closed_loop) {
		CLOSED_NUMBERS(X)
	}
#undef X
	ok = put_causes(trace, "causes_ns", s.cause_ns) && ok;
	return !json_object_set_new(root, "trace", trace) && ok;
}

json_t *sim_workload_stats(const struct sim *sim)
{
	json_t *root = json_object(), *tasks = json_array();
	bool ok = true;

	for (u32 i = 0; i < sim->workload->tasks.n; i++)
		ok = add_task(tasks, sim, i) && ok;
	ok = !json_object_set_new(root, "tasks", tasks) && ok;
	if (workload_replay(sim->run))
		ok = add_trace(root, sim) && ok;
	if (ok)
		return root;
	json_decref(root);
	return NULL;
}

enum condition { COND_ALLOC_FAILURE, COND_OOM, COND_TASK_KILLED, COND_EXTFRAG, NR_CONDITIONS };

const char *const sim_condition_names[] = {
	[COND_ALLOC_FAILURE] = "alloc-failure",
	[COND_OOM] = "oom",
	[COND_TASK_KILLED] = "task-killed",
	[COND_EXTFRAG] = "extfrag",
	[NR_CONDITIONS] = NULL,
};

bool sim_condition(const struct sim *sim, u32 condition)
{
	struct record_totals totals;
	u64 killed = 0;

	recorder_totals(sim->recorder, &totals);
	for (u32 i = 0; i < sim->workload->tasks.n; i++)
		killed += workload_task_stats(sim->run, i)->killed;
	switch ((enum condition)condition) {
	case COND_ALLOC_FAILURE:
		return totals.failed != 0;
	case COND_OOM: /* one that had no victim counts: somebody would have died */
		return sim->mm->vm_event[OOM_KILL] + sim->mm->vm_event[SIM_NO_OOM] != 0 ||
		       oom_panicked(sim->vm);
	case COND_TASK_KILLED:
		return killed != 0;
	case COND_EXTFRAG:
		return totals.extfrag != 0;
	default:
		return false;
	}
}

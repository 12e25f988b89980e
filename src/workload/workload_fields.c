/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables of a workload file around its programs: root, tasks, named programs, slab caches. */
#include "workload/workload.h"

#include <string.h>

#include "machine/machine.h"
#include "mm/memcontrol.h"
#include "mm/oom.h"

#define MAX_TIME (100ull * 365 * 86400 * NSEC_PER_SEC)

static const char *const mempolicy_words[] = {"default",    "preferred", "preferred_many", "bind",
					      "interleave", "local",     NULL};

#define PROGRAM_FIELD(type, member, text)                                                         \
	{"program", FIELD_VARIANT, .offset = offsetof(type, member), .required = true, .min = 1,   \
	 .variants = step_variants, .variant_key = "op",                                           \
	 .variant_tag = offsetof(struct step, op), .doc = text}

static bool check_numbers(struct field_ctx *ctx, const struct field_array *array,
			  const char *name, u32 limit, const char *what)
{
	const u64 *items = array->items;

	for (u32 i = 0; i < array->n; i++) {
		if (items[i] >= limit)
			return field_error(ctx, name, "the machine has %u %s", limit, what);
	}
	return true;
}

static bool check_task(struct field_ctx *ctx, void *object)
{
	const struct task_def *def = object;
	const struct workload_env *env = ctx->user;
	bool needs_nodes = def->mempolicy != MEMPOLICY_DEFAULT &&
			   def->mempolicy != MEMPOLICY_LOCAL;
	u64 last;
	bool ok = true;

	if (__builtin_mul_overflow(def->count, def->stagger_ns, &last) ||
	    __builtin_add_overflow(last, def->start_ns, &last) || last > MAX_TIME)
		ok = field_error(ctx, "stagger", "the last of %llu would start after 100 years",
				 (unsigned long long)def->count);
	if (def->realtime && def->kthread)
		ok = field_error(ctx, "realtime", "realtime kernel threads are not modelled");
	if (def->kthread && process_image_given(&def->image))
		ok = field_error(ctx, "image", "a kernel thread has no address space");
	if (needs_nodes != (def->nodes.n != 0))
		ok = field_error(ctx, "nodes", needs_nodes ? "this mempolicy needs its nodes"
							   : "this mempolicy takes no nodes");
	if (def->mempolicy == MEMPOLICY_PREFERRED && def->nodes.n > 1)
		ok = field_error(ctx, "nodes", "one node is preferred; see preferred_many");
	if (!env->machine)
		return ok;
	ok = check_numbers(ctx, &def->cpus, "cpus", env->machine->nr_cpus, "CPUs") && ok;
	return check_numbers(ctx, &def->nodes, "nodes", env->machine->nr_nodes, "nodes") && ok;
}

static const struct field_table task_table = {
	.name = "task",
	.doc = "A task and its copies.",
	.size = sizeof(struct task_def),
	.check = check_task,
	.fields = (const struct field[]){
		{"name", FIELD_NAME, .offset = offsetof(struct task_def, name), .required = true,
		 .doc = "Name; also names the task's random streams."},
		{"count", FIELD_U64, .offset = offsetof(struct task_def, count), .def = "1",
		 .min = 1, .max = WORKLOAD_MAX_TASKS, .doc = "That many copies."},
		{"start", FIELD_TIME, .offset = offsetof(struct task_def, start_ns),
		 .max = MAX_TIME, .doc = "When the first starts."},
		{"stagger", FIELD_TIME, .offset = offsetof(struct task_def, stagger_ns),
		 .max = MAX_TIME, .doc = "Each further copy starts this much later."},
		{"cpus", FIELD_ARRAY, .offset = offsetof(struct task_def, cpus),
		 .item = FIELD_U64, .max = MACHINE_MAX_CPUS,
		 .doc = "CPUs for the copies, in turn; none: all CPUs in turn."},
		{"mempolicy", FIELD_ENUM, .offset = offsetof(struct task_def, mempolicy),
		 .def = "\"default\"", .allowed = mempolicy_words,
		 .doc = "NUMA policy, as set_mempolicy(2)."},
		{"nodes", FIELD_ARRAY, .offset = offsetof(struct task_def, nodes),
		 .item = FIELD_U64, .max = MACHINE_MAX_NODES, .doc = "Nodes of the mempolicy."},
		{"realtime", FIELD_BOOL, .offset = offsetof(struct task_def, realtime),
		 .doc = "Runs ahead of other tasks and may use part of the reserves."},
		{"kthread", FIELD_BOOL, .offset = offsetof(struct task_def, kthread),
		 .doc = "A kernel thread: no address space."},
		{"background", FIELD_BOOL, .offset = offsetof(struct task_def, background),
		 .doc = "The run ends without waiting for it or its children."},
		{"image", FIELD_OBJECT, .offset = offsetof(struct task_def, image),
		 .sub = &process_image_table,
		 .doc = "What it has before its first step; forked children get a copy. None: "
			"nothing but what it maps."},
		{"oom_score_adj", FIELD_S64, .offset = offsetof(struct task_def, oom_score_adj),
		 .def = "0", .min = OOM_SCORE_ADJ_MIN, .max = OOM_SCORE_ADJ_MAX,
		 .doc = "Thousandths of memory that the OOM killer adds to its size; -1000: it is "
			"never killed. Children inherit it."},
		{"memory_group", FIELD_NAME, .offset = offsetof(struct task_def, memory_group),
		 .doc = "Group its memory is charged to; children inherit it. None: unlimited."},
		PROGRAM_FIELD(struct task_def, program, "Its steps; it exits after the last."),
		{NULL},
	},
};

static const struct field_table program_def_table = {
	.name = "program",
	.doc = "Steps of a child that fork starts by name.",
	.size = sizeof(struct program_def),
	.fields = (const struct field[]){
		{"name", FIELD_NAME, .offset = offsetof(struct program_def, name),
		 .required = true, .doc = "Name."},
		PROGRAM_FIELD(struct program_def, program, "Its steps."),
		{NULL},
	},
};

static const struct field_table cache_table = {
	.name = "cache",
	.doc = "A slab cache.",
	.size = sizeof(struct cache_def),
	.fields = (const struct field[]){
		{"name", FIELD_NAME, .offset = offsetof(struct cache_def, name), .required = true,
		 .doc = "Name."},
		{"size", FIELD_SIZE, .offset = offsetof(struct cache_def, size), .required = true,
		 .min = 1, .max = 1u << 20, .doc = "Of one object."},
		{"align", FIELD_SIZE, .offset = offsetof(struct cache_def, align), .def = "8",
		 .min = 8, .max = 4096, .doc = "Objects lie at multiples of this power of two."},
		{"reclaimable", FIELD_BOOL, .offset = offsetof(struct cache_def, reclaimable),
		 .doc = "Its pages are of the reclaimable type (inodes, dentries)."},
		{"account", FIELD_BOOL, .offset = offsetof(struct cache_def, account),
		 .doc = "Charged to the allocating task's memory group (__GFP_ACCOUNT)."},
		{NULL},
	},
};

static bool check_group(struct field_ctx *ctx, void *object)
{
	const struct memory_group_def *def = object;

	return !def->max || def->high <= def->max ||
	       field_error(ctx, "high", "throttling would begin above max");
}

static const struct field_table memory_group_table = {
	.name = "memory group",
	.doc = "Tasks whose memory is limited together.",
	.size = sizeof(struct memory_group_def),
	.check = check_group,
	.fields = (const struct field[]){
		{"name", FIELD_NAME, .offset = offsetof(struct memory_group_def, name),
		 .required = true, .doc = "Name."},
		{"max", FIELD_SIZE, .offset = offsetof(struct memory_group_def, max),
		 .max = 1ull << 60,
		 .doc = "Hard limit: reclaim, then the OOM killer in the group; 0: none."},
		{"high", FIELD_SIZE, .offset = offsetof(struct memory_group_def, high),
		 .max = 1ull << 60,
		 .doc = "Above it tasks reclaim, and sleep when that does not help; 0: none."},
		{"low", FIELD_SIZE, .offset = offsetof(struct memory_group_def, low),
		 .max = 1ull << 60,
		 .doc = "Left alone while it uses no more, as long as others have something to "
			"reclaim."},
		{"min", FIELD_SIZE, .offset = offsetof(struct memory_group_def, min),
		 .max = 1ull << 60,
		 .doc = "Left alone while it uses no more, whatever comes."},
		{"oom_group", FIELD_BOOL, .offset = offsetof(struct memory_group_def, oom_group),
		 .doc = "A kill in the group kills all of it."},
		{NULL},
	},
};

#define WITHIN(part, m)                                                                           \
	.offset = offsetof(struct workload, part.m) - offsetof(struct workload, part)

static bool check_trace(struct field_ctx *ctx, void *object)
{
	const typeof(((struct workload *)NULL)->trace) *trace = object;

	return trace->closed_loop || !trace->locked.n ||
	       field_error(ctx, "locked", "what programs keep is known in a closed loop only");
}

static const struct field_table trace_table = {
	.name = "trace",
	.doc = "A recorded stream of page events.",
	.size = sizeof(((struct workload *)NULL)->trace),
	.fields = (const struct field[]){
		{"file", FIELD_STRING, WITHIN(trace, file), .required = true, .max = 1024,
		 .doc = "JSON lines, plain or zstd, or the binary form; beside the workload."},
		{"closed_loop", FIELD_BOOL, WITHIN(trace, closed_loop),
		 .doc = "Our own reclaim works and what the recording's did is left out; requests "
			"may wait."},
		{"locked", FIELD_ARRAY, WITHIN(trace, locked), .item = FIELD_STRING, .max = 1024,
		 .doc = "In a closed loop: names of programs that keep all their memory locked "
			"(mlockall), which a trace does not show."},
		{NULL},
	},
	.check = check_trace,
};

static const struct field_table limits_table = {
	.name = "limits",
	.doc = "Where a run stops that would not end.",
	.size = sizeof(((struct workload *)NULL)->limits),
	.fields = (const struct field[]){
		{"tasks", FIELD_U64, WITHIN(limits, tasks), .def = "32768", .min = 1,
		 .max = WORKLOAD_MAX_TASKS, .doc = "Alive at once; a fork beyond it fails."},
		{"operations", FIELD_U64, WITHIN(limits, operations), .def = "10000000000",
		 .min = 1, .max = 1000000000000000ull,
		 .doc = "Steps, page accesses, allocations and frees of the whole run."},
		{NULL},
	},
};

/* Each task's group is there. */
static bool check_groups(struct field_ctx *ctx, void *object)
{
	const struct workload *wl = object;
	const struct task_def *tasks = wl->tasks.items;
	const struct memory_group_def *groups = wl->memory_groups.items;

	for (u32 t = 0; t < wl->tasks.n; t++) {
		u32 g = 0;

		if (!tasks[t].memory_group)
			continue;
		if (tasks[t].kthread)
			return field_error(ctx, "tasks", "task %s is a kernel thread: it has no "
							 "memory for a group", tasks[t].name);
		while (g < wl->memory_groups.n && strcmp(groups[g].name, tasks[t].memory_group))
			g++;
		if (g == wl->memory_groups.n)
			return field_error(ctx, "memory_groups",
					   "task %s is in memory group %s, which is not here",
					   tasks[t].name, tasks[t].memory_group);
	}
	return true;
}

const struct field_table workload_table = {
	.name = "workload",
	.doc = "Who asks for memory, and when.",
	.size = sizeof(struct workload),
	.check = check_groups,
	.fields = (const struct field[]){
		{"title", FIELD_STRING, .offset = offsetof(struct workload, title), .max = 200,
		 .doc = "One line for plots and reports."},
		{"description", FIELD_STRING, .offset = offsetof(struct workload, description),
		 .doc = "What it shows."},
		{"duration", FIELD_TIME, .offset = offsetof(struct workload, duration_ns),
		 .max = MAX_TIME, .doc = "Most simulated time; 0: until all has ended."},
		{"tasks", FIELD_ARRAY, .offset = offsetof(struct workload, tasks),
		 .sub = &task_table, .max = WORKLOAD_MAX_TASKS, .doc = "Tasks."},
		{"programs", FIELD_MAP, .offset = offsetof(struct workload, programs),
		 .sub = &program_def_table, .doc = "Programs for the children of fork, by name."},
		{"caches", FIELD_MAP, .offset = offsetof(struct workload, caches),
		 .sub = &cache_table, .max = 4096, .doc = "Slab caches, by name."},
		{"memory_groups", FIELD_MAP, .offset = offsetof(struct workload, memory_groups),
		 .sub = &memory_group_table, .max = MEM_CGROUPS_MAX - 1,
		 .doc = "Memory groups, by name."},
		{"trace", FIELD_OBJECT, .offset = offsetof(struct workload, trace),
		 .sub = &trace_table, .doc = "A trace, replayed beside the tasks."},
		{"limits", FIELD_OBJECT, .offset = offsetof(struct workload, limits),
		 .sub = &limits_table, .doc = "Limits of the run."},
		{NULL},
	},
};

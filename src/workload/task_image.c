/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a process has beside the regions of its program: a kernel stack and descriptors, after
 * kernel/fork.c, and the image it starts with. Only tasks with an image have them. Of the
 * descriptors those are modelled that take most memory; a few freed stacks are kept for the next
 * process (NR_CACHED_STACKS), the rest goes back at once and not after a grace period.
 */
#include <assert.h>
#include <stdlib.h>

#include "mm/vmstat.h"
#include "workload/task.h"

#define THREAD_SIZE	 (16u << 10)
#define THREAD_PAGES_MAX (THREAD_SIZE >> 12)
#define NR_CACHED_STACKS 2u
#define THREADINFO_GFP	 (GFP_KERNEL_ACCOUNT | __GFP_ZERO)
#define HOT_PAGES	 8u /* of an image: stack and data that are written all the time */

/* Sizes of 7.2 on x86-64: /proc/slabinfo. X(name, bytes, objects a process) */
#define PROCESS_OBJECTS(X)                                                                        \
	X(task_struct, 7296, 1)                                                                    \
	X(sighand_cache, 2112, 1)                                                                  \
	X(signal_cache, 1152, 1)                                                                   \
	X(mm_struct, 1408, 1)                                                                      \
	X(vm_area_struct, 192, 12)                                                                 \
	X(maple_node, 256, 4)                                                                      \
	X(pid, 192, 1)                                                                             \
	X(cred, 192, 1)

enum process_object {
#define X(name, bytes, nr) PROCESS_##name,
	PROCESS_OBJECTS(X)
#undef X
	NR_PROCESS_OBJECTS
};

static const struct {
	u32 bytes, nr;
} process_objects[NR_PROCESS_OBJECTS] = {
#define X(name, bytes, nr) {bytes, nr},
	PROCESS_OBJECTS(X)
#undef X
};

#define X(name, bytes, nr) +nr
enum { PROCESS_SLABS = 0 PROCESS_OBJECTS(X) };
#undef X

struct stack {
	u32 pfn[THREAD_PAGES_MAX];
};

struct processes {
	struct kmem_cache *cache[NR_PROCESS_OBJECTS];
	u32 stack_pages;
	struct cached_stacks {
		struct stack stack[NR_CACHED_STACKS];
		u32 n;
	} *cached; /* [nr_cpus] */
};

struct process {
	struct process_image image;
	u32 slab[PROCESS_SLABS];
	u32 nr_slabs;
	struct stack stack;
	bool has_stack;
};

void processes_destroy(struct processes *processes)
{
	if (!processes)
		return;
	free(processes->cached);
	free(processes);
}

/* Where there were processes before (their stacks are counted) their caches have room. */
static bool stock(struct vm *vm, struct kmem_cache *cache)
{
	for (u32 nid = 0; nid < vm->mm->nr_nodes; nid++) {
		if (node_page_state(vm, nid, NR_KERNEL_STACK_KB) > 0 &&
		    !kmem_cache_stock(cache, nid))
			return false;
	}
	return true;
}

/* NULL: host memory. */
static struct processes *processes_get(struct workload_run *run)
{
	u32 shift = run->world.mm->page_shift;
	struct processes *processes;

	if (run->processes)
		return run->processes;
	processes = calloc(1, sizeof(*processes));
	if (!processes)
		return NULL;
	run->processes = processes;
	processes->stack_pages = shift < 14 ? THREAD_SIZE >> shift : 1;
	processes->cached = calloc(run->world.mm->nr_cpus, sizeof(*processes->cached));
	for (u32 i = 0; i < NR_PROCESS_OBJECTS; i++)
		processes->cache[i] = kmem_cache_create(run->world.vm, process_objects[i].bytes, 8,
							false, true);
	for (u32 i = 0; i < NR_PROCESS_OBJECTS; i++) {
		if (!processes->cache[i] || !processes->cached ||
		    !stock(run->world.vm, processes->cache[i]))
			run->world.vm->no_host_memory = true;
	}
	return run->world.vm->no_host_memory ? NULL : processes;
}

static void count_stack(struct vm *vm, u32 pfn, s64 sign)
{
	vm->node_stat[pfn_zone(vm->mm, pfn)->nid][NR_KERNEL_STACK_KB] +=
		sign * (s64)(THREAD_SIZE >> 10);
}

static void free_stack(struct workload_run *run, struct task_struct *payer,
		       const struct stack *stack, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
		(void)free_pages(run->world.mm, payer, stack->pfn[i], 0);
}

/* kernel/fork.c:alloc_thread_stack_node */
static bool alloc_stack(struct workload_run *run, struct task_struct *payer,
			struct process *process)
{
	struct processes *processes = run->processes;
	struct cached_stacks *cached = &processes->cached[payer->cpu];
	struct mm *mm = run->world.mm;
	u32 n;

	if (cached->n) {
		process->stack = cached->stack[--cached->n];
	} else {
		for (n = 0; n < processes->stack_pages; n++) {
			u32 pfn = alloc_pages(mm, payer, THREADINFO_GFP, 0);

			if (pfn == PFN_NONE) {
				free_stack(run, payer, &process->stack, n);
				return false;
			}
			pfn_to_page(mm, pfn)->owner =
				page_owner(OWNER_BLOCK, payer->pid & OWNER_NUMBER);
			process->stack.pfn[n] = pfn;
		}
	}
	process->has_stack = true;
	count_stack(run->world.vm, process->stack.pfn[0], 1);
	return true;
}

/* kernel/fork.c:thread_stack_delayed_free, try_release_thread_stack_to_cache */
static void release_stack(struct workload_run *run, struct task_struct *payer,
			  struct process *process)
{
	struct processes *processes = run->processes;
	struct cached_stacks *cached = &processes->cached[payer->cpu];

	if (!process->has_stack)
		return;
	process->has_stack = false;
	count_stack(run->world.vm, process->stack.pfn[0], -1);
	if (cached->n < NR_CACHED_STACKS)
		cached->stack[cached->n++] = process->stack;
	else
		free_stack(run, payer, &process->stack, processes->stack_pages);
}

static void release_structures(struct workload_run *run, struct task_struct *payer,
			       struct process *process)
{
	u32 object = 0, of = 0;

	for (u32 i = 0; i < process->nr_slabs; i++) {
		bool ok = kmem_cache_free(run->processes->cache[object], payer, process->slab[i]);

		assert(ok);
		(void)ok;
		if (++of == process_objects[object].nr) {
			object++;
			of = 0;
		}
	}
	process->nr_slabs = 0;
	release_stack(run, payer, process);
}

/* kernel/fork.c:copy_process. False: no memory, what came is released. */
static bool alloc_structures(struct workload_run *run, struct task_struct *payer,
			     struct process *process)
{
	struct processes *processes = processes_get(run);

	if (!processes)
		return false;
	for (u32 object = 0; object < NR_PROCESS_OBJECTS; object++) {
		for (u32 i = 0; i < process_objects[object].nr; i++) {
			u32 slab = kmem_cache_alloc(processes->cache[object], payer, GFP_KERNEL);

			if (slab == SLAB_NONE) {
				release_structures(run, payer, process);
				return false;
			}
			process->slab[process->nr_slabs++] = slab;
		}
	}
	if (alloc_stack(run, payer, process))
		return true;
	release_structures(run, payer, process);
	return false;
}

static u64 pages_of(const struct task *task, u64 bytes)
{
	u32 shift = task->run->world.mm->page_shift;

	return (bytes + (1ull << shift) - 1) >> shift;
}

/* Writes the first nr pages of the image. */
static bool touch_image(struct task *task, u64 nr)
{
	for (u64 i = 0; task->image && i < min_u64(nr, task->image->nr_pages); i++) {
		enum vm_fault fault = task_fault(task, task->image, i, true);

		if (fault == VM_FAULT_OOM || fault == VM_FAULT_KILLED)
			return false;
	}
	return true;
}

/* Code of files that is cached: costs.process_fork and the like contain the time it takes. */
static void count_code_faults(struct task *task, const struct process_image *image)
{
	u64 faults = (image->mapped + FAULT_AROUND_BYTES - 1) / FAULT_AROUND_BYTES;

	count_vm_events(task->run->world.mm, PGFAULT, faults);
	task->mm->min_flt += faults;
}

/* Maps the image into a new address space. */
static bool map_image(struct task *task, const struct process_image *image)
{
	u64 pages = pages_of(task, image->virtual_size);

	task->image = NULL;
	if (!pages)
		return true;
	task->image = vm_mmap(task->mm, &task->ts, pages);
	if (!task->image || !vm_fill_tables(task->image, &task->ts))
		return false;
	task->mm->rss_stat[MM_SHMEMPAGES] += pages_of(task, image->shared);
	count_code_faults(task, image);
	return touch_image(task, pages_of(task, image->private));
}

bool process_begin(struct task *task, const struct process_image *image)
{
	if (!process_image_given(image))
		return true;
	assert(!task->process);
	task->process = calloc(1, sizeof(*task->process));
	if (!task->process) {
		task->run->world.vm->no_host_memory = true;
		return false;
	}
	task->process->image = *image;
	if (!alloc_structures(task->run, &task->ts, task->process))
		return false;
	task_charge(&task->ts, CAUSE_FAULT, task->run->world.mm->costs.process_fork);
	task_spend(task->run->world.mm, &task->ts);
	return map_image(task, image);
}

bool process_copy(struct task *parent)
{
	struct process *process = calloc(1, sizeof(*process));

	if (!process) {
		parent->run->world.vm->no_host_memory = true;
		return false;
	}
	parent->spawning = process;
	process->image = parent->process->image;
	task_charge(&parent->ts, CAUSE_FAULT, parent->run->world.mm->costs.process_fork);
	if (alloc_structures(parent->run, &parent->ts, process))
		return true;
	process_drop(parent, &parent->spawning);
	return false;
}

void process_drop(struct task *payer, struct process **process)
{
	if (!*process)
		return;
	release_structures(payer->run, &payer->ts, *process);
	free(*process);
	*process = NULL;
}

bool process_inherit(struct task *child, struct task *parent)
{
	const struct mm *mm = parent->run->world.mm;
	u64 shared;

	child->process = parent->spawning;
	parent->spawning = NULL;
	/* Both address spaces list their regions in the same order. */
	for (u32 i = 0; parent->image && i < parent->mm->nr_areas; i++) {
		if (parent->mm->areas[i] == parent->image)
			child->image = child->mm->areas[i];
	}
	shared = pages_of(parent, child->process->image.shared);
	child->mm->rss_stat[MM_SHMEMPAGES] += shared;
	task_charge(&parent->ts, CAUSE_FAULT, shared * mm->costs.fork_pte);
	return !child->image || vm_fill_tables(child->image, &parent->ts);
}

bool process_touch(struct task *task)
{
	return !task->process ||
	       touch_image(task, min_u64(HOT_PAGES,
					 pages_of(task, task->process->image.private)));
}

/* The entries of pages that are shared with others go one by one, as they were copied. */
void process_end(struct task *task)
{
	const struct costs *costs = &task->run->world.mm->costs;

	if (!task->process)
		return;
	task_charge(&task->ts, CAUSE_FAULT,
		    costs->process_exit +
			    pages_of(task, task->process->image.shared) * costs->fork_pte);
	process_drop(task, &task->process);
	task_spend(task->run->world.mm, &task->ts);
}

enum flow task_exec(struct task *task, const struct step *step)
{
	struct mm *mm = task->run->world.mm;
	struct mm_struct *old = task->mm, *new = mm_alloc(task->run->world.vm, &task->ts);

	if (!new) {
		task->killed = true;
		return task->run->world.vm->no_host_memory ? task_no_host_memory(task) : FLOW_EXIT;
	}
	new->owner = old->owner;
	new->memcg = old->memcg;
	new->oom_score_adj = old->oom_score_adj;
	task->mm = new;
	for (u32 i = 0; i < task->nr_regions; i++)
		task->regions[i].vma = NULL;
	exit_mmap(old, &task->ts);
	task_charge(&task->ts, CAUSE_FAULT, mm->costs.process_exec);
	task_spend(mm, &task->ts);
	if (task->process)
		task->process->image = step->u.exec.image;
	if (map_image(task, &step->u.exec.image))
		return FLOW_NEXT;
	task->killed = true;
	return task->run->world.vm->no_host_memory ? task_no_host_memory(task) : FLOW_EXIT;
}

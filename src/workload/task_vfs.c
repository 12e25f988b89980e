/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steps on many small files. A directory of the workload stands for sub-directories of 500 files;
 * its files are the machine's, shared by all tasks and known by their order of creation.
 */
#include <stdlib.h>

#include "mm/dcache.h"
#include "workload/task.h"

#define FILES_PER_DIR 500u

/* By name of the workload. */
struct vfs {
	struct vfs_names {
		u32 *files; /* numbers of the file system, in order of creation */
		u32 nr, cap;
		u32 subdir; /* under way */
	} *dirs; /* [nr_names] */
	u32 nr_names;
};

void vfs_destroy(struct vfs *vfs)
{
	if (!vfs)
		return;
	for (u32 i = 0; i < vfs->nr_names; i++)
		free(vfs->dirs[i].files);
	free(vfs->dirs);
	free(vfs);
}

/* NULL: host memory. */
static struct vfs_names *names_get(struct workload_run *run, u32 name)
{
	if (!run->vfs) {
		run->vfs = calloc(1, sizeof(*run->vfs));
		if (!run->vfs)
			return NULL;
	}
	if (!run->vfs->dirs) {
		run->vfs->dirs = calloc(run->wl->nr_names, sizeof(*run->vfs->dirs));
		if (!run->vfs->dirs)
			return NULL;
		run->vfs->nr_names = run->wl->nr_names;
	}
	return &run->vfs->dirs[name];
}

static bool names_add(struct vfs_names *names, u32 number)
{
	if (names->nr == names->cap) {
		u32 cap = names->cap ? names->cap * 2 : 64;
		u32 *files = reallocarray(names->files, cap, sizeof(*files));

		if (!files)
			return false;
		names->files = files;
		names->cap = cap;
	}
	names->files[names->nr++] = number;
	return true;
}

/* A call came back: counts it; the task may have to end. */
static enum flow call_done(struct task *task, enum file_result result, u64 from, u64 *counter)
{
	task_latency(task, TASK_LATENCY_FILE, task_now(task) - from);
	if (task->run->world.vm->no_host_memory)
		return task_no_host_memory(task);
	if (result == FILE_OK)
		(*counter)++;
	else
		task->stats->files_failed++;
	return result == FILE_KILLED ? FLOW_EXIT : FLOW_NEXT;
}

static enum flow make_file(struct task *task, const struct step *step, struct super_block *sb,
			   struct vfs_names *names)
{
	u64 from = task_now(task);
	enum file_result result = FILE_OK;
	u32 number, subdir;

	if (names->nr % FILES_PER_DIR == 0) {
		result = vfs_mkdir(sb, &task->ts, &subdir);
		if (result == FILE_OK)
			names->subdir = subdir;
	}
	if (result == FILE_OK)
		result = vfs_create(sb, &task->ts, names->subdir, step->u.files.size, &number);
	if (result == FILE_OK && !names_add(names, number))
		return task_no_host_memory(task);
	return call_done(task, result, from, &task->stats->files_made);
}

enum flow task_mkfiles(struct task *task, const struct step *step)
{
	struct super_block *sb = vm_super_block(task->run->world.vm);
	struct vfs_names *names = names_get(task->run, step->u.files.dir.id);
	struct pace pace;

	if (!sb || !names)
		return task_no_host_memory(task);
	pace_begin(&pace, task, step->u.files.rate);
	for (u64 i = 0; i < step->u.files.count; i++) {
		if (!task_operation(task) || make_file(task, step, sb, names) == FLOW_EXIT)
			return FLOW_EXIT;
		pace_wait(&pace, task, 1);
	}
	return FLOW_NEXT;
}

static u64 next_file(struct task *task, const struct step *step, u64 i, u64 n)
{
	switch ((enum pattern)step->u.files.pattern) {
	case PATTERN_RANDOM:
		return rng_below(&task->rng, n);
	case PATTERN_ZIPF:
		return rng_zipf(&task->rng, n);
	case PATTERN_SEQ:
		break;
	}
	return i % n;
}

enum flow task_statfiles(struct task *task, const struct step *step)
{
	struct super_block *sb = vm_super_block(task->run->world.vm);
	struct vfs_names *names = names_get(task->run, step->u.files.dir.id);
	struct pace pace;

	if (!sb || !names)
		return task_no_host_memory(task);
	if (!names->nr)
		return task_fail(task, "no file was made in \"%s\" yet", step->u.files.dir.text);
	pace_begin(&pace, task, step->u.files.rate);
	for (u64 i = 0; i < step->u.files.count; i++) {
		u64 from = task_now(task);
		enum file_result result;

		if (!task_operation(task))
			return FLOW_EXIT;
		result = vfs_stat(sb, &task->ts, names->files[next_file(task, step, i, names->nr)]);
		if (call_done(task, result, from, &task->stats->files_looked_up) == FLOW_EXIT)
			return FLOW_EXIT;
		pace_wait(&pace, task, 1);
	}
	return FLOW_NEXT;
}

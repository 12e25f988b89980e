/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steps that use files. A name stands for `files` numbered files of the machine, shared by all
 * tasks; each step takes the next number of its own count.
 */
#include <assert.h>
#include <stdlib.h>

#include "workload/task.h"

/* (name, number) -> file, in open addressing; files are never forgotten. */
struct files {
	struct file_slot {
		struct file *file; /* NULL: empty */
		u32 name;
		u64 number;
	} *slots;
	u32 nr, mask;
	u64 *next; /* by name: number of the next step; allocated with the slots */
	u32 nr_names;
};

struct files *files_create(void)
{
	struct files *files = calloc(1, sizeof(*files));

	if (!files)
		return NULL;
	files->mask = 63;
	files->slots = calloc(files->mask + 1, sizeof(*files->slots));
	if (!files->slots) {
		free(files);
		return NULL;
	}
	return files;
}

void files_destroy(struct files *files)
{
	if (!files)
		return;
	free(files->slots);
	free(files->next);
	free(files);
}

static u32 find_slot(const struct file_slot *slots, u32 mask, u32 name, u64 number)
{
	u32 i = (u32)(((number + ((u64)name << 40)) * 0x9e3779b97f4a7c15ull) >> 32) & mask;

	while (slots[i].file && (slots[i].name != name || slots[i].number != number))
		i = (i + 1) & mask;
	return i;
}

static bool files_grow(struct files *files)
{
	u32 mask = files->mask * 2 + 1;
	struct file_slot *slots = calloc(mask + 1ull, sizeof(*slots));

	if (!slots)
		return false;
	for (u32 i = 0; i <= files->mask; i++) {
		const struct file_slot *old = &files->slots[i];

		if (old->file)
			slots[find_slot(slots, mask, old->name, old->number)] = *old;
	}
	free(files->slots);
	files->slots = slots;
	files->mask = mask;
	return true;
}

struct file *task_file(struct task *task, u32 name, u64 number)
{
	struct files *files = task->run->files;
	u32 i = find_slot(files->slots, files->mask, name, number);

	if (files->slots[i].file)
		return files->slots[i].file;
	if (files->nr > files->mask / 2) {
		if (!files_grow(files))
			return NULL;
		i = find_slot(files->slots, files->mask, name, number);
	}
	files->slots[i] = (struct file_slot){file_create(task->run->world.vm), name, number};
	if (!files->slots[i].file)
		return NULL;
	files->nr++;
	/* Who brings pages in first is charged for them; here, who names the file first. */
	files->slots[i].file->memcg = task->mm ? task->mm->memcg : NULL;
	return files->slots[i].file;
}

/* The number whose turn it is, of `count` files. */
static bool next_number(struct task *task, u32 name, u64 count, u64 *number)
{
	struct files *files = task->run->files;
	u32 names = task->run->wl->nr_names;

	if (!files->next) {
		files->next = calloc(names, sizeof(*files->next));
		if (!files->next)
			return false;
	}
	*number = files->next[name]++ % count;
	return true;
}

struct io {
	struct task *task;
	const struct step *step;
	struct file *file;
	bool write;
	u64 pages, chunk; /* of the file, of one call */
	struct file_ra_state ra;
	struct pace pace;
};

static enum flow io_call(struct io *io, u64 at, u64 n)
{
	struct task *task = io->task;
	u64 bytes = n << task->run->world.mm->page_shift;
	u64 from = task_now(task);
	enum file_result result;

	if (!task_operation(task))
		return FLOW_EXIT;
	if (io->write)
		result = filemap_write(io->file, &task->ts, at, n);
	else
		result = filemap_read(io->file, &task->ts, &io->ra, at, n, io->pages);
	task_latency(task, io->write ? TASK_LATENCY_WRITE : TASK_LATENCY_READ,
		     task_now(task) - from);
	if (task->run->world.vm->no_host_memory)
		return task_no_host_memory(task);
	task->run->operations += n;
	if (result != FILE_OK)
		task->stats->io_failed++;
	else if (io->write)
		task->stats->written_bytes += bytes;
	else
		task->stats->read_bytes += bytes;
	pace_wait(&io->pace, task, bytes);
	return FLOW_NEXT;
}

static enum flow io_pass(struct io *io)
{
	u64 calls = (io->pages + io->chunk - 1) / io->chunk;
	struct rng *rng = &io->task->rng;

	for (u64 call = 0; call < calls; call++) {
		u64 which = call, at;

		if (io->step->u.io.pattern == PATTERN_RANDOM)
			which = rng_below(rng, calls);
		else if (io->step->u.io.pattern == PATTERN_ZIPF)
			which = rng_zipf(rng, calls);
		at = which * io->chunk;
		if (io_call(io, at, min_u64(io->chunk, io->pages - at)) == FLOW_EXIT)
			return FLOW_EXIT;
	}
	return FLOW_NEXT;
}

static u64 bytes_to_pages(const struct task *task, u64 bytes)
{
	u32 shift = task->run->world.mm->page_shift;

	return (bytes + (1ull << shift) - 1) >> shift;
}

static enum flow task_io(struct task *task, const struct step *step, bool write)
{
	struct io io = {
		.task = task,
		.step = step,
		.write = write,
		.pages = bytes_to_pages(task, step->u.io.size),
		.chunk = bytes_to_pages(task, step->u.io.chunk),
	};
	u64 number;

	if (!next_number(task, step->u.io.file.id, step->u.io.files, &number))
		return task_no_host_memory(task);
	io.file = task_file(task, step->u.io.file.id, number);
	if (!io.file)
		return task_no_host_memory(task);
	file_ra_state_init(&io.ra);
	pace_begin(&io.pace, task, step->u.io.rate);
	for (u64 pass = 0; pass < step->u.io.passes; pass++) {
		if (io_pass(&io) == FLOW_EXIT)
			return FLOW_EXIT;
	}
	if (write && step->u.io.sync)
		filemap_write_and_wait(io.file, &task->ts);
	return FLOW_NEXT;
}

enum flow task_read(struct task *task, const struct step *step)
{
	return task_io(task, step, false);
}

enum flow task_write(struct task *task, const struct step *step)
{
	return task_io(task, step, true);
}

/* All numbers of the name, not the next one only: what is dropped is gone. */
enum flow task_drop(struct task *task, const struct step *step)
{
	for (u64 number = 0; number < step->u.drop.files; number++) {
		struct files *files = task->run->files;
		u32 i = find_slot(files->slots, files->mask, step->u.drop.file.id, number);

		if (!task_operation(task))
			return FLOW_EXIT;
		if (files->slots[i].file)
			truncate_inode_pages(files->slots[i].file, &task->ts);
	}
	return FLOW_NEXT;
}

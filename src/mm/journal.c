/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The journal of a file system, after fs/jbd2 (7.2): pages of metadata that a transaction changed
 * are no dirty pages before it commits, and as long as the journal refers to their buffers they
 * neither move nor go. Left out: the journal's own blocks and what writing them costs, their
 * number, its shrinker, data that a commit waits for.
 */
#include "mm/journal.h"

#include <stdlib.h>

#include "mm/lru.h"
#include "mm/vm_internal.h"
#include "mm/writeback.h"

/* Numbers of pages. */
struct index_list {
	u64 *at;
	u64 n, cap;
};

struct journal {
	struct vm *vm;
	struct file *metadata;
	struct index_list running;    /* changed since the last commit; some twice */
	struct index_list checkpoint; /* committed, perhaps not written; ascending */
	struct task_struct task;
	struct wait_queue wait;
	struct event timer;
	bool exists, due;
};

static void list_add(struct journal *journal, struct index_list *list, u64 index)
{
	if (list->n == list->cap) {
		u64 cap = list->cap ? list->cap * 2 : 64;
		u64 *at = reallocarray(list->at, cap, sizeof(*at));

		if (!at) {
			journal->vm->no_host_memory = true;
			return;
		}
		list->at = at;
		list->cap = cap;
	}
	list->at[list->n++] = index;
}

static int index_cmp(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void sort_unique(struct index_list *list)
{
	u64 n = 0;

	if (list->n)
		qsort(list->at, list->n, sizeof(*list->at), index_cmp);
	for (u64 i = 0; i < list->n; i++)
		if (!n || list->at[n - 1] != list->at[i])
			list->at[n++] = list->at[i];
	list->n = n;
}

static u16 *folio_flags(const struct journal *journal, u64 index)
{
	u32 folio = filemap_get_folio(journal->metadata, index);

	return folio == PFN_NONE ? NULL : &pfn_to_page(journal->vm->mm, folio)->flags;
}

/* Lets go of what was written. fs/jbd2/checkpoint.c:__jbd2_journal_clean_checkpoint_list */
static void clean_checkpoint(struct journal *journal)
{
	struct index_list *list = &journal->checkpoint;
	u64 n = 0;

	for (u64 i = 0; i < list->n; i++) {
		u16 *flags = folio_flags(journal, list->at[i]);

		if (!flags)
			continue;
		if (*flags & (PG_dirty | PG_writeback))
			list->at[n++] = list->at[i];
		else
			*flags &= (u16)~PG_pinned;
	}
	list->n = n;
}

/* fs/jbd2/commit.c:jbd2_journal_commit_transaction */
static void commit(struct journal *journal)
{
	struct index_list *running = &journal->running;

	clean_checkpoint(journal);
	sort_unique(running);
	for (u64 i = 0; i < running->n; i++) {
		u32 folio = filemap_get_folio(journal->metadata, running->at[i]);

		if (folio == PFN_NONE)
			continue;
		pfn_to_page(journal->vm->mm, folio)->flags |= PG_pinned;
		folio_mark_dirty(journal->vm, &journal->task, folio);
		list_add(journal, &journal->checkpoint, running->at[i]);
	}
	running->n = 0;
	sort_unique(&journal->checkpoint);
}

/* fs/jbd2/journal.c:kjournald2 */
static void kjournald(void *arg)
{
	struct journal *journal = arg;
	struct mm *mm = journal->vm->mm;

	journal->task.sched = cpu_current(mm->cpus);
	for (;;) {
		while (!journal->due)
			cpu_wait(journal->task.sched, &journal->wait, WAIT_FOREVER);
		journal->due = false;
		commit(journal);
		task_spend(mm, &journal->task);
	}
}

static void timer_fire(struct engine *engine, struct event *event)
{
	struct journal *journal = container_of(event, struct journal, timer);
	struct mm *mm = journal->vm->mm;

	journal->due = true;
	if (journal->exists) {
		wake_up(engine, &journal->wait, UINT32_MAX);
		return;
	}
	journal->exists = true;
	journal->task = (struct task_struct){.comm = "jbd2", .flags = PF_KTHREAD};
	if (!cpu_ctx_create(mm->cpus, "jbd2", 0, CPU_CLASS_KTHREAD, engine_now(engine), kjournald,
			    journal))
		engine_out_of_memory(engine);
}

void journal_dirty_metadata(struct journal *journal, u64 index)
{
	struct index_list *running = &journal->running;
	struct engine *engine = journal->vm->mm->engine;
	u16 *flags = folio_flags(journal, index);

	if (!flags)
		return;
	*flags |= PG_pinned;
	if (running->n && running->at[running->n - 1] == index)
		return;
	list_add(journal, running, index);
	if (event_pending(&journal->timer) || journal->due)
		return;
	engine_at(engine, &journal->timer, engine_now(engine) + JOURNAL_COMMIT_NS);
}

struct journal *journal_create(struct file *metadata)
{
	struct journal *journal = calloc(1, sizeof(*journal));

	if (!journal)
		return NULL;
	journal->vm = metadata->vm;
	journal->metadata = metadata;
	journal->timer.fire = timer_fire;
	metadata->journal = journal;
	return journal;
}

void journal_destroy(struct journal *journal)
{
	if (!journal)
		return;
	engine_cancel(journal->vm->mm->engine, &journal->timer);
	free(journal->running.at);
	free(journal->checkpoint.at);
	free(journal);
}

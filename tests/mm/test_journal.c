/* SPDX-License-Identifier: GPL-2.0-only */
/* Metadata: when changed pages become dirty, and how long the journal holds them. */
#include <glib.h>

#include "mm/journal.h"
#include "mm/vm_internal.h"
#include "small_world.h"

#define PAGES 3u

struct writer {
	struct small_world *w;
	struct task_struct current;
	struct file *file;
	struct journal *journal;
};

/* Pages 0, 1 and 2 at once, each twice; page 1 again and page 9 after 50 s. */
static void write_fn(void *arg)
{
	struct writer *wr = arg;

	for (u64 i = 0; i < 2ull * PAGES; i++)
		g_assert_cmpint(filemap_write(wr->file, &wr->current, i % PAGES, 1), ==, FILE_OK);
	cpu_sleep(wr->current.sched, 50 * NSEC_PER_SEC);
	g_assert_cmpint(filemap_write(wr->file, &wr->current, 1, 1), ==, FILE_OK);
	g_assert_cmpint(filemap_write(wr->file, &wr->current, 9, 1), ==, FILE_OK);
}

static void start(struct small_world *w, struct writer *wr)
{
	small_world_create(w, NULL, &profile_linux_7_2);
	wr->w = w;
	wr->file = file_create(w->vm);
	wr->journal = journal_create(wr->file);
	g_assert_nonnull(wr->journal);
	wr->current = (struct task_struct){.comm = "writer", .pid = 2};
	wr->current.sched =
		cpu_ctx_create(w->cpus, "writer", 0, CPU_CLASS_TASK, 0, write_fn, wr);
}

static void finish(struct small_world *w, struct writer *wr)
{
	journal_destroy(wr->journal);
	small_world_destroy(w);
}

static u16 flags_of(const struct writer *wr, u64 index)
{
	u32 folio = filemap_get_folio(wr->file, index);

	g_assert_cmpuint(folio, !=, PFN_NONE);
	return pfn_to_page(wr->w->mm, folio)->flags & (PG_pinned | PG_dirty);
}

static void test_life(void)
{
	struct small_world w;
	struct writer wr;

	start(&w, &wr);
	engine_run(w.engine, 4900 * NSEC_PER_MSEC);
	for (u32 i = 0; i < PAGES; i++)
		g_assert_cmpuint(flags_of(&wr, i), ==, PG_pinned);
	g_assert_cmpuint(wr.file->nr_dirty, ==, 0);
	/* The transaction commits; the flusher finds what is dirty thirty seconds later. */
	engine_run(w.engine, 5100 * NSEC_PER_MSEC);
	g_assert_cmpuint(wr.file->nr_dirty, ==, PAGES);
	g_assert_cmpuint(flags_of(&wr, 2), ==, PG_pinned | PG_dirty);
	engine_run(w.engine, 34 * NSEC_PER_SEC);
	g_assert_cmpuint(wr.file->nr_dirty, ==, PAGES);
	/* Written, but nobody has looked. */
	engine_run(w.engine, 49 * NSEC_PER_SEC);
	g_assert_cmpuint(wr.file->nr_dirty, ==, 0);
	g_assert_cmpuint(flags_of(&wr, 0), ==, PG_pinned);
	/* The next commit lets go of what it does not write anew. */
	engine_run(w.engine, 54 * NSEC_PER_SEC);
	g_assert_cmpuint(flags_of(&wr, 0), ==, PG_pinned);
	engine_run(w.engine, 56 * NSEC_PER_SEC);
	g_assert_cmpuint(flags_of(&wr, 0), ==, 0);
	g_assert_cmpuint(flags_of(&wr, 1), ==, PG_pinned | PG_dirty);
	g_assert_cmpuint(flags_of(&wr, 2), ==, 0);
	g_assert_cmpuint(flags_of(&wr, 9), ==, PG_pinned | PG_dirty);
	g_assert_cmpuint(wr.file->nr_dirty, ==, 2);
	small_world_check_books(&w);
	finish(&w, &wr);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/journal/life", test_life);
	return g_test_run();
}

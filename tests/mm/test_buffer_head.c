/* SPDX-License-Identifier: GPL-2.0-only */
/* Buffer heads: written pages have them, one a block, until they leave the cache. */
#include <glib.h>

#include "mm/alloc.h"
#include "mm/buffer_head.h"
#include "mm/lru.h"
#include "mm/slab.h"
#include "mm/vm_internal.h"
#include "small_world.h"

#define PAGES 100u

#define MACHINE(more)                                                                             \
	"{\"name\":\"small\",\"arch\":\"x86-64\",\"nodes\":[{\"cpus\":2,"                          \
	"\"memory\":[{\"start\":\"0\",\"end\":\"64MiB\"}]}],"                                      \
	"\"devices\":[{\"name\":\"disk\"" more "}]}"

struct user {
	struct small_world w;
	struct task_struct current;
	struct file *file, *read;
};

static void use_fn(void *arg)
{
	struct user *u = arg;
	struct file_ra_state ra;

	file_ra_state_init(&ra);
	g_assert_cmpint(filemap_read(u->read, &u->current, &ra, 0, 8, 8), ==, FILE_OK);
	g_assert_cmpuint(nr_buffer_heads(u->w.vm), ==, 0);
	for (u64 i = 0; i < PAGES; i += 20)
		g_assert_cmpint(filemap_write(u->file, &u->current, i, 20), ==, FILE_OK);
	/* Written again: nothing new. */
	g_assert_cmpint(filemap_write(u->file, &u->current, 7, 50), ==, FILE_OK);
}

static void start(struct user *u, const char *machine)
{
	small_world_create(&u->w, machine, &profile_linux_7_2);
	u->file = file_create(u->w.vm);
	u->read = file_create(u->w.vm);
	u->current = (struct task_struct){.comm = "writer", .pid = 2};
	u->current.sched = cpu_ctx_create(u->w.cpus, "writer", 0, CPU_CLASS_TASK, 0, use_fn, u);
	engine_run(u->w.engine, NSEC_PER_SEC);
}

static void test_count(void)
{
	static const struct {
		const char *machine;
		u32 per_page;
	} cases[] = {
		{MACHINE(""), 1},
		{MACHINE(",\"block_size\":\"1KiB\""), 4},
		{MACHINE(",\"block_size\":\"512\""), 8},
		{MACHINE(",\"block_size\":\"64KiB\""), 1},
	};

	for (u32 i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct user u;
		u64 pages;

		start(&u, cases[i].machine);
		pages = u.file->nr_cached;
		g_assert_cmpuint(pages, ==, PAGES);
		g_assert_cmpuint(buffer_heads_per_page(u.w.vm), ==, cases[i].per_page);
		g_assert_cmpuint(nr_buffer_heads(u.w.vm), ==, pages * cases[i].per_page);
		g_assert_cmpint(global_node_page_state(u.w.vm, NR_SLAB_RECLAIMABLE), >=,
				(s64)(pages * cases[i].per_page * 96 / 4096));
		g_assert_cmpuint(truncate_inode_range(u.file, &u.w.current, 0, 64), >, 0);
		g_assert_cmpuint(nr_buffer_heads(u.w.vm), ==,
				 u.file->nr_cached * cases[i].per_page);
		truncate_inode_pages(u.file, &u.w.current);
		g_assert_cmpuint(nr_buffer_heads(u.w.vm), ==, 0);
		small_world_check_books(&u.w);
		small_world_destroy(&u.w);
	}
}

/* A writer of more than there is memory: reclaim frees them with their pages. */
static void flood_fn(void *arg)
{
	struct user *u = arg;

	for (u64 i = 0; i < 30000; i += 16)
		g_assert_cmpint(filemap_write(u->file, &u->current, i, 16), ==, FILE_OK);
}

static void test_reclaim(void)
{
	struct user u;

	small_world_create(&u.w, MACHINE(",\"block_size\":\"1KiB\""), &profile_linux_7_2);
	u.file = file_create(u.w.vm);
	u.current = (struct task_struct){.comm = "writer", .pid = 2};
	u.current.sched = cpu_ctx_create(u.w.cpus, "writer", 0, CPU_CLASS_TASK, 0, flood_fn, &u);
	engine_run(u.w.engine, 20 * NSEC_PER_SEC);
	g_assert_cmpuint(u.file->size, ==, 30000);
	g_assert_cmpuint(u.file->nr_cached, <, 15000);
	g_assert_cmpuint(nr_buffer_heads(u.w.vm), ==, 4 * u.file->nr_cached);
	small_world_check_books(&u.w);
	small_world_destroy(&u.w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/buffer-head/count", test_count);
	g_test_add_func("/buffer-head/reclaim", test_reclaim);
	return g_test_run();
}

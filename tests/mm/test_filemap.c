/* SPDX-License-Identifier: GPL-2.0-only */
/* The page cache: what a read fetches, who waits for it, what is dirty, that all pages return. */
#include <glib.h>

#include "mm/filemap.h"
#include "small_world.h"

/* File steps need a fiber, because they wait for the disk. */
struct reader {
	struct small_world *w;
	struct task_struct current;
	struct file *file;
	u64 index, nr, end;
	bool seq, write;
	u64 took;
};

static void read_fn(void *arg)
{
	struct reader *r = arg;
	u64 from = engine_now(r->w->engine);

	if (r->write)
		g_assert_cmpint(filemap_write(r->file, &r->current, r->index, r->nr), ==, FILE_OK);
	else
		g_assert_cmpint(filemap_read(r->file, &r->current, r->index, r->nr, r->end,
					     r->seq),
				==, FILE_OK);
	r->took = engine_now(r->w->engine) - from;
}

static void start_reader(struct small_world *w, struct reader *r, u32 cpu)
{
	r->w = w;
	r->current = (struct task_struct){.comm = "reader", .pid = 2 + cpu, .cpu = cpu};
	r->current.sched = cpu_ctx_create(w->cpus, "reader", cpu, CPU_CLASS_TASK,
					  engine_now(w->engine), read_fn, r);
}

static void run_reader(struct small_world *w, struct reader *r)
{
	start_reader(w, r, 0);
	engine_run(w->engine, engine_now(w->engine) + NSEC_PER_SEC);
}

static void test_page_cache(void)
{
	struct device_stats disk;
	struct small_world w;
	struct reader r = {0};

	small_world_create(&w, NULL, &profile_linux_7_2);
	r.file = file_create(w.vm);
	/* One call of four pages reads the whole window of 32 in one request. */
	r.nr = 4;
	r.end = 100;
	r.seq = true;
	run_reader(&w, &r);
	device_stats(w.disk, &disk);
	g_assert_cmpuint(disk.reads, ==, 1);
	g_assert_cmpuint(disk.read_bytes, ==, 128 << 10);
	g_assert_cmpuint(r.file->nr_cached, ==, 32);
	g_assert_cmpuint(r.took, >=, 100 * NSEC_PER_USEC);
	/* What is cached takes no request. */
	r.index = 4;
	r.nr = 28;
	run_reader(&w, &r);
	device_stats(w.disk, &disk);
	g_assert_cmpuint(disk.reads, ==, 1);
	g_assert_cmpuint(r.took, ==, 28 * w.mm->costs.copy_page);
	/* The window ends with the file; random reads fetch what they need. */
	r.index = 90;
	r.nr = 1;
	run_reader(&w, &r);
	g_assert_cmpuint(r.file->nr_cached, ==, 42);
	r.index = 50;
	r.seq = false;
	run_reader(&w, &r);
	g_assert_cmpuint(r.file->nr_cached, ==, 43);
	small_world_check_books(&w);

	r.write = true;
	r.index = 40;
	r.nr = 20;
	run_reader(&w, &r);
	g_assert_cmpuint(r.file->nr_cached, ==, 62);
	g_assert_cmpuint(r.file->nr_dirty, ==, 20);
	g_assert_cmpint(global_node_page_state(w.vm, NR_FILE_DIRTY), ==, 20);
	small_world_check_books(&w);
	truncate_inode_pages(r.file, &w.current);
	g_assert_cmpint(global_node_page_state(w.vm, NR_FILE_PAGES), ==, 0);
	g_assert_cmpint(global_node_page_state(w.vm, NR_FILE_DIRTY), ==, 0);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	g_assert_cmpuint(w.vm->nr_nodes, ==, 0);
	small_world_destroy(&w);
}

/* Two readers of the same pages: one request, the second waits for it. */
static void test_page_lock(void)
{
	struct reader a = {.nr = 8, .end = 8, .seq = true}, b;
	struct device_stats disk;
	struct small_world w;

	small_world_create(&w, NULL, &profile_linux_7_2);
	a.file = file_create(w.vm);
	b = a;
	start_reader(&w, &a, 0);
	start_reader(&w, &b, 1);
	engine_run(w.engine, NSEC_PER_SEC);
	device_stats(w.disk, &disk);
	g_assert_cmpuint(a.file->nr_cached, ==, 8);
	g_assert_cmpuint(disk.read_bytes, ==, 8 * 4096);
	g_assert_cmpuint(a.took, >=, 100 * NSEC_PER_USEC);
	g_assert_cmpuint(b.took, >=, 100 * NSEC_PER_USEC);
	small_world_check_books(&w);
	small_world_destroy(&w);
}

static void truncate_fn(void *arg)
{
	struct reader *r = arg;

	truncate_inode_pages(r->file, &r->current);
}

/* Two deletions while the file is being read, then a third: each page is freed once. */
static void test_racing_truncates(void)
{
	struct reader r = {.nr = 200, .end = 200, .seq = true}, cutters[3];
	struct small_world w;

	small_world_create(&w, NULL, &profile_linux_7_2);
	r.file = file_create(w.vm);
	start_reader(&w, &r, 0);
	for (u32 i = 0; i < 3; i++) {
		cutters[i] = r;
		cutters[i].current = (struct task_struct){.comm = "cut", .pid = 10 + i, .cpu = 1};
		cutters[i].current.sched = cpu_ctx_create(w.cpus, "cut", 1, CPU_CLASS_TASK,
							  (i + 1) * 150 * NSEC_PER_USEC,
							  truncate_fn, &cutters[i]);
	}
	engine_run(w.engine, NSEC_PER_SEC);
	small_world_check_books(&w);
	truncate_inode_pages(r.file, &w.current);
	g_assert_cmpuint(r.file->nr_cached, ==, 0);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	small_world_destroy(&w);
}

static void sync_fn(void *arg)
{
	struct reader *r = arg;

	filemap_write(r->file, &r->current, 0, 10);
	filemap_write(r->file, &r->current, 100, 5);
	filemap_write_and_wait(r->file, &r->current);
}

static void test_fsync(void)
{
	struct device_stats disk;
	struct small_world w;
	struct reader r = {0};

	small_world_create(&w, NULL, &profile_linux_7_2);
	r.file = file_create(w.vm);
	r.current = (struct task_struct){.comm = "sync", .pid = 2};
	r.current.sched = cpu_ctx_create(w.cpus, "sync", 0, CPU_CLASS_TASK, 0, sync_fn, &r);
	engine_run(w.engine, NSEC_PER_SEC);
	device_stats(w.disk, &disk);
	g_assert_cmpuint(disk.writes, ==, 2);
	g_assert_cmpuint(disk.write_bytes, ==, 15 * 4096);
	g_assert_cmpuint(r.file->nr_dirty, ==, 0);
	g_assert_cmpint(global_node_page_state(w.vm, NR_FILE_DIRTY), ==, 0);
	g_assert_cmpuint(r.file->nr_cached, ==, 15);
	g_assert_cmpint(global_node_page_state(w.vm, NR_WRITTEN), ==, 15);
	g_assert_cmpint(global_node_page_state(w.vm, NR_DIRTIED), ==, 15);
	small_world_destroy(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/filemap/read-write", test_page_cache);
	g_test_add_func("/mm/filemap/lock", test_page_lock);
	g_test_add_func("/mm/filemap/racing-truncates", test_racing_truncates);
	g_test_add_func("/mm/filemap/fsync", test_fsync);
	return g_test_run();
}

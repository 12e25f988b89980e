/* SPDX-License-Identifier: GPL-2.0-only */
/* The page cache: who waits for a page, what is dirty, in which folios, that all pages return. */
#include <glib.h>

#include "mm/filemap.h"
#include "mm/lru.h"
#include "mm/vm_internal.h"
#include "small_world.h"

/* File steps need a fiber, because they wait for the disk. */
struct reader {
	struct small_world *w;
	struct task_struct current;
	struct file *file;
	struct file_ra_state *ra;
	u64 index, nr, end;
	bool write;
	u64 took;
};

static void read_fn(void *arg)
{
	struct reader *r = arg;
	u64 from = engine_now(r->w->engine);

	if (r->write)
		g_assert_cmpint(filemap_write(r->file, &r->current, r->index, r->nr), ==, FILE_OK);
	else
		g_assert_cmpint(filemap_read(r->file, &r->current, r->ra, r->index, r->nr, r->end),
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
	engine_run(w->engine, engine_now(w->engine) + 100 * NSEC_PER_MSEC);
}

static u64 disk_reads(const struct small_world *w)
{
	struct device_stats disk;

	device_stats(w->disk, &disk);
	return disk.reads;
}

static void test_read_write(void)
{
	struct file_ra_state ra;
	struct small_world w;
	struct reader r = {.ra = &ra, .end = 200};

	small_world_create(&w, NULL, &profile_linux_7_2);
	file_ra_state_init(&ra);
	r.file = file_create(w.vm);
	/* Four pages at the beginning: a window of eight, in one request. */
	r.nr = 4;
	run_reader(&w, &r);
	g_assert_cmpuint(disk_reads(&w), ==, 1);
	g_assert_cmpuint(r.file->nr_cached, ==, 8);
	g_assert_cmpuint(w.mm->vm_event[PGPGIN], ==, 32);
	g_assert_cmpuint(r.took, >=, 100 * NSEC_PER_USEC);
	/* What is cached takes no request and no time but the copy. */
	r.index = 1;
	r.nr = 2;
	run_reader(&w, &r);
	g_assert_cmpuint(disk_reads(&w), ==, 1);
	g_assert_cmpuint(r.took, ==, w.mm->costs.file_op + 2 * w.mm->costs.copy_page);
	/* Somewhere else: only what is wanted. */
	r.index = 90;
	r.nr = 1;
	run_reader(&w, &r);
	g_assert_cmpuint(r.file->nr_cached, ==, 9);
	small_world_check_books(&w);

	r.write = true;
	r.index = 40;
	r.nr = 20;
	run_reader(&w, &r);
	g_assert_cmpuint(r.file->nr_cached, ==, 29);
	g_assert_cmpuint(r.file->nr_dirty, ==, 20);
	g_assert_cmpint(global_node_page_state(w.vm, NR_FILE_DIRTY), ==, 20);
	g_assert_cmpint(global_node_page_state(w.vm, NR_DIRTIED), ==, 20);
	small_world_check_books(&w);
	truncate_inode_pages(r.file, &w.current);
	g_assert_cmpint(global_node_page_state(w.vm, NR_FILE_PAGES), ==, 0);
	g_assert_cmpint(global_node_page_state(w.vm, NR_FILE_DIRTY), ==, 0);
	g_assert_cmpint(global_node_page_state(w.vm, NR_INACTIVE_FILE), ==, 0);
	small_world_check_books(&w);
	small_world_destroy(&w);
}

static u32 order_at(const struct file *file, u64 index)
{
	u32 folio = filemap_get_folio(file, index);

	g_assert_cmpuint(folio, !=, PFN_NONE);
	g_assert_cmpuint(folio_index(file->vm, folio), <=, index);
	g_assert_true(folio_file(file->vm, folio) == file);
	return pfn_to_page(file->vm->mm, folio)->order;
}

/* A write takes folios of its size, as far as its position allows; 6.12 takes single pages. */
static void test_write_orders(void)
{
	struct small_world w;
	struct reader r = {.write = true, .index = 16, .nr = 16};

	small_world_create(&w, NULL, &profile_linux_7_2);
	r.file = file_create(w.vm);
	run_reader(&w, &r);
	g_assert_cmpuint(order_at(r.file, 20), ==, 4);
	/* 6: one of two pages, then of eight, then what is left. */
	r.index = 6;
	r.nr = 9;
	run_reader(&w, &r);
	g_assert_cmpuint(order_at(r.file, 7), ==, 1);
	g_assert_cmpuint(order_at(r.file, 8), ==, 2);
	g_assert_cmpuint(order_at(r.file, 14), ==, 0);
	/* One page is in the way of the folio of eight. */
	r.index = 43;
	r.nr = 1;
	run_reader(&w, &r);
	r.index = 40;
	r.nr = 8;
	run_reader(&w, &r);
	g_assert_cmpuint(order_at(r.file, 40), ==, 1);
	g_assert_cmpuint(order_at(r.file, 43), ==, 0);
	g_assert_cmpuint(order_at(r.file, 44), ==, 2);
	/* A large one lies in several nodes. */
	r.index = 512;
	r.nr = 1024;
	run_reader(&w, &r);
	g_assert_cmpuint(order_at(r.file, 1000), ==, 9);
	g_assert_cmpuint(r.file->nr_dirty, ==, 16 + 9 + 8 + 1024);
	small_world_check_books(&w);
	truncate_inode_pages(r.file, &w.current);
	small_world_check_books(&w);
	small_world_destroy(&w);

	small_world_create(&w, NULL, &profile_linux_6_12);
	r.file = file_create(w.vm);
	r.index = 16;
	r.nr = 16;
	run_reader(&w, &r);
	g_assert_cmpuint(order_at(r.file, 20), ==, 0);
	small_world_destroy(&w);
}

/* An evicted folio leaves shadows; pages that come back are told from new ones. */
static void test_shadows(void)
{
	struct file_ra_state ra;
	struct small_world w;
	struct reader r = {.ra = &ra, .nr = 8, .end = 64};
	u32 folio;

	small_world_create(&w, NULL, &profile_linux_7_2);
	file_ra_state_init(&ra);
	r.file = file_create(w.vm);
	r.write = true;
	run_reader(&w, &r);
	lru_add_drain_all(w.vm, &w.current);
	folio = filemap_get_folio(r.file, 3);
	g_assert_cmpuint(pfn_to_page(w.mm, folio)->order, ==, 3);
	filemap_remove_folio(w.vm, folio, workingset_eviction(w.vm, folio, NULL));
	folios_put(w.vm, &w.current, &folio, 1);
	g_assert_cmpuint(r.file->nr_cached, ==, 0);
	g_assert_cmpuint(r.file->nr_dirty, ==, 0);
	g_assert_false(filemap_cached(r.file, 3));
	/* Two of them are read: a refault each; the others' shadows stay. */
	r.write = false;
	r.index = 2;
	r.nr = 2;
	run_reader(&w, &r);
	g_assert_cmpuint(r.file->nr_cached, ==, 2);
	g_assert_cmpuint(w.mm->vm_event[WORKINGSET_REFAULT_FILE], ==, 2);
	r.index = 2;
	r.write = true;
	truncate_inode_pages(r.file, &w.current);
	r.index = 0;
	r.nr = 8;
	r.write = false;
	run_reader(&w, &r);
	g_assert_cmpuint(w.mm->vm_event[WORKINGSET_REFAULT_FILE], ==, 2);
	small_world_check_books(&w);
	small_world_destroy(&w);
}

/* Two readers of the same pages: one request, the second waits for it. */
static void test_page_lock(void)
{
	struct file_ra_state ra[2];
	struct reader a = {.nr = 8, .end = 8, .ra = &ra[0]}, b;
	struct device_stats disk;
	struct small_world w;

	small_world_create(&w, NULL, &profile_linux_7_2);
	file_ra_state_init(&ra[0]);
	file_ra_state_init(&ra[1]);
	a.file = file_create(w.vm);
	b = a;
	b.ra = &ra[1];
	start_reader(&w, &a, 0);
	start_reader(&w, &b, 1);
	engine_run(w.engine, NSEC_PER_SEC);
	device_stats(w.disk, &disk);
	g_assert_cmpuint(a.file->nr_cached, ==, 8);
	g_assert_cmpuint(disk.read_bytes, ==, 8 * 4096);
	g_assert_cmpuint(a.took, >=, 100 * NSEC_PER_USEC);
	g_assert_cmpuint(b.took, >=, 100 * NSEC_PER_USEC);
	g_assert_cmpuint(a.current.total_ns[CAUSE_SWAP_IN], >=, 100 * NSEC_PER_USEC);
	g_assert_cmpuint(b.current.total_ns[CAUSE_SWAP_IN], >=, 100 * NSEC_PER_USEC);
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
	struct file_ra_state ra;
	struct reader r = {.nr = 200, .end = 200, .ra = &ra}, cutters[3];
	struct small_world w;

	small_world_create(&w, NULL, &profile_linux_7_2);
	file_ra_state_init(&ra);
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
	small_world_check_books(&w);
	small_world_destroy(&w);
}

static void sync_fn(void *arg)
{
	struct reader *r = arg;

	filemap_write(r->file, &r->current, 0, 10);
	filemap_write(r->file, &r->current, 100, 5);
	filemap_write_and_wait(r->file, &r->current);
	r->took = engine_now(r->file->vm->mm->engine);
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
	g_assert_cmpuint(w.mm->vm_event[PGPGOUT], ==, 60);
	g_assert_cmpuint(r.took, >=, 100 * NSEC_PER_USEC);
	g_assert_cmpuint(r.file->nr_dirty, ==, 0);
	g_assert_cmpuint(r.file->nr_writeback, ==, 0);
	g_assert_cmpint(global_node_page_state(w.vm, NR_FILE_DIRTY), ==, 0);
	g_assert_cmpint(global_node_page_state(w.vm, NR_WRITEBACK), ==, 0);
	g_assert_cmpuint(r.file->nr_cached, ==, 15);
	g_assert_cmpint(global_node_page_state(w.vm, NR_WRITTEN), ==, 15);
	g_assert_cmpint(global_node_page_state(w.vm, NR_DIRTIED), ==, 15);
	small_world_check_books(&w);
	small_world_destroy(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/filemap/read-write", test_read_write);
	g_test_add_func("/mm/filemap/write-orders", test_write_orders);
	g_test_add_func("/mm/filemap/shadows", test_shadows);
	g_test_add_func("/mm/filemap/lock", test_page_lock);
	g_test_add_func("/mm/filemap/racing-truncates", test_racing_truncates);
	g_test_add_func("/mm/filemap/fsync", test_fsync);
	return g_test_run();
}

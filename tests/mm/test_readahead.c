/* SPDX-License-Identifier: GPL-2.0-only */
/* Read-ahead: windows and orders as the kernel's arithmetic has them, and mapped files. */
#include <glib.h>

#include "mm/filemap.h"
#include "mm/vm_internal.h"
#include "small_world.h"

struct reader {
	struct small_world w;
	struct task_struct current;
	struct file *file;
	struct file_ra_state ra;
	struct vm_area_struct *vma;
	u64 index, nr, end;
	enum vm_fault fault;
};

static void setup(struct reader *r, const struct mm_profile *profile, u64 end)
{
	*r = (struct reader){.end = end};
	small_world_create(&r->w, NULL, profile);
	r->file = file_create(r->w.vm);
	file_ra_state_init(&r->ra);
	r->current = (struct task_struct){.comm = "reader", .pid = 2};
}

static void run(struct reader *r, fiber_fn fn)
{
	r->current.sched = cpu_ctx_create(r->w.cpus, "reader", 0, CPU_CLASS_TASK,
					  engine_now(r->w.engine), fn, r);
	engine_run(r->w.engine, engine_now(r->w.engine) + 100 * NSEC_PER_MSEC);
}

static void read_fn(void *arg)
{
	struct reader *r = arg;

	g_assert_cmpint(filemap_read(r->file, &r->current, &r->ra, r->index, r->nr, r->end), ==,
			FILE_OK);
}

static void read_at(struct reader *r, u64 index, u64 nr)
{
	r->index = index;
	r->nr = nr;
	run(r, read_fn);
}

static u32 order_at(const struct file *file, u64 index)
{
	u32 folio = filemap_get_folio(file, index);

	g_assert_cmpuint(folio, !=, PFN_NONE);
	return pfn_to_page(file->vm->mm, folio)->order;
}

/* 64 KiB at a time with windows of 128 KiB: orders 0, 2, 4, then 5 for good. */
static void test_sequential(void)
{
	struct reader r;

	setup(&r, &profile_linux_7_2, 1024);
	read_at(&r, 0, 16);
	g_assert_cmpuint(r.file->nr_cached, ==, 32);
	g_assert_cmpuint(order_at(r.file, 31), ==, 0);
	/* The mark is at 16: the next window comes while the rest of this one is read. */
	read_at(&r, 16, 1);
	g_assert_cmpuint(r.file->nr_cached, ==, 64);
	g_assert_cmpuint(order_at(r.file, 32), ==, 2);
	read_at(&r, 17, 15);
	g_assert_cmpuint(r.file->nr_cached, ==, 64);
	read_at(&r, 32, 16);
	g_assert_cmpuint(r.file->nr_cached, ==, 96);
	g_assert_cmpuint(order_at(r.file, 64), ==, 4);
	for (u64 i = 48; i < 1024; i += 16)
		read_at(&r, i, 16);
	for (u64 i = 96; i < 1024; i += 32)
		g_assert_cmpuint(order_at(r.file, i), ==, 5);
	g_assert_cmpuint(r.file->nr_cached, ==, 1024);
	g_assert_cmpuint(r.w.mm->vm_event[PGPGIN], ==, 4096);
	small_world_check_books(&r.w);
	small_world_destroy(&r.w);

	setup(&r, &profile_linux_6_12, 1024);
	for (u64 i = 0; i < 1024; i += 16)
		read_at(&r, i, 16);
	for (u64 i = 0; i < 1024; i++)
		g_assert_cmpuint(order_at(r.file, i), ==, 0);
	small_world_destroy(&r.w);
}

/* vm.read_ahead_kb=0: a page a request, whatever is asked for. */
static void test_off(void)
{
	struct device_stats disk;
	struct reader r;

	setup(&r, &profile_linux_7_2, 1024);
	r.w.mm->sysctl.read_ahead_kb = 0;
	read_at(&r, 0, 1);
	g_assert_cmpuint(r.file->nr_cached, ==, 1);
	read_at(&r, 1, 16);
	g_assert_cmpuint(r.file->nr_cached, ==, 17);
	device_stats(r.w.disk, &disk);
	g_assert_cmpuint(disk.reads, ==, 17);
	read_at(&r, 500, 3);
	g_assert_cmpuint(r.file->nr_cached, ==, 20);
	small_world_destroy(&r.w);
}

/* Small reads double the window up to its largest. */
static void test_ramp(void)
{
	struct reader r;

	setup(&r, &profile_linux_7_2, 10000);
	read_at(&r, 0, 1);
	g_assert_cmpuint(r.ra.size, ==, 4);
	g_assert_cmpuint(r.ra.async_size, ==, 3);
	read_at(&r, 1, 1);
	g_assert_cmpuint(r.ra.start, ==, 4);
	g_assert_cmpuint(r.ra.size, ==, 8);
	read_at(&r, 2, 2);
	g_assert_cmpuint(r.ra.size, ==, 8);
	read_at(&r, 4, 1);
	g_assert_cmpuint(r.ra.start, ==, 12);
	/* 12 + 16 ends at no multiple of 16: cut to 4. */
	g_assert_cmpuint(r.ra.size, ==, 4);
	read_at(&r, 5, 20);
	/* 16 + 8, 24 + 8, 32 + 16: the last one too short to be cut to a multiple of 32. */
	g_assert_cmpuint(r.ra.start + r.ra.size, ==, 48);
	for (u64 i = 25; i < 425; i += 16)
		read_at(&r, i, 16);
	g_assert_cmpuint(r.ra.size, ==, 32);
	g_assert_cmpuint(r.ra.order, ==, 5);
	/* One request may be larger than the window, as far as the disk takes it at once. */
	read_at(&r, 425, 200);
	g_assert_cmpuint(r.ra.size, >, 32);
	small_world_destroy(&r.w);
}

/* Random reads fetch what they ask for; one that goes on where cached pages end is a stream. */
static void test_random(void)
{
	struct reader r;

	setup(&r, &profile_linux_7_2, 10000);
	read_at(&r, 5000, 16);
	read_at(&r, 300, 16);
	read_at(&r, 7000, 16);
	g_assert_cmpuint(r.file->nr_cached, ==, 48);
	g_assert_cmpuint(order_at(r.file, 304), ==, 0);
	g_assert_cmpuint(r.ra.size, ==, 0);
	/* 16 pages are cached right before: more than the 4 that are wanted. */
	read_at(&r, 316, 4);
	g_assert_cmpuint(r.ra.start, ==, 316);
	g_assert_cmpuint(r.ra.size, ==, 20);
	g_assert_cmpuint(r.ra.async_size, ==, 1);
	/* Near the end no more than there is. */
	read_at(&r, 9990, 10);
	g_assert_true(filemap_cached(r.file, 9999));
	g_assert_false(filemap_cached(r.file, 10000));
	small_world_destroy(&r.w);
}

static void fault_fn(void *arg)
{
	struct reader *r = arg;

	r->fault = handle_mm_fault(r->vma, &r->current, r->index, false);
}

static enum vm_fault fault_at(struct reader *r, u64 index)
{
	r->index = index;
	run(r, fault_fn);
	return r->fault;
}

/* A fault reads a window around it and maps what is cached in 64 KiB around the address. */
static void test_mapped(void)
{
	struct mm_struct *mm;
	struct reader r;

	setup(&r, &profile_linux_7_2, 0);
	mm = mm_alloc(r.w.vm, &r.w.current);
	r.vma = vm_mmap_file(mm, &r.w.current, r.file, 0, 1024, true);
	g_assert_cmpint(fault_at(&r, 100), ==, VM_FAULT_MAJOR);
	g_assert_cmpuint(r.file->nr_cached, ==, 32);
	g_assert_true(filemap_cached(r.file, 84));
	g_assert_false(filemap_cached(r.file, 83));
	g_assert_true(filemap_cached(r.file, 115));
	/* All but the one with the mark, 84 + 32 - 8. */
	g_assert_cmpuint(mm->rss_stat[MM_FILEPAGES], ==, 15);
	g_assert_cmpint(global_node_page_state(r.w.vm, NR_FILE_MAPPED), ==, 15);
	g_assert_false(vm_present(r.vma, 108, false));
	g_assert_true(vm_present(r.vma, 96, false));
	g_assert_true(vm_present(r.vma, 111, false));
	g_assert_cmpint(fault_at(&r, 96), ==, VM_FAULT_NONE);
	/* Cached, but not mapped: minor. */
	g_assert_cmpint(fault_at(&r, 90), ==, VM_FAULT_MINOR);
	g_assert_cmpuint(mm->rss_stat[MM_FILEPAGES], ==, 15 + 12);
	g_assert_cmpuint(r.file->nr_cached, ==, 32);
	/* Who meets the mark reads the next window. */
	g_assert_cmpint(fault_at(&r, 108), ==, VM_FAULT_MINOR);
	g_assert_cmpuint(r.file->nr_cached, >, 32);
	g_assert_true(filemap_cached(r.file, 116));
	g_assert_cmpuint(r.w.mm->vm_event[PGMAJFAULT], ==, 1);
	g_assert_cmpuint(r.w.mm->vm_event[PGFAULT], ==, 3);
	small_world_check_books(&r.w);
	/* Deletion unmaps. */
	truncate_inode_pages(r.file, &r.w.current);
	g_assert_cmpuint(mm->rss_stat[MM_FILEPAGES], ==, 0);
	g_assert_cmpint(global_node_page_state(r.w.vm, NR_FILE_MAPPED), ==, 0);
	g_assert_cmpint(global_node_page_state(r.w.vm, NR_FILE_PAGES), ==, 0);
	exit_mmap(mm, &r.w.current);
	small_world_check_books(&r.w);
	small_world_destroy(&r.w);
}

/* Before 6.5 faults that gave up the lock for I/O, or to start some, counted each time. */
static void test_retried(void)
{
	struct mm_struct *mm;
	struct reader r;

	setup(&r, &profile_linux_6_1, 0);
	mm = mm_alloc(r.w.vm, &r.w.current);
	r.vma = vm_mmap_file(mm, &r.w.current, r.file, 0, 1024, true);
	g_assert_cmpint(fault_at(&r, 100), ==, VM_FAULT_MAJOR);
	g_assert_cmpuint(r.w.mm->vm_event[PGFAULT], ==, 2);
	g_assert_cmpint(fault_at(&r, 90), ==, VM_FAULT_MINOR);
	g_assert_cmpuint(r.w.mm->vm_event[PGFAULT], ==, 3);
	g_assert_cmpint(fault_at(&r, 108), ==, VM_FAULT_MINOR);
	g_assert_cmpuint(r.w.mm->vm_event[PGFAULT], ==, 5);
	truncate_inode_pages(r.file, &r.w.current);
	exit_mmap(mm, &r.w.current);
	small_world_check_books(&r.w);
	small_world_destroy(&r.w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/readahead/sequential", test_sequential);
	g_test_add_func("/mm/readahead/off", test_off);
	g_test_add_func("/mm/readahead/ramp", test_ramp);
	g_test_add_func("/mm/readahead/random", test_random);
	g_test_add_func("/mm/readahead/mapped", test_mapped);
	g_test_add_func("/mm/readahead/retried", test_retried);
	return g_test_run();
}

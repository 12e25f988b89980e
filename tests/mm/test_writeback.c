/* SPDX-License-Identifier: GPL-2.0-only */
/* Dirty pages: how many there may be, who writes them and when, and who has to wait for it. */
#include <glib.h>

#include "mm/vm_internal.h"
#include "mm/writeback_internal.h"
#include "small_world.h"

/* 20 MB a second to write. */
#define SLOW_DISK                                                                                 \
	"{\"name\":\"small\",\"arch\":\"x86-64\",\"nodes\":[{\"cpus\":2,"                          \
	"\"memory\":[{\"start\":\"0\",\"end\":\"64MiB\"}]}],"                                      \
	"\"devices\":[{\"name\":\"disk\",\"read_latency\":\"100us\",\"write_latency\":\"100us\","  \
	"\"write_bandwidth\":\"20MiB\",\"depth\":4}]}"

struct writer {
	struct small_world *w;
	struct task_struct current;
	struct file *file;
	struct vm_area_struct *vma;
	u64 nr, chunk, gap_ns; /* pages in all, of a call; between calls */
	u64 max_dirty, done_ns;
};

static void write_fn(void *arg)
{
	struct writer *wr = arg;
	struct vm *vm = wr->w->vm;

	for (u64 i = 0; i < wr->nr; i += wr->chunk) {
		s64 dirty;

		g_assert_cmpint(filemap_write(wr->file, &wr->current, i, wr->chunk), ==, FILE_OK);
		dirty = global_node_page_state(vm, NR_FILE_DIRTY) +
			global_node_page_state(vm, NR_WRITEBACK);
		wr->max_dirty = max_u64(wr->max_dirty, (u64)dirty);
		if (wr->gap_ns)
			cpu_sleep(wr->current.sched, wr->gap_ns);
	}
	wr->done_ns = engine_now(wr->w->engine);
}

static void start_writer(struct small_world *w, struct writer *wr)
{
	wr->w = w;
	wr->file = file_create(w->vm);
	wr->current = (struct task_struct){.comm = "writer", .pid = 2};
	wr->current.sched =
		cpu_ctx_create(w->cpus, "writer", 0, CPU_CLASS_TASK, 0, write_fn, wr);
}

static void test_limits(void)
{
	struct dirty_limits limits;
	struct small_world w;
	u64 free;

	small_world_create(&w, NULL, &profile_linux_7_2);
	free = 0;
	for_each_populated_zone(w.mm, zone)
		free += (u64)zone->vm_stat[NR_FREE_PAGES];
	limits = global_dirty_limits(w.vm);
	g_assert_cmpuint(limits.dirtyable, ==, free - w.mm->totalreserve_pages + 1);
	g_assert_cmpuint(limits.thresh, ==, limits.dirtyable * (20 * 4096 / 100) / 4096);
	g_assert_cmpuint(limits.bg_thresh, ==, limits.dirtyable * (10 * 4096 / 100) / 4096);
	g_assert_true(node_dirty_ok(w.vm, 0));
	w.vm->node_stat[0][NR_FILE_DIRTY] = (s64)(limits.dirtyable / 5) + 1;
	g_assert_false(node_dirty_ok(w.vm, 0));
	w.vm->node_stat[0][NR_FILE_DIRTY] = 0;
	w.mm->sysctl.dirty_background_bytes = 1 << 20;
	w.mm->sysctl.dirty_bytes = (1 << 20) + 1;
	limits = global_dirty_limits(w.vm);
	g_assert_cmpuint(limits.bg_thresh, ==, 256);
	g_assert_cmpuint(limits.thresh, ==, 257);
	/* A background limit above the other one is half of it. */
	w.mm->sysctl.dirty_bytes = 1 << 20;
	g_assert_cmpuint(global_dirty_limits(w.vm).bg_thresh, ==, 128);
	small_world_destroy(&w);
}

/* What is dirty waits thirty seconds, looked at every five. */
static void test_periodic(void)
{
	struct writer wr = {.nr = 16, .chunk = 16};
	struct device_stats disk;
	struct small_world w;

	small_world_create(&w, NULL, &profile_linux_7_2);
	start_writer(&w, &wr);
	engine_run(w.engine, 29 * NSEC_PER_SEC);
	g_assert_cmpuint(wr.file->nr_dirty, ==, 16);
	/* The first look was no background work: nothing was ever written, but this is too little. */
	device_stats(w.disk, &disk);
	g_assert_cmpuint(disk.writes, ==, 0);
	engine_run(w.engine, 36 * NSEC_PER_SEC);
	g_assert_cmpuint(wr.file->nr_dirty, ==, 0);
	device_stats(w.disk, &disk);
	g_assert_cmpuint(disk.writes, ==, 1);
	g_assert_cmpint(global_node_page_state(w.vm, NR_WRITTEN), ==, 16);
	small_world_check_books(&w);
	small_world_destroy(&w);
}

/* Reclaim asks: all goes at once. */
static void test_start_all(void)
{
	struct writer wr = {.nr = 64, .chunk = 16};
	struct device_stats disk;
	struct small_world w;

	small_world_create(&w, NULL, &profile_linux_7_2);
	start_writer(&w, &wr);
	engine_run(w.engine, 100 * NSEC_PER_MSEC);
	g_assert_cmpuint(wr.file->nr_dirty, ==, 64);
	wakeup_flusher_threads(w.vm);
	wakeup_flusher_threads(w.vm);
	engine_run(w.engine, 200 * NSEC_PER_MSEC);
	g_assert_cmpuint(wr.file->nr_dirty, ==, 0);
	device_stats(w.disk, &disk);
	g_assert_cmpuint(disk.writes, ==, 1);
	g_assert_cmpuint(disk.write_bytes, ==, 64 * 4096);
	small_world_destroy(&w);
}

/* A writer slower than the disk is never stopped; the flusher keeps its dirty pages few. */
static void test_background(void)
{
	struct writer wr = {.nr = 6144, .chunk = 16, .gap_ns = 2 * NSEC_PER_MSEC};
	struct dirty_limits limits;
	struct small_world w;

	small_world_create(&w, NULL, &profile_linux_7_2);
	limits = global_dirty_limits(w.vm);
	start_writer(&w, &wr);
	engine_run(w.engine, 4 * NSEC_PER_SEC);
	g_assert_cmpuint(wr.done_ns, !=, 0);
	g_assert_cmpuint(wr.current.total_ns[CAUSE_THROTTLE], ==, 0);
	g_assert_cmpuint(wr.max_dirty, >, limits.bg_thresh / 2);
	g_assert_cmpuint(wr.max_dirty, <, (limits.bg_thresh + limits.thresh) / 2);
	g_assert_cmpint(global_node_page_state(w.vm, NR_WRITTEN), >, 4000);
	small_world_check_books(&w);
	small_world_destroy(&w);
}

/* One that is faster goes as fast as the disk in the end, and the limit holds. */
static void test_throttle(void)
{
	struct writer wr = {.nr = 8192, .chunk = 16};
	struct dirty_limits limits;
	struct small_world w;
	u64 written;

	small_world_create(&w, SLOW_DISK, &profile_linux_7_2);
	w.mm->sysctl.dirty_bytes = 6 << 20;
	w.mm->sysctl.dirty_background_bytes = 3 << 20;
	writeback_set_ratelimit(w.vm->writeback);
	limits = global_dirty_limits(w.vm);
	start_writer(&w, &wr);
	engine_run(w.engine, 20 * NSEC_PER_SEC);
	g_assert_cmpuint(wr.done_ns, !=, 0);
	/* 32 MiB at 20 MiB/s less what may stay dirty: 1.3 s to 1.6 s, with start-up. */
	g_assert_cmpuint(wr.done_ns, >, 1200 * NSEC_PER_MSEC);
	g_assert_cmpuint(wr.done_ns, <, 2600 * NSEC_PER_MSEC);
	g_assert_cmpuint(wr.current.total_ns[CAUSE_THROTTLE], >, wr.done_ns / 2);
	g_assert_cmpuint(wr.max_dirty, <=, limits.thresh + 64);
	written = (u64)global_node_page_state(w.vm, NR_WRITTEN);
	g_assert_cmpuint(written, >=, 8192 - limits.thresh);
	small_world_check_books(&w);
	small_world_destroy(&w);
}

static void map_fn(void *arg)
{
	struct writer *wr = arg;

	for (u64 i = 0; i < wr->nr; i++)
		g_assert_cmpint(handle_mm_fault(wr->vma, &wr->current, i, true), !=, VM_FAULT_OOM);
	filemap_write_and_wait(wr->file, &wr->current);
	g_assert_cmpuint(wr->file->nr_dirty, ==, 0);
	g_assert_false(vm_present(wr->vma, 0, true));
	g_assert_true(vm_present(wr->vma, 0, false));
	g_assert_cmpint(handle_mm_fault(wr->vma, &wr->current, 0, true), ==, VM_FAULT_MINOR);
	wr->done_ns = engine_now(wr->w->engine);
}

/* Writes through a shared mapping dirty the file; what was written must be dirtied anew. */
static void test_mapped(void)
{
	struct writer wr = {.nr = 8};
	struct mm_struct *mm;
	struct small_world w;

	small_world_create(&w, NULL, &profile_linux_6_12);
	mm = mm_alloc(w.vm, &w.current);
	wr.w = &w;
	wr.file = file_create(w.vm);
	wr.vma = vm_mmap_file(mm, &w.current, wr.file, 0, 64, true);
	wr.current = (struct task_struct){.comm = "writer", .pid = 2};
	wr.current.sched =
		cpu_ctx_create(w.cpus, "writer", 0, CPU_CLASS_TASK, 0, map_fn, &wr);
	engine_run(w.engine, NSEC_PER_SEC);
	g_assert_cmpuint(wr.done_ns, !=, 0);
	g_assert_cmpuint(wr.file->nr_dirty, ==, 1);
	g_assert_cmpint(global_node_page_state(w.vm, NR_WRITTEN), ==, 8);
	g_assert_cmpint(global_node_page_state(w.vm, NR_DIRTIED), ==, 9);
	small_world_check_books(&w);
	small_world_destroy(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/writeback/limits", test_limits);
	g_test_add_func("/mm/writeback/periodic", test_periodic);
	g_test_add_func("/mm/writeback/start-all", test_start_all);
	g_test_add_func("/mm/writeback/background", test_background);
	g_test_add_func("/mm/writeback/throttle", test_throttle);
	g_test_add_func("/mm/writeback/mapped", test_mapped);
	return g_test_run();
}

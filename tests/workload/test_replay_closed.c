/* SPDX-License-Identifier: GPL-2.0-only */
/* Replay in a closed loop: what the recording's reclaim did is left out, ours does its own. */
#include "trace_file.h"

#include "../mm/small_world.h"
#include "mm/boot.h"
#include "mm/check.h"
#include "mm/filemap.h"
#include "mm/lru.h"
#include "mm/swap.h"
#include "mm/vmstat.h"
#include "workload/replay.h"

#define HEADER	   "{\"format\":\"mempress-trace/1\"}\n"
#define TASKS                                                                                      \
	"{\"op\":\"task\",\"task\":0,\"pid\":7,\"comm\":\"job\"}\n"                                   \
	"{\"op\":\"task\",\"task\":1,\"pid\":8,\"comm\":\"job\"}\n"
#define BY(task)   ",\"task\":" #task
#define READ_GFP   "GFP_NOFS|__GFP_HIGHMEM|__GFP_MOVABLE|__GFP_NOWARN|__GFP_NORETRY|__GFP_HARDWALL"
#define ZERO_GFP   "GFP_HIGHUSER_MOVABLE|__GFP_ZERO"
#define BACK_GFP   "GFP_HIGHUSER_MOVABLE"
#define MEMALLOC   ",\"memalloc\":true"
#define SWAP_PAGES 20000u

static struct trace_folder folder;

struct stage {
	struct small_world w;
	struct device *swap;
	struct replay *replay;
	struct replay_stats stats;
	struct probe_listener listener;
	GString *text;
	u64 t, allocated; /* pages, in our own machine */
	u64 order2_t;	  /* when a block of four pages was allocated here */
	struct field_array locked;
};

static void begin(struct stage *s)
{
	*s = (struct stage){.text = g_string_new(HEADER TASKS)};
}

static void say_alloc(struct stage *s, u32 id, u32 order, const char *gfp, const char *more)
{
	s->t += 10000;
	g_string_append_printf(s->text,
			       "{\"t\":%llu,\"cpu\":%u,\"op\":\"alloc\",\"id\":%u,\"order\":%u,"
			       "\"gfp\":\"%s\"%s}\n",
			       (unsigned long long)s->t, id % 2, id, order, gfp, more);
}

static void say_free(struct stage *s, u32 id, const char *more)
{
	s->t += 10000;
	g_string_append_printf(s->text, "{\"t\":%llu,\"cpu\":%u,\"op\":\"free\",\"id\":%u%s}\n",
			       (unsigned long long)s->t, id / 2 % 2, id, more);
}

static void say(struct stage *s, const char *line)
{
	g_string_append_printf(s->text, "{\"t\":%llu,\"cpu\":0,%s}\n", (unsigned long long)s->t,
			       line);
}

static void see_alloc(void *data, const void *args)
{
	const struct trace_mm_page_alloc *trace = args;
	struct stage *s = data;

	if (trace->pfn != PFN_NONE)
		s->allocated += 1ull << trace->order;
	if (trace->order == 2)
		s->order2_t = engine_now(s->w.engine);
}

/* Replays what was said and checks the books. */
static void perform(struct stage *s)
{
	const struct device_params params = {.read_latency_ns = 100000,
					     .write_latency_ns = 100000, .depth = 8};
	char *path = trace_folder_write(&folder, "t.jsonl", s->text->str, s->text->len);
	struct trace_reader *reader;
	const struct pressure_ops *own;
	struct err err = {0};

	small_world_create(&s->w, NULL, &profile_linux_7_2);
	s->swap = device_create(s->w.engine, "swap", &params);
	g_assert_true(swapon(s->w.vm, s->swap, SWAP_PAGES, -1, false, false));
	g_assert_true(mm_check_start(s->w.mm, CHECK_FULL, 499, &err));
	reader = trace_open(path, &profile_linux_7_2, 0, &err);
	g_assert_nonnull(reader);
	s->replay = replay_create(s->w.mm, s->w.engine, reader, &err);
	g_assert_true(s->replay && replay_close_loop(s->replay, s->w.vm, &s->locked, 1, &err));
	own = s->w.mm->pressure;
	s->listener = (struct probe_listener){.fn = see_alloc, .data = s};
	probe_attach(&s->w.mm->probes[PROBE_mm_page_alloc], &s->listener);
	replay_start(s->replay, NULL, NULL);
	g_assert_true(s->w.mm->pressure == own);
	engine_run(s->w.engine, UINT64_MAX - 1);
	if (!mm_check_result(s->w.mm, &err) || !replay_result(s->replay, &s->stats, &err))
		g_error("%s", err_text(&err));
	g_assert_true(replay_over(s->replay));
	small_world_check_books(&s->w);
	g_free(path);
}

static void end(struct stage *s)
{
	replay_destroy(s->replay);
	g_string_free(s->text, true);
	small_world_destroy(&s->w);
	device_destroy(s->swap);
}

static u64 gauge(const struct stage *s, enum node_stat_item item)
{
	return (u64)global_node_page_state(s->w.vm, item);
}

/* Pages that the recording lost stay here; one that comes back needs no new page. */
static void test_kept(void)
{
	struct stage s;

	begin(&s);
	say_alloc(&s, 0, 0, READ_GFP, "");
	say_alloc(&s, 1, 0, ZERO_GFP, "");
	say(&s, "\"op\":\"compact\",\"pfn\":0");
	say(&s, "\"op\":\"move\",\"id\":1");
	say_free(&s, 0, MEMALLOC);
	say_free(&s, 1, MEMALLOC);
	perform(&s);
	g_assert_cmpuint(s.stats.skipped, ==, 4);
	g_assert_cmpuint(s.stats.left, ==, 2);
	g_assert_cmpuint(s.stats.frees, ==, 0);
	g_assert_cmpuint(gauge(&s, NR_FILE_PAGES), ==, 1);
	g_assert_cmpuint(gauge(&s, NR_ANON_MAPPED), ==, 1);
	end(&s);

	begin(&s);
	say_alloc(&s, 0, 0, READ_GFP, "");
	say_alloc(&s, 1, 0, ZERO_GFP, "");
	say_free(&s, 0, MEMALLOC);
	say_free(&s, 1, MEMALLOC);
	say_alloc(&s, 0, 0, ZERO_GFP, ""); /* to be zero: no return */
	say_alloc(&s, 1, 0, READ_GFP, "");
	say_alloc(&s, 2, 0, BACK_GFP, "");
	say_alloc(&s, 3, 0, BACK_GFP, ""); /* nobody is left to return */
	perform(&s);
	g_assert_cmpuint(s.stats.returns, ==, 2);
	g_assert_cmpuint(s.stats.returned_here, ==, 2);
	g_assert_cmpuint(s.stats.user_allocs, ==, 6);
	g_assert_cmpuint(gauge(&s, NR_FILE_PAGES), ==, 1);
	g_assert_cmpuint(gauge(&s, NR_ANON_MAPPED), ==, 3);
	/* beside the four pages: tables and a node of the file at most */
	g_assert_cmpuint(s.allocated, >=, 4);
	g_assert_cmpuint(s.allocated, <=, 4 + 5 + 4);
	end(&s);
}

/* What comes back is counted by pages: one of a large folio, or several contents in one block. */
static void test_sizes(void)
{
	struct stage s;

	begin(&s);
	say_alloc(&s, 0, 2, READ_GFP "|__GFP_COMP", "");
	say_free(&s, 0, MEMALLOC);
	say_alloc(&s, 1, 0, READ_GFP, "");
	perform(&s);
	g_assert_cmpuint(s.stats.returned_here, ==, 1);
	g_assert_cmpuint(gauge(&s, NR_FILE_PAGES), ==, 4);
	end(&s);

	begin(&s);
	say_alloc(&s, 0, 2, READ_GFP "|__GFP_COMP", "");
	say_free(&s, 0, MEMALLOC);
	say_alloc(&s, 1, 0, READ_GFP, "");
	say_alloc(&s, 2, 3, READ_GFP "|__GFP_COMP", "");
	perform(&s);
	g_assert_cmpuint(s.stats.returns, ==, 2);
	g_assert_cmpuint(s.stats.returned_here, ==, 1);
	g_assert_cmpuint(gauge(&s, NR_FILE_PAGES), ==, 4 + 5);
	end(&s);

	begin(&s);
	say_alloc(&s, 0, 2, READ_GFP "|__GFP_COMP", "");
	say_free(&s, 0, MEMALLOC);
	say_alloc(&s, 2, 3, READ_GFP "|__GFP_COMP", "");
	say_free(&s, 2, "");
	perform(&s);
	g_assert_cmpuint(gauge(&s, NR_FILE_PAGES), ==, 0);
	end(&s);
}

/* A folio goes when its last part does; blocks of the kernel go as they are told, reclaim or not. */
static void test_blocks(void)
{
	struct stage s;

	begin(&s);
	say_alloc(&s, 0, 2, READ_GFP "|__GFP_COMP", "");
	say_alloc(&s, 1, 3, "GFP_KERNEL", "");
	say_alloc(&s, 2, 0, "GFP_ATOMIC", ",\"ctx\":\"softirq\"");
	say_alloc(&s, 3, 2, READ_GFP "|__GFP_COMP", "");
	say_free(&s, 0, ",\"offset\":0,\"order\":1");
	say_free(&s, 0, ",\"offset\":3,\"order\":0");
	say_free(&s, 1, ",\"offset\":4,\"order\":2" MEMALLOC);
	say_free(&s, 2, MEMALLOC);
	say_free(&s, 3, "");
	perform(&s);
	g_assert_cmpuint(gauge(&s, NR_FILE_PAGES), ==, 4);
	g_assert_cmpuint(s.stats.part_frees, ==, 3);
	g_assert_cmpuint(s.stats.frees, ==, 2);
	g_assert_cmpuint(s.stats.skipped, ==, 0);
	g_assert_cmpuint(s.stats.live_pages, ==, 1 + 4);
	end(&s);

	begin(&s);
	say_alloc(&s, 0, 2, READ_GFP "|__GFP_COMP", "");
	say_free(&s, 0, ",\"offset\":0,\"order\":1");
	say_free(&s, 0, ",\"offset\":3,\"order\":0");
	say_free(&s, 0, ",\"offset\":2,\"order\":0");
	perform(&s);
	g_assert_cmpuint(gauge(&s, NR_FILE_PAGES), ==, 0);
	g_assert_cmpuint(s.stats.gone_frees, ==, 0);
	end(&s);
}

/* More than fits: our reclaim works. Later frees find what is in swap too, and leave nothing. */
static void test_pressure(void)
{
	const u32 n = 19000;
	struct stage s;

	begin(&s);
	for (u32 id = 0; id < n; id++)
		say_alloc(&s, id, 0, id % 8 ? ZERO_GFP : READ_GFP, "");
	for (u32 id = 0; id < n; id++)
		say_free(&s, id, "");
	perform(&s);
	g_assert_cmpuint(s.stats.user_allocs, ==, n);
	g_assert_cmpuint(s.stats.user_frees, ==, n);
	g_assert_cmpuint(s.stats.only_ours_failed, ==, 0);
	g_assert_cmpuint(s.w.mm->vm_event[PGSTEAL_DIRECT], >, 2000);
	g_assert_cmpuint(s.w.mm->vm_event[PSWPOUT], >, 500);
	g_assert_cmpuint(s.stats.gone_frees, >=, 2000);
	g_assert_cmpuint(s.stats.late_ns, >, 0);
	g_assert_cmpuint(gauge(&s, NR_FILE_PAGES), ==, gauge(&s, NR_SWAPCACHE));
	g_assert_cmpuint(gauge(&s, NR_ANON_MAPPED), ==, 0);
	g_assert_cmpuint(get_nr_swap_pages(s.w.vm) + gauge(&s, NR_SWAPCACHE), ==, SWAP_PAGES);
	end(&s);
}

/* What comes back is taken from where our reclaim put it. */
static void returns(const char *gfp, const char *back_gfp, struct stage *s)
{
	const u32 n = 18000, back = 6000;

	begin(s);
	for (u32 id = 0; id < n; id++)
		say_alloc(s, id, 0, gfp, "");
	for (u32 id = 0; id < back; id++)
		say_free(s, id, MEMALLOC);
	for (u32 id = 0; id < back; id++)
		say_alloc(s, id, 0, back_gfp, "");
	perform(s);
	g_assert_cmpuint(s->stats.left, ==, back);
	g_assert_cmpuint(s->stats.returns, ==, back);
	g_assert_cmpuint(s->stats.returned_here, <, back / 6); /* one in five if drawn blindly */
}

static void test_returns(void)
{
	struct stage s;

	returns(ZERO_GFP, BACK_GFP, &s);
	g_assert_cmpuint(s.w.mm->vm_event[PSWPIN], >, 1000);
	/* none of the contents was lost, none is there twice */
	g_assert_cmpuint(gauge(&s, NR_ANON_MAPPED) + s.w.vm->first->rss_stat[MM_SWAPENTS], ==,
			 18000);
	end(&s);

	returns(READ_GFP, READ_GFP, &s);
	g_assert_cmpuint(s.w.mm->vm_event[WORKINGSET_REFAULT_FILE], >, 1000);
	g_assert_cmpuint(s.w.mm->vm_event[PSWPOUT], ==, 0);
	end(&s);
}

static void at(struct stage *s, u64 ms, const char *line)
{
	s->t = ms * NSEC_PER_MSEC;
	say(s, line);
}

/*
 * The recorded child was held up for 3 s and ends after 4; here nothing holds it up. Its parent has
 * waited for it, a third task has not. When all is over, seconds have passed that were not stalls.
 */
static void test_tasks(void)
{
	struct stage s;

	begin(&s);
	g_string_append(s.text,
			"{\"op\":\"task\",\"task\":2,\"pid\":9,\"comm\":\"other\"}\n");
	at(&s, 0, "\"op\":\"fork\",\"task\":0,\"child\":1");
	at(&s, 500, "\"op\":\"stall\"" BY(1));
	at(&s, 3500, "\"op\":\"resume\"" BY(1));
	at(&s, 3500, "\"op\":\"alloc\",\"id\":0,\"order\":0,\"gfp\":\"GFP_KERNEL\"" BY(1));
	at(&s, 4000, "\"op\":\"exit\"" BY(1));
	at(&s, 4001, "\"op\":\"free\",\"id\":0" BY(0));
	perform(&s);
	g_assert_cmpuint(s.stats.live_pages, ==, 0);
	g_assert_cmpuint(s.stats.lost_frees, ==, 0);
	g_assert_cmpuint(engine_now(s.w.engine), >=, 900 * NSEC_PER_MSEC);
	g_assert_cmpuint(engine_now(s.w.engine), <, 1300 * NSEC_PER_MSEC);
	end(&s);

	/* without the wait everyone keeps his own clock; a block is there before it is freed */
	begin(&s);
	at(&s, 0, "\"op\":\"stall\"" BY(1));
	at(&s, 3000, "\"op\":\"resume\"" BY(1));
	at(&s, 3000, "\"op\":\"alloc\",\"id\":0,\"order\":0,\"gfp\":\"GFP_KERNEL\"" BY(0));
	at(&s, 3100, "\"op\":\"free\",\"id\":0" BY(1));
	at(&s, 3100, "\"op\":\"alloc\",\"id\":0,\"order\":1,\"gfp\":\"GFP_KERNEL\"" BY(1));
	at(&s, 3200, "\"op\":\"free\",\"id\":0" BY(1));
	at(&s, 4000, "\"op\":\"alloc\",\"id\":0,\"order\":2,\"gfp\":\"GFP_KERNEL\"" BY(1));
	perform(&s);
	g_assert_cmpuint(s.stats.frees, ==, 2);
	g_assert_cmpuint(s.stats.lost_frees, ==, 0);
	g_assert_cmpuint(s.stats.late_ns, >, 2 * NSEC_PER_SEC);
	/* who has waited until 3000 for what was to be at 1000 makes up for it */
	g_assert_cmpuint(s.order2_t, >=, 3000 * NSEC_PER_MSEC);
	g_assert_cmpuint(s.order2_t, <, 3001 * NSEC_PER_MSEC);
	end(&s);
}

/* Locked pages stay, whatever else goes. */
static void test_locked(void)
{
	const char *names[] = {"nobody", "job"};
	const u32 n = 19000, locked = 500;
	struct stage s;

	begin(&s);
	s.locked = (struct field_array){.items = names, .n = 2};
	for (u32 id = 0; id < n; id++)
		say_alloc(&s, id, 0, ZERO_GFP, id < locked ? BY(0) : "");
	perform(&s);
	g_assert_cmpuint(s.w.mm->vm_event[PSWPOUT], >, 500);
	g_assert_cmpuint(gauge(&s, NR_MLOCK), ==, locked);
	g_assert_cmpuint(gauge(&s, NR_UNEVICTABLE), ==, locked);
	end(&s);
}

/* What survives younger contents in the recording for long has been used: here it is young. */
static void test_uses(void)
{
	for (u32 late = 0; late < 2; late++) {
		struct stage s;

		begin(&s);
		/* enough for the first ones to have left the CPUs' batches */
		for (u32 id = 0; id < 200; id++)
			say_alloc(&s, id, 0, id < 100 ? READ_GFP : ZERO_GFP, "");
		say_free(&s, 50, MEMALLOC);
		at(&s, late ? 5000 : 3000, "\"op\":\"alloc\",\"id\":50,\"order\":0,"
					   "\"gfp\":\"GFP_KERNEL\"");
		perform(&s);
		lru_add_drain_all(s.w.vm, &s.w.current);
		/* not those younger than the one that was taken, nor anonymous ones */
		g_assert_cmpuint(gauge(&s, NR_ACTIVE_FILE), ==, late ? 50 : 0);
		g_assert_cmpuint(s.stats.uses, ==, late ? 50 : 0);
		end(&s);
	}
}

/* A task ends, and so do its pages in swap. */
static void test_exit(void)
{
	const u32 n = 19000;
	struct stage s;

	begin(&s);
	for (u32 id = 0; id < n; id++)
		say_alloc(&s, id, 0, ZERO_GFP, BY(0));
	for (u32 id = 0; id < n; id++)
		say_free(&s, id, id % 2 ? BY(0) : MEMALLOC BY(0));
	say(&s, "\"op\":\"exit\"" BY(0));
	perform(&s);
	g_assert_cmpuint(s.w.mm->vm_event[PSWPOUT], >, 500);
	g_assert_cmpuint(gauge(&s, NR_ANON_MAPPED), ==, 0);
	g_assert_cmpuint(get_nr_swap_pages(s.w.vm) + gauge(&s, NR_SWAPCACHE), ==, SWAP_PAGES);
	end(&s);
}

/* A trace that turns out bad ends the replay there. */
static void test_bad(void)
{
	struct trace_reader *reader;
	const struct field_array none = {0};
	struct replay_stats stats;
	struct replay *replay;
	struct small_world w;
	struct err err = {0};
	char *path = trace_folder_write(&folder, "t.jsonl", HEADER "junk\n", strlen(HEADER) + 5);

	small_world_create(&w, NULL, &profile_linux_7_2);
	reader = trace_open(path, &profile_linux_7_2, 0, &err);
	replay = replay_create(w.mm, w.engine, reader, &err);
	g_assert_true(replay_close_loop(replay, w.vm, &none, 1, &err));
	replay_start(replay, NULL, NULL);
	g_assert_cmpint(engine_run(w.engine, NSEC_PER_SEC), ==, ENGINE_STOPPED);
	g_assert_false(replay_result(replay, &stats, &err));
	g_assert_nonnull(strstr(err_text(&err), "t.jsonl:2"));
	err_clear(&err);
	replay_destroy(replay);
	small_world_destroy(&w);
	g_free(path);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	trace_folder_create(&folder);
	g_test_add_func("/workload/replay_closed/kept", test_kept);
	g_test_add_func("/workload/replay_closed/sizes", test_sizes);
	g_test_add_func("/workload/replay_closed/blocks", test_blocks);
	g_test_add_func("/workload/replay_closed/pressure", test_pressure);
	g_test_add_func("/workload/replay_closed/returns", test_returns);
	g_test_add_func("/workload/replay_closed/tasks", test_tasks);
	g_test_add_func("/workload/replay_closed/locked", test_locked);
	g_test_add_func("/workload/replay_closed/uses", test_uses);
	g_test_add_func("/workload/replay_closed/exit", test_exit);
	g_test_add_func("/workload/replay_closed/bad", test_bad);
	status = g_test_run();
	trace_folder_remove(&folder);
	return status;
}

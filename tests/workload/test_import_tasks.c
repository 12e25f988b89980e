/* SPDX-License-Identifier: GPL-2.0-only */
/* What an imported trace says of tasks: who forked whom, was held up, and ended. */
#include "trace_file.h"

#include "workload/import.h"

#define WHO	      "cc1-7 (7) [001] ..... "
#define RECLAIM(what) ": mm_vmscan_direct_reclaim_" what ": order=0 pid=7\n"

static struct trace_folder folder;

/* A thread's end is not its process': older kernels do not tell, the leader stands for it. */
static void test_tasks(void)
{
	static const char events[] =
		WHO "1.000000: mm_page_alloc: page=1 pfn=0x10 order=0 migratetype=0 "
		    "gfp_flags=GFP_KERNEL\n"
		WHO "1.000001: sched_process_fork: comm=cc1 pid=7 child_comm=as child_pid=9\n"
		WHO "1.000002" RECLAIM("begin")
		WHO "1.000003: mm_page_free: page=1 pfn=0x10 order=0\n"
		WHO "1.000004" RECLAIM("end")
		WHO "1.000005: sched_process_exit: comm=cc1 pid=7 prio=120 group_dead=false\n"
		WHO "1.000006: sched_process_exit: comm=cc1 pid=7 prio=120 group_dead=true\n"
		"as-9 (9) [000] ..... 1.000007: sched_process_exit: comm=as pid=9 prio=120\n"
		"as-10 (9) [000] ..... 1.000008: sched_process_exit: comm=as pid=10 prio=120\n";
	static const char expected[] =
		"{\"op\":\"task\",\"task\":0,\"pid\":7,\"comm\":\"cc1\"}\n"
		"{\"t\":0,\"cpu\":1,\"op\":\"alloc\",\"id\":0,\"order\":0,"
		"\"gfp\":\"GFP_KERNEL\",\"task\":0}\n"
		"{\"op\":\"task\",\"task\":1,\"pid\":9,\"comm\":\"as\"}\n"
		"{\"t\":1000,\"cpu\":1,\"op\":\"fork\",\"child\":1,\"task\":0}\n"
		"{\"t\":2000,\"cpu\":1,\"op\":\"stall\",\"task\":0}\n"
		"{\"t\":3000,\"cpu\":1,\"op\":\"free\",\"id\":0,\"memalloc\":true,\"task\":0}\n"
		"{\"t\":4000,\"cpu\":1,\"op\":\"resume\",\"task\":0}\n"
		"{\"t\":6000,\"cpu\":1,\"op\":\"exit\",\"task\":0}\n"
		"{\"t\":7000,\"cpu\":0,\"op\":\"exit\",\"task\":1}\n"
		"{\"op\":\"end\",\"events\":7}\n";
	char *text = trace_folder_write(&folder, "events.txt", events, sizeof(events) - 1);
	char *out = trace_folder_file(&folder, "out"), *trace, *all;
	const struct import_options opt = {.events = text, .out = out, .force = true,
					   .form = TRACE_FORM_JSONL,
					   .observed_zero_ns = UINT64_MAX};
	struct import_stats stats;
	struct err err = {0};

	if (!import_ftrace(&opt, &stats, &err))
		g_error("%s", err_text(&err));
	trace = g_build_filename(out, "trace.jsonl", NULL);
	g_assert_true(g_file_get_contents(trace, &all, NULL, NULL));
	g_assert_cmpstr(strchr(all, '\n') + 1, ==, expected);
	g_free(all);
	g_free(trace);
	g_free(text);
	g_free(out);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	trace_folder_create(&folder);
	g_test_add_func("/workload/import_tasks/tasks", test_tasks);
	status = g_test_run();
	trace_folder_remove(&folder);
	return status;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The importer: lines of all recorders, repairs, the folder it makes, what it refuses. */
#include "trace_file.h"

#include <jansson.h>

#include "machine/procfs.h"
#include "workload/import.h"
#include "workload/import_line.h"

static struct trace_folder folder;

static void test_lines(void)
{
	static const struct {
		const char *text, *comm;
		u32 pid, tgid, cpu;
		u64 t;
		char context; /* '.', 's', 'h' */
	} cases[] = {
		{"  cc1-12  (     10) [001] d.h1.    28.000784: mm_page_free: pfn=0x1 order=0",
		 "cc1", 12, 10, 1, 28000784000, 'h'},
		{"          <idle>-0       (-------) [000] .Ns1.    28.027593: mm_page_free: x",
		 "<idle>", 0, 0, 0, 28027593000, 's'},
		{"kworker/u8:1-ev-77    [015] 5.123456789: mm_page_alloc: page=1",
		 "kworker/u8:1-ev", 77, 77, 15, 5123456789, '.'},
		{"kworker/0:1H-kblockd-7 [000] .... 5.5: mm_page_alloc: page=1",
		 "kworker/0:1H-kblockd", 7, 7, 0, 5500000000, '.'},
		{"Web Content  4242 [003]  1.000001: kmem:mm_page_alloc: page=0x1", "Web Content",
		 4242, 4242, 3, 1000001000, '.'},
		{"my task 42/43 [003]  1.000001:   kmem:mm_page_alloc: page=0x1", "my task", 43, 42,
		 3, 1000001000, '.'},
		{" [0] 1.0: x-9 [001] d.H. 2.5: mm_page_free: pfn=1", "[0] 1.0: x", 9, 9, 1,
		 2500000000, 'h'},
		{"a (b)-3 (  4) [002] ..... 0.000000: mm_page_free: pfn=1", "a (b)", 3, 4, 2, 0,
		 '.'},
	};
	static const char *const none[] = {
		"", "#", "# TASK-PID [CPU] TIMESTAMP", "cpus=2", "x-1 [001] 5: mm_page_free: a",
		"x-1 [001] 5.: mm_page_free: a", "x-1 [001] 5.1 mm_page_free: a",
		"x-1 [001] .... 5.1: ", "[001] 5.1: mm_page_free: pfn=1",
		"-1 [99999999999] 5.1: mm_page_free: pfn=1",
		"x-1 [001] 99999999999999999999.1: mm_page_free: pfn=1",
		"x-1 [001] 5.1234567890: mm_page_free: pfn=1"};
	struct import_line line;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		g_test_message("%s", cases[i].text);
		g_assert_true(import_line_parse(cases[i].text, &line));
		g_assert_cmpuint(line.comm_len, ==, strlen(cases[i].comm));
		g_assert_true(!memcmp(line.comm, cases[i].comm, line.comm_len));
		g_assert_cmpuint(line.pid, ==, cases[i].pid);
		g_assert_cmpuint(line.tgid, ==, cases[i].tgid);
		g_assert_cmpuint(line.cpu, ==, cases[i].cpu);
		g_assert_cmpuint(line.t, ==, cases[i].t);
		g_assert_cmpint(line.hardirq, ==, cases[i].context == 'h');
		g_assert_cmpint(line.softirq, ==, cases[i].context == 's');
		g_assert_true(import_line_is(&line, "mm_page_free") ||
			      import_line_is(&line, "mm_page_alloc"));
	}
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		g_test_message("%s", none[i]);
		g_assert_false(import_line_parse(none[i], &line));
	}
}

static void test_fields(void)
{
	static const char fields[] = " page=0xffffea0000000040\tpfn=12 order=3 xorder=4 name= ";
	const char *text;
	size_t len;
	u64 n;

	text = import_field(fields, "pfn", &len);
	g_assert_true(import_number(text, len, &n) && n == 12);
	text = import_field(fields, "order", &len);
	g_assert_true(import_number(text, len, &n) && n == 3);
	g_assert_nonnull(import_field(fields, "name", &len));
	g_assert_cmpuint(len, ==, 0);
	g_assert_null(import_field(fields, "age", &len));
	text = import_field(fields, "page", &len);
	g_assert_true(import_pointer(text, len, &n));
	g_assert_cmphex(n, ==, 0xffffea0000000040);
	g_assert_true(import_number("0x6d2f", 6, &n) && n == 0x6d2f);
	g_assert_true(import_number("18446744073709551615", 20, &n) && n == UINT64_MAX);
	g_assert_false(import_number("18446744073709551616", 20, &n));
	g_assert_false(import_number("6d2f", 4, &n));
	g_assert_true(import_pointer("6d2f", 4, &n) && n == 0x6d2f);
	g_assert_true(import_pointer("(null)", 6, &n) && n == 0);
	g_assert_false(import_pointer("(____ptrval____)", 16, &n));
}

/* Imports text; the lines of the trace behind its header go to *trace. */
static bool import(const char *text, struct import_options *opt, struct import_stats *stats,
		   char **trace, struct err *err)
{
	char *events = trace_folder_write(&folder, "events.txt", text, strlen(text));
	char *out = trace_folder_file(&folder, "out");
	char *file = g_build_filename(out, "trace.jsonl", NULL);
	bool ok;

	opt->events = events;
	opt->out = out;
	opt->force = true;
	opt->form = TRACE_FORM_JSONL;
	if (!opt->observed)
		opt->observed_zero_ns = UINT64_MAX;
	ok = import_ftrace(opt, stats, err);
	if (ok && trace) {
		char *all;

		g_assert_true(g_file_get_contents(file, &all, NULL, NULL));
		*trace = g_strdup(strchr(all, '\n') + 1);
		g_free(all);
	}
	g_free(events);
	g_free(out);
	g_free(file);
	return ok;
}

static void becomes(const char *text, const char *expected, struct import_stats *stats)
{
	struct import_options opt = {0};
	struct err err = {0};
	char *trace;

	if (!import(text, &opt, stats, &trace, &err))
		g_error("%s", err_text(&err));
	g_assert_cmpstr(trace, ==, expected);
	g_free(trace);
}

#define WHO		"cc1-7 (5) [001] ..... "
#define ALLOC_AT(t, pfn, order)                                                                    \
	WHO t ": mm_page_alloc: page=00000000deadbeef pfn=" pfn " order=" order                    \
	    " migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_COMP\n"
#define FREE_AT(t, pfn, order)                                                                     \
	WHO t ": mm_page_free: page=00000000deadbeef pfn=" pfn " order=" order "\n"
#define TASK_LINE "{\"op\":\"task\",\"task\":0,\"pid\":7,\"comm\":\"cc1\"}\n"
#define T(t)	  "{\"t\":" t ",\"cpu\":1,\"op\":"
#define GFP	  "\"gfp\":\"GFP_HIGHUSER_MOVABLE|__GFP_COMP\",\"task\":0}\n"
#define E_ALLOC(t, id, order)                                                                      \
	T(t) "\"alloc\",\"id\":" id ",\"order\":" order "," GFP
#define E_FREE(t, id) T(t) "\"free\",\"id\":" id ",\"task\":0}\n"
#define E_PART(t, id, offset, order)                                                               \
	T(t) "\"free\",\"id\":" id ",\"offset\":" offset ",\"order\":" order ",\"task\":0}\n"
#define E_BOOT(t, pfn, order)                                                                      \
	T(t) "\"free_boot\",\"pfn\":" pfn ",\"order\":" order ",\"task\":0}\n"
#define E_FAILED(t, order, gfp)                                                                    \
	T(t) "\"alloc\",\"failed\":true,\"order\":" order ",\"gfp\":\"" gfp "\",\"task\":0}\n"
#define END(n)	  "{\"op\":\"end\",\"events\":" n "}\n"

static void test_plain(void)
{
	struct import_stats stats;

	becomes("# tracer: nop\n"
		"# entries-in-buffer/entries-written: 10/14   #P:2\n"
		ALLOC_AT("1.000000", "0x10", "2")
		ALLOC_AT("1.000001", "0x20", "0") FREE_AT("1.000002", "0x10", "2")
		"CPU:1 [LOST 3 EVENTS]\n" ALLOC_AT("1.000003", "0x10", "1")
		FREE_AT("1.000004", "0x11", "0") FREE_AT("1.000005", "0x40", "1")
		FREE_AT("1.000005", "0x10", "0")
		WHO "1.000006: mm_page_alloc: page=0000000000000000 pfn=0x0 order=9 migratetype=0 "
		    "gfp_flags=GFP_NOWAIT\n"
		WHO "1.000007: mm_vmscan_kswapd_wake: nid=0 order=0\n"
		WHO "1.000008: mm_page_free_batched: page=1 pfn=0x10 order=0\n"
		WHO "1.000009: mm_page_free_batched: page=1 pfn=0x20 order=0\n",
		TASK_LINE E_ALLOC("0", "0", "2")
		E_ALLOC("1000", "1", "0") E_FREE("2000", "0")
		E_ALLOC("3000", "0", "1")
		E_PART("4000", "0", "1", "0")
		E_BOOT("5000", "64", "1")
		E_PART("5000", "0", "0", "0")
		E_FAILED("6000", "9", "GFP_NOWAIT")
		E_FREE("9000", "1") END("9"), &stats);
	g_assert_cmpuint(stats.lost, ==, 4 + 3);
	g_assert_cmpuint(stats.allocs, ==, 4);
	g_assert_cmpuint(stats.failed_allocs, ==, 1);
	g_assert_cmpuint(stats.frees, ==, 5);
	g_assert_cmpuint(stats.exact_frees, ==, 2);
	g_assert_cmpuint(stats.part_frees, ==, 2);
	g_assert_cmpuint(stats.unknown_frees, ==, 1);
	g_assert_cmpuint(stats.unknown_boot, ==, 1);
	g_assert_cmpuint(stats.batched, ==, 1);
	g_assert_cmpuint(stats.live_pages, ==, 0);
	g_assert_cmpuint(stats.live_pages_peak, ==, 5);
	g_assert_cmpuint(stats.nr_other, ==, 1);
	g_assert_cmpstr(stats.other[0].name, ==, "mm_vmscan_kswapd_wake");
}

/* Frees that were missed: the pages are handed out anew. Times that go back. */
static void test_missed(void)
{
	struct import_stats stats;

	becomes(ALLOC_AT("1.000000", "0x10", "2") ALLOC_AT("1.000001", "0x11", "0")
		ALLOC_AT("0.900000", "0x10", "2") FREE_AT("1.000003", "0x0", "5"),
		TASK_LINE E_ALLOC("0", "0", "2")
		E_PART("1000", "0", "1", "0")
		E_ALLOC("1000", "1", "0")
		E_PART("1000", "0", "0", "0")
		E_FREE("1000", "1")
		E_PART("1000", "0", "2", "1")
		E_ALLOC("1000", "0", "2") E_FREE("3000", "0")
		END("8"), &stats);
	g_assert_cmpuint(stats.missed_frees, ==, 4);
	g_assert_cmpuint(stats.time_back, ==, 1);
	g_assert_cmpuint(stats.mixed_frees, ==, 1);
	g_assert_cmpuint(stats.live_pages, ==, 0);
}

#define COMPACT(t, what)                                                                           \
	"kcompactd0-40 (40) [000] ..... " t ": mm_compaction_" what                                \
	": zone_start=0x1 migrate_pfn=0x200\n"
#define E_BY_COMPACTION(t, what)                                                                   \
	"{\"t\":" t ",\"cpu\":0,\"op\":" what ",\"memalloc\":true,\"task\":1}\n"
#define E_COMPACT(t) E_BY_COMPACTION(t, "\"compact\",\"pfn\":512")
#define E_MOVE(t, id) E_BY_COMPACTION(t, "\"move\",\"id\":" id)
#define COMPACT_FREE(t, pfn, order)                                                                \
	"kcompactd0-40 (40) [000] ..... " t ": mm_page_free: page=1 pfn=" pfn " order=" order "\n"

/* Blocks that compaction moves are held on until their new place is freed. */
static void test_moved(void)
{
	struct import_stats stats;

	becomes(ALLOC_AT("1.000000", "0x10", "0") ALLOC_AT("1.000001", "0x11", "0")
		ALLOC_AT("1.000002", "0x90", "0") FREE_AT("1.000003", "0x90", "0")
		COMPACT("1.000004", "begin") COMPACT_FREE("1.000005", "0x10", "0")
		COMPACT_FREE("1.000006", "0x92", "1") COMPACT("1.000007", "end")
		FREE_AT("1.000008", "0x90", "0") COMPACT_FREE("1.000009", "0x90", "0"),
		TASK_LINE E_ALLOC("0", "0", "0")
		E_ALLOC("1000", "1", "0") E_ALLOC("2000", "2", "0")
		E_FREE("3000", "2")
		"{\"op\":\"task\",\"task\":1,\"pid\":40,\"comm\":\"kcompactd0\"}\n"
		E_COMPACT("4000") E_MOVE("5000", "0") E_FREE("8000", "0") END("7"), &stats);
	g_assert_cmpuint(stats.moved, ==, 1);
	g_assert_cmpuint(stats.unknown_frees, ==, 3);
	g_assert_cmpuint(stats.unknown_compaction, ==, 1);
	g_assert_cmpuint(stats.unknown_moved, ==, 1);
	g_assert_cmpuint(stats.unknown_dropped, ==, 1);
	g_assert_cmpuint(stats.moved_held, ==, 0);
	g_assert_cmpuint(stats.live_pages, ==, 1);
}

/*
 * Single pages that a compacting task frees and nobody holds: moved once more if a move follows in
 * its run, put back if none does.
 */
static void test_moved_again(void)
{
	struct import_stats stats;

	becomes(ALLOC_AT("1.000000", "0x10", "0") ALLOC_AT("1.000000", "0x11", "0")
		ALLOC_AT("1.000000", "0x90", "0") FREE_AT("1.000000", "0x90", "0")
		COMPACT("1.000001", "begin") COMPACT_FREE("1.000002", "0x10", "0")
		COMPACT_FREE("1.000003", "0x90", "0") COMPACT_FREE("1.000004", "0x11", "0")
		COMPACT_FREE("1.000005", "0x90", "0") COMPACT("1.000006", "end"),
		TASK_LINE E_ALLOC("0", "0", "0") E_ALLOC("0", "1", "0") E_ALLOC("0", "2", "0")
		E_FREE("0", "2")
		"{\"op\":\"task\",\"task\":1,\"pid\":40,\"comm\":\"kcompactd0\"}\n"
		E_COMPACT("1000") E_MOVE("2000", "0") E_MOVE("4000", "0") E_MOVE("4000", "1")
		END("8"), &stats);
	g_assert_cmpuint(stats.moved, ==, 2);
	g_assert_cmpuint(stats.unknown_again, ==, 1);
	g_assert_cmpuint(stats.unknown_compaction, ==, 1);
	g_assert_cmpuint(stats.live_pages, ==, 2);
}

/* A moved large block that is freed page by page, then by more than is left. */
static void test_moved_parts(void)
{
	struct import_stats stats;

	becomes(ALLOC_AT("1.000000", "0x10", "2") ALLOC_AT("1.000000", "0x20", "2")
		FREE_AT("1.000000", "0x20", "2") COMPACT("1.000001", "begin")
		COMPACT_FREE("1.000002", "0x10", "2") COMPACT("1.000003", "end")
		FREE_AT("1.000004", "0x20", "0") FREE_AT("1.000005", "0x20", "2"),
		TASK_LINE E_ALLOC("0", "0", "2") E_ALLOC("0", "1", "2")
		E_FREE("0", "1")
		"{\"op\":\"task\",\"task\":1,\"pid\":40,\"comm\":\"kcompactd0\"}\n"
		E_COMPACT("1000") E_MOVE("2000", "0")
		E_PART("4000", "0", "0", "0")
		E_PART("5000", "0", "2", "1")
		E_PART("5000", "0", "1", "0") END("8"), &stats);
	g_assert_cmpuint(stats.unknown_moved, ==, 2);
	g_assert_cmpuint(stats.unknown_dropped, ==, 0);
	g_assert_cmpuint(stats.live_blocks, ==, 0);
}

/* Page pointers instead of frame numbers; old names of GFP flags; perf's layout. */
static void test_pointers(void)
{
	struct import_stats stats;

	becomes("my task 42/43 [001] 1.000000: kmem:mm_page_alloc: page=0xffffea0000001000 order=1 "
		"migratetype=0 gfp_flags=GFP_KERNEL|GFP_ZERO|0x8000000\n"
		"my task 42/43 [001] 1.000001: kmem:mm_page_free: page=0xffffea0000001040 order=0\n"
		"my task 42/43 [001] 1.000002: kmem:mm_page_free: page=0xffffea0000001000 order=0\n"
		"my task 42/43 [001] 1.000003: kmem:mm_page_free: page=0xffffea0000002000 order=0\n"
		"my task 42/43 [001] 1.000004: kmem:mm_page_alloc: page=(null) order=0 "
		"migratetype=0 gfp_flags=GFP_KERNEL\n",
		"{\"op\":\"task\",\"task\":0,\"pid\":43,\"comm\":\"my task\"}\n"
		T("0") "\"alloc\",\"id\":0,\"order\":1,\"gfp\":\"GFP_KERNEL|__GFP_ZERO\","
		       "\"task\":0}\n"
		E_PART("1000", "0", "1", "0")
		E_PART("2000", "0", "0", "0")
		T("3000") "\"free_boot\",\"order\":0,\"task\":0}\n"
		E_FAILED("4000", "0", "GFP_KERNEL")
		END("5"), &stats);
	g_assert_cmpuint(stats.gfp_bits_dropped, ==, 1);
	g_assert_cmpuint(stats.hints, ==, 0);
}

static void test_cut(void)
{
	static const char text[] = ALLOC_AT("1.0", "0x10", "0") ALLOC_AT("2.0", "0x11", "0")
		FREE_AT("2.5", "0x10", "0") ALLOC_AT("3.0", "0x12", "0")
		FREE_AT("4.0", "0x40", "0");
	struct import_options opt = {.from_ns = 1000000000, .to_ns = 2000000000};
	struct import_stats stats;
	struct err err = {0};
	char *trace, *path, *hints;

	g_assert_true(import(text, &opt, &stats, &trace, &err));
	g_assert_cmpstr(trace, ==,
			TASK_LINE E_ALLOC("0", "0", "0")
			E_BOOT("500000000", "16", "0")
			E_ALLOC("1000000000", "1", "0") END("3"));
	g_free(trace);
	/* what comes behind the stretch still tells of its start */
	path = g_build_filename(folder.path, "out", "hints.txt", NULL);
	g_assert_true(g_file_get_contents(path, &hints, NULL, NULL));
	g_assert_cmpstr(strchr(hints, '\n') + 1, ==,
			"0x10+1 used\n0x11+2 free Movable\n0x40+1 used\n");
	g_free(hints);
	g_free(path);
	opt = (struct import_options){.max_events = 2};
	g_assert_true(import(text, &opt, &stats, &trace, &err));
	g_assert_cmpuint(stats.written, ==, 2);
	g_free(trace);
}

static void test_refused(void)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"", "no mm_page_alloc"},
		{"hello\nworld\n", "no mm_page_alloc"},
		{FREE_AT("1.0", "0x11", "1") FREE_AT("1.0", "0x11", "0"),
		 "events.txt:1: the page frame"},
		{FREE_AT("1.0", "0x10", "14") FREE_AT("1.0", "0x11", "0"), "events.txt:1: order"},
		{FREE_AT("1.0", "zz", "0") FREE_AT("1.0", "0x11", "0"), "events.txt:1: pfn"},
		{FREE_AT("1.0", "0xffffffffff", "0") FREE_AT("1.0", "0x11", "0"), "beyond 2^32"},
		{WHO "1.0: mm_page_free: order=0\n" FREE_AT("1.0", "0x11", "0"), "neither pfn"},
		{WHO "1.0: mm_page_free: pfn=1\n" FREE_AT("1.0", "0x11", "0"), "order is missing"},
		{WHO "1.0: mm_page_alloc: pfn=1 order=0\n" FREE_AT("1.0", "0x11", "0"),
		 "gfp_flags"},
		{WHO "1.0: mm_page_alloc: pfn=1 order=0 gfp_flags=0x140dca\n"
		 FREE_AT("1.0", "0x11", "0"), "record it with names"},
		{"x-1 [1024] 1.0: mm_page_free: pfn=1 order=0\n" FREE_AT("1.0", "0x11", "0"),
		 "1023"},
	};
	char *out = trace_folder_file(&folder, "out");
	char *partial = g_strconcat(out, ".partial", NULL);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct import_options opt = {0};
		struct import_stats stats;
		struct err err = {0};

		g_test_message("%s", cases[i].text);
		g_assert_false(import(cases[i].text, &opt, &stats, NULL, &err));
		g_assert_cmpuint(err.count, ==, 1);
		if (!strstr(err_text(&err), cases[i].expected))
			g_error("\"%s\" is not in \"%s\"", cases[i].expected, err_text(&err));
		err_clear(&err);
		g_assert_false(g_file_test(partial, G_FILE_TEST_EXISTS));
	}
	g_free(out);
	g_free(partial);
}

/* A recording cut off in the middle of its last line. */
static void test_broken_end(void)
{
	struct import_stats stats;

	becomes(FREE_AT("1.0", "0x11", "0") WHO "1.1: mm_page_free: page=1 pfn=",
		TASK_LINE E_BOOT("0", "17", "0") END("1"), &stats);
	g_assert_true(stats.cut_line);
}

static const char proc_text[] =
	"==== static /proc/version\nLinux version 6.12.1 (x86_64)\n\n"
	"==== sysctl /proc/sys/vm/min_free_kbytes\n1234\n\n"
	"==== sysctl /proc/sys/vm/swappiness\n60\n\n"
	"==== before /proc/zoneinfo\n"
	"Node 0, zone      DMA\n  pages free     3808\n        min      189\n        low      236\n"
	"        high     283\n        spanned  4095\n        present  3998\n"
	"        managed  3840\n        protection: (0, 194, 194, 194)\n  pagesets\n    cpu: 0\n"
	"              count:    0\n              high:     0\n              batch:    1\n"
	"    cpu: 1\n              count:    0\n"
	"              high:     0\n              batch:    1\n  start_pfn:           1\n"
	"Node 0, zone    DMA32\n  pages free     100\n        min      10\n        low      12\n"
	"        high     14\n        spanned  4096\n        present  4000\n        managed  3900\n"
	"        protection: (0, 0, 0, 0)\n  start_pfn:           4096\n\n"
	"==== before /proc/buddyinfo\n"
	"Node 0, zone      DMA    0    0    0    0    0    1    1    1    0    1    3 \n"
	"Node 0, zone    DMA32    0    0    1    0    0    1    1    0    0    0    0 \n\n"
	"==== before /proc/slabinfo\nnoise\n\n"
	"==== after /proc/zoneinfo\nNode 0, zone      DMA\n  pages free     1\n";

static const char observed_text[] = "t_ms,DMA.free,DMA.min,DMA32.order0,psi,DMA32.order1\n"
				    "-5000.0,1,9,2,0.5,3\n"
				    "-100.5,1,9,2,0.5,3\n"
				    "200.0,4,9,5,0.5,6\n"
				    "99999.0,4,9,5,0.5,6\n";

static json_t *load(const char *name)
{
	char *path = g_build_filename(folder.path, "out", name, NULL);
	json_t *root = json_load_file(path, 0, NULL);

	g_assert_nonnull(root);
	g_free(path);
	return root;
}

static void same_json(json_t *value, const char *expected)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	g_assert_cmpstr(text, ==, expected);
	free(text);
}

/* The machine of the /proc text: its memory with the hole of an x86 and one made up. */
static void test_folder(void)
{
	char *proc = trace_folder_write(&folder, "proc.txt", proc_text, sizeof(proc_text) - 1);
	char *seen = trace_folder_write(&folder, "seen.csv", observed_text,
					sizeof(observed_text) - 1);
	char *csv_path = g_build_filename(folder.path, "out", "observed.csv", NULL), *csv;
	struct import_options opt = {
		.states = {proc},
		.nr_states = 1,
		.observed = seen,
		.observed_zero_ns = 1500000000,
		.name = "box",
		.title = "a \"title\"",
	};
	struct import_stats stats;
	struct err err = {0};
	json_t *config, *workload;
	char *trace;

	if (!import(ALLOC_AT("1.0", "0x1010", "0")
		    WHO "1.1: mm_page_alloc_extfrag: page=1 pfn=0x1 alloc_order=0\n"
		    WHO "1.6: mm_page_alloc_extfrag: page=1 pfn=0x1 alloc_order=0\n"
		    WHO "1.8: mm_page_alloc_extfrag: page=1 pfn=0x1 alloc_order=0\n"
		    FREE_AT("2.0", "0x1010", "0"), &opt, &stats, &trace, &err))
		g_error("%s", err_text(&err));
	g_free(trace);
	config = load("config.json");
	same_json(json_object_get(config, "profile"), "\"linux-6.12\"");
	same_json(json_object_get(config, "policy"),
		  "{\"min_free_kbytes\":1234,\"swappiness\":60}");
	same_json(json_object_get(config, "machine"),
		  "{\"name\":\"box\",\"arch\":\"x86-64\",\"nodes\":[{\"cpus\":2,\"memory\":["
		  "{\"start\":4096,\"end\":651264},{\"start\":1048576,\"end\":33157120},"
		  "{\"start\":33550336,\"end\":33554432}]}]}");
	same_json(json_object_get(config, "boot"),
		  "{\"mode\":\"proc\",\"zoneinfo\":\"proc.txt\",\"buddyinfo\":\"proc.txt\","
		  "\"hints\":\"hints.txt\"}");
	json_decref(config);
	workload = load("workload.json");
	same_json(json_object_get(workload, "title"), "\"a \\\"title\\\"\"");
	same_json(json_object_get(workload, "trace"), "{\"file\":\"trace.jsonl\"}");
	json_decref(workload);
	g_assert_true(g_file_get_contents(csv_path, &csv, NULL, NULL));
	g_assert_cmpstr(csv, ==, "t_ms,DMA.free,DMA32.order0,DMA32.order1,extfrag_events\n"
				 "399.500000,1,2,3,1\n700.000000,4,5,6,2\n");
	g_free(csv);
	g_free(csv_path);
	g_free(proc);
	g_free(seen);
}

/* A long recording with few blocks at a time has few ids. */
static void test_few_ids(void)
{
	GString *text = g_string_new(NULL);
	struct import_options opt = {0};
	char *trace = g_build_filename(folder.path, "out", "trace.jsonl", NULL);
	struct import_stats stats;
	struct trace_stats check;
	struct err err = {0};
	struct rng rng;
	bool live[64] = {0};

	rng_init(&rng, 1, "few ids");
	for (u32 i = 0; i < 5000; i++) {
		u32 pfn = (u32)rng_below(&rng, ARRAY_SIZE(live));

		if (live[pfn])
			g_string_append_printf(text, WHO "1.0: mm_page_free: pfn=%u order=0\n",
					       pfn + 1);
		else
			g_string_append_printf(text, WHO "1.0: mm_page_alloc: pfn=%u order=0 "
						     "gfp_flags=GFP_KERNEL\n", pfn + 1);
		live[pfn] = !live[pfn];
	}
	g_assert_true(import(text->str, &opt, &stats, NULL, &err));
	g_assert_cmpuint(stats.exact_frees, ==, stats.frees);
	g_assert_true(trace_check(trace, NULL, 0, &check, &err));
	g_assert_cmpuint(check.events, ==, 5000);
	g_assert_cmpuint(check.ids, ==, stats.live_pages_peak);
	g_string_free(text, TRUE);
	g_free(trace);
}

/* Any damage: the importer says no or makes a trace that holds. */
static void test_mutations(void)
{
	static const char text[] = ALLOC_AT("1.000000", "0x10", "2")
		ALLOC_AT("1.000001", "0x20", "0")
		COMPACT("1.000001", "begin") COMPACT_FREE("1.000002", "0x10", "1")
		COMPACT("1.000003", "end") FREE_AT("1.000004", "0x12", "0")
		FREE_AT("1.000005", "0x80", "3") ALLOC_AT("1.000006", "0x10", "3")
		FREE_AT("1.000007", "0x20", "0") FREE_AT("1.000008", "0x20", "0");
	char *trace = g_build_filename(folder.path, "out", "trace.jsonl", NULL);
	u32 good = 0, bad = 0;
	struct rng rng;

	rng_init(&rng, 1, "import");
	for (u32 i = 0; i < 300; i++) {
		struct import_options opt = {0};
		struct import_stats stats;
		struct trace_stats check;
		struct err err = {0};
		char *copy = g_strdup(text);

		for (u64 n = 1 + rng_below(&rng, 4); n; n--) {
			char *at = &copy[rng_below(&rng, sizeof(text) - 1)];
			static const char with[] = "0123456789abcdefx=[]:. \n-";

			*at = with[rng_below(&rng, sizeof(with) - 1)];
		}
		if (import(copy, &opt, &stats, NULL, &err)) {
			good++;
			if (!trace_check(trace, NULL, 0, &check, &err))
				g_error("%s", err_text(&err));
			g_assert_cmpuint(check.events, ==, stats.written);
			g_assert_cmpuint(check.live_pages, ==, stats.live_pages);
			g_assert_cmpuint(stats.frees, ==,
					 stats.exact_frees + stats.part_frees +
						 stats.unknown_frees + stats.mixed_frees);
		} else {
			bad++;
			g_assert_cmpuint(err.count, ==, 1);
		}
		err_clear(&err);
		g_free(copy);
	}
	g_assert_cmpuint(good, >, 50);
	g_assert_cmpuint(bad, >, 20);
	g_free(trace);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	trace_folder_create(&folder);
	g_test_add_func("/workload/import/lines", test_lines);
	g_test_add_func("/workload/import/fields", test_fields);
	g_test_add_func("/workload/import/plain", test_plain);
	g_test_add_func("/workload/import/missed", test_missed);
	g_test_add_func("/workload/import/moved", test_moved);
	g_test_add_func("/workload/import/moved_again", test_moved_again);
	g_test_add_func("/workload/import/moved_parts", test_moved_parts);
	g_test_add_func("/workload/import/pointers", test_pointers);
	g_test_add_func("/workload/import/cut", test_cut);
	g_test_add_func("/workload/import/refused", test_refused);
	g_test_add_func("/workload/import/broken_end", test_broken_end);
	g_test_add_func("/workload/import/folder", test_folder);
	g_test_add_func("/workload/import/few_ids", test_few_ids);
	g_test_add_func("/workload/import/mutations", test_mutations);
	status = g_test_run();
	trace_folder_remove(&folder);
	return status;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Replay on a small machine: pages are conserved, every block comes back, the same each time. */
#include "trace_file.h"

#include "../mm/small_world.h"
#include "mm/boot.h"
#include "mm/check.h"
#include "mm/pressure.h"
#include "workload/boot_pool.h"
#include "workload/replay.h"

#define HEADER "{\"format\":\"mempress-trace/1\"}\n"

static struct trace_folder folder;

struct stage {
	struct small_world w;
	const struct pressure_ops *pressure; /* before the replay */
	struct replay *replay;
	bool over;
};

static void note_over(void *arg)
{
	bool *over = arg;

	*over = true;
}

static void stage_create(struct stage *s, const char *path)
{
	struct trace_reader *reader;
	struct err err = {0};

	*s = (struct stage){0};
	small_world_create(&s->w, NULL, &profile_linux_7_2);
	s->pressure = s->w.mm->pressure;
	if (!mm_check_start(s->w.mm, CHECK_FULL, 199, &err))
		g_error("%s", err_text(&err));
	reader = trace_open(path, &profile_linux_7_2, 0, &err);
	if (!reader)
		g_error("%s", err_text(&err));
	s->replay = replay_create(s->w.mm, s->w.engine, reader, &err);
	g_assert_nonnull(s->replay);
	replay_start(s->replay, note_over, &s->over);
}

static bool stage_run(struct stage *s, struct replay_stats *stats, struct err *err)
{
	struct err broken = {0};

	engine_run(s->w.engine, UINT64_MAX - 1);
	if (!mm_check_result(s->w.mm, &broken))
		g_error("%s", err_text(&broken));
	return replay_result(s->replay, stats, err);
}

static void stage_destroy(struct stage *s)
{
	replay_destroy(s->replay);
	g_assert_true(s->w.mm->pressure == s->pressure);
	small_world_destroy(&s->w);
}

static void run_text(const char *text, struct replay_stats *stats, struct stage *s)
{
	char *path = trace_folder_write(&folder, "t.jsonl", text, strlen(text));
	struct err err = {0};

	stage_create(s, path);
	if (!stage_run(s, stats, &err))
		g_error("%s", err_text(&err));
	g_assert_true(s->over && replay_over(s->replay));
	g_free(path);
}

#define ALLOC(id, order)                                                                           \
	"{\"t\":10,\"cpu\":1,\"op\":\"alloc\",\"id\":" #id ",\"order\":" #order                    \
	",\"gfp\":\"GFP_HIGHUSER_MOVABLE\"}\n"
#define FREE(id) "{\"t\":20,\"cpu\":0,\"op\":\"free\",\"id\":" #id "}\n"
#define PART(id, offset, order)                                                                    \
	"{\"t\":20,\"cpu\":0,\"op\":\"free\",\"id\":" #id ",\"offset\":" #offset                   \
	",\"order\":" #order "}\n"

struct seen {
	u32 pfn[64];
	u32 n;
	bool lru;
	struct mm *mm;
};

static void see_alloc(void *data, const void *args)
{
	const struct trace_mm_page_alloc *trace = args;
	struct seen *seen = data;

	g_assert_cmpuint(seen->n, <, ARRAY_SIZE(seen->pfn));
	seen->pfn[seen->n++] = trace->pfn;
}

/* Blocks and parts of them; what is left is held, and counts as on the LRU. */
static void test_parts(void)
{
	static const char text[] = HEADER ALLOC(0, 4) ALLOC(1, 0) PART(0, 5, 0) PART(0, 8, 3)
		PART(0, 2, 1) FREE(1);
	char *path = trace_folder_write(&folder, "t.jsonl", text, sizeof(text) - 1);
	struct probe_listener listener = {.fn = see_alloc};
	struct seen seen = {0};
	struct replay_stats stats;
	const struct page *page;
	struct err err = {0};
	struct stage s;

	stage_create(&s, path);
	listener.data = &seen;
	probe_attach(&s.w.mm->probes[PROBE_mm_page_alloc], &listener);
	g_assert_true(stage_run(&s, &stats, &err));
	g_assert_cmpuint(stats.events, ==, 6);
	g_assert_cmpuint(stats.allocs, ==, 2);
	g_assert_cmpuint(stats.frees, ==, 1);
	g_assert_cmpuint(stats.part_frees, ==, 3);
	g_assert_cmpuint(stats.live_blocks, ==, 1);
	g_assert_cmpuint(stats.live_pages, ==, 5);
	g_assert_cmpuint(stats.live_pages_peak, ==, 17);
	g_assert_cmpuint(stats.last_ns, ==, 20);
	g_assert_cmpuint(small_world_free_pages(&s.w), ==, s.w.boot_free - 5);
	/* pages 0-1, 4 and 6-7 of the block */
	g_assert_cmpuint(seen.n, ==, 2);
	for (u32 i = 0; i < 16; i++) {
		bool head = i == 0 || i == 4 || i == 6;

		page = pfn_to_page(s.w.mm, seen.pfn[0] + i);
		g_assert_cmpint(page->state == PAGE_USED, ==, head);
		if (head) {
			g_assert_cmpuint(page->order, ==, i == 4 ? 0 : 1);
			g_assert_true(page->flags & PG_lru);
		}
	}
	stage_destroy(&s);
	g_free(path);
}

/* Requests that failed in the recording change nothing here. */
static void test_failed(void)
{
	struct replay_stats stats;
	struct stage s;

	run_text(HEADER "{\"t\":1,\"cpu\":0,\"op\":\"alloc\",\"failed\":true,\"order\":2,"
			"\"gfp\":\"GFP_KERNEL\"}\n"
			"{\"t\":2,\"cpu\":0,\"op\":\"alloc\",\"failed\":true,\"order\":13,"
			"\"gfp\":\"GFP_NOWAIT\"}\n",
		 &stats, &s);
	g_assert_cmpuint(stats.only_real_failed, ==, 1);
	g_assert_cmpuint(stats.both_failed, ==, 1);
	g_assert_cmpuint(small_world_free_pages(&s.w), ==, s.w.boot_free);
	stage_destroy(&s);
}

/* More than there is: below the marks, in pieces, then not at all; frees of it are harmless. */
static void test_exhausted(void)
{
	GString *text = g_string_new(HEADER);
	struct replay_stats stats;
	struct stage s;
	u32 n = 0;

	/* every second page of the first half free, so that no large block is left */
	for (; n < 12000; n++)
		g_string_append_printf(text, "{\"t\":1,\"cpu\":0,\"op\":\"alloc\",\"id\":%u,"
					     "\"order\":0,\"gfp\":\"GFP_HIGHUSER_MOVABLE\"}\n", n);
	for (u32 id = 0; id < 12000; id += 2)
		g_string_append_printf(text, "{\"t\":2,\"cpu\":0,\"op\":\"free\",\"id\":%u}\n", id);
	for (u32 i = 0; i < 22; i++, n++)
		g_string_append_printf(text, "{\"t\":3,\"cpu\":0,\"op\":\"alloc\",\"id\":%u,"
					     "\"order\":9,\"gfp\":\"GFP_KERNEL\"}\n", n);
	for (u32 id = 12000; id < n; id++)
		g_string_append_printf(text, "{\"t\":4,\"cpu\":1,\"op\":\"free\",\"id\":%u%s}\n",
				       id, id % 2 ? "" : ",\"offset\":256,\"order\":8");
	for (u32 id = 12000; id < n; id += 2)
		g_string_append_printf(text, "{\"t\":4,\"cpu\":1,\"op\":\"free\",\"id\":%u,"
					     "\"offset\":0,\"order\":8}\n", id);
	run_text(text->str, &stats, &s);
	g_assert_cmpuint(stats.below_marks, >, 0);
	g_assert_cmpuint(stats.in_pieces, >, 5);
	g_assert_cmpuint(stats.in_pieces_pages, ==, stats.in_pieces * 512);
	g_assert_cmpuint(stats.only_ours_failed, >, 0);
	g_assert_cmpuint(stats.only_ours_failed_pages, ==, stats.only_ours_failed * 512);
	g_assert_cmpuint(stats.allocs + stats.in_pieces + stats.only_ours_failed, ==, n);
	g_assert_cmpuint(stats.lost_frees, >=, stats.only_ours_failed);
	g_assert_cmpuint(stats.live_pages, ==, 6000);
	g_assert_cmpuint(small_world_free_pages(&s.w), ==, s.w.boot_free - 6000);
	stage_destroy(&s);
	g_string_free(text, TRUE);
}

#define PART_FORMAT                                                                                \
	"{\"t\":5,\"cpu\":0,\"op\":\"free\",\"id\":%u,\"offset\":%u,\"order\":1}\n"

/*
 * As many pages move up as in the recording, from the zone's start on, whichever the trace names,
 * and a block that finds no place of its size goes in pieces; none is lost or held twice.
 */
static void test_moves(void)
{
	GString *text = g_string_new(HEADER);
	struct replay_stats stats;
	struct stage s;
	u64 first = 0;

	for (u32 id = 0; id < 2000; id++)
		g_string_append_printf(text, "{\"t\":1,\"cpu\":0,\"op\":\"alloc\",\"id\":%u,"
					     "\"order\":%u,\"gfp\":\"GFP_HIGHUSER_MOVABLE\"}\n",
				       id, id % 4 ? 0 : 2);
	for (u32 id = 0; id < 2000; id += 2)
		g_string_append_printf(text, "{\"t\":2,\"cpu\":0,\"op\":\"free\",\"id\":%u}\n",
				       id % 8 == 4 ? id + 1 : id + (id / 2 & 1));
	g_string_append(text, "{\"t\":3,\"cpu\":0,\"op\":\"compact\",\"pfn\":4096}\n");
	for (u32 id = 2; id < 2000; id += 4)
		g_string_append_printf(text, "{\"t\":4,\"cpu\":0,\"op\":\"move\",\"id\":%u}\n",
				       id / 4 % 2 ? id : id - 1);
	run_text(text->str, &stats, &s);
	g_assert_cmpuint(stats.moved_pages + stats.unmoved_pages, >=, 500);
	g_assert_cmpuint(stats.moved_pages, >, 100);
	g_assert_cmpuint(small_world_free_pages(&s.w), ==, s.w.boot_free - stats.live_pages);
	for (u64 pfn = s.w.mm->base_pfn; pfn < s.w.mm->end_pfn && !first; pfn++)
		if (pfn_to_page(s.w.mm, pfn)->state == PAGE_USED &&
		    (pfn_to_page(s.w.mm, pfn)->flags & PG_lru))
			first = pfn;
	g_assert_cmpuint(first, >, 4096);
	stage_destroy(&s);
	/* what is left goes in parts, moved between them: each page is where the table says */
	for (u32 half = 0; half < 4; half += 2) {
		for (u32 id = 4; id < 2000; id += 8)
			g_string_append_printf(text, PART_FORMAT, id, half);
		g_string_append(text, "{\"t\":5,\"cpu\":0,\"op\":\"compact\",\"pfn\":4096}\n");
		for (u32 id = 4; id < 2000 && !half; id += 8)
			g_string_append_printf(text, "{\"t\":5,\"cpu\":0,\"op\":\"move\",\"id\":%u,"
						     "\"offset\":2,\"order\":1}\n", id);
	}
	for (u32 id = 0; id < 2000; id += 2)
		if (id % 8 != 4)
			g_string_append_printf(text, "{\"t\":6,\"cpu\":0,\"op\":\"free\","
						     "\"id\":%u}\n", id + !(id / 2 & 1));
	run_text(text->str, &stats, &s);
	g_assert_cmpuint(stats.lost_frees, ==, 0);
	g_assert_cmpuint(stats.live_pages, ==, 0);
	g_assert_cmpuint(small_world_free_pages(&s.w), ==, s.w.boot_free);
	stage_destroy(&s);
	g_string_free(text, TRUE);
}

static u64 digest(const struct mm *mm)
{
	u64 h = 0;

	for (u64 pfn = mm->base_pfn; pfn < mm->end_pfn; pfn++) {
		const struct page *page = pfn_to_page(mm, pfn);

		h = (h ^ (page->state | (u64)page->order << 8 | (u64)page->link.next << 16)) *
		    0x9e3779b97f4a7c15ull;
		h ^= h >> 31;
	}
	return h;
}

/* A long random trace; at the end just what is live is in use. Returns a digest of memory. */
static u64 random_run(const char *path)
{
	struct replay_stats stats;
	struct err err = {0};
	struct stage s;
	u64 h;

	stage_create(&s, path);
	if (!stage_run(&s, &stats, &err))
		g_error("%s", err_text(&err));
	g_assert_true(s.over);
	g_assert_cmpuint(stats.events, ==, 6000);
	g_assert_cmpuint(stats.only_ours_failed, ==, 0);
	g_assert_cmpuint(stats.boot_none, >, 0); /* a cold boot leaves no such pages */
	g_assert_cmpuint(stats.part_frees, >, 200);
	g_assert_cmpuint(stats.moved_pages + stats.unmoved_pages, >, 20);
	g_assert_cmpuint(small_world_free_pages(&s.w), ==, s.w.boot_free - stats.live_pages);
	h = digest(s.w.mm);
	stage_destroy(&s);
	return h;
}

static void test_random(void)
{
	char *path = trace_folder_file(&folder, "r.jsonl"),
	     *bin = trace_folder_file(&folder, "r.bin");
	struct trace_maker maker;
	struct trace_stats stats;
	struct err err = {0};
	u64 first;

	trace_maker_init(&maker, 5, 2, 5);
	trace_make_file(&maker, path, 6000);
	trace_maker_finish(&maker);
	g_assert_true(trace_compile(path, bin, &profile_linux_7_2, 0, true, &stats, &err));
	first = random_run(path);
	g_assert_cmphex(random_run(path), ==, first);
	g_assert_cmphex(random_run(bin), ==, first);
	g_free(path);
	g_free(bin);
}

/* Pages of before the trace: the hinted one, one near it, one anywhere. */
static void test_boot_pool(void)
{
	struct boot_pool pool;
	struct small_world w;
	struct err err = {0};
	struct zone *zone;
	bool exact;
	u32 a, b, c;

	small_world_create(&w, NULL, &profile_linux_7_2);
	a = alloc_pages_node(w.mm, &w.current, NUMA_NO_NODE, 0, GFP_HIGHUSER_MOVABLE, 0);
	b = alloc_pages_node(w.mm, &w.current, NUMA_NO_NODE, 0, GFP_KERNEL, 1);
	c = alloc_pages_node(w.mm, &w.current, NUMA_NO_NODE, 0, GFP_KERNEL | __GFP_DMA, 0);
	for (u32 i = 0; i < 3; i++)
		pfn_to_page(w.mm, i == 0 ? a : i == 1 ? b : c)->owner = MM_OWNER_BOOT;
	zone = pfn_zone(w.mm, b);
	g_assert_true(zone == pfn_zone(w.mm, a) && zone != pfn_zone(w.mm, c));
	g_assert_true(boot_pool_init(&pool, w.mm, &err));

	/* a block is split; its second page is not given back with the first */
	g_assert_cmpuint(boot_pool_take(&pool, b, &exact), ==, b);
	g_assert_true(exact);
	g_assert_cmpint(free_pages(w.mm, &w.current, b, 0), ==, FREE_OK);
	/* not in use by the boot: another of the same zone and type, though a lies in the zone too
	 */
	g_assert_cmpuint(boot_pool_take(&pool, b, &exact), ==, b + 1);
	g_assert_false(exact);
	g_assert_cmpint(free_pages(w.mm, &w.current, b + 1, 0), ==, FREE_OK);
	/* none of the type: another of the zone, then of another zone, then none */
	g_assert_cmpuint(boot_pool_take(&pool, b, &exact), ==, a);
	g_assert_cmpint(free_pages(w.mm, &w.current, a, 0), ==, FREE_OK);
	g_assert_cmpuint(boot_pool_take(&pool, b, &exact), ==, c);
	g_assert_cmpint(free_pages(w.mm, &w.current, c, 0), ==, FREE_OK);
	g_assert_cmpuint(boot_pool_take(&pool, b, &exact), ==, PFN_NONE);
	g_assert_cmpuint(boot_pool_take(&pool, PFN_NONE, &exact), ==, PFN_NONE);
	boot_pool_finish(&pool);
	small_world_destroy(&w);
}

/* The trace's reclaim is what mm's questions are answered with. */
static void test_reclaim(void)
{
	static const char text[] = HEADER ALLOC(0, 3)
		"{\"t\":30,\"cpu\":0,\"op\":\"free\",\"id\":0,\"memalloc\":true}\n"
		"{\"t\":1000,\"cpu\":0,\"op\":\"free_boot\",\"order\":0}\n";
	char *path = trace_folder_write(&folder, "t.jsonl", text, sizeof(text) - 1);
	struct scan_control sc = {0};
	struct replay_stats stats;
	struct err err = {0};
	struct stage s;
	struct mm *mm;

	stage_create(&s, path);
	mm = s.w.mm;
	mm->nodes[0].kswapd_failures = 16;
	g_assert_cmpuint(mm->pressure->try_to_free_pages(mm, &s.w.current, GFP_KERNEL, 0, NULL), ==,
			 0);
	engine_run(s.w.engine, 500);
	g_assert_cmpuint(mm->nodes[0].kswapd_failures, ==, 0);
	mm->pressure->shrink_node(mm, &s.w.current, 0, &sc);
	g_assert_cmpuint(sc.nr_reclaimed, ==, 8);
	g_assert_cmpuint(mm->pressure->try_to_free_pages(mm, &s.w.current, GFP_KERNEL, 0, NULL), ==,
			 0);
	g_assert_true(stage_run(&s, &stats, &err));
	g_assert_true(mm->pressure == s.pressure); /* mm's own again */
	stage_destroy(&s);
	g_free(path);
}

/* A trace that turns out bad stops the run at its line. */
static void test_bad(void)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
	    {HEADER ALLOC(0, 0) FREE(0) FREE(0) "junk\n", "t.jsonl:4: id 0 is not in use"},
	    {HEADER ALLOC(0, 0) "junk\n" FREE(0), "t.jsonl:3:1: an object"},
	    {HEADER "{\"t\":1,\"cpu\":2,\"op\":\"free_boot\",\"order\":0}\n", "CPU 2: the machine"},
	    {HEADER "{\"t\":1,\"cpu\":0,\"op\":\"alloc\",\"id\":0,\"order\":0,"
		    "\"gfp\":\"GFP_KERNEL\",\"node\":1}\n",
	     "node 1: the machine"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *path = trace_folder_write(&folder, "t.jsonl", cases[i].text,
						strlen(cases[i].text));
		struct replay_stats stats;
		struct err err = {0};
		struct stage s;

		stage_create(&s, path);
		g_assert_false(stage_run(&s, &stats, &err));
		g_assert_false(s.over);
		g_assert_cmpuint(err.count, ==, 1);
		if (!strstr(err_text(&err), cases[i].expected))
			g_error("\"%s\" is not in \"%s\"", cases[i].expected, err_text(&err));
		err_clear(&err);
		stage_destroy(&s);
		g_free(path);
	}
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	trace_folder_create(&folder);
	g_test_add_func("/workload/replay/parts", test_parts);
	g_test_add_func("/workload/replay/failed", test_failed);
	g_test_add_func("/workload/replay/exhausted", test_exhausted);
	g_test_add_func("/workload/replay/moves", test_moves);
	g_test_add_func("/workload/replay/random", test_random);
	g_test_add_func("/workload/replay/boot_pool", test_boot_pool);
	g_test_add_func("/workload/replay/reclaim", test_reclaim);
	g_test_add_func("/workload/replay/bad", test_bad);
	status = g_test_run();
	trace_folder_remove(&folder);
	return status;
}

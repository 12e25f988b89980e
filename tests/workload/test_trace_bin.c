/* SPDX-License-Identifier: GPL-2.0-only */
/* The binary form of traces: every damaged bit and every cut is refused. */
#include "trace_file.h"

#include "policy/profiles.h"
#include "workload/trace_bin.h"

static struct trace_folder folder;

static bool check(const void *data, size_t len, struct err *err)
{
	char *path = trace_folder_write(&folder, "t.bin", data, len);
	struct trace_stats stats;
	bool ok = trace_check(path, &profile_linux_7_2, 0, &stats, err);

	g_free(path);
	return ok;
}

static u8 *make(u32 n, u64 seed, gsize *len)
{
	char *path = trace_folder_file(&folder, "made.bin"), *data;
	struct trace_maker maker;

	trace_maker_init(&maker, seed, 2, 4);
	trace_make_file(&maker, path, n);
	trace_maker_finish(&maker);
	g_assert_true(g_file_get_contents(path, &data, len, NULL));
	g_free(path);
	return (u8 *)data;
}

static void refused(const u8 *data, size_t len, const char *expected)
{
	struct err err = {0};

	g_assert_false(check(data, len, &err));
	g_assert_cmpuint(err.count, ==, 1);
	g_assert_cmpint(err.kind, ==, ERR_INPUT);
	if (expected && !strstr(err_text(&err), expected))
		g_error("\"%s\" is not in \"%s\"", expected, err_text(&err));
	err_clear(&err);
}

static void test_bits(void)
{
	struct err err = {0};
	gsize len;
	u8 *data = make(8, 1, &len);

	g_assert_true(check(data, len, &err));
	for (size_t bit = 64; bit < len * 8; bit++) { /* without the magic it is another form */
		data[bit / 8] ^= (u8)(1 << bit % 8);
		refused(data, len, NULL);
		data[bit / 8] ^= (u8)(1 << bit % 8);
	}
	g_free(data);
}

static void test_cuts(void)
{
	gsize len;
	u8 *data = make(8, 2, &len), *longer;

	for (size_t n = 8; n < len; n++)
		refused(data, n, "damaged");
	longer = g_memdup2(data, len);
	longer = g_realloc(longer, len + 16);
	memset(longer + len, 0, 16);
	refused(longer, len + 16, "its size");
	g_free(longer);
	g_free(data);
}

/* The checksums are no secret: whoever forges them meets the checks of single values. */
static void seal(u8 *data, gsize len)
{
	u64 records = bin_get(data + BIN_RECORDS), sum = 0;
	u8 *names = data + TRACE_BIN_HEADER + records * TRACE_BIN_RECORD;

	for (u8 *at = data + TRACE_BIN_HEADER; at < names; at += 8)
		sum = bin_sum(sum, bin_get(at));
	bin_put(data + BIN_RECORDS_SUM, sum);
	bin_put(data + BIN_NAMES_SUM, bin_sum_bytes(names, (size_t)(data + len - names)));
	bin_put(data + BIN_HEADER_SUM, bin_sum_bytes(data, BIN_HEADER_SUM));
}

static void test_forged(void)
{
	static const u64 words[] = {0, 1, 1ull << 31, 1ull << 60, UINT64_MAX, 1ull << 63};
	u32 refusals = 0, tries = 0;
	struct rng rng;
	gsize len;
	u8 *data = make(40, 3, &len);

	rng_init(&rng, 1, "forged");
	for (u32 i = 0; i < 4000; i++) {
		u8 *copy = g_memdup2(data, len);
		u64 at = rng_below(&rng, len / 8) * 8;
		struct err err = {0};

		if (i % 2) {
			copy[rng_below(&rng, len)] ^= (u8)(1 << rng_below(&rng, 8));
		} else {
			bin_put(copy + at, words[rng_below(&rng, ARRAY_SIZE(words))]);
		}
		if (bin_get(copy + BIN_RECORDS) == bin_get(data + BIN_RECORDS))
			seal(copy, len);
		tries++;
		if (!check(copy, len, &err)) {
			refusals++;
			g_assert_cmpuint(err.count, ==, 1);
		}
		err_clear(&err);
		g_free(copy);
	}
	g_assert_cmpuint(refusals, >, tries / 4);
	g_assert_cmpuint(refusals, <, tries); /* a changed time or CPU may be a good trace */
	g_free(data);
}

static void put_record(u8 *data, u32 n, u64 first, u64 second)
{
	bin_put(data + TRACE_BIN_HEADER + n * TRACE_BIN_RECORD, first);
	bin_put(data + TRACE_BIN_HEADER + n * TRACE_BIN_RECORD + 8, second);
}

#define FIRST(op, id, dt) ((u64)(op) << 60 | (u64)(id) << 32 | (dt))
#define NO_TASK		  ((u64)TRACE_NO_TASK << 32)
#define NO_NODE		  ((u64)TRACE_NO_NODE << 48)

static void test_values(void)
{
	static const struct {
		u64 first, second;
		const char *expected; /* NULL: accepted */
	} cases[] = {
		{FIRST(TRACE_ALLOC, 0, 5), NO_TASK | NO_NODE, NULL},
		{FIRST(TRACE_ALLOC, 0, 5), NO_TASK | NO_NODE | 4, "record 0: damaged"},
		{FIRST(TRACE_ALLOC, 0, 5), 3ull << 32 | NO_NODE, "record 0"},
		{FIRST(TRACE_ALLOC, 0, 5), NO_TASK | 64ull << 48, "record 0"},
		{FIRST(TRACE_ALLOC, 0, 5), NO_TASK | NO_NODE | 14ull << 26, "record 0"},
		{FIRST(TRACE_ALLOC, 0, 5), NO_TASK | NO_NODE | 1ull << 30, "record 0"},
		{FIRST(TRACE_ALLOC, 0, 5), NO_TASK | NO_NODE | 12ull << 56, "record 0"},
		{FIRST(TRACE_ALLOC, 0, 5), NO_TASK | NO_NODE | 2ull << 16, "\"cpus\""},
		{FIRST(TRACE_ALLOC, 9999, 5), NO_TASK | NO_NODE, "\"ids\""},
		{FIRST(TRACE_ALLOC, 1, 5), NO_TASK | NO_NODE | 1ull << 56, "record 0"},
		{FIRST(TRACE_FREE, 0, 5), NO_TASK, "record 0: id 0 is not in use"},
		{FIRST(TRACE_FREE, 0, 5), NO_TASK | 1, "damaged"},
		{FIRST(TRACE_FREE_PART, 0, 5), NO_TASK | 1 | 1ull << 26, "damaged"},
		{FIRST(TRACE_FREE_BOOT, 7, 5), NO_TASK | 15, NULL},
		{FIRST(TRACE_FREE_BOOT, 7, 5), NO_TASK | 16, "damaged"},
		{FIRST(TRACE_FREE_BOOT, 0, 5), NO_TASK | (u64)TRACE_BIN_NO_PFN << 56, NULL},
		{FIRST(TRACE_FREE_BOOT, 1, 5), NO_TASK | (u64)TRACE_BIN_NO_PFN << 56, "damaged"},
		{FIRST(TRACE_MOVE, 0, 5), NO_TASK, "record 0: id 0 is not in use"},
		{FIRST(TRACE_MOVE, 0, 5), NO_TASK | 1, "damaged"},
		{FIRST(TRACE_MOVE_PART, 0, 5), NO_TASK | 1 | 1ull << 26, "damaged"},
		{FIRST(TRACE_COMPACT, 7, 5), NO_TASK | 15, NULL},
		{FIRST(TRACE_COMPACT, 7, 5), NO_TASK | 1ull << 26, "damaged"},
		{FIRST(TRACE_COMPACT, 7, 5), NO_TASK | 16, "damaged"},
		{FIRST(TRACE_COMPACT, 0, 5), NO_TASK | (u64)TRACE_BIN_NO_PFN << 56, NULL},
		{FIRST(TRACE_COMPACT, 1, 5), NO_TASK | (u64)TRACE_BIN_NO_PFN << 56, "damaged"},
		{FIRST(TRACE_FORK, 0, 5), 0, NULL},
		{FIRST(TRACE_FORK, 0, 5), 9999, "damaged"},
		{FIRST(TRACE_EXIT, 0, 5), 0, NULL},
		{FIRST(TRACE_EXIT, 0, 5), 1, "damaged"},
		{FIRST(TRACE_EXIT, 1, 5), 0, "damaged"},
		{FIRST(TRACE_STALL, 0, 5), NO_TASK, "damaged"},
		{FIRST(TRACE_RESUME, 0, 5), 1ull << 26, "damaged"},
		{FIRST(NR_TRACE_OPS, 0, 5), NO_TASK, "damaged"},
		{FIRST(TRACE_BIN_GAP, 0, 5), 0, "damaged"},
		{FIRST(TRACE_BIN_GAP, 1, 5), 16, "damaged"},
		{FIRST(TRACE_BIN_GAP, 0, 0), 8, "damaged"},
		{FIRST(TRACE_BIN_GAP, 3, 5), 0, "number of events"},
	};
	char *path = trace_folder_file(&folder, "one.bin"), *raw;
	struct trace_maker maker;
	struct err err = {0};
	gsize len;
	u8 *data;

	trace_maker_init(&maker, 4, 2, 4);
	do {
		/* one event: this alloc of id 0 is then replaced */
		trace_make_file(&maker, path, 1);
		g_assert_true(g_file_get_contents(path, &raw, &len, NULL));
		data = (u8 *)raw;
	} while (bin_get(data + BIN_RECORDS) != 1);
	bin_put(data + BIN_IDS, 1000);
	bin_put(data + BIN_CPUS, 2);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		g_test_message("case %zu", i);
		put_record(data, 0, cases[i].first, cases[i].second);
		seal(data, len);
		if (cases[i].expected)
			refused(data, len, cases[i].expected);
		else if (!check(data, len, &err))
			g_error("%s", err_text(&err));
	}
	bin_put(data + BIN_VERSION, 2);
	seal(data, len);
	refused(data, len, "version 2");
	trace_maker_finish(&maker);
	g_free(data);
	g_free(path);
}

/* Time steps beyond 32 bits. */
static void test_gaps(void)
{
	static const char text[] =
		"{\"format\":\"mempress-trace/1\"}\n"
		"{\"t\":4294967295,\"cpu\":0,\"op\":\"free_boot\",\"order\":0}\n"
		"{\"t\":8589934591,\"cpu\":0,\"op\":\"free_boot\",\"order\":0}\n"
		"{\"t\":9223372036854775807,\"cpu\":0,\"op\":\"free_boot\",\"order\":0}\n";
	static const u64 times[] = {4294967295, 8589934591, INT64_MAX};
	char *from = trace_folder_write(&folder, "gap.jsonl", text, sizeof(text) - 1);
	char *to = trace_folder_file(&folder, "gap.bin");
	struct trace_reader *reader;
	struct trace_stats stats;
	struct trace_event ev;
	struct err err = {0};

	g_assert_true(trace_compile(from, to, NULL, 0, true, &stats, &err));
	reader = trace_open(to, NULL, 0, &err);
	g_assert_nonnull(reader);
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		g_assert_true(trace_next(reader, &ev, &err));
		g_assert_cmpuint(ev.t, ==, times[i]);
	}
	g_assert_false(trace_next(reader, &ev, &err));
	g_assert_cmpuint(err.count, ==, 0);
	trace_close(reader);
	g_free(from);
	g_free(to);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	trace_folder_create(&folder);
	g_test_add_func("/workload/trace_bin/bits", test_bits);
	g_test_add_func("/workload/trace_bin/cuts", test_cuts);
	g_test_add_func("/workload/trace_bin/forged", test_forged);
	g_test_add_func("/workload/trace_bin/values", test_values);
	g_test_add_func("/workload/trace_bin/gaps", test_gaps);
	status = g_test_run();
	trace_folder_remove(&folder);
	return status;
}

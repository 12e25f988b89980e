/* SPDX-License-Identifier: GPL-2.0-only */
/* Recordings that cannot be true, or are damaged: refused with line and reason. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "small.h"

static void test_accepted(void)
{
	char *text = small_recording(), *message;
	struct verify_result result;
	struct recording rec;
	struct err err = {0};

	g_assert_true(small_parse(&rec, text, &message));
	g_assert_cmpstr(rec.profile, ==, "linux-7.2");
	g_assert_cmpuint(rec.nr_ops, ==, 2);
	g_assert_cmpuint(rec.nr_states, ==, 2);
	g_assert_cmpuint(rec.nr_checks, ==, 2);
	g_assert_true(verify_run(&rec, &result, &err));
	g_assert_cmpstr(result.difference.found ? result.difference.what : "", ==, "");
	g_assert_cmpuint(result.exact_ops, ==, 2);
	g_assert_cmpuint(result.exact_states, ==, 2);
	recording_finish(&rec);
	g_free(text);
}

/* A change to the small recording, the line that is refused (0: any) and part of the reason. */
struct refusal {
	const char *from, *to;
	u32 line;
	const char *reason;
};

static const struct refusal refusals[] = {
    /* header */
    {"# oracle-pfn 1", "# oracle-pfn 2", 1, "not a recording"},
    {"7.2.13+deb14", "7.3.1", 2, "no known version"},
    {"H kernel 7.2.13+deb14-cloud-amd64\n", "", 0, "lacks \"kernel\""},
    {"H kernel", "H kernel 6.1.0\nH kernel", 3, "twice"},
    {"H cpus 1\n", "H cpus 0\n", 3, "outside 1.."},
    {"H cpus 1\n", "H cpus 1000000\n", 3, "outside 1.."},
    {"H cpus 1\n", "H cpus 1\nH cpus 2\n", 4, "twice"},
    {"H cpu_node 0 0", "H cpu_node 1 0", 5, "outside 0..0"},
    {"H cpu_node 0 0", "H cpu_node 0 1", 5, "outside 0..0"},
    {"H cpus 1\nH nodes 1\n", "", 3, "cpu_node before cpus"},
    {"H max_order 10", "H max_order 64", 6, "outside"},
    {"H max_order 10", "H max_order 8", 0, "pageblock_order is above"},
    {"H page_size 4096", "H page_size 16384", 10, "only 4096 is modelled"},
    {"H migrate_types 5 Unmovable Movable", "H migrate_types 5 Unmovable Frozen", 11,
     "unknown migratetype"},
    {"H migrate_types 5 Unmovable Movable", "H migrate_types 5 Movable Movable", 0, "named twice"},
    {"HighAtomic Isolate", "HighAtomic CMA", 0, "CONFIG_CMA is not set"},
    {"migrate_types 5", "migrate_types 9", 11, "outside 1..8"},
    {"0x2000", "0x2001", 0, "not one bit"},
    {"__GFP_NOWARN 0x2000", "__GFP_NOWARN", 0, "has no value"},
    {"__GFP_NOWARN 0x2000", "__GFP_NOWARN 2k", 0, "expected a number"},
    {"__GFP_NOWARN 0x2000", "__GFP_NOWARN 0x10", 0, "has a name already"},
    {"H config CONFIG_SMP=y\n", "", 0, "lacks a config line"},
    {"CONFIG_SMP=y", "CONFIG_SMP=maybe", 0, "neither y nor n"},
    {"H defrag_mode 0", "H defrag_mode 7", 0, "outside 0..1"},
    {"H min_free_kbytes 512\n", "", 0, "lacks \"min_free_kbytes\""},
    {"H seed 1\n", "H seed 1\nH\n", 0, "empty header line"},
    {"H seed 1\n", "H seed 1\nH cpus\n", 0, "no value"},
    {"A 0 0", "H seed 2\nA 0 0", 0, "after the first state"},
    /* states */
    {"S 0\n", "S 5\n", 0, "a state before operation 5"},
    {"s 0\n", "s 1\n", 0, "the end of another state"},
    {"s 0\n", "", 0, "inside a state"},
    {"Z 0 1", "Z 0 7", 0, "zone: 7 is outside"},
    {"Z 0 1", "Z 0 4", 0, "not modelled"},
    {"Z 0 1", "Z 1 1", 0, "node: 1 is outside"},
    {"start_pfn=4096", "start_pfn=-1", 0, "outside 0.."},
    {"start_pfn=4096", "start_pfn=18446744073709551615", 0, "expected a number"},
    {"start_pfn=4096", "start_pfn=4096 start_pfn=4096", 0, "twice"},
    {"spanned=2048", "spanned=99999999999", 0, "outside 1.."},
    {"spanned=2048", "spanned=2047", 0, "impossible"},
    {"managed=2047", "managed=2049", 0, "impossible"},
    {"wmark_min=20 ", "", 0, "wmark_min is missing"},
    {"wmark_min=20", "wmark_min=twenty", 0, "expected a number"},
    {"wmark_min=20", "wmark_min", 0, "expected key=value"},
    {"nr_isolate_pageblock=0", "nr_isolate_pageblock=1", 0, "outside 0..0"},
    {"nr_free=0,1", "nr_free=1,1", 0, "nr_free of order 0 is 1, 0 blocks are listed"},
    {"nr_free=0,1", "nr_free=0,0,0,0,0,0,0,0,0,0,1,1", 0, "more than 11 values"},
    {"nr_free_pages=2046", "nr_free_pages=2045", 0, "2046 pages are listed"},
    {"nr_free_pages_blocks=1536", "nr_free_pages_blocks=1", 0, "1536 pages are listed"},
    {"nr_free_highatomic=0", "nr_free_highatomic=4", 0, "nr_free_highatomic is 4"},
    {"L 0 1 1 0 1 4098", "L 0 1 1 0 2 4098", 0, "page frame is missing"},
    {"L 0 1 1 0 1 4098", "L 0 1 1 0 1 4098 4098", 0, "more fields"},
    {"L 0 1 1 0 1 4098", "L 0 1 1 0 4000000000 4098", 0, "outside 0.."},
    {"L 0 1 1 0 1 4098", "L 0 1 1 0 1 4099", 0, "not aligned"},
    {"L 0 1 1 0 1 4098", "L 0 1 1 0 1 4100", 0, "two places"},
    {"L 0 1 1 0 1 4098", "L 0 1 1 0 1 8192", 0, "outside its zone"},
    {"L 0 1 1 0 1 4098", "L 0 1 1 4 1 4098", 0, "isolated"},
    {"L 0 1 1 0 1 4098", "L 0 1 1 9 1 4098", 0, "type: 9 is outside"},
    {"L 0 1 1 0 1 4098", "L 0 1 11 0 1 4098", 0, "order: 11 is outside"},
    {"L 0 1 1 0 1 4098", "L 0 2 1 0 1 4098", 0, "has no Z line"},
    {"L 0 1 2 0 1 4100", "L 0 1 1 0 1 4100", 0, "already"},
    {"P 0 0 1 count=1", "P 0 0 1 count=2", 0, "count is 2, 1 pages are listed"},
    {"P 0 0 1 count=1", "P 1 0 1 count=1", 0, "CPU: 1 is outside"},
    {"P 0 0 1 ", "p 0 0 1 2 0\nP 0 0 1 ", 0, "before the P line"},
    {"batch=1 high_min", "batch=0 high_min", 0, "outside 1.."},
    {"alloc_factor=0", "alloc_factor=31", 0, "outside 0..5"},
    {"stat_threshold=2", "stat_threshold=-2", 0, "outside 0.."},
    {"diff_free_pages=0", "diff_free_pages=3", 0, "pages are listed"},
    {"p 0 0 1 0 1 4097", "p 0 0 1 14 1 4097", 0, "list: 14 is outside"},
    {"p 0 0 1 0 1 4097", "p 0 0 1 0 1 4096", 0, "two places"},
    {"p 0 0 1 0 1 4097", "p 0 0 1 0 1 4098", 0, "two places"},
    {"B 0 1 4096 0111", "B 0 1 4096 011", 0, "do not cover"},
    {"B 0 1 4096 0111", "B 0 1 4097 0111", 0, "pageblock boundary"},
    {"B 0 1 4096 0111", "B 0 1 3584 10111", 0, "do not cover"},
    {"B 0 1 4096 0111", "B 0 1 4096 0119", 0, "no pageblock type"},
    {"B 0 1 4096 0111", "B 0 1 4096 0114", 0, "isolated"},
    {"B 0 1 4096 0111\n", "", 0, "no B line"},
    {"M 0 1 4096+1", "M 0 1 4096+0", 0, "outside 1.."},
    {"M 0 1 4096+1", "M 0 1 4096", 0, "PFN+LENGTH"},
    {"M 0 1 4096+1", "M 0 1 4096+99999", 0, "in no zone"},
    {"M 0 1 4096+1", "M 0 1 4096+2", 0, "two places"},
    {"W 0 0:1", "W 0 0:2", 0, "no zone with memory"},
    {"W 0 0:1", "W 0 0:1 0:1", 0, "more zones than there are"},
    {"W 0 0:1", "W 0 1:1", 0, "outside 0..0"},
    {"W 0 0:1", "W 0 01", 0, "NODE:ZONE"},
    {"W 0 0:1\n", "", 0, "lacks its W line"},
    {"kswapd_waiting=1", "kswapd_waiting=2", 0, "outside 0..1"},
    {"K 0 kswapd_order=0 kswapd_highest_zoneidx=5 kswapd_waiting=1 kswapd_failures=0\n", "", 0,
     "lacks its K line"},
    {"pgfree=200", "pgfree=-200", 0, "outside 0.."},
    /* operations */
    {"A 0 0 0 10", "A 1 0 0 10", 0, "operation 1 where 0 is due"},
    {"A 0 0 0 10", "A 0 1 0 10", 0, "CPU: 1 is outside"},
    {"A 0 0 0 10", "A 0 0 1 10", 0, "node: 1 is outside"},
    {"A 0 0 0 10", "A 0 0 0 11", 0, "order: 11 is outside"},
    {"0x200a 5120", "0x200a 5121", 0, "cannot be a block"},
    {"0x200a 5120", "0x200a 4096", 0, "not free"},
    {"0x200a 5120", "0x200a 1048576", 0, "in no zone"},
    {"0x200a 5120", "0x204a 5120", 0, "hold bits that no"},
    {"0x200a 5120", "0x201a 5120", 0, "both movable and reclaimable"},
    {"0x200a 5120", "0x200a 5120 0", 0, "more fields"},
    {"0x200a 5120", "0x200a", 0, "page frame is missing"},
    {"0x200a 5120", "0x200a -", 0, "does not hold"},
    {"F 1 0 10 5120 0", "F 1 0 9 5120 0", 0, "does not hold"},
    {"F 1 0 10 5120 0", "F 1 0 10 4096 0", 0, "does not hold"},
    {"F 1 0 10 5120 0", "F 1 0 10 5120 1", 0, "does not hold"},
    {"F 1 0 10 5120 0", "R 1 0 1 5120:0", 0, "does not hold"},
    {"F 1 0 10 5120 0", "R 1 0 2 5120:0", 0, "expected 2 entries"},
    {"F 1 0 10 5120 0", "R 1 0 4000000000 5120:0", 0, "outside 0.."},
    {"F 1 0 10 5120 0", "D 1 0", 0, "listed as free but was not freed"},
    {"F 1 0 10 5120 0", "G 1 0 0 0x2000 1 2 1 2", 0, "pages got: 2 is outside"},
    {"F 1 0 10 5120 0", "G 1 0 0 0x2000 9 1 4100", 0, "listed as free but"},
    {"F 1 0 10 5120 0", "Y 1 0", 0, "unknown record"},
    {"Q 2 z", "Q 3 z", 0, "counters before operation 3"},
    {"z:0:1:2046", "z:0:2:2046", 0, "no known CPU or zone"},
    {"z:0:1:2046", "z:4294967296:1:2046", 0, "item"},
    {"p:0:0:1:1:30", "p:7:0:1:1:30", 0, "no known CPU or zone"},
    {"p:0:0:1:1:30", "p:0:0:1:1", 0, "number of fields"},
    {"p:0:0:1:1:30", "p:0:0:1:1:30:3", 0, "number of fields"},
    {"p:0:0:1:1:30", "q:0:0:1:1:30", 0, "unknown item"},
    {"S 2\n", "S 1\n", 0, "a state before operation 1"},
    {"X\n", "", 0, "no X line"},
    {"X\n", "X", 0, "no end"},
    {"X\n", "X\nX\n", 0, "more lines after X"},
};

static void test_refused(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *r = &refusals[i];
		char *text = small_replace(small_recording(), r->from, r->to, 0);
		char *message, line[32];
		struct recording rec;

		if (small_parse(&rec, text, &message))
			g_error("accepted: \"%s\" for \"%s\"", r->to, r->from);
		g_test_message("%s", message);
		if (!strstr(message, r->reason))
			g_error("\"%s\" for \"%s\": %s", r->to, r->from, message);
		snprintf(line, sizeof(line), "small:%u: ", r->line);
		g_assert_true(g_str_has_prefix(message, r->line ? line : "small:"));
		g_free(message);
		g_free(text);
	}
}

/* The second state: everything must be as the operations left it. */
static void test_refused_later(void)
{
	static const struct refusal later[] = {
	    {"start_pfn=4096", "start_pfn=4095", 0, "another zone"},
	    {"M 0 1 4096+1", "M 0 1 4096+2", 0, "other movable pages"},
	    {"L 0 1 1 0 1 4098", "L 0 1 1 0 1 4100", 0, "two places"},
	    {"p 0 0 1 0 1 4097", "p 0 0 1 0 1 4096", 0, "was not freed"},
	};

	for (u32 i = 0; i < ARRAY_SIZE(later); i++) {
		char *text = small_replace(small_recording(), later[i].from, later[i].to, 1);
		struct recording rec;
		char *message;

		g_assert_false(small_parse(&rec, text, &message));
		if (!strstr(message, later[i].reason))
			g_error("\"%s\": %s", later[i].to, message);
		g_free(message);
		g_free(text);
	}
}

/* 6.1 remembers a type with each page of a per-CPU list: it must be given. */
static void test_types_needed(void)
{
	char *text = small_replace(small_recording(), "7.2.13+deb14", "6.1.0", 0), *message;
	struct recording rec;

	g_assert_false(small_parse(&rec, text, &message));
	g_assert_nonnull(strstr(message, "pageset_high is missing"));
	g_free(message);
	for (u32 i = 0; i < 2; i++) {
		text = small_replace(text, "nr_free_pages_blocks=1536 ", "", 0);
		text = small_replace(text, "pageset_high_min", "pageset_high", 0);
		text = small_replace(text, "free_count=0", "free_factor=0", 0);
	}
	g_assert_false(small_parse(&rec, text, &message));
	g_assert_nonnull(strstr(message, "0 types are given for 1 blocks"));
	g_free(message);
	text = small_replace(text, "p 0 0 1 0 1 4097\n", "p 0 0 1 0 1 4097\ni 0 0 1 0 1 0\n", 0);
	text = small_replace(text, "p 0 0 1 0 1 4097\nB", "p 0 0 1 0 1 4097\ni 0 0 1 0 1 0\nB", 0);
	g_assert_true(small_parse(&rec, text, &message));
	g_assert_cmpstr(rec.profile, ==, "linux-6.1");
	recording_finish(&rec);
	g_free(text);
}

static void test_truncated(void)
{
	char *whole = small_recording();
	size_t len = strlen(whole);

	for (size_t n = 0; n < len; n++) {
		char *text = g_strndup(whole, n), *message;
		struct recording rec;

		g_assert_false(small_parse(&rec, text, &message));
		g_assert_nonnull(message);
		g_free(message);
		g_free(text);
	}
	g_free(whole);
}

static u64 xorshift(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static u32 below(u64 *state, u64 n)
{
	return (u32)(xorshift(state) % n);
}

/* Start of a line near a random place. */
static char *some_line(GString *text, u64 *seed)
{
	char *at = text->str + below(seed, text->len);

	while (at > text->str && at[-1] != '\n')
		at--;
	return at;
}

static void mutate_line(GString *text, u64 *seed)
{
	char *line = some_line(text, seed), *copy;
	gssize at = line - text->str;
	size_t n = strcspn(line, "\n") + 1;

	if (at + (gssize)n > (gssize)text->len)
		return;
	copy = g_strndup(line, n);
	if (below(seed, 2))
		g_string_erase(text, at, (gssize)n);
	if (below(seed, 2))
		g_string_insert(text, some_line(text, seed) - text->str, copy);
	g_free(copy);
}

/* A number becomes another that is likely to hurt, or a neighbour of itself. */
static void mutate_number(GString *text, u64 *seed)
{
	static const char *const numbers[] = {"0",	    "1",   "-1",   "4294967295",
					      "4294967296", "512", "10",   "18446744073709551615",
					      "0x7fffffff", "-",   "9999", "2147483648"};
	gsize at = below(seed, text->len), n;
	char changed[32];

	while (at < text->len && !g_ascii_isdigit(text->str[at]))
		at++;
	n = strspn(text->str + at, "0123456789");
	if (!n)
		return;
	if (below(seed, 2))
		snprintf(changed, sizeof(changed), "%s", numbers[below(seed, ARRAY_SIZE(numbers))]);
	else
		snprintf(changed, sizeof(changed), "%llu",
			 (unsigned long long)(strtoull(text->str + at, NULL, 10) ^
					      (1ull << below(seed, 11))));
	g_string_erase(text, (gssize)at, (gssize)n);
	g_string_insert(text, (gssize)at, changed);
}

static void mutate_byte(GString *text, u64 *seed)
{
	text->str[below(seed, text->len)] = (char)below(seed, 256);
}

/* Whatever comes out is refused, or can be replayed and its differences explained. */
static bool survive(const GString *text)
{
	char *copy = g_memdup2(text->str, text->len), *out = NULL;
	struct verify_result result;
	struct recording rec;
	struct err err = {0};
	size_t len = 0;
	FILE *f;

	if (!recording_parse(&rec, "mutated", copy, text->len, &err)) {
		g_assert_true(err.kind == ERR_INPUT &&
			      g_str_has_prefix(err_text(&err), "mutated:"));
		err_clear(&err);
		g_free(copy);
		return false;
	}
	g_assert_true(err.kind == ERR_NONE);
	g_assert_true(verify_run(&rec, &result, &err));
	if (result.difference.found) {
		f = open_memstream(&out, &len);
		g_assert_true(verify_explain(&rec, &result, f, &err));
		fclose(f);
		g_assert_cmpuint(len, >, 100);
		free(out);
	}
	recording_finish(&rec);
	g_free(copy);
	return true;
}

static void mutate_all(const char *whole, u32 rounds, u64 seed)
{
	u32 accepted = 0;

	for (u32 i = 0; i < rounds; i++) {
		GString *text = g_string_new(whole);
		u32 kind = below(&seed, 8);

		for (u32 n = 1 + below(&seed, 3); n; n--) {
			if (kind < 5)
				mutate_number(text, &seed);
			else if (kind < 7)
				mutate_line(text, &seed);
			else
				mutate_byte(text, &seed);
		}
		accepted += survive(text);
		g_string_free(text, TRUE);
	}
	g_test_message("%u of %u mutations accepted", accepted, rounds);
	g_assert_cmpuint(accepted, >, 0);
	g_assert_cmpuint(accepted, <, rounds);
}

static void test_mutated_small(void)
{
	char *text = small_recording();

	mutate_all(text, 6000, 0x9e3779b97f4a7c15ull);
	g_free(text);
}

static void test_mutated_real(void)
{
	static const char *const files[] = {"7.2-numa2n-1g.txt.zst", "7.2-cma-384m.txt.zst",
					    "6.1-misc-384m.txt.zst", "6.12-zones-640m.txt.zst"};

	for (u32 i = 0; i < ARRAY_SIZE(files); i++) {
		char *text = small_cut(files[i], 150);

		mutate_all(text, 150, 0x2545f4914f6cdd1dull + i);
		g_free(text);
	}
}

/* A few bytes may not ask for much memory or time. */
static void test_bounded(void)
{
	char *text = small_recording(), *message;
	struct recording rec;
	GString *big;

	text = small_replace(text, "H cpus 1\n", "H cpus 1024\n", 0);
	g_assert_false(small_parse(&rec, text, &message));
	g_free(message);
	g_free(text);

	/* Many states of a machine with many CPUs. */
	big = g_string_new(NULL);
	text = small_replace(small_recording(), "H cpus 1\n", "H cpus 1024\n", 0);
	g_string_append_len(big, text, strstr(text, "S 0\n") - text);
	for (u32 i = 0; i < 4000; i++)
		g_string_append(big, "S 0\nZ 0 1 DMA32 start_pfn=4096 spanned=2048 present=2048 "
				     "managed=0 wmark_min=0 wmark_low=0 wmark_high=0 wmark_promo=0 "
				     "watermark_boost=0 nr_reserved_highatomic=0 "
				     "nr_free_highatomic=0 flags=0 pageset_high_min=0 "
				     "pageset_high_max=0 pageset_batch=1 nr_free_pages=0 "
				     "nr_free_cma=0 nr_free=0\ns 0\n");
	g_string_append(big, "X\n");
	g_assert_false(small_parse(&rec, big->str, &message));
	g_assert_nonnull(strstr(message, "MiB when read"));
	g_free(message);
	g_string_free(big, TRUE);
	g_free(text);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/verify/recording/accepted", test_accepted);
	g_test_add_func("/verify/recording/refused", test_refused);
	g_test_add_func("/verify/recording/refused-later", test_refused_later);
	g_test_add_func("/verify/recording/types-needed", test_types_needed);
	g_test_add_func("/verify/recording/truncated", test_truncated);
	g_test_add_func("/verify/recording/mutated-small", test_mutated_small);
	g_test_add_func("/verify/recording/mutated-real", test_mutated_real);
	g_test_add_func("/verify/recording/bounded", test_bounded);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc text of real kernels, and text that no kernel would print. */
#include <glib.h>
#include <string.h>

#include "machine/procfs.h"

#define ALL (PROC_ZONEINFO | PROC_BUDDYINFO | PROC_PAGETYPEINFO)

struct parsed {
	struct proc_state state;
	struct arena arena;
	struct err err;
};

static bool parse(struct parsed *p, const char *text, size_t len, u32 which)
{
	struct stream *s = stream_open_mem("text", text, len, 0, &p->err);
	bool ok = s && procfs_read(&p->state, s, which, &p->arena, &p->err);

	stream_close(s);
	return ok;
}

static void finish(struct parsed *p)
{
	arena_finish(&p->arena);
	err_clear(&p->err);
}

static char *load(const char *version)
{
	g_autofree char *path =
		g_strdup_printf(SOURCE_ROOT "/tests/machine/data/proc-%s.txt", version);
	char *text;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static void parse_file(struct parsed *p, const char *version)
{
	g_autofree char *text = load(version);

	*p = (struct parsed){0};
	if (!parse(p, text, strlen(text), ALL))
		g_error("%s: %s", version, err_text(&p->err));
	g_assert_cmpuint(p->state.nr_zones, ==, 2);
	g_assert_cmpuint(p->state.nr_orders, ==, 11);
	g_assert_cmpint(p->state.pageblock_order, ==, 9);
}

static void test_7_2(void)
{
	static const u64 nr_free[] = {2, 1, 3, 1, 0, 1, 6, 9, 4, 4, 33};
	struct parsed p;
	const struct proc_zone *z;

	parse_file(&p, "7.2");
	g_assert_null(procfs_zone(&p.state, 0, ZONE_NORMAL));
	g_assert_null(procfs_zone(&p.state, 1, ZONE_DMA));
	z = procfs_zone(&p.state, 0, ZONE_DMA32);
	g_assert_cmpint(z->free, ==, 38456);
	g_assert_cmpint(z->boost, ==, 0);
	g_assert_cmpint(z->min, ==, 2456);
	g_assert_cmpint(z->low, ==, 3070);
	g_assert_cmpint(z->high, ==, 3684);
	g_assert_cmpint(z->promo, ==, 4298);
	g_assert_cmpint(z->spanned, ==, 61440);
	g_assert_cmpint(z->present, ==, 61440);
	g_assert_cmpint(z->managed, ==, 49755);
	g_assert_cmpuint(z->start_pfn, ==, 4096);
	g_assert_cmpint(z->reserved_highatomic, ==, 0);
	g_assert_cmpuint(z->nr_pcp, ==, 2);
	g_assert_cmpint(z->pcp[0].count, ==, 934);
	g_assert_cmpint(z->pcp[1].count, ==, 878);
	g_assert_cmpint(z->pcp[1].high, ==, 1535);
	g_assert_cmpint(z->pcp[1].high_max, ==, 3109);
	g_assert_cmpint(z->pcp[1].batch, ==, 15);
	g_assert_cmpint(z->pcp[1].stat_threshold, ==, 8);
	g_assert_true(!memcmp(z->nr_free, nr_free, sizeof(nr_free)));
	/* protection (0, 194, 194, 194, 194): DMA, DMA32, Normal, Movable, Device */
	z = procfs_zone(&p.state, 0, ZONE_DMA);
	g_assert_cmpint(z->protection[ZONE_DMA], ==, 0);
	g_assert_cmpint(z->protection[ZONE_DMA32], ==, 194);
	g_assert_cmpint(z->protection[ZONE_NORMAL], ==, 194);
	g_assert_cmpint(z->protection[ZONE_HIGHMEM], ==, -1);
	g_assert_cmpint(z->protection[ZONE_MOVABLE], ==, 194);
	g_assert_cmpuint(z->type_free[PROC_UNMOVABLE][5], ==, 1);
	g_assert_cmpuint(z->type_free[PROC_MOVABLE][10], ==, 3);
	g_assert_cmpuint(z->type_blocks[PROC_UNMOVABLE], ==, 1);
	g_assert_cmpuint(z->type_blocks[PROC_MOVABLE], ==, 7);
	finish(&p);
}

static void test_6_12(void)
{
	struct parsed p;
	const struct proc_zone *z;

	parse_file(&p, "6.12");
	z = procfs_zone(&p.state, 0, ZONE_DMA32);
	g_assert_cmpint(z->promo, ==, 4383);
	g_assert_cmpint(z->pcp[0].count, ==, 543);
	g_assert_cmpint(z->pcp[0].high, ==, 3131);
	g_assert_cmpint(z->pcp[0].high_min, ==, -1);
	g_assert_cmpint(z->reserved_highatomic, ==, -1);
	g_assert_cmpuint(z->type_blocks[PROC_UNMOVABLE], ==, 14);
	g_assert_cmpuint(z->type_free[PROC_RECLAIMABLE][9], ==, 1);
	finish(&p);
}

static void test_6_1(void)
{
	struct parsed p;
	const struct proc_zone *z;

	parse_file(&p, "6.1");
	z = procfs_zone(&p.state, 0, ZONE_DMA32);
	g_assert_cmpint(z->promo, ==, -1);
	g_assert_cmpint(z->min, ==, 2572);
	g_assert_cmpint(z->pcp[0].batch, ==, 15);
	g_assert_cmpint(procfs_zone(&p.state, 0, ZONE_DMA)->protection[ZONE_MOVABLE], ==, 203);
	finish(&p);
}

/* Section by section, in the order of a config's files. */
static void test_sections(void)
{
	g_autofree char *text = load("7.2");
	struct parsed p = {0};

	g_assert_true(parse(&p, text, strlen(text), PROC_ZONEINFO));
	g_assert_false(procfs_zone(&p.state, 0, ZONE_DMA)->have_buddy);
	if (!parse(&p, text, strlen(text), PROC_BUDDYINFO))
		g_error("%s", err_text(&p.err));
	g_assert_true(procfs_zone(&p.state, 0, ZONE_DMA)->have_buddy);
	g_assert_false(procfs_zone(&p.state, 0, ZONE_DMA)->have_types);
	g_assert_true(parse(&p, text, strlen(text), PROC_PAGETYPEINFO));
	g_assert_cmpuint(procfs_zone(&p.state, 0, ZONE_DMA)->type_blocks[PROC_MOVABLE], ==, 7);
	/* Twice is once too often. */
	g_assert_false(parse(&p, text, strlen(text), PROC_BUDDYINFO));
	g_assert_nonnull(strstr(err_text(&p.err), "read before"));
	finish(&p);
}

#define ZONE                                                                                      \
	"Node 0, zone      DMA\n  pages free     5\n        min      1\n        low      2\n"     \
	"        high     3\n        spanned  100\n        present  90\n        managed  80\n"

static const struct {
	const char *text;
	u32 which;
	const char *error;
} refused[] = {
	{"", PROC_ZONEINFO, "text: holds no text of /proc/zoneinfo"},
	{"hello\n\nworld\n", PROC_ZONEINFO, "holds no text of /proc/zoneinfo"},
	{ZONE, ALL, "holds no text of /proc/buddyinfo"},
	{"Node 0, zone   Dma\n", PROC_ZONEINFO, "text:1: unknown zone name"},
	{"Node 64, zone   DMA\n", PROC_ZONEINFO, "text:1: expected \"Node N"},
	{"Node -1, zone   DMA\n", PROC_ZONEINFO, "text:1:"},
	{"Node 0 zone   DMA\n", PROC_ZONEINFO, "text:1:"},
	{"Node 18446744073709551616, zone DMA\n", PROC_ZONEINFO, "text:1:"},
	{ZONE ZONE, PROC_ZONEINFO, "text:9: zones have to ascend"},
	{ZONE "Node 0, zone Normal\n", PROC_ZONEINFO, "text:9: zone Normal of node 0 has no"},
	{ZONE "        min      1\n", PROC_ZONEINFO, "text:9: \"min\" is given twice"},
	{ZONE "        boost    -1\n", PROC_ZONEINFO, "text:9: expected one number"},
	{ZONE "        boost    9223372036854775808\n", PROC_ZONEINFO, "text:9:"},
	{ZONE "        boost    1 2\n", PROC_ZONEINFO, "text:9:"},
	{ZONE "        protection: (1, 2\n", PROC_ZONEINFO, "text:9:"},
	{ZONE "        protection: (1,2,3,4,5,6,7,8,9)\n", PROC_ZONEINFO, "more than 8"},
	{ZONE "    cpu: 1024\n", PROC_ZONEINFO, "text:9: expected a CPU number"},
	{ZONE "    cpu: 1000000000000\n", PROC_ZONEINFO, "text:9: expected a CPU number"},
	{ZONE "    cpu: 1\n    cpu: 0\n", PROC_ZONEINFO, "text:10: CPUs have to ascend"},
	{ZONE "    cpu: 0\n              count: x\n", PROC_ZONEINFO, "text:10:"},
	{"Node 0, zone DMA\n  pages free 9\n  min 1\n  low 1\n  high 1\n  spanned 10\n  present 9\n"
	 "  managed 8\n", PROC_ZONEINFO, "free <= managed"},
	{"Node 0, zone DMA 1 2 3\n", PROC_BUDDYINFO, "zoneinfo did not name"},
	{ZONE "\nNode 0, zone DMA 1 2 x\n", ALL, "text:10: expected a number of free blocks"},
	{ZONE "\nNode 0, zone DMA 1 2\nNode 0, zone DMA 1 2\n", ALL, "read before"},
	{ZONE "\nNode 0, zone DMA 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n", ALL, "more than 14 orders"},
	{ZONE "\nNode 0, zone DMA 1 2 3\nNode 0, zone DMA, type Movable 1 2\n", ALL,
	 "2 orders where 3 were expected"},
	{ZONE "\nNode 0, zone DMA, type Odd 1 2\n", ALL, "expected a migrate type"},
	{ZONE "\nPage block order: 99\n", ALL, "expected an order"},
	{ZONE "\nNumber of blocks type Unmovable Movable\nNode 0, zone DMA 1\n", ALL,
	 "expected 2 numbers"},
	{ZONE "\nNumber of blocks type Unmovable Movable\nNode 0, zone DMA 1 2 3\n", ALL,
	 "more numbers than"},
};

static void test_refused(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(refused); i++) {
		struct parsed p = {0};

		if (parse(&p, refused[i].text, strlen(refused[i].text), refused[i].which))
			g_error("accepted: %s", refused[i].text);
		if (!strstr(err_text(&p.err), refused[i].error))
			g_error("%s\nexpected \"%s\" in: %s", refused[i].text, refused[i].error,
				err_text(&p.err));
		g_assert_cmpint(p.err.kind, ==, ERR_INPUT);
		finish(&p);
	}
}

/* pagetypeinfo stops counting at 100000. */
static void test_capped(void)
{
	static const char text[] = ZONE "\nNode 0, zone DMA, type Movable >100000 7\n"
				   "\nNumber of blocks type Unmovable Movable\n"
				   "Node 0, zone DMA 1 2\n";
	struct parsed p = {0};

	g_assert_true(parse(&p, text, strlen(text), PROC_ZONEINFO | PROC_PAGETYPEINFO));
	g_assert_cmpuint(p.state.zones[0].type_free[PROC_MOVABLE][0], ==, PROC_CAPPED);
	g_assert_cmpuint(p.state.zones[0].type_free[PROC_MOVABLE][1], ==, 7);
	finish(&p);
}

/* Cut anywhere, or with a byte changed: read or refused, never worse. */
static void test_damaged(void)
{
	g_autofree char *text = load("7.2");
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		struct parsed p = {0};
		char saved = text[i];
		bool ok;

		ok = parse(&p, text, i, ALL);
		g_assert_cmpint(ok, ==, p.err.kind == ERR_NONE);
		finish(&p);
		p = (struct parsed){0};
		text[i] = "0x-\n:,>\t"[i % 8];
		ok = parse(&p, text, len, ALL);
		g_assert_cmpint(ok, ==, p.err.kind == ERR_NONE);
		finish(&p);
		text[i] = saved;
	}
}

static bool parse_hints(struct parsed *p, const char *text)
{
	struct stream *s = stream_open_mem("hints", text, strlen(text), 0, &p->err);
	bool ok = procfs_read_hints(&p->state, s, &p->arena, &p->err);

	stream_close(s);
	return ok;
}

static void test_hints(void)
{
	static const char *const bad[] = {
		"1 used\n", "1+0 used\n", "1+1\n", "1+1 maybe\n", "1+1 used Odd\n",
		"1+1 used Movable x\n", "0x100000000+1 used\n", "4294967295+2 used\n",
		"5+2 used\n6+1 free\n", "x\n", "-1+1 used\n",
	};
	struct parsed p = {0};

	g_assert_true(parse_hints(&p, "# from a trace\n0x10+16 used\n\n32+1 free Movable\n"
				    "40+2 lru Reclaimable\n"));
	g_assert_cmpuint(p.state.nr_hints, ==, 3);
	g_assert_false(p.state.hints[0].lru);
	g_assert_true(p.state.hints[2].used);
	g_assert_true(p.state.hints[2].lru);
	g_assert_cmpuint(p.state.hints[0].pfn, ==, 16);
	g_assert_cmpuint(p.state.hints[0].len, ==, 16);
	g_assert_true(p.state.hints[0].used);
	g_assert_cmpuint(p.state.hints[0].type, ==, 0);
	g_assert_false(p.state.hints[1].used);
	g_assert_cmpuint(p.state.hints[1].type, ==, PROC_MOVABLE + 1);
	finish(&p);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		p = (struct parsed){0};
		if (parse_hints(&p, bad[i]))
			g_error("accepted: %s", bad[i]);
		g_assert_nonnull(strstr(err_text(&p.err), "hints:"));
		finish(&p);
	}
	p = (struct parsed){0};
	for (u32 i = 0; i < 3; i++) { /* several files follow one another */
		g_autofree char *text = g_strdup_printf("%u+3000 free\n", i * 5000);

		g_assert_true(parse_hints(&p, text));
	}
	g_assert_cmpuint(p.state.nr_hints, ==, 3);
	g_assert_false(parse_hints(&p, "7000+1 free\n"));
	finish(&p);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/machine/procfs/7.2", test_7_2);
	g_test_add_func("/machine/procfs/6.12", test_6_12);
	g_test_add_func("/machine/procfs/6.1", test_6_1);
	g_test_add_func("/machine/procfs/sections", test_sections);
	g_test_add_func("/machine/procfs/refused", test_refused);
	g_test_add_func("/machine/procfs/capped", test_capped);
	g_test_add_func("/machine/procfs/damaged", test_damaged);
	g_test_add_func("/machine/procfs/hints", test_hints);
	return g_test_run();
}

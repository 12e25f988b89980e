/* SPDX-License-Identifier: GPL-2.0-only */
/* Zones of the architectures against layouts worked out by hand from the kernels' rules. */
#include <glib.h>

#include "sample_machine.h"

struct want_zone {
	u32 node;
	enum zone_type type;
	u64 start, spanned, present;
};

static void check(const char *json, const struct want_zone *want, u32 n)
{
	struct sample_machine s;

	if (!sample_machine_text(&s, json))
		g_error("%s", err_text(&s.err));
	g_assert_cmpuint(s.machine.nr_zones, ==, n);
	for (u32 i = 0; i < n; i++) {
		const struct machine_zone *z = &s.machine.zones[i];

		g_assert_cmpuint(z->node, ==, want[i].node);
		g_assert_cmpuint(z->type, ==, want[i].type);
		g_assert_cmphex(z->start_pfn, ==, want[i].start);
		g_assert_cmphex(z->spanned, ==, want[i].spanned);
		g_assert_cmphex(z->present, ==, want[i].present);
	}
	sample_machine_finish(&s);
}

#define CHECK(json, ...)                                                                          \
	do {                                                                                      \
		static const struct want_zone want[] = {__VA_ARGS__};                             \
		check(json, want, ARRAY_SIZE(want));                                              \
	} while (0)

static void test_x86_64(void)
{
	/* All below 4 GiB: Normal is empty; the hole before 1 MiB is spanned, not present. */
	CHECK("{\"arch\":\"x86-64\",\"nodes\":[{\"cpus\":1,\"memory\":["
	      "{\"start\":\"4KiB\",\"end\":\"636KiB\"},{\"start\":\"1MiB\",\"end\":\"256MiB\"}]}]}",
	      {0, ZONE_DMA, 1, 4095, 3998}, {0, ZONE_DMA32, 4096, 61440, 61440});
	/* With memory above, the span of DMA32 reaches up to it across the hole. */
	CHECK("{\"arch\":\"x86-64\",\"nodes\":[{\"cpus\":1,\"memory\":["
	      "{\"start\":\"4KiB\",\"end\":\"636KiB\"},{\"start\":\"1MiB\",\"end\":\"3145600KiB\"},"
	      "{\"start\":\"4GiB\",\"end\":\"5GiB\"}]}]}",
	      {0, ZONE_DMA, 1, 4095, 3998},
	      {0, ZONE_DMA32, 4096, 0x100000 - 4096, 0xbffe0 - 4096},
	      {0, ZONE_NORMAL, 0x100000, 0x40000, 0x40000});
	/* Without DMA and DMA32 configured, everything is Normal. */
	CHECK("{\"arch\":\"x86-64\",\"zones\":[\"Normal\"],\"nodes\":[{\"cpus\":1,\"memory\":["
	      "{\"start\":\"4KiB\",\"end\":\"64MiB\"}]}]}",
	      {0, ZONE_NORMAL, 1, 16383, 16383});
}

static void test_i386(void)
{
	CHECK("{\"arch\":\"i386\",\"nodes\":[{\"cpus\":1,\"memory\":["
	      "{\"start\":\"4KiB\",\"end\":\"636KiB\"},"
	      "{\"start\":\"1MiB\",\"end\":\"1048448KiB\"}]}]}",
	      {0, ZONE_DMA, 1, 4095, 3998}, {0, ZONE_NORMAL, 4096, 0x377fe - 4096, 0x377fe - 4096},
	      {0, ZONE_HIGHMEM, 0x377fe, 0x3ffe0 - 0x377fe, 0x3ffe0 - 0x377fe});
	/* Little memory: no HighMem. */
	CHECK("{\"arch\":\"i386\",\"nodes\":[{\"cpus\":1,\"memory\":["
	      "{\"start\":\"1MiB\",\"end\":\"128MiB\"}]}]}",
	      {0, ZONE_DMA, 256, 4096 - 256, 4096 - 256}, {0, ZONE_NORMAL, 4096, 28672, 28672});
}

static void test_arm64(void)
{
	/* No limit of DMA: zone DMA reaches 4 GiB, DMA32 is empty. */
	CHECK("{\"arch\":\"arm64\",\"nodes\":[{\"cpus\":1,\"memory\":["
	      "{\"start\":\"2MiB\",\"end\":\"3840MiB\"},{\"start\":\"4GiB\",\"end\":\"8GiB\"}]}]}",
	      {0, ZONE_DMA, 0x200, 0x100000 - 0x200, 0xf0000 - 0x200},
	      {0, ZONE_NORMAL, 0x100000, 0x100000, 0x100000});
	/* A device tree limit of 1 GiB, as on the Raspberry Pi 4. */
	CHECK("{\"arch\":\"arm64\",\"dma_limit\":\"1GiB\",\"nodes\":[{\"cpus\":1,\"memory\":["
	      "{\"start\":0,\"end\":\"8GiB\"}]}]}",
	      {0, ZONE_DMA, 0, 0x40000, 0x40000}, {0, ZONE_DMA32, 0x40000, 0xc0000, 0xc0000},
	      {0, ZONE_NORMAL, 0x100000, 0x100000, 0x100000});
	/* All memory above 4 GiB: the mask is lifted, zone DMA holds all. */
	CHECK("{\"arch\":\"arm64\",\"nodes\":[{\"cpus\":1,\"memory\":["
	      "{\"start\":\"8GiB\",\"end\":\"9GiB\"}]}]}",
	      {0, ZONE_DMA, 0x200000, 0x40000, 0x40000});
	/* 64K pages: the same bytes, a sixteenth of the frames. */
	CHECK("{\"arch\":\"arm64\",\"page_size\":\"64KiB\",\"nodes\":[{\"cpus\":1,\"memory\":["
	      "{\"start\":\"2MiB\",\"end\":\"3840MiB\"},{\"start\":\"4GiB\",\"end\":\"8GiB\"}]}]}",
	      {0, ZONE_DMA, 0x20, 0x10000 - 0x20, 0xf000 - 0x20},
	      {0, ZONE_NORMAL, 0x10000, 0x10000, 0x10000});
}

static void test_movable(void)
{
	/* movablecore=160M of 640 MiB, 256 MiB of it below 4 GiB. Kernel memory is what remains,
	   122782 pages: all below 4 GiB (65438) and 57344 of Normal. */
	CHECK("{\"arch\":\"x86-64\",\"movablecore\":\"160MiB\",\"nodes\":[{\"cpus\":1,\"memory\":["
	      "{\"start\":\"4KiB\",\"end\":\"636KiB\"},{\"start\":\"1MiB\",\"end\":\"256MiB\"},"
	      "{\"start\":\"4GiB\",\"end\":\"4480MiB\"}]}]}",
	      {0, ZONE_DMA, 1, 4095, 3998}, {0, ZONE_DMA32, 4096, 0x100000 - 4096, 61440},
	      {0, ZONE_NORMAL, 0x100000, 57344, 57344},
	      {0, ZONE_MOVABLE, 0x10e000, 98304 - 57344, 98304 - 57344});
	/* kernelcore spread evenly over two nodes: 512 MiB each. */
	CHECK("{\"arch\":\"arm64\",\"kernelcore\":\"1GiB\",\"nodes\":["
	      "{\"cpus\":1,\"memory\":[{\"start\":\"4GiB\",\"end\":\"5GiB\"}]},"
	      "{\"cpus\":1,\"memory\":[{\"start\":\"5GiB\",\"end\":\"6GiB\"}]}]}",
	      {0, ZONE_DMA, 0x100000, 0x20000, 0x20000},
	      {0, ZONE_MOVABLE, 0x120000, 0x20000, 0x20000},
	      {1, ZONE_DMA, 0x140000, 0x20000, 0x20000},
	      {1, ZONE_MOVABLE, 0x160000, 0x20000, 0x20000});
	/* A small node gives all it has to the kernel, the large one the rest. */
	CHECK("{\"arch\":\"arm64\",\"kernelcore\":\"1GiB\",\"nodes\":["
	      "{\"cpus\":1,\"memory\":[{\"start\":\"4GiB\",\"end\":\"4352MiB\"}]},"
	      "{\"cpus\":1,\"memory\":[{\"start\":\"5GiB\",\"end\":\"7GiB\"}]}]}",
	      {0, ZONE_DMA, 0x100000, 0x10000, 0x10000}, {1, ZONE_DMA, 0x140000, 0x30000, 0x30000},
	      {1, ZONE_MOVABLE, 0x170000, 0x50000, 0x50000});
	/* Rounded up to blocks of the top order before the rest is computed. */
	CHECK("{\"arch\":\"arm64\",\"movablecore\":\"161MiB\",\"nodes\":["
	      "{\"cpus\":1,\"memory\":[{\"start\":\"4GiB\",\"end\":\"5GiB\"}]}]}",
	      {0, ZONE_DMA, 0x100000, 0x35c00, 0x35c00}, {0, ZONE_MOVABLE, 0x135c00, 0xa400, 0xa400});
	/* As a share, and more than there is: no zone Movable. */
	CHECK("{\"arch\":\"arm64\",\"movablecore_percent\":50,\"nodes\":["
	      "{\"cpus\":1,\"memory\":[{\"start\":\"4GiB\",\"end\":\"5GiB\"}]}]}",
	      {0, ZONE_DMA, 0x100000, 0x20000, 0x20000},
	      {0, ZONE_MOVABLE, 0x120000, 0x20000, 0x20000});
	CHECK("{\"arch\":\"arm64\",\"kernelcore\":\"8GiB\",\"nodes\":["
	      "{\"cpus\":1,\"memory\":[{\"start\":\"4GiB\",\"end\":\"5GiB\"}]}]}",
	      {0, ZONE_DMA, 0x100000, 0x40000, 0x40000});
}

static void test_orders(void)
{
	static const struct {
		const char *arch, *page;
		bool thp;
		u32 max_order, pageblock_order;
	} rows[] = {
		{"x86-64", "4KiB", true, 10, 9},  {"i386-pae", "4KiB", true, 10, 9},
		{"i386", "4KiB", true, 10, 10},	  {"arm64", "4KiB", true, 10, 9},
		{"arm64", "16KiB", true, 11, 11}, {"arm64", "64KiB", true, 13, 13},
		{"arm64", "4KiB", false, 10, 10},
	};

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		g_autofree char *json = g_strdup_printf(
			"{\"arch\":\"%s\",\"page_size\":\"%s\",\"thp\":%s,\"hugetlb\":%s,"
			"\"nodes\":[{\"cpus\":1,\"memory\":[{\"start\":0,\"end\":\"64MiB\"}]}]}",
			rows[i].arch, rows[i].page, rows[i].thp ? "true" : "false",
			rows[i].thp ? "true" : "false");
		struct sample_machine s;

		if (!sample_machine_text(&s, json))
			g_error("%s", err_text(&s.err));
		g_assert_cmpuint(s.machine.max_order, ==, rows[i].max_order);
		g_assert_cmpuint(s.machine.pageblock_order, ==, rows[i].pageblock_order);
		sample_machine_finish(&s);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/machine/zones/x86-64", test_x86_64);
	g_test_add_func("/machine/zones/i386", test_i386);
	g_test_add_func("/machine/zones/arm64", test_arm64);
	g_test_add_func("/machine/zones/movable", test_movable);
	g_test_add_func("/machine/zones/orders", test_orders);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What a machine section may not say, and what the frozen machine of a good one holds. */
#include <glib.h>
#include <string.h>

#include "sample_machine.h"

#define NODE(memory) "\"nodes\":[{\"cpus\":1,\"memory\":[" memory "]}]"
#define MEM(start, end) "{\"start\":\"" start "\",\"end\":\"" end "\"}"
#define X86(rest) "{\"arch\":\"x86-64\"," rest "}"
#define ARM(rest) "{\"arch\":\"arm64\"," rest "}"
#define GIB NODE(MEM("0", "1GiB"))

/* JSON, and what the error has to contain. */
static const struct {
	const char *json, *error;
} refused[] = {
	{"{}", "arch"},
	{"{\"arch\":\"vax\"," GIB "}", "arch"},
	{X86("\"nodes\":[]"), "nodes"},
	{X86("\"nodes\":[{\"cpus\":1000000000000,\"memory\":[" MEM("0", "1GiB") "]}]"), "cpus"},
	{X86("\"nodes\":[{\"cpus\":1024,\"memory\":[" MEM("0", "1GiB") "]},{\"cpus\":1}]"),
	 "1025 CPUs"},
	{X86("\"nodes\":[{\"memory\":[" MEM("0", "1GiB") "]}]"), "0 CPUs"},
	{X86("\"nodes\":[{\"cpus\":1}]"), "no node has memory"},
	{X86("\"nodes\":[{\"cpus\":1,\"memory\":[" MEM("0", "1GiB") "]},{}]"), "neither"},
	{X86(NODE(MEM("1GiB", "1MiB"))), "nodes[0].memory[0].end"},
	{X86(NODE(MEM("0", "2TiB"))), "at most 268435456"},
	{X86(NODE(MEM("1GiB", "256TiB"))), "beyond the largest address"},
	{X86(NODE(MEM("16383GiB", "16TiB"))), "beyond the largest address"},
	{X86(NODE(MEM("0", "9223372036854775807"))), "nodes[0].memory[0].end"},
	{X86(NODE(MEM("1k", "1GiB"))), "nodes[0].memory[0]: not a multiple of the page size"},
	{X86(NODE(MEM("0", "2GiB") "," MEM("1GiB", "3GiB"))),
	 "nodes[0].memory[1]: overlaps nodes[0].memory[0]"},
	{X86("\"nodes\":[{\"cpus\":1,\"memory\":[" MEM("0", "1GiB") "," MEM("2GiB", "3GiB")
	     "]},{\"memory\":[" MEM("1GiB", "2GiB") "]}]"), "lies between"},
	{X86("\"page_size\":\"64KiB\"," GIB), "page_size"},
	{X86("\"page_size\":5000," GIB), "page_size"},
	{ARM("\"page_size\":\"32KiB\"," GIB), "page_size"},
	{X86("\"zones\":[\"HighMem\"]," GIB), "zones"},
	{"{\"arch\":\"i386\"," NODE(MEM("0", "8GiB")) "}", "reaches 4 GiB"},
	{"{\"arch\":\"i386-pae\"," NODE(MEM("0", "128GiB")) "}", "reaches 64 GiB"},
	{"{\"arch\":\"i386\",\"zones\":[\"DMA\"]," GIB "}", "HighMem"},
	{"{\"arch\":\"i386\",\"zones\":[\"DMA32\"]," GIB "}", "zones"},
	{X86("\"pageblock_order\":11," GIB), "pageblock_order"},
	{X86("\"smp\":false,\"nodes\":[{\"cpus\":2,\"memory\":[" MEM("0", "1GiB") "]}]"), "smp"},
	{X86("\"nodes\":[{\"cpus\":1,\"distances\":[10,20],\"memory\":[" MEM("0", "1GiB") "]}]"),
	 "nodes[0].distances"},
	{X86("\"nodes\":[{\"cpus\":1,\"distances\":[11],\"memory\":[" MEM("0", "1GiB") "]}]"),
	 "nodes[0].distances"},
	{X86("\"reserved\":[" MEM("1GiB", "2GiB") "]," GIB), "reserved[0]: does not lie inside"},
	{X86("\"reserved\":[" MEM("1MiB", "3MiB") "],\"late_free\":[" MEM("2MiB", "4MiB") "]," GIB),
	 "late_free[0]: overlaps reserved[0]"},
	{X86("\"cma\":[{\"name\":\"a\",\"start\":\"1MiB\",\"size\":\"2MiB\"}]," GIB),
	 "cma[0]: not a multiple of the pageblock"},
	{X86("\"cma\":[{\"name\":\"a\",\"start\":\"14MiB\",\"size\":\"4MiB\"}]," GIB),
	 "cma[0]: crosses the border"},
	{X86("\"cma_configured\":false,"
	     "\"cma\":[{\"name\":\"a\",\"start\":\"32MiB\",\"size\":\"4MiB\"}]," GIB), "cma"},
	{X86("\"devices\":[{\"name\":\"disk\"},{\"name\":\"disk\"}]," GIB), "devices[1].name"},
	{X86("\"devices\":[{\"name\":\"disk\",\"depth\":0}]," GIB), "devices[0].depth"},
	{X86("\"hzz\":100," GIB), "hz"},
};

static void test_refused(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(refused); i++) {
		struct sample_machine s;

		if (sample_machine_text(&s, refused[i].json))
			g_error("accepted: %s", refused[i].json);
		if (!strstr(err_text(&s.err), refused[i].error))
			g_error("%s\nexpected \"%s\" in: %s", refused[i].json, refused[i].error,
				err_text(&s.err));
		g_assert_cmpint(s.err.kind, ==, ERR_INPUT);
		g_assert_true(strstr(err_text(&s.err), "test:1:") != NULL);
		sample_machine_finish(&s);
	}
}

static void test_good(void)
{
	struct sample_machine s;
	struct machine *m = &s.machine;

	if (!sample_machine_text(
		    &s, X86("\"name\":\"two\",\"hz\":1000,\"nodes\":["
			    "{\"cpus\":2,\"memory\":[" MEM("512MiB", "1GiB") "," MEM("0", "512MiB")
			    "]},{\"cpus\":1,\"memory\":[" MEM("1GiB", "2GiB") "]},{\"cpus\":3}],"
			    "\"late_free\":[" MEM("8MiB", "9MiB") "],\"reserved\":["
			    MEM("64MiB", "65MiB") "," MEM("1MiB", "2MiB") "],"
			    "\"devices\":[{\"name\":\"swap\",\"size\":\"1GiB\"}]")))
		g_error("%s", err_text(&s.err));
	g_assert_cmpstr(m->name, ==, "two");
	g_assert_cmpuint(m->hz, ==, 1000);
	/* Neighbours merge within a node, not across. */
	g_assert_cmpuint(m->nr_memory, ==, 2);
	g_assert_cmphex(m->memory[0].start, ==, 0);
	g_assert_cmphex(m->memory[0].end, ==, 0x40000);
	g_assert_cmpuint(m->memory[1].node, ==, 1);
	g_assert_cmphex(m->end_pfn, ==, 0x80000);
	/* CPUs are numbered on from node to node; the third node has no memory. */
	g_assert_cmpuint(m->nr_cpus, ==, 6);
	g_assert_cmpuint(m->cpu_node[1], ==, 0);
	g_assert_cmpuint(m->cpu_node[2], ==, 1);
	g_assert_cmpuint(m->cpu_node[5], ==, 2);
	g_assert_cmpuint(m->distance[0 * 3 + 0], ==, 10);
	g_assert_cmpuint(m->distance[2 * 3 + 1], ==, 20);
	g_assert_cmpuint(m->nr_reserved, ==, 2);
	g_assert_cmphex(m->reserved[0].start, ==, 0x100);
	g_assert_cmphex(m->reserved[1].start, ==, 0x4000);
	g_assert_cmphex(m->late_free[0].end, ==, 0x900);
	g_assert_cmpuint(m->nr_devices, ==, 1);
	g_assert_cmpuint(m->devices[0].params.depth, ==, 64);
	g_assert_cmpuint(m->devices[0].params.read_latency_ns, ==, 80000);
	g_assert_cmpuint(m->costs.zero_page, ==, 300);
	sample_machine_finish(&s);
}

static void test_tables(void)
{
	fields_assert_table(&machine_table);
	fields_assert_table(&costs_table);
	fields_assert_table(&boot_table);
}

/* Every default of the field table is that of cost.h. */
static void test_costs(void)
{
	struct json_doc doc;
	struct arena arena = {0};
	struct err err = {0};
	struct costs read, defaults;

	g_assert_true(json_doc_parse(&doc, "test", "{}", 2, &err));
	g_assert_true(fields_read(&costs_table, &doc, doc.root, "", &read, &arena, NULL, &err));
	costs_default(&defaults);
	g_assert_true(!memcmp(&read, &defaults, sizeof(read)));
	json_doc_finish(&doc);
	arena_finish(&arena);
}

static void read_boot(const char *json, const char *error)
{
	struct json_doc doc;
	struct arena arena = {0};
	struct err err = {0};
	struct boot_config boot;
	bool ok;

	g_assert_true(json_doc_parse(&doc, "test", json, strlen(json), &err));
	ok = fields_read(&boot_table, &doc, doc.root, "boot", &boot, &arena, NULL, &err);
	g_assert_cmpint(ok, ==, error == NULL);
	if (error)
		g_assert_true(strstr(err_text(&err), error) != NULL);
	err_clear(&err);
	json_doc_finish(&doc);
	arena_finish(&arena);
}

static void test_boot(void)
{
	read_boot("{}", NULL);
	read_boot("{\"mode\":\"proc\",\"zoneinfo\":\"z\",\"buddyinfo\":\"b\"}", NULL);
	read_boot("{\"mode\":\"proc\",\"zoneinfo\":\"z\"}", "boot.mode");
	read_boot("{\"mode\":\"cold\",\"hints\":\"h\"}", "boot.mode");
	read_boot("{\"mode\":\"warm\"}", "boot.mode");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/machine/refused", test_refused);
	g_test_add_func("/machine/good", test_good);
	g_test_add_func("/machine/tables", test_tables);
	g_test_add_func("/machine/costs", test_costs);
	g_test_add_func("/machine/boot", test_boot);
	return g_test_run();
}

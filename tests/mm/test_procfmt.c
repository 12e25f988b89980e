/* SPDX-License-Identifier: GPL-2.0-only */
/* The text of a small machine, to the blank; what the kernels print differently. */
#include <glib.h>
#include <string.h>

#include "boot_helper.h"
#include "mm/alloc.h"
#include "mm/buddy.h"
#include "mm/procfmt.h"

#define SMALL                                                                                     \
	"{\"arch\":\"x86-64\",\"nodes\":[{\"cpus\":1,\"memory\":["                                \
	"{\"start\":\"4KiB\",\"end\":\"636KiB\"},{\"start\":\"1MiB\",\"end\":\"32MiB\"}]}],"       \
	"\"reserved\":[{\"start\":\"4KiB\",\"end\":\"636KiB\"}]}"

static void boot(struct booted *b, const char *json, const struct mm_profile *profile)
{
	booted_create_text(b, json, profile, NULL);
	if (!mm_boot_cold(b->mm, &b->sample.err))
		g_error("%s", err_text(&b->sample.err));
}

static void same(char *text, const char *want)
{
	g_assert_cmpstr(text, ==, want);
	free(text);
}

static void holds(char *text, const char *part, bool yes)
{
	if ((strstr(text, part) != NULL) != yes)
		g_error("%s \"%s\" in:\n%s", yes ? "no" : "unexpected", part, text);
	free(text);
}

static void test_buddyinfo(void)
{
	struct booted b;

	boot(&b, SMALL, &profile_linux_7_2);
	same(procfmt_buddyinfo(b.mm),
	     "Node 0, zone      DMA      0      0      0      0      0      0      0      0      1      1      3 \n"
	     "Node 0, zone    DMA32      0      0      0      0      0      0      0      0      0      0      4 \n");
	booted_finish(&b);
}

static void test_pagetypeinfo(void)
{
	struct booted b;
	char *text;

	boot(&b, SMALL, &profile_linux_7_2);
	text = procfmt_pagetypeinfo(b.mm);
	g_assert_true(g_str_has_prefix(
		text,
		"Page block order: 9\n"
		"Pages per block:  512\n"
		"\n"
		"Free pages count per migrate type at order       0      1      2      3      4      5      6      7      8      9     10 \n"
		"Node    0, zone      DMA, type    Unmovable      0      0      0      0      0      0      0      0      1      0      0 \n"
		"Node    0, zone      DMA, type      Movable      0      0      0      0      0      0      0      0      0      1      3 \n"
		"Node    0, zone      DMA, type  Reclaimable "));
	g_assert_true(g_str_has_suffix(
		text,
		"\n\n"
		"Number of blocks type     Unmovable      Movable  Reclaimable   HighAtomic          CMA      Isolate \n"
		"Node 0, zone      DMA            1            7            0            0            0            0 \n"
		"Node 0, zone    DMA32            0            8            0            0            0            0 \n"));
	free(text);
	booted_finish(&b);
	/* Types that the kernel was not built with have no lines. */
	boot(&b, "{\"arch\":\"x86-64\",\"cma_configured\":false,\"isolation\":false,\"nodes\":["
		 "{\"cpus\":1,\"memory\":[{\"start\":0,\"end\":\"32MiB\"}]}]}", &profile_linux_7_2);
	holds(procfmt_pagetypeinfo(b.mm), "CMA", false);
	holds(procfmt_pagetypeinfo(b.mm), "Isolate", false);
	booted_finish(&b);
}

/* Blocks in a hole where the kernel has no page descriptors are not counted. */
static void test_holes(void)
{
	struct booted b;

	boot(&b, "{\"arch\":\"x86-64\",\"nodes\":[{\"cpus\":1,\"memory\":["
		 "{\"start\":0,\"end\":\"256MiB\"},{\"start\":\"4GiB\",\"end\":\"4224MiB\"}]}]}",
	     &profile_linux_7_2);
	holds(procfmt_pagetypeinfo(b.mm), "Node 0, zone    DMA32            0          120 ", true);
	holds(procfmt_pagetypeinfo(b.mm), "Node 0, zone   Normal            0           64 ", true);
	booted_finish(&b);
}

static void test_zoneinfo(void)
{
	struct booted b;
	char *text;

	boot(&b, SMALL, &profile_linux_7_2);
	text = procfmt_zoneinfo(b.mm);
	g_assert_true(g_str_has_prefix(text,
				       "Node 0, zone      DMA\n"
				       "  per-node stats\n"
				       "  pages free     3840\n"
				       "        boost    0\n"
				       "        min      86\n"
				       "        low      107\n"
				       "        high     128\n"
				       "        promo    149\n"
				       "        spanned  4095\n"
				       "        present  3998\n"
				       "        managed  3840\n"
				       "        cma      0\n"
				       "        protection: (0, 16, 16, 16)\n"
				       "      nr_free_pages 3840\n"
				       "      nr_free_pages_blocks 3584\n"
				       "      nr_free_cma  0\n"
				       "      numa_hit     0\n"));
	free(text);
	holds(procfmt_zoneinfo(b.mm),
	      "  pagesets\n"
	      "    cpu: 0\n"
	      "              count:    0\n"
	      "              high:     0\n"
	      "              batch:    1\n"
	      "              high_min: 107\n"
	      "              high_max: 480\n"
	      "  vm stats threshold: 2\n"
	      "  node_unreclaimable:  0\n"
	      "  start_pfn:           1\n"
	      "  reserved_highatomic: 0\n"
	      "  free_highatomic:     0\n"
	      "Node 0, zone    DMA32\n  pages free     4096\n", true);
	/* Unpopulated zones come too, without the rest; Movable's clamped marks show. */
	holds(procfmt_zoneinfo(b.mm),
	      "Node 0, zone  Movable\n"
	      "  pages free     0\n"
	      "        boost    0\n"
	      "        min      32\n"
	      "        low      32\n"
	      "        high     32\n"
	      "        promo    32\n"
	      "        spanned  0\n"
	      "        present  0\n"
	      "        managed  0\n"
	      "        cma      0\n"
	      "        protection: (0, 0, 0, 0)\n", true);
	booted_finish(&b);
}

static void test_profiles(void)
{
	struct booted b;

	boot(&b, SMALL, &profile_linux_6_12);
	holds(procfmt_zoneinfo(b.mm), "        promo    149\n", true);
	holds(procfmt_zoneinfo(b.mm), "              count: 0\n              high:  0\n", true);
	holds(procfmt_zoneinfo(b.mm), "high_min", false);
	holds(procfmt_zoneinfo(b.mm), "highatomic", false);
	holds(procfmt_zoneinfo(b.mm), "nr_free_pages_blocks", false);
	holds(procfmt_vmstat(b.mm), "nr_free_pages_blocks", false);
	booted_finish(&b);
	boot(&b, SMALL, &profile_linux_6_1);
	holds(procfmt_zoneinfo(b.mm), "promo", false);
	holds(procfmt_zoneinfo(b.mm), "              count: 0\n              high:  107\n", true);
	booted_finish(&b);
	/* A kernel without SMP has no per-CPU differences to speak of. */
	boot(&b, "{\"arch\":\"x86-64\",\"smp\":false,\"nodes\":[{\"cpus\":1,\"memory\":["
		 "{\"start\":0,\"end\":\"32MiB\"}]}]}", &profile_linux_7_2);
	holds(procfmt_zoneinfo(b.mm), "vm stats threshold", false);
	booted_finish(&b);
}

static void test_vmstat(void)
{
	struct booted b;
	struct task_struct *task;
	u32 pfn;

	boot(&b, SMALL, &profile_linux_7_2);
	task = &b.mm->kworker[0];
	pfn = alloc_pages(b.mm, task, GFP_KERNEL, 10);
	g_assert_cmpint(free_pages(b.mm, task, pfn, 10), ==, FREE_OK);
	pfn = alloc_pages(b.mm, task, GFP_KERNEL | __GFP_DMA, 4);
	holds(procfmt_vmstat(b.mm),
	      "nr_free_pages 7920\nnr_free_pages_blocks 7680\nnr_free_cma 0\n", true);
	holds(procfmt_vmstat(b.mm), "\nnuma_hit 2\n", true);
	holds(procfmt_vmstat(b.mm),
	      "\npgalloc_dma 16\npgalloc_dma32 1024\npgalloc_normal 0\npgalloc_movable 0\n", true);
	holds(procfmt_vmstat(b.mm), "\npgfree 1024\n", true);
	holds(procfmt_vmstat(b.mm), "pgalloc_high", false);
	holds(procfmt_vmstat(b.mm), "\nalloc_fail ", false);
	holds(procfmt_vmstat(b.mm), "\nnr_unstable 0\n", true);
	booted_finish(&b);
}

/* Sets the counts that the indices are made of, and nothing else. */
static void test_indices(void)
{
	struct booted b;
	struct zone *dma;

	boot(&b, SMALL, &profile_linux_7_2);
	dma = booted_zone(&b, 0, ZONE_DMA);
	for (u32 o = 0; o <= 10; o++)
		dma->free_area[o].nr_free = 0;
	dma->free_area[0].nr_free = 3;
	dma->free_area[1].nr_free = 1;
	holds(procfmt_extfrag_index(b.mm),
	      "Node 0, zone      DMA -1.000 -1.000  0.438  0.594 ", true);
	holds(procfmt_unusable_index(b.mm), "Node 0, zone      DMA 0.000 0.600 1.000 1.000 ", true);
	dma->free_area[0].nr_free = dma->free_area[1].nr_free = 0;
	holds(procfmt_extfrag_index(b.mm), "Node 0, zone      DMA  0.000  0.000 ", true);
	booted_finish(&b);
}

/* More than 100000 blocks on one list are not counted out. */
static void test_capped(void)
{
	struct booted b;
	struct zone *dma;

	boot(&b, SMALL, &profile_linux_7_2);
	dma = booted_zone(&b, 0, ZONE_DMA);
	dma->free_area[0].nr_list[MIGRATE_MOVABLE] = 100000;
	holds(procfmt_pagetypeinfo(b.mm), "type      Movable 100000      0 ", true);
	dma->free_area[0].nr_list[MIGRATE_MOVABLE] = 100001;
	holds(procfmt_pagetypeinfo(b.mm), "type      Movable >100000      0 ", true);
	booted_finish(&b);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/procfmt/buddyinfo", test_buddyinfo);
	g_test_add_func("/mm/procfmt/pagetypeinfo", test_pagetypeinfo);
	g_test_add_func("/mm/procfmt/holes", test_holes);
	g_test_add_func("/mm/procfmt/zoneinfo", test_zoneinfo);
	g_test_add_func("/mm/procfmt/profiles", test_profiles);
	g_test_add_func("/mm/procfmt/vmstat", test_vmstat);
	g_test_add_func("/mm/procfmt/indices", test_indices);
	g_test_add_func("/mm/procfmt/capped", test_capped);
	return g_test_run();
}

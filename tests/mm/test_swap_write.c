/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes to swap: which pages go as one request, when it leaves, and the memory it needs. */
#include <glib.h>

#include "mm/check.h"
#include "mm/kmalloc.h"
#include "mm/lru.h"
#include "mm/rmap.h"
#include "mm/swap.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"
#include "small_world.h"

#define NR_PAGES 80u

struct write_world {
	struct small_world w;
	struct device *dev;
	struct mm_struct *mm;
	struct vm_area_struct *vma;
	u64 busy_ns;
};

static void world_create(struct write_world *s, const struct mm_profile *profile, u32 max_segments,
			 bool indirect)
{
	const struct device_params params = {.read_latency_ns = 100000,
					     .write_latency_ns = 100000,
					     .busy_latency_ns = s->busy_ns,
					     .depth = 8,
					     .max_segments = max_segments,
					     .indirect = indirect};

	small_world_create(&s->w, NULL, profile);
	s->dev = device_create(s->w.engine, "swap", &params);
	g_assert_true(swapon(s->w.vm, s->dev, 1000, -1, false, false));
	s->mm = mm_alloc(s->w.vm, &s->w.current);
	s->vma = vm_mmap(s->mm, &s->w.current, NR_PAGES);
	for (u64 i = 0; i < NR_PAGES; i++)
		handle_mm_fault(s->vma, &s->w.current, i, true);
	lru_add_drain(s->w.vm, &s->w.current);
}

static void complete_all(struct write_world *s)
{
	engine_run(s->w.engine, engine_now(s->w.engine) + NSEC_PER_SEC);
	g_assert_cmpuint(device_in_flight(s->dev), ==, 0);
	g_assert_cmpint(global_node_page_state(s->w.vm, NR_WRITEBACK), ==, 0);
}

static void world_destroy(struct write_world *s)
{
	struct err err = {0};
	s64 slab;

	complete_all(s);
	exit_mmap(s->mm, &s->w.current);
	g_assert_true(mm_check(s->w.mm, CHECK_FULL, NULL, &err));
	slab = global_node_page_state(s->w.vm, NR_SLAB_UNRECLAIMABLE);
	g_assert_cmpuint(small_world_free_pages(&s->w) + (u64)slab, ==, s->w.boot_free);
	small_world_destroy(&s->w);
	device_destroy(s->dev);
}

/* The next page gets the next slot; its write begins unless the slot is only to be taken. */
static void swap_out(struct write_world *s, u64 i, bool write)
{
	const struct vm_node *node = vm_node_lookup(s->w.vm, &s->vma->nodes, i);
	u32 folio = node->slot[i % VM_NODE_SLOTS];

	g_assert_true(folio_alloc_swap(s->w.vm, &s->w.current, folio));
	if (!write)
		return;
	g_assert_true(try_to_unmap(s->w.vm, &s->w.current, folio));
	swap_writeout(s->w.vm, &s->w.current, folio);
	g_assert_true(pfn_to_page(s->w.mm, folio)->flags & PG_writeback);
}

static struct device_stats stats(const struct write_world *s)
{
	struct device_stats stats;

	device_stats(s->dev, &stats);
	return stats;
}

/* Without a plug each page goes at once; with one, none before it is time. */
static void test_plug(void)
{
	struct write_world s = {0};

	world_create(&s, &profile_linux_7_2, 128, false);
	swap_out(&s, 0, true);
	swap_out(&s, 1, true);
	g_assert_cmpuint(stats(&s).writes, ==, 2);
	swap_plug_start(&s.w.current);
	for (u64 i = 2; i < 12; i++)
		swap_out(&s, i, true);
	swap_plug_send(s.w.vm, &s.w.current);
	g_assert_cmpuint(stats(&s).writes, ==, 2);
	swap_plug_finish(s.w.vm, &s.w.current);
	g_assert_cmpuint(stats(&s).writes, ==, 3);
	g_assert_cmpuint(stats(&s).write_bytes, ==, 12 * 4096);
	complete_all(&s);
	/* The plug is out: one by one again. */
	swap_out(&s, 12, true);
	g_assert_cmpuint(stats(&s).writes, ==, 4);
	world_destroy(&s);
}

/* Who is about to sleep lets go of everything, and goes on gathering after that. */
static void test_flush(void)
{
	struct write_world s = {0};

	world_create(&s, &profile_linux_7_2, 128, false);
	swap_plug_start(&s.w.current);
	swap_out(&s, 0, true);
	swap_plug_flush(s.w.vm, &s.w.current);
	g_assert_cmpuint(stats(&s).writes, ==, 1);
	swap_out(&s, 1, true);
	swap_out(&s, 2, true);
	g_assert_cmpuint(stats(&s).writes, ==, 1);
	swap_plug_finish(s.w.vm, &s.w.current);
	g_assert_cmpuint(stats(&s).writes, ==, 2);
	world_destroy(&s);
}

/* A request has so many pieces; what comes behind a large one sends it off, behind a small one it
   waits with it. */
static void test_split(void)
{
	struct write_world s = {0};

	world_create(&s, &profile_linux_7_2, 40, false);
	swap_plug_start(&s.w.current);
	for (u64 i = 0; i < 40; i++)
		swap_out(&s, i, true);
	swap_plug_send(s.w.vm, &s.w.current);
	g_assert_cmpuint(stats(&s).writes, ==, 0);
	swap_out(&s, 40, true);
	g_assert_cmpuint(stats(&s).writes, ==, 0);
	swap_plug_send(s.w.vm, &s.w.current);
	g_assert_cmpuint(stats(&s).writes, ==, 1);
	g_assert_cmpuint(stats(&s).write_bytes, ==, 40 * 4096);
	swap_out(&s, 41, false); /* a gap */
	swap_out(&s, 42, true);
	swap_plug_send(s.w.vm, &s.w.current);
	g_assert_cmpuint(stats(&s).writes, ==, 1);
	swap_plug_finish(s.w.vm, &s.w.current);
	g_assert_cmpuint(stats(&s).writes, ==, 3);
	g_assert_cmpuint(stats(&s).write_bytes, ==, 42 * 4096);
	world_destroy(&s);
}

/*
 * A request leaves within a batch of pages that reclaim deals with for some more time: how many of
 * 16 pages, the last 11 of that batch, stay where they are when it is done.
 */
static u32 left_behind(u64 busy_ns, u64 batch_ns)
{
	struct write_world s = {.busy_ns = busy_ns};
	u32 folio[41], n = 0;

	world_create(&s, &profile_linux_7_2, 40, false);
	swap_plug_start(&s.w.current);
	for (u32 i = 0; i < ARRAY_SIZE(folio); i++) {
		folio[i] = vm_node_lookup(s.w.vm, &s.vma->nodes, i)->slot[i % VM_NODE_SLOTS];
		if (i == 30)
			swap_plug_send(s.w.vm, &s.w.current);
		swap_out(&s, i, true);
		if (i >= 25)
			pfn_to_page(s.w.mm, folio[i])->flags |= PG_reclaim;
	}
	task_charge(&s.w.current, CAUSE_RECLAIM, batch_ns);
	swap_plug_send(s.w.vm, &s.w.current);
	g_assert_cmpuint(stats(&s).writes, ==, 1);
	swap_plug_finish(s.w.vm, &s.w.current);
	complete_all(&s);
	for (u32 i = 25; i < ARRAY_SIZE(folio); i++) {
		g_assert_false(pfn_to_page(s.w.mm, folio[i])->flags & PG_reclaim);
		n += (pfn_to_page(s.w.mm, folio[i])->flags & PG_lru) != 0;
	}
	world_destroy(&s);
	return n;
}

/* What is written before its batch is back on the lists cannot be moved to their tail. */
static void test_off_lists(void)
{
	g_assert_cmpuint(left_behind(30000, 50000), ==, 10);
	g_assert_cmpuint(left_behind(60000, 50000), ==, 0);
	/* the device's own time, if its clock is everyone's */
	g_assert_cmpuint(left_behind(0, 50000), ==, 0);
	g_assert_cmpuint(left_behind(0, 500000), ==, 10);
}

/* Many small requests do not wait for ever either. */
static void test_many(void)
{
	struct write_world s = {0};

	world_create(&s, &profile_linux_7_2, 128, false);
	swap_plug_start(&s.w.current);
	for (u64 i = 0; i < 66; i++)
		swap_out(&s, i, i % 2);
	swap_plug_send(s.w.vm, &s.w.current);
	g_assert_cmpuint(stats(&s).writes, ==, 32);
	swap_plug_finish(s.w.vm, &s.w.current);
	g_assert_cmpuint(stats(&s).writes, ==, 33);
	world_destroy(&s);
}

static u64 objects(const struct write_world *s, u32 bytes)
{
	for (u32 i = 0; i < KMALLOC_CLASSES; i++)
		if (s->w.vm->kmalloc[i] && s->w.vm->kmalloc[i]->size == bytes)
			return s->w.vm->kmalloc[i]->nr_objects;
	return 0;
}

/* 64 pages and two more pieces, 16 bytes each, twice that where copies are kept: until the end. */
static void descriptors(const struct mm_profile *profile, u32 bytes)
{
	struct write_world s = {0};

	world_create(&s, profile, 64, true);
	swap_plug_start(&s.w.current);
	for (u64 i = 0; i < 64; i++)
		swap_out(&s, i, true);
	g_assert_cmpuint(objects(&s, bytes), ==, 0);
	swap_plug_finish(s.w.vm, &s.w.current);
	g_assert_cmpuint(objects(&s, bytes), ==, 1);
	complete_all(&s);
	g_assert_cmpuint(objects(&s, bytes), ==, 0);
	world_destroy(&s);
}

static void test_descriptors(void)
{
	descriptors(&profile_linux_7_2, 4096);
	descriptors(&profile_linux_6_12, 2048);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/swap-write/plug", test_plug);
	g_test_add_func("/mm/swap-write/flush", test_flush);
	g_test_add_func("/mm/swap-write/split", test_split);
	g_test_add_func("/mm/swap-write/off-lists", test_off_lists);
	g_test_add_func("/mm/swap-write/many", test_many);
	g_test_add_func("/mm/swap-write/descriptors", test_descriptors);
	return g_test_run();
}

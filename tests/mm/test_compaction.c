/* SPDX-License-Identifier: GPL-2.0-only */
/* Compaction over real address spaces: what moves keeps its identity, and whole blocks appear. */
#include "small_world.h"

#include <glib.h>

#include "mm/check.h"
#include "mm/compact_internal.h"
#include "mm/filemap.h"
#include "mm/fragindex.h"
#include "mm/lru.h"
#include "mm/memcontrol.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"

static void check(const struct small_world *w)
{
	struct err err = {0};

	if (!mm_check(w->mm, CHECK_FULL, NULL, &err))
		g_error("%s", err_text(&err));
	small_world_check_books(w);
}

static struct zone *zone_of(const struct small_world *w, enum zone_type type)
{
	return &w->mm->zones[type];
}

static u64 whole_blocks(const struct zone *zone)
{
	struct contig_page_info info;

	zone_contig_page_info(zone, zone->mm->pageblock_order, &info);
	return info.free_blocks_suitable;
}

/* Fills most of memory with one region and gives back pages at random. */
static struct vm_area_struct *fragment(struct small_world *w, struct mm_struct *mm, u64 pages,
				       u32 keep_percent)
{
	struct vm_area_struct *vma = vm_mmap(mm, &w->current, pages);
	u64 seed = 7;

	for (u64 i = 0; i < pages; i++)
		g_assert_cmpint(handle_mm_fault(vma, &w->current, i, true), !=, VM_FAULT_OOM);
	for (u64 i = 0; i < pages; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		if ((seed >> 33) % 100 >= keep_percent)
			zap_page_range(vma, &w->current, i, 1);
	}
	lru_add_drain(w->vm, &w->current);
	drain_all_pages(w->mm, &w->current, NULL);
	return vma;
}

static void test_whole_node(void)
{
	struct small_world w;
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	u64 before, present;

	small_world_create(&w, NULL, mm_profiles[0]);
	mm = mm_alloc(w.vm, &w.current);
	vma = fragment(&w, mm, 9000, 50);
	present = vma->nr_present;
	before = whole_blocks(zone_of(&w, ZONE_DMA32));
	check(&w);
	compact_nodes(w.mm, &w.current);
	drain_all_pages(w.mm, &w.current, NULL);
	check(&w);
	g_assert_cmpuint(vma->nr_present, ==, present);
	g_assert_cmpuint(whole_blocks(zone_of(&w, ZONE_DMA32)), >=, before + 4);
	g_assert_cmpuint(w.mm->vm_event[PGMIGRATE_SUCCESS], >, 1000);
	/* Where the scanners meet one page asks in vain, and those behind it are not tried. */
	g_assert_cmpuint(w.mm->vm_event[PGMIGRATE_FAIL], ==, 1);
	/* Every page is still found through its owner, and no two entries name one page. */
	for (u64 i = 0; i < vma->nr_pages; i++) {
		const struct vm_node *node;
		u32 slot;

		if (!vm_present(vma, i, false))
			continue;
		node = vm_node_get(w.vm, vma->nodes.id[i / VM_NODE_SLOTS]);
		g_assert_true(page_node(w.vm, node->slot[i % VM_NODE_SLOTS], &slot) == node);
		g_assert_cmpuint(slot, ==, i % VM_NODE_SLOTS);
	}
	exit_mmap(mm, &w.current);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	small_world_destroy(&w);
}

/* Memory that fork shared moves with all its mappings. */
static void test_shared(void)
{
	struct small_world w;
	struct vm_area_struct *vma;
	struct mm_struct *mm, *child;
	u64 moved;

	small_world_create(&w, NULL, mm_profiles[0]);
	mm = mm_alloc(w.vm, &w.current);
	vma = fragment(&w, mm, 8000, 30);
	child = dup_mm(mm, &w.current);
	compact_nodes(w.mm, &w.current);
	moved = w.mm->vm_event[PGMIGRATE_SUCCESS];
	g_assert_cmpuint(moved, >, 500);
	for (u64 i = 0; i < vma->nr_pages; i++) {
		const struct vm_area_struct *copy = child->areas[0];
		const struct vm_node *a, *b;

		g_assert_cmpint(vm_present(vma, i, false), ==, vm_present(copy, i, false));
		if (!vm_present(vma, i, false))
			continue;
		a = vm_node_get(w.vm, vma->nodes.id[i / VM_NODE_SLOTS]);
		b = vm_node_get(w.vm, copy->nodes.id[i / VM_NODE_SLOTS]);
		g_assert_cmpuint(a->slot[i % VM_NODE_SLOTS], ==, b->slot[i % VM_NODE_SLOTS]);
	}
	check(&w);
	exit_mmap(child, &w.current);
	exit_mmap(mm, &w.current);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	small_world_destroy(&w);
}

/* A page of a file that somebody refers to is taken, does not move and is put back. */
static void test_held_file(void)
{
	struct small_world w;
	struct file *file;
	u32 pfn[6];

	small_world_create(&w, NULL, mm_profiles[0]);
	file = file_create(w.vm);
	g_assert_cmpint(filemap_write(file, &w.current, 0, 1), ==, FILE_OK);
	g_assert_cmpint(filemap_write(file, &w.current, 5, 1), ==, FILE_OK);
	fragment(&w, mm_alloc(w.vm, &w.current), 9000, 50);
	for (u32 i = 0; i < 6; i += 5) {
		pfn[i] = filemap_get_folio(file, i);
		pfn_to_page(w.mm, pfn[i])->flags |= PG_pinned;
	}
	compact_nodes(w.mm, &w.current);
	g_assert_cmpuint(w.mm->vm_event[PGMIGRATE_SUCCESS], >, 1000);
	g_assert_cmpuint(w.mm->vm_event[PGMIGRATE_FAIL], >=, 2);
	for (u32 i = 0; i < 6; i += 5) {
		g_assert_cmpuint(filemap_get_folio(file, i), ==, pfn[i]);
		g_assert_true(pfn_to_page(w.mm, pfn[i])->flags & PG_lru);
		pfn_to_page(w.mm, pfn[i])->flags &= (u16)~PG_pinned;
	}
	/* The pages around them have gone: these two are what is left to move. */
	compact_nodes(w.mm, &w.current);
	for (u32 i = 0; i < 6; i += 5)
		g_assert_cmpuint(filemap_get_folio(file, i), !=, pfn[i]);
	check(&w);
	small_world_destroy(&w);
}

/* A request for a huge page gets one that compaction made. */
static void test_direct(void)
{
	struct small_world w;
	struct mm_struct *mm;
	u32 pfn = PFN_NONE, got = 0;

	small_world_create(&w, NULL, mm_profiles[0]);
	mm = mm_alloc(w.vm, &w.current);
	fragment(&w, mm, 12000, 60);
	for (u32 i = 0; i < 8; i++) {
		pfn = alloc_pages(w.mm, &w.current,
				  GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_RETRY_MAYFAIL, 9);
		got += pfn != PFN_NONE;
	}
	g_assert_cmpuint(w.mm->vm_event[COMPACTSTALL], >, 0);
	g_assert_cmpuint(w.mm->vm_event[COMPACTSUCCESS], >, 0);
	g_assert_cmpuint(got, >=, 4);
	small_world_destroy(&w);
}

/* Failures keep later tries away, ever longer; an allocation that succeeds ends that. */
static void test_deferral(void)
{
	struct small_world w;
	struct zone *zone;
	u32 passed = 0;

	small_world_create(&w, NULL, mm_profiles[0]);
	zone = zone_of(&w, ZONE_DMA32);
	zone->compact->order_failed = 10;
	g_assert_false(compaction_deferred(zone, 9));
	for (u32 i = 0; i < 3; i++)
		defer_compaction(zone, 9);
	for (u32 i = 0; i < 16; i++)
		passed += !compaction_deferred(zone, 9);
	/* With a shift of 3 the eighth one is let through, and all that follow until it fails. */
	g_assert_cmpuint(passed, ==, 9);
	g_assert_false(compaction_deferred(zone, 8));
	compaction_defer_reset(zone, 9, true);
	g_assert_cmpuint(zone->compact->defer_shift, ==, 0);
	g_assert_cmpint(zone->compact->order_failed, ==, 10);
	small_world_destroy(&w);
}

/* Enough free in pieces: suitable; too little free: not; whole blocks there: nothing to do. */
static void test_gate(void)
{
	struct small_world w;
	struct mm_struct *mm;
	struct zone *zone;

	small_world_create(&w, NULL, mm_profiles[0]);
	zone = zone_of(&w, ZONE_DMA32);
	g_assert_cmpint(compaction_suit_allocation_order(zone, 9, ZONE_NORMAL, ALLOC_WMARK_MIN,
							 false, false),
			==, COMPACT_SUCCESS);
	mm = mm_alloc(w.vm, &w.current);
	fragment(&w, mm, 12000, 60);
	g_assert_cmpint(compaction_suit_allocation_order(zone, 9, ZONE_NORMAL, ALLOC_WMARK_MIN,
							 false, false),
			==, COMPACT_CONTINUE);
	for (u32 i = 0; i < NR_WMARK; i++)
		zone->_watermark[i] = (s64)zone->managed_pages;
	g_assert_cmpint(compaction_suit_allocation_order(zone, 9, ZONE_NORMAL, ALLOC_WMARK_MIN,
							 false, false),
			==, COMPACT_SKIPPED);
	small_world_destroy(&w);
}

/* What a run hands over is as large as its request, though it compacts for whole pageblocks. */
static void test_capture(void)
{
	struct small_world w;
	struct compact_control cc = {.order = 9, .migratetype = MIGRATE_UNMOVABLE};
	struct capture_control capture = {.cc = &cc, .order = 0, .pfn = PFN_NONE};
	u32 pfn;

	small_world_create(&w, NULL, mm_profiles[0]);
	pfn = alloc_pages(w.mm, &w.current, GFP_KERNEL, 9);
	g_assert_cmpuint(pfn, !=, PFN_NONE);
	cc.zone = pfn_zone(w.mm, pfn);
	g_assert_false(compaction_capture(&capture, cc.zone, pfn, 9, MIGRATE_UNMOVABLE));
	capture.order = 9;
	g_assert_true(compaction_capture(&capture, cc.zone, pfn, 9, MIGRATE_UNMOVABLE));
	g_assert_cmpuint(capture.pfn, ==, pfn);
	small_world_destroy(&w);
}

/* One run for two pageblocks side by side over fragmented memory, as a task on a CPU. */
struct contest {
	struct small_world w;
	struct compact_control cc;
	enum migrate_mode mode;
	bool taken; /* somebody has the LRU's lock */
	bool killed, done;
	enum compact_result result;
};

static void contest_main(void *arg)
{
	struct contest *c = arg;
	struct task_struct *current = &c->w.current;
	struct zone *zone = zone_of(&c->w, ZONE_DMA32);
	u64 waited;

	fragment(&c->w, mm_alloc(c->w.vm, current), 12000, 80);
	waited = current->total_ns[CAUSE_LOCK];
	if (c->taken)
		node_lruvec(c->w.vm, 0)->lru_lock.free_at =
			engine_now(c->w.engine) + NSEC_PER_SEC;
	current->sigkill = c->killed;
	c->cc = (struct compact_control){.mm = c->w.mm, .current = current, .zone = zone,
					 .order = 10, .gfp = GFP_KERNEL,
					 .highest_zoneidx = ZONE_NORMAL,
					 .migratetype = MIGRATE_MOVABLE, .mode = c->mode,
					 .direct_compaction = true, .why = "direct"};
	c->result = compact_zone(&c->cc, NULL);
	g_assert_null(c->cc.locked);
	waited = current->total_ns[CAUSE_LOCK] - waited;
	g_assert_true((waited > NSEC_PER_SEC / 2) == (c->taken && !c->killed));
	c->done = true;
}

static enum compact_result run_contended(enum migrate_mode mode, bool taken, bool killed,
					 struct compact_control *cc)
{
	struct contest c = {.mode = mode, .taken = taken, .killed = killed};

	small_world_create(&c.w, NULL, mm_profiles[0]);
	c.w.current.sched = cpu_ctx_create(c.w.cpus, "test", 0, CPU_CLASS_TASK, 0, contest_main,
					   &c);
	engine_run(c.w.engine, 30ull * NSEC_PER_SEC);
	g_assert_true(c.done);
	check(&c.w);
	*cc = c.cc;
	small_world_destroy(&c.w);
	return c.result;
}

/* An asynchronous run waits for a lock once and ends with its pageblock; others only wait. */
static void test_contention(void)
{
	struct compact_control cc;

	g_assert_cmpint(run_contended(MIGRATE_ASYNC, false, false, &cc), ==, COMPACT_SUCCESS);
	g_assert_false(cc.contended);
	g_assert_cmpuint(cc.nr_migrated, >, 600);
	g_assert_cmpint(run_contended(MIGRATE_ASYNC, true, false, &cc), ==, COMPACT_CONTENDED);
	g_assert_true(cc.contended);
	g_assert_cmpuint(cc.nr_migrated, >, 0);
	g_assert_cmpuint(cc.nr_migrated, <=, 512);
	g_assert_cmpint(run_contended(MIGRATE_SYNC_LIGHT, true, false, &cc), !=,
			COMPACT_CONTENDED);
	g_assert_false(cc.contended);
	g_assert_cmpuint(cc.nr_migrated, >, 512);
	/* a fatal signal ends any run before it takes anything */
	g_assert_cmpint(run_contended(MIGRATE_SYNC_LIGHT, false, true, &cc), ==,
			COMPACT_CONTENDED);
	g_assert_cmpuint(cc.nr_migrated, ==, 0);
}

/* The free scanner: the zone's lock. */
static void test_contended_targets(void)
{
	for (u32 sync = 0; sync < 2; sync++) {
		struct compact_control cc;
		struct small_world w;
		struct zone *zone;

		small_world_create(&w, NULL, mm_profiles[0]);
		fragment(&w, mm_alloc(w.vm, &w.current), 12000, 80);
		zone = zone_of(&w, ZONE_DMA32);
		cc = (struct compact_control){.mm = w.mm, .current = &w.current, .zone = zone,
					      .order = -1, .mode = sync ? MIGRATE_SYNC_LIGHT
									: MIGRATE_ASYNC,
					      .migrate_pfn = zone->start_pfn,
					      .free_pfn = zone_end_pfn(zone) - 512,
					      .nr_migratepages = 8};
		for (u32 order = 0; order < NR_PAGE_ORDERS_LIMIT; order++)
			page_list_init(&cc.freepages[order]);
		zone->lock.free_at = engine_now(w.engine) + NSEC_PER_SEC;
		zone->lock.contended = 0;
		g_assert_cmpuint(compaction_alloc(&cc, 0), !=, PFN_NONE);
		g_assert_true(cc.contended == !sync);
		g_assert_cmpuint(zone->lock.contended, ==, 1);
		g_assert_null(cc.locked);
		small_world_destroy(&w);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/compaction/whole-node", test_whole_node);
	g_test_add_func("/compaction/shared", test_shared);
	g_test_add_func("/compaction/held-file", test_held_file);
	g_test_add_func("/compaction/direct", test_direct);
	g_test_add_func("/compaction/deferral", test_deferral);
	g_test_add_func("/compaction/gate", test_gate);
	g_test_add_func("/compaction/capture", test_capture);
	g_test_add_func("/compaction/contention", test_contention);
	g_test_add_func("/compaction/contended-targets", test_contended_targets);
	return g_test_run();
}

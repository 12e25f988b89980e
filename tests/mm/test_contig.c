/* SPDX-License-Identifier: GPL-2.0-only */
/* Contiguous ranges: what is in them moves and keeps its identity, and failure leaves no trace. */
#include "small_world.h"

#include <glib.h>

#include "mm/buddy.h"
#include "mm/check.h"
#include "mm/cma.h"
#include "mm/filemap.h"
#include "mm/huge_memory.h"
#include "mm/hugetlb.h"
#include "mm/lru.h"
#include "mm/oom.h"
#include "mm/page_isolation.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"

/* Movable, without effort. */
#define TEST_GFP (GFP_HIGHUSER_MOVABLE & ~__GFP_RECLAIM)

#define CMA_PAGES 4096u /* 16 MiB */

struct trial {
	struct small_world w;
	struct cma *cma;
	struct mm_struct *mm;
	struct vm_area_struct *vma;
	struct trace_mm_contig_end last; /* attempt */
	struct probe_listener listener;
};

static void on_contig_end(void *data, const void *event)
{
	struct trial *t = data;

	t->last = *(const struct trace_mm_contig_end *)event;
}

static void check(const struct trial *t)
{
	struct err err = {0};

	if (!mm_check(t->w.mm, CHECK_FULL, NULL, &err))
		g_error("%s", err_text(&err));
	small_world_check_books(&t->w);
	for_each_populated_zone(t->w.mm, zone)
		g_assert_cmpuint(zone->nr_isolate_pageblock, ==, 0);
	for (u64 pfn = 0; pfn < t->w.mm->end_pfn; pfn += 512)
		g_assert_cmpint(get_pageblock_migratetype(t->w.mm, pfn), !=, MIGRATE_ISOLATE);
}

static void prepare(struct trial *t, const struct mm_profile *profile)
{
	*t = (struct trial){0};
	small_world_create(&t->w, CMA_MACHINE, profile);
	t->cma = cma_find(t->w.vm, "camera");
	g_assert_nonnull(t->cma);
	g_assert_cmpuint(t->cma->count, ==, CMA_PAGES);
	t->mm = mm_alloc(t->w.vm, &t->w.current);
	t->listener = (struct probe_listener){.fn = on_contig_end, .data = t};
	mm_listen(t->w.mm, PROBE_mm_contig_end, &t->listener);
}

static void finish(struct trial *t)
{
	if (t->mm)
		exit_mmap(t->mm, &t->w.current);
	check(t);
	small_world_destroy(&t->w);
}

/* A region whose pages are all there. */
static void fill(struct trial *t, u64 pages)
{
	t->vma = vm_mmap(t->mm, &t->w.current, pages);
	for (u64 i = 0; i < pages; i++)
		g_assert_cmpint(handle_mm_fault(t->vma, &t->w.current, i, true), ==,
				VM_FAULT_MINOR);
	lru_add_drain(t->w.vm, &t->w.current);
}

static u32 page_at(const struct trial *t, u64 index)
{
	const struct vm_node *node =
		vm_node_get(t->w.vm, t->vma->nodes.id[index / VM_NODE_SLOTS]);

	return node->slot[index % VM_NODE_SLOTS];
}

/* All are there, each is found through its owner, and none lies in [pfn, pfn + nr). */
static void check_region(const struct trial *t, u32 pfn, u64 nr)
{
	g_assert_cmpuint(t->vma->nr_present, ==, t->vma->nr_pages);
	for (u64 i = 0; i < t->vma->nr_pages; i++) {
		const struct vm_node *node;
		u32 page = page_at(t, i), slot;

		node = page_node(t->w.vm, page, &slot);
		g_assert_true(node->vma == t->vma);
		g_assert_cmpuint((u64)node->index * VM_NODE_SLOTS + slot, ==, i);
		g_assert_true(page - pfn >= nr);
	}
}

static u32 take(struct trial *t, u64 count, u32 align)
{
	u32 pfn = cma_alloc(t->w.vm, &t->w.current, t->cma, count, align);

	for (u32 i = 0; pfn != PFN_NONE && i < count; i++) {
		g_assert_cmpint(pfn_to_page(t->w.mm, pfn + i)->state, ==, PAGE_USED);
		pfn_to_page(t->w.mm, pfn + i)->owner = page_owner(OWNER_BLOCK, 1);
	}
	return pfn;
}

static void give(struct trial *t, u32 pfn, u64 count)
{
	cma_release(t->w.vm, &t->w.current, t->cma, pfn, count);
}

/* Anonymous memory makes room, keeps its identity, and gets the frames back later. */
static void test_cma(void)
{
	for (u32 p = 0; mm_profiles[p]; p++) {
		struct trial t;
		u32 pfn, other;
		u64 in_area = 0;

		prepare(&t, mm_profiles[p]);
		fill(&t, 8000);
		for (u64 i = 0; i < 8000; i++)
			in_area += page_at(&t, i) - t.cma->base_pfn < CMA_PAGES;
		g_assert_cmpuint(in_area, >, 1000);
		pfn = take(&t, 3000, 0);
		g_assert_cmpuint(pfn, ==, t.cma->base_pfn);
		check_region(&t, pfn, 3000);
		check(&t);
		g_assert_cmpuint(t.last.result, ==, CONTIG_OK);
		g_assert_cmpuint(t.last.nr_migrated, >, 100);
		g_assert_cmpuint(t.w.mm->vm_event[PGMIGRATE_SUCCESS], ==, t.last.nr_migrated);
		/* the next one behind it, aligned */
		other = take(&t, 300, 8);
		g_assert_cmpuint(other, ==, t.cma->base_pfn + 3072);
		check_region(&t, other, 300);
		g_assert_cmpuint(t.cma->available, ==, CMA_PAGES - 3300);
		give(&t, pfn, 3000);
		check(&t);
		g_assert_cmpuint(take(&t, 500, 0), ==, pfn);
		give(&t, pfn, 500);
		give(&t, other, 300);
		g_assert_cmpuint(t.cma->available, ==, CMA_PAGES);
		g_assert_cmpuint(t.w.mm->vm_event[CMA_ALLOC_SUCCESS], ==, 3);
		g_assert_cmpuint(t.w.mm->vm_event[CMA_ALLOC_FAIL], ==, 0);
		exit_mmap(t.mm, &t.w.current);
		t.mm = NULL;
		check(&t);
		g_assert_cmpuint(small_world_free_pages(&t.w), ==, t.w.boot_free);
		finish(&t);
	}
}

/* While a range is held its pages count as neither free nor CMA's. */
static void test_counts(void)
{
	for (u32 p = 0; mm_profiles[p]; p++) {
		struct trial t;
		struct zone *zone;
		s64 free, cma;
		u32 pfn;

		prepare(&t, mm_profiles[p]);
		zone = pfn_zone(t.w.mm, t.cma->base_pfn);
		drain_all_pages(t.w.mm, &t.w.current, NULL);
		free = zone_page_state_snapshot(zone, NR_FREE_PAGES);
		cma = zone_page_state_snapshot(zone, NR_FREE_CMA_PAGES);
		g_assert_cmpint(cma, ==, CMA_PAGES);
		pfn = take(&t, 700, 0);
		g_assert_cmpint(zone_page_state_snapshot(zone, NR_FREE_PAGES), ==, free - 700);
		g_assert_cmpint(zone_page_state_snapshot(zone, NR_FREE_CMA_PAGES), ==, cma - 700);
		give(&t, pfn, 700);
		drain_all_pages(t.w.mm, &t.w.current, NULL);
		g_assert_cmpint(zone_page_state_snapshot(zone, NR_FREE_PAGES), ==, free);
		g_assert_cmpint(zone_page_state_snapshot(zone, NR_FREE_CMA_PAGES), ==, cma);
		g_assert_cmpuint(take(&t, CMA_PAGES + 1, 0), ==, PFN_NONE);
		g_assert_cmpuint(t.w.mm->vm_event[CMA_ALLOC_FAIL], ==, 1);
		finish(&t);
	}
}

/* A pinned page stays, the next range is tried; with no other one the request fails. */
static void test_pinned(void)
{
	for (u32 p = 0; mm_profiles[p]; p++) {
		struct trial t;
		u64 nr_pinned = 0;
		u32 pfn;

		prepare(&t, mm_profiles[p]);
		fill(&t, 13000);
		for (u64 i = 0; i < 13000; i++) {
			u32 page = page_at(&t, i);

			/* one in each pageblock of the area but the fourth */
			if (page - t.cma->base_pfn < CMA_PAGES && page % 512 == 17 &&
			    page - t.cma->base_pfn != 3 * 512 + 17) {
				g_assert_true(vm_pin_page(t.vma, i));
				nr_pinned++;
			}
		}
		g_assert_cmpuint(nr_pinned, ==, 7);
		pfn = take(&t, 512, 9);
		g_assert_cmpuint(pfn, ==, t.cma->base_pfn + 3 * 512);
		check_region(&t, pfn, 512);
		check(&t);
		g_assert_cmpuint(take(&t, 512, 9), ==, PFN_NONE);
		g_assert_cmpuint(t.last.result, ==, CONTIG_BUSY);
		g_assert_cmpuint(t.last.cause, ==, CONTIG_CAUSE_PINNED);
		g_assert_cmpuint(t.last.page % 512, ==, 17);
		g_assert_cmpuint(t.w.mm->vm_event[CMA_ALLOC_FAIL], ==, 1);
		check_region(&t, pfn, 512);
		check(&t);
		give(&t, pfn, 512);
		finish(&t);
	}
}

/* Pages to be pinned for long leave the area, so that it can be emptied; others stay. */
static void test_longterm_pins(void)
{
	struct trial t;
	u64 moved;

	prepare(&t, &profile_linux_7_2);
	fill(&t, 9000);
	for (u64 i = 0; i < 9000; i += 3) {
		u32 page = page_at(&t, i);

		g_assert_true(vm_make_pinnable(t.vma, &t.w.current, i));
		g_assert_cmpuint(page_at(&t, i) - t.cma->base_pfn, >=, CMA_PAGES);
		if (page - t.cma->base_pfn >= CMA_PAGES)
			g_assert_cmpuint(page_at(&t, i), ==, page);
		g_assert_true(vm_pin_page(t.vma, i));
	}
	moved = t.w.mm->vm_event[PGMIGRATE_SUCCESS];
	g_assert_cmpuint(moved, >, 300);
	check_region(&t, 0, 0);
	check(&t);
	g_assert_cmpuint(take(&t, 4000, 0), ==, t.cma->base_pfn);
	check_region(&t, (u32)t.cma->base_pfn, 4000);
	give(&t, (u32)t.cma->base_pfn, 4000);
	finish(&t);
}

/* Runs a part of a test as a task, for what has to wait for the disk. */
struct part {
	struct trial *t;
	void (*fn)(struct trial *t);
	bool done;
};

static void part_main(void *arg)
{
	struct part *part = arg;

	part->fn(part->t);
	part->done = true;
}

static void run_part(struct trial *t, void (*fn)(struct trial *t))
{
	struct part part = {t, fn, false};

	t->w.current.sched = cpu_ctx_create(t->w.cpus, "test", 0, CPU_CLASS_TASK,
					    engine_now(t->w.engine), part_main, &part);
	engine_run(t->w.engine, 60ull * NSEC_PER_SEC);
	g_assert_true(part.done);
	t->w.current.sched = NULL;
}

/* Clean pages of files are dropped, dirty ones move with what is in them. */
static void files_part(struct trial *t)
{
	struct file *clean = file_create(t->w.vm), *dirty = file_create(t->w.vm);
	u64 dropped = 0;
	u32 pfn;

	for (u64 i = 0; i < 4000; i += 8)
		g_assert_cmpint(filemap_write(clean, &t->w.current, i, 8), ==, FILE_OK);
	filemap_write_and_wait(clean, &t->w.current);
	for (u64 i = 0; i < 1000; i += 8)
		g_assert_cmpint(filemap_write(dirty, &t->w.current, i, 8), ==, FILE_OK);
	pfn = take(t, CMA_PAGES, 0);
	g_assert_cmpuint(pfn, ==, t->cma->base_pfn);
	check(t);
	for (u64 i = 0; i < 4000; i++) {
		u32 page = filemap_get_folio(clean, i);

		dropped += page == PFN_NONE;
		g_assert_true(page == PFN_NONE || page - pfn >= CMA_PAGES);
	}
	for (u64 i = 0; i < 1000; i++) {
		u32 page = filemap_get_folio(dirty, i);

		g_assert_cmpuint(page, !=, PFN_NONE);
		g_assert_cmpuint(page - pfn, >=, CMA_PAGES);
		g_assert_true(pfn_to_page(t->w.mm, page_folio(t->w.mm, page))->flags & PG_dirty);
	}
	g_assert_cmpuint(dropped, >, 100);
	g_assert_cmpuint(t->last.nr_reclaimed, ==, dropped);
	g_assert_cmpuint(t->last.nr_migrated, >, 0);
	give(t, pfn, CMA_PAGES);
}

static void test_files(void)
{
	struct trial t;

	prepare(&t, &profile_linux_7_2);
	fill(&t, 3000);
	run_part(&t, files_part);
	check_region(&t, 0, 0);
	finish(&t);
}

/* Nowhere to go: that is another failure than a page that stays, and no other range is tried. */
static void test_no_target(void)
{
	struct trial t;
	u32 *held = NULL, n = 0, pfn;

	prepare(&t, &profile_linux_7_2);
	fill(&t, 6000);
	held = g_new(u32, 20000);
	while ((pfn = alloc_pages(t.w.mm, &t.w.current, TEST_GFP, 0)) != PFN_NONE)
		held[n++] = pfn;
	for (u32 i = 0; i < n; i++)
		pfn_to_page(t.w.mm, held[i])->owner = page_owner(OWNER_BLOCK, 2);
	g_assert_cmpuint(take(&t, 1024, 0), ==, PFN_NONE);
	g_assert_cmpuint(t.last.result, ==, CONTIG_NO_MEMORY);
	g_assert_cmpuint(t.last.cause, ==, CONTIG_CAUSE_NO_TARGET);
	check_region(&t, 0, 0);
	check(&t);
	for (u32 i = 0; i < n; i++)
		g_assert_cmpint(free_pages(t.w.mm, &t.w.current, held[i], 0), ==, FREE_OK);
	g_free(held);
	finish(&t);
}

static void test_signal(void)
{
	struct trial t;

	prepare(&t, &profile_linux_7_2);
	fill(&t, 8000);
	t.w.current.sigkill = true;
	g_assert_cmpuint(take(&t, 512, 0), ==, PFN_NONE);
	g_assert_cmpuint(t.last.cause, ==, CONTIG_CAUSE_SIGNAL);
	t.w.current.sigkill = false;
	check_region(&t, 0, 0);
	check(&t);
	finish(&t);
}

/* A range of which somebody else has isolated a part. */
static void test_overlap(void)
{
	struct trial t;
	u64 base;
	u32 page;

	prepare(&t, &profile_linux_7_2);
	base = t.cma->base_pfn;
	g_assert_true(start_isolate_page_range(t.w.mm, &t.w.current, base, base + 512,
					       MIGRATE_CMA, &page));
	g_assert_cmpuint(take(&t, 600, 0), ==, base + 512);
	give(&t, (u32)base + 512, 600);
	g_assert_cmpint(alloc_contig_range(t.w.mm, &t.w.current, base, base + 600, MIGRATE_CMA,
					   GFP_KERNEL, "test", NULL),
			==, CONTIG_BUSY);
	g_assert_cmpuint(t.last.cause, ==, CONTIG_CAUSE_ISOLATED);
	undo_isolate_page_range(t.w.mm, &t.w.current, base, base + 512, MIGRATE_CMA);
	finish(&t);
}

/* A page of the kernel in the way: nothing is moved for nothing. */
static void test_unmovable(void)
{
	struct trial t;
	enum contig_cause cause;
	u32 pfn;

	prepare(&t, &profile_linux_7_2);
	pfn = alloc_pages(t.w.mm, &t.w.current, GFP_KERNEL, 0);
	pfn_to_page(t.w.mm, pfn)->owner = page_owner(OWNER_BLOCK, 3);
	g_assert_cmpint(alloc_contig_range(t.w.mm, &t.w.current, pfn & ~511u, (pfn & ~511u) + 512,
					   MIGRATE_MOVABLE, GFP_KERNEL, "test", &cause),
			==, CONTIG_BUSY);
	g_assert_cmpuint(cause, ==, CONTIG_CAUSE_UNMOVABLE);
	/* the first of those there: the root of the page table comes before it */
	g_assert_cmpuint(t.last.page, ==, t.mm->pgtable.root);
	g_assert_cmpuint(t.last.page >> 9, ==, pfn >> 9);
	check(&t);
	g_assert_cmpint(free_pages(t.w.mm, &t.w.current, pfn, 0), ==, FREE_OK);
	finish(&t);
}

static u32 take_blocks(struct trial *t, u32 *held)
{
	u32 n = 0;

	while ((held[n] = alloc_pages(t->w.mm, &t->w.current, TEST_GFP, 9)) != PFN_NONE)
		pfn_to_page(t->w.mm, held[n++])->owner = page_owner(OWNER_BLOCK, 2);
	return n;
}

/* No block of a pageblock's size is left, but enough pages: every second one of some blocks. */
static void crowd(struct trial *t)
{
	u32 held[64], n = take_blocks(t, held);

	for (u32 i = n - 6; i < n; i++) {
		g_assert_cmpint(split_page(t->w.mm, held[i], 9, 0), ==, FREE_OK);
		for (u32 k = 0; k < 512; k += 2)
			g_assert_cmpint(free_pages(t->w.mm, &t->w.current, held[i] + k, 0), ==,
					FREE_OK);
	}
	(void)take_blocks(t, held); /* those that the watermarks kept */
}

/* Huge pages move whole while there is room for one, and in pieces otherwise. */
static void test_huge(void)
{
	for (u32 crowded = 0; crowded < 2; crowded++) {
		struct trial t;
		u32 folio;

		prepare(&t, &profile_linux_7_2);
		t.w.mm->sysctl.thp_enabled = THP_ALWAYS;
		t.vma = vm_mmap(t.mm, &t.w.current, 512);
		g_assert_cmpint(handle_mm_fault(t.vma, &t.w.current, 0, true), ==, VM_FAULT_MINOR);
		g_assert_nonnull(huge_entry_of(t.vma, 0));
		folio = huge_entry_of(t.vma, 0)->folio;
		if (crowded)
			crowd(&t);
		g_assert_cmpint(alloc_contig_range(t.w.mm, &t.w.current, folio, folio + 512,
						   MIGRATE_MOVABLE, GFP_KERNEL, "test", NULL),
				==, CONTIG_OK);
		g_assert_cmpuint(t.last.nr_migrated, ==, 512);
		g_assert_cmpuint(t.vma->nr_present, ==, 512);
		g_assert_true((huge_entry_of(t.vma, 0) == NULL) == (crowded != 0));
		if (crowded)
			check_region(&t, folio, 512);
		else
			g_assert_cmpuint(huge_entry_of(t.vma, 0)->folio, !=, folio);
		free_contig_range(t.w.mm, &t.w.current, folio, 512);
		check(&t);
		finish(&t);
	}
}

/* A page of the pool is replaced; gigantic ones are contiguous ranges and stay. */
static void test_hugetlb(void)
{
	for (u32 p = 0; mm_profiles[p]; p++) {
		struct trial t;
		struct hstate *small, *gigantic;
		u32 pfn;

		prepare(&t, mm_profiles[p]);
		g_assert_cmpuint(hugetlb_order(t.w.mm->machine, 0), ==, 9);
		g_assert_cmpuint(hugetlb_order(t.w.mm->machine, 1ull << 30), ==, 18);
		g_assert_cmpuint(hugetlb_order(t.w.mm->machine, 4ull << 20), ==, 0);
		fill(&t, 3000);
		small = hugetlb_hstate(t.w.vm, 9);
		g_assert_cmpint(hugetlb_grow(t.w.vm, &t.w.current, small), ==, HUGETLB_GROWN);
		pfn = small->pfns[0];
		g_assert_cmpint(alloc_contig_range(t.w.mm, &t.w.current, pfn, pfn + 512,
						   get_pageblock_migratetype(t.w.mm, pfn),
						   GFP_KERNEL, "test", NULL),
				==, CONTIG_OK);
		g_assert_cmpuint(small->nr, ==, 1);
		g_assert_cmpuint(small->pfns[0], !=, pfn);
		free_contig_range(t.w.mm, &t.w.current, pfn, 512);
		check(&t);
		gigantic = hugetlb_hstate(t.w.vm, 12);
		g_assert_cmpint(hugetlb_grow(t.w.vm, &t.w.current, gigantic), ==, HUGETLB_GROWN);
		pfn = gigantic->pfns[0];
		g_assert_cmpuint(pfn % 4096, ==, 0);
		check_region(&t, pfn, 4096);
		check(&t);
		g_assert_cmpint(alloc_contig_range(t.w.mm, &t.w.current, pfn, pfn + 512,
						   MIGRATE_MOVABLE, GFP_KERNEL, "test", NULL),
				==, CONTIG_NO_MEMORY);
		check(&t);
		/* 64 MiB do not have room for three more */
		while (hugetlb_grow(t.w.vm, &t.w.current, gigantic) == HUGETLB_GROWN)
			check(&t);
		g_assert_cmpuint(gigantic->nr, <, 3);
		g_assert_cmpuint(gigantic->failed, ==, 1);
		while (gigantic->nr)
			hugetlb_shrink(t.w.vm, &t.w.current, gigantic);
		hugetlb_shrink(t.w.vm, &t.w.current, small);
		exit_mmap(t.mm, &t.w.current);
		t.mm = NULL;
		check(&t);
		g_assert_cmpuint(small_world_free_pages(&t.w), ==, t.w.boot_free);
		finish(&t);
	}
}

/* Two drivers and a reader at once, and pages under write-back: the one waits for the other. */
struct driver {
	struct trial *t;
	struct task_struct current;
	u64 count, rounds, got;
	bool done;
};

static void drive(void *arg)
{
	struct driver *d = arg;
	struct vm *vm = d->t->w.vm;

	for (u64 i = 0; i < d->rounds; i++) {
		u32 pfn = cma_alloc(vm, &d->current, d->t->cma, d->count, 0);

		for (u32 k = 0; pfn != PFN_NONE && k < d->count; k++)
			pfn_to_page(d->t->w.mm, pfn + k)->owner = page_owner(OWNER_BLOCK, 1);
		cpu_sleep(d->current.sched, 300000);
		if (pfn == PFN_NONE)
			continue;
		d->got++;
		cma_release(vm, &d->current, d->t->cma, pfn, d->count);
	}
	d->done = true;
}

static void write_files(void *arg)
{
	struct driver *d = arg;
	struct file *file = file_create(d->t->w.vm);

	for (u64 i = 0; i < d->rounds; i++) {
		g_assert_cmpint(filemap_write(file, &d->current, i % 64 * 64, 64), ==, FILE_OK);
		if (i % 8 == 7)
			filemap_write_and_wait(file, &d->current);
	}
	d->done = true;
}

static void test_side_by_side(void)
{
	for (u32 p = 0; mm_profiles[p]; p++) {
		struct driver d[3];
		struct trial t;

		prepare(&t, mm_profiles[p]);
		fill(&t, 5000);
		for (u32 i = 0; i < 3; i++) {
			d[i] = (struct driver){.t = &t, .count = 900 + 700 * i, .rounds = 20,
					       .current = {.comm = "driver", .pid = 2 + i}};
			d[i].rounds = i == 2 ? 200 : 20;
			d[i].current.cpu = i % 2;
			d[i].current.sched = cpu_ctx_create(t.w.cpus, "driver", i % 2,
							    CPU_CLASS_TASK, i * 1000,
							    i == 2 ? write_files : drive, &d[i]);
		}
		engine_run(t.w.engine, 60ull * NSEC_PER_SEC); /* the flusher never ends */
		g_assert_true(d[0].done && d[1].done && d[2].done);
		g_assert_cmpuint(d[0].got + d[1].got, >, 20);
		g_assert_cmpuint(t.cma->available, ==, CMA_PAGES);
		check_region(&t, 0, 0);
		finish(&t);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/contig/cma", test_cma);
	g_test_add_func("/mm/contig/counts", test_counts);
	g_test_add_func("/mm/contig/pinned", test_pinned);
	g_test_add_func("/mm/contig/longterm-pins", test_longterm_pins);
	g_test_add_func("/mm/contig/files", test_files);
	g_test_add_func("/mm/contig/no-target", test_no_target);
	g_test_add_func("/mm/contig/signal", test_signal);
	g_test_add_func("/mm/contig/overlap", test_overlap);
	g_test_add_func("/mm/contig/unmovable", test_unmovable);
	g_test_add_func("/mm/contig/huge", test_huge);
	g_test_add_func("/mm/contig/hugetlb", test_hugetlb);
	g_test_add_func("/mm/contig/side-by-side", test_side_by_side);
	return g_test_run();
}

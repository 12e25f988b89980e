/* SPDX-License-Identifier: GPL-2.0-only */
/* Swap: which slot is next, who keeps it, what comes back and when, and that all slots return. */
#include <glib.h>

#include "engine/rng.h"
#include "mm/check.h"
#include "mm/lru.h"
#include "mm/rmap.h"
#include "mm/swap.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"
#include "small_world.h"

struct swap_world {
	struct small_world w;
	struct device *dev;
	struct mm_struct *mm;
	struct vm_area_struct *vma;
};

static void world_create_for(struct swap_world *s, const struct mm_profile *profile, u64 slots,
			     bool synchronous, u64 pages)
{
	const struct device_params params = {.read_latency_ns = 100000,
					     .write_latency_ns = 100000, .depth = 8};

	small_world_create(&s->w, NULL, profile);
	s->dev = device_create(s->w.engine, "swap", &params);
	if (slots)
		g_assert_true(swapon(s->w.vm, s->dev, slots, -1, false, synchronous));
	s->mm = mm_alloc(s->w.vm, &s->w.current);
	s->vma = vm_mmap(s->mm, &s->w.current, pages);
	for (u64 i = 0; i < pages; i++)
		handle_mm_fault(s->vma, &s->w.current, i, true);
	lru_add_drain(s->w.vm, &s->w.current);
}

static void world_create(struct swap_world *s, u64 slots, bool synchronous, u64 pages)
{
	world_create_for(s, &profile_linux_7_2, slots, synchronous, pages);
}

static void check_all(struct swap_world *s)
{
	struct err err = {0};

	g_assert_true(mm_check(s->w.mm, CHECK_FULL, NULL, &err));
}

static void world_destroy(struct swap_world *s)
{
	check_all(s);
	exit_mmap(s->mm, &s->w.current);
	check_all(s);
	g_assert_cmpuint(get_nr_swap_pages(s->w.vm), ==, total_swap_pages(s->w.vm));
	g_assert_cmpuint(total_swapcache_pages(s->w.vm), ==, 0);
	g_assert_cmpint(global_node_page_state(s->w.vm, NR_FILE_PAGES), ==, 0);
	g_assert_cmpuint(small_world_free_pages(&s->w), ==, s->w.boot_free);
	small_world_destroy(&s->w);
	device_destroy(s->dev);
}

static struct vm_node *node_of(const struct vm_area_struct *vma, u64 i)
{
	return vm_node_lookup(vma->vm_mm->vm, &vma->nodes, i);
}

static u32 pfn_at(const struct vm_area_struct *vma, u64 i)
{
	g_assert_true(node_of(vma, i)->present >> (i % 64) & 1);
	return node_of(vma, i)->slot[i % 64];
}

static swp_entry_t entry_at(const struct vm_area_struct *vma, u64 i)
{
	g_assert_true(node_of(vma, i)->swapped >> (i % 64) & 1);
	return node_of(vma, i)->slot[i % 64];
}

/* What reclaim does with a page, up to the write. */
static u32 swap_out(struct swap_world *s, const struct vm_area_struct *vma, u64 i)
{
	u32 folio = pfn_at(vma, i);

	if (!(pfn_to_page(s->w.mm, folio)->flags & PG_swapcache) &&
	    !folio_alloc_swap(s->w.vm, &s->w.current, folio))
		return PFN_NONE;
	g_assert_true(try_to_unmap(s->w.vm, &s->w.current, folio));
	if (pfn_to_page(s->w.mm, folio)->flags & PG_dirty)
		swap_writeout(s->w.vm, &s->w.current, folio);
	return folio;
}

static void drop(struct swap_world *s, u32 folio)
{
	g_assert_false(pfn_to_page(s->w.mm, folio)->flags & (PG_writeback | PG_dirty));
	swap_cache_del_folio(s->w.vm, folio, 0);
	folios_put(s->w.vm, &s->w.current, &folio, 1);
}

static void evict(struct swap_world *s, const struct vm_area_struct *vma, u64 i)
{
	u32 folio = swap_out(s, vma, i);

	engine_run(s->w.engine, engine_now(s->w.engine) + NSEC_PER_MSEC);
	drop(s, folio);
}

/* Each CPU fills a cluster of its own; freed slots of a left cluster come before fresh clusters. */
static void test_slots(void)
{
	struct swap_world s;

	world_create(&s, 2000, true, 1600);
	for (u64 i = 0; i < 10; i++)
		evict(&s, s.vma, i);
	s.w.current.cpu = 1;
	evict(&s, s.vma, 10);
	s.w.current.cpu = 0;
	evict(&s, s.vma, 11);
	for (u64 i = 0; i < 10; i++)
		g_assert_cmpuint(entry_at(s.vma, i), ==, 1 + i);
	g_assert_cmpuint(entry_at(s.vma, 10), ==, 1 + SWAPFILE_CLUSTER);
	g_assert_cmpuint(entry_at(s.vma, 11), ==, 11);
	for (u64 i = 12; i < 513; i++)
		evict(&s, s.vma, i);
	g_assert_cmpuint(entry_at(s.vma, 512), ==, SWAPFILE_CLUSTER);
	/* The first cluster is full. Two slots of it come back. */
	zap_page_range(s.vma, &s.w.current, 100, 2);
	evict(&s, s.vma, 513);
	g_assert_cmpuint(entry_at(s.vma, 513), ==, 100);
	evict(&s, s.vma, 514);
	evict(&s, s.vma, 515);
	g_assert_cmpuint(entry_at(s.vma, 514), ==, 101);
	g_assert_cmpuint(entry_at(s.vma, 515), ==, 1 + 2 * SWAPFILE_CLUSTER);
	world_destroy(&s);
}

static void test_full(void)
{
	struct swap_world s;
	u64 i = 0;

	world_create(&s, 600, true, 700);
	for (; i < 300; i++)
		evict(&s, s.vma, i);
	g_assert_false(vm_swap_full(s.w.vm));
	evict(&s, s.vma, i++);
	g_assert_true(vm_swap_full(s.w.vm));
	for (; i < 600; i++)
		evict(&s, s.vma, i);
	g_assert_cmpuint(get_nr_swap_pages(s.w.vm), ==, 0);
	g_assert_cmpuint(swap_out(&s, s.vma, i), ==, PFN_NONE);
	g_assert_cmpuint(s.mm->rss_stat[MM_SWAPENTS], ==, 600);
	g_assert_cmpuint(s.mm->rss_stat[MM_ANONPAGES], ==, 100);
	check_all(&s);
	/* Any freed slot is found. */
	zap_page_range(s.vma, &s.w.current, 77, 1);
	evict(&s, s.vma, 600);
	g_assert_cmpuint(entry_at(s.vma, 600), ==, 78);
	world_destroy(&s);
}

/* A higher priority first; equal ones take turns, a cluster's length at a time. */
static void test_priorities(void)
{
	struct swap_world s;

	world_create(&s, 512, true, 2200);
	g_assert_true(swapon(s.w.vm, s.dev, 1024, -1, false, true));
	g_assert_true(swapon(s.w.vm, s.dev, 100, 5, false, true));
	g_assert_cmpuint(total_swap_pages(s.w.vm), ==, 1636);
	for (u64 i = 0; i < 1636; i++)
		evict(&s, s.vma, i);
	g_assert_cmpuint(entry_at(s.vma, 0), ==, 1537);
	g_assert_cmpuint(entry_at(s.vma, 99), ==, 1636);
	g_assert_cmpuint(entry_at(s.vma, 100), ==, 1);
	g_assert_cmpuint(entry_at(s.vma, 612), ==, 513);
	g_assert_cmpuint(entry_at(s.vma, 1124), ==, 1025);
	g_assert_cmpuint(get_nr_swap_pages(s.w.vm), ==, 0);
	g_assert_false(swapon(s.w.vm, s.dev, SWAP_MAX_PAGES, 0, false, true));
	world_destroy(&s);
}

struct fiber_arg {
	struct swap_world *s;
	struct task_struct current;
	void (*fn)(struct swap_world *s, struct task_struct *current);
};

static void fiber_main(void *arg)
{
	struct fiber_arg *fiber = arg;

	fiber->fn(fiber->s, &fiber->current);
}

/* Runs fn as a task of CPU 0, to its end. */
static void as_task(struct swap_world *s, void (*fn)(struct swap_world *, struct task_struct *))
{
	struct fiber_arg fiber = {.s = s, .fn = fn, .current = {.comm = "task", .pid = 2}};

	fiber.current.sched = cpu_ctx_create(s->w.cpus, "task", 0, CPU_CLASS_TASK,
					     engine_now(s->w.engine), fiber_main, &fiber);
	engine_run(s->w.engine, engine_now(s->w.engine) + NSEC_PER_SEC);
}

static void read_and_write(struct swap_world *s, struct task_struct *current)
{
	const struct page *map = s->w.mm->mem_map;
	u64 before = engine_now(s->w.engine);
	bool keeps = s->w.mm->profile->swapin_keeps_slot;
	struct vm *vm = s->w.vm;
	u32 folio;

	/* Read: the slot stays, with a clean copy in memory; a write then makes it stale. */
	g_assert_cmpint(handle_mm_fault(s->vma, current, 3, false), ==, VM_FAULT_MAJOR);
	g_assert_cmpuint(engine_now(s->w.engine), >=, before + 100000);
	g_assert_cmpuint(current->total_ns[CAUSE_SWAP_IN], >=, 100000);
	folio = pfn_at(s->vma, 3);
	g_assert_cmpuint(map[folio].flags & (PG_swapcache | PG_dirty | PG_locked), ==, PG_swapcache);
	g_assert_cmpuint(folio_swap_entry(vm, folio), ==, 4);
	g_assert_cmpuint(swap_count(vm, 4), ==, 0);
	g_assert_cmpint(handle_mm_fault(s->vma, current, 3, true), ==, VM_FAULT_NONE);
	g_assert_true(try_to_unmap(vm, current, folio));
	g_assert_true(map[folio].flags & PG_dirty);
	/* Still in memory: a minor fault, and its write frees the slot unless the kernel keeps it. */
	g_assert_cmpint(handle_mm_fault(s->vma, current, 3, true), ==, VM_FAULT_MINOR);
	g_assert_true(!(map[folio].flags & PG_swapcache) == !keeps);
	g_assert_cmpuint(swap_count(vm, 4), ==, 0);
	g_assert_cmpuint(get_nr_swap_pages(vm), ==, total_swap_pages(vm) - (keeps ? 64 : 63));

	g_assert_cmpint(handle_mm_fault(s->vma, current, 40, true), ==, VM_FAULT_MAJOR);
	g_assert_true(!(map[pfn_at(s->vma, 40)].flags & PG_swapcache) == !keeps);
	g_assert_cmpuint(s->mm->maj_flt, ==, 2);
}

static void round_trip(const struct mm_profile *profile)
{
	struct swap_world s;

	world_create_for(&s, profile, 1000, false, 64);
	s.w.mm->sysctl.page_cluster = 0;
	for (u64 i = 0; i < 64; i++)
		evict(&s, s.vma, i);
	g_assert_cmpuint(s.w.mm->vm_event[PSWPOUT], ==, 64);
	g_assert_cmpint(global_node_page_state(s.w.vm, NR_WRITTEN), ==, 64);
	g_assert_cmpint(global_node_page_state(s.w.vm, NR_ANON_MAPPED), ==, 0);
	as_task(&s, read_and_write);
	g_assert_cmpuint(s.w.mm->vm_event[PSWPIN], ==, 2);
	g_assert_cmpuint(s.w.mm->vm_event[PGMAJFAULT], ==, 2);
	g_assert_cmpuint(s.w.mm->vm_event[SWAP_RA], ==, 0);
	world_destroy(&s);
}

static void test_round_trip(void)
{
	round_trip(&profile_linux_6_12);
	round_trip(&profile_linux_7_2);
}

static void read_in_order(struct swap_world *s, struct task_struct *current)
{
	u64 *event = s->w.mm->vm_event;

	/* A new region has some credit: a window of eight around the address. */
	g_assert_cmpint(handle_mm_fault(s->vma, current, 100, false), ==, VM_FAULT_MAJOR);
	g_assert_cmpuint(event[SWAP_RA], ==, 7);
	for (u64 i = 97; i < 105; i++)
		g_assert_cmpuint(swap_cache_folio(s->w.vm, (u32)(1 + i)), !=, PFN_NONE);
	g_assert_cmpuint(swap_cache_folio(s->w.vm, 1 + 96), ==, PFN_NONE);
	g_assert_cmpuint(swap_cache_folio(s->w.vm, 1 + 105), ==, PFN_NONE);
	for (u64 i = 101; i < 105; i++)
		handle_mm_fault(s->vma, current, i, false);
	g_assert_cmpuint(event[SWAP_RA_HIT], ==, 4);
	g_assert_cmpuint(event[PGMAJFAULT], ==, 1);
	/* Ascending: the window begins at the address. Four hits and two make eight. */
	g_assert_cmpint(handle_mm_fault(s->vma, current, 105, false), ==, VM_FAULT_MAJOR);
	g_assert_cmpuint(swap_cache_folio(s->w.vm, 1 + 112), !=, PFN_NONE);
	g_assert_cmpuint(swap_cache_folio(s->w.vm, 1 + 113), ==, PFN_NONE);
	/* No hits and elsewhere: windows shrink by half, to the page alone. */
	for (u64 i = 0; i < 3; i++)
		handle_mm_fault(s->vma, current, 10 + 30 * i, false);
	g_assert_cmpuint(event[SWAP_RA], ==, 7 + 7 + 3 + 1);
	g_assert_cmpuint(event[PGMAJFAULT], ==, 5);
	/* A region's edge cuts the window. */
	s->vma->swap_ra_hits = 10;
	handle_mm_fault(s->vma, current, 199, false);
	g_assert_cmpuint(event[SWAP_RA], ==, 18 + 3);
}

static void test_readahead(void)
{
	struct swap_world s;

	world_create(&s, 1000, false, 200);
	for (u64 i = 0; i < 200; i++)
		evict(&s, s.vma, i);
	as_task(&s, read_in_order);
	world_destroy(&s);
}

static void read_by_slots(struct swap_world *s, struct task_struct *current)
{
	/* Neighbours on the device, aligned: 96 .. 103 hold pages 96 .. 103. */
	g_assert_cmpint(handle_mm_fault(s->vma, current, 100, false), ==, VM_FAULT_MAJOR);
	for (u64 i = 0; i < 200; i++)
		g_assert_true((swap_cache_folio(s->w.vm, (u32)(1 + i)) != PFN_NONE) ==
			      (i >= 96 && i < 104));
	handle_mm_fault(s->vma, current, 103, false);
	g_assert_cmpuint(s->w.mm->vm_event[SWAP_RA_HIT], ==, 1);
}

static void test_cluster_readahead(void)
{
	struct swap_world s;

	world_create(&s, 0, false, 200);
	g_assert_true(swapon(s.w.vm, s.dev, 1000, -1, true, false));
	for (u64 i = 0; i < 200; i++) {
		s.w.current.cpu = i % 2;
		evict(&s, s.vma, i);
		/* One place on the device for all CPUs. */
		g_assert_cmpuint(entry_at(s.vma, i), ==, 1 + i);
	}
	as_task(&s, read_by_slots);
	world_destroy(&s);
}

/* Of a page that fork shared, each entry counts; who writes gets a copy of his own. */
static void test_shared(void)
{
	struct vm_area_struct *copy;
	struct mm_struct *child;
	struct swap_world s;
	u32 folio;

	world_create(&s, 1000, true, 10);
	child = dup_mm(s.mm, &s.w.current);
	copy = child->areas[0];
	folio = swap_out(&s, s.vma, 4);
	g_assert_cmpuint(swap_count(s.w.vm, 1), ==, 2);
	g_assert_cmpuint(entry_at(copy, 4), ==, 1);
	g_assert_false(folio_mapped(s.w.vm, folio));
	check_all(&s);
	drop(&s, folio);

	g_assert_cmpint(handle_mm_fault(copy, &s.w.current, 4, true), ==, VM_FAULT_MAJOR);
	g_assert_cmpuint(swap_count(s.w.vm, 1), ==, 1);
	folio = swap_cache_folio(s.w.vm, 1);
	g_assert_cmpuint(folio, !=, PFN_NONE);
	g_assert_cmpuint(pfn_at(copy, 4), !=, folio);
	g_assert_cmpint(page_owner_kind(pfn_to_page(s.w.mm, folio)), ==, OWNER_SWAP);
	check_all(&s);
	/* The parent takes what is left in the cache, now alone. */
	g_assert_cmpint(handle_mm_fault(s.vma, &s.w.current, 4, true), ==, VM_FAULT_MINOR);
	g_assert_cmpuint(pfn_at(s.vma, 4), ==, folio);
	g_assert_cmpuint(get_nr_swap_pages(s.w.vm), ==, 1000);

	/* Both read: one page again, written by neither. */
	folio = swap_out(&s, s.vma, 5);
	g_assert_cmpint(handle_mm_fault(s.vma, &s.w.current, 5, false), ==, VM_FAULT_MINOR);
	g_assert_false(vm_present(s.vma, 5, true));
	g_assert_cmpint(handle_mm_fault(copy, &s.w.current, 5, false), ==, VM_FAULT_MINOR);
	g_assert_cmpuint(folio_mapcount(s.w.vm, folio), ==, 2);
	check_all(&s);
	exit_mmap(child, &s.w.current);
	g_assert_cmpuint(folio_mapcount(s.w.vm, folio), ==, 1);
	world_destroy(&s);
}

/* fork copies entries of swapped pages. */
static void test_fork_swapped(void)
{
	struct mm_struct *child;
	struct swap_world s;

	world_create(&s, 1000, true, 100);
	for (u64 i = 0; i < 100; i++)
		evict(&s, s.vma, i);
	child = dup_mm(s.mm, &s.w.current);
	g_assert_cmpuint(child->rss_stat[MM_SWAPENTS], ==, 100);
	g_assert_cmpuint(swap_count(s.w.vm, 9), ==, 2);
	vm_munmap(s.vma, &s.w.current);
	g_assert_cmpuint(swap_count(s.w.vm, 9), ==, 1);
	g_assert_cmpuint(get_nr_swap_pages(s.w.vm), ==, 900);
	exit_mmap(child, &s.w.current);
	world_destroy(&s);
}

/* Whoever exits while his page is written leaves it to the cache. */
static void test_orphan(void)
{
	struct swap_world s;
	u32 folio;

	world_create(&s, 1000, false, 10);
	folio = swap_out(&s, s.vma, 4);
	g_assert_true(pfn_to_page(s.w.mm, folio)->flags & PG_writeback);
	vm_munmap(s.vma, &s.w.current);
	g_assert_cmpuint(get_nr_swap_pages(s.w.vm), ==, 999);
	g_assert_cmpint(page_owner_kind(pfn_to_page(s.w.mm, folio)), ==, OWNER_SWAP);
	check_all(&s);
	engine_run(s.w.engine, NSEC_PER_MSEC);
	drop(&s, folio);
	world_destroy(&s);
}

/*
 * Once swap is half full, slots that only the cache holds are taken back when a CPU needs another
 * cluster: here that of the other CPU is the only one with room.
 */
static void test_reclaim_slots(void)
{
	struct swap_world s;

	world_create(&s, 1100, false, 1200);
	for (u64 i = 0; i < 200; i++) {
		u32 folio = swap_out(&s, s.vma, i);

		engine_run(s.w.engine, engine_now(s.w.engine) + NSEC_PER_MSEC);
		/* Found in the cache: its slot stays while there is enough. */
		g_assert_cmpint(handle_mm_fault(s.vma, &s.w.current, i, false), ==,
				VM_FAULT_MINOR);
		g_assert_cmpuint(pfn_at(s.vma, i), ==, folio);
	}
	for (u64 i = 200; i < 1024; i++)
		evict(&s, s.vma, i);
	s.w.current.cpu = 1;
	evict(&s, s.vma, 1024);
	s.w.current.cpu = 0;
	g_assert_cmpuint(get_nr_swap_pages(s.w.vm), ==, 75);
	g_assert_true(pfn_to_page(s.w.mm, pfn_at(s.vma, 7))->flags & PG_swapcache);
	evict(&s, s.vma, 1025);
	g_assert_cmpuint(entry_at(s.vma, 1025), ==, 1026);
	g_assert_cmpuint(get_nr_swap_pages(s.w.vm), ==, 74 + 200);
	g_assert_false(pfn_to_page(s.w.mm, pfn_at(s.vma, 7))->flags & PG_swapcache);
	world_destroy(&s);
}

/* What reclaim takes: neither mapped nor busy. */
static bool can_drop(const struct swap_world *s, u32 folio)
{
	u16 flags = folio == PFN_NONE ? 0 : pfn_to_page(s->w.mm, folio)->flags;

	return (flags & PG_lru) && !(flags & (PG_locked | PG_writeback | PG_dirty)) &&
	       !folio_mapped(s->w.vm, folio);
}

static void random_reclaim(struct swap_world *s, u64 i)
{
	const struct vm_node *node = node_of(s->vma, i);
	u32 slot, folio;

	if (!node)
		return;
	slot = node->slot[i % 64];
	if (node->swapped >> (i % 64) & 1) {
		folio = swap_cache_folio(s->w.vm, slot);
		if (can_drop(s, folio))
			drop(s, folio);
	} else if (node->present >> (i % 64) & 1 &&
		   (pfn_to_page(s->w.mm, slot)->flags & (PG_lru | PG_writeback)) == PG_lru) {
		swap_out(s, s->vma, i);
	}
}

static void random_steps(struct swap_world *s, struct task_struct *current)
{
	struct rng rng;

	rng_init(&rng, 11, "swap");
	for (u32 n = 0; n < 8000; n++) {
		u64 i = rng_below(&rng, s->vma->nr_pages);

		switch (rng_below(&rng, 40)) {
		case 0:
			zap_page_range(s->vma, current, i, min_u64(5, s->vma->nr_pages - i));
			break;
		case 1 ... 20:
			random_reclaim(s, i);
			break;
		default:
			handle_mm_fault(s->vma, current, i, rng_below(&rng, 2));
			break;
		}
		cpu_spend(current->sched, 20 * NSEC_PER_USEC);
		if (n % 400 == 0)
			check_all(s);
	}
}

static void test_random(void)
{
	struct swap_world s;

	world_create(&s, 700, false, 500);
	as_task(&s, random_steps);
	engine_run(s.w.engine, engine_now(s.w.engine) + NSEC_PER_SEC);
	g_assert_cmpuint(s.w.mm->vm_event[PSWPOUT], >, 500);
	g_assert_cmpuint(s.w.mm->vm_event[PSWPIN], >, 100);
	lru_add_drain_all(s.w.vm, &s.w.current);
	for (swp_entry_t entry = 1; entry <= 700; entry++) {
		u32 folio = swap_cache_folio(s.w.vm, entry);

		if (!swap_count(s.w.vm, entry) && can_drop(&s, folio))
			drop(&s, folio);
	}
	world_destroy(&s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/swap/slots", test_slots);
	g_test_add_func("/mm/swap/full", test_full);
	g_test_add_func("/mm/swap/priorities", test_priorities);
	g_test_add_func("/mm/swap/round-trip", test_round_trip);
	g_test_add_func("/mm/swap/readahead", test_readahead);
	g_test_add_func("/mm/swap/cluster-readahead", test_cluster_readahead);
	g_test_add_func("/mm/swap/shared", test_shared);
	g_test_add_func("/mm/swap/fork-swapped", test_fork_swapped);
	g_test_add_func("/mm/swap/orphan", test_orphan);
	g_test_add_func("/mm/swap/reclaim-slots", test_reclaim_slots);
	g_test_add_func("/mm/swap/random", test_random);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Address spaces and sharing after fork: who holds which page, and that all return. */
#include <glib.h>
#include <string.h>

#include "engine/rng.h"
#include "mm/vm_internal.h"
#include "small_world.h"

/* Page tables between the root and the lowest level. */
#define UPPER 2u

static struct mm_struct *new_mm(struct small_world *w)
{
	struct mm_struct *mm = mm_alloc(w->vm, &w->current);

	g_assert_nonnull(mm);
	return mm;
}

static void touch_all(struct small_world *w, struct vm_area_struct *vma, bool write)
{
	for (u64 i = 0; i < vma->nr_pages; i++)
		g_assert_cmpint(handle_mm_fault(vma, &w->current, i, write), !=, VM_FAULT_OOM);
}

static void test_fault(void)
{
	struct small_world w;
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	u64 before;

	small_world_create(&w, NULL, &profile_linux_7_2);
	mm = new_mm(&w);
	g_assert_cmpuint(mm->nr_pgtables, ==, 0);
	vma = vm_mmap(mm, &w.current, 1000);
	g_assert_cmpuint(mm->rss_stat[MM_ANONPAGES], ==, 0);
	before = w.mm->vm_event[PGFAULT];

	/* A read maps the zero page: tables, no page; the write then takes one. */
	g_assert_false(vm_present(vma, 7, false));
	g_assert_cmpint(handle_mm_fault(vma, &w.current, 7, false), ==, VM_FAULT_MINOR);
	g_assert_true(vm_present(vma, 7, false));
	g_assert_false(vm_present(vma, 7, true));
	g_assert_cmpuint(mm->rss_stat[MM_ANONPAGES], ==, 0);
	g_assert_cmpuint(mm->nr_pgtables, ==, 1 + UPPER);
	g_assert_cmpint(handle_mm_fault(vma, &w.current, 7, false), ==, VM_FAULT_NONE);
	g_assert_cmpint(handle_mm_fault(vma, &w.current, 7, true), ==, VM_FAULT_MINOR);
	g_assert_cmpuint(mm->rss_stat[MM_ANONPAGES], ==, 1);
	g_assert_cmpuint(w.mm->vm_event[PGFAULT], ==, before + 2);

	/* Another leaf table behind 512 pages. */
	g_assert_cmpint(handle_mm_fault(vma, &w.current, 600, true), ==, VM_FAULT_MINOR);
	g_assert_cmpuint(mm->nr_pgtables, ==, 2 + UPPER);
	touch_all(&w, vma, true);
	g_assert_cmpuint(mm->rss_stat[MM_ANONPAGES], ==, 1000);
	small_world_check_books(&w);
	exit_mmap(mm, &w.current);
	g_assert_cmpuint(w.vm->nr_nodes, ==, w.boot_nodes);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	small_world_destroy(&w);
}

/* The time of a fault is its parts; a second access is free. */
static void test_fault_cost(void)
{
	const struct costs *costs;
	struct vm_area_struct *vma;
	struct small_world w;
	u64 *total;

	small_world_create(&w, NULL, &profile_linux_7_2);
	costs = &w.mm->costs;
	total = w.current.total_ns;
	vma = vm_mmap(new_mm(&w), &w.current, 64);
	g_assert_cmpint(handle_mm_fault(vma, &w.current, 0, true), ==, VM_FAULT_MINOR);
	memset(w.current.total_ns, 0, sizeof(w.current.total_ns));
	g_assert_cmpint(handle_mm_fault(vma, &w.current, 1, true), ==, VM_FAULT_MINOR);
	g_assert_cmpuint(total[CAUSE_FAULT], ==, costs->fault);
	g_assert_cmpuint(total[CAUSE_ZERO], ==, costs->zero_page);
	g_assert_cmpuint(total[CAUSE_PCP], ==, costs->pcp_alloc);
	g_assert_cmpint(handle_mm_fault(vma, &w.current, 1, true), ==, VM_FAULT_NONE);
	g_assert_cmpuint(total[CAUSE_FAULT], ==, costs->fault);
	memset(w.current.total_ns, 0, sizeof(w.current.total_ns));
	g_assert_cmpuint(zap_page_range(vma, &w.current, 0, 64), ==, 2);
	g_assert_cmpuint(total[CAUSE_FAULT] + total[CAUSE_PCP], ==, 2 * costs->unmap_page);
	small_world_destroy(&w);
}

/* Regions fill gaps; tables go when the last region of their range does. */
static void test_regions(void)
{
	struct vm_area_struct *a, *b, *c, *d;
	struct small_world w;
	struct mm_struct *mm;

	small_world_create(&w, NULL, &profile_linux_7_2);
	mm = new_mm(&w);
	a = vm_mmap(mm, &w.current, 100);
	b = vm_mmap(mm, &w.current, 412);
	c = vm_mmap(mm, &w.current, 512);
	g_assert_cmpuint(a->start, ==, 0);
	g_assert_cmpuint(b->start, ==, 100);
	g_assert_cmpuint(c->start, ==, 512);
	touch_all(&w, a, true);
	touch_all(&w, b, true);
	touch_all(&w, c, true);
	g_assert_cmpuint(mm->nr_pgtables, ==, 2 + UPPER);
	vm_munmap(b, &w.current);
	/* The leaf table still serves a. */
	g_assert_cmpuint(mm->nr_pgtables, ==, 2 + UPPER);
	small_world_check_books(&w);
	d = vm_mmap(mm, &w.current, 413);
	g_assert_cmpuint(d->start, ==, 1024);
	b = vm_mmap(mm, &w.current, 12);
	g_assert_cmpuint(b->start, ==, 100);
	vm_munmap(b, &w.current);
	vm_munmap(a, &w.current);
	g_assert_cmpuint(mm->nr_pgtables, ==, 1 + UPPER);
	vm_munmap(c, &w.current);
	g_assert_cmpuint(mm->nr_pgtables, ==, UPPER);
	vm_munmap(d, &w.current);
	g_assert_cmpuint(mm->nr_pgtables, ==, 0);
	g_assert_cmpuint(mm->total_vm, ==, 0);
	a = vm_mmap(mm, &w.current, 600);
	g_assert_cmpuint(a->start, ==, 0);
	g_assert_null(vm_mmap(mm, &w.current, 1ull << 60));
	exit_mmap(mm, &w.current);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	small_world_destroy(&w);
}

static void test_map_count(void)
{
	struct small_world w;
	struct mm_struct *mm;

	small_world_create(&w, NULL, &profile_linux_7_2);
	mm = new_mm(&w);
	for (u32 i = 0; i < VM_MAX_MAP_COUNT; i++)
		g_assert_nonnull(vm_mmap(mm, &w.current, 1));
	g_assert_null(vm_mmap(mm, &w.current, 1));
	g_assert_false(w.vm->no_host_memory);
	exit_mmap(mm, &w.current);
	small_world_destroy(&w);
}

static u32 pfn_at(const struct vm_area_struct *vma, u64 i)
{
	struct vm_node *node = vm_node_lookup(vma->vm_mm->vm, &vma->nodes, i);

	g_assert_true(node && node->present >> (i % 64) & 1);
	return node->slot[i % 64];
}

static void test_fork(void)
{
	struct vm_area_struct *vma, *copy;
	struct mm_struct *parent, *child;
	struct small_world w;
	u64 free_before;
	u32 pfn;

	small_world_create(&w, NULL, &profile_linux_7_2);
	parent = new_mm(&w);
	vma = vm_mmap(parent, &w.current, 200);
	touch_all(&w, vma, true);
	free_before = small_world_free_pages(&w);
	child = dup_mm(parent, &w.current);
	copy = child->areas[0];
	g_assert_cmpuint(child->rss_stat[MM_ANONPAGES], ==, 200);
	g_assert_cmpuint(child->nr_pgtables, ==, 1 + UPPER);
	g_assert_cmpuint(small_world_free_pages(&w), ==, free_before - 2 - UPPER);
	g_assert_cmpint(global_node_page_state(w.vm, NR_ANON_MAPPED), ==, 200);
	pfn = pfn_at(vma, 5);
	g_assert_cmpuint(pfn_at(copy, 5), ==, pfn);
	g_assert_cmpuint(page_mapcount(w.vm, pfn), ==, 2);
	small_world_check_books(&w);

	/* The child writes: it gets its own page, the parent's is whole again. */
	g_assert_true(vm_present(copy, 5, false));
	g_assert_false(vm_present(copy, 5, true));
	g_assert_cmpint(handle_mm_fault(copy, &w.current, 5, true), ==, VM_FAULT_MINOR);
	g_assert_cmpuint(pfn_at(copy, 5), !=, pfn);
	g_assert_cmpuint(pfn_at(vma, 5), ==, pfn);
	g_assert_cmpuint(page_mapcount(w.vm, pfn), ==, 1);
	g_assert_cmpint(global_node_page_state(w.vm, NR_ANON_MAPPED), ==, 201);
	free_before = small_world_free_pages(&w);
	g_assert_cmpint(handle_mm_fault(vma, &w.current, 5, true), ==, VM_FAULT_MINOR);
	g_assert_cmpuint(pfn_at(vma, 5), ==, pfn);
	g_assert_cmpuint(small_world_free_pages(&w), ==, free_before);

	/* The parent goes first: the child becomes the owner of what was shared. */
	exit_mmap(parent, &w.current);
	g_assert_cmpint(global_node_page_state(w.vm, NR_ANON_MAPPED), ==, 200);
	small_world_check_books(&w);
	g_assert_cmpuint(page_mapcount(w.vm, pfn_at(copy, 9)), ==, 1);
	exit_mmap(child, &w.current);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	g_assert_cmpuint(w.vm->refs.nr, ==, 0);
	small_world_destroy(&w);
}

/* What is mapped without a page, and by a node across two leaf tables, is copied too. */
static void test_fork_tables(void)
{
	struct vm_area_struct *vma, *copy;
	struct mm_struct *parent, *child;
	struct small_world w;

	small_world_create(&w, NULL, &profile_linux_7_2);
	parent = new_mm(&w);
	vm_mmap(parent, &w.current, 480);
	vma = vm_mmap(parent, &w.current, 64);
	g_assert_cmpint(handle_mm_fault(vma, &w.current, 1, false), ==, VM_FAULT_MINOR);
	g_assert_cmpint(handle_mm_fault(vma, &w.current, 60, true), ==, VM_FAULT_MINOR);
	g_assert_cmpuint(parent->nr_pgtables, ==, 2 + UPPER);
	child = dup_mm(parent, &w.current);
	g_assert_cmpuint(child->nr_pgtables, ==, parent->nr_pgtables);
	copy = child->areas[1];
	g_assert_true(vm_present(copy, 1, false));
	g_assert_false(vm_present(copy, 1, true));
	g_assert_true(vm_present(copy, 60, false));
	g_assert_cmpuint(child->rss_stat[MM_ANONPAGES], ==, 1);
	exit_mmap(child, &w.current);
	exit_mmap(parent, &w.current);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	small_world_destroy(&w);
}

struct writer {
	struct task_struct current;
	struct vm_area_struct *vma;
};

static void write_fn(void *arg)
{
	struct writer *writer = arg;

	g_assert_cmpint(handle_mm_fault(writer->vma, &writer->current, 0, true), ==,
			VM_FAULT_MINOR);
}

/* Both write at once: each takes a copy, the page that they shared is freed by the later one. */
static void test_racing_copies(void)
{
	struct mm_struct *mms[2];
	struct writer writers[2];
	struct small_world w;

	small_world_create(&w, NULL, &profile_linux_7_2);
	mms[0] = new_mm(&w);
	touch_all(&w, vm_mmap(mms[0], &w.current, 1), true);
	mms[1] = dup_mm(mms[0], &w.current);
	for (u32 i = 0; i < 2; i++) {
		writers[i] = (struct writer){
			.current = {.comm = "writer", .pid = 2 + i, .cpu = i},
			.vma = mms[i]->areas[0],
		};
		writers[i].current.sched = cpu_ctx_create(w.cpus, "writer", i, CPU_CLASS_TASK, 0,
							  write_fn, &writers[i]);
	}
	engine_run(w.engine, NSEC_PER_SEC);
	g_assert_cmpint(global_node_page_state(w.vm, NR_ANON_MAPPED), ==, 2);
	small_world_check_books(&w);
	for (u32 i = 0; i < 2; i++)
		exit_mmap(mms[i], &w.current);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	small_world_destroy(&w);
}

struct order_of_frees {
	u32 n, pfns[64];
};

static void saw_batched(void *data, const void *args)
{
	const struct trace_mm_page_free_batched *a = args;
	struct order_of_frees *frees = data;

	frees->pfns[frees->n++] = a->pfn;
}

/* The first batch of an unmap is of eight; 6.1 frees each batch from its end. */
static void test_gather(void)
{
	struct order_of_frees frees = {0};
	struct probe_listener listener = {.fn = saw_batched, .data = &frees};
	struct vm_area_struct *vma;
	struct small_world w;
	u32 pfns[20];

	small_world_create(&w, NULL, &profile_linux_6_1);
	vma = vm_mmap(new_mm(&w), &w.current, 20);
	touch_all(&w, vma, true);
	for (u32 i = 0; i < 20; i++)
		pfns[i] = pfn_at(vma, i);
	probe_attach(&w.mm->probes[PROBE_mm_page_free_batched], &listener);
	zap_page_range(vma, &w.current, 0, 20);
	g_assert_cmpuint(frees.n, ==, 20);
	for (u32 i = 0; i < 8; i++)
		g_assert_cmpuint(frees.pfns[i], ==, pfns[7 - i]);
	for (u32 i = 8; i < 20; i++)
		g_assert_cmpuint(frees.pfns[i], ==, pfns[19 - (i - 8)]);
	small_world_destroy(&w);
}

/* Address spaces fork, write, punch and exit at random; the books hold throughout. */
static void test_random_families(void)
{
	struct small_world w;
	struct mm_struct *mms[24] = {0};
	struct rng rng;
	u32 n = 1;

	small_world_create(&w, NULL, &profile_linux_7_2);
	rng_init(&rng, 7, "families");
	mms[0] = new_mm(&w);
	for (u32 i = 0; i < 3; i++)
		vm_mmap(mms[0], &w.current, 50 + rng_below(&rng, 300));
	for (u32 op = 0; op < 4000; op++) {
		u32 m = (u32)rng_below(&rng, n);
		struct vm_area_struct *vma = mms[m]->areas[rng_below(&rng, mms[m]->nr_areas)];
		u64 at = rng_below(&rng, vma->nr_pages), len = rng_below(&rng, 20);

		switch (rng_below(&rng, 8)) {
		case 0:
			if (n == G_N_ELEMENTS(mms))
				break;
			mms[n] = dup_mm(mms[m], &w.current);
			g_assert_nonnull(mms[n++]);
			break;
		case 1:
			if (n == 1)
				break;
			exit_mmap(mms[m], &w.current);
			mms[m] = mms[--n];
			break;
		case 2:
			zap_page_range(vma, &w.current, at, min_u64(len, vma->nr_pages - at));
			break;
		default:
			for (u64 i = at; i < min_u64(at + len, vma->nr_pages); i++)
				handle_mm_fault(vma, &w.current, i, rng_below(&rng, 3) != 0);
			break;
		}
		if (op % 250 == 0)
			small_world_check_books(&w);
	}
	while (n--)
		exit_mmap(mms[n], &w.current);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	g_assert_cmpuint(w.vm->refs.nr, ==, 0);
	g_assert_cmpuint(w.vm->nr_nodes, ==, w.boot_nodes);
	small_world_destroy(&w);
}

/* The table of shared pages against a plain array. */
static void test_page_refs(void)
{
	struct page_refs refs = {0};
	u32 *naive = g_new0(u32, 5000), live = 0;
	struct rng rng;

	rng_init(&rng, 3, "refs");
	for (u32 op = 0; op < 100000; op++) {
		u32 pfn = (u32)rng_below(&rng, 5000);

		if (naive[pfn] && rng_below(&rng, 2)) {
			page_refs_dec(&refs, pfn);
			live -= !--naive[pfn];
		} else if (op < 50000 || naive[pfn]) {
			g_assert_true(page_refs_inc(&refs, pfn));
			live += !naive[pfn]++;
		}
		pfn = (u32)rng_below(&rng, 5000);
		g_assert_cmpuint(page_refs_get(&refs, pfn), ==, naive[pfn]);
		g_assert_cmpuint(refs.nr, ==, live);
	}
	for (u32 pfn = 0; pfn < 5000; pfn++) {
		g_assert_cmpuint(page_refs_get(&refs, pfn), ==, naive[pfn]);
		while (naive[pfn]) {
			page_refs_dec(&refs, pfn);
			naive[pfn]--;
		}
	}
	g_assert_cmpuint(refs.nr, ==, 0);
	free(refs.slots);
	g_free(naive);
}

static void test_mlock(void)
{
	struct vm_area_struct *vma;
	struct small_world w;
	struct mm_struct *mm;

	small_world_create(&w, NULL, &profile_linux_7_2);
	mm = new_mm(&w);
	vma = vm_mmap(mm, &w.current, 10);
	handle_mm_fault(vma, &w.current, 3, true);
	mlock_vma(vma, &w.current);
	mlock_vma(vma, &w.current);
	g_assert_cmpint(global_node_page_state(w.vm, NR_MLOCK), ==, 1);
	touch_all(&w, vma, true);
	g_assert_cmpint(global_node_page_state(w.vm, NR_MLOCK), ==, 10);
	g_assert_cmpuint(mm->locked_vm, ==, 10);
	vm_munmap(vma, &w.current);
	g_assert_cmpint(global_node_page_state(w.vm, NR_MLOCK), ==, 0);
	g_assert_cmpuint(mm->locked_vm, ==, 0);
	exit_mmap(mm, &w.current);
	small_world_destroy(&w);
}

/* Out of memory in the middle: the fault says so, and all that was taken comes back. */
static void test_exhaustion(void)
{
	struct vm_area_struct *vma;
	struct mm_struct *mm, *child;
	enum vm_fault fault = VM_FAULT_MINOR;
	struct small_world w;
	u64 i = 0;

	small_world_create(&w, NULL, &profile_linux_7_2);
	w.mm->sysctl.overcommit_memory = 1;
	mm = new_mm(&w);
	vma = vm_mmap(mm, &w.current, 1u << 20);
	while (fault == VM_FAULT_MINOR)
		fault = handle_mm_fault(vma, &w.current, i++, true);
	g_assert_cmpint(fault, ==, VM_FAULT_OOM);
	g_assert_cmpuint(i, >, w.boot_free / 2);
	g_assert_false(w.vm->no_host_memory);
	small_world_check_books(&w);
	child = dup_mm(mm, &w.current);
	if (child)
		exit_mmap(child, &w.current);
	small_world_check_books(&w);
	exit_mmap(mm, &w.current);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	g_assert_cmpuint(w.vm->refs.nr, ==, 0);
	small_world_destroy(&w);
}

/* The root of 6.12 takes a block of two pages, 7.2's one; on exit they go. What the OOM killer
   counts are the tables below it. */
static void test_root(void)
{
	const struct mm_profile *const profiles[] = {&profile_linux_6_12, &profile_linux_7_2};

	for (u32 i = 0; i < G_N_ELEMENTS(profiles); i++) {
		struct small_world w;
		struct mm_struct *mm;

		small_world_create(&w, NULL, profiles[i]);
		mm = new_mm(&w);
		g_assert_cmpuint(mm->nr_pgtables, ==, 0);
		g_assert_cmpuint(pfn_to_page(w.mm, mm->pgtable.root)->order, ==, 1 - i);
		exit_mmap(mm, &w.current);
		g_assert_cmpint(global_node_page_state(w.vm, NR_PAGETABLE), ==, 0);
		small_world_check_books(&w);
		small_world_destroy(&w);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/vm/fault", test_fault);
	g_test_add_func("/mm/vm/fault-cost", test_fault_cost);
	g_test_add_func("/mm/vm/root", test_root);
	g_test_add_func("/mm/vm/regions", test_regions);
	g_test_add_func("/mm/vm/map-count", test_map_count);
	g_test_add_func("/mm/vm/fork", test_fork);
	g_test_add_func("/mm/vm/fork-tables", test_fork_tables);
	g_test_add_func("/mm/vm/racing-copies", test_racing_copies);
	g_test_add_func("/mm/vm/gather", test_gather);
	g_test_add_func("/mm/vm/random-families", test_random_families);
	g_test_add_func("/mm/vm/page-refs", test_page_refs);
	g_test_add_func("/mm/vm/mlock", test_mlock);
	g_test_add_func("/mm/vm/exhaustion", test_exhaustion);
	return g_test_run();
}

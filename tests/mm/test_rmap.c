/* SPDX-License-Identifier: GPL-2.0-only */
/* From folios to their entries: accesses harvested, unmapped, written, moved. */
#include <glib.h>

#include "mm/check.h"
#include "mm/filemap.h"
#include "mm/lru.h"
#include "mm/rmap.h"
#include "mm/swap.h"
#include "mm/vm_internal.h"
#include "small_world.h"

static struct vm_node *node_of(const struct vm_area_struct *vma, u64 i)
{
	return vm_node_lookup(vma->vm_mm->vm, &vma->nodes, i);
}

static u32 pfn_at(const struct vm_area_struct *vma, u64 i)
{
	g_assert_true(node_of(vma, i)->present >> (i % 64) & 1);
	return node_of(vma, i)->slot[i % 64];
}

static struct vm_area_struct *new_region(struct small_world *w, u64 pages)
{
	struct mm_struct *mm = mm_alloc(w->vm, &w->current);
	struct vm_area_struct *vma = vm_mmap(mm, &w->current, pages);

	for (u64 i = 0; i < pages; i++)
		handle_mm_fault(vma, &w->current, i, true);
	lru_add_drain(w->vm, &w->current);
	return vma;
}

static void check_all(struct small_world *w)
{
	struct err err = {0};

	if (!mm_check(w->mm, CHECK_FULL, NULL, &err))
		g_error("%s", err_text(&err));
}

/* Each entry's access counts once; a locked region ends the walk. */
static void test_referenced(void)
{
	struct folio_references refs;
	struct vm_area_struct *vma, *copy;
	struct mm_struct *child;
	struct small_world w;
	u64 before;
	u32 folio;

	small_world_create(&w, NULL, &profile_linux_6_1);
	vma = new_region(&w, 100);
	folio = pfn_at(vma, 70);
	before = w.current.total_ns[CAUSE_RECLAIM];
	refs = folio_referenced(w.vm, &w.current, folio);
	g_assert_cmpuint(refs.young, ==, 1);
	g_assert_cmpuint(refs.mapped, ==, 1);
	g_assert_cmpuint(w.current.total_ns[CAUSE_RECLAIM] - before, ==,
			 w.mm->costs.rmap_reference);
	g_assert_cmpuint(folio_referenced(w.vm, &w.current, folio).young, ==, 0);
	child = dup_mm(vma->vm_mm, &w.current);
	copy = child->areas[0];
	g_assert_cmpuint(folio_mapcount(w.vm, folio), ==, 2);
	refs = folio_referenced(w.vm, &w.current, folio);
	g_assert_cmpuint(refs.mapped, ==, 2);
	g_assert_cmpuint(refs.young, ==, 0);
	handle_mm_fault(copy, &w.current, 70, false);
	handle_mm_fault(vma, &w.current, 70, false);
	g_assert_cmpuint(folio_referenced(w.vm, &w.current, folio).young, ==, 2);
	g_assert_false(folio_referenced(w.vm, &w.current, folio).vm_locked);
	mlock_vma(copy, &w.current);
	g_assert_true(folio_referenced(w.vm, &w.current, folio).vm_locked);
	exit_mmap(child, &w.current);
	exit_mmap(vma->vm_mm, &w.current);
	g_assert_cmpint(global_node_page_state(w.vm, NR_MLOCK), ==, 0);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	small_world_destroy(&w);
}

/* Locked memory stays mapped, in the cache or not. */
static void test_unmap_locked(void)
{
	struct vm_area_struct *vma;
	struct small_world w;
	u32 folio;

	small_world_create(&w, NULL, &profile_linux_7_2);
	g_assert_true(swapon(w.vm, w.disk, 100, -1, false, true));
	vma = new_region(&w, 10);
	folio = pfn_at(vma, 5);
	g_assert_true(folio_alloc_swap(w.vm, &w.current, folio));
	mlock_vma(vma, &w.current);
	g_assert_false(try_to_unmap(w.vm, &w.current, folio));
	g_assert_cmpuint(pfn_at(vma, 5), ==, folio);
	g_assert_cmpuint(vma->vm_mm->rss_stat[MM_SWAPENTS], ==, 0);
	exit_mmap(vma->vm_mm, &w.current);
	g_assert_cmpuint(get_nr_swap_pages(w.vm), ==, 100);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	small_world_destroy(&w);
}

/* A held block to move to, as compaction takes one. */
static void move(struct small_world *w, u32 from, u32 *to)
{
	*to = alloc_pages(w->mm, &w->current, GFP_HIGHUSER_MOVABLE, 0);
	g_assert_cmpuint(*to, !=, PFN_NONE);
	lruvec_del_folio(w->vm, from);
	folio_replace(w->vm, from, *to);
	lruvec_add_folio(w->vm, *to);
	pfn_to_page(w->mm, from)->flags = 0;
	pfn_to_page(w->mm, from)->owner = 0;
	g_assert_cmpint(free_pages(w->mm, &w->current, from, 0), ==, FREE_OK);
	check_all(w);
}

/* Both entries, the count beyond the first, the swap slot and who owns follow the contents. */
static void test_replace(void)
{
	struct vm_area_struct *vma, *copy;
	struct mm_struct *child;
	struct small_world w;
	u32 from, to;

	small_world_create(&w, NULL, &profile_linux_7_2);
	g_assert_true(swapon(w.vm, w.disk, 100, -1, false, true));
	vma = new_region(&w, 10);
	child = dup_mm(vma->vm_mm, &w.current);
	copy = child->areas[0];
	from = pfn_at(vma, 5);
	g_assert_true(folio_alloc_swap(w.vm, &w.current, from));
	move(&w, from, &to);
	g_assert_cmpuint(pfn_at(vma, 5), ==, to);
	g_assert_cmpuint(pfn_at(copy, 5), ==, to);
	g_assert_cmpuint(folio_mapcount(w.vm, to), ==, 2);
	g_assert_cmpuint(page_refs_get(&w.vm->refs, from), ==, 0);
	g_assert_cmpuint(swap_cache_folio(w.vm, folio_swap_entry(w.vm, to)), ==, to);
	/* The owner leaves: the slot is still found. */
	exit_mmap(vma->vm_mm, &w.current);
	g_assert_cmpuint(folio_swap_entry(w.vm, to), ==, 1);
	/* Mapped by nobody it can move too. */
	from = to;
	g_assert_true(try_to_unmap(w.vm, &w.current, from));
	move(&w, from, &to);
	g_assert_cmpuint(swap_cache_folio(w.vm, 1), ==, to);
	g_assert_cmpint(handle_mm_fault(copy, &w.current, 5, true), ==, VM_FAULT_MINOR);
	g_assert_cmpuint(pfn_at(copy, 5), ==, to);
	exit_mmap(child, &w.current);
	g_assert_cmpuint(get_nr_swap_pages(w.vm), ==, 100);
	g_assert_cmpuint(small_world_free_pages(&w), ==, w.boot_free);
	small_world_destroy(&w);
}

#define FILE_PAGES 16u

struct mapped_file {
	struct small_world w;
	struct file *file;
	struct mm_struct *mms[2];
	struct vm_area_struct *shared, *private;
};

/* A file in single pages, cached and clean; pages 4 and on in one region, all in the other. */
static void file_create_mapped(struct mapped_file *f)
{
	struct vm *vm;

	small_world_create(&f->w, NULL, &profile_linux_6_1);
	vm = f->w.vm;
	f->file = file_create(vm);
	for (u64 i = 0; i < FILE_PAGES; i++) {
		u32 pfn = alloc_pages(f->w.mm, &f->w.current, GFP_HIGHUSER_MOVABLE, 0);

		g_assert_true(filemap_add_folio(f->file, &f->w.current, pfn, i,
						GFP_HIGHUSER_MOVABLE));
	}
	for (u32 i = 0; i < 2; i++)
		f->mms[i] = mm_alloc(vm, &f->w.current);
	f->shared = vm_mmap_file(f->mms[0], &f->w.current, f->file, 4, FILE_PAGES - 4, true);
	f->private = vm_mmap_file(f->mms[1], &f->w.current, f->file, 0, FILE_PAGES, false);
	for (u64 i = 0; i < FILE_PAGES - 4; i++)
		handle_mm_fault(f->shared, &f->w.current, i, false);
	for (u64 i = 0; i < FILE_PAGES; i++)
		handle_mm_fault(f->private, &f->w.current, i, false);
	lru_add_drain_all(vm, &f->w.current);
}

static void file_destroy_mapped(struct mapped_file *f)
{
	u64 owned[NR_OWNER_KINDS];

	check_all(&f->w);
	for (u32 i = 0; i < 2; i++)
		exit_mmap(f->mms[i], &f->w.current);
	g_assert_null(f->file->i_mmap);
	g_assert_cmpint(global_node_page_state(f->w.vm, NR_FILE_MAPPED), ==, 0);
	g_assert_cmpuint(f->w.vm->refs.nr, ==, 0);
	g_assert_cmpuint(f->w.vm->committed, ==, 0);
	truncate_inode_pages(f->file, &f->w.current);
	small_world_count_owners(&f->w, owned);
	g_assert_cmpuint(owned[OWNER_NODE] + owned[OWNER_PGTABLE] + owned[OWNER_SWAP], ==, 0);
	small_world_destroy(&f->w);
}

static void test_file(void)
{
	struct folio_references refs;
	struct mapped_file f;
	u32 folio, copy;

	file_create_mapped(&f);
	g_assert_cmpint(global_node_page_state(f.w.vm, NR_FILE_MAPPED), ==, FILE_PAGES);
	g_assert_cmpuint(f.mms[0]->rss_stat[MM_FILEPAGES], ==, FILE_PAGES - 4);
	g_assert_cmpuint(folio_mapcount(f.w.vm, pfn_at(f.private, 3)), ==, 1);
	folio = pfn_at(f.private, 9);
	g_assert_cmpuint(pfn_at(f.shared, 5), ==, folio);
	f.shared->exec = true;
	refs = folio_referenced(f.w.vm, &f.w.current, folio);
	g_assert_cmpuint(refs.mapped, ==, 2);
	g_assert_cmpuint(refs.young, ==, 2);
	g_assert_true(refs.vm_exec);

	/* A private write copies: the file's page has one entry less. */
	g_assert_cmpint(handle_mm_fault(f.private, &f.w.current, 9, true), ==, VM_FAULT_MINOR);
	copy = pfn_at(f.private, 9);
	g_assert_cmpuint(copy, !=, folio);
	g_assert_cmpuint(folio_mapcount(f.w.vm, folio), ==, 1);
	g_assert_cmpuint(f.mms[1]->rss_stat[MM_ANONPAGES], ==, 1);
	g_assert_cmpint(global_node_page_state(f.w.vm, NR_ANON_MAPPED), ==, 1);

	/* A shared write dirties the file's page, and has to ask again once that is written. */
	g_assert_false(vm_present(f.shared, 5, true));
	g_assert_cmpint(handle_mm_fault(f.shared, &f.w.current, 5, true), ==, VM_FAULT_MINOR);
	g_assert_true(pfn_to_page(f.w.mm, folio)->flags & PG_dirty);
	g_assert_true(vm_present(f.shared, 5, true));
	g_assert_cmpuint(folio_mkclean(f.w.vm, &f.w.current, folio), ==, 1);
	g_assert_false(vm_present(f.shared, 5, true));
	g_assert_cmpuint(folio_mkclean(f.w.vm, &f.w.current, folio), ==, 0);

	/* Unmapped, entries are empty: the next access maps the page again. */
	folio = pfn_at(f.private, 12);
	g_assert_true(try_to_unmap(f.w.vm, &f.w.current, folio));
	g_assert_false(folio_mapped(f.w.vm, folio));
	g_assert_cmpint(global_node_page_state(f.w.vm, NR_FILE_MAPPED), ==, FILE_PAGES - 1);
	g_assert_cmpint(handle_mm_fault(f.shared, &f.w.current, 8, false), ==, VM_FAULT_MINOR);
	g_assert_cmpuint(pfn_at(f.shared, 8), ==, folio);
	file_destroy_mapped(&f);
}

/* The file's slot and its entries follow. fork takes only the anonymous copies along. */
static void test_file_replace(void)
{
	struct mm_struct *child;
	struct mapped_file f;
	u32 from, to;

	file_create_mapped(&f);
	handle_mm_fault(f.private, &f.w.current, 2, true);
	lru_add_drain_all(f.w.vm, &f.w.current);
	from = pfn_at(f.shared, 5);
	move(&f.w, from, &to);
	g_assert_cmpuint(filemap_get_folio(f.file, 9), ==, to);
	g_assert_cmpuint(pfn_at(f.private, 9), ==, to);
	g_assert_cmpuint(folio_mapcount(f.w.vm, to), ==, 2);
	child = dup_mm(f.mms[1], &f.w.current);
	g_assert_cmpuint(child->areas[0]->nr_present, ==, 1);
	g_assert_cmpuint(pfn_at(child->areas[0], 2), ==, pfn_at(f.private, 2));
	g_assert_cmpint(handle_mm_fault(child->areas[0], &f.w.current, 9, false), ==,
			VM_FAULT_MINOR);
	g_assert_cmpuint(folio_mapcount(f.w.vm, to), ==, 3);
	check_all(&f.w);
	exit_mmap(child, &f.w.current);
	file_destroy_mapped(&f);
}

/* What address spaces are promised. */
static void test_overcommit(void)
{
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	struct small_world w;
	u64 ram;

	small_world_create(&w, NULL, &profile_linux_7_2);
	ram = w.boot_free;
	mm = mm_alloc(w.vm, &w.current);
	g_assert_null(vm_mmap(mm, &w.current, ram + 1000));
	g_assert_true(swapon(w.vm, w.disk, 2000, -1, false, true));
	g_assert_nonnull(vm_mmap(mm, &w.current, ram + 1000));
	g_assert_nonnull(vm_mmap(mm, &w.current, ram + 1000));
	w.mm->sysctl.overcommit_memory = 1;
	g_assert_nonnull(vm_mmap(mm, &w.current, 1u << 25));
	exit_mmap(mm, &w.current);
	g_assert_cmpuint(w.vm->committed, ==, 0);

	/* Half of memory and all of swap, less what is kept back. */
	w.mm->sysctl.overcommit_memory = 2;
	mm = mm_alloc(w.vm, &w.current);
	vma = vm_mmap(mm, &w.current, ram / 2);
	g_assert_nonnull(vma);
	g_assert_cmpuint(w.vm->committed, ==, ram / 2);
	g_assert_null(vm_mmap(mm, &w.current, 2000));
	g_assert_null(dup_mm(mm, &w.current));
	g_assert_nonnull(vm_mmap(mm, &w.current, 500));
	vm_munmap(vma, &w.current);
	g_assert_cmpuint(w.vm->committed, ==, 500);
	g_assert_nonnull(vm_mmap(mm, &w.current, 2000));
	g_assert_false(w.vm->no_host_memory);
	exit_mmap(mm, &w.current);
	small_world_destroy(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/rmap/referenced", test_referenced);
	g_test_add_func("/mm/rmap/unmap-locked", test_unmap_locked);
	g_test_add_func("/mm/rmap/replace", test_replace);
	g_test_add_func("/mm/rmap/file", test_file);
	g_test_add_func("/mm/rmap/file-replace", test_file_replace);
	g_test_add_func("/mm/rmap/overcommit", test_overcommit);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Read-ahead: how much of a file is read, in folios of which order, and which folio asks for the
 * next window. Modelled after mm/readahead.c (7.2; the same windows in order-0 folios where the
 * profile has no large ones). Left out: readahead() and fadvise(), MADV_RANDOM and SEQUENTIAL.
 */
#include "mm/readahead.h"

#include <assert.h>

#include "mm/alloc.h"
#include "mm/lru.h"
#include "mm/filemap.h"
#include "mm/vm_internal.h"

/* One request may exceed the window: include/linux/blkdev.h:BLK_DEF_MAX_SECTORS */
#define IO_PAGES_BYTES	 (1280u << 10)
#define MMAP_LOTSAMISS	 100u
#define MMAP_MISS_MAX	 (MMAP_LOTSAMISS * 10)
#define MIN_LARGE_WINDOW 4u /* smaller ones are read in single pages */

u64 file_ra_pages(const struct file *file)
{
	const struct mm *mm = file->vm->mm;

	return mm->sysctl.read_ahead_kb << 10 >> mm->page_shift;
}

/* mm/readahead.c:ractl_max_pages */
static u64 max_window(const struct file *file, u64 nr)
{
	u64 max = file_ra_pages(file), io = IO_PAGES_BYTES >> file->vm->mm->page_shift;

	return nr > max && io > max ? min_u64(nr, io) : max;
}

/* Submits the folios that wait, locked, from *from up to `to`. mm/readahead.c:read_pages */
static void read_folios(struct file *file, struct task_struct *current, u64 *from, u64 to)
{
	const struct mm *mm = file->vm->mm;
	u64 at = *from, nr = 0;

	while (at + nr < to) {
		u64 pages = folio_nr_pages(mm, filemap_get_folio(file, at + nr));

		if (nr && nr + pages > FILE_REQUEST_PAGES_MAX) {
			file_submit(file, current, false, at, nr);
			at += nr;
			nr = 0;
		}
		nr += pages;
	}
	if (nr)
		file_submit(file, current, false, at, nr);
	*from = to;
}

/* mm/readahead.c:ra_alloc_folio. False: no memory, or pages of the range are cached. */
static bool add_folio(struct file *file, struct task_struct *current, u64 index, u64 mark,
		      u32 order)
{
	struct mm *mm = file->vm->mm;
	gfp_t gfp = order ? READAHEAD_GFP | __GFP_COMP : READAHEAD_GFP;
	u32 folio = alloc_pages(mm, current, gfp, order);

	if (folio == PFN_NONE || !filemap_add_folio(file, current, folio, index, gfp))
		return false;
	pfn_to_page(mm, folio)->flags |= PG_locked;
	if (index == mark >> order << order)
		pfn_to_page(mm, folio)->flags |= PG_readahead;
	return true;
}

/* Single pages [index, index + nr), those that are missing; the last `lookahead` begin with the
   mark. mm/readahead.c:do_page_cache_ra, page_cache_ra_unbounded */
static void read_pages(struct file *file, struct task_struct *current, u64 index, u64 nr,
		       u64 lookahead)
{
	u64 mark = lookahead ? index + nr - lookahead : UINT64_MAX, from = index, end;

	if (index >= file->size)
		return;
	end = index + min_u64(nr, file->size - index);
	while (index < end) {
		if (filemap_cached(file, index)) {
			read_folios(file, current, &from, index);
			from = ++index;
		} else if (add_folio(file, current, index, mark, 0)) {
			index++;
		} else if (!filemap_cached(file, index)) {
			break;
		}
	}
	read_folios(file, current, &from, index);
}

/* Folios of the window's order where the position allows. Where it stopped, *index; false: before
   the end. mm/readahead.c:page_cache_ra_order */
static bool read_large(struct file *file, struct task_struct *current, struct file_ra_state *ra,
		       u64 *index)
{
	u64 end = min_u64(file->size, ra->start + ra->size), from = ra->start;
	u64 mark = ra->start + ra->size - ra->async_size;
	u32 log2 = 63u - (u32)__builtin_clzll(ra->size);
	bool ok = true;

	ra->order = ra->order < MAX_PAGECACHE_ORDER ? ra->order : MAX_PAGECACHE_ORDER;
	ra->order = ra->order < log2 ? ra->order : log2;
	for (*index = from; ok && *index < end;) {
		u32 order = ra->order;

		if (*index & ((1ull << order) - 1))
			order = (u32)__builtin_ctzll(*index);
		while (order && *index + (1ull << order) > end)
			order--;
		ok = add_folio(file, current, *index, mark, order);
		if (ok)
			*index += 1ull << order;
	}
	read_folios(file, current, &from, *index);
	return ok;
}

/* The task is inside the file system while it holds locked folios: reclaim keeps out of it. */
static u32 nofs_save(struct task_struct *current)
{
	u32 flags = current->flags & PF_MEMALLOC_NOFS;

	current->flags |= PF_MEMALLOC_NOFS;
	return flags;
}

static void nofs_restore(struct task_struct *current, u32 flags)
{
	current->flags = (current->flags & ~PF_MEMALLOC_NOFS) | flags;
}

static void read_window(struct file *file, struct task_struct *current, struct file_ra_state *ra)
{
	u32 flags = nofs_save(current);
	u64 index = ra->start;

	if (!file->vm->mm->profile->large_folios || ra->size < MIN_LARGE_WINDOW) {
		ra->order = 0;
		read_pages(file, current, index, ra->size, ra->async_size);
	} else if (!read_large(file, current, ra, &index)) {
		/* No memory of that order, or some pages are there: the rest one by one. */
		u64 nr = ra->start + ra->size - index;

		read_pages(file, current, index, nr, min_u64(ra->async_size, nr));
	}
	nofs_restore(current, flags);
}

/* The pages asked for and no more: the state is left alone. mm/readahead.c:do_page_cache_ra */
static void read_only(struct file *file, struct task_struct *current, u64 index, u64 nr)
{
	u32 flags = nofs_save(current);

	read_pages(file, current, index, nr, 0);
	nofs_restore(current, flags);
}

static u64 roundup_pow2(u64 x)
{
	return x <= 1 ? 1 : 1ull << (64 - __builtin_clzll(x - 1));
}

/* mm/readahead.c:get_init_ra_size */
static u64 initial_size(u64 nr, u64 max)
{
	u64 size = roundup_pow2(nr);

	if (size <= max / 32)
		return size * 4;
	if (size <= max / 4)
		return size * 2;
	return max;
}

/* mm/readahead.c:get_next_ra_size */
static u64 next_size(u64 size, u64 max)
{
	if (size < max / 16)
		return 4 * size;
	if (size <= max / 2)
		return 2 * size;
	return max;
}

/* Cached pages in a row right before index, at most max. mm/filemap.c:page_cache_prev_miss */
static u64 cached_before(const struct file *file, u64 index, u64 max)
{
	u64 nr = 0;

	while (nr < max && nr < index && filemap_cached(file, index - nr - 1))
		nr++;
	return nr;
}

void page_cache_sync_ra(struct file *file, struct task_struct *current, struct file_ra_state *ra,
			u64 index, u64 nr)
{
	u64 max = max_window(file, nr), before;

	if (!file_ra_pages(file)) {
		read_only(file, current, index, 1);
		return;
	}
	if (!index || nr > max || index - ra->prev_end <= 1) {
		ra->start = index;
		ra->size = initial_size(nr, max);
		ra->async_size = ra->size > nr ? ra->size - nr : ra->size / 2;
		ra->order = 0;
		read_window(file, current, ra);
		return;
	}
	before = cached_before(file, index, max);
	if (before <= nr) { /* a small random read */
		read_only(file, current, index, nr);
		return;
	}
	if (before == index) /* the file from its beginning */
		before *= 2;
	ra->start = index;
	ra->size = min_u64(before + nr, max);
	ra->async_size = 1;
	ra->order = 0;
	read_window(file, current, ra);
}

/* The window ends where folios of the next order would. mm/readahead.c:page_cache_async_ra (7.2) */
static void align_window(const struct file *file, struct file_ra_state *ra, u64 max)
{
	u32 order = (u32)__builtin_ctzll(max), wanted = ra->order + 2;
	u64 end = ra->start + ra->size, aligned;

	ra->order = wanted;
	order = wanted < order ? wanted : order;
	aligned = end >> order << order;
	if (file->vm->mm->profile->large_folios && aligned > ra->start)
		ra->size -= end - aligned;
	ra->async_size = ra->size;
}

void page_cache_async_ra(struct file *file, struct task_struct *current, struct file_ra_state *ra,
			 u32 folio, u64 index, u64 nr)
{
	struct page *page = pfn_to_page(file->vm->mm, folio);
	u64 max = max_window(file, nr), expected, start = index + 1;

	page->flags &= (u16)~PG_readahead;
	if (!file_ra_pages(file))
		return;
	expected = (ra->start + ra->size - ra->async_size) >> page->order << page->order;
	if (index == expected) {
		ra->start += ra->size;
		ra->size = max_u64(ra->size, next_size(ra->size, max));
	} else {
		/* Another reader's mark, or the state is lost: on behind what is cached. */
		while (start - index <= max && filemap_cached(file, start))
			start++;
		if (start - index > max)
			return;
		ra->start = start;
		ra->size = next_size(start - index + nr, max);
	}
	align_window(file, ra, max);
	read_window(file, current, ra);
}

void page_cache_read_around(struct file *file, struct task_struct *current,
			    struct file_ra_state *ra, u64 index)
{
	u64 pages = file_ra_pages(file);

	if (!pages)
		return;
	if (ra->mmap_miss < MMAP_MISS_MAX)
		ra->mmap_miss++;
	if (ra->mmap_miss > MMAP_LOTSAMISS)
		return;
	ra->start = index - min_u64(index, pages / 2);
	ra->size = pages;
	ra->async_size = pages / 4;
	ra->order = 0;
	read_window(file, current, ra);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The states of a folio between dirty and written, how many there are of each, and how many there
 * may be. Modelled after mm/page-writeback.c and mm/filemap.c:folio_end_writeback. Left out:
 * several disks, memory groups' own limits, high memory, laptop mode.
 */
#include <assert.h>
#include <stdlib.h>

#include "mm/lru.h"
#include "mm/vm_internal.h"
#include "mm/vmscan.h"
#include "mm/vmstat.h"
#include "mm/writeback_internal.h"

#define INIT_BANDWIDTH_BYTES (100u << 20) /* mm/backing-dev.c:INIT_BW */

bool vm_writeback_create(struct vm *vm)
{
	struct mm *mm = vm->mm;
	struct writeback *wb;

	if (!vm->disk || !mm->engine || !mm->cpus)
		return true;
	wb = calloc(1, sizeof(*wb));
	if (wb)
		wb->ratelimits = calloc(mm->nr_cpus, sizeof(*wb->ratelimits));
	if (!wb || !wb->ratelimits) {
		free(wb);
		return false;
	}
	vm->writeback = wb;
	wb->vm = vm;
	wb->hz = mm->machine->hz;
	wb->write_bandwidth = wb->avg_write_bandwidth = wb->dirty_ratelimit =
		wb->balanced_dirty_ratelimit = max_u64(1, INIT_BANDWIDTH_BYTES >> mm->page_shift);
	wb->bw_stamp = wb->dirty_limit_stamp = wb_jiffies(wb);
	wb->last_old_flush_ns = engine_now(mm->engine);
	writeback_set_ratelimit(wb);
	return true;
}

void vm_writeback_destroy(struct vm *vm)
{
	struct writeback *wb = vm->writeback;

	if (!wb)
		return;
	engine_cancel(vm->mm->engine, &wb->timer);
	free(wb->ratelimits);
	free(wb);
	vm->writeback = NULL;
}

/* The node of a file's folio and the bit of its head there. */
static struct vm_node *head_node(const struct vm *vm, u32 folio, u64 *bit)
{
	u32 slot;
	struct vm_node *node = page_node(vm, folio, &slot);

	assert(node && node->is_file);
	*bit = 1ull << slot;
	return node;
}

/* mm/page-writeback.c:folio_account_dirtied */
static void account_dirtied(struct vm *vm, struct task_struct *current, u32 folio, u64 nr)
{
	struct writeback *wb = vm->writeback;

	mod_node_page_state(vm, folio, NR_FILE_DIRTY, (s64)nr);
	mod_node_page_state(vm, folio, NR_DIRTIED, (s64)nr);
	task_charge(current, CAUSE_FAULT, nr * vm->mm->costs.dirty_page);
	current->nr_dirtied += (u32)nr;
	if (!wb)
		return;
	wb->nr_dirtied += nr;
	wb->ratelimits[current->cpu] += (u32)nr;
}

void folio_mark_dirty(struct vm *vm, struct task_struct *current, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	struct file *file = folio_file(vm, folio);
	u64 nr = folio_nr_pages(vm->mm, folio), bit;
	struct vm_node *node;

	if (page->flags & PG_dirty)
		return;
	page->flags |= PG_dirty;
	if (!file)
		return;
	node = head_node(vm, folio, &bit);
	node->dirty |= bit;
	node->buffers |= bit;
	file->nr_dirty += nr;
	account_dirtied(vm, current, folio, nr);
	if (vm->writeback)
		wb_file_dirtied(vm->writeback, file);
}

bool folio_has_buffers(const struct vm *vm, u32 folio)
{
	u64 bit;
	const struct vm_node *node = head_node(vm, folio, &bit);

	return node->buffers & bit;
}

void folio_account_cleaned(struct vm *vm, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	struct file *file = folio_file(vm, folio);
	u64 nr = folio_nr_pages(vm->mm, folio), bit;
	struct vm_node *node;

	page->flags &= (u16)~PG_dirty;
	if (!file)
		return;
	node = head_node(vm, folio, &bit);
	node->dirty &= ~bit;
	file->nr_dirty -= nr;
	mod_node_page_state(vm, folio, NR_FILE_DIRTY, -(s64)nr);
}

void folio_start_writeback(struct vm *vm, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	struct file *file = folio_file(vm, folio);
	u64 nr = folio_nr_pages(vm->mm, folio), bit;
	struct vm_node *node;

	assert(!(page->flags & PG_writeback));
	if (page->flags & PG_dirty)
		folio_account_cleaned(vm, folio);
	page->flags |= PG_writeback;
	mod_node_page_state(vm, folio, NR_WRITEBACK, (s64)nr);
	if (!file)
		return;
	node = head_node(vm, folio, &bit);
	node->writeback |= bit;
	file->nr_writeback += nr;
	if (vm->writeback)
		vm->writeback->nr_writeback += nr;
}

void folio_end_writeback(struct vm *vm, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	struct file *file = folio_file(vm, folio);
	u64 nr = folio_nr_pages(vm->mm, folio), bit;
	struct vm_node *node;

	assert(page->flags & PG_writeback);
	if (page->flags & PG_reclaim) {
		page->flags &= (u16)~PG_reclaim;
		folio_rotate_reclaimable(vm, 0, folio);
	}
	page->flags &= (u16)~PG_writeback;
	mod_node_page_state(vm, folio, NR_WRITEBACK, -(s64)nr);
	mod_node_page_state(vm, folio, NR_WRITTEN, (s64)nr);
	if (file) {
		node = head_node(vm, folio, &bit);
		node->writeback &= ~bit;
		file->nr_writeback -= nr;
		if (vm->writeback) {
			vm->writeback->nr_writeback -= nr;
			vm->writeback->nr_written += nr;
		}
	}
	acct_reclaim_writeback(vm, pfn_zone(vm->mm, folio)->nid, nr);
	folio_wake(vm, folio);
}

void folio_wait_writeback(struct vm *vm, struct task_struct *current, u32 folio)
{
	while (pfn_to_page(vm->mm, folio)->flags & PG_writeback)
		folio_wait(vm, current, folio, CAUSE_WRITEBACK);
}

static u64 node_dirtyable_memory(const struct vm *vm, u32 nid)
{
	const struct mm *mm = vm->mm;
	u64 pages = 0;

	for (u32 i = 0; i < MAX_NR_ZONES; i++)
		pages += (u64)zone_page_state(&mm->zones[nid * MAX_NR_ZONES + i], NR_FREE_PAGES);
	pages -= min_u64(pages, mm->nodes[nid].totalreserve_pages);
	return pages + (u64)node_page_state(vm, nid, NR_INACTIVE_FILE) +
	       (u64)node_page_state(vm, nid, NR_ACTIVE_FILE);
}

/* mm/page-writeback.c:global_dirtyable_memory */
static u64 global_dirtyable_memory(const struct vm *vm)
{
	const struct mm *mm = vm->mm;
	u64 pages = 0;

	for_each_populated_zone(mm, zone)
		pages += (u64)zone_page_state(zone, NR_FREE_PAGES);
	pages -= min_u64(pages, mm->totalreserve_pages);
	return pages + (u64)global_node_page_state(vm, NR_INACTIVE_FILE) +
	       (u64)global_node_page_state(vm, NR_ACTIVE_FILE) + 1;
}

/* A threshold by bytes, or else by a ratio of the dirtyable pages. */
static u64 threshold(const struct mm *mm, u64 bytes, u64 ratio, u64 dirtyable)
{
	u64 page = 1ull << mm->page_shift;

	if (bytes)
		return (bytes + page - 1) >> mm->page_shift;
	return ratio * page / 100 * dirtyable >> mm->page_shift;
}

struct dirty_limits domain_dirty_limits(const struct vm *vm, const struct task_struct *current)
{
	const struct mm_sysctl *sysctl = &vm->mm->sysctl;
	struct dirty_limits limits = {.dirtyable = global_dirtyable_memory(vm)};

	limits.thresh = threshold(vm->mm, sysctl->dirty_bytes, sysctl->dirty_ratio,
				  limits.dirtyable);
	limits.bg_thresh = threshold(vm->mm, sysctl->dirty_background_bytes,
				     sysctl->dirty_background_ratio, limits.dirtyable);
	if (current && current->flags & PF_RT && vm->writeback) {
		limits.bg_thresh += limits.bg_thresh / 4 + vm->writeback->dirty_limit / 32;
		limits.thresh += limits.thresh / 4 + vm->writeback->dirty_limit / 32;
	}
	limits.thresh = min_u64(limits.thresh, UINT32_MAX);
	if (limits.bg_thresh >= limits.thresh)
		limits.bg_thresh = limits.thresh / 2;
	return limits;
}

struct dirty_limits global_dirty_limits(const struct vm *vm)
{
	return domain_dirty_limits(vm, NULL);
}

bool node_dirty_ok(const struct vm *vm, u32 nid)
{
	const struct mm_sysctl *sysctl = &vm->mm->sysctl;
	u64 memory = node_dirtyable_memory(vm, nid), limit;
	u64 page = 1ull << vm->mm->page_shift;
	s64 nr = node_page_state(vm, nid, NR_FILE_DIRTY) + node_page_state(vm, nid, NR_WRITEBACK);

	if (sysctl->dirty_bytes)
		limit = (sysctl->dirty_bytes + page - 1) / page * memory /
			global_dirtyable_memory(vm);
	else
		limit = sysctl->dirty_ratio * memory / 100;
	return (u64)nr <= limit;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flusher of the disk, modelled after fs/fs-writeback.c: files that became dirty wait in order
 * of their age; background work runs while too much is dirty, periodic work writes what is old,
 * reclaim can ask for all. A file is written in chunks and then waits for its next turn. fsync goes
 * the same way, in its caller. Left out: inodes as data of their own, sync().
 */
#include <assert.h>

#include "mm/lru.h"
#include "mm/rmap.h"
#include "mm/vm_internal.h"
#include "mm/writeback_internal.h"

#define MIN_WRITEBACK_PAGES 1024u
#define DIRTY_SCOPE	    8u

struct wb_work {
	s64 nr_pages;
	bool kupdate, background;
};

static void list_del(struct writeback *wb, struct file *file)
{
	struct list_of_files *list = &wb->lists[file->wb_list];

	if (file->wb_list == WB_CLEAN)
		return;
	if (file->wb_prev)
		file->wb_prev->wb_next = file->wb_next;
	else
		list->first = file->wb_next;
	if (file->wb_next)
		file->wb_next->wb_prev = file->wb_prev;
	else
		list->last = file->wb_prev;
	file->wb_list = WB_CLEAN;
}

/* To the young end of a list. */
static void list_move(struct writeback *wb, struct file *file, enum wb_list to)
{
	struct list_of_files *list = &wb->lists[to];

	list_del(wb, file);
	file->wb_list = to;
	if (to == WB_CLEAN)
		return;
	file->wb_next = NULL;
	file->wb_prev = list->last;
	if (list->last)
		list->last->wb_next = file;
	else
		list->first = file;
	list->last = file;
}

static bool has_dirty_io(const struct writeback *wb)
{
	return wb->lists[WB_DIRTY].first || wb->lists[WB_IO].first || wb->lists[WB_MORE_IO].first;
}

static u64 now_ns(const struct writeback *wb)
{
	return engine_now(wb->vm->mm->engine);
}

static u64 centisecs(u64 n)
{
	return n * (NSEC_PER_SEC / 100);
}

/* mm/backing-dev.c:wb_wakeup_delayed */
static void wakeup_delayed(struct writeback *wb)
{
	u64 interval = centisecs(wb->vm->mm->sysctl.dirty_writeback_centisecs);

	if (interval && !event_pending(&wb->timer) && !wb->woken)
		engine_at(wb->vm->mm->engine, &wb->timer, now_ns(wb) + interval);
}

/*
 * The next dirty folio of the file from *index on, as far as `end`. O(nodes).
 */
static u32 next_dirty(const struct file *file, u64 *index, u64 end)
{
	const struct vm *vm = file->vm;

	end = min_u64(end, file->pages.n << VM_NODE_SHIFT);
	for (u64 i = *index; i < end; i = (i | (VM_NODE_SLOTS - 1)) + 1) {
		const struct vm_node *node = vm_node_lookup(vm, &file->pages, i);
		u64 mask = node ? node->dirty & ~0ull << (i % VM_NODE_SLOTS) : 0;
		u32 slot;

		if (!mask)
			continue;
		slot = (u32)__builtin_ctzll(mask);
		*index = (i & ~(u64)(VM_NODE_SLOTS - 1)) + slot;
		return *index < end ? node->slot[slot] : PFN_NONE;
	}
	return PFN_NONE;
}

/* Under write-back from now on, clean for who maps it. */
static void start_folio(struct file *file, struct task_struct *current, u32 folio)
{
	struct vm *vm = file->vm;

	if (file->i_mmap)
		folio_mkclean(vm, current, folio);
	folio_start_writeback(vm, folio);
	task_charge(current, CAUSE_WRITEBACK,
		    folio_nr_pages(vm->mm, folio) * vm->mm->costs.writeback_page);
}

/*
 * Writes dirty folios of [*index, end) in requests of neighbours, up to about nr_to_write pages;
 * *index: where it stopped. With `sync` one that is under write-back already is waited for, else
 * passed over. Returns pages. fs/ext4/inode.c:ext4_writepages
 */
static u64 write_pages(struct file *file, struct task_struct *current, u64 *index, u64 end,
		       u64 nr_to_write, bool sync)
{
	struct vm *vm = file->vm;
	u64 written = 0;
	u32 folio;

	while (written < nr_to_write && (folio = next_dirty(file, index, end)) != PFN_NONE) {
		u64 first = *index, nr = 0, at = *index;

		if (pfn_to_page(vm->mm, folio)->flags & PG_writeback) {
			if (sync)
				folio_wait_writeback(vm, current, folio);
			else
				*index += folio_nr_pages(vm->mm, folio);
			continue;
		}
		do {
			u64 pages = folio_nr_pages(vm->mm, folio);

			if ((nr && nr + pages > FILE_REQUEST_PAGES_MAX) ||
			    pfn_to_page(vm->mm, folio)->flags & PG_writeback)
				break;
			start_folio(file, current, folio);
			nr += pages;
			at = first + nr;
			folio = next_dirty(file, &at, end);
		} while (folio != PFN_NONE && at == first + nr && written + nr < nr_to_write);
		file_submit(file, current, true, first, nr);
		*index = first + nr;
		written += nr;
		task_settle(vm->mm, current);
	}
	return written;
}

/* From where the last turn ended to the end and on from the beginning (range_cyclic). */
static u64 write_chunk(struct writeback *wb, struct file *file, u64 nr_to_write)
{
	u64 start = file->writeback_index, written;

	written = write_pages(file, &wb->task, &file->writeback_index, UINT64_MAX, nr_to_write,
			      false);
	if (written >= nr_to_write)
		return written;
	file->writeback_index = 0;
	return written + write_pages(file, &wb->task, &file->writeback_index, start,
				     nr_to_write - written, false);
}

static u64 chunk_size(const struct writeback *wb, const struct wb_work *work)
{
	u64 pages = min_u64(wb->avg_write_bandwidth / 2, wb->dirty_limit / DIRTY_SCOPE);

	pages = min_u64(pages, (u64)work->nr_pages) + MIN_WRITEBACK_PAGES;
	return pages - pages % MIN_WRITEBACK_PAGES;
}

/* fs/fs-writeback.c:requeue_inode */
static void requeue(struct writeback *wb, struct file *file, bool slice_used, u64 dirtied_before)
{
	if (!file->nr_dirty) {
		list_del(wb, file);
	} else if (slice_used && file->dirtied_when <= dirtied_before) {
		list_move(wb, file, WB_MORE_IO);
	} else {
		file->dirtied_when = now_ns(wb);
		list_move(wb, file, WB_DIRTY);
	}
}

/* Files whose age is up. fs/fs-writeback.c:queue_io */
static void queue_io(struct writeback *wb, u64 dirtied_before)
{
	struct file *file;

	while ((file = wb->lists[WB_MORE_IO].first))
		list_move(wb, file, WB_IO);
	while ((file = wb->lists[WB_DIRTY].first) && file->dirtied_when <= dirtied_before)
		list_move(wb, file, WB_IO);
}

static u64 dirtied_before(const struct writeback *wb, const struct wb_work *work)
{
	u64 age = centisecs(wb->vm->mm->sysctl.dirty_expire_centisecs), now = now_ns(wb);

	if (!work->kupdate)
		return now;
	return now - min_u64(now, age);
}

/* One pass over the queue. Returns pages written and files that came clean.
   fs/fs-writeback.c:writeback_sb_inodes */
static u64 write_queue(struct writeback *wb, struct wb_work *work)
{
	u64 start = now_ns(wb), before = dirtied_before(wb, work), total = 0;
	struct file *file;

	while ((file = wb->lists[WB_IO].first)) {
		u64 chunk = chunk_size(wb, work), written;

		wb_bandwidth_estimate_start(wb);
		written = write_chunk(wb, file, chunk);
		wb_update_bandwidth(wb);
		work->nr_pages -= (s64)min_u64(written, INT64_MAX);
		total += written + !file->nr_dirty;
		requeue(wb, file, written >= chunk, before);
		if (total && (now_ns(wb) > start + NSEC_PER_SEC / 10 || work->nr_pages <= 0))
			break;
	}
	return total;
}

static void wb_writeback(struct writeback *wb, struct wb_work *work)
{
	while (work->nr_pages > 0) {
		bool queued = false;

		if (work->background && !wb_over_bg_thresh(wb))
			return;
		if (!wb->lists[WB_IO].first) {
			queue_io(wb, dirtied_before(wb, work));
			queued = true;
		}
		if (!write_queue(wb, work) && queued)
			return;
	}
}

/* Work for start-all and periodic requests is counted when it begins. */
static s64 nr_dirty_pages(const struct writeback *wb)
{
	return global_node_page_state(wb->vm, NR_FILE_DIRTY);
}

static void check_start_all(struct writeback *wb)
{
	struct wb_work work = {.nr_pages = nr_dirty_pages(wb)};

	if (wb->start_all)
		wb_writeback(wb, &work);
	wb->start_all = false;
}

static void check_old_data(struct writeback *wb)
{
	struct wb_work work = {.nr_pages = nr_dirty_pages(wb), .kupdate = true};
	u64 interval = centisecs(wb->vm->mm->sysctl.dirty_writeback_centisecs);

	if (!interval || now_ns(wb) < wb->last_old_flush_ns + interval)
		return;
	wb->last_old_flush_ns = now_ns(wb);
	wb_writeback(wb, &work);
}

static void check_background(struct writeback *wb)
{
	struct wb_work work = {.nr_pages = INT64_MAX, .background = true};

	if (wb_over_bg_thresh(wb))
		wb_writeback(wb, &work);
}

/* The thread. fs/fs-writeback.c:wb_workfn, wb_do_writeback */
static void flusher(void *arg)
{
	struct writeback *wb = arg;
	struct mm *mm = wb->vm->mm;

	wb->task.sched = cpu_current(mm->cpus);
	for (;;) {
		while (!wb->woken) {
			task_spend(mm, &wb->task);
			if (!wb->woken)
				cpu_wait(wb->task.sched, &wb->wait, WAIT_FOREVER);
		}
		wb->woken = false;
		wb->running = true;
		check_start_all(wb);
		check_old_data(wb);
		check_background(wb);
		wb->running = false;
		if (has_dirty_io(wb))
			wakeup_delayed(wb);
	}
}

static void timer_fire(struct engine *engine, struct event *event)
{
	struct writeback *wb = container_of(event, struct writeback, timer);

	(void)engine;
	wb_wakeup(wb);
}

void wb_wakeup(struct writeback *wb)
{
	struct mm *mm = wb->vm->mm;
	u32 cpu = mm->nr_cpus - 1;

	wb->woken = true;
	engine_cancel(mm->engine, &wb->timer);
	if (wb->exists) {
		wake_up(mm->engine, &wb->wait, UINT32_MAX);
		return;
	}
	wb->exists = true;
	wb->task = (struct task_struct){
		.comm = "flusher", .cpu = cpu, .flags = PF_KTHREAD | PF_MEMALLOC_NOFS};
	if (!cpu_ctx_create(mm->cpus, "flusher", cpu, CPU_CLASS_KTHREAD, now_ns(wb), flusher, wb))
		engine_out_of_memory(mm->engine);
}

void wb_file_dirtied(struct writeback *wb, struct file *file)
{
	if (file->wb_list != WB_CLEAN)
		return;
	wb->timer.fire = timer_fire;
	file->dirtied_when = now_ns(wb);
	if (!has_dirty_io(wb))
		wakeup_delayed(wb);
	list_move(wb, file, WB_DIRTY);
}

void wakeup_flusher_threads(struct vm *vm)
{
	struct writeback *wb = vm->writeback;

	if (!wb || !has_dirty_io(wb) || wb->start_all)
		return;
	wb->start_all = true;
	wb_wakeup(wb);
}

void filemap_write_and_wait(struct file *file, struct task_struct *current)
{
	struct vm *vm = file->vm;
	u64 index = 0;

	assert(vm->disk && current->sched);
	write_pages(file, current, &index, UINT64_MAX, UINT64_MAX, true);
	for (u64 i = 0; file->nr_writeback && i < file->pages.n; i++) {
		const struct vm_node *node;

		while (file->pages.id[i] &&
		       (node = vm_node_get(vm, file->pages.id[i]))->writeback)
			folio_wait(vm, current, node->slot[__builtin_ctzll(node->writeback)],
				   CAUSE_WRITEBACK);
	}
	task_spend(vm->mm, current);
}

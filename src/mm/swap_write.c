/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing of swapped pages, after mm/page_io.c and block/blk-mq.c: who reclaims plugs its queue,
 * so pages of neighbouring slots go out as one request, when it is full, when another one begins
 * behind a large one, or when the pass over the lists ends. A synchronous device (zram) takes CPU
 * time instead. Left out: requests of two passes that become one in the scheduler of the device,
 * zeroed pages that need no I/O, zswap, the memory that zram itself takes, the scatter list of a
 * request.
 */
#include <assert.h>
#include <stdlib.h>

#include "mm/alloc.h"
#include "mm/kmalloc.h"
#include "mm/swap_internal.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"
#include "mm/writeback.h"

#define PLUG_REQUESTS_MAX 32u	      /* block/blk.h:BLK_MAX_REQUEST_COUNT */
#define PLUG_FLUSH_BYTES  (128u << 10) /* block/blk.h:BLK_PLUG_FLUSH_SIZE */

/* drivers/block/virtio_blk.c: what to do before, and how it went behind the pages;
   include/uapi/linux/virtio_ring.h:struct vring_desc */
#define REQUEST_EXTRA_SEGMENTS 2u
#define DESCRIPTOR_BYTES       16u

struct swap_io *swap_io_get(struct vm *vm, u32 folio)
{
	struct swap_state *swap = vm->swap;
	struct swap_io *io = swap->unused;

	if (io) {
		swap->unused = io->next_unused;
	} else {
		io = calloc(1, sizeof(*io));
		if (!io) {
			engine_out_of_memory(vm->mm->engine);
			return NULL;
		}
		io->vm = vm;
		io->next_pooled = swap->pool;
		swap->pool = io;
	}
	io->folio = folio;
	io->entry = 0;
	io->nr = 1;
	io->isolated_ns = 0;
	io->descriptors = SLAB_NONE;
	io->last = io;
	io->next = io->next_request = NULL;
	return io;
}

void swap_io_put(struct swap_io *io)
{
	struct swap_state *swap = io->vm->swap;

	io->next_unused = swap->unused;
	swap->unused = io;
}

/*
 * The newest pages of a request that went while reclaim still dealt with their batch: when it was
 * soon done, they were off the lists and could not be moved to the tail; they come to the head with
 * the rest of the batch and stay until the list has gone round. mm/swap.c:folio_rotate_reclaimable
 */
static bool done_off_lists(const struct swap_io *request)
{
	const struct device *dev = swap_entry_info(request->vm, request->entry)->dev;
	u64 ns = device_get_params(dev)->busy_latency_ns;

	if (!ns)
		ns = engine_now(request->vm->mm->engine) - request->sent_ns;
	return ns < request->isolated_ns;
}

/* The interrupt at a request's end: its table's memory goes, and reclaim finds its pages at the
   tail of their list. */
static void end_swap_write(void *arg)
{
	struct swap_io *io = arg, *next;
	struct vm *vm = io->vm;
	struct task_struct irq = {.comm = "irq", .cpu = io->cpu, .context = IN_HARDIRQ};
	bool off_lists = done_off_lists(io);
	u32 batch = io->sent_batch;

	kfree(vm, &irq, io->descriptors);
	if (vm->mm->cpus)
		cpu_device_interrupt(vm->mm->cpus, irq.cpu,
				     vm->mm->costs.irq_entry + irq.charged_ns +
					     io->nr * vm->mm->costs.end_writeback);
	for (; io; io = next) {
		next = io->next;
		if (off_lists && io->batch == batch)
			pfn_to_page(vm->mm, io->folio)->flags &= (u16)~PG_reclaim;
		folio_end_writeback(io->vm, io->folio);
		swap_io_put(io);
	}
}

/* Without memory for a table the pieces go into the queue itself.
   drivers/virtio/virtio_ring.c:alloc_indirect_split */
static u32 alloc_descriptors(struct vm *vm, struct task_struct *current, u32 pages)
{
	u32 bytes = (pages + REQUEST_EXTRA_SEGMENTS) * DESCRIPTOR_BYTES;

	if (vm->mm->profile->virtio_desc_shadow)
		bytes *= 2;
	return kmalloc(vm, current, (u32)min_u64(bytes, KMALLOC_MAX_BYTES), vm->swap->atomic);
}

void swap_write_prepare(struct vm *vm, const struct device *dev)
{
	const struct device_params *params = device_get_params(dev);
	struct task_struct current = {.comm = "swapon"};

	if (params->indirect)
		kfree(vm, &current, alloc_descriptors(vm, &current, params->max_segments));
}

static void start_request(struct vm *vm, struct task_struct *current, struct swap_io *io)
{
	struct device *dev = swap_entry_info(vm, io->entry)->dev;

	io->cpu = current->cpu;
	io->sent_ns = engine_now(vm->mm->engine);
	if (device_get_params(dev)->indirect)
		io->descriptors = alloc_descriptors(vm, current, io->nr);
	device_submit(dev, true, (u64)io->nr << vm->mm->page_shift, end_swap_write, io);
}

/* What was gathered goes at the next occasion. block/blk-core.c:__blk_flush_plug */
static void flush(struct task_struct *current)
{
	struct swap_plug *plug = &current->swap_plug;

	if (!plug->first)
		return;
	for (struct swap_io *io = plug->first; io; io = io->next_request) {
		io->sent_batch = plug->batch;
		io->isolated_ns = current->charged_ns; /* so far; see swap_plug_send() */
	}
	if (plug->ready)
		plug->ready_last->next_request = plug->first;
	else
		plug->ready = plug->first;
	plug->ready_last = plug->last;
	plug->first = plug->last = NULL;
	plug->nr = 0;
}

/* block/blk-merge.c:blk_attempt_plug_merge */
static bool merge(const struct vm *vm, struct swap_plug *plug, struct swap_io *io)
{
	struct swap_io *to = plug->last;
	const struct swap_info *si;
	u32 max;

	if (!to || to->entry + to->nr != io->entry)
		return false;
	si = swap_entry_info(vm, io->entry);
	max = device_get_params(si->dev)->max_segments;
	if ((max && to->nr >= max) || swap_entry_info(vm, to->entry) != si)
		return false;
	to->last->next = io;
	to->last = io;
	to->nr++;
	return true;
}

/* block/blk-mq.c:blk_add_rq_to_plug */
static void plug_add(const struct vm *vm, struct task_struct *current, struct swap_io *io)
{
	struct swap_plug *plug = &current->swap_plug;

	io->batch = plug->batch;
	if (merge(vm, plug, io))
		return;
	if (plug->nr == PLUG_REQUESTS_MAX ||
	    (plug->last && (u64)plug->last->nr << vm->mm->page_shift >= PLUG_FLUSH_BYTES))
		flush(current);
	if (plug->last)
		plug->last->next_request = io;
	else
		plug->first = io;
	plug->last = io;
	plug->nr++;
}

void swap_plug_start(struct task_struct *current)
{
	assert(!current->swap_plug.active && !current->swap_plug.first);
	current->swap_plug.active = true;
}

void swap_plug_send(struct vm *vm, struct task_struct *current)
{
	struct swap_plug *plug = &current->swap_plug;

	while (plug->ready) {
		struct swap_io *io = plug->ready;

		plug->ready = io->next_request;
		io->isolated_ns = current->charged_ns - io->isolated_ns;
		start_request(vm, current, io);
	}
	plug->batch++;
}

void swap_plug_flush(struct vm *vm, struct task_struct *current)
{
	flush(current);
	swap_plug_send(vm, current);
}

void swap_plug_finish(struct vm *vm, struct task_struct *current)
{
	current->swap_plug.active = false;
	swap_plug_flush(vm, current);
}

/* A request of one page, or a part of one in the task's plug. */
static void submit(struct vm *vm, struct task_struct *current, u32 folio, swp_entry_t entry)
{
	struct swap_io *io = swap_io_get(vm, folio);

	if (!io)
		return;
	io->entry = entry;
	if (current->swap_plug.active)
		plug_add(vm, current, io);
	else
		start_request(vm, current, io);
}

void swap_writeout(struct vm *vm, struct task_struct *current, u32 folio)
{
	struct page *page = pfn_to_page(vm->mm, folio);
	swp_entry_t entry = folio_swap_entry(vm, folio);

	assert(entry && !(page->flags & (PG_writeback | PG_locked)));
	page->flags &= (u16)~PG_dirty;
	if (!swap_count(vm, entry))
		return;
	count_vm_events(vm->mm, PSWPOUT, 1);
	folio_start_writeback(vm, folio);
	if (swap_entry_info(vm, entry)->synchronous) {
		task_charge(current, CAUSE_RECLAIM, vm->mm->costs.zram_store);
		folio_end_writeback(vm, folio);
		return;
	}
	task_charge(current, CAUSE_RECLAIM, vm->mm->costs.swap_submit);
	submit(vm, current, folio, entry);
}

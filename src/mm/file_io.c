/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests for file data between the page cache and the disk. A read unlocks its folios when it is
 * complete, a write ends their write-back. Writes wait for a free request, as in the block layer.
 * Left out: plugging, merging of requests, the elevator.
 */
#include <assert.h>
#include <stdlib.h>

#include "engine/device.h"
#include "mm/lru.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"
#include "mm/writeback.h"

#define NR_WRITE_REQUESTS 128u /* block/blk-mq.c, include/linux/blkdev.h:BLKDEV_DEFAULT_RQ */

struct file_request {
	struct file_request *next_all, *next_unused;
	struct file *file;
	u64 index, nr;
	u32 cpu;
	bool write;
};

struct file_requests {
	struct file_request *all, *unused;
	u32 writes; /* under way */
	struct wait_queue write_done;
};

void vm_file_requests_destroy(struct vm *vm)
{
	struct file_requests *requests = vm->file_requests;

	if (!requests)
		return;
	while (requests->all) {
		struct file_request *req = requests->all;

		requests->all = req->next_all;
		free(req);
	}
	free(requests);
	vm->file_requests = NULL;
}

static struct file_requests *requests_get(struct vm *vm)
{
	if (!vm->file_requests)
		vm->file_requests = calloc(1, sizeof(*vm->file_requests));
	return vm->file_requests;
}

static struct file_request *request_get(struct vm *vm)
{
	struct file_requests *requests = requests_get(vm);
	struct file_request *req = requests ? requests->unused : NULL;

	if (req) {
		requests->unused = req->next_unused;
		return req;
	}
	req = requests ? calloc(1, sizeof(*req)) : NULL;
	if (!req) {
		engine_out_of_memory(vm->mm->engine);
		return NULL;
	}
	req->next_all = requests->all;
	requests->all = req;
	return req;
}

static void request_done(void *arg)
{
	struct file_request *req = arg;
	struct vm *vm = req->file->vm;
	struct file_requests *requests = vm->file_requests;
	u64 ns = vm->mm->costs.irq_entry;

	for (u64 i = req->index; i < req->index + req->nr;) {
		u32 folio = filemap_get_folio(req->file, i);

		assert(folio != PFN_NONE);
		i += folio_nr_pages(vm->mm, folio);
		if (req->write) {
			folio_end_writeback(vm, folio);
			ns += vm->mm->costs.end_writeback;
		} else {
			folio_unlock(vm, folio);
		}
	}
	if (req->write)
		cpu_device_interrupt(vm->mm->cpus, req->cpu, ns);
	else /* who waits takes the turn on waking */
		cpu_interrupt(vm->mm->cpus, req->cpu, ns);
	req->next_unused = requests->unused;
	requests->unused = req;
	if (!req->write)
		return;
	requests->writes--;
	wake_up(vm->mm->engine, &requests->write_done, 1);
}

static void wait_for_request(struct vm *vm, struct task_struct *current)
{
	struct file_requests *requests = requests_get(vm);

	while (requests && requests->writes >= NR_WRITE_REQUESTS) {
		u64 from;

		task_spend(vm->mm, current);
		if (requests->writes < NR_WRITE_REQUESTS)
			return;
		from = engine_now(vm->mm->engine);
		cpu_wait_io(current->sched, &requests->write_done, WAIT_FOREVER);
		current->total_ns[CAUSE_WRITEBACK] += engine_now(vm->mm->engine) - from;
	}
}

/* The CPU's part: of the request, and of each folio in it, from building it to its end. */
static u64 submit_ns(const struct file *file, bool write, u64 index, u64 nr)
{
	const struct mm *mm = file->vm->mm;
	u64 ns = mm->costs.file_submit;

	for (u64 i = index; !write && i < index + nr;
	     i += folio_nr_pages(mm, filemap_get_folio(file, i)))
		ns += mm->costs.read_folio;
	return ns;
}

void file_submit(struct file *file, struct task_struct *current, bool write, u64 index, u64 nr)
{
	struct vm *vm = file->vm;
	u64 bytes = nr << vm->mm->page_shift;
	struct file_request *req;

	if (write)
		wait_for_request(vm, current);
	req = request_get(vm);
	if (!req)
		return;
	req->file = file;
	req->index = index;
	req->nr = nr;
	req->cpu = current->cpu;
	req->write = write;
	if (write)
		vm->file_requests->writes++;
	count_vm_events(vm->mm, write ? PGPGOUT : PGPGIN, bytes >> 10);
	task_charge(current, write ? CAUSE_WRITEBACK : CAUSE_SWAP_IN,
		    submit_ns(file, write, index, nr));
	device_submit(vm->disk, write, bytes, request_done, req);
}

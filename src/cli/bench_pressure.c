/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory pressure: whole simulations that mostly reclaim, counted in page operations (allocated,
 * scanned, reclaimed, swapped either way); and compaction of a node, in pages scanned or moved.
 */
#include <stdio.h>
#include <string.h>

#include "cli/bench.h"
#include "cli/simulation.h"
#include "mm/alloc.h"
#include "mm/compaction.h"
#include "mm/vm_internal.h"

/* What one page operation is, from the counters of /proc/vmstat. */
static u64 page_operations(const struct mm *mm)
{
	static const enum vm_event_item items[] = {
		PGALLOC_DMA, PGALLOC_DMA32, PGALLOC_NORMAL, PGSCAN_KSWAPD, PGSCAN_DIRECT,
		PGSTEAL_KSWAPD, PGSTEAL_DIRECT, PSWPIN, PSWPOUT,
	};
	u64 sum = 0;

	for (u32 i = 0; i < ARRAY_SIZE(items); i++)
		sum += mm->vm_event[items[i]];
	return sum;
}

/* A machine of two CPUs, a disk and twice its memory as swap. */
static bool parse_machine(struct config *config, u64 memory, const char *profile, int lru_gen,
			  struct err *err)
{
	static const char device[] =
		"\"read_latency\": \"100us\", \"write_latency\": \"60us\", \"read_bandwidth\": "
		"\"4G\", \"write_bandwidth\": \"4G\"";
	char text[1024];
	int n = snprintf(text, sizeof(text),
			 "{\"profile\": \"%s\", \"policy\": {\"lru_gen\": %d}, \"machine\": "
			 "{\"arch\": \"x86-64\", \"nodes\": [{\"cpus\": 2, \"memory\": "
			 "[{\"start\": \"1MiB\", \"end\": %llu}]}], \"devices\": "
			 "[{\"name\": \"disk\", %s}, {\"name\": \"swap\", \"size\": %llu, %s}]}}",
			 profile, lru_gen, (unsigned long long)(memory + (1u << 20)), device,
			 (unsigned long long)(2 * memory), device);

	return config_parse(config, "bench machine", text, (size_t)n, err);
}

/* One run from boot to end, timed without its preparation. */
static bool run_once(const struct config *config, const struct workload *workload, u64 *ops,
		     double *ns, struct err *err)
{
	const struct sim_options opt = {.seed = 1, .check = CHECK_OFF};
	enum sim_stop stop;
	struct sim sim;
	u64 start;
	bool ok;

	if (!sim_create(&sim, config, workload, &opt, err))
		return false;
	*ops = page_operations(sim.mm);
	start = bench_now();
	ok = sim_run(&sim, &stop, err);
	*ns = (double)(bench_now() - start);
	*ops = page_operations(sim.mm) - *ops;
	sim_destroy(&sim);
	return ok;
}

static bool run_parts(u64 memory, const char *profile, int lru_gen, const char *program,
		      struct bench_row *row, struct err *err)
{
	struct config config = {0};
	struct workload workload = {0};
	double parts[BENCH_PARTS];
	char text[512];
	int n = snprintf(text, sizeof(text),
			 "{\"tasks\": [{\"name\": \"bench\", \"program\": %s}]}", program);
	bool ok = parse_machine(&config, memory, profile, lru_gen, err);
	struct workload_env env = {&config.profile, &config.machine};

	ok = ok && workload_parse(&workload, "bench workload", text, (size_t)n, &env, err);
	for (u32 part = 0; ok && part < BENCH_PARTS; part++) {
		ok = run_once(&config, &workload, &row->ops, &parts[part], err);
		parts[part] /= row->ops ? (double)row->ops : 1;
	}
	if (ok)
		row->ns = bench_median(parts);
	workload_finish(&workload);
	config_finish(&config);
	return ok;
}

/* A file of four times the memory (or `pages`) is read from end to end. */
static bool reclaim_file(u64 memory, u64 pages, const char *profile, struct bench_row *row,
			 struct err *err)
{
	char program[128];

	snprintf(program, sizeof(program),
		 "[{\"op\": \"read\", \"file\": \"stream\", \"size\": %llu}]",
		 (unsigned long long)(pages ? pages << 12 : 4 * memory));
	return run_parts(memory, profile, -1, program, row, err);
}

bool bench_reclaim_file(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	return reclaim_file(memory, ops, "linux-6.12", row, err);
}

bool bench_reclaim_large(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	return reclaim_file(memory, ops, "linux-7.2", row, err);
}

/* A region of five quarters of the memory (or `pages`) is written from end to end, three times. */
static bool reclaim_anon(u64 memory, u64 pages, int lru_gen, struct bench_row *row,
			 struct err *err)
{
	char program[256];

	snprintf(program, sizeof(program),
		 "[{\"op\": \"map\", \"region\": \"set\", \"size\": %llu}, {\"op\": \"loop\", "
		 "\"count\": 3, \"program\": [{\"op\": \"touch\", \"region\": \"set\"}]}]",
		 (unsigned long long)(pages ? pages << 12 : memory + memory / 4));
	return run_parts(memory, "linux-7.2", lru_gen, program, row, err);
}

bool bench_reclaim_anon(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	return reclaim_anon(memory, ops, 0, row, err);
}

bool bench_reclaim_mglru(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	return reclaim_anon(memory, ops, 1, row, err);
}

/* Compaction. Memory is one region with holes; some of its pages are pinned. */

struct compact_bench {
	struct bench_machine bm;
	struct vm *vm;
	struct vm_area_struct *vma;
	u64 seed;
};

static bool compact_create(struct compact_bench *cb, u64 memory, struct err *err)
{
	struct mm_struct *mm = NULL;

	*cb = (struct compact_bench){.seed = 88172645463325252ull};
	if (!bench_machine_create(&cb->bm, memory, err))
		return false;
	cb->vm = vm_create(cb->bm.mm, NULL);
	if (cb->vm)
		mm = mm_alloc(cb->vm, &cb->bm.task);
	/* The rest is for page tables and the marks. */
	if (mm)
		cb->vma = vm_mmap(mm, &cb->bm.task, (memory >> 12) - (memory >> 15));
	if (cb->vma)
		return true;
	vm_destroy(cb->vm);
	bench_machine_destroy(&cb->bm);
	return err_set(err, ERR_HOST_RES, "no memory for an address space");
}

static void compact_destroy(struct compact_bench *cb)
{
	vm_destroy(cb->vm);
	bench_machine_destroy(&cb->bm);
}

static u64 scramble(u64 *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void set_pinned(const struct compact_bench *cb, u64 index, bool pinned)
{
	const struct vm_node *node =
		vm_node_get(cb->vm, cb->vma->nodes.id[index / VM_NODE_SLOTS]);
	struct page *page = pfn_to_page(cb->bm.mm, node->slot[index % VM_NODE_SLOTS]);

	if (pinned)
		page->flags |= PG_pinned;
	else
		page->flags &= (u16)~PG_pinned;
}

/* Fills the holes and makes others, one in `holes` pages; of the rest one in `movable` may move. */
static bool scatter(struct compact_bench *cb, u64 holes, u64 movable, struct err *err)
{
	struct task_struct *task = &cb->bm.task;

	for (u64 i = 0; i < cb->vma->nr_pages; i++)
		if (handle_mm_fault(cb->vma, task, i, true) == VM_FAULT_OOM)
			return err_set(err, ERR_BUG, "the bench machine is too small for page %llu",
				       (unsigned long long)i);
	for (u64 i = 0; i < cb->vma->nr_pages; i++) {
		if (scramble(&cb->seed) % holes == 0)
			zap_page_range(cb->vma, task, i, 1);
		else
			set_pinned(cb, i, scramble(&cb->seed) % movable != 0);
	}
	drain_all_pages(cb->bm.mm, task, NULL);
	return true;
}

/* Compacts again and again, the memory scattered anew each time; the sum of two counters tells
   the work. */
static bool compact(u64 memory, u64 holes, u64 movable, const enum vm_event_item items[2],
		    struct bench_row *row, struct err *err)
{
	struct compact_bench cb;
	double parts[BENCH_PARTS];
	bool ok = true;

	if (!compact_create(&cb, memory, err))
		return false;
	row->ops = 0;
	for (u32 part = 0; ok && part < BENCH_PARTS; part++) {
		const u64 *event = cb.bm.mm->vm_event;
		u64 before, start, n;

		ok = scatter(&cb, holes, movable, err);
		before = event[items[0]] + event[items[1]];
		start = bench_now();
		compact_nodes(cb.bm.mm, &cb.bm.task);
		parts[part] = (double)(bench_now() - start);
		n = event[items[0]] + event[items[1]] - before;
		parts[part] /= n ? (double)n : 1;
		row->ops += n;
	}
	if (ok)
		row->ns = bench_median(parts);
	compact_destroy(&cb);
	return ok;
}

bool bench_compact_scan(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	static const enum vm_event_item scanned[] = {COMPACTMIGRATE_SCANNED, COMPACTFREE_SCANNED};

	(void)ops; /* memory says how many */
	return compact(memory, 64, 256, scanned, row, err);
}

bool bench_migrate(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	static const enum vm_event_item moved[] = {PGMIGRATE_SUCCESS, PGMIGRATE_FAIL};

	(void)ops;
	return compact(memory, 2, 1, moved, row, err);
}

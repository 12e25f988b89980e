/* SPDX-License-Identifier: GPL-2.0-only */
/* The allocator: hot pairs, churn in random order at half full, boot, snapshots. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cli/bench.h"
#include "mm/alloc.h"
#include "mm/fragindex.h"

#define GFP_BENCH GFP_HIGHUSER_MOVABLE

static __attribute__((noinline)) u64 hot_pairs(struct mm *mm, struct task_struct *task, u64 n)
{
	u64 done = 0;

	while (done < n) {
		u32 pfn = alloc_pages_node(mm, task, 0, 0, GFP_BENCH, 0);

		if (free_pages(mm, task, pfn, 0) != FREE_OK)
			break;
		done++;
	}
	return done;
}

bool bench_order0_hot(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	struct bench_machine bm;
	u64 start;

	if (!bench_machine_create(&bm, memory, err))
		return false;
	row->ops = ops ? ops : 5000000;
	start = bench_now();
	if (hot_pairs(bm.mm, &bm.task, row->ops) != row->ops)
		abort(); /* PFN_NONE is no page to free */
	row->ns = (double)(bench_now() - start) / (double)row->ops;
	bench_machine_destroy(&bm);
	return true;
}

/* A cheap stream of numbers; the order of a benchmark needs no more. */
static inline u64 scramble(u64 *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* One of n, nearly evenly. */
static inline u64 pick(u64 *x, u64 n)
{
	return (u64)((unsigned __int128)scramble(x) * n >> 64);
}

/* Who frees blocks usually knows a few of them ahead (a batch, a trace): so does the churn, and
   asks for their descriptors in time. */
#define LOOK_AHEAD 64

struct churn {
	u32 *pfn; /* blocks held; their orders are in the page map */
	u64 n, bytes;
	u64 next[LOOK_AHEAD]; /* which blocks go, in a ring */
};

/* Orders of a mixed load: mostly single pages. */
static u32 mixed_order(u64 x)
{
	static const u8 orders[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 4};

	return orders[x % 16];
}

static bool churn_fill(struct bench_machine *bm, struct churn *c, u64 pages, s32 order, u64 *seed,
		       struct err *err)
{
	u64 cap = order < 0 ? pages : pages >> order, held = 0;

	memset(c, 0, sizeof(*c));
	c->bytes = cap * sizeof(*c->pfn);
	c->pfn = mmap(NULL, c->bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (c->pfn == MAP_FAILED)
		return err_set(err, ERR_HOST_RES, "no memory to remember %llu blocks",
			       (unsigned long long)cap);
	(void)madvise(c->pfn, c->bytes, MADV_HUGEPAGE);
	while (held < pages && c->n < cap) {
		u32 o = order < 0 ? mixed_order(scramble(seed)) : (u32)order;
		u32 pfn = alloc_pages_node(bm->mm, &bm->task, 0, 0, GFP_BENCH, o);

		if (pfn == PFN_NONE)
			break;
		c->pfn[c->n++] = pfn;
		held += 1ull << o;
	}
	for (u32 i = 0; i < LOOK_AHEAD; i++)
		c->next[i] = pick(seed, c->n);
	return true;
}

/* Frees the block whose turn it is and allocates another. */
static void churn_step(struct bench_machine *bm, struct churn *c, u64 i, s32 order, u64 *seed)
{
	u32 *pfn = &c->pfn[c->next[i % LOOK_AHEAD]];
	u32 held = order < 0 ? pfn_to_page(bm->mm, *pfn)->order : (u32)order;
	u32 wanted = order < 0 ? mixed_order(scramble(seed)) : (u32)order;

	c->next[i % LOOK_AHEAD] = pick(seed, c->n);
	__builtin_prefetch(&c->pfn[c->next[i % LOOK_AHEAD]], 1);
	prefetch_page(bm->mm, c->pfn[c->next[(i + LOOK_AHEAD / 2) % LOOK_AHEAD]]);
	if (free_pages(bm->mm, &bm->task, *pfn, held) != FREE_OK)
		abort();
	*pfn = alloc_pages_node(bm->mm, &bm->task, 0, 0, GFP_BENCH, wanted);
	if (*pfn == PFN_NONE)
		abort(); /* half of the memory is free */
}

/* Blocks of `order` (-1: mixed) on half of the memory; each operation frees one at random and
   allocates another. */
static bool churn(u64 memory, u64 ops, s32 order, struct bench_row *row, struct err *err)
{
	struct bench_machine bm;
	struct churn c;
	double rss = bench_rss_mib(), parts[BENCH_PARTS];
	u64 seed = 88172645463325252ull, i = 0;

	if (!bench_machine_create(&bm, memory, err))
		return false;
	if (!churn_fill(&bm, &c, memory >> 13, order, &seed, err)) {
		bench_machine_destroy(&bm);
		return false;
	}
	row->ops = ops ? ops : 3000000;
	/* What was filled in ascending order must age before it is like a machine in use. */
	for (u64 warm = c.n < row->ops ? c.n : row->ops; i < warm; i++)
		churn_step(&bm, &c, i, order, &seed);
	for (u32 part = 0; part < BENCH_PARTS; part++) {
		u64 start = bench_now(), n = row->ops / BENCH_PARTS + 1;

		for (u64 end = i + n; i < end; i++)
			churn_step(&bm, &c, i, order, &seed);
		parts[part] = (double)(bench_now() - start) / (double)n;
	}
	row->ns = bench_median(parts);
	row->rss_mib = bench_rss_mib() - rss;
	munmap(c.pfn, c.bytes);
	bench_machine_destroy(&bm);
	return true;
}

bool bench_order0_churn(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	return churn(memory, ops, 0, row, err);
}

bool bench_order3(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	return churn(memory, ops, 3, row, err);
}

bool bench_order9(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	return churn(memory, ops, 9, row, err);
}

bool bench_mixed(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	return churn(memory, ops, -1, row, err);
}

bool bench_boot(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	double rss = bench_rss_mib();
	u64 start = bench_now();
	struct bench_machine bm;

	(void)ops;
	if (!bench_machine_create(&bm, memory, err))
		return false;
	row->ops = 1;
	row->ns = (double)(bench_now() - start);
	row->rss_mib = bench_rss_mib() - rss;
	bench_machine_destroy(&bm);
	return true;
}

bool bench_snapshot(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	struct bench_machine bm;
	s64 sum = 0;
	u64 start;

	if (!bench_machine_create(&bm, memory, err))
		return false;
	row->ops = ops ? ops : 100000;
	start = bench_now();
	for (u64 i = 0; i < row->ops; i++)
		for_each_populated_zone(bm.mm, zone)
			for (u32 o = 0; o <= bm.mm->max_order; o++) {
				struct contig_page_info info;

				zone_contig_page_info(zone, o, &info);
				sum += fragmentation_index(&info, o) +
				       (s64)unusable_free_index(&info, o);
			}
	row->ns = (double)(bench_now() - start) / (double)row->ops;
	__asm__ volatile("" : : "r"(sum)); /* keeps the loop */
	bench_machine_destroy(&bm);
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What steps on files, sockets, processes and huge pages do to a small machine's counters. */
#include <glib.h>
#include <string.h>

#include "../mm/small_world.h"
#include "mm/check.h"
#include "mm/cma.h"
#include "mm/dcache.h"
#include "mm/hugetlb.h"
#include "mm/kthread.h"
#include "mm/shrinker.h"
#include "mm/vmstat.h"
#include "workload/run.h"

struct trial {
	struct small_world w;
	struct workload wl;
	struct workload_run *run;
	struct err err;
};

static void prepare_on(struct trial *t, const char *machine, const char *text)
{
	struct workload_env env = {.profile = &profile_linux_7_2};
	char *json = g_strdelimit(g_strdup(text), "'", '"');
	struct workload_world world;

	*t = (struct trial){0};
	small_world_create(&t->w, machine, &profile_linux_7_2);
	env.machine = &t->w.sample.machine;
	if (!workload_parse(&t->wl, "w.json", json, strlen(json), &env, &t->err))
		g_error("%s", err_text(&t->err));
	world = (struct workload_world){t->w.engine, t->w.cpus, t->w.mm, t->w.vm, 1};
	t->run = workload_start(&t->wl, &world, &t->err);
	if (!t->run)
		g_error("%s", err_text(&t->err));
	g_free(json);
}

static void prepare(struct trial *t, const char *text)
{
	prepare_on(t, NULL, text);
}

static void run_until(struct trial *t, u64 ns)
{
	struct err err = {0};

	engine_run(t->w.engine, ns);
	if (!workload_result(t->run, &err) || !mm_check(t->w.mm, CHECK_FULL, NULL, &err))
		g_error("%s", err_text(&err));
}

static void run_whole(struct trial *t)
{
	run_until(t, UINT64_MAX);
	g_assert_true(workload_over(t->run));
}

static void finish(struct trial *t)
{
	workload_run_destroy(t->run);
	workload_finish(&t->wl);
	small_world_destroy(&t->w);
}

static s64 stat_of(const struct trial *t, enum node_stat_item item)
{
	return global_node_page_state(t->w.vm, item);
}

static const struct task_stats *stats_of(const struct trial *t)
{
	return workload_task_stats(t->run, 0);
}

#define TASK(program) "{'tasks':[{'name':'t','cpus':[0],'program':[" program "]}]}"
#define MS NSEC_PER_MSEC

static struct super_block_stats sb_stats(const struct trial *t)
{
	struct super_block_stats stats;

	super_block_stats(t->w.vm->sb, &stats);
	return stats;
}

/* 600 files: so many dentries and inodes, in two directories, a page of data each. */
static void test_mkfiles(void)
{
	struct trial t;
	u64 slabs;

	prepare(&t, TASK("{'op':'mkfiles','dir':'d','count':600,'size':2000,'rate':3000}"));
	run_whole(&t);
	g_assert_cmpuint(stats_of(&t)->files_made, ==, 600);
	g_assert_cmpuint(stats_of(&t)->latency[TASK_LATENCY_FILE].n, ==, 600);
	g_assert_cmpuint(sb_stats(&t).dentries, ==, 600);
	g_assert_cmpuint(sb_stats(&t).inodes, ==, 600);
	g_assert_cmpuint(sb_stats(&t).extents, ==, 1200);
	g_assert_cmpuint(sb_stats(&t).unused_dentries, ==, 600);
	g_assert_cmpuint(sb_stats(&t).unused_inodes, ==, 0); /* they have pages */
	/* 1072 bytes: 15 on an order-2 slab; 192: 21 a page; 40: 102 a page; a buffer head of 96
	   bytes for each page that was written: 42 a page */
	slabs = 602 / 15 * 4 + 602 / 21 + 1200 / 102 + (600 + 614 / 16) / 42;
	g_assert_cmpint(stat_of(&t, NR_SLAB_RECLAIMABLE), >=, (s64)slabs);
	/* ... and what sheaves of 12, 60, 60 and 60 objects hold */
	g_assert_cmpint(stat_of(&t, NR_SLAB_RECLAIMABLE), <=, (s64)slabs + 12 + 8 + 2);
	/* data, inode tables of 16 a page, two directories' entries */
	g_assert_cmpint(stat_of(&t, NR_FILE_PAGES), >=, 600 + 614 / 16);
	g_assert_cmpint(stat_of(&t, NR_FILE_PAGES), <=, 600 + 614 / 16 + 8);
	g_assert_cmpuint(engine_now(t.w.engine), >=, 200 * MS);
	g_assert_cmpuint(engine_now(t.w.engine), <, 220 * MS);
	finish(&t);
}

/* Files of no data: inodes can go once their dentries have gone; a lookup brings both back. */
static void test_shrink_and_stat(void)
{
	struct trial t;
	u64 before, freed;

	prepare(&t, TASK("{'op':'mkfiles','dir':'d','count':400},{'op':'sleep','for':'1s'},"
			 "{'op':'statfiles','dir':'d','count':400}"));
	run_until(&t, 900 * MS);
	before = small_world_free_pages(&t.w);
	/* the file system's own batch is 1024: fewer are taken only when all are asked for */
	freed = 0;
	for (u32 i = 0; i < 40; i++)
		freed += shrink_slab(t.w.vm, &t.w.current, GFP_KERNEL, 0, 0);
	g_assert_cmpuint(freed, >=, 800);
	g_assert_cmpuint(sb_stats(&t).dentries, ==, 0);
	g_assert_cmpuint(sb_stats(&t).inodes, ==, 0);
	/* a third of the inodes stays in sheaves, and some slabs for their sake */
	g_assert_cmpuint(small_world_free_pages(&t.w), >=, before + 400 / 15 * 4 / 2);
	run_whole(&t);
	g_assert_cmpuint(stats_of(&t)->files_looked_up, ==, 400);
	g_assert_cmpuint(sb_stats(&t).misses, ==, 400);
	g_assert_cmpuint(sb_stats(&t).dentries, ==, 400);
	g_assert_cmpuint(sb_stats(&t).inodes, ==, 400);
	finish(&t);
}

/* Looked up lately: the first pass only takes the mark away. Without __GFP_FS nothing is done. */
static void test_referenced(void)
{
	struct trial t;

	prepare(&t, TASK("{'op':'mkfiles','dir':'d','count':100},"
			 "{'op':'statfiles','dir':'d','count':100},{'op':'sleep','for':'1s'}"));
	run_until(&t, 900 * MS);
	g_assert_cmpuint(sb_stats(&t).hits, ==, 100);
	(void)shrink_slab(t.w.vm, &t.w.current, GFP_NOFS, 0, 0);
	g_assert_cmpuint(sb_stats(&t).dentries, ==, 100);
	for (u32 i = 0; i < 20 && sb_stats(&t).dentries == 100; i++)
		(void)shrink_slab(t.w.vm, &t.w.current, GFP_KERNEL, 0, 3);
	g_assert_cmpuint(sb_stats(&t).dentries, >, 0);
	finish(&t);
}

/* Inodes with pages stay; when the pages go they become unused. */
static void test_pinned_inodes(void)
{
	struct trial t;

	prepare(&t, TASK("{'op':'mkfiles','dir':'d','count':100,'size':100},"
			 "{'op':'sleep','for':'1s'}"));
	run_until(&t, 900 * MS);
	for (u32 i = 0; i < 40; i++)
		(void)shrink_slab(t.w.vm, &t.w.current, GFP_KERNEL, 0, 0);
	g_assert_cmpuint(sb_stats(&t).dentries, ==, 0);
	g_assert_cmpuint(sb_stats(&t).inodes, ==, 100);
	for (struct file *file = t.w.vm->files; file; file = file->next) {
		if (file->emptied)
			truncate_inode_pages(file, &t.w.current);
	}
	g_assert_cmpuint(sb_stats(&t).unused_inodes, ==, 100);
	finish(&t);
}

static void test_usock(void)
{
	struct trial t;
	s64 slabs;

	prepare(&t, TASK("{'op':'usock','count':50,'size':'8KiB','for':'1s'},"
			 "{'op':'usock','count':10,'size':'120KiB','for':'1s','rate':100}"));
	run_until(&t, 500 * MS);
	/* 8 KiB and its descriptor take an order-2 block that counts as slab */
	slabs = stat_of(&t, NR_SLAB_UNRECLAIMABLE);
	g_assert_cmpint(slabs, >=, 50 * 4 + 100 * 1088 / 4096);
	g_assert_cmpint(slabs, <=, 50 * 4 + 100 * 1088 / 4096 + 40);
	g_assert_cmpint(stat_of(&t, NR_SLAB_RECLAIMABLE), >=, 100 / 19 * 4 + 100 / 21);
	run_until(&t, 1800 * MS);
	/* linear part: an order-4 block; the rest in two of order 3 and a page */
	g_assert_cmpint(stat_of(&t, NR_SLAB_UNRECLAIMABLE), >=, 10 * 16);
	g_assert_cmpuint(t.w.boot_free - small_world_free_pages(&t.w), >=, 10 * 33);
	run_whole(&t);
	g_assert_cmpuint(stats_of(&t)->datagrams, ==, 60);
	g_assert_cmpuint(stats_of(&t)->datagrams_failed, ==, 0);
	g_assert_cmpuint(t.w.boot_free - small_world_free_pages(&t.w), <, 100);
	finish(&t);
}

static void test_netburst(void)
{
	struct trial t;
	u64 taken;

	prepare(&t, TASK("{'op':'netburst','count':6,'frames':640,'gap':'10ms','drain_every':3}"));
	/* two bursts are held: a page for two frames, an object or three */
	run_until(&t, 15 * MS);
	taken = t.w.boot_free - small_world_free_pages(&t.w);
	g_assert_cmpuint(taken, >=, 1280 / 2 + 1280 / 16 + 640 / 12 * 2);
	g_assert_cmpuint(taken, <=, 1280 / 2 + 1280 / 16 + 640 / 12 * 2 + 100);
	run_whole(&t);
	g_assert_cmpuint(stats_of(&t)->frames, ==, 6 * 640);
	g_assert_cmpuint(stats_of(&t)->frames_lost, ==, 0);
	/* the pool keeps its ring */
	taken = t.w.boot_free - small_world_free_pages(&t.w);
	g_assert_cmpuint(taken, >=, 200);
	g_assert_cmpuint(taken, <=, 256 + 64 + 40);
	finish(&t);

	prepare(&t, TASK("{'op':'netburst','count':10,'frames':1000,'lost':25}"));
	run_whole(&t);
	g_assert_cmpuint(stats_of(&t)->frames_lost, >=, 2200);
	g_assert_cmpuint(stats_of(&t)->frames_lost, <=, 2800);
	g_assert_cmpuint(stats_of(&t)->frames + stats_of(&t)->frames_lost, ==, 10000);
	finish(&t);
}

static void test_hugetlb(void)
{
	const struct hstate *pool;
	struct trial t;
	u64 most;

	prepare(&t, TASK("{'op':'hugetlb','pages':5},{'op':'sleep','for':'1s'},"
			 "{'op':'hugetlb','pages':1000},{'op':'hugetlb','pages':2},"
			 "{'op':'sleep','for':'1s'},{'op':'hugetlb','pages':0}"));
	run_until(&t, 500 * MS);
	pool = hugetlb_hstate(t.w.vm, 9);
	g_assert_cmpuint(pool->nr, ==, 5);
	g_assert_cmpuint(t.w.boot_free - small_world_free_pages(&t.w), >=, 5 * 512);
	run_until(&t, 1700 * MS);
	most = pool->most;
	g_assert_cmpuint(pool->nr, ==, 2);
	g_assert_cmpuint(most, >, 16);
	g_assert_cmpuint(most, <=, t.w.boot_free / 512);
	g_assert_cmpuint(pool->failed, ==, 1);
	run_whole(&t);
	g_assert_cmpuint(small_world_free_pages(&t.w), ==, t.w.boot_free);
	g_assert_cmpuint(t.w.mm->vm_event[HTLB_BUDDY_PGALLOC], ==, most);
	g_assert_cmpuint(t.w.mm->vm_event[HTLB_BUDDY_PGALLOC_FAIL], ==, 1);
	finish(&t);
}

/* In a full machine the pool grows by what reclaim and compaction make room for, up to the first page
   that they do not; shrinks at once, and has that to grow again. */
static void test_hugetlb_pressure(void)
{
	const struct hstate *pool;
	struct kthreads *kthreads;
	struct trial t;
	u64 grown, free_pages;

	prepare(&t, TASK("{'op':'loop','count':40,'program':[{'op':'read','file':'f','files':40,"
			 "'size':'1MiB'}]},{'op':'hugetlb','pages':12},{'op':'sleep','for':'20s'},"
			 "{'op':'hugetlb','pages':3},{'op':'sleep','for':'20s'},"
			 "{'op':'hugetlb','pages':5},{'op':'sleep','for':'20s'}"));
	kthreads = kthreads_start(t.w.mm, &t.err);
	g_assert_nonnull(kthreads);
	run_until(&t, 15000 * MS);
	pool = hugetlb_hstate(t.w.vm, 9);
	grown = pool->nr;
	g_assert_cmpuint(grown, >, 5);
	g_assert_cmpuint(grown, <, 12);
	g_assert_cmpuint(pool->failed, ==, 1);
	g_assert_cmpuint(t.w.mm->vm_event[PGSTEAL_FILE], >, 0);
	g_assert_cmpuint(t.w.mm->vm_event[COMPACTSTALL], >, 0);
	free_pages = small_world_free_pages(&t.w);
	run_until(&t, 35000 * MS);
	g_assert_cmpuint(pool->nr, ==, 3);
	g_assert_cmpuint(small_world_free_pages(&t.w), ==, free_pages + (grown - 3) * 512);
	run_until(&t, 70000 * MS);
	g_assert_true(workload_over(t.run));
	g_assert_cmpuint(pool->nr, ==, 5);
	g_assert_cmpuint(pool->most, ==, grown);
	g_assert_cmpuint(pool->failed, ==, 1);
	kthreads_stop(kthreads);
	finish(&t);
}

#define TWO_NODES                                                                                 \
	"{\"name\":\"two\",\"arch\":\"x86-64\",\"nodes\":["                                        \
	"{\"cpus\":1,\"distances\":[10,20],"                                                       \
	"\"memory\":[{\"start\":\"0\",\"end\":\"32MiB\"}]},"                                       \
	"{\"cpus\":1,\"distances\":[20,10],"                                                       \
	"\"memory\":[{\"start\":\"64MiB\",\"end\":\"128MiB\"}]}]}"

/* Each node gives what it has; the smaller one is tried hard once, then easily, and counted. */
static void test_hugetlb_nodes(void)
{
	const struct hstate *pool;
	struct trial t;
	u64 on[2] = {0};

	prepare_on(&t, TWO_NODES, TASK("{'op':'hugetlb','pages':34},{'op':'sleep','for':'1s'}"));
	run_whole(&t);
	pool = hugetlb_hstate(t.w.vm, 9);
	for (u64 i = 0; i < pool->nr; i++)
		on[pfn_zone(t.w.mm, pool->pfns[i])->nid]++;
	g_assert_cmpuint(pool->nr, ==, 34);
	g_assert_cmpuint(on[0], <=, 15);
	g_assert_cmpuint(on[1], ==, 34 - on[0]);
	g_assert_cmpuint(pool->noretry, ==, 1);
	g_assert_cmpuint(t.w.mm->vm_event[HTLB_BUDDY_PGALLOC_FAIL], ==, on[1] - on[0]);
	finish(&t);
}

/* Buffers of an area: what is in the way moves; more than there is fails; all go back at exit. */
static void test_cma(void)
{
	const struct cma *cma;
	struct trial t;

	prepare_on(&t, CMA_MACHINE,
		   TASK("{'op':'map','region':'r','size':'40MiB'},{'op':'touch','region':'r'},"
			"{'op':'cma_alloc','name':'b','area':'camera','pages':1000,'align':3,"
			" 'count':5,'on_fail':'stop'},"
			"{'op':'sleep','for':'1s'},"
			"{'op':'cma_free','name':'b','count':1,'pick':'newest'},"
			"{'op':'cma_alloc','name':'b','area':'camera','pages':1},"
			"{'op':'sleep','for':'1s'},{'op':'cma_free','name':'b','count':2},"
			"{'op':'exit'}"));
	cma = cma_find(t.w.vm, "camera");
	run_until(&t, 1000 * MS);
	g_assert_cmpuint(stats_of(&t)->cma_ok, ==, 4);
	g_assert_cmpuint(stats_of(&t)->cma_failed, ==, 1);
	g_assert_cmpuint(cma->available, ==, cma->count - 4000);
	g_assert_cmpuint(t.w.mm->vm_event[PGMIGRATE_SUCCESS], >, 1000);
	run_until(&t, 1900 * MS);
	g_assert_cmpuint(cma->available, ==, cma->count - 3001);
	run_whole(&t);
	g_assert_cmpuint(cma->available, ==, cma->count);
	g_assert_cmpuint(stats_of(&t)->cma_freed, ==, 5);
	g_assert_cmpuint(small_world_free_pages(&t.w), ==, t.w.boot_free);
	finish(&t);
}

#define IMAGE "'image':{'private':'32KiB','shared':'4MiB','mapped':'300KiB'," \
	"'virtual':'20MiB'}"

/* An image: its pages, tables for all of it, a stack; all of it goes at exit. */
static void test_image(void)
{
	struct trial t;
	u64 taken;

	prepare(&t, "{'tasks':[{'name':'t'," IMAGE ",'program':[{'op':'sleep','for':'1s'},"
		    "{'op':'exec','image':{'private':'4KiB','virtual':'2MiB'}},"
		    "{'op':'sleep','for':'1s'}]}]}");
	run_until(&t, 500 * MS);
	g_assert_cmpint(stat_of(&t, NR_ANON_MAPPED), ==, 8);
	g_assert_cmpint(stat_of(&t, NR_PAGETABLE), ==, 10 + 3);
	g_assert_cmpint(stat_of(&t, NR_KERNEL_STACK_KB), ==, 16);
	g_assert_cmpuint(t.w.vm->first->rss_stat[MM_SHMEMPAGES], ==, 1024);
	g_assert_cmpuint(t.w.vm->first->min_flt, ==, 8 + 5);
	g_assert_cmpuint(t.w.mm->vm_event[PGFAULT], ==, 8 + 5);
	taken = t.w.boot_free - small_world_free_pages(&t.w);
	g_assert_cmpuint(taken, >=, 8 + 13 + 4 + 8);
	run_until(&t, 1800 * MS);
	g_assert_cmpint(stat_of(&t, NR_ANON_MAPPED), ==, 1);
	g_assert_cmpint(stat_of(&t, NR_PAGETABLE), ==, 1 + 3);
	run_whole(&t);
	g_assert_cmpint(stat_of(&t, NR_ANON_MAPPED), ==, 0);
	g_assert_cmpint(stat_of(&t, NR_KERNEL_STACK_KB), ==, 0);
	/* spare slabs and a cached stack */
	g_assert_cmpuint(t.w.boot_free - small_world_free_pages(&t.w), <, 60);
	finish(&t);
}

/* A child of an image has tables and a stack of its own, and both sides write. */
static void test_fork_image(void)
{
	struct trial t;
	s64 tables;

	prepare(&t, "{'tasks':[{'name':'t'," IMAGE ",'program':[{'op':'sleep','for':'1s'},"
		    "{'op':'fork','count':3,'program':[{'op':'sleep','for':'1s'}]}]}]}");
	run_until(&t, 500 * MS);
	tables = stat_of(&t, NR_PAGETABLE);
	run_until(&t, 1500 * MS);
	g_assert_cmpint(stat_of(&t, NR_PAGETABLE), ==, 4 * tables);
	g_assert_cmpint(stat_of(&t, NR_ANON_MAPPED), ==, 4 * 8);
	g_assert_cmpint(stat_of(&t, NR_KERNEL_STACK_KB), ==, 4 * 16);
	run_whole(&t);
	g_assert_cmpuint(stats_of(&t)->forked, ==, 3);
	g_assert_cmpint(stat_of(&t, NR_ANON_MAPPED), ==, 0);
	finish(&t);
}

/* A mapped file is read through faults; a paced touch takes its time, not less or much more. */
static void test_map_file(void)
{
	struct trial t;

	prepare(&t, TASK("{'op':'map','region':'r','file':'f','size':'4MiB'},"
			 "{'op':'touch','region':'r','write':false,'rate':10240,'group':16}"));
	run_whole(&t);
	g_assert_cmpuint(stats_of(&t)->touches, ==, 1024);
	g_assert_cmpuint(stats_of(&t)->faults, >=, 1024 / 16);
	g_assert_cmpuint(stats_of(&t)->latency[TASK_LATENCY_TOUCH].n, ==, 1024);
	g_assert_cmpint(stat_of(&t, NR_FILE_PAGES), ==, 1024);
	g_assert_cmpuint(engine_now(t.w.engine), >=, 100 * MS);
	g_assert_cmpuint(engine_now(t.w.engine), <, 103 * MS);
	finish(&t);
}

/* One in eight pages goes, and shares of a fraction of a percent are kept. */
static void test_punch(void)
{
	struct trial t;

	prepare(&t, TASK("{'op':'map','region':'r','size':'8MiB'},{'op':'touch','region':'r'},"
			 "{'op':'punch','region':'r','stride':8,'run':2},"
			 "{'op':'sleep','for':'1s'}"));
	run_until(&t, 900 * MS);
	g_assert_cmpint(stat_of(&t, NR_ANON_MAPPED), ==, 2048 - 512);
	finish(&t);
	prepare(&t, TASK("{'op':'map','region':'r','size':'16MiB'},{'op':'touch','region':'r'},"
			 "{'op':'punch','region':'r','percent':0.5},"
			 "{'op':'sleep','for':'1s'}"));
	run_until(&t, 900 * MS);
	g_assert_cmpint(stat_of(&t, NR_ANON_MAPPED), <, 4096);
	g_assert_cmpint(stat_of(&t, NR_ANON_MAPPED), >, 4096 - 60);
	finish(&t);
}

/* The run does not wait for a task in the background; sleep until is of the run's clock. */
static void test_background(void)
{
	struct trial t;

	prepare(&t, "{'tasks':[{'name':'t','start':'20ms','program':["
		    "{'op':'sleep','until':'50ms'},{'op':'sleep','until':'10ms'}]},"
		    "{'name':'b','background':true,'program':["
		    "{'op':'loop','program':[{'op':'sleep','for':'7ms'}]}]}]}");
	run_whole(&t);
	g_assert_cmpuint(engine_now(t.w.engine), >=, 50 * MS);
	g_assert_cmpuint(engine_now(t.w.engine), <, 51 * MS);
	finish(&t);
}

static u64 pinned_pages(const struct trial *t)
{
	const struct mm *mm = t->w.mm;
	u64 n = 0;

	for_each_populated_zone(mm, zone)
		for (u64 pfn = zone->start_pfn; pfn < zone_end_pfn(zone); pfn++)
			n += pfn_to_page(mm, pfn)->state == PAGE_USED &&
			     (pfn_to_page(mm, pfn)->flags & PG_pinned);
	return n;
}

/* Pins stay where they are when all else moves, are not shared by fork, and go with their pages. */
static void test_pin(void)
{
	struct trial t;

	prepare(&t, TASK("{'op':'map','region':'r','size':'4MiB'},"
			 "{'op':'pin','region':'r','percent':50,'run':4},"
			 "{'op':'fork','wait':false,'program':[{'op':'sleep','for':'1s'}]},"
			 "{'op':'sleep','until':'100ms'},{'op':'compact'},"
			 "{'op':'sleep','until':'200ms'},{'op':'unmap','region':'r'},"
			 "{'op':'sleep','for':'100ms'}"));
	run_until(&t, 150 * MS);
	g_assert_cmpuint(pinned_pages(&t), >, 350);
	g_assert_cmpuint(pinned_pages(&t), <, 670);
	g_assert_cmpuint(pinned_pages(&t) % 4, ==, 0);
	g_assert_cmpuint(t.w.vm->refs.nr, ==, 0);
	run_until(&t, 250 * MS);
	g_assert_cmpuint(pinned_pages(&t), ==, 0);
	finish(&t);
}

/* Every other page of a region goes; what is left moves together. */
static void test_compact(void)
{
	struct trial t;

	prepare(&t, TASK("{'op':'map','region':'r','size':'16MiB'},{'op':'touch','region':'r'},"
			 "{'op':'punch','region':'r','run':1,'stride':2},"
			 "{'op':'sleep','until':'1s'},{'op':'compact'},{'op':'sleep','for':'1s'}"));
	run_until(&t, 900 * MS);
	g_assert_cmpuint(t.w.mm->vm_event[PGMIGRATE_SUCCESS], ==, 0);
	run_whole(&t);
	g_assert_cmpuint(t.w.mm->vm_event[PGMIGRATE_SUCCESS], >, 400);
	g_assert_cmpuint(stats_of(&t)->cause_ns[CAUSE_COMPACTION], >, 0);
	finish(&t);
}

static void test_pin_file(void)
{
	struct trial t;
	struct err err = {0};

	prepare(&t, TASK("{'op':'map','region':'r','file':'f','size':'64KiB'},"
			 "{'op':'pin','region':'r'}"));
	engine_run(t.w.engine, UINT64_MAX);
	g_assert_false(workload_result(t.run, &err));
	g_assert_nonnull(strstr(err_text(&err), "only anonymous memory"));
	err_clear(&err);
	finish(&t);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/workload/ops/mkfiles", test_mkfiles);
	g_test_add_func("/workload/ops/shrink-and-stat", test_shrink_and_stat);
	g_test_add_func("/workload/ops/referenced", test_referenced);
	g_test_add_func("/workload/ops/pinned-inodes", test_pinned_inodes);
	g_test_add_func("/workload/ops/usock", test_usock);
	g_test_add_func("/workload/ops/netburst", test_netburst);
	g_test_add_func("/workload/ops/hugetlb", test_hugetlb);
	g_test_add_func("/workload/ops/hugetlb-pressure", test_hugetlb_pressure);
	g_test_add_func("/workload/ops/hugetlb-nodes", test_hugetlb_nodes);
	g_test_add_func("/workload/ops/cma", test_cma);
	g_test_add_func("/workload/ops/image", test_image);
	g_test_add_func("/workload/ops/fork-image", test_fork_image);
	g_test_add_func("/workload/ops/map-file", test_map_file);
	g_test_add_func("/workload/ops/punch", test_punch);
	g_test_add_func("/workload/ops/background", test_background);
	g_test_add_func("/workload/ops/pin", test_pin);
	g_test_add_func("/workload/ops/pin-file", test_pin_file);
	g_test_add_func("/workload/ops/compact", test_compact);
	return g_test_run();
}

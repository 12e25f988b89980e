/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs at work on a small machine: rates, accounts, determinism, bad calls, limits. */
#include <glib.h>
#include <string.h>

#include "../mm/small_world.h"
#include "mm/check.h"
#include "workload/run.h"

/* One run of a workload's text, and what became of it. */
struct trial {
	struct small_world w;
	struct workload wl;
	struct workload_run *run;
	enum engine_stop why;
	struct probe_listener on_alloc, on_free;
	u64 digest, now;
	struct err err;
};

static void mix(struct trial *t, u64 a, u64 b)
{
	t->digest = (t->digest ^ engine_now(t->w.engine)) * 0x100000001b3ull;
	t->digest = (t->digest ^ a) * 0x100000001b3ull;
	t->digest = (t->digest ^ b) * 0x100000001b3ull;
}

static void saw_alloc(void *data, const void *args)
{
	const struct trace_mm_page_alloc *a = args;

	mix(data, a->pfn, a->order);
}

static void saw_free(void *data, const void *args)
{
	const struct trace_mm_page_free *a = args;

	mix(data, a->pfn, a->order | 0x100);
}

static void trial_prepare(struct trial *t, const char *text, u64 seed)
{
	struct workload_env env = {.profile = &profile_linux_7_2};
	char *json = g_strdelimit(g_strdup(text), "'", '"');
	struct workload_world world;

	*t = (struct trial){.digest = 1};
	small_world_create(&t->w, NULL, &profile_linux_7_2);
	t->on_alloc = (struct probe_listener){.fn = saw_alloc, .data = t};
	t->on_free = (struct probe_listener){.fn = saw_free, .data = t};
	mm_listen(t->w.mm, PROBE_mm_page_alloc, &t->on_alloc);
	mm_listen(t->w.mm, PROBE_mm_page_free, &t->on_free);
	env.machine = &t->w.sample.machine;
	if (!workload_parse(&t->wl, "w.json", json, strlen(json), &env, &t->err))
		g_error("%s", err_text(&t->err));
	world = (struct workload_world){t->w.engine, t->w.cpus, t->w.mm, t->w.vm, seed};
	t->run = workload_start(&t->wl, &world, &t->err);
	if (!t->run)
		g_error("%s", err_text(&t->err));
	g_free(json);
}

static void trial_run(struct trial *t)
{
	struct err err = {0};

	t->why = engine_run(t->w.engine, t->wl.duration_ns ? t->wl.duration_ns : UINT64_MAX);
	t->now = engine_now(t->w.engine);
	if (!mm_check(t->w.mm, CHECK_FULL, NULL, &err))
		g_error("%s", err_text(&err));
}

static void trial_end(struct trial *t)
{
	workload_run_destroy(t->run);
	workload_finish(&t->wl);
	err_clear(&t->err);
	small_world_destroy(&t->w);
}

/* Runs to the end, which must come by itself and without complaint. */
static void trial_complete(struct trial *t, const char *text)
{
	trial_prepare(t, text, 1);
	trial_run(t);
	if (!workload_result(t->run, &t->err))
		g_error("%s", err_text(&t->err));
	g_assert_true(workload_over(t->run));
	g_assert_cmpint(t->why, ==, ENGINE_STOPPED);
}

static const struct task_stats *stats_of(const struct trial *t, u32 i)
{
	return workload_task_stats(t->run, i);
}

#define TASK(program) "{'tasks':[{'name':'t','program':[" program "]}]}"

/* Everything at once; when all is over, only files and spare slabs are left. */
static const char everything[] =
	"{'caches':{'inode':{'size':600,'reclaimable':true},'skb':{'size':232}},"
	"'programs':{'kid':{'program':[{'op':'touch','region':'heap','pattern':'random',"
	"  'pages':200},{'op':'compute','random':{'dist':'exp','mean':'1ms'}}]}},"
	"'tasks':["
	"{'name':'user','count':3,'stagger':'2ms','program':["
	"  {'op':'map','region':'heap','size':'2MiB'},{'op':'touch','region':'heap'},"
	"  {'op':'fork','count':4,'parallel':2,'child':'kid'},"
	"  {'op':'punch','region':'heap','percent':50,'run':3},"
	"  {'op':'touch','region':'heap','pattern':'zipf','for':'5ms','rate':100000},"
	"  {'op':'unmap','region':'heap'}]},"
	"{'name':'files','program':["
	"  {'op':'write','file':'log','files':3,'size':'300KiB','sync':true},"
	"  {'op':'read','file':'data','size':'1MiB','pattern':'random','chunk':'16KiB'},"
	"  {'op':'drop','file':'log','files':3}]},"
	"{'name':'driver','kthread':true,'program':["
	"  {'op':'loop','count':20,'program':["
	"    {'op':'alloc','name':'ring','order':2,'gfp':'GFP_KERNEL|__GFP_NOWARN','count':5},"
	"    {'op':'alloc','order':1,'count':3,'lifetime':{'dist':'lognormal','median':'3ms'}},"
	"    {'op':'slab_alloc','cache':'inode','name':'i','count':40},"
	"    {'op':'slab_alloc','cache':'skb','name':'s','count':40},"
	"    {'op':'slab_free','name':'i','count':30,'pick':'random'},"
	"    {'op':'sleep','for':'1ms'}]},"
	"  {'op':'free','name':'ring','count':60,'pick':'random'},"
	"  {'op':'drain','cpus':'local'},{'op':'drain'},{'op':'sleep','for':'200ms'}]},"
	"{'name':'net','cpus':[1],'program':["
	"  {'op':'burst','count':50,'frames':16,'gap':'300us','drain_every':3},"
	"  {'op':'burst','count':20,'frames':8,'order':3,"
	"   'lifetime':{'dist':'uniform','max':'1ms'}}]}"
	"]}";

static void test_conservation(void)
{
	struct trial t;
	u64 owned[NR_OWNER_KINDS];
	s64 slabs;

	trial_complete(&t, everything);
	small_world_count_owners(&t.w, owned);
	slabs = global_node_page_state(t.w.vm, NR_SLAB_RECLAIMABLE) +
		global_node_page_state(t.w.vm, NR_SLAB_UNRECLAIMABLE);
	g_assert_cmpuint(owned[OWNER_PGTABLE], ==, 0);
	g_assert_cmpuint(owned[OWNER_BLOCK], ==, 0);
	g_assert_cmpint((s64)owned[OWNER_SLAB], ==, slabs);
	g_assert_cmpint((s64)owned[OWNER_NODE], ==, global_node_page_state(t.w.vm, NR_FILE_PAGES));
	g_assert_cmpint(global_node_page_state(t.w.vm, NR_FILE_DIRTY), ==, 0);
	g_assert_cmpuint(owned[OWNER_NODE], >, 0);
	g_assert_cmpuint(owned[OWNER_NODE], <=, 256);
	g_assert_cmpuint(small_world_free_pages(&t.w) + owned[OWNER_NODE] + owned[OWNER_SLAB], ==,
			 t.w.boot_free);
	for (u32 i = 0; i < t.wl.tasks.n; i++) {
		const struct task_stats *s = stats_of(&t, i);

		g_assert_cmpuint(s->alive, ==, 0);
		g_assert_cmpuint(s->ended, ==, s->started + s->forked);
		g_assert_cmpuint(s->killed + s->fork_failed + s->io_failed + s->slab_failed, ==, 0);
		g_assert_cmpuint(s->slab_ok, ==, s->slab_freed);
		for (u32 o = 0; o < TASK_ORDERS; o++)
			g_assert_cmpuint(s->alloc_ok[o], ==, s->freed[o]);
	}
	g_assert_cmpuint(stats_of(&t, 0)->started, ==, 3);
	g_assert_cmpuint(stats_of(&t, 0)->forked, ==, 12);
	g_assert_cmpuint(stats_of(&t, 2)->alloc_ok[2], ==, 100);
	g_assert_cmpuint(stats_of(&t, 2)->alloc_ok[1], ==, 60);
	g_assert_cmpuint(stats_of(&t, 2)->slab_ok, ==, 1600);
	g_assert_cmpuint(stats_of(&t, 3)->frames, ==, 50 * 16 + 20 * 8);
	g_assert_cmpuint(stats_of(&t, 1)->written_bytes, ==, 75 * 4096);
	g_assert_cmpuint(stats_of(&t, 1)->read_bytes, ==, 1 << 20);
	trial_end(&t);
}

static u64 digest_of(const char *text, u64 seed)
{
	struct trial t;
	u64 digest;

	trial_prepare(&t, text, seed);
	trial_run(&t);
	g_assert_true(workload_result(t.run, &t.err));
	digest = t.digest;
	trial_end(&t);
	return digest;
}

static void test_determinism(void)
{
	g_assert_cmpuint(digest_of(everything, 1), ==, digest_of(everything, 1));
	g_assert_cmpuint(digest_of(everything, 1), !=, digest_of(everything, 2));
}

/* Cut off in the middle: nothing hangs, leaks or fires later. */
static void test_cut_off(void)
{
	for (u64 until = 1; until < 100 * NSEC_PER_MSEC; until = until * 7 / 3 + 1) {
		struct trial t;

		trial_prepare(&t, everything, 1);
		t.wl.duration_ns = until;
		trial_run(&t);
		g_assert_true(workload_result(t.run, &t.err));
		g_assert_cmpuint(t.now, <=, until);
		trial_end(&t);
	}
}

/* What a task does a second, and when it is over. */
static void check_time(const char *text, u64 from, u64 to)
{
	struct trial t;

	trial_complete(&t, text);
	if (t.now < from || t.now > to)
		g_error("%s: over at %llu ns", text, (unsigned long long)t.now);
	trial_end(&t);
}

static void test_rates(void)
{
	const u64 ms = NSEC_PER_MSEC;
	struct trial t;

	check_time(TASK("{'op':'sleep','for':'5ms'}"), 5 * ms, 5 * ms + ms / 10);
	check_time(TASK("{'op':'compute','for':'5ms'}"), 5 * ms, 5 * ms + ms / 10);
	check_time(TASK("{'op':'map','region':'r','size':'4MiB'},"
			"{'op':'touch','region':'r','rate':1024}"),
		   1000 * ms, 1001 * ms);
	check_time(TASK("{'op':'alloc','name':'b','count':100,'rate':1000},"
			"{'op':'free','name':'b','rate':500}"),
		   300 * ms, 301 * ms);
	check_time(TASK("{'op':'write','file':'f','size':'4MiB','rate':'8MiB'}"), 500 * ms,
		   501 * ms);
	check_time(TASK("{'op':'read','file':'f','size':'4MiB','rate':'8MiB'}"), 500 * ms,
		   501 * ms);
	check_time(TASK("{'op':'fork','count':50,'rate':100,'program':[{'op':'exit'}]}"), 500 * ms,
		   501 * ms);
	check_time(TASK("{'op':'fork','count':6,'parallel':2,"
			"'program':[{'op':'sleep','for':'10ms'}]}"),
		   30 * ms, 31 * ms);
	check_time(TASK("{'op':'burst','count':11,'gap':'10ms','drain_every':1}"), 100 * ms,
		   101 * ms);
	check_time(TASK("{'op':'loop','for':'30ms','program':[{'op':'sleep','for':'7ms'}]}"),
		   35 * ms, 36 * ms);
	check_time("{'tasks':[{'name':'t','start':'5ms','count':4,'stagger':'10ms',"
		   "'program':[{'op':'sleep','for':'1ms'}]}]}",
		   36 * ms, 37 * ms);

	/* Without a rate the accesses' own cost is the limit. */
	check_time(TASK("{'op':'map','region':'r','size':'4KiB'},"
			"{'op':'touch','region':'r','pages':100000}"),
		   10 * ms, 10 * ms + ms / 10);
	trial_complete(&t, TASK("{'op':'map','region':'r','size':'1MiB'},"
				"{'op':'touch','region':'r','pattern':'random','for':'500ms',"
				"'rate':2000,'hot':10}"));
	g_assert_cmpuint(stats_of(&t, 0)->touches, >=, 1000);
	g_assert_cmpuint(stats_of(&t, 0)->touches, <=, 1008);
	g_assert_cmpuint(stats_of(&t, 0)->faults, ==, 25);
	trial_end(&t);
}

/* Two tasks on one CPU share it; on two they do not. */
static void test_cpus(void)
{
	const u64 ms = NSEC_PER_MSEC;

	check_time("{'tasks':[{'name':'a','count':2,'cpus':[1],'program':"
		   "[{'op':'compute','for':'50ms'}]}]}",
		   100 * ms, 101 * ms);
	check_time("{'tasks':[{'name':'a','count':2,'program':[{'op':'compute','for':'50ms'}]}]}",
		   50 * ms, 51 * ms);
	/* A burst of interrupts delays whoever runs on that CPU, by what it takes. */
	check_time("{'tasks':[{'name':'a','cpus':[0],'program':[{'op':'compute','for':'50ms'}]},"
		   "{'name':'n','cpus':[1],'program':[{'op':'burst','cpu':0,'count':1000,"
		   "'gap':'10us','lifetime':{'dist':'fixed','mean':'1us'}}]}]}",
		   51 * ms, 52 * ms);
}

/* Tasks cut off by the end are accounted up to there. */
static void test_alive_accounts(void)
{
	struct trial t;

	trial_prepare(&t, "{'duration':'20ms','tasks':[{'name':'t','count':2,'cpus':[0],'program':"
			  "[{'op':'compute','for':'50ms'}]}]}",
		      1);
	trial_run(&t);
	g_assert_cmpuint(stats_of(&t, 0)->alive, ==, 2);
	g_assert_cmpuint(stats_of(&t, 0)->cpu_ns, >, 19 * NSEC_PER_MSEC);
	g_assert_cmpuint(stats_of(&t, 0)->cpu_ns, <=, 20 * NSEC_PER_MSEC);
	trial_end(&t);
}

static void test_fork_accounts(void)
{
	struct trial t;
	const struct task_stats *s;

	trial_complete(&t, TASK("{'op':'map','region':'r','size':'4000KiB'},"
				"{'op':'touch','region':'r'},"
				"{'op':'fork','count':10,'program':["
				"{'op':'touch','region':'r','pages':100},"
				"{'op':'touch','region':'r','pages':50,'write':false},"
				"{'op':'fork','program':["
				"{'op':'touch','region':'r','pages':10}]}]},"
				"{'op':'touch','region':'r'}"));
	s = stats_of(&t, 0);
	g_assert_cmpuint(s->forked, ==, 20);
	/* 1000 first; each child copies 100, each grandchild 10; the parent finds all its own
	   again, but has to be told so for each page. */
	g_assert_cmpuint(s->faults, ==, 1000 + 10 * 100 + 10 * 10 + 1000);
	g_assert_cmpuint(s->touches, ==, 1000 + 10 * 150 + 10 * 10 + 1000);
	g_assert_cmpuint(small_world_free_pages(&t.w), ==, t.w.boot_free);
	trial_end(&t);
}

static void test_many_tasks(void)
{
	struct trial t;

	trial_complete(&t, "{'tasks':[{'name':'t','count':3000,'stagger':'10us','program':["
			   "{'op':'map','region':'r','size':'8KiB'},{'op':'touch','region':'r'},"
			   "{'op':'sleep','random':{'dist':'exp','mean':'10ms'}},"
			   "{'op':'touch','region':'r'}]}]}");
	g_assert_cmpuint(stats_of(&t, 0)->ended, ==, 3000);
	g_assert_cmpuint(stats_of(&t, 0)->faults, ==, 6000);
	g_assert_cmpuint(small_world_free_pages(&t.w), ==, t.w.boot_free);
	trial_end(&t);
}

/* More than there is: the task is killed and its memory comes back. */
static void test_killed(void)
{
	struct trial t;

	trial_complete(&t, TASK("{'op':'map','region':'a','size':'50MiB'},"
				"{'op':'map','region':'b','size':'50MiB'},"
				"{'op':'touch','region':'a'},{'op':'touch','region':'b'}"));
	g_assert_cmpuint(stats_of(&t, 0)->killed, ==, 1);
	g_assert_cmpuint(stats_of(&t, 0)->ended, ==, 1);
	g_assert_cmpuint(stats_of(&t, 0)->faults, >, t.w.boot_free / 2);
	g_assert_cmpuint(small_world_free_pages(&t.w), ==, t.w.boot_free);
	trial_end(&t);
}

static void test_on_fail(void)
{
	static const struct {
		const char *word;
		u64 slept_ms;
	} cases[] = {{"continue", 1}, {"stop", 1}, {"exit", 0}};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		char *text = g_strdup_printf(
			TASK("{'op':'alloc','name':'b','order':10,'count':30,'on_fail':'%s'},"
			     "{'op':'free','name':'b','count':30},{'op':'sleep','for':'1s'}"),
			cases[i].word);
		const struct task_stats *s;
		struct trial t;

		/* Freeing what failed to come is no double free. */
		if (!strcmp(cases[i].word, "stop")) {
			g_free(text);
			text = g_strdup(TASK("{'op':'alloc','name':'b','order':10,'count':30,"
					     "'on_fail':'stop'},{'op':'sleep','for':'1s'}"));
		}
		trial_complete(&t, text);
		s = stats_of(&t, 0);
		g_assert_cmpuint(s->alloc_ok[10], >, 5);
		g_assert_cmpuint(s->alloc_ok[10], ==, s->freed[10]);
		if (i)
			g_assert_cmpuint(s->alloc_failed[10], ==, 1);
		else
			g_assert_cmpuint(s->alloc_ok[10] + s->alloc_failed[10], ==, 30);
		g_assert_cmpuint(t.now / NSEC_PER_SEC, ==, cases[i].slept_ms);
		g_assert_cmpuint(small_world_free_pages(&t.w), ==, t.w.boot_free);
		trial_end(&t);
		g_free(text);
	}
}

/* With exponential lifetimes rate * mean blocks live at a time (Little's law). */
static void test_lifetimes(void)
{
	struct trial t;
	const struct task_stats *s;

	trial_prepare(&t, "{'duration':'1s','tasks':[{'name':'t','program':[{'op':'alloc',"
			  "'count':100000,'rate':20000,"
			  "'lifetime':{'dist':'exp','mean':'50ms'}}]}]}",
		      1);
	trial_run(&t);
	g_assert_cmpint(t.why, ==, ENGINE_TIME_LIMIT);
	s = stats_of(&t, 0);
	g_assert_cmpuint(s->alloc_ok[0], >=, 19990);
	g_assert_cmpuint(s->alloc_ok[0], <=, 20010);
	g_assert_cmpuint(s->alloc_ok[0] - s->freed[0], >, 850);
	g_assert_cmpuint(s->alloc_ok[0] - s->freed[0], <, 1150);
	trial_end(&t);
}

/* At the cut-off so many blocks of the order have been freed. */
static void check_freed(const char *text, u32 order, u64 freed, u32 other, u64 other_freed)
{
	struct trial t;

	trial_prepare(&t, text, 1);
	trial_run(&t);
	g_assert_true(workload_result(t.run, &t.err));
	g_assert_cmpuint(stats_of(&t, 0)->freed[order], ==, freed);
	g_assert_cmpuint(stats_of(&t, 0)->freed[other], ==, other_freed);
	trial_end(&t);
}

static void test_when_freed(void)
{
	/* Who comes later may go first. */
	check_freed("{'duration':'5ms','tasks':[{'name':'t','program':["
		    "{'op':'alloc','count':10,'lifetime':{'dist':'fixed','mean':'50ms'}},"
		    "{'op':'alloc','order':1,'count':10,'lifetime':{'dist':'fixed','mean':'1ms'}},"
		    "{'op':'sleep','for':'1s'}]}]}",
		    0, 0, 1, 10);
	/* The receiver takes frames after each tenth burst, not sooner. */
	check_freed("{'duration':'15500us','tasks':[{'name':'t','program':["
		    "{'op':'burst','count':100,'frames':2,'gap':'1ms','drain_every':10}]}]}",
		    0, 20, 1, 0);
}

/* The signal of a user reaches a program that never lets time pass. */
static void interrupt(void *data, const void *args)
{
	(void)args;
	*(volatile int *)data = 1;
}

static void test_interrupt(void)
{
	volatile int flag = 0;
	struct probe_listener listener = {.fn = interrupt, .data = (void *)&flag};
	struct trial t;

	trial_prepare(&t, "{'duration':'1s','limits':{'operations':100000},'tasks':[{'name':'t',"
			  "'program':[{'op':'write','file':'f','size':1},{'op':'drop','file':'f'},"
			  "{'op':'loop','program':[{'op':'drop','file':'f'}]}]}]}",
		      1);
	probe_attach(&t.w.mm->probes[PROBE_mm_page_alloc], &listener);
	engine_set_interrupt(t.w.engine, &flag);
	trial_run(&t);
	g_assert_cmpint(t.why, ==, ENGINE_STOPPED);
	g_assert_true(workload_result(t.run, &t.err));
	trial_end(&t);
}

/* The run stops and names the step: file, line, column, path, task, what was wrong. */
static void check_bad_call(const char *program, const char *place, const char *message)
{
	struct trial t;

	trial_prepare(&t, program, 1);
	trial_run(&t);
	g_assert_cmpint(t.why, ==, ENGINE_STOPPED);
	g_assert_false(workload_result(t.run, &t.err));
	g_assert_cmpint(t.err.kind, ==, ERR_INPUT);
	if (!strstr(err_text(&t.err), message) || !strstr(err_text(&t.err), place) ||
	    strncmp(err_text(&t.err), "w.json:1:", 9))
		g_error("\"%s\" lacks \"%s\" or \"%s\"", err_text(&t.err), place, message);
	trial_end(&t);
}

static void test_bad_calls(void)
{
	check_bad_call(TASK("{'op':'map','region':'r','size':1},{'op':'unmap','region':'r'},"
			    "{'op':'unmap','region':'r'}"),
		       "tasks[0].program[2]: ",
		       " ns, task t (pid 1000): region \"r\" is not mapped");
	check_bad_call(TASK("{'op':'touch','region':'r'},{'op':'map','region':'r','size':1}"),
		       "tasks[0].program[0]: ", "region \"r\" is not mapped");
	check_bad_call(TASK("{'op':'map','region':'r','size':1},"
			    "{'op':'loop','count':2,'program':[{'op':'map','region':'r',"
			    "'size':1}]}"),
		       "tasks[0].program[1].program[0]: ", "region \"r\" is mapped already");
	check_bad_call(TASK("{'op':'alloc','name':'b'},{'op':'free','name':'b'},"
			    "{'op':'free','name':'b','count':1}"),
		       "tasks[0].program[2]: ", "double free: 1 of \"b\" are freed, 0 are held");
	check_bad_call(TASK("{'op':'alloc','name':'b','order':3},"
			    "{'op':'free','name':'b','order':2}"),
		       "tasks[0].program[1]: ", free_result_names[FREE_WRONG_ORDER]);
	check_bad_call("{'caches':{'c':{'size':64}},'tasks':[{'name':'t','program':["
		       "{'op':'slab_alloc','cache':'c','name':'o','count':4},"
		       "{'op':'slab_free','name':'o','count':5}]}]}",
		       "tasks[0].program[1]: ", "double free: 5 of \"o\" are freed, 4 are held");
	check_bad_call("{'programs':{'kid':{'program':[{'op':'unmap','region':'r'}]}},"
		       "'tasks':[{'name':'t','program':[{'op':'fork','child':'kid'},"
		       "{'op':'map','region':'r','size':1}]}]}",
		       "programs.kid.program[0]: ", "(pid 1001): region \"r\" is not mapped");
}

static void test_limits(void)
{
	struct workload_progress progress;
	struct trial t;

	trial_prepare(&t, "{'duration':'1h','limits':{'operations':5000},'tasks':[{'name':'t',"
			  "'program':[{'op':'loop','program':[{'op':'map','region':'r','size':"
			  "4096},{'op':'touch','region':'r'},{'op':'unmap','region':'r'}]}]}]}",
		      1);
	trial_run(&t);
	g_assert_false(workload_result(t.run, &t.err));
	g_assert_cmpint(t.err.kind, ==, ERR_HOST_RES);
	workload_progress(t.run, &progress);
	g_assert_cmpuint(progress.operations, ==, 5001);
	g_assert_cmpuint(progress.duration_ns, ==, 3600 * NSEC_PER_SEC);
	trial_end(&t);

	/* A fork bomb fills its limit, no more. */
	trial_prepare(&t, "{'limits':{'tasks':50},'programs':{'bomb':{'program':["
			  "{'op':'sleep','for':'1ms'},"
			  "{'op':'fork','count':3,'child':'bomb','wait':false}]}},"
			  "'tasks':[{'name':'t','program':[{'op':'fork','child':'bomb'}]}],"
			  "'duration':'20ms'}",
		      1);
	trial_run(&t);
	g_assert_cmpint(t.why, ==, ENGINE_TIME_LIMIT);
	g_assert_true(workload_result(t.run, &t.err));
	g_assert_cmpuint(stats_of(&t, 0)->alive, >, 10);
	g_assert_cmpuint(stats_of(&t, 0)->alive, <=, 50);
	g_assert_cmpuint(stats_of(&t, 0)->ended, >, 50);
	g_assert_cmpuint(stats_of(&t, 0)->fork_failed, >, 50);
	trial_end(&t);
}

/* What the machine lacks is refused at the start, with the place. */
static void test_no_disk(void)
{
	static const char text[] =
		"{\"tasks\":[{\"name\":\"t\",\"program\":[{\"op\":\"loop\",\"count\":1,"
		"\"program\":["
		"{\"op\":\"read\",\"file\":\"f\",\"size\":1}]}]}]}";
	struct workload_env env = {.profile = &profile_linux_7_2};
	struct workload_world world;
	struct small_world w;
	struct err err = {0};
	struct workload wl;

	small_world_create(&w, NULL, &profile_linux_7_2);
	w.vm->disk = NULL;
	g_assert_true(workload_parse(&wl, "w.json", text, strlen(text), &env, &err));
	world = (struct workload_world){w.engine, w.cpus, w.mm, w.vm, 1};
	g_assert_null(workload_start(&wl, &world, &err));
	g_assert_nonnull(strstr(err_text(&err), "no device \"disk\""));
	err_clear(&err);
	workload_finish(&wl);
	small_world_destroy(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/workload/task/conservation", test_conservation);
	g_test_add_func("/workload/task/determinism", test_determinism);
	g_test_add_func("/workload/task/cut-off", test_cut_off);
	g_test_add_func("/workload/task/rates", test_rates);
	g_test_add_func("/workload/task/cpus", test_cpus);
	g_test_add_func("/workload/task/alive-accounts", test_alive_accounts);
	g_test_add_func("/workload/task/fork-accounts", test_fork_accounts);
	g_test_add_func("/workload/task/many-tasks", test_many_tasks);
	g_test_add_func("/workload/task/killed", test_killed);
	g_test_add_func("/workload/task/on-fail", test_on_fail);
	g_test_add_func("/workload/task/lifetimes", test_lifetimes);
	g_test_add_func("/workload/task/when-freed", test_when_freed);
	g_test_add_func("/workload/task/interrupt", test_interrupt);
	g_test_add_func("/workload/task/bad-calls", test_bad_calls);
	g_test_add_func("/workload/task/limits", test_limits);
	g_test_add_func("/workload/task/no-disk", test_no_disk);
	return g_test_run();
}

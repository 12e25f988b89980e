/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks that the OOM killer ends: wherever they are in their programs they leave at once, their
 * memory is free again, and the others go on. On 64 MiB without swap.
 */
#include <glib.h>
#include <string.h>

#include "../mm/small_world.h"
#include "mm/check.h"
#include "mm/kthread.h"
#include "mm/memcontrol.h"
#include "mm/oom.h"
#include "mm/vmstat.h"
#include "workload/run.h"

struct trial {
	struct small_world w;
	struct workload wl;
	struct workload_run *run;
	struct kthreads *kthreads;
	struct probe_listener on_victim;
	GString *victims;
	u64 killed_at; /* the first one */
	u64 now;
};

static u64 anon(const struct trial *t)
{
	return (u64)global_node_page_state(t->w.vm, NR_ANON_MAPPED);
}

static void saw_victim(void *data, const void *args)
{
	const struct trace_mark_victim *v = args;
	struct trial *t = data;

	g_string_append_printf(t->victims, "%s ", v->victim->comm);
	if (!t->killed_at)
		t->killed_at = engine_now(t->w.engine);
}

static void trial_start(struct trial *t, const char *text)
{
	struct workload_env env = {.profile = &profile_linux_7_2};
	char *json = g_strdelimit(g_strdup(text), "'", '"');
	struct workload_world world;
	struct err err = {0};

	*t = (struct trial){.victims = g_string_new(NULL)};
	small_world_create(&t->w, NULL, &profile_linux_7_2);
	t->on_victim = (struct probe_listener){.fn = saw_victim, .data = t};
	mm_listen(t->w.mm, PROBE_mark_victim, &t->on_victim);
	t->kthreads = kthreads_start(t->w.mm, &err);
	if (!t->kthreads)
		g_error("%s", err_text(&err));
	env.machine = &t->w.sample.machine;
	if (!workload_parse(&t->wl, "w.json", json, strlen(json), &env, &err))
		g_error("%s", err_text(&err));
	world = (struct workload_world){t->w.engine, t->w.cpus, t->w.mm, t->w.vm, 1};
	t->run = workload_start(&t->wl, &world, &err);
	if (!t->run)
		g_error("%s", err_text(&err));
	g_free(json);
}

static void trial_until(struct trial *t, u64 ns)
{
	struct err err = {0};

	engine_run(t->w.engine, ns);
	t->now = engine_now(t->w.engine);
	if (!mm_check(t->w.mm, CHECK_FULL, NULL, &err) || !workload_result(t->run, &err))
		g_error("%s", err_text(&err));
}

static void trial_end(struct trial *t)
{
	workload_run_destroy(t->run);
	workload_finish(&t->wl);
	kthreads_stop(t->kthreads);
	small_world_destroy(&t->w);
	g_string_free(t->victims, TRUE);
}

static const struct task_stats *stats(const struct trial *t, u32 i)
{
	return workload_task_stats(t->run, i);
}

#define HOG                                                                                       \
	"{'name':'hog','start':'1s','oom_score_adj':-900,'program':["                              \
	"  {'op':'map','region':'h','size':'48MiB'},{'op':'touch','region':'h'},"                  \
	"  {'op':'sleep','for':'20s'}]}"

/*
 * The victim holds 24 MiB and is in the middle of `op` when the hog comes: it must be gone within
 * milliseconds of the kill, not when its step would have ended, and the hog gets all it wants.
 */
static void victim_leaves(const char *op)
{
	char *text = g_strdup_printf(
		"{'caches':{'c':{'size':64}},'tasks':[" HOG ",{'name':'victim','cpus':[1],'program':["
		"{'op':'map','region':'v','size':'24MiB'},{'op':'touch','region':'v'},%s,"
		"{'op':'sleep','for':'1h'}]}]}",
		op);
	struct trial t;

	trial_start(&t, text);
	trial_until(&t, NSEC_PER_SEC);
	g_assert_cmpuint(anon(&t), ==, 24 * 256);
	g_assert_cmpuint(t.victims->len, ==, 0);
	trial_until(&t, 6 * NSEC_PER_SEC);
	g_test_message("%s: %s", op, t.victims->str);
	g_assert_true(g_str_has_prefix(t.victims->str, "victim "));
	g_assert_cmpuint(stats(&t, 1)->killed, >=, 1);
	g_assert_cmpuint(stats(&t, 1)->alive, ==, 0);
	g_assert_cmpuint(stats(&t, 0)->killed, ==, 0);
	g_assert_cmpuint(anon(&t), ==, 48 * 256);
	trial_end(&t);
	g_free(text);
}

static void test_wherever_it_is(void)
{
	static const char *const ops[] = {
		"{'op':'sleep','for':'1h'}",
		"{'op':'compute','for':'1h'}",
		"{'op':'touch','region':'v','pattern':'random','rate':1,'for':'1h'}",
		"{'op':'touch','region':'v','pattern':'random','for':'1h'}",
		"{'op':'loop','for':'1h','program':[{'op':'sleep','for':'10ms'}]}",
		"{'op':'loop','for':'1h','program':[{'op':'drain'},{'op':'compute','for':'1ms'}]}",
		"{'op':'alloc','name':'b','count':1000,'rate':1}",
		"{'op':'slab_alloc','cache':'c','name':'o','count':100000,'rate':1000}",
		"{'op':'burst','count':100000,'frames':1,'gap':'100ms','drain_every':1000}",
		"{'op':'write','file':'f','size':'4MiB','rate':4096}",
	};

	for (u32 i = 0; i < G_N_ELEMENTS(ops); i++)
		victim_leaves(ops[i]);
}

/* A parent that waits for its children, before the next or at the end, leaves them behind. */
static void parent_waits(const char *fork)
{
	char *text = g_strdup_printf(
		"{'tasks':[" HOG ",{'name':'victim','cpus':[1],'program':["
		"{'op':'map','region':'v','size':'24MiB'},{'op':'touch','region':'v'},"
		"{'op':'fork',%s,'program':[{'op':'unmap','region':'v'},"
		"  {'op':'sleep','for':'100s'}]}]}]}",
		fork);
	struct trial t;

	trial_start(&t, text);
	trial_until(&t, 6 * NSEC_PER_SEC);
	g_assert_cmpstr(t.victims->str, ==, "victim ");
	g_assert_cmpuint(stats(&t, 1)->forked, ==, 1);
	g_assert_cmpuint(stats(&t, 1)->killed, ==, 1);
	g_assert_cmpuint(stats(&t, 1)->alive, ==, 1);
	g_assert_cmpuint(anon(&t), ==, 48 * 256);
	trial_end(&t);
	g_free(text);
}

static void test_parent_waits(void)
{
	parent_waits("'count':3,'parallel':1");
	parent_waits("'count':1,'wait':true");
}

/* Who is faulting itself when it is killed stops there, and frees what it has. */
static void test_in_a_fault(void)
{
	struct trial t;

	trial_start(&t, "{'tasks':[{'name':'leak','program':["
			"{'op':'map','region':'a','size':'50MiB'},{'op':'touch','region':'a'},"
			"{'op':'map','region':'b','size':'50MiB'},{'op':'touch','region':'b'},"
			"{'op':'sleep','for':'1h'}]}]}");
	trial_until(&t, 100 * NSEC_PER_SEC);
	g_assert_cmpstr(t.victims->str, ==, "leak ");
	g_assert_true(workload_over(t.run));
	g_assert_cmpuint(stats(&t, 0)->killed, ==, 1);
	g_assert_cmpuint(stats(&t, 0)->faults, >, 50 * 256);
	g_assert_cmpuint(stats(&t, 0)->faults, <, 64 * 256);
	g_assert_cmpuint(t.now, <, t.killed_at + 50 * NSEC_PER_MSEC);
	g_assert_cmpuint(anon(&t), ==, 0);
	g_assert_cmpuint(stats(&t, 0)->cause_ns[CAUSE_OOM], >=,
			 t.w.mm->costs.oom_exit + t.w.mm->costs.oom_dump);
	trial_end(&t);
}

/* While the victim gives back its memory another task on its CPU gets its turns. */
static void test_exit_takes_turns(void)
{
	struct trial t;

	trial_start(&t, "{'tasks':[" HOG
			",{'name':'victim','cpus':[1],'program':["
			"{'op':'map','region':'v','size':'24MiB'},{'op':'touch','region':'v'},"
			"{'op':'sleep','for':'1h'}]},"
			"{'name':'clock','cpus':[1],'oom_score_adj':-1000,'program':["
			"  {'op':'loop','for':'2s','program':[{'op':'sleep','for':'1ms'}]}]}]}");
	t.w.mm->costs.unmap_page = 20 * NSEC_PER_USEC; /* 120 ms for all */
	trial_until(&t, 5 * NSEC_PER_SEC);
	g_assert_true(g_str_has_prefix(t.victims->str, "victim "));
	/* Of 2000 naps some are longer by a slice or so, none by the whole exit. */
	g_assert_cmpuint(stats(&t, 2)->steps, >, 1900);
	trial_end(&t);
}

/* The protected one is the largest; it and its children are spared. */
static void test_score_adj(void)
{
	struct trial t;

	trial_start(&t, "{'tasks':["
			"{'name':'shielded','oom_score_adj':-1000,'program':["
			"  {'op':'map','region':'s','size':'30MiB'},{'op':'touch','region':'s'},"
			"  {'op':'fork','count':1,'wait':true,'program':["
			"    {'op':'touch','region':'s','hot':10},{'op':'sleep','for':'10s'}]}]},"
			"{'name':'small','start':'1s','oom_score_adj':500,'program':["
			"  {'op':'map','region':'m','size':'2MiB'},{'op':'touch','region':'m'},"
			"  {'op':'sleep','for':'9s'}]},"
			"{'name':'leak','start':'2s','program':["
			"  {'op':'map','region':'l','size':'40MiB'},"
			"  {'op':'touch','region':'l','rate':8192}]}]}");
	trial_until(&t, 100 * NSEC_PER_SEC);
	g_assert_cmpstr(t.victims->str, ==, "small leak ");
	g_assert_cmpuint(stats(&t, 0)->killed, ==, 0);
	g_assert_cmpuint(stats(&t, 0)->ended, ==, 2);
	trial_end(&t);
}

/* A group of 8 MiB: its own leak dies, not the larger task outside; memory outside is no help. */
static void test_memory_group(void)
{
	struct trial t;

	trial_start(&t, "{'memory_groups':{'box':{'max':'8MiB'}},'tasks':["
			"{'name':'outside','program':["
			"  {'op':'map','region':'o','size':'16MiB'},{'op':'touch','region':'o'},"
			"  {'op':'sleep','for':'5s'}]},"
			"{'name':'inside','memory_group':'box','start':'1s','program':["
			"  {'op':'map','region':'i','size':'20MiB'},{'op':'touch','region':'i'}]},"
			"{'name':'fits','memory_group':'box','program':["
			"  {'op':'map','region':'f','size':'1MiB'},{'op':'touch','region':'f'},"
			"  {'op':'sleep','for':'5s'}]}]}");
	trial_until(&t, 100 * NSEC_PER_SEC);
	g_assert_cmpstr(t.victims->str, ==, "inside ");
	g_assert_cmpuint(t.w.vm->nr_memcgs, ==, 2);
	/* Who dies may go beyond, to get through. */
	g_assert_cmpuint(t.w.vm->memcgs[1]->peak, <=, 8 * 256 + 8);
	g_assert_cmpuint(t.w.vm->memcgs[1]->peak, >, 7 * 256);
	g_assert_cmpuint(t.w.vm->memcgs[1]->usage, ==, t.w.vm->memcgs[1]->stock[0]);
	g_assert_cmpuint(t.w.vm->memcgs[1]->nr_oom_kills, ==, 1);
	trial_end(&t);
}

/* panic_on_oom: the machine stops in the middle, which is no error of the workload. */
static void test_panic(void)
{
	struct trial t;

	trial_start(&t, "{'tasks':[{'name':'leak','count':3,'program':["
			"{'op':'map','region':'a','size':'40MiB'},{'op':'touch','region':'a'}]}]}");
	t.w.mm->sysctl.panic_on_oom = 1;
	g_assert_cmpint(engine_run(t.w.engine, 100 * NSEC_PER_SEC), ==, ENGINE_STOPPED);
	g_assert_true(oom_panicked(t.w.vm));
	g_assert_cmpuint(t.victims->len, ==, 0);
	g_assert_cmpuint(stats(&t, 0)->alive, ==, 3);
	trial_end(&t);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/kill/wherever-it-is", test_wherever_it_is);
	g_test_add_func("/kill/parent-waits", test_parent_waits);
	g_test_add_func("/kill/in-a-fault", test_in_a_fault);
	g_test_add_func("/kill/exit-takes-turns", test_exit_takes_turns);
	g_test_add_func("/kill/score-adj", test_score_adj);
	g_test_add_func("/kill/memory-group", test_memory_group);
	g_test_add_func("/kill/panic", test_panic);
	return g_test_run();
}

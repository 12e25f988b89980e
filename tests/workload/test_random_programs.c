/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs made at random, thousands of tasks in all, on a small machine: whatever they do, the
 * page allocator's invariants hold at the end and everything that tasks had is back.
 */
#include <glib.h>
#include <string.h>

#include "../mm/small_world.h"
#include "engine/rng.h"
#include "mm/check.h"
#include "mm/kthread.h"
#include "workload/run.h"

#define WORKLOADS 40u

static void add(GString *s, struct rng *rng, u32 depth);

static void add_program(GString *s, struct rng *rng, u32 depth)
{
	u64 n = rng_range(rng, 1, 5);

	g_string_append(s, "\"program\":[");
	for (u64 i = 0; i < n; i++) {
		if (i)
			g_string_append_c(s, ',');
		add(s, rng, depth);
	}
	g_string_append_c(s, ']');
}

#define PUT(...) g_string_append_printf(s, __VA_ARGS__)
#define R(lo, hi) ((unsigned long long)rng_range(rng, lo, hi))

static const char *word(struct rng *rng, const char *const *words, u32 n)
{
	return words[rng_below(rng, n)];
}

/* The regions r and h (of huge pages) are mapped for as long as the task lives, q only around these
   steps. */
static void add_user(GString *s, struct rng *rng)
{
	static const char *const patterns[] = {"seq", "random", "zipf"};

	switch (rng_below(rng, 5)) {
	case 0:
		PUT("{\"op\":\"touch\",\"region\":\"r\",\"pattern\":\"%s\",\"pages\":%llu,"
		    "\"hot\":%llu,\"write\":%s}",
		    word(rng, patterns, 3), R(1, 300), R(1, 100), R(0, 2) ? "true" : "false");
		break;
	case 1:
		PUT("{\"op\":\"punch\",\"region\":\"r\",\"percent\":%llu,\"run\":%llu}", R(1, 100),
		    R(1, 70));
		break;
	case 2:
		PUT("{\"op\":\"map\",\"region\":\"q\",\"size\":%llu},"
		    "{\"op\":\"touch\",\"region\":\"q\"},{\"op\":\"unmap\",\"region\":\"q\"}",
		    R(1, 2000000));
		break;
	case 3:
		PUT("{\"op\":\"touch\",\"region\":\"h\",\"pattern\":\"%s\",\"pages\":%llu},"
		    "{\"op\":\"punch\",\"region\":\"h\",\"percent\":%llu,\"run\":%llu}",
		    word(rng, patterns, 3), R(1, 600), R(1, 100), R(1, 700));
		break;
	default:
		PUT("{\"op\":\"mlock\",\"region\":\"r\"}");
		break;
	}
}

static void add_kernel(GString *s, struct rng *rng)
{
	static const char *const picks[] = {"oldest", "newest", "random"};
	static const char *const gfps[] = {"GFP_KERNEL", "GFP_ATOMIC", "GFP_HIGHUSER_MOVABLE",
					   "GFP_NOWAIT|__GFP_RECLAIMABLE"};

	switch (rng_below(rng, 7)) {
	case 0:
		PUT("{\"op\":\"alloc\",\"name\":\"b\",\"order\":%llu,\"count\":%llu,"
		    "\"gfp\":\"%s\"}",
		    R(0, 10) * R(0, 1), R(1, 40), word(rng, gfps, 4));
		break;
	case 1:
		PUT("{\"op\":\"alloc\",\"order\":%llu,\"count\":%llu,\"lifetime\":{\"dist\":"
		    "\"exp\",\"mean\":%llu}}",
		    R(0, 4), R(1, 40), R(1, 3000000));
		break;
	case 2:
		PUT("{\"op\":\"free\",\"name\":\"b\",\"pick\":\"%s\"}", word(rng, picks, 3));
		break;
	case 3:
		PUT("{\"op\":\"slab_alloc\",\"cache\":\"c%llu\",\"name\":\"o\",\"count\":%llu}",
		    R(0, 1), R(1, 200));
		break;
	case 4:
		PUT("{\"op\":\"cma_alloc\",\"name\":\"c\",\"area\":\"camera\",\"pages\":%llu,"
		    "\"align\":%llu,\"count\":%llu}",
		    R(1, 1500), R(0, 10), R(1, 4));
		break;
	case 5:
		PUT("{\"op\":\"cma_free\",\"name\":\"c\",\"pick\":\"%s\"}", word(rng, picks, 3));
		break;
	default:
		PUT("{\"op\":\"slab_free\",\"name\":\"o\",\"pick\":\"%s\"}", word(rng, picks, 3));
		break;
	}
}

static void add_file(GString *s, struct rng *rng)
{
	static const char *const ops[] = {"read", "write"};
	static const char *const patterns[] = {"seq", "random"};

	if (rng_below(rng, 4))
		PUT("{\"op\":\"%s\",\"file\":\"f\",\"files\":3,\"size\":%llu,\"chunk\":%llu,"
		    "\"pattern\":\"%s\"}",
		    word(rng, ops, 2), R(1, 600000), R(4096, 200000), word(rng, patterns, 2));
	else
		PUT("{\"op\":\"drop\",\"file\":\"f\",\"files\":3}");
}

static void add(GString *s, struct rng *rng, u32 depth)
{
	switch (rng_below(rng, depth ? 8 : 6)) {
	case 0:
	case 1:
		add_user(s, rng);
		break;
	case 2:
	case 3:
		add_kernel(s, rng);
		break;
	case 4:
		add_file(s, rng);
		break;
	case 5:
		PUT("{\"op\":\"%s\",\"for\":%llu}", R(0, 1) ? "sleep" : "compute", R(0, 2000000));
		break;
	case 6:
		PUT("{\"op\":\"fork\",\"count\":%llu,\"wait\":%s,\"parallel\":%llu,", R(1, 6),
		    R(0, 1) ? "true" : "false", R(0, 3));
		add_program(s, rng, depth - 1);
		g_string_append_c(s, '}');
		break;
	default:
		PUT("{\"op\":\"loop\",\"count\":%llu,", R(1, 4));
		add_program(s, rng, depth - 1);
		g_string_append_c(s, '}');
		break;
	}
}

/* Every name is defined once, whatever the rest does. */
static GString *make_workload(struct rng *rng)
{
	GString *s = g_string_new("{\"caches\":{\"c0\":{\"size\":100},"
				  "\"c1\":{\"size\":1500,\"reclaimable\":true}},\"tasks\":[");
	u64 tasks = rng_range(rng, 1, 5);

	for (u64 t = 0; t < tasks; t++) {
		PUT("%s{\"name\":\"t%llu\",\"count\":%llu,\"stagger\":%llu,\"program\":["
		    "{\"op\":\"map\",\"region\":\"r\",\"size\":%llu},",
		    t ? "," : "", (unsigned long long)t, R(1, 8), R(0, 3000000), R(1, 3000000));
		PUT("{\"op\":\"map\",\"region\":\"h\",\"size\":%llu,\"thp\":\"huge\"},"
		    "{\"op\":\"alloc\",\"name\":\"b\"},"
		    "{\"op\":\"slab_alloc\",\"cache\":\"c0\",\"name\":\"o\"},"
		    "{\"op\":\"write\",\"file\":\"f\",\"size\":1},"
		    "{\"op\":\"cma_alloc\",\"name\":\"c\",\"area\":\"camera\",\"pages\":1},",
		    R(1 << 20, 5 << 20));
		PUT("{\"op\":\"burst\",\"count\":%llu,\"frames\":%llu,\"drain_every\":%llu},"
		    "{\"op\":\"loop\",\"count\":2,",
		    R(0, 5), R(1, 30), R(1, 4));
		add_program(s, rng, 3);
		g_string_append(s, "}]}");
	}
	g_string_append(s, "]}");
	return s;
}

static u64 run_one(const GString *text, u64 *huge)
{
	struct workload_env env = {.profile = &profile_linux_7_2};
	struct workload_world world;
	struct kthreads *kthreads;
	struct workload_run *run;
	struct small_world w;
	struct workload wl;
	struct err err = {0};
	u64 owned[NR_OWNER_KINDS], tasks = 0;

	small_world_create(&w, CMA_MACHINE, &profile_linux_7_2);
	if (!workload_parse(&wl, "w", text->str, text->len, &env, &err))
		g_error("%s\n%s", text->str, err_text(&err));
	/* khugepaged must hurry: the programs are over soon. */
	w.mm->sysctl.khugepaged.scan_sleep_millisecs = 4;
	w.mm->sysctl.khugepaged.alloc_sleep_millisecs = 8;
	world = (struct workload_world){w.engine, w.cpus, w.mm, w.vm, 1};
	kthreads = kthreads_start(w.mm, &err);
	run = workload_start(&wl, &world, &err);
	g_assert_true(kthreads && run);
	engine_run(w.engine, 100 * NSEC_PER_SEC);
	if (!workload_result(run, &err) || !workload_over(run))
		g_error("%s\n%s", text->str, err_text(&err));
	/* What frees itself does so within a few mean lifetimes. */
	engine_run(w.engine, engine_now(w.engine) + NSEC_PER_SEC);
	if (!mm_check(w.mm, CHECK_FULL, NULL, &err))
		g_error("%s\n%s", text->str, err_text(&err));
	small_world_count_owners(&w, owned);
	g_assert_cmpuint(owned[OWNER_PGTABLE] + owned[OWNER_BLOCK] + owned[OWNER_OTHER], ==, 0);
	g_assert_cmpuint(owned[OWNER_NODE], ==,
			 (u64)global_node_page_state(w.vm, NR_FILE_PAGES));
	g_assert_cmpuint(small_world_free_pages(&w) + owned[OWNER_NODE] + owned[OWNER_SLAB], ==,
			 w.boot_free);
	g_assert_cmpuint(w.vm->nr_mm + w.vm->refs.nr, ==, 0);
	g_assert_cmpint(global_node_page_state(w.vm, NR_MLOCK), ==, 0);
	g_assert_cmpint(global_node_page_state(w.vm, NR_ANON_MAPPED), ==, 0);
	huge[0] += w.mm->vm_event[SIM_PAGES_COLLAPSED];
	huge[1] += w.mm->vm_event[THP_FAULT_ALLOC];
	huge[2] += w.mm->vm_event[THP_DEFERRED_SPLIT_PAGE];
	huge[3] += w.mm->vm_event[THP_SPLIT_PAGE];
	for (u32 i = 0; i < wl.tasks.n; i++)
		tasks += workload_task_stats(run, i)->ended;
	workload_run_destroy(run);
	kthreads_stop(kthreads);
	workload_finish(&wl);
	small_world_destroy(&w);
	return tasks;
}

static void test_random_programs(void)
{
	struct rng rng;
	u64 tasks = 0, huge[4] = {0};

	rng_init(&rng, 11, "programs");
	for (u32 i = 0; i < WORKLOADS; i++) {
		GString *text = make_workload(&rng);

		tasks += run_one(text, huge);
		g_string_free(text, TRUE);
	}
	g_assert_cmpuint(tasks, >, 700);
	for (u32 i = 0; i < ARRAY_SIZE(huge); i++)
		g_assert_cmpuint(huge[i], >, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/workload/random-programs", test_random_programs);
	return g_test_run();
}

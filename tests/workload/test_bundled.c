/* SPDX-License-Identifier: GPL-2.0-only */
/* The bundled workloads: each says what it is for, loads, and its beginning runs to the letter. */
#include <glib.h>
#include <string.h>

#include "../machine/sample_machine.h"
#include "mm/boot.h"
#include "mm/check.h"
#include "policy/profiles.h"
#include "workload/run.h"

/* What a workload was made for is in its description; the rest is for the small PC. */
static const char *config_for(const struct workload *wl)
{
	if (strstr(wl->description, "CMA area"))
		return "camera-512m";
	return strstr(wl->description, "64 MiB router") ? "router-64m" : "pc-512m";
}

struct bench {
	struct sample_machine sample;
	struct workload_world world;
	struct device *disk;
};

static void bench_create(struct bench *b, const char *config)
{
	struct mm_sysctl sysctl;
	struct err err = {0};
	const struct machine *m = &b->sample.machine;

	*b = (struct bench){0};
	if (!sample_machine_config(&b->sample, config))
		g_error("%s", err_text(&b->sample.err));
	b->world.engine = engine_create();
	b->world.cpus = cpus_create(b->world.engine, m->nr_cpus, NULL);
	mm_sysctl_default(&sysctl);
	b->world.mm = mm_create(m, &profile_linux_7_2, &sysctl, b->world.engine, b->world.cpus,
				&err);
	if (!b->world.mm || !mm_boot_cold(b->world.mm, &err))
		g_error("%s", err_text(&err));
	for (u32 i = 0; i < m->nr_devices; i++) {
		if (!strcmp(m->devices[i].name, "disk"))
			b->disk = device_create(b->world.engine, "disk", &m->devices[i].params);
	}
	b->world.vm = vm_create(b->world.mm, b->disk);
	b->world.seed = 1;
}

static void bench_destroy(struct bench *b)
{
	vm_destroy(b->world.vm);
	cpus_destroy(b->world.cpus);
	device_destroy(b->disk);
	mm_destroy(b->world.mm);
	engine_destroy(b->world.engine);
	sample_machine_finish(&b->sample);
}

/* A 20th of what it is meant to run for, or all of a lesson. */
static void run_beginning(struct workload *wl, const char *path)
{
	u64 until = wl->duration_ns ? wl->duration_ns / 20 : UINT64_MAX;
	struct workload_run *run;
	struct err err = {0};
	struct bench b;
	u64 faults = 0;

	bench_create(&b, config_for(wl));
	run = workload_start(wl, &b.world, &err);
	if (!run)
		g_error("%s", err_text(&err));
	engine_run(b.world.engine, until);
	if (!workload_result(run, &err) || !mm_check(b.world.mm, CHECK_FULL, NULL, &err))
		g_error("%s: %s", path, err_text(&err));
	g_assert_true(wl->duration_ns || workload_over(run));
	for (u32 i = 0; i < wl->tasks.n; i++) {
		const struct task_stats *stats = workload_task_stats(run, i);

		faults += stats->faults + stats->alloc_ok[0] + stats->alloc_ok[4];
		g_assert_cmpuint(stats->killed, ==, 0);
	}
	g_assert_cmpuint(faults, >, 0);
	workload_run_destroy(run);
	bench_destroy(&b);
}

static void test_one(const void *data)
{
	struct workload_env env = {.profile = &profile_linux_7_2};
	const char *path = data;
	struct err err = {0};
	struct workload wl;

	if (!workload_load(&wl, path, &env, &err))
		g_error("%s", err_text(&err));
	g_assert_true(wl.title && *wl.title);
	g_assert_true(wl.description && *wl.description);
	if (wl.tasks.n)
		run_beginning(&wl, path);
	workload_finish(&wl);
}

/* Each step that docs/workload.md shows is one that is read. */
static void test_docs(void)
{
	struct workload_env env = {.profile = &profile_linux_7_2};
	bool seen[NR_STEP_OPS] = {false};
	struct err err = {0};
	struct workload wl;
	char *text, **lines;
	GString *json = g_string_new("{\"duration\":\"1s\",\"caches\":{\"inode\":{\"size\":8}},"
				     "\"programs\":{\"child\":{\"program\":[{\"op\":\"exit\"}]}},"
				     "\"tasks\":[{\"name\":\"t\",\"program\":[{\"op\":\"exit\"}");

	g_assert_true(g_file_get_contents(SOURCE_ROOT "/docs/workload.md", &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	for (u32 i = 0; lines[i]; i++) {
		if (g_str_has_prefix(lines[i], "{ \"op\""))
			g_string_append_printf(json, ",\n%s", lines[i]);
	}
	g_string_append(json, "]}]}");
	if (!workload_parse(&wl, "docs", json->str, json->len, &env, &err))
		g_error("%s", err_text(&err));
	for (u32 i = 0; i < workload_tasks(&wl)->program.n; i++)
		seen[workload_tasks(&wl)->program.items[i].op] = true;
	for (u32 op = 0; op < NR_STEP_OPS; op++) {
		if (!seen[op])
			g_error("docs/workload.md shows no %s", step_variants[op]->name);
	}
	workload_finish(&wl);
	g_string_free(json, TRUE);
	g_strfreev(lines);
	g_free(text);
}

static void add_folder(const char *folder, GPtrArray *paths)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	g_assert_nonnull(dir);
	while ((name = g_dir_read_name(dir))) {
		char *path, *test;

		if (!g_str_has_suffix(name, ".json"))
			continue;
		path = g_build_filename(folder, name, NULL);
		test = g_strconcat("/workload/bundled/", name, NULL);
		g_test_add_data_func(test, path, test_one);
		g_free(test);
		g_ptr_array_add(paths, path);
	}
	g_dir_close(dir);
}

int main(int argc, char **argv)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	int result;

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/workload/docs", test_docs);
	add_folder(SOURCE_ROOT "/workloads", paths);
	add_folder(SOURCE_ROOT "/workloads/lessons", paths);
	g_assert_cmpuint(paths->len, >=, 9);
	result = g_test_run();
	g_ptr_array_unref(paths);
	return result;
}

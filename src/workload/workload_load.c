/* SPDX-License-Identifier: GPL-2.0-only */
/* From a workload file to a struct workload: read by table, then resolved. */
#include "workload/workload.h"

#include <assert.h>
#include <glib.h>
#include <string.h>

#define ARENA_BYTES (256ull << 20)

/* Copies of one task differ by number, so tasks must differ by name. */
static bool check_task_names(const struct workload *wl, struct err *err)
{
	const struct task_def *tasks = wl->tasks.items;
	GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
	bool ok = true;

	for (u32 i = 0; i < wl->tasks.n; i++) {
		char path[64];

		if (g_hash_table_add(seen, (void *)tasks[i].name))
			continue;
		g_snprintf(path, sizeof(path), "tasks[%u].name", i);
		ok = json_doc_error(&wl->doc, path, err, "another task has this name");
	}
	g_hash_table_destroy(seen);
	return ok;
}

static bool check_whole(const struct workload *wl, struct err *err)
{
	const struct task_def *tasks = wl->tasks.items;
	u64 instances = 0;

	if (!wl->tasks.n && !wl->trace.file)
		return json_doc_error(&wl->doc, "", err, "no tasks and no trace: nothing to do");
	for (u32 i = 0; i < wl->tasks.n; i++)
		instances += tasks[i].count;
	if (instances > wl->limits.tasks)
		return json_doc_error(&wl->doc, "tasks", err,
				      "%llu tasks are more than limits.tasks, %llu",
				      (unsigned long long)instances,
				      (unsigned long long)wl->limits.tasks);
	return check_task_names(wl, err);
}

static bool find_trace(struct workload *wl, struct err *err)
{
	char *folder, *path;

	if (!wl->trace.file)
		return true;
	if (!*wl->trace.file)
		return json_doc_error(&wl->doc, "trace.file", err, "an empty file name");
	if (!wl->doc.name || !strcmp(wl->doc.name, "-") || g_path_is_absolute(wl->trace.file)) {
		wl->trace_path = wl->trace.file;
		return true;
	}
	folder = g_path_get_dirname(wl->doc.name);
	path = !strcmp(folder, ".") ? g_strdup(wl->trace.file) :
				      g_build_filename(folder, wl->trace.file, NULL);
	wl->trace_path = arena_strdup(&wl->arena, path);
	g_free(folder);
	g_free(path);
	return wl->trace_path ? true : err_set(err, ERR_HOST_RES, "no memory for the trace's name");
}

static bool read_doc(struct workload *wl, const struct workload_env *env, struct err *err)
{
	struct json_doc doc = wl->doc;
	struct arena arena = {.cap = ARENA_BYTES};
	bool ok;

	ok = fields_read(&workload_table, &doc, doc.root, "", wl, &arena, (void *)env, err);
	wl->doc = doc;
	wl->arena = arena;
	return ok && check_whole(wl, err) && program_resolve(wl, err) && find_trace(wl, err);
}

static bool apply_sets(struct workload *wl, const char *const *sets, struct err *err)
{
	for (; sets && *sets; sets++)
		if (!json_set_path(wl->doc.root, *sets, err))
			return false;
	return true;
}

bool workload_load_set(struct workload *wl, const char *path, const char *const *sets,
		       const struct workload_env *env, struct err *err)
{
	assert(env && env->profile);
	*wl = (struct workload){0};
	if (!json_doc_load(&wl->doc, path, err))
		return false;
	if (apply_sets(wl, sets, err) && read_doc(wl, env, err))
		return true;
	workload_finish(wl);
	return false;
}

bool workload_load(struct workload *wl, const char *path, const struct workload_env *env,
		   struct err *err)
{
	return workload_load_set(wl, path, NULL, env, err);
}

bool workload_parse(struct workload *wl, const char *name, const char *text, size_t len,
		    const struct workload_env *env, struct err *err)
{
	assert(env && env->profile);
	*wl = (struct workload){0};
	if (!json_doc_parse(&wl->doc, name, text, len, err))
		return false;
	if (read_doc(wl, env, err))
		return true;
	workload_finish(wl);
	return false;
}

void workload_finish(struct workload *wl)
{
	json_doc_finish(&wl->doc);
	arena_finish(&wl->arena);
	*wl = (struct workload){0};
}

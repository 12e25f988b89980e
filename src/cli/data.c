/* SPDX-License-Identifier: GPL-2.0-only */
/* Bundled files: finding and listing them. */
#include "cli/data.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static const char *const folders[] = {[DATA_CONFIG] = "configs", [DATA_WORKLOAD] = "workloads"};
static const char *const kinds[] = {[DATA_CONFIG] = "config", [DATA_WORKLOAD] = "workload"};

/* Folder i to look into, NULL after the last. */
static const char *data_folder(u32 i)
{
	static const char *const built_in[] = {".", MEMPRESS_SOURCE_DIR, MEMPRESS_DATA_DIR};
	const char *env = getenv("MEMPRESS_DATA");

	if (env && *env)
		return i ? NULL : env;
	return i < ARRAY_SIZE(built_in) ? built_in[i] : NULL;
}

/* The current folder counts only if it is a source tree. */
static bool has_both(const char *folder)
{
	bool both = true;

	for (u32 i = 0; i < ARRAY_SIZE(folders); i++) {
		char *path = g_build_filename(folder, folders[i], NULL);

		both = both && g_file_test(path, G_FILE_TEST_IS_DIR);
		g_free(path);
	}
	return both;
}

static char *found_at(const char *folder, enum data_kind kind, const char *name)
{
	char *path;

	if (!strcmp(folder, "."))
		path = g_build_filename(folders[kind], name, NULL);
	else
		path = g_build_filename(folder, folders[kind], name, NULL);
	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return path;
	g_free(path);
	return NULL;
}

static char *find_bundled(enum data_kind kind, const char *name)
{
	const char *folder;

	for (u32 i = 0; (folder = data_folder(i)); i++) {
		char *path = has_both(folder) ? found_at(folder, kind, name) : NULL;

		if (path)
			return path;
	}
	return NULL;
}

static bool is_path(const char *word)
{
	return g_str_has_suffix(word, ".json") || !strcmp(word, "-") ||
	       g_file_test(word, G_FILE_TEST_IS_REGULAR);
}

/* "hello", "lessons/pcp"; nothing that leads out of the folder. */
static bool is_bundled_name(const char *word)
{
	return *word && *word != '/' && *word != '.' && !strstr(word, "..");
}

char *data_find(enum data_kind kind, const char *word, struct err *err)
{
	char *file, *path, **names, hint[128];

	if (is_path(word))
		return g_strdup(word);
	file = g_strconcat(word, ".json", NULL);
	path = is_bundled_name(word) ? find_bundled(kind, file) : NULL;
	g_free(file);
	if (path || strchr(word, '/'))
		return path ? path : g_strdup(word);
	names = data_names(kind);
	err_set(err, ERR_USAGE, "no file and no bundled %s \"%s\"%s", kinds[kind], word,
		cli_near(word, (const char *const *)names, hint, sizeof(hint)));
	g_strfreev(names);
	return NULL;
}

static bool is_run_folder(const char *folder)
{
	static const char *const files[] = {"config.json", "workload.json"};
	bool both = true;

	for (u32 i = 0; i < ARRAY_SIZE(files); i++) {
		char *path = g_build_filename(folder, files[i], NULL);

		both = both && g_file_test(path, G_FILE_TEST_IS_REGULAR);
		g_free(path);
	}
	return both;
}

char *data_find_folder(const char *word)
{
	char *path;

	if (is_run_folder(word))
		return g_strdup(word);
	path = is_bundled_name(word) ? find_bundled(DATA_WORKLOAD, word) : NULL;
	if (path && is_run_folder(path))
		return path;
	g_free(path);
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds the names of one folder; prefix is "" or ends with a slash. Looks one level down. */
static void add_names(const char *folder, const char *prefix, enum data_kind kind,
		      GPtrArray *names)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *entry;

	while (dir && (entry = g_dir_read_name(dir))) {
		char *path = g_build_filename(folder, entry, NULL);
		char *name = g_strconcat(prefix, entry, NULL), *below;

		if (g_str_has_suffix(entry, ".json")) {
			name[strlen(name) - strlen(".json")] = '\0';
			g_ptr_array_add(names, g_strdup(name));
		} else if (kind == DATA_WORKLOAD && is_run_folder(path)) {
			g_ptr_array_add(names, g_strdup(name));
		} else if (!*prefix) {
			below = g_strconcat(name, "/", NULL);
			add_names(path, below, kind, names);
			g_free(below);
		}
		g_free(name);
		g_free(path);
	}
	if (dir)
		g_dir_close(dir);
}

char **data_names(enum data_kind kind)
{
	GPtrArray *names = g_ptr_array_new();
	const char *folder;
	char *path;

	for (u32 i = 0; (folder = data_folder(i)); i++) {
		if (!has_both(folder))
			continue;
		path = g_build_filename(folder, folders[kind], NULL);
		add_names(path, "", kind, names);
		g_free(path);
		break;
	}
	qsort(names->pdata, names->len, sizeof(*names->pdata), by_name);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading a config: the chain of files that it extends, their merge, --set and --profile, then the
 * field table and the machine. Errors are located in the file of the chain that holds the value.
 */
#include "cli/config.h"

#include <glib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/data.h"
#include "policy/profiles.h"

#define ARENA_BYTES (256ull << 20)

static bool no_memory(const struct config *c, struct err *err)
{
	return err_set(err, ERR_HOST_RES, "%s: no memory to read it", c->doc.name);
}

/* The folder of a path; "." for a bare name and standard input. g_free(). */
static char *folder_of(const char *path)
{
	return g_path_get_dirname(path);
}

static char *in_folder(const char *folder, const char *name)
{
	if (!strcmp(folder, ".") || g_path_is_absolute(name))
		return g_strdup(name);
	return g_build_filename(folder, name, NULL);
}

/* A relative path that does not climb: no "..", no empty parts, not hidden in a symbolic link. */
static bool stays_inside(const char *folder, const char *name)
{
	char **parts = g_strsplit(name, "/", -1);
	char *path = g_strdup(folder);
	bool ok = *name && *name != '/';

	for (u32 i = 0; ok && parts[i]; i++) {
		char *next = in_folder(path, parts[i]);
		struct stat st;

		ok = *parts[i] && strcmp(parts[i], ".") != 0 && strcmp(parts[i], "..") != 0 &&
		     !(!lstat(next, &st) && S_ISLNK(st.st_mode));
		g_free(path);
		path = next;
	}
	g_free(path);
	g_strfreev(parts);
	return ok;
}

/* A file beside the config, else a bundled config of that name. g_free(); NULL and err. */
static char *find_base(const struct json_doc *doc, const char *name, struct err *err)
{
	char *folder = folder_of(doc->name), *path = in_folder(folder, name);
	bool inside = stays_inside(folder, name);
	struct err missing = {0};

	g_free(folder);
	if (!inside) {
		json_doc_error(doc, "extends", err,
			       "expected a file in the config's own folder or below it, without "
			       "\"..\" and symbolic links");
		g_free(path);
		return NULL;
	}
	if (g_file_test(path, G_FILE_TEST_EXISTS) || strchr(name, '/'))
		return path;
	g_free(path);
	folder = g_str_has_suffix(name, ".json") ? g_strndup(name, strlen(name) - 5) :
						   g_strdup(name);
	path = data_find(DATA_CONFIG, folder, &missing);
	g_free(folder);
	if (!path)
		json_doc_error(doc, "extends", err, "%s", err_text(&missing));
	err_clear(&missing);
	return path;
}

static bool same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return !stat(a, &sa) && !stat(b, &sb) && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/* Loads what doc extends into the next of c->bases. */
static bool load_base(struct config *c, const struct json_doc *doc, json_t *extends,
		      struct err *err)
{
	char *path;
	bool ok;

	if (!json_is_string(extends))
		return json_doc_error(doc, "extends", err, "expected the name of a config");
	if (c->nr_bases == CONFIG_MAX_EXTENDS)
		return json_doc_error(doc, "extends", err, "more than %u configs extend each other",
				      CONFIG_MAX_EXTENDS);
	path = find_base(doc, json_string_value(extends), err);
	if (!path)
		return false;
	ok = !same_file(path, c->doc.name);
	for (u32 i = 0; i < c->nr_bases; i++)
		ok = ok && !same_file(path, c->bases[i].name);
	if (!ok)
		json_doc_error(doc, "extends", err, "the configs extend each other in a circle");
	else if (!g_file_test(path, G_FILE_TEST_EXISTS))
		ok = json_doc_error(doc, "extends", err, "there is no file %s", path);
	else
		ok = json_doc_load(&c->bases[c->nr_bases], path, err);
	c->nr_bases += ok;
	g_free(path);
	return ok;
}

static bool load_chain(struct config *c, struct err *err)
{
	struct json_doc *doc = &c->doc;
	json_t *extends;

	while ((extends = json_object_get(doc->root, "extends"))) {
		if (!load_base(c, doc, extends, err))
			return false;
		doc->base = &c->bases[c->nr_bases - 1];
		doc = &c->bases[c->nr_bases - 1];
	}
	return true;
}

/* Puts over's members on top of base. The depth of both is bounded. */
static bool merge(json_t *base, json_t *over)
{
	const char *key;
	json_t *value;

	json_object_foreach(over, key, value)
	{
		json_t *old = json_object_get(base, key), *copy;

		if (json_is_object(old) && json_is_object(value)) {
			if (!merge(old, value))
				return false;
			continue;
		}
		copy = json_deep_copy(value);
		if (!copy || json_object_set_new(base, key, copy))
			return false;
	}
	return true;
}

/* Files that a config below the folder (or a bundled one) names, as seen from the folder. */
static bool rebase_names(const struct config *c, json_t *root, const char *name)
{
	static const struct {
		const char *section, *field;
	} files[] = {{"boot", "zoneinfo"},     {"boot", "buddyinfo"}, {"boot", "pagetypeinfo"},
		     {"boot", "hints"},	       {"boot", "recording"}, {"record", "observed"}};
	char *folder = folder_of(name), *from = NULL;
	size_t len = strlen(c->folder);
	bool ok = true;

	if (!strcmp(folder, c->folder)) {
		g_free(folder);
		return true;
	}
	if (!strcmp(c->folder, "."))
		from = g_strdup(folder);
	else if (!strncmp(folder, c->folder, len) && folder[len] == '/')
		from = g_strdup(folder + len + 1);
	else
		from = g_canonicalize_filename(folder, NULL);
	for (u32 i = 0; ok && i < ARRAY_SIZE(files); i++) {
		json_t *section = json_object_get(root, files[i].section);
		json_t *file = json_object_get(section, files[i].field);
		char *path;

		if (!json_is_string(file))
			continue;
		path = in_folder(from, json_string_value(file));
		ok = !json_object_set_new(section, files[i].field, json_string(path));
		g_free(path);
	}
	g_free(from);
	g_free(folder);
	return ok;
}

/* Makes c->doc.root the tree of the whole chain. */
static bool merge_chain(struct config *c, struct err *err)
{
	json_t *root;

	if (!json_is_object(c->doc.root))
		return json_doc_error(&c->doc, "", err, "a config is an object: { ... }");
	for (u32 i = 0; i < c->nr_bases; i++)
		if (!json_is_object(c->bases[i].root))
			return json_doc_error(&c->bases[i], "", err,
					      "a config is an object: { ... }");
	root = json_object();
	for (u32 i = c->nr_bases; root && i-- > 0;) {
		if (rebase_names(c, c->bases[i].root, c->bases[i].name) &&
		    merge(root, c->bases[i].root))
			continue;
		json_decref(root);
		root = NULL;
	}
	if (!root || !merge(root, c->doc.root)) {
		json_decref(root);
		return no_memory(c, err);
	}
	json_decref(c->doc.root);
	c->doc.root = root;
	return true;
}

static bool apply_overrides(struct config *c, const struct config_overrides *over, struct err *err)
{
	if (over->profile && json_object_set_new(c->doc.root, "profile",
						 json_string(over->profile)))
		return err_set(err, ERR_USAGE, "--profile: not UTF-8");
	for (u32 i = 0; i < over->nr_sets; i++)
		if (!json_set_path(c->doc.root, over->sets[i], err))
			return false;
	return true;
}

/*
 * The recorded machine and knobs; what the config costs. Lists made by one kernel can be against
 * the rules of another, so the profile must be the recorded one's.
 */
static bool build_from_recording(struct config *c, struct err *err)
{
	struct config_sections *s = &c->sections;
	char *path = config_file(c, s->boot.recording);
	bool ok = recording_load(&c->recording, path, err);

	g_free(path);
	if (!ok)
		return false;
	if (strcmp(c->recording.profile, mm_profiles[s->profile]->name) != 0)
		return json_doc_error(&c->doc, "profile", err, "the recording is of %s, not of %s",
				      c->recording.profile, mm_profiles[s->profile]->name);
	c->machine = c->recording.machine;
	path = g_path_get_basename(s->boot.recording);
	c->machine.name = arena_strdup(&c->arena, path);
	g_free(path);
	if (!c->machine.name)
		return no_memory(c, err);
	c->machine.costs = s->costs;
	return true;
}

static bool build(struct config *c, struct err *err)
{
	struct config_sections *s = &c->sections;
	struct field_ctx ctx = {
		.doc = &c->doc, .arena = &c->arena, .err = err, .path = "machine",
	};

	if (!fields_read(&config_table, &c->doc, c->doc.root, "", s, &c->arena, NULL, err))
		return false;
	policy_apply(&s->policy, mm_profiles[s->profile], &c->profile);
	if (s->boot.mode == BOOT_RECORDING)
		return build_from_recording(c, err);
	return machine_build(&c->machine, &s->machine, &s->costs, &ctx);
}

/* From the text of c->doc to the machine. */
static bool finish_load(struct config *c, const struct config_overrides *over, struct err *err)
{
	if (load_chain(c, err) && merge_chain(c, err) && apply_overrides(c, over, err) &&
	    build(c, err))
		return true;
	config_finish(c);
	return false;
}

bool config_load(struct config *c, const char *path, const struct config_overrides *over,
		 struct err *err)
{
	*c = (struct config){.arena = {.cap = ARENA_BYTES}};
	if (!json_doc_load(&c->doc, path, err))
		return false;
	c->folder = strcmp(path, "-") ? folder_of(path) : g_strdup(".");
	return finish_load(c, over, err);
}

bool config_parse(struct config *c, const char *name, const char *text, size_t len,
		  struct err *err)
{
	const struct config_overrides none = {0};

	*c = (struct config){.arena = {.cap = ARENA_BYTES}};
	if (!json_doc_parse(&c->doc, name, text, len, err))
		return false;
	c->folder = g_strdup(".");
	return finish_load(c, &none, err);
}

void config_finish(struct config *c)
{
	json_doc_finish(&c->doc);
	for (u32 i = 0; i < c->nr_bases; i++)
		json_doc_finish(&c->bases[i]);
	arena_finish(&c->arena);
	recording_finish(&c->recording);
	g_free(c->folder);
	*c = (struct config){0};
}

char *config_file(const struct config *c, const char *name)
{
	return in_folder(c->folder, name);
}

json_t *config_effective(const struct config *c)
{
	struct config_sections s = c->sections;

	s.extends = NULL;
	policy_effective(&s.policy, &c->profile);
	return fields_write(&config_table, &s);
}

void config_record_options(const struct config *c, struct record_options *opt)
{
	const struct record_config *record = &c->sections.record;

	*opt = (struct record_options){
		.sample_interval_ns = record->sample_interval_ns,
		.max_samples = (u32)record->max_samples,
		.max_events = (u32)record->max_events,
		.no_latency = !record->latency,
		.no_events = !record->events,
		.no_map = !record->map,
	};
}

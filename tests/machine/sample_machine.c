/* SPDX-License-Identifier: GPL-2.0-only */
/* Machines for tests: out of a string, or out of a bundled config. */
#include "sample_machine.h"

#include <glib.h>
#include <string.h>

static bool build(struct sample_machine *s, const struct json_doc *doc, json_t *machine,
		  json_t *costs_object, const char *path)
{
	struct field_ctx ctx = {.doc = doc, .arena = &s->arena, .err = &s->err, .path = path};
	struct machine_config config;
	struct costs costs;

	costs_default(&costs);
	if (costs_object && !fields_read(&costs_table, doc, costs_object, "costs", &costs,
					 &s->arena, NULL, &s->err))
		return false;
	return fields_read(&machine_table, doc, machine, path, &config, &s->arena, NULL, &s->err) &&
	       machine_build(&s->machine, &config, &costs, &ctx);
}

bool sample_machine_text(struct sample_machine *sample, const char *json)
{
	struct json_doc doc;
	bool ok;

	*sample = (struct sample_machine){0};
	if (!json_doc_parse(&doc, "test", json, strlen(json), &sample->err))
		return false;
	ok = build(sample, &doc, doc.root, NULL, "");
	json_doc_finish(&doc);
	return ok;
}

/* The file's tree laid over that of the file it extends. */
static json_t *load_tree(const char *name, struct json_doc *doc, struct err *err)
{
	g_autofree char *path = g_build_filename(SOURCE_ROOT, "configs", name, NULL);
	struct json_doc base_doc = {0};
	json_t *base, *tree;
	const char *extends;

	if (!json_doc_load(doc, path, err))
		return NULL;
	extends = json_string_value(json_object_get(doc->root, "extends"));
	if (!extends)
		return json_incref(doc->root);
	base = load_tree(extends, &base_doc, err);
	if (!base)
		return NULL;
	tree = json_deep_copy(base);
	json_object_update_recursive(tree, doc->root);
	json_decref(base);
	json_doc_finish(&base_doc);
	return tree;
}

bool sample_machine_config(struct sample_machine *sample, const char *name)
{
	g_autofree char *file = g_strconcat(name, ".json", NULL);
	struct json_doc doc = {0};
	json_t *tree;
	bool ok;

	*sample = (struct sample_machine){0};
	tree = load_tree(file, &doc, &sample->err);
	if (!tree)
		return false;
	ok = build(sample, &doc, json_object_get(tree, "machine"), json_object_get(tree, "costs"),
		   "machine") &&
	     fields_read(&boot_table, &doc, json_object_get(tree, "boot"), "boot", &sample->boot,
			 &sample->arena, NULL, &sample->err);
	json_decref(tree);
	json_doc_finish(&doc);
	return ok;
}

void sample_machine_finish(struct sample_machine *sample)
{
	arena_finish(&sample->arena);
	err_clear(&sample->err);
}

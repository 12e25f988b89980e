/* SPDX-License-Identifier: GPL-2.0-only */
/* The inputs of a run with their hashes. */
#include "cli/inputs.h"

#include <assert.h>
#include <glib.h>

#include "base/hash.h"

static void add(struct inputs *in, const char *role, const char *name)
{
	assert(in->n < INPUTS_MAX);
	in->list[in->n] = (struct run_input){role, name, in->hex[in->n]};
	in->n++;
}

static void add_doc(struct inputs *in, const char *role, const char *name,
		    const struct json_doc *doc)
{
	hash_sha256(doc->text, doc->len, in->hex[in->n]);
	add(in, role, name);
}

static bool add_file(struct inputs *in, const char *role, const char *name, const char *path,
		     struct err *err)
{
	if (!hash_file_sha256(path, in->hex[in->n], err))
		return false;
	add(in, role, name);
	return true;
}

/* A file named by the config; NULL: none. */
static bool add_config_file(struct inputs *in, const struct config *c, const char *role,
			    const char *name, struct err *err)
{
	char *path;
	bool ok;

	if (!name)
		return true;
	path = config_file(c, name);
	ok = add_file(in, role, name, path, err);
	g_free(path);
	return ok;
}

bool inputs_list(struct inputs *in, const struct sim *sim, const char *config_name,
		 const char *workload_name, struct err *err)
{
	const struct config *c = sim->config;
	const struct boot_config *boot = &c->sections.boot;
	const struct workload *wl = sim->workload;
	const struct json_doc *doc = &c->doc;

	in->n = 0;
	add_doc(in, "config", config_name, doc);
	for (u32 i = 0; i < c->nr_bases; i++)
		add_doc(in, "extended config", c->bases[i].name, &c->bases[i]);
	add_doc(in, "workload", workload_name, &wl->doc);
	return add_config_file(in, c, "zoneinfo", boot->zoneinfo, err) &&
	       add_config_file(in, c, "buddyinfo", boot->buddyinfo, err) &&
	       add_config_file(in, c, "pagetypeinfo", boot->pagetypeinfo, err) &&
	       add_config_file(in, c, "hints", boot->hints, err) &&
	       add_config_file(in, c, "recording", boot->recording, err) &&
	       (!wl->trace_path || add_file(in, "trace", wl->trace.file, wl->trace_path, err)) &&
	       (!sim->observed_path ||
		add_file(in, "observed", sim->observed_path, sim->observed_path, err));
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The recorded machine as a config: zones, CPUs and knobs of the recording, what steps and devices
 * cost from the bundled config of the recording machine. Nothing here depends on which scenario it
 * is.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/data.h"
#include "cli/pressure.h"
#include "workload/import_proc.h"

static double number(const struct pressure_scenario *sc, const char *name, double otherwise)
{
	const json_t *value = json_object_get(sc->machine.root, name);

	return json_is_number(value) ? json_number_value(value) : otherwise;
}

/* The bundled config's devices, with a swap device as large as the recorded one, or none. */
static json_t *devices(const struct pressure_scenario *sc, const char *base, struct err *err)
{
	char *path = data_find(DATA_CONFIG, base, err);
	json_t *list = NULL, *from, *device;
	json_int_t swap = (json_int_t)number(sc, "swap_total_kib", 0) * 1024;
	struct json_doc doc = {0};
	size_t i;

	if (path && json_doc_load(&doc, path, err)) {
		from = json_object_get(json_object_get(doc.root, "machine"), "devices");
		list = json_array();
		json_array_foreach(from, i, device)
		{
			const char *name = json_string_value(json_object_get(device, "name"));
			json_t *copy = json_deep_copy(device);

			if (!name || strcmp(name, "swap") != 0)
				json_array_append_new(list, copy);
			else if (swap && !json_object_set_new(copy, "size", json_integer(swap)))
				json_array_append_new(list, copy);
			else
				json_decref(copy);
		}
	}
	json_doc_finish(&doc);
	free(path);
	return list;
}

static json_t *policy(const struct pressure_scenario *sc, const struct import_proc *proc)
{
	json_t *root = import_policy_json(proc);

	json_object_set_new(root, "lru_gen", json_integer(!sc->classic));
	json_object_set_new(root, "read_ahead_kb",
			    json_integer((json_int_t)number(sc, "read_ahead_kib", 128)));
	return root;
}

static json_t *boot(const struct pressure_scenario *sc, const struct import_proc *proc,
		    const char *hints)
{
	json_t *root = json_pack("{ss ss ss}", "mode", "proc", "zoneinfo", sc->state_path,
				 "buddyinfo", sc->state_path);

	if (proc->have_types)
		json_object_set_new(root, "pagetypeinfo", json_string(sc->state_path));
	if (hints)
		json_object_set_new(root, "hints", json_string(hints));
	return root;
}

/* The bundled config of the emulated machine: by its clock and its CPUs. */
static const char *base_config(const struct pressure_scenario *sc)
{
	const char *how = json_string_value(json_object_get(sc->machine.root, "emulation"));

	if (how && !strstr(how, "-icount"))
		return "recording-vm-host";
	return sc->cpus > 1 ? "recording-vm-2cpu" : "recording-vm-1cpu";
}

/* NULL and err. New reference. */
static json_t *config_tree(const struct pressure_scenario *sc, const char *hints, struct err *err)
{
	const struct import_options opt = {.states = {sc->state_path}, .nr_states = 1};
	const char *base = base_config(sc);
	json_t *root = NULL, *machine = NULL, *list = devices(sc, base, err);
	struct import_proc proc = {0};

	if (list && import_proc_read(&proc, &opt, err)) {
		machine = import_machine_json(&proc, NULL, "recorded", sc->cpus);
		json_object_set_new(machine, "reserved", json_array());
		json_object_set_new(machine, "late_free", json_array());
		json_object_set(machine, "devices", list);
		root = json_pack("{ss ss so so so}", "extends", base, "profile",
				 import_proc_profile(&proc)->name, "machine", machine, "policy",
				 policy(sc, &proc), "boot", boot(sc, &proc, hints));
		if (!root)
			err_set(err, ERR_HOST_RES, "no memory for the config of %s", sc->name);
	}
	json_decref(list);
	import_proc_finish(&proc);
	return root;
}

bool pressure_config(struct config *c, const struct pressure_scenario *sc, const char *hints,
		     struct err *err)
{
	json_t *root = config_tree(sc, hints, err);
	char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
	char *name = NULL;
	bool ok = false;

	if (text && asprintf(&name, "%s/machine.json", sc->path) >= 0)
		ok = config_parse(c, name, text, strlen(text), err);
	else if (root)
		err_set(err, ERR_HOST_RES, "no memory for the config of %s", sc->name);
	if (!ok)
		*c = (struct config){0};
	free(name);
	free(text);
	json_decref(root);
	return ok;
}

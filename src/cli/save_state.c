/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `mempress run --save-state`: writes what /proc would show, and where pages lie, so that a run can
 * start from there. What the files do not tell is lost: the order of lists, who owns a page, what
 * is in swap, the orders of large folios and of per-CPU blocks; see docs/workload.md.
 */
#include "cli/save_state.h"

#include <stdlib.h>
#include <string.h>

#include "mm/procfmt.h"

bool save_state_possible(const struct config *config, struct err *err)
{
	return config->sections.boot.mode != BOOT_RECORDING ||
	       err_set(err, ERR_USAGE, "--save-state: the machine of a config that boots from a "
				       "recording cannot be written as a config");
}

static bool write_text(struct outdir *dir, const char *name, const char *text, struct err *err)
{
	FILE *file;

	if (!text)
		return err_set(err, ERR_HOST_RES, "no host memory for %s", name);
	file = outdir_open(dir, name, err);
	if (!file)
		return false;
	fputs(text, file);
	return outdir_close(dir, file, name, err);
}

/* Takes over the reference to root; NULL: the host had no memory for it. */
static bool write_json(struct outdir *dir, const char *name, json_t *root, struct err *err)
{
	char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
	bool ok = write_text(dir, name, text, err);

	free(text);
	json_decref(root);
	return ok;
}

/* What the run was made from, without its start and what it compared with. */
static json_t *machine_config(const struct config *config)
{
	json_t *root = config_effective(config);

	json_object_del(root, "boot");
	json_object_del(json_object_get(root, "record"), "observed");
	return root;
}

static json_t *boot_config(void)
{
	return json_pack("{ss, ss, s{ss, ss, ss, ss, ss}}", "comment",
			 "The state in which a run of mempress ended.", "extends", "machine.json",
			 "boot", "mode", "proc", "zoneinfo", "zoneinfo", "buddyinfo", "buddyinfo",
			 "pagetypeinfo", "pagetypeinfo", "hints", "hints");
}

static json_t *manifest(const struct sim *sim, const char *workload)
{
	return json_pack("{ss, ss, ss, ss*, ss, sI, sI}", "format", "state/1", "mempress",
			 MEMPRESS_VERSION, "machine", sim->config->machine.name, "workload_title",
			 sim->workload->title, "workload", workload, "seed",
			 (json_int_t)sim->opt.seed, "simulated_ns",
			 (json_int_t)engine_now(sim->engine));
}

bool save_state(const struct sim *sim, const char *workload, struct outdir *dir, struct err *err)
{
	static const struct {
		const char *name;
		char *(*text)(const struct mm *mm);
	} files[] = {
		{"zoneinfo", procfmt_zoneinfo},
		{"buddyinfo", procfmt_buddyinfo},
		{"pagetypeinfo", procfmt_pagetypeinfo},
		{"hints", procfmt_hints},
	};

	for (u32 i = 0; i < ARRAY_SIZE(files); i++) {
		char *text = files[i].text(sim->mm);
		bool ok = write_text(dir, files[i].name, text, err);

		free(text);
		if (!ok)
			return false;
	}
	return write_json(dir, "machine.json", machine_config(sim->config), err) &&
	       write_json(dir, "config.json", boot_config(), err) &&
	       write_json(dir, "manifest.json", manifest(sim, workload), err) &&
	       outdir_commit(dir, err);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config.json of an imported machine. zoneinfo tells where zones begin and how many pages they
 * have; where within a zone a hole lies it does not: on x86 zone DMA has it below 1 MiB, elsewhere
 * the longest stretch of frames that no event named is taken.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "machine/procfs.h"
#include "policy/profiles.h"
#include "workload/import_proc.h"
#include "workload/import_write.h"

#define ONE_MIB_PFN 0x100u

struct memory {
	u64 start, end; /* page frames */
};

/* Where the `hole` missing frames of a zone are taken to be. */
static u64 hole_end(const struct import_seen *seen, const struct proc_zone *zone, u64 hole)
{
	u64 start = zone->start_pfn, end = start + (u64)zone->spanned, at = end - 1;

	if (zone->type == ZONE_DMA && start < ONE_MIB_PFN && ONE_MIB_PFN - hole > start &&
	    ONE_MIB_PFN < end)
		return ONE_MIB_PFN;
	/* the first and last frame of a zone are there, or it would not begin and end there */
	if (seen && seen->chunk && import_unseen_run(seen, start + 1, end - 1, &at) >= hole)
		return at;
	return end - 1;
}

static bool add_range(json_t *memory, struct memory *open, struct memory next, u32 shift)
{
	json_t *range;

	if (next.start == open->end) { /* goes on where the last one ends */
		open->end = next.end;
		return true;
	}
	if (open->end > open->start) {
		range = json_pack("{s:I, s:I}", "start", (json_int_t)(open->start << shift), "end",
				  (json_int_t)(open->end << shift));
		if (!range || json_array_append_new(memory, range))
			return false;
	}
	*open = next;
	return true;
}

static bool add_zone(const struct import_seen *seen, const struct proc_zone *zone,
		     json_t *memory, struct memory *open, u32 shift)
{
	u64 start = zone->start_pfn, end = start + (u64)zone->spanned;
	u64 hole = (u64)(zone->spanned - zone->present), at;

	if (!hole)
		return add_range(memory, open, (struct memory){start, end}, shift);
	at = hole_end(seen, zone, hole);
	return add_range(memory, open, (struct memory){start, at - hole}, shift) &&
	       add_range(memory, open, (struct memory){at, end}, shift);
}

static u32 count_nodes(const struct proc_state *state)
{
	return state->nr_zones ? state->zones[state->nr_zones - 1].node + 1 : 0;
}

static u32 count_cpus(const struct proc_state *state, u32 least)
{
	u32 n = least;

	for (u32 i = 0; i < state->nr_zones; i++)
		n = (u32)max_u64(n, state->zones[i].nr_pcp);
	return n;
}

/* Node by node; zoneinfo does not tell whose the CPUs are: they are dealt out evenly. */
static json_t *nodes(const struct proc_state *state, const struct import_seen *seen, u32 cpus,
		     u32 shift)
{
	u32 nr_nodes = count_nodes(state);
	json_t *all = json_array();
	bool ok = all != NULL;

	for (u32 node = 0; ok && node < nr_nodes; node++) {
		u32 share = cpus / nr_nodes + (node < cpus % nr_nodes);
		struct memory open = {0};
		json_t *memory = json_array();

		for (u32 i = 0; memory && ok && i < state->nr_zones; i++)
			if (state->zones[i].node == node)
				ok = add_zone(seen, &state->zones[i], memory, &open, shift);
		ok = ok && memory &&
		     add_range(memory, &open, (struct memory){UINT64_MAX, UINT64_MAX}, shift);
		/* json_array_append_new() and json_pack("o") drop what they cannot take */
		ok = !json_array_append_new(all, json_pack("{s:i, s:o}", "cpus", (int)share,
							   "memory", memory)) &&
		     ok;
	}
	if (ok)
		return all;
	json_decref(all);
	return NULL;
}

static const char *arch(const struct import_proc *proc)
{
	const char *version = proc->version ? proc->version : "";

	if (strstr(version, "aarch64"))
		return "arm64";
	if (strstr(version, "i686") || strstr(version, "i386"))
		return "i386";
	return "x86-64";
}

json_t *import_machine_json(const struct import_proc *proc, const struct import_seen *seen,
			    const char *name, u32 cpus)
{
	const u32 shift = 12;
	const char *types = strstr(proc->text, "Number of blocks type");
	json_t *root = json_pack("{s:s, s:s, s:o}", "name",
				 name ? name : "imported", "arch", arch(proc), "nodes",
				 nodes(&proc->state, seen, count_cpus(&proc->state, cpus), shift));
	size_t len = types ? strcspn(types, "\n") : 0;

	if (root && types && !memmem(types, len, "CMA", 3))
		json_object_set_new(root, "cma_configured", json_false());
	if (root && types && !memmem(types, len, "Isolate", 7))
		json_object_set_new(root, "isolation", json_false());
	return root;
}

/* A knob as the config takes it: a number, or several. */
static json_t *knob(const char *value)
{
	json_t *list = json_array();
	const char *p = value;

	for (;;) {
		char *end;
		gint64 n = g_ascii_strtoll(p, &end, 10);

		if (end == p)
			break;
		json_array_append_new(list, json_integer(n));
		p = end;
	}
	if (json_array_size(list) == 1) {
		json_t *one = json_incref(json_array_get(list, 0));

		json_decref(list);
		return one;
	}
	return list;
}

json_t *import_policy_json(const struct import_proc *proc)
{
	static const char *const known[] = {
		"min_free_kbytes", "watermark_scale_factor", "watermark_boost_factor",
		"percpu_pagelist_high_fraction", "defrag_mode", "extfrag_threshold", "swappiness",
		"page-cluster", "vfs_cache_pressure", "dirty_ratio", "dirty_background_ratio",
		"dirty_bytes", "dirty_background_bytes", "dirty_writeback_centisecs",
		"dirty_expire_centisecs", "overcommit_memory", "overcommit_ratio",
		"zone_reclaim_mode", "min_unmapped_ratio", "min_slab_ratio", "panic_on_oom",
		"oom_kill_allocating_task", "oom_dump_tasks", "compaction_proactiveness",
		"compact_unevictable_allowed",
	};
	static const struct {
		const char *chosen, *word;
	} thp[] = {{"[never]", "never"}, {"[madvise]", "madvise"}, {"[always]", "always"}};
	json_t *root = json_object();

	for (u32 i = 0; i < proc->nr_sysctl; i++)
		for (u32 k = 0; k < ARRAY_SIZE(known); k++)
			if (!strcmp(proc->sysctl[i].name, known[k]))
				json_object_set_new(root, known[k], knob(proc->sysctl[i].value));
	for (u32 i = 0; i < proc->nr_sysctl; i++) {
		char text[32];

		if (!strcmp(proc->sysctl[i].name, "stat_interval") &&
		    strspn(proc->sysctl[i].value, "0123456789") == strlen(proc->sysctl[i].value) &&
		    snprintf(text, sizeof(text), "%ss", proc->sysctl[i].value) < 12)
			json_object_set_new(root, "stat_interval", json_string(text));
	}
	if (proc->thp && strstr(proc->thp, "[never]"))
		json_object_set_new(root, "transparent_hugepage", json_false());
	for (u32 i = 0; proc->thp && i < ARRAY_SIZE(thp); i++)
		if (strstr(proc->thp, thp[i].chosen))
			json_object_set_new(root, "thp_enabled", json_string(thp[i].word));
	return root;
}

bool import_config_write(struct import *im)
{
	const struct import_proc *proc = &im->proc;
	json_t *boot = json_pack("{s:s, s:s, s:s}", "mode", "proc", "zoneinfo", "proc.txt",
				 "buddyinfo", "proc.txt");
	FILE *file;

	if (boot && proc->have_types)
		json_object_set_new(boot, "pagetypeinfo", json_string("proc.txt"));
	if (boot && im->pfns)
		json_object_set_new(boot, "hints", json_string("hints.txt"));
	file = outdir_open(&im->dir, "proc.txt", im->err);
	if (!file) {
		json_decref(boot);
		return false;
	}
	fwrite(proc->text, 1, proc->len, file);
	if (!outdir_close(&im->dir, file, "proc.txt", im->err)) {
		json_decref(boot);
		return false;
	}
	return import_json_write(im, "config.json",
				 json_pack("{s:o, s:s, s:o, s:o, s:o}", "comment",
					   import_text(proc->version ? proc->version : "imported"),
					   "profile",
					   im->names.profile->name, "machine",
					   import_machine_json(proc, &im->seen, im->opt->name,
							       im->stats->cpus),
					   "policy", import_policy_json(proc), "boot", boot));
}

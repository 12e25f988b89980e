/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/field.h"
#include "machine/machine_fields.h"
#include "policy/policy_fields.h"
#include "record/record.h"
#include "verify/recording.h"

/*
 * A config file: the machine, its kernel, what steps cost, how it boots, what is recorded. A config
 * may extend another ("extends"): objects are merged field by field, everything else replaced.
 */
#define CONFIG_MAX_EXTENDS 8

struct record_config {
	u64 sample_interval_ns;
	u64 max_samples, max_events;
	bool latency, events, map;
	const char *observed;
};

struct config_sections { /* as config_table fills them in */
	const char *extends;
	u32 profile; /* index in mm_profiles */
	struct machine_config machine;
	struct policy_config policy;
	struct costs costs;
	struct boot_config boot;
	struct record_config record;
};

struct config {
	struct config_sections sections;
	struct machine machine;	   /* built from them, or the recording's */
	struct recording recording; /* that the machine boots from; empty: none */
	struct mm_profile profile; /* with the policy's switches */

	struct json_doc doc; /* the text of the file itself with the tree of all */
	struct json_doc bases[CONFIG_MAX_EXTENDS];
	u32 nr_bases;
	char *folder; /* of the file: what paths in the tree are relative to */
	struct arena arena;
};

extern const struct field_table config_table, record_table;

/* What the command line puts over the file. */
struct config_overrides {
	const char *profile;	 /* NULL: none */
	const char *const *sets; /* "path=value" of the config only */
	u32 nr_sets;
};

/*
 * Reads, checks and builds ("-" is standard input). False and located errors; c is then empty.
 */
bool config_load(struct config *c, const char *path, const struct config_overrides *over,
		 struct err *err);
/* The same from text in memory; files that it names are relative to the current folder, what it
   extends is bundled. name is for messages. */
bool config_parse(struct config *c, const char *name, const char *text, size_t len,
		  struct err *err);
void config_finish(struct config *c);

/* A file that the config names, as seen from here. g_free(). */
char *config_file(const struct config *c, const char *name);

/* The sections as they took effect, as a config again. New reference, NULL without memory. */
json_t *config_effective(const struct config *c);

/* The recorder's options but for what is loaded from files. */
void config_record_options(const struct config *c, struct record_options *opt);

/* SPDX-License-Identifier: GPL-2.0-only */
/* Field tables of a config as a whole and of its section "record". */
#include "cli/config.h"
#include "policy/profiles.h"

#define RECORD(member)	.offset = offsetof(struct record_config, member)
#define SECTION(member) .offset = offsetof(struct config_sections, member)

static bool check_record(struct field_ctx *ctx, void *object)
{
	const struct record_config *record = object;

	if (record->sample_interval_ns && record->sample_interval_ns < NSEC_PER_USEC)
		return field_error(ctx, "sample_interval",
				   "below 1 us; a number without unit is nanoseconds: \"10ms\"");
	return true;
}

const struct field_table record_table = {
	.name = "record",
	.doc = "What is written to the results. None of it changes the simulation.",
	.size = sizeof(struct record_config),
	.check = check_record,
	.fields = (const struct field[]){
		{"sample_interval", FIELD_TIME, RECORD(sample_interval_ns), .def = "0",
		 .max = 1000000 * NSEC_PER_SEC,
		 .doc = "simulated time between samples; 0: fitted to the length of the run"},
		{"max_samples", FIELD_U64, RECORD(max_samples), .def = "1000", .min = 16,
		 .max = 1000000, .doc = "kept at most; beyond, the interval doubles"},
		{"max_events", FIELD_U64, RECORD(max_events), .def = "2000", .min = 1,
		 .max = 10000000, .doc = "of each kind in events.jsonl; beyond, only counted"},
		{"latency", FIELD_BOOL, RECORD(latency), .def = "true", .doc = "latency.csv"},
		{"events", FIELD_BOOL, RECORD(events), .def = "true", .doc = "events.jsonl"},
		{"map", FIELD_BOOL, RECORD(map), .def = "true",
		 .doc = "blocks.csv, the map of physical memory"},
		{"observed", FIELD_STRING, RECORD(observed), .max = 1024,
		 .doc = "samples of the real machine to compare with, relative to the config"},
		{NULL},
	},
};

static bool check_config(struct field_ctx *ctx, void *object)
{
	const struct config_sections *s = object;

	if (!s->machine.nodes.n && s->boot.mode != BOOT_RECORDING)
		return field_error(ctx, "machine", "a config needs a machine");
	if (s->machine.nodes.n && s->boot.mode == BOOT_RECORDING)
		return field_error(ctx, "machine", "the recording brings its own machine");
	if (s->policy.sysctl.defrag_mode && !mm_profiles[s->profile]->defrag_mode_known &&
	    !(s->policy.switches.defrag_mode_known.given &&
	      s->policy.switches.defrag_mode_known.value))
		return field_error(ctx, "policy.defrag_mode", "%s does not have this knob",
				   mm_profiles[s->profile]->name);
	return true;
}

const struct field_table config_table = {
	.name = "config",
	.doc = "A machine and the kernel that runs on it.",
	.size = sizeof(struct config_sections),
	.check = check_config,
	.fields = (const struct field[]){
		{"extends", FIELD_STRING, SECTION(extends), .max = 1024,
		 .doc = "a config beside this one, or a bundled one, that this one changes"},
		{"profile", FIELD_ENUM, SECTION(profile), .def = "\"linux-7.2\"",
		 .allowed = mm_profile_names, .doc = "the kernel"},
		{"machine", FIELD_OBJECT, SECTION(machine), .sub = &machine_table,
		 .doc = "The hardware. Needed, unless the boot's recording brings it."},
		{"policy", FIELD_OBJECT, SECTION(policy), .sub = &policy_table,
		 .doc = "Knobs and switches of the kernel."},
		{"costs", FIELD_OBJECT, SECTION(costs), .sub = &costs_table,
		 .doc = "What steps cost."},
		{"boot", FIELD_OBJECT, SECTION(boot), .sub = &boot_table,
		 .doc = "The state at the start."},
		{"record", FIELD_OBJECT, SECTION(record), .sub = &record_table,
		 .doc = "What is recorded."},
		{NULL},
	},
};

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/profile.h"
#include "verify/recording.h"

/* Shared by the files that read a recording. */

#define MAX_GFP_BITS 32

struct rec_parser {
	struct recording *rec;
	struct err *err;
	const char *name;
	char *line, *next; /* what is left of the current line; next token */
	u32 line_nr;
	bool in_state;
	struct rec_state *state; /* under way */

	/* header */
	u32 nr_cpus, nr_nodes, max_nr_zones;
	enum migratetype types[8]; /* the recorder's numbers -> ours */
	u32 nr_types;
	gfp_t gfp_map[MAX_GFP_BITS];
	u32 gfp_known;
	u64 h_seen; /* bit: row of the tables in recording_header.c */
	u32 config_seen;
	bool smp, cma, zone_dma, zone_dma32, thp;
	const struct mm_profile *profile;

	/* capacities of the growing arrays, and what they take together */
	u32 cap_states, cap_checks, cap_ops, cap_zones, cap_pcps;
	u64 cap_pool;
	u64 bytes;
	bool done; /* X seen */
};

/* Adds "FILE:LINE: reason"; returns false. */
bool rec_bad(struct rec_parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Next field of the line, NUL-terminated; NULL at its end. */
char *rec_token(struct rec_parser *p);
/* Nothing may be left of the line. */
bool rec_line_end(struct rec_parser *p);
/* Next field as a decimal or 0x number within 0..max. */
bool rec_u64(struct rec_parser *p, const char *what, u64 max, u64 *out);
bool rec_u32(struct rec_parser *p, const char *what, u64 max, u32 *out);
/* A whole word as a number. */
bool rec_number(struct rec_parser *p, const char *word, const char *what, s64 min, s64 max,
		s64 *out);
bool rec_push(struct rec_parser *p, u32 value);

/* n more zeroed elements at the end of an array; the first of them, NULL without memory. */
void *rec_grow(struct rec_parser *p, void *array_ptr, u32 *len, u32 *cap, u32 n, size_t size);

/*
 * key=value fields of a line, by table: where each goes, its range, and whether it must be there
 * (always, or with kernels whose per-CPU sets tune themselves, or only with the others).
 */
enum rec_kv_need { KV_OPTIONAL, KV_NEEDED, KV_NEEDED_AUTO, KV_NEEDED_FIXED };
struct rec_kv {
	const char *key;
	u8 need; /* enum rec_kv_need */
	u8 size; /* of the field: 4 or 8 */
	u16 offset;
	s64 min, max;
};
#define REC_KV(key, need, type, field, min, max)                                                   \
	{                                                                                          \
		key, need, sizeof(((type *)0)->field), offsetof(type, field), min, max             \
	}

/* Reads the rest of the line. Keys that are not in the table go to `other` (NULL: ignored). */
bool rec_fields(struct rec_parser *p, const struct rec_kv *table, u32 n, void *out,
		bool (*other)(struct rec_parser *p, char *key, char *value, void *out));
/* "a,b,c" into out, at most cap values of 0..max; *n how many. */
bool rec_number_list(struct rec_parser *p, const char *key, char *value, u32 cap, s64 max, s64 *out,
		     u32 *n);

/* Record types. Each is called with its letter consumed. */
bool rec_header(struct rec_parser *p);
bool rec_header_done(struct rec_parser *p);
bool rec_state_line(struct rec_parser *p, char type);
bool rec_state_begin(struct rec_parser *p);
bool rec_state_end(struct rec_parser *p);
bool rec_op_line(struct rec_parser *p, char type);
bool rec_check_line(struct rec_parser *p);

/* The recorder's zone index -> ours; false if unknown. */
bool rec_zone_type(const struct rec_parser *p, u32 idx, enum zone_type *type);
/* Index of a zone in a state; -1. */
s32 rec_find_zone(const struct rec_state *state, u32 nid, enum zone_type type);

/* Once all lines are read: the machine, and is what they say of it possible? */
bool rec_consistent(struct rec_parser *p);
/* Part of it: each page in one place, taken only when free, freed only by its holder. */
bool rec_check_pages(struct rec_parser *p);
/* Order of the blocks on a per-CPU list. */
static inline u32 rec_pcp_list_order(const struct recording *rec, u32 index)
{
	return index >= NR_PCP_THP ? rec->machine.pageblock_order : index / MIGRATE_PCPTYPES;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

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
	bool have_max_order, smp, cma, zone_dma, zone_dma32, thp;

	/* capacities of the growing arrays */
	u32 cap_states, cap_checks, cap_ops, cap_zones, cap_free_lists, cap_pcps, cap_pcp_lists,
		cap_blocks, cap_kswapds, cap_zonelists, cap_movable;
	u64 cap_pool;
	bool done; /* X seen */
};

/* Adds "FILE:LINE: reason"; returns false. */
bool rec_bad(struct rec_parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Next field of the line, NUL-terminated; NULL at its end. */
char *rec_token(struct rec_parser *p);
/* Next field as a decimal or 0x number within 0..max. */
bool rec_u64(struct rec_parser *p, const char *what, u64 max, u64 *out);
bool rec_u32(struct rec_parser *p, const char *what, u64 max, u32 *out);
/* A whole word as a number. */
bool rec_number(struct rec_parser *p, const char *word, const char *what, s64 min, s64 max, s64 *out);
bool rec_push(struct rec_parser *p, u32 value);

/* One more zeroed element at the end of an array; NULL without memory. */
void *rec_grow(struct rec_parser *p, void *array_ptr, u32 *n, u32 *cap, size_t size);

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
/* Index of a zone in the state under way; -1. */
s32 rec_find_zone(const struct rec_parser *p, u32 nid, enum zone_type type);

/* Whole-recording checks: no page twice, frees of held blocks only, counts that agree. */
bool rec_consistent(struct rec_parser *p);

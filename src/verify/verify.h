/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "mm/mm.h"
#include "verify/recording.h"

/*
 * Replays a recording through the allocator that `run` uses and compares every page frame, every
 * failure, counters in passing and each full state.
 */
struct verify_difference {
	bool found;
	u64 op;		/* the operation, or the one before which the state differs */
	u32 line;	/* of the recording */
	bool in_state;	/* the state differs, all results so far agreed */
	char what[512]; /* "order-0 allocation: recorded page frame 123, simulated 456" */
};

struct verify_result {
	u64 ops, exact_ops; /* compared until the first difference */
	u32 states, exact_states;
	struct verify_difference difference;
	u64 host_ns; /* of the replay alone */
};

/* The recorded kernel's knobs. */
void verify_sysctl(const struct recording *rec, struct mm_sysctl *sysctl);
/* Puts the recording's first state into an mm just created for rec->machine: a boot. */
void verify_load_state(struct mm *mm, const struct recording *rec);
/* The recording's first state as a machine under mempress. NULL and err without memory. */
struct mm *verify_load(const struct recording *rec, struct err *err);

/* Performs operation i; false if the result is not the recorded one (what: filled in, may be
   NULL). pfns is room for the largest bulk operation; the pages got are left in it, *got of them
   (a failed allocation: one PFN_NONE, *got 0). */
bool verify_op(struct mm *mm, struct task_struct *tasks, const struct recording *rec, u32 i,
	       u32 *pfns, u32 *got, char *what, size_t len);

/* Compares everything that a state holds; false and `what` at the first difference. */
bool verify_state(struct mm *mm, const struct recording *rec, const struct rec_state *state,
		  char *what, size_t len);
bool verify_check(const struct mm *mm, const struct rec_check *check, char *what, size_t len);

/* The whole recording. False and err only if it could not be run. */
bool verify_run(const struct recording *rec, struct verify_result *result, struct err *err);

/*
 * What decided at the first difference: the operation, what each side did, the state around it and
 * the path that was taken, found by replaying up to there and performing it with listeners. NULL
 * and err without memory; the caller owns it.
 */
json_t *verify_explain_json(const struct recording *rec, const struct verify_result *result,
			    struct err *err);
/* The same for a reader. */
bool verify_explain(const struct recording *rec, const struct verify_result *result, FILE *out,
		    struct err *err);

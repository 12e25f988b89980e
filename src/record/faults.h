/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"
#include "record/hist.h"
#include "record/jsonw.h"

/* How long page faults took, and what the time went into. */
struct faults {
	struct hist minor, major;
	u64 cause_ns[2][NR_STALL_CAUSES]; /* [major] */
};

void faults_add(struct faults *faults, const struct trace_mm_fault_done *t);
/* Member "page_faults" of summary.json; nothing if there were none. */
void faults_write_json(const struct faults *faults, struct jsonw *w);

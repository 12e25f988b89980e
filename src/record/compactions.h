/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"
#include "mm/contig.h"
#include "record/jsonw.h"

/*
 * What compaction and the taking of contiguous ranges achieved, in sums; each run is told in
 * events.jsonl.
 */
struct compactions {
	struct compaction_sum { /* runs over a zone for one order; [0]: for whole zones */
		u64 runs, success, ns;
		u64 scanned, moved, pinned, busy, no_target;
		u64 unusable_before, unusable_after; /* sums of thousandths */
	} order[NR_PAGE_ORDERS_LIMIT];
	u64 contig_tries, contig_ok, contig_ns, contig_moved, contig_reclaimed;
	u64 contig_cause[NR_CONTIG_CAUSES];
};

void compactions_add(struct compactions *c, u64 now, const struct trace_mm_compaction_end *t);
void compactions_add_contig(struct compactions *c, u64 now, const struct trace_mm_contig_end *t);

/* Members "compaction", "contiguous", "cma" and "huge_pages" of summary.json, where there is
   something to tell. */
void compactions_write_json(const struct compactions *c, const struct mm *mm, struct jsonw *w);

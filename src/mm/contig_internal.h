/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/contig.h"

/* Shared by contig.c and contig_migrate.c. */

#define CONTIG_BATCH 32u /* pages that are moved between two looks at the clock: a cluster */

/* A range on its way to being taken. mm/page_alloc.c:alloc_contig_range's compact_control */
struct contig_control {
	struct mm *mm;
	struct task_struct *current;
	struct zone *zone;
	u64 start, end;
	u64 pfn; /* where the search for what has to move goes on */
	gfp_t gfp;
	u32 folios[CONTIG_BATCH], nr; /* to move, on the LRU until their turn comes */
	u64 nr_scanned, nr_migrated, nr_reclaimed, nr_failed;
	enum contig_cause cause; /* of the last that did not go; where */
	u64 page;
};

/* All that can go leaves the range: clean pages of files are dropped, others move.
   mm/page_alloc.c:__alloc_contig_migrate_range */
enum contig_result contig_migrate_range(struct contig_control *cc);

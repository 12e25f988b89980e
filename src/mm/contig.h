/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"

/*
 * Page frames of the caller's choice, or as many in a row as it needs: whatever is there moves
 * away. For CMA and for huge pages that are larger than the largest free block.
 */
enum contig_result {
	CONTIG_OK,
	CONTIG_BUSY,	    /* something is there that does not go away: try another range */
	CONTIG_NO_MEMORY,   /* no place to move to */
	CONTIG_INTERRUPTED, /* a fatal signal */
};

/* Why a range could not be had. */
enum contig_cause {
	CONTIG_CAUSE_NONE,
	CONTIG_CAUSE_UNMOVABLE, /* a page that cannot move, seen before anything was moved */
	CONTIG_CAUSE_ISOLATED,	/* another's range overlaps */
	CONTIG_CAUSE_NO_TARGET, /* no memory to move to */
	CONTIG_CAUSE_PINNED,	/* a page that somebody refers to */
	CONTIG_CAUSE_BUSY,	/* being read or written */
	CONTIG_CAUSE_HELD,	/* not free, and of nobody that can be asked to move */
	CONTIG_CAUSE_SIGNAL,
	NR_CONTIG_CAUSES
};
extern const char *const contig_cause_names[NR_CONTIG_CAUSES];

/*
 * Takes all pages of [start, end), which lies in one zone, out of the allocator. mt: MIGRATE_CMA
 * for a part of a CMA area, else MIGRATE_MOVABLE. gfp: how hard to look for places to move to, and
 * __GFP_COMP for a range that is given back as a whole. The pages are held, and nobody's: the owner
 * is for the caller to set. Anything but CONTIG_OK: the range is as the rest of
 * memory again, though part of it may have moved, and *cause (unless NULL) tells why. Time passes;
 * why: one word for who asks. mm/page_alloc.c:alloc_contig_range
 */
enum contig_result alloc_contig_range(struct mm *mm, struct task_struct *current, u64 start,
				      u64 end, enum migratetype mt, gfp_t gfp, const char *why,
				      enum contig_cause *cause);

/* Gives such pages back, all or a part in whole blocks. mm/page_alloc.c:free_contig_range */
void free_contig_range(struct mm *mm, struct task_struct *current, u64 pfn, u64 nr_pages);

/*
 * nr_pages (a power of two) at a multiple of their number, from a node (gfp with __GFP_THISNODE: no
 * other): each such range of each zone is tried in turn. PFN_NONE: none can be had.
 * O(pages of the zones). mm/page_alloc.c:alloc_contig_pages
 */
u32 alloc_contig_pages(struct mm *mm, struct task_struct *current, u64 nr_pages, gfp_t gfp,
		       u32 nid);

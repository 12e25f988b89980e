/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/outdir.h"
#include "base/stream.h"
#include "workload/import.h"
#include "workload/import_line.h"
#include "workload/import_moved.h"
#include "workload/import_proc.h"

/* What the files import_*.c share. */

/* A block of the recording that the trace holds under its index as id. */
struct import_block {
	u64 key;   /* of its first page, see struct import_request */
	u32 owner; /* process */
	u32 left;  /* pages not given back in the trace */
	u8 order;
	u32 next;     /* while unused: 1 + the next unused one */
};

struct import_pages {
	struct umap of; /* page -> block */
	struct import_block *block;
	u32 nr_block, block_cap, unused; /* unused: 1 + index, last in first out */
	struct moved moved;
	struct umap aside; /* thread that compacts -> single pages freed, maybe to put them back */
	u64 live_pages;
};

/* What was seen first of each page frame: half a byte each, in pieces that are made on demand. */
enum import_first {
	FIRST_NOTHING,
	FIRST_USED, /* freed: it was in use */
	FIRST_FREE, /* allocated: it was free */
	FIRST_FREE_TYPE, /* + migratetype (0 to 2) of that request */
	FIRST_UNKNOWN = 7, /* freed by compaction: in use, or set aside */
};

struct import_seen {
	u8 **chunk;
	u32 nr_chunks; /* allocated ones */
	bool based;
	u64 base; /* of page pointers, where no frame numbers are printed */
};

/* One allocation or free as the line gives it. */
struct import_request {
	u64 key; /* 64 times the frame number, or the page pointer (a descriptor has 64 bytes) */
	u64 pfn;
	bool has_pfn, failed;
	u32 order;
	u32 owner;
	u32 thread;
	bool compaction; /* by a task that is compacting */
	u32 migratetype; /* 3: not told */
	u16 gfp_name;
};

struct import_observed; /* import_observed.c */

struct import {
	const struct import_options *opt;
	struct import_stats *stats;
	struct err *err;
	struct stream *in;
	struct outdir dir;
	struct import_pages pages;
	struct import_seen seen;
	struct umap busy; /* threads in reclaim or compaction: BUSY_* */
	struct umap task_index; /* pid and name -> task */
	struct trace_names names;
	struct trace_writer *writer;
	struct import_observed *observed;
	struct import_proc proc;
	struct trace_event now; /* time, CPU, task and context of the line */
	bool cut;     /* behind the stretch to keep: only what was seen first counts */
	bool pfns;    /* frame numbers are printed */
	u64 zero;     /* recording's clock at the trace's 0 */
	bool started; /* an event has been read */
};

#define KEY_PAGE 64u /* step of keys from one page to the next */

/* import_pages.c: follow who holds what, and write events */
bool import_alloc(struct import *im, const struct import_request *rq);
bool import_free(struct import *im, const struct import_request *rq);
/* The task of im->now begins to compact the zone of pfn (TRACE_NO_PFN: not told). */
bool import_compaction_begins(struct import *im, u32 pfn);
/* The task of im->now does what `op` says; child: index of a fork's. */
bool import_task_event(struct import *im, enum trace_op op, u16 child);
void import_compaction_ends(struct import *im, u32 thread);
bool import_is_live(const struct import *im, u64 key);
void import_pages_finish(struct import_pages *pages);

/* import_seen.c. Notes `first` for those pages of a request that nothing was seen of yet; *seen
   tells whether something was of any. Pages without frame numbers in reach pass as not seen. */
bool import_seen_note(struct import *im, const struct import_request *rq, enum import_first first,
		      bool *seen);
static inline enum import_first import_first_of(const struct import_request *alloc)
{
	return alloc->migratetype < 3 ? FIRST_FREE_TYPE + alloc->migratetype : FIRST_FREE;
}
bool import_hints_write(struct import *im);
/* Length and end of the longest run of frames in [start, end) that nothing was seen of. */
u64 import_unseen_run(const struct import_seen *seen, u64 start, u64 end, u64 *run_end);
void import_seen_finish(struct import_seen *seen);

/* import_event.c: what a line says, into im */
bool import_event(struct import *im, const struct import_line *line);

/* import_observed.c */
bool import_observed_open(struct import *im);
void import_observed_extfrag(struct import *im, u64 t);
bool import_observed_write(struct import *im);
void import_observed_free(struct import_observed *obs);

/* import_config.c: config.json and proc.txt */
bool import_config_write(struct import *im);

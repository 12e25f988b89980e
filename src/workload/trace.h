/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/err.h"
#include "machine/machine.h"
#include "mm/gfp.h"
#include "mm/zone.h"
#include "workload/trace_names.h"

/*
 * Timed page events for replay, in three forms that mean the same (docs/trace-format.md): JSON
 * lines, the same compressed by zstd, and a compiled binary form that is mapped into memory.
 * Times are ns on the trace's own clock and never go back. Ids name live blocks; they are dense
 * and reused, so that a replay needs memory for what is live, not for the length of the trace.
 */
#define TRACE_FORMAT	"mempress-trace/1"
#define TRACE_IDS	(1u << 28)	     /* ids are below */
#define TRACE_MAX_ORDER MAX_PAGE_ORDER_LIMIT /* the machine's own is looked at by the replay */
#define TRACE_MAX_TIME	((u64)INT64_MAX)
#define TRACE_SOURCE_MAX 1024u /* bytes of header.source */

#define TRACE_NO_ID   UINT32_MAX
#define TRACE_NO_PFN  UINT32_MAX
#define TRACE_NO_NODE UINT8_MAX

enum trace_op {
	TRACE_ALLOC,	 /* block `id` of 2^order pages handed out */
	TRACE_FREE,	 /* block `id` given back whole */
	TRACE_FREE_PART, /* 2^order pages at page `offset` of block `id` */
	TRACE_FREE_BOOT, /* 2^order pages in use since before the trace, about at `pfn` */
	TRACE_MOVE,	 /* compaction moved block `id` elsewhere in its zone */
	TRACE_MOVE_PART, /* the same of 2^order pages at page `offset` of block `id` */
	TRACE_COMPACT,	 /* a run of compaction begins, in the zone of `pfn` */
	TRACE_FORK,	 /* the task makes task `offset` */
	TRACE_EXIT,	 /* the task, and its process, ends */
	TRACE_STALL,	 /* the recorded kernel begins to reclaim or compact in the task's name */
	TRACE_RESUME,	 /* that is over */
	NR_TRACE_OPS
};

/* event->flags */
#define TRACE_F_FAILED	 BIT(0) /* alloc: the recorded machine had no page; there is no id */
#define TRACE_F_MEMALLOC BIT(1) /* by a task in reclaim or compaction (PF_MEMALLOC) */
#define TRACE_F_SOFTIRQ	 BIT(2)
#define TRACE_F_HARDIRQ	 BIT(3)
#define TRACE_F_ALL	 (TRACE_F_FAILED | TRACE_F_MEMALLOC | TRACE_F_SOFTIRQ | TRACE_F_HARDIRQ)

struct trace_event {
	u64 t;	   /* ns */
	u64 where; /* line or record number, for messages */
	u32 id;	   /* TRACE_NO_ID: none (free_boot, failed alloc, those from compact on) */
	u32 pfn;   /* free_boot: hint; compact: in which zone; TRACE_NO_PFN: none */
	gfp_t gfp; /* alloc: value in the profile given to trace_open() */
	u16 gfp_name; /* alloc: index in the names */
	u16 task;     /* index in the names; TRACE_NO_TASK: not told */
	u16 cpu;
	u16 offset; /* of a part, pages; a multiple of 2^order. Fork: index of the child's task */
	u8 op;	    /* enum trace_op */
	u8 order;   /* of the alloc or of the part; else 0 */
	u8 node;    /* alloc: where it was asked for; TRACE_NO_NODE: the CPU's own */
	u8 flags;   /* TRACE_F_* */
};

/* What a trace says of itself; 0 and NULL: nothing said. */
struct trace_header {
	u64 events; /* the ops above; definitions and the like not counted */
	u64 ids;    /* all ids are below */
	u64 cpus;
	bool end;	       /* JSON lines: the last line is an "end" */
	u64 zero_ns;	       /* time 0 of this trace on the recorded machine's clock */
	const char *source;    /* where it comes from, for people */
};

struct trace_reader;
struct mm_profile;

/*
 * Opens a trace of any form, told apart by its first bytes ("-": JSON lines from standard input).
 * GFP texts are looked up in profile; with NULL only their spelling is checked and event.gfp is 0.
 * max_bytes caps what a zstd stream may unpack to (0: stream.h's cap). O(1) but for the names of
 * a binary trace. NULL and err on failure. ERR_INPUT, ERR_HOST_FILE, ERR_HOST_RES.
 */
struct trace_reader *trace_open(const char *path, const struct mm_profile *profile, u64 max_bytes,
				struct err *err);
void trace_close(struct trace_reader *reader);

/*
 * The next event. False at the end and on error (err->kind tells). What one event can show is
 * checked here (types, ranges, time order, names); whether its id is live is struct trace_live's.
 * After false the reader stays at its end. O(1); a JSON line some 100 ns.
 */
bool trace_next(struct trace_reader *reader, struct trace_event *event, struct err *err);

const struct trace_header *trace_reader_header(const struct trace_reader *reader);
const struct trace_names *trace_reader_names(const struct trace_reader *reader);
const char *trace_reader_path(const struct trace_reader *reader);

/* Adds an input error at an event: FILE:LINE or FILE: record N. Always returns false. */
bool trace_error(const struct trace_reader *reader, const struct trace_event *event,
		 struct err *err, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* An op about a task, not about pages. */
static inline bool trace_op_of_task(enum trace_op op)
{
	return op >= TRACE_FORK;
}

/* What a whole trace holds: the numbers of `mempress check`. */
struct trace_stats {
	u64 events, allocs, failed_allocs, frees, part_frees, boot_frees;
	u64 moves, compactions, forks, exits, stalls;
	u64 first_ns, last_ns;
	u64 live_blocks, live_pages;	       /* at the end */
	u64 live_blocks_peak, live_pages_peak;
	u32 ids, cpus, nodes;		       /* 1 + the largest seen */
};

/* Reads all of a trace and checks it, ids too. O(events), memory O(live). */
bool trace_check(const char *path, const struct mm_profile *profile, u64 max_bytes,
		 struct trace_stats *stats, struct err *err);

/*
 * Checks a trace and writes it in the form that the name of `to` asks for (.bin, .jsonl,
 * .jsonl.zst), whole or not at all. An existing file is replaced only with force.
 */
bool trace_compile(const char *from, const char *to, const struct mm_profile *profile,
		   u64 max_bytes, bool force, struct trace_stats *stats, struct err *err);

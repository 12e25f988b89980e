/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdio.h>

#include "workload/trace_write.h"

/*
 * Imports a recording of a real machine: event text of the kernel's kmem tracepoints, with the
 * machine's /proc text if given, becomes a folder that `mempress run` takes (docs/import.md):
 *
 *   workload.json, trace.jsonl.zst or trace.bin    what was asked of the allocator
 *   config.json, proc.txt, hints.txt               the machine and its state at the start
 *   observed.csv                                   what it showed, to compare with
 */
#define IMPORT_MAX_STATES 8u
#define IMPORT_OTHER_MAX  64u

struct import_options {
	const char *events; /* text, may be zstd; "-": standard input */
	const char *states[IMPORT_MAX_STATES]; /* /proc text, in one file or several */
	u32 nr_states;
	const char *observed; /* samples of the real machine; NULL: none */
	/* trace clock at which the samples' t_ms is 0, ns; UINT64_MAX: at the first event */
	u64 observed_zero_ns;
	const char *out; /* folder to make */
	bool force;	 /* replace it */
	const char *name; /* of the machine; NULL: "imported" */
	const char *title, *description; /* of the workload; NULL: made from the file's name */
	enum trace_form form;		 /* TRACE_FORM_ZSTD, TRACE_FORM_BIN or TRACE_FORM_JSONL */
	/* the stretch to keep, ns since the first event; to_ns 0: to the end */
	u64 from_ns, to_ns;
	u64 max_events; /* written at most; 0: all */
	const struct mm_profile *profile; /* NULL: by /proc/version, or the default */
	u64 max_bytes;			  /* of unpacked text; 0: stream.h's cap */
};

struct import_other { /* an event that is counted only */
	char name[64];
	u64 n;
};

struct import_stats {
	u64 lines, other_lines;	    /* other: comments, headers, text that is no event */
	u64 lost;		    /* events that the recorder says it lost */
	u64 events;		    /* event lines */
	u64 written;		    /* events in the trace */
	u64 first_ns, last_ns;	    /* the recording's clock, as far as read */
	u64 kept_first_ns, kept_last_ns;
	u64 time_back;		    /* lines earlier than the one before: moved up to it */
	bool cut_line;		    /* the last line broke off and was left out */

	u64 allocs, failed_allocs, frees; /* events */
	u64 alloc_pages, free_pages;
	/* frees by what they name; they sum to `frees` */
	u64 exact_frees, part_frees, unknown_frees, mixed_frees;
	/* unknown_frees by what was made of them */
	u64 unknown_boot;	/* never seen before: in use since before the recording */
	u64 unknown_compaction; /* compaction puts back pages that it had set aside: nothing */
	u64 unknown_again;	/* compaction moves a block that it had moved before */
	u64 unknown_moved;	/* the place that compaction moved a block to: that block's free */
	u64 unknown_dropped;	/* no such block is left: an allocation was missed */
	u64 moved;		/* frees by compaction of blocks that it moved; these stay held */
	u64 moved_pages, moved_held; /* pages; still held at the end */
	u64 missed_frees;	/* blocks, or parts, whose frames were handed out anew */
	u64 batched;		/* mm_page_free_batched that repeat an mm_page_free */
	u64 extfrag;
	u64 gfp_bits_dropped;	/* GFP names that the profile does not know */
	u64 live_blocks, live_pages; /* at the end */
	u64 live_pages_peak;
	u64 tasks, tasks_unnamed; /* unnamed: events of tasks beyond the table's size */
	u64 hints;		  /* runs in hints.txt */
	u32 cpus;
	u32 nr_other;
	struct import_other other[IMPORT_OTHER_MAX];
	u64 other_rest; /* events of kinds beyond the table */
};

/*
 * Streams over the events once; memory is O(pages live) and, for hints, a half byte a page frame
 * seen. Nothing is left behind unless all went well. ERR_INPUT with file and line for text that
 * cannot be read, ERR_HOST_FILE, ERR_HOST_RES.
 */
bool import_ftrace(const struct import_options *opt, struct import_stats *stats, struct err *err);

/* The statistics as text, with rates. */
void import_stats_print(const struct import_stats *stats, FILE *out);

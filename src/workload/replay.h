/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/engine.h"
#include "mm/mm.h"
#include "workload/trace.h"

/*
 * Replays a trace through the allocator of mm/: every allocation and free of the trace, on its
 * CPU, at its time. Open loop: the trace's clock drives the simulation and no request waits; the
 * time that the requests would have taken is added up. The recording's reclaim stands for ours
 * while the trace lasts: mm's pressure_ops are set aside. Memory is O(live blocks).
 *
 * Closed loop: our own reclaim, compaction and OOM killer work, what the recording's did is left
 * out. One context performs the events in their order, at their times or, if an earlier one had to
 * wait, as soon as it can. User pages become pages of files and of an address space, so that they
 * can be reclaimed; see replay_contents.h. Memory is O(live blocks + what reclaim took).
 */
struct replay_stats {
	u64 events;
	/* allocations */
	u64 allocs;	   /* here and in the recording */
	u64 in_pieces;	   /* the recording had a block of that order, we smaller ones */
	u64 in_pieces_pages;
	u64 below_marks;   /* times that a block was had below the watermarks only */
	u64 both_failed;
	u64 only_real_failed; /* we had pages; given back at once */
	u64 only_ours_failed; /* the recording had; frees of such a block change nothing */
	u64 only_ours_failed_pages;
	/* frees */
	u64 frees, part_frees;
	u64 lost_frees; /* of blocks, or parts, that we never had */
	u64 boot_frees; /* events; each asks for 2^order pages: */
	u64 boot_exact, boot_other, boot_none; /* pages: the hinted one, another one, none left */
	/* compaction */
	u64 moved_pages; /* moved here as in the recording */
	u64 unmoved_pages; /* stayed where they are: no place above was free, or lost */
	/* closed loop */
	u64 skipped; /* frees, moves and the like that the recording's kernel did itself */
	u64 user_allocs, user_frees; /* of allocs and frees: of pages that can be reclaimed */
	u64 left;	   /* blocks that the recording's reclaim took: ours may keep them */
	u64 returns;	   /* allocations that stand for the return of such a block */
	u64 returned_here; /* of them: we had kept it */
	u64 uses;	   /* contents whose survival in the recording shows that they were used */
	u64 gone_frees;	   /* frees of blocks that our reclaim had taken */
	u64 late_ns;	   /* most that an event came late */
	/* what is held at the end and was at most */
	u64 live_blocks, live_pages, live_blocks_peak, live_pages_peak;
	u64 last_ns;
	u64 cause_ns[NR_STALL_CAUSES]; /* time that the requests would have taken */
};

struct replay;

/*
 * Takes over reader (closed with the replay, or at once on failure). mm and eng must outlive the
 * replay. Event times count from the engine's time now. NULL and err on failure.
 */
struct replay *replay_create(struct mm *mm, struct engine *eng, struct trace_reader *reader,
			     struct err *err);
void replay_destroy(struct replay *replay);

/*
 * Before replay_start(): the loop is to be closed. vm is that of the replay's mm, which has CPUs;
 * seed that of the run; locked (const char *) names programs that lock their memory, and stays.
 * False and err: host memory.
 */
struct vm;
struct field_array;
bool replay_close_loop(struct replay *replay, struct vm *vm, const struct field_array *locked,
		       u64 seed, struct err *err);

/* From now on the engine's arrivals come from the trace. over(arg), or NULL, follows the last. */
void replay_start(struct replay *replay, void (*over)(void *arg), void *arg);

/*
 * What was done so far. False and err if the trace was found bad: the engine was stopped there and
 * no result may be kept.
 */
bool replay_result(struct replay *replay, struct replay_stats *stats, struct err *err);

/* The trace is at its end and was good. */
bool replay_over(const struct replay *replay);

const struct trace_reader *replay_trace(const struct replay *replay);

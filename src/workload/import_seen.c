/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a recording tells of the state before it: a frame whose first event is an allocation was
 * free, one whose first event is a free was in use. Written as hints for the boot from /proc text.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/procfs.h"
#include "workload/import_internal.h"

#define CHUNK_BITS 16u /* frames of a piece: 32 KiB */
#define CHUNKS	   (u32)(MACHINE_MAX_PFN >> CHUNK_BITS)
#define MAX_CHUNKS (u32)(MACHINE_MAX_PAGES >> CHUNK_BITS)

/* Number of the frame at key; false if there is none to tell. */
static bool frame_of(struct import_seen *seen, const struct import_request *rq, u64 *frame)
{
	if (rq->has_pfn) {
		*frame = rq->pfn;
		return true;
	}
	if (!seen->based) {
		seen->based = true;
		seen->base = rq->key / KEY_PAGE - MACHINE_MAX_PFN / 2;
	}
	/* pointers are descriptors in a row; if they are hashed, they are no multiples */
	*frame = rq->key / KEY_PAGE - seen->base;
	return rq->key % KEY_PAGE == 0 && *frame < MACHINE_MAX_PFN;
}

static enum import_first get(const struct import_seen *seen, u64 frame)
{
	const u8 *chunk = seen->chunk ? seen->chunk[frame >> CHUNK_BITS] : NULL;
	u64 at = frame & ((1u << CHUNK_BITS) - 1);

	return chunk ? (enum import_first)(chunk[at / 2] >> (at & 1) * 4 & 15) : FIRST_NOTHING;
}

/* The piece a frame lies in; NULL and err if it cannot be. */
static u8 *chunk_of(struct import *im, u64 frame)
{
	struct import_seen *seen = &im->seen;
	u8 **chunk;

	if (!seen->chunk)
		seen->chunk = calloc(CHUNKS, sizeof(*seen->chunk));
	chunk = seen->chunk ? &seen->chunk[frame >> CHUNK_BITS] : NULL;
	if (chunk && !*chunk) {
		if (seen->nr_chunks == MAX_CHUNKS) {
			err_at(im->err, ERR_INPUT, stream_name(im->in), stream_line_number(im->in),
			       0, NULL, "page frames of more than %llu pages in all",
			       MACHINE_MAX_PAGES);
			return NULL;
		}
		*chunk = calloc(1u << (CHUNK_BITS - 1), 1);
		seen->nr_chunks++;
	}
	if (!chunk || !*chunk) {
		err_set(im->err, ERR_HOST_RES, "no memory for the page frames of %s",
			stream_name(im->in));
		return NULL;
	}
	return *chunk;
}

bool import_seen_note(struct import *im, const struct import_request *rq, enum import_first first,
		      bool *any)
{
	u64 frame;

	*any = false;
	if (!frame_of(&im->seen, rq, &frame))
		return true;
	for (u32 i = 0; i < 1u << rq->order && frame < MACHINE_MAX_PFN; i++, frame++) {
		u64 at = frame & ((1u << CHUNK_BITS) - 1);
		u8 *chunk;

		if (get(&im->seen, frame) != FIRST_NOTHING) {
			*any = true;
			continue;
		}
		chunk = chunk_of(im, frame);
		if (!chunk)
			return false;
		chunk[at / 2] |= (u8)(first << (at & 1) * 4);
	}
	return true;
}

static void write_run(FILE *file, u64 start, u64 len, enum import_first first)
{
	fprintf(file, "0x%llx+%llu %s", (unsigned long long)start, (unsigned long long)len,
		first == FIRST_USED ? "used" : "free");
	if (first >= FIRST_FREE_TYPE)
		fprintf(file, " %s", proc_type_name((enum proc_type)(first - FIRST_FREE_TYPE)));
	fputc('\n', file);
}

bool import_hints_write(struct import *im)
{
	FILE *file = outdir_open(&im->dir, "hints.txt", im->err);
	enum import_first now = FIRST_NOTHING;
	u64 start = 0;

	if (!file)
		return false;
	fputs("# Page frames known to be free or in use at the start, from the first event of "
	      "each.\n",
	      file);
	for (u32 c = 0; c <= CHUNKS; c++) {
		u64 frame = (u64)c << CHUNK_BITS, end = frame + (1u << CHUNK_BITS);

		if (c == CHUNKS || !im->seen.chunk[c])
			end = frame + 1; /* nothing seen: one look closes the run */
		for (; frame < end; frame++) {
			enum import_first first =
				c == CHUNKS ? FIRST_NOTHING : get(&im->seen, frame);

			if (first == FIRST_UNKNOWN)
				first = FIRST_NOTHING;
			if (first == now)
				continue;
			if (now != FIRST_NOTHING) {
				write_run(file, start, frame - start, now);
				im->stats->hints++;
			}
			now = first;
			start = frame;
		}
	}
	return outdir_close(&im->dir, file, "hints.txt", im->err);
}

u64 import_unseen_run(const struct import_seen *seen, u64 start, u64 end, u64 *run_end)
{
	u64 best = 0, from = start;

	for (u64 frame = start; frame <= end; frame++) {
		if (frame < end && get(seen, frame) == FIRST_NOTHING)
			continue;
		if (frame - from > best) {
			best = frame - from;
			*run_end = frame;
		}
		from = frame + 1;
	}
	return best;
}

void import_seen_finish(struct import_seen *seen)
{
	for (u32 c = 0; seen->chunk && c < CHUNKS; c++)
		free(seen->chunk[c]);
	free(seen->chunk);
	*seen = (struct import_seen){0};
}

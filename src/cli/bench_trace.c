/* SPDX-License-Identifier: GPL-2.0-only */
/* Traces: reading one line or record, and replaying a whole trace; and the event queue. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/stream.h"
#include "cli/bench.h"
#include "engine/bench_queue.h"
#include "policy/profiles.h"
#include "workload/replay.h"
#include "workload/trace_write.h"

/* A temporary trace of random allocations and frees that keeps up to `live` blocks. */
struct bench_trace {
	char path[64];
	u64 events;
};

static u64 scramble(u64 *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static bool write_events(struct trace_writer *writer, u64 events, u32 live, u16 gfp,
			 struct err *err)
{
	u32 *held = calloc(live, sizeof(*held)), n = 0, ids = 0;
	u64 seed = 88172645463325252ull;
	bool ok = held != NULL;

	for (u64 i = 0; ok && i < events; i++) {
		/* Fill up first, then replace at random; a freed id is the next to be used. */
		bool alloc = n < live && (ids < live || i % 2);
		u32 k = alloc ? n : (u32)(scramble(&seed) % n);
		u32 id = alloc && ids < live ? ids : held[k];
		struct trace_event event = {
			.t = i * 1000,
			.id = id,
			.pfn = TRACE_NO_PFN,
			.gfp_name = gfp,
			.task = TRACE_NO_TASK,
			.cpu = (u16)(id % 4),
			.op = alloc ? TRACE_ALLOC : TRACE_FREE,
			.node = TRACE_NO_NODE,
		};

		if (alloc) {
			ids += ids < live;
			held[n++] = id;
		} else {
			/* the last takes its place; the id waits behind the end */
			held[k] = held[--n];
			held[n] = id;
		}
		ok = trace_write(writer, &event, err);
	}
	free(held);
	return ok;
}

static bool bench_trace_make(struct bench_trace *bt, enum trace_form form, u64 events, u64 memory,
			     struct err *err)
{
	struct trace_header header = {.cpus = 4};
	struct trace_names names = {.profile = mm_profiles[0]};
	/* As many live blocks as half the memory has pages, within reason. */
	u32 live = (u32)min_u64(memory >> 13, events / 4 + 1);
	struct trace_writer *writer;
	u16 gfp = 0;
	FILE *file;
	int fd;
	bool ok;

	bt->events = events;
	snprintf(bt->path, sizeof(bt->path), "/tmp/mempress-bench-XXXXXX%s",
		 form == TRACE_FORM_BIN ? ".bin" : ".jsonl");
	fd = mkstemps(bt->path, form == TRACE_FORM_BIN ? 4 : 6);
	file = fd < 0 ? NULL : fdopen(fd, "w+");
	if (!file)
		return err_set(err, ERR_HOST_FILE, "cannot create %s", bt->path);
	ok = trace_names_gfp(&names, "GFP_HIGHUSER_MOVABLE", strlen("GFP_HIGHUSER_MOVABLE"), &gfp,
			     NULL) == TRACE_NAME_OK;
	writer = trace_writer_create(file, bt->path, form, &header, &names, err);
	ok = ok && writer && write_events(writer, events, live, gfp, err);
	if (writer && ok)
		ok = trace_writer_finish(writer, err);
	else if (writer)
		trace_writer_abort(writer);
	ok = fclose(file) == 0 && ok;
	trace_names_finish(&names);
	if (!ok)
		unlink(bt->path);
	return ok;
}

static bool replay_all(const char *path, struct bench_machine *bm, struct bench_row *row,
		       struct err *err)
{
	struct trace_reader *reader = trace_open(path, mm_profiles[0], 0, err);
	struct replay *replay = reader ? replay_create(bm->mm, bm->engine, reader, err) : NULL;
	struct replay_stats stats;
	u64 start;
	bool ok;

	if (!replay)
		return false;
	replay_start(replay, NULL, NULL);
	start = bench_now();
	engine_run(bm->engine, UINT64_MAX);
	row->ns = (double)(bench_now() - start) / (double)row->ops;
	ok = replay_result(replay, &stats, err);
	replay_destroy(replay);
	return ok;
}

static bool bench_replay(enum trace_form form, u64 memory, u64 ops, struct bench_row *row,
			 struct err *err)
{
	struct bench_machine bm;
	struct bench_trace bt;
	bool ok;

	row->ops = ops ? ops : form == TRACE_FORM_BIN ? 8000000 : 2000000;
	if (!bench_trace_make(&bt, form, row->ops, memory, err))
		return false;
	ok = bench_machine_create(&bm, memory, err);
	if (ok) {
		ok = replay_all(bt.path, &bm, row, err);
		bench_machine_destroy(&bm);
	}
	unlink(bt.path);
	return ok;
}

bool bench_trace_jsonl(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	return bench_replay(TRACE_FORM_JSONL, memory, ops, row, err);
}

bool bench_trace_bin(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	return bench_replay(TRACE_FORM_BIN, memory, ops, row, err);
}

/* The reader alone, for comparison with jansson on the same lines. */
bool bench_read_jsonl(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	struct trace_reader *reader;
	struct trace_event event;
	struct bench_trace bt;
	u64 start, n = 0;

	row->ops = ops ? ops : 1000000;
	if (!bench_trace_make(&bt, TRACE_FORM_JSONL, row->ops, memory ? memory : 1u << 30, err))
		return false;
	reader = trace_open(bt.path, mm_profiles[0], 0, err);
	start = bench_now();
	while (reader && trace_next(reader, &event, err))
		n++;
	row->ns = (double)(bench_now() - start) / (double)row->ops;
	if (reader)
		trace_close(reader);
	unlink(bt.path);
	return err->kind == ERR_NONE && n == row->ops;
}

bool bench_read_jansson(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	struct bench_trace bt;
	struct stream *stream;
	size_t len;
	char *line;
	u64 start;

	row->ops = ops ? ops : 200000;
	if (!bench_trace_make(&bt, TRACE_FORM_JSONL, row->ops, memory ? memory : 1u << 30, err))
		return false;
	stream = stream_open(bt.path, 0, err);
	start = bench_now();
	while (stream && (line = stream_line(stream, &len, err)))
		json_decref(json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL));
	row->ns = (double)(bench_now() - start) / (double)row->ops;
	if (stream)
		stream_close(stream);
	unlink(bt.path);
	return err->kind == ERR_NONE;
}

static bool bench_queue(u32 pending, u64 ops, struct bench_row *row, struct err *err)
{
	row->ops = ops ? ops : 3000000;
	row->ns = engine_bench_hold(pending, row->ops);
	return row->ns >= 0 || err_set(err, ERR_HOST_RES, "no memory for %u events", pending);
}

bool bench_queue_1k(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	(void)memory;
	return bench_queue(1000, ops, row, err);
}

bool bench_queue_1m(u64 memory, u64 ops, struct bench_row *row, struct err *err)
{
	(void)memory;
	return bench_queue(1000000, ops, row, err);
}

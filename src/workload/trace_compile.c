/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks of a whole trace, and its conversion from one form to another. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "workload/trace_live.h"
#include "workload/trace_write.h"

static void count(struct trace_stats *stats, const struct trace_event *ev)
{
	if (!stats->events++)
		stats->first_ns = ev->t;
	stats->last_ns = ev->t;
	stats->allocs += ev->op == TRACE_ALLOC && !(ev->flags & TRACE_F_FAILED);
	stats->failed_allocs += !!(ev->flags & TRACE_F_FAILED);
	stats->frees += ev->op == TRACE_FREE;
	stats->part_frees += ev->op == TRACE_FREE_PART;
	stats->boot_frees += ev->op == TRACE_FREE_BOOT;
	stats->moves += ev->op == TRACE_MOVE || ev->op == TRACE_MOVE_PART;
	stats->compactions += ev->op == TRACE_COMPACT;
	stats->forks += ev->op == TRACE_FORK;
	stats->exits += ev->op == TRACE_EXIT;
	stats->stalls += ev->op == TRACE_STALL;
	if (ev->id != TRACE_NO_ID && ev->id >= stats->ids)
		stats->ids = ev->id + 1;
	if (ev->cpu >= stats->cpus)
		stats->cpus = ev->cpu + 1u;
	if (ev->node != TRACE_NO_NODE && ev->node >= stats->nodes)
		stats->nodes = ev->node + 1u;
}

/* Every event of an open trace; writer may be NULL. */
static bool walk(struct trace_reader *reader, struct trace_writer *writer,
		 struct trace_stats *stats, struct err *err)
{
	unsigned int before = err->count;
	struct trace_live live = {0};
	struct trace_freed freed;
	struct trace_event ev;
	bool ok = true;

	*stats = (struct trace_stats){0};
	while (ok && trace_next(reader, &ev, err)) {
		count(stats, &ev);
		ok = trace_live_apply(&live, reader, &ev, &freed, err) &&
		     (!writer || trace_write(writer, &ev, err));
	}
	stats->live_blocks = live.blocks;
	stats->live_pages = live.pages;
	stats->live_blocks_peak = live.blocks_peak;
	stats->live_pages_peak = live.pages_peak;
	trace_live_finish(&live);
	return ok && err->count == before;
}

bool trace_check(const char *path, const struct mm_profile *profile, u64 max_bytes,
		 struct trace_stats *stats, struct err *err)
{
	struct trace_reader *reader = trace_open(path, profile, max_bytes, err);
	bool ok = reader && walk(reader, NULL, stats, err);

	trace_close(reader);
	return ok;
}

static bool convert(struct trace_reader *reader, FILE *file, const char *to, enum trace_form form,
		    struct trace_stats *stats, struct err *err)
{
	struct trace_writer *writer = trace_writer_create(file, to, form,
							  trace_reader_header(reader),
							  trace_reader_names(reader), err);

	if (!writer)
		return false;
	if (walk(reader, writer, stats, err))
		return trace_writer_finish(writer, err);
	trace_writer_abort(writer);
	return false;
}

/* Flushed to the disk and closed: a full disk shows here at the latest. */
static bool close_file(FILE *file, const char *name, struct err *err)
{
	bool ok = !fflush(file) && !fsync(fileno(file));
	int reason = errno;

	if (fclose(file) && ok) {
		ok = false;
		reason = errno;
	}
	return ok || err_set(err, ERR_HOST_FILE, "%s: cannot be written: %s", name,
			     strerror(reason));
}

/* False if `to` exists and must stay, or is no regular file. */
static bool may_write(const char *to, bool force, struct err *err)
{
	struct stat st;

	if (stat(to, &st))
		return true;
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_HOST_FILE, "%s: not a regular file", to);
	return force || err_set(err, ERR_HOST_FILE, "%s: exists already (--force replaces it)", to);
}

bool trace_compile(const char *from, const char *to, const struct mm_profile *profile,
		   u64 max_bytes, bool force, struct trace_stats *stats, struct err *err)
{
	size_t size = strlen(to) + sizeof(".partial");
	char *partial = malloc(size);
	struct trace_reader *reader = NULL;
	enum trace_form form;
	FILE *file = NULL;
	bool ok = false;

	if (!partial)
		return err_set(err, ERR_HOST_RES, "no memory to write %s", to);
	snprintf(partial, size, "%s.partial", to);
	if (!trace_form_of(to, &form))
		err_set(err, ERR_USAGE,
			"%s: the name of a trace ends in .jsonl, .jsonl.zst or .bin", to);
	else if (may_write(to, force, err))
		reader = trace_open(from, profile, max_bytes, err);
	if (reader) {
		file = fopen(partial, "wbe");
		if (!file)
			err_set(err, ERR_HOST_FILE, "%s: %s", partial, strerror(errno));
	}
	if (file) {
		ok = convert(reader, file, to, form, stats, err);
		ok = close_file(file, to, err) && ok;
		if (ok && rename(partial, to))
			ok = err_set(err, ERR_HOST_FILE, "%s: %s", to, strerror(errno));
		if (!ok)
			unlink(partial);
	}
	trace_close(reader);
	free(partial);
	return ok;
}

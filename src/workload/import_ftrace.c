/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The importer's way from a recording to a folder: one pass over the event text, then the files
 * that need what the pass has found. Everything is written into a folder that appears whole.
 */
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "workload/import_internal.h"
#include "workload/import_write.h"

static const char *const trace_files[] = {
	[TRACE_FORM_JSONL] = "trace.jsonl",
	[TRACE_FORM_ZSTD] = "trace.jsonl.zst",
	[TRACE_FORM_BIN] = "trace.bin",
};

/* "CPU:1 [LOST 123 EVENTS]" and "# entries-in-buffer/entries-written: 100/250   #P:2" */
static void note_losses(struct import *im, const char *text)
{
	const char *lost = strstr(text, "[LOST "), *entries = strstr(text, "entries-written:");
	guint64 kept, written;
	char *end;

	if (lost && g_ascii_isdigit(lost[6])) {
		im->stats->lost += g_ascii_strtoull(lost + 6, NULL, 10);
	} else if (*text == '#' && entries) {
		kept = g_ascii_strtoull(entries + strlen("entries-written:"), &end, 10);
		written = *end == '/' ? g_ascii_strtoull(end + 1, NULL, 10) : kept;
		if (written > kept)
			im->stats->lost += written - kept;
	}
}

static bool is_page_event(const struct import_line *line)
{
	return import_line_is(line, "mm_page_alloc") || import_line_is(line, "mm_page_free") ||
	       import_line_is(line, "mm_page_free_batched");
}

/* The line's time, on the recording's clock and the trace's. Times that go back are moved up. */
static bool take_time(struct import *im, struct import_line *line)
{
	struct import_stats *stats = im->stats;

	if (!im->started) {
		if (!is_page_event(line))
			return false;
		im->started = true;
		stats->first_ns = stats->last_ns = line->t;
		im->zero = line->t + im->opt->from_ns;
		stats->kept_first_ns = stats->kept_last_ns = im->zero;
	}
	if (line->t < stats->last_ns) {
		stats->time_back++;
		line->t = stats->last_ns;
	}
	stats->last_ns = line->t;
	if (line->t < im->zero)
		return false;
	im->now.t = line->t - im->zero;
	im->cut |= im->opt->to_ns && line->t - stats->first_ns > im->opt->to_ns;
	im->cut |= im->opt->max_events && stats->written >= im->opt->max_events;
	if (!im->cut)
		stats->kept_last_ns = line->t;
	return true;
}

/*
 * A line that cannot be understood is an error, unless it is the last one: recordings are often
 * cut off in the middle of a line.
 */
static bool forgive_last(struct import *im)
{
	struct err rest = {0};
	size_t len;
	bool more = im->err->kind != ERR_INPUT || stream_line(im->in, &len, &rest) || rest.kind;

	err_clear(&rest);
	if (more)
		return false;
	err_clear(im->err);
	im->stats->cut_line = true;
	return true;
}

static bool read_events(struct import *im)
{
	struct import_line line;
	size_t len;
	char *text;

	while ((text = stream_line(im->in, &len, im->err))) {
		im->stats->lines++;
		if (*text == '#' || !import_line_parse(text, &line)) {
			im->stats->other_lines++;
			note_losses(im, text);
			continue;
		}
		im->stats->events += !im->cut;
		if (take_time(im, &line) && !import_event(im, &line) && !forgive_last(im))
			return false;
	}
	if (im->err->kind)
		return false;
	if (!im->stats->written)
		return err_set(im->err, ERR_INPUT,
			       "%s: no mm_page_alloc or mm_page_free event in the text form of "
			       "tracefs, trace-cmd report or perf script",
			       stream_name(im->in));
	im->stats->moved_held = im->pages.moved.pages;
	return true;
}

/* The pass over the events, into the trace. */
static bool write_trace(struct import *im)
{
	const char *name = trace_files[im->opt->form];
	struct trace_header header = {.source = im->opt->title};
	FILE *file = outdir_open(&im->dir, name, im->err);
	bool ok;

	if (!file)
		return false;
	im->writer = trace_writer_create(file, name, im->opt->form, &header, &im->names, im->err);
	ok = im->writer && read_events(im);
	if (ok)
		ok = trace_writer_finish(im->writer, im->err);
	else
		trace_writer_abort(im->writer);
	return outdir_close(&im->dir, file, name, im->err) && ok;
}

static bool write_all(struct import *im)
{
	if (im->opt->nr_states && !import_proc_read(&im->proc, im->opt, im->err))
		return false;
	if (!im->names.profile)
		im->names.profile = import_proc_profile(&im->proc);
	if (!import_observed_open(im) || !write_trace(im) || !import_observed_write(im))
		return false;
	if (im->pfns && !import_hints_write(im))
		return false;
	if (im->opt->nr_states && !import_config_write(im))
		return false;
	return import_workload_write(im, trace_files[im->opt->form]) && import_manifest_write(im);
}

static void finish(struct import *im)
{
	import_pages_finish(&im->pages);
	import_seen_finish(&im->seen);
	umap_finish(&im->busy);
	umap_finish(&im->task_index);
	trace_names_finish(&im->names);
	import_observed_free(im->observed);
	import_proc_finish(&im->proc);
	stream_close(im->in);
}

bool import_ftrace(const struct import_options *opt, struct import_stats *stats, struct err *err)
{
	struct import im = {
		.opt = opt,
		.stats = stats,
		.err = err,
		.names.profile = opt->profile,
	};
	bool ok = false;

	*stats = (struct import_stats){0};
	im.in = stream_open(opt->events, opt->max_bytes, err);
	if (im.in && outdir_begin(&im.dir, opt->out, opt->force, err)) {
		ok = write_all(&im) && outdir_commit(&im.dir, err);
		outdir_abort(&im.dir);
	}
	finish(&im);
	return ok;
}

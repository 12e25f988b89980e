/* SPDX-License-Identifier: GPL-2.0-only */
/* The JSON files of an imported folder, and the statistics as text. */
#include "workload/import_write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/safe_text.h"

bool import_json_write(struct import *im, const char *name, json_t *root)
{
	FILE *file = root ? outdir_open(&im->dir, name, im->err) : NULL;
	bool ok = file && !json_dumpf(root, file, JSON_INDENT(8));

	json_decref(root);
	if (!root)
		return err_set(im->err, ERR_HOST_RES, "no memory for %s", name);
	if (!file)
		return false;
	fputc('\n', file);
	return outdir_close(&im->dir, file, name, im->err) &&
	       (ok || err_set(im->err, ERR_HOST_FILE, "%s: cannot be written", name));
}

json_t *import_text(const char *text)
{
	json_t *value = json_string(text);
	char *safe = value ? NULL : safe_text_dup(text, strlen(text), 4096);

	if (safe)
		value = json_string(safe);
	free(safe);
	return value;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool import_workload_write(struct import *im, const char *trace)
{
	const struct import_options *opt = im->opt;
	char made[256];
	json_t *root;

	snprintf(made, sizeof(made),
		 "%" PRIu64 " page events of %s, replayed at the times they were recorded.",
		 im->stats->written, opt->title ? opt->title : "a real machine");
	root = json_pack("{s:o, s:o, s:{s:s}}", "title",
			 import_text(opt->title ? opt->title : base_name(opt->events)),
			 "description", import_text(opt->description ? opt->description : made),
			 "trace", "file", trace);
	return import_json_write(im, "workload.json", root);
}

/* X(field): the numbers of struct import_stats that are told */
#define NUMBERS(X)                                                                                 \
	X(lines)                                                                                   \
	X(events)                                                                                  \
	X(other_lines)                                                                             \
	X(lost)                                                                                    \
	X(written)                                                                                 \
	X(first_ns)                                                                                \
	X(last_ns)                                                                                 \
	X(kept_first_ns)                                                                           \
	X(kept_last_ns)                                                                            \
	X(time_back)                                                                               \
	X(allocs)                                                                                  \
	X(failed_allocs)                                                                           \
	X(frees)                                                                                   \
	X(exact_frees)                                                                             \
	X(part_frees)                                                                              \
	X(unknown_frees)                                                                           \
	X(mixed_frees)                                                                             \
	X(unknown_boot)                                                                            \
	X(unknown_compaction)                                                                      \
	X(unknown_again)                                                                           \
	X(unknown_moved)                                                                           \
	X(unknown_dropped)                                                                         \
	X(moved)                                                                                   \
	X(moved_pages)                                                                             \
	X(moved_held)                                                                              \
	X(missed_frees)                                                                            \
	X(batched)                                                                                 \
	X(extfrag)                                                                                 \
	X(gfp_bits_dropped)                                                                        \
	X(live_blocks)                                                                             \
	X(live_pages)                                                                              \
	X(live_pages_peak)                                                                         \
	X(tasks)                                                                                   \
	X(tasks_unnamed)                                                                           \
	X(hints)

bool import_manifest_write(struct import *im)
{
	const struct import_stats *stats = im->stats;
	json_t *numbers = json_object(), *other = json_object();
	json_t *root = json_pack(
	    "{s:s, s:o, s:o, s:o}", "imported_by", "mempress " MEMPRESS_VERSION, "source",
	    import_text(base_name(im->opt->events)), "counts", numbers, "other_events", other);

#define X(field) json_object_set_new(numbers, #field, json_integer((json_int_t)stats->field));
	NUMBERS(X)
#undef X
	for (u32 i = 0; i < stats->nr_other; i++)
		json_object_set_new(other, stats->other[i].name,
				    json_integer((json_int_t)stats->other[i].n));
	return import_json_write(im, "manifest.json", root);
}

/* n and its share of `of` in percent with two decimals, rounded half up. */
static void rate(FILE *out, const char *what, u64 n, u64 of)
{
	u64 share = of ? (n * 10000 + of / 2) / of : 0;

	fprintf(out, "  %-46s %10" PRIu64 "  %3" PRIu64 ".%02" PRIu64 " %%\n", what, n, share / 100,
		share % 100);
}

static void print_frees(const struct import_stats *s, FILE *out)
{
	fprintf(out, "frees: %" PRIu64 "\n", s->frees);
	rate(out, "of a block as it was allocated", s->exact_frees, s->frees);
	rate(out, "of a part of a block", s->part_frees, s->frees);
	rate(out, "of pages that nobody is known to hold", s->unknown_frees, s->frees);
	rate(out, "  in use since before the recording", s->unknown_boot, s->frees);
	rate(out, "  moved by compaction once more", s->unknown_again, s->frees);
	rate(out, "  put back by compaction: left out", s->unknown_compaction, s->frees);
	rate(out, "  at the place a block was moved to: its free", s->unknown_moved, s->frees);
	rate(out, "  an allocation was missed: left out", s->unknown_dropped, s->frees);
	rate(out, "of pages of several blocks", s->mixed_frees, s->frees);
	rate(out, "by compaction, of blocks moved: held on", s->moved, s->frees);
}

static void print_faults(const struct import_stats *s, FILE *out)
{
	if (s->lost)
		fprintf(out, "the recorder lost %" PRIu64 " events\n", s->lost);
	if (s->time_back)
		fprintf(out, "times that went back, moved up: %" PRIu64 "\n", s->time_back);
	if (s->batched)
		fprintf(out, "mm_page_free_batched of pages freed already: %" PRIu64 "\n",
			s->batched);
	if (s->gfp_bits_dropped)
		fprintf(out, "GFP names left out, unknown to the profile: %" PRIu64 "\n",
			s->gfp_bits_dropped);
	if (s->tasks_unnamed)
		fprintf(out, "events of tasks beyond the first %u, without a name: %" PRIu64 "\n",
			TRACE_TASKS_MAX, s->tasks_unnamed);
	if (s->cut_line)
		fputs("the last line broke off and was left out\n", out);
}

void import_stats_print(const struct import_stats *s, FILE *out)
{
	u64 span_ms = (s->kept_last_ns - s->kept_first_ns) / NSEC_PER_MSEC;

	fprintf(out,
		"%" PRIu64 " lines, %" PRIu64 " events in %" PRIu64 ".%03" PRIu64
		" s on %u CPUs; %" PRIu64 " written\n",
		s->lines, s->events, span_ms / 1000, span_ms % 1000, s->cpus, s->written);
	fprintf(out, "allocations: %" PRIu64 "\n", s->allocs);
	rate(out, "failed", s->failed_allocs, s->allocs);
	rate(out, "of pages still held: their free was missed", s->missed_frees, s->allocs);
	print_frees(s, out);
	fprintf(out,
		"held at the end: %" PRIu64 " blocks, %" PRIu64 " pages (%" PRIu64
		" moved); at most %" PRIu64 " pages\n",
		s->live_blocks, s->live_pages, s->moved_held, s->live_pages_peak);
	fprintf(out, "fallbacks between migratetypes: %" PRIu64 "\n", s->extfrag);
	print_faults(s, out);
	for (u32 i = 0; i < s->nr_other; i++)
		fprintf(out, "  counted only: %-36s %10" PRIu64 "\n", s->other[i].name,
			s->other[i].n);
	if (s->other_rest)
		fprintf(out, "  counted only: %-36s %10" PRIu64 "\n", "other kinds", s->other_rest);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gathers what /proc text of the recorded machine is needed: the three files that the boot reads,
 * kept verbatim, and the knobs. A file may hold much more (vmstat, slabinfo); the rest is skipped.
 * Where a part comes twice (before and after a run), the first counts.
 */
#include "workload/import_proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "policy/profiles.h"

#define MAX_TEXT (64u << 20)

/* Where the lines of a part go. */
enum part { PART_NONE, PART_PROC, PART_SYSCTL, PART_VERSION, PART_THP };

struct reading {
	struct import_proc *proc;
	const struct stream *in;
	struct err *err;
	FILE *out; /* of PART_PROC */
	enum part part;
	const char *name; /* of PART_SYSCTL */
	bool have[3];	  /* proc_names */
	bool parts;	  /* the file is divided by "====" lines */
};

static const char *const proc_names[3] = {"/zoneinfo", "/buddyinfo", "/pagetypeinfo"};

static bool no_memory(struct reading *r)
{
	return err_set(r->err, ERR_HOST_RES, "no memory for %s", stream_name(r->in));
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

/* "==== TAG PATH": what the lines behind it are. */
static bool start_part(struct reading *r, const char *line)
{
	static const char sysctls[] = "/proc/sys/vm/";
	const char *path = strchr(line, '/');

	r->part = PART_NONE;
	if (!path)
		return true;
	for (u32 i = 0; i < ARRAY_SIZE(proc_names); i++) {
		if (ends_with(path, proc_names[i]) && !r->have[i]) {
			r->have[i] = true;
			r->part = PART_PROC;
			fprintf(r->out, "==== /proc%s\n", proc_names[i]);
		}
	}
	if (!strncmp(path, sysctls, sizeof(sysctls) - 1)) {
		r->part = PART_SYSCTL;
		r->name = arena_strdup(&r->proc->arena, path + sizeof(sysctls) - 1);
		return r->name || no_memory(r);
	}
	if (!strcmp(path, "/proc/version") && !r->proc->version)
		r->part = PART_VERSION;
	else if (ends_with(path, "/transparent_hugepage/enabled") && !r->proc->thp)
		r->part = PART_THP;
	return true;
}

/* A part of one line: kept, and what follows is not of interest. */
static bool take_value(struct reading *r, const char *line)
{
	struct import_proc *proc = r->proc;
	const char *copy = arena_strdup(&proc->arena, line);

	if (!copy)
		return no_memory(r);
	if (r->part == PART_VERSION)
		proc->version = copy;
	else if (r->part == PART_THP)
		proc->thp = copy;
	else if (proc->nr_sysctl < IMPORT_SYSCTL_MAX)
		proc->sysctl[proc->nr_sysctl++] = (struct import_sysctl){r->name, copy};
	r->part = PART_NONE;
	return true;
}

static bool take_line(struct reading *r, const char *line)
{
	if (!strncmp(line, "====", 4)) {
		r->parts = true;
		return start_part(r, line);
	}
	if (!r->parts || r->part == PART_PROC) {
		fprintf(r->out, "%s\n", line);
		return ftell(r->out) < (long)MAX_TEXT ||
		       err_at(r->err, ERR_INPUT, stream_name(r->in), stream_line_number(r->in), 0,
			      NULL, "more than 64 MiB of /proc text");
	}
	return r->part == PART_NONE || take_value(r, line);
}

static bool read_file(struct reading *r, const char *path, u64 max_bytes)
{
	struct stream *in = stream_open(path, max_bytes, r->err);
	unsigned int before = r->err->count;
	size_t len;
	bool ok = true;
	char *line;

	if (!in)
		return false;
	r->in = in;
	r->parts = false;
	r->part = PART_NONE;
	while (ok && (line = stream_line(in, &len, r->err)))
		ok = take_line(r, line);
	fputs("\n", r->out); /* parts of different files stay apart */
	stream_close(in);
	r->in = NULL;
	return ok && r->err->count == before;
}

/* What was kept, by the reader that the boot will use. */
static bool parse(struct import_proc *proc, const struct import_options *opt, struct err *err)
{
	u32 sections[2] = {PROC_ZONEINFO, PROC_BUDDYINFO};

	/* root alone may read this one: many recordings come without */
	proc->have_types = strstr(proc->text, "Free pages count per migrate type") != NULL;
	if (proc->have_types)
		sections[1] |= PROC_PAGETYPEINFO;
	for (u32 i = 0; i < ARRAY_SIZE(sections); i++) {
		struct stream *in = stream_open_mem(opt->states[0], proc->text, proc->len, 0, err);
		bool ok = in && procfs_read(&proc->state, in, sections[i], &proc->arena, err);

		stream_close(in);
		if (!ok)
			return false;
	}
	return true;
}

bool import_proc_read(struct import_proc *proc, const struct import_options *opt, struct err *err)
{
	struct reading r = {.proc = proc, .err = err};
	bool ok = true;

	r.out = open_memstream(&proc->text, &proc->len);
	if (!r.out)
		return err_set(err, ERR_HOST_RES, "no memory for the /proc text");
	for (u32 i = 0; ok && i < opt->nr_states; i++)
		ok = read_file(&r, opt->states[i], opt->max_bytes);
	if (fclose(r.out) && ok)
		ok = err_set(err, ERR_HOST_RES, "no memory for the /proc text");
	return ok && parse(proc, opt, err);
}

void import_proc_finish(struct import_proc *proc)
{
	free(proc->text);
	arena_finish(&proc->arena);
	*proc = (struct import_proc){0};
}

/* "Linux version 7.2.13+..." to 7 * 1000 + 2; 0 if it is not that. */
static u32 release(const char *version)
{
	static const char words[] = "Linux version ";
	u64 major, minor;
	char *end;

	if (!version || strncmp(version, words, sizeof(words) - 1) != 0)
		return 0;
	major = g_ascii_strtoull(version + sizeof(words) - 1, &end, 10);
	if (*end != '.' || major > 999)
		return 0;
	minor = g_ascii_strtoull(end + 1, NULL, 10);
	return minor < 1000 ? (u32)(major * 1000 + minor) : 0;
}

const struct mm_profile *import_proc_profile(const struct import_proc *proc)
{
	u32 kernel = release(proc->version);

	if (!kernel)
		return mm_profiles[0];
	if (kernel < 6012)
		return &profile_linux_6_1;
	return kernel < 7000 ? &profile_linux_6_12 : &profile_linux_7_2;
}

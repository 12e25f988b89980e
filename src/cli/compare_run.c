/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cells of a comparison as processes of their own, several at a time: a run that fails takes
 * no other with it. What is finished stays in its folder and is used again.
 */
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/compare.h"

struct runner {
	struct compare *c;
	GMainLoop *loop;
	char *self; /* this program */
	GHashTable *first; /* the first cell of each folder: two with the same inputs are one run */
	u32 next, running, done, failed, total;
	bool progress;
};

struct job {
	struct runner *r;
	struct compare_cell *cell;
};

static void start_next(struct runner *r);

static void show_progress(const struct runner *r)
{
	if (!r->progress)
		return;
	fprintf(stderr, "\r\033[K%u of %u runs%s", r->done, r->total,
		r->failed ? ", some failed" : "");
	if (r->done == r->total)
		fputs("\r\033[K", stderr);
	fflush(stderr);
}

static bool load_summary(struct compare_cell *cell)
{
	char *path = g_build_filename(cell->dir, "summary.json", NULL);

	cell->summary = json_load_file(path, 0, NULL);
	g_free(path);
	return cell->summary &&
	       !json_is_true(json_object_get(cell->summary, "interrupted"));
}

/* The last line that a failed run wrote. g_free(). */
static char *last_line(const char *text)
{
	char **lines = g_strsplit(text ? g_strchomp((char *)text) : "", "\n", -1);
	u32 n = g_strv_length(lines);
	char *line = g_strdup(n ? lines[n - 1] : "");

	g_strfreev(lines);
	return line;
}

static void cell_over(struct runner *r, struct compare_cell *cell, bool ok, const char *text)
{
	r->done++;
	cell->state = ok && load_summary(cell) ? CELL_DONE : CELL_FAILED;
	if (cell->state == CELL_FAILED) {
		r->failed++;
		cell->error = last_line(text);
	}
	show_progress(r);
}

static void on_over(GObject *source, GAsyncResult *result, gpointer data)
{
	GSubprocess *process = G_SUBPROCESS(source);
	struct job *job = data;
	struct runner *r = job->r;
	char *text = NULL;
	bool ok = g_subprocess_communicate_utf8_finish(process, result, NULL, &text, NULL) &&
		  g_subprocess_get_if_exited(process) && !g_subprocess_get_exit_status(process);

	r->running--;
	cell_over(r, job->cell, ok, text);
	g_free(text);
	g_free(job);
	g_object_unref(process);
	start_next(r);
}

static GPtrArray *command_of(const struct runner *r, const struct compare_cell *cell)
{
	const struct compare_variant *v = &r->c->variant[cell->variant];
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
	const char *const words[] = {r->self, "run", v->config, r->c->workload, "--force",
				     "--output", cell->dir, "--seed"};

	for (u32 i = 0; i < ARRAY_SIZE(words); i++)
		g_ptr_array_add(argv, g_strdup(words[i]));
	g_ptr_array_add(argv, g_strdup_printf("%llu", (unsigned long long)cell->seed));
	if (v->profile) {
		g_ptr_array_add(argv, g_strdup("--profile"));
		g_ptr_array_add(argv, g_strdup(v->profile));
	}
	for (u32 i = 0; i < v->sets->len; i++) {
		g_ptr_array_add(argv, g_strdup("--set"));
		g_ptr_array_add(argv, g_strdup(v->sets->pdata[i]));
	}
	g_ptr_array_add(argv, NULL);
	return argv;
}

static void start_cell(struct runner *r, struct compare_cell *cell)
{
	GPtrArray *argv = command_of(r, cell);
	struct job *job = g_new0(struct job, 1);
	GError *error = NULL;
	GSubprocess *process =
		g_subprocess_newv((const char *const *)argv->pdata,
				  G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
					  G_SUBPROCESS_FLAGS_STDERR_PIPE,
				  &error);

	g_ptr_array_free(argv, TRUE);
	if (!process) {
		cell_over(r, cell, false, error->message);
		g_error_free(error);
		g_free(job);
		return;
	}
	*job = (struct job){.r = r, .cell = cell};
	cell->state = CELL_RUNNING;
	r->running++;
	g_subprocess_communicate_utf8_async(process, NULL, NULL, on_over, job);
}

static void start_next(struct runner *r)
{
	while (r->running < r->c->jobs && r->next < r->total) {
		struct compare_cell *cell = &r->c->cell[r->next++];

		if (g_hash_table_lookup(r->first, cell->dir) != cell) {
			r->done++;
			continue;
		}
		if (!r->c->force && load_summary(cell)) {
			cell->state = CELL_REUSED;
			r->done++;
			show_progress(r);
			continue;
		}
		json_decref(cell->summary);
		cell->summary = NULL;
		start_cell(r, cell);
	}
	if (!r->running && r->next == r->total)
		g_main_loop_quit(r->loop);
}

/* A cell whose run is another's has the same result. */
static void share_runs(const struct runner *r)
{
	for (u32 i = 0; i < r->total; i++) {
		struct compare_cell *cell = &r->c->cell[i];
		const struct compare_cell *first = g_hash_table_lookup(r->first, cell->dir);

		if (first == cell)
			continue;
		cell->summary = json_incref(first->summary);
		cell->state = first->state;
		cell->error = g_strdup(first->error);
	}
}

static void find_firsts(const struct runner *r)
{
	for (u32 i = 0; i < r->total; i++)
		if (!g_hash_table_contains(r->first, r->c->cell[i].dir))
			g_hash_table_insert(r->first, r->c->cell[i].dir, &r->c->cell[i]);
}

bool compare_run(struct compare *c, struct err *err)
{
	struct runner r = {
		.c = c,
		.loop = g_main_loop_new(NULL, FALSE),
		.first = g_hash_table_new(g_str_hash, g_str_equal),
		.self = g_file_read_link("/proc/self/exe", NULL),
		.total = c->nr_variants * c->nr_seeds,
		.progress = cli_is_terminal(stderr),
	};
	char *cells = g_build_filename(c->out, "cells", NULL);
	bool ok = r.self && !g_mkdir_with_parents(cells, 0777);

	if (ok) {
		find_firsts(&r);
		start_next(&r);
		if (r.running)
			g_main_loop_run(r.loop);
		share_runs(&r);
		ok = r.failed < g_hash_table_size(r.first);
		if (!ok)
			err_set(err, ERR_INPUT, "all %u runs failed; the first one: %s", r.total,
				c->cell[0].error);
	} else {
		err_set(err, ERR_HOST_FILE, "%s: cannot be made", cells);
	}
	g_free(cells);
	g_free(r.self);
	g_hash_table_unref(r.first);
	g_main_loop_unref(r.loop);
	return ok;
}

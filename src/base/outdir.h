/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdio.h>

#include "base/err.h"

/*
 * A results folder that appears whole or not at all: files are written into NAME.partial, flushed
 * and synced, then the folder is renamed. An existing NAME is kept unless force is given (then
 * replaced at the rename, and only if it looks like a results folder: it holds manifest.json).
 * An empty folder counts as one; symbolic links and files are never replaced. A second run on the
 * same NAME while the first is under way is refused (NAME.lock). Missing parents are created.
 *
 * outdir_begin(), any number of outdir_open() and outdir_close(), outdir_commit(), and in every
 * case outdir_abort() at the end, which also frees the names.
 */
struct outdir {
	char *name;    /* final path */
	char *partial; /* path being written */
	int lock_fd;
	bool force;
};

bool outdir_begin(struct outdir *dir, const char *name, bool force, struct err *err);

/*
 * Opens NAME.partial/file for writing; file may hold one sub-folder ("plots/a.gp"), which is
 * created. Other shapes of name are a bug. NULL on error.
 */
FILE *outdir_open(struct outdir *dir, const char *file, struct err *err);

/*
 * Flushes, syncs and closes in every case; a full disk shows here. name is for the message, which
 * also tells how many bytes were written.
 */
bool outdir_close(struct outdir *dir, FILE *file, const char *name, struct err *err);

/*
 * Syncs and renames. On error nothing has the final name unless it had it before, except that the
 * last step, syncing the folder around it, comes when the results are in place.
 */
bool outdir_commit(struct outdir *dir, struct err *err);
void outdir_abort(struct outdir *dir); /* removes the partial folder; safe after commit */

/* A whole file from memory; see outfile.h for what is replaced. */
bool file_write_whole(const char *path, const void *data, size_t len, bool force,
		      struct err *err);

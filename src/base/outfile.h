/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdio.h>

#include "base/err.h"

/*
 * One output file, whole or not at all: written beside its place, then renamed over a regular file
 * only, and that only with force. A symbolic link is followed to its file; one to nowhere is
 * refused. A device or fifo is written to directly; "-" is standard output. Starts zeroed ({0}).
 *
 * outfile_begin(), fprintf() and the like to file, outfile_commit(), and in every case
 * outfile_abort() at the end.
 */
struct outfile {
	FILE *file;
	char *name, *target, *temp; /* as given; where it goes; where it is written */
	bool replace;
	unsigned int mode; /* of the file replaced */
};

bool outfile_begin(struct outfile *out, const char *path, bool force, struct err *err);
/* Flushes, syncs, renames; a full disk shows here. */
bool outfile_commit(struct outfile *out, struct err *err);
void outfile_abort(struct outfile *out);

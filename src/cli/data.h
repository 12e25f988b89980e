/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/err.h"

/*
 * Where the bundled configs and workloads lie: $MEMPRESS_DATA if set; else the first of the current
 * folder, the source tree this program was built from and the folder it was installed into that
 * has them.
 */
enum data_kind { DATA_CONFIG, DATA_WORKLOAD };

/*
 * The file that a word on the command line means: a path if it ends in ".json", is "-" or names an
 * existing file; else the bundled file of that name ("hello", "lessons/pcp"); else a path if it has
 * a '/'. In fresh memory (g_free); NULL and ERR_USAGE, with the nearest name, if it is none of
 * these. Whether a path exists is not looked at.
 */
char *data_find(enum data_kind kind, const char *word, struct err *err);

/* The folder with a config.json and a workload.json that a word means: itself, or a bundled one.
   NULL if there is none. */
char *data_find_folder(const char *word);

/*
 * Names of the bundled files of a kind, sorted, NULL-terminated (g_strfreev). Bundled folders are
 * workloads too.
 */
char **data_names(enum data_kind kind);

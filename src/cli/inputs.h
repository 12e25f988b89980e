/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "cli/simulation.h"

/* What a run is made from: the files, for the manifest, with their hashes. */
#define INPUTS_MAX 32

struct inputs {
	struct run_input list[INPUTS_MAX];
	char hex[INPUTS_MAX][65];
	u32 n;
};

/*
 * Lists the files of a run as the user or another file named them. Hashes documents from the text
 * that was read, other files from the disk. False and err if one cannot be read (any more).
 */
bool inputs_list(struct inputs *inputs, const struct sim *sim, const char *config_name,
		 const char *workload_name, struct err *err);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/err.h"

/*
 * Runs gnuplot on a fixed script. No shell takes part; texts of users travel as arguments only,
 * where gnuplot takes them as data. The user's start-up file is not read, the environment is bare,
 * the locale C, and after timeout_s the process and its children are ended.
 */
#define GNUPLOT_TIMEOUT_S 30
#define GNUPLOT_MAX_ARGS  9 /* ARG1..ARG9 */

struct gnuplot {
	const char *program; /* path */
	u32 timeout_s;
};

/* Path of the program found in PATH; NULL if there is none. free() it. */
char *gnuplot_find(void);

/*
 * Runs `gnuplot -d -c script args...` in folder dir; args ends with NULL. False with err telling
 * what gnuplot printed (made safe) if it fails, hangs or cannot be started.
 */
bool gnuplot_run(const struct gnuplot *gp, const char *dir, const char *script,
		 const char *const *args, struct err *err);

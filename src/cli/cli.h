/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <glib.h>
#include <stdio.h>

#include "base/err.h"
#include "base/field.h"

/* What the verbs of the command line share. Each gets argv with its own name first. */
int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_plot(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_schema(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_bench(int argc, char **argv);

/* Beside the kinds of struct err, which are exit statuses too. */
enum cli_status { CLI_DONE = 0, CLI_CONDITION_MET = 1, CLI_TERMINATED = 143 };

/*
 * Reads the options of a verb; entries ends with {NULL}. --help prints the usage line with
 * params, description and the options. False: *status is what to exit with (0 after --help).
 * Texts in the entries have to be G_OPTION_ARG_FILENAME: bytes as they came, whatever the locale.
 */
bool cli_parse(int *argc, char ***argv, const GOptionEntry *entries, const char *params,
	       const char *description, int *status);

/* Prints the messages to standard error, clears err and returns its exit status. */
int cli_fail(struct err *err);

/* Same without exit: "warning: " before each line; err is cleared. */
void cli_warn(struct err *err);

/* A wrong command line: says so, and which help to read. Returns ERR_USAGE. */
int cli_usage(const char *verb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Is the stream a terminal on which lines may be rewritten? */
bool cli_is_terminal(FILE *stream);

/* Escape sequences if stream is a terminal that takes colour and NO_COLOR is unset, else "". */
struct cli_colours {
	const char *bold, *red, *reset;
};
struct cli_colours cli_colours(FILE *stream);

/* Flushes standard output: a full disk or closed pipe shows here. status, or ERR_HOST_FILE. */
int cli_finish(int status);

/* " (did you mean "NAME"?)" for a word that is none of names, or "". Returns buf. */
const char *cli_near(const char *word, const char *const *names, char *buf, size_t len);

/* A decimal number 0..max, nothing else. */
bool cli_number(const char *text, u64 max, u64 *value);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "verify/verify.h"

/*
 * A recording of a machine of 2048 pages, written by hand: one block of order 10 is taken and freed
 * again, so that the last state is the first.
 */
char *small_recording(void); /* free() */

/* The text with the first (or, nth, a later) `from` replaced. The old text is freed. */
char *small_replace(char *text, const char *from, const char *to, unsigned int nth);

/* Parses a copy of the text; the messages go to *message (free()), NULL if it is accepted. */
bool small_parse(struct recording *rec, const char *text, char **message);

/* The text of a recording under tests/data/recordings, cut after some operations. free() */
char *small_cut(const char *file, u32 nr_ops);

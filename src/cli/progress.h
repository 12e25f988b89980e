/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "cli/simulation.h"

/*
 * Signals and the status line. SIGINT and SIGTERM ask the run to stop at the next event; a second
 * one ends the process at once. On a terminal a timer wakes the run ten times a second for one
 * line of progress; in a pipe there is none. The host's clock is looked at here, and never reaches
 * a result.
 */

/* What struct sim_options.interrupt is to point at. */
extern const volatile int *const progress_interrupt;

/* Takes over the signals. */
void progress_start(void);

/* Clears the line. Unless one has come, signals end the process as usual again. */
void progress_stop(void);

/* The signal that asked to stop, 0: none. */
int progress_signal(void);

/* After a wake-up: prints the line; the run may go on. */
void progress_print(const struct sim *sim);

/* sim_run() between progress_start() and progress_stop(): until the run ends or a signal comes. */
bool progress_run(struct sim *sim, enum sim_stop *stop, struct err *err);

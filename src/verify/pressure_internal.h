/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "verify/pressure.h"

/* What the files pressure_*.c share. */

/* A JSON file that may be compressed. */
bool pressure_json_load(struct json_doc *doc, const char *path, struct err *err);
/* A member of an object, as a number. */
double pressure_number(const json_t *object, const char *key, double otherwise);

/* pressure_recorded.c: what the real kernel showed, into sc->run[]. */
bool pressure_read_expected(struct pressure_scenario *sc, struct err *err);
/* Of a single run: the numbers of observed.json. */
bool pressure_read_observed(struct pressure_scenario *sc, struct err *err);
/* The files of one run's own folder; of a single run, in the scenario's. */
bool pressure_read_run(struct pressure_scenario *sc, u32 run, struct err *err);

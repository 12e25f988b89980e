/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/outdir.h"
#include "cli/simulation.h"

/*
 * The state of a machine as the start of other runs: a folder with zoneinfo, buddyinfo,
 * pagetypeinfo and hints as text, machine.json (the config of the run) and config.json, which
 * extends it and boots from the files. False and err: nothing can be saved, or not be written.
 */
bool save_state_possible(const struct config *config, struct err *err);
bool save_state(const struct sim *sim, const char *workload, struct outdir *dir, struct err *err);

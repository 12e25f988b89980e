/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "workload/workload.h"

/*
 * Reads the workload.json of a recording of a real machine under pressure, in the vocabulary of the
 * driver that ran there, as a workload of ours: each copy of a process becomes a task of its name
 * (with a number, if there are several), beside them the driver itself, which sampled /proc in the
 * background. False and located errors, wl empty, if it is refused: unknown fields, operations
 * that only a real user space can perform (exec). The random streams are those of the run's seed.
 */
bool workload_from_recorded(struct workload *wl, const char *path, const struct workload_env *env,
			    struct err *err);

/* Same from text in memory; name is for messages. */
bool workload_parse_recorded(struct workload *wl, const char *name, const char *text, size_t len,
			     const struct workload_env *env, struct err *err);

/* What a recording calls 0 ms is so long after the driver itself began, at the latest. */
#define RECORDED_BEGIN_MS 40u
#define RECORDED_DRIVER "driver" /* task of the recording's own driver */

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * The hold model: `pending` events, each of which reschedules itself an exponential time ahead
 * when it fires. Returns host ns per firing over `ops` of them, through engine_run(); negative
 * if the host has no memory. The one place of this room that reads a host clock.
 * Source: Jones, "An empirical comparison of priority-queue and event-set implementations", 1986.
 */
double engine_bench_hold(u32 pending, u64 ops);

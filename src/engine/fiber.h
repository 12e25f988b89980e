/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/engine.h"

/*
 * A fiber is code that reads top to bottom and may stop in the middle while others go on. Switches
 * make no system call (own assembly on x86-64 and arm64, ucontext elsewhere); stacks are mapped
 * lazily with a guard page below; AddressSanitizer is told of every switch.
 */
typedef void (*fiber_fn)(void *arg);

#define FIBER_STACK (64u << 10)

/*
 * Created stopped; runs when first unparked. Freed by itself after fn returns; stacks are pooled.
 * NULL if the host has no memory. name is copied (at most 31 bytes).
 */
struct fiber *fiber_create(struct engine *eng, const char *name, fiber_fn fn, void *arg);
/* A fiber that never ran or is parked for good, at the end of a simulation. */
void fiber_destroy(struct fiber *fiber);

/* Stops the calling fiber until somebody unparks it. */
void fiber_park(struct engine *eng);
/* Makes a parked fiber due now (through the queue, so order is that of the calls). */
void fiber_unpark(struct engine *eng, struct fiber *fiber);
/* Same, at a time; replaces an earlier unpark still pending. */
void fiber_unpark_at(struct engine *eng, struct fiber *fiber, u64 time);

struct fiber *fiber_current(struct engine *eng); /* NULL outside fibers */
const char *fiber_name(const struct fiber *fiber);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/engine.h"

/*
 * A fiber is code that reads top to bottom and may stop in the middle while others go on. Switches
 * make no system call (own assembly on x86-64 and arm64, ucontext elsewhere); stacks are mapped
 * lazily with a guard page below; AddressSanitizer is told of every switch.
 */
typedef void (*fiber_fn)(void *arg);

#define FIBER_STACK (64u << 10) /* bytes; four times that under AddressSanitizer */

/*
 * Created stopped; runs when first unparked. Freed by itself after fn returns; stacks are pooled.
 * NULL if the host has no memory. name is copied (at most 31 bytes).
 */
struct fiber *fiber_create(struct engine *eng, const char *name, fiber_fn fn, void *arg);
/*
 * A fiber that never ran or is parked for good, at the end of a simulation. Its stack is dropped
 * as it is: what only lives there (wait entries, device_io()) must not be touched any more.
 * engine_destroy() does this for all that are left. NULL is fine.
 */
void fiber_destroy(struct fiber *fiber);

/* Stops the calling fiber until somebody unparks it. */
void fiber_park(struct engine *eng);
/*
 * Makes a parked fiber due now (through the queue, so order is that of the calls). One that is due
 * now already keeps its place. Also of the calling fiber, which then parks.
 */
void fiber_unpark(struct engine *eng, struct fiber *fiber);
/* Same, at a time; replaces an earlier unpark still pending. */
void fiber_unpark_at(struct engine *eng, struct fiber *fiber, u64 time);

/* Runs a parked fiber at once until it parks or returns: from an event, not from a fiber. */
void fiber_resume(struct engine *eng, struct fiber *fiber);

struct fiber *fiber_current(struct engine *eng); /* NULL outside fibers */
const char *fiber_name(const struct fiber *fiber);

/* A pointer for the scheduler that owns the fiber; NULL until set. */
void fiber_set_owner(struct fiber *fiber, void *owner);
void *fiber_owner(const struct fiber *fiber);

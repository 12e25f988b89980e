/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/context.h"
#include "engine/queue.h"

/* What engine.c and fiber.c share; nobody else includes this. */

struct fiber_stack; /* a mapped stack, see fiber.c */

/* The fibers of one engine. Zeroed = none. */
struct fiber_set {
	struct fiber *current; /* NULL: the engine's own stack is in use */
	struct fiber *all;
	struct fiber_stack *pool; /* stacks without a fiber */
	struct context host;	  /* where the engine's own stack was left */
	const void *host_low;	  /* and its bounds, for AddressSanitizer */
	size_t host_size;
};

/* At the end of an engine: destroys all fibers, unmaps all stacks. */
void fiber_set_finish(struct fiber_set *set);

struct engine {
	u64 now;
	u64 until; /* of the engine_run() under way, UINT64_MAX outside */
	u64 seq;
	u64 fired;
	u64 same;	       /* events and advances by 0 since the clock last moved */
	u32 credit;	       /* until the interrupt flag is looked at again */
	enum engine_stop stop; /* asked for; ENGINE_IDLE: nothing */
	const volatile int *interrupt;
	struct arrivals *arrivals;
	struct fiber_set fibers;
	struct queue queue;
};

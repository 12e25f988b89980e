/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/fiber.h"

/* First come, first woken. Zeroed = empty. Entries live on the waiters' stacks. */
struct wait_queue {
	struct wait_entry *head, *tail;
};

#define WAIT_FOREVER UINT64_MAX

/*
 * The calling fiber waits until woken or timeout_ns have passed. True: woken; false: timed out.
 * The caller looks at its condition again, as in the kernel.
 */
bool wait_on(struct engine *eng, struct wait_queue *wq, u64 timeout_ns);
/* Wakes up to n waiters (UINT32_MAX: all); returns how many. */
u32 wake_up(struct engine *eng, struct wait_queue *wq, u32 n);
static inline bool waitqueue_active(const struct wait_queue *wq)
{
	return wq->head != NULL;
}

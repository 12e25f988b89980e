/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * A spin lock as a timed resource: whoever comes before it is free waits. Holders are served in
 * order of arrival; state changes stay atomic, only time is spent.
 */
struct timed_lock {
	u64 free_at;
	u64 acquisitions, contended, wait_ns, hold_ns;
};

/* Whoever has just taken it keeps it for ns longer than it said then. O(1). */
static inline void timed_lock_extend(struct timed_lock *lock, u64 ns)
{
	lock->hold_ns += ns;
	lock->free_at += ns;
}

/*
 * Takes the lock at `now` for hold_ns; returns how long the caller spins first (0: it was free).
 * O(1).
 */
static inline u64 timed_lock_take(struct timed_lock *lock, u64 now, u64 hold_ns)
{
	u64 wait = lock->free_at > now ? lock->free_at - now : 0;

	lock->acquisitions++;
	lock->contended += wait != 0;
	lock->wait_ns += wait;
	lock->hold_ns += hold_ns;
	lock->free_at = now + wait + hold_ns;
	return wait;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/* The tests' own generator (xorshift64*), so that a failing case comes back on every host. */
struct random {
	u64 state; /* not zero */
};

static inline u64 random_u64(struct random *random)
{
	random->state ^= random->state >> 12;
	random->state ^= random->state << 25;
	random->state ^= random->state >> 27;
	return random->state * 0x2545f4914f6cdd1dull;
}

/* 0 .. n-1 */
static inline u32 random_below(struct random *random, u32 n)
{
	return (u32)(random_u64(random) >> 33) % n;
}

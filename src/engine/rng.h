/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * Random streams of our own, integers only: xoshiro256** seeded through splitmix64 from
 * (run seed, stream name). A new stream or a draw in one moves nothing in another.
 * Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018.
 */
struct rng {
	u64 s[4];
};

void rng_init(struct rng *rng, u64 seed, const char *name);
u64 rng_u64(struct rng *rng);
/* Uniform in [0, n), n > 0, without modulo bias. */
u64 rng_below(struct rng *rng, u64 n);
/* Uniform in [lo, hi]. */
u64 rng_range(struct rng *rng, u64 lo, u64 hi);
/* True with probability ppm / 1000000. */
bool rng_ppm(struct rng *rng, u32 ppm);
/* Exponential with the given mean (>= 0), from an integer table; same on every host. */
u64 rng_exp(struct rng *rng, u64 mean);
/*
 * Log-normal-like around the median: factor 2^(z * sigma_q8 / 256), z from an integer table, at
 * most 6.3 either way. At most UINT64_MAX, as rng_exp().
 */
u64 rng_lognormal(struct rng *rng, u64 median, u32 sigma_q8);
/* Zipf-like rank in [0, n), 0 < n < 2^64 - 1: rank r with weight 1/(r+1); O(1) on average. */
u64 rng_zipf(struct rng *rng, u64 n);

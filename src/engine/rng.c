/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random streams: xoshiro256** and the distributions made from it. No floating point: logarithm,
 * power and normal quantile are tables (rng_tables.h) with linear interpolation, so that a draw
 * is the same on every host. Errors of the tables: 1e-5 in a logarithm, 4e-6 of a power, 1e-3 in
 * a normal quantile, whose tails end at 6.3 sigma.
 */
#include "engine/rng.h"

#include <assert.h>

#include "engine/rng_tables.h"

#define LN2_Q32 2977044472ull /* ln 2 * 2^32 */

typedef unsigned __int128 u128;

/* Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014. */
static u64 splitmix64(u64 *x)
{
	u64 z = *x += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

void rng_init(struct rng *rng, u64 seed, const char *name)
{
	u64 hash = 0xcbf29ce484222325ull; /* FNV-1a */
	u64 x;

	for (; *name; name++)
		hash = (hash ^ (u8)*name) * 0x100000001b3ull;
	x = splitmix64(&seed) ^ splitmix64(&hash);
	for (int i = 0; i < 4; i++)
		rng->s[i] = splitmix64(&x);
}

static u64 rotate_left(u64 x, u32 n)
{
	return x << n | x >> (64 - n);
}

u64 rng_u64(struct rng *rng)
{
	u64 *s = rng->s;
	u64 result = rotate_left(s[1] * 5, 7) * 9;
	u64 t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

/* Source: Lemire, "Fast random integer generation in an interval", 2019. */
u64 rng_below(struct rng *rng, u64 n)
{
	u128 product = (u128)rng_u64(rng) * n;

	assert(n);
	if ((u64)product < n) {
		u64 reject = -n % n; /* 2^64 mod n: as many low products come once too often */

		while ((u64)product < reject)
			product = (u128)rng_u64(rng) * n;
	}
	return (u64)(product >> 64);
}

u64 rng_range(struct rng *rng, u64 lo, u64 hi)
{
	assert(lo <= hi);
	if (hi - lo == UINT64_MAX)
		return rng_u64(rng);
	return lo + rng_below(rng, hi - lo + 1);
}

bool rng_ppm(struct rng *rng, u32 ppm)
{
	return rng_below(rng, 1000000) < ppm;
}

/* log2(x) * 2^32, x > 0. Exact to rounding for x < 256 (table points). */
static u64 log2_q32(u64 x)
{
	u32 zeros = (u32)__builtin_clzll(x);
	u64 mantissa = x << zeros;
	u32 i = (u32)(mantissa >> 56) & 127;
	u64 rest = mantissa & ((1ull << 56) - 1);
	u64 step = rng_log2[i + 1] - rng_log2[i];

	return ((u64)(63 - zeros) << 32) + rng_log2[i] + (u64)((u128)step * rest >> 56);
}

/* 2^(fraction / 2^57) * 2^63, fraction < 2^57. */
static u64 exp2_q63(u64 fraction)
{
	u32 i = (u32)(fraction >> 50);
	u64 rest = fraction & ((1ull << 50) - 1);
	u64 step = rng_exp2[i + 1] - rng_exp2[i];

	return (1ull << 63) + (rng_exp2[i] << 31) + (u64)((u128)step * rest >> 19);
}

u64 rng_exp(struct rng *rng, u64 mean)
{
	u64 u = rng_u64(rng);
	u64 log, factor;
	u128 result;

	/* -ln(u / 2^64), u from 1 */
	log = (64ull << 32) - log2_q32(u ? u : 1);
	factor = (u64)((u128)log * LN2_Q32 >> 32);
	result = ((u128)mean * factor + (1ull << 31)) >> 32;
	return result > UINT64_MAX ? UINT64_MAX : (u64)result;
}

/* Standard normal times 2^16. */
static s64 normal_q16(struct rng *rng)
{
	u64 u = rng_u64(rng);
	bool negative = u & 1;
	u64 tail = u >> 1 | 1; /* of 2^64: from nearly 0 to 1/2 */
	u32 zeros = (u32)__builtin_clzll(tail);
	u32 octave = zeros - 1; /* 0: tail is in [1/4, 1/2) */
	u64 mantissa = tail << zeros;
	u64 rest = mantissa & ((1ull << 60) - 1);
	s64 z, step;
	u32 k;

	if (octave > 31) {
		z = rng_normal[0];
		return negative ? -z : z;
	}
	k = (31 - octave) * 8 + ((u32)(mantissa >> 60) & 7);
	step = (s64)rng_normal[k] - rng_normal[k + 1];
	z = rng_normal[k] - (s64)((u128)(u64)step * rest >> 60);
	return negative ? -z : z;
}

u64 rng_lognormal(struct rng *rng, u64 median, u32 sigma_q8)
{
	s64 exponent = normal_q16(rng) * sigma_q8 * 256; /* * 2^32; below 2^59 in size */
	s64 whole = exponent / (1ll << 32);
	u64 rest;
	u128 value;

	if (exponent < whole * (1ll << 32))
		whole--; /* towards minus infinity */
	rest = (u64)(exponent - whole * (1ll << 32));
	value = (u128)median * (exp2_q63(rest << 25) >> 31); /* * 2^32 */
	if (whole <= -96)
		return 0;
	if (whole < 32)
		value = (value + ((u128)1 << (31 - whole))) >> (32 - whole);
	else if (whole < 64)
		value <<= whole - 32;
	else if (value)
		return UINT64_MAX;
	return value > UINT64_MAX ? UINT64_MAX : (u64)value;
}

/*
 * How often a draw of k from the continuous law is kept, times 2^32: 1 / (k log2(1 + 1/k)). From
 * k = 128 on by its series, ln 2 (1 + 1/2k - 1/12k^2).
 */
static u64 zipf_keep_q32(u64 k)
{
	u64 log;

	if (k >= 128)
		return LN2_Q32 + LN2_Q32 / k / 2 - LN2_Q32 / k / k / 12;
	log = log2_q32(k + 1) - log2_q32(k);
	return (u64)(((u128)1 << 64) / (k * log));
}

/*
 * Rejection from the continuous law of density 1/x on [1, n + 1), whose integer part is k with a
 * weight of log(1 + 1/k); between 69 and 100 % of the draws are kept.
 */
u64 rng_zipf(struct rng *rng, u64 n)
{
	u64 range, x, k;

	assert(n && n < UINT64_MAX);
	range = log2_q32(n + 1);
	do {
		x = (u64)((u128)rng_u64(rng) * range >> 39); /* log2 of the draw, * 2^57 */
		k = exp2_q63(x & ((1ull << 57) - 1)) >> (63 - (x >> 57));
	} while (k > n || rng_u64(rng) >> 32 >= zipf_keep_q32(k));
	return k - 1;
}

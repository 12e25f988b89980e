/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Log-linear histograms. A value's bucket is its leading bit and the six bits below it: group g > 0
 * holds 2^(g+5) .. 2^(g+6)-1 in 64 buckets of 2^(g-1) values each; group 0 holds 0..63.
 */
#include "record/hist.h"

#include <assert.h>

u32 hist_bucket(u64 value)
{
	u32 shift;

	if (value < HIST_SUB)
		return (u32)value;
	shift = 63u - (u32)__builtin_clzll(value) - HIST_SUB_BITS;
	return (shift + 1) * HIST_SUB + (u32)((value >> shift) & (HIST_SUB - 1));
}

u64 hist_bucket_low(u32 bucket)
{
	u32 group = bucket / HIST_SUB;
	u64 sub = bucket % HIST_SUB;

	assert(bucket < HIST_BUCKETS);
	return group ? (HIST_SUB + sub) << (group - 1) : sub;
}

u64 hist_bucket_high(u32 bucket)
{
	return bucket + 1 < HIST_BUCKETS ? hist_bucket_low(bucket + 1) - 1 : UINT64_MAX;
}

void hist_add(struct hist *hist, u64 value)
{
	hist->min = hist->count ? min_u64(hist->min, value) : value;
	hist->max = hist->count ? max_u64(hist->max, value) : value;
	hist->count++;
	hist->sum += value;
	hist->bucket[hist_bucket(value)]++;
}

void hist_merge(struct hist *hist, const struct hist *from)
{
	if (!from->count)
		return;
	hist->min = hist->count ? min_u64(hist->min, from->min) : from->min;
	hist->max = hist->count ? max_u64(hist->max, from->max) : from->max;
	hist->count += from->count;
	hist->sum += from->sum;
	for (u32 i = 0; i < HIST_BUCKETS; i++)
		hist->bucket[i] += from->bucket[i];
}

u32 hist_percentile_bucket(const struct hist *hist, u64 num, u64 den)
{
	u64 rank, seen = 0;

	assert(num && num <= den);
	if (!hist->count)
		return 0;
	rank = (u64)(((unsigned __int128)hist->count * num + den - 1) / den);
	for (u32 i = hist_bucket(hist->min);; i++) {
		assert(i < HIST_BUCKETS); /* the buckets hold `count` values */
		seen += hist->bucket[i];
		if (seen >= rank)
			return i;
	}
}

u64 hist_percentile(const struct hist *hist, u64 num, u64 den)
{
	u32 bucket = hist_percentile_bucket(hist, num, den);

	return hist->count ? min_u64(hist_bucket_high(bucket), hist->max) : 0;
}

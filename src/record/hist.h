/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * Histogram of u64 values in log-linear buckets: values below 64 exactly, above that 64 buckets a
 * power of two, so that a bucket is never wider than 1/64 of its values. Integers only; fixed
 * size. The layout is that of fio's stat.h (6 sub-bucket bits) stretched to all 64 bits.
 */
#define HIST_SUB_BITS 6
#define HIST_SUB      (1u << HIST_SUB_BITS)
#define HIST_GROUPS   (64u - HIST_SUB_BITS + 1)
#define HIST_BUCKETS  (HIST_GROUPS * HIST_SUB)

struct hist {			  /* zeroed = empty */
	u64 count, sum, min, max; /* exact; min and max mean nothing while count is 0 */
	u64 bucket[HIST_BUCKETS];
};

/* The bucket of a value, and the least and greatest value of a bucket. O(1) */
u32 hist_bucket(u64 value);
u64 hist_bucket_low(u32 bucket);
u64 hist_bucket_high(u32 bucket);

void hist_add(struct hist *hist, u64 value);
/* Adds all of `from`. */
void hist_merge(struct hist *hist, const struct hist *from);

/*
 * Bucket and value at the share num/den (0 < num <= den) by nearest rank: the value that at least
 * that share of all values do not exceed. The value is the greatest of its bucket, cut to max: at
 * most 1/64 too high, never too low. The value of num == den is exact. Bucket 0, value 0 if empty.
 */
u32 hist_percentile_bucket(const struct hist *hist, u64 num, u64 den);
u64 hist_percentile(const struct hist *hist, u64 num, u64 den);

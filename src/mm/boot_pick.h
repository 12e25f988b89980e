/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/* The n best of many candidates offered one by one, in n places of memory. */
struct pick {
	s64 key; /* larger is better; ties go to the lower frame */
	u32 pfn;
};

struct picker {
	struct pick *heap; /* worst on top */
	u64 n, cap;
};

/* False if the host has no memory for cap candidates. */
bool picker_init(struct picker *p, u64 cap);
void picker_finish(struct picker *p);
/* O(log cap). */
void picker_offer(struct picker *p, s64 key, u32 pfn);
/* Best first; no more offers after that. O(n log n). */
void picker_sort(struct picker *p);

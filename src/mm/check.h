/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"

/*
 * Invariants of the allocator, recounted from the ground. A violation is a bug of ours: it is
 * described, kept in mm->check_error, and stops the engine.
 *
 *   CHECK_OFF	  nothing is recounted (asserts at the points of change stay)
 *   CHECK_CHEAP  after each 1024th operation: counters of every zone against each other, O(zones)
 *   CHECK_FULL   after each `every`th operation: every list, every page frame, O(memory)
 */
enum check_level { CHECK_OFF, CHECK_CHEAP, CHECK_FULL };

/* Where the managed pages of a zone are. */
struct page_census {
	u64 free, pcp, used, isolated;
	u64 other; /* managed, but known to nobody (in use before a recording began) */
};

/* One recount. False and a description on a violation. census: NULL, or [mm->nr_zones]. */
bool mm_check(struct mm *mm, enum check_level level, struct page_census *census, struct err *err);

/* The part of CHECK_FULL about what belongs to address spaces, files and the swap cache; mm->vm is
   there. O(memory). check_lru.c */
bool mm_check_lru(const struct mm *mm, struct err *err);

/*
 * Recounts while the simulation runs: after every n-th operation (0: the level's default). Pages
 * nobody knows may not change in number from now on.
 */
bool mm_check_start(struct mm *mm, enum check_level level, u32 every, struct err *err);
void mm_check_stop(struct mm *mm);
/* False and the description if a running check has found a violation. */
bool mm_check_result(const struct mm *mm, struct err *err);

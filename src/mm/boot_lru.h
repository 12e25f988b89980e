/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "machine/procfs.h"
#include "mm/vm.h"

/*
 * After mm_boot_proc(): pages in use become what zoneinfo counts on LRU lists and before them, zone
 * by zone: which frames, the seed draws, those in movable pageblocks first. Clean pages of a file
 * that nobody reads, and anonymous and shared memory of an address space that nobody runs in and
 * that cannot be killed: they may be reclaimed and do not come back. Shared memory counts as such
 * but is kept in regions, because those can be swapped out; where zoneinfo counts it as mapped, in
 * one of its own. Counters of slabs, page tables and stacks are taken over, their pages stay
 * unknown. Without such counts in the text nothing is done. err: more pages on lists than in use,
 * or no host memory. O(pages of the zones).
 */
bool mm_boot_lru(struct vm *vm, const struct proc_state *state, u64 seed, struct err *err);

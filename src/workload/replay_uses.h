/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * What a recording lets one know about accesses: reclaim takes what was not used for longest, so a
 * content that is still there some time after a younger one of its kind was taken has been used
 * since. It then counts as the youngest. Blocks are named by the numbers of replay_tasks.h.
 */
struct replay_uses;

#define USES_NONE UINT32_MAX

/* NULL: host memory. */
struct replay_uses *uses_create(void);
void uses_destroy(struct replay_uses *uses); /* NULL is fine */

/* The block was allocated: for a file, or for an address space. False: host memory. O(1) */
bool uses_alloc(struct replay_uses *uses, u32 block, bool file);
/* It is freed at t, by_reclaim or by its program; no matter if it is unknown. False: host memory.
   O(1) */
bool uses_free(struct replay_uses *uses, u32 block, u64 t, bool by_reclaim);
/* A block that, seen from t, must have been used; USES_NONE: no more. t never falls. O(1), and each
   block once for each time that a younger one was taken. */
u32 uses_next(struct replay_uses *uses, u64 t);

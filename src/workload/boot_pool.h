/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/boot.h"

/*
 * The pages in use since before the simulation (MM_OWNER_BOOT), taken out one by one as a trace
 * gives them back. Where the trace knows the frame and the boot put a used page there, that one;
 * else one that is likest: same zone and pageblock type, then same zone, then any.
 */
struct boot_pool {
	struct mm *mm;
	u64 *cursor; /* [nr_zones][MIGRATE_TYPES + 1]: none of that kind lies below */
};

bool boot_pool_init(struct boot_pool *pool, struct mm *mm, struct err *err);

/*
 * A page to give back, order 0 and still held; PFN_NONE if there is none left. hint may be
 * PFN_NONE. *exact tells whether it is the hinted frame. Deterministic; over all calls
 * O(pages * types), as the cursors only move up.
 */
u32 boot_pool_take(struct boot_pool *pool, u32 hint, bool *exact);

void boot_pool_finish(struct boot_pool *pool);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * What each step costs, in ns of the reference machine (about 3 GHz x86-64, DRAM 90 ns). All are
 * parameters: a config's "costs" overrides each by name. Class M: measured and published, D:
 * derived from M, E: estimate, to be treated as +-3x (docs/costs.md gives the sources).
 *
 * X(name, default ns, class, doc)
 */
#define COST_TABLE(X)                                                                             \
	X(pcp_alloc, 40, D, "order-0 allocation from a per-CPU list, without zeroing")             \
	X(pcp_alloc_high_order, 60, D, "order 1-3 or THP allocation from a per-CPU list")          \
	X(pcp_free, 25, D, "free to a per-CPU list")                                               \
	X(pcp_refill, 60, E, "refill of a per-CPU list: zone lock and loop, fixed part")           \
	X(pcp_refill_page, 25, D, "refill, per page moved")                                        \
	X(pcp_drain_page, 30, D, "drain to the buddy lists, per page, with merge attempts")        \
	X(buddy_alloc, 100, D, "allocation from the buddy lists: lock and list operation")         \
	X(buddy_free, 60, E, "free to the buddy lists: lock and list operation")                   \
	X(buddy_split, 15, E, "split of a block, one order down")                                  \
	X(buddy_merge, 25, E, "merge of a block, one order up")                                    \
	X(fallback_claim, 1500, E, "claim of a pageblock: its pages are examined")                 \
	X(fallback_steal, 100, E, "steal from another migratetype")                                \
	X(slowpath_loop, 300, E, "slow path: one pass over the zonelist")                          \
	X(zone_walk, 10, E, "fast path: each further zone looked at")                              \
	X(zero_page, 300, D, "zeroing of 4 KiB (scaled by page size and order)")                   \
	X(drain_all, 5000, E, "drain_all_pages: fixed part")                                       \
	X(drain_all_cpu, 1500, E, "drain_all_pages: per CPU")                                      \
	X(fault, 600, D, "minor fault without allocation and zeroing")                             \
	X(touch_page, 100, E, "access to a mapped page: cache and TLB miss")                       \
	X(unmap_page, 150, M, "unmap by munmap or exit, per page, with its free")                  \
	X(fork_pte, 45, E, "fork: copy of one present page table entry")                           \
	X(page_cache_op, 120, E, "page cache insertion or removal, per page")                      \
	X(copy_page, 400, D, "copy of 4 KiB (read, write, copy on write)")                         \
	X(slab_op, 30, E, "slab object allocated or freed")                                        \
	X(irq_entry, 1000, E, "interrupt entry and exit")                                          \
	X(context_switch, 1800, M, "task context switch")                                          \
	X(wakeup, 5000, E, "wake-up of a sleeping thread until it runs on an idle CPU")

struct costs {
#define X(name, def, cls, doc) u64 name;
	COST_TABLE(X)
#undef X
};

/* Fills in the defaults of the table. */
static inline void costs_default(struct costs *costs)
{
#define X(cost_name, def, cls, doc) costs->cost_name = def;
	COST_TABLE(X)
#undef X
}

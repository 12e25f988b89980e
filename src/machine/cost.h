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
	X(madvise, 400, E, "MADV_DONTNEED: a call, without its pages")                             \
	X(fork_pte, 45, E, "fork: copy of one present page table entry")                           \
	X(page_cache_op, 120, E, "page cache insertion or removal, per page")                      \
	X(copy_page, 400, D, "copy of 4 KiB (read, write, copy on write)")                         \
	X(lru_add, 20, E, "LRU: a folio into its list from a batch")                               \
	X(lru_isolate, 40, E, "LRU: isolate and put back, per folio")                              \
	X(lru_skip, 10, E, "LRU: a folio of a zone that is not wanted")                            \
	X(lru_deactivate, 60, E, "LRU: move between active and inactive, per folio")               \
	X(lru_gen_walk_pte, 8, E, "lru_gen: aging walk, per page table entry")                     \
	X(lru_gen_young_pte, 55, E, "lru_gen: a young entry, its bit cleared, its page promoted")  \
	X(reclaim_folio, 65, E, "reclaim: decision about a folio")                                 \
	X(free_buffer, 170, E, "reclaim: buffer head of a page that was written, freed")           \
	X(rmap_reference, 250, E, "rmap: reference check, per mapping")                            \
	X(rmap_unmap, 350, E, "rmap: unmap in reclaim, per mapping")                               \
	X(workingset_shadow, 60, E, "shadow entry stored or evaluated")                            \
	X(tlb_flush, 200, E, "TLB flush of a batch: this CPU")                                     \
	X(tlb_flush_ipi, 1500, D, "TLB flush of a batch: round trip to other CPUs")                \
	X(tlb_flush_cpu, 200, D, "TLB flush of a batch: per other CPU")                            \
	X(direct_reclaim, 500, E, "direct reclaim: entry and exit")                                \
	X(shrink_node, 1500, E, "reclaim: set-up of a pass over a node")                           \
	X(shrinker_call, 1500, E, "shrinker: one call")                                            \
	X(shrink_dentry, 250, E, "shrinker: a dentry looked at")                                   \
	X(shrink_inode, 800, E, "shrinker: an inode looked at")                                    \
	X(shrink_shadow_node, 500, E, "shrinker: a node of shadow entries freed")                  \
	X(swap_slot, 150, E, "swap slot allocated or freed")                                       \
	X(swap_submit, 1500, E, "swap-out: submission of a request")                               \
	X(swap_in, 2000, E, "swap-in: software part without the device")                           \
	X(zram_store, 4000, E, "zram: compression of 4 KiB")                                       \
	X(zram_load, 1700, M, "zram: decompression of 4 KiB")                                      \
	X(file_op, 300, E, "file read or write call: fixed part")                                  \
	X(file_submit, 1500, E, "file I/O: submission of a request")                               \
	X(read_folio, 250, E, "file read: a folio added to a request and completed")              \
	X(map_file_page, 100, E, "mapping of a cached file page, in a fault-around")               \
	X(dirty_page, 100, E, "a page dirtied: accounting")                                        \
	X(writeback_page, 150, E, "write-back: a page cleaned and added to a request")             \
	X(end_writeback, 300, E, "a written folio at the end of its request, in the interrupt")   \
	X(file_create, 20000, E, "file created: directory and inode work")                         \
	X(file_stat, 2000, E, "stat() of a file")                                                  \
	X(process_fork, 60000, E, "fork: process structures")                                      \
	X(process_exec, 200000, E, "exec: replacing the address space")                            \
	X(process_exit, 30000, E, "exit: process structures")                                      \
	X(oom_task, 500, E, "OOM killer: a candidate looked at")                                   \
	X(oom_dump, 5000000, E, "OOM killer: the report on the console")                           \
	X(oom_exit, 100000, E, "SIGKILL until the victim begins to exit")                          \
	X(lru_drain_all, 20000, E, "lru_add_drain_all: fixed part")                                \
	X(lru_drain_all_cpu, 3000, E, "lru_add_drain_all: per CPU")                                \
	X(migrate_page, 950, D, "migration of 4 KiB without the copy")                             \
	X(compact_scan, 8, E, "compaction: a page looked at and not taken")                        \
	X(compact_skip, 60, E, "compaction: a pageblock passed over by its skip bit")              \
	X(compact_isolate, 80, E, "compaction: a page isolated")                                   \
	X(isolate_block, 4000, E, "pageblock isolated or given back, its pages looked at")         \
	X(collapse_scan, 8, E, "khugepaged: a page table entry looked at")                         \
	X(compact_run, 5000, E, "compaction: start and finish of a run")                           \
	X(slab_op, 30, E, "slab object allocated or freed")                                        \
	X(net_send, 1500, E, "frame sent: system call and device")                                 \
	X(net_receive, 1500, E, "frame received: softirq, protocol, socket")                       \
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

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

/* Counter names as in /proc/vmstat. mm/vmstat.c:vmstat_text (7.2). */

/* X(enum, name): zone counters, batched per CPU */
#define ZONE_STAT_ITEMS(X)                                                                        \
	X(NR_FREE_PAGES, "nr_free_pages")                                                          \
	X(NR_FREE_PAGES_BLOCKS, "nr_free_pages_blocks")                                            \
	X(NR_FREE_CMA_PAGES, "nr_free_cma")

/* X(enum, name): NUMA events, per zone */
#define NUMA_STAT_ITEMS(X)                                                                        \
	X(NUMA_HIT, "numa_hit")                                                                    \
	X(NUMA_MISS, "numa_miss")                                                                  \
	X(NUMA_FOREIGN, "numa_foreign")                                                            \
	X(NUMA_INTERLEAVE_HIT, "numa_interleave")                                                  \
	X(NUMA_LOCAL, "numa_local")                                                                \
	X(NUMA_OTHER, "numa_other")

/* X(enum, name): events of the whole machine */
#define VM_EVENT_ITEMS(X)                                                                         \
	X(PGALLOC_DMA, "pgalloc_dma")                                                              \
	X(PGALLOC_DMA32, "pgalloc_dma32")                                                          \
	X(PGALLOC_NORMAL, "pgalloc_normal")                                                        \
	X(PGALLOC_HIGH, "pgalloc_high")                                                            \
	X(PGALLOC_MOVABLE, "pgalloc_movable")                                                      \
	X(ALLOCSTALL_DMA, "allocstall_dma")                                                        \
	X(ALLOCSTALL_DMA32, "allocstall_dma32")                                                    \
	X(ALLOCSTALL_NORMAL, "allocstall_normal")                                                  \
	X(ALLOCSTALL_HIGH, "allocstall_high")                                                      \
	X(ALLOCSTALL_MOVABLE, "allocstall_movable")                                                \
	X(PGFREE, "pgfree")                                                                        \
	X(PGFAULT, "pgfault")                                                                      \
	X(PGMAJFAULT, "pgmajfault")                                                                \
	X(PAGEOUTRUN, "pageoutrun")                                                                \
	X(PGPGIN, "pgpgin")                                                                        \
	X(PGPGOUT, "pgpgout")                                                                      \
	X(PSWPIN, "pswpin")                                                                        \
	X(PSWPOUT, "pswpout")                                                                      \
	X(PGREUSE, "pgreuse")                                                                      \
	X(PGACTIVATE, "pgactivate")                                                                \
	X(PGDEACTIVATE, "pgdeactivate")                                                            \
	X(PGREFILL, "pgrefill")                                                                    \
	X(PGROTATED, "pgrotated")                                                                  \
	X(PGSCAN_KSWAPD, "pgscan_kswapd")                                                          \
	X(PGSCAN_DIRECT, "pgscan_direct")                                                          \
	X(PGSCAN_KHUGEPAGED, "pgscan_khugepaged")                                                  \
	X(PGSCAN_ANON, "pgscan_anon")                                                              \
	X(PGSCAN_FILE, "pgscan_file")                                                              \
	X(PGSTEAL_KSWAPD, "pgsteal_kswapd")                                                        \
	X(PGSTEAL_DIRECT, "pgsteal_direct")                                                        \
	X(PGSTEAL_KHUGEPAGED, "pgsteal_khugepaged")                                                \
	X(PGSTEAL_ANON, "pgsteal_anon")                                                            \
	X(PGSTEAL_FILE, "pgsteal_file")                                                            \
	X(PGSCAN_DIRECT_THROTTLE, "pgscan_direct_throttle")                                        \
	X(PGSKIP_DMA, "pgskip_dma")                                                                \
	X(PGSKIP_DMA32, "pgskip_dma32")                                                            \
	X(PGSKIP_NORMAL, "pgskip_normal")                                                          \
	X(PGSKIP_HIGH, "pgskip_high")                                                              \
	X(PGSKIP_MOVABLE, "pgskip_movable")                                                        \
	X(ZONE_RECLAIM_SUCCESS, "zone_reclaim_success")                                            \
	X(ZONE_RECLAIM_FAILED, "zone_reclaim_failed")                                              \
	X(SLABS_SCANNED, "slabs_scanned")                                                          \
	X(DROP_SLAB, "drop_slab")                                                                  \
	X(WORKINGSET_REFAULT_ANON, "workingset_refault_anon")                                      \
	X(WORKINGSET_REFAULT_FILE, "workingset_refault_file")                                      \
	X(WORKINGSET_ACTIVATE_ANON, "workingset_activate_anon")                                    \
	X(WORKINGSET_ACTIVATE_FILE, "workingset_activate_file")                                    \
	X(WORKINGSET_RESTORE_ANON, "workingset_restore_anon")                                      \
	X(WORKINGSET_RESTORE_FILE, "workingset_restore_file")                                      \
	X(WORKINGSET_NODERECLAIM, "workingset_nodereclaim")                                        \
	X(SWAP_RA, "swap_ra")                                                                      \
	X(SWAP_RA_HIT, "swap_ra_hit")                                                              \
	X(UNEVICTABLE_PGCULLED, "unevictable_pgs_culled")                                          \
	X(UNEVICTABLE_PGMLOCKED, "unevictable_pgs_mlocked")                                        \
	X(UNEVICTABLE_PGMUNLOCKED, "unevictable_pgs_munlocked")                                    \
	X(PGMIGRATE_SUCCESS, "pgmigrate_success")                                                  \
	X(PGMIGRATE_FAIL, "pgmigrate_fail")                                                        \
	X(COMPACTMIGRATE_SCANNED, "compact_migrate_scanned")                                       \
	X(COMPACTFREE_SCANNED, "compact_free_scanned")                                             \
	X(COMPACTISOLATED, "compact_isolated")                                                     \
	X(KCOMPACTD_WAKE, "compact_daemon_wake")                                                   \
	X(KCOMPACTD_MIGRATE_SCANNED, "compact_daemon_migrate_scanned")                             \
	X(KCOMPACTD_FREE_SCANNED, "compact_daemon_free_scanned")                                   \
	X(HTLB_BUDDY_PGALLOC, "htlb_buddy_alloc_success")                                          \
	X(HTLB_BUDDY_PGALLOC_FAIL, "htlb_buddy_alloc_fail")                                        \
	X(CMA_ALLOC_SUCCESS, "cma_alloc_success")                                                  \
	X(CMA_ALLOC_FAIL, "cma_alloc_fail")                                                        \
	X(THP_FAULT_ALLOC, "thp_fault_alloc")                                                      \
	X(THP_FAULT_FALLBACK, "thp_fault_fallback")                                                \
	X(THP_FAULT_FALLBACK_CHARGE, "thp_fault_fallback_charge")                                  \
	X(THP_COLLAPSE_ALLOC, "thp_collapse_alloc")                                                \
	X(THP_COLLAPSE_ALLOC_FAILED, "thp_collapse_alloc_failed")                                  \
	X(THP_SPLIT_PAGE, "thp_split_page")                                                        \
	X(THP_DEFERRED_SPLIT_PAGE, "thp_deferred_split_page")                                      \
	X(THP_SPLIT_PMD, "thp_split_pmd")                                                          \
	X(THP_SCAN_EXCEED_NONE_PTE, "thp_scan_exceed_none_pte")                                    \
	X(THP_SCAN_EXCEED_SWAP_PTE, "thp_scan_exceed_swap_pte")                                    \
	X(THP_SCAN_EXCEED_SHARED_PTE, "thp_scan_exceed_share_pte")                                 \
	X(KSWAPD_LOW_WMARK_HIT_QUICKLY, "kswapd_low_wmark_hit_quickly")                            \
	X(KSWAPD_HIGH_WMARK_HIT_QUICKLY, "kswapd_high_wmark_hit_quickly")                          \
	X(COMPACTSTALL, "compact_stall")                                                           \
	X(COMPACTFAIL, "compact_fail")                                                             \
	X(COMPACTSUCCESS, "compact_success")                                                       \
	X(OOM_KILL, "oom_kill")

/* X(enum, name): the simulator's own, reported apart from the kernel's */
#define SIM_EVENT_ITEMS(X)                                                                        \
	X(SIM_ALLOC_FAIL, "alloc_fail")                                                            \
	X(SIM_ALLOC_SLOWPATH, "alloc_slowpath")                                                    \
	X(SIM_PCP_REFILL, "pcp_refill")                                                            \
	X(SIM_PCP_DRAIN_PAGES, "pcp_drain_pages")                                                  \
	X(SIM_EXTFRAG, "extfrag")                                                                  \
	X(SIM_EXTFRAG_FRAGMENTING, "extfrag_fragmenting")                                          \
	X(SIM_CLAIM, "pageblock_claim")                                                            \
	X(SIM_STEAL, "pageblock_steal")                                                            \
	X(SIM_KSWAPD_WAKE, "kswapd_wake")                                                          \
	X(SIM_BOOST, "watermark_boost")                                                            \
	X(SIM_NO_RECLAIM, "reclaim_without_progress")                                              \
	X(SIM_NO_COMPACTION, "compaction_skipped")                                                 \
	X(SIM_NO_OOM, "oom_without_victim")                                                        \
	X(SIM_DIRECT_RECLAIM, "direct_reclaim")                                                    \
	X(SIM_OOM_DEFERRED, "oom_waits_for_victim")                                                \
	X(SIM_PAGES_COLLAPSED, "khugepaged_pages_collapsed")                                       \
	X(SIM_FULL_SCANS, "khugepaged_full_scans")

#define X(e, n) e,
enum zone_stat_item { ZONE_STAT_ITEMS(X) NR_VM_ZONE_STAT_ITEMS };
enum numa_stat_item { NUMA_STAT_ITEMS(X) NR_VM_NUMA_EVENT_ITEMS };
enum vm_event_item { VM_EVENT_ITEMS(X) SIM_EVENT_ITEMS(X) NR_VM_EVENT_ITEMS };
#undef X

extern const char *const zone_stat_names[NR_VM_ZONE_STAT_ITEMS];
extern const char *const numa_stat_names[NR_VM_NUMA_EVENT_ITEMS];
extern const char *const vm_event_names[NR_VM_EVENT_ITEMS];

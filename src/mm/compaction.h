/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/pressure.h"
#include "mm/vm.h"

/*
 * Compaction of a zone for an allocation, for kcompactd, for a score or on request; who asks
 * decides mode, order and how far. mm/compaction.c (7.2)
 */
#define COMPACT_CLUSTER_MAX 32u
#define COMPACT_MAX_DEFER_SHIFT 6

enum migrate_mode { MIGRATE_ASYNC, MIGRATE_SYNC_LIGHT, MIGRATE_SYNC };

/* The entries of pressure_linux. */
enum compact_result try_to_compact_pages(struct mm *mm, struct task_struct *current, gfp_t gfp,
					 u32 order, u32 alloc_flags,
					 const struct alloc_context *ac,
					 enum compact_priority prio, u32 wanted, u32 *captured);
bool compaction_zonelist_suitable(struct mm *mm, const struct alloc_context *ac, u32 order,
				  u32 alloc_flags);
void compaction_defer_reset(struct zone *zone, u32 order, bool alloc_success);

/* mm/compaction.c:compaction_suitable: might compaction give the order with this mark? */
bool compaction_suitable(const struct zone *zone, u32 order, u64 watermark, u32 highest_zoneidx);
/* Pages that must be free for copies. mm/compaction.c:compact_gap */
u64 compact_gap(const struct mm *mm, u32 order);

/* A block on its way to the free lists: does it end the run that waits for one? It is then taken.
   mm/page_alloc.c:compaction_capture */
struct capture_control;
bool compaction_capture(struct capture_control *capture, const struct zone *zone, u32 pfn,
			u32 order, enum migratetype mt);

/* kswapd goes to sleep: clears skip bits if a direct run met its end. */
void reset_isolation_suitable(struct mm *mm, u32 nid);
void wakeup_kcompactd(struct mm *mm, u32 nid, u32 order, u32 highest_zoneidx);
/* A node's thread. */
struct kcompactd {
	struct mm *mm;
	u32 nid;
	struct task_struct task;
	struct wait_queue wait;
	s32 max_order; /* asked for; 0: nothing */
	u32 highest_zoneidx;
	bool proactive_trigger; /* the knob was written */
};
/* As the function of a context (arg: struct kcompactd *); pgdat->kcompactd points to it. Never
   returns. mm/compaction.c:kcompactd */
void kcompactd(void *arg);
/* As writing to /proc/sys/vm/compact_memory. */
void compact_nodes(struct mm *mm, struct task_struct *current);
/* State of a machine with compaction. False: host memory. */
bool vm_compaction_create(struct vm *vm);
void vm_compaction_destroy(struct vm *vm);

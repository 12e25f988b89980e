/* SPDX-License-Identifier: GPL-2.0-only */
/* Skeleton: to be filled. */
#include "mm/compaction.h"

enum compact_result try_to_compact_pages(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order, u32 alloc_flags, const struct alloc_context *ac, enum compact_priority prio, u32 *captured)
{
	(void)mm;
	(void)current;
	(void)gfp;
	(void)order;
	(void)alloc_flags;
	(void)ac;
	(void)prio;
	(void)captured;
	return 0;
}

bool compaction_zonelist_suitable(struct mm *mm, const struct alloc_context *ac, u32 order, u32 alloc_flags)
{
	(void)mm;
	(void)ac;
	(void)order;
	(void)alloc_flags;
	return false;
}

void compaction_defer_reset(struct zone *zone, u32 order, bool alloc_success)
{
	(void)zone;
	(void)order;
	(void)alloc_success;
}

bool compaction_suitable(const struct zone *zone, u32 order, u64 watermark, u32 highest_zoneidx)
{
	(void)zone;
	(void)order;
	(void)watermark;
	(void)highest_zoneidx;
	return false;
}

u64 compact_gap(const struct mm *mm, u32 order)
{
	(void)mm;
	(void)order;
	return 0;
}

void reset_isolation_suitable(struct mm *mm, u32 nid)
{
	(void)mm;
	(void)nid;
}

void wakeup_kcompactd(struct mm *mm, u32 nid, u32 order, u32 highest_zoneidx)
{
	(void)mm;
	(void)nid;
	(void)order;
	(void)highest_zoneidx;
}

void kcompactd(void *arg)
{
	(void)arg;
}

void compact_nodes(struct mm *mm, struct task_struct *current)
{
	(void)mm;
	(void)current;
}

bool vm_compaction_create(struct vm *vm)
{
	(void)vm;
	return true;
}

void vm_compaction_destroy(struct vm *vm)
{
	(void)vm;
}

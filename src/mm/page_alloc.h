/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/alloc.h"
#include "mm/buddy.h"

/* The inner steps of an allocation, shared by the fast path, the slow paths and bulk requests. Only
   mm/ and the profiles include this. */

/* mm/page_alloc.c:get_page_from_freelist */
u32 get_page_from_freelist(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order,
			   u32 alloc_flags, struct alloc_context *ac);

/* First eligible zone of the list from position `from`; nr_zonelist: none.
   include/linux/mmzone.h:next_zones_zonelist */
u32 next_zonelist_index(const struct mm *mm, const struct alloc_context *ac, u32 from);

/* mm/page_alloc.c:gfp_to_alloc_flags_cma */
static inline u32 gfp_to_alloc_flags_cma(const struct mm *mm, const struct alloc_context *ac)
{
	return mm->cma_configured && ac->migratetype == MIGRATE_MOVABLE ? ALLOC_CMA : 0;
}

/* ALLOC_NOFRAGMENT if types should not mix while another zone could serve.
   mm/page_alloc.c:alloc_flags_nofragment */
u32 alloc_flags_nofragment(const struct mm *mm, const struct alloc_context *ac);

/* Zonelist, zone limit, type and first zone of a request. False: no zone can serve it.
   mm/page_alloc.c:prepare_alloc_pages */
bool prepare_alloc_pages(struct mm *mm, gfp_t gfp, u32 nid, u64 nodemask,
			 struct alloc_context *ac);

/* The gfp mask a task may use in its scope. include/linux/sched/mm.h:current_gfp_context */
gfp_t current_gfp_context(const struct task_struct *current, gfp_t gfp);

/* Frees blocks that are in use, each once; the time is charged and not spent.
   mm/page_alloc.c:free_unref_folios */
void free_unref_folios(struct mm *mm, struct task_struct *current, const u32 *pfns, u32 n);

/* Slow paths of the profiles. */
u32 alloc_slowpath_compact_first(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order,
				 struct alloc_context *ac);
u32 alloc_slowpath_classic(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order,
			   struct alloc_context *ac);

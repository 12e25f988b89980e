/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"

/*
 * Taking pageblocks out of the allocator's hands: what is free in them moves to lists that nobody
 * allocates from, and what is freed in them goes there too. For who wants all of a range.
 */

/*
 * The first page of [start, end), in one pageblock, that can neither move nor is free; PFN_NONE:
 * there is none. `mt` is what the caller takes: of CMA pageblocks only CMA may have a part, and
 * does not ask what is in them. O(pages). mm/page_isolation.c:has_unmovable_pages
 */
u32 has_unmovable_pages(const struct mm *mm, u64 start, u64 end, enum migratetype mt);

/*
 * Isolates all pageblocks that [start, end) touches, all of one zone; free blocks that reach across
 * its ends are cut there. mt: as above, and what the pageblocks become again where the profile has
 * no bit for isolation. False: nothing is isolated; *page is the page that cannot move, PFN_NONE if
 * somebody else has isolated a part or a pageblock is not wholly in the zone. The time is charged;
 * none passes. mm/page_isolation.c:start_isolate_page_range (7.2, 6.1)
 */
bool start_isolate_page_range(struct mm *mm, struct task_struct *current, u64 start, u64 end,
			      enum migratetype mt, u32 *page);

/* Gives back those of the pageblocks that are isolated; what is free merges with what is around.
   mm/page_isolation.c:undo_isolate_page_range */
void undo_isolate_page_range(struct mm *mm, struct task_struct *current, u64 start, u64 end,
			     enum migratetype mt);

/* The first frame from start on that is not free in an isolated pageblock; end or more: all are.
   mm/page_isolation.c:test_pages_isolated */
u64 test_pages_isolated(const struct mm *mm, u64 start, u64 end);

/* The head of the free block that pfn lies in; pfn itself if it is not free.
   mm/page_alloc.c:find_large_buddy */
u64 find_large_buddy(const struct mm *mm, u64 pfn);

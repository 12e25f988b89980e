/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"

/*
 * The simulated machine as text in the layout of its kernel's files. Each returns fresh memory
 * (free() it), NULL if the host has none. Counters that are not modelled are left out.
 * mm/vmstat.c (7.2, 6.12, 6.1)
 */

/* /proc/buddyinfo: free blocks by order. O(zones * orders). mm/vmstat.c:frag_show */
char *procfmt_buddyinfo(const struct mm *mm);

/* /proc/pagetypeinfo: free blocks by type and order, pageblocks by type. O(pageblocks).
   mm/vmstat.c:pagetypeinfo_show */
char *procfmt_pagetypeinfo(const struct mm *mm);

/* /proc/zoneinfo. O(zones * CPUs). mm/vmstat.c:zoneinfo_show */
char *procfmt_zoneinfo(const struct mm *mm);

/* /proc/vmstat. O(counters * zones). mm/vmstat.c:vmstat_show */
char *procfmt_vmstat(const struct mm *mm);

/* Where pages lie, as a boot from /proc takes it: see procfs_read_hints(). O(pages). */
char *procfmt_hints(const struct mm *mm);

/* debugfs extfrag/extfrag_index and extfrag/unusable_index. O(zones * orders). */
char *procfmt_extfrag_index(const struct mm *mm);
char *procfmt_unusable_index(const struct mm *mm);

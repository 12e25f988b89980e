/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "machine/machine.h"

/*
 * GFP flags in one fixed layout for all profiles: that of 6.12 and 7.2 with __GFP_ATOMIC in the
 * bit it had in 6.1. Numbers from elsewhere are translated by name.
 * Source: include/linux/gfp_types.h (7.2), include/linux/gfp_types.h (6.1).
 */
typedef u32 gfp_t;

#define __GFP_DMA	     0x1u
#define __GFP_HIGHMEM	     0x2u
#define __GFP_DMA32	     0x4u
#define __GFP_MOVABLE	     0x8u
#define __GFP_RECLAIMABLE    0x10u
#define __GFP_HIGH	     0x20u
#define __GFP_IO	     0x40u
#define __GFP_FS	     0x80u
#define __GFP_ZERO	     0x100u
#define __GFP_ATOMIC	     0x200u /* 6.1 only */
#define __GFP_DIRECT_RECLAIM 0x400u
#define __GFP_KSWAPD_RECLAIM 0x800u
#define __GFP_WRITE	     0x1000u
#define __GFP_NOWARN	     0x2000u
#define __GFP_RETRY_MAYFAIL  0x4000u
#define __GFP_NOFAIL	     0x8000u
#define __GFP_NORETRY	     0x10000u
#define __GFP_MEMALLOC	     0x20000u
#define __GFP_COMP	     0x40000u
#define __GFP_NOMEMALLOC     0x80000u
#define __GFP_HARDWALL	     0x100000u
#define __GFP_THISNODE	     0x200000u
#define __GFP_ACCOUNT	     0x400000u
#define __GFP_ZEROTAGS	     0x800000u
#define __GFP_SKIP_ZERO	     0x1000000u
#define __GFP_SKIP_KASAN     0x2000000u
#define __GFP_NOLOCKDEP	     0x4000000u
#define __GFP_NO_OBJ_EXT     0x8000000u

#define __GFP_RECLAIM	     (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL	     (__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_KERNEL_ACCOUNT   (GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_NOIO	     __GFP_RECLAIM
#define GFP_NOFS	     (__GFP_RECLAIM | __GFP_IO)
#define GFP_USER	     (GFP_KERNEL | __GFP_HARDWALL)
#define GFP_HIGHUSER	     (GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE (GFP_HIGHUSER | __GFP_MOVABLE)

/* One name and its bits; tables end with name NULL. */
struct gfp_name {
	const char *name;
	gfp_t mask;
};

struct mm_profile;

/*
 * "GFP_KERNEL|__GFP_ZERO" (also with " | ", "0xcc0", "none") -> flags, by the profile's names.
 * False on an unknown name, with *bad pointing at it (in text), and on both __GFP_MOVABLE and
 * __GFP_RECLAIMABLE, with *bad at the beginning. O(names).
 */
bool gfp_parse(const struct mm_profile *profile, const char *text, gfp_t *gfp, const char **bad);

/*
 * The text a tracepoint prints: composites first, then single bits, in the profile's order.
 * Source: include/trace/events/mmflags.h, show_gfp_flags (7.2, 6.12, 6.1).
 */
char *gfp_format(const struct mm_profile *profile, gfp_t gfp, char *buf, size_t len);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/gfp.h"

/*
 * The composite masks in the order in which a trace looks for them. What GFP_ATOMIC and GFP_NOWAIT
 * stand for differs: each profile defines ATOMIC and NOWAIT before using COMPOSITES.
 * include/trace/events/mmflags.h
 */
#define TRANSHUGE_LIGHT                                                                            \
	((GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOMEMALLOC | __GFP_NOWARN) & ~__GFP_RECLAIM)
/* clang-format off */
#define COMPOSITES \
	{"GFP_TRANSHUGE", TRANSHUGE_LIGHT | __GFP_DIRECT_RECLAIM}, \
	{"GFP_TRANSHUGE_LIGHT", TRANSHUGE_LIGHT}, \
	{"GFP_HIGHUSER_MOVABLE", GFP_HIGHUSER_MOVABLE}, \
	{"GFP_HIGHUSER", GFP_HIGHUSER}, \
	{"GFP_USER", GFP_USER}, \
	{"GFP_KERNEL_ACCOUNT", GFP_KERNEL_ACCOUNT}, \
	{"GFP_KERNEL", GFP_KERNEL}, \
	{"GFP_NOFS", GFP_NOFS}, \
	{"GFP_ATOMIC", ATOMIC}, \
	{"GFP_NOIO", GFP_NOIO}, \
	{"GFP_NOWAIT", NOWAIT}, \
	{"GFP_DMA", __GFP_DMA}

#define BIT_NAME(flag) {#flag, flag}

/* What 6.1 and 6.12 look for after the composites and their first few bits. */
#define GFP_BITS_BEFORE_7                                                                          \
	BIT_NAME(__GFP_IO), BIT_NAME(__GFP_FS), BIT_NAME(__GFP_NOWARN),                            \
	    BIT_NAME(__GFP_RETRY_MAYFAIL), BIT_NAME(__GFP_NOFAIL), BIT_NAME(__GFP_NORETRY),        \
	    BIT_NAME(__GFP_COMP), BIT_NAME(__GFP_ZERO), BIT_NAME(__GFP_NOMEMALLOC),                \
	    BIT_NAME(__GFP_MEMALLOC), BIT_NAME(__GFP_HARDWALL), BIT_NAME(__GFP_THISNODE),          \
	    BIT_NAME(__GFP_RECLAIMABLE), BIT_NAME(__GFP_MOVABLE), BIT_NAME(__GFP_ACCOUNT),         \
	    BIT_NAME(__GFP_WRITE), BIT_NAME(__GFP_RECLAIM), BIT_NAME(__GFP_DIRECT_RECLAIM),        \
	    BIT_NAME(__GFP_KSWAPD_RECLAIM), BIT_NAME(__GFP_ZEROTAGS), BIT_NAME(__GFP_SKIP_ZERO),   \
	    BIT_NAME(__GFP_SKIP_KASAN), BIT_NAME(__GFP_NOLOCKDEP), BIT_NAME(__GFP_DMA),            \
	    BIT_NAME(__GFP_DMA32)
/* clang-format on */

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/gfp.h"

/*
 * The composite masks in the order in which a trace looks for them. What GFP_ATOMIC and GFP_NOWAIT
 * stand for differs: each profile defines ATOMIC and NOWAIT before using COMPOSITES.
 * include/trace/events/mmflags.h
 */
#define TRANSHUGE_LIGHT                                                                           \
	((GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOMEMALLOC | __GFP_NOWARN) & ~__GFP_RECLAIM)
#define COMPOSITES                                                                                \
	{"GFP_TRANSHUGE", TRANSHUGE_LIGHT | __GFP_DIRECT_RECLAIM},                                 \
		{"GFP_TRANSHUGE_LIGHT", TRANSHUGE_LIGHT},                                          \
		{"GFP_HIGHUSER_MOVABLE", GFP_HIGHUSER_MOVABLE}, {"GFP_HIGHUSER", GFP_HIGHUSER},    \
		{"GFP_USER", GFP_USER}, {"GFP_KERNEL_ACCOUNT", GFP_KERNEL_ACCOUNT},                \
		{"GFP_KERNEL", GFP_KERNEL}, {"GFP_NOFS", GFP_NOFS}, {"GFP_ATOMIC", ATOMIC},        \
		{"GFP_NOIO", GFP_NOIO}, {"GFP_NOWAIT", NOWAIT}, {"GFP_DMA", __GFP_DMA}

#define BIT_NAME(flag) {#flag, flag}

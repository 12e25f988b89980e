/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "machine/machine.h"

/* From ranges of memory to zones. All in pages and page frame numbers. */

struct zone_params {
	u64 low_memory; /* i386: end of directly mapped memory */
	u64 dma_limit;	/* arm64: the device tree's limit, bytes, exclusive; 0: none */
	u64 kernelcore, movablecore;
	u64 kernelcore_percent, movablecore_percent;
};

/*
 * Ends (exclusive) of the zone types below Movable; each zone begins where the configured one
 * before it ends, the first at machine->start_pfn. A type that is not configured ends where it
 * begins. arch/x86/mm/init.c:arch_zone_limits_init, arch/arm64/mm/init.c (7.2),
 * mm_init.c:free_area_init
 */
void machine_zone_limits(const struct machine *machine, const struct zone_params *params,
			 u64 limit[MAX_NR_ZONES]);

/*
 * Where zone Movable begins on each node, 0: the node has none. start has nr_nodes elements.
 * mm/mm_init.c:find_zone_movable_pfns_for_nodes. O(nodes^2 * ranges).
 */
void machine_movable_starts(const struct machine *machine, const struct zone_params *params,
			    const u64 limit[MAX_NR_ZONES], u64 *start);

/* Fills machine->zones (room for nr_nodes * MAX_NR_ZONES) and nr_zones with the zones that have
   memory. mm/mm_init.c:calculate_node_totalpages */
void machine_fill_zones(struct machine *machine, const u64 limit[MAX_NR_ZONES],
			const u64 *movable_start);

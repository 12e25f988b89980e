/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zones out of memory ranges: the architecture's limits, the split for zone Movable (kernelcore and
 * movablecore), spans and holes. Left out: kernelcore=mirror and hot-pluggable ranges.
 */
#include "machine/machine_zones.h"

#include <assert.h>
#include <string.h>

#define GIB4 (1ull << 32)

const char *zone_name(enum zone_type type)
{
	static const char *const names[MAX_NR_ZONES] = {
	    "DMA", "DMA32", "Normal", "HighMem", "Movable",
	};

	assert(type < MAX_NR_ZONES);
	return names[type];
}

/* SECTION_SIZE_BITS: 512 MiB with pages of 64 KiB, else 128 MiB. */
bool machine_section_present(const struct machine *machine, u64 pfn)
{
	u64 pages = 1ull << ((machine->page_shift == 16 ? 29 : 27) - machine->page_shift);
	u64 start = pfn & ~(pages - 1);

	for (u32 i = 0; i < machine->nr_memory; i++)
		if (machine->memory[i].start < start + pages && machine->memory[i].end > start)
			return true;
	return false;
}

/* Last byte that a DMA mask reaches, as a page frame limit. arch/arm64/mm/init.c:max_zone_phys */
static u64 arm64_limit(const struct machine *m, u64 last_dma_byte)
{
	u64 last_dram_byte = (m->end_pfn << m->page_shift) - 1;

	return (min_u64(last_dma_byte, last_dram_byte) + 1) >> m->page_shift;
}

static void arm64_limits(const struct machine *m, const struct zone_params *params,
			 u64 limit[MAX_NR_ZONES])
{
	u64 dma = params->dma_limit ? params->dma_limit - 1 : UINT64_MAX;

	if ((m->start_pfn << m->page_shift) < GIB4 - 1)
		dma = min_u64(dma, GIB4 - 1);
	limit[ZONE_DMA] = arm64_limit(m, dma);
	limit[ZONE_DMA32] = arm64_limit(m, GIB4 - 1);
	limit[ZONE_NORMAL] = m->end_pfn;
}

static void x86_limits(const struct machine *m, const struct zone_params *params,
		       u64 limit[MAX_NR_ZONES])
{
	u64 max_low_pfn = m->end_pfn;

	if (m->arch != ARCH_X86_64)
		max_low_pfn = min_u64(max_low_pfn, params->low_memory);
	limit[ZONE_DMA] = min_u64(4096, max_low_pfn);
	limit[ZONE_DMA32] = min_u64(GIB4 >> m->page_shift, max_low_pfn);
	limit[ZONE_NORMAL] = max_low_pfn;
	limit[ZONE_HIGHMEM] = m->end_pfn;
}

void machine_zone_limits(const struct machine *machine, const struct zone_params *params,
			 u64 limit[MAX_NR_ZONES])
{
	u64 start = machine->start_pfn;

	memset(limit, 0, MAX_NR_ZONES * sizeof(*limit));
	if (machine->arch == ARCH_ARM64)
		arm64_limits(machine, params, limit);
	else
		x86_limits(machine, params, limit);
	for (u32 type = 0; type < ZONE_MOVABLE; type++) {
		if (!machine->zone_configured[type])
			limit[type] = start;
		limit[type] = max_u64(limit[type], start);
		start = limit[type];
	}
	limit[ZONE_MOVABLE] = start;
}

static u64 zone_low(const struct machine *m, const u64 limit[MAX_NR_ZONES], u32 type)
{
	return type ? limit[type - 1] : m->start_pfn;
}

/* The type whose upper part becomes zone Movable. mm/mm_init.c:find_usable_zone_for_movable */
static u32 movable_host(const struct machine *m, const u64 limit[MAX_NR_ZONES])
{
	for (u32 type = ZONE_MOVABLE; type-- > 0;)
		if (limit[type] > zone_low(m, limit, type))
			return type;
	return ZONE_NORMAL;
}

static u64 total_pages(const struct machine *m)
{
	u64 sum = 0;

	for (u32 i = 0; i < m->nr_memory; i++)
		sum += m->memory[i].end - m->memory[i].start;
	return sum;
}

/* First and last (exclusive) frame of a node's memory; false: it has none. */
static bool node_span(const struct machine *m, u32 nid, u64 *start, u64 *end)
{
	*start = UINT64_MAX;
	*end = 0;
	for (u32 i = 0; i < m->nr_memory; i++) {
		if (m->memory[i].node != nid)
			continue;
		*start = min_u64(*start, m->memory[i].start);
		*end = max_u64(*end, m->memory[i].end);
	}
	return *end != 0;
}

/* Pages that the options keep out of zone Movable; 0: all of them, there is no such zone. */
static u64 required_kernelcore(const struct machine *m, const struct zone_params *p)
{
	u64 total = total_pages(m);
	u64 kernelcore =
	    p->kernelcore_percent ? total * p->kernelcore_percent / 100 : p->kernelcore;
	u64 movablecore =
	    p->movablecore_percent ? total * p->movablecore_percent / 100 : p->movablecore;

	if (movablecore) {
		u64 top = 1ull << m->max_order;

		movablecore = min_u64((movablecore + top - 1) & ~(top - 1), total);
		kernelcore = max_u64(kernelcore, total - movablecore);
	}
	return kernelcore < total ? kernelcore : 0;
}

/* Spends a node's share of the kernel's memory on its ranges from below, where zone Movable cannot
   be first. */
static void spread_on_node(const struct machine *m, u32 nid, u64 usable_start, u64 share,
			   u64 *required, u64 *movable_start)
{
	for (u32 i = 0; i < m->nr_memory && share; i++) {
		u64 start = max_u64(m->memory[i].start, *movable_start), end = m->memory[i].end;
		u64 n;

		if (m->memory[i].node != nid || start >= end)
			continue;
		if (start < usable_start) {
			n = min_u64(end, usable_start) - start;
			share -= min_u64(n, share);
			*required -= min_u64(n, *required);
			if (end <= usable_start) {
				*movable_start = end;
				continue;
			}
			start = usable_start;
		}
		n = min_u64(end - start, share);
		*movable_start = start + n;
		*required -= min_u64(*required, n);
		share -= n;
	}
}

void machine_movable_starts(const struct machine *machine, const struct zone_params *params,
			    const u64 limit[MAX_NR_ZONES], u64 *start)
{
	u64 required = required_kernelcore(machine, params), top = 1ull << machine->max_order;
	u64 usable_start = zone_low(machine, limit, movable_host(machine, limit));
	u64 first, end;
	u32 usable_nodes = 0;

	memset(start, 0, machine->nr_nodes * sizeof(*start));
	if (!required)
		return;
	for (u32 nid = 0; nid < machine->nr_nodes; nid++)
		usable_nodes += node_span(machine, nid, &first, &end);
	do {
		u64 share = required / usable_nodes;

		for (u32 nid = 0; nid < machine->nr_nodes; nid++) {
			if (!node_span(machine, nid, &first, &end))
				continue;
			if (required < share)
				share = required / usable_nodes;
			spread_on_node(machine, nid, usable_start, share, &required, &start[nid]);
		}
	} while (--usable_nodes && required > usable_nodes);
	for (u32 nid = 0; nid < machine->nr_nodes; nid++) {
		start[nid] = (start[nid] + top - 1) & ~(top - 1);
		if (!node_span(machine, nid, &first, &end) || start[nid] >= end)
			start[nid] = 0;
	}
}

static u64 present_pages(const struct machine *m, u64 start, u64 end)
{
	u64 present = 0;

	for (u32 i = 0; i < m->nr_memory; i++) {
		u64 s = max_u64(m->memory[i].start, start), e = min_u64(m->memory[i].end, end);

		present += s < e ? e - s : 0;
	}
	return present;
}

void machine_fill_zones(struct machine *machine, const u64 limit[MAX_NR_ZONES],
			const u64 *movable_start)
{
	u32 host = movable_host(machine, limit);

	machine->nr_zones = 0;
	for (u32 nid = 0; nid < machine->nr_nodes; nid++) {
		u64 node_start, node_end, movable = movable_start[nid];

		if (!node_span(machine, nid, &node_start, &node_end))
			continue;
		for (u32 type = 0; type < MAX_NR_ZONES; type++) {
			u64 start = max_u64(node_start, zone_low(machine, limit, type));
			u64 end = min_u64(node_end, limit[type]);
			struct machine_zone *zone = &machine->zones[machine->nr_zones];

			if (type == ZONE_MOVABLE) {
				start = movable ? max_u64(node_start, movable) : node_end;
				end = min_u64(node_end, limit[host]);
			} else if (movable) {
				end = min_u64(end, movable);
			}
			if (start >= end || !present_pages(machine, start, end))
				continue;
			*zone = (struct machine_zone){
			    .node = nid,
			    .type = (enum zone_type)type,
			    .start_pfn = start,
			    .spanned = end - start,
			    .present = present_pages(machine, start, end),
			};
			machine->nr_zones++;
		}
	}
}

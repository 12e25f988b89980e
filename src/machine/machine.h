/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "engine/device.h"
#include "machine/cost.h"

/*
 * What hardware there is, read from a config and frozen: nodes, memory ranges, CPUs, devices, and
 * the zones that the architecture's limits cut out of them. All memory is counted in pages of
 * `page_shift`; all addresses are PFNs. Facts: arch/x86/mm/init.c, arch/arm64/mm/init.c,
 * mm/mm_init.c (7.2).
 */
#define MACHINE_MAX_NODES 64
#define MACHINE_MAX_CPUS  1024
#define MACHINE_MAX_PAGES (1ull << 28) /* present pages: 1 TiB of 4 KiB */
#define MACHINE_MAX_PFN	  (1ull << 32) /* exclusive */

enum zone_type { ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, ZONE_HIGHMEM, ZONE_MOVABLE, MAX_NR_ZONES };

enum machine_arch { ARCH_X86_64, ARCH_I386, ARCH_I386_PAE, ARCH_ARM64, NR_ARCHES };

struct pfn_range {
	u64 start, end; /* end exclusive */
	u32 node;
};

struct cma_area {
	const char *name;
	u64 start, end; /* pageblock aligned */
};

struct machine_zone { /* one per (node, zone_type) that spans memory */
	u32 node;
	enum zone_type type;
	u64 start_pfn, spanned, present; /* present: spanned without holes */
};

struct machine_device {
	const char *name; /* "disk", "swap", "swap2" ... */
	struct device_params params;
	u64 size;		      /* bytes; 0: not limited */
	s32 priority;		      /* of swap: higher ones first, equal ones in turn */
	bool rotational, synchronous; /* seeks; done at once, on the CPU (zram) */
};

/* Does it hold swapped pages: is it called "swap", perhaps with a number? */
bool machine_device_is_swap(const struct machine_device *dev);

struct machine {
	const char *name;
	enum machine_arch arch;
	u32 page_shift;
	u32 hz;
	u64 cpu_turn_ns; /* CPUs share one of the host, by turns; 0: they do not */
	u64 uptime_ns;	 /* when the run begins; 0: not known */
	u64 boot_ns;	 /* uptime at which periodic work was first asked for */
	u32 max_order, pageblock_order; /* max_order inclusive */
	bool smp;			/* CONFIG_SMP */
	bool cma_configured, thp_configured, isolation_configured;
	bool zone_configured[MAX_NR_ZONES]; /* in the kernel's configuration, populated or not */

	u32 nr_nodes;
	u32 *distance; /* [nr_nodes][nr_nodes] */
	u32 nr_cpus;
	u32 *cpu_node; /* [nr_cpus] */
	u64 cache_slice_bytes; /* last-level cache per CPU: PCPF_FREE_HIGH_BATCH */

	struct pfn_range *memory; /* ascending, disjoint */
	u32 nr_memory;
	struct pfn_range *reserved; /* never handed over: kernel image, memmap, firmware */
	u32 nr_reserved;
	struct pfn_range *late_free; /* freed page by page after the handover: initrd, init */
	u32 nr_late_free;
	struct cma_area *cma;
	u32 nr_cma;

	struct machine_zone *zones; /* nodes ascending, types ascending */
	u32 nr_zones;
	u64 start_pfn, end_pfn; /* of all memory */

	struct machine_device *devices;
	u32 nr_devices;
	struct costs costs;
};

/* Name as in /proc/zoneinfo: "DMA", "DMA32", "Normal", "HighMem", "Movable". */
const char *zone_name(enum zone_type type);

/*
 * Does the section of page descriptors that pfn belongs to hold memory? The kernel has descriptors
 * for all frames of such a section, holes included, and for no others. O(memory ranges).
 * arch/x86, arch/arm64: asm/sparsemem.h (7.2)
 */
bool machine_section_present(const struct machine *machine, u64 pfn);

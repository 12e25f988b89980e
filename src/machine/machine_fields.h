/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/field.h"
#include "machine/machine.h"

/*
 * The sections "machine", "costs" and "boot" of a config as they are written: what the field tables
 * fill in. machine_build() makes a struct machine of the first two.
 */
struct range_config {
	u64 start, end; /* bytes, end exclusive */
	const char *what;
};

struct node_config {
	struct field_array memory; /* struct range_config */
	u64 cpus;
	struct field_array distances; /* u64 */
};

struct cma_config {
	const char *name;
	u64 start, size; /* bytes */
};

struct device_config {
	const char *name;
	u64 read_latency, write_latency;     /* ns */
	u64 busy_latency;		     /* ns */
	u64 read_bandwidth, write_bandwidth; /* bytes a second; 0: no limit */
	u64 depth;
	u64 segments;
	u64 block_size; /* bytes */
	bool indirect;
	u64 size; /* bytes; 0: not limited */
	s64 priority;
	bool rotational, synchronous;
};

struct machine_config {
	const char *name;
	u32 arch; /* enum machine_arch */
	u64 page_size, hz;
	u64 cpu_turn, uptime, boot_time; /* ns */
	bool smp, thp, hugetlb, cma_configured, isolation;
	s64 pageblock_order;	     /* -1: by architecture */
	struct field_array zones;    /* u32, enum zone_type; empty: by architecture */
	struct field_array nodes;    /* struct node_config */
	u64 low_memory;		     /* bytes; i386 */
	u64 dma_limit;		     /* bytes; arm64; 0: none */
	u64 kernelcore, movablecore; /* bytes */
	u64 kernelcore_percent, movablecore_percent;
	struct field_array reserved;  /* struct range_config */
	struct field_array late_free; /* struct range_config */
	struct field_array cma;	      /* struct cma_config */
	u64 cache_slice;	      /* bytes */
	struct field_array devices;   /* struct device_config */
};

enum boot_mode { BOOT_COLD, BOOT_PROC, BOOT_RECORDING };

/* Files are relative to the config's folder. */
struct boot_config {
	u32 mode; /* enum boot_mode */
	const char *zoneinfo, *buddyinfo, *pagetypeinfo, *hints; /* BOOT_PROC */
	const char *recording;					 /* BOOT_RECORDING */
};

extern const struct field_table machine_table, costs_table, boot_table;

/*
 * The frozen machine: arrays in ctx->arena, errors at ctx->path (the place of the machine section
 * in ctx->doc). Refused: memory that overlaps, is unaligned or beyond MACHINE_MAX_PFN, nodes that
 * lie within one another, more CPUs than MACHINE_MAX_CPUS, reserved ranges outside memory, and what
 * the architecture does not have. O(ranges log ranges + nodes^2 + CPUs).
 */
bool machine_build(struct machine *machine, const struct machine_config *config,
		   const struct costs *costs, struct field_ctx *ctx);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Field tables of the sections "machine", "costs" and "boot". Addresses and sizes are bytes with
 * units; ranges give start and end (exclusive).
 */
#include "machine/machine_fields.h"

#define MAX_BYTES (1ull << 48)

#define AT(type, member) .offset = offsetof(struct type, member)

static const char *const arch_names[] = {"x86-64", "i386", "i386-pae", "arm64", NULL};
static const char *const zone_words[] = {"DMA", "DMA32", "Normal", "HighMem", "Movable", NULL};
static const char *const boot_modes[] = {"cold", "proc", "recording", NULL};

static const struct field range_fields[] = {
    {.name = "start",
     .type = FIELD_SIZE,
     AT(range_config, start),
     .required = true,
     .max = MAX_BYTES,
     .doc = "first byte"},
    {.name = "end",
     .type = FIELD_SIZE,
     AT(range_config, end),
     .required = true,
     .max = MAX_BYTES,
     .doc = "byte behind the last"},
    {.name = "what",
     .type = FIELD_STRING,
     AT(range_config, what),
     .max = 200,
     .doc = "for the reader: kernel image, page descriptors, initrd ..."},
    {.type = FIELD_END},
};

static bool check_range(struct field_ctx *ctx, void *object)
{
	const struct range_config *range = object;

	if (range->start < range->end)
		return true;
	return field_error(ctx, "end", "must be above start");
}

static const struct field_table range_table = {
    .name = "range",
    .doc = "A range of physical addresses.",
    .size = sizeof(struct range_config),
    .fields = range_fields,
    .check = check_range,
};

static const struct field node_fields[] = {
    {.name = "cpus",
     .type = FIELD_U64,
     AT(node_config, cpus),
     .def = "0",
     .max = MACHINE_MAX_CPUS,
     .doc = "CPUs of this node; numbered on from the node before"},
    {.name = "memory",
     .type = FIELD_ARRAY,
     AT(node_config, memory),
     .sub = &range_table,
     .max = 256,
     .doc = "usable memory, holes left out; empty: a node without memory"},
    {.name = "distances",
     .type = FIELD_ARRAY,
     AT(node_config, distances),
     .item = FIELD_U64,
     .max = MACHINE_MAX_NODES,
     .doc = "SLIT row: 10 to itself, above 10 to others; empty: 20 to each other node"},
    {.type = FIELD_END},
};

static const struct field_table node_table = {
    .name = "node",
    .doc = "A node: memory and the CPUs close to it.",
    .size = sizeof(struct node_config),
    .fields = node_fields,
};

static const struct field cma_fields[] = {
    {.name = "name",
     .type = FIELD_NAME,
     AT(cma_config, name),
     .required = true,
     .doc = "for reports"},
    {.name = "start",
     .type = FIELD_SIZE,
     AT(cma_config, start),
     .required = true,
     .max = MAX_BYTES,
     .doc = "first byte, aligned to a pageblock"},
    {.name = "size",
     .type = FIELD_SIZE,
     AT(cma_config, size),
     .required = true,
     .min = 1,
     .max = MAX_BYTES,
     .doc = "whole pageblocks"},
    {.type = FIELD_END},
};

static const struct field_table cma_table = {
    .name = "cma",
    .doc = "A contiguous memory area, on loan to movable allocations.",
    .size = sizeof(struct cma_config),
    .fields = cma_fields,
};

static const struct field device_fields[] = {
    {.name = "name",
     .type = FIELD_NAME,
     AT(device_config, name),
     .required = true,
     .doc = "\"disk\" holds files; \"swap\", \"swap2\" and so on hold swapped pages"},
    {.name = "read_latency",
     .type = FIELD_TIME,
     AT(device_config, read_latency),
     .def = "\"80us\"",
     .max = 1000 * NSEC_PER_SEC,
     .doc = "of one request, idle device"},
    {.name = "write_latency",
     .type = FIELD_TIME,
     AT(device_config, write_latency),
     .def = "\"20us\"",
     .max = 1000 * NSEC_PER_SEC,
     .doc = "of one request, idle device"},
    {.name = "busy_latency",
     .type = FIELD_TIME,
     AT(device_config, busy_latency),
     .def = "0",
     .max = 1000 * NSEC_PER_SEC,
     .doc = "of a write by the clock of a CPU that is busy meanwhile, if that clock counts its "
	    "instructions (an emulated machine); 0: there is one time for all"},
    {.name = "read_bandwidth",
     .type = FIELD_SIZE,
     AT(device_config, read_bandwidth),
     .def = "\"3000M\"",
     .max = MAX_BYTES,
     .unit = "bytes/s",
     .doc = "0: no limit"},
    {.name = "write_bandwidth",
     .type = FIELD_SIZE,
     AT(device_config, write_bandwidth),
     .def = "\"2000M\"",
     .max = MAX_BYTES,
     .unit = "bytes/s",
     .doc = "0: no limit"},
    {.name = "depth",
     .type = FIELD_U64,
     AT(device_config, depth),
     .def = "64",
     .min = 1,
     .max = 1024,
     .doc = "requests served side by side"},
    {.name = "segments",
     .type = FIELD_U64,
     AT(device_config, segments),
     .def = "128",
     .min = 1,
     .max = 65535,
     .doc = "of swap: pieces of memory, so pages, that one request may consist of"},
    {.name = "block_size",
     .type = FIELD_SIZE,
     AT(device_config, block_size),
     .def = "\"4KiB\"",
     .min = 512,
     .max = 65536,
     .doc = "of the file system on it, a power of two: written pages have a buffer head a block"},
    {.name = "indirect",
     .type = FIELD_BOOL,
     AT(device_config, indirect),
     .def = "false",
     .doc = "of swap: as virtio, each request needs memory for a table of its pieces"},
    {.name = "size",
     .type = FIELD_SIZE,
     AT(device_config, size),
     .def = "0",
     .max = MAX_BYTES,
     .doc = "0: not limited; swap needs one"},
    {.name = "priority",
     .type = FIELD_S64,
     AT(device_config, priority),
     .def = "-1",
     .min = -1,
     .max = 32767,
     .doc = "of swap: higher ones are filled first, equal ones in turn"},
    {.name = "rotational",
     .type = FIELD_BOOL,
     AT(device_config, rotational),
     .def = "false",
     .doc = "of swap: it seeks, so slots are taken in order and read ahead by their neighbours"},
    {.name = "synchronous",
     .type = FIELD_BOOL,
     AT(device_config, synchronous),
     .def = "false",
     .doc = "of swap: as zram, done at once by the CPU at the costs zram_store and zram_load"},
    {.type = FIELD_END},
};

static const struct field_table device_table = {
    .name = "device",
    .doc = "A block device as a queue (defaults: datacentre NVMe).",
    .size = sizeof(struct device_config),
    .fields = device_fields,
};

static const struct field machine_fields[] = {
    {.name = "name",
     .type = FIELD_NAME,
     AT(machine_config, name),
     .def = "\"machine\"",
     .doc = "of the machine, for reports"},
    {.name = "arch",
     .type = FIELD_ENUM,
     AT(machine_config, arch),
     .required = true,
     .allowed = arch_names,
     .doc = "decides zone limits, block orders and page sizes"},
    {.name = "page_size",
     .type = FIELD_SIZE,
     AT(machine_config, page_size),
     .def = "\"4KiB\"",
     .min = 4096,
     .max = 65536,
     .doc = "arm64: 4, 16 or 64 KiB"},
    {.name = "hz",
     .type = FIELD_U64,
     AT(machine_config, hz),
     .def = "250",
     .min = 24,
     .max = 10000,
     .unit = "1/s",
     .doc = "clock ticks (CONFIG_HZ)"},
    {.name = "cpu_turn",
     .type = FIELD_TIME,
     AT(machine_config, cpu_turn),
     .def = "0",
     .max = NSEC_PER_SEC,
     .doc = "an emulated machine whose CPUs share one of the host, by turns that end at multiples "
	    "of this, and but for the first CPU's at clock ticks; 0: each CPU is a real one"},
    {.name = "uptime",
     .type = FIELD_TIME,
     AT(machine_config, uptime),
     .def = "0",
     .max = 86400 * NSEC_PER_SEC,
     .doc = "how long it has been on when the run begins: says when work is due that the kernel "
	    "does every few seconds; 0: it is half an interval old"},
    {.name = "boot_time",
     .type = FIELD_TIME,
     AT(machine_config, boot_time),
     .def = "0",
     .max = 3600 * NSEC_PER_SEC,
     .doc = "part of the uptime before such work was first asked for"},
    {.name = "smp",
     .type = FIELD_BOOL,
     AT(machine_config, smp),
     .def = "true",
     .doc = "kernel built for several CPUs (CONFIG_SMP)"},
    {.name = "thp",
     .type = FIELD_BOOL,
     AT(machine_config, thp),
     .def = "true",
     .doc = "transparent huge pages configured"},
    {.name = "hugetlb",
     .type = FIELD_BOOL,
     AT(machine_config, hugetlb),
     .def = "true",
     .doc = "hugetlb configured; with THP it makes a pageblock as large as a huge page"},
    {.name = "cma_configured",
     .type = FIELD_BOOL,
     AT(machine_config, cma_configured),
     .def = "true",
     .doc = "contiguous memory allocator configured"},
    {.name = "isolation",
     .type = FIELD_BOOL,
     AT(machine_config, isolation),
     .def = "true",
     .doc = "page isolation configured (CONFIG_MEMORY_ISOLATION)"},
    {.name = "pageblock_order",
     .type = FIELD_S64,
     AT(machine_config, pageblock_order),
     .def = "-1",
     .min = -1,
     .max = 13,
     .doc = "-1: what the architecture's kernel takes"},
    {.name = "zones",
     .type = FIELD_ARRAY,
     AT(machine_config, zones),
     .item = FIELD_ENUM,
     .allowed = zone_words,
     .max = MAX_NR_ZONES,
     .doc = "zones in the kernel's configuration; empty: the architecture's usual ones"},
    {.name = "nodes",
     .type = FIELD_ARRAY,
     AT(machine_config, nodes),
     .required = true,
     .sub = &node_table,
     .min = 1,
     .max = MACHINE_MAX_NODES,
     .doc = "in order of number"},
    {.name = "low_memory",
     .type = FIELD_SIZE,
     AT(machine_config, low_memory),
     .def = "\"909304KiB\"",
     .min = 16 << 20,
     .max = 4ull << 30,
     .doc = "i386: end of directly mapped memory (default page frame 0x377fe)"},
    {.name = "dma_limit",
     .type = FIELD_SIZE,
     AT(machine_config, dma_limit),
     .def = "0",
     .max = MAX_BYTES,
     .doc = "arm64: the device tree's limit of DMA, exclusive; 0: none"},
    {.name = "kernelcore",
     .type = FIELD_SIZE,
     AT(machine_config, kernelcore),
     .def = "0",
     .max = MAX_BYTES,
     .doc = "boot option: memory that stays out of zone Movable"},
    {.name = "kernelcore_percent",
     .type = FIELD_U64,
     AT(machine_config, kernelcore_percent),
     .def = "0",
     .max = 100,
     .unit = "%",
     .doc = "the same as a share of memory"},
    {.name = "movablecore",
     .type = FIELD_SIZE,
     AT(machine_config, movablecore),
     .def = "0",
     .max = MAX_BYTES,
     .doc = "boot option: memory for zone Movable"},
    {.name = "movablecore_percent",
     .type = FIELD_U64,
     AT(machine_config, movablecore_percent),
     .def = "0",
     .max = 100,
     .unit = "%",
     .doc = "the same as a share of memory"},
    {.name = "reserved",
     .type = FIELD_ARRAY,
     AT(machine_config, reserved),
     .sub = &range_table,
     .max = 1024,
     .doc = "memory the allocator never gets: kernel image, page descriptors, firmware"},
    {.name = "late_free",
     .type = FIELD_ARRAY,
     AT(machine_config, late_free),
     .sub = &range_table,
     .max = 1024,
     .doc = "reserved at first, freed page by page at the end of boot: initrd, init sections"},
    {.name = "cma",
     .type = FIELD_ARRAY,
     AT(machine_config, cma),
     .sub = &cma_table,
     .max = 64,
     .doc = "contiguous memory areas"},
    {.name = "cache_slice",
     .type = FIELD_SIZE,
     AT(machine_config, cache_slice),
     .def = "\"1MiB\"",
     .max = 1ull << 30,
     .doc = "last-level cache per CPU: decides how long high-order frees stay on a CPU"},
    {.name = "devices",
     .type = FIELD_ARRAY,
     AT(machine_config, devices),
     .sub = &device_table,
     .max = 64,
     .doc = "block devices"},
    {.type = FIELD_END},
};

const struct field_table machine_table = {
    .name = "machine",
    .doc = "The hardware, and what its kernel was built for.",
    .size = sizeof(struct machine_config),
    .fields = machine_fields,
};

#define COST_FIELD(member, default_ns, class, text)                                                \
	{.name = #member,                                                                          \
	 .type = FIELD_TIME,                                                                       \
	 AT(costs, member),                                                                        \
	 .def = #default_ns,                                                                       \
	 .max = 1000 * NSEC_PER_SEC,                                                               \
	 .doc = text " [" #class "]"},

static const struct field cost_fields[] = {
    COST_TABLE(COST_FIELD){.type = FIELD_END},
};

const struct field_table costs_table = {
    .name = "costs",
    .doc = "What each step costs. M: measured and published, D: derived from M, E: estimate "
	   "within a factor of three.",
    .size = sizeof(struct costs),
    .fields = cost_fields,
};

static const struct field boot_fields[] = {
    {.name = "mode",
     .type = FIELD_ENUM,
     AT(boot_config, mode),
     .def = "\"cold\"",
     .allowed = boot_modes,
     .doc = "cold: all memory free; proc: as the /proc files of a running machine say; "
	    "recording: machine and exact lists of a recorded kernel"},
    {.name = "zoneinfo",
     .type = FIELD_STRING,
     AT(boot_config, zoneinfo),
     .doc = "file with the text of /proc/zoneinfo, relative to the config"},
    {.name = "buddyinfo",
     .type = FIELD_STRING,
     AT(boot_config, buddyinfo),
     .doc = "file with the text of /proc/buddyinfo; may be the same file"},
    {.name = "pagetypeinfo",
     .type = FIELD_STRING,
     AT(boot_config, pagetypeinfo),
     .doc = "file with the text of /proc/pagetypeinfo; may be the same file"},
    {.name = "hints",
     .type = FIELD_STRING,
     AT(boot_config, hints),
     .doc = "file of page frames known to be free or in use, from an imported trace"},
    {.name = "recording",
     .type = FIELD_STRING,
     AT(boot_config, recording),
     .doc = "file of a recording whose first state is the start; it brings its machine"},
    {.type = FIELD_END},
};

static bool check_boot(struct field_ctx *ctx, void *object)
{
	const struct boot_config *boot = object;
	bool files = boot->zoneinfo || boot->buddyinfo || boot->pagetypeinfo || boot->hints;

	if (boot->mode == BOOT_COLD && (files || boot->recording))
		return field_error(ctx, "mode", "a cold boot takes no files");
	if (boot->mode == BOOT_RECORDING && (files || !boot->recording))
		return field_error(ctx, "mode",
				   "\"recording\" needs the file recording and no other");
	if (boot->mode == BOOT_PROC && boot->recording)
		return field_error(ctx, "mode", "\"proc\" takes no recording");
	if (boot->mode == BOOT_PROC && (!boot->zoneinfo || !boot->buddyinfo))
		return field_error(ctx, "mode", "\"proc\" needs the files zoneinfo and buddyinfo");
	return true;
}

const struct field_table boot_table = {
    .name = "boot",
    .doc = "In which state the machine is at the start.",
    .size = sizeof(struct boot_config),
    .fields = boot_fields,
    .check = check_boot,
};

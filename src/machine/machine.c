/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds the frozen machine from its config. Everything a person can get wrong is refused here with
 * its place in the file; the rooms above rely on the result.
 */
#include "machine/machine.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/machine_fields.h"
#include "machine/machine_zones.h"

struct builder {
	struct machine *m;
	const struct machine_config *config;
	struct field_ctx *ctx;
};

/* A range with its place in the config, while ranges are sorted and compared. */
struct placed {
	struct pfn_range range;
	char path[48];
};

static bool no_memory(struct builder *b)
{
	return err_set(b->ctx->err, ERR_HOST_RES, "the host has no memory for this machine");
}

struct arch {
	const char *name;
	u32 page_shifts; /* bit per page_shift */
	u32 zones;	 /* usual configuration, bit per zone type */
	u32 zones_known;
};

#define ZONES_64 (BIT(ZONE_DMA) | BIT(ZONE_DMA32) | BIT(ZONE_NORMAL) | BIT(ZONE_MOVABLE))
#define ZONES_32 (BIT(ZONE_DMA) | BIT(ZONE_NORMAL) | BIT(ZONE_HIGHMEM) | BIT(ZONE_MOVABLE))

static const struct arch arches[NR_ARCHES] = {
    [ARCH_X86_64] = {"x86-64", BIT(12), ZONES_64, ZONES_64},
    [ARCH_I386] = {"i386", BIT(12), ZONES_32, ZONES_32},
    [ARCH_I386_PAE] = {"i386-pae", BIT(12), ZONES_32, ZONES_32},
    [ARCH_ARM64] = {"arm64", BIT(12) | BIT(14) | BIT(16), ZONES_64, ZONES_64},
};

/* Largest order, and that of a huge page. arch/arm64/Kconfig, include/linux/mmzone.h (7.2) */
static void arch_orders(const struct machine *m, u32 *max_order, u32 *pmd_order)
{
	*max_order = 10;
	*pmd_order = m->arch == ARCH_I386 ? 10 : 9;
	if (m->arch == ARCH_ARM64 && m->page_shift == 14)
		*max_order = *pmd_order = 11;
	if (m->arch == ARCH_ARM64 && m->page_shift == 16)
		*max_order = *pmd_order = 13;
}

/* mm/mm_init.c:set_pageblock_order, include/linux/pageblock-flags.h (7.2) */
static bool build_orders(struct builder *b)
{
	const struct machine_config *config = b->config;
	struct machine *m = b->m;
	u32 pmd_order;

	arch_orders(m, &m->max_order, &pmd_order);
	m->pageblock_order = config->hugetlb || config->thp ? pmd_order : m->max_order;
	if (config->pageblock_order < 0)
		return true;
	if (config->pageblock_order < 3 || config->pageblock_order > m->max_order)
		return field_error(b->ctx, "pageblock_order",
				   "expected 3..%u on %s with these pages", m->max_order,
				   arches[m->arch].name);
	m->pageblock_order = (u32)config->pageblock_order;
	return true;
}

static bool build_kernel(struct builder *b)
{
	const struct machine_config *config = b->config;
	const struct arch *arch = &arches[config->arch];
	struct machine *m = b->m;
	u32 zones = arch->zones;

	m->arch = (enum machine_arch)config->arch;
	m->name = config->name;
	m->page_shift = (u32)__builtin_ctzll(config->page_size | 1ull << 63);
	if (config->page_size & (config->page_size - 1) ||
	    !(arch->page_shifts & BIT(m->page_shift)))
		return field_error(b->ctx, "page_size", "%s has no pages of %llu bytes", arch->name,
				   (unsigned long long)config->page_size);
	m->hz = (u32)config->hz;
	m->cpu_turn_ns = config->cpu_turn;
	m->uptime_ns = config->uptime;
	m->boot_ns = config->boot_time;
	m->smp = config->smp;
	m->thp_configured = config->thp;
	m->cma_configured = config->cma_configured;
	m->isolation_configured = config->isolation;
	m->cache_slice_bytes = config->cache_slice;
	if (config->zones.n)
		zones = BIT(ZONE_NORMAL);
	for (u32 i = 0; i < config->zones.n; i++)
		zones |= BIT(((const u32 *)config->zones.items)[i]);
	if (zones & ~arch->zones_known)
		return field_error(b->ctx, "zones", "%s has no zone %s", arch->name,
				   zones & ~arch->zones_known & BIT(ZONE_HIGHMEM) ? "HighMem"
										  : "DMA32");
	for (u32 type = 0; type < MAX_NR_ZONES; type++)
		m->zone_configured[type] = zones & BIT(type);
	return build_orders(b);
}

static int placed_cmp(const void *a, const void *b)
{
	const struct pfn_range *x = &((const struct placed *)a)->range;
	const struct pfn_range *y = &((const struct placed *)b)->range;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

/* One range of bytes as page frames, with its place in the file. */
static bool place(struct builder *b, struct placed *p, u64 start, u64 end, u32 node)
{
	u64 page = 1ull << b->m->page_shift;

	if ((start | end) & (page - 1))
		return field_error(b->ctx, p->path, "not a multiple of the page size (%llu KiB)",
				   (unsigned long long)page >> 10);
	p->range = (struct pfn_range){start >> b->m->page_shift, end >> b->m->page_shift, node};
	/* The highest frame number is the sign of "no frame". */
	if (p->range.end >= MACHINE_MAX_PFN)
		return field_error(b->ctx, p->path,
				   "beyond the largest address (page frame 2^32-2)");
	return true;
}

/* Sorts; false if two overlap. */
static bool sort_placed(struct builder *b, struct placed *p, u32 n)
{
	bool ok = true;

	qsort(p, n, sizeof(*p), placed_cmp);
	for (u32 i = 1; i < n; i++)
		if (p[i].range.start < p[i - 1].range.end)
			ok = field_error(b->ctx, p[i].path, "overlaps %s", p[i - 1].path);
	return ok;
}

static struct pfn_range *copy_ranges(struct builder *b, const struct placed *p, u32 n)
{
	struct pfn_range *ranges = arena_alloc_array(b->ctx->arena, n + 1, sizeof(*ranges));

	for (u32 i = 0; ranges && i < n; i++)
		ranges[i] = p[i].range;
	return ranges;
}

/* A node's memory may not lie inside another's: spans would overlap. */
static bool check_interleaved(struct builder *b, const struct placed *p, u32 n)
{
	u64 seen = 0;

	for (u32 i = 0; i < n; i++) {
		u64 bit = 1ull << p[i].range.node;

		if ((seen & bit) && p[i - 1].range.node != p[i].range.node)
			return field_error(b->ctx, p[i].path,
					   "memory of node %u lies between ranges of node %u",
					   p[i - 1].range.node, p[i].range.node);
		seen |= bit;
	}
	return true;
}

/* Neighbouring ranges of a node become one, as memblock keeps them. */
static u32 merge_ranges(struct placed *p, u32 n)
{
	u32 out = 0;

	for (u32 i = 1; i < n; i++) {
		if (p[out].range.end == p[i].range.start && p[out].range.node == p[i].range.node)
			p[out].range.end = p[i].range.end;
		else
			p[++out] = p[i];
	}
	return n ? out + 1 : 0;
}

static bool check_memory_limits(struct builder *b)
{
	struct machine *m = b->m;
	u64 pages = 0;

	for (u32 i = 0; i < m->nr_memory; i++)
		pages += m->memory[i].end - m->memory[i].start;
	m->start_pfn = m->memory[0].start;
	m->end_pfn = m->memory[m->nr_memory - 1].end;
	if (pages > MACHINE_MAX_PAGES)
		return field_error(
		    b->ctx, "nodes", "%llu pages of memory, at most %llu are modelled",
		    (unsigned long long)pages, (unsigned long long)MACHINE_MAX_PAGES);
	if (m->arch == ARCH_I386 && m->end_pfn > 1u << 20)
		return field_error(b->ctx, "nodes", "i386 without PAE reaches 4 GiB");
	if (m->arch == ARCH_I386_PAE && m->end_pfn > 1u << 24)
		return field_error(b->ctx, "nodes", "i386 with PAE reaches 64 GiB");
	return true;
}

static bool build_memory(struct builder *b)
{
	const struct node_config *nodes = b->config->nodes.items;
	struct placed *placed;
	u32 n = 0;
	bool ok = true;

	for (u32 nid = 0; nid < b->config->nodes.n; nid++)
		n += nodes[nid].memory.n;
	if (!n)
		return field_error(b->ctx, "nodes", "no node has memory");
	placed = arena_alloc_array(b->ctx->arena, n, sizeof(*placed));
	if (!placed)
		return no_memory(b);
	n = 0;
	for (u32 nid = 0; nid < b->config->nodes.n; nid++) {
		const struct range_config *ranges = nodes[nid].memory.items;

		for (u32 i = 0; i < nodes[nid].memory.n; i++, n++) {
			snprintf(placed[n].path, sizeof(placed[n].path), "nodes[%u].memory[%u]",
				 nid, i);
			ok &= place(b, &placed[n], ranges[i].start, ranges[i].end, nid);
		}
	}
	if (!ok || !sort_placed(b, placed, n) || !check_interleaved(b, placed, n))
		return false;
	b->m->nr_memory = merge_ranges(placed, n);
	b->m->memory = copy_ranges(b, placed, b->m->nr_memory);
	return b->m->memory ? check_memory_limits(b) : no_memory(b);
}

static bool build_cpus(struct builder *b)
{
	const struct node_config *nodes = b->config->nodes.items;
	struct machine *m = b->m;
	u32 cpu = 0;

	for (u32 nid = 0; nid < m->nr_nodes; nid++) {
		m->nr_cpus += (u32)nodes[nid].cpus;
		if (!nodes[nid].cpus && !nodes[nid].memory.n)
			return field_error(b->ctx, "nodes", "node %u has neither memory nor CPUs",
					   nid);
	}
	if (!m->nr_cpus || m->nr_cpus > MACHINE_MAX_CPUS)
		return field_error(b->ctx, "nodes", "%u CPUs in all, expected 1..%u", m->nr_cpus,
				   MACHINE_MAX_CPUS);
	if (!m->smp && m->nr_cpus > 1)
		return field_error(b->ctx, "smp", "a kernel without SMP runs on one CPU, not %u",
				   m->nr_cpus);
	m->cpu_node = arena_alloc_array(b->ctx->arena, m->nr_cpus, sizeof(*m->cpu_node));
	if (!m->cpu_node)
		return no_memory(b);
	for (u32 nid = 0; nid < m->nr_nodes; nid++)
		for (u64 i = 0; i < nodes[nid].cpus; i++)
			m->cpu_node[cpu++] = nid;
	return true;
}

static bool build_distances(struct builder *b)
{
	const struct node_config *nodes = b->config->nodes.items;
	struct machine *m = b->m;

	m->distance = arena_alloc_array(b->ctx->arena, (size_t)m->nr_nodes * m->nr_nodes,
					sizeof(*m->distance));
	if (!m->distance)
		return no_memory(b);
	for (u32 i = 0; i < m->nr_nodes; i++) {
		const u64 *row = nodes[i].distances.items;
		char path[48];

		snprintf(path, sizeof(path), "nodes[%u].distances", i);
		if (nodes[i].distances.n && nodes[i].distances.n != m->nr_nodes)
			return field_error(b->ctx, path, "%u distances for %u nodes",
					   nodes[i].distances.n, m->nr_nodes);
		for (u32 k = 0; k < m->nr_nodes; k++) {
			u64 d = nodes[i].distances.n ? row[k] : i == k ? 10 : 20;

			if (i == k ? d != 10 : d <= 10 || d > 255)
				return field_error(b->ctx, path,
						   "expected 10 to itself, 11..255 to others");
			m->distance[i * m->nr_nodes + k] = (u32)d;
		}
	}
	return true;
}

/* The range of memory that holds [start, end) whole; NULL if none does. */
static const struct pfn_range *memory_around(const struct machine *m, u64 start, u64 end)
{
	for (u32 i = 0; i < m->nr_memory; i++)
		if (m->memory[i].start <= start && end <= m->memory[i].end)
			return &m->memory[i];
	return NULL;
}

static bool place_in_memory(struct builder *b, struct placed *p, u64 start, u64 end)
{
	const struct pfn_range *memory;

	if (!place(b, p, start, end, 0))
		return false;
	memory = memory_around(b->m, p->range.start, p->range.end);
	if (!memory)
		return field_error(b->ctx, p->path, "does not lie inside one range of memory");
	p->range.node = memory->node;
	return true;
}

static bool place_ranges(struct builder *b, const char *name, const struct field_array *array,
			 struct placed *placed)
{
	const struct range_config *ranges = array->items;
	bool ok = true;

	for (u32 i = 0; i < array->n; i++) {
		snprintf(placed[i].path, sizeof(placed[i].path), "%s[%u]", name, i);
		ok &= place_in_memory(b, &placed[i], ranges[i].start, ranges[i].end);
	}
	return ok;
}

static bool place_cma(struct builder *b, struct placed *placed)
{
	const struct cma_config *areas = b->config->cma.items;
	u64 block = 1ull << (b->m->pageblock_order + b->m->page_shift);
	bool ok = true;

	if (b->config->cma.n && !b->m->cma_configured)
		return field_error(b->ctx, "cma", "areas need cma_configured");
	for (u32 i = 0; i < b->config->cma.n; i++) {
		snprintf(placed[i].path, sizeof(placed[i].path), "cma[%u]", i);
		if ((areas[i].start | areas[i].size) & (block - 1))
			ok = field_error(b->ctx, placed[i].path,
					 "not a multiple of the pageblock size (%llu KiB)",
					 (unsigned long long)block >> 10);
		else
			ok &= place_in_memory(b, &placed[i], areas[i].start,
					      areas[i].start + areas[i].size);
	}
	return ok;
}

static bool copy_cma(struct builder *b, const struct placed *placed)
{
	const struct cma_config *areas = b->config->cma.items;
	struct machine *m = b->m;

	m->nr_cma = b->config->cma.n;
	m->cma = arena_alloc_array(b->ctx->arena, m->nr_cma + 1, sizeof(*m->cma));
	if (!m->cma)
		return no_memory(b);
	for (u32 i = 0; i < m->nr_cma; i++)
		m->cma[i] =
		    (struct cma_area){areas[i].name, placed[i].range.start, placed[i].range.end};
	return true;
}

/* What memblock does not hand over: reserved for good, freed later, or activated as CMA. */
static bool build_reserved(struct builder *b)
{
	const struct machine_config *config = b->config;
	u32 nr_reserved = config->reserved.n, nr_late = config->late_free.n;
	u32 n = nr_reserved + nr_late + config->cma.n;
	struct placed *placed = arena_alloc_array(b->ctx->arena, n + 1, sizeof(*placed));
	struct placed *late = placed + nr_reserved, *cma = late + nr_late;
	struct machine *m = b->m;

	if (!placed)
		return no_memory(b);
	if (!place_ranges(b, "reserved", &config->reserved, placed) ||
	    !place_ranges(b, "late_free", &config->late_free, late) || !place_cma(b, cma) ||
	    !copy_cma(b, cma) || !sort_placed(b, placed, nr_reserved) ||
	    !sort_placed(b, late, nr_late))
		return false;
	m->nr_reserved = nr_reserved;
	m->reserved = copy_ranges(b, placed, nr_reserved);
	m->nr_late_free = nr_late;
	m->late_free = copy_ranges(b, late, nr_late);
	if (!m->reserved || !m->late_free)
		return no_memory(b);
	return sort_placed(b, placed, n); /* also against each other */
}

static bool check_cma_zones(struct builder *b)
{
	const struct machine *m = b->m;

	for (u32 i = 0; i < m->nr_cma; i++) {
		bool inside = false;
		char path[48];

		for (u32 z = 0; z < m->nr_zones; z++) {
			const struct machine_zone *zone = &m->zones[z];

			inside |= m->cma[i].start >= zone->start_pfn &&
				  m->cma[i].end <= zone->start_pfn + zone->spanned;
		}
		snprintf(path, sizeof(path), "cma[%u]", i);
		if (!inside)
			return field_error(b->ctx, path, "crosses the border of a zone");
	}
	return true;
}

static bool build_zones(struct builder *b)
{
	const struct machine_config *config = b->config;
	struct machine *m = b->m;
	struct zone_params params = {
	    .low_memory = config->low_memory >> m->page_shift,
	    .dma_limit = config->dma_limit,
	    .kernelcore = config->kernelcore >> m->page_shift,
	    .movablecore = config->movablecore >> m->page_shift,
	    .kernelcore_percent = config->kernelcore_percent,
	    .movablecore_percent = config->movablecore_percent,
	};
	u64 *movable = arena_alloc_array(b->ctx->arena, m->nr_nodes, sizeof(*movable));
	u64 limit[MAX_NR_ZONES];

	m->zones =
	    arena_alloc_array(b->ctx->arena, (size_t)m->nr_nodes * MAX_NR_ZONES, sizeof(*m->zones));
	if (!movable || !m->zones)
		return no_memory(b);
	machine_zone_limits(m, &params, limit);
	if (limit[ZONE_HIGHMEM] < m->end_pfn)
		return field_error(b->ctx, "zones", "memory above %llu MiB needs zone HighMem",
				   (unsigned long long)config->low_memory >> 20);
	machine_movable_starts(m, &params, limit, movable);
	machine_fill_zones(m, limit, movable);
	assert(m->nr_zones);
	return check_cma_zones(b);
}

bool machine_device_is_swap(const struct machine_device *dev)
{
	return !strncmp(dev->name, "swap", 4) &&
	       strspn(dev->name + 4, "0123456789") == strlen(dev->name + 4);
}

static bool build_devices(struct builder *b)
{
	const struct device_config *devices = b->config->devices.items;
	struct machine *m = b->m;

	m->nr_devices = b->config->devices.n;
	m->devices = arena_alloc_array(b->ctx->arena, m->nr_devices + 1, sizeof(*m->devices));
	if (!m->devices)
		return no_memory(b);
	for (u32 i = 0; i < m->nr_devices; i++) {
		const struct device_config *d = &devices[i];
		char path[48];

		m->devices[i] = (struct machine_device){
		    .name = d->name,
		    .size = d->size,
		    .priority = (s32)d->priority,
		    .rotational = d->rotational,
		    .synchronous = d->synchronous,
		    .params =
			{
			    .read_latency_ns = d->read_latency,
			    .write_latency_ns = d->write_latency,
			    .busy_latency_ns = d->busy_latency,
			    .read_bytes_per_s = d->read_bandwidth,
			    .write_bytes_per_s = d->write_bandwidth,
			    .depth = (u32)d->depth,
			    .max_segments = (u32)d->segments,
			    .block_size = d->block_size,
			    .indirect = d->indirect,
			},
		};
		snprintf(path, sizeof(path), "devices[%u].name", i);
		for (u32 k = 0; k < i; k++)
			if (!strcmp(devices[k].name, d->name))
				return field_error(b->ctx, path, "two devices of this name");
		snprintf(path, sizeof(path), "devices[%u].block_size", i);
		if (d->block_size & (d->block_size - 1))
			return field_error(b->ctx, path, "%llu is not a power of two",
					   (unsigned long long)d->block_size);
		snprintf(path, sizeof(path), "devices[%u].size", i);
		if (machine_device_is_swap(&m->devices[i]) && d->size >> m->page_shift == 0)
			return field_error(b->ctx, path, "swap needs a size of at least a page");
	}
	return true;
}

bool machine_build(struct machine *machine, const struct machine_config *config,
		   const struct costs *costs, struct field_ctx *ctx)
{
	struct builder b = {machine, config, ctx};

	assert(config->arch < NR_ARCHES);
	*machine = (struct machine){.costs = *costs, .nr_nodes = config->nodes.n};
	return build_kernel(&b) && build_memory(&b) && build_cpus(&b) && build_distances(&b) &&
	       build_reserved(&b) && build_zones(&b) && build_devices(&b);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zonelists. Nodes equally far are taken in turn by a load that grows with use, so that not every
 * node falls back to the same neighbour.
 */
#include "mm/zonelist.h"

#include <stdlib.h>

#define PENALTY_FOR_NODE_WITH_CPUS 1
#define NODE_LOAD_SCALE		   64 /* MAX_NUMNODES: only has to exceed any load */

struct node_order {
	u32 *load; /* [nr_nodes], kept over all nodes of a rebuild */
	bool *used;
};

/* Nearest unused node with memory; -1: none. mm/page_alloc.c:find_next_best_node */
static s32 find_next_best_node(const struct mm *mm, const struct node_order *order, u32 nid)
{
	u64 best_val = UINT64_MAX;
	s32 best = -1;

	if (!order->used[nid] &&
	    (mm->nodes[nid].has_memory || !mm->profile->zonelist_needs_local_memory))
		return (s32)nid;
	for (u32 n = 0; n < mm->nr_nodes; n++) {
		u64 val;

		if (order->used[n] || !mm->nodes[n].has_memory)
			continue;
		val = mm->machine->distance[nid * mm->nr_nodes + n];
		val += n < nid;
		if (mm->nodes[n].has_cpus)
			val += PENALTY_FOR_NODE_WITH_CPUS;
		val = val * NODE_LOAD_SCALE + order->load[n];
		if (val < best_val) {
			best_val = val;
			best = (s32)n;
		}
	}
	return best;
}

static u32 add_node_zones(const struct mm *mm, u32 nid, u16 *list, u32 n)
{
	for (u32 type = MAX_NR_ZONES; type-- > 0;) {
		const struct zone *zone = &mm->zones[nid * MAX_NR_ZONES + type];

		if (populated_zone(zone))
			list[n++] = zone->idx;
	}
	return n;
}

static void build_zonelist(struct mm *mm, struct node_order *order, u32 nid)
{
	struct pglist_data *pgdat = &mm->nodes[nid];
	const u32 *distance = &mm->machine->distance[nid * mm->nr_nodes];
	u32 prev = nid;
	s32 next;

	for (u32 n = 0; n < mm->nr_nodes; n++)
		order->used[n] = false;
	pgdat->nr_fallback = 0;
	while ((next = find_next_best_node(mm, order, nid)) >= 0) {
		order->used[next] = true;
		if (distance[next] != distance[prev])
			order->load[next]++;
		prev = (u32)next;
		pgdat->nr_fallback = add_node_zones(mm, prev, pgdat->fallback, pgdat->nr_fallback);
	}
	pgdat->nr_nofallback = add_node_zones(mm, nid, pgdat->nofallback, 0);
}

void zonelists_note_first(struct mm *mm)
{
	for (u32 nid = 0; nid < mm->nr_nodes; nid++) {
		struct pglist_data *pgdat = &mm->nodes[nid];

		for (u32 type = 0; type < MAX_NR_ZONES; type++) {
			pgdat->first_zone[type] = NULL;
			for (u32 i = pgdat->nr_fallback; i-- > 0;)
				if (mm->zones[pgdat->fallback[i]].type <= type)
					pgdat->first_zone[type] = &mm->zones[pgdat->fallback[i]];
		}
	}
}

bool build_all_zonelists(struct mm *mm, struct err *err)
{
	struct node_order order = {
		.load = calloc(mm->nr_nodes, sizeof(u32)),
		.used = calloc(mm->nr_nodes, sizeof(bool)),
	};
	bool ok = order.load && order.used;

	for (u32 nid = 0; ok && nid < mm->nr_nodes; nid++) {
		struct pglist_data *pgdat = &mm->nodes[nid];

		pgdat->fallback = calloc(mm->nr_zones, sizeof(u16));
		pgdat->nofallback = calloc(MAX_NR_ZONES, sizeof(u16));
		ok = pgdat->fallback && pgdat->nofallback;
		if (ok)
			build_zonelist(mm, &order, nid);
	}
	free(order.load);
	free(order.used);
	if (ok)
		zonelists_note_first(mm);
	return ok || err_set(err, ERR_HOST_RES, "no memory for the zonelists of %u nodes",
			     mm->nr_nodes);
}

void free_zonelists(struct mm *mm)
{
	for (u32 nid = 0; mm->nodes && nid < mm->nr_nodes; nid++) {
		free(mm->nodes[nid].fallback);
		free(mm->nodes[nid].nofallback);
	}
}

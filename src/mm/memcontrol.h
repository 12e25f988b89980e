/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/lru.h"

/*
 * Memory groups in simple form: a flat set, each with hard and soft upper limits; anonymous pages
 * are charged to the group of their address space, cached ones to that of the file's first user.
 * Group 0 is the root: unlimited, uncharged. mm/memcontrol.c (7.2)
 */
struct mem_cgroup {
	const char *name;
	u32 id;
	u64 max, high; /* pages; UINT64_MAX: none */
	u64 usage, peak;
	u64 nr_oom_kills, nr_max_events, nr_high_events;
	bool oom_group;
	struct lruvec *lruvecs; /* [nr_nodes] */
};

/* NULL: host memory. Lives as long as the vm. */
struct mem_cgroup *mem_cgroup_create(struct vm *vm, const char *name, u64 max, u64 high);
void vm_memcg_destroy(struct vm *vm);

/* Before pages join the group: reclaims, then kills within it. False: no room. The root always
   has. mm/memcontrol.c:try_charge_memcg */
bool mem_cgroup_charge(struct vm *vm, struct task_struct *current, struct mem_cgroup *memcg,
		       u64 nr_pages);
void mem_cgroup_uncharge(struct vm *vm, struct mem_cgroup *memcg, u64 nr_pages);
/* Of a folio's owner; the root for what has none. O(1) */
struct mem_cgroup *folio_memcg(const struct vm *vm, u32 folio);

static inline struct lruvec *node_lruvec(const struct vm *vm, u32 nid)
{
	return &vm->memcgs[0]->lruvecs[nid];
}

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/vm.h"

/* Caches that can give memory back. mm/shrinker.c (7.2) */
#define DEFAULT_SEEKS 2
#define SHRINK_BATCH  128
#define SHRINK_STOP   UINT64_MAX

struct shrinker {
	const char *name;
	u32 seeks, batch;
	/* Objects that could be freed on the node. */
	u64 (*count_objects)(struct shrinker *shrinker, struct vm *vm, u32 nid);
	/* Looks at nr objects; how many it freed, or SHRINK_STOP. Charges its own time. */
	u64 (*scan_objects)(struct shrinker *shrinker, struct vm *vm, struct task_struct *current,
			    gfp_t gfp, u32 nid, u64 nr);
	void *arg;
	/* kept by shrinker.c */
	u64 *nr_deferred; /* [nr_nodes] */
	struct shrinker *next;
};

/* The shrinker must outlive the vm. False: host memory. */
bool shrinker_register(struct vm *vm, struct shrinker *shrinker);
void vm_shrinkers_destroy(struct vm *vm);
/* All of them once, at a priority. Objects freed; the slab pages freed meanwhile are added to
   current->reclaimed_slab. mm/shrinker.c:shrink_slab */
u64 shrink_slab(struct vm *vm, struct task_struct *current, gfp_t gfp, u32 nid, u32 priority);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Caches that give memory back under pressure: each is asked how much it could free, and looks at a
 * share of it that grows as the priority falls; what is too little for a batch is owed.
 * mm/shrinker.c (7.2). Left out: shrinkers that know memory groups.
 */
#include "mm/shrinker.h"

#include <stdlib.h>

#include "mm/vmstat.h"

bool shrinker_register(struct vm *vm, struct shrinker *shrinker)
{
	struct shrinker **link = &vm->shrinkers;

	shrinker->nr_deferred = calloc(vm->mm->nr_nodes, sizeof(*shrinker->nr_deferred));
	if (!shrinker->nr_deferred)
		return false;
	while (*link)
		link = &(*link)->next;
	shrinker->next = NULL;
	*link = shrinker;
	return true;
}

void vm_shrinkers_destroy(struct vm *vm)
{
	for (struct shrinker *s = vm->shrinkers; s; s = s->next) {
		free(s->nr_deferred);
		s->nr_deferred = NULL;
	}
	vm->shrinkers = NULL;
}

/* The share of a priority; caches that cost no I/O to fill again give half. */
static u64 share(const struct shrinker *shrinker, u64 freeable, u32 priority)
{
	return shrinker->seeks ? 4 * (freeable >> priority) / shrinker->seeks : freeable / 2;
}

static u64 do_shrink_slab(struct vm *vm, struct task_struct *current, struct shrinker *shrinker,
			  gfp_t gfp, u32 nid, u32 priority)
{
	u64 batch = shrinker->batch ? shrinker->batch : SHRINK_BATCH;
	u64 freeable = shrinker->count_objects(shrinker, vm, nid);
	u64 deferred, delta, total, scanned = 0, freed = 0;

	if (!freeable)
		return 0;
	/* Others that come meanwhile do not see the debt. */
	deferred = shrinker->nr_deferred[nid];
	shrinker->nr_deferred[nid] = 0;
	delta = share(shrinker, freeable, priority);
	total = min_u64((deferred >> priority) + delta, 2 * freeable);
	while (total >= batch || total >= freeable) {
		u64 nr = min_u64(batch, total);
		u64 ret = shrinker->scan_objects(shrinker, vm, current, gfp, nid, nr);

		if (ret == SHRINK_STOP)
			break;
		freed += ret;
		count_vm_events(vm->mm, SLABS_SCANNED, nr);
		total -= nr;
		scanned += nr;
		task_charge(current, CAUSE_RECLAIM, vm->mm->costs.shrinker_call);
		task_spend_partly(vm->mm, current);
	}
	deferred = deferred + delta > scanned ? deferred + delta - scanned : 0;
	shrinker->nr_deferred[nid] += min_u64(deferred, 2 * freeable);
	TRACE(vm->mm, mm_shrink_slab_end, .current = current, .name = shrinker->name, .nid = nid,
	      .priority = priority, .scanned = scanned, .freed = freed);
	return freed;
}

u64 shrink_slab(struct vm *vm, struct task_struct *current, gfp_t gfp, u32 nid, u32 priority)
{
	u64 freed = 0;

	for (struct shrinker *s = vm->shrinkers; s; s = s->next)
		freed += do_shrink_slab(vm, current, s, gfp, nid, priority);
	return freed;
}

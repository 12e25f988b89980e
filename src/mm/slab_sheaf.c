/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sheaves: arrays of free objects before the slabs of a cache. Each CPU has a main one and a spare,
 * each node a barn of full and empty ones. An empty one is filled at once, so that new slabs come
 * several at a time. mm/slub.c (7.2). Left out: the memory of the sheaves themselves, sheaves of
 * objects that wait for a grace period, prefilled ones.
 */
#include <assert.h>
#include <stdlib.h>

#include "mm/slab_internal.h"

#define MAX_FULL_SHEAVES  10u
#define MAX_EMPTY_SHEAVES 10u
#define SHEAF_HEADER	  32u /* bytes of struct slab_sheaf before its pointers */

struct slab_sheaf {
	struct slab_sheaf *next; /* in the barn or in hand */
	u32 size;
	u32 slabs[]; /* [cache->sheaf_capacity] */
};

struct slab_barn {
	struct slab_sheaf *full, *empty;
	u32 nr_full, nr_empty;
};

/*
 * Objects of a sheaf: few large ones, many small ones, then as many as fit into what kmalloc makes
 * of it. mm/slub.c:calculate_sheaf_capacity
 */
static u32 sheaf_capacity(const struct mm *mm, u32 size)
{
	u32 capacity = size >= 1u << mm->page_shift ? 4 : size >= 1024 ? 12 : size >= 256 ? 26 : 60;
	u32 bytes = 1;

	while (bytes < SHEAF_HEADER + capacity * 8)
		bytes *= 2;
	return (bytes - SHEAF_HEADER) / 8;
}

static struct slab_sheaf *sheaf_new(const struct kmem_cache *cache)
{
	struct slab_sheaf *sheaf;

	sheaf = calloc(1, sizeof(*sheaf) + cache->sheaf_capacity * sizeof(sheaf->slabs[0]));
	if (!sheaf)
		cache->vm->no_host_memory = true;
	return sheaf;
}

bool slab_sheaves_create(struct kmem_cache *cache)
{
	const struct mm *mm = cache->vm->mm;

	cache->sheaf_capacity = sheaf_capacity(mm, cache->size);
	cache->sheaves = calloc(mm->nr_cpus, sizeof(*cache->sheaves));
	cache->barn = calloc(mm->nr_nodes, sizeof(*cache->barn));
	if (!cache->sheaves || !cache->barn)
		return false;
	for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++) {
		cache->sheaves[cpu].main = sheaf_new(cache);
		if (!cache->sheaves[cpu].main)
			return false;
	}
	return true;
}

static void free_list(struct slab_sheaf *list)
{
	while (list) {
		struct slab_sheaf *next = list->next;

		free(list);
		list = next;
	}
}

void slab_sheaves_destroy(struct kmem_cache *cache)
{
	const struct mm *mm = cache->vm->mm;

	for (u32 cpu = 0; cache->sheaves && cpu < mm->nr_cpus; cpu++) {
		free(cache->sheaves[cpu].main);
		free(cache->sheaves[cpu].spare);
	}
	for (u32 nid = 0; cache->barn && nid < mm->nr_nodes; nid++) {
		free_list(cache->barn[nid].full);
		free_list(cache->barn[nid].empty);
	}
	free_list(cache->in_hand);
	free(cache->sheaves);
	free(cache->barn);
}

static struct cpu_sheaves *this_cpu(const struct kmem_cache *cache,
				    const struct task_struct *current)
{
	return &cache->sheaves[current->cpu];
}

static struct slab_barn *this_barn(const struct kmem_cache *cache,
				   const struct task_struct *current)
{
	return &cache->barn[cache->vm->mm->machine->cpu_node[current->cpu]];
}

static void push(struct slab_sheaf **list, u32 *nr, struct slab_sheaf *sheaf)
{
	sheaf->next = *list;
	*list = sheaf;
	++*nr;
}

static struct slab_sheaf *pop(struct slab_sheaf **list, u32 *nr)
{
	struct slab_sheaf *sheaf = *list;

	if (sheaf) {
		*list = sheaf->next;
		--*nr;
	}
	return sheaf;
}

static void put_empty(struct slab_barn *barn, struct slab_sheaf *sheaf)
{
	if (barn->nr_empty < MAX_EMPTY_SHEAVES)
		push(&barn->empty, &barn->nr_empty, sheaf);
	else
		free(sheaf);
}

/* The cache knows of a sheaf that is with no CPU and in no barn, so that none is lost. */
static void take_in_hand(struct kmem_cache *cache, struct slab_sheaf *sheaf)
{
	sheaf->next = cache->in_hand;
	cache->in_hand = sheaf;
}

static void let_go(struct kmem_cache *cache, const struct slab_sheaf *sheaf)
{
	struct slab_sheaf **at = &cache->in_hand;

	while (*at != sheaf)
		at = &(*at)->next;
	*at = sheaf->next;
}

/* Fills a sheaf that nobody else has. mm/slub.c:refill_sheaf */
static void sheaf_fill(struct kmem_cache *cache, struct task_struct *current, gfp_t gfp,
		       struct slab_sheaf *sheaf)
{
	take_in_hand(cache, sheaf);
	sheaf->size += slab_take_objects(cache, current, gfp | __GFP_NOMEMALLOC | __GFP_NOWARN,
					 &sheaf->slabs[sheaf->size],
					 cache->sheaf_capacity - sheaf->size);
	let_go(cache, sheaf);
}

/* All objects of a sheaf that nobody else has go back. mm/slub.c:sheaf_flush_unused */
static void sheaf_flush(struct kmem_cache *cache, struct task_struct *current,
			struct slab_sheaf *sheaf)
{
	take_in_hand(cache, sheaf);
	while (sheaf->size)
		slab_put_object(cache, current, sheaf->slabs[--sheaf->size]);
	let_go(cache, sheaf);
}

/* A filled sheaf finds its place; others may have changed this CPU's meanwhile. */
static void install_full(struct kmem_cache *cache, struct task_struct *current,
			 struct slab_sheaf *full)
{
	struct cpu_sheaves *pcs = this_cpu(cache, current);
	struct slab_barn *barn = this_barn(cache, current);

	if (!pcs->main->size) {
		if (!pcs->spare)
			pcs->spare = pcs->main;
		else
			put_empty(barn, pcs->main);
		pcs->main = full;
	} else if (!pcs->spare) {
		pcs->spare = full;
	} else {
		push(&barn->full, &barn->nr_full, full);
	}
}

/* An emptied sheaf finds its place; others may have changed this CPU's meanwhile. */
static void install_empty(struct kmem_cache *cache, struct task_struct *current,
			  struct slab_sheaf *empty)
{
	struct cpu_sheaves *pcs = this_cpu(cache, current);

	if (pcs->main->size < cache->sheaf_capacity || pcs->spare) {
		put_empty(this_barn(cache, current), empty);
		return;
	}
	pcs->spare = pcs->main;
	pcs->main = empty;
}

/* The main sheaf is empty: another takes its place. mm/slub.c:__pcs_replace_empty_main */
static void replace_empty(struct kmem_cache *cache, struct task_struct *current, gfp_t gfp)
{
	struct cpu_sheaves *pcs = this_cpu(cache, current);
	struct slab_barn *barn = this_barn(cache, current);
	struct slab_sheaf *sheaf = pcs->spare;

	if (sheaf && sheaf->size) {
		pcs->spare = pcs->main;
		pcs->main = sheaf;
		return;
	}
	if (barn->nr_full) {
		put_empty(barn, pcs->main);
		pcs->main = pop(&barn->full, &barn->nr_full);
		return;
	}
	pcs->spare = NULL;
	if (!sheaf)
		sheaf = pop(&barn->empty, &barn->nr_empty);
	if (!sheaf)
		sheaf = sheaf_new(cache);
	if (!sheaf)
		return;
	sheaf_fill(cache, current, gfp, sheaf);
	if (sheaf->size)
		install_full(cache, current, sheaf);
	else
		put_empty(this_barn(cache, current), sheaf);
}

u32 slab_sheaf_alloc(struct kmem_cache *cache, struct task_struct *current, gfp_t gfp)
{
	struct slab_sheaf *main;
	u32 id;

	if (!this_cpu(cache, current)->main->size)
		replace_empty(cache, current, gfp);
	main = this_cpu(cache, current)->main;
	if (main->size)
		return main->slabs[--main->size];
	/* Who may use the reserves does so for itself only. mm/slub.c:__slab_alloc_node */
	return slab_take_objects(cache, current, gfp, &id, 1) ? id : SLAB_NONE;
}

/* The main sheaf and the spare are full, and so is the barn, or it has no empty ones.
   mm/slub.c:__pcs_replace_full_main */
static void replace_full(struct kmem_cache *cache, struct task_struct *current)
{
	struct cpu_sheaves *pcs = this_cpu(cache, current);
	struct slab_barn *barn = this_barn(cache, current);
	struct slab_sheaf *sheaf = pcs->spare;

	if (sheaf && sheaf->size < cache->sheaf_capacity) {
		pcs->spare = pcs->main;
		pcs->main = sheaf;
		return;
	}
	pcs->spare = NULL;
	if (sheaf && barn->nr_full >= MAX_FULL_SHEAVES) {
		sheaf_flush(cache, current, sheaf);
	} else {
		if (sheaf)
			push(&barn->full, &barn->nr_full, sheaf);
		sheaf = pop(&barn->empty, &barn->nr_empty);
		if (!sheaf)
			sheaf = sheaf_new(cache);
	}
	if (sheaf)
		install_empty(cache, current, sheaf);
}

void slab_sheaf_free(struct kmem_cache *cache, struct task_struct *current, u32 id)
{
	struct slab_sheaf *main = this_cpu(cache, current)->main;

	if (main->size == cache->sheaf_capacity) {
		replace_full(cache, current);
		main = this_cpu(cache, current)->main;
	}
	if (main->size < cache->sheaf_capacity)
		main->slabs[main->size++] = id;
	else
		slab_put_object(cache, current, id);
}

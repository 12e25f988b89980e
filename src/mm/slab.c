/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slab caches after mm/slub.c: each CPU allocates from its sheaves (slab_sheaf.c) or, in kernels
 * without, from a slab of its own; then from the node's partial slabs, then from a new one, of the
 * order that wastes least, or of the smallest when that order is not to be had. A slab goes back to
 * the page allocator when its last object does, unless few partial ones are left. Left out: per-CPU
 * partial lists, debugging, merging of caches, kmalloc's large sizes.
 */
#include "mm/slab_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mm/vm_internal.h"

#define SLUB_MAX_ORDER PAGE_ALLOC_COSTLY_ORDER
#define MIN_PARTIAL    5u
#define MAX_PARTIAL    10u
#define SLAB_CHUNK     256u

struct slab_pool {
	struct kmem_cache *caches;
	struct slab **chunks;
	u32 nr_chunks, free;
};

static u32 fls_u32(u32 x)
{
	return x ? 32u - (u32)__builtin_clz(x) : 0;
}

/* Order of the smallest block that holds so many bytes. include/asm-generic/getorder.h */
static u32 get_order(const struct mm *mm, u64 bytes)
{
	u64 pages = (bytes + (1ull << mm->page_shift) - 1) >> mm->page_shift;

	return pages <= 1 ? 0 : 64u - (u32)__builtin_clzll(pages - 1);
}

static u32 order_objects(const struct mm *mm, u32 order, u32 size)
{
	return (u32)((1ull << (mm->page_shift + order)) / size);
}

u32 slab_calculate_order(const struct mm *mm, u32 size)
{
	u32 max_objects = order_objects(mm, SLUB_MAX_ORDER, size);
	u32 min_objects = 4 * (fls_u32(mm->nr_cpus) + 1), min_order;

	max_objects = max_objects ? max_objects : 1;
	min_objects = min_objects < max_objects ? min_objects : max_objects;
	min_order = get_order(mm, (u64)min_objects * size);
	if (order_objects(mm, min_order, size) > SLAB_OBJECTS_MAX)
		return get_order(mm, (u64)size * SLAB_OBJECTS_MAX) - 1;
	/* Waste at most a sixteenth; if no order does, an eighth, and so on. */
	for (u32 fraction = 16; fraction > 1; fraction /= 2) {
		for (u32 order = min_order; order <= SLUB_MAX_ORDER; order++) {
			u64 bytes = 1ull << (mm->page_shift + order);

			if (bytes % size <= bytes / fraction)
				return order;
		}
	}
	return get_order(mm, size);
}

static struct slab_pool *pool_get(struct vm *vm)
{
	if (!vm->slabs)
		vm->slabs = calloc(1, sizeof(*vm->slabs));
	return vm->slabs;
}

struct slab *slab_by_id(const struct vm *vm, u32 id)
{
	return &vm->slabs->chunks[id / SLAB_CHUNK][id % SLAB_CHUNK];
}

static void cache_free(struct kmem_cache *cache)
{
	slab_sheaves_destroy(cache);
	free(cache->cpu_slab);
	free(cache->partial);
	free(cache->nr_partial);
	free(cache);
}

void vm_slabs_destroy(struct vm *vm)
{
	struct slab_pool *pool = vm->slabs;

	if (!pool)
		return;
	while (pool->caches) {
		struct kmem_cache *cache = pool->caches;

		pool->caches = cache->next;
		cache_free(cache);
	}
	for (u32 i = 0; i < pool->nr_chunks; i++)
		free(pool->chunks[i]);
	free(pool->chunks);
	free(pool);
	vm->slabs = NULL;
}

static u32 clamp_partial(u32 size)
{
	u32 nr = (fls_u32(size) - 1) / 2;

	return nr < MIN_PARTIAL ? MIN_PARTIAL : nr > MAX_PARTIAL ? MAX_PARTIAL : nr;
}

struct kmem_cache *kmem_cache_create(struct vm *vm, u32 size, u32 align, bool reclaimable,
				     bool account)
{
	struct slab_pool *pool = pool_get(vm);
	struct kmem_cache *cache = pool ? calloc(1, sizeof(*cache)) : NULL;

	if (!cache)
		return NULL;
	assert(size && align >= 8 && !(align & (align - 1)));
	cache->cpu_slab = calloc(vm->mm->nr_cpus, sizeof(*cache->cpu_slab));
	cache->partial = calloc(vm->mm->nr_nodes, sizeof(*cache->partial));
	cache->nr_partial = calloc(vm->mm->nr_nodes, sizeof(*cache->nr_partial));
	cache->vm = vm;
	cache->size = (size + align - 1) & ~(align - 1);
	if (!cache->cpu_slab || !cache->partial || !cache->nr_partial ||
	    (vm->mm->profile->slab_sheaves && !slab_sheaves_create(cache))) {
		cache_free(cache);
		return NULL;
	}
	cache->order = slab_calculate_order(vm->mm, cache->size);
	cache->min_order = get_order(vm->mm, cache->size);
	cache->min_partial = clamp_partial(cache->size);
	cache->reclaimable = reclaimable;
	cache->allocflags = (cache->order ? __GFP_COMP : 0) |
			    (reclaimable ? __GFP_RECLAIMABLE : 0) | (account ? __GFP_ACCOUNT : 0);
	cache->next = pool->caches;
	pool->caches = cache;
	return cache;
}

static bool pool_grow(struct vm *vm)
{
	struct slab_pool *pool = vm->slabs;
	struct slab *chunk = calloc(SLAB_CHUNK, sizeof(*chunk)), **chunks;
	u32 first = pool->nr_chunks * SLAB_CHUNK;

	chunks = reallocarray(pool->chunks, pool->nr_chunks + 1ull, sizeof(*chunks));
	if (chunks)
		pool->chunks = chunks;
	if (!chunk || !chunks || first + SLAB_CHUNK > OWNER_NUMBER) {
		free(chunk);
		vm->no_host_memory = true;
		return false;
	}
	chunks[pool->nr_chunks++] = chunk;
	for (u32 i = SLAB_CHUNK; i-- > (first ? 0u : 1u);) {
		chunk[i].id = first + i;
		chunk[i].next = pool->free;
		pool->free = first + i;
	}
	return true;
}

static void partial_add_tail(struct kmem_cache *cache, struct slab *slab)
{
	struct slab_list *list = &cache->partial[slab->nid];

	slab->next = SLAB_NONE;
	slab->prev = list->last;
	if (list->last)
		slab_by_id(cache->vm, list->last)->next = slab->id;
	else
		list->first = slab->id;
	list->last = slab->id;
	cache->nr_partial[slab->nid]++;
}

static void partial_del(struct kmem_cache *cache, struct slab *slab)
{
	struct slab_list *list = &cache->partial[slab->nid];

	if (slab->prev)
		slab_by_id(cache->vm, slab->prev)->next = slab->next;
	else
		list->first = slab->next;
	if (slab->next)
		slab_by_id(cache->vm, slab->next)->prev = slab->prev;
	else
		list->last = slab->prev;
	cache->nr_partial[slab->nid]--;
}

static void account_slab(struct kmem_cache *cache, const struct slab *slab, s64 sign)
{
	mod_node_page_state(cache->vm, slab->pfn,
			    cache->reclaimable ? NR_SLAB_RECLAIMABLE : NR_SLAB_UNRECLAIMABLE,
			    sign * (s64)(1u << slab->order));
}

/* mm/slub.c:allocate_slab: a large slab without effort, else a small one with all of it. */
static u32 slab_pages(struct kmem_cache *cache, struct task_struct *current, gfp_t gfp, u32 *order)
{
	struct mm *mm = cache->vm->mm;
	gfp_t flags = gfp | cache->allocflags;
	gfp_t light = (flags | __GFP_NOWARN | __GFP_NORETRY) & ~__GFP_NOFAIL;
	u32 pfn;

	if ((light & __GFP_DIRECT_RECLAIM) && cache->order > cache->min_order)
		light = (light | __GFP_NOMEMALLOC) & ~__GFP_RECLAIM;
	*order = cache->order;
	pfn = alloc_pages(mm, current, light, cache->order);
	if (pfn != PFN_NONE)
		return pfn;
	*order = cache->min_order;
	return alloc_pages(mm, current, flags, cache->min_order);
}

static struct slab *new_slab(struct kmem_cache *cache, struct task_struct *current, gfp_t gfp)
{
	struct vm *vm = cache->vm;
	struct slab *slab;
	u32 order, pfn, objects;

	pfn = slab_pages(cache, current, gfp, &order);
	if (pfn == PFN_NONE)
		return NULL;
	if (!vm->slabs->free && !pool_grow(vm)) {
		(void)free_pages(vm->mm, current, pfn, order);
		return NULL;
	}
	slab = slab_by_id(vm, vm->slabs->free);
	vm->slabs->free = slab->next;
	objects = order_objects(vm->mm, order, cache->size);
	*slab = (struct slab){
		.cache = cache,
		.pfn = pfn,
		.id = slab->id,
		.objects = (u16)(objects < SLAB_OBJECTS_MAX ? objects : SLAB_OBJECTS_MAX),
		.order = (u8)order,
		.nid = pfn_zone(vm->mm, pfn)->nid,
	};
	pfn_to_page(vm->mm, pfn)->owner = page_owner(OWNER_SLAB, slab->id);
	cache->nr_slabs++;
	account_slab(cache, slab, 1);
	return slab;
}

bool kmem_cache_stock(struct kmem_cache *cache, u32 nid)
{
	struct vm *vm = cache->vm;
	u32 objects = order_objects(vm->mm, cache->order, cache->size);
	struct slab *slab;

	if (objects < cache->sheaf_capacity)
		objects = cache->sheaf_capacity;
	if (!vm->slabs->free && !pool_grow(vm))
		return false;
	slab = slab_by_id(vm, vm->slabs->free);
	vm->slabs->free = slab->next;
	*slab = (struct slab){
		.cache = cache,
		.pfn = PFN_NONE,
		.id = slab->id,
		.inuse = 1,
		.objects = (u16)(objects < SLAB_OBJECTS_MAX ? objects + 1 : SLAB_OBJECTS_MAX),
		.nid = (u8)nid,
	};
	cache->nr_slabs++;
	partial_add_tail(cache, slab);
	return true;
}

static void discard_slab(struct kmem_cache *cache, struct task_struct *current, struct slab *slab)
{
	struct vm *vm = cache->vm;
	u32 pfn = slab->pfn, order = slab->order;
	enum free_result result;

	account_slab(cache, slab, -1);
	cache->nr_slabs--;
	/* Who reclaims counts it as progress. mm/vmscan.c:mm_account_reclaimed_pages */
	if (current->flags & PF_MEMALLOC)
		current->reclaimed_slab += 1ull << order;
	slab->cache = NULL;
	slab->next = vm->slabs->free;
	vm->slabs->free = slab->id;
	result = free_pages(vm->mm, current, pfn, order);
	assert(result == FREE_OK);
	(void)result;
}

/* The CPU's slab with room, or NULL. mm/slub.c:___slab_alloc */
static struct slab *slab_with_room(struct kmem_cache *cache, struct task_struct *current, gfp_t gfp)
{
	struct vm *vm = cache->vm;
	u32 nid = vm->mm->machine->cpu_node[current->cpu], id = cache->cpu_slab[current->cpu];
	struct slab *slab = id ? slab_by_id(vm, id) : NULL;

	if (likely(slab && slab->inuse < slab->objects))
		return slab;
	if (slab) {
		slab->frozen = false; /* full: on no list until an object comes back */
		cache->cpu_slab[current->cpu] = SLAB_NONE;
	}
	if (cache->partial[nid].first) {
		slab = slab_by_id(vm, cache->partial[nid].first);
		partial_del(cache, slab);
	} else {
		slab = new_slab(cache, current, gfp);
		if (!slab)
			return NULL;
		/* Time has passed: another on this CPU may have brought a slab meanwhile. */
		if (cache->cpu_slab[current->cpu]) {
			struct slab *other = slab_by_id(vm, cache->cpu_slab[current->cpu]);

			other->frozen = false;
			if (other->inuse < other->objects)
				partial_add_tail(cache, other);
		}
	}
	slab->frozen = true;
	cache->cpu_slab[current->cpu] = slab->id;
	return slab;
}

u32 slab_take_objects(struct kmem_cache *cache, struct task_struct *current, gfp_t gfp, u32 *slabs,
		      u32 n)
{
	u32 got = 0;

	while (got < n) {
		u32 nid = cache->vm->mm->machine->cpu_node[current->cpu];
		u32 first = cache->partial[nid].first;
		struct slab *slab = first ? slab_by_id(cache->vm, first) : NULL;

		if (slab)
			partial_del(cache, slab);
		else
			slab = new_slab(cache, current, gfp);
		if (!slab)
			break;
		for (; got < n && slab->inuse < slab->objects; slab->inuse++) {
			slabs[got++] = slab->id;
			slab->in_sheaves++;
		}
		if (slab->inuse < slab->objects)
			partial_add_tail(cache, slab);
	}
	return got;
}

u32 kmem_cache_alloc(struct kmem_cache *cache, struct task_struct *current, gfp_t gfp)
{
	struct slab *slab;

	if (cache->sheaf_capacity) {
		u32 id = slab_sheaf_alloc(cache, current, gfp);

		slab = id ? slab_by_id(cache->vm, id) : NULL;
		if (slab)
			slab->in_sheaves--;
	} else {
		slab = slab_with_room(cache, current, gfp);
		if (slab)
			slab->inuse++;
	}
	if (!slab)
		return SLAB_NONE;
	cache->nr_objects++;
	task_charge(current, CAUSE_FAULT, cache->vm->mm->costs.slab_op);
	task_spend(cache->vm->mm, current);
	return slab->id;
}

void slab_put_object(struct kmem_cache *cache, struct task_struct *current, u32 id)
{
	struct slab *slab = slab_by_id(cache->vm, id);
	bool enough = cache->nr_partial[slab->nid] >= cache->min_partial;

	if (cache->sheaf_capacity)
		slab->in_sheaves--;
	if (slab->inuse-- == slab->objects && !slab->frozen)
		partial_add_tail(cache, slab);
	if (!slab->inuse && !slab->frozen && enough) {
		partial_del(cache, slab);
		discard_slab(cache, current, slab);
	}
}

bool kmem_cache_free(struct kmem_cache *cache, struct task_struct *current, u32 id)
{
	struct vm *vm = cache->vm;
	struct slab *slab;

	if (!id || id / SLAB_CHUNK >= vm->slabs->nr_chunks)
		return false;
	slab = slab_by_id(vm, id);
	if (slab->cache != cache || slab->inuse == slab->in_sheaves)
		return false;
	cache->nr_objects--;
	task_charge(current, CAUSE_FAULT, vm->mm->costs.slab_op);
	if (cache->sheaf_capacity) {
		slab->in_sheaves++;
		/* Objects of other nodes are not kept here. */
		if (slab->nid == vm->mm->machine->cpu_node[current->cpu])
			slab_sheaf_free(cache, current, id);
		else
			slab_put_object(cache, current, id);
	} else {
		slab_put_object(cache, current, id);
	}
	task_spend(vm->mm, current);
	return true;
}

struct slab *page_slab(const struct vm *vm, u32 pfn)
{
	const struct page *page = pfn_to_page(vm->mm, pfn);

	if (page_owner_kind(page) != OWNER_SLAB)
		return NULL;
	return slab_by_id(vm, page->owner & OWNER_NUMBER);
}

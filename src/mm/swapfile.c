/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Swap devices and their slots, after mm/swapfile.c (7.2): clusters of 512 slots on lists by how
 * full they are, a current cluster for each CPU (one for all on a disk that seeks), devices by
 * priority with those of equal priority in turn, reclaim of slots that only the cache holds once
 * swap is more than half full. Left out: slots for large folios, discard, bad slots, priorities by
 * node, swapoff.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mm/memcontrol.h"
#include "mm/rmap.h"
#include "mm/swap_internal.h"

static void info_free(struct swap_info *si)
{
	if (!si)
		return;
	free(si->map);
	free(si->cache);
	free(si->memcg);
	free(si->clusters);
	free(si);
}

static struct swap_info *info_create(u32 nr_pages)
{
	struct swap_info *si = calloc(1, sizeof(*si));

	if (!si)
		return NULL;
	si->nr_pages = si->nr_free = nr_pages;
	si->nr_clusters = (nr_pages + SWAPFILE_CLUSTER - 1) / SWAPFILE_CLUSTER;
	si->map = calloc(nr_pages, sizeof(*si->map));
	si->cache = calloc(nr_pages, sizeof(*si->cache));
	si->clusters = calloc(si->nr_clusters, sizeof(*si->clusters));
	if (si->map && si->cache && si->clusters)
		return si;
	info_free(si);
	return NULL;
}

static struct swap_state *state_get(struct vm *vm)
{
	struct swap_state *swap = vm->swap;
	const char *bad;

	if (swap)
		return swap;
	swap = calloc(1, sizeof(*swap));
	if (swap)
		swap->percpu = calloc(vm->mm->nr_cpus, sizeof(*swap->percpu));
	if (!swap || !swap->percpu) {
		free(swap);
		return NULL;
	}
	swap->readahead_hits = 4;
	if (!gfp_parse(vm->mm->profile, "GFP_ATOMIC", &swap->atomic, &bad))
		assert(0 && "every profile has GFP_ATOMIC");
	vm->swap = swap;
	return swap;
}

/* Behind all of the same or a higher priority. */
static void avail_insert(struct swap_state *swap, struct swap_info *si)
{
	u32 i = swap->nr;

	for (; i && swap->avail[i - 1]->prio < si->prio; i--)
		swap->avail[i] = swap->avail[i - 1];
	swap->avail[i] = si;
}

bool swapon(struct vm *vm, struct device *dev, u64 nr_pages, s32 prio, bool rotational,
	    bool synchronous)
{
	struct swap_state *swap = state_get(vm);
	struct swap_info **avail, **all, *si;

	if (!swap || !nr_pages || nr_pages > SWAP_MAX_PAGES - swap->total)
		return false;
	avail = reallocarray(swap->avail, swap->nr + 1ull, sizeof(*avail));
	if (avail)
		swap->avail = avail;
	all = reallocarray(swap->all, swap->nr + 1ull, sizeof(*all));
	if (all)
		swap->all = all;
	si = info_create((u32)nr_pages);
	if (!avail || !all || !si) {
		info_free(si);
		return false;
	}
	si->dev = dev;
	si->base = (u32)swap->total + 1;
	si->prio = prio;
	si->rotational = rotational;
	si->synchronous = synchronous;
	avail_insert(swap, si);
	swap->all[swap->nr++] = si;
	swap->nr_rotational += rotational;
	swap->total += nr_pages;
	swap->nr_free += nr_pages;
	if (!synchronous)
		swap_write_prepare(vm, dev);
	return true;
}

void vm_swap_destroy(struct vm *vm)
{
	struct swap_state *swap = vm->swap;

	if (!swap)
		return;
	for (u32 i = 0; i < swap->nr; i++)
		info_free(swap->all[i]);
	while (swap->pool) {
		struct swap_io *io = swap->pool;

		swap->pool = io->next_pooled;
		free(io);
	}
	free(swap->avail);
	free(swap->all);
	free(swap->percpu);
	free(swap);
	vm->swap = NULL;
}

u64 get_nr_swap_pages(const struct vm *vm)
{
	return vm->swap ? vm->swap->nr_free : 0;
}

u64 total_swap_pages(const struct vm *vm)
{
	return vm->swap ? vm->swap->total : 0;
}

bool vm_swap_full(const struct vm *vm)
{
	return get_nr_swap_pages(vm) * 2 < total_swap_pages(vm);
}

/* Lists of clusters. */

static void list_del(struct swap_info *si, u32 c)
{
	struct swap_cluster *ci = &si->clusters[c];

	if (ci->list == CLUSTER_NEW)
		return;
	if (ci->prev)
		si->clusters[ci->prev - 1].next = ci->next;
	else
		si->lists[ci->list].head = ci->next;
	if (ci->next)
		si->clusters[ci->next - 1].prev = ci->prev;
	else
		si->lists[ci->list].tail = ci->prev;
}

/* To the tail of the list, unless it is on it. */
static void cluster_move(struct swap_info *si, u32 c, enum cluster_list list)
{
	struct swap_cluster *ci = &si->clusters[c];

	if (ci->list == list)
		return;
	list_del(si, c);
	ci->list = (u8)list;
	ci->next = 0;
	ci->prev = si->lists[list].tail;
	if (ci->prev)
		si->clusters[ci->prev - 1].next = c + 1;
	else
		si->lists[list].head = c + 1;
	si->lists[list].tail = c + 1;
}

/* Where a cluster belongs after slots were taken from it. mm/swapfile.c:relocate_cluster */
static void cluster_relocate(struct swap_info *si, u32 c)
{
	u32 slots = (u32)min_u64(SWAPFILE_CLUSTER, si->nr_pages - c * SWAPFILE_CLUSTER);

	if (!si->clusters[c].count)
		cluster_move(si, c, CLUSTER_FREE);
	else
		cluster_move(si, c, si->clusters[c].count < slots ? CLUSTER_FRAG : CLUSTER_FULL);
}

/* The next free cluster: those never used come first, in order. nr_clusters: none. */
static u32 free_cluster(struct swap_info *si)
{
	if (si->nr_new < si->nr_clusters)
		return si->nr_new++;
	return si->lists[CLUSTER_FREE].head ? si->lists[CLUSTER_FREE].head - 1 : si->nr_clusters;
}

/* Slots. */

static void slot_take(struct vm *vm, struct swap_info *si, u32 slot)
{
	assert(!si->map[slot]);
	si->map[slot] = SWAP_HAS_CACHE;
	si->clusters[slot / SWAPFILE_CLUSTER].count++;
	si->nr_free--;
	vm->swap->nr_free--;
}

/* mm/swapfile.c:swap_entries_free */
static void slot_release(struct vm *vm, struct swap_info *si, u32 slot)
{
	struct swap_cluster *ci = &si->clusters[slot / SWAPFILE_CLUSTER];

	assert(!si->map[slot] && ci->count);
	si->cache[slot] = 0;
	ci->count--;
	si->nr_free++;
	vm->swap->nr_free++;
	cluster_move(si, slot / SWAPFILE_CLUSTER, ci->count ? CLUSTER_NONFULL : CLUSTER_FREE);
}

/* The cached copy of a slot that no entry names goes, if it can: true, the slot is free.
   mm/swapfile.c:__try_to_reclaim_swap */
static bool try_to_reclaim_swap(struct vm *vm, struct task_struct *current, swp_entry_t entry,
				bool only_unmapped)
{
	u32 folio = swap_cache_folio(vm, entry);
	bool mapped = folio_mapped(vm, folio);

	if ((mapped && only_unmapped) || !folio_free_swap(vm, folio))
		return false;
	if (!mapped)
		folios_put(vm, current, &folio, 1);
	return true;
}

/* The same for who looks for a slot, and may be reclaiming: what is neither mapped nor on the LRU
   may be in his hands. */
static void reclaim_slot(struct vm *vm, struct task_struct *current, swp_entry_t entry)
{
	u32 folio = swap_cache_folio(vm, entry);

	if (folio_mapped(vm, folio) || (pfn_to_page(vm->mm, folio)->flags & PG_lru))
		try_to_reclaim_swap(vm, current, entry, false);
}

/*
 * A slot of the cluster from `slot` on; *next: the one behind it (+ 1), 0 at the end of the
 * cluster. 0: none. mm/swapfile.c:alloc_swap_scan_cluster
 */
static swp_entry_t scan_cluster(struct vm *vm, struct task_struct *current, struct swap_info *si,
				u32 slot, u32 *next)
{
	u32 c = slot / SWAPFILE_CLUSTER;
	u32 end = (u32)min_u64((c + 1ull) * SWAPFILE_CLUSTER, si->nr_pages);
	swp_entry_t found = 0;

	*next = 0;
	for (; slot < end && !found; slot++) {
		if (si->map[slot] == SWAP_HAS_CACHE && vm_swap_full(vm))
			reclaim_slot(vm, current, si->base + slot);
		if (si->map[slot])
			continue;
		slot_take(vm, si, slot);
		found = si->base + slot;
	}
	if (found && slot < end)
		*next = slot + 1;
	cluster_relocate(si, c);
	return found;
}

/* Slots of one full cluster that only the cache holds are freed; the cluster goes to the tail.
   mm/swapfile.c:swap_reclaim_full_clusters */
static void reclaim_full_cluster(struct vm *vm, struct task_struct *current, struct swap_info *si)
{
	u32 c = si->lists[CLUSTER_FULL].head;

	if (!c--)
		return;
	list_del(si, c);
	si->clusters[c].list = CLUSTER_NEW;
	for (u32 slot = c * SWAPFILE_CLUSTER;
	     slot < min_u64((c + 1ull) * SWAPFILE_CLUSTER, si->nr_pages); slot++) {
		if (si->map[slot] == SWAP_HAS_CACHE)
			reclaim_slot(vm, current, si->base + slot);
	}
	if (si->clusters[c].list == CLUSTER_NEW)
		cluster_relocate(si, c);
}

/* From where the last allocation left off; *next is 0 if that was nowhere. */
static swp_entry_t go_on(struct vm *vm, struct task_struct *current, struct swap_info *si,
			 u32 *next)
{
	u32 slot = *next - 1;

	if (!*next)
		return 0;
	if (!si->clusters[slot / SWAPFILE_CLUSTER].count)
		slot -= slot % SWAPFILE_CLUSTER;
	return scan_cluster(vm, current, si, slot, next);
}

/* The first slot of another cluster. mm/swapfile.c:cluster_alloc_swap_entry */
static swp_entry_t alloc_cluster(struct vm *vm, struct task_struct *current, struct swap_info *si,
				 u32 *next)
{
	swp_entry_t found = 0;
	u32 c;

	while (!found && (c = si->lists[CLUSTER_NONFULL].head))
		found = scan_cluster(vm, current, si, (c - 1) * SWAPFILE_CLUSTER, next);
	if (found)
		return found;
	c = free_cluster(si);
	if (c < si->nr_clusters)
		return scan_cluster(vm, current, si, c * SWAPFILE_CLUSTER, next);
	if (vm_swap_full(vm))
		reclaim_full_cluster(vm, current, si);
	c = si->lists[CLUSTER_FRAG].head;
	if (!c)
		c = si->lists[CLUSTER_NONFULL].head;
	return c ? scan_cluster(vm, current, si, (c - 1) * SWAPFILE_CLUSTER, next) : 0;
}

/* Behind the others of its priority. lib/plist.c:plist_requeue */
static void requeue(struct swap_state *swap, u32 i)
{
	struct swap_info *si = swap->avail[i];

	for (; i + 1 < swap->nr && swap->avail[i + 1]->prio == si->prio; i++)
		swap->avail[i] = swap->avail[i + 1];
	swap->avail[i] = si;
}

/* From the first device with a free slot; there is one. mm/swapfile.c:swap_alloc_slow */
static swp_entry_t alloc_slow(struct vm *vm, struct task_struct *current)
{
	struct swap_state *swap = vm->swap;

	struct swap_percpu *cpu = &swap->percpu[current->cpu];
	struct swap_info *si;
	swp_entry_t entry;
	u32 i = 0;

	while (!swap->avail[i]->nr_free)
		i++;
	si = swap->avail[i];
	requeue(swap, i);
	if (si->rotational) {
		entry = go_on(vm, current, si, &si->global_next);
		return entry ? entry : alloc_cluster(vm, current, si, &si->global_next);
	}
	cpu->si = si;
	return alloc_cluster(vm, current, si, &cpu->next);
}

swp_entry_t swap_slot_alloc(struct vm *vm, struct task_struct *current)
{
	struct swap_percpu *cpu;
	swp_entry_t entry;

	if (!vm->swap || !vm->swap->nr_free)
		return 0;
	task_charge(current, CAUSE_RECLAIM, vm->mm->costs.swap_slot);
	cpu = &vm->swap->percpu[current->cpu];
	entry = go_on(vm, current, cpu->si, &cpu->next);
	return entry ? entry : alloc_slow(vm, current);
}

u32 swap_cache_folio(const struct vm *vm, swp_entry_t entry)
{
	const struct swap_info *si = swap_entry_info(vm, entry);
	u32 slot = entry - si->base;

	return si->map[slot] & SWAP_HAS_CACHE ? si->cache[slot] : PFN_NONE;
}

u32 swap_count(const struct vm *vm, swp_entry_t entry)
{
	const struct swap_info *si = swap_entry_info(vm, entry);

	return si->map[entry - si->base] & ~SWAP_HAS_CACHE;
}

bool swap_synchronous(const struct vm *vm, swp_entry_t entry)
{
	return swap_entry_info(vm, entry)->synchronous;
}

void swap_slot_set_cache(struct vm *vm, swp_entry_t entry, u32 folio)
{
	struct swap_info *si = swap_entry_info(vm, entry);

	si->map[entry - si->base] |= SWAP_HAS_CACHE;
	si->cache[entry - si->base] = folio;
}

void swap_slot_clear_cache(struct vm *vm, swp_entry_t entry, u32 shadow)
{
	struct swap_info *si = swap_entry_info(vm, entry);
	u32 slot = entry - si->base;

	assert(si->map[slot] & SWAP_HAS_CACHE);
	si->map[slot] &= ~SWAP_HAS_CACHE;
	si->cache[slot] = shadow;
	if (!si->map[slot])
		slot_release(vm, si, slot);
}

u32 swap_slot_shadow(const struct vm *vm, swp_entry_t entry)
{
	const struct swap_info *si = swap_entry_info(vm, entry);
	u32 slot = entry - si->base;

	return si->map[slot] & SWAP_HAS_CACHE ? 0 : si->cache[slot];
}

struct mem_cgroup *swap_slot_memcg(const struct vm *vm, swp_entry_t entry)
{
	const struct swap_info *si = swap_entry_info(vm, entry);

	return vm->memcgs[si->memcg ? si->memcg[entry - si->base] : 0];
}

bool swap_slot_set_memcg(struct vm *vm, swp_entry_t entry, const struct mem_cgroup *memcg)
{
	struct swap_info *si = swap_entry_info(vm, entry);

	if (!si->memcg && memcg->id) {
		si->memcg = calloc(si->nr_pages, sizeof(*si->memcg));
		if (!si->memcg)
			return false;
	}
	if (si->memcg)
		si->memcg[entry - si->base] = (u8)memcg->id;
	return true;
}

void swap_dup(struct vm *vm, swp_entry_t entry)
{
	struct swap_info *si = swap_entry_info(vm, entry);

	assert(si->map[entry - si->base]);
	si->map[entry - si->base]++;
}

void swap_free(struct vm *vm, swp_entry_t entry)
{
	struct swap_info *si = swap_entry_info(vm, entry);
	u32 slot = entry - si->base;

	assert(si->map[slot] & ~SWAP_HAS_CACHE);
	if (!--si->map[slot])
		slot_release(vm, si, slot);
}

void swap_put(struct vm *vm, struct task_struct *current, swp_entry_t entry)
{
	struct swap_info *si = swap_entry_info(vm, entry);

	task_charge(current, CAUSE_FAULT, vm->mm->costs.swap_slot);
	swap_free(vm, entry);
	if (si->map[entry - si->base] == SWAP_HAS_CACHE)
		try_to_reclaim_swap(vm, current, entry, !vm_swap_full(vm));
}

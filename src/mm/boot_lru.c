/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The LRU lists of a machine booted from /proc. Known are how many pages of each zone each list
 * holds, and of each node how many are shared memory and how many are mapped; who they belong to
 * and in what order they lie on the lists is not known: kinds are spread evenly over the lists,
 * frames are drawn. What zoneinfo counts as owned but not as listed waits in the CPUs' batches.
 */
#include "mm/boot_lru.h"

#include <stdio.h>

#include "mm/boot.h"
#include "mm/boot_pick.h"
#include "mm/filemap.h"
#include "mm/lru.h"
#include "mm/vm_internal.h"

enum boot_kind { KIND_ANON, KIND_SHMEM, KIND_SHMEM_MAPPED, NR_REGION_KINDS, KIND_FILE };

/* Of one zone, in the order in which frames are dealt out. */
enum boot_list {
	BOOT_UNEVICTABLE,
	BOOT_ACTIVE_ANON,
	BOOT_INACTIVE_ANON,
	BOOT_BATCH_ANON,
	BOOT_ACTIVE_FILE,
	BOOT_INACTIVE_FILE,
	BOOT_BATCH_FILE,
	NR_BOOT_LISTS
};

static const u16 list_flags[NR_BOOT_LISTS] = {
	[BOOT_UNEVICTABLE] = PG_swapbacked | PG_unevictable,
	[BOOT_ACTIVE_ANON] = PG_swapbacked | PG_active,
	[BOOT_INACTIVE_ANON] = PG_swapbacked,
	[BOOT_BATCH_ANON] = PG_swapbacked,
	[BOOT_ACTIVE_FILE] = PG_active,
};

/* A node: pages that swap backs, of them shared memory, of that mapped; and how many are dealt. */
struct node_share {
	u64 swapbacked, shmem, mapped, at;
	u64 batch_anon, batch_file;
};

struct lru_boot {
	struct vm *vm;
	const struct proc_state *state;
	u64 seed;
	struct err *err;
	struct node_share share;
	struct vm_area_struct *vma[NR_REGION_KINDS][2]; /* not locked, locked */
	u64 nr[NR_REGION_KINDS][2];
	struct file *file;
	u64 nr_file;
	u32 cpu; /* whose batch is next */
};

static u64 count(s64 n)
{
	return n < 0 ? 0 : (u64)n;
}

static void list_sizes(const struct lru_boot *b, const struct proc_zone *proc, bool last,
		       u64 n[NR_BOOT_LISTS])
{
	n[BOOT_UNEVICTABLE] = count(proc->lru.unevictable);
	n[BOOT_ACTIVE_ANON] = count(proc->lru.active_anon);
	n[BOOT_INACTIVE_ANON] = count(proc->lru.inactive_anon);
	n[BOOT_ACTIVE_FILE] = count(proc->lru.active_file);
	n[BOOT_INACTIVE_FILE] = count(proc->lru.inactive_file);
	n[BOOT_BATCH_ANON] = last ? b->share.batch_anon : 0;
	n[BOOT_BATCH_FILE] = last ? b->share.batch_file : 0;
}

/* Batches have room for one page less than they have places; who is full is emptied. */
static void start_node(struct lru_boot *b, u32 nid)
{
	u64 room = (u64)b->vm->mm->nr_cpus * (b->vm->mm->profile->folio_batch_size - 1);
	const struct proc_node_stats *stats = NULL;
	u64 anon = 0, file = 0, owned;

	b->share = (struct node_share){0};
	for (u32 i = 0; i < b->state->nr_zones; i++) {
		const struct proc_zone *proc = &b->state->zones[i];

		if (proc->node != nid)
			continue;
		stats = stats ? stats : &proc->node_stats;
		anon += count(proc->lru.inactive_anon) + count(proc->lru.active_anon) +
			count(proc->lru.unevictable);
		file += count(proc->lru.inactive_file) + count(proc->lru.active_file);
	}
	if (!stats || !(anon + file))
		return;
	owned = count(stats->anon_pages) + count(stats->shmem);
	b->share.batch_anon = owned > anon ? min_u64(room, owned - anon) : 0;
	room -= b->share.batch_anon;
	owned = count(stats->shmem) + count(stats->swapcached) + file;
	b->share.batch_file = count(stats->file_pages) > owned
				      ? min_u64(room, count(stats->file_pages) - owned)
				      : 0;
	b->share.swapbacked = anon + b->share.batch_anon;
	b->share.shmem = min_u64(b->share.swapbacked, count(stats->shmem));
	b->share.mapped = min_u64(b->share.shmem, count(stats->mapped));
}

/* Of `total` things `part` are chosen, evenly: is number i? */
static bool chosen(u64 i, u64 total, u64 part)
{
	return (i + 1) * part / total > i * part / total;
}

static enum boot_kind next_kind(struct node_share *share)
{
	u64 i = share->at++;

	if (!chosen(i, share->swapbacked, share->shmem))
		return KIND_ANON;
	return chosen(i * share->shmem / share->swapbacked, share->shmem, share->mapped)
		       ? KIND_SHMEM_MAPPED
		       : KIND_SHMEM;
}

static bool is_last_zone(const struct proc_state *state, u32 i)
{
	return i + 1 == state->nr_zones || state->zones[i + 1].node != state->zones[i].node;
}

/* Sizes of the regions: the same deal without frames. */
static void count_regions(struct lru_boot *b)
{
	for (u32 i = 0; i < b->state->nr_zones; i++) {
		const struct proc_zone *proc = &b->state->zones[i];
		u64 n[NR_BOOT_LISTS];

		if (!i || proc->node != proc[-1].node)
			start_node(b, proc->node);
		list_sizes(b, proc, is_last_zone(b->state, i), n);
		for (u32 list = 0; list <= BOOT_BATCH_ANON; list++)
			for (u64 k = 0; k < n[list]; k++)
				b->nr[next_kind(&b->share)][list == BOOT_UNEVICTABLE]++;
	}
}

static bool no_memory(const struct lru_boot *b)
{
	return err_set(b->err, ERR_HOST_RES, "no host memory for the pages in use at the start");
}

static bool create_owners(struct lru_boot *b)
{
	struct mm_struct *mm = mm_new(b->vm);

	b->file = file_create(b->vm);
	if (!mm || !b->file)
		return no_memory(b);
	mm->oom_unkillable = true;
	for (u32 kind = 0; kind < NR_REGION_KINDS; kind++) {
		for (u32 locked = 0; locked < 2; locked++) {
			struct vm_area_struct *vma;

			if (!b->nr[kind][locked])
				continue;
			vma = vm_mmap(mm, NULL, b->nr[kind][locked]);
			if (!vma)
				return no_memory(b);
			vma->locked = locked;
			vma->shmem = kind != KIND_ANON;
			vma->shmem_mapped = kind == KIND_SHMEM_MAPPED;
			mm->locked_vm += locked ? vma->nr_pages : 0;
			b->vma[kind][locked] = vma;
			b->nr[kind][locked] = 0;
		}
	}
	return true;
}

static bool place_in_region(struct lru_boot *b, struct vm_area_struct *vma, u64 index, u32 pfn)
{
	struct vm_node *node = vm_node_at(b->vm, &vma->nodes, index);

	if (!node)
		return no_memory(b);
	node->vma = vma;
	node->slot[index % VM_NODE_SLOTS] = pfn;
	node->present |= 1ull << (index % VM_NODE_SLOTS);
	pfn_to_page(b->vm->mm, pfn)->owner = page_owner(OWNER_NODE, node->id);
	vma->nr_present++;
	vma->vm_mm->rss_stat[vma->shmem ? MM_SHMEMPAGES : MM_ANONPAGES]++;
	count_region_page(b->vm, vma, pfn, 1);
	if (vma->locked)
		mod_node_page_state(b->vm, pfn, NR_MLOCK, 1);
	return true;
}

static bool place_in_file(struct lru_boot *b, u32 pfn)
{
	u64 index = b->nr_file++;
	struct vm_node *node = vm_node_at(b->vm, &b->file->pages, index);

	if (!node)
		return no_memory(b);
	node->file = b->file;
	node->is_file = true;
	node->slot[index % VM_NODE_SLOTS] = pfn;
	node->present |= 1ull << (index % VM_NODE_SLOTS);
	pfn_to_page(b->vm->mm, pfn)->owner = page_owner(OWNER_NODE, node->id);
	b->file->nr_cached++;
	b->file->size = b->nr_file;
	mod_node_page_state(b->vm, pfn, NR_FILE_PAGES, 1);
	return true;
}

static bool place(struct lru_boot *b, enum boot_list list, u32 pfn)
{
	struct mm *mm = b->vm->mm;
	bool locked = list == BOOT_UNEVICTABLE;
	u32 kind = KIND_FILE;

	pfn_to_page(mm, pfn)->flags = list_flags[list];
	if (list <= BOOT_BATCH_ANON)
		kind = next_kind(&b->share);
	if (kind == KIND_FILE ? !place_in_file(b, pfn)
			      : !place_in_region(b, b->vma[kind][locked], b->nr[kind][locked]++,
						 pfn))
		return false;
	if (list == BOOT_BATCH_ANON || list == BOOT_BATCH_FILE)
		folio_add_lru(b->vm, &mm->kworker[b->cpu++ % mm->nr_cpus], pfn);
	else if (list == BOOT_INACTIVE_ANON && b->vm->lru_gen)
		/* New ones would join a young generation, which counts as active. */
		lruvec_add_folio_tail(b->vm, pfn);
	else
		lruvec_add_folio(b->vm, pfn);
	return true;
}

static bool is_candidate(const struct page *page)
{
	return page->state == PAGE_USED && page->owner == MM_OWNER_BOOT && !page->order;
}

/* Frames for the lists: in movable pageblocks first, then in reclaimable ones, by chance. */
static bool pick_frames(struct lru_boot *b, const struct zone *zone, struct picker *picker, u64 n)
{
	const struct mm *mm = b->vm->mm;
	char stream[40];
	struct rng rng;

	if (!picker_init(picker, n))
		return no_memory(b);
	snprintf(stream, sizeof(stream), "boot-lru-%u-%s", zone->nid, zone_name(zone->type));
	rng_init(&rng, b->seed, stream);
	for (u64 pfn = zone->start_pfn; pfn < zone_end_pfn(zone); pfn++) {
		struct page *page = pfn_to_page(mm, pfn);
		s64 class = page->flags & PG_lru ? 2 : page->mt == MIGRATE_RECLAIMABLE;

		if (!is_candidate(page))
			continue;
		/* Who is not picked is the kernel's. */
		page->flags &= (u16)~PG_lru;
		picker_offer(picker, class * (1ll << 32) + (s64)rng_below(&rng, 1ull << 32),
			     (u32)pfn);
	}
	if (picker->n < n)
		return err_set(b->err, ERR_INPUT,
			       "zone %s of node %u: zoneinfo counts %llu pages on LRU lists, but "
			       "only %llu are in use", zone_name(zone->type), zone->nid,
			       (unsigned long long)n, (unsigned long long)picker->n);
	picker_sort(picker);
	return true;
}

static bool boot_zone(struct lru_boot *b, const struct proc_zone *proc, bool last)
{
	const struct zone *zone = &b->vm->mm->zones[proc->node * MAX_NR_ZONES + proc->type];
	u64 n[NR_BOOT_LISTS], total = 0, at = 0;
	struct picker picker = {0};
	bool ok;

	list_sizes(b, proc, last, n);
	for (u32 list = 0; list < NR_BOOT_LISTS; list++)
		total += n[list];
	ok = pick_frames(b, zone, &picker, total);
	for (u32 list = 0; ok && list < NR_BOOT_LISTS; list++)
		for (u64 k = 0; ok && k < n[list]; k++)
			ok = place(b, (enum boot_list)list, picker.heap[at++].pfn);
	picker_finish(&picker);
	return ok;
}

static void take_counters(struct vm *vm, u32 nid, const struct proc_node_stats *stats)
{
	s64 *node_stat = vm->node_stat[nid];

	node_stat[NR_SLAB_RECLAIMABLE] += (s64)count(stats->slab_reclaimable);
	node_stat[NR_SLAB_UNRECLAIMABLE] += (s64)count(stats->slab_unreclaimable);
	node_stat[NR_PAGETABLE] += (s64)count(stats->page_table_pages);
	node_stat[NR_KERNEL_STACK_KB] += (s64)count(stats->kernel_stack_kb);
}

static bool told(const struct proc_state *state)
{
	for (u32 i = 0; i < state->nr_zones; i++)
		if (state->zones[i].lru.inactive_anon >= 0)
			return true;
	return false;
}

bool mm_boot_lru(struct vm *vm, const struct proc_state *state, u64 seed, struct err *err)
{
	struct lru_boot b = {.vm = vm, .state = state, .seed = seed, .err = err};

	if (!told(state))
		return true;
	count_regions(&b);
	if (!create_owners(&b))
		return false;
	for (u32 i = 0; i < state->nr_zones; i++) {
		const struct proc_zone *proc = &state->zones[i];

		if (!i || proc->node != proc[-1].node) {
			start_node(&b, proc->node);
			take_counters(vm, proc->node, &proc->node_stats);
		}
		if (!boot_zone(&b, proc, is_last_zone(state, i)))
			return false;
	}
	return true;
}

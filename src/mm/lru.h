/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/vm.h"

/*
 * LRU lists. A folio is a used block that a region, a file or the swap cache holds; it is named by
 * its first page frame and linked through page->link while PG_lru is set. Fresh and activated
 * folios wait in per-CPU batches first: without PG_lru reclaim and compaction do not see them.
 *
 * Whoever takes a folio off a list (isolates it) puts it back or frees it before time passes, so
 * that nobody else ever meets an isolated one.
 */
#define SWAP_CLUSTER_MAX 32

enum lru_list {
	LRU_INACTIVE_ANON,
	LRU_ACTIVE_ANON,
	LRU_INACTIVE_FILE,
	LRU_ACTIVE_FILE,
	LRU_UNEVICTABLE,
	NR_LRU_LISTS
};
#define LRU_ACTIVE 1
#define LRU_FILE   2
#define NR_EVICTABLE_LRU_LISTS LRU_UNEVICTABLE

enum lru_type { LRU_TYPE_ANON, LRU_TYPE_FILE, NR_LRU_TYPES };

/* The multi-generational LRU. include/linux/mmzone.h:struct lru_gen_folio */
#define MIN_NR_GENS  2u
#define MAX_NR_GENS  4u
#define MAX_NR_TIERS 4u
#define LRU_GEN_FILTER_BITS (1u << 15)

struct lru_gen_folio {
	u64 max_seq;		      /* youngest generation */
	u64 min_seq[NR_LRU_TYPES];    /* oldest */
	u64 birth_ns[MAX_NR_GENS];
	struct page_list folios[MAX_NR_GENS][NR_LRU_TYPES][MAX_NR_ZONES];
	s64 nr_pages[MAX_NR_GENS][NR_LRU_TYPES][MAX_NR_ZONES];
	u64 avg_refaulted[NR_LRU_TYPES][MAX_NR_TIERS];
	u64 avg_total[NR_LRU_TYPES][MAX_NR_TIERS];
	u64 protected[NR_LRU_TYPES][MAX_NR_TIERS];
	u64 evicted[NR_LRU_TYPES][MAX_NR_TIERS];
	u64 refaulted[NR_LRU_TYPES][MAX_NR_TIERS];
	/* page tables worth a walk, as a Bloom filter: for this generation and the next */
	u64 filters[2][LRU_GEN_FILTER_BITS / 64];
	bool filter_used[2]; /* false: all are */
	u64 mm_seq;	     /* all address spaces were walked for the end of this generation */
	u32 mm_head;	     /* of the walk under way: number of the last one given to a walker */
	u32 mm_gone;	     /* how many had gone by then */
	u32 mm_tail;	     /* address spaces above this number were never walked */
	const struct mm_struct *mm_at; /* number mm_head, if no more have gone */
};

/* The evictable pages of one memory group on one node. include/linux/mmzone.h:struct lruvec */
struct lruvec {
	struct mem_cgroup *memcg;
	u32 nid;
	struct page_list lists[NR_LRU_LISTS];
	u64 lru_zone_size[MAX_NR_ZONES][NR_LRU_LISTS]; /* pages */
	u64 anon_cost, file_cost;
	u64 nonresident_age;
	u64 refaults[NR_LRU_TYPES]; /* workingset_activate at the last snapshot */
	u64 activations[NR_LRU_TYPES]; /* workingset_activate of this lruvec */
	u64 flushed_size[NR_LRU_LISTS], flushed_activations[NR_LRU_TYPES]; /* see stats_lag */
	struct lru_gen_folio lrugen; /* with vm->lru_gen */
	struct timed_lock lru_lock;
};

/* mm/lru.c; host memory: false */
bool vm_lru_create(struct vm *vm);
void vm_lru_destroy(struct vm *vm);

/* The head of the folio that the page frame lies in, PFN_NONE if in none. O(max order) */
u32 page_folio(const struct mm *mm, u32 pfn);

static inline u64 folio_nr_pages(const struct mm *mm, u32 folio)
{
	return 1ull << mm->mem_map[folio].order;
}

static inline enum lru_type folio_lru_type(const struct page *page)
{
	return page->flags & PG_swapbacked ? LRU_TYPE_ANON : LRU_TYPE_FILE;
}

/* By flags. include/linux/mm_inline.h:folio_lru_list */
static inline enum lru_list folio_lru_list(const struct page *page)
{
	u32 lru = page->flags & PG_swapbacked ? LRU_INACTIVE_ANON : LRU_INACTIVE_FILE;

	if (page->flags & PG_unevictable)
		return LRU_UNEVICTABLE;
	return (enum lru_list)(lru + (page->flags & PG_active ? LRU_ACTIVE : 0));
}

/*
 * Lists of folios: linked both ways through page->link, from the head (youngest) to the tail; the
 * ends' outer links are PFN_NONE. O(1).
 */
void folio_list_add(struct mm *mm, struct page_list *list, u32 folio);
void folio_list_add_tail(struct mm *mm, struct page_list *list, u32 folio);
void folio_list_del(struct mm *mm, struct page_list *list, u32 folio);

/* The lruvec of the folio's node and its owner's memory group. O(1) */
struct lruvec *folio_lruvec(const struct vm *vm, u32 folio);

/* Pages of a list in zones up to zone_idx. mm/vmscan.c:lruvec_lru_size */
u64 lruvec_lru_size(const struct lruvec *lruvec, enum lru_list lru, u32 zone_idx);
/* Pages of a list, for the root those of all groups on its node.
   include/linux/memcontrol.h:lruvec_page_state */
u64 lruvec_page_state(const struct vm *vm, const struct lruvec *lruvec, enum lru_list lru);

/* Counts pages of a zone onto (or off) a list: of the lruvec and of the node. With lru_gen the two
   youngest generations count as the active list. include/linux/mm_inline.h:update_lru_size */
void update_lru_size(struct vm *vm, struct lruvec *lruvec, enum lru_list lru,
		     enum zone_type zone, s64 nr_pages);

/*
 * On and off the list that the flags name (with lru_gen: the generation's), counters included;
 * PG_lru is set and cleared. At the head; the _tail one at the scan end. O(1)
 */
void lruvec_add_folio(struct vm *vm, u32 folio);
void lruvec_add_folio_tail(struct vm *vm, u32 folio);
void lruvec_del_folio(struct vm *vm, u32 folio);

/* A folio on a list, of order 0 now, and the nr - 1 pages behind it take the place that it had when
   it was large; their flags are the same. mm/huge_memory.c:lru_add_split_folio */
void lruvec_split_folio(struct vm *vm, u32 folio, u32 nr);

/* A new folio: into the add batch of current's CPU. mm/swap.c:folio_add_lru */
void folio_add_lru(struct vm *vm, struct task_struct *current, u32 folio);
/* An access by read() or write(), or a young entry that is unmapped. mm/swap.c */
void folio_mark_accessed(struct vm *vm, struct task_struct *current, u32 folio);
/* To the active list, through a batch. mm/swap.c:folio_activate */
void folio_activate(struct vm *vm, struct task_struct *current, u32 folio);
/* Written: to the inactive tail if it is inactive, evictable and on a list; by a batch of the CPU.
   mm/swap.c:folio_rotate_reclaimable */
void folio_rotate_reclaimable(struct vm *vm, u32 cpu, u32 folio);
/* Onto or off the unevictable list at once (one that waits or is isolated: when it comes to a
   list). These count NR_MLOCK, and folios_put() for what is still locked. PG_unevictable tells who
   is. mm/mlock.c:mlock_folio, munlock_folio */
void mlock_folio(struct vm *vm, struct task_struct *current, u32 folio);
void munlock_folio(struct vm *vm, struct task_struct *current, u32 folio);

/* A folio that waits in a CPU's batch: its link's `next` says so. */
#define LRU_IN_BATCH (PFN_NONE - 1)

static inline bool folio_in_batch(const struct page *page)
{
	return page->link.next == LRU_IN_BATCH && !(page->flags & PG_lru);
}

/* Folios in all batches. O(CPUs) */
u64 lru_batched(const struct vm *vm);

/* Empties the batches of a CPU; of all CPUs. mm/swap.c:lru_add_drain, lru_add_drain_all */
void lru_add_drain(struct vm *vm, struct task_struct *current);
void lru_add_drain_all(struct vm *vm, struct task_struct *current);

/* While somebody wants to find all folios on the lists: no batch keeps any. Empties them all first;
   calls nest. mm/swap.c:lru_cache_disable */
void lru_cache_disable(struct vm *vm, struct task_struct *current);
void lru_cache_enable(struct vm *vm);

/*
 * The owner lets go of folios for good (their owner fields are no longer true): off the LRU, out of
 * their memory group and free. One that waits in a batch is freed when the batch is emptied. Before
 * this nothing of the owner may be counted any more. Reclaim frees isolated ones with it too. The
 * time is charged, but none passes here: task_spend() is the caller's. mm/swap.c:folios_put_refs
 */
void folios_put(struct vm *vm, struct task_struct *current, const u32 *folios, u32 n);

/* mm/swap.c:lru_note_cost_unlock_irq, lru_note_cost_refault */
void lru_note_cost(struct lruvec *lruvec, struct vm *vm, enum lru_type type, u64 nr_io,
		   u64 nr_rotated);

/*
 * Shadow entries stand where an evicted page was: what its age was then. 31 bits; 0: none.
 * mm/workingset.c
 */
struct workingset_shadow {
	u32 memcg_id, nid;
	u64 token; /* of workingset_token_bits(): a time stamp */
	bool workingset;
};
u32 workingset_token_bits(const struct vm *vm);
u32 pack_shadow(const struct vm *vm, const struct workingset_shadow *shadow);
struct workingset_shadow unpack_shadow(const struct vm *vm, u32 shadow);

/* Reclaim on behalf of `target` (NULL: of the machine) takes the folio away: its shadow. The time
   is the caller's to charge. mm/workingset.c:workingset_eviction */
u32 workingset_eviction(struct vm *vm, u32 folio, const struct mem_cgroup *target);
/* The folio comes back: activates it if the distance is short. Before folio_add_lru(), when the
   folio is in its memory group. Charges workingset_shadow. mm/workingset.c:workingset_refault */
void workingset_refault(struct vm *vm, struct task_struct *current, u32 folio, u32 shadow);
/* mm/workingset.c:workingset_age_nonresident */
void workingset_age_nonresident(struct vm *vm, struct lruvec *lruvec, u64 nr_pages);
/* A refault was activated: events, and activations[] of the lruvec and of the root's. */
void workingset_count_activate(struct vm *vm, struct lruvec *lruvec, enum lru_type type,
			       u64 nr_pages);
/* A folio was activated. mm/workingset.c:workingset_activation */
void workingset_activation(struct vm *vm, u32 folio);

/* nr_lru of /proc: pages on lists by node, without the batches. */
s64 node_lru_pages(const struct vm *vm, u32 nid, enum lru_list lru);

/*
 * lru_gen: the hooks that the functions above call when vm->lru_gen is set. mm/mglru.c
 */
struct scan_control;
void lru_gen_init_lruvec(struct vm *vm, struct lruvec *lruvec);
void lru_gen_add_folio(struct vm *vm, struct lruvec *lruvec, u32 folio, bool reclaiming);
void lru_gen_del_folio(struct vm *vm, struct lruvec *lruvec, u32 folio);
/* The list that the folio is linked on: not always its generation's, and only the ends care. */
struct page_list *lru_gen_linked_list(const struct vm *vm, struct lruvec *lruvec, u32 folio);
/* On its way to the LRU for the first time: one that a page fault wants is a used one.
   mm/swap.c:folio_add_lru */
void lru_gen_new_folio(struct vm *vm, const struct task_struct *current, u32 folio);
/* An access through a file descriptor: raises the use count, moves nothing. */
void lru_gen_inc_refs(struct vm *vm, u32 folio);
u32 lru_gen_eviction(struct vm *vm, u32 folio);
void lru_gen_refault(struct vm *vm, struct task_struct *current, u32 folio, u32 shadow);
/* Before kswapd's pass: with a min_ttl, kills if all generations are younger.
   mm/vmscan.c:lru_gen_age_node */
void lru_gen_age_node(struct vm *vm, struct task_struct *current, u32 nid,
		      struct scan_control *sc);
/* Evicts from one lruvec, and lets its time pass after each batch.
   mm/vmscan.c:lru_gen_shrink_lruvec */
void lru_gen_shrink_lruvec(struct vm *vm, struct task_struct *current, struct lruvec *lruvec,
			   struct scan_control *sc);
/* Global reclaim of a node, caches included: all that shrink_node() does. Time passes.
   mm/vmscan.c:lru_gen_shrink_node */
void lru_gen_shrink_node(struct vm *vm, struct task_struct *current, u32 nid,
			 struct scan_control *sc);
/* A young entry was met by the rmap walk, its bit is clear now: marks or promotes what its
   neighbours map. mm/vmscan.c:lru_gen_look_around */
void lru_gen_look_around(struct vm *vm, struct task_struct *current, struct vm_node *node,
			 u32 slot);
/* Marks the folio of a young entry; the verdict for shrink_folio_list.
   mm/vmscan.c:lru_gen_set_refs */
bool lru_gen_set_refs(struct vm *vm, u32 folio);

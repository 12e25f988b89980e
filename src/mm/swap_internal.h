/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/device.h"
#include "mm/swap.h"

/*
 * What the files of swap share: swapfile.c (slots), swap_state.c (the cache), swap_io.c (reads,
 * writes and read-ahead).
 */
enum cluster_list { CLUSTER_NEW, CLUSTER_FREE, CLUSTER_NONFULL, CLUSTER_FRAG, CLUSTER_FULL,
		    NR_CLUSTER_LISTS };

/* SWAPFILE_CLUSTER consecutive slots. mm/swap.h:struct swap_cluster_info */
struct swap_cluster {
	u32 next, prev; /* numbers of clusters + 1 on its list; 0: none */
	u16 count;	/* slots in use */
	u8 list;	/* enum cluster_list; NEW: never used yet, on none */
};

#define SWAP_HAS_CACHE BIT(31) /* of a slot's map: the rest counts the entries that name it */

struct swap_info {
	struct device *dev;
	u32 base;     /* entry of slot 0 */
	u32 nr_pages; /* slots */
	u32 nr_free;
	s32 prio;
	bool rotational, synchronous;
	u32 *map;    /* by slot; 0: free */
	u32 *cache;  /* by slot: the folio of the swap cache, else the shadow of who left it */
	u8 *memcg;   /* by slot: number of the group that pays for its page; NULL: all the root */
	struct swap_cluster *clusters;
	u32 nr_clusters;
	u32 nr_new; /* clusters from here on were never used */
	struct {
		u32 head, tail; /* cluster + 1; 0: empty */
	} lists[NR_CLUSTER_LISTS];
	u32 global_next; /* rotational: slot + 1 to go on from; 0: none */
};

/* Where a CPU goes on. mm/swapfile.c:struct percpu_swap_cluster */
struct swap_percpu {
	struct swap_info *si; /* NULL: none */
	u32 next;	      /* slot + 1; 0: none */
};

struct swap_io { /* a page under way */
	struct vm *vm;
	u32 folio;
	swp_entry_t entry;
	struct swap_io *next; /* of the same request */
	/* Of a request's first page: */
	struct swap_io *last, *next_request;
	u32 nr;		 /* pages */
	u32 descriptors; /* slab of the table of them, SLAB_NONE: none */
	u32 cpu;	 /* that submitted it */
	u32 batch;	 /* of folios that reclaim took off the lists together; of each page */
	/* The batch that was being dealt with when the request went, how long that still took. */
	u32 sent_batch;
	u64 isolated_ns, sent_ns;
	struct swap_io *next_unused, *next_pooled;
};

struct swap_state {
	struct swap_info **avail; /* [nr] by priority, equal ones in turn */
	struct swap_info **all;	  /* [nr] by base */
	u32 nr, nr_rotational;
	u64 nr_free, total, nr_cached;
	struct swap_percpu *percpu;  /* [nr_cpus] */
	struct swap_io *pool, *unused;
	gfp_t atomic;		     /* GFP_ATOMIC */
	u32 readahead_hits;	     /* cluster read-ahead: since it last looked */
	u32 prev_entry, prev_window; /* and what it read then */
};

static inline struct swap_info *swap_entry_info(const struct vm *vm, swp_entry_t entry)
{
	const struct swap_state *swap = vm->swap;
	u32 i = 0;

	while (i + 1 < swap->nr && entry >= swap->all[i + 1]->base)
		i++;
	return swap->all[i];
}

/* NULL: the host has no memory, the engine stops. mm/swap_write.c */
struct swap_io *swap_io_get(struct vm *vm, u32 folio);
void swap_io_put(struct swap_io *io);
/* The device has been written to when it was made and taken on: what its driver needs for a request
   has come once, and does not come for the first time when memory is short. mm/swap_write.c */
void swap_write_prepare(struct vm *vm, const struct device *dev);

/* A free slot, from now on held by the swap cache alone; 0: none. mm/swapfile.c */
swp_entry_t swap_slot_alloc(struct vm *vm, struct task_struct *current);
/* The cache holds the slot (with its folio), or no longer (leaving a shadow); the shadow that the
   last one left, 0: none. */
void swap_slot_set_cache(struct vm *vm, swp_entry_t entry, u32 folio);
void swap_slot_clear_cache(struct vm *vm, swp_entry_t entry, u32 shadow);
u32 swap_slot_shadow(const struct vm *vm, swp_entry_t entry);
/* Who pays for the page in the slot. mm/swap_cgroup.c */
struct mem_cgroup *swap_slot_memcg(const struct vm *vm, swp_entry_t entry);
bool swap_slot_set_memcg(struct vm *vm, swp_entry_t entry, const struct mem_cgroup *memcg);

/* The folio into the swap cache as the copy of the slot. False: host memory. mm/swap_state.c */
bool swap_cache_add_folio(struct vm *vm, u32 folio, swp_entry_t entry);

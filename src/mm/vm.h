/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"
#include "mm/readahead.h"

/*
 * Who owns pages: address spaces, regions, files. Both a region and a file keep their pages in
 * nodes of 64 slots (the kernel's page tables and xarray nodes in one shape); page->owner holds
 * the number of the node, so that a page's owner is found in O(64) without a list.
 *
 * An anonymous page that fork shared is in one slot of several nodes. They form a ring (the
 * family that an anon_vma tree describes in the kernel): the slot has the same number in each.
 */
#define KMALLOC_CLASSES 13u /* mm/kmalloc.c */
#define VM_NODE_SHIFT 6
#define VM_NODE_SLOTS (1u << VM_NODE_SHIFT)

/* page->owner: kind above, number below. MM_OWNER_BOOT is kind OWNER_OTHER. */
/* OWNER_SWAP: only the swap cache holds it, number: the entry. OWNER_OTHER with number
   OWNER_BATCH: let go, freed when its LRU batch is emptied. OWNER_HUGETLB: of a pool of huge pages,
   number: its place there. */
enum page_owner_kind { OWNER_OTHER, OWNER_NODE, OWNER_SLAB, OWNER_PGTABLE, OWNER_BLOCK,
		       OWNER_SWAP, OWNER_HUGE, OWNER_HUGETLB, NR_OWNER_KINDS };
#define OWNER_BATCH 2u
#define OWNER_SHIFT  28
#define OWNER_NUMBER ((1u << OWNER_SHIFT) - 1)

static inline u32 page_owner(enum page_owner_kind kind, u32 number)
{
	return (u32)kind << OWNER_SHIFT | number;
}

static inline enum page_owner_kind page_owner_kind(const struct page *page)
{
	return (enum page_owner_kind)(page->owner >> OWNER_SHIFT);
}

/* Counters of a node (the NUMA kind), named as in /proc/vmstat. X(enum, name) */
#define NODE_STAT_ITEMS(X)                                                                        \
	X(NR_INACTIVE_ANON, "nr_inactive_anon")                                                    \
	X(NR_ACTIVE_ANON, "nr_active_anon")                                                        \
	X(NR_INACTIVE_FILE, "nr_inactive_file")                                                    \
	X(NR_ACTIVE_FILE, "nr_active_file")                                                        \
	X(NR_UNEVICTABLE, "nr_unevictable")                                                        \
	X(NR_ISOLATED_ANON, "nr_isolated_anon")                                                    \
	X(NR_ISOLATED_FILE, "nr_isolated_file")                                                    \
	X(NR_ANON_MAPPED, "nr_anon_pages")                                                         \
	X(NR_ANON_THPS, "nr_anon_transparent_hugepages")                                           \
	X(NR_FILE_MAPPED, "nr_mapped")                                                             \
	X(NR_SHMEM, "nr_shmem")                                                                    \
	X(NR_WRITEBACK, "nr_writeback")                                                            \
	X(NR_SWAPCACHE, "nr_swapcached")                                                           \
	X(NR_KERNEL_STACK_KB, "nr_kernel_stack")                                                   \
	X(NR_VMSCAN_WRITE, "nr_vmscan_write")                                                      \
	X(NR_VMSCAN_IMMEDIATE, "nr_vmscan_immediate_reclaim")                                      \
	X(NR_FILE_PAGES, "nr_file_pages")                                                          \
	X(NR_FILE_DIRTY, "nr_dirty")                                                               \
	X(NR_DIRTIED, "nr_dirtied")                                                                \
	X(NR_WRITTEN, "nr_written")                                                                \
	X(NR_MLOCK, "nr_mlock")                                                                    \
	X(NR_PAGETABLE, "nr_page_table_pages")                                                     \
	X(NR_SLAB_RECLAIMABLE, "nr_slab_reclaimable")                                              \
	X(NR_SLAB_UNRECLAIMABLE, "nr_slab_unreclaimable")

#define X(e, n) e,
enum node_stat_item { NODE_STAT_ITEMS(X) NR_VM_NODE_STAT_ITEMS };
#undef X
extern const char *const node_stat_names[NR_VM_NODE_STAT_ITEMS];

struct vm_area_struct;
struct file;

/* 64 consecutive pages of a region or a file. Bit i of a mask speaks of slot i. */
struct vm_node {
	union {
		struct vm_area_struct *vma;
		struct file *file;
	};
	u32 id;
	u32 index; /* of slot 0 in the holder, in nodes */
	bool is_file;
	u32 slab; /* file: the kernel's node as a slab object, 0: none */
	u32 ring_next, ring_prev; /* nodes that may share pages; itself: none */
	u64 present;		  /* slot[] is a PFN */
	u64 young;		  /* region: accessed since reclaim last looked */
	u64 swapped;		  /* region: slot[] is a swap entry */
	u64 shadow;		  /* file: slot[] is the shadow of an evicted page */
	u64 zero;		  /* region: the zero page, until written */
	u64 wrprotect;		  /* region: shared by fork, a write copies */
	u64 dirty;		  /* file: tags folios newer than the disk, at their head; region
				     of a file: written through this entry */
	u64 writeback;		  /* file: tags folios on their way to the disk, at their head */
	u64 buffers;		  /* file: likewise folios written once, which have buffer heads */
	u32 slot[VM_NODE_SLOTS];
	u32 *heads; /* file: buffer heads of its pages, by block; NULL: none had any */
	u32 *swap; /* region: the slots of present pages in the swap cache; NULL: none were */
};

/* Numbers of nodes by position, grown as needed. */
struct vm_node_map {
	u32 *id; /* 0: none */
	u64 n;
};

/* A range of an address space. Addresses and lengths in pages. */
struct vm_area_struct {
	struct mm_struct *vm_mm;
	u64 start, nr_pages;
	struct vm_node_map nodes;
	u64 nr_present;
	bool locked; /* VM_LOCKED */
	bool shared; /* of the file: writes reach it */
	bool exec;
	bool shmem, shmem_mapped;  /* holds shared memory from before the start, see boot_lru.h */
	bool hugepage, nohugepage; /* madvise */
	u32 *huge;		   /* entries of huge pages by their number; mm/huge_memory.c */
	u64 huge_n;
	struct file *file;	   /* mapped; NULL: anonymous */
	u64 pgoff;		   /* page of the file at start */
	struct vm_area_struct *i_mmap_next, *i_mmap_prev; /* of the file */
	struct file_ra_state f_ra; /* of the open file that is mapped */
	u64 swap_ra_addr; /* swap read-ahead: last fault, its window and hits; mm/swap_state.c */
	u32 swap_ra_win, swap_ra_hits;
};

#define PGTABLE_LEVELS_MAX 4

/* Pages that hold page tables, by level from the leaves up and by position. */
struct pgtable {
	u32 bits, levels; /* bits of an address decoded a level; levels with the root */
	u32 root;
	struct pgtable_level {
		u32 *pfn; /* PFN_NONE: none */
		u64 n;
	} level[PGTABLE_LEVELS_MAX - 1];
};

enum mm_counter { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES, NR_MM_COUNTERS };

/* Read faults of files map what is cached in an aligned window. mm/memory.c:fault_around_pages */
#define FAULT_AROUND_BYTES (64u << 10)

/* An address space: one task's. */
struct mm_struct {
	struct vm *vm;
	struct mm_struct *next, *prev; /* of all, oldest first */
	u32 id;
	struct vm_area_struct **areas; /* by address */
	u32 nr_areas, cap_areas;
	u64 gap_from; /* no gap lies below; where the search for room begins */
	struct pgtable pgtable;
	u64 rss_stat[NR_MM_COUNTERS], hiwater_rss;
	u64 total_vm, locked_vm; /* pages */
	u64 nr_pgtables; /* pages; the root table does not count: mm_pgtables_bytes() */
	struct task_struct *owner;	      /* the process; NULL: a kernel's or none */
	struct mem_cgroup *memcg;	      /* never NULL */
	s32 oom_score_adj;
	bool oom_skip;	   /* MMF_OOM_SKIP */
	bool oom_victim;   /* mm of a killed process */
	bool oom_unkillable; /* init and what was there before */
	bool mmap_locked;    /* for writing: regions go or are copied */
	u32 mmap_readers;    /* at work here with time passing; a writer waits for them */
	bool vm_hugepage;    /* khugepaged knows it */
	struct mm_struct *khugepaged_next, *khugepaged_prev; /* in the order it came to know them */
	u64 oom_reap_at;     /* when the reaper looks at it; 0: it does not */
	u32 oom_reap_attempts;
	u64 min_flt, maj_flt;
};

/* Pages that an address space has in memory. include/linux/mm.h:get_mm_rss */
static inline u64 get_mm_rss(const struct mm_struct *mm)
{
	return mm->rss_stat[MM_ANONPAGES] + mm->rss_stat[MM_FILEPAGES] +
	       mm->rss_stat[MM_SHMEMPAGES];
}

/* Extra references of pages in more than one address space; open addressing, keyed by PFN. */
struct page_refs {
	struct page_ref {
		u32 pfn, extra; /* extra 0: empty */
	} *slots;
	u32 nr, mask; /* mask + 1 slots */
};

#define FOLIO_WAIT_QUEUES 64u

struct vm {
	struct mm *mm;
	struct device *disk; /* file data; NULL: there is none */
	struct mm_struct *first, *last;
	u32 next_mm_id, nr_mm;
	struct file *files;
	struct page_refs refs;
	struct vm_node **node_chunks;
	u32 nr_node_chunks, free_node;
	u64 nr_nodes;
	struct slab_pool *slabs;
	struct kmem_cache *kmalloc[KMALLOC_CLASSES]; /* by size, made when needed */
	struct mem_cgroup **memcgs; /* [0]: the root */
	u32 nr_memcgs;
	bool stats_lag; /* decisions see the statistics of the last mem_cgroup_flush_stats() */
	u8 *folio_memcg; /* by PFN: number of a folio's group; NULL: there is only the root */
	struct lru_batches *batches; /* [nr_cpus]: mm/lru.c */
	u32 lru_cache_disabled;	     /* who wants no folio to wait in a batch */
	bool lru_gen;		     /* the multi-generational LRU is in use */
	struct swap_state *swap;     /* NULL: no swap */
	struct writeback *writeback; /* of disk; NULL: no disk */
	struct file_requests *file_requests;
	struct wait_queue folio_wait[FOLIO_WAIT_QUEUES]; /* by PFN */
	struct shrinker *shrinkers;
	struct super_block *sb;	     /* small files; NULL: none yet. mm/dcache.c */
	struct shadow_nodes *shadow_nodes;
	struct buffer_heads *buffer_heads;
	struct oom_state *oom;
	struct huge_entry **huge_chunks;
	u32 nr_huge_chunks, free_huge;
	struct hugetlb *hugetlb; /* pools of huge pages; NULL: none yet */
	struct cma *cma;	 /* [mm->machine->nr_cma]; NULL: no areas */
	struct deferred_split *deferred_split;
	struct khugepaged *khugepaged; /* NULL: there was nothing for it yet */
	struct wait_queue mmap_wait;   /* for the mmap_lock of any address space */
	s64 (*node_stat)[NR_VM_NODE_STAT_ITEMS]; /* [mm->nr_nodes] */
	u64 committed; /* pages that address spaces were promised: vm_committed_as */
	u64 host_bytes;				 /* of maps that grow with the workload */
	bool no_host_memory; /* an operation failed for the host's sake, not the model's */
};

/* disk may be NULL. mm and disk must outlive the vm. NULL if the host has no memory. */
struct vm *vm_create(struct mm *mm, struct device *disk);
/* Forgets everything; the pages go with the mm. */
void vm_destroy(struct vm *vm);

static inline s64 node_page_state(const struct vm *vm, u32 nid, enum node_stat_item item)
{
	return vm->node_stat[nid][item];
}

/* Of all nodes. include/linux/vmstat.h:global_node_page_state */
s64 global_node_page_state(const struct vm *vm, enum node_stat_item item);

/*
 * Address spaces. `current` pays for what it does. All may block where the page allocator does.
 */

/* Empty, with its page table root. NULL: no memory. kernel/fork.c:mm_alloc */
struct mm_struct *mm_alloc(struct vm *vm, struct task_struct *current);

/* The region that holds the page at addr; NULL: none. O(log regions). mm/mmap.c:vma_lookup */
struct vm_area_struct *vma_lookup(const struct mm_struct *mm, u64 addr);

/* Who waits for an mmap_lock looks again. */
void mmap_wake(struct vm *vm);

/*
 * mmap_lock of the kernel. The owner holds it for writing while regions are half gone or are copied
 * and time passes; that keeps the OOM reaper and khugepaged off, once they are done if they are at
 * work. For reading it is held by faults, by who zaps, the OOM reaper and khugepaged: none of them
 * loses a region meanwhile, nor does khugepaged turn pages into a huge one.
 */
void mmap_write_lock(struct mm_struct *mm, struct task_struct *current);
void mmap_write_unlock(struct mm_struct *mm);
static inline void mmap_read_lock(struct mm_struct *mm)
{
	mm->mmap_readers++;
}
static inline bool mmap_read_trylock(struct mm_struct *mm)
{
	if (mm->mmap_locked)
		return false;
	mmap_read_lock(mm);
	return true;
}
static inline void mmap_read_unlock(struct mm_struct *mm)
{
	if (!--mm->mmap_readers && unlikely(waitqueue_active(&mm->vm->mmap_wait)))
		mmap_wake(mm->vm);
}

/* Unmaps all and releases the mm. mm/mmap.c:exit_mmap */
void exit_mmap(struct mm_struct *mm, struct task_struct *current);

#define VM_MAX_MAP_COUNT 65530u /* vm.max_map_count */

/* The lowest gap that fits. NULL: too many regions, no room, or more than
   overcommit_memory allows. O(regions). mm/mmap.c:do_mmap */
struct vm_area_struct *vm_mmap(struct mm_struct *mm, struct task_struct *current, u64 nr_pages);

/* The same of pages [pgoff, pgoff + nr_pages) of a file; shared: writes reach it, otherwise they
   make anonymous copies. */
struct vm_area_struct *vm_mmap_file(struct mm_struct *mm, struct task_struct *current,
				    struct file *file, u64 pgoff, u64 nr_pages, bool shared);

/* The whole region with its pages and page tables. mm/vma.c:do_vmi_munmap */
void vm_munmap(struct vm_area_struct *vma, struct task_struct *current);

/* Page tables for all of the region, as if each page had been there. False: no memory. */
bool vm_fill_tables(struct vm_area_struct *vma, struct task_struct *current);

/* Locks what is there and what comes; the caller touches the pages. mm/mlock.c */
void mlock_vma(struct vm_area_struct *vma, struct task_struct *current);

/*
 * Pins page `index` if it is there and the region's alone, in an anonymous region without huge
 * pages there: it neither moves nor is reclaimed until it is freed, and fork does not share it.
 * False: it is not there. mm/gup.c:try_grab_folio
 */
bool vm_pin_page(struct vm_area_struct *vma, u64 index);

/*
 * Before a pin for long: if page `index` lies in a CMA area or a movable zone it moves out of it.
 * False: there is no memory to move to. Time passes, so look whether it is there and where.
 * mm/gup.c:check_and_migrate_movable_pages
 */
bool vm_make_pinnable(struct vm_area_struct *vma, struct task_struct *current, u64 index);

enum vm_fault {
	VM_FAULT_NONE,	/* was there already */
	VM_FAULT_MINOR, /* now is */
	VM_FAULT_MAJOR, /* now is, read from a device */
	VM_FAULT_OOM,	/* the page allocator gave none */
	VM_FAULT_KILLED, /* a fatal signal came while waiting */
};

/*
 * An access to page `index` of a region. Costs of the fault are spent; that of the access itself
 * is not modelled. O(1). mm/memory.c:handle_mm_fault
 */
enum vm_fault handle_mm_fault(struct vm_area_struct *vma, struct task_struct *current, u64 index,
			      bool write);

/* Would an access fault? O(1) */
bool vm_present(const struct vm_area_struct *vma, u64 index, bool write);

/*
 * Frees the pages [index, index + nr) of a region that are present. Returns how many were.
 * O(nodes + pages). mm/memory.c:zap_page_range_single
 */
u64 zap_page_range(struct vm_area_struct *vma, struct task_struct *current, u64 index, u64 nr);
/* The same as a system call. mm/madvise.c:madvise_dontneed_single_vma */
u64 madvise_dontneed(struct vm_area_struct *vma, struct task_struct *current, u64 index, u64 nr);

/*
 * khugepaged brings back page `index`, which is swapped out. False: it is not there yet, for its
 * read has only begun or there is no memory. Time passes. mm/memory.c:do_swap_page
 */
bool vm_swap_in(struct vm_area_struct *vma, struct task_struct *current, u64 index);

/*
 * A copy of parent that shares its pages until either writes. NULL: no memory.
 * kernel/fork.c:dup_mmap, mm/memory.c:copy_page_range
 */
struct mm_struct *dup_mm(struct mm_struct *parent, struct task_struct *current);

/*
 * The node and slot that hold a page, or NULL for a page that no region or file holds. O(1).
 * With a ring, other nodes may hold it too: see page_mapcount().
 */
struct vm_node *page_node(const struct vm *vm, u32 pfn, u32 *slot);

/* Address spaces that map the page; 1 for any page that is not shared. O(1) */
u32 page_mapcount(const struct vm *vm, u32 pfn);

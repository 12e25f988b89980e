/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/err.h"
#include "engine/engine.h"
#include "engine/rng.h"
#include "machine/cpu.h"
#include "mm/page.h"
#include "mm/probes.h"
#include "mm/profile.h"
#include "mm/sysctl.h"
#include "mm/zone.h"

/* alloc_flags. mm/internal.h (7.2) */
#define ALLOC_WMARK_MIN	    WMARK_MIN
#define ALLOC_WMARK_LOW	    WMARK_LOW
#define ALLOC_WMARK_HIGH    WMARK_HIGH
#define ALLOC_WMARK_MASK    0x3u
#define ALLOC_NO_WATERMARKS 0x4u
#define ALLOC_OOM	    0x8u
#define ALLOC_NON_BLOCK	    0x10u
#define ALLOC_MIN_RESERVE   0x20u
#define ALLOC_CPUSET	    0x40u
#define ALLOC_CMA	    0x80u
#define ALLOC_NOFRAGMENT    0x100u
#define ALLOC_HIGHATOMIC    0x200u
#define ALLOC_KSWAPD	    0x800u
#define ALLOC_RESERVES	    (ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC | ALLOC_OOM)

#define PAGE_ALLOC_COSTLY_ORDER 3
#define NUMA_NO_NODE		(-1)

/* task->flags. include/linux/sched.h */
#define PF_MEMALLOC	 BIT(0)
#define PF_MEMALLOC_NOIO BIT(1)
#define PF_MEMALLOC_NOFS BIT(2)
#define PF_MEMALLOC_PIN	 BIT(3)
#define PF_MEMALLOC_SCOPES (PF_MEMALLOC_NOIO | PF_MEMALLOC_NOFS | PF_MEMALLOC_PIN)
#define PF_KTHREAD	 BIT(4)
#define PF_RT		 BIT(5) /* realtime or deadline policy */
#define PF_OOM_VICTIM	 BIT(6)
#define PF_KSWAPD	 BIT(7)
#define PF_EXITING	 BIT(8)
#define PF_KHUGEPAGED	 BIT(9)

enum task_context { IN_TASK, IN_SOFTIRQ, IN_HARDIRQ };

enum mempolicy_mode {
	MPOL_DEFAULT,
	MPOL_PREFERRED,
	MPOL_PREFERRED_MANY,
	MPOL_BIND,
	MPOL_INTERLEAVE,
	MPOL_LOCAL,
};

struct mempolicy {
	enum mempolicy_mode mode;
	u64 nodes;   /* bit per node */
	u32 il_prev; /* interleave: node last used */
};

/*
 * Who asks: `current` of the kernel's code. The owner (a simulated task, kernel thread, interrupt
 * source or replayed trace) keeps it; mm/ reads the identity and adds up the time used.
 */
/* Writes to swap that a task gathers. mm/swap_write.c; include/linux/blkdev.h:struct blk_plug */
struct swap_plug {
	struct swap_io *first, *last;	    /* gathered requests */
	struct swap_io *ready, *ready_last; /* to be sent */
	u32 nr;				    /* gathered ones */
	u32 batch;			    /* counts batches of folios off the lists */
	bool active;
};

struct task_struct {
	const char *comm;
	u32 pid;
	u32 cpu;
	u32 flags; /* PF_* */
	enum task_context context;
	struct cpu_ctx *sched; /* NULL: time is added up but nothing waits */
	struct mempolicy mempolicy;

	u64 total_ns[NR_STALL_CAUSES];	  /* time used, by cause */
	u64 charged_ns, spent_ns;	  /* charged to the allocator; of it already passed */
	u64 op_start_ns[NR_STALL_CAUSES]; /* total_ns when the request began, if somebody listens */
	struct capture_control *capture; /* compaction takes what is freed here; NULL: no */
	u32 tlb_ipis; /* flushes asked of other CPUs, their answers not waited for yet */
	u64 stalled_ns; /* in direct reclaim and compaction, waits included */
	u64 memcg_nr_pages_over_high; /* to be answered for: mem_cgroup_handle_over_high() */
	struct mem_cgroup *memcg_over_high; /* in which group (kernel: the task's own) */
	u64 reclaimed_slab; /* pages that slab gave back meanwhile (kernel: reclaim_state) */
	bool sigkill;	    /* SIGKILL is pending: mm/oom.h */
	bool in_killable_sleep; /* SIGKILL ends its sleep */
	bool in_lru_fault;	/* in a page fault: new folios are being accessed through it */
	u32 nr_dirtied, nr_dirtied_pause; /* pages dirtied since the last pause; poll after */
	u64 dirty_paused_when;		  /* ns */
	enum alloc_path op_path;	  /* of the request under way */
	struct swap_plug swap_plug;
};

/* Adds ns of `cause`; they pass at the end of the request, in task_spend(). */
static inline void task_charge(struct task_struct *current, enum stall_cause cause, u64 ns)
{
	current->total_ns[cause] += ns;
	current->charged_ns += ns;
}

/* A request on its way. mm/internal.h:struct alloc_context */
struct alloc_context {
	const u16 *zonelist;
	u32 nr_zonelist;
	u64 nodemask; /* 0: none */
	u32 preferred; /* index in zonelist of the preferred zone; nr_zonelist: none */
	u32 preferred_nid;
	u32 highest_zoneidx;
	enum migratetype migratetype;
	bool spread_dirty_pages; /* for writing: nodes at their dirty limit are passed over */
};

struct pressure_ops;

/* Everything under memory management of one simulated machine. */
struct mm {
	const struct mm_profile *profile;
	struct mm_sysctl sysctl;
	const struct machine *machine;
	struct engine *engine; /* may be NULL: no time passes (verify) */
	struct cpus *cpus;     /* may be NULL */

	u32 max_order, pageblock_order;
	u32 pageblock_nr_pages;
	u32 page_shift;
	bool page_group_by_mobility_disabled;
	bool cma_configured, thp_configured, zone_dma32_configured;
	s32 thp_pcp_order; /* -1: none */
	u8 gfp_zone[16];   /* highest zone type by the low four gfp bits */

	bool fast_alloc, fast_free; /* single pages may go the short way: page_alloc.c, free.c */
	u8 single_mark; /* enum zone_watermarks: above it a walk ends at its first zone */
	struct page *mem_map;	 /* by PFN; see pfn_to_page() */
	struct top_block *top;	 /* by PFN >> max_order */
	struct pageblock *block; /* by PFN >> pageblock_order */
	u64 base_pfn, end_pfn;	 /* all zones lie between; aligned to max_order */

	struct zone *zones; /* [nr_nodes * MAX_NR_ZONES], by node, then type */
	u32 nr_zones;
	struct pglist_data *nodes;
	u32 nr_nodes, nr_online_nodes; /* online: with memory */
	u32 nr_cpus;
	const u32 *cpu_node; /* machine->cpu_node */
	u64 totalreserve_pages;

	const struct pressure_ops *pressure; /* reclaim, compaction, OOM: mm/pressure.h */
	struct vm *vm;			     /* address spaces and files; NULL: none */
	u64 vm_event[NR_VM_EVENT_ITEMS];
	void (*op_check)(struct mm *mm); /* after each operation; NULL: no checks (mm/check.h) */
	struct mm_checker *checker;
	struct probe_listener *probes[NR_MM_PROBES];
	struct task_struct *kworker; /* [nr_cpus]: timers and boot work on each CPU */
	struct costs costs;
	size_t map_bytes, top_bytes, block_bytes;
};

static inline struct page *pfn_to_page(const struct mm *mm, u64 pfn)
{
	return &mm->mem_map[pfn];
}

static inline bool pfn_in_map(const struct mm *mm, u64 pfn)
{
	return pfn < mm->end_pfn;
}

static inline struct pageblock *pfn_to_pageblock(const struct mm *mm, u64 pfn)
{
	return &mm->block[pfn >> mm->pageblock_order];
}

static inline struct top_block *pfn_to_top(const struct mm *mm, u64 pfn)
{
	return &mm->top[pfn >> mm->max_order];
}

/* Brings a descriptor that is about to be touched into the host's cache. No effect on results. */
static inline void prefetch_page(const struct mm *mm, u64 pfn)
{
	__builtin_prefetch(pfn_to_page(mm, pfn), 1);
	__builtin_prefetch(pfn_to_pageblock(mm, pfn));
}

#define for_each_zone(mm, z)                                                                      \
	for (struct zone *z = (mm)->zones; z < (mm)->zones + (mm)->nr_zones; z++)
#define for_each_populated_zone(mm, z) for_each_zone(mm, z) if (populated_zone(z))

/*
 * Sets up zones, zonelists and empty lists for a machine; no page is free yet: one of the boots
 * (mm/boot.h) hands memory over. machine, profile, engine and cpus must outlive the mm.
 * Memory is mapped lazily; O(pageblocks). NULL and err if the host has none.
 */
struct mm *mm_create(const struct machine *machine, const struct mm_profile *profile,
		     const struct mm_sysctl *sysctl, struct engine *engine, struct cpus *cpus,
		     struct err *err);
void mm_destroy(struct mm *mm);

/* Attaches a listener to a probe. It must not change the simulation. */
void mm_listen(struct mm *mm, enum mm_probe probe, struct probe_listener *listener);
/* After a change of what decides: may single pages go the short way? */
void mm_choose_paths(struct mm *mm);

/* Of a pageblock that several zones share. O(zones). */
struct zone *pfn_zone_search(const struct mm *mm, u64 pfn);

/* The zone that owns a PFN of the map; NULL for a hole. O(1) but for shared pageblocks. */
static inline struct zone *pfn_zone(const struct mm *mm, u64 pfn)
{
	u16 idx = pfn_to_pageblock(mm, pfn)->zone;

	return likely(idx != ZONE_MIXED) ? &mm->zones[idx] : pfn_zone_search(mm, pfn);
}

/*
 * The last hold_ns charged were spent under zone->lock: if another CPU holds it then, the wait is
 * charged too. One CPU, or no clock: no contention.
 */
void task_lock_zone(struct zone *zone, struct task_struct *current, u64 hold_ns);

/*
 * The context, which is the task's, may go to an idle CPU of its node whenever it wakes; task->cpu
 * follows. False for NULL, so that it can stand around a context's creation. O(CPUs)
 */
bool task_roam(const struct mm *mm, struct task_struct *task, struct cpu_ctx *ctx);

/*
 * Lets the time charged so far pass on the task's CPU, in the middle of a request or at its end;
 * waiting for the CPU is added as CAUSE_CPU. Others run meanwhile: state can change.
 */
void task_spend_partly(struct mm *mm, struct task_struct *current);

/* The same; who has no context only settles the account: its time is the caller's affair. */
static inline void task_settle(struct mm *mm, struct task_struct *current)
{
	if (current->sched)
		task_spend_partly(mm, current);
	else
		current->spent_ns = current->charged_ns;
}

/* The same at the end of a request, when the state is whole and may be checked. */
static inline void task_spend(struct mm *mm, struct task_struct *current)
{
	task_settle(mm, current);
	if (unlikely(mm->op_check))
		mm->op_check(mm);
}

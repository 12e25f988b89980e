/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page faults, after mm/memory.c. Of anonymous memory: the first write takes a zeroed movable page
 * (page tables before it), the first read the shared zero page, a write to a page that fork shared
 * copies it unless the others are gone, a swapped page comes back from the swap cache or from its
 * device. Those of files are in memory_file.c, huge pages in huge_memory.c. Left out: several
 * threads that fault on the same page.
 */
#include <assert.h>
#include <string.h>

#include "mm/filemap.h"
#include "mm/huge_memory.h"
#include "mm/lru.h"
#include "mm/memcontrol.h"
#include "mm/oom.h"
#include "mm/swap.h"
#include "mm/vm_internal.h"
#include "mm/vmstat.h"

struct fault {
	struct vm *vm;
	struct vm_area_struct *vma;
	struct task_struct *current;
	struct vm_node *node;
	u64 index;
	u32 i; /* slot of the node */
	bool write;
	bool major; /* waited for a device */
};

/* What a look at the entry led to. Time may have passed with each. */
enum fault_step { FAULT_DONE, FAULT_AGAIN, FAULT_OOM };

static u64 bit(const struct fault *f)
{
	return 1ull << f->i;
}

static void charge_copy(const struct fault *f)
{
	const struct mm *mm = f->vm->mm;

	task_charge(f->current, CAUSE_FAULT, mm->costs.copy_page << (mm->page_shift - 12));
}

/* A page for the region's group, PFN_NONE if there is none. Time passes. */
static u32 alloc_anon_folio(struct fault *f, gfp_t gfp)
{
	struct mm *mm = f->vm->mm;
	u32 pfn = alloc_pages(mm, f->current, GFP_HIGHUSER_MOVABLE | gfp, 0);

	if (pfn == PFN_NONE ||
	    mem_cgroup_charge(f->vm, f->current, pfn, f->vma->vm_mm->memcg, GFP_KERNEL))
		return pfn;
	(void)free_pages(mm, f->current, pfn, 0);
	return PFN_NONE;
}

/* mm/memory.c:folio_add_lru_vma */
static void add_to_lru(struct fault *f, u32 folio)
{
	folio_add_lru(f->vm, f->current, folio);
	if (f->vma->locked)
		mlock_folio(f->vm, f->current, folio);
}

static enum fault_step do_anonymous_page(struct fault *f)
{
	u32 pfn;

	if (do_huge_pmd_anonymous_page(f->vma, f->current, f->index) == HUGE_FAULT_DONE)
		return FAULT_DONE;
	if (!f->write) {
		f->node->zero |= bit(f);
		return FAULT_DONE;
	}
	pfn = alloc_anon_folio(f, __GFP_ZERO);
	if (pfn == PFN_NONE)
		return FAULT_OOM;
	set_anon_pte(f->vm, f->node, f->i, pfn, true);
	add_to_lru(f, pfn);
	return FAULT_DONE;
}

/* Nobody else uses the page, and nobody will find its old contents. A swapped copy is given up.
   mm/memory.c:wp_can_reuse_anon_folio */
static bool wp_can_reuse(struct fault *f, u32 pfn)
{
	const struct page *page = pfn_to_page(f->vm->mm, pfn);

	if (page_refs_get(&f->vm->refs, pfn))
		return false;
	if (!(page->flags & PG_lru))
		lru_add_drain(f->vm, f->current);
	return !(page->flags & PG_swapcache) || folio_free_swap(f->vm, pfn);
}

/* The entry leaves the page that was copied. */
static void leave_old(struct fault *f, u32 old)
{
	bool anon = page_is_anon(f->vm->mm, old), last = clear_pte(f->vm, f->node, f->i);

	if (anon && last && free_swap_cache(f->vm, old))
		folios_put(f->vm, f->current, &old, 1);
	else if (f->vma->locked)
		munlock_folio(f->vm, f->current, page_folio(f->vm->mm, old));
}

/* mm/memory.c:wp_page_copy */
static enum fault_step wp_page_copy(struct fault *f, u32 old)
{
	u32 pfn = alloc_anon_folio(f, 0);

	if (pfn == PFN_NONE)
		return FAULT_OOM;
	if (!(f->node->present & bit(f)) || f->node->slot[f->i] != old) {
		/* Reclaimed or moved meanwhile. */
		mem_cgroup_uncharge(f->vm, pfn);
		(void)free_pages(f->vm->mm, f->current, pfn, 0);
		return FAULT_AGAIN;
	}
	leave_old(f, old);
	set_anon_pte(f->vm, f->node, f->i, pfn, true);
	add_to_lru(f, pfn);
	charge_copy(f);
	return FAULT_DONE;
}

static enum fault_step do_wp_page(struct fault *f)
{
	u32 pfn = f->node->slot[f->i];

	if (!page_is_anon(f->vm->mm, pfn) || !wp_can_reuse(f, pfn))
		return wp_page_copy(f, pfn);
	f->node->wrprotect &= ~bit(f);
	f->node->young |= bit(f);
	f->node->dirty |= bit(f);
	count_vm_events(f->vm->mm, PGREUSE, 1);
	return FAULT_DONE;
}

/* mm/memory.c:should_try_to_free_swap; alone: no entry but the one of this fault maps it. In 7.2
   recordings show that pages which came back for writing stay in the swap cache. */
static bool should_free_swap(const struct fault *f, swp_entry_t entry, bool alone)
{
	return swap_synchronous(f->vm, entry) || vm_swap_full(f->vm) || f->vma->locked ||
	       (f->write && alone && !f->vm->mm->profile->swapin_keeps_slot);
}

/* The folio is in memory: the entry maps it instead of naming its slot. */
static enum fault_step map_swapped_in(struct fault *f, u32 folio, swp_entry_t entry)
{
	struct page *page = pfn_to_page(f->vm->mm, folio);
	bool alone = page_owner_kind(page) == OWNER_SWAP;

	if (f->write && !(page->flags & PG_lru))
		lru_add_drain(f->vm, f->current);
	if (!set_swapped_in_pte(f->vm, f->node, f->i, folio))
		return FAULT_OOM;
	swap_free(f->vm, entry);
	f->vma->vm_mm->rss_stat[MM_SWAPENTS]--;
	if (f->vma->locked)
		mlock_folio(f->vm, f->current, folio);
	if (should_free_swap(f, entry, alone))
		folio_free_swap(f->vm, folio);
	if (!alone || ((page->flags & PG_swapcache) && swap_count(f->vm, entry)))
		f->node->wrprotect |= bit(f);
	else if (f->write)
		f->node->dirty |= bit(f);
	return f->write && f->node->wrprotect & bit(f) ? FAULT_AGAIN : FAULT_DONE;
}

static enum fault_step do_swap_page(struct fault *f)
{
	struct mm *mm = f->vm->mm;
	swp_entry_t entry = f->node->slot[f->i];
	u32 folio = swap_cache_folio(f->vm, entry);

	if (folio != PFN_NONE) {
		swap_update_readahead(f->vm, f->vma, f->index, folio);
	} else {
		folio = swapin_readahead(f->vm, f->current, f->vma, f->index, entry);
		if (!(f->node->swapped & bit(f)) || f->node->slot[f->i] != entry)
			return FAULT_AGAIN;
		if (folio == PFN_NONE)
			return FAULT_OOM;
		f->major = true;
		count_vm_events(mm, PGMAJFAULT, 1);
	}
	if (pfn_to_page(mm, folio)->flags & PG_locked) {
		f->major = true;
		folio_wait(f->vm, f->current, folio, CAUSE_SWAP_IN);
		return FAULT_AGAIN;
	}
	return map_swapped_in(f, folio, entry);
}

bool vm_swap_in(struct vm_area_struct *vma, struct task_struct *current, u64 index)
{
	struct fault f = {
		.vm = vma->vm_mm->vm,
		.vma = vma,
		.current = current,
		.node = vm_node_lookup(vma->vm_mm->vm, &vma->nodes, index),
		.index = index,
		.i = (u32)(index % VM_NODE_SLOTS),
	};

	return do_swap_page(&f) == FAULT_DONE;
}

static enum fault_step do_fault(struct fault *f)
{
	/* A private region first shows the file's page, and copies that. */
	enum vm_fault fault = do_file_fault(f->vma, f->current, f->index,
					    f->write && f->vma->shared);
	u32 i = f->i;

	f->major |= fault == VM_FAULT_MAJOR;
	if (fault == VM_FAULT_OOM)
		return FAULT_OOM;
	if (f->vma->locked && f->node->present >> i & 1)
		mlock_folio(f->vm, f->current, page_folio(f->vm->mm, f->node->slot[i]));
	return FAULT_AGAIN; /* to see what it is now */
}

/* A write to a huge page that fork shared: the page alone is copied, if others still have it.
   mm/huge_memory.c:do_huge_pmd_wp_page, mm/memory.c:wp_page_copy */
static enum fault_step do_huge_wp(struct fault *f, struct huge_entry *huge)
{
	u32 old = PFN_NONE, pfn;

	if (!f->write || huge_entry_reuse(f->vm, huge))
		return FAULT_DONE;
	pfn = alloc_anon_folio(f, 0);
	if (pfn == PFN_NONE)
		return FAULT_OOM;
	huge = huge_entry_maps(f->vma, f->index);
	if (!huge || !huge->wrprotect ||
	    !unmap_huge_pages(f->vm, f->current, huge, f->index, f->index + 1, &old)) {
		/* Split meanwhile. */
		mem_cgroup_uncharge(f->vm, pfn);
		(void)free_pages(f->vm->mm, f->current, pfn, 0);
		return f->vm->no_host_memory ? FAULT_OOM : FAULT_AGAIN;
	}
	set_anon_pte(f->vm, f->node, f->i, pfn, true);
	add_to_lru(f, pfn);
	charge_copy(f);
	if (old != PFN_NONE)
		folios_put(f->vm, f->current, &old, 1);
	return FAULT_DONE;
}

/* mm/memory.c:handle_pte_fault */
static enum fault_step handle_pte_fault(struct fault *f)
{
	const struct vm_node *node = f->node;
	struct huge_entry *huge = huge_entry_maps(f->vma, f->index);

	if (unlikely(huge))
		return do_huge_wp(f, huge);
	if (node->swapped & bit(f))
		return do_swap_page(f);
	if (!(node->present & bit(f)))
		return f->vma->file ? do_fault(f) : do_anonymous_page(f);
	if (!f->write || !(node->wrprotect & bit(f)))
		return FAULT_DONE;
	if (f->vma->shared && !page_is_anon(f->vm->mm, node->slot[f->i]))
		return do_fault(f);
	return do_wp_page(f);
}

static enum vm_fault fault_in(struct fault *f)
{
	struct mm_struct *mm = f->vma->vm_mm;
	enum fault_step step;

	f->node = vm_node_at(f->vm, &f->vma->nodes, f->index);
	if (!f->node)
		return VM_FAULT_OOM;
	f->node->vma = f->vma;
	if (!pgtable_alloc(mm, f->current, f->vma->start + f->index))
		return VM_FAULT_OOM;
	do {
		step = handle_pte_fault(f);
	} while (step == FAULT_AGAIN && !fatal_signal_pending(f->current));
	if (step == FAULT_DONE)
		return f->major ? VM_FAULT_MAJOR : VM_FAULT_MINOR;
	return fatal_signal_pending(f->current) ? VM_FAULT_KILLED : VM_FAULT_OOM;
}

static void trace_fault(struct fault *f, u64 cause_ns[NR_STALL_CAUSES])
{
	u64 latency = 0;

	for (u32 i = 0; i < NR_STALL_CAUSES; i++) {
		cause_ns[i] = f->current->total_ns[i] - cause_ns[i];
		latency += cause_ns[i];
	}
	TRACE(f->vm->mm, mm_fault_done, .current = f->current, .latency_ns = latency,
	      .major = f->major, .cause_ns = cause_ns);
}

/* The entry does not allow the access. mm/memory.c:__handle_mm_fault, mm_account_fault */
static enum vm_fault slow_fault(struct fault *f)
{
	struct task_struct *current = f->current;
	struct mm *mm = f->vm->mm;
	bool listened = mm->probes[PROBE_mm_fault_done] != NULL;
	u64 cause_ns[NR_STALL_CAUSES];
	enum vm_fault fault;

	if (unlikely(listened))
		memcpy(cause_ns, current->total_ns, sizeof(cause_ns));
	current->in_lru_fault = true;
	mmap_read_lock(f->vma->vm_mm);
	fault = fault_in(f);
	mmap_read_unlock(f->vma->vm_mm);
	current->in_lru_fault = false;
	count_vm_events(mm, PGFAULT, 1);
	if (fault == VM_FAULT_OOM || fault == VM_FAULT_KILLED)
		return fault;
	if (f->major)
		f->vma->vm_mm->maj_flt++;
	else
		f->vma->vm_mm->min_flt++;
	task_charge(current, CAUSE_FAULT, mm->costs.fault);
	task_spend(mm, current);
	mem_cgroup_return_to_user(f->vm, current);
	if (unlikely(listened))
		trace_fault(f, cause_ns);
	return fault;
}

bool vm_present(const struct vm_area_struct *vma, u64 index, bool write)
{
	const struct vm_node *node = vm_node_lookup(vma->vm_mm->vm, &vma->nodes, index);
	const struct huge_entry *huge = huge_entry_maps(vma, index);
	u64 mask = 1ull << (index % VM_NODE_SLOTS);

	if (huge)
		return !write || !huge->wrprotect;
	if (!node)
		return false;
	if (write)
		return (node->present & ~node->wrprotect & mask) != 0;
	return ((node->present | node->zero) & mask) != 0;
}

/* Is the page part of a huge one, and may it be accessed so? */
static bool touch_huge(const struct vm_area_struct *vma, u64 index, bool write)
{
	struct huge_entry *entry = huge_entry_maps(vma, index);

	if (!entry || (write && entry->wrprotect))
		return false;
	entry->young = true;
	return true;
}

enum vm_fault handle_mm_fault(struct vm_area_struct *vma, struct task_struct *current, u64 index,
			      bool write)
{
	struct vm *vm = vma->vm_mm->vm;
	struct vm_node *node = vm_node_lookup(vm, &vma->nodes, index);
	u64 mask = 1ull << (index % VM_NODE_SLOTS), ok;

	assert(index < vma->nr_pages);
	if (likely(node)) {
		ok = write ? node->present & ~node->wrprotect : node->present | node->zero;
		if (likely(ok & mask)) {
			/* What the hardware does. */
			node->young |= mask & node->present;
			node->dirty |= write ? mask : 0;
			return VM_FAULT_NONE;
		}
	}
	if (unlikely(vma->huge_n) && touch_huge(vma, index, write))
		return VM_FAULT_NONE;
	return slow_fault(&(struct fault){
		.vm = vm,
		.vma = vma,
		.current = current,
		.index = index,
		.i = (u32)(index % VM_NODE_SLOTS),
		.write = write,
	});
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The OOM killer's report in the layout of the kernel's log, without its time stamps.
 * mm/oom_kill.c:dump_header, dump_tasks, dump_oom_victim, mm/show_mem.c (7.2, 6.12, 6.1). Left out:
 * the call stack, slab caches and huge page pools; zones do not count what is to be written, nor
 * what is not modelled (bounce buffers, secondary page tables): these read 0.
 */
#include <stdlib.h>

#include "mm/kswapd.h"
#include "mm/memcontrol.h"
#include "mm/oom_internal.h"
#include "mm/slowpath.h"
#include "mm/swap.h"
#include "mm/text.h"
#include "mm/vmstat.h"
#include "mm/watermark.h"

typedef unsigned long long ull;

static ull kb(const struct mm *mm, u64 pages)
{
	return pages << (mm->page_shift - 10);
}

static ull node_stat(const struct vm *vm, u32 nid, enum node_stat_item item)
{
	return (ull)max_s64(0, vm->node_stat[nid][item]);
}

static ull all_nodes(const struct vm *vm, enum node_stat_item item)
{
	return (ull)max_s64(0, global_node_page_state(vm, item));
}

static u64 free_pcp(const struct zone *zone)
{
	u64 sum = 0;

	for (u32 cpu = 0; cpu < zone->mm->nr_cpus; cpu++)
		sum += (u64)zone->pageset[cpu].count;
	return sum;
}

/* A node that the request may not use is not shown. mm/show_mem.c:show_mem_node_skip */
static bool shown(const struct oom_control *oc, u32 nid)
{
	return !oc->ac || !oc->ac->nodemask || (oc->ac->nodemask >> nid & 1);
}

static void put_totals(struct text *out, const struct vm *vm)
{
	u64 free = 0, pcp = 0, cma = 0;

	for_each_populated_zone(vm->mm, zone) {
		free += (u64)zone_page_state(zone, NR_FREE_PAGES);
		cma += (u64)zone_page_state(zone, NR_FREE_CMA_PAGES);
		pcp += free_pcp(zone);
	}
	text_put(out, "Mem-Info:\nactive_anon:%llu inactive_anon:%llu isolated_anon:%llu\n",
		 all_nodes(vm, NR_ACTIVE_ANON), all_nodes(vm, NR_INACTIVE_ANON),
		 all_nodes(vm, NR_ISOLATED_ANON));
	text_put(out, " active_file:%llu inactive_file:%llu isolated_file:%llu\n",
		 all_nodes(vm, NR_ACTIVE_FILE), all_nodes(vm, NR_INACTIVE_FILE),
		 all_nodes(vm, NR_ISOLATED_FILE));
	text_put(out, " unevictable:%llu dirty:%llu writeback:%llu\n",
		 all_nodes(vm, NR_UNEVICTABLE), all_nodes(vm, NR_FILE_DIRTY),
		 all_nodes(vm, NR_WRITEBACK));
	text_put(out, " slab_reclaimable:%llu slab_unreclaimable:%llu\n",
		 all_nodes(vm, NR_SLAB_RECLAIMABLE), all_nodes(vm, NR_SLAB_UNRECLAIMABLE));
	text_put(out, " mapped:%llu shmem:%llu pagetables:%llu\n sec_pagetables:0 bounce:0\n",
		 all_nodes(vm, NR_FILE_MAPPED), all_nodes(vm, NR_SHMEM),
		 all_nodes(vm, NR_PAGETABLE));
	text_put(out, " kernel_misc_reclaimable:0\n free:%llu free_pcp:%llu free_cma:%llu\n",
		 (ull)free, (ull)pcp, (ull)cma);
}

static void put_node(struct text *out, const struct vm *vm, u32 nid)
{
	static const struct {
		const char *name;
		enum node_stat_item item;
	} items[] = {
		{"active_anon", NR_ACTIVE_ANON},
		{"inactive_anon", NR_INACTIVE_ANON},
		{"active_file", NR_ACTIVE_FILE},
		{"inactive_file", NR_INACTIVE_FILE},
		{"unevictable", NR_UNEVICTABLE},
		{"isolated(anon)", NR_ISOLATED_ANON},
		{"isolated(file)", NR_ISOLATED_FILE},
		{"mapped", NR_FILE_MAPPED},
		{"dirty", NR_FILE_DIRTY},
		{"writeback", NR_WRITEBACK},
		{"shmem", NR_SHMEM},
	};
	const struct mm *mm = vm->mm;
	bool more = mm->profile->show_mem_more;

	text_put(out, "Node %u", nid);
	for (u32 i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		text_put(out, " %s:%llukB", items[i].name,
			 kb(mm, node_stat(vm, nid, items[i].item)));
	text_put(out, " shmem_thp:0kB shmem_pmdmapped:0kB anon_thp:0kB%s kernel_stack:%llukB"
		      " pagetables:%llukB sec_pagetables:0kB all_unreclaimable? %s%s\n",
		 more ? "" : " writeback_tmp:0kB", node_stat(vm, nid, NR_KERNEL_STACK_KB),
		 kb(mm, node_stat(vm, nid, NR_PAGETABLE)),
		 mm->nodes[nid].kswapd_failures >= MAX_RECLAIM_RETRIES ? "yes" : "no",
		 more ? " Balloon:0kB gpu_active:0kB gpu_reclaim:0kB" : "");
}

static ull zone_lru(const struct zone *zone, enum lru_list lru)
{
	const struct vm *vm = zone->mm->vm;
	u64 pages = 0;

	for (u32 i = 0; i < vm->nr_memcgs; i++)
		pages += vm->memcgs[i]->lruvecs[zone->nid].lru_zone_size[zone->type][lru];
	return kb(zone->mm, pages);
}

static void put_zone_pages(struct text *out, const struct zone *zone, u32 cpu)
{
	static const struct {
		const char *name;
		enum lru_list lru;
	} lists[] = {
		{"active_anon", LRU_ACTIVE_ANON},     {"inactive_anon", LRU_INACTIVE_ANON},
		{"active_file", LRU_ACTIVE_FILE},     {"inactive_file", LRU_INACTIVE_FILE},
		{"unevictable", LRU_UNEVICTABLE},
	};
	const struct mm *mm = zone->mm;
	bool more = mm->profile->show_mem_more;

	for (u32 i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		text_put(out, " %s:%llukB", lists[i].name, zone_lru(zone, lists[i].lru));
	text_put(out, " writepending:0kB%s present:%llukB managed:%llukB mlocked:%llukB bounce:0kB"
		      " free_pcp:%llukB local_pcp:%llukB free_cma:%llukB\n",
		 more ? " zspages:0kB" : "", kb(mm, zone->present_pages),
		 kb(mm, zone->managed_pages), zone_lru(zone, LRU_UNEVICTABLE),
		 kb(mm, free_pcp(zone)),
		 kb(mm, (u64)zone->pageset[cpu].count),
		 kb(mm, (u64)zone_page_state(zone, NR_FREE_CMA_PAGES)));
}

static void put_zone(struct text *out, const struct zone *zone, u32 cpu)
{
	const struct mm *mm = zone->mm;

	text_put(out, "Node %u %s free:%llukB boost:%llukB min:%llukB low:%llukB high:%llukB"
		      " reserved_highatomic:%lluKB",
		 zone->nid, zone_name(zone->type),
		 kb(mm, (u64)zone_page_state(zone, NR_FREE_PAGES)),
		 kb(mm, (u64)zone->watermark_boost), kb(mm, (u64)wmark_pages(zone, WMARK_MIN)),
		 kb(mm, (u64)wmark_pages(zone, WMARK_LOW)),
		 kb(mm, (u64)wmark_pages(zone, WMARK_HIGH)),
		 kb(mm, (u64)zone->nr_reserved_highatomic));
	if (mm->profile->show_mem_more)
		text_put(out, " free_highatomic:%lluKB",
			 kb(mm, (u64)zone->nr_free_highatomic));
	put_zone_pages(out, zone, cpu);
	text_put(out, "lowmem_reserve[]:");
	for (u32 i = 0; i < MAX_NR_ZONES; i++)
		if (mm->machine->zone_configured[i])
			text_put(out, " %lld", (long long)zone->lowmem_reserve[i]);
	text_put(out, "\n");
}

/* Free blocks by order, and the types among them. mm/show_mem.c:show_migration_types */
static void put_blocks(struct text *out, const struct zone *zone)
{
	static const char letters[MIGRATE_TYPES] = {
		[MIGRATE_UNMOVABLE] = 'U', [MIGRATE_MOVABLE] = 'M', [MIGRATE_RECLAIMABLE] = 'E',
		[MIGRATE_HIGHATOMIC] = 'H', [MIGRATE_CMA] = 'C',	[MIGRATE_ISOLATE] = 'I',
	};
	const struct mm *mm = zone->mm;
	u64 total = 0, size = 1;

	text_put(out, "Node %u %s: ", zone->nid, zone_name(zone->type));
	for (u32 o = 0; o <= mm->max_order; o++, size *= 2) {
		const struct free_area *area = &zone->free_area[o];

		total += area->nr_free * size;
		text_put(out, "%u*%llukB ", area->nr_free, kb(mm, size));
		if (!area->nr_free)
			continue;
		text_put(out, "(");
		for (u32 mt = 0; mt < MIGRATE_TYPES; mt++)
			if (area->nr_list[mt])
				text_put(out, "%c", letters[mt]);
		text_put(out, ") ");
	}
	text_put(out, "= %llukB\n", kb(mm, total));
}

static void put_machine(struct text *out, const struct vm *vm)
{
	u64 present = 0, managed = 0, high = 0, cma = 0;

	for_each_populated_zone(vm->mm, zone) {
		present += zone->present_pages;
		managed += zone->managed_pages;
		cma += zone->cma_pages;
		if (zone->type == ZONE_HIGHMEM || zone->type == ZONE_MOVABLE)
			high += zone->managed_pages;
	}
	text_put(out, "%llu total pagecache pages\n%llu pages in swap cache\n",
		 all_nodes(vm, NR_FILE_PAGES), (ull)total_swapcache_pages(vm));
	text_put(out, "Free swap  = %llukB\nTotal swap = %llukB\n",
		 kb(vm->mm, get_nr_swap_pages(vm)), kb(vm->mm, total_swap_pages(vm)));
	text_put(out, "%llu pages RAM\n%llu pages HighMem/MovableOnly\n%llu pages reserved\n",
		 (ull)present, (ull)high, (ull)(present - managed));
	if (vm->mm->cma_configured)
		text_put(out, "%llu pages cma reserved\n", (ull)cma);
}

/* mm/show_mem.c:__show_mem */
static void put_memory(struct text *out, const struct vm *vm, const struct oom_control *oc,
		       u32 cpu)
{
	put_totals(out, vm);
	for (u32 nid = 0; nid < vm->mm->nr_nodes; nid++)
		if (vm->mm->nodes[nid].has_memory && shown(oc, nid))
			put_node(out, vm, nid);
	for_each_populated_zone(vm->mm, zone)
		if (shown(oc, zone->nid))
			put_zone(out, zone, cpu);
	for_each_populated_zone(vm->mm, zone)
		if (shown(oc, zone->nid))
			put_blocks(out, zone);
	put_machine(out, vm);
}

/* mm/memcontrol.c:mem_cgroup_print_oom_meminfo */
static void put_group(struct text *out, const struct vm *vm, const struct mem_cgroup *memcg)
{
	text_put(out, "memory: usage %llukB, limit %llukB, failcnt %llu\n",
		 kb(vm->mm, memcg->usage), kb(vm->mm, memcg->max), (ull)memcg->nr_max_events);
	text_put(out, "Memory cgroup stats for /%s:\n", memcg->name);
}

/* mm/oom_kill.c:dump_tasks, dump_task */
static void put_tasks(struct text *out, const struct vm *vm, const struct oom_control *oc)
{
	bool split = vm->mm->profile->oom_tasks_split_rss;

	text_put(out, "Tasks state (memory values in pages):\n[  pid  ]   uid  tgid total_vm      "
		      "rss%s pgtables_bytes swapents oom_score_adj name\n",
		 split ? " rss_anon rss_file rss_shmem" : "");
	for (const struct mm_struct *mm = vm->first; mm; mm = mm->next) {
		if (!oom_eligible(oc, mm) || (mm->owner->flags & PF_EXITING))
			continue;
		text_put(out, "[%7u] %5u %5u %8llu %8llu ", mm->owner->pid, 0u, mm->owner->pid,
			 (ull)mm->total_vm, (ull)get_mm_rss(mm));
		if (split)
			text_put(out, "%8llu %8llu %9llu ", (ull)mm->rss_stat[MM_ANONPAGES],
				 (ull)mm->rss_stat[MM_FILEPAGES],
				 (ull)mm->rss_stat[MM_SHMEMPAGES]);
		text_put(out, "%8llu %8llu         %5d %s\n",
			 (ull)mm->nr_pgtables << vm->mm->page_shift,
			 (ull)mm->rss_stat[MM_SWAPENTS], mm->oom_score_adj, mm->owner->comm);
	}
}

void oom_report_header(struct text *out, const struct vm *vm, const struct task_struct *current,
		       const struct oom_control *oc)
{
	const struct mm_struct *mm = oom_mm_of(vm, current);
	char names[512];

	text_put(out, "%s invoked oom-killer: gfp_mask=%#x(%s), order=%u, oom_score_adj=%d\n",
		 current->comm, oc->gfp,
		 gfp_format(vm->mm->profile, oc->gfp, names, sizeof(names)), oc->order,
		 mm ? mm->oom_score_adj : 0);
	if (oc->memcg)
		put_group(out, vm, oc->memcg);
	else
		put_memory(out, vm, oc, current->cpu);
	if (vm->mm->sysctl.oom_dump_tasks)
		put_tasks(out, vm, oc);
}

/* A mask as lib/vsprintf.c prints it: "0-1,3". */
static void put_nodes(struct text *out, u64 mask)
{
	const char *comma = "";

	while (mask) {
		u32 first = (u32)__builtin_ctzll(mask);
		u64 rest = ~(mask >> first);
		u32 n = rest ? (u32)__builtin_ctzll(rest) : 64;

		text_put(out, n > 1 ? "%s%u-%u" : "%s%u", comma, first, first + n - 1);
		comma = ",";
		mask &= n + first < 64 ? ~0ull << (first + n) : 0;
	}
}

static void put_group_path(struct text *out, const struct vm *vm, const struct mem_cgroup *memcg)
{
	text_put(out, "/%s", memcg == vm->memcgs[0] ? "" : memcg->name);
}

const char *oom_constraint_name(enum oom_constraint constraint)
{
	static const char *const words[] = {
		[CONSTRAINT_NONE] = "CONSTRAINT_NONE",
		[CONSTRAINT_CPUSET] = "CONSTRAINT_CPUSET",
		[CONSTRAINT_MEMORY_POLICY] = "CONSTRAINT_MEMORY_POLICY",
		[CONSTRAINT_MEMCG] = "CONSTRAINT_MEMCG",
	};

	return words[constraint];
}

void oom_report_summary(struct text *out, const struct oom_control *oc,
			const struct mm_struct *victim)
{
	const struct vm *vm = victim->vm;
	u64 mems = 0;

	for (u32 nid = 0; nid < vm->mm->nr_nodes; nid++)
		mems |= vm->mm->nodes[nid].has_memory ? 1ull << nid : 0;
	text_put(out, "oom-kill:constraint=%s,nodemask=",
		 oom_constraint_name(oc->constraint));
	if (oc->ac && oc->ac->nodemask)
		put_nodes(out, oc->ac->nodemask);
	else
		text_put(out, "(null)");
	text_put(out, ",cpuset=/,mems_allowed=");
	put_nodes(out, mems);
	text_put(out, oc->memcg ? ",oom_memcg=" : ",global_oom");
	if (oc->memcg)
		put_group_path(out, vm, oc->memcg);
	text_put(out, ",task_memcg=");
	put_group_path(out, vm, victim->memcg);
	text_put(out, ",task=%s,pid=%u,uid=0\n", victim->owner->comm, victim->owner->pid);
}

static void put_rss(struct text *out, const struct mm_struct *victim)
{
	const struct mm *mm = victim->vm->mm;

	text_put(out, "anon-rss:%llukB, file-rss:%llukB, shmem-rss:%llukB",
		 kb(mm, victim->rss_stat[MM_ANONPAGES]), kb(mm, victim->rss_stat[MM_FILEPAGES]),
		 kb(mm, victim->rss_stat[MM_SHMEMPAGES]));
}

void oom_report_killed(struct text *out, const struct mm_struct *victim, const char *message)
{
	const struct mm *mm = victim->vm->mm;

	text_put(out, "%s: Killed process %u (%s) total-vm:%llukB, ", message, victim->owner->pid,
		 victim->owner->comm, kb(mm, victim->total_vm));
	put_rss(out, victim);
	text_put(out, ", UID:0 pgtables:%llukB oom_score_adj:%d\n", kb(mm, victim->nr_pgtables),
		 victim->oom_score_adj);
}

void oom_report_group(struct text *out, const struct vm *vm, const struct mem_cgroup *memcg)
{
	text_put(out, "Tasks in ");
	put_group_path(out, vm, memcg);
	text_put(out, " are going to be killed due to memory.oom.group set\n");
}

void oom_report_reaped(struct text *out, const struct mm_struct *victim)
{
	text_put(out, "oom_reaper: reaped process %u (%s), now ", victim->owner->pid,
		 victim->owner->comm);
	put_rss(out, victim);
	text_put(out, "\n");
}

void oom_report_done(struct vm *vm, const struct task_struct *current, struct text *out)
{
	char *text = out->len ? text_finish(out) : NULL;

	if (text)
		TRACE(vm->mm, oom_report, .current = current, .text = text);
	free(text);
	*out = (struct text){0};
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ftrace text. One line an event:
 *
 *            TASK-PID     [CPU] FLAGS SECONDS.MICROS: event: field=value ...
 *
 * FLAGS are five characters: interrupts off, need to reschedule, hard or soft interrupt, preemption
 * depth, migration disabled. Of these only the interrupt context is known here, the others are '.'.
 */
#include "record/ftrace.h"

#include <inttypes.h>
#include <string.h>

#include "record/events.h"
#include "record/listen.h"

#define VMEMMAP_START	 UINT64_C(0xffffea0000000000)
#define STRUCT_PAGE_SIZE 64

static const char header_head[] = "# tracer: nop\n"
				  "#\n"
				  "# entries-in-buffer/entries-written: ";
static const char header_tail[] = "#\n"
				  "#                                _-----=> irqs-off/BH-disabled\n"
				  "#                               / _----=> need-resched\n"
				  "#                              | / _---=> hardirq/softirq\n"
				  "#                              || / _--=> preempt-depth\n"
				  "#                              ||| / _-=> migrate-disable\n"
				  "#                              |||| /     delay\n"
				  "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
				  "#              | |         |   |||||     |         |\n";

/* Fixed width, so that it can be put in place when the count is known. */
static void write_count(struct ftrace *ft, u64 n)
{
	char text[64];

	snprintf(text, sizeof(text), "%" PRIu64 "/%" PRIu64 "   #P:%u", n, n, ft->mm->nr_cpus);
	fprintf(ft->out, "%-56s\n", text);
}

/* A task's name as far as the line's layout allows: what separates fields becomes '_'. */
static void task_label(const struct task_struct *task, char label[16])
{
	const char *comm = task && task->comm ? task->comm : "<idle>";
	size_t n = 0;

	for (; n < 15 && comm[n]; n++) {
		unsigned char c = (unsigned char)comm[n];

		label[n] = c <= ' ' || c == 0x7f ? '_' : (char)c;
	}
	label[n] = '\0';
}

static void begin_line(struct ftrace *ft, const struct task_struct *task, const char *event)
{
	static const char context[] = {[IN_TASK] = '.', [IN_SOFTIRQ] = 's', [IN_HARDIRQ] = 'h'};
	u64 now = ft->mm->engine ? engine_now(ft->mm->engine) : 0;
	u64 us = now / NSEC_PER_USEC + (now % NSEC_PER_USEC >= NSEC_PER_USEC / 2);
	char label[16];

	task_label(task, label);
	fprintf(ft->out, "%16s-%-7u [%03u] ..%c.. %5" PRIu64 ".%06" PRIu64 ": %s: ", label,
		task ? task->pid : 0, task ? task->cpu : 0, context[task ? task->context : IN_TASK],
		us / 1000000, us % 1000000, event);
	ft->lines++;
}

static void put_page(struct ftrace *ft, u32 pfn)
{
	if (pfn == PFN_NONE)
		fputs("page=0000000000000000 pfn=0x0", ft->out);
	else
		fprintf(ft->out, "page=%016" PRIx64 " pfn=0x%x",
			VMEMMAP_START + (u64)pfn * STRUCT_PAGE_SIZE, pfn);
}

static void put_gfp(struct ftrace *ft, gfp_t gfp)
{
	char text[512];

	fprintf(ft->out, " gfp_flags=%s\n", gfp_format(ft->mm->profile, gfp, text, sizeof(text)));
}

static void on_alloc(void *data, const void *args)
{
	const struct trace_mm_page_alloc *t = args;
	struct ftrace *ft = data;

	begin_line(ft, t->current, "mm_page_alloc");
	put_page(ft, t->pfn);
	fprintf(ft->out, " order=%u migratetype=%d", t->order, (int)t->migratetype);
	put_gfp(ft, t->gfp);
}

static void on_free(void *data, const void *args)
{
	const struct trace_mm_page_free *t = args;
	struct ftrace *ft = data;

	begin_line(ft, t->current, "mm_page_free");
	put_page(ft, t->pfn);
	fprintf(ft->out, " order=%u\n", t->order);
}

static void on_free_batched(void *data, const void *args)
{
	const struct trace_mm_page_free_batched *t = args;
	struct ftrace *ft = data;

	begin_line(ft, t->current, "mm_page_free_batched");
	put_page(ft, t->pfn);
	fputs(" order=0\n", ft->out);
}

static void on_zone_locked(void *data, const void *args)
{
	const struct trace_mm_page_alloc_zone_locked *t = args;
	struct ftrace *ft = data;

	begin_line(ft, t->current, "mm_page_alloc_zone_locked");
	put_page(ft, t->pfn);
	fprintf(ft->out, " order=%u migratetype=%d percpu_refill=%d\n", t->order,
		(int)t->migratetype, t->percpu_refill);
}

static void on_pcpu_drain(void *data, const void *args)
{
	const struct trace_mm_page_pcpu_drain *t = args;
	struct ftrace *ft = data;

	begin_line(ft, t->current, "mm_page_pcpu_drain");
	put_page(ft, t->pfn);
	fprintf(ft->out, " order=%u migratetype=%d\n", t->order, (int)t->migratetype);
}

static void on_extfrag(void *data, const void *args)
{
	const struct trace_mm_page_alloc_extfrag *t = args;
	struct ftrace *ft = data;

	begin_line(ft, t->current, "mm_page_alloc_extfrag");
	put_page(ft, t->pfn);
	fprintf(ft->out,
		" alloc_order=%u fallback_order=%u pageblock_order=%u alloc_migratetype=%d"
		" fallback_migratetype=%d fragmenting=%d change_ownership=%d\n",
		t->alloc_order, t->fallback_order, ft->mm->pageblock_order,
		(int)t->alloc_migratetype, (int)t->fallback_migratetype, t->fragmenting,
		t->change_ownership);
}

static void on_wakeup(void *data, const void *args)
{
	const struct trace_mm_vmscan_wakeup_kswapd *t = args;
	struct ftrace *ft = data;

	begin_line(ft, t->current, "mm_vmscan_wakeup_kswapd");
	fprintf(ft->out, "nid=%u order=%u", t->nid, t->order);
	put_gfp(ft, t->gfp);
}

static void on_wake(void *data, const void *args)
{
	const struct trace_mm_vmscan_kswapd_wake *t = args;
	struct ftrace *ft = data;

	begin_line(ft, t->current, "mm_vmscan_kswapd_wake");
	fprintf(ft->out, "nid=%u order=%u\n", t->nid, t->order);
}

static void on_sleep(void *data, const void *args)
{
	const struct trace_mm_vmscan_kswapd_sleep *t = args;
	struct ftrace *ft = data;

	begin_line(ft, t->current, "mm_vmscan_kswapd_sleep");
	fprintf(ft->out, "nid=%u\n", t->nid);
}

static void on_direct_begin(void *data, const void *args)
{
	const struct trace_mm_vmscan_direct_reclaim_begin *t = args;
	struct ftrace *ft = data;

	begin_line(ft, t->current, "mm_vmscan_direct_reclaim_begin");
	fprintf(ft->out, "order=%u", t->order);
	put_gfp(ft, t->gfp);
}

static void on_direct_end(void *data, const void *args)
{
	const struct trace_mm_vmscan_direct_reclaim_end *t = args;
	struct ftrace *ft = data;

	begin_line(ft, t->current, "mm_vmscan_direct_reclaim_end");
	fprintf(ft->out, "nr_reclaimed=%" PRIu64 "\n", t->nr_reclaimed);
}

static void on_victim(void *data, const void *args)
{
	const struct trace_mark_victim *t = args;
	u32 kb = 1u << (((struct ftrace *)data)->mm->page_shift - 10);
	struct ftrace *ft = data;

	begin_line(ft, t->current, "mark_victim");
	fprintf(ft->out,
		"pid=%u comm=%s total-vm=%" PRIu64 "kB anon-rss=%" PRIu64 "kB file-rss:%" PRIu64
		"kB shmem-rss:%" PRIu64 "kB uid=0 pgtables=%" PRIu64 "kB oom_score_adj=%d\n",
		t->victim->pid, t->victim->comm, t->total_vm * kb, t->anon_rss * kb,
		t->file_rss * kb, t->shmem_rss * kb, t->pgtables * kb, t->oom_score_adj);
}

static void on_compact_begin(void *data, const void *args)
{
	const struct trace_mm_compaction_begin *t = args;
	struct ftrace *ft = data;

	begin_line(ft, t->current, "mm_compaction_begin");
	fprintf(ft->out,
		"zone_start=0x%" PRIx64 " migrate_pfn=0x%" PRIx64 " free_pfn=0x%" PRIx64
		" zone_end=0x%" PRIx64 ", mode=%s\n",
		t->zone->start_pfn, t->migrate_pfn, t->free_pfn, zone_end_pfn(t->zone),
		t->sync ? "sync" : "async");
}

static void on_compact_end(void *data, const void *args)
{
	const struct trace_mm_compaction_end *t = args;
	struct ftrace *ft = data;

	begin_line(ft, t->current, "mm_compaction_end");
	fprintf(ft->out,
		"zone_start=0x%" PRIx64 " migrate_pfn=0x%" PRIx64 " free_pfn=0x%" PRIx64
		" zone_end=0x%" PRIx64 ", status=%s\n",
		t->zone->start_pfn, t->migrate_pfn, t->free_pfn, zone_end_pfn(t->zone),
		compact_names[t->status]);
}

static void (*const on_event[NR_MM_PROBES])(void *data, const void *args) = {
    [PROBE_mm_page_alloc] = on_alloc,
    [PROBE_mm_page_free] = on_free,
    [PROBE_mm_page_free_batched] = on_free_batched,
    [PROBE_mm_page_alloc_zone_locked] = on_zone_locked,
    [PROBE_mm_page_pcpu_drain] = on_pcpu_drain,
    [PROBE_mm_page_alloc_extfrag] = on_extfrag,
    [PROBE_mm_vmscan_wakeup_kswapd] = on_wakeup,
    [PROBE_mm_vmscan_kswapd_wake] = on_wake,
    [PROBE_mm_vmscan_kswapd_sleep] = on_sleep,
    [PROBE_mm_vmscan_direct_reclaim_begin] = on_direct_begin,
    [PROBE_mm_vmscan_direct_reclaim_end] = on_direct_end,
    [PROBE_mark_victim] = on_victim,
    [PROBE_mm_compaction_begin] = on_compact_begin,
    [PROBE_mm_compaction_end] = on_compact_end,
};

void ftrace_begin(struct ftrace *ft, struct mm *mm, FILE *out)
{
	*ft = (struct ftrace){.mm = mm, .out = out};
	fputs(header_head, out);
	ft->count_at = ftell(out);
	write_count(ft, 0);
	fputs(header_tail, out);
	listen_attach(mm, ft->listener, on_event, ft);
}

bool ftrace_end(struct ftrace *ft, const char *name, struct err *err)
{
	listen_detach(ft->mm, ft->listener, on_event);
	if (ft->count_at >= 0 && fseek(ft->out, ft->count_at, SEEK_SET) == 0) {
		write_count(ft, ft->lines);
		fseek(ft->out, 0, SEEK_END);
	}
	if (fflush(ft->out) || ferror(ft->out))
		return err_set(err, ERR_HOST_FILE, "%s: the ftrace text cannot be written", name);
	return true;
}

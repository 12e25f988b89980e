/* SPDX-License-Identifier: GPL-2.0-only */
/* The series of the machine as a whole: vmstat.csv. */
#include "record/sample_machine.h"

#include <inttypes.h>
#include <string.h>

#include "mm/swap.h"
#include "mm/vmstat.h"

void sample_machine_read(const struct mm *mm, const struct stall_source *stalls,
			 struct machine_sample *out)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->event, mm->vm_event, sizeof(out->event));
	if (stalls->read)
		stalls->read(stalls->arg, out->cause_ns);
	if (mm->vm) {
		for (u32 i = 0; i < NR_VM_NODE_STAT_ITEMS; i++)
			out->gauge[i] = global_node_page_state(mm->vm, i);
		out->swap_total = total_swap_pages(mm->vm);
		out->swap_used = out->swap_total - get_nr_swap_pages(mm->vm);
	}
	if (!mm->cpus)
		return;
	out->psi_some_ns = psi_total(mm->cpus, PSI_MEM_SOME);
	out->psi_full_ns = psi_total(mm->cpus, PSI_MEM_FULL);
	for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++) {
		struct cpu_stats stats;

		cpu_stats(mm->cpus, cpu, &stats);
		out->cpu_task_ns += stats.task_ns;
		out->cpu_kthread_ns += stats.kthread_ns;
		out->cpu_irq_ns += stats.irq_ns;
		out->cpu_idle_ns += stats.idle_ns;
	}
}

void sample_machine_header(FILE *out)
{
	fputs("t_ns,swap_used,swap_total,psi_memory_some_ns,psi_memory_full_ns,"
	      "cpu_task_ns,cpu_kthread_ns,cpu_irq_ns,cpu_idle_ns",
	      out);
	for (u32 c = 0; c < NR_STALL_CAUSES; c++)
		fprintf(out, ",time_%s_ns", stall_cause_names[c]);
	for (u32 i = 0; i < NR_VM_NODE_STAT_ITEMS; i++)
		fprintf(out, ",%s", node_stat_names[i]);
	for (u32 i = 0; i <= OOM_KILL; i++)
		fprintf(out, ",%s", vm_event_names[i]);
	fputc('\n', out);
}

void sample_machine_row(u64 t_ns, const struct machine_sample *m, const u64 *start, FILE *out)
{
	fprintf(out, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, t_ns, m->swap_used,
		m->swap_total, m->psi_some_ns, m->psi_full_ns);
	fprintf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, m->cpu_task_ns,
		m->cpu_kthread_ns, m->cpu_irq_ns, m->cpu_idle_ns);
	for (u32 c = 0; c < NR_STALL_CAUSES; c++)
		fprintf(out, ",%" PRIu64, m->cause_ns[c]);
	for (u32 i = 0; i < NR_VM_NODE_STAT_ITEMS; i++)
		fprintf(out, ",%" PRId64, m->gauge[i]);
	for (u32 i = 0; i <= OOM_KILL; i++)
		fprintf(out, ",%" PRIu64, m->event[i] - start[i]);
	fputc('\n', out);
}

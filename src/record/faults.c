/* SPDX-License-Identifier: GPL-2.0-only */
/* Latency of page faults by kind. */
#include "record/faults.h"

void faults_add(struct faults *faults, const struct trace_mm_fault_done *t)
{
	hist_add(t->major ? &faults->major : &faults->minor, t->latency_ns);
	for (u32 c = 0; c < NR_STALL_CAUSES; c++)
		faults->cause_ns[t->major][c] += t->cause_ns[c];
}

static void write_kind(const char *name, const struct hist *hist, const u64 *cause_ns,
		       struct jsonw *w)
{
	static const struct {
		const char *name;
		u64 num, den;
	} marks[] = {{"p50_ns", 1, 2}, {"p90_ns", 9, 10}, {"p99_ns", 99, 100}, {"max_ns", 1, 1}};

	if (!hist->count)
		return;
	jsonw_object(w, name);
	jsonw_u64(w, "faults", hist->count);
	jsonw_u64(w, "sum_ns", hist->sum);
	for (u32 i = 0; i < ARRAY_SIZE(marks); i++)
		jsonw_u64(w, marks[i].name, hist_percentile(hist, marks[i].num, marks[i].den));
	jsonw_object_inline(w, "causes_sum_ns");
	for (u32 c = 0; c < NR_STALL_CAUSES; c++)
		if (cause_ns[c])
			jsonw_u64(w, stall_cause_names[c], cause_ns[c]);
	jsonw_end(w);
	jsonw_end(w);
}

void faults_write_json(const struct faults *faults, struct jsonw *w)
{
	if (!faults->minor.count && !faults->major.count)
		return;
	jsonw_object(w, "page_faults");
	write_kind("minor", &faults->minor, faults->cause_ns[0], w);
	write_kind("major", &faults->major, faults->cause_ns[1], w);
	jsonw_end(w);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Sums over compaction's runs by order, over contiguous ranges, and the state of their users. */
#include "record/compactions.h"

#include "mm/cma.h"
#include "mm/hugetlb.h"
#include "mm/pressure.h"

void compactions_add(struct compactions *c, u64 now, const struct trace_mm_compaction_end *t)
{
	struct compaction_sum *sum = &c->order[max_s64(t->order, 0)];

	sum->runs++;
	sum->success += t->status == COMPACT_SUCCESS;
	sum->ns += now - t->start_ns;
	sum->scanned += t->migrate_scanned + t->free_scanned;
	sum->moved += t->nr_migrated;
	sum->pinned += t->nr_pinned;
	sum->busy += t->nr_busy;
	sum->no_target += t->nr_no_target;
	sum->unusable_before += t->unusable_before;
	sum->unusable_after += t->unusable_after;
}

void compactions_add_contig(struct compactions *c, u64 now, const struct trace_mm_contig_end *t)
{
	c->contig_tries++;
	c->contig_ok += t->result == CONTIG_OK;
	c->contig_ns += now - t->start_ns;
	c->contig_moved += t->nr_migrated;
	c->contig_reclaimed += t->nr_reclaimed;
	if (t->result != CONTIG_OK)
		c->contig_cause[t->cause]++;
}

static void put_order(const struct compaction_sum *sum, u32 order, struct jsonw *w)
{
	jsonw_object_inline(w, NULL);
	jsonw_u64(w, "order", order);
	jsonw_u64(w, "runs", sum->runs);
	jsonw_u64(w, "success", sum->success);
	jsonw_fixed(w, "success_rate", (s64)(sum->success * 1000 / sum->runs), 3);
	jsonw_u64(w, "sum_ns", sum->ns);
	jsonw_u64(w, "scanned", sum->scanned);
	jsonw_u64(w, "moved", sum->moved);
	jsonw_u64(w, "pinned", sum->pinned);
	jsonw_u64(w, "busy", sum->busy);
	jsonw_u64(w, "no_target", sum->no_target);
	jsonw_fixed(w, "unusable_before_mean", (s64)(sum->unusable_before / sum->runs), 3);
	jsonw_fixed(w, "unusable_after_mean", (s64)(sum->unusable_after / sum->runs), 3);
	jsonw_end(w);
}

static void put_contig(const struct compactions *c, struct jsonw *w)
{
	if (!c->contig_tries)
		return;
	jsonw_object(w, "contiguous");
	jsonw_u64(w, "tries", c->contig_tries);
	jsonw_u64(w, "success", c->contig_ok);
	jsonw_u64(w, "sum_ns", c->contig_ns);
	jsonw_u64(w, "moved", c->contig_moved);
	jsonw_u64(w, "reclaimed", c->contig_reclaimed);
	jsonw_object_inline(w, "failed_by_cause");
	for (u32 i = 0; i < NR_CONTIG_CAUSES; i++)
		if (c->contig_cause[i])
			jsonw_u64(w, contig_cause_names[i], c->contig_cause[i]);
	jsonw_end(w);
	jsonw_end(w);
}

static void put_cma(const struct mm *mm, struct jsonw *w)
{
	if (!mm->vm || !mm->vm->cma)
		return;
	jsonw_array(w, "cma");
	for (u32 i = 0; i < mm->machine->nr_cma; i++) {
		const struct cma *cma = &mm->vm->cma[i];

		jsonw_object_inline(w, NULL);
		jsonw_string(w, "area", cma->name);
		jsonw_u64(w, "pages", cma->count);
		jsonw_u64(w, "held", cma->count - cma->available);
		jsonw_u64(w, "success_pages", cma->nr_success);
		jsonw_u64(w, "fail_pages", cma->nr_fail);
		jsonw_u64(w, "released_pages", cma->nr_released);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void put_pools(const struct mm *mm, struct jsonw *w)
{
	const struct hstate *pool = mm->vm ? hugetlb_pool(mm->vm, 0) : NULL;

	if (!pool)
		return;
	jsonw_array(w, "huge_page_pools");
	for (u32 i = 0; (pool = hugetlb_pool(mm->vm, i)); i++) {
		jsonw_object_inline(w, NULL);
		jsonw_u64(w, "page_bytes", 1ull << (pool->order + mm->page_shift));
		jsonw_u64(w, "pages", pool->nr);
		jsonw_u64(w, "most", pool->most);
		jsonw_u64(w, "failed", pool->failed);
		jsonw_end(w);
	}
	jsonw_end(w);
}

void compactions_write_json(const struct compactions *c, const struct mm *mm, struct jsonw *w)
{
	jsonw_array(w, "compaction");
	for (u32 o = 0; o < NR_PAGE_ORDERS_LIMIT; o++)
		if (c->order[o].runs)
			put_order(&c->order[o], o, w);
	jsonw_end(w);
	put_contig(c, w);
	put_cma(mm, w);
	put_pools(mm, w);
}

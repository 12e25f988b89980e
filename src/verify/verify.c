/* SPDX-License-Identifier: GPL-2.0-only */
/* Replay of a recording, operation by operation, with the comparison of every result. */
#include "verify/verify.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mm/alloc.h"
#include "mm/vmstat.h"
#include "verify/verify_internal.h"

static const char *pfn_text(u32 pfn, char *buf, size_t len)
{
	if (pfn == PFN_NONE)
		snprintf(buf, len, "a failure");
	else
		snprintf(buf, len, "page frame %u", pfn);
	return buf;
}

static bool op_alloc(struct mm *mm, struct task_struct *task, const struct rec_op *op, u32 *pfns,
		     u32 *got, char *what, size_t len)
{
	u32 pfn = alloc_pages_node(mm, task, op->nid, 0, op->gfp, op->order);
	char recorded[32], simulated[32];

	*pfns = pfn;
	*got = pfn != PFN_NONE;
	if (likely(pfn == op->pfn))
		return true;
	return verify_differ(what, len, "order-%u allocation: recorded %s, simulated %s", op->order,
			     pfn_text(op->pfn, recorded, sizeof(recorded)),
			     pfn_text(pfn, simulated, sizeof(simulated)));
}

static bool op_bulk(struct mm *mm, struct task_struct *task, const struct recording *rec,
		    const struct rec_op *op, u32 *pfns, u32 *n, char *what, size_t len)
{
	u32 got = alloc_pages_bulk(mm, task, op->nid, op->gfp, op->wanted, pfns);

	*n = got;
	for (u32 i = 0; i < got && i < op->n; i++)
		if (pfns[i] != rec->pool[op->off + i])
			return verify_differ(
			    what, len,
			    "bulk allocation, page %u of %u: recorded page frame %u, simulated %u",
			    i, op->n, rec->pool[op->off + i], pfns[i]);
	if (got != op->n)
		return verify_differ(what, len, "bulk allocation: recorded %u pages, simulated %u",
				     op->n, got);
	return true;
}

bool verify_op(struct mm *mm, struct task_struct *tasks, const struct recording *rec, u32 i,
	       u32 *pfns, u32 *got, char *what, size_t len)
{
	const struct rec_op *op = &rec->ops[i];
	struct task_struct *task = &tasks[op->cpu];
	enum free_result freed = FREE_OK;
	u32 bad = 0;

	switch ((enum rec_op_type)op->type) {
	case REC_ALLOC:
		return op_alloc(mm, task, op, pfns, got, what, len);
	case REC_FREE:
		freed = free_pages(mm, task, op->pfn, op->order);
		break;
	case REC_BULK:
		return op_bulk(mm, task, rec, op, pfns, got, what, len);
	case REC_RELEASE:
		freed = release_pages(mm, task, rec->pool + op->off, op->n, &bad);
		break;
	case REC_DRAIN:
		drain_local_pages(mm, task, NULL);
		break;
	case REC_VMSTAT:
		refresh_cpu_vm_stats(mm, task);
		break;
	}
	return freed == FREE_OK ||
	       verify_differ(what, len, "free of page frame %u refused: %s",
			     op->type == REC_FREE ? op->pfn : rec->pool[op->off + bad],
			     free_result_names[freed]);
}

struct verify_cursor {
	u32 state, check;
};

/* All states and counters recorded before operation `op`. */
static bool compare_at(struct mm *mm, const struct recording *rec, u64 op,
		       struct verify_cursor *cursor, struct verify_result *result)
{
	struct verify_difference *d = &result->difference;

	while (cursor->check < rec->nr_checks && rec->checks[cursor->check].op == op) {
		const struct rec_check *check = &rec->checks[cursor->check++];

		d->line = check->line;
		if (!verify_check(mm, check, d->what, sizeof(d->what)))
			return false;
	}
	while (cursor->state < rec->nr_states && rec->states[cursor->state].op == op) {
		const struct rec_state *state = &rec->states[cursor->state++];

		d->line = state->line;
		result->states++;
		if (!verify_state(mm, rec, state, d->what, sizeof(d->what)))
			return false;
		result->exact_states++;
	}
	return true;
}

static u64 host_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * NSEC_PER_SEC + (u64)t.tv_nsec;
}

static u64 next_stop(const struct recording *rec, const struct verify_cursor *cursor)
{
	u64 stop = rec->nr_ops;

	if (cursor->check < rec->nr_checks)
		stop = min_u64(stop, rec->checks[cursor->check].op);
	if (cursor->state < rec->nr_states)
		stop = min_u64(stop, rec->states[cursor->state].op);
	return stop;
}

/* Operations from *i up to `stop`; false at the first that differs, *i its number. */
static bool run_ops(struct mm *mm, struct task_struct *tasks, u32 *pfns,
		    const struct recording *rec, u64 *i, u64 stop, struct verify_difference *d)
{
	u32 got;

	for (; *i < stop; (*i)++)
		if (unlikely(
			!verify_op(mm, tasks, rec, (u32)*i, pfns, &got, d->what, sizeof(d->what))))
			return false;
	return true;
}

static void replay(struct mm *mm, struct task_struct *tasks, u32 *pfns, const struct recording *rec,
		   struct verify_result *result)
{
	struct verify_difference *d = &result->difference;
	struct verify_cursor cursor = {0, 0};
	u64 i = 0, start;
	bool same = true;

	while (same) {
		d->op = i;
		if (!compare_at(mm, rec, i, &cursor, result)) {
			d->found = d->in_state = true;
			return;
		}
		if (i == rec->nr_ops)
			return;
		start = host_now();
		same = run_ops(mm, tasks, pfns, rec, &i, next_stop(rec, &cursor), d);
		result->host_ns += host_now() - start;
		result->exact_ops = i;
	}
	d->found = true;
	d->op = i;
	d->line = rec->ops[i].line;
}

u32 *verify_bulk_room(const struct recording *rec)
{
	u32 most = 1;

	for (u32 i = 0; i < rec->nr_ops; i++)
		if (rec->ops[i].type == REC_BULK && rec->ops[i].wanted > most)
			most = rec->ops[i].wanted;
	return calloc(most, sizeof(u32));
}

struct task_struct *verify_tasks(const struct recording *rec)
{
	struct task_struct *tasks = calloc(rec->machine.nr_cpus, sizeof(*tasks));

	for (u32 cpu = 0; tasks && cpu < rec->machine.nr_cpus; cpu++)
		tasks[cpu] =
		    (struct task_struct){.comm = "recorder", .cpu = cpu, .flags = PF_KTHREAD};
	return tasks;
}

bool verify_run(const struct recording *rec, struct verify_result *result, struct err *err)
{
	struct mm *mm = verify_load(rec, err);
	struct task_struct *tasks = verify_tasks(rec);
	u32 *pfns = verify_bulk_room(rec);
	bool ok = mm && tasks && pfns;

	memset(result, 0, sizeof(*result));
	result->ops = rec->nr_ops;
	if (ok)
		replay(mm, tasks, pfns, rec, result);
	else if (err->kind == ERR_NONE)
		err_set(err, ERR_HOST_RES, "%s: no memory for the replay", rec->name);
	mm_destroy(mm);
	free(tasks);
	free(pfns);
	return ok;
}

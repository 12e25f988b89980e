/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replay of a trace in a closed loop: one context performs the events one after another. Who waits,
 * in direct reclaim or for a page from swap, makes those behind wait too; the recording's programs
 * waited beside each other. Events that are late are caught up with as fast as the machine can.
 *
 * Left out are the events of the recording's reclaim and compaction. What its reclaim freed of the
 * kernel's own memory (slab, nodes of files) is freed here as well: nobody here could.
 */
#include "machine/cpu.h"
#include "workload/replay_contents.h"
#include "workload/replay_internal.h"

static void perform_alloc(struct replay *r, const struct trace_event *ev)
{
	if (!contents_wants(ev)) {
		struct trace_freed none = {0};

		replay_perform(r, ev, &none);
	} else if (contents_alloc(r, ev)) {
		r->stats.allocs++;
	} else if (!r->err.kind) {
		r->stats.only_ours_failed++;
		r->stats.only_ours_failed_pages += 1ull << ev->order;
	}
}

static void perform_free(struct replay *r, const struct trace_event *ev,
			 const struct trace_freed *freed)
{
	bool by_reclaim = ev->flags & TRACE_F_MEMALLOC;

	if (!contents_holds(r->contents, ev->id)) {
		replay_perform(r, ev, freed);
		return;
	}
	r->stats.skipped += by_reclaim;
	r->stats.frees += !by_reclaim && ev->op == TRACE_FREE;
	r->stats.part_frees += !by_reclaim && ev->op == TRACE_FREE_PART;
	/* a folio stays whole until nothing of it is left */
	if (freed->last)
		contents_free(r, ev, by_reclaim);
}

static void perform(struct replay *r, const struct trace_event *ev,
		    const struct trace_freed *freed)
{
	/* who is current; what follows may happen in an interrupt, user pages' matters never do */
	replay_who(r, ev);
	r->loop.cpu = ev->cpu;
	switch ((enum trace_op)ev->op) {
	case TRACE_ALLOC:
		perform_alloc(r, ev);
		break;
	case TRACE_FREE:
	case TRACE_FREE_PART:
		perform_free(r, ev, freed);
		break;
	case TRACE_FREE_BOOT:
		/* what reclaim took of before is on our own lists, or a slab's that shrank */
		if (ev->flags & TRACE_F_MEMALLOC)
			r->stats.skipped++;
		else
			replay_perform(r, ev, freed);
		break;
	default:
		r->stats.skipped++;
		break;
	}
}

/* Sleeps until the event is due, and wakes up on its CPU. */
static void wait_for(struct replay *r, const struct trace_event *ev)
{
	u64 due = r->zero + ev->t, now = engine_now(r->engine);

	if (due > now) {
		cpu_migrate(r->loop.sched, ev->cpu);
		cpu_sleep(r->loop.sched, due - now);
	} else {
		r->stats.late_ns = max_u64(r->stats.late_ns, now - due);
	}
}

static void run(void *arg)
{
	struct replay *r = arg;
	struct trace_freed freed;
	struct trace_event ev;

	r->loop.sched = cpu_current(r->mm->cpus);
	while (trace_next(r->reader, &ev, &r->err) && replay_admit(r, &ev, &freed, &r->err)) {
		wait_for(r, &ev);
		perform(r, &ev, &freed);
		if (r->err.kind)
			break;
		r->stats.events++;
		r->stats.last_ns = ev.t;
	}
	r->done = true;
	r->loop.sched = NULL;
	replay_run_dry(r);
}

bool replay_closed_start(struct replay *r)
{
	r->loop.comm = "trace";
	if (cpu_ctx_create(r->mm->cpus, "trace", 0, CPU_CLASS_TASK, r->zero, run, r))
		return true;
	return err_set(&r->err, ERR_HOST_RES, "no memory for the replay");
}

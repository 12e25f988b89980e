/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replay of a trace: its life, and in an open loop when which event is performed. There, events are
 * read ahead into a small ring: when one enters, the slot of its id is fetched into the cache, half
 * a ring later the page that the slot names, so that neither is waited for when its turn comes.
 */
#include "workload/replay_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "workload/replay_contents.h"
#include "workload/replay_tasks.h"
#include "workload/replay_uses.h"

static struct trace_event *ring_at(struct replay *r, u32 ahead)
{
	return &r->ring[(r->first + ahead) % REPLAY_AHEAD];
}

/* Fetches the page of an event that is due soon. */
static void prefetch_event(struct replay *r, const struct trace_event *ev)
{
	u32 pfn = ev->op == TRACE_FREE_BOOT ? ev->pfn : PFN_NONE;

	if (ev->op != TRACE_ALLOC && ev->op != TRACE_FREE_BOOT && ev->id != TRACE_NO_ID)
		pfn = trace_live_peek(&r->live, ev->id);
	if (pfn != PFN_NONE && pfn_in_map(r->mm, pfn)) {
		__builtin_prefetch(pfn_to_page(r->mm, pfn), 1);
		__builtin_prefetch(pfn_to_pageblock(r->mm, pfn));
	}
}

/* Reads one event to the ring's end. At the trace's end, or if it is bad, the ring runs dry. */
static void read_ahead(struct replay *r)
{
	struct trace_event *ev = ring_at(r, r->n);

	if (r->done || !trace_next(r->reader, ev, &r->err)) {
		r->done = true;
		return;
	}
	trace_live_prefetch(&r->live, ev->id);
	r->n++;
}

void replay_run_dry(struct replay *r)
{
	r->arrivals.next_time = UINT64_MAX;
	if (!r->contents)
		r->mm->pressure = r->before;
	if (r->err.kind)
		engine_stop(r->engine);
	else if (r->over)
		r->over(r->over_arg);
}

bool replay_admit(struct replay *r, const struct trace_event *ev, struct trace_freed *freed,
		  struct err *err)
{
	const struct mm *mm = r->mm;

	if (unlikely(ev->cpu >= mm->nr_cpus))
		return trace_error(r->reader, ev, err, "CPU %u: the machine has %u", ev->cpu,
				   mm->nr_cpus);
	if (unlikely(ev->node != TRACE_NO_NODE && ev->node >= mm->nr_nodes))
		return trace_error(r->reader, ev, err, "node %u: the machine has %u", ev->node,
				   mm->nr_nodes);
	return trace_live_apply(&r->live, r->reader, ev, freed, err);
}

/* Ends the replay here. What reading ahead may have found comes later in the trace: dropped. */
static void refuse(struct replay *r, const struct err *err)
{
	err_clear(&r->err);
	r->err = *err;
	r->done = true;
	replay_run_dry(r);
}

static void fire(struct engine *eng, struct arrivals *arr)
{
	struct replay *r = container_of(arr, struct replay, arrivals);
	const struct trace_event *ev = ring_at(r, 0);
	struct trace_freed freed;
	struct err err = {0};

	(void)eng;
	prefetch_event(r, ring_at(r, REPLAY_AHEAD / 2));
	if (unlikely(!replay_admit(r, ev, &freed, &err))) {
		refuse(r, &err);
		return;
	}
	replay_perform(r, ev, &freed);
	r->stats.events++;
	r->stats.last_ns = ev->t;
	r->first = (r->first + 1) % REPLAY_AHEAD;
	r->n--;
	read_ahead(r);
	if (r->n)
		r->arrivals.next_time = r->zero + ring_at(r, 0)->t;
	else
		replay_run_dry(r);
}

static bool set_up(struct replay *r, struct err *err)
{
	r->cpu = calloc(r->mm->nr_cpus, sizeof(*r->cpu));
	if (!r->cpu)
		return err_set(err, ERR_HOST_RES, "no memory for the replay");
	for (u32 i = 0; i < r->mm->nr_cpus; i++)
		r->cpu[i].cpu = i;
	r->scan = calloc(r->mm->nr_zones, sizeof(*r->scan));
	r->owed = calloc(r->mm->nr_zones, sizeof(*r->owed));
	if (!r->scan || !r->owed)
		return err_set(err, ERR_HOST_RES, "no memory for the replay");
	for (u32 i = 0; i < r->mm->nr_zones; i++)
		if (populated_zone(&r->mm->zones[i]))
			compact_scan_begin(&r->scan[i], &r->mm->zones[i], 0);
	/* slots never read hold no event yet: keep the prefetch harmless */
	for (u32 i = 0; i < REPLAY_AHEAD; i++)
		r->ring[i] = (struct trace_event){.op = TRACE_ALLOC};
	return boot_pool_init(&r->boot, r->mm, err);
}

struct replay *replay_create(struct mm *mm, struct engine *eng, struct trace_reader *reader,
			     struct err *err)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (!r) {
		trace_close(reader);
		err_set(err, ERR_HOST_RES, "no memory for the replay");
		return NULL;
	}
	r->mm = mm;
	r->engine = eng;
	r->reader = reader;
	r->arrivals.fire = fire;
	if (set_up(r, err))
		return r;
	replay_destroy(r);
	return NULL;
}

void replay_destroy(struct replay *r)
{
	if (!r)
		return;
	if (r->mm->pressure == &r->pressure)
		r->mm->pressure = r->before;
	trace_close(r->reader);
	trace_live_finish(&r->live);
	boot_pool_finish(&r->boot);
	contents_destroy(r->contents);
	replay_tasks_destroy(r->tasks);
	uses_destroy(r->uses);
	scatter_finish(&r->scatter);
	err_clear(&r->err);
	free(r->scan);
	free(r->owed);
	umap_finish(&r->compacting);
	free(r->cpu);
	free(r);
}

bool replay_close_loop(struct replay *r, struct vm *vm, const struct field_array *locked, u64 seed,
		       struct err *err)
{
	assert(vm->mm == r->mm && r->mm->cpus);
	r->locked = locked;
	r->contents = contents_create(vm, &r->cpu[0], seed);
	r->tasks = replay_tasks_create(r);
	r->uses = uses_create();
	return (r->contents && r->tasks && r->uses) ||
	       err_set(err, ERR_HOST_RES, "no memory for the replay");
}

void replay_start(struct replay *r, void (*over)(void *arg), void *arg)
{
	r->over = over;
	r->over_arg = arg;
	r->zero = engine_now(r->engine);
	if (r->contents) {
		replay_closed_start(r);
		return;
	}
	r->pressure = replay_pressure;
	r->before = r->mm->pressure;
	r->mm->pressure = &r->pressure;
	while (!r->done && r->n < REPLAY_AHEAD)
		read_ahead(r);
	r->arrivals.next_time = r->zero;
	if (r->n)
		r->arrivals.next_time += ring_at(r, 0)->t;
	engine_set_arrivals(r->engine, &r->arrivals);
	if (!r->n)
		replay_run_dry(r);
}

void replay_set_pfn(struct replay *r, u32 id, u32 pfn)
{
	if (r->tasks)
		replay_tasks_set_pfn(r->tasks, id, pfn);
	else
		trace_live_set(&r->live, id, pfn);
}

const char *replay_program(const struct replay *r, const struct trace_event *ev)
{
	return ev->task == TRACE_NO_TASK ? "trace" :
	       trace_reader_names(r->reader)->task[ev->task].comm;
}

bool replay_over(const struct replay *r)
{
	return r->done && !r->n && !r->err.kind;
}

bool replay_result(struct replay *r, struct replay_stats *stats, struct err *err)
{
	*stats = r->stats;
	stats->live_blocks = r->live.blocks;
	stats->live_pages = r->live.pages;
	stats->live_blocks_peak = r->live.blocks_peak;
	stats->live_pages_peak = r->live.pages_peak;
	for (u32 i = 0; i < r->mm->nr_cpus; i++)
		for (u32 c = 0; c < NR_STALL_CAUSES; c++)
			stats->cause_ns[c] += r->cpu[i].total_ns[c];
	if (r->tasks)
		replay_tasks_times(r->tasks, stats->cause_ns);
	if (!r->err.kind)
		return true;
	err_set(err, r->err.kind, "%s", err_text(&r->err));
	return false;
}

const struct trace_reader *replay_trace(const struct replay *r)
{
	return r->reader;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replay of a trace in an open loop. Events are read ahead into a small ring: when one enters, the
 * slot of its id is fetched into the cache, half a ring later the page that the slot names, so
 * that neither is waited for when its turn comes.
 *
 * A movable allocation counts as on the LRU (PG_lru) as soon as it is handed out. The kernel puts
 * user pages there a few operations later, from a per-CPU batch; a trace does not tell when, but
 * what claims of pageblocks look at is how many pages of the block are movable, and user pages
 * are from then on until they are freed.
 *
 * Left out: what the recorded kernel did with pages between alloc and free (reclaim, migration)
 * except as the trace shows it.
 */
#include "workload/replay.h"

#include <assert.h>
#include <stdlib.h>

#include "mm/alloc.h"
#include "workload/boot_pool.h"
#include "workload/trace_live.h"

#define AHEAD 32u /* events read ahead; a power of two */

struct replay {
	struct arrivals arrivals; /* first: the engine hands it back */
	struct mm *mm;
	struct engine *engine;
	struct trace_reader *reader;
	struct trace_event ring[AHEAD];
	u32 first, n;
	u64 zero; /* engine time of the trace's time 0 */
	struct trace_live live;
	struct boot_pool boot;
	struct task_struct *cpu; /* who runs on each CPU: [nr_cpus] */
	struct replay_stats stats;
	struct err err;
	bool done;
	void (*over)(void *arg);
	void *over_arg;
};

static struct trace_event *ring_at(struct replay *r, u32 ahead)
{
	return &r->ring[(r->first + ahead) % AHEAD];
}

/* Fetches the page of an event that is due soon. */
static void prefetch_event(struct replay *r, const struct trace_event *ev)
{
	u32 pfn = ev->op == TRACE_FREE_BOOT ? ev->pfn : PFN_NONE;

	if (ev->op == TRACE_FREE || ev->op == TRACE_FREE_PART)
		pfn = trace_live_peek(&r->live, ev->id);
	if (pfn != PFN_NONE && pfn_in_map(r->mm, pfn)) {
		__builtin_prefetch(pfn_to_page(r->mm, pfn), 1);
		__builtin_prefetch(pfn_to_pageblock(r->mm, pfn));
	}
}

/* Reads one event to the ring's end. At the end of the trace, or if it is bad, the ring runs dry. */
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

static void run_dry(struct replay *r)
{
	r->arrivals.next_time = UINT64_MAX;
	if (r->err.kind)
		engine_stop(r->engine);
	else if (r->over)
		r->over(r->over_arg);
}

static struct task_struct *who(struct replay *r, const struct trace_event *ev)
{
	struct task_struct *current = &r->cpu[ev->cpu];

	if (ev->task == TRACE_NO_TASK) {
		current->comm = "trace";
		current->pid = 0;
	} else {
		const struct trace_task *task = &trace_reader_names(r->reader)->task[ev->task];

		current->comm = task->comm;
		current->pid = task->pid;
	}
	current->flags = ev->flags & TRACE_F_MEMALLOC ? PF_MEMALLOC : 0;
	current->context = ev->flags & TRACE_F_HARDIRQ	 ? IN_HARDIRQ
			   : ev->flags & TRACE_F_SOFTIRQ ? IN_SOFTIRQ
							 : IN_TASK;
	return current;
}

static void give_back(struct replay *r, struct task_struct *current, u32 pfn, u32 order)
{
	enum free_result result = free_pages(r->mm, current, pfn, order);

	/* the id table has vouched that we hold it */
	assert(result == FREE_OK);
}

static void replay_alloc(struct replay *r, const struct trace_event *ev)
{
	bool real_failed = ev->flags & TRACE_F_FAILED;
	struct task_struct *current = who(r, ev);
	s32 nid = ev->node == TRACE_NO_NODE ? NUMA_NO_NODE : ev->node;
	u32 pfn = alloc_pages_node(r->mm, current, nid, 0, ev->gfp, ev->order);

	if (pfn == PFN_NONE) {
		r->stats.both_failed += real_failed;
		r->stats.only_ours_failed += !real_failed;
		r->stats.only_ours_failed_pages += real_failed ? 0 : 1ull << ev->order;
		return;
	}
	if (real_failed) {
		r->stats.only_real_failed++;
		give_back(r, current, pfn, ev->order);
		return;
	}
	r->stats.allocs++;
	if (ev->gfp & __GFP_MOVABLE)
		pfn_to_page(r->mm, pfn)->flags |= PG_lru;
	trace_live_set(&r->live, ev->id, pfn);
}

/* Order of the held piece of a block at pfn that a page lies in, and the piece's head. */
static u32 find_piece(struct replay *r, u32 pfn, u32 offset, u32 order, u32 *head)
{
	for (u32 o = 0; o <= order; o++) {
		const struct page *page;

		*head = pfn + (offset & ~(BIT(o) - 1));
		page = pfn_to_page(r->mm, *head);
		if (page->state == PAGE_USED && page->order == o)
			return o;
	}
	assert(0 && "the part is held, the id table says");
	return 0;
}

/*
 * Halves the piece until the part stands alone: other parts may be of any size. Parts are aligned
 * and never overlap, so none is larger than the piece it lies in.
 */
static void free_part(struct replay *r, const struct trace_event *ev,
		      const struct trace_freed *freed)
{
	u32 head, order = find_piece(r, freed->pfn, ev->offset, freed->order, &head);
	u32 part = freed->pfn + ev->offset;

	assert(order >= ev->order);
	while (order > ev->order) {
		enum free_result result = split_page(r->mm, head, order, order - 1);

		assert(result == FREE_OK);
		order--;
		if (part >= head + BIT(order))
			head += BIT(order);
	}
	give_back(r, who(r, ev), part, ev->order);
}

static void free_boot(struct replay *r, const struct trace_event *ev)
{
	struct task_struct *current = who(r, ev);

	r->stats.boot_frees++;
	for (u32 i = 0; i < BIT(ev->order); i++) {
		bool hinted = ev->pfn != TRACE_NO_PFN && ev->pfn < PFN_NONE - i, exact;
		u32 pfn = boot_pool_take(&r->boot, hinted ? ev->pfn + i : PFN_NONE, &exact);

		if (pfn == PFN_NONE) {
			r->stats.boot_none++;
			continue;
		}
		r->stats.boot_exact += exact;
		r->stats.boot_other += !exact;
		give_back(r, current, pfn, 0);
	}
}

static void replay_free(struct replay *r, const struct trace_event *ev,
			const struct trace_freed *freed)
{
	bool part = ev->op == TRACE_FREE_PART;

	if (freed->pfn == TRACE_NO_PFN) {
		r->stats.lost_frees++;
		return;
	}
	r->stats.frees += !part;
	r->stats.part_frees += part;
	if (part)
		free_part(r, ev, freed);
	else
		give_back(r, who(r, ev), freed->pfn, freed->order);
}

/* What the event says of this machine and its ids: false if it cannot be. */
static bool admit(struct replay *r, const struct trace_event *ev, struct trace_freed *freed,
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
	run_dry(r);
}

static void fire(struct engine *eng, struct arrivals *arr)
{
	struct replay *r = container_of(arr, struct replay, arrivals);
	const struct trace_event *ev = ring_at(r, 0);
	struct trace_freed freed;
	struct err err = {0};

	(void)eng;
	prefetch_event(r, ring_at(r, AHEAD / 2));
	if (unlikely(!admit(r, ev, &freed, &err))) {
		refuse(r, &err);
		return;
	}
	if (ev->op == TRACE_ALLOC)
		replay_alloc(r, ev);
	else if (ev->op == TRACE_FREE_BOOT)
		free_boot(r, ev);
	else
		replay_free(r, ev, &freed);
	r->stats.events++;
	r->stats.last_ns = ev->t;
	r->first = (r->first + 1) % AHEAD;
	r->n--;
	read_ahead(r);
	if (r->n)
		r->arrivals.next_time = r->zero + ring_at(r, 0)->t;
	else
		run_dry(r);
}

static bool set_up(struct replay *r, struct err *err)
{
	r->cpu = calloc(r->mm->nr_cpus, sizeof(*r->cpu));
	if (!r->cpu)
		return err_set(err, ERR_HOST_RES, "no memory for the replay");
	for (u32 i = 0; i < r->mm->nr_cpus; i++)
		r->cpu[i].cpu = i;
	/* slots never read hold no event yet: keep the prefetch harmless */
	for (u32 i = 0; i < AHEAD; i++)
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
	trace_close(r->reader);
	trace_live_finish(&r->live);
	boot_pool_finish(&r->boot);
	err_clear(&r->err);
	free(r->cpu);
	free(r);
}

void replay_start(struct replay *r, void (*over)(void *arg), void *arg)
{
	r->over = over;
	r->over_arg = arg;
	r->zero = engine_now(r->engine);
	while (!r->done && r->n < AHEAD)
		read_ahead(r);
	r->arrivals.next_time = r->zero;
	if (r->n)
		r->arrivals.next_time += ring_at(r, 0)->t;
	engine_set_arrivals(r->engine, &r->arrivals);
	if (!r->n)
		run_dry(r);
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
	if (!r->err.kind)
		return true;
	err_set(err, r->err.kind, "%s", err_text(&r->err));
	return false;
}

const struct trace_reader *replay_trace(const struct replay *r)
{
	return r->reader;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one event of a replayed trace does.
 *
 * A movable allocation counts as on the LRU (PG_lru) as soon as it is handed out. The kernel puts
 * user pages there a few operations later, from a per-CPU batch; a trace does not tell when, but
 * what claims of pageblocks look at is how many pages of the block are movable, and user pages
 * are from then on until they are freed.
 *
 * The recorded kernel's reclaim is in the trace: the pages that it freed, as frees by tasks in
 * reclaim. So in a replay nothing else reclaims. What mm/ asks of reclaim is answered with the
 * pages freed that way since it last asked; such a free also says that kswapd is not hopeless.
 *
 * An allocation that fails even so, though the recorded one had its pages, is tried once more
 * below the watermarks, then in halves, halves of these and so on, as the recorded kernel would
 * have found a block of that order after compaction: otherwise the amount of memory in use would
 * go its own way from there on.
 *
 * Left out: what the recorded kernel did with pages between alloc and free (reclaim, migration)
 * except as the trace shows it. Moves by compaction: replay_move.c.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mm/alloc.h"
#include "workload/replay_internal.h"

struct task_struct *replay_who(struct replay *r, const struct trace_event *ev)
{
	bool interrupt = ev->flags & (TRACE_F_HARDIRQ | TRACE_F_SOFTIRQ);
	struct task_struct *current = r->acting && !interrupt ? r->acting : &r->cpu[ev->cpu];

	current->cpu = ev->cpu;
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

/* What reclaim got since it was last asked. */
static u64 take_reclaimed(struct mm *mm)
{
	struct replay *r = container_of(mm->pressure, struct replay, pressure);
	u64 pages = r->reclaimed;

	r->reclaimed = 0;
	return pages;
}

/*
 * A pass of kswapd takes a tick, in which the trace goes on: so kswapd is awake about as long as
 * the recorded one, and per-CPU lists are kept short meanwhile (ZONE_RECLAIM_ACTIVE).
 */
static void shrink_node(struct mm *mm, struct task_struct *current, u32 nid,
			struct scan_control *sc)
{
	u64 pages;

	(void)nid;
	if (current->sched)
		cpu_sleep(current->sched, NSEC_PER_SEC / mm->machine->hz);
	/* the trace may be over by now */
	pages = mm->pressure->shrink_node == shrink_node ? take_reclaimed(mm) : 0;
	sc->nr_scanned += pages;
	sc->nr_reclaimed += pages;
}

static u64 try_to_free_pages(struct mm *mm, struct task_struct *current, gfp_t gfp, u32 order,
			     const struct alloc_context *ac)
{
	(void)current;
	(void)gfp;
	(void)order;
	(void)ac;
	return take_reclaimed(mm);
}

/* mm/vmscan.c:shrink_node: whoever reclaims something gives kswapd hope. */
static void note_reclaimed(struct replay *r, u32 pfn, u32 order)
{
	r->reclaimed += 1ull << order;
	r->mm->nodes[pfn_zone(r->mm, pfn)->nid].kswapd_failures = 0;
}

const struct pressure_ops replay_pressure = {
	.shrink_node = shrink_node,
	.try_to_free_pages = try_to_free_pages,
};

static void drop(struct replay *r, struct task_struct *current, u32 pfn, u32 order)
{
	enum free_result result = free_pages(r->mm, current, pfn, order);

	/* the id table has vouched that we hold it */
	assert(result == FREE_OK);
}

static void give_back(struct replay *r, struct task_struct *current, u32 pfn, u32 order)
{
	if (current->flags & PF_MEMALLOC && !r->contents)
		note_reclaimed(r, pfn, order);
	drop(r, current, pfn, order);
}

u32 replay_ask(struct replay *r, struct task_struct *current, const struct trace_event *ev,
	       u32 order, bool insist)
{
	s32 nid = ev->node == TRACE_NO_NODE ? NUMA_NO_NODE : ev->node;
	gfp_t reserves = (ev->gfp | __GFP_MEMALLOC) & ~__GFP_NOMEMALLOC;
	u32 pfn = alloc_pages_node(r->mm, current, nid, 0, ev->gfp, order);

	if (pfn == PFN_NONE && insist) {
		pfn = alloc_pages_node(r->mm, current, nid, 0, reserves, order);
		r->stats.below_marks += pfn != PFN_NONE;
	}
	if (pfn != PFN_NONE && (ev->gfp & __GFP_MOVABLE) && !r->contents)
		pfn_to_page(r->mm, pfn)->flags |= PG_lru;
	return pfn;
}

u32 replay_find_piece(struct replay *r, u32 pfn, u32 *head)
{
	for (u32 o = 0; o <= r->mm->max_order; o++) {
		const struct page *page;

		*head = pfn & ~(BIT(o) - 1);
		page = pfn_to_page(r->mm, *head);
		if (page->state == PAGE_USED && page->order == o)
			return o;
	}
	assert(0 && "the page is held, the id table says");
	return 0;
}

u32 replay_cut_piece(struct replay *r, u32 pfn, u32 order, u32 *head)
{
	u32 piece = replay_find_piece(r, pfn, head);

	while (piece > order) {
		enum free_result result = split_page(r->mm, *head, piece, piece - 1);

		assert(result == FREE_OK);
		piece--;
		*head = pfn & ~(BIT(piece) - 1);
	}
	return piece;
}

/*
 * Gives back the pages at frames[0..2^order), a part that is aligned in its block. Pieces larger
 * than it are halved until it stands alone: other parts may be of any size.
 */
static void free_frames(struct replay *r, struct task_struct *current, const u32 *frames,
			u32 order)
{
	for (u32 i = 0; i < BIT(order);) {
		u32 head, piece = replay_cut_piece(r, frames[i], order, &head);

		give_back(r, current, head, piece);
		i += BIT(piece);
	}
}

/* Fills in frames with blocks of order or, where there are none, of lower ones. */
static bool ask_in_pieces(struct replay *r, struct task_struct *current,
			  const struct trace_event *ev, u32 *frames, u32 order)
{
	u32 pfn = replay_ask(r, current, ev, order, true);

	if (pfn != PFN_NONE) {
		replay_own(r, ev->id, pfn);
		for (u32 i = 0; i < BIT(order); i++)
			frames[i] = pfn + i;
		return true;
	}
	return order && ask_in_pieces(r, current, ev, frames, order - 1) &&
	       ask_in_pieces(r, current, ev, frames + BIT(order - 1), order - 1);
}

/* The pieces that were got before one could not be had. */
static void drop_pieces(struct replay *r, struct task_struct *current, const u32 *frames,
			u32 order)
{
	for (u32 i = 0; i < BIT(order) && frames[i] != PFN_NONE;) {
		u32 head, piece = replay_find_piece(r, frames[i], &head);

		drop(r, current, head, piece);
		i += BIT(piece);
	}
}

/* False if not even single pages are left, or the host has no memory. */
static bool alloc_in_pieces(struct replay *r, struct task_struct *current,
			    const struct trace_event *ev)
{
	u32 *frames = malloc(sizeof(*frames) << ev->order);

	if (!frames)
		return false;
	memset(frames, 0xff, sizeof(*frames) << ev->order); /* PFN_NONE */
	if (ask_in_pieces(r, current, ev, frames, ev->order - 1u) &&
	    ask_in_pieces(r, current, ev, frames + BIT(ev->order - 1u), ev->order - 1u) &&
	    scatter_add(&r->scatter, ev->id, frames)) {
		replay_set_pfn(r, ev->id, IN_PIECES);
		r->stats.in_pieces++;
		r->stats.in_pieces_pages += BIT(ev->order);
		return true;
	}
	drop_pieces(r, current, frames, ev->order);
	free(frames);
	return false;
}

static void replay_alloc(struct replay *r, const struct trace_event *ev)
{
	bool real_failed = ev->flags & TRACE_F_FAILED;
	struct task_struct *current = replay_who(r, ev);
	u32 pfn = replay_ask(r, current, ev, ev->order, !real_failed);

	if (pfn == PFN_NONE) {
		if (real_failed) {
			r->stats.both_failed++;
		} else if (!ev->order || !alloc_in_pieces(r, current, ev)) {
			r->stats.only_ours_failed++;
			r->stats.only_ours_failed_pages += 1ull << ev->order;
		}
		return;
	}
	if (real_failed) {
		r->stats.only_real_failed++;
		drop(r, current, pfn, ev->order);
		return;
	}
	r->stats.allocs++;
	replay_own(r, ev->id, pfn);
	replay_set_pfn(r, ev->id, pfn);
}

static void free_boot(struct replay *r, const struct trace_event *ev)
{
	struct task_struct *current = replay_who(r, ev);

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

static void free_held(struct replay *r, const struct trace_event *ev,
		      const struct trace_freed *freed)
{
	u32 *frames = freed->pfn == IN_PIECES ? scatter_get(&r->scatter, ev->id) : NULL;
	bool part = ev->op == TRACE_FREE_PART;
	struct task_struct *current = replay_who(r, ev);
	u32 pfn = freed->pfn + ev->offset;

	r->stats.frees += !part;
	r->stats.part_frees += part;
	if (frames) {
		free_frames(r, current, frames + ev->offset, part ? ev->order : freed->order);
		/* a frame given back may become another page's of this block */
		if (part)
			memset(frames + ev->offset, 0xff, sizeof(*frames) << ev->order);
		if (freed->last)
			scatter_drop(&r->scatter, ev->id);
	} else if (part) {
		/* pieces come from halving, parts never overlap: it is no smaller than the part */
		free_frames(r, current, &pfn, ev->order);
	} else {
		give_back(r, current, pfn, freed->order);
	}
}

static void replay_free(struct replay *r, const struct trace_event *ev,
			const struct trace_freed *freed)
{
	if (freed->pfn == TRACE_NO_PFN)
		r->stats.lost_frees++;
	else
		free_held(r, ev, freed);
}

void replay_perform(struct replay *r, const struct trace_event *ev,
		    const struct trace_freed *freed)
{
	switch ((enum trace_op)ev->op) {
	case TRACE_ALLOC:
		replay_alloc(r, ev);
		break;
	case TRACE_FREE_BOOT:
		free_boot(r, ev);
		break;
	case TRACE_COMPACT:
		replay_compact(r, ev);
		break;
	case TRACE_MOVE:
	case TRACE_MOVE_PART:
		replay_move(r, ev, freed);
		break;
	case TRACE_FORK:
	case TRACE_EXIT:
	case TRACE_STALL:
	case TRACE_RESUME:
		break; /* the trace's clock tells when all is due */
	default:
		replay_free(r, ev, freed);
		break;
	}
}

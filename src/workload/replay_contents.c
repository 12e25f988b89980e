/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User pages of a replay in a closed loop: where their contents live. Left out: what a trace does
 * not tell. Accesses between allocation and free are not known, nor which pages of files are
 * dirty (all are clean here), nor that a program ended while its pages were swapped out.
 */
#include "workload/replay_contents.h"

#include <stdlib.h>

#include "mm/lru.h"
#include "workload/replay_internal.h"

#define AREA_SHIFT 12 /* pages of a region: small enough for the strictest overcommit */

struct numbers {
	u32 *items;
	u32 n, cap;
};

struct content_kind {
	u32 made;	       /* places so far */
	struct numbers unused; /* of them: ready for a new content */
	struct numbers left;   /* hold a content that the recording's reclaim took */
	struct file *file;
};

struct contents {
	struct vm *vm;
	struct mm_struct *mm;
	struct vm_area_struct **areas;
	u32 nr_areas;
	struct rng rng;
	struct content_kind kinds[CONTENT_KINDS];
	u32 *of; /* [cap] id -> 1 + place * CONTENT_KINDS + kind; 0: none */
	u32 cap;
};

struct contents *contents_create(struct vm *vm, u64 seed)
{
	struct contents *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->vm = vm;
	rng_init(&c->rng, seed, "trace/returns");
	return c;
}

void contents_destroy(struct contents *c)
{
	if (!c)
		return;
	for (u32 k = 0; k < CONTENT_KINDS; k++) {
		free(c->kinds[k].unused.items);
		free(c->kinds[k].left.items);
	}
	free(c->areas);
	free(c->of);
	free(c);
}

/* True: done. False: no host memory, which the replay ends with. */
static bool host(struct replay *r, bool ok)
{
	if (!ok && !r->err.kind)
		err_set(&r->err, ERR_HOST_RES, "no memory for the replay");
	return ok;
}

static bool push(struct numbers *s, u32 number)
{
	if (s->n == s->cap) {
		u32 cap = s->cap ? s->cap * 2 : 256;
		u32 *more = realloc(s->items, cap * sizeof(*more));

		if (!more)
			return false;
		s->items = more;
		s->cap = cap;
	}
	s->items[s->n++] = number;
	return true;
}

/* mm/memory.c asks with GFP_HIGHUSER_MOVABLE; files with their mapping's flags, which tell that
   the page is for writing, or that there is no hurry, or (a file system's) leave out __GFP_FS. */
static bool is_file(const struct trace_event *ev)
{
	return ev->order || (ev->gfp & (__GFP_NORETRY | __GFP_WRITE)) || !(ev->gfp & __GFP_FS);
}

static u32 kind_of(const struct trace_event *ev)
{
	return is_file(ev) ? 1u + ev->order : CONTENT_ANON;
}

static bool may_return(const struct trace_event *ev)
{
	return !(ev->gfp & (is_file(ev) ? __GFP_WRITE : __GFP_ZERO));
}

bool contents_wants(const struct trace_event *ev)
{
	return (ev->gfp & __GFP_MOVABLE) && ev->order <= MAX_PAGECACHE_ORDER &&
	       !(ev->flags & (TRACE_F_FAILED | TRACE_F_HARDIRQ | TRACE_F_SOFTIRQ));
}

bool contents_holds(const struct contents *c, u32 id)
{
	return id < c->cap && c->of[id];
}

/* A place for a content: that of one that may now return, or a new one. *back tells which. */
static bool take_place(struct replay *r, const struct trace_event *ev, u32 *place, bool *back)
{
	struct contents *c = r->contents;
	struct content_kind *kind = &c->kinds[kind_of(ev)];
	struct numbers *left = &kind->left;

	*back = may_return(ev) && left->n;
	if (*back) {
		u32 i = (u32)rng_below(&c->rng, left->n);

		*place = left->items[i];
		left->items[i] = left->items[--left->n];
	} else if (kind->unused.n) {
		*place = kind->unused.items[--kind->unused.n];
	} else {
		*place = kind->made++;
	}
	if (ev->id < c->cap)
		return true;
	for (u32 cap = c->cap ? c->cap : 1024; cap <= TRACE_IDS; cap *= 2) {
		u32 *more;

		if (ev->id >= cap)
			continue;
		more = realloc(c->of, cap * sizeof(*more));
		if (!more)
			return host(r, false);
		for (u32 i = c->cap; i < cap; i++)
			more[i] = 0;
		c->of = more;
		c->cap = cap;
		break;
	}
	return true;
}

/* The region of a place; NULL: there is none to be had. */
static struct vm_area_struct *area_of(struct replay *r, u32 place)
{
	struct contents *c = r->contents;
	u32 n = place >> AREA_SHIFT;

	if (!c->mm) {
		c->mm = mm_alloc(c->vm, &r->loop);
		if (!c->mm)
			return NULL;
		c->mm->oom_unkillable = true;
	}
	while (n >= c->nr_areas) {
		struct vm_area_struct **more =
			realloc(c->areas, (c->nr_areas + 1ull) * sizeof(struct vm_area_struct *));

		if (!host(r, more))
			return NULL;
		c->areas = more;
		more[c->nr_areas] = vm_mmap(c->mm, &r->loop, 1u << AREA_SHIFT);
		if (!more[c->nr_areas])
			return NULL;
		c->nr_areas++;
	}
	return c->areas[n];
}

static bool fault(struct replay *r, u32 place, bool *here)
{
	struct vm_area_struct *vma = area_of(r, place);
	enum vm_fault result;

	if (!vma)
		return false;
	result = handle_mm_fault(vma, &r->loop, place & ((1u << AREA_SHIFT) - 1), true);
	*here = result == VM_FAULT_NONE;
	return result != VM_FAULT_OOM && result != VM_FAULT_KILLED;
}

static u64 cached(const struct file *file, u64 index, u32 order)
{
	u64 n = 0;

	for (u32 i = 0; i < BIT(order); i++)
		n += filemap_cached(file, index + i);
	return n;
}

/* Pages [index, +2^order) of a file, read: as one folio, or in halves where that is not to be had
   or was so before. */
static bool fill(struct replay *r, const struct trace_event *ev, struct file *file, u64 index,
		 u32 order)
{
	struct mm *mm = r->mm;
	u64 there = cached(file, index, order);
	u32 folio = PFN_NONE;

	if (!there) {
		folio = replay_ask(r, &r->loop, ev, order, !order);
		if (folio != PFN_NONE &&
		    !filemap_add_folio(file, &r->loop, folio, index, ev->gfp))
			return false;
	}
	/* time has passed: it may be gone already */
	folio = filemap_get_folio(file, index);
	if (folio != PFN_NONE && folio_nr_pages(mm, folio) >= BIT(order)) {
		folio_mark_accessed(r->contents->vm, &r->loop, folio);
		task_spend(mm, &r->loop);
		return true;
	}
	if (!order)
		return there || folio != PFN_NONE;
	return fill(r, ev, file, index, order - 1) &&
	       fill(r, ev, file, index + BIT(order - 1), order - 1);
}

static bool read_in(struct replay *r, const struct trace_event *ev, u32 place, bool *here)
{
	struct content_kind *kind = &r->contents->kinds[kind_of(ev)];
	u64 index = (u64)place << ev->order;

	if (!kind->file)
		kind->file = file_create(r->contents->vm);
	if (!host(r, kind->file))
		return false;
	*here = cached(kind->file, index, ev->order) == BIT(ev->order);
	return fill(r, ev, kind->file, index, ev->order);
}

/* What a place holds goes, from wherever it is. How many pages of memory that were. */
static u64 drop(struct replay *r, u32 kind, u32 place)
{
	struct contents *c = r->contents;

	if (kind == CONTENT_ANON)
		return zap_page_range(area_of(r, place), &r->loop,
				      place & ((1u << AREA_SHIFT) - 1), 1);
	return truncate_inode_range(c->kinds[kind].file, &r->loop, (u64)place << (kind - 1),
				    BIT(kind - 1));
}

bool contents_alloc(struct replay *r, const struct trace_event *ev)
{
	struct contents *c = r->contents;
	u32 kind = kind_of(ev), place;
	bool back, here = false;

	if (!take_place(r, ev, &place, &back))
		return false;
	if (kind == CONTENT_ANON ? !fault(r, place, &here) : !read_in(r, ev, place, &here)) {
		if (kind != CONTENT_ANON ? c->kinds[kind].file != NULL :
					   place >> AREA_SHIFT < c->nr_areas)
			drop(r, kind, place);
		host(r, push(&c->kinds[kind].unused, place));
		return false;
	}
	c->of[ev->id] = 1 + place * CONTENT_KINDS + kind;
	r->stats.user_allocs++;
	r->stats.returns += back;
	r->stats.returned_here += back && here;
	return true;
}

void contents_free(struct replay *r, const struct trace_event *ev, bool left)
{
	struct contents *c = r->contents;
	u32 what = c->of[ev->id] - 1, kind = what % CONTENT_KINDS, place = what / CONTENT_KINDS;

	c->of[ev->id] = 0;
	if (left) {
		r->stats.left++;
		host(r, push(&c->kinds[kind].left, place));
		return;
	}
	r->stats.user_frees++;
	r->stats.gone_frees += !drop(r, kind, place);
	host(r, push(&c->kinds[kind].unused, place));
}

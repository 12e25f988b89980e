/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User pages of a replay in a closed loop: where their contents live. Left out: what a trace does
 * not tell, which is mainly when pages are accessed between allocation and free.
 */
#include "workload/replay_contents.h"

#include <stdlib.h>
#include <string.h>

#include "base/field.h"
#include "mm/lru.h"
#include "mm/writeback.h"
#include "workload/replay_internal.h"
#include "workload/replay_tasks.h"

#define DRAWS	   16 /* of what comes back, at most */
#define AREA_SHIFT 12 /* pages of a region: small enough for the strictest overcommit */

struct numbers {
	u64 *items;
	u32 n, cap;
};

/* Places are numbered: first page, and below it (KIND_BITS) whose: CONTENT_ANON or _LOCKED the
   address space's, CONTENT_FILE + order the file's that began with folios of that order. */
#define KIND_BITS 4
_Static_assert(CONTENT_KINDS <= BIT(KIND_BITS), "a kind fits");

struct held_place { /* of a block; those of a content that came back may be several */
	u64 place;
	u32 next; /* 1 + index; 0: the last. Of an unused one: of the next unused */
	u8 order;
};

struct areas { /* regions of the address space, one after another */
	struct vm_area_struct **items;
	u32 n;
};

struct contents {
	struct vm *vm;
	struct mm_struct *mm;
	struct areas areas, locked;
	struct file *files[CONTENT_KINDS];
	u64 made[CONTENT_KINDS]; /* pages of places so far */
	struct rng rng;
	struct numbers unused[CONTENT_KINDS]; /* places by size, for new contents */
	struct numbers left[CONTENT_KINDS];   /* of files: what the recording's reclaim took */
	struct numbers *left_anon;	      /* the same of each task's anonymous pages */
	u32 nr_left_anon;
	u64 left_pages;			      /* of files */
	struct held_place *held;
	u32 nr_held, cap_held, unused_held;
	u32 *of; /* [cap] id -> 1 + first in held; 0: none */
	u32 cap;
};

struct contents *contents_create(struct vm *vm, struct task_struct *creator, u64 seed)
{
	struct contents *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->vm = vm;
	rng_init(&c->rng, seed, "trace/returns");
	c->mm = mm_alloc(vm, creator);
	if (c->mm) {
		c->mm->oom_unkillable = true;
		return c;
	}
	free(c);
	return NULL;
}

void contents_destroy(struct contents *c)
{
	if (!c)
		return;
	for (u32 k = 0; k < CONTENT_KINDS; k++) {
		free(c->unused[k].items);
		free(c->left[k].items);
	}
	for (u32 i = 0; i < c->nr_left_anon; i++)
		free(c->left_anon[i].items);
	free(c->left_anon);
	free(c->held);
	free(c->areas.items);
	free(c->locked.items);
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

static bool push(struct numbers *s, u64 number)
{
	if (s->n == s->cap) {
		u32 cap = s->cap ? s->cap * 2 : 256;
		u64 *more = realloc(s->items, cap * sizeof(*more));

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
bool contents_of_file(const struct trace_event *ev)
{
	return ev->order || (ev->gfp & (__GFP_NORETRY | __GFP_WRITE)) || !(ev->gfp & __GFP_FS);
}

static bool may_return(const struct trace_event *ev)
{
	return !(ev->gfp & (contents_of_file(ev) ? __GFP_WRITE : __GFP_ZERO));
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

/* Room for the id. */
static bool know_id(struct replay *r, u32 id)
{
	struct contents *c = r->contents;
	u32 cap = c->cap ? c->cap : 1024;
	u32 *more;

	if (id < c->cap)
		return true;
	while (cap <= id)
		cap *= 2;
	more = realloc(c->of, cap * sizeof(*more));
	if (!host(r, more))
		return false;
	for (u32 i = c->cap; i < cap; i++)
		more[i] = 0;
	c->of = more;
	c->cap = cap;
	return true;
}

/* The block has this place too. */
static bool hold(struct replay *r, u32 id, u64 place, u32 order)
{
	struct contents *c = r->contents;
	u32 i = c->unused_held;

	if (i) {
		c->unused_held = c->held[i - 1].next;
	} else {
		if (c->nr_held == c->cap_held) {
			u32 cap = c->cap_held ? c->cap_held * 2 : 1024;
			struct held_place *more = realloc(c->held, cap * sizeof(*more));

			if (!host(r, more))
				return false;
			c->held = more;
			c->cap_held = cap;
		}
		i = ++c->nr_held;
	}
	c->held[i - 1] = (struct held_place){place, c->of[id], (u8)order};
	c->of[id] = i;
	return true;
}

static u32 kind_of(u64 place)
{
	return place & (BIT(KIND_BITS) - 1);
}

static bool is_file_kind(u32 kind)
{
	return kind >= CONTENT_FILE && kind < CONTENT_LOCKED;
}

static u64 new_place(struct contents *c, u32 kind)
{
	u32 order = is_file_kind(kind) ? kind - CONTENT_FILE : 0;
	u64 at = c->made[kind];

	if (c->unused[kind].n)
		return c->unused[kind].items[--c->unused[kind].n];
	c->made[kind] += BIT(order);
	return at << KIND_BITS | kind;
}

static u64 take(struct numbers *left, u32 i)
{
	u64 place = left->items[i];

	left->items[i] = left->items[--left->n];
	return place;
}

/* What the task's pages that have left hold. NULL: host memory. */
static struct numbers *left_by(struct replay *r, u32 task)
{
	struct contents *c = r->contents;
	u32 n = c->nr_left_anon ? c->nr_left_anon : 64;
	struct numbers *more;

	if (task < c->nr_left_anon)
		return &c->left_anon[task];
	while (n <= task)
		n *= 2;
	more = realloc(c->left_anon, n * sizeof(*more));
	if (!host(r, more))
		return NULL;
	for (u32 i = c->nr_left_anon; i < n; i++)
		more[i] = (struct numbers){0};
	c->left_anon = more;
	c->nr_left_anon = n;
	return &more[task];
}

static struct areas *areas_of(struct contents *c, u64 place)
{
	return kind_of(place) == CONTENT_LOCKED ? &c->locked : &c->areas;
}

/* The region of an anonymous place; NULL: there is none to be had. Time may pass: others may add
   some too. */
static struct vm_area_struct *area_of(struct replay *r, struct task_struct *current, u64 place)
{
	struct contents *c = r->contents;
	struct areas *areas = areas_of(c, place);
	u64 n = place >> (KIND_BITS + AREA_SHIFT);

	while (n >= areas->n) {
		struct vm_area_struct *area = vm_mmap(c->mm, current, 1u << AREA_SHIFT), **more;

		if (!area)
			return NULL;
		more = realloc(areas->items, (areas->n + 1ull) * sizeof(*more));
		if (!host(r, more))
			return NULL;
		areas->items = more;
		more[areas->n++] = area;
		if (areas == &c->locked)
			mlock_vma(area, current);
	}
	return areas->items[n];
}

/* Of its page in the region. */
static u64 index_of(u64 place)
{
	return place >> KIND_BITS & ((1u << AREA_SHIFT) - 1);
}

static bool fault(struct replay *r, struct task_struct *current, u64 place, bool *here)
{
	struct vm_area_struct *vma = area_of(r, current, place);
	enum vm_fault result;

	if (!vma)
		return false;
	result = handle_mm_fault(vma, current, index_of(place), true);
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

/* Is all in memory that the first 2^order pages of a place hold? */
static bool in_memory(struct replay *r, struct task_struct *current, u64 place, u32 order)
{
	u32 kind = kind_of(place);

	if (!is_file_kind(kind))
		return vm_present(area_of(r, current, place), index_of(place), false);
	return cached(r->contents->files[kind], place >> KIND_BITS, order) == BIT(order);
}

/*
 * Draws a content of files that has left, each page as likely as any other, of at most 2^most
 * pages: of a larger one the rest stays left. There is one. Of a few draws the first counts whose
 * content is not in memory here either.
 */
static u64 draw_file(struct replay *r, struct task_struct *current, u32 most, u32 *order)
{
	struct contents *c = r->contents;
	struct numbers *left = &c->left[CONTENT_FILE];
	u64 place, page;
	u32 o;

	for (u32 draw = 1;; draw++) {
		page = rng_below(&c->rng, c->left_pages);
		for (o = 0; page >= (u64)left[o].n << o; o++)
			page -= (u64)left[o].n << o;
		place = left[o].items[page >> o];
		if (draw == DRAWS || !in_memory(r, current, place, o < most ? o : most))
			break;
	}
	take(&left[o], (u32)(page >> o));
	for (; o > most; o--)
		host(r, push(&left[o - 1], place + ((u64)BIT(o - 1) << KIND_BITS)));
	c->left_pages -= BIT(o);
	*order = o;
	return place;
}

/* The same of a task's anonymous pages. */
static u64 draw_anon(struct replay *r, struct task_struct *current, struct numbers *left)
{
	for (u32 draw = 1;; draw++) {
		u32 i = (u32)rng_below(&r->contents->rng, left->n);

		if (draw == DRAWS || !in_memory(r, current, left->items[i], 0))
			return take(left, i);
	}
}

/* Pages [index, +2^order) of a file, read: as one folio, or in halves where that is not to be had
   or was so before. */
static bool fill(struct replay *r, struct task_struct *current, const struct trace_event *ev,
		 struct file *file, u64 index, u32 order)
{
	struct mm *mm = r->mm;
	u64 there = cached(file, index, order);
	u32 folio = PFN_NONE;

	if (!there) {
		folio = replay_ask(r, current, ev, order, !order);
		if (folio != PFN_NONE &&
		    !filemap_add_folio(file, current, folio, index, ev->gfp))
			return false;
	}
	/* time has passed: it may be gone already */
	folio = filemap_get_folio(file, index);
	if (folio != PFN_NONE && folio_nr_pages(mm, folio) >= BIT(order)) {
		folio_mark_accessed(r->contents->vm, current, folio);
		if (ev->gfp & __GFP_WRITE) {
			folio_mark_dirty(r->contents->vm, current, folio);
			balance_dirty_pages_ratelimited(r->contents->vm, current);
		}
		task_spend(mm, current);
		return true;
	}
	if (!order)
		return there || folio != PFN_NONE;
	return fill(r, current, ev, file, index, order - 1) &&
	       fill(r, current, ev, file, index + BIT(order - 1), order - 1);
}

static bool read_in(struct replay *r, struct task_struct *current, const struct trace_event *ev,
		    u64 place, u32 order, bool *here)
{
	struct contents *c = r->contents;
	struct file **file = &c->files[kind_of(place)];
	u64 index = place >> KIND_BITS;

	if (!*file)
		*file = file_create(c->vm);
	if (!host(r, *file))
		return false;
	*here = cached(*file, index, order) == BIT(order);
	return fill(r, current, ev, *file, index, order);
}

/* What a place holds goes, from wherever it is. How many pages of memory that were. */
static u64 drop(struct replay *r, struct task_struct *current, u64 place, u32 order)
{
	struct contents *c = r->contents;
	u32 kind = kind_of(place);

	if (is_file_kind(kind))
		return c->files[kind] ? truncate_inode_range(c->files[kind], current,
							     place >> KIND_BITS, BIT(order)) : 0;
	if (place >> (KIND_BITS + AREA_SHIFT) >= areas_of(c, place)->n)
		return 0;
	return zap_page_range(area_of(r, current, place), current, index_of(place), 1);
}

/* Lets go of all places of the block. Pages of memory that were dropped. */
static u64 release(struct replay *r, struct replay_task *task, u32 id, bool left)
{
	struct contents *c = r->contents;
	u64 pages = 0;

	while (c->of[id]) {
		u32 i = c->of[id] - 1;
		struct held_place at = c->held[i];
		u32 kind = kind_of(at.place);
		bool file = is_file_kind(kind);
		struct numbers *to = &c->unused[file ? CONTENT_FILE + at.order : kind];

		c->of[id] = at.next;
		c->held[i].next = c->unused_held;
		c->unused_held = i + 1;
		if (!left)
			pages += drop(r, &task->ts, at.place, at.order);
		else if (file)
			c->left_pages += BIT(at.order), to = &c->left[CONTENT_FILE + at.order];
		else
			to = left_by(r, r->tasks->block[id].owner);
		/* the lists may have grown meanwhile */
		host(r, to && push(to, at.place));
	}
	return pages;
}

static bool locked(const struct replay *r, const struct trace_event *ev)
{
	const struct field_array *names = r->locked;
	const char *const *name = names->items;

	for (u32 i = 0; i < names->n; i++)
		if (!strcmp(name[i], replay_program(r, ev)))
			return true;
	return false;
}

static bool alloc_anon(struct replay *r, struct replay_task *task, const struct trace_event *ev)
{
	struct contents *c = r->contents;
	struct numbers *left = left_by(r, task->index);
	bool back = left && may_return(ev) && left->n, here = false;
	u64 place = back ? draw_anon(r, &task->ts, left) :
			   new_place(c, locked(r, ev) ? CONTENT_LOCKED : CONTENT_ANON);

	if (!hold(r, ev->id, place, 0) || !fault(r, &task->ts, place, &here))
		return false;
	r->stats.returns += back;
	r->stats.returned_here += back && here;
	return true;
}

static bool alloc_file(struct replay *r, struct replay_task *task, const struct trace_event *ev)
{
	struct contents *c = r->contents;
	bool returns = may_return(ev) && c->left_pages, all_here = true;

	for (u32 need = BIT(ev->order), order; need; need -= BIT(order)) {
		bool back = returns && c->left_pages, here;
		u64 place;

		order = 31u - (u32)__builtin_clz(need);
		place = back ? draw_file(r, &task->ts, order, &order) :
			       new_place(c, CONTENT_FILE + order);
		if (!hold(r, ev->id, place, order) ||
		    !read_in(r, &task->ts, ev, place, order, &here))
			return false;
		all_here = all_here && here;
	}
	r->stats.returns += returns;
	r->stats.returned_here += returns && all_here;
	return true;
}

bool contents_alloc(struct replay *r, struct replay_task *task, const struct trace_event *ev)
{
	if (!know_id(r, ev->id))
		return false;
	if (contents_of_file(ev) ? !alloc_file(r, task, ev) : !alloc_anon(r, task, ev)) {
		release(r, task, ev->id, false);
		return false;
	}
	r->stats.user_allocs++;
	return true;
}

void contents_exit(struct replay *r, struct replay_task *task)
{
	u32 i = task->index;

	while (i < r->contents->nr_left_anon && r->contents->left_anon[i].n) {
		u64 place = take(&r->contents->left_anon[i], r->contents->left_anon[i].n - 1);

		drop(r, &task->ts, place, 0);
		host(r, push(&r->contents->unused[kind_of(place)], place));
	}
}

void contents_free(struct replay *r, struct replay_task *task, const struct trace_event *ev,
		   bool left)
{
	u64 pages = release(r, task, ev->id, left);

	r->stats.left += left;
	r->stats.user_frees += !left;
	r->stats.gone_frees += !left && !pages;
}

/* What is in memory of a folio of a file is used as through a page table. */
static void use_file(struct replay *r, struct task_struct *current, const struct held_place *at)
{
	struct vm *vm = r->contents->vm;
	struct file *file = r->contents->files[kind_of(at->place)];
	u64 index = at->place >> KIND_BITS, end = index + BIT(at->order);

	while (file && index < end) {
		u32 folio = filemap_get_folio(file, index);

		if (folio == PFN_NONE) {
			index++;
			continue;
		}
		folio_activate(vm, current, folio);
		index = folio_index(vm, folio) + folio_nr_pages(vm->mm, folio);
	}
}

void contents_use(struct replay *r, struct replay_task *task, u32 id)
{
	struct contents *c = r->contents;

	r->stats.uses += contents_holds(c, id);
	for (u32 i = contents_holds(c, id) ? c->of[id] : 0; i; i = c->held[i - 1].next) {
		const struct held_place *at = &c->held[i - 1];
		struct vm_area_struct *vma;

		if (is_file_kind(kind_of(at->place))) {
			use_file(r, &task->ts, at);
			continue;
		}
		vma = area_of(r, &task->ts, at->place);
		if (vma && vm_present(vma, index_of(at->place), true))
			handle_mm_fault(vma, &task->ts, index_of(at->place), true);
	}
}

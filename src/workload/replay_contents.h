/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/rng.h"
#include "mm/filemap.h"
#include "workload/trace.h"

/*
 * User pages of a replay in a closed loop. What a program keeps in pages lives longer than the
 * pages: reclaim takes them away, and later the same content comes back into others. A trace names
 * pages only, so a content gets a place of its own: a page of an anonymous region, or pages of a
 * file, one file for each order of folios. Which id holds which content is kept here.
 *
 *  - A free by a program ends the content, wherever it is by then.
 *  - A free by the recording's reclaim does not: the content may return. Here it stays where it is
 *    for our reclaim to decide about. It has no id meanwhile.
 *  - An allocation that may be a return (a page read into a file; an anonymous page that need not
 *    be zero) is taken for that of one of those, drawn evenly page by page from those of its kind:
 *    what is in memory here too only if a few draws in a row find nothing else, for there it was
 *    not, and a program comes upon what is in memory without an event. Such a content needs no
 *    page; others are swapped in or read.
 *    A block of a file may so hold several contents, or a part of one that has been larger.
 *  - Programs that lock their memory, which no trace shows, are named (trace.locked).
 */
#define CONTENT_ANON   0u
#define CONTENT_FILE   1u /* and the order of its folios */
#define CONTENT_LOCKED (CONTENT_FILE + 1u + MAX_PAGECACHE_ORDER) /* anonymous, of a locked region */
#define CONTENT_KINDS  (CONTENT_LOCKED + 1u)

struct replay;
struct replay_task;
struct contents;

/* NULL: host memory. */
struct contents *contents_create(struct vm *vm, struct task_struct *creator, u64 seed);
void contents_destroy(struct contents *contents); /* the vm keeps what is in it */

/* Does the allocation get a page that can be reclaimed? By its GFP flags and order. */
bool contents_wants(const struct trace_event *alloc);

/* What the event's new block holds. False: there was no memory, or (err) none of the host. */
bool contents_alloc(struct replay *r, struct replay_task *task, const struct trace_event *ev);
/* Does a content have the block? */
bool contents_holds(const struct contents *contents, u32 id);
/* The block is given back: the content ends, or (left) leaves its block only. */
void contents_free(struct replay *r, struct replay_task *task, const struct trace_event *ev,
		   bool left);
/* Is the allocation's content one of a file? It is wanted. */
bool contents_of_file(const struct trace_event *alloc);
/* The block's content has been used: what of it is in memory here counts as accessed now. */
void contents_use(struct replay *r, struct replay_task *task, u32 id);
/* The task ends: so does what it had in swap. */
void contents_exit(struct replay *r, struct replay_task *task);

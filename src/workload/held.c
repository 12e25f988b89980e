/* SPDX-License-Identifier: GPL-2.0-only */
/* What a task holds under its names: arrays in order of allocation, taken from either end. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "workload/task.h"

struct held *held_get(struct task *task, u32 name)
{
	struct held *held;

	for (u32 i = 0; i < task->nr_held; i++) {
		if (task->held[i].name == name)
			return &task->held[i];
	}
	held = reallocarray(task->held, task->nr_held + 1ull, sizeof(*held));
	if (!held)
		return NULL;
	task->held = held;
	held[task->nr_held] = (struct held){.name = name};
	return &held[task->nr_held++];
}

bool held_push(struct held *held, u32 what, u32 kind)
{
	if (held->n == held->cap && held->head > held->cap / 2) {
		memmove(held->items, held->items + held->head,
			(held->n - held->head) * sizeof(*held->items));
		held->n -= held->head;
		held->head = 0;
	}
	if (held->n == held->cap) {
		u32 cap = held->cap ? held->cap * 2 : 16;
		struct held_item *items = reallocarray(held->items, cap, sizeof(*items));

		if (!items)
			return false;
		held->items = items;
		held->cap = cap;
	}
	held->items[held->n++] = (struct held_item){what, kind};
	return true;
}

struct held_item held_take(struct held *held, enum pick pick, struct rng *rng)
{
	struct held_item item;

	assert(held->head < held->n);
	if (pick == PICK_NEWEST)
		return held->items[--held->n];
	if (pick == PICK_RANDOM) {
		u32 at = held->head + (u32)rng_below(rng, held->n - held->head);

		item = held->items[at];
		held->items[at] = held->items[held->head++];
		return item;
	}
	return held->items[held->head++];
}

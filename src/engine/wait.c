/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wait queues. An entry lives on the waiter's stack and leaves the list when the waiter is woken
 * or its time is up, whichever event comes first; after that the other one finds nothing to do.
 */
#include "engine/wait.h"

#include <assert.h>

struct wait_entry {
	struct wait_entry *next, *prev;
	struct fiber *fiber;
	bool woken;
};

static void remove_entry(struct wait_queue *wq, struct wait_entry *entry)
{
	if (entry->prev)
		entry->prev->next = entry->next;
	else
		wq->head = entry->next;
	if (entry->next)
		entry->next->prev = entry->prev;
	else
		wq->tail = entry->prev;
}

bool wait_on(struct engine *eng, struct wait_queue *wq, u64 timeout_ns)
{
	struct wait_entry entry = {.prev = wq->tail, .fiber = fiber_current(eng)};

	assert(entry.fiber);
	if (wq->tail)
		wq->tail->next = &entry;
	else
		wq->head = &entry;
	wq->tail = &entry;
	if (timeout_ns != WAIT_FOREVER)
		fiber_unpark_at(eng, entry.fiber, time_add(engine_now(eng), timeout_ns));
	fiber_park(eng);
	if (!entry.woken)
		remove_entry(wq, &entry);
	return entry.woken;
}

u32 wake_up(struct engine *eng, struct wait_queue *wq, u32 n)
{
	u32 woken = 0;

	while (woken < n && wq->head) {
		struct wait_entry *entry = wq->head;

		remove_entry(wq, entry);
		entry->woken = true;
		fiber_unpark(eng, entry->fiber);
		woken++;
	}
	return woken;
}

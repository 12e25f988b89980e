/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * Probes: typed places in the model named as the kernel's tracepoints. A room declares an enum of
 * probes and one `struct trace_NAME` each; emitters fire through a macro that costs one load and
 * one branch when nobody listens. Listeners never change a simulation.
 */
struct probe_listener {
	struct probe_listener *next;
	void (*fn)(void *data, const void *args); /* args: const struct trace_NAME * */
	void *data;
};

static inline void probe_fire(const struct probe_listener *l, const void *args)
{
	for (; l; l = l->next)
		l->fn(l->data, args);
}

/* Appends, so that listeners run in the order they were attached. */
static inline void probe_attach(struct probe_listener **head, struct probe_listener *l)
{
	while (*head)
		head = &(*head)->next;
	l->next = NULL;
	*head = l;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdio.h>

#include "mm/mm.h"

/*
 * The kernel's own text of what the allocator does, as the tracefs file `trace` shows it with the
 * kmem events and the kswapd events of vmscan on: tools for real traces read it, our importer too.
 * Text formats: include/trace/events/kmem.h, vmscan.h; line layout: kernel/trace/trace_output.c
 * (7.2). page= is the address a flat x86-64 vmemmap gives the frame; times are microseconds.
 */
struct ftrace {
	struct mm *mm;
	FILE *out;
	u64 lines;
	long count_at; /* offset of the header's number of entries; -1: the stream cannot seek */
	struct probe_listener listener[NR_MM_PROBES];
};

/* Writes the header and attaches listeners; out stays the caller's and must outlive them. */
void ftrace_begin(struct ftrace *ft, struct mm *mm, FILE *out);

/*
 * Detaches the listeners and puts the number of entries into the header where the stream can seek.
 * False with err if anything could not be written. name is for the message.
 */
bool ftrace_end(struct ftrace *ft, const char *name, struct err *err);

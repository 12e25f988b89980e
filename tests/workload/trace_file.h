/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "engine/rng.h"
#include "workload/trace.h"
#include "workload/trace_write.h"

/* Trace files of tests, in a folder of their own. */
struct trace_folder {
	char *path;
};

void trace_folder_create(struct trace_folder *f);
void trace_folder_remove(struct trace_folder *f);
/* Path of a file in it; g_free(). */
char *trace_folder_file(const struct trace_folder *f, const char *name);
/* Writes a file and returns its path; g_free(). */
char *trace_folder_write(const struct trace_folder *f, const char *name, const void *data,
			 size_t len);

/* A random trace that is right: blocks of all orders, parts, boot frees, failed allocations. */
struct trace_maker {
	struct rng rng;
	struct trace_names names;
	u64 t;
	u32 cpus, max_order;
	struct {
		u32 id, order, next; /* next: first page not given back yet, for parts */
	} live[512];
	u32 nr_live, nr_ids;
	u32 unused[512], nr_unused;
	u64 boot_pfns; /* hints are below; 0: none are given */
};

void trace_maker_init(struct trace_maker *m, u64 seed, u32 cpus, u32 max_order);
void trace_maker_next(struct trace_maker *m, struct trace_event *ev);
void trace_maker_finish(struct trace_maker *m);

/* n events in the form that the path's name asks for. */
void trace_make_file(struct trace_maker *m, const char *path, u32 n);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "../machine/sample_machine.h"
#include "mm/alloc.h"
#include "mm/vm.h"
#include "policy/profiles.h"

/* A booted machine with all that tasks run on: 64 MiB, two CPUs, a disk. */
struct small_world {
	struct sample_machine sample;
	struct engine *engine;
	struct cpus *cpus;
	struct device *disk;
	struct mm *mm;
	struct vm *vm;
	struct task_struct current; /* of CPU 0, without a fiber: time adds up, nothing waits */
	u64 boot_free;		    /* pages */
	u64 boot_nodes;		    /* of the vm */
};

#define SMALL_MACHINE                                                                             \
	"{\"name\":\"small\",\"arch\":\"x86-64\",\"nodes\":[{\"cpus\":2,"                          \
	"\"memory\":[{\"start\":\"0\",\"end\":\"64MiB\"}]}],"                                      \
	"\"devices\":[{\"name\":\"disk\",\"read_latency\":\"100us\",\"write_latency\":\"100us\","  \
	"\"depth\":4}]}"

/* The same with a fourth of its memory as CMA area "camera". */
#define CMA_MACHINE                                                                               \
	"{\"name\":\"camera\",\"arch\":\"x86-64\",\"nodes\":[{\"cpus\":2,"                         \
	"\"memory\":[{\"start\":\"0\",\"end\":\"64MiB\"}]}],"                                      \
	"\"cma\":[{\"name\":\"camera\",\"start\":\"32MiB\",\"size\":\"16MiB\"}],"                  \
	"\"devices\":[{\"name\":\"disk\",\"read_latency\":\"100us\",\"write_latency\":\"100us\","  \
	"\"depth\":4}]}"

/* machine: text of a config's machine section, NULL: SMALL_MACHINE. Aborts the test on failure. */
void small_world_create(struct small_world *w, const char *machine,
			const struct mm_profile *profile);
void small_world_destroy(struct small_world *w);

/* Free pages: buddy lists, per-CPU lists and all. */
u64 small_world_free_pages(const struct small_world *w);

/* Pages that an owner holds, counted one by one, by kind of owner. */
void small_world_count_owners(const struct small_world *w, u64 pages[NR_OWNER_KINDS]);

/*
 * The books of address spaces and files against the page array, when nothing else holds pages:
 * nothing is lost or counted twice, each page's owner is found and holds it. Empties the LRU
 * batches first, so that no page waits there for its end.
 */
void small_world_check_books(const struct small_world *w);

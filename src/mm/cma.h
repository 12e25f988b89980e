/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/contig.h"
#include "mm/vm.h"

/*
 * A contiguous memory area: pageblocks that the boot set aside, on loan to movable pages. Who owns
 * it takes ranges back when needed. mm/cma.h:struct cma
 */
struct cma {
	const char *name;
	u64 base_pfn, count; /* pages */
	u64 *bitmap;	     /* a bit a page: given to the owner */
	u64 available;	     /* pages whose bit is clear */
	u64 nr_success, nr_fail; /* pages asked for with success and without */
	u64 nr_released;	 /* pages given back */
	bool alloc_locked;	 /* alloc_mutex */
	struct wait_queue alloc_wait;
};

/* The areas of the machine. False: host memory. */
bool vm_cma_create(struct vm *vm);
void vm_cma_destroy(struct vm *vm);

/* By name; NULL: there is none. */
struct cma *cma_find(const struct vm *vm, const char *name);
/* The one that a page lies in; NULL: none. O(areas) */
struct cma *cma_of_page(const struct vm *vm, u32 pfn);

/*
 * count pages in a row, beginning at a multiple of 2^align pages: the first range with clear bits
 * that can be emptied. PFN_NONE: there is none. The pages are held and nobody's. Time passes.
 * O(area) a try. mm/cma.c:cma_alloc
 */
u32 cma_alloc(struct vm *vm, struct task_struct *current, struct cma *cma, u64 count, u32 align);

/* Gives such pages back. mm/cma.c:cma_release */
void cma_release(struct vm *vm, struct task_struct *current, struct cma *cma, u32 pfn, u64 count);

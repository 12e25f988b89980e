/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/vm.h"

/* The node for a page that comes to the file, as memory. False: there is none. Time passes.
   lib/xarray.c:xas_alloc, xas_nomem */
bool file_node_alloc(struct file *file, struct task_struct *current, u64 index, gfp_t gfp);
/* A node without pages goes. Time passes. */
void file_node_free(struct vm *vm, struct task_struct *current, struct vm_node *node);

/*
 * After pages or shadow entries of a file's node have changed, and before it is freed: puts it on
 * the list of nodes with nothing but shadow entries, or takes it off. O(1).
 * mm/workingset.c:workingset_update_node
 */
void workingset_update_node(struct vm *vm, struct vm_node *node);

/* The list and its shrinker. False: host memory. Destroyed after the shrinkers. */
bool vm_shadow_nodes_create(struct vm *vm);
void vm_shadow_nodes_destroy(struct vm *vm);

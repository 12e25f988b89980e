/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/vm.h"

/*
 * After pages or shadow entries of a file's node have changed, and before it is freed: puts it on
 * the list of nodes with nothing but shadow entries, or takes it off. O(1).
 * mm/workingset.c:workingset_update_node
 */
void workingset_update_node(struct vm *vm, struct vm_node *node);

/* The list and its shrinker. False: host memory. Destroyed after the shrinkers. */
bool vm_shadow_nodes_create(struct vm *vm);
void vm_shadow_nodes_destroy(struct vm *vm);

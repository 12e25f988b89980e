/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/filemap.h"

/*
 * Buffer heads: a page of a file that is written gets one for each block of the file system, and
 * has them as long as it is cached. fs/buffer.c
 */

/*
 * Gives all pages of a cached folio theirs. False: they have them, or there is no memory. True:
 * time has passed, look again. O(pages of the folio) the first time, else O(1).
 * fs/buffer.c:create_empty_buffers
 */
bool folio_create_buffers(struct vm *vm, struct task_struct *current, u32 folio);

/* Of a page that leaves the cache: set aside. O(blocks). fs/buffer.c:drop_buffers */
void page_drop_buffers(struct vm *vm, struct vm_node *node, u32 slot);
/* Frees what was set aside. Time passes. fs/buffer.c:free_buffer_head */
void free_buffer_heads(struct vm *vm, struct task_struct *current);

/* How many there are: of a page, and in all. */
u32 buffer_heads_per_page(const struct vm *vm);
u64 nr_buffer_heads(const struct vm *vm);

/* False: host memory. */
bool vm_buffer_heads_create(struct vm *vm);
void vm_buffer_heads_destroy(struct vm *vm);

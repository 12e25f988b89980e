/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/slab.h"

#define KMALLOC_MAX_BYTES 8192u

/* The slab of an object of so many bytes, at most KMALLOC_MAX_BYTES; SLAB_NONE: no memory.
   mm/slub.c:__kmalloc */
u32 kmalloc(struct vm *vm, struct task_struct *current, u32 bytes, gfp_t gfp);
/* SLAB_NONE is fine. mm/slub.c:kfree */
void kfree(struct vm *vm, struct task_struct *current, u32 slab);

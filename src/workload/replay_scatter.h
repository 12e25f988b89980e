/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "workload/umap.h"

/*
 * Blocks of a trace that are held in pieces, because no block of their order was to be had: for
 * each the frame of every page. Starts zeroed ({0}).
 */
struct scatter {
	struct umap of; /* id -> block */
	u32 **frames;	/* [cap] */
	u32 *unused;	/* [cap] stack of free places */
	u32 cap, nr_unused;
};

/* Takes over frames (malloc'ed, 2^order of them). False if the host has no memory. */
bool scatter_add(struct scatter *scatter, u32 id, u32 *frames);
/* NULL if the block is not in pieces. */
u32 *scatter_get(const struct scatter *scatter, u32 id);
void scatter_drop(struct scatter *scatter, u32 id);
void scatter_finish(struct scatter *scatter);

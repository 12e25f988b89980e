/* SPDX-License-Identifier: GPL-2.0-only */
/* Accesses that show in what a recording's reclaim took: a list of each kind in order of last use,
   and what was taken lately. */
#include "workload/replay_uses.h"

#include <assert.h>
#include <stdlib.h>

/* Reclaim takes batches off lists of several zones, generations and tiers: what stayed behind for
   less than this may just not have been come to. Chosen by three recordings of a real user space:
   of the files' contents that reclaim took, half would have been called used in the 5 s before
   with 1 s here, one in five with 4 s; of anonymous ones, where the machine thrashed, most. */
#define STAYED_NS (4 * NSEC_PER_SEC)

struct use_node {
	u32 older, younger; /* 1 + block; 0: none */
	u64 seq;	    /* of its last use; 0: on no list */
	bool file;
};

struct use_list {
	u32 oldest, youngest; /* 1 + block; 0: none */
};

struct taken {
	u64 t, seq;
	bool file;
};

struct replay_uses {
	struct use_node *nodes; /* [cap] by block */
	u32 cap;
	struct use_list list[2]; /* anonymous, of files */
	u64 seq;
	struct taken *taken; /* [first, n): not yet looked at */
	u32 first, n, taken_cap;
};

struct replay_uses *uses_create(void)
{
	return calloc(1, sizeof(struct replay_uses));
}

void uses_destroy(struct replay_uses *uses)
{
	if (!uses)
		return;
	free(uses->nodes);
	free(uses->taken);
	free(uses);
}

static bool know(struct replay_uses *uses, u32 block)
{
	u32 cap = uses->cap ? uses->cap : 1024;
	struct use_node *more;

	if (block < uses->cap)
		return true;
	while (cap <= block)
		cap *= 2;
	more = realloc(uses->nodes, cap * sizeof(*more));
	if (!more)
		return false;
	for (u32 i = uses->cap; i < cap; i++)
		more[i] = (struct use_node){0};
	uses->nodes = more;
	uses->cap = cap;
	return true;
}

static void append(struct replay_uses *uses, u32 block)
{
	struct use_node *node = &uses->nodes[block];
	struct use_list *list = &uses->list[node->file];

	node->seq = ++uses->seq;
	node->younger = 0;
	node->older = list->youngest;
	if (list->youngest)
		uses->nodes[list->youngest - 1].younger = 1 + block;
	else
		list->oldest = 1 + block;
	list->youngest = 1 + block;
}

static void unlink_node(struct replay_uses *uses, u32 block)
{
	struct use_node *node = &uses->nodes[block];
	struct use_list *list = &uses->list[node->file];

	if (node->older)
		uses->nodes[node->older - 1].younger = node->younger;
	else
		list->oldest = node->younger;
	if (node->younger)
		uses->nodes[node->younger - 1].older = node->older;
	else
		list->youngest = node->older;
	node->seq = 0;
}

bool uses_alloc(struct replay_uses *uses, u32 block, bool file)
{
	if (!know(uses, block))
		return false;
	assert(!uses->nodes[block].seq);
	uses->nodes[block].file = file;
	append(uses, block);
	return true;
}

static bool note_taken(struct replay_uses *uses, struct taken taken)
{
	if (uses->n == uses->taken_cap && uses->first > uses->n / 2) {
		for (u32 i = uses->first; i < uses->n; i++)
			uses->taken[i - uses->first] = uses->taken[i];
		uses->n -= uses->first;
		uses->first = 0;
	}
	if (uses->n == uses->taken_cap) {
		u32 cap = uses->taken_cap ? uses->taken_cap * 2 : 1024;
		struct taken *more = realloc(uses->taken, cap * sizeof(*more));

		if (!more)
			return false;
		uses->taken = more;
		uses->taken_cap = cap;
	}
	uses->taken[uses->n++] = taken;
	return true;
}

bool uses_free(struct replay_uses *uses, u32 block, u64 t, bool by_reclaim)
{
	struct taken taken;

	if (block >= uses->cap || !uses->nodes[block].seq)
		return true;
	taken = (struct taken){t, uses->nodes[block].seq, uses->nodes[block].file};
	unlink_node(uses, block);
	return !by_reclaim || note_taken(uses, taken);
}

u32 uses_next(struct replay_uses *uses, u64 t)
{
	for (; uses->first < uses->n; uses->first++) {
		const struct taken *taken = &uses->taken[uses->first];
		u32 oldest = uses->list[taken->file].oldest;

		if (taken->t + STAYED_NS > t)
			return USES_NONE;
		if (!oldest || uses->nodes[oldest - 1].seq > taken->seq)
			continue;
		unlink_node(uses, oldest - 1);
		append(uses, oldest - 1);
		return oldest - 1;
	}
	return USES_NONE;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the pages of blocks held in pieces are. Few at a time: those that were hard to get. */
#include "workload/replay_scatter.h"

#include <stdlib.h>

static bool grow(struct scatter *s)
{
	u32 cap = s->cap ? s->cap * 2 : 64;
	u32 **frames = realloc(s->frames, cap * sizeof(*frames));
	u32 *unused;

	if (!frames)
		return false;
	s->frames = frames;
	unused = realloc(s->unused, cap * sizeof(*unused));
	if (!unused)
		return false;
	s->unused = unused;
	for (u32 i = cap; i-- > s->cap;) {
		frames[i] = NULL;
		unused[s->nr_unused++] = i;
	}
	s->cap = cap;
	return true;
}

bool scatter_add(struct scatter *s, u32 id, u32 *frames)
{
	u32 at;

	if (!s->nr_unused && !grow(s))
		return false;
	at = s->unused[s->nr_unused - 1];
	if (!umap_put(&s->of, id, at))
		return false;
	s->nr_unused--;
	s->frames[at] = frames;
	return true;
}

u32 *scatter_get(const struct scatter *s, u32 id)
{
	u32 at = umap_get(&s->of, id);

	return at == UMAP_NONE ? NULL : s->frames[at];
}

void scatter_drop(struct scatter *s, u32 id)
{
	u32 at = umap_remove(&s->of, id);

	free(s->frames[at]);
	s->frames[at] = NULL;
	s->unused[s->nr_unused++] = at;
}

void scatter_finish(struct scatter *s)
{
	for (u32 i = 0; i < s->cap; i++)
		free(s->frames[i]);
	free(s->frames);
	free(s->unused);
	umap_finish(&s->of);
	*s = (struct scatter){0};
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* A bounded heap: keeps the best of a stream of candidates. */
#include "mm/boot_pick.h"

#include <stdlib.h>

static bool worse(const struct pick *a, const struct pick *b)
{
	return a->key != b->key ? a->key < b->key : a->pfn > b->pfn;
}

bool picker_init(struct picker *p, u64 cap)
{
	*p = (struct picker){.heap = calloc(cap + 1, sizeof(*p->heap)), .cap = cap};
	return p->heap != NULL;
}

void picker_finish(struct picker *p)
{
	free(p->heap);
	p->heap = NULL;
}

static void swap(struct picker *p, u64 i, u64 k)
{
	struct pick t = p->heap[i];

	p->heap[i] = p->heap[k];
	p->heap[k] = t;
}

static void sift_down(struct picker *p, u64 i, u64 n)
{
	for (;;) {
		u64 least = i;

		for (u64 child = 2 * i + 1; child <= 2 * i + 2 && child < n; child++)
			if (worse(&p->heap[child], &p->heap[least]))
				least = child;
		if (least == i)
			return;
		swap(p, i, least);
		i = least;
	}
}

void picker_offer(struct picker *p, s64 key, u32 pfn)
{
	struct pick pick = {key, pfn};
	u64 i = p->n;

	if (p->n == p->cap) {
		if (!p->cap || !worse(&p->heap[0], &pick))
			return;
		p->heap[0] = pick;
		sift_down(p, 0, p->n);
		return;
	}
	p->heap[p->n++] = pick;
	for (; i && worse(&p->heap[i], &p->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(p, i, (i - 1) / 2);
}

void picker_sort(struct picker *p)
{
	/* Heap sort: the worst goes to the end each time. */
	for (u64 n = p->n; n > 1; n--) {
		swap(p, 0, n - 1);
		sift_down(p, 0, n - 1);
	}
}

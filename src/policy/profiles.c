/* SPDX-License-Identifier: GPL-2.0-only */
/* Look-up and description of the kernel profiles. */
#include "policy/profiles.h"

#include <stdio.h>
#include <string.h>

#include "mm/fallback.h"
#include "mm/page_alloc.h"
#include "mm/pcp.h"

const struct mm_profile *const mm_profiles[] = {
	&profile_linux_7_2,
	&profile_linux_6_12,
	&profile_linux_6_1,
	NULL,
};

const char *const mm_profile_names[] = {"linux-7.2", "linux-6.12", "linux-6.1", NULL};

const struct mm_profile *profile_find(const char *name)
{
	for (u32 i = 0; mm_profiles[i]; i++)
		if (!strcmp(mm_profiles[i]->name, name))
			return mm_profiles[i];
	return NULL;
}

/* Where each switch lies, and whether it is a yes-no. */
static const struct {
	const char *name, *doc;
	size_t offset, size;
} rows[] = {
#define X(type, field, text) {#field, text, offsetof(struct mm_profile, field), sizeof(type)},
	MM_PROFILE_SWITCHES(X)
#undef X
};

typedef void (*shape_fn)(void);

/* The functions of the profiles, by name. */
static const struct {
	shape_fn fn;
	const char *name;
} shape_names[] = {
#define SHAPE(f) {(shape_fn)(f), #f}
	SHAPE(rmqueue_claim_or_steal),	      SHAPE(rmqueue_move_fallback),
	SHAPE(nr_pcp_alloc_auto),	      SHAPE(nr_pcp_alloc_fixed),
	SHAPE(pcp_free_commit_auto),	      SHAPE(pcp_free_commit_fixed),
	SHAPE(alloc_slowpath_compact_first), SHAPE(alloc_slowpath_classic),
	SHAPE(decay_pcp_high),
#undef SHAPE
};

static const char *shape_name(shape_fn fn)
{
	if (!fn)
		return "absent";
	for (u32 i = 0; i < ARRAY_SIZE(shape_names); i++)
		if (shape_names[i].fn == fn)
			return shape_names[i].name;
	return "unnamed";
}

static const struct {
	const char *name, *doc;
} shapes[] = {
	{"rmqueue", "how a free block is found beyond the own lists"},
	{"nr_pcp_alloc", "size of a per-CPU refill"},
	{"pcp_free_commit", "how per-CPU lists grow, shrink and drain"},
	{"decay_pcp_high", "the vmstat worker lowers per-CPU limits"},
	{"alloc_slowpath", "order of compaction, reclaim and retries"},
};

static shape_fn shape_of(const struct mm_profile *profile, u32 i)
{
	const shape_fn fns[ARRAY_SIZE(shapes)] = {
		(shape_fn)profile->rmqueue,	    (shape_fn)profile->nr_pcp_alloc,
		(shape_fn)profile->pcp_free_commit,
		(shape_fn)profile->decay_pcp_high,  (shape_fn)profile->alloc_slowpath,
	};

	return fns[i];
}

u32 profile_rows(void)
{
	return ARRAY_SIZE(rows) + ARRAY_SIZE(shapes);
}

void profile_row(const struct mm_profile *profile, u32 row, struct profile_row *out)
{
	if (row < ARRAY_SIZE(rows)) {
		const void *p = (const char *)profile + rows[row].offset;

		out->name = rows[row].name;
		out->doc = rows[row].doc;
		if (rows[row].size == sizeof(bool))
			snprintf(out->value, sizeof(out->value), "%s",
				 *(const bool *)p ? "yes" : "no");
		else
			snprintf(out->value, sizeof(out->value), "%u", *(const u32 *)p);
		return;
	}
	row -= (u32)ARRAY_SIZE(rows);
	out->name = shapes[row].name;
	out->doc = shapes[row].doc;
	snprintf(out->value, sizeof(out->value), "%s", shape_name(shape_of(profile, row)));
}

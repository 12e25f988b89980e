/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/profile.h"

/* The kernel profiles, one file each. */
extern const struct mm_profile profile_linux_7_2, profile_linux_6_12, profile_linux_6_1;

/* NULL-terminated, newest first. The first is the default. */
extern const struct mm_profile *const mm_profiles[];
extern const char *const mm_profile_names[];

/* NULL if there is none of that name. */
const struct mm_profile *profile_find(const char *name);

/* One switch of a profile as text; row < profile_rows(). */
struct profile_row {
	const char *name, *doc;
	char value[32];
};
u32 profile_rows(void);
void profile_row(const struct mm_profile *profile, u32 row, struct profile_row *out);

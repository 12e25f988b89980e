/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "../machine/sample_machine.h"
#include "mm/boot.h"
#include "policy/profiles.h"

/* A machine with its memory management, for a test. */
struct booted {
	struct sample_machine sample;
	struct mm *mm;
};

/* Create without boot; g_error() on failure. sysctl NULL: the defaults. */
void booted_create(struct booted *b, const char *config, const struct mm_profile *profile,
		   const struct mm_sysctl *sysctl);
void booted_create_text(struct booted *b, const char *json, const struct mm_profile *profile,
			const struct mm_sysctl *sysctl);
/* Create and boot cold. */
void booted_cold(struct booted *b, const char *config, const struct mm_profile *profile,
		 const struct mm_sysctl *sysctl);
void booted_finish(struct booted *b);

struct zone *booted_zone(struct booted *b, u32 node, enum zone_type type);

/*
 * Recounts everything from the page map: free lists against counters and map, order, alignment,
 * types, unmerged buddies, per-CPU lists, and that free, per-CPU and used pages make the managed.
 * Returns pages in use.
 */
u64 booted_recount(struct booted *b);

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/field.h"
#include "mm/profile.h"
#include "mm/sysctl.h"

/*
 * The section "policy" of a config: knobs as /proc/sys/vm spells them, and switches of the kernel
 * profile by name. A switch that is not given stays as the profile has it.
 */
struct policy_switch {
	bool given;
	u32 value;
};

struct policy_config {
	struct mm_sysctl sysctl;
	struct {
#define X(type, field, text) struct policy_switch field;
		MM_PROFILE_SWITCHES(X)
#undef X
	} switches;
};

/* ctx->user is not used. Defaults are those of mm_sysctl_default(). */
extern const struct field_table policy_table;

/* Copies base into profile and puts the given switches over it. */
void policy_apply(const struct policy_config *policy, const struct mm_profile *base,
		  struct mm_profile *profile);

/* Marks every switch as given, with its value in profile: what the run really used. */
void policy_effective(struct policy_config *policy, const struct mm_profile *profile);

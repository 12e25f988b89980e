/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "base/stream.h"
#include "machine/procfs.h"
#include "workload/import.h"

/*
 * The recorded machine as its /proc text tells it. Text in one file with "==== TAG PATH" lines
 * before each part, or one file a part. Starts zeroed ({0}).
 */
#define IMPORT_SYSCTL_MAX 256u

struct import_sysctl {
	const char *name, *value; /* below /proc/sys/vm; one line */
};

struct import_proc {
	struct arena arena;
	char *text; /* zoneinfo, buddyinfo and pagetypeinfo, as they are kept */
	size_t len;
	bool have_types; /* pagetypeinfo was given */
	struct proc_state state;
	struct import_sysctl sysctl[IMPORT_SYSCTL_MAX];
	u32 nr_sysctl;
	const char *version; /* first line of /proc/version; NULL: not given */
	const char *thp;     /* transparent_hugepage/enabled */
};

/* Reads all files of opt->states. False and a located error if they make no machine. */
bool import_proc_read(struct import_proc *proc, const struct import_options *opt,
		      struct err *err);
void import_proc_finish(struct import_proc *proc);

/* The profile of the release in version, or of the nearest older one; the default if unknown. */
const struct mm_profile *import_proc_profile(const struct import_proc *proc);

/* import_config.c: the sections "machine" and "policy" of a config. cpus: at least so many; seen:
   page frames that events named, NULL if there were none. New references, NULL: host memory. */
struct import_seen;
json_t *import_machine_json(const struct import_proc *proc, const struct import_seen *seen,
			    const char *name, u32 cpus);
json_t *import_policy_json(const struct import_proc *proc);

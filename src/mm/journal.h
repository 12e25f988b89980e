/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/filemap.h"

/*
 * The journal of a file system as memory feels it: its metadata are the pages of one file. After
 * fs/jbd2 (7.2).
 */

/* Writes to the file go through it from now on. Needs vm->disk and CPUs. NULL: host memory. */
struct journal *journal_create(struct file *metadata);
/* The file may be gone already, the vm not. */
void journal_destroy(struct journal *journal);

/*
 * A cached page of the file was changed: it becomes dirty when the transaction commits, up to
 * JOURNAL_COMMIT_NS later, and until a commit finds it written the journal refers to it: it is
 * PG_pinned. O(1). fs/jbd2/transaction.c:jbd2_journal_dirty_metadata
 */
void journal_dirty_metadata(struct journal *journal, u64 index);

#define JOURNAL_COMMIT_NS (5 * NSEC_PER_SEC) /* JBD2_DEFAULT_MAX_COMMIT_AGE */

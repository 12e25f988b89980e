/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/vm.h"

/*
 * From a folio to the entries that map it. An anonymous folio is found through its node's ring, a
 * file's through the regions that map the file (file->i_mmap). O(mappings).
 */
struct folio_references {
	u32 young;     /* entries that were accessed; their bits are now clear */
	u32 mapped;    /* entries looked at */
	bool vm_locked; /* some region is mlocked */
	bool vm_exec;   /* a young entry of an executable region */
};

/* mm/rmap.c:folio_referenced. Charges rmap_reference an entry. With lru_gen looks around. */
struct folio_references folio_referenced(struct vm *vm, struct task_struct *current, u32 folio);

/*
 * Unmaps all entries: of a folio in the swap cache they become swap entries, of a file's they
 * vanish; dirty entries of shared file regions dirty the folio. False: some region is mlocked, the
 * folio stays mapped. Charges rmap_unmap an entry. mm/rmap.c:try_to_unmap
 */
bool try_to_unmap(struct vm *vm, struct task_struct *current, u32 folio);

/*
 * Before a file's folio is written: its entries are made read-only and clean, so that the next
 * write faults. Returns how many were writable. mm/rmap.c:folio_mkclean
 */
u32 folio_mkclean(struct vm *vm, struct task_struct *current, u32 folio);

/* Is any page of the folio mapped? O(1) for anonymous folios */
bool folio_mapped(const struct vm *vm, u32 folio);
/* Entries that map it. */
u32 folio_mapcount(const struct vm *vm, u32 folio);

/*
 * The contents moved: every entry, the file's or the swap cache's slot and page->owner now name
 * `to`, a held block of the same order; LRU flags and list position go with it if it was on one.
 * mm/migrate.c:folio_migrate_mapping, remove_migration_ptes
 */
void folio_replace(struct vm *vm, u32 from, u32 to);

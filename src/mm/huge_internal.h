/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/huge_memory.h"

/* What huge_memory.c and huge_split.c share. */
static inline u32 hpage_order(const struct vm *vm)
{
	return vm->mm->pageblock_order;
}

static inline u64 hpage_nr(const struct vm *vm)
{
	return 1ull << hpage_order(vm);
}

#define HUGE_ENTRY_CHUNK 256u

static inline struct huge_entry *huge_entry_get(const struct vm *vm, u32 id)
{
	return &vm->huge_chunks[(id - 1) / HUGE_ENTRY_CHUNK][(id - 1) % HUGE_ENTRY_CHUNK];
}

/* Number of the entry. */
static inline u32 huge_entry_id(const struct vm *vm, const struct huge_entry *entry)
{
	return entry->vma->huge[entry->index >> hpage_order(vm)];
}

/* Is page `index` of the region mapped by it? */
static inline bool huge_entry_has(const struct vm *vm, const struct huge_entry *entry, u64 index)
{
	u64 i = index & (hpage_nr(vm) - 1);

	return !entry->mapped || (entry->mapped[i / 64] >> (i % 64) & 1);
}

static inline struct huge_entry *huge_entry_next(const struct vm *vm,
						 const struct huge_entry *entry)
{
	return huge_entry_get(vm, entry->ring_next);
}

/* An entry of the region for what another one maps, out of the reserve; its number. */
u32 huge_entry_copy(struct vm_area_struct *vma, const struct huge_entry *entry);

/* The entry goes; *mapped is the caller's to free. The entry that stands for the folio then; NULL:
   there is none, the folio is the caller's. */
struct huge_entry *huge_entry_forget(struct vm *vm, struct huge_entry *entry, u64 **mapped);

/* Pages of the folio that some entry maps. O(pages * entries) */
u32 huge_folio_mapped(const struct vm *vm, const struct huge_entry *entry);

/*
 * A folio waits to be split, by one of its entries; it need not wait any more; another entry stands
 * for it. O(1)
 */
void deferred_split_add(struct vm *vm, struct huge_entry *entry);
void deferred_split_del(struct vm *vm, struct huge_entry *entry);
void deferred_split_pass(struct vm *vm, struct huge_entry *from, struct huge_entry *to);

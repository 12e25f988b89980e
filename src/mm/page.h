/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "machine/machine.h"

/* Numbering of 7.2 with CMA; without CMA its lists stay empty. include/linux/mmzone.h */
enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_RECLAIMABLE,
	MIGRATE_PCPTYPES, /* types with per-CPU lists are below */
	MIGRATE_HIGHATOMIC = MIGRATE_PCPTYPES,
	MIGRATE_CMA,
	MIGRATE_ISOLATE,
	MIGRATE_TYPES
};

/* As /proc/pagetypeinfo prints them: "Unmovable" ... */
const char *migratetype_name(enum migratetype mt);

#define PFN_NONE UINT32_MAX

/* What begins at a page frame. All zero: nothing does; the frame lies inside a block. */
enum page_state {
	PAGE_NONE = 0,	 /* inside a free or used block, reserved, a hole, or never touched */
	PAGE_BUDDY,	 /* head of a free block below the top order */
	PAGE_PCP,	 /* head of a block on a per-CPU list */
	PAGE_USED,	 /* head of a block that an owner holds */
	PAGE_ISOLATED,	 /* taken off the free lists by __isolate_free_page */
};

/* page->flags of a used block's head, its folio. include/linux/page-flags.h */
#define PG_lru	       BIT(0) /* on an LRU list; counts as movable when a pageblock is claimed */
#define PG_movable_ops BIT(1) /* likewise, not on an LRU */
#define PG_compound    BIT(2)
#define PG_pinned      BIT(3)
#define PG_active      BIT(4) /* on, or destined for, an active list (or a young generation) */
#define PG_referenced  BIT(5)
#define PG_workingset  BIT(6)
#define PG_reclaim     BIT(7) /* to the inactive tail once it is written */
#define PG_dirty       BIT(8)
#define PG_writeback   BIT(9)
#define PG_swapbacked  BIT(10) /* anonymous or shmem: on the anon lists */
#define PG_swapcache   BIT(11)
#define PG_unevictable BIT(12)
#define PG_locked      BIT(13) /* being read from the disk: not uptodate */
#define PG_GEN_SHIFT   14      /* 2 bits, with PG_lru on a machine with lru_gen: generation */
#define PG_GEN_MASK    (3u << PG_GEN_SHIFT)

struct page_link {
	u32 next, prev;
};

/*
 * 16 bytes a page frame, in one lazily mapped array: a machine's untouched memory costs nothing.
 * Only the head of a block carries state. A free block of the top order is described by its
 * struct top_block instead, so that a terabyte boots without touching a page here.
 */
struct page {
	struct page_link link; /* of the one list the head is on */
	u8 state : 6;	       /* enum page_state */
	u8 refs : 2;	       /* of a folio, lru_gen: uses beyond the one of PG_referenced */
	u8 order : 4;
	u8 mt : 4; /* PCP: remembered type (6.1), else the list's; USED: requested type */
	u16 flags; /* PG_* */
	u32 owner; /* the holder's; 0: nobody's or unknown */
};

struct top_block {
	struct page_link link;
	u8 free; /* the whole block is one free block of MAX_PAGE_ORDER */
	u8 mt;	 /* list it is on */
};

struct pageblock {
	u8 mt;	  /* enum migratetype, never ISOLATE where the profile keeps a bit for it */
	u8 flags; /* PB_* */
	u16 zone; /* index in mm->zones; ZONE_MIXED: ask pfn_zone() */
};

#define PB_isolate  BIT(1)
#define PB_migrate_skip BIT(2) /* compaction found nothing here lately */
#define ZONE_MIXED  UINT16_MAX

struct page_list {
	u32 head, tail; /* PFN_NONE when empty */
};
